"""Stock as a file names it: how many of an article a store has, and where, at what price, on show or not.

`on_hand` is an absolute count that speaks of `counted_at`, or of the moment of the check where the file names none: it
is taken by the same rules as a count of a till (`stores.stock.feeding`), which is why also a row that says what we know
is written: it says how fresh that is. With a full file, what a store has and no row names becomes zero; a file that
would empty a store waits in quarantine.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import any_, func, literal, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from kit.db import table_of
from stores import gtin as gtins
from stores import stock
from stores.catalogue import Variant
from stores.exchange import cells, columns, packing
from stores.exchange.batches import asking
from stores.exchange.batches.tables import Batch, BatchRow, State
from stores.exchange.cells import Wrong
from stores.exchange.formats import Record
from stores.exchange.problems import EDITED_SINCE, Problem, suggesting
from stores.exchange.subjects import WRITTEN, Action, Brake, Checked, Context, Row, each_alone
from stores.places import Store
from stores.stock import MOST_UNITS, Level, settling
from stores.stock.settling import Cell

SETTLED: Final = ("unsellable", "on_show", "safety", "floor", "shelf", "price")
TOLD: Final = ("on_hand", *SETTLED)
ERASABLE: Final[Mapping[str, Any]] = {"floor": None, "shelf": "", "price": None}
AHEAD: Final = timedelta(minutes=5)
"""How far the clock of who counted may be ahead of ours."""
MOST_ZEROED, FEWEST_ROWS = 0.3, 0.5
"""A full file that would zero a larger part of what a store has, or names a smaller part of what was counted there, is
rather a file that was cut."""


@dataclass(frozen=True)
class Article:
    id: int
    sku: str
    price_minor: int
    currency: str


@dataclass
class Wish:
    """A row that can be read."""

    record: Record
    store: Store
    article: Article
    asked: dict[str, Any]
    """By our columns, a number as a number; only what the row says."""
    counted_at: datetime
    matched_by: str

    @property
    def cell(self) -> Cell:
        return self.store.id, self.article.id


class Stock:
    """The subject of batches."""

    columns = columns.STOCK
    written = (*WRITTEN, Action.UNCHANGED)

    def group(self, records: Iterator[Record]) -> Iterator[list[Record]]:
        return each_alone(records)

    def remember(self, records: Sequence[Record], *, context: Context) -> None:
        """The rows of the check say what was named."""

    async def check(self, session: AsyncSession, records: Sequence[Record], *, context: Context) -> list[Checked]:
        stores = await _stores(session, context)
        articles = await _articles(session, records)
        read = [_read(record, stores, articles, context) for record in records]
        keys = [f"{one.store.slug} {one.article.sku}" for one in read if isinstance(one, Wish)]
        seen = await asking.first_lines(session, context.batch_id, keys)
        there = await settling.standing(session, {one.cell: one.counted_at for one in read if isinstance(one, Wish)})
        checked = [_checked(one, there, seen) if isinstance(one, Wish) else one for one in read]
        if checked and "same" not in context.memory:
            context.memory["same"] = True
            checked[0].problems += await _brought_before(session, context)
        return checked

    async def absent(self, session: AsyncSession, *, context: Context, after: str, limit: int) -> list[Checked]:
        store, _, sku = after.partition(" ")
        named = await _named_stores(session, context)
        said = {**named, "batch": context.batch_id, "store": store, "sku": sku, "limit": limit}
        return [
            Checked(
                0,
                f"{row.slug} {row.sku}",
                Action.HIDDEN,
                {
                    "store": row.slug,
                    "sku": row.sku,
                    "on_hand": 0,
                    "counted_at": packing.moment(row.at),
                    "_store": row.store_id,
                    "_variant": row.variant_id,
                },
                {"on_hand": row.book, "counted_at": packing.moment(row.counted_at) or None},
            )
            for row in await session.execute(ABSENT, said)
        ]

    async def brake(self, session: AsyncSession, *, context: Context) -> Brake | None:
        if not context.is_full:
            return None
        said = {"batch": context.batch_id, "most": MOST_ZEROED, "fewest": FEWEST_ROWS}
        doubtful = [dict(row) for row in (await session.execute(DOUBTFUL, said)).mappings()]
        if not doubtful:
            return None
        count, of = (sum(store[name] for store in doubtful) for name in ("zeroed", "stocked"))
        return Brake("would_wipe", count, of, quarantine=True, detail={"stores": doubtful})

    async def apply(self, session: AsyncSession, rows: Sequence[Row], *, context: Context) -> Counter[str]:
        asked = {row.id: row for row in rows if _tells(row.data)}
        await settling.hold_still(session, [_cell(row.data) for row in asked.values()])
        there = await settling.standing(session, {_cell(row.data): _counted_at(row.data) for row in asked.values()})
        counts = {row.line: row for row in asked.values() if "on_hand" in row.data}
        by = {"source": _source(context), "by": context.by}
        levels = [
            Level(line, *_cell(row.data), row.data["on_hand"], _counted_at(row.data)) for line, row in counts.items()
        ]
        fed = await stock.count(session, levels, event_id="count", **by)
        wishes = {_cell(row.data): wish for row in asked.values() if (wish := _wish(row.data))}
        context.shortfalls += fed.short
        context.shortfalls += await settling.settle(session, wishes, event_id="set", now=context.now, **by)
        for row in asked.values():
            stood = there[_cell(row.data)]
            row.before = _before(row.data, stood)
            if row.line in fed.late:
                row.problems = [*row.problems, _stale(row.data["on_hand"], stood.counted_at, warning=True).as_json()]
                row.action = Action.UPDATED if _wish(row.data) else Action.UNCHANGED
        return Counter(str(row.action) for row in rows if row.action != Action.UNCHANGED)

    async def undo(self, session: AsyncSession, rows: Sequence[Row], *, context: Context) -> Counter[str]:
        asked = {_cell(row.data): row for row in rows if _tells(row.data)}
        await settling.hold_still(session, asked)
        counts = {
            cell: (_counted_at(row.data), _counted_before(row)) for cell, row in asked.items() if "on_hand" in row.data
        }
        by = {"source": _source(context), "by": context.by}
        reversed_, short = await settling.take_back_counts(session, counts, event_id="count", **by)
        there = await settling.standing(session, {cell: _counted_at(row.data) for cell, row in asked.items()})
        wishes, counter = {}, Counter[str]()
        for cell, row in asked.items():
            was = {name: value for name, value in (row.before or {}).items() if name in SETTLED}
            mine = {name: value for name, value in was.items() if _said(there[cell], name) == row.data.get(name)}
            if mine:
                wishes[cell] = mine
            whole = mine == was and (cell in reversed_ or "on_hand" not in row.data)
            if row.action != Action.UNCHANGED:
                counter["undone" if whole else "left"] += 1
                row.problems = row.problems if whole else [*row.problems, EDITED_SINCE]
        context.shortfalls += short
        context.shortfalls += await settling.settle(session, wishes, event_id="unset", now=context.now, **by)
        return counter

    def shown(self, column: str, value: Any, *, context: Context) -> str:
        match value:
            case bool():
                return packing.truth(value)
            case int() if column == "price":
                return packing.amount(value, context.currency)
        return "" if value is None else str(value)


SUBJECT = Stock()


# What a row says


async def _stores(session: AsyncSession, context: Context) -> dict[str, Store]:
    """By slug and by name, in small letters; read once a run."""
    if "stores" not in context.memory:
        found = (await session.scalars(select(Store))).all()
        by_name = {store.name.casefold(): store for store in found}
        context.memory["stores"] = {**by_name, **{store.slug: store for store in found}}
    known: dict[str, Store] = context.memory["stores"]
    return known


async def _articles(session: AsyncSession, records: Sequence[Record]) -> dict[str, Article]:
    """By SKU, and by barcode of 14 digits: a SKU of 14 digits that is also a barcode is a SKU."""
    variants = table_of(Variant)
    skus = {record.cells["sku"] for record in records if record.cells.get("sku")}
    ways = {way for record in records for way in _ways(record.cells.get("gtin", ""))}
    wanted = [
        column == any_(literal(list(values), ARRAY(TEXT)))
        for column, values in ((variants.c.sku, skus), (variants.c.gtin, ways))
        if values
    ]
    if not wanted:
        return {}
    named = select(*(variants.c[name] for name in ("id", "sku", "gtin", "price_minor", "currency"))).where(or_(*wanted))
    rows = (await session.execute(named)).all()
    found = {row.sku: Article(row.id, row.sku, row.price_minor, row.currency) for row in rows}
    return {**{gtins.padded(row.gtin): found[row.sku] for row in rows if row.gtin}, **found}


def _ways(cell: str) -> list[str]:
    """The ways in which this barcode may have been written here; none for what is no barcode."""
    if not (cell.isascii() and cell.isdigit()):
        return []
    padded = gtins.padded(cell)
    return [padded[14 - n :] for n in sorted(gtins.LENGTHS) if not padded[: 14 - n].strip("0")]


def _read(
    record: Record, stores: Mapping[str, Store], articles: Mapping[str, Article], context: Context
) -> Wish | Checked:
    """What the row asks for, or why it cannot be taken; `key` is there as soon as store and article are known."""
    problems, row = list(record.problems), record.cells
    store = _store(row.get("store", ""), stores, problems, context)
    article, matched_by = _article(row, articles, problems)
    asked: dict[str, Any] = {}
    for column in (*TOLD, "counted_at"):
        if cell := row.get(column, ""):
            try:
                asked[column] = _value(column, cell, article, store)
            except Wrong as wrong:
                problems.append(wrong.at(column))
    counted_at = asked.pop("counted_at", None) or context.now
    if counted_at > context.now + AHEAD:
        problems.append(Problem("counted_at", row["counted_at"], "in_the_future"))
    key = f"{store.slug} {article.sku}" if store and article else ""
    if store is None or article is None or any(not problem.warning for problem in problems):
        return Checked(record.line, key, Action.REJECTED, problems=problems, raw=record.raw)
    record.problems = problems
    return Wish(record, store, article, asked, min(counted_at, context.now), matched_by)


def _store(cell: str, stores: Mapping[str, Store], problems: list[Problem], context: Context) -> Store | None:
    store = stores.get(cell) or stores.get(cell.casefold())
    if not cell:
        problems.append(Problem("store", "", "missing"))
    elif store is None:
        problems.append(Problem("store", cell, "unknown_store", suggesting(cell, stores)))
    elif context.store_ids is not None and store.id not in context.store_ids:
        problems.append(Problem("store", cell, "outside_your_stores"))
    return store


def _article(
    row: Mapping[str, str], articles: Mapping[str, Article], problems: list[Problem]
) -> tuple[Article | None, str]:
    """By its SKU, then by its barcode; and by which of them."""
    sku, barcode = row.get("sku", ""), row.get("gtin", "")
    for column, cell in (("sku", sku), ("gtin", barcode)):
        try:
            name = cells.code(cell) if column == "sku" and cell else gtins.padded(cells.gtin(cell)) if cell else ""
        except Wrong as wrong:
            problems.append(wrong.at(column))
            return None, ""
        if name and (found := articles.get(name)):
            return found, column
    if not sku and not barcode:
        problems.append(Problem("sku", "", "missing"))
    else:
        column = "sku" if sku else "gtin"
        problems.append(Problem(column, row[column], "unknown_article" if sku else "unknown_barcode"))
    return None, ""


def _value(column: str, cell: str, article: Article | None, store: Store | None) -> Any:
    if cells.is_erased(cell):
        if column not in ERASABLE:
            raise Wrong("not_erasable", cell)
        return ERASABLE[column]
    match column:
        case "on_hand":
            return cells.whole(cell, least=-MOST_UNITS, most=MOST_UNITS)
        case "counted_at":
            return cells.moment(cell, store.zone if store else UTC)
        case "on_show":
            return cells.truth(cell)
        case "floor":
            return cells.whole(cell, least=-20, most=200)
        case "shelf":
            return cells.line(cell, 40)
        case "price":
            return cells.amount(cell, article.currency if article else "EUR")
    return cells.whole(cell, most=MOST_UNITS)


def _checked(wish: Wish, there: Mapping[Cell, Any], seen: dict[str, int]) -> Checked:
    record, stood = wish.record, there.get(wish.cell)
    key = f"{wish.store.slug} {wish.article.sku}"
    asked = _differing(wish, stood)
    problems = list(record.problems)
    if key in seen:
        column = wish.matched_by
        problems.append(Problem(column, record.cells[column], "repeated", {"line": seen[key]}))
    elif "on_hand" in asked and stood is not None and stood.counted_at and stood.counted_at > wish.counted_at:
        problems.append(_stale(asked["on_hand"], stood.counted_at))
    seen.setdefault(key, record.line)
    if any(not problem.warning for problem in problems):
        return Checked(record.line, key, Action.REJECTED, problems=problems, raw=record.raw)
    data = {
        "store": wish.store.slug,
        "sku": wish.article.sku,
        "matched_by": wish.matched_by,
        **asked,
        "counted_at": packing.moment(wish.counted_at),
        "_store": wish.store.id,
        "_variant": wish.article.id,
    }
    if stood is None:
        return Checked(record.line, key, Action.CREATED if _tells(data) else Action.UNCHANGED, data, None, problems)
    before = _before(data, stood)
    changed = any(before[name] != data[name] for name in before if name in SETTLED)
    changed = changed or ("on_hand" in data and data["on_hand"] + stood.since != stood.book)
    action = Action.UPDATED if changed else Action.UNCHANGED
    return Checked(record.line, key, action, data, before if changed else None, problems)


def _differing(wish: Wish, stood: Any) -> dict[str, Any]:
    """What the row asks for and is not so already, besides the count. A price that is the article's own everywhere is
    none of this store's."""
    asked = dict(wish.asked)
    own = None if stood is None else stood.price_minor
    if asked.get("price") == wish.article.price_minor and asked.get("price") != own:
        asked["price"] = None
    return {name: value for name, value in asked.items() if name == "on_hand" or _said(stood, name) != value}


def _stale(on_hand: int, counted_at: datetime, *, warning: bool = False) -> Problem:
    return Problem("on_hand", str(on_hand), "stale", {"counted_at": packing.moment(counted_at)}, warning)


def _before(data: Mapping[str, Any], stood: Any) -> dict[str, Any]:
    """What stands there of what a row says."""
    before = {name: _said(stood, name) for name in SETTLED if name in data}
    if "on_hand" in data:
        before |= {"on_hand": stood.book, "counted_at": packing.moment(stood.counted_at) or None}
    return before


def _said(stood: Any, column: str) -> Any:
    return None if stood is None else getattr(stood, "price_minor" if column == "price" else column)


def _tells(data: Mapping[str, Any]) -> bool:
    return any(name in data for name in TOLD)


def _wish(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: data[name] for name in SETTLED if name in data}


def _cell(data: Mapping[str, Any]) -> Cell:
    return data["_store"], data["_variant"]


def _counted_at(data: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(data["counted_at"])


def _counted_before(row: Row) -> datetime | None:
    """The moment of the count that stood there when this one was written."""
    said = (row.before or {}).get("counted_at")
    return datetime.fromisoformat(said) if said else None


def _source(context: Context) -> str:
    return f"import:{context.batch_id}"


# A full file

ABSENT: Final = text(
    """
    select s.slug, v.sku, c.store_id, c.variant_id, c.book, c.counted_at, n.at
    from unnest(cast(:stores as int[]), cast(:moments as timestamptz[])) as n(store_id, at)
    join store s on s.id = n.store_id join store_stock c on c.store_id = s.id join variant v on v.id = c.variant_id
    where (s.slug, v.sku) > (:store, :sku) and c.book <> 0 and c.counted_at > n.at is not true
        and not exists (select from batch_row b where b.batch_id = :batch and b.key = s.slug || ' ' || v.sku)
        and c.book <> coalesce((
            select sum(m.book) from stock_movement m
            where m.store_id = c.store_id and m.variant_id = c.variant_id and m.occurred_at > n.at
        ), 0)
    order by s.slug, v.sku limit :limit
    """
)
DOUBTFUL: Final = text(
    """
    select s.slug as store, told.zeroed, here.stocked, told.rows, here.counted from (
        select split_part(key, ' ', 1) as slug, count(*) filter (where action <> 'hidden') as rows,
            count(*) filter (where action in ('updated', 'hidden')
                and (data->>'on_hand')::int <= 0 and (before->>'on_hand')::int > 0) as zeroed
        from batch_row where batch_id = :batch and key <> '' group by 1
    ) told join store s on s.slug = told.slug cross join lateral (
        select count(*) filter (where c.book > 0) as stocked, count(c.counted_at) as counted
        from store_stock c where c.store_id = s.id
    ) here
    where told.zeroed > cast(:most as float) * here.stocked or told.rows < cast(:fewest as float) * here.counted
    order by s.slug
    """
)


async def _named_stores(session: AsyncSession, context: Context) -> dict[str, list[Any]]:
    """The stores whose rows can be taken, each with the last moment that they speak of; asked once a run."""
    if "named" not in context.memory:
        slug, at = func.split_part(BatchRow.key, " ", 1), func.max(BatchRow.data["counted_at"].astext)
        rows = select(slug.label("slug"), at.label("at")).where(
            BatchRow.batch_id == context.batch_id, BatchRow.action.not_in([Action.REJECTED, Action.HIDDEN])
        )
        told = rows.group_by(slug).subquery()
        found = (await session.execute(select(Store.id, told.c.at).join(told, told.c.slug == Store.slug))).all()
        moments = [datetime.fromisoformat(row.at) for row in found]
        context.memory["named"] = {"stores": [row.id for row in found], "moments": moments}
    named: dict[str, list[Any]] = context.memory["named"]
    return named


async def _brought_before(session: AsyncSession, context: Context) -> list[Problem]:
    """The same file, to the last byte, was applied already."""
    this, other = aliased(Batch), aliased(Batch)
    query = (
        select(other.name, other.applied_at)
        .join(this, (this.digest == other.digest) & (this.subject == other.subject) & (this.id != other.id))
        .where(this.id == context.batch_id, other.state == State.APPLIED)
        .order_by(other.applied_at.desc())
    )
    found = (await session.execute(query.limit(1))).first()
    if found is None:
        return []
    return [Problem("", found.name, "same_file", {"day": found.applied_at.date().isoformat()}, warning=True)]
