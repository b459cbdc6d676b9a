"""How an appointment changes: one statement that asks for the version it leaves, and a journal entry."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import set_committed_value

from booking import journal
from booking.appointments.states import ENDED, TRANSITIONS, MovedOn, Status
from booking.appointments.tables import Appointment
from kit.db import after_commit

SUBJECT = "appointment"


def must_be(appointment: Appointment, *statuses: Status) -> None:
    """Raises `MovedOn` unless the step begins here."""
    if appointment.status not in statuses:
        raise MovedOn(Status(appointment.status))


async def move(
    session: AsyncSession,
    appointment: Appointment,
    to: Status,
    *,
    by: str,
    now: datetime,
    reason: str = "",
    detail: dict[str, Any] | None = None,
    **values: Any,
) -> None:
    """Take one of the `TRANSITIONS`, or raise `MovedOn`. Locks the row until the transaction ends."""
    before = Status(appointment.status)
    if to not in TRANSITIONS[before]:
        raise MovedOn(before)
    if to in ENDED:
        values.setdefault("ended_at", now)
        values.setdefault("reason", reason)
    elif before in ENDED:
        values.setdefault("ended_at", None)
    await change(session, appointment, {**values, "status": to, "version": appointment.version + 1})
    await record(session, appointment, str(to), by=by, now=now, before=before, reason=reason, detail=detail)


async def amend(session: AsyncSession, appointment: Appointment, **values: Any) -> None:
    """Change other things than the state, if nobody changed the appointment since it was read; else `MovedOn`."""
    await change(session, appointment, {**values, "version": appointment.version + 1})
    after_commit(session, "ring", str(appointment.store_id))


async def record(
    session: AsyncSession,
    appointment: Appointment,
    event: str,
    *,
    by: str,
    now: datetime,
    before: str = "",
    reason: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    """Keep that it happened, and let the screens of the store look again."""
    await journal.record(
        session,
        SUBJECT,
        appointment.id,
        event,
        by=by,
        now=now,
        store_id=appointment.store_id,
        before=before,
        after=appointment.status,
        reason=reason,
        detail=detail,
    )
    after_commit(session, "ring", str(appointment.store_id))


async def change(session: AsyncSession, appointment: Appointment, values: dict[str, Any]) -> None:
    changed = await session.execute(
        update(Appointment)
        .where(
            Appointment.id == appointment.id,
            Appointment.status == appointment.status,
            Appointment.version == appointment.version,
        )
        .values(**values)
        .returning(Appointment.id)
        .execution_options(synchronize_session=False)
    )
    if changed.first() is None:
        now_at = await session.scalar(select(Appointment.status).where(Appointment.id == appointment.id))
        raise MovedOn(Status(now_at or appointment.status))
    for name, value in values.items():
        set_committed_value(appointment, name, value)
