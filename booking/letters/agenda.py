"""What the evening says of the next day: to the store everything, to each advisor her own list."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from booking.appointments import questions
from booking.appointments.states import Status
from booking.appointments.tables import Appointment
from booking.letters import facts as said
from booking.letters.letter import Dropped
from booking.messages import Message
from kit import languages
from kit.settings import Settings
from stores.hours import instant_of
from stores.places import Store
from stores.staff import Account


@dataclass(frozen=True)
class Line:
    """One appointment of the list. A first name and an initial: others may look on."""

    time: str
    client: str
    service: str
    advisor: str
    requested: bool
    """Somebody has yet to say yes."""
    done: int
    wanted: int


def next_day(store: Store, now: datetime) -> date:
    """The next day on which the store opens; tomorrow, if it never does."""
    opening = store.hours.next_opening(now)
    return store.local(opening.start if opening else now + timedelta(days=1)).date()


async def of_days(session: AsyncSession, store: Store, first: date, last: date) -> Sequence[Appointment]:
    """Those that begin on one of these days and still stand."""
    start, end = (instant_of(day, 0, store.timezone) for day in (first, last + timedelta(days=1)))
    found = await questions.between(session, frozenset([store.id]), start, end)
    return [one for one in found if one.starts_at >= start]


async def readers(session: AsyncSession, appointments: Iterable[Appointment]) -> Sequence[Account]:
    """The advisors of these who sign in, once each."""
    ids = {one.advisor.account_id for one in appointments if one.advisor is not None} - {None}
    query = select(Account).where(Account.id.in_(ids), Account.disabled_at.is_(None)).order_by(Account.id)
    return (await session.scalars(query)).all()


def is_hers(appointment: Appointment, recipient: str) -> bool:
    """Whether it is of the list that goes to this recipient: an account has her own, the store has all."""
    if not recipient.startswith("account:"):
        return True
    advisor = appointment.advisor
    return advisor is not None and recipient == f"account:{advisor.account_id}"


async def facts(
    session: AsyncSession, message: Message, store: Store, *, settings: Settings, now: datetime
) -> dict[str, Any] | Dropped:
    """`payload`: the counts of reservations and the `day` (ISO) that the list is about; the rest is read now.

    From the day after the message was written, so that an appointment outside opening hours is not forgotten.
    """
    named = message.payload.get("day")
    day = date.fromisoformat(named) if named else next_day(store, now)
    if day < store.local(now).date():
        return Dropped("its day has passed")
    first = store.local(message.created_at).date() + timedelta(days=1)
    coming = [one for one in await of_days(session, store, first, day) if is_hers(one, message.recipient)]
    over = await questions.to_settle(session, frozenset([store.id]), now=now)
    language = message.language
    with languages.speaking(language):
        return {
            **said.store_facts(store, settings=settings, language=language, now=now),
            **said.day_facts(message.payload, day=day, store=store, now=now),
            "appointments": [_line(one, day) for one in coming],
            "to_settle": sum(is_hers(one, message.recipient) for one in over),
            "agenda_link": f"{settings.base_url}/{language}/staff/agenda?day={day}",
        }


def _line(one: Appointment, day: date) -> Line:
    here = one.store.local(one.starts_at)
    time = languages.time_words(here)
    done, wanted = one.prepared
    return Line(
        time=time if here.date() == day else f"{languages.day_words(here.date(), day)}, {time}",
        client=" ".join(part for part in (one.first_name, f"{one.last_name[:1]}." if one.last_name else "") if part),
        service=one.service.name.text(),
        advisor=one.advisor.name if one.advisor else "",
        requested=one.status == Status.REQUESTED,
        done=done,
        wanted=wanted,
    )
