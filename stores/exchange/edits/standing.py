"""Articles as a bulk edit finds them, locks them and writes them: by column, as rows of a batch keep their values."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Integer, bindparam, func, literal, select, update
from sqlalchemy import column as sqlcolumn
from sqlalchemy.ext.asyncio import AsyncSession

from kit.db import table_of
from stores import prices
from stores.catalogue import Product, State, Variant
from stores.exchange.subjects import Row

COLUMNS = (
    Product.id,
    Product.ref,
    Product.state,
    Product.published_at,
    Product.publish_at,
    Product.unpublish_at,
    Product.category_id,
    Product.brand,
    Product.attributes,
    Product.by_appointment,
    Product.try_in_store,
    Product.listed,
    Product.max_per_reservation,
    Product.drafts,
)
ATTRIBUTE = "attribute:"
_MOMENTS = frozenset({"publish_at", "unpublish_at", "_published_at"})


def will_show(after: Mapping[str, Any]) -> bool:
    return after.get("state") == State.PUBLISHED or after.get("publish_at") is not None


def values_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """What is written; `_published_at` too, which people are not shown."""
    return {column: value for column, value in data.items() if column != "_id"}


def as_is(after: Mapping[str, Any], article: Any, variants: Sequence[Any]) -> dict[str, Any]:
    """What these columns are now."""
    standing: dict[str, Any] = {}
    for column, value in after.items():
        if column in ("price", "was"):
            rows = {str(one.id): one.price_minor if column == "price" else one.was_minor for one in variants}
            standing[column] = {variant_id: rows.get(variant_id) for variant_id in value}
        elif column.startswith(ATTRIBUTE):
            standing[column] = article.attributes.get(column.removeprefix(ATTRIBUTE))
        elif column == "drafts":
            standing[column] = sorted(article.drafts)
        else:
            standing[column] = as_json(getattr(article, column.removeprefix("_")))
    return standing


def as_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _read(column: str, value: Any) -> Any:
    return moment(value) if column in _MOMENTS and value else value


def moment(text: str) -> datetime:
    """An instant as rows and `Wanted` keep it."""
    return datetime.fromisoformat(text)


async def variants_of(
    session: AsyncSession, product_ids: Iterable[int], *, locked: bool = False
) -> dict[int, list[Any]]:
    """What is offered of these articles, with its prices."""
    query = (
        select(Variant.id, Variant.product_id, Variant.price_minor, Variant.was_minor, Variant.currency)
        .where(Variant.product_id.in_(list(product_ids)), ~Variant.hidden)
        .order_by(Variant.id)
    )
    found: dict[int, list[Any]] = {}
    for row in await session.execute(query.with_for_update(key_share=True) if locked else query):
        found.setdefault(row.product_id, []).append(row)
    return found


async def locked(
    session: AsyncSession, rows: Sequence[Row], *, prices: bool
) -> tuple[dict[int, Any], dict[int, list[Any]]]:
    """The articles of these rows as they are now, and what is offered of them, kept from changing till the commit."""
    ids = [row.data["_id"] for row in rows]
    query = select(*COLUMNS).where(Product.id.in_(ids)).order_by(Product.id).with_for_update(key_share=True)
    articles = {row.id: row for row in await session.execute(query)}
    return articles, await variants_of(session, articles, locked=True) if prices else {}


async def write(session: AsyncSession, changes: Sequence[tuple[Any, Mapping[str, Any]]], *, now: datetime) -> None:
    """Write these columns of these articles."""
    products: dict[int, dict[str, Any]] = {}
    amounts: dict[str, dict[int, int | None]] = {}
    for article, values in changes:
        own = products.setdefault(article.id, {"updated_at": now})
        for column, value in values.items():
            if column in ("price", "was"):
                amounts.setdefault(f"{column}_minor", {}).update({int(i): minor for i, minor in value.items()})
            elif column.startswith(ATTRIBUTE):
                code = column.removeprefix(ATTRIBUTE)
                others = {key: kept for key, kept in article.attributes.items() if key != code}
                own["attributes"] = others if value is None else {**others, code: value}
            else:
                own[column.removeprefix("_")] = _read(column, value)
    await _write_products(session, products)
    for column, minors in amounts.items():
        await _write_amounts(session, column, minors)
    await prices.keep(session, sorted(set().union(*amounts.values())), now=now)


async def _write_products(session: AsyncSession, values: Mapping[int, Mapping[str, Any]]) -> None:
    """One statement for articles that become the same; one sent many times for those that each become their own."""
    rows = table_of(Product)
    same: dict[str, list[int]] = {}
    for i, own in sorted(values.items()):
        same.setdefault(repr(own), []).append(i)
    alone: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for ids in same.values():
        own = values[ids[0]]
        if len(ids) > 1:
            await session.execute(update(rows).where(rows.c.id.in_(ids)).values(own))
        else:
            named = {"_id": ids[0], **{f"_{column}": value for column, value in own.items()}}
            alone.setdefault(tuple(own), []).append(named)
    for columns, many in alone.items():
        written = {column: bindparam(f"_{column}", type_=rows.c[column].type) for column in columns}
        await session.execute(update(rows).where(rows.c.id == bindparam("_id")).values(written), many)


async def _write_amounts(session: AsyncSession, column: str, minors: Mapping[int, int | None]) -> None:
    rows = table_of(Variant)
    ids, values = literal(list(minors), ARRAY(Integer)), literal(list(minors.values()), ARRAY(Integer))
    new = func.unnest(ids, values).table_valued(sqlcolumn("id", Integer), sqlcolumn("minor", Integer)).render_derived()
    await session.execute(update(rows).where(rows.c.id == new.c.id).values({column: new.c.minor}))
