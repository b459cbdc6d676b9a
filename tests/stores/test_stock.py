"""Stock: what a row accepts, what it never accepts, and what explains it."""

from datetime import timedelta

import pytest
from factories import build, put, store
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from booking import journal
from stores import stock
from stores.stock import Confidence, Kind, OutOfStock, StockMovement, StoreStock, Wanted


@pytest.fixture
async def world(session, clock):
    return await build(session, now=clock(), staffed=False)


async def cell_of(session, store, variant):
    return (await stock.cells(session, store.id, [variant.id]))[variant.id]


async def numbers(session, store, variant):
    cell = await cell_of(session, store, variant)
    return cell.book, cell.reserved, cell.unsellable, cell.available


class Steps:
    """What can be done with one row, in few words."""

    def __init__(self, session, store, variant, clock):
        self.session, self.store, self.variant, self.clock, self.count = session, store, variant, clock, 0

    def event(self):
        self.count += 1
        return {"source_event_id": f"event:{self.count}", "by": "Inès", "now": self.clock()}

    async def hold(self, units):
        await stock.hold(self.session, self.store.id, {self.variant.id: units}, **self.event())

    async def release(self, units):
        await stock.release(self.session, self.store.id, {self.variant.id: units}, **self.event())

    async def hand_over(self, units, leaves_book=True):
        demand = {self.variant.id: units}
        await stock.hand_over(self.session, self.store.id, demand, leaves_book=leaves_book, **self.event())

    async def correct(self, book=0, unsellable=0, kind=Kind.COUNT, **more):
        change = {"book": book, "unsellable": unsellable, "kind": kind, "reason": "", **more}
        await stock.correct(self.session, self.store.id, self.variant.id, **change, **self.event())

    async def feed_says(self, units):
        """As a feed that owns the count: never an error, whatever it says."""
        cell = await cell_of(self.session, self.store, self.variant)
        await self.correct(units - cell.book, kind=Kind.SNAPSHOT, source="feed:till")


@pytest.fixture
def lamps(session, world, clock):
    return Steps(session, world.rivoli, world.lamp, clock)


async def refuses(session, why, step):
    """The step raises `why`; its transaction is undone."""
    trial = await session.begin_nested()
    with pytest.raises(why) as caught:
        await step
    await trial.rollback()
    return caught.value


async def test_what_is_held_handed_over_and_given_back_adds_up(session, world, lamps):
    await lamps.hold(3)
    assert await numbers(session, world.rivoli, world.lamp) == (5, 3, 0, 2)
    await lamps.release(1)
    await lamps.hand_over(1)
    await lamps.hand_over(1, leaves_book=False)
    assert await numbers(session, world.rivoli, world.lamp) == (4, 0, 0, 4)
    assert await stock.drift(session) == []
    kinds = await session.scalars(
        select(StockMovement.kind)
        .where(StockMovement.store_id == world.rivoli.id, StockMovement.variant_id == world.lamp.id)
        .order_by(StockMovement.id)
    )
    assert kinds.all() == [Kind.RECEIPT, Kind.HOLD, Kind.RELEASE, Kind.HANDOVER, Kind.HANDOVER]


async def test_a_refused_demand_names_each_article_once_with_all_that_was_asked(session, world, clock):
    demand = stock.demand_of([(world.lamp.id, 1), (world.shade.id, 2), (world.shade.id, 1), (world.sofa.id, 2)])
    assert demand == {world.lamp.id: 1, world.shade.id: 3, world.sofa.id: 2}
    hold = stock.hold(session, world.rivoli.id, demand, source_event_id="e", by="", now=clock())
    refusal = await refuses(session, OutOfStock, hold)
    assert refusal.missing == [Wanted(world.shade.id, 3), Wanted(world.sofa.id, 2)]
    assert await numbers(session, world.rivoli, world.lamp) == (5, 0, 0, 5)
    assert await stock.drift(session) == []


async def test_what_is_kept_back_on_show_or_damaged_is_not_promised(session, world, lamps):
    (await cell_of(session, world.rivoli, world.lamp)).safety = 1
    await session.flush()
    await lamps.correct(unsellable=2, kind=Kind.DISPLAY_ON)
    assert await numbers(session, world.rivoli, world.lamp) == (5, 0, 2, 2)
    await refuses(session, OutOfStock, lamps.hold(3))
    await lamps.hold(2)


async def test_a_feed_may_say_less_than_is_reserved_and_only_new_holds_are_refused(session, world, lamps):
    """A till tells the truth, also when it is less than was promised."""
    await lamps.hold(2)
    await lamps.feed_says(1)
    assert await numbers(session, world.rivoli, world.lamp) == (1, 2, 0, -1)
    await refuses(session, OutOfStock, lamps.hold(1))
    await lamps.release(1)
    assert await numbers(session, world.rivoli, world.lamp) == (1, 1, 0, 0)
    await refuses(session, OutOfStock, lamps.hold(1))
    await lamps.release(1)
    await lamps.hold(1)


async def test_a_book_below_nothing_is_a_shortfall_and_not_an_error(session, world, lamps):
    await lamps.hold(1)
    await lamps.feed_says(-2)
    assert await numbers(session, world.rivoli, world.lamp) == (-2, 1, 0, -1)
    await lamps.release(1)
    assert await numbers(session, world.rivoli, world.lamp) == (-2, 0, 0, 0)
    await refuses(session, OutOfStock, lamps.hold(1))


def promise_more(world, units):
    """What code does that forgets to ask whether there is enough."""
    row = (StoreStock.store_id == world.rivoli.id, StoreStock.variant_id == world.lamp.id)
    return (
        update(StoreStock)
        .where(*row)
        .values(reserved=StoreStock.reserved + units)
        .execution_options(synchronize_session=False)
    )


async def test_the_database_refuses_code_that_forgets_to_ask(session, world, lamps):
    refusal = await refuses(session, IntegrityError, session.execute(promise_more(world, 6)))
    assert refusal.orig.sqlstate == "23514"
    await lamps.hold(2)
    await lamps.feed_says(1)
    await refuses(session, IntegrityError, session.execute(promise_more(world, 1)))
    await session.execute(promise_more(world, -1))
    await refuses(session, IntegrityError, session.execute(promise_more(world, -2)))
    await session.execute(promise_more(world, -1))
    await session.execute(promise_more(world, 1))
    await session.execute(promise_more(world, -1))
    for column in ("unsellable", "safety"):
        below = update(StoreStock).values({column: -1}).execution_options(synchronize_session=False)
        await refuses(session, IntegrityError, session.execute(below))


@pytest.mark.parametrize("table", ["stock_movement", "journal"])
@pytest.mark.parametrize("statement", ["update {} set by = 'me'", "delete from {}", "truncate {} cascade"])
async def test_what_happened_is_neither_edited_nor_deleted(table, statement, session, world, clock):
    await journal.record(session, "stock", 1, "counted", by="Inès", now=clock())
    before = await session.scalar(text(f"select count(*) from {table}"))
    assert before > 0
    refusal = await refuses(session, DBAPIError, session.execute(text(statement.format(table))))
    assert "append only" in str(refusal)
    assert await session.scalar(text(f"select count(*) from {table}")) == before


async def test_not_even_an_update_of_no_row_passes(session, world):
    await refuses(session, DBAPIError, session.execute(delete(StockMovement).where(StockMovement.id == -1)))


async def test_the_same_event_of_the_same_source_is_counted_once(session, world, clock):
    movement = {
        "store_id": world.rivoli.id,
        "variant_id": world.lamp.id,
        "kind": Kind.SALE,
        "book": -1,
        "source": "feed:till",
        "source_event_id": "ticket 17",
        "occurred_at": clock(),
    }
    await session.execute(insert(StockMovement).values(**movement))
    await refuses(session, IntegrityError, session.execute(insert(StockMovement).values(**movement)))
    await session.execute(insert(StockMovement).values(**{**movement, "source": "feed:other till"}))


async def test_a_number_that_nobody_explained_is_drift(session, world, lamps):
    assert await stock.drift(session) == []
    row = update(StoreStock).where(StoreStock.store_id == world.kleber.id).execution_options(synchronize_session=False)
    await session.execute(row.values(book=3, unsellable=1))
    assert list(await stock.drift(session)) == [
        (world.kleber.id, world.lamp.id, "book", 3, 1),
        (world.kleber.id, world.lamp.id, "unsellable", 1, 0),
    ]


async def test_a_row_that_was_never_explained_at_all_is_drift_too(session, world):
    session.add(StoreStock(store_id=world.lyon.id, variant_id=world.shade.id, book=7))
    await session.flush()
    assert list(await stock.drift(session)) == [(world.lyon.id, world.shade.id, "book", 7, 0)]


async def test_a_hand_over_is_taken_back_unless_another_was_promised_it(session, world, lamps):
    await lamps.hold(5)
    await lamps.hand_over(2)
    await lamps.release(3)
    where = (session, world.rivoli.id, world.lamp.id)
    await lamps.hold(1)
    await refuses(session, OutOfStock, stock.take_back(*where, reserved=5, book=2, **lamps.event()))
    await stock.take_back(*where, reserved=4, book=2, **lamps.event())
    assert await numbers(session, world.rivoli, world.lamp) == (5, 5, 0, 0)
    assert await stock.drift(session) == []


async def test_who_looked_in_vain_did_not_see_it(session, world, lamps, clock):
    before = (await cell_of(session, world.rivoli, world.lamp)).seen_at
    await lamps.correct(book=-1, not_found=True)
    cell = await cell_of(session, world.rivoli, world.lamp)
    assert (cell.seen_at, cell.not_found_at) == (before, clock())
    clock.forward(hours=1)
    await stock.saw(session, world.rivoli.id, [world.lamp.id], now=clock())
    cell = await cell_of(session, world.rivoli, world.lamp)
    assert cell.seen_at == clock()
    assert (await cell_of(session, world.rivoli, world.shade)).seen_at == before


async def test_cells_are_what_they_are_now_even_for_who_read_them_before(session, world, lamps):
    """Statements go past loaded rows: an old number would let a shortfall be overlooked."""
    first = await cell_of(session, world.rivoli, world.lamp)
    await lamps.hold(5)
    assert (await cell_of(session, world.rivoli, world.lamp)).available == 0
    assert first.available == 0
    assert await stock.cells(session, world.lyon.id, [world.lamp.id]) == {}


async def test_stock_of_an_article_is_read_in_every_store_that_has_had_it(session, world, clock):
    await put(session, world.lyon, world.lamp, 0, now=clock())
    rows = await stock.rows_of(session, [world.lamp.id])
    assert {(row.store_id, row.book) for row in rows} == {
        (world.rivoli.id, 5),
        (world.kleber.id, 1),
        (world.lyon.id, 0),
    }


@pytest.mark.parametrize(
    ("signal", "days", "level"),
    [
        ("fed_at", 1, "high"),
        ("fed_at", 3, "medium"),
        ("fed_at", 3.1, "low"),
        ("fed_at", None, "medium"),
        ("seen_at", 30, "high"),
        ("seen_at", 90, "medium"),
        ("seen_at", 90.1, "low"),
        ("seen_at", None, "medium"),
        ("not_found_at", 30.1, "high"),
        ("not_found_at", 30, "medium"),
        ("not_found_at", 7, "low"),
        ("not_found_at", None, "high"),
    ],
)
def test_confidence_is_the_worst_signal(signal, days, level, clock):
    fresh = {"fed_at": clock(), "seen_at": clock(), "not_found_at": None}
    row = StoreStock(**{**fresh, signal: None if days is None else clock() - timedelta(days=days)})
    told_by_the_till = store(stock_authority="feed", feed_minutes=1440)
    confidence, signals = stock.confidence(row, told_by_the_till, after_hold=1, now=clock())
    assert confidence == level == stock.believed(row, told_by_the_till, after_hold=1, now=clock())
    assert signals[signal.removesuffix("_at")] == level
    assert sorted(signals) == ["accepted", "fed", "not_found", "seen", "spare"]


@pytest.mark.parametrize(("left", "level"), [(1, "high"), (0, "medium"), (-1, "low")])
def test_who_takes_the_last_one_is_less_sure_of_it(left, level, clock):
    row = StoreStock(fed_at=clock(), seen_at=clock(), not_found_at=None)
    assert stock.confidence(row, store(), after_hold=left, now=clock())[0] == Confidence(level)


@pytest.mark.parametrize(
    ("rate", "level"), [(None, "high"), (95, "high"), (94, "medium"), (85, "medium"), (84, "low"), (0, "low")]
)
def test_a_store_that_often_looks_in_vain_is_less_sure_of_everything(rate, level, clock):
    row = StoreStock(fed_at=clock(), seen_at=clock(), not_found_at=None)
    assert stock.believed(row, store(acceptance=rate), after_hold=1, now=clock()) == level


@pytest.mark.parametrize(
    ("minutes", "level"), [(59, "high"), (60, "high"), (61, "medium"), (180, "medium"), (181, "low"), (None, "medium")]
)
def test_a_till_is_believed_by_its_own_rhythm_and_only_where_it_counts(minutes, level, clock):
    fed_at = None if minutes is None else clock() - timedelta(minutes=minutes)
    row = StoreStock(fed_at=fed_at, seen_at=clock(), not_found_at=None)
    till = store(stock_authority="feed", feed_minutes=60)
    assert stock.confidence(row, till, after_hold=1, now=clock())[1]["fed"] == level
    ours = store(stock_authority="vitrine", feed_minutes=60)
    trust, signals = stock.confidence(row, ours, after_hold=1, now=clock())
    assert (trust, "fed" in signals) == (Confidence.HIGH, False)
