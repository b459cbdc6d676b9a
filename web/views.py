"""What pages show of the house: pictures, cards, addresses, and availability in one of five sentences.

A quantity is never public, and availability is never a guess dressed as a fact.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlencode

from starlette.requests import Request

from booking.customers import show_phone
from kit import images, languages
from kit.languages import gettext, ngettext
from kit.money import Money
from stores import stock
from stores.articles import Article, Cell, Choice, Shown
from stores.catalogue import Category, Variant
from stores.places import Store
from stores.stock import Confidence
from web import pages
from web.house import House
from web.pages import Page

AVAILABLE, TO_CONFIRM, BY_APPOINTMENT = "available", "to_confirm", "by_appointment"
ELSEWHERE, UNAVAILABLE = "elsewhere", "unavailable"
RESERVABLE = frozenset({AVAILABLE, TO_CONFIRM})
_BEST_FIRST = (AVAILABLE, TO_CONFIRM, BY_APPOINTMENT)

NEW_FOR = timedelta(days=30)
"""How long an article is called new."""
MOST_PLACES = 5
"""Other stores named on one page."""
WORTH_THE_WAY_KM = 50
"""Farther stores are not named beside one that may have it too."""


class Picture(NamedTuple):
    src: str
    alt: str
    width: int
    height: int
    srcset: str = ""
    focus: str = ""
    """Classes that keep its focal point in a crop; empty for the middle."""


@dataclass(frozen=True)
class Place:
    """Another store in which an article can be found; `km` from the chosen one."""

    slug: str
    store: str
    km: float | None
    url: str
    words: str


@dataclass(frozen=True)
class Availability:
    """`words` is the short form for a card; the page says the long one, with the store, when, and where else."""

    status: str
    words: str
    store: str | None = None
    checked: str = ""
    answer: str = ""
    elsewhere: Sequence[Place] = ()


class Said(NamedTuple):
    """An availability in one short sentence."""

    status: str
    words: str


class Card(NamedTuple):
    url: str
    name: str
    lang: str
    """Of the name, where it is not the one spoken."""
    brand: str
    price: Money | None
    was: Money | None
    """Crossed out; None where variants cost different prices."""
    from_price: bool
    picture: Picture | None
    second_picture: Picture | None
    availability: Said
    is_new: bool


@dataclass(frozen=True)
class Shop:
    """A store as a page of the shop names it."""

    slug: str
    name: str
    address: Sequence[str]
    city: str
    phone: str
    entrance: str
    open_words: str
    hours_words: str
    map_url: str
    services: Sequence[str] = field(default_factory=tuple)


def picture(row: Any) -> Picture:
    """An image, or one that hangs on an article, at each of the widths that were drawn of it."""
    focus = focus_class(row.focal_x, row.focal_y)
    return Picture(f"/media/{row.path}", row.alt.text(), row.width, row.height, srcset(row.path, row.width), focus)


def _decoration(row: Shown) -> Picture:
    """A picture beside the name of what it shows: it says nothing more."""
    focus = focus_class(row.focal_x, row.focal_y)
    return Picture(f"/media/{row.path}", "", row.width, row.height, srcset(row.path, row.width), focus)


@lru_cache(maxsize=4096)
def srcset(path: str, width: int) -> str:
    """The sizes of an image, for the browser to choose; empty where there is but one."""
    drawn = images.sizes(path, width)
    return ", ".join(f"/media/{smaller} {size}w" for size, smaller in drawn) if len(drawn) > 1 else ""


@lru_cache(maxsize=256)
def focus_class(x: int, y: int) -> str:
    """The classes that crop around this point (percent), to the nearest tenth: no page may carry a style of its own."""
    across, down = round(x / 10) * 10, round(y / 10) * 10
    return " ".join([*([f"fx-{across}"] if across != 50 else []), *([f"fy-{down}"] if down != 50 else [])])


def name_of(variant: Variant) -> str:
    """`Lampe Oscar, Laiton`."""
    return ", ".join(part for part in (variant.product.name.text(), variant.label) if part)


def scene(path: str, alt: str = "") -> Picture | None:
    """The picture of a store or a department, whose size is not kept."""
    return Picture(f"/media/{path}", alt, 0, 0) if path else None


def product_url(request: Request, article: Article, **query: str) -> str:
    language = languages.language()
    return address(request, "product", query, slug=article.slug(language))


def category_url(request: Request, category: Category) -> str:
    return address(request, "category", slug=category.slug(languages.language()))


def address(request: Request, name: str, query: Any = None, **params: Any) -> str:
    """The path of a named route in the language spoken, with a query."""
    params.setdefault("language", languages.language())
    path = pages.path_for(request.app, name, **params)
    return f"{path}?{urlencode(query, doseq=True)}" if query else path


def shop(store: Store, now: datetime) -> Shop:
    """The address as it is written on an envelope, the telephone as it is read here."""
    language = languages.language()
    return Shop(
        slug=store.slug,
        name=store.name,
        address=[store.street],
        city=f"{store.postcode} {store.city}",
        phone=show_phone(store.phone, language) if store.phone else "",
        entrance=", ".join(part for part in (store.desk.text(), store.entrance.text()) if part),
        open_words=languages.upper_first(pages.open_words(store, now)),
        hours_words=hours_words(store, now),
        map_url=map_url(store),
        services=[languages.Translated(service).text() for service in store.services],
    )


def map_url(store: Store) -> str:
    return f"https://www.openstreetmap.org/?mlat={store.latitude}&mlon={store.longitude}#map=18/{store.latitude}/{store.longitude}"


def hours_words(store: Store, now: datetime) -> str:
    """The hours of today, in words."""
    return times_words(store.hours.week(store.local(now).date())[0].times)


def times_words(times: Iterable[tuple[Any, Any]]) -> str:
    spans = [languages.hours_range_words(opens, closes) for opens, closes in times]
    return languages.list_words(spans) if spans else gettext("closed")


def page(
    request: Request,
    title: str,
    paths: dict[str, str],
    *,
    description: str = "",
    image: str = "",
    robots: str = "",
    query: str = "",
) -> Page:
    """A page whose address differs by more than the language: `paths` by language; `query` belongs to what it is."""
    base = request.app.state.settings.base_url
    alternates = {language: f"{base}{path}{query}" for language, path in paths.items()}
    return Page(
        title=title,
        description=description,
        alternates=alternates,
        canonical=alternates[languages.language()],
        robots=robots,
        image=f"{base}{image}" if image else "",
    )


# Availability


def status_at(store: Store, cells: Iterable[Cell | None], *, by_appointment: bool, now: datetime) -> str:
    """The best that this store can say of these variants: one of the first three sentences, or UNAVAILABLE."""
    if not in_season(store, now):
        return UNAVAILABLE
    said = {_status_of(store, cell, by_appointment=by_appointment, now=now) for cell in cells if cell is not None}
    return next((status for status in _BEST_FIRST if status in said), UNAVAILABLE)


def in_season(store: Store, now: datetime) -> bool:
    """Whether it takes reservations at this time of the year; asked for every article of a page."""
    all_year = store.opens_on is None and store.closes_on is None
    return all_year or store.hours.in_season(store.local(now).date())


def _status_of(store: Store, cell: Cell, *, by_appointment: bool, now: datetime) -> str:
    if by_appointment:
        return BY_APPOINTMENT if cell.book > 0 else UNAVAILABLE
    if cell.available <= 0:
        return UNAVAILABLE
    trust = stock.believed(cell, store, after_hold=cell.available - 1, now=now)
    return AVAILABLE if trust is Confidence.HIGH and cell.available > store.low_threshold else TO_CONFIRM


def availability(
    request: Request, article: Article, choices: Sequence[Choice], store: Store | None, *, sku: str = ""
) -> Availability:
    """What `store` can say of these variants of an article, and which other stores have them, the nearest first.

    Without a store it is a list of the stores where it can be seen. With `sku` those stores have an address.
    """
    house: House = request.app.state.house
    now: datetime = request.state.now
    by_appointment = article.by_appointment

    def at(one: Store) -> str:
        return status_at(one, (choice.cells.get(one.id) for choice in choices), by_appointment=by_appointment, now=now)

    here = at(store) if store else UNAVAILABLE
    if store and here == AVAILABLE:
        return Availability(
            AVAILABLE, gettext("Available at %(store)s", store=store.name), store.name, _checked(store, choices, now)
        )
    held = {store_id for choice in choices for store_id in choice.cells}
    others = [(at(one), one) for one in map(house.store_by_id, held) if one and (store is None or one.id != store.id)]
    wanted = RESERVABLE if here == UNAVAILABLE else {AVAILABLE}
    wanted = {BY_APPOINTMENT} if by_appointment else wanted
    places = [] if store and here == BY_APPOINTMENT else _places(request, article, others, wanted, store, sku)
    if store and here == TO_CONFIRM:
        words = gettext("To be confirmed by the store")
        near = [place for place in places if place.km is not None and place.km <= WORTH_THE_WAY_KM]
        return Availability(TO_CONFIRM, words, store.name, "", answer_words(store), near[:MOST_PLACES])
    if here == BY_APPOINTMENT or (store is None and by_appointment and places):
        words = gettext("On display, by appointment")
        return Availability(BY_APPOINTMENT, words, store.name if store else None, elsewhere=places[:MOST_PLACES])
    if not places:
        return Availability(UNAVAILABLE, gettext("Currently unavailable"), store.name if store else None)
    if store is None:
        words = ngettext("To be seen in one store", "To be seen in %(num)d stores", len(places), num=len(places))
        return Availability(ELSEWHERE, words, elsewhere=places[:MOST_PLACES])
    nearest = places[0]
    words = gettext(
        "Not here. At %(store)s, %(km)s away", store=nearest.store, km=languages.distance_words(nearest.km or 0)
    )
    return Availability(ELSEWHERE, words, store.name, elsewhere=places[:MOST_PLACES])


def in_a_word(request: Request, article: Article, store: Store | None) -> Said:
    """What a card says of an article: its status and one short sentence. Weighs no more stores than it names."""
    now: datetime = request.state.now
    by_appointment, choices = article.by_appointment, article.choices

    def at(one: Store) -> str:
        return status_at(one, (choice.cells.get(one.id) for choice in choices), by_appointment=by_appointment, now=now)

    here = at(store) if store else UNAVAILABLE
    if store and here == AVAILABLE:
        return Said(here, gettext("Available at %(store)s", store=store.name))
    if here == TO_CONFIRM:
        return Said(here, gettext("To be confirmed by the store"))
    if here == BY_APPOINTMENT:
        return Said(here, gettext("On display, by appointment"))
    house: House = request.app.state.house
    held = {store_id for choice in choices for store_id in choice.cells}
    if store is None:
        stores = [one for one in map(house.store_by_id, held) if one and at(one) != UNAVAILABLE]
        if not stores:
            return Said(UNAVAILABLE, gettext("Currently unavailable"))
        if by_appointment:
            return Said(BY_APPOINTMENT, gettext("On display, by appointment"))
        words = ngettext("To be seen in one store", "To be seen in %(num)d stores", len(stores), num=len(stores))
        return Said(ELSEWHERE, words)
    nearest: tuple[Store, float] | None = None
    for store_id, km in house.distances(store).items():
        one = house.store_by_id(store_id) if store_id in held else None
        status = at(one) if one else UNAVAILABLE
        if one and status != UNAVAILABLE:
            nearest = (one, km) if nearest is None or status == AVAILABLE else nearest
            if status in (AVAILABLE, BY_APPOINTMENT):  # who knows that it has it comes before who has to look
                break
    if nearest is None:
        return Said(UNAVAILABLE, gettext("Currently unavailable"))
    far = languages.distance_words(nearest[1])
    return Said(ELSEWHERE, gettext("Not here. At %(store)s, %(km)s away", store=nearest[0].name, km=far))


def _places(
    request: Request,
    article: Article,
    others: Iterable[tuple[str, Store]],
    wanted: Iterable[str],
    store: Store | None,
    sku: str,
) -> list[Place]:
    """Stores that have it: those that know first, then by distance (by name without a chosen store)."""
    house: House = request.app.state.house
    far = house.distances(store) if store else {}
    have = []
    for status, one in others:
        if status not in wanted:
            continue
        km = far.get(one.id)
        url = product_url(request, article, sku=sku, store=one.slug) if sku else ""
        place = Place(one.slug, one.name, km, url, _place_words(status, one, km))
        have.append((_BEST_FIRST.index(status), km or 0.0, one.name, place))
    return [place for *_, place in sorted(have, key=lambda had: had[:3])]


def _place_words(status: str, store: Store, km: float | None) -> str:
    if status == TO_CONFIRM:
        words = gettext("To be confirmed by %(store)s", store=store.name)
    elif status == BY_APPOINTMENT:
        words = gettext("On display at %(store)s", store=store.name)
    else:
        words = gettext("Available at %(store)s", store=store.name)
    return gettext("%(where)s, %(km)s away", where=words, km=languages.distance_words(km)) if km is not None else words


def _checked(store: Store, choices: Sequence[Choice], now: datetime) -> str:
    """When somebody, or the till, last said how many there are: the hour today, or the day too."""
    cells = (choice.cells.get(store.id) for choice in choices)
    said = [when for cell in cells if cell for when in (cell.fed_at, cell.seen_at) if when is not None]
    if not said:
        return ""
    last = max(said)
    if store.local(last).date() == store.local(now).date():
        return gettext("checked at %(time)s", time=languages.time_words(store.local(last)))
    return gettext("checked %(when)s", when=languages.moment_words(last, store.timezone, now))


def answer_words(store: Store) -> str:
    """How soon the store answers, while it is open: `réponse sous 2 heures d’ouverture`."""
    hours, minutes = divmod(store.answer_minutes, 60)
    if minutes:
        return gettext("answer within %(minutes)d opening minutes", minutes=store.answer_minutes)
    return ngettext("answer within one opening hour", "answer within %(num)d opening hours", hours, num=hours)


def card(request: Request, article: Article, store: Store | None) -> Card:
    """One article in a grid, with the price of the store where that has one of its own."""
    store_id = store.id if store else None
    first, *others = article.choices or (None,)
    price = min((choice.price_in(store_id) for choice in article.choices), key=lambda one: one.minor, default=None)
    differs = first is not None and any(one.price_in(store_id) != first.price_in(store_id) for one in others)
    pictures = article.pictures
    published, lang = article.published_at, article.name.language()
    return Card(
        url=product_url(request, article),
        name=article.name.text(),
        lang="" if lang == languages.language() else lang,
        brand=article.brand,
        price=price,
        was=first.was if first and not differs and price == first.price else None,
        from_price=differs,
        picture=_decoration(pictures[0]) if pictures else None,
        second_picture=_decoration(pictures[1]) if len(pictures) > 1 else None,
        availability=in_a_word(request, article, store),
        is_new=published is not None and request.state.now - published < NEW_FOR,
    )


def crumbs(request: Request, category: Category) -> list[tuple[str, str]]:
    """The department, then its part: what stands above and at a category."""
    house: House = request.app.state.house
    above = house.department_of(category)
    steps = [category] if above.id == category.id else [above, category]
    return [(step.name.text(), category_url(request, step)) for step in steps]
