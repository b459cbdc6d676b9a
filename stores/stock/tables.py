"""The rows of stock and their movements."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from kit.db import Base

Demand = Mapping[int, int]
"""Units wanted by variant id, each variant once."""


class Kind(StrEnum):
    """Why a number moved."""

    RECEIPT = "receipt"
    SALE = "sale"
    RETURN = "return"
    COUNT = "count"
    TRANSFER_IN = "transfer_in"
    TRANSFER_OUT = "transfer_out"
    DAMAGE = "damage"
    DISPLAY_ON = "display_on"
    DISPLAY_OFF = "display_off"
    HOLD = "hold"
    RELEASE = "release"
    HANDOVER = "handover"
    SNAPSHOT = "snapshot"


class StoreStock(Base):
    """How many units of a variant a store has, and how many of them are promised.

    `book` may fall below zero or below what is promised: a till that sold the reserved one tells the truth, and the
    row must accept it as a shortfall. What can never happen is a new hold in that state: `hold` asks for it in its
    own statement, and a trigger refuses whoever forgets to.
    """

    __tablename__ = "store_stock"
    __table_args__ = (
        CheckConstraint("reserved >= 0", name="reserved"),
        CheckConstraint("unsellable >= 0", name="unsellable"),
        CheckConstraint("safety >= 0", name="safety"),
        Index("ix_store_stock_variant", "variant_id", "store_id"),
        Index("ix_store_stock_shortfall", "store_id", postgresql_where="available < 0"),
    )

    store_id: Mapped[int] = mapped_column(ForeignKey("store.id"), primary_key=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"), primary_key=True)
    book: Mapped[int] = mapped_column(default=0)
    """Counted at the till, by hand or by a feed; the sum of its movements."""
    reserved: Mapped[int] = mapped_column(default=0)
    """Held for shoppers; the sum of the open lines of reservations."""
    unsellable: Mapped[int] = mapped_column(default=0)
    """On show or damaged."""
    safety: Mapped[int] = mapped_column(default=0)
    """Kept back, never promised."""
    available: Mapped[int] = mapped_column(
        Computed("greatest(book, 0) - reserved - unsellable - safety", persisted=True)
    )
    """What may still be promised; below zero it is a shortfall."""
    floor: Mapped[int | None]
    shelf: Mapped[str] = mapped_column(default="")
    """Where staff find it."""
    on_show: Mapped[bool] = mapped_column(default=False)
    """One unit stands on the floor to be looked at; it is among `unsellable`."""
    price_minor: Mapped[int | None]
    """What it costs in this store, where that is not the price of the house."""
    counted_at: Mapped[datetime | None]
    """The moment that the last absolute count speaks of; an older count is late and changes nothing."""
    fed_at: Mapped[datetime | None]
    """When a feed, or a person, last said how many there are."""
    seen_at: Mapped[datetime | None]
    """When a person last had it in her hands: a count, a pick, a delivery."""
    not_found_at: Mapped[datetime | None]
    """When staff last looked for it in vain."""


class StockMovement(Base):
    """One change of one row of stock. Append only: triggers refuse UPDATE, DELETE and TRUNCATE."""

    __tablename__ = "stock_movement"
    __table_args__ = (
        UniqueConstraint("source", "source_event_id"),
        ForeignKeyConstraint(["store_id", "variant_id"], ["store_stock.store_id", "store_stock.variant_id"]),
        Index("ix_stock_movement_cell", "store_id", "variant_id", "occurred_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    store_id: Mapped[int]
    variant_id: Mapped[int]
    kind: Mapped[str]
    book: Mapped[int] = mapped_column(default=0)
    reserved: Mapped[int] = mapped_column(default=0)
    unsellable: Mapped[int] = mapped_column(default=0)
    source: Mapped[str]
    """Who says so: `reservation`, `staff`, `feed:<name>`, `seed`."""
    source_event_id: Mapped[str]
    """Unique within its source, so that the same event is never counted twice."""
    by: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    occurred_at: Mapped[datetime]
