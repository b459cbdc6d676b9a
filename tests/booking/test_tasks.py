"""The store's list of things to do: each cause once, done once, seen by its own store only."""

from datetime import timedelta

import pytest
from factories import build, reserved

from booking import tasks
from booking.tasks import Kind
from kit.errors import NotFound


@pytest.fixture
async def world(session, clock):
    return await build(session, now=clock(), staffed=False)


async def listed(session, world, *kinds):
    return await tasks.open_in(session, frozenset({world.rivoli.id}), *kinds)


async def test_the_same_cause_is_one_task_and_the_next_version_another(session, world, clock):
    reservation = await reserved(session, world, now=clock())
    for version in (1, 1, 2):
        await tasks.add(
            session,
            Kind.CALL,
            store_id=world.rivoli.id,
            reservation_id=reservation.id,
            version=version,
            about="ready",
            due_at=clock(),
            now=clock(),
        )
    assert [task.version for task in await listed(session, world)] == [1, 2]


async def test_a_cause_without_a_reservation_is_also_known_again(session, world, clock):
    for variant in (world.lamp, world.lamp, world.shade):
        await tasks.add(
            session, Kind.CHECK, store_id=world.rivoli.id, variant_id=variant.id, due_at=clock(), now=clock()
        )
    assert [task.variant.sku for task in await listed(session, world)] == [world.lamp.sku, world.shade.sku]


async def test_the_most_urgent_comes_first_and_kinds_can_be_asked_for(session, world, clock):
    for kind, hours in ((Kind.PUT_BACK, 4), (Kind.CHECK, 0), (Kind.RECOVER, 24)):
        due = clock() + timedelta(hours=hours)
        await tasks.add(session, kind, store_id=world.rivoli.id, due_at=due, now=clock())
    assert [task.kind for task in await listed(session, world)] == [Kind.CHECK, Kind.PUT_BACK, Kind.RECOVER]
    assert [task.kind for task in await listed(session, world, Kind.RECOVER, Kind.CHECK)] == [Kind.CHECK, Kind.RECOVER]


async def test_of_two_colleagues_one_has_done_it(session, world, clock):
    await tasks.add(session, Kind.PUT_BACK, store_id=world.rivoli.id, due_at=clock(), now=clock())
    (task,) = await listed(session, world)
    assert await tasks.finish(session, task, by="Inès", now=clock())
    assert not await tasks.finish(session, task, by="Hélène", now=clock())
    await session.refresh(task)
    assert (task.done_by, task.done_at) == ("Inès", clock())
    assert await listed(session, world) == []


async def test_what_lost_its_cause_is_nobody_s_work_and_what_was_done_stays_done(session, world, clock):
    reservation = await reserved(session, world, now=clock())
    other = await reserved(session, world, now=clock())
    for one, version in ((reservation, 1), (reservation, 2), (other, 1)):
        await tasks.add(
            session,
            Kind.CALL,
            store_id=world.rivoli.id,
            reservation_id=one.id,
            version=version,
            due_at=clock(),
            now=clock(),
        )
    first = (await listed(session, world))[0]
    await tasks.finish(session, first, by="Inès", now=clock())
    await tasks.withdraw(session, Kind.PUT_BACK, reservation_id=reservation.id, now=clock())
    assert len(await listed(session, world)) == 2
    await tasks.withdraw(session, Kind.CALL, reservation_id=reservation.id, now=clock())
    assert [task.reservation_id for task in await listed(session, world)] == [other.id]
    await session.refresh(first)
    assert first.done_by == "Inès"


async def test_another_store_s_task_is_not_found(session, world, clock):
    await tasks.add(session, Kind.CHECK, store_id=world.rivoli.id, due_at=clock(), now=clock())
    (task,) = await listed(session, world)
    assert await tasks.open_in(session, frozenset({world.kleber.id})) == []
    assert await tasks.find(session, task.id, store_ids=frozenset({world.rivoli.id})) is task
    for store_ids in (frozenset({world.kleber.id}), frozenset()):
        with pytest.raises(NotFound):
            await tasks.find(session, task.id, store_ids=store_ids)
