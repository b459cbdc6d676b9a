"""T6, the hand-over: the right bag to the right person, by the code that she shows; and taking it back.

A code identifies and opens nothing: only someone who works in the store that holds the reservation sees it here.
Another store's is said to be another store's, so that the shopper can be sent to the right door.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking import journal
from booking.customers import clean_line, show_phone
from booking.reservations import answering, questions
from booking.reservations.states import LineStatus, MovedOn, Status
from booking.reservations.tables import Reservation
from kit import languages
from kit.codes import read_code, show_code
from kit.errors import Invalid, NotFound, Refused
from kit.languages import gettext, lazy
from web import pages, views
from web.routing import Routes, staff
from web.staff import frame
from web.staff.frame import LEADS
from web.staff.reservation import ONE, check_stands, do, may_undo, moment_of_end, read
from web.staff.typed import Typed, by_id, typed_in, units
from web.views import Picture
from web.words import TONES, language_words, status_words, who_words

routes = Routes(refuse=frame.refuse)

PATH = "/{language:language}/staff/handover"


@dataclass(frozen=True)
class Given:
    """One article of the bag: how many are in it."""

    id: int
    name: str
    picture: Picture | None
    sku: str
    ean_end: str
    units: int
    take: int
    """What the form says so far."""


@dataclass(frozen=True)
class Bag:
    """A reservation as the desk sees it. `can` is what may be done: `give`, `give_anyway` or nothing."""

    code: str
    name: str
    reads: str
    state: str
    tone: str
    place: str
    lines: Sequence[Given]
    can: str
    words: str
    warn: bool
    may_undo: bool
    stands: str


def code_in(typed: str) -> str | None:
    """The code in what was typed or scanned: eight signs, or an address that names a reservation."""
    address = re.search(r"/reservations/([^/?#\s]+)", typed)
    return read_code(address[1] if address else typed)


@routes.get(PATH, allow=staff("reservation.hand_over"), name="staff_handover")
async def handover(request: Request, session: AsyncSession) -> Response:
    typed = request.query_params.get("code", "").strip()[:200]
    if not typed:
        return await _desk(request, session, typed="")
    code = code_in(typed)
    if code is None:
        words = gettext("This is not a code. It has eight letters and digits, such as K7QM-4T2X.")
        return await _desk(request, session, typed=typed, words=words, status=422)
    try:
        one = await questions.find(session, code, store_ids=request.state.actor.store_ids)
    except NotFound:
        return await _desk(request, session, typed=typed, words=await _nowhere(request, session, code), status=404)
    return await _desk(request, session, typed=show_code(code), bag=await _bag(request, session, one))


async def _nowhere(request: Request, session: AsyncSession, code: str) -> str:
    """Unknown everywhere, or kept by another store: only its name and number are said."""
    try:
        one = await questions.find(session, code, store_ids=None)
    except NotFound:
        return gettext("No reservation has the code %(code)s.", code=show_code(code))
    phone = show_phone(one.store.phone, languages.language())
    return gettext(
        "The reservation %(code)s is kept by another store: %(store)s, %(phone)s.",
        code=show_code(code), store=one.store.name, phone=phone,
    )  # fmt: skip


async def _desk(
    request: Request,
    session: AsyncSession,
    *,
    typed: str,
    words: str = "",
    bag: Bag | None = None,
    errors: Sequence[str] = (),
    status: int = 200,
) -> Response:
    ready = await questions.open_in(session, frame.scope(request), Status.READY) if bag is None else []
    now: datetime = request.state.now
    return frame.render(
        request,
        "staff/handover.html",
        {
            "typed": typed,
            "words": words,
            "bag": bag,
            "errors": errors,
            "ready": [
                (
                    show_code(one.code),
                    frame.short_name(one.first_name, one.last_name),
                    one.place,
                    languages.until_words(one.hold_until, one.store.timezone, now) if one.hold_until else "",
                )
                for one in ready
            ],
        },
        title=gettext("Hand over"),
        current="staff_handover",
        status=status,
    )


async def _bag(request: Request, session: AsyncSession, one: Reservation, typed: Typed | None = None) -> Bag:
    now, typed = request.state.now, typed or {}
    status = Status(one.status)
    can = {Status.READY: "give", Status.CONFIRMED: "give"}.get(status, "")
    if status == Status.EXPIRED and one.reason != "not_verified":
        can = "give_anyway"
    words, warn = await _words(session, one, now)
    lines = []
    for line in one.lines:
        there = line.kept if status == Status.EXPIRED and line.status == LineStatus.RELEASED else line.held
        if not there and status == Status.COLLECTED:
            there = line.kept
        if not there or line.accepted is False:
            continue
        took = line.bought if line.bought is not None else there
        lines.append(
            Given(
                id=line.id,
                name=views.name_of(line.variant),
                picture=frame.picture_of(line.variant),
                sku=line.variant.sku,
                ean_end=(line.variant.gtin or "")[-4:],
                units=there,
                take=units(typed.get(f"bought-{line.id}", ""), took),
            )
        )
    return Bag(
        code=show_code(one.code),
        name=f"{one.first_name} {one.last_name}".strip() or "–",
        reads=language_words(one.language),
        state=status_words(status),
        tone=TONES[status],
        place=one.place,
        lines=lines,
        can=can,
        words=words,
        warn=warn,
        may_undo=may_undo(request, one, now),
        stands=one.status,
    )


async def _words(session: AsyncSession, one: Reservation, now: datetime) -> tuple[str, bool]:
    """What the desk has to know before it gives anything, and whether it is a warning."""
    match one.status:
        case Status.READY:
            until = languages.kept_until_words(one.hold_until, one.store.timezone, now) if one.hold_until else ""
            return gettext("Kept %(until)s.", until=until), False
        case Status.CONFIRMED:
            return gettext("Not at the desk yet: the articles are still to be fetched."), True
        case Status.COLLECTED:
            entries = await journal.of(session, "reservation", one.id)
            by = next((entry.by for entry in reversed(entries) if entry.after == Status.COLLECTED), "")
            when = _given_at(one, now)
            return gettext("Handed over %(when)s by %(who)s.", when=when, who=who_words(by)), True
        case Status.EXPIRED:
            return gettext("The hold has ended. %(when)s", when=moment_of_end(one, now)), True
        case Status.REQUESTED:
            return gettext("Nobody has answered this request yet: look for the articles first."), True
        case Status.PROPOSED:
            return gettext("An offer waits for an answer: ask the shopper which it is."), True
        case Status.UNVERIFIED:
            return gettext("The shopper’s address was not confirmed: nothing is held."), True
    stands = languages.upper_first(status_words(one.status))
    return f"{stands}. {moment_of_end(one, now)}", True


def _given_at(one: Reservation, now: datetime) -> str:
    """`à 15 h 12`, with the day when it was another one."""
    if one.ended_at is None:
        return ""
    here, today = one.store.local(one.ended_at), one.store.local(now).date()
    if here.date() == today:
        return gettext("at %(time)s", time=languages.time_words(here))
    return languages.moment_words(one.ended_at, one.store.timezone, now)


@routes.post(ONE + "/collect", allow=staff("reservation.hand_over"), name="staff_collect")
async def collect(request: Request, session: AsyncSession) -> Response:
    """Give the bag; after the end of the hold with a reason, if nobody else was promised it meanwhile."""
    typed = await typed_in(request)
    one = await read(request, session)
    by, now = request.state.actor.by, request.state.now
    bought = {line_id: units(text, -1) for line_id, text in by_id(list(typed.items()), "bought").items()}
    try:
        async with session.begin_nested():
            check_stands(one, typed)
            if one.status == Status.EXPIRED:
                reason = clean_line(typed.get("reason", ""))[:200]
                if not reason:
                    raise Invalid("reason", lazy("Say why it is given after the end of the hold."), field="reason")
                await answering.restore(session, one, reason=reason, by=by, now=now)
            await answering.collect(session, one, bought, by=by, now=now)
    except Refused as refused:
        session.expunge_all()
        one = await read(request, session)
        kept = {} if isinstance(refused, MovedOn) else typed
        return await _desk(
            request,
            session,
            typed=show_code(one.code),
            bag=await _bag(request, session, one, kept),
            errors=[error.sentence for error in refused.errors] if isinstance(refused, Invalid) else [refused.sentence],
            status=refused.status,
        )
    query = {"code": show_code(one.code), "notice": "given"}
    return pages.go(request, views.address(request, "staff_handover", query))


@routes.post(ONE + "/undo", allow=LEADS, name="staff_undo")
async def undo(request: Request, session: AsyncSession) -> Response:
    """It was not she, or not this bag: within a quarter of an hour, by who leads the store."""
    by, now = request.state.actor.by, request.state.now

    async def act(one: Reservation) -> None:
        await answering.undo_collection(session, one, by=by, now=now)

    return await do(request, session, act, typed=await typed_in(request), notice="undone")
