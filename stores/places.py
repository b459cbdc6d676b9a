"""Stores: where they are, when they are open, what they promise, and whose they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import asin, cos, radians, sin, sqrt
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column, relationship, selectinload

from kit.db import Base
from kit.errors import NotFound
from kit.languages import Translated
from stores.hours import Hours

EARTH_RADIUS_KM = 6371.0


class Store(Base):
    """A place where people come. Its promises are settings, its hours are in its own time zone."""

    __tablename__ = "store"
    __table_args__ = (
        CheckConstraint("answer_minutes between 5 and 1440", name="answer_minutes"),
        CheckConstraint("hold_days between 1 and 7", name="hold_days"),
        CheckConstraint("ready_hours between 1 and 48", name="ready_hours"),
        CheckConstraint("feed_minutes between 5 and 43200", name="feed_minutes"),
        CheckConstraint("stock_authority in ('vitrine', 'feed')", name="stock_authority"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    sms_name: Mapped[str]
    """At most 16 signs of GSM-7, so that every SMS stays within one part."""
    group: Mapped[str] = mapped_column("store_group", default="")
    """Managers of the same group hear of a request that nobody answered in time."""
    language: Mapped[str] = mapped_column(default="fr")

    street: Mapped[str]
    postcode: Mapped[str]
    city: Mapped[str]
    country: Mapped[str] = mapped_column(default="FR")
    latitude: Mapped[float]
    longitude: Mapped[float]
    phone: Mapped[str]
    """E.164."""
    email: Mapped[str]
    """The mailbox that someone reads: replies of shoppers and news for staff go there."""
    staff_notify_url: Mapped[str] = mapped_column(default="")
    """An Apprise address (Teams, Slack, SMS, ntfy) that is told what the mailbox is told; may be empty."""

    timezone: Mapped[str]
    region: Mapped[str] = mapped_column(default="FR")
    """Which public holidays apply: a key of `stores.hours.public_holidays`."""
    hours_osm: Mapped[str] = mapped_column("hours")
    """Weekly hours in OpenStreetMap's form, without PH: special days are rows of `StoreException`."""
    opens_on: Mapped[date | None]
    closes_on: Mapped[date | None]
    """First and last day of a store that is open for a season; empty: all year."""

    answer_minutes: Mapped[int] = mapped_column(default=60)
    """A request is answered within so many open minutes."""
    hold_days: Mapped[int] = mapped_column(default=2)
    """Articles are kept until the closing of the n-th open day after the request."""
    ready_hours: Mapped[int] = mapped_column(default=4)
    """What is confirmed is behind the counter within so many open hours."""
    safety: Mapped[int] = mapped_column(default=0)
    """Units of each article that are never promised."""
    low_threshold: Mapped[int] = mapped_column(default=1)
    """With so many left or fewer, the public words become *À confirmer*; holds are not touched by it."""
    auto_confirm: Mapped[bool] = mapped_column(default=False)
    """The worker may confirm a request whose stock is trusted; otherwise staff look first."""
    auto_confirm_limit_minor: Mapped[int] = mapped_column(default=30000)
    """Articles dearer than this are always looked for by a person."""
    feed_minutes: Mapped[int] = mapped_column(default=1440)
    """How often its feed is expected to say how many there are."""
    acceptance: Mapped[int | None]
    """Per cent of the last 50 lines looked for that were found; reckoned every night, empty before the first."""
    stock_authority: Mapped[str] = mapped_column(default="vitrine")
    """Who counts: `vitrine` writes sales at the hand-over; with `feed` the till does, and tells us."""

    entrance: Mapped[Translated]
    desk: Mapped[Translated]
    """Where reservations are handed over."""
    desk_sms: Mapped[str]
    """The same in at most 16 signs of GSM-7."""
    about: Mapped[Translated]
    directions: Mapped[dict[str, Any]]
    """Ways to come: {"fr": [sentence, …], "en": […]}."""
    floors: Mapped[list[Any]]
    """[{"level": 0, "name": {"fr", "en"}, "departments": [category code, …]}], from the bottom up."""
    services: Mapped[list[Any]]
    """What else is there, each a text in both languages."""
    scene: Mapped[str] = mapped_column(default="")
    """Path of the store's picture below /media/; may be empty."""

    exceptions: Mapped[list["StoreException"]] = relationship(
        back_populates="store", lazy="raise", order_by="StoreException.day", cascade="all, delete-orphan"
    )

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def hours(self) -> Hours:
        """Opening hours with the special days; `exceptions` must have been loaded."""
        return Hours(
            osm=self.hours_osm,
            timezone=self.timezone,
            exceptions={exception.day: exception.hours for exception in self.exceptions},
            opens_on=self.opens_on,
            closes_on=self.closes_on,
        )

    def floor_of(self, category_code: str) -> dict[str, Any] | None:
        """The floor on which a department is, as it stands in `floors`."""
        return next((floor for floor in self.floors if category_code in floor["departments"]), None)

    def local(self, when: datetime) -> datetime:
        return when.astimezone(self.zone)

    def km_to(self, latitude: float, longitude: float) -> float:
        return distance_km(self.latitude, self.longitude, latitude, longitude)


class StoreException(Base):
    """One day with hours of its own: a public holiday, a Sunday opening, a closure."""

    __tablename__ = "store_exception"
    __table_args__ = (UniqueConstraint("store_id", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    store_id: Mapped[int] = mapped_column(ForeignKey("store.id", ondelete="CASCADE"))
    day: Mapped[date]
    hours: Mapped[str]
    """`off`, or times as in OpenStreetMap: `10:00-18:00`."""
    reason: Mapped[Translated]

    store: Mapped[Store] = relationship(back_populates="exceptions", lazy="raise")


class Town(Base):
    """A town or postcode that people type to find the stores near it."""

    __tablename__ = "town"
    __table_args__ = (Index("ix_town_key_prefix", "key", postgresql_ops={"key": "text_pattern_ops"}),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    key: Mapped[str]
    """The name without accents, in lower case, spaces for hyphens."""
    postcode: Mapped[str]
    latitude: Mapped[float]
    longitude: Mapped[float]


@dataclass(frozen=True)
class Place:
    """Somewhere on the map that a shopper named, or where she said she is."""

    name: str
    latitude: float
    longitude: float


def distance_km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Great-circle distance by the haversine formula."""
    north, east = radians(lat2 - lat1), radians(lon2 - lon1)
    half = sin(north / 2) ** 2 + cos(radians(lat1)) * cos(radians(lat2)) * sin(east / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(sqrt(half))


async def find(session: AsyncSession, slug: str, *, store_ids: frozenset[int] | None = None) -> Store:
    """The store with its special days, or `NotFound`; also when it is not one of `store_ids`."""
    query = select(Store).where(Store.slug == slug)
    if store_ids is not None:
        query = query.where(Store.id.in_(store_ids))
    store = await session.scalar(query.options(selectinload(Store.exceptions)))
    if store is None:
        raise NotFound()
    return store


async def every(session: AsyncSession, *, ids: frozenset[int] | None = None) -> Sequence[Store]:
    """All stores (or those of `ids`) with their special days, by name."""
    query = select(Store).order_by(Store.name).options(selectinload(Store.exceptions))
    if ids is not None:
        query = query.where(Store.id.in_(ids))
    return (await session.scalars(query)).all()


async def add(session: AsyncSession, store: Store) -> Store:
    """A new store; its slug must be free."""
    session.add(store)
    await session.flush()
    return store


async def save(session: AsyncSession, store: Store, **values: Any) -> None:
    """Change columns of a store that `opening.take` has locked."""
    for name, value in values.items():
        setattr(store, name, value)
    await session.flush()


async def ids_of_group(session: AsyncSession, group: str) -> Sequence[int]:
    """The stores that are led together."""
    return (await session.scalars(select(Store.id).where(Store.group == group))).all()


async def locate(session: AsyncSession, typed: str) -> Place | None:
    """The place meant by a town, a postcode or the beginning of either; None when none is known.

    Towns come first from the stores' own cities, so that a chain finds its stores without a list of towns.
    """
    key = await session.scalar(select(func.lower(func.vitrine_unaccent(func.replace(typed.strip(), "-", " ")))))
    if not key:
        return None
    city = func.lower(func.vitrine_unaccent(func.replace(Store.city, "-", " ")))
    store = await session.execute(
        select(Store.city, Store.latitude, Store.longitude)
        .where(or_(city.startswith(key, autoescape=True), Store.postcode == key))
        .order_by(func.length(Store.city), Store.id)
        .limit(1)
    )
    if row := store.first():
        return Place(*row)
    town = await session.execute(
        select(Town.name, Town.latitude, Town.longitude)
        .where(or_(Town.key.startswith(key, autoescape=True), Town.postcode.startswith(key, autoescape=True)))
        .order_by(func.length(Town.key), Town.postcode)
        .limit(1)
    )
    return Place(*row) if (row := town.first()) else None


def nearest(stores: Sequence[Store], place: Place | None) -> list[tuple[Store, float | None]]:
    """Stores with their distance in km, nearest first; in their given order when nobody said where she is."""
    if place is None:
        return [(store, None) for store in stores]
    far = {store.slug: store.km_to(place.latitude, place.longitude) for store in stores}
    return [(store, far[store.slug]) for store in sorted(stores, key=lambda store: far[store.slug])]
