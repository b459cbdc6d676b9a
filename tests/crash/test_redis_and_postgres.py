"""Engines that go away: Redis flushed, stopped and started while messages wait; PostgreSQL killed under load."""

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
import time
from pathlib import Path

import httpx2 as httpx
import pytest
import sqlalchemy as sa
from factories import build, lea, reserved
from running import Demo

from booking import mailbox
from booking.messages import Message, State
from kit import embedded
from kit.clock import Clock
from kit.db import Database, make_engine
from kit.settings import Settings
from web import effects, worker
from web.app import connect_redis
from web.migrating import migrate

pytestmark = pytest.mark.crash


@pytest.fixture
def own_engines():
    """A PostgreSQL and a Valkey of this test's own, which it may kill."""
    folder = Path(tempfile.mkdtemp(prefix="vitrine-own-"))
    folder.chmod(0o755)
    url, redis_url = embedded.start_postgres(folder, fast=True), embedded.start_valkey(folder)
    migrate(url)
    yield folder, url, redis_url
    embedded.stop_using(folder)
    shutil.rmtree(folder, ignore_errors=True)


def valkey_pid(folder: Path) -> int:
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes()
            program = words.split(b"\0")[0]
            ours = str(folder).encode() in words or str(folder) in os.readlink(entry / "cwd")
            if any(name in program for name in (b"valkey-server", b"redis-server")) and ours:
                return int(entry.name)
    raise AssertionError("no valkey of this test")


async def test_redis_flushed_stopped_and_started_while_messages_wait(own_engines):
    folder, url, redis_url = own_engines
    settings = Settings(
        database_url=url,
        redis_url=redis_url,
        data_dir=folder,
        base_url="http://vitrine.test",
        secret_key="a secret of the test suite, long enough",
        limits="off",
        demo=True,
    )
    clock = Clock()
    redis = connect_redis(redis_url)
    database = Database(make_engine(url), effects.performer(redis))
    async with database.work() as session:
        world = await build(session, now=clock())
        world.rivoli.hours_osm = "24/7"
    stopping = asyncio.create_task(worker.run(settings))
    try:
        for number in range(7):
            async with database.work() as session:
                article = world.shade if number < 2 else world.lamp
                who = lea(email=f"lea{number}@exemple.fr")
                await reserved(session, world, now=clock(), customer=who, lines=[(article, 1)])
            if number == 3:
                with contextlib.suppress(Exception):
                    await redis.flushall()
            if number == 5:
                os.kill(valkey_pid(folder), signal.SIGKILL)
        await asyncio.sleep(3)
        assert embedded.start_valkey(folder) == redis_url
        await until(database, lambda states: states.get(State.PENDING, 0) + states.get(State.SENDING, 0) == 0)
        assert not stopping.done()
        async with database.work(readonly=True) as session:
            sent = [mail.to for mail in await mailbox.newest(session, limit=500)]
            states = await states_of(session)
        received = [to for to in sent if to.startswith("lea")]
        assert sorted(received) == sorted(set(received))
        assert len(received) == 7
        assert states.get(State.DEAD, 0) == 0
    finally:
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(stopping, 20)
        await redis.aclose()
        await database.engine.dispose()


async def states_of(session) -> dict[str, int]:
    rows = await session.execute(sa.select(Message.state, sa.func.count()).group_by(Message.state))
    return dict(rows.all())


async def until(database, settled, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        async with database.work(readonly=True) as session:
            if settled(await states_of(session)):
                return
        await asyncio.sleep(0.3)
    raise AssertionError("messages still wait")


def postmaster_pid(data: Path) -> int:
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if words[0].endswith(b"/postgres") and b"-D" in words and str(data).encode() in b" ".join(words):
                return int(entry.name)
    raise AssertionError("no postgres of this demo")


def test_postgres_killed_under_load_and_the_site_answers_again_by_itself():
    demo = Demo().start()
    try:
        os.kill(postmaster_pid(demo.data), signal.SIGKILL)
        seen = set()
        for _ in range(10):
            seen.add(demo.get("/fr/catalogue").status_code)
        assert seen <= {200, 503}
        deadline = time.monotonic() + 30
        ready = False
        while time.monotonic() < deadline and not ready:  # a page that asks the database nothing may come before
            with contextlib.suppress(httpx.HTTPError):
                ready = demo.get("/readyz").json()["ready"]
            time.sleep(0.3)
        assert ready
        assert demo.get("/fr/search?q=lampe").status_code == 200
    finally:
        demo.clean()
