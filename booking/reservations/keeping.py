"""The stock under a reservation: what goes back to the shelf when a line ends."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from booking import tasks
from booking.reservations.moves import move_line
from booking.reservations.states import LineStatus
from booking.reservations.tables import Line, Reservation
from stores import stock

PUT_BACK_WITHIN = timedelta(hours=4)


async def give_back(
    session: AsyncSession,
    reservation: Reservation,
    *,
    lines: Sequence[Line] | None = None,
    by: str,
    now: datetime,
) -> None:
    """Release what these lines (by default all) still hold. The reservation's row is locked by its move."""
    ending = [line for line in (reservation.lines if lines is None else lines) if line.holding]
    demand = stock.demand_of((line.variant_id, line.held) for line in ending if line.held)
    for line in ending:
        await move_line(session, reservation, line, LineStatus.RELEASED, held=0)
    if demand:
        event = f"{reservation.code}:{reservation.version}:release"
        await stock.release(session, reservation.store_id, demand, source_event_id=event, by=by, now=now)


async def put_back_task(session: AsyncSession, reservation: Reservation, *, now: datetime) -> None:
    """Someone has to carry what was put aside back to its shelf: a task per article."""
    for line in reservation.lines:
        if line.status == LineStatus.SET_ASIDE and line.held:
            await tasks.add(
                session,
                tasks.Kind.PUT_BACK,
                store_id=reservation.store_id,
                reservation_id=reservation.id,
                line_id=line.id,
                variant_id=line.variant_id,
                version=reservation.version,
                quantity=line.held,
                due_at=now + PUT_BACK_WITHIN,
                now=now,
            )
