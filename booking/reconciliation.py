"""Every night the numbers are held against each other. What does not agree is reported; nothing is edited."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Identity, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from booking import invariants, tasks
from booking.tasks import Task
from kit.db import Base
from stores import stock
from stores.places import Store
from stores.stock import StoreStock

SILENT_AFTER = timedelta(days=3)
"""A store whose feed owns the count and has said nothing for so long is reported."""
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

    A shortfall also becomes a task for the store, unless one is open: somebody looks, and counts.
    """
    findings: list[dict[str, Any]] = [
        {"kind": "drift", "store": store, "variant": variant, "column": column, "row": row, "movements": moved}
        for store, variant, column, row, moved in (await stock.drift(session))[:MOST]
    ]
    findings += [{"kind": "rule", "what": sentence} for sentence in await invariants.broken(session)]
    short = await session.scalars(select(StoreStock).where(StoreStock.available < 0).limit(MOST))
    open_checks = select(Task.store_id, Task.variant_id).where(Task.kind == tasks.Kind.CHECK, Task.done_at.is_(None))
    asked_for = {(store, variant) for store, variant in await session.execute(open_checks)}
    for cell in short.all():
        findings.append(
            {"kind": "shortfall", "store": cell.store_id, "variant": cell.variant_id, "missing": -cell.available}
        )
        if (cell.store_id, cell.variant_id) in asked_for:
            continue
        await tasks.add(
            session,
            tasks.Kind.CHECK,
            store_id=cell.store_id,
            variant_id=cell.variant_id,
            version=int(now.timestamp()) // 86400,
            quantity=-cell.available,
            due_at=now,
            now=now,
        )
    silent = await session.scalars(
        select(Store.slug).where(
            Store.stock_authority == "feed",
            ~select(StoreStock.store_id)
            .where(StoreStock.store_id == Store.id, StoreStock.fed_at > now - SILENT_AFTER)
            .exists(),
        )
    )
    findings += [{"kind": "silent_feed", "store": slug} for slug in silent]
    report = insert(Report).values(day=day, at=now, findings=findings)
    kept = report.on_conflict_do_update(index_elements=["day"], set_={"at": now, "findings": findings})
    await session.execute(kept)
    return findings


async def latest(session: AsyncSession) -> Report | None:
    """The report of the last night."""
    return await session.scalar(select(Report).order_by(Report.id.desc()).limit(1))
