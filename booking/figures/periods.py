"""The days that figures are about, and the open time of stores as PostgreSQL can count it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from stores.places import Store

LONGEST = 366
"""Days of a period."""
REACH = timedelta(days=2)
"""Hours are known from so long before a period."""
LONGEST_LIFE = timedelta(days=60)
"""No reservation falls due, or is ready, so long after it was asked for."""


@dataclass(frozen=True)
class Period:
    """Days of each store's own calendar, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Period":
        """As many days, just before."""
        return Period(self.first - timedelta(days=self.days), self.first - timedelta(days=1))


def in_open_minutes(earlier: str, later: str) -> str:
    """SQL: open minutes between two instants, for a query that has joined OPENINGS as `o`.

    Each store brings its openings as sorted arrays of seconds, with the open seconds passed before each of them: the
    time open until an instant is a binary search and a sum, whatever lies between, be it lunch, a holiday, or the
    night on which the clocks change.
    """
    return f"greatest({_open_until(later)} - {_open_until(earlier)}, 0) / 60"


def _open_until(instant: str) -> str:
    at = f"extract(epoch from {instant})::float8"
    number = f"width_bucket({at}, o.opens)"
    return f"coalesce(o.passed[{number}] + least({at}, o.closes[{number}]) - o.opens[{number}], 0)"


OPENINGS = """
    openings as (
        select store_id, array_agg(opens order by opens) as opens, array_agg(closes order by opens) as closes,
            array_agg(passed order by opens) as passed
        from unnest(
            cast(:opening_stores as int[]), cast(:opens as float8[]), cast(:closes as float8[]),
            cast(:passed as float8[])
        ) as opening (store_id, opens, closes, passed)
        group by store_id
    )
"""


def openings(stores: Iterable[Store], period: Period, now: datetime) -> dict[str, Sequence[Any]]:
    """What OPENINGS asks for: the hours of these stores from before the earlier period until now."""
    store_ids: list[int] = []
    opens: list[float] = []
    closes: list[float] = []
    passed: list[float] = []
    for store in stores:
        so_far = 0.0
        for span in store.hours.spans(period.before.first - REACH, store.local(now).date()):
            begins, ends = span.start.timestamp(), span.end.timestamp()
            store_ids.append(store.id)
            opens.append(begins)
            closes.append(ends)
            passed.append(so_far)
            so_far += ends - begins
    return {"opening_stores": store_ids, "opens": opens, "closes": closes, "passed": passed}


def bucket(instant: str) -> str:
    """SQL: 1 for an instant within the period by the clock of its store `s`, 2 for one within that before."""
    day = f"({instant} at time zone s.timezone)::date"
    return f"case when {day} between :first and :last then 1 when {day} between :earlier and :eve then 2 end"


def dates(period: Period) -> dict[str, Any]:
    """What `bucket` asks for; and since when what matters then was asked for, at the earliest."""
    before = period.before
    since = datetime.combine(before.first, time(), UTC) - LONGEST_LIFE
    return {"first": period.first, "last": period.last, "earlier": before.first, "eve": before.last, "since": since}
