"""Who receives her, and where: candidates in order, each tried with its diaries locked, until one is won.

Everything that is written into a diary for a shopper passes here: the hold of ten minutes, the booking, the move.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from booking import diaries
from booking.availability import Offer, Person, Preference, Question, in_order
from booking.blocks import Span
from booking.diaries import Look
from kit import languages
from kit.errors import Invalid, Refused
from kit.intervals import Period
from kit.languages import lazy
from stores.places import Store
from stores.services import Service

NEAREST = 3
AROUND = timedelta(days=7)
"""How far from a start that was taken others are looked for."""


@dataclass(frozen=True)
class Place:
    """An advisor and, where the service needs one, a space, both free for a start."""

    advisor_id: int
    space_id: int | None
    start: datetime
    end: datetime
    preparation: int
    wrap_up: int

    def spans(self) -> list[Span]:
        """What it takes of the diaries."""
        begins = self.start - timedelta(minutes=self.preparation)
        taken = [Span(self.advisor_id, begins, self.end + timedelta(minutes=self.wrap_up))]
        return [*taken, Span(self.space_id, self.start, self.end)] if self.space_id is not None else taken


@dataclass(frozen=True)
class Near:
    """A free start, and who would receive her then."""

    start: datetime
    end: datetime
    advisor_id: int
    advisor: str
    slug: str


class SlotTaken(Refused):
    """Someone else has it. `nearest` are the free starts around it."""

    status = 409
    code = "slot_taken"
    msgid = lazy("That appointment has just been taken.")

    def __init__(self, start: datetime, nearest: Sequence[Near], *, zone: str) -> None:
        super().__init__()
        self.start = start
        self.nearest = nearest
        self.zone = zone

    @property
    def sentence(self) -> str:
        if not self.nearest:
            return super().sentence
        place = ZoneInfo(self.zone)
        closest = sorted(self.nearest, key=lambda one: abs(one.start - self.start))[:2]
        moments = sorted(one.start.astimezone(place) for one in closest)
        if any(moment.date() != self.start.astimezone(place).date() for moment in moments):
            return super().sentence  # a time alone would mislead: the page names days
        near = [languages.time_words(moment) for moment in moments]
        if len(near) == 1:
            return languages.gettext("That appointment has just been taken. The nearest is %(time)s.", time=near[0])
        times = languages.list_words(near)
        return languages.gettext("That appointment has just been taken. The nearest are %(times)s.", times=times)


class NotOffered(Invalid):
    """A start that no advisor has, taken or not: outside hours, off the grid, too soon, too far."""

    code = "not_offered"
    msgid = lazy("This time is not on offer. Choose one of the times shown.")

    def __init__(self) -> None:
        super().__init__(field="start")


def around(store: Store, start: datetime, *, days: timedelta = AROUND) -> Period:
    """The days to look at for one start: those around it, whole weeks of the store's calendar."""
    here = store.local(start)
    monday = start - timedelta(days=here.weekday())
    return Period.of_days(min(monday, start - days), max(monday + timedelta(days=7), start + days), beside=2)


def asked(service: Service, start: datetime, question: Question) -> Question:
    """The question around one start, from which its neighbours can be named too."""
    return replace(question, first=max(start - AROUND, question.now), last=start + AROUND)


async def win(
    session: AsyncSession,
    store: Store,
    service: Service,
    start: datetime,
    question: Question,
    preference: Preference,
    *,
    also_lock: Sequence[int] = (),
    write: Callable[[Place], Awaitable[bool]],
) -> Place:
    """Try the free advisors one after another until `write` has won a place; raises `SlotTaken` or `NotOffered`.

    Each try is a savepoint: its diaries (and `also_lock`: those that are given back) are locked in order, read again
    if anyone wrote in them since, and let go when it was in vain. `write` returns False where the constraint says no.
    """
    period = around(store, start)
    question = asked(service, start, question)
    look = await diaries.look(session, store, period)
    offer = look.offer(service, question)
    if not offer.is_free(start):
        raise _refusal(offer, start)
    tried: set[int] = set()
    while True:
        person = next(
            iter(p for p in in_order(offer, offer.free_at(start), start, preference) if p.id not in tried), None
        )
        if person is None:
            raise SlotTaken(start, nearest(offer, start, preference), zone=store.timezone)
        tried.add(person.id)
        rooms = [room.diary.id for room in offer.rooms_at(start)]
        room_id = rooms[0] if rooms else None
        async with session.begin_nested() as attempt:  # what `write` raises undoes it too
            if await _still_free(session, look, service, question, start, person, room_id, also_lock):
                place = _place(service, start, person, room_id)
                if await write(place):
                    return place
            await attempt.rollback()
        # somebody was faster: look again at everyone, and let this one be asked once more if only the space was lost
        look = await diaries.look(session, store, period)
        offer = look.offer(service, question)
        if person.id in {one.id for one in offer.free_at(start)} and rooms != [
            r.diary.id for r in offer.rooms_at(start)
        ]:
            tried.discard(person.id)


def _place(service: Service, start: datetime, person: Person, room_id: int | None) -> Place:
    return Place(person.id, room_id, start, start + service.length, service.preparation, service.wrap_up)


def _refusal(offer: Offer, start: datetime) -> Refused:
    """Taken, or never on offer."""
    if offer.was_offered(start):
        return SlotTaken(start, nearest(offer, start, Preference()), zone=offer.zone)
    return NotOffered()


async def _still_free(
    session: AsyncSession,
    look: Look,
    service: Service,
    question: Question,
    start: datetime,
    person: Person,
    room_id: int | None,
    also_lock: Sequence[int],
) -> bool:
    """Lock the diaries, and ask once more if one of them was written in since it was read."""
    wanted = [person.id, *([room_id] if room_id is not None else [])]
    before = await diaries.lock(session, [*wanted, *also_lock])
    if all(before.get(one) == look.revisions.get(one) for one in wanted):
        return True
    offer = (await diaries.look(session, look.store, look.period)).offer(service, question)
    free = person.id in {one.id for one in offer.free_at(start)}
    return free and (room_id is None or room_id in {room.diary.id for room in offer.rooms_at(start)})


def nearest(offer: Offer, start: datetime, preference: Preference, count: int = NEAREST) -> list[Near]:
    """The free starts around one that is not, each with the advisor who would come first."""
    found = []
    for moment in offer.nearest(start, count):
        person = in_order(offer, offer.free_at(moment), moment, preference)[0]
        found.append(Near(moment, moment + offer.service.length, person.id, person.name, person.slug))
    return found
