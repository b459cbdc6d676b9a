"""The grid of stock: variants in rows, stores in columns, as somebody who counts them looks at them.

A page takes two statements whatever its size, and one more where it has to be counted: the variants, and their stock
in the stores that are shown.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.db import table_of
from kit.languages import Translated
from kit.money import Money
from stores import listing
from stores.catalogue import Product, Variant
from stores.listing import CAP
from stores.stock import StoreStock


@dataclass(slots=True)
class Row:
    """A variant, with its stock by store id."""

    id: int
    sku: str
    gtin: str | None
    options: Sequence[Any]
    hidden: bool
    price: Money
    ref: str
    name: Translated
    brand: str
    category_id: int
    cells: dict[int, StoreStock] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Its options in the current language; empty when there is only one form."""
        return ", ".join(Translated(option["value"]).text() for option in self.options)


@dataclass(frozen=True)
class Found:
    """A page of the grid; `count` in all, to one more than `listing.CAP` unless this is the last page."""

    rows: Sequence[Row]
    count: int
    more: bool
    """Whether another page follows."""


_COLUMNS = (
    Variant.id,
    Variant.sku,
    Variant.gtin,
    Variant.options,
    Variant.hidden,
    Variant.price_minor,
    Variant.currency,
    Product.ref,
    Product.name,
    Product.brand,
    Product.category_id,
)


async def page(
    session: AsyncSession,
    wish: listing.Wish,
    store_ids: Collection[int],
    *,
    ref: str = "",
    limit: int,
    offset: int,
) -> Found:
    """The variants of the articles of the wish (or of the article `ref`), `limit` of them after the first `offset`.

    Article by article, in the order of their references; the very code that was typed comes first.
    """
    order = [*_code_first(wish.words), Product.ref, Variant.position, Variant.id]
    query = _query(wish, ref).order_by(*order)
    found = (await session.execute(query.limit(limit + 1).offset(offset))).all()
    rows = [_row(values) for values in found[:limit]]
    by_id = {row.id: row for row in rows}
    cells = select(StoreStock).where(StoreStock.variant_id.in_(by_id), StoreStock.store_id.in_(store_ids))
    for cell in await session.scalars(cells) if by_id and store_ids else ():
        by_id[cell.variant_id].cells[cell.store_id] = cell
    is_last = len(found) <= limit and (found or not offset)
    in_all = offset + len(found) if is_last else await _count(session, wish, ref)
    return Found(rows, in_all, len(found) > limit)


async def rows_of(session: AsyncSession, variant_ids: Collection[int], store_ids: Collection[int]) -> dict[int, Row]:
    """These variants with their stock in these stores, by id; what does not exist is left out."""
    query = select(*_COLUMNS).join(Product, Product.id == Variant.product_id).where(Variant.id.in_(variant_ids))
    found = {row.id: row for row in map(_row, await session.execute(query))}
    cells = select(StoreStock).where(StoreStock.variant_id.in_(found), StoreStock.store_id.in_(store_ids))
    for cell in await session.scalars(cells.execution_options(populate_existing=True)):
        found[cell.variant_id].cells[cell.store_id] = cell
    return found


def cells_of(wish: listing.Wish, store_ids: Collection[int], ref: str = "") -> list[ColumnElement[bool]]:
    """The same choice as conditions on the table of stock, for a file of it."""
    cells = table_of(StoreStock)
    variants = _query(wish, ref).with_only_columns(Variant.id)
    return [cells.c.store_id.in_(store_ids), cells.c.variant_id.in_(variants)]


def _row(values: Any) -> Row:
    id, sku, gtin, options, hidden, price_minor, currency, *of_product = values
    return Row(id, sku, gtin, options, hidden, Money(price_minor, currency), *of_product)


def _query(wish: listing.Wish, ref: str) -> Select[Any]:
    query = select(*_COLUMNS).join(Product, Product.id == Variant.product_id).where(*listing.conditions(wish))
    return query.where(Product.ref == ref) if ref else query


async def _count(session: AsyncSession, wish: listing.Wish, ref: str) -> int:
    found = _query(wish, ref).with_only_columns(Variant.id).limit(CAP + 1).subquery()
    return await session.scalar(select(func.count()).select_from(found)) or 0


def _code_first(words: str) -> list[ColumnElement[bool]]:
    """The variant whose SKU or barcode was typed stands before its sisters; empty where no code was typed."""
    typed = words.strip()
    if not any(sign.isdigit() for sign in typed):
        return []
    digits = re.sub(r"[ .-]", "", typed)
    bare = digits.lstrip("0") if digits.isascii() and digits.isdigit() and 8 <= len(digits) <= 14 else ""
    barcodes = [bare.zfill(length) for length in (8, 12, 13, 14)] if bare else []
    return [or_(func.upper(Variant.sku) == typed.upper(), func.coalesce(Variant.gtin, "").in_(barcodes)).desc()]
