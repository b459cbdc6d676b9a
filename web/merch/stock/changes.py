"""A filled-in grid: all of its changes are applied, or none, and then nothing that was typed is lost."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking import holds, journal, submissions
from booking.submissions import KeyReused
from kit import codes
from kit.errors import Invalid, NotFound
from kit.languages import gettext
from stores import levels, stock
from stores.levels import Row
from stores.stock import BelowPromised
from web import pages
from web.admin.typed import Form
from web.merch.stock import sheet as sheets
from web.merch.stock.grid import MOST_STORES, PAGE, PATH, Answer, Asked, Key, field_name, here, read, render, routes
from web.merch.stock.sheet import Sheet
from web.merch.stock.words import MOST_SIGNS, OTHER, REASONS, told_reason
from web.routing import staff
from web.staff.typed import row_id

SCOPE = "stock"
MOST_CELLS = PAGE * (MOST_STORES + 1)


@dataclass
class Filled:
    """What came back of a grid: what stood in each cell when it left, what stands in it now, what is wanted."""

    was: dict[Key, str]
    wanted: dict[Key, str] = field(default_factory=dict)
    typed: dict[Key, str] = field(default_factory=dict)
    errors: dict[Key, str] = field(default_factory=dict)
    counted: bool = False
    """Also a number that stays the same is written down: somebody looked."""

    @property
    def changed(self) -> list[Key]:
        """Cells to be changed, in the order in which their rows are locked."""
        return sorted(key for key, value in self.wanted.items() if self.counted or value != self.was[key])


@dataclass
class Refusal:
    """Why nothing was applied: what stands by now in cells that somebody else has changed, and, by cell, why a value
    cannot be."""

    stands: dict[Key, str] = field(default_factory=dict)
    below: dict[Key, str] = field(default_factory=dict)


@routes.post(PATH, allow=staff("stock.correct"))
async def apply(request: Request, session: AsyncSession) -> Response:
    asked, form = read(request), await _form(request)
    filled = Filled(_was(request, form["was"]))
    rows = await _rows(session, filled.was)
    _read(asked.sheet, form, filled, rows)
    reason = read_reason(form) if asked.sheet is Sheet.COUNT else ""
    _check(form, filled)
    if form.errors:
        return await _again(request, session, asked, form, filled, Refusal(), status=422)
    try:
        refusal = await settle(request, session, asked.sheet, form, filled, rows, reason=reason)
    except KeyReused as reused:
        form.wrong("grid", reused.sentence)
        form.values["key"] = codes.new_token()
        return await _again(request, session, asked, form, filled, Refusal(), status=422)
    if refusal:
        return await _again(request, session, asked, form, filled, refusal, status=409)
    return pages.go(request, here(request, asked, notice="saved"))


async def settle(
    request: Request,
    session: AsyncSession,
    sheet: Sheet,
    form: Form,
    filled: Filled,
    rows: Mapping[int, Row],
    *,
    reason: str,
) -> Refusal | None:
    """Apply every change or none; the same form sent twice is applied once. Raises `KeyReused`.

    The rows are locked first, and then held against what the form was filled with.
    """
    key = form["key"] if codes.is_token(form["key"]) else codes.new_token()
    body = {name: value for name, value in form.values.items() if name != "key"}
    if await submissions.begin(session, scope=SCOPE, key=key, body=body, now=request.state.now):
        return None
    for store_id in sorted({store_id for store_id, _ in filled.changed}):
        await stock.lock(session, store_id, [variant for store, variant in filled.changed if store == store_id])
    store_ids = {store_id for store_id, _ in filled.was}
    rows = await levels.rows_of(session, list(rows), store_ids)
    refusal = Refusal(stands=_meanwhile(sheet, filled, rows))
    if not refusal.stands:
        refusal.below = await _write(request, session, sheet, filled, rows, reason=reason, key=key)
    if refusal.stands or refusal.below:
        return refusal
    await submissions.answer(session, scope=SCOPE, key=key, answer={"cells": len(filled.changed)})
    return None


async def _form(request: Request) -> Form:
    async with request.form(max_fields=MOST_CELLS + 50, max_files=0) as data:
        return Form({name: value for name, value in data.items() if isinstance(value, str)})


def _was(request: Request, text: str) -> dict[Key, str]:
    """What the page was filled with. Raises `NotFound` for a cell of another's store."""
    was: dict[Key, str] = {}
    for one in text.split(" ")[:MOST_CELLS]:
        cell, _, value = one.partition("=")
        variant, _, store = cell.partition("-")
        variant_id, store_id = row_id(variant), row_id(store)
        if variant_id and store_id:
            was[store_id, variant_id] = value
    if any(not request.state.actor.sees(store_id) for store_id, _ in was):
        raise NotFound()
    return was


async def _rows(session: AsyncSession, keys: Mapping[Key, str]) -> dict[int, Row]:
    """The variants of the form in its order, as they are now."""
    variant_ids = list(dict.fromkeys(variant_id for _, variant_id in keys))
    found = await levels.rows_of(session, variant_ids, {store_id for store_id, _ in keys})
    return {variant_id: found[variant_id] for variant_id in variant_ids if variant_id in found}


def _read(sheet: Sheet, form: Form, filled: Filled, rows: Mapping[int, Row]) -> None:
    """What was typed; a number for a whole row goes into those of its cells that were not touched."""
    for key, was in filled.was.items():
        if (row := rows.get(key[1])) is None:
            continue
        typed = form[field_name(key)]
        try:
            # a till may have sold more than there were: nobody types that, and nobody has to mend it here
            untouched = typed.strip() == sheets.shown(sheet, was)
            value = was if untouched else sheets.read(sheet, typed, row)
            if value == was and sheet is Sheet.SAFETY and (whole := form[f"row-{row.id}"].strip()):
                typed, value = whole, sheets.read(sheet, whole, row)
        except ValueError as error:
            filled.errors[key] = str(error)
            value = was
        else:
            if was and not value and sheet in (Sheet.COUNT, Sheet.SAFETY):
                filled.errors[key] = gettext("Write a number: 0 where none is there.")
        filled.typed[key], filled.wanted[key] = typed, value


def read_reason(form: Form) -> str:
    label = gettext("Reason")
    code = form["reason"]
    if code not in REASONS:
        form.wrong("reason", gettext("%(field)s: choose one of the list.", field=label))
    note = form.line("note", MOST_SIGNS)
    if code == OTHER and not note:
        form.wrong("note", gettext("Say why in a few words."))
    return told_reason(code, note)


def _check(form: Form, filled: Filled) -> None:
    for key, words in filled.errors.items():
        form.wrong(field_name(key), words)
    if not filled.changed and not filled.errors:
        form.errors.clear()
        form.wrong("grid", gettext("No cell is changed yet."))


def _meanwhile(sheet: Sheet, filled: Filled, rows: Mapping[int, Row]) -> dict[Key, str]:
    """Cells in which somebody else has put another value since the page was made."""
    found = {}
    for key in filled.changed:
        now = sheets.standing(sheet, rows[key[1]].cells.get(key[0]), rows[key[1]])
        if now not in (filled.was[key], filled.wanted[key]):
            found[key] = now
    return found


async def _write(
    request: Request,
    session: AsyncSession,
    sheet: Sheet,
    filled: Filled,
    rows: Mapping[int, Row],
    *,
    reason: str,
    key: str,
) -> dict[Key, str]:
    """Apply every change, or none: by cell, why one cannot be."""
    refused: dict[Key, str] = {}
    by, now = request.state.actor.by, request.state.now
    saved = await session.begin_nested()
    for cell in filled.changed:
        store_id, variant_id = cell
        value, event_id = filled.wanted[cell], f"grid:{key}:{store_id}:{variant_id}"
        try:
            await sheets.write(
                session, sheet, store_id, rows[variant_id], value, reason=reason, by=by, now=now, event_id=event_id
            )
        except (BelowPromised, Invalid) as no:
            refused[cell] = no.sentence
            continue
        await journal.record(
            session,
            "stock",
            variant_id,
            sheets.EVENTS[sheet],
            by=by,
            now=now,
            store_id=store_id,
            before=filled.was[cell],
            after=value,
            reason=reason,
            detail={"sku": rows[variant_id].sku},
        )
    if refused:
        await saved.rollback()
    else:
        await saved.commit()
    return refused


async def _again(
    request: Request,
    session: AsyncSession,
    asked: Asked,
    form: Form,
    filled: Filled,
    refusal: Refusal,
    *,
    status: int,
) -> Response:
    """The same page with what was typed. Cells that nobody touched show what stands now."""
    rows = await _rows(session, filled.was)
    held = await holds.of_cells(session, list(refusal.below)) if refusal.below else {}
    for key, words in refusal.below.items():
        form.wrong(field_name(key), words)
    touched = {*filled.changed, *filled.errors}
    answer = Answer(
        rows=list(rows.values()),
        typed={key: text for key, text in filled.typed.items() if key in touched},
        errors={**filled.errors, **refusal.below},
        stands=refusal.stands,
        holds={key: held.get(key, ()) for key in refusal.below},
    )
    return render(request, asked, answer, form, status=status)
