"""The sheet of an appointment and the visit: Inès prepares, receives, and says what came of it."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

import pytest
from factories import advise, booked, both, lea, product, put
from reading import text_of
from sqlalchemy import select, update

from booking import invariants, tasks
from booking.appointments import preparing, questions, receiving
from booking.appointments.asking import Brief
from booking.appointments.states import ItemState, Outcome
from booking.appointments.tables import Appointment, Item
from booking.messages import Message
from booking.reservations.tables import Reservation
from booking.tasks import Task
from kit import codes
from kit.codes import show_code
from stores import catalogue, stock
from stores.catalogue import Variant
from stores.pairings import Pairing

AT = datetime(2026, 11, 24, 13, 30, tzinfo=UTC)
"""14 h 30 in Paris, this afternoon."""


@pytest.fixture
async def desk(world, database, clock):
    async with database.work() as session:
        return await advise(session, world, now=clock())


@pytest.fixture
async def visit(world, desk, database, clock) -> Appointment:
    """Léa comes this afternoon to see a lamp and three shades (there are two), and has told what for."""
    async with database.work() as session:
        found = await catalogue.find_variants(session, [world.lamp.sku, world.shade.sku])
        items = [(found[world.lamp.sku], 1), (found[world.shade.sku], 3)]
        brief = Brief(party=2, answers={"room": "le séjour"}, access="une chaise avec accoudoirs", items=items)
        return await booked(session, world, desk, AT, now=clock(), brief=brief, advisor=desk.nadia)


@pytest.fixture
async def paired(world, database):
    """The shade goes with the lamp, because of its ring."""
    async with database.work() as session:
        reason = both("Même bague de 29 mm", "Same 29 mm ring")
        session.add(Pairing(product_id=world.lamp.product_id, other_id=world.shade.product_id, reason=reason))


def page_of(one: Appointment, step: str = "", language: str = "en") -> str:
    return f"/{language}/staff/appointments/{show_code(one.code)}" + (f"/{step}" if step else "")


async def now_of(database, one: Appointment) -> Appointment:
    async with database.work(readonly=True) as session:
        return await questions.get(session, one.id)


async def free(database, world, variant) -> int:
    async with database.work(readonly=True) as session:
        return (await stock.cells(session, world.rivoli.id, [variant.id]))[variant.id].available


async def told(database, template: str) -> list[Message]:
    async with database.work(readonly=True) as session:
        return list(await session.scalars(select(Message).where(Message.template == template)))


def item_of(one: Appointment, variant: Variant) -> Item:
    return next(item for item in one.items if item.variant_id == variant.id)


async def arrived(ines, one: Appointment, clock) -> None:
    clock.to(AT)
    await ines.post(page_of(one, "begin"), data={})


# Whose it is

STEPS = ["approve", "decline", "cancel", "prepared", "arrive", "not-arrived", "begin", "extend", "complete", "no-show"]
STEPS += ["forgive", "items", "suggest", "notes", "message", "message/preview"]


async def test_another_store_cannot_know_that_it_exists(visit, colleague, database):
    ines, marc = await colleague("ines"), await colleague("marc")
    assert (await ines.get(page_of(visit))).status_code == 200
    assert (await marc.get(page_of(visit))).status_code == 404
    posts = [*STEPS, f"items/{visit.items[0].id}", f"checks/{visit.checks[0].id}"]
    for step in posts:
        answer = await marc.post(page_of(visit, step), data={"reason": "x", "state": "ready", "done": "1"})
        assert answer.status_code == 404, step
        assert "Martin" not in answer.text
    after = await now_of(database, visit)
    assert (after.status, after.version, after.items[0].state) == ("confirmed", 1, visit.items[0].state)


async def test_a_merchandiser_has_no_business_with_appointments(visit, colleague):
    paul = await colleague("paul")
    assert (await paul.get(page_of(visit))).status_code == 403
    for step in [*STEPS, "correct", "items/1", "checks/1"]:
        assert (await paul.post(page_of(visit, step), data={})).status_code == 403, step


async def test_an_article_of_another_appointment_is_not_found_here(visit, world, desk, colleague, database, clock):
    async with database.work() as session:
        other = await booked(session, world, desk, AT + timedelta(hours=2), now=clock())
    ines = await colleague("ines")
    path = page_of(other, f"items/{visit.items[0].id}")
    assert (await ines.post(path, data={"state": "ready"})).status_code == 404
    assert (await ines.post(page_of(other, f"checks/{visit.checks[0].id}"), data={"done": "1"})).status_code == 404
    assert (await ines.post(page_of(visit, "items/nine"), data={"state": "ready"})).status_code == 404


# The sheet


async def test_the_sheet_says_who_comes_why_and_what_to_fetch_where(visit, colleague):
    page = text_of((await (await colleague("ines")).get(page_of(visit))).text)
    for words in (
        "Léa Martin", "French", "2 people, first visit here", "Nadia, asked for", "une chaise avec accoudoirs",
        "Today, 2.30 to 3.15 pm", "to prepare from 2.20 pm", "3rd floor, Atelier lumière",
        "For which room? le séjour", "Oscar lamp", "€129.00", "Ground floor, Lighting · L-12-3", "free 4",
        "kept until the end of the visit", "not kept", "0 of 2 ready", "Light the studio", "0 of 2 done",
    ):  # fmt: skip
        assert words in page, words


async def test_who_told_nothing_is_asked_three_questions_in_her_language(world, desk, database, colleague, clock):
    async with database.work() as session:
        one = await booked(session, world, desk, AT, now=clock(), customer=lea(language="en"))
    page = (await (await colleague("ines")).get(page_of(one, language="fr"))).text
    asked = re.search(r'<ol class="prose-steps" lang="en">(.*?)</ol>', page, re.DOTALL)
    assert asked and asked[1].count("<li>") == 3
    assert "What would make you say no" in asked[1]


async def test_nothing_but_the_name_is_printed_of_her(visit, colleague):
    page = (await (await colleague("ines")).get(page_of(visit))).text
    printed = re.sub(r"<aside class=\"no-print\">.*?</aside>", "", page.split("<main")[1], flags=re.DOTALL)
    printed = re.sub(r'<div class="no-print">.*?</div>', "", printed, flags=re.DOTALL)
    assert "Léa Martin" in printed and "le séjour" in printed
    for personal in ("lea@exemple.fr", "accoudoirs"):
        assert personal in page
        assert personal not in printed


async def test_there_is_a_sheet_to_print(visit, lea):
    css = (await lea.get("/static/app.css")).text
    printed = "".join(part for part in css.split("@media print")[1:])
    assert ".no-print" in printed and ".sheet-facts" in printed


async def test_past_absences_are_a_number_for_staff_alone(visit, world, desk, colleague, database, clock):
    ines = await colleague("ines")
    assert "Missed in a year" not in (await ines.get(page_of(visit))).text
    async with database.work() as session:
        other = await booked(session, world, desk, AT + timedelta(hours=2), now=clock(), advisor=desk.nadia)
        await receiving.no_show(session, other, by="Inès", now=AT + timedelta(hours=3))
    assert "Missed in a year 1" in text_of((await ines.get(page_of(visit))).text)


@pytest.mark.parametrize("allowed", [True, False])
async def test_former_visits_are_shown_only_where_she_allows_it(world, desk, colleague, database, clock, allowed):
    async with database.work() as session:
        before = await booked(session, world, desk, AT, now=clock())
        await preparing.write_note(
            session, before, "aime le laiton", private=False, account_id=None, by="Karim", now=clock()
        )
        await preparing.write_note(session, before, "pressée", private=True, account_id=None, by="Karim", now=clock())
        done = {"outcome": Outcome.NOTHING, "reason": "trop grande"}
        await receiving.complete(session, before, **done, by="Karim", now=AT + timedelta(hours=1))
        next_week = AT + timedelta(days=7)
        one = await booked(session, world, desk, next_week, now=clock(), brief=Brief(history=allowed))
    page = text_of((await (await colleague("ines")).get(page_of(one))).text)
    assert "visit no. 2 here" in page
    assert ("trop grande" in page) is allowed
    assert ("aime le laiton" in page) is allowed
    assert ("has not allowed us" in page) is not allowed
    assert "pressée" not in page


# Preparing it


async def test_an_article_is_marked_with_one_tap_and_a_second_tap_takes_it_back(visit, world, colleague, database):
    ines, lamp = await colleague("ines"), item_of(visit, world.lamp)
    path = page_of(visit, f"items/{lamp.id}")
    page = (await ines.get(page_of(visit))).text
    tap = re.search(rf'<button id="item-{lamp.id}-ready" name="state" value="(\w+)" aria-pressed="false"', page)
    assert tap and tap[1] == "ready"
    done = await ines.post(path, data={"state": "ready"})
    assert done.status_code == 303
    assert done.headers["location"].endswith("#articles")
    again = (await ines.get(page_of(visit))).text
    assert f'<button id="item-{lamp.id}-ready" name="state" value="to_fetch" aria-pressed="true"' in again
    assert "1 of 2 ready" in text_of(again)
    await ines.post(path, data={"state": "to_fetch"})
    assert item_of(await now_of(database, visit), world.lamp).state == ItemState.TO_FETCH


async def test_htmx_gets_the_articles_alone_and_a_refusal_in_their_place(visit, world, colleague):
    ines, lamp = await colleague("ines"), item_of(visit, world.lamp)
    htmx = {"hx-request": "true"}
    part = await ines.post(page_of(visit, f"items/{lamp.id}"), data={"state": "ready"}, headers=htmx)
    assert part.status_code == 200
    assert part.text.strip().startswith('<section class="section" id="articles"')
    assert "<html" not in part.text
    no = await ines.post(page_of(visit, f"items/{lamp.id}"), data={"state": "suggested"}, headers=htmx)
    assert no.status_code == 422
    assert 'id="error-summary"' in no.text and no.text.strip().startswith('<section class="section" id="articles"')
    check = await ines.post(page_of(visit, f"checks/{visit.checks[0].id}"), data={"done": "1"}, headers=htmx)
    assert check.text.strip().startswith('<section class="section" id="checks"')
    assert "1 of 2 done" in text_of("<main>" + check.text)


async def test_what_cannot_be_found_is_free_again_and_held_again_once_it_is(visit, world, colleague, database):
    ines, lamp = await colleague("ines"), item_of(visit, world.lamp)
    path = page_of(visit, f"items/{lamp.id}")
    assert await free(database, world, world.lamp) == 4
    for state, left in (("missing", 5), ("to_fetch", 4), ("missing", 5), ("to_fetch", 4)):
        assert (await ines.post(path, data={"state": state})).status_code == 303
        assert await free(database, world, world.lamp) == left
    async with database.work(readonly=True) as session:
        assert await invariants.broken(session) == []


async def test_something_that_is_here_replaces_what_is_missing_with_one_tap(visit, world, colleague, database, clock):
    async with database.work() as session:
        larger = Variant(sku="LUM-0013-35", gtin="3001234567915", options=[], price_minor=3900)
        cotton = product(
            await session.merge(world.lamps), "LUM-14", both("Abat-jour coton", "Cotton shade"), larger, now=clock()
        )
        session.add(cotton)
        await session.flush()
        await put(session, world.rivoli, larger, 2, now=clock())
    ines, shade = await colleague("ines"), item_of(visit, world.shade)
    page = (await ines.get(page_of(visit))).text
    assert 'value="LUM-0013-35"' in page.split("Here in its place")[1]
    answer = await ines.post(page_of(visit, "items"), data={"sku": "LUM-0013-35", "instead": str(shade.id)})
    assert answer.status_code == 303
    after = await now_of(database, visit)
    assert item_of(after, world.shade).state == ItemState.DROPPED
    fetched = next(item for item in after.items if item.variant.sku == "LUM-0013-35")
    assert (fetched.state, fetched.held, fetched.added_by) == (ItemState.TO_FETCH, 1, "Inès")


async def test_what_goes_with_it_is_a_way_out_too(world, desk, paired, colleague, database, clock):
    async with database.work() as session:
        lamp = (await catalogue.find_variants(session, [world.lamp.sku]))[world.lamp.sku]
        one = await booked(session, world, desk, AT, now=clock())
        await preparing.add_item(session, one, lamp, by="Inès", now=clock())
        await preparing.set_item(session, one, one.items[0].id, ItemState.MISSING, by="Inès", now=clock())
    page = text_of((await (await colleague("ines")).get(page_of(one))).text)
    assert "Same 29 mm ring, free here: 2" in page


@pytest.mark.parametrize("typed", ["meu-0001", " MEU-0001 ", "03001234567915"])
async def test_an_article_is_added_by_its_code_typed_or_scanned(visit, world, colleague, database, typed, clock):
    async with database.work() as session:
        await session.execute(update(Variant).where(Variant.sku == world.sofa.sku).values(gtin="3001234567915"))
    ines = await colleague("ines")
    assert (await ines.post(page_of(visit, "items"), data={"sku": typed})).status_code == 303
    assert item_of(await now_of(database, visit), world.sofa).held == 0
    assert "on show in the store" in (await ines.get(page_of(visit))).text


@pytest.mark.parametrize("typed", ["nothing of ours", "", "0", "\u0000", "7" * 40])
async def test_a_code_that_nobody_knows_comes_back_as_it_was_typed(visit, colleague, typed):
    ines = await colleague("ines")
    answer = await ines.post(page_of(visit, "items"), data={"sku": typed})
    assert answer.status_code == 422
    assert "No article has this code." in answer.text
    assert f'name="sku" value="{typed}"' in answer.text or "\u0000" in typed


async def test_suggestions_come_with_their_reason_and_are_taken_up_or_dropped(
    world, desk, paired, colleague, database, clock
):
    async with database.work() as session:
        lamp = (await catalogue.find_variants(session, [world.lamp.sku]))[world.lamp.sku]
        one = await booked(session, world, desk, AT, now=clock(), brief=Brief(items=[(lamp, 1)]))
    ines = await colleague("ines")
    assert (await ines.post(page_of(one, "suggest"))).status_code == 303
    assert "Same 29 mm ring" in (await ines.get(page_of(one))).text
    suggested = item_of(await now_of(database, one), world.shade)
    await ines.post(page_of(one, f"items/{suggested.id}"), data={"state": "to_fetch"})
    assert item_of(await now_of(database, one), world.shade).held == 1
    again = await ines.post(page_of(one, "suggest"))
    assert "Nothing else that is here goes" in (await ines.get(again.headers["location"])).text


async def test_what_this_store_has_not_is_not_suggested(world, desk, paired, colleague, database, clock):
    async with database.work() as session:
        found = await catalogue.find_variants(session, [world.lamp.sku, world.shade.sku])
        taken = Brief(items=[(found[world.shade.sku], 2)])
        await booked(session, world, desk, AT + timedelta(hours=3), now=clock(), brief=taken)
        one = await booked(session, world, desk, AT, now=clock(), brief=Brief(items=[(found[world.lamp.sku], 1)]))
    await (await colleague("ines")).post(page_of(one, "suggest"))
    assert [item.variant_id for item in (await now_of(database, one)).items] == [world.lamp.id]


async def test_the_checklist_keeps_who_ticked_first(visit, colleague, database):
    ines, helene = await colleague("ines"), await colleague("helene")
    path = page_of(visit, f"checks/{visit.checks[0].id}")
    await ines.post(path, data={"done": "1"})
    await helene.post(path, data={"done": "1"})
    assert (await now_of(database, visit)).checks[0].done_by == "Inès"
    await helene.post(path, data={"done": "0"})
    assert (await now_of(database, visit)).checks[0].done_at is None


async def test_everything_is_ready_or_not_after_all(visit, colleague, database):
    ines = await colleague("ines")
    for _ in range(2):
        assert (await ines.post(page_of(visit, "prepared"), data={"stands": "confirmed"})).status_code == 303
    assert (await now_of(database, visit)).prepared_by == "Inès"
    assert "by Inès, today at noon" in text_of((await ines.get(page_of(visit))).text)
    await ines.post(page_of(visit, "prepared"), data={"stands": "confirmed", "ready": "0"})
    assert (await now_of(database, visit)).prepared_at is None


# Notes


async def test_a_private_note_is_seen_by_nobody_else(visit, colleague):
    ines, helene = await colleague("ines"), await colleague("helene")
    await ines.post(page_of(visit, "notes"), data={"text": "pour son anniversaire", "private": "1"})
    await ines.post(page_of(visit, "notes"), data={"text": "aime le laiton"})
    mine, hers = (await ines.get(page_of(visit))).text, (await helene.get(page_of(visit))).text
    assert "pour son anniversaire" in mine and "only you see it" in mine
    assert "pour son anniversaire" not in hers
    assert "aime le laiton" in hers
    assert "may read these notes" in mine


async def test_a_note_pressed_twice_is_one_and_an_empty_or_endless_one_comes_back(visit, colleague, database):
    ines, key = await colleague("ines"), codes.new_token()
    for _ in range(2):
        answer = await ines.post(page_of(visit, "notes"), data={"text": "aime le laiton", "key": key})
        assert answer.status_code == 303
    assert len((await now_of(database, visit)).notes) == 1
    assert (await ines.post(page_of(visit, "notes"), data={"text": "  "})).status_code == 422
    long = await ines.post(page_of(visit, "notes"), data={"text": "l" * 501, "private": "1"})
    assert long.status_code == 422
    assert "l" * 501 in long.text and 'href="#note-text"' in long.text
    assert re.search(r'name="private" value="1" checked', long.text)


# A word to the shopper


async def test_a_word_is_sent_once_to_who_asked_to_be_written_to(visit, colleague, database):
    ines, key = await colleague("ines"), codes.new_token()
    form = {"word": "late", "text": "dix minutes", "key": key, "stands": "confirmed"}
    for _ in range(2):
        assert (await ines.post(page_of(visit, "message"), data=form)).status_code == 303
    (sent,) = await told(database, "appointment_word")
    assert (sent.language, sent.payload["word"], sent.payload["text"]) == ("fr", "late", "dix minutes")
    assert "Told that we are running late, by Inès" in text_of((await ines.get(page_of(visit))).text)


async def test_the_word_is_shown_before_it_goes_and_nothing_went(visit, colleague, database):
    ines = await colleague("ines")
    form = {"word": "free", "text": "Apportez le plan du salon", "stands": "confirmed"}
    part = await ines.post(page_of(visit, "message/preview"), data=form, headers={"hx-request": "true"})
    assert part.status_code == 200
    assert "Apportez le plan du salon" in part.text and 'lang="fr"' in part.text
    whole = await ines.post(page_of(visit, "message/preview"), data=form)
    assert whole.text.count("Apportez le plan du salon") == 2
    assert await told(database, "appointment_word") == []


@pytest.mark.parametrize(
    ("form", "field"),
    [({}, "word"), ({"word": "free"}, "text"), ({"word": "late", "text": "m" * 301}, "text"), ({"word": "x"}, "word")],
)
async def test_a_word_that_says_nothing_comes_back(visit, colleague, form, field, database):
    answer = await (await colleague("ines")).post(page_of(visit, "message"), data=form)
    assert answer.status_code == 422
    assert f'href="#say-{field}"' in answer.text
    assert form.get("text", "") in answer.text
    assert await told(database, "appointment_word") == []


async def test_who_wants_to_be_called_is_not_written_to(world, desk, database, colleague, clock):
    async with database.work() as session:
        customer = lea(email="", phone="+33639980123", contact="phone")
        one = await booked(session, world, desk, AT, now=clock(), customer=customer)
    page = (await (await colleague("ines")).get(page_of(one))).text
    assert 'id="say-form"' not in page
    assert 'href="tel:+33639980123"' in page


# Yes or no


@pytest.fixture
async def wanted(world, desk, database, clock) -> Appointment:
    """Léa asks for a kitchen, which needs a yes."""
    async with database.work() as session:
        start = datetime(2026, 11, 26, 14, tzinfo=UTC)
        return await booked(session, world, desk, start, now=clock(), service=desk.kitchen)


async def test_a_request_is_confirmed_once(wanted, colleague, database):
    ines, helene = await colleague("ines"), await colleague("helene")
    assert (await ines.post(page_of(wanted, "approve"), data={"stands": "requested"})).status_code == 303
    late = await helene.post(page_of(wanted, "approve"), data={"stands": "requested"})
    assert late.status_code == 409
    assert "Confirmed, by Inès, today at noon. It is now: confirmed." in text_of(late.text)
    assert len(await told(database, "appointment_confirmed")) == 1


async def test_a_no_needs_a_reason(wanted, colleague, database):
    ines = await colleague("ines")
    mute = await ines.post(page_of(wanted, "decline"), data={"stands": "requested", "reason": " "})
    assert mute.status_code == 422
    assert 'href="#decline-reason"' in mute.text
    yes = await ines.post(page_of(wanted, "decline"), data={"stands": "requested", "reason": "l’îlot est en travaux"})
    assert yes.status_code == 303
    assert (await now_of(database, wanted)).status == "declined"
    assert "l’îlot est en travaux" in (await ines.get(page_of(wanted))).text


async def test_the_store_cancels_with_a_reason_and_gives_everything_back(visit, world, colleague, database):
    ines = await colleague("ines")
    assert (await ines.post(page_of(visit, "cancel"), data={"stands": "confirmed"})).status_code == 422
    form = {"stands": "confirmed", "reason": "atelier fermé"}
    assert (await ines.post(page_of(visit, "cancel"), data=form)).status_code == 303
    assert await free(database, world, world.lamp) == 5
    twice = await ines.post(page_of(visit, "cancel"), data=form)
    assert twice.status_code == 409
    tapped = await ines.post(page_of(visit, f"items/{visit.items[0].id}"), data={"state": "ready"})
    assert tapped.status_code == 409
    assert "It is now: cancelled." in text_of(tapped.text)


# The visit


async def test_from_arrival_to_what_she_bought(visit, colleague, database, clock, world):
    ines = await colleague("ines")
    clock.to(AT - timedelta(minutes=125))
    early = await ines.post(page_of(visit, "arrive"), data={"stands": "confirmed"})
    assert early.status_code == 409
    assert "too early" in early.text
    clock.to(AT - timedelta(minutes=5))
    await ines.post(page_of(visit, "arrive"), data={"stands": "confirmed"})
    await ines.post(page_of(visit, "not-arrived"), data={"stands": "arrived"})
    assert (await now_of(database, visit)).arrived_at is None
    await ines.post(page_of(visit, "arrive"), data={"stands": "confirmed"})
    await ines.post(page_of(visit, "begin"), data={"stands": "arrived"})
    lamp = item_of(visit, world.lamp)
    for state in ("shown", "liked", "refused", "liked"):
        assert (await ines.post(page_of(visit, f"items/{lamp.id}"), data={"state": state})).status_code == 303, state
    clock.forward(minutes=30)
    form = {
        "stands": "in_progress", "outcome": "bought", "amount": "1 129,50 €", "summary": "1",
        "follow_up": "Rappeler pour la livraison", "follow_up_at": "2026-11-30",
    }  # fmt: skip
    for status in (303, 409):
        assert (await ines.post(page_of(visit, "complete"), data=form)).status_code == status
    after = await now_of(database, visit)
    assert (after.status, after.outcome, after.amount_minor) == ("completed", "bought", 112950)
    assert len(await told(database, "appointment_summary")) == 1
    async with database.work(readonly=True) as session:
        (task,) = await session.scalars(select(Task).where(Task.kind == tasks.Kind.FOLLOW_UP))
        assert (task.note, task.due_at) == ("Rappeler pour la livraison", datetime(2026, 11, 30, 9, tzinfo=UTC))
        assert await invariants.broken(session) == []
    page = (await ines.get(page_of(visit))).text
    assert "bought, €1,129.50" in text_of(page)
    onward = re.search(r'href="([^"]+)">Next appointment', page)
    assert onward and "Martin" not in onward[1]
    again = (await ines.get(onward[1].replace("&amp;", "&"))).text
    assert 'value="lea@exemple.fr"' in again and 'value="Martin"' in again
    listed = (await ines.get("/en/staff/tasks")).text
    assert "Rappeler pour la livraison" in listed
    assert f'href="{page_of(visit)}"' in listed


async def test_liked_at_once_what_nobody_had_ticked(visit, world, colleague, database, clock):
    ines, lamp = await colleague("ines"), item_of(visit, world.lamp)
    await arrived(ines, visit, clock)
    assert (await ines.post(page_of(visit, f"items/{lamp.id}"), data={"state": "liked"})).status_code == 303
    assert item_of(await now_of(database, visit), world.lamp).state == ItemState.LIKED


async def test_what_may_be_kept_follows_what_is_tapped(visit, world, colleague, clock):
    ines, lamp = await colleague("ines"), item_of(visit, world.lamp)
    await arrived(ines, visit, clock)
    answer = await ines.post(
        page_of(visit, f"items/{lamp.id}"), data={"state": "liked"}, headers={"hx-request": "true"}
    )
    kept = answer.text.split("<hx-partial")[1]
    assert re.search(rf'name="item-{lamp.id}" value="1" checked', kept)


async def test_what_she_liked_becomes_one_reservation(visit, world, colleague, database, clock):
    ines, lamp = await colleague("ines"), item_of(visit, world.lamp)
    await arrived(ines, visit, clock)
    clock.forward(minutes=20)
    form = {"stands": "in_progress", "outcome": "reserved", f"item-{lamp.id}": "1"}
    for status in (303, 409):
        assert (await ines.post(page_of(visit, "complete"), data=form)).status_code == status
    async with database.work(readonly=True) as session:
        (made,) = await session.scalars(select(Reservation))
        assert (made.first_name, made.email) == ("Léa", "lea@exemple.fr")
        assert await invariants.broken(session) == []
    assert await free(database, world, world.lamp) == 4
    assert f"/staff/reservations/{show_code(made.code)}" in (await ines.get(page_of(visit))).text


async def test_more_than_is_here_is_not_promised(visit, world, colleague, database, clock):
    ines, shade = await colleague("ines"), item_of(visit, world.shade)
    await arrived(ines, visit, clock)
    form = {"stands": "in_progress", "outcome": "reserved", f"item-{shade.id}": "1", "follow_up": "appeler"}
    form["follow_up_at"] = "2026-11-30"
    answer = await ines.post(page_of(visit, "complete"), data=form)
    assert answer.status_code == 422
    assert "Not enough is left here of: Linen shade" in answer.text
    assert 'value="appeler"' in answer.text
    assert re.search(rf'name="item-{shade.id}" value="1" checked', answer.text)
    assert (await now_of(database, visit)).status == "in_progress"


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        ({}, ["outcome"]),
        ({"outcome": "sold"}, ["outcome"]),
        ({"outcome": "bought", "amount": "cent euros"}, ["amount"]),
        ({"outcome": "bought", "amount": "-5"}, ["amount"]),
        ({"outcome": "bought", "amount": "1,299"}, ["amount"]),
        ({"outcome": "bought", "amount": "9" * 15}, ["amount"]),
        ({"outcome": "nothing"}, ["reason"]),
        ({"outcome": "reserved", "item-x": "1", "item-99999": "1"}, ["items"]),
        ({"outcome": "thinking", "follow_up": "rappeler"}, ["follow_up_at"]),
        ({"outcome": "thinking", "follow_up": "rappeler", "follow_up_at": "2026-11-24"}, ["follow_up_at"]),
        ({"outcome": "thinking", "follow_up": "rappeler", "follow_up_at": "soon"}, ["follow_up_at"]),
        ({"outcome": "thinking", "follow_up_at": "2026-11-30"}, ["follow_up"]),
        ({"outcome": "nothing", "follow_up_at": "2026-11-30"}, ["reason", "follow_up"]),
    ],
)
async def test_an_outcome_with_holes_comes_back_as_it_was_typed(visit, colleague, database, clock, form, fields):
    ines = await colleague("ines")
    await arrived(ines, visit, clock)
    answer = await ines.post(page_of(visit, "complete"), data={"stands": "in_progress", **form})
    assert answer.status_code == 422
    assert answer.text.split("<title>")[1].startswith("Error:")
    for field in fields:
        assert f'href="#complete-{field}"' in answer.text
        assert f'id="complete-{field}"' in answer.text
    for name in ("amount", "follow_up", "follow_up_at"):
        if form.get(name):
            assert f'value="{form[name]}"' in answer.text
    assert (await now_of(database, visit)).status == "in_progress"


async def test_nothing_found_is_kept_with_its_reason(visit, colleague, database, clock):
    ines = await colleague("ines")
    await arrived(ines, visit, clock)
    form = {"stands": "in_progress", "outcome": "nothing", "reason": "trop grande", "amount": "12"}
    await ines.post(page_of(visit, "complete"), data=form)
    after = await now_of(database, visit)
    assert (after.outcome, after.outcome_reason, after.amount_minor) == ("nothing", "trop grande", None)


async def test_who_walked_in_leaves_an_address_to_have_something_kept(world, desk, colleague, database, clock):
    ines = await colleague("ines")
    made = await ines.post("/en/staff/agenda/walk-in", data={"store": "rivoli", "service": desk.lighting.slug})
    code = made.headers["location"].rsplit("/", 1)[1]
    path = f"/en/staff/appointments/{code}"
    await ines.post(f"{path}/items", data={"sku": world.lamp.sku})
    async with database.work(readonly=True) as session:
        item = await session.scalar(select(Item.id))
    form = {"stands": "arrived", "outcome": "reserved", f"item-{item}": "1"}
    nobody = await ines.post(f"{path}/complete", data=form)
    assert nobody.status_code == 422
    assert 'href="#complete-email"' in nobody.text
    wrong = await ines.post(f"{path}/complete", data={**form, "email": "lea(at)exemple.fr", "phone": "12"})
    assert wrong.status_code == 422
    assert 'value="lea(at)exemple.fr"' in wrong.text and 'href="#complete-phone"' in wrong.text
    done = await ines.post(f"{path}/complete", data={**form, "email": "lea@exemple.fr"})
    assert done.status_code == 303, text_of(done.text)
    async with database.work(readonly=True) as session:
        (reservation,) = await session.scalars(select(Reservation))
        assert reservation.email == "lea@exemple.fr"


async def test_a_quarter_of_an_hour_more_where_it_fits(visit, colleague, database, clock):
    ines = await colleague("ines")
    not_yet = await ines.post(page_of(visit, "extend"), data={"stands": "confirmed"})
    assert not_yet.status_code == 409
    await arrived(ines, visit, clock)
    assert (await ines.post(page_of(visit, "extend"), data={"stands": "in_progress"})).status_code == 303
    assert (await now_of(database, visit)).ends_at == AT + timedelta(minutes=60)
    assert await told(database, "appointment_moved") == []


async def test_where_it_does_not_fit_the_page_says_who_is_next(visit, world, desk, colleague, database, clock):
    async with database.work() as session:
        paul = lea(first_name="Paul", last_name="Durand", email="paul@exemple.fr")
        start = AT + timedelta(hours=1)
        await booked(session, world, desk, start, now=clock(), customer=paul, advisor=desk.nadia)
    ines = await colleague("ines")
    await arrived(ines, visit, clock)
    answer = await ines.post(page_of(visit, "extend"), data={"stands": "in_progress"})
    assert answer.status_code == 409
    assert "Paul D. comes to Nadia at 3.30 pm (Choose a light)" in text_of(answer.text)
    assert (await now_of(database, visit)).ends_at == AT + timedelta(minutes=45)


# Who did not come


async def test_an_absence_is_said_by_hand_and_forgiven_within_a_day(visit, colleague, database, clock):
    ines = await colleague("ines")
    clock.to(AT + timedelta(minutes=10))
    assert (await ines.post(page_of(visit, "no-show"), data={"stands": "confirmed"})).status_code == 409
    clock.forward(minutes=5)
    assert (await ines.post(page_of(visit, "no-show"), data={"stands": "confirmed"})).status_code == 303
    assert "Forgive" in (await ines.get(page_of(visit))).text
    clock.forward(hours=23)
    ines = await colleague("ines")
    assert (await ines.post(page_of(visit, "forgive"), data={"stands": "no_show"})).status_code == 303
    assert (await now_of(database, visit)).status == "confirmed"
    await ines.post(page_of(visit, "no-show"), data={"stands": "confirmed"})
    clock.forward(hours=25)
    ines = await colleague("ines")
    late = await ines.post(page_of(visit, "forgive"), data={"stands": "no_show"})
    assert late.status_code == 409
    assert "Forgive" not in (await ines.get(page_of(visit))).text


async def test_only_who_leads_corrects_what_was_settled_and_says_why(visit, colleague, database, clock):
    ines, helene, marc = await colleague("ines"), await colleague("helene"), await colleague("marc")
    clock.to(AT + timedelta(minutes=15))
    await ines.post(page_of(visit, "no-show"), data={"stands": "confirmed"})
    form = {"stands": "no_show", "reason": "elle était à l’étage"}
    assert (await ines.post(page_of(visit, "correct"), data=form)).status_code == 403
    assert "Correct:" not in (await ines.get(page_of(visit))).text
    assert (await marc.post(page_of(visit, "correct"), data=form)).status_code in (403, 404)
    mute = await helene.post(page_of(visit, "correct"), data={"stands": "no_show"})
    assert mute.status_code == 422
    assert (await helene.post(page_of(visit, "correct"), data=form)).status_code == 303
    assert (await now_of(database, visit)).status == "completed"
    clock.forward(days=8)
    helene = await colleague("helene")
    too_late = await helene.post(page_of(visit, "correct"), data={"stands": "completed", "reason": "x"})
    assert too_late.status_code == 409


async def test_two_colleagues_who_finish_at_once_give_back_once(visit, world, colleague, database, clock):
    """One marks the lamp as missing while the other ends the visit: its unit is free once, not twice."""
    ines, helene = await colleague("ines"), await colleague("helene")
    await arrived(ines, visit, clock)
    lamp = item_of(visit, world.lamp)
    answers = await asyncio.gather(
        ines.post(page_of(visit, f"items/{lamp.id}"), data={"state": "missing"}),
        helene.post(page_of(visit, "complete"), data={"stands": "in_progress", "outcome": "thinking"}),
    )
    assert {answer.status_code for answer in answers} <= {303, 409}
    assert await free(database, world, world.lamp) == 5
    async with database.work(readonly=True) as session:
        assert await invariants.broken(session) == []
