"""Alembic's entry: runs the migrations on the database it is given, or compares it with the tables of the program."""

import asyncio
from typing import Any

from alembic import context
from sqlalchemy import pool
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import create_async_engine

import booking.tables
from kit.db import Base
from kit.settings import load

ASSEMBLED = booking.tables.ALL
"""Importing it is what puts every table into the metadata."""


def include(_object: Any, name: str | None, kind: str, reflected: bool, _compared: Any) -> bool:
    """What the metadata cannot say: computed columns are compared by people, not by Alembic."""
    return not (kind == "column" and name in ("words_fr", "words_en", "names_fr", "names_en"))


def run(connection: Connection) -> None:
    context.configure(
        connection=connection, target_metadata=Base.metadata, include_object=include, transaction_per_migration=True
    )
    with context.begin_transaction():
        context.run_migrations()


async def connect(url: str) -> None:
    # a migration gives up rather than let the site queue behind it
    engine = create_async_engine(
        url, poolclass=pool.NullPool, connect_args={"server_settings": {"lock_timeout": "2000"}}
    )
    async with engine.connect() as connection:
        await connection.run_sync(run)
    await engine.dispose()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    asyncio.run(connect(context.config.attributes.get("url") or load().database_url))
