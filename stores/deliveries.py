"""Counts and movements that tills and back offices send: each call once, however often it is sent."""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Identity, UniqueConstraint, delete, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from kit.db import Base, table_of
from kit.errors import Refused
from kit.languages import lazy

KEPT = timedelta(days=90)
"""For how long a call is answered as the first time. After that its event is a new one: tills begin to count anew."""


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


class EventConflict(Refused):
    """The event was told before, otherwise. Nothing is changed, because nobody knows which of the two is true."""

    status = 409
    code = "event_conflict"
    msgid = lazy("This event has already been sent, with other contents. Nothing was changed.")

    def __init__(self, delivery_id: int) -> None:
        super().__init__()
        self.delivery_id = delivery_id


def digest_of(call: str, facts: Any) -> bytes:
    """The same for two calls that say the same, whatever the order of their fields."""
    return hashlib.sha256(json.dumps([call, facts], sort_keys=True).encode()).digest()


def teller(source: str, store_ids: frozenset[int] | None) -> str:
    """Whose events these are: a source is named by people, and the tills of two stores may both be called "till"; the
    next key of the same stores goes on where the last one stopped."""
    return source if store_ids is None else f"{source} @ {','.join(map(str, sorted(store_ids)))}"


async def begin(
    session: AsyncSession, source: str, event_id: str, digest: bytes, *, now: datetime
) -> tuple[int, dict[str, Any] | None]:
    """Claim the event: its id, and what it was answered with if it was told before. Raises `EventConflict`.

    Of several senders at once the first holds the row until its transaction ends, and the others wait for it (at most
    `lock_timeout`): they see its answer, or take the event themselves when it was rolled back.
    """
    new = insert(table_of(Delivery)).values(source=source, event_id=event_id, digest=digest, at=now)
    claimed = await session.scalar(new.on_conflict_do_nothing().returning(Delivery.id))
    if claimed is not None:
        return claimed, None
    first = (
        await session.execute(
            select(Delivery.id, Delivery.digest, Delivery.answer).where(
                Delivery.source == source, Delivery.event_id == event_id
            )
        )
    ).one()
    if first.digest != digest or first.answer is None:
        raise EventConflict(first.id)
    return first.id, first.answer


async def answer(session: AsyncSession, delivery_id: int, said: dict[str, Any]) -> None:
    """Keep what this call was answered with."""
    rows = table_of(Delivery)
    await session.execute(update(rows).where(rows.c.id == delivery_id).values(answer=said))


async def forget(session: AsyncSession, *, now: datetime) -> None:
    """Delete the calls that nobody sends again."""
    await session.execute(delete(Delivery).where(Delivery.at < now - KEPT))
