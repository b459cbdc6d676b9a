"""Step 2: which of our columns is which of the file's, and how they are to be taken."""

from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from kit import languages
from kit.errors import Invalid, NotFound
from kit.languages import gettext
from stores import attributes
from stores.exchange import batches, formats, writing
from stores.exchange.batches import Batch, MovedOn, State
from stores.exchange.batches import Subject as About
from stores.exchange.problems import Unreadable, clipped
from stores.exchange.reading import Dialect
from web import exchanging, pages
from web.admin.typed import Form, tick, typed_form
from web.merch.imports import labels, shown
from web.merch.imports.shown import IMPORTS, PATH, ROUTES, SUBJECTS, Step, routes

NAMED: Final = (State.UPLOADED, State.CHECKED, State.QUARANTINED)
"""Columns may be named until the import begins."""
LINES: Final = 5
ADDING: Final = {About.PRODUCTS: ("pictures", "facts"), About.STORES: ("exceptions",)}
"""Columns of which a cell may add to what is there."""


@routes.get(f"{PATH}/{{id}}/columns", allow=IMPORTS, name="merch_import_columns")
async def show(request: Request, session: AsyncSession) -> Response:
    batch = await _found(request, session)
    if batch.state not in NAMED:
        return shown.to_its_step(request, batch)
    return await _page(request, session, batch, Form(_values(batch)))


@routes.post(f"{PATH}/{{id}}/columns", allow=IMPORTS)
async def name(request: Request, session: AsyncSession) -> Response:
    """These are its columns: the worker checks what it would do. With `again`, propose them anew."""
    batch, form = await _found(request, session), await typed_form(request)
    if batch.state not in NAMED:
        return shown.to_its_step(request, batch)
    if form["again"]:
        subjects = shown.subjects_of(request.state.actor)
        if batch.state == State.UPLOADED and form["subject"] in subjects:
            await batches.read_as(session, batch, form["subject"])
        return pages.to(request, ROUTES[Step.COLUMNS], id=batch.id)
    form.choice("columns_in", gettext("Language of the texts"), languages.LANGUAGES)
    form.choice("mode", gettext("What the file holds"), ("partial", "full"))
    mapping = _mapping(batch, form)
    adds = [column for column in ADDING.get(About(batch.subject), ()) if form.ticked(f"add_{column}")]
    options = {"columns_in": form["columns_in"], "mode": form["mode"], "add": adds, "language": languages.language()}
    try:
        form.check()
        await batches.set_mapping(session, batch, mapping, options, now=request.state.now)
    except MovedOn:
        return shown.to_its_step(request, batch)
    except Invalid as invalid:
        if not form.errors:
            form.take(invalid, _place_of(batch, str(invalid.params.get("second", ""))))
        return await _page(request, session, batch, form, status=422)
    await exchanging.record(session, batch, "checking", by=request.state.actor.by, now=request.state.now)
    return pages.to(request, ROUTES[Step.CHECK], id=batch.id)


async def _found(request: Request, session: AsyncSession) -> Batch:
    batch = await shown.found(request, session)
    if batch.state == State.UPLOADED and not batch.dialect:  # the command was stopped while it sent the file
        raise NotFound()
    return batch


def _place_of(batch: Batch, header: str) -> str:
    """The field of this header cell, else the first."""
    columns = batch.dialect["columns"]
    return f"column_{columns.index(header) if header in columns else 0}"


def _values(batch: Batch) -> dict[str, str]:
    options = batch.options
    return {
        "subject": batch.subject,
        "columns_in": options.get("columns_in", languages.DEFAULT),
        "mode": options.get("mode", "partial"),
        **{f"add_{column}": tick(True) for column in options.get("add", ())},
        **{f"column_{place}": batch.mapping.get(header, "") for place, header in enumerate(batch.dialect["columns"])},
    }


def _mapping(batch: Batch, form: Form) -> dict[str, str]:
    """As it was chosen; columns that were left as proposed follow the language of their texts."""
    chosen = {}
    for place, header in enumerate(batch.dialect["columns"]):
        column = form[f"column_{place}"]
        if header and column:
            if not formats.is_column(batch.subject, column):
                form.wrong(f"column_{place}", gettext("Choose one of the columns of the list."))
            chosen[header] = column
    before = batch.options.get("columns_in", languages.DEFAULT)
    if form.errors or form["columns_in"] == before:
        return chosen
    was, now = (_guess(batch, language) for language in (before, form["columns_in"]))
    return {
        header: now.get(header, column) if was.get(header) == column else column for header, column in chosen.items()
    }


def _guess(batch: Batch, language: str) -> dict[str, str]:
    dialect = Dialect.from_json(batch.dialect)
    return formats.recognise(dialect, subject=batch.subject, format=batch.format, language=language).mapping


async def _page(request: Request, session: AsyncSession, batch: Batch, form: Form, *, status: int = 200) -> Response:
    offered = await attributes.every(session) if batch.subject == About.PRODUCTS else ()
    ours = await writing.head(session, batch.subject)
    columns: list[str] = batch.dialect["columns"]
    unknown = [column for column in dict.fromkeys(batch.mapping.values()) if column not in ours]
    fields = [_field(place, header) for place, header in enumerate(columns) if header]
    for cells in await _first(session, batch):
        for field in fields:
            cell = cells[field["place"]] if field["place"] < len(cells) else ""
            field["lines"].append(clipped(cell))
    context = {
        "form": form,
        "fields": fields,
        "options": [(column, labels.label(batch.subject, column, offered)) for column in (*ours, *unknown)],
        "unread": [field["header"] for field in fields if not form[field["name"]]],
        "subjects": [(one, SUBJECTS[one]) for one in shown.subjects_of(request.state.actor)],
        "may_read_as": batch.state == State.UPLOADED,
        "absent": shown.absent_words(batch.subject),
        "adds": [
            (f"add_{column}", labels.label(batch.subject, column)) for column in ADDING.get(About(batch.subject), ())
        ],
        "has_texts": batch.subject != About.STOCK,
    }
    return shown.render(request, batch, Step.COLUMNS, "merch/import_columns.html", context, status=status)


def _field(place: int, header: str) -> dict[str, Any]:
    return {"place": place, "name": f"column_{place}", "header": header, "lines": list[str]()}


async def _first(session: AsyncSession, batch: Batch) -> list[list[str]]:
    """The first lines; none where the file turns out to be damaged, which the check will say."""
    try:
        return await batches.preview(session, batch, LINES)
    except Unreadable:
        return []
