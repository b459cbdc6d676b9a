"""When the hours of a store change, its promises move later, never earlier; who was told a day is told the new one."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from factories import both, build, reserved
from sqlalchemy import select

from booking import journal
from booking.messages import Message
from booking.reservations import answering, asking, postponing, questions
from stores import opening, places

NOW = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
"""Tuesday, noon in Paris; Rivoli opens from Monday to Saturday, 10:00 to 20:00."""
THURSDAY, FRIDAY = date(2026, 11, 26), date(2026, 11, 27)


def evening(day: date, hour: int = 20) -> datetime:
    return datetime(day.year, day.month, day.day, hour - 1, tzinfo=UTC)


@pytest.fixture
async def world(session):
    return await build(session, now=NOW)


@pytest.fixture
async def lea(session, world):
    """Her lamp is held until Thursday evening; she has no answer yet."""
    return await reserved(session, world, now=NOW)


@pytest.fixture
async def ready(session, lea):
    """It waits at the desk."""
    await answering.make_ready(session, lea, place="B-3", by="Inès", now=NOW)
    return await questions.get(session, lea.id)


async def change(session, *, now=NOW, osm=None, days=None):
    """The hours of Rivoli become these; returns what was planned."""
    store = await places.find(session, "rivoli")
    before = store.hours
    if osm:
        await places.save(session, store, hours_osm=osm)
    for day, hours in (days or {}).items():
        await opening.set_day(session, store, day, hours, both("Travaux", "Works"))
    planned = await postponing.plan(session, store, before, store.hours, now=now)
    await postponing.postpone(session, store, planned, by="Solène", now=now)
    return planned


async def told(session, template) -> int:
    return len((await session.scalars(select(Message).where(Message.template == template))).all())


async def test_a_day_that_closes_moves_the_end_to_the_next_closing(session, lea):
    assert lea.hold_until == evening(THURSDAY)
    await change(session, days={THURSDAY: "off"})
    assert (await questions.get(session, lea.id)).hold_until == evening(FRIDAY)


async def test_a_day_in_between_that_closes_counts_as_none(session, lea):
    await change(session, days={date(2026, 11, 25): "off"})
    assert (await questions.get(session, lea.id)).hold_until == evening(FRIDAY)


async def test_a_last_day_that_ends_before_what_was_promised_is_followed_by_another(session, lea):
    await change(session, days={THURSDAY: "10:00-17:00"})
    assert (await questions.get(session, lea.id)).hold_until == evening(FRIDAY)


async def test_longer_hours_move_it_to_the_later_closing_of_the_same_day_and_tell_nobody(session, ready):
    await change(session, days={THURSDAY: "10:00-22:00"})
    assert (await questions.get(session, ready.id)).hold_until == evening(THURSDAY, 22)
    assert await told(session, "extended") == 0


@pytest.mark.parametrize("osm", ["Mo-Su 08:00-20:00", "Mo-Su 10:00-20:00", "Mo-Sa 09:00-20:00; Su 14:00-20:00"])
async def test_more_openings_move_nothing_earlier(session, lea, osm):
    before = {name: getattr(lea, name) for name in (*postponing.ANSWERS, "hold_until")}
    await change(session, osm=osm)
    after = await questions.get(session, lea.id)
    assert {name: getattr(after, name) for name in before} == before


async def test_an_answer_keeps_the_open_minutes_that_are_left_of_it(session, lea):
    assert lea.answer_by == NOW + timedelta(minutes=60)
    later = NOW + timedelta(minutes=20)
    await change(session, now=later, days={date(2026, 11, 24): "10:00-12:30"})
    moved = await questions.get(session, lea.id)
    # ten of the forty minutes today, thirty from Wednesday's opening on
    assert moved.answer_by == datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
    assert moved.amber_at == lea.amber_at == NOW + timedelta(minutes=30)
    assert moved.unanswered_at > moved.answer_by


async def test_who_was_told_a_day_is_told_the_new_one_once_and_reminded_then(session, ready):
    await change(session, days={THURSDAY: "off"})
    assert await told(session, "extended") == 1
    reminders = (await session.scalars(select(Message).where(Message.template == "reminder"))).all()
    assert [one.due_at for one in reminders if one.state == "pending"] == [datetime(2026, 11, 27, 9, tzinfo=UTC)]
    await change(session, days={THURSDAY: "off"})
    assert await told(session, "extended") == 1
    entries = [one for one in await journal.of(session, "reservation", ready.id) if one.event == "postponed"]
    assert [(one.by, one.detail["hold_until"]) for one in entries] == [("Solène", evening(FRIDAY).isoformat())]


async def test_who_waits_for_an_answer_is_not_written_to(session, lea):
    await change(session, days={THURSDAY: "off"})
    assert await told(session, "extended") == 0


async def test_what_is_over_stays_as_it_was(session, ready):
    await asking.cancel(session, ready, now=NOW)
    assert await change(session, days={THURSDAY: "off"}) == []


async def test_a_store_that_does_not_open_again_keeps_its_word_and_says_so(session, lea):
    store = await places.find(session, "rivoli")
    before = store.hours
    after = replace(before, closes_on=date(2026, 11, 25))
    (planned,) = await postponing.plan(session, store, before, after, now=NOW)
    assert planned.unkept and "hold_until" not in planned.values


async def test_another_hour_after_midnight_belongs_to_the_evening_before(session, lea):
    """Seen at one in the morning of the night that ends the hold, when only the evening after changes."""
    store = await places.find(session, "rivoli")
    before = replace(store.hours, osm="Mo-Su 22:00-02:00")
    until, now = datetime(2026, 11, 26, 1, tzinfo=UTC), datetime(2026, 11, 26, 0, tzinfo=UTC)
    await session.execute(postponing.Reservation.__table__.update().values(hold_until=until))
    session.expunge_all()
    store = await places.find(session, "rivoli")
    after = replace(before, exceptions={THURSDAY: "22:00-04:00"})
    assert await postponing.plan(session, store, before, after, now=now) == []
