"""The third step: with whom. Nobody in particular is the first answer, and the usual one."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking.availability import Person
from booking.diaries import Look
from kit import languages
from kit.intervals import tick_of
from kit.languages import gettext
from stores.advisors import Advisor
from stores.catalogue import Category
from stores.places import Store
from stores.services import Service
from web import views
from web.appointment_words import spoken_words
from web.routing import ANYONE, Routes
from web.shop.appointing import steps
from web.shop.appointing.steps import ANY, Chosen

routes = Routes()

AWAY = timedelta(days=30)
"""Who has no shift for so long is not offered."""


@routes.get("/{language:language}/appointments/new/advisor", allow=ANYONE, name="book_advisor")
async def show(request: Request, session: AsyncSession) -> Response:
    """The first one available, then everyone who gives it here within a month; a language narrows them."""
    chosen = steps.read(request)
    if elsewhere := steps.missing(request, chosen, "book_advisor"):
        return elsewhere
    assert chosen.store is not None and chosen.service is not None
    now = request.state.now
    look = await steps.look(session, chosen.store, now)
    people = [
        (person, advisor)
        for person, advisor in working(request, look, now)
        if chosen.service.required <= {skill for skill, _, _ in person.skills}
    ]
    spoken = {code for person, _ in people for code in person.languages}
    shown = [pair for pair in people if not chosen.language or chosen.language in pair[0].languages]
    picked = chosen.advisor if any(advisor.slug == chosen.advisor for _, advisor in shown) else ANY
    anyone = chosen.but(advisor=ANY)
    onward = chosen.but(advisor="", start=None, language=chosen.language)
    context = {
        "first_free": steps.next_words(steps.offer(request, anyone, look), chosen.store, now),
        "people": [_listed(request, chosen, look, advisor) for _, advisor in shown],
        "picked": picked,
        "languages": _languages(request, chosen, spoken) if len(spoken) > 1 else [],
        "nobody": bool(chosen.language) and not shown,
        "every_url": steps.address(request, "book_advisor", chosen.but(language="")),
        "hidden": onward.pairs(),
    }
    return steps.render(request, "book_advisor", chosen, context)


def working(request: Request, look: Look, now: datetime) -> list[tuple[Person, Advisor]]:
    """Whom shoppers may choose in a store, with a shift there within 30 days, as a list of people shows them."""
    house = request.app.state.house
    month = look.period.span(tick_of(now), tick_of(now + AWAY))
    by_id = {advisor.id: advisor for advisor in house.advisors.values()}
    return [(one, by_id[one.id]) for one in look.people if one.id in by_id and one.diary.works & month]


def card(advisor: Advisor) -> dict[str, Any]:
    """An advisor as people see her: portrait, first name, what she does, the languages she speaks."""
    spoken = spoken_words(advisor.languages)
    return {
        "slug": advisor.slug,
        "name": advisor.name,
        "title": advisor.title.text(),
        "bio": advisor.bio.text(),
        "portrait": views.scene(advisor.photo),
        "speaks": gettext("Speaks %(languages)s", languages=languages.list_words(spoken)) if spoken else "",
    }


def _listed(request: Request, chosen: Chosen, look: Look, advisor: Advisor) -> dict[str, Any]:
    assert chosen.store is not None
    offer = steps.offer(request, chosen.but(advisor=advisor.slug), look)
    return {**card(advisor), "next_words": steps.next_words(offer, chosen.store, request.state.now)}


def _languages(request: Request, chosen: Chosen, spoken: Iterable[str]) -> list[dict[str, Any]]:
    """All languages, then each that somebody here speaks."""
    named = sorted((words[0], code) for code in spoken if (words := spoken_words([code])))
    choices = [(gettext("All languages"), ""), *((languages.upper_first(name), code) for name, code in named)]
    return [
        {
            "words": words,
            "url": steps.address(request, "book_advisor", chosen.but(language=code, start=None)),
            "current": code == chosen.language,
        }
        for words, code in choices
    ]


# Ways into the flow, from an article and from a store


async def advice(
    request: Request, session: AsyncSession, department: Category | None, store: Store | None, sku: str
) -> dict[str, Any] | None:
    """Who of a department can be seen about an article, the soonest free in the chosen store; None where no service
    is given. One statement more, and only where somebody may be named."""
    house = request.app.state.house
    own = [one for one in house.services if department and one.category_id == department.id]
    given = own or [one for one in house.services if one.category_id is None]
    if not given:
        return None
    here = [one for one in given if store and one.at(store.id)]
    chosen = Chosen(store=store if here else None, articles=((sku, "1"),) if sku else ())
    said: dict[str, Any] = {"url": steps.address(request, "book_service", chosen), "advisor": None}
    named = any(department and one.category_id == department.id for one in house.advisors.values())
    if store is None or department is None or not here or not named:
        return said
    now = request.state.now
    look = await steps.look(session, store, now)
    free = []
    for person, advisor in working(request, look, now):
        service = _first_known(here, person)
        if advisor.category_id == department.id and service:
            offer = steps.offer(request, chosen.but(service=service, advisor=advisor.slug), look)
            if first := next(iter(offer.period.moments(offer.starts)), None):
                free.append((first, advisor, steps.next_words(offer, store, now)))
    if free:
        _, advisor, words = min(free, key=lambda one: (one[0], one[1].id))
        url = steps.address(request, "book_service", chosen.but(advisor=advisor.slug))
        said["advisor"] = {**card(advisor), "next_words": words, "url": url}
    return said


async def of_store(request: Request, session: AsyncSession, store: Store) -> dict[str, Any] | None:
    """Who receives in a store, and the way to book there; None where it takes no appointments."""
    house = request.app.state.house
    here = [one for one in house.services if one.at(store.id)]
    if not here or not views.in_season(store, request.state.now):
        return None
    look = await steps.look(session, store, request.state.now)
    chosen = Chosen(store=store)
    people = [advisor for person, advisor in working(request, look, request.state.now) if _first_known(here, person)]
    return {
        "url": steps.address(request, "book_service", chosen),
        "advisors": [
            {**card(one), "url": steps.address(request, "book_service", chosen.but(advisor=one.slug))} for one in people
        ],
    }


def _first_known(offered: Iterable[Service], person: Person) -> Service | None:
    """The first of these services that she has the skills for."""
    has = {skill for skill, _, _ in person.skills}
    return next((one for one in offered if one.required <= has), None)
