"""What was chosen so far, as it stands in the address; the five steps, and what each shows of those before it.

Nothing is kept between two steps but the address, so Back works, a link can be sent, and each answer can be changed
alone. Services and stores come from the house, which every page has: reading the address asks the database nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from booking import blocks, diaries
from booking.appointments.asking import MOST_ITEMS
from booking.availability import NOTHING, Offer, Own, Question
from booking.diaries import Look
from kit import codes, languages
from kit.intervals import Period
from kit.languages import gettext, lazy, pgettext
from stores import schedules
from stores.advisors import Advisor
from stores.places import Store
from stores.services import Service
from web import access, pages, views
from web.appointment_words import spoken_words, start_words, zone_note

STEPS = ("book_service", "book_store", "book_advisor", "book_time", "book_details")
TITLES = {
    "book_service": lazy("Book an advisor"),
    "book_store": lazy("In which store?"),
    "book_advisor": lazy("With whom?"),
    "book_time": lazy("When?"),
    "book_details": lazy("Your details"),
}
ANY = "any"
"""For an advisor: whoever is free."""
MOST_PARTY = 20
NEAR = timedelta(days=35)
"""What one look at the diaries reaches: every page of the flow asks for the same days, so one reading serves all."""
HOLD_COOKIE = "vitrine-hold"


@dataclass(frozen=True)
class Chosen:
    """The answers so far."""

    service: Service | None = None
    store: Store | None = None
    advisor: str = ""
    """The slug of one, ANY, or empty while she has not said."""
    language: str = ""
    """That the advisor must speak."""
    party: int = 1
    start: datetime | None = None
    articles: tuple[tuple[str, str], ...] = ()
    """(SKU, quantity) as they stand in the address."""
    selection: bool = False
    """She comes from her selection and brings it."""

    def pairs(self) -> list[tuple[str, str]]:
        """As it stands in an address."""
        said = [
            ("service", self.service.slug if self.service else ""),
            ("store", self.store.slug if self.store else ""),
            ("advisor", self.advisor),
            ("language", self.language),
            ("party", str(self.party) if self.party > 1 else ""),
            ("start", stamp(self.start) if self.start else ""),
            *(pair for sku, quantity in self.articles for pair in (("sku", sku), ("quantity", quantity))),
            ("selection", "1" if self.selection else ""),
        ]
        return [(name, value) for name, value in said if value]

    def but(self, **over: Any) -> "Chosen":
        return replace(self, **over)

    def given_here(self) -> bool:
        """Whether the chosen store gives the chosen service."""
        return self.service is not None and self.store is not None and self.service.at(self.store.id) is not None


def read(request: Request) -> Chosen:
    """What the address says; what nobody knows counts as not yet answered."""
    query, house = request.query_params, request.app.state.house
    party = query.get("party", "")
    spoken = query.get("language", "")
    advisor = query.get("advisor", "")
    return Chosen(
        service=next((one for one in house.services if one.slug == query.get("service")), None),
        store=house.stores.get(query.get("store", "")),
        advisor=advisor if advisor == ANY or advisor in house.advisors else "",
        language=spoken if spoken_words([spoken]) else "",
        party=int(party) if party.isascii() and party.isdigit() and 1 <= int(party[:3]) <= MOST_PARTY else 1,
        start=read_stamp(query.get("start", "")),
        articles=_articles(query.getlist("sku"), query.getlist("quantity")),
        selection=query.get("selection") == "1",
    )


def _articles(skus: Sequence[str], quantities: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Each SKU once, at most so many as an appointment takes."""
    found: dict[str, str] = {}
    for place, sku in enumerate(skus):
        typed = quantities[place] if place < len(quantities) else ""
        if sku and len(sku) < 60:
            found.setdefault(sku, typed if typed.isascii() and typed.isdigit() and len(typed) < 3 else "1")
    return tuple(found.items())[:MOST_ITEMS]


def stamp(start: datetime) -> str:
    """A start as it stands in an address: `2026-12-02T13:30Z`."""
    return start.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")


def read_stamp(text: str) -> datetime | None:
    try:
        start = datetime.strptime(text, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
    except ValueError:
        return None
    return start if 2000 < start.year < 9000 else None


# From step to step


def address(request: Request, step: str, chosen: Chosen, **more: str) -> str:
    return views.address(request, step, [*chosen.pairs(), *more.items()])


def onward(request: Request, chosen: Chosen) -> str:
    """The first step that is not answered yet."""
    return address(request, _unanswered(chosen), chosen)


def missing(request: Request, chosen: Chosen, step: str) -> Response | None:
    """Where to go instead, when an answer is missing that this step needs; whom she sees may be left open."""
    first = _unanswered(chosen if chosen.advisor else chosen.but(advisor=ANY))
    if STEPS.index(first) >= STEPS.index(step):
        return None
    return RedirectResponse(address(request, first, chosen), 303)


def _unanswered(chosen: Chosen) -> str:
    if chosen.service is None:
        return "book_service"
    if not chosen.given_here():
        return "book_store"
    if not chosen.advisor:
        return "book_advisor"
    return "book_time" if chosen.start is None else "book_details"


# What a step shows


def render(
    request: Request,
    step: str,
    chosen: Chosen,
    context: dict[str, Any],
    *,
    status: int = 200,
) -> Response:
    """The page of a step: its number in words, the answers before it, each with the way to change it."""
    number = STEPS.index(step) + 1
    words = gettext("Step %(number)d of %(all)d", number=number, all=len(STEPS))
    title = str(TITLES[step])
    path = request.url.path.partition("/appointments")[2]
    query = f"?{request.url.query}" if request.url.query else ""
    page = views.page(
        request,
        gettext("%(title)s, %(step)s", title=title, step=words[:1].lower() + words[1:]) if number > 1 else title,
        {code: f"/{code}/appointments{path}" for code in languages.LANGUAGES},
        description=gettext("Choose what you need, a store and a time: an advisor receives you, free of charge."),
        robots="noindex" if query or number > 1 else "",
        query=query,
    )
    shown = {"title": title, "step_words": words, "recap": recap(request, chosen, step), **context}
    name = f"shop/appointment/{step.removeprefix('book_')}.html"
    headers = {"cache-control": "no-store"} if number > 2 else {}
    return pages.render(request, name, shown, page=page, status=status, headers=headers)


def recap(request: Request, chosen: Chosen, step: str) -> list[dict[str, str]]:
    """What was answered before this step."""
    now = request.state.now
    service, store = chosen.service, chosen.store
    before = STEPS[: STEPS.index(step)]
    rows = []
    if "book_service" in before and service:
        said = gettext("%(service)s, %(length)s", service=service.name.text(), length=length_words(service))
        rows.append(("book_service", gettext("What for"), said, pgettext("change", "what it is for")))
    if store and ("book_store" in before or (step == "book_service" and chosen.advisor)):
        rows.append(("book_store", gettext("Where"), store.name, pgettext("change", "the store")))
    if chosen.advisor and ("book_advisor" in before or step in ("book_service", "book_store")):
        said = languages.upper_first(advisor_words(request, chosen))
        rows.append(("book_advisor", gettext("With"), said, pgettext("change", "the advisor")))
    if "book_time" in before and chosen.start and store:
        said = languages.upper_first(start_words(chosen.start, store.timezone, now))
        note = zone_note(store.timezone)
        rows.append(
            ("book_time", gettext("When"), f"{said} ({note})" if note else said, pgettext("change", "the time"))
        )
    without_time = chosen.but(start=None)
    return [
        {
            "label": label,
            "words": said,
            "change": change if where in before else "",
            "url": address(request, where, without_time) if where in before else "",
        }
        for where, label, said, change in rows
    ]


def length_words(service: Service) -> str:
    return languages.duration_words(service.duration)


def advisor_of(request: Request, chosen: Chosen) -> Advisor | None:
    """The one she asked for."""
    advisor: Advisor | None = request.app.state.house.advisors.get(chosen.advisor)
    return advisor


def advisor_words(request: Request, chosen: Chosen) -> str:
    advisor = advisor_of(request, chosen)
    if advisor:
        return ", ".join(part for part in (advisor.name, advisor.title.text()) if part)
    spoken = spoken_words([chosen.language]) if chosen.language else []
    if spoken:
        return gettext("the first advisor available who speaks %(language)s", language=spoken[0])
    return gettext("the first advisor available")


# The diaries


def near(now: datetime) -> Period:
    """The days that every page of the flow looks at first."""
    return Period.of_days(now, now + NEAR, beside=2)


def far(service: Service, now: datetime) -> Period:
    """All the days that can be booked: as far as shifts are made."""
    days = timedelta(days=min(service.horizon_days, schedules.WEEKS_AHEAD * 7) + 1)
    return Period.of_days(now, now + max(days, NEAR), beside=2)


async def look(session: AsyncSession, store: Store, now: datetime) -> Look:
    return await diaries.look(session, store, near(now))


async def look_far(session: AsyncSession, store: Store, service: Service, now: datetime) -> Look:
    return await diaries.look(session, store, far(service, now))


def question(chosen: Chosen, look: Look, advisor_id: int | None, own: Own = NOTHING, *, now: datetime) -> Question:
    """Everything from now to the end of what was looked at, as she asked for it."""
    return Question(
        now,
        look.period.end - timedelta(days=1),
        now,
        party=chosen.party,
        advisor_id=advisor_id,
        language=chosen.language if advisor_id is None else "",
        own=own,
    )


def offer(request: Request, chosen: Chosen, look: Look, own: Own = NOTHING) -> Offer:
    """The starts that she may choose from."""
    assert chosen.service is not None
    advisor = advisor_of(request, chosen)
    asked = question(chosen, look, advisor.id if advisor else None, own, now=request.state.now)
    return look.offer(chosen.service, asked)


def next_words(offer: Offer, store: Store, now: datetime, *, within: timedelta = NEAR) -> str:
    """`demain à 11 h`, in the store's time: its first free start; empty when there is none so soon."""
    first = next(iter(offer.period.moments(offer.starts)), None)
    if first is None or first > now + within:
        return ""
    words = languages.moment_words(first, store.timezone, now)
    note = zone_note(store.timezone)
    return f"{words} ({note})" if note else words


# What this browser keeps for ten minutes


def browser(request: Request) -> str:
    """The number of this browser; empty before it kept anything."""
    token = request.cookies.get(access.cookie_name(request, HOLD_COOKIE), "")
    return token if codes.is_token(token) else ""


async def own_hold(session: AsyncSession, request: Request) -> blocks.SlotHold | None:
    token = browser(request)
    return await hold_of(session, token) if token else None


async def hold_of(session: AsyncSession, token: str) -> blocks.SlotHold | None:
    """What the browser of this number keeps, also when its ten minutes are over."""
    return await blocks.hold_of(session, codes.token_hash(token))


def own_of(hold: blocks.SlotHold | None) -> Own:
    return Own(hold_id=hold.id) if hold else NOTHING
