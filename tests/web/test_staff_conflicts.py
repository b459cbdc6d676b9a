"""What somebody has to settle: conflicts with ways out, requests, visits nobody closed. Nothing happens by itself."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from factories import advise, advisor, booked, lea
from reading import text_of
from sqlalchemy import select

from booking import invariants
from booking.appointments import questions, receiving
from booking.appointments.states import Status
from booking.appointments.tables import Appointment
from booking.messages import Message
from kit.codes import show_code
from stores import places, schedules

CONFLICTS, SETTLE, BOARD = "/en/staff/conflicts", "/en/staff/settle", "/en/staff"
WEDNESDAY = datetime(2026, 11, 25, 13, 30, tzinfo=UTC)


@pytest.fixture
async def desk(world, database, clock):
    async with database.work() as session:
        return await advise(session, world, now=clock())


@pytest.fixture
async def visit(world, desk, database, clock) -> Appointment:
    async with database.work() as session:
        return await booked(session, world, desk, WEDNESDAY, now=clock(), advisor=desk.nadia)


@pytest.fixture
async def stricken(visit, desk, database, clock) -> Appointment:
    """Nadia is away on Wednesday from noon on."""
    async with database.work() as session:
        begin = WEDNESDAY - timedelta(hours=2)
        await schedules.add_time_off(
            session, desk.nadia.id, begin, begin + timedelta(hours=12), kind="ill", by="Hélène", now=clock()
        )
    return visit


async def now_of(database, one: Appointment) -> Appointment:
    async with database.work(readonly=True) as session:
        return await questions.get(session, one.id)


async def told(database) -> list[str]:
    async with database.work(readonly=True) as session:
        rows = await session.scalars(select(Message).where(Message.state == "pending", Message.recipient == "shopper"))
        return sorted(row.template for row in rows)


def place(start: datetime, slug: str) -> str:
    return f"{start:%Y-%m-%dT%H:%MZ}/{slug}"


async def test_where_everything_fits_the_list_says_so(visit, colleague):
    page = text_of((await (await colleague("ines")).get(CONFLICTS)).text)
    assert "Everything fits." in page
    assert "Léa" not in page


async def test_an_absence_over_an_appointment_is_listed_with_cause_and_ways_out(stricken, database, colleague):
    before = await told(database)
    page = (await (await colleague("ines")).get(CONFLICTS)).text
    said = text_of(page)
    assert "Léa M. Tomorrow at 2.30 pm" in said
    assert "The advisor is away." in said
    assert "asked for by the shopper" in said
    assert "Karim takes over" in said
    assert f'value="{place(WEDNESDAY, "karim")}"' in page
    assert "Martin" not in page
    assert await told(database) == before


async def test_a_colleague_takes_over_with_one_press_and_the_conflict_is_gone(stricken, desk, database, colleague):
    ines = await colleague("ines")
    page = (await ines.get(CONFLICTS)).text
    [action] = set(re.findall(r'action="(/en/staff/appointments/[^"]+/move)"', page))
    answer = await ines.post(
        action, data={"place": place(WEDNESDAY, "karim"), "back": "conflicts", "version": str(stricken.version)}
    )
    assert answer.headers["location"] == f"{CONFLICTS}?notice=moved"
    moved = await now_of(database, stricken)
    assert (moved.advisor_id, moved.starts_at) == (desk.karim.id, WEDNESDAY)
    assert "Everything fits." in text_of((await ines.get(CONFLICTS)).text)


async def test_an_absence_taken_back_clears_the_list_by_itself(stricken, database, colleague):
    async with database.work() as session:
        [off] = await schedules.time_off_between(session, [stricken.advisor_id], WEDNESDAY, WEDNESDAY) or [None]
        assert off is not None
        await schedules.remove_time_off(session, off)
    assert "Everything fits." in text_of((await (await colleague("ines")).get(CONFLICTS)).text)


async def test_the_ticked_ones_are_given_and_each_result_is_reported(stricken, world, desk, database, clock, colleague):
    """Karim is free for Léa, and for Hugo only until somebody books him meanwhile."""
    later = WEDNESDAY + timedelta(hours=2)
    async with database.work() as session:
        [off] = await schedules.time_off_between(session, [desk.nadia.id], WEDNESDAY, later)
        await schedules.remove_time_off(session, off)
        who = lea(first_name="Hugo", last_name="Petit", email="hugo@exemple.fr")
        hugo = await booked(session, world, desk, later, now=clock(), advisor=desk.nadia, customer=who)
        begin = WEDNESDAY - timedelta(hours=2)
        await schedules.add_time_off(
            session, desk.nadia.id, begin, begin + timedelta(hours=12), kind="ill", by="Hélène", now=clock()
        )
    ines = await colleague("ines")
    page = (await ines.get(CONFLICTS)).text
    codes = re.findall(r'name="code" value="([^"]+)" form="bulk"', page)
    assert codes == [show_code(stricken.code), show_code(hugo.code)]
    async with database.work() as session:
        who = lea(first_name="Zoé", email="zoe@exemple.fr")
        await booked(session, world, desk, later, now=clock(), advisor=desk.karim, customer=who)
    answer = await ines.post(CONFLICTS, data={"store": "rivoli", "code": codes})
    assert answer.status_code == 303
    said = text_of((await ines.get(answer.headers["location"])).text)
    assert "Léa M., Tomorrow at 2.30 pm: Karim takes over." in said
    assert "It was ticked and stays: nobody is free for it any more." in said
    assert (await now_of(database, stricken)).advisor_id == desk.karim.id
    assert (await now_of(database, hugo)).advisor_id == desk.nadia.id
    async with database.work(readonly=True) as session:
        assert await invariants.broken(session) == []


async def test_the_store_cancels_with_a_reason_and_never_without(stricken, database, colleague):
    ines = await colleague("ines")
    url = f"{CONFLICTS}/{show_code(stricken.code)}/cancel"
    refused = await ines.post(url, data={"reason": " "})
    assert refused.status_code == 422
    assert "Say why, in a few words" in text_of(refused.text)
    assert (await now_of(database, stricken)).status == Status.CONFIRMED
    answer = await ines.post(url, data={"reason": "Nadia est absente", "version": "1"})
    assert answer.status_code == 303
    one = await now_of(database, stricken)
    assert (one.status, one.reason) == (Status.CANCELLED, "Nadia est absente")
    assert await told(database) == ["appointment_store_cancelled"]


async def test_a_colleague_of_kleber_settles_nothing_of_rivoli(stricken, database, colleague):
    marc = await colleague("marc")
    assert "Léa" not in (await marc.get(f"{CONFLICTS}?store=rivoli")).text
    assert "Léa" not in (await marc.get(f"{CONFLICTS}?given={show_code(stricken.code)}")).text
    url = f"{CONFLICTS}/{show_code(stricken.code)}/cancel"
    assert (await marc.post(url, data={"reason": "non"})).status_code == 404
    ticked = {"store": "rivoli", "code": show_code(stricken.code)}
    assert (await marc.post(CONFLICTS, data=ticked)).status_code == 404
    assert (await marc.post(CONFLICTS, data={**ticked, "store": "kleber"})).status_code == 404
    assert (await now_of(database, stricken)).status == Status.CONFIRMED


async def test_without_a_session_nothing_is_settled(stricken, lea):
    assert (await lea.get(CONFLICTS)).status_code == 303
    assert (await lea.post(CONFLICTS, data={"store": "rivoli"})).status_code == 401


async def test_requests_wait_on_the_same_page(world, desk, database, clock, colleague):
    async with database.work() as session:
        start = datetime(2026, 11, 26, 14, tzinfo=UTC)
        await booked(session, world, desk, start, now=clock(), service=desk.kitchen)
    ines = await colleague("ines")
    assert "Requests to approve 1 Léa M. Thursday 26 November at 3 pm" in text_of((await ines.get(CONFLICTS)).text)
    assert "1 request to approve" in text_of((await ines.get("/en/staff/agenda")).text)


# Visits that are over


async def test_a_visit_that_is_over_waits_to_be_settled_until_somebody_says(visit, database, clock, colleague):
    ines = await colleague("ines")
    assert "Everything is settled." in text_of((await ines.get(SETTLE)).text)
    clock.to(WEDNESDAY + timedelta(hours=1))
    ines = await colleague("ines")
    page = (await ines.get(SETTLE)).text
    code = show_code(visit.code)
    assert "Wednesday 25 November 1 Léa M." in text_of(page)
    assert f'href="/en/staff/appointments/{code}#outcome"' in page
    assert f'action="/en/staff/appointments/{code}/no-show"' in page
    answer = await ines.post(f"/en/staff/appointments/{code}/no-show", data={"back": "settle"})
    assert answer.headers["location"] == f"{SETTLE}?notice=done"
    assert (await now_of(database, visit)).status == Status.NO_SHOW
    assert "Everything is settled." in text_of((await ines.get(SETTLE)).text)


async def test_whoever_has_arrived_is_not_said_to_have_stayed_away(visit, database, clock, colleague):
    async with database.work() as session:
        await receiving.arrive(session, await questions.get(session, visit.id), by="Inès", now=WEDNESDAY)
    clock.to(WEDNESDAY + timedelta(hours=1))
    page = (await (await colleague("ines")).get(SETTLE)).text
    assert "Léa M." in text_of(page)
    assert "/no-show" not in page
    assert "Léa" not in (await (await colleague("marc")).get(SETTLE)).text


# The board


async def test_the_board_counts_the_day_s_appointments_and_names_the_next(
    stricken, world, desk, database, clock, colleague
):
    async with database.work() as session:
        start = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
        who = lea(first_name="Hugo", last_name="Petit", email="hugo@exemple.fr")
        await booked(session, world, desk, start, now=clock(), customer=who, advisor=desk.karim)
    page = (await (await colleague("ines")).get(BOARD)).text
    numbers = {words: int(n) for words, n in re.findall(r"<dt><a[^>]*>([^<]+)</a></dt><dd>(\d+)</dd>", page)}
    assert (numbers["appointments"], numbers["conflicts"]) == (1, 1)
    assert "to settle" not in numbers
    said = text_of(page)
    assert "Today’s appointments" in said
    assert "3 pm Hugo P." in said
    assert "Petit" not in page
    assert "Hugo" not in (await (await colleague("marc")).get(BOARD)).text


async def test_a_shift_of_another_store_is_no_column_here(world, desk, database, clock, colleague):
    async with database.work() as session:
        odile = await advisor(session, world, "Odile", [desk.skills["light"]], ["fr"], store=world.kleber)
        kleber = await places.find(session, "kleber")
        await schedules.add_shift(session, odile.id, kleber, WEDNESDAY, WEDNESDAY + timedelta(hours=3))
    page = (await (await colleague("ines")).get("/en/staff/agenda?day=2026-11-25")).text
    assert "Odile" not in page
    assert "Odile" in (await (await colleague("marc")).get("/en/staff/agenda?day=2026-11-25")).text
