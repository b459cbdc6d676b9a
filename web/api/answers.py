"""What the API answers. Times are RFC 3339 in the store's zone, money is a text of digits and a currency."""

from datetime import date, datetime
from typing import Literal, Self

from pydantic import BaseModel

from kit import money
from stores.stock import PublicStatus


class Money(BaseModel):
    amount: str
    currency: str

    @classmethod
    def of(cls, price: money.Money) -> Self:
        return cls(amount=price.amount, currency=price.currency)


# Stores


class Address(BaseModel):
    street: str
    postcode: str
    city: str
    country: str


class ExceptionalDay(BaseModel):
    date: date
    hours: str
    """`off`, or times as in OpenStreetMap."""
    reason: str


class Store(BaseModel):
    slug: str
    name: str
    url: str
    address: Address
    latitude: float
    longitude: float
    phone: str
    timezone: str
    opening_hours: str
    exceptions: list[ExceptionalDay]
    opens_on: date | None
    closes_on: date | None
    """First and last day of a season."""
    open_now: bool
    closes_at: datetime | None
    opens_at: datetime | None
    """The next opening."""
    entrance: str
    desk: str
    """Where reservations are handed over."""
    answer_minutes: int
    """A request is answered within so many open minutes."""
    hold_days: int
    """Articles are kept until the closing of the so manieth open day after the request."""


class StoreList(BaseModel):
    items: list[Store]
    next: str | None


# Services and starts


class Question(BaseModel):
    key: str
    label: str
    example: str
    required: bool


class Service(BaseModel):
    slug: str
    name: str
    need: str
    about: str
    duration_minutes: int
    max_party: int
    lead_minutes: int
    """Booked no sooner than this before the start."""
    horizon_days: int
    """And no later than so many days after today."""
    move_until_minutes: int
    cancel_until_minutes: int
    """Before the start, the shopper may move or cancel until then."""
    needs_approval: bool
    bring: str
    questions: list[Question]
    stores: list[str]


class ServiceList(BaseModel):
    items: list[Service]
    next: str | None


class Slot(BaseModel):
    start: datetime
    end: datetime


class Advisor(BaseModel):
    slug: str
    name: str
    languages: list[str]


class SlotList(BaseModel):
    items: list[Slot]
    advisors: list[Advisor]
    """Those who give the service there."""
    timezone: str
    why: str | None = None
    """Why nothing is free."""
    next: Slot | None = None
    """The first free start after, where nothing is free."""


class BroughtItem(BaseModel):
    sku: str
    name: str
    quantity: int
    kept: bool
    """Held in the store until the appointment ends."""
    price: Money


class Appointment(BaseModel):
    code: str
    status: str
    store: str
    service: str
    start: datetime
    end: datetime
    advisor: str | None
    """The slug that `slots` names."""
    advisor_name: str | None
    version: int
    """Rises with every change; the SEQUENCE of its calendar entry."""
    language: str
    party: int
    meeting_point: str
    move_until: datetime
    cancel_until: datetime
    movable: bool
    cancellable: bool
    ended_at: datetime | None
    items: list[BroughtItem]


class NewAppointment(Appointment):
    manage_url: str
    token: str


# Products


class Option(BaseModel):
    name: str
    value: str


class Variant(BaseModel):
    sku: str
    gtin: str | None
    options: list[Option]
    price: Money


class Picture(BaseModel):
    url: str
    alt: str
    width: int
    height: int
    sku: str | None
    """Of the variant that it shows, when it shows but one."""


class Category(BaseModel):
    slug: str
    name: str


class Product(BaseModel):
    ref: str
    slug: str
    name: str
    brand: str
    url: str
    category: Category | None
    by_appointment: bool
    max_per_reservation: int
    updated_at: datetime
    pictures: list[Picture]
    variants: list[Variant]


class Fact(BaseModel):
    name: str
    value: str


class ProductInFull(Product):
    story: str
    facts: list[Fact]
    made_in: str


class ProductList(BaseModel):
    items: list[Product]
    next: str | None


# Availability


class Availability(BaseModel):
    sku: str
    store: str
    status: PublicStatus
    checked_at: datetime | None
    reservable: int = 0
    """Only for a key with scope `read`, in its stores."""


class AvailabilityList(BaseModel):
    items: list[Availability]
    next: str | None


class Elsewhere(BaseModel):
    store: str
    status: Literal["available", "to_confirm"]


class MissingLine(BaseModel):
    """One line of the 409 `out_of_stock`."""

    sku: str
    requested: int
    elsewhere: list[Elsewhere]


# Reservations


class Line(BaseModel):
    sku: str
    name: str
    quantity: int
    status: str
    found: int | None
    bought: int | None
    reason: str | None
    replaces: str | None
    """SKU of the article in whose place this one is offered."""
    accepted: bool | None
    price: Money


class Reservation(BaseModel):
    code: str
    status: str
    store: str
    language: str
    requested_at: datetime
    answer_by: datetime | None
    proposal_until: datetime | None
    ready_at: datetime | None
    hold_until: datetime | None
    ended_at: datetime | None
    extendable: bool
    lines: list[Line]


class NewReservation(Reservation):
    manage_url: str
    token: str


class Customer(BaseModel):
    first_name: str
    last_name: str
    email: str
    phone: str
    language: str
    contact: str


class StaffReservation(Reservation):
    origin: str
    verified: bool
    place: str
    reason: str
    customer: Customer | None
    note: str | None


class StaffReservationList(BaseModel):
    items: list[StaffReservation]
    next: str | None


# Stock from outside


class NotTaken(BaseModel):
    store: str
    sku: str
    reason: Literal["stale", "named_twice"]
    """`stale`: overtaken by a later count."""


class NotKnown(BaseModel):
    store: str
    sku: str
    reason: Literal["unknown_store", "unknown_sku"]
    """A store that this key does not open is unknown to it."""


class StockTaken(BaseModel):
    applied: int
    """Taken, also where nothing had changed."""
    changed: int
    """Of these, how many changed a number."""
    skipped: list[NotTaken]
    unknown: list[NotKnown]


class Unmatched(BaseModel):
    reservation: str
    sku: str


class MovementsTaken(StockTaken):
    """`stale` movements are written down and change nothing: a later count knows of them."""

    matched: list[str]
    """Codes of the reservations whose articles were sold."""
    unmatched: list[Unmatched]
    """Codes that hold no such article in that store; the movement counts all the same."""


# Refusals


class FieldError(BaseModel):
    field: str
    code: str
    message: str


class Problem(BaseModel):
    """RFC 9457. `code` never changes; the words are in the language of the caller."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldError] = []
    lines: list[MissingLine] = []
    """With `out_of_stock`."""
    reservation_status: str = ""
    """With `moved_on`: where the reservation stands now."""
    retry_after: int = 0
    """With `too_many_requests`: seconds."""


class Description(BaseModel):
    """An OpenAPI document."""

    openapi: str
