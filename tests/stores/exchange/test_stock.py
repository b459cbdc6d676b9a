"""Files of stock: what they count, what they say of a shelf, what they would wipe, and how they are taken back."""

from datetime import timedelta

import pytest
from factories import both, build, lea, product, put, reserved
from sqlalchemy import func, select

from booking import invariants
from booking.tasks import Task
from kit.db import Database
from kit.languages import speaking
from stores import stock
from stores.catalogue import Category, Variant
from stores.exchange import batches, writing
from stores.stock import Kind, Move, StockMovement
from tests.stores.exchange.bringing import apply, bring, check, codes, differences, look, rows, sheet, undo
from web import exchanging

LAMP, SHADE, SOFA = "LUM-0001-LAI", "LUM-0013-30", "MEU-0001"


@pytest.fixture
async def shop(database, clock):
    """A database that commits, and a world in it; an hour has passed since."""
    quiet = Database(database.engine)
    async with quiet.work() as session:
        world = await build(session, now=clock(), staffed=False)
    clock.forward(hours=1)
    return Shop(quiet, world, clock)


class Shop:
    def __init__(self, database, world, clock):
        self.database, self.world, self.clock = database, world, clock

    async def check(self, *lines, head="store,sku,on_hand", **options):
        file = sheet(head.split(","), *(line if isinstance(line, tuple) else line.split(",") for line in lines))
        return await check(self.database, self.clock, file, subject="stock", **options)

    async def bring(self, *lines, head="store,sku,on_hand", **options):
        batch = await self.check(*lines, head=head, **options)
        return await apply(self.database, self.clock, batch, str(batch.brake.get("count", "")))

    async def undo(self, batch):
        return await undo(self.database, self.clock, batch)

    async def cell(self, store=None, variant=None):
        store, variant = store or self.world.rivoli, variant or self.world.lamp
        async with self.database.work(readonly=True) as session:
            assert await invariants.broken(session) == []
            return (await stock.cells(session, store.id, [variant.id])).get(variant.id)

    async def book(self, store=None, variant=None):
        return (await self.cell(store, variant)).book

    async def sell(self, units, variant=None):
        """At the till of Rivoli, now."""
        variant = variant or self.world.lamp
        async with self.database.work() as session:
            sold = [Move(0, self.world.rivoli.id, variant.id, -units, Kind.SALE, self.clock())]
            await stock.move(session, sold, source="feed:till", event_id=f"s{self.clock()}", by="till")

    async def movements(self):
        async with self.database.work(readonly=True) as session:
            return await session.scalar(select(func.count()).select_from(StockMovement))

    async def said(self, batch, action=None):
        found = await differences(self.database, batch, action)
        return [(row.key, row.action, codes(row)) for row in found]


def counts(batch):
    return {action: count for action, count in batch.counts.items() if count}


# Counts


async def test_counts_of_a_file_become_the_stock(shop):
    batch = await shop.bring(f"rivoli,{LAMP},3", f"Aurore Kleber,{LAMP},1", f"lyon,{SHADE},4")
    assert (batch.state, counts(batch)) == ("applied", {"created": 1, "updated": 1, "unchanged": 1})
    assert await shop.book() == 3
    assert await shop.book(shop.world.lyon, shop.world.shade) == 4
    (last, *_) = [one for one in await movements_of(shop) if one.kind == Kind.SNAPSHOT]
    assert (last.book, last.source, last.by) == (-2, f"import:{batch.id}", "Paul")


async def movements_of(shop):
    async with shop.database.work(readonly=True) as session:
        told = await stock.history(session, shop.world.rivoli.id, shop.world.lamp.id)
        return [one.movement for one in told]


async def test_a_check_writes_nothing(shop):
    before = await shop.movements()
    batch = await shop.check(f"rivoli,{LAMP},3")
    assert (batch.state, counts(batch)) == ("checked", {"updated": 1})
    assert (await shop.movements(), await shop.book()) == (before, 5)


async def test_a_count_that_was_right_says_how_fresh_that_is_and_nothing_else(shop):
    before = await shop.movements()
    batch = await shop.bring(f"rivoli,{LAMP},5")
    assert counts(batch) == {"unchanged": 1}
    assert (await shop.movements(), (await shop.cell()).fed_at) == (before, shop.clock())
    await shop.undo(batch)
    assert (await shop.movements(), await shop.book()) == (before, 5)


async def test_what_was_sold_between_the_check_and_the_yes_is_not_counted_back(shop):
    batch = await shop.check(f"rivoli,{LAMP},8")
    shop.clock.forward(hours=2)
    await shop.sell(2)
    await apply(shop.database, shop.clock, batch)
    assert await shop.book() == 6


async def test_a_row_may_say_of_which_moment_it_speaks_in_the_stores_own_clock(shop):
    await shop.sell(1)
    head = "store,sku,on_hand,counted_at"
    shop.clock.forward(minutes=20)
    await shop.bring(f"rivoli,{LAMP},9,2026-11-24 12:50", head=head)
    assert await shop.book() == 8
    await shop.bring(f"rivoli,{LAMP},9,2026-11-24 13:10", head=head)
    assert await shop.book() == 9


async def test_a_count_that_was_overtaken_is_refused_and_says_by_which(shop):
    await shop.bring(f"rivoli,{LAMP},9")
    head = "store,sku,on_hand,counted_at"
    batch = await shop.check(f"rivoli,{LAMP},2,2026-11-24T11:30:00Z", head=head)
    assert await shop.said(batch) == [(f"rivoli {LAMP}", "rejected", [("on_hand", "stale")])]
    (row,) = await differences(shop.database, batch)
    assert "2026-11-24T12:00:00Z" in row.problems[0].sentence


async def test_of_two_files_that_wait_the_older_count_is_late_when_it_is_applied(shop):
    first = await shop.check(f"rivoli,{LAMP},2")
    shop.clock.forward(minutes=5)
    await shop.bring(f"rivoli,{LAMP},9")
    batch = await apply(shop.database, shop.clock, first)
    assert counts(batch) == {"unchanged": 1}
    assert [code for _, _, problems in await shop.said(batch) for _, code in problems] == ["stale"]
    assert await shop.book() == 9
    await shop.undo(batch)
    assert await shop.book() == 9


async def test_more_promised_than_counted_is_a_task_of_the_store(shop):
    async with shop.database.work() as session:
        await reserved(session, shop.world, now=shop.clock(), lines=[(shop.world.lamp, 2)], customer=lea())
    await shop.bring(f"rivoli,{LAMP},1")
    async with shop.database.work(readonly=True) as session:
        (task,) = (await session.scalars(select(Task).where(Task.kind == "check"))).all()
    assert (task.store_id, task.variant_id, task.quantity) == (shop.world.rivoli.id, shop.world.lamp.id, 1)


async def test_who_is_asked_to_look_already_is_not_asked_again(shop):
    async with shop.database.work() as session:
        await reserved(session, shop.world, now=shop.clock(), lines=[(shop.world.lamp, 2)], customer=lea())
    for units in (1, 0):
        await shop.bring(f"rivoli,{LAMP},{units}")
        shop.clock.forward(minutes=1)
    async with shop.database.work(readonly=True) as session:
        assert len((await session.scalars(select(Task).where(Task.kind == "check"))).all()) == 1


# The rest of a row


async def test_a_file_says_where_an_article_is_what_it_costs_there_and_whether_it_is_on_show(shop):
    head = "store,sku,on_hand,unsellable,safety,floor,shelf,on_show,price"
    line = ("rivoli", LAMP, "", "2", "1", "3", "B 4", "oui", "99,90")
    batch = await shop.bring(line, head=head)
    cell = await shop.cell()
    assert (cell.book, cell.unsellable, cell.safety, cell.available) == (5, 2, 1, 2)
    assert (cell.floor, cell.shelf, cell.on_show, cell.price_minor) == (3, "B 4", True, 9990)
    assert counts(batch) == {"updated": 1}
    again = await shop.bring(line, head=head)
    assert counts(again) == {"unchanged": 1}
    batch = await shop.bring(("rivoli", LAMP, "", "", "", "__EMPTY__", "__VIDE__", "non", "__EMPTY__"), head=head)
    cell = await shop.cell()
    assert (cell.unsellable, cell.floor, cell.shelf, cell.on_show, cell.price_minor) == (1, None, "", False, None)
    await shop.undo(batch)
    cell = await shop.cell()
    assert (cell.unsellable, cell.floor, cell.shelf, cell.on_show, cell.price_minor) == (2, 3, "B 4", True, 9990)


async def test_the_price_that_an_article_has_everywhere_is_none_of_the_stores_own(shop):
    head = "store,sku,on_hand,price"
    assert counts(await shop.bring(f"rivoli,{LAMP},5,129.00", head=head)) == {"unchanged": 1}
    assert (await shop.cell()).price_minor is None
    await shop.bring(f"rivoli,{LAMP},5,119.00", head=head)
    assert counts(await shop.bring(f"rivoli,{LAMP},5,129.00", head=head)) == {"updated": 1}
    assert (await shop.cell()).price_minor is None


async def test_what_a_row_says_nothing_of_is_left_alone_and_no_row_is_made_for_it(shop):
    batch = await shop.bring(f"lyon,{LAMP},")
    assert counts(batch) == {"unchanged": 1}
    assert await shop.cell(shop.world.lyon) is None


# What cannot be taken


async def test_each_row_that_cannot_be_taken_says_why(shop):
    head = "store,sku,gtin,on_hand,counted_at"
    batch = await shop.check(
        f"rivolli,{LAMP},,1,",
        "rivoli,LUM-9999,,1,",
        "rivoli,,3001234567892,4,",
        "rivoli,,3001234567892,5,",
        f"rivoli,{SHADE},,deux,",
        f"rivoli,{SHADE},,1,2027-01-01",
        "rivoli,,5901234123457,1,",
        "rivoli,,,1,",
        f",{LAMP},,1,",
        f"kleber,{LAMP},,__EMPTY__,",
        head=head,
    )
    found = {row.line: row for row in await rows(shop.database, batch)}
    said = {line: [(one["column"], one["code"]) for one in row.problems] for line, row in found.items()}
    assert said == {
        2: [("store", "unknown_store")],
        3: [("sku", "unknown_article")],
        4: [],
        5: [("gtin", "repeated")],
        6: [("on_hand", "not_whole")],
        7: [("counted_at", "in_the_future")],
        8: [("gtin", "unknown_barcode")],
        9: [("sku", "missing")],
        10: [("store", "missing")],
        11: [("on_hand", "not_erasable")],
    }
    assert counts(batch) == {"updated": 1, "rejected": 9}
    assert found[2].problems[0]["params"] == {"suggestion": "rivoli"}
    assert found[5].problems[0]["params"] == {"line": 4}
    for language, words in (("en", "no store is called “rivolli”"), ("fr", "rivolli")):
        with speaking(language):
            (first, *_) = await differences(shop.database, batch, "rejected")
            assert words in first.problems[0].sentence


async def test_who_may_change_one_store_changes_no_other(shop):
    async with shop.database.work() as session:
        batch = await batches.open_batch(
            session,
            "stock",
            "f.csv",
            by="Paul",
            store_ids=frozenset({shop.world.kleber.id}),
            options={},
            now=shop.clock(),
        )
        file = sheet(["store", "sku", "on_hand"], ["rivoli", LAMP, "1"], ["kleber", LAMP, "2"])
        await batches.add_part(session, batch, 0, file)
        await batches.begin(session, batch, now=shop.clock())
        await batches.set_mapping(session, batch, batch.mapping, {}, now=shop.clock())
    await exchanging.run(shop.database, shop.clock, batch.id)
    batch = await apply(shop.database, shop.clock, await look(shop.database, batch.id))
    assert counts(batch) == {"updated": 1, "rejected": 1}
    assert (await shop.book(), await shop.book(shop.world.kleber)) == (5, 2)


async def test_a_file_that_was_imported_already_says_so(shop):
    await shop.bring(f"rivoli,{LAMP},3")
    shop.clock.forward(days=1)
    batch = await shop.check(f"rivoli,{LAMP},3")
    (row,) = await differences(shop.database, batch)
    assert codes(row) == [("", "same_file")]
    assert "2026-11-24" in row.problems[0].sentence


# Full files


@pytest.fixture
async def stocked(shop):
    """Rivoli has ten articles more, two of each, counted this morning."""
    async with shop.database.work() as session:
        lamps = await session.get(Category, shop.world.lamps.id)
        variants = [Variant(sku=f"X-{n}", price_minor=100, options=[]) for n in range(10)]
        session.add_all(
            product(lamps, variant.sku, both(f"Objet {variant.sku}"), variant, now=shop.clock()) for variant in variants
        )
        await session.flush()
        rivoli = shop.world.rivoli
        for variant in variants:
            await put(session, rivoli, variant, 2, now=shop.clock() - timedelta(minutes=30), counted_at=shop.clock())
    shop.clock.forward(minutes=5)
    shop.variants = {variant.sku: variant for variant in variants}
    return shop


ALL = [f"rivoli,X-{n},2" for n in range(10)] + [f"rivoli,{LAMP},5", f"rivoli,{SHADE},2", f"rivoli,{SOFA},1"]


async def test_what_a_full_file_does_not_name_is_zero_in_the_stores_that_it_names(stocked):
    batch = await stocked.bring(*ALL[:-2], mode="full")
    assert counts(batch) == {"unchanged": 11, "hidden": 2}
    assert (batch.rows, batch.state) == (11, "applied")
    assert await stocked.book(variant=stocked.world.shade) == 0
    assert await stocked.book(variant=stocked.world.sofa) == 0
    assert await stocked.book(stocked.world.kleber) == 1
    batch = await stocked.undo(batch)
    assert await stocked.book(variant=stocked.world.shade) == 2


async def test_what_a_partial_file_does_not_name_is_unchanged(stocked):
    await stocked.bring(*ALL[:1])
    assert await stocked.book(variant=stocked.world.shade) == 2


@pytest.mark.parametrize(("named", "state"), [(13, "checked"), (10, "checked"), (9, "quarantined"), (5, "quarantined")])
async def test_a_full_file_that_would_empty_a_store_waits_for_a_person(stocked, named, state):
    batch = await stocked.check(*ALL[:named], mode="full")
    assert batch.state == state
    if state == "quarantined":
        assert batch.brake["reason"] == "would_wipe"
        assert (batch.brake["count"], batch.brake["of"]) == (13 - named, 13)
        assert [store["store"] for store in batch.brake["stores"]] == ["rivoli"]
    assert await stocked.book(variant=stocked.world.sofa) == 1


async def test_zeros_that_are_written_down_would_empty_it_just_the_same(stocked):
    batch = await stocked.check(*[line.rpartition(",")[0] + ",0" for line in ALL[:6]], *ALL[6:], mode="full")
    assert (batch.state, batch.brake["count"]) == ("quarantined", 6)


async def test_a_full_file_that_was_cut_is_seen_also_where_the_rest_was_at_zero(stocked):
    """Fewer than half of the rows of the last count, although no article would be emptied by it."""
    zeros = [f"rivoli,X-{n},0" for n in range(10)]
    batch = await stocked.bring(*zeros, *ALL[10:], mode="full")
    stocked.clock.forward(hours=1)
    batch = await stocked.check(*ALL[10:], mode="full")
    assert (batch.state, batch.brake["count"]) == ("quarantined", 0)
    (store,) = batch.brake["stores"]
    assert (store["rows"], store["counted"]) == (3, 13)


async def test_a_quarantined_file_is_applied_once_somebody_has_typed_its_number(stocked):
    batch = await stocked.check(*ALL[:5], mode="full")
    batch = await apply(stocked.database, stocked.clock, batch, "8")
    assert batch.state == "applied"
    assert await stocked.book() == 0


async def test_a_row_that_was_rejected_is_named_all_the_same(stocked):
    batch = await stocked.bring(f"rivoli,{LAMP},beaucoup", *[line for line in ALL if LAMP not in line], mode="full")
    assert counts(batch) == {"unchanged": 12, "rejected": 1}
    assert await stocked.book() == 5


async def test_what_came_in_after_a_full_file_was_written_is_not_zeroed(stocked):
    head = "store,sku,on_hand,counted_at"
    at = "2026-11-24T12:01:00Z"
    async with stocked.database.work() as session:
        came = [Move(0, stocked.world.rivoli.id, stocked.world.sofa.id, 3, Kind.RECEIPT, stocked.clock())]
        await stock.move(session, came, source="feed:till", event_id="d1", by="till")
    counted = [f"{line},{at}" for line in ALL if LAMP in line or SHADE in line]
    batch = await stocked.check(*counted, head=head, mode="full")
    await apply(stocked.database, stocked.clock, batch, str(batch.brake.get("count", "")))
    assert await stocked.book(variant=stocked.world.sofa) == 3


# Undoing


async def test_undoing_writes_back_what_stood_there_and_what_was_sold_since_stays_sold(shop):
    batch = await shop.bring(f"rivoli,{LAMP},9", f"rivoli,{SHADE},7", f"lyon,{LAMP},4")
    shop.clock.forward(hours=1)
    await shop.sell(2)
    await shop.bring(f"rivoli,{SHADE},6")
    batch = await shop.undo(batch)
    assert batch.state == "undone"
    assert await shop.book() == 3
    assert await shop.book(variant=shop.world.shade) == 6
    assert await shop.book(shop.world.lyon) == 0
    assert (await shop.cell()).counted_at is None


async def test_undoing_a_file_that_was_right_also_takes_back_how_fresh_it_was(shop):
    before = await shop.cell()
    batch = await shop.bring(f"rivoli,{LAMP},{before.book}")
    assert batch.counts["unchanged"] == 1 and (await shop.cell()).counted_at == shop.clock()
    await shop.undo(batch)
    assert (await shop.cell()).counted_at == before.counted_at


async def test_a_count_of_before_an_undone_file_is_taken_again(shop):
    batch = await shop.bring(f"rivoli,{LAMP},9")
    await shop.undo(batch)
    await shop.bring(f"rivoli,{LAMP},7,2026-11-24T11:30:00Z", head="store,sku,on_hand,counted_at")
    assert await shop.book() == 7


# Other people's files


async def test_shopifys_inventory_and_googles_local_inventory_are_read_as_ours(shop):
    shopify = sheet(
        ["Handle", "Title", "Option1 Name", "Option1 Value", "SKU", "Location", "On hand (current)", "On hand (new)"],
        ["lampe", "Lampe", "", "", LAMP, "Aurore Rivoli", "5", "8"],
        ["abat-jour", "Abat-jour", "", "", SHADE, "Aurore Lyon", "not stocked", "not stocked"],
    )
    batch = await bring(shop.database, shop.clock, shopify, subject="stock")
    assert (batch.format, counts(batch)) == ("shopify", {"updated": 1, "unchanged": 1})
    assert await shop.book() == 8
    google = sheet(["store code", "id", "quantity", "price"], ["rivoli", LAMP, "6", "119.00 EUR"], delimiter="\t")
    shop.clock.forward(minutes=1)
    batch = await bring(shop.database, shop.clock, google, subject="stock")
    assert batch.format == "google"
    assert (await shop.book(), (await shop.cell()).price_minor) == (6, 11900)


async def test_what_is_sold_while_an_export_is_written_is_not_taken_off_twice(shop):
    begun = shop.clock()
    shop.clock.forward(seconds=5)
    await shop.sell(1)
    book = await shop.book()
    async with shop.database.work(readonly=True) as session:
        page = await writing.page(session, "stock", (), now=begun)
        file = writing.encoded([await writing.head(session, "stock"), *page.rows])
    batch = await check(shop.database, shop.clock, file, subject="stock")
    assert counts(batch).keys() == {"unchanged"}
    await apply(shop.database, shop.clock, batch)
    assert await shop.book() == book


async def test_an_export_that_comes_back_changes_nothing(shop):
    await shop.bring(("rivoli", LAMP, "4", "oui", "99"), head="store,sku,on_hand,on_show,price")
    async with shop.database.work(readonly=True) as session:
        head = await writing.head(session, "stock")
        page = await writing.page(session, "stock", (), now=shop.clock())
    before = await shop.movements()
    batch = await bring(shop.database, shop.clock, writing.encoded([head, *page.rows]), subject="stock", mode="full")
    assert counts(batch) == {"unchanged": 4}
    assert await shop.movements() == before
