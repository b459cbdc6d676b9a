"""The form of a store: what stands in it, what it says, and what its fields are called."""

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from booking.customers import clean_line, read_email, read_phone
from kit.gsm import gsm_length
from kit.languages import LANGUAGES, Translated, gettext, list_words, pgettext
from stores.catalogue import Category
from stores.places import Store
from web.admin.typed import Form, of_pair, tick
from web.words import language_words

SMS = 16
"""Signs of a name in an SMS: every message stays within one part."""
MOST_FLOORS = 20
SPARE_FLOORS = 2
"""Empty lines below the floors there are."""
AUTHORITIES = ("vitrine", "feed")
SECRET = frozenset({"staff_notify_url"})
"""Fields whose content opens something: the journal says that they changed, not to what."""

_NOTIFY = re.compile(r"[a-z][a-z0-9+.-]{1,20}://\S{1,400}")
_AMOUNT = re.compile(r"(\d{1,6})(?:[.,](\d{1,2}))?")


def authority_words(authority: str) -> str:
    """Who counts the stock of a store."""
    return {"vitrine": gettext("Vitrine counts"), "feed": gettext("the till counts, and sends it")}[authority]


def labels(departments: Sequence[Category] = ()) -> dict[str, str]:
    """What each field is called, in the order of the page; without those of floors."""
    french, english = gettext("in French"), gettext("in English")
    names = {
        "name": gettext("Name"),
        "sms_name": gettext("Name in a text message"),
        "group": gettext("Group"),
        "language": gettext("Language of its mail"),
        "street": gettext("Street"),
        "postcode": gettext("Postcode"),
        "city": gettext("Town"),
        "country": gettext("Country"),
        "latitude": gettext("Latitude"),
        "longitude": gettext("Longitude"),
        "phone": gettext("Telephone"),
        "email": gettext("Mailbox of the store"),
        "staff_notify_url": gettext("Channel of the staff"),
        "answer_minutes": gettext("Answer within, in open minutes"),
        "hold_days": gettext("Kept for, in open days"),
        "ready_hours": gettext("Ready within, in open hours"),
        "stock_authority": gettext("Who counts"),
        "feed_minutes": gettext("A count every, in minutes"),
        "safety": gettext("Kept back of each article"),
        "low_threshold": gettext("“To be confirmed” from"),
        "auto_confirm": gettext("Confirms by itself"),
        "auto_confirm_limit": gettext("Up to, in euros"),
        "desk_sms": gettext("Desk in a text message"),
    }
    pairs = {
        "desk": gettext("Desk"),
        "entrance": gettext("Entrance"),
        "about": gettext("In a few sentences"),
        "directions": gettext("Ways to come"),
        "services": gettext("What else is there"),
    }
    for name, words in pairs.items():
        names[f"{name}_fr"], names[f"{name}_en"] = f"{words}, {french}", f"{words}, {english}"
    return names


def label_of(name: str, departments: Sequence[Category]) -> str:
    """What any field is called, those of floors too."""
    if found := re.fullmatch(r"floor-(\d+)-(.+)", name):
        floor = gettext("Floor, line %(number)d", number=int(found[1]) + 1)
        part = found[2]
        if part.startswith("d-"):
            return f"{floor}: {_department(part.removeprefix('d-'), departments)}"
        known = {
            "level": pgettext("floor", "number"),
            "name_fr": gettext("name in French"),
            "name_en": gettext("name in English"),
        }
        return f"{floor}: {known.get(part, part)}"
    return labels().get(name, name)


def _department(code: str, departments: Sequence[Category]) -> str:
    return next((one.name.text() for one in departments if one.code == code), code)


def shown(name: str, value: str) -> str:
    """What stands in a field, for people."""
    if name == "auto_confirm" or "-d-" in name:
        return gettext("yes") if value else gettext("no")
    if name == "language" and value in LANGUAGES:
        return language_words(value)
    if name == "stock_authority" and value in AUTHORITIES:
        return authority_words(value)
    return value or pgettext("value", "nothing")


# What stands in the form


def values_of(store: Store | None, departments: Sequence[Category]) -> dict[str, str]:
    """What stands in the fields; for a new store, what most have."""
    if store is None:
        return {
            "country": "FR", "language": "fr", "answer_minutes": "60", "hold_days": "2", "ready_hours": "4",
            "safety": "0", "low_threshold": "1", "auto_confirm": "", "auto_confirm_limit": "300",
            "feed_minutes": "1440", "stock_authority": "vitrine", "floor-0-level": "0",
            "floor-0-name_fr": "Rez-de-chaussée", "floor-0-name_en": "Ground floor",
        }  # fmt: skip
    values = {
        **{name: str(getattr(store, name)) for name in _PLAIN},
        "auto_confirm": tick(store.auto_confirm),
        "auto_confirm_limit": _amount(store.auto_confirm_limit_minor),
        **of_pair("entrance", store.entrance),
        **of_pair("desk", store.desk),
        **of_pair("about", store.about),
        **{f"directions_{code}": "\n".join(store.directions.get(code, [])) for code in LANGUAGES},
        **{
            f"services_{code}": "\n".join(service.get(code, "") for service in store.services).rstrip()
            for code in LANGUAGES
        },
    }
    for number, floor in enumerate(store.floors):
        values[f"floor-{number}-level"] = str(floor["level"])
        values |= of_pair(f"floor-{number}-name", floor["name"])
        for department in departments:
            values[f"floor-{number}-d-{department.code}"] = tick(department.code in floor["departments"])
    return values


_PLAIN = (
    "name", "sms_name", "group", "language", "street", "postcode", "city", "country", "latitude", "longitude", "phone",
    "email", "staff_notify_url", "answer_minutes", "hold_days", "ready_hours", "stock_authority", "feed_minutes",
    "safety", "low_threshold", "desk_sms",
)  # fmt: skip


def _amount(minor: int) -> str:
    return str(Decimal(minor) / 100).removesuffix(".00")


def floor_lines(form: Form) -> range:
    """The lines of floors on the page: those with something in them, and some to spare."""
    used = [n for n in range(MOST_FLOORS) if _floor_is_there(form, n)]
    return range(min((used[-1] + 1 if used else 0) + SPARE_FLOORS, MOST_FLOORS))


def _floor_is_there(form: Form, number: int) -> bool:
    return any(form[f"floor-{number}-{part}"].strip() for part in ("level", "name_fr", "name_en"))


# What the form says


def read(form: Form, departments: Sequence[Category]) -> dict[str, Any]:
    """Columns of the store. Raises `Invalid`, with what is wrong beside each field."""
    named = labels()
    country = form.line("country", 20).upper()
    if not re.fullmatch(r"[A-Z]{2}", country):
        form.wrong("country", gettext("Country: write its two letters, such as FR."))
    values: dict[str, Any] = {
        "name": _needed(form, "name", named["name"], 60),
        "sms_name": _texted(form, "sms_name", named["sms_name"]),
        "group": form.line("group", 40),
        "language": form.choice("language", named["language"], LANGUAGES),
        "street": _needed(form, "street", named["street"], 120),
        "postcode": _needed(form, "postcode", named["postcode"], 12),
        "city": _needed(form, "city", named["city"], 60),
        "country": country,
        "latitude": _degrees(form, "latitude", named["latitude"], 90),
        "longitude": _degrees(form, "longitude", named["longitude"], 180),
        "phone": _phone(form, country),
        "email": _email(form),
        "staff_notify_url": _channel(form),
        "answer_minutes": form.number("answer_minutes", named["answer_minutes"], 5, 1440),
        "hold_days": form.number("hold_days", named["hold_days"], 1, 7),
        "ready_hours": form.number("ready_hours", named["ready_hours"], 1, 48),
        "stock_authority": form.choice("stock_authority", named["stock_authority"], AUTHORITIES),
        "feed_minutes": form.number("feed_minutes", named["feed_minutes"], 5, 43_200),
        "safety": form.number("safety", named["safety"], 0, 99),
        "low_threshold": form.number("low_threshold", named["low_threshold"], 0, 99),
        "auto_confirm": form.ticked("auto_confirm"),
        "auto_confirm_limit_minor": _minor(form, "auto_confirm_limit", named["auto_confirm_limit"]),
        "entrance": form.pair("entrance", gettext("Entrance"), limit=120),
        "desk": form.pair("desk", gettext("Desk"), limit=120, needed=True),
        "desk_sms": _texted(form, "desk_sms", named["desk_sms"]),
        "about": form.pair("about", gettext("In a few sentences"), limit=800, lines=True),
        "directions": {code: form.lines(f"directions_{code}")[:12] for code in LANGUAGES},
        "services": _services(form),
        "floors": _floors(form, departments),
    }
    form.check()
    return values


def _needed(form: Form, name: str, label: str, limit: int) -> str:
    said = form.line(name, limit)
    if not said:
        form.wrong(name, gettext("%(field)s: this is needed.", field=label))
    return said


def _texted(form: Form, name: str, label: str) -> str:
    """A name that an SMS carries as it stands."""
    said = form.line(name, 40)
    length = gsm_length(said)
    if not said or length is None or length > SMS:
        words = gettext("%(field)s: at most %(num)d signs that any telephone shows.", field=label, num=SMS)
        form.wrong(name, words)
    return said


def _degrees(form: Form, name: str, label: str, most: int) -> float:
    text = form[name].strip().replace(",", ".").replace("−", "-")
    if re.fullmatch(r"-?\d{1,3}(\.\d{1,12})?", text) and abs(float(text)) <= most:
        return float(text)
    form.wrong(name, gettext("%(field)s: write degrees such as 48.8565.", field=label))
    return 0.0


def _phone(form: Form, country: str) -> str:
    try:
        return read_phone(form["phone"], country)
    except ValueError:
        words = gettext("Telephone: write a full number, for example 06 39 98 01 23 or +44 7700 900123.")
        form.wrong("phone", words)
        return ""


def _email(form: Form) -> str:
    try:
        return read_email(form["email"].strip())
    except ValueError:
        form.wrong("email", gettext("Mailbox of the store: write a full address, such as name@example.com."))
        return ""


def _channel(form: Form) -> str:
    said = form["staff_notify_url"].strip()
    if said and not _NOTIFY.fullmatch(said):
        form.wrong("staff_notify_url", gettext("Channel of the staff: write the address that Apprise knows it by."))
    return said


def _minor(form: Form, name: str, label: str) -> int:
    found = _AMOUNT.fullmatch(clean_line(form[name]).replace(" ", ""))
    if found is None:
        form.wrong(name, gettext("%(field)s: write an amount such as 150 or 149.90.", field=label))
        return 0
    return int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))


def _services(form: Form) -> list[dict[str, str]]:
    """A line in each language for each of them, in the same order."""
    by_language = {code: form.lines(f"services_{code}")[:20] for code in LANGUAGES}
    if len({len(lines) for lines in by_language.values()}) > 1:
        form.wrong("services_fr", gettext("What else is there: write as many lines in each language."))
    lines = zip(*by_language.values(), strict=False)
    return [dict(Translated(dict(zip(by_language, both, strict=True)))) for both in lines]


def _floors(form: Form, departments: Sequence[Category]) -> list[dict[str, Any]]:
    """From the bottom up."""
    floors: dict[int, dict[str, Any]] = {}
    for number in range(MOST_FLOORS):
        if not _floor_is_there(form, number):
            continue
        text = form[f"floor-{number}-level"].strip().replace("−", "-")
        name = {code: form.line(f"floor-{number}-name_{code}", 40) for code in LANGUAGES}
        if not re.fullmatch(r"-?\d{1,2}", text):
            form.wrong(f"floor-{number}-level", gettext("Floor: write its number, 0 at street level."))
            continue
        if int(text) in floors:
            form.wrong(f"floor-{number}-level", gettext("Floor: each number stands once."))
        for code in [code for code, said in name.items() if not said]:
            form.wrong(f"floor-{number}-name_{code}", gettext("Floor: write its name in both languages."))
        codes = [one.code for one in departments if one.code and form.ticked(f"floor-{number}-d-{one.code}")]
        floors[int(text)] = {"level": int(text), "name": name, "departments": codes}
    return [floors[level] for level in sorted(floors)]


# For the journal


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, list[str]]:
    """What changed, by field: what stood there, and what stands there now."""
    names = [name for name in {**before, **after} if before.get(name, "") != after.get(name, "")]
    return {
        name: ["…", "…"] if name in SECRET else [before.get(name, "")[:300], after.get(name, "")[:300]]
        for name in names
    }


def missing_departments(store: Store, departments: Iterable[Category]) -> str:
    """Departments that stand on no floor, for a line under the floors."""
    there = {code for floor in store.floors for code in floor["departments"]}
    return list_words([one.name.text() for one in departments if one.code and one.code not in there])
