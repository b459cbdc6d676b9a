"""What goes with what, and why: a shade for that lamp, the oil for that wood."""

from collections.abc import Sequence

from sqlalchemy import CheckConstraint, ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column, relationship, selectinload

from kit.db import Base
from kit.languages import Translated
from stores.catalogue import Product, State


class Pairing(Base):
    """One article suggested beside another, with the reason that an advisor would give."""

    __tablename__ = "pairing"
    __table_args__ = (CheckConstraint("product_id <> other_id", name="two"),)

    product_id: Mapped[int] = mapped_column(ForeignKey("product.id", ondelete="CASCADE"), primary_key=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("product.id", ondelete="CASCADE"), primary_key=True, index=True)
    reason: Mapped[Translated]
    position: Mapped[int] = mapped_column(default=0)

    other: Mapped[Product] = relationship(lazy="raise", foreign_keys=[other_id])


async def of_products(session: AsyncSession, product_ids: Sequence[int]) -> Sequence[Pairing]:
    """What goes with these, none of themselves, each once, with the variants and pictures of what is suggested."""
    query = (
        select(Pairing)
        .join(Product, Product.id == Pairing.other_id)
        .where(
            Pairing.product_id.in_(product_ids),
            Pairing.other_id.not_in(product_ids),
            Product.state == State.PUBLISHED,
        )
        .order_by(Pairing.position, Pairing.product_id, Pairing.other_id)
        .options(
            selectinload(Pairing.other).selectinload(Product.variants),
            selectinload(Pairing.other).selectinload(Product.pictures),
            selectinload(Pairing.other).selectinload(Product.category),
        )
    )
    seen: dict[int, Pairing] = {}
    for pairing in await session.scalars(query):
        seen.setdefault(pairing.other_id, pairing)
    return list(seen.values())
