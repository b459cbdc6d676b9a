"""What we tell people. The row is the outbox: written in the transaction that causes it, sent later by a worker.

Life: pending → sending (claimed with a lease) → sent, dropped (with a reason) or dead (on the staff's list). A worker
that dies leaves a lease that runs out, and the row is claimed again; the `Message-ID` is the row's id, so the one
possible copy, killed between the server's 250 and our commit, can be recognised by whoever receives it.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, UniqueConstraint, and_, case, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from kit.db import Base, after_commit, table_of

LEASE = timedelta(seconds=90)
"""How long a worker may take to send one message before another takes it over."""
FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(hours=6)
GIVE_UP_AFTER = timedelta(hours=24)
BEGUN = "being sent"
TAKEN_OVER = "taken over from a worker that stopped"
"""Reasons of claimed messages: one is on its way out now; the other was, and nobody has said what became of it."""
TOO_LATE_AFTER = timedelta(hours=2)
"""A reminder that could not leave so long after its moment is dropped, never sent late."""


OPENS = "path"
"""What a payload may hold that opens something (the link to a new password); forgotten once the message has ended."""


WORDS = "text"
"""What a payload may hold that a colleague typed; forgotten when the subject is erased."""


class State(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    DROPPED = "dropped"
    DEAD = "dead"


class Channel(StrEnum):
    EMAIL = "email"
    SMS = "sms"
    NOTIFY = "notify"  # the store's Apprise address


class Message(Base):
    """One message to one person by one channel."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("subject", "subject_id", "template", "version", "recipient"),
        Index("ix_message_due", "due_at", postgresql_where="state = 'pending'"),
        Index("ix_message_lease", "lease_until", postgresql_where="state = 'sending'"),
        Index("ix_message_dead", "store_id", postgresql_where="state = 'dead'"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    store_id: Mapped[int | None]
    subject: Mapped[str]
    """What it is about: `reservation`, `appointment`, `account`, `store`."""
    subject_id: Mapped[int]
    template: Mapped[str]
    """A folder below templates/messages/."""
    version: Mapped[int]
    """Of the subject: the same news is told once, the next change is news again."""
    recipient: Mapped[str]
    """`shopper`, `store`, `store-notify`, or `account:<id>`: who, never where; the address is read when it is sent."""
    channel: Mapped[str]
    language: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What cannot be read from the subject when it is sent."""
    only_if: Mapped[str] = mapped_column(default="")
    """The states of the subject, separated by commas, in which it still makes sense; empty: always."""
    reminder: Mapped[bool] = mapped_column(default=False)
    """Of use only near its moment: dropped when late."""
    state: Mapped[str] = mapped_column(default=State.PENDING)
    due_at: Mapped[datetime]
    """When it is to be sent; an attempt that failed moves it."""
    first_due_at: Mapped[datetime]
    """When it was to be sent at first: the 24 h after which it is given up count from here."""
    created_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")
    """Why it was dropped, or what the last attempt met."""


async def queue(
    session: AsyncSession,
    template: str,
    *,
    subject: str,
    subject_id: int,
    version: int,
    recipient: str,
    channel: Channel,
    language: str,
    store_id: int | None,
    due_at: datetime,
    now: datetime,
    payload: dict[str, Any] | None = None,
    only_if: Sequence[str] = (),
    reminder: bool = False,
) -> None:
    """Promise to send it; asking twice for the same news to the same person is asking once."""
    await session.execute(
        insert(table_of(Message))
        .values(
            id=uuid.uuid4(),
            store_id=store_id,
            subject=subject,
            subject_id=subject_id,
            template=template,
            version=version,
            recipient=recipient,
            channel=channel,
            language=language,
            payload=payload or {},
            only_if=",".join(only_if),
            reminder=reminder,
            state=State.PENDING,
            due_at=due_at,
            first_due_at=due_at,
            created_at=now,
            attempts=0,
            reason="",
        )
        .on_conflict_do_nothing()
    )
    after_commit(session, "messages")


async def was_queued(session: AsyncSession, template: str, subject: str, subject_id: int, *, version: int) -> bool:
    """Whether this news was promised to anybody, whatever became of it."""
    query = select(Message.id).where(
        Message.subject == subject,
        Message.subject_id == subject_id,
        Message.template == template,
        Message.version == version,
    )
    return (await session.scalar(query.limit(1))) is not None


def _claimable(now: datetime) -> Any:
    return or_(
        and_(Message.state == State.PENDING, Message.due_at <= now),
        and_(Message.state == State.SENDING, Message.lease_until < now),
    )


def _cut_off() -> Any:
    return and_(Message.state == State.SENDING, Message.reason.in_([BEGUN, TAKEN_OVER]))


async def claim(session: AsyncSession, *, now: datetime, limit: int = 20) -> Sequence[Message]:
    """Take up to `limit` due messages for this worker, oldest first, news before reminders; others skip them."""
    due = (
        select(Message.id)
        .where(_claimable(now))
        .order_by(Message.reminder, Message.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    taken = await session.scalars(
        update(Message)
        .where(Message.id.in_(select(due.c.id)))
        .values(
            state=State.SENDING,
            attempts=Message.attempts + 1,
            lease_until=now + LEASE,
            reason=case((_cut_off(), TAKEN_OVER), else_=""),
        )
        .returning(Message)
        .execution_options(synchronize_session=False)
    )
    return sorted(taken, key=lambda message: (message.reminder, message.due_at))


async def begin(session: AsyncSession, message: Message, *, now: datetime) -> bool:
    """It is sent next: its lease counts from here. False when it was taken over, because those before it took long."""
    begun = await session.execute(
        update(Message)
        .where(Message.id == message.id, Message.state == State.SENDING, Message.attempts == message.attempts)
        .values(lease_until=now + LEASE, reason=BEGUN)
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    )
    return begun.first() is not None


async def put_back(session: AsyncSession, claimed: Sequence[Message]) -> None:
    """A worker that ends gives back what it claimed and has not begun: as if it had never been taken."""
    await session.execute(
        update(Message)
        .where(
            tuple_(Message.id, Message.attempts).in_([(message.id, message.attempts) for message in claimed]),
            Message.state == State.SENDING,
            Message.reason.not_in([BEGUN, TAKEN_OVER]),
        )
        .values(state=State.PENDING, attempts=Message.attempts - 1, lease_until=None)
        .execution_options(synchronize_session=False)
    )


async def settle(session: AsyncSession, message: Message, *, now: datetime) -> None:
    """It left. A worker whose lease ran out meanwhile changes nothing."""
    await _finish(session, message, state=State.SENT, sent_at=now, lease_until=None, reason="")


async def drop(session: AsyncSession, message: Message, *, reason: str) -> None:
    """It must not be sent any more."""
    await _finish(session, message, state=State.DROPPED, lease_until=None, reason=reason)


async def put_off(session: AsyncSession, message: Message, *, reason: str, now: datetime, final: bool = False) -> None:
    """It could not be sent: again after 30 s, doubling up to 6 h; after 24 h, or when `final`, it is dead."""
    wait = min(FIRST_RETRY * 2 ** min(message.attempts - 1, 12), LONGEST_RETRY)
    gone = final or now + wait - message.first_due_at > GIVE_UP_AFTER
    await _finish(
        session,
        message,
        state=State.DEAD if gone else State.PENDING,
        lease_until=None,
        reason=reason[:500],
        **({} if gone else {"due_at": now + wait}),
    )
    if gone:
        after_commit(session, "ring", str(message.store_id or 0))


async def _finish(session: AsyncSession, message: Message, **values: Any) -> None:
    if values["state"] != State.PENDING:
        values["payload"] = Message.payload.op("-")(OPENS)
    await session.execute(
        update(Message)
        .where(Message.id == message.id, Message.state == State.SENDING, Message.attempts == message.attempts)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


async def withdraw(session: AsyncSession, subject: str, subject_id: int, *, templates: Sequence[str]) -> None:
    """Drop what waits to be sent about the subject and is no longer true."""
    await session.execute(
        update(Message)
        .where(
            Message.subject == subject,
            Message.subject_id == subject_id,
            Message.template.in_(templates),
            Message.state == State.PENDING,
        )
        .values(state=State.DROPPED, reason="withdrawn")
        .execution_options(synchronize_session=False)
    )


async def forget_words(session: AsyncSession, subject: str, subject_ids: Sequence[int]) -> None:
    """What a colleague wrote to her goes with her name."""
    await session.execute(
        update(Message)
        .where(Message.subject == subject, Message.subject_id.in_(subject_ids), Message.payload.has_key(WORDS))
        .values(payload=Message.payload.op("-")(WORDS))
        .execution_options(synchronize_session=False)
    )


async def resend(session: AsyncSession, message: Message, *, now: datetime) -> None:
    """A person asks for a dead message to be tried again, from now."""
    await session.execute(
        update(Message)
        .where(Message.id == message.id, Message.state == State.DEAD)
        .values(state=State.PENDING, due_at=now, first_due_at=now, attempts=0, reason="")
        .execution_options(synchronize_session=False)
    )
    after_commit(session, "messages")


async def came_back(session: AsyncSession, subject: str, subject_id: int) -> bool:
    """Whether a message to the shopper about it was given up."""
    query = select(Message.id).where(
        Message.subject == subject,
        Message.subject_id == subject_id,
        Message.recipient == "shopper",
        Message.state == State.DEAD,
    )
    return (await session.scalar(query.limit(1))) is not None


async def undelivered(session: AsyncSession, store_ids: frozenset[int]) -> Sequence[Message]:
    """Messages that were given up, for the staff's list: somebody should call."""
    query = select(Message).where(Message.state == State.DEAD, Message.store_id.in_(store_ids))
    return (await session.scalars(query.order_by(Message.due_at))).all()
