"""What articles can be compared by: a material, a width, a colour. Each has a type, and may be a filter of a list."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from kit import languages
from kit.db import Base
from kit.errors import NotFound, Refused
from kit.languages import Translated, lazy
from stores.catalogue import Product


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


class ChoiceInUse(Refused):
    """Articles say this of themselves; they would say nothing."""

    code = "choice_in_use"
    msgid = lazy("Articles still say %(choices)s. Change them before it is removed.")


async def take(session: AsyncSession, attribute_id: int) -> Attribute:
    """The attribute, locked until the end of the transaction. Raises `NotFound`."""
    query = select(Attribute).where(Attribute.id == attribute_id).with_for_update()
    found = await session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise NotFound()
    return found


async def save(session: AsyncSession, attribute: Attribute, **values: Any) -> None:
    """Change it. Raises `ChoiceInUse` where a choice is to go that articles still name."""
    if "choices" in values:
        left = {one["code"] for one in attribute.choices} - {one["code"] for one in values["choices"]}
        said = await used(session, attribute.code, left)
        if said:
            named = [Translated.from_json(one["label"]).text() for one in attribute.choices if one["code"] in said]
            raise ChoiceInUse(params={"choices": languages.list_words(named)})
    for name, value in values.items():
        setattr(attribute, name, value)
    await session.flush()


async def used(session: AsyncSession, code: str, choices: Collection[str]) -> dict[str, int]:
    """How many articles say each of these choices."""
    if not choices:
        return {}
    value = Product.attributes[code].astext
    query = select(value, func.count()).where(value.in_(choices)).group_by(value)
    return {row[0]: row[1] for row in await session.execute(query)}


async def count(session: AsyncSession, codes: Collection[str]) -> dict[str, int]:
    """How many articles say anything of each of these attributes: one statement."""
    if not codes:
        return {}
    counts = [func.count().filter(Product.attributes.has_key(code)) for code in codes]
    return dict(zip(codes, (await session.execute(select(*counts))).one(), strict=True))


async def every(session: AsyncSession) -> Sequence[Attribute]:
    """All of them, in the order of the house."""
    return (await session.scalars(select(Attribute).order_by(Attribute.position, Attribute.id))).all()
