"""Paul keeps the catalogue: he finds what is not as it should be, and mends one article or many."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from factories import both, product
from reading import text_of
from sqlalchemy import select

from booking.journal import Entry
from kit.languages import Translated
from stores.attributes import Attribute
from stores.catalogue import Category, Picture, Product, Variant
from stores.exchange.batches import Batch, BatchRow
from stores.prices import PriceChange
from web import exchanging

ARTICLES, BULK = "/en/merch/articles", "/en/merch/bulk"


def names(page) -> list[str]:
    """The articles of the list, in their order."""
    return re.findall(r'<th scope="row"><a [^>]*>([^<]+)</a>', page.text)


@pytest.fixture
async def paul(colleague):
    return await colleague("paul")


@pytest.fixture
async def chair(database, world, clock):
    """A chair that waits: no English, no stock, not shown yet."""
    async with database.work() as session:
        variant = Variant(sku="MEU-0100-CHE", gtin="3001234567915", options=[], price_minor=8900)
        made = product(
            await session.get(Category, world.lamps.id), "MEU-0100", both("Chaise Épure", "Plain chair"), variant,
            now=clock() + timedelta(minutes=5), state="ready", published_at=None, brand="Atelier Nord",
        )  # fmt: skip
        made.name = Translated(fr="Chaise Épure")
        session.add(made)
    return variant


async def bowls(database, world, clock, count: int) -> None:
    """So many bowls, the first changed last."""
    async with database.work() as session:
        lamps = await session.get(Category, world.lamps.id)
        for n in range(1, count + 1):
            bowl = Variant(sku=f"BOL-{n:04}", options=[], price_minor=900)
            names = both(f"Bol {n:03}", f"Bowl {n:03}")
            session.add(product(lamps, f"BOL-{n:04}", names, bowl, now=clock() - timedelta(hours=n)))


async def one(database, ref: str) -> Product:
    async with database.work() as session:
        return await session.scalar(select(Product).where(Product.ref == ref))


async def price_of(database, sku: str) -> int:
    async with database.work() as session:
        return await session.scalar(select(Variant.price_minor).where(Variant.sku == sku))


async def test_the_list_says_of_each_article_where_it_stands(paul, chair):
    page = await paul.get(ARTICLES)
    assert page.status_code == 200
    assert names(page) == ["Chaise Épure", "Berthe sofa", "Linen shade", "Oscar lamp"]
    first = text_of(page.text.split('id="article-MEU-0100"')[1].split("</tr>")[0])
    for words in ("Atelier Nord", "ready to publish", "nowhere", "missing: name", "no picture"):
        assert words in first
    lamp = text_of(page.text.split('id="article-LUM-0001"')[1].split("</tr>")[0])
    assert "2 stores" in lamp and "5 of 5" in lamp and "published" in lamp
    assert "/en/merch/articles/new" in page.text


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("chaise", ["Chaise Épure"]),
        ("lamps", ["Oscar lamp"]),
        ("lampes", ["Oscar lamp"]),
        ("epu", ["Chaise Épure"]),
        ("Atelier", ["Chaise Épure"]),
        ("MEU-0100", ["Chaise Épure"]),
        ("lum-0013", ["Linen shade"]),
        ("LUM-0013-30", ["Linen shade"]),
        ("3001234567915", ["Chaise Épure"]),
        ("03001234567892", ["Oscar lamp"]),
        ("%", []),
        ("xylophone", []),
    ],
)
async def test_an_article_is_found_by_any_of_its_names_and_numbers(paul, chair, words, found):
    page = await paul.get(ARTICLES, params={"q": words, "sort": "name"})
    shown = names(page)
    assert shown == found if words != "%" else len(shown) == 4


async def test_the_views_name_what_is_missing(paul, chair, database, world, clock):
    async with database.work() as session:
        lamp = await session.scalar(select(Product).where(Product.ref == "LUM-0001"))
        session.add(Picture(product_id=lamp.id, path="a.webp", alt=both("Lampe", "Lamp"), width=10, height=10))
        shade = await session.scalar(select(Product).where(Product.ref == "LUM-0013"))
        shade.state, shade.publish_at = "withdrawn", clock() + timedelta(days=3)
    found = {
        view: set(names(await paul.get(ARTICLES, params={"view": view})))
        for view in ("all", "no-picture", "no-english", "no-stock", "drafts", "scheduled", "withdrawn")
    }
    assert found == {
        "all": {"Chaise Épure", "Berthe sofa", "Linen shade", "Oscar lamp"},
        "no-picture": {"Chaise Épure", "Berthe sofa"},
        "no-english": {"Chaise Épure"},
        "no-stock": {"Chaise Épure"},
        "drafts": {"Chaise Épure"},
        "scheduled": {"Linen shade"},
        "withdrawn": {"Linen shade"},
    }


async def test_headings_sort_the_list_and_say_so(paul, chair):
    by_name = await paul.get(ARTICLES, params={"sort": "name"})
    assert names(by_name) == ["Berthe sofa", "Chaise Épure", "Linen shade", "Oscar lamp"]
    assert by_name.text.count('aria-sort="ascending"') == 1
    assert "sort=name-down" in by_name.text
    assert names(await paul.get(ARTICLES, params={"sort": "name-down"})) == names(by_name)[::-1]
    assert names(await paul.get(ARTICLES, params={"sort": "brand"}))[0] == "Chaise Épure"


async def test_pages_have_addresses_and_a_page_that_is_not_there_is_not_found(paul, world, database, clock):
    await bowls(database, world, clock, 97)
    first = await paul.get(ARTICLES, params={"sort": "name", "q": "bowl"})
    assert "97 articles" in first.text and "page 1 of 2" in first.text and names(first)[0] == "Bowl 001"
    assert "For all 97 articles found" in first.text
    second = await paul.get(ARTICLES, params={"sort": "name", "q": "bowl", "page": "2"})
    assert names(second)[0] == "Bowl 051" and len(names(second)) == 47 and 'rel="next"' not in second.text
    assert (await paul.get(ARTICLES, params={"page": "3"})).status_code == 404


async def test_a_page_takes_the_same_few_statements_however_long_it_is(paul, world, database, clock):
    async def statements() -> int:
        seen: list[str] = []

        def count(conn, cursor, statement, *rest) -> None:
            seen.append(statement)

        sa.event.listen(database.engine.sync_engine, "before_cursor_execute", count)
        try:
            await paul.get(ARTICLES)
        finally:
            sa.event.remove(database.engine.sync_engine, "before_cursor_execute", count)
        return len([one for one in seen if " product" in one or " variant" in one or "FROM attribute" in one])

    few = await statements()
    await bowls(database, world, clock, 80)
    many = await statements()
    assert few <= many <= 6
    assert many - few <= 1  # a page that is not the last is counted


async def test_an_empty_catalogue_offers_a_file(app, database, clock, colleague, world):
    async with database.work() as session:
        for table in ("stock_movement", "store_stock", "variant", "product"):
            await session.execute(sa.text("set local session_replication_role = replica"))
            await session.execute(sa.text(f"delete from {table}"))
    page = await (await colleague("paul")).get(ARTICLES)
    assert "/en/merch/imports" in page.text and "<table" not in page.text


async def test_a_search_that_finds_nothing_keeps_its_way_back(paul, world):
    page = await paul.get(ARTICLES, params={"q": "xylophone"})
    assert "No article matches this." in page.text and f'href="{ARTICLES}"' in page.text


async def test_the_list_goes_out_as_a_file_that_comes_in_again(paul, chair):
    page = await paul.get(f"{ARTICLES}.csv", params={"view": "no-english"})
    assert page.status_code == 200 and page.headers["content-type"].startswith("text/csv")
    lines = page.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("ref,") and len(lines) == 2 and lines[1].startswith("MEU-0100,")


async def test_what_people_typed_is_shown_as_text(paul, world, database, clock):
    async with database.work() as session:
        shade = await session.scalar(select(Product).where(Product.ref == "LUM-0013"))
        shade.name = both("<script>alert(1)</script>")
        shade.brand = "<b hx-get='/x'>"
    page = await paul.get(ARTICLES)
    assert "<script>alert" not in page.text and "<b hx-get" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text


# Many at once


async def change(client, refs: list[str], field: str, **values: str):
    """Choose, look at the preview; the page of the preview."""
    answer = await client.post(BULK, data={"ref": refs, "field": field, **values})
    assert answer.status_code == 303, text_of(answer.text)
    return await client.get(answer.headers["location"])


async def press(client, page, what: str, **data: str):
    """Press one of the buttons of a preview or a report, and see the page after it."""
    answer = await client.post(f"{page.url.path}/{what}", data=data)
    return await client.get(answer.headers["location"]) if answer.status_code == 303 else answer


async def test_prices_of_many_are_lowered_looked_at_applied_and_undone(paul, world, database):
    form = await paul.get(BULK, params={"ref": ["LUM-0001", "LUM-0013"], "field": "price"})
    assert "2 articles" in form.text and 'name="way"' in form.text
    preview = await change(paul, ["LUM-0001", "LUM-0013"], "price", way="percent", value="-10", ending="90", cross="1")
    said = text_of(preview.text)
    assert "2 articles would change." in said and "Oscar lamp" in said
    assert "€129.00" in said and "€115.90" in said and "€31.90" in said  # 116.10 and 31.50
    assert await price_of(database, "LUM-0001-LAI") == 12900  # nothing happened yet

    report = await press(paul, preview, "application")
    assert "2 articles are changed." in text_of(report.text)
    async with database.work() as session:
        lamp = await session.scalar(select(Variant).where(Variant.sku == "LUM-0001-LAI"))
        assert (lamp.price_minor, lamp.was_minor) == (11590, 12900)
        kept = select(PriceChange.price_minor).where(PriceChange.variant_id == lamp.id)
        assert 11590 in (await session.scalars(kept)).all()

    undone = await press(paul, report, "undoing")
    assert "2 articles are as they were before." in text_of(undone.text)
    async with database.work() as session:
        lamp = await session.scalar(select(Variant).where(Variant.sku == "LUM-0001-LAI"))
        assert (lamp.price_minor, lamp.was_minor) == (12900, None)
        events = select(Entry.event, Entry.by, Entry.detail).where(Entry.subject == "batch").order_by(Entry.id)
        entries = (await session.execute(events)).all()
    assert [(entry.event, entry.by) for entry in entries] == [("applied", "Paul"), ("undone", "Paul")]
    assert entries[0].detail["name"] == "price" and entries[0].detail["updated"] == 2


async def test_what_somebody_changed_since_is_left_and_named(paul, world, database):
    preview = await change(paul, ["LUM-0001", "LUM-0013"], "brand", value="Maison Claire")
    async with database.work() as session:
        await session.execute(sa.update(Product).where(Product.ref == "LUM-0013").values(brand="Somebody else"))
    report = await press(paul, preview, "application")
    said = text_of(report.text)
    assert "One article is changed." in said and "Somebody has changed it since" in said
    assert (await one(database, "LUM-0001")).brand == "Maison Claire"
    assert (await one(database, "LUM-0013")).brand == "Somebody else"

    async with database.work() as session:
        await session.execute(sa.update(Product).where(Product.ref == "LUM-0001").values(brand="Hélène was here"))
    undone = await press(paul, report, "undoing")
    said = text_of(undone.text)
    assert "One was left, because somebody has changed it since." in said and "Oscar lamp" in said
    assert (await one(database, "LUM-0001")).brand == "Hélène was here"


async def test_an_article_is_shown_only_with_its_words_and_its_price(paul, chair, database):
    async with database.work() as session:
        draft = await session.scalar(select(Product).where(Product.ref == "LUM-0013"))
        draft.state, draft.name = "draft", Translated(en="Linen shade")
        session.add(Picture(product_id=draft.id, path="b.webp", alt=Translated(), width=10, height=10))
    preview = await change(paul, ["MEU-0100", "LUM-0013", "LUM-0001"], "state", value="published")
    said = text_of(preview.text)
    assert "One article would change." in said and "One is so already." in said and "One cannot be changed" in said
    assert "It has no name in French." in said and "A picture has no description in French" in said
    await press(paul, preview, "application")
    shown, held = await one(database, "MEU-0100"), await one(database, "LUM-0013")
    assert shown.state == "published" and shown.published_at is not None
    assert held.state == "draft"


async def test_a_draft_that_loses_its_name_meanwhile_is_not_shown(paul, chair, database):
    preview = await change(paul, ["MEU-0100"], "state", value="published")
    async with database.work() as session:
        await session.execute(sa.update(Product).where(Product.ref == "MEU-0100").values(name=Translated(en="Chair")))
    report = await press(paul, preview, "application")
    assert "It has no name in French." in text_of(report.text)
    assert (await one(database, "MEU-0100")).state == "ready"


async def test_publishing_is_undone_to_the_moment_before(paul, chair, database, clock):
    async with database.work() as session:
        found = await session.scalar(select(Product).where(Product.ref == "MEU-0100"))
        found.publish_at = clock() + timedelta(days=2)
    report = await press(paul, await change(paul, ["MEU-0100"], "state", value="published"), "application")
    assert (await one(database, "MEU-0100")).publish_at is None
    await press(paul, report, "undoing")
    back = await one(database, "MEU-0100")
    assert (back.state, back.published_at, back.publish_at) == ("ready", None, clock() + timedelta(days=2))


async def test_dates_that_make_no_sense_for_an_article_are_refused_for_it(paul, chair, database, clock):
    async with database.work() as session:
        found = await session.scalar(select(Product).where(Product.ref == "MEU-0100"))
        found.unpublish_at = clock() + timedelta(days=10)
    preview = await change(paul, ["MEU-0100", "LUM-0001"], "publish_at", value="2026-12-24T09:00")
    said = text_of(preview.text)
    assert "It would be withdrawn before it is shown." in said and "Shoppers see it already." in said
    assert "Nothing would change." in said


async def test_every_field_can_be_changed_and_taken_back(paul, chair, database, world):
    async with database.work() as session:
        label = both("Matière", "Material")
        oak = {"code": "oak", "label": {"fr": "Chêne", "en": "Oak"}, "colour": ""}
        session.add(Attribute(code="material", kind="choice", label=label, choices=[oak]))
        session.add(Attribute(code="width", kind="number", label=both("Largeur", "Width"), unit="cm", choices=[]))
        session.add(Attribute(code="line", kind="text", label=both("Ligne", "Line"), choices=[]))
        await session.execute(sa.update(Variant).where(Variant.sku == "MEU-0100-CHE").values(was_minor=9900))

    async def stands() -> dict[str, object]:
        async with database.work() as session:
            row = (await session.execute(select(Product).where(Product.ref == "MEU-0100"))).scalar_one()
            was = await session.scalar(select(Variant.was_minor).where(Variant.sku == "MEU-0100-CHE"))
            columns = ("state", "publish_at", "unpublish_at", "category_id", "brand", "attributes", "by_appointment",
                       "try_in_store", "listed", "max_per_reservation", "drafts")  # fmt: skip
            return {"was": was, **{column: getattr(row, column) for column in columns}}

    before = await stands()
    asked: list[tuple[str, dict[str, str], str, object]] = [
        ("publish_at", {"value": "2026-12-24T09:00"}, "publish_at", "2026-12-24T08:00:00+00:00"),
        ("unpublish_at", {"value": "2027-01-10T20:00"}, "unpublish_at", "2027-01-10T19:00:00+00:00"),
        ("category_id", {"value": str(world.lighting.id)}, "category_id", world.lighting.id),
        ("brand", {"value": "Maison Claire"}, "brand", "Maison Claire"),
        ("by_appointment", {"value": "1"}, "by_appointment", True),
        ("try_in_store", {"value": "1"}, "try_in_store", True),
        ("listed", {"value": ""}, "listed", False),
        ("max_per_reservation", {"value": "7"}, "max_per_reservation", 7),
        ("english_draft", {"value": "1"}, "drafts", ["en"]),
        ("was", {}, "was", None),
        ("attribute:material", {"value": "oak"}, "attributes", {"material": "oak"}),
        ("attribute:width", {"value": "42,5"}, "attributes", {"width": 42.5}),
        ("attribute:line", {"value_fr": "Nuit"}, "attributes", {"line": {"fr": "Nuit"}}),
        ("state", {"value": "withdrawn"}, "state", "withdrawn"),
    ]  # fmt: skip
    for field, values, column, value in asked:
        form = await paul.get(BULK, params={"ref": "MEU-0100", "field": field})
        assert form.status_code == 200, field
        report = await press(paul, await change(paul, ["MEU-0100"], field, **values), "application")
        found = (await stands())[column]
        assert (found.isoformat() if hasattr(found, "isoformat") else found) == value, field
        await press(paul, report, "undoing")
        assert await stands() == before, field


async def test_all_that_a_list_shows_can_be_changed_at_once(paul, chair, database):
    preview = await paul.post(
        BULK, data={"all": "1", "view": "drafts", "q": "chaise", "field": "try_in_store", "value": "1"}
    )
    page = await paul.get(preview.headers["location"])
    assert "One article would change." in text_of(page.text)
    await press(paul, page, "application")
    async with database.work() as session:
        tried = (await session.scalars(select(Product.ref).where(Product.try_in_store))).all()
    assert tried == ["MEU-0100"]


async def test_without_a_ticked_article_nothing_is_offered(paul, world):
    page = await paul.get(BULK, params={"field": "price"})
    assert page.status_code == 422 and "No article is ticked." in page.text
    assert (await paul.post(BULK, data={"field": "brand", "value": "X"})).status_code == 422


@pytest.mark.parametrize(
    ("field", "values", "said"),
    [
        ("price", {"way": "percent", "value": "-100", "ending": "any"}, "Write a percentage such as"),
        ("price", {"way": "percent", "value": "lots", "ending": "any"}, "Write a percentage such as"),
        ("price", {"way": "amount", "value": "0", "ending": "any"}, "write an amount such as"),
        ("price", {"way": "gift", "value": "1", "ending": "any"}, "choose one of the list"),
        ("state", {"value": "sold"}, "choose one of the list"),
        ("category_id", {"value": "0"}, "choose one of the list"),
        ("publish_at", {"value": "2020-01-01T10:00"}, "already passed"),
        ("publish_at", {"value": "soon"}, "write a day and an hour"),
        ("max_per_reservation", {"value": "0"}, "from 1 to 99"),
        ("name", {"value": "X"}, "choose one of the list"),
        ("attribute:nothing", {"value": "X"}, "choose one of the list"),
    ],
)
async def test_what_cannot_be_asked_is_said_beside_its_field_and_the_choice_is_kept(paul, world, field, values, said):
    page = await paul.post(BULK, data={"ref": ["LUM-0001"], "field": field, **values})
    assert page.status_code == 422
    assert said in text_of(page.text)
    assert 'name="ref" value="LUM-0001"' in page.text


async def test_a_price_of_nothing_is_refused_for_its_article_alone(paul, world, database):
    async with database.work() as session:
        await session.execute(sa.update(Variant).where(Variant.sku == "LUM-0013-30").values(price_minor=1))
    preview = await change(paul, ["LUM-0001", "LUM-0013"], "price", way="percent", value="-60", ending="any")
    said = text_of(preview.text)
    assert "One article would change." in said and "would be zero or less" in said


async def test_a_change_of_very_many_asks_for_its_number(paul, world, database, clock):
    await bowls(database, world, clock, 40)
    answer = await paul.post(BULK, data={"all": "1", "q": "bowl", "field": "state", "value": "withdrawn"})
    preview = await paul.get(answer.headers["location"])
    assert "40 of the 43 articles that shoppers see would no longer be found." in text_of(preview.text)
    refused = await press(paul, preview, "application", typed="39")
    assert refused.status_code == 422 and "Type 40 to go on" in text_of(refused.text)
    assert (await one(database, "BOL-0001")).state == "published"
    report = await press(paul, preview, "application", typed="40")
    assert "40 articles are changed." in text_of(report.text)


async def test_what_is_many_is_left_to_the_worker_and_said_while_it_goes_on(paul, world, database, clock):
    await bowls(database, world, clock, 1100)
    answer = await paul.post(BULK, data={"all": "1", "q": "bowl", "field": "brand", "value": "Grès & Cie"})
    looking = await paul.get(answer.headers["location"])
    assert "Looking at the articles…" in looking.text and 'hx-trigger="every 2s"' in looking.text
    await exchanging.run(database, clock)
    preview = await paul.get(looking.url.path)
    assert "1,100 articles would change." in text_of(preview.text)
    assert "The first 50 are shown." in text_of(preview.text)
    page = await press(paul, preview, "application")
    assert "Applying…" in page.text and 'hx-trigger="every 2s"' in page.text
    assert (await one(database, "BOL-0001")).brand == "Maison Lavergne"
    await exchanging.run(database, clock)
    page = await paul.get(preview.url.path)
    assert "1,100 articles are changed." in text_of(page.text) and "every 2s" not in page.text
    async with database.work() as session:
        changed = select(sa.func.count()).where(Product.brand == "Grès & Cie")
        assert await session.scalar(changed) == 1100
    page = await press(paul, page, "undoing")
    assert "Undoing…" in page.text
    await exchanging.run(database, clock)
    assert "1,100 articles are as they were before." in text_of((await paul.get(preview.url.path)).text)
    async with database.work() as session:
        assert await session.scalar(changed) == 0
        events = (await session.scalars(select(Entry.event).where(Entry.subject == "batch").order_by(Entry.id))).all()
    assert events == ["checked", "applying", "applied", "undoing", "undone"]


async def test_a_look_at_very_many_can_be_left_before_it_ends(paul, world, database, clock):
    await bowls(database, world, clock, 1100)
    answer = await paul.post(BULK, data={"all": "1", "q": "bowl", "field": "listed", "value": ""})
    seen = []
    await exchanging.run(database, clock, progress=seen.append, stopping=lambda: bool(seen))  # one chunk of two
    page = await paul.get(answer.headers["location"])
    assert "1,000 of 1,100" in text_of(page.text)
    left = await press(paul, page, "cancellation")
    assert "Nothing was changed." in left.text
    assert await exchanging.run(database, clock) is None
    async with database.work() as session:
        assert await session.scalar(select(sa.func.count()).select_from(BatchRow)) == 0


async def test_the_number_is_asked_for_also_of_what_the_worker_looked_at(paul, world, database, clock):
    await bowls(database, world, clock, 600)
    answer = await paul.post(BULK, data={"all": "1", "q": "bowl", "field": "listed", "value": ""})
    await exchanging.run(database, clock)
    preview = await paul.get(answer.headers["location"])
    assert "600 of the 603 articles that shoppers see would no longer be found." in text_of(preview.text)
    assert (await press(paul, preview, "application", typed="603")).status_code == 422


async def test_what_is_stopped_on_its_way_is_written_back(paul, world, database, clock):
    await bowls(database, world, clock, 1100)
    answer = await paul.post(BULK, data={"all": "1", "q": "bowl", "field": "brand", "value": "Grès & Cie"})
    await exchanging.run(database, clock)
    preview = await paul.get(answer.headers["location"])
    await press(paul, preview, "application")
    seen = []
    await exchanging.run(database, clock, progress=seen.append, stopping=lambda: bool(seen))  # one chunk of two
    async with database.work() as session:
        changed = select(sa.func.count()).where(Product.brand == "Grès & Cie")
        assert await session.scalar(changed) == 1000
    page = await press(paul, preview, "cancellation")
    assert "Undoing…" in page.text
    await exchanging.run(database, clock)
    async with database.work() as session:
        assert await session.scalar(changed) == 0


async def test_a_second_yes_and_a_late_undo_change_nothing(paul, world, database, clock, colleague):
    preview = await change(paul, ["LUM-0001"], "brand", value="Maison Claire")
    report = await press(paul, preview, "application")
    again = await press(paul, preview, "application")
    assert again.status_code == 409 and "moved on in the meantime" in text_of(again.text)
    assert "/undoing" in report.text
    clock.forward(hours=25)
    paul = await colleague("paul")
    page = await paul.get(report.url.path)
    assert page.status_code == 200 and "/undoing" not in page.text
    late = await press(paul, report, "undoing")
    assert late.status_code == 409 and "24 hours" in text_of(late.text)
    assert (await one(database, "LUM-0001")).brand == "Maison Claire"


async def test_a_preview_that_is_left_leaves_nothing(paul, world, database):
    preview = await change(paul, ["LUM-0001"], "brand", value="Maison Claire")
    left = await press(paul, preview, "cancellation")
    assert "Nothing was changed." in left.text
    async with database.work() as session:
        assert await session.scalar(select(sa.func.count()).select_from(BatchRow)) == 0
    assert (await one(database, "LUM-0001")).brand == "Maison Lavergne"


async def test_old_previews_that_nobody_agreed_to_are_forgotten(paul, world, database, clock, colleague):
    old = await change(paul, ["LUM-0001"], "brand", value="Maison Claire")
    clock.forward(hours=25)
    paul = await colleague("paul")
    await change(paul, ["LUM-0001"], "brand", value="Maison Claire")
    assert (await paul.get(old.url.path)).status_code == 404
    async with database.work() as session:
        assert await session.scalar(select(sa.func.count()).select_from(Batch)) == 1


async def test_who_does_not_keep_the_catalogue_sees_none_of_it(colleague, world):
    ines = await colleague("ines")
    for address in (ARTICLES, f"{ARTICLES}.csv", BULK, f"{BULK}/1"):
        assert (await ines.get(address)).status_code == 403
    assert (await ines.post(BULK, data={"ref": "LUM-0001", "field": "listed", "value": ""})).status_code == 403


async def test_a_file_that_comes_in_is_not_a_change_of_this_page(paul, world, database, clock):
    async with database.work() as session:
        session.add(Batch(subject="products", state="checked", created_at=clock(), changed_at=clock()))
        await session.flush()
        other = await session.scalar(select(Batch.id))
    for what in ("application", "cancellation", "undoing"):
        assert (await paul.post(f"{BULK}/{other}/{what}")).status_code == 404
    assert (await paul.get(f"{BULK}/{other}")).status_code == 404
    assert (await paul.get(f"{BULK}/none")).status_code == 404
