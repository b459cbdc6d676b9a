"""What people type: an article, a department, a store, or a question."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking.customers import clean_line
from kit import languages
from kit.languages import gettext
from stores import articles, search
from web import pages, views
from web.pages import Page
from web.routing import ANYONE, Routes
from web.shop import catalogue

routes = Routes()

LONGEST = 100
MOST_DEPARTMENTS, NEAREST = 8, 3
QUESTIONS = {
    "hours": {
        "horaires",
        "horaire",
        "heures",
        "ouverture",
        "ouvert",
        "fermeture",
        "hours",
        "opening",
        "open",
        "closing",
    },
    "access": {"acces", "adresse", "metro", "parking", "itineraire", "access", "address", "directions", "park"},
    "phone": {"telephone", "appeler", "contact", "phone", "call"},
    "find": {"reservation", "retrait", "annuler", "prolonger", "code", "collect", "cancel", "extend"},
    "privacy": {"donnees", "rgpd", "cookies", "privacy", "gdpr", "data"},
}
"""Words, without accents, that ask for something else than an article; the answer comes first."""


@routes.get("/{language:language}/search", allow=ANYONE, name="search")
async def find(request: Request, session: AsyncSession) -> Response:
    typed = clean_line(request.query_params.get("q", "")[:LONGEST])
    page = catalogue.read(request.query_params, frozenset(), None).page
    store = pages.store_of(request)
    results = None
    if typed:
        ids, total = await search.search(
            session, typed, languages.language(), catalogue.PAGE, (page - 1) * catalogue.PAGE
        )
        found = await articles.of_ids(session, ids)
        results = catalogue.results_of(request, found, total, page, sort=None, store=store)
    folded = search.fold(typed)
    context = {
        "q": typed,
        "answers": _answers(request, folded) if typed else [],
        "departments": _departments(request, folded) if typed else [],
        "stores": _stores(request, folded) if typed else [],
        "spelling": None,
        "results": results,
        "filters": None,
        "nearest": [
            (one.name.text(), views.category_url(request, one)) for one in request.app.state.house.departments[:NEAREST]
        ],
    }
    title = gettext("Search: %(words)s", words=typed) if typed else gettext("Search")
    about = Page(title=title, robots="noindex, follow")
    return pages.render(request, "shop/search.html", context, page=about, fragment="shop/_found.html")


def _answers(request: Request, folded: str) -> list[dict[str, str]]:
    """Pages that answer the question, in a sentence each."""
    asked = {topic for topic, words in QUESTIONS.items() if words & set(folded.split())}
    store = pages.store_of(request)
    answers = []
    if asked & {"hours", "access", "phone"}:
        if store:
            shown = views.shop(store, request.state.now)
            words = ". ".join(
                part for part in (shown.open_words, f"{shown.address[0]}, {shown.city}", shown.phone) if part
            )
            answers.append(
                {"title": store.name, "words": words, "url": views.address(request, "store", slug=store.slug)}
            )
        else:
            words = gettext("Hours, address and telephone of each store.")
            answers.append({"title": gettext("Our stores"), "words": words, "url": views.address(request, "stores")})
    if "find" in asked:
        words = gettext("With its code and your email address, we send you the link again.")
        answers.append({"title": gettext("Find a booking"), "words": words, "url": views.address(request, "find")})
    if "privacy" in asked:
        words = gettext("What we keep, why, and for how long.")
        answers.append({"title": gettext("Privacy"), "words": words, "url": views.address(request, "privacy")})
    return answers


def _departments(request: Request, folded: str) -> list[tuple[str, str]]:
    """Departments and their parts whose name begins one of its words with what was typed."""
    found = [one for one in request.app.state.house.categories if _names(one.name.text(), folded)]
    return [(one.name.text(), views.category_url(request, one)) for one in found[:MOST_DEPARTMENTS]]


def _stores(request: Request, folded: str) -> list[dict[str, Any]]:
    now = request.state.now
    return [
        {
            "name": store.name,
            "url": views.address(request, "store", slug=store.slug),
            "words": pages.open_words(store, now),
        }
        for store in request.app.state.house.stores.values()
        if _names(store.name, folded) or _names(store.city, folded)
    ]


def _names(name: str, folded: str) -> bool:
    """Whether every word typed begins a word of this name."""
    said = search.fold(name).split()
    typed = folded.split()
    return bool(typed) and all(any(word.startswith(part) and len(part) > 2 for word in said) for part in typed)
