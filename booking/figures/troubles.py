"""What is wrong at present: how much of it, and the worst of each, so that somebody can begin there."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from booking.reconciliation import SILENT_AFTER


@dataclass(frozen=True)
class Troubles:
    """Numbers are counts; what is empty beside a number of 0 does not exist."""

    dead: int
    """Messages that could not be delivered."""
    dead_subject: str | None
    dead_code: str | None
    """Of the oldest: `reservation` or `appointment`, and its code."""
    refused: int
    """Files of the last 30 days that cannot be used, wait for a person, or have rows that were refused."""
    batch_id: int | None
    """The latest of them."""
    unpictured: int
    """Articles that are shown and have no picture."""
    silent: list[str]
    """Slugs of the stores whose till has said nothing for three times as long as it may, the longest silent first."""
    shortfalls: int
    """Cells where more is promised than is there."""
    short_store: str | None
    short_variant: int | None
    """Of the one that lacks most."""
    night: datetime | None
    """When the last night's report was made."""
    findings: list[Any]
    """What it found in these stores, and of the whole house."""


TROUBLES = text(
    """
    with dead as (
        select m.subject, m.subject_id, m.first_due_at from message m
        where m.state = 'dead' and m.store_id = any(:stores)
    ), worst_dead as (
        select d.subject, coalesce(r.code, a.code) as code from dead d
        left join reservation r on d.subject = 'reservation' and r.id = d.subject_id
        left join appointment a on d.subject = 'appointment' and a.id = d.subject_id
        where coalesce(r.code, a.code) is not null order by d.first_due_at limit 1
    ), refused as (
        select b.id from batch b
        where b.created_at > cast(:now as timestamptz) - interval '30 days' and b.subject <> 'edit' and (
            b.state in ('failed', 'quarantined')
            or (b.state in ('checked', 'applied') and coalesce((b.counts ->> 'rejected')::int, 0) > 0)
        )
    ), silent as (
        select s.slug, fed.at from store s
        left join lateral (select max(c.fed_at) as at from store_stock c where c.store_id = s.id) fed on true
        where s.stock_authority = 'feed' and s.id = any(:stores)
            and (fed.at is null
                or cast(:now as timestamptz) - fed.at >= :silent_after * s.feed_minutes * interval '1 minute')
    ), short as (
        select s.slug, c.variant_id, c.reserved + c.unsellable - greatest(c.book, 0) as missing
        from store_stock c join store s on s.id = c.store_id
        where c.store_id = any(:stores) and c.available < 0 and c.reserved + c.unsellable > greatest(c.book, 0)
    ), night as (
        select at, findings from reconciliation order by id desc limit 1
    )
    select
        (select count(*) from dead) as dead,
        (select subject from worst_dead) as dead_subject,
        (select code from worst_dead) as dead_code,
        (select count(*) from refused) as refused,
        (select max(id) from refused) as batch_id,
        (select count(*) from product p where p.state = 'published' and not exists (
            select from picture where picture.product_id = p.id
        )) as unpictured,
        (select coalesce(array_agg(slug order by at nulls first, slug), '{}') from silent) as silent,
        (select count(*) from short) as shortfalls,
        (select slug from short order by missing desc, slug, variant_id limit 1) as short_store,
        (select variant_id from short order by missing desc, slug, variant_id limit 1) as short_variant,
        (select at from night) as night,
        (select coalesce(findings, '[]') from night) as findings
    """
)


async def troubles(session: AsyncSession, store_ids: Collection[int], *, now: datetime) -> Troubles:
    """In these stores, and in the catalogue and the files that belong to all of them; one statement."""
    asked = {"stores": list(store_ids), "now": now, "silent_after": SILENT_AFTER}
    row = (await session.execute(TROUBLES, asked)).one()
    return Troubles(**{**row._mapping, "silent": list(row.silent), "findings": row.findings or []})
