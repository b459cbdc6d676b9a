"""What no longer fits: appointments over which an absence, a closure or a lost skill was laid, with ways out.

A conflict is never stored. It is what the diaries and the appointments say when they are held against each other, so
it is there the moment an absence is entered and gone the moment it is taken back; nothing is changed or told until a
colleague settles it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from booking import diaries
from booking.appointments import questions
from booking.appointments.asking import own_of
from booking.appointments.placing import Near, around, nearest
from booking.appointments.states import AHEAD
from booking.appointments.tables import Appointment
from booking.availability import Preference, Question, in_order
from stores import schedules
from stores.hours import Hours
from stores.places import Store

COLLEAGUES = 3


class Cause(StrEnum):
    CLOSED = "closed"  # the store is not open then
    AWAY = "away"  # the advisor is absent
    NO_SHIFT = "no_shift"  # the advisor no longer works then
    SKILL = "skill"  # the advisor no longer has a skill that the service requires
    NO_ADVISOR = "no_advisor"  # nobody is named
    NO_SPACE = "no_space"  # the space is no longer used


@dataclass(frozen=True)
class Colleague:
    """Somebody who could take it over at the same time."""

    advisor_id: int
    name: str
    slug: str


@dataclass(frozen=True)
class Conflict:
    appointment: Appointment
    causes: tuple[Cause, ...]
    colleagues: tuple[Colleague, ...] = field(default=())
    """Free, qualified and there at the same time, the most fitting first."""
    starts: tuple[Near, ...] = field(default=())
    """The nearest other starts, with the same advisor where she asked for her."""


async def of_store(session: AsyncSession, store: Store, *, now: datetime, proposals: bool = True) -> list[Conflict]:
    """The work list of one store, the soonest first."""
    ahead = await questions.ahead(session, frozenset([store.id]), now=now, whole=proposals)
    return await among(session, store, ahead, now=now, proposals=proposals)


async def among(
    session: AsyncSession, store: Store, appointments: Sequence[Appointment], *, now: datetime, proposals: bool = True
) -> list[Conflict]:
    """Those of `appointments` (of this store) that no longer fit."""
    if not appointments:
        return []
    start = min(one.starts_at for one in appointments) - timedelta(days=1)
    end = max(one.ends_at for one in appointments) + timedelta(days=1)
    advisors = {one.advisor_id for one in appointments if one.advisor_id is not None}
    shifts = await schedules.shifts_between(session, advisors, start, end)
    away = await schedules.time_off_between(session, advisors, start, end)
    found = []
    for one in appointments:
        causes = _causes(store, one, shifts, away)
        if causes:
            found.append(Conflict(one, causes))
    return [await propose(session, store, conflict, now=now) for conflict in found] if proposals else found


def _causes(
    store: Store, one: Appointment, shifts: Sequence[schedules.Shift], away: Sequence[schedules.TimeOff]
) -> tuple[Cause, ...]:
    causes = []
    if not one.override and not fits(store.hours, one.starts_at, one.ends_at):
        causes.append(Cause.CLOSED)
    if one.space is not None and not one.space.active:
        causes.append(Cause.NO_SPACE)
    if one.advisor is None:
        return (*causes, Cause.NO_ADVISOR)
    mine = next(span for span in one.spans() if span.resource_id == one.advisor_id)
    if any(off.advisor_id == one.advisor_id and off.starts_at < mine.end and off.ends_at > mine.start for off in away):
        causes.append(Cause.AWAY)
    elif not one.override and not _covered(one, mine.start, mine.end, shifts):
        causes.append(Cause.NO_SHIFT)
    day = store.local(one.starts_at).date()
    if not all(one.advisor.knows(skill, day) for skill in one.service.required):
        causes.append(Cause.SKILL)
    return tuple(causes)


def fits(hours: Hours, start: datetime, end: datetime) -> bool:
    """Whether the store is open from beginning to end."""
    if hours.open_at(start) is None:
        return False
    closes = hours.closes_at(start)
    return closes is None or end <= closes


async def newly_shut(
    session: AsyncSession, store_id: int, before: Hours, after: Hours, *, now: datetime
) -> Sequence[Appointment]:
    """Appointments to come that the hours `before` allow and the hours `after` do not, in order, loaded whole."""
    one = Appointment
    ahead = select(one.id, one.starts_at, one.ends_at).where(
        one.store_id == store_id, one.status.in_(AHEAD), one.ends_at > now, one.override == ""
    )
    ids = [
        row.id
        for row in await session.execute(ahead)
        if fits(before, row.starts_at, row.ends_at) and not fits(after, row.starts_at, row.ends_at)
    ]
    if not ids:
        return []
    query = select(one).where(one.id.in_(ids)).order_by(one.starts_at, one.id).options(*questions.loaded())
    return (await session.scalars(query)).all()


def _covered(one: Appointment, start: datetime, end: datetime, shifts: Sequence[schedules.Shift]) -> bool:
    """Whether her shifts in this store, joined where they touch, contain the whole of it."""
    reached = start
    for shift in shifts:  # in order of their beginning
        if shift.advisor_id == one.advisor_id and shift.store_id == one.store_id and shift.starts_at <= reached:
            reached = max(reached, shift.ends_at)
    return reached >= end


async def propose(session: AsyncSession, store: Store, conflict: Conflict, *, now: datetime) -> Conflict:
    """The same conflict with colleagues who are free then, and other starts."""
    one = conflict.appointment
    look = await diaries.look(session, store, around(store, one.starts_at))
    week = timedelta(days=7)
    question = Question(
        max(one.starts_at - week, now), one.starts_at + week, now, party=one.party, own=own_of(one), rules=False
    )
    preference = Preference(language=one.language)
    offer = look.offer(one.service, question)
    free = in_order(offer, offer.free_at(one.starts_at), one.starts_at, preference)
    colleagues = [Colleague(p.id, p.name, p.slug) for p in free if p.id != one.advisor_id][:COLLEAGUES]
    starts: list[Near] = []
    if one.requested and one.advisor_id is not None:
        hers = Question(
            question.first,
            question.last,
            now,
            party=one.party,
            own=question.own,
            rules=False,
            advisor_id=one.advisor_id,
        )
        starts = nearest(look.offer(one.service, hers), one.starts_at, preference)
    return Conflict(one, conflict.causes, tuple(colleagues), tuple(starts or nearest(offer, one.starts_at, preference)))
