"""D1: Solène sets up stores and their hours; what that touches is listed first, and promises only move later."""

from datetime import UTC, date, datetime

import pytest
from factories import PASSWORD, advise, booked, closed, reserved, store
from reading import fields, text_of
from sqlalchemy import select

from booking.journal import Entry
from booking.messages import Message
from booking.reservations import answering, questions
from stores import places, staff
from stores.places import Store

RIVOLI, HOURS, DAYS = "/fr/admin/stores/rivoli", "/fr/admin/stores/rivoli/hours", "/fr/admin/stores/rivoli/days"
HOLIDAYS, NEW = "/fr/admin/stores/rivoli/holidays", "/fr/admin/stores/new"
THURSDAY = date(2026, 11, 26)
"""Two days after the clock of the tests: the last day of what Léa reserves now."""


@pytest.fixture
async def solene(world, colleague):
    return await colleague("solene")


@pytest.fixture
async def desk(world, database, clock):
    async with database.work() as session:
        return await advise(session, world, now=clock())


@pytest.fixture
async def lea_reserved(world, database, clock):
    """A lamp is ready for Léa, kept until Thursday evening."""
    async with database.work() as session:
        one = await reserved(session, world, now=clock())
        await answering.make_ready(session, one, place="B-3", by="Inès", now=clock())
        return one


@pytest.fixture
async def lea_comes(world, desk, database, clock):
    """Nadia receives Léa on Thursday at half past two."""
    async with database.work() as session:
        start = datetime(2026, 11, 26, 13, 30, tzinfo=UTC)
        return await booked(session, world, desk, start, now=clock(), advisor=desk.nadia)


async def rivoli(database) -> Store:
    async with database.work(readonly=True) as session:
        return await places.find(session, "rivoli")


async def entries(database, event: str) -> list[Entry]:
    async with database.work(readonly=True) as session:
        query = select(Entry).where(Entry.subject == "store", Entry.event == event).order_by(Entry.id)
        return list(await session.scalars(query))


async def kept_until(database, one) -> datetime:
    async with database.work(readonly=True) as session:
        return (await questions.get(session, one.id)).hold_until


def a_day(day: date = THURSDAY, **over: str) -> dict[str, str]:
    return {"day": day.isoformat(), "closed": "1", "reason_fr": "Travaux", "reason_en": "Works", **over}


# The list


async def test_the_list_says_what_is_open_who_counts_and_when(solene, database, world, clock):
    async with database.work() as session:
        kleber = await places.find(session, "kleber")
        kleber.stock_authority, kleber.hours_osm = "feed", "Mo-Sa 14:00-19:00"
        kleber.feed_minutes = 30
    words = text_of((await solene.get("/en/admin/stores")).text)
    assert "Open until 8 pm" in words and "Closed, opens today at 2 pm" in words
    assert "The till counts, and sends it 1 hour ago" in words
    assert 'class="state warn">1 hour ago' in (await solene.get("/en/admin/stores")).text


async def test_two_hundred_stores_are_searched_by_what_people_type(solene, database):
    async with database.work() as session:
        session.add_all([store(f"s{n}", name=f"Aurore n° {n}", city="Évry" if n == 7 else "Lille") for n in range(197)])
    whole = (await solene.get("/fr/admin/stores")).text
    assert whole.count("<tr><th") == 201
    found = (await solene.get("/fr/admin/stores", params={"q": "evry"})).text
    assert found.count("<tr><th") == 2 and "Aurore n° 7" in found
    nowhere = text_of((await solene.get("/en/admin/stores", params={"q": "nowhere"})).text)
    assert "No store is called that." in nowhere


# One store


async def test_facts_and_promises_are_saved_with_what_they_were(solene, database, lea):
    form = fields((await solene.get(RIVOLI)).text, RIVOLI)
    sent = {
        **form, "answer_minutes": "90", "hold_days": "3", "stock_authority": "feed", "feed_minutes": "60",
        "auto_confirm": "1", "auto_confirm_limit": "149,90", "phone": "01 99 00 12 99",
        "services_fr": "Retouches\nCafé", "services_en": "Alterations\nCafé", "directions_fr": "Métro 1\n\nBus 67",
        "floor-1-level": "-1", "floor-1-name_fr": "Sous-sol", "floor-1-name_en": "Basement", "floor-1-d-LUM": "1",
    }  # fmt: skip
    answer = await solene.post(RIVOLI, data=sent)
    assert answer.status_code == 303, text_of(answer.text)
    now = await rivoli(database)
    assert (now.answer_minutes, now.hold_days, now.stock_authority, now.feed_minutes) == (90, 3, "feed", 60)
    assert (now.auto_confirm, now.auto_confirm_limit_minor, now.phone) == (True, 14990, "+33199001299")
    assert now.services == [{"fr": "Retouches", "en": "Alterations"}, {"fr": "Café", "en": "Café"}]
    assert now.directions["fr"] == ["Métro 1", "Bus 67"]
    assert [(floor["level"], floor["departments"]) for floor in now.floors] == [(-1, ["LUM"]), (0, ["LUM"])]
    (entry,) = await entries(database, "changed")
    assert entry.by == "Solène" and entry.detail["changes"]["hold_days"] == ["2", "3"]
    assert "street" not in entry.detail["changes"]
    assert "Sous-sol" in (await lea.get("/fr/stores/rivoli")).text


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("name", " "), ("sms_name", "Aurore Rivoli Paris"), ("desk_sms", "accueil 🎁"), ("country", "France"),
        ("latitude", "91"), ("longitude", "deux"), ("phone", "12"), ("email", "rivoli"), ("answer_minutes", "4"),
        ("hold_days", "8"), ("ready_hours", "0"), ("feed_minutes", "1"), ("auto_confirm_limit", "-5"),
        ("stock_authority", "nobody"), ("staff_notify_url", "javascript:alert(1)"), ("floor-0-level", "attic"),
        ("services_fr", "Café"), ("desk_en", ""),
    ],
)  # fmt: skip
async def test_what_cannot_be_is_said_beside_its_field_and_nothing_is_saved(solene, database, field, typed):
    form = fields((await solene.get(RIVOLI)).text, RIVOLI)
    answer = await solene.post(RIVOLI, data={**form, "city": "Nantes", field: typed})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert 'value="Nantes"' in answer.text
    assert (await rivoli(database)).city == "Paris"


async def test_two_who_save_at_once_see_what_differs_and_lose_nothing(solene, database, colleague):
    hers = fields((await solene.get(RIVOLI)).text, RIVOLI)
    again = await colleague("solene")
    mine = fields((await again.get(RIVOLI)).text, RIVOLI)
    assert (await solene.post(RIVOLI, data={**hers, "city": "Lutèce", "hold_days": "3"})).status_code == 303
    answer = await again.post(RIVOLI, data={**mine, "city": "Parigi", "street": "1 place"})
    assert answer.status_code == 409
    words = text_of(answer.text)
    assert "Lutèce" in words and "Parigi" in words
    second = await again.post(RIVOLI, data=fields(answer.text, RIVOLI))
    assert second.status_code == 303
    now = await rivoli(database)
    assert (now.city, now.street, now.hold_days) == ("Parigi", "1 place", 3)


async def test_a_new_store_is_there_for_shoppers_and_once(solene, database, lea):
    form = fields((await solene.get(NEW)).text, NEW)
    sent = {
        **form, "name": "Aurore Évry", "sms_name": "Aurore Evry", "street": "1 place", "postcode": "91000",
        "city": "Évry", "latitude": "48.6", "longitude": "2.4", "phone": "+33199001299", "email": "evry@aurore.example",
        "desk_fr": "Accueil", "desk_en": "Desk", "desk_sms": "accueil", "d5-0-to": "18h30", "d6-0-from": "14:00",
        "d6-0-to": "18:00",
    }  # fmt: skip
    for _ in range(2):
        answer = await solene.post(NEW, data=sent)
        assert answer.headers["location"] == "/fr/admin/stores/aurore-evry/hours?notice=saved"
    async with database.work(readonly=True) as session:
        made = await places.find(session, "aurore-evry")
        assert made.hours_osm == "Mo-Fr 10:00-19:00; Sa 10:00-18:30; Su 14:00-18:00"
        assert len((await session.scalars(select(Store))).all()) == 4
    assert "Aurore Évry" in (await lea.get("/fr/stores")).text
    assert len(await entries(database, "added")) == 1


async def test_an_empty_new_store_says_everything_that_is_missing_at_once(solene):
    answer = await solene.post(NEW, data={**fields((await solene.get(NEW)).text, NEW), "d0-0-from": "late"})
    assert answer.status_code == 422
    for field in ("name", "street", "phone", "email", "desk_fr", "latitude", "d0-0-from"):
        assert f'id="{field}-error"' in answer.text, field


async def test_who_sees_some_stores_sets_up_those(database, world, colleague, clock):
    async with database.work() as session:
        await staff.add_account(
            session, "odile@aurore.example", "admin", first_name="Odile", store_ids=[world.kleber.id],
            password=PASSWORD, now=clock(),
        )  # fmt: skip
    odile = await colleague("odile")
    assert (await odile.get("/fr/admin/stores/kleber")).status_code == 200
    for path in (RIVOLI, HOURS, DAYS, HOLIDAYS, f"{DAYS}/2026-12-24/remove"):
        assert (await odile.post(path, data={})).status_code == 404, path
    assert "Rivoli" not in (await odile.get("/fr/admin/stores")).text


# The week


async def test_the_grid_changes_the_words_and_the_words_change_the_grid(solene, database):
    form = fields((await solene.get(HOURS)).text, HOURS)
    assert (form["d0-0-from"], form["d0-0-to"], form["d6-0-from"]) == ("10:00", "20:00", "")
    grid = {**form, "d3-0-to": "21h", "d6-0-from": "11:00", "d6-0-to": "13", "d6-1-from": "14", "d6-1-to": "19"}
    assert (await solene.post(HOURS, data=grid)).status_code == 303
    kept = "Mo-We,Fr-Sa 10:00-20:00; Th 10:00-21:00; Su 11:00-13:00,14:00-19:00"
    assert (await rivoli(database)).hours_osm == kept
    form = fields((await solene.get(HOURS)).text, HOURS)
    assert (await solene.post(HOURS, data={**form, "osm": "Mo-Fr 09:30-18:30"})).status_code == 303
    form = fields((await solene.get(HOURS)).text, HOURS)
    assert (form["d4-0-from"], form["d5-0-from"], form["d6-1-to"]) == ("09:30", "", "")
    assert [(entry.before, entry.after) for entry in await entries(database, "hours")] == [
        ("Mo-Sa 10:00-20:00", kept), (kept, "Mo-Fr 09:30-18:30"),
    ]  # fmt: skip


async def test_hours_left_alone_stay_as_they_were_written(solene, database):
    async with database.work() as session:
        (await places.find(session, "rivoli")).hours_osm = "Mo,Tu,We,Th,Fr,Sa 10:00-20:00;Su off"
    form = fields((await solene.get(HOURS)).text, HOURS)
    assert (await solene.post(HOURS, data={**form, "region": "FR-57"})).status_code == 303
    now = await rivoli(database)
    assert (now.hours_osm, now.region) == ("Mo,Tu,We,Th,Fr,Sa 10:00-20:00;Su off", "FR-57")


async def test_what_the_grid_cannot_say_stands_in_words_with_a_note(solene, database):
    async with database.work() as session:
        (await places.find(session, "rivoli")).hours_osm = "Jun-Aug Mo-Su 10:00-22:00; Sep-May Mo-Sa 10:00-19:00"
    page = (await solene.get("/en/admin/stores/rivoli/hours")).text
    assert "say more than the grid can" in page
    form = fields(page, "/en/admin/stores/rivoli/hours")
    assert form["d0-0-from"] == "" and form["osm"].startswith("Jun-Aug")
    assert (await solene.post("/en/admin/stores/rivoli/hours", data=form)).status_code == 303
    assert (await rivoli(database)).hours_osm == form["osm"]


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"osm": "Mo-Fr tout le temps"}, "osm", "cannot be read"),
        ({"osm": "Mo-Fr 10:00-19:00; PH off"}, "osm", "exceptional days"),
        ({"osm": "Mo-Su sunrise-sunset"}, "osm", "by the clock"),
        ({"osm": "Mo-Su off"}, "osm", "never opens"),
        ({"d0-0-to": "25:00"}, "d0-0-to", "write times"),
        ({"d0-0-to": "09:00"}, "d0-0-to", "closes before it opens"),
        ({"d0-1-from": "19:00", "d0-1-to": "21:00"}, "d0-0-from", "run into each other"),
        ({"d0-0-to": "19:00", "osm": "Mo-Fr 10:00-12:00"}, "osm", "both changed"),
        ({"opens_on": "2026-12-01", "closes_on": "2026-11-01"}, "closes_on", "ends before"),
        ({"timezone": "Europe/Rivoli"}, "timezone", "Europe/Paris"),
        ({"region": "XX-9"}, "region", "choose one"),
    ],
)  # fmt: skip
async def test_hours_that_cannot_be_kept_are_refused_beside_the_field(solene, database, typed, field, words):
    path = "/en/admin/stores/rivoli/hours"
    form = fields((await solene.get(path)).text, path)
    answer = await solene.post(path, data={**form, **typed})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text and words in text_of(answer.text)
    assert (await rivoli(database)).hours_osm == "Mo-Sa 10:00-20:00"


async def test_a_fortnight_is_seen_before_anything_is_saved(solene, database, world):
    async with database.work() as session:
        one = await places.find(session, "rivoli")
        one.exceptions.append(closed(date(2026, 12, 1), "Inventaire"))
    path = "/en/admin/stores/rivoli/hours"
    form = fields((await solene.get(path)).text, path)
    answer = await solene.post(path, data={**form, "d1-0-to": "18:30", "do": "preview"})
    assert answer.status_code == 200
    words = text_of(answer.text)
    _, _, ahead = words.partition("What shoppers will read")
    assert "Tuesday 24 November 10 am to 6.30 pm" in ahead
    assert "Tuesday 1 December Inventaire closed" in ahead
    assert "Monday 7 December 10 am to 8 pm" in ahead and "8 December" not in ahead
    assert "Will be kept as: Mo,We-Sa 10:00-20:00; Tu 10:00-18:30" in words
    assert (await rivoli(database)).hours_osm == "Mo-Sa 10:00-20:00"
    assert fields(answer.text, path)["d1-0-to"] == "18:30"


async def test_two_who_change_the_week_keep_both_changes(solene, database, colleague):
    again = await colleague("solene")
    hers, mine = [fields((await one.get(HOURS)).text, HOURS) for one in (solene, again)]
    assert (await solene.post(HOURS, data={**hers, "d1-0-to": "21:00"})).status_code == 303
    answer = await again.post(HOURS, data={**mine, "d0-0-to": "18:00"})
    assert answer.status_code == 409
    assert (await again.post(HOURS, data=fields(answer.text, HOURS))).status_code == 303
    assert (await rivoli(database)).hours_osm == "Mo 10:00-18:00; Tu 10:00-21:00; We-Sa 10:00-20:00"


# Days with hours of their own


async def test_a_closure_lists_the_bookings_it_touches_first_and_moves_what_was_promised(
    solene, database, lea_comes, lea_reserved, lea
):
    was = await kept_until(database, lea_reserved)
    first = await solene.post(DAYS, data=a_day())
    assert first.status_code == 409
    words = text_of(first.text)
    assert words.count("Léa M.") == 2 and "vendredi 27 novembre" in words
    assert (await rivoli(database)).exceptions == [] and await kept_until(database, lea_reserved) == was

    sent = fields(first.text, DAYS)
    assert {name: sent[name] for name in a_day()} == a_day()
    half = await solene.post(DAYS, data={**sent, "kept": ""})
    assert half.status_code == 409 and (await rivoli(database)).exceptions == []
    second = await solene.post(DAYS, data=sent)
    assert second.headers["location"] == "/fr/staff/conflicts?store=rivoli"
    assert [(one.day, one.hours) for one in (await rivoli(database)).exceptions] == [(THURSDAY, "off")]
    assert await kept_until(database, lea_reserved) == datetime(2026, 11, 27, 19, tzinfo=UTC)
    async with database.work(readonly=True) as session:
        (told,) = await session.scalars(select(Message).where(Message.template == "extended"))
    assert told.recipient == "shopper"
    (entry,) = await entries(database, "day_set")
    assert (entry.before, entry.after, entry.detail["day"]) == ("", "off", "2026-11-26")
    assert "Travaux" in (await lea.get("/fr/stores/rivoli")).text


async def test_a_reservation_made_since_it_was_agreed_is_listed_again(solene, database, world, lea_reserved, clock):
    sent = fields((await solene.post(DAYS, data=a_day())).text, DAYS)
    async with database.work() as session:
        await reserved(session, world, now=clock(), lines=[(world.shade, 1)])
    again = await solene.post(DAYS, data=sent)
    assert again.status_code == 409
    assert (await solene.post(DAYS, data=fields(again.text, DAYS))).status_code == 303


async def test_a_day_that_touches_nobody_is_saved_at_once_changed_and_taken_back(solene, database, lea_comes):
    eve = date(2026, 12, 24)
    hours = {"closed": "", "day-0-from": "10h", "day-0-to": "12:30", "day-1-from": "14h", "day-1-to": "17h"}
    assert (await solene.post(DAYS, data=a_day(eve, **hours))).status_code == 303
    assert [one.hours for one in (await rivoli(database)).exceptions] == ["10:00-12:30,14:00-17:00"]
    form = fields((await solene.get(f"{HOURS}?day=2026-12-24")).text, DAYS)
    assert (form["day-1-to"], form["reason_en"], "closed" in form) == ("17:00", "Works", False)
    assert (await solene.post(DAYS, data={**form, "day-1-from": "", "day-1-to": ""})).status_code == 303
    assert [one.hours for one in (await rivoli(database)).exceptions] == ["10:00-12:30"]
    for _ in range(2):
        assert (await solene.post(f"{DAYS}/2026-12-24/remove")).status_code == 303
    assert (await rivoli(database)).exceptions == []
    assert [one.before for one in await entries(database, "day_removed")] == ["10:00-12:30"]


async def test_taking_an_opening_back_lists_the_appointment_of_that_saturday(solene, world, desk, database, clock):
    async with database.work() as session:
        one = await places.find(session, "rivoli")
        one.hours_osm = "Mo-Fr 10:00-20:00"
        one.exceptions.append(closed(date(2026, 12, 5), "Noël", "10:00-20:00"))
    async with database.work() as session:
        start = datetime(2026, 12, 5, 13, 30, tzinfo=UTC)
        await booked(session, world, desk, start, now=clock(), advisor=desk.nadia)
    path = f"{DAYS}/2026-12-05/remove"
    first = await solene.post(path)
    assert first.status_code == 409 and "Léa M." in text_of(first.text)
    assert len((await rivoli(database)).exceptions) == 1
    assert (await solene.post(path, data=fields(first.text, path))).status_code == 303
    assert (await rivoli(database)).exceptions == []


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"day": "hier"}, "day"), ({"day": "2026-11-01"}, "day"), ({"day": "2031-01-01"}, "day"),
        ({"closed": ""}, "day-0-from"), ({"closed": "", "day-0-from": "10"}, "day-0-to"),
        ({"reason_en": ""}, "reason_en"),
        ({"day-0-from": "10:00", "day-0-to": "12:00"}, "closed"),
    ],
)  # fmt: skip
async def test_a_day_that_makes_no_sense_comes_back_filled(solene, database, over, field):
    answer = await solene.post(DAYS, data={**a_day(), **over})
    assert answer.status_code == 422 and f'id="{field}-error"' in answer.text
    assert 'value="Travaux"' in answer.text
    assert (await rivoli(database)).exceptions == []


async def test_public_holidays_are_those_of_the_region_in_both_languages(solene, database):
    page = (await solene.get("/en/admin/stores/rivoli/hours")).text
    assert "Friday 25 December · Christmas Day" in text_of(page)
    assert "26 December" not in text_of(page)
    ticked = {"holiday-2026-12-25": "1", "holiday-2027-01-01": "1", "holiday-2027-01-02": "1"}
    assert (await solene.post(HOLIDAYS, data=ticked)).status_code == 303
    found = {one.day: (one.hours, dict(one.reason)) for one in (await rivoli(database)).exceptions}
    assert found == {
        date(2026, 12, 25): ("off", {"fr": "Noël", "en": "Christmas Day"}),
        date(2027, 1, 1): ("off", {"fr": "Jour de l’an", "en": "New Year’s Day"}),
    }
    assert 'name="holiday-2026-12-25"' not in (await solene.get(HOURS)).text
    assert (await solene.post(HOLIDAYS, data={})).status_code == 422


async def test_texts_of_people_are_shown_as_text(solene, database):
    nasty = "<script>alert(1)</script><b hx-get=/x>"
    form = fields((await solene.get(RIVOLI)).text, RIVOLI)
    assert (await solene.post(RIVOLI, data={**form, "name": nasty, "about_fr": nasty})).status_code == 303
    assert (await solene.post(DAYS, data=a_day(date(2026, 12, 24), reason_fr=nasty))).status_code == 303
    for path in ("/fr/admin/stores", RIVOLI, HOURS, "/fr/admin/journal"):
        page = (await solene.get(path)).text
        assert "<script>alert" not in page and "<b hx-get" not in page, path
        assert "&lt;script&gt;" in page, path
