"""Collections: articles that belong together for a while, chosen by hand or by a rule."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, and_, delete, exists, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship, selectinload

from kit.db import Base, table_of
from kit.errors import FieldError, Gone, Invalid, NotFound, Refused
from kit.languages import LANGUAGES, Translated, lazy
from stores import slugs
from stores.articles import COLUMNS, SHOWN, Article, of_query
from stores.catalogue import Category, Product, Variant
from stores.media import Medium
from stores.stock import StoreStock

KIND = "collection"
"""Of its addresses among `stores.slugs`, and in the journal."""
CAP = 1000
"""Articles of a rule are counted, and shown, no further."""
FEW = 4
"""A store that can show fewer of them than this makes a poor page."""
HOME = 6
"""Articles of the one on the home page."""
TAKEN = lazy("Another collection has this address.")


class StillPublished(Refused):
    code = "collection_published"
    msgid = lazy("Shoppers can see this collection: make it a draft before you delete it.")


class Collection(Base):
    """A page of articles with a title, a sentence and a picture. Shown between its two dates, once it is published."""

    __tablename__ = "collection"
    __table_args__ = (CheckConstraint("state in ('draft', 'published')", name="state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    slug_fr: Mapped[str] = mapped_column(unique=True)
    slug_en: Mapped[str] = mapped_column(unique=True)
    title: Mapped[Translated]
    intro: Mapped[Translated]
    medium_id: Mapped[int | None] = mapped_column(ForeignKey("medium.id"))
    rule: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """Empty: chosen by hand. Else what an article must be, all of it: {"categories": [id], "brands": [name],
    "attributes": {code: [value]}, "low": minor, "high": minor, "new_days": n, "words": text}."""
    state: Mapped[str] = mapped_column(default="draft")
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    on_home: Mapped[bool] = mapped_column(default=False)
    """The one of the home page: the newest of those that are shown."""
    position: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    items: Mapped[list["CollectionItem"]] = relationship(
        lazy="raise", order_by="CollectionItem.position", cascade="all, delete-orphan"
    )
    medium: Mapped[Medium | None] = relationship(lazy="raise")

    def slug(self, language: str) -> str:
        return self.slug_en if language == "en" else self.slug_fr

    def is_shown(self, now: datetime) -> bool:
        begun = self.starts_at is None or self.starts_at <= now
        return self.state == "published" and begun and not self.has_ended(now)

    def has_ended(self, now: datetime) -> bool:
        """Over, after having been shown."""
        return self.state == "published" and self.ends_at is not None and self.ends_at <= now


class CollectionItem(Base):
    """An article of a collection that was chosen by hand."""

    __tablename__ = "collection_item"

    collection_id: Mapped[int] = mapped_column(ForeignKey("collection.id", ondelete="CASCADE"), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id", ondelete="CASCADE"), primary_key=True, index=True)
    position: Mapped[int] = mapped_column(default=0)

    product: Mapped[Product] = relationship(lazy="raise")


# Keeping


async def add(session: AsyncSession, collection: Collection, items: Sequence[int]) -> Collection:
    """A new one, of these products by hand. Raises `Invalid` for an address that is taken."""
    await _ask(session, None, collection.slug_fr, collection.slug_en)
    with _taken():
        async with session.begin_nested():
            session.add(collection)
            await session.flush()
    await _put(session, collection.id, items)
    for language in LANGUAGES:
        await slugs.take(session, KIND, language, collection.slug(language))
    return collection


async def save(
    session: AsyncSession, collection: Collection, items: Sequence[int], *, now: datetime, **values: Any
) -> None:
    """Change it; an address that it leaves leads to it still. Raises `Invalid` for one that is taken."""
    was = {language: collection.slug(language) for language in LANGUAGES}
    await _ask(session, collection.id, values.get("slug_fr", was["fr"]), values.get("slug_en", was["en"]))
    with _taken():
        async with session.begin_nested():
            for name, value in {**values, "updated_at": now}.items():
                setattr(collection, name, value)
            await session.flush()
    await _put(session, collection.id, items)
    for language, slug in was.items():
        if slug != collection.slug(language):
            await slugs.leave(session, KIND, language, slug, collection.id)
            await slugs.take(session, KIND, language, collection.slug(language))


async def _ask(session: AsyncSession, collection_id: int | None, *mine: str) -> None:
    """An address belongs to one collection, whichever language it is in, since either is understood in both."""
    query = select(Collection.slug_fr, Collection.slug_en).where(
        or_(Collection.slug_fr.in_(mine), Collection.slug_en.in_(mine)), Collection.id.is_distinct_from(collection_id)
    )
    taken = {slug for row in await session.execute(query) for slug in row}
    pairs = zip(LANGUAGES, mine, strict=True)
    errors = [FieldError(f"slug_{language}", "taken", TAKEN) for language, slug in pairs if slug in taken]
    if errors:
        raise Invalid(errors=errors)


@contextmanager
def _taken() -> Iterator[None]:
    """Somebody may have taken the address since it was asked for: the database says so."""
    try:
        yield
    except IntegrityError as error:
        raise Invalid("taken", TAKEN, field="slug_fr") from error


async def _put(session: AsyncSession, collection_id: int, items: Sequence[int]) -> None:
    """These products, in this order, and no others."""
    rows = table_of(CollectionItem)
    await session.execute(delete(rows).where(rows.c.collection_id == collection_id))
    if items:
        values = [
            {"collection_id": collection_id, "product_id": product_id, "position": place}
            for place, product_id in enumerate(dict.fromkeys(items))
        ]
        await session.execute(rows.insert(), values)


async def remove(session: AsyncSession, collection: Collection) -> None:
    """Delete one; its old addresses lead nowhere any more."""
    await slugs.forget(session, KIND, collection.id)
    await session.execute(delete(table_of(Collection)).where(Collection.id == collection.id))


# Finding


async def every(session: AsyncSession) -> Sequence[Collection]:
    """All of them with their image, the newest first."""
    query = select(Collection).order_by(Collection.created_at.desc(), Collection.id.desc())
    return (await session.scalars(query.options(joinedload(Collection.medium)))).all()


async def with_medium(session: AsyncSession, medium_id: int) -> Sequence[Collection]:
    """Those that show this image."""
    return (await session.scalars(select(Collection).where(Collection.medium_id == medium_id))).all()


async def find(session: AsyncSession, collection_id: int, *, lock: bool = False) -> Collection:
    """One with its image and its articles by hand; with `lock`, nobody else changes it meanwhile. Raises `NotFound`."""
    query = select(Collection).where(Collection.id == collection_id)
    if lock:
        query = query.with_for_update(of=Collection)
    options = (joinedload(Collection.medium), selectinload(Collection.items).joinedload(CollectionItem.product))
    found: Collection | None = await session.scalar(query.options(*options))
    if found is None:
        raise NotFound()
    return found


async def of_address(session: AsyncSession, slug: str, *, now: datetime, preview: bool = False) -> Collection:
    """The one that has this address in either language, or had it once.

    Raises `NotFound` before it is shown, `Gone` once it has ended; with `preview` neither.
    """
    query = select(Collection).where(or_(Collection.slug_fr == slug, Collection.slug_en == slug))
    loaded = joinedload(Collection.medium)
    found: Collection | None = await session.scalar(query.options(loaded))
    if found is None and (left := await slugs.follow(session, KIND, slug)):
        found = await session.get(Collection, left, options=[loaded])
    if found is None:
        raise NotFound()
    if preview or found.is_shown(now):
        return found
    raise Gone() if found.has_ended(now) else NotFound()


async def shown(session: AsyncSession, *, now: datetime) -> Sequence[Collection]:
    """Those that shoppers can see, the newest first."""
    query = select(Collection).where(*_is_shown(now)).order_by(Collection.created_at.desc(), Collection.id.desc())
    return (await session.scalars(query)).all()


async def of_home(session: AsyncSession, *, now: datetime) -> Collection | None:
    """The one of the home page, if any."""
    query = select(Collection).where(Collection.on_home, *_is_shown(now))
    query = query.order_by(func.coalesce(Collection.starts_at, Collection.created_at).desc(), Collection.id.desc())
    found: Collection | None = await session.scalar(query.limit(1))
    return found


def _is_shown(now: datetime) -> list[ColumnElement[bool]]:
    return [
        Collection.state == "published",
        or_(Collection.starts_at.is_(None), Collection.starts_at <= now),
        or_(Collection.ends_at.is_(None), Collection.ends_at > now),
    ]


# Its articles


async def articles(
    session: AsyncSession, collection: Collection, *, now: datetime, limit: int, offset: int = 0
) -> tuple[list[Article], int]:
    """A page of what it shows, and how many there are up to one more than `CAP`: three statements.

    By hand in their order, by a rule the newest first.
    """
    wanted = conditions(collection.id, collection.rule, now=now)
    query = select(*COLUMNS).where(*wanted)
    if collection.rule is None:
        mine = and_(CollectionItem.product_id == Product.id, CollectionItem.collection_id == collection.id)
        query = query.join(CollectionItem, mine).order_by(CollectionItem.position, Product.id)
    else:
        query = query.order_by(Product.published_at.desc(), Product.id.desc())
    found = await of_query(session, query.limit(limit).offset(offset))
    if not offset and len(found) < limit:
        return found, len(found)
    counted = select(Product.id).where(*wanted).limit(CAP + 1).subquery()
    return found, await session.scalar(select(func.count()).select_from(counted)) or 0


async def by_store(
    session: AsyncSession, collection_id: int, rule: Mapping[str, Any] | None, *, now: datetime
) -> dict[int, int]:
    """How many of its articles each store has, or shows; a store that has none is absent."""
    query = (
        select(StoreStock.store_id, func.count(Product.id.distinct()))
        .join(Variant, and_(Variant.id == StoreStock.variant_id, ~Variant.hidden))
        .join(Product, Product.id == Variant.product_id)
        .where(or_(StoreStock.available > 0, and_(Product.by_appointment, StoreStock.book > 0)))
        .where(*conditions(collection_id, rule, now=now))
        .group_by(StoreStock.store_id)
    )
    return {row[0]: row[1] for row in await session.execute(query)}


def conditions(collection_id: int, rule: Mapping[str, Any] | None, *, now: datetime) -> list[ColumnElement[bool]]:
    """What an article must be to be shown by it; one that is in no list is in no collection."""
    wanted: list[ColumnElement[bool]] = [SHOWN]
    if rule is None:
        chosen = select(CollectionItem.product_id).where(CollectionItem.collection_id == collection_id)
        return [*wanted, Product.id.in_(chosen)]
    if ids := rule.get("categories"):
        within = select(Category.id).where(or_(Category.id.in_(ids), Category.parent_id.in_(ids)))
        wanted.append(Product.category_id.in_(within))
    if brands := rule.get("brands"):
        wanted.append(Product.brand.in_(brands))
    for code, values in rule.get("attributes", {}).items():
        wanted.append(or_(*(Product.attributes.contains({code: value}) for value in values)))
    wanted += _priced(rule.get("low"), rule.get("high"))
    if days := rule.get("new_days"):
        wanted.append(Product.published_at > now - timedelta(days=days))
    if words := rule.get("words"):
        wanted.append(_says(words))
    return wanted


def _priced(low: int | None, high: int | None) -> Iterable[ColumnElement[bool]]:
    """By the cheapest of its variants, as a list says the price."""
    price = (
        select(func.min(Variant.price_minor))
        .where(Variant.product_id == Product.id, ~Variant.hidden)
        .correlate(Product)
        .scalar_subquery()
    )
    if low is not None:
        yield price >= low
    if high is not None:
        yield price <= high


def _says(words: str) -> ColumnElement[bool]:
    """All these words, in French or in English: what a collection shows does not depend on who reads it."""
    plain = func.vitrine_unaccent(words)
    return or_(
        Product.words_fr.op("@@")(func.plainto_tsquery("french", plain)),
        Product.words_en.op("@@")(func.plainto_tsquery("english", plain)),
    )


async def products_by_code(session: AsyncSession, codes: Sequence[str]) -> dict[str, Product]:
    """Products by what somebody typed of them: a reference or the SKU of one of their variants."""
    wanted = {code.upper(): code for code in codes}
    has = exists(select(Variant.id).where(Variant.product_id == Product.id, Variant.sku.in_(wanted)))
    query = select(Product).where(or_(Product.ref.in_(wanted), has)).options(selectinload(Product.variants))
    found = {}
    for product in await session.scalars(query):
        for code in (product.ref, *(variant.sku for variant in product.variants)):
            if code in wanted:
                found[wanted[code]] = product
    return found


async def look_for(session: AsyncSession, words: str, *, limit: int) -> Sequence[Product]:
    """Published articles with all these words, for whoever chooses by hand; the newest first."""
    query = select(Product).where(SHOWN, _says(words)).order_by(Product.published_at.desc(), Product.id.desc())
    return (await session.scalars(query.limit(limit))).all()


async def known_brands(session: AsyncSession, names: Sequence[str]) -> set[str]:
    """Those of these brands that an article has."""
    return set(await session.scalars(select(Product.brand).where(Product.brand.in_(names)).distinct()))
