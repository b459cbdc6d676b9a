"""The demo's own pages: who can sign in, what was sent, and a clock to move. Elsewhere they do not exist."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from factories import PASSWORD, reserved

from booking.channels import Channels
from kit.clock import Clock
from web.app import create_app
from web.delivery import deliver
from web.house import House

ROUTES = [("GET", "/demo"), ("GET", "/demo.json"), ("GET", "/demo/mail"), ("GET", "/demo/mail.json")]
ROUTES += [("POST", "/demo/clock")]


@pytest.fixture
async def moving(settings, database, clean_redis, world):
    """The site with a clock that goes, and that can be moved."""
    app = create_app(settings, database=database, redis=clean_redis, house=House("Aurore", fresh_for=0))
    async with app.router.lifespan_context(app):
        yield app


# Accounts


async def test_every_account_that_is_listed_opens_its_room(app, world, lea, browser_of, monkeypatch):
    monkeypatch.setattr("web.demo.PASSWORD", PASSWORD)
    answer = await lea.get("/demo.json")
    accounts = answer.json()["accounts"]
    assert {account["email"].partition("@")[0]: (account["role"], account["stores"]) for account in accounts} == {
        "ines": ("advisor", ["rivoli"]),
        "helene": ("manager", ["rivoli"]),
        "marc": ("advisor", ["kleber"]),
        "paul": ("merchandiser", ["kleber", "lyon", "rivoli"]),
        "solene": ("admin", ["kleber", "lyon", "rivoli"]),
    }
    for account in accounts:
        async with browser_of(app, **{"sec-fetch-site": "same-origin"}) as client:
            form = {"email": account["email"], "password": account["password"]}
            signed_in = await client.post("/fr/staff/login", data=form)
            assert signed_in.status_code == 303, account
            assert (await client.get(signed_in.headers["location"])).status_code == 200


async def test_it_says_what_time_it_is_there(lea, world, clock):
    said = (await lea.get("/demo.json")).json()
    assert datetime.fromisoformat(said["now"]) == clock()
    assert said["offset_seconds"] == 0


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_the_pages_of_the_demo_speak_both_languages_and_hide_from_robots(lea, world, database, clock, language):
    async with database.work() as session:
        await reserved(session, world, now=clock())
    for path in ("/demo", "/demo/mail"):
        page = await lea.get(path, headers={"accept-language": language})
        assert page.status_code == 200
        assert f'<html lang="{language}"' in page.text
        assert 'content="noindex"' in page.text


# Mail


async def test_what_was_sent_is_there_newest_first_in_the_shape_of_the_contract(lea, world, database, clock, settings):
    assert (await lea.get("/demo/mail.json")).json() == []
    channels = Channels(settings)
    for minutes in (0, 10):
        clock.forward(minutes=minutes)
        async with database.work() as session:
            await reserved(session, world, now=clock())
        await deliver(database, channels, settings, clock)
    mails = (await lea.get("/demo/mail.json")).json()
    assert len(mails) == 4
    for mail in mails:
        assert list(mail) == ["to", "channel", "language", "template", "subject", "text", "links", "at"]
        assert mail["channel"] == "email"
        assert mail["language"] in ("fr", "en")
        assert mail["subject"] and mail["text"]
        assert all(link.startswith("http://vitrine.test/") for link in mail["links"])
        assert datetime.fromisoformat(mail["at"]).tzinfo is not None
    moments = [datetime.fromisoformat(mail["at"]) for mail in mails]
    assert moments == sorted(moments, reverse=True)
    assert moments[0] - moments[-1] == timedelta(minutes=10)
    assert {(mail["to"], mail["template"]) for mail in mails} == {
        ("lea@exemple.fr", "received"),
        ("rivoli@aurore.example", "staff_request"),
    }
    private = next(link for mail in mails for link in mail["links"] if "/my/" in link)
    assert (await lea.get(private.removeprefix("http://vitrine.test"))).status_code == 303


# The clock


async def test_the_clock_moves_for_the_site_and_for_the_worker(moving, settings, browser_of):
    worker = Clock(0, settings.data_dir / "clock-offset")
    async with browser_of(moving) as client:
        before = datetime.fromisoformat((await client.get("/demo.json")).json()["now"])
        moved = await client.post("/demo/clock", json={"offset_seconds": 86400})
        assert (moved.status_code, moved.json()["offset_seconds"]) == (200, 86400)
        said = (await client.get("/demo.json")).json()
        apart = datetime.fromisoformat(said["now"]) - before
        assert said["offset_seconds"] == 86400
        assert timedelta(days=1) <= apart < timedelta(days=1, minutes=1)
        assert abs(worker() - moving.state.clock()) < timedelta(seconds=5)
        assert (await client.post("/demo/clock", json={"offset_seconds": -60})).status_code == 200
        assert (await client.get("/demo.json")).json()["offset_seconds"] == -60
        by_form = await client.post(
            "/demo/clock", data={"offset_seconds": "0"}, headers={"sec-fetch-site": "same-origin"}
        )
        assert (by_form.status_code, by_form.headers["location"]) == (303, "/demo")
        assert (await client.get("/demo.json")).json()["offset_seconds"] == 0


NONSENSE = [
    b"", b"{", b"[]", b"null", b"1", b'"offset_seconds"', b"{}", b'{"offset_seconds": null}',
    b'{"offset_seconds": "tomorrow"}', b'{"offset_seconds": ""}', b'{"offset_seconds": []}',
    b'{"offset_seconds": 1e400}', b'{"offset_seconds": NaN}', b'{"offset_seconds": -Infinity}',
    b'{"offset_seconds": 99999999999}', b'{"offset_seconds": -99999999999}',
    b'{"offset_seconds": ' + b"9" * 5000 + b"}", b"[" * 60_000, b"\xff\xfe",
]  # fmt: skip


async def test_the_clock_refuses_nonsense(moving, browser_of):
    async with browser_of(moving) as client:
        for body in NONSENSE:
            answer = await client.post("/demo/clock", content=body, headers={"content-type": "application/json"})
            assert answer.status_code == 422, body[:40]
        assert (await client.get("/demo.json")).json()["offset_seconds"] == 0


async def test_the_form_of_the_clock_refuses_nonsense_too(moving, browser_of):
    async with browser_of(moving) as client:
        for data in ({}, {"offset_seconds": "x"}, {"offset_seconds": "1e3"}, {"other": "1"}):
            assert (await client.post("/demo/clock", data=data)).status_code == 422
        assert (await client.get("/demo.json")).json()["offset_seconds"] == 0


# Elsewhere


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_outside_the_demo_there_is_no_such_page(settings, clock, database, clean_redis, browser_of, method, path):
    app = create_app(replace(settings, demo=False), clock=clock, database=database, redis=clean_redis)
    async with browser_of(app) as client:
        answer = await client.request(method, path, json={"offset_seconds": 86400} if method == "POST" else None)
        assert answer.status_code == 404
        for prefix in ("/fr", "/en", "/api/v1"):
            assert (await client.request(method, prefix + path)).status_code == 404
        assert "/demo" not in (await client.get("/fr/")).text


async def test_outside_the_demo_a_clock_file_that_lies_there_moves_nothing(settings):
    (settings.data_dir / "clock-offset").write_text("86400")
    app = create_app(replace(settings, demo=False))
    assert abs(app.state.clock() - Clock()()) < timedelta(seconds=5)
    await app.state.database.engine.dispose()
    await app.state.redis.aclose(close_connection_pool=True)
