"""The life of an appointment: every state, and every step that may be taken."""

from enum import StrEnum

from kit.errors import Refused
from kit.languages import lazy


class Status(StrEnum):
    """Where an appointment stands. The words people see are in `web/words.py`."""

    REQUESTED = "requested"  # the time is kept, a colleague has yet to say yes
    CONFIRMED = "confirmed"
    ARRIVED = "arrived"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.REQUESTED: frozenset({Status.CONFIRMED, Status.DECLINED, Status.CANCELLED}),
    # straight to completed: settled in the evening, when nobody had pressed "arrived"
    Status.CONFIRMED: frozenset(
        {Status.ARRIVED, Status.IN_PROGRESS, Status.COMPLETED, Status.CANCELLED, Status.NO_SHOW}
    ),
    # back to confirmed: it was somebody else
    Status.ARRIVED: frozenset({Status.CONFIRMED, Status.IN_PROGRESS, Status.COMPLETED}),
    Status.IN_PROGRESS: frozenset({Status.COMPLETED}),
    # a manager corrects what was settled wrongly, within 7 days
    Status.COMPLETED: frozenset({Status.NO_SHOW}),
    Status.DECLINED: frozenset(),
    Status.CANCELLED: frozenset(),
    # forgiven within 24 hours: she came late, or had called
    Status.NO_SHOW: frozenset({Status.CONFIRMED, Status.COMPLETED}),
}

AHEAD = frozenset({Status.REQUESTED, Status.CONFIRMED})
"""Still to come: may be moved and cancelled."""

OPEN = AHEAD | {Status.ARRIVED, Status.IN_PROGRESS}
"""Takes its time in the diaries, and holds the articles that wait for her."""

ENDED = frozenset(Status) - OPEN


class ItemState(StrEnum):
    """What became of one article of an appointment."""

    SUGGESTED = "suggested"  # goes with the others; nobody has taken it up yet
    TO_FETCH = "to_fetch"
    READY = "ready"
    MISSING = "missing"  # not there: staff look for something else
    SHOWN = "shown"
    LIKED = "liked"
    REFUSED = "refused"
    DROPPED = "dropped"  # a suggestion that nobody wanted, or an article taken off


class Outcome(StrEnum):
    """What came of the visit."""

    BOUGHT = "bought"
    RESERVED = "reserved"
    THINKING = "thinking"
    NOTHING = "nothing"


class MovedOn(Refused):
    """The appointment is no longer where this step begins, usually because someone else was faster."""

    status = 409
    code = "moved_on"
    msgid = lazy("This appointment has changed in the meantime. Here is where it stands now.")

    def __init__(self, status_now: Status) -> None:
        super().__init__()
        self.status_now = status_now
