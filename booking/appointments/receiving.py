"""What staff do with an appointment: say yes or no to a request, receive, begin, end, and settle what nobody said."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from booking import blocks, diaries, journal, tasks
from booking.appointments import keeping, questions, telling
from booking.appointments.moves import amend, move, must_be, record
from booking.appointments.states import ItemState, Outcome, Status
from booking.appointments.tables import Appointment, Item
from booking.blocks import Kind
from booking.customers import Customer
from booking.reservations import asking as reserving
from kit.errors import Invalid, Refused
from kit.intervals import moment_of, tick_from
from kit.languages import lazy
from kit.money import Money
from stores.catalogue import Variant

ARRIVES_FROM = timedelta(hours=2)
"""Nobody has arrived earlier than this before the start."""
NO_SHOW_AFTER = timedelta(minutes=15)
FORGIVEN_WITHIN = timedelta(hours=24)
CORRECTED_WITHIN = timedelta(days=7)
HELD_AFTER = timedelta(hours=24)
"""Articles of a visit that nobody settled go back to the shelf so long after its time."""
LONGEST_REASON = 300
LARGEST_AMOUNT = 100_000_000


class TooEarly(Refused):
    status = 409
    code = "too_early"
    msgid = lazy("It is too early for this.")


class Settled(Refused):
    """The time in which it could still be changed is over."""

    status = 409
    code = "settled"
    msgid = lazy("It is too late to change this.")


async def approve(session: AsyncSession, appointment: Appointment, *, by: str, now: datetime) -> None:
    """A colleague says yes to a request."""
    must_be(appointment, Status.REQUESTED)
    await move(session, appointment, Status.CONFIRMED, by=by, now=now)
    await telling.approved(session, appointment, by=by, now=now)


async def decline(session: AsyncSession, appointment: Appointment, *, by: str, reason: str, now: datetime) -> None:
    """A colleague says no, and why; the time is free again, and the letter proposes others."""
    must_be(appointment, Status.REQUESTED)
    if not reason.strip():
        raise Invalid("missing", lazy("Say why, in a few words"), field="reason")
    await _lock(session, appointment)
    await move(session, appointment, Status.DECLINED, by=by, now=now, reason=reason.strip()[:LONGEST_REASON])
    await blocks.release(session, Kind.APPOINTMENT, appointment.id)
    await keeping.give_back(session, appointment, by=by, now=now)
    await telling.declined(session, appointment, by=by, now=now)


async def arrive(session: AsyncSession, appointment: Appointment, *, by: str, now: datetime) -> None:
    """She is there. Raises `TooEarly` more than two hours before the start."""
    must_be(appointment, Status.CONFIRMED)
    if now < appointment.starts_at - ARRIVES_FROM:
        raise TooEarly()
    await move(session, appointment, Status.ARRIVED, by=by, now=now, arrived_at=now)


async def not_arrived(session: AsyncSession, appointment: Appointment, *, by: str, now: datetime) -> None:
    """It was somebody else."""
    must_be(appointment, Status.ARRIVED)
    await move(session, appointment, Status.CONFIRMED, by=by, now=now, arrived_at=None)


async def begin(session: AsyncSession, appointment: Appointment, *, by: str, now: datetime) -> None:
    """The advisor and she have sat down; from `confirmed` it says that she arrived as well."""
    must_be(appointment, Status.ARRIVED, Status.CONFIRMED)
    if appointment.status == Status.CONFIRMED and now < appointment.starts_at - ARRIVES_FROM:
        raise TooEarly()
    arrived = appointment.arrived_at or now
    await move(session, appointment, Status.IN_PROGRESS, by=by, now=now, arrived_at=arrived, started_at=now)


async def complete(
    session: AsyncSession,
    appointment: Appointment,
    *,
    outcome: Outcome,
    reason: str = "",
    amount: Money | None = None,
    follow_up: str = "",
    follow_up_at: datetime | None = None,
    summary: bool = False,
    by: str,
    now: datetime,
) -> None:
    """It is over, and this came of it. What remains of its time is free; its articles go back to the shelf.

    `nothing` needs a reason (nothing found, and why). A follow-up is a task of the store with its day. To reserve
    what she liked is `reserve_liked`, before this.
    """
    must_be(appointment, Status.CONFIRMED, Status.ARRIVED, Status.IN_PROGRESS)
    if now < appointment.starts_at - ARRIVES_FROM:
        raise TooEarly()
    _check_outcome(outcome, reason, amount)
    if follow_up.strip() and (follow_up_at is None or follow_up_at <= now):
        raise Invalid("follow_up_at", lazy("Choose a day that is still to come"), field="follow_up_at")
    await _lock(session, appointment)
    await move(
        session,
        appointment,
        Status.COMPLETED,
        by=by,
        now=now,
        reason="",
        outcome=str(outcome),
        outcome_reason=reason.strip()[:LONGEST_REASON],
        amount_minor=amount.minor if amount else None,
        detail={"outcome": str(outcome)},
    )
    await _end(session, appointment, by=by, now=now)
    if follow_up.strip() and follow_up_at is not None:
        await tasks.add(
            session,
            tasks.Kind.FOLLOW_UP,
            store_id=appointment.store_id,
            appointment_id=appointment.id,
            version=appointment.version,
            note=follow_up.strip()[:LONGEST_REASON],
            due_at=follow_up_at,
            now=now,
        )
    if summary:
        await telling.summary(session, appointment, now=now)


def _check_outcome(outcome: Outcome, reason: str, amount: Money | None) -> None:
    if outcome == Outcome.NOTHING and not reason.strip():
        raise Invalid("missing", lazy("Say why, in a few words"), field="reason")
    if amount is not None and not 0 <= amount.minor <= LARGEST_AMOUNT:
        raise Invalid("amount", lazy("Enter an amount such as 129.00"), field="amount")


async def note_address(
    session: AsyncSession, appointment: Appointment, *, email: str, phone: str, by: str, now: datetime
) -> None:
    """Who walked in leaves an address, so that something can be reserved in her name. Both cleaned."""
    await amend(session, appointment, email=email, phone=phone, contact="email" if email else "phone")
    await record(session, appointment, "reachable", by=by, now=now)


async def reserve_liked(
    session: AsyncSession,
    appointment: Appointment,
    items: Sequence[Item],
    *,
    secret: bytes,
    by: str,
    now: datetime,
) -> reserving.Asked:
    """A reservation of these articles in her name: what the visit held passes to it, so nobody can be faster.

    Raises what `booking.reservations.asking.reserve` raises.
    """
    must_be(appointment, Status.ARRIVED, Status.IN_PROGRESS, Status.CONFIRMED)
    if not appointment.email and not appointment.phone:
        raise Invalid("unreachable", lazy("Without an address or a telephone nothing can be reserved."), field="items")
    lines: list[tuple[Variant, int]] = [
        (item.variant, item.quantity) for item in items if not item.variant.product.by_appointment
    ]
    await keeping.give_back(session, appointment, by=by, now=now, items=items)
    customer = Customer(
        first_name=appointment.first_name,
        last_name=appointment.last_name,
        email=appointment.email,
        phone=appointment.phone,
        language=appointment.language,
        contact=appointment.contact,
        note="",
    )
    asked = await reserving.reserve(
        session, appointment.store, lines, customer, secret=secret, now=now, origin="staff", by=by, limited=False
    )
    for item in items:
        item.state = ItemState.LIKED
    await session.flush()
    await record(session, appointment, "reserved", by=by, now=now, detail={"reservation": asked.reservation.code})
    return asked


async def no_show(session: AsyncSession, appointment: Appointment, *, by: str, now: datetime) -> None:
    """She did not come: said by a person, a quarter of an hour after the start at the earliest."""
    must_be(appointment, Status.CONFIRMED)
    if now < appointment.starts_at + NO_SHOW_AFTER:
        raise TooEarly()
    await _lock(session, appointment)
    await move(session, appointment, Status.NO_SHOW, by=by, now=now)
    await _end(session, appointment, by=by, now=now)


async def forgive(session: AsyncSession, appointment: Appointment, *, by: str, now: datetime) -> None:
    """Within 24 hours: she came late after all, or had called. Counts no longer; her time is not taken again."""
    must_be(appointment, Status.NO_SHOW)
    if appointment.ended_at is not None and now - appointment.ended_at > FORGIVEN_WITHIN:
        raise Settled()
    await move(session, appointment, Status.CONFIRMED, by=by, now=now, forgiven_at=now, reason="forgiven")
    await telling.no_show_forgiven(session, appointment)


async def correct(session: AsyncSession, appointment: Appointment, *, by: str, reason: str, now: datetime) -> None:
    """A manager turns `completed` into `no_show` or back, within 7 days, for a reason that is kept."""
    must_be(appointment, Status.COMPLETED, Status.NO_SHOW)
    if appointment.ended_at is not None and now - appointment.ended_at > CORRECTED_WITHIN:
        raise Settled()
    if not reason.strip():
        raise Invalid("missing", lazy("Say why, in a few words"), field="reason")
    to = Status.NO_SHOW if appointment.status == Status.COMPLETED else Status.COMPLETED
    values: dict[str, Any] = {"outcome": "", "outcome_reason": "", "amount_minor": None} if to == Status.NO_SHOW else {}
    await move(
        session, appointment, to, by=by, now=now, reason=reason.strip()[:LONGEST_REASON],
        ended_at=appointment.ended_at, **values,
    )  # fmt: skip


async def prepared(
    session: AsyncSession, appointment: Appointment, *, ready: bool = True, by: str, now: datetime
) -> None:
    """Everything is ready for her, or something is lacking after all. Said twice, the first name stays."""
    must_be(appointment, Status.CONFIRMED, Status.ARRIVED)
    if ready == (appointment.prepared_at is not None):
        return
    await amend(session, appointment, prepared_at=now if ready else None, prepared_by=by if ready else "")
    await record(session, appointment, "prepared" if ready else "unprepared", by=by, now=now)


async def give_back_left_over(session: AsyncSession, *, now: datetime) -> int:
    """A day after its time, a visit that nobody settled keeps no articles from others; it is still to be settled."""
    left = await questions.left_over(session, before=now - HELD_AFTER)
    for appointment in left:
        await keeping.give_back(session, appointment, by=journal.SYSTEM, now=now)
        await record(session, appointment, "given_back", by=journal.SYSTEM, now=now)
    return len(left)


async def _lock(session: AsyncSession, appointment: Appointment) -> None:
    await diaries.lock(session, [span.resource_id for span in appointment.spans()])


async def _end(session: AsyncSession, appointment: Appointment, *, by: str, now: datetime) -> None:
    """What remains of its time is free from the next five minutes on, nothing is held for it any more, and nobody
    need call about it."""
    await blocks.cut(session, Kind.APPOINTMENT, appointment.id, moment_of(tick_from(now)))
    await tasks.withdraw(session, tasks.Kind.CALL, appointment_id=appointment.id, now=now)
    await keeping.give_back(session, appointment, by=by, now=now)
