"""K33: workers killed while they check and apply a file, at its first, a middle and its last chunk. Others go on, and
what stands there in the end is what an undisturbed import leaves."""

import asyncio
import json
import os
import random
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from factories import World, build
from sqlalchemy import select, text

from stores.exchange import batches
from stores.exchange.batches import LEASE, BatchRow
from tests.stores.exchange.bringing import look, sheet, upload

pytestmark = pytest.mark.crash

CHUNK = 60
ARTICLES = 60
STEPS = 4
"""Chunks of the file, and the one that finds its end."""
BETWEEN = LEASE + timedelta(seconds=1)


class Worker:
    """The process that gives birth to the ones that are killed."""

    def __init__(self, process: asyncio.subprocess.Process, database_url: str, clock: Any) -> None:
        self._process, self._url, self._clock = process, database_url, clock
        self.took = 0.0
        """Seconds of the last life that was not killed."""

    async def live(self, *, point: str = "", after: int = 0, kill_in: float = 0) -> int:
        """One life; how it ended, as an exit code. The next one comes when this one's lease has run out."""
        assert self._process.stdin
        life = {
            "database_url": self._url, "now": self._clock().isoformat(), "crash_at": point, "after": after,
            "chunk": CHUNK,
        }  # fmt: skip
        self._process.stdin.write(json.dumps(life).encode() + b"\n")
        pid = int(await self._said())
        if kill_in:
            await asyncio.sleep(kill_in)
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        began = time.monotonic()
        ended = int(await self._said())
        if not ended:
            self.took = time.monotonic() - began
        self._clock.forward(seconds=BETWEEN.total_seconds())
        return ended

    async def _said(self) -> bytes:
        assert self._process.stdout
        return await asyncio.wait_for(self._process.stdout.readline(), 60)


@pytest.fixture
async def worker(database_url: str, clock) -> AsyncIterator[Worker]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.crash.importer",
        cwd=Path(__file__).resolve().parents[2],
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    yield Worker(process, database_url, clock)
    assert process.stdin
    process.stdin.close()
    await process.wait()
    await asyncio.sleep(0.05)


@pytest.fixture
async def world(database, clock) -> World:
    async with database.work() as session:
        return await build(session, now=clock(), staffed=False)


def file(prefix: str) -> bytes:
    """New articles of three variants, some rows that are rejected, and articles whose rows lie far apart."""
    header = ("ref", "name:fr", "name:en", "category", "sku", "price", "gtin", "facts:fr")
    rows = []
    for number in range(ARTICLES):
        ref = f"{prefix}-{number}"
        said = (f"Objet {prefix} {number}", f"Thing {prefix} {number}", "table-lamps")
        rows += [
            (ref, *(said if place == 0 else ("", "", "")), f"{ref}-{place}", "dix" if (number, place) in REJECTED else
             f"{10 + number}.{place}0", "", f"Poids: {number} kg")
            for place in range(3)
        ]  # fmt: skip
    rows.append((f"{prefix}-3", "", "", "", f"{prefix}-3-9", "99", "", ""))
    rows.append((f"{prefix}-4", "", "", "", f"{prefix}-4-0", "99", "", ""))
    return sheet(header, *rows)


REJECTED = {(7, 1), (30, 0), (59, 2)}


async def stands(database, prefix: str) -> list[Any]:
    """Everything that an import of this file wrote, without ids and without the prefix."""
    async with database.work(readonly=True) as session:
        found = await session.execute(
            text(
                """
                select replace(product.ref, :prefix, ''), replace(product.slug_fr, lower(:prefix), ''),
                    replace(product.name::text, :prefix, ''), product.facts::text, product.state,
                    replace(variant.sku, :prefix, ''), variant.price_minor, variant.position,
                    (select array_agg(price_minor order by id) from price_change where variant_id = variant.id)
                from product left join variant on variant.product_id = product.id
                where product.ref like :prefix || '-%' order by product.id, variant.position, variant.sku
                """
            ),
            {"prefix": prefix},
        )
        return [tuple(row) for row in found]


async def report(database, batch_id: int) -> list[Any]:
    async with database.work(readonly=True) as session:
        rows = await session.scalars(select(BatchRow).where(BatchRow.batch_id == batch_id).order_by(BatchRow.line))
        return [(row.line, row.action, [problem["code"] for problem in row.problems]) for row in rows]


async def confirm(database, clock, batch_id: int) -> None:
    async with database.work() as session:
        await batches.confirm(session, await batches.find(session, batch_id), "", by="Paul", now=clock())


@pytest.fixture
async def undisturbed(database, clock, world, worker) -> tuple[list[Any], list[Any], dict[str, int]]:
    batch_id = await upload(database, clock, file("ONE"))
    assert await worker.live() == 0
    await confirm(database, clock, batch_id)
    assert await worker.live() == 0
    batch = await look(database, batch_id)
    assert batch.state == "applied" and batch.counts["rejected"] == 6 and batch.counts["created"] == 176
    return await stands(database, "ONE"), await report(database, batch_id), batch.counts


@pytest.mark.parametrize("point", ["written", "kept"])
async def test_an_import_that_is_killed_ends_as_one_that_is_not(point, database, clock, worker, undisturbed):
    """`written`: before the commit of a chunk; `kept`: after it."""
    for after in (0, STEPS // 2, STEPS - 1):
        prefix = f"TWO{after}"
        batch_id = await upload(database, clock, file(prefix))
        assert await worker.live(point=point, after=after) == -signal.SIGKILL
        assert await worker.live() == 0
        assert (await look(database, batch_id)).state == "checked"
        await confirm(database, clock, batch_id)
        assert await worker.live(point=point, after=after) == -signal.SIGKILL
        assert await worker.live() == 0

        batch = await look(database, batch_id)
        assert (batch.state, batch.counts) == ("applied", undisturbed[2])
        assert await stands(database, prefix) == undisturbed[0]
        assert await report(database, batch_id) == undisturbed[1]


async def test_workers_killed_at_any_moment_end_the_same(database, clock, worker, undisturbed):
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    print(f"seed {seed}")
    batch_id = await upload(database, clock, file("ANY"))
    killed, took = 0, worker.took
    for wanted in ("checked", "applied"):
        for _ in range(4):
            killed += await worker.live(kill_in=took * chance.uniform(0.1, 0.8)) != 0
        assert await worker.live() == 0
        assert (await look(database, batch_id)).state == wanted
        if wanted == "checked":
            await confirm(database, clock, batch_id)
    assert await stands(database, "ANY") == undisturbed[0]
    assert await report(database, batch_id) == undisturbed[1]
    assert killed


async def test_one_that_is_killed_while_it_is_taken_back_is_taken_back(database, clock, worker, undisturbed):
    """What is gone is gone once, and what was there before stands."""
    batch_id = await upload(database, clock, file("BACK"))
    assert await worker.live() == 0
    await confirm(database, clock, batch_id)
    assert await worker.live() == 0
    async with database.work() as session:
        await batches.undo(session, await batches.find(session, batch_id), now=clock())
    for point in ("written", "kept"):
        assert await worker.live(point=point, after=1) == -signal.SIGKILL
    assert await worker.live() == 0

    batch = await look(database, batch_id)
    assert (batch.state, batch.counts["undone"], batch.counts["left"]) == ("undone", 176, 0)
    assert await stands(database, "BACK") == []
    assert await stands(database, "ONE") == undisturbed[0]
