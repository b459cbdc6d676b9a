"""What can be booked: a service is added, changed, given by some stores and not by others."""

from datetime import UTC, datetime

import pytest
from factories import advise, both, build

from kit.errors import NotFound
from kit.languages import Translated
from stores import services
from stores.services import Service

NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)


@pytest.fixture
async def world(session):
    return await build(session, now=NOON)


@pytest.fixture
async def desk(session, world):
    return await advise(session, world, now=NOON)


async def test_a_new_service_stands_last_and_is_given_nowhere(session, world, desk):
    made = await services.add(
        session,
        Service(
            slug="retouches", name=both("Retouches", "Alterations"), need=both("Vêtements", "Clothes"), duration=30,
            about=Translated(), bring=Translated(), questions=[], checklist=[],
        ),
    )  # fmt: skip
    assert [one.slug for one in await services.every(session)][-1] == "retouches"
    assert made not in await services.offered(session)
    await services.set_store(
        session, made, world.lyon.id, active=True, meeting_point=both("1er étage", "1st floor"), meeting_sms="1er etage"
    )
    assert [one.slug for one in await services.offered(session, store_id=world.lyon.id)] == ["retouches"]


async def test_a_store_that_stops_giving_it_keeps_its_meeting_point(session, world, desk):
    service = await services.take(session, desk.lighting.slug)
    place = service.at(world.rivoli.id).meeting_point
    await services.set_store(
        session, service, world.rivoli.id, active=False, meeting_point=place, meeting_sms="3e, Atelier"
    )
    again = await services.take(session, desk.lighting.slug)
    assert again.at(world.rivoli.id) is None
    assert [(row.active, row.meeting_sms) for row in again.stores] == [(False, "3e, Atelier")]
    await services.set_store(session, again, world.lyon.id, active=False, meeting_point=Translated(), meeting_sms="")
    assert len(again.stores) == 1


async def test_skills_are_required_or_preferred(session, world, desk):
    light, kitchens = desk.skills["light"].id, desk.skills["kitchens"].id
    service = await services.take(session, desk.lighting.slug)
    await services.set_skills(session, service, {light: False, kitchens: True})
    again = await services.take(session, desk.lighting.slug)
    assert (again.required, again.preferred) == ({kitchens}, {light})
    await services.set_skills(session, again, {light: True})
    again = await services.take(session, desk.lighting.slug)
    assert (again.required, again.preferred) == ({light}, frozenset())


async def test_what_is_switched_off_is_still_found_by_who_changes_it(session, world, desk):
    await services.save(session, desk.lighting, active=False, duration=60)
    with pytest.raises(NotFound):
        await services.find(session, desk.lighting.slug)
    assert (await services.take(session, desk.lighting.slug)).duration == 60
