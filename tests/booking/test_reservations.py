"""The life of a reservation, told step by step. Every story ends with the rules that hold at each commit."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from factories import SECRET, build, lea, reserved
from sqlalchemy import inspect, select

from booking import invariants, journal, tasks
from booking.messages import Channel, Message, State
from booking.reservations import answering, asking, moves, questions, telling, timers
from booking.reservations.answering import Found, Substitute, TooLateToUndo
from booking.reservations.asking import NotExtendable
from booking.reservations.states import TRANSITIONS, LineStatus, MovedOn, Reason, Status
from booking.reservations.tables import Reservation
from booking.tasks import Kind, Task
from kit.errors import Invalid, NotFound, TooMany
from stores import catalogue, places, staff, stock
from stores.stock import OutOfStock, StockMovement

INES = "Inès"


@pytest.fixture
async def world(session, clock):
    return await build(session, now=clock(), staffed=False)


@pytest.fixture(autouse=True)
async def _nothing_is_broken(session) -> AsyncIterator[None]:
    yield
    await session.flush()
    assert await invariants.broken(session) == []


@asynccontextmanager
async def refused(session, why):
    """The step is refused with `why`, and its transaction undone as an entry point would."""
    with pytest.raises(why) as caught:
        async with session.begin_nested():
            yield caught


async def units(session, store, variant):
    """(book, reserved, available) of one article in one store."""
    cell = (await stock.cells(session, store.id, [variant.id]))[variant.id]
    return cell.book, cell.reserved, cell.available


async def again(session, reservation):
    """The reservation as the database has it."""
    (key,) = inspect(reservation).identity
    query = select(Reservation).where(Reservation.id == key).options(*questions.loaded())
    return await session.scalar(query.execution_options(populate_existing=True))


async def told(session, reservation, template, *, recipient=None):
    """Messages of that template about it, oldest first."""
    query = select(Message).where(Message.subject_id == reservation.id, Message.template == template)
    if recipient:
        query = query.where(Message.recipient == recipient)
    return (
        await session.scalars(
            query.order_by(Message.version, Message.recipient).execution_options(populate_existing=True)
        )
    ).all()


async def waiting(session, reservation, template):
    return [message for message in await told(session, reservation, template) if message.state == State.PENDING]


async def open_tasks(session, kind):
    query = select(Task).where(Task.kind == kind, Task.done_at.is_(None)).order_by(Task.id)
    return (await session.scalars(query.execution_options(populate_existing=True))).all()


async def find(session, *variants):
    """These variants as pages read them."""
    found = await catalogue.find_variants(session, [variant.sku for variant in variants])
    return [found[variant.sku] for variant in variants]


async def settle(session, reservation, at):
    """What a tick of the worker does at that moment, when it finds the reservation due."""
    if reservation.id in await timers.due(session, now=at):
        assert await timers.settle(session, reservation.id, now=at)
    return await again(session, reservation)


async def kept_history(session, reservation):
    return [(entry.before, entry.after) for entry in await journal.of(session, "reservation", reservation.id)]


async def confirmed(session, world, clock, **more):
    reservation = await reserved(session, world, now=clock(), **more)
    await answering.answer(session, reservation, {}, by=INES, now=clock())
    return reservation


async def ready(session, world, clock, **more):
    reservation = await confirmed(session, world, clock, **more)
    await answering.make_ready(session, reservation, place="B4", by=INES, now=clock())
    return reservation


async def proposed(session, world, clock, *, found=1, offer=True):
    """Two lamps asked, `found` of them there, one shade offered for the other."""
    reservation = await reserved(session, world, now=clock(), lines=[(world.lamp, 2)])
    (shade,) = await find(session, world.shade)
    said = Found(found, Reason.NOT_FOUND, Substitute(shade, 1) if offer else None)
    await answering.answer(session, reservation, {reservation.lines[0].id: said}, by=INES, now=clock())
    return reservation


async def unverified(session, world, clock, *, lines=None, customer=None):
    store = await places.find(session, world.rivoli.slug)
    variants = await find(session, *(variant for variant, _ in lines or [(world.lamp, 1)]))
    wanted = [(variant, n) for variant, (_, n) in zip(variants, lines or [(world.lamp, 1)], strict=True)]
    asked = await asking.reserve(
        session, store, wanted, customer or lea(), secret=SECRET, now=clock(), suspect=True, limited=False
    )
    return await questions.get(session, asked.reservation.id)


async def brought_to(status, session, world, clock):
    """A reservation of one lamp that came to `status` by the steps people take."""
    match status:
        case Status.UNVERIFIED:
            return await unverified(session, world, clock)
        case Status.PROPOSED:
            return await proposed(session, world, clock)
        case Status.CONFIRMED:
            return await confirmed(session, world, clock)
        case Status.READY:
            return await ready(session, world, clock)
        case Status.COLLECTED:
            reservation = await ready(session, world, clock)
            bought = {reservation.lines[0].id: 1}
            await answering.collect(session, reservation, bought, by=INES, now=clock())
            return reservation
        case Status.EXPIRED:
            reservation = await ready(session, world, clock)
            clock.to(reservation.hold_until)
            return await settle(session, reservation, clock())
    reservation = await reserved(session, world, now=clock())
    match status:
        case Status.DECLINED:
            await answering.decline(session, reservation, reason=Reason.SOLD, by=INES, now=clock())
        case Status.UNANSWERED:
            clock.to(reservation.unanswered_at)
            return await settle(session, reservation, clock())
        case Status.CANCELLED:
            await asking.cancel(session, reservation, now=clock())
    return reservation


STEPS = {
    "answer": (lambda s, r, now: answering.answer(s, r, {}, by=INES, now=now), {Status.REQUESTED}),
    "decline": (
        lambda s, r, now: answering.decline(s, r, reason=Reason.NOT_FOUND, by=INES, now=now),
        {Status.REQUESTED, Status.CONFIRMED, Status.READY},
    ),
    "make_ready": (
        lambda s, r, now: answering.make_ready(s, r, by=INES, now=now),
        {Status.REQUESTED, Status.CONFIRMED},
    ),
    "unready": (lambda s, r, now: answering.unready(s, r, by=INES, now=now), {Status.READY}),
    "collect": (
        lambda s, r, now: answering.collect(s, r, {}, by=INES, now=now),
        {Status.CONFIRMED, Status.READY},
    ),
    "undo": (lambda s, r, now: answering.undo_collection(s, r, by=INES, now=now), {Status.COLLECTED}),
    "restore": (lambda s, r, now: answering.restore(s, r, reason="", by=INES, now=now), {Status.EXPIRED}),
    "cancel": (
        lambda s, r, now: asking.cancel(s, r, now=now),
        {Status.UNVERIFIED, Status.REQUESTED, Status.PROPOSED, Status.CONFIRMED, Status.READY},
    ),
    "turn_away": (
        lambda s, r, now: answering.turn_away(s, r, by=INES, now=now),
        {Status.UNVERIFIED, Status.REQUESTED, Status.PROPOSED, Status.CONFIRMED, Status.READY},
    ),
    "accept": (lambda s, r, now: asking.settle_proposal(s, r, accept=True, now=now), {Status.PROPOSED}),
    "extend": (lambda s, r, now: asking.extend(s, r, now=now), {Status.CONFIRMED, Status.READY}),
}
"""What people can do, and from where."""


# Asking


async def test_a_request_holds_the_lamp_and_promises_times(session, world, clock):
    reservation = await reserved(session, world, now=clock())
    assert reservation.status == Status.REQUESTED
    assert await units(session, world.rivoli, world.lamp) == (5, 1, 4)
    assert reservation.answer_by.isoformat() == "2026-11-24T12:00:00+00:00"
    assert reservation.hold_until.isoformat() == "2026-11-26T19:00:00+00:00"
    assert [message.channel for message in await told(session, reservation, "received")] == [Channel.EMAIL]
    assert [message.recipient for message in await told(session, reservation, "staff_request")] == ["store"]


async def test_someone_asks_for_more_than_there_is(session, world, clock):
    async with refused(session, OutOfStock) as why:
        await reserved(session, world, now=clock(), lines=[(world.lamp, 2), (world.shade, 3)])
    assert why.value.missing == [stock.Wanted(world.shade.id, 3)]
    assert await units(session, world.rivoli, world.lamp) == (5, 0, 5)
    assert (await session.scalars(select(Reservation))).all() == []


async def test_the_same_article_on_two_lines_is_one_demand(session, world, clock):
    async with refused(session, OutOfStock) as why:
        await reserved(session, world, now=clock(), lines=[(world.lamp, 1), (world.lamp, 1)], store=world.kleber)
    assert why.value.missing == [stock.Wanted(world.lamp.id, 2)]
    reservation = await reserved(session, world, now=clock(), lines=[(world.lamp, 1), (world.lamp, 2)])
    assert [line.held for line in reservation.lines] == [1, 2]
    assert await units(session, world.rivoli, world.lamp) == (5, 3, 2)
    await asking.cancel(session, reservation, now=clock())
    assert await units(session, world.rivoli, world.lamp) == (5, 0, 5)


async def test_what_a_store_never_had_is_out_of_stock_there(session, world, clock):
    async with refused(session, OutOfStock):
        await reserved(session, world, now=clock(), store=world.lyon)


@pytest.mark.parametrize("quantity", [-1, 0, 4])
async def test_one_to_three_of_an_article_are_reserved_at_a_time(quantity, session, world, clock):
    async with refused(session, Invalid):
        await reserved(session, world, now=clock(), lines=[(world.lamp, quantity)])
    async with refused(session, Invalid):
        await reserved(session, world, now=clock(), lines=[(world.lamp, 2), (world.lamp, 2)])


async def test_what_is_chosen_with_an_advisor_is_not_reserved(session, world, clock):
    async with refused(session, Invalid) as why:
        await reserved(session, world, now=clock(), lines=[(world.sofa, 1)])
    assert why.value.code == "by_appointment"


async def test_a_contact_has_three_reservations_open_in_a_store(session, world, clock):
    rivoli, kleber = [await places.find(session, slug) for slug in ("rivoli", "kleber")]
    (lamp,) = await find(session, world.lamp)

    async def ask(store, **who):
        return await asking.reserve(session, store, [(lamp, 1)], lea(**who), secret=SECRET, now=clock())

    first = await ask(rivoli)
    await ask(rivoli, phone="+33639980123")
    await ask(rivoli, email="", phone="+33639980123", contact="phone")
    await ask(
        rivoli, email="", phone="+33639980124", contact="phone"
    )  # two of that address and number: a fourth person
    async with refused(session, TooMany) as why:
        await ask(rivoli, phone="+33639980123")
    assert why.value.code == "too_many_live"
    await ask(kleber)
    await asking.cancel(session, await questions.get(session, first.reservation.id), now=clock())
    await ask(rivoli, phone="")


async def test_who_twice_did_not_come_confirms_the_next_request(session, world, clock):
    rivoli = await places.find(session, "rivoli")
    (lamp,) = await find(session, world.lamp)
    for _ in range(2):
        await brought_to(Status.EXPIRED, session, world, clock)
    never_ready = await confirmed(session, world, clock, customer=lea(email="marc@exemple.fr"))
    clock.to(never_ready.hold_until)
    await settle(session, never_ready, clock())
    assert (await again(session, never_ready)).status == Status.EXPIRED

    asked = await asking.reserve(session, rivoli, [(lamp, 1)], lea(), secret=SECRET, now=clock())
    assert asked.reservation.status == Status.UNVERIFIED
    other = await asking.reserve(session, rivoli, [(lamp, 1)], lea(email="marc@exemple.fr"), secret=SECRET, now=clock())
    assert other.reservation.status == Status.REQUESTED
    clock.forward(days=366)
    asked = await asking.reserve(session, rivoli, [(lamp, 1)], lea(), secret=SECRET, now=clock())
    assert asked.reservation.status == Status.REQUESTED


# Unverified


async def test_an_unverified_request_holds_nothing_until_the_link_is_confirmed(session, world, clock):
    reservation = await unverified(session, world, clock)
    assert await units(session, world.rivoli, world.lamp) == (5, 0, 5)
    assert len(await told(session, reservation, "verify")) == 1
    assert await told(session, reservation, "received") == []
    assert await told(session, reservation, "staff_request") == []
    clock.forward(minutes=10)
    await asking.verify(session, reservation, now=clock())
    assert (reservation.status, reservation.verified) == (Status.REQUESTED, True)
    assert reservation.answer_by == clock() + timedelta(minutes=60)
    assert await units(session, world.rivoli, world.lamp) == (5, 1, 4)
    assert len(await told(session, reservation, "received")) == 1
    assert len(await told(session, reservation, "staff_request")) == 1


async def test_what_was_taken_before_the_link_was_confirmed_is_out_of_stock(session, world, clock):
    reservation = await unverified(session, world, clock, lines=[(world.shade, 2)])
    await reserved(session, world, now=clock(), lines=[(world.shade, 1)])
    async with refused(session, OutOfStock):
        await asking.verify(session, reservation, now=clock())
    reservation = await again(session, reservation)
    assert reservation.status == Status.UNVERIFIED
    assert await told(session, reservation, "received") == []
    assert await units(session, world.rivoli, world.shade) == (2, 1, 1)


async def test_an_unverified_request_ends_in_silence_after_a_quarter_of_an_hour(session, world, clock):
    reservation = await unverified(session, world, clock)
    clock.forward(minutes=14, seconds=59)
    assert (await settle(session, reservation, clock())).status == Status.UNVERIFIED
    clock.forward(seconds=1)
    reservation = await settle(session, reservation, clock())
    assert (reservation.status, reservation.reason) == (Status.EXPIRED, "not_verified")
    assert await told(session, reservation, "expired") == []
    assert await open_tasks(session, Kind.RECOVER) == await open_tasks(session, Kind.PUT_BACK) == []
    await asking.verify(session, reservation, now=clock())
    assert (await again(session, reservation)).status == Status.EXPIRED


async def test_a_link_cannot_be_mailed_to_who_gave_a_number_only(session, world, clock):
    async with refused(session, Invalid) as why:
        await unverified(session, world, clock, customer=lea(email="", phone="+33639980123", contact="phone"))
    assert why.value.code == "verification_needs_email"


async def test_confirming_the_link_of_a_request_only_says_that_the_address_is_hers(session, world, clock):
    reservation = await reserved(session, world, now=clock())
    await asking.verify(session, reservation, now=clock())
    await asking.verify(session, reservation, now=clock())
    assert (reservation.status, reservation.verified) == (Status.REQUESTED, True)
    assert await units(session, world.rivoli, world.lamp) == (5, 1, 4)


# Transitions


@pytest.mark.parametrize("status", list(Status))
async def test_a_transition_that_is_not_in_the_table_is_refused(status, session, world, clock):
    reservation = await brought_to(status, session, world, clock)
    assert reservation.status == status
    before = await kept_history(session, reservation)
    for to in set(Status) - TRANSITIONS[status]:
        async with refused(session, MovedOn) as why:
            await moves.move(session, reservation, to, by=INES, now=clock())
        assert why.value.status_now == status
    assert (await again(session, reservation)).status == status
    assert await kept_history(session, reservation) == before


@pytest.mark.parametrize("status", list(Status))
async def test_every_transition_of_the_table_is_taken_once_and_kept_in_the_journal(status, session, world, clock):
    reservation = await brought_to(status, session, world, clock)
    version = reservation.version
    for to in TRANSITIONS[status]:
        trial = await session.begin_nested()
        stale = Reservation(**{column: getattr(reservation, column) for column in ("id", "status", "version")})
        await moves.move(session, reservation, to, by=INES, now=clock())
        row = await again(session, reservation)
        assert (row.status, row.version, row.ended) == (to, version + 1, to in moves.ENDED)
        assert (await kept_history(session, reservation))[-1] == (status, to)
        with pytest.raises(MovedOn):
            await moves.move(session, stale, to, by="Marc", now=clock())
        await trial.rollback()
        reservation = await again(session, reservation)
        assert reservation.status == status


@pytest.mark.parametrize("status", list(Status))
async def test_each_step_begins_in_its_own_states_and_nowhere_else(status, session, world, clock):
    reservation = await brought_to(status, session, world, clock)
    stock_before, history = await units(session, world.rivoli, world.lamp), await kept_history(session, reservation)
    for step, (take, begins) in STEPS.items():
        trial = await session.begin_nested()
        if status in begins:
            await take(session, reservation, clock())
            assert await invariants.broken(session) == [], step
            assert len(await journal.of(session, "reservation", reservation.id)) > len(history)
        else:
            with pytest.raises(MovedOn):
                await take(session, reservation, clock())
        await trial.rollback()
        reservation = await again(session, reservation)
        assert reservation.status == status
        assert await units(session, world.rivoli, world.lamp) == stock_before


@pytest.mark.parametrize("status", list(Status))
async def test_time_alone_never_does_what_is_not_in_the_table(status, session, world, clock):
    reservation = await brought_to(status, session, world, clock)
    for _ in range(8):
        clock.forward(days=3)
        before = reservation.status
        reservation = await settle(session, reservation, clock())
        assert reservation.status == before or reservation.status in TRANSITIONS[before]
    assert reservation.ended
    assert await units(session, world.rivoli, world.shade) == (2, 0, 2)
    assert (await units(session, world.rivoli, world.lamp))[1] == 0
    assert await timers.due(session, now=clock()) == []


async def test_nobody_cancels_twice(session, world, clock):
    reservation = await reserved(session, world, now=clock())
    await asking.cancel(session, reservation, now=clock())
    with pytest.raises(MovedOn):
        await asking.cancel(session, reservation, now=clock())
    assert await units(session, world.rivoli, world.lamp) == (5, 0, 5)


# Answering


async def test_from_request_to_hand_over(session, world, clock):
    reservation = await reserved(session, world, now=clock())
    await answering.claim(session, reservation, by=INES, now=clock())
    await answering.answer(session, reservation, {}, by=INES, now=clock())
    assert (reservation.status, reservation.answered_by) == (Status.CONFIRMED, INES)
    assert reservation.ready_by == clock() + timedelta(hours=4)
    clock.forward(hours=1)
    await answering.make_ready(session, reservation, place="B4", by=INES, now=clock())
    assert (reservation.status, reservation.place) == (Status.READY, "B4")
    line = reservation.lines[0]
    assert line.status == LineStatus.SET_ASIDE
    await answering.collect(session, reservation, {line.id: 1}, by=INES, now=clock())
    assert (reservation.status, line.status, line.bought) == (Status.COLLECTED, LineStatus.BOUGHT, 1)
    assert await units(session, world.rivoli, world.lamp) == (4, 0, 4)
    assert await open_tasks(session, Kind.PUT_BACK) == []
    assert await waiting(session, reservation, "reminder") == []
    assert await kept_history(session, reservation) == [
        ("", "requested"),
        ("requested", "confirmed"),
        ("confirmed", "ready"),
        ("ready", "collected"),
    ]


async def test_ready_at_once_is_an_answer_too(session, world, clock):
    reservation = await reserved(session, world, now=clock())
    await answering.make_ready(session, reservation, by=INES, now=clock())
    assert (reservation.status, reservation.answered_at, reservation.answered_by) == (Status.READY, clock(), INES)
    assert len(await told(session, reservation, "ready")) == 1
    assert await told(session, reservation, "confirmed") == []


@pytest.mark.parametrize(
    ("reason", "book", "unsellable", "in_vain"),
    [
        (Reason.NOT_FOUND, 4, 0, True),
        (Reason.SOLD, 4, 0, False),
        (Reason.DAMAGED, 5, 1, False),
        (Reason.DISPLAY_ONLY, 5, 1, False),
        (Reason.RESERVED_ELSEWHERE, 5, 0, False),
    ],
)
async def test_each_reason_corrects_the_stock_in_its_own_way(reason, book, unsellable, in_vain, session, world, clock):
    reservation = await reserved(session, world, now=clock())
    clock.forward(minutes=20)
    await answering.decline(session, reservation, reason=reason, by=INES, now=clock())
    assert (reservation.status, reservation.reason) == (Status.DECLINED, reason)
    cell = (await stock.cells(session, world.rivoli.id, [world.lamp.id]))[world.lamp.id]
    assert (cell.book, cell.reserved, cell.unsellable) == (book, 0, unsellable)
    assert (cell.not_found_at == clock()) is in_vain
    assert (cell.seen_at == clock()) is not in_vain
    assert [line.status for line in reservation.lines] == [LineStatus.MISSING]
    (message,) = await told(session, reservation, "declined")
    assert message.payload == {"apology": False}
    assert await open_tasks(session, Kind.RECOVER) == []


async def test_what_is_missing_needs_its_reason_and_nobody_finds_more_than_was_asked(session, world, clock):
    reservation = await reserved(session, world, now=clock(), lines=[(world.lamp, 2)])
    line = reservation.lines[0]
    for found in (Found(1), Found(0), Found(3, Reason.SOLD), Found(-1, Reason.SOLD)):
        async with refused(session, Invalid):
            await answering.answer(session, reservation, {line.id: found}, by=INES, now=clock())
    assert (await again(session, reservation)).status == Status.REQUESTED


async def test_part_of_it_is_proposed_and_the_rest_corrected(session, world, clock):
    reservation = await proposed(session, world, clock, offer=False)
    assert reservation.status == Status.PROPOSED
    assert await units(session, world.rivoli, world.lamp) == (4, 1, 3)
    assert [(line.quantity, line.found, line.held) for line in reservation.lines] == [(2, 1, 1)]
    await asking.settle_proposal(session, reservation, accept=True, now=clock())
    assert reservation.status == Status.CONFIRMED
    assert reservation.units == 1


async def test_a_shortfall_that_staff_find_is_somebody_s_task(session, world, clock):
    one = await reserved(session, world, now=clock(), lines=[(world.shade, 1)])
    await reserved(session, world, now=clock(), lines=[(world.shade, 1)], customer=lea(email="b@exemple.fr"))
    await answering.decline(session, one, reason=Reason.NOT_FOUND, by=INES, now=clock())
    assert await units(session, world.rivoli, world.shade) == (1, 1, 0)
    assert await open_tasks(session, Kind.CHECK) == []
    await stock.correct(
        session,
        world.rivoli.id,
        world.shade.id,
        kind=stock.Kind.COUNT,
        book=-1,
        reason="",
        source_event_id="gone",
        by=INES,
        now=clock(),
    )
    three = await reserved(session, world, now=clock(), lines=[(world.lamp, 1)], customer=lea(email="c@exemple.fr"))
    await answering.decline(session, three, reason=Reason.NOT_FOUND, by=INES, now=clock())
    assert await open_tasks(session, Kind.CHECK) == []  # of the lamp there is enough
    async with refused(session, OutOfStock):
        await reserved(session, world, now=clock(), lines=[(world.shade, 1)], customer=lea(email="d@exemple.fr"))


async def test_an_answer_that_leaves_others_short_makes_a_task(session, world, clock):
    mine = await reserved(session, world, now=clock(), lines=[(world.shade, 2)])
    line = mine.lines[0]
    (lamp,) = await find(session, world.lamp)
    feed = {"reason": "", "source": "feed:till", "by": "till", "now": clock()}
    await stock.correct(
        session, world.rivoli.id, world.shade.id, kind=stock.Kind.SNAPSHOT, book=-2, source_event_id="1", **feed
    )
    said = {line.id: Found(1, Reason.NOT_FOUND, Substitute(lamp, 1))}
    await answering.answer(session, mine, said, by=INES, now=clock())
    assert await units(session, world.rivoli, world.shade) == (-1, 1, -1)
    (check,) = await open_tasks(session, Kind.CHECK)
    assert (check.variant_id, check.quantity) == (world.shade.id, 1)


# Offers


async def test_what_is_offered_is_held_until_she_answers(session, world, clock):
    reservation = await proposed(session, world, clock)
    assert await units(session, world.rivoli, world.shade) == (2, 1, 1)
    asked, offered = reservation.lines
    assert (asked.status, offered.status, offered.replaces_id) == (LineStatus.FOUND, LineStatus.HELD, asked.id)
    assert reservation.proposal_until == clock() + timedelta(hours=24)
    assert len(await told(session, reservation, "proposed")) == 1


async def test_an_accepted_offer_is_brought_with_the_rest_and_sold(session, world, clock):
    reservation = await proposed(session, world, clock)
    await asking.settle_proposal(session, reservation, accept=True, now=clock())
    asked, offered = reservation.lines
    assert (reservation.status, offered.accepted, reservation.units) == (Status.CONFIRMED, True, 2)
    await answering.make_ready(session, reservation, by=INES, now=clock())
    await answering.collect(session, reservation, {asked.id: 1, offered.id: 1}, by=INES, now=clock())
    assert await units(session, world.rivoli, world.lamp) == (3, 0, 3)
    assert await units(session, world.rivoli, world.shade) == (1, 0, 1)


async def test_without_the_offer_what_was_found_stays(session, world, clock):
    reservation = await proposed(session, world, clock)
    await asking.settle_proposal(session, reservation, accept=False, now=clock())
    assert (reservation.status, reservation.units) == (Status.CONFIRMED, 1)
    assert reservation.lines[1].accepted is False
    assert await units(session, world.rivoli, world.shade) == (2, 0, 2)
    assert await units(session, world.rivoli, world.lamp) == (4, 1, 3)


async def test_nothing_found_and_the_offer_declined_is_a_cancellation(session, world, clock):
    reservation = await proposed(session, world, clock, found=0)
    assert reservation.lines[0].status == LineStatus.SUBSTITUTED
    await asking.settle_proposal(session, reservation, accept=False, now=clock())
    assert (reservation.status, reservation.reason) == (Status.CANCELLED, "proposal_declined")
    assert await units(session, world.rivoli, world.shade) == (2, 0, 2)
    (message,) = await told(session, reservation, "cancelled")
    assert message.payload == {"by_shopper": True}


async def test_who_never_answers_keeps_what_was_found_and_the_offer_goes_back(session, world, clock):
    """The found one stays, the other offer lapses, and she is told of one article."""
    reservation = await proposed(session, world, clock)
    clock.to(reservation.proposal_until - timedelta(seconds=1))
    assert (await settle(session, reservation, clock())).status == Status.PROPOSED
    clock.forward(seconds=1)
    reservation = await settle(session, reservation, clock())
    assert (reservation.status, reservation.units) == (Status.CONFIRMED, 1)
    assert await units(session, world.rivoli, world.shade) == (2, 0, 2)
    assert await units(session, world.rivoli, world.lamp) == (4, 1, 3)
    assert len(await waiting(session, reservation, "confirmed")) == 1


async def test_who_never_answers_an_offer_in_place_of_everything_is_told_that_it_ended(session, world, clock):
    reservation = await proposed(session, world, clock, found=0)
    clock.to(reservation.proposal_until)
    reservation = await settle(session, reservation, clock())
    assert reservation.status == Status.CANCELLED
    (message,) = await told(session, reservation, "cancelled")
    assert message.payload == {"by_shopper": False}


async def test_what_is_offered_must_be_there(session, world, clock):
    await reserved(session, world, now=clock(), lines=[(world.shade, 2)], customer=lea(email="b@exemple.fr"))
    reservation = await reserved(session, world, now=clock(), lines=[(world.lamp, 1)])
    (shade,) = await find(session, world.shade)
    said = {reservation.lines[0].id: Found(0, Reason.SOLD, Substitute(shade, 1))}
    async with refused(session, OutOfStock):
        await answering.answer(session, reservation, said, by=INES, now=clock())
    assert (await again(session, reservation)).status == Status.REQUESTED
    assert await units(session, world.rivoli, world.lamp) == (5, 1, 4)


@pytest.mark.parametrize("quantity", [-1, 0, 4])
async def test_nobody_offers_no_article_or_more_than_a_person_reserves(quantity, session, world, clock):
    reservation = await reserved(session, world, now=clock())
    (shade,) = await find(session, world.shade)
    said = {reservation.lines[0].id: Found(0, Reason.SOLD, Substitute(shade, quantity))}
    async with refused(session, Invalid):
        await answering.answer(session, reservation, said, by=INES, now=clock())


async def test_nothing_is_offered_in_place_of_what_was_found(session, world, clock):
    reservation = await reserved(session, world, now=clock())
    (shade,) = await find(session, world.shade)
    said = {reservation.lines[0].id: Found(1, Reason.SOLD, Substitute(shade, 1))}
    await answering.answer(session, reservation, said, by=INES, now=clock())
    assert reservation.status == Status.CONFIRMED
    assert await units(session, world.rivoli, world.shade) == (2, 0, 2)
    assert await units(session, world.rivoli, world.lamp) == (5, 1, 4)


async def test_an_offer_accepted_before_stays_when_a_later_one_is_declined(session, world, clock):
    reservation = await reserved(session, world, now=clock(), lines=[(world.lamp, 1)])
    (shade,) = await find(session, world.shade)
    first = reservation.lines[0]
    said = {first.id: Found(0, Reason.SOLD, Substitute(shade, 2))}
    await answering.answer(session, reservation, said, by=INES, now=clock())
    await asking.settle_proposal(session, reservation, accept=True, now=clock())
    offered = reservation.lines[1]
    (lamp,) = await find(session, world.lamp)
    said = {offered.id: Found(1, Reason.DAMAGED, Substitute(lamp, 1))}
    await answering.answer(session, reservation, said, by=INES, now=clock())
    await asking.settle_proposal(session, reservation, accept=False, now=clock())
    assert (reservation.status, reservation.units) == (Status.CONFIRMED, 1)
    assert await units(session, world.rivoli, world.shade) == (2, 1, 0)
    assert await units(session, world.rivoli, world.lamp) == (4, 0, 4)


async def test_an_offer_accepted_after_the_hold_leaves_time_to_come(session, world, clock):
    """Damaged on the last evening, offered until tomorrow, accepted tomorrow: it must not end the minute after."""
    reservation = await ready(session, world, clock, lines=[(world.lamp, 2)])
    clock.to(reservation.hold_until - timedelta(minutes=30))
    said = {reservation.lines[0].id: Found(1, Reason.DAMAGED)}
    await answering.answer(session, reservation, said, by=INES, now=clock())
    clock.to(reservation.hold_until + timedelta(hours=15))
    await asking.settle_proposal(session, reservation, accept=True, now=clock())
    assert reservation.hold_until == datetime(2026, 11, 28, 19, 0, tzinfo=UTC)  # Saturday, it is Friday
    assert reservation.ready_by < reservation.hold_until
    assert (await settle(session, reservation, clock())).status == Status.CONFIRMED


# Broken promises


@pytest.mark.parametrize("at_the_desk", [False, True])
async def test_a_promise_broken_in_part_is_an_offer_with_an_apology_and_a_call(at_the_desk, session, world, clock):
    reservation = await (ready if at_the_desk else confirmed)(session, world, clock, lines=[(world.lamp, 2)])
    clock.forward(hours=1)
    said = {reservation.lines[0].id: Found(1, Reason.DAMAGED)}
    await answering.answer(session, reservation, said, by=INES, now=clock())
    assert (reservation.status, reservation.broken_promise) == (Status.PROPOSED, True)
    (message,) = await told(session, reservation, "proposed")
    assert message.payload == {"apology": True}
    (task,) = await open_tasks(session, Kind.RECOVER)
    assert (task.reservation_id, task.due_at) == (reservation.id, datetime(2026, 11, 25, 19, 0, tzinfo=UTC))
    assert await waiting(session, reservation, "reminder") == await waiting(session, reservation, "ready") == []


@pytest.mark.parametrize("at_the_desk", [False, True])
async def test_a_promise_broken_whole_declines_with_an_apology_and_a_call(at_the_desk, session, world, clock):
    reservation = await (ready if at_the_desk else confirmed)(session, world, clock)
    await answering.decline(session, reservation, reason=Reason.NOT_FOUND, by=INES, now=clock())
    assert (reservation.status, reservation.broken_promise) == (Status.DECLINED, True)
    (message,) = await told(session, reservation, "declined")
    assert message.payload == {"apology": True}
    assert len(await open_tasks(session, Kind.RECOVER)) == 1
    assert await waiting(session, reservation, "reminder") == await waiting(session, reservation, "ready") == []
    assert await open_tasks(session, Kind.PUT_BACK) == []  # what is not there is not put back
    assert await units(session, world.rivoli, world.lamp) == (4, 0, 4)


async def test_what_stays_at_the_desk_after_a_broken_promise_is_put_back_in_the_end(session, world, clock):
    reservation = await ready(session, world, clock, lines=[(world.lamp, 2)])
    said = {reservation.lines[0].id: Found(1, Reason.DAMAGED)}
    await answering.answer(session, reservation, said, by=INES, now=clock())
    await asking.cancel(session, reservation, now=clock())
    (task,) = await open_tasks(session, Kind.PUT_BACK)
    assert (task.variant_id, task.quantity) == (world.lamp.id, 1)


# Nobody answers


async def test_time_presses_then_gives_up(session, world, clock):
    reservation = await reserved(session, world, now=clock())
    start = clock()
    for minutes, alarm in ((29, ""), (30, "amber"), (45, "manager"), (60, "group"), (119, "group")):
        clock.to(start + timedelta(minutes=minutes))
        reservation = await settle(session, reservation, clock())
        assert (reservation.status, reservation.alarm) == (Status.REQUESTED, alarm)
    clock.to(start + timedelta(minutes=120))
    reservation = await settle(session, reservation, clock())
    assert (reservation.status, reservation.broken_promise) == (Status.UNANSWERED, True)
    assert await units(session, world.rivoli, world.lamp) == (5, 0, 5)
    assert len(await told(session, reservation, "unanswered")) == 1
    assert len(await open_tasks(session, Kind.RECOVER)) == 1
    assert await timers.due(session, now=clock()) == []


async def test_the_store_hears_at_half_its_managers_at_three_quarters_and_the_group_s_at_the_end(session, clock):
    world = await build(session, now=clock())
    abroad = await places.find(session, "lyon")
    abroad.group = "elsewhere"
    colleague, far = [
        (
            await staff.add_account(
                session,
                f"{name}@aurore.example",
                "manager",
                first_name=name,
                last_name="Test",
                store_ids=[store.id],
                password="",
                now=clock(),
            )
        )[0]
        for name, store in (("odile", world.kleber), ("yann", abroad))
    ]
    helene = world.accounts["helene"]
    reservation = await reserved(session, world, now=clock())
    start = clock()

    async def heard(minutes, *templates):
        before = {
            m.id for template in ("staff_amber", "staff_missed") for m in await told(session, reservation, template)
        }
        await settle(session, reservation, start + timedelta(minutes=minutes))
        return {
            (template, m.recipient)
            for template in ("staff_amber", "staff_missed")
            for m in await told(session, reservation, template)
            if m.id not in before
        }

    assert await heard(30) == {("staff_amber", "store")}
    assert await heard(30) == set()
    assert await heard(45) == {("staff_amber", f"account:{helene.id}")}
    assert await heard(60) == {
        ("staff_missed", "store"),
        ("staff_missed", f"account:{helene.id}"),
        ("staff_missed", f"account:{colleague.id}"),
    }
    assert await heard(100) == set()
    assert far.id not in {helene.id, colleague.id}


async def test_the_alarms_of_a_store_without_a_group_stay_in_the_store(session, clock):
    world = await build(session, now=clock())
    (await places.find(session, "rivoli")).group = ""
    reservation = await reserved(session, world, now=clock())
    await settle(session, reservation, clock() + timedelta(minutes=60))
    recipients = {message.recipient for message in await told(session, reservation, "staff_missed")}
    assert recipients == {"store", f"account:{world.accounts['helene'].id}"}


async def test_a_worker_that_slept_gives_the_last_alarm_only(session, world, clock):
    reservation = await reserved(session, world, now=clock())
    reservation = await settle(session, reservation, clock() + timedelta(minutes=70))
    assert reservation.alarm == "group"
    assert await told(session, reservation, "staff_amber") == []


async def test_no_alarm_after_an_answer(session, world, clock):
    reservation = await confirmed(session, world, clock)
    assert await timers.due(session, now=clock() + timedelta(hours=3)) == []
    assert await timers.settle(session, reservation.id, now=clock() + timedelta(hours=3))
    assert (await again(session, reservation)).alarm == ""


async def test_what_is_confirmed_and_not_at_the_desk_in_four_hours_is_an_alarm_once(session, clock):
    world = await build(session, now=clock())
    reservation = await confirmed(session, world, clock)
    clock.forward(hours=3, minutes=59)
    assert await timers.due(session, now=clock()) == []
    clock.forward(minutes=1)
    reservation = await settle(session, reservation, clock())
    assert (reservation.status, reservation.alarm) == (Status.CONFIRMED, "amber")
    recipients = {message.recipient for message in await told(session, reservation, "staff_late")}
    assert recipients == {"store", f"account:{world.accounts['helene'].id}"}
    assert await timers.due(session, now=clock() + timedelta(hours=1)) == []


async def test_news_for_the_store_waits_until_someone_is_there_to_read_it(session, world, clock):
    clock.to(datetime(2026, 11, 28, 21, 0, tzinfo=UTC))  # Saturday, 22:00
    reservation = await reserved(session, world, now=clock())
    (message,) = await told(session, reservation, "staff_request")
    assert message.due_at == datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
    (received,) = await told(session, reservation, "received")
    assert received.due_at == clock()


# Ready, reminded, extended


async def test_the_reminder_leaves_on_the_last_morning(session, world, clock):
    reservation = await ready(session, world, clock)
    (message,) = await told(session, reservation, "reminder")
    assert message.due_at == datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
    assert (message.reminder, message.only_if) == (True, "ready")


async def test_the_reminder_of_a_store_that_opens_early_leaves_at_nine(session, world, clock):
    (await places.find(session, "rivoli")).hours_osm = "Mo-Sa 07:00-20:00"
    reservation = await ready(session, world, clock)
    (message,) = await told(session, reservation, "reminder")
    assert message.due_at == datetime(2026, 11, 26, 8, 0, tzinfo=UTC)


async def test_nobody_is_reminded_within_twelve_hours_of_ready(session, world, clock):
    (await places.find(session, "rivoli")).hold_days = 1
    clock.to(datetime(2026, 11, 24, 18, 0, tzinfo=UTC))
    late = await ready(session, world, clock)
    assert late.hold_until == datetime(2026, 11, 25, 19, 0, tzinfo=UTC)
    assert len(await told(session, late, "reminder")) == 1
    (await places.find(session, "rivoli")).hours_osm = "Mo-Sa 07:00-22:00"
    clock.to(datetime(2026, 11, 24, 20, 30, tzinfo=UTC))
    later = await ready(session, world, clock, customer=lea(email="b@exemple.fr"))
    assert await told(session, later, "reminder") == []  # at 9:00 she was told eleven and a half hours ago


async def test_an_extension_leads_to_the_next_closing_and_moves_the_reminder(session, world, clock):
    reservation = await ready(session, world, clock)
    await asking.extend(session, reservation, now=clock())
    assert reservation.hold_until == datetime(2026, 11, 27, 19, 0, tzinfo=UTC)
    assert [(m.state, m.due_at.day) for m in await told(session, reservation, "reminder")] == [
        (State.DROPPED, 26),
        (State.PENDING, 27),
    ]
    assert len(await told(session, reservation, "extended")) == 1
    async with refused(session, NotExtendable):
        await asking.extend(session, reservation, now=clock())


async def test_staff_extend_as_often_as_they_wish(session, world, clock):
    reservation = await confirmed(session, world, clock)
    await asking.extend(session, reservation, now=clock())
    for day in (28, 30):
        await asking.extend(session, reservation, by=INES, now=clock())
        assert reservation.hold_until == datetime(2026, 11, day, 19, 0, tzinfo=UTC)
    assert reservation.extended == 1
    assert await told(session, reservation, "reminder") == []


async def test_nothing_is_extended_while_the_store_is_short(session, world, clock):
    reservation = await ready(session, world, clock, lines=[(world.shade, 2)])
    await stock.cells(session, world.rivoli.id, [world.shade.id])  # as a page does before
    await stock.correct(
        session,
        world.rivoli.id,
        world.shade.id,
        kind=stock.Kind.COUNT,
        book=-1,
        reason="",
        source_event_id="one",
        by=INES,
        now=clock(),
    )
    for by in (journal.SHOPPER, INES):
        async with refused(session, NotExtendable):
            await asking.extend(session, reservation, by=by, now=clock())


async def test_put_aside_by_mistake_is_taken_back_before_she_was_told(session, world, clock):
    reservation = await ready(session, world, clock)
    await answering.unready(session, reservation, by=INES, now=clock())
    assert (reservation.status, reservation.ready_at) == (Status.CONFIRMED, None)
    assert await waiting(session, reservation, "ready") == await waiting(session, reservation, "reminder") == []
    assert await told(session, reservation, "corrected") == []
    await answering.make_ready(session, reservation, by=INES, now=clock())
    assert len(await waiting(session, reservation, "ready")) == 1


async def test_who_read_that_it_is_ready_is_told_that_it_is_not(session, world, clock):
    reservation = await ready(session, world, clock)
    (message,) = await told(session, reservation, "ready")
    message.state = State.SENT
    await answering.unready(session, reservation, by=INES, now=clock())
    assert len(await told(session, reservation, "corrected")) == 1


# The end of the hold


async def test_what_nobody_came_for_goes_back_and_becomes_a_task(session, world, clock):
    reservation = await ready(session, world, clock, lines=[(world.lamp, 2), (world.shade, 1)])
    clock.to(reservation.hold_until - timedelta(seconds=1))
    assert (await settle(session, reservation, clock())).status == Status.READY
    clock.forward(seconds=1)
    reservation = await settle(session, reservation, clock())
    assert reservation.status == Status.EXPIRED
    assert await units(session, world.rivoli, world.lamp) == (5, 0, 5)
    assert await units(session, world.rivoli, world.shade) == (2, 0, 2)
    assert {(task.variant_id, task.quantity) for task in await open_tasks(session, Kind.PUT_BACK)} == {
        (world.lamp.id, 2),
        (world.shade.id, 1),
    }
    (message,) = await told(session, reservation, "expired")
    assert message.payload == {"apology": False}
    assert await open_tasks(session, Kind.RECOVER) == []
    assert await waiting(session, reservation, "reminder") == []


async def test_confirmed_and_never_ready_ends_with_an_apology_and_a_call(session, world, clock):
    reservation = await confirmed(session, world, clock)
    clock.to(reservation.hold_until)
    reservation = await settle(session, reservation, clock())
    assert reservation.status == Status.EXPIRED
    (message,) = await told(session, reservation, "expired")
    assert message.payload == {"apology": True}
    assert len(await open_tasks(session, Kind.RECOVER)) == 1
    assert await open_tasks(session, Kind.PUT_BACK) == []


async def test_she_comes_after_the_end_and_it_is_still_there(session, world, clock):
    reservation = await ready(session, world, clock, lines=[(world.lamp, 2)])
    clock.to(reservation.hold_until)
    reservation = await settle(session, reservation, clock())
    clock.to(datetime(2026, 11, 27, 10, 0, tzinfo=UTC))
    await answering.restore(session, reservation, reason="at_the_desk", by=INES, now=clock())
    assert (reservation.status, reservation.ended_at) == (Status.READY, None)
    assert reservation.hold_until == datetime(2026, 11, 27, 19, 0, tzinfo=UTC)
    assert await open_tasks(session, Kind.PUT_BACK) == []
    assert await units(session, world.rivoli, world.lamp) == (5, 2, 3)
    await answering.collect(session, reservation, {reservation.lines[0].id: 2}, by=INES, now=clock())
    assert await units(session, world.rivoli, world.lamp) == (3, 0, 3)


async def test_she_comes_after_the_end_and_it_was_promised_to_another(session, world, clock):
    reservation = await ready(session, world, clock, lines=[(world.shade, 2)])
    clock.to(reservation.hold_until)
    reservation = await settle(session, reservation, clock())
    await reserved(session, world, now=clock(), lines=[(world.shade, 1)], customer=lea(email="b@exemple.fr"))
    async with refused(session, OutOfStock):
        await answering.restore(session, reservation, reason="at_the_desk", by=INES, now=clock())
    reservation = await again(session, reservation)
    assert (reservation.status, reservation.lines[0].held) == (Status.EXPIRED, 0)
    assert len(await open_tasks(session, Kind.PUT_BACK)) == 1


# The hand-over


async def test_three_brought_one_tried_none_bought(session, world, clock):
    """Three units waited, she tried one and bought none: everything goes back and adds up."""
    reservation = await ready(session, world, clock, lines=[(world.lamp, 3)])
    line = reservation.lines[0]
    await answering.collect(session, reservation, {line.id: 0}, by=INES, now=clock())
    assert (reservation.status, line.status, line.bought) == (Status.COLLECTED, LineStatus.NOT_BOUGHT, 0)
    assert await units(session, world.rivoli, world.lamp) == (5, 0, 5)
    (task,) = await open_tasks(session, Kind.PUT_BACK)
    assert task.quantity == 3
    clock.forward(minutes=15)
    await answering.undo_collection(session, reservation, by="Hélène", now=clock())
    assert (reservation.status, line.status, line.held, line.bought) == (Status.READY, LineStatus.SET_ASIDE, 3, None)
    assert await units(session, world.rivoli, world.lamp) == (5, 3, 2)
    assert await open_tasks(session, Kind.PUT_BACK) == []


async def test_some_are_bought_and_the_rest_put_back(session, world, clock):
    reservation = await ready(session, world, clock, lines=[(world.lamp, 3), (world.shade, 1)])
    lamps, shade = reservation.lines
    await answering.collect(session, reservation, {lamps.id: 2}, by=INES, now=clock())
    assert [(line.status, line.bought) for line in (lamps, shade)] == [
        (LineStatus.BOUGHT, 2),
        (LineStatus.NOT_BOUGHT, 0),
    ]
    assert await units(session, world.rivoli, world.lamp) == (3, 0, 3)
    assert {(task.variant_id, task.quantity) for task in await open_tasks(session, Kind.PUT_BACK)} == {
        (world.lamp.id, 1),
        (world.shade.id, 1),
    }
    await answering.undo_collection(session, reservation, by="Hélène", now=clock())
    assert await units(session, world.rivoli, world.lamp) == (5, 3, 2)
    assert await units(session, world.rivoli, world.shade) == (2, 1, 1)


@pytest.mark.parametrize("taken", [-1, 3])
async def test_nobody_takes_more_than_was_brought(taken, session, world, clock):
    reservation = await ready(session, world, clock, lines=[(world.lamp, 2)])
    async with refused(session, Invalid):
        await answering.collect(session, reservation, {reservation.lines[0].id: taken}, by=INES, now=clock())
    assert (await again(session, reservation)).status == Status.READY


async def test_she_comes_early_and_takes_it_from_the_shelf(session, world, clock):
    reservation = await confirmed(session, world, clock)
    await answering.collect(session, reservation, {reservation.lines[0].id: 1}, by=INES, now=clock())
    assert reservation.status == Status.COLLECTED
    assert await units(session, world.rivoli, world.lamp) == (4, 0, 4)


async def test_she_comes_early_for_what_the_worker_confirmed(session, world, clock):
    reservation = await trusted(session, world, clock)
    reservation = await settle(session, reservation, clock())
    await answering.collect(session, reservation, {reservation.lines[0].id: 1}, by=INES, now=clock())
    assert await units(session, world.rivoli, world.lamp) == (4, 0, 4)
    await answering.undo_collection(session, reservation, by="Hélène", now=clock())
    assert await units(session, world.rivoli, world.lamp) == (5, 1, 4)


async def test_a_hand_over_is_not_undone_after_a_quarter_of_an_hour(session, world, clock):
    reservation = await brought_to(Status.COLLECTED, session, world, clock)
    clock.forward(minutes=15, seconds=1)
    async with refused(session, TooLateToUndo):
        await answering.undo_collection(session, reservation, by="Hélène", now=clock())
    assert await units(session, world.rivoli, world.lamp) == (4, 0, 4)


async def test_a_hand_over_is_not_undone_over_the_head_of_another(session, world, clock):
    reservation = await ready(session, world, clock, lines=[(world.shade, 2)])
    await answering.collect(session, reservation, {}, by=INES, now=clock())
    await reserved(session, world, now=clock(), lines=[(world.shade, 1)], customer=lea(email="b@exemple.fr"))
    async with refused(session, OutOfStock):
        await answering.undo_collection(session, reservation, by="Hélène", now=clock())
    assert await units(session, world.rivoli, world.shade) == (2, 1, 1)


async def test_undoing_reverses_by_movements_and_edits_none(session, world, clock):
    reservation = await brought_to(Status.COLLECTED, session, world, clock)
    before = (await session.execute(select(StockMovement.id, StockMovement.book, StockMovement.reserved))).all()
    await answering.undo_collection(session, reservation, by="Hélène", now=clock())
    after = (await session.execute(select(StockMovement.id, StockMovement.book, StockMovement.reserved))).all()
    assert set(before) < set(after)
    (back,) = set(after) - set(before)
    assert (back.book, back.reserved) == (1, 1)


async def test_where_the_till_counts_a_hand_over_leaves_the_book_alone(session, world, clock):
    (await places.find(session, "rivoli")).stock_authority = "feed"
    reservation = await ready(session, world, clock, lines=[(world.lamp, 2)])
    await answering.collect(session, reservation, {reservation.lines[0].id: 2}, by=INES, now=clock())
    assert await units(session, world.rivoli, world.lamp) == (5, 0, 5)
    await answering.undo_collection(session, reservation, by="Hélène", now=clock())
    assert await units(session, world.rivoli, world.lamp) == (5, 2, 3)


# Cancelled


@pytest.mark.parametrize(
    ("status", "put_back", "letters"),
    [
        (Status.UNVERIFIED, 0, 0),
        (Status.REQUESTED, 0, 1),
        (Status.CONFIRMED, 0, 1),
        (Status.PROPOSED, 0, 1),
        (Status.READY, 1, 1),
    ],
)
async def test_a_cancellation_gives_everything_back(status, put_back, letters, session, world, clock):
    reservation = await brought_to(status, session, world, clock)
    await asking.cancel(session, reservation, now=clock())
    assert reservation.status == Status.CANCELLED
    assert all(line.held == 0 for line in reservation.lines)
    assert (await units(session, world.rivoli, world.lamp))[1] == 0
    assert await units(session, world.rivoli, world.shade) == (2, 0, 2)
    assert len(await open_tasks(session, Kind.PUT_BACK)) == put_back
    assert len(await told(session, reservation, "cancelled")) == letters


async def test_a_joke_is_turned_away_without_a_word(session, world, clock):
    reservation = await ready(session, world, clock, customer=lea(phone="+33639980123", contact="phone"))
    await answering.turn_away(session, reservation, by=INES, now=clock())
    assert (reservation.status, reservation.reason) == (Status.CANCELLED, "unwanted")
    assert await told(session, reservation, "cancelled") == []
    assert await open_tasks(session, Kind.CALL) == []
    assert len(await open_tasks(session, Kind.PUT_BACK)) == 1
    assert await units(session, world.rivoli, world.lamp) == (5, 0, 5)


# How she is told


async def test_who_asked_to_be_called_is_a_task_for_staff_and_one_at_a_time(session, world, clock):
    customer = lea(email="", phone="+33639980123", contact="phone")
    reservation = await confirmed(session, world, clock, customer=customer)
    (call,) = await open_tasks(session, Kind.CALL)
    assert (call.about, call.due_at) == ("confirmed", clock())
    await answering.make_ready(session, reservation, by=INES, now=clock())
    (call,) = await open_tasks(session, Kind.CALL)
    assert call.about == "ready"
    await answering.unready(session, reservation, by=INES, now=clock())
    (call,) = await open_tasks(session, Kind.CALL)
    assert call.about == "corrected"
    assert await tasks.finish(session, call, by=INES, now=clock())
    await answering.decline(session, reservation, reason=Reason.DAMAGED, by=INES, now=clock())
    (call,) = await open_tasks(session, Kind.CALL)
    assert call.about == "declined"
    shopper = await session.scalars(select(Message.template).where(Message.recipient == "shopper"))
    assert shopper.all() == []


async def test_who_came_or_cancelled_by_telephone_is_called_no_more(session, world, clock):
    customer = lea(email="", phone="+33639980123", contact="phone")
    reservation = await ready(session, world, clock, customer=customer)
    await answering.collect(session, reservation, {}, by=INES, now=clock())
    assert await open_tasks(session, Kind.CALL) == []


@pytest.mark.parametrize(
    ("template", "verified", "by_house", "channel"),
    [
        ("received", False, False, Channel.EMAIL),
        ("cancelled", False, False, Channel.EMAIL),
        ("extended", False, False, Channel.EMAIL),
        ("verify", True, False, Channel.EMAIL),
        ("received", True, False, Channel.SMS),
        ("cancelled", True, False, Channel.SMS),
        ("cancelled", False, True, Channel.SMS),
        ("confirmed", False, False, Channel.SMS),
        ("ready", False, False, Channel.SMS),
        ("declined", False, False, Channel.SMS),
    ],
)
async def test_an_sms_is_not_spent_on_what_a_form_alone_sets_off(
    template, verified, by_house, channel, session, world, clock
):
    customer = lea(phone="+33639980123", contact="sms")
    reservation = await reserved(session, world, now=clock(), customer=customer)
    reservation.verified, reservation.version = verified, 9
    await telling.tell_shopper(session, reservation, template, now=clock(), by_house=by_house)
    assert [m.channel for m in await told(session, reservation, template) if m.version == 9] == [channel]


async def test_who_gave_a_number_only_hears_by_sms_that_the_store_cancelled(session, world, clock):
    customer = lea(email="", phone="+33639980123", contact="sms")
    reservation = await reserved(session, world, now=clock(), customer=customer)
    assert await told(session, reservation, "received") == []
    await asking.cancel(session, reservation, by=INES, now=clock())
    assert [message.channel for message in await told(session, reservation, "cancelled")] == [Channel.SMS]


async def test_the_store_s_own_channel_hears_what_its_mailbox_hears(session, world, clock):
    (await places.find(session, "rivoli")).staff_notify_url = "json://example"
    reservation = await reserved(session, world, now=clock())
    assert {(m.recipient, m.channel) for m in await told(session, reservation, "staff_request")} == {
        ("store", Channel.EMAIL),
        ("store-notify", Channel.NOTIFY),
    }


# Confirmed by the worker


async def trusted(session, world, clock):
    """A request that the worker may confirm by itself: every reason speaks for it."""
    store = await places.find(session, "rivoli")
    store.auto_confirm = True
    reservation = await reserved(session, world, now=clock())
    await asking.verify(session, reservation, now=clock())
    return reservation


async def test_the_worker_confirms_what_every_reason_speaks_for(session, world, clock):
    reservation = await settle(session, await trusted(session, world, clock), clock())
    assert (reservation.status, reservation.auto_confirmed) == (Status.CONFIRMED, True)
    assert reservation.ready_by == clock() + timedelta(hours=4)
    assert len(await told(session, reservation, "confirmed")) == 1
    entry = (await journal.of(session, "reservation", reservation.id))[-1]
    assert (entry.by, entry.after, entry.detail["verified"]) == (journal.SYSTEM, "confirmed", True)
    await answering.decline(session, reservation, reason=Reason.NOT_FOUND, by=INES, now=clock())
    assert reservation.broken_promise


def unverify(reservation, cell, clock):
    reservation.verified = False


def shut_soon(reservation, cell, clock):
    reservation.store.hours_osm = "Mo-Sa 10:00-12:59"


def shut(reservation, cell, clock):
    reservation.store.hours_osm = "Mo-Sa 13:00-20:00"


def make_dear(reservation, cell, clock):
    reservation.store.auto_confirm_limit_minor = 12_899


def leave_none_spare(reservation, cell, clock):
    cell.safety = 4


def look_in_vain(reservation, cell, clock):
    cell.not_found_at = clock() - timedelta(days=29)


def see_long_ago(reservation, cell, clock):
    cell.seen_at = clock() - timedelta(days=31)


def never_see(reservation, cell, clock):
    cell.seen_at = None


def feed_late(reservation, cell, clock):
    reservation.store.stock_authority = "feed"  # where we count, no sale goes unseen
    cell.fed_at = clock() - timedelta(days=2)


@pytest.mark.parametrize(
    ("missing", "signal"),
    [
        (unverify, "verified"),
        (shut_soon, "open_long_enough"),
        (shut, "open_long_enough"),
        (make_dear, "below_limit"),
        (leave_none_spare, "spare"),
        (look_in_vain, "not_found"),
        (see_long_ago, "seen"),
        (never_see, "seen"),
        (feed_late, "fed"),
    ],
)
async def test_one_reason_missing_leaves_it_to_staff(missing, signal, session, world, clock):
    reservation = await trusted(session, world, clock)
    cell = (await stock.cells(session, world.rivoli.id, [world.lamp.id]))[world.lamp.id]
    missing(reservation, cell, clock)
    await session.flush()
    reservation = await settle(session, reservation, clock())
    assert (reservation.status, reservation.auto_confirmed) == (Status.REQUESTED, False)
    kept = [e for e in await journal.of(session, "reservation", reservation.id) if e.event == "left_to_staff"]
    assert len(kept) == 1
    detail = kept[0].detail
    signals = {name: detail[name] is True for name in ("verified", "open_long_enough", "below_limit")}
    signals |= {name: level == "high" for name, level in detail[f"stock:{world.lamp.id}"].items()}
    assert [name for name, speaks_for in signals.items() if not speaks_for] == [signal]
    assert await told(session, reservation, "confirmed") == []
    assert reservation.id not in await timers.due(session, now=clock())


async def test_a_store_that_did_not_ask_for_it_answers_itself(session, world, clock):
    reservation = await reserved(session, world, now=clock())
    await asking.verify(session, reservation, now=clock())
    assert await timers.due(session, now=clock()) == []
    assert await timers.settle(session, reservation.id, now=clock())
    assert (await again(session, reservation)).status == Status.REQUESTED


# Questions, and forgetting


async def test_another_store_s_reservation_is_not_found(session, world, clock):
    reservation = await reserved(session, world, now=clock())
    assert (await questions.find(session, reservation.code, store_ids=None)).id == reservation.id
    assert (await questions.find(session, reservation.code, store_ids=frozenset({world.rivoli.id}))).id
    for elsewhere in (frozenset({world.kleber.id}), frozenset()):
        with pytest.raises(NotFound):
            await questions.find(session, reservation.code, store_ids=elsewhere)


async def test_a_lost_link_is_found_by_code_and_its_own_contact_only(session, world, clock):
    mine = await reserved(session, world, now=clock(), customer=lea(phone="+33639980123"))
    assert await questions.of_contact(session, mine.code, "LEA@exemple.fr", "") is mine
    assert await questions.of_contact(session, mine.code, "", "+33639980123") is mine
    assert await questions.of_contact(session, mine.code, "", "") is None
    assert await questions.of_contact(session, mine.code, "other@exemple.fr", "+33639980124") is None


async def test_who_came_before_is_known_as_one_who_came(session, world, clock):
    await brought_to(Status.COLLECTED, session, world, clock)
    await brought_to(Status.CANCELLED, session, world, clock)
    mine = await reserved(session, world, now=clock())
    other = await reserved(session, world, now=clock(), customer=lea(email="b@exemple.fr"))
    assert [await questions.past_visits(session, one) for one in (mine, other)] == [1, 0]


async def test_after_ninety_days_name_and_contact_are_forgotten(session, world, clock):
    customer = lea(phone="+33639980123", note="Sonnez deux fois")
    ended = await reserved(session, world, now=clock(), customer=customer)
    await asking.cancel(session, ended, now=clock())
    still_open = await reserved(session, world, now=clock())
    assert await questions.erase_old(session, days=90, now=clock() + timedelta(days=90)) == 0
    later = clock() + timedelta(days=90, seconds=1)
    assert await questions.erase_old(session, days=90, now=later) == 1
    assert await questions.erase_old(session, days=90, now=later) == 0
    ended, still_open = await again(session, ended), await again(session, still_open)
    assert (ended.first_name, ended.last_name, ended.email, ended.phone, ended.note) == ("", "", "", "", "")
    assert (ended.erased_at, ended.status, ended.lines[0].quantity) == (later, Status.CANCELLED, 1)
    assert (still_open.email, still_open.erased_at) == ("lea@exemple.fr", None)
    assert await questions.of_contact(session, ended.code, "", "+33639980123") is None
    said = journal.of(session, "reservation", ended.id)
    assert not any("exemple.fr" in str(entry.detail) for entry in await said)


async def test_who_was_erased_is_told_nothing(session, world, clock):
    reservation = await brought_to(Status.EXPIRED, session, world, clock)
    clock.forward(days=91)
    await questions.erase_old(session, days=90, now=clock())
    reservation = await again(session, reservation)
    before = len((await session.scalars(select(Message))).all())
    await telling.tell_shopper(session, reservation, "ready", now=clock())
    reservation.contact = "phone"
    await telling.tell_shopper(session, reservation, "ready", now=clock())
    assert len((await session.scalars(select(Message))).all()) == before
    assert await open_tasks(session, Kind.CALL) == []


async def test_what_was_sold_at_a_till_that_counts_is_not_counted_here_too(session, world, clock):
    world.rivoli.stock_authority = "feed"
    await session.flush()
    reservation = await reserved(session, world, now=clock())
    await answering.decline(session, reservation, reason=Reason.SOLD, by="Inès", now=clock())
    assert await units(session, world.rivoli, world.lamp) == (5, 0, 5)
    cell = (await stock.cells(session, world.rivoli.id, [world.lamp.id]))[world.lamp.id]
    level, _ = stock.confidence(cell, world.rivoli, after_hold=cell.available, now=clock())
    assert level == stock.Confidence.LOW
