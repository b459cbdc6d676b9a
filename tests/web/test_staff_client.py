"""The file of a client: to know and not to spy; given out and erased by a manager, and by nobody else."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from factories import advise, booked, lea, reserved
from pyotp import TOTP
from reading import text_of
from sqlalchemy import select, update

from booking import journal, tasks
from booking.appointments import asking, preparing, questions, receiving
from booking.appointments.asking import Brief
from booking.appointments.states import Outcome
from booking.appointments.tables import Appointment, Note
from booking.reservations import asking as holding
from booking.reservations import questions as holds
from booking.tasks import Task
from kit.codes import show_code
from stores import places
from stores.staff import Account

AT = datetime(2026, 11, 24, 13, 30, tzinfo=UTC)
"""14 h 30 in Paris, this afternoon."""


@pytest.fixture
async def desk(world, database, clock):
    async with database.work() as session:
        return await advise(session, world, now=clock())


async def came(session, world, desk, now, *, history: bool) -> Appointment:
    """Léa was received this afternoon, and two notes were written."""
    one = await booked(session, world, desk, AT, now=now, brief=Brief(history=history, access="une chaise"))
    for text, private in (("aime le laiton", False), ("pour ses noces", True)):
        await preparing.write_note(session, one, text, private=private, account_id=None, by="Karim", now=now)
    later = AT + timedelta(hours=1)
    await receiving.complete(
        session, one, outcome=Outcome.NOTHING, reason="trop grande", by="Karim", now=later,
        follow_up="rappeler Léa", follow_up_at=later + timedelta(days=3),
    )  # fmt: skip
    return one


@pytest.fixture
async def visit(world, desk, database, clock) -> Appointment:
    async with database.work() as session:
        return await came(session, world, desk, clock(), history=True)


def file_of(code: str, step: str = "", language: str = "en") -> str:
    return f"/{language}/staff/clients/{show_code(code)}" + (f"/{step}" if step else "")


async def now_of(database, one: Appointment) -> Appointment:
    async with database.work(readonly=True) as session:
        return await questions.get(session, one.id)


async def test_all_her_bookings_of_the_stores_one_sees_stand_in_one_file(visit, world, colleague, database, clock):
    async with database.work() as session:
        hold = await reserved(session, world, now=clock(), customer=lea(email="LEA@exemple.fr"))
        elsewhere = await reserved(session, world, now=clock(), store=world.kleber)
        other = await reserved(session, world, now=clock(), customer=lea(first_name="Paul", email="paul@exemple.fr"))
    page = (await (await colleague("ines")).get(file_of(visit.code))).text
    for code in (visit.code, hold.code):
        assert show_code(code) in page
    for code in (elsewhere.code, other.code):
        assert show_code(code) not in page
    words = text_of(page)
    for said in ("lea@exemple.fr", "French", "Choose a light", "Oscar lamp", "trop grande", "may be looked at"):
        assert said in words, said
    assert "by email" in words
    by_hold = (await (await colleague("ines")).get(file_of(hold.code))).text
    assert show_code(visit.code) in by_hold


async def test_another_store_finds_nobody_and_a_merchandiser_may_not_look(visit, colleague):
    marc, paul, helene = await colleague("marc"), await colleague("paul"), await colleague("helene")
    assert (await marc.get(file_of(visit.code))).status_code == 404
    assert (await helene.get(file_of("00000000"))).status_code == 404
    assert (await helene.get("/en/staff/clients/nobody")).status_code == 404
    assert (await paul.get(file_of(visit.code))).status_code == 403
    for step in ("export", "erase"):
        assert (await paul.post(file_of(visit.code, step))).status_code == 403


async def test_what_came_of_her_visits_stays_closed_without_her_consent(world, desk, colleague, database, clock):
    async with database.work() as session:
        one = await came(session, world, desk, clock(), history=False)
    words = text_of((await (await colleague("ines")).get(file_of(one.code))).text)
    for closed in ("trop grande", "aime le laiton", "pour ses noces"):
        assert closed not in words
    assert "has not allowed us" in words


async def test_a_private_note_is_not_in_the_file(visit, colleague):
    words = text_of((await (await colleague("ines")).get(file_of(visit.code))).text)
    assert "aime le laiton" in words
    assert "pour ses noces" not in words
    assert "on request" in words


async def test_the_file_says_when_it_erases_itself(visit, world, desk, colleague, database, clock):
    ines = await colleague("ines")
    assert "by itself on Monday 22 February" in text_of((await ines.get(file_of(visit.code))).text)
    async with database.work() as session:
        await booked(session, world, desk, AT + timedelta(days=1), now=clock())
    assert "90 days after the last booking ends" in text_of((await ines.get(file_of(visit.code))).text)


# Given out


async def test_a_manager_gives_out_everything_that_is_kept(visit, world, colleague, database, clock):
    async with database.work() as session:
        hold = await reserved(session, world, now=clock())
        await reserved(session, world, now=clock(), store=world.kleber)
    ines, helene = await colleague("ines"), await colleague("helene")
    assert "Download" not in (await ines.get(file_of(visit.code))).text
    assert (await ines.post(file_of(visit.code, "export"))).status_code == 403
    answer = await helene.post(file_of(visit.code, "export"))
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == f'attachment; filename="client-{show_code(visit.code)}.json"'
    assert answer.headers["cache-control"] == "no-store"
    data = json.loads(answer.text)
    assert data["person"]["email"] == "lea@exemple.fr"
    (met,) = data["appointments"]
    assert (met["outcome_reason"], met["access"]) == ("trop grande", "une chaise")
    assert [note["text"] for note in met["notes"]] == ["aime le laiton", "pour ses noces"]
    assert [one["code"] for one in data["reservations"]] == [show_code(hold.code)]
    async with database.work(readonly=True) as session:
        assert (await journal.of(session, "appointment", visit.id))[-1].event == "exported"


async def test_an_old_second_factor_is_asked_for_again(visit, colleague, database, clock):
    async with database.work() as session:
        account = await session.scalar(select(Account).where(Account.email == "helene@aurore.example"))
        secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
        await session.execute(
            update(Account).where(Account.id == account.id).values(totp_secret=secret, totp_confirmed_at=clock())
        )
    helene = await colleague("helene")
    given = await helene.post("/en/staff/second-factor", data={"code": TOTP(secret).at(clock())})
    assert given.status_code == 303
    assert (await helene.post(file_of(visit.code, "export"))).status_code == 200
    clock.forward(minutes=11)
    for step in ("export", "erase"):
        stale = await helene.post(file_of(visit.code, step))
        assert stale.status_code == 303
        assert stale.headers["location"].startswith("/en/staff/second-factor?next=")
    assert (await now_of(database, visit)).erased_at is None


# Erased


async def test_erasing_leaves_no_name_no_note_and_no_promise(visit, world, colleague, database, clock):
    async with database.work() as session:
        hold = await reserved(session, world, now=clock())
        await holding.cancel(session, hold, now=clock())
    ines, helene = await colleague("ines"), await colleague("helene")
    assert (await ines.post(file_of(visit.code, "erase"))).status_code == 403
    assert (await helene.post(file_of(visit.code, "erase"))).status_code == 303
    after = await now_of(database, visit)
    assert (after.first_name, after.email, after.access, after.outcome_reason) == ("", "", "", "")
    async with database.work(readonly=True) as session:
        assert (await holds.get(session, hold.id)).first_name == ""
        assert list(await session.scalars(select(Note))) == []
        (task,) = await session.scalars(select(Task).where(Task.kind == tasks.Kind.FOLLOW_UP))
        assert task.note == "" and task.done_at is not None
    page = await helene.get(file_of(visit.code))
    assert page.status_code == 200
    assert "name and contact are erased" in page.text
    sheet = await helene.get(f"/en/staff/appointments/{show_code(visit.code)}")
    assert sheet.status_code == 200
    assert "Martin" not in sheet.text


async def test_erasing_cancels_nothing_and_waits_for_what_is_open(visit, world, colleague, database, clock):
    async with database.work() as session:
        hold = await reserved(session, world, now=clock())
    helene = await colleague("helene")
    no = await helene.post(file_of(visit.code, "erase"))
    assert no.status_code == 409
    assert "Something is still open" in no.text
    assert (await now_of(database, visit)).first_name == "Léa"
    async with database.work(readonly=True) as session:
        assert (await holds.get(session, hold.id)).status == "requested"


async def test_another_store_keeps_what_it_has(visit, world, colleague, database, clock):
    async with database.work() as session:
        elsewhere = await reserved(session, world, now=clock(), store=world.kleber)
    await (await colleague("helene")).post(file_of(visit.code, "erase"))
    async with database.work(readonly=True) as session:
        assert (await holds.get(session, elsewhere.id)).first_name == "Léa"


async def test_who_walked_in_has_a_file_of_one_booking(world, desk, colleague, database, clock):
    async with database.work() as session:
        rivoli = await places.find(session, "rivoli")
        for name in ("Ada", "Bea"):
            await asking.book_anyway(
                session, rivoli, desk.lighting, clock() + timedelta(hours=1 if name == "Ada" else 3),
                lea(first_name=name, last_name="", email=""), Brief(), advisor_id=desk.nadia.id, reason="",
                secret=b"s", now=clock(), origin="walk_in", by="Inès",
            )  # fmt: skip
        code = await session.scalar(select(Appointment.code).where(Appointment.first_name == "Ada"))
    page = text_of((await (await colleague("ines")).get(file_of(code))).text)
    assert "Ada" in page and "Bea" not in page
    assert "Bookings 1" in page
