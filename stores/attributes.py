"""What articles can be compared by: a material, a width, a colour. Each has a type, and may be a filter of a list."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from kit import languages
from kit.db import Base
from kit.languages import Translated


class Kind(StrEnum):
    """What a value is. In `Product.attributes` a text is {"fr", "en"}, a number is a number, a choice or a colour is
    the code of one of `choices`."""

    TEXT = "text"
    NUMBER = "number"
    CHOICE = "choice"
    COLOUR = "colour"


class Attribute(Base):
    """A property that articles have in common."""

    __tablename__ = "attribute"
    __table_args__ = (CheckConstraint("kind in ('text', 'number', 'choice', 'colour')", name="kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    """Its name in files and addresses: lower case letters, digits and underscores."""
    kind: Mapped[str]
    label: Mapped[Translated]
    unit: Mapped[str] = mapped_column(default="")
    """Of a number: `cm`, `kg`."""
    choices: Mapped[list[Any]] = mapped_column(default=list)
    """[{"code", "label": {"fr", "en"}, "colour": "#RRGGBB" or ""}], in their order."""
    facet: Mapped[bool] = mapped_column(default=False)
    """Whether lists can be narrowed by it."""
    position: Mapped[int] = mapped_column(default=0)

    def words(self, value: Any) -> str:
        """A value as the page of an article says it, in the language spoken; empty for one that is not known."""
        match self.kind:
            case Kind.TEXT:
                return Translated.from_json(value).text() if isinstance(value, Mapping | str) else ""
            case Kind.NUMBER:
                said = languages.number_words(Decimal(str(value))) if isinstance(value, int | float) else ""
                return f"{said}\N{NO-BREAK SPACE}{self.unit}" if said and self.unit else said
        label = next((one["label"] for one in self.choices if one["code"] == value), None)
        return Translated.from_json(label).text() if label else ""


async def every(session: AsyncSession) -> Sequence[Attribute]:
    """All of them, in the order of the house."""
    return (await session.scalars(select(Attribute).order_by(Attribute.position, Attribute.id))).all()
