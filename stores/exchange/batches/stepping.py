"""What the worker does with a batch: takes it, works on it chunk by chunk, hands it on.

Each chunk is one transaction that moves the cursor with its work, and each is signed with the number of the lease: who
was taken for dead finds at the end of its chunk that its number is an old one, and nothing of that chunk is kept.
"""

import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import from_json, to_json
from sqlalchemy import Text, cast, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from kit.db import table_of
from stores.exchange import reading, subjects
from stores.exchange.batches.life import forget_file, spool
from stores.exchange.batches.tables import WORKED_ON, Batch, BatchRow, State
from stores.exchange.reading import Dialect
from stores.exchange.subjects import WRITTEN, Action, Checked, Context, Row

if TYPE_CHECKING:
    from stores.exchange.formats import Record

LEASE: Final = timedelta(seconds=60)
"""How long somebody may be silent before another takes over."""
CHUNK: Final = 1000
"""Rows to a transaction, and as many more as belong to the last of them."""
LONGEST_GROUP: Final = 300
ABSENT_FROM: Final = 1_000_000_000
"""Lines from here on are not of the file: what a full file does not name."""


class Overtaken(Exception):
    """Somebody else works on it by now, or it was cancelled: nothing of this chunk may be kept."""


def subject_of(name: str) -> "subjects.Subject":
    """Who knows what the rows of such a batch mean."""
    match name:
        case "products":
            from stores.exchange import products

            return products.SUBJECT
        case "stock":
            from stores.exchange import stock

            return stock.SUBJECT
        case "stores":
            from stores.exchange import places

            return places.SUBJECT
        case "pairings":
            from stores.exchange import pairings

            return pairings.SUBJECT
        case "edit":
            from stores.exchange import edits

            return edits.SUBJECT
    raise ValueError(f"nothing is known about {name!r}")


async def claim(session: AsyncSession, batch_id: int | None = None, *, now: datetime) -> tuple[int, int] | None:
    """(batch, lease) of the oldest that waits for a worker, or of this one; None when there is none, or others have
    it."""
    free = (
        select(Batch.id)
        .where(Batch.state.in_(WORKED_ON), or_(Batch.leased_until.is_(None), Batch.leased_until < now))
        .order_by(Batch.changed_at, Batch.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if batch_id is not None:
        free = free.where(Batch.id == batch_id)
    taken = await session.execute(
        update(Batch)
        .where(Batch.id == free.scalar_subquery())
        .values(lease=Batch.lease + 1, leased_until=now + LEASE)
        .returning(Batch.id, Batch.lease)
        .execution_options(synchronize_session=False)
    )
    row = taken.first()
    return (row.id, row.lease) if row else None


async def renew(session: AsyncSession, batch_id: int, lease: int, *, now: datetime) -> None:
    """Still here: reading the file again takes a while. Raises `Overtaken`."""
    await _sign(session, batch_id, lease, leased_until=now + LEASE)


async def release(session: AsyncSession, batch_id: int, lease: int) -> None:
    """Somebody else may go on at once."""
    rows = table_of(Batch)
    await session.execute(update(rows).where(rows.c.id == batch_id, rows.c.lease == lease).values(leased_until=None))


async def step(
    session: AsyncSession,
    batch_id: int,
    lease: int,
    *,
    now: datetime,
    records: "Sequence[Record]" = (),
    memory: dict[str, Any] | None = None,
    shortfalls: list[tuple[int, int, int]] | None = None,
) -> bool:
    """One chunk of its present work; False once there is no more of it. Raises `Overtaken`.

    A check is given its next `records`, and none when the file is at its end. Applying and undoing find their rows.
    """
    batch = await session.get(Batch, batch_id, populate_existing=True)
    if batch is None or batch.lease != lease or batch.state not in WORKED_ON:
        raise Overtaken()
    context = context_of(batch, now=now)
    context.memory = memory if memory is not None else {}
    context.shortfalls = shortfalls if shortfalls is not None else []
    match batch.state:
        case State.CHECKING:
            values = await _check(session, batch, records, context)
        case State.APPLYING:
            values = await _apply(session, batch, context)
        case _:
            values = await _undo(session, batch, context)
    if "state" in values:
        values |= {"changed_at": now, "leased_until": None}
    else:
        values["leased_until"] = now + LEASE
    await _sign(session, batch_id, lease, **values)
    return "state" not in values


def context_of(batch: Batch, *, now: datetime) -> Context:
    return Context(
        batch_id=batch.id,
        now=now,
        by=batch.by,
        store_ids=None if batch.store_ids is None else frozenset(batch.store_ids),
        language=batch.options.get("columns_in", "fr"),
        currency=batch.options.get("currency", "EUR"),
        options=batch.options,
    )


async def _sign(session: AsyncSession, batch_id: int, lease: int, **values: Any) -> None:
    """Every change of state takes the lease away, so whose number still stands may write."""
    rows = table_of(Batch)
    signed = await session.execute(
        update(rows).where(rows.c.id == batch_id, rows.c.lease == lease).values(**values).returning(rows.c.id)
    )
    if signed.first() is None:
        raise Overtaken()


# The check


async def _check(session: AsyncSession, batch: Batch, records: "Sequence[Record]", context: Context) -> dict[str, Any]:
    subject = subject_of(batch.subject)
    if records:
        checked = await subject.check(session, records, context=context)
        await write(session, batch.id, checked)
        return {"cursor": records[-1].line, "counts": _added(batch, Counter(str(row.action) for row in checked))}
    if batch.cursor < ABSENT_FROM:  # so many rows are new that nobody knows yet how to look for them
        await session.execute(text("analyze batch_row"))
    if context.is_full and (found := await _absent(session, batch, context)):
        return found
    brake = await subject.brake(session, context=context)
    counts = await counted(session, batch.id)
    return {
        "state": State.QUARANTINED if brake and brake.quarantine else State.CHECKED,
        "brake": brake.as_json() if brake else {},
        "counts": counts,
        "rows": sum(counts.values()) - counts[Action.HIDDEN],
    }


async def _absent(session: AsyncSession, batch: Batch, context: Context) -> dict[str, Any]:
    """The next of what the file does not name."""
    rows = table_of(BatchRow)
    of_batch = rows.c.batch_id == batch.id, rows.c.line >= ABSENT_FROM
    last = (
        await session.execute(select(rows.c.line, rows.c.key).where(*of_batch).order_by(rows.c.line.desc()).limit(1))
    ).first()
    line, after = (last.line + 1, last.key) if last else (ABSENT_FROM, "")
    found = await subject_of(batch.subject).absent(session, context=context, after=after, limit=CHUNK)
    if not found:
        return {}
    for place, row in enumerate(found):
        row.line = line + place
    await write(session, batch.id, found)
    return {"cursor": found[-1].line, "counts": _added(batch, Counter(str(row.action) for row in found))}


async def write(session: AsyncSession, batch_id: int, checked: Sequence[Checked]) -> None:
    """Keep what rows would do, by COPY."""
    records = [
        (
            batch_id,
            row.line,
            row.key,
            str(row.action),
            _json(row.data),
            None if row.before is None else _json(row.before),
            _json([problem.as_json() for problem in row.problems]),
            _json(row.raw) if row.raw is not None and row.action == Action.REJECTED else None,
        )
        for row in checked
    ]
    connection = await (await session.connection()).get_raw_connection()
    assert connection.driver_connection is not None
    await connection.driver_connection.copy_records_to_table(
        "batch_row",
        records=records,
        columns=("batch_id", "line", "key", "action", "data", "before", "problems", "raw"),
    )


async def counted(session: AsyncSession, batch_id: int) -> dict[str, int]:
    """How many rows stand there with which action: what people are told, read from what was committed."""
    rows = table_of(BatchRow)
    found = await session.execute(
        select(rows.c.action, func.count()).where(rows.c.batch_id == batch_id).group_by(rows.c.action)
    )
    return {**dict.fromkeys(map(str, Action), 0), **{row[0]: row[1] for row in found}}


def _added(batch: Batch, counter: Counter[str]) -> dict[str, int]:
    return {**batch.counts, **{name: batch.counts.get(name, 0) + number for name, number in counter.items()}}


def _json(value: Any) -> str:
    return to_json(value).decode()


# Applying and undoing


@dataclass(slots=True)
class _Row:
    id: int
    line: int
    key: str
    action: str
    data: dict[str, Any]
    before: dict[str, Any] | None
    problems: list[Any]


async def _apply(session: AsyncSession, batch: Batch, context: Context) -> dict[str, Any]:
    rows = await _rows(session, batch, BatchRow.line > batch.cursor, order=BatchRow.line.asc())
    if not rows:
        await _keep_cells(session, batch)
        return {"state": State.APPLIED, "applied_at": context.now, "counts": await counted(session, batch.id)}
    stood = [(row.action, row.before, list(row.problems)) for row in rows]
    counter = await subject_of(batch.subject).apply(session, rows, context=context)
    await _write_back(session, rows, stood)
    return {"cursor": rows[-1].line, "counts": _added(batch, counter)}


async def _keep_cells(session: AsyncSession, batch: Batch) -> None:
    """Rows that were rejected only now shall be tried again too: fetch their cells, then give up the file."""
    rows = table_of(BatchRow)
    lost = rows.c.batch_id == batch.id, rows.c.action == Action.REJECTED, rows.c.raw.is_(None)
    lines = set(await session.scalars(select(rows.c.line).where(*lost)))
    if lines and batch.dialect:
        with tempfile.TemporaryFile() as file:
            await spool(session, batch.id, file)
            found = [row for row in reading.rows(file, Dialect.from_json(batch.dialect)) if row.line in lines]
        await session.execute(
            text(
                """
                update batch_row set raw = new.raw
                from jsonb_to_recordset(cast(:found as jsonb)) as new(line integer, raw jsonb)
                where batch_row.batch_id = :batch_id and batch_row.line = new.line
                """
            ),
            {"found": _json([{"line": row.line, "raw": row.cells} for row in found]), "batch_id": batch.id},
        )
    await forget_file(session, batch)


async def _undo(session: AsyncSession, batch: Batch, context: Context) -> dict[str, Any]:
    rows = await _rows(session, batch, BatchRow.line < batch.cursor, order=BatchRow.line.desc())
    if not rows:
        await forget_file(session, batch)
        counts = {name: number for name, number in batch.counts.items() if name not in ("of", "kept")}
        return {"state": State.UNDONE, "counts": {"undone": 0, "left": 0, **counts}}
    stood = [(row.action, row.before, list(row.problems)) for row in rows]
    counter = await subject_of(batch.subject).undo(session, rows, context=context)
    await _write_back(session, rows, stood)
    return {"cursor": rows[-1].line, "counts": _added(batch, counter)}


async def _rows(session: AsyncSession, batch: Batch, where: Any, *, order: Any) -> list[_Row]:
    """The next rows that have something to write; those of one article are not torn apart."""
    rows = table_of(BatchRow)
    written = getattr(subject_of(batch.subject), "written", WRITTEN)  # a count that was right says how fresh that is
    read_here = ("data", "before", "problems")  # by a reader that is faster than the driver's
    found = await session.execute(
        select(*(cast(rows.c[name], Text) if name in read_here else rows.c[name] for name in _Row.__slots__))
        .where(rows.c.batch_id == batch.id, rows.c.action.in_(written), where)
        .order_by(order)
        .limit(CHUNK + LONGEST_GROUP)
    )
    read = [
        _Row(number, line, key, action, from_json(data), before and from_json(before), from_json(problems))
        for number, line, key, action, data, before, problems in found
    ]
    end = min(CHUNK, len(read))
    while end < len(read) and read[end].data.get("_of") and read[end].data["_of"] == read[end - 1].data.get("_of"):
        end += 1
    return read[:end]


async def _write_back(session: AsyncSession, rows: Sequence[Row], stood: Sequence[tuple[Any, ...]]) -> None:
    """What turned out otherwise than it was checked."""
    changed = [
        {"id": row.id, "action": str(row.action), "before": row.before, "problems": row.problems}
        for row, was in zip(rows, stood, strict=True)
        if (row.action, row.before, row.problems) != was
    ]
    if changed:
        await session.execute(
            text(
                """
                update batch_row set action = new.action, before = new.before, problems = new.problems
                from jsonb_to_recordset(cast(:changed as jsonb))
                    as new(id bigint, action text, before jsonb, problems jsonb)
                where batch_row.id = new.id
                """
            ),
            {"changed": _json(changed)},
        )
