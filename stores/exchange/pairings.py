"""Pairings as a file names them: two articles by their reference or a SKU, the reason in two languages, the place.

A pairing is there for its reason: a row that erases the reason in both languages takes the pairing away. With a full
file those that no row names go as well.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Row as Found
from sqlalchemy import delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from kit.db import table_of
from kit.languages import LANGUAGES, Translated
from stores.catalogue import Product, Variant
from stores.exchange import cells, columns
from stores.exchange.batches import asking
from stores.exchange.batches.tables import BatchRow
from stores.exchange.cells import Wrong
from stores.exchange.formats import Record
from stores.exchange.problems import EDITED_SINCE, Problem
from stores.exchange.subjects import Action, Brake, Checked, Context, Row, each_alone
from stores.pairings import Pairing

REASONS: Final = columns.both("reason")
NAMES: Final = ("_product", "_other")
"""In the data of a row: the references of the two."""
GONE: Final = "_gone"
"""In the data of a row: the pairing is taken away."""
LONGEST: Final = 300

Pair = tuple[int, int]


def cells_of(pairing: Pairing, ref: str, other: str) -> dict[str, str]:
    """A pairing by our columns."""
    return {"product": ref, "other": other, **_told(pairing.reason, pairing.position)}


def _told(reason: Mapping[str, str], position: int) -> dict[str, str]:
    return {**{f"reason:{language}": reason.get(language, "") for language in LANGUAGES}, "position": str(position)}


class Pairings:
    """The subject of batches."""

    columns = columns.PAIRING

    def group(self, records: Iterator[Record]) -> Iterator[list[Record]]:
        return each_alone(records)

    def remember(self, records: Sequence[Record], *, context: Context) -> None:
        """The rows of the check say which pairs were named."""

    async def check(self, session: AsyncSession, records: Sequence[Record], *, context: Context) -> list[Checked]:
        named = {record.cells.get(column, "") for record in records for column in ("product", "other")}
        known = await _articles(session, named)
        keys = [_key(record, known) for record in records]
        there = await _there(session, [_pair(record, known) for record in records])
        seen = dict(await asking.first_lines(session, context.batch_id, [key for key in keys if key]))
        return [_checked(record, key, known, there, seen) for record, key in zip(records, keys, strict=True)]

    async def absent(self, session: AsyncSession, *, context: Context, after: str, limit: int) -> list[Checked]:
        product, other = aliased(Product), aliased(Product)
        key = product.ref + " " + other.ref
        named = select(BatchRow.key).where(BatchRow.batch_id == context.batch_id, BatchRow.key == key)
        query = (
            select(key, Pairing.reason, Pairing.position, product.ref, other.ref)
            .join(product, product.id == Pairing.product_id)
            .join(other, other.id == Pairing.other_id)
            .where(key > after, ~named.exists())
            .order_by(key)
            .limit(limit)
        )
        return [
            Checked(
                0,
                name,
                Action.HIDDEN,
                {**dict(zip(NAMES, (ref, to), strict=True)), GONE: True},
                _told(reason, position),
            )
            for name, reason, position, ref, to in await session.execute(query)
        ]

    async def brake(self, session: AsyncSession, *, context: Context) -> Brake | None:
        return None

    async def apply(self, session: AsyncSession, rows: Sequence[Row], *, context: Context) -> Counter[str]:
        known = await _articles(session, {row.data[column] for row in rows for column in NAMES})
        pairs = {row.id: _pair_of(row.data, known, *NAMES) for row in rows}
        there = await _there(session, list(pairs.values()), lock=True)
        counter: Counter[str] = Counter()
        gone: list[Pair] = []
        written: dict[Pair, dict[str, str]] = {}
        for row in rows:
            pair = pairs[row.id]
            stood = there.get(pair)
            if stood and row.action == Action.CREATED:  # somebody was faster
                row.action = Action.UPDATED
            counter[str(row.action)] += 1
            if pair is None:  # an article has gone since; nothing to suggest beside it
                continue
            if row.data.get(GONE):
                row.before = stood or row.before
                gone.append(pair)
                continue
            asked = {column: row.data[column] for column in (*REASONS, "position") if column in row.data}
            if stood and row.action == Action.UPDATED:
                changed = {column: stood[column] for column in asked if stood[column] != asked[column]}
                row.before = {**(row.before or {}), **changed}
            written[pair] = {**(stood or _told({}, 0)), **asked}
        await _remove(session, gone)
        await _write(session, written)
        return counter

    async def undo(self, session: AsyncSession, rows: Sequence[Row], *, context: Context) -> Counter[str]:
        known = await _articles(session, {row.data[column] for row in rows for column in NAMES})
        pairs = {row.id: _pair_of(row.data, known, *NAMES) for row in rows}
        there = await _there(session, list(pairs.values()), lock=True)
        counter: Counter[str] = Counter()
        gone: list[Pair] = []
        written: dict[Pair, dict[str, str]] = {}
        for row in rows:
            pair, before = pairs[row.id], row.before or {}
            stood = there.get(pair) if pair else None
            asked = {column: cell for column, cell in row.data.items() if column in (*REASONS, "position")}
            same = stood is None if row.data.get(GONE) else bool(stood) and asked.items() <= (stood or {}).items()
            counter["undone" if same else "left"] += 1
            if not same:
                row.problems = [*row.problems, EDITED_SINCE]
            if not same or pair is None:
                continue
            if row.action == Action.CREATED:
                gone.append(pair)
            else:
                written[pair] = {**(stood or _told({}, 0)), **before}
        await _remove(session, gone)
        await _write(session, written)
        return counter

    def shown(self, column: str, value: Any, *, context: Context) -> str:
        return str(value or "")


SUBJECT = Pairings()


async def _articles(session: AsyncSession, named: set[str]) -> dict[str, tuple[int, str]]:
    """(id, reference) of the articles by what somebody called them: the reference, or the SKU of a variant."""
    if not named:
        return {}
    by_sku = select(Variant.sku, Product.id, Product.ref).join(Product).where(Variant.sku.in_(named))
    by_ref = select(Product.ref, Product.id, Product.ref).where(Product.ref.in_(named))
    found: dict[str, tuple[int, str]] = {}
    for query in (by_sku, by_ref):  # what is a reference is no SKU
        found |= {row[0]: (row[1], row[2]) for row in await session.execute(query)}
    return found


def _pair_of(
    named: Mapping[str, Any], known: Mapping[str, tuple[int, str]], product_in: str, other_in: str
) -> Pair | None:
    product, other = known.get(named.get(product_in, "")), known.get(named.get(other_in, ""))
    return (product[0], other[0]) if product and other else None


def _pair(record: Record, known: Mapping[str, tuple[int, str]]) -> Pair | None:
    return _pair_of(record.cells, known, "product", "other")


def _key(record: Record, known: Mapping[str, tuple[int, str]]) -> str:
    product, other = (known.get(record.cells.get(column, "")) for column in ("product", "other"))
    return f"{product[1]} {other[1]}" if product and other else ""


async def _there(
    session: AsyncSession, pairs: Sequence[Pair | None], *, lock: bool = False
) -> dict[Pair | None, dict[str, str]]:
    """What stands there of these pairs, as cells."""
    rows = table_of(Pairing)
    query = select(rows).where(tuple_(rows.c.product_id, rows.c.other_id).in_([pair for pair in pairs if pair]))
    query = query.order_by(rows.c.product_id, rows.c.other_id)
    found: Sequence[Found[Any]] = (await session.execute(query.with_for_update() if lock else query)).all()
    return {(row.product_id, row.other_id): _told(row.reason, row.position) for row in found}


def _checked(
    record: Record,
    key: str,
    known: Mapping[str, tuple[int, str]],
    there: Mapping[Pair | None, dict[str, str]],
    seen: dict[str, int],
) -> Checked:
    problems = list(record.problems)
    for column in ("product", "other"):
        cell = record.cells.get(column, "")
        if not cell:
            problems.append(Problem(column, "", "missing"))
        elif cell not in known:
            problems.append(Problem(column, cell, "unknown_article"))
    pair = _pair(record, known)
    if pair and pair[0] == pair[1]:
        problems.append(Problem("other", record.cells["other"], "itself"))
    if key and key in seen:
        problems.append(Problem("other", record.cells["other"], "repeated", {"line": seen[key]}))
    seen.setdefault(key, record.line)
    asked = _read(record, problems)
    stood = there.get(pair)
    if pair and stood is None and not any(asked.get(column) for column in REASONS):
        problems.append(Problem("reason:fr", "", "needed"))
    if any(not problem.warning for problem in problems):
        return Checked(record.line, key, Action.REJECTED, problems=problems, raw=record.raw)
    refs = [known[record.cells[column]][1] for column in ("product", "other")]
    names: dict[str, Any] = dict(zip(NAMES, refs, strict=True))
    if stood is None:
        shown = dict(zip(("product", "other"), refs, strict=True))
        return Checked(record.line, key, Action.CREATED, {**names, **shown, **asked}, None, problems)
    if all(asked.get(column) == "" for column in REASONS):
        return Checked(record.line, key, Action.UPDATED, {**names, GONE: True, **asked}, stood, problems)
    changed = {column: cell for column, cell in asked.items() if stood[column] != cell}
    if not changed:
        return Checked(record.line, key, Action.UNCHANGED, names, None, problems)
    before = {column: stood[column] for column in changed}
    return Checked(record.line, key, Action.UPDATED, {**names, **changed}, before, problems)


def _read(record: Record, problems: list[Problem]) -> dict[str, str]:
    """The cells that say something, empty where a reason is to be erased."""
    asked = {}
    for column in (*REASONS, "position"):
        cell = record.cells.get(column, "")
        try:
            if cell and cells.is_erased(cell):
                asked[column] = "0" if column == "position" else ""
            elif cell and column == "position":
                asked[column] = str(cells.whole(cell, most=10_000))
            elif cell:
                asked[column] = cells.line(cell, LONGEST)
        except Wrong as wrong:
            problems.append(wrong.at(column))
    return asked


async def _remove(session: AsyncSession, pairs: Sequence[Pair]) -> None:
    if pairs:
        rows = table_of(Pairing)
        await session.execute(delete(rows).where(tuple_(rows.c.product_id, rows.c.other_id).in_(pairs)))


async def _write(session: AsyncSession, written: Mapping[Pair, Mapping[str, str]]) -> None:
    """All of them in one statement, in the order in which they are locked."""
    if not written:
        return
    values = [
        {
            "product_id": product_id,
            "other_id": other_id,
            "reason": Translated({language: cell[f"reason:{language}"] for language in LANGUAGES}),
            "position": int(cell["position"]),
        }
        for (product_id, other_id), cell in sorted(written.items())
    ]
    row = insert(table_of(Pairing)).values(values)
    await session.execute(
        row.on_conflict_do_update(
            index_elements=["product_id", "other_id"],
            set_={"reason": row.excluded.reason, "position": row.excluded.position},
        )
    )
