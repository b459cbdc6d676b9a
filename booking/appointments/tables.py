"""The rows of an appointment: who comes when, to whom and where, what she brings in mind, and what is made ready."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.appointments.states import ENDED, ItemState, Outcome, Status
from booking.blocks import Span
from kit.db import Base
from kit.languages import Translated
from kit.money import Money
from stores.advisors import Advisor
from stores.catalogue import Variant
from stores.places import Store
from stores.services import Service
from stores.spaces import Space


def _one_of(column: str, values: Any, *, empty: bool = False) -> str:
    named = [*(str(value) for value in values), *([""] if empty else [])]
    return "{} in ({})".format(column, ", ".join(f"'{value}'" for value in named))


class Appointment(Base):
    """A time with an advisor. Instants are UTC; the clock that counts is the store's. A move changes this row."""

    __tablename__ = "appointment"
    __table_args__ = (
        CheckConstraint(_one_of("status", Status), name="status"),
        CheckConstraint(_one_of("outcome", Outcome, empty=True), name="outcome"),
        CheckConstraint("starts_at < ends_at", name="span"),
        CheckConstraint("party between 1 and 20", name="party"),
        CheckConstraint("erased_at is not null or email <> '' or phone <> '' or origin = 'walk_in'", name="reachable"),
        Index("ix_appointment_store", "store_id", "starts_at"),
        Index("ix_appointment_advisor", "advisor_id", "starts_at"),
        Index("ix_appointment_open", "ends_at", postgresql_where="ended_at is null"),
        Index("ix_appointment_email", "email", postgresql_where="email <> ''"),
        Index("ix_appointment_phone", "phone", postgresql_where="phone <> ''"),
        Index("ix_appointment_ended", "ended_at", postgresql_where="erased_at is null"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    """8 Crockford signs that people read out; identifies, never authorises."""
    uid: Mapped[uuid.UUID] = mapped_column(default=uuid.uuid4)
    """Of the entry in calendars: the same for its whole life."""
    store_id: Mapped[int] = mapped_column(ForeignKey("store.id"))
    service_id: Mapped[int] = mapped_column(ForeignKey("service.id"), index=True)
    advisor_id: Mapped[int | None] = mapped_column(ForeignKey("advisor.id"))
    """None: staff have yet to say who."""
    space_id: Mapped[int | None] = mapped_column(ForeignKey("space.id"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    preparation: Mapped[int]
    wrap_up: Mapped[int]
    """Minutes, as the service had them when it was booked."""
    status: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    """Counts every change of state, time or advisor; the SEQUENCE of its calendar entry."""
    language: Mapped[str]

    first_name: Mapped[str]
    last_name: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    """E.164."""
    contact: Mapped[str] = mapped_column(default="email")
    note: Mapped[str] = mapped_column(default="")
    """What the shopper wrote."""
    access: Mapped[str] = mapped_column(default="")
    """What she needs to be received well: a chair, a lift, time."""
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """To the questions of the service, by their key."""
    party: Mapped[int] = mapped_column(default=1)
    requested: Mapped[bool] = mapped_column(default=False)
    """She asked for this advisor."""
    remind_soon: Mapped[bool] = mapped_column(default=False)
    """She asked to be reminded two hours before, too."""
    history: Mapped[bool] = mapped_column(default=False)
    """She allows the advisor to look at her former visits."""
    origin: Mapped[str] = mapped_column(default="web")
    """`web`, `api`, `phone`, `store` or `walk_in`."""
    override: Mapped[str] = mapped_column(default="")
    """Why staff booked it outside hours, shifts or lead time; empty where they did not."""

    booked_at: Mapped[datetime]
    prepared_at: Mapped[datetime | None]
    prepared_by: Mapped[str] = mapped_column(default="")
    arrived_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    forgiven_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")
    """Why it ended, where a reason was given."""
    outcome: Mapped[str] = mapped_column(default="")
    outcome_reason: Mapped[str] = mapped_column(default="")
    amount_minor: Mapped[int | None]
    erased_at: Mapped[datetime | None]
    """When name, contact, answers and notes were erased."""

    store: Mapped[Store] = relationship(lazy="raise")
    service: Mapped[Service] = relationship(lazy="raise")
    advisor: Mapped[Advisor | None] = relationship(lazy="raise")
    space: Mapped[Space | None] = relationship(lazy="raise")
    items: Mapped[list["Item"]] = relationship(lazy="raise", order_by="Item.id", cascade="all, delete-orphan")
    checks: Mapped[list["Check"]] = relationship(lazy="raise", order_by="Check.position", cascade="all, delete-orphan")
    notes: Mapped[list["Note"]] = relationship(lazy="raise", order_by="Note.id", cascade="all, delete-orphan")

    @property
    def ended(self) -> bool:
        return self.status in ENDED

    @property
    def prepared(self) -> tuple[int, int]:
        """How many of the things to prepare are done, and how many there are: checks and articles to fetch."""
        wanted = [item for item in self.items if item.state not in (ItemState.SUGGESTED, ItemState.DROPPED)]
        done = sum(item.state not in (ItemState.TO_FETCH, ItemState.MISSING) for item in wanted)
        return done + sum(check.done_at is not None for check in self.checks), len(wanted) + len(self.checks)

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def spans(self) -> list[Span]:
        """What it takes of the diaries: of the advisor with preparation and wrap-up, of the space the time itself."""
        taken = []
        if self.advisor_id is not None:
            begins = self.starts_at - timedelta(minutes=self.preparation)
            taken.append(Span(self.advisor_id, begins, self.ends_at + timedelta(minutes=self.wrap_up)))
        if self.space_id is not None:
            taken.append(Span(self.space_id, self.starts_at, self.ends_at))
        return taken


class Item(Base):
    """One article of an appointment: chosen by the shopper, added by staff, or suggested to go with another."""

    __tablename__ = "appointment_item"
    __table_args__ = (
        CheckConstraint("quantity > 0 and held between 0 and quantity", name="quantity"),
        CheckConstraint(_one_of("state", ItemState), name="state"),
        Index("ix_appointment_item_appointment", "appointment_id"),
        Index("ix_appointment_item_variant", "variant_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id", ondelete="CASCADE"))
    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"))
    quantity: Mapped[int] = mapped_column(default=1)
    held: Mapped[int] = mapped_column(default=0)
    """Units of stock kept for the visit, until it ends."""
    state: Mapped[str] = mapped_column(default=ItemState.TO_FETCH)
    added_by: Mapped[str] = mapped_column(default="shopper")
    """`shopper`, or the first name of a colleague."""
    why: Mapped[Translated] = mapped_column(default=Translated)
    """Of a suggestion: the reason."""
    price_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(default="EUR")

    variant: Mapped[Variant] = relationship(lazy="raise")

    @property
    def price(self) -> Money:
        return Money(self.price_minor, self.currency)


class Check(Base):
    """One thing to prepare, copied from the service when the appointment was made."""

    __tablename__ = "appointment_check"

    id: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    words: Mapped[Translated]
    done_at: Mapped[datetime | None]
    done_by: Mapped[str] = mapped_column(default="")


class Note(Base):
    """What a colleague wrote down about the visit. The shopper may read it on request."""

    __tablename__ = "appointment_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id", ondelete="CASCADE"), index=True)
    text: Mapped[str]
    private: Mapped[bool] = mapped_column(default=False)
    """Shown to nobody but who wrote it."""
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    by: Mapped[str]
    at: Mapped[datetime]
