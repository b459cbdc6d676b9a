"""A week in a grid and in OpenStreetMap's words say the same; what a grid cannot say is not guessed."""

from datetime import date

import pytest
from factories import store
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import NotFound
from kit.languages import Translated
from stores import opening, places
from stores.hours import BadHours, Hours
from stores.opening import grid_of, osm_of, times_of

DAY = [(600, 1140)]
"""From ten to seven."""
BREAK = [(600, 750), (840, 1140)]


def every(spans, *closed):
    return [[] if number in closed else list(spans) for number in range(7)]


@pytest.mark.parametrize(
    ("osm", "grid"),
    [
        ("Mo-Sa 10:00-19:00", every(DAY, 6)),
        ("Mo-Sa 10:00-12:30,14:00-19:00; Su off", every(BREAK, 6)),
        ("10:00-19:00", every(DAY)),
        ("Sa-Mo 10:00-19:00", every(DAY, 1, 2, 3, 4)),
        ("Mo-Fr 10:00-19:00; We off", every(DAY, 2, 5, 6)),
        ("Mo-Su 00:00-24:00", every([(0, 1440)])),
        ("Fr 22:00-02:00, Sa 10:00-12:00", [[], [], [], [], [(1320, 1560)], [(600, 720)], []]),
    ],
)
def test_hours_of_days_and_times_are_a_grid(osm, grid):
    assert grid_of(osm) == grid
    assert grid_of(osm_of(grid)) == grid


@pytest.mark.parametrize(
    "osm",
    [
        "24/7",
        "Apr-Oct Mo-Su 10:00-20:00",
        "week 1-53/2 Mo 10:00-19:00",
        '"by appointment"; Mo 10:00-12:00',
        "Mo 08:00-09:00,10:00-11:00,12:00-13:00,14:00-15:00",
        "Mo-Fr 10:00-20:00; PH off",
        "2027 Mo 10:00-12:00",
    ],
)
def test_what_a_grid_cannot_say_is_not_guessed(osm):
    assert grid_of(osm) is None


def test_days_with_the_same_hours_stand_together():
    grid = every(DAY, 6)
    grid[3] = [(600, 1260)]
    assert osm_of(grid) == "Mo-We,Fr-Sa 10:00-19:00; Th 10:00-21:00"


def test_a_week_that_never_opens_and_one_that_runs_into_itself_are_refused():
    with pytest.raises(BadHours) as never:
        osm_of(every([]))
    assert never.value.reason == "never"
    late = every([], 0)
    late[0], late[1] = [(1320, 1440 + 300)], [(240, 600)]
    with pytest.raises(BadHours):
        osm_of(late)


def a_day():
    """Up to three openings in a day, in fives, the last one perhaps into the night."""
    moments = st.lists(st.integers(72, 330), min_size=0, max_size=6, unique=True)
    return (
        moments.map(sorted)
        .map(lambda found: [(found[i] * 5, found[i + 1] * 5) for i in range(0, len(found) - 1, 2)])
        .filter(lambda spans: all(opens < 1440 for opens, _ in spans))
    )


@given(st.lists(a_day(), min_size=7, max_size=7).filter(any))
def test_any_week_comes_back_as_it_was_drawn(grid):
    assert grid_of(osm_of(grid)) == grid


def test_the_hours_of_one_day_are_written_as_hours_reads_them():
    assert times_of([]) == "off"
    day = date(2026, 12, 24)
    written = Hours("24/7", "UTC", {day: times_of([(600, 750), (1320, 1560)])}).day_spans(day)
    assert [f"{span.start:%H:%M}-{span.end:%H:%M}" for span in written] == ["10:00-12:30", "22:00-02:00"]


def test_holidays_are_those_of_the_region_and_of_a_year():
    today = date(2026, 11, 24)
    paris = opening.holidays_ahead(store(), today)
    strasbourg = opening.holidays_ahead(store(region="FR-6AE"), today)
    assert paris[date(2026, 12, 25)] == {"fr": "Noël", "en": "Christmas Day"}
    assert date(2026, 12, 26) not in paris and date(2026, 12, 26) in strasbourg
    assert min(paris) >= today and max(paris) <= date(2027, 11, 24)
    assert opening.holidays_ahead(store(region="XX"), today) == {}


async def test_an_exceptional_day_is_set_changed_and_taken_back(session):
    session.add(store())
    await session.flush()
    rivoli = await opening.take(session, "rivoli", store_ids=None)
    day, why = date(2026, 12, 24), Translated(fr="Réveillon", en="Christmas Eve")
    assert await opening.set_day(session, rivoli, day, "off", why) is None
    assert await opening.set_day(session, rivoli, day, "10:00-18:00", why) == "off"
    session.expunge_all()
    again = await places.find(session, "rivoli")
    assert [(one.day, one.hours, one.reason) for one in again.exceptions] == [(day, "10:00-18:00", why)]
    assert await opening.remove_day(session, again, day) == "10:00-18:00"
    assert await opening.remove_day(session, again, day) is None
    session.expunge_all()
    assert (await places.find(session, "rivoli")).exceptions == []


async def test_another_store_is_not_there(session):
    session.add(store())
    await session.flush()
    with pytest.raises(NotFound):
        await opening.take(session, "rivoli", store_ids=frozenset())
