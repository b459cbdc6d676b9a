"""What is there already of the articles that some rows are about, read in a handful of statements."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Table, any_, bindparam, or_, select, type_coerce
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT
from sqlalchemy.ext.asyncio import AsyncSession

from kit.db import TranslatedText, table_of
from stores import attributes, catalogue
from stores import gtin as gtins
from stores.catalogue import Category, Picture, Product, State, Variant
from stores.exchange.products.fields import MOMENTS, Entry, Field, of_attributes
from stores.exchange.subjects import Context
from stores.media import Medium
from stores.places import Store
from stores.search import fold

PRODUCT_COLUMNS: Final = tuple(
    column.name for column in table_of(Product).c if column.computed is None and column.name != "updated_at"
)
VARIANT_COLUMNS: Final = tuple(column.name for column in table_of(Variant).c)
PICTURE_COLUMNS: Final = tuple(column.name for column in table_of(Picture).c)


@dataclass
class House:
    """What all rows of a file are read against: departments and attributes."""

    slugs: dict[int, str]
    """Category id → its slug in French, by which rows name it."""
    ids: dict[str, int]
    words: dict[str, str]
    """Whatever people may write for a category → its slug."""
    fields: dict[str, Field]
    """The columns of attributes."""
    zone: ZoneInfo
    """Of the first store: the clock that a day and hour without an offset are read by."""


async def house(session: AsyncSession, context: Context) -> House:
    """Read once a run."""
    if "house" not in context.memory:
        categories = await catalogue.categories(session)
        context.memory["house"] = House(
            slugs={category.id: category.slug_fr for category in categories},
            ids={category.slug_fr: category.id for category in categories},
            words=_words(categories),
            fields=of_attributes(await attributes.every(session)),
            zone=ZoneInfo(await session.scalar(select(Store.timezone).order_by(Store.id).limit(1)) or "Europe/Paris"),
        )
    found: House = context.memory["house"]
    return found


def _words(categories: Collection[Category]) -> dict[str, str]:
    """Slugs, codes, `Parent > Child` in either language, and names that only one has."""
    by_id = {category.id: category for category in categories}
    names: dict[str, set[str]] = {}
    exact: dict[str, str] = {}
    for category in categories:
        for word in (category.slug_fr, category.slug_en, category.code):
            if word:
                exact[word.casefold()] = category.slug_fr
        for language in ("fr", "en"):
            parents, above = [category.name.text(language)], category.parent_id
            while above is not None:
                parents.insert(0, by_id[above].name.text(language))
                above = by_id[above].parent_id
            for path in (parents, parents[-1:]):
                names.setdefault(" > ".join(map(fold, path)), set()).add(category.slug_fr)
    return {**{words: next(iter(slugs)) for words, slugs in names.items() if len(slugs) == 1}, **exact}


def category_of(found: House, cell: str) -> str | None:
    """The slug of the category that is meant."""
    return found.words.get(cell.strip().casefold()) or found.words.get(" > ".join(map(fold, cell.split(">"))))


@dataclass
class Standing:
    """Articles and variants by what files name them by. Entries are copies that may be changed."""

    products: dict[int, Entry] = field(default_factory=dict)
    by_ref: dict[str, Entry] = field(default_factory=dict)
    by_slug: dict[tuple[str, str], Entry] = field(default_factory=dict)
    variants: dict[int, Entry] = field(default_factory=dict)
    by_sku: dict[str, Entry] = field(default_factory=dict)
    by_gtin: dict[str, Entry] = field(default_factory=dict)
    """By its 14 digits."""
    media: dict[str, Entry] = field(default_factory=dict)
    """Images by path."""

    def variants_of(self, product: Entry) -> list[Entry]:
        own: list[Entry] = product["variants"]
        return own


@dataclass
class Named:
    """What rows name."""

    skus: set[str] = field(default_factory=set)
    gtins: set[str] = field(default_factory=set)
    refs: set[str] = field(default_factory=set)
    slugs: dict[str, set[str]] = field(default_factory=lambda: {"fr": set(), "en": set()})
    paths: set[str] = field(default_factory=set)
    product_ids: set[int] = field(default_factory=set)
    variant_ids: set[int] = field(default_factory=set)
    pictures: bool = False
    """Whether the pictures that hang are asked for."""


async def read(session: AsyncSession, named: Named, found: House, *, lock: bool = False) -> Standing:
    """At most six statements. Locked, articles and their variants are nobody else's until the end of the
    transaction."""
    standing = Standing()
    variants, products = table_of(Variant), table_of(Product)
    of_variants = _any(
        (variants.c.sku, named.skus),
        (variants.c.gtin, {way for number in named.gtins for way in _ways(number)}),
        (variants.c.id, named.variant_ids),
    )
    ids = set(named.product_ids)
    if of_variants is not None:
        ids |= set(await session.scalars(select(variants.c.product_id).where(of_variants)))
    of_products = _any(
        (products.c.id, ids),
        (products.c.ref, named.refs),
        (products.c.slug_fr, named.slugs["fr"]),
        (products.c.slug_en, named.slugs["en"]),
    )
    if of_products is not None:
        query = select(*_plain(products, PRODUCT_COLUMNS)).where(of_products).order_by(products.c.id)
        for row in await session.execute(query.with_for_update(key_share=True) if lock else query):
            _keep_product(standing, dict(zip(PRODUCT_COLUMNS, row, strict=True)), found)
    if standing.products:
        await _read_variants(session, standing, lock=lock)
        if named.pictures:
            await _read_pictures(session, standing)
    if named.paths:
        media = table_of(Medium)
        for row in await session.execute(select(media).where(_in(media.c.path, named.paths))):
            standing.media[row.path] = row._asdict()
    return standing


def _keep_product(standing: Standing, entry: Entry, found: House) -> None:
    entry["category"] = found.slugs.get(entry["category_id"], "")
    for name in MOMENTS:
        entry[name] = as_text(entry[name])
    entry["variants"], entry["pictures"] = [], []
    standing.products[entry["id"]] = standing.by_ref[entry["ref"]] = entry
    for language in ("fr", "en"):
        standing.by_slug[language, entry[f"slug_{language}"]] = entry


async def _read_variants(session: AsyncSession, standing: Standing, *, lock: bool) -> None:
    variants = table_of(Variant)
    query = select(*_plain(variants, VARIANT_COLUMNS)).where(_in(variants.c.product_id, standing.products))
    query = query.order_by(variants.c.id)
    for row in await session.execute(query.with_for_update(key_share=True) if lock else query):
        entry = dict(zip(VARIANT_COLUMNS, row, strict=True))
        standing.variants[entry["id"]] = standing.by_sku[entry["sku"]] = entry
        standing.products[entry["product_id"]]["variants"].append(entry)
        if entry["gtin"]:
            standing.by_gtin[gtins.padded(entry["gtin"])] = entry
    for product in standing.products.values():
        product["variants"].sort(key=lambda variant: (variant["position"], variant["id"]))


async def _read_pictures(session: AsyncSession, standing: Standing) -> None:
    pictures = table_of(Picture)
    query = select(*_plain(pictures, PICTURE_COLUMNS)).where(_in(pictures.c.product_id, standing.products))
    for row in await session.execute(query.order_by(pictures.c.position, pictures.c.id)):
        entry = dict(zip(PICTURE_COLUMNS, row, strict=True))
        standing.products[entry["product_id"]]["pictures"].append(entry)


def _plain(table: Table, names: Sequence[str]) -> list[Any]:
    """Columns whose texts in two languages are not made into `Translated`: thousands are read, few are said."""
    return [
        type_coerce(table.c[name], JSONB) if isinstance(table.c[name].type, TranslatedText) else table.c[name]
        for name in names
    ]


def _any(*wanted: tuple[Any, Collection[Any]]) -> Any:
    conditions = [_in(column, values) for column, values in wanted if values]
    return or_(*conditions) if conditions else None


def _in(column: Any, values: Iterable[Any]) -> Any:
    """One parameter however many values: the statement is prepared once."""
    kind = ARRAY(TEXT) if column.type.python_type is str else ARRAY(column.type)
    return column == any_(bindparam(None, list(values), type_=kind))


def _ways(padded: str) -> list[str]:
    """The ways in which a barcode of 14 digits may have been written."""
    return [padded[14 - length :] for length in (8, 12, 13, 14) if not padded[: 14 - length].strip("0")]


def as_text(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(UTC).isoformat()


def said_of(picture: Entry, there: Standing) -> Entry:
    """The words and the image of a picture: a new one says what its image says, unless the row says otherwise."""
    if not picture.get("new"):
        return {"alt": picture["alt"], "medium_id": picture["medium_id"]}
    medium = there.media[picture["path"]]
    return {"alt": {**medium["alt"], **picture["alt"]}, "medium_id": medium["id"]}


# What begins


def blank(ref: str) -> Entry:
    """An article that nothing was said of yet."""
    return {
        "ref": ref, "slug_fr": "", "slug_en": "", "name": {}, "brand": "", "story": {}, "facts": {}, "care": {},
        "seo_title": {}, "seo_description": {}, "made_in": "", "google_category": "", "category": "",
        "state": str(State.DRAFT), "by_appointment": False, "try_in_store": False, "listed": True,
        "max_per_reservation": 3, "attributes": {}, "drafts": [], "published_at": None, "publish_at": None,
        "unpublish_at": None, "variants": [], "pictures": [],
    }  # fmt: skip


def blank_variant(sku: str, currency: str) -> Entry:
    return {
        "sku": sku, "gtin": None, "options": [], "price_minor": 0, "currency": currency, "position": 0,
        "was_minor": None, "weight_grams": None, "hidden": False,
    }  # fmt: skip
