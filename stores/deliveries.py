"""Counts and movements that tills and back offices send: each call once, however often it is sent."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Identity, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kit.db import Base


class Delivery(Base):
    """One call of the stock API, kept with its answer: the same event a second time gets the first answer."""

    __tablename__ = "delivery"
    __table_args__ = (UniqueConstraint("source", "event_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    source: Mapped[str]
    """Who says so; the key's name where the call names none."""
    event_id: Mapped[str]
    digest: Mapped[bytes]
    """SHA-256 of the body: the same event with another body is a conflict."""
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    at: Mapped[datetime]
