"""The same reservation, key or message, wanted by several at the same instant on connections of their own."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

import pytest
from factories import SECRET, World, build, lea, reserved
from sqlalchemy import func, select, update

from booking import invariants, journal, messages, submissions
from booking.messages import Channel, Message, State
from booking.reservations import answering, asking, questions, timers
from booking.reservations.answering import Found
from booking.reservations.states import MovedOn, Reason, Status
from booking.reservations.tables import Reservation
from booking.submissions import Answered, KeyReused
from booking.tasks import Task
from kit.db import Database
from stores import catalogue, places, stock
from stores.stock import Kind, StockMovement, StoreStock

pytestmark = pytest.mark.race


@dataclass
class Shop:
    """Rivoli with plenty of lamps and shades, on a database that commits."""

    database: Database
    world: World
    at: object

    async def cell(self, variant):
        async with self.database.work(readonly=True) as session:
            return (await stock.cells(session, self.world.rivoli.id, [variant.id]))[variant.id]

    async def broken(self):
        async with self.database.work(readonly=True) as session:
            return await invariants.broken(session)


@pytest.fixture
async def shop(database, clock):
    quiet = Database(database.engine)
    async with quiet.work() as session:
        world = await build(session, now=clock(), staffed=False)
        for variant in (world.lamp, world.shade):
            await stock.correct(
                session,
                world.rivoli.id,
                variant.id,
                kind=Kind.RECEIPT,
                book=200,
                reason="",
                source_event_id=f"delivery:{variant.id}",
                by="Inès",
                now=clock(),
            )
    return Shop(quiet, world, clock())


async def at_once(*actors):
    """Run them together; each is given the same starting line and its outcome, or refusal, comes back."""
    line = asyncio.Barrier(len(actors))
    return await asyncio.gather(*(actor(line) for actor in actors), return_exceptions=True)


def step_on(database, reservation_id, step):
    """Someone who has read the reservation, waits for the others to have read it too, and takes her step."""

    async def act(line):
        async with database.work() as session:
            reservation = await questions.get(session, reservation_id)
            await line.wait()
            await step(session, reservation)
        return "won"

    return act


async def prepared(shop, count, lines=1):
    """So many reservations that wait at the desk."""
    ids = []
    async with shop.database.work() as session:
        for number in range(count):
            customer = lea(email=f"lea{number}@exemple.fr")
            wanted = [(shop.world.lamp, 1), (shop.world.shade, 1)][:lines]
            reservation = await reserved(session, shop.world, now=shop.at, lines=wanted, customer=customer)
            await answering.make_ready(session, reservation, by="Inès", now=shop.at)
            ids.append(reservation.id)
    return ids


async def test_she_collects_cancels_and_is_too_late_in_the_same_instant(shop):
    now = shop.at + timedelta(days=3)

    async def collect(session, reservation):
        await answering.collect(session, reservation, {reservation.lines[0].id: 1}, by="Inès", now=now)

    async def cancel(session, reservation):
        await asking.cancel(session, reservation, now=now)

    async def expire(session, reservation):
        await timers.expire(session, reservation, now=now)

    rounds = await prepared(shop, 60)
    before = await shop.cell(shop.world.lamp)
    ends = Counter()
    for number, reservation_id in enumerate(rounds):
        steps = [collect, cancel, expire]
        steps = steps[number % 3 :] + steps[: number % 3]
        outcomes = await at_once(*(step_on(shop.database, reservation_id, step) for step in steps))
        assert Counter(type(outcome) for outcome in outcomes) == {str: 1, MovedOn: 2}
        won = steps[outcomes.index("won")].__name__
        lost = [outcome for outcome in outcomes if isinstance(outcome, MovedOn)]
        async with shop.database.work(readonly=True) as session:
            reservation = await questions.get(session, reservation_id)
            entries = [e for e in await journal.of(session, "reservation", reservation_id) if e.before == "ready"]
            moved = await session.scalars(
                select(StockMovement.kind).where(
                    StockMovement.source_event_id.startswith(f"{reservation.code}:"),
                    StockMovement.kind.in_([Kind.RELEASE, Kind.HANDOVER]),
                )
            )
        expected = {"collect": Status.COLLECTED, "cancel": Status.CANCELLED, "expire": Status.EXPIRED}[won]
        assert reservation.status == expected
        assert [refusal.status_now for refusal in lost] == [expected, expected]
        assert [entry.after for entry in entries] == [expected]
        assert moved.all() == [Kind.HANDOVER if won == "collect" else Kind.RELEASE]
        ends[won] += 1
    after = await shop.cell(shop.world.lamp)
    assert (before.reserved, after.reserved) == (60, 0)
    assert after.book == before.book - ends["collect"]
    assert await shop.broken() == []


async def test_two_workers_settle_what_is_due_and_each_end_happens_once(shop):
    ids = await prepared(shop, 20, lines=2)
    now = shop.at + timedelta(days=3)

    async def worker(line):
        async with shop.database.work(readonly=True) as session:
            due = await timers.due(session, now=now)
        await line.wait()
        took = 0
        for reservation_id in due:
            async with shop.database.work() as session:
                took += await timers.settle(session, reservation_id, now=now)
        return len(due), took

    outcomes = await at_once(worker, worker, worker)
    assert [due for due, _ in outcomes] == [20, 20, 20]
    async with shop.database.work(readonly=True) as session:
        statuses = await session.scalars(select(Reservation.status).where(Reservation.id.in_(ids)))
        assert set(statuses) == {Status.EXPIRED}
        entries = await session.scalars(
            select(func.count()).select_from(journal.Entry).where(journal.Entry.after == Status.EXPIRED)
        )
        assert entries.one() == 20
        told = await session.scalars(select(Message.subject_id).where(Message.template == "expired"))
        assert sorted(told) == ids
        assert await session.scalar(select(func.count()).select_from(Task)) == 40
        assert await timers.due(session, now=now) == []
    assert await shop.broken() == []


async def test_the_worker_leaves_alone_what_a_person_has_in_hand(shop):
    (reservation_id,) = await prepared(shop, 1)
    now = shop.at + timedelta(days=3)
    async with shop.database.work() as person:
        reservation = await questions.get(person, reservation_id)
        await asking.extend(person, reservation, by="Inès", now=now)
        async with shop.database.work() as worker:
            assert not await timers.settle(worker, reservation_id, now=now)
    assert await shop.broken() == []


async def test_four_workers_claim_each_message_once(shop):
    async with shop.database.work() as session:
        await session.execute(update(Message).values(state=State.SENT))
        for number in range(200):
            await messages.queue(
                session,
                "received",
                subject="reservation",
                subject_id=number,
                version=1,
                recipient="shopper",
                channel=Channel.EMAIL,
                language="fr",
                store_id=shop.world.rivoli.id,
                due_at=shop.at,
                now=shop.at,
            )

    async def worker(line):
        mine = []
        await line.wait()
        while True:
            async with shop.database.work() as session:
                claimed = await messages.claim(session, now=shop.at, limit=10)
            if not claimed:
                return mine
            mine += [message.subject_id for message in claimed]
            await asyncio.sleep(0)

    claimed = await at_once(*[worker] * 4)
    assert sorted(number for mine in claimed for number in mine) == list(range(200))
    assert sum(bool(mine) for mine in claimed) >= 2
    async with shop.database.work(readonly=True) as session:
        attempts = await session.scalars(select(Message.attempts).where(Message.state == State.SENDING))
        assert set(attempts) == {1}


async def sent(shop, key, quantity=1):
    """A form sent with that key, as an entry point takes it: the first answer, or the answer of the first."""
    body = {"lamp": quantity}
    async with shop.database.work() as session:
        before = await submissions.begin(session, scope="form", key=key, body=body, now=shop.at)
        if isinstance(before, Answered):
            return before.answer["code"], False
        store = await places.find(session, "rivoli")
        lamp = (await catalogue.find_variants(session, [shop.world.lamp.sku]))[shop.world.lamp.sku]
        asked = await asking.reserve(session, store, [(lamp, quantity)], lea(), secret=SECRET, now=shop.at)
        await submissions.answer(session, scope="form", key=key, answer={"code": asked.reservation.code})
        return asked.reservation.code, True


async def test_the_same_form_fifty_times_at_once_is_one_reservation(shop):
    outcomes = await asyncio.gather(*(sent(shop, "tap") for _ in range(50)), return_exceptions=True)
    assert [outcome for outcome in outcomes if isinstance(outcome, BaseException)] == []
    assert len({code for code, _ in outcomes}) == 1
    assert sum(first for _, first in outcomes) == 1
    assert (await shop.cell(shop.world.lamp)).reserved == 1
    async with shop.database.work(readonly=True) as session:
        assert await session.scalar(select(func.count()).select_from(Reservation)) == 1
        received = await session.scalars(select(Message.id).where(Message.template == "received"))
        assert len(received.all()) == 1


async def test_the_same_key_with_other_details_is_refused_even_at_once(shop):
    outcomes = await asyncio.gather(
        *(sent(shop, "tap", quantity) for quantity in (1, 2, 1, 2, 1, 2)), return_exceptions=True
    )
    answered = {outcome[0] for outcome in outcomes if isinstance(outcome, tuple)}
    assert len(answered) == 1
    assert Counter(type(outcome) for outcome in outcomes) == {tuple: 3, KeyReused: 3}
    assert await shop.broken() == []


async def test_a_key_whose_first_request_was_undone_is_free_for_the_one_that_waits(shop):
    started = asyncio.Event()

    async def fails():
        async with shop.database.work() as session:
            assert await submissions.begin(session, scope="form", key="tap", body={"lamp": 1}, now=shop.at) is None
            started.set()
            await asyncio.sleep(0.2)
            raise ConnectionError("the train went into a tunnel")

    async def follows():
        await started.wait()
        return await sent(shop, "tap")

    failed, (_, first) = await asyncio.gather(fails(), follows(), return_exceptions=True)
    assert isinstance(failed, ConnectionError)
    assert first
    assert (await shop.cell(shop.world.lamp)).reserved == 1


@pytest.mark.parametrize("hands", ["answer", "collect", "undo"])
async def test_staff_who_handle_the_same_articles_in_opposite_orders_do_not_block_each_other(hands, shop):
    """Each says lamp and shade in her own order; without the order of rows PostgreSQL would have to end one of them."""
    lamp, shade = shop.world.lamp, shop.world.shade
    ids = []
    async with shop.database.work() as session:
        for number in range(40):
            lines = [(lamp, 2), (shade, 2)] if number % 2 else [(shade, 2), (lamp, 2)]
            customer = lea(email=f"lea{number}@exemple.fr")
            reservation = await reserved(session, shop.world, now=shop.at, lines=lines, customer=customer)
            if hands != "answer":
                await answering.make_ready(session, reservation, by="Inès", now=shop.at)
            if hands == "undo":
                await answering.collect(session, reservation, {}, by="Inès", now=shop.at)
            ids.append(reservation.id)

    async def step(session, reservation):
        one, other = reservation.lines
        match hands:
            case "answer":
                said = {one.id: Found(1, Reason.SOLD), other.id: Found(1, Reason.DAMAGED)}
                await answering.answer(session, reservation, said, by="Inès", now=shop.at)
            case "collect":
                await answering.collect(session, reservation, {one.id: 2}, by="Inès", now=shop.at)
            case "undo":
                await answering.undo_collection(session, reservation, by="Hélène", now=shop.at)

    outcomes = await at_once(*(step_on(shop.database, reservation_id, step) for reservation_id in ids))
    assert outcomes == ["won"] * 40
    assert await shop.broken() == []
    async with shop.database.work(readonly=True) as session:
        total = await session.scalar(select(func.sum(StoreStock.reserved)))
    assert total == {"answer": 80, "collect": 0, "undo": 160}[hands]
