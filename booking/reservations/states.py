"""The life of a reservation and of its lines: every state, and every step that may be taken."""

from enum import StrEnum

from kit.errors import Refused
from kit.languages import lazy


class Status(StrEnum):
    """Where a reservation stands. The words people see are in `web/words.py`."""

    UNVERIFIED = "unverified"  # asked for, holds nothing until the mailed link is confirmed
    REQUESTED = "requested"  # stock is held, nobody has looked yet
    PROPOSED = "proposed"  # some of it is there, and something else is offered
    CONFIRMED = "confirmed"  # found; being brought to the desk
    READY = "ready"  # at the desk, with a code on it
    COLLECTED = "collected"  # the shopper came
    DECLINED = "declined"  # none of it was there
    UNANSWERED = "unanswered"  # the store did not answer in time
    CANCELLED = "cancelled"
    EXPIRED = "expired"


TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.UNVERIFIED: frozenset({Status.REQUESTED, Status.CANCELLED, Status.EXPIRED}),
    Status.REQUESTED: frozenset(
        {Status.CONFIRMED, Status.PROPOSED, Status.READY, Status.DECLINED, Status.UNANSWERED, Status.CANCELLED}
    ),
    Status.PROPOSED: frozenset({Status.CONFIRMED, Status.CANCELLED}),
    # back to proposed or declined: a promise broken, seen or confirmed and then missing or damaged
    Status.CONFIRMED: frozenset(
        {Status.PROPOSED, Status.READY, Status.COLLECTED, Status.DECLINED, Status.CANCELLED, Status.EXPIRED}
    ),
    # back to confirmed: put aside by mistake
    Status.READY: frozenset(
        {Status.CONFIRMED, Status.PROPOSED, Status.COLLECTED, Status.DECLINED, Status.CANCELLED, Status.EXPIRED}
    ),
    # staff undo a hand-over made by mistake, within 15 minutes
    Status.COLLECTED: frozenset({Status.READY}),
    Status.DECLINED: frozenset(),
    Status.UNANSWERED: frozenset(),
    Status.CANCELLED: frozenset(),
    # she is at the desk after all, and it is still there
    Status.EXPIRED: frozenset({Status.READY}),
}

OPEN = frozenset({Status.UNVERIFIED, Status.REQUESTED, Status.PROPOSED, Status.CONFIRMED, Status.READY})
"""Something is still to happen."""

HOLDING = OPEN - {Status.UNVERIFIED}
"""Stock is held."""


class LineStatus(StrEnum):
    """What became of one article of a reservation."""

    HELD = "held"
    FOUND = "found"
    MISSING = "missing"
    SUBSTITUTED = "substituted"  # missing, and another one is offered or was accepted in its place
    SET_ASIDE = "set_aside"
    BOUGHT = "bought"
    NOT_BOUGHT = "not_bought"
    RELEASED = "released"


LINE_TRANSITIONS: dict[LineStatus, frozenset[LineStatus]] = {
    # bought straight away: confirmed by the worker, or offered and accepted, and handed over before it was put aside
    LineStatus.HELD: frozenset(
        {
            LineStatus.FOUND,
            LineStatus.MISSING,
            LineStatus.SUBSTITUTED,
            LineStatus.SET_ASIDE,
            LineStatus.BOUGHT,
            LineStatus.NOT_BOUGHT,
            LineStatus.RELEASED,
        }
    ),
    LineStatus.FOUND: frozenset(
        {
            LineStatus.MISSING,
            LineStatus.SUBSTITUTED,
            LineStatus.SET_ASIDE,
            LineStatus.BOUGHT,
            LineStatus.NOT_BOUGHT,
            LineStatus.RELEASED,
        }
    ),
    LineStatus.SET_ASIDE: frozenset(
        {
            LineStatus.FOUND,
            LineStatus.MISSING,
            LineStatus.SUBSTITUTED,
            LineStatus.BOUGHT,
            LineStatus.NOT_BOUGHT,
            LineStatus.RELEASED,
        }
    ),
    LineStatus.MISSING: frozenset(),
    LineStatus.SUBSTITUTED: frozenset(),
    # undone within 15 minutes
    LineStatus.BOUGHT: frozenset({LineStatus.SET_ASIDE}),
    LineStatus.NOT_BOUGHT: frozenset({LineStatus.SET_ASIDE}),
    # expired, but still at the desk
    LineStatus.RELEASED: frozenset({LineStatus.SET_ASIDE}),
}

LINE_HOLDING = frozenset({LineStatus.HELD, LineStatus.FOUND, LineStatus.SET_ASIDE})


class Reason(StrEnum):
    """Why an article that the books promised is not there; each corrects the stock in its own way."""

    NOT_FOUND = "not_found"
    SOLD = "sold"
    DAMAGED = "damaged"
    DISPLAY_ONLY = "display_only"
    RESERVED_ELSEWHERE = "reserved_elsewhere"


class Contact(StrEnum):
    """How the shopper asked to be answered."""

    EMAIL = "email"
    SMS = "sms"
    PHONE = "phone"


class MovedOn(Refused):
    """The reservation is no longer where this step begins, usually because someone else was faster."""

    status = 409
    code = "moved_on"
    msgid = lazy("This reservation has changed in the meantime. Here is where it stands now.")

    def __init__(self, status_now: Status) -> None:
        super().__init__()
        self.status_now = status_now
