"""Articles as lists and pages show them: a product with its variants, their stock in every store, and its pictures.

Any number of them takes three statements: the products, their variants with the stock, their pictures.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import NotFound
from kit.languages import Translated
from kit.money import Money
from stores.catalogue import Picture, Product, State, Variant
from stores.stock import StoreStock

SIMILAR = 6


@dataclass(frozen=True, slots=True)
class Cell:
    """The stock of one variant in one store, as far as the public words need it."""

    book: int
    available: int
    fed_at: datetime | None
    seen_at: datetime | None
    not_found_at: datetime | None


@dataclass(frozen=True, slots=True)
class Choice:
    """One variant of an article, with its stock by store."""

    id: int
    sku: str
    gtin: str | None
    options: list[Any]
    price: Money
    cells: dict[int, Cell] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Its options in the language that is spoken: "Laiton, 30 cm"; empty when there is but one form."""
        return ", ".join(Translated(option["value"]).text() for option in self.options)


@dataclass(frozen=True, slots=True)
class Article:
    """One product as a list shows it: `choices` and `pictures` in their order."""

    id: int
    ref: str
    slug_fr: str
    slug_en: str
    name: Translated
    brand: str
    by_appointment: bool
    category_id: int
    published_at: datetime | None
    choices: list[Choice] = field(default_factory=list)
    pictures: list[Any] = field(default_factory=list)
    """Rows of path, alt, width, height, variant_id."""

    def slug(self, language: str) -> str:
        return self.slug_en if language == "en" else self.slug_fr


COLUMNS = (
    Product.id,
    Product.ref,
    Product.slug_fr,
    Product.slug_en,
    Product.name,
    Product.brand,
    Product.by_appointment,
    Product.category_id,
    Product.published_at,
)
SHOWN = Product.state == State.PUBLISHED


async def of_ids(session: AsyncSession, ids: Sequence[int]) -> list[Article]:
    """The articles of these ids, in the order of the ids; those that are not shown are left out."""
    if not ids:
        return []
    query = select(*COLUMNS).where(Product.id.in_(ids), SHOWN)
    by_id = {row.id: Article(*row) for row in await session.execute(query)}
    return await filled(session, [by_id[i] for i in ids if i in by_id])


async def show(session: AsyncSession, slug: str) -> tuple[Product, Article, list[Article]]:
    """A product by its address in either language, as an article too, and some of its neighbours: four statements.

    One that was withdrawn is shown as well, without being offered. Raises `NotFound`.
    """
    query = select(Product).where(or_(Product.slug_fr == slug, Product.slug_en == slug))
    product = await session.scalar(query)
    if product is None or product.state in (State.DRAFT, State.READY):
        raise NotFound()
    near = (
        select(*COLUMNS)
        .where(SHOWN, Product.category_id == product.category_id, Product.id != product.id)
        .order_by(Product.published_at.desc(), Product.id.desc())
        .limit(SIMILAR)
    )
    itself = Article(*(getattr(product, column.key) for column in COLUMNS))
    first, *others = await filled(session, [itself, *(Article(*row) for row in await session.execute(near))])
    return product, first, others


async def filled(session: AsyncSession, found: list[Article]) -> list[Article]:
    """The same articles with their variants, stock and pictures, in two statements."""
    if not found:
        return found
    by_id = {article.id: article for article in found}
    await _fill_choices(session, by_id)
    pictures = (
        select(Picture.product_id, Picture.path, Picture.alt, Picture.width, Picture.height, Picture.variant_id)
        .where(Picture.product_id.in_(by_id))
        .order_by(Picture.product_id, Picture.position, Picture.id)
    )
    for row in await session.execute(pictures):
        by_id[row.product_id].pictures.append(row)
    return found


async def _fill_choices(session: AsyncSession, by_id: dict[int, Article]) -> None:
    query = (
        select(
            Variant.product_id,
            Variant.id,
            Variant.sku,
            Variant.gtin,
            Variant.options,
            Variant.price_minor,
            Variant.currency,
            StoreStock.store_id,
            StoreStock.book,
            StoreStock.available,
            StoreStock.fed_at,
            StoreStock.seen_at,
            StoreStock.not_found_at,
        )
        .outerjoin(StoreStock, StoreStock.variant_id == Variant.id)
        .where(Variant.product_id.in_(by_id), ~Variant.hidden)
        .order_by(Variant.product_id, Variant.position, Variant.id)
    )
    choice: Choice | None = None
    for row in await session.execute(query):
        product_id, variant_id, sku, gtin, options, price_minor, currency, store_id, *cell = row
        if choice is None or choice.id != variant_id:
            choice = Choice(variant_id, sku, gtin, options, Money(price_minor, currency))
            by_id[product_id].choices.append(choice)
        if store_id is not None:
            choice.cells[store_id] = Cell(*cell)


def cheapest(choices: Iterable[Choice]) -> Money | None:
    """The lowest of their prices; None without a choice."""
    return min((choice.price for choice in choices), key=lambda price: price.minor, default=None)
