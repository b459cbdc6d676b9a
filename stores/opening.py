"""How a store's hours are set up: a week in a grid or in OpenStreetMap's words, and days with hours of their own.

A grid is seven lists of (opens, closes) in minutes of the store's clock, Monday first; a time of closing beyond
midnight is counted on past 24:00. The string is what is kept: a grid is read from it and written into it.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from kit.errors import NotFound
from kit.languages import Translated
from stores.hours import CLOSED, MIDNIGHT, BadHours, Hours, UnknownRegion, check_hours, public_holidays
from stores.places import Store, StoreException

Grid = list[list[tuple[int, int]]]

WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
MOST_SPANS = 3
"""So many openings on one day stand in the grid."""
HOLIDAYS_AHEAD = 365
"""Days for which public holidays are proposed."""

_A_MONDAY = date(2024, 1, 1)
_DAYS = r"(?:Mo|Tu|We|Th|Fr|Sa|Su)"
_SPAN = r"\d{1,2}:\d{2}-\d{1,2}:\d{2}"
_BETWEEN_RULES = re.compile(rf";|(?<=\d),\s*(?={_DAYS})")
_PLAIN_RULE = re.compile(
    rf"(?:{_DAYS}(?:-{_DAYS})?(?:\s*,\s*{_DAYS}(?:-{_DAYS})?)*\s+)?(?:{_SPAN}(?:\s*,\s*{_SPAN})*|off|closed)"
)


def grid_of(osm: str) -> Grid | None:
    """The week that these hours repeat; None where they say more than a grid can: seasons, weeks, comments, sooner
    or later. Nothing is guessed: only rules of days and times are read as a grid."""
    rules = [rule.strip() for rule in _BETWEEN_RULES.split(osm.strip().rstrip(";"))]
    if not all(_PLAIN_RULE.fullmatch(rule) for rule in rules):
        return None
    hours = Hours(osm, "UTC")
    grid: Grid = []
    for number in range(7):
        midnight = _A_MONDAY + timedelta(days=7 + number)
        spans = [(_minute(span.start, midnight), _minute(span.end, midnight)) for span in hours.day_spans(midnight)]
        if len(spans) > MOST_SPANS:
            return None
        grid.append(spans)
    return grid


def _minute(instant: datetime, day: date) -> int:
    return (instant.date() - day).days * MIDNIGHT + instant.hour * 60 + instant.minute


def osm_of(grid: Grid) -> str:
    """`Mo-We,Fr 10:00-19:30; Th 10:00-21:00`: days with the same hours together, closed days left out.

    Raises `BadHours` for a week without an opening, and for one whose openings run into each other.
    """
    alike: dict[tuple[tuple[int, int], ...], list[int]] = {}
    for number, spans in enumerate(grid):
        if spans:
            alike.setdefault(tuple(spans), []).append(number)
    # After a semicolon the next rule would take back what an evening before has of its day; after a comma it adds.
    late = any(closes > MIDNIGHT for spans in grid for _, closes in spans)
    osm = (", " if late else "; ").join(f"{_days(numbers)} {times_of(spans)}" for spans, numbers in alike.items())
    if not osm:
        raise BadHours("never")
    check_hours(osm)
    if grid_of(osm) != grid:
        raise BadHours("syntax")
    return osm


def _days(numbers: Sequence[int]) -> str:
    """`Mo-We,Fr` of 0, 1, 2, 4."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ",".join(WEEKDAYS[run[0]] + (f"-{WEEKDAYS[run[-1]]}" if len(run) > 1 else "") for run in runs)


def times_of(spans: Sequence[tuple[int, int]]) -> str:
    """`10:00-12:30,14:00-19:00`, and `off` for none: the hours of an exceptional day."""
    return ",".join(f"{_time(opens)}-{_time(closes)}" for opens, closes in spans) or CLOSED


def _time(minute: int) -> str:
    if minute == MIDNIGHT:
        return "24:00"
    return f"{minute % MIDNIGHT // 60:02}:{minute % 60:02}"


def holidays_ahead(store: Store, today: date) -> dict[date, Translated]:
    """The public holidays of the store's region in the next twelve months; none where the region is not known."""
    try:
        named = public_holidays(store.region, today, today + timedelta(days=HOLIDAYS_AHEAD))
    except UnknownRegion:
        return {}
    return {day: Translated(names) for day, names in named.items()}


async def take(session: AsyncSession, slug: str, *, store_ids: frozenset[int] | None) -> Store:
    """The store with its special days, locked until the transaction ends: two people change it one after the other.

    Raises `NotFound`, also for a store that is not one of `store_ids`.
    """
    query = select(Store).where(Store.slug == slug)
    if store_ids is not None:
        query = query.where(Store.id.in_(store_ids))
    store = await session.scalar(
        query.options(selectinload(Store.exceptions))
        .with_for_update(key_share=True, of=Store)
        .execution_options(populate_existing=True)
    )
    if store is None:
        raise NotFound()
    return store


async def set_day(session: AsyncSession, store: Store, day: date, hours: str, reason: Translated) -> str | None:
    """Give this day hours of its own (`off`, or times); returns those it had, None where it had none."""
    known = next((one for one in store.exceptions if one.day == day), None)
    if known is None:
        store.exceptions.append(StoreException(store_id=store.id, day=day, hours=hours, reason=reason))
        before = None
    else:
        before, known.hours, known.reason = known.hours, hours, reason
    await session.flush()
    return before


async def remove_day(session: AsyncSession, store: Store, day: date) -> str | None:
    """Back to the hours of the week; returns the hours it had, None where it had none."""
    known = next((one for one in store.exceptions if one.day == day), None)
    if known is None:
        return None
    store.exceptions.remove(known)
    await session.flush()
    return known.hours
