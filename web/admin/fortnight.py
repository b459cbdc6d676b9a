"""When an advisor really receives: her shifts, less her absences, within the hours of the store. Day by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from booking.appointments.tables import Appointment
from kit import languages
from kit.languages import gettext
from stores import schedules
from stores.hours import Span
from stores.places import Store
from stores.schedules import Shift, TimeOff
from web.appointment_words import absence_words

DAYS = 14


@dataclass(frozen=True)
class Day:
    """One line of the preview."""

    day: date
    words: str
    receives: str
    """`De 10 h à 13 h, de 14 h à 20 h`, with the store where she works in several; empty on a day without."""
    remarks: Sequence[str]
    """Why it is less than her week says."""
    booked: int
    out: Sequence[tuple[str, str]]
    """The stores (slug, name) out of which the day can be taken."""
    back: Sequence[tuple[str, str]]
    """Those to which it can be given back."""


async def of_advisor(
    session: AsyncSession,
    advisor_id: int,
    home: Store,
    stores: dict[int, Store],
    ahead: Sequence[Appointment],
    *,
    ours: frozenset[int],
    now: datetime,
) -> list[Day]:
    """The next 14 days of the home store's calendar; only days of `ours` can be taken out or given back."""
    today = home.local(now).date()
    start, end = now - timedelta(days=2), now + timedelta(days=DAYS + 2)
    shifts = await schedules.shifts_between(session, [advisor_id], start, end, cancelled=True)
    away = await schedules.time_off_between(session, [advisor_id], start, end)
    several = len({shift.store_id for shift in shifts}) > 1
    days = []
    for number in range(DAYS):
        day = today + timedelta(days=number)
        hers = [shift for shift in shifts if shift.day == day and shift.store_id in stores]
        off = [one for one in away if _touches(one, day, home)]
        works = [shift for shift in hers if not shift.cancelled]
        own = sorted({shift.store_id for shift in hers} & ours, key=lambda store_id: stores[store_id].name)
        working = {shift.store_id for shift in works}
        days.append(
            Day(
                day=day,
                words=languages.upper_first(languages.day_words(day, today)),
                receives=_receives(works, stores, away, several=several),
                remarks=_remarks(day, hers, off, stores),
                booked=sum(one.store.local(one.starts_at).date() == day for one in ahead),
                out=[(stores[one].slug, stores[one].name) for one in own if one in working],
                back=[(stores[one].slug, stores[one].name) for one in own if one not in working],
            )
        )
    return days


def _touches(off: TimeOff, day: date, home: Store) -> bool:
    return home.local(off.starts_at).date() <= day <= home.local(off.ends_at - timedelta(minutes=1)).date()


def received(shift: Shift, store: Store, away: Sequence[TimeOff]) -> list[Span]:
    """The parts of a shift in which she can be booked."""
    open_spans = store.hours.spans(shift.day - timedelta(days=1), shift.day + timedelta(days=1))
    spans = [
        Span(max(span.start, shift.starts_at), min(span.end, shift.ends_at))
        for span in open_spans
        if span.start < shift.ends_at and span.end > shift.starts_at
    ]
    for off in away:
        spans = [part for span in spans for part in _without(span, off)]
    return spans


def _without(span: Span, off: TimeOff) -> list[Span]:
    if off.ends_at <= span.start or off.starts_at >= span.end:
        return [span]
    parts = (Span(span.start, min(span.end, off.starts_at)), Span(max(span.start, off.ends_at), span.end))
    return [part for part in parts if part.start < part.end]


def _receives(works: Sequence[Shift], stores: dict[int, Store], away: Sequence[TimeOff], *, several: bool) -> str:
    """`De 10 h à 13 h, de 14 h à 18 h (Aurore Rivoli)`: the store after its last hours."""
    parts: list[str] = []
    for number, shift in enumerate(works):
        store = stores[shift.store_id]
        spans = [
            languages.hours_range_words(store.local(span.start), store.local(span.end))
            for span in received(shift, store, away)
        ]
        last = number + 1 == len(works) or works[number + 1].store_id != shift.store_id
        if spans and several and last:
            spans[-1] = f"{spans[-1]} ({store.name})"
        parts += spans
    return languages.upper_first(", ".join(parts))


def _remarks(day: date, hers: Sequence[Shift], off: Sequence[TimeOff], stores: dict[int, Store]) -> list[str]:
    """Absences first, then the store's own exceptional day, then what was taken out by hand."""
    remarks = [languages.upper_first(absence_words(one.kind)) for one in off] if hers else []
    for store_id in sorted({shift.store_id for shift in hers}):
        store = stores[store_id]
        for special in (one for one in store.exceptions if one.day == day):
            closed = special.hours == "off"
            words = (
                gettext("%(store)s is closed: %(reason)s")
                if closed
                else gettext("%(store)s has other hours: %(reason)s")
            )
            remarks.append(words % {"store": store.name, "reason": special.reason.text()})
    closed_then = any(not shift.cancelled and not received(shift, stores[shift.store_id], ()) for shift in hers)
    if closed_then and not any(one.day == day for shift in hers for one in stores[shift.store_id].exceptions):
        remarks.append(gettext("The store is closed then."))
    if any(shift.cancelled for shift in hers):
        remarks.append(gettext("Taken out"))
    return remarks


def week_minutes(
    shifts: Sequence[Shift], away: Sequence[TimeOff], advisor_id: int, first: datetime, last: datetime
) -> int:
    """How long she works between two moments: her shifts, less her absences."""
    total = timedelta()
    absences = [one for one in away if one.advisor_id == advisor_id]
    for shift in shifts:
        if shift.advisor_id != advisor_id:
            continue
        parts = [Span(max(shift.starts_at, first), min(shift.ends_at, last))]
        for off in absences:
            parts = [part for span in parts for part in _without(span, off)]
        total += sum((part.end - part.start for part in parts if part.start < part.end), timedelta())
    return total // timedelta(minutes=1)
