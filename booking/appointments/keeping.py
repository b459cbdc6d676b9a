"""The articles of an appointment: held while it is to come, given back when it ends."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from booking.appointments.states import ItemState
from booking.appointments.tables import Appointment, Item
from kit.languages import Translated
from stores import stock
from stores.catalogue import Variant
from stores.stock import OutOfStock

WANTED = frozenset({ItemState.TO_FETCH, ItemState.READY, ItemState.MISSING, ItemState.SHOWN, ItemState.LIKED})


async def bring(
    session: AsyncSession,
    appointment: Appointment,
    lines: Sequence[tuple[Variant, int]],
    *,
    by: str,
    now: datetime,
    hold: bool = True,
    added_by: str = "shopper",
    why: Translated | None = None,
) -> None:
    """Put these articles on its list, and keep those that are there until it ends.

    What is shown by appointment only stands in the store anyway and is not held. What is not there stays on the list
    as missing: nobody loses an appointment for a lamp. Stock rows are taken in order, one statement each.
    """
    merged = stock.demand_of((variant.id, quantity) for variant, quantity in lines)
    by_id = {variant.id: variant for variant, _ in lines}
    new = [
        Item(
            appointment_id=appointment.id,
            variant_id=variant_id,
            quantity=quantity,
            held=0,
            state=ItemState.TO_FETCH,
            added_by=added_by,
            why=why or Translated(),
            price_minor=by_id[variant_id].price_minor,
            currency=by_id[variant_id].currency,
            variant=by_id[variant_id],
        )
        for variant_id, quantity in sorted(merged.items())
    ]
    appointment.items.extend(new)
    await session.flush()
    if hold:
        for item in new:
            await keep(session, appointment, item, by=by, now=now)
        await session.flush()


async def keep(session: AsyncSession, appointment: Appointment, item: Item, *, by: str, now: datetime) -> None:
    """Hold its units if they are there; say that it is missing if they are not."""
    if item.variant.product.by_appointment or item.held:
        return
    event = f"{appointment.code}:{uuid.uuid4().hex}:hold"  # an article may be held, given back and held again
    try:
        await stock.hold(
            session, appointment.store_id, {item.variant_id: item.quantity}, source_event_id=event, by=by, now=now
        )
    except OutOfStock:  # one conditional statement, so nothing was written
        item.state = ItemState.MISSING
    else:
        item.held = item.quantity
        if item.state == ItemState.MISSING:
            item.state = ItemState.TO_FETCH


async def look_again(session: AsyncSession, appointment: Appointment, *, by: str, now: datetime) -> None:
    """After a move: what was missing may have come."""
    for item in sorted(appointment.items, key=lambda item: item.variant_id):
        if item.state == ItemState.MISSING:
            await keep(session, appointment, item, by=by, now=now)
    await session.flush()


async def give_back(
    session: AsyncSession,
    appointment: Appointment,
    *,
    by: str,
    now: datetime,
    items: Sequence[Item] | None = None,
) -> None:
    """Release what its articles (by default all) still hold, as their locked rows say: never the same unit twice."""
    ending = [item for item in (appointment.items if items is None else items) if item.held]
    if not ending:
        return
    query = select(Item.id, Item.held).where(Item.id.in_([item.id for item in ending])).order_by(Item.id)
    held = {row.id: row.held for row in await session.execute(query.with_for_update())}
    demand = stock.demand_of((item.variant_id, held[item.id]) for item in ending if held.get(item.id))
    event = f"{appointment.code}:{uuid.uuid4().hex}:release"
    for item in ending:
        item.held = 0
    await session.flush()
    if demand:
        await stock.release(session, appointment.store_id, demand, source_event_id=event, by=by, now=now)
