"""One appointment and its holder, who has no account: what the private link shows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlencode

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking import invitations, journal, links, messages
from booking.appointments import asking, questions
from booking.appointments.moves import SUBJECT
from booking.appointments.placing import Near
from booking.appointments.states import AHEAD, OPEN, ItemState, Status
from booking.appointments.tables import Appointment, Item
from booking.journal import SHOPPER, Entry
from kit import codes, languages
from kit.errors import NotFound
from kit.languages import gettext, pgettext
from web import access, pages, views
from web.appointment_words import zone_note
from web.pages import Page
from web.routing import ANYONE, Routes
from web.shop import standing
from web.shop.appointing import starts
from web.shop.appointing.details import cut_off_words
from web.shop.appointing.steps import stamp
from web.shop.reservations import PRIVATE, check_appointment, refuse

routes = Routes(refuse)

MY = "/{language:language}/my/appointments/{code}"
BRINGS = frozenset({ItemState.TO_FETCH, ItemState.READY, ItemState.MISSING})
SEEN = frozenset({ItemState.SHOWN, ItemState.LIKED})
PAST = frozenset({Status.COMPLETED, Status.NO_SHOW})
OFF = frozenset({Status.CANCELLED, Status.DECLINED})


async def opened(request: Request, session: AsyncSession) -> Appointment:
    """The appointment of the address, if this browser opened one of its links: either may do the same.

    Raises `NotFound` for an unknown code as for somebody else's, `AppointmentOver` 30 days after its end.
    """
    code = codes.read_code(request.path_params["code"])
    if code is None:
        raise NotFound()
    appointment = await questions.find(session, code, store_ids=None)
    access.check_link(request, SUBJECT, appointment.id)
    check_appointment(appointment, request.state.now)
    return appointment


# The pages


@routes.get(MY, allow=ANYONE, name="manage_appointment")
async def manage(request: Request, session: AsyncSession) -> Response:
    return await managed(request, session, await opened(request, session))


async def managed(
    request: Request, session: AsyncSession, appointment: Appointment, *, warning: str = "", status: int = 200
) -> Response:
    """Everything about one appointment; with a warning after something that could not be done."""
    entries = await journal.of(session, SUBJECT, appointment.id)
    by_store = _cancelled_by_store(appointment, entries)
    shown = shown_of(request, appointment, by_store=by_store)
    context: dict[str, Any] = {
        "appointment": shown,
        "history": history(appointment, entries, request.state.now),
        "store": views.shop(appointment.store, request.state.now),
        "others": await _other_starts(request, session, appointment) if by_store else [],
        "again_url": _again_url(request, appointment),
        "reserve_url": _reserve_url(request, appointment),
        "warning": warning,
    }
    page = Page(title=shown["sentence"], robots="noindex")
    name = "shop/appointment/manage.html"
    return pages.render(request, name, context, page=page, status=status, headers=PRIVATE)


@routes.get(f"{MY}/sent", allow=ANYONE, name="appointment_sent")
async def sent(request: Request, session: AsyncSession) -> Response:
    """What follows the form: the code, when, with whom, where, and what to bring."""
    appointment = await opened(request, session)
    if appointment.status not in AHEAD:
        return back(request, appointment)
    asked = appointment.status == Status.REQUESTED
    title = gettext("Your request has been recorded") if asked else gettext("Your appointment is confirmed")
    context = {
        "appointment": shown_of(request, appointment),
        "store": views.shop(appointment.store, request.state.now),
        "title": title,
        "mail_failed": await messages.came_back(session, SUBJECT, appointment.id),
    }
    page = Page(title=title, robots="noindex")
    return pages.render(request, "shop/appointment/sent.html", context, page=page, headers=PRIVATE)


@routes.get(f"{MY}/appointment.ics", allow=ANYONE, name="appointment_calendar")
async def calendar(request: Request, session: AsyncSession) -> Response:
    """For her own calendar, with a reminder the day before; the link in it is that of this page."""
    appointment = await opened(request, session)
    settings = request.app.state.settings
    token = (await links.to_show_again(session, SUBJECT, appointment.id)).token(settings.secret)
    file = invitations.invitation(
        appointment,
        method="PUBLISH",
        organizer=parseaddr(settings.mail_from)[1],
        host=settings.host,
        url=settings.base_url + views.address(request, "my", token=token),
        now=request.state.now,
    )
    disposition = f'attachment; filename="{codes.show_code(appointment.code)}.ics"'
    headers = {**PRIVATE, "content-disposition": disposition}
    return Response(file, media_type="text/calendar; charset=utf-8", headers=headers)


def back(request: Request, appointment: Appointment, *, notice: str = "") -> Response:
    response = pages.to(request, "manage_appointment", notice=notice, code=appointment.code)
    response.headers.update(PRIVATE)
    return response


# What they show


def shown_of(request: Request, appointment: Appointment, *, by_store: bool = False) -> dict[str, Any]:
    """One appointment as its own pages show it, with what may still be done."""
    a, now = appointment, request.state.now
    return {
        "code": a.code,
        "status": a.status,
        "sentence": sentence(a, now, by_store=by_store),
        "lead": lead(a, now),
        "service": a.service.name.text(),
        "open": a.status in OPEN,
        "ahead": a.status in AHEAD,
        "starts_at": a.store.local(a.starts_at),
        "ends_at": a.store.local(a.ends_at),
        **when(a, now),
        "advisor": advisor(a),
        "meeting_point": invitations.meeting_point(a),
        "way": _way(a),
        "bring": a.service.bring.text() if a.status in AHEAD else "",
        "lines": lines(request, a),
        "lines_title": gettext("What you saw") if a.status in PAST else gettext("Articles for your appointment"),
        "contact_words": standing.contact_words(a) if a.status in AHEAD else "",
        "can_move": asking.may_move(a, now),
        "can_cancel": asking.may_cancel(a, now),
        "limits": limits(a, now),
        "calendar_url": views.address(request, "appointment_calendar", code=a.code) if a.status in AHEAD else None,
        "qr_svg": standing.qr(codes.show_code(a.code)),
    }


def sentence(a: Appointment, now: datetime, *, by_store: bool = False) -> str:
    """Its state, in one sentence. Who did not come is not scolded."""
    match a.status:
        case Status.REQUESTED:
            return gettext("Your request is with the store")
        case Status.CONFIRMED if now < a.ends_at:
            return gettext("Your appointment is confirmed")
        case Status.ARRIVED:
            return gettext("Welcome")
        case Status.IN_PROGRESS:
            return gettext("Your appointment is in progress")
        case Status.COMPLETED:
            return gettext("Your appointment took place")
        case Status.DECLINED:
            return gettext("The store could not accept your request")
        case Status.CANCELLED if by_store:
            return gettext("The store had to cancel your appointment")
        case Status.CANCELLED:
            return gettext("Your appointment is cancelled")
    return gettext("The time of your appointment has passed")


def lead(a: Appointment, now: datetime) -> str:
    """What it means for her now, with its time."""
    moment = on_words(a, now)
    who = a.advisor.name if a.advisor is not None else ""
    match a.status:
        case Status.REQUESTED:
            return gettext(
                "%(store)s will answer you. The time is kept for you meanwhile: %(when)s.",
                store=a.store.name,
                when=moment,
            )
        case Status.CONFIRMED if now < a.ends_at:
            if who:
                return gettext("%(advisor)s looks forward to seeing you %(when)s.", advisor=who, when=moment)
            return gettext("We look forward to seeing you %(when)s.", when=moment)
        case Status.ARRIVED | Status.IN_PROGRESS:
            end = languages.time_words(a.store.local(a.ends_at))
            if who:
                return gettext("With %(advisor)s, until %(time)s.", advisor=who, time=end)
            return gettext("Until %(time)s.", time=end)
        case Status.CANCELLED | Status.DECLINED:
            return gettext("It was to be %(when)s. Nothing is kept for you any more.", when=moment)
    return gettext("It was %(when)s.", when=moment)


def on_words(a: Appointment, now: datetime) -> str:
    """`mercredi 2 décembre à 14 h 30`, `on Wednesday 2 December at 2.30 pm`: within a sentence."""
    words = languages.moment_words(a.starts_at, a.store.timezone, now)
    days = a.store.local(a.starts_at).date() - a.store.local(now).date()
    return words if abs(days.days) <= 1 else pgettext("within a sentence", "on %(day)s", day=words)


def when(a: Appointment, now: datetime) -> dict[str, str]:
    """Day and hours by the store's clock, which is named where it may not be the reader's."""
    begins, ends = a.store.local(a.starts_at), a.store.local(a.ends_at)
    day = languages.day_words(begins.date(), a.store.local(now).date())
    return {
        "day": day,
        "day_words": languages.upper_first(day),
        "hours_words": languages.hours_range_words(begins, ends),
        "zone_note": zone_note(a.store.timezone),
        "clock": languages.zone_words(a.store.timezone),
    }


def advisor(a: Appointment) -> dict[str, Any] | None:
    """Who receives her; None while nobody is named."""
    if a.advisor is None:
        return None
    photo = views.scene(a.advisor.photo)
    return {"name": a.advisor.name, "title": a.advisor.title.text(), "photo": photo}


def _way(a: Appointment) -> str:
    """From the entrance to the place itself."""
    if a.space is None:
        return a.store.entrance.text()
    way = ", ".join(part for part in (a.space.name.text(), a.space.way.text()) if part)
    return gettext("%(way)s. No step on the way.", way=way) if a.space.step_free else way


def limits(a: Appointment, now: datetime) -> list[str]:
    """Until when she may move or cancel it herself, or that the store is to be called instead."""
    if a.status not in AHEAD or now >= a.starts_at:
        return []
    may_move, may_cancel = asking.may_move(a, now), asking.may_cancel(a, now)
    phone = views.shop(a.store, now).phone
    if not may_move and not may_cancel:
        return [gettext("It is too late to move or cancel it online: call %(phone)s.", phone=phone)]
    said = [cut_off_words(a.service, a.starts_at, a.store.timezone, now)]
    if not may_move:
        said.append(gettext("It is too late to move it online: call %(phone)s.", phone=phone))
    if not may_cancel:
        said.append(gettext("It is too late to cancel it online: call %(phone)s.", phone=phone))
    return said


def lines(request: Request, a: Appointment) -> list[dict[str, Any]]:
    """The articles she brings, each with where it stands for her; after the visit, what she saw."""
    if a.status in OFF or a.status == Status.NO_SHOW:
        return []
    return [
        standing.article(
            item.variant,
            item.quantity,
            item.price,
            status=item.state,
            status_words=_item_words(a, item),
            gone=item.state == ItemState.MISSING,
        )
        for item in a.items
        if _is_shown(a, item)
    ]


def _is_shown(a: Appointment, item: Item) -> bool:
    """Suggestions and what was not for her are the store's own; before the visit, hers only."""
    if a.status == Status.COMPLETED:
        return item.state in SEEN
    return item.state in SEEN or (item.state in BRINGS and item.added_by == "shopper")


def _item_words(a: Appointment, item: Item) -> str:
    if a.status == Status.COMPLETED:
        return gettext("You liked it") if item.state == ItemState.LIKED else ""
    if item.state == ItemState.MISSING:
        return gettext("Not in the store at present: we are looking for an alternative")
    if item.held:
        return gettext("Kept for you until the end of the appointment")
    if item.variant.product.by_appointment:
        return gettext("On display in the store")
    return gettext("We will show it to you if it is there")


# What can be done next


def _cancelled_by_store(a: Appointment, entries: Sequence[Entry]) -> bool:
    if a.status == Status.DECLINED:
        return True
    last = next((entry for entry in reversed(entries) if entry.event == Status.CANCELLED), None)
    return a.status == Status.CANCELLED and last is not None and last.by != SHOPPER


async def _other_starts(request: Request, session: AsyncSession, a: Appointment) -> list[dict[str, str]]:
    """Links into the flow, each with all that she had chosen but the time."""
    found: list[Near] = await starts.proposed(session, a, now=request.state.now)
    zone, now = a.store.timezone, request.state.now
    return [
        {
            "url": _flow_url(request, a, "book_details", advisor=near.slug, start=stamp(near.start)),
            "words": gettext(
                "%(when)s, with %(advisor)s",
                when=languages.upper_first(languages.moment_words(near.start, zone, now)),
                advisor=near.advisor,
            ),
        }
        for near in found
    ]


def _again_url(request: Request, a: Appointment) -> str | None:
    """The same once more, for what has ended; with whom she was."""
    if a.status in OPEN or a.service.at(a.store_id) is None or not a.service.active:
        return None
    bookable = a.advisor is not None and a.advisor.bookable
    slug = a.advisor.slug if bookable and a.advisor is not None else "any"
    return _flow_url(request, a, "book_time", advisor=slug)


def _flow_url(request: Request, a: Appointment, step: str, **query: str) -> str:
    brought = [item for item in a.items if item.added_by == "shopper" and a.status in OFF]
    goods = [pair for item in brought for pair in (("sku", item.variant.sku), ("quantity", str(item.quantity)))]
    party = [("party", str(a.party))] if a.party > 1 else []
    chosen = [("service", a.service.slug), ("store", a.store.slug), *query.items(), *party, *goods]
    return f"{views.address(request, step)}?{urlencode(chosen)}"


def _reserve_url(request: Request, a: Appointment) -> str | None:
    """What she liked, to be held after all."""
    liked = [
        item
        for item in a.items
        if item.state == ItemState.LIKED
        and not item.variant.product.by_appointment
        and item.variant.product.state == "published"
    ]
    if a.status != Status.COMPLETED or not liked:
        return None
    goods = [pair for item in liked for pair in (("sku", item.variant.sku), ("quantity", str(item.quantity)))]
    return f"{views.address(request, 'reserve')}?{urlencode([*goods, ('store', a.store.slug)])}"


# What happened


def history(a: Appointment, entries: Sequence[Entry], now: datetime) -> list[tuple[datetime, str, str]]:
    """Each with when, in words; alarms, notes and what came of it are the store's own."""
    zone = a.store.timezone
    now_at = {"starts_at": a.starts_at.isoformat(), "advisor_id": a.advisor_id}
    told = []
    for entry in reversed(entries):
        words = _moved(a, entry, now_at, now) if entry.event == "moved" else _told(entry)
        if entry.event == "moved":  # it keeps what was before it: what came of the move before that
            now_at = entry.detail
        if words:
            told.append((entry.at, languages.upper_first(languages.moment_words(entry.at, zone, now)), words))
    return told[::-1]


def _moved(a: Appointment, entry: Entry, became: Mapping[str, Any], now: datetime) -> str:
    was, to = (datetime.fromisoformat(at["starts_at"]) for at in (entry.detail, became))
    if was == to:  # another advisor is told, another length is not
        return gettext("Somebody else receives you") if entry.detail["advisor_id"] != became["advisor_id"] else ""
    zone = a.store.timezone
    times = {"was": languages.moment_words(was, zone, now), "now": languages.moment_words(to, zone, now)}
    if entry.by == SHOPPER:
        return gettext("You moved it from %(was)s to %(now)s", **times)
    return gettext("The store moved it from %(was)s to %(now)s", **times)


def _told(entry: Entry) -> str:
    """One line; empty for what is not hers to read."""
    hers = entry.by == SHOPPER
    match entry.event:
        case Status.REQUESTED:
            return gettext("You asked for it")
        case Status.CONFIRMED if entry.before == Status.REQUESTED:
            return gettext("The store accepted it")
        case Status.CONFIRMED if not entry.before:
            return gettext("You booked it") if hers else gettext("The store booked it for you")
        case Status.ARRIVED:
            return gettext("Your arrival")
        case Status.COMPLETED if entry.before != Status.NO_SHOW:
            return gettext("Your appointment took place")
        case Status.CANCELLED:
            return gettext("You cancelled it") if hers else gettext("The store cancelled it")
        case Status.DECLINED:
            return gettext("The store could not accept it")
    return ""
