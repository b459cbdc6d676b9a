"""Léa reserves: the form, what it promises, her private link, and what strangers cannot do with it."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
import sqlalchemy as sa
from conftest import SECRET
from factories import lea as customer_lea
from factories import put, reserved

import booking.tables
from booking import links
from booking.messages import Message
from booking.reservations import answering, questions
from booking.reservations.answering import Found, Substitute
from booking.reservations.states import Reason, Status
from booking.reservations.tables import Reservation
from booking.tasks import Task
from kit import codes
from stores import catalogue
from stores.stock import StoreStock
from web import security

FORM = "/fr/reserve?sku=LUM-0001-LAI&store=rivoli"


async def checksum(database) -> dict[str, str]:
    """One number for each table."""
    sums = {}
    async with database.work(readonly=True) as session:
        for table in sorted(table.__tablename__ for table in booking.tables.ALL):
            row = f"select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from {table} t"
            sums[table] = await session.scalar(sa.text(row))
    return sums


def filled(html: str, **over: str) -> dict[str, object]:
    """The form of the page as a browser would send it, with Léa's name in it."""
    form = re.search(r'<form id="reserve".*?</form>', html, re.DOTALL)[0]
    fields: dict[str, object] = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form):
        fields.setdefault(name, [])
        fields[name].append(value)
    fields = {name: values if len(values) > 1 else values[0] for name, values in fields.items()}
    typed = {"first_name": "Léa", "last_name": "Martin", "email": "lea@exemple.fr", "phone": "", "contact": "email",
             "note": "", "company_url": ""}  # fmt: skip
    return {**fields, **typed, **over}


async def form_of(lea, url: str = FORM, **over: str) -> dict[str, object]:
    return filled((await lea.get(url)).text, **over)


async def all_reservations(database) -> list[Reservation]:
    async with database.work(readonly=True) as session:
        return list(await session.scalars(sa.select(Reservation).order_by(Reservation.id)))


async def held(database, world) -> int:
    async with database.work(readonly=True) as session:
        total = sa.select(sa.func.sum(StoreStock.reserved)).where(StoreStock.store_id == world.rivoli.id)
        return await session.scalar(total)


@pytest_asyncio.fixture
async def booked(database, world, clock) -> Reservation:
    """Léa's reservation of one lamp, which staff have not seen yet."""
    async with database.work() as session:
        return await reserved(session, world, now=clock())


async def token_of(database, reservation, *, mailed: bool = True) -> str:
    async with database.work(readonly=True) as session:
        query = sa.select(links.Link).where(links.Link.subject_id == reservation.id, links.Link.mailed == mailed)
        return (await session.scalar(query)).token(SECRET.encode())


async def open_link(lea, database, reservation, *, mailed: bool = True) -> str:
    """Open the private link; returns the clean address."""
    answer = await lea.get(f"/fr/my/{await token_of(database, reservation, mailed=mailed)}")
    assert answer.status_code == 303
    return answer.headers["location"]


async def answered(database, reservation, now, found: int = 1) -> None:
    async with database.work() as session:
        loaded = await questions.get(session, reservation.id)
        reason = None if found else Reason.NOT_FOUND
        lines = {line.id: Found(found, reason) for line in loaded.lines}
        await answering.answer(session, loaded, lines, by="Inès", now=now)


# The form


async def test_the_form_promises_an_hour_before_it_is_sent(lea, world):
    html = (await lea.get(FORM)).text

    assert "aujourd’hui avant 13 h" in html.replace("\u00a0", " ")
    assert "jusqu’au jeudi 26 novembre, 20 h" in html.replace("\u00a0", " ")


async def test_shortly_before_closing_it_promises_the_next_opening(lea, world, database, clock):
    clock.to(datetime(2026, 11, 28, 18, 55, tzinfo=UTC))  # Saturday, 19:55 in Paris; closed on Sunday
    html = (await lea.get(FORM)).text.replace("\u00a0", " ")

    assert "lundi 30 novembre avant 10 h 55" in html
    sent = await lea.post("/fr/reserve", data=filled(html))
    page = (await lea.get(sent.headers["location"])).text.replace("\u00a0", " ")
    assert "lundi 30 novembre avant 10 h 55" in page


async def test_a_request_is_recorded_and_the_next_page_says_what_comes(lea, world, database):
    answer = await lea.post("/fr/reserve", data=await form_of(lea))

    assert answer.status_code == 303
    (reservation,) = await all_reservations(database)
    assert answer.headers["location"] == f"/fr/my/reservations/{reservation.code}/sent"
    page = await lea.get(answer.headers["location"])
    assert "Votre demande est bien enregistrée" in page.text
    assert codes.show_code(reservation.code) in page.text
    assert reservation.status == "requested"
    assert not reservation.verified
    assert await held(database, world) == 1
    for name, value in (("cache-control", "no-store"), ("referrer-policy", "no-referrer"), ("x-robots-tag", "noindex")):
        assert page.headers[name] == value


async def test_the_same_form_twice_is_one_reservation(lea, world, database):
    form = await form_of(lea)
    first, second = await lea.post("/fr/reserve", data=form), await lea.post("/fr/reserve", data=form)

    assert first.headers["location"] == second.headers["location"]
    assert len(await all_reservations(database)) == 1
    assert await held(database, world) == 1


async def test_the_same_key_with_something_else_is_refused_and_shows_the_first(lea, world, database):
    form = await form_of(lea)
    first = await lea.post("/fr/reserve", data=form)
    before = await checksum(database)
    other = await lea.post("/fr/reserve", data={**form, "quantity": "2"})

    assert other.status_code == 422
    assert first.headers["location"] in other.text
    assert filled(other.text)["key"] != form["key"]
    assert await checksum(database) == before


async def test_a_lost_answer_can_be_asked_for_by_its_key(lea, app, world, database):
    form = await form_of(lea)
    receipt = f"/fr/receipts/{form['key']}"
    assert (await lea.get(receipt)).status_code == 404
    sent = await lea.post("/fr/reserve", data=form)

    assert (await lea.get(receipt)).json() == {"url": sent.headers["location"]}
    assert (await lea.get("/fr/receipts/not-a-key")).status_code == 404


async def test_a_wrong_form_comes_back_as_it_was_with_every_word(lea, world, database):
    form = await form_of(lea, last_name="", email="lea@", note="Pour l’entrée, merci", phone="06 39 98 01 23")
    before = await checksum(database)
    answer = await lea.post("/fr/reserve", data=form)

    assert answer.status_code == 422
    assert await checksum(database) == before
    assert "Erreur" in re.search(r"<title>(.*?)</title>", answer.text)[1]
    assert 'id="error-summary"' in answer.text
    assert 'href="#last_name"' in answer.text
    for kept in ('value="Léa"', 'value="lea@"', "Pour l’entrée, merci", 'value="06 39 98 01 23"'):
        assert kept in answer.text
    assert filled(answer.text)["key"] == form["key"]
    right = await lea.post("/fr/reserve", data={**form, "last_name": "Martin", "email": "lea@exemple.fr"})
    assert right.status_code == 303


@pytest.mark.parametrize(
    ("over", "field"),
    [({"contact": "sms"}, "phone"), ({"contact": "phone"}, "phone"), ({"email": "", "phone": ""}, "email"),
     ({"contact": "sms", "phone": "01 42 76 40 40"}, "phone"), ({"phone": "0899 12 34 56"}, "phone")],
)  # fmt: skip
async def test_the_way_of_answering_needs_its_address(lea, world, over, field):
    answer = await lea.post("/fr/reserve", data=await form_of(lea, **over))

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text


async def test_several_articles_are_one_reservation(lea, world, database):
    url = "/fr/reserve?sku=LUM-0001-LAI&quantity=2&sku=LUM-0013-30&quantity=1&store=rivoli"
    answer = await lea.post("/fr/reserve", data=await form_of(lea, url))

    assert answer.status_code == 303
    assert await held(database, world) == 3


@pytest.mark.parametrize("quantity", ["0", "4", "-1", "abc", "99999999999"])
async def test_a_quantity_that_is_not_offered_is_refused(lea, world, database, quantity):
    form = {**await form_of(lea), "quantity": quantity}

    assert (await lea.post("/fr/reserve", data=form)).status_code == 422
    assert await held(database, world) == 0


async def test_what_is_not_offered_cannot_be_reserved(lea, world, database):
    form = await form_of(lea)

    assert (await lea.post("/fr/reserve", data={**form, "sku": "NONE"})).status_code == 404
    assert (await lea.post("/fr/reserve", data={**form, "store": "nowhere"})).status_code == 404
    assert (await lea.post("/fr/reserve", data={**form, "sku": "MEU-0001"})).status_code == 422
    assert (await lea.post("/fr/reserve", data={**form, "sku": []})).status_code == 404
    assert await all_reservations(database) == []


async def test_price_and_state_of_the_form_are_ignored(lea, world, database):
    await lea.post("/fr/reserve", data={**await form_of(lea), "status": "ready", "price_minor": "1", "verified": "1"})

    (reservation,) = await all_reservations(database)
    assert (reservation.status, reservation.verified) == ("requested", False)


async def test_the_choice_of_a_store_comes_first_and_keeps_the_articles(lea, world):
    answer = await lea.get("/fr/reserve?sku=LUM-0001-LAI&quantity=2")
    assert answer.status_code == 303
    picker = await lea.get(answer.headers["location"])
    back = re.search(r'name="next" value="([^"]+)"', picker.text)[1].replace("&amp;", "&")
    chosen = await lea.post("/fr/stores", data={"store": "rivoli", "next": back})

    html = (await lea.get(chosen.headers["location"])).text
    assert filled(html)["quantity"] == "2"
    assert filled(html)["store"] == "rivoli"


# Somebody was faster


async def test_what_was_just_taken_is_a_409_that_keeps_the_form_and_offers_ways_on(lea, world, database, clock):
    url = "/fr/reserve?sku=LUM-0001-LAI&quantity=1&sku=LUM-0013-30&quantity=2&store=rivoli"
    form = await form_of(lea, url, note="Merci d’avance")
    async with database.work() as session:
        await reserved(session, world, now=clock(), lines=[(world.shade, 2)])
        await put(session, world.lyon, world.shade, 4, now=clock())
        await put(session, world.lyon, world.lamp, 4, now=clock())
    before = await checksum(database)

    answer = await lea.post("/fr/reserve", data=form)

    assert answer.status_code == 409
    assert await checksum(database) == before
    assert "Merci d’avance" in answer.text
    marked = re.findall(r'<li class="gone">.*?</li>', answer.text, re.DOTALL)
    assert len(marked) == 1
    assert "Abat-jour lin" in marked[0]
    switches = [value.replace("&gt;", ">") for value in re.findall(r'name="switch" value="([^"]+)"', answer.text)]
    assert "store:lyon" in switches
    assert "drop:LUM-0013-30" in switches

    other = await lea.post("/fr/reserve", data={**form, "switch": "store:lyon"})
    assert other.status_code == 200
    assert await checksum(database) == before
    assert "Merci d’avance" in other.text
    assert filled(other.text)["store"] == "lyon"
    done = await lea.post("/fr/reserve", data=filled(other.text, note="Merci d’avance"))
    assert done.status_code == 303

    rest = await lea.post("/fr/reserve", data={**form, "switch": "drop:LUM-0013-30"})
    assert filled(rest.text)["sku"] == "LUM-0001-LAI"


async def test_a_store_that_does_not_open_again_promises_nothing(lea, world, database, clock):
    form = await form_of(lea)
    async with database.work() as session:
        await session.execute(sa.text("update store set closes_on = '2026-11-20' where slug = 'rivoli'"))
    answer = await lea.post("/fr/reserve", data=form)

    assert answer.status_code == 422
    assert await all_reservations(database) == []


# Programs


async def test_who_fills_the_hidden_field_is_asked_to_confirm_by_mail_and_holds_nothing(lea, world, database):
    answer = await lea.post("/fr/reserve", data=await form_of(lea, company_url="https://spam.example"))

    assert answer.status_code == 303
    (reservation,) = await all_reservations(database)
    assert reservation.status == "unverified"
    assert await held(database, world) == 0
    assert "One more step" in (await lea.get(answer.headers["location"].replace("/fr/", "/en/"))).text


async def test_who_is_faster_than_a_person_is_asked_to_confirm_by_mail(lea, app, world, database, clock):
    app.state.limits.on = True
    form = await form_of(lea)
    clock.forward(seconds=2)
    await lea.post("/fr/reserve", data=form)
    slow = await form_of(lea)
    clock.forward(seconds=4)
    await lea.post("/fr/reserve", data=slow)
    forged = {**await form_of(lea), "started": "9999999999.1.forged"}
    clock.forward(seconds=10)
    await lea.post("/fr/reserve", data=forged)

    assert [r.status for r in await all_reservations(database)] == ["unverified", "requested", "unverified"]


async def test_after_twenty_requests_an_hour_the_form_is_kept_and_the_store_can_be_called(lea, app, world, database):
    app.state.limits.on = True
    for _ in range(security.RESERVE_BY_ADDRESS.times):
        await app.state.limits.check(security.RESERVE_BY_ADDRESS, "127.0.0.1")
    answer = await lea.post("/fr/reserve", data=await form_of(lea, note="Toujours là"))

    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert "Toujours là" in answer.text
    assert "01\u00a099\u00a000\u00a012\u00a034" in answer.text
    assert await all_reservations(database) == []


async def test_another_site_cannot_send_the_form(lea, world, database):
    form = await form_of(lea)
    answer = await lea.post("/fr/reserve", data=form, headers={"sec-fetch-site": "cross-site"})

    assert answer.status_code == 403
    assert await all_reservations(database) == []


async def test_a_name_that_is_code_is_shown_as_words(lea, world, database):
    code = {"first_name": "<img src=x onerror=alert(1)>", "note": "</textarea><script>alert(1)</script>", "email": ""}
    form = await form_of(lea, **code)
    html = (await lea.post("/fr/reserve", data=form)).text

    assert "<img src=x" not in html
    assert "<script>alert" not in html
    assert "&lt;img src=x" in html


# The private link


async def test_the_token_is_changed_for_a_clean_address_at_once(lea, database, booked):
    answer = await lea.get(f"/fr/my/{await token_of(database, booked)}")

    assert (answer.status_code, answer.headers["location"]) == (303, f"/fr/my/reservations/{booked.code}")
    for name, value in (("cache-control", "no-store"), ("referrer-policy", "no-referrer"), ("x-robots-tag", "noindex")):
        assert answer.headers[name] == value
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "Max-Age=1800" in cookie
    page = await lea.get(answer.headers["location"])
    assert "l…a@exemple.fr" in page.text
    assert "lea@exemple.fr" not in page.text
    assert 'property="og:title" content="Aurore"' in page.text


async def test_the_short_link_leads_to_the_language_of_the_reservation(lea, world, database, clock):
    async with database.work() as session:
        english = await reserved(session, world, now=clock(), customer=customer_lea(language="en"))
    answer = await lea.get(f"/r/{await token_of(database, english)}", headers={"accept-language": "fr"})

    assert answer.headers["location"] == f"/en/my/reservations/{english.code}"


async def test_looking_changes_nothing(lea, database, booked):
    token = await token_of(database, booked)
    code = booked.code
    before = await checksum(database)
    for method in ("GET", "HEAD"):
        for page in (f"/fr/my/{token}", f"/r/{token}", f"/en/my/{token}", f"/fr/my/reservations/{code}",
                     f"/fr/my/reservations/{code}/sent", f"/fr/my/reservations/{code}/cancel",
                     f"/fr/my/reservations/{code}/hold.ics", "/fr/find"):  # fmt: skip
            answer = await lea.request(method, page, headers={"purpose": "prefetch"})
            assert answer.status_code in (200, 303), page
    for page in ("extend", "verify", "proposal"):
        assert (await lea.get(f"/fr/my/reservations/{code}/{page}")).status_code == 405
    assert await checksum(database) == before


@pytest.mark.parametrize("spoil", [lambda t: t[:-1], lambda t: t[:-1] + ("1" if t[-1] != "1" else "2"), lambda t: "x",
                                   lambda t: t + "A", lambda t: codes.new_token(), lambda t: "é" * 22])  # fmt: skip
async def test_a_forged_or_cut_link_opens_nothing_and_shows_the_way_to_a_new_one(lea, database, booked, spoil):
    token = spoil(await token_of(database, booked))
    for page in (f"/fr/my/{token}", f"/r/{token}"):
        answer = await lea.get(page, headers={"accept-language": "fr"})
        assert answer.status_code == 404
        assert 'href="/fr/find"' in answer.text
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "set-cookie" not in answer.headers


async def test_the_link_of_another_reservation_does_not_open_this_one(lea, world, database, clock, booked):
    async with database.work() as session:
        other = await reserved(session, world, now=clock(), customer=customer_lea(email="marc@exemple.fr"))
    await open_link(lea, database, other)
    before = await checksum(database)

    for page in ("", "/sent", "/cancel", "/hold.ics"):
        assert (await lea.get(f"/fr/my/reservations/{booked.code}{page}")).status_code == 404, page
    for page in ("cancel", "extend", "verify", "proposal"):
        assert (await lea.post(f"/fr/my/reservations/{booked.code}/{page}")).status_code == 404, page
    assert (await lea.get("/fr/my/reservations/ZZZZZZZZ")).status_code == 404
    assert await checksum(database) == before


async def test_the_clean_address_closes_after_half_an_hour(lea, database, booked, clock):
    page = await open_link(lea, database, booked)
    clock.forward(minutes=29)
    assert (await lea.get(page)).status_code == 200
    clock.forward(minutes=2)
    assert (await lea.get(page)).status_code == 404


async def test_a_month_after_its_end_the_link_is_gone(lea, database, booked, clock):
    page = await open_link(lea, database, booked)
    await lea.post(f"{page}/cancel")
    clock.forward(days=29)
    assert (await lea.get(f"/fr/my/{await token_of(database, booked)}")).status_code == 303
    clock.forward(days=2)
    assert (await lea.get(f"/fr/my/{await token_of(database, booked)}")).status_code == 410


# What she can do


async def test_cancelling_asks_first_and_gives_everything_back(lea, world, database, booked):
    page = await open_link(lea, database, booked)
    assert "Annuler cette réservation" in (await lea.get(f"{page}/cancel")).text
    assert await held(database, world) == 1

    assert (await lea.post(f"{page}/cancel")).headers["location"] == page
    assert await held(database, world) == 0
    assert (await lea.post(f"{page}/cancel")).headers["location"] == page
    html = (await lea.get(page)).text
    assert "Votre réservation est annulée" in html or "Your reservation is cancelled" in html
    assert f"{page}/cancel" not in html
    assert "/fr/reserve?sku=LUM-0001-LAI" in html


async def test_what_has_ended_cannot_be_cancelled(lea, database, booked, clock):
    page = await open_link(lea, database, booked)
    await answered(database, booked, clock(), found=0)
    before = await checksum(database)

    answer = await lea.post(f"{page}/cancel")
    assert answer.status_code == 409
    assert codes.show_code(booked.code) in answer.text
    assert await checksum(database) == before


async def test_a_hold_is_extended_once_by_an_open_day(lea, world, database, booked, clock):
    page = await open_link(lea, database, booked)
    assert (await lea.post(f"{page}/extend")).status_code == 409
    await answered(database, booked, clock())
    assert f'action="{page}/extend"' in (await lea.get(page)).text

    answer = await lea.post(f"{page}/extend")
    assert answer.headers["location"] == f"{page}?notice=extended"
    (reservation,) = await all_reservations(database)
    assert reservation.hold_until == datetime(2026, 11, 27, 19, tzinfo=UTC)
    assert f'action="{page}/extend"' not in (await lea.get(page)).text
    assert (await lea.post(f"{page}/extend")).status_code == 409


async def test_only_the_mailed_link_confirms_an_address(lea, app, world, database, clock):
    sent = await lea.post("/fr/reserve", data=await form_of(lea, company_url="x"))
    (reservation,) = await all_reservations(database)
    page = sent.headers["location"].removesuffix("/sent")
    assert f'action="{page}/verify"' not in (await lea.get(page)).text
    assert (await lea.post(f"{page}/verify")).status_code == 403
    assert await held(database, world) == 0

    await open_link(lea, database, reservation, mailed=True)
    assert await held(database, world) == 0
    assert f'action="{page}/verify"' in (await lea.get(page)).text
    assert (await lea.post(f"{page}/verify")).status_code == 303
    assert await held(database, world) == 1
    (reservation,) = await all_reservations(database)
    assert (reservation.status, reservation.verified) == ("requested", True)


async def test_what_was_taken_before_the_address_was_confirmed_is_said_and_nothing_changes(lea, world, database, clock):
    await lea.post("/fr/reserve", data=await form_of(lea, company_url="x"))
    (reservation,) = await all_reservations(database)
    async with database.work() as session:
        await session.execute(sa.text("update store_stock set unsellable = book"))
    page = await open_link(lea, database, reservation)
    before = await checksum(database)

    answer = await lea.post(f"{page}/verify")
    assert answer.status_code == 409
    assert f'action="{page}/verify"' in answer.text
    assert await checksum(database) == before


async def offered(database, world, reservation, now) -> None:
    """Inès found no lamp and offers the shade."""
    async with database.work() as session:
        loaded = await questions.get(session, reservation.id)
        (line,) = loaded.lines
        shade = (await catalogue.find_variants(session, [world.shade.sku]))[world.shade.sku]
        instead = Found(0, Reason.NOT_FOUND, Substitute(shade, 1))
        await answering.answer(session, loaded, {line.id: instead}, by="Inès", now=now)


@pytest.mark.parametrize(("answer", "status"), [("accept", "confirmed"), ("decline", "cancelled")])
async def test_an_offer_is_accepted_or_declined_by_equal_buttons(lea, world, database, booked, clock, answer, status):
    await offered(database, world, booked, clock())
    page = await open_link(lea, database, booked)
    html = (await lea.get(page)).text
    assert "Abat-jour lin" in html
    assert html.count('class="button line" name="answer"') == 2

    assert (await lea.post(f"{page}/proposal", data={"answer": "perhaps"})).status_code == 409
    assert (await lea.post(f"{page}/proposal", data={"answer": answer})).status_code == 303
    (reservation,) = await all_reservations(database)
    assert reservation.status == status
    assert (await lea.post(f"{page}/proposal", data={"answer": answer})).status_code == 409


async def test_the_end_of_the_hold_goes_into_a_diary_in_utc_and_names_nobody(lea, database, booked):
    page = await open_link(lea, database, booked)
    answer = await lea.get(f"{page}/hold.ics")

    assert answer.headers["content-type"].startswith("text/calendar")
    assert "DTEND:20261126T190000Z" in answer.text
    assert codes.show_code(booked.code) in answer.text
    for private in ("Léa", "Martin", "lea@", "Lampe"):
        assert private not in answer.text


# A lost link


async def find(lea, code: str, contact: str):
    return await lea.post("/fr/find", data={"code": code, "contact": contact})


async def found_messages(database) -> list[Message]:
    async with database.work(readonly=True) as session:
        return list(await session.scalars(sa.select(Message).where(Message.template == "find")))


async def test_a_lost_link_is_sent_again_and_the_answer_tells_nothing(lea, database, booked):
    hit = await find(lea, codes.show_code(booked.code).lower(), "LEA@exemple.fr")
    assert len(await found_messages(database)) == 1
    misses = [await find(lea, booked.code, "marc@exemple.fr"), await find(lea, "ZZZZ-ZZZZ", "lea@exemple.fr"),
              await find(lea, booked.code, "06 39 98 01 23")]  # fmt: skip

    assert {answer.status_code for answer in (hit, *misses)} == {200}
    assert {answer.text for answer in misses} == {hit.text}
    assert len(await found_messages(database)) == 1
    assert "set-cookie" not in hit.headers


async def test_a_link_can_be_asked_for_again_later(lea, database, booked, clock):
    await find(lea, booked.code, "lea@exemple.fr")
    await find(lea, booked.code, "lea@exemple.fr")
    assert len(await found_messages(database)) == 1
    clock.forward(minutes=5)
    await find(lea, booked.code, "lea@exemple.fr")
    assert len(await found_messages(database)) == 2


async def test_who_left_only_a_number_is_called(lea, world, database, clock):
    async with database.work() as session:
        customer = customer_lea(email="", phone="+33639980123", contact="phone")
        booked = await reserved(session, world, now=clock(), customer=customer)
    await find(lea, booked.code, "06 39 98 01 23")

    assert await found_messages(database) == []
    async with database.work(readonly=True) as session:
        assert await session.scalar(sa.select(sa.func.count()).select_from(Task).where(Task.about == "find")) == 1


async def test_what_cannot_be_a_code_or_an_address_is_said(lea, world):
    answer = await find(lea, "hello", "nobody")

    assert answer.status_code == 422
    assert 'value="hello"' in answer.text
    assert 'id="code-error"' in answer.text
    assert 'id="contact-error"' in answer.text


async def test_guessing_stops_after_five_tries_for_an_address_and_for_a_code(lea, app, database, booked):
    app.state.limits.on = True
    answers = [(await find(lea, codes.new_code(), "lea@exemple.fr")).status_code for _ in range(7)]
    assert answers == [200] * 5 + [429] * 2
    await app.state.redis.flushdb()
    for number in range(5):
        await app.state.limits.check(security.FIND_BY_CODE, booked.code)
        assert number < 5
    assert (await find(lea, booked.code, "lea@exemple.fr")).status_code == 429
    assert await found_messages(database) == []


# Every state has its page


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("language", ["fr", "en"])
async def test_every_state_has_its_page_in_both_languages(lea, database, booked, clock, status, language):
    ended = status in ("collected", "declined", "unanswered", "cancelled", "expired")
    async with database.work() as session:
        soon = clock() + timedelta(minutes=15)
        values = {"status": status, "ended_at": clock() if ended else None, "verify_by": soon}
        await session.execute(sa.update(Reservation).values(**values))
    page = (await open_link(lea, database, booked)).replace("/fr/", f"/{language}/")
    answer = await lea.get(page)

    assert answer.status_code == 200
    assert answer.text.count("<h1") == 1
    assert codes.show_code(booked.code) in answer.text
    assert not re.search(r"\b(panier|commande|basket|order|checkout)\b", answer.text, re.IGNORECASE)


@pytest.mark.parametrize(("reason", "shown"), [("", True), ("not_verified", False)])
async def test_a_hold_that_ended_still_shows_its_code_to_who_is_on_her_way(lea, database, booked, clock, reason, shown):
    async with database.work() as session:
        ended = {"status": Status.EXPIRED, "ended_at": clock(), "reason": reason}
        await session.execute(sa.update(Reservation).values(**ended))
    html = (await lea.get(await open_link(lea, database, booked))).text

    assert ("montrez tout de même ce code" in html) is shown
    assert ('class="qr"' in html) is shown


async def test_her_page_says_by_what_the_store_reaches_her_and_how_to_get_there(lea, world, database, clock):
    async with database.work() as session:
        customer = customer_lea(phone="+33639980123", contact="sms")
        booked = await reserved(session, world, now=clock(), customer=customer)
    html = (await lea.get(await open_link(lea, database, booked))).text

    assert "Nous vous envoyons un SMS au … 23." in html
    assert re.search(r'<a class="word" href="https?://[^"]+" rel="noopener">Y aller</a>', html)
