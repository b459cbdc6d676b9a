"""Stores: where they are, when they are open, what they promise."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from kit import languages
from kit.errors import NotFound
from kit.languages import lazy
from stores import places
from web.api import answers, bodies
from web.api.calls import Calls, about
from web.api.replies import VERSION, catalogue_reply, cursor_after, read_cursor
from web.routing import ANYONE

calls = Calls()


@calls.get(f"{VERSION}/stores", allow=ANYONE, name="api_stores")
@about(lazy("All stores, by name"), answers.StoreList, query=bodies.Page, refusals=((422, "cursor"),))
async def stores(request: Request, session: AsyncSession) -> Response:
    asked = bodies.query(bodies.Page, request)
    after = read_cursor(asked.cursor, str, str)
    found = sorted(request.app.state.house.stores.values(), key=lambda store: (store.name, store.slug))
    rest = [store for store in found if after is None or [store.name, store.slug] > after]
    page = rest[: asked.limit]
    more = cursor_after(page[-1].name, page[-1].slug) if len(rest) > len(page) else None
    items = [store_answer(request, store) for store in page]
    return catalogue_reply(request, answers.StoreList(items=items, next=more))


@calls.get(f"{VERSION}/stores/{{store}}", allow=ANYONE, name="api_store")
@about(lazy("One store, with its opening hours and special days"), answers.Store, refusals=((404, "not_found"),))
async def store(request: Request, session: AsyncSession) -> Response:
    return catalogue_reply(request, store_answer(request, known_store(request, request.path_params["store"])))


def known_store(request: Request, slug: str) -> places.Store:
    """As the house knows it, for reading only; or `NotFound`."""
    found: places.Store | None = request.app.state.house.stores.get(slug)
    if found is None:
        raise NotFound()
    return found


def store_answer(request: Request, store: places.Store) -> answers.Store:
    now: datetime = request.state.now
    hours = store.hours
    today = hours.local_day(now)
    opening = hours.next_opening(now)
    return answers.Store(
        slug=store.slug,
        name=store.name,
        url=f"{request.app.state.settings.base_url}/{languages.language()}/stores/{store.slug}",
        address=answers.Address(street=store.street, postcode=store.postcode, city=store.city, country=store.country),
        latitude=store.latitude,
        longitude=store.longitude,
        phone=store.phone,
        timezone=store.timezone,
        opening_hours=store.hours_osm,
        exceptions=[
            answers.ExceptionalDay(date=special.day, hours=special.hours, reason=special.reason.text())
            for special in store.exceptions
            if special.day >= today
        ],
        opens_on=store.opens_on,
        closes_on=store.closes_on,
        open_now=hours.open_at(now) is not None,
        closes_at=at(store, hours.closes_at(now)),
        opens_at=at(store, opening.start if opening else None),
        entrance=store.entrance.text(),
        desk=store.desk.text(),
        answer_minutes=store.answer_minutes,
        hold_days=store.hold_days,
    )


def at(store: places.Store, moment: datetime | None) -> datetime | None:
    """By the store's own clock, to the second."""
    return store.local(moment).replace(microsecond=0) if moment else None
