"""What can become of a reservation, each a story that says when it goes on."""

from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import datetime, timedelta

from booking.demo.week import steps
from booking.demo.week.cast import Week
from booking.reservations import answering, asking
from booking.reservations.answering import Found, Substitute
from booking.reservations.states import Reason, Status
from booking.reservations.tables import Reservation
from stores.places import Store

Story = AsyncGenerator[datetime, None]
"""Yields the moments at which it goes on."""

When = Callable[[], datetime]
"""When a story begins; asked inside the story, so that one that cannot have been is left out."""


async def waits(week: Week, store: Store, start: When, *, claimed: bool = False, **asked: object) -> Story:
    """Nobody answers, and time presses harder and harder."""
    yield (at := start())
    reservation = await steps.ask(week, store, at, **asked)  # type: ignore[arg-type]
    await steps.settle(week, reservation, at + timedelta(seconds=40))
    if claimed:
        yield (at := at + timedelta(minutes=5))
        await answering.claim(week.session, reservation, by=week.advisor(store), now=at)
    async for at in _pressed(week, reservation):
        yield at


async def _pressed(week: Week, reservation: Reservation) -> Story:
    """The four moments of a request that nobody answers."""
    for column in ("amber_at", "manager_at", "group_at", "unanswered_at"):
        due: datetime = getattr(reservation, column)
        yield due
        await steps.settle(week, reservation, due)


async def held(week: Week, reservation: Reservation) -> Story:
    """What is confirmed, or ready, until nobody came for it."""
    if reservation.status == Status.CONFIRMED and reservation.ready_by:
        yield (due := reservation.ready_by)
        await steps.settle(week, reservation, due)
    while reservation.status in (Status.CONFIRMED, Status.READY):
        assert reservation.hold_until is not None
        yield (due := reservation.hold_until)
        await steps.settle(week, reservation, due)


async def unverified(week: Week, store: Store, start: When) -> Story:
    """The mailed link is never opened."""
    yield (at := start())
    reservation = await steps.ask(week, store, at, suspect=True)
    assert reservation.verify_by is not None
    yield (due := reservation.verify_by)
    await steps.settle(week, reservation, due)


async def verified_later(week: Week, store: Store, start: When) -> Story:
    """The mailed link is opened, and all goes well."""
    yield (at := start())
    reservation = await steps.ask(week, store, at, suspect=True)
    yield (at := at + timedelta(minutes=6))
    await asking.verify(week.session, reservation, now=at)
    yield (at := week.later(store, at, 20))
    by = await steps.confirm(week, reservation, at)
    yield (at := week.later(store, at, 60))
    await steps.ready(week, reservation, at, by)
    yield (at := week.later(store, at, 300))
    await steps.collect(week, reservation, at)


async def proposed(
    week: Week,
    store: Store,
    start: When,
    *,
    units: Sequence[int] = (1,),
    says: bool | None,
    partly: bool = False,
    suspect_stock: Reason = Reason.NOT_FOUND,
) -> Story:
    """The last article is missing, or `partly` so, and another one is offered; the shopper `says` yes, no, nothing."""
    yield (at := start())
    reservation = await steps.ask(week, store, at, units=units)
    yield (at := week.later(store, at, 25))
    by = week.advisor(store)
    line = reservation.lines[0] if partly else reservation.lines[-1]
    units_found = line.quantity - 1 if partly else 0
    other = await steps.article(week, store, 1, besides=line.variant.product_id)
    substitute = None if partly else Substitute(other, 1)
    found = {line.id: Found(units_found, suspect_stock, substitute)}
    await answering.answer(week.session, reservation, found, by=by, now=at)
    if says is None:
        assert reservation.proposal_until is not None
        yield (at := reservation.proposal_until)
        await steps.settle(week, reservation, at)
    else:
        yield (at := at + timedelta(minutes=45))
        await asking.settle_proposal(week.session, reservation, accept=says, now=at)
    if reservation.status != Status.CONFIRMED:
        return
    yield (at := week.later(store, at, 50))
    await steps.ready(week, reservation, at, by)
    yield (at := week.later(store, at, 200))
    await steps.collect(week, reservation, at)


async def confirmed(week: Week, store: Store, start: When, **asked: object) -> Story:
    """Found within the half hour, and then on its way to the desk."""
    yield (at := start())
    reservation = await steps.ask(week, store, at, **asked)  # type: ignore[arg-type]
    yield (at := week.later(store, at, 26))
    if reservation.status == Status.REQUESTED:
        await steps.confirm(week, reservation, at)
    async for at in held(week, reservation):
        yield at


async def confirmed_by_machine(week: Week, store: Store, start: When, *, ready: bool = False) -> Story:
    """The worker trusts the stock and confirms at once; staff fetch it all the same."""
    yield (at := start())
    reservation = await steps.ask(week, store, at, verified=True, trusted=True)
    await steps.settle(week, reservation, at + timedelta(minutes=2))
    if reservation.status != Status.CONFIRMED:
        yield (at := week.later(store, at, 20))
        await steps.confirm(week, reservation, at)
    if ready:
        yield (at := week.later(store, at, 45))
        await steps.ready(week, reservation, at, week.advisor(store))
    async for at in held(week, reservation):
        yield at


async def waiting_at_desk(week: Week, store: Store, start: When, *, extended: bool = False, **asked: object) -> Story:
    """Ready after an hour, and there until somebody comes or the hold ends."""
    yield (at := start())
    reservation = await steps.ask(week, store, at, **asked)  # type: ignore[arg-type]
    yield (at := week.later(store, at, 18))
    by = await steps.confirm(week, reservation, at)
    yield (at := week.later(store, at, 47))
    await steps.ready(week, reservation, at, by)
    if extended:
        yield (at := week.later(store, at, 90))
        await asking.extend(week.session, reservation, now=at)
    async for at in held(week, reservation):
        yield at


async def put_aside_by_mistake(week: Week, store: Store, start: When) -> Story:
    """Ready, not ready, and ready in the end."""
    yield (at := start())
    reservation = await steps.ask(week, store, at)
    yield (at := week.later(store, at, 22))
    by = await steps.confirm(week, reservation, at)
    yield (at := week.later(store, at, 15))
    await steps.ready(week, reservation, at, by)
    yield (at := week.later(store, at, 10))
    await answering.unready(week.session, reservation, by=by, now=at)
    yield (at := week.later(store, at, 40))
    await steps.ready(week, reservation, at, by)
    async for at in held(week, reservation):
        yield at


async def collected(
    week: Week,
    store: Store,
    start: When,
    *,
    leave: int = 0,
    tidied: bool = True,
    by_staff: bool = False,
    **asked: object,
) -> Story:
    """From the request to the hand-over; with `by_staff`, a colleague wrote it down for someone on the telephone."""
    yield (at := start())
    if by_staff:
        asked |= {"origin": "staff", "by": week.advisor(store), "contact": "phone"}
    reservation = await steps.ask(week, store, at, **asked)  # type: ignore[arg-type]
    await steps.settle(week, reservation, at + timedelta(minutes=2))
    yield (at := week.later(store, at, 9 + week.rng.randint(0, 19)))
    by = week.advisor(store)
    if reservation.status == Status.REQUESTED:
        by = await steps.confirm(week, reservation, at)
    yield (at := week.later(store, at, 30 + week.rng.randint(0, 60)))
    await steps.ready(week, reservation, at, by)
    yield (at := week.later(store, at, 100 + week.rng.randint(0, 300)))
    await steps.collect(week, reservation, at, leave=leave)
    if tidied:
        yield (at := week.later(store, at, 40))
        await steps.tidy(week, reservation, at)


async def came_early(week: Week, store: Store, start: When, *, by_machine: bool = False) -> Story:
    """She stood at the desk before her bag did, perhaps before anybody had fetched it from its shelf."""
    yield (at := start())
    reservation = await steps.ask(week, store, at, verified=by_machine, trusted=by_machine)
    await steps.settle(week, reservation, at + timedelta(minutes=2))
    yield (at := week.later(store, at, 15))
    if reservation.status == Status.REQUESTED:
        await steps.confirm(week, reservation, at)
    yield (at := week.later(store, at, 20))
    await steps.collect(week, reservation, at)


async def handed_over_twice(week: Week, store: Store, start: When) -> Story:
    """Handed to the wrong person, undone by the manager, handed to the right one."""
    yield (at := start())
    reservation = await steps.ask(week, store, at, units=(1, 1))
    yield (at := week.later(store, at, 20))
    by = await steps.confirm(week, reservation, at)
    yield (at := week.later(store, at, 35))
    await steps.ready(week, reservation, at, by)
    yield (at := week.later(store, at, 120))
    await steps.collect(week, reservation, at)
    yield (at := at + timedelta(minutes=6))
    await answering.undo_collection(week.session, reservation, by=week.manager(store), now=at)
    yield (at := week.later(store, at, 30))
    await steps.collect(week, reservation, at)


async def declined(week: Week, store: Store, start: When, reason: Reason) -> Story:
    """Looked for in vain."""
    yield (at := start())
    reservation = await steps.ask(week, store, at)
    yield (at := week.later(store, at, 28))
    await answering.decline(week.session, reservation, reason=reason, by=week.advisor(store), now=at)


async def unanswered(week: Week, store: Store, start: When, *, made_good: bool = True) -> Story:
    """Twice the promised time goes by; the manager calls the next day, or still has to."""
    yield (at := start())
    reservation = await steps.ask(week, store, at)
    async for at in _pressed(week, reservation):
        yield at
    if made_good:
        yield (at := week.later(store, at, 90))
        await steps.tidy(week, reservation, at)


async def cancelled(week: Week, store: Store, start: When, *, at_desk: bool = False, tidied: bool = False) -> Story:
    """The shopper changes her mind, before anybody looked or with the bag behind the desk."""
    yield (at := start())
    reservation = await steps.ask(week, store, at)
    if at_desk:
        yield (at := week.later(store, at, 20))
        by = await steps.confirm(week, reservation, at)
        yield (at := week.later(store, at, 30))
        await steps.ready(week, reservation, at, by)
    yield (at := at + timedelta(minutes=14))
    await asking.cancel(week.session, reservation, now=at)
    if tidied:
        yield (at := week.later(store, at, 60))
        await steps.tidy(week, reservation, at)


async def turned_away(week: Week, store: Store, start: When) -> Story:
    """Nobody meant it."""
    yield (at := start())
    reservation = await steps.ask(week, store, at)
    yield (at := week.later(store, at, 12))
    await answering.turn_away(week.session, reservation, by=week.advisor(store), now=at)


async def came_late(week: Week, store: Store, start: When) -> Story:
    """The hold was over, the bag still there, and she at the desk."""
    yield (at := start())
    reservation = await steps.ask(week, store, at)
    yield (at := week.later(store, at, 15))
    by = await steps.confirm(week, reservation, at)
    yield (at := week.later(store, at, 40))
    await steps.ready(week, reservation, at, by)
    async for at in held(week, reservation):
        yield at
    yield (at := week.later(store, at, 35))
    await answering.restore(week.session, reservation, reason="still_here", by=by, now=at)
    yield (at := at + timedelta(minutes=8))
    await steps.collect(week, reservation, at)


async def broken_promise(week: Week, store: Store, start: When, reason: Reason, *, instead: bool = False) -> Story:
    """Confirmed, and then missing after all: an apology, a call of the manager, perhaps something instead."""
    yield (at := start())
    reservation = await steps.ask(week, store, at)
    yield (at := week.later(store, at, 15))
    by = await steps.confirm(week, reservation, at)
    yield (at := week.later(store, at, 60))
    line = reservation.lines[0]
    other = await steps.article(week, store, 1, besides=line.variant.product_id) if instead else None
    found = Found(0, reason, Substitute(other, 1) if other else None)
    await answering.answer(week.session, reservation, {line.id: found}, by=by, now=at)
    if instead:
        yield (at := at + timedelta(hours=2))
        await asking.settle_proposal(week.session, reservation, accept=True, now=at)
        yield (at := week.later(store, at, 60))
        await steps.ready(week, reservation, at, by)
        async for at in held(week, reservation):
            yield at
