"""Steps 3 to 5: what the file would do, doing it, what it did; given up, or taken back for a day."""

import re
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from kit import languages
from kit.errors import NotFound
from kit.languages import gettext, pgettext
from stores import attributes
from stores.attributes import Attribute
from stores.exchange import batches, writing
from stores.exchange.batches import ABSENT_FROM, LEASE, UNDO_WITHIN, Batch, Difference, MovedOn, State, WrongNumber
from stores.exchange.problems import Problem, Unreadable, clipped
from stores.exchange.subjects import WRITTEN, Action
from web import exchanging, pages
from web.admin.typed import Form
from web.merch.imports import labels, shown
from web.merch.imports.shown import IMPORTS, PATH, ROUTES, Step, routes
from web.staff import frame

SHOWN: Final = 50
PATIENCE: Final = timedelta(seconds=10)
"""After which it is said that the worker has not come."""
WAITS: Final = (State.CHECKED, State.QUARANTINED)
LEFT: Final = ("changed_since", "edited_since")
"""What is said of rows that could not be undone."""


@routes.get(f"{PATH}/{{id}}", allow=IMPORTS, name="merch_import")
async def open_it(request: Request, session: AsyncSession) -> Response:
    """Wherever it stands."""
    return shown.to_its_step(request, await shown.found(request, session))


@routes.get(f"{PATH}/{{id}}/check", allow=IMPORTS, name="merch_import_check")
async def check(request: Request, session: AsyncSession) -> Response:
    """How far the check is, then what it has found; `?kind=` and `?after=` choose the changes shown."""
    batch = await shown.found(request, session)
    if shown.step_of(batch) is not Step.CHECK:
        return shown.to_its_step(request, batch)
    if batch.state == State.CHECKING:
        return _progress(request, batch, Step.CHECK)
    if pages.is_fragment(request):  # it was looked at until now: show the whole page
        return shown.to_its_step(request, batch)
    return await _checked(request, session, batch, Form({}))


@routes.post(f"{PATH}/{{id}}/application", allow=IMPORTS)
async def apply(request: Request, session: AsyncSession) -> Response:
    """Somebody says yes; where the brake asks for a number, that number."""
    async with request.form(max_fields=10, max_files=0) as data:
        form = Form({"typed": str(data.get("typed", ""))[:20]})
    batch = await shown.found(request, session)
    by, now = request.state.actor.by, request.state.now
    if batch.state not in WAITS:
        return _moved_on(request, batch)
    try:
        await batches.confirm(session, batch, form["typed"], by=by, now=now)
    except WrongNumber as wrong:
        form.take(wrong, "typed")
        return await _checked(request, session, batch, form, status=422)
    except MovedOn:
        return _moved_on(request, await _anew(session, batch))
    await exchanging.record(session, batch, "confirmed", by=by, now=now)
    return pages.to(request, ROUTES[Step.IMPORT], id=batch.id)


@routes.get(f"{PATH}/{{id}}/application", allow=IMPORTS, name="merch_import_application")
async def application(request: Request, session: AsyncSession) -> Response:
    """How far it is; it goes on without anybody looking."""
    batch = await shown.found(request, session)
    if shown.step_of(batch) is not Step.IMPORT:
        return shown.to_its_step(request, batch)
    return _progress(request, batch, Step.IMPORT)


@routes.post(f"{PATH}/{{id}}/cancellation", allow=IMPORTS, name="merch_import_cancel")
async def cancel(request: Request, session: AsyncSession) -> Response:
    """Leave everything as it is; what is imported already is written back."""
    batch = await shown.found(request, session)
    by, now = request.state.actor.by, request.state.now
    try:
        await batches.cancel(session, batch, now=now)
    except MovedOn:
        return _moved_on(request, await _anew(session, batch))
    await exchanging.record(session, batch, batch.state, by=by, now=now)
    return shown.to_its_step(request, batch)


@routes.post(f"{PATH}/{{id}}/undoing", allow=IMPORTS, name="merch_import_undo")
async def undo(request: Request, session: AsyncSession) -> Response:
    """The values before, except where somebody has changed them since."""
    batch = await shown.found(request, session)
    by, now = request.state.actor.by, request.state.now
    if batch.state != State.APPLIED:
        return _moved_on(request, batch)
    try:
        await batches.undo(session, batch, now=now)
    except MovedOn:
        return _moved_on(request, await _anew(session, batch))
    await exchanging.record(session, batch, batch.state, by=by, now=now)
    return shown.to_its_step(request, batch)


async def _anew(session: AsyncSession, batch: Batch) -> Batch:
    await session.refresh(batch)
    return batch


@routes.get(f"{PATH}/{{id}}/report", allow=IMPORTS, name="merch_import_report")
async def report(request: Request, session: AsyncSession) -> Response:
    """What became of its rows."""
    batch = await shown.found(request, session)
    if shown.step_of(batch) is not Step.REPORT:
        return shown.to_its_step(request, batch)
    until = batch.applied_at + UNDO_WITHIN if batch.state == State.APPLIED and batch.applied_at else None
    words = await _words(session, batch)
    left = await batches.differences(session, batch, said=LEFT, limit=SHOWN) if batch.counts.get("left") else []
    context = {
        **await _told(session, batch, words),
        "done": sum(batch.counts.get(name, 0) for name in WRITTEN),
        "by": batch.by,
        "when": shown.when(request, batch.applied_at or batch.changed_at),
        "ended": shown.when(request, batch.changed_at),
        "undo_until": shown.when(request, until) if until and until > request.state.now else "",
        "undo_is_over": bool(until and until <= request.state.now),
        "why": Unreadable.from_json(batch.error, batch.error_params).sentence if batch.error else "",
        "left": _sayings(left, words),
        "left_count": batch.counts.get("left", 0),
        "left_words": languages.number_words(batch.counts.get("left", 0)),
        "undone_count": batch.counts.get("undone", 0),
        "undone_words": languages.number_words(batch.counts.get("undone", 0)),
    }
    return shown.render(request, batch, Step.REPORT, "merch/import_report.html", context)


@routes.get(f"{PATH}/{{id}}/rejected.csv", allow=IMPORTS, name="merch_import_rejected")
async def rejected(request: Request, session: AsyncSession) -> Response:
    """The refused rows as they were, each with its line and the reason: correct them and import this file."""
    batch = await shown.found(request, session)
    if not batch.dialect:
        raise NotFound()
    database, language = request.app.state.database, languages.language()
    delimiter = batch.dialect.get("delimiter") or ","

    async def pieces() -> AsyncIterator[bytes]:
        yield writing.BOM
        with languages.speaking(language):
            async with database.work(readonly=True) as own:
                async for row in batches.rejected_rows(own, batch):
                    yield writing.encoded([row], delimiter=delimiter)

    headers = {**frame.NO_STORE, "content-disposition": 'attachment; filename="rejected.csv"'}
    return StreamingResponse(pieces(), media_type="text/csv; charset=utf-8", headers=headers)


def _moved_on(request: Request, batch: Batch) -> Response:
    """Somebody was faster: where it stands now."""
    context = {
        "stands": shown.STATES[batch.state][1],
        "by": batch.by,
        "when": shown.when(request, batch.changed_at),
        "go_on_url": shown.url_of(request, batch, shown.step_of(batch)),
    }
    return shown.render(request, batch, shown.step_of(batch), "merch/import_moved_on.html", context, status=409)


# How far it is


def _progress(request: Request, batch: Batch, step: Step) -> Response:
    now = request.state.now
    far = batches.progress(batch, now=now)
    part = min(far.done / far.total, 1) if far.total else 0
    context = {
        "doing": _doing(batch),
        "done": min(far.done, far.total),
        "total": far.total,
        "done_words": languages.number_words(min(far.done, far.total)),
        "total_words": languages.number_words(far.total),
        "said": gettext("%(number)s%%", number=int(part * 10) * 10),
        "per_second": languages.number_words(round(far.per_second)) if far.per_second else "",
        "left_words": _left_words(far.seconds_left),
        "waiting": _waiting(request, batch, now),
        "working_url": shown.url_of(request, batch, step),
    }
    return shown.render(
        request, batch, step, "merch/import_progress.html", context, fragment="merch/_import_progress.html"
    )


def _doing(batch: Batch) -> str:
    match batch.state:
        case State.CHECKING:
            return gettext("Checking the rows. Nothing is changed yet.")
        case State.APPLYING:
            return gettext("Importing the rows.")
    return gettext("Writing back what was there before.")


def _left_words(seconds: int | None) -> str:
    if seconds is None:
        return ""
    if seconds < 60:
        return gettext("less than a minute left")
    return gettext("about %(time)s left", time=languages.duration_words(-(-seconds // 60)))


def _waiting(request: Request, batch: Batch, now: datetime) -> str:
    """Since when nobody works on it; empty while somebody does, or may be on the way."""
    if batch.leased_until is None:
        if now - batch.changed_at <= PATIENCE:
            return ""
        if batch.cursor:
            return gettext("It waits for the worker, and goes on where it stopped.")
        return gettext("It has been waiting for the worker since %(when)s.", when=shown.when(request, batch.changed_at))
    if batch.leased_until >= now:
        return ""
    silent = shown.when(request, batch.leased_until - LEASE)
    return gettext("The worker has been silent since %(when)s. Another goes on where it stopped.", when=silent)


# What it would do, or did


async def _checked(request: Request, session: AsyncSession, batch: Batch, form: Form, *, status: int = 200) -> Response:
    words = await _words(session, batch)
    context = {
        **await _told(session, batch, words),
        **await _changes(request, session, batch, words),
        "form": form,
        "writes": shown.to_write(batch),
        "writes_words": languages.number_words(shown.to_write(batch)),
        "brake": batch.brake,
        "brake_words": shown.brake_words(batch) if batch.brake else "",
        "doubtful": batch.brake.get("stores", []),
        "quarantined": batch.state == State.QUARANTINED,
        "whole": batch.options.get("mode") == "full",
        "absent": shown.absent_words(batch.subject),
    }
    return shown.render(request, batch, Step.CHECK, "merch/import_check.html", context, status=status)


class _Words:
    """Columns as people call them."""

    def __init__(self, batch: Batch, offered: Sequence[Attribute]) -> None:
        self.subject, self.offered = batch.subject, offered
        self.ours = set(batches.subject_of(batch.subject).columns)

    def column(self, column: str) -> str:
        if column in self.ours or column.startswith(labels.ATTRIBUTE):
            return labels.label(self.subject, column, self.offered)
        return clipped(column)


async def _words(session: AsyncSession, batch: Batch) -> _Words:
    return _Words(batch, await attributes.every(session) if batch.subject == "products" else ())


async def _told(session: AsyncSession, batch: Batch, words: _Words) -> dict[str, Any]:
    """Its numbers, and the first things that were said of rows."""
    refused = await batches.differences(session, batch, action=Action.REJECTED, limit=SHOWN)
    noted = await batches.differences(session, batch, remarks=True, limit=SHOWN)
    remarks = await batches.warned(session, batch) if noted else 0
    numbers = {str(action): batch.counts.get(action, 0) for action in Action}
    return {
        "counts": numbers,
        "numbers": {name: languages.number_words(number) for name, number in numbers.items()},
        "refused": _sayings(refused, words)[:SHOWN],
        "noted": _sayings(noted, words)[:SHOWN],
        "remarks": remarks,
        "remarks_words": languages.number_words(remarks),
    }


def _sayings(rows: Sequence[Difference], words: _Words) -> list[dict[str, Any]]:
    """A line for each thing that is said of a row: where, which column, what stands there, why."""
    return [
        {
            "line": row.line if row.line < ABSENT_FROM else "",
            "key": row.key,
            "column": words.column(problem.column) if problem.column else "",
            "value": clipped(problem.value),
            "why": _why(problem),
        }
        for row in rows
        for problem in row.problems
    ]


def _why(problem: Problem) -> str:
    """Its sentence without the name of the column, which stands beside it."""
    said = problem.sentence
    rest = said.removeprefix(problem.column)
    named = re.match(r"\s*:\s*", rest) if problem.column else None
    return languages.upper_first(rest[named.end() :]) if named else said


async def _changes(request: Request, session: AsyncSession, batch: Batch, words: _Words) -> dict[str, Any]:
    """Fifty rows of one kind, each column before and after."""
    kinds = [kind for kind in _KINDS if batch.counts.get(kind, 0)]
    query = request.query_params
    kind = query["kind"] if query.get("kind") in kinds else next(iter(kinds), None)
    typed = query.get("after", "")
    after = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 11 else 0
    found = await batches.differences(session, batch, action=kind, limit=SHOWN + 1, after=after) if kind else []

    def at(**more: str) -> str:
        return shown.url_of(request, batch, Step.CHECK, {"kind": kind or "", **more}) + "#changes"

    return {
        "kind": kind,
        "kinds": [(name, _kind_words(name), at(kind=name), batch.counts[name]) for name in kinds],
        "changes": [_change(row, words) for row in found[:SHOWN]],
        "first_url": at() if after else "",
        "next_url": at(after=str(found[SHOWN - 1].line)) if len(found) > SHOWN else "",
    }


_KINDS: Final = (Action.UPDATED, Action.CREATED, Action.HIDDEN, Action.UNCHANGED)


def _kind_words(kind: str) -> str:
    return {
        Action.UPDATED: pgettext("rows", "Changed"),
        Action.CREATED: pgettext("rows", "New"),
        Action.HIDDEN: pgettext("rows", "Absent from the file"),
        Action.UNCHANGED: pgettext("rows", "Unchanged"),
    }[Action(kind)]


def _change(row: Difference, words: _Words) -> dict[str, Any]:
    nothing = pgettext("value", "nothing")
    told = row.action in (Action.UPDATED, Action.HIDDEN)
    changes = [
        (words.column(column), clipped(before) or nothing, clipped(after) or nothing)
        for column, before, after in row.changes
        if before != after and (after or told)
    ]
    return {
        "line": row.line if row.line < ABSENT_FROM else "",
        "key": row.key,
        "matched": {"gtin": gettext("found by its barcode"), "slug": gettext("found by its address")}.get(
            row.matched_by, ""
        ),
        "changes": changes,
    }
