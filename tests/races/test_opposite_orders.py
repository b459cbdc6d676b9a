"""People who want the same two things, named in opposite orders, never wait for each other in a circle."""

import asyncio

import pytest
from callers import RESERVATIONS, caller, sku, wish
from factories import build
from sqlalchemy import select, update

from booking import invariants
from stores import stock
from stores.stock import StoreStock

pytestmark = pytest.mark.race

LAMP, SHADE = "LUM-0001-LAI", "LUM-0013-30"
UNITS = 5


@pytest.fixture
async def world(app, database, clock):
    """Five lamps and five shades in Rivoli."""
    async with database.work() as session:
        world = await build(session, now=clock(), staffed=False)
        await stock.correct(
            session,
            world.rivoli.id,
            world.shade.id,
            kind=stock.Kind.COUNT,
            book=UNITS - 2,
            reason="",
            source_event_id="five",
            by="Inès",
            now=clock(),
        )
        return world


async def pairs_ask(app, pairs):
    """The answers to that many pairs: one names the lamp first, the other the shade, both want one of each."""
    async with caller(app) as client:

        async def ask(number, *skus):
            person = {"first_name": "Léa", "last_name": "Martin", "email": f"lea{number}@exemple.fr"}
            return await client.post(RESERVATIONS, json=wish(lines=[sku(one) for one in skus], customer=person))

        asked = [ask(n, *((LAMP, SHADE) if n % 2 else (SHADE, LAMP))) for n in range(2 * pairs)]
        return [answer.status_code for answer in await asyncio.gather(*asked)]


async def test_opposite_orders_do_not_deadlock(app, world, database):
    statuses = await pairs_ask(app, 40)
    assert sorted(statuses) == [201] * UNITS + [409] * (80 - UNITS)
    async with database.work(readonly=True) as session:
        assert await invariants.broken(session) == []
        rows = await session.scalars(select(StoreStock).where(StoreStock.store_id == world.rivoli.id))
        held = {row.variant_id: row.reserved for row in rows}
    assert held[world.lamp.id] == held[world.shade.id] == UNITS


async def unsorted_hold(session, store_id, demand, **_):
    """The same statement as the real one, in the order in which the shopper named things."""
    for variant_id, quantity in demand.items():
        await session.execute(
            update(StoreStock)
            .where(StoreStock.store_id == store_id, StoreStock.variant_id == variant_id)
            .where(StoreStock.available >= quantity)
            .values(reserved=StoreStock.reserved + quantity)
        )
        await asyncio.sleep(0.05)


async def test_the_same_story_catches_who_locks_in_the_order_named(app, world, database, monkeypatch):
    monkeypatch.setattr(stock, "hold", unsorted_hold)
    assert 503 in await pairs_ask(app, 3)
