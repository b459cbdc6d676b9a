"""The night looks for what does not agree, says so, asks somebody to look, and edits nothing."""

from datetime import timedelta

import pytest
from factories import build, lea, reserved
from sqlalchemy import insert, select, update

from booking import invariants, journal, reconciliation, tasks
from booking.messages import Message
from booking.reconciliation import reconcile
from booking.reservations import asking
from booking.reservations.tables import Line, Reservation
from booking.tasks import Kind
from stores import places, stock
from stores.stock import StoreStock


@pytest.fixture
async def world(session, clock):
    return await build(session, now=clock(), staffed=False)


async def change(session, table, *where, **values):
    """Past every rule of ours, as a hand in the database would."""
    await session.execute(update(table).where(*where).values(**values).execution_options(synchronize_session=False))


def kinds(findings):
    return [finding["kind"] for finding in findings]


async def test_a_good_night_finds_nothing_and_says_so(session, world, clock):
    await reserved(session, world, now=clock())
    assert await reconcile(session, day=clock().date(), now=clock()) == []
    report = await reconciliation.latest(session)
    assert (report.at, report.findings) == (clock(), [])


async def test_a_number_nobody_explained_is_found_and_left_alone(session, world, clock):
    await change(session, StoreStock, StoreStock.store_id == world.kleber.id, book=9)
    findings = await reconcile(session, day=clock().date(), now=clock())
    assert findings[0] == {
        "kind": "drift",
        "store": world.kleber.id,
        "variant": world.lamp.id,
        "column": "book",
        "row": 9,
        "movements": 1,
    }
    assert kinds(findings) == ["drift", "rule"]
    assert (await stock.cells(session, world.kleber.id, [world.lamp.id]))[world.lamp.id].book == 9
    assert (await reconciliation.latest(session)).findings == findings


async def test_a_shortfall_is_a_task_until_somebody_has_looked(session, world, clock):
    first = await reserved(session, world, now=clock(), lines=[(world.shade, 1)])
    clock.forward(minutes=1)
    newest = await reserved(session, world, now=clock(), lines=[(world.shade, 1)], customer=lea(email="l@exemple.fr"))
    await stock.correct(
        session,
        world.rivoli.id,
        world.shade.id,
        kind=stock.Kind.SNAPSHOT,
        book=-1,
        reason="",
        source="feed:till",
        source_event_id="1",
        by="",
        now=clock(),
    )
    short = {"kind": "shortfall", "store": world.rivoli.id, "variant": world.shade.id, "missing": 1}
    short["promised"] = [newest.code]
    assert first.code != newest.code
    stores = frozenset({world.rivoli.id})
    for _ in range(3):
        assert await reconcile(session, day=clock().date(), now=clock()) == [short]
        (task,) = await tasks.open_in(session, stores, Kind.CHECK)
        assert (task.variant_id, task.quantity) == (world.shade.id, 1)
        clock.forward(days=1)
    await tasks.finish(session, task, by="Inès", now=clock())
    await reconcile(session, day=clock().date(), now=clock())
    assert len(await tasks.open_in(session, stores, Kind.CHECK)) == 1


async def test_a_till_that_has_been_silent_for_three_days_is_named(session, world, clock):
    (await places.find(session, "rivoli")).stock_authority = "feed"
    (await places.find(session, "lyon")).stock_authority = "feed"
    await session.flush()
    assert await reconcile(session, day=clock().date(), now=clock()) == [{"kind": "silent_feed", "store": "lyon"}]
    clock.forward(days=3)
    findings = await reconcile(session, day=clock().date(), now=clock())
    assert sorted(finding["store"] for finding in findings) == ["lyon", "rivoli"]


async def test_a_till_is_silent_by_the_rhythm_that_is_expected_of_it(session, world, clock):
    rivoli = await places.find(session, "rivoli")
    rivoli.stock_authority, rivoli.feed_minutes = "feed", 20
    await session.flush()
    assert await reconcile(session, day=clock().date(), now=clock()) == [{"kind": "silent_feed", "store": "rivoli"}]
    rivoli.feed_minutes = 30
    await session.flush()
    assert await reconcile(session, day=clock().date(), now=clock()) == []


async def test_what_is_kept_back_is_no_shortfall(session, world, clock):
    await reserved(session, world, now=clock())
    await stock.set_safety(session, world.rivoli.id, world.lamp.id, 9)
    assert await reconcile(session, day=clock().date(), now=clock()) == []
    assert await tasks.open_in(session, frozenset({world.rivoli.id}), Kind.CHECK) == []


@pytest.mark.parametrize(("looked_for", "found", "rate"), [(49, 0, None), (50, 48, 96), (55, 45, 80), (70, 60, 80)])
async def test_how_often_a_store_finds_what_it_looks_for_is_of_its_last_fifty_lines(
    session, world, clock, looked_for, found, rate
):
    """The oldest were found; those that were not are the newest."""
    asked = await reserved(session, world, now=clock())
    session.add_all(
        Reservation(
            **{name: getattr(asked, name) for name in COPIED},
            code=f"{n:08}",
            status="collected",
            answered_at=clock() + timedelta(minutes=n),
            ended_at=clock(),
            lines=[
                Line(variant_id=world.lamp.id, quantity=1, found=int(n < found), status="bought", price_minor=1, held=0)
            ],
        )
        for n in range(looked_for)
    )
    await session.flush()
    findings = await reconcile(session, day=clock().date(), now=clock())
    stores = {store.slug: store for store in await places.every(session)}
    for store in stores.values():
        await session.refresh(store, ["acceptance"])
    assert (stores["rivoli"].acceptance, stores["kleber"].acceptance) == (rate, None)
    poor = [finding for finding in findings if finding["kind"] == "acceptance"]
    assert poor == ([{"kind": "acceptance", "store": "rivoli", "per_cent": rate}] if rate == 80 else [])


COPIED = ("store_id", "language", "first_name", "last_name", "email", "requested_at")


async def test_the_last_report_is_the_last_night_s(session, world, clock):
    await reconcile(session, day=clock().date(), now=clock())
    clock.forward(days=1)
    await reconcile(session, day=clock().date(), now=clock())
    assert (await reconciliation.latest(session)).at == clock()


async def test_before_the_first_night_there_is_no_report(session):
    assert await reconciliation.latest(session) is None


async def forget_a_movement(session, world, reservation):
    await change(session, StoreStock, StoreStock.store_id == world.kleber.id, book=2)


async def hold_for_nobody(session, world, reservation):
    await change(session, Line, Line.reservation_id == reservation.id, held=0)


async def hold_after_the_end(session, world, reservation):
    await change(session, Reservation, status="cancelled", ended_at=reservation.requested_at)


async def end_without_a_time(session, world, reservation):
    await change(session, Reservation, status="cancelled")


async def wait_for_ever(session, world, reservation):
    await change(session, Reservation, answer_by=None)


async def change_in_silence(session, world, reservation):
    await change(session, Reservation, status="confirmed")


@pytest.mark.parametrize(
    ("damage", "rule"),
    [
        (forget_a_movement, "stock is the sum of its movements"),
        (hold_for_nobody, "what is reserved is what open lines hold"),
        (hold_for_nobody, "what waits holds something"),
        (hold_after_the_end, "only open reservations hold"),
        (end_without_a_time, "an ended reservation has an end, an open one has none"),
        (wait_for_ever, "what waits has a time by which it ends"),
        (change_in_silence, "every change of state is in the journal"),
    ],
)
async def test_each_rule_sees_what_breaks_it(damage, rule, session, world, clock):
    reservation = await reserved(session, world, now=clock())
    assert await invariants.broken(session) == []
    await damage(session, world, reservation)
    assert rule in [sentence.split(":")[0] for sentence in await invariants.broken(session)]
    assert "rule" in kinds(await reconcile(session, day=clock().date(), now=clock()))


async def test_nobody_can_be_told_the_same_twice_not_even_by_hand(session, world, clock):
    """The last of the rules is kept by the table itself."""
    await reserved(session, world, now=clock())
    message = (await session.scalars(select(Message).limit(1))).one()
    copy = {column.name: getattr(message, column.name) for column in Message.__table__.columns if column.name != "id"}
    trial = await session.begin_nested()
    with pytest.raises(Exception, match="uq_message"):
        await session.execute(insert(Message).values(**copy))
    await trial.rollback()


async def test_the_journal_holds_no_contact_of_a_shopper(session, world, clock):
    reservation = await reserved(session, world, now=clock())
    await asking.cancel(session, reservation, now=clock())
    for entry in await journal.of(session, "reservation", reservation.id):
        words = f"{entry.detail} {entry.reason} {entry.by}"
        assert "Léa" not in words and "exemple.fr" not in words
