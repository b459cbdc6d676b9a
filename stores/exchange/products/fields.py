"""The columns of an article and of its variants: how a cell is read, what stands there, how it is put.

What is read is JSON already, as `BatchRow` keeps it; None stands for what is not there.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from babel.numbers import list_currencies

from kit.languages import LANGUAGES
from kit.money import Money
from stores import gtin as gtins
from stores.attributes import Attribute, Kind
from stores.catalogue import State
from stores.exchange import cells, packing
from stores.exchange.cells import Wrong
from stores.exchange.columns import ATTRIBUTE

STATES: Final = {
    **{str(state): str(state) for state in State},
    "brouillon": str(State.DRAFT),
    "prêt": str(State.READY),
    "publié": str(State.PUBLISHED),
    "retiré": str(State.WITHDRAWN),
}
"""What people write for the state of an article."""
Entry = dict[str, Any]
"""A row of `product` or `variant` by its columns, texts in two languages as plain mappings."""

NAME, SHORT, LONG = 200, 100, 20_000
MOST_PICTURES = 50
MOST_FACTS = 100


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a file."""

    read: Callable[[str], Any]
    """A cell that is not empty; raises `Wrong`."""
    stands: Callable[[Entry], Any]
    put: Callable[[Entry, Any], None]
    erasable: bool = True


def _plain(name: str, read: Callable[[str], Any], *, erasable: bool = False, empty: Any = None) -> Field:
    """A column of the table under the same, or another, name."""

    def put(entry: Entry, value: Any) -> None:
        entry[name] = empty if value is None else value

    def stands(entry: Entry) -> Any:
        value = entry[name]
        return None if value == empty else value

    return Field(read, stands, put, erasable)


def _said(name: str, language: str, read: Callable[[str], Any], *, erasable: bool = True) -> Field:
    """One language of a text, or of facts."""

    def put(entry: Entry, value: Any) -> None:
        if value:
            entry[name][language] = value
        else:
            entry[name].pop(language, None)

    return Field(read, lambda entry: entry[name].get(language) or None, put, erasable)


def _line(limit: int) -> Callable[[str], str]:
    return lambda cell: cells.line(cell, limit)


def _story(cell: str) -> str:
    cell = cells.text(cell)
    if len(cell) > LONG:
        raise Wrong("too_long", cell, {"limit": LONG, "count": len(cell)})
    return cell


def _facts(cell: str) -> list[list[str]]:
    facts = []
    for fact in packing.untold(cells.text(cell)):
        if len(fact) != 2 or not all(fact):
            raise Wrong("not_a_fact", fact[0])
        facts.append([cells.line(part, NAME) for part in fact])
    if len(facts) > MOST_FACTS:
        raise Wrong("too_many", cell, {"limit": MOST_FACTS, "count": len(facts)})
    return facts


def _spoken(cell: str) -> list[str]:
    words = cell.replace(",", " ").lower().split()
    for word in words:
        if word not in LANGUAGES:
            raise Wrong("not_a_choice", word, {"choices": ", ".join(LANGUAGES)})
    return [language for language in LANGUAGES if language in words]


def _currency(cell: str) -> str:
    if cell.upper() not in _currencies():
        raise Wrong("not_a_choice", cell, {"choices": "EUR, CHF, GBP, …"})
    return cell.upper()


@lru_cache
def _currencies() -> frozenset[str]:
    return frozenset(list_currencies())


def paths(cell: str) -> list[str]:
    """Pictures: paths below /media/, and addresses elsewhere, which are the caller's. One may hang twice."""
    named = [word.removeprefix("/media/") for word in cells.text(cell).split()]
    if len(named) > MOST_PICTURES:
        raise Wrong("too_many", cell, {"limit": MOST_PICTURES, "count": len(named)})
    return named


def _alts(cell: str) -> list[str]:
    return [cells.line(words, NAME) for words in packing.unlisted(cell)]


def _alts_field(language: str) -> Field:
    def put(entry: Entry, value: Any) -> None:
        for place, picture in enumerate(entry["pictures"]):
            words = (value or [])[place] if place < len(value or []) else ""
            picture["alt"] = {**{k: v for k, v in picture["alt"].items() if k != language}, **_if(language, words)}

    def stands(entry: Entry) -> Any:
        words = [picture["alt"].get(language, "") for picture in entry["pictures"]]
        while words and not words[-1]:
            words.pop()
        return words or None

    return Field(_alts, stands, put)


def _if(language: str, words: str) -> dict[str, str]:
    return {language: words} if words else {}


def _hang(entry: Entry, value: Any) -> None:
    """These pictures, in this order; those that hang already keep all that is said of them."""
    hung: dict[str, list[Entry]] = {}
    for picture in entry["pictures"]:
        hung.setdefault(picture["path"], []).append(picture)
    entry["pictures"] = [
        hung[path].pop(0) if hung.get(path) else {"path": path, "alt": {}, "new": True} for path in value or ()
    ]


_NAME, _SHORT = _line(NAME), _line(SHORT)

PRODUCT: Final[Mapping[str, Field]] = {
    **{f"name:{language}": _said("name", language, _NAME, erasable=language != "fr") for language in LANGUAGES},
    **{f"slug:{language}": _plain(f"slug_{language}", cells.slug) for language in LANGUAGES},
    "brand": _plain("brand", _SHORT, erasable=True, empty=""),
    "category": _plain("category", str),
    "state": _plain("state", lambda cell: cells.choice(cell, STATES)),
    **{f"story:{language}": _said("story", language, _story) for language in LANGUAGES},
    **{f"facts:{language}": _said("facts", language, _facts) for language in LANGUAGES},
    **{f"care:{language}": _said("care", language, _story) for language in LANGUAGES},
    **{f"seo_title:{language}": _said("seo_title", language, _NAME) for language in LANGUAGES},
    **{f"seo_description:{language}": _said("seo_description", language, _line(400)) for language in LANGUAGES},
    "made_in": _plain("made_in", _SHORT, erasable=True, empty=""),
    "google_category": _plain("google_category", _line(250), erasable=True, empty=""),
    "by_appointment": _plain("by_appointment", cells.truth),
    "try_in_store": _plain("try_in_store", cells.truth),
    "listed": _plain("listed", cells.truth),
    "max_per_reservation": _plain("max_per_reservation", lambda cell: cells.whole(cell, 1, 99)),
    "published_at": _plain("published_at", str),
    "publish_at": _plain("publish_at", str, erasable=True),
    "unpublish_at": _plain("unpublish_at", str, erasable=True),
    "drafts": _plain("drafts", _spoken, erasable=True, empty=[]),
    "pictures": Field(paths, lambda entry: [picture["path"] for picture in entry["pictures"]] or None, _hang),
    **{f"picture_alts:{language}": _alts_field(language) for language in LANGUAGES},
}
"""Without `ref`, by which the article is found; pictures before their words, which are counted along them."""


def _option_field(place: int, part: str, language: str) -> Field:
    def put(entry: Entry, value: Any) -> None:
        options = entry["options"]
        while len(options) <= place:
            options.append({"name": {}, "value": {}})
        if value:
            options[place][part][language] = value
        else:
            options[place][part].pop(language, None)

    def stands(entry: Entry) -> Any:
        options = entry["options"]
        return options[place][part].get(language) or None if place < len(options) else None

    return Field(_SHORT, stands, put)


def _put_gtin(entry: Entry, value: Any) -> None:
    entry["gtin"] = value


VARIANT: Final[Mapping[str, Field]] = {
    "gtin": Field(cells.gtin, lambda entry: entry["gtin"], _put_gtin),
    **{
        f"option{place + 1}{suffix}:{language}": _option_field(place, part, language)
        for place in range(3)
        for suffix, part in (("_name", "name"), ("", "value"))
        for language in LANGUAGES
    },
    "price": _plain("price_minor", str),
    "was_price": _plain("was_minor", str, erasable=True),
    "currency": _plain("currency", _currency),
    "weight_grams": _plain("weight_grams", lambda cell: cells.whole(cell, 0, 10_000_000), erasable=True),
    "position": _plain("position", lambda cell: cells.whole(cell, 0, 100_000)),
    "hidden": _plain("hidden", cells.truth),
}
ALTS: Final = frozenset({"picture_alts:fr", "picture_alts:en"})
AMOUNTS: Final = ("price", "was_price")
MOMENTS: Final = ("published_at", "publish_at", "unpublish_at")
"""Read by `checking`: amounts in the currency of the row, moments by the clock of the house."""


def same(column: str, one: Any, other: Any) -> bool:
    """Whether two values of a column are one: barcodes are compared as 14 digits."""
    if column == "gtin" and one and other:
        return gtins.padded(one) == gtins.padded(other)
    return bool(one == other)


def settle_options(entry: Entry) -> list[str]:
    """Leave out options that say nothing; the columns of names that are missing."""
    entry["options"] = [option for option in entry["options"] if option["name"] or option["value"]]
    return [
        f"option{place}_name:fr"
        for place, option in enumerate(entry["options"], start=1)
        if option["value"] and not option["name"]
    ]


# Attributes


def of_attributes(known: Iterable[Attribute]) -> dict[str, Field]:
    """The columns of these attributes."""
    found: dict[str, Field] = {}
    for attribute in known:
        column = ATTRIBUTE + attribute.code
        if attribute.kind == Kind.TEXT:
            found |= {f"{column}:{language}": _attribute_text(attribute.code, language) for language in LANGUAGES}
        else:
            found[column] = _attribute(attribute)
    return found


def _attribute_text(code: str, language: str) -> Field:
    def put(entry: Entry, value: Any) -> None:
        stood = entry["attributes"].get(code) or {}
        said = {**{k: v for k, v in stood.items() if k != language}, **_if(language, value or "")}
        entry["attributes"] = _with(entry["attributes"], code, said or None)

    return Field(_line(500), lambda entry: (entry["attributes"].get(code) or {}).get(language) or None, put)


def _attribute(attribute: Attribute) -> Field:
    code = attribute.code
    if attribute.kind == Kind.NUMBER:
        unit = attribute.unit

        def read(cell: str) -> Any:
            return cells.number(cell.removesuffix(unit).rstrip() if unit else cell)
    else:
        words = {str(choice["code"]): str(choice["code"]) for choice in attribute.choices}
        labels = {said: choice["code"] for choice in attribute.choices for said in choice["label"].values()}

        def read(cell: str) -> Any:
            return cells.choice(cell, {**labels, **words})

    def put(entry: Entry, value: Any) -> None:
        entry["attributes"] = _with(entry["attributes"], code, value)

    return Field(read, lambda entry: entry["attributes"].get(code), put)


def _with(values: Mapping[str, Any], code: str, value: Any) -> Entry:
    others = {other: said for other, said in values.items() if other != code}
    return others if value is None else {**others, code: value}


# For people


def shown(column: str, value: Any, currency: str) -> str:
    """A value as its cell would say it."""
    match value:
        case None:
            return ""
        case bool():
            return packing.truth(value)
        case int() if column in AMOUNTS:
            return Money(value, currency).amount
        case list() if column.startswith("facts"):
            return packing.told(value)
        case list() if column.startswith("picture_alts"):
            return packing.listed(value)
        case list():
            return " ".join(map(str, value))
    return str(value)
