"""T2, one reservation: answer the shopper, prepare, and everything else that a store does with it; and the list."""

import re
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking import journal, letters, messages, promises, tasks
from booking.customers import clean_line, show_phone
from booking.letters import Dropped, Letter, Unreachable
from booking.messages import Message
from booking.reservations import answering, asking, questions, substitutes
from booking.reservations.answering import UNDO_WITHIN, Found, Substitute
from booking.reservations.states import MovedOn, Reason, Status
from booking.reservations.tables import Line, Reservation
from booking.tasks import Task
from kit import languages
from kit.codes import read_code, show_code
from kit.errors import FieldError, Invalid, NotFound, Refused
from kit.languages import gettext, lazy
from kit.money import Money
from stores import catalogue, stock
from stores.hours import NeverOpens
from stores.places import Store
from stores.stock import StoreStock
from web import pages
from web.house import House
from web.routing import Routes, staff
from web.staff import frame
from web.staff.frame import LEADS, Shown
from web.words import (
    TONES,
    channel_words,
    contact_words,
    end_words,
    event_words,
    language_words,
    line_words,
    news_words,
    reason_choices,
    reason_words,
    status_words,
    task_words,
    who_words,
)

routes = Routes(refuse=frame.refuse)

BASE = "/{language:language}/staff/reservations"
ONE = BASE + "/{code}"
MOST_LISTED = 50

PRIVATE = re.compile(r"(/(?:my|r)/)[1-9A-HJ-NP-Za-km-z]{22}")
"""The token of a private link: it is the shopper's, and staff do not see it."""

Act = Callable[[Reservation], Awaitable[None]]
Typed = Mapping[str, str]


# What the page shows


@dataclass(frozen=True)
class Elsewhere:
    """Another store that could help, and its number."""

    store: str
    available: int
    phone: str


@dataclass(frozen=True)
class Offer:
    """An article that could be offered instead."""

    sku: str
    name: str
    picture: Shown | None
    price: Money
    available: int
    chosen: bool


@dataclass(frozen=True)
class LineView:
    id: int
    name: str
    lang: str
    picture: Shown | None
    sku: str
    ean: str
    ean_end: str
    """The last four digits, by which two boxes are told apart."""
    floor: str
    shelf: str
    price: Money
    quantity: int
    held: int
    state: str
    why: str
    stock: StoreStock | None
    elsewhere: Sequence[Elsewhere]
    is_offer: bool
    accepted: bool | None
    ask: bool
    """Whether staff say here what they found."""
    choice: str = ""
    found: int = 0
    reason: str = ""
    query: str = ""
    searched: bool = False
    offers: Sequence[Offer] = ()
    offer_units: int = 1
    errors: Mapping[str, str] = field(default_factory=dict)


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
    lines = [await _line(request, session, one, line, typed, errors, asks=asks) for line in one.lines]
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
            "may_undo": _may_undo(request, one, now),
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


def _may_undo(request: Request, one: Reservation, now: datetime) -> bool:
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


async def _line(
    request: Request,
    session: AsyncSession,
    one: Reservation,
    line: Line,
    typed: Typed,
    errors: Mapping[str, str],
    *,
    asks: bool,
) -> LineView:
    house: House = request.app.state.house
    variant = line.variant
    rows = {row.store_id: row for row in await stock.rows_of(session, [variant.id])}
    here = rows.get(one.store_id)
    ean = variant.gtin or ""
    asked = asks and line.holding
    query = typed.get(f"q-{line.id}", "").strip()
    searched = asked and (f"search-{line.id}" in typed or bool(query) or bool(typed.get(f"instead-{line.id}")))
    chosen = typed.get(f"instead-{line.id}", "")
    offers = await _offers(session, one.store_id, line, query, chosen) if searched else []
    found = typed.get(f"found-{line.id}", "")
    return LineView(
        id=line.id,
        name=frame.name_of(variant),
        lang=variant.product.name.language(),
        picture=frame.picture_of(variant),
        sku=variant.sku,
        ean=ean[:-4],
        ean_end=ean[-4:],
        floor=frame.floor_words(one.store, here.floor if here else None, frame.department_code(house, variant)),
        shelf=here.shelf if here else "",
        price=line.price,
        quantity=line.quantity,
        held=line.held,
        state=line_words(line.status),
        why=reason_words(line.reason),
        stock=here,
        elsewhere=_elsewhere(house, one.store, rows),
        is_offer=line.replaces_id is not None,
        accepted=line.accepted,
        ask=asked,
        choice=typed.get(f"answer-{line.id}", "found" if one.status != Status.REQUESTED else ""),
        found=int(found) if found.isascii() and found.isdigit() and len(found) < 4 else max(1, line.held - 1),
        reason=typed.get(f"reason-{line.id}", ""),
        query=query,
        searched=searched,
        offers=offers,
        offer_units=_units(typed.get(f"instead-units-{line.id}", ""), line.held),
        errors={name: errors[f"{name}-{line.id}"] for name in ("answer", "found", "reason", "instead")
                if f"{name}-{line.id}" in errors},
    )  # fmt: skip


def _units(text: str, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else otherwise


def _elsewhere(house: House, store: Store, rows: Mapping[int, StoreStock]) -> list[Elsewhere]:
    """Stores that have it, the nearest first."""
    others = [other for other in house.stores.values() if other.id in rows and other.id != store.id]
    others.sort(key=lambda other: store.km_to(other.latitude, other.longitude))
    return [
        Elsewhere(other.name, rows[other.id].available, show_phone(other.phone, languages.language()))
        for other in others
        if rows[other.id].available > 0
    ]


async def _offers(session: AsyncSession, store_id: int, line: Line, query: str, chosen: str) -> list[Offer]:
    found = list(await substitutes.look_for(session, store_id, line.variant, query))
    if chosen and chosen not in {one.variant.sku for one in found}:
        # what was picked before stays to be seen beside what another search brings
        found = [*await substitutes.look_for(session, store_id, line.variant, chosen), *found]
    return [
        Offer(
            sku=one.variant.sku,
            name=frame.name_of(one.variant),
            picture=frame.picture_of(one.variant),
            price=one.variant.price,
            available=one.available,
            chosen=one.variant.sku == chosen,
        )
        for one in found
    ]


@routes.get(ONE, allow=staff("reservation.read"), name="staff_reservation")
async def reservation_page(request: Request, session: AsyncSession) -> Response:
    """Also with an answer half typed, in the query: from a search for something instead, or from the pick list."""
    one = await read(request, session)
    return await show(request, session, one, typed=dict(request.query_params))


# What staff do. Every form says in `stands` which state its page showed.


async def do(request: Request, session: AsyncSession, act: Act, *, typed: Typed, notice: str = "saved") -> Response:
    """Do it, and come back to the page; a refusal is shown there, with nothing of it done."""
    one = await read(request, session)
    code = show_code(one.code)
    try:
        async with session.begin_nested():
            stands = typed.get("stands", one.status)
            if stands != one.status:
                raise MovedOn(Status(one.status))
            await act(one)
    except Invalid as invalid:
        session.expunge_all()
        errors = {error.field: error.sentence for error in invalid.errors}
        one = await read(request, session)
        return await show(request, session, one, typed=typed, errors=errors, refused=invalid, status=422)
    except Refused as refused:
        session.expunge_all()
        one = await read(request, session)
        keep = {} if isinstance(refused, MovedOn) else typed
        return await show(request, session, one, typed=keep, refused=refused, status=refused.status)
    return pages.to(request, "staff_reservation", notice=notice, code=code)


async def typed_in(request: Request) -> dict[str, str]:
    """The fields of the form, as texts."""
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


@routes.post(ONE + "/claim", allow=staff("reservation.answer"), name="staff_claim")
async def claim(request: Request, session: AsyncSession) -> Response:
    one = await read(request, session)
    typed = await typed_in(request)
    if one.ended_at is None:
        await answering.claim(session, one, by=request.state.actor.by, now=request.state.now)
    if typed.get("back") == "board":
        return pages.to(request, "staff_board")
    return pages.to(request, "staff_reservation", code=show_code(one.code))


async def _answers(session: AsyncSession, one: Reservation, typed: Typed) -> dict[int, Found]:
    """What was said of each article; raises `Invalid` for all that is still to be said."""
    errors: list[FieldError] = []
    said: dict[int, Found] = {}
    wanted = [typed.get(f"instead-{line.id}", "") for line in one.lines]
    variants = await catalogue.find_variants(session, [sku for sku in wanted if sku])
    for line in one.lines:
        if not line.holding:
            continue
        choice = typed.get(f"answer-{line.id}", "")
        if choice not in ("found", "partly", "missing"):
            errors.append(FieldError(f"answer-{line.id}", "required", lazy("Say whether it is there.")))
            continue
        if choice == "found":
            said[line.id] = Found(line.held)
            continue
        units = _units(typed.get(f"found-{line.id}", ""), 0) if choice == "partly" else 0
        if choice == "partly" and not 0 < units < line.held:
            msgid = lazy("Between 1 and %(n)d can be found in part.")
            errors.append(FieldError(f"found-{line.id}", "found", msgid, {"n": line.held - 1}))
        reason = typed.get(f"reason-{line.id}", "")
        if reason not in tuple(Reason):
            errors.append(FieldError(f"reason-{line.id}", "reason", lazy("Say why it is missing.")))
            continue
        substitute = None
        if sku := typed.get(f"instead-{line.id}", ""):
            variant = variants.get(sku)
            units_instead = _units(typed.get(f"instead-units-{line.id}", ""), line.held - units)
            if variant is None or variant.product.by_appointment or not 0 < units_instead <= line.quantity:
                msgid = lazy("This cannot be offered. Choose another article.")
                errors.append(FieldError(f"instead-{line.id}", "instead", msgid))
                continue
            substitute = Substitute(variant, units_instead)
        said[line.id] = Found(units, Reason(reason), substitute)
    if errors:
        raise Invalid(errors=errors)
    return said


def _answer(request: Request, session: AsyncSession, typed: Typed) -> Act:
    by, now = request.state.actor.by, request.state.now

    async def act(one: Reservation) -> None:
        said = await _answers(session, one, typed)
        whole = all(said[line.id].units == line.held for line in one.lines if line.holding)
        if whole and one.status == Status.REQUESTED and typed.get("at_desk"):
            await answering.make_ready(session, one, place=_place(typed), by=by, now=now)
        else:
            await answering.answer(session, one, said, by=by, now=now)

    return act


def _place(typed: Typed) -> str:
    return clean_line(typed.get("place", ""))[:40]


@routes.post(ONE + "/answer", allow=staff("reservation.answer"), name="staff_answer")
async def answer(request: Request, session: AsyncSession) -> Response:
    typed = await typed_in(request)
    return await do(request, session, _answer(request, session, typed), typed=typed, notice="answered")


@routes.post(ONE + "/preview", allow=staff("reservation.answer"), name="staff_preview")
async def preview(request: Request, session: AsyncSession) -> Response:
    """What the shopper would read if this answer were sent: it is given, read, and taken back."""
    typed = await typed_in(request)
    one = await read(request, session)
    act = _make_ready(request, session, typed) if typed.get("step") == "ready" else _answer(request, session, typed)
    said: Said | None = None
    errors: dict[str, str] = {}
    effects = dict(session.info.get("after_commit", {}))
    tried = await session.begin_nested()
    try:
        await act(one)
        said = await _what_is_said(request, session, one)
    except Invalid as invalid:
        errors = {error.field: error.sentence for error in invalid.errors}
    except Refused:
        pass  # the answer itself will say so
    finally:
        await tried.rollback()
        session.expunge_all()
        session.info["after_commit"] = effects
    one = await read(request, session)
    if pages.is_fragment(request):
        return frame.render(request, "staff/_said.html", {"said": said, "name": one.first_name}, title="")
    return await show(request, session, one, typed=typed, errors=errors, said=said, status=422 if errors else 200)


async def _what_is_said(request: Request, session: AsyncSession, one: Reservation) -> Said:
    """Read from the outbox and from the list of tasks, as the worker would."""
    reservation_id, version, language = one.id, one.version, one.language
    phone = show_phone(one.phone, languages.language()) if one.phone else ""
    await session.flush()
    session.expunge_all()
    message = await session.scalar(
        select(Message).where(
            Message.subject == "reservation",
            Message.subject_id == reservation_id,
            Message.version == version,
            Message.recipient == "shopper",
            ~Message.reminder,
        )
    )
    reads = language_words(language)
    if message is None:
        call = await session.scalar(
            select(Task).where(
                Task.reservation_id == reservation_id, Task.version == version, Task.kind == tasks.Kind.CALL
            )
        )
        return Said("call" if call else "nothing", phone, "", news_words(call.about) if call else "", language, reads)
    try:
        letter = await letters.compose(session, message, settings=request.app.state.settings, now=request.state.now)
    except Unreachable:
        return Said("nothing", phone, "", "", language, reads)
    if isinstance(letter, Dropped):
        return Said("nothing", "", "", "", language, reads)
    assert isinstance(letter, Letter)
    text = PRIVATE.sub(r"\1…", letter.text)
    return Said(str(letter.channel), letter.to, letter.subject, text, letter.language, reads)


@routes.post(ONE + "/decline", allow=staff("reservation.answer"), name="staff_decline")
async def decline(request: Request, session: AsyncSession) -> Response:
    typed = await typed_in(request)
    by, now = request.state.actor.by, request.state.now

    async def act(one: Reservation) -> None:
        if typed.get("reason") not in tuple(Reason):
            raise Invalid("reason", lazy("Say why it is missing."), field="decline-reason")
        await answering.decline(session, one, reason=Reason(typed["reason"]), by=by, now=now)

    return await do(request, session, act, typed=typed, notice="answered")


@routes.post(ONE + "/ready", allow=staff("reservation.prepare"), name="staff_ready")
async def ready(request: Request, session: AsyncSession) -> Response:
    typed = await typed_in(request)
    return await do(request, session, _make_ready(request, session, typed), typed=typed, notice="ready")


def _make_ready(request: Request, session: AsyncSession, typed: Typed) -> Act:
    by, now = request.state.actor.by, request.state.now

    async def act(one: Reservation) -> None:
        await answering.make_ready(session, one, place=_place(typed), by=by, now=now)

    return act


@routes.post(ONE + "/unready", allow=staff("reservation.prepare"), name="staff_unready")
async def unready(request: Request, session: AsyncSession) -> Response:
    by, now = request.state.actor.by, request.state.now

    async def act(one: Reservation) -> None:
        await answering.unready(session, one, by=by, now=now)

    return await do(request, session, act, typed=await typed_in(request))


@routes.post(ONE + "/extend", allow=staff("reservation.answer"), name="staff_extend")
async def extend(request: Request, session: AsyncSession) -> Response:
    by, now = request.state.actor.by, request.state.now

    async def act(one: Reservation) -> None:
        await asking.extend(session, one, by=by, now=now)

    return await do(request, session, act, typed=await typed_in(request), notice="extended")


@routes.post(ONE + "/proposal", allow=staff("reservation.answer"), name="staff_proposal")
async def proposal(request: Request, session: AsyncSession) -> Response:
    """The shopper said by telephone, or at the desk, what she wants."""
    typed = await typed_in(request)
    by, now = request.state.actor.by, request.state.now

    async def act(one: Reservation) -> None:
        await asking.settle_proposal(session, one, accept=typed.get("accept") == "yes", by=by, now=now)

    return await do(request, session, act, typed=typed)


@routes.post(ONE + "/cancel", allow=staff("reservation.answer"), name="staff_cancel")
async def cancel(request: Request, session: AsyncSession) -> Response:
    typed = await typed_in(request)
    by, now = request.state.actor.by, request.state.now

    async def act(one: Reservation) -> None:
        reason = clean_line(typed.get("reason", ""))[:200]
        if not reason:
            raise Invalid("reason", lazy("Say why, for your colleagues."), field="cancel-reason")
        await asking.cancel(session, one, by=by, reason=reason, now=now)

    return await do(request, session, act, typed=typed)


@routes.post(ONE + "/unwanted", allow=staff("reservation.answer"), name="staff_unwanted")
async def unwanted(request: Request, session: AsyncSession) -> Response:
    """A joke or a robot: given back at once, nobody is told."""
    by, now = request.state.actor.by, request.state.now

    async def act(one: Reservation) -> None:
        await answering.turn_away(session, one, by=by, now=now)

    return await do(request, session, act, typed=await typed_in(request))


@routes.post("/{language:language}/staff/messages/{id}/resend", allow=staff("message.send"), name="staff_resend")
async def resend(request: Request, session: AsyncSession) -> Response:
    """Try a message again that could not be delivered; of one's own stores."""
    try:
        message_id = uuid.UUID(request.path_params["id"])
    except ValueError:
        raise NotFound() from None
    message = await session.get(Message, message_id)
    if message is None or message.store_id is None or not request.state.actor.sees(message.store_id):
        raise NotFound()
    await messages.resend(session, message, now=request.state.now)
    return pages.to(request, "staff_board", notice="resent")


# The list


@dataclass(frozen=True)
class Listed:
    code: str
    name: str
    articles: str
    state: str
    tone: str
    at: datetime
    asked: str
    until: str
    place: str
    store: str


FILTERS = (
    Status.REQUESTED, Status.PROPOSED, Status.CONFIRMED, Status.READY, Status.COLLECTED, Status.EXPIRED,
    Status.CANCELLED, Status.DECLINED, Status.UNANSWERED, Status.UNVERIFIED,
)  # fmt: skip


@routes.get(BASE, allow=staff("reservation.read"), name="staff_reservations")
async def reservation_list(request: Request, session: AsyncSession) -> Response:
    query = request.query_params
    state, typed = query.get("state", ""), clean_line(query.get("q", ""))[:80]
    state = state if state in FILTERS else ""
    stores = frame.scope(request)
    before = query.get("before", "")
    found: Sequence[Reservation] = []
    code = read_code(typed) if typed else None
    if code:
        try:
            found = [await questions.find(session, code, store_ids=stores)]
        except NotFound:
            code = None
    if not code:
        found = await questions.page(
            session,
            stores,
            statuses=[state] if state else (),
            named=typed,
            before_id=int(before) if before.isascii() and before.isdigit() and len(before) < 10 else None,
            limit=MOST_LISTED + 1,
        )
    shown = found[:MOST_LISTED]
    return frame.render(
        request,
        "staff/reservations.html",
        {
            "listed": [_listed(request, one) for one in shown],
            "states": [(str(status), languages.upper_first(status_words(status))) for status in FILTERS],
            "state": state,
            "q": typed,
            "more": shown[-1].id if len(found) > MOST_LISTED else 0,
            "many_stores": len(stores) > 1,
        },
        title=gettext("Reservations"),
        current="staff_reservations",
        fragment="staff/_listed.html",
    )


def _listed(request: Request, one: Reservation) -> Listed:
    now, zone = request.state.now, one.store.timezone
    until = ""
    if one.status == Status.READY and one.hold_until:
        until = languages.until_words(one.hold_until, zone, now)
    elif one.ended_at is None and one.answer_by and one.status == Status.REQUESTED:
        until = languages.before_words(one.answer_by, zone, now)
    names = [frame.name_of(line.variant) for line in one.lines if line.accepted is not False]
    more = languages.ngettext("and %(num)d more", "and %(num)d more", len(names) - 1, num=len(names) - 1)
    return Listed(
        code=show_code(one.code),
        name=f"{one.first_name} {one.last_name}".strip() or "–",
        articles=names[0] + (f", {more}" if len(names) > 1 else ""),
        state=status_words(one.status),
        tone=TONES[one.status],
        at=one.requested_at,
        asked=languages.moment_words(one.requested_at, zone, now),
        until=until,
        place=one.place,
        store=one.store.name,
    )
