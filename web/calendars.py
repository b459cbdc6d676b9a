"""Private calendars of advisors and stores: the feed that other calendars follow, and the page that gives its address.

Whoever has the address reads it, without a password, because calendars know none. So it is shown once, says nothing
by which a shopper could be reached, and is worthless from the moment another one is made or its owner leaves.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from booking import feeds, invitations, journal
from booking.appointments import questions
from booking.appointments.moves import SUBJECT
from booking.appointments.tables import Appointment
from booking.feeds import Feed
from kit import codes, languages
from kit.errors import Forbidden, NotFound, Refused
from kit.languages import gettext
from stores import advisors
from stores.advisors import Advisor
from stores.places import Store
from stores.staff import Account
from web import pages, views
from web.routing import ANYONE, Malformed, Routes, staff
from web.staff import frame

BACK, AHEAD = timedelta(days=30), timedelta(days=120)
PRIVATE = {
    "cache-control": "private, max-age=300",  # Outlook follows no address whose answer may not be stored at all
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex",
}


def _refuse(request: Request, refused: Refused) -> Response:
    """A calendar program gets a line, a colleague gets a page."""
    if request.url.path.startswith("/calendar/"):
        return PlainTextResponse(refused.sentence, refused.status, headers={"cache-control": "no-store"})
    return frame.refuse(request, refused)


routes = Routes(refuse=_refuse)


# The feed


@routes.get("/calendar/{secret}.ics", allow=ANYONE, name="calendar_feed")
async def calendar_feed(request: Request, session: AsyncSession) -> Response:
    """Appointments from 30 days back to 120 ahead. An address that was replaced is as unknown as one made up."""
    feed = await feeds.find(session, request.path_params["secret"])
    body, language = await _written(request, session, feed)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {**PRIVATE, "etag": etag, "content-language": language}
    if _knows(request, etag):
        return Response(status_code=304, headers=headers)
    headers["content-disposition"] = 'inline; filename="vitrine.ics"'
    return Response(body, media_type="text/calendar; charset=utf-8", headers=headers)


def _knows(request: Request, etag: str) -> bool:
    """Whether the caller has these very bytes; a proxy may have made its tag a weak one."""
    known = (one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(","))
    return any(one in (etag, "*") for one in known)


async def _written(request: Request, session: AsyncSession, feed: Feed) -> tuple[bytes, str]:
    now: datetime = request.state.now
    first, last = now - BACK, now + AHEAD
    house = request.app.state.house
    appointments: Sequence[Appointment]
    if feed.advisor_id is not None:
        advisor = await advisors.get(session, feed.advisor_id)
        account = await session.get(Account, advisor.account_id) if advisor.account_id else None
        if account is None or account.disabled_at is not None:
            raise NotFound()
        language, name = account.language, advisor.name
        appointments = await questions.of_advisor(session, advisor.id, first, last)
    else:
        store: Store | None = house.store_by_id(feed.store_id)
        if store is None:
            raise NotFound()
        language, name = store.language, store.name
        appointments = await questions.between(session, frozenset([store.id]), first, last)
    changed = await journal.latest(session, SUBJECT, [one.id for one in appointments])
    with languages.speaking(language):
        body = invitations.feed(
            appointments,
            name=gettext("%(house)s, %(whose)s", house=house.name, whose=name),
            host=request.app.state.settings.host,
            changed=changed,
            link=partial(_page_of, request, language),
            of_store=feed.store_id is not None,
        )
    return body, language


def _page_of(request: Request, language: str, one: Appointment) -> str:
    base: str = request.app.state.settings.base_url
    return f"{base}/{language}/staff/appointments/{codes.show_code(one.code)}"


# Whose there are


@dataclass(frozen=True)
class Mine:
    """A calendar that may be followed, and since when its address opens it; no `since`: there is none."""

    key: str
    """`me`, or the slug of a store."""
    name: str
    since: str = ""
    by: str = ""


@dataclass(frozen=True)
class Made:
    """The address that was just made, to be copied now."""

    key: str
    name: str
    url: str
    webcal: str
    """The same for programs that subscribe to what they are handed."""


@dataclass(frozen=True)
class _Owners:
    advisor: Advisor | None
    stores: Sequence[Store]

    def find(self, key: str) -> tuple[int | None, int | None, str]:
        """(advisor, store, name); another store's is `NotFound`."""
        if key == "me" and self.advisor is not None:
            return self.advisor.id, None, self.advisor.name
        for store in self.stores:
            if store.slug == key:
                return None, store.id, store.name
        raise NotFound()


async def _owners(request: Request, session: AsyncSession) -> _Owners:
    """Her own, if she receives shoppers; those of her stores, if she makes their schedules."""
    actor = frame.actor_of(request)
    advisor = await advisors.of_account(session, actor.account_id) if actor.account_id is not None else None
    return _Owners(advisor, frame.own_stores(request) if actor.may("schedule.edit") else [])


@routes.get("/{language:language}/staff/calendars", allow=staff("appointment.read"), name="staff_calendars")
async def calendars_page(request: Request, session: AsyncSession) -> Response:
    return await _page(request, session, await _owners(request, session))


async def _page(request: Request, session: AsyncSession, owners: _Owners, made: Made | None = None) -> Response:
    advisor_ids = [owners.advisor.id] if owners.advisor else []
    living = await feeds.living(session, advisor_ids=advisor_ids, store_ids=[store.id for store in owners.stores])
    by_owner = {(feed.advisor_id, feed.store_id): feed for feed in living}
    zone = owners.stores[0] if owners.stores else next(iter(frame.own_stores(request)), None)

    def mine(key: str, name: str, advisor_id: int | None, store_id: int | None) -> Mine:
        feed = by_owner.get((advisor_id, store_id))
        if feed is None:
            return Mine(key, name)
        here = zone.local(feed.created_at) if zone else feed.created_at
        return Mine(key, name, languages.day_words(here.date(), request.state.now.date()), feed.created_by)

    own = [mine("me", gettext("My appointments"), owners.advisor.id, None)] if owners.advisor else []
    stores = [mine(store.slug, store.name, None, store.id) for store in owners.stores]
    return frame.render(
        request,
        "staff/calendars.html",
        {"calendars": [*own, *stores], "made": made},
        title=gettext("Calendars"),
        current="staff_account",
    )


@routes.post("/{language:language}/staff/calendars", allow=staff("appointment.read"))
async def change_calendar(request: Request, session: AsyncSession) -> Response:
    """Make an address (the former one of the same calendar opens nothing any more), or take it back."""
    async with request.form(max_fields=5) as data:
        whose, do = str(data.get("whose", "")), str(data.get("do", ""))
    actor, now = frame.actor_of(request), request.state.now
    if whose != "me" and not actor.may("schedule.edit"):
        raise Forbidden()
    owners = await _owners(request, session)
    advisor_id, store_id, name = owners.find(whose)
    if do == "make":
        secret = await feeds.make(session, advisor_id=advisor_id, store_id=store_id, by=actor.first_name, now=now)
    elif do == "revoke":
        secret = ""
        await feeds.revoke(session, advisor_id=advisor_id, store_id=store_id, now=now)
    else:
        raise Malformed()
    await journal.record(
        session,
        "calendar",
        advisor_id or store_id or 0,
        f"{'advisor' if advisor_id else 'store'}_feed_{do}",
        by=actor.first_name,
        now=now,
        store_id=store_id,
    )
    if not secret:
        return pages.go(request, views.address(request, "staff_calendars", {"notice": "done"}))
    url = request.app.state.settings.base_url + pages.path_for(request.app, "calendar_feed", secret=secret)
    made = Made(whose, gettext("My appointments") if whose == "me" else name, url, f"webcal:{url.partition(':')[2]}")
    return await _page(request, session, owners, made)
