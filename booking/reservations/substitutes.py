"""Other articles that staff may offer in place of one that is missing."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from stores.catalogue import Product, State, Variant
from stores.stock import StoreStock

MOST = 8


@dataclass(frozen=True)
class Candidate:
    """A variant that this store can keep at once, with the units that nobody was promised."""

    variant: Variant
    available: int


async def look_for(session: AsyncSession, store_id: int, missing: Variant, typed: str) -> Sequence[Candidate]:
    """What `store_id` has of what was typed: a name, a brand, an SKU or digits of the code at the till.

    With nothing typed, what is nearest: other forms of the same product, then the same department shelf, then the same
    brand (a substitute is of the same brand or category). Nothing that is chosen with an advisor.
    """
    here = missing.product
    near = (
        (Variant.product_id == here.id).desc(),
        (Product.category_id == here.category_id).desc(),
        (Product.brand == here.brand).desc(),
    )
    query = (
        select(Variant, StoreStock.available)
        .join(Variant.product)
        .join(StoreStock, StoreStock.variant_id == Variant.id)
        .where(
            StoreStock.store_id == store_id,
            StoreStock.available > 0,
            Variant.id != missing.id,
            ~Variant.hidden,
            Product.state == State.PUBLISHED,
            ~Product.by_appointment,
        )
        .order_by(*near, func.abs(Variant.price_minor - missing.price_minor), Variant.id)
        .limit(MOST)
        .options(selectinload(Variant.product).selectinload(Product.pictures))
    )
    words = typed.replace("\0", "").split()[:6]
    for word in words:
        plain = func.lower(func.vitrine_unaccent(word))
        texts = (Product.name["fr"].astext, Product.name["en"].astext, Product.brand)
        ways = [func.strpos(func.lower(func.vitrine_unaccent(text)), plain) > 0 for text in texts]
        ways.append(Variant.sku.istartswith(word, autoescape=True))
        if word.isascii() and word.isdigit():
            ways.append(Variant.gtin.endswith(word))
        query = query.where(or_(*ways))
    if not words:
        query = query.where(or_(Product.category_id == here.category_id, Product.brand == here.brand))
    return [Candidate(variant, available) for variant, available in await session.execute(query)]
