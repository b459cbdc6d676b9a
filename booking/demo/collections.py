"""The two collections of the demo: one chosen by hand, which stands on the home page, and one by a rule."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.languages import Translated
from stores import collections
from stores.catalogue import Category, Picture, Product
from stores.collections import Collection

BY_HAND = ("LUM-0001", "LIN-0003", "LUM-0006", "LUM-0016", "MEU-0004", "LUM-0005", "LIN-0009", "LUM-0018")


async def build(session: AsyncSession, *, now: datetime) -> None:
    """Into the house of the demo, after its articles and their images."""
    ids = {row.ref: row.id for row in await session.execute(select(Product.ref, Product.id))}
    since = now - timedelta(days=12)
    await collections.add(
        session,
        Collection(
            slug_fr="une-soiree-sans-plafonnier",
            slug_en="an-evening-without-the-big-light",
            title=Translated(fr="Une soirée sans plafonnier", en="An evening without the big light"),
            intro=Translated(
                fr="Trois petites lampes valent mieux qu’une grande. De quoi lire, dîner et ne rien faire.",
                en="Three small lamps do better than a large one. To read by, dine by, and do nothing by.",
            ),
            medium_id=await _image_of(session, "LUM-0006"),
            rule=None,
            state="published",
            on_home=True,
            created_at=since,
            updated_at=since,
        ),
        [ids[ref] for ref in BY_HAND],
    )
    departments = select(Category.id).where(Category.code.in_(("CUI", "LIN", "JEU"))).order_by(Category.position)
    await collections.add(
        session,
        Collection(
            slug_fr="petites-attentions",
            slug_en="small-kindnesses",
            title=Translated(fr="Petites attentions", en="Small kindnesses"),
            intro=Translated(
                fr="De quoi ne pas arriver les mains vides, pour moins de quarante euros.",
                en="So as not to come empty-handed, for less than forty euros.",
            ),
            medium_id=await _image_of(session, "CUI-0017"),
            rule={"categories": list(await session.scalars(departments)), "high": 4000},
            state="published",
            on_home=False,
            created_at=since,
            updated_at=since,
        ),
        [],
    )


async def _image_of(session: AsyncSession, ref: str) -> int | None:
    """The first image that hangs on this article."""
    query = select(Picture.medium_id).join(Product, Product.id == Picture.product_id).where(Product.ref == ref)
    found: int | None = await session.scalar(query.order_by(Picture.position, Picture.id).limit(1))
    return found
