"""The way of a batch: brought in pieces, checked, applied chunk by chunk, cancelled, taken back; and who may work on
it."""

from hashlib import sha256

import pytest
from factories import World, build, reserved
from sqlalchemy import func, select

from booking import journal
from kit.languages import speaking
from stores.catalogue import Product, Variant
from stores.exchange import batches
from stores.exchange.batches import BatchPart, BatchRow, Overtaken, State
from stores.exchange.batches.life import ColumnMissing, ColumnTwice, MovedOn, TooLateToUndo, UnknownColumn
from tests.stores.exchange.bringing import (
    apply,
    article,
    bring,
    check,
    differences,
    look,
    sheet,
    undo,
    upload,
    variant,
)
from web import exchanging


@pytest.fixture
async def world(database, clock) -> World:
    async with database.work() as session:
        return await build(session, now=clock(), staffed=False)


def many(number: int, price: str = "10") -> bytes:
    """So many new articles of two variants."""
    header = ("ref", "name:fr", "category", "sku", "price")
    found = [
        (f"A-{n}", f"Objet {n}", "table-lamps", f"A-{n}-{place}", price) for n in range(number) for place in range(2)
    ]
    return sheet(header, *found)


async def count(database, table) -> int:
    async with database.work(readonly=True) as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_the_numbers_are_those_that_stand_in_the_database(database, clock, world):
    file = sheet(
        ("ref", "name:fr", "category", "sku", "price"),
        *((f"A-{n}", f"Objet {n}", "table-lamps", f"A-{n}", "10" if n % 10 else "dix") for n in range(1500)),
        ("", "", "", "LUM-0001-LAI", "129"),
        ("", "", "", "LUM-0013-30", "36"),
    )
    batch = await bring(database, clock, file)
    assert batch.rows == 1502
    assert batch.counts == {"created": 1350, "updated": 1, "unchanged": 1, "rejected": 150, "hidden": 0}
    assert await count(database, Variant) == 3 + 1350


async def test_a_check_writes_nothing_and_cancelled_it_leaves_nothing(database, clock, world):
    before = await count(database, Product)
    batch = await check(database, clock, many(600))
    assert batch.state == State.CHECKED and batch.counts["created"] == 1200
    assert (await count(database, Product), await count(database, BatchRow)) == (before, 1200)

    async with database.work() as session:
        await batches.cancel(session, await batches.find(session, batch.id), now=clock())
    batch = await look(database, batch.id)
    assert batch.state == State.CANCELLED
    assert (await count(database, BatchRow), await count(database, BatchPart)) == (0, 0)
    with pytest.raises(MovedOn):
        await apply(database, clock, batch)


async def test_cancelled_in_the_middle_it_is_taken_back(database, clock, world):
    """The chunk that is being written is not kept; those before it are undone."""
    batch = await check(database, clock, many(1200))
    async with database.work() as session:
        await batches.confirm(session, await batches.find(session, batch.id), "", by="Paul", now=clock())
    async with database.work() as session:
        batch_id, lease = await batches.claim(session, now=clock())
    async with database.work() as session:
        assert await batches.step(session, batch_id, lease, now=clock())
    assert await count(database, Variant) > 1000

    async with database.work() as session:
        await batches.cancel(session, await batches.find(session, batch.id), now=clock())
    with pytest.raises(Overtaken):
        async with database.work() as session:
            await batches.step(session, batch_id, lease, now=clock())
    await exchanging.run(database, clock)
    batch = await look(database, batch.id)
    assert batch.state == State.UNDONE
    assert (await count(database, Variant), await count(database, Product)) == (3, 3)


async def test_two_workers_never_do_the_same(database, clock, world):
    """Who was given up for dead finds out at the end of its chunk, and nothing of that chunk is kept."""
    batch = await check(database, clock, many(600))
    async with database.work() as session:
        await batches.confirm(session, await batches.find(session, batch.id), "", by="Paul", now=clock())
    async with database.work() as session:
        found, slow = await batches.claim(session, now=clock())
    async with database.work() as session:
        assert await batches.claim(session, now=clock()) is None
    clock.forward(seconds=batches.LEASE.total_seconds() + 1)
    assert await exchanging.run(database, clock) == found
    with pytest.raises(Overtaken):
        async with database.work() as session:
            await batches.step(session, found, slow, now=clock())
    assert (await look(database, found)).state == State.APPLIED
    assert await count(database, Variant) == 3 + 1200


async def test_a_batch_that_fails_each_time_lets_the_others_pass(database, clock, world):
    """Whatever is the matter with it, the file of a colleague is checked meanwhile."""

    def fall(point):
        raise RuntimeError(point)

    first = await upload(database, clock, many(1))
    clock.forward(seconds=1)
    second = await upload(database, clock, many(1))
    with pytest.raises(RuntimeError):
        await exchanging.run(database, clock, crash=fall)
    assert await exchanging.run(database, clock) == second
    assert await exchanging.run(database, clock) is None
    clock.forward(seconds=batches.LEASE.total_seconds() + 1)
    assert await exchanging.run(database, clock) == first


async def test_an_article_is_not_torn_apart(database, clock, world):
    """Its rows are checked and written in one transaction, however they lie in the chunks."""
    file = sheet(
        ("ref", "name:fr", "category", "sku", "price"),
        *((f"A-{n}", f"Objet {n}", "table-lamps", f"A-{n}-{k}", "10") for n in range(100) for k in range(15)),
    )
    batch = await check(database, clock, file)
    async with database.work() as session:
        await batches.confirm(session, await batches.find(session, batch.id), "", by="Paul", now=clock())
    async with database.work() as session:
        found, lease = await batches.claim(session, now=clock())
    async with database.work() as session:
        await batches.step(session, found, lease, now=clock())
    async with database.work(readonly=True) as session:
        per_article = select(func.count()).select_from(Variant).join(Product).where(Product.ref.like("A-%"))
        numbers = set(await session.scalars(per_article.group_by(Product.id)))
    assert numbers == {15}


async def test_the_file_is_kept_in_pieces_until_it_is_not_needed(database, clock, world):
    file = many(15_000)
    batch_id = await upload(database, clock, file)
    assert await count(database, BatchPart) == 2
    async with database.work(readonly=True) as session:
        batch = await batches.find(session, batch_id)
        assert (batch.digest, batch.size, batch.rows) == (sha256(file).hexdigest(), len(file), 30_000)
        rows = await batches.preview(session, batch, 2)
    assert rows == [["A-0", "Objet 0", "table-lamps", "A-0-0", "10"], ["A-0", "Objet 0", "table-lamps", "A-0-1", "10"]]

    batch = await bring(database, clock, many(2))
    assert await count(database, BatchPart) == 2
    async with database.work(readonly=True) as session:
        assert await batches.preview(session, batch, 2) == []


async def test_a_file_that_cannot_be_used_says_why_and_leaves_nothing(database, clock, world):
    batch = await look(database, await upload(database, clock, b"PK\x03\x04 and so on"))
    assert (batch.state, bool(batch.error)) == (State.FAILED, True)
    assert await count(database, BatchPart) == 0


async def test_what_is_damaged_in_the_middle_changes_nothing(database, clock, world):
    file = many(1500) + b'A-9999,"never closed\n' + b"x,y,z\n" * 200_000
    batch = await look(database, await upload(database, clock, file))
    if batch.state != State.FAILED:  # found while it was read, not before
        await exchanging.run(database, clock)
        batch = await look(database, batch.id)
    assert batch.state == State.FAILED and batch.error
    assert await count(database, Product) == 3


async def test_columns_are_named_before_anything_is_checked(database, clock, world):
    async with database.work() as session:
        batch = await batches.open_batch(
            session, "products", "x.csv", by="Paul", store_ids=None, options={}, now=clock()
        )
        await batches.add_part(session, batch, 0, sheet(("Code", "Tarif", "Nom"), ("LUM-0001-LAI", "99", "Oscar")))
        await batches.begin(session, batch, now=clock())
        assert (batch.state, batch.format) == (State.UPLOADED, "vitrine")
        for mapping, refusal in (
            ({"Tarif": "price"}, ColumnMissing),
            ({"Code": "sku", "Tarif": "price", "Nom": "price"}, ColumnTwice),
            ({"Code": "sku", "Tarif": "cost"}, UnknownColumn),
        ):
            with pytest.raises(refusal):
                await batches.set_mapping(session, batch, mapping, {}, now=clock())
        await batches.set_mapping(session, batch, {"Code": "sku", "Tarif": "price", "Nom": ""}, {}, now=clock())
    await exchanging.run(database, clock)
    [row] = await differences(database, await look(database, batch.id))
    assert row.changes == [("price", "129.00", "99.00")]


async def test_checked_again_with_other_columns_it_forgets_the_first_check(database, clock, world):
    batch = await check(database, clock, sheet(("sku", "price", "brand"), ("LUM-0001-LAI", "99", "Autre")))
    async with database.work() as session:
        found = await batches.find(session, batch.id)
        await batches.set_mapping(session, found, {"sku": "sku", "brand": "brand"}, {}, now=clock())
    await exchanging.run(database, clock)
    [row] = await differences(database, await look(database, batch.id))
    assert row.changes == [("brand", "Maison Lavergne", "Autre")]


async def test_it_can_be_undone_for_a_day(database, clock, world):
    batch = await bring(database, clock, sheet(("sku", "price"), ("LUM-0001-LAI", "99")))
    clock.forward(hours=25)
    with pytest.raises(TooLateToUndo):
        await undo(database, clock, batch)
    assert (await variant(database, "LUM-0001-LAI")).price_minor == 9900


async def test_the_journal_keeps_the_steps_and_not_the_rows(database, clock, world):
    batch = await bring(database, clock, many(5))
    await undo(database, clock, batch)
    async with database.work(readonly=True) as session:
        entries = await journal.of(session, "batch", batch.id)
    assert [(entry.event, entry.by) for entry in entries] == [
        ("checked", "Paul"), ("applied", "Paul"), ("undone", "Paul"),
    ]  # fmt: skip
    assert entries[1].detail["created"] == 10


async def test_progress_is_true(database, clock, world):
    seen = []
    batch_id = await upload(database, clock, many(1500))
    async with database.work(readonly=True) as session:
        began = await batches.find(session, batch_id)
    clock.forward(seconds=10)
    await exchanging.run(database, clock, progress=lambda batch: seen.append(batches.progress(batch, now=clock())))
    assert began.rows == 3000
    assert [one.done for one in seen] == [1000, 2000, 3000, 3000]
    assert [one.total for one in seen] == [3000] * 4
    assert seen[0].per_second == 100 and seen[0].seconds_left == 20


async def test_the_file_to_try_again_has_the_rejected_rows_as_they_were(database, clock, world):
    file = sheet(("sku", "Prix", "note"), ("LUM-0001-LAI", "3,01E+12", "à voir"), ("LUM-0013-30", "36", ""))
    batch = await check(database, clock, file)
    async with database.work(readonly=True) as session:
        with speaking("fr"):
            found = [row async for row in batches.rejected_rows(session, batch)]
    assert found[0][:3] == ["sku", "Prix", "note"]
    assert found[1][:4] == ["LUM-0001-LAI", "3,01E+12", "à voir", "2"]
    assert len(found) == 2 and found[1][4]


CASE_24 = (
    ("EAN", "Code article", "Désignation", "Prix TTC", "Catégorie", "Marque"),
    ("03017620422003", "LUM-0001-LAI", "Lampe Oscar à poser", "1 129,50", "", ""),
    ("3,01762E+12", "MEU-0001", "Canapé écru", "35,00", "", ""),
    ("", "LUM-0001-LAI", "Lampe bis", "130,00", "", ""),
    ("", "NEU-1", "Cœur d'artichaut", "12", "Lampes à pozer", ""),
    ("", "NEU-2", "Étagère", "", "Lampes à poser", ""),
)
"""What somebody in a hurry saved from a spreadsheet, with `;` and in CP1252. It does not name the shade."""


async def test_case_24_is_reported_as_a_careful_person_would(database, clock, world):
    """Text is kept, barcodes are compared as 14 digits, a shortened number is refused with advice, the second row of a
    SKU with the line of the first; English and empty cells stay as they are; what is reserved is hidden and said."""
    async with database.work() as session:
        lamp = await session.scalar(select(Variant).where(Variant.sku == "LUM-0001-LAI"))
        lamp.gtin = "3017620422003"
        await reserved(session, world, now=clock(), lines=[(world.shade, 1)])
    batch = await bring(database, clock, sheet(*CASE_24, delimiter=";").decode().encode("cp1252"), mode="full")

    assert (batch.dialect["encoding"], batch.dialect["delimiter"]) == ("cp1252", ";")
    assert batch.counts == {"created": 0, "updated": 1, "unchanged": 0, "rejected": 4, "hidden": 1}
    lamp = await article(database, "LUM-0001")
    assert lamp.name == {"fr": "Lampe Oscar à poser", "en": "Oscar lamp"} and lamp.brand == "Maison Lavergne"
    assert (lamp.variants[0].price_minor, lamp.variants[0].gtin) == (112950, "3017620422003")
    assert (await variant(database, "LUM-0013-30")).hidden

    with speaking("en"):
        hidden = (await differences(database, batch, "hidden"))[0].problems[0].sentence
        lines, (shortened, twice, category, price) = await to_try_again(database, batch)
    assert lines == ["3", "4", "5", "6"]
    assert "EAN" in shortened or "gtin" in shortened
    assert "3,01762E+12" in shortened and "Format the column as text" in shortened
    assert "LUM-0001-LAI" in twice and "line 2" in twice
    assert "Lampes à pozer" in category and "Did you mean “lampes" in category
    assert price == "price: a new entry needs it."
    assert "LUM-0013-30" in hidden and "1" in hidden

    with speaking("fr"):
        lines, french = await to_try_again(database, batch)
    assert lines == ["3", "4", "5", "6"]
    assert all(word in sentence for word, sentence in zip(("3,01762E+12", "2", "Lampes", "price"), french, strict=True))


async def to_try_again(database, batch) -> tuple[list[str], list[str]]:
    """The lines and the sentences of the rejected rows."""
    async with database.work(readonly=True) as session:
        table = [row async for row in batches.rejected_rows(session, batch)]
    return [row[-2] for row in table[1:]], [row[-1] for row in table[1:]]
