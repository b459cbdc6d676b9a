"""A million levels: 5,000 articles in 200 stores, told through the API in calls of 10,000, by two senders at once.

    python -m bench.stock [levels]

First into empty rows, then the same events again, then the same numbers as new events, then numbers of which each
tenth has changed; during the last a shopper looks at pages, so that it can be seen what she feels of it.
"""

import asyncio
import json
import logging
import os
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2 as httpx
import sqlalchemy as sa
from rich.console import Console
from rich.table import Table

from booking import invariants
from booking.demo import aurore
from kit import embedded, log
from kit.clock import Clock
from kit.db import Database, make_engine
from kit.settings import Settings
from stores import staff
from web.app import create_app
from web.migrating import migrate

STORES, A_CALL, SENDERS = 200, 10_000, 2
PAGE = "/fr/catalogue"
SECRET = "a secret of the benches, long enough to be one"
CHAIN = """
insert into store select (copied).* from (
    select jsonb_populate_record(one, jsonb_build_object('id', 10000 + n, 'slug', 'bench-' || n)) as copied
    from store one, generate_series(1, :stores) n where one.id = (select min(id) from store)
) copies
"""
ARTICLES = """
insert into variant (product_id, sku, options, price_minor, currency, position, hidden)
select (select min(id) from product), 'BENCH-' || to_char(n, 'FM000000'), '[]', 1000, 'EUR', 100, true
from generate_series(1, :articles) n
"""


async def bench_stock(database: Database, app: Any, table: Table, clock: Clock, folder: Path, *, levels: int) -> None:
    """Rows of `table`: how many levels a second, and what a shopper waits meanwhile."""
    async with database.work() as session:
        await session.execute(sa.text(CHAIN), {"stores": STORES})
        await session.execute(sa.text(ARTICLES), {"articles": levels // STORES})
        key = await staff.add_key(session, "erp", ["stock"], None, now=clock())
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://bench", timeout=120) as client:
        await _waits(client, lambda: asyncio.sleep(1))  # the first page compiles its templates
        idle = await _waits(client, lambda: asyncio.sleep(3))

        async def tell(name: str, event: str, counted_at: datetime, numbers: Callable[[int], int]) -> None:
            calls = [_call(event, first, counted_at, numbers) for first in range(0, levels, A_CALL)]
            left = iter(calls)

            async def sender() -> None:
                for body in left:
                    response = await client.put("/api/v1/stock", content=body, headers=headers)
                    assert response.status_code == 200, response.text
                    assert response.json()["applied"] == A_CALL, response.text

            before, busy, began = _rss(), _cpu(folder), time.perf_counter()
            await asyncio.gather(*(sender() for _ in range(SENDERS)))
            took, busy = time.perf_counter() - began, _cpu(folder) - busy
            table.add_row(
                f"levels, {name}", f"{levels / took:,.0f}/s", f"{took:.1f} s", f"{busy:.1f} s", f"+{_rss() - before} MB"
            )

        first = clock()
        for name in ("of articles that are new in their store", "of the same events again"):
            await tell(name, "first", first, lambda n: n % 20)
        await tell("the same, counted later", "second", clock(), lambda n: n % 20)
        changed = clock() + timedelta(seconds=1)
        busy = await _waits(
            client, lambda: tell("of which each tenth changed", "third", changed, lambda n: n % 20 + (n % 10 == 0))
        )
    for name, waits in (("idle", idle), ("meanwhile", busy)):
        said = f"{statistics.median(waits) * 1000:.1f} ms", f"{statistics.quantiles(waits, n=20)[-1] * 1000:.1f} ms"
        table.add_row(f"a page, {name}, {len(waits)} times", *said, "", "")
    async with database.work(readonly=True) as session:
        await session.execute(sa.text("set local statement_timeout = '10min'"))
        began = time.perf_counter()
        assert await invariants.broken(session) == []
        table.add_row("every sum looked at", "", f"{time.perf_counter() - began:.1f} s", "", "")


def _call(event: str, first: int, counted_at: datetime, numbers: Callable[[int], int]) -> bytes:
    """Level n is article n // STORES in store n % STORES, so that every call has every store in it."""
    levels = [
        {"store": f"bench-{n % STORES + 1}", "sku": f"BENCH-{n // STORES + 1:06}", "on_hand": numbers(n)}
        for n in range(first, first + A_CALL)
    ]
    said = {"event_id": f"{event} {first}", "source": "erp", "counted_at": str(counted_at), "levels": levels}
    return json.dumps(said).encode()


async def _waits(client: httpx.AsyncClient, work: Callable[[], Awaitable[Any]]) -> list[float]:
    """How long a shopper waits for each page while `work` is done; she looks a tenth of a second at each."""
    doing, waits = asyncio.ensure_future(work()), []
    while not doing.done():
        began = time.perf_counter()
        assert (await client.get(PAGE)).status_code == 200
        waits.append(time.perf_counter() - began)
        await asyncio.sleep(0.1)
    await doing
    return waits


def _cpu(folder: Path) -> float:
    """Seconds of CPU that this process and the engines in `folder` have used: the machine may have other work."""
    used = time.process_time()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").resolve().is_relative_to(folder.resolve()):
                fields = (process / "stat").read_text().rpartition(")")[2].split()
                used += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        except OSError:
            continue  # it has ended
    return used


def _rss() -> int:
    """The most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


async def main(folder: Path, url: str, redis_url: str, levels: int) -> None:
    settings = Settings(
        database_url=url,
        redis_url=redis_url,
        data_dir=folder,
        base_url="http://bench",
        secret_key=SECRET,
        demo=True,
        limits="off",
    )
    clock, engine = Clock(), make_engine(url, pool_size=16)
    database = Database(engine)
    async with database.work() as session:
        await aurore.build(
            session, media_dir=settings.media_dir, secret=settings.secret, now=clock(), password="aurore"
        )
    table = Table("what", "in a second, or median", "took, or p95", "CPU", "memory")
    app = create_app(settings, clock=clock, database=database)
    await bench_stock(database, app, table, clock, folder, levels=levels)
    Console(width=120).print(table)
    await engine.dispose()


if __name__ == "__main__":
    log.set_up()
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    folder = Path(tempfile.mkdtemp(prefix="vitrine-bench-"))
    folder.chmod(0o755)
    try:
        url = embedded.start_postgres(folder)
        migrate(url)
        wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
        asyncio.run(main(folder, url, embedded.start_valkey(folder), wanted))
    finally:
        embedded.stop_using(folder)
        shutil.rmtree(folder, ignore_errors=True)
