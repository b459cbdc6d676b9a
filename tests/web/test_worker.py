"""The worker: what time does to a reservation, what leaves for whom, and what the night looks at."""

import asyncio
import json
import pickle
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP
from conftest import NOON
from factories import PASSWORD, SECRET, WEEK, advise, advisor, booked, lea, reserved, store
from sqlalchemy import func, select, text, update

from booking import invariants, journal, reconciliation, selections
from booking.appointments import asking as appointing
from booking.appointments import holding
from booking.appointments import questions as appointments
from booking.appointments.asking import Brief
from booking.blocks import Block, SlotHold
from booking.mailbox import DemoMail
from booking.messages import Message, State
from booking.reservations import answering, asking, questions
from booking.reservations.tables import Reservation
from booking.selections import Selection
from kit.codes import show_code
from stores import catalogue, places, schedules, staff
from stores.places import Store
from stores.schedules import Shift
from stores.stock import StockMovement, StoreStock
from web import effects, worker
from web.worker import Office

pytestmark = pytest.mark.filterwarnings("ignore:.*imghdr:DeprecationWarning")  # read by a plugin of Apprise


@pytest.fixture
async def office(settings, clean_redis, database, clock, world) -> AsyncIterator[Office]:
    """The worker's office in the small world: the test's clock, the test's database."""
    office = Office(settings, clean_redis)
    await office.database.engine.dispose()
    office.database, office.clock = database, clock
    return office


@pytest.fixture
async def asked(world, database, clock) -> Reservation:
    """At noon Léa asks Rivoli for a lamp: amber at 12:30, its manager at 12:45, the group at 13:00, over at 14:00."""
    async with database.work() as session:
        return await reserved(session, world, now=clock())


async def work(office: Office) -> None:
    """What the worker does every two seconds."""
    await worker.tick(office)
    await worker.deliver(office)


async def now_of(database, one: Reservation) -> Reservation:
    async with database.work(readonly=True) as session:
        return await questions.get(session, one.id)


async def mails(database, template: str) -> list[DemoMail]:
    async with database.work(readonly=True) as session:
        query = select(DemoMail).where(DemoMail.template == template).order_by(DemoMail.at, DemoMail.to)
        return list(await session.scalars(query))


async def queued(database, template: str) -> list[Message]:
    async with database.work(readonly=True) as session:
        return list(await session.scalars(select(Message).where(Message.template == template)))


async def set_store(database, slug: str, **values: Any) -> None:
    async with database.work() as session:
        await session.execute(update(Store).where(Store.slug == slug).values(**values))


# A tick


async def test_nothing_due_changes_nothing(office, asked, database):
    await work(office)
    after = await now_of(database, asked)
    assert (after.status, after.version, after.alarm) == ("requested", asked.version, "")


async def test_one_that_fails_does_not_stop_those_behind_it(office, asked, world, database, clock):
    """Kléber's is the first that is due, and Kléber's time zone cannot be read."""
    async with database.work() as session:
        await session.execute(update(Store).where(Store.slug == "kleber").values(answer_minutes=30))
        first = await reserved(
            session, world, now=clock() - timedelta(minutes=20), store=world.kleber,
            customer=lea(email="hugo@exemple.fr"),
        )  # fmt: skip
        last = await reserved(session, world, now=clock(), customer=lea(email="zoe@exemple.fr"))
    await set_store(database, "kleber", timezone="Europe/Atlantis")
    clock.forward(minutes=31)
    await worker.tick(office)
    alarms = {one.id: (await now_of(database, one)).alarm for one in (first, asked, last)}
    assert alarms == {first.id: "", asked.id: "amber", last.id: "amber"}
    await set_store(database, "kleber", timezone="Europe/Paris")
    await worker.tick(office)
    assert (await now_of(database, first)).alarm != "", "the next tick tries again"


async def test_one_that_somebody_has_in_hand_is_left_for_the_next_tick(office, asked, database, clock):
    clock.forward(minutes=31)
    async with database.work() as session:
        await session.execute(select(Reservation.id).where(Reservation.id == asked.id).with_for_update())
        await asyncio.wait_for(worker.tick(office), 2)
    assert (await now_of(database, asked)).alarm == ""
    await worker.tick(office)
    assert (await now_of(database, asked)).alarm == "amber"


async def test_two_workers_at_once_settle_each_one_once(office, asked, database, clock):
    clock.forward(minutes=31)
    await asyncio.gather(*(worker.tick(office) for _ in range(4)))
    async with database.work(readonly=True) as session:
        entries = [entry.event for entry in await journal.of(session, "reservation", asked.id)]
    assert entries.count("alarm_amber") == 1
    await asyncio.gather(*(worker.deliver(office) for _ in range(3)))
    assert len(await mails(database, "staff_amber")) == 1


# Confirming without a person


async def mailed_link(office, browser, to: str = "lea@exemple.fr") -> str:
    """Léa opens the link that came by mail; the address where it led her."""
    await worker.deliver(office)
    mail = (await mails(office.database, "received"))[-1]
    assert mail.to == to
    link = next(link for link in mail.links if "/my/" in link)
    opened = await browser.get(link.removeprefix("http://vitrine.test"))
    assert opened.status_code == 303
    return opened.headers["location"].partition("?")[0]


async def test_a_store_that_trusts_its_stock_lets_the_worker_confirm(office, asked, lea, database):
    page = await mailed_link(office, lea)
    assert (await lea.post(f"{page}/verify")).status_code == 303
    await set_store(database, "rivoli", auto_confirm=True)
    await work(office)
    after = await now_of(database, asked)
    assert (after.status, after.auto_confirmed) == ("confirmed", True)
    [mail] = await mails(database, "confirmed")
    assert (mail.to, mail.language) == ("lea@exemple.fr", "fr")


async def test_who_has_not_opened_her_mail_waits_for_staff(office, asked, database):
    await set_store(database, "rivoli", auto_confirm=True)
    await work(office)
    after = await now_of(database, asked)
    assert (after.status, after.auto_confirmed) == ("requested", False)
    async with database.work(readonly=True) as session:
        entries = [entry.event for entry in await journal.of(session, "reservation", asked.id)]
    assert "left_to_staff" in entries
    await work(office)
    async with database.work(readonly=True) as session:
        assert [entry.event for entry in await journal.of(session, "reservation", asked.id)] == entries


async def test_stock_that_nobody_has_seen_lately_is_looked_for_by_a_person(office, asked, database, clock):
    async with database.work() as session:
        await asking.verify(session, await questions.get(session, asked.id), now=clock())
        await session.execute(update(StoreStock).values(seen_at=clock() - timedelta(days=40)))
    await set_store(database, "rivoli", auto_confirm=True)
    await work(office)
    assert (await now_of(database, asked)).status == "requested"


async def test_a_store_that_did_not_ask_for_it_answers_itself(office, asked, database, clock):
    async with database.work() as session:
        await asking.verify(session, await questions.get(session, asked.id), now=clock())
    await work(office)
    assert (await now_of(database, asked)).status == "requested"


# Pressing


@pytest.fixture
async def managers(world, database, clock) -> None:
    """Kate reads English and leads Rivoli with Hélène; Luc leads Lyon of the same group, Ana a store of no group."""
    async with database.work() as session:
        alone = store("porto", group="", email="porto@aurore.example")
        session.add(alone)
        await session.flush()
        for name, where, language in (("kate", world.rivoli, "en"), ("luc", world.lyon, "fr"), ("ana", alone, "en")):
            await staff.add_account(
                session, f"{name}@aurore.example", "manager", first_name=name.capitalize(), store_ids=[where.id],
                language=language, password=PASSWORD, now=clock(),
            )  # fmt: skip


async def told(database, template: str) -> set[tuple[str, str]]:
    return {(mail.to, mail.language) for mail in await mails(database, template)}


STORE, HELENE, KATE, LUC = (
    ("rivoli@aurore.example", "fr"),
    ("helene@aurore.example", "fr"),
    ("kate@aurore.example", "en"),
    ("luc@aurore.example", "fr"),
)


async def test_the_store_then_its_managers_then_the_group_hear_each_in_her_language(
    office, asked, managers, database, clock
):
    await work(office)
    assert await told(database, "staff_request") == {STORE}
    clock.to(NOON + timedelta(minutes=29))
    await work(office)
    assert await told(database, "staff_amber") == set()
    clock.to(NOON + timedelta(minutes=30))
    await work(office)
    assert await told(database, "staff_amber") == {STORE}
    clock.to(NOON + timedelta(minutes=45))
    await work(office)
    assert await told(database, "staff_amber") == {STORE, HELENE, KATE}
    clock.to(NOON + timedelta(minutes=60))
    await work(office)
    assert await told(database, "staff_missed") == {STORE, HELENE, KATE, LUC}
    by_reader = {mail.to: mail for mail in await mails(database, "staff_missed")}
    code = show_code(asked.code)
    for reader in (HELENE[0], KATE[0]):
        assert code in by_reader[reader].subject
        assert "Martin" not in by_reader[reader].text + by_reader[reader].subject
        assert f"/staff/reservations/{code}" in "".join(by_reader[reader].links)
    assert by_reader[HELENE[0]].subject != by_reader[KATE[0]].subject
    assert "/en/staff" in by_reader[KATE[0]].links[0]
    assert "/fr/staff" in by_reader[HELENE[0]].links[0]


async def test_in_the_end_the_shopper_gets_an_apology_and_her_articles_are_free(office, asked, world, database, clock):
    clock.to(NOON + timedelta(minutes=120))
    await work(office)
    assert (await now_of(database, asked)).status == "unanswered"
    [mail] = await mails(database, "unanswered")
    assert mail.to == "lea@exemple.fr"
    assert re.search(r"01.?99.?00.?12.?34", mail.text)
    async with database.work(readonly=True) as session:
        assert (await session.get_one(StoreStock, (world.rivoli.id, world.lamp.id))).available == 5


async def test_after_an_answer_no_alarm_leaves_even_if_it_was_already_written(office, asked, database, clock):
    clock.to(NOON + timedelta(minutes=30))
    await worker.tick(office)
    async with database.work() as session:
        one = await questions.get(session, asked.id)
        await answering.decline(session, one, reason="sold", by="Inès", now=clock())
    await worker.deliver(office)
    assert await mails(database, "staff_amber") == []
    [message] = await queued(database, "staff_amber")
    assert message.state == State.DROPPED


async def test_what_comes_due_while_the_store_is_closed_waits_for_its_opening(office, world, database, clock):
    clock.to(NOON + timedelta(hours=7, minutes=25))  # 19:25 in Paris, amber at 19:55
    async with database.work() as session:
        await reserved(session, world, now=clock())
    await worker.deliver(office)
    clock.to(NOON + timedelta(hours=9))  # the worker was away, and the store closed an hour ago
    await work(office)
    [message] = await queued(database, "staff_amber")
    assert (message.state, message.due_at) == (State.PENDING, NOON + timedelta(hours=22))
    clock.to(NOON + timedelta(hours=21, minutes=59))
    await worker.deliver(office)
    assert await mails(database, "staff_amber") == []
    clock.to(NOON + timedelta(hours=22))
    await worker.deliver(office)
    assert await told(database, "staff_amber") == {STORE}


# The ways out: a real mail server, and a real address of Apprise


class Outside:
    """Takes mail by SMTP, and notes by HTTP as Apprise's `json://` sends them."""

    def __init__(self) -> None:
        self.mails: list[Any] = []
        self.notes: list[dict[str, Any]] = []
        self.mail_url = self.note_url = ""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    async def http(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = int(re.search(r"content-length: (\d+)", head, re.IGNORECASE)[1])
        self.notes.append(json.loads(await reader.readexactly(length)))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()
        await writer.wait_closed()


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    outside = Outside()
    loop = asyncio.get_running_loop()
    smtp = await loop.create_server(lambda: SMTP(outside, hostname="sink", loop=loop), "127.0.0.1", 0)
    http = await asyncio.start_server(outside.http, "127.0.0.1", 0)
    outside.mail_url = f"smtp://127.0.0.1:{smtp.sockets[0].getsockname()[1]}"
    outside.note_url = f"json://127.0.0.1:{http.sockets[0].getsockname()[1]}/"
    yield outside
    for server in (smtp, http):
        server.close()
        await server.wait_closed()


async def test_the_store_hears_by_mail_and_on_its_own_channel(
    outside, settings, clean_redis, database, clock, world, managers
):
    real = Office(replace(settings, demo=False, smtp_url=outside.mail_url), clean_redis)
    await real.database.engine.dispose()
    real.database, real.clock = database, clock
    await set_store(database, "rivoli", staff_notify_url=outside.note_url)
    async with database.work() as session:
        one = await reserved(session, world, now=clock())
    clock.forward(minutes=30)
    await work(real)
    code = show_code(one.code)
    assert {mail["To"] for mail in outside.mails} == {"lea@exemple.fr", "rivoli@aurore.example"}
    request, amber = outside.notes
    assert code in request["message"] + request["title"]
    assert f"Demande {code} sans réponse" in amber["title"]
    assert f"/fr/staff/reservations/{code}" in amber["message"]
    assert "Martin" not in json.dumps(outside.notes)
    [alarm] = [mail for mail in outside.mails if mail["Subject"].startswith(f"Demande {code} sans réponse")]
    assert alarm["Reply-To"] is None or "aurore.example" in alarm["Reply-To"]
    clock.forward(minutes=15)
    await work(real)
    assert {mail["To"] for mail in outside.mails} >= {"helene@aurore.example", "kate@aurore.example"}
    await work(real)
    assert len(outside.notes) == 2, "nothing is told twice"


# Tomorrow


async def test_in_the_last_hour_the_store_is_told_once_what_waits(office, asked, database, clock):
    async with database.work() as session:
        one = await questions.get(session, asked.id)
        [line] = one.lines
        await answering.answer(session, one, {line.id: answering.Found(1)}, by="Inès", now=clock())
    clock.to(NOON + timedelta(hours=6, minutes=59))  # 18:59 in Paris
    await work(office)
    assert await mails(database, "staff_tomorrow") == []
    for minutes in (0, 1, 40):
        clock.to(NOON + timedelta(hours=7, minutes=minutes))
        await work(office)
    [mail] = await mails(database, "staff_tomorrow")
    assert (mail.to, mail.language) == STORE
    assert "À préparer : 1" in mail.text.replace("\u202f", " ").replace("\u00a0", " ")
    clock.to(NOON + timedelta(days=1, hours=7))
    await work(office)
    assert len(await mails(database, "staff_tomorrow")) == 2, "the next day is another list"


async def test_a_day_with_nothing_waiting_says_nothing(office, world, clock, database):
    clock.to(NOON + timedelta(hours=7, minutes=30))
    await work(office)
    assert await queued(database, "staff_tomorrow") == []


async def test_tomorrows_appointments_are_in_the_stores_letter_and_in_each_advisors_own(office, world, database, clock):
    """Nadia signs in as Inès and has one tomorrow; Karim has no account; Thursday's is nobody's business yet."""
    async with database.work() as session:
        desk = await advise(session, world, now=clock())
        for days, hour, whom in ((1, 10, desk.nadia), (1, 13, desk.karim), (2, 10, desk.nadia)):
            start = NOON.replace(hour=hour) + timedelta(days=days)
            customer = lea(email=f"lea{hour}{days}@exemple.fr")
            await booked(session, world, desk, start, now=clock(), advisor=whom, customer=customer)
        await booked(session, world, desk, NOON + timedelta(hours=3), now=clock(), customer=lea(email="zoe@exemple.fr"))
    await work(office)
    clock.to(NOON + timedelta(hours=7))
    for minutes in (0, 1, 40):
        clock.to(NOON + timedelta(hours=7, minutes=minutes))
        await work(office)
    [mail] = await mails(database, "staff_tomorrow")
    text = mail.text.replace("\u202f", " ").replace("\u00a0", " ")
    assert mail.to == STORE[0]
    assert "- 11 h, Léa M., Choisir un luminaire, Nadia, préparé 0/2\n- 14 h, Léa M., Choisir un" in text
    assert "À clôturer : 1 rendez-vous passé" in text
    assert text.count("Léa M.") == 2 and "@exemple.fr" not in text
    assert any(link.endswith("/fr/staff/agenda?day=2026-11-25") for link in mail.links)
    [own] = await mails(database, "staff_my_day")
    assert own.to == "ines@aurore.example"
    assert own.subject.replace("\u202f", " ") == "Demain chez Aurore Rivoli : 1 rendez-vous"
    assert "11" in own.text and "Karim" not in own.text and "Nadia" not in own.text
    async with database.work(readonly=True) as session:
        kept = await session.scalars(
            select(Message.payload).where(Message.template.in_(["staff_tomorrow", "staff_my_day"]))
        )
        assert "Léa" not in json.dumps(list(kept)), "names are read when it is sent, and kept nowhere else"


async def test_on_saturday_evening_mondays_list_comes_and_a_sunday_outside_hours_is_not_forgotten(
    office, world, database, clock
):
    saturday = NOON + timedelta(days=4)
    async with database.work() as session:
        desk = await advise(session, world, now=clock())
        await booked(session, world, desk, saturday + timedelta(days=2), now=clock(), advisor=desk.nadia)
        store = await places.find(session, "rivoli")
        await appointing.book_anyway(
            session, store, desk.lighting, saturday + timedelta(days=1), lea(), appointing.Brief(),
            advisor_id=desk.nadia.id, reason="visite privée", secret=SECRET, now=clock(), origin="store", by="Hélène",
        )  # fmt: skip
    clock.to(saturday + timedelta(hours=7))
    await work(office)
    [mail] = await mails(database, "staff_tomorrow")
    text = mail.text.replace("\u202f", " ").replace("\u00a0", " ")
    assert mail.subject == "Lundi 30 novembre chez Aurore Rivoli"
    assert "- dimanche 29 novembre, 12 h, Léa M." in text and "- 12 h, Léa M." in text


async def test_a_list_that_could_not_leave_before_its_day_was_over_is_dropped(office, world, database, clock):
    async with database.work() as session:
        desk = await advise(session, world, now=clock())
        await booked(session, world, desk, NOON.replace(hour=10) + timedelta(days=1), now=clock(), advisor=desk.nadia)
    clock.to(NOON + timedelta(hours=7))
    await worker.tick(office)
    clock.to(NOON + timedelta(days=1, hours=14))
    await worker.deliver(office)
    assert await mails(database, "staff_tomorrow") == []
    assert {message.reason for message in await queued(database, "staff_my_day")} == {"its day has passed"}


async def test_each_other_start_in_a_letter_opens_the_form_for_that_start(office, lea, world, database, clock):
    """Karim is ill: Léa's kitchen cannot be; she presses one of the three times, with her lamp still on the list."""
    async with database.work() as session:
        desk = await advise(session, world, now=clock())
        lamp = (await catalogue.find_variants(session, [world.lamp.sku]))[world.lamp.sku]
        brief = appointing.Brief(items=[(lamp, 1)])
        start = NOON.replace(hour=13) + timedelta(days=3)
        one = await booked(session, world, desk, start, now=clock(), advisor=desk.karim, brief=brief)
        await appointing.cancel(
            session, await appointments.get(session, one.id), by="Hélène", reason="absent", now=clock()
        )
    await worker.deliver(office)
    [mail] = await mails(database, "appointment_store_cancelled")
    ways = [link.removeprefix("http://vitrine.test") for link in mail.links]
    assert [way.partition("?")[0] for way in ways] == ["/fr/appointments/new/details"] * 3 + [
        "/fr/appointments/new/time"
    ]
    for way in ways:
        page = await lea.get(way)
        assert page.status_code == 200, way
        assert ("Lampe Oscar" in page.text) == ("/details" in way)


async def test_a_request_that_nobody_answers_reaches_the_managers_once(office, world, managers, database, clock):
    async with database.work() as session:
        desk = await advise(session, world, now=clock())
        start = NOON.replace(hour=13) + timedelta(days=3)
        one = await booked(session, world, desk, start, now=clock(), service=desk.kitchen)
    await work(office)
    assert await told(database, "staff_approval") == {STORE}
    clock.forward(minutes=59)
    await work(office)
    assert await told(database, "staff_approval") == {STORE}
    for _ in range(2):
        clock.forward(minutes=1)
        await work(office)
    assert await told(database, "staff_approval") == {STORE, HELENE, KATE}
    assert len(await mails(database, "staff_approval")) == 3, one.code


async def test_a_store_whose_hours_cannot_be_read_does_not_silence_the_others(office, world, database, clock):
    clock.to(NOON + timedelta(hours=7))
    async with database.work() as session:
        await reserved(session, world, now=clock())
    await set_store(database, "kleber", timezone="Europe/Atlantis")
    await work(office)
    assert await told(database, "staff_tomorrow") == {STORE}


# The last morning


async def test_the_last_morning_reminds_who_has_not_come(office, asked, database, clock):
    async with database.work() as session:
        one = await questions.get(session, asked.id)
        [line] = one.lines
        await answering.answer(session, one, {line.id: answering.Found(1)}, by="Inès", now=clock())
        await answering.make_ready(session, one, place="R-12", by="Inès", now=clock())
    await work(office)
    assert len(await mails(database, "ready")) == 1
    last_day = (await now_of(database, asked)).hold_until
    assert last_day == NOON + timedelta(days=2, hours=8)  # Thursday, 20:00 in Paris
    clock.to(last_day.replace(hour=8, minute=59))
    await work(office)
    assert await mails(database, "reminder") == []
    clock.to(last_day.replace(hour=9, minute=0))  # 10:00 in Paris
    await work(office)
    [mail] = await mails(database, "reminder")
    assert mail.to == "lea@exemple.fr"
    await work(office)
    assert len(await mails(database, "reminder")) == 1


async def test_who_came_is_not_reminded(office, asked, database, clock):
    async with database.work() as session:
        one = await questions.get(session, asked.id)
        [line] = one.lines
        await answering.answer(session, one, {line.id: answering.Found(1)}, by="Inès", now=clock())
        await answering.make_ready(session, one, place="R-12", by="Inès", now=clock())
        await answering.collect(session, one, {line.id: 1}, by="Inès", now=clock())
    clock.to(NOON + timedelta(days=1, hours=22))
    await work(office)
    assert await mails(database, "reminder") == []


# The night


async def test_the_night_writes_its_report_and_forgets_names_after_ninety_days(office, asked, database, clock):
    async with database.work() as session:
        one = await questions.get(session, asked.id)
        await asking.cancel(session, one, now=clock())
    await worker.deliver(office)
    clock.to(NOON + timedelta(days=89, hours=14))
    await worker.night(office)
    assert (await now_of(database, asked)).email == "lea@exemple.fr"
    clock.to(NOON + timedelta(days=90, hours=15))
    await worker.night(office)
    after = await now_of(database, asked)
    assert after.erased_at == clock()
    assert "lea" not in f"{after.email}{after.phone}{after.note}".lower()
    assert "Martin" not in after.last_name + after.first_name
    assert (after.code, after.status) == (asked.code, "cancelled")
    async with database.work(readonly=True) as session:
        reports = (await session.scalars(select(reconciliation.Report).order_by(reconciliation.Report.at))).all()
    assert [report.at for report in reports] == [NOON + timedelta(days=89, hours=14), clock()]


async def test_the_night_makes_shifts_forgets_selections_and_erases_appointments(office, world, database, clock):
    """Kléber's time zone cannot be read: the others have their shifts all the same."""
    async with database.work() as session:
        desk = await advise(session, world, now=clock())
        one = await booked(session, world, desk, NOON + timedelta(days=1, hours=2), now=clock())
        await appointing.cancel(session, await appointments.get(session, one.id), now=clock())
        await selections.begin(session, store_id=None, now=clock())
        last = await session.scalar(select(func.max(Shift.day)))
        kim = await advisor(session, world, "Kim", [], ["fr"], store=world.kleber)
        kleber = await places.find(session, "kleber")
        await schedules.set_week(session, kim.id, kleber, WEEK, valid_from=last, now=clock())
    await set_store(database, "kleber", timezone="Europe/Atlantis")
    clock.to(NOON + timedelta(days=7, hours=14))
    await worker.night(office)
    async with database.work(readonly=True) as session:
        days = select(func.max(Shift.day)).where(Shift.advisor_id == desk.nadia.id)
        assert await session.scalar(days) == last + timedelta(days=8), "it is Wednesday in Paris"
        assert await session.scalar(select(func.count()).select_from(Selection)) == 1
    clock.to(NOON + timedelta(days=90, hours=15))
    await worker.night(office)
    async with database.work(readonly=True) as session:
        after = await appointments.get(session, one.id)
        assert (after.first_name, after.email, after.status) == ("", "", "cancelled")
        assert after.erased_at == clock()
        assert await session.scalar(select(func.count()).select_from(Selection)) == 0


async def test_a_tick_sweeps_the_holds_that_have_run_out(office, world, database, clock):
    async with database.work() as session:
        desk = await advise(session, world, now=clock())
        store = await places.find(session, "rivoli")
        for browser, minutes in ((b"a" * 32, 0), (b"b" * 32, 5)):
            now, start = clock() + timedelta(minutes=minutes), NOON + timedelta(days=1, hours=3)
            await holding.hold(session, store, desk.lighting, start, browser=browser, now=now)
    clock.forward(minutes=10)
    await worker.tick(office)
    async with database.work(readonly=True) as session:
        assert [hold.browser for hold in await session.scalars(select(SlotHold))] == [b"b" * 32]
        assert len((await session.scalars(select(Block))).all()) == 1


async def test_what_nobody_settled_keeps_no_articles_and_no_name_for_ever(office, world, database, clock):
    async with database.work() as session:
        desk = await advise(session, world, now=clock())
        lamp = (await catalogue.find_variants(session, [world.lamp.sku]))[world.lamp.sku]
        start = NOON + timedelta(days=1, hours=2)
        one = await booked(session, world, desk, start, now=clock(), brief=Brief(items=[(lamp, 2)]))
    for day, held in ((1, 2), (2, 0)):
        clock.to(NOON + timedelta(days=day, hours=14))
        await worker.night(office)
        async with database.work(readonly=True) as session:
            after = await appointments.get(session, one.id)
            assert [item.held for item in after.items] == [held], day
            assert after.status == "confirmed", "what came of it is still to be said"
    clock.to(NOON + timedelta(days=95))
    await worker.night(office)
    async with database.work(readonly=True) as session:
        after = await appointments.get(session, one.id)
        assert (after.first_name, after.email) == ("", "")
        assert await invariants.broken(session) == []


async def test_the_night_reports_a_number_that_nothing_explains_and_edits_nothing(
    office, asked, world, database, clock
):
    async with database.work() as session:
        await session.execute(text("set local session_replication_role = replica"))
        await session.execute(
            text("update store_stock set book = book + 3 where variant_id = :v"), {"v": world.lamp.id}
        )
    before = await everything(database)
    await worker.night(office)
    async with database.work(readonly=True) as session:
        report = await reconciliation.latest(session)
    drift = [finding for finding in report.findings if finding["kind"] == "drift"]
    assert {(one["store"], one["column"], one["row"] - one["movements"]) for one in drift} == {
        (world.rivoli.id, "book", 3),
        (world.kleber.id, "book", 3),
    }
    assert await everything(database) == before


async def everything(database) -> list[Any]:
    """What stands in the books and in the reservations."""
    async with database.work(readonly=True) as session:
        return [
            await session.scalar(text(f"select md5(string_agg(t::text, '|' order by t::text)) from {table} t"))
            for table in ("store_stock", "stock_movement", "reservation", "reservation_line", "message")
        ]


async def test_a_night_without_findings_is_a_report_too(office, asked, database):
    await worker.night(office)
    async with database.work(readonly=True) as session:
        assert (await reconciliation.latest(session)).findings == []
        assert await session.scalar(select(func.count()).select_from(StockMovement)) > 0


# arq


class Bomb:
    went_off = False

    def __reduce__(self) -> Any:
        return (setattr, (Bomb, "went_off", True))


async def test_what_a_commit_asks_for_rings_in_the_worker_and_no_foreign_code_runs(settings, clean_redis):
    """Whoever can write to Redis puts a pickle among the jobs; the next bells ring all the same."""
    await clean_redis.set(b"arq:job:evil", pickle.dumps(Bomb()))
    await clean_redis.zadd("arq:queue", {"evil": 1})
    bells, stopping = {"deliver": worker.Bell(), "tick": worker.Bell(), "exchange": worker.Bell()}, asyncio.Event()
    listening = asyncio.create_task(worker._answer_bells(settings, bells, stopping))
    try:
        perform = effects.performer(clean_redis)
        for effect, job in effects.JOBS.items():
            await perform((effect,))
            await asyncio.wait_for(bells[job].rung.wait(), 5)
        assert await clean_redis.zscore("arq:queue", "evil") is None
    finally:
        stopping.set()
        await asyncio.wait_for(listening, 5)
    assert not Bomb.went_off
