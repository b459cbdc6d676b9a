"""Stores: found by their slug, by a town or postcode, by how far they are; another's store does not exist."""

from datetime import date

import pytest
from factories import build, closed, store
from sqlalchemy.exc import IntegrityError

from kit.errors import NotFound
from stores import places
from stores.places import Place, Town, distance_km, nearest


@pytest.fixture
async def world(session, clock):
    world = await build(session, now=clock(), staffed=False)
    for name, key, postcode, latitude, longitude in (
        ("Saint-Étienne", "saint etienne", "42000", 45.43, 4.39),
        ("Saint-Étienne-du-Rouvray", "saint etienne du rouvray", "76800", 49.4, 1.1),
        ("Lyon 2e", "lyon 2e", "69002", 45.75, 4.83),
        ("Cent_Pour_Cent", "cent_pour_cent", "99999", 0, 0),
    ):
        session.add(Town(name=name, key=key, postcode=postcode, latitude=latitude, longitude=longitude))
    await session.flush()
    return world


async def test_a_store_is_read_with_its_special_days(session, world):
    session.add(store("seine", exceptions=[closed(date(2026, 12, 25), "Noël"), closed(date(2026, 11, 11))]))
    await session.flush()
    session.expunge_all()
    found = await places.find(session, "seine")
    assert [exception.day for exception in found.exceptions] == [date(2026, 11, 11), date(2026, 12, 25)]
    assert found.hours.exceptions == {date(2026, 11, 11): "off", date(2026, 12, 25): "off"}


async def test_a_store_one_may_not_see_does_not_exist(session, world):
    assert (await places.find(session, "rivoli", store_ids=frozenset({world.rivoli.id}))).id == world.rivoli.id
    for slug, store_ids in (("rivoli", frozenset({world.kleber.id})), ("rivoli", frozenset()), ("nowhere", None)):
        with pytest.raises(NotFound):
            await places.find(session, slug, store_ids=store_ids)


async def test_stores_come_by_name_and_only_those_asked_for(session, world):
    assert [one.slug for one in await places.every(session)] == ["kleber", "lyon", "rivoli"]
    assert [one.slug for one in await places.every(session, ids=frozenset({world.rivoli.id}))] == ["rivoli"]
    assert await places.every(session, ids=frozenset()) == []


async def test_a_group_is_led_together(session, world):
    session.add(store("ailleurs", group="reunion"))
    await session.flush()
    assert set(await places.ids_of_group(session, "france")) == {world.rivoli.id, world.kleber.id, world.lyon.id}
    assert len(await places.ids_of_group(session, "reunion")) == 1


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("paris", "Paris"),
        ("  STRASBOURG ", "Strasbourg"),
        ("strasb", "Strasbourg"),
        ("67000", "Strasbourg"),
        ("saint etienne", "Saint-Étienne"),
        ("Saint-Étienne", "Saint-Étienne"),
        ("saint-etienne-du", "Saint-Étienne-du-Rouvray"),
        ("42", "Saint-Étienne"),
        ("69002", "Lyon"),
        ("cent_", "Cent_Pour_Cent"),
        ("%", None),
        ("_", None),
        ("' or 1=1 --", None),
        ("   ", None),
        ("", None),
        ("nulle part", None),
    ],
)
async def test_a_place_is_found_as_people_type_it(typed, name, session, world):
    place = await places.locate(session, typed)
    assert (place.name if place else None) == name


def test_paris_is_391_km_from_lyon():
    assert distance_km(48.8566, 2.3522, 45.7640, 4.8357) == pytest.approx(391.5, abs=1)
    assert distance_km(48.8566, 2.3522, 48.8566, 2.3522) == 0
    assert distance_km(0, 179.5, 0, -179.5) == pytest.approx(111.2, abs=0.1)
    assert distance_km(90, 0, -90, 0) == pytest.approx(20015, abs=1)


def test_the_nearest_store_comes_first_and_nobody_is_far_who_did_not_say_where_she_is():
    paris, lyon = store("paris"), store("lyon", latitude=45.757, longitude=4.834)
    far = nearest([paris, lyon], Place("Vienne", 45.52, 4.87))
    assert [one.slug for one, _ in far] == ["lyon", "paris"]
    assert far[0][1] == pytest.approx(26.5, abs=1)
    assert nearest([paris, lyon], None) == [(paris, None), (lyon, None)]


def test_a_department_is_on_its_floor():
    assert store().floor_of("LUM")["level"] == 0
    assert store().floor_of("JOUETS") is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"answer_minutes": 4},
        {"answer_minutes": 1441},
        {"hold_days": 0},
        {"hold_days": 8},
        {"ready_hours": 0},
        {"stock_authority": "both"},
    ],
)
async def test_a_store_cannot_promise_what_makes_no_sense(wrong, session):
    trial = await session.begin_nested()
    session.add(store("seine", **wrong))
    with pytest.raises(IntegrityError):
        await session.flush()
    await trial.rollback()


async def test_one_day_has_one_set_of_hours(session):
    christmas = [closed(date(2026, 12, 25)), closed(date(2026, 12, 25), hours="10:00-12:00")]
    trial = await session.begin_nested()
    session.add(store("seine", exceptions=christmas))
    with pytest.raises(IntegrityError):
        await session.flush()
    await trial.rollback()
