"""The columns of stores: how each cell is read, written, and put into its place."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from itertools import zip_longest
from typing import Any, Final
from zoneinfo import available_timezones

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from kit.gsm import gsm_length
from kit.languages import LANGUAGES, LOCALES, SOURCE, Translated
from stores.exchange import cells
from stores.exchange.cells import Wrong
from stores.exchange.packing import amount, listed, marked, parted, truth, unlisted, unmarked
from stores.exchange.problems import suggesting
from stores.hours import BadHours, UnknownRegion, check_day_hours, check_hours, public_holidays
from stores.places import Store, StoreException

CURRENCY: Final = "EUR"
"""Of `auto_confirm_limit`."""
SMS: Final = 16
SECRET: Final = "staff_notify_url"
"""Holds the key of a channel: taken from a file, never written into one."""


@dataclass(frozen=True)
class Field:
    """A column: how its cell is read, how its value is written, and what erasing it leaves (None: it cannot be)."""

    read: Callable[[str], Any]
    told: Callable[[Any], str] = str
    empty: Any = None


# Cells


def _line(cell: str) -> str:
    return cells.line(cell)


def _words(cell: str) -> list[str]:
    return [cells.line(one, 500) for one in unlisted(cells.text(cell))]


def _sms(cell: str) -> str:
    if (gsm_length(cells.line(cell)) or SMS + 1) > SMS:
        raise Wrong("not_for_sms", cell, {"limit": SMS})
    return cell


def _country(cell: str) -> str:
    if cell.upper() not in LOCALES[SOURCE].territories or len(cell) != 2:
        raise Wrong("not_a_country", cell)
    return cell.upper()


def _phone(cell: str) -> str:
    try:
        number = phonenumbers.parse(cell, "FR")
    except phonenumbers.NumberParseException:
        raise Wrong("not_a_phone", cell) from None
    if not phonenumbers.is_possible_number(number):
        raise Wrong("not_a_phone", cell)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _email(cell: str) -> str:
    try:
        return validate_email(cell, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        raise Wrong("not_an_email", cell) from None


def _timezone(cell: str) -> str:
    if cell not in _timezones():
        raise Wrong("not_a_timezone", cell, suggesting(cell, _timezones()))
    return cell


@cache
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones())


def _region(cell: str) -> str:
    try:
        public_holidays(cell, date(2026, 1, 1), date(2026, 1, 1))
    except UnknownRegion:
        raise Wrong("not_a_region", cell) from None
    return cell


def _hours(cell: str) -> str:
    try:
        check_hours(cell)
    except BadHours as bad:
        raise Wrong(f"hours_{bad.reason}", cell) from None
    return cell


def days_of(cell: str) -> dict[str, list[str]]:
    """{day: [hours, reason in French, reason in English]} of `2026-12-24 10:00-18:00 Réveillon / Christmas Eve; …`."""
    found = {}
    for part in parted(cells.text(cell), ";"):
        if not part.strip():
            continue
        day, _, rest = part.strip().partition(" ")
        hours, _, reason = rest.strip().partition(" ")
        try:
            check_day_hours(hours)
            named = cells.day(day).isoformat()
        except (BadHours, Wrong):
            raise Wrong("not_a_special_day", part.strip()) from None
        french, *english = (unmarked(one) for one in parted(reason, "/"))
        found[named] = [hours, french, " / ".join(english)]
    return found


def told_days(days: Mapping[str, Sequence[str]]) -> str:
    def told(day: str) -> str:
        hours, french, english = (marked(one, ";/") for one in days[day])
        return f"{day} {hours} {french}{f' / {english}' if english else ''}".strip()

    return "; ".join(map(told, sorted(days)))


def floors_of(cell: str) -> list[dict[str, Any]]:
    """[{"level", "name": {"fr", "en"}, "departments": [code]}], with nothing else in it."""
    try:
        return [
            {
                "level": cells.whole(str(floor["level"]), -20, 200),
                "name": {said: cells.line(words) for said, words in Translated(floor["name"]).items()},
                "departments": [cells.line(str(code)) for code in floor.get("departments", [])],
            }
            for floor in json.loads(cell)
        ]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise Wrong("not_floors", cell) from None


def _optional_day(value: date | None) -> str:
    return value.isoformat() if value else ""


_text: Final = Field(_line, empty="")
FIELDS: Final[dict[str, Field]] = {
    "name": Field(_line),
    "sms_name": Field(_sms),
    "group": _text,
    "language": Field(lambda cell: cells.choice(cell, LANGUAGES)),
    "street": Field(_line),
    "postcode": Field(_line),
    "city": Field(_line),
    "country": Field(_country),
    "latitude": Field(lambda cell: float(cells.number(cell, -90, 90)), repr),
    "longitude": Field(lambda cell: float(cells.number(cell, -180, 180)), repr),
    "phone": Field(_phone),
    "email": Field(_email),
    SECRET: _text,
    "timezone": Field(_timezone),
    "region": Field(_region),
    "opening_hours": Field(_hours),
    "exceptions": Field(days_of, told_days, {}),
    "opens_on": Field(cells.day, _optional_day, ""),
    "closes_on": Field(cells.day, _optional_day, ""),
    "answer_minutes": Field(partial(cells.whole, least=5, most=1440)),
    "hold_days": Field(partial(cells.whole, least=1, most=7)),
    "ready_hours": Field(partial(cells.whole, least=1, most=48)),
    "safety": Field(partial(cells.whole, most=1000)),
    "low_threshold": Field(partial(cells.whole, most=1000)),
    "auto_confirm": Field(cells.truth, truth),
    "auto_confirm_limit": Field(lambda cell: cells.amount(cell, CURRENCY), lambda minor: amount(minor, CURRENCY)),
    "feed_minutes": Field(partial(cells.whole, least=5, most=43200)),
    "stock_authority": Field(lambda cell: cells.choice(cell, ("vitrine", "feed"))),
    "desk_sms": Field(_sms),
    "floors": Field(
        floors_of, lambda floors: json.dumps(floors, ensure_ascii=False, sort_keys=True) if floors else "", []
    ),
    **{f"{name}:{language}": _text for name in ("entrance", "desk") for language in LANGUAGES},
    **{f"about:{language}": Field(cells.text, empty="") for language in LANGUAGES},
    **{
        f"{name}:{language}": Field(_words, listed, []) for name in ("directions", "services") for language in LANGUAGES
    },
}
ATTRIBUTES: Final = {
    "opening_hours": "hours_osm",
    "auto_confirm_limit": "auto_confirm_limit_minor",
}
"""Where a column is not called like what it fills."""


def values_of(store: Store) -> dict[str, Any]:
    """What stands there, by our columns; its `exceptions` must have been loaded."""
    values: dict[str, Any] = {}
    for column in FIELDS:
        name, _, language = column.partition(":")
        match name:
            case "exceptions":
                values[column] = {
                    one.day.isoformat(): [one.hours.replace(" ", ""), *(one.reason.get(said, "") for said in LANGUAGES)]
                    for one in store.exceptions
                }
            case "services":
                values[column] = [service.get(language, "") for service in store.services]
            case "directions":
                values[column] = store.directions.get(language) or []
            case _ if language:
                values[column] = getattr(store, name).get(language, "")
            case _:
                values[column] = getattr(store, ATTRIBUTES.get(name, name))
    return values


def cells_of(store: Store) -> dict[str, str]:
    """A store as a file tells of it, without what is secret."""
    told = {column: FIELDS[column].told(value) for column, value in values_of(store).items()}
    return {**told, "slug": store.slug, SECRET: ""}


def fill(store: Store, told: Mapping[str, str]) -> None:
    """Let these cells be so."""
    for column, cell in told.items():
        known = FIELDS[column]
        value: Any = known.read(cell) if cell else "" if known.empty is None else known.empty
        name, _, language = column.partition(":")
        match name:
            case "exceptions":
                _fill_days(store, value)
            case "services":
                _fill_services(store, language, value)
            case "directions":
                store.directions = {**store.directions, language: value}
            case "opens_on" | "closes_on":
                setattr(store, name, value or None)
            case _ if language:
                setattr(store, name, getattr(store, name).saying(language, value))
            case _:
                setattr(store, ATTRIBUTES.get(name, name), value)


def _fill_days(store: Store, days: Mapping[str, Sequence[str]]) -> None:
    """The days that stay keep their row."""
    there = {one.day.isoformat(): one for one in store.exceptions}
    for day, (hours, french, english) in days.items():
        reason = Translated(fr=french, en=english)
        if day in there:
            there[day].hours, there[day].reason = hours, reason
        else:
            store.exceptions.append(StoreException(day=date.fromisoformat(day), hours=hours, reason=reason))
    for day, one in there.items():
        if day not in days:
            store.exceptions.remove(one)


def _fill_services(store: Store, language: str, words: Sequence[str]) -> None:
    """The n-th in one language is the n-th in the other."""
    pairs = zip_longest(store.services, words, fillvalue=None)
    said = [Translated(service or {}).saying(language, word or "") for service, word in pairs]
    store.services = [dict(service) for service in said if service]
