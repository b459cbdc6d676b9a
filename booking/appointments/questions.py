"""What is asked of appointments."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from booking import messages, tasks
from booking.appointments.states import AHEAD, OPEN, Status
from booking.appointments.tables import Appointment, Item, Note
from booking.customers import Customer
from kit.errors import NotFound
from stores.advisors import Advisor, AdvisorSkill
from stores.catalogue import Product, Variant
from stores.places import Store
from stores.services import Service, ServiceSkill


def loaded() -> tuple[Any, ...]:
    """Everything that its pages, messages and use-cases read of an appointment."""
    product = selectinload(Appointment.items).selectinload(Item.variant).selectinload(Variant.product)
    return (
        selectinload(Appointment.store).selectinload(Store.exceptions),
        selectinload(Appointment.service).selectinload(Service.skills).selectinload(ServiceSkill.skill),
        selectinload(Appointment.service).selectinload(Service.stores),
        selectinload(Appointment.advisor).selectinload(Advisor.skills).selectinload(AdvisorSkill.skill),
        selectinload(Appointment.advisor).selectinload(Advisor.resource),
        selectinload(Appointment.space),
        selectinload(Appointment.checks),
        selectinload(Appointment.notes),
        product.selectinload(Product.pictures),
        product.selectinload(Product.category),
    )


async def find(session: AsyncSession, code: str, *, store_ids: frozenset[int] | None) -> Appointment:
    """The appointment of that code, or `NotFound`; also when it is not in one of `store_ids`, or of any with None."""
    query = select(Appointment).where(Appointment.code == code)
    if store_ids is not None:
        query = query.where(Appointment.store_id.in_(store_ids))
    appointment = await session.scalar(query.options(*loaded()))
    if appointment is None:
        raise NotFound()
    return appointment


async def get(session: AsyncSession, appointment_id: int) -> Appointment:
    """The appointment of that id, or `NotFound`."""
    appointment = await session.scalar(select(Appointment).where(Appointment.id == appointment_id).options(*loaded()))
    if appointment is None:
        raise NotFound()
    return appointment


async def again(session: AsyncSession, appointment: Appointment) -> Appointment:
    """The same row with what belongs to it now: another advisor, another space, other articles."""
    query = select(Appointment).where(Appointment.id == appointment.id).options(*loaded())
    read = await session.scalar(query.execution_options(populate_existing=True))
    assert read is not None
    return read


async def between(
    session: AsyncSession, store_ids: frozenset[int], start: datetime, end: datetime, *, cancelled: bool = False
) -> Sequence[Appointment]:
    """The appointments of these stores that touch this time, in order; the cancelled and declined only if asked."""
    query = select(Appointment).where(
        Appointment.store_id.in_(store_ids), Appointment.starts_at < end, Appointment.ends_at > start
    )
    if not cancelled:
        query = query.where(Appointment.status.not_in([Status.CANCELLED, Status.DECLINED]))
    return (await session.scalars(query.order_by(Appointment.starts_at, Appointment.id).options(*loaded()))).all()


async def to_settle(session: AsyncSession, store_ids: frozenset[int], *, now: datetime) -> Sequence[Appointment]:
    """Those whose time is over and of which nobody has said what came of them, the oldest first."""
    query = (
        select(Appointment)
        .where(
            Appointment.store_id.in_(store_ids),
            Appointment.status.in_([Status.CONFIRMED, Status.ARRIVED, Status.IN_PROGRESS]),
            Appointment.ends_at <= now,
        )
        .order_by(Appointment.starts_at)
        .limit(200)
    )
    return (await session.scalars(query.options(*loaded()))).all()


@dataclass(frozen=True)
class Tally:
    """What waits for somebody in a store."""

    to_approve: int
    to_settle: int


async def tally(session: AsyncSession, store_ids: frozenset[int], *, now: datetime) -> Tally:
    """How many requests wait for a yes, and how many visits are over of which nobody has said what came of them."""
    still_open = Appointment.status.in_([Status.CONFIRMED, Status.ARRIVED, Status.IN_PROGRESS])
    found = await session.execute(
        select(
            func.count().filter(Appointment.status == Status.REQUESTED),
            func.count().filter(still_open, Appointment.ends_at <= now),
        ).where(Appointment.store_id.in_(store_ids), Appointment.ended_at.is_(None))
    )
    return Tally(*found.one())


async def left_over(session: AsyncSession, *, before: datetime, limit: int = 500) -> Sequence[Appointment]:
    """Those whose time was over `before` then, that nobody settled, and that still hold articles."""
    query = (
        select(Appointment)
        .where(
            Appointment.status.in_(OPEN),
            Appointment.ends_at < before,
            Appointment.id.in_(select(Item.appointment_id).where(Item.held > 0)),
        )
        .order_by(Appointment.id)
        .limit(limit)
    )
    return (await session.scalars(query.options(*loaded()))).all()


async def ahead(
    session: AsyncSession, store_ids: frozenset[int], *, now: datetime, whole: bool = True
) -> Sequence[Appointment]:
    """Everything still to come in these stores, in order: what may have become a conflict.

    Not `whole`: without articles, notes and checks, for who only counts.
    """
    query = (
        select(Appointment)
        .where(Appointment.store_id.in_(store_ids), Appointment.status.in_(AHEAD), Appointment.ends_at > now)
        .order_by(Appointment.starts_at, Appointment.id)
        .limit(1000)
    )
    light = (
        selectinload(Appointment.service).selectinload(Service.skills),
        selectinload(Appointment.advisor).selectinload(Advisor.skills),
        selectinload(Appointment.space),
    )
    return (await session.scalars(query.options(*(loaded() if whole else light)))).all()


async def of_advisor(session: AsyncSession, advisor_id: int, start: datetime, end: datetime) -> Sequence[Appointment]:
    """One advisor's own, in any store, for her feed and her list; without what was cancelled or declined."""
    query = select(Appointment).where(
        Appointment.advisor_id == advisor_id,
        Appointment.starts_at < end,
        Appointment.ends_at > start,
        Appointment.status.not_in([Status.CANCELLED, Status.DECLINED]),
    )
    return (await session.scalars(query.order_by(Appointment.starts_at).options(*loaded()))).all()


async def awaiting_approval(session: AsyncSession, store_ids: frozenset[int]) -> Sequence[Appointment]:
    """Requests that a colleague has yet to answer, the soonest first."""
    query = select(Appointment).where(Appointment.store_id.in_(store_ids), Appointment.status == Status.REQUESTED)
    return (await session.scalars(query.order_by(Appointment.starts_at).options(*loaded()))).all()


async def of_contact(session: AsyncSession, code: str, email: str, phone: str) -> Appointment | None:
    """The bare appointment of that code if the contact is the one it was made with, for a link that was lost."""
    if not (ways := _ways(email, phone)):
        return None
    query = select(Appointment).where(Appointment.code == code, or_(*ways), Appointment.erased_at.is_(None))
    return await session.scalar(query)


def _ways(email: str, phone: str) -> list[Any]:
    ways: list[Any] = []
    if email:
        ways.append(func.lower(Appointment.email) == email.lower())
    if phone:
        ways.append(Appointment.phone == phone)
    return ways


async def last_advisor(session: AsyncSession, store: Store, customer: Customer) -> int | None:
    """Who received this contact the last time in this store."""
    if not (ways := _ways(customer.email, customer.phone)):
        return None
    query = select(Appointment.advisor_id).where(
        Appointment.store_id == store.id, Appointment.status == Status.COMPLETED, or_(*ways)
    )
    return await session.scalar(query.order_by(Appointment.starts_at.desc()).limit(1))


async def visits(session: AsyncSession, appointment: Appointment, *, limit: int = 20) -> Sequence[Appointment]:
    """Her former visits to this store that ended, newest first. Who may look at them is the caller's business."""
    if not (ways := _ways(appointment.email, appointment.phone)):
        return []
    query = (
        select(Appointment)
        .where(
            Appointment.store_id == appointment.store_id,
            Appointment.id != appointment.id,
            Appointment.status.in_([Status.COMPLETED, Status.NO_SHOW]),
            or_(*ways),
        )
        .order_by(Appointment.starts_at.desc())
        .limit(limit)
    )
    return (await session.scalars(query.options(*loaded()))).all()


async def missed(session: AsyncSession, appointment: Appointment) -> int:
    """How often she did not come, anywhere in the house, and was not forgiven; within a year."""
    if not (ways := _ways(appointment.email, appointment.phone)):
        return 0
    count = await session.scalar(
        select(func.count())
        .select_from(Appointment)
        .where(
            Appointment.status == Status.NO_SHOW,
            Appointment.ended_at > appointment.booked_at - timedelta(days=365),
            or_(*ways),
        )
    )
    return count or 0


async def counts(session: AsyncSession, store_ids: frozenset[int], start: datetime, end: datetime) -> int:
    """How many appointments of these stores begin in this time and still stand."""
    count = await session.scalar(
        select(func.count())
        .select_from(Appointment)
        .where(
            Appointment.store_id.in_(store_ids),
            Appointment.starts_at >= start,
            Appointment.starts_at < end,
            Appointment.status.in_(OPEN | {Status.COMPLETED}),
        )
    )
    return count or 0


async def erase_old(session: AsyncSession, *, days: int, now: datetime) -> int:
    """Erase name, contact, answers, notes and reasons of what ended more than `days` days ago, or whose time was over
    then and nobody ever said what came of it; the rest stays for figures."""
    ended = func.coalesce(Appointment.ended_at, Appointment.ends_at)
    return await _erase(session, ended < now - timedelta(days=days), now=now)


async def erase(session: AsyncSession, ids: Sequence[int], *, now: datetime) -> int:
    """Erase the same of these now; of how many. What is open, or was opened again, keeps it."""
    return await _erase(session, Appointment.id.in_(ids), Appointment.ended_at.is_not(None), now=now)


async def _erase(session: AsyncSession, *which: Any, now: datetime) -> int:
    erased = await session.execute(
        update(Appointment)
        .where(*which, Appointment.erased_at.is_(None))
        .values(
            first_name="",
            last_name="",
            email="",
            phone="",
            note="",
            access="",
            answers={},
            outcome_reason="",
            reason="",
            override="",
            erased_at=now,
        )
        .returning(Appointment.id)
        .execution_options(synchronize_session=False)
    )
    ids = erased.scalars().all()
    await _erase_notes(session, ids)
    await tasks.forget(session, ids, now=now)
    await messages.forget_words(session, "appointment", ids)
    return len(ids)


async def _erase_notes(session: AsyncSession, ids: Iterable[int]) -> None:
    await session.execute(
        delete(Note).where(Note.appointment_id.in_(list(ids))).execution_options(synchronize_session=False)
    )
