"""The stores: where they are from here, which of them have an article, one of them, and the choice of one."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking.customers import clean_line
from kit import languages
from kit.errors import NotFound
from kit.languages import Translated, gettext
from stores import articles, places
from stores.articles import Article, Choice
from stores.places import Place, Store
from web import access, pages, views
from web.pages import Page
from web.routing import ANYONE, Routes
from web.shop import structured
from web.shop.appointing import advisor

routes = Routes()

FAR_KM = 50
KEPT = timedelta(days=390)
"""How long a browser keeps the chosen store and the appearance: 13 months at most, as the CNIL asks."""


@routes.get("/{language:language}/stores", allow=ANYONE, name="stores")
async def locator(request: Request, session: AsyncSession) -> Response:
    """All stores, from where somebody is; with `product`, what each can say of it, and a way back to its page."""
    query = request.query_params
    typed = clean_line((query.get("near") or query.get("q") or "")[:80])
    place = position(query.get("lat"), query.get("lon") or query.get("lng"))
    if place is None and typed:
        place = await places.locate(session, typed)
    slug = query.get("product", "")
    article, choices = await _article(session, slug, query.get("sku", "")) if slug else (None, [])
    chosen = pages.store_of(request)
    stores = places.nearest(list(request.app.state.house.stores.values()), place)
    if place is None and chosen:
        stores = sorted(stores, key=lambda pair: pair[0].id != chosen.id)
    back = pages.local_path(query.get("next", ""), "")
    if article and not back:
        back = views.product_url(request, article, **({"sku": query["sku"]} if "sku" in query else {}))
    kept = [(name, query[name]) for name in ("product", "sku", "next") if name in query]
    context = {
        "stores": [_listed(request, store, km, chosen, article, choices) for store, km in stores],
        "q": typed,
        "for_product": {"name": article.name.text(), "url": views.product_url(request, article)} if article else None,
        "next": back,
        "hidden": kept,
        "far": place is not None and all((km or 0) > FAR_KM for _, km in stores),
        "unknown": bool(typed) and place is None,
        "position_url": views.address(request, "stores", kept),
    }
    page = views.page(
        request,
        gettext("Choose a store") if article else gettext("Our stores"),
        {language: f"/{language}/stores" for language in languages.LANGUAGES},
        description=gettext("Addresses, hours and telephone of our stores."),
        robots="noindex, follow" if set(query) - {"store"} else "",
    )
    return pages.render(request, "shop/stores.html", context, page=page)


def position(latitude: str | None, longitude: str | None) -> Place | None:
    """Where a browser says that it is, rounded to about a kilometre whatever it sent."""
    try:
        north, east = round(float(latitude or ""), 2), round(float(longitude or ""), 2)
    except ValueError:
        return None
    return Place("", north, east) if abs(north) <= 90 and abs(east) <= 180 else None


async def _article(session: AsyncSession, slug: str, sku: str) -> tuple[Article, list[Choice]]:
    """The article of the picker, and of its variants the one that is wanted, or all."""
    _, article, _ = await articles.show(session, slug)
    wanted = [choice for choice in article.choices if choice.sku == sku]
    return article, wanted or article.choices


def _listed(
    request: Request,
    store: Store,
    km: float | None,
    chosen: Store | None,
    article: Article | None,
    choices: list[Choice],
) -> dict[str, Any]:
    said = None
    if article:
        here = views.availability(request, article, choices, store)
        here_words = views.UNAVAILABLE if here.status == views.ELSEWHERE else here.status
        said = views.Availability(here_words, here.words, store.name, here.checked, here.answer)
    return {
        **vars(views.shop(store, request.state.now)),
        "km": km,
        "availability": said,
        "chosen": chosen is not None and chosen.id == store.id,
    }


@routes.post("/{language:language}/stores", allow=ANYONE, name="choose_store")
async def choose(request: Request, session: AsyncSession) -> Response:
    """Remember the store in this browser, and go back to where the choice was asked for."""
    async with request.form(max_fields=10) as form:
        slug, back = str(form.get("store", "")), str(form.get("next", ""))
    if slug not in request.app.state.house.stores:
        raise NotFound()
    inside = pages.local_path(back, "")
    if inside:
        response = pages.go(request, _without_store(inside))
    else:
        response = pages.to(request, "stores", notice="store_chosen")
    age = int(KEPT.total_seconds())
    access.set_cookie(request, response, "vitrine-store", slug, max_age=age, httponly=False)
    return response


def _without_store(url: str) -> str:
    """The address without a store of its own, which would win over the one that was just chosen."""
    parts = urlsplit(url)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name != "store"]
    return parts.path + (f"?{urlencode(query)}" if query else "")


@routes.get("/{language:language}/stores/{slug}", allow=ANYONE, name="store")
async def page_of_store(request: Request, session: AsyncSession) -> Response:
    store: Store | None = request.app.state.house.stores.get(request.path_params["slug"])
    if store is None:
        raise NotFound()
    now = request.state.now
    today = store.local(now).date()
    chosen = pages.store_of(request)
    shown = {
        **vars(views.shop(store, now)),
        "about": store.about.text(),
        "closure_words": _closure(store, today),
        "week": [
            {
                "day": languages.upper_first(languages.day_words(line.day, today)),
                "hours": views.times_words(line.times),
                "exceptional": line.exceptional,
                "today": line.day == today,
            }
            for line in store.hours.week(today)
        ],
        "exceptional": [
            (
                languages.upper_first(languages.day_words(line.day, today)),
                views.times_words(line.times),
                _why(store, line.day),
            )
            for line in store.hours.exceptional(today, structured.SPECIAL_DAYS)
        ],
        "floors": [
            (Translated(floor["name"]).text(), _departments(request, floor)) for floor in reversed(store.floors)
        ],
        "directions": store.directions.get(languages.language()) or store.directions.get(languages.DEFAULT) or [],
        "picture": views.scene(store.scene, gettext("%(store)s seen from the street", store=store.name)),
        "chosen": chosen is not None and chosen.id == store.id,
    }
    trail = [(gettext("Our stores"), views.address(request, "stores")), (store.name, request.url.path)]
    receives = await advisor.of_store(request, session, store)
    context = {
        "store": shown,
        "receives": receives,
        "graph": structured.graph([structured.place(request, store, today), structured.trail(request, trail)]),
    }
    about = Page(
        title=store.name, description=f"{store.about.text()} {store.street}, {store.postcode} {store.city}".strip()
    )
    return pages.render(request, "shop/store.html", context, page=about)


def _departments(request: Request, floor: dict[str, Any]) -> str:
    house = request.app.state.house
    names = {one.code: one.name.text() for one in house.departments}
    return ", ".join(names[code] for code in floor["departments"] if code in names)


def _why(store: Store, day: date) -> str:
    return next((exception.reason.text() for exception in store.exceptions if exception.day == day), "")


def _closure(store: Store, today: date) -> str | None:
    """The first line of the page of a store that is closed today although it usually is not."""
    line = store.hours.week(today)[0]
    if not store.hours.in_season(today):
        if store.opens_on and store.opens_on > today:
            return gettext("Closed until %(day)s.", day=languages.day_words(store.opens_on, today))
        return gettext("Closed for the season.")
    if line.exceptional and not line.times:
        why = _why(store, today)
        return gettext("Closed today: %(why)s.", why=why) if why else gettext("Closed today.")
    return None
