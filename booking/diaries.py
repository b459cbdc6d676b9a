"""The diaries of a store, read as bits and remembered until something is written in them.

One statement says who can be asked and how old each diary is (`Resource.revision`); only those that changed since are
read again, all by one more statement, never one per day or person. The memory is this process's own and holds what is
committed; a hold that runs out needs no new reading, because its end is part of what is remembered.
"""

import json
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import ARRAY, DateTime, Engine, Integer, Row, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from booking.availability import Diary, Held, Offer, Person, Question, Room, offer
from kit.intervals import SECONDS, Period
from stores import resources
from stores.hours import Hours
from stores.places import Store
from stores.schedules import LONGEST_SHIFT
from stores.services import Service

MOST_REMEMBERED = 2000
"""Diaries of one period; each is some twenty kilobytes with what was worked out from it."""


@dataclass
class _Read:
    """One diary as it stood at a revision."""

    revision: int
    shifts: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    """By store: first tick, tick after the last."""
    off: int = 0
    blocks: int = 0
    starts: tuple[int, ...] = ()
    holds: tuple[Held, ...] = ()
    made: dict[int, tuple[Row[Any], Person | Room]] = field(default_factory=dict)
    """What a store was given, and the row that said who it is: the same again while that row is the same."""


_remembered: WeakKeyDictionary[Engine, OrderedDict[tuple[int, Period], _Read]] = WeakKeyDictionary()
"""By database, then resource and period, the one used last at the end."""


def forget() -> None:
    """Remember nothing: a bench that wants the first time."""
    _remembered.clear()


@dataclass(frozen=True)
class Look:
    """The people and spaces of a store over a period, ready for any number of questions."""

    store: Store
    period: Period
    people: tuple[Person, ...]
    rooms: tuple[Room, ...]
    revisions: dict[int, int]
    """Of each diary, as it was read."""

    @cached_property
    def hours(self) -> Hours:
        return self.store.hours

    def offer(self, service: Service, question: Question) -> Offer:
        """See `booking.availability`."""
        return offer(
            service,
            store_id=self.store.id,
            hours=self.hours,
            period=self.period,
            people=self.people,
            rooms=self.rooms,
            question=question,
        )


async def look(session: AsyncSession, store: Store, period: Period) -> Look:
    """Read the diaries of a store; its special days must be loaded. Those with a shift there in the period count."""
    bounds = {"start": period.start, "end": period.end, "early": period.start - LONGEST_SHIFT}
    who = (await session.execute(_WHO, {"store": store.id, **bounds})).all()
    memory = _remembered.setdefault(session.get_bind().engine, OrderedDict())
    read: dict[int, _Read] = {}
    stale: dict[int, int] = {}
    for row in who:
        resource_id, revision = row[0], row[1]
        known = memory.get((resource_id, period))
        if known is not None and known.revision == revision:
            read[resource_id] = known
            memory.move_to_end((resource_id, period))
        else:
            stale[resource_id] = revision
    if stale:
        fresh = await _read(session, stale, period, bounds)
        read |= fresh
        if not session.info.get("locked"):  # what this transaction wrote itself may yet be undone
            memory.update(((one, period), diary) for one, diary in fresh.items())
            while len(memory) > MOST_REMEMBERED:
                memory.popitem(last=False)
    people, rooms = [], []
    for row in who:
        made = _made(row, read[row[0]], store.id, period)
        if isinstance(made, Person):
            people.append(made)
        else:
            rooms.append(made)
    return Look(store, period, tuple(people), tuple(rooms), {row[0]: row[1] for row in who})


async def lock(session: AsyncSession, ids: Iterable[int]) -> dict[int, int]:
    """Take these diaries; what is read of any diary from here on is this transaction's own business."""
    return dict(await resources.lock(session, ids))


_MOMENTS = [bindparam(name, type_=DateTime(timezone=True)) for name in ("start", "end", "early")]

_WHO = text("""
    with who as materialized (
        select id from resource where store_id = :store and kind = 'advisor'
        union
        select advisor_id from shift where store_id = :store and starts_at < :end and starts_at > :early
            and ends_at > :start and not cancelled)
    select r.id, r.revision, r.kind, a.name, a.slug, a.languages::text as languages, a.daily_max, a.bookable,
           s.ids, s.firsts, s.lasts, '' as space_kind, 0 as capacity
    from who join resource r on r.id = who.id join advisor a on a.id = who.id
    left join (
        select advisor_id, array_agg(skill_id) ids, array_agg(valid_from) firsts, array_agg(valid_until) lasts
        from advisor_skill where advisor_id in (select id from who) group by 1) s on s.advisor_id = who.id
    union all
    select r.id, r.revision, r.kind, '', '', null, 0, true, null, null, null, p.kind, p.capacity
    from resource r join space p on p.id = r.id
    where r.store_id = :store and p.active
    order by id""").bindparams(*_MOMENTS)
"""Advisors at home in this store or with a shift there, and its spaces, each with its revision. What is said of them
comes with every look: it is little, and so no change of it can be missed."""


def _made(row: Row[Any], read: _Read, store_id: int, period: Period) -> Person | Room:
    if (before := read.made.get(store_id)) is not None and before[0] == row:
        return before[1]
    made: Person | Room
    if row.kind == resources.Kind.ADVISOR:
        works = period.spans(read.shifts.get(store_id, ())) & ~read.off
        made = Person(
            diary=Diary(row.id, works, read.blocks, read.starts, read.holds),
            name=row.name,
            slug=row.slug,
            languages=tuple(json.loads(row.languages)),
            daily_max=row.daily_max,
            bookable=row.bookable,
            skills=tuple(zip(row.ids or (), row.firsts or (), row.lasts or (), strict=True)),
        )
    else:
        made = Room(Diary(row.id, period.all, read.blocks, read.starts, read.holds), row.space_kind, row.capacity)
    read.made[store_id] = (row, made)
    return made


def _down(moment: str) -> str:
    """SQL for the tick that a moment lies in; in floats, which hold a microsecond and are ten times as fast."""
    return f"floor(date_part('epoch', {moment}) / {SECONDS})::int"


def _up(moment: str) -> str:
    return f"ceil(date_part('epoch', {moment}) / {SECONDS})::int"


_DIARIES = text(f"""
    select advisor_id as id, 'shift' as what, store_id, array_agg({_up("starts_at")}) as firsts,
           array_agg({_down("ends_at")}) as lasts, null::bigint[] as holds, null::timestamptz[] as untils
    from shift
    where advisor_id = any(:ids) and starts_at < :end and starts_at > :early and ends_at > :start and not cancelled
    group by 1, 3
    union all
    select advisor_id, 'off', 0, array_agg({_down("starts_at")}), array_agg({_up("ends_at")}), null, null
    from time_off
    where advisor_id = any(:ids) and starts_at < :end and ends_at > :start
    group by 1
    union all
    select resource_id, kind, 0, array_agg({_down("lower(during)")}), array_agg({_up("upper(during)")}), null, null
    from block
    where resource_id = any(:ids) and during && tstzrange(:start, :end) and kind <> 'hold'
    group by 1, 2
    union all
    select b.resource_id, 'hold', 0, array_agg({_down("lower(during)")}), array_agg({_up("upper(during)")}),
           array_agg(h.id), array_agg(h.expires_at)
    from block b join slot_hold h on h.id = b.owner_id
    where b.resource_id = any(:ids) and during && tstzrange(:start, :end) and b.kind = 'hold'
    group by 1""").bindparams(bindparam("ids", type_=ARRAY(Integer)), *_MOMENTS)
"""Shifts, absences, blocks and holds of some diaries over a period, as whole ticks."""


async def _read(
    session: AsyncSession, revisions: dict[int, int], period: Period, bounds: dict[str, datetime]
) -> dict[int, _Read]:
    found = {one: _Read(revision) for one, revision in revisions.items()}
    rows: Sequence[Row[Any]] = (await session.execute(_DIARIES, {"ids": list(revisions), **bounds})).all()
    for row in rows:
        one, what, store_id, firsts, lasts, holds, untils = tuple(row)
        diary = found[one]
        if what == "shift":
            diary.shifts[store_id] = list(zip(firsts, lasts, strict=True))
        elif what == "off":
            diary.off = period.spans(zip(firsts, lasts, strict=True))
        elif what == "hold":
            diary.holds = tuple(map(Held, holds, firsts, lasts, untils))
        else:
            diary.blocks |= period.spans(zip(firsts, lasts, strict=True))
            if what == "appointment":
                diary.starts = tuple(firsts)
    return found


LOOKS_ON = timedelta(days=62)
"""How far the first free start is looked for in one step."""


async def first_free(
    session: AsyncSession, store: Store, service: Service, question: Question, *, after: datetime
) -> Offer | None:
    """The first period behind `after` in which something is free; None when the horizon comes first."""
    end = question.now + timedelta(days=service.horizon_days + 1)
    while after < end:
        until = min(after + LOOKS_ON, end)
        seen = await look(session, store, Period.of_days(after, until))
        found = seen.offer(service, replace(question, first=after, last=until))
        if found.starts:
            return found
        after = until
    return None
