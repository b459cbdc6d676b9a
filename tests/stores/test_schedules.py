"""Nadia's weeks: patterns made into shifts, days taken out, two stores on one day; and spaces, which have diaries."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta

import pytest
from factories import WEEK, advise, both, build
from sqlalchemy import select

from kit.errors import NotFound
from stores import advisors, places, resources, schedules, spaces
from stores.schedules import BadSpan, Shift

NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)
"""A Tuesday."""


@pytest.fixture
async def world(session):
    return await build(session, now=NOON)


@pytest.fixture
async def desk(session, world):
    return await advise(session, world, now=NOON)


async def revision(session, resource_id):
    return await session.scalar(select(resources.Resource.revision).where(resources.Resource.id == resource_id))


async def shifts(session, advisor, *, cancelled=False):
    query = select(Shift).where(Shift.advisor_id == advisor.id, Shift.cancelled == cancelled).order_by(Shift.starts_at)
    return (await session.scalars(query.execution_options(populate_existing=True))).all()


def clock(store, shift):
    """Her hours on the wall of the store."""
    return store.local(shift.starts_at).time(), store.local(shift.ends_at).time()


async def test_a_week_is_made_thirteen_weeks_ahead_and_repeats_nothing(session, world, desk):
    made = await shifts(session, desk.nadia)
    assert {shift.day.weekday() for shift in made} == {0, 1, 2, 3, 4, 5}
    assert (made[0].day, made[-1].day) == (TODAY, TODAY + timedelta(weeks=13))
    before = await revision(session, desk.nadia.id)
    assert await schedules.generate(session, [world.rivoli], now=NOON) == 0
    assert len(await shifts(session, desk.nadia)) == len(made)
    assert await revision(session, desk.nadia.id) == before
    assert await schedules.generate(session, [world.rivoli], now=NOON + timedelta(days=7)) == 12  # six days of two
    assert await revision(session, desk.nadia.id) == before + 1


@pytest.mark.parametrize("sunday", [date(2027, 3, 28), date(2027, 10, 31)])
async def test_the_wall_clock_rules_across_the_change_of_the_hour(session, world, desk, sunday):
    """10:00 stays 10:00 on the day of the change and after it; the night shift lasts as long as the night does."""
    now = datetime.combine(sunday - timedelta(days=10), time(12), UTC)
    week = [(day, 600, 1140) for day in range(7)] + [(5, 1320, 1800)]
    await schedules.set_week(
        session, desk.karim.id, world.rivoli, week, valid_from=world.rivoli.local(now).date(), now=now
    )
    made = [s for s in await shifts(session, desk.karim) if abs(s.day - sunday) <= timedelta(days=8) and s.day > TODAY]
    by_day = [shift for shift in made if shift.starts_at.astimezone(world.rivoli.zone).hour == 10]
    assert {clock(world.rivoli, shift) for shift in by_day} == {(time(10), time(19))}
    assert {shift.day for shift in by_day} >= {sunday - timedelta(days=1), sunday, sunday + timedelta(days=1)}
    night = next(s for s in made if s.day == sunday - timedelta(days=1) and s not in by_day)
    assert clock(world.rivoli, night) == (time(22), time(6))
    assert night.ends_at - night.starts_at == timedelta(hours=7 if sunday.month == 3 else 9)


async def test_a_new_week_begins_on_its_day_and_leaves_what_was_before(session, world, desk):
    monday = date(2026, 12, 7)
    await schedules.set_week(session, desk.nadia.id, world.rivoli, [(0, 780, 1080)], valid_from=monday, now=NOON)
    made = await shifts(session, desk.nadia)
    assert {shift.day for shift in made if shift.day < monday} == {
        TODAY + timedelta(days=n) for n in range(13) if (TODAY + timedelta(days=n)).weekday() != 6
    }
    assert {(shift.day.weekday(), *clock(world.rivoli, shift)) for shift in made if shift.day >= monday} == {
        (0, time(13), time(18))
    }


async def test_a_new_week_from_today_also_replaces_the_hours_that_have_begun(session, world, desk):
    await schedules.set_week(session, desk.nadia.id, world.rivoli, [(1, 600, 840)], valid_from=TODAY, now=NOON)
    today = [shift for shift in await shifts(session, desk.nadia) if shift.day == TODAY]
    assert [clock(world.rivoli, shift) for shift in today] == [(time(10), time(14))]


async def test_a_week_planned_and_replanned_leaves_no_trace(session, world, desk):
    for begins in (600, 660):
        await schedules.set_week(
            session, desk.nadia.id, world.rivoli, [(2, begins, 1080)], valid_from=date(2026, 12, 7), now=NOON
        )
    patterns = await schedules.patterns_of(session, desk.nadia.id)
    assert [p.begins for p in patterns if p.valid_until is None] == [660]
    assert all(p.valid_from <= p.valid_until for p in patterns if p.valid_until)
    assert set(Counter(s.day for s in await shifts(session, desk.nadia)).values()) == {1}


async def test_a_day_that_was_taken_out_stays_out(session, world, desk):
    """Not by the next generation, and not by a new week either; until it is given back."""
    day = date(2026, 12, 24)
    assert await schedules.cancel_day(session, desk.nadia.id, world.rivoli.id, day) == 1
    await schedules.generate(session, [world.rivoli], now=NOON + timedelta(days=1))
    await schedules.set_week(session, desk.nadia.id, world.rivoli, [(3, 540, 900)], valid_from=TODAY, now=NOON)
    assert day not in {shift.day for shift in await shifts(session, desk.nadia)}
    assert [clock(world.rivoli, s) for s in await shifts(session, desk.nadia, cancelled=True)] == [(time(9), time(15))]
    assert await schedules.restore_day(session, desk.nadia.id, world.rivoli.id, day) == 1
    assert day in {shift.day for shift in await shifts(session, desk.nadia)}


async def test_an_extra_shift_survives_a_new_week(session, world, desk):
    sunday = datetime(2026, 12, 6, 9, tzinfo=UTC)
    await schedules.add_shift(session, desk.nadia.id, world.rivoli, sunday, sunday + timedelta(hours=8))
    await schedules.set_week(session, desk.nadia.id, world.rivoli, [], valid_from=TODAY, now=NOON)
    assert [shift.day for shift in await shifts(session, desk.nadia)] == [date(2026, 12, 6)]
    with pytest.raises(BadSpan):
        await schedules.add_shift(session, desk.nadia.id, world.rivoli, sunday, sunday)


async def test_she_may_work_in_two_stores_on_one_day_but_not_at_once(session, world, desk):
    since = NOON
    await schedules.set_week(session, desk.nadia.id, world.rivoli, [(2, 600, 780)], valid_from=TODAY, now=NOON)
    await schedules.set_week(session, desk.nadia.id, world.lyon, [(2, 900, 1140)], valid_from=TODAY, now=NOON)
    assert await schedules.clash(session, desk.nadia.id, world.lyon.id, since=since) is None
    await schedules.set_week(session, desk.nadia.id, world.lyon, [(2, 720, 1140)], valid_from=TODAY, now=NOON)
    crossed = await schedules.clash(session, desk.nadia.id, world.lyon.id, since=since)
    assert (crossed.store_id, crossed.day) == (world.rivoli.id, date(2026, 11, 25))
    assert {p.store_id for p in await schedules.patterns_of(session, desk.nadia.id)} == {world.rivoli.id, world.lyon.id}


async def test_whatever_changes_a_diary_raises_its_revision(session, world, desk):
    nadia, rivoli = desk.nadia, await places.find(session, "rivoli")
    day = datetime(2026, 12, 6, 9, tzinfo=UTC)
    changes = [
        lambda: schedules.set_week(session, nadia.id, rivoli, WEEK, valid_from=TODAY, now=NOON),
        lambda: schedules.add_shift(session, nadia.id, rivoli, day, day + timedelta(hours=1)),
        lambda: schedules.cancel_day(session, nadia.id, rivoli.id, day.date()),
        lambda: schedules.restore_day(session, nadia.id, rivoli.id, day.date()),
        lambda: schedules.add_time_off(
            session, nadia.id, day, day + timedelta(days=1), kind="leave", by="Hélène", now=NOON
        ),
        lambda: advisors.save(session, nadia, bookable=False, daily_max=3),
        lambda: advisors.set_skills(session, nadia, []),
    ]
    for change in changes:
        before = await revision(session, nadia.id)
        await change()
        assert await revision(session, nadia.id) > before
    before = await revision(session, desk.corner.id)
    await spaces.save(session, desk.corner, active=False)
    assert await revision(session, desk.corner.id) == before + 1


async def test_skills_have_days_and_go_when_they_are_not_named_any_more(session, world, desk):
    light, kitchens = desk.skills["light"], desk.skills["kitchens"]
    await advisors.set_skills(session, desk.nadia, [(kitchens, TODAY, None), (light, None, date(2026, 12, 31))])
    nadia = await advisors.take(session, "nadia", store_ids=frozenset([world.rivoli.id]))
    assert nadia.knows(light.id, date(2026, 12, 31)) and not nadia.knows(light.id, date(2027, 1, 1))
    assert nadia.knows(kitchens.id, TODAY) and not nadia.knows(kitchens.id, TODAY - timedelta(days=1))
    with pytest.raises(advisors.BadDays):
        await advisors.set_skills(session, nadia, [(light, TODAY, TODAY - timedelta(days=1))])
    await advisors.set_skills(session, nadia, [(light, None, None)])
    nadia = await advisors.take(session, "nadia", store_ids=None)
    assert [one.skill.code for one in nadia.skills] == ["light"]
    with pytest.raises(NotFound):
        await advisors.take(session, "nadia", store_ids=frozenset([world.kleber.id]))


async def test_a_space_is_its_stores_own(session, world, desk):
    await spaces.save(session, desk.corner, name=both("Le comptoir", "The counter"), capacity=2)
    space = await spaces.take(session, desk.corner.id, store_ids=frozenset([world.rivoli.id]))
    assert (space.name.text("en"), space.capacity) == ("The counter", 2)
    assert await spaces.kinds(session) == ["kitchen_corner"]
    with pytest.raises(NotFound):
        await spaces.take(session, desk.corner.id, store_ids=frozenset([world.kleber.id]))
