"""Collections: articles that belong together for a while, chosen by hand or by a rule."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kit.db import Base
from kit.languages import Translated
from stores.catalogue import Product


class Collection(Base):
    """A page of articles with a title, a sentence and a picture. Shown between its two dates, once it is published."""

    __tablename__ = "collection"
    __table_args__ = (CheckConstraint("state in ('draft', 'published')", name="state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    slug_fr: Mapped[str] = mapped_column(unique=True)
    slug_en: Mapped[str] = mapped_column(unique=True)
    title: Mapped[Translated]
    intro: Mapped[Translated]
    medium_id: Mapped[int | None] = mapped_column(ForeignKey("medium.id"))
    rule: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """Empty: chosen by hand. Else what an article must be, all of it: {"categories": [id], "brands": [name],
    "attributes": {code: [value]}, "low": minor, "high": minor, "new_days": n, "words": text}."""
    state: Mapped[str] = mapped_column(default="draft")
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    on_home: Mapped[bool] = mapped_column(default=False)
    """The one of the home page: the newest of those that are shown."""
    position: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    items: Mapped[list["CollectionItem"]] = relationship(
        lazy="raise", order_by="CollectionItem.position", cascade="all, delete-orphan"
    )

    def slug(self, language: str) -> str:
        return self.slug_en if language == "en" else self.slug_fr

    def is_shown(self, now: datetime) -> bool:
        begun = self.starts_at is None or self.starts_at <= now
        return self.state == "published" and begun and (self.ends_at is None or now < self.ends_at)


class CollectionItem(Base):
    """An article of a collection that was chosen by hand."""

    __tablename__ = "collection_item"

    collection_id: Mapped[int] = mapped_column(ForeignKey("collection.id", ondelete="CASCADE"), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id", ondelete="CASCADE"), primary_key=True, index=True)
    position: Mapped[int] = mapped_column(default=0)

    product: Mapped[Product] = relationship(lazy="raise")
