"""Workers killed while they send at its named points, K7 to K11: nothing is lost, only a lost answer makes a copy."""

import asyncio
import json
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP
from sqlalchemy import select

from booking.messages import LEASE, Message, State
from booking.reservations.states import Status
from kit.db import Database
from kit.settings import Settings
from tests.booking.told import NOW, open_store, queued, reserved, shelve

pytestmark = pytest.mark.crash

KILLS = 20
BETWEEN = LEASE + timedelta(seconds=1)
"""The clock moves on so far from one life to the next: what the dead one had claimed is free again."""
END_OF_DATA = b"\r\n.\r\n"


class Sink:
    """A mail server that remembers the Message-ID of each mail it answered for, or would have."""

    def __init__(self) -> None:
        self.stored: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.stored.append(message_from_bytes(envelope.content, policy=policy.default)["Message-ID"])
        return "250 OK"


class Wire:
    """What lies between worker and server. It kills the worker in the middle of the n-th mail, or before its answer."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.point, self.after, self.pid = "", 0, 0
        self._known = asyncio.Event()

    def arm(self, point: str, after: int) -> None:
        self.point, self.after = point, after
        self._known.clear()

    def meet(self, pid: int) -> None:
        self.pid = pid
        self._known.set()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                writer.write(await up_reader.readline())
                while command := await reader.readline():
                    up_writer.write(command)
                    await self._answer(up_reader, writer)
                    if command.upper().strip() == b"DATA" and not await self._data(
                        reader, up_reader, up_writer, writer
                    ):
                        return
        finally:
            up_writer.close()
            writer.close()

    async def _answer(self, up_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await up_reader.readline():
            writer.write(line)
            if line[3:4] != b"-":
                return

    async def _data(
        self,
        reader: asyncio.StreamReader,
        up_reader: asyncio.StreamReader,
        up_writer: asyncio.StreamWriter,
        writer: asyncio.StreamWriter,
    ) -> bool:
        """Carry one mail; False when that was the worker's last."""
        content = await reader.readuntil(END_OF_DATA)
        struck = self.point in ("K8", "K9") and self.after == 0
        self.after -= 1
        up_writer.write(content[: len(content) // 2] if struck and self.point == "K8" else content)
        if struck and self.point == "K9":
            await up_reader.readline()
        if struck:
            await self._known.wait()
            os.kill(self.pid, signal.SIGKILL)
            return False
        await self._answer(up_reader, writer)
        return True


class Worker:
    """The process that gives birth to the ones that are killed."""

    def __init__(self, process: asyncio.subprocess.Process, wire: Wire, life: dict[str, Any]) -> None:
        self._process, self._wire, self._life = process, wire, life

    async def live(self, *, now: datetime, point: str = "", after: int = 0, kill_in: float = 0) -> int:
        """One life; how it ended, as an exit code."""
        assert self._process.stdin
        self._wire.arm(point, after)
        life = {**self._life, "now": now.isoformat(), "crash_at": point, "after": after}
        self._process.stdin.write(json.dumps(life).encode() + b"\n")
        pid = int(await self._said())
        self._wire.meet(pid)
        if kill_in:
            await asyncio.sleep(kill_in)
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return int(await self._said())

    async def _said(self) -> bytes:
        assert self._process.stdout
        return await asyncio.wait_for(self._process.stdout.readline(), 30)


@pytest.fixture
async def sink() -> AsyncIterator[tuple[Sink, Wire, str]]:
    """A server, the wire to it, and the address of the wire."""
    loop, sink = asyncio.get_running_loop(), Sink()
    server = await loop.create_server(lambda: SMTP(sink, hostname="sink", loop=loop), "127.0.0.1", 0)
    wire = Wire(server.sockets[0].getsockname()[1])
    front = await asyncio.start_server(wire.carry, "127.0.0.1", 0)
    yield sink, wire, f"smtp://127.0.0.1:{front.sockets[0].getsockname()[1]}"
    for listening in (front, server):
        listening.close()
        await listening.wait_closed()
    await asyncio.sleep(0.05)


@pytest.fixture
async def worker(database_url: str, settings: Settings, sink: tuple[Sink, Wire, str]) -> AsyncIterator[Worker]:
    _, wire, smtp_url = sink
    root = Path(__file__).resolve().parents[2]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.crash.deliverer",
        cwd=root,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    life = {"database_url": database_url, "smtp_url": smtp_url, "secret": settings.secret_key, "limit": 200}
    yield Worker(process, wire, life)
    assert process.stdin
    process.stdin.close()
    await process.wait()
    await asyncio.sleep(0.05)


@pytest.fixture
async def lea(database: Database, settings: Settings) -> int:
    async with database.work() as session:
        store = await open_store(session)
        lamp = await shelve(session, store, "Lampe", "Lamp")
        made = await reserved(
            session, store, [{"variant": lamp, "quantity": 1}], secret=settings.secret, status=Status.READY
        )
        return made.id


async def promise(database: Database, reservation_id: int, number: int) -> None:
    async with database.work() as session:
        for _ in range(number):
            await queued(session, "find", reservation_id, only_if=[Status.READY])


async def everything(database: Database) -> dict[str, str]:
    """What became of each message, by its Message-ID."""
    async with database.work(readonly=True) as session:
        return {f"<{message.id}@vitrine.test>": message.state for message in await session.scalars(select(Message))}


@pytest.mark.parametrize(("point", "copies"), [("K7", 0), ("K8", 0), ("K9", KILLS), ("K10", KILLS), ("K11", 0)])
async def test_a_worker_killed_at_a_named_point_loses_nothing(point, copies, database, lea, sink, worker):
    """K7 claimed, before it connects; K8 in the middle of the mail; K9 the mail is there, the answer is not; K10
    answered, before we commit; K11 committed."""
    chance = random.Random(point)
    now = NOW
    for _ in range(KILLS):
        await promise(database, lea, 3)
        assert await worker.live(now=now, point=point, after=chance.randrange(3)) == -signal.SIGKILL
        now += BETWEEN
    assert await worker.live(now=now) == 0

    received = Counter(sink[0].stored)
    sent = await everything(database)
    assert set(sent.values()) == {State.SENT}
    assert set(received) == set(sent)
    assert len(sent) == 3 * KILLS
    assert sum(received.values()) - len(received) == copies
    assert max(received.values()) <= 1 + copies


async def test_workers_killed_at_any_moment_lose_nothing(database, lea, sink, worker):
    """At most one copy for each of them, and each copy carries the Message-ID of its first."""
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    print(f"seed {seed}")
    await promise(database, lea, 150)
    now, killed = NOW, 0
    for _ in range(KILLS):
        killed += await worker.live(now=now, kill_in=chance.uniform(0.01, 0.25)) != 0
        now += BETWEEN
    assert await worker.live(now=now) == 0

    received = Counter(sink[0].stored)
    sent = await everything(database)
    assert set(sent.values()) == {State.SENT}
    assert set(received) == set(sent)
    assert sum(received.values()) - len(received) <= killed
