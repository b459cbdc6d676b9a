"""Blocks: the spans of a diary that are taken. The constraint on this table is the last judge of every booking.

Appointments, ten-minute holds and, later, sessions of an event all write here, so none can cross another. A block is
inserted with ON CONFLICT … DO NOTHING: a plain INSERT is as correct, but two of them wait for each other until one is
killed as a deadlock. Before several rows or an UPDATE the diaries are taken in order (`stores.resources.lock`).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, and_, delete, func, select, update
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint, Range, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from kit.db import Base, table_of

NEVER_TWICE = "ex_block_never_twice"


class Kind(StrEnum):
    APPOINTMENT = "appointment"
    HOLD = "hold"
    SESSION = "session"  # of an event: its hosts and its room


class Block(Base):
    """A span of one diary that belongs to an appointment, a hold or a session."""

    __tablename__ = "block"
    __table_args__ = (
        CheckConstraint("kind in ('appointment', 'hold', 'session')", name="kind"),
        CheckConstraint("not isempty(during)", name="during"),
        ExcludeConstraint(("resource_id", "="), ("during", "&&"), using="gist", name=NEVER_TWICE),
        Index("ix_block_owner", "kind", "owner_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id"))
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    """With preparation and wrap-up where it is an advisor's; half open."""
    kind: Mapped[str]
    owner_id: Mapped[int] = mapped_column(BigInteger)
    """The appointment, hold or session."""


class SlotHold(Base):
    """A start that one browser keeps for ten minutes while its form is filled in."""

    __tablename__ = "slot_hold"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    browser: Mapped[bytes] = mapped_column(unique=True)
    """SHA-256 of the browser's cookie: one hold each."""
    store_id: Mapped[int] = mapped_column(ForeignKey("store.id"))
    service_id: Mapped[int] = mapped_column(ForeignKey("service.id", ondelete="CASCADE"))
    advisor_id: Mapped[int]
    space_id: Mapped[int | None]
    requested: Mapped[bool]
    """She asked for this advisor."""
    starts_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Span(NamedTuple):
    """Part of one diary."""

    resource_id: int
    start: datetime
    end: datetime


async def take(session: AsyncSession, spans: Sequence[Span], *, kind: Kind, owner_id: int, now: datetime) -> bool:
    """Write these spans, all or none of use: on False the caller rolls back to where it stood before.

    Holds that have run out make way. The diaries must be locked when there is more than one span.
    """
    await _clear_expired(session, spans, now=now)
    rows = table_of(Block)
    for span in sorted(spans):
        taken = await session.execute(
            insert(rows)
            .values(resource_id=span.resource_id, during=Range(span.start, span.end), kind=str(kind), owner_id=owner_id)
            .on_conflict_do_nothing(constraint=NEVER_TWICE)
            .returning(rows.c.id)
        )
        if taken.first() is None:
            return False
    return True


async def _clear_expired(session: AsyncSession, spans: Sequence[Span], *, now: datetime) -> None:
    """A constraint cannot ask what time it is: what has run out is deleted before it is met."""
    crossing = [
        and_(Block.resource_id == one.resource_id, Block.during.overlaps(Range(one.start, one.end))) for one in spans
    ]
    for condition in crossing:
        query = (
            select(SlotHold.id)
            .join(Block, and_(Block.kind == Kind.HOLD, Block.owner_id == SlotHold.id))
            .where(condition, SlotHold.expires_at <= now)
        )
        await drop_holds(session, (await session.scalars(query)).all())


async def drop_holds(session: AsyncSession, hold_ids: Iterable[int]) -> None:
    """Whoever else is deleting one of them finishes it: nobody waits here for a row of a hold."""
    if not (ids := list(hold_ids)):
        return
    query = select(SlotHold.id).where(SlotHold.id.in_(ids)).with_for_update(skip_locked=True)
    if mine := (await session.scalars(query)).all():
        await session.execute(
            delete(Block)
            .where(Block.kind == Kind.HOLD, Block.owner_id.in_(mine))
            .execution_options(synchronize_session=False)
        )
        await session.execute(
            delete(SlotHold).where(SlotHold.id.in_(mine)).execution_options(synchronize_session=False)
        )


async def release(session: AsyncSession, kind: Kind, owner_id: int) -> None:
    """The owner needs them no more."""
    await session.execute(
        delete(Block).where(Block.kind == kind, Block.owner_id == owner_id).execution_options(synchronize_session=False)
    )


async def cut(session: AsyncSession, kind: Kind, owner_id: int, at: datetime) -> None:
    """What lies after `at` is free again. The diaries are locked."""
    await session.execute(
        delete(Block)
        .where(Block.kind == kind, Block.owner_id == owner_id, func.lower(Block.during) >= at)
        .execution_options(synchronize_session=False)
    )
    await session.execute(
        update(Block)
        .where(Block.kind == kind, Block.owner_id == owner_id, func.upper(Block.during) > at)
        .values(during=func.tstzrange(func.lower(Block.during), at))
        .execution_options(synchronize_session=False)
    )


async def hold_of(session: AsyncSession, browser: bytes) -> SlotHold | None:
    """What this browser keeps, also when it has run out."""
    return await session.scalar(select(SlotHold).where(SlotHold.browser == browser))


async def sweep(session: AsyncSession, *, now: datetime, limit: int = 500) -> int:
    """Delete the holds that have run out; they stood in nobody's way already."""
    query = (
        select(SlotHold.id)
        .where(SlotHold.expires_at <= now)
        .order_by(SlotHold.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = (await session.scalars(query)).all()
    await drop_holds(session, ids)
    return len(ids)
