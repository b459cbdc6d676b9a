"""The stores that play, with who works there, what is on their shelves and when they were open."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from booking.customers import Customer
from booking.demo.week import people
from stores import staff
from stores.catalogue import Product, State, Variant
from stores.places import Store
from stores.stock import StoreStock

OPEN_DAYS_SEARCHED = 21
SHELVES = 1_000
"""Articles of a store among which the week chooses."""
PLACES = ("A1", "A3", "A4", "B2", "B5", "C1", "C2", "Rayonnage 4", "Portant 2")


class NotOpenThen(Exception):
    """The store was closed in the days that a story needs: a season that has not begun, or is over."""


@dataclass(frozen=True)
class Cast:
    """The stores that play, by slug: where the demo begins, where a machine may confirm, where the till counts, the
    one in another time zone, and the one of a season."""

    main: str
    quick: str
    till: str
    far: str
    season: str


class Shelf(NamedTuple):
    """An article that a store could promise when the week began."""

    variant_id: int
    product_id: int
    available: int
    at_most: int
    """Units that one person may reserve."""
    trusted: bool
    """Cheap enough, seen and fed lately enough for a machine to confirm."""


@dataclass
class Week:
    """What every story needs at hand."""

    session: AsyncSession
    secret: bytes
    now: datetime
    stores: dict[str, Store]
    advisors: dict[str, list[str]]
    managers: dict[str, list[str]]
    shelves: dict[str, list[Shelf]]
    rng: Random = field(default_factory=lambda: Random("aurore: week"))
    asked: int = 0

    def ago(self, store: Store, minutes: float) -> datetime:
        """The moment since which `store` was open for so many minutes; `NotOpenThen` when it was not for so long."""
        left = timedelta(minutes=minutes)
        today = store.hours.local_day(self.now)
        for span in reversed(store.hours.spans(today - timedelta(days=OPEN_DAYS_SEARCHED), today)):
            end = min(span.end, self.now)
            if span.start >= end:
                continue
            if left <= end - span.start:
                return end - left
            left -= end - span.start
        raise NotOpenThen

    def open_days_ago(self, store: Store, days: int, hour: float = 2.0) -> datetime:
        """`hour` open hours after the opening of the nth day before today on which `store` was open."""
        today = store.hours.local_day(self.now)
        earlier = (store.hours.day_spans(today - timedelta(back)) for back in range(1, OPEN_DAYS_SEARCHED))
        opened = [spans for spans in earlier if spans]
        if len(opened) < days:
            raise NotOpenThen
        return store.hours.add_open_minutes(opened[days - 1][0].start, hour * 60)

    def later(self, store: Store, at: datetime, minutes: float) -> datetime:
        """So many open minutes after `at`."""
        return store.hours.add_open_minutes(at, minutes)

    def advisor(self, store: Store) -> str:
        return self.rng.choice(self.advisors[store.slug])

    def manager(self, store: Store) -> str:
        return self.rng.choice(self.managers[store.slug])

    def place(self) -> str:
        return self.rng.choice(PLACES)

    def someone(self, *, contact: str, note: bool) -> Customer:
        """The next of the people."""
        number, self.asked = self.asked, self.asked + 1
        return people.someone(self.rng, number, contact=contact, note=note)


async def gather(session: AsyncSession, cast: Cast, *, secret: bytes, now: datetime) -> Week:
    """The stores of the cast with those who work there and what they have, as the week begins."""
    slugs = {cast.main, cast.quick, cast.till, cast.far, cast.season}
    query = select(Store).where(Store.slug.in_(slugs)).options(selectinload(Store.exceptions))
    stores = {store.slug: store for store in await session.scalars(query.execution_options(populate_existing=True))}
    names: dict[staff.Role, dict[str, list[str]]] = {staff.Role.ADVISOR: {}, staff.Role.MANAGER: {}}
    for role, known in names.items():
        for slug, store in stores.items():
            known[slug] = [account.first_name for account in await staff.working_at(session, [store.id], role=role)]
    shelves = {slug: await _shelves(session, store, now) for slug, store in stores.items()}
    return Week(session, secret, now, stores, names[staff.Role.ADVISOR], names[staff.Role.MANAGER], shelves)


async def _shelves(session: AsyncSession, store: Store, now: datetime) -> list[Shelf]:
    trusted = and_(
        StoreStock.seen_at > now - timedelta(days=15),
        StoreStock.fed_at > now - timedelta(days=1),
        Variant.price_minor <= store.auto_confirm_limit_minor,
    )
    query = (
        select(Variant.id, Product.id, StoreStock.available, Product.max_per_reservation, trusted)
        .join(Variant.product)
        .join(StoreStock, StoreStock.variant_id == Variant.id)
        .where(
            StoreStock.store_id == store.id,
            StoreStock.available > 0,
            Product.state == State.PUBLISHED,
            ~Product.by_appointment,
        )
        .order_by(Variant.sku)
        .limit(SHELVES)
    )
    return [Shelf(*row) for row in await session.execute(query)]
