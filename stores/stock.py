"""Stock: one row per store and variant that the guard reads, and the movements that explain it, written together.

Both stand because each alone fails: a ledger alone oversells, a counter alone drifts. Rows are always locked in the
order (store, variant), after the demand was summed, so that two people who want the same two things cannot deadlock.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    UniqueConstraint,
    func,
    insert,
    literal,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from kit.db import Base, table_of
from kit.errors import Refused
from kit.languages import lazy


class Kind(StrEnum):
    """Why a number moved."""

    RECEIPT = "receipt"
    SALE = "sale"
    RETURN = "return"
    COUNT = "count"
    DAMAGE = "damage"
    DISPLAY_ON = "display_on"
    DISPLAY_OFF = "display_off"
    HOLD = "hold"
    RELEASE = "release"
    HANDOVER = "handover"
    SNAPSHOT = "snapshot"


class StoreStock(Base):
    """How many units of a variant a store has, and how many of them are promised.

    `book` may fall below zero or below what is promised: a till that sold the reserved one tells the truth, and the
    row must accept it as a shortfall. What can never happen is a new hold in that state: `hold` asks for it in its
    own statement, and a trigger refuses whoever forgets to.
    """

    __tablename__ = "store_stock"
    __table_args__ = (
        CheckConstraint("reserved >= 0", name="reserved"),
        CheckConstraint("unsellable >= 0", name="unsellable"),
        CheckConstraint("safety >= 0", name="safety"),
        Index("ix_store_stock_variant", "variant_id", "store_id"),
        Index("ix_store_stock_shortfall", "store_id", postgresql_where="available < 0"),
    )

    store_id: Mapped[int] = mapped_column(ForeignKey("store.id"), primary_key=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"), primary_key=True)
    book: Mapped[int] = mapped_column(default=0)
    """Counted at the till, by hand or by a feed; the sum of its movements."""
    reserved: Mapped[int] = mapped_column(default=0)
    """Held for shoppers; the sum of the open lines of reservations."""
    unsellable: Mapped[int] = mapped_column(default=0)
    """On show or damaged."""
    safety: Mapped[int] = mapped_column(default=0)
    """Kept back, never promised."""
    available: Mapped[int] = mapped_column(
        Computed("greatest(book, 0) - reserved - unsellable - safety", persisted=True)
    )
    """What may still be promised; below zero it is a shortfall."""
    floor: Mapped[int | None]
    shelf: Mapped[str] = mapped_column(default="")
    """Where staff find it."""
    on_show: Mapped[bool] = mapped_column(default=False)
    """One unit stands on the floor to be looked at; it is among `unsellable`."""
    price_minor: Mapped[int | None]
    """What it costs in this store, where that is not the price of the house."""
    counted_at: Mapped[datetime | None]
    """The moment that the last absolute count speaks of; an older count is late and changes nothing."""
    fed_at: Mapped[datetime | None]
    """When a feed, or a person, last said how many there are."""
    seen_at: Mapped[datetime | None]
    """When a person last had it in her hands: a count, a pick, a delivery."""
    not_found_at: Mapped[datetime | None]
    """When staff last looked for it in vain."""


class StockMovement(Base):
    """One change of one row of stock. Append only: triggers refuse UPDATE, DELETE and TRUNCATE."""

    __tablename__ = "stock_movement"
    __table_args__ = (
        UniqueConstraint("source", "source_event_id"),
        ForeignKeyConstraint(["store_id", "variant_id"], ["store_stock.store_id", "store_stock.variant_id"]),
        Index("ix_stock_movement_cell", "store_id", "variant_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    store_id: Mapped[int]
    variant_id: Mapped[int]
    kind: Mapped[str]
    book: Mapped[int] = mapped_column(default=0)
    reserved: Mapped[int] = mapped_column(default=0)
    unsellable: Mapped[int] = mapped_column(default=0)
    source: Mapped[str]
    """Who says so: `reservation`, `staff`, `feed:<name>`, `seed`."""
    source_event_id: Mapped[str]
    """Unique within its source, so that the same event is never counted twice."""
    by: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    occurred_at: Mapped[datetime]


Demand = Mapping[int, int]
"""Units wanted by variant id, each variant once."""


@dataclass(frozen=True)
class Wanted:
    """One variant of which a store has not enough, however often it was asked for."""

    variant_id: int
    requested: int


class OutOfStock(Refused):
    """At least one article is not there in the wanted number. Nothing was held."""

    status = 409
    code = "out_of_stock"
    msgid = lazy("Someone else has just reserved this item. Here is what we can offer.")

    def __init__(self, missing: Sequence[Wanted]) -> None:
        super().__init__()
        self.missing = missing


class Confidence(StrEnum):
    """How far the number of a row is to be believed; the worst of its signals."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


def demand_of(lines: Iterable[tuple[int, int]]) -> Demand:
    """The same variant on two lines is one demand: (variant id, units) → units by variant."""
    total: Counter[int] = Counter()
    for variant_id, quantity in lines:
        total[variant_id] += quantity
    return total


async def hold(
    session: AsyncSession, store_id: int, demand: Demand, *, source_event_id: str, by: str, now: datetime
) -> None:
    """Promise the units of `demand`, or raise `OutOfStock` for those that are not there.

    One conditional statement per variant, in order, takes the row's lock and decides: nobody can be promised what
    another was promised in between. The caller's transaction is rolled back by the refusal, so it is all or nothing.
    """
    rows, moves = table_of(StoreStock), table_of(StockMovement)
    missing = []
    for variant_id, quantity in sorted(demand.items()):
        held = (
            update(rows)
            .where(rows.c.store_id == store_id, rows.c.variant_id == variant_id, rows.c.available >= quantity)
            .values(reserved=rows.c.reserved + quantity)
            .returning(rows.c.store_id, rows.c.variant_id)
            .cte("held")
        )
        movement = {
            "kind": Kind.HOLD,
            "reserved": quantity,
            "book": 0,
            "unsellable": 0,
            "source": "reservation",
            "source_event_id": f"{source_event_id}:{variant_id}",
            "by": by,
            "reason": "",
            "occurred_at": now,
        }
        # one round trip while the row is locked: the guard and the movement that explains it
        columns = [literal(value, moves.c[name].type) for name, value in movement.items()]
        took = await session.execute(
            insert(moves)
            .from_select(["store_id", "variant_id", *movement], select(held.c.store_id, held.c.variant_id, *columns))
            .returning(moves.c.id)
        )
        if took.first() is None:
            missing.append(Wanted(variant_id, quantity))
    if missing:
        raise OutOfStock(missing)


async def lock(session: AsyncSession, store_id: int, variant_ids: Iterable[int]) -> None:
    """Take these rows in order, before steps that would touch them in an order of their own."""
    query = select(StoreStock.variant_id).where(StoreStock.store_id == store_id)
    query = query.where(StoreStock.variant_id.in_(sorted(set(variant_ids)))).order_by(StoreStock.variant_id)
    await session.execute(query.with_for_update(key_share=True))


async def release(
    session: AsyncSession, store_id: int, demand: Demand, *, source_event_id: str, by: str, now: datetime
) -> None:
    """Take the promise of these units back; always possible, also in a shortfall."""
    await _change(session, store_id, {v: {"reserved": -n} for v, n in demand.items()}, now=now)
    back = {variant_id: -n for variant_id, n in demand.items()}
    await _record(session, store_id, Kind.RELEASE, reserved=back, source_event_id=source_event_id, by=by, now=now)


async def hand_over(
    session: AsyncSession,
    store_id: int,
    demand: Demand,
    *,
    leaves_book: bool,
    source_event_id: str,
    by: str,
    now: datetime,
) -> None:
    """These units left with the shopper: no longer promised and, with `leaves_book`, no longer there.

    Where the till owns the count (`stock_authority` = feed) it reports the sale itself, and counting it here too
    would count it twice.
    """
    gone = demand if leaves_book else {}
    changes = {v: {"reserved": -n, "book": -gone.get(v, 0)} for v, n in demand.items()}
    await _change(session, store_id, changes, seen=True, now=now)
    await _record(
        session,
        store_id,
        Kind.HANDOVER,
        reserved={v: -n for v, n in demand.items()},
        book={v: -n for v, n in gone.items()},
        source_event_id=source_event_id,
        by=by,
        now=now,
    )


async def take_back(
    session: AsyncSession,
    store_id: int,
    variant_id: int,
    *,
    reserved: int,
    book: int,
    source_event_id: str,
    by: str,
    now: datetime,
) -> None:
    """Undo a hand-over: the units are there again (`book`) and promised again (`reserved`), by a reversing movement.

    Raises `OutOfStock` when what had gone back to the shelf was promised to someone else meanwhile.
    """
    there = func.greatest(StoreStock.book + book, 0) - StoreStock.reserved - StoreStock.unsellable - StoreStock.safety
    again = await session.execute(
        update(StoreStock)
        .where(StoreStock.store_id == store_id, StoreStock.variant_id == variant_id, there >= reserved)
        .values(book=StoreStock.book + book, reserved=StoreStock.reserved + reserved)
        .returning(StoreStock.variant_id)
        .execution_options(synchronize_session=False)
    )
    if again.first() is None:
        raise OutOfStock([Wanted(variant_id, reserved)])
    await _record(
        session,
        store_id,
        Kind.RETURN,
        reserved={variant_id: reserved},
        book={variant_id: book},
        source_event_id=source_event_id,
        by=by,
        now=now,
    )


async def correct(
    session: AsyncSession,
    store_id: int,
    variant_id: int,
    *,
    kind: Kind,
    book: int = 0,
    unsellable: int = 0,
    reason: str,
    not_found: bool = False,
    source: str = "staff",
    source_event_id: str,
    by: str,
    now: datetime,
) -> None:
    """A person says what is really there: `book` and `unsellable` are differences."""
    change = {"book": book, "unsellable": unsellable}
    await _change(session, store_id, {variant_id: change}, seen=not not_found, not_found=not_found, now=now)
    await session.execute(
        insert(StockMovement).values(
            store_id=store_id,
            variant_id=variant_id,
            kind=kind,
            book=book,
            unsellable=unsellable,
            source=source,
            source_event_id=source_event_id,
            by=by,
            reason=reason,
            occurred_at=now,
        )
    )


async def saw(session: AsyncSession, store_id: int, variant_ids: Iterable[int], *, now: datetime) -> None:
    """A person had these in her hands."""
    await _change(session, store_id, {v: {} for v in variant_ids}, seen=True, now=now)


async def _change(
    session: AsyncSession,
    store_id: int,
    changes: Mapping[int, Mapping[str, int]],
    *,
    now: datetime,
    seen: bool = False,
    not_found: bool = False,
) -> None:
    """Add the differences to each row, in order of variant."""
    for variant_id in sorted(changes):
        values: dict[str, Any] = {
            name: getattr(StoreStock, name) + delta for name, delta in changes[variant_id].items() if delta
        }
        if seen:
            values["seen_at"] = now
        if not_found:
            values["not_found_at"] = now
        if values:
            await session.execute(
                update(StoreStock)
                .where(StoreStock.store_id == store_id, StoreStock.variant_id == variant_id)
                .values(**values)
                .execution_options(synchronize_session=False)
            )


async def _record(
    session: AsyncSession,
    store_id: int,
    kind: Kind,
    *,
    reserved: Demand,
    book: Demand | None = None,
    source_event_id: str,
    by: str,
    now: datetime,
) -> None:
    """The movements that explain what was just changed, one per variant."""
    rows = [
        {
            "store_id": store_id,
            "variant_id": variant_id,
            "kind": kind,
            "reserved": reserved[variant_id],
            "book": (book or {}).get(variant_id, 0),
            "source": "reservation",
            "source_event_id": f"{source_event_id}:{variant_id}",
            "by": by,
            "occurred_at": now,
        }
        for variant_id in sorted(reserved)
        if reserved[variant_id]
    ]
    if rows:
        await session.execute(insert(StockMovement), rows)


async def rows_of(session: AsyncSession, variant_ids: Iterable[int]) -> Sequence[StoreStock]:
    """Stock of these variants in every store that has ever had them."""
    return (await session.scalars(select(StoreStock).where(StoreStock.variant_id.in_(list(variant_ids))))).all()


async def stores_with(session: AsyncSession, variant_ids: Iterable[int], *, besides: int) -> dict[int, list[int]]:
    """By variant, the ids of the other stores that could still promise one."""
    found: dict[int, list[int]] = {}
    query = select(StoreStock.variant_id, StoreStock.store_id).where(
        StoreStock.variant_id.in_(list(variant_ids)), StoreStock.store_id != besides, StoreStock.available > 0
    )
    for variant_id, store_id in await session.execute(query):
        found.setdefault(variant_id, []).append(store_id)
    return found


async def cells(session: AsyncSession, store_id: int, variant_ids: Iterable[int]) -> dict[int, StoreStock]:
    """Stock of these variants in one store, by variant, as it is now: what changes it goes past loaded rows."""
    query = select(StoreStock).where(StoreStock.store_id == store_id, StoreStock.variant_id.in_(list(variant_ids)))
    rows = await session.scalars(query.execution_options(populate_existing=True))
    return {row.variant_id: row for row in rows}


def confidence(row: StoreStock, *, after_hold: int, now: datetime) -> tuple[Confidence, dict[str, str]]:
    """How far to believe that `after_hold` units remain, with each signal and its level.

    Signals that do not exist yet (the feed's rhythm, the store's acceptance) count as medium where they would
    matter: a row that was never fed or never seen is not better than medium.
    """
    signals = {
        "spare": _level(after_hold >= 1, after_hold >= 0),
        "not_found": _age_level(row.not_found_at, now, high=timedelta(days=30), medium=timedelta(days=7)),
        "seen": _fresh_level(row.seen_at, now, high=timedelta(days=30), medium=timedelta(days=90)),
        "fed": _fresh_level(row.fed_at, now, high=timedelta(days=1), medium=timedelta(days=3)),
    }
    order = list(Confidence)
    worst = min(signals.values(), key=order.index)
    return worst, {name: str(level) for name, level in signals.items()}


def _level(high: bool, medium: bool) -> Confidence:
    return Confidence.HIGH if high else Confidence.MEDIUM if medium else Confidence.LOW


def _age_level(when: datetime | None, now: datetime, *, high: timedelta, medium: timedelta) -> Confidence:
    """The longer ago the better; never is best."""
    return Confidence.HIGH if when is None else _level(now - when > high, now - when > medium)


def _fresh_level(when: datetime | None, now: datetime, *, high: timedelta, medium: timedelta) -> Confidence:
    """The fresher the better; never is medium, because nobody knows."""
    return Confidence.MEDIUM if when is None else _level(now - when <= high, now - when <= medium)


PublicStatus = Literal["available", "to_confirm", "by_appointment", "unavailable"]
"""All that the public learns of a number."""


def public_status(row: StoreStock | None, *, low_threshold: int, by_appointment: bool, now: datetime) -> PublicStatus:
    """Which word the public reads for one article in one store; the same on pages and in the API.

    What is chosen with an advisor is `by_appointment` where there is one to look at (also a display piece), else
    `unavailable`. Of the rest `available` needs more than the store's `low_threshold` and high confidence;
    `to_confirm` is anything else that may still be promised; `unavailable` is nothing left, a shortfall, or a store
    that never had it (`row` is None).
    """
    if row is None:
        return "unavailable"
    if by_appointment:
        return "by_appointment" if row.book > 0 else "unavailable"
    if row.available <= 0:
        return "unavailable"
    # the threshold is what "to spare" means to the public; the other signals say whether the number is true
    level, _ = confidence(row, after_hold=row.available, now=now)
    return "available" if level == Confidence.HIGH and row.available > low_threshold else "to_confirm"


def checked_at(row: StoreStock | None) -> datetime | None:
    """When somebody, or a feed, last said how many there are."""
    moments = [moment for moment in (row.fed_at, row.seen_at) if moment] if row else []
    return max(moments, default=None)


async def drift(session: AsyncSession) -> Sequence[Any]:
    """Rows whose numbers are not the sum of their movements: (store, variant, column, row says, movements say)."""
    sums = (
        select(
            StockMovement.store_id,
            StockMovement.variant_id,
            func.sum(StockMovement.book).label("book"),
            func.sum(StockMovement.reserved).label("reserved"),
            func.sum(StockMovement.unsellable).label("unsellable"),
        )
        .group_by(StockMovement.store_id, StockMovement.variant_id)
        .subquery()
    )
    found = []
    for name in ("book", "reserved", "unsellable"):
        said, moved = getattr(StoreStock, name), func.coalesce(sums.c[name], 0)
        query = (
            select(StoreStock.store_id, StoreStock.variant_id, said, moved)
            .outerjoin(
                sums, tuple_(sums.c.store_id, sums.c.variant_id) == tuple_(StoreStock.store_id, StoreStock.variant_id)
            )
            .where(said != moved)
        )
        found += [(store, variant, name, has, should) for store, variant, has, should in await session.execute(query)]
    return found
