"""T5, one appointment: who comes and why, what is made ready, and how the visit goes. One screen, one printed page."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking import journal, messages, tasks
from booking.appointments import preparing, questions
from booking.appointments.moves import SUBJECT
from booking.appointments.receiving import (
    ARRIVES_FROM,
    CORRECTED_WITHIN,
    FORGIVEN_WITHIN,
    LONGEST_REASON,
    NO_SHOW_AFTER,
)
from booking.appointments.states import AHEAD, OPEN, MovedOn, Outcome, Status
from booking.appointments.tables import Appointment
from booking.appointments.telling import LONGEST_WORD, WORDS
from booking.customers import show_phone
from booking.reservations.states import Contact
from kit import codes, languages
from kit.codes import read_code, show_code
from kit.errors import Invalid, NotFound, Refused
from kit.languages import gettext, ngettext
from web import pages, views
from web.appointment_words import TONES, outcome_words, status_words
from web.routing import Routes, staff
from web.staff import frame, sheet
from web.staff.frame import LEADS
from web.staff.reservation import Said
from web.staff.typed import Typed
from web.words import channel_words, contact_words, language_words, news_words, task_words, who_words

routes = Routes(refuse=frame.refuse)

ONE = "/{language:language}/staff/appointments/{code}"
ARTICLES, CHECKS = "articles", "checks"
"""The parts of the page that are changed on their own, by their id."""

Act = Callable[[Appointment], Awaitable[None]]


@routes.get(ONE, allow=staff("appointment.read"), name="staff_appointment")
async def appointment_page(request: Request, session: AsyncSession) -> Response:
    return await show(request, session, await read(request, session))


async def read(request: Request, session: AsyncSession) -> Appointment:
    """The appointment of the address, of one's own stores; anything else is `NotFound`."""
    code = read_code(request.path_params["code"])
    if code is None:
        raise NotFound()
    return await questions.find(session, code, store_ids=frame.actor_of(request).store_ids)


async def show(
    request: Request,
    session: AsyncSession,
    one: Appointment,
    *,
    typed: Typed | None = None,
    acting: str = "",
    errors: Mapping[str, str] | None = None,
    refused: Refused | None = None,
    said: Said | None = None,
    part: str = "",
    nothing_goes: bool = False,
    focus: str = "keep",
    status: int = 200,
) -> Response:
    """The whole page, or only its `part` for htmx; what was typed into the form `acting` stands where it stood."""
    now: datetime = request.state.now
    actor, code = frame.actor_of(request), show_code(one.code)
    entries = await journal.of(session, SUBJECT, one.id)
    context: dict[str, Any] = {
        "a": one,
        "code": code,
        "articles": await sheet.articles_of(request, session, one),
        "nothing_goes": nothing_goes or request.query_params.get("suggested") == "0",
        "typed": typed or {},
        "acting": acting,
        "errors": errors or {},
        "refused": _refusal_words(one, refused, entries, now) if refused else "",
        "open": one.status in OPEN,
        "in_visit": one.status in sheet.IN_VISIT,
        "checks": [(check, who_words(check.done_by)) for check in one.checks],
        "focus": focus,
        **_may(request, one, now),
        "part": part if pages.is_fragment(request) else "",
    }
    if context["part"]:
        return frame.render(request, f"staff/_appointment_{part}.html", context, title="", status=status)
    context |= {
        **await _who(session, one, now),
        **_when(one, now),
        "answers": sheet.answers_of(one),
        "openers": [] if one.answers or one.note else sheet.opening_questions(one.language),
        "past": await sheet.past_of(session, one, now),
        "events": sheet.events_of(one, entries, now),
        "notes": preparing.notes_for(one, actor.account_id),
        "longest_note": preparing.LONGEST_NOTE,
        "longest_reason": LONGEST_REASON,
        "longest_word": LONGEST_WORD,
        "outcome": outcome_words(one.outcome),
        "outcomes": [(str(outcome), outcome_words(outcome)) for outcome in Outcome],
        "state": status_words(one.status),
        "tone": TONES[one.status],
        "amount": languages.price_words(amount) if (amount := sheet.amount_of(one)) else "",
        "words": _words_to_say(),
        "said": said,
        "key": codes.new_token(),
        "undelivered": await _undelivered(session, one),
        "to_do": await _to_do(session, one),
        "next_url": _next_url(request, one, code),
        "tomorrow": (one.store.local(now).date() + timedelta(days=1)).isoformat(),
    }
    return frame.render(
        request,
        "staff/appointment.html",
        context,
        title=gettext("Appointment %(code)s", code=code),
        current="staff_agenda",
        status=status,
    )


async def _who(session: AsyncSession, one: Appointment, now: datetime) -> dict[str, Any]:
    before = [visit for visit in await questions.visits(session, one) if visit.starts_at < one.starts_at]
    came = sum(visit.status == Status.COMPLETED for visit in before)
    return {
        "name": one.name,
        "reads": language_words(one.language),
        "visit_words": _visit_words(came + 1),
        "party_words": ngettext("%(num)d person", "%(num)d people", one.party, num=one.party),
        "missed": await questions.missed(session, one),
        "contact": contact_words(one.contact) if one.email or one.phone else "",
        "phone": show_phone(one.phone, languages.language()) if one.phone else "",
    }


def _visit_words(number: int) -> str:
    return gettext("first visit here") if number == 1 else gettext("visit no. %(num)d here", num=number)


def _when(one: Appointment, now: datetime) -> dict[str, Any]:
    store, zone = one.store, one.store.timezone
    begins, ends = store.local(one.starts_at), store.local(one.ends_at)
    given = one.service.at(one.store_id)
    point = given.meeting_point.text() if given else ""
    ready_at = store.local(one.starts_at - timedelta(minutes=one.preparation))
    return {
        "day": languages.upper_first(languages.day_name(begins.date(), store.local(now).date())),
        "date": languages.upper_first(languages.day_words(begins.date(), store.local(now).date())),
        "hours": languages.hours_range_words(begins, ends),
        "meeting": point or store.desk.text(),
        "space": ", ".join(part for part in (one.space.name.text(), one.space.way.text()) if part) if one.space else "",
        "from_words": languages.time_words(ready_at) if one.preparation else "",
        "ended": languages.upper_first(languages.moment_words(one.ended_at, zone, now)) if one.ended_at else "",
        "prepared": languages.moment_words(one.prepared_at, zone, now) if one.prepared_at else "",
        "late": one.status == Status.CONFIRMED and now >= one.starts_at + NO_SHOW_AFTER,
    }


def _may(request: Request, one: Appointment, now: datetime) -> dict[str, bool]:
    """What can be done with it now, and by whoever asks."""
    status, ended = one.status, one.ended_at or now
    due = now >= one.starts_at - ARRIVES_FROM
    return {
        "may_prepare": status in (Status.CONFIRMED, Status.ARRIVED),
        "may_arrive": status == Status.CONFIRMED and due,
        "may_complete": status in (Status.CONFIRMED, *sheet.IN_VISIT) and due,
        "may_no_show": status == Status.CONFIRMED and now >= one.starts_at + NO_SHOW_AFTER,
        "may_forgive": status == Status.NO_SHOW and now - ended <= FORGIVEN_WITHIN,
        "may_correct": (
            status in (Status.COMPLETED, Status.NO_SHOW)
            and now - ended <= CORRECTED_WITHIN
            and LEADS.may(frame.actor_of(request))
        ),
        "may_change": status in AHEAD,
        "may_say": status in AHEAD and (one.email or one.phone) != "" and one.contact != Contact.PHONE,
    }


async def _undelivered(session: AsyncSession, one: Appointment) -> list[tuple[str, str, str]]:
    return [
        (str(message.id), news_words(message.template), channel_words(message.channel))
        for message in await messages.undelivered(session, frozenset([one.store_id]))
        if message.subject == SUBJECT and message.subject_id == one.id
    ]


async def _to_do(session: AsyncSession, one: Appointment) -> list[tuple[int, str, str]]:
    """Calls to make and promises to keep, as (id, what, about)."""
    return [
        (task.id, task_words(task.kind), task.note or (news_words(task.about) if task.about else ""))
        for task in await tasks.open_in(session, frozenset([one.store_id]))
        if task.appointment_id == one.id
    ]


def _words_to_say() -> list[tuple[str, str]]:
    """What a word to the shopper may be about; what it says is in its template, in her language."""
    about = {
        "late": gettext("We are running a little late"),
        "bring": gettext("What to bring"),
        "free": gettext("In my own words"),
    }
    return [(word, about[word]) for word in WORDS]


def _next_url(request: Request, one: Appointment, code: str) -> str:
    """The form of a new appointment for the same person; her name and address are read from the code, not sent."""
    query = {"store": one.store.slug, "service": one.service.slug, "code": code}
    if one.advisor is not None:
        query["advisor"] = one.advisor.slug
    return views.address(request, "staff_new_appointment", query)


def _refusal_words(one: Appointment, refused: Refused, entries: Sequence[journal.Entry], now: datetime) -> str:
    """Why not; when somebody was faster, who, when, and where it stands."""
    if not isinstance(refused, MovedOn) or not entries:
        return refused.sentence
    last = sheet.events_of(one, entries[-1:], now)[0]
    return gettext(
        "%(sentence)s %(what)s, by %(who)s, %(when)s. It is now: %(state)s.",
        sentence=gettext("This appointment has changed in the meantime."),
        what=last.words,
        who=last.by,
        when=last.when,
        state=status_words(one.status),
    )


# What staff do. Forms that change its state say in `stands` which one their page showed.


async def do(
    request: Request,
    session: AsyncSession,
    act: Act,
    *,
    typed: Typed,
    acting: str,
    notice: str = "saved",
    part: str = "",
) -> Response:
    """Do it, and come back to the page; a refusal is shown there, with nothing of it done and nothing typed lost.

    `acting` names the form, `part` the piece of the page that htmx wants back.
    """
    one = await read(request, session)
    try:
        async with session.begin_nested():
            check_stands(one, typed)
            await act(one)
    except Refused as refused:
        session.expunge_all()
        one = await read(request, session)
        errors = {f"{acting}-{error.field}": error.sentence for error in refused.errors} if isinstance(
            refused, Invalid
        ) else {}  # fmt: skip
        keep = {} if isinstance(refused, MovedOn) else typed
        return await show(
            request,
            session,
            one,
            typed=keep,
            acting=acting,
            errors=errors,
            refused=refused,
            part=part,
            status=refused.status,
        )
    if part and pages.is_fragment(request):
        session.expunge_all()
        # the button that was pressed may be gone: then the heading of the part takes the focus
        focus = "heading" if typed.get("focus") == "heading" else "keep"
        return await show(request, session, await read(request, session), part=part, focus=focus)
    code = show_code(one.code)
    if part:
        return pages.go(request, f"{views.address(request, 'staff_appointment', code=code)}#{part}")
    if typed.get("back") == "settle":
        return pages.to(request, "staff_settle", notice="done")
    return pages.to(request, "staff_appointment", notice=notice, code=code)


def check_stands(one: Appointment, typed: Typed) -> None:
    """Raise `MovedOn` when it is no longer in the state that the page showed."""
    if typed.get("stands", one.status) != one.status:
        raise MovedOn(Status(one.status))
