"""How a reservation and its lines change: one statement that asks for the state it leaves, and a journal entry."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import set_committed_value

from booking import journal
from booking.reservations.states import LINE_TRANSITIONS, TRANSITIONS, LineStatus, MovedOn, Status
from booking.reservations.tables import Line, Reservation
from kit.db import after_commit

ENDED = frozenset({Status.COLLECTED, Status.DECLINED, Status.UNANSWERED, Status.CANCELLED, Status.EXPIRED})


def must_be(reservation: Reservation, *statuses: Status) -> None:
    """Raises `MovedOn` unless the step begins here: several steps lead to the same state, each from its own."""
    if reservation.status not in statuses:
        raise MovedOn(Status(reservation.status))


async def move(
    session: AsyncSession,
    reservation: Reservation,
    to: Status,
    *,
    by: str,
    now: datetime,
    reason: str = "",
    detail: dict[str, Any] | None = None,
    **values: Any,
) -> None:
    """Take one of the `TRANSITIONS`, or raise `MovedOn`. Locks the row until the transaction ends.

    The statement asks for the state that the caller saw: whoever was faster has changed it, and zero rows say so.
    """
    before = Status(reservation.status)
    if to not in TRANSITIONS[before]:
        raise MovedOn(before)
    if to in ENDED:
        values.setdefault("ended_at", now)
        values.setdefault("reason", reason)
    elif before in ENDED:
        values.setdefault("ended_at", None)
    values["status"], values["version"] = to, reservation.version + 1
    await _change(session, reservation, values)
    await journal.record(
        session,
        "reservation",
        reservation.id,
        str(to),
        by=by,
        now=now,
        store_id=reservation.store_id,
        before=before,
        after=to,
        reason=reason,
        detail=detail,
    )
    after_commit(session, "ring", str(reservation.store_id))


async def amend(session: AsyncSession, reservation: Reservation, **values: Any) -> None:
    """Change other things than the state, if nobody changed the reservation since it was read; else `MovedOn`."""
    await _change(session, reservation, {**values, "version": reservation.version + 1})
    after_commit(session, "ring", str(reservation.store_id))


async def _change(session: AsyncSession, reservation: Reservation, values: dict[str, Any]) -> None:
    changed = await session.execute(
        update(Reservation)
        .where(
            Reservation.id == reservation.id,
            Reservation.status == reservation.status,
            Reservation.version == reservation.version,
        )
        .values(**values)
        .returning(Reservation.id)
        .execution_options(synchronize_session=False)
    )
    if changed.first() is None:
        now_at = await session.scalar(select(Reservation.status).where(Reservation.id == reservation.id))
        raise MovedOn(Status(now_at or reservation.status))
    for name, value in values.items():
        set_committed_value(reservation, name, value)


async def move_line(session: AsyncSession, reservation: Reservation, line: Line, to: LineStatus, **values: Any) -> None:
    """Take one of the `LINE_TRANSITIONS`; the reservation's row is locked already, so nobody races for its lines."""
    if to != line.status and to not in LINE_TRANSITIONS[LineStatus(line.status)]:
        raise MovedOn(Status(reservation.status))
    line.status = to
    for name, value in values.items():
        setattr(line, name, value)
    await session.flush()
