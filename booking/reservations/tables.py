"""The rows of a reservation: who asked which store for what, and by when each promise falls due."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.reservations.states import LINE_HOLDING, LineStatus, Status
from kit.db import Base
from kit.money import Money
from stores.catalogue import Variant
from stores.places import Store


def _is_due(column: str, status: str) -> Index:
    """A timer is a dated column; this index is all that finding the due ones needs."""
    return Index(f"ix_reservation_{column}", column, postgresql_where=f"status in ({status})")


class Reservation(Base):
    """Articles that one store keeps for one person. All instants are UTC; what they mean is local to the store."""

    __tablename__ = "reservation"
    __table_args__ = (
        CheckConstraint(
            "status in ({})".format(", ".join(f"'{status}'" for status in Status)),
            name="status",
        ),
        CheckConstraint("erased_at is not null or email <> '' or phone <> ''", name="reachable"),
        _is_due("answer_by", "'requested'"),
        _is_due("ready_by", "'confirmed'"),
        _is_due("proposal_until", "'proposed'"),
        _is_due("hold_until", "'confirmed', 'ready'"),
        _is_due("verify_by", "'unverified'"),
        Index("ix_reservation_store", "store_id", "status", "requested_at"),
        Index("ix_reservation_email", "email", postgresql_where="email <> ''"),
        Index("ix_reservation_phone", "phone", postgresql_where="phone <> ''"),
        Index("ix_reservation_ended", "ended_at", postgresql_where="erased_at is null"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    """8 Crockford signs that people read out; identifies, never authorises."""
    store_id: Mapped[int] = mapped_column(ForeignKey("store.id"))
    status: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    """Counts every change of state; a message belongs to one of them."""
    language: Mapped[str]

    first_name: Mapped[str]
    last_name: Mapped[str]
    email: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    """E.164."""
    contact: Mapped[str] = mapped_column(default="email")
    note: Mapped[str] = mapped_column(default="")
    """What the shopper wrote to the store."""
    verified: Mapped[bool] = mapped_column(default=False)
    """The shopper confirmed the mailed link, or staff took the request themselves."""
    origin: Mapped[str] = mapped_column(default="web")
    """`web`, `api` or `staff`."""

    requested_at: Mapped[datetime]
    verify_by: Mapped[datetime | None]
    answer_by: Mapped[datetime | None]
    """The promise made to the shopper; may move later, never earlier."""
    amber_at: Mapped[datetime | None]
    manager_at: Mapped[datetime | None]
    group_at: Mapped[datetime | None]
    unanswered_at: Mapped[datetime | None]
    alarm: Mapped[str] = mapped_column(default="")
    """The last alarm given for the present deadline: ``, `amber`, `manager`, `group`."""
    answered_at: Mapped[datetime | None]
    ready_by: Mapped[datetime | None]
    ready_at: Mapped[datetime | None]
    proposal_until: Mapped[datetime | None]
    hold_until: Mapped[datetime | None]
    """Until when the articles are kept: a closing time. May move later, never earlier."""
    extended: Mapped[int] = mapped_column(default=0)
    """How often the shopper moved `hold_until`."""
    ended_at: Mapped[datetime | None]

    claimed_by: Mapped[str] = mapped_column(default="")
    """First name of the colleague who is on it."""
    claimed_at: Mapped[datetime | None]
    answered_by: Mapped[str] = mapped_column(default="")
    """First name that signs the messages."""
    place: Mapped[str] = mapped_column(default="")
    """Where the bag waits behind the desk."""
    reason: Mapped[str] = mapped_column(default="")
    """Why it ended, where a reason was given."""
    looked_at: Mapped[datetime | None]
    """When the worker last weighed whether it may confirm by itself; emptied when the shopper is verified."""
    auto_confirmed: Mapped[bool] = mapped_column(default=False)
    broken_promise: Mapped[bool] = mapped_column(default=False)
    erased_at: Mapped[datetime | None]
    """When name and contact were erased."""

    store: Mapped[Store] = relationship(lazy="raise")
    lines: Mapped[list["Line"]] = relationship(
        back_populates="reservation", lazy="raise", order_by="Line.id", cascade="all, delete-orphan"
    )

    @property
    def ended(self) -> bool:
        return self.ended_at is not None

    @property
    def units(self) -> int:
        """Articles that wait, or waited, for the shopper."""
        return sum(line.kept for line in self.lines)


class Line(Base):
    """One article of a reservation."""

    __tablename__ = "reservation_line"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint(
            "status in ({})".format(", ".join(f"'{status}'" for status in LineStatus)),
            name="status",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reservation_id: Mapped[int] = mapped_column(ForeignKey("reservation.id", ondelete="CASCADE"), index=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"), index=True)
    quantity: Mapped[int]
    """Units asked for."""
    held: Mapped[int] = mapped_column(default=0)
    """Units of stock that this line holds right now."""
    found: Mapped[int | None]
    bought: Mapped[int | None]
    status: Mapped[str] = mapped_column(default=LineStatus.HELD)
    reason: Mapped[str] = mapped_column(default="")
    """Why it is missing: one of `Reason`."""
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("reservation_line.id"))
    """Of an article that staff offer in place of another line."""
    accepted: Mapped[bool | None]
    """What the shopper said to that offer."""
    price_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(default="EUR")
    """The price shown when it was asked for."""

    reservation: Mapped[Reservation] = relationship(back_populates="lines", lazy="raise")
    variant: Mapped[Variant] = relationship(lazy="raise")

    @property
    def price(self) -> Money:
        return Money(self.price_minor, self.currency)

    @property
    def holding(self) -> bool:
        return self.status in LINE_HOLDING

    @property
    def kept(self) -> int:
        """Units that this line brings to the shopper: what was found of it, or what is still thought to be there."""
        if self.status in (LineStatus.MISSING, LineStatus.SUBSTITUTED) or self.accepted is False:
            return 0
        return self.quantity if self.found is None else self.found

    def snapshot(self) -> dict[str, Any]:
        """What the journal keeps of it."""
        return {"line": self.id, "status": self.status, "held": self.held, "found": self.found}
