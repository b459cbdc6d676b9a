"""D2 and D3: Hélène leads Rivoli and makes its schedule, Inès may not, Odile leads Kléber and sees nothing of it."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from factories import PASSWORD, advise, booked
from reading import fields, text_of
from sqlalchemy import func, select

from booking import diaries
from booking.appointments import conflicts
from booking.appointments.placing import around
from booking.appointments.tables import Appointment
from booking.availability import Question
from booking.messages import Message
from stores import advisors, places, resources, services, spaces, staff
from stores.schedules import Shift, ShiftPattern, TimeOff
from stores.services import Service

WEDNESDAY = datetime(2026, 11, 25, 13, 30, tzinfo=UTC)
"""14 h 30 in Paris, the day after the clock of the tests."""
NADIA, NADIA_EN = "/fr/admin/advisors/nadia", "/en/admin/advisors/nadia"
LIGHTING = "/fr/admin/services/choisir-un-luminaire"


@pytest.fixture
async def desk(world, database, clock):
    async with database.work() as session:
        made = await advise(session, world, now=clock())
        await staff.add_account(
            session, "odile@aurore.example", "manager", first_name="Odile", last_name="Test",
            store_ids=[world.kleber.id], password=PASSWORD, now=clock(),
        )  # fmt: skip
    return made


@pytest.fixture
async def helene(desk, colleague):
    return await colleague("helene")


@pytest.fixture
async def solene(desk, colleague):
    return await colleague("solene")


@pytest.fixture
async def lea_comes(database, world, desk, clock):
    """Léa has booked Nadia for Wednesday at 14 h 30."""
    async with database.work() as session:
        return await booked(session, world, desk, WEDNESDAY, now=clock(), advisor=desk.nadia)


def agreed(page: str) -> str:
    return re.search(r'name="agreed" value="([0-9a-f]+)"', page)[1]


async def standing(database, clock) -> list[tuple[str, tuple[str, ...]]]:
    """The work list of Rivoli: who, and why."""
    async with database.work(readonly=True) as session:
        rivoli = await places.find(session, "rivoli")
        found = await conflicts.of_store(session, rivoli, now=clock())
        return [(one.appointment.first_name, tuple(one.causes)) for one in found]


async def free(database, desk, clock, *, advisor, service=None, day=date(2026, 11, 26)) -> list[str]:
    """The starts at which this advisor can be booked on a day, as any page would be told."""
    async with database.work(readonly=True) as session:
        rivoli = await places.find(session, "rivoli")
        noon = datetime(day.year, day.month, day.day, 11, tzinfo=UTC)
        look = await diaries.look(session, rivoli, around(rivoli, noon))
        question = Question(noon - timedelta(hours=11), noon + timedelta(hours=12), clock(), advisor_id=advisor.id)
        asked = await services.find(session, service or desk.lighting.slug)
        return [rivoli.local(moment).strftime("%H:%M") for moment in look.offer(asked, question).moments()]


async def told(database) -> int:
    async with database.work(readonly=True) as session:
        return await session.scalar(select(func.count()).select_from(Message))


# Who may


async def test_helene_may_ines_may_not_and_odile_meets_nobody_of_rivoli(helene, colleague, desk):
    ines, odile = await colleague("ines"), await colleague("odile")
    posts = [f"{NADIA}", f"{NADIA}/week", f"{NADIA}/shifts", f"{NADIA}/days", f"{NADIA}/absences"]
    for path in ("/fr/admin/advisors", "/fr/admin/spaces", NADIA):
        assert (await helene.get(path)).status_code == 200, path
        assert (await ines.get(path)).status_code == 403, path
    for path in (*posts, f"{NADIA}/absences/1/remove"):
        assert (await ines.post(path, data={"store": "rivoli"})).status_code == 403, path
        assert (await odile.post(path, data={"store": "kleber"})).status_code == 404, path
    assert (await odile.get(NADIA)).status_code == 404
    assert (await odile.get(f"/fr/admin/spaces?space={desk.corner.id}")).status_code == 404
    assert (await odile.post("/fr/admin/spaces", data={"id": str(desk.corner.id)})).status_code == 404
    assert "Nadia" not in (await odile.get("/fr/admin/advisors")).text
    assert "îlot" not in (await odile.get("/fr/admin/spaces")).text


async def test_services_are_the_administrators(helene, solene):
    for path in ("/fr/admin/services", LIGHTING, "/fr/admin/services/new"):
        assert (await helene.get(path)).status_code == 403
        assert (await solene.get(path)).status_code == 200
    assert (await helene.post(LIGHTING)).status_code == 403
    assert (await solene.get("/fr/admin/services/nothing")).status_code == 404


async def test_the_rail_shows_what_one_may(helene, solene, colleague):
    assert "/fr/admin/advisors" in (await helene.get("/fr/staff")).text
    assert "/fr/admin/services" not in (await helene.get("/fr/staff")).text
    assert "/fr/admin/services" in (await solene.get("/fr/staff")).text
    assert "/fr/admin/" not in (await (await colleague("ines")).get("/fr/staff")).text


async def test_who_works_at_a_desk_finds_the_ways_on_a_telephone_too(helene, colleague):
    assert '<li class="desk"><a href="/fr/merch/stock"' in (await helene.get("/fr/staff")).text
    assert '<li><a href="/fr/merch/stock"' in (await (await colleague("paul")).get("/fr/merch/stock")).text


async def test_helene_cannot_give_hours_in_a_store_that_is_not_hers(helene, database):
    answer = await helene.post(f"{NADIA}/week", data={"store": "kleber", "from": "2026-12-07", "d0-0-from": "10:00"})
    assert answer.status_code == 404
    answer = await helene.post(f"{NADIA}/shifts", data={"shift-store": "kleber", "shift-day": "2026-12-07"})
    assert answer.status_code == 404


# Absences


async def test_an_absence_over_appointments_lists_them_first_and_tells_nobody(helene, desk, lea_comes, database, clock):
    before = await told(database)
    asked = {"off-first": "2026-11-25", "off-last": "2026-11-27", "off-kind": "ill"}
    first = await helene.post(f"{NADIA}/absences", data=asked)
    assert first.status_code == 409
    words = text_of(first.text)
    assert "Léa M." in words and "14 h 30" in words and "Karim" in words
    assert await standing(database, clock) == []
    typed = fields(first.text, f"{NADIA}/absences")
    assert {name: typed[name] for name in asked} == asked

    second = await helene.post(f"{NADIA}/absences", data=typed)
    assert second.status_code == 303
    assert second.headers["location"] == "/fr/staff/conflicts"
    assert await standing(database, clock) == [("Léa", ("away",))]

    page = (await helene.get(NADIA)).text
    (remove,) = set(re.findall(rf'action="({NADIA}/absences/\d+/remove)"', page))
    assert (await helene.post(remove)).status_code == 303
    assert await standing(database, clock) == []
    assert await told(database) == before


async def test_what_was_only_looked_at_is_nowhere_remembered(helene, desk, lea_comes, database, clock):
    """The list is made from a diary as it would be: no later question may be answered from that."""
    wednesday = date(2026, 11, 25)
    before = await free(database, desk, clock, advisor=desk.nadia, day=wednesday)
    asked = {"off-first": "2026-11-25", "off-last": "2026-11-25", "off-kind": "ill"}
    for changes in range(5):  # one of these numbers raises the revision to the one that was undone
        assert (await helene.post(f"{NADIA}/absences", data=asked)).status_code == 409
        for _ in range(changes):
            async with database.work() as session:
                await resources.lock(session, [desk.nadia.id])
        assert await free(database, desk, clock, advisor=desk.nadia, day=wednesday) == before != []


async def test_an_absence_agreed_to_is_listed_again_when_another_appointment_came_in(
    helene, world, desk, lea_comes, database, clock
):
    asked = {"off-first": "2026-11-25", "off-kind": "leave"}
    mark = agreed((await helene.post(f"{NADIA}/absences", data=asked)).text)
    async with database.work() as session:
        await booked(
            session,
            world,
            desk,
            WEDNESDAY + timedelta(hours=2),
            now=clock(),
            advisor=await advisors.get(session, desk.nadia.id),
        )
    again = await helene.post(f"{NADIA}/absences", data={**asked, "agreed": mark})
    assert again.status_code == 409
    assert agreed(again.text) != mark
    answer = await helene.post(f"{NADIA}/absences", data={**asked, "agreed": agreed(again.text)})
    assert answer.status_code == 303


async def test_an_absence_where_nothing_is_booked_is_saved_at_once_and_once(helene, desk, lea_comes, database, clock):
    asked = {
        "off-first": "2026-11-25", "off-first-time": "9h30", "off-last": "2026-11-25", "off-last-time": "14 h",
        "off-kind": "training",
    }  # fmt: skip
    for _ in range(2):
        assert (await helene.post(f"{NADIA}/absences", data=asked)).status_code == 303
    async with database.work(readonly=True) as session:
        (off,) = (await session.scalars(select(TimeOff))).all()
    assert (off.starts_at, off.ends_at) == (WEDNESDAY.replace(hour=8), WEDNESDAY.replace(hour=13, minute=0))
    assert "14:30" in await free(database, desk, clock, advisor=desk.nadia)  # the day after is as before
    assert "Training Wednesday 25 November, 9.30 am to 2 pm" in text_of((await helene.get(NADIA_EN)).text)


async def test_an_absence_that_makes_no_sense_comes_back_filled(helene, database):
    asked = {"off-first": "2026-11-25", "off-last": "2026-11-26", "off-last-time": "12:00", "off-kind": "leave"}
    for field, typed in (
        ("off-first", ""), ("off-first", "hier"), ("off-first-time", "25:00"), ("off-first-time", "9:32"),
        ("off-last", "2026-11-20"), ("off-kind", "holiday"), ("off-last", "9999-12-31"), ("off-last", "2099-01-01"),
    ):  # fmt: skip
        expected = {**asked, field: typed}
        answer = await helene.post(f"{NADIA}/absences", data=expected)
        assert answer.status_code == 422, (field, typed)
        assert 'id="error-summary"' in answer.text and 'aria-invalid="true"' in answer.text
        kept = fields(answer.text, f"{NADIA}/absences")
        expected.pop("off-kind")
        assert {name: kept[name] for name in expected} == expected
    async with database.work(readonly=True) as session:
        assert (await session.scalars(select(TimeOff))).all() == []


# Weeks and days


async def test_a_week_typed_as_people_write_hours(helene, desk, database, clock, world):
    page = (await helene.get(NADIA)).text
    form = fields(page, f"{NADIA}/week")
    assert (form["d0-0-from"], form["d0-0-to"], form["d6-0-from"]) == ("10:00", "20:00", "")
    assert form["from"] == "2026-11-30"
    typed = {name: "" for name in form if name.startswith("d")}
    typed |= {
        "d0-0-from": "9:30", "d0-0-to": "12h30", "d0-1-from": "13 h 30", "d0-1-to": "18 h",
        "d2-0-from": "930", "d2-0-to": "1pm",
    }  # fmt: skip
    answer = await helene.post(f"{NADIA}/week", data={**form, **typed})
    assert answer.status_code == 303, text_of(answer.text)
    async with database.work(readonly=True) as session:
        found = await session.scalars(
            select(ShiftPattern).where(ShiftPattern.advisor_id == desk.nadia.id, ShiftPattern.valid_until.is_(None))
        )
        week = sorted((one.weekday, one.begins, one.ends) for one in found)
    assert week == [(0, 570, 750), (0, 810, 1080), (2, 570, 780)]
    again = fields((await helene.get(answer.headers["location"])).text, f"{NADIA}/week")
    assert (again["d0-0-from"], again["d0-1-to"], again["d2-0-to"]) == ("09:30", "18:00", "13:00")
    assert await free(database, desk, clock, advisor=desk.nadia, day=date(2026, 12, 1)) == []
    assert (await free(database, desk, clock, advisor=desk.nadia, day=date(2026, 12, 2)))[-1] == "12:00"


async def test_a_week_that_makes_no_sense_names_the_field_and_keeps_the_rest(helene, database):
    form = fields((await helene.get(NADIA)).text, f"{NADIA}/week")
    for typed, wrong in (
        ({"d0-0-from": "dix heures"}, "d0-0-from"),
        ({"d0-0-from": "10:02"}, "d0-0-from"),
        ({"d0-0-to": ""}, "d0-0-to"),
        ({"d0-0-from": "18:00", "d0-0-to": "10:00"}, "d0-0-to"),
        ({"d0-1-from": "19:00", "d0-1-to": "21:00"}, "d0-1-from"),
        ({"from": "2026-11-23"}, "from"),
        ({"from": ""}, "from"),
    ):
        answer = await helene.post(f"{NADIA}/week", data={**form, "d5-0-to": "19h", **typed})
        assert answer.status_code == 422, typed
        assert re.findall(r'<(?:input|select)[^>]*id="([^"]+)"[^>]*aria-invalid="true"', answer.text) == [wrong]
        assert f'href="#{wrong}"' in answer.text
        kept = fields(answer.text, f"{NADIA}/week")
        assert kept["d5-0-to"] == "19h"
        assert {name: kept[name] for name in typed} == typed
    async with database.work(readonly=True) as session:
        assert await session.scalar(select(func.count()).where(ShiftPattern.valid_until.is_not(None))) == 0


async def test_a_new_week_and_a_day_taken_out_list_what_they_break(helene, desk, lea_comes, database, clock):
    form = fields((await helene.get(NADIA)).text, f"{NADIA}/week")
    no_wednesdays = {**form, "from": "2026-11-24", "d2-0-from": "", "d2-0-to": ""}
    first = await helene.post(f"{NADIA}/week", data=no_wednesdays)
    assert first.status_code == 409 and "Léa M." in first.text
    assert await standing(database, clock) == []
    assert fields(first.text, f"{NADIA}/week")["d2-0-from"] == ""

    out = {"store": "rivoli", "day": "2026-11-25", "out": "1"}
    first = await helene.post(f"{NADIA}/days", data=out)
    assert first.status_code == 409 and "Léa M." in first.text
    second = await helene.post(f"{NADIA}/days", data=fields(forms(first.text)[0], f"{NADIA}/days"))
    assert second.headers["location"] == "/fr/staff/conflicts"
    assert await standing(database, clock) == [("Léa", ("no_shift",))]
    assert await free(database, desk, clock, advisor=desk.nadia, day=date(2026, 11, 25)) == []
    assert (await helene.post(f"{NADIA}/days", data={**out, "out": ""})).status_code == 303
    assert await standing(database, clock) == []


def forms(page: str) -> list[str]:
    """Each form that takes a day out or gives it back, alone."""
    return re.findall(rf'<form[^>]*action="{NADIA}/days".*?</form>', page, re.DOTALL)


async def test_one_day_more(helene, desk, database, clock):
    sunday = {"shift-store": "rivoli", "shift-day": "2026-11-29", "shift-from": "14h", "shift-to": "18h"}
    for _ in range(2):
        assert (await helene.post(f"{NADIA}/shifts", data=sunday)).status_code == 303
    async with database.work(readonly=True) as session:
        (extra,) = (await session.scalars(select(Shift).where(Shift.pattern_id.is_(None)))).all()
    assert (extra.starts_at.hour, extra.ends_at.hour) == (13, 17)
    assert "Sunday 29 November receives nobody The store is closed then." in text_of((await helene.get(NADIA_EN)).text)
    answer = await helene.post(f"{NADIA}/shifts", data={**sunday, "shift-to": ""})
    assert answer.status_code == 422 and 'href="#shift-to"' in answer.text


async def test_nobody_is_in_two_stores_at_once(solene, desk, database, clock):
    form = fields((await solene.get(f"{NADIA}?store=lyon")).text, f"{NADIA}/week")
    assert (form["store"], form["from"], form["d2-0-from"]) == ("lyon", "2026-11-24", "")
    answer = await solene.post(f"{NADIA}/week", data={**form, "d2-0-from": "15:00", "d2-0-to": "19:00"})
    assert answer.status_code == 422
    assert "Aurore Rivoli" in text_of(answer.text)
    rivoli = fields((await solene.get(f"{NADIA}?store=rivoli")).text, f"{NADIA}/week")
    answer = await solene.post(f"{NADIA}/week", data={**rivoli, "from": "2026-11-24", "d2-0-to": "14:00"})
    assert answer.status_code == 303
    answer = await solene.post(f"{NADIA}/week", data={**form, "d2-0-from": "15:00", "d2-0-to": "19:00"})
    assert answer.status_code == 303
    assert (await free(database, desk, clock, advisor=desk.nadia, day=date(2026, 11, 25)))[-1] == "13:00"
    words = text_of((await solene.get(NADIA)).text)
    assert "Aurore Lyon" in words and "Aurore Rivoli" in words
    assert await standing(database, clock) == []


# Who she is


async def test_a_lost_skill_takes_new_starts_away_at_once_and_leaves_what_was_booked(
    helene, desk, lea_comes, database, clock
):
    before = await told(database)
    assert await free(database, desk, clock, advisor=desk.nadia) != []
    form = fields((await helene.get(NADIA)).text, NADIA)
    light = f"skill-{desk.skills['light'].id}"
    assert form.pop(light) == "1"
    first = await helene.post(NADIA, data=form)
    assert first.status_code == 409 and "Léa M." in first.text
    assert await free(database, desk, clock, advisor=desk.nadia) != []
    answer = await helene.post(NADIA, data={**form, "agreed": agreed(first.text)})
    assert answer.headers["location"] == "/fr/staff/conflicts"
    assert await free(database, desk, clock, advisor=desk.nadia) == []
    assert await standing(database, clock) == [("Léa", ("skill",))]
    async with database.work(readonly=True) as session:
        made = await session.get(Appointment, lea_comes.id)
        assert (made.status, made.advisor_id) == ("confirmed", desk.nadia.id)
    assert await told(database) == before


async def test_who_is_not_shown_cannot_be_booked_and_a_full_day_is_full(helene, desk, lea_comes, database, clock):
    wednesday = date(2026, 11, 25)
    assert await free(database, desk, clock, advisor=desk.nadia, day=wednesday) != []
    form = fields((await helene.get(NADIA)).text, NADIA)
    assert (await helene.post(NADIA, data={**form, "daily_max": "1"})).status_code == 303
    assert await free(database, desk, clock, advisor=desk.nadia, day=wednesday) == []
    assert await free(database, desk, clock, advisor=desk.nadia) != []
    form = fields((await helene.get(NADIA)).text, NADIA)
    form.pop("bookable")
    assert (await helene.post(NADIA, data=form)).status_code == 303
    assert await free(database, desk, clock, advisor=desk.nadia) == []
    assert await standing(database, clock) == []


async def test_a_new_advisor_is_there_once_and_has_an_address(helene, desk, database):
    form = fields((await helene.get("/fr/admin/advisors/new")).text, "/fr/admin/advisors/new")
    typed = {**form, "name": "Zoé", "title_fr": "conseillère", "title_en": "advisor", "language-1": "it"}
    first = await helene.post("/fr/admin/advisors/new", data=typed)
    assert first.status_code == 303, text_of(first.text)
    assert (await helene.post("/fr/admin/advisors/new", data=typed)).headers["location"] == first.headers["location"]
    async with database.work(readonly=True) as session:
        zoe = await advisors.find(session, "zoe")
    assert (zoe.languages, zoe.resource.store_id) == (["fr", "it"], desk.nadia.resource.store_id)
    second = await helene.post("/fr/admin/advisors/new", data={**typed, "key": ""})
    assert "/zoe-2" in second.headers["location"]
    assert (await helene.get("/fr/admin/advisors/zoe")).status_code == 200


async def test_what_is_missing_of_an_advisor_is_named(helene, desk):
    form = fields((await helene.get(NADIA)).text, NADIA)
    light = desk.skills["light"].id
    bad = {
        "name": " ", "title_en": "", "daily_max": "51", "language-0": "", "language-1": "",
        f"skill-{light}-from": "2026-12-31", f"skill-{light}-until": "2026-12-01",
    }  # fmt: skip
    answer = await helene.post(NADIA, data={**form, **bad, "bio_fr": "Ce qui reste."})
    assert answer.status_code == 422
    wrong = set(re.findall(r'<a href="#([^"]+)">', answer.text.partition("error-summary")[2]))
    assert {"name", "title_en", "daily_max", "language-0", f"skill-{light}-until"} <= wrong
    assert fields(answer.text, NADIA)["bio_fr"] == "Ce qui reste."


async def test_an_account_of_another_store_is_not_hers_to_give(helene, world, desk, database):
    form = fields((await helene.get(NADIA)).text, NADIA)
    answer = await helene.post(NADIA, data={**form, "account": str(world.accounts["marc"].id)})
    assert answer.status_code == 422
    async with database.work(readonly=True) as session:
        assert (await advisors.find(session, "nadia")).account_id == world.accounts["ines"].id


async def test_two_managers_at_once_lose_nothing(helene, solene, database):
    hers = fields((await helene.get(NADIA)).text, NADIA)
    other = fields((await solene.get(NADIA)).text, NADIA)
    assert (await solene.post(NADIA, data={**other, "bio_fr": "Par Solène.", "daily_max": "4"})).status_code == 303
    late = await helene.post(NADIA, data={**hers, "bio_fr": "Par Hélène."})
    assert late.status_code == 409
    assert "Par Solène." in text_of(late.text) and "Par Hélène." in text_of(late.text)
    merged = fields(late.text, NADIA)
    assert (merged["bio_fr"], merged["daily_max"]) == ("Par Hélène.", "4")
    assert (await helene.post(NADIA, data=merged)).status_code == 303
    async with database.work(readonly=True) as session:
        nadia = await advisors.find(session, "nadia")
    assert (nadia.bio.text("fr"), nadia.daily_max) == ("Par Hélène.", 4)


# Services


async def test_a_service_comes_back_from_its_form_as_it_was(solene, desk, database):
    async with database.work(readonly=True) as session:
        before = await services.find(session, desk.lighting.slug)
    form = fields((await solene.get(LIGHTING)).text, LIGHTING)
    answer = await solene.post(LIGHTING, data=form)
    assert answer.status_code == 303, text_of(answer.text)
    async with database.work(readonly=True) as session:
        after = await services.find(session, desk.lighting.slug)
    for name in (column.key for column in Service.__table__.columns):
        assert getattr(after, name) == getattr(before, name), name
    assert (after.required, len(after.stores), after.stores[0].meeting_sms) == (
        before.required, len(before.stores), before.stores[0].meeting_sms,
    )  # fmt: skip


async def test_a_service_is_changed_and_what_was_booked_keeps_its_length(solene, world, desk, lea_comes, database):
    form = fields((await solene.get(LIGHTING)).text, LIGHTING)
    kitchens = f"skill-{desk.skills['kitchens'].id}"
    typed = {
        "duration": "60", "lead_minutes": "1440", "cancel_minutes": "240", kitchens: "preferred",
        "question-1-label_fr": "Quel budget ?", "question-1-label_en": "Which budget?", "question-1-required": "1",
        "checklist_fr": "Allumer\nRanger", "checklist_en": "Light up\nTidy",
        f"store-{world.lyon.id}": "1", f"place-{world.lyon.id}_fr": "2e étage", f"sms-{world.lyon.id}": "2e étage",
    }  # fmt: skip
    answer = await solene.post(LIGHTING, data={**form, **typed})
    assert answer.status_code == 303, text_of(answer.text)
    async with database.work(readonly=True) as session:
        service = await services.find(session, desk.lighting.slug)
        made = await session.get(Appointment, lea_comes.id)
    assert made.ends_at - made.starts_at == timedelta(minutes=45)
    assert [(one["key"], one["required"]) for one in service.questions] == [("room", False), ("which-budget", True)]
    assert service.checklist == [{"fr": "Allumer", "en": "Light up"}, {"fr": "Ranger", "en": "Tidy"}]
    assert service.preferred == {desk.skills["kitchens"].id}
    assert service.at(world.lyon.id).meeting_sms == "2e étage"


async def test_a_service_that_makes_no_sense_comes_back_filled(solene):
    form = fields((await solene.get(LIGHTING)).text, LIGHTING)
    for field, typed in (
        ("duration", "47"), ("duration", "0"), ("duration", "vingt"), ("step", "7"), ("horizon_days", "9999"),
        ("max_party", ""), ("name_en", ""), ("need_fr", ""), ("checklist_en", "one line"), ("category", "999"),
        ("question-0-label_en", ""),
    ):  # fmt: skip
        answer = await solene.post(LIGHTING, data={**form, "about_fr": "À garder.", field: typed})
        assert answer.status_code == 422, (field, typed)
        assert f'href="#{field}"' in answer.text
        kept = fields(answer.text, LIGHTING)
        assert kept["about_fr"] == "À garder."
        assert field == "category" or kept[field] == typed


async def test_a_meeting_point_fits_into_an_sms(solene, world):
    form = fields((await solene.get(LIGHTING)).text, LIGHTING)
    field = f"sms-{world.rivoli.id}"
    for typed in ("3e étage, côté cour", "3e etage a droite", "prêt-à-porter"):
        answer = await solene.post(LIGHTING, data={**form, field: typed})
        assert answer.status_code == 422 and f'href="#{field}"' in answer.text, typed
    assert (await solene.post(LIGHTING, data={**form, field: "3e, l’atelier"})).status_code == 303


async def test_a_skill_newly_required_lists_who_lacks_it(solene, desk, lea_comes, database, clock):
    form = fields((await solene.get(LIGHTING)).text, LIGHTING)
    typed = {**form, f"skill-{desk.skills['kitchens'].id}": "required"}
    first = await solene.post(LIGHTING, data=typed)
    assert first.status_code == 409 and "Léa M." in first.text
    assert await standing(database, clock) == []
    answer = await solene.post(LIGHTING, data={**typed, "agreed": agreed(first.text)})
    assert answer.headers["location"] == "/fr/staff/conflicts"
    assert await standing(database, clock) == [("Léa", ("skill",))]


async def test_two_who_edit_a_service_lose_nothing(solene, desk, database):
    mine = fields((await solene.get(LIGHTING)).text, LIGHTING)
    theirs = dict(mine)
    assert (await solene.post(LIGHTING, data={**theirs, "duration": "60", "name_en": "Theirs"})).status_code == 303
    late = await solene.post(LIGHTING, data={**mine, "name_en": "Mine", "bring_fr": "un plan"})
    assert late.status_code == 409
    words = text_of(late.text)
    assert "Theirs" in words and "Mine" in words
    merged = fields(late.text, LIGHTING)
    assert (merged["name_en"], merged["duration"], merged["bring_fr"]) == ("Mine", "60", "un plan")
    assert (await solene.post(LIGHTING, data=merged)).status_code == 303
    async with database.work(readonly=True) as session:
        service = await services.find(session, desk.lighting.slug)
    assert (service.name["en"], service.duration, service.bring["fr"]) == ("Mine", 60, "un plan")


async def test_a_new_service_is_there_once(solene, desk, database, world):
    path = "/fr/admin/services/new"
    form = fields((await solene.get(path)).text, path)
    typed = {
        **form, "name_fr": "Œuvres & cadres", "name_en": "Framing", "need_fr": "Encadrer", "need_en": "Frame",
        f"store-{world.rivoli.id}": "1",
    }  # fmt: skip
    first = await solene.post(path, data=typed)
    assert first.status_code == 303, text_of(first.text)
    assert (await solene.post(path, data=typed)).headers["location"] == first.headers["location"]
    async with database.work(readonly=True) as session:
        made = await services.find(session, "oeuvres-cadres")
        assert [one.slug for one in await services.offered(session, store_id=world.rivoli.id)][-1] == made.slug
        assert len(await services.every(session)) == 3
    words = text_of((await solene.get("/fr/admin/services")).text)
    assert "Œuvres & cadres" in words and "Nadia et Karim" in words.replace("Karim et Nadia", "Nadia et Karim")


# Spaces


async def test_a_space_switched_off_lists_its_appointments(helene, world, desk, database, clock):
    path = "/fr/admin/spaces"
    async with database.work() as session:
        kitchen = await services.find(session, desk.kitchen.slug)
        await booked(session, world, desk, datetime(2026, 11, 26, 14, tzinfo=UTC), now=clock(), service=kitchen)
    form = fields((await helene.get(f"{path}?space={desk.corner.id}")).text, path)
    form.pop("active")
    first = await helene.post(path, data=form)
    assert first.status_code == 409 and "Léa M." in first.text
    answer = await helene.post(path, data={**form, "agreed": agreed(first.text)})
    assert answer.headers["location"] == "/fr/staff/conflicts"
    assert await standing(database, clock) == [("Léa", ("no_space",))]


async def test_a_space_is_added_to_ones_own_store(helene, world, desk, database):
    path = "/fr/admin/spaces"
    form = fields((await helene.get(path)).text, path)
    typed = {**form, "kind": "other", "other-kind": "Salon d’écoute", "name_fr": "Le salon", "name_en": "The lounge"}
    assert (await helene.post(path, data={**typed, "store": "kleber"})).status_code == 404
    for _ in range(2):
        assert (await helene.post(path, data=typed)).status_code == 303
    async with database.work(readonly=True) as session:
        found = await spaces.of_store(session, world.rivoli.id)
    assert [(one.kind, one.name.text("en")) for one in found][1:] == [("salon_d_ecoute", "The lounge")]
    answer = await helene.post(path, data={**typed, "key": "", "capacity": "0", "name_en": ""})
    assert answer.status_code == 422 and 'href="#capacity"' in answer.text
    assert fields(answer.text, path)["other-kind"] == "Salon d’écoute"


# In both languages


async def test_every_page_is_there_in_english_too(solene, desk):
    for path in ("services", "services/new", "services/choisir-un-luminaire", "advisors", "advisors/new",
                 "advisors/nadia", "spaces", f"spaces?space={desk.corner.id}"):  # fmt: skip
        answer = await solene.get(f"/en/admin/{path}")
        assert answer.status_code == 200, path
        assert "<h1" in answer.text
