"""What an article still lacks: in each language, and before shoppers may see it.

Two questions that lists, the editor, imports and bulk edits all ask. Pictures are judged by their words and by whether
their image needs any, so both take the ids of the images that only decorate: `decorative` finds them.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from babel.support import LazyProxy
from sqlalchemy import ColumnElement, and_, or_, select, true, type_coerce
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from kit.languages import Translated, lazy
from stores.catalogue import Picture, Product, Variant
from stores.media import Medium


class Part(StrEnum):
    """What has words in each language. One that an article does not have, such as options, lacks nothing."""

    NAME = "name"
    STORY = "story"
    FACTS = "facts"
    OPTIONS = "options"
    PICTURES = "pictures"


class Reason(StrEnum):
    """Why an article cannot be shown yet."""

    NAME = "name"
    CATEGORY = "category"
    PICTURES = "pictures"
    VARIANTS = "variants"


SENTENCES: Final[Mapping[Reason, LazyProxy]] = {
    Reason.NAME: lazy("It has no name in French."),
    Reason.CATEGORY: lazy("It has no category."),
    Reason.PICTURES: lazy("A picture has no description in French, and is not marked as decorative."),
    Reason.VARIANTS: lazy("It has no variant with a price that is shown."),
}


@dataclass(slots=True)
class Outline:
    """An article of which only what is judged was read; `Product` answers to the same names."""

    name: Translated
    story: Translated
    facts: Mapping[str, Any]
    category_id: int | None
    variants: list[Any] = field(default_factory=list)
    """Rows of hidden, price_minor, options."""
    pictures: list[Any] = field(default_factory=list)
    """Rows of alt, medium_id; those that only decorate may be left out."""


def publishable(product: Product | Outline, *, decorative: Collection[int] = ()) -> list[Reason]:
    """Why shoppers may not see it yet; empty when they may. `decorative`: ids of the images that need no words.

    Variants and pictures have to be loaded. Missing English holds nothing back: French is read in its place.
    """
    ok = {
        Reason.NAME: "fr" in product.name,
        Reason.CATEGORY: product.category_id is not None,
        Reason.PICTURES: all("fr" in one.alt or one.medium_id in decorative for one in product.pictures),
        Reason.VARIANTS: any(not one.hidden and one.price_minor > 0 for one in product.variants),
    }
    return [reason for reason, holds in ok.items() if not holds]


def lacking(product: Product | Outline, language: str, *, decorative: Collection[int] = ()) -> list[Part]:
    """The parts without words in this language, in the order of a page."""
    ok = {
        Part.NAME: language in product.name,
        Part.STORY: language in product.story,
        Part.FACTS: bool(product.facts.get(language)),
        Part.OPTIONS: all(
            _is_said(option["name"], language) and _is_said(option["value"], language)
            for variant in product.variants
            if not variant.hidden
            for option in variant.options
        ),
        Part.PICTURES: all(language in one.alt or one.medium_id in decorative for one in product.pictures),
    }
    return [part for part, holds in ok.items() if not holds]


def _is_said(text: Any, language: str) -> bool:
    return language in Translated.from_json(text)


_WORDS: Final = [type_coerce(column, JSONB) for column in (Product.name, Product.story)]


def without(language: str, other: str) -> ColumnElement[bool]:
    """Articles with something to translate: said in the `other` language and not in this one, or not to be read yet.

    Name and story, which are read first; the others are judged one article at a time by `lacking`.
    """
    said = [and_(text.has_key(other), ~text.has_key(language)) for text in _WORDS]
    return or_(*said, Product.drafts.contains([language]))


NEEDS_WORDS: Final = Medium.decorative.is_not(true())
"""Of a picture joined to its image, if it has one."""


async def decorative(session: AsyncSession, product_ids: Collection[int]) -> frozenset[int]:
    """The images of these products that say nothing the text beside them does not."""
    query = select(Medium.id).join(Picture, Picture.medium_id == Medium.id)
    found = await session.scalars(query.where(Picture.product_id.in_(product_ids), Medium.decorative).distinct())
    return frozenset(found)


async def unready(session: AsyncSession, product_ids: Collection[int]) -> dict[int, list[Reason]]:
    """Why each of these articles may not be seen yet, in three statements for any number."""
    query = select(Product.id, Product.name, Product.category_id).where(Product.id.in_(product_ids))
    found = {row.id: Outline(row.name, Translated(), {}, row.category_id) for row in await session.execute(query)}
    variants = select(Variant.product_id, Variant.hidden, Variant.price_minor)
    for row in await session.execute(variants.where(Variant.product_id.in_(found))):
        found[row.product_id].variants.append(row)
    pictures = select(Picture.product_id, Picture.alt, Picture.medium_id).outerjoin(Medium).where(NEEDS_WORDS)
    for picture in await session.execute(pictures.where(Picture.product_id.in_(found))):
        found[picture.product_id].pictures.append(picture)
    return {i: publishable(outline) for i, outline in found.items()}
