"""Who can be booked in the demo house, for what, where and when: read from data/diaries, put in by few statements."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from stores import schedules
from stores.advisors import Advisor, AdvisorSkill, Skill
from stores.catalogue import Category, Product
from stores.hours import instant_of
from stores.pairings import Pairing
from stores.places import Store
from stores.resources import Kind, Resource
from stores.schedules import Shift, ShiftPattern, TimeOff
from stores.services import Service, ServiceSkill, ServiceStore
from stores.spaces import Space
from stores.staff import Account

DATA = Path(__file__).parent / "data" / "diaries"
BEHIND = timedelta(weeks=4)
"""Shifts are there as far back as the stories of the house go."""
WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")


async def build(session: AsyncSession, stores: Sequence[Store], *, photos: Mapping[str, str], now: datetime) -> None:
    """Skills, spaces, advisors with their weeks, services and pairings; `photos` by the slug of an advisor."""
    slugs = [store.slug for store in stores]
    query = select(Store).where(Store.slug.in_(slugs)).options(selectinload(Store.exceptions))
    by_slug = {store.slug: store for store in await session.scalars(query.execution_options(populate_existing=True))}
    departments = await _departments(session)
    skills = await _put_skills(session)
    await _put_spaces(session, by_slug)
    people = await _put_advisors(session, by_slug, departments, skills, photos)
    await _put_weeks(session, by_slug, people, now=now)
    await _put_absences(session, by_slug, people, now=now)
    await _put_services(session, by_slug, departments, skills)
    await _put_pairings(session)
    await session.flush()


@cache
def told(name: str) -> Any:
    """One of the files of data/diaries."""
    return json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))


async def _departments(session: AsyncSession) -> dict[str | None, int]:
    rows = await session.execute(select(Category.code, Category.id).where(Category.parent_id.is_(None)))
    return {row.code: row.id for row in rows}


async def _put_skills(session: AsyncSession) -> dict[str, int]:
    rows = [{"code": code, "name": name} for code, name in told("skills").items()]
    ids = await session.scalars(insert(Skill).returning(Skill.id, sort_by_parameter_order=True), rows)
    return dict(zip((row["code"] for row in rows), ids, strict=True))


async def _put_resources(session: AsyncSession, kind: Kind, store_ids: Sequence[int]) -> Sequence[int]:
    rows = [{"kind": kind, "store_id": store_id, "revision": 1} for store_id in store_ids]
    query = insert(Resource).returning(Resource.id, sort_by_parameter_order=True)
    return (await session.scalars(query, rows)).all()


async def _put_spaces(session: AsyncSession, stores: Mapping[str, Store]) -> None:
    spaces = [space for space in told("spaces") if space["store"] in stores]
    ids = await _put_resources(session, Kind.SPACE, [stores[space["store"]].id for space in spaces])
    same = ("kind", "name", "floor", "way", "step_free", "capacity")
    rows = [{**{key: space[key] for key in same}, "id": one} for one, space in zip(ids, spaces, strict=True)]
    await session.execute(insert(Space), rows)


async def _put_advisors(
    session: AsyncSession,
    stores: Mapping[str, Store],
    departments: Mapping[str | None, int],
    skills: Mapping[str, int],
    photos: Mapping[str, str],
) -> dict[str, int]:
    """Ids by slug."""
    people = told("advisors")
    emails = [person["account"] for person in people if person["account"]]
    found = await session.execute(select(Account.email, Account.id).where(Account.email.in_(emails)))
    accounts = {row.email: row.id for row in found}
    ids = await _put_resources(session, Kind.ADVISOR, [stores[person["store"]].id for person in people])
    same = ("slug", "name", "title", "bio", "languages", "bookable", "daily_max")
    rows = [
        {
            **{key: person[key] for key in same},
            "id": one,
            "account_id": accounts.get(person["account"]),
            "category_id": departments.get(person["department"]),
            "photo": photos.get(person["slug"], ""),
        }
        for one, person in zip(ids, people, strict=True)
    ]
    # with its nulls: those with an account and those without go in together, not one by one
    await session.execute(insert(Advisor).execution_options(render_nulls=True), rows)
    knows = [
        {"advisor_id": one, "skill_id": skills[code]}
        for one, person in zip(ids, people, strict=True)
        for code in person["skills"]
    ]
    await session.execute(insert(AdvisorSkill), knows)
    return {person["slug"]: one for one, person in zip(ids, people, strict=True)}


# When they work


def hours_of_week(text: str) -> Iterator[tuple[int, int, int]]:
    """`Mo,We-Fr 10:00-13:00,14:00-18:00; Su 11:00-19:00` as (weekday, first minute, last minute)."""
    for rule in filter(None, text.split(";")):
        days, times = rule.split()
        for part in days.split(","):
            first, _, last = part.partition("-")
            for weekday in range(WEEKDAYS.index(first), WEEKDAYS.index(last or first) + 1):
                for span in times.split(","):
                    begins, ends = (_minute(time) for time in span.split("-"))
                    yield weekday, begins, ends


def _minute(time: str) -> int:
    hour, minute = re.fullmatch(r"(\d\d):(\d\d)", time).groups()  # type: ignore[union-attr]
    return int(hour) * 60 + int(minute)


async def _put_weeks(
    session: AsyncSession, stores: Mapping[str, Store], people: Mapping[str, int], *, now: datetime
) -> None:
    """The pattern of everyone's week, the shifts of the weeks before today and of the thirteen to come."""
    rows = [
        {
            "advisor_id": people[person["slug"]],
            "store_id": stores[slug].id,
            "weekday": weekday,
            "begins": begins,
            "ends": ends,
            "valid_from": stores[slug].opens_on,
            "valid_until": stores[slug].closes_on,
        }
        for person in told("advisors")
        for slug, week in person["weeks"].items()
        for weekday, begins, ends in hours_of_week(week)
    ]
    query = insert(ShiftPattern).returning(ShiftPattern, sort_by_parameter_order=True)
    patterns = (await session.scalars(query.execution_options(render_nulls=True), rows)).all()
    by_id = {store.id: store for store in stores.values()}
    shifts = [row for pattern in patterns for row in _shifts(pattern, by_id[pattern.store_id], now=now)]
    await session.execute(insert(Shift), shifts)


def _shifts(pattern: ShiftPattern, store: Store, *, now: datetime) -> Iterator[dict[str, Any]]:
    """Those of `schedules.generate`, and before them those that the stories of the house need."""
    today = store.local(now).date()
    first = max(today - BEHIND, pattern.valid_from or date.min)
    last = min(today + timedelta(weeks=schedules.WEEKS_AHEAD), pattern.valid_until or date.max)
    day = first + timedelta(days=(pattern.weekday - first.weekday()) % 7)
    while day <= last:
        starts_at, ends_at = schedules.shift_of(pattern, store, day)
        yield {
            "advisor_id": pattern.advisor_id,
            "store_id": pattern.store_id,
            "day": day,
            "starts_at": starts_at,
            "ends_at": ends_at,
            "pattern_id": pattern.id,
            "cancelled": False,
        }
        day += timedelta(days=7)


async def _put_absences(
    session: AsyncSession, stores: Mapping[str, Store], people: Mapping[str, int], *, now: datetime
) -> None:
    """A few days' leave and a training, in the week after this one."""
    rows = []
    for absence in told("absences"):
        store = stores[absence["store"]]
        today = store.local(now).date()
        monday = today + timedelta(days=7 - today.weekday())
        first = monday + timedelta(days=WEEKDAYS.index(absence["first"]))
        last = monday + timedelta(days=WEEKDAYS.index(absence["last"]))
        begins, ends = (_minute(time) for time in absence["hours"].split("-"))
        rows.append(
            {
                "advisor_id": people[absence["advisor"]],
                "starts_at": instant_of(first, begins, store.timezone),
                "ends_at": instant_of(last, ends, store.timezone),
                "kind": absence["kind"],
                "by": absence["by"],
                "created_at": now - timedelta(days=16),
            }
        )
    await session.execute(insert(TimeOff), rows)


# What they give, and what goes with what


async def _put_services(
    session: AsyncSession,
    stores: Mapping[str, Store],
    departments: Mapping[str | None, int],
    skills: Mapping[str, int],
) -> None:
    same = (
        "slug", "name", "need", "about", "duration", "preparation", "wrap_up", "step", "lead_minutes", "horizon_days",
        "cancel_minutes", "move_minutes", "max_party", "space_kind", "needs_approval", "questions", "bring",
        "checklist",
    )  # fmt: skip
    services = told("services")
    rows = [
        {
            **{key: service[key] for key in same},
            "category_id": departments.get(service["department"]),
            "position": position,
        }
        for position, service in enumerate(services)
    ]
    query = insert(Service).returning(Service.id, sort_by_parameter_order=True)
    ids = (await session.scalars(query.execution_options(render_nulls=True), rows)).all()
    needs = [
        {"service_id": one, "skill_id": skills[code], "required": kind == "required"}
        for one, service in zip(ids, services, strict=True)
        for kind in ("required", "preferred")
        for code in service[kind]
    ]
    await session.execute(insert(ServiceSkill), needs)
    gives = [
        {
            "service_id": one,
            "store_id": stores[slug].id,
            "meeting_point": {"fr": place["fr"], "en": place["en"]},
            "meeting_sms": place["sms"],
        }
        for one, service in zip(ids, services, strict=True)
        for slug, place in service["stores"].items()
    ]
    await session.execute(insert(ServiceStore), gives)


async def _put_pairings(session: AsyncSession) -> None:
    products = {row.ref: row.id for row in await session.execute(select(Product.ref, Product.id))}
    seen: dict[str, int] = {}
    rows = []
    for pair in told("pairings"):
        position = seen[pair["ref"]] = seen.get(pair["ref"], -1) + 1
        rows.append(
            {
                "product_id": products[pair["ref"]],
                "other_id": products[pair["other"]],
                "reason": {"fr": pair["fr"], "en": pair["en"]},
                "position": position,
            }
        )
    await session.execute(insert(Pairing), rows)
