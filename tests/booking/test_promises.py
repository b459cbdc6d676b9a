"""What a store promises, as instants written by hand. Paris is one hour ahead of UTC in winter, two in summer."""

from datetime import date, datetime

import pytest
from factories import SECRET, both, build, closed, lea, put, reserved, store
from sqlalchemy import func, select

from booking import invariants, promises
from booking.messages import Message
from booking.reservations import answering, asking, questions, timers
from booking.reservations.answering import Found
from booking.reservations.asking import NotExtendable, StoreClosed
from booking.reservations.states import Reason, Status
from booking.reservations.tables import Reservation
from booking.tasks import Kind, Task
from stores import catalogue, places

CHRISTMAS = {date(2026, 12, 25): "Noël", date(2026, 12, 26): "Saint-Étienne"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}+00:00")


@pytest.fixture
async def world(session, clock):
    return await build(session, now=clock(), staffed=False)


async def open_store(session, world, *, now, **values):
    """A store with five lamps, as it is read for a request."""
    exceptions = [closed(day, reason) for day, reason in values.pop("closed", {}).items()]
    place = store("essai", **values, exceptions=exceptions)
    session.add(place)
    await session.flush()
    await put(session, place, world.lamp, 5, now=now)
    return await places.find(session, "essai")


async def asked(session, world, *, now, **values):
    """A lamp reserved at that moment in a store with those values."""
    place = await open_store(session, world, now=now, **values)
    return await reserved(session, world, now=now, store=place)


@pytest.mark.parametrize(
    ("now", "values", "answer_by", "hold_until"),
    [
        # the clocks change in the night to Sunday 25 October: 20:00 is 18:00 UTC before, 19:00 UTC after
        ("10-22T10:00", {"hours_osm": "Mo-Su 10:00-20:00"}, "10-22T11:00", "10-24T18:00"),
        ("10-23T10:00", {"hours_osm": "Mo-Su 10:00-20:00"}, "10-23T11:00", "10-25T19:00"),
        ("10-24T10:00", {"hours_osm": "Mo-Su 10:00-20:00"}, "10-24T11:00", "10-26T19:00"),
        ("10-23T10:00", {}, "10-23T11:00", "10-26T19:00"),
        # over a closed Sunday
        ("11-21T11:00", {}, "11-21T12:00", "11-24T19:00"),
        ("11-20T11:00", {}, "11-20T12:00", "11-23T19:00"),
        # over the eleventh of November, a Wednesday
        ("11-10T11:00", {"closed": {date(2026, 11, 11): "Armistice"}}, "11-10T12:00", "11-13T19:00"),
        ("11-10T18:30", {"closed": {date(2026, 11, 11): "Armistice"}}, "11-12T09:30", "11-13T19:00"),
        # Strasbourg keeps the twenty-sixth of December too; the twenty-seventh is a Sunday
        ("12-24T11:00", {"region": "FR-6AE", "closed": CHRISTMAS}, "12-24T12:00", "12-29T19:00"),
        # La Réunion is four hours ahead and never changes: it is 23:00 there, then already tomorrow
        ("11-24T19:00", {"timezone": "Indian/Reunion", "region": "FR-974"}, "11-25T07:00", "11-26T16:00"),
        ("11-24T20:30", {"timezone": "Indian/Reunion", "region": "FR-974"}, "11-25T07:00", "11-27T16:00"),
        ("10-24T10:00", {"timezone": "Indian/Reunion", "region": "FR-974"}, "10-24T11:00", "10-27T16:00"),
        # five minutes before closing: 10:55 of the next morning, in Paris
        ("11-24T18:55", {}, "11-25T09:55", "11-26T19:00"),
        ("11-28T18:55", {}, "11-30T09:55", "12-01T19:00"),
        # the lunch break does not count
        ("11-24T11:00", {"hours_osm": "Mo-Sa 10:00-12:30,14:00-19:00"}, "11-24T13:30", "11-26T18:00"),
        ("11-24T12:00", {"hours_osm": "Mo-Sa 10:00-12:30,14:00-19:00"}, "11-24T14:00", "11-26T18:00"),
        # an hour before midnight and past it
        ("11-24T22:30", {"hours_osm": "Mo-Sa 18:00-01:00"}, "11-24T23:30", "11-27T00:00"),
        # a store that asks more of itself
        ("11-24T11:00", {"answer_minutes": 15, "hold_days": 1}, "11-24T11:15", "11-25T19:00"),
        ("11-24T11:00", {"answer_minutes": 1440, "hold_days": 7}, "11-26T15:00", "12-02T19:00"),
        # the last day it can still keep for two days; and one that opens next week
        ("11-27T11:00", {"closes_on": date(2026, 11, 30)}, "11-27T12:00", "11-30T19:00"),
        ("11-24T11:00", {"opens_on": date(2026, 12, 1)}, "12-01T10:00", "12-02T19:00"),
    ],
)
async def test_a_request_promises_an_answer_and_a_hold(now, values, answer_by, hold_until, session, world):
    reservation = await asked(session, world, now=at(now), **values)
    assert (reservation.answer_by, reservation.hold_until) == (at(answer_by), at(hold_until))
    said = promises.promise(reservation.store, at(now))
    assert (said.answer_by, said.hold_until) == (reservation.answer_by, reservation.hold_until)


async def test_alarms_count_open_minutes_too(session, world):
    reservation = await asked(session, world, now=at("11-24T18:55"))
    assert [reservation.amber_at, reservation.manager_at, reservation.group_at, reservation.unanswered_at] == [
        at("11-25T09:25"),
        at("11-25T09:40"),
        at("11-25T09:55"),
        at("11-25T10:55"),
    ]
    assert await timers.due(session, now=at("11-25T08:59")) == []


@pytest.mark.parametrize("now", ["11-28T11:00", "11-30T11:00", "12-01T11:00", "12-24T11:00"])
async def test_a_season_that_ends_before_the_hold_takes_no_request(now, session, world):
    place = await open_store(session, world, now=at(now), closes_on=date(2026, 11, 30))
    lamp = (await catalogue.find_variants(session, [world.lamp.sku]))[world.lamp.sku]
    with pytest.raises(StoreClosed):
        await asking.reserve(session, place, [(lamp, 1)], lea(), secret=SECRET, now=at(now))
    assert await session.scalar(select(func.count()).select_from(Reservation)) == 0
    assert await session.scalar(select(func.count()).select_from(Message)) == 0


async def test_a_link_confirmed_after_the_season_is_refused_in_words(session, world):
    place = await open_store(session, world, now=at("11-27T18:50"), closes_on=date(2026, 11, 30))
    lamp = (await catalogue.find_variants(session, [world.lamp.sku]))[world.lamp.sku]
    made = await asking.reserve(session, place, [(lamp, 1)], lea(), secret=SECRET, now=at("11-27T22:55"), suspect=True)
    reservation = await questions.get(session, made.reservation.id)
    with pytest.raises(StoreClosed):
        await asking.verify(session, reservation, now=at("11-27T23:05"))  # it is Saturday in Paris


# The last days of a season: what was promised is still answered, prepared, made good and ended


async def last_days(session, world):
    return await asked(session, world, now=at("11-27T11:00"), closes_on=date(2026, 11, 30))


async def test_on_the_last_day_it_is_ready_until_the_doors_close_for_good(session, world):
    reservation = await last_days(session, world)
    await answering.answer(session, reservation, {}, by="Inès", now=at("11-30T18:00"))
    assert reservation.ready_by == at("11-30T22:00")
    await answering.make_ready(session, reservation, by="Inès", now=at("11-30T18:30"))
    assert reservation.hold_until == at("11-30T19:00")
    with pytest.raises(NotExtendable):
        await asking.extend(session, reservation, by="Inès", now=at("11-30T18:40"))
    assert await timers.settle(session, reservation.id, now=at("11-30T19:00"))
    assert reservation.status == Status.EXPIRED
    assert await invariants.broken(session) == []


async def test_on_the_last_day_an_offer_stands_until_the_doors_close_for_good(session, world):
    reservation = await asked(session, world, now=at("11-27T11:00"), closes_on=date(2026, 11, 30))
    said = {reservation.lines[0].id: Found(0, Reason.SOLD)}
    await answering.answer(session, reservation, {}, by="Inès", now=at("11-30T10:00"))
    await answering.answer(session, reservation, said, by="Inès", now=at("11-30T11:00"))
    assert reservation.status == Status.DECLINED
    assert promises.proposal_until(reservation.store, at("11-30T11:00")) == at("11-30T19:00")
    (task,) = await session.scalars(select(Task).where(Task.kind == Kind.RECOVER))
    assert task.due_at == at("12-01T11:00")


@pytest.mark.parametrize("answered", [False, True])
async def test_after_the_last_day_time_still_ends_what_is_open(answered, session, world):
    reservation = await last_days(session, world)
    if answered:
        await answering.answer(session, reservation, {}, by="Inès", now=at("11-30T11:00"))
    assert await timers.settle(session, reservation.id, now=at("12-05T11:00"))
    assert reservation.status == (Status.EXPIRED if answered else Status.UNANSWERED)
    assert reservation.id not in await timers.due(session, now=at("12-06T11:00"))
    assert await invariants.broken(session) == []


# Later promises


async def test_four_hours_to_be_ready_are_open_hours(session, world):
    reservation = await asked(session, world, now=at("11-28T15:00"))
    await answering.answer(session, reservation, {}, by="Inès", now=at("11-28T17:00"))
    assert reservation.ready_by == at("11-30T11:00")


async def test_slow_to_be_ready_moves_the_end_of_the_hold_and_quick_does_not(session, world):
    quick = await asked(session, world, now=at("11-24T11:00"))
    slow = await reserved(session, world, now=at("11-24T11:00"), store=quick.store)
    await answering.make_ready(session, quick, by="Inès", now=at("11-24T11:30"))
    assert quick.hold_until == at("11-26T19:00")
    await answering.answer(session, slow, {}, by="Inès", now=at("11-24T11:30"))
    await answering.make_ready(session, slow, by="Inès", now=at("11-26T11:00"))
    assert slow.hold_until == at("11-28T19:00")


async def test_what_is_confirmed_late_may_still_be_made_ready_before_it_ends(session, world):
    """A store that takes a day and a half of open hours to answer, and keeps for one day."""
    reservation = await asked(session, world, now=at("11-24T11:00"), answer_minutes=1440, hold_days=1)
    assert reservation.hold_until == at("11-25T19:00")
    await answering.answer(session, reservation, {}, by="Inès", now=at("11-26T10:00"))
    assert (reservation.ready_by, reservation.hold_until) == (at("11-26T14:00"), at("11-27T19:00"))
    assert await timers.due(session, now=at("11-26T10:01")) == []


async def test_a_promise_moves_later_with_the_hours_and_never_earlier(session, world):
    reservation = await asked(session, world, now=at("11-24T18:55"))
    place = reservation.store
    place.exceptions.append(closed(date(2026, 11, 26), "Inventaire", "10:00-12:00"))
    await session.flush()
    await answering.make_ready(session, reservation, by="Inès", now=at("11-24T18:57"))
    assert (reservation.answer_by, reservation.hold_until) == (at("11-25T09:55"), at("11-26T19:00"))
    assert promises.promise(place, at("11-24T18:55")).hold_until == at("11-26T11:00")


@pytest.mark.parametrize(
    ("now", "values", "until"),
    [
        ("11-24T11:00", {}, "11-25T11:00"),
        ("11-21T18:30", {}, "11-22T18:30"),
        ("10-24T10:00", {}, "10-25T10:00"),  # 24 hours, though the wall shows 11:00
        ("11-24T11:00", {"exceptions": [(date(2026, 11, 25), "08:00-10:00")]}, "11-25T09:00"),
    ],
)
def test_an_offer_stands_for_a_day_or_until_the_next_closing(now, values, until):
    exceptions = [closed(day, hours=hours) for day, hours in values.get("exceptions", [])]
    assert promises.proposal_until(store(exceptions=exceptions), at(now)) == at(until)


@pytest.mark.parametrize(
    ("until", "extended", "reminded"),
    [
        ("11-26T19:00", "11-27T19:00", "11-27T09:00"),
        ("11-28T19:00", "11-30T19:00", "11-30T09:00"),
        ("10-24T18:00", "10-26T19:00", "10-26T09:00"),
    ],
)
def test_an_extension_is_one_open_day_and_its_reminder_the_morning_of_it(until, extended, reminded):
    place = store()
    assert promises.extension(place, at(until)) == at(extended)
    assert promises.remind_at(place, at(extended)) == at(reminded)


@pytest.mark.parametrize(
    ("hours", "reminded"),
    [("Mo-Sa 10:00-20:00", "11-26T09:00"), ("Mo-Sa 07:30-20:00", "11-26T08:00"), ("Mo-Sa 14:00-20:00", "11-26T13:00")],
)
def test_nobody_is_woken_before_nine(hours, reminded):
    assert promises.remind_at(store(hours_osm=hours), at("11-26T19:00")) == at(reminded)


async def test_a_day_with_hours_of_its_own_ends_the_hold_when_it_closes(session, world):
    place = await open_store(session, world, now=at("11-24T11:00"))
    place.exceptions.append(closed(date(2026, 11, 26), "Nocturne", "10:00-22:00"))
    reservation = await reserved(session, world, now=at("11-24T11:00"), store=place)
    assert reservation.hold_until == at("11-26T21:00")
    assert place.exceptions[0].reason == both("Nocturne")
