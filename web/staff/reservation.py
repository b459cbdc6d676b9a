"""T2, one reservation: its page, and how it is changed from there."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking import journal, messages, promises, tasks
from booking.customers import show_phone
from booking.reservations import questions
from booking.reservations.answering import UNDO_WITHIN
from booking.reservations.states import MovedOn, Status
from booking.reservations.tables import Reservation
from booking.tasks import Task
from kit import languages
from kit.codes import read_code, show_code
from kit.errors import Invalid, NotFound, Refused
from kit.languages import gettext
from stores.hours import NeverOpens
from web import pages
from web.routing import Routes, staff
from web.staff import frame
from web.staff.frame import LEADS
from web.staff.lines import line_view
from web.staff.typed import Typed
from web.words import (
    TONES,
    channel_words,
    contact_words,
    end_words,
    event_words,
    language_words,
    news_words,
    reason_choices,
    status_words,
    task_words,
    who_words,
)

routes = Routes(refuse=frame.refuse)

ONE = "/{language:language}/staff/reservations/{code}"

Act = Callable[[Reservation], Awaitable[None]]


# What the page shows


@dataclass(frozen=True)
class Said:
    """What the shopper will read or hear, in her language."""

    how: str
    """`email`, `sms`, `call` or `nothing`."""
    to: str
    subject: str
    text: str
    lang: str
    language: str


@dataclass(frozen=True)
class Event:
    at: datetime
    when: str
    words: str
    by: str


@routes.get(ONE, allow=staff("reservation.read"), name="staff_reservation")
async def reservation_page(request: Request, session: AsyncSession) -> Response:
    """Also with an answer half typed, in the query: from a search for something instead, or from the pick list."""
    one = await read(request, session)
    return await show(request, session, one, typed=dict(request.query_params))


async def read(request: Request, session: AsyncSession) -> Reservation:
    """The reservation of the address, of one's own stores; anything else is `NotFound`."""
    code = read_code(request.path_params["code"])
    if code is None:
        raise NotFound()
    return await questions.find(session, code, store_ids=request.state.actor.store_ids)


async def show(
    request: Request,
    session: AsyncSession,
    one: Reservation,
    *,
    typed: Typed | None = None,
    errors: Mapping[str, str] | None = None,
    refused: Refused | None = None,
    said: Said | None = None,
    status: int = 200,
) -> Response:
    """The whole page; what was typed stands where it stood."""
    now: datetime = request.state.now
    typed, errors = typed or {}, errors or {}
    entries = await journal.of(session, "reservation", one.id)
    undelivered = [
        message
        for message in await messages.undelivered(session, frozenset([one.store_id]))
        if message.subject == "reservation" and message.subject_id == one.id
    ]
    to_do = [task for task in await tasks.open_in(session, frozenset([one.store_id])) if task.reservation_id == one.id]
    asks = one.status in (Status.REQUESTED, Status.CONFIRMED, Status.READY)
    lines = [await line_view(request, session, one, line, typed, errors, asks=asks) for line in one.lines]
    code = show_code(one.code)
    return frame.render(
        request,
        "staff/reservation.html",
        {
            "r": one,
            "code": code,
            "state": status_words(one.status),
            "tone": TONES[one.status],
            "standing": _standing(one, now),
            "late": _is_late(one, now),
            "name": f"{one.first_name} {one.last_name}".strip(),
            "reads": language_words(one.language),
            "contact": contact_words(one.contact),
            "phone": show_phone(one.phone, languages.language()) if one.phone else "",
            "visits": await questions.past_visits(session, one),
            "lines": lines,
            "asking": asks,
            "reasons": reason_choices(),
            "typed": typed,
            "errors": errors,
            "refused": _refusal_words(one, refused, entries, now) if refused else "",
            "said": said,
            "events": [_event(one, entry, now) for entry in reversed(entries)],
            "undelivered": [
                (str(message.id), news_words(message.template), channel_words(message.channel))
                for message in undelivered
            ],
            "to_do": [_task_words(task) for task in to_do],
            "may_undo": may_undo(request, one, now),
            "extend_words": _extend_words(one, now),
            "mine": one.claimed_by == request.state.actor.by,
        },
        title=gettext("Reservation %(code)s", code=code),
        current="staff_reservations",
        status=status,
    )


def _standing(one: Reservation, now: datetime) -> str:
    """What is promised next, and by when."""
    zone = one.store.timezone
    match one.status:
        case Status.UNVERIFIED if one.verify_by:
            return gettext("Nothing is held until the shopper confirms the address.")
        case Status.REQUESTED if one.answer_by:
            return gettext("To answer %(before)s.", before=languages.before_words(one.answer_by, zone, now))
        case Status.PROPOSED if one.proposal_until:
            before = languages.before_words(one.proposal_until, zone, now)
            return gettext("The shopper chooses %(before)s.", before=before)
        case Status.CONFIRMED if one.ready_by:
            return gettext("To bring to the desk %(before)s.", before=languages.before_words(one.ready_by, zone, now))
        case Status.READY if one.hold_until:
            return gettext("Kept %(until)s.", until=languages.kept_until_words(one.hold_until, zone, now))
    return moment_of_end(one, now)


def moment_of_end(one: Reservation, now: datetime) -> str:
    """When it ended, and why where a reason was given; empty while it stands."""
    if one.ended_at is None:
        return ""
    when = languages.upper_first(languages.moment_words(one.ended_at, one.store.timezone, now))
    why = end_words(one.reason)
    return gettext("%(when)s: %(why)s.", when=when, why=why) if why else f"{when}."


def _is_late(one: Reservation, now: datetime) -> bool:
    due = {Status.REQUESTED: one.answer_by, Status.CONFIRMED: one.ready_by}.get(Status(one.status))
    return due is not None and due <= now


def _refusal_words(one: Reservation, refused: Refused, entries: Sequence[journal.Entry], now: datetime) -> str:
    """Why not; when somebody was faster, who and when."""
    if not isinstance(refused, MovedOn) or not entries:
        return refused.sentence
    last = entries[-1]
    return gettext(
        "%(sentence)s %(what)s, by %(who)s, %(when)s. Nothing was sent.",
        sentence=gettext("This reservation has changed in the meantime."),
        what=event_words(last.event, before=last.before, reason=last.reason, detail=last.detail),
        who=who_words(last.by),
        when=languages.moment_words(last.at, one.store.timezone, now),
    )


def _event(one: Reservation, entry: journal.Entry, now: datetime) -> Event:
    return Event(
        at=entry.at,
        when=languages.moment_words(entry.at, one.store.timezone, now),
        words=event_words(entry.event, before=entry.before, reason=entry.reason, detail=entry.detail),
        by=who_words(entry.by),
    )


def _task_words(task: Task) -> tuple[int, str, str]:
    return task.id, task_words(task.kind), news_words(task.about) if task.about else ""


def may_undo(request: Request, one: Reservation, now: datetime) -> bool:
    """Whether whoever asks may still take the hand-over back."""
    if one.status != Status.COLLECTED or one.ended_at is None or now - one.ended_at > UNDO_WITHIN:
        return False
    return LEADS.may(request.state.actor)


def _extend_words(one: Reservation, now: datetime) -> str:
    """Until when one day more would be; empty where there is nothing to extend."""
    if one.status not in (Status.CONFIRMED, Status.READY) or one.hold_until is None:
        return ""
    try:
        until = promises.extension(one.store, one.hold_until)
    except NeverOpens:
        return ""
    return languages.kept_until_words(until, one.store.timezone, now)


# What staff do. Every form says in `stands` which state its page showed.


async def do(request: Request, session: AsyncSession, act: Act, *, typed: Typed, notice: str = "saved") -> Response:
    """Do it, and come back to the page; a refusal is shown there, with nothing of it done."""
    one = await read(request, session)
    code = show_code(one.code)
    try:
        async with session.begin_nested():
            check_stands(one, typed)
            await act(one)
    except Invalid as invalid:
        session.expunge_all()
        one = await read(request, session)
        return await show(request, session, one, typed=typed, errors=sentences_of(invalid), refused=invalid, status=422)
    except Refused as refused:
        session.expunge_all()
        one = await read(request, session)
        keep = {} if isinstance(refused, MovedOn) else typed
        return await show(request, session, one, typed=keep, refused=refused, status=refused.status)
    return pages.to(request, "staff_reservation", notice=notice, code=code)


def check_stands(one: Reservation, typed: Typed) -> None:
    """Raise `MovedOn` when it is no longer in the state that the page showed."""
    if typed.get("stands", one.status) != one.status:
        raise MovedOn(Status(one.status))


def sentences_of(invalid: Invalid) -> dict[str, str]:
    """What is wrong with each field, by its name."""
    return {error.field: error.sentence for error in invalid.errors}
