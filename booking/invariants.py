"""What must be true at every commit, whatever happened. Tests end with it, and a nightly job reports it."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

RULES = {
    "stock is the sum of its movements": """
        select s.store_id, s.variant_id, s.book, s.reserved, s.unsellable from store_stock s
        left join (select store_id, variant_id, sum(book) b, sum(reserved) r, sum(unsellable) u
                   from stock_movement group by 1, 2) m using (store_id, variant_id)
        where (s.book, s.reserved, s.unsellable) <> (coalesce(b, 0), coalesce(r, 0), coalesce(u, 0))""",
    "what is reserved is what open lines hold": """
        select s.store_id, s.variant_id, s.reserved, coalesce(h.held, 0) from store_stock s
        left join (select r.store_id, l.variant_id, sum(l.held) held from reservation_line l
                   join reservation r on r.id = l.reservation_id group by 1, 2) h using (store_id, variant_id)
        where s.reserved <> coalesce(h.held, 0)""",
    "only open reservations hold": """
        select r.code, r.status, l.id, l.held from reservation_line l join reservation r on r.id = l.reservation_id
        where l.held > 0 and (r.status not in ('requested', 'proposed', 'confirmed', 'ready')
                              or l.status not in ('held', 'found', 'set_aside'))""",
    "what waits holds something": """
        select r.code, r.status from reservation r
        where r.status in ('requested', 'proposed', 'confirmed', 'ready')
          and not exists (select from reservation_line l where l.reservation_id = r.id and l.held > 0)""",
    "an ended reservation has an end, an open one has none": """
        select code, status, ended_at from reservation
        where (ended_at is null) <> (status in ('unverified', 'requested', 'proposed', 'confirmed', 'ready'))""",
    "what waits has a time by which it ends": """
        select code, status from reservation
        where (status in ('confirmed', 'ready') and hold_until is null)
           or (status = 'requested' and answer_by is null) or (status = 'proposed' and proposal_until is null)
           or (status = 'unverified' and verify_by is null)""",
    "every change of state is in the journal": """
        select r.code, r.status from reservation r
        where not exists (select from journal j where j.subject = 'reservation' and j.subject_id = r.id
                          and j.after = r.status)""",
    "what was sent once is sent once": """
        select subject, subject_id, template, version, recipient from message
        group by 1, 2, 3, 4, 5 having count(*) > 1""",
}


async def broken(session: AsyncSession) -> Sequence[str]:
    """The rules that do not hold, each with the first rows that break it; empty when all is well."""
    found = []
    for rule, query in RULES.items():
        rows = (await session.execute(text(f"{query} limit 5"))).all()
        if rows:
            found.append(f"{rule}: {[tuple(row) for row in rows]}")
    return found
