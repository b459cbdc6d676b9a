"""Time as bits, against the same thing counted out minute by minute."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.intervals import Period, day_of, day_span, grid, moment_of, places, runs, tick_from, tick_of

NOON = datetime(2026, 12, 2, 12, tzinfo=UTC)
DAY = Period.of_days(NOON, NOON, beside=0)
MINUTE = timedelta(minutes=1)

quick = settings(derandomize=True, deadline=None)
bits = st.integers(0, 2**300)


def clock(zone: str, tick: int) -> str:
    return moment_of(tick).astimezone(ZoneInfo(zone)).strftime("%H:%M")


def test_a_tick_is_five_minutes_and_ends_before_the_next():
    assert tick_of(NOON) == tick_from(NOON) == tick_of(NOON + timedelta(minutes=4, seconds=59))
    assert tick_from(NOON + timedelta(microseconds=1)) == tick_of(NOON) + 1
    assert moment_of(tick_of(NOON)) == NOON
    assert tick_of(datetime(1969, 12, 31, 23, 59, tzinfo=UTC)) == -1


@pytest.mark.parametrize("reading", [tick_of, tick_from])
def test_a_moment_without_a_zone_is_no_moment(reading):
    with pytest.raises(ValueError, match="zone"):
        reading(datetime(2026, 12, 2, 12))


def test_a_period_is_whole_days_of_utc_and_those_beside():
    period = Period.of_days(NOON, NOON + timedelta(days=1))
    assert period.start == datetime(2026, 11, 30, tzinfo=UTC) and period.end == datetime(2026, 12, 6, tzinfo=UTC)
    assert period == Period.of_days(NOON + timedelta(hours=3), NOON + timedelta(days=1, hours=2))


def test_what_is_free_is_whole_ticks_and_what_is_taken_is_every_tick_touched():
    start, end = NOON + 2 * MINUTE, NOON + 12 * MINUTE
    noon = tick_of(NOON) - DAY.first
    assert list(places(DAY.free(start, end))) == [noon + 1]
    assert list(places(DAY.taken(start, end))) == [noon, noon + 1, noon + 2]
    assert DAY.free(NOON, NOON) == DAY.taken(NOON, NOON) == DAY.free(NOON + MINUTE, NOON + 2 * MINUTE) == 0


def test_what_lies_outside_is_cut_off():
    assert DAY.span(DAY.first - 5, DAY.first + 2) == 0b11
    assert DAY.span(DAY.first - 5, DAY.first) == DAY.span(DAY.first + 288, DAY.first + 300) == 0
    assert DAY.span(DAY.first - 5, DAY.first + 300) == DAY.all


@quick
@given(st.lists(st.tuples(st.integers(-20, 320), st.integers(-20, 320)), max_size=6))
def test_many_spans_are_each_of_them(pairs):
    moved = [(DAY.first + first, DAY.first + last) for first, last in pairs]
    each = 0
    for first, last in moved:
        each |= DAY.span(first, last)
    assert DAY.spans(moved) == each
    assert set(places(each)) == {n for first, last in pairs for n in range(first, last) if 0 <= n < 288}


def test_a_bit_begins_exactly_then_or_is_none():
    assert DAY.bit(NOON) == 144
    assert DAY.bit(NOON + MINUTE) is None
    assert DAY.bit(NOON - timedelta(days=1)) is None and DAY.bit(DAY.end) is None
    assert list(DAY.moments(1 << 144 | 1)) == [DAY.start, NOON]


@quick
@given(bits, st.integers(1, 40))
def test_runs_are_where_so_many_ones_begin(number, ticks):
    written = bin(number)[:1:-1]
    assert list(places(runs(number, ticks))) == [
        n for n in range(len(written)) if written[n : n + ticks] == "1" * ticks
    ]


@quick
@given(bits)
def test_places_are_the_bits_that_are_set(number):
    assert sum(1 << place for place in places(number)) == number


# The wall clock

WALLS = [
    ("Europe/Paris", date(2027, 3, 28)),
    ("Europe/Paris", date(2027, 10, 31)),
    ("Indian/Reunion", date(2027, 3, 28)),
    ("America/New_York", date(2027, 11, 7)),
    ("America/Sao_Paulo", date(2018, 11, 4)),
    ("America/Havana", date(2027, 11, 7)),  # midnight twice
    ("Asia/Kathmandu", date(2027, 5, 1)),
    ("Australia/Lord_Howe", date(2027, 4, 4)),
    ("Australia/Lord_Howe", date(2027, 10, 3)),
    ("Pacific/Chatham", date(2027, 9, 26)),
    ("Pacific/Apia", date(2011, 12, 31)),
]


@pytest.mark.parametrize(("zone", "day"), WALLS)
@pytest.mark.parametrize("step", [5, 15, 30, 35, 60, 90, 480])
def test_the_grid_is_what_the_wall_clock_shows(zone, day, step):
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    period = Period.of_days(noon, noon)
    shown = [moment.astimezone(ZoneInfo(zone)) for moment in period.moments(period.all)]
    on_it = [not (moment.hour * 60 + moment.minute) % step for moment in shown]
    assert list(places(grid(zone, step, period))) == [place for place, it_is in enumerate(on_it) if it_is]


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Paris", date(2027, 3, 28), 23),
        ("Europe/Paris", date(2027, 10, 31), 25),
        ("Indian/Reunion", date(2027, 3, 28), 24),
        ("America/Sao_Paulo", date(2018, 11, 4), 23),
        ("America/Sao_Paulo", date(2019, 2, 16), 25),
        ("America/Havana", date(2027, 11, 7), 25),
        ("Australia/Lord_Howe", date(2027, 4, 4), 24.5),
        ("Australia/Lord_Howe", date(2027, 10, 3), 23.5),
        ("Pacific/Apia", date(2011, 12, 30), 0),
    ],
)
def test_a_day_lasts_as_long_as_the_store_lives_it(zone, day, hours):
    first, last = day_span(zone, day)
    assert (last - first) * 5 == hours * 60
    assert {day_of(zone, tick) for tick in range(first, last)} == ({day} if hours else set())
    assert day_of(zone, first - 1) < day < day_of(zone, last)


def test_midnight_that_the_spring_change_skips_is_the_first_instant_of_the_day():
    assert clock("America/Sao_Paulo", day_span("America/Sao_Paulo", date(2018, 11, 4))[0]) == "01:00"
