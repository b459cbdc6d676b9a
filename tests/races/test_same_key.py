"""One phone sends the same request fifty times at once. It is recorded once, and answered fifty times alike."""

import asyncio

import pytest
from callers import RESERVATIONS, STAFF, caller, new_key, wish
from factories import build
from sqlalchemy import func, select

from booking import invariants
from booking.messages import Message
from booking.reservations.tables import Reservation

pytestmark = pytest.mark.race

TIMES = 50


@pytest.fixture
async def world(app, database, clock):
    async with database.work() as session:
        return await build(session, now=clock(), staffed=False)


async def at_once(client, address, body, times=TIMES):
    sent = [client.post(address, json=body, headers={"idempotency-key": "once"}) for _ in range(times)]
    return [(answer.status_code, answer.content) for answer in await asyncio.gather(*sent)]


async def count(database, table):
    async with database.work(readonly=True) as session:
        assert await invariants.broken(session) == []
        return await session.scalar(select(func.count()).select_from(table))


async def test_fifty_equal_requests_are_one_reservation_and_fifty_equal_answers(app, world, database):
    async with caller(app) as client:
        answers = await at_once(client, RESERVATIONS, wish())
    assert [status for status, _ in answers] == [201] * TIMES
    assert len(set(answers)) == 1
    assert await count(database, Reservation) == 1
    async with database.work(readonly=True) as session:
        to_shopper = select(func.count()).select_from(Message).where(Message.recipient == "shopper")
        assert await session.scalar(to_shopper) == 1


async def test_fifty_requests_without_a_key_are_no_more_than_there_is(app, world, database, clock):
    async with caller(app, await new_key(database, clock, "reserve")) as client:
        answers = await asyncio.gather(*(client.post(RESERVATIONS, json=wish()) for _ in range(TIMES)))
    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [409] * (TIMES - 5)
    assert await count(database, Reservation) == 5


async def test_two_tills_that_hand_over_at_once_hand_over_once(app, world, database, clock):
    secret = await new_key(database, clock, "staff")
    async with caller(app) as shop, caller(app, secret) as till:
        made = (await shop.post(RESERVATIONS, json=wish())).json()
        address = f"{STAFF}/{made['code']}"
        ready = await asyncio.gather(*(till.post(f"{address}/readiness", json={}) for _ in range(10)))
        assert sorted(answer.status_code for answer in ready) == [200] + [409] * 9
        body = {"lines": [{"sku": "LUM-0001-LAI", "bought": 1, "returned": 0}]}
        answers = await at_once(till, f"{address}/collection", body)
    assert [status for status, _ in answers] == [200] * TIMES
    assert len(set(answers)) == 1
    assert await count(database, Reservation) == 1
