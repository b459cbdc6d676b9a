"""What is found: articles of a department, narrowed by what somebody asks for, or those that some words mean.

What is found comes as `stores.articles` shows it.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, literal, literal_column, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from stores.articles import COLUMNS, SHOWN, Article, filled
from stores.catalogue import Product, Variant
from stores.stock import StoreStock

CAP = 1000
"""A search counts no further: "more than 1,000"."""
MOST_WORDS = 8


class Sort(StrEnum):
    """The order of a list, as it stands in an address."""

    NEW = "new"
    PRICE_UP = "price-up"
    PRICE_DOWN = "price-down"
    NAME = "name"


@dataclass(frozen=True)
class Wish:
    """What a list is narrowed to. No category is the whole house; prices are minor units, both included."""

    category_ids: frozenset[int] = frozenset()
    brands: frozenset[str] = frozenset()
    low: int | None = None
    high: int | None = None
    store_id: int | None = None
    """Only what this store can keep for somebody, or shows."""


_price = (
    select(func.min(Variant.price_minor))
    .where(Variant.product_id == Product.id, ~Variant.hidden)
    .correlate(Product)
    .scalar_subquery()
)


async def browse(
    session: AsyncSession, wish: Wish, *, language: str, sort: Sort = Sort.NEW, limit: int, offset: int = 0
) -> list[Article]:
    """The articles that fulfil the wish, in three statements."""
    query = select(*COLUMNS).where(*_conditions(wish)).order_by(*_order(sort, language)).limit(limit).offset(offset)
    return await filled(session, [Article(*row) for row in await session.execute(query)])


async def brands(session: AsyncSession, wish: Wish) -> dict[str, int]:
    """How many articles each brand has among those of the wish, whichever brands it names; the most first.

    Articles without a brand are counted under the empty name, so the sum is the count of all.
    """
    found = (
        select(Product.brand, func.count())
        .where(*_conditions(wish, brands=False))
        .group_by(Product.brand)
        .order_by(func.count().desc(), Product.brand)
    )
    return {row[0]: row[1] for row in await session.execute(found)}


async def is_any(session: AsyncSession, wish: Wish) -> bool:
    """Whether anything fulfils the wish."""
    return bool(await session.scalar(select(exists(select(Product.id).where(*_conditions(wish))))))


async def search(
    session: AsyncSession, words: str, language: str, limit: int, offset: int = 0
) -> tuple[Sequence[int], int]:
    """Products that the words mean, the best first, and how many there are, counted to one more than `CAP`.

    A SKU, a GTIN or a reference that is typed whole finds its article before any words do. The last word may be the
    beginning of one, for those who are still typing.
    """
    codes = _with_code(words)
    meant = _meant(words, language)
    if meant is None and codes is None:
        return [], 0
    column = Product.words_en if language == "en" else Product.words_fr
    matches: list[ColumnElement[bool]] = []
    order: list[ColumnElement[Any]] = []
    if codes is not None:
        matches.append(codes)
        order.append(codes.desc())
    if meant is not None:
        matches.append(column.op("@@")(meant))
        order.append(func.ts_rank(column, meant).desc())
    order += [Product.published_at.desc().nulls_last(), Product.id.desc()]
    best = select(Product.id).where(SHOWN, or_(*matches)).order_by(*order).limit(CAP + 1).subquery()
    found = (await session.execute(select(best.c.id, func.count().over()).limit(limit).offset(offset))).all()
    return [row[0] for row in found], found[0][1] if found else 0


def _conditions(wish: Wish, *, brands: bool = True) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [SHOWN]
    if wish.category_ids:
        wanted.append(Product.category_id.in_(wish.category_ids))
    if brands and wish.brands:
        wanted.append(Product.brand.in_(wish.brands))
    if wish.low is not None:
        wanted.append(_price >= wish.low)
    if wish.high is not None:
        wanted.append(_price <= wish.high)
    if wish.store_id is not None:
        wanted.append(
            exists(
                select(StoreStock.variant_id)
                .join(Variant, Variant.id == StoreStock.variant_id)
                .where(
                    Variant.product_id == Product.id,
                    ~Variant.hidden,
                    StoreStock.store_id == wish.store_id,
                    or_(StoreStock.available > 0, and_(Product.by_appointment, StoreStock.book > 0)),
                )
            )
        )
    return wanted


def _order(sort: Sort, language: str) -> list[ColumnElement[Any]]:
    newest: list[ColumnElement[Any]] = [Product.published_at.desc(), Product.id.desc()]
    match sort:
        case Sort.PRICE_UP:
            return [_price.asc(), *newest]
        case Sort.PRICE_DOWN:
            return [_price.desc().nulls_last(), *newest]
        case Sort.NAME:
            said = (func.jsonb_extract_path_text(Product.name, spoken) for spoken in (language, "fr", "en"))
            return [func.lower(func.vitrine_unaccent(func.coalesce(*said))), Product.id.asc()]
    return newest


def _with_code(words: str) -> ColumnElement[bool] | None:
    """The product whose SKU, GTIN or reference was typed, if it can be one."""
    typed = words.strip()
    if not re.fullmatch(r"[\w./ -]{4,40}", typed) or not any(sign.isdigit() for sign in typed):
        return None
    code, digits = typed.upper(), re.sub(r"[ .-]", "", typed)
    ways: list[ColumnElement[bool]] = [Variant.sku == code]
    if digits.isascii() and digits.isdigit() and 8 <= len(digits) <= 14:
        ways.append(Variant.gtin == digits)
    has = exists(select(Variant.id).where(Variant.product_id == Product.id, ~Variant.hidden, or_(*ways)))
    return or_(Product.ref == code, has)


def _meant(words: str, language: str) -> ColumnElement[Any] | None:
    """A tsquery in which every word counts: stemmed, or as it is (brands are kept as they are)."""
    typed = re.findall(r"\w+", words)[:MOST_WORDS]
    if not typed:
        return None
    dictionary = "english" if language == "en" else "french"
    parts: list[ColumnElement[Any]] = []
    for place, word in enumerate(typed):
        plain = func.vitrine_unaccent(literal(word))
        stemmed = func.plainto_tsquery(literal_column(f"'{dictionary}'"), plain)
        whole = stemmed.op("||")(func.plainto_tsquery(literal_column("'simple'"), plain))
        if place == len(typed) - 1 and len(word) > 1:
            begun = func.to_tsquery(literal_column("'simple'"), func.quote_literal(plain).op("||")(literal(":*")))
            whole = whole.op("||")(begun)
        # a word that the dictionary ignores ("de", "the") asks for nothing
        nothing: ColumnElement[Any] = literal_column("''::tsquery")
        parts.append(case((func.numnode(stemmed) == 0, nothing), else_=whole))
    query = parts[0]
    for part in parts[1:]:
        query = query.op("&&")(part)
    return query


def fold(text: str) -> str:
    """Lower case without accents, hyphens and apostrophes as spaces: for comparing what people type with names."""
    plain = unicodedata.normalize("NFKD", text.lower())
    return " ".join(re.findall(r"\w+", "".join(sign for sign in plain if not unicodedata.combining(sign))))
