"""Days on which clocks change, stores are far away, and colleagues are alike: what is expected, written out by hand."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from factories import advise, booked, build
from sqlalchemy import func, select

from booking.appointments import conflicts
from booking.appointments.conflicts import Cause
from booking.availability import Preference, in_order
from booking.messages import Message
from stores import places, schedules
from stores.hours import Hours
from tests.booking import twin
from tests.booking.bits import HERE, asked
from tests.booking.twin import Kind, Taken, Worker, World

SPRING, AUTUMN = "2027-03-28", "2027-10-31"
PARIS, REUNION, MARTINIQUE = "Europe/Paris", "Indian/Reunion", "America/Martinique"
DAYTIME, NIGHT = "Mo-Su 10:00-20:00", "Mo-Su 00:00-06:00"


def at(zone: str, day: str, clock: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def world(zone: str, day: str, opening: str = DAYTIME, *, kind: Kind, **over: Any) -> World:
    """One advisor who is there day and night, asked for one day of the store, a month before."""
    first = at(zone, day, "00:00")
    values = {
        "now": first - timedelta(days=30),
        "last": at(zone, day, "23:59"),
        "workers": (Worker(1, ((HERE, first - timedelta(days=1), first + timedelta(days=4)),)),),
        "corners": (),
    }
    return World(Hours(opening, zone), kind, first=first, **{**values, **over})


def starts(asked_of: World) -> list[str]:
    """On the store's clock, with its offset; the twin must say the same."""
    moments = asked(asked_of).moments()
    assert moments == sorted(twin.free(asked_of))
    return [moment.astimezone(asked_of.zone).strftime("%H:%M%z") for moment in moments]


HOURLY = Kind(duration=60, step=60)

DAYS = [f"{hour}:00" for hour in range(10, 20)]
NIGHTS = [f"0{hour}:00" for hour in range(6)]


def with_offset(offset: str, clocks: list[str]) -> list[str]:
    return [clock + offset for clock in clocks]


@pytest.mark.parametrize(
    ("zone", "day", "opening", "expected"),
    [
        (PARIS, SPRING, NIGHT, ["00:00+0100", "01:00+0100", "03:00+0200", "04:00+0200", "05:00+0200"]),
        (
            PARIS,
            AUTUMN,
            NIGHT,
            ["00:00+0200", "01:00+0200", "02:00+0200", "02:00+0100", "03:00+0100", "04:00+0100", "05:00+0100"],
        ),
        (PARIS, SPRING, DAYTIME, with_offset("+0200", DAYS)),
        (PARIS, AUTUMN, DAYTIME, with_offset("+0100", DAYS)),
        (REUNION, SPRING, NIGHT, with_offset("+0400", NIGHTS)),
        (REUNION, AUTUMN, NIGHT, with_offset("+0400", NIGHTS)),
        (REUNION, SPRING, DAYTIME, with_offset("+0400", DAYS)),
        (REUNION, AUTUMN, DAYTIME, with_offset("+0400", DAYS)),
        (MARTINIQUE, SPRING, NIGHT, with_offset("-0400", NIGHTS)),
        (MARTINIQUE, AUTUMN, NIGHT, with_offset("-0400", NIGHTS)),
        (MARTINIQUE, SPRING, DAYTIME, with_offset("-0400", DAYS)),
        (MARTINIQUE, AUTUMN, DAYTIME, with_offset("-0400", DAYS)),
    ],
)
def test_the_starts_of_the_days_on_which_paris_changes_its_clocks(zone, day, opening, expected):
    assert starts(world(zone, day, opening, kind=HOURLY)) == expected


def test_an_hour_across_the_change_is_an_hour():
    """The one at 01:00 ends at 03:00 by the clock; whoever is taken until then is free at 03:00."""
    night = world(PARIS, SPRING, NIGHT, kind=HOURLY)
    one, three = at(PARIS, SPRING, "01:00"), at(PARIS, SPRING, "03:00")
    assert three - one == timedelta(minutes=60)
    (worker,) = night.workers
    taken = replace(night, workers=(replace(worker, taken=(Taken(one, three),)),))
    assert starts(taken) == ["00:00+0100", "03:00+0200", "04:00+0200", "05:00+0200"]


def test_ninety_minutes_before_closing_at_eight_begin_at_half_past_six_at_the_latest():
    found = starts(world(PARIS, "2026-12-02", kind=Kind(duration=90, step=30)))
    assert (found[0], found[-1], len(found)) == ("10:00+0100", "18:30+0100", 18)


@pytest.mark.parametrize(("shift_begins", "first"), [("10:00", "10:15+0100"), ("09:30", "10:00+0100")])
def test_who_prepares_for_a_quarter_of_an_hour_comes_before_the_doors_open(shift_begins, first):
    day = "2026-12-02"
    shift = (HERE, at(PARIS, day, shift_begins), at(PARIS, day, "20:00"))
    kind = Kind(duration=60, preparation=15, step=15)
    assert starts(world(PARIS, day, kind=kind, workers=(Worker(1, (shift,)),)))[0] == first


def test_who_wraps_up_for_a_quarter_of_an_hour_ends_before_her_shift_does_not_before_the_doors_close():
    day = "2026-12-02"
    for leaves, last in (("20:00", "18:45+0100"), ("20:15", "19:00+0100")):
        shift = (HERE, at(PARIS, day, "10:00"), at(PARIS, day, leaves))
        kind = Kind(duration=60, wrap_up=15, step=15)
        assert starts(world(PARIS, day, kind=kind, workers=(Worker(1, (shift,)),)))[-1] == last


def test_between_two_appointments_lie_the_wrap_up_of_one_and_the_preparation_of_the_next():
    """45 minutes with 10 before and 5 after, on quarters: after one from 14:00 to 14:45 the next begins at 15:00."""
    day = "2026-12-02"
    before = Taken(at(PARIS, day, "13:50"), at(PARIS, day, "14:50"))
    busy = world(PARIS, day, kind=Kind(duration=45, preparation=10, wrap_up=5, step=15))
    (worker,) = busy.workers
    found = starts(replace(busy, workers=(replace(worker, taken=(before,)),)))
    assert [clock[:5] for clock in found if "12:45" <= clock[:5] <= "15:15"] == ["12:45", "13:00", "15:00", "15:15"]


# A year that has a day more


def test_the_leap_day_is_a_day_and_a_year_from_it_ends_on_the_28th():
    opening = "Mo-Su 10:00-12:00; 2028 Feb 29 10:00-16:00"
    leap = world(PARIS, "2028-02-29", opening, kind=Kind(duration=60, step=60, horizon_days=365))
    assert [clock[:2] for clock in starts(leap)] == ["10", "11", "12", "13", "14", "15"]
    a_year_later = replace(
        leap,
        now=at(PARIS, "2028-02-29", "09:00"),
        first=at(PARIS, "2029-02-27", "00:00"),
        last=at(PARIS, "2029-03-02", "23:59"),
        workers=(Worker(1, ((HERE, at(PARIS, "2029-02-26", "00:00"), at(PARIS, "2029-03-04", "00:00")),)),),
    )
    days = {moment.astimezone(ZoneInfo(PARIS)).date() for moment in asked(a_year_later).moments()}
    assert days == {date(2029, 2, 27), date(2029, 2, 28)}
    assert starts(a_year_later)[-1] == "11:00+0100"


# A store eleven thousand kilometres away


def test_ten_in_saint_denis_is_seven_in_paris_in_winter_and_eight_in_summer():
    for day, in_paris in (("2026-12-02", "07:00"), ("2027-07-01", "08:00")):
        first = asked(world(REUNION, day, kind=HOURLY)).moments()[0]
        assert first.astimezone(ZoneInfo(REUNION)).strftime("%H:%M") == "10:00"
        assert first.astimezone(ZoneInfo(PARIS)).strftime("%H:%M") == in_paris


def test_the_day_begins_at_midnight_of_the_store():
    """At 21:00 in Paris on 1 December it is the 2nd in Saint-Denis: the horizon of one day ends with the 3rd there."""
    three_days = world(REUNION, "2026-12-02", "24/7", kind=Kind(duration=60, step=60, horizon_days=1))
    three_days = replace(three_days, last=at(REUNION, "2026-12-04", "23:00"))
    for now, last in (("20:59", "2026-12-02"), ("21:00", "2026-12-03")):
        found = asked(replace(three_days, now=at(PARIS, "2026-12-01", now))).moments()
        assert found[-1].astimezone(ZoneInfo(REUNION)).isoformat() == f"{last}T23:00:00+04:00"


def test_one_a_day_is_one_a_day_of_the_store():
    """23:00 on the 2nd and 00:00 on the 3rd in Saint-Denis are the same day in Paris, and two days for the store."""
    both = world(REUNION, "2026-12-02", "24/7", kind=HOURLY, last=at(REUNION, "2026-12-03", "23:00"))
    (worker,) = both.workers
    for booked_at, free_day in (("2026-12-02T23:00", date(2026, 12, 3)), ("2026-12-03T00:00", date(2026, 12, 2))):
        start = at(REUNION, *booked_at.split("T"))
        one = Taken(start, start + timedelta(hours=1))
        busy = replace(both, workers=(replace(worker, taken=(one,), daily_max=1),))
        assert {moment.astimezone(ZoneInfo(REUNION)).date() for moment in asked(busy).moments()} == {free_day}
        assert len(starts(busy)) == 24


def test_a_skill_ends_with_the_last_day_of_the_store():
    both = world(REUNION, "2026-12-02", "24/7", kind=replace(HOURLY, required=frozenset({1})))
    (worker,) = both.workers
    until = replace(worker, skills=((1, None, date(2026, 12, 2)),))
    over_midnight = replace(both, workers=(until,), last=at(REUNION, "2026-12-03", "12:00"))
    assert starts(over_midnight)[-1] == "23:00+0400"


# An absence over an appointment


async def test_an_absence_laid_over_an_appointment_is_a_conflict_until_it_is_taken_back_and_nobody_is_told(session):
    now = datetime(2026, 11, 24, 11, tzinfo=UTC)
    start = datetime(2026, 11, 25, 13, 30, tzinfo=UTC)
    made_world = await build(session, now=now)
    desk = await advise(session, made_world, now=now)
    made = await booked(session, made_world, desk, start, now=now, advisor=desk.nadia)
    rivoli = await places.find(session, "rivoli")
    told = await session.scalar(select(func.count()).select_from(Message))
    off = await schedules.add_time_off(
        session, desk.nadia.id, start, start + timedelta(hours=8), kind=schedules.Absence.ILL, by="Hélène", now=now
    )
    (conflict,) = await conflicts.of_store(session, rivoli, now=now)
    assert (conflict.appointment.id, conflict.causes) == (made.id, (Cause.AWAY,))
    assert [colleague.name for colleague in conflict.colleagues] == ["Karim"]
    await schedules.remove_time_off(session, off)
    assert await conflicts.of_store(session, rivoli, now=now) == []
    assert await session.scalar(select(func.count()).select_from(Message)) == told


# Who is asked first, when the shopper asked for nobody

A, B = 1, 2
DAY = "2026-12-02"
HOUR = timedelta(hours=1)


def colleague(number: int, *, hours: int = 10, busy: float = 0, **over: Any) -> Worker:
    """Works so many hours from ten on, of which so many are taken, after seven in the evening of the day before."""
    ten, eve = at(PARIS, DAY, "10:00"), at(PARIS, "2026-12-01", "19:00")
    taken = (Taken(eve, eve + busy * HOUR),) if busy else ()
    return Worker(number, shifts=((HERE, ten, ten + hours * HOUR),), taken=taken, **over)


PREFERRED = frozenset({9})
KNOWS = ((9, None, None),)


def first_asked(preference: Preference, *workers: Worker) -> list[int]:
    kind = Kind(duration=60, step=60, preferred=PREFERRED)
    offer = asked(world(PARIS, DAY, kind=kind, workers=workers))
    start = at(PARIS, DAY, "10:00")
    people = offer.free_at(start)
    assert len(people) == len(workers)
    return [person.id for person in in_order(offer, people, start, preference)]


@pytest.mark.parametrize(
    ("reason", "preference", "a", "b"),
    [
        ("she asked for B", Preference(requested=B, kept=A, last=A, language="it"), {"languages": ("it",)}, {}),
        ("her hold names B", Preference(kept=B, last=A, language="it"), {"languages": ("it",)}, {}),
        ("B saw her last time", Preference(last=B, language="it"), {"languages": ("it",)}, {}),
        ("B speaks her language", Preference(language="it"), {"skills": KNOWS}, {"languages": ("it",), "busy": 5}),
        ("B knows what is preferred", Preference(language="it"), {}, {"skills": KNOWS, "busy": 5}),
        ("B has the lighter week", Preference(language="it"), {"busy": 2}, {"busy": 1}),
        ("B works more hours", Preference(language="it"), {"busy": 2, "hours": 4}, {"busy": 4, "hours": 10}),
    ],
)
def test_each_reason_decides_in_its_turn(reason, preference, a, b):
    assert first_asked(preference, colleague(A, **a), colleague(B, **b)) == [B, A], reason


def test_when_nothing_tells_them_apart_the_order_is_always_the_same():
    assert first_asked(Preference(), colleague(B), colleague(A)) == [A, B]


def test_a_preferred_skill_counts_on_the_days_on_which_she_has_it():
    ended = colleague(B, skills=((9, None, date(2026, 12, 1)),))
    until_today = colleague(B, skills=((9, None, date(2026, 12, 2)),))
    assert first_asked(Preference(), colleague(A), ended) == [A, B]
    assert first_asked(Preference(), colleague(A), until_today) == [B, A]


def test_a_week_begins_on_monday_by_the_clock_of_the_store():
    """What A did on Sunday evening does not weigh on Wednesday; what she did on Monday morning does."""
    sunday = Taken(at(PARIS, "2026-11-29", "21:00"), at(PARIS, "2026-11-30", "00:00"))
    monday = Taken(at(PARIS, "2026-11-30", "00:00"), at(PARIS, "2026-11-30", "01:00"))
    # the day asked for is Monday, so that its Sunday lies in the period
    kind = Kind(duration=60, step=60)

    def order(taken: Taken) -> list[int]:
        day = "2026-11-30"
        shift = ((HERE, at(PARIS, day, "10:00"), at(PARIS, day, "20:00")),)
        offer = asked(world(PARIS, day, kind=kind, workers=(Worker(A, shift, taken=(taken,)), Worker(B, shift))))
        start = at(PARIS, day, "10:00")
        return [person.id for person in in_order(offer, offer.free_at(start), start, Preference())]

    assert (order(sunday), order(monday)) == ([A, B], [B, A])
