"""Stores as files bring them: what is taken, what is refused and why, and what is taken back."""

import secrets
from datetime import date

import pytest
from factories import World, build, put, reserved
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from booking.reservations.tables import Reservation
from kit.languages import speaking
from stores.places import Store, StoreException
from tests.stores.exchange.bringing import apply, bring, check, codes, differences, sheet, undo

NEW = {
    "slug": "nantes",
    "name": "Aurore Nantes",
    "street": "6 rue du Calvaire",
    "postcode": "01000",
    "city": "Nantes",
    "latitude": "47,2156",
    "longitude": "-1.5603",
    "phone": "02 40 00 12 34",
    "email": "nantes@aurore.fr",
    "timezone": "Europe/Paris",
    "opening_hours": "Mo-Sa 10:00-19:30",
}


@pytest.fixture
async def world(database, clock) -> World:
    async with database.work() as session:
        return await build(session, now=clock(), staffed=False)


def row_of(**cells: str) -> bytes:
    return sheet(list(cells), list(cells.values()))


async def find(database, slug: str) -> Store | None:
    async with database.work(readonly=True) as session:
        query = select(Store).where(Store.slug == slug).options(selectinload(Store.exceptions))
        found: Store | None = await session.scalar(query)
        return found


async def test_a_new_store_comes_with_what_every_store_has(database, clock, world):
    exceptions = "24/12/2026 10:00-18:00 Réveillon / Christmas Eve; 2026-12-25 off Noël"
    more = {"exceptions": exceptions, "services:fr": "Retouche | Café", "services:en": "Alterations | Coffee",
            "about:fr": "Au calme.\nSur deux étages.", "directions:fr": "Tram 1 | Bus 12", "auto_confirm": "oui",
            "auto_confirm_limit": "250,00", "hold_days": "3", "country": "fr", "region": "FR", "sms_name": "Nantes",
            "floors": '[{"level": 0, "name": {"fr": "RDC", "en": "Ground"}, "departments": ["LUM"]}]'}  # fmt: skip
    batch = await bring(database, clock, row_of(**NEW, **more), subject="stores")

    assert (batch.state, batch.counts["created"]) == ("applied", 1)
    nantes = await find(database, "nantes")
    assert nantes is not None
    assert (nantes.postcode, nantes.latitude, nantes.longitude) == ("01000", 47.2156, -1.5603)
    assert (nantes.phone, nantes.country, nantes.language, nantes.answer_minutes) == ("+33240001234", "FR", "fr", 60)
    assert (nantes.auto_confirm, nantes.auto_confirm_limit_minor, nantes.hold_days) == (True, 25000, 3)
    assert [(one.day, one.hours, dict(one.reason)) for one in nantes.exceptions] == [
        (date(2026, 12, 24), "10:00-18:00", {"fr": "Réveillon", "en": "Christmas Eve"}),
        (date(2026, 12, 25), "off", {"fr": "Noël"}),
    ]
    assert nantes.services == [{"fr": "Retouche", "en": "Alterations"}, {"fr": "Café", "en": "Coffee"}]
    assert nantes.directions == {"fr": ["Tram 1", "Bus 12"]}
    assert nantes.about["fr"] == "Au calme.\nSur deux étages."
    assert nantes.floors[0]["departments"] == ["LUM"]
    assert nantes.hours.open_at(clock()) is not None


@pytest.mark.parametrize("absent", ["name", "city", "timezone", "opening_hours", "email"])
async def test_a_new_store_cannot_do_without_some_things(database, clock, world, absent):
    cells = {name: cell for name, cell in NEW.items() if name != absent}
    batch = await check(database, clock, row_of(**cells), subject="stores")

    [row] = await differences(database, batch)
    assert (row.action, codes(row)) == ("rejected", [(absent, "needed")])


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("opening_hours", "du lundi au samedi", "hours_syntax"),
        ("opening_hours", "Mo-Sa 10:00-20:00; PH off", "hours_holidays"),
        ("opening_hours", "Mo-Su sunrise-sunset", "hours_sun"),
        ("opening_hours", "Mo-Su off", "hours_never"),
        ("exceptions", "2026-12-24 25:00-26:00 Noël", "not_a_special_day"),
        ("exceptions", "24 décembre off", "not_a_special_day"),
        ("timezone", "Europe/Pariss", "not_a_timezone"),
        ("region", "ZZ", "not_a_region"),
        ("country", "France", "not_a_country"),
        ("latitude", "148", "out_of_range"),
        ("phone", "néant", "not_a_phone"),
        ("email", "rivoli chez aurore", "not_an_email"),
        ("sms_name", "Aurore Rue de Rivoli", "not_for_sms"),
        ("sms_name", "Œuvre", "not_for_sms"),
        ("hold_days", "8", "out_of_range"),
        ("stock_authority", "caisse", "not_a_choice"),
        ("floors", '{"level": 0}', "not_floors"),
        ("floors", '[{"level": 0, "name": {}, "departments": ["LUMI"]}]', "unknown_department"),
        ("floors", '[{"level": 1e999, "name": {}}]', "not_floors"),
        ("floors", '[{"level": 0, "name": {"fr": "a\\u0000"}}]', "not_floors"),
        ("floors", "[" * 30_000, "not_floors"),
        ("name", "__EMPTY__", "not_erasable"),
        ("opens_on", "31/02/2027", "not_a_day"),
    ],
)
async def test_what_cannot_be_is_refused_with_its_reason_in_both_languages(database, clock, world, column, cell, code):
    batch = await check(database, clock, row_of(slug="rivoli", city="Lutèce", **{column: cell}), subject="stores")

    [row] = await differences(database, batch)
    assert (row.action, codes(row)) == ("rejected", [(column, code)])
    for language in ("fr", "en"):
        with speaking(language):
            assert column in row.problems[0].sentence
            assert "%(" not in row.problems[0].sentence


async def test_what_is_near_a_time_zone_is_suggested(database, clock, world):
    batch = await check(database, clock, row_of(slug="rivoli", timezone="Europe/Pariss"), subject="stores")

    assert (await differences(database, batch))[0].problems[0].params["suggestion"] == "Europe/Paris"


async def test_only_what_is_said_is_changed_and_undoing_writes_it_back(database, clock, world):
    batch = await check(
        database, clock,
        row_of(slug="rivoli", city="", street="1 rue de Rivoli", exceptions="2026-12-08 off",
               **{"desk:en": "__EMPTY__"}),
        subject="stores",
    )  # fmt: skip
    [row] = await differences(database, batch)
    assert sorted(row.changes) == [
        ("desk:en", "Reservations desk, ground floor", ""),
        ("exceptions", "", "2026-12-08 off"),
        ("street", "52 rue de Rivoli", "1 rue de Rivoli"),
    ]

    batch = await apply(database, clock, batch)
    rivoli = await find(database, "rivoli")
    assert (rivoli.street, rivoli.city, rivoli.desk) == (
        "1 rue de Rivoli", "Paris", {"fr": "Accueil réservations, rez-de-chaussée"},
    )  # fmt: skip
    assert [one.day for one in rivoli.exceptions] == [date(2026, 12, 8)]

    async with database.work() as session:  # somebody moves the store meanwhile
        (await session.get(Store, rivoli.id)).street = "3 rue de Rivoli"
    batch = await undo(database, clock, batch)
    rivoli = await find(database, "rivoli")
    assert (rivoli.street, rivoli.desk["en"], rivoli.exceptions) == (
        "3 rue de Rivoli", "Reservations desk, ground floor", [],
    )  # fmt: skip
    assert batch.counts["left"] == 1


async def test_a_store_that_a_batch_brought_goes_with_it_unless_it_is_somebody_s(database, clock, world):
    batch = await bring(
        database, clock, sheet(list(NEW), list(NEW.values()), ["brest", *list(NEW.values())[1:]]), subject="stores"
    )
    assert batch.counts["created"] == 2
    async with database.work() as session:
        brest = (await session.scalars(select(Store).where(Store.slug == "brest"))).one()
        await put(session, brest, world.lamp, 1, now=clock())
    batch = await undo(database, clock, batch)

    assert await find(database, "nantes") is None
    assert await find(database, "brest") is not None
    assert (batch.counts["undone"], batch.counts["left"]) == (1, 1)


async def test_a_store_that_somebody_was_faster_to_create_is_hers(database, clock, world):
    late = await check(database, clock, sheet(list(NEW), list(NEW.values())), subject="stores")
    await bring(database, clock, sheet(list(NEW), list({**NEW, "name": "Aurore Loire"}.values())), subject="stores")
    late = await apply(database, clock, late)
    assert (late.counts["created"], late.counts["updated"]) == (0, 1)
    late = await undo(database, clock, late)
    store = await find(database, "nantes")
    assert (store.name, store.city, late.counts["undone"]) == ("Aurore Loire", "Nantes", 1)


async def test_a_store_that_somebody_has_changed_since_stays(database, clock, world):
    batch = await bring(database, clock, sheet(list(NEW), list(NEW.values())), subject="stores")
    async with database.work() as session:
        (await session.scalars(select(Store).where(Store.slug == "nantes"))).one().street = "1 quai de la Fosse"
    batch = await undo(database, clock, batch)
    assert (await find(database, "nantes")).street == "1 quai de la Fosse"
    assert batch.counts["left"] == 1


async def test_an_address_of_any_length_is_refused_and_nothing_else_happens(database, clock, world):
    """Longer than an index can hold."""
    slug = secrets.token_hex(4000)
    batch = await check(database, clock, row_of(slug=slug), subject="stores")
    assert batch.counts["rejected"] == 1


async def test_a_file_that_leaves_a_store_out_says_nothing_of_it(database, clock, world):
    batch = await bring(database, clock, row_of(slug="rivoli", city="Lutèce"), subject="stores", mode="full")

    assert batch.counts["updated"] == 1
    assert batch.counts.get("hidden", 0) == 0
    assert (await find(database, "lyon")).city == "Lyon"


async def test_a_store_named_twice_is_taken_once(database, clock, world):
    batch = await check(
        database, clock, sheet(("slug", "city"), ("rivoli", "Lutèce"), ("rivoli", "Paname")), subject="stores"
    )

    first, second = await differences(database, batch)
    assert (first.action, second.action) == ("updated", "rejected")
    assert codes(second) == [("slug", "repeated")]
    assert second.problems[0].params["line"] == 2


async def test_who_leads_one_store_changes_no_other(database, clock, world):
    from stores.exchange import places
    from stores.exchange.formats import Record
    from stores.exchange.subjects import Context

    context = Context(1, clock(), "Hélène", store_ids=frozenset([world.rivoli.id]))
    async with database.work(readonly=True) as session:
        mine, other, new = await places.SUBJECT.check(
            session,
            [Record(line, {"slug": slug, "city": "X"}, []) for line, slug in enumerate(("rivoli", "lyon", "nice"), 2)],
            context=context,
        )

    assert (mine.action, other.action, new.action) == ("updated", "rejected", "rejected")
    assert other.problems[0].code == "outside_your_stores"


async def test_days_may_be_added_to_those_there_are(database, clock, world):
    async with database.work() as session:
        session.add(StoreException(store_id=world.rivoli.id, day=date(2026, 12, 25), hours="off", reason={}))
    await bring(
        database,
        clock,
        row_of(slug="rivoli", exceptions="2026-12-24 10:00-18:00"),
        subject="stores",
        add=["exceptions"],
    )

    assert [one.day.day for one in (await find(database, "rivoli")).exceptions] == [24, 25]


async def test_a_file_that_closes_a_day_moves_what_was_promised_for_it_later(database, clock, world):
    async with database.work() as session:
        asked = await reserved(session, world, now=clock())
        rivoli = await find(database, "rivoli")
        assert rivoli is not None
        last_day = rivoli.hours.local_day(asked.hold_until)
    closed = row_of(slug="rivoli", exceptions=f"{last_day.isoformat()} off Travaux / Works")
    assert (await bring(database, clock, closed, subject="stores")).counts["updated"] == 1
    async with database.work(readonly=True) as session:
        kept = await session.get(Reservation, asked.id)
        assert kept is not None
        assert rivoli.hours.local_day(kept.hold_until) > last_day
        assert kept.answer_by == asked.answer_by
