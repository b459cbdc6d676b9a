"""Advisors: the people who can be booked, what they know and which languages they speak."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column, relationship, selectinload

from kit.db import Base
from kit.errors import Invalid, NotFound
from kit.languages import Translated, lazy
from stores import resources
from stores.resources import Kind, Resource
from stores.schedules import Shift


class Skill(Base):
    """Something that a service needs of the person who gives it: lighting plans, fitting, kitchens."""

    __tablename__ = "skill"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[Translated]


class Advisor(Base):
    """Someone who receives shoppers by appointment. Her diary is the resource of the same id."""

    __tablename__ = "advisor"
    __table_args__ = (CheckConstraint("daily_max between 0 and 50", name="daily_max"),)

    id: Mapped[int] = mapped_column(ForeignKey("resource.id"), primary_key=True, autoincrement=False)
    slug: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    """Who she is when she signs in; someone without an account is told at the store's mailbox."""
    category_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"))
    """Her department: its articles name her."""
    name: Mapped[str]
    """As shoppers call her: a first name."""
    title: Mapped[Translated]
    """`conseillère luminaires`"""
    bio: Mapped[Translated]
    photo: Mapped[str] = mapped_column(default="")
    """Path below /media/; may be empty."""
    languages: Mapped[list[Any]] = mapped_column(default=list)
    """ISO 639-1 codes, those she likes best first; more than the site speaks."""
    bookable: Mapped[bool] = mapped_column(default=True)
    """Shown to shoppers; staff may book her all the same."""
    daily_max: Mapped[int] = mapped_column(default=0)
    """Appointments on one day of the store; 0: as many as fit."""

    resource: Mapped[Resource] = relationship(lazy="raise")
    skills: Mapped[list["AdvisorSkill"]] = relationship(
        lazy="raise", order_by="AdvisorSkill.skill_id", cascade="all, delete-orphan"
    )

    def knows(self, skill_id: int, day: date) -> bool:
        return any(one.skill_id == skill_id and one.on(day) for one in self.skills)


class AdvisorSkill(Base):
    """A skill and the days on which she has it: a certificate may end, a training may begin."""

    __tablename__ = "advisor_skill"
    __table_args__ = (
        CheckConstraint("valid_from <= valid_until", name="days"),
        Index("ix_advisor_skill_skill", "skill_id"),
    )

    advisor_id: Mapped[int] = mapped_column(ForeignKey("advisor.id", ondelete="CASCADE"), primary_key=True)
    skill_id: Mapped[int] = mapped_column(ForeignKey("skill.id"), primary_key=True)
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    """Both days included; empty: always."""

    skill: Mapped[Skill] = relationship(lazy="raise")

    def on(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )


class BadDays(Invalid):
    """A last day that comes before the first one."""

    code = "bad_days"
    msgid = lazy("The last day must not come before the first one.")


def _loaded() -> tuple[Any, ...]:
    return (
        selectinload(Advisor.resource),
        selectinload(Advisor.skills).selectinload(AdvisorSkill.skill),
    )


def _working_in(store_ids: frozenset[int]) -> Any:
    """Whose diary is kept in one of these stores, or who has a shift there."""
    shifts = select(Shift.advisor_id).where(Shift.store_id.in_(store_ids))
    return or_(Resource.store_id.in_(store_ids), Advisor.id.in_(shifts))


async def working_in(session: AsyncSession, store_ids: frozenset[int]) -> Sequence[Advisor]:
    """Everyone who receives in one of these stores, by name, with their skills."""
    query = select(Advisor).join(Resource).where(_working_in(store_ids)).order_by(Advisor.name, Advisor.id)
    return (await session.scalars(query.options(*_loaded()))).all()


async def bookable(session: AsyncSession) -> Sequence[Advisor]:
    """Everyone whom shoppers may choose, by name, as lists show them: without their skills."""
    query = select(Advisor).where(Advisor.bookable).order_by(Advisor.name, Advisor.id)
    return (await session.scalars(query)).all()


async def find(session: AsyncSession, slug: str, *, store_ids: frozenset[int] | None = None) -> Advisor:
    """The advisor of that slug, or `NotFound`; also when she works in none of `store_ids`."""
    query = select(Advisor).join(Resource).where(Advisor.slug == slug)
    if store_ids is not None:
        query = query.where(_working_in(store_ids))
    advisor = await session.scalar(query.options(*_loaded()))
    if advisor is None:
        raise NotFound()
    return advisor


async def get(session: AsyncSession, advisor_id: int) -> Advisor:
    """The advisor of that id, or `NotFound`."""
    advisor = await session.scalar(select(Advisor).where(Advisor.id == advisor_id).options(*_loaded()))
    if advisor is None:
        raise NotFound()
    return advisor


async def of_account(session: AsyncSession, account_id: int) -> Advisor | None:
    """The advisor who signs in with this account; None for colleagues who receive nobody."""
    query = select(Advisor).where(Advisor.account_id == account_id).order_by(Advisor.id).limit(1)
    return await session.scalar(query.options(*_loaded()))


async def skills(session: AsyncSession) -> Sequence[Skill]:
    return (await session.scalars(select(Skill).order_by(Skill.code))).all()


async def add(session: AsyncSession, advisor: Advisor, *, store_id: int) -> Advisor:
    """A new advisor with an empty diary in that store."""
    resource = Resource(kind=Kind.ADVISOR, store_id=store_id, revision=1)
    session.add(resource)
    await session.flush()
    advisor.id, advisor.resource = resource.id, resource
    session.add(advisor)
    await session.flush()
    return advisor


async def take(session: AsyncSession, slug: str, *, store_ids: frozenset[int] | None) -> Advisor:
    """Find her and take her diary: what is read of her now stays true until the transaction ends."""
    found = await find(session, slug, store_ids=store_ids)
    await resources.lock(session, [found.id])
    query = select(Advisor).where(Advisor.id == found.id).options(*_loaded())
    return (await session.scalars(query.execution_options(populate_existing=True))).one()


async def save(session: AsyncSession, advisor: Advisor, **values: Any) -> None:
    """Write what is said of her. Who is bookable, and how often, stands in her diary: so it is taken first."""
    await resources.lock(session, [advisor.id])
    for name, value in values.items():
        setattr(advisor, name, value)
    await session.flush()


async def set_skills(
    session: AsyncSession, advisor: Advisor, skills: Sequence[tuple[Skill, date | None, date | None]]
) -> None:
    """What she knows from now on, each with its first and last day. What was booked before stays, and is a conflict
    where it needs what she no longer has. Raises `BadDays`."""
    if any(first and last and last < first for _, first, last in skills):
        raise BadDays()
    await resources.lock(session, [advisor.id])
    had = {one.skill_id: one for one in advisor.skills}
    now_has = []
    for skill, first, last in skills:
        one = had.get(skill.id) or AdvisorSkill(advisor_id=advisor.id, skill_id=skill.id, skill=skill)
        one.valid_from, one.valid_until = first, last
        now_has.append(one)
    advisor.skills = now_has
    await session.flush()


async def slugs(session: AsyncSession, beginning: str) -> Sequence[str]:
    """The slugs in use that begin like that."""
    query = select(Advisor.slug).where(Advisor.slug.startswith(beginning, autoescape=True))
    return (await session.scalars(query)).all()


async def accounts(session: AsyncSession) -> frozenset[int]:
    """The accounts that are some advisor's."""
    query = select(Advisor.account_id).where(Advisor.account_id.is_not(None))
    return frozenset(found for found in await session.scalars(query) if found is not None)
