"""What a person says is really there, one article in one store at a time. A number is never edited: it is counted, and
the movement says who did and why.
"""

import secrets
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import Invalid, Refused
from kit.languages import lazy
from stores.stock.moving import change, locked
from stores.stock.tables import Kind, StockMovement, StoreStock

MOST_UNITS = 1_000_000
"""Of one article in one store; a longer number is a SKU in the wrong column."""
BY_HAND = "staff"
"""The source of what people say."""


class BelowPromised(Refused):
    """Somebody types fewer than are promised. A feed may say so, because a till that sold the reserved one tells the
    truth; a person settles the reservations first."""

    status = 409
    code = "below_promised"
    msgid = lazy("Promised to shoppers here: %(held)d. Settle those reservations before you count %(on_hand)d.")

    def __init__(self, *, on_hand: int, held: int, field: str) -> None:
        numbers = {"on_hand": on_hand, "held": held}
        super().__init__(params=numbers, details=numbers, field=field)


async def correct(
    session: AsyncSession,
    store_id: int,
    variant_id: int,
    *,
    kind: Kind,
    book: int = 0,
    unsellable: int = 0,
    reason: str,
    not_found: bool = False,
    source: str = "staff",
    source_event_id: str,
    by: str,
    now: datetime,
) -> None:
    """A person says what is really there: `book` and `unsellable` are differences."""
    differences = {variant_id: {"book": book, "unsellable": unsellable}}
    await change(session, store_id, differences, seen=not not_found, not_found=not_found, now=now)
    await session.execute(
        insert(StockMovement).values(
            store_id=store_id,
            variant_id=variant_id,
            kind=kind,
            book=book,
            unsellable=unsellable,
            source=source,
            source_event_id=source_event_id,
            by=by,
            reason=reason,
            occurred_at=now,
        )
    )


async def saw(session: AsyncSession, store_id: int, variant_ids: Iterable[int], *, now: datetime) -> None:
    """A person had these in her hands."""
    await change(session, store_id, {v: {} for v in variant_ids}, seen=True, now=now)


async def count_cell(
    session: AsyncSession,
    store_id: int,
    variant_id: int,
    on_hand: int,
    *,
    reason: str,
    by: str,
    now: datetime,
    event_id: str = "",
) -> StoreStock:
    """A person has counted `on_hand` units at `now`; the row as it is then.

    Writes a `count` movement, also when the number was right: that somebody looked is worth knowing. A count of
    before `now` that comes in later is late. Raises `Invalid` for a number that nobody counts and `BelowPromised`.
    """
    _check_units(on_hand, "on_hand")
    cell = await locked(session, store_id, variant_id)
    if on_hand < cell.reserved:
        raise BelowPromised(on_hand=on_hand, held=cell.reserved, field="on_hand")
    await _write(
        session,
        cell,
        Kind.COUNT,
        book=on_hand - cell.book,
        reason=reason,
        by=by,
        now=now,
        event_id=event_id,
        counted_at=now,
        fed_at=now,
        seen_at=now,
    )
    return cell


async def set_on_show(
    session: AsyncSession, store_id: int, variant_id: int, on: bool, *, by: str, now: datetime, event_id: str = ""
) -> StoreStock:
    """One unit goes to the floor to be looked at, or comes back from it; the row as it is then.

    What is as said already stays so. Raises `BelowPromised` when every unit that is there is promised.
    """
    cell = await locked(session, store_id, variant_id)
    if cell.on_show == on:
        return cell
    left = max(cell.book, 0) - cell.unsellable - 1
    if on and left < cell.reserved:
        raise BelowPromised(on_hand=left, held=cell.reserved, field="on_show")
    kind, one = (Kind.DISPLAY_ON, 1) if on else (Kind.DISPLAY_OFF, -min(1, cell.unsellable))
    await _write(
        session, cell, kind, unsellable=one, reason="", by=by, now=now, event_id=event_id, on_show=on, seen_at=now
    )
    return cell


async def set_safety(session: AsyncSession, store_id: int, variant_id: int, safety: int) -> StoreStock:
    """Keep so many back from now on. What is promised stays promised, and nothing moves."""
    _check_units(safety, "safety")
    return await _set(session, store_id, variant_id, safety=safety)


async def set_price(session: AsyncSession, store_id: int, variant_id: int, price_minor: int | None) -> StoreStock:
    """What it costs in this store; None: what it costs everywhere."""
    if price_minor is not None and price_minor <= 0:
        raise Invalid("too_small", lazy("This must be %(n)d or more."), {"n": 1}, field="price")
    return await _set(session, store_id, variant_id, price_minor=price_minor)


async def set_place(
    session: AsyncSession, store_id: int, variant_id: int, *, floor: int | None, shelf: str
) -> StoreStock:
    """Where staff find it."""
    return await _set(session, store_id, variant_id, floor=floor, shelf=" ".join(shelf.split())[:40])


def _check_units(units: int, field: str) -> None:
    if units < 0:
        raise Invalid("too_small", lazy("This must be %(n)d or more."), {"n": 0}, field=field)
    if units > MOST_UNITS:
        raise Invalid("too_large", lazy("This must be %(n)d or less."), {"n": MOST_UNITS}, field=field)


async def _set(session: AsyncSession, store_id: int, variant_id: int, **values: object) -> StoreStock:
    cell = await locked(session, store_id, variant_id)
    await _update(session, cell, **values)
    return cell


async def _write(
    session: AsyncSession,
    cell: StoreStock,
    kind: Kind,
    *,
    book: int = 0,
    unsellable: int = 0,
    reason: str,
    by: str,
    now: datetime,
    event_id: str,
    **values: object,
) -> None:
    """The differences and the movement that explains them; `event_id` is made up where nobody gives one."""
    await _update(session, cell, book=cell.book + book, unsellable=cell.unsellable + unsellable, **values)
    await session.execute(
        insert(StockMovement).values(
            store_id=cell.store_id,
            variant_id=cell.variant_id,
            kind=kind,
            book=book,
            unsellable=unsellable,
            source=BY_HAND,
            source_event_id=event_id or f"{kind}:{secrets.token_hex(8)}",
            by=by,
            reason=reason,
            occurred_at=now,
        )
    )


async def _update(session: AsyncSession, cell: StoreStock, **values: object) -> None:
    await session.execute(
        update(StoreStock)
        .where(StoreStock.store_id == cell.store_id, StoreStock.variant_id == cell.variant_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    await session.refresh(cell)
