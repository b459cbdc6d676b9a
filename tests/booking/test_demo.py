"""The demo's world: everything the visitor is promised to find is there, and nothing in it contradicts itself."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
import pytest_asyncio
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from booking import diaries, invariants
from booking.appointments import conflicts
from booking.appointments import questions as visits
from booking.appointments.states import ItemState, Outcome
from booking.appointments.states import Status as VisitStatus
from booking.appointments.tables import Appointment, Check, Item, Note
from booking.availability import Question
from booking.demo import aurore
from booking.demo.diaries import hours_of_week, told
from booking.journal import Entry
from booking.messages import Message
from booking.reservations import timers
from booking.reservations.states import Status
from booking.reservations.tables import Line, Reservation
from kit.gsm import gsm_length
from kit.intervals import Period
from stores import places, services, staff, stock
from stores.advisors import Advisor
from stores.catalogue import Category, Product, State, Variant
from stores.pairings import Pairing
from stores.places import Store, StoreException
from stores.schedules import TimeOff
from stores.spaces import Space
from stores.stock import StockMovement, StoreStock

NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
SECRET = b"a secret of the test suite, long enough"

pytestmark = pytest.mark.xdist_group("demo")
"""The house is built once for all of them."""


@pytest.fixture(scope="module")
def media(tmp_path_factory):
    return tmp_path_factory.mktemp("media")


@pytest_asyncio.fixture(scope="module")
async def standing(engine, media):
    """Aurore at noon on a Tuesday in November, built once for all who only look at it, and never committed."""
    async with engine.connect() as connection, AsyncSession(bind=connection, expire_on_commit=False) as session:
        await aurore.build(session, media_dir=media, secret=SECRET, now=NOON)
        yield session
        await session.rollback()


@pytest.fixture
def house(standing):
    standing.expunge_all()
    return standing


async def count(session, query) -> int:
    return await session.scalar(sa.select(sa.func.count()).select_from(query.subquery()))


async def test_the_house_is_as_large_as_promised_and_says_everything_twice(house):
    assert await count(house, sa.select(Store.id)) == 5
    assert await count(house, sa.select(Category.id).where(Category.parent_id.is_(None))) == 8
    assert await count(house, sa.select(Product.id)) >= 120
    assert await count(house, sa.select(Variant.id)) >= 300
    for product in await house.scalars(sa.select(Product)):
        assert product.name["fr"]
        assert product.name["en"]
        assert product.story["fr"] != product.story["en"]
        assert len(product.facts["fr"]) == len(product.facts["en"])


async def test_every_invariant_holds_after_the_week(house):
    assert await invariants.broken(house) == []
    assert await stock.drift(house) == []


async def test_reservations_of_the_week_are_in_every_state_and_not_one_is_overdue(house):
    by_status = Counter(await house.scalars(sa.select(Reservation.status)))
    assert set(by_status) == set(Status)
    # what was due has been settled, as a worker that never slept would have
    assert list(await timers.due(house, now=NOON)) == []
    offers = sa.select(Line.id).join(Line.reservation).where(Reservation.status == Status.PROPOSED)
    assert await count(house, offers.where(Line.replaces_id.is_not(None)))


async def test_nothing_happens_after_now(house):
    moments = (
        *(Reservation.requested_at, Reservation.ended_at, Entry.at, StockMovement.occurred_at, Message.sent_at),
        *(Appointment.booked_at, Appointment.arrived_at, Appointment.ended_at, Check.done_at, Note.at),
    )
    for column in moments:
        assert await house.scalar(sa.select(sa.func.max(column))) <= NOON, column


async def test_somebody_waits_for_an_answer_in_the_first_store_right_now(house):
    rivoli = await places.find(house, "rivoli")
    asked = sa.select(Reservation.requested_at).where(
        Reservation.store_id == rivoli.id, Reservation.status == Status.REQUESTED
    )
    assert max(await house.scalars(asked)) >= NOON - timedelta(minutes=10)


async def test_mail_of_the_last_hours_is_left_to_be_sent_and_older_mail_was_sent(house):
    waiting = sa.select(Message.id).where(Message.state == "pending", Message.due_at <= NOON)
    assert await count(house, waiting)
    late = waiting.where(Message.due_at < NOON - timedelta(hours=12))
    assert await count(house, late) == 0
    assert await count(house, sa.select(Message.id).where(Message.state == "sent", Message.template == "reminder"))


async def test_two_lamps_show_all_that_a_shelf_can_say(house):
    rows = await house.execute(
        sa.select(Store.slug, Variant.sku, StoreStock)
        .join(Store, Store.id == StoreStock.store_id)
        .join(Variant, Variant.id == StoreStock.variant_id)
        .where(Variant.sku.like("LUM-000%"))
    )
    rivoli = {sku: row for slug, sku, row in rows if slug == "rivoli"}
    assert rivoli["LUM-0001-LAI"].book >= 6
    assert rivoli["LUM-0001-NIC"].book == 1
    assert (rivoli["LUM-0001-NOI"].book, rivoli["LUM-0001-NOI"].unsellable) == (1, 1)
    assert rivoli["LUM-0001-CUI"].book == 0
    anywhere = sa.select(sa.func.sum(StoreStock.book)).join(Variant, Variant.id == StoreStock.variant_id)
    assert await house.scalar(anywhere.where(Variant.sku == "LUM-0001-CUI")) > 0
    assert await house.scalar(anywhere.where(Variant.sku == "LUM-0002-PRU")) == 0


async def test_every_product_has_its_pictures_and_words_for_who_does_not_see_them(house, media):
    query = sa.select(Product).options(selectinload(Product.variants), selectinload(Product.pictures))
    for product in await house.scalars(query):
        assert len(product.pictures) >= 3, product.ref
        for picture in product.pictures:
            assert (media / picture.path).read_text().startswith("<svg")
            assert picture.alt["fr"].startswith(product.name["fr"])
            assert picture.alt["en"].startswith(product.name["en"])
    scenes = [*await house.scalars(sa.select(Store.scene)), aurore.hero_path(media)]
    scenes += await house.scalars(sa.select(Category.scene).where(Category.parent_id.is_(None)))
    assert len(scenes) == 14
    assert all((media / path).is_file() for path in scenes)


async def test_strasbourg_is_closed_on_saint_stephens_day_and_nobody_opens_on_labour_day(house):
    closed = sa.select(Store.slug).join(StoreException, StoreException.store_id == Store.id)
    closed = closed.where(StoreException.hours == "off")
    stephen = closed.where(StoreException.day == date(2026, 12, 26))
    assert list(await house.scalars(stephen)) == ["kleber"]
    labour = closed.where(StoreException.day == date(2027, 5, 1))
    assert len((await house.scalars(labour)).all()) == 5


async def test_the_file_of_a_store_wins_over_the_holidays(house):
    biarritz = await places.find(house, "biarritz")
    armistice = {day.day: day.hours for day in biarritz.exceptions}[date(2026, 11, 11)]
    assert armistice == "10:00-13:00"


async def test_a_town_is_understood_with_and_without_its_accents(house):
    for typed in ("béziers", "Beziers", "34500", "saint jean de luz", "Saint-Jean-de-Luz"):
        assert await places.locate(house, typed), typed
    far = await places.locate(house, "Saint-Pierre")
    nearest, _ = places.nearest(await places.every(house), far)[0]
    assert nearest.slug == "saint-denis"


async def test_staff_can_sign_in_and_see_their_own_store(house):
    ines = await staff.check_password(house, "ines.belkacem@aurore.example", "aurore", now=NOON)
    rivoli = await places.find(house, "rivoli")
    assert (ines.first_name, ines.last_name) == ("Inès", "Belkacem")
    assert await staff.assigned_stores(house, ines.id) == {rivoli.id}


async def test_addresses_and_numbers_of_the_shoppers_reach_nobody(house):
    for email, phone in await house.execute(sa.select(Reservation.email, Reservation.phone)):
        assert not email or email.endswith(("@exemple.fr", "@example.com"))
        assert not phone or phone.startswith("+3363998")


async def test_a_house_that_stands_is_not_empty(house):
    assert not await aurore.is_empty(house)


# Advisors, and who comes to them


def twice(*texts) -> bool:
    """Whether these are said in both languages, and not in the same words."""
    return all(text["fr"] and text["en"] and text["fr"] != text["en"] for text in texts)


async def test_every_service_says_all_it_has_to_say_twice(house):
    given = await services.offered(house)
    assert len(given) == len(told("services"))
    assert any(service.needs_approval for service in given)
    assert {service.cancel_minutes for service in given} == {0, 120, 1440}
    for service in given:
        assert twice(service.need, service.about, *service.checklist), service.slug
        assert twice(*([service.bring] if service.bring else [])), service.slug
        for question in service.questions:
            assert twice(question["label"], question["example"]), service.slug
        for place in service.stores:
            assert twice(place.meeting_point), service.slug
            length = gsm_length(place.meeting_sms)
            assert length is not None and 0 < length <= 16, place.meeting_sms


async def test_somebody_is_free_within_a_fortnight_wherever_a_service_is_given(house):
    period = Period.of_days(NOON, NOON + timedelta(days=14))
    question = Question(NOON, NOON + timedelta(days=14), NOON)
    for slug in await house.scalars(sa.select(Store.slug)):
        store = await places.find(house, slug)
        look = await diaries.look(house, store, period)
        for service in await services.offered(house, store_id=store.id):
            offer = look.offer(service, question)
            assert offer.starts, (slug, service.slug, offer.why)


async def test_what_is_sold_by_appointment_leads_to_a_service_of_its_department_in_every_store(house):
    department = sa.select(Category.department_id).join(Product, Product.category_id == Category.id)
    for wanted in set(await house.scalars(department.where(Product.by_appointment))):
        found = [service for service in await services.offered(house) if service.category_id == wanted]
        assert {place.store_id for service in found for place in service.stores} == set(
            await house.scalars(sa.select(Store.id))
        )


async def test_meeting_points_name_the_floor_on_which_the_department_is(house):
    floors = {store["slug"]: store["floors"] for store in aurore._read(aurore.DATA / "stores.json")["stores"]}
    for service in told("services"):
        for slug, place in service["stores"].items():
            if service["department"]:
                floor = next(one for one in floors[slug] if service["department"] in one["departments"])
                assert place["fr"].startswith(floor["name"]["fr"]), (service["slug"], slug)
                assert place["en"].startswith(floor["name"]["en"]), (service["slug"], slug)


async def test_every_advisor_has_a_face_two_sentences_and_a_week_within_opening_hours(house, media):
    people = {advisor.slug: advisor for advisor in await house.scalars(sa.select(Advisor))}
    assert len(people) >= 14
    assert [advisor.name for advisor in people.values() if not advisor.bookable] == ["Hélène"]
    assert len({advisor.photo for advisor in people.values()}) == len(people)
    for person in told("advisors"):
        advisor = people[person["slug"]]
        face = (media / advisor.photo).read_text()
        assert face.startswith("<svg"), person["slug"]
        assert len(face) < 9_000, person["slug"]
        assert twice(advisor.bio), person["slug"]
        assert set(advisor.title) == {"fr", "en"}
        assert (advisor.account_id is None) == (person["account"] is None)
        for slug, week in person["weeks"].items():
            store = await places.find(house, slug)
            for weekday, begins, ends in hours_of_week(week):
                day = date(2026, 11, 30) + timedelta(days=weekday)
                at = datetime.combine(day, datetime.min.time(), store.zone)
                span = store.hours.open_at(at + timedelta(minutes=begins))
                assert span and at + timedelta(minutes=ends) <= span.end, (slug, person["slug"], weekday)
    both = [person["slug"] for person in told("advisors") if len(person["weeks"]) > 1]
    assert both == ["lucile"]


async def test_pairings_join_two_articles_on_show_and_say_why(house):
    rows = (await house.scalars(sa.select(Pairing))).all()
    assert len(rows) >= 60
    shown = set(await house.scalars(sa.select(Product.id).where(Product.state == State.PUBLISHED)))
    assert {id_ for row in rows for id_ in (row.product_id, row.other_id)} <= shown
    assert all(twice(row.reason) for row in rows)


async def test_appointments_stand_in_every_state_and_each_has_its_story(house):
    query = sa.select(Appointment)
    assert set(await house.scalars(sa.select(Appointment.status))) == set(VisitStatus)
    assert set(await house.scalars(sa.select(Appointment.outcome))) == {*Outcome, ""}
    assert await count(house, query.where(Appointment.forgiven_at.is_not(None)))
    assert await count(house, query.where(Appointment.origin == "walk_in"))
    assert await count(house, query.where(Appointment.version == 2, Appointment.status == VisitStatus.CONFIRMED))
    by = sa.select(Entry.by).where(Entry.subject == "appointment", Entry.after == VisitStatus.CANCELLED)
    assert set(await house.scalars(by)) == {"shopper", "Hélène"}
    assert {ItemState.SUGGESTED, ItemState.READY, ItemState.LIKED} <= set(await house.scalars(sa.select(Item.state)))
    assert await count(house, sa.select(Note.id))
    started = sa.select(Check.appointment_id).group_by(Check.appointment_id)
    half = sa.func.count(Check.done_at)
    assert await count(house, started.having(half > 0, half < sa.func.count()))


async def test_rivoli_has_a_day_to_look_at(house):
    rivoli = await places.find(house, "rivoli")
    here = frozenset({rivoli.id})
    midnight = datetime(2026, 11, 23, 23, tzinfo=UTC)
    today = await visits.between(house, here, midnight, midnight + timedelta(days=1))
    assert len({one.advisor_id for one in today}) >= 4
    assert {VisitStatus.ARRIVED, VisitStatus.IN_PROGRESS, VisitStatus.CONFIRMED} <= {one.status for one in today}
    assert await visits.between(house, here, midnight + timedelta(days=1), midnight + timedelta(days=2))
    assert await visits.awaiting_approval(house, here)
    assert await visits.to_settle(house, here, now=NOON)
    (conflict,) = await conflicts.of_store(house, rivoli, now=NOON)
    assert conflict.colleagues and conflict.starts
    assert await count(house, sa.select(TimeOff).where(TimeOff.starts_at > NOON)) >= 4


async def test_reminders_of_appointments_went_out_and_what_lies_ahead_waits(house):
    reminder = sa.select(Message.id).where(Message.template == "appointment_reminder")
    assert await count(house, reminder.where(Message.state == "sent", Message.sent_at <= NOON))
    assert await count(house, reminder.where(Message.state == "pending", Message.due_at > NOON))
    assert await count(house, reminder.where(Message.state == "dropped"))


async def test_every_space_says_how_to_find_it(house):
    for space in await house.scalars(sa.select(Space)):
        assert twice(space.name, space.way)
