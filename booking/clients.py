"""One person, as the stores that a colleague sees know her: every booking made with one of her addresses.

There is no table of clients: who she is, is what her bookings say, and is gone when they are erased.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from booking import journal
from booking.appointments import questions as visits
from booking.appointments.tables import Appointment, Note
from booking.reservations import questions as holds
from booking.reservations.states import Status as Held
from booking.reservations.tables import Reservation
from kit.codes import show_code
from kit.errors import NotFound, Refused
from kit.languages import lazy

Booking = Appointment | Reservation
MOST = 100


@dataclass(frozen=True)
class Client:
    """`first` is the booking by which she was found, and says how she is called and reached."""

    first: Booking
    appointments: Sequence[Appointment]
    reservations: Sequence[Reservation]
    """Both newest first, of the stores that are seen only."""
    missed: int

    @property
    def bookings(self) -> list[Booking]:
        return [*self.appointments, *self.reservations]

    @property
    def open(self) -> list[Booking]:
        return [one for one in self.bookings if not one.ended]

    @property
    def erased(self) -> bool:
        return self.first.erased_at is not None

    @property
    def history(self) -> bool:
        """Whether she allowed it the last time that she was asked: her former visits may be looked at."""
        asked = max(self.appointments, key=lambda one: one.booked_at, default=None)
        return asked is not None and asked.history

    def erase_at(self, days: int) -> datetime | None:
        """When the last of it is erased by itself; None while something is open, or when nothing is left."""
        ends = [one.ended_at for one in self.bookings if one.ended_at is not None and one.erased_at is None]
        return None if self.open or not ends else max(ends) + timedelta(days=days)


class StillOpen(Refused):
    """Erasing cancels nothing: what is promised is kept or cancelled first, by its own step."""

    status = 409
    code = "still_open"
    msgid = lazy("Something is still open for this person. Settle or cancel it first.")


async def find(session: AsyncSession, code: str, *, store_ids: frozenset[int] | None) -> Client:
    """The person of whom this is a booking, or `NotFound`; also when it is not of one of `store_ids`."""
    try:
        first: Booking = await visits.find(session, code, store_ids=store_ids)
    except NotFound:
        first = await holds.find(session, code, store_ids=store_ids)
    appointments = await _of(session, Appointment, first, visits.loaded(), store_ids)
    reservations = await _of(session, Reservation, first, holds.loaded(), store_ids)
    missed = await visits.missed(session, appointments[0]) if appointments else 0
    return Client(first, appointments, reservations, missed)


async def _of(
    session: AsyncSession,
    entity: type[Any],
    first: Booking,
    loaded: tuple[Any, ...],
    store_ids: frozenset[int] | None,
) -> Sequence[Any]:
    query = select(entity).where(_same(entity, first)).order_by(entity.id.desc()).limit(MOST)
    if store_ids is not None:
        query = query.where(entity.store_id.in_(store_ids))
    return (await session.scalars(query.options(*loaded))).all()


def _same(entity: type[Any], first: Booking) -> Any:
    """Bookings with one of her addresses; without any, the one booking alone."""
    ways = []
    if first.email:
        ways.append(func.lower(entity.email) == first.email.lower())
    if first.phone:
        ways.append(entity.phone == first.phone)
    if isinstance(first, entity):
        ways.append(entity.id == first.id)
    return or_(*ways) if ways else entity.id.is_(None)


async def collected(session: AsyncSession, one: Appointment, *, limit: int = 10) -> Sequence[Reservation]:
    """What she reserved and fetched in the store of this appointment. Who may look at it is the caller's business."""
    if not one.email and not one.phone:
        return []
    query = (
        select(Reservation)
        .where(Reservation.store_id == one.store_id, Reservation.status == Held.COLLECTED, _same(Reservation, one))
        .order_by(Reservation.ended_at.desc())
        .limit(limit)
    )
    return (await session.scalars(query.options(*holds.loaded()))).all()


async def export(session: AsyncSession, client: Client, *, by: str, now: datetime) -> dict[str, Any]:
    """Everything that is kept of her, for herself: also the notes that colleagues wrote, shared or not."""
    await _record(session, client, "exported", by=by, now=now)
    first = client.first
    return {
        "exported_at": now.isoformat(),
        "person": {
            "first_name": first.first_name,
            "last_name": first.last_name,
            "email": first.email,
            "phone": first.phone,
            "language": first.language,
            "contact": first.contact,
        },
        "appointments": [_appointment_data(one) for one in client.appointments],
        "reservations": [_reservation_data(one) for one in client.reservations],
    }


def _appointment_data(one: Appointment) -> dict[str, Any]:
    return {
        "code": show_code(one.code),
        "store": one.store.name,
        "service": one.service.name.text(one.language),
        "advisor": one.advisor.name if one.advisor else None,
        "booked_at": one.booked_at.isoformat(),
        "starts_at": one.starts_at.isoformat(),
        "ends_at": one.ends_at.isoformat(),
        "status": one.status,
        "party": one.party,
        "note": one.note,
        "access": one.access,
        "answers": one.answers,
        "history_allowed": one.history,
        "reason": one.reason,
        "override": one.override,
        "outcome": one.outcome,
        "outcome_reason": one.outcome_reason,
        "amount_minor": one.amount_minor,
        "articles": [{"sku": item.variant.sku, "quantity": item.quantity, "state": item.state} for item in one.items],
        "notes": [{"text": note.text, "by": note.by, "at": note.at.isoformat()} for note in one.notes],
    }


def _reservation_data(one: Reservation) -> dict[str, Any]:
    return {
        "code": show_code(one.code),
        "store": one.store.name,
        "requested_at": one.requested_at.isoformat(),
        "status": one.status,
        "note": one.note,
        "articles": [{"sku": line.variant.sku, "quantity": line.quantity, "status": line.status} for line in one.lines],
    }


async def erase(session: AsyncSession, client: Client, *, by: str, now: datetime) -> None:
    """Erase now what time would have erased: name, contact, answers, notes, and what was promised by hand.

    Raises `StillOpen` while something is open: nothing is cancelled by erasing.
    """
    if client.open:
        raise StillOpen()
    appointments = [one.id for one in client.appointments if one.erased_at is None]
    reservations = [one.id for one in client.reservations if one.erased_at is None]
    await _record(session, client, "erased", by=by, now=now)
    # what was opened again since it was read keeps its name, and then nothing of hers is erased
    erased = await visits.erase(session, appointments, now=now)
    if erased + await holds.erase(session, reservations, now=now) != len(appointments) + len(reservations):
        raise StillOpen()


async def _record(session: AsyncSession, client: Client, event: str, *, by: str, now: datetime) -> None:
    """On each of her bookings, so that its history says so too."""
    for one in client.bookings:
        if one.erased_at is None:
            subject = "appointment" if isinstance(one, Appointment) else "reservation"
            await journal.record(session, subject, one.id, event, by=by, now=now, store_id=one.store_id)


def notes_of(client: Client) -> list[tuple[Appointment, Note]]:
    """What colleagues noted for everyone, newest first."""
    return [(one, note) for one in client.appointments for note in reversed(one.notes) if not note.private]
