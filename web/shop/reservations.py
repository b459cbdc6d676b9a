"""One reservation and its holder, who has no account: the private link, and all that it allows.

The token of a link is changed at once for a short cookie and a clean address. A GET changes nothing in the database:
mail scanners open links, and must not cancel what people wait for.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from icalendar import Calendar, Event
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from wtforms import StringField, validators

from booking import customers, journal, links, messages, submissions, tasks
from booking.appointments import questions as appointed
from booking.appointments.moves import SUBJECT as APPOINTMENT
from booking.appointments.tables import Appointment
from booking.messages import Channel
from booking.reservations import asking, questions, telling
from booking.reservations.asking import NotExtendable
from booking.reservations.states import OPEN, MovedOn, Status
from booking.reservations.tables import Reservation
from kit import codes, languages
from kit.db import after_commit
from kit.errors import Forbidden, Gone, NotFound, Refused
from kit.languages import gettext, lazy
from stores.stock import OutOfStock
from web import access, pages, views
from web.forms import LocalizedForm
from web.pages import Page
from web.routing import ANYONE, Routes
from web.security import FIND_BY_ADDRESS, FIND_BY_CODE, address_of
from web.shop import standing

PRIVATE = {"cache-control": "no-store", "referrer-policy": "no-referrer", "x-robots-tag": "noindex"}
"""On everything that a private link opens, refusals included."""


class AppointmentOver(Gone):
    """It ended more than 30 days ago."""

    msgid = lazy("This appointment is over")


def refuse(request: Request, refused: Refused) -> Response:
    """A link that is forged, cut, another's or over looks the same, and shows the way to a new one."""
    if refused.status in (404, 410):
        over = refused.sentence if isinstance(refused, AppointmentOver) else gettext("This reservation is over")
        title = over if refused.status == 410 else gettext("This link is not recognised")
        page = Page(title=title, robots="noindex")
        context = {"status": refused.status}
        return pages.render(request, "shop/link.html", context, page=page, status=refused.status, headers=PRIVATE)
    response = pages.refusal(request, refused)
    response.headers.update(PRIVATE)
    return response


routes = Routes(refuse)

AGAIN = frozenset({Status.DECLINED, Status.UNANSWERED, Status.CANCELLED, Status.EXPIRED})
ENDS_SOON = timedelta(hours=1)
"""The length of the entry in a diary: the last hour of the hold."""


# The way in


@routes.get("/{language:language}/my/{token}", allow=ANYONE, name="my")
async def open_link(request: Request, session: AsyncSession) -> Response:
    """Change the token for a cookie, and go on to the address that says nothing."""
    return await _exchange(request, session, languages.language())


@routes.get("/r/{token}", allow=ANYONE, name="short_link")
async def open_short_link(request: Request, session: AsyncSession) -> Response:
    """The same from an SMS, in the language of the reservation."""
    return await _exchange(request, session, None)


async def _exchange(request: Request, session: AsyncSession, language: str | None) -> Response:
    token = request.path_params["token"]
    if not codes.is_token(token):
        raise NotFound()
    link = await links.open_link(session, token)
    booking: Reservation | Appointment
    if link.subject == telling.SUBJECT:
        name, booking = "manage_reservation", await questions.get(session, link.subject_id)
        links.check_alive(booking.ended_at, request.state.now)
    elif link.subject == APPOINTMENT:
        name, booking = "manage_appointment", await appointed.get(session, link.subject_id)
        check_appointment(booking, request.state.now)
    else:
        raise NotFound()
    to = views.address(request, name, code=booking.code, language=language or booking.language)
    response = RedirectResponse(to, 303, headers=PRIVATE)
    access.remember_link(request, response, link)
    return response


def check_appointment(appointment: Appointment, now: datetime) -> None:
    """Raises `AppointmentOver` for one that ended more than 30 days ago, whether staff have settled it or not."""
    try:
        links.check_alive(appointment.ended_at or appointment.ends_at, now)
    except Gone:
        raise AppointmentOver() from None


async def _opened(request: Request, session: AsyncSession) -> tuple[Reservation, bool]:
    """The reservation of the address, if this browser opened its link; with it, whether that link was the mailed one.

    Raises `NotFound` for an unknown code as for somebody else's, `Gone` for one that ended 30 days ago.
    """
    code = codes.read_code(request.path_params["code"])
    if code is None:
        raise NotFound()
    reservation = await questions.find(session, code, store_ids=None)
    mailed = access.check_link(request, telling.SUBJECT, reservation.id)
    links.check_alive(reservation.ended_at, request.state.now)
    return reservation, mailed


# What it shows


@routes.get("/{language:language}/my/reservations/{code}", allow=ANYONE, name="manage_reservation")
async def manage(request: Request, session: AsyncSession) -> Response:
    reservation, mailed = await _opened(request, session)
    return await _managed(request, session, reservation, mailed)


async def _managed(
    request: Request,
    session: AsyncSession,
    reservation: Reservation,
    mailed: bool,
    *,
    warning: str = "",
    status: int = 200,
) -> Response:
    """Everything about one reservation; with a warning after something that could not be done."""
    entries = await journal.of(session, telling.SUBJECT, reservation.id)
    shown = standing.standing(request, reservation, entries)
    code = reservation.code
    unverified = reservation.status == Status.UNVERIFIED
    context: dict[str, Any] = {
        "reservation": shown,
        "store": views.shop(reservation.store, request.state.now),
        "calendar_url": _calendar_url(request, reservation),
        "must_confirm": unverified and mailed,
        "may_confirm": _may_confirm(reservation) and mailed,
        "confirm_url": views.address(request, "verify_reservation", code=code),
        "again_url": _again_url(request, reservation),
    }
    if warning:
        context["notices"] = [("warn", warning)]
    page = Page(title=shown["sentence"], robots="noindex")
    return pages.render(request, "shop/manage.html", context, page=page, status=status, headers=PRIVATE)


def _may_confirm(reservation: Reservation) -> bool:
    """Where a confirmed address lets the store answer by itself, it is worth asking for."""
    return reservation.status == Status.REQUESTED and not reservation.verified and reservation.store.auto_confirm


def _calendar_url(request: Request, reservation: Reservation) -> str | None:
    if reservation.hold_until is None or reservation.status not in OPEN or reservation.status == Status.UNVERIFIED:
        return None
    return views.address(request, "calendar", code=reservation.code)


def _again_url(request: Request, reservation: Reservation) -> str | None:
    """The same articles once more, for what ended without them."""
    if reservation.status not in AGAIN:
        return None
    asked = [line for line in reservation.lines if line.replaces_id is None]
    pairs = [pair for line in asked for pair in (("sku", line.variant.sku), ("quantity", str(line.quantity)))]
    return f"{views.address(request, 'reserve')}?{urlencode([*pairs, ('store', reservation.store.slug)])}"


@routes.get("/{language:language}/my/reservations/{code}/sent", allow=ANYONE, name="sent")
async def sent(request: Request, session: AsyncSession) -> Response:
    """What follows the form: the code, what happens next and when, where to come."""
    reservation, _ = await _opened(request, session)
    must_confirm = reservation.status == Status.UNVERIFIED
    context = {
        "reservation": standing.standing(request, reservation),
        "store": views.shop(reservation.store, request.state.now),
        "calendar_url": _calendar_url(request, reservation),
        "must_confirm": must_confirm,
        "mail_failed": await messages.came_back(session, telling.SUBJECT, reservation.id),
    }
    title = (
        gettext("One more step: confirm your request") if must_confirm else gettext("Your request has been recorded")
    )
    page = Page(title=title, robots="noindex")
    return pages.render(request, "shop/sent.html", context, page=page, headers=PRIVATE)


@routes.get("/{language:language}/my/reservations/{code}/hold.ics", allow=ANYONE, name="calendar")
async def calendar(request: Request, session: AsyncSession) -> Response:
    """The end of the hold for a diary, in UTC; names nobody and no article."""
    reservation, _ = await _opened(request, session)
    if reservation.hold_until is None:
        raise NotFound()
    store, code = reservation.store, codes.show_code(reservation.code)
    event = Event()
    event.add("uid", f"reservation-{reservation.code}@{request.app.state.settings.host}")
    event.add("dtstamp", request.state.now)
    event.add("sequence", reservation.version)
    event.add("dtstart", reservation.hold_until - ENDS_SOON)
    event.add("dtend", reservation.hold_until)
    event.add("summary", gettext("%(store)s: collect before the end, code %(code)s", store=store.name, code=code))
    event.add("location", f"{store.name}, {store.street}, {store.postcode} {store.city}")
    diary = Calendar()
    diary.add("prodid", "-//Vitrine//EN")
    diary.add("version", "2.0")
    diary.add_component(event)
    disposition = f'attachment; filename="{code}.ics"'
    headers = {**PRIVATE, "content-disposition": disposition}
    return Response(diary.to_ical(), media_type="text/calendar; charset=utf-8", headers=headers)


# What its holder does


@routes.get("/{language:language}/my/reservations/{code}/cancel", allow=ANYONE, name="cancel_reservation")
async def ask_before_cancelling(request: Request, session: AsyncSession) -> Response:
    """Asks once; only the POST cancels."""
    reservation, _ = await _opened(request, session)
    if reservation.status not in OPEN:
        return _back(request, reservation)
    page = Page(title=gettext("Cancel this reservation?"), robots="noindex")
    context = {"reservation": standing.standing(request, reservation)}
    return pages.render(request, "shop/cancel.html", context, page=page, headers=PRIVATE)


@routes.post("/{language:language}/my/reservations/{code}/cancel", allow=ANYONE)
async def cancel(request: Request, session: AsyncSession) -> Response:
    reservation, mailed = await _opened(request, session)
    if reservation.status == Status.CANCELLED:  # pressed twice
        return _back(request, reservation)
    try:
        await asking.cancel(session, reservation, now=request.state.now)
    except MovedOn as moved:
        return await _moved(request, session, reservation, mailed, moved.sentence)
    return _back(request, reservation)


@routes.post("/{language:language}/my/reservations/{code}/extend", allow=ANYONE, name="extend_reservation")
async def extend(request: Request, session: AsyncSession) -> Response:
    """One open day more, once."""
    reservation, mailed = await _opened(request, session)
    try:
        await asking.extend(session, reservation, now=request.state.now)
    except (MovedOn, NotExtendable) as refused:
        return await _moved(request, session, reservation, mailed, refused.sentence)
    return _back(request, reservation, notice="extended")


@routes.post("/{language:language}/my/reservations/{code}/verify", allow=ANYONE, name="verify_reservation")
async def verify(request: Request, session: AsyncSession) -> Response:
    """The address is hers: only who came by the mailed link can say so."""
    reservation, mailed = await _opened(request, session)
    if not mailed:
        raise Forbidden()
    try:
        async with session.begin_nested():
            await asking.verify(session, reservation, now=request.state.now)
    except MovedOn as moved:
        return await _moved(request, session, reservation, mailed, moved.sentence)
    except OutOfStock:
        gone = gettext("Someone else has reserved this meanwhile. Nothing is kept for you; you can ask another store.")
        return await _moved(request, session, reservation, mailed, gone)
    return _back(request, reservation, notice="verified")


@routes.post("/{language:language}/my/reservations/{code}/proposal", allow=ANYONE, name="proposal")
async def answer_proposal(request: Request, session: AsyncSession) -> Response:
    """Yes or no to what the store offers instead; what was found stays either way."""
    reservation, mailed = await _opened(request, session)
    async with request.form(max_fields=10) as data:
        said = data.get("answer")
    try:
        if said not in ("accept", "decline") or reservation.status != Status.PROPOSED:
            raise MovedOn(Status(reservation.status))
        await asking.settle_proposal(session, reservation, accept=said == "accept", now=request.state.now)
    except MovedOn as moved:
        return await _moved(request, session, reservation, mailed, moved.sentence)
    return _back(request, reservation)


def _back(request: Request, reservation: Reservation, *, notice: str = "") -> Response:
    response = pages.to(request, "manage_reservation", notice=notice, code=reservation.code)
    response.headers.update(PRIVATE)
    return response


async def _moved(
    request: Request, session: AsyncSession, reservation: Reservation, mailed: bool, words: str
) -> Response:
    """409, with where it stands now."""
    session.expunge_all()
    now_at = await questions.get(session, reservation.id)
    return await _managed(request, session, now_at, mailed, warning=words, status=409)


# A lost link


class FindForm(LocalizedForm):
    code = StringField(lazy("Your code"), [validators.InputRequired()])
    contact = StringField(lazy("Email address or telephone"), [validators.InputRequired()])


@routes.get("/{language:language}/find", allow=ANYONE, name="find")
async def find(request: Request, session: AsyncSession) -> Response:
    return _find_page(request, FindForm(), sent=False)


@routes.post("/{language:language}/find", allow=ANYONE)
async def send_link(request: Request, session: AsyncSession) -> Response:
    """Send the link again. The answer is the same whether anything was found or not, and takes the same time."""
    async with request.form(max_fields=10) as data:
        form = FindForm(data)
    code = codes.read_code(form.code.data or "")
    email, phone = _contact(form.contact.data or "")
    if code is None:
        form.code.errors = [gettext("Enter the 8 signs of your code, for example K7QM-4T2X")]
    if not email and not phone:
        form.contact.errors = [gettext("Enter a full email address, or a full telephone number")]
    if code is None or form.errors:
        return _find_page(request, form, sent=False, status=422)
    limits = request.app.state.limits
    await limits.check(FIND_BY_ADDRESS, address_of(request))
    await limits.check(FIND_BY_CODE, code)
    now = request.state.now
    # a row and a wake-up in both cases: the commit is what takes time, and it must not tell a hit from a miss
    await submissions.begin(session, scope="find", key=codes.new_token(), body="", now=now)
    reservation = await questions.of_contact(session, code, email, phone)
    appointment = await appointed.of_contact(session, code, email, phone)
    if reservation:
        await _send_again(session, telling.SUBJECT, reservation, may_call=reservation.status in OPEN, now=now)
    if appointment:
        await _send_again(session, APPOINTMENT, appointment, may_call=not appointment.ended, now=now)
    after_commit(session, "messages")
    return _find_page(request, form, sent=True)


def _contact(typed: str) -> tuple[str, str]:
    """An address or a number, as they are kept; both empty when it is neither."""
    try:
        return customers.read_email(typed.strip()), ""
    except ValueError:
        pass
    try:
        return "", customers.read_phone(typed.strip(), "FR")
    except ValueError:
        return "", ""


async def _send_again(
    session: AsyncSession, subject: str, booking: Reservation | Appointment, *, may_call: bool, now: datetime
) -> None:
    """By mail; who left only a number is called, because nothing that a form alone sets off costs an SMS.

    At most once a minute: the version of this message is the minute.
    """
    minute = int(now.timestamp()) // 60
    if booking.email:
        await messages.queue(
            session,
            "find",
            subject=subject,
            subject_id=booking.id,
            version=minute,
            recipient="shopper",
            channel=Channel.EMAIL,
            language=booking.language,
            store_id=booking.store_id,
            due_at=now,
            now=now,
        )
    elif may_call:
        await tasks.add(
            session,
            tasks.Kind.CALL,
            store_id=booking.store_id,
            reservation_id=booking.id if subject == telling.SUBJECT else None,
            appointment_id=booking.id if subject == APPOINTMENT else None,
            version=booking.version,
            about="find",
            due_at=now,
            now=now,
        )


def _find_page(request: Request, form: FindForm, *, sent: bool, status: int = 200) -> Response:
    page = Page(title=gettext("Find a reservation or an appointment"), robots="noindex")
    headers: Mapping[str, str] = {"cache-control": "no-store", "referrer-policy": "no-referrer"}
    context = {"form": form, "sent": sent}
    return pages.render(request, "shop/find.html", context, page=page, status=status, headers=headers)
