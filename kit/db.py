"""The database: one transaction at a time, and what may only happen once it is safe."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, ClassVar, cast

from sqlalchemy import DateTime, MetaData, String, Table, event, select, union
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection
from sqlalchemy.types import TypeDecorator

from kit import clock, log
from kit.languages import Translated

logger = log.get(__name__)

Effect = tuple[str, ...]
"""What to do after the commit, as words: ("ring", "3") or ("messages",). The same one is done once."""


class TranslatedText(TypeDecorator[Translated]):
    """A text in several languages, as one JSONB column: {"fr": …, "en": …}."""

    impl = JSONB
    cache_ok = True

    def process_bind_param(self, value: Mapping[str, str] | None, dialect: Dialect) -> dict[str, str] | None:
        return None if value is None else dict(value)

    def process_result_value(self, value: dict[str, str] | None, dialect: Dialect) -> Translated | None:
        return None if value is None else Translated(value)


class Base(DeclarativeBase):
    """Tables of Vitrine. Instants are `timestamptz` in UTC; names of constraints are predictable for migrations."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        Translated: TranslatedText(),
        str: String(),
        dict[str, Any]: JSONB(),
        list[Any]: JSONB(),
    }


def table_of(entity: type[Base]) -> Table:
    """The plain table of an entity. A statement on it leaves the ORM out, which on hot paths costs as much again."""
    return cast(Table, entity.__table__)


def make_engine(url: str, *, pool_size: int = 10) -> AsyncEngine:
    """An engine whose sessions give up rather than queue for ever: locks 3 s, a statement 10 s, idle 15 s."""
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=10,
        hide_parameters=True,  # a logged error must not tell names, addresses and hashes
        connect_args={
            "timeout": 5,
            "server_settings": {
                "application_name": "vitrine",
                "lock_timeout": "3000",
                "statement_timeout": "10000",
                "idle_in_transaction_session_timeout": "15000",
                "jit": "off",
            },
        },
    )
    event.listen(engine.sync_engine, "checkin", _rested)
    event.listen(engine.sync_engine, "checkout", _look_first)
    return engine


RESTED = 1.0
"""Seconds after which a connection is asked whether it still lives. The pool's own question costs three round trips
each time, and what was answered a moment ago will be answered again."""


def _rested(connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    record.info["rested_at"] = clock.monotonic()


def _look_first(connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: PoolProxiedConnection) -> None:
    rested_at = record.info.get("rested_at")
    if rested_at is None or clock.monotonic() - rested_at < RESTED:
        return
    try:
        connection.ping()
    except Exception as gone:
        raise DisconnectionError("a connection that rested is gone") from gone


class Database:
    """Opens transactions; only entry points in `web/` do."""

    def __init__(self, engine: AsyncEngine, perform: Callable[[Effect], Awaitable[None]] | None = None) -> None:
        self.engine = engine
        self._sessions = async_sessionmaker(engine, expire_on_commit=False)
        self._perform = perform

    @asynccontextmanager
    async def work(self, *, readonly: bool = False) -> AsyncIterator[AsyncSession]:
        """One transaction: committed on the way out, rolled back if anything raises.

        With `readonly`, PostgreSQL itself refuses whoever tries to write. What `after_commit` asked for is done once
        the commit is safe, and a failure there fails nothing: the next tick of the worker catches up.
        """
        async with self._sessions() as session:
            async with session.begin():
                if readonly:
                    await session.connection(execution_options={"postgresql_readonly": True})
                yield session
            effects: dict[Effect, None] = session.info.pop("after_commit", {})
        for effect in effects:
            try:
                if self._perform:
                    await self._perform(effect)
            except Exception:
                logger.warning("effect left to the next tick", effect=effect, exc_info=True)


def after_commit(session: AsyncSession, *effect: str) -> None:
    """Ask for `effect` once this transaction is committed; the same one asked twice is done once."""
    session.info.setdefault("after_commit", {})[effect] = None


async def named_elsewhere(session: AsyncSession, entity: type[Base], ids: Collection[int]) -> set[int]:
    """Those that a row of any other table names, except rows that would go with them (ON DELETE CASCADE)."""
    table, wanted = table_of(entity), list(ids)
    naming = [
        select(key.parent).where(key.parent.in_(wanted))
        for other in Base.metadata.sorted_tables
        for key in other.foreign_keys
        if key.column is table.c.id and (key.ondelete or "").upper() != "CASCADE"
    ]
    return set(await session.scalars(union(*naming))) if wanted and naming else set()
