"""What people read for states, reasons, roles and events: one word per thing, in the language being spoken."""

from collections.abc import Mapping
from typing import Any

from booking.messages import Channel
from booking.reservations.states import Contact, LineStatus, Reason, Status
from booking.tasks import Kind
from kit.languages import gettext, ngettext, pgettext
from stores.staff import Role


def status_words(status: str) -> str:
    """Where a reservation stands: `reçue`, `ready`. One word, lower case, for labels and lists."""
    return {
        Status.UNVERIFIED: pgettext("reservation", "to verify"),
        Status.REQUESTED: pgettext("reservation", "received"),
        Status.PROPOSED: pgettext("reservation", "alternative offered"),
        Status.CONFIRMED: pgettext("reservation", "confirmed"),
        Status.READY: pgettext("reservation", "ready"),
        Status.COLLECTED: pgettext("reservation", "collected"),
        Status.DECLINED: pgettext("reservation", "declined"),
        Status.UNANSWERED: pgettext("reservation", "unanswered"),
        Status.CANCELLED: pgettext("reservation", "cancelled"),
        Status.EXPIRED: pgettext("reservation", "expired"),
    }[Status(status)]


TONES: Mapping[str, str] = {
    Status.UNVERIFIED: "plain",
    Status.REQUESTED: "warn",
    Status.PROPOSED: "info",
    Status.CONFIRMED: "info",
    Status.READY: "ok",
    Status.COLLECTED: "plain",
    Status.DECLINED: "plain",
    Status.UNANSWERED: "err",
    Status.CANCELLED: "plain",
    Status.EXPIRED: "plain",
}
"""The class of a state's pill; the word says the same."""


def line_words(status: str) -> str:
    """What became of one article."""
    return {
        LineStatus.HELD: pgettext("article", "held"),
        LineStatus.FOUND: pgettext("article", "found"),
        LineStatus.MISSING: pgettext("article", "not found"),
        LineStatus.SUBSTITUTED: pgettext("article", "replaced"),
        LineStatus.SET_ASIDE: pgettext("article", "set aside"),
        LineStatus.BOUGHT: pgettext("article", "taken"),
        LineStatus.NOT_BOUGHT: pgettext("article", "left"),
        LineStatus.RELEASED: pgettext("article", "back on display"),
    }[LineStatus(status)]


def reason_words(reason: str) -> str:
    """Why an article is missing, as staff choose it and the history keeps it; empty for none."""
    return _REASONS()[Reason(reason)] if reason in tuple(Reason) else ""


def reason_choices() -> list[tuple[str, str]]:
    """Every reason with its words, the commonest first."""
    return [(str(reason), words) for reason, words in _REASONS().items()]


def _REASONS() -> dict[Reason, str]:  # noqa: N802 – a table, in the language spoken now
    return {
        Reason.NOT_FOUND: gettext("cannot be found"),
        Reason.SOLD: gettext("already sold"),
        Reason.DAMAGED: gettext("damaged"),
        Reason.DISPLAY_ONLY: gettext("display piece only"),
        Reason.RESERVED_ELSEWHERE: gettext("kept for somebody else"),
    }


def end_words(reason: str) -> str:
    """Why a reservation ended, where a reason was given; what staff typed stays as it was typed."""
    known = {
        "unwanted": gettext("unwanted request"),
        "proposal_declined": gettext("the offer was not accepted"),
        "not_verified": gettext("the address was never confirmed"),
    }
    return known.get(reason) or reason_words(reason) or reason


def contact_words(contact: str) -> str:
    """How the shopper asked to be answered."""
    return {
        Contact.EMAIL: gettext("by email"),
        Contact.SMS: gettext("by text message"),
        Contact.PHONE: gettext("by telephone"),
    }[Contact(contact)]


def channel_words(channel: str) -> str:
    return {
        Channel.EMAIL: gettext("email"),
        Channel.SMS: gettext("text message"),
        Channel.NOTIFY: gettext("store channel"),
    }[Channel(channel)]


def language_words(language: str) -> str:
    """The language that somebody reads."""
    return {"fr": gettext("French"), "en": gettext("English")}[language]


def role_words(role: str) -> str:
    return {
        Role.ADVISOR: gettext("advisor"),
        Role.MANAGER: gettext("store manager"),
        Role.MERCHANDISER: gettext("merchandiser"),
        Role.ADMIN: gettext("administrator"),
    }[Role(role)]


def task_words(kind: str) -> str:
    """What has to be done, as the list says it."""
    return {
        Kind.PUT_BACK: gettext("Put back"),
        Kind.CALL: gettext("Call the shopper"),
        Kind.RECOVER: gettext("Make good a broken promise"),
        Kind.CHECK: gettext("Check the stock"),
        Kind.FOLLOW_UP: gettext("Keep what was promised"),
    }[Kind(kind)]


def news_words(template: str) -> str:
    """What a message to the shopper is about, for lists of messages and for who calls instead."""
    known = {
        "received": gettext("request received"),
        "verify": gettext("address to confirm"),
        "confirmed": gettext("reservation confirmed"),
        "proposed": gettext("an offer to answer"),
        "declined": gettext("articles not available"),
        "ready": gettext("articles ready"),
        "corrected": gettext("articles not ready after all"),
        "reminder": gettext("last day"),
        "extended": gettext("one more day"),
        "expired": gettext("reservation ended"),
        "unanswered": gettext("no answer in time, our apologies"),
        "cancelled": gettext("reservation cancelled"),
        "find": gettext("link sent again"),
        "appointment_confirmed": gettext("appointment confirmed"),
        "appointment_requested": gettext("appointment asked for"),
        "appointment_declined": gettext("appointment declined"),
        "appointment_moved": gettext("appointment moved"),
        "appointment_cancelled": gettext("appointment cancelled"),
        "appointment_store_cancelled": gettext("appointment cancelled by the store"),
        "appointment_reminder": gettext("appointment tomorrow"),
        "appointment_soon": gettext("appointment in two hours"),
        "appointment_summary": gettext("what was seen at the appointment"),
        "appointment_word": gettext("a word from the advisor"),
    }
    return known.get(template, template)


def who_words(by: str) -> str:
    """Who did it: the shopper, Vitrine itself, a program, or a colleague by first name."""
    if by.startswith("key:"):
        return gettext("the program %(name)s", name=by.removeprefix("key:"))
    return {"shopper": gettext("the shopper"), "vitrine": "Vitrine"}.get(by, by)


def event_words(event: str, *, before: str = "", reason: str = "", detail: Mapping[str, Any] | None = None) -> str:
    """One line of a reservation's history, without when and by whom."""
    detail = detail or {}
    if event == Status.READY and before == Status.COLLECTED:
        return gettext("Hand-over undone")
    if event == Status.READY and before == Status.EXPIRED:
        return _with_reason(gettext("Held again at the desk"), reason)
    if event == Status.CONFIRMED and before == Status.READY:
        return gettext("Not ready after all")
    if event == Status.CONFIRMED and "accepted" in detail:
        return gettext("Offer accepted") if detail["accepted"] else gettext("Kept without the offer")
    if event in (Status.CONFIRMED, Status.PROPOSED, Status.DECLINED) and "lines" in detail:
        units = sum(line["found"] for line in detail["lines"])
        found = ngettext("%(num)d article found", "%(num)d articles found", units, num=units)
        return _with_reason(f"{_event(event)}, {found}", end_words(reason))
    return _with_reason(_event(event), end_words(reason))


def _event(event: str) -> str:
    known = {
        Status.UNVERIFIED: gettext("Asked for, address to confirm"),
        Status.REQUESTED: gettext("Request received"),
        Status.PROPOSED: gettext("Alternative offered"),
        Status.CONFIRMED: gettext("Confirmed"),
        Status.READY: gettext("Ready at the desk"),
        Status.COLLECTED: gettext("Handed over"),
        Status.DECLINED: gettext("Declined"),
        Status.UNANSWERED: gettext("Left unanswered"),
        Status.CANCELLED: gettext("Cancelled"),
        Status.EXPIRED: gettext("Hold ended"),
        "verified": gettext("Address confirmed"),
        "extended": gettext("Kept one day longer"),
        "postponed": gettext("Kept for longer: the hours of the store changed"),
        "exported": gettext("Personal data given out"),
        "erased": gettext("Name and contact erased"),
        "left_to_staff": gettext("Left to staff to confirm"),
        "sold_at_till": gettext("Sold at the till"),
        "alarm_amber": gettext("Half of the answer time has passed"),
        "alarm_manager": gettext("The manager was told"),
        "alarm_group": gettext("Every manager of the group was told"),
    }
    return known.get(event, event)


def _with_reason(words: str, reason: str) -> str:
    return gettext("%(what)s: %(why)s", what=words, why=reason) if reason else words
