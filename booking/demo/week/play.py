"""All stories on one clock, so that journal, stock, tasks and messages are in the order in which they came to be."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush

from sqlalchemy import ScalarSelect, Update, bindparam, case, func, or_, select, update

from booking import messages
from booking.appointments import moves
from booking.appointments.tables import Appointment
from booking.demo.week.cast import NotOpenThen, Week
from booking.demo.week.stories import Story
from booking.messages import Message
from booking.reservations import telling as reserving
from booking.reservations.tables import Reservation
from kit.errors import Refused
from stores.hours import NeverOpens

FRESH = timedelta(hours=12)
"""Messages younger than this are left for the worker, so that the demo has mail to read from its first minute."""


def _delivery() -> Update:
    """What the worker would have done by then: sent what was due and still true, dropped the rest."""
    status = case(
        (Message.subject == reserving.SUBJECT, _status_of(Reservation)),
        (Message.subject == moves.SUBJECT, _status_of(Appointment)),
    )
    true = or_(Message.only_if == "", status == func.any(func.string_to_array(Message.only_if, ",")))
    return (
        update(Message)
        .where(Message.state == messages.State.PENDING, Message.due_at <= bindparam("until"))
        .values(
            state=case((true, messages.State.SENT), else_=messages.State.DROPPED),
            sent_at=case((true, Message.due_at)),
            attempts=case((true, 1), else_=0),
            reason=case((true, ""), else_="moved_on"),
        )
        .execution_options(synchronize_session=False)
    )


def _status_of(booking: type[Reservation] | type[Appointment]) -> ScalarSelect[str]:
    return select(booking.status).where(booking.id == Message.subject_id).scalar_subquery()


DELIVERY = _delivery()
"""Put together once, for the week asks for it at every step."""


class Play:
    """Tells every story up to now, always the one whose moment comes first."""

    def __init__(self, week: Week) -> None:
        self._week = week
        self._waiting: list[tuple[datetime, int, Story]] = []
        self._delivered = datetime.min.replace(tzinfo=UTC)

    async def run(self, stories: Sequence[Story]) -> None:
        for number, story in enumerate(stories):
            await self._go_on(number, story)
        while self._waiting:
            at, number, story = heappop(self._waiting)
            if at > self._week.now:
                continue
            await self._deliver(at)
            await self._go_on(number, story)
        await self._deliver(self._week.now)

    async def _deliver(self, at: datetime) -> None:
        """Nothing falls due before a moment up to which all has been delivered: the last hours need no look at all."""
        until = min(at, self._week.now - FRESH)
        if until > self._delivered:
            await self._week.session.execute(DELIVERY, {"until": until})
            self._delivered = until

    async def _go_on(self, number: int, story: Story) -> None:
        try:
            async with self._week.session.begin_nested():
                at = await anext(story, None)
        except (NotOpenThen, NeverOpens, Refused):
            # it cannot be: the season is over, nothing is left to reserve; half a step is taken back
            return
        if at is not None:
            heappush(self._waiting, (at, number, story))
