"""A shopper's program looks for a start, books it, moves it and cancels it."""

from datetime import timedelta

import pytest
from callers import caller, fields_of, new_key, problem_of, sku
from factories import advise
from sqlalchemy import func, select

from booking import invariants
from booking.appointments.tables import Appointment
from stores import schedules

SLOTS, APPOINTMENTS = "/api/v1/slots", "/api/v1/appointments"
LIGHT, KITCHEN = "choisir-un-luminaire", "composer-une-cuisine"
LAMP, SHADE = "LUM-0001-LAI", "LUM-0013-30"
AT = "2026-11-25T14:30:00+01:00"
"""Wednesday in Paris; it is Tuesday noon."""


@pytest.fixture
async def desk(database, world, clock):
    async with database.work() as session:
        return await advise(session, world, now=clock())


@pytest.fixture
async def shop(app, desk):
    """Someone's program, without a key."""
    async with caller(app, **{"accept-language": "fr"}) as client:
        yield client


def wish(**over):
    body = {
        "store": "rivoli",
        "service": LIGHT,
        "start": AT,
        "customer": {"first_name": "Léa", "last_name": "Martin", "email": "lea@exemple.fr", "language": "fr"},
    }
    return {**body, **over}


async def booked_by(client, **over):
    response = await client.post(APPOINTMENTS, json=wish(**over))
    assert response.status_code == 201, response.text
    return response.json()


def with_token(made):
    return {"authorization": f"Bearer {made['token']}"}


async def asked(client, **over):
    params = {"store": "rivoli", "service": LIGHT, "from": "2026-11-25", "to": "2026-11-25", **over}
    return await client.get(SLOTS, params=params)


async def sound(database):
    async with database.work(readonly=True) as session:
        assert await invariants.broken(session) == []
        return await session.scalar(select(func.count()).select_from(Appointment))


async def test_services_are_named_in_the_callers_language(shop):
    french = (await shop.get("/api/v1/services", params={"store": "rivoli"})).json()
    assert [(one["slug"], one["name"], one["duration_minutes"]) for one in french["items"]] == [
        (LIGHT, "Choisir un luminaire", 45),
        (KITCHEN, "Composer une cuisine", 90),
    ]
    english = (await shop.get("/api/v1/services", headers={"accept-language": "en"})).json()
    assert english["items"][0]["questions"][0]["label"] == "For which room?"
    assert english["next"] is None
    assert (await shop.get("/api/v1/services", params={"store": "kleber"})).json()["items"] == []
    problem_of(await shop.get("/api/v1/services", params={"store": "nowhere"}), 404, "not_found")


async def test_the_free_starts_of_a_day_by_the_clock_of_the_store(shop):
    said = (await asked(shop)).json()
    starts = [slot["start"] for slot in said["items"]]
    assert starts[0] == "2026-11-25T10:30:00+01:00", "ten minutes of preparation come first"
    assert starts[-1] == "2026-11-25T19:00:00+01:00", "and five to wrap up before closing"
    assert said["items"][0]["end"] == "2026-11-25T11:15:00+01:00"
    assert [one["slug"] for one in said["advisors"]] == ["nadia", "karim"]
    assert "why" not in said or said["why"] is None


async def test_where_nothing_is_free_it_says_why_and_what_comes_next(shop):
    sunday = (await asked(shop, **{"from": "2026-11-29", "to": "2026-11-29"})).json()
    assert sunday["items"] == []
    assert sunday["why"] == "closed"
    assert sunday["next"]["start"] == "2026-11-30T10:30:00+01:00"
    assert (await asked(shop, language="it", advisor="karim")).json()["why"] == "language"
    assert (await asked(shop, **{"from": "2027-03-01", "to": "2027-03-02"})).json()["why"] == "too_far"


async def test_who_asks_for_too_much_or_nonsense_is_told_so(shop):
    problem_of(await asked(shop, to="2027-02-25"), 422, "too_many_days")
    problem_of(await asked(shop, to="2026-11-24"), 422, "too_many_days")
    said = problem_of(await asked(shop, **{"from": "demain"}), 422, "invalid")
    assert set(fields_of(said)) <= {"from.date", "from.datetime", "from", "from.constrained-str"}
    problem_of(await asked(shop, service="rien"), 404, "not_found")
    problem_of(await asked(shop, advisor="personne"), 404, "not_found")


async def test_an_appointment_is_booked_and_its_articles_are_kept(shop, database):
    made = await booked_by(shop, items=[sku(LAMP, 2), sku(SHADE, 3)], answers={"room": "le séjour"})
    assert made["status"] == "confirmed"
    assert (made["start"], made["end"]) == (AT, "2026-11-25T15:15:00+01:00")
    assert made["advisor"] in ("nadia", "karim")
    assert made["version"] == 1
    assert made["manage_url"] == f"http://vitrine.test/fr/my/{made['token']}"
    assert {item["sku"]: item["kept"] for item in made["items"]} == {LAMP: True, SHADE: False}
    again = await shop.get(f"{APPOINTMENTS}/{made['code']}", headers=with_token(made))
    assert again.json() == {name: made[name] for name in made if name not in ("token", "manage_url")}
    assert await sound(database) == 1


async def test_a_taken_start_is_refused_with_the_nearest(shop, database):
    await booked_by(shop, advisor="nadia")
    said = problem_of(await shop.post(APPOINTMENTS, json=wish(advisor="nadia")), 409, "slot_taken")
    assert [(near["start"], near["advisor"]) for near in said["nearest"]] == [
        ("2026-11-25T13:00:00+01:00", "nadia"),
        ("2026-11-25T13:30:00+01:00", "nadia"),
        ("2026-11-25T15:30:00+01:00", "nadia"),
    ]
    assert "13 h 30" in said["detail"].replace("\xa0", " ")
    assert (await booked_by(shop))["advisor"] == "karim"
    problem_of(await shop.post(APPOINTMENTS, json=wish()), 409, "slot_taken")
    assert await sound(database) == 2


@pytest.mark.parametrize(
    "start", ["2026-11-25T14:40:00+01:00", "2026-11-24T12:30:00+01:00", "2026-11-29T14:30:00+01:00"]
)
async def test_a_start_that_is_not_on_offer_is_not_taken(shop, start):
    said = problem_of(await shop.post(APPOINTMENTS, json=wish(start=start)), 422, "not_offered")
    assert fields_of(said) == {"start": "not_offered"}


async def test_every_field_that_needs_correcting_is_named(shop, database):
    bad = wish(
        items=[sku("RIEN")],
        party=9,
        customer={"first_name": "", "last_name": "Martin", "email": "lea@"},
    )
    fields = fields_of(problem_of(await shop.post(APPOINTMENTS, json=bad), 422, "invalid"))
    assert {"items.0.sku", "party", "customer.first_name", "customer.email"} <= set(fields)
    unnamed = problem_of(await shop.post(APPOINTMENTS, json=wish(start="mercredi")), 422, "invalid")
    assert fields_of(unnamed) == {"start": "moment"}
    unknown = problem_of(await shop.post(APPOINTMENTS, json=wish(advisor="zoe")), 422, "invalid")
    assert fields_of(unknown) == {"advisor": "unknown_advisor"}
    assert await sound(database) == 0


async def test_the_same_key_is_the_same_appointment(shop, database):
    headers = {"idempotency-key": "one"}
    first = await shop.post(APPOINTMENTS, json=wish(), headers=headers)
    again = await shop.post(APPOINTMENTS, json=wish(), headers=headers)
    assert first.json() == again.json()
    problem_of(await shop.post(APPOINTMENTS, json=wish(party=2), headers=headers), 422, "idempotency_key_reused")
    assert await sound(database) == 1


async def test_it_moves_and_keeps_its_advisor(shop, database):
    made = await booked_by(shop)
    later = "2026-11-26T11:00:00+01:00"
    moved = await shop.post(
        f"{APPOINTMENTS}/{made['code']}/reschedule", json={"start": later}, headers=with_token(made)
    )
    assert moved.status_code == 200, moved.text
    said = moved.json()
    assert (said["start"], said["advisor"], said["version"]) == (later, made["advisor"], 2)
    assert await sound(database) == 1


async def test_a_move_that_fails_leaves_it_where_it_was(shop, database):
    made = await booked_by(shop, advisor="nadia")
    await booked_by(shop, advisor="nadia", start="2026-11-25T16:30:00+01:00")
    answer = await shop.post(
        f"{APPOINTMENTS}/{made['code']}/reschedule",
        json={"start": "2026-11-25T16:30:00+01:00"},
        headers=with_token(made),
    )
    problem_of(answer, 409, "slot_taken")
    now_at = (await shop.get(f"{APPOINTMENTS}/{made['code']}", headers=with_token(made))).json()
    assert (now_at["start"], now_at["version"], now_at["status"]) == (AT, 1, "confirmed")
    other = await shop.post(
        f"{APPOINTMENTS}/{made['code']}/reschedule",
        json={"start": "2026-11-25T16:30:00+01:00", "advisor": "any"},
        headers=with_token(made),
    )
    assert other.json()["advisor"] == "karim"
    assert await sound(database) == 2


async def test_it_is_cancelled_and_its_time_is_free(shop, database):
    made = await booked_by(shop, advisor="nadia", items=[sku(LAMP)])
    ended = await shop.post(f"{APPOINTMENTS}/{made['code']}/cancel", json={}, headers=with_token(made))
    assert ended.json()["status"] == "cancelled"
    again = await shop.post(f"{APPOINTMENTS}/{made['code']}/cancel", json={}, headers=with_token(made))
    assert problem_of(again, 409, "moved_on")["appointment_status"] == "cancelled"
    await booked_by(shop, advisor="nadia")
    assert await sound(database) == 2


async def test_after_the_cut_off_it_takes_a_call(shop, database, clock):
    made = await booked_by(shop)
    clock.forward(hours=26, minutes=30)
    answer = await shop.post(f"{APPOINTMENTS}/{made['code']}/cancel", json={}, headers=with_token(made))
    problem_of(answer, 409, "too_late")
    await sound(database)


async def test_only_its_own_token_opens_it(shop, app, database, clock):
    made, other = await booked_by(shop), await booked_by(shop, start="2026-11-26T14:30:00+01:00")
    path = f"{APPOINTMENTS}/{made['code']}"
    problem_of(await shop.get(path), 401, "token_needed")
    problem_of(await shop.get(path, headers=with_token(other)), 404, "not_found")
    key = await new_key(database, clock, "staff")
    async with caller(app, key) as till:
        problem_of(await till.get(path), 401, "token_needed")
    clock.forward(days=2)
    await shop.post(f"{path}/cancel", json={}, headers=with_token(made))
    problem_of(await shop.get(f"/api/v1/reservations/{made['code']}", headers=with_token(made)), 404, "not_found")


async def test_a_service_that_needs_a_yes_is_only_asked_for(shop, database):
    made = await booked_by(shop, service=KITCHEN, start="2026-11-26T15:00:00+01:00")
    assert made["status"] == "requested"
    assert await sound(database) == 1


async def test_an_absence_takes_the_starts_away_at_once(shop, database, desk, clock):
    before = len((await asked(shop, advisor="nadia")).json()["items"])
    async with database.work() as session:
        start = clock() + timedelta(hours=20)
        await schedules.add_time_off(
            session, desk.nadia.id, start, start + timedelta(days=3), kind="ill", by="Hélène", now=clock()
        )
    after = (await asked(shop, advisor="nadia")).json()
    assert before > 10
    assert after["items"] == []
    assert after["why"] == "not_working"


@pytest.mark.parametrize("far", ["9999-12-31T23:00:00Z", "0001-01-01T00:00:00+02:00", "0001-01-01T00:00:00Z"])
async def test_the_end_of_time_is_not_on_offer(shop, far):
    problem_of(await shop.post(APPOINTMENTS, json=wish(start=far)), 422, "invalid")


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+02:00"])
async def test_nor_has_it_any_start(shop, day):
    problem_of(await asked(shop, **{"from": day, "to": day}), 422, "invalid")
