"""What pages say to machines: JSON-LD, the same page in the other language, previews, and addresses that moved."""

import html
import json
import re
from collections import Counter, deque
from datetime import date
from urllib.parse import urljoin, urlsplit

import pytest
import sqlalchemy as sa
from factories import SECRET, advise, both, closed, product, put, reserved

from booking import links
from kit.languages import Translated
from stores import slugs
from stores.catalogue import Picture, Product, Variant
from stores.stock import StoreStock

SITE = "http://vitrine.test"


# A schema of ours: what each thing must have, may have, and how it is written


def text(value):
    return isinstance(value, str) and bool(value.strip())


def url(value):
    return text(value) and re.fullmatch(r"https?://[!-~]+", value) is not None


def clock_time(value):
    return re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value) is not None


def day(value):
    return date.fromisoformat(value) is not None


def one_of(*words):
    return lambda value: value in words


def matching(pattern):
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def several(check):
    return lambda value: isinstance(value, list) and bool(value) and all(check(one) for one in value)


def thing(*kinds):
    return lambda value: value["@type"] in kinds and valid(value)


WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SCHEMA = {
    "Product": (
        {"name": text, "sku": text, "offers": thing("Offer")},
        {"@id": url, "url": url, "description": text, "image": several(url), "brand": thing("Brand"),
         "inLanguage": one_of("fr", "en"), "gtin8": matching(r"\d{8}"), "gtin12": matching(r"\d{12}"),
         "gtin13": matching(r"\d{13}"), "gtin14": matching(r"\d{14}")},
    ),
    "ProductGroup": (
        {"@id": url, "url": url, "name": text, "productGroupID": text, "hasVariant": several(thing("Product"))},
        {"description": text, "image": several(url), "brand": thing("Brand"), "inLanguage": one_of("fr", "en")},
    ),
    "Brand": ({"name": text}, {}),
    "Offer": (
        {"url": url, "price": matching(r"\d+\.\d{2}"), "priceCurrency": matching("[A-Z]{3}"),
         "availability": one_of("https://schema.org/InStoreOnly", "https://schema.org/OutOfStock"),
         "itemCondition": one_of("https://schema.org/NewCondition")},
        {"availableAtOrFrom": several(thing("DepartmentStore"))},
    ),
    "DepartmentStore": (
        {"@id": url, "branchCode": text},
        {"name": text, "url": url, "image": url, "telephone": matching(r"\+\d{6,15}"), "description": text,
         "address": thing("PostalAddress"), "geo": thing("GeoCoordinates"),
         "openingHoursSpecification": several(thing("OpeningHoursSpecification")),
         "specialOpeningHoursSpecification": several(thing("OpeningHoursSpecification"))},
    ),
    "PostalAddress": (
        {"streetAddress": text, "postalCode": text, "addressLocality": text, "addressCountry": matching("[A-Z]{2}")},
        {},
    ),
    "GeoCoordinates": (
        {"latitude": lambda value: -90 <= value <= 90, "longitude": lambda value: -180 <= value <= 180}, {},
    ),
    "OpeningHoursSpecification": (
        {"opens": clock_time, "closes": clock_time},
        {"dayOfWeek": one_of(*WEEKDAYS), "validFrom": day, "validThrough": day},
    ),
    "BreadcrumbList": ({"itemListElement": several(thing("ListItem"))}, {}),
    "ListItem": ({"position": lambda value: value >= 1, "name": text, "item": url}, {}),
}  # fmt: skip


def valid(told) -> bool:
    needed, allowed = SCHEMA[told["@type"]]
    for name, value in told.items():
        if name == "@type":
            continue
        check = {**needed, **allowed}.get(name)
        assert check, f"{told['@type']} has no {name}"
        assert check(value), f"{told['@type']}.{name}: {value!r}"
    assert set(needed) <= set(told), set(needed) - set(told)
    return True


def graph_of(page: str) -> list[dict]:
    """The things of a page, each held against the schema."""
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert len(found) == 1
    document = json.loads(found[0])
    assert document["@context"] == "https://schema.org"
    assert all(valid(one) for one in document["@graph"])
    return document["@graph"]


# Articles


async def test_an_article_with_one_form_is_a_product_in_stores_only(lea, world):
    lamp, trail = graph_of((await lea.get("/en/p/oscar-lamp")).text)

    assert lamp["@type"] == "Product"
    assert lamp["@id"] == f"{SITE}/en/p/oscar-lamp#p"
    assert lamp["offers"]["availability"] == "https://schema.org/InStoreOnly"
    assert {one["branchCode"] for one in lamp["offers"]["availableAtOrFrom"]} == {"rivoli", "kleber"}
    assert [step["item"] for step in trail["itemListElement"]] == [f"{SITE}/en/c/lighting", f"{SITE}/en/c/table-lamps"]


async def test_an_article_with_several_forms_is_a_group_of_products(lea, world, database):
    async with database.work() as session:
        row = (await session.scalars(sa.select(Product).where(Product.ref == "LUM-0001"))).one()
        black = [{"name": {"fr": "Finition", "en": "Finish"}, "value": {"fr": "Noir", "en": "Black"}}]
        session.add(Variant(product_id=row.id, sku="LUM-0001/N 1", options=black, price_minor=11950, position=1))
    group = graph_of((await lea.get("/fr/p/lampe-oscar")).text)[0]

    assert group["@type"] == "ProductGroup"
    assert [one["name"] for one in group["hasVariant"]] == ["Lampe Oscar, Laiton", "Lampe Oscar, Noir"]
    gone = group["hasVariant"][1]["offers"]
    assert (gone["price"], gone["availability"]) == ("119.50", "https://schema.org/OutOfStock")
    assert "availableAtOrFrom" not in gone
    assert gone["url"] == f"{SITE}/fr/p/lampe-oscar?sku=LUM-0001%2FN%201"


async def test_with_a_store_chosen_the_offer_is_of_that_store_at_its_price(lea, world, database):
    async with database.work() as session:
        own = sa.update(StoreStock).where(StoreStock.store_id == world.kleber.id)
        await session.execute(own.values(price_minor=11900))
    offer = graph_of((await lea.get("/en/p/oscar-lamp?store=kleber")).text)[0]["offers"]

    assert [one["branchCode"] for one in offer["availableAtOrFrom"]] == ["kleber"]
    assert offer["price"] == "119.00"
    assert graph_of((await lea.get("/en/p/oscar-lamp?store=lyon")).text)[0]["offers"]["availability"].endswith(
        "OutOfStock"
    )


async def test_a_number_of_the_house_is_not_told_to_search_engines(lea, world, database):
    async with database.work() as session:
        await session.execute(sa.update(Variant).where(Variant.id == world.lamp.id).values(gtin="2001234567893"))

    assert not [name for name in graph_of((await lea.get("/fr/p/lampe-oscar")).text)[0] if name.startswith("gtin")]


@pytest.mark.parametrize(
    "name", ["</script><script>alert(1)</script>", "<!--<script>", "\u2028\u2029", "]]>", "\\u003c"]
)
async def test_no_name_ends_the_element_in_which_it_is_told(lea, world, database, name):
    async with database.work() as session:
        row = sa.update(Product).where(Product.ref == "LUM-0001")
        await session.execute(row.values(name=both(f"Lampe {name} x"), story=both(f"Voilà {name}"), brand=f"M {name}"))
    page = (await lea.get("/fr/p/lampe-oscar")).text
    lamp = graph_of(page)[0]

    assert lamp["brand"]["name"] == f"M {name}"
    inside = re.search(r'ld\+json">(.*?)</script>', page, re.DOTALL)[1]
    assert not {"<", "\u2028", "\u2029"} & set(inside)


async def test_what_was_withdrawn_offers_nothing(lea, world, database):
    async with database.work() as session:
        await session.execute(sa.update(Product).where(Product.ref == "LUM-0001").values(state="withdrawn"))
    answer = await lea.get("/fr/p/lampe-oscar")

    assert answer.status_code == 410
    assert "ld+json" not in answer.text
    assert '<meta name="robots" content="noindex">' in answer.text


# Stores


async def test_a_store_tells_its_week_and_the_days_that_differ(lea, world, database):
    async with database.work() as session:
        rivoli = await session.get(type(world.rivoli), world.rivoli.id)
        await session.refresh(rivoli, ["exceptions"])
        rivoli.exceptions = [
            closed(date(2026, 12, 8)),
            closed(date(2026, 12, 13), "Avent", "11:00-13:00,14:00-18:00"),
            closed(date(2027, 5, 1)),
        ]
        rivoli.hours_osm = "Mo-Fr 10:00-13:00,14:00-19:00; Sa 10:00-20:00"
    told, trail = graph_of((await lea.get("/en/stores/rivoli")).text)
    usual, special = told["openingHoursSpecification"], told["specialOpeningHoursSpecification"]

    assert [(one["opens"], one["closes"]) for one in usual if one["dayOfWeek"] == "Monday"] == [
        ("10:00", "13:00"), ("14:00", "19:00"),
    ]  # fmt: skip
    assert not [one for one in usual if one["dayOfWeek"] == "Sunday"]
    assert [(one["validFrom"], one["opens"], one["closes"]) for one in special] == [
        ("2026-12-08", "00:00", "00:00"), ("2026-12-13", "11:00", "13:00"), ("2026-12-13", "14:00", "18:00"),
    ]  # fmt: skip
    assert told["branchCode"] == "rivoli"
    assert [one["name"] for one in trail["itemListElement"]] == ["Our stores", "Aurore Rivoli"]


# The same page in the other language


class Head:
    """What a page says of itself to machines."""

    def __init__(self, page: str) -> None:
        head = page.partition("</head>")[0]
        links = re.findall(r'<link rel="(alternate|canonical)"(?: hreflang="([\w-]+)")? href="([^"]+)"', head)
        self.alternates = {language: html.unescape(to) for rel, language, to in links if rel == "alternate"}
        self.canonical = next((html.unescape(to) for rel, _, to in links if rel == "canonical"), "")
        metas = re.findall(r'<meta (?:name|property)="([\w:]+)" content="([^"]*)"', head)
        self.meta = {name: html.unescape(content) for name, content in metas}
        self.robots = self.meta.get("robots", "")
        self.lang = re.search(r'<html lang="(\w+)"', page)[1]


async def head_of(lea, address: str) -> Head:
    answer = await lea.get(address.removeprefix(SITE))
    assert answer.status_code == 200, address
    return Head(answer.text)


async def crawl(lea, *starts: str) -> dict[str, Head]:
    """Every page of the site to which a link leads from there, by its address; of one path at most two questions."""
    found: dict[str, Head] = {}
    asked: Counter[str] = Counter()
    waiting, known = deque(starts), set(starts)
    while waiting:
        address = waiting.popleft()
        answer = await lea.get(address)
        if answer.status_code in (301, 303):
            links = [answer.headers["location"]]
        else:
            assert answer.status_code == 200, (address, answer.status_code)
            if not answer.headers["content-type"].startswith("text/html"):
                continue
            found[SITE + address] = Head(answer.text)
            links = re.findall(r'<a\b[^>]*?href="([^"#]+)', answer.text)
        for link in links:
            parts = urlsplit(urljoin(SITE + address, html.unescape(link)))
            there = parts.path + (f"?{parts.query}" if parts.query else "")
            if f"{parts.scheme}://{parts.netloc}" == SITE and there not in known and asked[parts.path] < 2:
                known.add(there)
                asked[parts.path] += bool(parts.query)
                waiting.append(there)
    return found


async def test_a_crawl_from_both_fronts_finds_a_graph_in_which_languages_name_each_other(lea, world, database, clock):
    async with database.work() as session:
        await advise(session, world, now=clock())
        only = Variant(sku="CHA-1", options=[], price_minor=9900)
        row = product(world.lamps, "CHA-1", both("Chaise Paule", "Paule chair"), only, now=clock())
        row.name = Translated(fr="Chaise Paule")
        session.add(row)
        await session.flush()
        await put(session, world.rivoli, only, 3, now=clock())
    found = await crawl(lea, "/fr/", "/en/")

    assert len(found) > 50, sorted(found)
    for where, head in found.items():
        if head.robots == "noindex":
            assert not head.canonical, where
            assert not head.alternates, where
            continue
        assert head.canonical.startswith(f"{SITE}/"), where
        real = found.get(head.canonical) or await head_of(lea, head.canonical)
        assert real.canonical == head.canonical, where
        if head.robots:
            assert not head.alternates, where
            continue
        assert not real.robots, where
        if head.alternates:
            assert head.alternates[head.lang] == head.canonical, where
            assert set(head.alternates) == {"fr", "en", "x-default"}, where
            assert head.alternates["x-default"] == f"{SITE}/"
            for language in ("fr", "en"):
                there = head.alternates[language]
                other = found.get(there) or await head_of(lea, there)
                assert other.alternates == head.alternates, (where, there)
                assert (other.lang, other.canonical, other.robots) == (language, there, ""), (where, there)
    indexed = {where for where, head in found.items() if not head.robots}
    private = ("/my/", "/reserve", "/selection", "/staff", "/merch", "/admin", "/find", "/r/", "/receipts")
    assert not [where for where in indexed if any(part in where for part in private)]
    assert {f"{SITE}/fr/p/chaise-paule", f"{SITE}/fr/stores/rivoli", f"{SITE}/en/c/lighting"} <= indexed
    assert f"{SITE}/en/p/paule-chair" in found
    assert f"{SITE}/en/p/paule-chair" not in indexed


@pytest.mark.parametrize("missing", [{"name": Translated(fr="Lampe Oscar")}, {"drafts": ["en"]},
                                     {"story": Translated(fr="Elle éclaire.")}])  # fmt: skip
async def test_words_that_are_missing_in_a_language_are_not_passed_off_as_said_in_it(lea, world, database, missing):
    async with database.work() as session:
        await session.execute(sa.update(Product).where(Product.ref == "LUM-0001").values(**missing))
    page = (await lea.get("/en/p/oscar-lamp")).text
    english, french = Head(page), Head((await lea.get("/fr/p/lampe-oscar")).text)

    assert (english.robots, english.canonical) == ("noindex, follow", f"{SITE}/fr/p/lampe-oscar")
    assert (french.robots, french.canonical) == ("", f"{SITE}/fr/p/lampe-oscar")
    assert not english.alternates
    assert not french.alternates
    if "story" not in missing:
        assert re.search(r'<h1[^>]* lang="fr"[^>]*>\s*Lampe Oscar', page)
        assert "Oscar lamp" not in re.sub(r"<article.*", "", page, flags=re.DOTALL)
    if "name" not in missing:
        assert re.search(r'<section class="prose"[^>]* lang="fr"', page)
    assert 'hreflang="fr">Français' in page  # who reads it may still turn to the other language


async def test_the_chosen_store_and_the_second_page_have_the_address_that_is_theirs(lea, world, database, clock):
    async with database.work() as session:
        for number in range(25):
            variant = Variant(sku=f"P-{number}", options=[], price_minor=100)
            session.add(product(world.lamps, f"P-{number}", both(f"Pièce {number}"), variant, now=clock(),
                                slug_en=f"piece-{number}"))  # fmt: skip

    for address, canonical in (
        ("/fr/p/lampe-oscar?store=kleber", "/fr/p/lampe-oscar"),
        ("/fr/p/lampe-oscar?sku=LUM-0001-LAI&store=kleber", "/fr/p/lampe-oscar"),
        ("/fr/stores/rivoli?store=kleber", "/fr/stores/rivoli"),
        ("/fr/c/lampes-a-poser?store=kleber", "/fr/c/lampes-a-poser"),
        ("/fr/c/lampes-a-poser?page=2", "/fr/c/lampes-a-poser?page=2"),
        ("/fr/?store=kleber", "/fr/"),
    ):
        head = Head((await lea.get(address)).text)
        assert (head.canonical, head.robots) == (SITE + canonical, ""), address
    second = Head((await lea.get("/fr/c/lampes-a-poser?page=2")).text)
    assert second.alternates["en"] == f"{SITE}/en/c/table-lamps?page=2"


# Previews


async def test_a_page_that_is_shared_shows_its_name_and_a_picture_that_messengers_can_read(lea, world, database):
    async with database.work() as session:
        row = (await session.scalars(sa.select(Product).where(Product.ref == "LUM-0001"))).one()
        session.add(Picture(product_id=row.id, path="p/oscar.webp", alt=both("Lampe"), width=1200, height=630))
        other = (await session.scalars(sa.select(Product).where(Product.ref == "LUM-0013"))).one()
        session.add(Picture(product_id=other.id, path="p/shade.svg", alt=both("Abat-jour"), width=600, height=600))
    shared = Head((await lea.get("/en/p/oscar-lamp?store=rivoli")).text).meta

    assert shared["og:title"] == "Oscar lamp"
    assert shared["og:url"] == f"{SITE}/en/p/oscar-lamp"
    assert shared["og:image"] == f"{SITE}/media/p/oscar.webp"
    assert (shared["og:locale"], shared["og:locale:alternate"]) == ("en_GB", "fr_FR")
    assert shared["og:description"] == "It lights the table and never dazzles."
    assert "og:image" not in Head((await lea.get("/en/p/linen-shade")).text).meta


async def test_search_engines_are_told_what_the_merchandiser_wrote_for_them(lea, world, database):
    async with database.work() as session:
        row = sa.update(Product).where(Product.ref == "LUM-0001")
        await session.execute(
            row.values(
                seo_title=Translated(en="Oscar, the brass lamp"), seo_description=Translated(en="Brass & linen.")
            )
        )
    english = Head((await lea.get("/en/p/oscar-lamp")).text).meta
    french = Head((await lea.get("/fr/p/lampe-oscar")).text).meta

    assert (english["og:title"], english["description"]) == ("Oscar, the brass lamp", "Brass & linen.")
    assert french["og:title"] == "Lampe Oscar"


async def test_a_private_link_previews_as_the_name_of_the_house_alone(lea, world, database, clock):
    async with database.work() as session:
        made = await reserved(session, world, now=clock())
        code = made.code
        token = (await links.to_mail(session, "reservation", made.id)).token(SECRET)
    opened = await lea.get(f"/fr/my/{token}")
    assert opened.headers["location"] == f"/fr/my/reservations/{code}"
    for address in (f"/fr/my/reservations/{code}", f"/fr/my/reservations/{code}/cancel", "/fr/selection", "/fr/find"):
        answer = await lea.get(address)
        head = Head(answer.text)
        assert head.meta["og:title"] == "Aurore", address
        assert not {"og:url", "og:image", "og:description", "description"} & set(head.meta), address
        assert not head.canonical
        assert not head.alternates
        assert code not in answer.text.partition("</head>")[0]


# Addresses that moved


async def test_an_old_address_leads_to_the_new_one_for_good_and_keeps_the_question(lea, world, database):
    async with database.work() as session:
        lamp = (await session.scalars(sa.select(Product).where(Product.ref == "LUM-0001"))).one()
        await slugs.leave(session, "product", "fr", "lampe-de-grand-mere", lamp.id)

    for address, there in (
        ("/fr/p/lampe-de-grand-mere?store=kleber&sku=LUM-0001-LAI", "/fr/p/lampe-oscar?store=kleber&sku=LUM-0001-LAI"),
        ("/en/p/lampe-de-grand-mere", "/en/p/oscar-lamp"),
        ("/en/p/lampe-oscar?store=kleber", "/en/p/oscar-lamp?store=kleber"),
    ):
        answer = await lea.get(address)
        assert (answer.status_code, answer.headers["location"]) == (301, there)
    assert (await lea.get("/fr/p/lampe-de-personne")).status_code == 404


async def test_an_old_address_of_a_department_leads_to_the_new_one_too(lea, world, database):
    async with database.work() as session:
        await slugs.leave(session, "category", "en", "lights", world.lighting.id)

    answer = await lea.get("/en/c/lights?sort=name&brand=Maison+Lavergne")
    assert (answer.status_code, answer.headers["location"]) == (301, "/en/c/lighting?sort=name&brand=Maison+Lavergne")


async def test_an_old_address_of_a_draft_is_nothing_and_of_what_was_withdrawn_is_gone(lea, world, database):
    async with database.work() as session:
        lamp = (await session.scalars(sa.select(Product).where(Product.ref == "LUM-0001"))).one()
        await slugs.leave(session, "product", "fr", "ancienne", lamp.id)
        lamp.state = "draft"
    assert (await lea.get("/fr/p/ancienne")).status_code == 404

    async with database.work() as session:
        await session.execute(sa.update(Product).where(Product.ref == "LUM-0001").values(state="withdrawn"))
    answer = await lea.get("/fr/p/ancienne")
    assert answer.status_code == 301
    gone = await lea.get(answer.headers["location"])
    assert gone.status_code == 410
    assert "Abat-jour lin" in gone.text
