"""The rules of `booking.availability` once more, slowly: plain datetimes, one candidate after another, no bits.

Read from the rules alone and written apart from the engine, so that a mistake in one does not hide in the other. All
that both know is when a store opens (`stores.hours`) and what the zones are (`zoneinfo`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from stores.hours import Hours

Stretch = tuple[datetime, datetime]


@dataclass(frozen=True)
class Taken:
    """Something written in a diary. `until` only for a hold."""

    start: datetime
    end: datetime
    kind: str = "appointment"
    hold_id: int = 0
    until: datetime | None = None


@dataclass(frozen=True)
class Worker:
    id: int
    shifts: tuple[tuple[int, datetime, datetime], ...] = ()
    """(store, beginning, end)"""
    away: tuple[Stretch, ...] = ()
    taken: tuple[Taken, ...] = ()
    languages: tuple[str, ...] = ("fr",)
    daily_max: int = 0
    bookable: bool = True
    skills: tuple[tuple[int, date | None, date | None], ...] = ()


@dataclass(frozen=True)
class Corner:
    id: int
    kind: str
    capacity: int = 99
    taken: tuple[Taken, ...] = ()


@dataclass(frozen=True)
class Kind:
    """A service, in minutes."""

    duration: int
    preparation: int = 0
    wrap_up: int = 0
    step: int = 30
    lead: int = 0
    horizon_days: int = 60
    max_party: int = 4
    space_kind: str = ""
    required: frozenset[int] = frozenset()
    preferred: frozenset[int] = frozenset()
    here: bool = True
    """The store gives it."""


@dataclass(frozen=True)
class World:
    """A store, its people and spaces, and one question."""

    hours: Hours
    kind: Kind
    workers: tuple[Worker, ...]
    corners: tuple[Corner, ...]
    first: datetime
    last: datetime
    now: datetime
    store_id: int = 1
    party: int = 1
    advisor_id: int | None = None
    language: str = ""
    own_blocks: tuple[tuple[int, datetime, datetime], ...] = ()
    own_hold: int | None = None
    rules: bool = True

    @cached_property
    def openings(self) -> list[Stretch]:
        days = self.day(self.first) - timedelta(days=2), self.day(self.last) + timedelta(days=2)
        return _joined([(span.start, span.end) for span in self.hours.spans(*days)])

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.hours.timezone)

    def day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()


def empty(world: World) -> World:
    """The same world in which nobody has booked anything yet, and every day has room."""
    return replace(
        world,
        workers=tuple(replace(one, taken=(), daily_max=0) for one in world.workers),
        corners=tuple(replace(one, taken=()) for one in world.corners),
    )


def free(world: World) -> dict[datetime, tuple[set[int], set[int]]]:
    """Every free start, in UTC, with the advisors and the spaces that are free for it."""
    if not world.kind.here or world.party > world.kind.max_party:
        return {}
    found = {}
    for start in _on_the_grid(world):
        if not (_may_be_asked(world, start) and _open(world, start)):
            continue
        corners = {one.id for one in world.corners if _has_room(world, one, start)}
        if world.kind.space_kind and not corners:
            continue
        workers = {one.id for one in world.workers if _receives(world, one, start)}
        if workers:
            found[start] = (workers, corners)
    return found


def _on_the_grid(world: World) -> Iterator[datetime]:
    """Each instant at which the wall clock shows a multiple of the step; both, where it shows it twice."""
    day, last = world.day(world.first), world.day(world.last)
    while day <= last:
        for minute in range(0, 24 * 60, world.kind.step):
            wall = datetime.combine(day, time(minute // 60, minute % 60))
            instants = {wall.replace(tzinfo=world.zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
            for instant in sorted(instants):
                if instant.astimezone(world.zone).replace(tzinfo=None) == wall:  # else the clock skips it
                    yield instant
        day += timedelta(days=1)


def _may_be_asked(world: World, start: datetime) -> bool:
    if not world.first <= start <= world.last:
        return False
    if not world.rules:
        return True
    soon = world.now + timedelta(minutes=world.kind.lead)
    return start >= soon and world.day(start) <= world.day(world.now) + timedelta(days=world.kind.horizon_days)


def _open(world: World, start: datetime) -> bool:
    return _within(start, start + timedelta(minutes=world.kind.duration), world.openings)


def _has_room(world: World, corner: Corner, start: datetime) -> bool:
    if corner.kind != world.kind.space_kind or corner.capacity < world.party:
        return False
    return not _busy(world, corner.id, corner.taken, start, start + timedelta(minutes=world.kind.duration))


def _receives(world: World, worker: Worker, start: datetime) -> bool:
    kind = world.kind
    begins = start - timedelta(minutes=kind.preparation)
    ends = start + timedelta(minutes=kind.duration + kind.wrap_up)
    return (
        world.advisor_id in (None, worker.id)
        and (worker.bookable or not world.rules)
        and (not world.language or world.language in worker.languages)
        and all(_knows(worker, skill, world.day(start)) for skill in kind.required)
        and _within(begins, ends, _joined([(a, b) for store, a, b in worker.shifts if store == world.store_id]))
        and not any(_meet(begins, ends, a, b) for a, b in worker.away)
        and not _busy(world, worker.id, worker.taken, begins, ends)
        and not _full(world, worker, world.day(begins))
    )


def _knows(worker: Worker, skill: int, day: date) -> bool:
    return any(
        one == skill and (first is None or day >= first) and (last is None or day <= last)
        for one, first, last in worker.skills
    )


def _full(world: World, worker: Worker, day: date) -> bool:
    if not worker.daily_max:
        return False
    that_day = [
        one
        for one in worker.taken
        if one.kind != "session" and _counts(world, worker.id, one) and world.day(one.start) == day
    ]
    return len(that_day) >= worker.daily_max


def _busy(world: World, owner: int, taken: tuple[Taken, ...], start: datetime, end: datetime) -> bool:
    return any(_meet(start, end, one.start, one.end) and _counts(world, owner, one) for one in taken)


def _counts(world: World, owner: int, one: Taken) -> bool:
    """Whether it stands in the way: what is over does not, nor what is the asker's own."""
    if one.kind == "hold":
        assert one.until is not None
        return world.now < one.until and one.hold_id != world.own_hold
    return (owner, one.start, one.end) not in world.own_blocks


def _meet(a: datetime, b: datetime, c: datetime, d: datetime) -> bool:
    return a < d and c < b


def _within(start: datetime, end: datetime, stretches: list[Stretch]) -> bool:
    return any(a <= start and end <= b for a, b in stretches)


def _joined(stretches: list[Stretch]) -> list[Stretch]:
    """One stretch where two touch or overlap."""
    joined: list[Stretch] = []
    for start, end in sorted(stretches):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined
