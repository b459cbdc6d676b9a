"""The grid of stock: variants in rows, stores in columns. Its address is its state: what is looked for, which stores,
and which of the numbers is being filled in."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from booking.customers import clean_line
from booking.holds import Hold
from kit import codes, languages
from kit.errors import NotFound
from kit.languages import gettext, ngettext
from stores import levels, listing, stock
from stores.exchange import writing
from stores.levels import Row
from stores.places import Store
from stores.stock import StoreStock
from web import views
from web.admin.typed import Form
from web.house import House
from web.merch.article import shown as article
from web.merch.stock import sheet as sheets
from web.merch.stock.sheet import Sheet
from web.merch.stock.words import REASONS, level_words
from web.routing import Routes, staff
from web.staff import frame

routes = Routes(refuse=frame.refuse)

PATH = "/{language:language}/merch/stock"
PAGE = 25
AT_FIRST = 8
"""Stores shown to whoever chose none."""
MOST_STORES = 16
FURTHEST_PAGE = 4000
LONGEST = 120

Key = tuple[int, int]
"""Of a cell: store id, variant id."""


@dataclass(frozen=True)
class Asked:
    """What an address asks of the grid."""

    wish: listing.Wish
    category: str
    ref: str
    sheet: Sheet
    stores: Sequence[Store]
    """The columns, in order."""
    chosen: Sequence[str]
    """Slugs of those that somebody ticked; none where nobody did."""
    first: str
    page: int

    def query(self, **other: Any) -> list[tuple[str, str]]:
        """The address of the same grid, or of one that differs in this; it says only what is not usual."""
        said: dict[str, Any] = {
            "q": self.wish.words,
            "category": self.category,
            "brand": self.wish.brand,
            "product": self.ref,
            "sheet": "" if self.sheet is Sheet.COUNT else self.sheet,
            "first": self.first,
            "page": self.page if self.page > 1 else "",
            **other,
        }
        stores = other.pop("stores", self.chosen)
        said.pop("stores", None)
        return [(name, str(value)) for name, value in said.items() if value not in ("", None)] + [
            ("stores", slug) for slug in stores
        ]

    @property
    def is_narrowed(self) -> bool:
        return bool(self.wish.words or self.category or self.wish.brand or self.ref)


def read(request: Request) -> Asked:
    """What stands in the address; what cannot be read is not asked. Another store's name raises `NotFound`."""
    query, house = request.query_params, request.app.state.house
    own = {store.slug: store for store in frame.own_stores(request)}
    chosen = list(dict.fromkeys(slug for slug in query.getlist("stores") if slug))[:MOST_STORES]
    named = query.get("category", "")
    category = house.category(int(named)) if named.isascii() and named.isdigit() and len(named) < 9 else None
    within = frozenset([category.id, *(one.id for one in house.children(category))]) if category else frozenset[int]()
    page, name = query.get("page", ""), query.get("sheet", "")
    first = query.get("first", "")
    if any(slug not in own for slug in [*chosen, *([first] if first else [])]):
        raise NotFound()
    return Asked(
        wish=listing.Wish(
            words=clean_line(query.get("q", ""))[:LONGEST],
            category_ids=within,
            brand=clean_line(query.get("brand", ""))[:LONGEST],
        ),
        category=str(category.id) if category else "",
        ref=clean_line(query.get("product", ""))[:LONGEST],
        sheet=next((one for one in sheets.offered(request.state.actor.may) if one == name), Sheet.COUNT),
        stores=_columns(request, own, chosen, first),
        chosen=chosen,
        first=first,
        page=min(max(int(page), 1), FURTHEST_PAGE) if page.isascii() and page.isdigit() and len(page) < 6 else 1,
    )


def _columns(request: Request, own: Mapping[str, Store], chosen: Sequence[str], first: str) -> list[Store]:
    """The stores that were ticked, or the first of hers; the one she looks at stands before all others."""
    looked_at = frame.chosen_store(request)
    slugs = list(chosen) or list(own)
    front = first or (looked_at.slug if looked_at and (not chosen or looked_at.slug in chosen) else "")
    if front:
        slugs = [front, *(slug for slug in slugs if slug != front)]
    return [own[slug] for slug in slugs[: len(chosen) + 1 if chosen else AT_FIRST]]


@dataclass(slots=True)
class Cell:
    """A field of the grid, and what stands around it."""

    name: str
    value: str
    was: str
    """What stood there when the page was made, as a field shows it."""
    label: str
    place: int
    """Of its column, from the first."""
    url: str
    held: int = 0
    available: int = 0
    on_show: bool = False
    age: str = ""
    level: str = ""
    level_words: str = ""
    stands: str | None = None
    """What somebody else has put there meanwhile."""
    error: str = ""
    holds: Sequence[Hold] = ()
    """Bookings that keep more than what was typed."""

    @property
    def changed(self) -> bool:
        return self.value != self.was


@dataclass
class Answer:
    """What is wrong with a form that came back, by cell; nothing of it was applied."""

    rows: Sequence[Row]
    typed: Mapping[Key, str] = field(default_factory=dict)
    errors: Mapping[Key, str] = field(default_factory=dict)
    stands: Mapping[Key, str] = field(default_factory=dict)
    holds: Mapping[Key, Sequence[Hold]] = field(default_factory=dict)


@routes.get(PATH, allow=staff("stock.correct"), name="merch_stock")
async def show(request: Request, session: AsyncSession) -> Response:
    asked = read(request)
    found = await levels.page(
        session,
        asked.wish,
        [store.id for store in asked.stores],
        ref=asked.ref,
        limit=PAGE,
        offset=(asked.page - 1) * PAGE,
    )
    if not found.rows and asked.page > 1:
        raise NotFound()
    return render(request, asked, Answer(found.rows), Form({}), pages=_pages(request, asked, found))


@routes.get(PATH + ".csv", allow=staff("stock.correct"), name="merch_stock_csv")
async def export(request: Request, session: AsyncSession) -> Response:
    """All that was found, in the stores shown, as the file that an import takes back."""
    asked = read(request)
    head = await writing.head(session, "stock")
    now, database = request.state.now, request.app.state.database
    where = levels.cells_of(asked.wish, [store.id for store in asked.stores], asked.ref)

    async def pieces() -> AsyncIterator[bytes]:
        yield writing.BOM + writing.encoded([head])
        after: writing.Key | None = ()
        while after is not None:
            async with database.work(readonly=True) as own:
                page = await writing.stock(own, after, now=now, where=where)
            yield writing.encoded(page.rows)
            after = page.next

    name = f"stock-{frame.wall_clock(request):%Y-%m-%d}.csv"
    headers = {**frame.NO_STORE, "content-disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(pieces(), media_type="text/csv; charset=utf-8", headers=headers)


# What the page shows


def here(request: Request, asked: Asked, name: str = "merch_stock", **other: Any) -> str:
    return views.address(request, name, asked.query(**other))


def field_name(key: Key) -> str:
    """`c-<variant>-<store>`."""
    return f"c-{key[1]}-{key[0]}"


def variant_words(row: Row) -> str:
    """`Lampe Oscar, Laiton`."""
    return ", ".join(part for part in (row.name.text() or row.ref, row.label) if part)


def render(
    request: Request,
    asked: Asked,
    answer: Answer,
    form: Form,
    *,
    pages: Mapping[str, Any] | None = None,
    status: int = 200,
) -> Response:
    """The grid; `answer` is a form that came back, with what was typed into it."""
    house: House = request.app.state.house
    own = frame.own_stores(request)
    lines = [_line(request, asked, row, answer) for row in answer.rows]
    cells = [cell for line in lines for cell in line["cells"]]
    return frame.render(
        request,
        "merch/stock.html",
        {
            "asked": asked,
            "form": form,
            "lines": lines,
            "was": _was(asked, answer.rows),
            "key": form["key"] or codes.new_token(),
            "action": here(request, asked),
            "apply_words": apply_words(sum(cell.changed for cell in cells)),
            "apply_forms": apply_forms(),
            "conflicts": len(answer.stands),
            "below": [cell for cell in cells if cell.holds],
            "sees_bookings": request.state.actor.may("reservation.read"),
            "needs_reason": asked.sheet is Sheet.COUNT,
            "reasons": [(code, str(words)) for code, words in REASONS.items()],
            "sheets": [
                (here(request, asked, sheet="" if one is Sheet.COUNT else one), words, one is asked.sheet)
                for one, words in sheets.offered(request.state.actor.may).items()
            ],
            "hint": str(sheets.HINTS[asked.sheet]),
            "by_till": languages.list_words([s.name for s in asked.stores if s.stock_authority == "feed"]),
            "columns": [(store, here(request, asked, first=store.slug)) for store in asked.stores],
            "own": [(store, store in asked.stores) for store in own],
            "most_stores": MOST_STORES,
            "categories": article.categories(house),
            "hidden": [(name, value) for name, value in asked.query(page="", q="", category="")],
            "kept": [(name, value) for name, value in asked.query(page="", first="") if name != "stores"],
            "clear_url": here(request, asked, q="", category="", brand="", product="", page="")
            if asked.is_narrowed
            else None,
            "export_url": here(request, asked, "merch_stock_csv", page="", sheet=""),
            "article_name": lines[0]["name"] if asked.ref and lines else "",
            **(pages or {"count_words": "", "page_words": "", "previous_url": None, "next_url": None}),
        },
        title=gettext("Stock"),
        current="merch_stock",
        status=status,
    )


def _was(asked: Asked, rows: Sequence[Row]) -> str:
    """`variant-store=value` of every field, so that what others change meanwhile is noticed."""
    return " ".join(
        f"{row.id}-{store.id}={sheets.standing(asked.sheet, row.cells.get(store.id), row)}"
        for row in rows
        for store in asked.stores
    )


def _line(request: Request, asked: Asked, row: Row, answer: Answer) -> dict[str, Any]:
    edits = request.state.actor.may("catalogue.edit")
    return {
        "id": row.id,
        "name": row.name.text() or row.ref,
        "lang": row.name.language(),
        "label": row.label,
        "sku": row.sku,
        "brand": row.brand,
        "hidden": row.hidden,
        "price": row.price,
        "url": views.address(request, "merch_article", ref=row.ref) if edits else "",
        "cells": [_cell(request, asked, row, store, place, answer) for place, store in enumerate(asked.stores)],
    }


def _cell(request: Request, asked: Asked, row: Row, store: Store, place: int, answer: Answer) -> Cell:
    key, standing = (store.id, row.id), row.cells.get(store.id)
    stands = sheets.shown(asked.sheet, sheets.standing(asked.sheet, standing, row))
    cell = Cell(
        name=field_name(key),
        value=answer.typed.get(key, stands),
        was=stands,
        label=f"{variant_words(row)}, {store.name}",
        place=place,
        url=views.address(request, "merch_stock_cell", slug=store.slug, id=str(row.id)),
        stands=sheets.shown(asked.sheet, answer.stands[key]) if key in answer.stands else None,
        error=answer.errors.get(key, ""),
        holds=answer.holds.get(key, ()),
    )
    if standing is not None:
        fill(cell, standing, store, request.state.now)
    return cell


def fill(cell: Cell, standing: StoreStock, store: Store, now: Any) -> None:
    """The numbers around a field, how old they are, and how far they are to be believed."""
    cell.held, cell.available, cell.on_show = standing.reserved, standing.available, standing.on_show
    checked = stock.checked_at(standing)
    cell.age = languages.ago_words(checked, now) if checked else gettext("never counted")
    cell.level = stock.believed(standing, store, after_hold=standing.available, now=now)
    cell.level_words = level_words(cell.level)


def apply_forms() -> dict[str, str]:
    """The words of the button for none, one and more cells, for the script that counts them."""
    return {
        "none": apply_words(0),
        "one": apply_words(1),
        "many": ngettext("Apply %(num)s change", "Apply %(num)s changes", 9, num="{count}"),
    }


def apply_words(count: int) -> str:
    if not count:
        return gettext("Apply the changes")
    return ngettext("Apply %(num)s change", "Apply %(num)s changes", count, num=languages.number_words(count))


def _pages(request: Request, asked: Asked, found: levels.Found) -> dict[str, Any]:
    """Where the grid goes on; of one that is not counted to its end the last page is not known."""
    page, last = asked.page, -(-found.count // PAGE)
    number = languages.number_words(page)
    if found.count > listing.CAP:
        words = gettext("page %(page)s", page=number)
        count = gettext("more than %(count)s variants", count=languages.number_words(listing.CAP))
    else:
        words = gettext("page %(page)s of %(last)s", page=number, last=languages.number_words(last))
        in_all = languages.number_words(found.count)
        count = ngettext("%(count)s variant", "%(count)s variants", found.count, count=in_all)
    return {
        "count_words": count,
        "page_words": words if last > 1 else "",
        "previous_url": here(request, asked, page=page - 1 if page > 2 else "") if page > 1 else None,
        "next_url": here(request, asked, page=page + 1) if found.more else None,
    }
