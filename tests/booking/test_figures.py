"""Each figure against a small history whose numbers were worked out by hand."""

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from factories import advise, booked, build, closed, lea, reserved, store
from sqlalchemy import text, update

from booking import figures, tasks
from booking.figures import Period, Share
from booking.figures.periods import OPENINGS, in_open_minutes, openings
from booking.messages import Message, State
from booking.reconciliation import Report
from booking.reservations import answering, asking, questions, timers
from booking.reservations.answering import Found, Substitute
from booking.reservations.states import Reason
from booking.reservations.tables import Reservation
from stores import catalogue, places
from stores.exchange.batches import Batch
from stores.stock import StoreStock

MONDAY = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
"""11:00 in Paris; the store is open from 10:00 to 20:00 on weekdays and Saturdays."""
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 28))
END = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


@pytest.fixture
async def world(session):
    world = await build(session, now=MONDAY)
    await session.execute(update(StoreStock).where(StoreStock.store_id == world.rivoli.id).values(book=50))
    return world


async def shops(session, *slugs: str):
    return [await places.find(session, slug) for slug in slugs]


async def counted(session, *, now=END, period=NOVEMBER, stores=("rivoli",)):
    return (await figures.counts(session, await shops(session, *stores), period, now=now))[0]


async def at(session, one) -> Reservation:
    return await questions.get(session, one.id)


async def settled(session, one, now) -> None:
    assert await timers.settle(session, one.id, now=now)


async def answered(session, one, now, *units: int, reason=Reason.NOT_FOUND, substitute=None, by="Inès"):
    """So many found of each line, in order; whole where nothing is said."""
    one = await at(session, one)
    lines = [line for line in one.lines if line.holding]
    said = {
        line.id: Found(n, None if n == line.held else reason, substitute) for line, n in zip(lines, units, strict=False)
    }
    await answering.answer(session, one, said, by=by, now=now)
    return await at(session, one)


async def asked(session, world, now, *lines, **over):
    return await reserved(session, world, now=now, lines=list(lines) or None, **over)


# Open minutes


async def open_minutes(session, shop, pairs, period, now) -> list[float]:
    query = text(
        f"with {OPENINGS} select {in_open_minutes('asked.begins', 'asked.ends')} "
        "from unnest(cast(:begins as timestamptz[]), cast(:ends as timestamptz[])) "
        "with ordinality as asked (begins, ends, place) join openings o on o.store_id = :store order by place"
    )
    params = openings([shop], period, now) | {
        "begins": [begins for begins, _ in pairs],
        "ends": [ends for _, ends in pairs],
        "store": shop.id,
    }
    return [row[0] for row in await session.execute(query, params)]


async def test_open_minutes_leave_out_lunch_the_night_sunday_and_a_closed_day(session):
    lunch = store("dijon", hours_osm="Mo-Sa 10:00-12:30,14:00-19:00", exceptions=[closed(date(2026, 11, 11))])
    session.add(lunch)
    await session.flush()
    shop = await places.find(session, "dijon")
    day = datetime(2026, 11, 10, 0, 0, tzinfo=UTC)  # a Tuesday; Paris is an hour ahead

    def paris(days: int, hour: int, minute: int = 0) -> datetime:
        return day + timedelta(days=days, hours=hour - 1, minutes=minute)

    worked_out = [
        ((paris(0, 11), paris(0, 12)), 60),
        ((paris(0, 12), paris(0, 14, 15)), 45),  # lunch
        ((paris(0, 12, 45), paris(0, 13, 30)), 0),  # nothing but lunch
        ((paris(0, 18, 40), paris(2, 10, 10)), 30),  # over the night and the 11th, which is a holiday
        ((paris(4, 18), paris(6, 10, 5)), 65),  # Saturday evening to Monday morning
        ((paris(0, 8), paris(0, 10)), 0),  # before it opens
        ((paris(0, 9), paris(0, 20)), 450),
        ((paris(0, 12), paris(0, 11)), 0),  # the wrong way round
    ]
    found = await open_minutes(session, shop, [pair for pair, _ in worked_out], NOVEMBER, END)
    assert found == [minutes for _, minutes in worked_out]


async def test_open_minutes_over_a_change_of_clocks_are_those_that_passed(session):
    session.add(store("nuit", hours_osm="Sa 20:00-06:00"))
    await session.flush()
    shop = await places.find(session, "nuit")
    spring = Period(date(2027, 3, 1), date(2027, 3, 31))
    night = datetime(2027, 3, 27, 19, 0, tzinfo=UTC), datetime(2027, 3, 28, 4, 0, tzinfo=UTC)
    assert await open_minutes(session, shop, [night], spring, datetime(2027, 3, 31, tzinfo=UTC)) == [9 * 60]
    autumn = Period(date(2026, 10, 1), date(2026, 10, 31))
    night = datetime(2026, 10, 24, 18, 0, tzinfo=UTC), datetime(2026, 10, 25, 5, 0, tzinfo=UTC)
    assert await open_minutes(session, shop, [night], autumn, datetime(2026, 10, 31, tzinfo=UTC)) == [11 * 60]


@pytest.mark.parametrize(
    ("zone", "hours"),
    [("Europe/Paris", "Mo-Su 09:30-12:30,14:00-19:00"), ("Indian/Reunion", "Mo-Sa 08:07-18:52"),
     ("America/New_York", "Mo-Su 20:00-02:30"), ("Europe/Paris", "24/7")],
)  # fmt: skip
async def test_the_database_counts_open_minutes_as_the_hours_do(session, zone, hours):
    session.add(store("ailleurs", timezone=zone, hours_osm=hours, exceptions=[closed(date(2026, 11, 4))]))
    await session.flush()
    shop = await places.find(session, "ailleurs")
    chance, begin = Random(7), datetime(2026, 10, 20, tzinfo=UTC)
    pairs = []
    for _ in range(60):
        first = begin + timedelta(minutes=chance.randrange(30 * 24 * 60))
        pairs.append((first, first + timedelta(minutes=chance.choice([1, 45, 300, 2000, 6000]))))
    found = await open_minutes(session, shop, pairs, NOVEMBER, END)
    assert found == pytest.approx([shop.hours.open_minutes_between(*pair) for pair in pairs])


# Answers


async def test_requests_answers_and_how_long_they_took(session, world):
    """Four requests: after 10 open minutes, after 50 over the night, too late, and never."""
    quick = await asked(session, world, MONDAY)
    await answered(session, quick, MONDAY + 10 * MINUTE)
    evening = MONDAY + 8 * HOUR + 30 * MINUTE  # 19:30; the store closes at 20:00
    slow = await asked(session, world, evening, customer=lea(email="a@exemple.fr"))
    await answered(session, slow, evening + 14 * HOUR + 50 * MINUTE)  # 10:20: 30 + 20 open minutes
    late = await asked(session, world, MONDAY + 2 * DAY, customer=lea(email="b@exemple.fr"))
    await answered(session, late, MONDAY + 2 * DAY + 90 * MINUTE)  # 60 were promised
    never = await asked(session, world, MONDAY + 3 * DAY, customer=lea(email="c@exemple.fr"))
    await settled(session, never, MONDAY + 3 * DAY + 121 * MINUTE)
    found = await counted(session)
    assert (found.requests, found.answered, found.unanswered, found.waiting) == (4, 3, 1, 0)
    assert found.answered_in_time == Share(2, 4)
    assert found.answered_in_time.percent == 50
    assert found.confirmation.half == pytest.approx(50)
    assert found.confirmation.most == pytest.approx(50 + 0.8 * 40)  # between 50 and 90
    assert found.confirmation.n == 3
    assert found.confirmation_by_the_clock.half == pytest.approx(90)  # 10, 90 and 890 minutes by the clock


async def test_a_request_falls_due_on_the_day_of_its_deadline_and_not_before_it_has_passed(session, world):
    saturday = datetime(2026, 11, 28, 18, 30, tzinfo=UTC)  # 19:30 on the last day of the period
    one = await asked(session, world, saturday)
    await answered(session, one, saturday + 5 * MINUTE)
    after = saturday + 3 * DAY
    november, december = NOVEMBER, Period(date(2026, 11, 29), date(2026, 12, 26))
    assert (await counted(session, now=after)).requests == 1
    assert (await counted(session, now=after)).due == 0
    assert (await counted(session, now=after, period=december)).due == 1
    assert (await counted(session, now=after, period=december)).requests == 0
    waiting = await asked(session, world, MONDAY, customer=lea(email="b@exemple.fr"))
    early = await counted(session, now=MONDAY + 20 * MINUTE, period=november)
    assert early.due == 0
    assert early.next_answer == waiting.answer_by == MONDAY + HOUR


async def test_a_request_withdrawn_before_its_deadline_stays_among_those_due_and_is_said(session, world):
    one = await asked(session, world, MONDAY)
    await asking.cancel(session, await at(session, one), now=MONDAY + 5 * MINUTE)
    found = await counted(session)
    assert found.answered_in_time == Share(0, 1)
    assert (found.withdrawn, found.due_withdrawn) == (1, 1)


async def test_what_the_worker_confirms_is_counted_apart(session, world):
    await session.execute(text("update store set auto_confirm = true"))
    one = await asked(session, world, MONDAY)
    await session.execute(update(Reservation).values(verified=True, looked_at=None))
    assert await timers.settle(session, one.id, now=MONDAY + MINUTE)
    found = await counted(session)
    assert (found.by_worker, found.due, found.answered) == (1, 0, 1)
    assert found.acceptance == Share(0, 0)  # nobody has looked
    assert found.acceptance.percent is None


async def test_a_request_whose_address_was_never_confirmed_is_none(session, world):
    found = await asking.reserve(
        session, await places.find(session, "rivoli"),
        [((await catalogue.find_variants(session, [world.lamp.sku]))[world.lamp.sku], 1)],
        lea(), secret=b"x" * 32, now=MONDAY, suspect=True,
    )  # fmt: skip
    await settled(session, found.reservation, MONDAY + HOUR)
    assert (await counted(session)).requests == 0


# Days of each store's own calendar


async def test_a_day_is_a_day_of_the_stores_own_clock(session, world):
    """23:30 in Paris on the last of October is the first of November in La Réunion."""
    session.add(store("saint-denis", timezone="Indian/Reunion", hours_osm="24/7"))
    await session.flush()
    there = await places.find(session, "saint-denis")
    midnight = datetime(2026, 10, 31, 22, 30, tzinfo=UTC)
    for shop in (world.rivoli, there):
        session.add(
            Reservation(
                code=f"AAAAAAA{shop.id % 10}", store_id=shop.id, status="requested", language="fr",
                first_name="Léa", last_name="Martin", email="lea@exemple.fr", requested_at=midnight,
            )
        )  # fmt: skip
    await session.flush()
    now, earlier = await figures.counts(session, await shops(session, "rivoli", "saint-denis"), NOVEMBER, now=END)
    assert (now.requests, earlier.requests) == (1, 1)


async def test_the_period_before_has_as_many_days_and_stores_are_not_mixed(session, world):
    assert NOVEMBER.before == Period(date(2026, 10, 4), date(2026, 10, 31))
    await asked(session, world, MONDAY)
    await asked(session, world, MONDAY - 20 * DAY, customer=lea(email="b@exemple.fr"))
    await asked(session, world, MONDAY - 40 * DAY, customer=lea(email="c@exemple.fr"))
    now, earlier = await figures.counts(session, await shops(session, "rivoli"), NOVEMBER, now=END)
    assert (now.requests, earlier.requests) == (1, 1)
    assert (await counted(session, stores=("kleber",))).requests == 0
    assert (await counted(session, stores=("kleber", "rivoli"))).requests == 1


# What was found, confirmed and set aside


async def test_acceptance_pick_rate_and_broken_promises(session, world):
    """Asked 3 + 2, found 3 + 1 at first; of the 3 one is missing afterwards, of the other a unit is set aside."""
    first = await asked(session, world, MONDAY, (world.lamp, 3))
    first = await answered(session, first, MONDAY + 10 * MINUTE, 3)
    first = await answered(session, first, MONDAY + 20 * MINUTE, 2)  # confirmed, and then one is not there
    await asking.settle_proposal(session, first, accept=True, now=MONDAY + HOUR)
    await answering.make_ready(session, await at(session, first), by="Inès", now=MONDAY + 2 * HOUR)
    second = await asked(session, world, MONDAY, (world.shade, 2), customer=lea(email="b@exemple.fr"))
    second = await answered(session, second, MONDAY + 10 * MINUTE, 1)
    await asking.settle_proposal(session, second, accept=True, now=MONDAY + HOUR)
    await answering.make_ready(session, await at(session, second), by="Inès", now=MONDAY + 90 * MINUTE)
    found = await counted(session)
    assert found.acceptance == Share(4, 5)
    assert found.full_acceptance == Share(1, 2)
    assert found.broken == Share(1, 4)
    assert found.picked == Share(3, 4)
    assert found.readiness.n == 2
    assert found.readiness.half == pytest.approx(105)
    assert found.stock_truth == Share(0, 2)  # in each of the two lines a unit was not found


async def test_what_is_still_being_prepared_is_not_yet_a_failure_to_pick(session, world):
    one = await asked(session, world, MONDAY, (world.lamp, 2))
    await answered(session, one, MONDAY + 10 * MINUTE)
    found = await counted(session, now=MONDAY + HOUR)
    assert (found.picked, found.pending_units) == (Share(0, 0), 2)


async def test_an_offer_taken_and_one_that_time_refused(session, world):
    shade = (await catalogue.find_variants(session, [world.shade.sku]))[world.shade.sku]
    for n, taken in enumerate((True, False)):
        one = await asked(session, world, MONDAY, (world.lamp, 2), customer=lea(email=f"{n}@exemple.fr"))
        one = await answered(session, one, MONDAY + MINUTE, 1, substitute=Substitute(shade, 1))
        if taken:
            await asking.settle_proposal(session, one, accept=True, now=MONDAY + HOUR)
        else:
            await settled(session, one, MONDAY + 3 * DAY)
    found = await counted(session)
    assert found.offers_taken == Share(1, 2)
    # one lamp and one shade of the first, one lamp of the second
    assert found.confirmed_units == 3


# What became of it


async def ready(session, world, now, *lines, email="lea@exemple.fr"):
    one = await asked(session, world, now, *lines, customer=lea(email=email))
    await answering.make_ready(session, one, by="Inès", now=now + 30 * MINUTE)
    return await at(session, one)


async def test_collected_expired_and_cancelled_after_ready(session, world):
    """Two come, one does not, one takes it back, one is still held."""
    came = await ready(session, world, MONDAY, (world.lamp, 2), (world.shade, 1), email="a@exemple.fr")
    lamp = next(line for line in came.lines if line.variant_id == world.lamp.id)
    await answering.collect(session, came, {lamp.id: 1}, by="Inès", now=MONDAY + 5 * HOUR)
    nothing = await ready(session, world, MONDAY, email="b@exemple.fr")
    await answering.collect(session, nothing, {}, by="Inès", now=MONDAY + 6 * HOUR)
    stayed = await ready(session, world, MONDAY, email="c@exemple.fr")
    await settled(session, stayed, MONDAY + 5 * DAY)
    back = await ready(session, world, MONDAY, email="d@exemple.fr")
    await asking.cancel(session, back, now=MONDAY + 7 * HOUR)
    held = await ready(session, world, END - HOUR, email="e@exemple.fr")
    found = await counted(session)
    assert found.collection == Share(2, 4)
    assert found.no_show == Share(1, 3)
    assert found.still_held == 1
    assert found.next_end == held.hold_until
    assert found.conversion == Share(1, 2)
    assert found.unit_conversion == Share(1, 4)  # of three units, one; of one, none
    assert found.yielded == Share(1, 5)
    early = await counted(session, now=MONDAY + 8 * HOUR, period=Period(date(2026, 11, 1), date(2026, 11, 2)))
    assert early.collection == Share(0, 0), "no hold has ended yet, also of those who came at once"
    assert early.still_held == 4


async def test_time_to_put_back_is_counted_in_open_minutes(session, world):
    stayed = await ready(session, world, MONDAY)
    closing = datetime(2026, 11, 4, 19, 0, tzinfo=UTC)  # Wednesday, 20:00: the second open day after
    assert stayed.hold_until == closing
    await settled(session, stayed, closing)
    (task,) = await tasks.open_in(session, frozenset([world.rivoli.id]), tasks.Kind.PUT_BACK)
    found = await counted(session)
    assert (found.put_back, found.put_back_open) == (0, 1)
    await tasks.finish(session, task, by="Inès", now=closing + 14 * HOUR + 25 * MINUTE)  # 10:25 on Thursday
    found = await counted(session)
    assert (found.put_back, found.put_back_open) == (1, 0)
    assert found.putting_back.most == pytest.approx(25)


async def test_messages_for_each_reservation_are_those_that_left_for_the_shopper(session, world):
    one = await ready(session, world, MONDAY)
    await asked(session, world, MONDAY, customer=lea(email="b@exemple.fr"))
    await session.execute(
        update(Message).where(Message.subject_id == one.id, Message.recipient == "shopper").values(state=State.SENT)
    )
    sent = await session.scalar(text("select count(*) from message where state = 'sent'"))
    assert sent == 3  # received, ready, and the reminder
    assert (await counted(session)).messages_each == 1.5


async def test_appointments_and_those_who_did_not_come(session, world):
    desk = await advise(session, world, now=MONDAY)
    starts = [MONDAY + DAY + n * HOUR + 30 * MINUTE for n in range(4)]
    visits = [
        await booked(session, world, desk, start, now=MONDAY, customer=lea(email=f"{n}@exemple.fr"))
        for n, start in enumerate(starts)
    ]
    values = ("completed", "completed", "no_show", "cancelled")
    for visit, status in zip(visits, values, strict=True):
        await session.execute(text("update appointment set status = :s where id = :i"), {"s": status, "i": visit.id})
    found = await counted(session)
    assert found.appointments == 3
    assert found.visits_missed == Share(1, 3)
    assert (await counted(session, stores=("kleber",))).appointments == 0


# Days, stores, departments


async def test_each_day_has_its_requests_and_what_fell_due_on_it(session, world):
    one = await asked(session, world, MONDAY)
    await answered(session, one, MONDAY + 10 * MINUTE)
    evening = MONDAY + 8 * HOUR + 30 * MINUTE
    await asked(session, world, evening, customer=lea(email="b@exemple.fr"))  # due on Tuesday at 10:30
    days = await figures.by_day(session, await shops(session, "rivoli"), NOVEMBER, now=END)
    assert [(one.day.day, one.requests, one.due, one.in_time) for one in days] == [(2, 2, 1, 1), (3, 0, 1, 0)]


async def test_stock_truth_by_store_and_by_department(session, world):
    one = await asked(session, world, MONDAY, (world.lamp, 1), (world.shade, 1))
    await answered(session, one, MONDAY + MINUTE, 1, 0)
    found = await figures.truth(session, await shops(session, "rivoli", "kleber"), NOVEMBER)
    assert {(row.store_id, row.category_id): row.share for row in found} == {
        (world.rivoli.id, None): Share(1, 2),
        (None, world.lighting.id): Share(1, 2),
    }


async def test_nothing_asked_is_no_figure_rather_than_a_nought(session, world):
    found = await counted(session)
    shares = [found.answered_in_time, found.acceptance, found.collection, found.no_show, found.conversion]
    assert [share.percent for share in shares] == [None] * 5
    assert found.messages_each is None
    assert found.confirmation.half is None
    assert await figures.by_day(session, await shops(session, "rivoli"), NOVEMBER, now=END) == []


def test_a_share_is_rounded_to_the_nearest_per_cent():
    assert [Share(part, of).percent for part, of in ((1, 3), (2, 3), (1, 8), (1, 200), (0, 5), (5, 5))] == [
        33, 67, 13, 1, 0, 100,
    ]  # fmt: skip


# What is wrong


async def test_what_is_wrong_is_counted_in_these_stores_with_the_worst_of_each(session, world):
    own = [world.rivoli.id]
    quiet = await figures.troubles(session, own, now=END)
    assert (quiet.dead, quiet.refused, quiet.silent, quiet.shortfalls, quiet.night) == (0, 0, [], 0, None)
    assert quiet.unpictured == 3  # no article of the tests has a picture
    one = await asked(session, world, MONDAY)
    await session.execute(update(Message).values(state=State.DEAD))
    await session.execute(update(StoreStock).values(book=-1))
    await session.execute(text("update store set stock_authority = 'feed', feed_minutes = 60"))
    session.add_all(
        [
            Batch(subject="stock", state="applied", counts={"rejected": 3}, created_at=END - DAY, changed_at=END),
            Batch(subject="products", state="failed", created_at=END - 2 * DAY, changed_at=END),
            Batch(subject="products", state="applied", counts={"rejected": 0}, created_at=END, changed_at=END),
            Batch(subject="products", state="failed", created_at=END - 40 * DAY, changed_at=END),
            Report(day=END.date(), at=END, findings=[{"kind": "silent_feed", "store": "rivoli"}]),
        ]
    )
    await session.flush()
    found = await figures.troubles(session, own, now=END)
    assert found.dead >= 1
    assert (found.dead_subject, found.dead_code) == ("reservation", one.code)
    assert found.refused == 2
    assert found.silent == ["rivoli"]
    assert (found.shortfalls, found.short_store, found.short_variant) == (1, "rivoli", world.lamp.id)
    assert found.findings == [{"kind": "silent_feed", "store": "rivoli"}]
    nothing = await figures.troubles(session, [world.lyon.id], now=END)
    assert (nothing.dead, nothing.shortfalls, nothing.silent) == (0, 0, ["lyon"])
