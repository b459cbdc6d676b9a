"""Who hears of a reservation, and how: the shopper as she asked, staff by mailbox and channel, in their language."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from booking import messages, tasks
from booking.messages import Channel
from booking.reservations.states import Contact, Status
from booking.reservations.tables import Reservation
from stores import places, staff
from stores.places import Store

SUBJECT = "reservation"
NO_SMS = frozenset({"verify"})
"""Always by mail."""
ONLY_VERIFIED_SMS = frozenset({"received", "cancelled", "extended"})
"""By SMS only to a number that is known to be the shopper's: what an anonymous form alone sets off costs no SMS."""
REMINDER_NEEDS = timedelta(hours=12)
"""No reminder so soon after "ready": it would say the same again."""


async def tell_shopper(
    session: AsyncSession,
    reservation: Reservation,
    template: str,
    *,
    now: datetime,
    only_if: Sequence[Status] = (),
    due_at: datetime | None = None,
    reminder: bool = False,
    payload: dict[str, Any] | None = None,
    by_house: bool = False,
) -> None:
    """Promise the shopper a message; for who asked to be called, a task for staff instead.

    `by_house`: staff or time set it off, not somebody who filled in a form. A call not yet made gives way to the
    next one: staff say how things stand, once.
    """
    if reservation.erased_at is not None:
        return
    if reservation.contact == Contact.PHONE and template not in ("received", "verify") and not reminder:
        await tasks.withdraw(session, tasks.Kind.CALL, reservation_id=reservation.id, now=now)
        await tasks.add(
            session,
            tasks.Kind.CALL,
            store_id=reservation.store_id,
            reservation_id=reservation.id,
            version=reservation.version,
            about=template,
            due_at=now,
            now=now,
        )
        return
    channel = _channel(reservation, template, by_house=by_house)
    if channel is None:
        return
    await messages.queue(
        session,
        template,
        subject=SUBJECT,
        subject_id=reservation.id,
        version=reservation.version,
        recipient="shopper",
        channel=channel,
        language=reservation.language,
        store_id=reservation.store_id,
        due_at=due_at or now,
        now=now,
        only_if=only_if,
        reminder=reminder,
        payload=payload,
    )


def _channel(reservation: Reservation, template: str, *, by_house: bool) -> Channel | None:
    by_sms = reservation.contact == Contact.SMS and reservation.phone and template not in NO_SMS
    if by_sms and (reservation.verified or by_house or template not in ONLY_VERIFIED_SMS):
        return Channel.SMS
    return Channel.EMAIL if reservation.email else None


async def remind(session: AsyncSession, reservation: Reservation, *, at: datetime, now: datetime) -> None:
    """On the last morning, if it is still waiting then; the former reminder is withdrawn."""
    await messages.withdraw(session, SUBJECT, reservation.id, templates=["reminder"])
    if at - now >= REMINDER_NEEDS:
        await tell_shopper(session, reservation, "reminder", now=now, due_at=at, only_if=[Status.READY], reminder=True)


async def tell_store(
    session: AsyncSession,
    store: Store,
    template: str,
    reservation: Reservation,
    *,
    now: datetime,
    only_if: Sequence[Status] = (),
) -> None:
    """News for the shop floor: to the store's mailbox, and to its channel if it has one. Quiet while it is closed."""
    recipients = [("store", Channel.EMAIL)]
    if store.staff_notify_url:
        recipients.append(("store-notify", Channel.NOTIFY))
    for recipient, channel in recipients:
        await messages.queue(
            session,
            template,
            subject=SUBJECT,
            subject_id=reservation.id,
            version=reservation.version,
            recipient=recipient,
            channel=channel,
            language=store.language,
            store_id=store.id,
            due_at=when_open(store, now),
            now=now,
            only_if=only_if,
        )


async def tell_managers(
    session: AsyncSession,
    store: Store,
    template: str,
    reservation: Reservation,
    *,
    whole_group: bool,
    now: datetime,
    only_if: Sequence[Status] = (),
) -> None:
    """News that needs a manager: those of the store, or of every store of its group, each in her language."""
    for account in await _managers(session, store, whole_group):
        await messages.queue(
            session,
            template,
            subject=SUBJECT,
            subject_id=reservation.id,
            version=reservation.version,
            recipient=f"account:{account.id}",
            channel=Channel.EMAIL,
            language=account.language,
            store_id=store.id,
            due_at=when_open(store, now),
            now=now,
            only_if=only_if,
        )


async def _managers(session: AsyncSession, store: Store, whole_group: bool) -> Sequence[staff.Account]:
    store_ids = await places.ids_of_group(session, store.group) if whole_group and store.group else [store.id]
    return await staff.working_at(session, store_ids, role=staff.Role.MANAGER)


def when_open(store: Store, now: datetime) -> datetime:
    """Now, or the next opening when nobody is there to read."""
    if store.hours.open_at(now):
        return now
    opening = store.hours.next_opening(now)
    return opening.start if opening else now
