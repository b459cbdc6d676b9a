"""The hostile world is made once for each file of tests, which only look at it."""

from collections.abc import AsyncIterator

import pytest_asyncio
import sqlalchemy as sa
from abuse.hostile import Hostile, hostile_world, settings_of
from conftest import WIPE


@pytest_asyncio.fixture(scope="module")
async def hostile(engine, redis, database_url, redis_url, tmp_path_factory) -> AsyncIterator[Hostile]:
    settings = settings_of(database_url, redis_url, tmp_path_factory.mktemp("hostile"))
    async with hostile_world(settings, engine, redis) as one:
        yield one
    async with engine.begin() as connection:
        await connection.execute(sa.text("set local session_replication_role = replica"))
        await connection.execute(sa.text(WIPE))
