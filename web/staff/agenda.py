"""T4, the agenda of a store: its day with advisors beside each other, its week; and who comes in without a word."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking import diaries, submissions
from booking.appointments import asking, conflicts, questions
from booking.appointments.asking import Brief, Overlaps
from booking.appointments.states import Status
from booking.appointments.tables import Appointment
from booking.availability import Person, Preference, Question, in_order
from booking.customers import LONGEST_NAME, Customer, clean_line
from booking.diaries import Look
from kit import codes, intervals, languages
from kit.codes import show_code
from kit.errors import NotFound, Refused
from kit.intervals import TICK, Period, moment_of, tick_of
from kit.languages import gettext, lazy, ngettext, pgettext
from stores import advisors, places, schedules, services
from stores.advisors import Advisor
from stores.places import Store
from stores.services import Service
from web import pages, views
from web.routing import Routes, staff
from web.staff import frame
from web.staff.diary_views import Visit, day_notes, day_of, visit_of
from web.staff.typed import Typed, typed_in

routes = Routes(refuse=frame.refuse)

MOST_OF_A_DAY = 12
"""Appointments of one day that the week shows by name; the others are counted."""
AGENDA = "/{language:language}/staff/agenda"


@dataclass(frozen=True)
class Choice:
    """An entry of the choice of whose agenda it is."""

    slug: str
    words: str
    chosen: bool


@dataclass(frozen=True)
class Soon:
    """When a service could be given to somebody who walks in."""

    slug: str
    service: str
    when: str
    """Empty: nobody today."""
    advisor: str
    now: bool
    url: str


@dataclass(frozen=True)
class WeekDay:
    url: str
    words: str
    notes: Sequence[str]
    count: str
    visits: Sequence[Visit]
    more: int
    today: bool


def day_in(text: str, today: date) -> date:
    """The day that an address names; today when it names none."""
    try:
        return min(max(date.fromisoformat(text), today - timedelta(days=3660)), today + timedelta(days=3660))
    except ValueError:
        return today


@routes.get(AGENDA, allow=staff("appointment.read"), name="staff_agenda")
async def agenda(request: Request, session: AsyncSession) -> Response:
    store = frame.one_store(request)
    if store is None:
        return frame.render(
            request, "staff/agenda.html", {"store": None}, title=gettext("Agenda"), current="staff_agenda"
        )
    now: datetime = request.state.now
    today = store.local(now).date()
    day = day_in(request.query_params.get("day", ""), today)
    weekly = request.query_params.get("view") == "week"
    who = await advisors.working_in(session, frozenset([store.id]))
    mine = next((one for one in who if one.account_id == frame.actor_of(request).account_id), None)
    only = _only(request.query_params.get("advisor", ""), who, mine)
    unfit = await conflicts.of_store(session, store, now=now, proposals=False)
    seen = _Seen(store, day, today, only, frozenset(one.appointment.id for one in unfit))
    shown = await _week(request, session, seen) if weekly else await _day(request, session, seen, who, mine)
    tally = await questions.tally(session, frozenset([store.id]), now=now)
    return frame.render(
        request,
        "staff/agenda.html",
        {
            "store": store,
            "many_stores": len(frame.own_stores(request)) > 1,
            "weekly": weekly,
            "people": _people(who, mine, only),
            "mine": mine.slug if mine else "",
            "only": only.slug if only else "",
            "day": day,
            "today": today,
            "urls": _urls(request, store, day, today, only, weekly=weekly),
            "alerts": _alerts(request, len(unfit), tally),
            "as_fragment": pages.is_fragment(request),
            **shown,
        },
        title=gettext("Agenda, %(day)s", day=languages.day_words(day, today)),
        current="staff_agenda",
        fragment="staff/_agenda.html",
    )


@dataclass(frozen=True)
class _Seen:
    """What is looked at."""

    store: Store
    day: date
    today: date
    only: Advisor | None
    unfit: frozenset[int]

    def has(self, one: Appointment) -> bool:
        return self.only is None or one.advisor_id == self.only.id


def _only(asked: str, who: Sequence[Advisor], mine: Advisor | None) -> Advisor | None:
    """Whose agenda; `NotFound` for somebody who does not work in this store."""
    if not asked or asked == "all":
        return None
    found = mine if asked == "mine" else next((one for one in who if one.slug == asked), None)
    if found is None:
        raise NotFound()
    return found


def _people(who: Sequence[Advisor], mine: Advisor | None, only: Advisor | None) -> list[Choice]:
    people = [Choice("", gettext("Everyone"), only is None)]
    if mine is not None:
        people.append(Choice(mine.slug, pgettext("agenda", "Mine"), only is mine))
    return people + [Choice(one.slug, one.name, only is one) for one in who if one is not mine]


def _urls(
    request: Request, store: Store, day: date, today: date, only: Advisor | None, *, weekly: bool
) -> dict[str, str]:
    """This page, the ones before and after it, and the same in the other view."""
    far = timedelta(days=7 if weekly else 1)
    wanted = {
        "here": (day, weekly),
        "before": (day - far, weekly),
        "after": (day + far, weekly),
        "today": (today, weekly),
        "day": (day, False),
        "week": (day, True),
    }
    return {
        name: views.address(request, "staff_agenda", _query(store, one, only, weekly=in_week))
        for name, (one, in_week) in wanted.items()
    }


def _query(store: Store, day: date, only: Advisor | None, *, weekly: bool) -> dict[str, str]:
    query = {
        "store": store.slug,
        "day": day.isoformat(),
        "view": "week" if weekly else "",
        "advisor": only.slug if only else "",
    }
    return {name: value for name, value in query.items() if value}


def _alerts(request: Request, unfit: int, tally: questions.Tally) -> list[tuple[str, str, str]]:
    """What somebody should settle: (tone, words, address)."""
    work_list = views.address(request, "staff_conflicts")
    found = []
    if unfit:
        found.append(("err", ngettext("%(num)d conflict", "%(num)d conflicts", unfit, num=unfit), work_list))
    if waiting := tally.to_approve:
        words = ngettext("%(num)d request to approve", "%(num)d requests to approve", waiting, num=waiting)
        found.append(("warn", words, f"{work_list}#requests"))
    if over := tally.to_settle:
        words = ngettext("%(num)d visit to settle", "%(num)d visits to settle", over, num=over)
        found.append(("warn", words, views.address(request, "staff_settle")))
    return found


async def _day(
    request: Request, session: AsyncSession, seen: _Seen, who: Sequence[Advisor], mine: Advisor | None
) -> dict[str, Any]:
    store, now = seen.store, request.state.now
    begin, end = _span(store, seen.day, seen.day)
    shown = [one for one in who if seen.only is None or one is seen.only]
    ids = [one.id for one in shown]
    booked = [
        (one, visit_of(request, store, one, now=now, conflicts=seen.unfit))
        for one in await questions.between(session, frozenset([store.id]), begin, end)
        if seen.has(one) and store.local(one.starts_at).date() == seen.day
    ]
    table = day_of(
        store,
        seen.day,
        advisors=shown,
        shifts=await schedules.shifts_between(session, ids, begin, end),
        away=await schedules.time_off_between(session, ids, begin, end + timedelta(days=1)),
        appointments=booked,
        mine=mine.id if mine else None,
        now=now,
    )
    soon = await _soon(request, session, store, now) if seen.day == seen.today else []
    return {
        "heading": languages.upper_first(languages.day_words(seen.day, seen.today)),
        "notes": day_notes(store, seen.day),
        "table": table,
        "soon": soon,
        "free_now": languages.list_words(list(dict.fromkeys(one.advisor for one in soon if one.now))),
    }


async def _week(request: Request, session: AsyncSession, seen: _Seen) -> dict[str, Any]:
    store, now = seen.store, request.state.now
    monday = seen.day - timedelta(days=seen.day.weekday())
    days = [monday + timedelta(days=number) for number in range(7)]
    begin, end = _span(store, days[0], days[-1])
    by_day: dict[date, list[Appointment]] = {one: [] for one in days}
    for one in await questions.between(session, frozenset([store.id]), begin, end):
        if seen.has(one) and (here := store.local(one.starts_at).date()) in by_day:
            by_day[here].append(one)
    shown = []
    for one_day, booked in by_day.items():
        visits = [visit_of(request, store, one, now=now, conflicts=seen.unfit) for one in booked[:MOST_OF_A_DAY]]
        shown.append(
            WeekDay(
                url=views.address(request, "staff_agenda", _query(store, one_day, seen.only, weekly=False)),
                words=languages.upper_first(languages.day_words(one_day, seen.today)),
                notes=day_notes(store, one_day),
                count=ngettext("%(num)d appointment", "%(num)d appointments", len(booked), num=len(booked)),
                visits=visits,
                more=len(booked) - len(visits),
                today=one_day == seen.today,
            )
        )
    first, last = (languages.day_words(one, seen.today) for one in (days[0], days[-1]))
    return {"heading": gettext("Week of %(first)s to %(last)s", first=first, last=last), "days": shown, "table": None}


def _span(store: Store, first: date, last: date) -> tuple[datetime, datetime]:
    """Two local days and all between, as instants."""
    begin, _ = intervals.day_span(store.timezone, first)
    _, end = intervals.day_span(store.timezone, last)
    return moment_of(begin), moment_of(end)


# Without an appointment


def at_once(look: Look, service: Service, *, now: datetime, until: datetime) -> tuple[datetime, Person] | None:
    """The first moment from now on at which somebody could receive her for this, and who."""
    offer = look.offer(service, Question(moment_of(tick_of(now)), until, now, rules=False))
    free = {one.id: offer.walk_ins(one) for one in offer.people}
    anyone = 0
    for bits in free.values():
        anyone |= bits
    start = next(look.period.moments(anyone), None)
    if start is None:
        return None
    place = look.period.bit(start) or 0
    people = [one for one in offer.people if free[one.id] >> place & 1]
    return start, in_order(offer, people, start, Preference())[0]


async def _look_today(session: AsyncSession, store: Store, now: datetime) -> tuple[Look, datetime]:
    _, end = _span(store, store.local(now).date(), store.local(now).date())
    return await diaries.look(session, store, Period.of_days(now, end)), end - TICK


async def _soon(request: Request, session: AsyncSession, store: Store, now: datetime) -> list[Soon]:
    """For each service of the store, the first advisor who is free today."""
    offered = await services.offered(session, store_id=store.id)
    if not offered:
        return []
    look, until = await _look_today(session, store, now)
    return [_soon_of(request, store, one, at_once(look, one, now=now, until=until), now) for one in offered]


def _soon_of(
    request: Request, store: Store, service: Service, found: tuple[datetime, Person] | None, now: datetime
) -> Soon:
    here = store.local(now).date().isoformat()
    if found is None:
        url = views.address(request, "staff_new_appointment", {"store": store.slug, "service": service.slug})
        return Soon(service.slug, service.name.text(), "", "", False, url)
    start, person = found
    at_hand = start <= now + TICK
    query = {"store": store.slug, "service": service.slug}
    url = (
        views.address(request, "staff_walk_in", query)
        if at_hand
        else views.address(request, "staff_new_appointment", {**query, "day": here})
    )
    when = gettext("now") if at_hand else languages.time_words(store.local(start))
    return Soon(service.slug, service.name.text(), when, person.name, at_hand, url)


class NobodyFree(Refused):
    status = 409
    code = "nobody_free"
    msgid = lazy("Nobody is free for this now.")


@routes.get(AGENDA + "/walk-in", allow=staff("appointment.manage"), name="staff_walk_in")
async def walk_in(request: Request, session: AsyncSession) -> Response:
    """Somebody stands there without an appointment: what for, and who is free now."""
    return await _walk_in_page(request, session, {"service": request.query_params.get("service", "")})


@routes.post(AGENDA + "/walk-in", allow=staff("appointment.manage"))
async def receive(request: Request, session: AsyncSession) -> Response:
    """She is received at once. Pressed twice it is one visit."""
    typed = await typed_in(request)
    store = await places.find(session, typed.get("store", ""), store_ids=frame.actor_of(request).store_ids)
    if not typed.get("service"):
        words = gettext("Choose what the shopper comes for.")
        return await _walk_in_page(request, session, typed, store=store, oops=words, status=422)
    service = await services.find(session, typed["service"])
    key = typed["key"] if codes.is_token(typed.get("key", "")) else codes.new_token()
    scope = f"staff:{frame.actor_of(request).account_id}"
    body = {"walk_in": service.slug, "store": store.slug}
    now: datetime = request.state.now
    if answered := await submissions.begin(session, scope=scope, key=key, body=body, now=now):
        return pages.go(request, answered.answer["url"])
    try:
        made = await _receive(request, session, store, service, typed)
    except (NobodyFree, Overlaps) as refused:
        return await _walk_in_page(request, session, typed, store=store, oops=refused.sentence, status=409)
    url = views.address(request, "staff_appointment", code=show_code(made.code))
    await submissions.answer(session, scope=scope, key=key, answer={"url": url})
    return pages.go(request, url)


async def _receive(
    request: Request, session: AsyncSession, store: Store, service: Service, typed: Typed
) -> Appointment:
    now: datetime = request.state.now
    look, _ = await _look_today(session, store, now)
    found = at_once(look, service, now=now, until=now + TICK)
    if found is None:
        raise NobodyFree()
    start, person = found
    offer = look.offer(service, Question(start, start, now, rules=False))
    rooms = offer.rooms_at(start)
    client = Customer(
        first_name=clean_line(typed.get("first_name", ""))[:LONGEST_NAME] or gettext("Client"),
        last_name="",
        email="",
        phone="",
        language=store.language,
        contact="email",
    )
    made = await asking.book_anyway(
        session,
        store,
        service,
        start,
        client,
        Brief(),
        advisor_id=person.id,
        space_id=rooms[0].diary.id if rooms else None,
        reason="",
        secret=request.app.state.settings.secret,
        now=now,
        origin="walk_in",
        by=frame.actor_of(request).by,
        status=Status.ARRIVED,
    )
    return made.appointment


async def _walk_in_page(
    request: Request,
    session: AsyncSession,
    typed: Typed,
    *,
    store: Store | None = None,
    oops: str = "",
    status: int = 200,
) -> Response:
    store = store or frame.one_store(request)
    now: datetime = request.state.now
    soon = await _soon(request, session, store, now) if store else []
    context: Mapping[str, Any] = {
        "store": store,
        "soon": sorted(soon, key=lambda one: (not one.now, not one.when)),
        "nobody": [one.slug for one in soon if not one.when],
        "typed": typed,
        "oops": oops,
        "key": codes.new_token(),
    }
    return frame.render(
        request,
        "staff/walk_in.html",
        context,
        title=gettext("Without an appointment"),
        current="staff_agenda",
        status=status,
    )
