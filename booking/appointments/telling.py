"""Who hears of an appointment, and how: the shopper as she asked, the advisor at her mailbox, reminders by row."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from booking import journal, messages, tasks
from booking.appointments.moves import SUBJECT, record
from booking.appointments.states import AHEAD, Status
from booking.appointments.tables import Appointment
from booking.messages import Channel, Message, State
from booking.reservations.states import Contact
from booking.reservations.telling import when_open
from stores import staff
from stores.advisors import Advisor
from stores.hours import NeverOpens, instant_of
from stores.places import Store
from stores.staff import Account

SOON = timedelta(hours=2)
WORDS = ("late", "bring", "free")
"""What an advisor may send a word about; the last is what she writes herself."""
LONGEST_WORD = 300
REMINDERS = ("appointment_reminder", "appointment_soon")
NEWS = ("appointment_confirmed", "appointment_requested", "appointment_moved")
"""What a later change makes untrue while it still waits to be sent."""
STAFF_NEWS = ("staff_appointment", "staff_appointment_moved", "staff_approval")
BY_FORM = frozenset({"appointment_confirmed", "appointment_requested", "appointment_moved", "appointment_cancelled"})
"""By SMS only where staff set them off: what an anonymous form alone sets off costs no SMS."""


async def booked(session: AsyncSession, appointment: Appointment, *, by: str, now: datetime) -> None:
    """She learns that it stands (or is asked for), her advisor too; the reminders are written down."""
    by_house = by != journal.SHOPPER
    if appointment.status == Status.REQUESTED:
        await _asked_for(session, appointment, by=by, now=now)
        return
    if appointment.status == Status.CONFIRMED:
        await _tell(
            session,
            appointment,
            "appointment_confirmed",
            now=now,
            only_if=[Status.CONFIRMED],
            by_house=by_house,
            call=False,
        )
        await remind(session, appointment, now=now)
    await tell_staff(session, appointment, "staff_appointment", by=by, now=now)


async def approved(session: AsyncSession, appointment: Appointment, *, by: str, now: datetime) -> None:
    """A colleague said yes."""
    await _withdraw(session, appointment, *NEWS, *STAFF_NEWS)
    await _tell(session, appointment, "appointment_confirmed", now=now, only_if=[Status.CONFIRMED], by_house=True)
    await remind(session, appointment, now=now)
    await tell_staff(session, appointment, "staff_appointment", by=by, now=now)


async def declined(session: AsyncSession, appointment: Appointment, *, by: str, now: datetime) -> None:
    """It cannot be: the letter names other starts, as they are free when it is sent."""
    await _withdraw(session, appointment, *NEWS, *STAFF_NEWS, *REMINDERS)
    await _tell(session, appointment, "appointment_declined", now=now, only_if=[Status.DECLINED], by_house=True)


async def moved(
    session: AsyncSession,
    appointment: Appointment,
    *,
    by: str,
    now: datetime,
    shopper_too: bool,
    former_advisor_id: int | None,
    was: str,
) -> None:
    """The new time counts, for everyone; what waited with the old one is not sent. `was`: the former start (ISO).

    Where the shopper is not told (another advisor, whom she had not asked for), what waits for her is still true.
    """
    was = await _last_told(session, appointment) or was
    await _withdraw(session, appointment, *STAFF_NEWS, *REMINDERS, *(NEWS if shopper_too else ()))
    if appointment.status == Status.REQUESTED:
        await _asked_for(session, appointment, by=by, now=now, shopper_too=shopper_too)
        return
    if shopper_too:
        by_house = by != journal.SHOPPER
        if not by_house:
            await tasks.withdraw(session, tasks.Kind.CALL, appointment_id=appointment.id, now=now)
        await _tell(
            session,
            appointment,
            "appointment_moved",
            now=now,
            only_if=[Status.CONFIRMED],
            by_house=by_house,
            call=by_house,
            payload={"by_shopper": not by_house, "was": was},
        )
    await remind(session, appointment, now=now)
    payload = {"was": was, "taken_over": former_advisor_id is not None}
    await tell_staff(session, appointment, "staff_appointment_moved", by=by, now=now, payload=payload)
    if former_advisor_id is not None:
        former = await session.get(Advisor, former_advisor_id)
        if former is not None:
            await tell_staff(
                session,
                appointment,
                "staff_appointment_moved",
                by=by,
                now=now,
                advisor=former,
                payload={"was": was, "given_away": True},
            )


async def _asked_for(
    session: AsyncSession, appointment: Appointment, *, by: str, now: datetime, shopper_too: bool = True
) -> None:
    """Somebody must say yes. The managers hear of it once when nobody has, after as many open minutes as a request
    may wait."""
    wanted = [Status.REQUESTED]
    if shopper_too:
        await _tell(session, appointment, "appointment_requested", now=now, only_if=wanted, call=False)
    await tell_staff(session, appointment, "staff_approval", by=by, now=now, only_if=wanted)
    store: Store = appointment.store
    try:
        late = store.hours.add_open_minutes(now, store.answer_minutes)
    except NeverOpens:
        return
    for manager in await staff.working_at(session, [store.id], role=staff.Role.MANAGER):
        await messages.queue(
            session,
            "staff_approval",
            subject=SUBJECT,
            subject_id=appointment.id,
            version=-appointment.version,  # who was asked for a yes, and is told that none came: two messages
            recipient=f"account:{manager.id}",
            channel=Channel.EMAIL,
            language=manager.language,
            store_id=store.id,
            due_at=late,
            now=now,
            only_if=wanted,
            payload={"waited": True},
        )


async def _last_told(session: AsyncSession, appointment: Appointment) -> str:
    """The former time in a message about a move that still waits: the last one she was told of."""
    query = select(Message.payload).where(
        Message.subject == SUBJECT,
        Message.subject_id == appointment.id,
        Message.template == "appointment_moved",
        Message.state == State.PENDING,
    )
    waiting = await session.scalar(query.limit(1))
    return str(waiting.get("was", "")) if waiting else ""


async def cancelled(session: AsyncSession, appointment: Appointment, *, by: str, now: datetime) -> None:
    """It will not be. Cancelled by the store, the letter names other starts."""
    await _withdraw(session, appointment, *NEWS, *STAFF_NEWS, *REMINDERS)
    await tasks.withdraw(session, tasks.Kind.CALL, appointment_id=appointment.id, now=now)
    shopper = by == journal.SHOPPER
    template = "appointment_cancelled" if shopper else "appointment_store_cancelled"
    await _tell(
        session, appointment, template, now=now, only_if=[Status.CANCELLED], by_house=not shopper, call=not shopper
    )
    payload = {"by_shopper": shopper}
    await tell_staff(session, appointment, "staff_appointment_cancelled", by=by, now=now, payload=payload)


async def no_show_forgiven(session: AsyncSession, appointment: Appointment) -> None:
    """Nothing more is to be said of the time that has passed."""
    await _withdraw(session, appointment, *REMINDERS)


async def summary(session: AsyncSession, appointment: Appointment, *, now: datetime) -> None:
    """After the visit: what was shown and liked, and with whom."""
    await _tell(
        session, appointment, "appointment_summary", now=now, only_if=[Status.COMPLETED], by_house=True, call=False
    )


async def say(session: AsyncSession, appointment: Appointment, word: str, *, text: str, by: str, now: datetime) -> None:
    """A word from the advisor: `late`, `bring` or `free`, whose words stand in its template in her language; `text`
    is what the colleague adds, at most 300 signs. The second it is sent is its version: it may be said twice."""
    await _tell(
        session,
        appointment,
        "appointment_word",
        now=now,
        only_if=[str(status) for status in AHEAD],
        by_house=True,
        payload={"word": word, "text": text[:LONGEST_WORD], "by": by},
        version=int(now.timestamp()),
    )
    await record(session, appointment, f"said_{word}", by=by, now=now)


def remind_at(appointment: Appointment) -> datetime:
    """The day before, at the same time by the store's clock, also across a change of clocks."""
    here = appointment.store.local(appointment.starts_at)
    return instant_of(here.date() - timedelta(days=1), here.hour * 60 + here.minute, appointment.store.timezone)


async def remind(session: AsyncSession, appointment: Appointment, *, now: datetime) -> None:
    """The rows of its reminders, unique for this version; the former ones are withdrawn. None for what has passed."""
    await _withdraw(session, appointment, *REMINDERS)
    if appointment.contact == Contact.PHONE and not appointment.email:
        return
    wanted = [("appointment_reminder", remind_at(appointment))]
    if appointment.remind_soon:
        wanted.append(("appointment_soon", appointment.starts_at - SOON))
    for template, at in wanted:
        if at > now:
            await _tell(
                session,
                appointment,
                template,
                now=now,
                due_at=at,
                only_if=[Status.CONFIRMED],
                reminder=True,
                call=False,
                by_house=True,
            )


async def _withdraw(session: AsyncSession, appointment: Appointment, *templates: str) -> None:
    await messages.withdraw(session, SUBJECT, appointment.id, templates=templates)


async def _tell(
    session: AsyncSession,
    appointment: Appointment,
    template: str,
    *,
    now: datetime,
    only_if: Sequence[str] = (),
    due_at: datetime | None = None,
    reminder: bool = False,
    by_house: bool = False,
    call: bool = True,
    payload: dict[str, Any] | None = None,
    version: int | None = None,
) -> None:
    """Promise the shopper a message about the time that stands now; for who asked to be called, a task, if `call`.

    News of the appointment takes the place of a call that waits; a word with a `version` of its own stands beside it.
    """
    if appointment.erased_at is not None:
        return
    if appointment.contact == Contact.PHONE and call:
        if version is None:
            await tasks.withdraw(session, tasks.Kind.CALL, appointment_id=appointment.id, now=now)
        await tasks.add(
            session,
            tasks.Kind.CALL,
            store_id=appointment.store_id,
            appointment_id=appointment.id,
            version=appointment.version if version is None else version,
            about=template,
            note=str((payload or {}).get("text", "")),
            due_at=now,
            now=now,
        )
        return
    channel = _channel(appointment, template, by_house=by_house)
    if channel is None:
        return
    await messages.queue(
        session,
        template,
        subject=SUBJECT,
        subject_id=appointment.id,
        version=appointment.version if version is None else version,
        recipient="shopper",
        channel=channel,
        language=appointment.language,
        store_id=appointment.store_id,
        due_at=due_at or now,
        now=now,
        only_if=only_if,
        reminder=reminder,
        payload={"starts_at": appointment.starts_at.isoformat(), **(payload or {})},
    )


def _channel(appointment: Appointment, template: str, *, by_house: bool) -> Channel | None:
    by_sms = appointment.contact == Contact.SMS and appointment.phone and template != "appointment_summary"
    if by_sms and (by_house or template not in BY_FORM):
        return Channel.SMS
    return Channel.EMAIL if appointment.email else None


async def tell_staff(
    session: AsyncSession,
    appointment: Appointment,
    template: str,
    *,
    by: str,
    now: datetime,
    only_if: Sequence[str] = (),
    advisor: Advisor | None = None,
    payload: dict[str, Any] | None = None,
) -> None:
    """To her advisor if she signs in, else to the store's mailbox; not to whoever did it herself. Quiet at night.

    With an `advisor` it is for this one alone, who has to do with it no more.
    """
    who = advisor or appointment.advisor
    if who is not None and by == who.name:
        return
    store: Store = appointment.store
    account = await session.get(Account, who.account_id) if who is not None and who.account_id is not None else None
    if account is not None and account.disabled_at is not None:
        account = None
    if account is None and advisor is not None:
        return
    await messages.queue(
        session,
        template,
        subject=SUBJECT,
        subject_id=appointment.id,
        version=appointment.version,
        recipient=f"account:{account.id}" if account is not None else "store",
        channel=Channel.EMAIL,
        language=account.language if account is not None else store.language,
        store_id=store.id,
        due_at=when_open(store, now),
        now=now,
        only_if=only_if,
        payload=payload,
    )
