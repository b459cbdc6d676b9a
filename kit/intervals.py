"""Time as bits: a period is one integer with a bit for every five minutes of UTC, so no day has an edge.

A tick is `unix seconds // 300`. Bit n of a timeline is tick `period.first + n`. The wall clock of a store appears only
where hours and days are turned into bits, and where a start is shown; between them there is neither midnight nor DST.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

MINUTES = 5
"""Length of a tick. Whatever is booked lasts a multiple of it."""
TICK = timedelta(minutes=MINUTES)
SECONDS = MINUTES * 60
PER_DAY = 24 * 60 // MINUTES


def tick_of(when: datetime) -> int:
    """The tick that `when` lies in. ValueError for a moment without a zone."""
    if when.tzinfo is None:
        raise ValueError("a moment without a zone")
    return int(when.timestamp() // SECONDS)


def tick_from(when: datetime) -> int:
    """The first tick that does not begin before `when`."""
    return -int(-when.timestamp() // SECONDS) if when.tzinfo is not None else tick_of(when)


def moment_of(tick: int) -> datetime:
    return datetime.fromtimestamp(tick * SECONDS, UTC)


class Period(NamedTuple):
    """The ticks `first` to `first + size - 1`."""

    first: int
    size: int

    @classmethod
    def of_days(cls, start: datetime, end: datetime, *, beside: int = 2) -> "Period":
        """Whole UTC days that cover `start` to `end`, and so many days on either side: the same for a whole day of
        questions, so that what was read for one answers the next. With two, the local day on which the preparation
        of the first start begins is whole, wherever the store is."""
        first = tick_of(start) // PER_DAY - beside
        last = tick_of(end) // PER_DAY + beside
        return cls(first * PER_DAY, (last - first + 1) * PER_DAY)

    @property
    def all(self) -> int:
        return (1 << self.size) - 1

    @property
    def start(self) -> datetime:
        return moment_of(self.first)

    @property
    def end(self) -> datetime:
        return moment_of(self.first + self.size)

    def span(self, first: int, last: int) -> int:
        """The ticks `first` to `last - 1`, as far as they lie in the period."""
        begin, stop = max(first - self.first, 0), min(last - self.first, self.size)
        return ((1 << (stop - begin)) - 1) << begin if stop > begin else 0

    def free(self, start: datetime, end: datetime) -> int:
        """Time that may be used: only whole ticks of it."""
        return self.span(tick_from(start), tick_of(end))

    def taken(self, start: datetime, end: datetime) -> int:
        """Time that may not be used: every tick that it touches."""
        return self.span(tick_of(start), tick_from(end))

    def spans(self, pairs: Iterable[tuple[int, int]]) -> int:
        """Many spans of ticks at once: `span` written out, because a diary of a month has hundreds."""
        start, size = self
        bits = 0
        for first, last in pairs:
            begin = first - start if first > start else 0
            stop = last - start if last < start + size else size
            if begin < stop:
                bits |= ((1 << stop - begin) - 1) << begin
        return bits

    def bit(self, when: datetime) -> int | None:
        """The number of the bit that begins exactly at `when`; None when no tick does, or none of this period."""
        place = tick_from(when) - self.first
        return place if 0 <= place < self.size and moment_of(self.first + place) == when else None

    def moments(self, bits: int) -> Iterator[datetime]:
        """The beginnings of the ticks in `bits`, in order."""
        return (moment_of(self.first + place) for place in places(bits))


def runs(bits: int, ticks: int) -> int:
    """Where `ticks` ones in a row begin, in about log2(ticks) steps."""
    have = 1
    while have < ticks:
        step = min(have, ticks - have)
        bits &= bits >> step
        have += step
    return bits


def places(bits: int) -> Iterator[int]:
    """The numbers of the bits that are set, in order."""
    written = bin(bits)[:1:-1]
    place = written.find("1")
    while place >= 0:
        yield place
        place = written.find("1", place + 1)


@lru_cache(maxsize=512)
def grid(zone: str, step: int, period: Period) -> int:
    """Where the wall clock of `zone` shows a multiple of `step` minutes since midnight; a repeated hour has both."""
    pattern = sum(1 << (minute // MINUTES) for minute in range(0, 24 * 60, step))
    bits = 0
    for first, last, offset in _offsets(zone, period):
        day = (first + offset) // PER_DAY
        while (midnight := day * PER_DAY - offset) < last:
            bits |= _placed(pattern, midnight - period.first) & period.span(max(first, midnight), last)
            day += 1
    return bits


def _placed(bits: int, by: int) -> int:
    return bits << by if by >= 0 else bits >> -by


def _offsets(zone: str, period: Period) -> Iterator[tuple[int, int, int]]:
    """Parts of the period with the same offset from UTC: (first tick, the tick after the last, offset in ticks)."""
    place, end = ZoneInfo(zone), period.first + period.size

    def offset(tick: int) -> int:
        away = moment_of(tick).astimezone(place).utcoffset()
        assert away is not None
        return int(away // TICK)

    first, now = period.first, offset(period.first)
    for day in range(period.first + PER_DAY, end + PER_DAY, PER_DAY):
        look = min(day, end - 1)
        while offset(look) != now:  # the change lies between first and look: halve until it is found
            low, high = first, look
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == now else (low, middle)
            yield first, high, now
            first, now = high, offset(high)
    yield first, end, now


@lru_cache(maxsize=4096)
def day_span(zone: str, day: date) -> tuple[int, int]:
    """The ticks of a local day: the first one, and the one after the last. 23, 24 or 25 hours."""
    return tick_from(_midnight(zone, day)), tick_from(_midnight(zone, day + timedelta(days=1)))


def _midnight(zone: str, day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


@lru_cache(maxsize=8192)
def day_of(zone: str, tick: int) -> date:
    """The local day in which a tick begins."""
    return moment_of(tick).astimezone(ZoneInfo(zone)).date()
