"""What the outside world reads: the sitemap and the feeds.

The long ones are files that are made now and then (`web.press`); the worker makes those that somebody reads anew before
they are old. The sitemap of articles is cut by their ids, so that a file never holds more than it may and keeps its
articles for ever.
"""

import re
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import func, select, type_coerce
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from kit import languages
from kit.db import table_of
from kit.errors import NotFound
from kit.languages import LANGUAGES
from kit.settings import Settings
from stores import catalogue, collections
from stores.catalogue import Category, Picture, Product, State
from stores.exchange.google import xml
from web import exporting, pages, press
from web.exporting import Export
from web.house import House
from web.routing import ANYONE, Routes

routes = Routes()

IDS = 10_000
"""Ids of articles in one file of the sitemap, which may hold 50,000 addresses."""
AT_ONCE = 500
MOST_PICTURES = 10
_OF_PRODUCTS: Final = re.compile(r"products-(fr|en)-([1-9]\d{0,5})\.xml")
_OF_OTHERS: Final = re.compile(r"(pages|categories|collections|stores)-(fr|en)\.xml")
_PAGES: Final = ("home", "catalogue", "stores", "book_service", "privacy", "accessibility")
_URLSET: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    ' xmlns:xhtml="http://www.w3.org/1999/xhtml" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">\n'
)
_SHOWN = (Product.state == State.PUBLISHED, Product.listed)


# Feeds


@routes.get("/feeds/products.xml", allow=ANYONE, name="feed_products")
async def feed_products(request: Request, session: AsyncSession) -> Response:
    """Every variant that is shown, in French or with `?language=en` in English."""
    return await _feed(request, session, Export.FEED_PRODUCTS)


@routes.get("/feeds/local-inventory.xml", allow=ANYONE, name="feed_local_inventory")
async def feed_local_inventory(request: Request, session: AsyncSession) -> Response:
    """In which store each of them can be had, at which price; never how many."""
    return await _feed(request, session, Export.FEED_LOCAL_INVENTORY)


async def _feed(request: Request, session: AsyncSession, what: Export) -> Response:
    language = request.query_params.get("language", languages.DEFAULT)
    if language not in LANGUAGES:
        raise NotFound()
    return await press.answer(request, session, f"{what}-{language}.xml", made_of)


def made_of(session: AsyncSession, name: str, settings: Settings, now: datetime) -> AsyncIterator[bytes]:
    """The pieces of a file by its name. Raises `NotFound` for a name that is none."""
    if found := _OF_PRODUCTS.fullmatch(name):
        return _articles(session, found[1], int(found[2]), settings)
    if found := re.fullmatch(r"(feed-[a-z-]+)-(fr|en)\.xml", name):
        return exporting.feed(session, Export(found[1]), settings, found[2], now=now)
    raise NotFound()


# The sitemap


@routes.get("/sitemap.xml", allow=ANYONE, name="sitemap")
async def sitemap(request: Request, session: AsyncSession) -> Response:
    """The files that there are, each with the moment at which something in it was last changed."""
    base = request.app.state.settings.base_url
    lines = [
        f"<sitemap><loc>{base}/sitemaps/{kind}-{language}.xml</loc></sitemap>\n"
        for kind in ("pages", "categories", "collections", "stores")
        for language in LANGUAGES
    ]
    for language in LANGUAGES:
        for number, changed in await _files(session, language):
            loc = f"{base}/sitemaps/products-{language}-{number}.xml"
            lines.append(f"<sitemap><loc>{loc}</loc><lastmod>{_moment(changed)}</lastmod></sitemap>\n")
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        f"{''.join(lines)}</sitemapindex>\n"
    )
    return _xml(text)


async def _files(session: AsyncSession, language: str) -> Sequence[Any]:
    """(number, last change) of the files of articles that have a name in this language."""
    number = (Product.id - 1) // IDS + 1
    query = (
        select(number, func.max(Product.updated_at))
        .where(*_SHOWN, type_coerce(Product.name, JSONB).has_key(language), ~Product.drafts.contains([language]))
        .group_by(number)
        .order_by(number)
    )
    return (await session.execute(query)).all()


@routes.get("/sitemaps/{name}", allow=ANYONE, name="sitemap_part")
async def sitemap_part(request: Request, session: AsyncSession) -> Response:
    name = request.path_params["name"]
    if found := _OF_OTHERS.fullmatch(name):
        with languages.speaking(found[2]):
            return _xml(_URLSET + "".join(await _others(request, session, found[1])) + "</urlset>\n")
    found = _OF_PRODUCTS.fullmatch(name)
    if not found or int(found[2]) not in {number for number, _ in await _files(session, found[1])}:
        raise NotFound()
    return await press.answer(request, session, name, made_of)


async def _others(request: Request, session: AsyncSession, kind: str) -> list[str]:
    """What there are few of: the fixed pages, the departments and their parts, the stores."""
    house: House = request.app.state.house
    base = request.app.state.settings.base_url

    def each(route: str, slugs: Mapping[str, str] | None = None) -> dict[str, str]:
        of = {one: {"slug": slugs[one]} if slugs else {} for one in LANGUAGES}
        paths = {one: pages.path_for(request.app, route, language=one, **of[one]) for one in LANGUAGES}
        return {one: base + quote(path) for one, path in paths.items()}

    if kind == "pages":
        return [_url(each(name)) for name in _PAGES]
    if kind == "stores":
        return [
            _url(
                each("store", dict.fromkeys(LANGUAGES, store.slug)),
                pictures=[f"{base}/media/{store.scene}"] if store.scene else [],
            )
            for store in house.stores.values()
        ]

    if kind == "collections":
        return [
            _url(each("collection", {language: one.slug(language) for language in LANGUAGES}), changed=one.updated_at)
            for one in await collections.shown(session, now=request.state.now)
        ]

    def within(category: Category) -> set[int]:
        return {category.id, *(child.id for child in house.children(category))}

    changed = await _changed(session)
    return [
        _url(
            each("category", {language: one.slug(language) for language in LANGUAGES}),
            changed=max((changed[id_] for id_ in changed if id_ in within(one)), default=None),
        )
        for one in house.categories
    ]


async def _changed(session: AsyncSession) -> dict[int, datetime]:
    """When an article of each category was last changed."""
    query = select(Product.category_id, func.max(Product.updated_at)).where(*_SHOWN).group_by(Product.category_id)
    return {row[0]: row[1] for row in await session.execute(query)}


async def _articles(session: AsyncSession, language: str, number: int, settings: Settings) -> AsyncIterator[bytes]:
    """The articles of one file that may be read in this language, a few hundred at a time."""
    table, pictures = table_of(Product).c, table_of(Picture).c
    after, last = (number - 1) * IDS, number * IDS
    yield _URLSET.encode()
    while True:
        query = (
            select(table.id, table.slug_fr, table.slug_en, table.name, table.story, table.drafts, table.updated_at)
            .where(table.id > after, table.id <= last, table.state == State.PUBLISHED, table.listed)
            .order_by(table.id)
            .limit(AT_ONCE)
        )
        found = (await session.execute(query)).all()
        hang: dict[int, list[str]] = {}
        of_these = select(pictures.product_id, pictures.path).where(pictures.product_id.in_([row.id for row in found]))
        for product_id, path in await session.execute(of_these.order_by(pictures.position, pictures.id)):
            hang.setdefault(product_id, []).append(f"{settings.base_url}/media/{path}")
        lines = []
        for row in found:
            spoken = catalogue.spoken(row.name, row.story, row.drafts)
            slugs = {"fr": row.slug_fr, "en": row.slug_en}
            each = {one: exporting.product_url(settings.base_url, one, slugs[one]) for one in spoken}
            if language in each:
                with languages.speaking(language):
                    lines.append(_url(each, changed=row.updated_at, pictures=hang.get(row.id, ())))
        yield "".join(lines).encode()
        if len(found) < AT_ONCE:
            break
        after = found[-1].id
    yield b"</urlset>\n"


def _url(each: Mapping[str, str], *, changed: datetime | None = None, pictures: Iterable[str] = ()) -> str:
    """An address in the language spoken, with the same in the other; languages name each other if there are two."""
    told = [f"<loc>{xml(each[languages.language()])}</loc>"]
    if changed:
        told.append(f"<lastmod>{_moment(changed)}</lastmod>")
    if len(each) > 1:
        told += [f'<xhtml:link rel="alternate" hreflang="{one}" href="{xml(url)}"/>' for one, url in each.items()]
    told += [f"<image:image><image:loc>{xml(one)}</image:loc></image:image>" for one in list(pictures)[:MOST_PICTURES]]
    return f"<url>{''.join(told)}</url>\n"


def _moment(when: datetime) -> str:
    return when.isoformat(timespec="seconds")


def _xml(text: str) -> Response:
    return Response(text, media_type="application/xml", headers={"cache-control": "public, max-age=3600"})


async def keep_fresh(database: Any, settings: Settings, *, now: datetime) -> None:
    """Make the files anew that are read and will soon be old; the worker's part."""
    for path in press.made(settings):
        if press.age(path, now) > press.FRESH * 0.8:
            async with database.work(readonly=True) as session:
                await press.make(path, made_of(session, path.name, settings, now), now=now)
