"""What people type: an article, a department, a store, or a question."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking.customers import clean_line
from kit import languages
from kit.languages import Translated, gettext
from stores import articles, search
from stores.places import Store
from web import pages, views
from web.pages import Page
from web.routing import ANYONE, Routes
from web.shop import catalogue

routes = Routes()

LONGEST = 100
MOST_DEPARTMENTS, NEAREST, MOST_ANSWERS = 8, 3, 4
SUGGESTED, SUGGESTED_FROM = 4, 2
"""Of each kind; from so many signs on."""
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
    "advisor": {"rendez", "rdv", "conseil", "conseiller", "conseillere", "appointment", "advisor", "advice"},
}
"""Words, without accents, that ask for something else than an article; the answer comes first."""


@routes.get("/{language:language}/search", allow=ANYONE, name="search")
async def find(request: Request, session: AsyncSession) -> Response:
    """Answers that are not articles first, then articles with their filters; never an empty page."""
    typed = clean_line(request.query_params.get("q", "")[:LONGEST])
    folded = search.fold(typed)
    listed: dict[str, Any] = {"results": None, "filters": None}
    better = None
    if typed:
        asked = catalogue.read(request, frozenset(), typed)
        listed = await catalogue.browse(request, session, asked)
        if not listed["results"]["count"] and not asked.is_narrowed:
            better = await search.put_right(session, typed, languages.language())
            if better:  # shown at once: who mistyped one sign is not asked to press again
                asked = catalogue.read(request, frozenset(), better)
                listed = await catalogue.browse(request, session, asked)
                if not listed["results"]["count"]:
                    better, listed = None, {"results": None, "filters": None}
    groups = _groups(request, folded) if typed else {}
    context = {
        "q": typed,
        "answers": _answers(request, folded) if typed else [],
        "departments": groups.get("departments", []),
        "services": groups.get("services", []),
        "stores": groups.get("stores", []),
        "spelling": better,
        "nearest": [
            (one.name.text(), views.category_url(request, one)) for one in request.app.state.house.departments[:NEAREST]
        ],
        **listed,
    }
    title = gettext("Search: %(words)s", words=typed) if typed else gettext("Search")
    about = Page(title=title, robots="noindex, follow")
    return pages.render(request, "shop/search.html", context, page=about, fragment="shop/_found.html")


@routes.get("/{language:language}/search/suggestions", allow=ANYONE, name="search_suggestions")
async def suggest(request: Request, session: AsyncSession) -> Response:
    """What the beginning of a word may lead to, by kind: articles, departments, services, stores."""
    typed = clean_line(request.query_params.get("q", "")[:LONGEST])
    folded = search.fold(typed)
    found: Sequence[tuple[str, str]] = []
    if len(folded) >= SUGGESTED_FROM:
        wish = search.Wish(words=typed, language=languages.language())
        ids, _ = await search.search(session, wish, limit=SUGGESTED)
        found = [
            (article.name.text(), views.product_url(request, article))
            for article in await articles.of_ids(session, ids)
        ]
    groups = _groups(request, folded) if len(folded) >= SUGGESTED_FROM else {}
    kinds = [
        (gettext("Articles"), found),
        (gettext("Departments"), groups.get("departments", [])[:SUGGESTED]),
        (gettext("Services"), groups.get("services", [])[:SUGGESTED]),
        (gettext("Stores"), [(one["name"], one["url"]) for one in groups.get("stores", [])[:SUGGESTED]]),
    ]
    context = {"kinds": [(words, links) for words, links in kinds if links], "q": typed}
    about = Page(title=gettext("Suggestions"), robots="noindex")
    return pages.render(request, "shop/suggestions.html", context, page=about, fragment="shop/_suggestions.html")


def _groups(request: Request, folded: str) -> dict[str, list[Any]]:
    """What is no article and bears these words."""
    return {
        "departments": _departments(request, folded),
        "services": _services(request, folded),
        "stores": _stores(request, folded),
    }


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
    if "advisor" in asked:
        words = gettext("Choose what it is about, a store and a time. It is free, with no obligation to buy.")
        answers.append(
            {"title": gettext("Book an advisor"), "words": words, "url": views.address(request, "book_service")}
        )
    answers += _offered(request, folded)
    if "find" in asked:
        words = gettext("With its code and your email address, we send you the link again.")
        answers.append({"title": gettext("Find a booking"), "words": words, "url": views.address(request, "find")})
    if "privacy" in asked:
        words = gettext("What we keep, why, and for how long.")
        answers.append({"title": gettext("Privacy"), "words": words, "url": views.address(request, "privacy")})
    return answers


def _offered(request: Request, folded: str) -> list[dict[str, str]]:
    """What stores do besides showing things (alterations, parking, a café), and which of them."""
    where: dict[str, list[Store]] = {}
    for store in request.app.state.house.stores.values():
        for service in store.services:
            said = Translated(service).text()
            if _names(said, folded):
                where.setdefault(said, []).append(store)
    answers = []
    for said, stores in list(where.items())[:MOST_ANSWERS]:
        names = languages.list_words([store.name for store in stores[:MOST_ANSWERS]])
        one = stores[0] if len(stores) == 1 else None
        url = views.address(request, "store", slug=one.slug) if one else views.address(request, "stores")
        answers.append({"title": said, "words": names, "url": url})
    return answers


def _services(request: Request, folded: str) -> list[tuple[str, str]]:
    """What advisors can be booked for."""
    return [
        (one.name.text(), views.address(request, "book_service", {"service": one.slug}))
        for one in request.app.state.house.services
        if _names(one.name.text(), folded) or _names(one.need.text(), folded)
    ][:MOST_DEPARTMENTS]


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
