"""What articles cost, and what they cost before: whoever crosses out a price has to say the lowest of the last month.

Directive 98/6/EC, article 6a (Omnibus): a reduction is announced against the lowest price of the thirty days before it.
Where a store has a price of its own it stands in its stock and is never crossed out.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, and_, case, func, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from kit.db import Base, table_of
from stores.catalogue import Variant

BEFORE_A_REDUCTION = timedelta(days=30)


class PriceChange(Base):
    """What a variant costs from a moment on. Never edited: it is what a reduction is measured by."""

    __tablename__ = "price_change"
    __table_args__ = (Index("ix_price_change_variant", "variant_id", "since", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id", ondelete="CASCADE"))
    price_minor: Mapped[int]
    since: Mapped[datetime]


async def keep(session: AsyncSession, variant_ids: Collection[int], *, now: datetime) -> None:
    """The prices of these variants may have been changed: write down the new ones, and what may be crossed out.

    To be called, in the same transaction, by whoever wrote `price_minor` or `was_minor`. Two statements for any
    number. `lowest_minor` becomes the lowest of the price that is said to have been (`was_minor`) and of those that
    were asked in the thirty days before the present one; empty where nothing is crossed out, or where that is not
    dearer than the price.
    """
    if not variant_ids:
        return
    changes, variants = table_of(PriceChange), table_of(Variant)
    these = variants.c.id.in_(list(variant_ids))
    last = (
        select(changes.c.price_minor)
        .where(changes.c.variant_id == variants.c.id)
        .order_by(changes.c.since.desc(), changes.c.id.desc())
        .limit(1)
        .correlate(variants)
        .scalar_subquery()
    )
    await session.execute(
        insert(changes).from_select(
            ["variant_id", "price_minor", "since"],
            select(variants.c.id, variants.c.price_minor, literal(now)).where(
                these, last.is_distinct_from(variants.c.price_minor)
            ),
        )
    )
    asked = (
        select(
            changes.c.variant_id,
            changes.c.price_minor,
            changes.c.since,
            func.lead(changes.c.since)
            .over(partition_by=changes.c.variant_id, order_by=(changes.c.since, changes.c.id))
            .label("until"),
            func.max(changes.c.since).over(partition_by=changes.c.variant_id).label("present"),
        )
        .where(changes.c.variant_id.in_(list(variant_ids)))
        .subquery()
    )
    lowest = (
        select(func.min(asked.c.price_minor))
        .where(
            asked.c.variant_id == variants.c.id,
            asked.c.since < asked.c.present,
            asked.c.until > asked.c.present - literal(BEFORE_A_REDUCTION),
        )
        .correlate(variants)
        .scalar_subquery()
    )
    reference = func.least(variants.c.was_minor, lowest)
    crossed = case((and_(variants.c.was_minor.is_not(None), reference > variants.c.price_minor), reference))
    await session.execute(
        update(variants)
        .where(these, or_(variants.c.was_minor.is_not(None), variants.c.lowest_minor.is_not(None)))
        .values(lowest_minor=crossed)
    )
