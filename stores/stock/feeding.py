"""What tills, back offices and files say, thousands of articles at a time.

A *count* says how many there were at a moment. It is taken from whoever sends it, in every store, because a count is a
count; a later one is never replaced by an earlier one, and what has moved since its moment is added to it. A *movement*
is a difference, told by the till; one of before the last count is written down and moves nothing, because that count
knows of it already.

Who counts (`Store.stock_authority`) decides about the unit that is handed over. With `vitrine` the hand-over takes it
off the books: a till's sale that names the reservation is written down and moves nothing. With `feed` the hand-over
leaves the books alone and the till's sale is the one decrement, whether it names the reservation or not. A till that
tells every sale without naming reservations must therefore be the one that counts.

Rows are made, then locked, in the order (store, variant), before anything is changed: shoppers who hold the same
articles wait for one statement, and nobody for each other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from stores.stock.tables import Kind


class Level(NamedTuple):
    """`on_hand` units were there at `counted_at`; `number` is its place in the call or the file."""

    number: int
    store_id: int
    variant_id: int
    on_hand: int
    counted_at: datetime


class Move(NamedTuple):
    """`delta` units came or went at `occurred_at`."""

    number: int
    store_id: int
    variant_id: int
    delta: int
    kind: Kind
    occurred_at: datetime
    handed_over: bool = False
    """The hand-over of a reservation takes these units off the books."""
    reason: str = ""


class Short(NamedTuple):
    """More is promised than is there."""

    store_id: int
    variant_id: int
    missing: int


@dataclass
class Fed:
    """What became of what was told."""

    applied: int = 0
    """Taken, also when nothing had changed."""
    changed: int = 0
    """How many numbers moved."""
    late: list[int] = field(default_factory=list)
    """The numbers of what a later count had overtaken."""
    short: list[Short] = field(default_factory=list)


SHORT = "reserved > 0 and reserved + unsellable > greatest(book, 0)"
"""More is promised than is there. What is kept back (`safety`) is there too, so it is left out of this sum."""
MISSING = "array_agg(array[store_id, variant_id, reserved + unsellable - greatest(book, 0)])"
BY_INDEX = text(
    "select set_config('enable_seqscan', :on, true), set_config('enable_hashjoin', :on, true),"
    " set_config('enable_mergejoin', :on, true)"
)
"""Off: each row is looked up. The planner would read a table of a million rows to find ten thousand of them, and one
that another call is filling, row by row, ten thousand times."""


def make_cells(told: str) -> str:
    """Rows of stores that never had these articles; in order, like everything that may wait for others."""
    return f"""
insert into store_stock (store_id, variant_id, book, reserved, unsellable, safety, shelf, on_show)
select t.store_id, t.variant_id, 0, 0, 0, s.safety, '', false
from (select distinct store_id, variant_id from {told}) t join store s on s.id = t.store_id
where not exists (select from store_stock c where c.store_id = t.store_id and c.variant_id = t.variant_id)
order by t.store_id, t.variant_id
on conflict do nothing
"""


def lock_cells(told: str) -> str:
    return f"""
select count(*) from (
    select from store_stock c
    join (select distinct store_id, variant_id from {told}) t on t.store_id = c.store_id and t.variant_id = c.variant_id
    order by c.store_id, c.variant_id for no key update of c
) locked
"""


# Counts

TOLD = """
create temporary table told (
    number int not null, store_id int not null, variant_id int not null, on_hand int not null,
    counted_at timestamptz not null
) on commit drop
"""
FIRST_COUNT = """
with made as (
    insert into store_stock
        (store_id, variant_id, book, reserved, unsellable, safety, shelf, on_show, counted_at, fed_at)
    select t.store_id, t.variant_id, t.on_hand, 0, 0, s.safety, '', false, t.counted_at, t.counted_at
    from told t join store s on s.id = t.store_id
    where not exists (select from store_stock c where c.store_id = t.store_id and c.variant_id = t.variant_id)
    order by t.store_id, t.variant_id
    on conflict do nothing
    returning store_id, variant_id, book, counted_at
), moved as (
    insert into stock_movement
        (store_id, variant_id, kind, book, reserved, unsellable, source, source_event_id, by, reason, occurred_at)
    select store_id, variant_id, :kind, book, 0, 0, :source, :event_id || ':' || store_id || ':' || variant_id, :by,
        :reason, counted_at
    from made where book <> 0
    returning 1
)
select (select count(*) from made), (select count(*) from moved)
"""
COUNT = f"""
with counted as materialized (
    select t.number, c.store_id, c.variant_id, c.book as was, t.counted_at, c.counted_at > t.counted_at as is_late,
        t.on_hand + coalesce((
            select sum(m.book) from stock_movement m
            where m.store_id = t.store_id and m.variant_id = t.variant_id and m.occurred_at > t.counted_at
        ), 0)::int as book
    from told t join store_stock c on c.store_id = t.store_id and c.variant_id = t.variant_id
), changed as (
    update store_stock c set
        book = counted.book, counted_at = counted.counted_at,
        fed_at = greatest(c.fed_at, counted.counted_at)
    from counted
    where c.store_id = counted.store_id and c.variant_id = counted.variant_id and counted.is_late is not true
        and (c.book, c.counted_at) is distinct from (counted.book, counted.counted_at)
    returning c.store_id, c.variant_id, c.book, c.reserved, c.unsellable, counted.was, counted.counted_at
), moved as (
    insert into stock_movement
        (store_id, variant_id, kind, book, reserved, unsellable, source, source_event_id, by, reason, occurred_at)
    select store_id, variant_id, :kind, book - was, 0, 0, :source,
        :event_id || ':' || store_id || ':' || variant_id, :by, :reason, counted_at
    from changed where book <> was
    returning 1
)
select
    (select count(*) from counted where is_late is not true),
    (select count(*) from moved),
    (select array_agg(number) from counted where is_late),
    (select {MISSING} from changed where {SHORT})
"""


async def count(
    session: AsyncSession,
    levels: Iterable[Level],
    *,
    source: str,
    event_id: str,
    by: str,
    reason: str = "",
) -> Fed:
    """Take these counts, each row of stock at most once among them, and lock their rows.

    The book becomes what was counted and what has moved since. A count that says what we knew changes nothing but how
    fresh that is, and one that was told before not even that. `event_id` is this event's alone within its source.
    """
    in_order = sorted(levels, key=lambda level: level[1:3])
    if not in_order:
        return Fed()
    await session.execute(text("drop table if exists pg_temp.told"))  # left by an earlier count of this transaction
    await session.execute(text(TOLD))
    connection = await (await session.connection()).get_raw_connection()
    driver = connection.driver_connection
    assert driver is not None
    await driver.copy_records_to_table("told", records=in_order, columns=Level._fields)
    said = {"kind": Kind.SNAPSHOT, "source": source, "event_id": event_id, "by": by, "reason": reason}
    await session.execute(BY_INDEX, {"on": "off"})
    made, moved = (await session.execute(text(FIRST_COUNT), said)).one()
    fed = Fed(made, moved)
    if made < len(in_order):
        await session.execute(text(lock_cells("told")))
        applied, changed, late, short = (await session.execute(text(COUNT), said)).one()
        fed = Fed(applied, moved + changed, late or [], [Short(*row) for row in short or ()])
    await session.execute(BY_INDEX, {"on": "on"})
    return fed


# Movements

ARRAYS = ("int[]", "int[]", "int[]", "int[]", "text[]", "timestamptz[]", "bool[]", "text[]")
MOVES = "unnest({}) as t({})".format(
    ", ".join(f"cast(:{name} as {kind})" for name, kind in zip(Move._fields, ARRAYS, strict=True)),
    ", ".join(Move._fields),
)
LATE = "late"
"""The reason of a movement of before the last count."""
MOVE = f"""
with told as materialized (
    select t.*, c.counted_at >= t.occurred_at as is_late
    from {MOVES} join store_stock c on c.store_id = t.store_id and c.variant_id = t.variant_id
), written as (
    insert into stock_movement
        (store_id, variant_id, kind, book, reserved, unsellable, source, source_event_id, by, reason, occurred_at)
    select store_id, variant_id, kind, case when is_late or handed_over then 0 else delta end, 0, 0, :source,
        :event_id || ':' || number, :by, case when is_late then '{LATE}' else reason end, occurred_at
    from told order by number
    on conflict (source, source_event_id) do nothing
    returning store_id, variant_id, kind, book, occurred_at
), moved as (
    select store_id, variant_id, sum(book)::int as book, max(occurred_at) as last,
        max(occurred_at) filter (where kind in ('receipt', 'return', 'transfer_in')) as seen
    from written group by store_id, variant_id
), changed as (
    update store_stock c set
        book = c.book + moved.book, fed_at = greatest(c.fed_at, moved.last), seen_at = greatest(c.seen_at, moved.seen)
    from moved where c.store_id = moved.store_id and c.variant_id = moved.variant_id
    returning c.store_id, c.variant_id, c.book, c.reserved, c.unsellable
)
select
    (select count(*) from written),
    (select count(*) from written where book <> 0),
    (select array_agg(number order by number) from told where is_late),
    (select {MISSING} from changed where {SHORT})
"""


async def move(session: AsyncSession, moves: Sequence[Move], *, source: str, event_id: str, by: str) -> Fed:
    """Write down these movements and add them to the books; their rows are locked. Each is counted once, whenever it
    is told again: by its source, event and number."""
    if not moves:
        return Fed()
    said: dict[str, Any] = dict(zip(Move._fields, map(list, zip(*moves, strict=True)), strict=True))
    await session.execute(BY_INDEX, {"on": "off"})
    await session.execute(text(make_cells(MOVES)), said)
    await session.execute(text(lock_cells(MOVES)), said)
    said |= {"source": source, "event_id": event_id, "by": by}
    applied, changed, late, short = (await session.execute(text(MOVE), said)).one()
    await session.execute(BY_INDEX, {"on": "on"})
    return Fed(applied, changed, late or [], [Short(*row) for row in short or ()])
