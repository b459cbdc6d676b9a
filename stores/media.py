"""Images of the house: each file once, named after its content, with words for those who do not see it.

An image hangs in places as a `Picture`, which copies what its page needs; `save` keeps the copies true.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ColumnElement, column, delete, exists, func, or_, select, table, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from kit.db import Base, table_of
from kit.errors import NotFound, Refused
from kit.images import KIND, Drawn
from kit.languages import LANGUAGES, Translated, lazy
from stores.catalogue import Picture, Product


class Medium(Base):
    """One image file."""

    __tablename__ = "medium"
    __table_args__ = (CheckConstraint("focal_x between 0 and 100 and focal_y between 0 and 100", name="focal"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(unique=True)
    """SHA-256 of the bytes that were sent, in hex: the same file sent twice is one image."""
    path: Mapped[str] = mapped_column(unique=True)
    """Below /media/."""
    kind: Mapped[str]
    """`image/webp`, `image/svg+xml` (ours only)."""
    width: Mapped[int]
    height: Mapped[int]
    size: Mapped[int]
    """Bytes of the file that is served."""
    alt: Mapped[Translated]
    decorative: Mapped[bool] = mapped_column(default=False)
    """Says nothing that the text beside it does not: it needs no words."""
    focal_x: Mapped[int] = mapped_column(default=50)
    focal_y: Mapped[int] = mapped_column(default=50)
    credit: Mapped[str] = mapped_column(default="")
    by: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]

    @property
    def is_described(self) -> bool:
        """Whether an article that shows it may be published: words in French, or none needed."""
        return self.decorative or "fr" in self.alt


class InUse(Refused):
    code = "image_in_use"
    msgid = lazy("This image is in use: take it away from where it hangs first.")


class View(StrEnum):
    """What the library can be narrowed to."""

    ALL = ""
    SILENT = "silent"
    """Neither described in French nor declared decorative."""
    UNUSED = "unused"


@dataclass(frozen=True)
class Seen:
    """An image in the library, with the number of places in which it hangs."""

    medium: Medium
    uses: int


_COLLECTION = table("collection", column("medium_id"))
"""Collections stand above images; that they show one is all that is asked of them here."""


async def add(session: AsyncSession, drawn: Drawn, *, digest: str, by: str, now: datetime) -> tuple[Medium, bool]:
    """Keep what was drawn of a file that was sent, or find the same image; the second says whether it is new."""
    row = insert(table_of(Medium)).values(
        digest=digest,
        path=drawn.path,
        kind=KIND,
        width=drawn.width,
        height=drawn.height,
        size=drawn.size,
        alt=Translated(),
        decorative=False,
        focal_x=50,
        focal_y=50,
        credit="",
        by=by,
        created_at=now,
    )
    added = await session.scalar(row.on_conflict_do_nothing().returning(Medium.id))
    same = or_(Medium.digest == digest, Medium.path == drawn.path)
    medium = await session.scalar(select(Medium).where(Medium.id == added if added else same).limit(1))
    assert medium is not None
    return medium, added is not None


async def of_digest(session: AsyncSession, digest: str) -> Medium | None:
    """The image that these very bytes became once."""
    found: Medium | None = await session.scalar(select(Medium).where(Medium.digest == digest))
    return found


async def hang(session: AsyncSession, medium: Medium, product_id: int, *, now: datetime) -> bool:
    """Hang it last on this article, unless it hangs there; returns whether it was hung. Locks the article."""
    await session.execute(select(Product.id).where(Product.id == product_id).with_for_update())
    mine = select(Picture.position, Picture.medium_id).where(Picture.product_id == product_id)
    hung = (await session.execute(mine)).all()
    if any(row.medium_id == medium.id for row in hung):
        return False
    session.add(
        Picture(
            product_id=product_id,
            medium_id=medium.id,
            position=max((row.position for row in hung), default=-1) + 1,
            path=medium.path,
            width=medium.width,
            height=medium.height,
            **_copied(medium),
        )
    )
    await session.execute(update(table_of(Product)).where(Product.id == product_id).values(updated_at=now))
    await session.flush()
    return True


async def save(
    session: AsyncSession,
    medium: Medium,
    *,
    alt: Mapping[str, str],
    decorative: bool,
    focal_x: int,
    focal_y: int,
    credit: str,
) -> None:
    """Say what it shows, which point every crop keeps (percent) and who made it, here and wherever it hangs."""
    medium.alt, medium.decorative = Translated(alt), decorative
    medium.focal_x, medium.focal_y, medium.credit = focal_x, focal_y, credit
    await session.flush()
    await session.execute(update(table_of(Picture)).where(Picture.medium_id == medium.id).values(**_copied(medium)))


async def remove(session: AsyncSession, medium: Medium) -> None:
    """Forget it; whoever calls deletes its files after the commit. Raises `InUse` while it hangs anywhere."""
    try:
        async with session.begin_nested():
            await session.execute(delete(table_of(Medium)).where(Medium.id == medium.id))
    except IntegrityError as error:
        raise InUse() from error


def _copied(medium: Medium) -> dict[str, object]:
    """What a picture that hangs repeats of its image."""
    return {
        "alt": Translated() if medium.decorative else medium.alt,
        "focal_x": medium.focal_x,
        "focal_y": medium.focal_y,
        "credit": medium.credit,
    }


async def find(session: AsyncSession, medium_id: int) -> Medium:
    """Raises `NotFound`."""
    medium = await session.get(Medium, medium_id)
    if medium is None:
        raise NotFound()
    return medium


async def take(session: AsyncSession, medium_id: int) -> Medium:
    """The same, for whoever changes it: nobody else does until this transaction ends."""
    query = select(Medium).where(Medium.id == medium_id).with_for_update()
    medium: Medium | None = await session.scalar(query)
    if medium is None:
        raise NotFound()
    return medium


async def browse(
    session: AsyncSession, words: str = "", view: View = View.ALL, *, limit: int, offset: int = 0
) -> list[Seen]:
    """Images whose description or credit has all these words, the newest first."""
    hanging = select(func.count()).where(Picture.medium_id == Medium.id).correlate(Medium).scalar_subquery()
    shown = select(func.count()).where(_COLLECTION.c.medium_id == Medium.id).correlate(Medium).scalar_subquery()
    query = select(Medium, (hanging + shown).label("uses")).where(*_conditions(words, view))
    query = query.order_by(Medium.created_at.desc(), Medium.id.desc()).limit(limit).offset(offset)
    return [Seen(row.Medium, row.uses) for row in await session.execute(query)]


async def count(session: AsyncSession, words: str = "", view: View = View.ALL) -> int:
    """How many images `browse` would find in all."""
    return await session.scalar(select(func.count()).select_from(Medium).where(*_conditions(words, view))) or 0


def _conditions(words: str, view: View) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    described = [func.jsonb_extract_path_text(Medium.alt, language) for language in LANGUAGES]
    said = func.vitrine_unaccent(func.lower(func.concat_ws(" ", *described, Medium.credit)))
    for word in re.findall(r"[^\W_]+", words)[:8]:
        wanted.append(said.contains(func.vitrine_unaccent(word.lower())))
    if view is View.SILENT:
        wanted += [~Medium.decorative, func.coalesce(func.jsonb_extract_path_text(Medium.alt, "fr"), "") == ""]
    elif view is View.UNUSED:
        wanted.append(~exists(select(Picture.id).where(Picture.medium_id == Medium.id)))
        wanted.append(~exists(select(_COLLECTION.c.medium_id).where(_COLLECTION.c.medium_id == Medium.id)))
    return wanted


async def articles_with(session: AsyncSession, medium_id: int, *, limit: int) -> Sequence[tuple[str, Translated]]:
    """Reference and name of the articles on which it hangs."""
    on = exists(select(Picture.id).where(Picture.medium_id == medium_id, Picture.product_id == Product.id))
    found = await session.execute(select(Product.ref, Product.name).where(on).order_by(Product.ref).limit(limit))
    return [(row.ref, row.name) for row in found]


async def adopt(session: AsyncSession, *, now: datetime) -> None:
    """Give every picture that hangs without one its image: those that the demo and a chain draw by the thousand."""
    await session.execute(
        text(
            """
            insert into medium
                (digest, path, kind, width, height, size, alt, decorative, focal_x, focal_y, credit, "by", created_at)
            select distinct on (path) encode(sha256(convert_to(path, 'UTF8')), 'hex'), path,
                case when path like '%.svg' then 'image/svg+xml' else 'image/webp' end,
                width, height, 0, alt, alt = '{}', focal_x, focal_y, credit, '', :now
            from picture where medium_id is null order by path, id
            on conflict do nothing
            """
        ),
        {"now": now},
    )
    await session.execute(
        text(
            """
            update picture set medium_id = medium.id from medium
            where medium.path = picture.path and picture.medium_id is null
            """
        )
    )
