"""A message about an appointment: whether it is still true, who gets it, and the entry for her calendar."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Final, cast

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from booking import diaries, invitations, links
from booking.appointments import questions
from booking.appointments.placing import NEAREST, Near, around
from booking.appointments.tables import Appointment
from booking.availability import Preference, Question, in_order
from booking.letters import reaching, visits
from booking.letters.letter import Dropped, Letter, put_together
from booking.messages import Channel, Message, State
from kit.languages import speaking
from kit.settings import Settings

SUBJECT: Final = "appointment"
INVITES: Final = frozenset({"appointment_confirmed", "appointment_moved"})
CANCELS: Final = frozenset({"appointment_cancelled", "appointment_store_cancelled", "appointment_declined"})
OFFERS: Final = frozenset({"appointment_declined", "appointment_store_cancelled"})
"""They name other starts, as they are free when it is sent."""
TO_COME: Final = frozenset(
    {
        *INVITES,
        *("appointment_requested", "appointment_reminder", "appointment_soon"),
        *("staff_appointment", "staff_appointment_moved", "staff_approval"),
    }
)
"""Of no use once it has begun."""
FOLDERS: Final = {"find": "appointment_find"}
"""Where the words are, when the same message speaks of reservations elsewhere."""


async def about_appointment(
    session: AsyncSession, message: Message, *, settings: Settings, now: datetime
) -> Letter | Dropped:
    one = await questions.get(session, message.subject_id)
    if reason := _no_longer(message, one, now):
        return Dropped(reason)
    store, token = one.store, ""
    if message.recipient == "shopper":
        channel, to = await reaching.shopper(
            session, message, phone=one.phone, email=one.email, settings=settings, now=now
        )
        token = (await links.to_mail(session, SUBJECT, one.id)).token(settings.secret)
    else:
        channel, to = Channel(message.channel), await reaching.staff(session, message, store)
        if not to:
            return Dropped("nobody is there to receive it")
    starts = await other_starts(session, one, now=now) if message.template in OFFERS else []
    method = await _method(session, message, one, channel)
    with speaking(message.language):
        facts = visits.appointment_facts(
            one,
            settings=settings,
            language=message.language,
            token=token,
            payload=message.payload,
            asked_at=message.created_at,
            starts=starts,
            now=now,
        )
        letter = put_together(
            message,
            channel,
            to,
            facts,
            store=store,
            settings=settings,
            ref=facts["code"],
            template=FOLDERS.get(message.template, ""),
        )
        if not method:
            return letter
        entry = invitations.invitation(
            one,
            method=cast(invitations.Method, method),
            organizer=parseaddr(settings.mail_from)[1],
            host=settings.host,
            now=now,
            url=facts["link"],
        )
        return replace(letter, calendar=entry, method=method)


def _no_longer(message: Message, one: Appointment, now: datetime) -> str:
    """Why it is not sent any more; empty while it is true."""
    if message.only_if and one.status not in message.only_if.split(","):
        return f"the appointment is {one.status}"
    if one.erased_at is not None:
        return "name and contact were erased"
    told = message.payload.get("starts_at")
    if told and datetime.fromisoformat(told) != one.starts_at:
        return "about a time that has changed"
    if message.template in TO_COME and one.starts_at <= now:
        return "its time has passed"
    return ""


async def _method(session: AsyncSession, message: Message, one: Appointment, channel: Channel) -> str:
    """What the mail does in her calendar. Only what was once put there is taken back.

    A message by SMS may have gone by mail in the end, so any that left counts.
    """
    if message.recipient != "shopper" or channel != Channel.EMAIL:
        return ""
    if message.template in INVITES:
        return "REQUEST"
    if message.template not in CANCELS:
        return ""
    invited = select(Message.id).where(
        Message.subject == SUBJECT,
        Message.subject_id == one.id,
        Message.recipient == "shopper",
        Message.template.in_(INVITES),
        Message.state == State.SENT,
    )
    return "CANCEL" if (await session.scalar(invited.limit(1))) is not None else ""


async def other_starts(session: AsyncSession, one: Appointment, *, now: datetime) -> Sequence[Near]:
    """The free starts nearest to the one that cannot be, by the rules for shoppers; with the advisor she asked for,
    if that one has any."""
    store, service, week = one.store, one.service, timedelta(days=7)
    if one.starts_at <= now or not service.active:
        return []
    look = await diaries.look(session, store, around(store, one.starts_at))
    preference = Preference(language=one.language)
    for advisor_id in [one.advisor_id, None] if one.requested else [None]:
        first, last = max(one.starts_at - week, now), one.starts_at + week
        offer = look.offer(service, Question(first, last, now, party=one.party, advisor_id=advisor_id))
        moments = [moment for moment in offer.nearest(one.starts_at, NEAREST + 1) if moment != one.starts_at]
        moments = sorted(sorted(moments, key=lambda moment: abs(moment - one.starts_at))[:NEAREST])
        if moments:
            people = [(moment, in_order(offer, offer.free_at(moment), moment, preference)[0]) for moment in moments]
            return [Near(at, at + service.length, person.id, person.name, person.slug) for at, person in people]
    return []
