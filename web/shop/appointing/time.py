"""The fourth step: when. Choosing keeps the start for ten minutes, and nothing else changes anything."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking import diaries
from booking.appointments import holding
from booking.appointments.placing import NotOffered, SlotTaken
from booking.availability import Offer, Why
from kit import codes, languages
from kit.errors import Invalid, Refused
from kit.intervals import Period
from kit.languages import gettext, lazy
from stores import places, services
from stores.hours import instant_of
from stores.places import Store
from web import access, pages
from web.appointment_words import why_words, zone_note
from web.routing import ANYONE, Routes
from web.security import HOLD_BY_ADDRESS, address_of
from web.shop import sending
from web.shop.appointing import starts, steps
from web.shop.appointing.starts import WEEK
from web.shop.appointing.steps import ANY, HOLD_COOKIE, Chosen

routes = Routes()

SOONEST = 3
TWICE_NAMED = 2


@routes.get("/{language:language}/appointments/new/time", allow=ANYONE, name="book_time")
async def show(request: Request, session: AsyncSession) -> Response:
    """The next starts, then a week of them."""
    chosen = steps.read(request)
    if elsewhere := steps.missing(request, chosen, "book_time"):
        return elsewhere
    return await page(request, session, chosen)


@routes.post("/{language:language}/appointments/new/time", allow=ANYONE)
async def choose(request: Request, session: AsyncSession) -> Response:
    """Keep a start for ten minutes, instead of what this browser kept before, and go on to the details."""
    chosen = steps.read(request)
    if elsewhere := steps.missing(request, chosen, "book_time"):
        return elsewhere
    async with request.form(max_fields=10, max_files=0) as data:
        start = steps.read_stamp(str(data.get("start", "")))
    if start is None:
        refused: Refused = Invalid("missing", lazy("Choose one of the times, then go on."), field="start")
        return await page(request, session, chosen, refused=refused)
    chosen = chosen.but(start=start)
    await request.app.state.limits.check(HOLD_BY_ADDRESS, address_of(request))
    try:
        token = await keep(request, session, chosen)
    except (SlotTaken, NotOffered) as refused:
        return await page(request, session, chosen, refused=refused)
    return kept(request, pages.go(request, steps.address(request, "book_details", chosen)), token)


async def keep(request: Request, session: AsyncSession, chosen: Chosen) -> str:
    """Hold the chosen start for this browser, whose number is returned. Raises `SlotTaken`, `NotOffered`."""
    assert chosen.store is not None and chosen.service is not None and chosen.start is not None
    token = steps.browser(request) or codes.new_token()
    advisor = steps.advisor_of(request, chosen)
    await holding.hold(
        session,
        await places.find(session, chosen.store.slug),
        await services.find(session, chosen.service.slug),
        chosen.start,
        browser=codes.token_hash(token),
        advisor_id=advisor.id if advisor else None,
        party=chosen.party,
        language=chosen.language or languages.language(),
        speaking="" if advisor else chosen.language,
        now=request.state.now,
    )
    return token


def kept(request: Request, response: Response, token: str) -> Response:
    """The browser remembers its number for as long as a form may stay open."""
    access.set_cookie(request, response, HOLD_COOKIE, token, max_age=int(sending.LONGEST.total_seconds()))
    response.headers["cache-control"] = "no-store"
    return response


# The page


@dataclass(frozen=True)
class Week:
    """Seven days from `first` on, the starts that are free in them, and why there are none."""

    first: date
    free: Sequence[datetime]
    why: Why | None


async def page(request: Request, session: AsyncSession, chosen: Chosen, *, refused: Refused | None = None) -> Response:
    """The times to choose from; after a refusal the same day again, and the nearest ones named."""
    store, now = chosen.store, request.state.now
    assert store is not None
    own = steps.own_of(await steps.own_hold(session, request))
    look = await steps.look(session, store, now)
    offer = steps.offer(request, chosen, look, own)
    soon = offer.moments()
    today = store.local(now).date()
    first = _first_day(request, chosen if refused else chosen.but(start=None), offer, soon, today)
    week_offer = offer if _end(store, first) <= offer.question.last else await _look_at(request, session, chosen, first)
    week = _week(chosen, week_offer, first)
    after = None
    if not week.free:
        after = next((start for start in soon if start >= _end(store, first)), None) or await _far(
            request, session, chosen, first
        )
    last = store.local(offer.horizon).date()
    context = {
        "action": steps.address(request, "book_time", chosen.but(start=None), **_same_week(request)),
        "refused": _refusal(chosen, refused, now) if refused else None,
        "soonest": [starts.button(start, store, now) for start in soon[:SOONEST]],
        "days": starts.days_of(store, week.free, now, verb=_choose_words),
        "week_words": starts.week_words(week.first, today),
        "zone_note": zone_note(store.timezone),
        "clock": languages.zone_words(store.timezone),
        "previous": _week_link(request, chosen, max(first - WEEK, today), today) if first > today else None,
        "next": _week_link(request, chosen, first + WEEK, today) if first + WEEK <= last else None,
        "nothing": _nothing(request, chosen, week.why, after, now) if week.why else None,
        "store_name": store.name,
    }
    status = refused.status if refused else 200
    return steps.render(request, "book_time", chosen, context, status=status)


def _first_day(request: Request, chosen: Chosen, offer: Offer, soon: Sequence[datetime], today: date) -> date:
    """The day she asked for, that of the time she wanted, or the first with something free; never beyond the last."""
    store = chosen.store
    assert store is not None
    named = request.query_params.get("week", "")
    try:
        wanted = date.fromisoformat(named)
    except ValueError:
        wanted = store.local(soon[0]).date() if soon else today
    if chosen.start:
        day = store.local(chosen.start).date()
        wanted = wanted if wanted <= day < wanted + WEEK else day
    return min(max(wanted, today), store.local(offer.horizon).date())


def _end(store: Store, first: date) -> datetime:
    """The end of the seven days that begin with `first`, by the store's calendar."""
    return instant_of(first + WEEK, 0, store.timezone)


async def _look_at(request: Request, session: AsyncSession, chosen: Chosen, first: date) -> Offer:
    """The same question of days that lie further than the first look reached."""
    assert chosen.store is not None
    start = instant_of(first, 0, chosen.store.timezone)
    period = Period.of_days(start, _end(chosen.store, first), beside=2)
    look = await diaries.look(session, chosen.store, period)
    return steps.offer(request, chosen, look)


async def _far(request: Request, session: AsyncSession, chosen: Chosen, first: date) -> datetime | None:
    """The first free start after those days, as far as can be booked; asked only when nothing nearer is free."""
    assert chosen.store is not None and chosen.service is not None
    look = await steps.look_far(session, chosen.store, chosen.service, request.state.now)
    found = steps.offer(request, chosen, look)
    end = _end(chosen.store, first)
    return next((start for start in found.moments() if start >= end), None)


def _week(chosen: Chosen, offer: Offer, first: date) -> Week:
    store = chosen.store
    assert store is not None and chosen.service is not None
    start, end = instant_of(first, 0, store.timezone), _end(store, first)
    free = [one for one in offer.moments() if start <= one < end]
    why = None
    if not free:
        asked = replace(offer.question, first=max(start, offer.question.first), last=end - timedelta(minutes=5))
        why = replace(offer, question=asked).why
    return Week(first, free, why)


def _choose_words(time: str) -> str:
    return gettext("Choose %(time)s", time=time)


def _week_link(request: Request, chosen: Chosen, first: date, today: date) -> dict[str, str]:
    url = steps.address(request, "book_time", chosen.but(start=None), week=first.isoformat())
    return {"url": url, "words": starts.week_words(first, today)}


def _same_week(request: Request) -> dict[str, str]:
    week = request.query_params.get("week", "")
    return {"week": week} if week else {}


def _refusal(chosen: Chosen, refused: Refused, now: datetime) -> dict[str, Any]:
    """What was wrong, in words, and the nearest starts as buttons."""
    store = chosen.store
    assert store is not None
    nearest = [one.start for one in refused.nearest] if isinstance(refused, SlotTaken) else []
    words = refused.sentence
    if isinstance(refused, Invalid) and refused.errors:
        words = refused.errors[0].sentence
    closest = sorted(nearest, key=lambda one: abs(one - (chosen.start or one)))[:TWICE_NAMED]
    return {"words": words, "choices": [starts.button(start, store, now) for start in sorted(closest)]}


def _nothing(request: Request, chosen: Chosen, why: Why, after: datetime | None, now: datetime) -> dict[str, Any]:
    """Why nothing is free on these days, and every way on."""
    store = chosen.store
    assert store is not None
    asked = chosen.advisor not in ("", ANY)
    week = {"week": store.local(after).date().isoformat()} if after else {}
    without = chosen.but(start=None)
    return {
        "words": why_words(why),
        "next_words": languages.moment_words(after, store.timezone, now) if after else "",
        "next_url": steps.address(request, "book_time", without, **week) if after else "",
        "anyone_url": steps.address(request, "book_time", without.but(advisor=ANY, language=""))
        if asked or chosen.language
        else "",
        "store_url": steps.address(request, "book_store", without),
    }
