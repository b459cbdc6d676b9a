"""`make bench`: how much of what the machine could do is left, as ratios against a limit measured in the same run.

Absolute figures change with the machine and the hour; a ratio against bare Starlette, or against the same statements
by bare asyncpg, hardly does. Each pair is measured in turns, and the medians are compared.
"""

import asyncio
import secrets
import shutil
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import sqlalchemy as sa
from rich.console import Console
from rich.table import Table
from starlette.applications import Starlette

from bench.imports import bench_imports
from bench.pages import PRODUCTS, STORES, bench_pages
from bench.search import bench_search
from bench.slots import bench_slots
from booking.customers import Customer
from booking.demo import aurore, chain
from booking.reservations import asking
from kit import embedded, log
from kit.clock import Clock
from kit.db import Database, make_engine
from kit.settings import Settings
from stores import catalogue, places
from web.app import create_app
from web.migrating import migrate

ROUNDS = 7
SLICE = 0.6
HOT = "LUM-0001-LAI"
"""The lamp that everybody wants."""
SECRET = "a secret of the benches, long enough to be one"
Work = Callable[[], Awaitable[Any]]


async def per_second(work: Work, at_once: int = 1) -> float:
    """How often `work` is done in a second by so many tasks."""
    done = 0
    end = time.perf_counter() + SLICE

    async def repeat() -> None:
        nonlocal done
        while time.perf_counter() < end:
            await work()
            done += 1

    began = time.perf_counter()
    await asyncio.gather(*(repeat() for _ in range(at_once)))
    return done / (time.perf_counter() - began)


async def compare(ours: Work, limit: Work, at_once: int = 1) -> tuple[float, float, float]:
    """Medians of both, measured in turns, and the median of the ratios of the turns."""
    await ours(), await limit()
    pairs = [(await per_second(ours, at_once), await per_second(limit, at_once)) for _ in range(ROUNDS)]
    return (
        statistics.median(one for one, _ in pairs),
        statistics.median(other for _, other in pairs),
        statistics.median(one / other for one, other in pairs),
    )


def caller(app: Starlette, path: str) -> Work:
    """One GET straight into the application: no socket, so that only what we wrote is measured."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path.partition("?")[0],
        "raw_path": path.encode(),
        "query_string": path.partition("?")[2].encode(),
        "root_path": "",
        "headers": [(b"host", b"bench")],
        "client": ("127.0.0.1", 1),
        "server": ("bench", 80),
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def call() -> None:
        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                assert message["status"] == 200, (path, message["status"])

        await app(dict(scope), receive, send)  # type: ignore[arg-type]

    return call


async def size_of(app: Starlette, path: str) -> int:
    """Bytes of a page before compression."""
    import httpx2 as httpx

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://bench") as client:
        return len((await client.get(path)).text)


BARE_RESERVATION = {
    "reservation": """insert into reservation (code, store_id, status, version, language, first_name, last_name, email,
        phone, contact, note, origin, verified, requested_at, answer_by, amber_at, manager_at, group_at, unanswered_at,
        hold_until, alarm, extended, claimed_by, answered_by, place, reason, auto_confirmed, broken_promise)
        values ($1, $2, 'requested', 1, 'fr', 'Léa', 'Martin', $3, '', 'email', '', 'web', false, $4, $5, $5, $5, $5,
        $5, $5, '', 0, '', '', '', '', false, false) returning id""",
    "line": """insert into reservation_line (reservation_id, variant_id, quantity, held, status, price_minor, currency,
        reason) values ($1, $2, 1, 1, 'held', 100, 'EUR', '')""",
    "link": """insert into link (id, subject, subject_id, version, token_hash, mailed, created_at)
        values ($1, 'reservation', $2, 1, $3, $4, $5)""",
    "journal": """insert into journal (store_id, subject, subject_id, event, before, after, by, reason, detail, at)
        values ($1, 'reservation', $2, 'requested', '', 'requested', 'shopper', '', '{}', $3)""",
    "message": """insert into message (id, store_id, subject, subject_id, template, version, recipient, channel,
        language, payload, only_if, reminder, state, due_at, first_due_at, created_at, attempts, reason)
        values (gen_random_uuid(), $1, 'reservation', $2, $3, 1, $4, 'email', 'fr', '{}', '', false, 'pending',
        $5, $5, $5, 0, '') on conflict do nothing""",
    "hold": """with held as (update store_stock set reserved = reserved + 1 where store_id = $1 and variant_id = $2
        and available >= 1 returning store_id, variant_id)
        insert into stock_movement (store_id, variant_id, kind, book, reserved, unsellable, source, source_event_id, by,
        reason, occurred_at)
        select store_id, variant_id, 'hold', 0, 1, 0, 'reservation', $3, 'shopper', '', $4 from held returning id""",
    "missed": "select count(*) from reservation where status = 'expired' and ready_at is not null and email = $1",
}


async def bench_reservation(app: Starlette, pool: asyncpg.Pool, clock: Clock, table: Table) -> None:
    """One line on one hot article, with everything that a reservation writes."""
    database: Database = app.state.database
    async with database.work() as session:
        store = await places.find(session, "rivoli")
        variant = await session.scalar(sa.select(catalogue.Variant).where(catalogue.Variant.sku == HOT))
        assert variant
        await session.execute(
            sa.text("update store_stock set book = 10000000 where store_id = :s and variant_id = :v"),
            {"s": store.id, "v": variant.id},
        )
    now = clock()

    async def ours() -> None:
        customer = Customer("Léa", "Martin", f"{secrets.token_hex(6)}@exemple.fr", "", "fr", "email")
        async with database.work() as session:
            found = await catalogue.find_variants(session, [variant.sku])
            await asking.reserve(
                session, store, [(found[variant.sku], 1)], customer, secret=SECRET.encode(), now=now, limited=False
            )

    async def bare() -> None:
        sql, by = BARE_RESERVATION, now + timedelta(hours=1)
        async with pool.acquire() as connection, connection.transaction():
            email = f"{secrets.token_hex(6)}@exemple.fr"
            await connection.fetchrow(
                """select v.id, v.price_minor, p.name from variant v join product p on p.id = v.product_id
                where v.sku = $1""",
                variant.sku,
            )
            await connection.fetchval(sql["missed"], email)
            code = secrets.token_hex(4)
            made = await connection.fetchval(sql["reservation"], code, store.id, email, now, by)
            await connection.execute(sql["line"], made, variant.id)
            for mailed in (True, False):
                await connection.execute(sql["link"], secrets.randbits(63), made, secrets.token_bytes(32), mailed, now)
            await connection.execute(sql["journal"], store.id, made, now)
            for template, to in (("received", "shopper"), ("staff_request", "store")):
                await connection.execute(sql["message"], store.id, made, template, to, now)
            await connection.fetchval(sql["hold"], store.id, variant.id, f"bench:{code}", now)

    for at_once in (1, 8):
        a, b, ratio = await compare(ours, bare, at_once)
        table.add_row(
            f"reservation, {at_once} at once",
            "the same statements by bare asyncpg",
            f"{a:.0f}/s",
            f"{b:.0f}/s",
            f"{ratio:.2f}",
        )


async def main(folder: Path, url: str, redis_url: str) -> None:
    settings = Settings(
        database_url=url,
        redis_url=redis_url,
        data_dir=folder,
        base_url="http://bench",
        secret_key=SECRET,
        demo=True,
        limits="off",
    )
    clock = Clock()
    engine = make_engine(url, pool_size=16)
    database = Database(engine)
    async with database.work() as session:
        await aurore.build(
            session, media_dir=settings.media_dir, secret=settings.secret, now=clock(), password="aurore"
        )
    app = create_app(replace(settings), clock=clock, database=database)
    async with database.work(readonly=True) as session:
        await app.state.house.look(session)
    bare_url = sa.make_url(url)
    pool = await asyncpg.create_pool(
        user=bare_url.username, database=bare_url.database, host=bare_url.query["host"], min_size=1, max_size=16
    )
    table = Table("what", "limit in the same run", "ours", "limit", "ratio")
    await bench_reservation(app, pool, clock, table)
    await bench_slots(database, table, now=clock())
    files = Table("file", "how", "ours", "to reach", "counts")
    await bench_imports(database, files, clock)
    await pool.close()
    await engine.dispose()
    await large(folder, settings, table)
    Console(width=140).print(table)
    Console(width=140).print(files)


async def large(folder: Path, settings: Settings, table: Table) -> None:
    """A chain of 10,000 articles in one category and 20 stores; then of 100,000, for the search."""
    url = sa.make_url(settings.database_url).set(database="large").render_as_string(hide_password=False)
    admin = make_engine(settings.database_url)
    async with admin.connect() as connection:
        autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await autocommit.execute(sa.text("create database large"))
    await admin.dispose()
    await asyncio.to_thread(migrate, url)
    clock = Clock()
    database = Database(make_engine(url, pool_size=16))
    await chain.build(
        database.work, stores=STORES, products=PRODUCTS, seed=1, media_dir=settings.media_dir, secret=settings.secret,
        now=clock(),
    )  # fmt: skip
    app = create_app(replace(settings, database_url=url), clock=clock, database=database)
    app.state.house.fresh_for = 3600
    async with database.work(readonly=True) as session:
        await app.state.house.look(session)
    named = sa.make_url(url)
    pool = await asyncpg.create_pool(
        user=named.username, database=named.database, host=named.query["host"], min_size=1, max_size=16
    )
    await bench_pages(app, database, pool, table, caller=caller, compare=compare, size_of=size_of)
    await pool.close()
    await bench_search(database, table)
    await database.engine.dispose()


if __name__ == "__main__":
    log.set_up()
    folder = Path(tempfile.mkdtemp(prefix="vitrine-bench-"))
    folder.chmod(0o755)
    try:
        url = embedded.start_postgres(folder)
        migrate(url)
        asyncio.run(main(folder, url, embedded.start_valkey(folder)))
    finally:
        embedded.stop_using(folder)
        shutil.rmtree(folder, ignore_errors=True)
