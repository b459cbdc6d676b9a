"""A store, two articles and a reservation of Léa's, as the rows that messages are made of."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from booking import links, messages
from booking.messages import Channel, Message
from booking.reservations.states import LineStatus, Status
from booking.reservations.tables import Line, Reservation
from kit.codes import new_code
from kit.languages import Translated
from stores.catalogue import Category, Product, Variant
from stores.places import Store

NOW = datetime(2026, 12, 2, 10, 0, tzinfo=UTC)
"""Wednesday 2 December 2026, 11:00 in Paris."""
HOLD_UNTIL = datetime(2026, 12, 4, 19, 0, tzinfo=UTC)
"""Friday 4 December, 20:00 in Paris."""

numbers = count(1)


async def open_store(session: AsyncSession, **values: Any) -> Store:
    number = next(numbers)
    given: dict[str, Any] = {
        "slug": f"rivoli-{number}",
        "name": "Aurore Rivoli",
        "sms_name": "Aurore Rivoli",
        "street": "52 rue de Rivoli",
        "postcode": "75004",
        "city": "Paris",
        "latitude": 48.857,
        "longitude": 2.353,
        "phone": "+33123456789",
        "email": "rivoli@aurore.example",
        "timezone": "Europe/Paris",
        "hours_osm": "Mo-Sa 10:00-20:00",
        "entrance": Translated(fr="entrée rue de Rivoli", en="rue de Rivoli entrance"),
        "desk": Translated(fr="Accueil réservations", en="Reservations desk"),
        "desk_sms": "Accueil RDC",
        "about": Translated(fr="Au coeur de Paris", en="In the heart of Paris"),
        "directions": {},
        "floors": [{"level": 3, "name": {"fr": "3ᵉ étage", "en": "3rd floor"}, "departments": [f"lights-{number}"]}],
        "services": [],
    }
    store = Store(**{**given, **values}, exceptions=[])
    session.add(store)
    await session.flush()
    return store


async def shelve(
    session: AsyncSession, store: Store, fr: str, en: str, *, option: str = "", price: int = 4900
) -> Variant:
    number = next(numbers)
    department = store.floors[0]["departments"][0]
    category = await session.scalar(select(Category).where(Category.code == department)) or Category(
        code=department,
        slug_fr=f"luminaires-{number}",
        slug_en=f"lights-{number}",
        name=Translated(fr="Luminaires", en="Lights"),
        intro=Translated(fr="Des lampes", en="Lamps"),
    )
    product = Product(
        ref=f"REF-{number}",
        slug_fr=f"article-{number}",
        slug_en=f"item-{number}",
        name=Translated(fr=fr, en=en),
        story=Translated(fr="Histoire", en="Story"),
        facts={},
        category=category,
        updated_at=NOW,
        published_at=NOW,
        state="published",
    )
    options = [{"name": {"fr": "Finition", "en": "Finish"}, "value": {"fr": option, "en": option}}] if option else []
    variant = Variant(product=product, sku=f"SKU-{number}", options=options, price_minor=price)
    session.add(variant)
    await session.flush()
    return variant


async def reserved(
    session: AsyncSession,
    store: Store,
    lines: list[dict[str, Any]],
    *,
    secret: bytes,
    status: Status = Status.REQUESTED,
    **values: Any,
) -> Reservation:
    given: dict[str, Any] = {
        "code": new_code(),
        "store_id": store.id,
        "status": status,
        "language": "fr",
        "first_name": "Léa",
        "last_name": "Moreau",
        "email": "lea@exemple.example",
        "phone": "+33612345678",
        "requested_at": NOW,
        "answer_by": NOW + timedelta(minutes=60),
        "unanswered_at": NOW + timedelta(minutes=120),
        "ready_by": NOW + timedelta(hours=4),
        "proposal_until": NOW + timedelta(hours=24),
        "verify_by": NOW + timedelta(minutes=15),
        "hold_until": HOLD_UNTIL,
    }
    reservation = Reservation(**{**given, **values})
    session.add(reservation)
    await session.flush()
    for line in lines:
        line.setdefault("status", LineStatus.HELD)
        variant = line.pop("variant")
        session.add(Line(reservation_id=reservation.id, variant_id=variant.id, price_minor=variant.price_minor, **line))
        await session.flush()
    await links.create(session, "reservation", reservation.id, secret=secret, now=NOW)
    session.expunge_all()
    return reservation


async def queued(
    session: AsyncSession,
    template: str,
    subject_id: int,
    *,
    subject: str = "reservation",
    recipient: str = "shopper",
    channel: Channel = Channel.EMAIL,
    language: str = "fr",
    store_id: int | None = None,
    now: datetime = NOW,
    **more: Any,
) -> None:
    await messages.queue(
        session,
        template,
        subject=subject,
        subject_id=subject_id,
        version=next(numbers),
        recipient=recipient,
        channel=channel,
        language=language,
        store_id=store_id,
        due_at=more.pop("due_at", now),
        now=now,
        **more,
    )


def a_message(template: str, subject_id: int, **values: Any) -> Message:
    """A claimed one, outside the database."""
    given: dict[str, Any] = {
        "subject": "reservation",
        "subject_id": subject_id,
        "template": template,
        "version": 1,
        "recipient": "shopper",
        "channel": Channel.EMAIL,
        "language": "fr",
        "payload": {},
        "only_if": "",
        "reminder": False,
        "due_at": NOW,
        "first_due_at": NOW,
        "created_at": NOW,
        "attempts": 1,
        "reason": "",
    }
    return Message(**{**given, **values})
