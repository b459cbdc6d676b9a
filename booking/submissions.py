"""Requests that were answered once already: the same key and body get the first answer again, for a week."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from kit.db import Base, table_of
from kit.errors import Refused
from kit.languages import lazy

KEPT = timedelta(days=7)


class Submission(Base):
    """One key of one caller, what was sent with it, and what was answered."""

    __tablename__ = "submission"

    scope: Mapped[str] = mapped_column(primary_key=True)
    """Whose key it is: `form`, `api`, or `key:<id>`; two callers may use the same word."""
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    answer: Mapped[dict[str, Any] | None]
    at: Mapped[datetime]


class KeyReused(Refused):
    """The key was used before, with something else."""

    status = 422
    code = "idempotency_key_reused"
    msgid = lazy("This request has already been sent, with other details.")


@dataclass(frozen=True)
class Answered:
    """What was answered the first time."""

    answer: dict[str, Any]


def fingerprint_of(body: Any) -> str:
    """The same for two bodies that say the same, whatever the order of their fields."""
    return hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()


async def begin(session: AsyncSession, *, scope: str, key: str, body: Any, now: datetime) -> Answered | None:
    """Claim the key, or find what it was answered with; raises `KeyReused` for another body.

    Of several requests at once, the first holds the row until its transaction ends and the others wait for it (at
    most `lock_timeout`): they see its answer, or take the key themselves when it was rolled back.
    """
    fingerprint = fingerprint_of(body)
    new = await session.execute(
        insert(table_of(Submission))
        .values(scope=scope, key=key, fingerprint=fingerprint, at=now)
        .on_conflict_do_nothing()
        .returning(Submission.key)
    )
    if new.first():
        return None
    first = await session.scalar(select(Submission).where(Submission.scope == scope, Submission.key == key))
    if first is None or first.fingerprint != fingerprint or first.answer is None:
        raise KeyReused()
    return Answered(first.answer)


async def answer(session: AsyncSession, *, scope: str, key: str, answer: dict[str, Any]) -> None:
    """Keep what this request was answered with."""
    await session.execute(
        update(table_of(Submission))
        .where(Submission.scope == scope, Submission.key == key)
        .values(answer=answer)
        .execution_options(synchronize_session=False)
    )


async def look_up(session: AsyncSession, *, scope: str, key: str) -> dict[str, Any] | None:
    """What a key was answered with, for a page that lost the answer on its way."""
    return await session.scalar(select(Submission.answer).where(Submission.scope == scope, Submission.key == key))


async def forget(session: AsyncSession, *, now: datetime) -> None:
    """Delete the keys that are older than a week."""
    await session.execute(delete(Submission).where(Submission.at < now - KEPT))
