"""The free starts of seven days for a move, by morning, afternoon and evening; and what is free instead of one lost."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from booking import diaries
from booking.appointments.placing import AROUND, Near, around, nearest
from booking.appointments.tables import Appointment
from booking.availability import Offer, Preference, Question
from kit import languages
from kit.intervals import Period
from kit.languages import gettext, ngettext, pgettext
from stores.hours import instant_of
from stores.places import Store
from stores.services import Service
from web.appointment_words import clock_words, start_words, why_words
from web.shop.appointing.steps import stamp

WEEK = timedelta(days=7)
NOON, EVENING = 12, 18
"""Where the morning ends, and where the evening begins, by the store's clock."""


def first_day(named: str, otherwise: date, today: date) -> date:
    """The first of the seven days: the one that an address names, else the Monday before `otherwise`; never past."""
    try:
        day = date.fromisoformat(named)
    except ValueError:
        day = otherwise - timedelta(days=otherwise.weekday())
    return max(day, today)


async def week_of(
    session: AsyncSession,
    store: Store,
    service: Service,
    first: date,
    question: Question,
    *,
    without: datetime | None = None,
    chosen: datetime | None = None,
) -> dict[str, Any]:
    """What `shop/appointment/_starts.html` shows; `question` says everything but the days.

    `without` is left out: the time that she has. Where nothing is free: why, and the first start after these days.
    """
    now = question.now
    today = store.local(now).date()
    offer = await _offer(session, store, service, question, min(first, today + timedelta(days=service.horizon_days)))
    first = min(first, store.local(offer.horizon).date())
    moments = [moment for moment in offer.moments() if moment != without]
    after = None if moments else await _first_after(session, store, service, offer, first, without)
    last = store.local(offer.horizon).date()
    return {
        "week": first.isoformat(),
        "words": languages.upper_first(week_words(first, today)),
        "days": days_of(store, moments, now, verb=_move_words, chosen=chosen),
        "before": _week_link(max(first - WEEK, today), today) if first > today else None,
        "after": _week_link(first + WEEK, today) if first + WEEK <= last else None,
        "why": why_words(offer.why) if not moments and offer.why else "",
        "first": _first_link(store, after, now) if after else None,
    }


async def _offer(session: AsyncSession, store: Store, service: Service, question: Question, first: date) -> Offer:
    begins, ends = instant_of(first, 0, store.timezone), instant_of(first + WEEK, 0, store.timezone)
    asked = replace(question, first=max(begins, question.now), last=ends - timedelta(minutes=5))
    look = await diaries.look(session, store, Period.of_days(begins, ends, beside=2))
    return look.offer(service, asked)


async def _first_after(
    session: AsyncSession, store: Store, service: Service, offer: Offer, first: date, without: datetime | None
) -> datetime | None:
    """The first free start beyond these days, as far as one may book."""
    ends = instant_of(first + WEEK, 0, store.timezone)
    if ends > offer.horizon:
        return None
    look = await diaries.look(session, store, Period.of_days(ends, offer.horizon, beside=2))
    later = look.offer(service, replace(offer.question, first=ends, last=offer.horizon))
    return next((moment for moment in later.moments() if moment != without), None)


def days_of(
    store: Store,
    moments: Sequence[datetime],
    now: datetime,
    *,
    verb: Callable[[str], str],
    chosen: datetime | None = None,
) -> list[dict[str, Any]]:
    """Days with their free starts in three parts; a part or a day without any is left out. `verb` names the button
    that chooses a start: `Choisir mardi 2 décembre, 14 h 30`."""
    today = store.local(now).date()
    days: dict[date, list[datetime]] = {}
    for moment in moments:
        days.setdefault(store.local(moment).date(), []).append(moment)
    return [
        {
            "iso": day.isoformat(),
            "words": languages.upper_first(languages.day_words(day, today)),
            "count": ngettext("%(num)d free time", "%(num)d free times", len(own), num=len(own)),
            "parts": [
                {
                    "name": name,
                    "legend": gettext("%(day)s, %(part)s", day=languages.day_words(day, today), part=name.lower()),
                    "times": times,
                }
                for name, first, last in _parts()
                if (
                    times := [
                        {
                            **button(one, store, now),
                            "choose": verb(start_words(one, store.timezone, now)),
                            "chosen": one == chosen,
                        }
                        for one in own
                        if first <= store.local(one).hour < last
                    ]
                )
            ],
        }
        for day, own in days.items()
    ]


def _move_words(time: str) -> str:
    return gettext("Move to %(time)s", time=time)


def _parts() -> tuple[tuple[str, int, int], ...]:
    return (
        (pgettext("time of day", "Morning"), 0, NOON),
        (pgettext("time of day", "Afternoon"), NOON, EVENING),
        (pgettext("time of day", "Evening"), EVENING, 24),
    )


def button(start: datetime, store: Store, now: datetime) -> dict[str, str]:
    """One start as `shop/appointment/_soonest.html` shows it."""
    day = languages.day_words(store.local(start).date(), store.local(now).date())
    return {
        "value": stamp(start),
        "iso": store.local(start).isoformat(),
        "day": languages.upper_first(day),
        "time": clock_words(start, store.timezone),
    }


def week_words(first: date, today: date) -> str:
    return gettext(
        "from %(first)s to %(last)s",
        first=languages.day_words(first, today),
        last=languages.day_words(first + WEEK - timedelta(days=1), today),
    )


def _week_link(first: date, today: date) -> dict[str, str]:
    return {"week": first.isoformat(), "words": week_words(first, today)}


def _first_link(store: Store, moment: datetime, now: datetime) -> dict[str, str]:
    week = store.local(moment).date().isoformat()
    return {"week": week, "words": languages.moment_words(moment, store.timezone, now)}


async def proposed(session: AsyncSession, appointment: Appointment, *, now: datetime) -> list[Near]:
    """Three starts instead of one that will not be, the nearest that a shopper may book; her advisor's, if she chose.

    For an appointment whose diaries are free again.
    """
    store, service = appointment.store, appointment.service
    wanted = max(appointment.starts_at, now)
    look = await diaries.look(session, store, around(store, wanted, days=2 * AROUND))
    hers = appointment.advisor_id if appointment.requested else None
    preference = Preference(kept=appointment.advisor_id, language=appointment.language)
    for advisor_id in dict.fromkeys((hers, None)):
        question = Question(
            max(wanted - AROUND, now), wanted + 2 * AROUND, now, party=appointment.party, advisor_id=advisor_id
        )
        if found := nearest(look.offer(service, question), wanted, preference):
            return found
    return []
