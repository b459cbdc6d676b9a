"""Shoppers, staff and time do what they like with appointments, in any order; what must be true stays true."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from conftest import NOON
from factories import SECRET, Desk, World, advise, booked, both, build, lea, reserved
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
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from booking import blocks, invariants
from booking.appointments import asking, conflicts, holding, preparing, questions, receiving
from booking.appointments.states import TRANSITIONS, ItemState, Outcome, Status
from booking.appointments.tables import Appointment
from booking.messages import Message, State
from kit.errors import Refused
from kit.money import Money
from stores import advisors, catalogue, places, schedules, services
from stores.pairings import Pairing
from stores.schedules import TimeOff

SKUS = ("LUM-0001-LAI", "LUM-0013-30", "MEU-0001")
few = st.integers(0, 3)
steps = st.integers(0, 19)
"""Half hours from 11:00 in Paris, tomorrow and the day after."""

STAFF_DO: dict[str, Callable[..., Coroutine[Any, Any, Any]]] = {
    "approve": receiving.approve,
    "decline": partial(receiving.decline, reason="complet"),
    "arrive": receiving.arrive,
    "not arrived": receiving.not_arrived,
    "begin": receiving.begin,
    "bought": partial(receiving.complete, outcome=Outcome.BOUGHT, amount=Money(12900, "EUR"), summary=True),
    "nothing": partial(receiving.complete, outcome=Outcome.NOTHING, reason="trop grand"),
    "no show": receiving.no_show,
    "forgive": receiving.forgive,
    "correct": partial(receiving.correct, reason="erreur"),
    "cancel": partial(asking.cancel, reason="atelier fermé"),
    "suggest": preparing.suggest,
    "prepared": receiving.prepared,
}


class Ground:
    """A loop and a connection of their own, with a world that every walk begins in and that is never committed."""

    loop: asyncio.AbstractEventLoop
    connection: AsyncConnection
    world: World
    desk: Desk


async def prepare(connection: AsyncConnection) -> None:
    asked = {"join_transaction_mode": "create_savepoint", "expire_on_commit": False}
    async with AsyncSession(bind=connection, **asked) as session, session.begin():
        Ground.world = await build(session, now=NOON, staffed=False)
        Ground.desk = await advise(session, Ground.world, now=NOON)
        variants = await catalogue.find_variants(session, SKUS)
        lamp, shade = variants[SKUS[0]], variants[SKUS[1]]
        session.add(Pairing(product_id=lamp.product_id, other_id=shade.product_id, reason=both("Même bague")))


class Walk(RuleBasedStateMachine):
    """Each rule is a request of its own: it reads everything anew, and is undone whole when it is refused."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.ids: list[int] = []
        self.session = AsyncSession(bind=Ground.connection, join_transaction_mode="create_savepoint")
        self.last: dict[int, Any] = {}

    def teardown(self) -> None:
        self.run(self.session.rollback())
        self.run(self.session.close())

    def run(self, step: Coroutine[Any, Any, Any]) -> Any:
        return Ground.loop.run_until_complete(step)

    def step(self, take: Callable[[], Coroutine[Any, Any, Any]]) -> bool:
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

    def on(self, who: int, take: Callable[[Appointment], Coroutine[Any, Any, Any]]) -> None:
        async def find_and_take() -> None:
            await take(await questions.get(self.session, self.ids[-1 - who % len(self.ids)]))

        self.step(find_and_take)

    def start(self, step: int) -> Any:
        day, half = divmod(step, 10)
        tomorrow = self.now.replace(hour=10, minute=0) + timedelta(days=1)
        return tomorrow + timedelta(days=day + (tomorrow.weekday() == 6), minutes=30 * half)

    # shoppers

    @rule(step=steps, kitchen=st.booleans(), person=few, who=few, wants=st.lists(st.sampled_from(SKUS), max_size=2))
    def book(self, step: int, kitchen: bool, person: int, who: int, wants: list[str]) -> None:
        async def ask() -> None:
            service = await services.get(self.session, (Ground.desk.kitchen if kitchen else Ground.desk.lighting).id)
            variants = await catalogue.find_variants(self.session, SKUS)
            named = [None, None, Ground.desk.nadia, Ground.desk.karim][who]
            made = await booked(
                self.session,
                Ground.world,
                Ground.desk,
                self.start(step),
                now=self.now,
                service=service,
                customer=lea(
                    email=f"lea{person}@exemple.fr", contact="phone" if person == 3 else "email", phone="+33639981000"
                ),
                brief=asking.Brief(items=[(variants[sku], 1) for sku in wants], remind_soon=person == 1),
                advisor=await advisors.get(self.session, named.id) if named else None,
                hold=await blocks.hold_of(self.session, bytes([person]) * 32),
            )
            self.ids.append(made.id)

        before = len(self.ids)
        if not self.step(ask):
            del self.ids[before:]

    @initialize()
    def two_have_booked(self) -> None:
        self.book(3, False, 0, 0, [SKUS[0]])
        self.book(8, True, 1, 0, [SKUS[1]])

    @rule(step=steps, person=few)
    def hold(self, step: int, person: int) -> None:
        async def keep() -> None:
            store = await places.find(self.session, "rivoli")
            service = await services.get(self.session, Ground.desk.lighting.id)
            await holding.hold(
                self.session, store, service, self.start(step), browser=bytes([person]) * 32, now=self.now
            )

        self.step(keep)

    @precondition(lambda self: self.ids)
    @rule(who=few, step=steps, anyone=st.booleans())
    def she_moves_it(self, who: int, step: int, anyone: bool) -> None:
        named = asking.ANYONE if anyone else None
        self.on(who, lambda one: asking.reschedule(self.session, one, self.start(step), advisor_id=named, now=self.now))

    @precondition(lambda self: self.ids)
    @rule(who=few)
    def she_cancels(self, who: int) -> None:
        self.on(who, lambda one: asking.cancel(self.session, one, now=self.now))

    @rule(person=few, units=st.integers(1, 3))
    def somebody_reserves_lamps(self, person: int, units: int) -> None:
        async def reserve() -> None:
            variants = await catalogue.find_variants(self.session, SKUS)
            await reserved(self.session, Ground.world, now=self.now, lines=[(variants[SKUS[0]], units)])

        self.step(reserve)

    # staff

    @precondition(lambda self: self.ids)
    @rule(who=few, what=st.sampled_from([*STAFF_DO]))
    def staff_do(self, who: int, what: str) -> None:
        self.on(who, lambda one: STAFF_DO[what](self.session, one, by="Inès", now=self.now))

    @precondition(lambda self: self.ids)
    @rule(who=few, comes=st.sampled_from([True, True, False]), likes=st.booleans())
    def the_hour_comes(self, who: int, comes: bool, likes: bool) -> None:
        """What usually happens: a yes, and at the hour she comes and is received, or does not come."""

        async def act(one: Appointment) -> None:
            if one.status == Status.REQUESTED:
                await receiving.approve(self.session, one, by="Karim", now=self.now)
            elif one.status == Status.CONFIRMED and not comes:
                self.now = max(self.now, one.starts_at + timedelta(minutes=16))
                await receiving.no_show(self.session, one, by="Inès", now=self.now)
            elif one.status in (Status.CONFIRMED, Status.ARRIVED):
                self.now = max(self.now, one.starts_at)
                await receiving.begin(self.session, one, by="Inès", now=self.now)
            elif one.status == Status.IN_PROGRESS:
                self.now += timedelta(minutes=20)
                if likes and one.items:
                    await receiving.reserve_liked(
                        self.session, one, one.items[:1], secret=SECRET, by="Inès", now=self.now
                    )
                await receiving.complete(self.session, one, outcome=Outcome.THINKING, by="Inès", now=self.now)

        self.on(who, act)

    @precondition(lambda self: self.ids)
    @rule(who=few, which=few, to=st.sampled_from(list(ItemState)))
    def staff_mark_an_article(self, who: int, which: int, to: ItemState) -> None:
        async def mark(one: Appointment) -> None:
            if one.items:
                item = one.items[which % len(one.items)]
                await preparing.set_item(self.session, one, item.id, to, by="Inès", now=self.now)

        self.on(who, mark)

    @precondition(lambda self: self.ids)
    @rule(who=few)
    def staff_reserve_what_she_liked(self, who: int) -> None:
        async def reserve(one: Appointment) -> None:
            await receiving.reserve_liked(self.session, one, one.items[:1], secret=SECRET, by="Inès", now=self.now)

        self.on(who, reserve)

    @precondition(lambda self: self.ids)
    @rule(who=few, step=steps, karim=st.booleans(), minutes=st.sampled_from([0, 15, 60]))
    def staff_move_it_anyway(self, who: int, step: int, karim: bool, minutes: int) -> None:
        advisor_id = (Ground.desk.karim if karim else Ground.desk.nadia).id
        self.on(
            who,
            lambda one: asking.move_anyway(
                self.session, one, self.start(step) + timedelta(minutes=10), advisor_id=advisor_id,
                space_id=one.space_id, minutes=minutes, reason="arrangé au téléphone", by="Inès", now=self.now,
            ),
        )  # fmt: skip

    @rule(karim=st.booleans())
    def somebody_walks_in(self, karim: bool) -> None:
        async def receive() -> None:
            store = await places.find(self.session, "rivoli")
            service = await services.get(self.session, Ground.desk.lighting.id)
            advisor_id = (Ground.desk.karim if karim else Ground.desk.nadia).id
            start = self.now - timedelta(minutes=self.now.minute % 5)
            made = await asking.book_anyway(
                self.session, store, service, start, lea(email="", first_name="Client", last_name=""), asking.Brief(),
                advisor_id=advisor_id, reason="", secret=SECRET, now=self.now, origin="walk_in", by="Inès",
                status=Status.ARRIVED,
            )  # fmt: skip
            self.ids.append(made.appointment.id)

        before = len(self.ids)
        if not self.step(receive):
            del self.ids[before:]

    @rule(karim=st.booleans(), step=steps)
    def somebody_falls_ill(self, karim: bool, step: int) -> None:
        async def fall_ill() -> None:
            advisor_id = (Ground.desk.karim if karim else Ground.desk.nadia).id
            start = self.start(step)
            await schedules.add_time_off(
                self.session, advisor_id, start, start + timedelta(hours=3), kind="ill", by="Hélène", now=self.now
            )

        assert self.step(fall_ill)

    @rule()
    def everyone_is_well_again(self) -> None:
        async def recover() -> None:
            for off in (await self.session.scalars(select(TimeOff))).all():
                await schedules.remove_time_off(self.session, off)

        assert self.step(recover)

    @rule()
    def a_manager_settles_the_conflicts(self) -> None:
        async def settle() -> None:
            store = await places.find(self.session, "rivoli")
            for conflict in await conflicts.of_store(self.session, store, now=self.now):
                for colleague in conflict.colleagues[:1]:
                    one = conflict.appointment
                    await asking.reschedule(
                        self.session, one, one.starts_at, advisor_id=colleague.advisor_id, by="Hélène", now=self.now
                    )
                    return

        assert self.step(settle), "what is proposed can be done"

    # time

    @rule(minutes=st.sampled_from([1, 5, 11, 30, 240, 1440]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

        async def sweep() -> None:
            await blocks.sweep(self.session, now=self.now)

        assert self.step(sweep)

    @rule()
    def the_old_is_forgotten(self) -> None:
        async def forget() -> None:
            await questions.erase_old(self.session, days=90, now=self.now + timedelta(days=91))

        assert self.step(forget)

    # what must be true

    @invariant()
    def no_rule_is_broken(self) -> None:
        assert self.run(invariants.broken(self.session)) == []

    @invariant()
    def every_change_is_a_transition(self) -> None:
        columns = select(Appointment.id, Appointment.status, Appointment.version, Appointment.uid)
        for row in self.run(self.session.execute(columns)):
            before = self.last.get(row.id, row)
            assert row.status == before.status or row.status in TRANSITIONS[Status(before.status)]
            assert row.version >= before.version
            assert row.uid == before.uid
            self.last[row.id] = row

    @invariant()
    def at_most_one_reminder_of_each_kind_waits_for_an_appointment(self) -> None:
        query = (
            select(Message.subject_id, Message.template, func.count(), func.min(Appointment.status))
            .join(Appointment, Appointment.id == Message.subject_id)
            .where(Message.subject == "appointment", Message.reminder, Message.state == State.PENDING)
            .group_by(Message.subject_id, Message.template)
        )
        for _, template, count, status in self.run(self.session.execute(query)):
            assert count == 1, template
            assert status not in (Status.CANCELLED, Status.DECLINED), (template, status)


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


def test_whatever_anybody_does_with_appointments_no_rule_is_broken(ground):
    run_state_machine_as_test(
        Walk,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            derandomize="CI" in os.environ,
            deadline=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )
