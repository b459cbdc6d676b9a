"""The front of the house: a window, the departments, what is new, and the store of today."""

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from kit import languages
from kit.languages import gettext
from stores import collections, search
from stores.articles import Article
from stores.catalogue import Category
from stores.search import Sort, Wish
from stores.services import Service
from web import pages, views
from web.pages import Page
from web.routing import ANYONE, Routes

routes = Routes()

NEWEST = 6
IN_THE_WINDOW = 3
SERVICES = 3


@routes.get("/{language:language}/", allow=ANYONE, name="home")
async def home(request: Request, session: AsyncSession) -> Response:
    house = request.app.state.house
    department = _of_the_week(house.departments, request.state.now)
    shown = await _window_articles(session, department, request) if department else []
    moment = await _of_the_moment(session, request) or await _just_in(session, request)
    context = {
        "window": _window(request, department, shown) if department else None,
        "departments": [
            {
                "name": one.name.text(),
                "url": views.category_url(request, one),
                "picture": views.scene(one.scene),
            }
            for one in house.departments
        ],
        "moment": moment,
        "services": _services(request),
        "store_today": _store_today(request),
    }
    description = gettext("Look online, reserve in a store, see it there. Nothing is paid online.")
    return pages.render(request, "shop/home.html", context, page=Page(title=house.name, description=description))


async def _of_the_moment(session: AsyncSession, request: Request) -> dict[str, Any] | None:
    """The collection that stands on the home page; None where none does, or none of its articles is shown."""
    now = request.state.now
    collection = await collections.of_home(session, now=now)
    if collection is None:
        return None
    found, _ = await collections.articles(session, collection, now=now, limit=collections.HOME)
    if not found:
        return None
    return {
        "title": collection.title.text(),
        "sentence": collection.intro.text() or None,
        "url": views.address(request, "collection", slug=collection.slug(languages.language())),
        "cards": [views.card(request, article, pages.store_of(request)) for article in found],
    }


async def _just_in(session: AsyncSession, request: Request) -> dict[str, Any] | None:
    """What is new, where no collection stands on the home page."""
    newest = await search.browse(session, Wish(), language=languages.language(), limit=NEWEST)
    if not newest:
        return None
    return {
        "title": gettext("Just in"),
        "sentence": gettext("What the departments have put on display these last days."),
        "url": views.address(request, "catalogue", {"sort": Sort.NEW}),
        "cards": [views.card(request, article, pages.store_of(request)) for article in newest],
    }


def _of_the_week(departments: list[Category], now: datetime) -> Category | None:
    """The window changes on Mondays, from one department to the next."""
    return departments[now.isocalendar().week % len(departments)] if departments else None


async def _window_articles(session: AsyncSession, department: Category, request: Request) -> list[Article]:
    within = frozenset({department.id, *(child.id for child in request.app.state.house.children(department))})
    wish = Wish(category_ids=within)
    found = await search.browse(session, wish, language=languages.language(), limit=4 * IN_THE_WINDOW)
    return [article for article in found if article.pictures][:IN_THE_WINDOW]


def _window(request: Request, department: Category, shown: list[Article]) -> dict[str, Any] | None:
    if not shown:
        return None
    return {
        "title": department.name.text(),
        "sentence": department.intro.text(),
        "label": gettext("See the department"),
        "url": views.category_url(request, department),
        "pictures": [views.picture(article.pictures[0]) for article in shown],
    }


def _services(request: Request) -> list[dict[str, str]]:
    """The first services of different needs, each with its length and the way in."""
    first: dict[str, Service] = {}
    for service in request.app.state.house.services:
        first.setdefault(service.need.text(), service)
    return [
        {
            "name": service.name.text(),
            "lang": service.name.language(),
            "length": languages.duration_words(service.duration),
            "about": service.about.text(),
            "url": views.address(request, "book_service", {"service": service.slug}),
        }
        for service in list(first.values())[:SERVICES]
    ]


def _store_today(request: Request) -> dict[str, Any] | None:
    """The chosen store, else the main one of the house."""
    now = request.state.now
    store = pages.store_of(request) or request.app.state.house.main_store
    if store is None:
        return None
    shown = views.shop(store, now)
    return {
        "name": shown.name,
        "url": views.address(request, "store", slug=shown.slug),
        "open_words": shown.open_words,
        "address": shown.address,
        "city": shown.city,
        "phone": shown.phone,
        "hours_words": shown.hours_words,
        "picture": views.scene(store.scene),
    }
