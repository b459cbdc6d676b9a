"""What the house shows: departments, products, their variants, prices and pictures, in two languages."""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, String, any_, func, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column, relationship, selectinload

from kit.db import Base, table_of
from kit.errors import Gone, NotFound
from kit.languages import DEFAULT, LANGUAGES, Translated
from kit.money import Money


class State(StrEnum):
    """Only `published` is shown; what was `withdrawn` answers 410 and names its neighbours."""

    DRAFT = "draft"
    READY = "ready"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class Category(Base):
    """A department, or a part of one. Departments have no parent and a `code` that the floors of stores name."""

    __tablename__ = "category"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"), index=True)
    department_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"), index=True)
    """The department it belongs to; a department names itself."""
    code: Mapped[str | None] = mapped_column(unique=True)
    slug_fr: Mapped[str] = mapped_column(unique=True)
    slug_en: Mapped[str] = mapped_column(unique=True)
    name: Mapped[Translated]
    intro: Mapped[Translated]
    position: Mapped[int] = mapped_column(default=0)
    scene: Mapped[str] = mapped_column(default="")
    """Path of its picture below /media/."""

    def slug(self, language: str) -> str:
        return self.slug_en if language == "en" else self.slug_fr


def _words(language: str, dictionary: str) -> str:
    """The text that is searched: the name weighs most, then brand, then the story."""
    return (
        f"setweight(to_tsvector('{dictionary}', vitrine_unaccent(coalesce(name->>'{language}', name->>'fr', ''))), 'A')"
        f" || setweight(to_tsvector('simple', vitrine_unaccent(brand)), 'B')"
        f" || setweight(to_tsvector('{dictionary}',"
        f" vitrine_unaccent(coalesce(story->>'{language}', story->>'fr', ''))), 'D')"
    )


def _names(language: str, dictionary: str) -> str:
    """Its name and brand alone: short, so that what bears a word in its name is found and ranked before the rest."""
    return (
        f"to_tsvector('{dictionary}', vitrine_unaccent(coalesce(name->>'{language}', name->>'fr', '')))"
        " || to_tsvector('simple', vitrine_unaccent(brand))"
    )


class Product(Base):
    """One article as people see it; what is reserved is one of its variants."""

    __tablename__ = "product"
    __table_args__ = (
        CheckConstraint("max_per_reservation between 1 and 99", name="max_per_reservation"),
        CheckConstraint("state in ('draft', 'ready', 'published', 'withdrawn')", name="state"),
        Index("ix_product_words_fr", "words_fr", postgresql_using="gin"),
        Index("ix_product_words_en", "words_en", postgresql_using="gin"),
        Index("ix_product_names_fr", "names_fr", postgresql_using="gin"),
        Index("ix_product_names_en", "names_en", postgresql_using="gin"),
        Index("ix_product_shown", "category_id", "published_at", "id", postgresql_where="state = 'published'"),
        Index("ix_product_newest", "published_at", "id", postgresql_where="state = 'published'"),
        Index("ix_product_publish_at", "publish_at", postgresql_where="publish_at is not null"),
        Index("ix_product_unpublish_at", "unpublish_at", postgresql_where="unpublish_at is not null"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    """The stable reference that integrators use; never shown as a title."""
    slug_fr: Mapped[str] = mapped_column(unique=True)
    slug_en: Mapped[str] = mapped_column(unique=True)
    name: Mapped[Translated]
    brand: Mapped[str] = mapped_column(default="")
    story: Mapped[Translated]
    """Why it exists and how it lives; paragraphs are separated by an empty line."""
    facts: Mapped[dict[str, Any]]
    """What can be measured: {"fr": [["Matière", "Laiton"], …], "en": …}, in the order shown."""
    made_in: Mapped[str] = mapped_column(default="")
    category_id: Mapped[int] = mapped_column(ForeignKey("category.id"), index=True)
    state: Mapped[str] = mapped_column(default=State.DRAFT)
    by_appointment: Mapped[bool] = mapped_column(default=False)
    """Shown on the floor, chosen with an advisor; never reserved."""
    try_in_store: Mapped[bool] = mapped_column(default=False)
    """Worth coming for: it can be tried, felt, heard in a store."""
    listed: Mapped[bool] = mapped_column(default=True)
    """Not listed: shown to whoever has its address, found in no list and no search."""
    max_per_reservation: Mapped[int] = mapped_column(default=3)
    care: Mapped[Translated] = mapped_column(default=Translated)
    seo_title: Mapped[Translated] = mapped_column(default=Translated)
    seo_description: Mapped[Translated] = mapped_column(default=Translated)
    """For search engines, where the name and the story do not say it best."""
    google_category: Mapped[str] = mapped_column(default="")
    """Id or path of Google's product taxonomy."""
    attributes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Values by code of `stores.attributes.Attribute`, each of the attribute's kind."""
    drafts: Mapped[list[Any]] = mapped_column(default=list)
    """Languages whose words are not to be read yet."""
    published_at: Mapped[datetime | None]
    """When it was first shown; decides what is new."""
    publish_at: Mapped[datetime | None]
    unpublish_at: Mapped[datetime | None]
    """When the worker shows it, and takes it away."""
    updated_at: Mapped[datetime]
    words_fr: Mapped[Any] = mapped_column(TSVECTOR, Computed(_words("fr", "french"), persisted=True), deferred=True)
    words_en: Mapped[Any] = mapped_column(TSVECTOR, Computed(_words("en", "english"), persisted=True), deferred=True)
    names_fr: Mapped[Any] = mapped_column(TSVECTOR, Computed(_names("fr", "french"), persisted=True), deferred=True)
    names_en: Mapped[Any] = mapped_column(TSVECTOR, Computed(_names("en", "english"), persisted=True), deferred=True)

    category: Mapped[Category] = relationship(lazy="raise")
    variants: Mapped[list["Variant"]] = relationship(
        back_populates="product", lazy="raise", order_by="Variant.position", cascade="all, delete-orphan"
    )
    pictures: Mapped[list["Picture"]] = relationship(
        lazy="raise", order_by="Picture.position", cascade="all, delete-orphan"
    )

    def slug(self, language: str) -> str:
        return self.slug_en if language == "en" else self.slug_fr

    def readable(self, text: Translated) -> Translated:
        """A text of it without the languages that are drafts."""
        return Translated({said: words for said, words in text.items() if said not in self.drafts})


class Variant(Base):
    """What a person takes in her hands: one colour, one size, one price, one code at the till."""

    __tablename__ = "variant"
    __table_args__ = (
        CheckConstraint("price_minor >= 0", name="price"),
        CheckConstraint("gtin ~ '^([0-9]{8}|[0-9]{12,14})$'", name="gtin"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id", ondelete="CASCADE"), index=True)
    sku: Mapped[str] = mapped_column(unique=True)
    gtin: Mapped[str | None] = mapped_column(index=True)
    """8 to 14 digits as text: leading zeros mean something."""
    options: Mapped[list[Any]] = mapped_column(default=list)
    """[{"name": {"fr", "en"}, "value": {"fr", "en"}}], at most three; empty for an article that has but one form."""
    price_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(default="EUR")
    position: Mapped[int] = mapped_column(default=0)
    was_minor: Mapped[int | None]
    """The price before, as the merchandiser says it; the public reads `lowest_minor`."""
    lowest_minor: Mapped[int | None]
    """The price that may be crossed out: see `stores.prices`."""
    weight_grams: Mapped[int | None]
    hidden: Mapped[bool] = mapped_column(default=False)
    """No longer offered, but still named by reservations: variants are never deleted."""

    product: Mapped[Product] = relationship(back_populates="variants", lazy="raise")

    @property
    def price(self) -> Money:
        return Money(self.price_minor, self.currency)

    @property
    def label(self) -> str:
        """Its options in the current language: "Laiton, 30 cm"; empty when there is only one form."""
        return ", ".join(Translated(option["value"]).text() for option in self.options)


class Picture(Base):
    """A picture of a product, or of one of its variants, with words for those who do not see it."""

    __tablename__ = "picture"

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id", ondelete="CASCADE"), index=True)
    variant_id: Mapped[int | None] = mapped_column(ForeignKey("variant.id", ondelete="CASCADE"))
    medium_id: Mapped[int | None] = mapped_column(ForeignKey("medium.id"), index=True)
    """The image that hangs here. What a page needs of it is copied, so that a grid of articles reads one table."""
    path: Mapped[str]
    """Below /media/; named after its content, so that it may be kept for ever."""
    alt: Mapped[Translated]
    """Empty for a picture that only decorates."""
    focal_x: Mapped[int] = mapped_column(default=50)
    focal_y: Mapped[int] = mapped_column(default=50)
    """The point that every crop keeps, in percent from the left and the top."""
    width: Mapped[int]
    height: Mapped[int]
    position: Mapped[int] = mapped_column(default=0)
    credit: Mapped[str] = mapped_column(default="")


def spoken(name: Translated, story: Translated, drafts: Sequence[str]) -> list[str]:
    """The languages in which an article may be read: its name, and its story where it has one, are there and no draft.

    Where that is none, the one in which at least its name is. Search engines are shown these alone.
    """
    whole = [one for one in LANGUAGES if one in name and (not story or one in story) and one not in drafts]
    return whole or [next((one for one in LANGUAGES if one in name and one not in drafts), DEFAULT)]


async def publish_due(session: AsyncSession, *, now: datetime) -> None:
    """Show what is to be shown by now, and take away what is to be taken away; both dates are then done with."""
    rows = table_of(Product)
    await session.execute(
        update(rows)
        .where(rows.c.publish_at <= now, rows.c.state.in_((State.DRAFT, State.READY, State.WITHDRAWN)))
        .values(
            state=State.PUBLISHED,
            published_at=func.coalesce(rows.c.published_at, now),
            publish_at=None,
            updated_at=now,
        )
    )
    await session.execute(
        update(rows)
        .where(rows.c.unpublish_at <= now, rows.c.state == State.PUBLISHED)
        .values(state=State.WITHDRAWN, unpublish_at=None, updated_at=now)
    )


async def categories(session: AsyncSession) -> Sequence[Category]:
    """All of them, departments first, each level in the order of the house."""
    query = select(Category).order_by(Category.parent_id.is_not(None), Category.position, Category.id)
    return (await session.scalars(query)).all()


async def find_product(session: AsyncSession, slug: str, language: str) -> Product:
    """The product behind an address, with all that its page shows.

    Raises `NotFound`, or `Gone` for one that was withdrawn.
    """
    column = Product.slug_en if language == "en" else Product.slug_fr
    query = select(Product).where(column == slug)
    product = await session.scalar(
        query.options(selectinload(Product.variants), selectinload(Product.pictures), selectinload(Product.category))
    )
    if product is None or product.state in (State.DRAFT, State.READY):
        raise NotFound()
    if product.state == State.WITHDRAWN:
        raise Gone()
    return product


async def find_variants(session: AsyncSession, skus: Sequence[str]) -> dict[str, Variant]:
    """Variants that may be reserved, with their product, by SKU; unknown, hidden and unpublished ones are absent."""
    query = (
        select(Variant)
        .join(Variant.product)
        .where(Variant.sku.in_(skus), ~Variant.hidden, Product.state == State.PUBLISHED)
        .options(selectinload(Variant.product).selectinload(Product.pictures))
    )
    return {variant.sku: variant for variant in await session.scalars(query)}


async def ids_of_skus(session: AsyncSession, skus: Collection[str]) -> dict[str, int]:
    """The ids of all variants of these SKUs, hidden ones too; thousands at once."""
    variants = table_of(Variant)
    named = select(variants.c.sku, variants.c.id).where(variants.c.sku == any_(literal(list(skus), ARRAY(String))))
    return {row.sku: row.id for row in await session.execute(named)}
