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
        left join (select store_id, variant_id, sum(held) held from (
                       select r.store_id, l.variant_id, l.held from reservation_line l
                       join reservation r on r.id = l.reservation_id
                       union all
                       select a.store_id, i.variant_id, i.held from appointment_item i
                       join appointment a on a.id = i.appointment_id) lines
                   group by 1, 2) h using (store_id, variant_id)
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
        select b.subject, b.code, b.status from (
            select 'reservation' subject, id, code, status from reservation
            union all select 'appointment', id, code, status from appointment) b
        where not exists (select from journal j where j.subject = b.subject and j.subject_id = b.id
                          and j.after = b.status)""",
    "only open appointments hold articles": """
        select a.code, a.status, i.id, i.held from appointment_item i join appointment a on a.id = i.appointment_id
        where i.held > 0 and (a.status not in ('requested', 'confirmed', 'arrived', 'in_progress')
                              or i.state in ('suggested', 'missing', 'refused', 'dropped'))""",
    "an ended appointment has an end, an open one has none": """
        select code, status, ended_at from appointment
        where (ended_at is null) <> (status in ('requested', 'confirmed', 'arrived', 'in_progress'))""",
    "an open appointment has its time in every diary it needs": """
        select a.code, a.status, n.resource_id from appointment a
        cross join lateral (values
            (a.advisor_id, tstzrange(a.starts_at - make_interval(mins => a.preparation),
                                     a.ends_at + make_interval(mins => a.wrap_up))),
            (a.space_id, tstzrange(a.starts_at, a.ends_at))) n (resource_id, during)
        where a.status in ('requested', 'confirmed', 'arrived', 'in_progress') and a.forgiven_at is null
          and n.resource_id is not null
          and not exists (select from block b where b.kind = 'appointment' and b.owner_id = a.id
                          and b.resource_id = n.resource_id and b.during = n.during)""",
    "every block belongs to somebody who needs it": """
        select b.id, b.kind, b.owner_id from block b
        where (b.kind = 'hold' and not exists (select from slot_hold h where h.id = b.owner_id))
           or (b.kind = 'appointment' and not exists (
                 select from appointment a where a.id = b.owner_id and b.resource_id in (a.advisor_id, a.space_id)
                 and a.status not in ('cancelled', 'declined')))""",
    "nobody is in two places": """
        select a.resource_id, a.id, b.id from block a
        join block b on a.resource_id = b.resource_id and a.id < b.id and a.during && b.during""",
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
