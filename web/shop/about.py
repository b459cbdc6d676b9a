"""What the house says of itself and of what it keeps; how its pages look; what robots may read."""

from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from kit import languages
from kit.languages import gettext, ngettext
from web import access, pages, views
from web.pages import Page
from web.routing import ANYONE, Routes

routes = Routes()

CHECKED: Final = date(2026, 11, 22)
"""The day of the last check of accessibility by hand; moved by whoever makes the next one."""
THEMES: Final = ("auto", "light", "dark")
KEPT: Final = timedelta(days=390)

PRIVATE: Final = (
    "/r/", "/*/my/", "/*/receipts/", "/*/selection", "/*/account", "/*/reserve", "/*/find", "/*/staff", "/*/merch",
    "/*/admin", "/api/", "/calendar/",
)  # fmt: skip
"""What robots are asked to leave alone."""
ROBOTS: Final = ("*", "Googlebot", "Storebot-Google")
"""Those of Google are named because a robot that is named somewhere reads nothing else; one group is for all."""


@routes.get("/{language:language}/privacy", allow=ANYONE, name="privacy")
async def privacy(request: Request, session: AsyncSession) -> Response:
    """The notice, with the times that are really set."""
    days = request.app.state.settings.erase_after_days
    context = {
        "controller": _controller(request),
        "retention": [
            (
                gettext("Name, email and telephone of a reservation, and your note"),
                ngettext(
                    "%(num)d day after its end, then erased", "%(num)d days after its end, then erased", days, num=days
                ),
            ),
            (
                gettext("The rest of the reservation"),
                gettext("articles, store and dates, without anything that names you, for our figures"),
            ),
            (
                gettext("Your private link"),
                gettext("opens the reservation until 30 days after its end"),
            ),
        ],
        "cookies": [
            ("vitrine-store", gettext("the store you chose"), _months()),
            ("vitrine-theme", gettext("light or dark"), _months()),
            ("vitrine-language", gettext("the language you turned to"), _months()),
            ("vitrine-my", gettext("opens your reservation after its private link"), gettext("30 minutes")),
        ],
    }
    return pages.render(request, "shop/privacy.html", context, page=Page(title=gettext("Privacy")))


def _months() -> str:
    return ngettext("%(num)d month", "%(num)d months", 13, num=13)


def _controller(request: Request) -> dict[str, Any]:
    """Who answers: the chosen store, else the main one of the house."""
    house = request.app.state.house
    store = pages.store_of(request) or house.main_store
    if store is None:
        return {"name": house.name, "address": "", "email": None}
    return {"name": store.name, "address": f"{store.street}, {store.postcode} {store.city}", "email": store.email}


@routes.get("/{language:language}/accessibility", allow=ANYONE, name="accessibility")
async def accessibility(request: Request, session: AsyncSession) -> Response:
    context = {
        "checked_day": languages.day_words(CHECKED, request.state.now.date()),
        "contact": _controller(request)["email"],
    }
    return pages.render(request, "shop/accessibility.html", context, page=Page(title=gettext("Accessibility")))


@routes.post("/{language:language}/theme", allow=ANYONE, name="theme")
async def theme(request: Request, session: AsyncSession) -> Response:
    """Light, dark, or as the device is: kept in this browser."""
    async with request.form(max_fields=10) as form:
        wanted, back = str(form.get("theme", "")), str(form.get("next", ""))
    response = pages.go(request, pages.local_path(back, views.address(request, "home")))
    if wanted in THEMES:
        age = int(KEPT.total_seconds())
        access.set_cookie(request, response, "vitrine-theme", wanted, max_age=age, httponly=False)
    return response


@routes.get("/robots.txt", allow=ANYONE, name="robots")
async def robots(request: Request, session: AsyncSession) -> Response:
    """Everything may be read but what is private; a list narrowed by more than two filters is left out too."""
    lines = [
        *(f"User-agent: {name}" for name in ROBOTS),
        *(f"Disallow: {path}" for path in PRIVATE),
        "Disallow: /*?*&*&*=",
        "",
        f"Sitemap: {request.app.state.settings.base_url}/sitemap.xml",
        "",
    ]
    return PlainTextResponse("\n".join(lines))
