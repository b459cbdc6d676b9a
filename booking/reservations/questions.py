"""What is asked of reservations."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from booking.reservations.states import HOLDING, Status
from booking.reservations.tables import Line, Reservation
from kit.errors import NotFound
from stores.catalogue import Product, Variant
from stores.places import Store


def loaded() -> tuple[Any, ...]:
    """Everything that its pages, messages and use-cases read of a reservation."""
    product = selectinload(Reservation.lines).selectinload(Line.variant).selectinload(Variant.product)
    return (
        selectinload(Reservation.store).selectinload(Store.exceptions),
        product.selectinload(Product.pictures),
        product.selectinload(Product.category),
    )


async def find(session: AsyncSession, code: str, *, store_ids: frozenset[int] | None) -> Reservation:
    """The reservation of that code, or `NotFound`; also when it is not in one of `store_ids`, or of any with None."""
    query = select(Reservation).where(Reservation.code == code)
    if store_ids is not None:
        query = query.where(Reservation.store_id.in_(store_ids))
    reservation = await session.scalar(query.options(*loaded()))
    if reservation is None:
        raise NotFound()
    return reservation


async def get(session: AsyncSession, reservation_id: int) -> Reservation:
    """The reservation of that id, or `NotFound`."""
    query = select(Reservation).where(Reservation.id == reservation_id)
    reservation = await session.scalar(query.options(*loaded()))
    if reservation is None:
        raise NotFound()
    return reservation


@dataclass(frozen=True)
class Sold:
    """Units of one article that a reservation has handed over, or still holds."""

    code: str
    reservation_id: int
    store_id: int
    variant_id: int
    units: int


async def sold(session: AsyncSession, codes: Collection[str]) -> dict[tuple[str, int, int], Sold]:
    """What the reservations of these codes may have been sold at a till, by code, store and variant."""
    query = (
        select(
            Reservation.code,
            Reservation.id,
            Reservation.store_id,
            Line.variant_id,
            func.sum(func.coalesce(Line.bought, Line.held)),
        )
        .join(Line, Line.reservation_id == Reservation.id)
        .where(Reservation.code.in_(codes))
        .group_by(Reservation.code, Reservation.id, Line.variant_id)
    )
    rows = await session.execute(query) if codes else ()
    found = (Sold(*row) for row in rows)
    return {(one.code, one.store_id, one.variant_id): one for one in found}


async def open_in(
    session: AsyncSession, store_ids: frozenset[int], *statuses: Status, limit: int = 200
) -> Sequence[Reservation]:
    """Reservations of these stores in these states (by default all that hold stock), oldest promise first."""
    query = (
        select(Reservation)
        .where(Reservation.store_id.in_(store_ids), Reservation.status.in_(statuses or tuple(HOLDING)))
        .order_by(func.coalesce(Reservation.answer_by, Reservation.requested_at), Reservation.id)
        .limit(limit)
        .options(*loaded())
    )
    return (await session.scalars(query)).all()


async def counts(session: AsyncSession, store_ids: frozenset[int]) -> dict[str, int]:
    """How many reservations of these stores are in each state that is still open."""
    query = (
        select(Reservation.status, func.count())
        .where(Reservation.store_id.in_(store_ids), Reservation.status.in_(tuple(HOLDING)))
        .group_by(Reservation.status)
    )
    return {status: count for status, count in await session.execute(query)}  # noqa: C416 – rows are not pairs to mypy


async def page(
    session: AsyncSession,
    store_ids: frozenset[int],
    *,
    statuses: Sequence[str] = (),
    named: str = "",
    before_id: int | None = None,
    limit: int = 50,
) -> Sequence[Reservation]:
    """Reservations of these stores, newest first, from before `before_id`; `named` is a part of the shopper's name."""
    query = select(Reservation).where(Reservation.store_id.in_(store_ids))
    if named:
        name = func.lower(func.vitrine_unaccent(Reservation.first_name + " " + Reservation.last_name))
        query = query.where(func.strpos(name, func.lower(func.vitrine_unaccent(named))) > 0)
    if statuses:
        query = query.where(Reservation.status.in_(statuses))
    if before_id is not None:
        query = query.where(Reservation.id < before_id)
    return (await session.scalars(query.order_by(Reservation.id.desc()).limit(limit).options(*loaded()))).all()


async def of_contact(session: AsyncSession, code: str, email: str, phone: str) -> Reservation | None:
    """The bare reservation of that code if the contact is the one it was made with, for a link that was lost.

    Nothing is loaded with it: finding one must not take longer than finding none.
    """
    ways = []
    if email:
        ways.append(func.lower(Reservation.email) == email.lower())
    if phone:
        ways.append(Reservation.phone == phone)
    if not ways:
        return None
    query = select(Reservation).where(Reservation.code == code, or_(*ways), Reservation.erased_at.is_(None))
    return await session.scalar(query)


async def past_visits(session: AsyncSession, reservation: Reservation) -> int:
    """How often this contact collected something in this store before."""
    ways = []
    if reservation.email:
        ways.append(Reservation.email == reservation.email)
    if reservation.phone:
        ways.append(Reservation.phone == reservation.phone)
    if not ways:
        return 0
    count = await session.scalar(
        select(func.count())
        .select_from(Reservation)
        .where(
            Reservation.store_id == reservation.store_id,
            Reservation.status == Status.COLLECTED,
            Reservation.id != reservation.id,
            or_(*ways),
        )
    )
    return count or 0


async def erase_old(session: AsyncSession, *, days: int, now: datetime) -> int:
    """Erase name, contact and note of what ended more than `days` days ago; the rest stays for the figures."""
    return await _erase(session, Reservation.ended_at < now - timedelta(days=days), now=now)


async def erase(session: AsyncSession, ids: Sequence[int], *, now: datetime) -> int:
    """Erase the same of these now; of how many. What is open, or was opened again, keeps it."""
    return await _erase(session, Reservation.id.in_(ids), Reservation.ended_at.is_not(None), now=now)


async def _erase(session: AsyncSession, *which: Any, now: datetime) -> int:
    erased = await session.execute(
        update(Reservation)
        .where(*which, Reservation.erased_at.is_(None))
        .values(first_name="", last_name="", email="", phone="", note="", erased_at=now)
        .returning(Reservation.id)
        .execution_options(synchronize_session=False)
    )
    return len(erased.all())
