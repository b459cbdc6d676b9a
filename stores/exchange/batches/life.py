"""What people do with a batch: bring a file, name its columns, say yes or no, take it back.

Who calls these keeps what happened in the journal, in the same transaction (`web.exchanging`).
"""

import asyncio
import hashlib
import tempfile
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, BinaryIO, Final

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from kit.db import after_commit, table_of
from kit.errors import Invalid, Refused
from kit.languages import lazy
from stores.exchange import columns, formats, reading
from stores.exchange.batches.tables import TRANSITIONS, WORKED_ON, Batch, BatchPart, BatchRow, State
from stores.exchange.problems import Unreadable
from stores.exchange.reading import Dialect
from stores.exchange.subjects import Action

PART_BYTES: Final = 1 << 20
MOST_BYTES: Final = 250 * 1000 * 1000
UNDO_WITHIN: Final = timedelta(hours=24)
KEPT: Final = timedelta(days=30)
"""For so long it can be looked up which row changed what; its numbers stay."""


class MovedOn(Refused):
    """Somebody, or the worker, was faster."""

    code = "batch_moved_on"
    msgid = lazy("This import has moved on meanwhile. Look at where it stands now.")


class WrongNumber(Invalid):
    """What was typed is not the number that the brake asks for."""

    code = "wrong_number"
    msgid = lazy("Type %(count)s to go on: this many would change.")


class TooLateToUndo(Refused):
    code = "too_late_to_undo"
    msgid = lazy("An import can be undone for 24 hours. Bring a file with the values that are to come back.")


class ColumnTwice(Invalid):
    code = "column_twice"
    msgid = lazy("“%(first)s” and “%(second)s” cannot both be %(column)s. Choose one.")


class ColumnMissing(Invalid):
    code = "column_missing"
    msgid = lazy("No column is %(column)s. Without it a row cannot be placed.")


class UnknownColumn(Invalid):
    code = "unknown_column"
    msgid = lazy("%(column)s is not a column that can be imported here.")


async def open_batch(
    session: AsyncSession,
    subject: str,
    name: str,
    *,
    by: str,
    store_ids: frozenset[int] | None,
    options: Mapping[str, Any],
    now: datetime,
) -> Batch:
    """A file is about to arrive. Without a subject, its columns will say what it is about."""
    batch = Batch(
        subject=subject,
        name=name[:200],
        by=by,
        store_ids=None if store_ids is None else sorted(store_ids),
        options=dict(options),
        created_at=now,
        changed_at=now,
    )
    session.add(batch)
    await session.flush()
    return batch


async def add_part(session: AsyncSession, batch: Batch, number: int, data: bytes) -> None:
    """The next piece of the file, of at most `PART_BYTES`. Raises `Unreadable` for a file that is too large."""
    size = batch.size + len(data)
    if size > MOST_BYTES:
        raise Unreadable("too_large", limit=MOST_BYTES // 1_000_000)
    session.add(BatchPart(batch_id=batch.id, number=number, data=data))
    # until the check has counted them: as many rows as lines
    batch.size, batch.rows = size, batch.rows + data.count(b"\n")
    await session.flush()


async def begin(session: AsyncSession, batch: Batch, *, now: datetime) -> None:
    """The file is there: see how it is written, whose it is, and what its columns may be.

    A file that cannot be used leaves the batch `failed` with the reason, and nothing of the file.
    """
    with tempfile.TemporaryFile() as file:
        batch.digest = await spool(session, batch.id, file)
        try:
            dialect = await asyncio.to_thread(reading.sniff, file)  # it reads the file to its end
            guess = formats.recognise(
                dialect, subject=batch.subject, format=batch.format, language=batch.options.get("columns_in", "fr")
            )
        except Unreadable as why:
            await fail(session, batch, why, now=now)
            return
    batch.dialect, batch.rows = dialect.as_json(), max(batch.rows - 1, 0)
    batch.format, batch.subject, batch.mapping = guess.format, guess.subject, dict(guess.mapping)
    await session.flush()


async def read_as(session: AsyncSession, batch: Batch, subject: str) -> None:
    """It is about something else than its columns seemed to say: propose them anew."""
    if batch.state != State.UPLOADED:
        raise MovedOn()
    guess = formats.recognise(
        Dialect.from_json(batch.dialect), subject=subject, language=batch.options.get("columns_in", "fr")
    )
    batch.format, batch.subject, batch.mapping = guess.format, guess.subject, dict(guess.mapping)
    await session.flush()


async def spool(session: AsyncSession, batch_id: int, file: BinaryIO, *, most: int | None = None) -> str:
    """Write the pieces of the file, or the first few, one after the other, and go back to its beginning; the SHA-256 of
    what was written, in hex."""
    digest, number = hashlib.sha256(), -1
    query = select(BatchPart.number, BatchPart.data).where(BatchPart.batch_id == batch_id).order_by(BatchPart.number)
    while most != 0 and (part := (await session.execute(query.where(BatchPart.number > number).limit(1))).first()):
        most = None if most is None else most - 1
        number = part.number
        digest.update(part.data)
        file.write(part.data)
    file.seek(0)
    return digest.hexdigest()


async def fail(session: AsyncSession, batch: Batch, why: Unreadable, *, now: datetime) -> None:
    """The file cannot be used."""
    await _move(session, batch, State.FAILED, now=now, error=why.code, error_params=why.params, counts={})
    await forget_file(session, batch)


async def set_mapping(
    session: AsyncSession, batch: Batch, mapping: Mapping[str, str], options: Mapping[str, Any], *, now: datetime
) -> None:
    """These are its columns: check what the file would do. Also of a batch that was checked with other columns.

    Raises `ColumnTwice`, `ColumnMissing`, `UnknownColumn`.
    """
    named = {header: column for header, column in mapping.items() if column}
    _check_columns(batch, named)
    await session.execute(delete(table_of(BatchRow)).where(table_of(BatchRow).c.batch_id == batch.id))
    await _move(
        session, batch, State.CHECKING, now=now, mapping=named, options={**batch.options, **options}, cursor=0,
        counts={}, brake={}, leased_until=None,
    )  # fmt: skip
    after_commit(session, "exchange")


def _check_columns(batch: Batch, mapping: Mapping[str, str]) -> None:
    if batch.format != "vitrine":  # what the columns of others mean is not ours to say
        return
    taken: dict[str, str] = {}
    known = columns_of(batch.subject)
    for header, column in mapping.items():
        if column not in known and not (batch.subject == "products" and column.startswith(columns.ATTRIBUTE)):
            raise UnknownColumn(params={"column": column})
        if column in taken:
            raise ColumnTwice(params={"first": taken[column], "second": header, "column": column})
        taken[column] = header
    for column in columns.NEEDED[batch.subject]:
        instead = {"sku": ("gtin", "ref"), "store": ()}.get(column, ())
        if column not in taken and not any(other in taken for other in instead):
            raise ColumnMissing(params={"column": column})


def columns_of(subject: str) -> tuple[str, ...]:
    """Our columns of a file of this subject; products have those of attributes besides."""
    return {
        "products": (*columns.PRODUCT, *columns.VARIANT),
        "stock": columns.STOCK,
        "stores": columns.STORE,
        "pairings": columns.PAIRING,
    }[subject]


async def confirm(session: AsyncSession, batch: Batch, typed: str, *, by: str, now: datetime) -> None:
    """Do it. Raises `WrongNumber` where the brake asks for a number and another was typed."""
    if batch.brake and "".join(typed.split()) != str(batch.brake["count"]):
        raise WrongNumber(params={"count": batch.brake["count"]}, field="typed")
    kept = {str(name): batch.counts.get(name, 0) for name in (Action.UNCHANGED, Action.REJECTED)}
    counts = {**kept, "of": sum(batch.counts.values()), "kept": sum(kept.values())}
    await _move(session, batch, State.APPLYING, now=now, by=by, cursor=0, counts=counts, leased_until=None)
    after_commit(session, "exchange")


async def cancel(session: AsyncSession, batch: Batch, *, now: datetime) -> None:
    """Not wanted any more: a check leaves nothing, what was applied already is undone."""
    if batch.state == State.APPLYING:
        await _take_back(session, batch, now=now)
        return
    await _move(session, batch, State.CANCELLED, now=now, counts={}, cursor=0, brake={})
    await session.execute(delete(table_of(BatchRow)).where(table_of(BatchRow).c.batch_id == batch.id))
    await forget_file(session, batch)


async def undo(session: AsyncSession, batch: Batch, *, now: datetime) -> None:
    """Write back what stood there. Raises `TooLateToUndo` after `UNDO_WITHIN`."""
    if batch.applied_at and now - batch.applied_at > UNDO_WITHIN:
        raise TooLateToUndo()
    await _take_back(session, batch, now=now)


async def _take_back(session: AsyncSession, batch: Batch, *, now: datetime) -> None:
    """From the last row that was applied back to the first."""
    await _move(session, batch, State.UNDOING, now=now, cursor=Batch.cursor + 1, leased_until=None)
    after_commit(session, "exchange")


async def forget_file(session: AsyncSession, batch: Batch) -> None:
    """Nobody will read it any more."""
    await session.execute(delete(table_of(BatchPart)).where(table_of(BatchPart).c.batch_id == batch.id))


async def _move(session: AsyncSession, batch: Batch, to: State, *, now: datetime, **values: Any) -> None:
    """Take one of the `TRANSITIONS`, unless somebody was faster. The lease of who works on it is worth nothing then."""
    if to not in TRANSITIONS[State(batch.state)]:
        raise MovedOn()
    moved = await session.scalar(
        update(Batch)
        .where(Batch.id == batch.id, Batch.state == batch.state)
        .values(state=to, changed_at=now, lease=Batch.lease + 1, **values)
        .returning(Batch.id)
        .execution_options(synchronize_session=False)
    )
    if moved is None:
        raise MovedOn()
    await session.refresh(batch)


async def forget(session: AsyncSession, *, now: datetime) -> None:
    """The rows, and files, of batches that nobody has touched for long."""
    old = select(Batch.id).where(Batch.changed_at < now - KEPT, Batch.state.not_in(WORKED_ON))
    for table in (table_of(BatchRow), table_of(BatchPart)):
        await session.execute(delete(table).where(table.c.batch_id.in_(old)))
