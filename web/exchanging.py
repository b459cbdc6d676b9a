"""Batches on their way: the worker and the command take one, and go through it chunk by chunk."""

import gc
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import chain
from typing import Any, BinaryIO

from sqlalchemy.ext.asyncio import AsyncSession

from booking import journal, tasks
from booking.reservations import postponing
from kit import log
from kit.db import Database
from stores import places
from stores.exchange import batches, formats, reading
from stores.exchange.batches import Batch, Overtaken, State
from stores.exchange.batches.life import fail, spool
from stores.exchange.batches.stepping import CHUNK
from stores.exchange.formats import Record
from stores.exchange.problems import Unreadable
from stores.exchange.reading import Dialect
from stores.exchange.subjects import Subject
from stores.hours import Hours

logger = log.get(__name__)

Crash = Callable[[str], None]
"""Called where a worker may die: `read` before a chunk, `written` before its commit, `kept` after it. A test ends the
process there."""


def _nothing(point: str) -> None:
    """No crash is wanted."""


async def record(session: AsyncSession, batch: Batch, event: str, *, by: str, now: datetime) -> None:
    """What happened to a batch, with its numbers; never its rows."""
    detail: dict[str, Any] = {"name": batch.name, "subject": batch.subject, **batch.counts}
    await journal.record(session, "batch", batch.id, event, by=by, now=now, detail=detail)


async def run(
    database: Database,
    clock: Callable[[], datetime],
    batch_id: int | None = None,
    *,
    progress: Callable[[Batch], None] = lambda batch: None,
    stopping: Callable[[], bool] = lambda: False,
    crash: Crash = _nothing,
) -> int | None:
    """Take a batch, this one or the oldest that waits, and do its present work to the end; which one it was, None when
    nobody has to do anything. Once `stopping`, another worker may go on at once; after a failure once `LEASE` is over.
    """
    async with database.work() as session:
        claimed = await batches.claim(session, batch_id, now=clock())
    if claimed is None:
        return None
    found, lease = claimed
    work = _Work(database, clock, found, lease, progress, stopping, crash)
    try:
        with _collecting_rarely():
            await work.go_on()
    except Overtaken:
        logger.info("left to somebody else", batch=found)
    except Exception:  # it may fail each time: it keeps its lease, so that the others come before it is tried again
        raise
    except BaseException:
        async with database.work() as session:
            await batches.release(session, found, lease)
        raise
    return found


@contextmanager
def _collecting_rarely() -> Iterator[None]:
    """Rows are made by the ten thousand and hold no cycles: to look for some each time costs a third of the work."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*before)


class _Work:
    """One stay of a worker with one batch."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        batch_id: int,
        lease: int,
        progress: Callable[[Batch], None],
        stopping: Callable[[], bool],
        crash: Crash,
    ) -> None:
        self.database, self.clock, self.batch_id, self.lease = database, clock, batch_id, lease
        self.progress, self.stopping, self.crash = progress, stopping, crash
        self.memory: dict[str, Any] = {}
        self.by = ""
        self.moves_hours = False
        """Whether what is written may change when stores are open."""

    async def go_on(self) -> None:
        async with self.database.work(readonly=True) as session:
            batch = await batches.find(session, self.batch_id)
        self.by = batch.by
        self.moves_hours = batch.subject == batches.Subject.STORES and batch.state != State.CHECKING
        if batch.state != State.CHECKING:
            while await self._step() and not self.stopping():
                pass
        elif batch.cursor >= batches.ABSENT_FROM:
            await self._finish()
        else:
            with tempfile.TemporaryFile() as file:
                await self._check(batch, file)
        if self.stopping():
            async with self.database.work() as session:
                await batches.release(session, self.batch_id, self.lease)

    async def _check(self, batch: Batch, file: BinaryIO) -> None:
        """Read the file once; what was checked already is only remembered."""
        async with self.database.work() as session:
            await batches.renew(session, self.batch_id, self.lease, now=self.clock())
            await spool(session, self.batch_id, file)
        try:
            for chunk in _chunks(batch, file):
                if self.stopping():
                    return
                fresh = [one for one in chunk if one.line > batch.cursor]
                if fresh:
                    await self._step(fresh)
                else:
                    await self._remember(batch, chunk)
        except Unreadable as why:  # what was damaged showed only in the middle
            async with self.database.work() as session:
                found = await batches.find(session, self.batch_id)
                await batches.renew(session, self.batch_id, self.lease, now=self.clock())
                await fail(session, found, why, now=self.clock())
                await record(session, found, "failed", by=found.by, now=self.clock())
            return
        await self._finish()

    async def _remember(self, batch: Batch, chunk: Sequence[Record]) -> None:
        async with self.database.work() as session:
            await batches.renew(session, self.batch_id, self.lease, now=self.clock())
        context = batches.context_of(batch, now=self.clock())
        context.memory = self.memory
        batches.subject_of(batch.subject).remember(chunk, context=context)

    async def _finish(self) -> None:
        while await self._step() and not self.stopping():
            pass

    async def _step(self, records: Sequence[Record] = ()) -> bool:
        """One chunk, one transaction."""
        self.crash("read")
        now = self.clock()
        missing: list[tuple[int, int, int]] = []
        async with self.database.work() as session:
            hours = await _hours(session) if self.moves_hours else {}
            more = await batches.step(
                session, self.batch_id, self.lease, now=now, records=records, memory=self.memory, shortfalls=missing
            )
            await tasks.check_shortfalls(session, missing, now=now)
            if hours:
                await _keep_promises(session, hours, by=self.by, now=now)
            batch = await batches.find(session, self.batch_id)
            if not more:
                await record(session, batch, batch.state, by=batch.by, now=now)
            self.crash("written")
        self.crash("kept")
        self.progress(batch)
        return more


async def _hours(session: AsyncSession) -> dict[int, Hours]:
    return {store.id: store.hours for store in await places.every(session)}


async def _keep_promises(session: AsyncSession, before: dict[int, Hours], *, by: str, now: datetime) -> None:
    """Where hours have changed, what was promised falls due later, never earlier; as when they are changed by hand."""
    session.expire_all()
    for store in await places.every(session):
        if store.id in before and before[store.id] != store.hours:
            moved = await postponing.plan(session, store, before[store.id], store.hours, now=now)
            await postponing.postpone(session, store, moved, by=by, now=now)


def _chunks(batch: Batch, file: BinaryIO) -> Iterator[list[Record]]:
    """Rows of the file in portions of about `CHUNK`; those of one article are not torn apart."""
    dialect = Dialect.from_json(batch.dialect)
    rows = reading.rows(file, dialect)
    found = formats.records(rows, dialect, format=batch.format, subject=batch.subject, mapping=batch.mapping)
    subject: Subject = batches.subject_of(batch.subject)
    chunk: list[Record] = []
    for group in subject.group(found):
        for piece in _pieces(group):
            if len(chunk) + len(piece) > CHUNK:
                yield chunk
                chunk = []
            chunk = list(chain(chunk, piece))
    if chunk:
        yield chunk


def _pieces(group: list[Record]) -> Iterator[list[Record]]:
    """An article of more variants than fit into one transaction goes into several."""
    for first in range(0, len(group), CHUNK):
        yield group[first : first + CHUNK]
