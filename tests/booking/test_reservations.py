"""The life of a reservation, told step by step."""

import pytest
from factories import build, lea, reserved

from booking import invariants
from booking.reservations import answering, asking, questions, timers
from booking.reservations.states import MovedOn, Reason, Status
from stores import stock


@pytest.fixture
async def world(session, clock):
    return await build(session, now=clock())


async def units(session, store, variant):
    """(book, reserved, available) of one article in one store."""
    cell = (await stock.cells(session, store.id, [variant.id]))[variant.id]
    await session.refresh(cell)
    return cell.book, cell.reserved, cell.available


async def test_a_request_holds_the_lamp_and_promises_times(session, world, clock):
    reservation = await reserved(session, world, now=clock())
    assert reservation.status == Status.REQUESTED
    assert await units(session, world.rivoli, world.lamp) == (5, 1, 4)
    assert reservation.answer_by.isoformat() == "2026-11-24T12:00:00+00:00"
    assert reservation.hold_until.isoformat() == "2026-11-26T19:00:00+00:00"
    assert await invariants.broken(session) == []


async def test_from_request_to_hand_over(session, world, clock):
    reservation = await reserved(session, world, now=clock())
    await answering.answer(session, reservation, {}, by="Inès", now=clock())
    assert reservation.status == Status.CONFIRMED
    clock.forward(hours=1)
    await answering.make_ready(session, reservation, place="B4", by="Inès", now=clock())
    assert reservation.status == Status.READY
    line = reservation.lines[0]
    await answering.collect(session, reservation, {line.id: 1}, by="Inès", now=clock())
    assert reservation.status == Status.COLLECTED
    assert await units(session, world.rivoli, world.lamp) == (4, 0, 4)
    assert await invariants.broken(session) == []


async def test_what_is_not_found_corrects_the_stock_and_declines(session, world, clock):
    reservation = await reserved(session, world, now=clock())
    await answering.decline(session, reservation, reason=Reason.NOT_FOUND, by="Inès", now=clock())
    assert reservation.status == Status.DECLINED
    assert await units(session, world.rivoli, world.lamp) == (4, 0, 4)
    assert await invariants.broken(session) == []


async def test_nobody_cancels_twice(session, world, clock):
    reservation = await reserved(session, world, now=clock())
    await asking.cancel(session, reservation, now=clock())
    with pytest.raises(MovedOn):
        await asking.cancel(session, reservation, now=clock())
    assert await units(session, world.rivoli, world.lamp) == (5, 0, 5)


async def test_time_presses_then_gives_up(session, world, clock):
    reservation = await reserved(session, world, now=clock())
    for minutes, alarm in ((31, "amber"), (46, "manager"), (61, "group")):
        now = reservation.requested_at.__class__.fromtimestamp(clock().timestamp() + minutes * 60, clock().tzinfo)
        assert await timers.due(session, now=now) == [reservation.id]
        await timers.settle(session, reservation.id, now=now)
        assert (await questions.get(session, reservation.id)).alarm == alarm
    clock.forward(hours=2, minutes=1)
    await timers.settle(session, reservation.id, now=clock())
    assert reservation.status == Status.UNANSWERED
    assert await units(session, world.rivoli, world.lamp) == (5, 0, 5)
    assert await invariants.broken(session) == []


async def test_someone_asks_for_more_than_there_is(session, world, clock):
    with pytest.raises(stock.OutOfStock):
        await reserved(session, world, now=clock(), lines=[(world.shade, 3)], customer=lea())
