"""What is asked of stock."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from stores.stock.feeding import SHORT, Short
from stores.stock.tables import StockMovement, StoreStock

NUMBERS = ("book", "reserved", "unsellable")
"""What movements move."""


async def rows_of(session: AsyncSession, variant_ids: Iterable[int]) -> Sequence[StoreStock]:
    """Stock of these variants in every store that has ever had them."""
    return (await session.scalars(select(StoreStock).where(StoreStock.variant_id.in_(list(variant_ids))))).all()


async def stores_with(session: AsyncSession, variant_ids: Iterable[int], *, besides: int) -> dict[int, list[int]]:
    """By variant, the ids of the other stores that could still promise one."""
    found: dict[int, list[int]] = {}
    query = select(StoreStock.variant_id, StoreStock.store_id).where(
        StoreStock.variant_id.in_(list(variant_ids)), StoreStock.store_id != besides, StoreStock.available > 0
    )
    for variant_id, store_id in await session.execute(query):
        found.setdefault(variant_id, []).append(store_id)
    return found


async def cells(session: AsyncSession, store_id: int, variant_ids: Iterable[int]) -> dict[int, StoreStock]:
    """Stock of these variants in one store, by variant, as it is now: what changes it goes past loaded rows."""
    query = select(StoreStock).where(StoreStock.store_id == store_id, StoreStock.variant_id.in_(list(variant_ids)))
    rows = await session.scalars(query.execution_options(populate_existing=True))
    return {row.variant_id: row for row in rows}


class Told(NamedTuple):
    """A movement, and what the cell held once it was written down."""

    movement: StockMovement
    book: int
    reserved: int
    unsellable: int


async def history(
    session: AsyncSession, store_id: int, variant_id: int, *, before_id: int | None = None, limit: int = 50
) -> Sequence[Told]:
    """What happened to one article in one store, the last first, from before `before_id`.

    In the order in which it was written down, each with the sums since the beginning: those of the newest are the
    numbers of the row.
    """
    sums = [
        func.sum(getattr(StockMovement, name)).over(order_by=StockMovement.id).label(f"{name}_then") for name in NUMBERS
    ]
    summed = (
        select(StockMovement, *sums)
        .where(StockMovement.store_id == store_id, StockMovement.variant_id == variant_id)
        .subquery()
    )
    movement = aliased(StockMovement, summed)
    query = select(movement, *(summed.c[f"{name}_then"] for name in NUMBERS)).order_by(movement.id.desc())
    if before_id is not None:
        query = query.where(movement.id < before_id)
    return [Told(row[0], *map(int, row[1:])) for row in await session.execute(query.limit(limit))]


async def last_fed(session: AsyncSession, store_ids: Collection[int]) -> dict[int, datetime]:
    """When each of these stores was last told how many there are of anything; absent where it never was."""
    last = func.max(StoreStock.fed_at)
    query = select(StoreStock.store_id, last).where(StoreStock.store_id.in_(store_ids)).group_by(StoreStock.store_id)
    return {store_id: at for store_id, at in await session.execute(query) if at is not None}


async def shortfalls(session: AsyncSession, *, limit: int) -> Sequence[Short]:
    """Where more is promised than is there."""
    missing = StoreStock.reserved + StoreStock.unsellable - func.greatest(StoreStock.book, 0)
    query = select(StoreStock.store_id, StoreStock.variant_id, missing).where(StoreStock.available < 0, text(SHORT))
    query = query.order_by(StoreStock.store_id, StoreStock.variant_id).limit(limit)
    return [Short(*row) for row in await session.execute(query)]


async def drift(session: AsyncSession, *, limit: int | None = None) -> Sequence[Any]:
    """Rows whose numbers are not the sum of their movements: (store, variant, column, row says, movements say)."""
    sums = (
        select(
            StockMovement.store_id,
            StockMovement.variant_id,
            *(func.sum(getattr(StockMovement, name)).label(name) for name in NUMBERS),
        )
        .group_by(StockMovement.store_id, StockMovement.variant_id)
        .subquery()
    )
    said = [getattr(StoreStock, name) for name in NUMBERS]
    moved = [func.coalesce(sums.c[name], 0) for name in NUMBERS]
    query = (
        select(StoreStock.store_id, StoreStock.variant_id, *said, *moved)
        .outerjoin(
            sums, tuple_(sums.c.store_id, sums.c.variant_id) == tuple_(StoreStock.store_id, StoreStock.variant_id)
        )
        .where(tuple_(*said) != tuple_(*moved))
        .order_by(StoreStock.store_id, StoreStock.variant_id)
        .limit(limit)
    )
    found = []
    for store, variant, *numbers in await session.execute(query):
        compared = zip(NUMBERS, numbers[:3], numbers[3:], strict=True)
        found += [(store, variant, name, has, should) for name, has, should in compared if has != should]
    return found
