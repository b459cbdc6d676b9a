"""Google's product data and local inventory, as text or as a feed in XML (support.google.com/merchants, 7052112 and
14819809). An offer is a variant; those with one `item_group_id` are one product, which the first of them describes.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from kit import rich
from stores.exchange.formats.mapped import Record
from stores.exchange.formats.names import OURS, Guess, folded
from stores.exchange.problems import Problem
from stores.exchange.reading import Dialect

NAME: Final = "google"
PRODUCTS: Final = {
    "id": "sku", "item group id": "ref", "title": "name", "description": "story", "price": "price",
    "sale price": "was_price", "brand": "brand", "gtin": "gtin", "color": "option1", "size": "option2",
    "material": "option3", "google product category": "google_category", "product type": "category",
    "image link": "pictures", "additional image link": "pictures", "shipping weight": "weight_grams",
}  # fmt: skip
"""`sale price` is the price while there is one, and `price` what it was."""
STOCK: Final = {
    "store code": "store", "id": "sku", "itemid": "sku", "item id": "sku", "quantity": "on_hand", "price": "price",
    "instore product location": "shelf",
}  # fmt: skip
_MARKS: Final = {
    "stock": ({"store code"}, {"id", "itemid", "item id"}),
    "products": ({"id"}, {"image link", "google product category", "item group id", "availability"}),
}
"""Of each of these one column must be there."""
OPTION_NAMES: Final = {
    "option1": {"fr": "Couleur", "en": "Colour"},
    "option2": {"fr": "Taille", "en": "Size"},
    "option3": {"fr": "Matière", "en": "Material"},
}
_PRICE: Final = re.compile(r"(?:([A-Z]{3})\s*)?([\d\s.,]+?)(?:\s*([A-Z]{3}))?")
_BETWEEN: Final = re.compile(r",(?=https?://)|\s")
"""Addresses may have commas of their own."""
_WEIGHT: Final = re.compile(r"(\d{1,9}(?:[.,]\d{1,9})?)\s*(kg|g|lb|oz)", re.IGNORECASE)
_GRAMS: Final = {"kg": 1000.0, "g": 1.0, "lb": 453.59237, "oz": 28.349523125}
_MARKUP: Final = re.compile(r"<(?:p|br|ul|ol|li|b|strong|em|i|div|h[1-4]|a)\b", re.IGNORECASE)
_OF_VARIANT: Final = frozenset({"sku", "gtin", "price", "was_price", "currency", "weight_grams", "ref"})


def recognise(dialect: Dialect, subject: str, language: str) -> Guess | None:
    names = {folded(header) for header in dialect.columns}
    for each, marks in _MARKS.items():
        if subject in ("", each) and all(mark & names for mark in marks):
            return Guess(NAME, each, _mapping(dialect, each, language))
    if dialect.delimiter or subject not in ("", "products", "stock"):
        return None
    return Guess(NAME, subject or "products", _mapping(dialect, subject or "products", language))


def _mapping(dialect: Dialect, subject: str, language: str) -> dict[str, str]:
    mapping = {}
    for header in dialect.columns:
        if column := (PRODUCTS if subject == "products" else STOCK).get(folded(header)):
            mapping[header] = column if column in OURS[subject] else f"{column}:{language}"
    return mapping


# Products


def products(records: Iterator[Record], dialect: Dialect, mapping: Mapping[str, str]) -> Iterator[Record]:
    pictures = [place for place, header in enumerate(dialect.columns) if mapping.get(header) == "pictures"]
    dated = [place for place, header in enumerate(dialect.columns) if folded(header) == "sale price effective date"]
    group = ""
    for record in records:
        if not record.problems:
            cells = record.cells
            ref = cells.get("ref", "")
            if ref and ref == group:
                _leave_to_the_first(cells)
            else:
                _tell_product(record, pictures)
            group = ref
            _tell_prices(record, is_dated=any(record.raw[place : place + 1] not in ([], [""]) for place in dated))
            _tell_options(cells)
            _tell_weight(record)
        yield record


def _leave_to_the_first(cells: dict[str, str]) -> None:
    for column in cells:
        if column not in _OF_VARIANT and not column.startswith("option"):
            cells[column] = ""


def _tell_product(record: Record, pictures: list[int]) -> None:
    cells = record.cells
    for column, said in cells.items():
        if column.startswith("story:") and _MARKUP.search(said):
            cells[column] = rich.from_html(said)
    if pictures:
        said = " ".join(record.raw[place] for place in pictures if place < len(record.raw))
        cells["pictures"] = " ".join(filter(None, (one.strip(",") for one in _BETWEEN.split(said))))


def _tell_prices(record: Record, *, is_dated: bool) -> None:
    """`12.90 EUR`, and the reduced one, if any, as the price. Whoever says one says the other."""
    cells = record.cells
    price, reduced = _price(cells.get("price", "")), _price(cells.get("was_price", ""))
    if "was_price" in cells:
        if reduced[0] and is_dated:
            record.problems.append(Problem("price", cells["was_price"], "sale_dated", warning=True))
        if reduced[0] and not is_dated:
            price, reduced = reduced, price
            cells["was_price"] = reduced[0]
        else:
            cells["was_price"] = "__EMPTY__" if price[0] else ""
    if "price" in cells or reduced[0]:
        cells["price"] = price[0]
    if price[1]:
        cells["currency"] = price[1]


def _price(cell: str) -> tuple[str, str]:
    """The amount and its currency, as far as they can be told apart."""
    found = _PRICE.fullmatch(cell) if len(cell) < 40 else None
    return (found[2].strip(), found[1] or found[3] or "") if found else (cell, "")


def _tell_options(cells: dict[str, str]) -> None:
    """Colour, size and material, those that are said, from the first place on."""
    said = [
        (OPTION_NAMES[column[:7]], column[7:], cells.pop(column))
        for column in [
            column for column in ("option1", "option2", "option3") for column in _both(column) if column in cells
        ]
    ]
    place = 0
    for names, language, value in said:
        if value:
            place += 1
            cells |= {f"option{place}_name:{spoken}": name for spoken, name in names.items()}
            cells[f"option{place}{language}"] = value


def _both(column: str) -> tuple[str, str]:
    return f"{column}:fr", f"{column}:en"


def _tell_weight(record: Record) -> None:
    said = record.cells.get("weight_grams", "")
    if said and not said.isdigit():
        if found := _WEIGHT.fullmatch(said):
            record.cells["weight_grams"] = str(round(float(found[1].replace(",", ".")) * _GRAMS[found[2].lower()]))
        else:
            record.problems.append(Problem("weight_grams", said, "other_unit", warning=True))
            record.cells["weight_grams"] = ""
