"""Which bookings keep what of a store: open lines of reservations, and articles that wait for an appointment."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


class Hold(NamedTuple):
    """So many units of one article that one booking keeps. `subject`: `reservation` or `appointment`."""

    subject: str
    code: str
    units: int


OF_CELLS = text(
    """
    select held.store_id, held.variant_id, held.subject, held.code, held.units from (
        select r.store_id, l.variant_id, 'reservation' as subject, r.code, l.held as units, r.requested_at as at
        from reservation_line l join reservation r on r.id = l.reservation_id where l.held > 0
        union all
        select a.store_id, i.variant_id, 'appointment', a.code, i.held, a.booked_at
        from appointment_item i join appointment a on a.id = i.appointment_id where i.held > 0
    ) held
    join unnest(cast(:stores as int[]), cast(:variants as int[])) as cell (store_id, variant_id)
        using (store_id, variant_id)
    order by held.at desc, held.code
    """
)


async def of_cells(session: AsyncSession, cells: Collection[tuple[int, int]]) -> dict[tuple[int, int], list[Hold]]:
    """By (store, variant), the bookings that keep units of it, the newest first."""
    found: dict[tuple[int, int], list[Hold]] = {}
    asked = {"stores": [store_id for store_id, _ in cells], "variants": [variant_id for _, variant_id in cells]}
    for store_id, variant_id, *held in await session.execute(OF_CELLS, asked) if cells else ():
        found.setdefault((store_id, variant_id), []).append(Hold(*held))
    return found
