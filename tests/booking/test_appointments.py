"""Léa books an advisor, moves the appointment, brings articles; Inès receives her. Told from outside, noun by noun."""

from datetime import UTC, datetime, timedelta

import pytest
from factories import SECRET, advise, booked, build, lea, reserved
from sqlalchemy import select, update

from booking import blocks, clients, invariants, invitations, tasks
from booking.appointments import asking, conflicts, holding, preparing, questions, receiving, telling
from booking.appointments.placing import NotOffered, SlotTaken
from booking.appointments.states import ItemState, MovedOn, Outcome, Status
from booking.appointments.tables import Appointment
from booking.messages import Message
from kit.errors import Invalid, TooMany
from stores import advisors, catalogue, places, schedules, services, stock

NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
WEDNESDAY = datetime(2026, 11, 25, 13, 30, tzinfo=UTC)
"""14 h 30 in Paris."""


@pytest.fixture
async def world(session):
    return await build(session, now=NOON)


@pytest.fixture
async def desk(session, world):
    return await advise(session, world, now=NOON)


async def templates(session):
    rows = await session.scalars(select(Message).where(Message.state == "pending").order_by(Message.due_at))
    return [(row.template, row.recipient, row.due_at) for row in rows]


async def test_lea_books_and_everyone_hears_of_it(session, world, desk):
    made = await booked(session, world, desk, WEDNESDAY, now=NOON)
    assert made.status == Status.CONFIRMED and made.advisor is not None
    assert made.ends_at - made.starts_at == timedelta(minutes=45)
    told = await templates(session)
    assert [(template, who) for template, who, _ in told][:1] == [("appointment_confirmed", "shopper")]
    assert ("appointment_reminder", "shopper", WEDNESDAY - timedelta(days=1)) in told
    assert await invariants.broken(session) == []


async def test_the_second_who_wants_the_same_advisor_gets_the_nearest_starts(session, world, desk):
    await booked(session, world, desk, WEDNESDAY, now=NOON, advisor=desk.nadia)
    with pytest.raises(SlotTaken) as taken:
        await booked(session, world, desk, WEDNESDAY, now=NOON, advisor=desk.nadia)
    local = [near.start.astimezone(world.rivoli.zone).strftime("%H:%M") for near in taken.value.nearest]
    assert local == ["13:00", "13:30", "15:30"]
    assert taken.value.sentence.endswith("13\xa0h\xa030 et 15\xa0h\xa030.")


async def test_three_shoppers_and_two_advisors(session, world, desk):
    first = await booked(session, world, desk, WEDNESDAY, now=NOON)
    second = await booked(session, world, desk, WEDNESDAY, now=NOON)
    assert {first.advisor_id, second.advisor_id} == {desk.nadia.id, desk.karim.id}
    with pytest.raises(SlotTaken):
        await booked(session, world, desk, WEDNESDAY, now=NOON)


async def test_a_time_that_was_never_on_offer_is_not_taken(session, world, desk):
    for start in (WEDNESDAY + timedelta(minutes=10), datetime(2026, 11, 25, 3, tzinfo=UTC), NOON):
        with pytest.raises(NotOffered):
            await booked(session, world, desk, start, now=NOON)


async def test_a_hold_keeps_it_for_ten_minutes_and_then_blocks_nobody(session, world, desk):
    rivoli = await places.find(session, "rivoli")
    for one in (b"a" * 32, b"b" * 32):
        await holding.hold(session, rivoli, desk.lighting, WEDNESDAY, browser=one, now=NOON)
    with pytest.raises(SlotTaken):
        await booked(session, world, desk, WEDNESDAY, now=NOON)
    later = NOON + timedelta(minutes=10)
    await booked(session, world, desk, WEDNESDAY, now=later)
    assert await invariants.broken(session) == []


async def test_one_browser_holds_one_start(session, world, desk):
    rivoli = await places.find(session, "rivoli")
    first = await holding.hold(session, rivoli, desk.lighting, WEDNESDAY, browser=b"a" * 32, now=NOON)
    moved = await holding.hold(
        session, rivoli, desk.lighting, WEDNESDAY + timedelta(minutes=30), browser=b"a" * 32, now=NOON
    )
    assert moved.id != first.id
    assert len((await session.scalars(select(blocks.Block))).all()) == 1
    made = await booked(session, world, desk, moved.starts_at, now=NOON, hold=moved)
    assert made.advisor_id == moved.advisor_id
    assert (await session.scalars(select(blocks.SlotHold))).all() == []


async def test_a_move_keeps_the_row_and_the_advisor(session, world, desk):
    made = await booked(session, world, desk, WEDNESDAY, now=NOON)
    was, uid = made.advisor_id, made.uid
    await asking.reschedule(session, made, WEDNESDAY + timedelta(minutes=30), now=NOON)
    again = await questions.get(session, made.id)
    assert (again.advisor_id, again.uid, again.version) == (was, uid, 2)
    assert again.starts_at == WEDNESDAY + timedelta(minutes=30)
    told = await templates(session)
    assert [t for t, who, _ in told if who == "shopper"] == ["appointment_moved", "appointment_reminder"]
    assert await invariants.broken(session) == []


async def test_a_move_that_fails_keeps_the_old_time(session, world, desk):
    made = await booked(session, world, desk, WEDNESDAY, now=NOON, advisor=desk.nadia)
    await booked(session, world, desk, WEDNESDAY + timedelta(hours=2), now=NOON, advisor=desk.nadia)
    with pytest.raises(SlotTaken):
        await asking.reschedule(session, made, WEDNESDAY + timedelta(hours=2), now=NOON)
    again = await questions.get(session, made.id)
    assert (again.starts_at, again.status, again.version) == (WEDNESDAY, Status.CONFIRMED, 1)
    assert await invariants.broken(session) == []


async def test_articles_are_held_until_it_ends(session, world, desk):
    variants = await catalogue.find_variants(session, [world.lamp.sku, world.shade.sku])
    brief = asking.Brief(items=[(variants[world.lamp.sku], 2), (variants[world.shade.sku], 3)])
    made = await booked(session, world, desk, WEDNESDAY, now=NOON, brief=brief)
    states = {item.variant_id: (item.state, item.held) for item in made.items}
    assert states == {world.lamp.id: (ItemState.TO_FETCH, 2), world.shade.id: (ItemState.MISSING, 0)}
    cells = await stock.cells(session, world.rivoli.id, [world.lamp.id])
    assert cells[world.lamp.id].available == 3
    await receiving.arrive(session, made, by="Inès", now=WEDNESDAY)
    await receiving.begin(session, made, by="Inès", now=WEDNESDAY)
    lamp = next(item for item in made.items if item.variant_id == world.lamp.id)
    await receiving.reserve_liked(session, made, [lamp], secret=SECRET, by="Inès", now=WEDNESDAY)
    await receiving.complete(session, made, outcome=Outcome.RESERVED, by="Inès", now=WEDNESDAY + timedelta(minutes=20))
    assert (await stock.cells(session, world.rivoli.id, [world.lamp.id]))[world.lamp.id].available == 3
    assert await invariants.broken(session) == []


async def test_what_remains_of_a_visit_is_free_for_others(session, world, desk):
    made = await booked(session, world, desk, WEDNESDAY, now=NOON, advisor=desk.nadia)
    await receiving.begin(session, made, by="Nadia", now=WEDNESDAY - timedelta(minutes=5))
    await receiving.complete(session, made, outcome=Outcome.BOUGHT, by="Nadia", now=WEDNESDAY + timedelta(minutes=12))
    (during,) = await session.scalars(select(blocks.Block.during).where(blocks.Block.owner_id == made.id))
    assert during.upper == WEDNESDAY + timedelta(minutes=15)
    assert await invariants.broken(session) == []


async def test_who_did_not_come_is_forgiven_within_a_day(session, world, desk):
    made = await booked(session, world, desk, WEDNESDAY, now=NOON)
    with pytest.raises(receiving.TooEarly):
        await receiving.no_show(session, made, by="Inès", now=WEDNESDAY + timedelta(minutes=14))
    await receiving.no_show(session, made, by="Inès", now=WEDNESDAY + timedelta(minutes=15))
    assert await questions.missed(session, made) == 1
    await receiving.forgive(session, made, by="Inès", now=WEDNESDAY + timedelta(hours=20))
    assert await questions.missed(session, made) == 0
    assert await invariants.broken(session) == []


async def test_a_request_that_needs_a_yes(session, world, desk):
    start = datetime(2026, 11, 26, 14, tzinfo=UTC)
    made = await booked(session, world, desk, start, now=NOON, service=desk.kitchen)
    assert made.status == Status.REQUESTED and made.space_id == desk.corner.id
    with pytest.raises(SlotTaken):
        await booked(session, world, desk, start, now=NOON, service=desk.kitchen)
    await receiving.approve(session, made, by="Karim", now=NOON)
    told = [(t, who) for t, who, _ in await templates(session)]
    assert ("appointment_confirmed", "shopper") in told and ("appointment_requested", "shopper") not in told
    with pytest.raises(MovedOn):
        await receiving.decline(session, made, by="Karim", reason="plein", now=NOON)


async def test_an_absence_makes_a_conflict_and_its_end_clears_it(session, world, desk):
    made = await booked(session, world, desk, WEDNESDAY, now=NOON, advisor=desk.nadia)
    rivoli = await places.find(session, "rivoli")
    before = await templates(session)
    off = await schedules.add_time_off(
        session, desk.nadia.id, WEDNESDAY, WEDNESDAY + timedelta(days=2), kind="ill", by="Hélène", now=NOON
    )
    (conflict,) = await conflicts.of_store(session, rivoli, now=NOON)
    assert conflict.causes == (conflicts.Cause.AWAY,)
    assert [colleague.name for colleague in conflict.colleagues] == ["Karim"]
    await schedules.remove_time_off(session, off)
    assert await conflicts.of_store(session, rivoli, now=NOON) == []
    assert await templates(session) == before
    assert made.status == Status.CONFIRMED


async def test_staff_set_rules_aside_but_never_somebody_else(session, world, desk):
    rivoli = await places.find(session, "rivoli")
    made = await booked(session, world, desk, WEDNESDAY, now=NOON, advisor=desk.nadia)
    how = {"reason": "cliente fidèle", "secret": SECRET, "now": NOON, "origin": "phone", "by": "Hélène"}
    with pytest.raises(asking.Overlaps):
        await asking.book_anyway(
            session, rivoli, desk.lighting, made.starts_at, lea(), asking.Brief(), advisor_id=desk.nadia.id, **how
        )
    late = datetime(2026, 11, 25, 19, 30, tzinfo=UTC)
    done = await asking.book_anyway(
        session, rivoli, desk.lighting, late, lea(), asking.Brief(), advisor_id=desk.nadia.id, **how
    )
    assert done.appointment.override == "cliente fidèle"
    assert await invariants.broken(session) == []


async def test_suggestions_have_a_reason_and_are_made_once(session, world, desk):
    from factories import both

    from stores.pairings import Pairing

    lamp = (await catalogue.find_variants(session, [world.lamp.sku]))[world.lamp.sku]
    shade = (await catalogue.find_variants(session, [world.shade.sku]))[world.shade.sku]
    session.add(Pairing(product_id=lamp.product_id, other_id=shade.product_id, reason=both("Même bague", "Same ring")))
    await session.flush()
    made = await booked(session, world, desk, WEDNESDAY, now=NOON, brief=asking.Brief(items=[(lamp, 1)]))
    assert await preparing.suggest(session, made, by="Inès", now=NOON) == 1
    suggested = next(item for item in made.items if item.state == ItemState.SUGGESTED)
    assert suggested.why.text("fr") == "Même bague"
    await preparing.set_item(session, made, suggested.id, ItemState.DROPPED, by="Inès", now=NOON)
    assert await preparing.suggest(session, made, by="Inès", now=NOON) == 0


async def test_a_fourth_appointment_ahead_is_one_too_many(session, world, desk):
    rivoli = await places.find(session, "rivoli")
    for hours in range(3):
        await booked(session, world, desk, WEDNESDAY + timedelta(hours=hours), now=NOON)
    with pytest.raises(TooMany):
        await asking.book(
            session,
            rivoli,
            desk.lighting,
            WEDNESDAY + timedelta(hours=3),
            lea(),
            asking.Brief(),
            secret=SECRET,
            now=NOON,
        )


async def test_the_store_says_why_it_cancels(session, world, desk):
    made = await booked(session, world, desk, WEDNESDAY, now=NOON)
    with pytest.raises(Invalid):
        await asking.cancel(session, made, by="Hélène", now=NOON)
    await asking.cancel(session, made, by="Hélène", reason="atelier fermé", now=NOON)
    told = [(t, who) for t, who, _ in await templates(session) if who == "shopper"]
    assert told == [("appointment_store_cancelled", "shopper")]
    assert (await session.scalars(select(blocks.Block))).all() == []
    assert await invariants.broken(session) == []
    await reserved(session, world, now=NOON)


async def test_a_move_takes_what_the_service_takes_today_and_its_row_says_so(session, world, desk):
    made = await booked(session, world, desk, WEDNESDAY, now=NOON, advisor=desk.nadia)
    await services.save(session, desk.lighting, preparation=20, wrap_up=15)
    await asking.reschedule(session, made, WEDNESDAY + timedelta(hours=1), now=NOON)
    assert (made.preparation, made.wrap_up) == (20, 15)
    assert await invariants.broken(session) == []


async def test_a_move_that_comes_second_leaves_no_trace_of_itself(session, world, desk):
    """Also where the page goes on and commits: it found that somebody else was faster."""
    made = await booked(session, world, desk, WEDNESDAY, now=NOON, advisor=desk.nadia)
    meanwhile = update(Appointment).where(Appointment.id == made.id).values(version=2)
    await session.execute(meanwhile.execution_options(synchronize_session=False))
    with pytest.raises(MovedOn):
        await asking.reschedule(session, made, WEDNESDAY, advisor_id=desk.karim.id, by="Hélène", now=NOON)
    with pytest.raises(MovedOn):
        await asking.move_anyway(
            session, made, WEDNESDAY, advisor_id=desk.karim.id, reason="malade", by="Hélène", now=NOON
        )
    assert (await session.scalars(select(blocks.Block.resource_id))).all() == [desk.nadia.id]
    assert await invariants.broken(session) == []


async def test_who_takes_it_over_before_the_confirmation_left_keeps_nothing_from_her(session, world, desk):
    made = await booked(session, world, desk, WEDNESDAY, now=NOON)
    other = desk.karim if made.advisor_id == desk.nadia.id else desk.nadia
    await asking.reschedule(session, made, WEDNESDAY, advisor_id=other.id, by="Hélène", now=NOON)
    told = [t for t, who, _ in await templates(session) if who == "shopper"]
    assert told == ["appointment_confirmed", "appointment_reminder"]


async def test_who_takes_over_a_request_does_not_write_to_her_again(session, world, desk):
    await advisors.set_skills(session, desk.nadia, [(skill, None, None) for skill in desk.skills.values()])
    start = datetime(2026, 11, 26, 14, tzinfo=UTC)
    made = await booked(session, world, desk, start, now=NOON, service=desk.kitchen)
    await session.execute(update(Message).values(state="sent"))
    other = desk.karim if made.advisor_id == desk.nadia.id else desk.nadia
    await asking.reschedule(session, made, start, advisor_id=other.id, by="Hélène", now=NOON)
    told = [(t, who) for t, who, _ in await templates(session)]
    assert [t for t, who in told if who == "shopper"] == []
    assert "staff_approval" in [t for t, _ in told]


async def test_a_move_that_is_sent_twice_is_one_move_and_one_mail(session, world, desk):
    made = await booked(session, world, desk, WEDNESDAY, now=NOON)
    for _ in range(2):
        await asking.reschedule(session, made, WEDNESDAY + timedelta(hours=1), now=NOON)
    assert made.version == 2
    told = [t for t, who, _ in await templates(session) if who == "shopper"]
    assert told == ["appointment_moved", "appointment_reminder"]


async def test_a_move_back_within_the_rules_forgets_why_they_were_set_aside(session, world, desk):
    rivoli = await places.find(session, "rivoli")
    late = datetime(2026, 11, 25, 19, 30, tzinfo=UTC)
    how = {"reason": "cliente fidèle", "secret": SECRET, "now": NOON, "origin": "phone", "by": "Hélène"}
    done = await asking.book_anyway(
        session, rivoli, desk.lighting, late, lea(), asking.Brief(), advisor_id=desk.nadia.id, **how
    )
    made = done.appointment
    await asking.reschedule(session, made, WEDNESDAY, now=NOON)
    assert made.override == ""
    await schedules.cancel_day(session, desk.nadia.id, rivoli.id, WEDNESDAY.date())
    (conflict,) = await conflicts.of_store(session, rivoli, now=NOON)
    assert conflict.causes == (conflicts.Cause.NO_SHIFT,)


async def test_the_nearest_starts_are_still_to_come_for_staff_too(session, world, desk):
    now = datetime(2026, 11, 25, 13, 20, tzinfo=UTC)
    await booked(session, world, desk, WEDNESDAY, now=NOON, advisor=desk.nadia)
    with pytest.raises(SlotTaken) as taken:
        await booked(session, world, desk, WEDNESDAY, now=now, advisor=desk.nadia, rules=False, by="Hélène")
    assert all(near.start >= now for near in taken.value.nearest)


async def test_the_same_article_on_two_lines_is_one_demand(session, world, desk):
    lamp = (await catalogue.find_variants(session, [world.lamp.sku]))[world.lamp.sku]
    with pytest.raises(Invalid):
        await booked(session, world, desk, WEDNESDAY, now=NOON, brief=asking.Brief(items=[(lamp, 3), (lamp, 1)]))


async def test_what_was_missing_and_is_found_is_held(session, world, desk):
    lamp = (await catalogue.find_variants(session, [world.lamp.sku]))[world.lamp.sku]
    made = await booked(session, world, desk, WEDNESDAY, now=NOON, brief=asking.Brief(items=[(lamp, 1)]))
    (item,) = made.items
    await preparing.set_item(session, made, item.id, ItemState.MISSING, by="Inès", now=NOON)
    await preparing.set_item(session, made, item.id, ItemState.READY, by="Inès", now=NOON)
    assert (item.state, item.held) == (ItemState.READY, 1)
    await preparing.set_item(session, made, item.id, ItemState.MISSING, by="Inès", now=NOON)
    await session.execute(update(stock.StoreStock).where(stock.StoreStock.variant_id == lamp.id).values(safety=5))
    await preparing.set_item(session, made, item.id, ItemState.READY, by="Inès", now=NOON)
    assert (item.state, item.held) == (ItemState.READY, 0), "it is in her hands, whatever the books say"


async def test_a_second_call_at_the_same_version_is_a_task_of_its_own(session, world, desk):
    by_phone = lea(email="", phone="+33612345678", contact="phone")
    start = datetime(2026, 11, 26, 14, tzinfo=UTC)
    made = await booked(session, world, desk, start, now=NOON, service=desk.kitchen, customer=by_phone)
    await receiving.approve(session, made, by="Karim", now=NOON)
    await telling.say(session, made, "free", text="Apportez le plan", by="Karim", now=NOON)
    open_calls = await tasks.open_in(session, frozenset([world.rivoli.id]), tasks.Kind.CALL)
    assert {(one.about, one.note) for one in open_calls} == {
        ("appointment_confirmed", ""),
        ("appointment_word", "Apportez le plan"),
    }


async def test_who_moves_it_herself_needs_no_call_about_the_former_time(session, world, desk):
    by_phone = lea(email="", phone="+33612345678", contact="phone")
    made = await booked(session, world, desk, WEDNESDAY, now=NOON, customer=by_phone)
    await asking.reschedule(session, made, WEDNESDAY + timedelta(hours=1), by="Hélène", now=NOON)
    assert len(await tasks.open_in(session, frozenset([world.rivoli.id]), tasks.Kind.CALL)) == 1
    await asking.reschedule(session, made, WEDNESDAY + timedelta(hours=2), now=NOON)
    assert await tasks.open_in(session, frozenset([world.rivoli.id]), tasks.Kind.CALL) == []


async def test_what_colleagues_typed_of_her_is_hers_to_read_and_erased_with_her_name(session, world, desk):
    made = await booked(session, world, desk, WEDNESDAY, now=NOON)
    await session.execute(update(Appointment).values(override="Léa est fidèle"))
    await session.refresh(made)
    await asking.cancel(session, made, by="Hélène", reason="Léa Martin est souffrante", now=NOON)
    client = await clients.find(session, made.code, store_ids=None)
    (told,) = (await clients.export(session, client, by="Hélène", now=NOON))["appointments"]
    assert (told["reason"], told["override"]) == ("Léa Martin est souffrante", "Léa est fidèle")
    assert await questions.erase(session, [made.id], now=NOON) == 1
    row = (await session.execute(select(Appointment.reason, Appointment.override))).one()
    assert tuple(row) == ("", "")


async def test_a_lost_skill_leaves_what_is_booked_and_takes_away_what_is_not(session, world, desk):
    """Three visits ahead stay confirmed, each on the work list with the colleague who could; no new start is hers."""
    rivoli = await places.find(session, "rivoli")
    starts = [WEDNESDAY + timedelta(hours=hours) for hours in range(3)]
    for start in starts:
        await booked(session, world, desk, start, now=NOON, advisor=desk.nadia)
    before = await templates(session)
    await advisors.set_skills(session, desk.nadia, [])
    found = await conflicts.of_store(session, rivoli, now=NOON)
    assert [(one.appointment.starts_at, one.appointment.status, one.causes) for one in found] == [
        (start, Status.CONFIRMED, (conflicts.Cause.SKILL,)) for start in starts
    ]
    assert [[colleague.name for colleague in one.colleagues] for one in found] == [["Karim"]] * 3
    with pytest.raises(NotOffered):
        await booked(session, world, desk, WEDNESDAY + timedelta(hours=3), now=NOON, advisor=desk.nadia)
    assert await templates(session) == before


async def test_booked_in_winter_for_a_day_of_summer_it_is_the_hour_that_was_said(session, world, desk):
    """10:00 on 1 April by the clock of the store, booked before the clocks change: two hours from UTC, not one."""
    now = datetime(2027, 3, 2, 9, tzinfo=UTC)
    rivoli = await places.find(session, "rivoli")
    await schedules.generate(session, [rivoli], now=now)
    await services.save(session, desk.lighting, preparation=0)
    made = await booked(session, world, desk, datetime(2027, 4, 1, 8, tzinfo=UTC), now=now)
    entry = invitations.invitation(made, method="REQUEST", organizer="a@b.example", host="b.example", now=now)
    assert b"DTSTART:20270401T080000Z" in entry
    assert rivoli.local(made.starts_at).strftime("%d %H:%M") == "01 10:00"
    assert rivoli.local(telling.remind_at(made)).strftime("%d %H:%M") == "31 10:00"
