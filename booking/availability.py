"""When somebody can be received: one pure function for the page, the hold, the booking, the move, the API and staff.

The rules, for a start at tick t of a service that prepares p, lasts d and wraps up w:
- the body [t, t+d) lies within opening hours, without a break;
- [t-p, t+d+w) lies within the advisor's shifts in this store, not in an absence, and crosses no block of hers,
  wherever that one is;
- a space of the kind asked for is free for the body;
- t is on the grid, not sooner than the lead time, not later than the horizon; she has the required skills on its day;
- the day on which [t-p, …) begins is not full for her.
Blocks of one advisor may touch and never overlap, so between two appointments lie the wrap-up of one and the
preparation of the next: exactly what the exclusion constraint of `booking.blocks` holds. Diaries come as bits
(`kit.intervals`), read by `booking.diaries`; nothing here asks a database or a clock.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from kit import intervals
from kit.intervals import MINUTES, Period, runs, tick_from
from stores.hours import Hours
from stores.services import Service


class Held(NamedTuple):
    """Ten minutes in which a browser fills in its form: ticks first to last - 1, of no effect from `until` on."""

    hold_id: int
    first: int
    last: int
    until: datetime


@dataclass(frozen=True)
class Diary:
    """What an advisor or a space has written in it over a period. Bits are those of that period."""

    id: int
    works: int
    """Shifts in the store that is asked, without absences; for a space: all of it."""
    blocks: int
    """Appointments and sessions in any store, with preparation and wrap-up."""
    starts: tuple[int, ...] = ()
    """The ticks at which her appointments begin, with their preparation."""
    holds: tuple[Held, ...] = ()
    _known: dict[tuple[object, ...], int] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What was worked out from it. It never changes, and the same is asked again by every page."""

    def runs(self, ticks: int) -> int:
        """Where so many free ticks in a row begin, whatever holds say."""
        known = self._known.get((ticks,))
        if known is None:
            known = self._known[ticks,] = runs(self.works & ~self.blocks, ticks)
        return known

    def full(self, zone: str, most: int, period: Period) -> int:
        """The ticks of the days on which so many appointments begin, whatever holds say."""
        known = self._known.get((zone, most))
        if known is None:
            known = self._known[zone, most] = _full_days(self.starts, zone, most, period)
        return known

    def whole(self, ticks: int, zone: str, most: int, period: Period) -> int:
        """`runs`, but on days that are not `full`."""
        if not most:
            return self.runs(ticks)
        known = self._known.get((ticks, zone, most))
        if known is None:
            known = self._known[ticks, zone, most] = self.runs(ticks) & ~self.full(zone, most, period)
        return known


@dataclass(frozen=True)
class Person:
    """An advisor as the question of who is free needs her."""

    diary: Diary
    name: str = ""
    slug: str = ""
    languages: tuple[str, ...] = ()
    daily_max: int = 0
    bookable: bool = True
    skills: tuple[tuple[int, date | None, date | None], ...] = ()
    """(skill, first day, last day), both included, None: without an end."""

    @property
    def id(self) -> int:
        return self.diary.id

    @cached_property
    def knows(self) -> frozenset[int]:
        """Her skills, on whichever day."""
        return frozenset(skill for skill, _, _ in self.skills)

    @cached_property
    def always(self) -> frozenset[int]:
        """Those that neither begin nor end."""
        return frozenset(skill for skill, first, last in self.skills if first is None and last is None)


@dataclass(frozen=True)
class Room:
    """A space as the question of where needs it."""

    diary: Diary
    kind: str
    capacity: int = 99


@dataclass(frozen=True)
class Own:
    """What does not stand in one's own way: the blocks of the appointment that moves, the hold of this browser."""

    blocks: tuple[tuple[int, datetime, datetime], ...] = ()
    """(advisor or space, beginning, end) as they stand in the diary."""
    hold_id: int | None = None


NOTHING = Own()


@dataclass(frozen=True)
class Question:
    """What is asked, besides the service. `first` and `last` bound the start, both included; staff may ask without
    the rules that are meant for shoppers (`rules=False`): lead time, horizon and who is bookable."""

    first: datetime
    last: datetime
    now: datetime
    party: int = 1
    advisor_id: int | None = None
    language: str = ""
    own: Own = NOTHING
    rules: bool = True


class Why(StrEnum):
    """Why nothing is free: the first of these that alone explains it."""

    NOT_HERE = "not_here"  # the store does not give this service
    TOO_MANY = "too_many"  # more people than the service receives
    NO_ADVISOR = "no_advisor"  # nobody has the skills
    LANGUAGE = "language"  # somebody has, but does not speak it
    TOO_SOON = "too_soon"  # all of it lies before the lead time
    TOO_FAR = "too_far"  # all of it lies beyond the horizon
    CLOSED = "closed"  # the store is closed all the time
    TOO_LONG = "too_long"  # it fits into no opening, or no shift
    NOT_WORKING = "not_working"  # nobody who could has a shift
    NO_SPACE = "no_space"  # every space of that kind is taken, or there is none
    FULL = "full"  # all of it is taken


@dataclass(frozen=True)
class Offer:
    """The answer over one period: which starts are free, and for whom. Bits begin the body."""

    period: Period
    zone: str
    service: Service
    question: Question
    people: tuple[Person, ...]
    """Those who could give it."""
    rooms: tuple[Room, ...] | None
    """The spaces that would do; None where none is needed."""
    hours: Hours
    refused: Why | None = None
    """Why it cannot be asked at all."""

    @cached_property
    def window(self) -> int:
        """The starts that may be asked for at all."""
        question, period = self.question, self.period
        first, last = question.first, question.last
        if question.rules:
            first = max(first, question.now + timedelta(minutes=self.service.lead_minutes))
            last = min(last, self.horizon)
        return period.span(tick_from(first), intervals.tick_of(last) + 1)

    @property
    def horizon(self) -> datetime:
        """The last instant that may be booked: the end of the last day."""
        today = self.question.now.astimezone(ZoneInfo(self.zone)).date()
        last = today + timedelta(days=self.service.horizon_days)
        return intervals.moment_of(intervals.day_span(self.zone, last)[1]) - timedelta(seconds=1)

    @cached_property
    def open(self) -> int:
        return open_bits(self.hours, self.period)

    @cached_property
    def fits(self) -> int:
        """Starts whose body lies within opening hours, on the grid, within the window."""
        grid = intervals.grid(self.zone, self.service.step, self.period)
        return runs(self.open, self.service.duration // MINUTES) & grid & self.window

    @cached_property
    def bodies(self) -> int:
        """Those of them at which a space is free too, where one is needed."""
        return self.fits & self._spaces(taken=True) if self.rooms is not None else self.fits

    def _spaces(self, *, taken: bool) -> int:
        free = 0
        for room in self.rooms or ():
            free |= self._runs(room.diary, self.service.duration // MINUTES, taken=taken)
        return free

    def _runs(self, diary: Diary, ticks: int, *, taken: bool = True) -> int:
        """Where so many ticks in a row begin in which nothing is taken."""
        if not taken:
            return runs(diary.works, ticks)
        if diary.holds or self.question.own.blocks:
            return runs(diary.works & ~self._busy(diary), ticks)
        return diary.runs(ticks)

    def _busy(self, diary: Diary) -> int:
        """Its blocks, and the holds that still count, without what is the asker's own."""
        busy = diary.blocks
        for owner, start, end in self.question.own.blocks:
            if owner == diary.id:
                busy &= ~self.period.taken(start, end)
        return busy | self.period.spans((held.first, held.last) for held in self._held(diary))

    def _held(self, diary: Diary) -> Iterable[Held]:
        """The holds of others that have not run out."""
        question = self.question
        return (one for one in diary.holds if one.hold_id != question.own.hold_id and one.until > question.now)

    def of(self, person: Person) -> int:
        """The free starts of one advisor."""
        return self._of(person) & self.bodies

    def _of(self, person: Person, *, taken: bool = True) -> int:
        """Where she could begin, whether it is open then or not."""
        before, ticks, required = self._needs
        diary = person.diary
        if taken and not diary.holds and not self.question.own.blocks:
            starts = diary.whole(ticks, self.zone, person.daily_max, self.period)
        else:
            starts = self._runs(diary, ticks, taken=taken)
            if taken and person.daily_max:
                starts &= ~self._full(person)
        starts <<= before
        return starts if required <= person.always else starts & self._able(person)

    @cached_property
    def _needs(self) -> tuple[int, int, frozenset[int]]:
        """What the service takes of an advisor: ticks before the start, ticks in all, skills."""
        service = self.service
        before = service.preparation // MINUTES
        return before, before + (service.duration + service.wrap_up) // MINUTES, service.required

    def walk_ins(self, person: Person) -> int:
        """The ticks at which she could receive someone who is already there: off the grid, with nothing prepared."""
        service = self.service
        bodies = runs(self.open, service.duration // MINUTES) & self.window
        if self.rooms is not None:
            bodies &= self._spaces(taken=True)
        whole = self._runs(person.diary, (service.duration + service.wrap_up) // MINUTES)
        if person.daily_max:
            whole &= ~self._full(person)
        return 0 if self.refused else whole & bodies & self._able(person)

    def _able(self, person: Person) -> int:
        """The ticks of the days on which she has every required skill."""
        able = self.period.all
        for wanted in self._needs[2]:
            has = 0
            for skill, first, last in person.skills:
                if skill == wanted:
                    has |= self.period.span(
                        intervals.day_span(self.zone, first)[0] if first else self.period.first,
                        intervals.day_span(self.zone, last)[1] if last else self.period.first + self.period.size,
                    )
            able &= has
        return able

    def _full(self, person: Person) -> int:
        """The ticks of the days on which she has as many appointments as she may."""
        diary, own = person.diary, self.question.own
        if not diary.holds and not own.blocks:
            return diary.full(self.zone, person.daily_max, self.period)
        mine = [intervals.tick_of(start) for owner, start, _ in own.blocks if owner == person.id]
        starts = [tick for tick in diary.starts if tick not in mine] + [held.first for held in self._held(diary)]
        return _full_days(starts, self.zone, person.daily_max, self.period)

    @cached_property
    def starts(self) -> int:
        """The starts at which at least one advisor is free."""
        return self._anyone(taken=True) & self.bodies if not self.refused else 0

    @cached_property
    def offered(self) -> int:
        """The starts there would be if nothing were booked: what is missing from `starts` was taken."""
        if self.refused:
            return 0
        bodies = self.fits & self._spaces(taken=False) if self.rooms is not None else self.fits
        return self._anyone(taken=False) & bodies

    def _anyone(self, *, taken: bool) -> int:
        anyone = 0
        for person in self.people:
            anyone |= self._of(person, taken=taken)
        return anyone

    def moments(self) -> list[datetime]:
        return list(self.period.moments(self.starts))

    def is_free(self, start: datetime) -> bool:
        place = self.period.bit(start)
        return place is not None and bool(self.starts >> place & 1)

    def was_offered(self, start: datetime) -> bool:
        """Whether it is only missing because somebody has it."""
        place = self.period.bit(start)
        return place is not None and bool(self.offered >> place & 1)

    def free_at(self, start: datetime) -> list[Person]:
        """The advisors who are free for this start, in the order given."""
        place = self.period.bit(start)
        if place is None or self.refused:
            return []
        return [person for person in self.people if self.of(person) >> place & 1]

    def rooms_at(self, start: datetime) -> list[Room]:
        """The spaces that are free for this start, the smallest that will do first."""
        place = self.period.bit(start)
        if place is None or self.rooms is None:
            return []
        ticks = self.service.duration // MINUTES
        free = [room for room in self.rooms if self._runs(room.diary, ticks) >> place & 1]
        return sorted(free, key=lambda room: (room.capacity, room.diary.id))

    def nearest(self, start: datetime, count: int = 3) -> list[datetime]:
        """The free starts closest to one that is not, the earlier of two as close; in order of time."""
        moments = sorted(self.moments(), key=lambda moment: (abs(moment - start), moment))
        return sorted(moments[:count])

    @property
    def why(self) -> Why | None:
        """Why nothing is free; None when something is."""
        if self.starts:
            return None
        if self.refused:
            return self.refused
        return self._why_no_window() or self._why_no_body() or self._why_nobody()

    def _why_no_window(self) -> Why | None:
        question = self.question
        if self.window or not question.rules:
            return None
        sooner = question.now + timedelta(minutes=self.service.lead_minutes)
        return Why.TOO_SOON if question.last < sooner else Why.TOO_FAR

    def _why_no_body(self) -> Why | None:
        if not self.open & self.window:
            return Why.CLOSED
        if not self.fits:
            return Why.TOO_LONG
        if self.rooms is not None and not self._spaces(taken=False) & self.fits:
            return Why.NO_SPACE
        return None

    def _why_nobody(self) -> Why:
        if not any(self._able(person) & self.fits for person in self.people):
            return Why.NO_ADVISOR
        if not any(person.diary.works & self._able(person) & self.window for person in self.people):
            return Why.NOT_WORKING
        if not self.offered:
            return Why.TOO_LONG
        if self.rooms is not None and not self.bodies:
            return Why.NO_SPACE
        return Why.FULL


def _full_days(starts: Iterable[int], zone: str, most: int, period: Period) -> int:
    days = Counter(intervals.day_of(zone, tick) for tick in starts)
    return period.spans(intervals.day_span(zone, day) for day, count in days.items() if count >= most)


@lru_cache(maxsize=512)
def open_bits(hours: Hours, period: Period) -> int:
    """The opening hours of a store; equal hours are the same whoever asks."""
    first, last = hours.local_day(period.start) - timedelta(days=1), hours.local_day(period.end)
    return period.spans((tick_from(span.start), intervals.tick_of(span.end)) for span in hours.spans(first, last))


def offer(
    service: Service,
    *,
    store_id: int,
    hours: Hours,
    period: Period,
    people: Sequence[Person],
    rooms: Sequence[Room],
    question: Question,
) -> Offer:
    """Which starts of `service` are free in this store over this period. The period must reach a day beyond the
    question on either side, so that no preparation or wrap-up is cut."""
    refused: Why | None = None
    if service.at(store_id) is None or not service.active:
        refused = Why.NOT_HERE
    elif question.party > service.max_party:
        refused = Why.TOO_MANY
    required = service.required
    able = [
        person
        for person in people
        if (person.bookable or not question.rules)
        and required <= person.knows
        and question.advisor_id in (None, person.id)
    ]
    speaking = [person for person in able if not question.language or question.language in person.languages]
    if refused is None and not speaking:
        refused = Why.LANGUAGE if able else Why.NO_ADVISOR
    spaces = None
    if service.space_kind:
        spaces = tuple(room for room in rooms if room.kind == service.space_kind and room.capacity >= question.party)
    return Offer(period, hours.timezone, service, question, tuple(speaking), spaces, hours, refused)


# Who receives her, when she asked for nobody


@dataclass(frozen=True)
class Preference:
    """What speaks for one advisor rather than another."""

    requested: int | None = None
    last: int | None = None
    """Whom she saw the last time."""
    language: str = ""
    kept: int | None = None
    """Whom this browser's hold names, or who has the appointment that moves."""


def in_order(offer: Offer, people: Sequence[Person], start: datetime, preference: Preference) -> list[Person]:
    """Whom to ask first: requested, already kept, last visit's, shared language, preferred skills, lightest week
    relative to the hours worked, then the same order each time. Chosen for people's reasons: a cleverer packing of
    the day gains about one point of use (booking.md 3.4)."""
    zone = ZoneInfo(offer.zone)
    day = start.astimezone(zone).date()
    monday = day - timedelta(days=day.weekday())
    week = offer.period.span(
        intervals.day_span(offer.zone, monday)[0], intervals.day_span(offer.zone, monday + timedelta(days=6))[1]
    )
    preferred = offer.service.preferred

    def rank(person: Person) -> tuple[object, ...]:
        worked = (person.diary.works & week).bit_count()
        load = (person.diary.blocks & week).bit_count() / worked if worked else 1.0
        has = {
            skill
            for skill, first, last in person.skills
            if (first is None or first <= day) and (last is None or day <= last)
        }
        return (
            person.id != preference.requested,
            person.id != preference.kept,
            person.id != preference.last,
            preference.language not in person.languages,
            -len(preferred & has),
            load,
            person.id,
        )

    return sorted(people, key=rank)
