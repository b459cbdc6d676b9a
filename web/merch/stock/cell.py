"""One article in one store: its numbers, how far they are to be believed and why, and all that ever moved them."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking import holds
from booking.submissions import KeyReused
from kit import codes, languages
from kit.codes import show_code
from kit.errors import NotFound
from kit.languages import gettext, pgettext
from stores import levels, places, stock
from stores.levels import Row
from stores.places import Store
from stores.stock import StoreStock, Told
from web import pages, views
from web.admin.typed import Form, typed_form
from web.merch.stock import sheet as sheets
from web.merch.stock import words
from web.merch.stock.changes import Filled, Refusal, read_reason, settle
from web.merch.stock.grid import PATH, Key, here, read, routes, variant_words
from web.merch.stock.sheet import Sheet
from web.routing import staff
from web.staff import frame
from web.staff.typed import row_id

ONE = PATH + "/stores/{slug}/variants/{id}"
LINES = 50


@routes.get(ONE, allow=staff("stock.correct"), name="merch_stock_cell")
async def look(request: Request, session: AsyncSession) -> Response:
    store, row = await _found(request, session)
    return await _page(request, session, store, row, Form({}), None)


@routes.post(ONE, allow=staff("stock.correct"))
async def change(request: Request, session: AsyncSession) -> Response:
    """One of its numbers. A count is written down also when it was right."""
    store, row = await _found(request, session)
    form = await typed_form(request)
    key: Key = (store.id, row.id)
    sheet = next((one for one in sheets.offered(request.state.actor.may) if one == form["sheet"]), None)
    if sheet is None:
        raise NotFound()
    filled = Filled({key: form["was"]}, counted=sheet is Sheet.COUNT)
    try:
        filled.wanted[key] = sheets.read(sheet, form[sheet], row)
        if not filled.wanted[key] and sheet in (Sheet.COUNT, Sheet.SAFETY):
            raise ValueError(gettext("Write a number: 0 where none is there."))
    except ValueError as error:
        form.wrong(sheet, str(error))
    reason = read_reason(form) if sheet is Sheet.COUNT else ""
    if form.errors:
        return await _page(request, session, store, row, form, sheet, status=422)
    try:
        refusal = await settle(request, session, sheet, form, filled, {row.id: row}, reason=reason)
    except KeyReused as reused:
        form.wrong(sheet, reused.sentence)
        return await _page(request, session, store, row, form, sheet, status=422)
    if refusal is None:
        return pages.to(request, "merch_stock_cell", notice="saved", slug=store.slug, id=str(row.id))
    for words_of_it in refusal.below.values():
        form.wrong(sheet, words_of_it)
    _, row = await _found(request, session)
    return await _page(request, session, store, row, form, sheet, refusal=refusal, status=409)


async def _found(request: Request, session: AsyncSession) -> tuple[Store, Row]:
    """Raises `NotFound`, also for the store of others."""
    variant_id = row_id(request.path_params["id"])
    seen = request.state.actor.store_ids
    store = await places.find(session, request.path_params["slug"], store_ids=seen)
    rows = await levels.rows_of(session, [variant_id], [store.id]) if variant_id else {}
    if variant_id not in rows:
        raise NotFound()
    return store, rows[variant_id]


async def _page(
    request: Request,
    session: AsyncSession,
    store: Store,
    row: Row,
    form: Form,
    filled: Sheet | None,
    *,
    refusal: Refusal | None = None,
    status: int = 200,
) -> Response:
    cell = row.cells.get(store.id)
    before = row_id(request.query_params.get("before", ""))
    told = await stock.history(session, store.id, row.id, before_id=before, limit=LINES + 1)
    held = await holds.of_cells(session, [(store.id, row.id)]) if cell is not None and cell.reserved else {}
    may = request.state.actor.may
    context = {
        "store": store,
        "variant": row,
        "name": variant_words(row),
        "form": form,
        "filled": filled,
        "cell": cell,
        "numbers": _numbers(cell) if cell is not None else [],
        "belief": _belief(cell, store, request.state.now) if cell is not None else None,
        "checked": _checked(cell, store, request.state.now),
        "by_till": store.stock_authority == "feed",
        "stands": next(iter(refusal.stands.values()), None) if refusal else None,
        "holds": [(one, show_code(one.code)) for one in held.get((store.id, row.id), ())],
        "sees_bookings": may("reservation.read"),
        "values": {str(sheet): sheets.shown(sheet, sheets.standing(sheet, cell, row)) for sheet in sheets.offered(may)},
        "was": {str(sheet): sheets.standing(sheet, cell, row) for sheet in sheets.offered(may)},
        "may_price": may("catalogue.edit"),
        "reasons": [(code, str(said)) for code, said in words.REASONS.items()],
        "key": codes.new_token(),
        "lines": [_line(one, store, request.state.now) for one in told[:LINES]],
        "earlier_url": _address(request, store, row, before=told[LINES - 1].movement.id) if len(told) > LINES else "",
        "newest_url": _address(request, store, row) if before else "",
        "grid_url": here(request, read(request), product=row.ref, first=store.slug),
        "article_url": views.address(request, "merch_article", ref=row.ref) if may("catalogue.edit") else "",
        "address": _address(request, store, row),
    }
    title = gettext("%(article)s at %(store)s", article=variant_words(row), store=store.name)
    return frame.render(request, "merch/stock_cell.html", context, title=title, current="merch_stock", status=status)


def _address(request: Request, store: Store, row: Row, **query: Any) -> str:
    return views.address(request, "merch_stock_cell", query, slug=store.slug, id=str(row.id))


def _numbers(cell: StoreStock) -> list[tuple[str, int]]:
    """How what may be promised comes about."""
    return [
        (gettext("On hand"), cell.book),
        (pgettext("units", "Promised"), cell.reserved),
        (gettext("Set apart"), cell.unsellable),
        (gettext("Kept back"), cell.safety),
        (pgettext("units", "Available"), cell.available),
    ]


def _checked(cell: StoreStock | None, store: Store, now: Any) -> str:
    at = stock.checked_at(cell)
    if at is None:
        return gettext("never counted")
    return f"{languages.ago_words(at, now)}, {languages.moment_words(at, store.timezone, now)}"


def _belief(cell: StoreStock, store: Store, now: Any) -> dict[str, Any]:
    level, signals = stock.confidence(cell, store, after_hold=cell.available, now=now)
    return {
        "level": str(level),
        "words": words.level_words(level),
        "signals": [
            (signal, value, words.level_words(value), words.signal_words(signal, value, cell, store))
            for signal, value in signals.items()
        ],
    }


def _line(told: Told, store: Store, now: Any) -> dict[str, Any]:
    movement = told.movement
    return {
        "when": languages.moment_words(movement.occurred_at, store.timezone, now),
        "at": movement.occurred_at,
        "kind": words.kind_words(movement.kind),
        "book": movement.book,
        "reserved": movement.reserved,
        "unsellable": movement.unsellable,
        "then": told.book,
        "kept_then": told.reserved,
        "source": words.source_words(movement.source),
        "by": words.by_words(movement),
        "reason": words.reason_words(movement.reason) if movement.reason else "",
    }
