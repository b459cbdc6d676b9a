"""Rows as they are written: what is new by COPY, what changes by one UPDATE for each table, whatever their number."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from pydantic_core import to_json
from sqlalchemy import Column, Dialect, Table, delete, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from kit.db import table_of
from kit.languages import LANGUAGES
from stores import gtin as gtins
from stores import prices, slugs
from stores.catalogue import Picture, Product, State, Variant
from stores.exchange.problems import Problem
from stores.exchange.products import standing as standings
from stores.exchange.products.fields import ALTS, MOMENTS, PRODUCT, VARIANT, Entry, Field, same, settle_options
from stores.exchange.products.standing import House, Named, Standing, blank, blank_variant, said_of
from stores.exchange.subjects import Action, Context, Row
from stores.slugs import slug_of

PRODUCTS, VARIANTS, PICTURES = table_of(Product), table_of(Variant), table_of(Picture)
WORDS: Final = ("name", "brand", "story")
"""What is searched: an article of which none of these changes keeps its words, which are most of what it costs."""
_PRODUCT: Final = (*(name for name in standings.PRODUCT_COLUMNS if name not in ("id", "ref")), "updated_at")
_QUIET: Final = tuple(name for name in _PRODUCT if name not in WORDS)
_VARIANT: Final = tuple(
    name for name in standings.VARIANT_COLUMNS if name not in ("id", "product_id", "sku", "lowest_minor")
)
_PICTURE: Final = ("alt", "position")


@dataclass
class Changes:
    """What one chunk writes, gathered article by article."""

    found: House
    there: Standing
    context: Context
    product_ids: Iterator[int]
    variant_ids: Iterator[int]
    """For what is new."""
    new_products: dict[int, Entry] = field(default_factory=dict)
    new_variants: dict[int, Entry] = field(default_factory=dict)
    products: dict[int, Entry] = field(default_factory=dict)
    reworded: set[int] = field(default_factory=set)
    variants: dict[int, Entry] = field(default_factory=dict)
    priced: set[int] = field(default_factory=set)
    hung: dict[int, list[Entry]] = field(default_factory=dict)
    """The pictures that hung before, by article."""
    left: list[tuple[str, str, int]] = field(default_factory=list)
    """Addresses that were left: (language, slug, article)."""
    taken: list[tuple[str, str]] = field(default_factory=list)

    def put(self, column: str, value: Any, known: Field, entry: Entry, product: Entry) -> None:
        """Put a value, and remember what has to be written for it."""
        if column in VARIANT:
            known.put(entry, value)
            if entry["id"] not in self.new_variants:
                self.variants[entry["id"]] = entry
            if column in ("price", "was_price"):
                self.priced.add(entry["id"])
        else:
            self._put_product(column, value, known, product)
        if product["id"] not in self.new_products:
            self.products[product["id"]] = product

    def _put_product(self, column: str, value: Any, known: Field, product: Entry) -> None:
        name, _, language = column.partition(":")
        if name == "slug" and product["id"] not in self.new_products:
            self.left.append((language, product[f"slug_{language}"], product["id"]))
            self.taken.append((language, value))
        elif name in ("pictures", "picture_alts"):
            self.hung.setdefault(product["id"], [dict(picture) for picture in product["pictures"]])
        elif name in WORDS:
            self.reworded.add(product["id"])
        elif name == "state" and value == State.PUBLISHED and not product["published_at"]:
            product["published_at"] = standings.as_text(self.context.now)
        known.put(product, value)


async def apply(session: AsyncSession, rows: Sequence[Row], context: Context) -> Counter[str]:
    found = await standings.house(session, context)
    there = await standings.read(session, _named(rows), found, lock=True)
    changes = Changes(
        found,
        there,
        context,
        product_ids=iter(await _next_ids(session, PRODUCTS, sum("_new" in row.data for row in rows))),
        variant_ids=iter(await _next_ids(session, VARIANTS, sum("sku" in row.data for row in rows))),
    )
    for row in rows:
        _apply_row(row, changes)
    await save(session, changes)
    return Counter(str(row.action) for row in rows)


def _named(rows: Sequence[Row]) -> Named:
    named = Named(pictures=any("pictures" in row.data or not ALTS.isdisjoint(row.data) for row in rows))
    for row in rows:
        data = row.data
        named.refs.add(data["_of"])
        for names, name in ((named.product_ids, "_product"), (named.variant_ids, "_variant"), (named.skus, "sku")):
            if found := data.get(name):
                names.add(found)
        if data.get("gtin"):
            named.gtins.add(gtins.padded(data["gtin"]))
        named.paths.update(data.get("pictures") or ())
        for language in LANGUAGES:
            if slug := data.get(f"slug:{language}"):
                named.slugs[language].add(slug)
            if "_new" in data:
                named.slugs[language].update(_proposals(data, language))
    return named


def _proposals(data: Mapping[str, Any], language: str) -> list[str]:
    """Addresses for a new article, the best first: its name, else with its ref."""
    name = slug_of(data.get(f"name:{language}") or data["name:fr"])[:100].rstrip("-")
    ref = slug_of(data["_of"])[:60]
    return [slug for slug in (name, "-".join(filter(None, (name, ref)))) if slug]


# One row


def _apply_row(row: Row, changes: Changes) -> None:
    data, there = row.data, changes.there
    product = there.products.get(data["_product"]) if data.get("_product") else there.by_ref.get(data["_of"])
    variant = there.variants.get(data["_variant"]) if "_variant" in data else there.by_sku.get(data.get("sku", ""))
    if problem := _obstacle(data, product, variant, changes):
        row.action, row.before, row.problems = str(Action.REJECTED), None, [*row.problems, problem.as_json()]
        return
    if product is None:
        product = _new_product(data, changes)
    if variant is None and "sku" in data:
        variant = _new_variant(data["sku"], product, changes)
    new = variant is not None and variant["id"] in changes.new_variants, product["id"] in changes.new_products
    before: dict[str, Any] = {}
    differs, pictures = False, [dict(picture) for picture in product["pictures"]]
    for column, known, entry in fields_of(data, product, variant, changes.found):
        value = data[column]
        if new[entry is product]:
            changes.put(column, value, known, entry, product)
            continue
        stood = known.stands(entry)
        if same(column, stood, value):
            before[column] = (row.before or {}).get(column, stood)
        elif row.action == Action.HIDDEN and entry is product and not _is_all_hidden(product):
            before[column] = stood
        else:
            differs, before[column] = True, stood
            changes.put(column, value, known, entry, product)
    if variant is not None:
        settle_options(variant)
    is_taken = row.action == Action.CREATED and not any(new)  # somebody was faster: it is hers, and stays when undone
    if is_taken:
        row.action = str(Action.UPDATED if differs else Action.UNCHANGED)
    if differs and any(column.startswith("picture") for column in before):
        before["_pictures"] = pictures
    if differs or is_taken:
        row.before = before


def _is_all_hidden(product: Entry) -> bool:
    return all(variant["hidden"] for variant in product["variants"])


def fields_of(
    data: Mapping[str, Any], product: Entry, variant: Entry | None, found: House
) -> Iterator[tuple[str, Field, Entry]]:
    """The columns of a row, each with what it is put into: those of the variant first, the words of pictures last."""
    later = []
    for column in data:
        if column in VARIANT:
            if variant is not None:
                yield column, VARIANT[column], variant
        elif known := PRODUCT.get(column) or found.fields.get(column):
            later.append((column, known, product))
    later.sort(key=_is_of_alts)
    yield from later


def _is_of_alts(one: tuple[str, Field, Entry]) -> bool:
    return one[0] in ALTS


def _obstacle(
    data: Mapping[str, Any], product: Entry | None, variant: Entry | None, changes: Changes
) -> Problem | None:
    """What somebody else did since the check that this row cannot be written over."""
    there = changes.there
    if (product is None and "_new" not in data) or (variant is None and "_variant" in data):
        return Problem("ref", data["_of"], "changed_meanwhile")
    if variant is not None and (product is None or variant["product_id"] != product["id"]):
        return Problem("sku", variant["sku"], "changed_meanwhile")
    if number := data.get("gtin"):
        owner = there.by_gtin.get(gtins.padded(number))
        if owner is not None and owner is not variant:
            return Problem("gtin", number, "gtin_taken", {"sku": owner["sku"]})
    if "category" in data and data["category"] not in changes.found.ids:
        return Problem("category", data["category"], "changed_meanwhile")
    for language in LANGUAGES:
        if slug := data.get(f"slug:{language}"):
            taker = there.by_slug.get((language, slug))
            if taker is not None and taker is not product:
                return Problem(f"slug:{language}", slug, "slug_taken", {"ref": taker["ref"]})
    for path in data.get("pictures") or ():
        if path not in there.media and all(path != one["path"] for one in (product or {"pictures": ()})["pictures"]):
            return Problem("pictures", path, "unknown_picture")
    return None


def _new_product(data: Mapping[str, Any], changes: Changes) -> Entry:
    entry = {**blank(data["_of"]), "id": next(changes.product_ids)}
    there = changes.there
    for language in LANGUAGES:
        proposals = [
            data.get(f"slug:{language}"),
            *_proposals(data, language),
            f"{slug_of(data['_of']) or 'article'}-{entry['id']}",
        ]
        slug = next(one for one in proposals if one and (language, one) not in there.by_slug)
        entry[f"slug_{language}"] = slug
        there.by_slug[language, slug] = entry
        changes.taken.append((language, slug))
    changes.new_products[entry["id"]] = there.products[entry["id"]] = there.by_ref[entry["ref"]] = entry
    return entry


def _new_variant(sku: str, product: Entry, changes: Changes) -> Entry:
    """The last of its article, unless the row says where."""
    position = max((one["position"] + 1 for one in product["variants"]), default=0)
    entry = {
        **blank_variant(sku, changes.context.currency),
        "id": next(changes.variant_ids),
        "product_id": product["id"],
        "position": position,
    }
    product["variants"].append(entry)
    changes.new_variants[entry["id"]] = changes.there.variants[entry["id"]] = changes.there.by_sku[sku] = entry
    changes.priced.add(entry["id"])
    if product["id"] not in changes.new_products:
        changes.products[product["id"]] = product
    return entry


# The chunk


async def save(session: AsyncSession, changes: Changes) -> None:
    """Everything that was gathered."""
    now = changes.context.now
    for entry in (*changes.new_products.values(), *changes.products.values()):
        entry["category_id"], entry["updated_at"] = changes.found.ids[entry["category"]], standings.as_text(now)
    await _copy(session, PRODUCTS, ("id", "ref", *_PRODUCT), changes.new_products.values())
    await _copy(session, VARIANTS, ("id", "product_id", "sku", *_VARIANT), changes.new_variants.values())
    quiet = [entry for key, entry in sorted(changes.products.items()) if key not in changes.reworded]
    await _rewrite(session, PRODUCTS, _QUIET, quiet)
    reworded = [entry for key, entry in sorted(changes.products.items()) if key in changes.reworded]
    await _rewrite(session, PRODUCTS, _PRODUCT, reworded)
    await _rewrite(session, VARIANTS, _VARIANT, [entry for _, entry in sorted(changes.variants.items())])
    await _hang(session, changes)
    if changes.left:
        await slugs.leave_all(session, "product", changes.left)
    if changes.taken:
        await slugs.take_all(session, "product", changes.taken)
    await prices.keep(session, sorted(changes.priced), now=now)


async def _hang(session: AsyncSession, changes: Changes) -> None:
    """Pictures in their new order: those that hung keep what is said of them, others bring what their image says."""
    gone: list[int] = []
    moved: list[Entry] = []
    new: list[Entry] = []
    for product_id, hung in changes.hung.items():
        product, before = changes.there.products[product_id], {picture["id"]: picture for picture in hung}
        kept = set()
        for position, picture in enumerate(product["pictures"]):
            placed = {**picture, "position": position}
            if "id" not in picture:
                new.append({**_hung_anew(placed, changes.there), "product_id": product_id})
            else:
                kept.add(picture["id"])
                moved += [placed] if placed != before.get(picture["id"]) else []
        gone += before.keys() - kept
    if gone:
        await session.execute(delete(PICTURES).where(PICTURES.c.id.in_(gone)))
    await _rewrite(session, PICTURES, _PICTURE, moved)
    await _copy(session, PICTURES, tuple(name for name in standings.PICTURE_COLUMNS if name != "id"), new)


def _hung_anew(picture: Entry, there: Standing) -> Entry:
    """A row of `picture`: one that hung once as it was, another as its image is."""
    medium = there.media.get(picture["path"])
    if medium is None or not picture.get("new"):
        return picture
    own = ("focal_x", "focal_y", "width", "height", "credit")
    return {
        **picture, **{name: medium[name] for name in own}, **said_of(picture, there), "variant_id": None,
    }  # fmt: skip


# Statements


async def _next_ids(session: AsyncSession, table: Table, count: int) -> Sequence[int]:
    """So many ids from the table's own sequence."""
    if not count:
        return ()
    query = text("select nextval(pg_get_serial_sequence(:table, 'id')) from generate_series(1, :count)")
    return (await session.scalars(query, {"table": table.name, "count": count})).all()


async def _copy(session: AsyncSession, table: Table, names: Sequence[str], entries: Iterable[Entry]) -> None:
    bound = [(name, _BINDERS[table.name].get(name)) for name in names]
    records = [tuple(bind(entry[name]) if bind else entry[name] for name, bind in bound) for entry in entries]
    if not records:
        return
    connection = await (await session.connection()).get_raw_connection()
    assert connection.driver_connection is not None
    await connection.driver_connection.copy_records_to_table(table.name, records=records, columns=names)


def _instant(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def _kind(column: Column[Any]) -> str:
    """Its type as PostgreSQL says it."""
    return column.type.compile(_POSTGRESQL)


_POSTGRESQL: Final[Dialect] = postgresql.dialect()  # type: ignore[no-untyped-call]


def _json(value: Any) -> str:
    return to_json(value).decode()


_BINDERS: Final[dict[str, dict[str, Callable[[Any], Any]]]] = {
    table.name: {
        **{column.name: _json for column in table.c if _kind(column) == "JSONB"},
        **{name: _instant for name in (*MOMENTS, "updated_at") if name in table.c},
    }
    for table in (PRODUCTS, VARIANTS, PICTURES)
}
"""How the driver wants what is no plain number or text, for COPY."""


async def _rewrite(session: AsyncSession, table: Table, names: Sequence[str], entries: Sequence[Entry]) -> None:
    """One UPDATE for all of them, in the order in which they were locked."""
    if not entries:
        return
    kinds = {name: _kind(table.c[name]) for name in names}
    put = ", ".join(f"{name} = new.{name}" for name in names)
    read = ", ".join(f"{name} {kind}" for name, kind in kinds.items())
    rows = [{"id": entry["id"], **{name: entry[name] for name in names}} for entry in entries]
    await session.execute(
        text(
            f"update {table.name} set {put} from jsonb_to_recordset(cast(:rows as jsonb)) as new(id integer, {read})"
            f" where {table.name}.id = new.id"
        ),
        {"rows": _json(rows)},
    )
