"""Stores as a file tells of them: address, promises, hours as OpenStreetMap writes them, and the days that differ.

A row is about the store with its slug, or a new one. No store is ever deleted, and a file that leaves one out says
nothing of it. What a row says is compared, kept and undone as cells, written the one way that `cells_of` writes them.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from kit.gsm import gsm_length
from kit.languages import Translated
from stores.catalogue import Category
from stores.exchange import cells, columns
from stores.exchange.batches import asking
from stores.exchange.cells import Wrong
from stores.exchange.formats import Record
from stores.exchange.places.fields import FIELDS, SECRET, SMS, cells_of, days_of, fill, floors_of, told_days, values_of
from stores.exchange.problems import EDITED_SINCE, Problem, suggesting
from stores.exchange.subjects import Action, Brake, Checked, Context, Row, each_alone
from stores.places import Store

__all__ = ["SUBJECT", "cells_of"]

NEEDED: Final = (
    "name", "street", "postcode", "city", "latitude", "longitude", "phone", "email", "timezone", "opening_hours",
)  # fmt: skip
"""What a new store cannot do without."""
DESK: Final = {"fr": "accueil", "en": "desk"}
"""What an SMS calls the desk of a new store that does not say."""


class Stores:
    """The subject of batches."""

    columns = columns.STORE

    def group(self, records: Iterator[Record]) -> Iterator[list[Record]]:
        return each_alone(records)

    def remember(self, records: Sequence[Record], *, context: Context) -> None:
        """The rows of the check say which stores were named."""

    async def check(self, session: AsyncSession, records: Sequence[Record], *, context: Context) -> list[Checked]:
        slugs = [record.cells.get("slug", "") for record in records]
        there = {store.slug: store for store in await _stores(session, slugs)}
        seen = dict(await asking.first_lines(session, context.batch_id, [slug for slug in slugs if slug]))
        if "departments" not in context.memory:
            codes = await session.scalars(select(Category.code).where(Category.code.is_not(None)))
            context.memory["departments"] = frozenset(codes)
        return [_checked(record, there.get(record.cells.get("slug", "")), seen, context) for record in records]

    async def absent(self, session: AsyncSession, *, context: Context, after: str, limit: int) -> list[Checked]:
        return []

    async def brake(self, session: AsyncSession, *, context: Context) -> Brake | None:
        return None

    async def apply(self, session: AsyncSession, rows: Sequence[Row], *, context: Context) -> Counter[str]:
        there = {store.slug: store for store in await _stores(session, [row.key for row in rows], lock=True)}
        counter: Counter[str] = Counter()
        for row in rows:
            store = there.get(row.key)
            if store is None:
                there[row.key] = store = _new(row.key, row.data)
                session.add(store)
            else:
                stood = {column: cell for column, cell in _comparable(store).items() if column in row.data}
                changed = {column: cell for column, cell in stood.items() if cell != row.data[column]}
                row.before = {**(row.before or stood), **changed}
                row.action = Action.UPDATED  # also where somebody was faster to create it
            fill(store, row.data)
            counter[str(row.action)] += 1
        await session.flush()
        return counter

    async def undo(self, session: AsyncSession, rows: Sequence[Row], *, context: Context) -> Counter[str]:
        there = {store.slug: store for store in await _stores(session, [row.key for row in rows], lock=True)}
        counter: Counter[str] = Counter()
        for row in rows:
            store = there.get(row.key)
            if store is None:
                counter["undone"] += 1
            elif row.action == Action.CREATED:
                stood = _comparable(store)
                untouched = all(stood[column] == cell for column, cell in row.data.items())
                taken_back = untouched and await _withdrawn(session, store)
                counter["undone" if taken_back else "left"] += 1
                row.problems = row.problems if taken_back else [*row.problems, EDITED_SINCE]
            else:
                stood = _comparable(store)
                mine = [column for column, cell in row.data.items() if stood[column] == cell]
                fill(store, {column: (row.before or {}).get(column, "") for column in mine})
                taken_back = len(mine) == len(row.data)
                counter["undone" if taken_back else "left"] += 1
                row.problems = row.problems if taken_back else [*row.problems, EDITED_SINCE]
        await session.flush()
        return counter

    def shown(self, column: str, value: Any, *, context: Context) -> str:
        return "…" if column == SECRET and value else str(value or "")


SUBJECT = Stores()


async def _stores(session: AsyncSession, slugs: Sequence[str], *, lock: bool = False) -> Sequence[Store]:
    """Those of these slugs; locked in the order of their ids."""
    query = select(Store).where(Store.slug.in_(set(slugs))).order_by(Store.id).options(selectinload(Store.exceptions))
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.scalars(query)).all()


def _comparable(store: Store) -> dict[str, str]:
    return {**cells_of(store), SECRET: store.staff_notify_url}


def _checked(record: Record, store: Store | None, seen: dict[str, int], context: Context) -> Checked:
    asked, problems = _read(record, context)
    slug = record.cells.get("slug", "")
    if not slug:
        problems.append(Problem("slug", "", "missing"))
    elif slug in seen:
        problems.append(Problem("slug", slug, "repeated", {"line": seen[slug]}))
    elif context.store_ids is not None and (store is None or store.id not in context.store_ids):
        problems.append(Problem("slug", slug, "outside_your_stores"))
    elif store is None:
        problems += [Problem(column, "", "needed") for column in NEEDED if not asked.get(column)]
    if store is None and slug and slug not in seen:
        try:
            cells.slug(slug)
        except Wrong as wrong:
            problems.append(wrong.at("slug"))
    seen.setdefault(slug, record.line)
    if any(not problem.warning for problem in problems):
        return Checked(record.line, slug[: cells.SLUG_LIMIT], Action.REJECTED, problems=problems, raw=record.raw)
    if store is None:
        return Checked(record.line, slug, Action.CREATED, asked, None, problems)
    if context.adds("exceptions") and "exceptions" in asked:
        days = {**values_of(store)["exceptions"], **days_of(asked["exceptions"])}
        asked["exceptions"] = told_days(days)
    stood = _comparable(store)
    changed = {column: cell for column, cell in asked.items() if stood[column] != cell}
    before = {column: stood[column] for column in changed}
    return Checked(
        record.line,
        slug,
        Action.UPDATED if changed else Action.UNCHANGED,
        changed,
        before if changed else None,
        problems,
    )


def _read(record: Record, context: Context) -> tuple[dict[str, str], list[Problem]]:
    """The cells that say something, each written our way; empty where it is to be erased."""
    asked: dict[str, str] = {}
    problems = list(record.problems)
    for column, cell in record.cells.items():
        known = FIELDS.get(column)
        if known is None or not cell:
            continue
        try:
            if cells.is_erased(cell):
                if known.empty is None:
                    raise Wrong("not_erasable", cell)
                asked[column] = ""
            else:
                asked[column] = known.told(known.read(cell))
                if column == "floors":
                    _check_departments(cell, context)
        except Wrong as wrong:
            problems.append(wrong.at(column))
    return asked, problems


def _check_departments(cell: str, context: Context) -> None:
    known = context.memory["departments"]
    for floor in floors_of(cell):
        for code in floor["departments"]:
            if code not in known:
                raise Wrong("unknown_department", code, suggesting(code, known))


def _new(slug: str, data: Mapping[str, str]) -> Store:
    """An empty store, to be filled."""
    short = data["name"] if (gsm_length(data["name"]) or SMS + 1) <= SMS else slug[:SMS]
    nothing = Translated()
    return Store(
        slug=slug,
        sms_name=short,
        desk_sms=DESK[data.get("language", "fr")],
        entrance=nothing,
        desk=nothing,
        about=nothing,
        directions={},
        floors=[],
        services=[],
        exceptions=[],
    )


async def _withdrawn(session: AsyncSession, store: Store) -> bool:
    """Take a store back that the same batch brought; not once something in it is somebody's."""
    try:
        async with session.begin_nested():
            await session.delete(store)
            await session.flush()
    except IntegrityError:
        return False
    return True
