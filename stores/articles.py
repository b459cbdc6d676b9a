"""Articles as lists and pages show them: a product with its variants, their stock in every store, and its pictures.

Any number of them takes two statements: the products with their variants and pictures, and the stock of all of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Integer,
    Select,
    and_,
    any_,
    bindparam,
    cast,
    func,
    null,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession

from kit import languages
from kit.db import table_of
from kit.errors import NotFound
from kit.languages import Translated
from kit.money import Money
from stores.catalogue import Picture, Product, State, Variant
from stores.pairings import Pairing
from stores.stock import StoreStock

SIMILAR = 6
GOES_FIRST = 100_000
"""Taken off the order of what goes with an article, so that it comes before its neighbours."""


class Cell(NamedTuple):
    """The stock of one variant in one store, as far as the public words need it."""

    book: int
    available: int
    fed: int | None
    seen: int | None
    not_found: int | None
    """Seconds since 1970: a page weighs hundreds of cells and reads the hours of a few."""
    on_show: bool = False
    price_minor: int | None = None
    """The store's own price, where that is not the one of the house."""

    @property
    def fed_at(self) -> datetime | None:
        return _moment(self.fed)

    @property
    def seen_at(self) -> datetime | None:
        return _moment(self.seen)

    @property
    def not_found_at(self) -> datetime | None:
        return _moment(self.not_found)


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


class Shown(NamedTuple):
    """A picture as it hangs on an article."""

    path: str
    texts: dict[str, str]
    width: int
    height: int
    variant_id: int | None
    focal_x: int
    focal_y: int

    @property
    def alt(self) -> Translated:
        return Translated(self.texts)


class Choice(NamedTuple):
    """One variant of an article, with its stock by store."""

    id: int
    sku: str
    gtin: str | None
    options: list[Any]
    price: Money
    was: Money | None
    """The price that is crossed out: the lowest of the thirty days before the reduction."""
    cells: dict[int, Cell]

    @property
    def label(self) -> str:
        """Its options in the language that is spoken: "Laiton, 30 cm"; empty when there is but one form."""
        return ", ".join(Translated(option["value"]).text() for option in self.options)

    def price_in(self, store_id: int | None) -> Money:
        """What it costs there: the store's own price where it has one, which is never crossed out."""
        cell = self.cells.get(store_id) if store_id is not None else None
        own = cell.price_minor if cell else None
        return self.price if own is None else Money(own, self.price.currency)


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
    choices: list[Choice]
    pictures: list[Shown]

    def slug(self, language: str) -> str:
        return self.slug_en if language == "en" else self.slug_fr


def _rows_of(table: type[Variant] | type[Picture], *columns: Any, where: Any = True) -> Any:
    """What belongs to the product, as one JSON value in its order: a page of 24 articles is 24 rows."""
    row = func.json_build_array(*columns)
    inner = func.json_agg(aggregate_order_by(row, table.position, table.id))
    query = select(inner).where(table.product_id == Product.id, where).correlate(Product)
    return type_coerce(query.scalar_subquery(), JSON)


VARIANTS = _rows_of(
    Variant, Variant.id, Variant.sku, Variant.gtin, Variant.options, Variant.price_minor, Variant.currency,
    Variant.lowest_minor, where=~Variant.hidden,
)  # fmt: skip
PICTURES = _rows_of(
    Picture, Picture.path, Picture.alt, Picture.width, Picture.height, Picture.variant_id, Picture.focal_x,
    Picture.focal_y,
)  # fmt: skip
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
    Product.drafts,
    VARIANTS,
    PICTURES,
)
NAME = 4
"""Its place among the columns."""
SHOWN = and_(Product.state == State.PUBLISHED, Product.listed)
"""What lists and searches may name."""


BY_SLUG = {
    language: select(Product, VARIANTS, PICTURES)
    .where(or_(Product.slug_fr == bindparam("slug"), Product.slug_en == bindparam("slug")))
    .order_by((own == bindparam("slug")).desc())
    .limit(1)
    for language, own in (("fr", Product.slug_fr), ("en", Product.slug_en))
}
"""By the language that is spoken: what is the address of one article there may be that of another elsewhere."""


def _beside() -> Select[Any]:
    """What goes with an article, with the reason, and the newest of its department, each once, in their order."""
    here, category = bindparam("product", type_=Integer), bindparam("category", type_=Integer)
    goes = (
        select(Pairing.other_id.label("id"), type_coerce(Pairing.reason, JSONB).label("reason"),
               (Pairing.position - GOES_FIRST).label("place"))
        .join(Product, Product.id == Pairing.other_id)
        .where(SHOWN, Pairing.product_id == here)
        .order_by(Pairing.position, Pairing.other_id)
        .limit(SIMILAR)
        .subquery()
    )  # fmt: skip
    newest = (Product.published_at.desc(), Product.id.desc())
    with_it = select(Pairing.other_id).where(Pairing.product_id == here)
    near = (
        select(Product.id, Product.published_at)
        .where(SHOWN, Product.category_id == category, Product.id != here, Product.id.not_in(with_it))
        .order_by(*newest)
        .limit(SIMILAR)
        .subquery()
    )
    in_order = func.row_number().over(order_by=(near.c.published_at.desc(), near.c.id.desc()))
    beside = union_all(goes.select(), select(near.c.id, cast(null(), JSONB), in_order)).subquery()
    return select(*COLUMNS, beside.c.reason).join(beside, beside.c.id == Product.id).order_by(beside.c.place)


BESIDE = _beside()


async def of_query(session: AsyncSession, query: Select[Any], values: Mapping[str, Any] | None = None) -> list[Article]:
    """The articles that a query of `COLUMNS` finds, in its order, with their stock: two statements.

    `values` are those of its parameters: a query that is made once is a third cheaper than one made each time.
    """
    found = [_article(row) for row in await session.execute(query, values)]
    await _fill_cells(session, found)
    return found


async def of_ids(session: AsyncSession, ids: Sequence[int]) -> list[Article]:
    """The articles of these ids, in the order of the ids; those that are not published are left out."""
    if not ids:
        return []
    query = select(*COLUMNS).where(Product.id.in_(ids), Product.state == State.PUBLISHED)
    by_id = {article.id: article for article in await of_query(session, query)}
    return [by_id[i] for i in ids if i in by_id]


class Neighbour(NamedTuple):
    """An article suggested beside another, with the reason; None where they only stand in the same department."""

    article: Article
    reason: Translated | None


async def show(session: AsyncSession, slug: str) -> tuple[Product, Article, list[Neighbour]]:
    """A product by its address in either language, as an article too, and what to show beside it, what goes with it
    first: three statements.

    One that was withdrawn is shown as well, without being offered. Raises `NotFound`.
    """
    row = (await session.execute(BY_SLUG[languages.language()], {"slug": slug})).first()
    if row is None or row[0].state in (State.DRAFT, State.READY):
        raise NotFound()
    product: Product = row[0]
    itself = _article((*(getattr(product, column.key) for column in COLUMNS[:-2]), row[1], row[2]))
    near = {"product": product.id, "category": product.category_id}
    others = [
        Neighbour(_article(found), None if reason is None else Translated.from_json(reason))
        for *found, reason in await session.execute(BESIDE, near)
    ]
    await _fill_cells(session, [itself, *(other.article for other in others)])
    return product, itself, others


_money = lru_cache(maxsize=4096)(Money)


def _article(row: Sequence[Any]) -> Article:
    """One row of `COLUMNS`; its stock comes after."""
    *columns, drafts, variants, pictures = row
    choices = [
        Choice(key, sku, gtin, options, _money(price, currency), _money(was, currency) if was else None, {})
        for key, sku, gtin, options, price, currency, was in variants or ()
    ]
    if drafts:  # a name that is a draft is read by nobody yet
        columns[NAME] = Translated({said: words for said, words in columns[NAME].items() if said not in drafts})
    return Article(*(*columns, choices, [Shown(*picture) for picture in pictures or ()]))


_STOCK = table_of(StoreStock).c


def _seconds(column: Any) -> Any:
    return cast(func.extract("epoch", column), BigInteger)


CELLS = select(
    _STOCK.variant_id, _STOCK.store_id, _STOCK.book, _STOCK.available, _seconds(_STOCK.fed_at),
    _seconds(_STOCK.seen_at), _seconds(_STOCK.not_found_at), _STOCK.on_show, _STOCK.price_minor,
).where(_STOCK.variant_id == any_(bindparam("variants", type_=ARRAY(Integer))))  # fmt: skip


async def _fill_cells(session: AsyncSession, found: Sequence[Article]) -> None:
    """The stock of their variants in every store: one statement for any number of them."""
    by_variant = {choice.id: choice.cells for article in found for choice in article.choices}
    if not by_variant:
        return
    for variant_id, store_id, *cell in await session.execute(CELLS, {"variants": list(by_variant)}):
        by_variant[variant_id][store_id] = Cell._make(cell)


def cheapest(choices: Iterable[Choice]) -> Money | None:
    """The lowest of their prices; None without a choice."""
    return min((choice.price for choice in choices), key=lambda price: price.minor, default=None)
