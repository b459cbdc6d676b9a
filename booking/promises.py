"""What a store promises when it is asked for something, as instants. Open minutes and open days, never plain hours.

A store whose season ends takes no request that it could not keep (`promise` raises `NeverOpens`). What it promised
before is still answered, prepared and made good: the later promises find an end where no open day is left.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from stores.hours import NeverOpens
from stores.places import Store

AMBER, MANAGER, GROUP, GIVEN_UP = 0.5, 0.75, 1.0, 2.0
"""Shares of the answer time in open minutes: staff see amber, the manager is told, every manager of the group is
told, and the request ends unanswered."""

PROPOSAL_LASTS = timedelta(hours=24)
VERIFY_WITHIN = timedelta(minutes=15)


@dataclass(frozen=True)
class Promise:
    """Said on the page before the request is sent, and kept in the row when it is."""

    answer_by: datetime
    hold_until: datetime
    amber_at: datetime
    manager_at: datetime
    group_at: datetime
    unanswered_at: datetime


def promise(store: Store, now: datetime) -> Promise:
    """What `store` promises to someone who asks at `now`. Raises `NeverOpens`."""

    def after(share: float) -> datetime:
        return store.hours.add_open_minutes(now, store.answer_minutes * share)

    return Promise(
        answer_by=after(GROUP),
        hold_until=store.hours.closing_of_open_day(now, store.hold_days),
        amber_at=after(AMBER),
        manager_at=after(MANAGER),
        group_at=after(GROUP),
        unanswered_at=after(GIVEN_UP),
    )


def ready_by(store: Store, now: datetime) -> datetime:
    """Until when something confirmed at `now` is to be behind the desk."""
    try:
        return store.hours.add_open_minutes(now, store.ready_hours * 60)
    except NeverOpens:
        return now + timedelta(hours=store.ready_hours)


def hold_once_confirmed(store: Store, promised: datetime, now: datetime) -> datetime:
    """A late confirmation moves the end of the hold later: it leaves an open day after the store must be ready."""
    ready = ready_by(store, now)
    return promised if ready < promised else _later(store, promised, ready, 1)


def hold_once_ready(store: Store, promised: datetime, now: datetime) -> datetime:
    """Ready moves the end of the hold later when it was slow, never earlier than what was promised."""
    return _later(store, promised, now, store.hold_days)


def _later(store: Store, promised: datetime, after: datetime, days: int) -> datetime:
    try:
        return max(promised, store.hours.closing_of_open_day(after, days))
    except NeverOpens:
        return promised


def proposal_until(store: Store, now: datetime) -> datetime:
    """The shopper answers an offer within a day, or until the next open day closes, whichever is first."""
    try:
        return min(now + PROPOSAL_LASTS, store.hours.closing_of_next_open_day(now))
    except NeverOpens:
        return store.hours.closes_at(now) or now + PROPOSAL_LASTS


def extension(store: Store, hold_until: datetime) -> datetime:
    """To the closing of the next open day after the one on which the hold ends. Raises `NeverOpens`."""
    return store.hours.closing_of_next_open_day(hold_until)


def remind_at(store: Store, hold_until: datetime) -> datetime:
    """The opening of the last day, not before 9:00 by the store's clock."""
    return store.hours.last_morning(hold_until)


def next_open_day_end(store: Store, now: datetime) -> datetime:
    """A manager makes good within one open day."""
    try:
        return store.hours.closing_of_next_open_day(now)
    except NeverOpens:
        return now + timedelta(days=1)
