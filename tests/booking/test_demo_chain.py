"""The demo at other moments, and the chain for load tests: each is built anew and taken back."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from booking import invariants
from booking.demo import aurore, chain, towns
from booking.demo.chain import shops
from booking.reservations import timers
from booking.reservations.states import Status
from booking.reservations.tables import Reservation
from kit.gsm import gsm_length
from stores.catalogue import Category, Picture, Product, Variant
from stores.hours import check_hours
from stores.places import Store
from stores.stock import StoreStock

NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
NIGHT = datetime(2026, 12, 26, 22, 30, tzinfo=UTC)
AFTER_THE_SEASON = datetime(2027, 2, 3, 9, 30, tzinfo=UTC)
SECRET = b"a secret of the test suite, long enough"


async def count(session, query) -> int:
    return await session.scalar(sa.select(sa.func.count()).select_from(query.subquery()))


async def test_an_untouched_database_is_empty(session):
    assert await aurore.is_empty(session)


@pytest.mark.parametrize("now", [NIGHT, AFTER_THE_SEASON], ids=["on a holiday at night", "after the season"])
async def test_the_week_can_be_lived_before_any_moment(session, tmp_path, now):
    await aurore.build(session, media_dir=tmp_path, secret=SECRET, now=now)
    assert await invariants.broken(session) == []
    assert set(await session.scalars(sa.select(Reservation.status))) == set(Status)
    assert list(await timers.due(session, now=now)) == []


# The chain


async def make_chain(session, tmp_path, *, seed=7, stores=12, products=100):
    @asynccontextmanager
    async def transaction():
        yield session
        await session.flush()

    told = []
    await chain.build(
        transaction,
        stores=stores,
        products=products,
        seed=seed,
        media_dir=tmp_path,
        secret=SECRET,
        now=NOON,
        progress=lambda done, total: told.append((done, total)),
    )
    session.expunge_all()
    return told


async def fingerprint(session) -> list[tuple]:
    """What a chain is made of, without the ids that the database gave."""
    queries = (
        sa.select(Product.ref, Product.slug_fr, Product.slug_en, Product.name, Product.story, Product.facts),
        sa.select(Variant.sku, Variant.price_minor, Variant.options),
        sa.select(Picture.path, Picture.alt),
        sa.select(Store.slug, Variant.sku, StoreStock.book, StoreStock.shelf, StoreStock.seen_at)
        .join(Store, Store.id == StoreStock.store_id)
        .join(Variant, Variant.id == StoreStock.variant_id),
    )
    return [sorted(repr(tuple(row)) for row in await session.execute(query)) for query in queries]


async def test_a_chain_is_as_large_as_asked_and_every_invariant_holds(session, tmp_path):
    told = await make_chain(session, tmp_path)
    assert told[-1] == (100, 100)
    assert await count(session, sa.select(Store.id)) == 12
    assert await count(session, sa.select(Product.id)) == 100
    assert await count(session, sa.select(Variant.id)) == 300
    assert await invariants.broken(session) == []
    assert set(await session.scalars(sa.select(Reservation.status))) == set(Status)


async def test_the_same_seed_makes_the_same_chain_and_another_seed_another(session, tmp_path):
    made = []
    for seed in (7, 7, 8):
        attempt = await session.begin_nested()
        await make_chain(session, tmp_path, seed=seed, stores=6, products=30)
        made.append(await fingerprint(session))
        await attempt.rollback()
    assert made[0] == made[1]
    assert made[0] != made[2]


async def test_a_product_added_after_the_chain_meets_none_of_its_ids(session, tmp_path):
    await make_chain(session, tmp_path, stores=5, products=10)
    category = await session.scalar(sa.select(Category.id).limit(1))
    words = {"fr": "Après", "en": "After"}
    session.add(
        Product(
            ref="LATER",
            slug_fr="apres",
            slug_en="after",
            name=words,
            story=words,
            facts={},
            category_id=category,
            updated_at=NOON,
        )
    )
    await session.flush()


def test_stores_of_a_chain_have_names_that_an_sms_can_carry_and_hours_that_can_be_kept():
    rows = list(shops.store_rows(2 * len(towns.known())))
    assert len({row["slug"] for row in rows}) == len(rows)
    for row in rows:
        assert 3 <= (gsm_length(row["sms_name"]) or 0) <= 16, row["sms_name"]
    for hours in shops.HOURS:
        check_hours(hours)
