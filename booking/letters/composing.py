"""Whether a message still goes, to whom, by which way; then the letter itself."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from booking import links
from booking.letters import agenda, appointments, reaching
from booking.letters import facts as said
from booking.letters.letter import Dropped, Letter, put_together
from booking.messages import TOO_LATE_AFTER, Channel, Message
from booking.reservations import questions
from booking.reservations.tables import Reservation
from kit import languages
from kit.languages import speaking
from kit.settings import Settings
from stores import places, stock
from stores.places import Store
from stores.staff import Account

NAME_OTHERS = frozenset({"declined", "unanswered"})
"""What could not be kept here is named where it is."""


async def compose(session: AsyncSession, message: Message, *, settings: Settings, now: datetime) -> Letter | Dropped:
    """The letter as it stands now, or why none is sent any more. Raises `Unreachable`."""
    if message.reminder and now - message.first_due_at > TOO_LATE_AFTER:
        return Dropped("too late for a reminder")
    match message.subject:
        case "reservation":
            return await _about_reservation(session, message, settings=settings, now=now)
        case "appointment":
            return await appointments.about_appointment(session, message, settings=settings, now=now)
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
        channel, to = await reaching.shopper(
            session, message, phone=reservation.phone, email=reservation.email, settings=settings, now=now
        )
        token = (await links.to_mail(session, "reservation", reservation.id)).token(settings.secret)
    else:
        channel, token = Channel(message.channel), ""
        to = await reaching.staff(session, message, store)
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
        return put_together(message, channel, to, facts, store=store, ref=facts["code"], settings=settings)


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


async def _about_store(
    session: AsyncSession, message: Message, *, settings: Settings, now: datetime
) -> Letter | Dropped:
    query = select(Store).where(Store.id == message.subject_id).options(selectinload(Store.exceptions))
    store = await session.scalar(query)
    to = await reaching.staff(session, message, store) if store else ""
    if not store or not to:
        return Dropped("nobody is there to receive it")
    facts = await agenda.facts(session, message, store, settings=settings, now=now)
    if isinstance(facts, Dropped):
        return facts
    with speaking(message.language):
        return put_together(message, Channel(message.channel), to, facts, store=store, settings=settings)


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
        return put_together(message, Channel.EMAIL, account.email, facts, store=None, settings=settings)


def _wait(account: Account, now: datetime) -> str:
    if not account.is_locked(now) or account.locked_until is None:
        return ""
    minutes = -(-(account.locked_until - now) // timedelta(minutes=1))
    return languages.duration_words(minutes)
