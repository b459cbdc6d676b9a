"""Rows taken back: what stood there is written again, unless somebody has changed it since.

What was created is deleted where nothing else names it and nobody has worked on it since; otherwise the variant is
hidden and the article withdrawn.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.db import named_elsewhere
from stores import slugs
from stores.catalogue import Product, State, Variant
from stores.exchange.batches.tables import Batch
from stores.exchange.problems import Problem
from stores.exchange.products import standing as standings
from stores.exchange.products.fields import PRODUCT, VARIANT, Entry, same
from stores.exchange.products.standing import House, Named, Standing
from stores.exchange.products.writing import PRODUCTS, VARIANTS, Changes, fields_of, save
from stores.exchange.subjects import Action, Context, Row


@dataclass
class Gone:
    """What was created, and is not wanted any more."""

    variants: list[Entry] = field(default_factory=list)
    products: list[Entry] = field(default_factory=list)


async def undo(session: AsyncSession, rows: Sequence[Row], context: Context) -> Counter[str]:
    """`rows` begin with the last one of the file."""
    found = await standings.house(session, context)
    there = await standings.read(session, _named(rows), found, lock=True)
    changes, gone, counter = Changes(found, there, context, iter(()), iter(())), Gone(), Counter[str]()
    for row in rows:
        changed = _undo_row(row, there, found, changes, gone)
        row.problems = [
            *row.problems,
            *(Problem(column, "", "changed_since", warning=True).as_json() for column in changed),
        ]
        counter["left" if changed else "undone"] += 1
    await _remove(session, gone, there, changes)
    await save(session, changes)
    return counter


def _named(rows: Sequence[Row]) -> Named:
    named = Named(pictures=True)
    for row in rows:
        named.refs.add(row.data["_of"])
        named.skus.update(filter(None, [row.data.get("sku")]))
        named.product_ids.update(filter(None, [row.data.get("_product")]))
        named.variant_ids.update(filter(None, [row.data.get("_variant")]))
        for language in ("fr", "en"):
            named.slugs[language].update(filter(None, [(row.before or {}).get(f"slug:{language}")]))
    return named


def _undo_row(row: Row, there: Standing, found: House, changes: Changes, gone: Gone) -> list[str]:
    """The columns that somebody has changed since."""
    data, before = row.data, dict(row.before or {})
    product = there.products.get(data.get("_product") or 0) or there.by_ref.get(data["_of"])
    variant = there.variants.get(data.get("_variant") or 0) or there.by_sku.get(data.get("sku", ""))
    if product is None:
        return []
    created = row.action == Action.CREATED and "sku" in data
    fields = list(fields_of(data, product, variant, found))
    if created and variant is not None:
        own = [column for column, _, entry in fields if entry is variant]
        changed = [
            column for column, known, entry in fields
            if column in own and not same(column, known.stands(entry), data[column])
        ]  # fmt: skip
        if changed:
            return changed
        gone.variants.append(variant)
    changed = []
    hung = before.pop("_pictures", None)
    for column, known, entry in fields:
        stood = known.stands(entry)
        if column not in before or same(column, stood, before[column]):
            continue
        if not same(column, stood, data[column]) or _is_taken(column, before[column], product, there):
            changed.append(column)
        elif column.partition(":")[0] in ("pictures", "picture_alts") and hung is not None:
            _hang_again(product, hung, changes)
        else:
            changes.put(column, before[column], known, entry, product)
    if data.get("_new") and row.before is None:
        gone.products.append(product)
    return changed


def _is_taken(column: str, slug: Any, product: Entry, there: Standing) -> bool:
    """An address that another article has by now."""
    name, _, language = column.partition(":")
    owner = there.by_slug.get((language, slug)) if name == "slug" else None
    return owner is not None and owner is not product


def _hang_again(product: Entry, hung: list[Entry], changes: Changes) -> None:
    """Exactly as they hung; those that were taken down hang again as new rows."""
    now = {picture["id"]: picture for picture in product["pictures"] if "id" in picture}
    changes.hung.setdefault(product["id"], [dict(picture) for picture in product["pictures"]])
    product["pictures"] = [
        {**(one if one["id"] in now else {name: value for name, value in one.items() if name != "id"})} for one in hung
    ]
    changes.products[product["id"]] = product


async def _remove(session: AsyncSession, gone: Gone, there: Standing, changes: Changes) -> None:
    """Variants first; an article only when none is left of it."""
    edited = await _edited(session, [product["id"] for product in gone.products], changes.context)
    kept = await named_elsewhere(session, Variant, [variant["id"] for variant in gone.variants])
    kept |= {variant["id"] for variant in gone.variants if variant["product_id"] in edited}
    for variant in gone.variants:
        product = there.products[variant["product_id"]]
        if variant["id"] in kept:
            changes.put("hidden", True, VARIANT["hidden"], variant, product)
        else:
            product["variants"].remove(variant)
            changes.variants.pop(variant["id"], None)
            changes.priced.discard(variant["id"])
    deleted = [variant["id"] for variant in gone.variants if variant["id"] not in kept]
    if deleted:
        await session.execute(delete(VARIANTS).where(VARIANTS.c.id.in_(deleted)))
    empty = [product for product in gone.products if not product["variants"]]
    kept = edited | await named_elsewhere(session, Product, [product["id"] for product in empty])
    for product in gone.products:
        if product["variants"] or product["id"] in kept:
            if all(variant["hidden"] for variant in product["variants"]):
                changes.put("state", str(State.WITHDRAWN), PRODUCT["state"], product, product)
        else:
            changes.products.pop(product["id"], None)
            changes.hung.pop(product["id"], None)
            await slugs.forget(session, "product", product["id"])
            await session.execute(delete(PRODUCTS).where(PRODUCTS.c.id == product["id"]))


async def _edited(session: AsyncSession, product_ids: Sequence[int], context: Context) -> set[int]:
    """Those of these articles that were changed after the batch was applied."""
    applied = select(Batch.applied_at).where(Batch.id == context.batch_id).scalar_subquery()
    changed = select(PRODUCTS.c.id).where(PRODUCTS.c.id.in_(product_ids), PRODUCTS.c.updated_at > applied)
    return set(await session.scalars(changed))
