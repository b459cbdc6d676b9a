"""What was typed into a form of these pages: the texts, what is wrong with them, and times as people write them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from starlette.requests import Request

from booking.customers import clean_line, clean_text
from kit.errors import Invalid
from kit.intervals import MINUTES
from kit.languages import LANGUAGES, Translated, gettext

DAY = 24 * 60
YEARS = range(2000, 2101)

_TIME = re.compile(r"([0-9]{1,2})(?:[:h.]([0-9]{2})?)?(am|pm)?")
_BARE = re.compile(r"([0-9]{1,2})([0-9]{2})()")


def read_time(text: str) -> int | None:
    """Minutes since midnight of `9:30`, `9h30`, `9 h 30`, `09:30`, `930` or `9.30 am`; None for anything else."""
    said = re.sub(r"\s", "", text).lower()
    found = _TIME.fullmatch(said) or _BARE.fullmatch(said)
    if found is None:
        return None
    hour, minute, half = int(found[1]), int(found[2] or 0), found[3]
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "pm" else 0)
    return hour * 60 + minute if minute < 60 and hour * 60 + minute <= DAY else None


def show_time(minute: int) -> str:
    """As a field shows it: `09:30`, the same in both languages, short enough for a grid."""
    return f"{minute // 60 % 24:02}:{minute % 60:02}"


def read_day(text: str) -> date | None:
    """`2026-12-24`, as browsers send it, or `24/12/2026`."""
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            day = datetime.strptime(text.strip(), form).date()  # noqa: DTZ007 – a day has no zone
        except ValueError:
            continue
        return day if day.year in YEARS else None
    return None


@dataclass
class Form:
    """The fields of a form by name, and what is wrong with them."""

    values: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    def wrong(self, name: str, words: str) -> None:
        """Say it beside the field; the first thing that is wrong with it counts."""
        self.errors.setdefault(name, words)

    def check(self) -> None:
        """Raises `Invalid` if anything is wrong."""
        if self.errors:
            raise Invalid()

    def take(self, invalid: Invalid, name: str) -> None:
        """What a use-case found wrong, beside the field it is about, or beside `name`."""
        if self.errors and not invalid.errors and invalid.code == Invalid.code:
            return  # said already
        for error in invalid.errors:
            self.wrong(error.field if error.field in self.values else name, error.sentence)
        if not invalid.errors:
            self.wrong(name, invalid.sentence)

    def line(self, name: str, limit: int = 120) -> str:
        return clean_line(self[name])[:limit]

    def lines(self, name: str, limit: int = 2000) -> list[str]:
        """The lines that are not empty."""
        return [line for raw in self[name][:limit].splitlines() if (line := clean_line(raw))]

    def ticked(self, name: str) -> bool:
        return self[name] != ""

    def pair(self, name: str, label: str, *, limit: int = 120, needed: bool = False, lines: bool = False) -> Translated:
        """A text in both languages, on one line unless it may have several; when it is needed, in both of them."""
        clean = clean_text if lines else clean_line
        said = Translated({code: clean(self[f"{name}_{code}"])[:limit] for code in LANGUAGES})
        if needed:
            for code in said.missing():
                self.wrong(f"{name}_{code}", gettext("%(field)s: write it in both languages.", field=label))
        return said

    def number(self, name: str, label: str, low: int, high: int, step: int = 1) -> int:
        """A whole number within these bounds."""
        text = self[name].strip()
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else None
        if number is None or not low <= number <= high:
            words = gettext("%(field)s: write a number from %(low)d to %(high)d.", field=label, low=low, high=high)
            self.wrong(name, words)
            return low
        if number % step:
            self.wrong(name, gettext("%(field)s: it goes in steps of five minutes.", field=label))
        return number

    def choice(self, name: str, label: str, allowed: Iterable[str]) -> str:
        """One of those on offer."""
        if self[name] not in set(allowed):
            self.wrong(name, gettext("%(field)s: choose one of the list.", field=label))
        return self[name]

    def time(self, name: str, label: str) -> int | None:
        """Minutes since midnight; None where the field is empty or wrong."""
        if not self[name].strip():
            return None
        minute = read_time(self[name])
        if minute is None:
            self.wrong(name, gettext("%(field)s: write a time such as 9:30.", field=label))
        elif minute % MINUTES:
            self.wrong(name, gettext("%(field)s: it goes in steps of five minutes.", field=label))
            return None
        return minute

    def day(self, name: str, label: str, *, needed: bool = True) -> date | None:
        """A day; None where the field is empty or wrong."""
        day = read_day(self[name])
        if day is None and (needed or self[name].strip()):
            self.wrong(name, gettext("%(field)s: write a day such as 24/12/2026.", field=label))
        return day


async def typed_form(request: Request) -> Form:
    """The form that was sent; ends of lines as a page shows them."""
    async with request.form(max_fields=600, max_files=0) as data:
        return Form({name: value.replace("\r\n", "\n") for name, value in data.items() if isinstance(value, str)})


def of_pair(name: str, text: Mapping[str, str]) -> dict[str, str]:
    """The fields of a text in both languages."""
    return {f"{name}_{code}": text.get(code, "") for code in LANGUAGES}


def tick(on: bool) -> str:
    return "1" if on else ""
