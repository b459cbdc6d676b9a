"""A small world for tests: three stores, a few articles, staff. The names are those of the notes: Léa, Inès, Marc."""

import json
import pickle
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from booking.appointments import asking as appointing
from booking.appointments.tables import Appointment
from booking.customers import Customer
from booking.reservations import asking, questions
from booking.reservations.tables import Reservation
from kit.db import Base
from kit.languages import Translated
from stores import advisors, catalogue, places, schedules, services, spaces, staff
from stores.advisors import Advisor, AdvisorSkill, Skill
from stores.catalogue import Category, Product, Variant
from stores.places import Store, StoreException
from stores.services import Service, ServiceSkill, ServiceStore
from stores.spaces import Space
from stores.stock import Kind, StockMovement, StoreStock

SECRET = b"a secret of the test suite, long enough"
PASSWORD = "lampes et abat-jour du matin"
EVERY_DAY = "Mo-Sa 10:00-20:00"


def both(fr: str, en: str = "") -> Translated:
    return Translated(fr=fr, en=en or fr)


def store(slug: str = "rivoli", **over: Any) -> Store:
    """Aurore Rivoli in Paris, open from Monday to Saturday, 10:00 to 20:00."""
    values: dict[str, Any] = {
        "slug": slug,
        "name": f"Aurore {slug.capitalize()}",
        "sms_name": f"Aurore {slug.capitalize()}"[:16],
        "group": "france",
        "language": "fr",
        "street": "52 rue de Rivoli",
        "postcode": "75004",
        "city": "Paris",
        "country": "FR",
        "latitude": 48.8571,
        "longitude": 2.3535,
        "phone": "+33199001234",
        "email": f"{slug}@aurore.example",
        "timezone": "Europe/Paris",
        "region": "FR",
        "hours_osm": EVERY_DAY,
        "entrance": both("entrée rue de Rivoli", "rue de Rivoli entrance"),
        "desk": both("Accueil réservations, rez-de-chaussée", "Reservations desk, ground floor"),
        "desk_sms": "accueil RDC",
        "about": both("Le magasin des tests.", "The store of the tests."),
        "directions": {"fr": ["Métro Hôtel de Ville"], "en": ["Metro Hôtel de Ville"]},
        "floors": [
            {"level": 0, "name": {"fr": "Rez-de-chaussée", "en": "Ground floor"}, "departments": ["LUM"]},
        ],
        "services": [],
        "exceptions": [],
    }
    return Store(**{**values, **over})


def closed(day: Any, reason: str = "Fermé", hours: str = "off") -> StoreException:
    return StoreException(day=day, hours=hours, reason=both(reason))


@dataclass
class World:
    """What `build` made, by the names that tests use."""

    rivoli: Store
    kleber: Store
    lyon: Store
    lighting: Category
    lamps: Category
    lamp: Variant
    shade: Variant
    sofa: Variant
    accounts: dict[str, staff.Account] = field(default_factory=dict)


def product(category: Category, ref: str, name: Translated, *variants: Variant, now: datetime, **over: Any) -> Product:
    values: dict[str, Any] = {
        "ref": ref,
        "slug_fr": name["fr"].lower().replace(" ", "-"),
        "slug_en": name["en"].lower().replace(" ", "-"),
        "name": name,
        "brand": "Maison Lavergne",
        "story": both("Elle éclaire la table sans éblouir.", "It lights the table and never dazzles."),
        "facts": {"fr": [["Hauteur", "42 cm"]], "en": [["Height", "42 cm"]]},
        "category": category,
        "state": "published",
        "published_at": now,
        "updated_at": now,
        "variants": list(variants),
        "pictures": [],
    }
    return Product(**{**values, **over})


async def put(
    session: AsyncSession, store: Store, variant: Variant, units: int, *, now: datetime, **over: Any
) -> StoreStock:
    """So many units in that store, counted and seen this morning."""
    row = StoreStock(
        store_id=store.id,
        variant_id=variant.id,
        book=units,
        fed_at=now - timedelta(hours=1),
        seen_at=now - timedelta(hours=1),
        **{"floor": 0, "shelf": "L-12-3", **over},
    )
    session.add(row)
    await session.flush()
    session.add(
        StockMovement(
            store_id=store.id,
            variant_id=variant.id,
            kind=Kind.RECEIPT,
            book=units,
            unsellable=over.get("unsellable", 0),
            source="seed",
            source_event_id=f"{store.id}:{variant.id}",
            occurred_at=now,
        )
    )
    await session.flush()
    return row


_BUILT: dict[tuple[datetime, bool, bytes], tuple[bytes, dict[str, tuple[list[str], list[Any]]]]] = {}
"""Worlds that were built before by this process: pickled, with their rows by table."""


async def build(session: AsyncSession, *, now: datetime, staffed: bool = True) -> World:
    """The same world as ever: made once by each process, and copied into the database for the tests that follow."""
    key = (now, staffed, PASSWORD.encode())
    empty = await session.scalar(select(Store.id).limit(1)) is None
    if empty and key in _BUILT:
        pickled, rows = _BUILT[key]
        raw = (await (await session.connection()).get_raw_connection()).driver_connection
        for table, (columns, records) in rows.items():
            await raw.copy_records_to_table(table, columns=columns, records=records)
        return await _at_home(session, pickle.loads(pickled))
    world = await _build(session, now=now, staffed=staffed)
    await session.flush()
    if empty:
        _BUILT[key] = pickle.dumps(world), await _rows(session)
    return world


async def _rows(session: AsyncSession) -> dict[str, tuple[list[str], list[Any]]]:
    """Every row there is, in the order in which tables refer to each other."""
    raw = (await (await session.connection()).get_raw_connection()).driver_connection
    found = {}
    for table in Base.metadata.sorted_tables:
        columns = [column.name for column in table.columns if column.computed is None]
        names = ", ".join(f'"{name}"' for name in columns)
        if records := await raw.fetch(f'select {names} from "{table.name}"'):
            found[table.name] = columns, [tuple(map(_sent, record)) for record in records]
    return found


def _sent(value: Any) -> Any:
    """JSON as text, which is how the connection sends it."""
    return json.dumps(value) if isinstance(value, dict | list) else value


async def _at_home(session: AsyncSession, world: World) -> World:
    """The same things, belonging to this session."""
    for one in fields(world):
        thing = getattr(world, one.name)
        if one.name != "accounts":
            setattr(world, one.name, await session.merge(thing, load=False))
    world.accounts = {name: await session.merge(account, load=False) for name, account in world.accounts.items()}
    return world


async def _build(session: AsyncSession, *, now: datetime, staffed: bool) -> World:
    """Rivoli has five lamps and two shades, Kléber one lamp, Lyon nothing; the sofa is by appointment."""
    rivoli, kleber = store(), store("kleber", city="Strasbourg", postcode="67000", latitude=48.583, longitude=7.745)
    lyon = store("lyon", city="Lyon", postcode="69002", latitude=45.757, longitude=4.834)
    lighting = Category(
        code="LUM",
        slug_fr="luminaires",
        slug_en="lighting",
        name=both("Luminaires", "Lighting"),
        intro=both("", ""),
    )
    session.add_all([rivoli, kleber, lyon, lighting])
    await session.flush()
    lighting.department_id = lighting.id
    lamps = Category(
        parent_id=lighting.id,
        department_id=lighting.id,
        slug_fr="lampes-a-poser",
        slug_en="table-lamps",
        name=both("Lampes à poser", "Table lamps"),
        intro=both("", ""),
    )
    session.add(lamps)
    await session.flush()
    finish = {"fr": "Finition", "en": "Finish"}
    brass = [{"name": finish, "value": {"fr": "Laiton", "en": "Brass"}}]
    lamp = Variant(sku="LUM-0001-LAI", gtin="3001234567892", options=brass, price_minor=12900)
    shade = Variant(sku="LUM-0013-30", gtin="3001234567908", options=[], price_minor=3500)
    sofa = Variant(sku="MEU-0001", options=[], price_minor=189000)
    session.add_all(
        [
            product(lamps, "LUM-0001", both("Lampe Oscar", "Oscar lamp"), lamp, now=now),
            product(lamps, "LUM-0013", both("Abat-jour lin", "Linen shade"), shade, now=now),
            product(lamps, "MEU-0001", both("Canapé Berthe", "Berthe sofa"), sofa, now=now, by_appointment=True),
        ]
    )
    await session.flush()
    for where, variant, units in ((rivoli, lamp, 5), (rivoli, shade, 2), (kleber, lamp, 1), (rivoli, sofa, 1)):
        await put(session, where, variant, units, now=now)
    world = World(rivoli, kleber, lyon, lighting, lamps, lamp, shade, sofa)
    if staffed:
        for name, role, where in (
            ("ines", "advisor", rivoli),
            ("helene", "manager", rivoli),
            ("marc", "advisor", kleber),
            ("paul", "merchandiser", None),
            ("solene", "admin", None),
        ):
            world.accounts[name], _ = await staff.add_account(
                session,
                f"{name}@aurore.example",
                role,
                first_name={"ines": "Inès", "helene": "Hélène", "solene": "Solène"}.get(name, name.capitalize()),
                last_name="Test",
                store_ids=[where.id] if where else [],
                password=PASSWORD,
                now=now,
            )
    return world


def lea(**over: Any) -> Customer:
    """Léa, who shops from the metro and reads mail."""
    values: dict[str, Any] = {
        "first_name": "Léa",
        "last_name": "Martin",
        "email": "lea@exemple.fr",
        "phone": "",
        "language": "fr",
        "contact": "email",
    }
    return Customer(**{**values, **over})


async def reserved(
    session: AsyncSession,
    world: World,
    *,
    now: datetime,
    lines: list[tuple[Variant, int]] | None = None,
    customer: Customer | None = None,
    store: Store | None = None,
) -> Reservation:
    """Léa has asked Rivoli for a lamp (or what the test says)."""
    found = await places.find(session, (store or world.rivoli).slug)
    skus = lines or [(world.lamp, 1)]
    variants = await catalogue.find_variants(session, [variant.sku for variant, _ in skus])
    asked = await asking.reserve(
        session,
        found,
        [(variants[variant.sku], n) for variant, n in skus],
        customer or lea(),
        secret=SECRET,
        now=now,
        limited=False,
    )
    return await questions.get(session, asked.reservation.id)


# Advisors and their diaries


@dataclass
class Desk:
    """What `advise` made: who receives at Rivoli, for what, and where."""

    nadia: Advisor
    karim: Advisor
    lighting: Service
    """45 minutes at the half hour, 10 to prepare and 5 to wrap up; needs the skill of both."""
    kitchen: Service
    """90 minutes at the full hour, with the only kitchen corner, asked for and approved; only Karim knows kitchens."""
    corner: Space
    skills: dict[str, Skill]


WEEK = [(day, 600, 1200) for day in range(6)]
"""Monday to Saturday, 10:00 to 20:00."""


async def advise(session: AsyncSession, world: World, *, now: datetime, **over: Any) -> Desk:
    """Nadia (French, Italian) and Karim (French, English) receive at Rivoli, from opening to closing, this quarter."""
    light, kitchens = (
        Skill(code="light", name=both("Lumière", "Lighting")),
        Skill(code="kitchens", name=both("Cuisines", "Kitchens")),
    )
    session.add_all([light, kitchens])
    await session.flush()
    nadia = await advisor(session, world, "Nadia", [light], ["fr", "it"], account="ines")
    karim = await advisor(session, world, "Karim", [light, kitchens], ["fr", "en"])
    for one in (nadia, karim):
        rivoli = await places.find(session, world.rivoli.slug)
        await schedules.set_week(session, one.id, rivoli, WEEK, valid_from=rivoli.local(now).date(), now=now)
    corner = await spaces.add(
        session,
        Space(
            kind="kitchen_corner",
            name=both("L’îlot", "The island"),
            floor=4,
            way=both("au fond à gauche", "at the back, left"),
        ),
        store_id=world.rivoli.id,
    )
    lighting = service(
        "choisir-un-luminaire",
        both("Choisir un luminaire", "Choose a light"),
        [light],
        world.rivoli,
        duration=45,
        preparation=10,
        wrap_up=5,
        step=30,
        category_id=world.lighting.id,
        questions=[
            {
                "key": "room",
                "label": both("Pour quelle pièce ?", "For which room?"),
                "example": both("le séjour, 30 m²", "the living room, 30 m²"),
                "required": False,
            }
        ],
        bring=both("une photo et les dimensions de la pièce", "a photo and the size of the room"),
        checklist=[both("Allumer l’atelier", "Light the studio"), both("Sortir le nuancier", "Get the swatches")],
        **over,
    )
    kitchen = service(
        "composer-une-cuisine",
        both("Composer une cuisine", "Plan a kitchen"),
        [kitchens],
        world.rivoli,
        duration=90,
        step=60,
        space_kind="kitchen_corner",
        needs_approval=True,
    )
    session.add_all([lighting, kitchen])
    await session.flush()
    return Desk(
        await advisors.get(session, nadia.id),
        await advisors.get(session, karim.id),
        await services.find(session, lighting.slug),
        await services.find(session, kitchen.slug),
        corner,
        {"light": light, "kitchens": kitchens},
    )


async def advisor(
    session: AsyncSession,
    world: World,
    name: str,
    skills: list[Skill],
    languages: list[str],
    *,
    store: Store | None = None,
    account: str = "",
    **over: Any,
) -> Advisor:
    """An advisor with an empty week."""
    made = Advisor(
        slug=name.lower(),
        account_id=world.accounts[account].id if account in world.accounts else None,
        category_id=world.lighting.id,
        name=name,
        title=both("conseil luminaires", "lighting advisor"),
        bio=both("Vingt ans de lumière.", "Twenty years of light."),
        languages=languages,
        **{"bookable": True, "daily_max": 0, **over},
    )
    made.skills = [AdvisorSkill(skill_id=skill.id) for skill in skills]
    return await advisors.add(session, made, store_id=(store or world.rivoli).id)


def service(slug: str, name: Translated, skills: list[Skill], *stores: Store, **over: Any) -> Service:
    """A service that these stores give and that takes these skills."""
    values: dict[str, Any] = {
        "slug": slug,
        "name": name,
        "need": both("La lumière", "Light"),
        "about": both("Une heure pour choisir.", "An hour to choose."),
        "duration": 60,
        "step": 60,
        "lead_minutes": 120,
        "horizon_days": 60,
        "bring": both("", ""),
        "questions": [],
        "checklist": [],
    }
    made = Service(**{**values, **over})
    made.skills = [ServiceSkill(skill_id=skill.id, required=True) for skill in skills]
    meeting = both("3ᵉ étage, Atelier lumière", "3rd floor, Atelier lumière")
    made.stores = [
        ServiceStore(store_id=store.id, meeting_point=meeting, meeting_sms="3e, Atelier") for store in stores
    ]
    return made


async def booked(
    session: AsyncSession,
    world: World,
    desk: Desk,
    start: datetime,
    *,
    now: datetime,
    service: Service | None = None,
    customer: Customer | None = None,
    brief: appointing.Brief | None = None,
    advisor: Advisor | None = None,
    **over: Any,
) -> Appointment:
    """Léa has booked a lighting advisor at Rivoli (or what the test says)."""
    made = await appointing.book(
        session,
        await places.find(session, world.rivoli.slug),
        service or desk.lighting,
        start,
        customer or lea(),
        brief or appointing.Brief(),
        secret=SECRET,
        now=now,
        advisor_id=advisor.id if advisor else None,
        limited=False,
        **over,
    )
    return made.appointment
