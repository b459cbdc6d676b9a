"""What today's board says of appointments: how many, what waits for somebody, and who comes next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from booking.appointments import conflicts, questions
from booking.appointments.states import OPEN
from booking.appointments.tables import Appointment
from kit import intervals, languages
from kit.codes import show_code
from kit.intervals import moment_of
from kit.languages import gettext
from web import views
from web.appointment_words import TONES, status_words
from web.staff import frame

MOST = 6
"""Who comes next, by name; the others are counted."""


@dataclass(frozen=True)
class Figure:
    """One of the numbers above the list."""

    words: str
    count: int
    url: str
    late: bool = False


@dataclass(frozen=True)
class Coming:
    at: datetime
    time: str
    who: str
    what: str
    state: str
    tone: str
    url: str


@dataclass(frozen=True)
class Visits:
    figures: Sequence[Figure] = ()
    """Only those that are not zero: a store without advisors has none."""
    coming: Sequence[Coming] = ()
    more: int = 0


async def of_today(request: Request, session: AsyncSession, store_ids: frozenset[int]) -> Visits:
    """Nothing for who may not see appointments, or where there are none."""
    stores = [store for store in frame.own_stores(request) if store.id in store_ids]
    if not stores or not frame.actor_of(request).may("appointment.read"):
        return Visits()
    now: datetime = request.state.now
    days: dict[int, date] = {store.id: store.local(now).date() for store in stores}
    spans = [intervals.day_span(store.timezone, days[store.id]) for store in stores]
    first, last = moment_of(min(first for first, _ in spans)), moment_of(max(last for _, last in spans))
    today = [
        one
        for one in await questions.between(session, store_ids, first, last)
        if one.store.local(one.starts_at).date() == days[one.store_id]
    ]
    unfit = 0
    for store in stores:
        unfit += len(await conflicts.of_store(session, store, now=now, proposals=False))
    tally = await questions.tally(session, store_ids, now=now)
    work_list = views.address(request, "staff_conflicts")
    figures = [
        Figure(gettext("appointments"), len(today), views.address(request, "staff_agenda")),
        Figure(gettext("to approve"), tally.to_approve, f"{work_list}#requests"),
        Figure(gettext("to settle"), tally.to_settle, views.address(request, "staff_settle"), late=True),
        Figure(gettext("conflicts"), unfit, work_list, late=True),
    ]
    coming = [one for one in today if one.status in OPEN and one.ends_at > now]
    return Visits(
        [one for one in figures if one.count],
        [_coming(request, one, many=len(stores) > 1) for one in coming[:MOST]],
        max(0, len(coming) - MOST),
    )


def _coming(request: Request, one: Appointment, *, many: bool) -> Coming:
    what = [one.store.name if many else "", one.advisor.name if one.advisor else gettext("Nobody yet")]
    return Coming(
        at=one.starts_at,
        time=languages.time_words(one.store.local(one.starts_at)),
        who=frame.short_name(one.first_name, one.last_name),
        what=" · ".join(part for part in (one.service.name.text(), *what) if part),
        state=status_words(one.status),
        tone=TONES[one.status],
        url=views.address(request, "staff_appointment", code=show_code(one.code)),
    )
