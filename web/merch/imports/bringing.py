"""Step 1, and what was brought before: the list of imports, the file that arrives, files to begin from."""

from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from booking.customers import clean_line
from kit import languages, log
from kit.errors import NotFound
from kit.languages import gettext
from stores.exchange import batches, limits
from stores.exchange.batches import Batch, State
from stores.exchange.problems import Unreadable
from web import exchanging, pages, views
from web.admin.typed import Form
from web.merch.imports import samples, shown
from web.merch.imports.shown import IMPORTS, PATH, STATES, SUBJECTS, Step, routes
from web.staff import frame

logger = log.get(__name__)

PAGE: Final = 50
MB: Final = limits.FILE_BYTES // 1_000_000


@routes.get(PATH, allow=IMPORTS, name="merch_imports")
async def listed(request: Request, session: AsyncSession) -> Response:
    """Files that were brought, the newest first; `?before=` is the number of the last one seen."""
    typed = request.query_params.get("before", "")
    before = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else None
    actor = request.state.actor
    found = await batches.every(
        session, subjects=shown.subjects_of(actor), store_ids=actor.store_ids, limit=PAGE + 1, before=before
    )
    rows, more = found[:PAGE], len(found) > PAGE
    return frame.render(
        request,
        "merch/imports.html",
        {
            "tab": "merch_imports",
            "rows": [_row(request, batch) for batch in rows],
            "newest_url": views.address(request, "merch_imports") if before else "",
            "older_url": views.address(request, "merch_imports", {"before": str(rows[-1].id)}) if more else "",
        },
        title=gettext("Imports"),
        current="merch_articles",
    )


def _row(request: Request, batch: Batch) -> dict[str, Any]:
    return {
        "url": shown.url_of(request, batch, shown.step_of(batch)),
        "name": batch.name,
        "about": SUBJECTS[batch.subject],
        "by": batch.by,
        "when": shown.when(request, batch.created_at),
        "state": STATES[batch.state],
        "counts": shown.counts_words(batch),
    }


@routes.get(f"{PATH}/new", allow=IMPORTS, name="merch_import_new")
async def new(request: Request, session: AsyncSession) -> Response:
    return _form(request, Form({}))


@routes.post(f"{PATH}/new", allow=IMPORTS)
async def upload(request: Request, session: AsyncSession) -> Response:
    """Keep the file in pieces. What cannot be used is refused with its reason, and nothing of it is kept."""
    # a slow line takes longer than a transaction may usually wait
    await session.execute(text("set local idle_in_transaction_session_timeout = '20min'"))
    form = Form({})
    try:
        async with request.form(max_files=1, max_fields=10) as data:
            form.values["subject"] = str(data.get("subject", ""))
            file = data.get("file")
            if form["subject"]:
                form.choice("subject", gettext("What it holds"), shown.subjects_of(request.state.actor))
            if isinstance(file, UploadFile) and file.filename and not form.errors:
                batch = await _take(request, session, form["subject"], file)
                if batch.subject in shown.subjects_of(request.state.actor):
                    await exchanging.record(session, batch, "uploaded", by=batch.by, now=request.state.now)
                    return pages.to(request, shown.ROUTES[Step.COLUMNS], id=batch.id)
                form.wrong("file", gettext("This file is about stores, which your role does not change."))
        if not form.errors:
            form.wrong("file", gettext("Choose a file."))
        return _form(request, form, status=422)
    except HTTPException as refused:
        if refused.status_code != 413:
            raise
        form.wrong("file", Unreadable("too_large", limit=MB).sentence)
        return _form(request, form, status=413)
    except Unreadable as why:
        logger.info("a file was refused", reason=why.code)
        form.wrong("file", why.sentence)
        return _form(request, form, status=422)


async def _take(request: Request, session: AsyncSession, subject: str, file: UploadFile) -> Batch:
    """Piece by piece into the database, where every worker can read it. Raises `Unreadable`."""
    actor, now = request.state.actor, request.state.now
    batch = await batches.open_batch(
        session,
        subject,
        clean_line(file.filename or ""),
        by=actor.by,
        store_ids=actor.store_ids,
        # a new article needs its name in the language of the house, whatever that of the page is
        options={"mode": "partial", "add": [], "columns_in": languages.DEFAULT, "language": languages.language()},
        now=now,
    )
    number = 0
    while piece := await file.read(batches.PART_BYTES):
        await batches.add_part(session, batch, number, piece)
        number += 1
    await batches.begin(session, batch, now=now)
    if batch.state == State.FAILED:
        raise Unreadable.from_json(batch.error, batch.error_params)
    return batch


def _form(request: Request, form: Form, *, status: int = 200) -> Response:
    subjects = shown.subjects_of(request.state.actor)
    return frame.render(
        request,
        "merch/import_file.html",
        {
            "tab": "merch_imports",
            "form": form,
            "step": Step.FILE,
            "steps": len(Step),
            "subjects": [(subject, SUBJECTS[subject]) for subject in subjects],
            "samples": [
                (SUBJECTS[subject], [(code, _sample_url(request, subject, code)) for code in languages.LANGUAGES])
                for subject in subjects
            ],
            "most_mb": MB,
            "most_bytes": limits.FILE_BYTES,
            "most_rows": languages.number_words(limits.ROWS),
            "too_large": Unreadable("too_large", limit=MB).sentence,
            "languages": {"fr": gettext("in French"), "en": gettext("in English")},
        },
        title=str(shown.TITLES[Step.FILE]),
        current="merch_articles",
        status=status,
    )


def _sample_url(request: Request, subject: str, code: str) -> str:
    return views.address(request, "merch_import_sample", sample=f"{subject}-{code}.csv")


@routes.get(f"{PATH}/samples/{{sample}}", allow=IMPORTS, name="merch_import_sample")
async def sample(request: Request, session: AsyncSession) -> Response:
    """`products-fr.csv`: our own columns, and one row."""
    subject, _, rest = request.path_params["sample"].partition("-")
    actor, code = request.state.actor, rest.removesuffix(".csv")
    if subject not in shown.subjects_of(actor) or rest not in {f"{one}.csv" for one in languages.LANGUAGES}:
        raise NotFound()
    content = await samples.sample(session, subject, code, actor.store_ids)
    return Response(
        content,
        media_type="text/csv; charset=utf-8",
        headers={**frame.NO_STORE, "content-disposition": f'attachment; filename="{subject}-{code}.csv"'},
    )
