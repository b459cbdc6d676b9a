"""What the shopper does: asks, confirms her address, extends, answers an offer, cancels."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from booking import journal, links, promises, tasks
from booking.customers import Customer
from booking.reservations import telling
from booking.reservations.keeping import give_back, put_back_task
from booking.reservations.moves import amend, move, move_line, must_be
from booking.reservations.states import HOLDING, LineStatus, Status
from booking.reservations.tables import Line, Reservation
from kit import codes
from kit.db import after_commit, table_of
from kit.errors import Invalid, Refused, TooMany
from kit.languages import lazy
from stores import stock
from stores.catalogue import Variant
from stores.hours import NeverOpens
from stores.places import Store

LIVE_PER_CONTACT = 3
"""Reservations that one contact may have open in one store."""
MOST_LINES = 10
NO_SHOWS_BEFORE_VERIFYING = 2
NO_SHOWS_COUNT_FOR = timedelta(days=365)


@dataclass(frozen=True)
class Asked:
    """A new reservation, with the token of the link for whoever asked."""

    reservation: Reservation
    token: str


class StoreClosed(Refused):
    """The store does not open again, so it can promise nothing."""

    status = 422
    code = "store_closed"
    msgid = lazy("This store is closed for the season and takes no reservations.")


class NotExtendable(Refused):
    """Once by the shopper, while it waits, and while nobody is short of it."""

    status = 409
    code = "not_extendable"
    msgid = lazy("This reservation cannot be extended any further.")


async def reserve(
    session: AsyncSession,
    store: Store,
    lines: Sequence[tuple[Variant, int]],
    customer: Customer,
    *,
    secret: bytes,
    now: datetime,
    origin: str = "web",
    by: str = journal.SHOPPER,
    suspect: bool = False,
    limited: bool = True,
) -> Asked:
    """Ask `store` to keep these articles. Either every line is held, or nothing is and `OutOfStock` is raised.

    A `suspect` request, or one of a contact who twice did not come, holds nothing until the mailed link is confirmed.
    The stock rows are locked last, in order, and for one statement each.
    """
    check_lines(lines)
    if limited:
        await check_live(session, store, customer)
    promised = _promise(store, now)
    unverified = suspect or (limited and await _often_missed(session, customer, now))
    if unverified and not customer.email:
        msgid = lazy("Enter an email address: we will send you a link to confirm this request")
        raise Invalid("verification_needs_email", msgid, field="email")
    reservation = await _write(session, store, lines, customer, promised, unverified=unverified, origin=origin, now=now)
    token = await links.create(session, telling.SUBJECT, reservation.id, secret=secret, now=now)
    await journal.record(
        session,
        telling.SUBJECT,
        reservation.id,
        reservation.status,
        by=by,
        now=now,
        store_id=store.id,
        after=reservation.status,
    )
    if unverified:
        await telling.tell_shopper(session, reservation, "verify", now=now, only_if=[Status.UNVERIFIED])
    else:
        await _announce(session, store, reservation, now=now)
        await _hold(session, reservation, by=by, now=now)
    return Asked(reservation, token)


def _promise(store: Store, now: datetime) -> promises.Promise:
    try:
        return promises.promise(store, now)
    except NeverOpens:
        raise StoreClosed() from None


def check_lines(lines: Sequence[tuple[Variant, int]]) -> None:
    """Raises `Invalid` for more than a person reserves, or for what is only chosen with an advisor."""
    if not lines or len(lines) > MOST_LINES:
        msgid = lazy("Reserve between 1 and %(n)d articles at a time.")
        raise Invalid("lines", msgid, {"n": MOST_LINES}, field="lines")
    demand = stock.demand_of((variant.id, quantity) for variant, quantity in lines)
    for variant, quantity in lines:
        if quantity < 1 or demand[variant.id] > variant.product.max_per_reservation:
            msgid = lazy("Between 1 and %(n)d of this article can be reserved at a time.")
            raise Invalid("quantity", msgid, {"n": variant.product.max_per_reservation}, field="quantity")
        if variant.product.by_appointment:
            raise Invalid("by_appointment", lazy("This article is chosen in store, with an advisor."), field="lines")


async def check_live(session: AsyncSession, store: Store, customer: Customer) -> None:
    """Raises `TooMany` for a contact who has three reservations open in this store."""
    live = await session.scalar(
        select(func.count())
        .select_from(Reservation)
        .where(
            Reservation.store_id == store.id,
            Reservation.status.in_([*HOLDING, Status.UNVERIFIED]),
            _same_contact(customer),
        )
    )
    if (live or 0) >= LIVE_PER_CONTACT:
        msgid = lazy("You already have %(n)d reservations open in this store. Collect or cancel one first.")
        raise TooMany("too_many_live", msgid, {"n": LIVE_PER_CONTACT}, retry_after=3600)


def _same_contact(customer: Customer) -> Any:
    ways = []
    if customer.email:
        ways.append(Reservation.email == customer.email)
    if customer.phone:
        ways.append(Reservation.phone == customer.phone)
    return or_(*ways)


async def _often_missed(session: AsyncSession, customer: Customer, now: datetime) -> bool:
    """Whether this contact let two reservations expire within a year."""
    missed = await session.scalar(
        select(func.count())
        .select_from(Reservation)
        .where(
            Reservation.status == Status.EXPIRED,
            Reservation.ready_at.is_not(None),
            Reservation.ended_at > now - NO_SHOWS_COUNT_FOR,
            _same_contact(customer),
        )
    )
    return (missed or 0) >= NO_SHOWS_BEFORE_VERIFYING


async def _write(
    session: AsyncSession,
    store: Store,
    lines: Sequence[tuple[Variant, int]],
    customer: Customer,
    promised: promises.Promise,
    *,
    unverified: bool,
    origin: str,
    now: datetime,
) -> Reservation:
    """The rows, by two plain statements: this is the path that many walk at once."""
    values: dict[str, Any] = {
        "code": codes.new_code(),
        "store_id": store.id,
        "status": Status.UNVERIFIED if unverified else Status.REQUESTED,
        "version": 1,
        "language": customer.language,
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "email": customer.email,
        "phone": customer.phone,
        "contact": customer.contact,
        "note": customer.note,
        "origin": origin,
        "verified": origin == "staff",
        "requested_at": now,
        "verify_by": now + promises.VERIFY_WITHIN if unverified else None,
        "hold_until": promised.hold_until,
        **_deadlines(promised),
    }
    reservation_id = await session.scalar(insert(table_of(Reservation)).values(**values).returning(Reservation.id))
    rows = [
        {
            "reservation_id": reservation_id,
            "variant_id": variant.id,
            "quantity": quantity,
            "held": 0 if unverified else quantity,
            "status": LineStatus.HELD,
            "price_minor": variant.price_minor,
            "currency": variant.currency,
        }
        for variant, quantity in lines
    ]
    await session.execute(insert(table_of(Line)), rows)
    reservation = Reservation(id=reservation_id, **values)
    reservation.store = store
    reservation.lines = [Line(**row, variant=variant) for row, (variant, _) in zip(rows, lines, strict=True)]
    return reservation


def _deadlines(promised: promises.Promise) -> dict[str, Any]:
    return {
        "answer_by": promised.answer_by,
        "amber_at": promised.amber_at,
        "manager_at": promised.manager_at,
        "group_at": promised.group_at,
        "unanswered_at": promised.unanswered_at,
        "alarm": "",
    }


async def _announce(session: AsyncSession, store: Store, reservation: Reservation, *, now: datetime) -> None:
    """The shopper learns that it arrived, the store that it rings."""
    await telling.tell_shopper(session, reservation, "received", now=now, only_if=[Status.REQUESTED])
    await telling.tell_store(session, store, "staff_request", reservation, now=now, only_if=[Status.REQUESTED])
    after_commit(session, "ring", str(store.id))
    after_commit(session, "reservations")


async def _hold(session: AsyncSession, reservation: Reservation, *, by: str, now: datetime) -> None:
    demand = stock.demand_of((line.variant_id, line.quantity) for line in reservation.lines)
    event = f"{reservation.code}:{reservation.version}:hold"
    await stock.hold(session, reservation.store_id, demand, source_event_id=event, by=by, now=now)


async def verify(session: AsyncSession, reservation: Reservation, *, now: datetime) -> None:
    """The shopper pressed the button behind the mailed link: what waited for that is held now, if it is there.

    Raises `OutOfStock` when it was taken meanwhile, `StoreClosed` when the season ended. For a request that is
    already with the store it only says that the address is hers, so that the worker may answer.
    """
    if reservation.status == Status.UNVERIFIED:
        store = reservation.store
        promised = _promise(store, now)
        await move(
            session,
            reservation,
            Status.REQUESTED,
            by=journal.SHOPPER,
            now=now,
            verified=True,
            verify_by=None,
            requested_at=now,
            hold_until=promised.hold_until,
            **_deadlines(promised),
        )
        for line in reservation.lines:
            await move_line(session, reservation, line, LineStatus.HELD, held=line.quantity)
        await _announce(session, store, reservation, now=now)
        await _hold(session, reservation, by=journal.SHOPPER, now=now)
    elif reservation.status in HOLDING and not reservation.verified:
        await amend(session, reservation, verified=True, looked_at=None)
        await journal.record(
            session,
            telling.SUBJECT,
            reservation.id,
            "verified",
            by=journal.SHOPPER,
            now=now,
            store_id=reservation.store_id,
        )
        after_commit(session, "reservations")


async def cancel(
    session: AsyncSession, reservation: Reservation, *, by: str = journal.SHOPPER, reason: str = "", now: datetime
) -> None:
    """Nobody wants it any more: everything goes back, what was put aside becomes a task."""
    was = Status(reservation.status)
    aside = was in (Status.READY, Status.CONFIRMED, Status.PROPOSED)
    await move(session, reservation, Status.CANCELLED, by=by, now=now, reason=reason)
    if aside:
        await put_back_task(session, reservation, now=now)
    await give_back(session, reservation, by=by, now=now)
    await tasks.withdraw(session, tasks.Kind.CALL, reservation_id=reservation.id, now=now)
    if was != Status.UNVERIFIED:
        await telling.tell_shopper(
            session,
            reservation,
            "cancelled",
            now=now,
            only_if=[Status.CANCELLED],
            payload={"by_shopper": by == journal.SHOPPER},
            by_house=by != journal.SHOPPER,
        )


def may_extend(reservation: Reservation) -> bool:
    """Whether the shopper still has her one extension; stock is looked at when she asks."""
    return reservation.status in (Status.CONFIRMED, Status.READY) and reservation.extended == 0


async def extend(session: AsyncSession, reservation: Reservation, *, by: str = journal.SHOPPER, now: datetime) -> None:
    """One open day more: once for the shopper, as often as staff wish. Raises `NotExtendable`, also in a shortfall."""
    must_be(reservation, Status.CONFIRMED, Status.READY)
    if by == journal.SHOPPER and not may_extend(reservation):
        raise NotExtendable()
    cells = await stock.cells(
        session, reservation.store_id, [line.variant_id for line in reservation.lines if line.held]
    )
    if any(cell.available < 0 for cell in cells.values()):
        raise NotExtendable()
    assert reservation.hold_until is not None
    try:
        until = promises.extension(reservation.store, reservation.hold_until)
    except NeverOpens:
        raise NotExtendable() from None
    await amend(session, reservation, hold_until=until, extended=reservation.extended + (by == journal.SHOPPER))
    await journal.record(
        session,
        telling.SUBJECT,
        reservation.id,
        "extended",
        by=by,
        now=now,
        store_id=reservation.store_id,
        detail={"hold_until": until.isoformat()},
    )
    await telling.tell_shopper(
        session,
        reservation,
        "extended",
        now=now,
        only_if=[Status.CONFIRMED, Status.READY],
        by_house=by != journal.SHOPPER,
    )
    if reservation.status == Status.READY:
        await telling.remind(session, reservation, at=promises.remind_at(reservation.store, until), now=now)


async def settle_proposal(
    session: AsyncSession, reservation: Reservation, *, accept: bool, by: str = journal.SHOPPER, now: datetime
) -> None:
    """The shopper answers an offer, or time does with `accept=False`: found articles stay, offered ones stay or go.

    When nothing is left the reservation is cancelled.
    """
    must_be(reservation, Status.PROPOSED)
    offered = [line for line in reservation.lines if line.replaces_id is not None and line.accepted is None]
    stays = accept and bool(offered)
    found = any(line.holding for line in reservation.lines if line not in offered)
    if not stays and not found:
        await cancel(session, reservation, by=by, reason="proposal_declined", now=now)
        return
    assert reservation.hold_until is not None
    await move(
        session,
        reservation,
        Status.CONFIRMED,
        by=by,
        now=now,
        proposal_until=None,
        hold_until=promises.hold_once_confirmed(reservation.store, reservation.hold_until, now),
        ready_by=promises.ready_by(reservation.store, now),
        alarm="",
        detail={"accepted": accept},
    )
    if not stays:
        await give_back(session, reservation, lines=offered, by=by, now=now)
    for line in offered:
        line.accepted = stays
    await session.flush()
    await telling.tell_shopper(session, reservation, "confirmed", now=now, only_if=[Status.CONFIRMED])
