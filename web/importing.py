"""A file brought by the command: read, checked, applied, and reported row by row."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from itertools import count
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import Progress

from kit.db import Database, make_engine
from kit.errors import Refused
from kit.languages import gettext, ngettext
from stores.exchange import batches, writing
from stores.exchange.batches import Batch, Difference, State
from stores.exchange.problems import Unreadable
from stores.exchange.subjects import Action
from web import exchanging

BY: Final = "command"
PARTS_AT_ONCE: Final = 8
LOOKS_EVERY: Final = 0.2
"""Seconds between two looks at a batch that another worker has."""


class Subject(StrEnum):
    """What a file is about."""

    PRODUCTS = "products"
    STOCK = "stock"
    STORES = "stores"
    PAIRINGS = "pairings"


class Format(StrEnum):
    AUTO = "auto"
    VITRINE = "vitrine"
    SHOPIFY = "shopify"
    GOOGLE = "google"


class Bringing:
    """One file on its way, and the terminal that is told of it."""

    def __init__(self, clock: Callable[[], datetime], database_url: str, bar: Progress, console: Console) -> None:
        self.clock, self.database = clock, Database(make_engine(database_url))
        self.bar, self.console = bar, console
        self.task = bar.add_task("", total=None)
        self.batch = Batch()

    async def bring(
        self, file: Path, subject: Subject, format: Format, options: Mapping[str, Any], *, dry_run: bool, confirm: str
    ) -> int:
        """Check it, do it, say what became of each row: 0 all taken, 1 some rejected, 2 nothing changed."""
        try:
            await self.check(file, subject, format, options)
            if dry_run:
                await self.report(file)
                await self.cancel()
            else:
                await self.apply(confirm)
                await self.report(file)
        except Refused as refused:
            await self.cancel()
            self._say(refused.sentence)
            return 2
        finally:
            await self.database.engine.dispose()
        return 1 if self.batch.counts.get("rejected") else 0

    async def check(self, file: Path, subject: Subject, format: Format, options: Mapping[str, Any]) -> None:
        """Send it in and see what it would do. Raises `Unreadable`, or what `set_mapping` refuses."""
        await self._send(file, subject, format, options)
        async with self.database.work() as session:
            batch = await batches.find(session, self.batch.id)
            if batch.state == State.FAILED:
                raise Unreadable.from_json(batch.error, batch.error_params)
            await batches.set_mapping(session, batch, batch.mapping, {}, now=self.clock())
        await self._work(State.CHECKING)

    async def _send(self, file: Path, subject: Subject, format: Format, options: Mapping[str, Any]) -> None:
        """The file in pieces, a few to a transaction."""
        async with self.database.work() as session:
            self.batch = await batches.open_batch(
                session, subject, file.name, by=BY, store_ids=None, options=options, now=self.clock()
            )
            self.batch.format = format
        with file.open("rb") as source:
            numbers = count()
            while pieces := [piece for _ in range(PARTS_AT_ONCE) if (piece := source.read(batches.PART_BYTES))]:
                async with self.database.work() as session:
                    batch = await batches.find(session, self.batch.id)
                    for piece in pieces:
                        await batches.add_part(session, batch, next(numbers), piece)
        async with self.database.work() as session:
            batch = await batches.find(session, self.batch.id)
            await batches.begin(session, batch, now=self.clock())
            await exchanging.record(session, batch, "uploaded", by=BY, now=self.clock())

    async def apply(self, typed: str) -> None:
        """Do it. Raises `WrongNumber` where the brake asks for another number than was typed."""
        async with self.database.work() as session:
            batch = await batches.find(session, self.batch.id)
            await batches.confirm(session, batch, typed, by=BY, now=self.clock())
            await exchanging.record(session, batch, "confirmed", by=BY, now=self.clock())
        await self._work(State.APPLYING)

    async def cancel(self) -> None:
        """Leave nothing of it, unless it is done."""
        if not self.batch.id:
            return
        async with self.database.work() as session:
            batch = await batches.find(session, self.batch.id)
            if batch.state in (State.UPLOADED, State.CHECKING, State.CHECKED, State.QUARANTINED):
                await batches.cancel(session, batch, now=self.clock())
                await exchanging.record(session, batch, "cancelled", by=BY, now=self.clock())

    async def _work(self, state: State) -> None:
        """Until it has left this state: by our own hands, or by those of a worker who was faster."""
        while True:
            await exchanging.run(self.database, self.clock, self.batch.id, progress=self._look)
            async with self.database.work(readonly=True) as session:
                self.batch = await batches.find(session, self.batch.id)
            self._look(self.batch)
            if self.batch.state == State.FAILED:
                raise Unreadable.from_json(self.batch.error, self.batch.error_params)
            if self.batch.state != state:
                return
            await asyncio.sleep(LOOKS_EVERY)

    def _look(self, batch: Batch) -> None:
        now = batches.progress(batch, now=self.clock())
        self.bar.update(self.task, description=batch.name, completed=now.done, total=now.total or None)

    # The report

    async def report(self, file: Path) -> None:
        """Every rejected row with its reasons, the file to try again, and the numbers."""
        line = 0
        while page := await self._rejected(line):
            for row in page:
                for said in told(row):
                    self._say(said)
            line = page[-1].line
        if line:
            self._say(gettext("To correct and bring again: %(file)s", file=await self._keep_rejected(file)))
        self._say(summed(self.batch.counts))

    async def _rejected(self, after: int) -> list[Difference]:
        async with self.database.work(readonly=True) as session:
            return await batches.differences(session, self.batch, action=Action.REJECTED, limit=500, after=after)

    async def _keep_rejected(self, file: Path) -> Path:
        """`rejected.csv` beside the file: its own header and rows, each with its line and what is wrong with it."""
        target = file.with_name("rejected.csv")
        if target == file:
            target = file.with_name("rejected-again.csv")
        delimiter = self.batch.dialect.get("delimiter") or ","
        with target.open("wb") as out:
            out.write(writing.BOM)
            async with self.database.work(readonly=True) as session:
                async for row in batches.rejected_rows(session, self.batch):
                    out.write(writing.encoded([row], delimiter=delimiter))
        return target

    def _say(self, words: str) -> None:
        self.console.print(words, highlight=False, markup=False, soft_wrap=True)


def told(row: Difference) -> list[str]:
    """A line for each thing that is wrong with a row: where, which column, what stands there, why."""
    where = gettext("line %(line)s", line=row.line)
    return [
        "  ".join(filter(None, (where, problem.column, _shown(problem.value), problem.sentence)))
        for problem in row.problems
        if not problem.warning
    ]


def _shown(value: str) -> str:
    """On one line of a terminal, without what would move its cursor."""
    return "".join(sign if sign.isprintable() else " " for sign in value[:60])


def summed(counts: Mapping[str, int]) -> str:
    """What became of the rows, in words."""
    words = [
        ngettext("%(num)d created", "%(num)d created", counts.get("created", 0)),
        ngettext("%(num)d updated", "%(num)d updated", counts.get("updated", 0)),
        ngettext("%(num)d unchanged", "%(num)d unchanged", counts.get("unchanged", 0)),
        ngettext("%(num)d rejected", "%(num)d rejected", counts.get("rejected", 0)),
        ngettext("%(num)d hidden", "%(num)d hidden", counts.get("hidden", 0)),
    ]
    numbers = [counts.get(name, 0) for name in ("created", "updated", "unchanged", "rejected", "hidden")]
    shown = [word % {"num": number} for word, number in zip(words, numbers, strict=True)]
    return ", ".join(shown if numbers[-1] else shown[:-1])
