"""What those who run the site ask it, and what it says to requests that nobody should send."""

import time
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx2 as httpx
import pytest
from factories import reserved
from reading import text_of
from running import free_port
from sqlalchemy import text
from starlette.routing import Route

from booking import tasks
from kit.db import Database, make_engine
from web.app import LARGEST_BODY, connect_redis, create_app
from web.house import House

FORM = {"content-type": "application/x-www-form-urlencoded"}


def from_address(app, host: str, **headers: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app, client=(host, 40000)), base_url="http://vitrine.test", headers=headers
    )


# Alive and ready


async def test_alive_asks_nobody(settings, clock):
    away = replace(
        settings,
        database_url="postgresql+asyncpg://nobody@127.0.0.1:9/nothing",
        redis_url=f"redis://127.0.0.1:{free_port()}",
    )
    app = create_app(away, clock=clock)
    async with from_address(app, "127.0.0.1") as probe:
        answer = await probe.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok")


async def test_ready_when_the_database_the_queue_and_the_migrations_are_there(lea):
    answer = await lea.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "missing": {}})


@pytest.fixture
async def not_migrated(database) -> AsyncIterator[None]:
    """The database is one step behind the program."""
    async with database.work() as session:
        at = await session.scalar(text("select version_num from alembic_version"))
        await session.execute(text("update alembic_version set version_num = 'before'"))
    yield
    async with database.work() as session:
        await session.execute(text("update alembic_version set version_num = :at"), {"at": at})


async def test_not_ready_before_the_database_is_migrated(not_migrated, lea):
    answer = await lea.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["ready"] is False
    assert list(answer.json()["missing"]) == ["migrations"]
    assert "before" in answer.json()["missing"]["migrations"]


@pytest.fixture
async def never_migrated(database) -> AsyncIterator[None]:
    async with database.work() as session:
        await session.execute(text("alter table alembic_version rename to alembic_version_away"))
    yield
    async with database.work() as session:
        await session.execute(text("alter table alembic_version_away rename to alembic_version"))


async def test_an_empty_database_is_not_a_missing_one(never_migrated, lea):
    answer = await lea.get("/readyz")
    assert (answer.status_code, list(answer.json()["missing"])) == (503, ["migrations"])


async def test_not_ready_while_redis_is_away(app, lea):
    app.state.redis = connect_redis(f"redis://127.0.0.1:{free_port()}")
    began = time.monotonic()
    answer = await lea.get("/readyz")
    assert (answer.status_code, list(answer.json()["missing"])) == (503, ["queue"])
    assert time.monotonic() - began < 2.5
    await app.state.redis.aclose(close_connection_pool=True)


async def test_not_ready_while_the_database_is_away(app, lea):
    engine = make_engine("postgresql+asyncpg://nobody@127.0.0.1:9/nothing")
    app.state.database = Database(engine)
    answer = await lea.get("/readyz")
    assert (answer.status_code, list(answer.json()["missing"])) == (503, ["database"])
    assert "nobody" not in answer.text
    await engine.dispose()


# Figures


def figures(page: str) -> dict[str, float]:
    pairs = (line.rsplit(" ", 1) for line in page.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


async def test_the_figures_count_what_there_is(lea, world, database, clock):
    async with database.work() as session:
        await reserved(session, world, now=clock())
        await tasks.add(
            session, tasks.Kind.CHECK, store_id=world.rivoli.id, variant_id=world.lamp.id, due_at=clock(), now=clock()
        )
    clock.forward(seconds=90)
    answer = await lea.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    found = figures(answer.text)
    assert found['vitrine_reservations{status="requested"}'] == 1
    assert found['vitrine_messages{state="pending"}'] == 2
    assert found["vitrine_oldest_message_seconds"] == 90
    assert found["vitrine_open_tasks"] == 1
    assert 1 <= found["vitrine_database_connections"] <= 30
    assert "Martin" not in answer.text and "lea@" not in answer.text


async def test_the_figures_are_for_this_machine(app, world):
    for host, status in (("127.0.0.1", 200), ("::1", 200), ("10.0.0.7", 403), ("testclient", 403)):
        async with from_address(app, host) as reader:
            answer = await reader.get("/metrics")
        assert answer.status_code == status, host
        assert ("vitrine_" in answer.text) == (status == 200)


SENT = [
    ("Bearer the-token-of-prometheus", 200),
    ("bearer the-token-of-prometheus", 200),
    ("Bearer wrong", 403),
    ("Bearer ", 403),
    ("Bearer é", 403),
    ("", 403),
]


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.7"])
async def test_with_a_token_they_are_for_whoever_sends_it(settings, clock, database, clean_redis, host):
    app = create_app(
        replace(settings, metrics_token="the-token-of-prometheus"), clock=clock, database=database, redis=clean_redis
    )
    async with from_address(app, host) as reader:
        for sent, status in SENT:
            answer = await reader.get("/metrics", headers=[(b"authorization", sent.encode("latin-1"))])
            assert answer.status_code == status, sent


# The front door


WISHES = [
    ({}, "/fr/"),
    ({"accept-language": "en-GB,en;q=0.9,fr;q=0.5"}, "/en/"),
    ({"accept-language": "de, en;q=0.5"}, "/en/"),
    ({"accept-language": "fr-CA, en;q=0.8"}, "/fr/"),
    ({"accept-language": ";;q=,*"}, "/fr/"),
    ({"accept-language": "en", "cookie": "vitrine-language=fr"}, "/fr/"),
    ({"accept-language": "fr", "cookie": "vitrine-language=en"}, "/en/"),
    ({"accept-language": "en", "cookie": "vitrine-language=//evil.example"}, "/en/"),
]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_the_front_door_leads_to_the_visitor_s_language(lea, method):
    for headers, to in WISHES:
        answer = await lea.request(method, "/", headers=headers)
        assert (answer.status_code, answer.headers["location"]) == (303, to), headers
        assert {"Cookie", "Accept-Language"} <= {part.strip() for part in answer.headers["vary"].split(",")}


async def test_robots_are_told_what_to_leave_alone(lea):
    answer = await lea.get("/robots.txt")
    assert answer.headers["content-type"].startswith("text/plain")
    assert "Disallow: /*/my/" in answer.text.splitlines()


# What does not exist


ASTRAY = [
    ("/fr/nothing", {"accept-language": "en"}, "fr"),
    ("/en/nothing", {"accept-language": "fr"}, "en"),
    ("/fr/staff/nothing", {}, "fr"),
    ("/nothing", {"accept-language": "en"}, "en"),
    ("/nothing", {"accept-language": "en", "cookie": "vitrine-language=fr"}, "fr"),
    ("/de/", {}, "fr"),
    ("/de/catalogue", {"accept-language": "en"}, "en"),
    ("/FR/", {}, "fr"),
    ("/fr", {}, "fr"),
    ("/fr//", {}, "fr"),
    ("//fr/", {}, "fr"),
    ("/wp-login.php", {}, "fr"),
    ("/.env", {}, "fr"),
    ("/static/", {}, "fr"),
    ("/media/nothing.webp", {"accept-language": "en"}, "en"),
]


async def test_a_page_that_does_not_exist_says_so_and_offers_a_search(lea, world):
    for path, headers, language in ASTRAY:
        answer = await lea.get(httpx.URL("http://vitrine.test").copy_with(raw_path=path.encode()), headers=headers)
        assert answer.status_code == 404, path
        assert answer.headers["content-language"] == language, path
        assert f'<html lang="{language}"' in answer.text
        words = {"fr": "Cette page n’existe pas", "en": "This page does not exist"}[language]
        assert words in text_of(answer.text)
        assert f'action="/{language}/search"' in answer.text
        assert 'content="noindex"' in answer.text


OTHER_METHODS = [
    ("POST", "/fr/catalogue", "GET"),
    ("DELETE", "/fr/", "GET"),
    ("PUT", "/fr/theme", "POST"),
    ("GET", "/fr/theme", "POST"),
    ("POST", "/", "GET"),
    ("POST", "/healthz", "GET"),
    ("PATCH", "/fr/staff", "GET"),
]


async def test_a_method_that_a_page_does_not_know_is_a_405_that_names_those_it_does(lea, world):
    for method, path, allowed in OTHER_METHODS:
        answer = await lea.request(method, path)
        assert answer.status_code == 405, path
        assert allowed in answer.headers["allow"], path
        assert "<main" in answer.text


# What is too long, or cannot be read


async def in_pieces(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 1000):
        yield b"a" * 1000


def too_long(kind: str):
    return b"theme=dark&x=" + b"a" * LARGEST_BODY if kind == "whole" else in_pieces(LARGEST_BODY + 2000)


@pytest.mark.parametrize("kind", ["whole", "in pieces"])
async def test_a_form_of_more_than_64_kb_is_refused_in_words(lea, world, kind):
    for path in ("/fr/theme", "/fr/reserve", "/fr/staff/login", "/fr/find", "/demo/clock"):
        answer = await lea.post(path, content=too_long(kind), headers={**FORM, "accept-language": "en"})
        assert answer.status_code == 413, path
        language = "en" if path.startswith("/demo") else "fr"
        assert {"fr": "trop long", "en": "too long"}[language] in text_of(answer.text)
        assert "content-security-policy" in answer.headers


@pytest.mark.parametrize("kind", ["whole", "in pieces"])
async def test_a_call_of_more_than_64_kb_is_a_problem(lea, world, kind):
    answer = await lea.post(
        "/api/v1/reservations", content=too_long(kind), headers={"content-type": "application/json"}
    )
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "too_large"


async def test_a_length_that_was_announced_is_not_waited_for(app, world):
    """Two gigabytes are announced; nothing of them is read."""
    sent = []

    async def receive():
        raise AssertionError("the body was read")

    async def send(message):
        sent.append(message)

    headers = {"host": "vitrine.test", **FORM, "content-length": str(2 * 1024**3)}
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": "/fr/theme", "raw_path": b"/fr/theme", "query_string": b"", "root_path": "", "state": {},
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1), "server": ("vitrine.test", 80),
    }  # fmt: skip
    await app(scope, receive, send)
    assert sent[0]["status"] == 413


async def test_a_form_of_64_kb_is_taken(lea, world):
    body = b"theme=dark&x="
    answer = await lea.post("/fr/theme", content=body + b"a" * (LARGEST_BODY - len(body)), headers=FORM)
    assert answer.status_code == 303


UNREADABLE = [
    ("application/x-www-form-urlencoded", "&".join(f"f{n}=1" for n in range(9000)).encode()),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\nno name\r\n--x--\r\n"),
    ("multipart/form-data", b"no boundary"),
    ("multipart/form-data; boundary=x", b"--x\r\nrubbish"),
    ("multipart/form-data; boundary=x",
     b"".join(b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' for _ in range(1200)) + b"--x--\r\n"),
    ("multipart/form-data; boundary=x",
     b'--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n1\r\n--x--\r\n'),
    ("application/x-www-form-urlencoded", b"%ff%fe=%00&%zz&=&&&"),
    ("text/plain", b"theme=dark"),
    ("", b"\x00\xff"),
]  # fmt: skip


async def test_a_form_that_cannot_be_read_is_no_fault_of_ours(lea, world):
    for path in ("/fr/theme", "/fr/stores", "/fr/reserve", "/fr/staff/login", "/fr/find"):
        for kind, body in UNREADABLE:
            answer = await lea.post(path, content=body, headers={"content-type": kind})
            assert answer.status_code < 500, (path, body)
            if answer.status_code == 400:
                assert "<main" in answer.text


HOSTILE = ["%00", "%ff%fe", "%2e%2e%2f", "9" * 40, "'%22%3E%3Cscript%3E"]


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: value[:12])
async def test_nothing_in_an_address_is_a_fault_of_ours(app, world, colleague, value):
    ines = await colleague("ines")
    for route in app.routes:
        if isinstance(route, Route) and "GET" in (route.methods or ()) and not route.path.endswith("/events"):
            path = route.path.replace("{language:language}", "fr")
            for name in route.param_convertors:
                path = path.replace(f"{{{name}}}", value)
            query = "&".join(
                f"{name}={value}" for name in ("store", "q", "sku", "quantity", "page", "near", "notice", "next")
            )
            target = f"{path}?{query}".encode()
            answer = await ines.get(httpx.URL("http://vitrine.test").copy_with(raw_path=target))
            assert answer.status_code < 500, (path, answer.text)
            assert "<script>" not in answer.text.replace("<script type", "")


async def test_a_site_without_stores_yet_still_answers(settings, clock, database, clean_redis):
    app = create_app(settings, clock=clock, database=database, redis=clean_redis, house=House("Aurore", fresh_for=0))
    async with from_address(app, "127.0.0.1") as client:
        for path in (
            "/fr/",
            "/fr/catalogue",
            "/fr/stores",
            "/fr/search?q=lampe",
            "/fr/privacy",
            "/metrics",
            "/demo.json",
        ):
            assert (await client.get(path)).status_code == 200, path
