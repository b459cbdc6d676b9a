"""The frame of the back room: which store is looked at, the way around, and how a refusal looks in here."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from booking.appointments.states import MovedOn as VisitMovedOn
from booking.reservations.states import MovedOn
from kit import languages
from kit.errors import Refused
from kit.languages import gettext, lazy
from stores.catalogue import Variant
from stores.places import Store
from stores.staff import ANONYMOUS, Principal, Role, Verb
from web import pages, views
from web.access import cookie_name
from web.appointment_words import status_words as visit_words
from web.house import House
from web.pages import Page
from web.routing import Allow
from web.views import Picture
from web.words import status_words

STORE_COOKIE = "vitrine-room"
"""The store that someone who works for several looks at; without it, all of hers."""

AT_WORK = Allow("staff", lambda actor: actor.kind == "staff" and actor.two_factor)
"""Anyone who works here and has given every factor asked for."""
LEADS = Allow(
    "staff: leads",
    lambda actor: actor.may("reservation.hand_over") and actor.role in (Role.MANAGER, Role.ADMIN),
)
"""Who may take back what a colleague did."""


@dataclass(frozen=True)
class Way:
    """One entry of the rail."""

    name: str
    icon: str
    words: str
    verb: Verb
    desk: bool = False
    """Not on a hand-held, whose bar has room for five."""


def _ways() -> list[Way]:
    return [
        Way("staff_board", "today", gettext("Today"), "reservation.read"),
        Way("staff_reservations", "hold", gettext("Reservations"), "reservation.read"),
        Way("staff_agenda", "calendar", gettext("Agenda"), "appointment.read"),
        Way("staff_picking", "pick", gettext("Prepare"), "reservation.prepare"),
        Way("staff_handover", "scan", gettext("Hand over"), "reservation.hand_over"),
        Way("staff_tasks", "stock", gettext("Tasks"), "reservation.read", desk=True),
        Way("admin_advisors", "people", gettext("Team"), "schedule.edit", desk=True),
        Way("admin_services", "settings", gettext("Services"), "store.edit", desk=True),
        Way("merch_articles", "catalogue", gettext("Catalogue"), "catalogue.edit", desk=True),
        Way("merch_stock", "stock", gettext("Stock"), "stock.correct", desk=True),
        Way("merch_figures", "chart", gettext("Figures"), "figures.read", desk=True),
        Way("admin_stores", "store", gettext("The house"), "store.edit", desk=True),
    ]


def ways_of(actor: Principal) -> list[Way]:
    """Where this person may go. Who works only at a desk finds her ways on a telephone too: the bar has room."""
    ways = [way for way in _ways() if actor.may(way.verb)]
    return [replace(way, desk=False) for way in ways] if all(way.desk for way in ways) else ways


def actor_of(request: Request) -> Principal:
    """Who asks; nobody while the database is away and could not say."""
    actor: Principal = getattr(request.state, "actor", ANONYMOUS)
    return actor


# Which store


def own_stores(request: Request) -> list[Store]:
    """The stores of whoever asks, by name."""
    house: House = request.app.state.house
    actor = actor_of(request)
    return [store for store in house.stores.values() if actor.sees(store.id)]


def chosen_store(request: Request) -> Store | None:
    """The one she looks at; None when she looks at several at once."""
    stores = own_stores(request)
    if len(stores) == 1:
        return stores[0]
    kept = request.cookies.get(cookie_name(request, STORE_COOKIE), "")
    return next((store for store in stores if store.slug == kept), None)


def one_store(request: Request) -> Store | None:
    """For pages that are about one store, such as a diary: the one named in the address, the chosen one, or the first
    of hers; None for who has none."""
    stores = own_stores(request)
    named = request.query_params.get("store", "")
    return (
        next((store for store in stores if store.slug == named), None)
        or chosen_store(request)
        or next(iter(stores), None)
    )


def scope(request: Request) -> frozenset[int]:
    """The stores that lists are about: the chosen one, or all of hers."""
    chosen = chosen_store(request)
    return frozenset([chosen.id] if chosen else [store.id for store in own_stores(request)])


def wall_clock(request: Request) -> datetime:
    """The hour on the wall of the chosen store, or of the first of them."""
    now: datetime = request.state.now
    store = chosen_store(request) or next(iter(own_stores(request)), None)
    return store.local(now) if store else now


# Pages

NO_STORE = {"cache-control": "no-store"}
"""Names and telephone numbers stay in no cache, and Back after signing out shows nothing."""


def render(
    request: Request,
    name: str,
    context: Mapping[str, Any] | None = None,
    *,
    title: str,
    current: str = "",
    fragment: str = "",
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A page of the back room; `current` is the entry of the rail that it belongs to."""
    actor = actor_of(request)
    chosen = chosen_store(request) if actor.kind == "staff" else None
    room = {
        "ways": ways_of(actor) if actor.kind == "staff" else [],
        "current": current,
        "person": actor.first_name,
        "stores": own_stores(request) if actor.kind == "staff" else [],
        "store": chosen,
        "live": False,
        "as_of": languages.time_words(wall_clock(request)) if actor.kind == "staff" else "",
    }
    return pages.render(
        request,
        name,
        {"room": room, **(context or {})},
        page=Page(title=title, robots="noindex"),
        fragment=fragment,
        status=status,
        headers={**NO_STORE, **(headers or {})},
    )


TITLES = {
    **pages.TITLES,
    404: lazy("This is not here"),
    409: lazy("This has changed in the meantime"),
    422: lazy("This cannot be taken like that"),
}


def refuse(request: Request, refused: Refused) -> Response:
    """A no, in the back room: what it is, where a booking stands now, and the way back to work."""
    code = request.path_params.get("code", "")
    stands, url = "", ""
    if isinstance(refused, MovedOn):
        stands, url = status_words(refused.status_now), _booking(request, "staff_reservation", code)
    elif isinstance(refused, VisitMovedOn):
        stands, url = visit_words(refused.status_now), _booking(request, "staff_appointment", code)
    return render(
        request,
        "staff/error.html",
        {
            "status": refused.status,
            "sentence": refused.sentence,
            "reference": refused.params.get("reference"),
            "stands": stands,
            "booking_url": url,
            "signed_in": actor_of(request).two_factor,
        },
        title=str(TITLES.get(refused.status, lazy("This is not possible at the moment"))),
        fragment="_refusal.html",
        status=refused.status,
        headers={"retry-after": str(refused.details["retry_after"])} if "retry_after" in refused.details else {},
    )


def _booking(request: Request, name: str, code: str) -> str:
    return views.address(request, name, code=code) if code else ""


# What lists and pages show of an article


def picture_of(variant: Variant) -> Picture | None:
    """Its own picture, else the product's first; the pictures must have been loaded."""
    pictures = variant.product.pictures
    own = next((picture for picture in pictures if picture.variant_id == variant.id), None)
    picture = own or next((picture for picture in pictures if picture.variant_id is None), None)
    return views.picture(picture) if picture else None


def floor_words(store: Store, level: int | None, department: str) -> str:
    """The floor that the stock names, else the one of the department; empty when neither is known."""
    at = next((floor for floor in store.floors if floor["level"] == level), None) or store.floor_of(department)
    return languages.Translated.from_json(at["name"]).text() if at else ""


def department_code(house: House, variant: Variant) -> str:
    """The code that floors of stores name."""
    category = house.category(variant.product.category_id)
    return (house.department_of(category).code or "") if category else ""


def due_words(due: datetime | None, store: Store, now: datetime) -> str:
    """The hour by the store's clock, with the day when it is not today: `11 h 24`, `hier, 20 h`."""
    if due is None:
        return ""
    here, today = store.local(due), store.local(now).date()
    words = languages.time_words(here)
    return words if here.date() == today else f"{languages.day_name(here.date(), today)}, {words}"


def short_name(first_name: str, last_name: str) -> str:
    """`Léa M.`, as a list may show it where others look on; a dash once the name was erased."""
    return f"{first_name} {last_name[:1]}.".strip() if last_name else first_name or "–"
