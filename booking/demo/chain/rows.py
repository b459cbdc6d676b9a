"""Products of a chain as rows, each table by one COPY."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from booking.demo.chain.goods import Good
from booking.demo.chain.shops import Shop
from booking.demo.pictures.sheet import HEIGHT, WIDTH
from booking.demo.shelves import SOURCE, Truth, shelf
from stores.catalogue import State
from stores.stock import Kind

STORES_OF_A_VARIANT = (3, 10)
COLUMNS = {
    "product": (
        "id", "ref", "slug_fr", "slug_en", "name", "brand", "story", "facts", "made_in", "category_id", "state",
        "by_appointment", "max_per_reservation", "published_at", "updated_at",
    ),
    "variant": ("id", "product_id", "sku", "gtin", "options", "price_minor", "currency", "position", "hidden"),
    "picture": ("product_id", "variant_id", "path", "alt", "width", "height", "position", "credit"),
    "store_stock": (
        "store_id", "variant_id", "book", "reserved", "unsellable", "safety", "floor", "shelf", "fed_at", "seen_at",
    ),
    "stock_movement": (
        "store_id", "variant_id", "kind", "book", "reserved", "unsellable", "source", "source_event_id", "by", "reason",
        "occurred_at",
    ),
}  # fmt: skip
"""What each COPY fills, in the order in which the tables refer to each other."""


async def copy(
    session: AsyncSession, goods: Sequence[Good], shops: Sequence[Shop], *, seed: int, now: datetime
) -> None:
    """Products with their variants, pictures and stock."""
    rows: dict[str, list[tuple[object, ...]]] = {table: [] for table in COLUMNS}
    product_ids = await _next_ids(session, "product", len(goods))
    variant_ids = iter(await _next_ids(session, "variant", sum(len(good.forms) for good in goods)))
    for product_id, good in zip(product_ids, goods, strict=True):
        published = now - timedelta(days=good.age_days)
        rows["product"].append(
            (
                product_id, good.ref, good.slugs.fr, good.slugs.en, good.name.dump(), good.brand, good.story.dump(),
                good.facts, "FR", good.category_id, str(State.PUBLISHED), False, 3, published, published,
            )
        )  # fmt: skip
        rng = Random(f"{seed}: stock {good.number}")
        for position, form in enumerate(good.forms):
            variant_id = next(variant_ids)
            rows["variant"].append(
                (variant_id, product_id, form.sku, None, form.options, form.price_minor, "EUR", position, False)
            )
            if form.picture:
                path, alt = form.picture
                rows["picture"].append((product_id, variant_id, path, alt, WIDTH, HEIGHT, position, ""))
            label = shelf(good.code, good.number % 60 + 1, position)
            for shop in rng.sample(shops, min(rng.randint(*STORES_OF_A_VARIANT), len(shops))):
                book, shown = _level(rng)
                seen = now - timedelta(days=rng.choices((6, 25, 70), (80, 14, 6))[0] * rng.random())
                fed = now - timedelta(days=rng.choices((0.6, 2.5, 8), (84, 11, 5))[0] * rng.random())
                received = now - timedelta(days=8 + 40 * rng.random())
                place = (shop.levels[good.code], label)
                rows["store_stock"].append((shop.id, variant_id, book, 0, shown, 0, *place, fed, seen))
                rows["stock_movement"] += _movements(shop.id, variant_id, form.sku, book, shown, received)
    for table, records in rows.items():
        await _copy_table(session, table, records)


def _level(rng: Random) -> tuple[int, int]:
    """Units in the books, and how many of them are on show: plenty, few, the last one, a display piece, none."""
    truth = rng.choices((Truth.PLENTY, Truth.FEW, Truth.LAST, Truth.DISPLAY, Truth.SOLD_OUT), (48, 22, 12, 6, 12))[0]
    match truth:
        case Truth.PLENTY:
            return rng.randint(4, 24), int(rng.random() < 0.1)
        case Truth.FEW:
            return rng.randint(2, 3), 0
        case Truth.LAST:
            return 1, 0
        case Truth.DISPLAY:
            return 1, 1
    return 0, 0


def _movements(
    store_id: int, variant_id: int, sku: str, book: int, shown: int, at: datetime
) -> Iterator[tuple[object, ...]]:
    """What adds up to the row: received, and put on show; an empty shelf has nothing to explain."""
    event = f"{store_id}:{sku}"
    if book:
        yield (store_id, variant_id, str(Kind.RECEIPT), book, 0, 0, SOURCE, event, "", "", at)
    if shown:
        show = f"{event}:show"
        yield (store_id, variant_id, str(Kind.DISPLAY_ON), 0, 0, shown, SOURCE, show, "", "", at)


async def _next_ids(session: AsyncSession, table: str, count: int) -> Sequence[int]:
    """So many ids from the table's own sequence, so that rows added later do not meet these."""
    query = text("select nextval(pg_get_serial_sequence(:table, 'id')) from generate_series(1, :count)")
    return (await session.scalars(query, {"table": table, "count": count})).all()


async def _copy_table(session: AsyncSession, table: str, records: Sequence[tuple[object, ...]]) -> None:
    """COPY by the driver itself, inside the session's transaction."""
    connection = await (await session.connection()).get_raw_connection()
    driver = connection.driver_connection
    assert driver is not None
    await driver.copy_records_to_table(table, records=records, columns=COLUMNS[table])
