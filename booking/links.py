"""Private links: one row lets its holder see and change one booking, without an account."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Index, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from kit.codes import link_token, token_hash
from kit.db import Base, table_of
from kit.errors import Gone, NotFound

OUTLIVES_END = timedelta(days=30)
"""A link still opens so long after the booking has ended, then it is 410."""


class Link(Base):
    """The right to act on one booking. The token itself is not stored: it follows from the secret key and this row."""

    __tablename__ = "link"
    __table_args__ = (Index("ix_link_subject", "subject", "subject_id"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    subject: Mapped[str]
    subject_id: Mapped[int]
    version: Mapped[int] = mapped_column(default=1)
    """Raised to make every token given out before worthless."""
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    mailed: Mapped[bool]
    """Only ever sent to the shopper's own address: whoever holds it reads that mailbox."""
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    def token(self, secret: bytes) -> str:
        """The 22 signs that open it; the same each time, so that a later message can carry them again."""
        return link_token(secret, self.id, self.version)


async def create(session: AsyncSession, subject: str, subject_id: int, *, secret: bytes, now: datetime) -> str:
    """Two links to the booking: one for the page or program that asked, whose token is returned, and one to mail."""
    asked_id, mailed_id = secrets.randbits(63), secrets.randbits(63)  # drawn here: rows and hashes are one statement
    token = link_token(secret, asked_id, 1)
    rows = [
        {
            "id": link_id,
            "subject": subject,
            "subject_id": subject_id,
            "version": 1,
            "token_hash": token_hash(link_token(secret, link_id, 1)),
            "mailed": link_id == mailed_id,
            "created_at": now,
        }
        for link_id in (asked_id, mailed_id)
    ]
    await session.execute(insert(table_of(Link)), rows)
    return token


async def open_link(session: AsyncSession, token: str) -> Link:
    """The link behind a token; a forged, cut or revoked one is `NotFound` like any unknown address."""
    link = await session.scalar(select(Link).where(Link.token_hash == token_hash(token), Link.revoked_at.is_(None)))
    if link is None:
        raise NotFound()
    return link


async def to_mail(session: AsyncSession, subject: str, subject_id: int) -> Link:
    """The link that messages carry."""
    query = select(Link).where(
        Link.subject == subject, Link.subject_id == subject_id, Link.mailed, Link.revoked_at.is_(None)
    )
    link = await session.scalar(query.order_by(Link.created_at.desc()).limit(1))
    if link is None:
        raise NotFound()
    return link


async def to_show_again(session: AsyncSession, subject: str, subject_id: int) -> Link:
    """The link of the page or program that asked, for the same request sent twice: its token was never kept."""
    query = select(Link).where(
        Link.subject == subject, Link.subject_id == subject_id, ~Link.mailed, Link.revoked_at.is_(None)
    )
    link = await session.scalar(query.order_by(Link.created_at).limit(1))
    if link is None:
        raise NotFound()
    return link


def check_alive(ended_at: datetime | None, now: datetime) -> None:
    """Raises `Gone` for a booking that ended more than 30 days ago."""
    if ended_at is not None and now - ended_at > OUTLIVES_END:
        raise Gone()
