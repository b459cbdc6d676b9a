"""A reservation in the back room: answered, prepared, and nobody else's business."""

import asyncio
import re

import pytest
from factories import both, lea, product, put, reserved
from reading import text_of
from sqlalchemy import select

from booking import tasks
from booking.messages import Message
from booking.reservations import answering, asking, questions
from booking.reservations.tables import Reservation
from kit.codes import show_code
from stores.catalogue import Variant
from stores.stock import StoreStock


@pytest.fixture
async def asked(world, database, clock) -> Reservation:
    """Léa wants two lamps and a shade from Rivoli."""
    async with database.work() as session:
        return await reserved(session, world, now=clock(), lines=[(world.lamp, 2), (world.shade, 1)])


def page_of(one: Reservation, step: str = "", language: str = "fr") -> str:
    return f"/{language}/staff/reservations/{show_code(one.code)}" + (f"/{step}" if step else "")


async def now_of(database, one: Reservation) -> Reservation:
    async with database.work(readonly=True) as session:
        return await questions.get(session, one.id)


async def stock_of(database, world, variant) -> StoreStock:
    async with database.work(readonly=True) as session:
        return await session.get_one(StoreStock, (world.rivoli.id, variant.id))


async def told(database, template: str) -> list[Message]:
    async with database.work(readonly=True) as session:
        return list(await session.scalars(select(Message).where(Message.template == template)))


def found(one: Reservation, *choices: str, stands: str = "requested", **more: str) -> dict[str, str]:
    """A form in which each line, in order, was found, found in part, or is missing."""
    lines = zip(one.lines, choices, strict=True)
    return {"stands": stands, **{f"answer-{line.id}": choice for line, choice in lines}, **more}


# Whose it is

STEPS = ["claim", "answer", "preview", "decline", "ready", "unready", "extend", "proposal", "cancel", "unwanted"]
STEPS += ["collect"]


async def test_ines_of_rivoli_sees_it_and_marc_of_kleber_cannot_know_that_it_exists(asked, colleague, database):
    ines, marc = await colleague("ines"), await colleague("marc")
    assert (await ines.get(page_of(asked))).status_code == 200
    assert (await marc.get(page_of(asked))).status_code == 404
    unknown = await marc.post("/fr/staff/reservations/0000-0000/answer", data={})
    for step in STEPS:
        answer = await marc.post(page_of(asked, step), data={"stands": "requested", "reason": "sold"})
        assert answer.status_code == 404, step
        assert text_of(answer.text) == text_of(unknown.text)
    assert "Martin" not in (await marc.get("/fr/staff/reservations")).text
    assert "Martin" not in (await marc.get("/fr/staff/reservations", params={"q": asked.code})).text
    assert "Martin" not in (await marc.get("/fr/staff")).text
    after = await now_of(database, asked)
    assert (after.status, after.version) == ("requested", asked.version)


async def test_a_merchandiser_has_no_business_with_reservations(asked, colleague):
    paul = await colleague("paul")
    assert (await paul.get("/fr/staff/account")).status_code == 200
    for path in ("/fr/staff", "/fr/staff/reservations", page_of(asked), "/fr/staff/picking", "/fr/staff/handover"):
        assert (await paul.get(path)).status_code == 403, path
    for step in [*STEPS, "undo"]:
        assert (await paul.post(page_of(asked, step), data={})).status_code == 403, step


async def test_who_is_not_signed_in_changes_nothing(asked, lea, database):
    assert (await lea.get(page_of(asked))).headers["location"].startswith("/fr/staff/login?next=")
    for step in [*STEPS, "undo"]:
        assert (await lea.post(page_of(asked, step), data={})).status_code == 401, step
    assert (await now_of(database, asked)).version == asked.version


async def test_another_site_cannot_answer_for_ines(asked, colleague, database):
    ines = await colleague("ines")
    forged = await ines.post(page_of(asked, "unwanted"), headers={"sec-fetch-site": "cross-site"})
    assert forged.status_code == 403
    assert (await now_of(database, asked)).status == "requested"


# Answering


async def test_the_page_says_what_to_fetch_and_for_whom(asked, colleague):
    page = text_of((await (await colleague("ines")).get(page_of(asked))).text)
    for words in ("Léa Martin", "Lampe Oscar", "LUM-0001-LAI", "7892", "L-12-3", "Aurore Kleber"):
        assert words in page
    english = text_of((await (await colleague("ines")).get(page_of(asked, language="en"))).text)
    assert "In the books 5, reserved 2, free 3" in english


async def test_all_found_confirms_and_tells_the_shopper(asked, colleague, database):
    ines = await colleague("ines")
    answer = await ines.post(page_of(asked, "answer"), data=found(asked, "found", "found"))
    assert answer.status_code == 303
    after = await now_of(database, asked)
    assert (after.status, after.answered_by) == ("confirmed", "Inès")
    assert len(await told(database, "confirmed")) == 1


async def test_all_found_and_already_at_the_desk_is_ready_at_once(asked, colleague, database):
    ines = await colleague("ines")
    form = found(asked, "found", "found", at_desk="1", place="R-12")
    await ines.post(page_of(asked, "answer"), data=form)
    after = await now_of(database, asked)
    assert (after.status, after.place) == ("ready", "R-12")
    assert not await told(database, "confirmed")
    assert len(await told(database, "ready")) == 1


async def test_what_is_missing_corrects_the_stock_by_its_reason(asked, world, colleague, database):
    ines = await colleague("ines")
    lamps, shade = asked.lines
    form = found(
        asked, "partly", "missing",
        **{f"found-{lamps.id}": "1", f"reason-{lamps.id}": "damaged", f"reason-{shade.id}": "sold"},
    )  # fmt: skip
    assert (await ines.post(page_of(asked, "answer"), data=form)).status_code == 303
    assert (await now_of(database, asked)).status == "proposed"
    lamp, shade_row = await stock_of(database, world, world.lamp), await stock_of(database, world, world.shade)
    assert (lamp.book, lamp.reserved, lamp.unsellable) == (5, 1, 1)
    assert (shade_row.book, shade_row.reserved) == (1, 0)


async def test_an_answer_with_holes_comes_back_with_each_said_and_nothing_lost(asked, colleague, database):
    ines = await colleague("ines")
    lamps, shade = asked.lines
    form = {"stands": "requested", f"answer-{lamps.id}": "partly", f"found-{lamps.id}": "7", "place": "R-9"}
    answer = await ines.post(page_of(asked, "answer", "en"), data=form)
    assert answer.status_code == 422
    page = answer.text
    assert page.split("<title>")[1].startswith("Error:")
    for anchor in (f"found-{lamps.id}", f"reason-{lamps.id}", f"answer-{shade.id}"):
        assert f'href="#{anchor}"' in page
        assert f'id="{anchor}"' in page
    assert 'value="7"' in page
    assert 'value="R-9"' in page
    assert (await now_of(database, asked)).status == "requested"


@pytest.mark.parametrize("value", ["-1", "99999999999", "1e3", "٣", ""])
async def test_no_number_typed_by_hand_breaks_an_answer(asked, colleague, value):
    ines = await colleague("ines")
    lamps = asked.lines[0]
    form = found(asked, "partly", "found", **{f"found-{lamps.id}": value, f"reason-{lamps.id}": "sold"})
    assert (await ines.post(page_of(asked, "answer"), data=form)).status_code == 422


async def test_another_article_is_searched_on_the_same_page_and_offered(asked, world, colleague, database, clock):
    async with database.work() as session:
        larger = Variant(sku="LUM-0013-35", gtin="3001234567915", options=[], price_minor=3900)
        session.add(
            product(
                await session.merge(world.lamps),
                "LUM-0014",
                both("Abat-jour coton", "Cotton shade"),
                larger,
                now=clock(),
            )
        )
        await session.flush()
        await put(session, world.rivoli, larger, 2, now=clock())
    ines = await colleague("ines")
    _, shade = asked.lines
    form = found(asked, "found", "missing", **{f"reason-{shade.id}": "sold", f"q-{shade.id}": "COTON"})
    page = (await ines.get(page_of(asked), params={**form, f"search-{shade.id}": "1"})).text
    assert 'value="LUM-0013-35"' in page
    assert "Canapé Berthe" not in text_of(page)
    assert re.search(rf'name="answer-{shade.id}" value="missing" checked', page)
    done = await ines.post(page_of(asked, "answer"), data={**form, f"instead-{shade.id}": "LUM-0013-35"})
    assert done.status_code == 303
    after = await now_of(database, asked)
    assert after.status == "proposed"
    assert [line.variant.sku for line in after.lines if line.replaces_id == shade.id] == ["LUM-0013-35"]
    assert (await stock_of(database, world, larger)).reserved == 1
    yes = await ines.post(page_of(asked, "proposal"), data={"stands": "proposed", "accept": "yes"})
    assert yes.status_code == 303
    assert (await now_of(database, asked)).status == "confirmed"


@pytest.mark.parametrize("sku", ["MEU-0001", "NO-SUCH-SKU", "LUM-0001-LAI'; drop table variant"])
async def test_what_cannot_be_reserved_cannot_be_offered(asked, colleague, database, sku):
    ines = await colleague("ines")
    _, shade = asked.lines
    form = found(asked, "found", "missing", **{f"reason-{shade.id}": "sold", f"instead-{shade.id}": sku})
    assert (await ines.post(page_of(asked, "answer"), data=form)).status_code == 422
    assert (await now_of(database, asked)).status == "requested"


async def test_staff_read_the_message_in_the_shoppers_language_before_it_is_sent(world, colleague, database, clock):
    async with database.work() as session:
        one = await reserved(session, world, now=clock(), customer=lea(first_name="Grace", language="en"))
    ines = await colleague("ines")
    form = found(one, "found")
    said = await ines.post(page_of(one, "preview"), data=form, headers={"hx-request": "true"})
    assert said.status_code == 200
    assert 'lang="en"' in said.text
    assert "Hello Grace" in said.text
    assert "/en/my/…" in said.text
    assert not re.search(r"/my/[1-9A-Za-z]{22}", said.text)
    assert "<main" not in said.text
    missing = found(one, "missing", **{f"reason-{one.lines[0].id}": "sold"})
    whole = await ines.post(page_of(one, "preview"), data=missing)
    assert "Oscar lamp" in text_of(whole.text)
    after = await now_of(database, one)
    assert (after.status, after.version) == ("requested", one.version)
    assert (await stock_of(database, world, world.lamp)).book == 5
    assert not await told(database, "confirmed")


async def test_who_asked_to_be_called_gets_a_task_and_the_preview_says_so(world, colleague, database, clock):
    async with database.work() as session:
        customer = lea(email="", phone="+33639980123", contact="phone")
        one = await reserved(session, world, now=clock(), customer=customer)
    ines = await colleague("ines")
    said = await ines.post(page_of(one, "preview", "en"), data=found(one, "found"), headers={"hx-request": "true"})
    assert "asked to be called" in said.text
    await ines.post(page_of(one, "answer"), data=found(one, "found"))
    page = (await ines.get(page_of(one))).text
    assert 'href="tel:+33639980123"' in page
    async with database.work(readonly=True) as session:
        [task] = await tasks.open_in(session, frozenset([world.rivoli.id]), tasks.Kind.CALL)
    assert task.about == "confirmed"


async def test_two_colleagues_answer_at_once_and_one_learns_where_it_stands(asked, world, colleague, database):
    ines, helene = await colleague("ines"), await colleague("helene")
    lamps, shade = asked.lines
    missing = {f"reason-{lamps.id}": "sold", f"reason-{shade.id}": "sold"}
    answers = await asyncio.gather(
        ines.post(page_of(asked, "answer", "en"), data=found(asked, "found", "found")),
        helene.post(page_of(asked, "answer", "en"), data=found(asked, "missing", "missing", **missing)),
    )
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    refused = text_of(next(answer for answer in answers if answer.status_code == 409).text)
    first = "Inès" if answers[0].status_code == 303 else "Hélène"
    assert "has changed in the meantime" in refused
    assert f"by {first}" in refused
    assert "Nothing was sent" in refused
    assert len(await told(database, "confirmed")) + len(await told(database, "declined")) == 1


async def test_a_page_left_open_cannot_break_what_a_colleague_confirmed(asked, colleague, database, clock):
    ines, helene = await colleague("ines"), await colleague("helene")
    await ines.post(page_of(asked, "answer"), data=found(asked, "found", "found"))
    _, shade = asked.lines
    late = found(asked, "found", "missing", **{f"reason-{shade.id}": "sold"})
    assert (await helene.post(page_of(asked, "answer"), data=late)).status_code == 409
    after = await now_of(database, asked)
    assert (after.status, after.broken_promise) == ("confirmed", False)


async def test_the_shopper_cancelled_meanwhile_and_nothing_is_sent(asked, colleague, database, clock):
    ines = await colleague("ines")
    async with database.work() as session:
        await asking.cancel(session, await questions.get(session, asked.id), now=clock())
    answer = await ines.post(page_of(asked, "answer", "en"), data=found(asked, "found", "found"))
    assert answer.status_code == 409
    assert "Cancelled, by the shopper" in text_of(answer.text)
    assert not await told(database, "confirmed")


async def test_declining_all_wants_a_reason(asked, world, colleague, database):
    ines = await colleague("ines")
    assert (await ines.post(page_of(asked, "decline"), data={"stands": "requested"})).status_code == 422
    assert (await ines.post(page_of(asked, "decline"), data={"reason": "sold"})).status_code == 303
    assert (await now_of(database, asked)).status == "declined"
    assert (await stock_of(database, world, world.lamp)).book == 3
    assert len(await told(database, "declined")) == 1


# Afterwards


async def test_ready_tells_lea_and_not_ready_after_all_takes_it_back(asked, colleague, database):
    ines = await colleague("ines")
    await ines.post(page_of(asked, "answer"), data=found(asked, "found", "found"))
    await ines.post(page_of(asked, "ready"), data={"stands": "confirmed", "place": "R-12"})
    after = await now_of(database, asked)
    assert (after.status, after.place) == ("ready", "R-12")
    assert "R-12" in (await ines.get(page_of(asked))).text
    [ready] = await told(database, "ready")
    assert ready.recipient == "shopper"
    await ines.post(page_of(asked, "unready"), data={"stands": "ready"})
    assert (await now_of(database, asked)).status == "confirmed"
    [ready] = await told(database, "ready")
    assert ready.state == "dropped"


async def test_a_promise_that_breaks_is_apologised_for_and_a_manager_calls(asked, world, colleague, database):
    ines = await colleague("ines")
    await ines.post(page_of(asked, "answer"), data=found(asked, "found", "found"))
    _, shade = asked.lines
    broken = found(asked, "found", "missing", stands="confirmed", **{f"reason-{shade.id}": "damaged"})
    await ines.post(page_of(asked, "answer"), data=broken)
    after = await now_of(database, asked)
    assert (after.status, after.broken_promise) == ("proposed", True)
    [offer] = await told(database, "proposed")
    assert offer.payload["apology"] is True
    async with database.work(readonly=True) as session:
        assert len(await tasks.open_in(session, frozenset([world.rivoli.id]), tasks.Kind.RECOVER)) == 1


async def test_staff_extend_as_often_as_they_wish(asked, colleague, database):
    ines = await colleague("ines")
    await ines.post(page_of(asked, "answer"), data=found(asked, "found", "found"))
    untils = [(await now_of(database, asked)).hold_until]
    for _ in range(2):
        assert (await ines.post(page_of(asked, "extend"), data={"stands": "confirmed"})).status_code == 303
        untils.append((await now_of(database, asked)).hold_until)
    assert untils == sorted(set(untils))


async def test_cancelling_wants_a_reason_and_unwanted_tells_nobody(asked, world, colleague, database, clock):
    ines = await colleague("ines")
    assert (await ines.post(page_of(asked, "cancel"), data={"stands": "requested"})).status_code == 422
    await ines.post(page_of(asked, "cancel"), data={"stands": "requested", "reason": "a double <b>request</b>"})
    assert (await now_of(database, asked)).status == "cancelled"
    assert len(await told(database, "cancelled")) == 1
    page = (await ines.get(page_of(asked))).text
    assert "a double &lt;b&gt;request&lt;/b&gt;" in page
    async with database.work() as session:
        other = await reserved(session, world, now=clock(), customer=lea(email="joke@exemple.fr"))
    await ines.post(page_of(other, "unwanted"), data={"stands": "requested"})
    after = await now_of(database, other)
    assert (after.status, after.reason) == ("cancelled", "unwanted")
    assert len(await told(database, "cancelled")) == 1


async def test_forms_cannot_set_what_they_do_not_ask_for(asked, world, colleague, database):
    ines = await colleague("ines")
    more = {"status": "collected", "store_id": str(world.kleber.id), "role": "admin", "hold_until": "2099-01-01"}
    form = found(asked, "found", "found", **more)
    await ines.post(page_of(asked, "answer"), data=form)
    after = await now_of(database, asked)
    assert (after.status, after.store_id, after.hold_until) == ("confirmed", world.rivoli.id, asked.hold_until)


async def test_a_name_that_is_a_script_is_shown_as_text(world, colleague, database, clock):
    evil = '<img src=x onerror=alert(1)> "quoted"'
    async with database.work() as session:
        one = await reserved(session, world, now=clock(), customer=lea(first_name=evil, note=evil))
    ines = await colleague("ines")
    pages = [page_of(one), f"/fr/staff/handover?code={one.code}"]
    for path in (*pages, "/fr/staff", "/fr/staff/reservations", "/fr/staff/picking"):
        page = (await ines.get(path)).text
        assert "<img src=x" not in page
        assert "&lt;img src=x" in page


async def test_a_message_that_never_arrived_is_shown_and_can_be_sent_again(asked, colleague, database, clock):
    async with database.work() as session:
        [message] = await session.scalars(select(Message).where(Message.template == "received"))
        message.state, message.reason = "dead", "550 no such mailbox"
    ines, marc = await colleague("ines"), await colleague("marc")
    assert "Not delivered" in (await ines.get(page_of(asked, language="en"))).text
    assert "Not delivered" in (await ines.get("/en/staff")).text
    assert (await marc.post(f"/fr/staff/messages/{message.id}/resend")).status_code == 404
    assert (await ines.post("/fr/staff/messages/not-a-uuid/resend")).status_code == 404
    assert (await ines.post(f"/fr/staff/messages/{message.id}/resend")).status_code == 303
    [message] = await told(database, "received")
    assert message.state == "pending"


# The list


async def test_the_list_finds_by_code_by_name_and_by_state(asked, world, colleague, database, clock):
    async with database.work() as session:
        other = await reserved(
            session, world, now=clock(), customer=lea(first_name="Émile", last_name="Charpentier", email="e@exemple.fr")
        )
        await answering.make_ready(session, await questions.get(session, other.id), by="Inès", now=clock())
    ines = await colleague("ines")

    async def names(**query: str) -> set[str]:
        page = (await ines.get("/fr/staff/reservations", params=query)).text
        return {name for name in ("Martin", "Charpentier") if name in page}

    assert await names() == {"Martin", "Charpentier"}
    assert await names(q="emile charp") == {"Charpentier"}
    assert await names(q=show_code(asked.code).lower()) == {"Martin"}
    assert await names(state="ready") == {"Charpentier"}
    assert await names(state="collected") == set()
    assert await names(q="%") == set()
    for odd in ("\0", "'", "\\", "é" * 300):
        answer = await ines.get("/fr/staff/reservations", params={"q": odd, "state": odd, "before": odd})
        assert answer.status_code == 200
