"""What somebody has to settle: appointments that no longer fit, requests without an answer, visits nobody closed.

Nothing here changes by itself. Each line offers what can be done about it; what is ticked is done one by one, and
each result is reported.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking.appointments import asking, conflicts, questions
from booking.appointments.conflicts import Conflict
from booking.appointments.placing import SlotTaken
from booking.appointments.states import MovedOn, Status
from booking.appointments.tables import Appointment
from booking.customers import clean_line, show_phone
from kit import languages
from kit.codes import read_code, show_code
from kit.errors import Invalid, Refused
from kit.languages import gettext
from stores import places
from stores.places import Store
from web import pages, views
from web.appointment_words import cause_words, status_words
from web.routing import Routes, staff
from web.staff import frame
from web.staff.appointment import read
from web.staff.starts import place_of
from web.staff.typed import typed_in
from web.words import language_words

routes = Routes(refuse=frame.refuse)

LIST = "/{language:language}/staff/conflicts"
MOST_AT_ONCE = 50


@dataclass(frozen=True)
class Offer:
    """Something that would settle it: what the form sends, and its words."""

    place: str
    words: str


@dataclass(frozen=True)
class Line:
    """One appointment that waits for somebody."""

    code: str
    url: str
    at: datetime
    when: str
    who: str
    lang: str
    phone: str
    phone_words: str
    service: str
    advisor: str
    requested: bool
    """She asked for this advisor."""
    version: int
    causes: Sequence[str] = ()
    colleagues: Sequence[Offer] = ()
    starts: Sequence[Offer] = ()
    state: str = ""
    waits: bool = False
    """Nobody has said that she came."""
    left: bool = False
    """It was ticked, and stayed."""


def line_of(request: Request, one: Appointment, *, left: bool = False) -> Line:
    code, store = show_code(one.code), one.store
    return Line(
        code=code,
        url=views.address(request, "staff_appointment", code=code),
        at=one.starts_at,
        when=languages.upper_first(languages.moment_words(one.starts_at, store.timezone, request.state.now)),
        who=frame.short_name(one.first_name, one.last_name),
        lang="" if one.language == languages.language() else language_words(one.language),
        phone=one.phone,
        phone_words=show_phone(one.phone, languages.language()) if one.phone else "",
        service=one.service.name.text(),
        advisor=one.advisor.name if one.advisor else "",
        requested=one.requested,
        version=one.version,
        state=status_words(one.status),
        waits=one.status == Status.CONFIRMED,
        left=left,
    )


def _conflict_line(request: Request, conflict: Conflict, *, left: bool) -> Line:
    one = conflict.appointment
    plain = line_of(request, one, left=left)
    colleagues = [Offer(place_of(one.starts_at, person.slug), person.name) for person in conflict.colleagues]
    starts = []
    for near in conflict.starts:
        if near.start == one.starts_at:  # a colleague at the same time is named already
            continue
        when = languages.upper_first(languages.moment_words(near.start, one.store.timezone, request.state.now))
        words = gettext("%(when)s, %(advisor)s", when=when, advisor=near.advisor)
        starts.append(Offer(place_of(near.start, near.slug), words))
    causes = [cause_words(cause) for cause in conflict.causes]
    return replace(plain, causes=causes, colleagues=colleagues, starts=starts)


@routes.get(LIST, allow=staff("appointment.read"), name="staff_conflicts")
async def conflict_list(request: Request, session: AsyncSession) -> Response:
    return await _page(request, session)


async def _page(
    request: Request, session: AsyncSession, *, oops: tuple[str, str] = ("", ""), typed: str = "", status: int = 200
) -> Response:
    """`oops` is the code of the line whose form came back, and why."""
    store = frame.one_store(request)
    query = request.query_params
    kept = {code for text in query.getlist("left") if (code := read_code(text))}
    found = await conflicts.of_store(session, store, now=request.state.now) if store else []
    asked = await questions.awaiting_approval(session, frozenset([store.id])) if store else []
    given = [line for text in query.getlist("given") if (line := await _given(request, session, text))]
    lines = [_conflict_line(request, one, left=one.appointment.code in kept) for one in found]
    return frame.render(
        request,
        "staff/conflicts.html",
        {
            "store": store,
            "many_stores": len(frame.own_stores(request)) > 1,
            "lines": lines,
            "several": sum(bool(line.colleagues) for line in lines) > 1,
            "requests": [line_of(request, one) for one in asked],
            "given": given,
            "oops": oops,
            "reason": typed,
            "may": frame.actor_of(request).may("appointment.manage"),
            "sentence": oops[1],
        },
        title=gettext("To settle"),
        current="staff_agenda",
        status=status,
    )


async def _given(request: Request, session: AsyncSession, text: str) -> Line | None:
    """An appointment that a colleague has just taken over, as it stands now."""
    code = read_code(text)
    if code is None:
        return None
    try:
        return line_of(request, await questions.find(session, code, store_ids=frame.actor_of(request).store_ids))
    except Refused:
        return None


@routes.post(LIST, allow=staff("appointment.manage"))
async def give_ticked(request: Request, session: AsyncSession) -> Response:
    """Each ticked appointment goes to the first colleague who is free, as the diaries stand at its turn."""
    form = await request.form()
    store = await places.find(session, str(form.get("store", "")), store_ids=frame.actor_of(request).store_ids)
    given, left = [], []
    for text in [str(value) for value in form.getlist("code")][:MOST_AT_ONCE]:
        code = read_code(text)
        if code is None:
            continue
        one = await questions.find(session, code, store_ids=frozenset([store.id]))
        (given if await _give(request, session, store, one) else left).append(show_code(code))
    query = {"store": store.slug, "given": given, "left": left}
    return pages.go(request, views.address(request, "staff_conflicts", query))


async def _give(request: Request, session: AsyncSession, store: Store, one: Appointment) -> bool:
    now = request.state.now
    found = await conflicts.among(session, store, [one], now=now)
    for person in found[0].colleagues if found else ():
        try:
            await asking.reschedule(
                session, one, one.starts_at, advisor_id=person.advisor_id, by=frame.actor_of(request).by, now=now
            )
        except (SlotTaken, Invalid):
            continue
        except MovedOn:
            return False
        return True
    return False


@routes.post(LIST + "/{code}/cancel", allow=staff("appointment.manage"), name="staff_conflict_cancel")
async def cancel(request: Request, session: AsyncSession) -> Response:
    """The store cannot keep it, and says why; the letter proposes other times."""
    one = await read(request, session)
    typed = await typed_in(request)
    reason = clean_line(typed.get("reason", ""))
    try:
        if typed.get("version") and typed["version"] != str(one.version):
            raise MovedOn(Status(one.status))
        await asking.cancel(session, one, by=frame.actor_of(request).by, now=request.state.now, reason=reason)
    except (Invalid, MovedOn) as refused:
        oops = (show_code(one.code), refused.sentence)
        return await _page(request, session, oops=oops, typed=reason, status=refused.status)
    return pages.to(request, "staff_conflicts", notice="appointment_cancelled")


@routes.get("/{language:language}/staff/settle", allow=staff("appointment.read"), name="staff_settle")
async def settle(request: Request, session: AsyncSession) -> Response:
    """Visits whose time is over and of which nobody has said what came of them, day by day."""
    store = frame.one_store(request)
    waiting = await questions.to_settle(session, frozenset([store.id]), now=request.state.now) if store else []
    by_day: dict[str, list[Line]] = {}
    for one in waiting:
        here, today = one.store.local(one.starts_at).date(), one.store.local(request.state.now).date()
        by_day.setdefault(languages.upper_first(languages.day_words(here, today)), []).append(line_of(request, one))
    return frame.render(
        request,
        "staff/settle.html",
        {
            "store": store,
            "many_stores": len(frame.own_stores(request)) > 1,
            "days": by_day,
            "may": frame.actor_of(request).may("appointment.manage"),
        },
        title=gettext("Visits to settle"),
        current="staff_agenda",
    )
