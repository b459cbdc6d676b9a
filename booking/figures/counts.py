"""What is counted, and what each figure means. Nothing here reads a database.

R are the reservations that were asked for in the period, by the clock of their store; a request that never confirmed
its address holds nothing and is none. A share of nothing is no share: its `percent` is None.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class Share:
    """`part` of `of`."""

    part: int
    of: int

    @property
    def percent(self) -> int | None:
        """Whole per cent, halves up; None of nothing."""
        return None if not self.of else (200 * self.part + self.of) // (2 * self.of)


@dataclass(frozen=True)
class Spread:
    """Minutes: half of the `n` took at most `half`, nine of ten at most `most`; none where nothing was measured."""

    n: int
    half: float | None
    most: float | None


@dataclass(frozen=True)
class Counts:
    """All that one period was counted to."""

    requests: int
    """R."""
    answered: int
    """Of R: the store, or the worker for it, has said something."""
    waiting: int
    """Of R: nobody has answered yet, and there is still time or somebody at it."""
    unanswered: int
    """Of R: ended without an answer; late, however it is counted."""
    withdrawn: int
    """Of R: cancelled before an answer."""
    open_half: float | None
    open_most: float | None
    wall_half: float | None
    wall_most: float | None
    due: int
    in_time: int
    due_withdrawn: int
    """Of those due: cancelled before the deadline, unanswered. They are not taken out."""
    by_worker: int
    """Requests due in the period that the worker confirmed by itself; counted apart."""
    readied: int
    ready_half: float | None
    ready_most: float | None
    collected: int
    expired: int
    cancelled: int
    """Of those that were ready in the period and whose hold has ended: the shopper came, did not come, took it back."""
    still_held: int
    """Ready in the period, and kept still."""
    fetched: int
    """Of R: collected."""
    purchases: int
    """Of those: at least one unit bought."""
    still_open: int
    """Of R: not ended."""
    asked_units: int
    found_units: int
    fully: int
    looked_at: int
    """Of R: answered by a person."""
    confirmed_units: int
    aside_units: int
    missing_units: int
    pending_units: int
    """Confirmed, and not behind the desk yet: left out of the pick rate until they are."""
    handed_units: int
    bought_units: int
    looked_lines: int
    missing_lines: int
    offers: int
    accepted: int
    offers_open: int
    messages: int
    put_back: int
    put_back_half: float | None
    put_back_most: float | None
    put_back_open: int
    appointments: int
    came: int
    stayed_away: int
    visits_ahead: int
    next_answer: datetime | None
    """When the next request falls due."""
    next_end: datetime | None
    """When the next hold ends of what is ready."""

    @property
    def confirmation(self) -> Spread:
        """1. Open minutes from the request to the first of confirmed, proposed, declined and ready, over the answered.
        The unanswered are not dropped: they stand beside it as a number, and count as late in 2."""
        return Spread(self.answered, self.open_half, self.open_most)

    @property
    def confirmation_by_the_clock(self) -> Spread:
        """1, nights and Sundays included: what the shopper waits."""
        return Spread(self.answered, self.wall_half, self.wall_most)

    @property
    def answered_in_time(self) -> Share:
        """2. Answered at or before `answer_by` ÷ requests whose `answer_by` fell in the period and has passed. What the
        worker confirmed by itself is counted apart."""
        return Share(self.in_time, self.due)

    @property
    def acceptance(self) -> Share:
        """3. Units found at the first answer ÷ units asked for, over R answered by a person."""
        return Share(self.found_units, self.asked_units)

    @property
    def full_acceptance(self) -> Share:
        """3. Reservations of which every unit was found ÷ answered by a person."""
        return Share(self.fully, self.looked_at)

    @property
    def picked(self) -> Share:
        """4. Units set aside (or handed straight over) ÷ units confirmed, of R that is no longer being prepared."""
        return Share(self.aside_units, self.confirmed_units - self.pending_units)

    @property
    def broken(self) -> Share:
        """4. Units confirmed and then missing ÷ units confirmed, of R."""
        return Share(self.missing_units, self.confirmed_units)

    @property
    def readiness(self) -> Spread:
        """5. Open minutes from the request to ready, of R."""
        return Spread(self.readied, self.ready_half, self.ready_most)

    @property
    def collection(self) -> Share:
        """6. Collected ÷ (collected + expired + cancelled after ready), of what was ready in the period and whose hold
        has ended."""
        return Share(self.collected, self.collected + self.expired + self.cancelled)

    @property
    def no_show(self) -> Share:
        """7. Expired ÷ (collected + expired), of the same."""
        return Share(self.expired, self.collected + self.expired)

    @property
    def conversion(self) -> Share:
        """8. Collected with at least one unit bought ÷ collected, of R."""
        return Share(self.purchases, self.fetched)

    @property
    def unit_conversion(self) -> Share:
        """8. Units bought ÷ units handed over, of R."""
        return Share(self.bought_units, self.handed_units)

    @property
    def yielded(self) -> Share:
        """9. Reservations with a purchase ÷ R."""
        return Share(self.purchases, self.requests)

    @property
    def stock_truth(self) -> Share:
        """11. 1 − lines not found ÷ lines looked for, of R: whether the levels are honest."""
        return Share(self.looked_lines - self.missing_lines, self.looked_lines)

    @property
    def putting_back(self) -> Spread:
        """12. Open minutes from expired or cancelled to the shelf, of what was to be put back in the period."""
        return Spread(self.put_back, self.put_back_half, self.put_back_most)

    @property
    def offers_taken(self) -> Share:
        """13. Offers of another article accepted ÷ offers made and answered, of R; time answers no."""
        return Share(self.accepted, self.offers)

    @property
    def messages_each(self) -> float | None:
        """14. Messages sent to the shopper ÷ R."""
        return self.messages / self.requests if self.requests else None

    @property
    def visits_missed(self) -> Share:
        """Appointments of the period whose visitor did not come ÷ those that took place or should have."""
        return Share(self.stayed_away, self.came + self.stayed_away)


@dataclass(frozen=True)
class Day:
    """What was asked for on one day, and what fell due on it."""

    day: date
    requests: int
    due: int
    in_time: int


@dataclass(frozen=True)
class Truth:
    """11, of one store or of one department."""

    store_id: int | None
    category_id: int | None
    share: Share


Days = Sequence[Day]
