"""What a store promised when its hours change: later, never earlier.

What was promised in open minutes keeps the open minutes that are left of it. What is kept until the closing of an open
day keeps as many open days; and where that closing would now come while the doors are shut, one open day more, because
nobody can come then. A store that does not open again keeps its word as it stands.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from booking import journal, promises
from booking.reservations import telling
from booking.reservations.moves import amend
from booking.reservations.states import HOLDING, Status
from booking.reservations.tables import Reservation
from stores.hours import Hours, NeverOpens
from stores.places import Store

ANSWERS = ("answer_by", "amber_at", "manager_at", "group_at", "unanswered_at")
"""Of a request that waits for its answer, in open minutes."""


@dataclass(frozen=True)
class Postponed:
    """One reservation of which something falls due later, and by what: instants by column."""

    reservation: Reservation
    values: dict[str, datetime]
    unkept: bool
    """It ends while the doors are shut, and no later opening is left."""

    def other_day(self, hours: Hours) -> bool:
        """Whether the articles are kept until another day than was said."""
        was, until = self.reservation.hold_until, self.values.get("hold_until")
        return was is not None and until is not None and hours.local_day(until) != hours.local_day(was)


async def plan(
    session: AsyncSession, store: Store, before: Hours, after: Hours, *, now: datetime
) -> Sequence[Postponed]:
    """Whose promises move when the hours `before` become `after`, oldest first; nothing is written.

    Locks the open reservations of the store until the transaction ends.
    """
    query = select(Reservation).where(Reservation.store_id == store.id, Reservation.status.in_(tuple(HOLDING)))
    found = await session.scalars(query.order_by(Reservation.id).with_for_update())
    planned = [_planned(reservation, before, after, now) for reservation in found]
    return [one for one in planned if one.values or one.unkept]


async def postpone(
    session: AsyncSession, store: Store, planned: Sequence[Postponed], *, by: str, now: datetime
) -> None:
    """Move them, and tell whose articles wait that they are kept for longer: who is told a day is told the new one;
    another hour of the same day stands on her page and in her reminder."""
    for one in planned:
        if not one.values:
            continue
        reservation, other_day = one.reservation, one.other_day(store.hours)
        await amend(session, reservation, **one.values)
        await journal.record(
            session,
            telling.SUBJECT,
            reservation.id,
            "postponed",
            by=by,
            now=now,
            store_id=store.id,
            detail={name: instant.isoformat() for name, instant in one.values.items()},
        )
        until = one.values.get("hold_until")
        if until is None or reservation.status not in (Status.CONFIRMED, Status.READY):
            continue
        if other_day:
            await telling.tell_shopper(
                session,
                reservation,
                "extended",
                now=now,
                only_if=[Status.CONFIRMED, Status.READY],
                by_house=True,
            )
        if reservation.status == Status.READY:
            await telling.remind(session, reservation, at=promises.remind_at(store, until), now=now)


def _planned(reservation: Reservation, before: Hours, after: Hours, now: datetime) -> Postponed:
    values = {}
    in_minutes = {Status.REQUESTED: ANSWERS, Status.CONFIRMED: ("ready_by",)}.get(Status(reservation.status), ())
    for name in in_minutes:
        promised = getattr(reservation, name)
        if promised is not None and promised > now:
            later = _same_minutes(promised, before, after, now)
            if later > promised:
                values[name] = later
    unkept, until = False, reservation.hold_until
    if until is not None and until > now:
        try:
            later = _same_days(until, before, after, now)
        except NeverOpens:
            later, unkept = until, not _doors_open_until(until, after)
        if later > until:
            values["hold_until"] = later
    return Postponed(reservation, values, unkept)


def _same_minutes(promised: datetime, before: Hours, after: Hours, now: datetime) -> datetime:
    if _alike(before, after, now, promised):
        return promised
    try:
        later = after.add_open_minutes(now, before.open_minutes_between(now, promised))
    except NeverOpens:
        return promised
    return later if later - promised >= timedelta(minutes=1) else promised


def _same_days(until: datetime, before: Hours, after: Hours, now: datetime) -> datetime:
    """The closing of as many open days from today; one more where the doors are shut by then. Raises NeverOpens."""
    if _alike(before, after, now, until):
        return until
    today, last = before.local_day(now), before.local_day(until)
    days = {
        before.local_day(span.start) for span in before.spans(today + timedelta(days=1), last) if span.start < until
    }
    if days:
        later = max(until, after.closing_of_open_day(now, len(days)))
    else:
        later = max([until, *(span.end for span in after.day_spans(today) if span.start < until)])
    return later if _doors_open_until(later, after) else after.closing_of_next_open_day(later)


def _alike(before: Hours, after: Hours, now: datetime, until: datetime) -> bool:
    """Whether nothing changes between now and the end of that day."""
    first, last = before.local_day(now) - timedelta(days=1), before.local_day(until)
    return before.spans(first, last) == after.spans(first, last)


def _doors_open_until(instant: datetime, hours: Hours) -> bool:
    """Whether somebody may still come in just before this instant."""
    return hours.open_at(instant - timedelta(minutes=1)) is not None
