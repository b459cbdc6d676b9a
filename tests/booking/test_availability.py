"""Who is free when: random worlds, asked of the engine and of its slow twin; then why nothing is free, by hand.

So many worlds are asked (VITRINE_WORLDS sets another number), the same ones each time. That the comparison would
notice is shown by faults put into the engine on purpose: each of them must be found.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from booking import availability
from booking.availability import Diary, Held, Offer, Person, Why
from kit import intervals
from kit.intervals import Period, runs, tick_of
from stores.hours import Hours
from tests.booking import twin
from tests.booking.bits import ELSEWHERE, HERE, asked
from tests.booking.twin import Corner, Kind, Taken, Worker, World
from tests.booking.worlds import FR, IT, world_of

WORLDS = int(os.environ.get("VITRINE_WORLDS", "1000"))


# Engine and twin


def agree(world: World) -> int:
    """Engine and twin say the same of every start; returns how many there are."""
    engine, slow = asked(world), twin.free(world)
    assert engine.moments() == sorted(slow)
    for start, (workers, corners) in slow.items():
        assert {person.id for person in engine.free_at(start)} == workers
        assert {room.diary.id for room in engine.rooms_at(start)} == (corners if world.kind.space_kind else set())
    assert (engine.why is None) == bool(slow)
    assert list(engine.period.moments(engine.offered)) == sorted(twin.free(twin.empty(world)))
    return len(slow)


seeds = st.integers(0, 2**48)
"""A world is what its number makes it: drawing each of its details by Hypothesis would take ten times as long."""
QUIET = settings(
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=WORLDS,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),  # the machine may be busy
)


def test_engine_and_twin_agree_on_every_start_and_on_who_is_free(record_property) -> None:
    counts: list[int] = []

    @QUIET
    @given(seeds)
    def compare(seed: int) -> None:
        counts.append(agree(world_of(seed)))

    compare()
    told = f"{len(counts)} worlds, {sum(map(bool, counts))} with a start, {sum(counts)} starts"
    record_property("compared", told)
    print(told)
    assert sum(map(bool, counts)) >= len(counts) // 5, told


# Faults put in on purpose


def _ends_too_soon(bits: int, ticks: int) -> int:
    return runs(bits, ticks - 1)


def _prepares_afterwards(self: Offer, person: Person, *, taken: bool = True) -> int:
    before, ticks, _ = self._needs
    starts = ENGINE["_of"](self, person, taken=taken)
    return (starts >> before) & runs(person.diary.works, ticks)


def _utc_grid(zone: str, step: int, period: Period) -> int:
    return ENGINE["grid"]("UTC", step, period)


def _first_offset_only(zone: str, period: Period) -> list[tuple[int, int, int]]:
    first, _, offset = next(iter(ENGINE["_offsets"](zone, period)))
    return [(first, period.first + period.size, offset)]


def _holds_for_ever(self: Offer, diary: Diary) -> list[Held]:
    return [one for one in diary.holds if one.hold_id != self.question.own.hold_id]


def _holds_until_after_the_end(self: Offer, diary: Diary) -> list[Held]:
    return [one for one in _holds_for_ever(self, diary) if one.until >= self.question.now]


def _in_its_own_way(self: Offer, diary: Diary) -> int:
    return diary.blocks | self.period.spans((held.first, held.last) for held in self._held(diary))


def _two_rooms_for_one(self: Offer, *, taken: bool) -> int:
    free = 0
    for room in self.rooms or ():
        free |= self.period.all & ~(self._busy(room.diary) if taken else 0)
    return runs(free, self.service.duration // intervals.MINUTES)


def _counts_utc_days(starts: Any, zone: str, most: int, period: Period) -> int:
    return ENGINE["_full_days"](starts, "UTC", most, period)


def _any_day_will_do(self: Offer, person: Person) -> int:
    return self.period.all


def _one_day_less(self: Offer) -> datetime:
    return ENGINE["horizon"].fget(self) - timedelta(days=1)


def _closed_at_midnight(hours: Hours, period: Period) -> int:
    spans = hours.spans(hours.local_day(period.start), hours.local_day(period.end))
    return period.spans((intervals.tick_from(a), tick_of(min(b, a + timedelta(hours=9)))) for a, b in spans)


ENGINE: dict[str, Any] = {
    "_of": Offer._of,
    "horizon": Offer.horizon,
    "grid": intervals.grid,
    "_offsets": intervals._offsets,
    "_full_days": availability._full_days,
}
FAULTS: dict[str, tuple[Any, str, Callable[..., Any] | property]] = {
    "a tick is missing at the end": (availability, "runs", _ends_too_soon),
    "preparation comes after the start": (Offer, "_of", _prepares_afterwards),
    "the grid is that of UTC": (intervals, "grid", _utc_grid),
    "clocks never change": (intervals, "_offsets", _first_offset_only),
    "holds never run out": (Offer, "_held", _holds_for_ever),
    "a hold counts in the second in which it ends": (Offer, "_held", _holds_until_after_the_end),
    "what moves stands in its own way": (Offer, "_busy", _in_its_own_way),
    "half of it in one room, half in another": (Offer, "_spaces", _two_rooms_for_one),
    "the daily maximum counts days of UTC": (availability, "_full_days", _counts_utc_days),
    "a skill is for ever": (Offer, "_able", _any_day_will_do),
    "the horizon is a day short": (Offer, "horizon", property(_one_day_less)),
    "no opening is longer than nine hours": (availability, "open_bits", _closed_at_midnight),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_engine_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    where, name, wrong = FAULTS[fault]
    ENGINE["grid"].cache_clear()
    monkeypatch.setattr(where, name, wrong)

    @settings(QUIET, max_examples=4000)
    @given(seeds)
    def compare(seed: int) -> None:
        agree(world_of(seed))

    try:
        with pytest.raises(AssertionError):
            compare()
    finally:
        ENGINE["grid"].cache_clear()


# Why nothing is free, one reason at a time

PARIS = "Europe/Paris"


def paris(clock: str, day: str = "2026-12-02") -> datetime:
    """By default on Wednesday 2 December 2026."""
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZoneInfo(PARIS)).astimezone(UTC)


NADIA = Worker(1, shifts=((HERE, paris("10:00"), paris("20:00")),), languages=(FR, IT))
KARIM = Worker(2, languages=(FR,))
TABLE = Corner(11, "table", capacity=2)
WEDNESDAY = World(
    Hours("Mo-Sa 10:00-20:00", PARIS),
    Kind(duration=60, step=60, lead=120),
    (NADIA, KARIM),
    (),
    first=paris("00:00"),
    last=paris("23:59"),
    now=paris("09:00", "2026-12-01"),
)
ALL_DAY = Taken(paris("09:00"), paris("21:00"))
TOMORROW_ONLY = ((1, date(2026, 12, 3), None),)


def of_kind(**over: Any) -> World:
    return replace(WEDNESDAY, kind=replace(WEDNESDAY.kind, **over))


def of_nadia(**over: Any) -> World:
    return replace(WEDNESDAY, workers=(replace(NADIA, **over), KARIM))


WHY: dict[str, tuple[World, Why | None]] = {
    "something is free": (WEDNESDAY, None),
    "this store does not give it": (of_kind(here=False), Why.NOT_HERE),
    "more people than it receives": (replace(WEDNESDAY, party=5), Why.TOO_MANY),
    "nobody has learned it": (of_kind(required=frozenset({1})), Why.NO_ADVISOR),
    "the one who has learned it is not who was asked for": (
        replace(
            of_kind(required=frozenset({1})), workers=(replace(NADIA, skills=((1, None, None),)), KARIM), advisor_id=2
        ),
        Why.NO_ADVISOR,
    ),
    "the one who knows it begins to know it tomorrow": (
        replace(of_nadia(skills=TOMORROW_ONLY), kind=replace(WEDNESDAY.kind, required=frozenset({1}))),
        Why.NO_ADVISOR,
    ),
    "the one who receives is not shown to shoppers": (
        replace(WEDNESDAY, workers=(replace(NADIA, bookable=False),)),
        Why.NO_ADVISOR,
    ),
    "nobody speaks it": (replace(WEDNESDAY, language="ja"), Why.LANGUAGE),
    "who was asked for does not speak it": (replace(WEDNESDAY, language=IT, advisor_id=2), Why.LANGUAGE),
    "less than two hours are left of the day": (replace(WEDNESDAY, now=paris("22:00")), Why.TOO_SOON),
    "it lies behind the horizon": (
        replace(of_kind(horizon_days=1), now=paris("09:00", "2026-11-30")),
        Why.TOO_FAR,
    ),
    "the store is closed that day": (
        replace(WEDNESDAY, hours=Hours("Mo-Sa 10:00-20:00", PARIS, {date(2026, 12, 2): "off"})),
        Why.CLOSED,
    ),
    "no opening is as long": (
        replace(of_kind(duration=300), hours=Hours("Mo-Sa 10:00-12:30,14:00-18:00", PARIS)),
        Why.TOO_LONG,
    ),
    "no shift is as long": (
        of_nadia(shifts=((HERE, paris("10:00"), paris("10:55")), (HERE, paris("14:00"), paris("14:55")))),
        Why.TOO_LONG,
    ),
    "no shift is as long with its preparation": (
        replace(
            of_nadia(shifts=((HERE, paris("10:00"), paris("11:00")),)), kind=replace(WEDNESDAY.kind, preparation=5)
        ),
        Why.TOO_LONG,
    ),
    "nobody works that day": (of_nadia(shifts=()), Why.NOT_WORKING),
    "she works in the other store": (
        of_nadia(shifts=((ELSEWHERE, paris("10:00"), paris("20:00")),)),
        Why.NOT_WORKING,
    ),
    "she is away": (of_nadia(away=((paris("00:00"), paris("23:00")),)), Why.NOT_WORKING),
    "who works does not know it that day, and who knows it does not work": (
        replace(
            of_kind(required=frozenset({1})),
            workers=(replace(NADIA, skills=TOMORROW_ONLY), replace(KARIM, skills=((1, None, None),))),
        ),
        Why.NOT_WORKING,
    ),
    "there is no such space": (of_kind(space_kind="table"), Why.NO_SPACE),
    "the only table is too small": (
        replace(of_kind(space_kind="table"), corners=(TABLE,), party=3),
        Why.NO_SPACE,
    ),
    "every table is taken": (
        replace(of_kind(space_kind="table"), corners=(replace(TABLE, taken=(ALL_DAY,)),)),
        Why.NO_SPACE,
    ),
    "she is taken all day": (of_nadia(taken=(ALL_DAY,)), Why.FULL),
    "she has as many as she may on one day": (
        of_nadia(taken=(Taken(paris("10:00"), paris("11:00")),), daily_max=1),
        Why.FULL,
    ),
    "the table is free only when she is not": (
        replace(
            of_nadia(taken=(Taken(paris("10:00"), paris("15:00")),)),
            kind=replace(WEDNESDAY.kind, space_kind="table"),
            corners=(replace(TABLE, taken=(Taken(paris("15:00"), paris("20:00")),)),),
        ),
        Why.FULL,
    ),
    "closed, and behind the horizon: the horizon is said": (
        replace(
            of_kind(horizon_days=1),
            now=paris("09:00", "2026-11-30"),
            hours=Hours("Mo-Sa 10:00-20:00", PARIS, {date(2026, 12, 2): "off"}),
        ),
        Why.TOO_FAR,
    ),
    "closed, and she is taken: the closing is said": (
        replace(of_nadia(taken=(ALL_DAY,)), hours=Hours("Mo-Sa 10:00-20:00", PARIS, {date(2026, 12, 2): "off"})),
        Why.CLOSED,
    ),
}


@pytest.mark.parametrize("story", WHY)
def test_why_nothing_is_free(story: str) -> None:
    world, why = WHY[story]
    assert asked(world).why == why
    assert bool(twin.free(world)) == (why is None)


def test_every_reason_has_its_story() -> None:
    assert {why for _, why in WHY.values()} == {*Why, None}


def test_staff_may_ask_beyond_lead_time_and_horizon_and_for_whoever_is_not_shown() -> None:
    world = replace(
        of_kind(horizon_days=1, lead=1440),
        workers=(replace(NADIA, bookable=False),),
        now=paris("09:30"),
        rules=False,
    )
    assert len(asked(world).moments()) == 10
    assert len(asked(replace(world, now=paris("09:00", "2026-10-01"))).moments()) == 10
    assert asked(replace(world, rules=True)).why == Why.NO_ADVISOR


def test_the_nearest_of_what_is_free_the_earlier_first_and_in_order_of_time() -> None:
    world = of_nadia(taken=(Taken(paris("13:00"), paris("15:00")),))
    near = asked(world).nearest(paris("14:00"))
    assert near == [paris("12:00"), paris("15:00"), paris("16:00")]
    assert asked(world).nearest(paris("13:30"), 1) == [paris("12:00")]


def test_taken_is_not_the_same_as_never_offered() -> None:
    told = asked(of_nadia(taken=(Taken(paris("13:00"), paris("14:00")),)))
    assert [told.is_free(paris(clock)) for clock in ("12:00", "13:00", "13:30", "20:00")] == [True, False, False, False]
    assert [told.was_offered(paris(clock)) for clock in ("12:00", "13:00", "13:30", "20:00")] == [
        True,
        True,
        False,
        False,
    ]
    assert told.free_at(paris("13:00") + timedelta(seconds=1)) == []


def test_of_the_spaces_that_are_free_the_smallest_that_will_do_comes_first() -> None:
    large, small, taken = Corner(11, "table", 6), Corner(13, "table", 2), Corner(12, "table", 1, taken=(ALL_DAY,))
    rooms = asked(replace(of_kind(space_kind="table"), corners=(large, small, taken))).rooms_at(paris("10:00"))
    assert [room.diary.id for room in rooms] == [13, 11]
