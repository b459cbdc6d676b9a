"""The week before today, lived once more: people ask, staff answer, time runs out, by the use-cases themselves.

Every story is a generator that says when it goes on, and does the next thing when the week has come to that moment.
All stories share one clock, so that journal, stock, tasks and messages are in the order in which they would have come
to be. Nothing happens after `now`: a story whose next moment lies ahead is left where it stands.
"""

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from random import Random
from typing import NamedTuple

from sqlalchemy import and_, case, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from booking import messages, tasks
from booking.customers import Customer, customer
from booking.messages import Message
from booking.reservations import answering, asking, questions, timers
from booking.reservations.answering import Found, Substitute
from booking.reservations.asking import Asked
from booking.reservations.states import Reason, Status
from booking.reservations.tables import Reservation
from kit.errors import Refused
from stores import staff, stock
from stores.catalogue import Product, State, Variant
from stores.hours import NeverOpens
from stores.places import Store
from stores.stock import StoreStock

Story = AsyncGenerator[datetime, None]
"""Yields the moments at which it goes on."""

FRESH = timedelta(hours=12)
"""Messages younger than this are left for the worker, so that the demo has mail to read from its first minute."""
OPEN_DAYS_SEARCHED = 21
SHELVES = 1_000
"""Articles of a store among which the week chooses."""

PEOPLE = (
    ("Claire", "Vasseur", "fr"), ("Hugo", "Lemaire", "fr"), ("Fatou", "Sarr", "fr"), ("Émile", "Charpentier", "fr"),
    ("Noor", "El Amrani", "fr"), ("Juliette", "Bonnard", "fr"), ("Oliver", "Hartley", "en"), ("Amélie", "Joly", "fr"),
    ("Grace", "Okafor", "en"), ("Théo", "Marchetti", "fr"), ("Salomé", "Peltier", "fr"), ("Daniel", "Brandt", "en"),
    ("Agathe", "Rivoire", "fr"), ("Mehdi", "Cherif", "fr"), ("Solange", "Tessier", "fr"), ("Harriet", "Lowell", "en"),
    ("Baptiste", "Gauvin", "fr"), ("Inaya", "Traoré", "fr"), ("Lucien", "Maréchal", "fr"), ("Pauline", "Stocker", "fr"),
    ("Rosa", "Ferreira", "en"), ("Victor", "Delannoy", "fr"), ("Nolwenn", "Le Gall", "fr"), ("Ismaël", "Benali", "fr"),
    ("Catherine", "Dufresne", "fr"), ("Arthur", "Penrose", "en"), ("Manon", "Schmitt", "fr"), ("Gaël", "Fontan", "fr"),
    ("Lise", "Hoareau", "fr"), ("Sunita", "Ramassamy", "fr"), ("Andrew", "Kinnear", "en"), ("Léonie", "Castel", "fr"),
    ("Marius", "Aubin", "fr"), ("Yasmine", "Khelifi", "fr"), ("Édith", "Vernier", "fr"), ("Tom", "Ashworth", "en"),
    ("Capucine", "Roy", "fr"), ("Joachim", "Weiss", "fr"), ("Anouk", "Delorge", "fr"), ("Philippe", "Arnoux", "fr"),
)  # fmt: skip
"""Invented. Addresses are at domains that stand for examples, telephone numbers those that the ARCEP keeps for
fiction (06 39 98 xx xx)."""

NOTES = {
    "fr": (
        "Je passerai après le travail, vers 18 h 30.",
        "C’est pour un cadeau, merci de ne pas montrer le paquet si je viens accompagnée.",
        "Je voudrais voir la couleur à la lumière du jour.",
        "Je viens avec une poussette : y a-t-il un ascenseur ?",
        "Je n’ai pas encore choisi la taille, je préfère essayer.",
    ),
    "en": (
        "I will come by on Saturday morning.",
        "It is a present, so please do not mention it if I come with my daughter.",
        "Could someone show me how it opens?",
    ),
}
PLACES = ("A1", "A3", "A4", "B2", "B5", "C1", "C2", "Rayonnage 4", "Portant 2")


@dataclass(frozen=True)
class Cast:
    """The stores that play, by slug: where the demo begins, where a machine may confirm, where the till counts, the
    one in another time zone, and the one of a season."""

    main: str
    quick: str
    till: str
    far: str
    season: str


class Shelf(NamedTuple):
    """An article that a store could promise when the week began."""

    variant_id: int
    product_id: int
    available: int
    at_most: int
    """Units that one person may reserve."""
    trusted: bool
    """Cheap enough, seen and fed lately enough for a machine to confirm."""


@dataclass
class Week:
    """What every story needs at hand."""

    session: AsyncSession
    secret: bytes
    now: datetime
    stores: dict[str, Store]
    advisors: dict[str, list[str]]
    managers: dict[str, list[str]]
    shelves: dict[str, list[Shelf]]
    rng: Random = field(default_factory=lambda: Random("aurore: week"))
    asked: int = 0

    def ago(self, store: Store, minutes: float) -> datetime:
        """The moment since which `store` was open for so many minutes; `NotOpenThen` when it was not for so long."""
        left = timedelta(minutes=minutes)
        today = store.hours.local_day(self.now)
        for span in reversed(store.hours.spans(today - timedelta(days=OPEN_DAYS_SEARCHED), today)):
            end = min(span.end, self.now)
            if span.start >= end:
                continue
            if left <= end - span.start:
                return end - left
            left -= end - span.start
        raise NotOpenThen

    def open_days_ago(self, store: Store, days: int, hour: float = 2.0) -> datetime:
        """`hour` open hours after the opening of the nth day before today on which `store` was open."""
        today = store.hours.local_day(self.now)
        earlier = (store.hours.day_spans(today - timedelta(back)) for back in range(1, OPEN_DAYS_SEARCHED))
        opened = [spans for spans in earlier if spans]
        if len(opened) < days:
            raise NotOpenThen
        return store.hours.add_open_minutes(opened[days - 1][0].start, hour * 60)

    def later(self, store: Store, at: datetime, minutes: float) -> datetime:
        """So many open minutes after `at`."""
        return store.hours.add_open_minutes(at, minutes)

    def advisor(self, store: Store) -> str:
        return self.rng.choice(self.advisors[store.slug])

    def manager(self, store: Store) -> str:
        return self.rng.choice(self.managers[store.slug])

    def place(self) -> str:
        return self.rng.choice(PLACES)

    def someone(self, *, contact: str = "email", note: bool = False) -> Customer:
        """The next of the people, once round and then again."""
        first, last, language = PEOPLE[self.asked % len(PEOPLE)]
        number, self.asked = self.asked, self.asked + 1
        name = f"{first}.{last}".lower().replace(" ", "").translate(_PLAIN)
        domain = "example.com" if language == "en" else "exemple.fr"
        return customer(
            first_name=first,
            last_name=last,
            email="" if contact == "phone" else f"{name}@{domain}",
            phone=f"06 39 98 {number // 90 + 10:02} {number % 90 + 10:02}" if contact != "email" or number % 3 else "",
            language=language,
            contact=contact,
            note=self.rng.choice(NOTES[language]) if note else "",
        )


_PLAIN = str.maketrans("éèêëàâäîïôöùûüç", "eeeeaaaiioouuuc")


class NotOpenThen(Exception):
    """The store was closed in the days that a story needs: a season that has not begun, or is over."""


async def build(session: AsyncSession, cast: Cast, *, secret: bytes, now: datetime) -> None:
    """Live the seven days before `now` in these stores."""
    week = await _gather(session, cast, secret, now)
    play = _Play(week)
    for start in _stories(week, cast):
        await play.begin(start)
    await play.run()
    await _deliver(session, until=now - FRESH)


async def _gather(session: AsyncSession, cast: Cast, secret: bytes, now: datetime) -> Week:
    slugs = {cast.main, cast.quick, cast.till, cast.far, cast.season}
    query = select(Store).where(Store.slug.in_(slugs)).options(selectinload(Store.exceptions))
    stores = {store.slug: store for store in await session.scalars(query.execution_options(populate_existing=True))}
    names: dict[staff.Role, dict[str, list[str]]] = {staff.Role.ADVISOR: {}, staff.Role.MANAGER: {}}
    for role, known in names.items():
        for slug, store in stores.items():
            known[slug] = [account.first_name for account in await staff.working_at(session, [store.id], role=role)]
    shelves = {slug: await _shelves(session, store, now) for slug, store in stores.items()}
    return Week(session, secret, now, stores, names[staff.Role.ADVISOR], names[staff.Role.MANAGER], shelves)


async def _shelves(session: AsyncSession, store: Store, now: datetime) -> list[Shelf]:
    trusted = and_(
        StoreStock.seen_at > now - timedelta(days=15),
        StoreStock.fed_at > now - timedelta(days=1),
        Variant.price_minor <= store.auto_confirm_limit_minor,
    )
    query = (
        select(Variant.id, Product.id, StoreStock.available, Product.max_per_reservation, trusted)
        .join(Variant.product)
        .join(StoreStock, StoreStock.variant_id == Variant.id)
        .where(
            StoreStock.store_id == store.id,
            StoreStock.available > 0,
            Product.state == State.PUBLISHED,
            ~Product.by_appointment,
        )
        .order_by(Variant.sku)
        .limit(SHELVES)
    )
    return [Shelf(*row) for row in await session.execute(query)]


class _Play:
    """All stories on one clock."""

    def __init__(self, week: Week) -> None:
        self._week = week
        self._waiting: list[tuple[datetime, int, Story]] = []
        self._begun = 0

    async def begin(self, story: Story) -> None:
        self._begun += 1
        await self._go_on(self._begun, story)

    async def run(self) -> None:
        """Always the story whose moment comes first, until none is left before now."""
        while self._waiting:
            at, number, story = heappop(self._waiting)
            if at > self._week.now:
                continue
            await _deliver(self._week.session, until=min(at, self._week.now - FRESH))
            await self._go_on(number, story)

    async def _go_on(self, number: int, story: Story) -> None:
        try:
            async with self._week.session.begin_nested():
                at = await anext(story, None)
        except (NotOpenThen, NeverOpens, Refused):
            # it cannot be: the season is over, nothing is left to reserve; half a step is taken back
            return
        if at is not None:
            heappush(self._waiting, (at, number, story))


async def _deliver(session: AsyncSession, *, until: datetime) -> None:
    """What the worker would have done by then: sent what was due and still true, dropped the rest."""
    still = select(Reservation.status).where(Reservation.id == Message.subject_id).scalar_subquery()
    true = or_(Message.only_if == "", still == func.any(func.string_to_array(Message.only_if, ",")))
    await session.execute(
        update(Message)
        .where(Message.state == messages.State.PENDING, Message.due_at <= until)
        .values(
            state=case((true, messages.State.SENT), else_=messages.State.DROPPED),
            sent_at=case((true, Message.due_at)),
            attempts=case((true, 1), else_=0),
            reason=case((true, ""), else_="moved_on"),
        )
        .execution_options(synchronize_session=False)
    )


# What people do


async def _ask(
    week: Week,
    store: Store,
    at: datetime,
    *,
    units: Sequence[int] = (1,),
    contact: str = "email",
    note: bool = False,
    verified: bool = False,
    trusted: bool = False,
    **more: object,
) -> Reservation:
    """Someone asks for as many different articles as `units` has numbers; with `verified`, she confirms by mail."""
    wanted = [(await _article(week, store, number, trusted=trusted), number) for number in units]
    lines = list({variant.id: (variant, number) for variant, number in wanted}.values())
    person = week.someone(contact=contact, note=note)
    asked: Asked = await asking.reserve(
        week.session, store, lines, person, secret=week.secret, now=at, **more  # type: ignore[arg-type]
    )
    reservation = await questions.get(week.session, asked.reservation.id)
    if verified:
        await asking.verify(week.session, reservation, now=at + timedelta(minutes=1))
    return reservation


async def _article(week: Week, store: Store, units: int, *, trusted: bool = False, besides: int = 0) -> Variant:
    """Something that may be reserved and of which `store` has enough; `trusted`: cheap, plenty, seen and fed lately."""
    spare = units + 3 if trusted else units
    shelves = [
        shelf
        for shelf in week.shelves[store.slug]
        if shelf.available >= spare and shelf.at_most >= units and shelf.product_id != besides
        and (shelf.trusted or not trusted)
    ]
    week.rng.shuffle(shelves)
    for shelf in shelves:
        # what this shelf had when the week began may be promised by now
        query = (
            select(Variant)
            .join(StoreStock, StoreStock.variant_id == Variant.id)
            .where(Variant.id == shelf.variant_id, StoreStock.store_id == store.id, StoreStock.available >= spare)
            .options(selectinload(Variant.product))
        )
        if variant := await week.session.scalar(query):
            return variant
    raise stock.OutOfStock([])


async def _settle(week: Week, reservation: Reservation, at: datetime) -> None:
    """The worker's tick at that moment, for this reservation."""
    await timers.settle(week.session, reservation.id, now=at)


async def _confirm(week: Week, reservation: Reservation, at: datetime) -> str:
    """A colleague takes it on, finds everything and says so; returns who."""
    by = week.advisor(reservation.store)
    await answering.claim(week.session, reservation, by=by, now=at - timedelta(minutes=3))
    await answering.answer(week.session, reservation, {}, by=by, now=at)
    return by


async def _ready(week: Week, reservation: Reservation, at: datetime, by: str) -> None:
    await answering.make_ready(week.session, reservation, place=week.place(), by=by, now=at)


async def _collect(week: Week, reservation: Reservation, at: datetime, *, leave: int = 0) -> None:
    """She comes and takes what is there, but for `leave` units of the last article; the till tells where it counts."""
    store, by = reservation.store, week.advisor(reservation.store)
    lines = [line for line in reservation.lines if line.holding]
    bought = {line.id: line.held - (leave if line is lines[-1] else 0) for line in lines}
    await answering.collect(week.session, reservation, bought, by=by, now=at)
    if store.stock_authority != "feed":
        return
    for line in lines:
        if bought[line.id]:
            await stock.correct(
                week.session,
                store.id,
                line.variant_id,
                kind=stock.Kind.SALE,
                book=-bought[line.id],
                reason="",
                source="feed:caisse",
                source_event_id=f"{reservation.code}:{line.id}",
                by="",
                now=at + timedelta(minutes=2),
            )


async def _tidy(week: Week, reservation: Reservation, at: datetime) -> None:
    """What had to be put back, or called about, is done."""
    open_tasks = await tasks.open_in(week.session, frozenset({reservation.store_id}))
    for task in open_tasks:
        if task.reservation_id == reservation.id:
            await tasks.finish(week.session, task, by=week.advisor(reservation.store), now=at)


# Stories


def _stories(week: Week, cast: Cast) -> list[Story]:
    """Who does what where, most of it in the store where the demo begins."""
    main, quick, till, far, season = (
        week.stores[slug] for slug in (cast.main, cast.quick, cast.till, cast.far, cast.season)
    )
    minute = timedelta(minutes=1)
    return [
        # waiting for an answer, from the newest to the one that everybody has been told of
        _waits(week, main, lambda: week.now - 4 * minute, note=True),
        _waits(week, main, lambda: week.now - 9 * minute, units=(1, 1), contact="sms", verified=True),
        _waits(week, main, lambda: week.ago(main, 16), claimed=True, note=True),
        _waits(week, main, lambda: week.ago(main, 36), units=(2,)),
        _waits(week, main, lambda: week.ago(main, 78), contact="phone"),
        _waits(week, till, lambda: week.ago(till, 12), note=True),
        _waits(week, far, lambda: week.ago(far, 21)),
        _waits(week, season, lambda: week.ago(season, 9)),
        _waits(week, quick, lambda: week.ago(quick, 6)),
        # the mailed link that nobody, or somebody, pressed
        _unverified(week, main, lambda: week.now - 3 * minute),
        _unverified(week, quick, lambda: week.open_days_ago(quick, 3)),
        _verified_later(week, main, lambda: week.open_days_ago(main, 4, 3)),
        # an offer: waiting for the shopper, taken, partly taken, refused, forgotten
        _proposed(week, main, lambda: week.ago(main, 95), units=(1, 1), says=None),
        _proposed(week, quick, lambda: week.ago(quick, 70), says=None, suspect_stock=Reason.DAMAGED),
        _proposed(week, main, lambda: week.open_days_ago(main, 3, 4), units=(1, 1), says=True),
        _proposed(week, till, lambda: week.open_days_ago(till, 2, 3), units=(1, 1), says=False),
        _proposed(week, main, lambda: week.open_days_ago(main, 6, 2), says=False),
        _proposed(week, far, lambda: week.open_days_ago(far, 5, 2), says=None),
        _proposed(week, main, lambda: week.open_days_ago(main, 5, 1), units=(2, 1), says=None, partly=True),
        # confirmed: on its way to the desk, late, by a machine, told by telephone
        _confirmed(week, main, lambda: week.ago(main, 55)),
        _confirmed(week, main, lambda: week.ago(main, 66), units=(1, 2), contact="sms", verified=True),
        _confirmed(week, main, lambda: week.ago(main, 330), note=True),
        _confirmed(week, far, lambda: week.ago(far, 80), contact="phone"),
        _confirmed(week, season, lambda: week.ago(season, 75)),
        _confirmed_by_machine(week, quick, lambda: week.ago(quick, 130)),
        _confirmed_by_machine(week, quick, lambda: week.open_days_ago(quick, 2, 1), ready=True),
        # at the desk: today, since yesterday, on the last day, once more
        _waiting_at_desk(week, main, lambda: week.ago(main, 200)),
        _waiting_at_desk(week, main, lambda: week.open_days_ago(main, 1, 5), units=(1, 1)),
        _waiting_at_desk(week, main, lambda: week.open_days_ago(main, 1, 6), contact="sms", verified=True),
        _waiting_at_desk(week, main, lambda: week.open_days_ago(main, 2, 2), note=True),
        _waiting_at_desk(week, main, lambda: week.open_days_ago(main, 2, 6), extended=True),
        _waiting_at_desk(week, quick, lambda: week.open_days_ago(quick, 1, 3), contact="phone"),
        _waiting_at_desk(week, till, lambda: week.open_days_ago(till, 1, 4), units=(2,)),
        _waiting_at_desk(week, far, lambda: week.open_days_ago(far, 1, 2)),
        _waiting_at_desk(week, season, lambda: week.ago(season, 150)),
        _put_aside_by_mistake(week, main, lambda: week.open_days_ago(main, 1, 1)),
        # they came
        _collected(week, main, lambda: week.open_days_ago(main, 6, 1), units=(1, 1)),
        _collected(week, main, lambda: week.open_days_ago(main, 5, 3), contact="sms", verified=True),
        _collected(week, main, lambda: week.open_days_ago(main, 4, 2), units=(2,), leave=1),
        _collected(week, main, lambda: week.open_days_ago(main, 3, 1), contact="phone"),
        _collected(week, main, lambda: week.open_days_ago(main, 2, 1), units=(1, 1), leave=1, tidied=False),
        _collected(week, main, lambda: week.open_days_ago(main, 1, 0.5), by_staff=True),
        _collected(week, quick, lambda: week.open_days_ago(quick, 4, 1)),
        _collected(week, quick, lambda: week.open_days_ago(quick, 2, 2), units=(1, 1)),
        _collected(week, till, lambda: week.open_days_ago(till, 3, 1), units=(1, 2)),
        _collected(week, till, lambda: week.open_days_ago(till, 5, 4)),
        _collected(week, far, lambda: week.open_days_ago(far, 4, 2), units=(1, 1)),
        _collected(week, far, lambda: week.open_days_ago(far, 2, 3), contact="sms", verified=True),
        _collected(week, season, lambda: week.open_days_ago(season, 3, 1)),
        _came_early(week, main, lambda: week.open_days_ago(main, 4, 5)),
        _came_early(week, quick, lambda: week.open_days_ago(quick, 3, 4), by_machine=True),
        _handed_over_twice(week, main, lambda: week.open_days_ago(main, 3, 6)),
        # it was not to be
        _declined(week, main, lambda: week.open_days_ago(main, 4, 1), Reason.SOLD),
        _declined(week, far, lambda: week.open_days_ago(far, 3, 4), Reason.DISPLAY_ONLY),
        _declined(week, till, lambda: week.open_days_ago(till, 4, 2), Reason.NOT_FOUND),
        _unanswered(week, main, lambda: week.open_days_ago(main, 5, 7)),
        _unanswered(week, far, lambda: week.open_days_ago(far, 2, 5), made_good=False),
        _cancelled(week, main, lambda: week.open_days_ago(main, 5, 2)),
        _cancelled(week, main, lambda: week.open_days_ago(main, 1, 4), at_desk=True),
        _cancelled(week, quick, lambda: week.open_days_ago(quick, 5, 2), at_desk=True, tidied=True),
        _turned_away(week, main, lambda: week.open_days_ago(main, 6, 5)),
        _waiting_at_desk(week, main, lambda: week.open_days_ago(main, 6, 3)),
        _waiting_at_desk(week, till, lambda: week.open_days_ago(till, 5, 1)),
        _confirmed(week, far, lambda: week.open_days_ago(far, 5, 1)),
        _came_late(week, main, lambda: week.open_days_ago(main, 6, 4)),
        _broken_promise(week, main, lambda: week.open_days_ago(main, 2, 4), Reason.DAMAGED),
        _broken_promise(week, quick, lambda: week.open_days_ago(quick, 3, 2), Reason.SOLD, instead=True),
    ]


When = Callable[[], datetime]
"""When a story begins; asked inside the story, so that one that cannot have been is left out."""


async def _waits(
    week: Week, store: Store, start: When, *, claimed: bool = False, **asked: object
) -> AsyncGenerator[datetime, None]:
    """Nobody answers, and time presses harder and harder."""
    yield (at := start())
    reservation = await _ask(week, store, at, **asked)  # type: ignore[arg-type]
    await _settle(week, reservation, at + timedelta(seconds=40))
    if claimed:
        yield (at := at + timedelta(minutes=5))
        await answering.claim(week.session, reservation, by=week.advisor(store), now=at)
    async for at in _pressed(week, reservation):
        yield at


async def _pressed(week: Week, reservation: Reservation) -> AsyncGenerator[datetime, None]:
    """The four moments of a request that nobody answers."""
    for column in ("amber_at", "manager_at", "group_at", "unanswered_at"):
        due: datetime = getattr(reservation, column)
        yield due
        await _settle(week, reservation, due)


async def _held(week: Week, reservation: Reservation) -> AsyncGenerator[datetime, None]:
    """What is confirmed, or ready, until nobody came for it."""
    if reservation.status == Status.CONFIRMED and reservation.ready_by:
        yield (due := reservation.ready_by)
        await _settle(week, reservation, due)
    while reservation.status in (Status.CONFIRMED, Status.READY):
        assert reservation.hold_until is not None
        yield (due := reservation.hold_until)
        await _settle(week, reservation, due)


async def _unverified(week: Week, store: Store, start: When) -> AsyncGenerator[datetime, None]:
    """The mailed link is never opened."""
    yield (at := start())
    reservation = await _ask(week, store, at, suspect=True)
    assert reservation.verify_by is not None
    yield (due := reservation.verify_by)
    await _settle(week, reservation, due)


async def _verified_later(week: Week, store: Store, start: When) -> AsyncGenerator[datetime, None]:
    """The mailed link is opened, and all goes well."""
    yield (at := start())
    reservation = await _ask(week, store, at, suspect=True)
    yield (at := at + timedelta(minutes=6))
    await asking.verify(week.session, reservation, now=at)
    yield (at := week.later(store, at, 20))
    by = await _confirm(week, reservation, at)
    yield (at := week.later(store, at, 60))
    await _ready(week, reservation, at, by)
    yield (at := week.later(store, at, 300))
    await _collect(week, reservation, at)


async def _proposed(
    week: Week,
    store: Store,
    start: When,
    *,
    units: Sequence[int] = (1,),
    says: bool | None,
    partly: bool = False,
    suspect_stock: Reason = Reason.NOT_FOUND,
) -> AsyncGenerator[datetime, None]:
    """The last article is missing, or `partly` so, and another one is offered; the shopper `says` yes, no, nothing."""
    yield (at := start())
    reservation = await _ask(week, store, at, units=units)
    yield (at := week.later(store, at, 25))
    by = week.advisor(store)
    line = reservation.lines[0] if partly else reservation.lines[-1]
    units_found = line.quantity - 1 if partly else 0
    other = await _article(week, store, 1, besides=line.variant.product_id)
    substitute = None if partly else Substitute(other, 1)
    found = {line.id: Found(units_found, suspect_stock, substitute)}
    await answering.answer(week.session, reservation, found, by=by, now=at)
    if says is None:
        assert reservation.proposal_until is not None
        yield (at := reservation.proposal_until)
        await _settle(week, reservation, at)
    else:
        yield (at := at + timedelta(minutes=45))
        await asking.settle_proposal(week.session, reservation, accept=says, now=at)
    if reservation.status != Status.CONFIRMED:
        return
    yield (at := week.later(store, at, 50))
    await _ready(week, reservation, at, by)
    yield (at := week.later(store, at, 200))
    await _collect(week, reservation, at)


async def _confirmed(week: Week, store: Store, start: When, **asked: object) -> AsyncGenerator[datetime, None]:
    """Found within the half hour, and then on its way to the desk."""
    yield (at := start())
    reservation = await _ask(week, store, at, **asked)  # type: ignore[arg-type]
    yield (at := week.later(store, at, 26))
    if reservation.status == Status.REQUESTED:
        await _confirm(week, reservation, at)
    async for at in _held(week, reservation):
        yield at


async def _confirmed_by_machine(
    week: Week, store: Store, start: When, *, ready: bool = False
) -> AsyncGenerator[datetime, None]:
    """The worker trusts the stock and confirms at once; staff fetch it all the same."""
    yield (at := start())
    reservation = await _ask(week, store, at, verified=True, trusted=True)
    await _settle(week, reservation, at + timedelta(minutes=2))
    if reservation.status != Status.CONFIRMED:
        yield (at := week.later(store, at, 20))
        await _confirm(week, reservation, at)
    if ready:
        yield (at := week.later(store, at, 45))
        await _ready(week, reservation, at, week.advisor(store))
    async for at in _held(week, reservation):
        yield at


async def _waiting_at_desk(
    week: Week, store: Store, start: When, *, extended: bool = False, **asked: object
) -> AsyncGenerator[datetime, None]:
    """Ready after an hour, and there until somebody comes or the hold ends."""
    yield (at := start())
    reservation = await _ask(week, store, at, **asked)  # type: ignore[arg-type]
    yield (at := week.later(store, at, 18))
    by = await _confirm(week, reservation, at)
    yield (at := week.later(store, at, 47))
    await _ready(week, reservation, at, by)
    if extended:
        yield (at := week.later(store, at, 90))
        await asking.extend(week.session, reservation, now=at)
    async for at in _held(week, reservation):
        yield at


async def _put_aside_by_mistake(week: Week, store: Store, start: When) -> AsyncGenerator[datetime, None]:
    """Ready, not ready, and ready in the end."""
    yield (at := start())
    reservation = await _ask(week, store, at)
    yield (at := week.later(store, at, 22))
    by = await _confirm(week, reservation, at)
    yield (at := week.later(store, at, 15))
    await _ready(week, reservation, at, by)
    yield (at := week.later(store, at, 10))
    await answering.unready(week.session, reservation, by=by, now=at)
    yield (at := week.later(store, at, 40))
    await _ready(week, reservation, at, by)
    async for at in _held(week, reservation):
        yield at


async def _collected(
    week: Week,
    store: Store,
    start: When,
    *,
    leave: int = 0,
    tidied: bool = True,
    by_staff: bool = False,
    **asked: object,
) -> AsyncGenerator[datetime, None]:
    """From the request to the hand-over; with `by_staff`, a colleague wrote it down for someone on the telephone."""
    yield (at := start())
    if by_staff:
        asked |= {"origin": "staff", "by": week.advisor(store), "contact": "phone"}
    reservation = await _ask(week, store, at, **asked)  # type: ignore[arg-type]
    await _settle(week, reservation, at + timedelta(minutes=2))
    yield (at := week.later(store, at, 9 + week.rng.randint(0, 19)))
    by = week.advisor(store)
    if reservation.status == Status.REQUESTED:
        by = await _confirm(week, reservation, at)
    yield (at := week.later(store, at, 30 + week.rng.randint(0, 60)))
    await _ready(week, reservation, at, by)
    yield (at := week.later(store, at, 100 + week.rng.randint(0, 300)))
    await _collect(week, reservation, at, leave=leave)
    if tidied:
        yield (at := week.later(store, at, 40))
        await _tidy(week, reservation, at)


async def _came_early(
    week: Week, store: Store, start: When, *, by_machine: bool = False
) -> AsyncGenerator[datetime, None]:
    """She stood at the desk before her bag did, perhaps before anybody had fetched it from its shelf."""
    yield (at := start())
    reservation = await _ask(week, store, at, verified=by_machine, trusted=by_machine)
    await _settle(week, reservation, at + timedelta(minutes=2))
    yield (at := week.later(store, at, 15))
    if reservation.status == Status.REQUESTED:
        await _confirm(week, reservation, at)
    yield (at := week.later(store, at, 20))
    await _collect(week, reservation, at)


async def _handed_over_twice(week: Week, store: Store, start: When) -> AsyncGenerator[datetime, None]:
    """Handed to the wrong person, undone by the manager, handed to the right one."""
    yield (at := start())
    reservation = await _ask(week, store, at, units=(1, 1))
    yield (at := week.later(store, at, 20))
    by = await _confirm(week, reservation, at)
    yield (at := week.later(store, at, 35))
    await _ready(week, reservation, at, by)
    yield (at := week.later(store, at, 120))
    await _collect(week, reservation, at)
    yield (at := at + timedelta(minutes=6))
    await answering.undo_collection(week.session, reservation, by=week.manager(store), now=at)
    yield (at := week.later(store, at, 30))
    await _collect(week, reservation, at)


async def _declined(week: Week, store: Store, start: When, reason: Reason) -> AsyncGenerator[datetime, None]:
    """Looked for in vain."""
    yield (at := start())
    reservation = await _ask(week, store, at)
    yield (at := week.later(store, at, 28))
    await answering.decline(week.session, reservation, reason=reason, by=week.advisor(store), now=at)


async def _unanswered(
    week: Week, store: Store, start: When, *, made_good: bool = True
) -> AsyncGenerator[datetime, None]:
    """Twice the promised time goes by; the manager calls the next day, or still has to."""
    yield (at := start())
    reservation = await _ask(week, store, at)
    async for at in _pressed(week, reservation):
        yield at
    if made_good:
        yield (at := week.later(store, at, 90))
        await _tidy(week, reservation, at)


async def _cancelled(
    week: Week, store: Store, start: When, *, at_desk: bool = False, tidied: bool = False
) -> AsyncGenerator[datetime, None]:
    """The shopper changes her mind, before anybody looked or with the bag behind the desk."""
    yield (at := start())
    reservation = await _ask(week, store, at)
    if at_desk:
        yield (at := week.later(store, at, 20))
        by = await _confirm(week, reservation, at)
        yield (at := week.later(store, at, 30))
        await _ready(week, reservation, at, by)
    yield (at := at + timedelta(minutes=14))
    await asking.cancel(week.session, reservation, now=at)
    if tidied:
        yield (at := week.later(store, at, 60))
        await _tidy(week, reservation, at)


async def _turned_away(week: Week, store: Store, start: When) -> AsyncGenerator[datetime, None]:
    """Nobody meant it."""
    yield (at := start())
    reservation = await _ask(week, store, at)
    yield (at := week.later(store, at, 12))
    await answering.turn_away(week.session, reservation, by=week.advisor(store), now=at)


async def _came_late(week: Week, store: Store, start: When) -> AsyncGenerator[datetime, None]:
    """The hold was over, the bag still there, and she at the desk."""
    yield (at := start())
    reservation = await _ask(week, store, at)
    yield (at := week.later(store, at, 15))
    by = await _confirm(week, reservation, at)
    yield (at := week.later(store, at, 40))
    await _ready(week, reservation, at, by)
    async for at in _held(week, reservation):
        yield at
    yield (at := week.later(store, at, 35))
    await answering.restore(week.session, reservation, reason="still_here", by=by, now=at)
    yield (at := at + timedelta(minutes=8))
    await _collect(week, reservation, at)


async def _broken_promise(
    week: Week, store: Store, start: When, reason: Reason, *, instead: bool = False
) -> AsyncGenerator[datetime, None]:
    """Confirmed, and then missing after all: an apology, a call of the manager, perhaps something instead."""
    yield (at := start())
    reservation = await _ask(week, store, at)
    yield (at := week.later(store, at, 15))
    by = await _confirm(week, reservation, at)
    yield (at := week.later(store, at, 60))
    line = reservation.lines[0]
    other = await _article(week, store, 1, besides=line.variant.product_id) if instead else None
    found = Found(0, reason, Substitute(other, 1) if other else None)
    await answering.answer(week.session, reservation, {line.id: found}, by=by, now=at)
    if instead:
        yield (at := at + timedelta(hours=2))
        await asking.settle_proposal(week.session, reservation, accept=True, now=at)
        yield (at := week.later(store, at, 60))
        await _ready(week, reservation, at, by)
        async for at in _held(week, reservation):
            yield at
