"""The demo's world: everything the visitor is promised to find is there, and nothing in it contradicts itself."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
import pytest_asyncio
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from booking import invariants
from booking.demo import aurore
from booking.journal import Entry
from booking.messages import Message
from booking.reservations import timers
from booking.reservations.states import Status
from booking.reservations.tables import Line, Reservation
from stores import places, staff, stock
from stores.catalogue import Category, Product, Variant
from stores.places import Store, StoreException
from stores.stock import StockMovement, StoreStock

NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
SECRET = b"a secret of the test suite, long enough"


@pytest.fixture(scope="module")
def media(tmp_path_factory):
    return tmp_path_factory.mktemp("media")


@pytest_asyncio.fixture(scope="module")
async def standing(engine, media):
    """Aurore at noon on a Tuesday in November, built once for all who only look at it, and never committed."""
    async with engine.connect() as connection, AsyncSession(bind=connection, expire_on_commit=False) as session:
        await aurore.build(session, media_dir=media, secret=SECRET, now=NOON)
        yield session
        await session.rollback()


@pytest.fixture
def house(standing):
    standing.expunge_all()
    return standing


async def count(session, query) -> int:
    return await session.scalar(sa.select(sa.func.count()).select_from(query.subquery()))


async def test_the_house_is_as_large_as_promised_and_says_everything_twice(house):
    assert await count(house, sa.select(Store.id)) == 5
    assert await count(house, sa.select(Category.id).where(Category.parent_id.is_(None))) == 8
    assert await count(house, sa.select(Product.id)) >= 120
    assert await count(house, sa.select(Variant.id)) >= 300
    for product in await house.scalars(sa.select(Product)):
        assert product.name["fr"]
        assert product.name["en"]
        assert product.story["fr"] != product.story["en"]
        assert len(product.facts["fr"]) == len(product.facts["en"])


async def test_every_invariant_holds_after_the_week(house):
    assert await invariants.broken(house) == []
    assert await stock.drift(house) == []


async def test_reservations_of_the_week_are_in_every_state_and_not_one_is_overdue(house):
    by_status = Counter(await house.scalars(sa.select(Reservation.status)))
    assert set(by_status) == set(Status)
    # what was due has been settled, as a worker that never slept would have
    assert list(await timers.due(house, now=NOON)) == []
    offers = sa.select(Line.id).join(Line.reservation).where(Reservation.status == Status.PROPOSED)
    assert await count(house, offers.where(Line.replaces_id.is_not(None)))


async def test_nothing_happens_after_now(house):
    moments = (Reservation.requested_at, Reservation.ended_at, Entry.at, StockMovement.occurred_at, Message.sent_at)
    for column in moments:
        assert await house.scalar(sa.select(sa.func.max(column))) <= NOON, column


async def test_somebody_waits_for_an_answer_in_the_first_store_right_now(house):
    rivoli = await places.find(house, "rivoli")
    asked = sa.select(Reservation.requested_at).where(
        Reservation.store_id == rivoli.id, Reservation.status == Status.REQUESTED
    )
    assert max(await house.scalars(asked)) >= NOON - timedelta(minutes=10)


async def test_mail_of_the_last_hours_is_left_to_be_sent_and_older_mail_was_sent(house):
    waiting = sa.select(Message.id).where(Message.state == "pending", Message.due_at <= NOON)
    assert await count(house, waiting)
    late = waiting.where(Message.due_at < NOON - timedelta(hours=12))
    assert await count(house, late) == 0
    assert await count(house, sa.select(Message.id).where(Message.state == "sent", Message.template == "reminder"))


async def test_two_lamps_show_all_that_a_shelf_can_say(house):
    rows = await house.execute(
        sa.select(Store.slug, Variant.sku, StoreStock)
        .join(Store, Store.id == StoreStock.store_id)
        .join(Variant, Variant.id == StoreStock.variant_id)
        .where(Variant.sku.like("LUM-000%"))
    )
    rivoli = {sku: row for slug, sku, row in rows if slug == "rivoli"}
    assert rivoli["LUM-0001-LAI"].book >= 6
    assert rivoli["LUM-0001-NIC"].book == 1
    assert (rivoli["LUM-0001-NOI"].book, rivoli["LUM-0001-NOI"].unsellable) == (1, 1)
    assert rivoli["LUM-0001-CUI"].book == 0
    anywhere = sa.select(sa.func.sum(StoreStock.book)).join(Variant, Variant.id == StoreStock.variant_id)
    assert await house.scalar(anywhere.where(Variant.sku == "LUM-0001-CUI")) > 0
    assert await house.scalar(anywhere.where(Variant.sku == "LUM-0002-PRU")) == 0


async def test_every_product_has_its_pictures_and_words_for_who_does_not_see_them(house, media):
    query = sa.select(Product).options(selectinload(Product.variants), selectinload(Product.pictures))
    for product in await house.scalars(query):
        assert len(product.pictures) >= 3, product.ref
        for picture in product.pictures:
            assert (media / picture.path).read_text().startswith("<svg")
            assert picture.alt["fr"].startswith(product.name["fr"])
            assert picture.alt["en"].startswith(product.name["en"])
    scenes = [*await house.scalars(sa.select(Store.scene)), aurore.hero_path(media)]
    scenes += await house.scalars(sa.select(Category.scene).where(Category.parent_id.is_(None)))
    assert len(scenes) == 14
    assert all((media / path).is_file() for path in scenes)


async def test_strasbourg_is_closed_on_saint_stephens_day_and_nobody_opens_on_labour_day(house):
    closed = sa.select(Store.slug).join(StoreException, StoreException.store_id == Store.id)
    closed = closed.where(StoreException.hours == "off")
    stephen = closed.where(StoreException.day == date(2026, 12, 26))
    assert list(await house.scalars(stephen)) == ["kleber"]
    labour = closed.where(StoreException.day == date(2027, 5, 1))
    assert len((await house.scalars(labour)).all()) == 5


async def test_the_file_of_a_store_wins_over_the_holidays(house):
    biarritz = await places.find(house, "biarritz")
    armistice = {day.day: day.hours for day in biarritz.exceptions}[date(2026, 11, 11)]
    assert armistice == "10:00-13:00"


async def test_a_town_is_understood_with_and_without_its_accents(house):
    for typed in ("béziers", "Beziers", "34500", "saint jean de luz", "Saint-Jean-de-Luz"):
        assert await places.locate(house, typed), typed
    far = await places.locate(house, "Saint-Pierre")
    nearest, _ = places.nearest(await places.every(house), far)[0]
    assert nearest.slug == "saint-denis"


async def test_staff_can_sign_in_and_see_their_own_store(house):
    ines = await staff.check_password(house, "ines.belkacem@aurore.example", "aurore", now=NOON)
    rivoli = await places.find(house, "rivoli")
    assert (ines.first_name, ines.last_name) == ("Inès", "Belkacem")
    assert await staff.assigned_stores(house, ines.id) == {rivoli.id}


async def test_addresses_and_numbers_of_the_shoppers_reach_nobody(house):
    for email, phone in await house.execute(sa.select(Reservation.email, Reservation.phone)):
        assert not email or email.endswith(("@exemple.fr", "@example.com"))
        assert not phone or phone.startswith("+3363998")


async def test_a_house_that_stands_is_not_empty(house):
    assert not await aurore.is_empty(house)
