"""Images of the house: each file once, named after its content, with words for those who do not see it.

An image hangs in places as a `Picture`, which copies what its page needs; `save` keeps the copies true.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from kit.db import Base
from kit.languages import Translated


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
