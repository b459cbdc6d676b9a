"""Léa looks around: every page in both languages, and what each says of an article."""

import json
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from conftest import NOON
from factories import both, product, put, store

from kit import languages
from stores.catalogue import Picture, Product, Variant
from web.house import House

PAGES = [
    "",
    "catalogue",
    "catalogue?sort=name",
    "c/luminaires",
    "c/lampes-a-poser",
    "p/lampe-oscar",
    "p/canapé-berthe",
    "search",
    "search?q=lampe",
    "search?q=horaires",
    "search?q=rien-de-tel",
    "stores",
    "stores?near=Lyon",
    "stores?product=lampe-oscar&sku=LUM-0001-LAI",
    "stores/rivoli",
    "reserve?sku=LUM-0001-LAI&store=rivoli",
    "find",
    "privacy",
    "accessibility",
]
ENGLISH = {"luminaires": "lighting", "lampes-a-poser": "table-lamps", "lampe-oscar": "oscar-lamp",
           "canapé-berthe": "berthe-sofa"}  # fmt: skip
SALES = re.compile(r"\b(panier|commander|commande|basket|cart|checkout|order|veuillez|oups)\b|\w\s?!", re.IGNORECASE)


def in_english(page: str) -> str:
    for french, english in ENGLISH.items():
        page = page.replace(french, english)
    return page


def words_of(html: str) -> str:
    """What a person reads: no scripts, no tags."""
    return " ".join(re.sub(r"<script.*?</script>|<[^>]+>", " ", html, flags=re.DOTALL).split())


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", languages.LANGUAGES)
async def test_every_page_opens_in_both_languages_and_sells_nothing(lea, world, page, language):
    answer = await lea.get(f"/{language}/{in_english(page) if language == 'en' else page}")

    assert answer.status_code == 200
    assert answer.headers["content-language"] == language
    assert f'<html lang="{language}"' in answer.text
    assert not SALES.findall(words_of(answer.text))
    assert answer.text.count("<h1") == 1
    for name in ("content-security-policy", "x-content-type-options", "referrer-policy", "x-frame-options"):
        assert name in answer.headers


async def test_each_page_names_itself_in_both_languages_and_the_other_names_it_back(lea, world):
    for french, english in (("p/lampe-oscar", "p/oscar-lamp"), ("c/luminaires", "c/lighting"), ("stores", "stores")):
        pair = {"fr": f"http://vitrine.test/fr/{french}", "en": f"http://vitrine.test/en/{english}"}
        for language, url in pair.items():
            html = (await lea.get(url.removeprefix("http://vitrine.test") + "?store=rivoli")).text
            assert dict(re.findall(r'<link rel="alternate" hreflang="(\w+)" href="([^"]+)"', html)) == pair
            assert f'<link rel="canonical" href="{pair[language]}"' in html


async def test_an_address_in_the_other_language_leads_to_this_one_for_good(lea, world):
    for wrong, right in (("/en/p/lampe-oscar", "/en/p/oscar-lamp"), ("/fr/c/lighting", "/fr/c/luminaires")):
        answer = await lea.get(wrong)
        assert (answer.status_code, answer.headers["location"]) == (301, right)


async def test_what_does_not_exist_is_a_404_with_a_way_on(lea, world):
    for page in ("p/rien", "c/rien", "stores/rien", "c/luminaires?page=99", "stores?product=rien"):
        answer = await lea.get(f"/fr/{page}")
        assert answer.status_code == 404, page
        assert 'href="/fr/catalogue"' in answer.text


async def test_a_draft_is_a_404_and_what_was_withdrawn_is_gone_with_its_neighbours(lea, world, database):
    async with database.work() as session:
        await session.execute(sa.update(Product).where(Product.ref == "LUM-0013").values(state="draft"))
        await session.execute(sa.update(Product).where(Product.ref == "LUM-0001").values(state="withdrawn"))

    assert (await lea.get("/fr/p/abat-jour-lin")).status_code == 404
    gone = await lea.get("/fr/p/lampe-oscar")
    assert gone.status_code == 410
    assert "Canapé Berthe" in gone.text
    assert 'action="/fr/reserve"' not in gone.text


# The five sentences


async def line_of(lea, page: str, language: str = "fr") -> str:
    html = (await lea.get(f"/{language}/p/{page}")).text
    return words_of(re.search(r'<div class="availability" id="availability">(.*?)</div>', html, re.DOTALL)[1])


async def test_available_says_where_and_when_it_was_checked(lea, world):
    assert await line_of(lea, "oscar-lamp?store=rivoli", "en") == "Available at Aurore Rivoli checked at 11 am"


async def test_the_last_unit_is_to_be_confirmed_by_the_store_within_its_answer_time(lea, world):
    said = await line_of(lea, "oscar-lamp?store=kleber", "en")
    assert said.startswith("To be confirmed by Aurore Kleber answer within one opening hour")
    assert "Rivoli" not in said  # 400 km away is no help to who may find it here


@pytest.mark.parametrize(
    "doubt",
    [{"fed_at": None}, {"seen_at": NOON - timedelta(days=45)}, {"not_found_at": NOON - timedelta(days=2)},
     {"fed_at": NOON - timedelta(days=2)}],
)  # fmt: skip
async def test_stock_that_is_not_trusted_is_never_called_available(lea, world, database, doubt):
    async with database.work() as session:
        row = sa.update(sa.table("store_stock", *(sa.column(name) for name in ("variant_id", "store_id", *doubt))))
        await session.execute(row.where(sa.column("variant_id") == world.lamp.id).values(**doubt))
        if "fed_at" in doubt:  # only where the till counts can its silence hide a sale
            await session.execute(sa.text("update store set stock_authority = 'feed'"))

    assert (await line_of(lea, "oscar-lamp?store=rivoli", "en")).startswith("To be confirmed by Aurore Rivoli")


async def test_what_is_chosen_with_an_advisor_is_on_display_and_cannot_be_reserved(lea, world):
    assert await line_of(lea, "berthe-sofa?store=rivoli", "en") == "On display at Aurore Rivoli, by appointment"
    assert 'action="/en/reserve"' not in (await lea.get("/en/p/berthe-sofa?store=rivoli")).text


async def test_not_here_names_the_nearest_store_that_has_it_with_its_distance(lea, world):
    assert await line_of(lea, "oscar-lamp?store=lyon", "en") == (
        "This item is not at Aurore Lyon today. "
        "Available at Aurore Rivoli, 392 km away To be confirmed by Aurore Kleber, 384 km away"
    )


async def test_nowhere_is_currently_unavailable(lea, world, database):
    async with database.work() as session:
        await session.execute(sa.text("update store_stock set unsellable = book"))

    assert await line_of(lea, "oscar-lamp?store=rivoli", "en") == "Currently unavailable"


async def test_without_a_store_the_page_lists_where_it_can_be_seen(lea, world):
    html = (await lea.get("/en/p/oscar-lamp")).text

    assert "Aurore Rivoli" in html
    assert "Aurore Kleber" in html
    assert re.search(
        r'<a class="button wide"[^>]*href="/en/stores\?product=oscar-lamp[^"]*">Reserve in store</a>', html
    )
    assert "No online payment, no obligation to buy." in html


async def test_both_buttons_of_an_article_send_the_quantity_that_was_chosen(lea, world):
    html = (await lea.get("/en/p/oscar-lamp?store=rivoli")).text

    form = re.search(r'<form class="take" id="take".*?</form>', html, re.DOTALL)[0]
    assert 'name="quantity"' in form
    assert re.search(r'<div class="action-bar".*?<button class="button" form="take">', html, re.DOTALL)


async def test_no_page_tells_how_many_there_are(lea, world, database, clock):
    async with database.work() as session:
        await session.execute(sa.text("update store_stock set book = 7319"))

    for page in ("p/lampe-oscar?store=rivoli", "c/luminaires?store=rivoli", "stores?product=lampe-oscar", "search?q=a"):
        assert "7319" not in (await lea.get(f"/fr/{page}")).text


async def test_a_store_that_is_closed_for_the_season_has_nothing(lea, world, database):
    async with database.work() as session:
        await session.execute(sa.text("update store set closes_on = '2026-09-30' where slug = 'rivoli'"))

    assert "This item is not at Aurore Rivoli today." in await line_of(lea, "oscar-lamp?store=rivoli", "en")


# Lists


async def many(database, world, count: int) -> None:
    """So many more lamps, each with a picture and one unit at Rivoli and Lyon."""
    async with database.work() as session:
        for number in range(count):
            variant = Variant(sku=f"X-{number:04}", options=[], price_minor=1000 + number)
            picture = Picture(path=f"p/{number}.svg", alt=both("Lampe", "Lamp"), width=8, height=10)
            name = both(f"Lampe {number:04}", f"Lamp {number:04}")
            when, brand = NOON - timedelta(days=number + 1), "Tolvang" if number % 2 else ""
            lamps = await session.merge(world.lamps)
            session.add(product(lamps, variant.sku, name, variant, now=when, pictures=[picture], brand=brand))
            await session.flush()
            for where in (world.rivoli, world.lyon):
                await put(session, where, variant, 3, now=NOON)


async def names_in(lea, url: str) -> list[str]:
    html = (await lea.get(url)).text
    return re.findall(r'<article class="card">.*?<h3[^>]*><a [^>]*>([^<]+)</a>', html, re.DOTALL)


async def test_a_list_has_24_articles_a_page_and_each_exactly_once(lea, world, database):
    await many(database, world, 30)

    first, second = await names_in(lea, "/fr/c/luminaires"), await names_in(lea, "/fr/c/luminaires?page=2")
    assert len(first) == 24
    assert len(second) == 9
    assert len({*first, *second}) == 33


async def test_a_list_is_sorted_as_asked(lea, world, database):
    await many(database, world, 4)

    assert await names_in(lea, "/en/c/lighting?sort=price-up") == [
        "Lamp 0000", "Lamp 0001", "Lamp 0002", "Lamp 0003", "Linen shade", "Oscar lamp", "Berthe sofa"
    ]  # fmt: skip
    assert (await names_in(lea, "/en/c/lighting?sort=price-down"))[0] == "Berthe sofa"
    assert (await names_in(lea, "/en/c/lighting?sort=name"))[0] == "Berthe sofa"
    assert (await names_in(lea, "/en/c/lighting?sort=name"))[-1] == "Oscar lamp"


async def test_a_list_is_narrowed_to_what_her_store_has(lea, world):
    assert set(await names_in(lea, "/en/c/lighting?store=kleber&available=1")) == {"Oscar lamp"}
    assert set(await names_in(lea, "/en/c/lighting?store=rivoli&available=1")) == {
        "Oscar lamp", "Linen shade", "Berthe sofa"
    }  # fmt: skip


async def test_an_empty_list_says_which_filter_emptied_it(lea, world):
    html = (await lea.get("/en/c/lighting?store=lyon&available=1")).text

    assert "No item passes the filter “Available at Aurore Lyon”." in html
    assert 'href="/en/c/lighting?store=lyon">Remove this filter' in html


async def test_brand_and_price_narrow_too_and_nonsense_narrows_nothing(lea, world, database):
    await many(database, world, 4)

    assert set(await names_in(lea, "/en/c/lighting?brand=Tolvang")) == {"Lamp 0001", "Lamp 0003"}
    assert await names_in(lea, "/en/c/lighting?low=30&high=40,00") == ["Linen shade"]
    assert len(await names_in(lea, "/en/c/lighting?low=abc&high=-1&sort=drop&page=x&brand=")) == 7


async def test_htmx_gets_the_grid_alone(lea, world):
    part = (await lea.get("/fr/c/luminaires", headers={"hx-request": "true"})).text

    assert part.lstrip().startswith('<section id="results"')
    assert "<html" not in part


# Search


async def test_words_find_articles_whatever_their_accents_and_endings(lea, world):
    assert await names_in(lea, "/fr/search?q=LAMPES") == ["Lampe Oscar"]
    assert await names_in(lea, "/fr/search?q=canape") == ["Canapé Berthe"]
    assert await names_in(lea, "/fr/search?q=abat-jour%20lavergne") == ["Abat-jour lin"]
    assert await names_in(lea, "/en/search?q=shad") == ["Linen shade"]


async def test_a_reference_a_sku_or_a_gtin_finds_its_article(lea, world):
    for typed in ("LUM-0001", "lum-0001-lai", "3001234567892", "3 001234 567892"):
        assert await names_in(lea, f"/fr/search?q={typed}") == ["Lampe Oscar"], typed


async def test_questions_are_answered_before_articles(lea, world):
    html = (await lea.get("/en/search?q=opening hours&store=rivoli")).text
    assert "Aurore Rivoli" in re.search(r'<ul class="answers">.*?</ul>', html, re.DOTALL)[0]
    assert 'href="/fr/stores/lyon"' in (await lea.get("/fr/search?q=lyon")).text


@pytest.mark.parametrize("typed", ["' or 1=1 --", "a:*&!|()", "\\", "\0", "<script>alert(1)</script>", "é" * 500, "&"])
async def test_nothing_typed_in_the_search_breaks_it(lea, world, typed):
    answer = await lea.get("/fr/search", params={"q": typed})

    assert answer.status_code == 200
    assert "<script>alert" not in answer.text


# Stores


async def test_the_stores_come_nearest_first_from_a_town_or_a_position(lea, world):
    async def order(query: str) -> list[str]:
        html = (await lea.get(f"/en/stores?{query}")).text
        return re.findall(r'<h2><a href="/en/stores/(\w+)"', html)

    assert await order("near=Strasbourg") == ["kleber", "lyon", "rivoli"]
    assert await order("near=69002") == ["lyon", "kleber", "rivoli"]
    assert await order("lat=48.8566&lon=2.3522") == ["rivoli", "lyon", "kleber"]
    assert "We do not know" in (await lea.get("/en/stores?near=Atlantis")).text
    assert "No store within 50 km" in (await lea.get("/en/stores?lat=43.3&lon=5.4")).text


async def test_the_picker_says_of_each_store_whether_it_has_the_article_and_leads_back(lea, world):
    html = (await lea.get("/en/stores?product=oscar-lamp&sku=LUM-0001-LAI")).text
    said = {slug: words_of(line) for slug, line in
            re.findall(r'id="availability-(\w+)">(.*?)</div>', html, re.DOTALL)}  # fmt: skip

    assert said["rivoli"].startswith("Available at Aurore Rivoli")
    assert said["kleber"].startswith("To be confirmed by Aurore Kleber")
    assert said["lyon"] == "Currently unavailable"

    form = {"store": "kleber", "next": "/en/p/oscar-lamp?sku=LUM-0001-LAI&store=rivoli"}
    answer = await lea.post("/en/stores", data=form)
    assert answer.headers["location"] == "/en/p/oscar-lamp?sku=LUM-0001-LAI"
    assert "vitrine-store=kleber" in answer.headers["set-cookie"]
    assert "Aurore Kleber" in (await lea.get("/en/stores")).text


async def test_the_choice_of_a_store_never_leads_to_another_site(lea, world):
    for elsewhere in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        answer = await lea.post("/fr/stores", data={"store": "rivoli", "next": elsewhere})
        assert answer.headers["location"].startswith("/fr/stores")
    assert (await lea.post("/fr/stores", data={"store": "nowhere"})).status_code == 404


# For machines


async def test_an_article_tells_search_engines_that_it_is_in_stores_only(lea, world):
    html = (await lea.get("/en/p/oscar-lamp?store=rivoli")).text
    graph = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)[1])["@graph"]
    lamp, trail = graph

    assert lamp["@type"] == "Product"
    assert lamp["gtin13"] == "3001234567892"
    assert lamp["offers"]["price"] == "129.00"
    assert lamp["offers"]["availability"] == "https://schema.org/InStoreOnly"
    assert lamp["offers"]["availableAtOrFrom"][0]["branchCode"] == "rivoli"
    assert [step["name"] for step in trail["itemListElement"]] == ["Lighting", "Table lamps"]


async def test_a_store_tells_its_hours_and_its_special_days(lea, world, database):
    async with database.work() as session:
        session.add(store("biarritz", exceptions=[]))
        await session.execute(
            sa.text(
                "insert into store_exception (store_id, day, hours, reason)"
                " select id, '2026-12-08', 'off', '{}' from store where slug = 'rivoli'"
            )
        )
    html = (await lea.get("/fr/stores/rivoli")).text
    told = json.loads(re.search(r'ld\+json">(.*?)</script>', html, re.DOTALL)[1])["@graph"][0]

    assert told["@type"] == "DepartmentStore"
    assert {spec["dayOfWeek"] for spec in told["openingHoursSpecification"]} == {
        "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"
    }  # fmt: skip
    assert told["specialOpeningHoursSpecification"][0]["opens"] == "00:00"


async def test_names_that_are_code_are_shown_as_words(lea, world, database):
    async with database.work() as session:
        await session.execute(
            sa.update(Product)
            .where(Product.ref == "LUM-0001")
            .values(name=both("</script><img src=x onerror=alert(1)>", "<b>"), brand='"><svg onload=alert(1)>')
        )
    for page in ("p/lampe-oscar?store=rivoli", "c/luminaires", "", "stores?product=lampe-oscar", "search?q=LUM-0001"):
        html = (await lea.get(f"/fr/{page}")).text
        assert "<img src=x" not in html, page
        assert "<svg onload" not in html, page
        assert "onerror=alert" in html, page


async def test_robots_are_kept_from_what_is_private(lea, world):
    text = (await lea.get("/robots.txt")).text

    assert "Disallow: /r/" in text
    assert "Disallow: /*/my/" in text


# Preferences


async def test_the_appearance_is_kept_in_the_browser_and_leads_back(lea, world):
    answer = await lea.post("/fr/theme", data={"theme": "dark", "next": "/fr/stores?near=Lyon"})

    assert (answer.status_code, answer.headers["location"]) == (303, "/fr/stores?near=Lyon")
    assert 'data-theme="dark"' in (await lea.get("/fr/stores")).text
    assert "set-cookie" not in (await lea.post("/fr/theme", data={"theme": "neon", "next": "//evil.example"})).headers


async def test_the_language_that_somebody_turns_to_is_where_the_front_door_leads(lea, world):
    assert (await lea.get("/", headers={"accept-language": "fr"})).headers["location"] == "/fr/"
    await lea.get("/en/catalogue", headers={"referer": "http://vitrine.test/fr/catalogue"})
    assert (await lea.get("/", headers={"accept-language": "fr"})).headers["location"] == "/en/"


async def test_the_notice_gives_the_time_that_is_really_set(lea, world, app):
    assert f"{app.state.settings.erase_after_days} days after its end" in (await lea.get("/en/privacy")).text


# The budget


@pytest.mark.parametrize(
    "page", ["/fr/c/luminaires?store=rivoli", "/fr/c/luminaires?store=rivoli&available=1&brand=Tolvang&sort=price-up",
             "/fr/c/luminaires?available=1&store=lyon&low=9000", "/fr/p/lampe-oscar?store=rivoli", "/fr/p/lampe-oscar"],
)  # fmt: skip
async def test_lists_and_articles_cost_at_most_four_statements(lea, world, app, database, page):
    await many(database, world, 26)
    app.state.house = House("Aurore", fresh_for=60)
    await lea.get("/fr/")
    said = []

    def count(connection, cursor, statement, *rest):
        said.append(statement)

    sa.event.listen(database.engine.sync_engine, "before_cursor_execute", count)
    try:
        assert (await lea.get(page)).status_code == 200
    finally:
        sa.event.remove(database.engine.sync_engine, "before_cursor_execute", count)
    assert 1 <= len(said) <= 4, said


async def test_the_store_of_the_town_itself_has_no_distance(lea, world):
    html = (await lea.get("/fr/stores?near=Lyon")).text
    assert html.count('class="km"') == 2  # the two stores elsewhere
    assert html.index("Aurore Lyon") < html.index('class="km"')
