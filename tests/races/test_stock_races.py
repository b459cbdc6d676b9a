"""More people than articles. The checks that pass for `stock.hold` are shown to fail for the ways that oversell."""

import asyncio
from collections import Counter
from dataclasses import dataclass

import pytest
from factories import SECRET, build, lea, put, reserved
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from booking import invariants
from booking.messages import Message
from booking.reservations import asking
from booking.reservations.tables import Reservation
from kit.db import Database
from stores import catalogue, places, stock
from stores.stock import Kind, OutOfStock, StockMovement, StoreStock, Wanted

pytestmark = pytest.mark.race


@pytest.fixture
async def shop(database, clock):
    """A database that commits, and a world in it: Kléber has one lamp."""
    quiet = Database(database.engine)
    async with quiet.work() as session:
        world = await build(session, now=clock(), staffed=False)
    return quiet, world


@dataclass(frozen=True)
class Rush:
    """What came of many who wanted the same thing at once."""

    outcomes: Counter
    reserved: int
    movements: int
    broken: tuple


async def rush(shop, hold, clock, *, shoppers=40, setting=""):
    """So many shoppers want the one lamp of Kléber, each on a connection of her own."""
    database, world = shop
    line = asyncio.Barrier(shoppers)

    async def shopper(number):
        try:
            async with database.work() as session:
                if setting:
                    await session.execute(text(setting))
                await session.execute(select(StoreStock.book))
                await line.wait()
                event = f"shopper:{number}"
                demand = {world.lamp.id: 1}
                await hold(session, world.kleber.id, demand, source_event_id=event, by="shopper", now=clock())
        except (OutOfStock, DBAPIError) as refusal:
            return type(refusal).__name__
        return "held"

    outcomes = Counter(await asyncio.gather(*(shopper(number) for number in range(shoppers))))
    async with database.work(readonly=True) as session:
        cell = (await stock.cells(session, world.kleber.id, [world.lamp.id]))[world.lamp.id]
        moved = select(func.coalesce(func.sum(StockMovement.reserved), 0)).where(
            StockMovement.store_id == world.kleber.id
        )
        drift = await stock.drift(session)
        return Rush(outcomes, cell.reserved, int(await session.scalar(moved) or 0), tuple(drift))


def one_lamp_went_to_one_shopper(rush):
    """The check that every way to hold has to pass."""
    assert rush.outcomes == {"held": 1, "OutOfStock": rush.outcomes.total() - 1}
    assert (rush.reserved, rush.movements) == (1, 1)
    assert rush.broken == ()


async def read_compare_update(session, store_id, demand, *, source_event_id, by, now):
    """What most programs do: look, think, write."""
    ((variant_id, quantity),) = demand.items()
    cell = await session.scalar(
        select(StoreStock).where(StoreStock.store_id == store_id, StoreStock.variant_id == variant_id)
    )
    if cell.available < quantity:
        raise OutOfStock([Wanted(variant_id, quantity)])
    await asyncio.sleep(0.02)
    await session.execute(
        update(StoreStock)
        .where(StoreStock.store_id == store_id, StoreStock.variant_id == variant_id)
        .values(reserved=StoreStock.reserved + quantity)
        .execution_options(synchronize_session=False)
    )
    await moved(session, store_id, variant_id, quantity, source_event_id, by, now)


async def sum_compare_insert(session, store_id, demand, *, source_event_id, by, now):
    """A ledger alone: what is promised is the sum of its rows, and nobody's row is locked by anybody."""
    ((variant_id, quantity),) = demand.items()
    here = (StockMovement.store_id == store_id, StockMovement.variant_id == variant_id)
    left = await session.scalar(select(func.sum(StockMovement.book - StockMovement.reserved)).where(*here))
    if left < quantity:
        raise OutOfStock([Wanted(variant_id, quantity)])
    await asyncio.sleep(0.02)
    await moved(session, store_id, variant_id, quantity, source_event_id, by, now)


async def moved(session, store_id, variant_id, quantity, source_event_id, by, now):
    await session.execute(
        insert(StockMovement).values(
            store_id=store_id,
            variant_id=variant_id,
            kind=Kind.HOLD,
            reserved=quantity,
            source="reservation",
            source_event_id=source_event_id,
            by=by,
            occurred_at=now,
        )
    )


async def test_of_forty_who_want_the_last_one_one_has_it(shop, clock):
    one_lamp_went_to_one_shopper(await rush(shop, stock.hold, clock))


GUARD_LOOKS_AWAY = "set local session_replication_role = replica"


async def test_the_check_catches_look_then_write(shop, clock):
    result = await rush(shop, read_compare_update, clock, setting=GUARD_LOOKS_AWAY)
    assert result.reserved > 1
    with pytest.raises(AssertionError):
        one_lamp_went_to_one_shopper(result)


async def test_the_check_catches_a_ledger_alone(shop, clock):
    result = await rush(shop, sum_compare_insert, clock)
    assert result.movements > 1
    with pytest.raises(AssertionError):
        one_lamp_went_to_one_shopper(result)


async def test_the_trigger_is_the_last_wall_behind_look_then_write(shop, clock):
    result = await rush(shop, read_compare_update, clock)
    assert result.outcomes == {"held": 1, "IntegrityError": 39}
    assert (result.reserved, result.movements, result.broken) == (1, 1, ())


async def test_of_forty_whole_requests_for_the_last_one_one_is_taken_and_nothing_stays_of_the_others(shop, clock):
    database, world = shop
    line = asyncio.Barrier(40)

    async def shopper(number):
        customer = lea(email=f"lea{number}@exemple.fr")
        async with database.work() as session:
            store = await places.find(session, "kleber")
            lamp = (await catalogue.find_variants(session, [world.lamp.sku]))[world.lamp.sku]
            await line.wait()
            return await asking.reserve(session, store, [(lamp, 1)], customer, secret=SECRET, now=clock())

    outcomes = await asyncio.gather(*(shopper(number) for number in range(40)), return_exceptions=True)
    assert Counter(type(outcome) for outcome in outcomes) == {asking.Asked: 1, OutOfStock: 39}
    async with database.work(readonly=True) as session:
        assert await session.scalar(select(func.count()).select_from(Reservation)) == 1
        received = select(func.count()).select_from(Message).where(Message.template == "received")
        assert await session.scalar(received) == 1
        assert await invariants.broken(session) == []


async def test_the_same_two_articles_in_opposite_orders_never_deadlock(shop, clock):
    """100 rounds of two shoppers each, ten rounds at a time: both are served while stock lasts."""
    database, world = shop
    async with database.work() as session:
        await put(session, world.lyon, world.lamp, 150, now=clock())
        await put(session, world.lyon, world.shade, 170, now=clock())

    async def shopper(number, line):
        lines = [(world.lamp, 1), (world.shade, 1)]
        customer = lea(email=f"lea{number}@exemple.fr")
        async with database.work() as session:
            store = await places.find(session, "lyon")
            variants = await catalogue.find_variants(session, [variant.sku for variant, _ in lines])
            wanted = [(variants[variant.sku], n) for variant, n in lines[:: -1 if number % 2 else 1]]
            await line.wait()
            await asking.reserve(session, store, wanted, customer, secret=SECRET, now=clock())

    outcomes = []
    for ten in range(10):
        line = asyncio.Barrier(20)
        shoppers = (shopper(20 * ten + number, line) for number in range(20))
        outcomes += await asyncio.gather(*shoppers, return_exceptions=True)
    assert Counter(type(outcome) for outcome in outcomes) == {type(None): 150, OutOfStock: 50}
    async with database.work(readonly=True) as session:
        cells = await stock.cells(session, world.lyon.id, [world.lamp.id, world.shade.id])
        assert [cells[v.id].available for v in (world.lamp, world.shade)] == [0, 20]
        assert await invariants.broken(session) == []


async def test_five_units_go_to_five_of_sixty_who_also_give_back(shop, clock):
    database, world = shop

    async def shopper(number):
        customer = lea(email=f"lea{number}@exemple.fr")
        async with database.work() as session:
            reservation = await reserved(session, world, now=clock(), customer=customer)
        if number % 3 == 0:
            async with database.work() as session:
                again = await session.merge(reservation, load=False)
                await asking.cancel(session, again, now=clock())
            return "gave back"
        return "kept"

    outcomes = await asyncio.gather(*(shopper(number) for number in range(60)), return_exceptions=True)
    kinds = Counter(outcome if isinstance(outcome, str) else type(outcome) for outcome in outcomes)
    assert set(kinds) <= {"kept", "gave back", OutOfStock}
    async with database.work(readonly=True) as session:
        cell = (await stock.cells(session, world.rivoli.id, [world.lamp.id]))[world.lamp.id]
        assert cell.reserved == kinds["kept"] <= 5
        assert cell.available == 5 - kinds["kept"]
        assert await invariants.broken(session) == []
