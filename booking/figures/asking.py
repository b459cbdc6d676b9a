"""The figures asked of the database: each statement counts the period and the one before at once."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from booking.figures.counts import Counts, Day, Share, Truth
from booking.figures.periods import OPENINGS, Period, bucket, dates, in_open_minutes, openings
from stores.places import Store

ASKED = f"""
    asked as (
        select r.*, {bucket("r.requested_at")} as in_asked
        from reservation r join store s on s.id = r.store_id
        -- what still waits for its address to be confirmed, or ended waiting, was never asked of the store
        where r.store_id = any(:stores) and r.verify_by is null and r.requested_at >= :since
    )
"""

OF_RESERVATIONS = text(
    f"""
    with {OPENINGS}, {ASKED}, counted as (
        select a.*,
            case when a.answer_by <= :now then {bucket("a.answer_by")} end as in_due,
            {bucket("a.ready_at")} as in_ready,
            {in_open_minutes("a.requested_at", "a.answered_at")} as open_minutes,
            extract(epoch from a.answered_at - a.requested_at)::float8 / 60 as wall_minutes,
            {in_open_minutes("a.requested_at", "a.ready_at")} as ready_minutes,
            a.status = 'collected' and exists (
                select from reservation_line l where l.reservation_id = a.id and l.bought > 0
            ) as has_bought
        from asked a join store s on s.id = a.store_id left join openings o on o.store_id = a.store_id
    )
    select period.number as period,
        count(*) filter (where in_asked = number) as requests,
        count(answered_at) filter (where in_asked = number) as answered,
        count(*) filter (where in_asked = number and answered_at is null and ended_at is null) as waiting,
        count(*) filter (where in_asked = number and status = 'unanswered') as unanswered,
        count(*) filter (where in_asked = number and answered_at is null and status = 'cancelled') as withdrawn,
        percentile_cont(0.5) within group (order by open_minutes)
            filter (where in_asked = number and answered_at is not null) as open_half,
        percentile_cont(0.9) within group (order by open_minutes)
            filter (where in_asked = number and answered_at is not null) as open_most,
        percentile_cont(0.5) within group (order by wall_minutes) filter (where in_asked = number) as wall_half,
        percentile_cont(0.9) within group (order by wall_minutes) filter (where in_asked = number) as wall_most,
        count(*) filter (where in_due = number and not auto_confirmed) as due,
        count(*) filter (where in_due = number and not auto_confirmed and answered_at <= answer_by) as in_time,
        count(*) filter (
            where in_due = number and answered_at is null and status = 'cancelled' and ended_at <= answer_by
        ) as due_withdrawn,
        count(*) filter (where in_due = number and auto_confirmed) as by_worker,
        count(ready_at) filter (where in_asked = number) as readied,
        percentile_cont(0.5) within group (order by ready_minutes)
            filter (where in_asked = number and ready_at is not null) as ready_half,
        percentile_cont(0.9) within group (order by ready_minutes)
            filter (where in_asked = number and ready_at is not null) as ready_most,
        count(*) filter (where in_ready = number and hold_until <= :now and status = 'collected') as collected,
        count(*) filter (where in_ready = number and hold_until <= :now and status = 'expired') as expired,
        count(*) filter (where in_ready = number and hold_until <= :now and status = 'cancelled') as cancelled,
        count(*) filter (where in_ready = number and hold_until > :now) as still_held,
        count(*) filter (where in_asked = number and status = 'collected') as fetched,
        count(*) filter (where in_asked = number and has_bought) as purchases,
        count(*) filter (where in_asked = number and ended_at is null) as still_open,
        min(answer_by) filter (where status = 'requested' and answer_by > :now) as next_answer,
        min(hold_until) filter (where status = 'ready' and hold_until > :now) as next_end
    from (values (1), (2)) as period (number) cross join counted
    group by period.number
    """
)

JOURNEY = """
    journey as (
        select j.subject_id as reservation_id,
            (array_agg(j.detail order by j.id))[1] as first_detail,
            bool_or(j.event in ('confirmed', 'ready')) as confirmed,
            min(j.id) filter (where j.event = 'ready') as ready_id,
            min(j.id) filter (
                where j.event in ('proposed', 'declined') and j.before in ('confirmed', 'ready')
            ) as broken_id
        from journal j
        where j.subject = 'reservation' and j.event in ('confirmed', 'proposed', 'declined', 'ready')
            and j.subject_id in (select id from asked where in_asked is not null)
        group by j.subject_id
    )
"""

OF_LINES = text(
    f"""
    with {ASKED}, {JOURNEY}, said as (
        select a.in_asked, a.id, a.status, l.quantity, l.found, l.bought, l.reason, l.accepted,
            l.status as line_status, l.replaces_id is not null as is_offer, a.auto_confirmed,
            j.reservation_id is not null as is_answered, coalesce(j.confirmed, false) as was_confirmed,
            j.ready_id is not null and (j.broken_id is null or j.ready_id < j.broken_id) as aside_before_broken,
            j.ready_id is not null or a.status = 'collected' as brought,
            -- found at the first answer; who said nothing of a line found it whole
            coalesce((
                select (one ->> 'found')::int from jsonb_array_elements(j.first_detail -> 'lines') one
                where (one ->> 'line')::int = l.id
            ), l.quantity) as first_found
        from asked a join reservation_line l on l.reservation_id = a.id
        left join journey j on j.reservation_id = a.id
        where a.in_asked is not null
    ), promised as (
        select *,
            case when not was_confirmed or (is_offer and accepted is not true) then 0
                when is_offer then quantity else first_found end as promise
        from said
    ), units as (
        select *, greatest(promise - coalesce(found, promise), 0) as lost from promised
    )
    select period.number as period,
        coalesce(sum(quantity) filter (where by_person and not is_offer), 0) as asked_units,
        coalesce(sum(first_found) filter (where by_person and not is_offer), 0) as found_units,
        count(distinct id) filter (where by_person and not is_offer) as looked_at,
        count(distinct id) filter (where by_person and not is_offer)
            - count(distinct id) filter (where by_person and not is_offer and first_found < quantity) as fully,
        coalesce(sum(promise) filter (where ours), 0) as confirmed_units,
        coalesce(sum(case when aside_before_broken then promise when brought then promise - lost end)
            filter (where ours and not pending), 0) as aside_units,
        coalesce(sum(lost) filter (where ours), 0) as missing_units,
        coalesce(sum(promise) filter (where ours and pending), 0) as pending_units,
        coalesce(sum(coalesce(found, quantity))
            filter (where ours and line_status in ('bought', 'not_bought')), 0) as handed_units,
        coalesce(sum(bought) filter (where ours and line_status in ('bought', 'not_bought')), 0) as bought_units,
        count(*) filter (where ours and not is_offer and is_answered and found is not null) as looked_lines,
        count(*) filter (where ours and not is_offer and is_answered and reason = 'not_found') as missing_lines,
        count(*) filter (where ours and is_offer and accepted is not null) as offers,
        count(*) filter (where ours and is_offer and accepted) as accepted,
        count(*) filter (where ours and is_offer and accepted is null) as offers_open
    from (values (1), (2)) as period (number) cross join lateral (
        select *, in_asked = number as ours, in_asked = number and is_answered and not auto_confirmed as by_person,
            status in ('confirmed', 'proposed') as pending
        from units
    ) one
    group by period.number
    """
)

OF_THE_REST = text(
    f"""
    with {OPENINGS}, {ASKED}, sent as (
        select a.in_asked as number, count(*) as messages
        from asked a join message m on m.subject = 'reservation' and m.subject_id = a.id
        where a.in_asked is not null and m.recipient = 'shopper' and m.state = 'sent'
        group by a.in_asked
    ), carried as (
        select {bucket("t.created_at")} as number, t.done_at,
            {in_open_minutes("t.created_at", "t.done_at")} as minutes
        from task t join store s on s.id = t.store_id join reservation r on r.id = t.reservation_id
        left join openings o on o.store_id = t.store_id
        where t.kind = 'put_back' and t.store_id = any(:stores) and r.status in ('expired', 'cancelled')
            and (t.done_at is null or t.done_by <> '')
    ), put_back as (
        select number, count(done_at) as put_back,
            percentile_cont(0.5) within group (order by minutes) filter (where done_at is not null) as put_back_half,
            percentile_cont(0.9) within group (order by minutes) filter (where done_at is not null) as put_back_most,
            count(*) - count(done_at) as put_back_open
        from carried group by number
    ), seen as (
        select {bucket("v.starts_at")} as number, v.status, v.starts_at
        from appointment v join store s on s.id = v.store_id
        where v.store_id = any(:stores) and v.status not in ('declined', 'cancelled', 'requested')
    ), visits as (
        select number, count(*) as appointments,
            count(*) filter (where status = 'completed') as came,
            count(*) filter (where status = 'no_show') as stayed_away,
            count(*) filter (where status not in ('completed', 'no_show')) as visits_ahead
        from seen group by number
    )
    select period.number as period, coalesce(messages, 0) as messages, coalesce(put_back, 0) as put_back,
        put_back_half, put_back_most, coalesce(put_back_open, 0) as put_back_open,
        coalesce(appointments, 0) as appointments, coalesce(came, 0) as came, coalesce(stayed_away, 0) as stayed_away,
        coalesce(visits_ahead, 0) as visits_ahead
    from (values (1), (2)) as period (number)
    left join sent using (number) left join put_back using (number) left join visits using (number)
    """
)


async def counts(
    session: AsyncSession, stores: Sequence[Store], period: Period, *, now: datetime
) -> tuple[Counts, Counts]:
    """These stores (with their hours) in the period, and in the one before it; three statements."""
    asked: dict[str, Any] = {"stores": [store.id for store in stores], "now": now, **dates(period)}
    opened = openings(stores, period, now)
    found: dict[int, dict[str, Any]] = {1: {}, 2: {}}
    for query, params in (
        (OF_RESERVATIONS, {**asked, **opened}),
        (OF_LINES, {name: value for name, value in asked.items() if name != "now"}),
        (OF_THE_REST, {name: value for name, value in {**asked, **opened}.items() if name != "now"}),
    ):
        for row in await session.execute(query, params):
            found[row.period] |= row._mapping
    return _counts(found[1]), _counts(found[2])


def _counts(found: dict[str, Any]) -> Counts:
    """Nothing asked for is nothing counted."""
    values: dict[str, Any] = {one.name: found.get(one.name, 0 if one.type is int else None) for one in fields(Counts)}
    return Counts(**values)


_OF_DAYS = ("first", "last", "since")
BY_DAY = text(
    """
    with asked as (
        select (r.requested_at at time zone s.timezone)::date as asked_on,
            (r.answer_by at time zone s.timezone)::date as due_on,
            r.answer_by <= :now and not r.auto_confirmed as is_due, r.answered_at <= r.answer_by as is_in_time
        from reservation r join store s on s.id = r.store_id
        where r.store_id = any(:stores) and r.verify_by is null and r.requested_at >= :since
    )
    select day, sum(requests)::int, sum(due)::int, sum(in_time)::int from (
        select asked_on as day, 1 as requests, 0 as due, 0 as in_time from asked
        union all
        select due_on, 0, 1, coalesce(is_in_time, false)::int from asked where is_due
    ) each_day where day between :first and :last group by day order by day
    """
)


async def by_day(session: AsyncSession, stores: Sequence[Store], period: Period, *, now: datetime) -> Sequence[Day]:
    """What happened on each day of the period on which something did."""
    known = dates(period)
    asked = {"stores": [store.id for store in stores], "now": now, **{name: known[name] for name in _OF_DAYS}}
    return [Day(*row) for row in await session.execute(BY_DAY, asked)]


TRUTH = text(
    f"""
    with {ASKED}, looked as (
        select a.store_id, c.department_id as category_id, l.reason = 'not_found' as is_missing
        from asked a join reservation_line l on l.reservation_id = a.id
        join variant v on v.id = l.variant_id join product p on p.id = v.product_id
        join category c on c.id = p.category_id
        where a.in_asked = 1 and a.answered_at is not null and l.replaces_id is null and l.found is not null
    )
    select store_id, category_id, count(*) filter (where not is_missing), count(*)
    from looked group by grouping sets ((store_id), (category_id)) order by 4 desc, 1, 2
    """
)


async def truth(session: AsyncSession, stores: Sequence[Store], period: Period) -> Sequence[Truth]:
    """Stock truth by store and by department, where most was looked for first."""
    found = await session.execute(TRUTH, {"stores": [store.id for store in stores], **dates(period)})
    return [Truth(store_id, category_id, Share(*share)) for store_id, category_id, *share in found]
