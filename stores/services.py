"""Services: what a shopper can book an advisor for, and what it takes."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column, relationship, selectinload

from kit.db import Base
from kit.errors import NotFound
from kit.languages import Translated
from stores.advisors import Skill


class Service(Base):
    """An appointment of one kind. All lengths are minutes, in fives, because diaries are kept in ticks of five."""

    __tablename__ = "service"
    __table_args__ = (
        CheckConstraint("duration between 5 and 480 and duration % 5 = 0", name="duration"),
        CheckConstraint("preparation between 0 and 240 and preparation % 5 = 0", name="preparation"),
        CheckConstraint("wrap_up between 0 and 240 and wrap_up % 5 = 0", name="wrap_up"),
        CheckConstraint("step between 5 and 480 and step % 5 = 0", name="step"),
        CheckConstraint("lead_minutes >= 0", name="lead_minutes"),
        CheckConstraint("horizon_days between 1 and 730", name="horizon_days"),
        CheckConstraint("cancel_minutes >= 0 and move_minutes >= 0", name="cut_offs"),
        CheckConstraint("max_party between 1 and 20", name="max_party"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[Translated]
    need: Mapped[Translated]
    """What she wants to do; services of the same need stand together: `Choisir un luminaire`."""
    about: Mapped[Translated]
    category_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"), index=True)
    """The department whose articles lead to it; none: of the whole house."""
    duration: Mapped[int]
    preparation: Mapped[int] = mapped_column(default=0)
    wrap_up: Mapped[int] = mapped_column(default=0)
    """Before and after, the advisor is taken too; the shopper is not told."""
    step: Mapped[int] = mapped_column(default=30)
    """Appointments begin at multiples of it since the store's midnight."""
    lead_minutes: Mapped[int] = mapped_column(default=120)
    """A shopper books no sooner than this before the start."""
    horizon_days: Mapped[int] = mapped_column(default=60)
    """And no later than so many days after today, by the store's calendar."""
    cancel_minutes: Mapped[int] = mapped_column(default=0)
    move_minutes: Mapped[int] = mapped_column(default=0)
    """Until so long before the start she may cancel or move it herself; 0: until it begins."""
    max_party: Mapped[int] = mapped_column(default=4)
    space_kind: Mapped[str] = mapped_column(default="")
    """The kind of space it takes besides the advisor; empty: none."""
    needs_approval: Mapped[bool] = mapped_column(default=False)
    """A colleague confirms it; the time is kept meanwhile."""
    questions: Mapped[list[Any]] = mapped_column(default=list)
    """[{"key", "label": {"fr", "en"}, "example": {"fr", "en"}, "required": false}], two or three."""
    bring: Mapped[Translated]
    """What to bring, after `À apporter, si vous l’avez :`; may be empty."""
    checklist: Mapped[list[Any]] = mapped_column(default=list)
    """What staff prepare: [{"fr", "en"}]."""
    position: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)

    skills: Mapped[list["ServiceSkill"]] = relationship(
        lazy="raise", order_by="ServiceSkill.skill_id", cascade="all, delete-orphan"
    )
    stores: Mapped[list["ServiceStore"]] = relationship(
        lazy="raise", order_by="ServiceStore.store_id", cascade="all, delete-orphan"
    )

    @property
    def length(self) -> timedelta:
        return timedelta(minutes=self.duration)

    @property
    def required(self) -> frozenset[int]:
        return frozenset(one.skill_id for one in self.skills if one.required)

    @property
    def preferred(self) -> frozenset[int]:
        return frozenset(one.skill_id for one in self.skills if not one.required)

    def at(self, store_id: int) -> "ServiceStore | None":
        """How that store gives it; None where it does not."""
        return next((one for one in self.stores if one.store_id == store_id and one.active), None)


class ServiceSkill(Base):
    """A skill that its advisor must have, or that is preferred."""

    __tablename__ = "service_skill"

    service_id: Mapped[int] = mapped_column(ForeignKey("service.id", ondelete="CASCADE"), primary_key=True)
    skill_id: Mapped[int] = mapped_column(ForeignKey("skill.id"), primary_key=True)
    required: Mapped[bool] = mapped_column(default=True)

    skill: Mapped[Skill] = relationship(lazy="raise")


class ServiceStore(Base):
    """A store that gives a service, and where people meet there."""

    __tablename__ = "service_store"

    service_id: Mapped[int] = mapped_column(ForeignKey("service.id", ondelete="CASCADE"), primary_key=True)
    store_id: Mapped[int] = mapped_column(ForeignKey("store.id"), primary_key=True)
    active: Mapped[bool] = mapped_column(default=True)
    meeting_point: Mapped[Translated]
    """`3ᵉ étage, Atelier lumière`; empty: the desk of the store."""
    meeting_sms: Mapped[str] = mapped_column(default="")
    """The same in at most 16 signs of GSM-7; empty: the store's desk."""


def _loaded() -> tuple[Any, ...]:
    return (
        selectinload(Service.skills).selectinload(ServiceSkill.skill),
        selectinload(Service.stores),
    )


async def offered(session: AsyncSession, *, store_id: int | None = None) -> Sequence[Service]:
    """What can be booked, in the order of the house; with `store_id`, in that store."""
    query = select(Service).where(Service.active).order_by(Service.position, Service.id)
    gives = select(ServiceStore.service_id).where(ServiceStore.active)
    if store_id is not None:
        gives = gives.where(ServiceStore.store_id == store_id)
    return (await session.scalars(query.where(Service.id.in_(gives)).options(*_loaded()))).all()


async def every(session: AsyncSession) -> Sequence[Service]:
    """All services, those no longer offered too."""
    query = select(Service).order_by(Service.position, Service.id)
    return (await session.scalars(query.options(*_loaded()))).all()


async def find(session: AsyncSession, slug: str, *, active: bool = True) -> Service:
    """The service of that slug, or `NotFound`; by default only while it is offered."""
    query = select(Service).where(Service.slug == slug)
    if active:
        query = query.where(Service.active)
    service = await session.scalar(query.options(*_loaded()))
    if service is None:
        raise NotFound()
    return service


async def get(session: AsyncSession, service_id: int) -> Service:
    """The service of that id, or `NotFound`; also one that is no longer offered."""
    service = await session.scalar(select(Service).where(Service.id == service_id).options(*_loaded()))
    if service is None:
        raise NotFound()
    return service


async def take(session: AsyncSession, slug: str) -> Service:
    """Find it, offered or not, and keep it from being changed by anyone else until the transaction ends."""
    found = await find(session, slug, active=False)
    await session.execute(select(Service.id).where(Service.id == found.id).with_for_update(key_share=True))
    query = select(Service).where(Service.id == found.id).options(*_loaded())
    return (await session.scalars(query.execution_options(populate_existing=True))).one()


async def add(session: AsyncSession, service: Service) -> Service:
    """A new service, after all the others, given nowhere yet and by anyone."""
    last = await session.scalar(select(func.max(Service.position)))
    service.position = 0 if last is None else last + 1
    service.skills, service.stores = [], []
    session.add(service)
    await session.flush()
    return service


async def save(session: AsyncSession, service: Service, **values: Any) -> None:
    """Write what is said of it. Appointments keep the length, the people and the place they were booked with."""
    for name, value in values.items():
        setattr(service, name, value)
    await session.flush()


async def set_skills(session: AsyncSession, service: Service, skills: Mapping[int, bool]) -> None:
    """What its advisor must know (True) or had better know (False), by skill."""
    had = {one.skill_id: one for one in service.skills}
    now_asks = []
    for skill_id, required in sorted(skills.items()):
        one = had.get(skill_id) or ServiceSkill(service_id=service.id, skill_id=skill_id)
        one.required = required
        now_asks.append(one)
    service.skills = now_asks
    await session.flush()


async def set_store(
    session: AsyncSession,
    service: Service,
    store_id: int,
    *,
    active: bool,
    meeting_point: Translated,
    meeting_sms: str,
) -> None:
    """Whether a store gives it, and where people meet there; the place is kept while it does not."""
    row = next((one for one in service.stores if one.store_id == store_id), None)
    if row is None:
        if not (active or meeting_point or meeting_sms):
            return
        row = ServiceStore(service_id=service.id, store_id=store_id)
        service.stores.append(row)
    row.active, row.meeting_point, row.meeting_sms = active, meeting_point, meeting_sms
    await session.flush()
