"""What is shown of batches: which there are, how far one is, what it would change, what was rejected."""

import tempfile
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final

from sqlalchemy import func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from kit.db import table_of
from kit.errors import NotFound
from kit.languages import LANGUAGES, gettext, speaking
from stores.exchange import reading
from stores.exchange.batches.life import spool
from stores.exchange.batches.stepping import context_of, subject_of
from stores.exchange.batches.tables import Batch, BatchRow, State
from stores.exchange.batches.tables import Subject as About
from stores.exchange.cells import unescaped
from stores.exchange.problems import Problem
from stores.exchange.reading import Dialect
from stores.exchange.subjects import WRITTEN, Action

PAGE: Final = 1000


@dataclass(frozen=True)
class Progress:
    """How far the present work of a batch is."""

    done: int
    total: int
    """Rows; of a check it is the number of lines, which is a little more where cells have several."""
    per_second: float | None
    seconds_left: int | None


@dataclass(frozen=True)
class Difference:
    """What a row changes, or why it cannot, in words."""

    line: int
    key: str
    action: str
    matched_by: str
    """`sku`, `gtin`, `ref`, `slug`; empty for what is new, or has but one name."""
    changes: list[tuple[str, str, str]]
    """(column, before, after)."""
    problems: list[Problem]


async def find(session: AsyncSession, batch_id: int) -> Batch:
    """As it stands now. Raises `NotFound`."""
    batch = await session.get(Batch, batch_id, populate_existing=True)
    if batch is None:
        raise NotFound()
    return batch


async def every(
    session: AsyncSession,
    *,
    subjects: Collection[str] = tuple(About),
    store_ids: frozenset[int] | None = None,
    limit: int = 50,
    before: int | None = None,
) -> Sequence[Batch]:
    """Those about these subjects, the newest first; with `store_ids`, those that were brought for no others than these
    stores. `before` is the id of the last one seen."""
    query = select(Batch).where(Batch.subject.in_(subjects)).order_by(Batch.id.desc()).limit(limit)
    if store_ids is not None:
        query = query.where(Batch.store_ids.contained_by(sorted(store_ids)))
    return (await session.scalars(query if before is None else query.where(Batch.id < before))).all()


async def preview(session: AsyncSession, batch: Batch, count: int = 5) -> list[list[str]]:
    """The cells of the first rows, in the order of `batch.dialect["columns"]`; none once the file is gone."""
    with tempfile.TemporaryFile() as file:
        await spool(session, batch.id, file, most=1)
        if not file.read(1):
            return []
        file.seek(0)
        return [row.cells for row in islice(reading.rows(file, Dialect.from_json(batch.dialect)), count)]


def progress(batch: Batch, *, now: datetime) -> Progress:
    """Of a batch that was read a moment ago."""
    done, total = _done(batch)
    seconds = (now - batch.changed_at).total_seconds()
    per_second = done / seconds if seconds > 0 and done else None
    left = round((total - done) / per_second) if per_second else None
    return Progress(done, total, per_second, left)


def _done(batch: Batch) -> tuple[int, int]:
    counts = batch.counts
    match batch.state:
        case State.UNDOING | State.UNDONE:
            return counts.get("undone", 0) + counts.get("left", 0), sum(counts.get(name, 0) for name in WRITTEN)
        case State.APPLYING:
            kept = counts.get("kept", 0)  # nothing is done with these
            return sum(counts.get(name, 0) for name in Action) - kept, counts.get("of", batch.rows) - kept
        case State.APPLIED:
            total = sum(counts.get(name, 0) for name in Action)
            return total, total
    done = sum(counts.get(name, 0) for name in Action)
    return done, max(batch.rows, done)


async def differences(
    session: AsyncSession,
    batch: Batch,
    *,
    action: str | None = None,
    limit: int = 50,
    after: int = 0,
    remarks: bool = False,
    said: Collection[str] = (),
) -> list[Difference]:
    """What the rows after this line change, those of one action or all; texts as people read them. With `remarks`, only
    those that say something about themselves without being rejected; with `said`, those of which one of these codes was
    said."""
    rows = table_of(BatchRow)
    query = select(rows).where(rows.c.batch_id == batch.id, rows.c.line > after).order_by(rows.c.line).limit(limit)
    if action:
        query = query.where(rows.c.action == action)
    if remarks:
        query = query.where(rows.c.action != Action.REJECTED, func.jsonb_array_length(rows.c.problems) > 0)
    if said:
        query = query.where(or_(*(rows.c.problems.contains([{"code": code}]) for code in said)))
    subject, context = subject_of(batch.subject), context_of(batch, now=batch.changed_at)
    order = {column: place for place, column in enumerate(subject.columns)}
    return [
        Difference(
            line=row.line,
            key=row.key,
            action=row.action,
            matched_by=row.data.get("matched_by", ""),
            changes=[
                (
                    column,
                    subject.shown(column, (row.before or {}).get(column), context=context),
                    subject.shown(column, value, context=context),
                )
                for column, value in sorted(row.data.items(), key=lambda one: order.get(one[0], len(order)))
                if column != "matched_by" and not column.startswith("_")
            ],
            problems=[Problem.from_json(problem) for problem in row.problems],
        )
        for row in await session.execute(query)
    ]


async def first_lines(session: AsyncSession, batch_id: int, keys: Sequence[str]) -> dict[str, int]:
    """The line on which each key stood first among the chunks of this batch that were checked already.

    The planner must not know which batch it is: of one that was not there when the table was last analysed it would
    expect no rows, and read all of them for each key.
    """
    found = await session.execute(
        text(
            """
            select named.key, min(found.line) from unnest(cast(:keys as text[])) as named (key)
            cross join lateral (
                select line from batch_row
                where batch_id = (select cast(:batch_id as integer)) and batch_row.key = named.key offset 0
            ) as found
            group by named.key
            """
        ),
        {"keys": list(keys), "batch_id": batch_id},
    )
    return {row[0]: row[1] for row in found}


async def warned(session: AsyncSession, batch: Batch) -> int:
    """How many rows that are not rejected say something about themselves."""
    rows = table_of(BatchRow)
    query = select(func.count()).where(
        rows.c.batch_id == batch.id, rows.c.action != Action.REJECTED, func.jsonb_array_length(rows.c.problems) > 0
    )
    return await session.scalar(query) or 0


async def rejected_rows(session: AsyncSession, batch: Batch) -> AsyncIterator[list[str]]:
    """The file to try again: its own header and the rejected rows as they were, each with its line and why, in the
    language spoken. Read in pages, so that it can be streamed.

    A file that is itself one that was tried again has such columns already: they are left out.
    """
    header = Dialect.from_json(batch.dialect).columns
    kept = [place for place, name in enumerate(header) if name in batch.mapping or name not in _ours()]
    yield [*(header[place] for place in kept), gettext("line"), gettext("error")]
    rows = table_of(BatchRow)
    query = (
        select(rows.c.line, rows.c.raw, rows.c.problems)
        .where(rows.c.batch_id == batch.id, rows.c.action == Action.REJECTED)
        .order_by(rows.c.line)
        .limit(PAGE)
    )
    width, line = len(header), 0
    while page := (await session.execute(query.where(rows.c.line > line))).all():
        for row in page:
            cells = [*(row.raw or []), *[""] * width][:width]
            yield [*(unescaped(cells[place]) for place in kept), str(row.line), " ".join(sentences(row.problems))]
        line = page[-1].line


def _ours() -> set[str]:
    """What `rejected_rows` adds, in every language."""
    names = set()
    for language in LANGUAGES:
        with speaking(language):
            names |= {gettext("line"), gettext("error")}
    return names


def sentences(problems: Sequence[dict[str, Any]]) -> list[str]:
    """What is wrong with a row, each thing once."""
    return list(dict.fromkeys(Problem.from_json(problem).sentence for problem in problems if not problem["warning"]))
