"""Files that are given out: our own, the register of reservations, and the feeds. For the command and for the rooms."""

from collections.abc import AsyncIterator
from datetime import datetime
from enum import StrEnum
from urllib.parse import quote

from sqlalchemy.ext.asyncio import AsyncSession

from booking import journal
from booking.reservations import register
from kit.languages import DEFAULT, speaking
from kit.settings import Settings
from stores import places
from stores.exchange import google, writing


class Export(StrEnum):
    """What can be taken away."""

    PRODUCTS = "products"
    STOCK = "stock"
    STORES = "stores"
    PAIRINGS = "pairings"
    RESERVATIONS = "reservations"
    FEED_PRODUCTS = "feed-products"
    FEED_LOCAL_INVENTORY = "feed-local-inventory"

    @property
    def media_type(self) -> str:
        return "application/xml" if self.value.startswith("feed-") else "text/csv; charset=utf-8"


async def pieces(
    session: AsyncSession,
    what: Export,
    settings: Settings,
    *,
    by: str,
    now: datetime,
    language: str = DEFAULT,
    delimiter: str = ",",
) -> AsyncIterator[bytes]:
    """The file, piece by piece; `language` is that of a feed. The journal keeps that reservations were taken away."""
    if what in (Export.FEED_PRODUCTS, Export.FEED_LOCAL_INVENTORY):
        async for piece in feed(session, what, settings, language, now=now):
            yield piece
        return
    yield writing.BOM
    key: writing.Key | None = ()
    if what == Export.RESERVATIONS:
        await journal.record(session, "export", 0, "reservations_exported", by=by, now=now)
        yield writing.encoded([register.COLUMNS], delimiter=delimiter)
    else:
        yield writing.encoded([await writing.head(session, what)], delimiter=delimiter)
    while key is not None:
        if what == Export.RESERVATIONS:
            page = await register.page(session, key)
        else:
            page = await writing.page(session, what, key, now=now)
        yield writing.encoded(page.rows, delimiter=delimiter)
        key = page.next


async def feed(
    session: AsyncSession, what: Export, settings: Settings, language: str, *, now: datetime
) -> AsyncIterator[bytes]:
    """A feed of Google Merchant Center in this language."""
    with speaking(language):
        about = await google.begin(
            session,
            house=settings.house_name,
            language=language,
            url=f"{settings.base_url}/{language}/",
            link=lambda slug: product_url(settings.base_url, language, slug),
            media=f"{settings.base_url}/media/",
        )
    yield google.opening(about).encode()
    stores = {store.id: store for store in await places.every(session)}
    key: writing.Key | None = ()
    while key is not None:
        with speaking(language):
            if what == Export.FEED_PRODUCTS:
                items, key = await google.articles(session, about, key)
            else:
                items, key = await google.levels(session, about, key, stores=stores, now=now)
        yield items.encode()
    yield google.ENDING.encode()


def product_url(base: str, language: str, slug: str) -> str:
    return f"{base}/{language}/p/{quote(slug)}"
