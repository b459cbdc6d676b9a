"""The agenda of a store: its day and week, moving by form and by hand, booking on the telephone, and who walks in."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from factories import advise, advisor, booked, closed, lea
from reading import text_of
from sqlalchemy import select

from booking import invariants
from booking.appointments import asking, questions, receiving
from booking.appointments.states import Outcome, Status
from booking.appointments.tables import Appointment
from kit.codes import show_code
from stores import places, schedules
from web.house import House

AGENDA, NEW, WALK_IN = "/en/staff/agenda", "/en/staff/agenda/new", "/en/staff/agenda/walk-in"
WEDNESDAY = datetime(2026, 11, 25, 13, 30, tzinfo=UTC)
"""14 h 30 in Paris, the day after the tests' noon."""
THAT_DAY = f"{AGENDA}?day=2026-11-25"
DRAGGED = {"hx-request": "true"}


@pytest.fixture
async def desk(world, database, clock):
    async with database.work() as session:
        return await advise(session, world, now=clock())


@pytest.fixture
async def visit(world, desk, database, clock) -> Appointment:
    """Léa comes on Wednesday at 14 h 30, to Nadia."""
    async with database.work() as session:
        return await booked(session, world, desk, WEDNESDAY, now=clock(), advisor=desk.nadia)


async def now_of(database, one: Appointment) -> Appointment:
    async with database.work(readonly=True) as session:
        return await questions.get(session, one.id)


def move_url(one: Appointment) -> str:
    return f"/en/staff/appointments/{show_code(one.code)}/move"


def place(start: datetime, slug: str) -> str:
    return f"{start:%Y-%m-%dT%H:%MZ}/{slug}"


def table_of(page: str) -> str:
    return page[page.index("<table") : page.index("</table>")]


def hours_of(page: str) -> list[str]:
    """The column of hours."""
    heads = re.findall(r'<th scope="row".*?</th>', table_of(page), re.DOTALL)
    return [text_of(head) for head in heads]


def columns_of(page: str) -> list[str]:
    return [text_of(head) for head in re.findall(r'<th scope="col".*?</th>', table_of(page), re.DOTALL)]


# The day


async def test_the_day_has_a_column_for_each_advisor_and_rows_from_opening_to_closing(visit, colleague):
    page = (await (await colleague("ines")).get(THAT_DAY)).text
    assert columns_of(page) == ["Nadia (you) 10 am to 8 pm", "Karim 10 am to 8 pm"]
    assert hours_of(page)[0] == "10 am"
    assert hours_of(page)[-1] == "7.30 pm"
    assert len(hours_of(page)) == 20
    assert "Open 10 am to 8 pm" in text_of(page)


async def test_a_block_says_who_what_and_where_it_stands_and_no_family_name(visit, colleague):
    page = (await (await colleague("ines")).get(THAT_DAY)).text
    [block] = re.findall(r"<article.*?</article>", page, re.DOTALL)
    said = text_of(block)
    assert "Léa M." in said
    assert "2.30 to 3.15 pm" in said
    assert "Choose a light" in said
    assert "confirmed" in said
    assert "Prepared: 0/2" in said
    assert "Martin" not in page
    assert 'pathLength="2" stroke-dasharray="0 2"' in block
    assert "style=" not in page


async def test_preparation_and_wrap_up_stand_around_it_in_cells_of_their_length(visit, colleague):
    table = table_of((await (await colleague("ines")).get(THAT_DAY)).text)
    rows = [(int(minutes), row) for minutes, row in re.findall(r'data-minutes="(\d+)">(.*?)</tr>', table, re.DOTALL)]

    def lasts(kind: str) -> int:
        at = next(number for number, (_, row) in enumerate(rows) if f'<td class="{kind}"' in row)
        span = re.search(rf'<td class="{kind}" rowspan="(\d+)"', rows[at][1])
        assert span
        return sum(minutes for minutes, _ in rows[at : at + int(span[1])])

    assert [lasts(kind) for kind in ("prep", "body", "wrap")] == [10, 45, 5]
    assert sum(minutes for minutes, _ in rows) == 600


async def test_mine_shows_the_advisor_who_is_signed_in_and_nobody_else(visit, world, desk, database, clock, colleague):
    async with database.work() as session:
        who = lea(first_name="Hugo", email="hugo@exemple.fr")
        await booked(session, world, desk, WEDNESDAY, now=clock(), advisor=desk.karim, customer=who)
    ines = await colleague("ines")
    assert "Hugo" in (await ines.get(THAT_DAY)).text
    page = (await ines.get(f"{THAT_DAY}&advisor=mine")).text
    assert columns_of(page) == ["Nadia (you) 10 am to 8 pm"]
    assert "Hugo" not in page
    assert (await (await colleague("helene")).get(f"{THAT_DAY}&advisor=mine")).status_code == 404


async def test_a_colleague_of_kleber_sees_nothing_of_rivoli(visit, colleague):
    marc = await colleague("marc")
    page = (await marc.get(THAT_DAY)).text
    assert "Léa" not in page
    assert "Nadia" not in page
    assert "Léa" not in (await marc.get(f"{THAT_DAY}&store=rivoli")).text
    assert (await marc.get(f"{THAT_DAY}&advisor=nadia")).status_code == 404
    assert (await marc.get(move_url(visit))).status_code == 404
    assert (await marc.post(move_url(visit), data={"place": place(WEDNESDAY, "karim")})).status_code == 404
    assert (await marc.post(NEW, data={"store": "rivoli", "service": "choisir-un-luminaire"})).status_code == 404
    assert (await marc.post(WALK_IN, data={"store": "rivoli", "service": "choisir-un-luminaire"})).status_code == 404


async def test_without_a_session_there_is_no_agenda(visit, lea):
    assert (await lea.get(THAT_DAY)).headers["location"].startswith("/en/staff/login")
    assert (await lea.post(move_url(visit), data={"place": place(WEDNESDAY, "karim")})).status_code == 401


async def test_late_and_overdue_are_said_in_words(visit, colleague, clock):
    clock.to(WEDNESDAY + timedelta(minutes=12))
    ines = await colleague("ines")
    page = (await ines.get(THAT_DAY)).text
    assert "late by 12 minutes" in text_of(page)
    assert "2.40 pm now" in hours_of(page)
    clock.to(WEDNESDAY + timedelta(minutes=50))
    page = text_of((await ines.get(THAT_DAY)).text)
    assert "late by" not in page
    assert "to settle" in page
    assert "1 visit to settle" in page


async def test_an_absence_is_shown_and_what_it_strikes_is_marked_and_counted(visit, desk, database, clock, colleague):
    async with database.work() as session:
        await schedules.add_time_off(
            session, desk.nadia.id, WEDNESDAY, WEDNESDAY + timedelta(hours=4), kind="ill", by="Hélène", now=clock()
        )
    page = (await (await colleague("ines")).get(THAT_DAY)).text
    assert 'class="away"' in page
    assert "1 conflict" in text_of(page)
    assert "ill" not in re.findall(r"\w+", text_of(page))


async def test_a_closed_day_says_why_and_a_public_holiday_is_named(world, desk, database, colleague):
    async with database.work() as session:
        store = await places.find(session, "rivoli")
        store.exceptions.append(closed(date(2026, 11, 26), "Inventaire"))
    ines = await colleague("ines")
    page = text_of((await ines.get(f"{AGENDA}?day=2026-11-26")).text)
    assert "The store is closed on this day. · Inventaire" in page
    assert "public holiday: Christmas Day" in text_of((await ines.get(f"{AGENDA}?day=2026-12-25")).text)
    assert "Nobody works on this day" in text_of((await ines.get(f"{AGENDA}?day=2026-11-29")).text)


@pytest.mark.parametrize(
    ("day", "halves", "hours"),
    [(date(2027, 3, 28), 46, "23"), (date(2027, 10, 31), 50, "25"), (date(2027, 3, 29), 48, "")],
)
async def test_a_night_of_the_clocks_has_its_real_length(world, desk, database, clock, colleague, day, halves, hours):
    async with database.work() as session:
        store = await places.find(session, "rivoli")
        store.hours_osm = "24/7"
        begin = datetime(day.year, day.month, day.day, tzinfo=store.zone).astimezone(UTC)
        after = day + timedelta(days=1)
        end = datetime(after.year, after.month, after.day, tzinfo=store.zone).astimezone(UTC)
        await schedules.add_shift(session, desk.nadia.id, store, begin, end)
    page = (await (await colleague("ines")).get(f"{AGENDA}?day={day}&advisor=nadia")).text
    assert len(hours_of(page)) == halves
    assert sum(int(n) for n in re.findall(r'data-minutes="(\d+)"', page)) == halves * 30
    assert (f"this day has {hours} hours" in text_of(page)) == bool(hours)
    if hours == "25":
        assert ["2 am (UTC+02)" in hours_of(page), "2 am (UTC+01)" in hours_of(page)] == [True, True]
    if hours == "23":
        assert "2 am" not in hours_of(page)


async def test_a_visit_that_ended_early_leaves_its_time_to_the_next(visit, world, desk, database, clock, colleague):
    later = WEDNESDAY + timedelta(minutes=30)
    async with database.work() as session:
        one = await questions.get(session, visit.id)
        await receiving.begin(session, one, by="Nadia", now=WEDNESDAY)
        await receiving.complete(
            session, one, outcome=Outcome.BOUGHT, by="Nadia", now=WEDNESDAY + timedelta(minutes=10)
        )
        who = lea(first_name="Hugo", email="hugo@exemple.fr")
        await booked(session, world, desk, later, now=clock(), advisor=desk.nadia, customer=who)
    page = (await (await colleague("ines")).get(THAT_DAY)).text
    assert "several" not in page
    assert [text_of(a)[:6] for a in re.findall(r"<article.*?</article>", page, re.DOTALL)] == [
        "Léa M.",
        "Hugo M",
    ]


async def test_who_is_nobodys_stands_in_a_lane_of_its_own(visit, database, colleague):
    async with database.work() as session:
        await session.execute(sa.update(Appointment).values(advisor_id=None))
    page = (await (await colleague("ines")).get(THAT_DAY)).text
    assert columns_of(page)[0] == "Nobody yet"
    assert "1 conflict" in text_of(page)


async def test_the_first_advisor_who_is_free_is_named_for_each_service(visit, desk, clock, colleague):
    ines = await colleague("ines")
    page = text_of((await ines.get(AGENDA)).text)
    assert "Choose a light now , Karim" in page
    assert "Plan a kitchen now , Karim" in page
    clock.to(datetime(2026, 11, 24, 18, 30, tzinfo=UTC))
    assert "nobody today" in text_of((await ines.get(AGENDA)).text)
    assert "Free for someone" not in text_of((await ines.get(f"{AGENDA}?day=2026-12-02")).text)


async def test_it_refreshes_as_a_fragment_that_keeps_day_view_and_advisor(visit, colleague):
    ines = await colleague("ines")
    page = (await ines.get(f"{THAT_DAY}&advisor=nadia")).text
    assert 'hx-get="/en/staff/agenda?store=rivoli&amp;day=2026-11-25&amp;advisor=nadia"' in page
    fragment = await ines.get(f"{THAT_DAY}&advisor=nadia", headers=DRAGGED)
    assert "<main" not in fragment.text
    assert 'id="agenda"' in fragment.text
    assert fragment.headers["cache-control"] == "no-store"


async def test_the_week_counts_and_names(visit, colleague):
    page = text_of((await (await colleague("ines")).get(f"{THAT_DAY}&view=week")).text)
    assert "Week of Monday 23 November to Sunday 29 November" in page
    assert "1 appointment Léa M. 2.30 to 3.15 pm Choose a light, Nadia confirmed" in page
    assert page.count("0 appointments") == 6


async def test_statements_do_not_grow_with_the_appointments(visit, world, desk, database, clock, colleague, app):
    app.state.house = House("Aurore", fresh_for=60)
    ines = await colleague("ines")

    async def said() -> int:
        statements: list[str] = []

        def count(connection, cursor, statement, *rest):
            statements.append(statement)

        sa.event.listen(database.engine.sync_engine, "before_cursor_execute", count)
        try:
            assert (await ines.get(THAT_DAY)).status_code == 200
        finally:
            sa.event.remove(database.engine.sync_engine, "before_cursor_execute", count)
        return len(statements)

    await said()
    few = await said()
    async with database.work() as session:
        for hours in (-3, -2, -1, 1, 2, 3):
            for person in (desk.nadia, desk.karim):
                who = lea(email=f"l{hours}{person.slug}@exemple.fr")
                start = WEDNESDAY + timedelta(hours=hours)
                await booked(session, world, desk, start, now=clock(), advisor=person, customer=who)
    assert await said() == few


# Moving


async def test_a_move_by_form_keeps_the_row_and_goes_back_to_the_agenda(visit, database, colleague):
    ines = await colleague("ines")
    page = (await ines.get(move_url(visit))).text
    target = WEDNESDAY + timedelta(hours=1)
    assert f'value="{place(target, "nadia")}"' in page
    assert f'value="{place(WEDNESDAY, "nadia")}" checked' in page
    answer = await ines.post(move_url(visit), data={"place": place(target, "nadia"), "version": "1"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/en/staff/agenda?store=rivoli&day=2026-11-25")
    moved = await now_of(database, visit)
    assert (moved.starts_at, moved.version, moved.uid) == (target, 2, visit.uid)


async def test_a_colleague_takes_over_at_the_same_time(visit, desk, database, colleague):
    ines = await colleague("ines")
    assert "Same time, with a colleague" in text_of((await ines.get(move_url(visit))).text)
    await ines.post(move_url(visit), data={"place": place(WEDNESDAY, "karim")})
    moved = await now_of(database, visit)
    assert (moved.advisor_id, moved.starts_at) == (desk.karim.id, WEDNESDAY)


async def test_a_move_that_loses_keeps_the_old_and_names_who_has_it(visit, world, desk, database, clock, colleague):
    target = WEDNESDAY + timedelta(hours=2)
    async with database.work() as session:
        who = lea(first_name="Hugo", last_name="Petit", email="hugo@exemple.fr")
        await booked(session, world, desk, target, now=clock(), advisor=desk.nadia, customer=who)
    ines = await colleague("ines")
    answer = await ines.post(move_url(visit), data={"place": place(target, "nadia")})
    assert answer.status_code == 409
    assert "Nadia has Hugo P. 4.30 to 5.15 pm." in text_of(answer.text)
    assert "The nearest free times" in text_of(answer.text)
    dragged = await ines.post(move_url(visit), data={"place": place(target, "nadia")}, headers=DRAGGED)
    assert dragged.status_code == 409
    assert 'hx-target="#alert"' in dragged.text
    assert "Nadia has Hugo P." in dragged.text
    assert "<main" not in dragged.text
    kept = await now_of(database, visit)
    assert (kept.starts_at, kept.version, kept.status) == (WEDNESDAY, 1, Status.CONFIRMED)
    async with database.work(readonly=True) as session:
        assert await invariants.broken(session) == []


@pytest.mark.parametrize(
    ("start", "slug", "words"),
    [
        (WEDNESDAY + timedelta(minutes=15), "nadia", "begins every 30 minutes"),
        (datetime(2026, 11, 25, 19, 30, tzinfo=UTC), "nadia", "The store is closed then."),
        (datetime(2026, 11, 24, 9, 0, tzinfo=UTC), "nadia", "already passed"),
        (datetime(2026, 11, 25, 18, 30, tzinfo=UTC), "nadia", "not enough time"),
    ],
)
async def test_a_time_outside_the_rules_says_which_rule(visit, database, colleague, start, slug, words):
    answer = await (await colleague("ines")).post(move_url(visit), data={"place": place(start, slug)})
    assert answer.status_code == 422
    assert words in text_of(answer.text)
    assert (await now_of(database, visit)).starts_at == WEDNESDAY


async def test_outside_the_rules_takes_a_reason_and_never_somebody_elses_time(visit, desk, database, colleague):
    ines = await colleague("ines")
    late = {"how": "anyway", "other_day": "2026-11-25", "other_time": "20:15", "other_advisor": "nadia"}
    refused = await ines.post(move_url(visit), data=late)
    assert refused.status_code == 422
    assert "Say why, in a few words" in text_of(refused.text)
    assert 'value="20:15"' in refused.text
    await ines.post(move_url(visit), data={**late, "reason": "elle finit tard"})
    moved = await now_of(database, visit)
    assert (moved.starts_at, moved.override) == (datetime(2026, 11, 25, 19, 15, tzinfo=UTC), "elle finit tard")


async def test_a_page_that_is_out_of_date_moves_nothing(visit, database, clock, colleague):
    async with database.work() as session:
        one = await questions.get(session, visit.id)
        await asking.reschedule(session, one, WEDNESDAY + timedelta(hours=3), by="Hélène", now=clock())
    answer = await (await colleague("ines")).post(
        move_url(visit), data={"place": place(WEDNESDAY, "karim"), "version": "1"}
    )
    assert answer.status_code == 409
    assert "has changed in the meantime" in text_of(answer.text)
    assert (await now_of(database, visit)).starts_at == WEDNESDAY + timedelta(hours=3)


async def test_she_cannot_be_given_to_an_advisor_of_another_store(visit, world, desk, database, colleague):
    async with database.work() as session:
        await advisor(session, world, "Odile", [desk.skills["light"]], ["fr"], store=world.kleber)
    ines = await colleague("ines")
    assert (await ines.post(move_url(visit), data={"place": place(WEDNESDAY, "odile")})).status_code == 404
    assert "Odile" not in (await ines.get(THAT_DAY)).text


async def test_a_visit_that_has_begun_is_not_moved_but_may_go_on(visit, database, clock, colleague):
    clock.to(WEDNESDAY)
    ines = await colleague("ines")
    async with database.work() as session:
        await receiving.begin(session, await questions.get(session, visit.id), by="Nadia", now=WEDNESDAY)
    page = (await ines.get(move_url(visit))).text
    assert "Go on for 15 minutes" in text_of(page)
    assert "Move the appointment" not in text_of(page)
    answer = await ines.post(move_url(visit), data={"place": place(WEDNESDAY + timedelta(hours=1), "nadia")})
    assert answer.status_code == 409
    assert (await now_of(database, visit)).starts_at == WEDNESDAY


# On the telephone


def typed(key: str = "", **over: str) -> dict[str, str]:
    return {
        "store": "rivoli",
        "service": "choisir-un-luminaire",
        "day": "2026-11-25",
        "place": place(WEDNESDAY, "karim"),
        "first_name": "Ana",
        "last_name": "Costa",
        "phone": "06 39 98 01 23",
        "email": "",
        "language": "en",
        "party": "2",
        "origin": "phone",
        "note": "",
        "key": key,
        **over,
    }


async def the_only(database) -> Appointment:
    async with database.work(readonly=True) as session:
        [one] = (await session.scalars(select(Appointment))).all()
        return await questions.get(session, one.id)


async def test_ines_books_for_somebody_on_the_telephone(world, desk, database, colleague):
    ines = await colleague("ines")
    page = (await ines.get(f"{NEW}?service=choisir-un-luminaire&day=2026-11-25")).text
    assert f'value="{place(WEDNESDAY, "any")}"' in page
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key
    answer = await ines.post(NEW, data=typed(key[1]))
    assert answer.status_code == 303
    one = await the_only(database)
    assert answer.headers["location"] == f"/en/staff/appointments/{show_code(one.code)}"
    assert (one.advisor_id, one.origin, one.override, one.party) == (desk.karim.id, "phone", "", 2)
    assert (one.contact, one.language, one.status) == ("sms", "en", Status.CONFIRMED)
    again = await ines.post(NEW, data=typed(key[1]))
    assert again.headers["location"] == answer.headers["location"]
    await the_only(database)


async def test_staff_book_at_short_notice_without_a_reason(world, desk, database, clock, colleague):
    start = clock() + timedelta(minutes=30)
    await (await colleague("ines")).post(NEW, data=typed(place=place(start, "any"), day="2026-11-24"))
    one = await the_only(database)
    assert (one.starts_at, one.override) == (start, "")


async def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(world, desk, database, colleague):
    ines = await colleague("ines")
    answer = await ines.post(NEW, data=typed(last_name="", phone="12"))
    assert answer.status_code == 422
    assert "Enter your last name" in text_of(answer.text)
    assert 'value="Ana"' in answer.text
    assert f'value="{place(WEDNESDAY, "karim")}" checked' in answer.text
    both = text_of((await ines.post(NEW, data=typed(place="", last_name=""))).text)
    assert "There are 2 problems" in both
    assert "Choose a time" in both
    async with database.work(readonly=True) as session:
        assert (await session.scalars(select(Appointment))).all() == []


async def test_a_time_that_went_meanwhile_comes_back_with_the_nearest(visit, colleague):
    answer = await (await colleague("ines")).post(NEW, data=typed(place=place(WEDNESDAY, "nadia")))
    assert answer.status_code == 409
    assert "Nadia has Léa M. 2.30 to 3.15 pm." in text_of(answer.text)
    assert "The nearest free times" in text_of(answer.text)
    assert 'value="Costa"' in answer.text


async def test_a_booking_outside_the_rules_keeps_its_reason(world, desk, database, colleague):
    ines = await colleague("ines")
    evening = {"how": "anyway", "other_day": "2026-11-25", "other_time": "20:30", "other_advisor": "nadia"}
    assert (await ines.post(NEW, data=typed(**evening))).status_code == 422
    await ines.post(NEW, data=typed(**evening, reason="cliente fidèle"))
    one = await the_only(database)
    assert (one.override, one.advisor_id) == ("cliente fidèle", desk.nadia.id)


# Without an appointment


async def test_who_walks_in_is_received_in_two_requests(world, desk, database, clock, colleague):
    clock.forward(minutes=13)
    ines = await colleague("ines")
    page = (await ines.get(WALK_IN)).text
    assert "Choose a light Nadia is free now" in text_of(page)
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key
    pressed = {"store": "rivoli", "service": "choisir-un-luminaire", "key": key[1], "first_name": ""}
    answer = await ines.post(WALK_IN, data=pressed)
    one = await the_only(database)
    assert answer.headers["location"] == f"/en/staff/appointments/{show_code(one.code)}"
    assert (one.status, one.origin, one.first_name) == (Status.ARRIVED, "walk_in", "Client")
    assert one.starts_at == datetime(2026, 11, 24, 11, 10, tzinfo=UTC)
    await ines.post(WALK_IN, data=pressed)
    await the_only(database)


async def test_the_second_who_walks_in_sees_the_other_advisor_and_the_third_hears_when(world, desk, colleague):
    ines = await colleague("ines")
    for _ in range(2):
        assert (await ines.post(WALK_IN, data={"store": "rivoli", "service": desk.lighting.slug})).status_code == 303
    answer = await ines.post(WALK_IN, data={"store": "rivoli", "service": desk.lighting.slug})
    assert answer.status_code == 409
    assert "Nobody is free for this now." in text_of(answer.text)
    assert "free at 12.50 pm" in text_of(answer.text)
    assert (await ines.post(WALK_IN, data={"store": "rivoli"})).status_code == 422
