"""The two feeds of Google Merchant Center, as RSS 2.0: what there is, and in which store it can be had.

Nothing is sold online, so an article is `in_stock` where a store has it, and a store keeps it for who reserves:
`pickup_method` reserve and `pickup_sla` stand together or not at all. No quantity leaves the house. Only what is
published and listed is named; a variant whose SKU is too long for Google's `id` is not.

Both are written in pages, so that a feed of any size is made in little memory.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote
from xml.sax.saxutils import escape

from sqlalchemy import Row, or_, select, tuple_
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.ext.asyncio import AsyncSession

from kit import rich
from kit.db import table_of
from kit.languages import Translated
from kit.money import Money
from stores import attributes, catalogue, gtin, stock
from stores.attributes import Attribute
from stores.catalogue import Category, Picture, Product, State, Variant
from stores.exchange.writing import Key
from stores.places import Store
from stores.stock import StoreStock

PRODUCTS, LEVELS = 200, 4000
"""Articles, and cells of stock, that one page reads."""
LONGEST_ID, LONGEST_TITLE, LONGEST_STORY, LONGEST_PLACE = 50, 150, 5000, 20
"""Signs that Google reads; of the place in the store, bytes."""
MORE_PICTURES: Final = 10
READABLE: Final = (".webp", ".png", ".jpg", ".jpeg")
"""Pictures that Google and the previews of messengers can read: no SVG."""
ENDING: Final = "</channel>\n</rss>\n"

SAID: Final = {
    "available": "in_stock",
    "to_confirm": "limited_availability",
    "by_appointment": "on_display_to_order",
    "unavailable": "out_of_stock",
}
"""Google's words for what the public reads."""
MEANT: Final = {
    "color": frozenset({"color", "colour", "couleur", "coloris", "teinte", "finition", "finish"}),
    "size": frozenset({"size", "taille", "pointure"}),
    "material": frozenset({"material", "matiere", "materiau"}),
    "pattern": frozenset({"pattern", "motif"}),
}
"""Google's properties, by the names of options and the codes of attributes that say the same."""
_UNSPEAKABLE: Final = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Feed:
    """What all items of a feed have in common."""

    house: str
    language: str
    url: str
    """Where it is read, without the language."""
    link: Callable[[str], str]
    """The address of the page of an article, by its slug."""
    media: str
    """What stands before the path of a picture."""
    departments: Mapping[int, str]
    """`Luminaires > Lampes à poser`, by the id of a category."""
    kinds: Sequence[Attribute]


async def begin(
    session: AsyncSession, *, house: str, language: str, url: str, link: Callable[[str], str], media: str
) -> Feed:
    found = await catalogue.categories(session)
    named = departments(found, language)
    return Feed(house, language, url, link, media, named, await attributes.every(session))


def departments(categories: Iterable[Category], language: str) -> dict[int, str]:
    """The way to each category, by its id."""
    by_id = {one.id: one for one in categories}

    def way(one: Category) -> Iterator[str]:
        if one.parent_id in by_id:
            yield from way(by_id[one.parent_id])
        yield one.name.text(language)

    return {one.id: " > ".join(way(one)) for one in by_id.values()}


def opening(feed: Feed) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0">\n<channel>\n'
        f"<title>{xml(feed.house)}</title>\n<link>{xml(feed.url)}</link>\n<description>{xml(feed.house)}</description>\n"
    )


# What there is


async def articles(session: AsyncSession, feed: Feed, after: Key) -> tuple[str, Key | None]:
    """Items of the next articles, one for each variant, and after which key the next ones come; four statements."""
    table = table_of(Product)
    query = (
        select(*(column for column in table.c if not isinstance(column.type, TSVECTOR)))
        .where(table.c.state == State.PUBLISHED, table.c.listed, table.c.id > (after[0] if after else 0))
        .order_by(table.c.id)
        .limit(PRODUCTS)
    )
    found = (await session.execute(query)).all()
    spoken = [row for row in found if feed.language in catalogue.spoken(row.name, row.story, row.drafts)]
    ids = [row.id for row in spoken]
    variants, pictures = await _variants(session, ids), await _pictures(session, ids)
    had = await _had(session, [one.id for several in variants.values() for one in several])
    items = [
        _article(feed, row, variant, len(variants[row.id]) > 1, pictures.get(row.id, []), variant.id in had)
        for row in spoken
        for variant in variants.get(row.id, ())
        if len(variant.sku) <= LONGEST_ID
    ]
    return "".join(items), (found[-1].id,) if len(found) == PRODUCTS else None


async def _variants(session: AsyncSession, ids: Sequence[int]) -> dict[int, list[Row[Any]]]:
    table = table_of(Variant)
    query = select(table).where(table.c.product_id.in_(ids), ~table.c.hidden)
    return _by_product(await session.execute(query.order_by(table.c.product_id, table.c.position, table.c.id)))


async def _pictures(session: AsyncSession, ids: Sequence[int]) -> dict[int, list[Row[Any]]]:
    table = table_of(Picture)
    query = select(table.c.product_id, table.c.variant_id, table.c.path).where(table.c.product_id.in_(ids))
    return _by_product(await session.execute(query.order_by(table.c.product_id, table.c.position, table.c.id)))


def _by_product(rows: Iterable[Row[Any]]) -> dict[int, list[Row[Any]]]:
    sorted_out: dict[int, list[Row[Any]]] = {}
    for row in rows:
        sorted_out.setdefault(row.product_id, []).append(row)
    return sorted_out


async def _had(session: AsyncSession, variant_ids: Sequence[int]) -> set[int]:
    """Those of these variants that some store has."""
    cells, variants, products = table_of(StoreStock), table_of(Variant), table_of(Product)
    query = (
        select(cells.c.variant_id)
        .distinct()
        .join(variants, variants.c.id == cells.c.variant_id)
        .join(products, products.c.id == variants.c.product_id)
        .where(cells.c.variant_id.in_(variant_ids))
        .where(or_(cells.c.available > 0, products.c.by_appointment & (cells.c.book > 0)))
    )
    return set(await session.scalars(query))


def _article(
    feed: Feed, row: Row[Any], variant: Row[Any], grouped: bool, pictures: Sequence[Row[Any]], had: bool
) -> str:
    language = feed.language
    label = ", ".join(Translated(option["value"]).text(language) for option in variant.options)
    name = row.seo_title.get(language) or row.name.text(language)
    story = rich.plain(row.seo_description.get(language) or row.story.text(language))
    hang = [one.path for one in _hung(pictures, variant.id) if one.path.endswith(READABLE)]
    number = known_gtin(variant.gtin)
    fields: list[tuple[str, str]] = [
        ("id", variant.sku),
        ("title", cut(", ".join(part for part in (name, label) if part), LONGEST_TITLE)),
        ("description", cut(story or name, LONGEST_STORY)),
        ("link", f"{feed.link(row.slug_en if language == 'en' else row.slug_fr)}?sku={quote(variant.sku, safe='')}"),
        *(("image_link" if place == 0 else "additional_image_link", feed.media + path)
          for place, path in enumerate(hang[: 1 + MORE_PICTURES])),
        ("availability", "in_stock" if had else "out_of_stock"),
        *_prices(variant.price_minor, variant.lowest_minor, variant.currency),
        ("brand", row.brand),
        ("gtin", number),
        ("identifier_exists", "yes" if number else "no"),
        ("condition", "new"),
        ("item_group_id", row.ref[:LONGEST_ID] if grouped else ""),
        *_properties(feed, row, variant),
        ("google_product_category", row.google_category),
        ("product_type", feed.departments.get(row.category_id, "")),
    ]  # fmt: skip
    return _item(fields)


def _hung(pictures: Sequence[Row[Any]], variant_id: int) -> list[Row[Any]]:
    """The pictures of the variant first, then those of the article, none of another variant."""
    own = [one for one in pictures if one.variant_id == variant_id]
    return [*own, *(one for one in pictures if one.variant_id is None)] or list(pictures)


def _properties(feed: Feed, row: Row[Any], variant: Row[Any]) -> list[tuple[str, str]]:
    """Colour, size, material, pattern: by the options of the variant, else by the attributes of the article."""
    told: dict[str, str] = {}
    for option in variant.options:
        for meant, words in MEANT.items():
            if words & {_folded(name) for name in option["name"].values()}:
                told.setdefault(meant, Translated(option["value"]).text(feed.language))
    for kind in feed.kinds:
        for meant, words in MEANT.items():
            if kind.code in words and kind.code in row.attributes:
                told.setdefault(meant, kind.words(row.attributes[kind.code]))
    return list(told.items())


# Where it can be had


async def levels(
    session: AsyncSession, feed: Feed, after: Key, *, stores: Mapping[int, Store], now: datetime
) -> tuple[str, Key | None]:
    """Items of the next cells of stock, store by store, and after which key the next ones come; one statement."""
    cells, variants, products = table_of(StoreStock), table_of(Variant), table_of(Product)
    query = (
        select(
            cells,
            variants.c.sku,
            variants.c.price_minor.label("house_minor"),
            variants.c.lowest_minor,
            variants.c.currency,
            products.c.by_appointment,
            products.c.category_id,
        )
        .join(variants, variants.c.id == cells.c.variant_id)
        .join(products, products.c.id == variants.c.product_id)
        .where(tuple_(cells.c.store_id, cells.c.variant_id) > tuple_(*(after or (0, 0))))
        .where(~variants.c.hidden, products.c.state == State.PUBLISHED, products.c.listed)
        .order_by(cells.c.store_id, cells.c.variant_id)
        .limit(LEVELS)
    )
    found = (await session.execute(query)).all()
    open_now = {id_: store.hours.in_season(store.local(now).date()) for id_, store in stores.items()}
    items = [
        _level(feed, row, stores[row.store_id], open_now[row.store_id], now=now)
        for row in found
        if len(row.sku) <= LONGEST_ID and row.store_id in stores
    ]
    return "".join(items), (found[-1].store_id, found[-1].variant_id) if len(found) == LEVELS else None


def _level(feed: Feed, row: Row[Any], store: Store, in_season: bool, *, now: datetime) -> str:
    said: str = "unavailable"
    if in_season:
        said = stock.public_status(row, store, by_appointment=row.by_appointment, now=now)
    reserved = said in ("available", "to_confirm")
    own = row.price_minor is not None
    prices = _prices(row.price_minor if own else row.house_minor, None if own else row.lowest_minor, row.currency)
    return _item(
        [
            ("store_code", store.slug),
            ("id", row.sku),
            ("availability", SAID[said]),
            *prices,
            ("pickup_method", "reserve" if reserved else ""),
            ("pickup_sla", "same_day" if reserved else ""),
            ("instore_product_location", "" if said == "unavailable" else _place(feed, row, store)),
        ]
    )


def _place(feed: Feed, row: Row[Any], store: Store) -> str:
    """`3e - Luminaires`, in at most 20 bytes and whole signs; the floor that the cell names, else its department's."""
    department = feed.departments.get(row.category_id, "").partition(" > ")[0]
    if row.floor is None:
        return ""
    return cut_bytes(" - ".join(part for part in (_floor(row.floor, store.language), department) if part))


def _floor(level: int, language: str) -> str:
    if language == "en":
        return "G" if level == 0 else str(level)
    return {0: "RDC", 1: "1er"}.get(level, f"{level}e" if level > 0 else str(level))


# Cells


def known_gtin(number: str | None) -> str:
    """A number that means something outside the house, with the right check digit; else empty."""
    return number if number and gtin.is_gtin(number) and not gtin.is_in_store(number) else ""


def _prices(minor: int, lowest: int | None, currency: str) -> list[tuple[str, str]]:
    """The price; where a higher one may be crossed out (`stores.prices`), that one, and this as the reduced one."""
    asked = str(Money(minor, currency))
    if lowest is not None and lowest > minor:
        return [("price", str(Money(lowest, currency))), ("sale_price", asked)]
    return [("price", asked)]


def cut(text: str, most: int) -> str:
    """The beginning, ended between two words."""
    if len(text) <= most:
        return text
    whole, _, _ = text[:most].rpartition(" ")
    return f"{(whole or text)[: most - 1].rstrip(' ,;:.')}…"


def cut_bytes(text: str, most: int = LONGEST_PLACE) -> str:
    """As many whole signs as go into so many bytes of UTF-8."""
    return text.encode()[:most].decode(errors="ignore").rstrip(" -")


def xml(text: str) -> str:
    """As it stands between two tags; signs that XML 1.0 has no way to write are left out."""
    return escape(_UNSPEAKABLE.sub("", text))


def _item(fields: Iterable[tuple[str, str]]) -> str:
    told = "".join(f"<g:{name}>{xml(value)}</g:{name}>\n" for name, value in fields if value)
    return f"<item>\n{told}</item>\n"


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in plain if not unicodedata.combining(sign))
