"""What stands before every page: headers, where a request comes from, cookies, and what happens when we are wrong."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
import structlog
from factories import PASSWORD, reserved
from sqlalchemy import func, select, text
from starlette.responses import PlainTextResponse
from starlette.routing import Route

import booking.tables
from booking import journal, links, tasks
from booking.journal import Entry
from kit import log
from kit.codes import show_code
from stores import staff
from web import pages
from web.app import create_app
from web.house import House
from web.routing import ANYONE, Routes

ROOT = Path(__file__).resolve().parents[2]
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)
PICTURE_CSP = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def browser(app, base_url: str = "http://vitrine.test", **headers: str) -> httpx.AsyncClient:
    """A browser that is shown whatever the server would be shown, faults included."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app, raise_app_exceptions=False), base_url=base_url, headers=headers
    )


# A site with faults of its own

broken = Routes()


@broken.get("/broken/page", allow=ANYONE)
async def broken_page(request, session):
    raise RuntimeError("the lamp fell")


@broken.post("/broken/write", allow=ANYONE)
async def broken_write(request, session):
    await journal.record(session, "account", 1, "signed_in", by="Inès", now=request.state.now)
    await session.flush()
    raise RuntimeError("after writing")


@broken.post("/broken/refusal", allow=ANYONE)
async def broken_refusal(request, session):
    await journal.record(session, "account", 1, "signed_in", by="Inès", now=request.state.now)
    return PlainTextResponse("no", 422)


@broken.get("/broken/looking", allow=ANYONE)
async def writes_while_looking(request, session):
    await journal.record(session, "account", 1, "signed_in", by="Inès", now=request.state.now)
    await session.flush()
    return PlainTextResponse("looked")


async def bare(request):
    """A route that is not one of `Routes`, as those for operations and for streams."""
    raise RuntimeError("the shade fell")


@pytest.fixture
async def faulty(app, world):
    app.router.routes.extend([*broken.all, Route("/broken/bare", bare), Route("/api/v1/broken", bare)])
    return app


# Headers


def check_headers(answer: httpx.Response, csp: str = CSP) -> None:
    assert answer.headers["content-security-policy"] == csp
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] in ("strict-origin-when-cross-origin", "no-referrer", "same-origin")
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["permissions-policy"] == "camera=(self), geolocation=(self), microphone=()"
    assert answer.headers["x-frame-options"] == "DENY"
    assert "server" not in answer.headers


ANSWERS = [
    ("GET", "/fr/", 200),
    ("GET", "/en/staff/login", 200),
    ("GET", "/fr/staff", 303),
    ("GET", "/", 303),
    ("GET", "/static/app.css", 200),
    ("GET", "/static/nothing.css", 404),
    ("GET", "/fr/nothing", 404),
    ("GET", "/nothing", 404),
    ("DELETE", "/fr/", 405),
    ("GET", "/api/v1/stores", 200),
    ("GET", "/api/v1/nothing", 404),
    ("GET", "/api/v1/docs", 200),
    ("POST", "/api/v1/reservations", 422),
    ("GET", "/healthz", 200),
    ("GET", "/readyz", 200),
    ("GET", "/metrics", 200),
    ("GET", "/robots.txt", 200),
    ("GET", "/demo.json", 200),
    ("GET", "/broken/page", 500),
    ("GET", "/broken/bare", 500),
    ("GET", "/api/v1/broken", 500),
]


async def test_every_answer_says_what_a_browser_may_do_with_it(faulty):
    async with browser(faulty, **{"sec-fetch-site": "same-origin"}) as client:
        for method, path, status in ANSWERS:
            answer = await client.request(method, path)
            assert answer.status_code == status, (path, answer.text)
            check_headers(answer)
            assert "strict-transport-security" not in answer.headers


async def test_a_picture_opened_on_its_own_may_do_nothing_at_all(app, settings, lea):
    (settings.media_dir / "lamp.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>')
    answer = await lea.get("/media/lamp.svg")
    assert answer.status_code == 200
    check_headers(answer, PICTURE_CSP)
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    gone = await lea.get("/media/../secret-key")
    assert gone.status_code == 404
    check_headers(gone)


@pytest.mark.parametrize("path", ["/media/%2e%2e/clock-offset", "/media/..%2fclock-offset", "/static/%2e%2e/app.py"])
async def test_a_file_outside_its_folder_is_not_there(app, settings, lea, path):
    (settings.data_dir / "clock-offset").write_text("0")
    assert (await lea.get(path)).status_code == 404


async def test_a_refusal_of_another_site_has_them_too(app, lea):
    answer = await lea.post("/fr/theme", headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    check_headers(answer)


async def test_over_https_browsers_are_told_to_stay_there(settings, clock, database, clean_redis):
    app = create_app(
        replace(settings, base_url="https://vitrine.test"), clock=clock, database=database, redis=clean_redis
    )
    async with browser(app, "https://vitrine.test") as client:
        for path in ("/healthz", "/nothing", "/static/app.css"):
            answer = await client.get(path)
            assert answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
            check_headers(answer)


async def test_pages_hold_nothing_that_the_policy_forbids(app, world, lea):
    for path in (
        "/fr/",
        "/fr/catalogue",
        "/fr/stores/rivoli",
        "/fr/staff/login",
        "/demo",
        "/api/v1/docs",
        "/fr/nothing",
    ):
        page = (await lea.get(path)).text
        scripts = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", page)
        assert all('type="application/ld+json"' in script for script in scripts), path
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=[\"']|javascript:", page), path
        assert not re.search(r"<(?:script|img|link|source)[^>]+(?:src|href)=\"(?:https?:)?//(?!vitrine\.test)", page), (
            path
        )


# Where a request may come from


async def checksum(database) -> list[Any]:
    """Of everything that is kept."""
    names = [table.__tablename__ for table in booking.tables.ALL]
    summed = ", ".join(f"(select md5(string_agg(t::text, '|' order by t::text)) from {name} t)" for name in names)
    async with database.work(readonly=True) as session:
        return list((await session.execute(text(f"select {summed}"))).one())


def unsafe_calls(app) -> list[tuple[str, str]]:
    return sorted(
        (method, route.path)
        for route in app.routes
        if isinstance(route, Route) and route.methods and not route.path.startswith("/api/")
        for method in route.methods - {"GET", "HEAD", "OPTIONS"}
    )


FOREIGN = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site", "origin": "http://vitrine.test"},
    {"sec-fetch-site": "same-site", "origin": "http://shop.vitrine.test"},
    {"sec-fetch-site": "nonsense"},
    {"sec-fetch-site": ""},
    {"origin": "https://evil.example"},
    {"origin": "http://vitrine.test.evil.example"},
    {"origin": "http://evilvitrine.test"},
    {"origin": "http://vitrine.test:8080"},
    {"origin": "null"},
    {"origin": ""},
]


async def test_no_other_site_can_make_a_manager_s_browser_change_anything(app, world, database, clock, colleague):
    async with database.work() as session:
        one = await reserved(session, world, now=clock())
        await tasks.add(
            session, tasks.Kind.CHECK, store_id=world.rivoli.id, variant_id=world.lamp.id, due_at=clock(), now=clock()
        )
        task = await session.scalar(select(tasks.Task.id))
        query = select(links.Link).where(links.Link.subject_id == one.id, links.Link.mailed)
        token = (await session.scalar(query)).token(app.state.settings.secret)
    helene = await colleague("helene")
    assert (await helene.get(f"/fr/my/{token}")).status_code == 303
    del helene.headers["sec-fetch-site"]
    values = {"language:language": "fr", "code": show_code(one.code), "id": str(task), "token": "t", "slug": "rivoli",
              "day": "2026-12-24", "ref": "LUM-0001"}  # fmt: skip
    calls = unsafe_calls(app)
    assert len(calls) > 25
    before = await checksum(database)
    for method, path in calls:
        url = re.sub(r"{([^}]+)}", lambda found: values[found[1]], path)
        for headers in FOREIGN:
            answer = await helene.request(
                method,
                url,
                headers=headers,
                data={"reason": "sold", "store": "rivoli", "theme": "dark", "place": "R-1"},
            )
            assert answer.status_code == 403, (method, path, headers)
            assert "set-cookie" not in answer.headers
            assert answer.headers["vary"] == "Sec-Fetch-Site, Origin"
    assert await checksum(database) == before
    # and the same browser, from our own page, may
    mine = f"/fr/my/reservations/{show_code(one.code)}/cancel"
    assert (await helene.post(mine, headers={"sec-fetch-site": "same-origin"})).status_code == 303
    assert await checksum(database) != before


OURS = [
    {},
    {"sec-fetch-site": "same-origin"},
    {"sec-fetch-site": "none"},
    {"origin": "http://vitrine.test"},
    {"origin": "http://VITRINE.test"},
    {"sec-fetch-site": "same-origin", "origin": "http://behind-a-proxy.test"},
]


async def test_our_own_pages_and_programs_that_are_no_browser_pass(app, world):
    for headers in OURS:
        async with browser(app, **headers) as client:
            assert (await client.post("/fr/theme", data={"theme": "dark"})).status_code == 303, headers


async def test_looking_may_come_from_anywhere(app, world):
    async with browser(app, **{"sec-fetch-site": "cross-site", "origin": "https://evil.example"}) as client:
        assert (await client.get("/fr/")).status_code == 200
        assert (await client.head("/fr/")).status_code == 200


# Cookies


def cookies_of(answer: httpx.Response) -> dict[str, set[str]]:
    """Name → attributes, in lower case."""
    found = {}
    for line in answer.headers.get_list("set-cookie"):
        pair, *attributes = line.split(";")
        found[pair.partition("=")[0]] = {attribute.strip().lower() for attribute in attributes}
    return found


@pytest.fixture
async def secure_app(settings, clock, database, clean_redis, world):
    settings = replace(settings, base_url="https://vitrine.test")
    app = create_app(settings, clock=clock, database=database, redis=clean_redis, house=House("Aurore", fresh_for=0))
    async with app.router.lifespan_context(app):
        yield app


async def every_cookie(client, database, world, app, clock) -> dict[str, set[str]]:
    async with database.work() as session:
        one = await reserved(session, world, now=clock())
        query = select(links.Link).where(links.Link.subject_id == one.id, links.Link.mailed)
        token = (await session.scalar(query)).token(app.state.settings.secret)
    found = {}
    for method, path, data in (
        ("GET", f"/fr/my/{token}", None),
        ("POST", "/fr/staff/login", {"email": "ines@aurore.example", "password": PASSWORD}),
        ("POST", "/fr/staff/store", {"store": "rivoli"}),
        ("POST", "/fr/stores", {"store": "rivoli"}),
        ("POST", "/fr/theme", {"theme": "dark"}),
    ):
        answer = await client.request(method, path, data=data)
        assert answer.status_code == 303, (path, answer.text)
        found |= cookies_of(answer)
    turned = await client.get("/en/", headers={"referer": f"{client.base_url}/fr/"})
    return found | cookies_of(turned)


WISHES = {"vitrine-store", "vitrine-theme", "vitrine-language"}
"""Hold nothing that opens anything."""


async def test_cookies_over_https_are_for_this_host_alone(secure_app, database, world, clock):
    async with browser(secure_app, "https://vitrine.test", **{"sec-fetch-site": "same-origin"}) as client:
        found = await every_cookie(client, database, world, secure_app, clock)
        assert {"__Host-vitrine-staff", "__Host-vitrine-my"} | WISHES <= set(found)
        for name, attributes in found.items():
            assert {"samesite=lax", "secure", "path=/"} <= attributes, name
            assert not any(attribute.startswith("domain") for attribute in attributes), name
            if name not in WISHES:
                assert name.startswith("__Host-"), name
                assert "httponly" in attributes, name
        out = await client.post("/fr/staff/logout")
        assert {"max-age=0", "secure", "path=/"} <= cookies_of(out)["__Host-vitrine-staff"]
        assert (await client.get("/fr/staff")).status_code == 303


async def test_cookies_over_plain_http_are_as_strict_but_for_that(app, lea, database, world, clock):
    found = await every_cookie(lea, database, world, app, clock)
    assert {"vitrine-staff", "vitrine-my"} | WISHES <= set(found)
    for name, attributes in found.items():
        assert "samesite=lax" in attributes and "secure" not in attributes, name
        assert ("httponly" in attributes) == (name not in WISHES), name


async def test_a_cookie_without_the_prefix_opens_nothing_over_https(secure_app, world):
    async with browser(secure_app, "https://vitrine.test", **{"sec-fetch-site": "same-origin"}) as ines:
        await ines.post("/fr/staff/login", data={"email": "ines@aurore.example", "password": PASSWORD})
        kept = ines.cookies["__Host-vitrine-staff"]
        assert (await ines.get("/fr/staff")).status_code == 200
    async with browser(secure_app, "https://vitrine.test", cookie=f"vitrine-staff={kept}") as sibling:
        assert (await sibling.get("/fr/staff")).status_code == 303


FORGED = ["", "x", "a.b.c", "\\0", "é".encode().decode("latin-1"), "9" * 4000, "reservation:1:1"]


async def test_a_cookie_that_we_did_not_make_opens_nothing(app, world, database, clock):
    async with database.work() as session:
        one = await reserved(session, world, now=clock())
    names = ("vitrine-staff", "vitrine-my", "vitrine-store", "vitrine-theme", "vitrine-language", "vitrine-room")
    async with browser(app) as client:
        for value in FORGED:
            cookie = "; ".join(f"{name}={value}" for name in names).encode("latin-1")
            for path, status in (
                ("/fr/", 200),
                ("/", 303),
                ("/fr/staff", 303),
                (f"/fr/my/reservations/{show_code(one.code)}", 404),
            ):
                answer = await client.get(path, headers=[(b"cookie", cookie)])
                assert answer.status_code == status, (value, path)


# The way back

OUTSIDE = [
    "https://evil.example",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/fr/\r\nset-cookie: a=b",
    "javascript:alert(1)",
    "evil.example",
    "http:evil.example",
    "",
]


@pytest.mark.parametrize("url", OUTSIDE)
def test_an_address_outside_the_site_is_replaced(url):
    assert pages.local_path(url, "/fr/") == "/fr/"


@pytest.mark.parametrize("url", ["/", "/fr/staff?store=rivoli&page=2#top", "/fr/p/lampe-œuf", "/fr/c/x?q=a%2F%2Fb"])
def test_an_address_within_the_site_stays(url):
    assert pages.local_path(url, "/otherwise") == url


@pytest.mark.parametrize("way", [{}, {"hx-request": "true"}])
async def test_nobody_is_led_out_of_the_site(app, world, lea, way):
    for url in OUTSIDE:
        for answer in (
            await lea.post("/fr/theme", data={"theme": "dark", "next": url}, headers=way),
            await lea.post("/fr/stores", data={"store": "rivoli", "next": url}, headers=way),
        ):
            location = answer.headers.get("location") or answer.headers["hx-redirect"]
            assert re.match(r"/fr/[a-z?=_]*$", location), (url, location)


async def test_a_way_back_with_any_letter_is_followed_by_either_kind_of_browser(app, world, lea):
    for way, name, status in (({}, "location", 303), ({"hx-request": "true"}, "hx-redirect", 204)):
        answer = await lea.post("/fr/theme", data={"theme": "dark", "next": "/fr/search?q=œuf ☂"}, headers=way)
        assert (answer.status_code, answer.headers[name]) == (status, "/fr/search?q=%C5%93uf%20%E2%98%82")


# When we are wrong


async def entries(database) -> int:
    async with database.work(readonly=True) as session:
        return await session.scalar(select(func.count()).select_from(Entry))


@pytest.mark.parametrize("path", ["/broken/page", "/broken/bare"])
async def test_a_fault_is_shown_by_a_reference_that_stands_in_the_log(faulty, path):
    for language, words in (("fr", "Référence"), ("en", "Reference")):
        with structlog.testing.capture_logs() as logged:
            async with browser(faulty, **{"accept-language": language}) as client:
                answer = await client.get(path)
        assert answer.status_code == 500
        shown = re.search(words + r"[\s\u202f\u00a0]*: ([0-9A-F]{6})", answer.text)
        assert shown, answer.text
        [entry] = [entry for entry in logged if entry.get("reference")]
        assert (entry["reference"], entry["log_level"], entry["path"]) == (shown[1], "error", path)
        assert entry["exc_info"]
        for inside in ("RuntimeError", "fell", "Traceback", str(ROOT)):
            assert inside not in answer.text


async def test_a_fault_of_the_api_is_a_problem_with_a_reference(faulty):
    async with browser(faulty) as client:
        answer = await client.get("/api/v1/broken")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "internal"
    assert re.search(r"[0-9A-F]{6}", answer.json()["detail"])


@pytest.mark.parametrize(("path", "status"), [("/broken/write", 500), ("/broken/refusal", 422)])
async def test_what_was_written_before_a_fault_or_a_refusal_is_undone(faulty, database, path, status):
    before = await entries(database)
    async with browser(faulty) as client:
        assert (await client.post(path)).status_code == status
    assert await entries(database) == before


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_the_database_refuses_a_page_that_writes_while_somebody_looks(faulty, database, method):
    before = await entries(database)
    with structlog.testing.capture_logs() as logged:
        async with browser(faulty) as client:
            assert (await client.request(method, "/broken/looking")).status_code == 500
    assert [entry["path"] for entry in logged if entry.get("reference")] == ["/broken/looking"]
    assert await entries(database) == before


async def test_a_program_may_ask_by_head_with_its_key(app, world, database, clock):
    async with database.work() as session:
        key = await staff.add_key(session, "till", ["read"], None, now=clock())
    async with browser(app, authorization=f"Bearer {key}") as program:
        assert (await program.head("/api/v1/stores")).status_code == 200
        assert (await program.head("/api/v1/staff/reservations")).status_code == 403


async def test_without_a_database_every_page_says_come_back_in_a_minute(settings, clock, clean_redis):
    away = replace(settings, database_url="postgresql+asyncpg://nobody@127.0.0.1:9/nothing")
    app = create_app(away, clock=clock, redis=clean_redis)
    async with browser(app, **{"accept-language": "fr"}) as client:
        for path in ("/fr/", "/fr/staff", "/fr/staff/events", "/metrics", "/api/v1/stores"):
            answer = await client.get(path)
            assert answer.status_code == 503, path
            assert answer.headers["retry-after"] == "30", path
            check_headers(answer)
    await app.state.database.engine.dispose()


# Logs

TELLTALE = "hunter2-telltale"
SAYS_SECRETS = f"""
import logging
from kit import log
log.set_up("FORMAT")
said = log.get("test")
said.info("signing in", password="{TELLTALE}", new_Password="{TELLTALE}", token="{TELLTALE}", secret_key="{TELLTALE}",
          Authorization="Bearer {TELLTALE}", set_cookie="{TELLTALE}", totp_code="{TELLTALE}", email="lea@exemple.fr")
logging.getLogger("library").warning("from a library")
def fails(password):
    raise RuntimeError("failed")
try:
    fails("{TELLTALE}")
except RuntimeError:
    said.exception("broken", api_token="{TELLTALE}")
"""


@pytest.mark.parametrize("form", ["json", "console"])
def test_no_secret_reaches_the_log(form):
    done = subprocess.run(
        [sys.executable, "-c", SAYS_SECRETS.replace("FORMAT", form)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    said = done.stdout + done.stderr
    assert TELLTALE not in said.replace(f'fails("{TELLTALE}")', ""), said
    assert said.count("***") == 8
    for kept in ("signing in", "lea@exemple.fr", "from a library", "RuntimeError: failed"):
        assert kept in said
    if form == "json":
        assert [json.loads(line)["level"] for line in said.splitlines()] == ["info", "warning", "error"]


async def test_signing_in_logs_neither_password_nor_session(app, world, lea, capfd):
    with structlog.testing.capture_logs(processors=[log.hide_secrets]) as logged:
        await lea.post("/fr/staff/login", data={"email": "ines@aurore.example", "password": PASSWORD})
        await lea.post("/fr/staff/login", data={"email": "ines@aurore.example", "password": TELLTALE})
    said = repr(logged) + "".join(capfd.readouterr())
    assert PASSWORD not in said and TELLTALE not in said and lea.cookies["vitrine-staff"] not in said
