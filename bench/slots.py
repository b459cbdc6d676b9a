"""How long it takes to say which starts of a month are free: 50 advisors, 6 rooms, 12 services, a year behind them.

Cold is the first question after a restart: all diaries are read from the database. Warm is every other one: a single
statement says that nothing was written since. Beside them the same question by the datetime twin of the tests, on
data that it need not read.
"""

import gc
import random
import statistics
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from rich.table import Table
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from booking import diaries
from booking.availability import Question
from booking.blocks import Block
from kit.db import Base, Database, table_of
from kit.intervals import Period
from kit.languages import Translated
from stores import places, services
from stores.advisors import Advisor, AdvisorSkill, Skill
from stores.places import Store
from stores.resources import Resource
from stores.schedules import Shift
from stores.services import Service, ServiceSkill, ServiceStore
from stores.spaces import Space
from tests.booking import twin

ADVISORS, ROOMS, MONTH, YEAR_BEHIND = 50, 6, 30, 365
MOST_A_DAY = 6
RUNS, SLOW_RUNS = 100, 3
SHAPES = [(45, 10, 5, 15), (60, 0, 0, 30), (30, 5, 5, 15), (90, 15, 10, 30), (20, 0, 5, 20), (120, 15, 15, 60)]
"""(duration, preparation, wrap-up, step), each once on the floor and once in a room."""


@dataclass
class Shop:
    """What was written, also as the twin wants it."""

    store: Store
    services: Sequence[Service]
    workers: tuple[twin.Worker, ...]
    corners: tuple[twin.Corner, ...]
    first: datetime
    now: datetime
    blocks: int = 0

    @property
    def last(self) -> datetime:
        return self.first + timedelta(days=MONTH) - timedelta(seconds=1)

    @property
    def period(self) -> Period:
        return Period.of_days(self.first, self.last)

    def question(self) -> Question:
        return Question(self.first, self.last, self.now)

    def world(self, service: Service) -> twin.World:
        kind = twin.Kind(
            duration=service.duration,
            preparation=service.preparation,
            wrap_up=service.wrap_up,
            step=service.step,
            lead=service.lead_minutes,
            horizon_days=service.horizon_days,
            space_kind=service.space_kind,
            required=service.required,
        )
        return twin.World(
            self.store.hours, kind, self.workers, self.corners, self.first, self.last, self.now, store_id=self.store.id
        )


async def open_shop(database: Database, *, now: datetime) -> Shop:
    """A large store that has been busy for a year and is as busy for the month ahead."""
    chance = random.Random(7)
    async with database.work() as session:
        store = _store()
        session.add(store)
        await session.flush()
        store_id = store.id
        skills = [Skill(code=f"bench-{n}", name=Translated(fr=str(n), en=str(n))) for n in range(3)]
        session.add_all(skills)
        await session.flush()
        given = _services(store_id, [skill.id for skill in skills])
        session.add_all(given)
        resources = [
            *(Resource(kind="advisor", store_id=store_id) for _ in range(ADVISORS)),
            *(Resource(kind="space", store_id=store_id) for _ in range(ROOMS)),
        ]
        session.add_all(resources)
        await session.flush()
        people, rooms = resources[:ADVISORS], resources[ADVISORS:]
        knows = {one.id: [skill.id for skill in skills if chance.random() < 0.8] for one in people}
        await _people(session, [one.id for one in people], knows)
        await _insert(
            session,
            Space,
            (
                {"id": one.id, "kind": "table", "name": Translated(), "way": Translated(), "step_free": True,
                 "capacity": 4, "active": True}
                for one in rooms
            ),
        )  # fmt: skip
    async with database.work() as session:
        store = (await places.every(session, ids=frozenset([store_id])))[0]
        today = store.local(now).date()
        shifts, taken = _days(store, [one.id for one in people], [one.id for one in rooms], today, chance)
        await _insert(
            session,
            Shift,
            (
                {"advisor_id": who, "store_id": store_id, "day": store.local(start).date(), "starts_at": start,
                 "ends_at": end, "cancelled": False}
                for who, spans in shifts.items()
                for start, end in spans
            ),
        )  # fmt: skip
        await _insert(
            session,
            Block,
            (
                {"resource_id": who, "during": Range(start, end), "kind": "appointment", "owner_id": number}
                for who, spans in taken.items()
                for number, (start, end) in enumerate(spans)
            ),
        )
        offered = await services.offered(session, store_id=store_id)
    async with database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(sa.text("vacuum analyze"))
    first = _midnight(store, today + timedelta(days=1))
    end = first + timedelta(days=MONTH)

    def of_the_month(who: int) -> tuple[twin.Taken, ...]:
        return tuple(twin.Taken(a, b) for a, b in taken[who] if a < end and b > first)

    workers = tuple(
        twin.Worker(
            id=one.id,
            shifts=tuple((store_id, a, b) for a, b in shifts[one.id] if a < end and b > first),
            taken=of_the_month(one.id),
            daily_max=MOST_A_DAY,
            skills=tuple((skill, None, None) for skill in knows[one.id]),
        )
        for one in people
    )
    corners = tuple(twin.Corner(id=one.id, kind="table", capacity=4, taken=of_the_month(one.id)) for one in rooms)
    return Shop(
        store, offered, workers, corners, first, now, blocks=sum(len(one.taken) for one in (*workers, *corners))
    )


def _store() -> Store:
    empty = Translated()
    return Store(
        slug="bench", name="Bench", sms_name="Bench", street="", postcode="", city="", latitude=0, longitude=0,
        phone="", email="", timezone="Europe/Paris", hours_osm="Mo-Sa 10:00-20:00", entrance=empty, desk=empty,
        desk_sms="", about=empty, directions={}, floors=[], services=[],
    )  # fmt: skip


def _services(store_id: int, skill_ids: list[int]) -> list[Service]:
    made = []
    for number, (room, shape) in enumerate((room, shape) for room in ("", "table") for shape in SHAPES):
        duration, preparation, wrap_up, step = shape
        service = Service(
            slug=f"bench-{number}", name=Translated(), need=Translated(), about=Translated(), bring=Translated(),
            duration=duration, preparation=preparation, wrap_up=wrap_up, step=step, space_kind=room, position=number,
        )  # fmt: skip
        service.skills = [ServiceSkill(skill_id=skill_ids[number % 3], required=True)]
        service.stores = [ServiceStore(store_id=store_id, meeting_point=Translated())]
        made.append(service)
    return made


async def _people(session: AsyncSession, ids: list[int], knows: dict[int, list[int]]) -> None:
    await _insert(
        session,
        Advisor,
        (
            {"id": one, "slug": f"bench-{one}", "name": f"Bench {one}", "title": Translated(), "bio": Translated(),
             "photo": "", "languages": ["fr", "en"], "bookable": True, "daily_max": MOST_A_DAY}
            for one in ids
        ),
    )  # fmt: skip
    await _insert(
        session, AdvisorSkill, ({"advisor_id": one, "skill_id": skill} for one in ids for skill in knows[one])
    )


Spans = dict[int, list[tuple[datetime, datetime]]]


def _days(store: Store, people: list[int], rooms: list[int], today: date, chance: random.Random) -> tuple[Spans, Spans]:
    """Five days of nine hours a week each, four to six appointments on each, eight a day in each room."""
    shifts: Spans = {one: [] for one in people}
    taken: Spans = {one: [] for one in (*people, *rooms)}
    for ahead in range(-YEAR_BEHIND, MONTH + 1):
        day = today + timedelta(days=ahead)
        if day.weekday() == 6:
            continue
        opens = _midnight(store, day) + timedelta(hours=10)
        for place, who in enumerate(people):
            if (day.weekday() + place) % 6:
                begins = opens + timedelta(minutes=30 * chance.randrange(3) - 30)
                shifts[who].append((begins, begins + timedelta(hours=9)))
                taken[who] += _busy(begins, 9, 4 + chance.randrange(3), chance)
        for who in rooms:
            taken[who] += _busy(opens, 10, 8, chance)
    return shifts, taken


def _busy(begins: datetime, hours: int, count: int, chance: random.Random) -> Iterable[tuple[datetime, datetime]]:
    """So many appointments between others, none over another."""
    each = hours * 60 // count
    for number in range(count):
        start = begins + timedelta(minutes=(each * number + 4) // 5 * 5)
        yield start, start + timedelta(minutes=5 * chance.randrange(6, each // 5))


def _midnight(store: Store, day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=store.zone).astimezone(UTC)


async def _insert(session: AsyncSession, entity: type[Base], rows: Iterable[dict[str, Any]]) -> None:
    made = list(rows)
    for begin in range(0, len(made), 5_000):
        await session.execute(sa.insert(table_of(entity)), made[begin : begin + 5_000])


async def timed(work: Callable[[], Awaitable[Any]], runs: int) -> list[float]:
    """Milliseconds of each run, in order of size."""
    await work()
    gc.collect()
    took = []
    for _ in range(runs):
        began = time.perf_counter()
        await work()
        took.append((time.perf_counter() - began) * 1000)
    return sorted(took)


async def bench_slots(database: Database, table: Table, *, now: datetime) -> None:
    """Cold and warm, for twelve services and for one: p50 and p95. The twin must find the same starts."""
    shop = await open_shop(database, now=now)
    for name, given in (("12 services", shop.services), ("1 service", shop.services[:1])):

        async def ask(given: Sequence[Service] = given) -> list[int]:
            async with database.work(readonly=True) as session:
                look = await diaries.look(session, shop.store, shop.period)
                return [look.offer(service, shop.question()).starts for service in given]

        async def cold(ask: Callable[[], Awaitable[Any]] = ask) -> None:
            diaries.forget()
            await ask()

        slow: list[float] = []
        for _ in range(SLOW_RUNS):
            began = time.perf_counter()
            expected = [list(twin.free(shop.world(service))) for service in given]
            slow.append((time.perf_counter() - began) * 1000)
        assert [list(shop.period.moments(bits)) for bits in await ask()] == expected, "engine and twin disagree"
        by_datetimes = statistics.median(slow)
        for how, work in (("cold", cold), ("warm", ask)):
            took = await timed(work, RUNS)
            p50, p95 = took[RUNS // 2], took[int(RUNS * 0.95)]
            table.add_row(
                f"a month of {ADVISORS} advisors, {name}, {how}",
                f"datetimes one by one ({shop.blocks} blocks)",
                f"{p50:.1f} p95 {p95:.1f} ms",
                f"{by_datetimes:,.0f} ms",
                f"{by_datetimes / p50:,.0f}",
            )
