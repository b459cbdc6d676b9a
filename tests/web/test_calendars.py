"""Private calendars: the address that is shown once, what it reads out, and who may make it."""

import re
from datetime import timedelta

import pytest
import vobject
from conftest import NOON
from factories import SECRET, advise, advisor, booked
from factories import lea as visitor
from sqlalchemy import select, update

from booking import feeds, journal
from booking.appointments import asking, questions
from booking.feeds import Feed
from kit import codes
from stores import places
from stores.staff import Account

PAGE = "/en/staff/calendars"
TOMORROW = NOON + timedelta(days=1, hours=2, minutes=30)
"""14 h 30 in Paris."""


@pytest.fixture
async def desk(database, world, clock):
    async with database.work() as session:
        return await advise(session, world, now=clock())


@pytest.fixture
async def hers(database, world, desk, clock):
    """Léa sees Nadia (who signs in as Inès) tomorrow."""
    async with database.work() as session:
        customer = visitor(phone="+33639980123")
        return await booked(session, world, desk, TOMORROW, now=clock(), advisor=desk.nadia, customer=customer)


async def made(client, whose: str = "me") -> str:
    """The path of the address that the page shows after it was made."""
    page = await client.post(PAGE, data={"whose": whose, "do": "make"})
    assert page.status_code == 200, page.text
    (url,) = re.findall(r'value="(http://vitrine\.test/calendar/[^"]+\.ics)"', page.text)
    assert f'href="webcal:{url.removeprefix("http:")}"' in page.text
    return str(url.removeprefix("http://vitrine.test"))


# Making


async def test_the_address_is_shown_once_and_opens_her_appointments(colleague, lea, desk, hers):
    ines = await colleague("ines")
    assert "no address yet" in (await ines.get(PAGE)).text
    path = await made(ines)
    answer = await lea.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["cache-control"] == "private, max-age=300"
    assert answer.headers["x-robots-tag"] == "noindex"
    again = (await ines.get(PAGE)).text
    assert path not in again
    assert "address made on Tuesday 24 November by Inès" in again


async def test_a_new_address_ends_the_one_before_and_cutting_off_ends_both(colleague, lea, desk, hers):
    ines = await colleague("ines")
    first, second = await made(ines), await made(ines)
    assert first != second
    assert [(await lea.get(path)).status_code for path in (first, second)] == [404, 200]
    answer = await ines.post(PAGE, data={"whose": "me", "do": "revoke"})
    assert answer.status_code == 303
    assert (await lea.get(second)).status_code == 404


async def test_who_leads_makes_the_calendar_of_her_store_and_of_no_other(colleague, lea, desk, hers):
    helene = await colleague("helene")
    page = (await helene.get(PAGE)).text
    assert "Aurore Rivoli" in page and "Aurore Kleber" not in page
    assert (await lea.get(await made(helene, "rivoli"))).status_code == 200
    for whose in ("kleber", "nowhere", "me"):
        answer = await helene.post(PAGE, data={"whose": whose, "do": "make"})
        assert answer.status_code == 404, whose
    assert (await helene.post(PAGE, data={"whose": "rivoli", "do": "eat"})).status_code == 400


async def test_an_advisor_makes_her_own_and_no_store_s(colleague, desk):
    ines, marc = await colleague("ines"), await colleague("marc")
    assert (await ines.post(PAGE, data={"whose": "rivoli", "do": "make"})).status_code == 403
    assert (await marc.post(PAGE, data={"whose": "me", "do": "make"})).status_code == 404
    assert "make" not in (await marc.get(PAGE)).text, "he receives nobody"


async def test_nobody_else_gets_the_page(lea):
    assert (await lea.get(PAGE)).status_code == 303
    assert (await lea.post(PAGE, data={"whose": "me", "do": "make"})).status_code == 401


async def test_what_was_made_and_cut_stands_in_the_journal_and_the_secret_nowhere(colleague, database, desk):
    ines = await colleague("ines")
    path = await made(ines)
    await ines.post(PAGE, data={"whose": "me", "do": "revoke"})
    async with database.work(readonly=True) as session:
        entries = await journal.of(session, "calendar", desk.nadia.id)
        assert [(entry.event, entry.by) for entry in entries] == [
            ("advisor_feed_make", "Inès"),
            ("advisor_feed_revoke", "Inès"),
        ]
        (feed,) = (await session.scalars(select(Feed))).all()
    secret = path.removeprefix("/calendar/").removesuffix(".ics")
    assert feed.token_hash == codes.token_hash(secret) and secret.encode() not in feed.token_hash


# Reading


async def test_the_feed_is_a_calendar_and_names_nobody_s_address(colleague, lea, desk, hers):
    text = (await lea.get(await made(await colleague("ines")))).text
    calendar = vobject.readOne(text)
    assert calendar.validate(raiseException=True)
    (event,) = calendar.vevent_list
    assert event.dtstart.value == TOMORROW and event.dtend.value == TOMORROW + timedelta(minutes=45)
    assert event.uid.value == f"{hers.uid}@vitrine.test"
    assert event.summary.value == "Léa M., Choisir un luminaire"
    assert event.url.value == f"http://vitrine.test/fr/staff/appointments/{codes.show_code(hers.code)}"
    assert not re.search(r"exemple\.fr|Martin|63998|\+33|ATTENDEE|ORGANIZER|METHOD", text)
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


async def test_a_store_s_feed_has_everyone_of_that_store(colleague, lea, database, world, desk, hers, clock):
    async with database.work() as session:
        await booked(session, world, desk, TOMORROW, now=clock(), advisor=desk.karim)
    calendar = vobject.readOne((await lea.get(await made(await colleague("helene"), "rivoli"))).text)
    heads = sorted(re.split(r"\s*:\s*", event.summary.value) for event in calendar.vevent_list)
    assert heads == [[name, "Léa M., Choisir un luminaire"] for name in ("Karim", "Nadia")]


async def test_the_feed_reaches_from_thirty_days_back_to_a_hundred_and_twenty_ahead(
    colleague, lea, database, desk, hers, clock
):
    path = await made(await colleague("ines"))
    for days, there in ((29, True), (32, False)):
        clock.to(TOMORROW + timedelta(days=days))
        assert ("VEVENT" in (await lea.get(path)).text) == there
    clock.to(TOMORROW - timedelta(days=121))
    assert "VEVENT" not in (await lea.get(path)).text


async def test_the_same_calendar_is_not_sent_again_until_something_changes(colleague, lea, database, desk, hers, clock):
    path = await made(await colleague("ines"))
    first = await lea.get(path)
    etag = first.headers["etag"]
    clock.forward(hours=1)
    for known in (etag, f'"other", W/{etag}', "*"):
        answer = await lea.get(path, headers={"if-none-match": known})
        assert (answer.status_code, answer.text, answer.headers["etag"]) == (304, "", etag)
    head = await lea.head(path)
    assert (head.status_code, head.headers["etag"]) == (200, etag)
    assert (await lea.head(path, headers={"if-none-match": etag})).status_code == 304
    async with database.work() as session:
        one = await questions.get(session, hers.id)
        await asking.reschedule(session, one, TOMORROW + timedelta(hours=1), now=clock())
    moved = await lea.get(path, headers={"if-none-match": etag})
    assert moved.status_code == 200 and moved.headers["etag"] != etag
    (before,), (after,) = (vobject.readOne(one.text).vevent_list for one in (first, moved))
    assert before.uid.value == after.uid.value
    assert int(after.sequence.value) > int(before.sequence.value)
    assert after.last_modified.value > before.last_modified.value


async def test_what_was_cancelled_is_no_longer_in_it(colleague, lea, database, desk, hers, clock):
    path = await made(await colleague("ines"))
    async with database.work() as session:
        await asking.cancel(session, await questions.get(session, hers.id), now=clock())
    assert "VEVENT" not in (await lea.get(path)).text


async def test_an_address_that_opens_nothing_says_so_in_a_line(lea, desk, hers):
    for secret in ("x", "1" * 22, "%27", "a" * 300):
        answer = await lea.get(f"/calendar/{secret}.ics")
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("text/plain")


async def test_who_left_the_house_left_her_calendar(colleague, lea, database, world, desk, hers, clock):
    path = await made(await colleague("ines"))
    async with database.work() as session:
        gone = update(Account).where(Account.id == world.accounts["ines"].id).values(disabled_at=clock())
        await session.execute(gone)
    assert (await lea.get(path)).status_code == 404


async def test_an_advisor_reads_in_her_own_language(database, lea, world, desk, clock):
    async with database.work() as session:
        kim = await advisor(session, world, "Kim", [desk.skills["light"]], ["en"], account="marc")
        account = update(Account).where(Account.id == world.accounts["marc"].id).values(language="en")
        await session.execute(account)
        await asking.book_anyway(
            session, await places.find(session, "rivoli"), desk.lighting, TOMORROW, visitor(), asking.Brief(),
            advisor_id=kim.id, reason="as she asked", secret=SECRET, now=clock(), origin="phone", by="Hélène",
        )  # fmt: skip
        token = await feeds.make(session, advisor_id=kim.id, by="Kim", now=clock())
    answer = await lea.get(f"/calendar/{token}.ics")
    assert answer.headers["content-language"] == "en"
    assert "Léa M.\\, Choose a light" in answer.text.replace("\r\n ", "")
    assert "/en/staff/appointments/" in answer.text.replace("\r\n ", "")
