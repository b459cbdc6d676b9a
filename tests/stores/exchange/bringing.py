"""Files brought in a test: checked and applied as the worker does, read back as people see them."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from kit.db import Database
from stores.catalogue import Product, Variant
from stores.exchange import batches
from stores.exchange.batches import Batch, BatchRow, Difference
from web import exchanging


def sheet(*rows: Sequence[str], delimiter: str = ",") -> bytes:
    """A file of these rows, the first being its header."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode()


async def upload(database: Database, clock: Any, file: bytes, *, subject: str = "products", **options: Any) -> int:
    """Sent in and its columns named as they were guessed; it waits for a worker, unless it cannot be used."""
    async with database.work() as session:
        batch = await batches.open_batch(
            session, subject, "fichier.csv", by="Paul", store_ids=None, options=options, now=clock()
        )
        for number, first in enumerate(range(0, len(file), batches.PART_BYTES)):
            await batches.add_part(session, batch, number, file[first : first + batches.PART_BYTES])
        await batches.begin(session, batch, now=clock())
        if batch.state == "uploaded":
            await batches.set_mapping(session, batch, batch.mapping, {}, now=clock())
        return batch.id


async def check(database: Database, clock: Any, file: bytes, **options: Any) -> Batch:
    batch_id = await upload(database, clock, file, **options)
    await exchanging.run(database, clock, batch_id)
    return await look(database, batch_id)


async def apply(database: Database, clock: Any, batch: Batch, typed: str = "") -> Batch:
    async with database.work() as session:
        await batches.confirm(session, await batches.find(session, batch.id), typed, by="Paul", now=clock())
    await exchanging.run(database, clock, batch.id)
    return await look(database, batch.id)


async def bring(database: Database, clock: Any, file: bytes, **options: Any) -> Batch:
    """Checked, and applied whatever the brake says."""
    batch = await check(database, clock, file, **options)
    return await apply(database, clock, batch, str(batch.brake.get("count", "")))


async def undo(database: Database, clock: Any, batch: Batch) -> Batch:
    async with database.work() as session:
        await batches.undo(session, await batches.find(session, batch.id), now=clock())
    await exchanging.run(database, clock, batch.id)
    return await look(database, batch.id)


async def look(database: Database, batch_id: int) -> Batch:
    async with database.work(readonly=True) as session:
        return await batches.find(session, batch_id)


async def differences(database: Database, batch: Batch, action: str | None = None) -> list[Difference]:
    async with database.work(readonly=True) as session:
        return await batches.differences(session, batch, action=action, limit=10_000)


async def rows(database: Database, batch: Batch) -> list[BatchRow]:
    async with database.work(readonly=True) as session:
        query = select(BatchRow).where(BatchRow.batch_id == batch.id).order_by(BatchRow.line)
        return list(await session.scalars(query))


async def article(database: Database, ref: str) -> Product:
    """With its variants and pictures."""
    async with database.work(readonly=True) as session:
        query = select(Product).where(Product.ref == ref)
        found = await session.scalar(
            query.options(
                selectinload(Product.variants), selectinload(Product.pictures), selectinload(Product.category)
            )
        )
        assert found is not None, ref
        return found


async def variant(database: Database, sku: str) -> Variant:
    async with database.work(readonly=True) as session:
        found = await session.scalar(select(Variant).where(Variant.sku == sku))
        assert found is not None, sku
        return found


def codes(row: Difference) -> list[tuple[str, str]]:
    """(column, code) of what is said of a row."""
    return [(problem.column, problem.code) for problem in row.problems]
