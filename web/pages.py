"""Pages and fragments: what every template is given, and how a refusal looks to a person."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jinja2
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from booking.customers import show_phone
from kit import languages, templates
from kit.errors import Refused, TooMany
from stores.exchange.google import READABLE
from stores.places import Store
from web import access

STATIC = Path(__file__).resolve().parent / "static"
LANGUAGE_KEPT = timedelta(days=390)


@dataclass
class Page:
    """What a page says about itself, for the browser, search engines and people who share it."""

    title: str
    description: str = ""
    alternates: dict[str, str] = field(default_factory=dict)
    """The same page in each language, as absolute addresses."""
    spoken: Sequence[str] = languages.LANGUAGES
    """The languages in which its words are there: search engines are led to no other."""
    canonical: str = ""
    robots: str = ""
    """`noindex` is a page of somebody's own, of which previews say no more than the name of the house."""
    image: str = ""

    @property
    def is_private(self) -> bool:
        return self.robots == "noindex"

    @property
    def hreflang(self) -> dict[str, str]:
        """What search engines are told of the same page: each language that it is there in, and where one chooses."""
        if self.robots or not self.alternates or len(self.spoken) < len(self.alternates):
            return {}
        front = urlsplit(self.alternates[self.spoken[0]])._replace(path="/", query="").geturl()
        return {**self.alternates, "x-default": front}

    @property
    def preview(self) -> str:
        """The picture that messengers show; they cannot read SVG."""
        return self.image if self.image.endswith(READABLE) else ""


@dataclass(frozen=True)
class ChosenStore:
    """The shopper's store, as the line under the header says it."""

    slug: str
    name: str
    open_words: str


def make_environment(app: Starlette) -> jinja2.Environment:
    """The templates of the site, with addresses of named routes and of files that may be kept for ever."""
    env = templates.environment()

    def path(name: str, **params: Any) -> str:
        language = params.pop("language", languages.language())
        return path_for(app, name, language=language, **params)

    kept: dict[tuple[str, str], Markup] = {}

    def still(name: str) -> Markup:
        """A part of a page that depends on nothing but the language, rendered once."""
        key = name, languages.language()
        if key not in kept:
            kept[key] = Markup(env.get_template(name).render())  # noqa: S704 – a template of ours
        return kept[key]

    env.globals.update(path=path, static=static, still=still, house=app.state.house)
    draw = env.get_template("shop/cards.html").module.card  # type: ignore[attr-defined]

    @lru_cache(maxsize=8192)
    def drawn(language: str, it: Any, eager: bool) -> Markup:
        return Markup(draw(it, eager))  # noqa: S704 – what a macro of ours has written

    def card(it: Any, eager: bool = False) -> Markup:
        """An article in a grid. What it shows is all that it is known by, so the same one is drawn once."""
        return drawn(languages.language(), it, eager)

    env.globals["card"] = card
    return env


def path_for(app: Starlette, name: str, **params: Any) -> str:
    """The address of a named route. Starlette asks every route in turn, and a page names a hundred."""
    route = _named_routes(app)[name]
    odd = any(not value or "/" in str(value) for value in params.values())
    if odd or params.keys() != route.param_convertors.keys():
        return str(route.url_path_for(name, **params))  # which says what is wrong with it
    return route.path_format.format_map(params)


@lru_cache(maxsize=4)
def _named_routes(app: Starlette) -> dict[str, Route]:
    """The first of each name; files below a mount are named by `static`."""
    routes: dict[str, Route] = {}
    for route in app.routes:
        if isinstance(route, Route):
            routes.setdefault(route.name, route)
    return routes


@cache
def static(name: str) -> str:
    """The address of an own file, with a part of its hash, so that a browser may keep it for ever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={digest}"


def is_fragment(request: Request) -> bool:
    """Whether htmx asks for a part of a page; after Back it wants the whole."""
    headers = request.headers
    return (
        headers.get("hx-request") == "true"
        and headers.get("hx-request-type") != "full"
        and "hx-history-restore-request" not in headers
    )


def render(
    request: Request,
    name: str,
    context: Mapping[str, Any] | None = None,
    *,
    page: Page | None = None,
    fragment: str = "",
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The page `name`, or only its `fragment` when htmx asked for that."""
    chosen = fragment if fragment and is_fragment(request) else name
    page = page or Page(title=request.app.state.house.name)
    if not page.alternates and "language" in request.path_params:
        page.alternates = alternates(request)
    if page.alternates and not page.canonical and not page.is_private:
        page.canonical = page.alternates[languages.language()]
    now: datetime = request.state.now
    body = request.app.state.templates.get_template(chosen).render(
        {
            "request": request,
            "page": page,
            "now": now,
            "chosen_store": chosen_store(request),
            "theme": theme(request),
            "selected": selected(request),
            "notices": notices(request),
            "demo": request.app.state.settings.demo,
            **(context or {}),
        }
    )
    response = HTMLResponse(body, status, headers=dict(headers or {}))
    response.headers.add_vary_header("HX-Request")
    _keep_language(request, response)
    return response


def _keep_language(request: Request, response: Response) -> None:
    """Who comes here from a page in the other language has turned to this one; `/` leads her to it from now on."""
    before = urlsplit(request.headers.get("referer", ""))
    spoken = before.path.lstrip("/").partition("/")[0]
    turned = spoken in languages.LANGUAGES and spoken != languages.language()
    if turned and before.netloc == request.url.netloc and "language" in request.path_params:
        age = int(LANGUAGE_KEPT.total_seconds())
        access.set_cookie(request, response, "vitrine-language", languages.language(), max_age=age, httponly=False)


def alternates(request: Request, **by_language: str) -> dict[str, str]:
    """The present address in each language; `by_language` gives paths that differ by more than the language."""
    base = request.app.state.settings.base_url
    _, _, rest = request.url.path.lstrip("/").partition("/")
    return {code: base + by_language.get(code, f"/{code}/{rest}") for code in languages.LANGUAGES}


def theme(request: Request) -> str:
    kept = request.cookies.get("vitrine-theme", "auto")
    return kept if kept in ("auto", "light", "dark") else "auto"


SELECTION_COUNT = "vitrine-selection-count"
"""The cookie that says how many articles this browser has selected."""


def selected(request: Request) -> int:
    """How many articles the head of a page says; the page of the selection counts anew."""
    kept = request.cookies.get(SELECTION_COUNT, "")
    return int(kept) if kept.isascii() and kept.isdigit() and len(kept) < 3 else 0


NOTICES = {
    "kept": ("ok", languages.lazy("Added to your selection.")),
    "unshared": ("ok", languages.lazy("The address given out opens nothing any more.")),
    "extended": ("ok", languages.lazy("Your articles are kept for one more day.")),
    "appointment_moved": ("ok", languages.lazy("Your appointment is moved.")),
    "verified": ("ok", languages.lazy("Thank you, your address is confirmed.")),
    "store_chosen": ("ok", languages.lazy("Your store is chosen.")),
    "signed_out": ("info", languages.lazy("You are signed out.")),
    "saved": ("ok", languages.lazy("Saved.")),
    "saved_together": ("ok", languages.lazy("Saved, together with what a colleague has changed meanwhile.")),
    "variants_hidden": (
        "info",
        languages.lazy("Saved. A variant that stock or a reservation still names is hidden, not removed."),
    ),
    "password_changed": ("ok", languages.lazy("Your password is changed.")),
    "answered": ("ok", languages.lazy("Your answer is recorded.")),
    "ready": ("ok", languages.lazy("The bag is ready, and the shopper is told.")),
    "given": ("ok", languages.lazy("Handed over.")),
    "undone": ("ok", languages.lazy("The hand-over is undone.")),
    "done": ("ok", languages.lazy("Done.")),
    "left": ("info", languages.lazy("Nothing was changed.")),
    "moved": ("ok", languages.lazy("The appointment is moved.")),
    "appointment_cancelled": ("ok", languages.lazy("The appointment is cancelled, and the shopper is told.")),
    "resent": ("ok", languages.lazy("The message is being sent again.")),
}


def notices(request: Request) -> list[tuple[str, str]]:
    """What the page before this one has to say, named in the address and worded here."""
    named = NOTICES.get(request.query_params.get("notice", ""))
    return [(named[0], str(named[1]))] if named else []


def store_of(request: Request) -> Store | None:
    """The store in the address, else the one that this browser chose, else none."""
    house = request.app.state.house
    named = request.query_params.get("store") or request.cookies.get("vitrine-store") or ""
    return house.stores.get(named) if house else None


def chosen_store(request: Request) -> ChosenStore | None:
    store = store_of(request)
    return ChosenStore(store.slug, store.name, open_words(store, request.state.now)) if store else None


def open_words(store: Store, now: datetime) -> str:
    """Whether it is open, and until when; or when it opens."""
    hours = store.hours
    if closes := hours.closes_at(now):
        return languages.gettext("open until %(time)s", time=languages.time_words(store.local(closes)))
    opening = hours.next_opening(now)
    if opening is None:
        return languages.gettext("closed for the season")
    words = languages.moment_words(opening.start, store.timezone, now)
    return languages.gettext("closed, opens %(when)s", when=words)


def to(request: Request, name: str, *, notice: str = "", **params: Any) -> Response:
    """Go on to a page after a change; htmx is told to load it whole."""
    params.setdefault("language", languages.language())
    url = str(request.app.url_path_for(name, **params)) + (f"?notice={notice}" if notice else "")
    return go(request, url)


def go(request: Request, url: str) -> Response:
    response = RedirectResponse(url, 303)
    if request.headers.get("hx-request") == "true":
        return Response(status_code=204, headers={"HX-Redirect": response.headers["location"]})
    return response


def local_path(url: str, otherwise: str) -> str:
    """An address within this site, for `next`; anything else is replaced.

    Browsers read a backslash as a slash, and leave out tabs and ends of lines: `/<tab>/evil.example` is elsewhere.
    """
    inside = url.startswith("/") and not url.startswith("//") and not any(sign < " " or sign == "\\" for sign in url)
    return url if inside else otherwise


TITLES = {
    401: languages.lazy("Your session has ended"),
    403: languages.lazy("This page is not for you"),
    404: languages.lazy("This page does not exist, or no longer"),
    410: languages.lazy("This page is no longer here"),
    429: languages.lazy("One moment, please"),
    500: languages.lazy("Something went wrong on our side"),
    503: languages.lazy("Back in a minute"),
}


def refusal(request: Request, refused: Refused) -> Response:
    """A no, as a page: what it is, in words, and what can be done now."""
    title = str(TITLES.get(refused.status, languages.lazy("This is not possible at the moment")))
    headers = {"retry-after": str(refused.retry_after)} if isinstance(refused, TooMany) else {}
    if refused.status == 503:
        headers["retry-after"] = "30"
    store = store_of(request)
    return render(
        request,
        "error.html",
        {
            "status": refused.status,
            "code": refused.code,
            "sentence": refused.sentence,
            "reference": refused.params.get("reference"),
            "phone": show_phone(store.phone, languages.language()) if store else None,
            "retry_url": request.url.path if request.method == "GET" else None,
        },
        page=Page(title=title, robots="noindex"),
        fragment="_refusal.html",
        status=refused.status,
        headers=headers,
    )
