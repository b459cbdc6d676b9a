"""What is sent by mistake or by malice, and how the API says no."""

import dataclasses
import json

import pytest
from callers import RESERVATIONS, STAFF, caller, new_key, problem_of, wish
from sqlalchemy import func, select, text

from booking.journal import Entry
from booking.reservations.tables import Reservation
from stores import staff
from web.app import create_app
from web.house import House


@pytest.fixture
async def shop(app, world):
    async with caller(app, **{"accept-language": "en"}) as client:
        yield client


AS_JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b"NaN",
        b'{"store": NaN}',
        b'{"store": Infinity}',
        b"\xff\xfe{}",
        b"[" * 60_000,
        b'{"a":' * 9_000 + b"1" + b"}" * 9_000,
        b'{"store": ' + b"9" * 5_000 + b"}",
        b'{"store": "\\u0000"}',
        b'{"store": "\\ud800"}',
        b'{"\\u0000": 1}',
        '{"store": "é"}'.encode("latin-1"),
        b"store=rivoli",
    ],
    ids=lambda body: body[:12].decode("latin-1"),
)
async def test_what_is_no_json_object_is_malformed(shop, body):
    problem_of(await shop.post(RESERVATIONS, content=body, headers=AS_JSON), 400, "malformed")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
async def test_what_a_form_of_another_site_can_send_is_not_taken(shop, kind):
    content = json.dumps(wish()).encode()
    problem_of(await shop.post(RESERVATIONS, content=content, headers={"content-type": kind}), 415, "not_json")


async def test_a_body_of_more_than_64_kb_is_not_read(shop):
    problem_of(await shop.post(RESERVATIONS, json=wish(note="n" * 70_000)), 413, "too_large")

    async def in_pieces():
        for _ in range(100):
            yield b" " * 1000

    problem_of(await shop.post(RESERVATIONS, content=in_pieces(), headers=AS_JSON), 413, "too_large")


async def test_other_signs_than_latin_ones_come_back_as_they_were_sent(shop):
    body = json.dumps(wish(customer={"first_name": "Zoë 🦊", "last_name": "\\u0000", "email": "zoe@exemple.fr"}))
    assert (await shop.post(RESERVATIONS, content=body, headers=AS_JSON)).status_code == 201


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nothing", 404, "not_found"),
        ("GET", "/api/nothing", 404, "not_found"),
        ("DELETE", "/api/v1/stores", 405, "method_not_allowed"),
        ("GET", "/api/v1/reservations", 405, "method_not_allowed"),
    ],
)
@pytest.mark.parametrize("language", ["fr", "en"])
async def test_what_does_not_exist_is_a_problem_too(shop, method, path, status, code, language):
    answer = await shop.request(method, path, headers={"accept-language": language})
    problem_of(answer, status, code)
    assert answer.headers["content-language"] == language


@pytest.mark.parametrize("name", ["key", "api_key", "access_token"])
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/v1/stores"), ("GET", STAFF), ("POST", RESERVATIONS), ("POST", f"{STAFF}/0000-0000/answer")],
)
async def test_a_key_in_an_address_is_refused_and_revoked(shop, app, database, clock, name, method, path):
    secret = await new_key(database, clock, "staff")
    answer = await shop.request(method, path, params={name: secret}, json=wish())
    problem_of(answer, 400, "key_in_address")
    assert secret not in answer.text
    async with caller(app, secret) as program:
        problem_of(await program.get(STAFF), 401, "wrong_key")
    async with database.work(readonly=True) as session:
        (key,) = await staff.every_key(session)
        assert key.revoked_at == clock()
        (entry,) = (await session.scalars(select(Entry).where(Entry.subject == "key"))).all()
        assert (entry.subject_id, entry.event, entry.reason) == (key.id, "revoked", "key_in_address")
        assert await session.scalar(select(func.count()).select_from(Reservation)) == 0


async def test_a_key_that_nobody_has_is_refused_in_an_address_just_the_same(shop):
    problem_of(await shop.get("/api/v1/stores?key=vtr_nonsense"), 400, "key_in_address")


@pytest.mark.parametrize("shown", ["vtr_", "vtr_" + "1" * 30, "vtr_0OIl" + "1" * 22])
async def test_a_wrong_key_opens_not_even_what_is_public(app, world, shown):
    async with caller(app, shown) as program:
        for path in ("/api/v1/stores", STAFF):
            refused = await program.get(path)
            problem_of(refused, 401, "wrong_key")
            assert refused.headers["www-authenticate"] == 'Bearer realm="vitrine", error="invalid_token"'


async def test_an_expired_key_is_a_wrong_one(app, world, database, clock):
    secret = await new_key(database, clock, "staff")
    clock.forward(days=366)
    async with caller(app, secret) as program:
        problem_of(await program.get(STAFF), 401, "wrong_key")


async def test_a_browser_of_another_site_is_not_answered_differently(shop, world):
    answer = await shop.post(RESERVATIONS, json=wish(), headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 201
    assert "set-cookie" not in answer.headers


async def test_who_asks_too_often_is_told_when_to_come_back(settings, clock, database, clean_redis, world):
    limited = dataclasses.replace(settings, limits="on")
    app = create_app(limited, clock=clock, database=database, redis=clean_redis, house=House("Aurore"))
    async with caller(app, **{"accept-language": "fr"}) as client:
        for _ in range(300):
            assert (await client.get("/api/v1/stores/atlantis")).status_code == 404
        refused = await client.get("/api/v1/stores")
    assert problem_of(refused, 429, "too_many_requests")["retry_after"] > 0
    assert 0 < int(refused.headers["retry-after"]) <= 60


async def test_a_lock_that_nobody_gives_back_is_busy_and_nothing_is_lost(shop, world, database):
    async with database.work() as session:
        await session.execute(text("select 1 from store_stock for update"))
        answer = await shop.post(RESERVATIONS, json=wish())
    problem_of(answer, 503, "busy")
    assert answer.headers["retry-after"] == "30"
    assert (await shop.post(RESERVATIONS, json=wish())).status_code == 201
