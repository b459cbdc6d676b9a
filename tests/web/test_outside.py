"""What the outside world reads: the feeds of Google, the sitemap, and what robots are told."""

import re
from datetime import timedelta
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree

import pytest
import sqlalchemy as sa
from factories import both, product, put

from kit.languages import Translated
from stores.attributes import Attribute
from stores.catalogue import Picture, Product, Variant
from stores.stock import StoreStock

G = "{http://base.google.com/ns/1.0}"
S = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


async def items(lea, address: str) -> dict[str, dict[str, str]]:
    """The items of a feed by their id, with their store before it; a field that repeats keeps the last."""
    answer = await lea.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/xml")
    found = [
        {field.tag.removeprefix(G): field.text or "" for field in item}
        for item in ElementTree.fromstring(answer.text).iter("item")
    ]
    return {" ".join([*([one["store_code"]] if "store_code" in one else []), one["id"]]): one for one in found}


async def locs(lea, address: str) -> list[str]:
    answer = await lea.get(address)
    assert answer.status_code == 200, address
    return [one.text or "" for one in ElementTree.fromstring(answer.text).iter(f"{S}loc")]


@pytest.fixture
async def dressed(world, database, clock):
    """The lamp has all that a feed can say of it."""
    async with database.work() as session:
        session.add(Attribute(code="material", kind="text", label=both("Matière", "Material")))
        lamp = await session.get(Variant, world.lamp.id)
        lamp.was_minor, lamp.lowest_minor = 15900, 14900
        row = (await session.scalars(sa.select(Product).where(Product.ref == "LUM-0001"))).one()
        row.attributes = {"material": {"fr": "Laiton massif", "en": "Solid brass"}}
        row.google_category = "594"
        row.story = both("Elle **éclaire** la table.\n\n- Et la nappe & <le chat>", "It *lights* the table.")
        for place, path in enumerate(("products/oscar.webp", "products/oscar-2.webp", "products/oscar.svg")):
            session.add(Picture(product_id=row.id, path=path, alt=both("Lampe"), width=800, height=800, position=place))
        await session.execute(
            sa.update(StoreStock).where(StoreStock.store_id == world.kleber.id).values(price_minor=11900)
        )


# The feed of articles


async def test_google_reads_each_variant_with_its_price_its_pictures_and_its_way(lea, dressed):
    told = (await items(lea, "/feeds/products.xml?language=en"))["LUM-0001-LAI"]

    assert told == {
        "id": "LUM-0001-LAI",
        "title": "Oscar lamp, Brass",
        "description": "It lights the table.",
        "link": "http://vitrine.test/en/p/oscar-lamp?sku=LUM-0001-LAI",
        "image_link": "http://vitrine.test/media/products/oscar.webp",
        "additional_image_link": "http://vitrine.test/media/products/oscar-2.webp",
        "availability": "in_stock",
        "price": "149.00 EUR",
        "sale_price": "129.00 EUR",
        "brand": "Maison Lavergne",
        "gtin": "3001234567892",
        "identifier_exists": "yes",
        "condition": "new",
        "color": "Brass",
        "material": "Solid brass",
        "google_product_category": "594",
        "product_type": "Lighting > Table lamps",
    }


async def test_the_feed_is_in_french_unless_asked_and_knows_no_other_language(lea, dressed):
    told = (await items(lea, "/feeds/products.xml"))["LUM-0001-LAI"]

    assert told["title"] == "Lampe Oscar, Laiton"
    assert told["description"] == "Elle éclaire la table. Et la nappe & <le chat>"
    assert told["product_type"] == "Luminaires > Lampes à poser"
    assert (await lea.get("/feeds/products.xml?language=de")).status_code == 404


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_an_article_is_in_a_feed_only_where_its_words_may_be_read(lea, world, database, language):
    other = {"fr": "en", "en": "fr"}[language]
    async with database.work() as session:
        await session.execute(sa.update(Product).where(Product.ref == "LUM-0001").values(drafts=[language]))

    assert "LUM-0001-LAI" not in await items(lea, f"/feeds/products.xml?language={language}")
    assert "LUM-0001-LAI" in await items(lea, f"/feeds/products.xml?language={other}")


@pytest.mark.parametrize(
    "change", [{"state": "draft"}, {"state": "withdrawn"}, {"listed": False}], ids=["draft", "withdrawn", "unlisted"]
)
async def test_what_is_not_on_show_is_in_no_feed(lea, world, database, change):
    async with database.work() as session:
        await session.execute(sa.update(Product).where(Product.ref == "LUM-0001").values(**change))

    assert "LUM-0001-LAI" not in await items(lea, "/feeds/products.xml")
    assert "rivoli LUM-0001-LAI" not in await items(lea, "/feeds/local-inventory.xml")


@pytest.mark.parametrize(
    ("gtin", "given"),
    [("3001234567892", "3001234567892"), ("2001234567893", None), ("3001234567899", None), ("96385074", "96385074")],
    ids=["known everywhere", "of the house", "wrong check digit", "eight digits"],
)
async def test_a_number_that_means_nothing_outside_is_not_given_out(lea, world, database, gtin, given):
    async with database.work() as session:
        await session.execute(sa.update(Variant).where(Variant.id == world.lamp.id).values(gtin=gtin))
    told = (await items(lea, "/feeds/products.xml"))["LUM-0001-LAI"]

    assert told.get("gtin") == given
    assert told["identifier_exists"] == ("yes" if given else "no")


async def test_long_names_are_cut_between_words_and_long_codes_are_left_out(lea, world, database):
    async with database.work() as session:
        name = "Lampe " + "merveilleuse " * 30
        await session.execute(sa.update(Product).where(Product.ref == "LUM-0001").values(name=both(name)))
        await session.execute(sa.update(Variant).where(Variant.id == world.shade.id).values(sku="A" * 51))
    told = await items(lea, "/feeds/products.xml")

    assert len(told["LUM-0001-LAI"]["title"]) <= 150
    assert told["LUM-0001-LAI"]["title"].endswith("merveilleuse…")
    assert all(len(sku) <= 50 for sku in told)
    assert len(told) == 2


async def test_a_price_that_was_not_asked_in_the_last_month_is_not_crossed_out(lea, world, database):
    async with database.work() as session:
        await session.execute(sa.update(Variant).where(Variant.id == world.lamp.id).values(was_minor=99900))
    told = (await items(lea, "/feeds/products.xml"))["LUM-0001-LAI"]

    assert told["price"] == "129.00 EUR"
    assert "sale_price" not in told


async def test_variants_of_one_article_belong_together(lea, world, database, clock):
    async with database.work() as session:
        row = (await session.scalars(sa.select(Product).where(Product.ref == "LUM-0001"))).one()
        size = [{"name": {"fr": "Taille", "en": "Size"}, "value": {"fr": "Grande", "en": "Large"}}]
        session.add(Variant(product_id=row.id, sku="LUM-0001-GRA", options=size, price_minor=15900, position=1))
        session.add(Variant(product_id=row.id, sku="LUM-0001-OLD", options=[], price_minor=1, position=2, hidden=True))
    told = await items(lea, "/feeds/products.xml")

    assert told["LUM-0001-LAI"]["item_group_id"] == told["LUM-0001-GRA"]["item_group_id"] == "LUM-0001"
    assert told["LUM-0001-GRA"]["size"] == "Grande"
    assert told["LUM-0001-GRA"]["availability"] == "out_of_stock"
    assert "LUM-0001-OLD" not in told
    assert "item_group_id" not in told["LUM-0013-30"]


async def test_names_that_are_markup_or_hold_control_signs_make_no_broken_feed(lea, world, database):
    async with database.work() as session:
        name = both("]]></title><g:price>0</g:price>&amp; \x0b\x1f<b>", "")
        await session.execute(
            sa.update(Product).where(Product.ref == "LUM-0001").values(name=name, brand="\ufffe & Co")
        )
    told = (await items(lea, "/feeds/products.xml"))["LUM-0001-LAI"]

    assert told["title"] == "]]></title><g:price>0</g:price>&amp; <b>, Laiton"
    assert told["price"] == "129.00 EUR"
    assert told["brand"] == " & Co"


# The feed of stores


async def test_each_store_says_what_it_has_what_it_asks_and_never_how_many(lea, dressed):
    told = await items(lea, "/feeds/local-inventory.xml")

    assert told["rivoli LUM-0001-LAI"] == {
        "store_code": "rivoli",
        "id": "LUM-0001-LAI",
        "availability": "in_stock",
        "price": "149.00 EUR",
        "sale_price": "129.00 EUR",
        "pickup_method": "reserve",
        "pickup_sla": "same_day",
        "instore_product_location": "RDC - Luminaires",
    }
    assert told["kleber LUM-0001-LAI"]["price"] == "119.00 EUR"
    assert "sale_price" not in told["kleber LUM-0001-LAI"]
    assert told["kleber LUM-0001-LAI"]["availability"] == "limited_availability"  # the last one


async def test_what_is_chosen_with_an_advisor_is_on_display_and_cannot_be_kept(lea, world):
    told = (await items(lea, "/feeds/local-inventory.xml"))["rivoli MEU-0001"]

    assert told["availability"] == "on_display_to_order"
    assert "pickup_method" not in told
    assert "pickup_sla" not in told


async def test_what_is_sold_out_or_in_a_closed_season_is_said_so_and_cannot_be_kept(lea, world, database, clock):
    async with database.work() as session:
        await session.execute(sa.update(StoreStock).where(StoreStock.variant_id == world.shade.id).values(book=0))
        await session.execute(
            sa.text("update store set opens_on = :day where slug = 'kleber'"),
            {"day": (clock() + timedelta(days=30)).date()},
        )
    told = await items(lea, "/feeds/local-inventory.xml")

    for cell in ("rivoli LUM-0013-30", "kleber LUM-0001-LAI"):
        assert told[cell]["availability"] == "out_of_stock"
        assert not {"pickup_method", "pickup_sla", "instore_product_location"} & set(told[cell])


async def test_no_number_of_units_leaves_the_house(lea, world, database, clock):
    async with database.work() as session:
        await session.execute(sa.update(StoreStock).values(book=4321))
    for feed in ("products", "local-inventory"):
        text = (await lea.get(f"/feeds/{feed}.xml")).text
        assert "quantity" not in text
        assert "4321" not in text


@pytest.mark.parametrize(
    ("department", "said"),
    [
        ("Luminaires", "3e - Luminaires"),
        ("Électroménager été", "3e - Électroménage"),
        ("家具と照明器具売り場", "3e - 家具と照明"),
    ],
)
async def test_the_place_in_the_store_is_cut_at_twenty_bytes_between_two_signs(lea, world, database, department, said):
    async with database.work() as session:
        await session.execute(
            sa.text("update category set name = jsonb_build_object('fr', cast(:name as text)) where code = 'LUM'"),
            {"name": department},
        )
        await session.execute(sa.update(StoreStock).values(floor=3))
    told = (await items(lea, "/feeds/local-inventory.xml"))["rivoli LUM-0001-LAI"]

    assert told["instore_product_location"] == said
    assert len(said.encode()) <= 20


# Made now and then


async def test_a_feed_is_made_once_an_hour_and_read_from_what_was_made(lea, world, database, clock):
    first = await lea.get("/feeds/products.xml")
    async with database.work() as session:
        await session.execute(sa.update(Variant).where(Variant.id == world.lamp.id).values(price_minor=10000))

    clock.forward(minutes=59)
    again = await lea.get("/feeds/products.xml")
    assert again.text == first.text
    assert "max-age" in again.headers["cache-control"]
    same = await lea.get("/feeds/products.xml", headers={"if-none-match": first.headers["etag"]})
    assert (same.status_code, same.text) == (304, "")
    since = await lea.get("/feeds/products.xml", headers={"if-modified-since": first.headers["last-modified"]})
    assert since.status_code == 304

    clock.forward(minutes=2)
    await lea.get("/feeds/products.xml")  # still the old one, while the next is made
    assert (await items(lea, "/feeds/products.xml"))["LUM-0001-LAI"]["price"] == "100.00 EUR"


async def test_a_feed_that_nobody_read_for_long_is_made_before_it_is_given(lea, world, database, clock):
    await lea.get("/feeds/products.xml")
    async with database.work() as session:
        await session.execute(sa.update(Variant).where(Variant.id == world.lamp.id).values(price_minor=10000))
    clock.forward(hours=7)

    assert (await items(lea, "/feeds/products.xml"))["LUM-0001-LAI"]["price"] == "100.00 EUR"


async def test_the_worker_keeps_fresh_what_is_read(lea, app, world, database, clock):
    from web import outside

    await lea.get("/feeds/products.xml")
    async with database.work() as session:
        await session.execute(sa.update(Variant).where(Variant.id == world.lamp.id).values(price_minor=10000))
    clock.forward(minutes=55)
    await outside.keep_fresh(database, app.state.settings, now=clock())

    assert (await items(lea, "/feeds/products.xml"))["LUM-0001-LAI"]["price"] == "100.00 EUR"


async def test_a_feed_of_many_pages_names_everything_once(lea, world, database, clock, monkeypatch):
    from stores.exchange import google

    monkeypatch.setattr(google, "PRODUCTS", 2)
    monkeypatch.setattr(google, "LEVELS", 2)
    async with database.work() as session:
        for number in range(5):
            variant = Variant(sku=f"P-{number}", options=[], price_minor=100)
            session.add(
                product(world.lamps, f"P-{number}", both(f"Pièce {number}", f"Piece {number}"), variant, now=clock())
            )
            await session.flush()
            await put(session, world.lyon, variant, 3, now=clock())
    text = (await lea.get("/feeds/products.xml")).text

    assert sorted(re.findall(r"<g:id>(.*?)</g:id>", text)) == sorted(
        ["LUM-0001-LAI", "LUM-0013-30", "MEU-0001", *(f"P-{number}" for number in range(5))]
    )
    levels = (await lea.get("/feeds/local-inventory.xml")).text
    assert levels.count("<item>") == 4 + 5


# The sitemap


async def test_the_sitemap_leads_to_every_page_that_may_be_found_in_both_languages(lea, world):
    index = await locs(lea, "/sitemap.xml")
    found = {url for part in index for url in await locs(lea, part.removeprefix("http://vitrine.test"))}

    for path in ("", "catalogue", "stores", "stores/rivoli", "appointments/new", "privacy"):
        assert {f"http://vitrine.test/fr/{path}", f"http://vitrine.test/en/{path}"} <= found
    assert {"http://vitrine.test/fr/c/luminaires", "http://vitrine.test/en/c/table-lamps"} <= found
    assert {"http://vitrine.test/fr/p/lampe-oscar", "http://vitrine.test/en/p/linen-shade"} <= found
    for url in found:
        page = await lea.get(url.removeprefix("http://vitrine.test"))
        assert page.status_code == 200, url
        assert f'<link rel="canonical" href="{page.url}"' in page.text.replace("&#39;", "'") or "%" in url
        assert '<meta name="robots"' not in page.text, url


async def test_the_sitemap_says_when_an_article_was_changed_and_shows_its_pictures(lea, dressed, world, database):
    (part,) = [one for one in await locs(lea, "/sitemap.xml") if "products-en" in one]
    text = (await lea.get(part.removeprefix("http://vitrine.test"))).text
    (entry,) = [one for one in re.findall(r"<url>.*?</url>", text) if "oscar-lamp" in one]

    assert "<lastmod>2026-11-24T11:00:00+00:00</lastmod>" in entry
    assert '<xhtml:link rel="alternate" hreflang="fr" href="http://vitrine.test/fr/p/lampe-oscar"/>' in entry
    assert "<image:loc>http://vitrine.test/media/products/oscar.webp</image:loc>" in entry
    assert "<lastmod>" in (await lea.get("/sitemap.xml")).text


async def test_the_sitemap_keeps_quiet_about_what_is_hidden_or_said_in_one_language_alone(lea, world, database):
    async with database.work() as session:
        await session.execute(
            sa.update(Product).where(Product.ref == "LUM-0001").values(name=Translated(fr="Lampe Oscar"))
        )
        await session.execute(sa.update(Product).where(Product.ref == "LUM-0013").values(listed=False))
    parts = [one.removeprefix("http://vitrine.test") for one in await locs(lea, "/sitemap.xml")]
    text = "".join([(await lea.get(part)).text for part in parts])

    assert "/fr/p/lampe-oscar" in text
    assert "/en/p/oscar-lamp" not in text
    assert "linen-shade" not in text
    assert "abat-jour" not in text


async def test_no_part_of_the_sitemap_holds_more_than_it_may(lea, world, database, monkeypatch):
    from web import outside

    monkeypatch.setattr(outside, "IDS", 1)
    monkeypatch.setattr(outside, "AT_ONCE", 1)
    parts = [one.removeprefix("http://vitrine.test") for one in await locs(lea, "/sitemap.xml") if "products-fr" in one]
    each = [await locs(lea, part) for part in parts]

    assert [len(one) for one in each] == [1, 1, 1]
    assert len({url for one in each for url in one}) == 3


@pytest.mark.parametrize(
    "name", ["products-fr-999.xml", "products-de-1.xml", "rien.xml", "..%2f..%2fsecret", "feed-products-fr.xml"]
)
async def test_a_part_that_does_not_exist_is_a_404_and_makes_no_file(lea, app, world, name):
    assert (await lea.get(f"/sitemaps/{name}")).status_code == 404
    assert not list(app.state.settings.data_dir.glob("outside/*"))


# Robots


async def test_robots_may_read_the_shop_and_nothing_private(lea, world):
    text = (await lea.get("/robots.txt")).text
    parser = RobotFileParser()
    parser.parse([line for line in text.splitlines() if "*" not in line.partition(":")[2] or "User-agent" in line])

    for robot in ("Googlebot", "Storebot-Google", "Anybot"):
        assert parser.can_fetch(robot, "/fr/p/lampe-oscar?store=rivoli")
        assert not parser.can_fetch(robot, "/r/abc")
    assert parser.site_maps() == ["http://vitrine.test/sitemap.xml"]
    for path in ("/*/my/", "/*/selection", "/*/staff", "/*?*&*&*="):
        assert f"\nDisallow: {path}\n" in text
