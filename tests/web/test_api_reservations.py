"""A shopper's program asks, looks, extends, answers an offer and cancels."""

import dataclasses

import pytest
from callers import RESERVATIONS, STAFF, caller, fields_of, new_key, problem_of, sku, wish
from factories import build, put
from sqlalchemy import func, select, text

from booking import invariants
from booking.reservations.tables import Reservation
from kit import codes
from stores.catalogue import Variant
from web.app import create_app
from web.house import House

LAMP, SHADE, SOFA = "LUM-0001-LAI", "LUM-0013-30", "MEU-0001"


@pytest.fixture
async def shop(app, world):
    """Someone's program, without a key."""
    async with caller(app, **{"accept-language": "fr"}) as client:
        yield client


async def reserved_by(client, **over):
    response = await client.post(RESERVATIONS, json=wish(**over))
    assert response.status_code == 201, response.text
    return response.json()


def with_token(made):
    return {"authorization": f"Bearer {made['token']}"}


async def count(database):
    async with database.work(readonly=True) as session:
        return await session.scalar(select(func.count()).select_from(Reservation))


async def sound(database):
    async with database.work(readonly=True) as session:
        return await invariants.broken(session)


async def test_a_lamp_is_asked_for_and_the_answer_says_until_when(shop, database):
    made = await reserved_by(shop, lines=[sku(LAMP, 2), sku(SHADE)])
    assert made["status"] == "requested"
    assert codes.read_code(made["code"])
    assert made["code"][4] == "-"
    assert made["answer_by"] == "2026-11-24T13:00:00+01:00"
    assert made["hold_until"] == "2026-11-26T20:00:00+01:00"
    assert made["manage_url"] == f"http://vitrine.test/fr/my/{made['token']}"
    assert [(line["sku"], line["quantity"], line["status"]) for line in made["lines"]] == [
        (LAMP, 2, "held"),
        (SHADE, 1, "held"),
    ]
    assert made["lines"][0]["price"] == {"amount": "129.00", "currency": "EUR"}
    assert await sound(database) == []


@pytest.mark.parametrize(("language", "name"), [("fr", "Lampe Oscar"), ("en", "Oscar lamp")])
async def test_names_come_in_the_language_of_the_caller(shop, language, name):
    response = await shop.post(RESERVATIONS, json=wish(), headers={"accept-language": language})
    assert response.json()["lines"][0]["name"] == name
    assert response.headers["content-language"] == language


async def test_a_person_without_a_language_is_written_to_in_that_of_the_call(shop):
    person = {"first_name": "Ann", "last_name": "Lee", "phone": "06 39 98 01 23"}
    response = await shop.post(RESERVATIONS, json=wish(customer=person), headers={"accept-language": "en-GB"})
    assert response.json()["language"] == "en"
    assert "/en/my/" in response.json()["manage_url"]


async def test_the_same_sku_twice_is_one_line(shop):
    made = await reserved_by(shop, lines=[sku(LAMP), sku(LAMP, 2)])
    assert [(line["sku"], line["quantity"]) for line in made["lines"]] == [(LAMP, 3)]


async def test_what_is_not_there_is_named_with_the_stores_that_have_it(shop, world, database):
    said = problem_of(await shop.post(RESERVATIONS, json=wish("kleber", lines=[sku(LAMP, 2)])), 409, "out_of_stock")
    assert said["lines"] == [{"sku": LAMP, "requested": 2, "elsewhere": [{"store": "rivoli", "status": "available"}]}]
    said = problem_of(
        await shop.post(RESERVATIONS, json=wish("lyon", lines=[sku(LAMP), sku(SHADE, 3)])), 409, "out_of_stock"
    )
    assert [(line["sku"], [one["store"] for one in line["elsewhere"]]) for line in said["lines"]] == [
        (LAMP, ["kleber", "rivoli"]),  # Strasbourg is a little nearer to Lyon than Paris
        (SHADE, []),
    ]
    assert await count(database) == 0
    assert await sound(database) == []


@pytest.mark.parametrize(("language", "words"), [("fr", "article"), ("en", "item")])
async def test_a_refusal_speaks_the_language_of_the_caller(shop, language, words):
    response = await shop.post(RESERVATIONS, json=wish("lyon"), headers={"accept-language": language})
    assert response.headers["content-language"] == language
    assert problem_of(response, 409, "out_of_stock")["detail"]
    if language == "en":
        assert words in response.json()["detail"]


async def test_every_field_that_needs_correcting_is_named_at_once(shop, database):
    body = wish(
        lines=[sku("NO-SUCH"), sku(LAMP, 4), sku(SOFA)],
        customer={"first_name": " ", "last_name": "Martin", "email": "lea@", "language": "fr"},
    )
    said = problem_of(await shop.post(RESERVATIONS, json=body), 422, "invalid")
    assert fields_of(said) == {
        "lines.0.sku": "unknown_sku",
        "lines.1.quantity": "quantity",
        "lines.2.sku": "by_appointment",
        "customer.first_name": "required",
        "customer.email": "malformed",
    }
    assert await count(database) == 0


@pytest.mark.parametrize(
    ("over", "field", "code"),
    [
        ({"lines": []}, "lines", "too_few"),
        ({"lines": [sku(LAMP)] * 11}, "lines", "too_many"),
        ({"lines": [sku(LAMP, 0)]}, "lines.0.quantity", "too_small"),
        ({"lines": [sku(LAMP, "2")]}, "lines.0.quantity", "whole_number"),
        ({"lines": [sku(LAMP, 1.5)]}, "lines.0.quantity", "whole_number"),
        ({"lines": [{"sku": LAMP}]}, "lines.0.quantity", "required"),
        ({"lines": "lamp"}, "lines", "list"),
        ({"customer": None}, "customer", "object"),
        ({"contact": "pigeon"}, "contact", "unknown_value"),
        ({"contact": "sms"}, "customer.phone", "required"),
        ({"note": "n" * 501}, "note", "too_long"),
        ({"store": 3}, "store", "text"),
    ],
)
async def test_a_wrong_field_is_named(shop, over, field, code):
    said = problem_of(await shop.post(RESERVATIONS, json=wish(**over)), 422, "invalid")
    assert fields_of(said) == {field: code}


async def test_more_lines_of_one_article_than_a_person_reserves_are_refused(shop):
    said = problem_of(await shop.post(RESERVATIONS, json=wish(lines=[sku(LAMP, 2), sku(LAMP, 2)])), 422, "invalid")
    assert fields_of(said) == {"lines.1.quantity": "quantity"}


async def test_a_later_day_is_not_offered_and_other_unknown_fields_are_passed_over(shop, database):
    said = problem_of(
        await shop.post(RESERVATIONS, json=wish(wanted_from="2026-12-01")), 422, "wanted_from_not_offered"
    )
    assert fields_of(said) == {"wanted_from": "wanted_from_not_offered"}
    assert await count(database) == 0
    await reserved_by(shop, price="1.00", status="ready", wanted_from=None)
    assert await count(database) == 1


async def test_an_unknown_store_is_not_found(shop):
    problem_of(await shop.post(RESERVATIONS, json=wish("atlantis")), 404, "not_found")


async def test_only_its_own_token_opens_a_reservation(shop, app, world, clock, database):
    made, other = await reserved_by(shop), await reserved_by(shop)
    address = f"{RESERVATIONS}/{made['code']}"
    answer = await shop.get(address, headers=with_token(made))
    assert answer.json() == {name: made[name] for name in made if name not in ("token", "manage_url")}
    assert answer.headers["cache-control"] == "no-store"
    for typed in (made["code"].lower(), made["code"].replace("-", ""), made["code"].replace("-", " ").lower()):
        assert (await shop.get(f"{RESERVATIONS}/{typed}", headers=with_token(made))).status_code == 200
    refused = await shop.get(address)
    problem_of(refused, 401, "token_needed")
    assert refused.headers["www-authenticate"].startswith("Bearer")
    problem_of(await shop.get(address, headers=with_token(other)), 404, "not_found")
    problem_of(await shop.get(address, headers={"authorization": "Bearer nonsense"}), 404, "not_found")
    problem_of(await shop.get(f"{RESERVATIONS}/0000-0000", headers=with_token(made)), 404, "not_found")
    problem_of(await shop.get(f"{RESERVATIONS}/not-a-code", headers=with_token(made)), 404, "not_found")
    for scope in ("reserve", "staff"):
        async with caller(app, await new_key(database, clock, scope)) as program:
            problem_of(await program.get(address), 401, "token_needed")
            problem_of(await program.post(f"{address}/cancel"), 401, "token_needed")


async def test_a_month_after_its_end_a_token_opens_nothing(shop, clock):
    made = await reserved_by(shop)
    address = f"{RESERVATIONS}/{made['code']}"
    await shop.post(f"{address}/cancel", headers=with_token(made))
    clock.forward(days=31)
    problem_of(await shop.get(address, headers=with_token(made)), 410, "gone")


async def test_cancelling_gives_everything_back(shop, database):
    made = await reserved_by(shop, lines=[sku(LAMP, 3)])
    address = f"{RESERVATIONS}/{made['code']}/cancel"
    answer = await shop.post(address, headers=with_token(made))
    assert answer.status_code == 200
    assert answer.json()["status"] == "cancelled"
    assert [line["status"] for line in answer.json()["lines"]] == ["released"]
    said = problem_of(await shop.post(address, headers=with_token(made)), 409, "moved_on")
    assert said["reservation_status"] == "cancelled"
    assert await sound(database) == []


@pytest.fixture
async def till(app, world, database, clock):
    """A program of Rivoli's staff."""
    async with caller(app, await new_key(database, clock, "staff", stores=[world.rivoli])) as client:
        yield client


async def test_a_confirmed_reservation_is_extended_once(shop, till, database):
    made = await reserved_by(shop)
    address = f"{RESERVATIONS}/{made['code']}/extend"
    problem_of(await shop.post(address, headers=with_token(made)), 409, "moved_on")
    await till.post(f"{STAFF}/{made['code']}/answer", json={"lines": []})
    answer = await shop.post(address, headers=with_token(made))
    assert answer.json()["hold_until"] == "2026-11-27T20:00:00+01:00"
    assert answer.json()["extendable"] is False
    problem_of(await shop.post(address, headers=with_token(made)), 409, "not_extendable")


@pytest.mark.parametrize(("accept", "lines"), [(True, [2, 1]), (False, [2, 0])])
async def test_an_offer_is_taken_or_left(shop, till, database, accept, lines):
    made = await reserved_by(shop, lines=[sku(LAMP, 3)])
    address = f"{RESERVATIONS}/{made['code']}/proposal"
    said = problem_of(await shop.post(address, json={"accept": True}, headers=with_token(made)), 409, "moved_on")
    assert said["reservation_status"] == "requested"
    found = {"sku": LAMP, "found": 2, "reason": "damaged", "substitute": sku(SHADE)}
    answer = await till.post(f"{STAFF}/{made['code']}/answer", json={"lines": [found]})
    assert answer.json()["status"] == "proposed", answer.text
    problem_of(await shop.post(address, json={"accept": "yes"}, headers=with_token(made)), 422, "invalid")
    answer = await shop.post(address, json={"accept": accept}, headers=with_token(made))
    assert answer.json()["status"] == "confirmed"
    offered = answer.json()["lines"][1]
    assert (offered["sku"], offered["replaces"], offered["accepted"]) == (SHADE, LAMP, accept)
    assert offered["status"] == ("held" if accept else "released")
    assert await sound(database) == []


async def test_the_same_key_and_body_give_the_very_same_answer(shop, database):
    first = await shop.post(RESERVATIONS, json=wish(), headers={"idempotency-key": "k1"})
    again = await shop.post(RESERVATIONS, json=wish(), headers={"idempotency-key": "k1"})
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert first.status_code == 201
    assert await count(database) == 1
    other = await shop.post(RESERVATIONS, json=wish(note="vite"), headers={"idempotency-key": "k1"})
    problem_of(other, 422, "idempotency_key_reused")
    assert await count(database) == 1
    address = f"{RESERVATIONS}/{first.json()['code']}"
    headers = {**with_token(first.json()), "idempotency-key": "k2"}
    cancelled = await shop.post(f"{address}/cancel", headers=headers)
    again = await shop.post(f"{address}/cancel", headers=headers)
    assert (again.status_code, again.content) == (200, cancelled.content)
    problem_of(await shop.post(f"{address}/extend", headers=headers), 422, "idempotency_key_reused")


async def test_what_is_kept_for_the_next_time_opens_nothing_and_names_nobody(shop, till, database):
    made = await shop.post(RESERVATIONS, json=wish(), headers={"idempotency-key": "k1"})
    address = f"{STAFF}/{made.json()['code']}/answer"
    first = await till.post(address, json={"lines": []}, headers={"idempotency-key": "k1"})
    again = await till.post(address, json={"lines": []}, headers={"idempotency-key": "k1"})
    assert again.content == first.content
    assert first.json()["customer"]["email"] == "lea@exemple.fr"
    async with database.work(readonly=True) as session:
        kept = str((await session.execute(text("select * from submission"))).all())
    assert "requested" in kept
    assert made.json()["token"] not in kept
    assert "exemple.fr" not in kept


async def test_a_refused_request_may_be_sent_again_with_its_key(shop, world, database, clock):
    headers = {"idempotency-key": "k1"}
    problem_of(await shop.post(RESERVATIONS, json=wish("lyon"), headers=headers), 409, "out_of_stock")
    async with database.work() as session:
        await put(session, world.lyon, await session.get(Variant, world.lamp.id), 1, now=clock())
    assert (await shop.post(RESERVATIONS, json=wish("lyon"), headers=headers)).status_code == 201


async def test_two_callers_may_use_the_same_word_as_key(shop, app, world, database, clock):
    async with caller(app, await new_key(database, clock, "reserve")) as program:
        for client in (shop, program):
            answer = await client.post(RESERVATIONS, json=wish(), headers={"idempotency-key": "k1"})
            assert answer.status_code == 201
    assert await count(database) == 2


@pytest.mark.parametrize("key", ["k" * 201, "tab\there"])
async def test_a_key_that_is_none_is_refused(shop, key):
    response = await shop.post(RESERVATIONS, json=wish(), headers={"idempotency-key": key})
    problem_of(response, 422, "idempotency_key_malformed")


async def test_the_anonymous_have_three_open_in_one_store_and_a_key_has_no_such_limit(
    shop, app, world, database, clock
):
    for _ in range(3):
        await reserved_by(shop)
    refused = await shop.post(RESERVATIONS, json=wish())
    problem_of(refused, 429, "too_many_live")
    assert int(refused.headers["retry-after"]) > 0
    assert refused.json()["retry_after"] == int(refused.headers["retry-after"])
    async with caller(app, await new_key(database, clock, "reserve")) as program:
        made = await reserved_by(program)
    async with database.work(readonly=True) as session:
        row = await session.scalar(select(Reservation).where(Reservation.code == codes.read_code(made["code"])))
    assert row.origin == "api"


async def test_the_twenty_first_request_of_an_address_within_the_hour_waits(settings, clock, database, clean_redis):
    limited = dataclasses.replace(settings, limits="on")
    house = House("Aurore", fresh_for=0)
    app = create_app(limited, clock=clock, database=database, redis=clean_redis, house=house)
    async with database.work() as session:
        await build(session, now=clock(), staffed=False)
    async with caller(app) as client:
        for _ in range(20):
            problem_of(await client.post(RESERVATIONS, json=wish("lyon")), 409, "out_of_stock")
        refused = await client.post(RESERVATIONS, json=wish("lyon"))
    problem_of(refused, 429, "too_many_requests")
    assert 0 < int(refused.headers["retry-after"]) <= 3600


async def test_a_key_reserves_in_its_own_stores_only(app, world, database, clock):
    async with caller(app, await new_key(database, clock, "reserve", stores=[world.rivoli])) as program:
        await reserved_by(program)
        problem_of(await program.post(RESERVATIONS, json=wish("kleber")), 404, "not_found")
    async with caller(app, "vtr_" + "1" * 30) as program:
        refused = await program.post(RESERVATIONS, json=wish())
        problem_of(refused, 401, "wrong_key")
        assert "invalid_token" in refused.headers["www-authenticate"]
