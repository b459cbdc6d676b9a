"""Addresses that were changed: an old one leads on to the new one for ever, unless something else took it."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from sqlalchemy import BigInteger, Identity, Index, delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from kit.db import Base


class OldSlug(Base):
    """A slug that something had once."""

    __tablename__ = "old_slug"
    __table_args__ = (Index("uq_old_slug", "kind", "language", "slug", unique=True),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    kind: Mapped[str]
    """`product`, `category` or `collection`."""
    language: Mapped[str]
    slug: Mapped[str]
    subject_id: Mapped[int]


@lru_cache(maxsize=4096)
def slug_of(name: str) -> str:
    """A name as it stands in an address: `choisir-un-luminaire`."""
    plain = unicodedata.normalize("NFKD", name.lower().replace("œ", "oe").replace("æ", "ae"))
    letters = plain if plain.isascii() else "".join(sign for sign in plain if not unicodedata.combining(sign))
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")


async def leave(session: AsyncSession, kind: str, language: str, slug: str, subject_id: int) -> None:
    """This address was left by its subject; the last one to leave it is whom it leads to."""
    row = insert(OldSlug).values(kind=kind, language=language, slug=slug, subject_id=subject_id)
    await session.execute(
        row.on_conflict_do_update(index_elements=["kind", "language", "slug"], set_={"subject_id": subject_id})
    )


async def take(session: AsyncSession, kind: str, language: str, slug: str) -> None:
    """This address belongs to somebody again: it leads nowhere else any more."""
    await session.execute(
        delete(OldSlug).where(OldSlug.kind == kind, OldSlug.language == language, OldSlug.slug == slug)
    )


async def leave_all(session: AsyncSession, kind: str, left: Sequence[tuple[str, str, int]]) -> None:
    """Many at once: (language, slug, subject)."""
    last = {(language, slug): subject_id for language, slug, subject_id in left}
    rows = insert(OldSlug).values(
        [
            {"kind": kind, "language": language, "slug": slug, "subject_id": subject_id}
            for (language, slug), subject_id in last.items()
        ]
    )
    await session.execute(
        rows.on_conflict_do_update(
            index_elements=["kind", "language", "slug"], set_={"subject_id": rows.excluded.subject_id}
        )
    )


async def take_all(session: AsyncSession, kind: str, taken: Sequence[tuple[str, str]]) -> None:
    """Many at once: (language, slug)."""
    await session.execute(
        delete(OldSlug).where(OldSlug.kind == kind, tuple_(OldSlug.language, OldSlug.slug).in_(taken))
    )


async def follow(session: AsyncSession, kind: str, slug: str) -> int | None:
    """The id of what had this address once, in either language; None for an address that nobody had."""
    query = select(OldSlug.subject_id).where(OldSlug.kind == kind, OldSlug.slug == slug).limit(1)
    found: int | None = await session.scalar(query)
    return found


async def forget(session: AsyncSession, kind: str, subject_id: int) -> None:
    """This subject is no more: none of its addresses leads anywhere."""
    await session.execute(delete(OldSlug).where(OldSlug.kind == kind, OldSlug.subject_id == subject_id))
