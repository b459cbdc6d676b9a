"""When a store is open, and the promises that count in open time.

Pure: no database, no clock. Days are local days of the store; instants are aware and come back in UTC; spans are
half open, a store is closed at the very instant of its closing. A span belongs to the day on which it opens: with
`22:00-02:00`, one in the morning on Tuesday is still Monday's opening.

The weekly hours are an OpenStreetMap string *without* public holidays (the library knows neither Alsace-Moselle nor
La Réunion, and ignores `PH` in silence when it knows no country): exceptional days are dated, and replace the whole
day. The wall clock rules: 10:00 stays 10:00 when the clocks change. A time that the spring change skips is the
instant of the change; a time that the autumn change repeats is its first passing.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

import holidays
from opening_hours import OpeningHours, State, validate

LOOK_AHEAD = 400
"""Days searched for an opening before we say that a store never opens: a yearly season and a little more."""

ALWAYS_OPEN = timedelta(days=8)
"""A store open for longer than this without a break has no closing worth telling."""

NOT_BEFORE = 9 * 60
"""Nobody is reminded before this minute of the store's day."""

MIDNIGHT = 24 * 60
NOON = 12 * 60
CLOSED = "off"

_HOLIDAYS = re.compile(r"\b(PH|SH)\b", re.IGNORECASE)
_SUN = re.compile(r"\b(sunrise|sunset|dawn|dusk)\b", re.IGNORECASE)
_COMMENT = re.compile(r'"[^"]*"')
_TIMES = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")
_FIRST_YEAR, _LAST_YEAR = 2000, 2100

Reason = Literal["syntax", "holidays", "sun", "comment", "never"]

_SENTENCES: dict[Reason, str] = {
    "syntax": "These hours cannot be read.",
    "holidays": "Public and school holidays are entered as exceptional days, not in the weekly hours.",
    "sun": "Hours are given by the clock, not by the sun.",
    "comment": "Each comment needs its days or times beside it.",
    "never": "With these hours the store never opens.",
}


class BadHours(ValueError):
    """Hours that we cannot keep. `reason` names the cause for a form, `str()` is a plain English sentence."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(_SENTENCES[reason])
        self.reason = reason


class NeverOpens(Exception):
    """The store does not open enough within LOOK_AHEAD days for what was asked: season over, or closed for good."""


class UnknownRegion(ValueError):
    """A country or subdivision whose public holidays are not known."""


class Span(NamedTuple):
    """One opening, from `start` to just before `end`, both in UTC."""

    start: datetime
    end: datetime


class DayHours(NamedTuple):
    """A line of a store page. `times` are (opens, closes) on the store's clock, none when closed all day."""

    day: date
    times: tuple[tuple[time, time], ...]
    exceptional: bool


@dataclass(frozen=True)
class Hours:
    """The hours of one store. `exceptions` gives an exceptional day its times (`10:00-12:00,14:00-18:00`) or `off`;
    `opens_on` and `closes_on` are the first and last day of a seasonal store, both included."""

    osm: str
    timezone: str
    exceptions: Mapping[date, str] = field(default_factory=dict, hash=False)
    opens_on: date | None = None
    closes_on: date | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "exceptions", MappingProxyType(dict(self.exceptions)))

    def local_day(self, instant: datetime) -> date:
        """The date on the store's calendar. ValueError for an instant without a zone."""
        return _aware(instant).astimezone(ZoneInfo(self.timezone)).date()

    def in_season(self, day: date) -> bool:
        return (self.opens_on is None or self.opens_on <= day) and (self.closes_on is None or day <= self.closes_on)

    def day_spans(self, day: date) -> tuple[Span, ...]:
        """The openings that begin on this local day. One that the night before still covers begins when that ends."""
        own = self._own_spans(day)
        if not own:
            return ()
        eve = self._own_spans(day - timedelta(days=1))
        if not eve or eve[-1].end <= own[0].start:
            return own
        return tuple(Span(max(span.start, eve[-1].end), span.end) for span in own if span.end > eve[-1].end)

    def spans(self, first: date, last: date) -> list[Span]:
        """The openings of these local days, both included, sorted and disjoint (those of 24/7 touch at midnight)."""
        return [span for day in self._days(first, last) for span in self.day_spans(day)]

    def open_at(self, now: datetime) -> Span | None:
        """The opening that is under way."""
        now, today = _aware(now), self.local_day(now)
        for span in self.spans(today - timedelta(days=1), today):
            if span.start <= now < span.end:
                return span
        return None

    def closes_at(self, now: datetime) -> datetime | None:
        """When the doors that are open now will close; None when closed, or open for more than ALWAYS_OPEN."""
        now, closing = _aware(now), None
        for span in self._spans_ending_after(now):
            if span.start > (closing or now):
                return closing
            closing = span.end
            if closing - now > ALWAYS_OPEN:
                return None
        return closing

    def next_opening(self, now: datetime) -> Span | None:
        """The first opening that starts after `now`, not the one under way; None when none does within LOOK_AHEAD."""
        now = _aware(now)
        return next((span for span in self._spans_ending_after(now) if span.start > now), None)

    def add_open_minutes(self, start: datetime, minutes: float) -> datetime:
        """The instant at which so many open minutes have passed since `start`: a minute asked for at 19:55 runs on to
        the next opening when the store closes at 20:00, and the last one may end exactly at closing.
        Raises NeverOpens."""
        if minutes < 0:
            raise ValueError("open minutes are counted forwards")
        start, left = _aware(start), timedelta(minutes=minutes)
        if not left:
            return start
        for span in self._spans_ending_after(start):
            begins = max(span.start, start)
            if left <= span.end - begins:
                return begins + left
            left -= span.end - begins
        raise NeverOpens

    def open_minutes_between(self, start: datetime, end: datetime) -> float:
        """Open minutes from `start` to `end`; 0 when `end` comes first."""
        start, end = _aware(start), _aware(end)
        if end <= start:
            return 0.0
        passed = timedelta()
        for span in self.spans(self.local_day(start) - timedelta(days=1), self.local_day(end)):
            passed += max(min(span.end, end) - max(span.start, start), timedelta())
        return passed / timedelta(minutes=1)

    def closing_of_open_day(self, after: date | datetime, n: int) -> datetime:
        """The last closing of the nth open day, counted from the day after the local day of `after`.
        Raises NeverOpens."""
        if n < 1:
            raise ValueError("open days are counted from one")
        day = self.local_day(after) if isinstance(after, datetime) else after
        for later in self._days(day + timedelta(days=1), day + timedelta(days=LOOK_AHEAD)):
            if spans := self.day_spans(later):
                n -= 1
                if n == 0:
                    return spans[-1].end
        raise NeverOpens

    def closing_of_next_open_day(self, closing: datetime) -> datetime:
        """Where an extension leads: the closing of the open day after the one that `closing` ends, even when it ends
        at midnight or later. Raises NeverOpens."""
        return self.closing_of_open_day(self._day_ending_at(closing), 1)

    def last_morning(self, hold_until: datetime) -> datetime:
        """When to remind somebody of a hold: at opening of its last day, not before 9:00 on the store's clock; at
        opening when 9:00 would be too late. Never after `hold_until`."""
        hold_until = _aware(hold_until)
        day = self._day_ending_at(hold_until)
        nine = instant_of(day, NOT_BEFORE, self.timezone)
        spans = self.day_spans(day)
        opening = spans[0].start if spans else nine
        morning = max(opening, nine)
        return morning if morning < hold_until else min(opening, hold_until)

    def week(self, day: date) -> list[DayHours]:
        """Seven days from `day` on, for the store page."""
        return [self._line(day + timedelta(days=ahead)) for ahead in range(7)]

    def exceptional(self, first: date, days: int = 30) -> list[DayHours]:
        """The exceptional days of the season among `days` days from `first` on."""
        last = first + timedelta(days=days - 1)
        return [self._line(day) for day in sorted(self.exceptions) if first <= day <= last and self.in_season(day)]

    def _line(self, day: date) -> DayHours:
        zone = ZoneInfo(self.timezone)
        times = tuple((s.start.astimezone(zone).time(), s.end.astimezone(zone).time()) for s in self.day_spans(day))
        return DayHours(day, times, day in self.exceptions)

    def _own_spans(self, day: date) -> tuple[Span, ...]:
        if not self.in_season(day):
            return ()
        times = self.exceptions.get(day)
        return _regular_day(self.osm, self.timezone, day) if times is None else _dated_day(times, self.timezone, day)

    def _days(self, first: date, last: date) -> Iterator[date]:
        """Days of the season from `first` to `last`."""
        day, last = max(first, self.opens_on or first), min(last, self.closes_on or last)
        while day <= last:
            yield day
            day += timedelta(days=1)

    def _spans_ending_after(self, instant: datetime) -> Iterator[Span]:
        today = self.local_day(instant)
        for day in self._days(today - timedelta(days=1), today + timedelta(days=LOOK_AHEAD)):
            for span in self.day_spans(day):
                if span.end > instant:
                    yield span

    def _day_ending_at(self, closing: datetime) -> date:
        """The day to which a closing belongs: the one before its date when it closes an opening of that evening."""
        day = self.local_day(closing)
        eve = day - timedelta(days=1)
        return eve if any(span.start < closing <= span.end for span in self.day_spans(eve)) else day


def check_hours(osm: str) -> None:
    """Accept the weekly hours of a store, or raise BadHours."""
    said = _COMMENT.sub("", osm)
    if _HOLIDAYS.search(said):
        raise BadHours("holidays")
    if _SUN.search(said):
        raise BadHours("sun")
    if not validate(osm):
        raise BadHours("syntax")
    # A rule that is nothing but a comment ("by appointment") would read as open day and night.
    if any(not rule.strip() for rule in re.split(r";|\|\|", said)):
        raise BadHours("comment")
    if not any(
        state == State.OPEN
        for _, _, state, _ in _parsed(osm).intervals(datetime(_FIRST_YEAR, 1, 1), datetime(_LAST_YEAR, 1, 1))
    ):
        raise BadHours("never")


def check_day_hours(times: str) -> None:
    """Accept the hours of an exceptional day (`off`, or times of opening and closing), or raise BadHours."""
    _dated_minutes(times)


def public_holidays(region: str, first: date, last: date) -> dict[date, dict[str, str]]:
    """Public holidays from `first` to `last`, to be proposed as exceptional days: {day: {"fr": name, "en": name}}.

    `region` is a country and perhaps a subdivision: `FR`, `FR-6AE` (Alsace), `FR-57` (Moselle), `FR-974` (La Réunion).
    A country without French names gives its English ones, or its own. Raises UnknownRegion.
    """
    english = {day: _british(name) for day, name in _named(region, first, last, ("en_GB", "en_US")).items()}
    french = _named(region, first, last, ("fr", f"fr_{region[:2]}", "en_GB", "en_US"))
    return {day: {"fr": french[day].replace("'", "’"), "en": english[day]} for day in sorted(english)}


def _named(region: str, first: date, last: date, languages: tuple[str, ...]) -> dict[date, str]:
    country, _, subdivision = region.partition("-")
    years = range(first.year, last.year + 1)
    try:
        spoken = holidays.country_holidays(country).supported_languages
        language = next((language for language in languages if language in spoken), None)
        # Without a language the library would follow the machine's.
        known = holidays.country_holidays(country, subdivision or None, years=years, language=language)
    except NotImplementedError as error:
        raise UnknownRegion(region) from error
    return {day: name for day, name in known.items() if first <= day <= last}


def _british(name: str) -> str:
    return name.replace("Labor Day", "Labour Day").replace("'", "’")


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant needs its zone")
    # In UTC, because sums and comparisons within one local zone count the wall clock and miss the change of hour.
    return instant.astimezone(UTC)


@lru_cache(maxsize=1_024)
def _parsed(osm: str) -> OpeningHours:
    return OpeningHours(osm, auto_country=False, auto_timezone=False)


@lru_cache(maxsize=32_768)
def _regular_day(osm: str, timezone: str, day: date) -> tuple[Span, ...]:
    """The openings that the weekly hours begin on this day."""
    eve, today, morrow = _open_minutes_of_days(_parsed(osm), day - timedelta(days=1), 3)
    late = _night_tail(today, morrow)
    own = today[1:] if _night_tail(eve, today) else today
    if late:
        own = [*own[:-1], (own[-1][0], MIDNIGHT + late)]
    return _resolved(own, timezone, day)


@lru_cache(maxsize=8_192)
def _dated_day(times: str, timezone: str, day: date) -> tuple[Span, ...]:
    return _resolved(_dated_minutes(times), timezone, day)


def _open_minutes_of_days(rules: OpeningHours, first: date, count: int) -> list[list[tuple[int, int]]]:
    """Open minutes of each of `count` days, joined where they touch, cut at midnight."""
    midnight = datetime.combine(first, time())
    days: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    for start, end, state, _ in rules.intervals(midnight, midnight + timedelta(days=count)):
        if state != State.OPEN:
            continue
        begin, stop = _minutes(start - midnight), _minutes(end - midnight)
        for number in range(begin // MIDNIGHT, -(-stop // MIDNIGHT)):
            days[number].append((max(begin - number * MIDNIGHT, 0), min(stop - number * MIDNIGHT, MIDNIGHT)))
    return [_joined(day) for day in days]


def _night_tail(eve: list[tuple[int, int]], day: list[tuple[int, int]]) -> int:
    """The minute until which the opening of the evening before lasts, 0 when it does not pass midnight.

    The library tells when a store is open, not which day's rule says so: open up to midnight (but not all day) and
    on from midnight until noon at most is one opening, of the evening.
    """
    if eve and day and eve[-1][1] == MIDNIGHT and eve[-1][0] > 0 and day[0][0] == 0 and day[0][1] <= NOON:
        return day[0][1]
    return 0


def _dated_minutes(times: str) -> list[tuple[int, int]]:
    if times.strip() == CLOSED:
        return []
    found = [_TIMES.fullmatch(part.strip()) for part in times.split(",")]
    minutes = []
    for match in found:
        if match is None:
            raise BadHours("syntax")
        opens_hour, opens_minute, closes_hour, closes_minute = (int(part) for part in match.groups())
        opens, closes = opens_hour * 60 + opens_minute, closes_hour * 60 + closes_minute
        if opens >= MIDNIGHT or closes > 2 * MIDNIGHT or max(opens_minute, closes_minute) > 59:
            raise BadHours("syntax")
        minutes.append((opens, closes if closes > opens else closes + MIDNIGHT))
    return _joined(minutes)


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def _resolved(minutes: list[tuple[int, int]], timezone: str, day: date) -> tuple[Span, ...]:
    spans = (Span(instant_of(day, start, timezone), instant_of(day, end, timezone)) for start, end in minutes)
    return tuple(span for span in spans if span.start < span.end)


def instant_of(day: date, minute: int, timezone: str) -> datetime:
    """The instant at which the wall clock shows this minute of the day, counted on past midnight."""
    zone = ZoneInfo(timezone)
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    while True:
        instant = wall.replace(tzinfo=zone).astimezone(UTC)
        if instant.astimezone(zone).replace(tzinfo=None, fold=0) == wall:
            return instant
        wall += timedelta(minutes=1)


def _minutes(delta: timedelta) -> int:
    return delta // timedelta(minutes=1)
