"""Our own files on their way out, and back in: an export that is imported changes nothing, and no cell is a formula."""

import asyncio
import csv
import io
import os
import subprocess
import sys
import tracemalloc
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from factories import World, both, build, closed, product, put, reserved
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from booking.journal import Entry
from kit.languages import Translated
from kit.settings import Settings
from stores import attributes
from stores.attributes import Attribute
from stores.catalogue import Picture, Product, Variant
from stores.exchange import packing, writing
from stores.exchange.cells import escaped, unescaped
from stores.media import Medium
from stores.pairings import Pairing
from stores.stock import StoreStock
from tests.stores.exchange.bringing import check, differences
from web.exporting import Export, pieces

TRIGGERS = "=+-@\t\r\n\0＝＋－＠"
ROOT = Path(__file__).resolve().parents[3]
HOUSE = Settings(base_url="http://vitrine.test", secret_key="x" * 32)


@pytest.fixture
async def world(database, clock) -> World:
    async with database.work() as session:
        return await build(session, now=clock(), staffed=False)


async def exported(database, what: str, clock, **options) -> bytes:
    async with database.work() as session:
        given = pieces(session, Export(what), HOUSE, by="command", now=clock(), **options)
        return b"".join([piece async for piece in given])


def read(file: bytes, delimiter: str = ",") -> list[dict[str, str]]:
    assert file.startswith(b"\xef\xbb\xbf")
    text = io.StringIO(file.decode("utf-8-sig"), newline="")
    return [{name: unescaped(cell) for name, cell in row.items()} for row in csv.DictReader(text, delimiter=delimiter)]


# Cells


@given(st.lists(st.lists(st.text(TRIGGERS + "'aé; ,\"|"), min_size=2, max_size=4), min_size=1, max_size=5))
def test_no_cell_begins_like_a_formula_and_the_import_reads_what_was_written(rows):
    written = writing.encoded(rows).decode()
    found = list(csv.reader(io.StringIO(written, newline="")))

    assert [[unescaped(cell) for cell in row] for row in found] == rows
    assert not [cell for row in found for cell in row if cell and cell[0] in TRIGGERS]
    assert written.endswith("\r\n")


@pytest.mark.parametrize(
    ("text", "cell"),
    [("-Anne", "'-Anne"), ("'=x", "''=x"), ("'tis", "'tis"), ("=1+1", "'=1+1"), ("＝1", "'＝1"), ("a=1", "a=1")],
)
def test_a_name_survives_its_apostrophe(text, cell):
    assert escaped(text) == cell
    assert unescaped(cell) == text


words = st.text("ab|\\:;/ é'=", max_size=8).map(str.strip)


@given(st.lists(words, max_size=4))
def test_a_list_survives_its_cell(texts):
    if texts != [""]:  # one that is empty is none
        assert packing.unlisted(packing.listed(texts)) == texts


@given(st.lists(st.tuples(words, words), max_size=4))
def test_facts_survive_their_cell(facts):
    assert packing.untold(packing.told(facts)) == facts


# Files


@pytest.fixture
async def full(world, database, clock):
    """A house in which every column says something, and many of them something nasty."""
    async with database.work() as session:
        for code, kind, choices in (
            ("width", "number", []),
            ("finish", "text", []),
            ("wood", "choice", [{"code": "oak", "label": {"fr": "Chêne", "en": "Oak"}, "colour": ""}]),
        ):
            session.add(Attribute(code=code, kind=kind, label=both(code), choices=choices))
        lamp = (await session.scalars(sa.select(Product).where(Product.ref == "LUM-0001"))).one()
        lamp.name = both('=HYPERLINK("http://x","a")', "-Anne, d'Arc")
        lamp.story = both('Première ligne\n\n- **deux**; "trois"', "@import\ttab")
        lamp.care = Translated(fr="'=déjà")
        lamp.brand = "+33 \\ | Frères; Sœurs"
        lamp.facts = {"fr": [["Hauteur: totale", "42 | 43 cm"], ["\\", "a/b; c"]], "en": []}
        lamp.attributes = {"width": 12.5, "finish": {"fr": "Satinée"}, "wood": "oak"}
        lamp.seo_title, lamp.drafts, lamp.made_in = both("Titre | deux"), ["en"], "FR"
        lamp.publish_at = datetime(2027, 1, 4, 8, 0, 30, 123456, tzinfo=UTC)
        lamp.try_in_store, lamp.listed, lamp.max_per_reservation = True, False, 7
        await session.flush()
        session.add(
            Variant(product_id=lamp.id, sku="0012", gtin="03017620422003", position=1, price_minor=5, was_minor=1000,
                    lowest_minor=900, weight_grams=1200, hidden=True,
                    options=[{"name": {"fr": "-Teinte", "en": ""}, "value": {"fr": "Or; pâle", "en": "=Gold"}}])
        )  # fmt: skip
        for place, alt in enumerate((Translated(fr="Face | avant"), Translated(), Translated(en="Back"))):
            medium = Medium(digest=str(place), path=f"p/{place}.webp", kind="image/webp", width=8, height=6, size=1,
                            alt=alt, created_at=clock())  # fmt: skip
            session.add(medium)
            await session.flush()
            session.add(Picture(product_id=lamp.id, medium_id=medium.id, path=medium.path, alt=alt, width=8, height=6,
                                position=place))  # fmt: skip
        shade = (await session.scalars(sa.select(Product).where(Product.ref == "LUM-0013"))).one()
        session.add(Pairing(product_id=lamp.id, other_id=shade.id, reason=both("+1", "'=1"), position=3))
        sofa = (await session.scalars(sa.select(Product).where(Product.ref == "MEU-0001"))).one()
        sofa.slug_fr = "canape-berthe"
        bare = product(world.lamps, "NU-1", both("Rien", "Nothing"), now=clock(), state="draft", published_at=None)
        session.add(bare)
        rivoli = await session.get(type(world.rivoli), world.rivoli.id)
        await session.refresh(rivoli, ["exceptions"])
        rivoli.exceptions = [closed(date(2026, 12, 24), "Noël; tôt / tard", "10:00-12:00, 14:00-18:00")]
        rivoli.services = [{"fr": "Café | thé", "en": "Coffee"}, {"en": "Parking"}]
        rivoli.opens_on, rivoli.staff_notify_url = date(2026, 1, 2), "ntfy://secret"
        await session.execute(
            sa.update(StoreStock)
            .where(StoreStock.variant_id == world.shade.id)
            .values(floor=-1, shelf="=A1", price_minor=3300, safety=1)
        )
    return world


@pytest.mark.parametrize("subject", ["products", "stock", "stores", "pairings"])
@pytest.mark.parametrize("delimiter", [",", ";"])
async def test_what_is_exported_and_imported_again_changes_nothing(database, clock, full, subject, delimiter):
    file = await exported(database, subject, clock, delimiter=delimiter)
    batch = await check(database, clock, file, subject=subject)

    assert batch.state == "checked", batch.error
    changed = [(row.key, row.action, row.changes, row.problems) for row in await differences(database, batch)
               if row.action != "unchanged"]  # fmt: skip
    assert not changed, changed
    assert batch.counts["unchanged"] == batch.rows == len(read(file, delimiter)) > 0


async def test_a_file_of_articles_says_everything_once(database, clock, full):
    rows = read(await exported(database, "products", clock))
    first, second = [row for row in rows if row["ref"] == "LUM-0001"]

    assert first["name:fr"] == '=HYPERLINK("http://x","a")'
    assert first["facts:fr"] == "Hauteur\\: totale: 42 \\| 43 cm | \\\\: a/b; c"
    assert [first[f"attribute:{code}"] for code in ("width", "finish:fr", "wood")] == ["12.5", "Satinée", "oak"]
    assert first["pictures"] == "p/0.webp p/1.webp p/2.webp"
    assert first["picture_alts:fr"] == "Face \\| avant"
    assert first["picture_alts:en"] == " |  | Back"
    assert (first["listed"], first["category"]) == ("false", "lampes-a-poser")
    assert first["publish_at"] == "2027-01-04T08:00:30.123456Z"
    assert (second["sku"], second["gtin"], second["price"], second["was_price"]) == (
        "0012", "03017620422003", "0.05", "10.00",
    )  # fmt: skip
    assert (second["name:fr"], second["story:fr"], second["hidden"]) == ("", "", "true")
    assert [row["sku"] for row in rows if row["ref"] == "NU-1"] == [""]


async def test_the_key_of_a_channel_leaves_with_no_file(database, clock, full):
    assert b"secret" not in await exported(database, "stores", clock)


async def test_stock_speaks_of_the_moment_in_which_it_was_written(database, clock, full):
    rows = read(await exported(database, "stock", clock))

    assert {row["counted_at"] for row in rows} == {"2026-11-24T11:00:00Z"}
    shade = next(row for row in rows if row["sku"] == "LUM-0013-30")
    assert (shade["store"], shade["on_hand"], shade["floor"], shade["shelf"], shade["price"]) == (
        "rivoli", "2", "-1", "=A1", "33.00",
    )  # fmt: skip


async def test_reservations_leave_without_anybody_s_name_and_the_journal_knows(database, clock, full):
    async with database.work() as session:
        made = await reserved(session, full, now=clock(), lines=[(full.shade, 1)])
    file = await exported(database, "reservations", clock)
    (row,) = read(file)

    assert row["code"].replace("-", "") == made.code
    assert (row["store"], row["status"], row["sku"], row["quantity"]) == ("rivoli", "requested", "LUM-0013-30", "1")
    assert row["requested_at"] == "2026-11-24T11:00:00Z"
    for private in (made.first_name, made.last_name, made.email, made.phone):
        assert not private or private.encode() not in file
    async with database.work(readonly=True) as session:
        kept = (await session.scalars(sa.select(Entry).where(Entry.event == "reservations_exported"))).all()
    assert [one.by for one in kept] == ["command"]


@pytest.mark.parametrize("subject", ["products", "stock", "stores", "pairings"])
async def test_every_page_follows_the_one_before(database, clock, full, subject, monkeypatch):
    whole = await exported(database, subject, clock)
    for size in ("PRODUCTS", "CELLS", "STORES", "PAIRINGS"):
        monkeypatch.setattr(writing, size, 1)

    assert await exported(database, subject, clock) == whole


async def test_memory_does_not_grow_with_the_file(database, clock, world, monkeypatch):
    monkeypatch.setattr(writing, "PRODUCTS", 100)
    async with database.work() as session:
        values = {"at": clock(), "category": world.lamps.id}
        await session.execute(
            sa.text(
                """
                insert into product (ref, slug_fr, slug_en, name, story, care, facts, category_id, state, updated_at,
                                     brand, made_in, by_appointment, max_per_reservation)
                select 'R' || n, 'r' || n, 'r' || n, '{"fr": "Nom"}', '{}',
                       jsonb_build_object('fr', repeat('mot', 700)), '{}', :category, 'draft', :at, '', '', false, 3
                from generate_series(1, 1500) n
                """
            ),
            values,
        )
    async with database.work(readonly=True) as session:
        await attributes.every(session)
        tracemalloc.start()
        size = 0
        async for piece in pieces(session, Export.PRODUCTS, HOUSE, by="command", now=clock()):
            size += len(piece)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert size > 3_000_000
    assert peak < 2 * size / 3, peak


# Random houses


texts = st.text("aàé '\"-=+@,;|\\:/\n", min_size=1, max_size=12).map(str.strip).filter(bool)
lines = texts.map(lambda text: " ".join(text.split())).filter(bool)
tongues = st.dictionaries(st.sampled_from(["fr", "en"]), lines, max_size=2)
articles = st.fixed_dictionaries(
    {
        "name": lines,
        "brand": lines | st.just(""),
        "story": tongues,
        "seo_title": tongues,
        "facts": st.lists(st.tuples(lines, lines), max_size=3),
        "listed": st.booleans(),
        "price": st.integers(1, 10**7),
        "was": st.none() | st.integers(1, 10**7),
        "option": st.none() | st.tuples(lines, lines),
    }
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(articles, min_size=1, max_size=6))
async def test_any_house_that_is_exported_and_imported_again_is_the_same(database, clock, world, chosen):
    async with database.work() as session:
        await session.execute(sa.delete(Product).where(Product.ref.startswith("R")))
        for number, one in enumerate(chosen):
            option = one["option"]
            variant = Variant(
                sku=f"S{number}",
                price_minor=one["price"],
                was_minor=one["was"],
                options=[{"name": {"fr": option[0]}, "value": {"fr": option[1]}}] if option else [],
            )
            made = product(world.lamps, f"R{number}", both(f"Nom {number}", f"Name {number}"), variant, now=clock())
            made.name = Translated(fr=one["name"])
            made.brand, made.listed = one["brand"], one["listed"]
            made.story, made.seo_title = Translated(one["story"]), Translated(one["seo_title"])
            made.facts = {"fr": [list(fact) for fact in one["facts"]], "en": []}
            session.add(made)
    file = await exported(database, "products", clock)
    batch = await check(database, clock, file)

    assert batch.counts["unchanged"] > len(chosen)
    assert [(row.key, row.changes, row.problems) for row in await differences(database, batch)
            if row.action != "unchanged" and row.key != "MEU-0001"] == []  # fmt: skip


# The command


async def test_the_command_writes_a_file_or_standard_output(database, database_url, redis_url, full, clock, tmp_path):
    async with database.work() as session:
        await put(session, full.lyon, full.lamp, 2, now=clock())

    async def vitrine(*said: str) -> subprocess.CompletedProcess[bytes]:
        given = {
            "PATH": os.environ["PATH"], "HOME": str(tmp_path), "VITRINE_DATABASE_URL": database_url,
            "VITRINE_REDIS_URL": redis_url, "VITRINE_SECRET_KEY": "x" * 32, "VITRINE_SMTP_URL": "smtp://127.0.0.1:9",
            "VITRINE_DATA_DIR": str(tmp_path / "data"), "VITRINE_BASE_URL": "https://aurore.example",
        }  # fmt: skip
        command = [sys.executable, "-m", "web.cli", *said]
        return await asyncio.to_thread(subprocess.run, command, cwd=ROOT, env=given, capture_output=True, timeout=60)

    out = tmp_path / "stock.csv"
    done = await vitrine("export", "stock", "--out", str(out), "--separator", ";")
    assert (done.returncode, done.stdout) == (0, b""), done.stderr
    assert len(read(out.read_bytes(), ";")) == 5
    assert [one.name for one in tmp_path.iterdir() if one.suffix == ".part"] == []

    done = await vitrine("export", "feed-local-inventory", "--language", "en")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(b"<?xml")
    assert done.stdout.count(b"<item>") == 2  # the lamp is not listed
    assert b"https://aurore.example/en/" in done.stdout
