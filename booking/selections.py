"""My selection: articles that a shopper keeps in mind for one store, without an account, for 30 days.

Her browser holds a random number; the row holds its hash. A second number, which she may give away and take back,
shows the same list to others, who can change nothing.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column, relationship, selectinload

from kit import codes
from kit.db import Base
from kit.errors import Invalid, NotFound
from kit.languages import lazy
from stores.catalogue import Product, Variant

KEPT = timedelta(days=30)
"""Since it was last changed."""
MOST_ITEMS = 30
LONGEST_NOTE = 500


class Selection(Base):
    """The list of one browser."""

    __tablename__ = "selection"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    store_id: Mapped[int | None] = mapped_column(ForeignKey("store.id"))
    """One store for all of it; the shopper may not have chosen yet."""
    note: Mapped[str] = mapped_column(default="")
    share_id: Mapped[int] = mapped_column(BigInteger)
    """Random; the shared address is made of it with the program's secret."""
    share_version: Mapped[int] = mapped_column(default=0)
    """0: not shared. Raised to make the address given out before worthless."""
    share_hash: Mapped[bytes | None] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime] = mapped_column(index=True)

    items: Mapped[list["SelectionItem"]] = relationship(
        lazy="raise", order_by="SelectionItem.id", cascade="all, delete-orphan"
    )

    @property
    def shared(self) -> bool:
        return self.share_hash is not None


class SelectionItem(Base):
    """One article of it."""

    __tablename__ = "selection_item"
    __table_args__ = (CheckConstraint("quantity between 1 and 99", name="quantity"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity())
    selection_id: Mapped[int] = mapped_column(ForeignKey("selection.id", ondelete="CASCADE"), primary_key=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id", ondelete="CASCADE"), primary_key=True)
    quantity: Mapped[int] = mapped_column(default=1)

    variant: Mapped[Variant] = relationship(lazy="raise")


def _loaded() -> tuple[Any, ...]:
    product = selectinload(Selection.items).selectinload(SelectionItem.variant).selectinload(Variant.product)
    return (product.selectinload(Product.pictures), product.selectinload(Product.category))


async def of_browser(session: AsyncSession, token: str, *, now: datetime) -> Selection | None:
    """The list behind a browser's number; None when there is none, or it was left for 30 days."""
    if not codes.is_token(token):
        return None
    query = select(Selection).where(Selection.token_hash == codes.token_hash(token), Selection.changed_at > now - KEPT)
    return await session.scalar(query.options(*_loaded()).execution_options(populate_existing=True))


async def count(session: AsyncSession, token: str) -> int:
    """How many articles are on it."""
    if not codes.is_token(token):
        return 0
    query = select(SelectionItem.id).join(Selection).where(Selection.token_hash == codes.token_hash(token))
    return len((await session.scalars(query)).all())


async def begin(session: AsyncSession, *, store_id: int | None, now: datetime) -> tuple[Selection, str]:
    """A new, empty list, and the number that the browser is to keep."""
    token = codes.new_token()
    selection = Selection(
        token_hash=codes.token_hash(token),
        store_id=store_id,
        share_id=secrets.randbits(63),
        share_version=0,
        created_at=now,
        changed_at=now,
        items=[],
    )
    session.add(selection)
    await session.flush()
    return selection, token


async def put(session: AsyncSession, selection: Selection, variant: Variant, quantity: int, *, now: datetime) -> None:
    """So many of this article; put twice, the last number counts. Raises `Invalid` beyond 30 articles."""
    if not any(item.variant_id == variant.id for item in selection.items) and len(selection.items) >= MOST_ITEMS:
        raise Invalid("items", lazy("A selection holds at most %(n)d articles."), {"n": MOST_ITEMS})
    most = variant.product.max_per_reservation
    await session.execute(
        insert(SelectionItem)
        .values(selection_id=selection.id, variant_id=variant.id, quantity=min(max(quantity, 1), most))
        .on_conflict_do_update(
            index_elements=["selection_id", "variant_id"], set_={"quantity": min(max(quantity, 1), most)}
        )
    )
    selection.changed_at = now
    await session.flush()


async def drop(session: AsyncSession, selection: Selection, variant_id: int, *, now: datetime) -> None:
    """Take an article off; it can be put back."""
    await session.execute(
        delete(SelectionItem)
        .where(SelectionItem.selection_id == selection.id, SelectionItem.variant_id == variant_id)
        .execution_options(synchronize_session=False)
    )
    selection.changed_at = now
    await session.flush()


async def share(session: AsyncSession, selection: Selection, *, secret: bytes) -> str:
    """The number that shows this list to others: the same each time until it is taken back."""
    if not selection.shared:
        selection.share_version += 1
        selection.share_hash = codes.token_hash(share_token(selection, secret))
        await session.flush()
    return share_token(selection, secret)


def share_token(selection: Selection, secret: bytes) -> str:
    return codes.link_token(secret, selection.share_id, selection.share_version)


async def unshare(session: AsyncSession, selection: Selection) -> None:
    """The address given out opens nothing any more."""
    selection.share_hash = None
    await session.flush()


async def shared(session: AsyncSession, token: str, *, now: datetime) -> Selection:
    """The list that somebody shared, or `NotFound`."""
    found = None
    if codes.is_token(token):
        query = select(Selection).where(
            Selection.share_hash == codes.token_hash(token), Selection.changed_at > now - KEPT
        )
        found = await session.scalar(query.options(*_loaded()))
    if found is None:
        raise NotFound()
    return found


async def forget(session: AsyncSession, *, now: datetime) -> None:
    """Delete the lists that nobody changed for 30 days."""
    await session.execute(
        delete(Selection).where(Selection.changed_at < now - KEPT).execution_options(synchronize_session=False)
    )
