"""Shopify's product and inventory files, as its own import and export write them, of before and after 2025.

A product has a row for each variant and each picture; what belongs to it stands on the first. Rows of one `Handle`
become one record for each variant, the pictures on the first. Their own samples have neither SKU nor barcode: a
variant without a SKU is known by its handle and its options, in both files alike.
"""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Final

from kit import rich
from stores.exchange import packing
from stores.exchange.cells import CODE_LIMIT, trimmed
from stores.exchange.columns import ERASED
from stores.exchange.formats.mapped import Record
from stores.exchange.formats.names import OURS, Guess, folded
from stores.exchange.problems import Problem
from stores.exchange.reading import Dialect
from stores.slugs import slug_of

NAME: Final = "shopify"
LARGEST: Final = 2_500
"""Rows of one product: 2,048 variants and 250 pictures are as many as Shopify has."""
PRODUCTS: Final = {
    "handle": "ref", "url handle": "ref", "title": "name", "body html": "story", "description": "story",
    "vendor": "brand", "type": "category", "published": "state", "published on online store": "state",
    "status": "state",
    **{f"option{place} name": f"option{place}_name" for place in (1, 2, 3)},
    **{f"option{place} value": f"option{place}" for place in (1, 2, 3)},
    "variant sku": "sku", "sku": "sku", "variant grams": "weight_grams", "weight value grams": "weight_grams",
    "variant price": "price", "price": "price",
    "variant compare at price": "was_price", "compare at price": "was_price",
    "variant barcode": "gtin", "barcode": "gtin",
    "image src": "pictures", "product image url": "pictures", "image alt text": "picture_alts",
    "seo title": "seo_title", "seo description": "seo_description",
    "google shopping google product category": "google_category",
}  # fmt: skip
STOCK: Final = {"location": "store", "sku": "sku", "on hand": "on_hand", "on hand new": "on_hand"}
_MARKS: Final = {
    "products": ({"handle", "url handle"}, {"option1 name", "variant price", "body html", "variant sku"}),
    "stock": ({"handle"}, {"location"}, {"on hand", "on hand new", "available"}),
}
"""Of each of these one column must be there."""
_STATES: Final = {
    "true": "published", "false": "draft", "active": "published", "draft": "draft", "archived": "withdrawn",
    "unlisted": "published",
}  # fmt: skip
_ONLY_FORM: Final = "default title"


def recognise(dialect: Dialect, subject: str, language: str) -> Guess | None:
    names = {folded(header) for header in dialect.columns}
    for each, marks in reversed(_MARKS.items()):
        if subject in ("", each) and dialect.delimiter and all(mark & names for mark in marks):
            return Guess(NAME, each, _mapping(dialect, each, language))
    return None


def _mapping(dialect: Dialect, subject: str, language: str) -> dict[str, str]:
    mapping = {}
    for header in dialect.columns:
        if column := (PRODUCTS if subject == "products" else STOCK).get(folded(header)):
            mapping[header] = column if column in OURS[subject] else f"{column}:{language}"
    return mapping


# Products


def products(records: Iterator[Record], dialect: Dialect, mapping: Mapping[str, str]) -> Iterator[Record]:
    shape = _Shape(dialect, mapping)
    group: list[Record] = []
    for record in records:
        if group and (record.cells.get("ref") != group[0].cells.get("ref") or len(group) == LARGEST):
            yield from shape.told(group)
            group = []
        group.append(record)
    yield from shape.told(group)


class _Shape:
    """Where the columns are that are ours only after a second look."""

    def __init__(self, dialect: Dialect, mapping: Mapping[str, str]) -> None:
        self.states = [place for place, header in enumerate(dialect.columns) if mapping.get(header) == "state"]
        self.order = next(
            (place for place, header in enumerate(dialect.columns) if folded(header) == "image position"), -1
        )
        self.named = frozenset(mapping.values())

    def told(self, group: list[Record]) -> Iterator[Record]:
        """The variants of one product."""
        if not group:
            return
        variants = [record for place, record in enumerate(group) if record.problems or self.is_variant(record, place)]
        self.tell_product(group[0], group)
        for record in variants:
            if not record.problems:
                self.tell_variant(record, group[0])
            yield record

    def is_variant(self, record: Record, place: int) -> bool:
        cells = record.cells
        return place == 0 or any(cells.get(column) for column in ("sku", "price", *self.options(cells)))

    @staticmethod
    def options(cells: Mapping[str, str]) -> list[str]:
        return [column for column in cells if column.startswith("option") and "_name" not in column]

    def tell_product(self, first: Record, group: list[Record]) -> None:
        cells = first.cells
        for column, said in cells.items():
            if column.startswith("story:") and said and said not in ERASED:
                cells[column] = rich.from_html(said)
        if "state" in self.named:
            cells["state"] = self.state(first)
        if "pictures" in self.named:
            shown = sorted(filter(lambda record: record.cells.get("pictures"), group), key=self.place)
            cells["pictures"] = " ".join(record.cells["pictures"] for record in shown)
            for column in self.named:
                if column.startswith("picture_alts:"):
                    alts = [record.cells[column] for record in shown]
                    cells[column] = packing.listed(alts) if any(alts) else ""

    def state(self, first: Record) -> str:
        """Shown where every column that speaks of it says so."""
        said = [trimmed(first.raw[place]) for place in self.states if place < len(first.raw)]
        states = {_STATES.get(word.casefold(), word) for word in said if word}
        return next((state for state in ("withdrawn", "draft") if state in states), next(iter(sorted(states)), ""))

    def place(self, record: Record) -> int:
        said = record.raw[self.order].strip() if 0 <= self.order < len(record.raw) else ""
        return int(said) if said.isascii() and said.isdigit() and len(said) < 9 else 1 << 30

    def tell_variant(self, record: Record, first: Record) -> None:
        cells = record.cells
        if record is not first:
            for column in self.named:
                if column.startswith(("pictures", "picture_alts:")) or column == "state":
                    cells[column] = ""
                elif column.startswith("option") and "_name:" in column and not cells[column]:
                    cells[column] = first.cells.get(column, "")
        values = self.values(cells)
        if not cells.get("sku"):
            if cells.get("ref"):
                cells["sku"] = made_sku(cells["ref"], values)
            else:
                record.problems.append(Problem("ref", "", "missing"))
        if cells.get("was_price") == "" and cells.get("price"):
            cells["was_price"] = "__EMPTY__"  # both prices are said together: this one is not reduced
        if len(values) == 1 and values[0].casefold() == _ONLY_FORM:
            for column in [column for column in cells if column.startswith("option")]:
                del cells[column]

    def values(self, cells: Mapping[str, str]) -> list[str]:
        return [cells[column] for column in sorted(self.options(cells)) if cells[column]]


def made_sku(handle: str, values: Iterable[str]) -> str:
    """The reference of a variant that has none: `ocean-blue-shirt`, `chain-bracelet-gold-s`.

    The same in both files, and each time. At most `CODE_LIMIT` signs.
    """
    words = [handle, *(slug_of(value) or "-" for value in values if value.casefold() != _ONLY_FORM)]
    made = "-".join(words)
    if len(made) <= CODE_LIMIT:
        return made
    digest = sha256(made.encode()).hexdigest()[:8]
    return f"{made[: CODE_LIMIT - 9]}-{digest}"


# Inventory


def stock(records: Iterator[Record], dialect: Dialect, mapping: Mapping[str, str]) -> Iterator[Record]:
    """`On hand` is the only number that is theirs to say. What a store never had is left as it is: no number."""
    at = {folded(header): place for place, header in enumerate(dialect.columns)}
    for record in records:
        cells = record.cells
        if record.problems:
            yield record
            continue
        if not cells.get("sku") and (handle := _cell(record, at, "handle")):
            values = [_cell(record, at, f"option{place} value") for place in (1, 2, 3)]
            cells["sku"] = made_sku(handle, filter(None, values))
        if cells.get("on_hand", "").casefold() == "not stocked":
            cells["on_hand"] = ""
        if not cells.get("sku"):
            record.problems.append(Problem("sku", "", "missing"))
        yield record


def _cell(record: Record, at: Mapping[str, int], name: str) -> str:
    place = at.get(name, -1)
    return trimmed(record.raw[place]) if 0 <= place < len(record.raw) else ""
