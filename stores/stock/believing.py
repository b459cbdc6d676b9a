"""How far a number is to be believed, and what the public is told of it. Nothing here reads a database."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, Protocol

from stores.places import Store

DAY = timedelta(days=1)
SURE_ACCEPTANCE, POOR_ACCEPTANCE = 95, 85
"""Per cent of what was looked for and found in a store."""


class Confidence(StrEnum):
    """How far the number of a row is to be believed; the worst of its signals."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Dated(Protocol):
    """A row of stock, or as much of it as is asked here."""

    @property
    def fed_at(self) -> datetime | None: ...
    @property
    def seen_at(self) -> datetime | None: ...
    @property
    def not_found_at(self) -> datetime | None: ...


class Numbered(Dated, Protocol):
    @property
    def book(self) -> int: ...
    @property
    def available(self) -> int: ...


_LEVELS = (Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH)


def confidence(cell: Dated, store: Store, *, after_hold: int, now: datetime) -> tuple[Confidence, dict[str, str]]:
    """How far to believe that `after_hold` units remain, with each signal and its level.

    `spare`: what is left after the hold. `not_found`: when staff last looked in vain. `seen`: when a person last had
    it in her hands. `accepted`: how often this store finds what it looks for. `fed`, only where the till counts: how
    long it has been silent, by the rhythm that is expected of it; where we count, no sale goes unseen.
    """
    signals = _signals(cell, store, after_hold, now)
    names = ("spare", "not_found", "seen", "accepted", "fed")
    return _LEVELS[min(signals)], {name: str(_LEVELS[level]) for name, level in zip(names, signals, strict=False)}


def believed(cell: Dated, store: Store, *, after_hold: int, now: datetime) -> Confidence:
    """`confidence` without its reasons; asked for each article and store of a page."""
    return _LEVELS[min(_signals(cell, store, after_hold, now))]


def _signals(cell: Dated, store: Store, after_hold: int, now: datetime) -> tuple[int, ...]:
    """0 to 2 for each signal. What nobody knows is 1, where not knowing is a reason for doubt."""
    spare = 2 if after_hold > 0 else 1 if after_hold == 0 else 0
    not_found = 2 if cell.not_found_at is None else _longer(now - cell.not_found_at, 30 * DAY, 7 * DAY)
    seen = 1 if cell.seen_at is None else 2 - _longer(now - cell.seen_at, 90 * DAY, 30 * DAY)
    rate = store.acceptance
    accepted = 2 if rate is None or rate >= SURE_ACCEPTANCE else 1 if rate >= POOR_ACCEPTANCE else 0
    if store.stock_authority != "feed":
        return spare, not_found, seen, accepted
    every = timedelta(minutes=store.feed_minutes)
    fed = 1 if cell.fed_at is None else 2 - _longer(now - cell.fed_at, 3 * every, every)
    return spare, not_found, seen, accepted, fed


def _longer(age: timedelta, most: timedelta, some: timedelta) -> int:
    return 2 if age > most else 1 if age > some else 0


PublicStatus = Literal["available", "to_confirm", "by_appointment", "unavailable"]
"""All that the public learns of a number."""


def public_status(cell: Numbered | None, store: Store, *, by_appointment: bool, now: datetime) -> PublicStatus:
    """Which word the public reads for one article in one store; the same on pages and in the API.

    What is chosen with an advisor is `by_appointment` where there is one to look at (also a display piece), else
    `unavailable`. Of the rest `available` needs more than the store's `low_threshold` and high confidence;
    `to_confirm` is anything else that may still be promised; `unavailable` is nothing left, a shortfall, or a store
    that never had it (`cell` is None).
    """
    if cell is None:
        return "unavailable"
    if by_appointment:
        return "by_appointment" if cell.book > 0 else "unavailable"
    if cell.available <= 0:
        return "unavailable"
    # the threshold is what "to spare" means to the public; the other signals say whether the number is true
    level = believed(cell, store, after_hold=cell.available, now=now)
    return "available" if level is Confidence.HIGH and cell.available > store.low_threshold else "to_confirm"


def checked_at(cell: Dated | None) -> datetime | None:
    """When somebody, or a feed, last said how many there are."""
    moments = [moment for moment in (cell.fed_at, cell.seen_at) if moment] if cell else []
    return max(moments, default=None)
