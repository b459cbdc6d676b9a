"""A day of a store as a table: advisors beside each other, time downwards in fives, everything on the store's clock.

Rows are cut where something begins or ends, so a block is a cell that spans rows: no style has to place it, and the
table reads like one. The real length of a day is what its ticks are: 23 or 25 hours when the clocks change.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from starlette.requests import Request

from booking.appointments.states import ENDED, Status
from booking.appointments.tables import Appointment
from booking.availability import open_bits
from kit import intervals, languages
from kit.codes import show_code
from kit.intervals import MINUTES, Period, moment_of, places, tick_from, tick_of
from kit.languages import gettext, pgettext
from stores.advisors import Advisor
from stores.hours import UnknownRegion, public_holidays
from stores.places import Store
from stores.schedules import Shift, TimeOff
from web import views
from web.appointment_words import TONES, status_words
from web.staff import frame
from web.words import language_words

HALF_HOUR = 30
LATE_AFTER = timedelta(minutes=5)
"""Nobody is called late in the first minutes."""
NOBODY = 0
"""The lane of appointments without an advisor."""

ICONS = {
    Status.REQUESTED: "clock",
    Status.CONFIRMED: "calendar",
    Status.ARRIVED: "near",
    Status.IN_PROGRESS: "people",
    Status.COMPLETED: "check",
    Status.NO_SHOW: "close",
}


@dataclass(frozen=True)
class Visit:
    """An appointment as the agenda shows it: no family name, for others look on."""

    code: str
    url: str
    move_url: str
    start: datetime
    times: str
    who: str
    lang: str
    """Code of her language, where it is not the store's."""
    lang_words: str
    service: str
    service_lang: str
    advisor: str
    state: str
    tone: str
    icon: str
    done: int
    wanted: int
    room: str
    articles: int
    party: int
    late: str
    """How late she is, in words."""
    overdue: bool
    """Its time is over, and nobody has said what came of it."""
    conflict: bool
    movable: bool
    version: int
    step: int


@dataclass(frozen=True)
class Cell:
    """Part of a column. `kind`: prep, body, wrap, several, free, off, away, closed, none."""

    kind: str
    rows: int
    visits: Sequence[Visit] = ()
    words: str = ""


@dataclass(frozen=True)
class Head:
    """What stands in the column of hours."""

    words: str
    at: datetime
    rows: int
    now: bool = False


@dataclass(frozen=True)
class Row:
    minutes: int
    start: datetime
    wall: int
    """Minutes since midnight on the store's clock, for who drags a block here."""
    head: Head | None
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Column:
    id: int
    slug: str
    name: str
    hours: str
    """When she works, in words."""
    mine: bool = False


@dataclass(frozen=True)
class Day:
    columns: Sequence[Column]
    rows: Sequence[Row]
    visits: Sequence[Visit]
    """All of it in order of time, for a phone and for paper."""


@dataclass
class Lane:
    """What one column is made of, in ticks."""

    column: Column
    works: int = 0
    away: int = 0
    taken: list["Taken"] = field(default_factory=list)


@dataclass(frozen=True)
class Taken:
    """The ticks of one appointment: preparation from `first`, itself from `begin` to `end`, wrap-up to `last`."""

    first: int
    begin: int
    end: int
    last: int
    visit: Visit


def visit_of(
    request: Request, store: Store, one: Appointment, *, now: datetime, conflicts: frozenset[int] = frozenset()
) -> Visit:
    code = show_code(one.code)
    status = Status(one.status)
    done, wanted = one.prepared
    late_by = now - one.starts_at
    late = status == Status.CONFIRMED and late_by >= LATE_AFTER and now < one.ends_at
    ours = one.language != store.language
    return Visit(
        code=code,
        url=views.address(request, "staff_appointment", code=code),
        move_url=views.address(request, "staff_move_appointment", code=code),
        start=one.starts_at,
        times=languages.hours_range_words(store.local(one.starts_at), store.local(one.ends_at)),
        who=frame.short_name(one.first_name, one.last_name),
        lang=one.language if ours else "",
        lang_words=language_words(one.language) if ours else "",
        service=one.service.name.text(),
        service_lang=one.service.name.language(),
        advisor=one.advisor.name if one.advisor else "",
        state=status_words(status),
        tone=TONES[status],
        icon=ICONS.get(status, "calendar"),
        done=done,
        wanted=wanted,
        room=one.space.name.text() if one.space else "",
        articles=sum(item.quantity for item in one.items if item.state not in ("suggested", "dropped")),
        party=one.party,
        late=languages.duration_words(int(late_by.total_seconds()) // 60) if late else "",
        overdue=status not in ENDED and status != Status.REQUESTED and one.ends_at <= now,
        conflict=one.id in conflicts,
        movable=status in (Status.REQUESTED, Status.CONFIRMED) and one.starts_at > now,
        version=one.version,
        step=one.service.step,
    )


def _taken(one: Appointment, visit: Visit) -> Taken:
    """What it takes now: once it has ended, no more than it lasted."""
    begin, end = tick_of(one.starts_at), tick_from(one.ends_at)
    first, last = begin - one.preparation // MINUTES, end + one.wrap_up // MINUTES
    if one.status in ENDED and one.ended_at is not None:
        over = max(begin + 1, tick_from(one.ended_at))
        end, last = min(end, over), min(last, max(over, min(end, over)))
    return Taken(first, begin, end, max(end, last), visit)


def day_of(
    store: Store,
    day: date,
    *,
    advisors: Sequence[Advisor],
    shifts: Sequence[Shift],
    away: Sequence[TimeOff],
    appointments: Sequence[tuple[Appointment, Visit]],
    mine: int | None,
    now: datetime,
) -> Day:
    """The table of one day; `appointments` are those of the advisors shown, and those that have none."""
    begin, end = intervals.day_span(store.timezone, day)
    shifts = [one for one in shifts if one.store_id == store.id and one.day == day]
    period = _period(store, day, shifts, [_taken(one, visit) for one, visit in appointments], begin, end)
    lanes: dict[int, Lane] = {}
    busy = {one.advisor_id or NOBODY for one, _ in appointments}
    if NOBODY in busy:
        lanes[NOBODY] = Lane(Column(NOBODY, "", gettext("Nobody yet"), ""))
    for advisor in sorted(advisors, key=lambda one: (one.id != mine, one.name, one.id)):
        hers = [one for one in shifts if one.advisor_id == advisor.id]
        if hers or advisor.id in busy:
            hours = ", ".join(
                languages.hours_range_words(store.local(one.starts_at), store.local(one.ends_at)) for one in hers
            )
            column = Column(advisor.id, advisor.slug, advisor.name, hours, mine=advisor.id == mine)
            lanes[advisor.id] = Lane(
                column,
                works=_spans(period, hers),
                away=_spans(period, [one for one in away if one.advisor_id == advisor.id], touched=True),
            )
    for one, visit in appointments:
        if lane := lanes.get(one.advisor_id or NOBODY):
            lane.taken.append(_taken(one, visit))
    return Day(
        [lane.column for lane in lanes.values()],
        _rows(store, period, list(lanes.values()), now=now),
        [visit for _, visit in appointments],
    )


def _period(store: Store, day: date, shifts: Iterable[Shift], taken: Iterable[Taken], begin: int, end: int) -> Period:
    """From the first opening, shift or appointment of the day to the last of their ends, in whole half hours."""
    spans = [(tick_of(span.start), tick_from(span.end)) for span in store.hours.day_spans(day)]
    spans += [(tick_of(one.starts_at), tick_from(one.ends_at)) for one in shifts]
    spans += [(one.first, one.last) for one in taken]
    if not spans:
        return Period(begin, 0)
    first = max(begin, min(first for first, _ in spans))
    last = max(max(last for _, last in spans), first + 1)
    whole = Period(begin - intervals.PER_DAY, end - begin + 3 * intervals.PER_DAY)
    halves = [whole.first + place for place in places(intervals.grid(store.timezone, HALF_HOUR, whole))]
    first = max(half for half in halves if half <= first)
    return Period(first, min(half for half in halves if half >= last) - first)


def _spans(period: Period, rows: Iterable[Shift | TimeOff], *, touched: bool = False) -> int:
    bits = 0
    for one in rows:
        bits |= (period.taken if touched else period.free)(one.starts_at, one.ends_at)
    return bits


def _rows(store: Store, period: Period, lanes: Sequence[Lane], *, now: datetime) -> list[Row]:
    if not period.size:
        return []
    halves = {period.first + place for place in places(intervals.grid(store.timezone, HALF_HOUR, period))}
    stop = period.first + period.size
    cells = {number: _cells(store, period, lane, halves) for number, lane in enumerate(lanes)}
    at_now = tick_of(now)
    bounds = halves | {period.first, stop} | {first for column in cells.values() for first, _, _ in column}
    if period.first < at_now < stop:
        bounds.add(at_now)
    edges = sorted(bounds)
    places_of = {tick: number for number, tick in enumerate(edges)}
    heads = _heads(store, edges, halves, at_now)
    by_start: dict[int, list[Cell]] = {tick: [] for tick in edges}
    for number in cells:
        for first, last, (kind, visits, words) in cells[number]:
            by_start[first].append(Cell(kind, places_of[last] - places_of[first], visits, words))
    rows = []
    for tick, following in itertools.pairwise(edges):
        here = store.local(moment_of(tick))
        minutes = (following - tick) * MINUTES
        rows.append(Row(minutes, moment_of(tick), here.hour * 60 + here.minute, heads.get(tick), by_start[tick]))
    return rows


def _heads(store: Store, edges: Sequence[int], halves: set[int], at_now: int) -> dict[int, Head]:
    """Each half hour once; the hour that the autumn repeats is told apart by its distance from UTC."""
    marked = [tick for tick in edges[:-1] if tick in halves or tick == at_now or tick == edges[0]]
    words = [languages.time_words(store.local(moment_of(tick))) for tick in marked]
    heads = {}
    for number, tick in enumerate(marked):
        here = store.local(moment_of(tick))
        following = marked[number + 1] if number + 1 < len(marked) else edges[-1]
        rows = edges.index(following) - edges.index(tick)
        said = words[number] if words.count(words[number]) == 1 else f"{words[number]} (UTC{here:%z})"[:-3] + ")"
        heads[tick] = Head(said, moment_of(tick), rows, now=tick == at_now)
    return heads


_Part = tuple[int, int, tuple[str, Sequence[Visit], str]]


def _cells(store: Store, period: Period, lane: Lane, halves: set[int]) -> list[_Part]:
    """One column from top to bottom, without a gap: (first tick, the tick after the last, what it is)."""
    parts: list[_Part] = []
    reached, stop = period.first, period.first + period.size
    for group in _groups(lane.taken):
        first, last = max(group[0].first, reached), max(one.last for one in group)
        parts += _between(store, period, lane, reached, first, halves)
        if len(group) > 1:
            parts.append((first, last, ("several", [one.visit for one in group], "")))
        else:
            one = group[0]
            begin = max(one.begin, first)
            parts += [
                (start, end, (kind, [one.visit], ""))
                for start, end, kind in ((first, begin, "prep"), (begin, one.end, "body"), (one.end, last, "wrap"))
                if start < end
            ]
        reached = last
    return parts + _between(store, period, lane, reached, stop, halves)


def _groups(taken: Iterable[Taken]) -> list[list[Taken]]:
    """Those that cross stand together: a visit that ended early and the next, or two without an advisor."""
    groups: list[list[Taken]] = []
    reached = 0
    for one in sorted(taken, key=lambda one: (one.first, one.begin)):
        if groups and one.first < reached:
            groups[-1].append(one)
        else:
            groups.append([one])
        reached = max(reached, one.last)
    return groups


def _between(store: Store, period: Period, lane: Lane, first: int, last: int, halves: set[int]) -> list[_Part]:
    """Time in which nothing is booked: free by half hours, the rest in one piece each."""
    if first >= last:
        return []
    opened = open_bits(store.hours, period)

    def kind(tick: int) -> str:
        bit = 1 << (tick - period.first)
        if lane.column.id == NOBODY:
            return "none"
        if lane.away & bit:
            return "away"
        if not lane.works & bit:
            return "off"
        return "free" if opened & bit else "closed"

    names = {
        "away": gettext("away"),
        "off": gettext("not working"),
        "closed": gettext("store closed"),
        "free": pgettext("diary", "free"),
        "none": "",
    }
    parts: list[_Part] = []
    begun, was = first, kind(first)
    for tick in range(first + 1, last + 1):
        now_kind = kind(tick) if tick < last else ""
        if now_kind != was or (was == "free" and tick in halves):
            parts.append((begun, tick, (was, (), names[was])))
            begun, was = tick, now_kind
    return parts


# What is said of a day


def day_notes(store: Store, day: date) -> list[str]:
    """Its opening hours, why it is special, and its length where the clocks change."""
    spans = store.hours.day_spans(day)
    open_words = languages.list_words(
        [languages.hours_range_words(store.local(span.start), store.local(span.end)) for span in spans]
    )
    notes = [gettext("Open %(hours)s", hours=open_words) if spans else gettext("The store is closed on this day.")]
    special = next((one for one in store.exceptions if one.day == day), None)
    if special is not None and (reason := special.reason.text()):
        notes.append(reason)
    holiday = _holiday(store, day)
    if holiday and holiday not in notes:
        notes.append(gettext("public holiday: %(name)s", name=holiday))
    first, last = intervals.day_span(store.timezone, day)
    if (hours := (last - first) * MINUTES / 60) != 24:
        notes.append(gettext("The clocks change: this day has %(hours)s hours.", hours=f"{hours:g}"))
    return notes


def _holiday(store: Store, day: date) -> str:
    try:
        found = public_holidays(store.region, day, day).get(day)
    except UnknownRegion:
        return ""
    return languages.Translated.from_json(found).text() if found else ""


def instant_words(when: datetime) -> str:
    """A start as addresses and forms carry it: `2026-12-02T13:30Z`."""
    return f"{when:%Y-%m-%dT%H:%MZ}"
