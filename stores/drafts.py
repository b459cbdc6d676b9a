"""What somebody has typed and not saved yet, so that a closed lid or a lost network costs nothing. One a person."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from kit.db import Base

KEPT = timedelta(days=30)


class Draft(Base):
    """The fields of one form of one person."""

    __tablename__ = "draft"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    """`product`, …; what the form is about."""
    subject_id: Mapped[int] = mapped_column(primary_key=True)
    """0: something new."""
    typed: Mapped[dict[str, Any]]
    """Texts by name of the field, with the marks that the form was filled with."""
    at: Mapped[datetime]


async def keep(
    session: AsyncSession, account_id: int, kind: str, subject_id: int, typed: dict[str, str], *, now: datetime
) -> None:
    """The last thing typed is what counts."""
    row = insert(Draft).values(account_id=account_id, kind=kind, subject_id=subject_id, typed=typed, at=now)
    await session.execute(
        row.on_conflict_do_update(index_elements=["account_id", "kind", "subject_id"], set_={"typed": typed, "at": now})
    )


async def find(session: AsyncSession, account_id: int, kind: str, subject_id: int) -> Draft | None:
    """What this person has typed there."""
    return await session.get(Draft, (account_id, kind, subject_id), populate_existing=True)


async def drop(session: AsyncSession, account_id: int, kind: str, subject_id: int) -> None:
    """It was saved, or is not wanted any more."""
    await session.execute(
        delete(Draft).where(Draft.account_id == account_id, Draft.kind == kind, Draft.subject_id == subject_id)
    )


async def forget(session: AsyncSession, *, now: datetime) -> None:
    """Nobody came back for these."""
    await session.execute(delete(Draft).where(Draft.at < now - KEPT))
