"""Whether a message still goes, to whom, by which way; then the letter itself."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import phonenumbers
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from booking import customers, links
from booking.letters import facts as said
from booking.letters import writing
from booking.messages import TOO_LATE_AFTER, Channel, Message, State
from booking.reservations import questions
from booking.reservations.tables import Reservation
from kit import languages
from kit.languages import speaking
from kit.settings import Settings
from stores import places, stock
from stores.places import Store
from stores.staff import Account

LONGEST_SUBJECT: Final = 78
LONGEST_SMS_LINK: Final = 46
"""With a link of so many signs each SMS stays within one part: 21 for VITRINE_SHORT_URL, then `/r/` and the token."""
TEXTS_PER_DAY: Final = 6
"""SMS that one number gets within 24 hours; what comes after goes by mail."""
FRENCH_NUMBERS: Final = frozenset({"FR", "GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF", "NC", "PF", "WF"})
NEIGHBOURS: Final = frozenset(
    {"MC", "AD", "BE", "NL", "LU", "DE", "CH", "LI", "AT", "IT", "ES", "PT", "GB", "IE", "JE"}
)
NAME_OTHERS: Final = frozenset({"declined", "unanswered"})
"""What could not be kept here is named where it is."""
TEXTED: Final = FRENCH_NUMBERS | NEIGHBOURS
"""Countries whose numbers get an SMS: France and its neighbours. Elsewhere the price invites fraud."""


@dataclass(frozen=True)
class Letter:
    """One message, ready to leave. `html` is empty where the channel carries plain words only."""

    to: str
    channel: Channel
    language: str
    template: str
    subject: str
    text: str
    html: str = ""
    links: tuple[str, ...] = ()
    sender: str = ""
    """The name it comes from: the store's, or the house's."""
    reply_to: str = ""
    """The mailbox that someone reads; empty for what nobody should answer."""
    ref: str = ""
    """The code of the booking it is about."""


@dataclass(frozen=True)
class Dropped:
    """It must not be sent any more."""

    reason: str


class Unreachable(Exception):
    """Nothing that we know of her can receive it: somebody should call."""


async def compose(session: AsyncSession, message: Message, *, settings: Settings, now: datetime) -> Letter | Dropped:
    """The letter as it stands now, or why none is sent any more. Raises `Unreachable`."""
    if message.reminder and now - message.first_due_at > TOO_LATE_AFTER:
        return Dropped("too late for a reminder")
    match message.subject:
        case "reservation":
            return await _about_reservation(session, message, settings=settings, now=now)
        case "store":
            return await _about_store(session, message, settings=settings, now=now)
        case "account":
            return await _about_account(session, message, settings=settings, now=now)
        case other:
            return Dropped(f"nothing is known about the subject {other!r}")


async def _about_reservation(
    session: AsyncSession, message: Message, *, settings: Settings, now: datetime
) -> Letter | Dropped:
    reservation = await questions.get(session, message.subject_id)
    if message.only_if and reservation.status not in message.only_if.split(","):
        return Dropped(f"the reservation is {reservation.status}")
    if reservation.erased_at is not None:
        return Dropped("name and contact were erased")
    store = reservation.store
    if message.recipient == "shopper":
        channel = await _channel(session, message, reservation, settings=settings, now=now)
        to = reservation.phone if channel == Channel.SMS else reservation.email
        token = (await links.to_mail(session, "reservation", reservation.id)).token(settings.secret)
    else:
        channel, token = Channel(message.channel), ""
        to = await _staff_address(session, message, store)
        if not to:
            return Dropped("nobody is there to receive it")
    others = await _others(session, reservation) if message.template in NAME_OTHERS else {}
    with speaking(message.language):
        facts = said.reservation_facts(
            reservation,
            settings=settings,
            language=message.language,
            token=token,
            payload=message.payload,
            others=others,
            now=now,
        )
        return _letter(message, channel, to, facts, store=store, ref=facts["code"], settings=settings)


async def _others(session: AsyncSession, reservation: Reservation) -> dict[int, list[Store]]:
    """By variant, the other stores that have it, the nearest first."""
    variants = [line.variant_id for line in reservation.lines if line.replaces_id is None]
    found = await stock.stores_with(session, variants, besides=reservation.store_id)
    named = {one for ids in found.values() for one in ids}
    here = reservation.store
    stores = {store.id: store for store in await places.every(session, ids=frozenset(named))} if named else {}

    def far(store: Store) -> float:
        return here.km_to(store.latitude, store.longitude)

    return {variant: sorted((stores[one] for one in ids), key=far) for variant, ids in found.items()}


async def _channel(
    session: AsyncSession, message: Message, reservation: Reservation, *, settings: Settings, now: datetime
) -> Channel:
    """By SMS where that was asked for and may be; by mail otherwise. Raises `Unreachable`."""
    if message.channel == Channel.SMS and await _may_text(session, reservation.phone, settings=settings, now=now):
        return Channel.SMS
    if reservation.email:
        return Channel.EMAIL
    raise Unreachable("no SMS may be sent to this number, and there is no mail address")


async def _may_text(session: AsyncSession, phone: str, *, settings: Settings, now: datetime) -> bool:
    if not phone or not (settings.sms_url or settings.demo) or not customers.is_mobile(phone):
        return False
    if phonenumbers.region_code_for_number(phonenumbers.parse(phone)) not in TEXTED:
        return False
    sent = await session.scalar(
        select(func.count())
        .select_from(Message)
        .join(Reservation, Reservation.id == Message.subject_id)
        .where(
            Message.subject == "reservation",
            Message.recipient == "shopper",
            Message.channel == Channel.SMS,
            Message.state == State.SENT,
            Message.sent_at > now - timedelta(days=1),
            Reservation.phone == phone,
        )
    )
    return (sent or 0) < TEXTS_PER_DAY


async def _staff_address(session: AsyncSession, message: Message, store: Store) -> str:
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


async def _about_store(
    session: AsyncSession, message: Message, *, settings: Settings, now: datetime
) -> Letter | Dropped:
    query = select(Store).where(Store.id == message.subject_id).options(selectinload(Store.exceptions))
    store = await session.scalar(query)
    to = await _staff_address(session, message, store) if store else ""
    if not store or not to:
        return Dropped("nobody is there to receive it")
    with speaking(message.language):
        facts = {
            **said.store_facts(store, settings=settings, language=message.language, now=now),
            **said.day_facts(message.payload, store=store, now=now),
        }
        return _letter(message, Channel(message.channel), to, facts, store=store, settings=settings)


async def _about_account(
    session: AsyncSession, message: Message, *, settings: Settings, now: datetime
) -> Letter | Dropped:
    account = await session.get(Account, message.subject_id)
    if account is None or account.disabled_at is not None:
        return Dropped("the account is closed")
    path = message.payload.get("path")
    if not path:
        return Dropped("its link is gone")
    with speaking(message.language):
        facts = {
            "first_name": account.first_name,
            "house": settings.house_name,
            "link": settings.base_url + path,
            "wait": _wait(account, now),
        }
        return _letter(message, Channel.EMAIL, account.email, facts, store=None, settings=settings)


def _wait(account: Account, now: datetime) -> str:
    if not account.is_locked(now) or account.locked_until is None:
        return ""
    minutes = -(-(account.locked_until - now) // timedelta(minutes=1))
    return languages.duration_words(minutes)


def _letter(
    message: Message,
    channel: Channel,
    to: str,
    facts: dict[str, Any],
    *,
    store: Store | None,
    settings: Settings,
    ref: str = "",
) -> Letter:
    written = writing.write(message.template, message.language, facts)
    letter = Letter(
        to=to,
        channel=channel,
        language=message.language,
        template=message.template,
        subject=written.subject[:LONGEST_SUBJECT],
        text="",
        links=written.links,
        sender=store.name if store else settings.house_name,
        reply_to=store.email if store else "",
        ref=ref,
    )
    if channel == Channel.SMS:
        text = writing.write_sms(message.template, message.language, facts)
        return replace(letter, subject="", text=text, links=(facts["short_link"],))
    if channel == Channel.NOTIFY:
        return replace(letter, text=writing.as_note(written))
    return replace(letter, text=writing.as_text(written), html=writing.as_html(written, house=settings.house_name))
