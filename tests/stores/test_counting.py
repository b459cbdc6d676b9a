"""What people, tills and files say is there, and what the books make of it."""

from datetime import timedelta

import pytest
from factories import build, put
from sqlalchemy import func, select, update

from kit.errors import Invalid
from stores import stock
from stores.places import Store
from stores.stock import BelowPromised, Kind, Level, Move, StockMovement, StoreStock

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def world(session, clock):
    """As built; an hour has passed since."""
    world = await build(session, now=clock(), staffed=False)
    clock.forward(hours=1)
    return world


@pytest.fixture
def shelf(session, world, clock):
    return Shelf(session, world, clock)


class Shelf:
    """The lamps of Rivoli: five in the books, and what is told of them."""

    def __init__(self, session, world, clock):
        self.session, self.world, self.clock = session, world, clock
        self.store, self.lamp = world.rivoli.id, world.lamp.id
        self.events = 0

    def event(self, event_id=""):
        self.events += 1
        return {"source": "feed:till", "event_id": event_id or f"e{self.events}", "by": "key:till"}

    async def count(self, on_hand, *, ago=timedelta(), variant=None, store=None, event_id=""):
        """The till has counted `ago` before now."""
        level = Level(0, store or self.store, variant or self.lamp, on_hand, self.clock() - ago)
        return await stock.count(self.session, [level], **self.event(event_id))

    async def move(self, *deltas, kind=Kind.SALE, ago=timedelta(), event_id="", **over):
        moves = [
            Move(n, over.get("store", self.store), over.get("variant", self.lamp), delta, kind, self.clock() - ago)
            for n, delta in enumerate(deltas)
        ]
        return await stock.move(self.session, moves, **self.event(event_id))

    async def hand_over(self, units):
        event = {"source_event_id": f"h{self.clock()}", "by": "Inès", "now": self.clock()}
        await stock.hold(self.session, self.store, {self.lamp: units}, **event)
        event["source_event_id"] += ":taken"
        await stock.hand_over(self.session, self.store, {self.lamp: units}, leaves_book=True, **event)

    async def hold(self, units):
        event = {"source_event_id": "hold", "by": "Léa", "now": self.clock()}
        await stock.hold(self.session, self.store, {self.lamp: units}, **event)

    async def cell(self, variant=None, store=None):
        variant = variant or self.lamp
        return (await stock.cells(self.session, store or self.store, [variant]))[variant]

    async def book(self):
        assert await stock.drift(self.session) == []
        return (await self.cell()).book

    async def movements(self):
        query = select(func.count()).select_from(StockMovement)
        return await self.session.scalar(query)


# What a till counts


async def test_a_count_becomes_the_book_and_says_how_fresh_it_is(shelf, clock):
    fed = await shelf.count(3, ago=MINUTE)
    assert (fed.applied, fed.changed, fed.late, fed.short) == (1, 1, [], [])
    assert await shelf.book() == 3
    cell = await shelf.cell()
    assert (cell.counted_at, cell.fed_at) == (clock() - MINUTE, clock() - MINUTE)
    ((last, *_), *_) = await stock.history(shelf.session, shelf.store, shelf.lamp)
    assert (last.kind, last.book, last.source, last.by) == (Kind.SNAPSHOT, -2, "feed:till", "key:till")


async def test_what_left_after_the_moment_of_a_count_is_not_counted_back(shelf, clock):
    counted_at = clock()
    clock.forward(minutes=5)
    await shelf.hand_over(1)
    clock.forward(minutes=5)
    await shelf.count(4, ago=clock() - counted_at)
    assert await shelf.book() == 3


async def test_what_left_before_the_moment_of_a_count_is_known_to_it(shelf, clock):
    await shelf.hand_over(1)
    clock.forward(minutes=5)
    await shelf.count(4)
    assert await shelf.book() == 4


async def test_a_count_that_was_overtaken_is_late_and_changes_nothing(shelf, clock):
    await shelf.count(9)
    fed = await shelf.count(2, ago=MINUTE)
    assert (fed.applied, fed.changed, fed.late) == (0, 0, [0])
    assert await shelf.book() == 9
    assert (await shelf.cell()).counted_at == clock()


async def test_of_two_counts_of_one_moment_the_one_that_came_last_stands(shelf):
    await shelf.count(9)
    await shelf.count(2)
    assert await shelf.book() == 2


async def test_an_equal_count_changes_nothing_but_how_fresh_it_is(shelf, clock):
    await shelf.count(5)
    before = await shelf.movements()
    clock.forward(hours=3)
    fed = await shelf.count(5)
    assert (fed.applied, fed.changed) == (1, 0)
    assert await shelf.movements() == before
    assert (await shelf.cell()).fed_at == clock()


async def test_a_count_of_what_a_store_never_had_makes_its_row_with_the_stores_own_safety(shelf, world):
    await shelf.session.execute(update(Store).where(Store.id == world.lyon.id).values(safety=1))
    await shelf.count(4, store=world.lyon.id, variant=world.shade.id)
    cell = await shelf.cell(store=world.lyon.id, variant=world.shade.id)
    assert (cell.book, cell.safety, cell.available) == (4, 1, 3)
    assert await stock.drift(shelf.session) == []


async def test_a_count_below_what_is_promised_is_believed_and_says_what_is_missing(shelf):
    await shelf.hold(4)
    fed = await shelf.count(1)
    assert fed.short == [(shelf.store, shelf.lamp, 3)]
    assert (await shelf.cell()).available == -3
    assert await shelf.book() == 1


async def test_what_is_kept_back_is_no_promise(shelf, session, world):
    await shelf.hold(1)
    await session.execute(update(StoreStock).where(StoreStock.variant_id == shelf.lamp).values(safety=3))
    fed = await shelf.count(2)
    assert (fed.short, (await shelf.cell()).available) == ([], -2)


async def test_many_counts_are_taken_in_one_call_each_by_its_own_moment(shelf, world, clock):
    await shelf.count(7)
    levels = [
        Level(0, world.rivoli.id, world.shade.id, 8, clock()),
        Level(1, world.rivoli.id, world.lamp.id, 1, clock() - MINUTE),
        Level(2, world.kleber.id, world.lamp.id, 6, clock()),
        Level(3, world.lyon.id, world.lamp.id, 0, clock()),
    ]
    fed = await stock.count(shelf.session, levels, **shelf.event())
    assert (fed.applied, fed.changed, fed.late) == (3, 2, [1])
    assert await shelf.book() == 7
    assert (await shelf.cell(store=world.kleber.id)).book == 6
    assert (await shelf.cell(store=world.lyon.id)).book == 0
    assert (await stock.count(shelf.session, [], **shelf.event())).applied == 0


# What a till sells and takes in


async def test_movements_add_up_whatever_their_order(shelf):
    fed = await shelf.move(-2, -1)
    assert (fed.applied, fed.changed, fed.late) == (2, 2, [])
    await shelf.move(4, kind=Kind.RECEIPT, ago=30 * MINUTE)
    assert await shelf.book() == 6


async def test_a_delivery_is_a_sight_of_it_and_a_sale_is_not(shelf, clock):
    await shelf.move(-1)
    assert (await shelf.cell()).seen_at < clock()
    await shelf.move(1, kind=Kind.RECEIPT)
    assert ((await shelf.cell()).seen_at, (await shelf.cell()).fed_at) == (clock(), clock())


async def test_a_movement_of_before_the_last_count_is_kept_and_moves_nothing(shelf):
    await shelf.count(3, ago=MINUTE)
    fed = await shelf.move(-1, ago=2 * MINUTE)
    assert (fed.applied, fed.changed, fed.late) == (1, 0, [0])
    assert await shelf.book() == 3
    ((last, *_), *_) = await stock.history(shelf.session, shelf.store, shelf.lamp)
    assert (last.kind, last.book, last.reason) == (Kind.SALE, 0, "late")


async def test_the_same_movement_told_again_is_one(shelf):
    await shelf.move(-1, event_id="receipt 7")
    fed = await shelf.move(-1, -1, event_id="receipt 7")
    assert (fed.applied, fed.changed) == (1, 1)
    assert await shelf.book() == 3


async def test_what_the_hand_over_takes_off_the_books_is_not_taken_twice(shelf, clock):
    await shelf.hand_over(1)
    sold = Move(0, shelf.store, shelf.lamp, -1, Kind.SALE, clock(), handed_over=True, reason="K7QM4T2X")
    await stock.move(shelf.session, [sold], **shelf.event())
    assert await shelf.book() == 4
    ((last, *_), *_) = await stock.history(shelf.session, shelf.store, shelf.lamp)
    assert (last.book, last.reason) == (0, "K7QM4T2X")


async def test_a_sale_of_what_was_never_counted_goes_below_zero_and_says_so(shelf, world):
    await shelf.move(-1, store=world.lyon.id)
    cell = await shelf.cell(store=world.lyon.id)
    assert (cell.book, cell.available) == (-1, 0)
    assert await stock.drift(shelf.session) == []


async def test_the_sale_of_a_promised_unit_says_what_is_missing(shelf):
    await shelf.hold(5)
    fed = await shelf.move(-1, -1)
    assert fed.short == [(shelf.store, shelf.lamp, 2)]
    assert (await stock.move(shelf.session, [], **shelf.event())).applied == 0


# What a person says


async def test_a_person_counts_and_the_movement_says_who_and_why(shelf, clock):
    cell = await stock.count_cell(
        shelf.session, shelf.store, shelf.lamp, 3, reason="broken in the window", by="Paul", now=clock()
    )
    assert (cell.book, cell.counted_at, cell.fed_at, cell.seen_at) == (3, clock(), clock(), clock())
    assert await shelf.book() == 3
    ((last, *_), *_) = await stock.history(shelf.session, shelf.store, shelf.lamp)
    assert (last.kind, last.book, last.by, last.reason) == (Kind.COUNT, -2, "Paul", "broken in the window")


async def test_that_somebody_looked_is_kept_also_when_the_number_was_right(shelf, clock):
    for _ in range(2):
        await stock.count_cell(shelf.session, shelf.store, shelf.lamp, 5, reason="", by="Paul", now=clock())
    (last, *_), (before, *_), _ = await stock.history(shelf.session, shelf.store, shelf.lamp)
    assert [(one.kind, one.book) for one in (last, before)] == [(Kind.COUNT, 0)] * 2
    assert len(await stock.history(shelf.session, shelf.store, shelf.lamp, limit=1)) == 1


async def test_what_a_till_counted_before_a_person_did_is_late(shelf, clock):
    await stock.count_cell(shelf.session, shelf.store, shelf.lamp, 3, reason="", by="Paul", now=clock())
    assert (await shelf.count(5, ago=MINUTE)).late == [0]
    assert await shelf.book() == 3


async def test_nobody_types_fewer_than_are_promised(shelf, clock):
    await shelf.hold(3)
    with pytest.raises(BelowPromised) as refused:
        await stock.count_cell(shelf.session, shelf.store, shelf.lamp, 2, reason="", by="Paul", now=clock())
    assert (refused.value.status, refused.value.details) == (409, {"on_hand": 2, "held": 3})
    assert "3" in refused.value.sentence
    assert await shelf.book() == 5
    await stock.count_cell(shelf.session, shelf.store, shelf.lamp, 3, reason="", by="Paul", now=clock())
    assert await shelf.book() == 3


@pytest.mark.parametrize(("units", "code"), [(-1, "too_small"), (stock.MOST_UNITS + 1, "too_large")])
async def test_what_nobody_can_count_is_refused(shelf, clock, units, code):
    with pytest.raises(Invalid) as refused:
        await stock.count_cell(shelf.session, shelf.store, shelf.lamp, units, reason="", by="Paul", now=clock())
    assert refused.value.code == code
    with pytest.raises(Invalid):
        await stock.set_safety(shelf.session, shelf.store, shelf.lamp, units)


async def test_the_first_count_of_an_article_in_a_store_makes_its_row(shelf, world, clock):
    lyon = world.lyon.id
    cell = await stock.count_cell(shelf.session, lyon, world.shade.id, 2, reason="", by="Paul", now=clock())
    assert (cell.book, cell.available) == (2, 2)
    assert await stock.drift(shelf.session) == []


async def test_a_unit_goes_on_show_and_comes_back(shelf, clock):
    for _ in range(2):
        cell = await stock.set_on_show(shelf.session, shelf.store, shelf.lamp, True, by="Paul", now=clock())
        assert (cell.on_show, cell.unsellable, cell.available) == (True, 1, 4)
    cell = await stock.set_on_show(shelf.session, shelf.store, shelf.lamp, False, by="Paul", now=clock())
    assert (cell.on_show, cell.unsellable, cell.available) == (False, 0, 5)
    assert await shelf.book() == 5
    kinds = [one.movement.kind for one in await stock.history(shelf.session, shelf.store, shelf.lamp)]
    assert kinds == [Kind.DISPLAY_OFF, Kind.DISPLAY_ON, Kind.RECEIPT]


async def test_a_promised_unit_does_not_go_on_show(shelf, clock):
    await shelf.hold(5)
    with pytest.raises(BelowPromised):
        await stock.set_on_show(shelf.session, shelf.store, shelf.lamp, True, by="Paul", now=clock())


async def test_safety_price_and_place_are_set_and_move_nothing(shelf):
    before = await shelf.movements()
    assert (await stock.set_safety(shelf.session, shelf.store, shelf.lamp, 2)).available == 3
    assert (await stock.set_price(shelf.session, shelf.store, shelf.lamp, 9900)).price_minor == 9900
    assert (await stock.set_price(shelf.session, shelf.store, shelf.lamp, None)).price_minor is None
    cell = await stock.set_place(shelf.session, shelf.store, shelf.lamp, floor=2, shelf="  B  4 ")
    assert (cell.floor, cell.shelf) == (2, "B 4")
    with pytest.raises(Invalid):
        await stock.set_price(shelf.session, shelf.store, shelf.lamp, 0)
    assert await shelf.movements() == before


async def test_rows_of_other_stores_and_articles_are_left_alone(shelf, world, session, clock):
    await put(session, world.lyon, world.lamp, 6, now=clock())
    await shelf.count(1)
    await shelf.move(-1)
    await stock.count_cell(session, shelf.store, shelf.lamp, 4, reason="", by="Paul", now=clock())
    assert (await shelf.cell(store=world.lyon.id)).book == 6
    assert (await shelf.cell(variant=world.shade.id)).book == 2
