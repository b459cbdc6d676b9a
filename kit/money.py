"""Money: whole minor units and a currency. Never a float."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Self

from babel.numbers import get_currency_precision, get_currency_symbol

_GROUPING: Final = re.compile(r"[\s'’]")  # \s knows U+00A0 and U+202F


@dataclass(frozen=True, slots=True)
class Money:
    minor: int
    currency: str  # ISO 4217, upper case

    def __post_init__(self) -> None:
        if not isinstance(self.minor, int) or isinstance(self.minor, bool):
            raise TypeError(f"minor units are whole: {self.minor!r}")
        if not re.fullmatch(r"[A-Z]{3}", self.currency):
            raise ValueError(f"not a currency: {self.currency!r}")

    @classmethod
    def from_amount(cls, amount: str | int | Decimal, currency: str) -> Self:
        """An amount as people and files write it: `1299.00`, `1 299,00 €`, `€1,299.00`, `1.299,00`.

        Raises ValueError for what is no amount, has more decimals than the currency, or reads two ways (`1,299`);
        TypeError for a float.
        """
        if isinstance(amount, float | bool):
            raise TypeError("an amount is a text, an int or a Decimal, never a float")
        number = _read(amount, currency) if isinstance(amount, str) else Decimal(amount)
        if not number.is_finite():
            raise ValueError(f"not an amount: {amount!r}")
        minor = number.scaleb(get_currency_precision(currency))
        if minor != minor.to_integral_value():
            raise ValueError(f"more decimals than {currency} has: {amount!r}")
        return cls(int(minor), currency)

    @property
    def decimal(self) -> Decimal:
        return Decimal(self.minor).scaleb(-get_currency_precision(self.currency))

    @property
    def amount(self) -> str:
        """`1299.00`: a dot, no grouping, the currency's own number of decimals."""
        return f"{self.decimal:.{get_currency_precision(self.currency)}f}"

    def as_json(self) -> dict[str, str]:
        return {"amount": self.amount, "currency": self.currency}

    def __add__(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up")
        return Money(self.minor + other.minor, self.currency)

    def __mul__(self, times: int) -> "Money":
        return Money(self.minor * times, self.currency)

    __rmul__ = __mul__

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


def _read(text: str, currency: str) -> Decimal:
    written = _GROUPING.sub("", text)
    for sign in (currency, get_currency_symbol(currency, "en"), get_currency_symbol(currency, "fr")):
        written = written.removeprefix(sign).removesuffix(sign)
    decimals = max(2, get_currency_precision(currency))
    if re.fullmatch(rf"[+-]?[0-9]{{1,15}}([.,][0-9]{{0,{decimals}}})?|[+-]?0[.,][0-9]{{1,6}}", written):
        return Decimal(written.replace(",", "."))
    for group, point in ((",", "."), (".", ",")):
        whole = rf"[+-]?[1-9][0-9]{{0,2}}(\{group}[0-9]{{3}})"
        if re.fullmatch(rf"{whole}{{1,4}}\{point}[0-9]+|{whole}{{2,4}}", written):
            return Decimal(written.replace(group, "").replace(point, "."))
    raise ValueError(f"not an amount: {text!r}")
