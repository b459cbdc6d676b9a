"""What is asked of every article of a bulk edit: a field, and what it becomes."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import cache
from typing import Any

from babel.numbers import get_currency_precision

from stores.catalogue import State


class Field(StrEnum):
    """What can be changed of many at once."""

    STATE = "state"
    PUBLISH_AT = "publish_at"
    UNPUBLISH_AT = "unpublish_at"
    PRICE = "price"
    CROSSED = "was"
    CATEGORY = "category_id"
    BRAND = "brand"
    ATTRIBUTE = "attribute"
    BY_APPOINTMENT = "by_appointment"
    TRY_IN_STORE = "try_in_store"
    LISTED = "listed"
    MAX_PER_RESERVATION = "max_per_reservation"
    ENGLISH_DRAFT = "english_draft"


class Way(StrEnum):
    """How a price is found."""

    AMOUNT = "amount"
    PERCENT = "percent"


class Ending(StrEnum):
    """What a new price ends with."""

    ANY = "any"
    WHOLE = "00"
    NINETY = "90"


@dataclass(frozen=True)
class Wanted:
    """What is asked of every chosen article.

    `value` is the new value as JSON: a state, an instant in ISO 8601 or None, an id, a text, a number, true or false;
    of an attribute {"code", "value"}, of a price {"way", "by", "ending", "cross"}: `by` in minor units or, as text,
    in percent (`-10`), `cross` to show the price before as crossed out.
    """

    field: Field
    value: Any = None

    @classmethod
    def from_json(cls, options: Mapping[str, Any]) -> "Wanted":
        return cls(Field(options["field"]), options["value"])

    def as_json(self) -> dict[str, Any]:
        return {"field": str(self.field), "value": self.value}

    @property
    def shows(self) -> bool:
        """Whether it lets shoppers see an article, now or on a day to come."""
        return self.value == State.PUBLISHED if self.field is Field.STATE else self.field is Field.PUBLISH_AT

    @property
    def prices(self) -> bool:
        return self.field in (Field.PRICE, Field.CROSSED)


@cache
def _unit(currency: str) -> int:
    """Minor units of one euro, one yen."""
    unit: int = 10 ** get_currency_precision(currency)
    return unit


def new_price(minor: int, value: Mapping[str, Any], currency: str) -> int:
    """A price as `Wanted` asks for it, half a unit rounded up; may be no price at all, for the caller to refuse."""
    unit = _unit(currency)
    if value["way"] == Way.AMOUNT:
        exact = Decimal(value["by"])
    else:
        exact = minor * (100 + Decimal(value["by"])) / 100
    if value["ending"] == Ending.ANY or unit == 1:
        return int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    less = unit // 10 if value["ending"] == Ending.NINETY else 0
    return int(((exact + less) / unit).quantize(Decimal(1), ROUND_HALF_UP)) * unit - less
