"""One cell of a file, read as what its column holds. A cell is text and stays text until one of these reads it.

Each takes the cell as `formats.records` gives it (trimmed, NFC, not empty) and answers with its value, or raises
`Wrong`; an empty cell and one that `is_erased` are the caller's, because they say what to do and not what is written.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time, tzinfo
from functools import lru_cache
from typing import Any, Final

from babel.numbers import get_currency_precision

from kit.money import Money
from stores import gtin as gtins
from stores.exchange.columns import ERASED
from stores.exchange.problems import Problem, suggesting

CODE_LIMIT: Final = 64
LINE_LIMIT: Final = 255
SLUG_LIMIT: Final = 120
DEAREST: Final = 10**9
"""Minor units: what costs more was mistyped, or is a barcode in the wrong column."""

_BLANKS: Final = "".join(
    {chr(sign) for sign in range(0x3001) if chr(sign).isspace()}
    | set("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u180e\u00ad")
)
"""What may stand around a text without being meant: spaces of every width, marks that have none."""
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd\ufffe\uffff\ud800-\udfff]")
_BREAKS: Final = re.compile(r"\r\n?|[\u2028\u2029\x85\x0b\x0c]")
_SCIENTIFIC: Final = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]{1,3}")
_SHORTENED: Final = re.compile(r"[0-9]{1,3}(?:[.,][0-9]+)?E\+[0-9]{1,3}")
"""As spreadsheets write a long number. `45E12` may be a reference, `4,5E+12` is none."""
_AMOUNT: Final = re.compile(r"([0-9]{1,12})(?:[.,]([0-9]{1,2}))?")
_THOUSAND: Final = re.compile(r"[0-9]{1,3}[.,][0-9]{3}")
_WHOLE: Final = re.compile(r"([+-]?[0-9]{1,15})(?:[.,]0+)?")
_NUMBER: Final = re.compile(r"([+-]?[0-9]{1,15})(?:[.,]([0-9]{1,9}))?")
_GAPS: Final = re.compile(r"(?<=[0-9])[\s'’](?=[0-9]{3}(?![0-9]))")
_BROKEN: Final = re.compile(r"[0-9][\s'’]+(?![0-9]{3}(?![0-9]))[0-9]")
"""Digits with a gap that separates no thousands: `12 90`."""
_QUOTED: Final = re.compile(r'="([^"]*)"')
_SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_MOMENT: Final = re.compile(r"(\S+)[T ](\d{1,2})[:h](\d{2})(?::(\d{2})(?:[.,](\d{1,6})\d*)?)?\s*(Z|[+-]\d{2}:?\d{2})?")
_FORMULA: Final = re.compile(r"'*[=+\-@\t\r\n\x00＝＋－＠]")

YES: Final = frozenset({"true", "yes", "y", "1", "oui", "o", "vrai", "x"})
NO: Final = frozenset({"false", "no", "n", "0", "non", "faux"})


class Wrong(ValueError):
    """A cell that does not say what its column holds. `at` makes the problem of it, with the name of the column."""

    def __init__(self, code: str, value: str, params: Mapping[str, Any] | None = None) -> None:
        self.code, self.value, self.params = code, value, dict(params or {})
        super().__init__(code)

    def at(self, column: str) -> Problem:
        return Problem(column, self.value[:500], self.code, self.params)


def is_erased(cell: str) -> bool:
    return cell in ERASED


# Every cell


def trimmed(cell: str) -> str:
    """Composed (NFC), and without the blanks around it that nobody typed on purpose."""
    if cell.isascii():
        return cell.strip()
    return unicodedata.normalize("NFC", cell).strip(_BLANKS)


def escaped(cell: str) -> str:
    """As it is written out: what a spreadsheet would take for a formula gets an apostrophe (OWASP, CSV injection)."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unescaped(cell: str) -> str:
    """`escaped` taken back, and nothing else."""
    return cell[1:] if cell[:1] == "'" and _FORMULA.match(cell, 1) else cell


# Words


def text(cell: str) -> str:
    """Words on as many lines as wanted; a line ends with \\n."""
    if not cell.isprintable() or "\ufffd" in cell:
        cell = _BREAKS.sub("\n", cell)
        if _CONTROL.search(cell):
            raise Wrong("control_sign", _CONTROL.sub("�", cell))
    return cell


def line(cell: str, limit: int = LINE_LIMIT) -> str:
    """Words on one line."""
    cell = text(cell)
    if "\n" in cell:
        raise Wrong("line_break", cell)
    if len(cell) > limit:
        raise Wrong("too_long", cell, {"limit": limit, "count": len(cell)})
    return cell


def code(cell: str, limit: int = CODE_LIMIT) -> str:
    """A reference such as a SKU: text, leading zeros and all. `="0012"`, which spreadsheets write to keep them, is
    0012."""
    cell = _plain(cell)
    if not cell.isprintable() or len(cell) > limit or not cell:
        raise Wrong("not_a_code", cell, {"limit": limit})
    return cell


def slug(cell: str) -> str:
    """The last part of an address."""
    if len(cell) > SLUG_LIMIT or not _SLUG.fullmatch(cell):
        raise Wrong("not_a_slug", cell)
    return cell


def choice(cell: str, choices: Mapping[str, str] | Collection[str]) -> str:
    """One of a few words, whatever its capitals; of a mapping, what the word stands for."""
    known = choices if isinstance(choices, Mapping) else {word: word for word in choices}
    found = known.get(cell) or next((said for word, said in known.items() if word.casefold() == cell.casefold()), None)
    if found is None:
        raise Wrong("not_a_choice", cell, {"choices": ", ".join(known), **suggesting(cell, known)})
    return found


def truth(cell: str) -> bool:
    """`yes`, `oui`, `TRUE`, `1` …"""
    word = cell.lower()
    if word in YES:
        return True
    if word in NO:
        return False
    raise Wrong("not_yes_or_no", cell)


# Numbers


def amount(cell: str, currency: str) -> int:
    """Minor units of an amount between nought and `DEAREST`: `1299`, `12.90`, `1 299,00 €`, `1.299,00`."""
    found = _AMOUNT.fullmatch(cell) or _AMOUNT.fullmatch(_GAPS.sub("", cell))
    if found and _precision(currency) == 2:
        minor = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))
    elif _SCIENTIFIC.fullmatch(cell):
        raise Wrong("scientific", cell)
    else:
        minor = _amount(cell, currency)
    if minor > DEAREST:
        raise Wrong("out_of_range", cell, {"least": 0, "most": DEAREST // 10 ** _precision(currency)})
    return minor


@lru_cache
def _precision(currency: str) -> int:
    return get_currency_precision(currency)


@lru_cache(maxsize=4096)
def _amount(cell: str, currency: str) -> int:
    if _BROKEN.search(cell):
        raise Wrong("not_an_amount", cell)
    try:
        minor = Money.from_amount(cell, currency).minor
    except ValueError:
        if other := re.search(r"[A-Z]{3}|[€$£¥]", cell):
            raise Wrong("other_currency", cell, {"currency": currency, "found": other[0]}) from None
        raise Wrong("ambiguous_amount" if _THOUSAND.fullmatch(cell) else "not_an_amount", cell) from None
    if minor < 0:
        raise Wrong("not_an_amount", cell)
    return minor


def whole(cell: str, least: int = 0, most: int = 2_000_000_000) -> int:
    """A whole number; `12,000` could be 12 and could be 12 thousand, and is neither."""
    if cell.isascii() and cell.isdigit() and len(cell) < 16:
        number = int(cell)
    else:
        _not_scientific(cell)
        written = _GAPS.sub("", cell)
        found = _WHOLE.fullmatch(written)
        if not found or _THOUSAND.fullmatch(written):
            raise Wrong("not_whole", cell)
        number = int(found[1])
    if not least <= number <= most:
        raise Wrong("out_of_range", cell, {"least": least, "most": most})
    return number


def number(cell: str, least: float | None = None, most: float | None = None) -> int | float:
    """A number with a decimal point or comma; an int where nothing follows it."""
    _not_scientific(cell)
    found = _NUMBER.fullmatch(_GAPS.sub("", cell))
    if not found:
        raise Wrong("not_a_number", cell)
    value = float(f"{found[1]}.{found[2]}") if found[2] and found[2].strip("0") else int(found[1])
    if (least is not None and value < least) or (most is not None and value > most):
        raise Wrong("out_of_range", cell, {"least": least, "most": most})
    return value


def gtin(cell: str) -> str:
    """A barcode as its digits stand, with the check digit that they ask for. In-store numbers are barcodes too.

    Two ways to write one are compared by `stores.gtin.padded`.
    """
    if not (cell.isascii() and cell.isdigit()):
        cell = re.sub(r"[\s-]", "", _plain(cell))
    if not (cell.isascii() and cell.isdigit()) or len(cell) not in gtins.LENGTHS:
        raise Wrong("not_a_gtin", cell)
    if gtins.check_digit(cell[:-1]) != cell[-1]:
        raise Wrong("check_digit", cell)
    return cell


# Days


def day(cell: str) -> date:
    """`2026-11-24`, or `24/11/2026`, `24.11.2026` with the day first."""
    try:
        if found := re.fullmatch(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})", cell):
            return date(int(found[4]), int(found[3]), int(found[1]))
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", cell):
            return date.fromisoformat(cell)
    except ValueError:
        pass
    raise Wrong("not_a_day", cell)


def moment(cell: str, zone: tzinfo = UTC) -> datetime:
    """An instant in UTC; a day and hour without an offset are the clock of `zone`, a day alone its midnight."""
    try:
        if not (found := _MOMENT.fullmatch(cell)):
            return datetime.combine(day(cell), time(), zone).astimezone(UTC)
        offset = time.fromisoformat(f"00:00{found[6]}").tzinfo if found[6] else None
        clock = time(int(found[2]), int(found[3]), int(found[4] or 0), int((found[5] or "").ljust(6, "0")))
        return datetime.combine(day(found[1]), clock, offset or zone).astimezone(UTC)
    except (Wrong, ValueError, OverflowError):
        raise Wrong("not_a_moment", cell) from None


def _plain(cell: str) -> str:
    """Without what spreadsheets put around digits to keep them."""
    if "+" in cell and _SHORTENED.fullmatch(cell):
        raise Wrong("scientific", cell)
    if found := _QUOTED.fullmatch(cell):
        return trimmed(found[1])
    return cell[1:] if cell[:1] == "'" and cell[1:].isdigit() else cell


def _not_scientific(cell: str) -> None:
    if ("E" in cell or "e" in cell) and _SCIENTIFIC.fullmatch(cell):
        raise Wrong("scientific", cell)
