"""A world of the twin as the engine takes it: its diaries as bits, its question as a `Question`."""

from booking.availability import Diary, Held, Offer, Own, Person, Question, Room, offer
from kit.intervals import Period, tick_of
from stores.services import Service, ServiceSkill, ServiceStore
from tests.booking.twin import Kind, Taken, Worker, World

HERE, ELSEWHERE = 1, 2
"""Stores."""


def asked(world: World) -> Offer:
    """The engine's answer, with the diaries of the world as bits."""
    period = Period.of_days(world.first, world.last)
    question = Question(
        world.first,
        world.last,
        world.now,
        party=world.party,
        advisor_id=world.advisor_id,
        language=world.language,
        own=Own(world.own_blocks, world.own_hold),
        rules=world.rules,
    )
    people = [_person(world, one, period) for one in world.workers]
    rooms = [Room(_diary(one.id, one.taken, period, works=period.all), one.kind, one.capacity) for one in world.corners]
    return offer(
        service_of(world.kind),
        store_id=world.store_id,
        hours=world.hours,
        period=period,
        people=people,
        rooms=rooms,
        question=question,
    )


def service_of(kind: Kind) -> Service:
    service = Service(
        duration=kind.duration,
        preparation=kind.preparation,
        wrap_up=kind.wrap_up,
        step=kind.step,
        lead_minutes=kind.lead,
        horizon_days=kind.horizon_days,
        max_party=kind.max_party,
        space_kind=kind.space_kind,
        active=True,
    )
    service.skills = [
        *(ServiceSkill(skill_id=skill, required=True) for skill in sorted(kind.required)),
        *(ServiceSkill(skill_id=skill, required=False) for skill in sorted(kind.preferred)),
    ]
    service.stores = [ServiceStore(store_id=HERE if kind.here else ELSEWHERE, active=True)]
    return service


def _person(world: World, one: Worker, period: Period) -> Person:
    works = 0
    for store, start, end in one.shifts:
        if store == world.store_id:
            works |= period.free(start, end)
    for start, end in one.away:
        works &= ~period.taken(start, end)
    return Person(
        _diary(one.id, one.taken, period, works=works),
        languages=one.languages,
        daily_max=one.daily_max,
        bookable=one.bookable,
        skills=one.skills,
    )


def _diary(number: int, taken: tuple[Taken, ...], period: Period, *, works: int) -> Diary:
    blocks = 0
    for one in taken:
        if one.kind != "hold":
            blocks |= period.taken(one.start, one.end)
    starts = tuple(tick_of(one.start) for one in taken if one.kind == "appointment")
    holds = tuple(
        Held(one.hold_id, tick_of(one.start), tick_of(one.end), one.until)
        for one in taken
        if one.kind == "hold" and one.until is not None
    )
    return Diary(number, works, blocks, starts, holds)
