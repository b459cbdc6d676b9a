"""The demo's own pages: accounts, what was sent, and a clock to move. They do not exist outside the demo."""

import json
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from booking import mailbox
from kit import languages
from kit.errors import Invalid
from kit.languages import lazy
from stores import staff
from web import pages, words
from web.pages import Page
from web.routing import ANYONE, Routes

PASSWORD = "aurore"
FURTHEST = timedelta(days=400)

routes = Routes()


@routes.get("/demo", allow=ANYONE, name="demo")
async def demo(request: Request, session: AsyncSession) -> Response:
    """Where to begin, who can sign in, and what time it is here."""
    return pages.render(
        request,
        "demo/demo.html",
        {
            "accounts": await _accounts(request, session),
            "role": words.role_words,
            "offset": request.app.state.clock.offset,
            "clocks": _clocks(request),
        },
        page=Page(title=str(lazy("The demo")), robots="noindex"),
    )


@routes.get("/demo.json", allow=ANYONE, name="demo_json")
async def demo_json(request: Request, session: AsyncSession) -> Response:
    accounts = await _accounts(request, session)
    offset = int(request.app.state.clock.offset.total_seconds())
    return JSONResponse({"accounts": accounts, "now": request.state.now.isoformat(), "offset_seconds": offset})


def _clocks(request: Request) -> list[tuple[str, str, str]]:
    """Day and time at one store of each time zone, by the clock that web and worker share."""
    now: datetime = request.state.now
    zones = {store.timezone: store.name for store in reversed(request.app.state.house.stores.values())}
    told = []
    for zone, name in sorted(zones.items(), key=lambda one: one[1]):
        here = now.astimezone(ZoneInfo(zone))
        day = languages.upper_first(languages.day_words(here.date(), here.date()))
        told.append((name, day, languages.time_words(here)))
    return told


async def _accounts(request: Request, session: AsyncSession) -> list[dict[str, object]]:
    house = request.app.state.house
    slugs = {store.id: store.slug for store in house.stores.values()}
    return [
        {
            "role": account.role,
            "name": account.name,
            "email": account.email,
            "password": PASSWORD,
            "stores": sorted(slugs.values() if store_ids is None else (slugs[one] for one in store_ids)),
        }
        for account, store_ids in await staff.everyone(session)
    ]


@routes.get("/demo/mail", allow=ANYONE, name="demo_mail")
async def demo_mail(request: Request, session: AsyncSession) -> Response:
    """The mail and text messages that would have left."""
    return pages.render(
        request,
        "demo/mail.html",
        {
            "mails": await mailbox.newest(session, limit=60),
            "moment": partial(languages.moment_words, zone=_zone(request), now=request.state.now),
            "channel": words.channel_words,
            "news": lambda template: languages.upper_first(words.news_words(template)),
        },
        page=Page(title=str(lazy("Messages of the demo")), robots="noindex"),
    )


def _zone(request: Request) -> str:
    """Of the shopper's store, else of the first."""
    store = pages.store_of(request) or next(iter(request.app.state.house.stores.values()), None)
    return store.timezone if store else "Europe/Paris"


@routes.get("/demo/mail.json", allow=ANYONE, name="demo_mail_json")
async def demo_mail_json(request: Request, session: AsyncSession) -> Response:
    return JSONResponse(
        [
            {
                "to": mail.to,
                "channel": mail.channel,
                "language": mail.language,
                "template": mail.template,
                "subject": mail.subject,
                "text": mail.text,
                "links": mail.links,
                "at": mail.at.isoformat(),
            }
            for mail in await mailbox.newest(session)
        ]
    )


@routes.post("/demo/clock", allow=ANYONE, name="demo_clock")
async def demo_clock(request: Request, session: AsyncSession) -> Response:
    """Live `offset_seconds` from the real time; web and worker follow at once. Takes JSON or a form."""
    body = await request.body()
    is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    try:
        given = dict(parse_qsl(body.decode())) if is_form else json.loads(body)
        offset = int(given["offset_seconds"])
        if abs(offset) > FURTHEST.total_seconds():
            raise ValueError(offset)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        raise Invalid("offset_seconds", lazy("Give offset_seconds as a whole number of seconds.")) from None
    request.app.state.clock.move(offset)
    if is_form:
        return pages.go(request, "/demo")
    return JSONResponse({"offset_seconds": offset, "language": languages.language()})
