"""Reminders, with the real loop of delivery and a clock that jumps: the day before, two hours before, once, or not.

The worker is down for hours, the clocks change, Léa moves her appointment twice: she is reminded of what is true.
"""

from datetime import UTC, datetime, timedelta

import pytest
from conftest import NOON
from factories import Desk, World, advise, booked, build, lea
from sqlalchemy import select

from booking import letters, messages
from booking.appointments import asking, questions, receiving, telling
from booking.appointments.tables import Appointment
from booking.channels import Channels
from booking.mailbox import DemoMail
from booking.messages import Message, State
from stores import schedules
from stores.places import Store
from web.delivery import deliver

THURSDAY = datetime(2026, 11, 26, 13, 30, tzinfo=UTC)
"""14 h 30 in Paris; the day before is a Wednesday."""
THE_DAY_BEFORE = THURSDAY - timedelta(days=1)


@pytest.fixture
async def world(database) -> World:
    async with database.work() as session:
        return await build(session, now=NOON)


@pytest.fixture
async def desk(database, world) -> Desk:
    async with database.work() as session:
        return await advise(session, world, now=NOON)


@pytest.fixture
def worker(database, settings, clock):
    """Sends what is due, as the worker does when it is up."""

    async def sends() -> None:
        while await deliver(database, Channels(settings), settings, clock):
            pass

    return sends


async def book(database, world, desk, start: datetime, *, now: datetime = NOON, **brief) -> Appointment:
    async with database.work() as session:
        return await booked(session, world, desk, start, now=now, brief=asking.Brief(**brief))


async def move(database, one: Appointment, to: datetime, *, now: datetime) -> None:
    async with database.work() as session:
        await asking.reschedule(session, await questions.get(session, one.id), to, now=now)


async def sent(database, *templates: str) -> list[DemoMail]:
    async with database.work(readonly=True) as session:
        found = await session.scalars(select(DemoMail).order_by(DemoMail.at))
        return [mail for mail in found if mail.template in templates]


async def dropped(database) -> list[str]:
    async with database.work(readonly=True) as session:
        query = select(Message.reason).where(Message.state == State.DROPPED, Message.reminder)
        return sorted(await session.scalars(query))


async def test_the_day_before_at_the_same_hour_and_two_hours_before_if_she_asked(database, world, desk, worker, clock):
    await book(database, world, desk, THURSDAY, remind_soon=True)
    clock.to(THE_DAY_BEFORE - timedelta(seconds=1))
    await worker()
    assert await sent(database, "appointment_reminder", "appointment_soon") == []
    clock.to(THE_DAY_BEFORE)
    await worker()
    await worker()
    (mail,) = await sent(database, "appointment_reminder")
    assert mail.subject.startswith("Demain, 14\u00a0h\u00a030\u202f: votre rendez-vous avec ")
    clock.to(THURSDAY - timedelta(hours=2, seconds=1))
    await worker()
    assert await sent(database, "appointment_soon") == []
    clock.to(THURSDAY - timedelta(hours=2))
    await worker()
    (mail,) = await sent(database, "appointment_soon")
    assert "vous attend aujourd’hui à 14" in mail.text


async def test_who_did_not_ask_is_not_reminded_two_hours_before(database, world, desk, worker, clock):
    await book(database, world, desk, THURSDAY)
    clock.to(THURSDAY - timedelta(hours=1))
    await worker()
    assert await sent(database, "appointment_soon") == []


async def test_moved_twice_while_the_worker_is_down_for_five_hours_she_is_reminded_once(
    database, world, desk, worker, clock
):
    """Down on Wednesday from 10:00 to 15:00; at 11:00 she moves from 14:30 to 15:30, at 12:00 to 17:00."""
    one = await book(database, world, desk, THURSDAY, remind_soon=True)
    await worker()
    assert len(await sent(database, "appointment_confirmed")) == 1
    for hour, to in ((10, THURSDAY + timedelta(hours=1)), (11, THURSDAY + timedelta(hours=2, minutes=30))):
        clock.to(datetime(2026, 11, 25, hour, tzinfo=UTC))
        await move(database, one, to, now=clock())
    clock.to(datetime(2026, 11, 25, 14, tzinfo=UTC))
    await worker()
    (moved,) = await sent(database, "appointment_moved")
    assert "à 17\u00a0h" in moved.subject
    assert "Ancien horaire\u202f: jeudi 26 novembre à 14\u00a0h\u00a030" in moved.text
    assert await sent(database, "appointment_reminder") == [], "14:30 and 15:30 are over, 17:00 is to come"
    for minutes in (0, 30, 60, 90, 119):
        clock.to(THE_DAY_BEFORE + timedelta(minutes=minutes + 30))
        await worker()
    clock.to(THE_DAY_BEFORE + timedelta(hours=2, minutes=30))
    await worker()
    (reminder,) = await sent(database, "appointment_reminder")
    assert "17\u00a0h" in reminder.subject and reminder.at == THE_DAY_BEFORE + timedelta(hours=2, minutes=30)
    clock.to(THURSDAY + timedelta(hours=3))
    await worker()
    assert len(await sent(database, "appointment_reminder")) == 1
    assert await sent(database, "appointment_soon") == [], "down again until the appointment was over"
    assert await dropped(database) == ["too late for a reminder", *["withdrawn"] * 4]


async def test_a_reminder_that_is_taken_for_sending_while_she_moves_is_dropped(database, world, desk, settings, clock):
    """The worker has claimed it when the move comes: what it reads then is another time."""
    one = await book(database, world, desk, THURSDAY)
    clock.to(THE_DAY_BEFORE)

    async with database.work() as session:
        claimed = await messages.claim(session, now=clock())
    await move(database, one, THURSDAY + timedelta(hours=2), now=clock())
    hers = [message for message in claimed if message.recipient == "shopper"]
    assert {message.template for message in hers} == {"appointment_confirmed", "appointment_reminder"}
    for message in hers:
        async with database.work() as session:
            letter = await letters.compose(session, message, settings=settings, now=clock())
        assert letter == letters.Dropped("about a time that has changed")


async def test_two_hours_late_it_is_still_of_use_and_then_no_more(database, world, desk, worker, clock):
    await book(database, world, desk, THURSDAY)
    other = THURSDAY + timedelta(hours=1)
    await book(database, world, desk, other)
    clock.to(THE_DAY_BEFORE + timedelta(hours=2, minutes=30))
    await worker()
    (mail,) = await sent(database, "appointment_reminder")
    assert "15\u00a0h\u00a030" in mail.subject
    assert await dropped(database) == ["too late for a reminder"]


async def test_booked_for_tomorrow_she_is_not_told_the_same_thing_twice(database, world, desk, worker, clock):
    await book(database, world, desk, NOON + timedelta(hours=22, minutes=30), remind_soon=True)
    for hours in range(22):
        clock.to(NOON + timedelta(hours=hours, minutes=30))
        await worker()
    assert await sent(database, "appointment_reminder") == []
    assert len(await sent(database, "appointment_soon")) == 1


async def test_after_a_cancellation_nobody_is_expected(database, world, desk, worker, clock):
    one = await book(database, world, desk, THURSDAY, remind_soon=True)
    async with database.work() as session:
        await asking.cancel(session, await questions.get(session, one.id), now=clock())
    clock.to(THURSDAY - timedelta(hours=2))
    await worker()
    assert await sent(database, "appointment_reminder", "appointment_soon") == []
    assert await dropped(database) == ["withdrawn", "withdrawn"]


async def test_who_is_there_early_is_not_reminded(database, world, desk, worker, clock):
    one = await book(database, world, desk, THURSDAY, remind_soon=True)
    async with database.work() as session:
        early = THURSDAY - timedelta(hours=2)
        await receiving.arrive(session, await questions.get(session, one.id), by="Inès", now=early)
    clock.to(THURSDAY - timedelta(hours=2))
    await worker()
    assert await sent(database, "appointment_soon") == []


async def test_when_only_the_advisor_changes_she_is_reminded_once(database, world, desk, worker, clock):
    one = await book(database, world, desk, THURSDAY)
    clock.to(THE_DAY_BEFORE)
    await worker()
    async with database.work() as session:
        found = await questions.get(session, one.id)
        other = desk.karim if found.advisor_id == desk.nadia.id else desk.nadia
        await asking.reschedule(session, found, THURSDAY, advisor_id=other.id, by="Hélène", now=clock())
    for hours in (1, 5, 20):
        clock.to(THE_DAY_BEFORE + timedelta(hours=hours))
        await worker()
    assert len(await sent(database, "appointment_reminder")) == 1


async def test_who_wants_sms_is_reminded_by_sms(database, world, desk, worker, clock):
    mobile = lea(phone="+33639980123", contact="sms")
    async with database.work() as session:
        await booked(session, world, desk, THURSDAY, now=NOON, customer=mobile)
    clock.to(THE_DAY_BEFORE)
    await worker()
    (sms,) = await sent(database, "appointment_reminder")
    assert (sms.channel, sms.to) == ("sms", "+33639980123")
    (mail,) = await sent(database, "appointment_confirmed")
    assert mail.channel == "email", "a form alone sets off no SMS"


# The clocks change


async def far_ahead(database, world, desk, start: datetime, *, timezone: str = "Europe/Paris") -> Appointment:
    """Booked on 1 March 2027, in a store that is open on Sundays too."""
    march = datetime(2027, 3, 1, 11, tzinfo=UTC)
    async with database.work() as session:
        store = await session.get_one(Store, world.rivoli.id)
        store.hours_osm, store.timezone = "Mo-Su 00:00-24:00", timezone
        for one in (desk.nadia, desk.karim):
            await schedules.set_week(
                session, one.id, store, [(day, 0, 1440) for day in range(7)], valid_from=march.date(), now=march
            )
    return await book(database, world, desk, start, now=march)


@pytest.mark.parametrize(
    ("start", "reminded"),
    [
        # the Sunday on which the clocks go forward, 10:00 in summer time: Saturday 10:00 in winter time
        (datetime(2027, 3, 28, 8, tzinfo=UTC), datetime(2027, 3, 27, 9, tzinfo=UTC)),
        # 10:00 in April, booked in March: 10:00 the day before
        (datetime(2027, 4, 7, 8, tzinfo=UTC), datetime(2027, 4, 6, 8, tzinfo=UTC)),
        # Monday 2:30; on Sunday 2:30 does not exist, and its reminder goes with the first minute that does
        (datetime(2027, 3, 29, 0, 30, tzinfo=UTC), datetime(2027, 3, 28, 1, tzinfo=UTC)),
    ],
)
async def test_the_wall_clock_of_the_store_decides_when_the_day_before_is(
    start, reminded, database, world, desk, worker, clock
):
    await far_ahead(database, world, desk, start)
    clock.to(datetime(2027, 3, 1, 12, tzinfo=UTC))
    await worker()
    clock.to(reminded - timedelta(seconds=1))
    await worker()
    assert await sent(database, "appointment_reminder") == []
    clock.to(reminded)
    await worker()
    clock.to(reminded + timedelta(hours=1, minutes=30))
    await worker()
    (mail,) = await sent(database, "appointment_reminder")
    assert mail.at == reminded
    assert mail.subject.startswith("Demain, "), mail.subject


async def test_the_store_on_the_island_reminds_by_its_own_clock(database, world, desk, worker, clock):
    """10:00 in Saint-Denis is 6:00 UTC, in summer and in winter."""
    start = datetime(2027, 3, 29, 6, tzinfo=UTC)
    one = await far_ahead(database, world, desk, start, timezone="Indian/Reunion")
    async with database.work(readonly=True) as session:
        assert telling.remind_at(await questions.get(session, one.id)) == start - timedelta(days=1)
    clock.to(start - timedelta(days=1))
    await worker()
    (mail,) = await sent(database, "appointment_reminder")
    assert "10\u00a0h (heure de La Réunion)" in mail.text
