"""Articles as files bring them: one row for each variant, what belongs to the article on one of its rows or on all.

`fields` are the columns, `asking` reads a row by them, `standing` is what is there already; `checking` says what a row
would do, `unnamed` what becomes of the rest, `writing` does it, `undoing` takes it back.

A row is about the variant with its SKU; else about the one with its GTIN, both read as 14 digits; else it is a new one
of the article with its ref, else of the article with one of its addresses; else the article is new. Numbers of other
systems are not read. A rejected row changes nothing, not even what it says about its article.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.db import table_of
from stores.catalogue import Variant
from stores.exchange import columns
from stores.exchange.batches.tables import BatchRow
from stores.exchange.formats import Record
from stores.exchange.products.checking import check, remember
from stores.exchange.products.fields import shown
from stores.exchange.products.undoing import undo
from stores.exchange.products.unnamed import absent
from stores.exchange.products.writing import apply
from stores.exchange.subjects import Action, Brake, Checked, Context, Row

MOST_PRICES = 0.2
MOST_VANISH = 0.05
FEW = 10
"""So few changed prices are looked at one by one, whatever part of the catalogue they are."""


class Products:
    """The subject of batches."""

    columns = (*columns.PRODUCT, *columns.VARIANT)

    def group(self, records: Iterator[Record]) -> Iterator[list[Record]]:
        """Rows of one article that follow each other stay together."""
        group: list[Record] = []
        for record in records:
            ref = record.cells.get("ref")
            if group and (not ref or group[-1].cells.get("ref") != ref):
                yield group
                group = []
            group.append(record)
        if group:
            yield group

    def remember(self, records: Sequence[Record], *, context: Context) -> None:
        remember(records, context)

    async def check(self, session: AsyncSession, records: Sequence[Record], *, context: Context) -> list[Checked]:
        return await check(session, records, context)

    async def absent(self, session: AsyncSession, *, context: Context, after: str, limit: int) -> list[Checked]:
        return await absent(session, context, after=after, limit=limit)

    async def brake(self, session: AsyncSession, *, context: Context) -> Brake | None:
        """More than a fifth of all prices, or a twentieth of all articles that would no longer be offered."""
        rows = table_of(BatchRow)
        of_batch = rows.c.batch_id == context.batch_id
        counts = await session.execute(
            select(
                func.count().filter(rows.c.action == Action.UPDATED, rows.c.data.has_key("price")),
                func.count().filter(
                    rows.c.action.in_([Action.UPDATED, Action.HIDDEN]), rows.c.data["hidden"].as_boolean()
                ),
            ).where(of_batch)
        )
        prices, vanish = counts.one()
        shown = await session.scalar(select(func.count()).where(~Variant.hidden)) or 0
        if vanish > shown * MOST_VANISH:
            return Brake("vanish", vanish, shown)
        if prices > FEW and prices > shown * MOST_PRICES:
            return Brake("prices", prices, shown)
        return None

    async def apply(self, session: AsyncSession, rows: Sequence[Row], *, context: Context) -> Counter[str]:
        return await apply(session, rows, context)

    async def undo(self, session: AsyncSession, rows: Sequence[Row], *, context: Context) -> Counter[str]:
        return await undo(session, rows, context)

    def shown(self, column: str, value: Any, *, context: Context) -> str:
        return shown(column, value, context.currency)


SUBJECT = Products()
