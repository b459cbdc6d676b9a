"""What is promised to shoppers: held, released, handed over, taken back."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from kit.db import table_of
from kit.errors import Refused
from kit.languages import lazy
from stores.stock.moving import change, record
from stores.stock.tables import Demand, Kind, StockMovement, StoreStock


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
    await change(session, store_id, {v: {"reserved": -n} for v, n in demand.items()}, now=now)
    back = {variant_id: -n for variant_id, n in demand.items()}
    await record(session, store_id, Kind.RELEASE, reserved=back, source_event_id=source_event_id, by=by, now=now)


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
    await change(session, store_id, changes, seen=True, now=now)
    await record(
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
    await record(
        session,
        store_id,
        Kind.RETURN,
        reserved={variant_id: reserved},
        book={variant_id: book},
        source_event_id=source_event_id,
        by=by,
        now=now,
    )
