"""Shoppers, staff, a till and time do what they like, in any order; what must be true stays true after each step."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from conftest import NOON
from factories import SECRET, build, lea
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from booking import invariants, tasks
from booking.reservations import answering, asking, questions, timers
from booking.reservations.answering import Found, Substitute
from booking.reservations.states import TRANSITIONS, Contact, Reason, Status
from booking.reservations.tables import Reservation
from kit.errors import Refused
from stores import catalogue, places, stock
from stores.places import Store
from stores.stock import StoreStock

SKUS = ("LUM-0001-LAI", "LUM-0013-30")
few = st.integers(0, 3)

STAFF_DO: dict[str, Callable[..., Coroutine[Any, Any, None]]] = {
    "find all": partial(answering.answer, answers={}),
    "decline": partial(answering.decline, reason=Reason.DAMAGED),
    "make ready": answering.make_ready,
    "unready": answering.unready,
    "undo": answering.undo_collection,
    "restore": partial(answering.restore, reason="here"),
    "cancel": asking.cancel,
    "extend": asking.extend,
    "turn away": answering.turn_away,
    "claim": answering.claim,
}


class Ground:
    """A loop and a connection of their own, with a world that every walk begins in and that is never committed."""

    loop: asyncio.AbstractEventLoop
    connection: AsyncConnection


async def prepare(connection: AsyncConnection) -> None:
    """Rivoli lets the worker confirm; in Kléber the till counts."""
    async with AsyncSession(bind=connection, join_transaction_mode="create_savepoint") as session, session.begin():
        await build(session, now=NOON, staffed=False)
        await session.execute(update(Store).where(Store.slug == "rivoli").values(auto_confirm=True))
        await session.execute(update(Store).where(Store.slug == "kleber").values(stock_authority="feed"))


class Walk(RuleBasedStateMachine):
    """Each rule is a request of its own: it reads everything anew, and is undone whole when it is refused."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.ids: list[int] = []
        self.count = 0
        self.session = AsyncSession(bind=Ground.connection, join_transaction_mode="create_savepoint")
        self.last: dict[int, Any] = {}
        self.cells: dict[tuple[int, int], tuple[int, int]] = {}

    def teardown(self) -> None:
        self.run(self.session.rollback())
        self.run(self.session.close())

    def run(self, step: Coroutine[Any, Any, Any]) -> Any:
        return Ground.loop.run_until_complete(step)

    def step(self, take: Callable[[], Coroutine[Any, Any, None]]) -> bool:
        """Whether it was done, or refused in words. Anything else that is raised ends the walk."""

        async def request() -> bool:
            try:
                async with self.session.begin_nested():
                    await take()
            except Refused:
                return False
            finally:
                self.session.expunge_all()
            return True

        return bool(self.run(request()))

    def on(self, who: int, take: Callable[[Reservation], Coroutine[Any, Any, None]]) -> None:
        async def find_and_take() -> None:
            await take(await questions.get(self.session, self.ids[-1 - who % len(self.ids)]))

        self.step(find_and_take)

    # shoppers

    @rule(
        lines=st.lists(st.tuples(st.sampled_from(SKUS), st.integers(1, 3)), min_size=1, max_size=3),
        slug=st.sampled_from(["rivoli", "rivoli", "kleber"]),
        person=few,
        contact=st.sampled_from(list(Contact)),
        suspect=st.sampled_from([False, False, True]),
    )
    def ask(self, lines: list[tuple[str, int]], slug: str, person: int, contact: Contact, suspect: bool) -> None:
        async def reserve() -> None:
            store = await places.find(self.session, slug)
            variants = await catalogue.find_variants(self.session, SKUS)
            customer = lea(email=f"lea{person}@exemple.fr", phone=f"+3363998010{person}", contact=contact)
            wanted = [(variants[sku], units) for sku, units in lines]
            asked = await asking.reserve(
                self.session, store, wanted, customer, secret=SECRET, now=self.now, suspect=suspect
            )
            self.ids.append(asked.reservation.id)

        before = len(self.ids)
        if not self.step(reserve):
            del self.ids[before:]

    @initialize(person=few)
    def somebody_has_asked(self, person: int) -> None:
        self.ask([(SKUS[0], 2), (SKUS[1], 1)], "rivoli", person, Contact.EMAIL, False)

    @precondition(lambda self: self.ids)
    @rule(who=few, what=st.sampled_from(["confirm the link", "cancel", "extend", "accept", "accept", "do without"]))
    def she_follows_her_link(self, who: int, what: str) -> None:
        async def act(one: Reservation) -> None:
            match what:
                case "confirm the link":
                    await asking.verify(self.session, one, now=self.now)
                case "cancel":
                    await asking.cancel(self.session, one, now=self.now)
                case "extend":
                    await asking.extend(self.session, one, now=self.now)
                case _:
                    await asking.settle_proposal(self.session, one, accept=what == "accept", now=self.now)

        self.on(who, act)

    # staff

    @precondition(lambda self: self.ids)
    @rule(
        who=few,
        missing=st.lists(few, min_size=4, max_size=4),
        reason=st.sampled_from(list(Reason)),
        instead=st.sampled_from([None, *SKUS]),
        units=st.integers(1, 3),
    )
    def staff_answer(self, who: int, missing: list[int], reason: Reason, instead: str | None, units: int) -> None:
        async def say(one: Reservation) -> None:
            variants = await catalogue.find_variants(self.session, SKUS)
            offer = Substitute(variants[instead], units) if instead else None
            said = {
                line.id: Found(max(line.held - short, 0), reason, offer)
                for line, short in zip(one.lines, missing, strict=False)
            }
            await answering.answer(self.session, one, said, by="Inès", now=self.now)

        self.on(who, say)

    @precondition(lambda self: self.ids)
    @rule(who=few, takes=st.lists(few, min_size=4, max_size=4))
    def staff_hand_over(self, who: int, takes: list[int]) -> None:
        async def hand_over(one: Reservation) -> None:
            bought = {line.id: min(units, line.held) for line, units in zip(one.lines, takes, strict=False)}
            await answering.collect(self.session, one, bought, by="Inès", now=self.now)

        self.on(who, hand_over)

    @precondition(lambda self: self.ids)
    @rule(who=few, what=st.sampled_from([*STAFF_DO]))
    def staff_do(self, who: int, what: str) -> None:
        self.on(who, lambda one: STAFF_DO[what](self.session, one, now=self.now, by="Inès"))

    @precondition(lambda self: self.ids)
    @rule(who=few)
    def what_usually_comes_next(self, who: int) -> None:
        async def act(one: Reservation) -> None:
            match one.status:
                case Status.UNVERIFIED:
                    await asking.verify(self.session, one, now=self.now)
                case Status.REQUESTED:
                    await answering.answer(self.session, one, {}, by="Inès", now=self.now)
                case Status.PROPOSED:
                    await asking.settle_proposal(self.session, one, accept=True, now=self.now)
                case Status.CONFIRMED:
                    await answering.make_ready(self.session, one, by="Inès", now=self.now)
                case Status.READY:
                    bought = {line.id: line.held for line in one.lines}
                    await answering.collect(self.session, one, bought, by="Inès", now=self.now)

        self.on(who, act)

    @rule()
    def staff_finish_their_list(self) -> None:
        async def finish() -> None:
            stores = frozenset(await self.session.scalars(select(Store.id)))
            for task in await tasks.open_in(self.session, stores):
                await tasks.finish(self.session, task, by="Inès", now=self.now)

        assert self.step(finish)

    # the till and the shelf

    @rule(which=st.integers(0, 2), change=st.integers(-3, 2), kind=st.sampled_from(["feed:till", "damage"]))
    def something_happens_to_the_stock(self, which: int, change: int, kind: str) -> None:
        async def correct() -> None:
            rows = (await self.session.scalars(select(StoreStock).order_by(StoreStock.store_id))).all()
            cell = rows[which % len(rows)]
            damaged = min(abs(change), max(cell.book, 0)) if kind == "damage" else 0
            await stock.correct(
                self.session,
                cell.store_id,
                cell.variant_id,
                kind=stock.Kind.DAMAGE if damaged else stock.Kind.SNAPSHOT,
                book=0 if damaged else change,
                unsellable=damaged,
                reason="",
                source=kind,
                source_event_id=str(self.count),
                by="",
                now=self.now,
            )

        self.count += 1
        assert self.step(correct)

    # time

    @rule(
        minutes=st.sampled_from([1, 5, 16, 31, 31, 61, 240, 1440]),
        worker=st.sampled_from([True, True, True, False]),
    )
    def time_passes(self, minutes: int, worker: bool) -> None:
        """With the worker awake, or not; when it wakes up, nothing stays due for ever."""
        self.now += timedelta(minutes=minutes)
        for _ in range(5 if worker else 0):
            due = self.run(timers.due(self.session, now=self.now))
            if not due:
                return
            for reservation_id in due:

                async def settle(reservation_id: int = reservation_id) -> None:
                    assert await timers.settle(self.session, reservation_id, now=self.now)

                assert self.step(settle)
            self.compare()
        assert not worker

    @rule()
    def a_season_passes_and_the_old_is_forgotten(self) -> None:
        async def forget() -> None:
            await questions.erase_old(self.session, days=90, now=self.now)

        self.time_passes(60 * 24 * 91, worker=True)
        self.now += timedelta(days=91)
        assert self.step(forget)

    # what must be true

    @invariant()
    def no_rule_is_broken(self) -> None:
        assert self.run(invariants.broken(self.session)) == []

    @invariant()
    def compare(self) -> None:
        """Every change since the last look is a transition, and no promise moved earlier."""
        columns = select(Reservation.id, Reservation.status, Reservation.hold_until, Reservation.answer_by)
        for row in self.run(self.session.execute(columns)):
            before = self.last.get(row.id, row)
            assert row.status == before.status or row.status in TRANSITIONS[Status(before.status)]
            assert row.hold_until >= before.hold_until
            assert row.answer_by >= before.answer_by
            self.last[row.id] = row

    @invariant()
    def nobody_was_promised_what_is_not_there(self) -> None:
        columns = select(StoreStock.store_id, StoreStock.variant_id, StoreStock.reserved, StoreStock.available)
        for store_id, variant_id, reserved, available in self.run(self.session.execute(columns)):
            before, _ = self.cells.get((store_id, variant_id), (0, 0))
            assert available >= 0 or reserved <= before
            self.cells[store_id, variant_id] = (reserved, available)


@pytest.fixture
def ground(database_url: str):
    Ground.loop = asyncio.new_event_loop()
    engine = create_async_engine(database_url, poolclass=NullPool)

    async def begin() -> Any:
        Ground.connection = await engine.connect()
        transaction = await Ground.connection.begin()
        await prepare(Ground.connection)
        return transaction

    async def end(transaction: Any) -> None:
        await transaction.rollback()
        await Ground.connection.close()
        await engine.dispose()

    transaction = Ground.loop.run_until_complete(begin())
    yield
    Ground.loop.run_until_complete(end(transaction))
    Ground.loop.close()


def test_whatever_anybody_does_no_rule_is_broken(ground):
    run_state_machine_as_test(
        Walk,
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            derandomize="CI" in os.environ,
            deadline=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )
