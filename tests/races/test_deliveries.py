"""Tills, back offices and shoppers at the same instant, each on a connection of its own."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from callers import caller, new_key
from factories import build, put
from sqlalchemy import func, select, text

from booking import invariants
from booking.tasks import Task
from kit.db import Database
from stores import stock
from stores.deliveries import Delivery
from stores.stock import Kind, Level, Move, OutOfStock, StockMovement

pytestmark = pytest.mark.race
LAMP = "LUM-0001-LAI"


@pytest.fixture
async def shop(database, clock):
    """A database that commits, and a world in it; an hour has passed since."""
    quiet = Database(database.engine)
    async with quiet.work() as session:
        world = await build(session, now=clock(), staffed=False)
    clock.forward(hours=1)
    return quiet, world


async def counted(database, table, *where):
    async with database.work(readonly=True) as session:
        assert await invariants.broken(session) == []
        return await session.scalar(select(func.count()).select_from(table).where(*where))


@pytest.mark.parametrize(
    ("method", "path", "body", "left"),
    [
        ("PUT", "stock", {"levels": [{"store": "rivoli", "sku": LAMP, "on_hand": 3}]}, 3),
        (
            "POST",
            "stock/movements",
            {"movements": [{"store": "rivoli", "sku": LAMP, "delta": -1, "reason": "sale"}]},
            4,
        ),
    ],
)
async def test_of_twenty_senders_of_one_event_one_is_applied_and_all_hear_the_same(
    app, shop, database, clock, method, path, body, left
):
    quiet, world = shop
    said = {"event_id": "receipt 7", "source": "till", "counted_at": clock().isoformat(), **body}
    async with caller(app, await new_key(database, clock, "stock")) as till:
        calls = (till.request(method, f"/api/v1/{path}", json=said) for _ in range(20))
        heard = await asyncio.gather(*calls)
    assert Counter(one.status_code for one in heard) == {200: 20}
    assert len({one.text for one in heard}) == 1
    assert heard[0].json()["changed"] == 1
    assert await counted(quiet, Delivery) == 1
    assert await counted(quiet, StockMovement, StockMovement.source == "feed:till") == 1
    async with quiet.work(readonly=True) as session:
        assert (await stock.cells(session, world.rivoli.id, [world.lamp.id]))[world.lamp.id].book == left


async def test_one_event_with_twenty_bodies_is_the_first_of_them(app, shop, database, clock):
    """Same event, other quantity: a conflict, and the stock is what the one that came first said."""
    quiet, world = shop
    async with caller(app, await new_key(database, clock, "stock")) as till:
        heard = await asyncio.gather(
            *(
                till.put(
                    "/api/v1/stock",
                    json={
                        "event_id": "count 1",
                        "counted_at": clock().isoformat(),
                        "levels": [{"store": "rivoli", "sku": LAMP, "on_hand": units}],
                    },
                )
                for units in range(20)
            )
        )
    assert Counter(one.status_code for one in heard) == {200: 1, 409: 19}
    winner = next(units for units, one in enumerate(heard) if one.status_code == 200)
    async with quiet.work(readonly=True) as session:
        assert (await stock.cells(session, world.rivoli.id, [world.lamp.id]))[world.lamp.id].book == winner


async def test_counts_sales_and_shoppers_want_the_same_rows_and_none_deadlocks_or_oversells(shop, clock):
    """Tills that say what there is, shoppers who hold two articles, each in an order of their own: 240 acts."""
    database, world = shop
    stores, variants = (world.rivoli, world.kleber, world.lyon), (world.lamp, world.shade, world.sofa)
    async with database.work() as session:
        for store, variant in ((world.lyon, world.lamp), (world.lyon, world.shade), (world.kleber, world.shade)):
            await put(session, store, variant, 5, now=clock())
        await session.execute(text("set local session_replication_role = replica"))
    line = asyncio.Barrier(24)
    cells = [(store.id, variant.id) for store in stores for variant in variants]

    async def act(number, turn):
        event, at = f"{number}:{turn}", clock() + timedelta(seconds=turn)
        shuffled = cells[number % 9 :] + cells[: number % 9]
        async with database.work() as session:
            if number % 3 == 0:
                levels = [Level(n, *cell, 5 + turn % 3, at) for n, cell in enumerate(reversed(shuffled))]
                await stock.count(session, levels, source="feed:erp", event_id=event, by="erp")
            elif number % 3 == 1:
                moves = [Move(n, *cell, (-1) ** n, Kind.SALE, at) for n, cell in enumerate(shuffled)]
                await stock.move(session, moves, source="feed:till", event_id=event, by="till")
            else:
                wanted = {variants[number % 2].id: 1, variants[1 - number % 2].id: 1}
                store = stores[turn % 3].id
                await stock.hold(session, store, wanted, source_event_id=event, by="", now=at)
                if number % 2:
                    await stock.release(session, store, wanted, source_event_id=event + ":back", by="", now=at)

    async def actor(number):
        said = []
        await line.wait()
        for turn in range(10):
            try:
                await act(number, turn)
                said.append("done")
            except OutOfStock:
                said.append("out of stock")
        return said

    outcomes = await asyncio.gather(*(actor(number) for number in range(24)))
    assert set(Counter(word for said in outcomes for word in said)) <= {"done", "out of stock"}
    async with database.work(readonly=True) as session:
        assert await stock.drift(session) == []
        promised = await session.execute(
            select(StockMovement.store_id, StockMovement.variant_id, func.sum(StockMovement.reserved))
            .group_by(StockMovement.store_id, StockMovement.variant_id)
            .order_by(StockMovement.store_id)
        )
        assert all(units >= 0 for *_, units in promised)


async def test_a_shopper_and_a_count_of_zero_race_and_what_is_promised_is_known_to_be_short_or_was_refused(
    app, shop, database, clock
):
    quiet, world = shop
    body = {"store": "kleber", "lines": [{"sku": LAMP, "quantity": 1}]}
    body["customer"] = {"first_name": "Léa", "last_name": "Martin", "email": "lea@exemple.fr", "language": "fr"}
    async with caller(app, await new_key(database, clock, "stock")) as till, caller(app) as lea:
        for turn in range(6):
            levels = [{"store": "kleber", "sku": LAMP, "on_hand": turn % 2}]
            clock.forward(seconds=1)
            said = {"event_id": f"c{turn}", "counted_at": clock().isoformat(), "levels": levels}
            counted_, asked = await asyncio.gather(
                till.put("/api/v1/stock", json=said), lea.post("/api/v1/reservations", json=body)
            )
            assert counted_.status_code == 200
            assert asked.status_code in (201, 409)
    async with quiet.work(readonly=True) as session:
        assert await invariants.broken(session) == []
        cell = (await stock.cells(session, world.kleber.id, [world.lamp.id]))[world.lamp.id]
        checks = await session.scalar(select(func.count()).select_from(Task).where(Task.kind == "check"))
    assert cell.reserved <= 1
    assert checks == (1 if cell.reserved else 0)
