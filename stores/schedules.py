"""When advisors work: weekly patterns, the shifts made of them, and absences.

Patterns are made into dated rows 13 weeks ahead, so that no question about a diary ever expands a recurrence; a
manager may change or delete one day without touching the pattern. Absences are no blocks: people fall ill on booked
days. They take time away from what is offered, and what was promised before becomes a conflict for staff to settle.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, and_, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, aliased, mapped_column

from kit.db import Base
from kit.errors import Invalid, NotFound
from kit.languages import lazy
from stores import resources
from stores.hours import instant_of
from stores.places import Store

WEEKS_AHEAD = 13
LONGEST_SHIFT = timedelta(days=3)
"""Nobody works longer without an end; so shifts that reach into a period are found by their beginning."""


class ShiftPattern(Base):
    """The same hours every week, on the clock of the store."""

    __tablename__ = "shift_pattern"
    __table_args__ = (
        CheckConstraint("weekday between 0 and 6", name="weekday"),
        CheckConstraint("begins between 0 and 1439 and ends > begins and ends <= 2880", name="minutes"),
        Index("ix_shift_pattern_advisor", "advisor_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    advisor_id: Mapped[int] = mapped_column(ForeignKey("advisor.id", ondelete="CASCADE"))
    store_id: Mapped[int] = mapped_column(ForeignKey("store.id"))
    weekday: Mapped[int]
    """0 is Monday."""
    begins: Mapped[int]
    ends: Mapped[int]
    """Minutes of the store's day, in fives; beyond 1440 after midnight."""
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]


class Shift(Base):
    """One span of work of one advisor in one store."""

    __tablename__ = "shift"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="span"),
        UniqueConstraint("pattern_id", "day"),
        Index("ix_shift_advisor", "advisor_id", "starts_at"),
        Index("ix_shift_store", "store_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    advisor_id: Mapped[int] = mapped_column(ForeignKey("advisor.id", ondelete="CASCADE"))
    store_id: Mapped[int] = mapped_column(ForeignKey("store.id"))
    day: Mapped[date]
    """The local day on which it begins."""
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    pattern_id: Mapped[int | None] = mapped_column(ForeignKey("shift_pattern.id", ondelete="SET NULL"))
    cancelled: Mapped[bool] = mapped_column(default=False)
    """A day taken out of its pattern: kept, so that the pattern does not make it again."""


class Absence(StrEnum):
    LEAVE = "leave"
    ILL = "ill"
    TRAINING = "training"
    OTHER = "other"


class TimeOff(Base):
    """A time at which an advisor receives nobody."""

    __tablename__ = "time_off"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="span"),
        CheckConstraint("kind in ('leave', 'ill', 'training', 'other')", name="kind"),
        Index("ix_time_off_advisor", "advisor_id", "ends_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    advisor_id: Mapped[int] = mapped_column(ForeignKey("advisor.id", ondelete="CASCADE"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(default=Absence.LEAVE)
    by: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]


class BadSpan(Invalid):
    """An end that does not come after its beginning."""

    code = "bad_span"
    msgid = lazy("The end must come after the beginning.")


def shift_of(pattern: ShiftPattern, store: Store, day: date) -> tuple[datetime, datetime]:
    """Beginning and end of the pattern's shift on a local day, in UTC: the wall clock rules, also when it changes."""
    return instant_of(day, pattern.begins, store.timezone), instant_of(day, pattern.ends, store.timezone)


async def generate(session: AsyncSession, stores: Iterable[Store], *, now: datetime) -> int:
    """Make the shifts of the next 13 weeks that are not there yet; returns how many. Repeats nothing."""
    by_id = {store.id: store for store in stores}
    lacking = {row["advisor_id"] for row in await _lacking(session, by_id, now=now)}
    if not lacking:
        return 0
    await resources.lock(session, lacking)  # and look again: somebody may have been replacing one of these weeks
    return await _make(session, await _lacking(session, by_id, lacking, now=now))


async def _make(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> int:
    """Write these shifts; the diaries are locked."""
    for begin in range(0, len(rows), 2000):
        await session.execute(insert(Shift).values(rows[begin : begin + 2000]))
    return len(rows)


async def _lacking(
    session: AsyncSession, stores: Mapping[int, Store], advisor_ids: Iterable[int] | None = None, *, now: datetime
) -> Sequence[dict[str, Any]]:
    """The shifts that the patterns of these stores (and people) make within 13 weeks, and that are not there yet."""
    query = select(ShiftPattern).where(ShiftPattern.store_id.in_(stores))
    if advisor_ids is not None:
        query = query.where(ShiftPattern.advisor_id.in_(sorted(advisor_ids)))
    patterns = (await session.scalars(query.execution_options(populate_existing=True))).all()
    rows = [row for pattern in patterns for row in _rows(pattern, stores[pattern.store_id], now=now)]
    if not rows:
        return rows
    there = select(Shift.pattern_id, Shift.day).where(
        Shift.pattern_id.in_([pattern.id for pattern in patterns]), Shift.day >= min(row["day"] for row in rows)
    )
    made = {(row.pattern_id, row.day) for row in await session.execute(there)}
    return [row for row in rows if (row["pattern_id"], row["day"]) not in made]


def _rows(pattern: ShiftPattern, store: Store, *, now: datetime) -> Iterable[dict[str, Any]]:
    today = store.local(now).date()
    first = max(today, pattern.valid_from or today)
    last = min(today + timedelta(weeks=WEEKS_AHEAD), pattern.valid_until or date.max)
    day = first + timedelta(days=(pattern.weekday - first.weekday()) % 7)
    while day <= last:
        starts_at, ends_at = shift_of(pattern, store, day)
        if starts_at < ends_at:  # an hour that the spring change skips has none
            yield {
                "advisor_id": pattern.advisor_id,
                "store_id": pattern.store_id,
                "day": day,
                "starts_at": starts_at,
                "ends_at": ends_at,
                "pattern_id": pattern.id,
                "cancelled": False,
            }
        day += timedelta(days=7)


async def set_week(
    session: AsyncSession,
    advisor_id: int,
    store: Store,
    week: Sequence[tuple[int, int, int]],
    *,
    valid_from: date,
    now: datetime,
) -> None:
    """From a day on she works these hours in this store: (weekday, first minute, last minute). What was before stays.

    Shifts of the former patterns go from that day on, or from today where it is past. What somebody did by hand
    stays: an extra shift, and a time that was taken out, which the new week does not give back.
    """
    if any(begins >= ends or begins % 5 or ends % 5 for _, begins, ends in week):
        raise BadSpan()
    await resources.lock(session, [advisor_id])
    former = (
        await session.scalars(
            select(ShiftPattern).where(ShiftPattern.advisor_id == advisor_id, ShiftPattern.store_id == store.id)
        )
    ).all()
    for pattern in former:
        if pattern.valid_until is None or pattern.valid_until >= valid_from:
            pattern.valid_until = valid_from - timedelta(days=1)
    await session.flush()
    since = max(valid_from, store.local(now).date())
    theirs = [Shift.pattern_id.in_([pattern.id for pattern in former]), Shift.day >= since]
    taken_out = (await session.scalars(select(Shift.id).where(*theirs, Shift.cancelled))).all()
    await session.execute(delete(Shift).where(*theirs, ~Shift.cancelled))
    for pattern in former:
        if pattern.valid_from and pattern.valid_until and pattern.valid_until < pattern.valid_from:  # never came to be
            await session.delete(pattern)
    for weekday, begins, ends in week:
        session.add(
            ShiftPattern(
                advisor_id=advisor_id,
                store_id=store.id,
                weekday=weekday,
                begins=begins,
                ends=ends,
                valid_from=valid_from,
            )
        )
    await session.flush()
    await _make(session, await _lacking(session, {store.id: store}, [advisor_id], now=now))
    await _keep_out(session, taken_out)


async def _keep_out(session: AsyncSession, taken_out: Sequence[int]) -> None:
    """What a new pattern makes of a time that somebody had taken out is taken out too, and stands for it now."""
    if not taken_out:
        return
    out, made = aliased(Shift), aliased(Shift)
    crossing = and_(
        out.advisor_id == made.advisor_id,
        out.store_id == made.store_id,
        out.starts_at < made.ends_at,
        out.ends_at > made.starts_at,
        made.pattern_id.is_not(None),
        made.id.not_in(taken_out),
    )
    pairs = (await session.execute(select(out.id, made.id).join(made, crossing).where(out.id.in_(taken_out)))).all()
    await session.execute(update(Shift).where(Shift.id.in_([new for _, new in pairs])).values(cancelled=True))
    await session.execute(delete(Shift).where(Shift.id.in_([old for old, _ in pairs])))


async def add_shift(
    session: AsyncSession, advisor_id: int, store: Store, starts_at: datetime, ends_at: datetime
) -> Shift:
    """One more span of work, besides the pattern."""
    if not starts_at < ends_at < starts_at + LONGEST_SHIFT:
        raise BadSpan()
    await resources.lock(session, [advisor_id])
    shift = Shift(
        advisor_id=advisor_id,
        store_id=store.id,
        day=store.local(starts_at).date(),
        starts_at=starts_at,
        ends_at=ends_at,
        cancelled=False,
    )
    session.add(shift)
    await session.flush()
    return shift


async def cancel_day(session: AsyncSession, advisor_id: int, store_id: int, day: date) -> int:
    """She does not work in that store on that day after all, and no pattern makes it again; returns how many shifts
    that takes out."""
    return await _switch_day(session, advisor_id, store_id, day, cancelled=True)


async def restore_day(session: AsyncSession, advisor_id: int, store_id: int, day: date) -> int:
    """What was taken out of that day is there again; returns how many shifts that is."""
    return await _switch_day(session, advisor_id, store_id, day, cancelled=False)


async def _switch_day(session: AsyncSession, advisor_id: int, store_id: int, day: date, *, cancelled: bool) -> int:
    await resources.lock(session, [advisor_id])
    query = select(Shift).where(
        Shift.advisor_id == advisor_id, Shift.store_id == store_id, Shift.day == day, Shift.cancelled != cancelled
    )
    shifts = (await session.scalars(query)).all()
    for shift in shifts:
        shift.cancelled = cancelled
    await session.flush()
    return len(shifts)


async def clash(session: AsyncSession, advisor_id: int, store_id: int, *, since: datetime) -> Shift | None:
    """The first of her coming shifts elsewhere that crosses one in this store: nobody is in two places at once."""
    here = aliased(Shift)
    query = (
        select(Shift)
        .join(here, and_(here.advisor_id == Shift.advisor_id, here.store_id == store_id, ~here.cancelled))
        .where(
            Shift.advisor_id == advisor_id,
            Shift.store_id != store_id,
            ~Shift.cancelled,
            Shift.ends_at > since,
            here.starts_at < Shift.ends_at,
            here.ends_at > Shift.starts_at,
        )
        .order_by(Shift.starts_at)
        .limit(1)
    )
    return await session.scalar(query)


async def add_time_off(
    session: AsyncSession,
    advisor_id: int,
    starts_at: datetime,
    ends_at: datetime,
    *,
    kind: Absence,
    by: str,
    now: datetime,
) -> TimeOff:
    """She is away. Nothing that was promised changes: it becomes a conflict until somebody settles it."""
    if ends_at <= starts_at:
        raise BadSpan()
    await resources.lock(session, [advisor_id])
    off = TimeOff(advisor_id=advisor_id, starts_at=starts_at, ends_at=ends_at, kind=kind, by=by, created_at=now)
    session.add(off)
    await session.flush()
    return off


async def remove_time_off(session: AsyncSession, off: TimeOff) -> None:
    """She is there after all."""
    await resources.lock(session, [off.advisor_id])
    await session.delete(off)
    await session.flush()


async def find_time_off(session: AsyncSession, off_id: int, *, advisor_id: int) -> TimeOff:
    off = await session.scalar(select(TimeOff).where(TimeOff.id == off_id, TimeOff.advisor_id == advisor_id))
    if off is None:
        raise NotFound()
    return off


async def patterns_of(session: AsyncSession, advisor_id: int) -> Sequence[ShiftPattern]:
    """Her weeks, the coming ones too, in their order."""
    query = select(ShiftPattern).where(ShiftPattern.advisor_id == advisor_id)
    return (
        await session.scalars(query.order_by(ShiftPattern.store_id, ShiftPattern.weekday, ShiftPattern.begins))
    ).all()


async def shifts_between(
    session: AsyncSession, advisor_ids: Iterable[int], start: datetime, end: datetime, *, cancelled: bool = False
) -> Sequence[Shift]:
    """The shifts of these people that touch this time, in any store, in order; those taken out only if asked."""
    query = select(Shift).where(
        Shift.advisor_id.in_(sorted(set(advisor_ids))), Shift.starts_at < end, Shift.ends_at > start
    )
    if not cancelled:
        query = query.where(~Shift.cancelled)
    return (await session.scalars(query.order_by(Shift.starts_at, Shift.id))).all()


async def time_off_between(
    session: AsyncSession, advisor_ids: Iterable[int], start: datetime, end: datetime
) -> Sequence[TimeOff]:
    """The absences of these people that touch this time, in order."""
    query = select(TimeOff).where(
        TimeOff.advisor_id.in_(sorted(set(advisor_ids))), TimeOff.starts_at < end, TimeOff.ends_at > start
    )
    return (await session.scalars(query.order_by(TimeOff.starts_at, TimeOff.id))).all()
