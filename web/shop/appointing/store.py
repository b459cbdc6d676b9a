"""The second step: where."""

from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking.customers import clean_line
from stores import places
from stores.places import Store
from web import pages, views
from web.routing import ANYONE, Routes
from web.shop.appointing import steps
from web.shop.appointing.steps import Chosen
from web.shop.stores import FAR_KM, position

routes = Routes()

SOON = timedelta(days=14)
"""A store whose next free start lies further is listed without it."""


@routes.get("/{language:language}/appointments/new/store", allow=ANYONE, name="book_store")
async def show(request: Request, session: AsyncSession) -> Response:
    """The stores that give it, each with its next free start; the nearest first, or the one this browser chose."""
    chosen = steps.read(request)
    if elsewhere := steps.missing(request, chosen, "book_store"):
        return elsewhere
    query, house = request.query_params, request.app.state.house
    typed = clean_line(query.get("near", "")[:80])
    place = position(query.get("lat"), query.get("lon"))
    if place is None and typed:
        place = await places.locate(session, typed)
    assert chosen.service is not None
    giving = [store for one in chosen.service.stores if one.active and (store := house.store_by_id(one.store_id))]
    stores = places.nearest(sorted(giving, key=lambda store: store.name), place)
    own = pages.store_of(request)
    if place is None and own:
        stores.sort(key=lambda pair: pair[0].id != own.id)
    context = {
        "stores": [await _listed(request, session, chosen, store, km, own) for store, km in stores],
        "q": typed,
        "hidden": chosen.pairs(),
        "unknown": bool(typed) and place is None,
        "far": place is not None and all((km or 0) > FAR_KM for _, km in stores),
        "position_url": steps.address(request, "book_store", chosen),
    }
    return steps.render(request, "book_store", chosen, context)


async def _listed(
    request: Request, session: AsyncSession, chosen: Chosen, store: Store, km: float | None, own: Store | None
) -> dict[str, Any]:
    """One store, as the choice of stores shows it, and when it could be."""
    now = request.state.now
    look = await steps.look(session, store, now)
    there = chosen.but(store=store, start=None)
    offer = steps.offer(request, there, look)
    asked = steps.advisor_of(request, chosen)
    unknown_there = asked is not None and asked.id not in {person.id for person in look.people}
    if unknown_there:  # whom she asked for does not work there
        there = there.but(advisor="")
        offer = steps.offer(request, there, look)
    return {
        **vars(views.shop(store, now)),
        "km": km,
        "next_words": steps.next_words(offer, store, now, within=SOON),
        "without": asked.name if asked and unknown_there else None,
        "chosen": own is not None and own.id == store.id,
        "url": steps.onward(request, there),
    }
