"""The list of a merchandiser: all articles of the house, whatever their state, as somebody who mends them sees them.

A page takes four statements, whatever its size: the articles, their variants with the stores that have stock, their
pictures, and how many articles there are in all, where the page does not tell.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    union,
)
from sqlalchemy.ext.asyncio import AsyncSession

from kit.languages import LANGUAGES, Translated
from stores import completeness
from stores.catalogue import Picture, Product, State, Variant
from stores.completeness import Outline, Part, Reason
from stores.media import Medium
from stores.stock import StoreStock

CAP = 10_000
"""A list counts no further: "more than 10,000"."""
MOST_WORDS = 8
MOST_BEGUN = 500
"""Articles found by the beginning of a code."""


class View(StrEnum):
    """A question that comes back every morning, as it stands in an address."""

    ALL = "all"
    NO_PICTURE = "no-picture"
    NO_ENGLISH = "no-english"
    NO_STOCK = "no-stock"
    DRAFTS = "drafts"
    SCHEDULED = "scheduled"
    WITHDRAWN = "withdrawn"


class Sort(StrEnum):
    """The order of the list, as it stands in an address: the latest change first, or by a column either way."""

    LATEST = "latest"
    OLDEST = "oldest"
    NAME = "name"
    NAME_DOWN = "name-down"
    BRAND = "brand"
    BRAND_DOWN = "brand-down"


@dataclass(frozen=True)
class Wish:
    """What the list is narrowed to. No category is the whole house; an empty brand or state is any."""

    view: View = View.ALL
    words: str = ""
    category_ids: frozenset[int] = frozenset()
    brand: str = ""
    state: str = ""

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "category_ids": sorted(self.category_ids)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Wish":
        return cls(**{**value, "view": View(value["view"]), "category_ids": frozenset(value["category_ids"])})


@dataclass(slots=True)
class Line:
    """An article of the list."""

    id: int
    ref: str
    slug_fr: str
    slug_en: str
    name: Translated
    brand: str
    category_id: int
    state: str
    listed: bool
    drafts: Sequence[str]
    publish_at: datetime | None
    unpublish_at: datetime | None
    updated_at: datetime
    outline: Outline
    picture: Any = None
    """Row of path, alt, width, height and focal point of the first one; none without pictures."""
    stores: set[int] = field(default_factory=set)
    """Where at least one of its variants can be promised, or seen by appointment."""

    def slug(self, language: str) -> str:
        return self.slug_en if language == "en" else self.slug_fr

    def lacks(self, language: str) -> list[Part]:
        return completeness.lacking(self.outline, language)

    @property
    def unready(self) -> list[Reason]:
        """Why it cannot be shown yet."""
        return completeness.publishable(self.outline)


@dataclass(frozen=True)
class Found:
    """A page of the list; `count` in all, to one more than `CAP` unless this is the last page."""

    lines: Sequence[Line]
    count: int
    more: bool
    """Whether another page follows."""


_COLUMNS = (
    Product.id,
    Product.ref,
    Product.slug_fr,
    Product.slug_en,
    Product.name,
    Product.brand,
    Product.category_id,
    Product.state,
    Product.listed,
    Product.drafts,
    Product.publish_at,
    Product.unpublish_at,
    Product.updated_at,
)
_is_there = or_(StoreStock.available > 0, and_(Product.by_appointment, StoreStock.book > 0))
"""What a store can keep for somebody, or shows to those who have an appointment."""
_NAMES = [column.key for column in _COLUMNS]


async def page(session: AsyncSession, wish: Wish, *, sort: Sort, language: str, limit: int, offset: int) -> Found:
    """The articles of the wish in this order, `limit` of them after the first `offset`."""
    order = _order(sort, language)
    # sorted by what the order needs alone: with their stories, ten thousand articles are sorted a good deal slower
    these = select(Product.id).where(*conditions(wish)).order_by(*order).limit(limit + 1).offset(offset)
    query: Select[Any] = select(*_COLUMNS, Product.story, Product.facts).where(Product.id.in_(these))
    rows = (await session.execute(query.order_by(*order))).all()
    lines = {}
    for *values, story, facts in rows[:limit]:
        own: dict[str, Any] = dict(zip(_NAMES, values, strict=True))
        own["outline"] = Outline(own["name"], story, facts, own["category_id"])
        lines[own["id"]] = Line(**own)
    if lines:
        await _fill(session, lines)
    is_last = len(rows) <= limit and (rows or not offset)
    in_all = offset + len(rows) if is_last else await count(session, wish)
    return Found(list(lines.values()), in_all, len(rows) > limit)


async def _fill(session: AsyncSession, lines: dict[int, Line]) -> None:
    here = (
        select(func.array_agg(StoreStock.store_id))
        .where(StoreStock.variant_id == Variant.id, _is_there)
        .correlate(Variant, Product)
        .scalar_subquery()
    )
    variants = (
        select(Variant.product_id, Variant.hidden, Variant.price_minor, Variant.options, here.label("store_ids"))
        .join(Product, Product.id == Variant.product_id)
        .where(Variant.product_id.in_(lines))
    )
    for row in await session.execute(variants):
        lines[row.product_id].outline.variants.append(row)
        if not row.hidden:
            lines[row.product_id].stores.update(row.store_ids or ())
    pictures = (
        select(
            Picture.product_id,
            Picture.path,
            Picture.alt,
            Picture.width,
            Picture.height,
            Picture.focal_x,
            Picture.focal_y,
            Picture.medium_id,
            completeness.NEEDS_WORDS.label("needs_words"),
        )
        .outerjoin(Medium)
        .where(Picture.product_id.in_(lines))
        .order_by(Picture.product_id, Picture.position, Picture.id)
    )
    for row in await session.execute(pictures):
        line = lines[row.product_id]
        line.picture = line.picture or row
        if row.needs_words:
            line.outline.pictures.append(row)


async def count(session: AsyncSession, wish: Wish) -> int:
    """How many articles fulfil the wish, counted to one more than `CAP`."""
    found = select(Product.id).where(*conditions(wish)).limit(CAP + 1).subquery()
    return await session.scalar(select(func.count()).select_from(found)) or 0


async def ids(session: AsyncSession, wish: Wish, *, limit: int) -> Sequence[int]:
    """All articles of the wish, oldest first, however many pages they fill; at most `limit`."""
    query = select(Product.id).where(*conditions(wish)).order_by(Product.id).limit(limit)
    return (await session.scalars(query)).all()


async def ids_of_refs(session: AsyncSession, refs: Iterable[str]) -> Sequence[int]:
    """Those of the references that are articles, oldest first."""
    query = select(Product.id).where(Product.ref.in_(list(refs))).order_by(Product.id)
    return (await session.scalars(query)).all()


# What is asked of the database


def conditions(wish: Wish) -> list[ColumnElement[bool]]:
    wanted = _of_view(wish.view)
    if wish.category_ids:
        wanted.append(Product.category_id.in_(wish.category_ids))
    if wish.brand:
        wanted.append(Product.brand == wish.brand)
    if wish.state:
        wanted.append(Product.state == wish.state)
    if found := _found(wish.words):
        wanted.append(Product.id.in_(union(*found)))
    return wanted


def _of_view(view: View) -> list[ColumnElement[bool]]:
    """What was withdrawn is mended by nobody: the views of what is missing leave it out."""
    kept = Product.state != State.WITHDRAWN
    match view:
        case View.NO_PICTURE:
            return [kept, ~exists(select(Picture.id).where(Picture.product_id == Product.id))]
        case View.NO_ENGLISH:
            return [kept, completeness.without("en", "fr")]
        case View.NO_STOCK:
            return [kept, ~_in_stock()]
        case View.DRAFTS:
            return [Product.state.in_((State.DRAFT, State.READY))]
        case View.SCHEDULED:
            return [Product.publish_at.is_not(None), Product.state != State.PUBLISHED]
        case View.WITHDRAWN:
            return [Product.state == State.WITHDRAWN]
    return []


def _in_stock() -> ColumnElement[bool]:
    return exists(
        select(StoreStock.variant_id)
        .join(Variant, Variant.id == StoreStock.variant_id)
        .where(Variant.product_id == Product.id, ~Variant.hidden, _is_there)
        .offset(0)  # asked of one article after the other: joined as a whole, a million levels are read
    )


def _order(sort: Sort, language: str) -> list[ColumnElement[Any]]:
    said = (func.jsonb_extract_path_text(Product.name, spoken) for spoken in (language, *LANGUAGES))
    name = func.lower(func.vitrine_unaccent(func.coalesce(*said, "")))
    brand = func.lower(func.vitrine_unaccent(Product.brand))
    match sort:
        case Sort.OLDEST:
            return [Product.updated_at.asc(), Product.id.asc()]
        case Sort.NAME:
            return [name.asc(), Product.id.asc()]
        case Sort.NAME_DOWN:
            return [name.desc(), Product.id.desc()]
        case Sort.BRAND:
            return [brand.asc(), Product.id.asc()]
        case Sort.BRAND_DOWN:
            return [brand.desc(), Product.id.desc()]
    return [Product.updated_at.desc(), Product.id.desc()]


def _found(words: str) -> list[Select[int]]:
    """One query for each way to find what was typed, each with an index of its own; none for nothing typed."""
    typed = re.findall(r"\w+", words)[:MOST_WORDS]
    if not typed:
        return []
    ways = [
        select(Product.id).where(column.op("@@")(_meant(typed, dictionary)))
        for column, dictionary in ((Product.words_fr, "french"), (Product.words_en, "english"))
    ]
    code = words.strip().upper()
    ways.append(select(Product.id).where(Product.ref == words.strip()))
    if not any(sign.isdigit() for sign in code):
        return ways
    begun = code.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
    ways.append(select(Product.id).where(func.upper(Product.ref).like(begun)).limit(MOST_BEGUN))
    ways.append(select(Variant.product_id).where(func.upper(Variant.sku).like(begun)).limit(MOST_BEGUN))
    digits = re.sub(r"[ .-]", "", code)
    if digits.isascii() and digits.isdigit() and 8 <= len(digits) <= 14:
        bare = digits.lstrip("0")
        ways.append(select(Variant.product_id).where(Variant.gtin.in_({bare.zfill(n) for n in (8, 12, 13, 14)})))
    return ways


def _meant(typed: Sequence[str], dictionary: str) -> ColumnElement[Any]:
    """A tsquery in which every word counts: stemmed, or as the beginning of one (brands are kept as they are)."""
    nothing: ColumnElement[Any] = literal_column("''::tsquery")
    whole = nothing
    for word in typed:
        plain = func.vitrine_unaccent(literal(word))
        stemmed = func.plainto_tsquery(literal_column(f"'{dictionary}'"), plain)
        begun = func.to_tsquery(literal_column("'simple'"), func.quote_literal(plain).op("||")(literal(":*")))
        # a word that the dictionary ignores ("de", "the") asks for nothing
        ignored = and_(func.numnode(stemmed) == 0, literal(len(typed) > 1))
        whole = whole.op("&&")(case((ignored, nothing), else_=stemmed.op("||")(begun)))
    return whole
