"""Moving and cancelling by the private link. A GET changes nothing: mail scanners open links."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from booking.appointments import asking, questions
from booking.appointments.asking import TooLate
from booking.appointments.placing import NotOffered, SlotTaken
from booking.appointments.states import AHEAD, MovedOn, Status
from booking.appointments.tables import Appointment
from booking.availability import Question
from kit import languages
from kit.errors import Refused
from kit.languages import gettext
from web import pages, views
from web.pages import Page
from web.routing import ANYONE, Routes
from web.shop.appointing import mine, starts
from web.shop.appointing.mine import MY, back, managed, opened
from web.shop.appointing.steps import ANY, read_stamp
from web.shop.reservations import PRIVATE, refuse

routes = Routes(refuse)


@dataclass(frozen=True)
class Wish:
    """What the page of a move shows or sends: which week, with whom, and the start that was chosen."""

    week: str
    anyone: bool
    start: datetime | None = None


# Moving


@routes.get(f"{MY}/move", allow=ANYONE, name="move_appointment")
async def choose(request: Request, session: AsyncSession) -> Response:
    """The present time, and the free ones of a week."""
    appointment = await opened(request, session)
    if not asking.may_move(appointment, request.state.now):
        return back(request, appointment)
    query = request.query_params
    wish = Wish(query.get("week", ""), query.get("advisor") == ANY, read_stamp(query.get("start", "")))
    return await _choice(request, session, appointment, wish)


@routes.post(f"{MY}/move", allow=ANYONE)
async def move(request: Request, session: AsyncSession) -> Response:
    """Another start; the present one stands unless that is won."""
    appointment = await opened(request, session)
    async with request.form(max_fields=20) as data:
        wish = Wish(_text(data, "week"), _text(data, "advisor") == ANY, read_stamp(_text(data, "start")))
        version = _text(data, "version")
    now: datetime = request.state.now
    if wish.start is None:
        return await _choice(request, session, appointment, wish, refused=NotChosen())
    if _is_there(appointment, wish.start):  # pressed twice
        return back(request, appointment, notice="appointment_moved")
    try:
        if version not in ("", str(appointment.version)):
            raise MovedOn(Status(appointment.status))
        advisor_id = asking.ANYONE if wish.anyone else None
        await asking.reschedule(session, appointment, wish.start, advisor_id=advisor_id, now=now)
    except (SlotTaken, NotOffered, MovedOn, TooLate) as refused:
        return await _not_moved(request, session, appointment.id, wish, refused)
    return back(request, appointment, notice="appointment_moved")


class NotChosen(NotOffered):
    """The button was pressed without a choice."""

    code = "not_chosen"
    msgid = languages.lazy("Choose one of the times below.")


async def _not_moved(
    request: Request, session: AsyncSession, appointment_id: int, wish: Wish, refused: Refused
) -> Response:
    """The same page with what stands now; of two presses at once, the second finds it done."""
    session.expunge_all()
    appointment = await questions.get(session, appointment_id)
    if wish.start is not None and _is_there(appointment, wish.start):
        return back(request, appointment, notice="appointment_moved")
    if not asking.may_move(appointment, request.state.now):
        return await managed(request, session, appointment, warning=refused.sentence, status=refused.status)
    return await _choice(request, session, appointment, wish, refused=refused)


def _is_there(appointment: Appointment, start: datetime) -> bool:
    return appointment.starts_at == start and appointment.status in AHEAD


async def _choice(
    request: Request,
    session: AsyncSession,
    appointment: Appointment,
    wish: Wish,
    *,
    refused: Refused | None = None,
) -> Response:
    a, now = appointment, request.state.now
    wanted = a.advisor_id if not wish.anyone else None
    question = Question(now, now, now, party=a.party, advisor_id=wanted, own=asking.own_of(a))
    day = a.store.local(wish.start or a.starts_at).date()
    first = starts.first_day(wish.week, day, a.store.local(now).date())
    week = await starts.week_of(session, a.store, a.service, first, question, without=a.starts_at, chosen=wish.start)
    query = {"advisor": ANY} if wish.anyone else {}
    for link in (week["before"], week["after"], week["first"]):
        if link:
            link["url"] = views.address(request, "move_appointment", {**query, "week": link["week"]}, code=a.code)
    others = {"week": week["week"]} if wish.anyone else {"week": week["week"], "advisor": ANY}
    context: dict[str, Any] = {
        "appointment": {**mine.shown_of(request, a), "version": a.version},
        "starts": week,
        "anyone": wish.anyone,
        "switch_url": views.address(request, "move_appointment", others, code=a.code),
        "refused": _refused(a, refused, now) if refused else None,
    }
    title = gettext("Move my appointment")
    error = gettext("Error:")
    page = Page(title=f"{error} {title}" if refused else title, robots="noindex")
    return pages.render(
        request,
        "shop/appointment/move.html",
        context,
        page=page,
        fragment="shop/appointment/_starts.html",
        status=refused.status if refused else 200,
        headers=PRIVATE,
    )


def _refused(a: Appointment, refused: Refused, now: datetime) -> dict[str, Any]:
    """Why not, that the present time stands, and the nearest others, each a button of the same form."""
    near = refused.nearest if isinstance(refused, SlotTaken) else ()
    return {
        "words": refused.sentence,
        "stands": gettext(
            "Nothing has changed: your appointment is still %(when)s.",
            when=mine.on_words(a, now),
        ),
        "nearest": [starts.button(one.start, a.store, now) for one in near if one.start != a.starts_at],
    }


# Cancelling


@routes.get(f"{MY}/cancel", allow=ANYONE, name="cancel_appointment")
async def ask_before_cancelling(request: Request, session: AsyncSession) -> Response:
    """Asks once; only the POST cancels."""
    appointment = await opened(request, session)
    if not asking.may_cancel(appointment, request.state.now):
        return back(request, appointment)
    page = Page(title=gettext("Cancel this appointment?"), robots="noindex")
    context = {"appointment": mine.shown_of(request, appointment)}
    return pages.render(request, "shop/appointment/cancel.html", context, page=page, headers=PRIVATE)


@routes.post(f"{MY}/cancel", allow=ANYONE)
async def cancel(request: Request, session: AsyncSession) -> Response:
    appointment = await opened(request, session)
    if appointment.status == Status.CANCELLED:  # pressed twice
        return back(request, appointment)
    try:
        await asking.cancel(session, appointment, now=request.state.now)
    except (MovedOn, TooLate) as refused:
        return await _not_cancelled(request, session, appointment.id, refused)
    return back(request, appointment)


async def _not_cancelled(request: Request, session: AsyncSession, appointment_id: int, refused: Refused) -> Response:
    session.expunge_all()
    now_at = await questions.get(session, appointment_id)
    if now_at.status == Status.CANCELLED:
        return back(request, now_at)
    return await managed(request, session, now_at, warning=refused.sentence, status=refused.status)


def _text(data: FormData, name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""
