"""What the preparation sheet shows: articles with their place, ways out when one is missing, and what came before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import set_committed_value
from starlette.requests import Request

from booking import clients, journal
from booking.appointments import questions
from booking.appointments.preparing import STEPS
from booking.appointments.states import OPEN, ItemState, Status
from booking.appointments.tables import Appointment, Item
from booking.reservations import substitutes
from kit import languages
from kit.codes import show_code
from kit.languages import gettext, speaking
from kit.money import Money
from stores import pairings, stock
from stores.catalogue import Variant
from stores.places import Store
from stores.stock import StoreStock
from web import views
from web.appointment_words import event_words, item_words, outcome_words, status_words
from web.house import House
from web.staff import frame
from web.views import Picture
from web.words import who_words

MOST_INSTEAD = 4
IN_VISIT = (Status.ARRIVED, Status.IN_PROGRESS)
FETCH = (ItemState.READY, ItemState.MISSING)
VISIT = (ItemState.SHOWN, ItemState.LIKED, ItemState.REFUSED)
BACK = {
    ItemState.READY: ItemState.TO_FETCH,
    ItemState.MISSING: ItemState.TO_FETCH,
    ItemState.SHOWN: ItemState.READY,
    ItemState.LIKED: ItemState.SHOWN,
    ItemState.REFUSED: ItemState.SHOWN,
}
"""Where a second tap on the same button leads: a slip of the finger is taken back."""
AFTER = {
    ItemState.SUGGESTED: 3,
    ItemState.DROPPED: 4,
    ItemState.REFUSED: 2,
}
"""What is lower on the list than the rest."""
TONES = {
    ItemState.READY: "ok",
    ItemState.MISSING: "err",
    ItemState.LIKED: "ok",
    ItemState.SHOWN: "info",
    ItemState.TO_FETCH: "warn",
}


# Articles


@dataclass(frozen=True)
class Tap:
    """One button of an article; pressed while it says how things stand."""

    state: str
    words: str
    to: str
    pressed: bool


@dataclass(frozen=True)
class Instead:
    """Another article that could be fetched in place of one that is missing."""

    sku: str
    name: str
    lang: str
    why: str
    price: Money
    available: int


@dataclass(frozen=True)
class Article:
    id: int
    name: str
    lang: str
    picture: Picture | None
    sku: str
    price: Money
    quantity: int
    place: str
    """Floor, department and shelf, for a walk."""
    shelf: str
    stock: StoreStock | None
    kept: str
    """Whether it waits for her."""
    state: str
    words: str
    tone: str
    by: str
    """The colleague who added it; empty for her own choice."""
    why: str
    """Of a suggestion: the reason."""
    why_lang: str
    fetch: Sequence[Tap] = ()
    visit: Sequence[Tap] = ()
    instead: Sequence[Instead] = ()
    may_drop: bool = False
    may_reserve: bool = False


@dataclass(frozen=True)
class Articles:
    """`wanted` are on her list, `suggested` wait for a yes or a no, `dropped` were taken off."""

    wanted: Sequence[Article]
    suggested: Sequence[Article]
    dropped: Sequence[Article]


async def articles_of(request: Request, session: AsyncSession, one: Appointment) -> Articles:
    """The articles of the sheet, those she does not want last."""
    variants = {item.variant_id for item in one.items}
    cells = await stock.cells(session, one.store_id, variants) if variants else {}
    found = []
    for item in sorted(one.items, key=lambda item: (AFTER.get(ItemState(item.state), 1), item.id)):
        missing = item.state == ItemState.MISSING and one.status in OPEN
        instead = await _instead(session, one, item.variant) if missing else []
        found.append(_article(request, one, item, cells.get(item.variant_id), instead))
    return Articles(
        wanted=[a for a in found if a.state not in (ItemState.SUGGESTED, ItemState.DROPPED)],
        suggested=[a for a in found if a.state == ItemState.SUGGESTED],
        dropped=[a for a in found if a.state == ItemState.DROPPED],
    )


def _article(
    request: Request, one: Appointment, item: Item, cell: StoreStock | None, instead: Sequence[Instead]
) -> Article:
    house: House = request.app.state.house
    variant, state, open_ = item.variant, ItemState(item.state), one.status in OPEN
    steps = STEPS[state] if open_ else frozenset()
    fetching = open_ and state in (ItemState.TO_FETCH, *FETCH)
    visiting = one.status in IN_VISIT and state not in (ItemState.MISSING, ItemState.SUGGESTED, ItemState.DROPPED)
    return Article(
        id=item.id,
        name=views.name_of(variant),
        lang=variant.product.name.language(),
        picture=frame.picture_of(variant),
        sku=variant.sku,
        price=item.price,
        quantity=item.quantity,
        place=_place(house, one.store, variant, cell),
        shelf=cell.shelf if cell else "",
        stock=cell,
        kept=_kept_words(one, item, cell),
        state=state,
        words=item_words(state),
        tone=TONES.get(state, "plain"),
        by="" if item.added_by == journal.SHOPPER else item.added_by,
        why=item.why.text(),
        why_lang=item.why.language(),
        fetch=[_tap(to, state) for to in FETCH] if fetching else (),
        visit=[_tap(to, state) for to in VISIT] if visiting else (),
        instead=instead,
        may_drop=ItemState.DROPPED in steps,
        may_reserve=not variant.product.by_appointment,
    )


def _tap(to: ItemState, state: ItemState) -> Tap:
    words = {
        ItemState.READY: gettext("Fetched"),
        ItemState.MISSING: gettext("Not found"),
        ItemState.SHOWN: gettext("Shown"),
        ItemState.LIKED: gettext("Liked"),
        ItemState.REFUSED: gettext("Not wanted"),
    }[to]
    return Tap(to, words, BACK[to] if to == state else to, to == state)


def _place(house: House, store: Store, variant: Variant, cell: StoreStock | None) -> str:
    """`3e étage, Luminaires`: where to walk to."""
    floor = frame.floor_words(store, cell.floor if cell else None, frame.department_code(house, variant))
    category = house.category(variant.product.category_id)
    department = house.department_of(category).name.text() if category else ""
    return ", ".join(part for part in (floor, department) if part)


def _kept_words(one: Appointment, item: Item, cell: StoreStock | None) -> str:
    if item.variant.product.by_appointment:
        return gettext("on show in the store") if cell and cell.book > 0 else ""
    if one.status not in OPEN or item.state in (ItemState.SUGGESTED, ItemState.DROPPED):
        return ""
    return gettext("kept until the end of the visit") if item.held else gettext("not kept")


async def _instead(session: AsyncSession, one: Appointment, missing: Variant) -> list[Instead]:
    """Its other forms first, then what goes with it, then what is near it on the shelf; all of them here."""
    near = await substitutes.look_for(session, one.store_id, missing, "")
    forms = [(each.variant, each.available, gettext("another form of it")) for each in near
             if each.variant.product_id == missing.product_id]  # fmt: skip
    others = [(each.variant, each.available, "") for each in near if each.variant.product_id != missing.product_id]
    known = {item.variant_id for item in one.items}
    ways = [*forms, *await _paired(session, one, missing), *others]
    first: dict[int, Instead] = {}
    for variant, available, why in ways:
        if variant.id not in known:
            name = variant.product.name
            first.setdefault(
                variant.id,
                Instead(variant.sku, views.name_of(variant), name.language(), why, variant.price, available),
            )
    return [*first.values()][:MOST_INSTEAD]


async def _paired(session: AsyncSession, one: Appointment, missing: Variant) -> list[tuple[Variant, int, str]]:
    found = await pairings.of_products(session, [missing.product_id])
    forms = [variant for pairing in found for variant in pairing.other.variants if not variant.hidden]
    cells = await stock.cells(session, one.store_id, [variant.id for variant in forms]) if forms else {}
    here = []
    for pairing in found:
        for variant in pairing.other.variants:
            set_committed_value(variant, "product", pairing.other)  # it was read from this side
            cell = None if pairing.other.by_appointment else cells.get(variant.id)
            if cell is not None and cell.available > 0:
                here.append((variant, cell.available, pairing.reason.text()))
    return here


# Why she comes


def opening_questions(language: str) -> Sequence[str]:
    """What to ask who told nothing beforehand, in her own language."""
    with speaking(language):
        return [
            gettext("What brings you here today, and where will it live?"),
            gettext("What do you have already that it should go with?"),
            gettext("What would make you say no: size, colour, price?"),
        ]


def answers_of(one: Appointment) -> list[tuple[str, str]]:
    """The questions of the service in the colleague's language, each with her answer."""
    known = [
        (languages.Translated.from_json(question["label"]).text(), one.answers[question["key"]])
        for question in one.service.questions
        if one.answers.get(question["key"])
    ]
    keys = {question["key"] for question in one.service.questions}
    return known + [("", text) for key, text in one.answers.items() if key not in keys]  # asked before it was changed


def amount_of(one: Appointment) -> Money | None:
    """What she bought for, where somebody said so."""
    return None if one.amount_minor is None else Money(one.amount_minor, currency_of(one))


def currency_of(one: Appointment) -> str:
    """That of her articles; an appointment keeps the bare number."""
    return one.items[0].currency if one.items else "EUR"


# What came before


@dataclass(frozen=True)
class Past:
    """A former visit, or a reservation that was collected."""

    at: datetime
    when: str
    code: str
    name: str
    what: str
    lines: Sequence[str]
    notes: Sequence[tuple[str, str]]
    """Text and name of who wrote it; only what is shared."""


async def past_of(session: AsyncSession, one: Appointment, now: datetime) -> list[Past]:
    """What she allows the advisor to look at; nothing where she did not."""
    if not one.history:
        return []
    visits = [visit_past(visit, now) for visit in await questions.visits(session, one)]
    collected = [
        Past(
            at=each.ended_at or each.requested_at,
            when=languages.day_words(
                one.store.local(each.ended_at or each.requested_at).date(), one.store.local(now).date()
            ),
            code=show_code(each.code),
            name="staff_reservation",
            what=gettext("Reservation collected"),
            lines=[views.name_of(line.variant) for line in each.lines],
            notes=(),
        )
        for each in await clients.collected(session, one)
    ]
    return sorted([*visits, *collected], key=lambda past: past.at, reverse=True)


def visit_past(visit: Appointment, now: datetime) -> Past:
    """A visit as it is remembered: with whom, what came of it, what was liked, and what was noted for everyone."""
    store = visit.store
    advisor = visit.advisor.name if visit.advisor else ""
    came = outcome_words(visit.outcome) or status_words(visit.status)
    said = gettext("%(what)s: %(why)s", what=came, why=visit.outcome_reason) if visit.outcome_reason else came
    title = visit.service.name.text()
    return Past(
        at=visit.starts_at,
        when=languages.day_words(store.local(visit.starts_at).date(), store.local(now).date()),
        code=show_code(visit.code),
        name="staff_appointment",
        what=", ".join(part for part in (title, advisor, said) if part),
        lines=[
            gettext("%(article)s (liked)", article=views.name_of(item.variant))
            for item in visit.items
            if item.state == ItemState.LIKED
        ],
        notes=[(note.text, note.by) for note in visit.notes if not note.private],
    )


@dataclass(frozen=True)
class Event:
    at: datetime
    when: str
    words: str
    by: str
    reservation: str
    """The code of the reservation that was made, where one was."""


def events_of(one: Appointment, entries: Sequence[journal.Entry], now: datetime) -> list[Event]:
    """The history of the appointment itself, newest first."""
    return [_event(one, entry, now) for entry in reversed(entries)]


def _event(one: Appointment, entry: journal.Entry, now: datetime) -> Event:
    detail: Mapping[str, object] = entry.detail
    item = next((item for item in one.items if item.id == detail.get("item")), None)
    words = event_words(entry.event, by=entry.by, reason=entry.reason)
    if item is not None:
        words = gettext("%(article)s: %(state)s", article=views.name_of(item.variant), state=_state_words(entry.event))
    check = next((check for check in one.checks if check.id == detail.get("check")), None)
    if check is not None:
        state = gettext("done") if entry.event == "check_done" else gettext("not after all")
        words = gettext("%(article)s: %(state)s", article=check.words.text(), state=state)
    return Event(
        at=entry.at,
        when=languages.moment_words(entry.at, one.store.timezone, now),
        words=words,
        by=who_words(entry.by),
        reservation=show_code(str(detail["reservation"])) if detail.get("reservation") else "",
    )


def _state_words(event: str) -> str:
    return item_words(event.removeprefix("item_"))
