"""Which program wrote a file, and what its rows say in our columns.

`recognise` looks at the names of the columns and proposes which of ours each one is; people may change that before the
file is read. `records` then reads it. Shopify and Google say some things in ways of their own: `shopify` and `google`
turn those into ours, so that whoever reads a record need not know where it came from.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from kit.languages import DEFAULT
from stores.exchange.formats import google, shopify, vitrine
from stores.exchange.formats.mapped import Record, mapped
from stores.exchange.formats.names import Guess, is_column
from stores.exchange.reading import Dialect, Row

__all__ = ["FORMATS", "Guess", "Record", "is_column", "recognise", "records"]

_FOREIGN: Final[dict[str, Callable[[Dialect, str, str], Guess | None]]] = {
    shopify.NAME: shopify.recognise,
    google.NAME: google.recognise,
}
FORMATS: Final = (vitrine.NAME, *_FOREIGN)
_SHAPES: Final[dict[tuple[str, str], Callable[[Iterator[Record], Dialect, Mapping[str, str]], Iterator[Record]]]] = {
    ("shopify", "products"): shopify.products,
    ("shopify", "stock"): shopify.stock,
    ("google", "products"): google.products,
}


def recognise(dialect: Dialect, *, subject: str = "", format: str = "auto", language: str = DEFAULT) -> Guess:
    """What the file most probably is, as far as `subject` and `format` leave it open.

    `language` is that of columns which do not say theirs. Where hardly anything is known of the columns, the mapping
    is empty and somebody has to say.
    """
    for name, recognised in _FOREIGN.items():
        if format in ("auto", name) and (guess := recognised(dialect, subject, language)):
            return guess
    if format in _FOREIGN:
        return Guess(format, subject or "products", {})
    return vitrine.recognise(dialect, subject, language)


def records(
    rows: Iterable[Row], dialect: Dialect, *, format: str, subject: str, mapping: Mapping[str, str]
) -> Iterator[Record]:
    """The rows by our columns, trimmed and composed (NFC): an absent column is absent, an empty cell is empty.

    A record with a problem that is no warning cannot be taken; its cells may be incomplete.
    """
    found = mapped(rows, dialect, mapping)
    shape = _SHAPES.get((format, subject))
    return shape(found, dialect, mapping) if shape else found
