"""What every test stands on: real engines, a database per worker cloned from a migrated template, a clock one moves.

`session`   everything the test does is rolled back: for one noun at a time.
`database`  commits for real and is wiped after: for HTTP, workers, races. `app`, `lea`, `ines`, `marc` stand on it.
Without VITRINE_TEST_DATABASE_URL and VITRINE_TEST_REDIS_URL the embedded engines are used.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

import booking.tables
from kit import embedded
from kit.clock import Clock
from kit.db import Database, make_engine
from kit.settings import Settings
from web import effects
from web.app import connect_redis, create_app
from web.house import House
from web.migrating import migrate

TABLES = booking.tables.ALL
SECRET = "a secret of the test suite, long enough"
NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
"""Tuesday 24 November 2026, noon in Paris."""


class MovableClock(Clock):
    """Stands still until a test moves it."""

    def __init__(self, at: datetime = NOON) -> None:
        super().__init__()
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **delta: float) -> None:
        self.at += timedelta(**delta)

    def to(self, at: datetime) -> None:
        self.at = at.astimezone(UTC)


@pytest.fixture(scope="session")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Addresses of PostgreSQL and Redis: those given, or embedded ones that end with the run."""
    postgres, redis = os.environ.get("VITRINE_TEST_DATABASE_URL"), os.environ.get("VITRINE_TEST_REDIS_URL")
    shared = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    folder = Path(tempfile.gettempdir()) / f"vitrine-tests-{shared}"
    try:
        yield (
            postgres or embedded.start_postgres(folder, fast=True, settings={"max_connections": "300"}),
            redis or embedded.start_valkey(folder),
        )
    finally:
        embedded.stop_using(folder)
        if "PYTEST_XDIST_WORKER" not in os.environ:
            shutil.rmtree(folder, ignore_errors=True)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """The folder that the workers of one run shared goes with the run."""
    run = getattr(session.config, "workerinput", {}).get("testrunuid") or getattr(
        session.config.pluginmanager.get_plugin("dsession"), "nodemanager", None
    )
    uid = getattr(run, "testrunuid", None)
    if uid:
        shutil.rmtree(Path(tempfile.gettempdir()) / f"vitrine-tests-{uid}", ignore_errors=True)


@pytest.fixture(scope="session")
def redis_url(engines: tuple[str, str]) -> str:
    """A number of its own for each worker."""
    _, url = engines
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) + 1
    if url.startswith("unix"):
        return f"{url}?db={number}"
    return f"{url.rsplit('/', 1)[0] if url.count('/') > 2 else url}/{number + 8}"


@pytest.fixture(scope="session")
def database_url(engines: tuple[str, str]) -> str:
    """A migrated, empty database of this worker's own."""
    url, _ = engines
    name = f"vitrine_test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    own = sa.make_url(url).set(database=name).render_as_string(hide_password=False)
    asyncio.run(_create(sa.make_url(url).set(database="postgres").render_as_string(hide_password=False), name))
    migrate(own)
    return own


async def _create(admin_url: str, name: str) -> None:
    engine = create_async_engine(admin_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.execute(sa.text(f"drop database if exists {name} with (force)"))
        await connection.execute(sa.text(f"create database {name}"))
    await engine.dispose()


@pytest_asyncio.fixture(scope="session")
async def engine(database_url: str) -> AsyncIterator[sa.ext.asyncio.AsyncEngine]:
    engine = make_engine(database_url, pool_size=30)
    yield engine
    await engine.dispose()


@pytest_asyncio.fixture
async def session(engine) -> AsyncIterator[AsyncSession]:
    """Everything the test does, its commits included, is rolled back."""
    async with engine.connect() as connection:
        outer = await connection.begin()
        async with AsyncSession(
            bind=connection, join_transaction_mode="create_savepoint", expire_on_commit=False
        ) as session:
            yield session
        await outer.rollback()


WIPE = "with {} select 1".format(
    ", ".join(f"d{i} as (delete from {table.__tablename__})" for i, table in enumerate(TABLES))
)


@pytest_asyncio.fixture
async def database(engine, redis) -> AsyncIterator[Database]:
    """Transactions that commit for real; all tables are emptied after the test, triggers and keys looking away."""
    yield Database(engine, effects.performer(redis))
    async with engine.begin() as connection:
        await connection.execute(sa.text("set local session_replication_role = replica"))
        await connection.execute(sa.text(WIPE))


@pytest_asyncio.fixture(scope="session")
async def redis(redis_url: str):
    connection = connect_redis(redis_url)
    yield connection
    await connection.aclose()
    await connection.connection_pool.disconnect()


@pytest_asyncio.fixture
async def clean_redis(redis):
    await redis.flushdb()
    yield redis


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def settings(database_url: str, redis_url: str, tmp_path: Path) -> Settings:
    return Settings(
        database_url=database_url,
        redis_url=redis_url,
        data_dir=tmp_path,
        base_url="http://vitrine.test",
        secret_key=SECRET,
        limits="off",
        demo=True,
    )


@pytest_asyncio.fixture
async def app(settings, clock, database, clean_redis):
    """The whole site on the test's database, clock and Redis; it reads stores anew for each request."""
    app = create_app(settings, clock=clock, database=database, redis=clean_redis, house=House("Aurore", fresh_for=0))
    async with app.router.lifespan_context(app):
        yield app
