"""Diaries read as bits: what was written is what is read, once, and again only when somebody wrote in them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from factories import SECRET, Desk, World, advise, advisor, booked, both, build, lea, store
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from booking import blocks, diaries
from booking.appointments import asking, holding, questions, receiving
from booking.appointments.states import Outcome
from booking.availability import Own, Question
from booking.blocks import Block, SlotHold
from booking.diaries import Look
from kit.db import Database
from kit.intervals import Period
from stores import advisors, places, resources, schedules, spaces
from stores.advisors import Advisor, AdvisorSkill, Skill
from stores.places import Store
from stores.schedules import Absence, Shift, TimeOff
from stores.services import Service
from stores.spaces import Space
from tests.booking import twin
from tests.booking.bits import ELSEWHERE, HERE, service_of
from tests.booking.worlds import world_of

NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
WEDNESDAY = datetime(2026, 11, 25, 13, 30, tzinfo=UTC)
"""14 h 30 in Paris."""
PERIOD = Period.of_days(WEDNESDAY - timedelta(days=1), WEDNESDAY + timedelta(days=5))
MINUTES = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    diaries.forget()
    yield
    diaries.forget()


# What is read is what was written


@dataclass
class Written:
    """A world of the twin in the database, and who became which row."""

    store: Store
    service: Service
    workers: dict[int, int] = field(default_factory=dict)
    corners: dict[int, int] = field(default_factory=dict)


async def write(session: AsyncSession, seed: int, world: twin.World) -> Written:
    here, elsewhere = (
        store(f"{name}-{seed}", timezone=world.hours.timezone, hours_osm=world.hours.osm) for name in ("here", "away")
    )
    here.exceptions = [
        places.StoreException(day=d, hours=h, reason=both("")) for d, h in world.hours.exceptions.items()
    ]
    skills = {number: Skill(code=f"{number}-{seed}", name=both("")) for number in (1, 2)}
    session.add_all([here, elsewhere, *skills.values()])
    await session.flush()
    service = service_of(replace(world.kind, required=frozenset(skills[one].id for one in world.kind.required)))
    service.slug, service.name, service.need = f"service-{seed}", both(""), both("")
    service.about, service.bring = both(""), both("")
    service.stores[0].store_id = here.id if world.kind.here else elsewhere.id
    service.stores[0].meeting_point = both("")
    session.add(service)
    await session.flush()
    made = Written(await places.find(session, here.slug), service)
    for worker in world.workers:
        row = await advisors.add(
            session,
            Advisor(
                slug=f"{worker.id}-{seed}",
                name=str(worker.id),
                title=both(""),
                bio=both(""),
                languages=list(worker.languages),
                daily_max=worker.daily_max,
                bookable=worker.bookable,
                skills=[
                    AdvisorSkill(skill_id=skills[one].id, valid_from=first, valid_until=last)
                    for one, first, last in worker.skills
                    if first is None or last is None or first <= last
                ],
            ),
            # she is at home in the other store, and comes here for her shifts
            store_id=elsewhere.id if worker.id % 2 else here.id,
        )
        made.workers[row.id] = worker.id
        for where, start, end in worker.shifts:
            where_id = {HERE: here.id, ELSEWHERE: elsewhere.id}[where]
            session.add(Shift(advisor_id=row.id, store_id=where_id, day=start.date(), starts_at=start, ends_at=end))
        for start, end in worker.away:
            session.add(TimeOff(advisor_id=row.id, starts_at=start, ends_at=end, created_at=NOON))
        await _write_taken(session, made, row.id, worker.taken, seed)
    for corner in world.corners:
        room = await spaces.add(
            session,
            Space(kind=corner.kind, capacity=corner.capacity, name=both(""), way=both("")),
            store_id=here.id,
        )
        made.corners[room.id] = corner.id
        await _write_taken(session, made, room.id, corner.taken, seed)
    await session.flush()
    return made


async def _write_taken(
    session: AsyncSession, made: Written, resource_id: int, taken: tuple[twin.Taken, ...], seed: int
) -> None:
    for number, one in enumerate(taken):
        owner = number
        if one.kind == "hold":
            assert one.until is not None
            owner = await session.scalar(
                sa.insert(SlotHold)
                .values(
                    browser=f"{seed} {resource_id} {number}".encode(), store_id=made.store.id,
                    service_id=made.service.id, advisor_id=resource_id, requested=False, starts_at=one.start,
                    expires_at=one.until,
                )
                .returning(SlotHold.id)
            )  # fmt: skip
        session.add(Block(resource_id=resource_id, during=Range(one.start, one.end), kind=one.kind, owner_id=owner))
    await session.flush()


async def test_stores_in_many_zones_are_read_as_they_were_written(session):
    """Shifts in two stores, absences, blocks off the grid, holds: the twin works on what was written."""
    starts = 0
    for seed in range(30):
        # a hold has a row of its own here, so none is the asker's
        world = replace(world_of(seed), own_hold=None)
        made = await write(session, seed, world)
        ids = {theirs: mine for mine, theirs in (*made.workers.items(), *made.corners.items())}
        question = Question(
            world.first,
            world.last,
            world.now,
            party=world.party,
            advisor_id=ids[world.advisor_id] if world.advisor_id else None,
            language=world.language,
            own=Own(tuple((ids[owner], start, end) for owner, start, end in world.own_blocks)),
            rules=world.rules,
        )
        look = await diaries.look(session, made.store, Period.of_days(world.first, world.last))
        offer = look.offer(made.service, question)
        expected = twin.free(world)
        assert offer.moments() == sorted(expected), seed
        for start, (workers, corners) in expected.items():
            assert {made.workers[person.id] for person in offer.free_at(start)} == workers
            assert not offer.rooms or {made.corners[room.diary.id] for room in offer.rooms_at(start)} == corners
        starts += len(expected)
    assert starts > 100


# A world that is committed, and what it is asked


@dataclass
class Asked:
    """The statements of one look, and the diaries that it read."""

    statements: int
    read: set[int]
    look: Look


def seen(look: Look) -> tuple[object, ...]:
    return look.people, look.rooms


@contextmanager
def listening(database: Database) -> Iterator[list[tuple[str, Any]]]:
    said: list[tuple[str, Any]] = []

    def hear(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        said.append((statement, parameters))

    engine = database.engine.sync_engine
    sa.event.listen(engine, "before_cursor_execute", hear)
    try:
        yield said
    finally:
        sa.event.remove(engine, "before_cursor_execute", hear)


async def ask(database: Database, slug: str = "rivoli", *, period: Period = PERIOD) -> Asked:
    async with database.work(readonly=True) as session:
        found = await places.find(session, slug)
        with listening(database) as said:
            look = await diaries.look(session, found, period)
    read = {one for _, parameters in said for value in parameters if isinstance(value, list) for one in value}
    return Asked(len(said), read, look)


@pytest.fixture
async def world(database: Database) -> World:
    async with database.work() as session:
        return await build(session, now=NOON, staffed=False)


@pytest.fixture
async def desk(database: Database, world: World) -> Desk:
    async with database.work() as session:
        return await advise(session, world, now=NOON)


async def test_the_second_look_is_one_statement(database, desk):
    first, second = await ask(database), await ask(database)
    assert (first.statements, second.statements) == (2, 1)
    assert first.read == {desk.nadia.id, desk.karim.id, desk.corner.id} and second.read == set()
    assert second.look.people == first.look.people and second.look.rooms == first.look.rooms
    assert second.look.people[0] is first.look.people[0], "what was worked out from it is kept"


async def test_as_many_statements_for_sixty_advisors_and_a_quarter_as_for_two_and_a_week(database, world, desk):
    async with database.work() as session:
        rivoli = await places.find(session, "rivoli")
        for number in range(60):
            one = await advisor(session, world, f"N{number}", [], ["fr"])
            session.add_all(
                Shift(
                    advisor_id=one.id, store_id=rivoli.id, day=day.date(), starts_at=day, ends_at=day + 8 * 60 * MINUTES
                )
                for day in (NOON + timedelta(days=ahead) for ahead in range(5))
            )
    quarter = Period.of_days(NOON, NOON + timedelta(days=90))
    assert (await ask(database, period=quarter)).statements == 2
    again = await ask(database, period=quarter)
    assert (again.statements, len(again.look.people)) == (1, 62)


# Every use-case that writes in a diary is noticed, and in no other


@dataclass
class Story:
    """What has happened before, and who is who."""

    session: AsyncSession
    world: World
    desk: Desk
    rivoli: Store
    nadias: Any
    """Her appointment of Wednesday at 14:30."""
    held: SlotHold
    """Karim, at 16:30."""
    shift: Shift
    off: TimeOff

    @property
    def nadia(self) -> Advisor:
        return self.desk.nadia


async def books_karim(s: Story) -> None:
    await booked(s.session, s.world, s.desk, WEDNESDAY, now=NOON, advisor=s.desk.karim)


async def books_a_kitchen(s: Story) -> None:
    start = WEDNESDAY - 30 * MINUTES
    await booked(s.session, s.world, s.desk, start, now=NOON, service=s.desk.kitchen)


async def books_what_is_held(s: Story) -> None:
    await booked(s.session, s.world, s.desk, s.held.starts_at, now=NOON, hold=s.held)


async def books_anyway(s: Story) -> None:
    await asking.book_anyway(
        s.session, s.rivoli, s.desk.lighting, WEDNESDAY + timedelta(hours=9), lea(), asking.Brief(),
        advisor_id=s.desk.karim.id, space_id=s.desk.corner.id, reason="she asked", secret=SECRET, now=NOON,
        origin="store", by="Hélène",
    )  # fmt: skip


async def holds(s: Story) -> None:
    await holding.hold(
        s.session, s.rivoli, s.desk.lighting, WEDNESDAY, browser=b"z" * 32, advisor_id=s.desk.karim.id, now=NOON
    )


async def holds_another(s: Story) -> None:
    """The same browser: what it held before is free again."""
    await holding.hold(
        s.session, s.rivoli, s.desk.lighting, WEDNESDAY - 90 * MINUTES, browser=b"k" * 32,
        advisor_id=s.nadia.id, now=NOON,
    )  # fmt: skip


async def moves_it(s: Story) -> None:
    await asking.reschedule(s.session, s.nadias, WEDNESDAY + 30 * MINUTES, now=NOON)


async def moves_it_to_karim(s: Story) -> None:
    await asking.reschedule(s.session, s.nadias, WEDNESDAY, advisor_id=s.desk.karim.id, by="Hélène", now=NOON)


async def moves_it_anyway(s: Story) -> None:
    await asking.move_anyway(
        s.session, s.nadias, WEDNESDAY, advisor_id=s.nadia.id, space_id=s.desk.corner.id, reason="calm", by="Hélène",
        now=NOON,
    )  # fmt: skip


async def cancels(s: Story) -> None:
    await asking.cancel(s.session, s.nadias, now=NOON)


async def ends_early(s: Story) -> None:
    await receiving.begin(s.session, s.nadias, by="Nadia", now=WEDNESDAY)
    await receiving.complete(s.session, s.nadias, outcome=Outcome.BOUGHT, by="Nadia", now=WEDNESDAY + 10 * MINUTES)


async def does_not_come(s: Story) -> None:
    await receiving.no_show(s.session, s.nadias, by="Nadia", now=WEDNESDAY + 20 * MINUTES)


async def is_away(s: Story) -> None:
    await schedules.add_time_off(
        s.session, s.nadia.id, WEDNESDAY, WEDNESDAY + 60 * MINUTES, kind=Absence.ILL, by="Hélène", now=NOON
    )


async def is_back(s: Story) -> None:
    await schedules.remove_time_off(s.session, await s.session.merge(s.off))


async def works_longer(s: Story) -> None:
    evening = WEDNESDAY + timedelta(hours=6)
    await schedules.add_shift(s.session, s.nadia.id, s.rivoli, evening, evening + 60 * MINUTES)


async def does_not_work(s: Story) -> None:
    await schedules.cancel_day(s.session, s.nadia.id, s.shift.store_id, s.shift.day)


async def works_other_hours(s: Story) -> None:
    week = [(2, 600, 720)]
    await schedules.set_week(s.session, s.nadia.id, s.rivoli, week, valid_from=date(2026, 11, 25), now=NOON)


async def learns(s: Story) -> None:
    nadia = await advisors.get(s.session, s.nadia.id)
    had = [(one.skill, one.valid_from, one.valid_until) for one in nadia.skills]
    await advisors.set_skills(s.session, nadia, [*had, (await s.session.merge(s.desk.skills["kitchens"]), None, None)])


async def is_no_longer_shown(s: Story) -> None:
    await advisors.save(s.session, await advisors.get(s.session, s.nadia.id), bookable=False, daily_max=3)


async def is_rebuilt(s: Story) -> None:
    corner = await spaces.find(s.session, s.desk.corner.id, store_ids=None)
    await spaces.save(s.session, corner, capacity=2)


NADIA, KARIM, CORNER = "nadia", "karim", "corner"
WRITES: list[tuple[Callable[[Story], Awaitable[None]], set[str]]] = [
    (books_karim, {KARIM}),
    (books_a_kitchen, {KARIM, CORNER}),
    (books_what_is_held, {KARIM}),
    (books_anyway, {KARIM, CORNER}),
    (holds, {KARIM}),
    (holds_another, {NADIA, KARIM}),
    (moves_it, {NADIA}),
    (moves_it_to_karim, {NADIA, KARIM}),
    (moves_it_anyway, {NADIA, CORNER}),
    (cancels, {NADIA}),
    (ends_early, {NADIA}),
    (does_not_come, {NADIA}),
    (is_away, {NADIA}),
    (is_back, {NADIA}),
    (works_longer, {NADIA}),
    (does_not_work, {NADIA}),
    (works_other_hours, {NADIA}),
    (learns, {NADIA}),
    (is_no_longer_shown, {NADIA}),
    (is_rebuilt, {CORNER}),
]


@pytest.fixture
async def before(database: Database, world: World, desk: Desk) -> dict[str, Any]:
    async with database.work() as session:
        rivoli = await places.find(session, "rivoli")
        nadias = await booked(session, world, desk, WEDNESDAY, now=NOON, advisor=desk.nadia)
        held = await holding.hold(
            session, rivoli, desk.lighting, WEDNESDAY + 120 * MINUTES, browser=b"k" * 32, advisor_id=desk.karim.id,
            now=NOON,
        )  # fmt: skip
        off = await schedules.add_time_off(
            session, desk.nadia.id, WEDNESDAY + timedelta(days=1), WEDNESDAY + timedelta(days=1, hours=1),
            kind=Absence.LEAVE, by="Hélène", now=NOON,
        )  # fmt: skip
        shifts = await schedules.shifts_between(session, [desk.nadia.id], WEDNESDAY, WEDNESDAY + 5 * MINUTES)
    return {"nadias": nadias, "held": held, "off": off, "shift": shifts[0]}


@pytest.mark.parametrize(("does", "changed"), WRITES, ids=[does.__name__ for does, _ in WRITES])
async def test_what_is_written_is_seen_once_it_is_safe_and_no_other_diary_is_read_for_it(
    database, world, desk, before, does, changed
):
    names = {desk.nadia.id: NADIA, desk.karim.id: KARIM, desk.corner.id: CORNER}
    then = await ask(database)

    async def write_and_look(session: AsyncSession) -> Look:
        appointment = await questions.get(session, before["nadias"].id)
        rivoli = await places.find(session, "rivoli")
        await does(Story(session, world, desk, rivoli, **{**before, "nadias": appointment}))
        return await diaries.look(session, rivoli, PERIOD)

    # the page fails after it has looked: nobody else has seen anything
    with suppress(ZeroDivisionError):
        async with database.work() as session:
            undone = await write_and_look(session)
            raise ZeroDivisionError
    assert seen(undone) != seen(then.look)
    after = await ask(database)
    assert (after.read, seen(after.look)) == (set(), seen(then.look))
    # and what is now written under the same numbers is not what was undone
    async with database.work() as session:
        await resources.lock(session, names)
    assert seen((await ask(database)).look) == seen(then.look)

    async with database.work() as session:
        own = await write_and_look(session)
    after = await ask(database)
    assert {names[one] for one in after.read} == changed
    assert seen(after.look) == seen(own) != seen(then.look)
    diaries.forget()
    assert seen((await ask(database)).look) == seen(after.look)


async def test_a_look_before_the_lock_of_the_same_page_is_remembered_as_it_was(database, world, desk):
    """`win` looks, locks, looks and writes: what the first look kept is what was committed then."""
    async with database.work() as session:
        await booked(session, world, desk, WEDNESDAY, now=NOON, advisor=desk.nadia)
    after = await ask(database)
    nadia = next(person for person in after.look.people if person.id == desk.nadia.id)
    assert nadia.diary.blocks == PERIOD.taken(WEDNESDAY - 10 * MINUTES, WEDNESDAY + 50 * MINUTES)


async def test_a_space_that_is_closed_is_gone_at_once(database, desk):
    assert len((await ask(database)).look.rooms) == 1
    async with database.work() as session:
        await spaces.save(session, await spaces.find(session, desk.corner.id, store_ids=None), active=False)
    assert (await ask(database)).look.rooms == ()


async def test_a_hold_that_runs_out_costs_no_reading(database, world, desk, before):
    start = before["held"].starts_at
    await ask(database)
    for now, free in ((NOON, [NADIA]), (NOON + 10 * MINUTES, [NADIA, KARIM])):
        asked = await ask(database)
        assert (asked.statements, asked.read) == (1, set())
        people = asked.look.offer(desk.lighting, Question(start, start, now)).free_at(start)
        assert [person.slug for person in people] == free


async def test_a_hold_that_was_swept_away_stood_in_nobodys_way(database, world, desk, before):
    start, later = before["held"].starts_at, NOON + 11 * MINUTES
    then = (await ask(database)).look.offer(desk.lighting, Question(start, start, later)).free_at(start)
    async with database.work() as session:
        assert await blocks.sweep(session, now=later) == 1
    after = await ask(database)
    assert after.read == set()
    diaries.forget()
    anew = (await ask(database)).look.offer(desk.lighting, Question(start, start, later)).free_at(start)
    assert [one.id for one in then] == [one.id for one in anew] == [desk.nadia.id, desk.karim.id]


# Two stores, two databases


async def test_who_works_in_two_stores_is_taken_in_both(database, world, desk):
    async with database.work() as session:
        kleber = await places.find(session, "kleber")
        evening = WEDNESDAY - timedelta(hours=1)
        await schedules.add_shift(session, desk.nadia.id, kleber, evening, evening + timedelta(hours=5))
        desk.lighting.stores  # noqa: B018 (loaded)
    there = await ask(database, "kleber")
    assert [person.slug for person in there.look.people] == [NADIA]
    assert there.read == {desk.nadia.id}
    free = there.look.people[0].diary.works & ~there.look.people[0].diary.blocks
    async with database.work() as session:
        await booked(session, world, desk, WEDNESDAY, now=NOON, advisor=desk.nadia)
        await schedules.add_time_off(
            session, desk.nadia.id, WEDNESDAY + timedelta(hours=2), WEDNESDAY + timedelta(hours=3),
            kind=Absence.TRAINING, by="Hélène", now=NOON,
        )  # fmt: skip
    after = (await ask(database, "kleber")).look.people[0].diary
    lost = free & ~(after.works & ~after.blocks)
    assert lost == PERIOD.taken(WEDNESDAY - 10 * MINUTES, WEDNESDAY + 50 * MINUTES) | PERIOD.taken(
        WEDNESDAY + timedelta(hours=2), WEDNESDAY + timedelta(hours=3)
    )
    at_home = await ask(database)
    assert next(one for one in at_home.look.people if one.id == desk.nadia.id).diary.blocks == after.blocks


async def test_a_shift_taken_out_is_no_reason_to_be_asked(database, world, desk):
    async with database.work() as session:
        kleber = await places.find(session, "kleber")
        await schedules.add_shift(session, desk.nadia.id, kleber, WEDNESDAY, WEDNESDAY + timedelta(hours=1))
        await schedules.cancel_day(session, desk.nadia.id, kleber.id, WEDNESDAY.date())
    assert (await ask(database, "kleber")).look.people == ()
    assert (await ask(database, "lyon")).look.people == ()


async def test_a_shift_that_began_the_evening_before_the_period_is_seen(database, world, desk):
    async with database.work() as session:
        lyon = await places.find(session, "lyon")
        begins = PERIOD.start - timedelta(hours=2)
        await schedules.add_shift(session, desk.nadia.id, lyon, begins, begins + timedelta(hours=8))
    (person,) = (await ask(database, "lyon")).look.people
    assert person.diary.works == PERIOD.free(PERIOD.start, PERIOD.start + timedelta(hours=6))


@asynccontextmanager
async def copy_of(url: str) -> AsyncIterator[Database]:
    """A second database, in which the same numbers mean other people. Nobody may be connected to the first."""
    here = sa.make_url(url)
    name = f"{here.database}_elsewhere"
    admin = create_async_engine(here.set(database="postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    engine = create_async_engine(here.set(database=name), poolclass=NullPool)
    async with admin.connect() as connection:
        await connection.execute(sa.text(f"drop database if exists {name} with (force)"))
        await connection.execute(sa.text(f"create database {name} template {here.database}"))
        yield Database(engine)
        await connection.execute(sa.text(f"drop database {name} with (force)"))
    await engine.dispose()
    await admin.dispose()


async def test_two_databases_do_not_mix(engine, database_url, database, desk):
    await engine.dispose()
    async with copy_of(database_url) as other:
        assert (await ask(database)).statements == (await ask(other)).statements == 2
        for one, days in ((database, 1), (other, 2)):
            async with one.work() as session:
                rivoli = await places.find(session, "rivoli")
                when = WEDNESDAY + timedelta(days=days, hours=8)
                await schedules.add_shift(session, desk.nadia.id, rivoli, when, when + timedelta(hours=1))
        here, there = await ask(database), await ask(other)
        assert here.look.revisions == there.look.revisions and here.read == there.read == {desk.nadia.id}
        assert seen(here.look) != seen(there.look)
        assert (await ask(database)).look.people == here.look.people


async def test_the_memory_has_an_end(database, desk, monkeypatch):
    monkeypatch.setattr(diaries, "MOST_REMEMBERED", 4)
    later = Period.of_days(WEDNESDAY + timedelta(days=7), WEDNESDAY + timedelta(days=8))
    assert (await ask(database)).statements == 2
    assert (await ask(database, period=later)).statements == 2
    assert (await ask(database, period=later)).statements == 1
    assert (await ask(database)).statements == 2, "the one asked longest ago was let go"
