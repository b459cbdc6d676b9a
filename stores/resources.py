"""What can be booked: a person or a room. Both stand in one table, so that one constraint keeps both from clashing.

Whoever changes a diary takes its rows here first, in the order of their ids, and raises their revision: so two people
who want the same advisor wait for each other instead of deadlocking, and what was read of a diary knows its age.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from kit.db import Base, table_of


class Kind(StrEnum):
    ADVISOR = "advisor"
    SPACE = "space"


class Resource(Base):
    """A diary: of an advisor or of a space, which share its id."""

    __tablename__ = "resource"
    __table_args__ = (CheckConstraint("kind in ('advisor', 'space')", name="kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    store_id: Mapped[int] = mapped_column(ForeignKey("store.id"), index=True)
    """Where it is; an advisor may have shifts in other stores too."""
    revision: Mapped[int] = mapped_column(default=1)
    """Raised with every change of its blocks, shifts, absences or skills."""


async def lock(session: AsyncSession, ids: Iterable[int]) -> Mapping[int, int]:
    """Take these diaries, in order, until the transaction ends; raise their revision. Returns what it was before.

    The session is marked: what it reads of a diary from here on may yet be undone, so nobody else may remember it.
    """
    session.info["locked"] = True
    rows = table_of(Resource)
    wanted = (
        select(rows.c.id)
        .where(rows.c.id.in_(sorted(set(ids))))
        .order_by(rows.c.id)
        .with_for_update(key_share=True)
        .cte("wanted")
    )
    taken = await session.execute(
        update(rows)
        .where(rows.c.id == wanted.c.id)
        .values(revision=rows.c.revision + 1)
        .returning(rows.c.id, rows.c.revision)
    )
    return {row.id: row.revision - 1 for row in taken}
