"""Where a reservation stands, as its holder reads it: one sentence, what was done, what comes, and her articles."""

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import segno
from markupsafe import Markup
from starlette.requests import Request

from booking import customers, journal, promises
from booking.appointments.tables import Appointment
from booking.journal import Entry
from booking.reservations import asking
from booking.reservations.states import OPEN, Contact, LineStatus, Status
from booking.reservations.tables import Line, Reservation
from kit import codes, languages
from kit.languages import gettext
from stores.catalogue import Variant
from stores.hours import NeverOpens
from web import views, words
from web.views import Picture

TOLD = frozenset({*Status, "verified", "extended"})
"""What the history tells the shopper; alarms and tasks are the store's own."""
SAID = frozenset({LineStatus.MISSING, LineStatus.SUBSTITUTED, LineStatus.BOUGHT, LineStatus.NOT_BOUGHT})
ANSWERED = frozenset({Status.CONFIRMED, Status.READY, Status.COLLECTED})


def standing(request: Request, reservation: Reservation, entries: Sequence[Entry] = ()) -> dict[str, Any]:
    """What the pages of one reservation show of it."""
    r, now = reservation, request.state.now
    zone = r.store.timezone
    extend_to = _extend_to(r)
    return {
        "code": r.code,
        "status": r.status,
        "sentence": sentence(r),
        "lead": lead(r, now),
        "lines": [_line(r, line) for line in r.lines if line.replaces_id is None or line.accepted],
        "steps": steps(r, now),
        "show_code": r.status == Status.EXPIRED and r.reason != "not_verified",
        "can_cancel": r.status in OPEN,
        "can_extend": extend_to is not None,
        "extend_until": languages.kept_until_words(extend_to, zone, now) if extend_to else None,
        "qr_svg": qr(codes.show_code(r.code)),
        "contact_words": contact_words(r),
        "history": [
            (entry.at, languages.upper_first(languages.moment_words(entry.at, zone, now)), _told(entry))
            for entry in entries
            if entry.event in TOLD
        ],
        "proposal": _proposal(request, r, now) if r.status == Status.PROPOSED else None,
    }


def sentence(r: Reservation) -> str:
    """Its state, in one sentence."""
    return {
        Status.UNVERIFIED: gettext("Your request awaits your confirmation"),
        Status.REQUESTED: gettext("Your request is with the store"),
        Status.PROPOSED: gettext("The store suggests another item"),
        Status.CONFIRMED: gettext("Your reservation is confirmed"),
        Status.READY: gettext("Your items are ready"),
        Status.COLLECTED: gettext("You have collected your items"),
        Status.DECLINED: gettext("The store does not have your items"),
        Status.UNANSWERED: gettext("The store did not answer in time"),
        Status.CANCELLED: gettext("Your reservation is cancelled"),
        Status.EXPIRED: gettext("Your reservation has ended"),
    }[Status(r.status)]


def lead(r: Reservation, now: datetime) -> str:
    """What it means for her now, with its time."""
    zone = r.store.timezone
    match r.status:
        case Status.UNVERIFIED:
            if r.verify_by and r.verify_by > now:
                before = languages.before_words(r.verify_by, zone, now)
                return gettext("Open the link that we have just emailed to you, %(before)s.", before=before)
            return gettext("Open the link that we have emailed to you.")
        case Status.REQUESTED:
            if r.answer_by and r.answer_by > now:
                before = languages.before_words(r.answer_by, zone, now)
                return gettext("The store is checking your items and will answer %(before)s.", before=before)
            return gettext("The answer is late. The store has been told; you can also call it.")
        case Status.CONFIRMED | Status.READY if r.hold_until:
            until = languages.kept_until_words(r.hold_until, zone, now)
            return gettext("Your items will be kept %(until)s.", until=until)
        case Status.DECLINED:
            return gettext("They could not be found in the store. Nothing is kept for you.")
        case Status.UNANSWERED:
            return gettext("We apologise. Nothing is kept for you any more; the store can be called.")
        case Status.EXPIRED:
            if r.reason == "not_verified":
                return gettext("The link was not confirmed in time, so nothing was kept.")
            return gettext("The items have gone back on display. If you are on your way, show this code all the same.")
    return ""


def steps(r: Reservation, now: datetime) -> list[dict[str, Any]]:
    """What was done and what comes, each with its time."""
    zone = r.store.timezone

    def at(when: datetime | None) -> str | None:
        return languages.upper_first(languages.moment_words(when, zone, now)) if when else None

    def before(when: datetime | None) -> str | None:
        return languages.upper_first(languages.before_words(when, zone, now)) if when and when > now else None

    received = {"words": gettext("You sent your request"), "done": True, "when": at(r.requested_at)}
    if r.ended_at and r.status != Status.COLLECTED:
        return [received, {"words": sentence(r), "done": True, "when": at(r.ended_at)}]
    unverified = r.status == Status.UNVERIFIED
    proposed = r.status == Status.PROPOSED
    answered = r.status in ANSWERED or proposed
    kept = languages.kept_until_words(r.hold_until, zone, now) if r.hold_until else ""
    offer = {"words": gettext("You say yes or no to what it offers"), "done": False, "when": before(r.proposal_until)}
    confirm = {"words": gettext("You confirm it by the link"), "done": False, "when": before(r.verify_by)}
    return [
        received,
        *([confirm] if unverified else []),
        {
            "words": _answer(r),
            "done": answered,
            "when": at(r.answered_at) if answered else None if unverified else before(r.answer_by),
        },
        *([offer] if proposed else []),
        {
            "words": gettext("Your items are ready"),
            "done": r.ready_at is not None,
            "when": at(r.ready_at) if r.ready_at else before(r.ready_by),
        },
        {
            "words": gettext("You come to the store"),
            "done": r.status == Status.COLLECTED,
            "when": at(r.ended_at) if r.ended_at else None if unverified else languages.upper_first(kept) or None,
        },
    ]


def _answer(r: Reservation) -> str:
    if r.status == Status.PROPOSED:
        return gettext("The store has answered")
    return gettext("The store has your items") if r.status in ANSWERED else gettext("The store checks your items")


def article(variant: Variant, quantity: int, price: Any, **more: Any) -> dict[str, Any]:
    """One article of a list of goods."""
    product = variant.product
    return {
        "name": product.name.text(),
        "options": variant.label or None,
        "quantity": quantity,
        "picture": picture_of(variant),
        "price": price,
        "status": "",
        "status_words": None,
        "gone": False,
        **more,
    }


def picture_of(variant: Variant) -> Picture | None:
    """The picture of the variant, else the first of its product."""
    pictures = variant.product.pictures
    own = next((picture for picture in pictures if picture.variant_id == variant.id), None)
    chosen = own or next(iter(pictures), None)
    return views.picture(chosen) if chosen else None


def _line(r: Reservation, line: Line) -> dict[str, Any]:
    said = None
    if line.status in SAID:
        replaced = any(other.replaces_id == line.id and other.accepted for other in r.lines)
        missing = line.status == LineStatus.SUBSTITUTED and not replaced
        said = languages.upper_first(words.line_words(LineStatus.MISSING if missing else line.status))
    elif line.found is not None and line.found < line.quantity:
        said = gettext("%(found)d of %(asked)d found", found=line.found, asked=line.quantity)
    missing = line.status in (LineStatus.MISSING, LineStatus.SUBSTITUTED)
    return article(line.variant, line.quantity, line.price, status=line.status, status_words=said, gone=missing)


def _proposal(request: Request, r: Reservation, now: datetime) -> dict[str, Any]:
    by_id = {line.id: line for line in r.lines}
    offers = [line for line in r.lines if line.replaces_id is not None and line.accepted is None]
    signed = (
        "" if r.answered_by.startswith("key:") or r.answered_by in (journal.SHOPPER, journal.SYSTEM) else r.answered_by
    )
    return {
        "by": signed,
        "before": languages.before_words(r.proposal_until, r.store.timezone, now) if r.proposal_until else "",
        "action": views.address(request, "proposal", code=r.code),
        "keeps": any(line.holding and line.replaces_id is None for line in r.lines),
        "lines": [
            {
                "missing": gettext("In place of %(name)s", name=views.name_of(by_id[line.replaces_id].variant)),
                "offer": article(line.variant, line.quantity, line.price),
            }
            for line in offers
            if line.replaces_id in by_id
        ],
    }


def _extend_to(r: Reservation) -> datetime | None:
    """Until when she may extend it, if she still may."""
    if not asking.may_extend(r) or r.hold_until is None:
        return None
    try:
        return promises.extension(r.store, r.hold_until)
    except NeverOpens:
        return None


def contact_words(r: Reservation | Appointment) -> str:
    """How the store will reach her, with enough of the address to recognise it."""
    by_phone = r.contact in (Contact.SMS, Contact.PHONE)
    masked = customers.masked("", r.phone) if by_phone and r.phone else customers.masked(r.email, r.phone)
    if not masked:
        return ""
    if r.contact == Contact.PHONE:
        return gettext("We call you on %(contact)s.", contact=masked)
    if by_phone and r.phone:
        return gettext("We send a text message to %(contact)s.", contact=masked)
    return gettext("We write to you at %(contact)s.", contact=masked)


def _told(entry: Entry) -> str:
    detail = entry.detail if "accepted" in entry.detail else None
    return words.event_words(entry.event, before=entry.before, detail=detail)


def qr(text: str) -> Markup:
    """For the store's reader; drawn with attributes only, because the page allows no styles inside."""
    drawn = io.BytesIO()
    made = segno.make_qr(text, error="m")
    made.save(drawn, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=2, svgclass=None, lineclass=None)
    return Markup(drawn.getvalue().decode().strip())  # noqa: S704 – made of a code of ours
