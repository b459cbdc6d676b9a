"""Stores, products and availability, as anybody's program reads them."""

import json
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from callers import RESERVATIONS, caller, fields_of, new_key, problem_of, sku, wish
from factories import both, closed, product, put
from factories import store as shop_of

from stores import stock
from stores.catalogue import Category, Product, Variant
from stores.places import Store
from stores.stock import StoreStock

LAMP, SHADE, SOFA = "LUM-0001-LAI", "LUM-0013-30", "MEU-0001"
STORES, PRODUCTS, AVAILABILITY = "/api/v1/stores", "/api/v1/products", "/api/v1/availability"


@pytest.fixture
async def shop(app, world):
    async with caller(app, **{"accept-language": "en"}) as client:
        yield client


async def test_a_store_says_when_it_is_open(shop, database, world, clock):
    async with database.work() as session:
        days = closed(date(2026, 12, 25), "Noël"), closed(date(2026, 5, 1), "past")
        for day in days:
            day.store_id = world.rivoli.id
        session.add_all(days)
    said = (await shop.get(f"{STORES}/rivoli")).json()
    assert said["name"] == "Aurore Rivoli"
    assert said["address"] == {"street": "52 rue de Rivoli", "postcode": "75004", "city": "Paris", "country": "FR"}
    assert (said["timezone"], said["opening_hours"]) == ("Europe/Paris", "Mo-Sa 10:00-20:00")
    assert said["exceptions"] == [{"date": "2026-12-25", "hours": "off", "reason": "Noël"}]
    assert (said["open_now"], said["closes_at"]) == (True, "2026-11-24T20:00:00+01:00")
    clock.forward(hours=10)
    said = (await shop.get(f"{STORES}/rivoli")).json()
    assert (said["open_now"], said["closes_at"], said["opens_at"]) == (False, None, "2026-11-25T10:00:00+01:00")
    problem_of(await shop.get(f"{STORES}/atlantis"), 404, "not_found")


async def test_times_are_those_of_the_stores_zone(shop, database, world):
    async with database.work() as session:
        (await session.get(Store, world.lyon.id)).timezone = "Indian/Reunion"
    assert (await shop.get(f"{STORES}/lyon")).json()["closes_at"] == "2026-11-24T20:00:00+04:00"


async def pages_of(client, address, **params):
    cursor, pages = "", []
    while cursor is not None:
        page = (await client.get(address, params={**params, "cursor": cursor})).json()
        pages.append(page["items"])
        cursor = page["next"]
    return pages


async def test_lists_come_in_pages(shop):
    pages = await pages_of(shop, STORES, limit=2)
    assert [[store["slug"] for store in page] for page in pages] == [["kleber", "lyon"], ["rivoli"]]
    pages = await pages_of(shop, PRODUCTS, limit=2)
    assert [[item["ref"] for item in page] for page in pages] == [["LUM-0001", "LUM-0013"], ["MEU-0001"]]
    for address in (STORES, PRODUCTS):
        for wrong in ("zzz", "W10", "ImEi", "WyJhIl0", "é", "WzFlOTld"):
            said = problem_of(await shop.get(address, params={"cursor": wrong}), 422, "invalid")
            assert fields_of(said) == {"cursor": "cursor"}
    assert fields_of(problem_of(await shop.get(f"{PRODUCTS}?limit=0"), 422, "invalid")) == {"limit": "too_small"}


@pytest.mark.parametrize(
    ("language", "name", "slug", "option"),
    [("fr", "Lampe Oscar", "lampe-oscar", "Laiton"), ("en", "Oscar lamp", "oscar-lamp", "Brass")],
)
async def test_a_product_speaks_the_language_asked(shop, language, name, slug, option):
    answer = await shop.get(f"{PRODUCTS}/LUM-0001", headers={"accept-language": language})
    said = answer.json()
    assert (said["name"], said["slug"]) == (name, slug)
    assert said["url"] == f"http://vitrine.test/{language}/p/{slug}"
    assert said["variants"] == [
        {
            "sku": LAMP,
            "gtin": "3001234567892",
            "options": [{"name": "Finition" if language == "fr" else "Finish", "value": option}],
            "price": {"amount": "129.00", "currency": "EUR"},
        }
    ]
    assert answer.headers["content-language"] == language
    assert "Accept-Language" in answer.headers["vary"]


async def test_products_are_found_by_words_category_store_and_availability(shop, database, world, clock):
    async with database.work() as session:
        other = Category(slug_fr="salon", slug_en="lounge", name=both("Salon"), intro=both(""))
        session.add(other)
        await session.flush()
        seat = Variant(sku="SAL-1", price_minor=1, options=[])
        session.add(product(other, "SAL-1", both("Fauteuil", "Armchair"), seat, now=clock()))

    async def refs(**params):
        return [item["ref"] for item in (await shop.get(PRODUCTS, params=params)).json()["items"]]

    assert await refs(query="lamps") == ["LUM-0001"]
    assert await refs(query="armchair") == ["SAL-1"]
    assert await refs(query="' & ! (") == []
    assert await refs(category="lighting") == ["LUM-0001", "LUM-0013", "MEU-0001"]
    assert await refs(category="luminaires") == await refs(category="table-lamps")
    assert await refs(category="lounge") == ["SAL-1"]
    assert await refs(store="kleber") == ["LUM-0001"]
    assert await refs(store="rivoli") == ["LUM-0001", "LUM-0013", "MEU-0001"]
    assert await refs(available="true") == ["LUM-0001", "LUM-0013"]
    assert await refs(available="true", store="lyon") == []
    problem_of(await shop.get(f"{PRODUCTS}?category=none"), 404, "not_found")
    problem_of(await shop.get(f"{PRODUCTS}?store=none"), 404, "not_found")
    said = problem_of(await shop.get(f"{PRODUCTS}?available=perhaps"), 422, "invalid")
    assert fields_of(said) == {"available": "true_or_false"}
    problem_of(await shop.get(f"{PRODUCTS}?query=%00"), 422, "invalid")
    problem_of(await shop.get(f"{PRODUCTS}/%00"), 404, "not_found")


async def test_only_what_is_published_is_shown(shop, database, world):
    for state, status in (("draft", 404), ("ready", 404), ("withdrawn", 410)):
        async with database.work() as session:
            (await session.get(Product, world.lamp.product_id)).state = state
        answer = await shop.get(f"{PRODUCTS}/LUM-0001")
        problem_of(answer, status, "gone" if status == 410 else "not_found")
        assert "LUM-0001" not in (await shop.get(PRODUCTS)).text
        assert (await shop.get(AVAILABILITY, params={"sku": LAMP})).json()["items"] == []


async def test_availability_is_one_of_four_words(shop, database, world):
    answer = await shop.get(f"{AVAILABILITY}?sku={LAMP}&sku={SOFA}&sku=NO-SUCH")
    said = answer.json()
    assert said["next"] is None
    assert [(item["sku"], item["store"], item["status"]) for item in said["items"]] == [
        (LAMP, "kleber", "to_confirm"),
        (LAMP, "lyon", "unavailable"),
        (LAMP, "rivoli", "available"),
        (SOFA, "kleber", "unavailable"),
        (SOFA, "lyon", "unavailable"),
        (SOFA, "rivoli", "by_appointment"),
    ]
    assert all(set(item) == {"sku", "store", "status", "checked_at"} for item in said["items"])
    assert said["items"][2]["checked_at"] == "2026-11-24T11:00:00+01:00"
    assert said["items"][1]["checked_at"] is None
    only = (await shop.get(AVAILABILITY, params={"sku": LAMP, "store": "rivoli"})).json()
    assert [item["store"] for item in only["items"]] == ["rivoli"]
    problem_of(await shop.get(AVAILABILITY, params={"sku": LAMP, "store": "atlantis"}), 404, "not_found")
    assert fields_of(problem_of(await shop.get(AVAILABILITY), 422, "invalid")) == {"sku": "required"}


async def test_a_hold_shows_at_the_next_question(shop):
    before = await shop.get(AVAILABILITY, params={"sku": LAMP, "store": "kleber"})
    assert before.headers["cache-control"] == "no-cache"
    assert (await shop.post(RESERVATIONS, json=wish("kleber"))).status_code == 201
    tag = {"if-none-match": before.headers["etag"]}
    after = await shop.get(AVAILABILITY, params={"sku": LAMP, "store": "kleber"}, headers=tag)
    assert after.status_code == 200
    assert after.json()["items"][0]["status"] == "unavailable"


@pytest.mark.parametrize("scope", ["read", "stock", "reserve", "staff", ""])
async def test_numbers_are_for_keys_that_may_read_and_for_their_stores(app, world, database, clock, scope):
    secret = await new_key(database, clock, scope, stores=[world.rivoli]) if scope else ""
    async with caller(app, secret) as program:
        await program.post(RESERVATIONS, json=wish(lines=[sku(LAMP, 2)]))
        answer = await program.get(f"{AVAILABILITY}?sku={LAMP}&sku={SOFA}")
    numbers = {(item["sku"], item["store"]): item.get("reservable") for item in answer.json()["items"]}
    if scope == "read":
        assert {key: number for key, number in numbers.items() if number is not None} == {
            (LAMP, "rivoli"): 3,
            (SOFA, "rivoli"): 0,
        }
        assert answer.headers["cache-control"].startswith("private")
    else:
        assert set(numbers.values()) == {None}


@pytest.mark.parametrize(
    "path", [STORES, f"{STORES}/rivoli", PRODUCTS, f"{PRODUCTS}/LUM-0001", f"{AVAILABILITY}?sku={LAMP}"]
)
async def test_what_has_not_changed_is_not_sent_again(shop, path):
    first = await shop.get(path)
    assert first.headers["cache-control"]
    tag = first.headers["etag"]
    for known in (tag, f'"other", {tag}', "*", tag.removeprefix("W/")):
        again = await shop.get(path, headers={"if-none-match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert (await shop.get(path, headers={"if-none-match": '"other"'})).status_code == 200


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_the_two_languages_have_tags_of_their_own(shop, language):
    answer = await shop.get(f"{PRODUCTS}/LUM-0001", headers={"accept-language": language})
    other = {"accept-language": "en" if language == "fr" else "fr", "if-none-match": answer.headers["etag"]}
    assert (await shop.get(f"{PRODUCTS}/LUM-0001", headers=other)).status_code == 200


async def test_a_page_of_products_is_few_statements(shop, database, world, clock, engine):
    said = []
    sa.event.listen(engine.sync_engine, "before_cursor_execute", lambda *event: said.append(event[2]))
    await shop.get(PRODUCTS)
    few = len(said)
    async with database.work() as session:
        lamps = await session.get(Category, world.lamps.id)
        session.add_all(
            product(lamps, f"X-{n}", both(f"Objet {n}"), Variant(sku=f"X-{n}", price_minor=1, options=[]), now=clock())
            for n in range(20)
        )
    said.clear()
    assert len(json.loads((await shop.get(PRODUCTS, params={"limit": 100})).content)["items"]) == 23
    assert len(said) == few


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, "available"),
        ({"book": 2}, "available"),
        ({"book": 1}, "to_confirm"),
        ({"book": 0}, "unavailable"),
        ({"reserved": 6}, "unavailable"),
        ({"safety": 4}, "to_confirm"),
        ({"fed_at": -2}, "to_confirm"),
        ({"seen_at": -40}, "to_confirm"),
        ({"seen_at": None}, "to_confirm"),
        ({"not_found_at": -1}, "to_confirm"),
        ({"not_found_at": -60}, "available"),
    ],
)
def test_the_word_follows_the_number_and_how_far_it_is_believed(clock, change, status):
    now = clock()
    said = {"book": 5, "reserved": 0, "unsellable": 0, "safety": 0, "fed_at": now, "seen_at": now, "not_found_at": None}
    for name, value in change.items():
        said[name] = now + timedelta(days=value) if name.endswith("_at") and value else value
    row = StoreStock(store_id=1, variant_id=1, **said)
    row.available = max(said["book"], 0) - said["reserved"] - said["unsellable"] - said["safety"]
    told_by_the_till = shop_of(stock_authority="feed", feed_minutes=1440, low_threshold=1)
    assert stock.public_status(row, told_by_the_till, by_appointment=False, now=now) == status
    assert stock.public_status(None, told_by_the_till, by_appointment=True, now=now) == "unavailable"
    assert (stock.public_status(row, told_by_the_till, by_appointment=True, now=now) == "by_appointment") == (
        row.book > 0
    )


async def test_a_shortfall_reads_as_unavailable_and_as_nothing_to_reserve(app, shop, world, database, clock):
    async with database.work() as session:
        await put(session, world.lyon, await session.get(Variant, world.lamp.id), 0, now=clock(), safety=2)
    async with caller(app, await new_key(database, clock, "read")) as program:
        item = (await program.get(AVAILABILITY, params={"sku": LAMP, "store": "lyon"})).json()["items"][0]
    assert (item["status"], item["reservable"]) == ("unavailable", 0)
