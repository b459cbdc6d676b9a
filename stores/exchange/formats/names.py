"""Names of columns as people and programs write them, and which of ours they are."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from stores.exchange import columns

OURS: Final[dict[str, tuple[str, ...]]] = {
    "products": columns.PRODUCT + columns.VARIANT,
    "stock": columns.STOCK,
    "stores": columns.STORE,
    "pairings": columns.PAIRING,
}
_ATTRIBUTE: Final = re.compile(r"attribute:[a-z0-9_]+(:fr|:en)?")
_SPOKEN: Final = {
    "fr": "fr", "francais": "fr", "francaise": "fr", "french": "fr",
    "en": "en", "anglais": "en", "anglaise": "en", "english": "en",
}  # fmt: skip


@dataclass(frozen=True)
class Guess:
    """What a file most probably is."""

    format: str
    """`vitrine`, `shopify` or `google`."""
    subject: str
    """`products`, `stock`, `stores` or `pairings`."""
    mapping: dict[str, str]
    """Our column by header cell; cells that are not read are absent."""


def is_column(subject: str, column: str) -> bool:
    """Whether it is one of ours; also the column of an attribute, whichever attributes there are."""
    return column in OURS[subject] or (subject == "products" and _ATTRIBUTE.fullmatch(column) is not None)


def folded(name: str) -> str:
    """`Désignation_FR` → `designation fr`."""
    plain = unicodedata.normalize("NFKD", name.replace("œ", "oe").casefold())
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return " ".join(re.findall(r"[a-z0-9]+", plain))


def attribute(name: str) -> str:
    """Our name of the column of an attribute; empty where it is none."""
    written = name.strip().casefold()
    return written if _ATTRIBUTE.fullmatch(written) else ""


def known(synonyms: Mapping[str, str], subject: str, name: str, language: str) -> str:
    """Our column for a header cell; empty where none is known. A text that does not say its language is in this one."""
    ours = _ours(subject)
    words = folded(name)
    if found := ours.get(words):
        return found
    base, _, last = words.rpartition(" ")
    if base and (spoken := _SPOKEN.get(last)):
        words, language = base, spoken
    column = synonyms.get(words, words.replace(" ", "_"))
    if column not in OURS[subject]:
        column = f"{column}:{language}"
    return column if column in OURS[subject] else ""


@cache
def _ours(subject: str) -> dict[str, str]:
    return {folded(column): column for column in OURS[subject]}


def spread(names: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Columns by each of the words for them, from words by column."""
    return {word: column for column, words in names.items() for word in words}
