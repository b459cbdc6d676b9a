"""What happened: who did what to which booking, when, from where to where, and why. Written with the change itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from kit.db import Base, table_of

SHOPPER = "shopper"
SYSTEM = "vitrine"
"""Actors that are not accounts. Staff are named by their first name, an API key by `key:<name>`."""


class Entry(Base):
    """One thing that happened. Append only; holds no contact of a shopper, so it need not be erased."""

    __tablename__ = "journal"
    __table_args__ = (Index("ix_journal_subject", "subject", "subject_id", "id"), Index("ix_journal_at", "at", "id"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    store_id: Mapped[int | None] = mapped_column(ForeignKey("store.id"), index=True)
    subject: Mapped[str]
    """`reservation`, `appointment`, `product`, `stock`, `store`, `account`, `key`, `batch`, …"""
    subject_id: Mapped[int]
    event: Mapped[str]
    before: Mapped[str] = mapped_column(default="")
    after: Mapped[str] = mapped_column(default="")
    by: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    origin: Mapped[str] = mapped_column(default="")
    """The network that a request came from, never the whole address: /24, or /48 of IPv6; empty for the worker."""
    at: Mapped[datetime]


async def record(
    session: AsyncSession,
    subject: str,
    subject_id: int,
    event: str,
    *,
    by: str,
    now: datetime,
    store_id: int | None = None,
    before: str = "",
    after: str = "",
    reason: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    """Keep that `event` happened; the same transaction holds the change."""
    await session.execute(
        insert(table_of(Entry)).values(
            store_id=store_id,
            subject=subject,
            subject_id=subject_id,
            event=event,
            before=before,
            after=after,
            by=by,
            reason=reason,
            detail=detail or {},
            origin=session.info.get("origin", ""),
            at=now,
        )
    )


async def of(session: AsyncSession, subject: str, subject_id: int) -> Sequence[Entry]:
    """Everything that happened to it, oldest first."""
    query = select(Entry).where(Entry.subject == subject, Entry.subject_id == subject_id).order_by(Entry.id)
    return (await session.scalars(query)).all()


async def last(session: AsyncSession, subject: str, subject_id: int) -> Entry | None:
    """What happened to it last."""
    query = select(Entry).where(Entry.subject == subject, Entry.subject_id == subject_id)
    return await session.scalar(query.order_by(Entry.id.desc()).limit(1))


@dataclass(frozen=True)
class Search:
    """What is looked for in the journal; what is empty is not asked."""

    store_ids: frozenset[int] | None = None
    """The stores whose entries are seen; None: all entries, also those of no store."""
    subject: str = ""
    subject_id: int | None = None
    by: str = ""
    """A part of who did it."""
    first: datetime | None = None
    last: datetime | None = None
    """From `first` to just before `last`."""
    words: str = ""
    """A part of who, what, before, after or why."""
    events: Sequence[str] = ()
    """Events that those words mean, besides."""


async def page(
    session: AsyncSession, search: Search, *, before_id: int | None = None, limit: int = 50
) -> Sequence[Entry]:
    """The newest first, from before `before_id`: what is written meanwhile shifts no page."""
    query = select(Entry)
    if search.store_ids is not None:
        query = query.where(Entry.store_id.in_(search.store_ids))
    if search.subject:
        query = query.where(Entry.subject == search.subject)
    if search.subject_id is not None:
        query = query.where(Entry.subject_id == search.subject_id)
    if search.by:
        query = query.where(_has(Entry.by, search.by))
    if search.first is not None:
        query = query.where(Entry.at >= search.first)
    if search.last is not None:
        query = query.where(Entry.at < search.last)
    if search.words:
        texts = (Entry.by, Entry.event, Entry.before, Entry.after, Entry.reason)
        query = query.where(or_(Entry.event.in_(search.events), *(_has(text, search.words) for text in texts)))
    if before_id is not None:
        query = query.where(Entry.id < before_id)
    return (await session.scalars(query.order_by(Entry.id.desc()).limit(limit))).all()


def _has(text: Any, words: str) -> Any:
    """Whether the words stand in it, whatever their case and accents."""
    return func.strpos(func.lower(func.vitrine_unaccent(text)), func.lower(func.vitrine_unaccent(words))) > 0


async def latest(session: AsyncSession, subject: str, subject_ids: Iterable[int]) -> dict[int, datetime]:
    """When something last happened to each of them."""
    query = select(Entry.subject_id, func.max(Entry.at)).where(
        Entry.subject == subject, Entry.subject_id.in_(list(subject_ids))
    )
    return {row[0]: row[1] for row in await session.execute(query.group_by(Entry.subject_id))}
