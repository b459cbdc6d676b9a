"""What a bulk edit would make of each article, before anybody says yes; and what is shown of it afterwards."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.db import after_commit, table_of
from kit.languages import Translated
from stores import completeness, listing
from stores.catalogue import Product, State
from stores.completeness import Reason
from stores.exchange.batches import stepping
from stores.exchange.batches.tables import Batch, BatchRow
from stores.exchange.batches.tables import State as Stage
from stores.exchange.batches.tables import Subject as About
from stores.exchange.cells import DEAREST
from stores.exchange.edits.standing import ATTRIBUTE, COLUMNS, as_is, as_json, moment, variants_of, will_show
from stores.exchange.edits.wanted import Field, Wanted, new_price
from stores.exchange.problems import Problem
from stores.exchange.subjects import Action, Brake, Checked
from stores.listing import Wish

MOST = 100_000
"""Articles that one bulk edit may choose."""
HANDFUL = 20
"""So few are changed without a second look."""
LEFT_ALONE: Final = timedelta(days=1)
"""A preview that nobody said yes to is forgotten after that."""


async def prepare(session: AsyncSession, wanted: Wanted, ids: Sequence[int], *, by: str, now: datetime) -> Batch:
    """A batch that waits for a yes, with a row for each of these articles, which are few: what it is, and what it would
    become."""
    batch = await _open(session, wanted, {}, count=len(ids), by=by, now=now)
    checked = await look(session, wanted, ids, now=now)
    for line, one in enumerate(checked, 1):
        one.line = line
    await stepping.write(session, batch.id, checked)
    brake = await brake_of(session, batch.id, wanted)
    batch.counts = dict(Counter(str(one.action) for one in checked))
    batch.brake = brake.as_json() if brake else {}
    batch.state = Stage.CHECKED
    await session.flush()
    return batch


async def begin(session: AsyncSession, wanted: Wanted, wish: Wish, *, count: int, by: str, now: datetime) -> Batch:
    """The same for all articles of a list, `count` of them, looked at by the worker.

    A file that names nothing, and is full: what exists besides are the articles of the list (`Edits.absent`).
    """
    batch = await _open(session, wanted, {"mode": "full", "wish": wish.as_json()}, count=count, by=by, now=now)
    batch.cursor = stepping.ABSENT_FROM
    await session.flush()
    after_commit(session, "exchange")
    return batch


async def _open(
    session: AsyncSession, wanted: Wanted, options: Mapping[str, Any], *, count: int, by: str, now: datetime
) -> Batch:
    await session.execute(
        delete(Batch).where(
            Batch.subject == About.EDIT, Batch.state == Stage.CHECKED, Batch.created_at < now - LEFT_ALONE
        )
    )
    batch = Batch(
        subject=About.EDIT, state=Stage.CHECKING, name=str(wanted.field), options={**wanted.as_json(), **options},
        rows=count, by=by, created_at=now, changed_at=now,
    )  # fmt: skip
    session.add(batch)
    await session.flush()
    return batch


async def look_on(
    session: AsyncSession, wanted: Wanted, wish: Wish, *, after: str, limit: int, now: datetime
) -> list[Checked]:
    """The articles of a list whose reference comes after this one, in the order of their references."""
    query = select(Product.id).where(*listing.conditions(wish), Product.ref > after).order_by(Product.ref).limit(limit)
    return await look(session, wanted, (await session.scalars(query)).all(), now=now)


async def look(session: AsyncSession, wanted: Wanted, ids: Iterable[int], *, now: datetime) -> list[Checked]:
    """What it would make of each of these articles, in the order of the ids, in at most five statements."""
    articles = {row.id: row for row in await session.execute(select(*COLUMNS).where(Product.id.in_(list(ids))))}
    variants = await variants_of(session, articles) if wanted.prices else {}
    unready = await completeness.unready(session, articles) if wanted.shows else {}
    return [
        _checked(wanted, articles[i], variants.get(i, ()), unready.get(i, ()), now=now) for i in ids if i in articles
    ]


def _checked(
    wanted: Wanted, article: Any, variants: Sequence[Any], unready: Sequence[Reason], *, now: datetime
) -> Checked:
    one = Checked(line=0, key=article.ref, action=Action.UNCHANGED, data={"_id": article.id})
    after, problem = _after(wanted, article, variants, now=now)
    before = as_is(after, article, variants)
    after = {column: value for column, value in after.items() if before[column] != value}
    if problem is not None:
        one.problems = [problem]
    elif will_show(after):
        one.problems = [Problem("state", "", f"unready_{reason}") for reason in unready]
    if one.problems:
        one.action = Action.REJECTED
    elif after:
        one.action = Action.UPDATED
        one.data |= after
        one.before = {column: before[column] for column in after}
    return one


def _after(
    wanted: Wanted, article: Any, variants: Sequence[Any], *, now: datetime
) -> tuple[dict[str, Any], Problem | None]:
    """What the article would be, by column."""
    value = wanted.value
    match wanted.field:
        case Field.STATE:
            return _moved(article, value, now), None
        case Field.PUBLISH_AT if value and article.state == State.PUBLISHED:
            return {}, Problem("publish_at", "", "shown_already")
        case Field.PUBLISH_AT if value and article.unpublish_at and article.unpublish_at <= moment(value):
            return {}, Problem("publish_at", "", "withdrawn_before")
        case Field.UNPUBLISH_AT if value and article.publish_at and moment(value) <= article.publish_at:
            return {}, Problem("unpublish_at", "", "withdrawn_before")
        case Field.ATTRIBUTE:
            return {f"{ATTRIBUTE}{value['code']}": value["value"]}, None
        case Field.ENGLISH_DRAFT:
            return {"drafts": sorted({*article.drafts, "en"} if value else {*article.drafts} - {"en"})}, None
        case Field.PRICE:
            return _priced(value, variants)
        case Field.CROSSED:
            return {"was": {str(one.id): None for one in variants}}, None
    return {str(wanted.field): value}, None


def _moved(article: Any, state: str, now: datetime) -> dict[str, Any]:
    """A date that has come true by hand is done with."""
    moved: dict[str, Any] = {"state": state}
    if state == State.PUBLISHED:
        moved |= {"publish_at": None, "_published_at": as_json(article.published_at or now)}
    elif state == State.WITHDRAWN:
        moved |= {"unpublish_at": None}
    return moved


def _priced(value: Mapping[str, Any], variants: Sequence[Any]) -> tuple[dict[str, Any], Problem | None]:
    if not variants:
        return {}, Problem("price", "", "no_variant")
    after = {one.id: new_price(one.price_minor, value, one.currency) for one in variants}
    if min(after.values()) <= 0:
        return {}, Problem("price", "", "price_too_low")
    if max(after.values()) > DEAREST:
        return {}, Problem("price", "", "price_too_high")
    priced: dict[str, Any] = {"price": {str(variant_id): minor for variant_id, minor in after.items()}}
    if value["cross"]:
        priced["was"] = {
            str(one.id): max(one.was_minor or 0, one.price_minor) if after[one.id] < one.price_minor else one.was_minor
            for one in variants
        }
    return priced, None


async def brake_of(session: AsyncSession, batch_id: int, wanted: Wanted) -> Brake | None:
    """As for files: a fifth of the prices or a twentieth of what is shown, where that is more than a handful."""
    rows = table_of(BatchRow)
    changed = rows.c.batch_id == batch_id, rows.c.action == Action.UPDATED
    gone = or_(rows.c.before["state"].astext == State.PUBLISHED, rows.c.data["listed"].astext == "false")
    changes, vanishing = (await session.execute(select(func.count(), func.count().filter(gone)).where(*changed))).one()
    shown = await session.scalar(select(func.count()).where(Product.state == State.PUBLISHED)) or 0
    if wanted.prices and changes > max(HANDFUL, shown / 5):
        return Brake("prices", changes, shown)
    if vanishing > max(HANDFUL, shown / 20):
        return Brake("vanish", vanishing, shown)
    return None


@dataclass(frozen=True)
class Shown:
    """A row of a bulk edit, with the name of its article; none where that is no longer here."""

    key: str
    name: Translated | None
    data: dict[str, Any]
    before: dict[str, Any] | None
    problems: list[Any]


async def rows(
    session: AsyncSession, batch: Batch, *, action: Action, left: bool = False, limit: int
) -> Sequence[Shown]:
    """The first rows of this action; with `left`, those that undoing found changed by somebody else."""
    query = (
        select(BatchRow.key, Product.name, BatchRow.data, BatchRow.before, BatchRow.problems)
        .outerjoin(Product, Product.ref == BatchRow.key)
        .where(BatchRow.batch_id == batch.id, BatchRow.action == action)
        .order_by(BatchRow.line)
        .limit(limit)
    )
    if left:
        query = query.where(func.jsonb_array_length(BatchRow.problems) > 0)
    return [Shown(*row) for row in await session.execute(query)]
