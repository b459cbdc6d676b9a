"""Rings: which screens hear them, when the stream ends, and what happens while Redis is away."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import httpx2 as httpx
import pytest
import structlog
from factories import PASSWORD, reserved
from redis.asyncio.connection import UnixDomainSocketConnection
from running import free_port

from kit.db import Database
from web import effects, live
from web.app import connect_redis, create_app
from web.house import House

ROOT = Path(__file__).resolve().parents[2]
EVENTS = "/fr/staff/events"


class Screen:
    """A browser that listens to the stream of rings."""

    def __init__(self) -> None:
        self.status = 0
        self.said = ""
        self.ended = False
        self.news = asyncio.Event()

    @property
    def rings(self) -> int:
        return self.said.count("event: ring")

    async def hears(self, rings: int, *, within: float = 5) -> None:
        async with asyncio.timeout(within):
            while self.rings < rings:
                self.news.clear()
                await self.news.wait()


@asynccontextmanager
async def screen(app, client: httpx.AsyncClient) -> AsyncIterator[Screen]:
    """Open, and listening by the time it is given."""
    shown, asked = Screen(), False

    async def receive():
        nonlocal asked
        if asked:
            await asyncio.Event().wait()
        asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message) -> None:
        if message["type"] == "http.response.start":
            shown.status = message["status"]
        else:
            shown.said += bytes(message["body"]).decode()
            shown.ended = not message.get("more_body", False)
        shown.news.set()

    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items()).encode()
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": EVENTS, "raw_path": EVENTS.encode(), "query_string": b"", "root_path": "", "state": {},
        "headers": [(b"host", b"vitrine.test"), (b"cookie", cookie)],
        "client": ("127.0.0.1", 1), "server": ("vitrine.test", 80),
    }  # fmt: skip
    task = asyncio.create_task(app(scope, receive, send))
    try:
        async with asyncio.timeout(5):
            while "event: open" not in shown.said and not shown.ended:
                shown.news.clear()
                await shown.news.wait()
        yield shown
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def quiet(*screens: Screen, seconds: float = 0.3) -> None:
    """Long enough for a ring to arrive, had there been one."""
    before = [shown.rings for shown in screens]
    await asyncio.sleep(seconds)
    assert [shown.rings for shown in screens] == before


async def listening(app) -> None:
    """The process hears Redis: whoever listens is woken once when that begins."""
    async with asyncio.timeout(5):
        while not await app.state.redis.pubsub_numpat():
            await asyncio.sleep(0.02)


# Who hears


async def test_a_ring_reaches_every_screen_of_its_store_and_no_other(app, redis, world, colleague):
    await listening(app)
    ines, helene, marc = await colleague("ines"), await colleague("helene"), await colleague("marc")
    async with screen(app, ines) as one, screen(app, helene) as two, screen(app, marc) as other:
        await live.ring(redis, str(world.rivoli.id))
        await one.hears(1)
        await two.hears(1)
        await quiet(one, two, other)
        assert other.rings == 0
        await live.ring(redis, str(world.kleber.id))
        await other.hears(1)
        assert one.rings == 1


async def test_who_reserves_rings_in_the_store_and_says_nothing_in_the_stream(app, world, database, clock, colleague):
    await listening(app)
    ines, marc = await colleague("ines"), await colleague("marc")
    async with screen(app, ines) as hers, screen(app, marc) as his:
        async with database.work() as session:
            one = await reserved(session, world, now=clock())
        await hers.hears(1)
        await quiet(his)
        for fact in ("Léa", "Martin", one.code, "LUM-0001"):
            assert fact not in hers.said


async def test_what_was_rolled_back_rings_nowhere(app, world, database, clock, colleague):
    await listening(app)
    async with screen(app, await colleague("ines")) as hers:
        with suppress(ConnectionResetError):
            async with database.work() as session:
                await reserved(session, world, now=clock())
                raise ConnectionResetError
        await quiet(hers)


async def test_another_house_on_the_same_server_is_not_heard(app, world, redis, redis_url, colleague):
    """Numbers of databases keep keys apart in Redis, and not channels."""
    number = redis.connection_pool.connection_kwargs["db"]
    other = connect_redis(redis_url.removesuffix(str(number)) + str((number + 5) % 16))
    await listening(app)
    async with screen(app, await colleague("ines")) as hers:
        await live.ring(other, str(world.rivoli.id))
        await quiet(hers)
        await live.ring(redis, str(world.rivoli.id))
        await hers.hears(1)
    await other.aclose()
    await other.connection_pool.disconnect()


async def test_an_admin_hears_every_store(app, redis, world, colleague):
    await listening(app)
    async with screen(app, await colleague("solene")) as shown:
        for number, store in enumerate((world.rivoli, world.kleber, world.lyon), 1):
            await live.ring(redis, str(store.id))
            await shown.hears(number)


async def test_nobody_listens_without_signing_in(app, world, lea, colleague):
    async with screen(app, lea) as shown:
        assert (shown.status, shown.said, shown.ended) == (401, "", True)
    async with screen(app, await colleague("paul")) as shown:
        assert shown.status in (401, 403)
        assert shown.ended
    assert not any(app.state.bells.screens.values())


# How it ends


async def test_a_screen_that_goes_is_forgotten(app, world, colleague):
    ines = await colleague("ines")
    async with screen(app, ines):
        assert len(app.state.bells.screens[str(world.rivoli.id)]) == 1
    assert not any(app.state.bells.screens.values())


async def test_nothing_stays_connected_for_ever(app, redis, world, colleague, monkeypatch):
    await listening(app)
    monkeypatch.setattr(live, "LONGEST", 0.5)
    async with screen(app, await colleague("ines")) as shown:
        await live.ring(redis, str(world.rivoli.id))
        await shown.hears(1)
        async with asyncio.timeout(2):
            while not shown.ended:
                shown.news.clear()
                await shown.news.wait()
    assert not any(app.state.bells.screens.values())


async def test_streams_end_when_the_process_stops(settings, clock, database, clean_redis, world, colleague):
    stopping = create_app(
        settings, clock=clock, database=database, redis=clean_redis, house=House("Aurore", fresh_for=0)
    )
    async with stopping.router.lifespan_context(stopping):
        ines = await colleague("ines")
        opened = screen(stopping, ines)
        shown = await opened.__aenter__()
    async with asyncio.timeout(2):
        while not shown.ended:
            shown.news.clear()
            await shown.news.wait()
    assert shown.rings == 0
    await opened.__aexit__(None, None, None)


async def test_a_server_that_is_stopped_does_not_wait_for_its_screens(
    database, database_url, redis_url, tmp_path, world
):
    port = free_port()
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "VITRINE_DEMO": "1",
        "VITRINE_DATABASE_URL": database_url,
        "VITRINE_REDIS_URL": redis_url,
        "VITRINE_DATA_DIR": str(tmp_path),
        "VITRINE_SECRET_KEY": "a secret of the test suite, long enough",
    }
    with (tmp_path / "log").open("wb") as out:
        server = subprocess.Popen(
            [sys.executable, "-m", "web.cli", "serve", "--port", str(port)],
            cwd=ROOT,
            env=environ,
            stdout=out,
            stderr=out,
        )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
            async with asyncio.timeout(20):
                while True:
                    try:
                        await client.get("/healthz")
                        break
                    except httpx.ConnectError:
                        await asyncio.sleep(0.1)
            form = {"email": "ines@aurore.example", "password": PASSWORD}
            assert (await client.post("/fr/staff/login", data=form)).status_code == 303
            async with client.stream("GET", EVENTS) as stream:
                chunks = stream.aiter_bytes()
                assert b"event: open" in await anext(chunks)
                began = time.monotonic()
                server.terminate()
                with suppress(httpx.RemoteProtocolError):  # cut off: the screen opens another stream, as it always does
                    async for _ in chunks:
                        pass
        code = await asyncio.to_thread(server.wait, 10)
        assert time.monotonic() - began < 4
        assert code in (0, -15), (tmp_path / "log").read_text()
        assert "Traceback" not in (tmp_path / "log").read_text()
    finally:
        if server.poll() is None:
            server.kill()
            server.wait()


# Redis away


@pytest.fixture
async def frozen() -> AsyncIterator[str]:
    """A Redis that takes calls and never answers."""
    held: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda reader, writer: held.append(writer), "127.0.0.1", 0)
    yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
    for writer in held:
        writer.close()
    await server.wait_closed()


@asynccontextmanager
async def site_with(redis_url: str, settings, clock, engine):
    """The whole site on another Redis."""
    away = connect_redis(redis_url)
    app = create_app(
        replace(settings, redis_url=redis_url, limits="on"), clock=clock,
        database=Database(engine, effects.performer(away)), redis=away, house=House("Aurore", fresh_for=0),
    )  # fmt: skip
    try:
        async with app.router.lifespan_context(app):
            yield app
    finally:
        await away.aclose(close_connection_pool=True)


async def works_without_redis(app, browser_of) -> float:
    """Inès signs in, looks and claims nothing; Léa looks. How long the slowest took, in seconds."""
    slowest = 0.0
    async with browser_of(app, **{"sec-fetch-site": "same-origin"}) as client:
        form = {"email": "ines@aurore.example", "password": PASSWORD}
        for method, path, data, status in (
            ("POST", "/fr/staff/login", form, 303),
            ("GET", "/fr/staff", None, 200),
            ("GET", "/fr/staff/reservations", None, 200),
            ("GET", "/fr/p/lampe-oscar", None, 200),
            ("GET", "/api/v1/stores", None, 200),
        ):
            began = time.monotonic()
            answer = await client.request(method, path, data=data)
            slowest = max(slowest, time.monotonic() - began)
            assert answer.status_code == status, (path, answer.text)
        wish = {
            "store": "rivoli",
            "lines": [{"sku": "LUM-0001-LAI", "quantity": 1}],
            "customer": {"first_name": "Léa", "last_name": "Martin", "email": "lea@exemple.fr", "language": "fr"},
        }
        began = time.monotonic()
        answer = await client.post("/api/v1/reservations", json=wish)
        assert answer.status_code == 201, answer.text
        board = await client.get("/fr/staff")
        assert "Léa M." in board.text
        return max(slowest, time.monotonic() - began)


async def test_without_redis_the_site_and_its_board_work(settings, clock, engine, world, browser_of):
    async with site_with(f"redis://127.0.0.1:{free_port()}", settings, clock, engine) as app:
        assert await works_without_redis(app, browser_of) < 2


async def test_with_a_frozen_redis_they_work_too(settings, clock, engine, world, browser_of, frozen):
    async with site_with(frozen, settings, clock, engine) as app:
        assert await works_without_redis(app, browser_of) < 2


async def test_screens_ring_again_once_redis_is_back(settings, clock, engine, world, browser_of, redis, redis_url):
    """What rang while it was away is made good by one ring for everybody."""
    port, number = free_port(), redis.connection_pool.connection_kwargs["db"]
    site = site_with(f"redis://127.0.0.1:{port}/{number}", settings, clock, engine)
    async with site as app, browser_of(app, **{"sec-fetch-site": "same-origin"}) as ines:
        await ines.post("/fr/staff/login", data={"email": "ines@aurore.example", "password": PASSWORD})
        async with screen(app, ines) as shown, forwarding(port, redis):
            await shown.hears(1)
            await live.ring(redis, str(world.rivoli.id))
            await shown.hears(2)


@asynccontextmanager
async def forwarding(port: int, redis) -> AsyncIterator[None]:
    """Makes the real Redis answer on this port."""
    pool = redis.connection_pool
    writers: list[asyncio.StreamWriter] = []

    async def dial() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if issubclass(pool.connection_class, UnixDomainSocketConnection):
            return await asyncio.open_unix_connection(pool.connection_kwargs["path"])
        return await asyncio.open_connection(pool.connection_kwargs["host"], pool.connection_kwargs["port"])

    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
        writer.close()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await dial()
        writers.extend((writer, there_writer))
        await asyncio.gather(pour(reader, there_writer), pour(there_reader, writer), return_exceptions=True)

    server = await asyncio.start_server(carry, "127.0.0.1", port)
    try:
        yield
    finally:
        server.close()
        for writer in writers:
            writer.close()
        await asyncio.sleep(0.05)


# What is done after a commit


async def test_a_frozen_redis_costs_half_a_second_once_and_then_nothing(frozen):
    away = connect_redis(frozen)
    perform = effects.performer(away)
    with structlog.testing.capture_logs() as logged:
        began = time.monotonic()
        await perform(("ring", "1"))
        assert time.monotonic() - began < 1
        began = time.monotonic()
        for _ in range(50):
            await perform(("messages",))
        assert time.monotonic() - began < 0.1
    assert len(logged) == 1
    await away.aclose(close_connection_pool=True)


async def test_after_a_pause_redis_is_tried_again(monkeypatch, clean_redis):
    monkeypatch.setattr(effects, "PAUSE", 0.2)
    port = free_port()
    away = connect_redis(f"redis://127.0.0.1:{port}")
    perform = effects.performer(away)
    await perform(("messages",))
    async with forwarding(port, clean_redis):
        await perform(("messages",))
        assert await away.zcard("arq:queue") == 0, "still left alone"
        await asyncio.sleep(0.25)
        await perform(("messages",))
        assert await away.zcard("arq:queue") == 1
        await away.delete("arq:queue")
        await away.aclose(close_connection_pool=True)


async def test_an_effect_nobody_knows_fails_no_commit(engine, world, clean_redis):
    odd = Database(engine, effects.performer(clean_redis))
    async with odd.work() as session:
        session.info.setdefault("after_commit", {})[("dance",)] = None


async def test_the_same_wake_up_twice_within_a_second_is_one_job(clean_redis, monkeypatch):
    monkeypatch.setattr(effects.clock, "wall_ms", lambda: 1_795_000_000_500)
    perform = effects.performer(clean_redis)
    for _ in range(5):
        await perform(("messages",))
        await perform(("reservations",))
    assert await clean_redis.zcard("arq:queue") == 2
