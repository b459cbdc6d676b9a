"""Files to begin from: our own header, and one row that could be imported as it stands."""

from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from stores.catalogue import Category, Product, Variant
from stores.exchange import writing
from stores.places import Store

DELIMITERS: Final = {"fr": ";", "en": ","}
"""At which the spreadsheets of each language split what is opened by a double click."""

_PRODUCTS: Final[dict[str, dict[str, str]]] = {
    "fr": {"price": "129,00", "was_price": "", "by_appointment": "non", "try_in_store": "oui", "listed": "oui",
           "state": "draft", "hidden": "non"},
    "en": {"price": "129.00", "was_price": "", "by_appointment": "no", "try_in_store": "yes", "listed": "yes",
           "state": "draft", "hidden": "no"},
}  # fmt: skip
_EVERYWHERE: Final[dict[str, dict[str, str]]] = {
    "products": {
        "ref": "EX-100", "sku": "EX-100-LAITON", "name:fr": "Lampe Exemple", "name:en": "Example lamp",
        "brand": "Maison Exemple", "story:fr": "Elle éclaire la table.", "story:en": "It lights the table.",
        "facts:fr": "Hauteur : 42 cm | Poids : 3 kg", "facts:en": "Height: 42 cm | Weight: 3 kg", "made_in": "France",
        "max_per_reservation": "3", "option1_name:fr": "Finition", "option1_name:en": "Finish",
        "option1:fr": "Laiton", "option1:en": "Brass", "currency": "EUR", "weight_grams": "3000", "position": "1",
    },
    "stock": {"on_hand": "4", "unsellable": "0", "safety": "0", "floor": "0", "shelf": "A12"},
    "pairings": {"reason:fr": "La même finition", "reason:en": "The same finish", "position": "1"},
    "stores": {
        "slug": "exemple", "name": "Aurore Exemple", "language": "fr", "street": "1 rue de l'Exemple",
        "postcode": "75001", "city": "Paris", "country": "FR", "latitude": "48.8600", "longitude": "2.3400",
        "phone": "+33 1 99 00 12 34", "email": "exemple@aurore.example", "timezone": "Europe/Paris", "region": "FR",
        "opening_hours": "Mo-Sa 10:00-19:30; Su off", "exceptions": "2026-12-24 10:00-18:00 Réveillon / Christmas Eve",
    },
}  # fmt: skip


async def sample(session: AsyncSession, subject: str, language: str, store_ids: frozenset[int] | None) -> bytes:
    """As its reader's spreadsheet opens it; it names a store and articles that there are."""
    head = await writing.head(session, subject)
    cells = {**_EVERYWHERE[subject], **await _known(session, subject, store_ids)}
    if subject == "products":
        cells |= _PRODUCTS[language]
    row = [cells.get(column, "") for column in head]
    return writing.BOM + writing.encoded([head, row], delimiter=DELIMITERS[language])


async def _known(session: AsyncSession, subject: str, store_ids: frozenset[int] | None) -> dict[str, str]:
    """What must be there already."""
    match subject:
        case "products":
            return {"category": await session.scalar(select(Category.slug_fr).order_by(Category.id).limit(1)) or ""}
        case "stock":
            own: Any = select(Store.slug).order_by(Store.id).limit(1)
            own = own if store_ids is None else own.where(Store.id.in_(store_ids))
            sku = select(Variant.sku).order_by(Variant.id).limit(1)
            return {"store": await session.scalar(own) or "", "sku": await session.scalar(sku) or ""}
        case "pairings":
            refs = [*await session.scalars(select(Product.ref).order_by(Product.id).limit(2)), "", ""]
            return {"product": refs[0], "other": refs[1]}
    return {}
