"""A chain at scale, for load tests: many stores, many products, about seven stores for each variant. Repeatable.

The same `seed` and `now` make the same rows; only ids and links differ. What would be millions of INSERTs goes in by
COPY, a chunk to a transaction, so that no transaction is long and an interrupted run can be seen for what it is.

`shops` are its stores, `families` its assortment, `words` what is said of it, `goods` its products, `rows` what is
copied.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from booking.demo import aurore, towns, week
from booking.demo.chain import goods, rows, shops
from stores import media

Transaction = Callable[[], AbstractAsyncContextManager[AsyncSession]]
"""Opens a transaction that is committed on the way out: `kit.db.Database.work`."""

CHUNK = 2_000
"""Products to a transaction."""
COPY_MAY_TAKE = "120s"


async def build(
    transaction: Transaction,
    *,
    stores: int,
    products: int,
    seed: int,
    media_dir: Path,
    secret: bytes,
    now: datetime,
    password: str = aurore.PASSWORD,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """So many stores and products into an empty database, and the demo's week in the first five of the stores.

    `progress` is told how many products are done, of how many.
    """
    async with transaction() as session:
        await session.execute(text(f"set local statement_timeout = '{COPY_MAY_TAKE}'"))
        await towns.load(session)
        categories = await aurore.put_departments(session, media_dir)
        aurore.keep_scene(media_dir, "hero")
        made = await aurore.put_stores(session, list(shops.store_rows(stores)), now=now)
        open_shops = [shops.shop(store) for store in made]
        slugs = [store.slug for store in made]
        await aurore.put_staff(session, list(shops.people(seed, made)), password=password, now=now)
    parts = goods.parts(categories)
    for first in range(0, products, CHUNK):
        numbers = range(first, min(first + CHUNK, products))
        # made before the transaction begins, which is then as short as it can be
        chunk = [goods.good(seed, number, parts, media_dir) for number in numbers]
        async with transaction() as session:
            await session.execute(text(f"set local statement_timeout = '{COPY_MAY_TAKE}'"))
            await rows.copy(session, chunk, open_shops, seed=seed, now=now)
        progress(numbers.stop, products)
    async with transaction() as session:
        await session.execute(text(f"set local statement_timeout = '{COPY_MAY_TAKE}'"))
        await media.adopt(session, now=now)
        await session.execute(text("analyze product, variant, picture, store_stock, stock_movement"))
    async with transaction() as session:
        cast = week.Cast(*(slugs[number % len(slugs)] for number in range(5)))
        await week.build(session, cast, secret=secret, now=now)
