"""Random stores around days that are hard for clocks, each of them made by its number."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from stores.hours import Hours
from tests.booking.bits import ELSEWHERE, HERE
from tests.booking.twin import Corner, Kind, Taken, Worker, World

FR, IT = "fr", "it"

CALENDARS = [
    ("Europe/Paris", date(2027, 3, 28)),  # 02:00 becomes 03:00
    ("Europe/Paris", date(2027, 10, 31)),  # 03:00 becomes 02:00
    ("Indian/Reunion", date(2027, 3, 28)),
    ("America/Martinique", date(2027, 10, 31)),
    ("America/New_York", date(2027, 3, 14)),
    ("America/New_York", date(2027, 11, 7)),
    ("America/Sao_Paulo", date(2018, 11, 4)),  # a day without a midnight
    ("America/Sao_Paulo", date(2019, 2, 16)),  # its last hour twice
    ("Asia/Kathmandu", date(2027, 5, 1)),
    ("Australia/Lord_Howe", date(2027, 4, 4)),  # by half an hour
    ("Australia/Lord_Howe", date(2027, 10, 3)),
    ("Pacific/Chatham", date(2027, 4, 4)),  # from +13:45 to +12:45
    ("Pacific/Chatham", date(2027, 9, 26)),
    ("Pacific/Apia", date(2011, 12, 31)),  # the day before never was
    ("Pacific/Apia", date(2021, 4, 4)),
]
OPENINGS = [
    "Mo-Su 10:00-20:00",
    "Mo-Su 10:00-20:00",
    "24/7",
    "24/7",
    "Mo-Su 00:00-06:00",
    "Mo-Su 22:00-05:00",
    "Mo-Su 09:30-12:30,14:00-19:00",
    "Mo-Su 08:07-18:52",
    "Mo-Su 20:00-02:30",
    "Mo-Su 01:00-03:00",
]


def world_of(seed: int) -> World:
    """A store around a day that is hard for clocks, its people and spaces, and a question about two days or three."""
    chance = Random(seed)
    zone, day = chance.choice(CALENDARS)
    exceptions = chance.choice([{}, {}, {}, {}, {day: "off"}, {day: "01:00-04:00"}, {day: "12:00-26:00"}])
    hours = Hours(chance.choice(OPENINGS), zone, exceptions)
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC) - _offset(zone, day)
    kind = Kind(
        duration=5 * chance.randint(1, 18),
        preparation=5 * chance.choice([0, 0, 1, 2, 3, 6, 12]),
        wrap_up=5 * chance.choice([0, 0, 1, 3, 6]),
        step=chance.choice([5, 15, 30, 30, 45, 60, 25, 35, 50, 65, 90, 480]),
        lead=chance.choice([0, 0, 0, 30, 120, 1440]),
        horizon_days=chance.choice([1, 2] + [60] * 6),
        max_party=chance.choice([4, 4, 4, 4, 2]),
        space_kind=chance.choice(["", "table"]),
        required=frozenset(chance.choice([(), (), (), (1,), (1,), (1, 2)])),
        here=chance.choice([True] * 39 + [False]),
    )
    first = midnight + timedelta(minutes=chance.choice([0, 0, -600, -1440, 125, 127]))
    now = midnight + timedelta(minutes=5 * chance.randint(-500, 60), seconds=chance.choice([0, 0, 7]))
    workers = tuple(_worker(chance, one, midnight, day, now) for one in range(1, chance.randint(2, 4)))
    corners = tuple(_corner(chance, one, midnight, now) for one in range(11, 11 + chance.choice([0, 1, 2, 2, 3])))
    moving = [(one.id, t.start, t.end) for one in (*workers, *corners) for t in one.taken if t.kind == "appointment"]
    return World(
        hours,
        kind,
        workers,
        corners,
        first=first,
        last=first + timedelta(minutes=chance.choice([0, 1439, 2879, 2879, 4320])),
        now=now,
        party=chance.choice([1, 1, 1, 2, 3]),
        advisor_id=chance.choice([None, None, None, None, 1]),
        language=chance.choice(["", "", "", FR]),
        own_blocks=tuple(chance.sample(moving, min(len(moving), chance.choice([0, 0, 1, 2])))),
        own_hold=chance.choice([None, 1]),
        rules=chance.randint(0, 3) > 0,
    )


def _offset(zone: str, day: date) -> timedelta:
    away = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).utcoffset()
    assert away is not None
    return away


def _worker(chance: Random, number: int, midnight: datetime, day: date, now: datetime) -> Worker:
    """Shifts may overlap, touch, pass midnight, and be in the other store."""
    shifts = [
        (
            HERE if chance.randint(0, 4) else ELSEWHERE,
            begins := midnight + timedelta(minutes=30 * chance.randint(-24, 50)),
            begins + timedelta(minutes=30 * chance.randint(6, 40)),
        )
        for _ in range(chance.randint(1, 4))
    ]
    away = [
        (
            begins := midnight + timedelta(minutes=7 * chance.randint(-100, 400)),
            begins + timedelta(minutes=7 * chance.randint(1, 100)),
        )
        for _ in range(chance.choice([0, 0, 0, 1]))
    ]
    skills = []
    for skill in chance.choice([(1, 2), (1, 2), (1, 2), (1,), ()]):
        first, last = (chance.choice([None, None, None, None, -1, 0, 1]) for _ in range(2))
        skills.append((skill, _days_from(day, first), _days_from(day, last)))
    return Worker(
        number,
        tuple(shifts),
        tuple(away),
        _taken(chance, midnight, now, most=6),
        languages=chance.choice([(FR,), (FR, IT), (FR, IT), (IT,)]),
        daily_max=chance.choice([0, 0, 1, 2]),
        bookable=chance.choice([True] * 9 + [False]),
        skills=tuple(skills),
    )


def _days_from(day: date, ahead: int | None) -> date | None:
    return None if ahead is None else day + timedelta(days=ahead)


def _corner(chance: Random, number: int, midnight: datetime, now: datetime) -> Corner:
    return Corner(
        number,
        chance.choice(["table"] * 5 + ["fitting_room"]),
        chance.choice([1, 2, 4, 4]),
        _taken(chance, midnight, now, most=16),
    )


def _taken(chance: Random, midnight: datetime, now: datetime, *, most: int) -> tuple[Taken, ...]:
    """One after another, often touching, some a minute off the grid; holds that have run out and that have not."""
    found: list[Taken] = []
    at = midnight - timedelta(hours=12)
    for _ in range(chance.randint(0, most)):
        gap, ticks = chance.choice([0, 6, 12, 30, 60, 90]), chance.randint(1, 30)
        kind = chance.choice(["appointment", "appointment", "session", "hold", "walk_in"])
        at += timedelta(minutes=5 * gap)
        end = at + timedelta(minutes=5 * ticks)
        if kind == "hold":
            until = now + timedelta(seconds=chance.choice([-60, 0, 1, 300]))
            found.append(Taken(at, end, kind, hold_id=chance.randint(1, 2), until=until))
        elif kind == "walk_in":
            found.append(Taken(at + timedelta(minutes=2), end - timedelta(minutes=1)))
        else:
            found.append(Taken(at, end, kind))
        at = end
    return tuple(found)
