"""What people read of appointments: states, articles, outcomes, conflicts, and why nothing is free."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from booking.appointments.conflicts import Cause
from booking.appointments.states import ItemState, Outcome, Status
from booking.availability import Why
from kit import languages
from kit.languages import gettext, pgettext
from stores.schedules import Absence


def status_words(status: str) -> str:
    """Where an appointment stands: `confirmé`, `in progress`. Lower case, for labels and lists."""
    return {
        Status.REQUESTED: pgettext("appointment", "to be confirmed"),
        Status.CONFIRMED: pgettext("appointment", "confirmed"),
        Status.ARRIVED: pgettext("appointment", "arrived"),
        Status.IN_PROGRESS: pgettext("appointment", "in progress"),
        Status.COMPLETED: pgettext("appointment", "done"),
        Status.DECLINED: pgettext("appointment", "declined"),
        Status.CANCELLED: pgettext("appointment", "cancelled"),
        Status.NO_SHOW: pgettext("appointment", "no-show"),
    }[Status(status)]


TONES: Mapping[str, str] = {
    Status.REQUESTED: "warn",
    Status.CONFIRMED: "info",
    Status.ARRIVED: "ok",
    Status.IN_PROGRESS: "ok",
    Status.COMPLETED: "plain",
    Status.DECLINED: "plain",
    Status.CANCELLED: "plain",
    Status.NO_SHOW: "err",
}
"""The class of a state's pill; the word says the same."""


def item_words(state: str) -> str:
    """Where an article of an appointment stands."""
    return {
        ItemState.SUGGESTED: pgettext("article", "suggested"),
        ItemState.TO_FETCH: pgettext("article", "to fetch"),
        ItemState.READY: pgettext("article", "ready"),
        ItemState.MISSING: pgettext("article", "missing"),
        ItemState.SHOWN: pgettext("article", "shown"),
        ItemState.LIKED: pgettext("article", "liked"),
        ItemState.REFUSED: pgettext("article", "not for her"),
        ItemState.DROPPED: pgettext("article", "taken off"),
    }[ItemState(state)]


def outcome_words(outcome: str) -> str:
    """What came of a visit; empty while nobody has said."""
    return {
        "": "",
        Outcome.BOUGHT: gettext("bought"),
        Outcome.RESERVED: gettext("reserved"),
        Outcome.THINKING: gettext("to think over"),
        Outcome.NOTHING: gettext("nothing found"),
    }[Outcome(outcome) if outcome else ""]


def cause_words(cause: str) -> str:
    """Why an appointment no longer fits, as the work list says it."""
    return {
        Cause.CLOSED: gettext("The store is closed then."),
        Cause.AWAY: gettext("The advisor is away."),
        Cause.NO_SHIFT: gettext("The advisor does not work then."),
        Cause.SKILL: gettext("The advisor no longer has the skill it needs."),
        Cause.NO_ADVISOR: gettext("Nobody is named yet."),
        Cause.NO_SPACE: gettext("The space is no longer used."),
    }[Cause(cause)]


def absence_words(kind: str) -> str:
    return {
        Absence.LEAVE: gettext("leave"),
        Absence.ILL: gettext("ill"),
        Absence.TRAINING: gettext("training"),
        Absence.OTHER: gettext("other"),
    }[Absence(kind)]


def why_words(why: Why) -> str:
    """Why no start is free, in a sentence that tells what to do about it."""
    return {
        Why.NOT_HERE: gettext("This store does not offer this appointment. Choose another store."),
        Why.TOO_MANY: gettext("We cannot receive so many people at once for this appointment."),
        Why.NO_ADVISOR: gettext("No advisor of this store can give this appointment then."),
        Why.LANGUAGE: gettext("No advisor of this store who gives it speaks this language."),
        Why.TOO_SOON: gettext("It is too late to book for these days. Look at the days after."),
        Why.TOO_FAR: gettext("These days cannot be booked yet."),
        Why.CLOSED: gettext("The store is closed on these days."),
        Why.TOO_LONG: gettext("There is not enough time for it on these days."),
        Why.NOT_WORKING: gettext("The advisors who give it do not work on these days."),
        Why.NO_SPACE: gettext("The space that it needs is taken on these days."),
        Why.FULL: gettext("Everything is taken on these days."),
    }[why]


def when_words(start: datetime, zone: str, now: datetime) -> str:
    """`mercredi 2 décembre à 14 h 30`, `demain à 11 h`; by the store's clock."""
    return languages.moment_words(start, zone, now)


def clock_words(start: datetime, zone: str) -> str:
    """The hour of a start by the store's clock; of an hour that comes twice, with its offset: `2 h (UTC+2)`."""
    here = start.astimezone(ZoneInfo(zone))
    words = languages.time_words(here)
    if here.replace(fold=0).utcoffset() == here.replace(fold=1).utcoffset():
        return words
    offset = f"{here:%z}"
    return f"{words} (UTC{offset[0]}{int(offset[1:3])}{':' + offset[3:] if offset[3:] != '00' else ''})"


def start_words(start: datetime, zone: str, now: datetime) -> str:
    """`mercredi 2 décembre, 14 h 30`: a start that is chosen, its day always named."""
    place = ZoneInfo(zone)
    day = languages.day_words(start.astimezone(place).date(), now.astimezone(place).date())
    return gettext("%(day)s, %(time)s", day=day, time=clock_words(start, zone))


def zone_note(zone: str) -> str:
    """`heure de La Réunion`, where the store's clock is not that of most of the house; else empty."""
    return "" if zone == MAINLAND else languages.zone_words(zone)


MAINLAND = "Europe/Paris"
"""The clock that shoppers' devices show, but for those overseas."""


def spoken_words(codes: Iterable[str]) -> list[str]:
    """Languages that an advisor speaks, in words: `français`, `italien`; unknown codes are left out."""
    names = languages.LOCALES[languages.language()].languages
    return [str(names[code]) for code in codes if code in names]


def event_words(event: str, *, by: str = "", reason: str = "") -> str:
    """One line of an appointment's history, without when and by whom."""
    known = {
        Status.REQUESTED: gettext("Asked for"),
        Status.CONFIRMED: pgettext("appointment", "Confirmed"),
        Status.ARRIVED: gettext("Arrived"),
        Status.IN_PROGRESS: gettext("Begun"),
        Status.COMPLETED: gettext("Done"),
        Status.DECLINED: pgettext("appointment", "Declined"),
        Status.CANCELLED: pgettext("appointment", "Cancelled"),
        Status.NO_SHOW: gettext("Did not come"),
        "moved": gettext("Moved"),
        "prepared": gettext("Everything is ready"),
        "unprepared": gettext("Not everything is ready after all"),
        "check_done": gettext("Something prepared"),
        "check_undone": gettext("Something to prepare again"),
        "item_added": gettext("Article added"),
        "note": gettext("Note written"),
        "given_back": gettext("Articles back on display, nobody having settled it"),
        "reserved": gettext("Articles reserved in her name"),
        "reachable": gettext("Address taken down"),
        "said_late": gettext("Told that we are running late"),
        "said_bring": gettext("Told what to bring"),
        "said_free": gettext("A word was sent"),
        "exported": gettext("Personal data given out"),
        "erased": gettext("Name and contact erased"),
    }
    if event == Status.CONFIRMED and reason == "forgiven":
        return gettext("Absence forgiven")
    words = known.get(event, "")
    if not words and event.startswith("item_"):
        words = gettext("Article: %(state)s", state=item_words(event.removeprefix("item_")))
    words = words or event
    return gettext("%(what)s: %(why)s", what=words, why=reason) if reason else words
