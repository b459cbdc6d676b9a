"""Our own files on their way out: what an import takes back unchanged.

UTF-8 with a byte order mark, without which Excel reads CP1252; otherwise RFC 4180: commas, quotes doubled, CRLF. Excel
splits a file that is opened by a double click at its own language's sign: who writes for French people may ask for
`;`, which the reader takes as well. Instants are in UTC, amounts have a dot, and no cell begins like a formula.

A file is written page by page, each by a few short statements: memory stays flat. Every `page` goes on after a key and
says the next one.
"""

import csv
import io
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, func, select, tuple_
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, selectinload

from kit.db import table_of
from kit.languages import LANGUAGES
from stores import attributes
from stores.attributes import Attribute, Kind
from stores.catalogue import Category, Picture, Product, Variant
from stores.exchange import columns, packing, pairings, places
from stores.exchange.cells import escaped
from stores.exchange.packing import amount, moment, number, truth
from stores.pairings import Pairing
from stores.places import Store
from stores.stock import StockMovement, StoreStock

BOM: Final = "\ufeff".encode()
PRODUCTS, CELLS, STORES, PAIRINGS = 500, 5000, 100, 2000
"""Rows of the main table that one page reads."""

Key = tuple[int, ...]
"""After which row a page goes on; empty: from the beginning."""


@dataclass(frozen=True)
class Page:
    """Some rows, and the key after which the next page begins; None where there is none."""

    rows: list[list[str]]
    next: Key | None


def encoded(rows: Iterable[Sequence[str]], *, delimiter: str = ",") -> bytes:
    """The rows as they stand in the file, each cell harmless."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(
        [escaped(cell) for cell in row] for row in rows
    )
    return text.getvalue().encode()


async def head(session: AsyncSession, subject: str) -> list[str]:
    """The header cells of a file of this subject; of products, with the attributes that there are."""
    if subject == "products":
        return [*columns.PRODUCT, *columns.VARIANT, *_attribute_columns(await attributes.every(session))]
    return list({"stock": columns.STOCK, "stores": columns.STORE, "pairings": columns.PAIRING}[subject])


async def page(session: AsyncSession, subject: str, after: Key, *, now: datetime) -> Page:
    """The next rows of a file of this subject."""
    pages: dict[str, Callable[..., Awaitable[Page]]] = {
        "products": products,
        "stock": stock,
        "stores": stores,
        "pairings": goes_with,
    }
    return await pages[subject](session, after, now=now)


# Products


async def products(
    session: AsyncSession, after: Key, *, now: datetime, where: Sequence[ColumnElement[bool]] = ()
) -> Page:
    """One row for each variant; what belongs to the product stands on its first row, its `ref` on all.

    `where` narrows the products, as a list of them is narrowed.
    """
    table = table_of(Product)
    shown = [column for column in table.c if not isinstance(column.type, TSVECTOR)]
    query = (
        select(*shown, table_of(Category).c.slug_fr.label("category"))
        .join(table_of(Category), table_of(Category).c.id == table.c.category_id)
        .where(table.c.id > (after[0] if after else 0), *where)
        .order_by(table.c.id)
        .limit(PRODUCTS)
    )
    found: Sequence[Any] = (await session.execute(query)).all()
    ids = [row.id for row in found]
    variants = await _by_product(session, Variant, ids)
    pictures = await _by_product(session, Picture, ids)
    kinds = await attributes.every(session)
    rows = []
    for row in found:
        of_product = {**_of_product(row, pictures.get(row.id, ())), **_of_attributes(row.attributes, kinds)}
        only_ref = {"ref": row.ref}
        own: Sequence[Row[Any] | None] = variants.get(row.id, [None])
        for place, variant in enumerate(own):
            cells = {**(only_ref if place else of_product), **(_of_variant(variant) if variant else {})}
            rows.append(cells)
    named = [*columns.PRODUCT, *columns.VARIANT, *_attribute_columns(kinds)]
    return Page(_in_order(rows, named), (ids[-1],) if len(ids) == PRODUCTS else None)


async def _by_product(
    session: AsyncSession, entity: type[Variant] | type[Picture], ids: Sequence[int]
) -> dict[int, list[Row[Any]]]:
    """The variants, or the pictures, of these products, in their order."""
    table = table_of(entity)
    query = select(table).where(table.c.product_id.in_(ids)).order_by(table.c.product_id, table.c.position, table.c.id)
    rows: dict[int, list[Row[Any]]] = {}
    for row in await session.execute(query):
        rows.setdefault(row.product_id, []).append(row)
    return rows


def _of_product(row: Row[Any], pictures: Sequence[Row[Any]]) -> dict[str, str]:
    cells = {
        "ref": row.ref,
        "brand": row.brand,
        "category": row.category,
        "state": row.state,
        "made_in": row.made_in,
        "google_category": row.google_category,
        "by_appointment": truth(row.by_appointment),
        "try_in_store": truth(row.try_in_store),
        "listed": truth(row.listed),
        "max_per_reservation": str(row.max_per_reservation),
        "published_at": moment(row.published_at),
        "publish_at": moment(row.publish_at),
        "unpublish_at": moment(row.unpublish_at),
        "drafts": " ".join(row.drafts),
        "pictures": " ".join(picture.path for picture in pictures),
        "slug:fr": row.slug_fr,
        "slug:en": row.slug_en,
    }
    for language in LANGUAGES:
        for name in ("name", "story", "care", "seo_title", "seo_description"):
            cells[f"{name}:{language}"] = getattr(row, name).get(language, "")
        cells[f"facts:{language}"] = packing.told(row.facts.get(language) or ())
        cells[f"picture_alts:{language}"] = packing.listed(_to_the_last(one.alt.get(language, "") for one in pictures))
    return cells


def _to_the_last(texts: Iterable[str]) -> list[str]:
    """Without the empty ones at the end, which say nothing."""
    told = list(texts)
    while told and not told[-1]:
        told.pop()
    return told


def _of_variant(row: Row[Any]) -> dict[str, str]:
    cells = {
        "sku": row.sku,
        "gtin": row.gtin or "",
        "price": amount(row.price_minor, row.currency),
        "was_price": amount(row.was_minor, row.currency),
        "currency": row.currency,
        "weight_grams": number(row.weight_grams),
        "position": str(row.position),
        "hidden": truth(row.hidden),
    }
    for place, option in enumerate(row.options, start=1):
        for language in LANGUAGES:
            cells[f"option{place}_name:{language}"] = option["name"].get(language, "")
            cells[f"option{place}:{language}"] = option["value"].get(language, "")
    return cells


def _attribute_columns(kinds: Sequence[Attribute]) -> list[str]:
    named: list[str] = []
    for kind in kinds:
        column = columns.ATTRIBUTE + kind.code
        named += columns.both(column) if kind.kind == Kind.TEXT else [column]
    return named


def _of_attributes(values: Mapping[str, Any], kinds: Sequence[Attribute]) -> dict[str, str]:
    cells: dict[str, str] = {}
    for kind in kinds:
        column, value = columns.ATTRIBUTE + kind.code, values.get(kind.code)
        if kind.kind == Kind.TEXT:
            told = value if isinstance(value, Mapping) else {}
            cells |= {f"{column}:{language}": str(told.get(language, "")) for language in LANGUAGES}
        else:
            cells[column] = "" if value is None else str(value)
    return cells


# Stock, stores, pairings


async def stock(session: AsyncSession, after: Key, *, now: datetime, where: Sequence[ColumnElement[bool]] = ()) -> Page:
    """Every cell of every store, or those of `where`. They are counted at `now`, the moment of which their numbers
    speak: what has moved since, while pages before this one were written, is added by who brings the file."""
    cells, variants, houses = table_of(StoreStock), table_of(Variant), table_of(Store)
    moves = table_of(StockMovement)
    since = (
        select(func.coalesce(func.sum(moves.c.book), 0))
        .where(moves.c.store_id == cells.c.store_id, moves.c.variant_id == cells.c.variant_id)
        .where(moves.c.occurred_at > now)
        .correlate(cells)
        .scalar_subquery()
    )
    query = (
        select(cells, variants.c.sku, variants.c.gtin, variants.c.currency, houses.c.slug, since.label("since"))
        .join(variants, variants.c.id == cells.c.variant_id)
        .join(houses, houses.c.id == cells.c.store_id)
        .where(tuple_(cells.c.store_id, cells.c.variant_id) > tuple_(*(after or (0, 0))), *where)
        .order_by(cells.c.store_id, cells.c.variant_id)
        .limit(CELLS)
    )
    found = (await session.execute(query)).all()
    counted_at = moment(now)
    rows = [
        {
            "store": row.slug,
            "sku": row.sku,
            "gtin": row.gtin or "",
            "on_hand": str(row.book - row.since),
            "counted_at": counted_at,
            "unsellable": str(row.unsellable),
            "safety": str(row.safety),
            "floor": number(row.floor),
            "shelf": row.shelf,
            "on_show": truth(row.on_show),
            "price": amount(row.price_minor, row.currency),
        }
        for row in found
    ]
    last = (found[-1].store_id, found[-1].variant_id) if len(found) == CELLS else None
    return Page(_in_order(rows, columns.STOCK), last)


async def stores(session: AsyncSession, after: Key, *, now: datetime) -> Page:
    query = (
        select(Store)
        .where(Store.id > (after[0] if after else 0))
        .order_by(Store.id)
        .limit(STORES)
        .options(selectinload(Store.exceptions))
    )
    found = (await session.scalars(query)).all()
    rows = [places.cells_of(store) for store in found]
    return Page(_in_order(rows, columns.STORE), (found[-1].id,) if len(found) == STORES else None)


async def goes_with(session: AsyncSession, after: Key, *, now: datetime) -> Page:
    product, other = aliased(Product), aliased(Product)
    query = (
        select(Pairing, product.ref, other.ref)
        .join(product, product.id == Pairing.product_id)
        .join(other, other.id == Pairing.other_id)
        .where(tuple_(Pairing.product_id, Pairing.other_id) > tuple_(*(after or (0, 0))))
        .order_by(Pairing.product_id, Pairing.other_id)
        .limit(PAIRINGS)
    )
    found = (await session.execute(query)).all()
    rows = [pairings.cells_of(pairing, ref, other_ref) for pairing, ref, other_ref in found]
    last = (found[-1][0].product_id, found[-1][0].other_id) if len(found) == PAIRINGS else None
    return Page(_in_order(rows, columns.PAIRING), last)


def _in_order(rows: Iterable[Mapping[str, str]], named: Sequence[str]) -> list[list[str]]:
    return [[row.get(column, "") for column in named] for row in rows]
