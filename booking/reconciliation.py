"""Every night the numbers are held against each other. What does not agree is reported; nothing is edited."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Identity, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from booking import holds, invariants, tasks
from booking.holds import Hold
from kit.db import Base
from stores import stock
from stores.places import Store

SILENT_AFTER = 3
"""Times `Store.feed_minutes`: a store whose till counts and has said nothing for so long is reported."""
MOST = 200
"""Findings of one kind that a report lists."""


class Report(Base):
    """What one night found: [{"kind", "store", "variant", …}, …]; an empty list is a good night."""

    __tablename__ = "reconciliation"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    day: Mapped[date] = mapped_column(unique=True)
    """The night it belongs to: several workers make one report."""
    at: Mapped[datetime]
    findings: Mapped[list[Any]]


async def begin_night(session: AsyncSession, *, day: date, now: datetime) -> bool:
    """Claim the report of this night; False when it is there already. Others who ask wait until this one is done."""
    claimed = await session.execute(
        insert(Report).values(day=day, at=now, findings=[]).on_conflict_do_nothing().returning(Report.id)
    )
    return claimed.first() is not None


async def reconcile(session: AsyncSession, *, day: date, now: datetime) -> Sequence[dict[str, Any]]:
    """Compare rows with movements and holds with reservations, list shortfalls and silent feeds, keep the report.

    A shortfall also becomes a task for the store, unless one is open: somebody looks, and counts. How often each store
    finds what it looks for is reckoned anew.
    """
    findings: list[dict[str, Any]] = [
        {"kind": "drift", "store": store, "variant": variant, "column": column, "row": row, "movements": moved}
        for store, variant, column, row, moved in await stock.drift(session, limit=MOST)
    ]
    findings += [{"kind": "rule", "what": sentence} for sentence in await invariants.broken(session)]
    short = await stock.shortfalls(session, limit=MOST)
    promised = await holds.of_cells(session, [(one.store_id, one.variant_id) for one in short])
    findings += [
        {
            "kind": "shortfall",
            "store": one.store_id,
            "variant": one.variant_id,
            "missing": one.missing,
            "promised": _newest(promised.get((one.store_id, one.variant_id), ()), one.missing),
        }
        for one in short
    ]
    await tasks.check_shortfalls(session, short, now=now)
    findings += [{"kind": "silent_feed", "store": slug} for slug in await _silent(session, now=now)]
    findings += [
        {"kind": "acceptance", "store": slug, "per_cent": rate}
        for slug, rate in await _reckon_acceptance(session)
        if rate is not None and rate < stock.POOR_ACCEPTANCE
    ]
    report = insert(Report).values(day=day, at=now, findings=findings)
    kept = report.on_conflict_do_update(index_elements=["day"], set_={"at": now, "findings": findings})
    await session.execute(kept)
    return findings


def _newest(held: Iterable[Hold], missing: int) -> list[str]:
    """Codes of the bookings that cannot be served if the older ones are; a person decides, not we."""
    codes = []
    for hold in held:
        if missing <= 0:
            break
        codes.append(hold.code)
        missing -= hold.units
    return codes


async def _silent(session: AsyncSession, *, now: datetime) -> Sequence[str]:
    """Slugs of the stores whose till counts and has said nothing for three times as long as it may."""
    counting = select(Store.id, Store.slug, Store.feed_minutes).where(Store.stock_authority == "feed")
    stores = (await session.execute(counting.order_by(Store.slug))).all()
    fed = await stock.last_fed(session, [store.id for store in stores])
    return [
        store.slug
        for store in stores
        if store.id not in fed or now - fed[store.id] >= SILENT_AFTER * timedelta(minutes=store.feed_minutes)
    ]


ACCEPTANCE = text(
    """
    with looked_for as (
        select r.store_id, l.quantity, least(l.found, l.quantity) as found,
            row_number() over (partition by r.store_id order by r.answered_at desc, l.id desc) as place
        from reservation_line l join reservation r on r.id = l.reservation_id
        where l.found is not null and l.replaces_id is null and r.answered_at is not null
    ), rates as (
        select store_id, 100 * sum(found) / sum(quantity) as rate from looked_for
        where place <= :last group by store_id having count(*) >= :last
    ), said as (
        select s.id, s.slug, r.rate::int from store s left join rates r on r.store_id = s.id
    ), written as (
        update store s set acceptance = said.rate from said
        where s.id = said.id and s.acceptance is distinct from said.rate
    )
    select slug, rate from said order by slug
    """
)
LOOKED_FOR = 50
"""Lines whose units are counted; of fewer, one missing lamp would make a whole store doubtful."""


async def _reckon_acceptance(session: AsyncSession) -> Sequence[Any]:
    """Per cent of the units that were there, of the last lines that each store looked for: (slug, per cent or None)."""
    return (await session.execute(ACCEPTANCE, {"last": LOOKED_FOR})).all()


async def latest(session: AsyncSession) -> Report | None:
    """The report of the last night."""
    return await session.scalar(select(Report).order_by(Report.id.desc()).limit(1))
