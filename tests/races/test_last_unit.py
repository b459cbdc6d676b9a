"""Two hundred people want the last lamp of Kléber at the same moment. One gets it; the others are told where it is."""

import asyncio

import pytest
from callers import RESERVATIONS, caller, wish
from factories import build
from sqlalchemy import insert, select, update

from booking import invariants
from stores import stock
from stores.stock import Kind, OutOfStock, StockMovement, StoreStock, Wanted

pytestmark = pytest.mark.race

PEOPLE = 200
PATIENCE = 60
"""Seconds that a request may wait here for one of the sixty connections: two cores serve all two hundred."""
LAMP = "LUM-0001-LAI"


@pytest.fixture(autouse=True)
def patient(engine, monkeypatch):
    monkeypatch.setattr(engine.sync_engine.pool, "_timeout", PATIENCE)


@pytest.fixture
async def world(app, database, clock):
    async with database.work() as session:
        return await build(session, now=clock(), staffed=False)


async def everyone_asks(app, people=PEOPLE):
    """The answers to that many people who ask Kléber for one lamp at once, each with a mailbox of her own."""
    async with caller(app) as client:

        async def ask(number):
            person = {"first_name": "Léa", "last_name": "Martin", "email": f"lea{number}@exemple.fr"}
            return await client.post(RESERVATIONS, json=wish("kleber", customer=person))

        return await asyncio.gather(*(ask(number) for number in range(people)))


async def faults(answers, database):
    """What is wrong with these answers and with what the database holds after them; empty when all is well."""
    found = []
    statuses = sorted(answer.status_code for answer in answers)
    if statuses != [201] + [409] * (len(answers) - 1):
        found.append(f"answers: { {status: statuses.count(status) for status in set(statuses)} }")
    there = [{"store": "rivoli", "status": "available"}]
    lost = [{"sku": LAMP, "requested": 1, "elsewhere": there}]
    found += [answer.text for answer in answers if answer.status_code == 409 and answer.json().get("lines") != lost]
    async with database.work(readonly=True) as session:
        found += await invariants.broken(session)
        cell = await session.scalar(select(StoreStock).where(StoreStock.available < 0).limit(1))
        if cell is not None:
            found.append(f"promised more than there is: {-cell.available}")
    return found


async def test_one_of_two_hundred_gets_the_last_lamp(app, world, database):
    answers = await everyone_asks(app)
    assert await faults(answers, database) == []


async def naive_hold(session, store_id, demand, *, source_event_id, by, now):
    """Look whether there is enough, then write down that there is less: what everyone writes first."""
    for variant_id, quantity in demand.items():
        cell = (await stock.cells(session, store_id, [variant_id]))[variant_id]
        if cell.available < quantity:
            raise OutOfStock([Wanted(variant_id, quantity)])
        await session.execute(
            update(StoreStock)
            .where(StoreStock.store_id == store_id, StoreStock.variant_id == variant_id)
            .values(reserved=cell.reserved + quantity)
        )
        await session.execute(
            insert(StockMovement).values(
                store_id=store_id,
                variant_id=variant_id,
                kind=Kind.HOLD,
                reserved=quantity,
                source="reservation",
                source_event_id=f"{source_event_id}:{variant_id}",
                by=by,
                occurred_at=now,
            )
        )


async def test_the_same_checks_catch_who_reads_first_and_writes_then(app, world, database, monkeypatch):
    monkeypatch.setattr(stock, "hold", naive_hold)
    answers = await everyone_asks(app, people=30)
    assert await faults(answers, database) != []
