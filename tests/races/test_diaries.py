"""Many people want the same advisor at once, on connections of their own: one has the time, the others the nearest."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from factories import Desk, World, advise, advisor, booked, build, lea
from sqlalchemy import func, select, text

from booking import blocks, invariants
from booking.appointments import asking, holding, questions
from booking.appointments.placing import SlotTaken
from booking.appointments.states import MovedOn, Status
from booking.appointments.tables import Appointment
from booking.blocks import Block, SlotHold
from kit.db import Database
from stores import places, resources, schedules

pytestmark = pytest.mark.race

CLIENTS, ROUNDS = 16, 40
LONG = timedelta(minutes=60)


@dataclass
class Rivoli:
    """A store where Nadia and Karim receive, on a database that commits."""

    database: Database
    world: World
    desk: Desk
    now: datetime

    async def book(self, start, *, who=None, number=0, **over):
        async with self.database.work() as session:
            made = await booked(
                session, self.world, self.desk, start, now=self.now, advisor=who,
                customer=lea(email=f"lea{number}@exemple.fr"), **over,
            )  # fmt: skip
            return made.id

    async def broken(self):
        async with self.database.work(readonly=True) as session:
            return await invariants.broken(session)

    async def count(self, what=Appointment.id):
        async with self.database.work(readonly=True) as session:
            return await session.scalar(select(func.count(what)))

    async def deadlocks(self):
        async with self.database.work(readonly=True) as session:
            await session.execute(text("select pg_stat_clear_snapshot()"))
            query = "select deadlocks from pg_stat_database where datname = current_database()"
            return await session.scalar(text(query))


@pytest.fixture
async def rivoli(database, clock):
    quiet = Database(database.engine)
    async with quiet.work() as session:
        world = await build(session, now=clock(), staffed=False)
        desk = await advise(session, world, now=clock())
        desk.lighting.duration, desk.lighting.step = 60, 15
        desk.lighting.preparation = desk.lighting.wrap_up = 0
    return Rivoli(quiet, world, desk, clock())


def rounds():
    """Forty times of the coming open days, two hours apart, so that no round touches another."""
    found = []
    day = datetime(2026, 11, 25, tzinfo=UTC)
    while len(found) < ROUNDS:
        if day.weekday() != 6:
            found += [day + timedelta(hours=hour) for hour in (10, 12, 14, 16)]
        day += timedelta(days=1)
    return found[:ROUNDS]


async def at_once(*actors):
    """Run them from one starting line; outcomes and refusals come back."""
    line = asyncio.Barrier(len(actors))

    async def one(act):
        await line.wait()
        return await act()

    return await asyncio.gather(*(one(act) for act in actors), return_exceptions=True)


async def storm(book):
    """Sixteen clients, forty rounds, starts of which any two overlap: how often each outcome came."""
    outcomes = Counter()
    for base in rounds():
        starts = [base + timedelta(minutes=15 * (number % 4)) for number in range(CLIENTS)]
        for outcome in await at_once(*(lambda start=start, n=n: book(start, n) for n, start in enumerate(starts))):
            outcomes["booked" if isinstance(outcome, int) else type(outcome).__name__] += 1
    return outcomes


async def overlaps(database, table):
    query = f"""select count(*) from {table} a join {table} b
                on a.resource_id = b.resource_id and a.id < b.id and a.during && b.during"""
    async with database.work(readonly=True) as session:
        return await session.scalar(text(query))


async def test_sixteen_people_forty_times_want_one_advisor(rivoli):
    outcomes = await storm(lambda start, n: rivoli.book(start, who=rivoli.desk.nadia, number=n))
    assert outcomes == {"booked": ROUNDS, "SlotTaken": (CLIENTS - 1) * ROUNDS}
    assert await overlaps(rivoli.database, "block") == 0
    assert await rivoli.broken() == []


# The same storm over what others do: https://github.com/calcom/cal.com/pull/28151 proposes the second


@pytest.fixture
async def naive(rivoli):
    """A table of blocks without the constraint."""
    async with rivoli.database.work() as session:
        await session.execute(text("create table naive_block (id serial, resource_id int, during tstzrange)"))
    yield rivoli
    async with rivoli.database.work() as session:
        await session.execute(text("drop table naive_block"))


def naive_book(rivoli, lock):
    """Look whether it is free, then write it down."""

    async def book(start, _):
        given = {"who": rivoli.desk.nadia.id, "start": start, "end": start + LONG}
        crossing = "resource_id = :who and during && tstzrange(:start, :end)"
        async with rivoli.database.work() as session:
            taken = await session.scalar(text(f"select id from naive_block where {crossing} limit 1 {lock}"), given)
            if taken is not None:
                raise SlotTaken(start, [], zone="Europe/Paris")
            await asyncio.sleep(0)  # the form is read, the price looked up: any await lets others in
            query = "insert into naive_block (resource_id, during) values (:who, tstzrange(:start, :end)) returning id"
            return await session.scalar(text(query), given)

    return book


@pytest.mark.parametrize("lock", ["", "for update"], ids=["check then insert", "for update, then insert"])
async def test_the_same_storm_catches_what_only_looks_first(naive, lock):
    outcomes = await storm(naive_book(naive, lock))
    assert outcomes["booked"] > ROUNDS
    assert await overlaps(naive.database, "naive_block") > 0


# Nobody sees a deadlock


async def test_staggered_wishes_moves_and_holds_meet_without_a_deadlock(rivoli):
    """Bookings, moves in both directions and holds of both advisors and the only corner, all crossing each other."""
    before = await rivoli.deadlocks()
    base = datetime(2026, 11, 26, 9, tzinfo=UTC)
    mine = [await rivoli.book(base + timedelta(hours=n), number=100 + n) for n in range(6)]

    def move(number, minutes, to):
        async def act():
            async with rivoli.database.work() as session:
                one = await questions.get(session, mine[number])
                await asking.reschedule(
                    session, one, one.starts_at + timedelta(minutes=minutes), advisor_id=to.id, now=rivoli.now
                )
                return one.id

        return act

    def hold(number, start):
        async def act():
            async with rivoli.database.work() as session:
                store = await places.find(session, "rivoli")
                kept = await holding.hold(
                    session, store, rivoli.desk.lighting, start, browser=bytes([number]) * 32, now=rivoli.now
                )
                return kept.id

        return act

    def take(number, start):
        return lambda: rivoli.book(start, number=number)

    seen = Counter()
    for turn in range(8):
        nadia, karim = rivoli.desk.nadia, rivoli.desk.karim
        shift = 30 if turn % 2 else -30
        actors = [
            *(move(n, shift, nadia if n % 2 else karim) for n in range(6)),
            *(take(200 + turn * 10 + n, base + timedelta(minutes=45 * n)) for n in range(5)),
            *(hold(n, base + timedelta(minutes=45 * n + 15 * turn)) for n in range(5)),
        ]
        for outcome in await at_once(*actors):
            seen[type(outcome).__name__] += 1
    assert set(seen) <= {"int", "SlotTaken", "MovedOn", "NotOffered"}, seen
    assert seen["int"] > 10
    assert await rivoli.broken() == []
    assert await rivoli.deadlocks() == before


async def test_with_three_advisors_and_no_preference_three_are_booked(rivoli):
    async with rivoli.database.work() as session:
        third = await advisor(session, rivoli.world, "Solal", [rivoli.desk.skills["light"]], ["fr"])
        store = await places.find(session, "rivoli")
        await schedules.set_week(
            session, third.id, store, [(2, 600, 1200)], valid_from=rivoli.now.date(), now=rivoli.now
        )
    start = datetime(2026, 11, 25, 13, tzinfo=UTC)
    outcomes = await at_once(*(lambda n=n: rivoli.book(start, number=n) for n in range(CLIENTS)))
    kinds = Counter(type(outcome).__name__ for outcome in outcomes)
    assert kinds == {"int": 3, "SlotTaken": CLIENTS - 3}
    async with rivoli.database.work(readonly=True) as session:
        assert len(set(await session.scalars(select(Appointment.advisor_id)))) == 3
    assert await rivoli.broken() == []
    late = next(outcome for outcome in outcomes if isinstance(outcome, SlotTaken))
    assert late.nearest, "who comes too late is told what is free"


async def test_the_only_corner_is_promised_once(rivoli):
    async with rivoli.database.work() as session:
        store = await places.find(session, "rivoli")
        for name in ("Solal", "Maud"):
            one = await advisor(session, rivoli.world, name, list(rivoli.desk.skills.values()), ["fr"])
            week = [(3, 600, 1200)]
            await schedules.set_week(session, one.id, store, week, valid_from=rivoli.now.date(), now=rivoli.now)
    start = datetime(2026, 11, 26, 13, tzinfo=UTC)
    outcomes = await at_once(*(lambda n=n: rivoli.book(start, number=n, service=rivoli.desk.kitchen) for n in range(8)))
    assert Counter(type(outcome).__name__ for outcome in outcomes) == {"int": 1, "SlotTaken": 7}
    assert await rivoli.broken() == []


async def test_two_who_move_and_one_who_cancels_the_same_appointment(rivoli):
    start = datetime(2026, 11, 25, 13, tzinfo=UTC)
    for turn in range(10):
        one = await rivoli.book(start, number=turn)

        def change(step, one=one):
            async def act():
                async with rivoli.database.work() as session:
                    appointment = await questions.get(session, one)
                    await step(session, appointment)
                    return 1

            return act

        async def earlier(session, appointment):
            await asking.reschedule(session, appointment, start - timedelta(minutes=30), now=rivoli.now)

        async def later(session, appointment):
            await asking.reschedule(session, appointment, start + timedelta(minutes=30), now=rivoli.now)

        async def cancel(session, appointment):
            await asking.cancel(session, appointment, now=rivoli.now)

        outcomes = await at_once(change(earlier), change(later), change(cancel))
        assert {type(outcome) for outcome in outcomes} <= {int, MovedOn}
        assert 1 in outcomes
        assert await rivoli.broken() == []
        async with rivoli.database.work() as session:
            appointment = await questions.get(session, one)
            if appointment.status == Status.CONFIRMED:
                await asking.cancel(session, appointment, now=rivoli.now)


async def test_a_hold_that_has_run_out_is_taken_by_one(rivoli):
    start = datetime(2026, 11, 25, 13, tzinfo=UTC)
    async with rivoli.database.work() as session:
        store = await places.find(session, "rivoli")
        await holding.hold(
            session,
            store,
            rivoli.desk.lighting,
            start,
            browser=b"z" * 32,
            advisor_id=rivoli.desk.nadia.id,
            now=rivoli.now,
        )
    rivoli.now += timedelta(minutes=10)

    async def sweep():
        async with rivoli.database.work() as session:
            await blocks.sweep(session, now=rivoli.now)
            return "swept"

    actors = [*(lambda n=n: rivoli.book(start, who=rivoli.desk.nadia, number=n) for n in range(8)), sweep, sweep]
    outcomes = await at_once(*actors)
    assert Counter(type(outcome).__name__ for outcome in outcomes) == {"int": 1, "SlotTaken": 7, "str": 2}
    assert await rivoli.count(SlotHold.id) == 0
    assert await rivoli.count(Block.id) == 1
    assert await rivoli.broken() == []


async def test_one_browser_that_presses_twice_keeps_one_start(rivoli):
    start = datetime(2026, 11, 25, 13, tzinfo=UTC)

    def hold(number):
        async def act():
            async with rivoli.database.work() as session:
                store = await places.find(session, "rivoli")
                wish = start + timedelta(minutes=30 * (number % 3))
                kept = await holding.hold(session, store, rivoli.desk.lighting, wish, browser=b"b" * 32, now=rivoli.now)
                return kept.id

        return act

    outcomes = await at_once(*(hold(number) for number in range(9)))
    assert all(isinstance(outcome, int) for outcome in outcomes), outcomes
    assert await rivoli.count(SlotHold.id) == 1
    assert await rivoli.count(Block.id) == 1
    assert await rivoli.broken() == []


async def test_a_new_week_and_the_nightly_shifts_meet_without_hours_that_nobody_works(rivoli):
    """The night makes shifts of the patterns it reads; a week that is being replaced meanwhile must not come back."""
    nadia, tomorrow = rivoli.desk.nadia, rivoli.now + timedelta(days=7)
    begins = tomorrow.date()

    async def night():
        async with rivoli.database.work() as session:
            store = await places.find(session, "rivoli")
            return await schedules.generate(session, [store], now=tomorrow)

    async with rivoli.database.work() as session:
        store = await places.find(session, "rivoli")
        await schedules.set_week(session, nadia.id, store, [(0, 600, 720)], valid_from=begins, now=tomorrow)
        other = asyncio.create_task(night())
        await asyncio.sleep(0.5)
    await other
    async with rivoli.database.work(readonly=True) as session:
        query = select(schedules.Shift).where(schedules.Shift.advisor_id == nadia.id, schedules.Shift.day > begins)
        assert {shift.day.weekday() for shift in await session.scalars(query)} == {0}


async def test_two_new_weeks_at_once_take_no_diary_but_their_own(rivoli):
    """Each is somebody's; what the night has yet to make of the others' patterns is left to the night."""
    later = rivoli.now + timedelta(days=7)

    async def replan(advisor_id):
        async with rivoli.database.work() as session:
            store = await places.find(session, "rivoli")
            await resources.lock(session, [advisor_id])
            await asyncio.sleep(0.3)
            await schedules.set_week(session, advisor_id, store, [(1, 600, 720)], valid_from=later.date(), now=later)

    found = await at_once(lambda: replan(rivoli.desk.nadia.id), lambda: replan(rivoli.desk.karim.id))
    assert found == [None, None]
