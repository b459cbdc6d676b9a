"""Appointments of the week: what can become of one, each a story that says when it goes on.

Like the reservations of `stories`, they are lived by the use-cases themselves and stop where `now` finds them: the same
story ends as a visit that is over, one that goes on, or one that is still to come.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from booking import diaries
from booking.appointments import asking, preparing, receiving
from booking.appointments.asking import Brief
from booking.appointments.placing import SlotTaken
from booking.appointments.states import ItemState, Outcome, Status
from booking.appointments.tables import Appointment
from booking.availability import Question
from booking.demo.diaries import hours_of_week, told
from booking.demo.week import people, steps
from booking.demo.week.cast import NotOpenThen, Week
from booking.demo.week.stories import Story, held
from booking.diaries import Look
from booking.reservations import questions as reservations
from kit.intervals import Period
from kit.money import Money
from stores import schedules, services
from stores.advisors import Advisor
from stores.catalogue import Product, Variant
from stores.hours import instant_of
from stores.places import Store
from stores.services import Service

BEHIND, AHEAD = timedelta(days=14), timedelta(days=30)
"""Appointments lie between."""
FAR = timedelta(hours=2, minutes=30)
"""How far from the hour she would like an appointment may begin; beyond it she comes on no such day."""
SEARCHED = 30
"""Days on either side of today among which open ones are counted."""

Between = Callable[[], tuple[datetime, datetime]]


@dataclass(frozen=True)
class Plan:
    """What somebody has in mind: the service, the nth open day from today, the hour on the clock of the store."""

    service: str
    day: int
    hour: float
    who: int
    """Which of the people."""
    before: int = 2
    """So many days before it she books, in the evening."""
    advisor: str = ""
    """She asks for this one."""
    refs: Sequence[str] = ()
    """Products she has chosen online, their first variant."""
    party: int = 1
    contact: str = "email"
    access: str = ""
    note: str = ""
    soon: bool = False
    between: Between | None = None
    """The start must lie here, whatever the hour says."""


@dataclass
class Desk:
    """What these stories need at hand besides the week."""

    week: Week
    services: Mapping[str, Service]
    advisors: Mapping[str, int]
    variants: Mapping[str, Variant]
    looks: Mapping[int, Look]
    """The diaries of each store before anybody had booked."""
    rng: Random

    def open_day(self, store: Store, n: int, service: str, hour: float, advisor: str = "") -> date:
        """The nth open day after today, or before it, today for 0; if nobody who gives the service works then, the
        next beyond it on which somebody does. `NotOpenThen` where there is none."""
        today, step = store.local(self.week.now).date(), 1 if n > 0 else -1
        days = [today] if n == 0 else [today + timedelta(days=step * far) for far in range(1, SEARCHED)]
        opened = [day for day in days if store.hours.day_spans(day)][max(abs(n), 1) - 1 :]
        works = _weekdays(store.slug, service, int(hour * 60), advisor)
        found = next((day for day in opened if n == 0 or day.weekday() in works), None)
        if found is None:
            raise NotOpenThen
        return found


@cache
def _weekdays(store: str, service: str, minute: int, advisor: str) -> frozenset[int]:
    """The weekdays on which somebody who can be booked for it works in that store around that hour."""
    needs = next(set(one["required"]) for one in told("services") if one["slug"] == service)
    return frozenset(
        weekday
        for person in told("advisors")
        if person["bookable"] and needs <= set(person["skills"]) and advisor in ("", person["slug"])
        for weekday, begins, ends in hours_of_week(person["weeks"].get(store, ""))
        if begins - 30 <= minute < ends
    )


async def gather(week: Week, refs: Sequence[str]) -> Desk:
    """The services, advisors and diaries of the house, and the articles that these stories speak of."""
    session = week.session
    await diaries.lock(session, [])  # what is read from here on may yet be undone, and is not to be remembered
    known = {service.slug: service for service in await services.every(session)}
    if not known:
        return Desk(week, {}, {}, {}, {}, Random())
    who = {row.slug: row.id for row in await session.execute(select(Advisor.slug, Advisor.id))}
    suggested = [pair["other"] for pair in told("pairings") if pair["ref"] in refs]
    query = (
        select(Variant)
        .join(Variant.product)
        .where(Product.ref.in_([*refs, *suggested]))
        .order_by(Product.ref, Variant.position.desc())
        .options(joinedload(Variant.product))
    )
    variants = {variant.sku: variant for variant in await session.scalars(query)}
    first = {variant.product.ref: variant for variant in variants.values()}
    period = Period.of_days(week.now - BEHIND, week.now + AHEAD)
    looks = {store.id: await diaries.look(session, store, period) for store in week.stores.values()}
    return Desk(week, known, who, {**variants, **first}, looks, Random("aurore: visits"))


class Visit:
    """One appointment under way."""

    def __init__(self, desk: Desk, store: Store, plan: Plan) -> None:
        self.desk, self.store, self.plan = desk, store, plan
        self.service = desk.services[plan.service]
        self.day = desk.open_day(store, plan.day, plan.service, plan.hour, plan.advisor)
        self.wish = instant_of(self.day, int(plan.hour * 60), store.timezone)
        evening = instant_of(self.day - timedelta(days=plan.before), 20 * 60 + plan.who % 90, store.timezone)
        self.booked_at = min(evening, desk.week.now - timedelta(minutes=95 + 7 * plan.who % 60))
        self._made: Appointment | None = None

    @property
    def it(self) -> Appointment:
        assert self._made is not None
        return self._made

    @property
    def by(self) -> str:
        """The advisor who receives."""
        assert self.it.advisor is not None
        return self.it.advisor.name

    async def book(self) -> None:
        """The start closest to the hour she would like."""
        week, plan = self.desk.week, self.plan
        person = replace(people.someone(self.desk.rng, plan.who, contact=plan.contact), note=plan.note)
        said = told("answers")[plan.service][person.language]
        items = [(self.desk.variants[ref], 1) for ref in plan.refs]
        brief = Brief(
            party=plan.party,
            answers=said[plan.who % len(said)],
            access=plan.access,
            remind_soon=plan.soon,
            history=plan.who % 2 == 0,
            items=items,
        )

        async def take(start: datetime) -> None:
            booked = await asking.book(
                week.session,
                self.store,
                self.service,
                start,
                person,
                brief,
                secret=week.secret,
                now=self.booked_at,
                advisor_id=self.desk.advisors[plan.advisor] if plan.advisor else None,
            )
            self._made = booked.appointment

        await self.try_near(self.wish, self.booked_at, take)

    async def try_near(self, wish: datetime, now: datetime, take: Callable[[datetime], Awaitable[None]]) -> None:
        """As at the shopper's page: the start nearest to her wish, or what is named instead when somebody has it."""
        start = self.free_start(wish, now)
        try:
            await take(start)
        except SlotTaken as taken:
            first, last = self.window(wish)
            others = [one.start for one in taken.nearest if first <= one.start <= last]
            if not others:
                raise
            await take(min(others, key=lambda moment: abs(moment - wish)))

    def window(self, wish: datetime) -> tuple[datetime, datetime]:
        return self.plan.between() if self.plan.between else (wish - FAR, wish + FAR)

    def free_start(self, wish: datetime, now: datetime) -> datetime:
        """The start nearest to `wish`, as the diaries were before anybody had booked."""
        plan, (first, last) = self.plan, self.window(wish)
        advisor_id = self.desk.advisors[plan.advisor] if plan.advisor else None
        question = Question(first, last, now, party=plan.party, advisor_id=advisor_id)
        offer = self.desk.looks[self.store.id].offer(self.service, question)
        moments = [moment for moment in offer.moments() if first <= moment <= last]
        if not moments:
            raise NotOpenThen
        return min(moments, key=lambda moment: (abs(moment - wish), moment))

    async def walks_in(self, at: datetime, advisor: str) -> None:
        """She stands there and somebody has time."""
        person = people.someone(self.desk.rng, self.plan.who)
        walked = await asking.book_anyway(
            self.desk.week.session,
            self.store,
            self.service,
            at,
            person,
            Brief(),
            advisor_id=self.desk.advisors[advisor],
            reason="",
            secret=self.desk.week.secret,
            now=at,
            origin="walk_in",
            by=advisor.capitalize(),
            status=Status.ARRIVED,
        )
        self._made = walked.appointment

    async def tick(self, first: int, last: int, at: datetime) -> None:
        for check in self.it.checks[first:last]:
            await preparing.tick(self.desk.week.session, self.it, check.id, done=True, by=self.by, now=at)

    @property
    def over(self) -> bool:
        """Whether its day had passed when the house was built."""
        return self.plan.day < 0

    async def fetch(self, at: datetime) -> None:
        """What is not yet there is brought."""
        for item in list(self.it.items):
            if item.state == ItemState.TO_FETCH:
                await preparing.set_item(self.desk.week.session, self.it, item.id, ItemState.READY, by=self.by, now=at)

    async def show(self, at: datetime) -> None:
        """She likes the first of what was brought, not the second, and has yet to say of the rest."""
        brought = [item for item in self.it.items if item.state == ItemState.READY]
        says = (ItemState.LIKED, ItemState.REFUSED, ItemState.SHOWN)
        for item, to in zip(brought, says, strict=False):
            await preparing.set_item(self.desk.week.session, self.it, item.id, to, by=self.by, now=at)


async def _getting_ready(visit: Visit, *, jot: str = "") -> Story:
    """A colleague looks at it within the hour: the first things are done. The rest waits for the last hour.

    Of days that are over only the outcome shows, so fewer moments of them are told; somebody waits for this house.
    """
    session, store, it = visit.desk.week.session, visit.store, visit.it
    yield (at := visit.desk.week.later(store, visit.booked_at, 45))
    await visit.tick(0, 1, at)
    if jot:
        await preparing.write_note(session, it, jot, private=False, account_id=None, by=visit.by, now=at)
    if it.items:
        await preparing.suggest(session, it, by=visit.by, now=at)
    if it.items and it.items[0].state == ItemState.TO_FETCH:
        await preparing.set_item(session, it, it.items[0].id, ItemState.READY, by=visit.by, now=at)
    if not visit.over:
        opening = store.hours.day_spans(visit.day)[0].start + timedelta(minutes=5)
        yield (at := max(at, it.starts_at - timedelta(minutes=75), min(opening, it.starts_at - timedelta(minutes=20))))
    await visit.tick(1, len(it.checks), at)
    if taken_up := next((item for item in it.items if item.state == ItemState.SUGGESTED), None):
        await preparing.set_item(session, it, taken_up.id, ItemState.TO_FETCH, by=visit.by, now=at)
    await visit.fetch(at)
    await receiving.prepared(session, it, by=visit.by, now=at)


async def _received(
    visit: Visit,
    outcome: Outcome,
    *,
    early: int = 4,
    spent: int = 0,
    why: str = "",
    promised: str = "",
) -> Story:
    """She comes, they sit down, and this comes of it."""
    session, it, week = visit.desk.week.session, visit.it, visit.desk.week
    if it.status == Status.CONFIRMED and not visit.over:
        yield (at := it.starts_at - timedelta(minutes=early))
        await receiving.arrive(session, it, by=visit.by, now=at)
    yield (at := it.starts_at + timedelta(minutes=1))
    await receiving.begin(session, it, by=visit.by, now=at)
    if it.items and not visit.over:
        yield (at := it.starts_at + (it.ends_at - it.starts_at) / 2)
        await visit.show(at)
    yield (at := it.ends_at - timedelta(minutes=3))
    if visit.over:
        await visit.show(at)
    reservation = None
    if outcome == Outcome.RESERVED:
        liked = [item for item in it.items if item.state == ItemState.LIKED]
        asked = await receiving.reserve_liked(session, it, liked, secret=week.secret, by=visit.by, now=at)
        reservation = await reservations.get(session, asked.reservation.id)
    await receiving.complete(
        session,
        it,
        outcome=outcome,
        reason=why,
        amount=Money(spent, "EUR") if spent else None,
        follow_up=promised,
        follow_up_at=at + timedelta(days=3) if promised else None,
        summary=bool(it.items),
        by=visit.by,
        now=at,
    )
    if reservation is not None:
        yield (at := at + timedelta(minutes=8))
        by = await steps.confirm(week, reservation, at)
        yield (at := at + timedelta(minutes=6))
        await steps.ready(week, reservation, at, by)
        async for at in held(week, reservation):
            yield at


async def comes(
    desk: Desk,
    store: Store,
    plan: Plan,
    outcome: Outcome = Outcome.BOUGHT,
    *,
    jot: str = "",
    early: int = 4,
    spent: int = 0,
    why: str = "",
    promised: str = "",
) -> Story:
    """Booked, prepared, received: most of them."""
    visit = Visit(desk, store, plan)
    yield visit.booked_at
    await visit.book()
    async for at in _getting_ready(visit, jot=jot):
        yield at
    async for at in _received(visit, outcome, early=early, spent=spent, why=why, promised=promised):
        yield at


async def wants_a_yes(
    desk: Desk, store: Store, plan: Plan, *, says: str = "", why: str = "", **then: int | str
) -> Story:
    """A colleague has to agree: `says` yes, no, or has not said."""
    visit = Visit(desk, store, plan)
    yield visit.booked_at
    await visit.book()
    if not says:
        return
    yield (at := desk.week.later(store, visit.booked_at, 70))
    if says == "no":
        await receiving.decline(desk.week.session, visit.it, by=visit.by, reason=why, now=at)
        return
    await receiving.approve(desk.week.session, visit.it, by=desk.week.manager(store), now=at)
    async for at in _received(visit, Outcome.THINKING, **then):  # type: ignore[arg-type]
        yield at


async def nobody_said(desk: Desk, store: Store, plan: Plan) -> Story:
    """Its time went by and nobody has said what came of it."""
    visit = Visit(desk, store, plan)
    yield visit.booked_at
    await visit.book()
    async for at in _getting_ready(visit):
        yield at


async def misses(desk: Desk, store: Store, plan: Plan, *, forgiven: bool = False) -> Story:
    """She does not come; or, `forgiven`, only after somebody had said so."""
    visit = Visit(desk, store, plan)
    yield visit.booked_at
    await visit.book()
    yield (at := visit.it.starts_at + timedelta(minutes=20))
    await receiving.no_show(desk.week.session, visit.it, by=visit.by, now=at)
    if not forgiven:
        return
    yield (at := at + timedelta(minutes=12))
    await receiving.forgive(desk.week.session, visit.it, by=visit.by, now=at)
    yield (at := at + timedelta(minutes=25))
    await receiving.complete(desk.week.session, visit.it, outcome=Outcome.BOUGHT, by=visit.by, now=at)


async def calls_it_off(desk: Desk, store: Store, plan: Plan, *, why: str = "") -> Story:
    """Cancelled the evening before she would have come; by the store's manager where there is a reason."""
    visit = Visit(desk, store, plan)
    yield visit.booked_at
    await visit.book()
    at = min(visit.it.starts_at - timedelta(hours=20), desk.week.now - timedelta(minutes=50))
    yield (at := max(at, visit.booked_at + timedelta(minutes=30)))
    by = {"by": desk.week.manager(store)} if why else {}
    await asking.cancel(desk.week.session, visit.it, now=at, reason=why, **by)


async def moves(desk: Desk, store: Store, plan: Plan, *, days: int, hour: float) -> Story:
    """She finds a better time on another open day, with the same advisor."""
    visit = Visit(desk, store, plan)
    yield visit.booked_at
    await visit.book()
    yield (at := visit.booked_at + timedelta(minutes=40))
    visit.day = desk.open_day(store, days, plan.service, hour, plan.advisor)
    wish = instant_of(visit.day, int(hour * 60), store.timezone)

    async def take(start: datetime) -> None:
        await asking.reschedule(desk.week.session, visit.it, start, now=at)

    await visit.try_near(wish, at, take)
    async for at in _getting_ready(visit):
        yield at
    async for at in _received(visit, Outcome.BOUGHT, spent=12900):
        yield at


async def walks_in(desk: Desk, store: Store, plan: Plan) -> Story:
    """Nothing was booked: an advisor was free."""
    visit = Visit(desk, store, plan)
    start = visit.free_start(visit.wish, visit.wish - timedelta(days=1))
    yield start
    await visit.walks_in(start, plan.advisor)
    async for at in _received(visit, Outcome.BOUGHT, spent=2790):
        yield at


async def stands_in_the_way(desk: Desk, store: Store, plan: Plan) -> Story:
    """Promised, and then her advisor falls ill on that day: a conflict for somebody to settle."""
    visit = Visit(desk, store, plan)
    yield visit.booked_at
    await visit.book()
    yield (at := max(visit.booked_at + timedelta(minutes=20), desk.week.now - timedelta(hours=3)))
    assert visit.it.advisor_id is not None
    midnight = datetime.combine(visit.day, time.min, store.zone).astimezone(UTC)
    await schedules.add_time_off(
        desk.week.session,
        visit.it.advisor_id,
        midnight,
        midnight + timedelta(days=1),
        kind=schedules.Absence.ILL,
        by=desk.week.manager(store),
        now=at,
    )
