"""Spaces: where an appointment takes place, when it needs more than the floor."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column, relationship, selectinload

from kit.db import Base
from kit.errors import NotFound
from kit.languages import Translated
from stores import resources
from stores.resources import Kind, Resource


class Space(Base):
    """A table, a fitting room, a kitchen corner. Its diary is the resource of the same id, in whose store it is."""

    __tablename__ = "space"
    __table_args__ = (CheckConstraint("capacity between 1 and 99", name="capacity"),)

    id: Mapped[int] = mapped_column(ForeignKey("resource.id"), primary_key=True, autoincrement=False)
    kind: Mapped[str]
    """`table`, `fitting_room`, `kitchen_corner`, …: what a service asks for."""
    name: Mapped[Translated]
    floor: Mapped[int | None]
    way: Mapped[Translated]
    """How to find it from the entrance."""
    step_free: Mapped[bool] = mapped_column(default=True)
    capacity: Mapped[int] = mapped_column(default=4)
    """Visitors, besides the advisor."""
    active: Mapped[bool] = mapped_column(default=True)

    resource: Mapped[Resource] = relationship(lazy="raise")


async def of_store(session: AsyncSession, store_id: int) -> Sequence[Space]:
    """The spaces of a store, in the order in which they were added."""
    query = select(Space).join(Resource).where(Resource.store_id == store_id).order_by(Space.id)
    return (await session.scalars(query.options(selectinload(Space.resource)))).all()


async def find(session: AsyncSession, space_id: int, *, store_ids: frozenset[int] | None) -> Space:
    """The space, or `NotFound`; also when it is in none of `store_ids`."""
    query = select(Space).join(Resource).where(Space.id == space_id)
    if store_ids is not None:
        query = query.where(Resource.store_id.in_(store_ids))
    space = await session.scalar(query.options(selectinload(Space.resource)))
    if space is None:
        raise NotFound()
    return space


async def add(session: AsyncSession, space: Space, *, store_id: int) -> Space:
    """A new space with an empty diary in that store."""
    resource = Resource(kind=Kind.SPACE, store_id=store_id, revision=1)
    session.add(resource)
    await session.flush()
    space.id, space.resource = resource.id, resource
    session.add(space)
    await session.flush()
    return space


async def take(session: AsyncSession, space_id: int, *, store_ids: frozenset[int] | None) -> Space:
    """Find it and take its diary: what is read of it now stays true until the transaction ends."""
    found = await find(session, space_id, store_ids=store_ids)
    await resources.lock(session, [found.id])
    query = select(Space).where(Space.id == found.id).options(selectinload(Space.resource))
    return (await session.scalars(query.execution_options(populate_existing=True))).one()


async def save(session: AsyncSession, space: Space, **values: Any) -> None:
    """Write what is said of it. Whether it is used, and for whom, stands in its diary: so it is taken first."""
    await resources.lock(session, [space.id])
    for name, value in values.items():
        setattr(space, name, value)
    await session.flush()


async def kinds(session: AsyncSession) -> Sequence[str]:
    """Every kind of space that some store has, by name."""
    return (await session.scalars(select(Space.kind).distinct().order_by(Space.kind))).all()
