"""What a file says of stock besides its counts, thousands of rows at a time; and its counts taken back."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from stores.stock.feeding import BY_INDEX, MISSING, SHORT, Short, lock_cells, make_cells
from stores.stock.tables import Kind

Cell = tuple[int, int]
"""(store, variant)."""

NAMED = "unnest(cast(:stores as int[]), cast(:variants as int[])) as t(store_id, variant_id)"
DATED = "unnest(cast(:stores as int[]), cast(:variants as int[]), cast(:moments as timestamptz[]))"


async def hold_still(session: AsyncSession, cells: Iterable[Cell]) -> None:
    """Make the rows that are not there and lock all of them, before steps that would touch them in orders of their
    own."""
    named = _columns(sorted(set(cells)))
    await session.execute(BY_INDEX, {"on": "off"})
    await session.execute(text(make_cells(NAMED)), named)
    await session.execute(text(lock_cells(NAMED)), named)
    await session.execute(BY_INDEX, {"on": "on"})


async def standing(session: AsyncSession, counted: Mapping[Cell, datetime]) -> dict[Cell, Any]:
    """These rows as they stand, each with what its book has moved `since` the moment that is given with it."""
    query = f"""
        select c.*, coalesce((
            select sum(m.book) from stock_movement m
            where m.store_id = t.store_id and m.variant_id = t.variant_id and m.occurred_at > t.at
        ), 0)::int as since
        from {DATED} as t(store_id, variant_id, at)
        join store_stock c on c.store_id = t.store_id and c.variant_id = t.variant_id
    """
    await session.execute(BY_INDEX, {"on": "off"})
    rows = (await session.execute(text(query), {**_columns(counted), "moments": list(counted.values())})).all()
    await session.execute(BY_INDEX, {"on": "on"})
    return {(row.store_id, row.variant_id): row for row in rows}


SETTLE = f"""
with told as materialized (
    select (j->>'store_id')::int as store_id, (j->>'variant_id')::int as variant_id, j
    from jsonb_array_elements(cast(:wishes as jsonb)) as j
), wanted as materialized (
    select c.store_id, c.variant_id, c.unsellable as was, c.on_show as was_shown,
        coalesce((j->>'on_show')::bool, c.on_show) as on_show,
        greatest(0, coalesce(
            (j->>'unsellable')::int,
            c.unsellable + coalesce((j->>'on_show')::bool, c.on_show)::int - c.on_show::int
        )) as unsellable,
        coalesce((j->>'safety')::int, c.safety) as safety,
        case when jsonb_exists(j, 'floor') then (j->>'floor')::int else c.floor end as floor,
        coalesce(j->>'shelf', c.shelf) as shelf,
        case when jsonb_exists(j, 'price') then (j->>'price')::int else c.price_minor end as price_minor
    from told t join store_stock c on c.store_id = t.store_id and c.variant_id = t.variant_id
), changed as (
    update store_stock c set
        unsellable = w.unsellable, on_show = w.on_show, safety = w.safety, floor = w.floor, shelf = w.shelf,
        price_minor = w.price_minor
    from wanted w
    where c.store_id = w.store_id and c.variant_id = w.variant_id
        and (c.unsellable, c.on_show, c.safety, c.floor, c.shelf, c.price_minor)
            is distinct from (w.unsellable, w.on_show, w.safety, w.floor, w.shelf, w.price_minor)
    returning c.store_id, c.variant_id, c.book, c.reserved, c.unsellable, c.on_show, w.was, w.was_shown
), moved as (
    insert into stock_movement
        (store_id, variant_id, kind, book, reserved, unsellable, source, source_event_id, by, reason, occurred_at)
    select store_id, variant_id,
        case when on_show and not was_shown then '{Kind.DISPLAY_ON}'
            when was_shown and not on_show then '{Kind.DISPLAY_OFF}' else '{Kind.DAMAGE}' end,
        0, 0, unsellable - was, :source, :event_id || ':' || store_id || ':' || variant_id, :by, '', :now
    from changed where unsellable <> was
)
select {MISSING} from changed where {SHORT}
"""


async def settle(
    session: AsyncSession,
    wishes: Mapping[Cell, Mapping[str, Any]],
    *,
    source: str,
    event_id: str,
    by: str,
    now: datetime,
) -> list[Short]:
    """Write `unsellable`, `on_show`, `safety`, `floor`, `shelf` and `price` (minor units) of rows that are held still;
    what is not named stays. A unit that goes on show is one more that cannot be sold, unless that number is named too.
    """
    if not wishes:
        return []
    told = [{"store_id": store, "variant_id": variant, **wish} for (store, variant), wish in sorted(wishes.items())]
    said = {"wishes": json.dumps(told), "source": source, "event_id": event_id, "by": by, "now": now}
    await session.execute(BY_INDEX, {"on": "off"})
    short = await session.scalar(text(SETTLE), said)
    await session.execute(BY_INDEX, {"on": "on"})
    return [Short(*row) for row in short or ()]


TAKE_BACK = f"""
with named as materialized (
    select c.store_id, c.variant_id, t.before, c.counted_at,
        :event_id || ':' || c.store_id || ':' || c.variant_id as event
    from unnest(
        cast(:stores as int[]), cast(:variants as int[]), cast(:moments as timestamptz[]),
        cast(:befores as timestamptz[])
    ) as t(store_id, variant_id, at, before)
    join store_stock c on c.store_id = t.store_id and c.variant_id = t.variant_id and c.counted_at = t.at
), reversed as (
    insert into stock_movement
        (store_id, variant_id, kind, book, reserved, unsellable, source, source_event_id, by, reason, occurred_at)
    select m.store_id, m.variant_id, m.kind, -m.book, 0, 0, m.source, 'undo:' || m.source_event_id, :by, '',
        m.occurred_at
    from named n join stock_movement m on m.source = :source and m.source_event_id = n.event
    on conflict (source, source_event_id) do nothing
    returning store_id, variant_id, book
), changed as (
    update store_stock c set counted_at = n.before, book = c.book + coalesce((
        select r.book from reversed r where r.store_id = n.store_id and r.variant_id = n.variant_id
    ), 0)
    from named n where c.store_id = n.store_id and c.variant_id = n.variant_id
    returning c.store_id, c.variant_id, c.book, c.reserved, c.unsellable
)
select (select array_agg(array[store_id, variant_id]) from changed), (select {MISSING} from changed where {SHORT})
"""


async def take_back_counts(
    session: AsyncSession,
    counts: Mapping[Cell, tuple[datetime, datetime | None]],
    *,
    source: str,
    event_id: str,
    by: str,
) -> tuple[set[Cell], list[Short]]:
    """Reverse the counts of this event in rows that are held still, by (its moment, the moment of the count before).

    The reversal is written with the moment of what it reverses, so that who counted before or after both, or counts
    next, knows of both or of neither. Where somebody has counted since, that stands: only the rows that were reversed
    come back.
    """
    said: dict[str, Any] = {
        **_columns(counts),
        "moments": [at for at, _ in counts.values()],
        "befores": [before for _, before in counts.values()],
    }
    said |= {"source": source, "event_id": event_id, "by": by}
    await session.execute(BY_INDEX, {"on": "off"})
    done, short = (await session.execute(text(TAKE_BACK), said)).one()
    await session.execute(BY_INDEX, {"on": "on"})
    return {(store, variant) for store, variant in done or ()}, [Short(*row) for row in short or ()]


def _columns(cells: Iterable[Cell]) -> dict[str, list[int]]:
    in_order = list(cells)
    return {"stores": [store for store, _ in in_order], "variants": [variant for _, variant in in_order]}
