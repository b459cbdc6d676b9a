"""Private calendars: the secret addresses by which advisors and stores see their appointments in their own diary.

Whoever has the address reads it, so it is shown once, kept as a hash, and made worthless by a new one.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from kit import codes
from kit.db import Base
from kit.errors import NotFound


class Feed(Base):
    """One secret address, of an advisor or of a whole store."""

    __tablename__ = "calendar_feed"
    __table_args__ = (CheckConstraint("num_nonnulls(advisor_id, store_id) = 1", name="whose"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    advisor_id: Mapped[int | None] = mapped_column(ForeignKey("advisor.id", ondelete="CASCADE"), index=True)
    store_id: Mapped[int | None] = mapped_column(ForeignKey("store.id"), index=True)
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


async def make(
    session: AsyncSession, *, advisor_id: int | None = None, store_id: int | None = None, by: str, now: datetime
) -> str:
    """A new address; the former one of the same advisor or store opens nothing from now on. Returns its secret."""
    await revoke(session, advisor_id=advisor_id, store_id=store_id, now=now)
    token = codes.new_token()
    session.add(
        Feed(
            token_hash=codes.token_hash(token),
            advisor_id=advisor_id,
            store_id=store_id,
            created_by=by,
            created_at=now,
        )
    )
    await session.flush()
    return token


async def revoke(
    session: AsyncSession, *, advisor_id: int | None = None, store_id: int | None = None, now: datetime
) -> None:
    """The address of this advisor, or store, opens nothing any more."""
    whose = Feed.advisor_id == advisor_id if advisor_id is not None else Feed.store_id == store_id
    await session.execute(
        update(Feed)
        .where(whose, Feed.revoked_at.is_(None))
        .values(revoked_at=now)
        .execution_options(synchronize_session=False)
    )


async def find(session: AsyncSession, token: str) -> Feed:
    """The feed behind a secret, or `NotFound`: forged, cut and revoked ones look the same."""
    feed = None
    if codes.is_token(token):
        query = select(Feed).where(Feed.token_hash == codes.token_hash(token), Feed.revoked_at.is_(None))
        feed = await session.scalar(query)
    if feed is None:
        raise NotFound()
    return feed


async def living(session: AsyncSession, *, advisor_ids: Sequence[int], store_ids: Sequence[int]) -> Sequence[Feed]:
    """The addresses that open something, of these advisors and stores."""
    query = select(Feed).where(
        Feed.revoked_at.is_(None), Feed.advisor_id.in_(advisor_ids) | Feed.store_id.in_(store_ids)
    )
    return (await session.scalars(query)).all()
