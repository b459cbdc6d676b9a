"""The free starts of a day as staff choose them, what a form says of a time, and why a time cannot be had."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from booking import diaries
from booking.appointments import questions
from booking.appointments.asking import NotAhead
from booking.appointments.placing import SlotTaken
from booking.appointments.tables import Appointment
from booking.availability import NOTHING, Offer, Own, Question, Why
from kit import intervals, languages
from kit.errors import Invalid, Refused
from kit.intervals import MINUTES, Period, moment_of
from kit.languages import gettext, lazy
from stores import advisors
from stores.advisors import Advisor
from stores.hours import instant_of
from stores.places import Store
from stores.services import Service
from web.appointment_words import why_words
from web.staff import frame
from web.staff.diary_views import instant_words

ANYONE = "any"


class Chosen(NamedTuple):
    """A start, and with whom; `ANYONE` for whoever comes first."""

    start: datetime
    slug: str


@dataclass(frozen=True)
class Times:
    """The free starts with one advisor, or with anyone."""

    slug: str
    name: str
    speaks: str
    choices: Sequence[tuple[str, str]]
    """(what the form sends, the hour)"""
    open: bool


def place_of(start: datetime, slug: str) -> str:
    """What a form sends for a start with somebody: `2026-12-02T13:30Z/nadia`."""
    return f"{instant_words(start)}/{slug}"


def read_start(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def read_place(text: str) -> Chosen:
    """Raises `Invalid` where nothing was chosen."""
    written, _, slug = text.partition("/")
    start = read_start(written)
    if start is None or not slug:
        raise Invalid("missing", lazy("Choose a time"), field="place")
    return Chosen(start, slug)


def read_wall(store: Store, typed: Mapping[str, str]) -> datetime:
    """The day and hour typed in the form, on the store's clock; raises `Invalid` beside the field that is wrong."""
    try:
        day = date.fromisoformat(typed.get("other_day", ""))
    except ValueError:
        raise Invalid("missing", lazy("Enter a day"), field="other_day") from None
    try:
        clock = time.fromisoformat(typed.get("other_time", ""))
    except ValueError:
        raise Invalid("missing", lazy("Enter a time, for example 14:30"), field="other_time") from None
    if clock.minute % MINUTES:
        raise Invalid("step", lazy("Choose a time in steps of five minutes"), field="other_time")
    return instant_of(day, clock.hour * 60 + clock.minute, store.timezone)


def read_reason(typed: Mapping[str, str]) -> str:
    """Why staff set the rules aside; raises `Invalid` without."""
    reason = " ".join(typed.get("reason", "").split())
    if not reason:
        raise Invalid("missing", lazy("Say why, in a few words"), field="reason")
    return reason[:200]


async def advisor_of(session: AsyncSession, slug: str, store: Store) -> Advisor:
    """Raises `NotFound` for somebody who does not work in this store."""
    return await advisors.find(session, slug, store_ids=frozenset([store.id]))


async def offer_of(
    session: AsyncSession,
    store: Store,
    service: Service,
    day: date,
    *,
    now: datetime,
    party: int = 1,
    own: Own = NOTHING,
) -> Offer:
    """What is free on that day for staff: without the rules that are meant for shoppers, but not in the past."""
    first, last = (moment_of(tick) for tick in intervals.day_span(store.timezone, day))
    look = await diaries.look(session, store, Period.of_days(first, last))
    question = Question(max(first, now), last - timedelta(seconds=1), now, party=party, own=own, rules=False)
    return look.offer(service, question)


def times_of(offer: Offer, store: Store, *, chosen: str = "", anyone: bool = True) -> list[Times]:
    """The free starts, with anyone first and then by advisor; nothing where nothing is free."""
    if not offer.starts:
        return []
    _, _, wanted = chosen.partition("/")

    def hours(bits: int, slug: str) -> list[tuple[str, str]]:
        moments = offer.period.moments(bits)
        return [(place_of(one, slug), languages.time_words(store.local(one))) for one in moments]

    found = [Times(ANYONE, gettext("Whoever is free"), "", hours(offer.starts, ANYONE), open=True)] if anyone else []
    for person in sorted(offer.people, key=lambda one: (one.slug != wanted, one.name)):
        if bits := offer.of(person):
            speaks = ", ".join(code.upper() for code in person.languages)
            choices = hours(bits, person.slug)
            found.append(Times(person.slug, person.name, speaks, choices, open=person.slug == wanted or not anyone))
    return found


def nothing_words(offer: Offer) -> str:
    """Why the day has no free start; empty when it has one."""
    return why_words(offer.why) if offer.why else ""


# Why not


async def why_not(
    session: AsyncSession,
    store: Store,
    service: Service,
    chosen: Chosen,
    refused: Refused,
    *,
    minutes: int,
    now: datetime,
    own: Appointment | None = None,
    space_id: int | None = None,
) -> str:
    """The refusal of a time, with what stands in its way: who has it, or what rule it breaks."""
    advisor = await advisor_of(session, chosen.slug, store) if chosen.slug != ANYONE else None
    if isinstance(refused, NotAhead):
        return refused.sentence
    if isinstance(refused, Invalid):
        return _rule_words(await _offer_at(session, store, service, chosen.start, advisor, now, own), advisor, store)
    end = chosen.start + timedelta(minutes=minutes)
    begin = chosen.start - timedelta(minutes=service.preparation)
    if advisor is not None:
        ends = end + timedelta(minutes=service.wrap_up)
        who = await _in_the_way(session, store, advisor.id, begin, ends, own)
        if who is not None:
            return gettext(
                "%(advisor)s has %(client)s %(times)s.",
                advisor=advisor.name,
                client=_client(store, who),
                times=_times(store, who),
            )
    if space_id is not None and (who := await _in_the_way(session, store, space_id, chosen.start, end, own)):
        room = who.space.name.text() if who.space else ""
        return gettext(
            "%(space)s is taken for %(client)s %(times)s.",
            space=room,
            client=_client(store, who),
            times=_times(store, who),
        )
    if isinstance(refused, SlotTaken) and advisor is None:
        return refused.sentence
    return gettext("Something else is already there at this time, perhaps a shopper who is filling in the form.")


def _client(store: Store, one: Appointment) -> str:
    """Who it is; of another store only that there is somebody."""
    if one.store_id != store.id:
        return gettext("an appointment in another store")
    return frame.short_name(one.first_name, one.last_name)


def _times(store: Store, one: Appointment) -> str:
    return languages.hours_range_words(store.local(one.starts_at), store.local(one.ends_at))


async def _in_the_way(
    session: AsyncSession, store: Store, resource_id: int, begin: datetime, end: datetime, own: Appointment | None
) -> Appointment | None:
    """The first appointment whose time in this diary crosses that."""
    around = timedelta(hours=4)  # the longest preparation or wrap-up
    here = await questions.between(session, frozenset([store.id]), begin - around, end + around)
    hers = await questions.of_advisor(session, resource_id, begin - around, end + around)
    for one in sorted({one.id: one for one in (*here, *hers)}.values(), key=lambda one: one.starts_at):
        crosses = any(s.resource_id == resource_id and s.start < end and s.end > begin for s in one.spans())
        if crosses and not one.ended and (own is None or one.id != own.id):
            return one
    return None


async def _offer_at(
    session: AsyncSession,
    store: Store,
    service: Service,
    start: datetime,
    advisor: Advisor | None,
    now: datetime,
    own: Appointment | None,
) -> Offer:
    look = await diaries.look(session, store, Period.of_days(start, start))
    mine = Own(blocks=tuple((s.resource_id, s.start, s.end) for s in own.spans())) if own else NOTHING
    who = advisor.id if advisor else None
    return look.offer(service, Question(start, start, now, advisor_id=who, own=mine, rules=False))


def _rule_words(offer: Offer, advisor: Advisor | None, store: Store) -> str:
    """Which rule a single start breaks."""
    start = offer.question.first
    on_grid = (offer.period.bit(start) is not None) and bool(
        intervals.grid(store.timezone, offer.service.step, offer.period) >> (offer.period.bit(start) or 0) & 1
    )
    name = advisor.name if advisor else ""
    match offer.why:
        case _ if not on_grid:
            return gettext("This appointment begins every %(n)d minutes from the full hour.", n=offer.service.step)
        case Why.CLOSED:
            return gettext("The store is closed then.")
        case Why.NO_SPACE:
            return gettext("The space that it needs is taken then.")
        case Why.TOO_LONG:
            return gettext("There is not enough time for it then: the store closes, or the working day ends.")
        case Why.NOT_WORKING:
            return gettext("%(advisor)s does not work then.", advisor=name) if name else gettext("Nobody works then.")
        case Why.NO_ADVISOR | Why.LANGUAGE if name:
            return gettext("%(advisor)s does not give this appointment.", advisor=name)
        case Why.FULL if name:
            return gettext("%(advisor)s has no time left then.", advisor=name)
    return gettext("This time is not on offer. Choose one of the times shown.")


async def space_for(
    session: AsyncSession, store: Store, service: Service, start: datetime, *, now: datetime, own: Appointment | None
) -> int | None:
    """A space that is free then, the present one first; one that is taken rather than none, so that it is refused."""
    if not service.space_kind:
        return None
    offer = await _offer_at(session, store, service, start, None, now, own)
    free = [room.diary.id for room in offer.rooms_at(start)]
    kept = own.space_id if own is not None else None
    if kept is not None and kept in free:
        return kept
    return next(iter(free), None) or kept or next((room.diary.id for room in offer.rooms or ()), None)
