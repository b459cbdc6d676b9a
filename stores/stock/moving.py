"""Rows and the movements that explain them, changed together: the one way in which a number moves one by one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert, literal, select, update
from sqlalchemy.dialects.postgresql import insert as insert_unless_there
from sqlalchemy.ext.asyncio import AsyncSession

from kit.db import table_of
from stores.places import Store
from stores.stock.tables import Demand, Kind, StockMovement, StoreStock

NEW_CELL: Mapping[str, Any] = {"book": 0, "reserved": 0, "unsellable": 0, "shelf": "", "on_show": False}
"""What stands in a row before anything was counted; `safety` is the store's."""


async def locked(session: AsyncSession, store_id: int, variant_id: int) -> StoreStock:
    """The row, made if the store never had the article, and nobody else's until the transaction ends."""
    rows, stores = table_of(StoreStock), table_of(Store)
    empty = select(
        stores.c.id,
        literal(variant_id),
        stores.c.safety,
        *(literal(value, rows.c[name].type) for name, value in NEW_CELL.items()),
    ).where(stores.c.id == store_id)
    new = insert_unless_there(rows).from_select(["store_id", "variant_id", "safety", *NEW_CELL], empty)
    await session.execute(new.on_conflict_do_nothing())
    query = select(StoreStock).where(StoreStock.store_id == store_id, StoreStock.variant_id == variant_id)
    query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await session.scalars(query)).one()


async def change(
    session: AsyncSession,
    store_id: int,
    changes: Mapping[int, Mapping[str, int]],
    *,
    now: datetime,
    seen: bool = False,
    not_found: bool = False,
) -> None:
    """Add the differences to each row, in order of variant."""
    for variant_id in sorted(changes):
        values: dict[str, Any] = {
            name: getattr(StoreStock, name) + delta for name, delta in changes[variant_id].items() if delta
        }
        if seen:
            values["seen_at"] = now
        if not_found:
            values["not_found_at"] = now
        if values:
            await session.execute(
                update(StoreStock)
                .where(StoreStock.store_id == store_id, StoreStock.variant_id == variant_id)
                .values(**values)
                .execution_options(synchronize_session=False)
            )


async def record(
    session: AsyncSession,
    store_id: int,
    kind: Kind,
    *,
    reserved: Demand,
    book: Demand | None = None,
    source_event_id: str,
    by: str,
    now: datetime,
) -> None:
    """The movements that explain what was just changed, one per variant."""
    rows = [
        {
            "store_id": store_id,
            "variant_id": variant_id,
            "kind": kind,
            "reserved": reserved[variant_id],
            "book": (book or {}).get(variant_id, 0),
            "source": "reservation",
            "source_event_id": f"{source_event_id}:{variant_id}",
            "by": by,
            "occurred_at": now,
        }
        for variant_id in sorted(reserved)
        if reserved[variant_id]
    ]
    if rows:
        await session.execute(insert(StockMovement), rows)
