"""What time does to a reservation. The rows are the timers; a tick finds the due ones and settles each in its turn."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from booking import journal, messages, promises, tasks
from booking.reservations import telling
from booking.reservations.answering import recover
from booking.reservations.asking import settle_proposal
from booking.reservations.keeping import give_back, put_back_task
from booking.reservations.moves import amend, move, move_line
from booking.reservations.questions import loaded
from booking.reservations.states import LineStatus, Status
from booking.reservations.tables import Reservation
from kit.db import after_commit
from stores import stock
from stores.places import Store
from stores.stock import Confidence

OPEN_FOR_AUTO_CONFIRM = timedelta(hours=1)
"""The worker confirms only while the store stays open so long: someone must be there to fetch it."""

R = Reservation


async def due(session: AsyncSession, *, now: datetime, limit: int = 100) -> Sequence[int]:
    """Reservations for which some moment has come, the longest overdue first."""
    requested, confirmed = R.status == Status.REQUESTED, R.status == Status.CONFIRMED
    query = (
        select(R.id)
        .join(Store, Store.id == R.store_id)
        .where(
            or_(
                and_(R.status == Status.UNVERIFIED, R.verify_by <= now),
                and_(requested, R.alarm == "", R.amber_at <= now),
                and_(requested, R.alarm == "amber", R.manager_at <= now),
                and_(requested, R.alarm == "manager", R.group_at <= now),
                and_(requested, R.unanswered_at <= now),
                and_(requested, R.looked_at.is_(None), Store.auto_confirm),
                and_(R.status == Status.PROPOSED, R.proposal_until <= now),
                and_(confirmed, R.alarm == "", R.ready_by <= now),
                and_(R.status.in_([Status.CONFIRMED, Status.READY]), R.hold_until <= now),
            )
        )
        .order_by(R.requested_at)
        .limit(limit)
    )
    return (await session.scalars(query)).all()


async def settle(session: AsyncSession, reservation_id: int, *, now: datetime) -> bool:
    """Do whatever is due for one reservation; False when another worker, or a person, has it in hand."""
    query = select(R).where(R.id == reservation_id).with_for_update(skip_locked=True, of=R).options(*loaded())
    reservation = await session.scalar(query.execution_options(populate_existing=True))
    if reservation is None:
        return False
    match reservation.status:
        case Status.UNVERIFIED if _past(reservation.verify_by, now):
            await move(session, reservation, Status.EXPIRED, by=journal.SYSTEM, now=now, reason="not_verified")
            for line in reservation.lines:
                await move_line(session, reservation, line, LineStatus.RELEASED, held=0)
        case Status.REQUESTED:
            await _press(session, reservation, now=now)
        case Status.PROPOSED if _past(reservation.proposal_until, now):
            await settle_proposal(session, reservation, accept=False, by=journal.SYSTEM, now=now)
        case Status.CONFIRMED | Status.READY if _past(reservation.hold_until, now):
            await expire(session, reservation, now=now)
        case Status.CONFIRMED if reservation.alarm == "" and _past(reservation.ready_by, now):
            await _late(session, reservation, now=now)
    return True


def _past(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment <= now


async def _press(session: AsyncSession, reservation: Reservation, *, now: datetime) -> None:
    """A request that nobody answered yet: confirm it where that is allowed, else press harder and harder."""
    store = reservation.store
    if store.auto_confirm and reservation.looked_at is None and await _auto_confirm(session, reservation, now=now):
        return
    if _past(reservation.unanswered_at, now):
        await _leave_unanswered(session, reservation, now=now)
        return
    alarm = next(
        (
            name
            for name, at in (
                ("group", reservation.group_at),
                ("manager", reservation.manager_at),
                ("amber", reservation.amber_at),
            )
            if _past(at, now)
        ),
        "",
    )
    if alarm in ("", reservation.alarm):
        return
    await amend(session, reservation, alarm=alarm)
    await journal.record(
        session, telling.SUBJECT, reservation.id, f"alarm_{alarm}", by=journal.SYSTEM, now=now, store_id=store.id
    )
    only_if = [Status.REQUESTED]
    if alarm == "amber":
        await telling.tell_store(session, store, "staff_amber", reservation, now=now, only_if=only_if)
    else:
        whole = alarm == "group"
        await telling.tell_managers(
            session,
            store,
            "staff_missed" if whole else "staff_amber",
            reservation,
            whole_group=whole,
            now=now,
            only_if=only_if,
        )
        if whole:
            await telling.tell_store(session, store, "staff_missed", reservation, now=now, only_if=only_if)


async def _leave_unanswered(session: AsyncSession, reservation: Reservation, *, now: datetime) -> None:
    """Twice the time has passed. The shopper gets an apology and a telephone number; stock is never blamed."""
    await move(session, reservation, Status.UNANSWERED, by=journal.SYSTEM, now=now, broken_promise=True)
    await give_back(session, reservation, by=journal.SYSTEM, now=now)
    await telling.tell_shopper(session, reservation, "unanswered", now=now, only_if=[Status.UNANSWERED])
    await recover(session, reservation, now=now)


async def _auto_confirm(session: AsyncSession, reservation: Reservation, *, now: datetime) -> bool:
    """Confirm without a person if every reason speaks for it, and keep the reasons either way.

    All of them: the shopper is verified, the store stays open for an hour, each article is below the
    store's price limit, and the confidence of its stock is high. Staff still fetch it, and may still not find it.
    """
    store = reservation.store
    assert reservation.hold_until is not None
    closes = store.hours.closes_at(now)
    cells = await stock.cells(session, store.id, [line.variant_id for line in reservation.lines])
    reasons: dict[str, object] = {
        "verified": reservation.verified,
        "open_long_enough": closes is not None and closes - now >= OPEN_FOR_AUTO_CONFIRM,
        "below_limit": all(line.price_minor <= store.auto_confirm_limit_minor for line in reservation.lines),
    }
    trusted = all(reasons.values())
    for line in reservation.lines:
        cell = cells[line.variant_id]
        level, signals = stock.confidence(cell, store, after_hold=cell.available, now=now)
        reasons[f"stock:{line.variant_id}"] = signals
        trusted = trusted and level == Confidence.HIGH
    if not trusted:
        await amend(session, reservation, looked_at=now)
        await journal.record(
            session,
            telling.SUBJECT,
            reservation.id,
            "left_to_staff",
            by=journal.SYSTEM,
            now=now,
            store_id=store.id,
            detail=reasons,
        )
        return False
    await move(
        session,
        reservation,
        Status.CONFIRMED,
        by=journal.SYSTEM,
        now=now,
        detail=reasons,
        looked_at=now,
        auto_confirmed=True,
        answered_at=now,
        alarm="",
        ready_by=promises.ready_by(store, now),
        hold_until=promises.hold_once_confirmed(store, reservation.hold_until, now),
    )
    await telling.tell_shopper(session, reservation, "confirmed", now=now, only_if=[Status.CONFIRMED])
    return True


async def _late(session: AsyncSession, reservation: Reservation, *, now: datetime) -> None:
    """Confirmed, and still not at the desk when it should be."""
    await amend(session, reservation, alarm="amber")
    await telling.tell_store(session, reservation.store, "staff_late", reservation, now=now, only_if=[Status.CONFIRMED])
    await telling.tell_managers(
        session, reservation.store, "staff_late", reservation, whole_group=False, now=now, only_if=[Status.CONFIRMED]
    )


async def expire(session: AsyncSession, reservation: Reservation, *, now: datetime) -> None:
    """The hold is over: what waited goes back, and what was confirmed but never ready is apologised for."""
    never_ready = reservation.status == Status.CONFIRMED
    await move(session, reservation, Status.EXPIRED, by=journal.SYSTEM, now=now)
    await put_back_task(session, reservation, now=now)
    await give_back(session, reservation, by=journal.SYSTEM, now=now)
    await messages.withdraw(session, telling.SUBJECT, reservation.id, templates=["reminder", "ready"])
    await tasks.withdraw(session, tasks.Kind.CALL, reservation_id=reservation.id, now=now)
    await telling.tell_shopper(
        session, reservation, "expired", now=now, only_if=[Status.EXPIRED], payload={"apology": never_ready}
    )
    if never_ready:
        await recover(session, reservation, now=now)
    after_commit(session, "messages")
