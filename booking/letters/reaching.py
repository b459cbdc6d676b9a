"""By which way somebody is reached, and where: the shopper as she asked, staff at their mailbox or their channel."""

from datetime import datetime, timedelta
from typing import Final

import phonenumbers
from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from booking import customers
from booking.appointments.tables import Appointment
from booking.letters.letter import Unreachable
from booking.messages import Channel, Message, State
from booking.reservations.tables import Reservation
from kit.settings import Settings
from stores.places import Store
from stores.staff import Account

TEXTS_PER_DAY: Final = 6
"""SMS that one number gets within 24 hours, whatever they are about; what comes after goes by mail."""
FRENCH_NUMBERS: Final = frozenset({"FR", "GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF", "NC", "PF", "WF"})
NEIGHBOURS: Final = frozenset(
    {"MC", "AD", "BE", "NL", "LU", "DE", "CH", "LI", "AT", "IT", "ES", "PT", "GB", "IE", "JE"}
)
TEXTED: Final = FRENCH_NUMBERS | NEIGHBOURS
"""Countries whose numbers get an SMS: France and its neighbours. Elsewhere the price invites fraud."""


async def shopper(
    session: AsyncSession, message: Message, *, phone: str, email: str, settings: Settings, now: datetime
) -> tuple[Channel, str]:
    """By SMS where that was asked for and may be; by mail otherwise. Raises `Unreachable`."""
    if message.channel == Channel.SMS and await _may_text(session, phone, settings=settings, now=now):
        return Channel.SMS, phone
    if email:
        return Channel.EMAIL, email
    raise Unreachable("no SMS may be sent to this number, and there is no mail address")


async def _may_text(session: AsyncSession, phone: str, *, settings: Settings, now: datetime) -> bool:
    if not phone or not (settings.sms_url or settings.demo) or not customers.is_mobile(phone):
        return False
    if phonenumbers.region_code_for_number(phonenumbers.parse(phone)) not in TEXTED:
        return False
    reservations = select(Reservation.id).where(Reservation.phone == phone)
    appointments = select(Appointment.id).where(Appointment.phone == phone)
    sent = await session.scalar(
        select(func.count())
        .select_from(Message)
        .where(
            Message.recipient == "shopper",
            Message.channel == Channel.SMS,
            Message.state == State.SENT,
            Message.sent_at > now - timedelta(days=1),
            or_(
                and_(Message.subject == "reservation", Message.subject_id.in_(reservations)),
                and_(Message.subject == "appointment", Message.subject_id.in_(appointments)),
            ),
        )
    )
    return (sent or 0) < TEXTS_PER_DAY


async def staff(session: AsyncSession, message: Message, store: Store) -> str:
    """Where it goes: the store's mailbox, its channel, or the mailbox of one account. Empty: nowhere any more."""
    match message.recipient.partition(":"):
        case ("store", _, _):
            return store.email
        case ("store-notify", _, _):
            return store.staff_notify_url
        case ("account", _, account_id):
            account = await session.get(Account, int(account_id))
            return account.email if account and account.disabled_at is None else ""
    raise ValueError(f"nobody is called {message.recipient!r}")
