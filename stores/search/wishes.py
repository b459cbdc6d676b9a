"""What somebody asks of a list of articles, as conditions: departments, brands, attributes, a price, a store, words."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from stores.articles import COLUMNS, SHOWN, Article, of_query
from stores.catalogue import Product, Variant
from stores.search.words import has_words
from stores.stock import StoreStock


class Sort(StrEnum):
    """The order of a list, as it stands in an address."""

    BEST = "best"
    """Of a search alone: what bears the words in its name comes first, then what is newest."""
    NEW = "new"
    PRICE_UP = "price-up"
    PRICE_DOWN = "price-down"
    NAME = "name"


@dataclass(frozen=True)
class Wish:
    """What a list is narrowed to. No category is the whole house; prices are minor units, both included."""

    category_ids: frozenset[int] = frozenset()
    """The page's own department; what a person narrows it to are `departments`."""
    departments: frozenset[int] = frozenset()
    brands: frozenset[str] = frozenset()
    attributes: frozenset[tuple[str, str]] = frozenset()
    """Pairs of an attribute's code and the code of a choice; several of one attribute are alternatives."""
    low: int | None = None
    high: int | None = None
    store_id: int | None = None
    """Only what this store can keep for somebody, or shows."""
    since: datetime | None = None
    """Only what was first shown after this."""
    words: str = ""
    language: str = "fr"
    """Of the words."""

    def choices(self, code: str) -> list[str]:
        """What was chosen of one attribute."""
        return sorted(value for key, value in self.attributes if key == code)


PRICE = (
    select(func.min(Variant.price_minor))
    .where(Variant.product_id == Product.id, ~Variant.hidden)
    .correlate(Product)
    .scalar_subquery()
)


async def browse(
    session: AsyncSession, wish: Wish, *, language: str, sort: Sort = Sort.NEW, limit: int, offset: int = 0
) -> list[Article]:
    """The articles that fulfil the wish, in two statements."""
    return await of_query(session, _listed(wish, language, sort), {"most": limit, "before": offset})


@lru_cache(maxsize=512)
def _listed(wish: Wish, language: str, sort: Sort) -> Select[Any]:
    """The query of a list, made once: the same few are asked all day."""
    query = select(*COLUMNS).where(*conditions(wish), *facets(wish).values()).order_by(*order(sort, language))
    return query.limit(bindparam("most", type_=Integer)).offset(bindparam("before", type_=Integer))


async def is_any(session: AsyncSession, wish: Wish) -> bool:
    """Whether anything fulfils the wish."""
    wanted = select(Product.id).where(*conditions(wish), *facets(wish).values())
    return bool(await session.scalar(select(exists(wanted))))


def conditions(wish: Wish) -> list[ColumnElement[bool]]:
    """What holds for every article of the list, whatever is chosen among its facets."""
    wanted: list[ColumnElement[bool]] = [SHOWN]
    if wish.category_ids:
        wanted.append(_within(wish.category_ids))
    if wish.low is not None:
        wanted.append(wish.low <= PRICE)
    if wish.high is not None:
        wanted.append(wish.high >= PRICE)
    if wish.since is not None:
        wanted.append(Product.published_at >= wish.since)
    if wish.words:
        wanted.append(has_words(wish.words, wish.language))
    return wanted


def facets(wish: Wish) -> dict[str, ColumnElement[bool]]:
    """The chosen facets by name: what each is counted without."""
    chosen: dict[str, ColumnElement[bool]] = {}
    if wish.departments:
        chosen["department"] = _within(wish.departments)
    if wish.brands:
        chosen["brand"] = Product.brand.in_(wish.brands)
    for code in sorted({code for code, _ in wish.attributes}):
        chosen[f"attribute:{code}"] = Product.attributes[code].astext.in_(wish.choices(code))
    if wish.store_id is not None:
        chosen["available"] = at_store(wish.store_id)
    return chosen


def at_store(store_id: int) -> ColumnElement[bool]:
    """Whether this store can keep one for somebody or, of what is chosen with an advisor, shows it."""
    return exists(
        select(StoreStock.variant_id)
        .join(Variant, Variant.id == StoreStock.variant_id)
        .where(
            Variant.product_id == Product.id,
            ~Variant.hidden,
            StoreStock.store_id == store_id,
            or_(StoreStock.available > 0, and_(Product.by_appointment, StoreStock.book > 0)),
        )
    )


def _within(ids: frozenset[int]) -> ColumnElement[bool]:
    # one category by equality, so that its newest can be read off the index
    return Product.category_id == next(iter(ids)) if len(ids) == 1 else Product.category_id.in_(ids)


def order(sort: Sort, language: str) -> list[ColumnElement[Any]]:
    """The newest first within what is otherwise alike; the id last, so that pages never overlap."""
    newest: list[ColumnElement[Any]] = [Product.published_at.desc(), Product.id.desc()]
    match sort:
        case Sort.PRICE_UP:
            return [PRICE.asc(), *newest]
        case Sort.PRICE_DOWN:
            return [PRICE.desc().nulls_last(), *newest]
        case Sort.NAME:
            said = (func.jsonb_extract_path_text(Product.name, spoken) for spoken in (language, "fr", "en"))
            return [func.lower(func.vitrine_unaccent(func.coalesce(*said))), Product.id.asc()]
    return newest
