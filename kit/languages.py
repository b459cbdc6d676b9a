"""The language being spoken, what is said in it, and how days, hours, prices and lists are written in it.

A request, a message or a job speaks one language, kept in a context variable. Sentences in the code are English and
are their own translation; the French ones stand in locale/fr and pass through `french_typography` when they are read.
In French no line breaks between a number and its unit (U+00A0); English has plain spaces.
"""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from gettext import NullTranslations
from pathlib import Path
from typing import Final, Self
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_timedelta, get_timezone_location
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal
from babel.support import LazyProxy, Translations

from kit.money import Money

LANGUAGES: Final = ("fr", "en")
DEFAULT: Final = "fr"
SOURCE: Final = "en"  # the language of the sentences in the code
LANGUAGE: Final[ContextVar[str]] = ContextVar("language", default=DEFAULT)

LOCALES: Final = {"fr": Locale.parse("fr_FR"), "en": Locale.parse("en_GB")}
CATALOGUES: Final = Path(__file__).resolve().parent.parent / "locale"

NO_BREAK: Final = "\u00a0"
NARROW: Final = "\u202f"  # the space before ; : ! ? and inside « »


# Which language


def language() -> str:
    return LANGUAGE.get()


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Raises ValueError for a language that is not spoken here."""
    if language not in LANGUAGES:
        raise ValueError(f"no such language: {language!r}")
    token = LANGUAGE.set(language)
    try:
        yield
    finally:
        LANGUAGE.reset(token)


def negotiate(accept_language: str, default: str = DEFAULT) -> str:
    """The best of our languages for an Accept-Language header (RFC 9110), the first named among equals."""
    best, best_weight = default, 0.0
    for part in accept_language[:500].split(","):
        tag, _, parameter = part.strip().partition(";")
        weight = _weight(parameter)
        spoken = tag.strip().lower().split("-")[0]
        if spoken in LANGUAGES and weight > best_weight:
            best, best_weight = spoken, weight
    return best


def _weight(parameter: str) -> float:
    if not parameter:
        return 1.0
    written = re.fullmatch(r"\s*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*", parameter)
    return float(written[1]) if written else 0.0


# French typography

_PROTECTED = r"""
    <(?P<block>style|script|pre|code)\b.*?</(?P=block)\s*>   # text that is not prose
  | <[/!a-z][^<>]*>                         # a tag and its attributes
  | \w+://[^\s<>"«»]+                       # an address
  | %\(\w+\)[a-z] | %% | \{\w*\}            # a placeholder
  | &(?:\w+|\#\w+);                         # an entity
"""
_SPACE = r"[^\S\r\n]"
_SIGNS = re.compile(
    rf"""
    (?P<dots>\.\.\.)
  | (?P<apostrophe>(?<=[^\W\d_])'(?=[\w%<{{«]))
  | (?P<space>&nbsp;(?=(?:\s|&nbsp;)*[;:!?»])|(?<=«)&nbsp;)
  | {_PROTECTED}
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_GAPS = re.compile(
    rf"""
    (?P<before>{_SPACE}+(?=[;:!?»]))
  | (?P<opening>«{_SPACE}*)
  | (?P<missing>(?<=[\w)}}>%…’”"»])(?=[;:!?]+(?:[\s)<»]|$)) | (?<=[^\s«])(?=»))
  | {_PROTECTED}
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)


def french_typography(text: str) -> str:
    """French as it is printed: U+202F before ; : ! ? and inside « », the apostrophe ’, the ellipsis ….

    Applied to a sentence before its placeholders are filled, to whole texts too. Tags, entities, addresses, `14:30` and
    placeholders stay as they are. Twice gives the same as once.
    """
    return _GAPS.sub(_gap, _SIGNS.sub(_sign, text))


def _sign(found: re.Match[str]) -> str:
    return {"dots": "…", "apostrophe": "’", "space": NO_BREAK}.get(found.lastgroup or "", found[0])


def _gap(found: re.Match[str]) -> str:
    return {"before": NARROW, "opening": "«" + NARROW, "missing": NARROW}.get(found.lastgroup or "", found[0])


# Sentences


@cache
def catalogue(language: str) -> NullTranslations:
    """Compiled in memory, once. Raises PoFileError where the file is not well formed, FileNotFoundError without one."""
    if language == SOURCE and not _file(language).exists():
        return NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, _read(language))
    compiled.seek(0)
    return Translations(compiled)


def faults(language: str) -> list[str]:
    """What a translator must still do: sentences without a translation, placeholders that differ from the source's."""
    if language == SOURCE:
        return []
    found = []
    for message in _read(language):
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.id and (message.fuzzy or not all(texts)):
            found.append(f"not translated: {message.id}")
        elif message.id:
            found.extend(f"{error}: {message.id}" for error in message.check())
    return found


def _file(language: str) -> Path:
    return CATALOGUES / language / "LC_MESSAGES" / "messages.po"


def _read(language: str) -> Catalog:
    with _file(language).open("rb") as file:
        read = read_po(file, locale=language, abort_invalid=True)
    if language == "fr":
        for message in read:
            if message.id and isinstance(message.string, str):
                message.string = french_typography(message.string)
            elif message.id and message.string:
                message.string = tuple(french_typography(text or "") for text in message.string)
    return read


def gettext(msgid: str, /, **values: object) -> str:
    """With values, they take their places; without any, `%(name)s` stays for the caller (as Jinja does)."""
    if not msgid:  # the empty msgid is the catalogue's header
        return ""
    text = catalogue(LANGUAGE.get()).gettext(str(msgid))
    return text % values if values else text


def ngettext(singular: str, plural: str, n: int, /, **values: object) -> str:
    text = catalogue(LANGUAGE.get()).ngettext(singular, plural, n)
    return text % values if values else text


def pgettext(context: str, msgid: str, /, **values: object) -> str:
    text = catalogue(LANGUAGE.get()).pgettext(context, msgid)
    return text % values if values else text


def npgettext(context: str, singular: str, plural: str, n: int, /, **values: object) -> str:
    text = catalogue(LANGUAGE.get()).npgettext(context, singular, plural, n)
    return text % values if values else text


def lazy(msgid: str, /, **values: object) -> LazyProxy:
    """For what is said later: labels of a form, sentences of a refusal. Translated each time it is read."""
    return LazyProxy(gettext, msgid, enable_cache=False, **values)


class Translated(dict[str, str]):
    """A text that people typed in one or two languages. A value: never changed, replaced with `saying`.

    Empty texts are left out. Raises ValueError for a language not spoken here, TypeError for what is no text.
    """

    def __init__(self, texts: Mapping[str, str | None] | None = None, /, **more: str | None) -> None:
        super().__init__()
        for spoken, text in {**(texts or {}), **more}.items():
            if spoken not in LANGUAGES:
                raise ValueError(f"no such language: {spoken!r}")
            if text is not None and not isinstance(text, str):
                raise TypeError(f"not a text: {text!r}")
            if text and text.strip():
                self[spoken] = text.strip()

    @classmethod
    def from_json(cls, value: object) -> Self:
        """`{"fr": …, "en": …}`, null, or a bare text, which is taken as the default language."""
        if value is None or isinstance(value, Mapping):
            return cls(value)
        if isinstance(value, str):
            return cls({DEFAULT: value})
        raise TypeError(f"not a translated text: {value!r}")

    def text(self, language: str | None = None) -> str:
        """In the language asked or spoken now, else in the other one, else empty."""
        return self.get(self.language(language), "")

    def language(self, language: str | None = None) -> str:
        """The language that `text` answers in, for the attribute `lang`."""
        asked = language or LANGUAGE.get()
        return next((spoken for spoken in (asked, *LANGUAGES) if spoken in self), asked)

    def missing(self) -> list[str]:
        return [spoken for spoken in LANGUAGES if spoken not in self]

    def saying(self, language: str, text: str) -> Self:
        return type(self)({**self, language: text})

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"Translated({dict.__repr__(self)})"


# Days and hours. `when` and `now` are aware; a zone is a name such as Europe/Paris; hours are the store's.

WITHOUT_YEAR: Final = timedelta(days=334)  # eleven months
EVENING: Final = time(18)  # what ends later than this ends tonight


def day_words(day: date, today: date) -> str:
    """`mardi 1ᵉʳ décembre`, `Tuesday 1 December`; with the year beyond eleven months from today."""
    return _day(day, abs(day - today) > WITHOUT_YEAR, LANGUAGE.get())


@lru_cache(maxsize=4096)
def _day(day: date, with_year: bool, language: str) -> str:
    number = "'1ᵉʳ'" if language == "fr" and day.day == 1 else "d"
    return format_date(day, f"EEEE {number} MMMM{' y' if with_year else ''}", locale=LOCALES[language])


def day_name(day: date, today: date) -> str:
    """`demain`, `tomorrow`, else the day in words."""
    match (day - today).days:
        case 0:
            return gettext("today")
        case 1:
            return gettext("tomorrow")
        case -1:
            return gettext("yesterday")
        case _:
            return day_words(day, today)


def time_words(clock: time | datetime) -> str:
    """The hour that `clock` shows: `14 h 30`, `14 h`, `minuit`; `2.30 pm`, `2 pm`, `noon`, `midnight`."""
    if clock.hour == clock.minute == 0:
        return gettext("midnight")
    if LANGUAGE.get() == "fr":
        return f"{clock.hour}{NO_BREAK}h" + (f"{NO_BREAK}{clock.minute:02}" if clock.minute else "")
    if (clock.hour, clock.minute) == (12, 0):
        return "noon"
    return f"{_twelve_hours(clock)} {_half_of_day(clock)}"


def _twelve_hours(clock: time | datetime) -> str:
    return f"{clock.hour % 12 or 12}" + (f".{clock.minute:02}" if clock.minute else "")


def _half_of_day(clock: time | datetime) -> str:
    return "am" if clock.hour < 12 else "pm"


def hours_range_words(start: time | datetime, end: time | datetime) -> str:
    """`de 14 h 30 à 15 h 15`, `2.30 to 3.15 pm`."""
    first, last = time_words(start), time_words(end)
    if LANGUAGE.get() == "en" and first.endswith(("am", "pm")) and first[-2:] == last[-2:]:
        first = _twelve_hours(start)
    return gettext("%(first)s to %(last)s", first=first, last=last)


def moment_words(when: datetime, zone: str, now: datetime) -> str:
    """`aujourd’hui à 16 h 30`, `Friday 4 December at 8 pm`."""
    here, today = _local(when, zone), _local(now, zone).date()
    return gettext("%(day)s at %(time)s", day=day_name(here.date(), today), time=time_words(here))


def before_words(when: datetime, zone: str, now: datetime) -> str:
    """A moment promised: `demain avant 11 h`, `by 10.55 am on Monday 30 November`."""
    day, today, clock = _closing(when, zone, now)
    match (day - today).days:
        case 0:
            return gettext("today by %(time)s", time=clock)
        case 1:
            return gettext("tomorrow by %(time)s", time=clock)
        case _:
            return gettext("by %(time)s on %(day)s", time=clock, day=day_words(day, today))


def until_words(when: datetime, zone: str, now: datetime) -> str:
    """An end, without its preposition: `ce soir, 20 h`, `vendredi 4 décembre, 20 h`; `8 pm tonight`."""
    day, today, clock = _closing(when, zone, now)
    match (day - today).days:
        case 0 if _is_evening(when, zone):
            return gettext("%(time)s tonight", time=clock)
        case 0:
            return gettext("%(time)s today", time=clock)
        case 1:
            return gettext("%(time)s tomorrow", time=clock)
        case _:
            return gettext("%(day)s, %(time)s", day=day_words(day, today), time=clock)


def kept_until_words(when: datetime, zone: str, now: datetime) -> str:
    """An end with its preposition: `jusqu’à ce soir, 20 h`, `jusqu’au vendredi 4 décembre, 20 h`."""
    day, today, clock = _closing(when, zone, now)
    match (day - today).days:
        case 0 if _is_evening(when, zone):
            return gettext("until %(time)s tonight", time=clock)
        case 0:
            return gettext("until %(time)s today", time=clock)
        case 1:
            return gettext("until %(time)s tomorrow", time=clock)
        case _:
            return gettext("until %(day)s, %(time)s", day=day_words(day, today), time=clock)


def _local(when: datetime, zone: str) -> datetime:
    if when.tzinfo is None:
        raise ValueError("a moment without a zone")
    return when.astimezone(ZoneInfo(zone))


def _closing(when: datetime, zone: str, now: datetime) -> tuple[date, date, str]:
    """Day, today and hour of an end. What ends at midnight ends with the day before, as people say it."""
    here = _local(when, zone)
    day = here.date() - timedelta(days=1) if here.time() == time() else here.date()
    return day, _local(now, zone).date(), time_words(here)


def _is_evening(when: datetime, zone: str) -> bool:
    clock = _local(when, zone).time()
    return clock > EVENING or clock == time()


def zone_words(zone: str) -> str:
    """`heure de Paris`, `Paris time`."""
    place = get_timezone_location(zone, locale=LOCALES[LANGUAGE.get()], return_city=True)
    if place[0] in "AEIOUYÀÂÉÈÊÎÔ":
        return gettext("%(vowel)s time", vowel=place)
    return gettext("%(place)s time", place=place)


def ago_words(when: datetime, now: datetime) -> str:
    """`il y a 3 heures`, `in 20 minutes`, `just now`: whole minutes, hours or days, never rounded up."""
    apart = when - now
    size = abs(apart)
    unit = next((unit for unit in (timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)) if size >= unit), None)
    if unit is None:
        return gettext("just now")
    whole = size // unit * unit
    signed = whole if apart > timedelta() else -whole
    return format_timedelta(signed, threshold=1, add_direction=True, locale=LOCALES[LANGUAGE.get()])


def duration_words(minutes: int) -> str:
    """`45 minutes`, `1 heure`, `1 h 30`; `1 hour 30 minutes`."""
    hours, rest = divmod(minutes, 60)
    if hours and rest and LANGUAGE.get() == "fr":
        return f"{hours}{NO_BREAK}h{NO_BREAK}{rest:02}"
    parts = []
    if hours:
        parts.append(ngettext("%(num)d hour", "%(num)d hours", hours, num=hours))
    if rest or not hours:
        parts.append(ngettext("%(num)d minute", "%(num)d minutes", rest, num=rest))
    return " ".join(parts)


# Numbers and lists


@lru_cache(maxsize=8192)
def _price(minor: int, currency: str, language: str) -> str:
    return format_currency(Money(minor, currency).decimal, currency, locale=LOCALES[language])


def price_words(price: Money) -> str:
    """`1 299,00 €`, `€1,299.00`."""
    return _price(price.minor, price.currency, LANGUAGE.get())


@lru_cache(maxsize=4096)
def _number(number: int | Decimal, language: str) -> str:
    return format_decimal(number, locale=LOCALES[language])


def number_words(number: int | Decimal) -> str:
    """`1 299`, `1,299`."""
    return _number(number, LANGUAGE.get())


def distance_words(km: float) -> str:
    """`850 m` in tens of metres below a kilometre, then `1,2 km`, whole kilometres from ten."""
    space = NO_BREAK if LANGUAGE.get() == "fr" else " "
    metres = round(km * 100) * 10
    if metres < 1000:
        return f"{metres}{space}m"
    shown = Decimal(round(km)) if km >= 9.95 else Decimal(str(round(km, 1))).normalize()
    return f"{number_words(shown)}{space}km"


def list_words(items: Sequence[object]) -> str:
    """`a, b et c`, `a, b and c`."""
    if len(items) < 2:
        return "".join(str(item) for item in items)
    return gettext("%(others)s and %(last)s", others=", ".join(str(item) for item in items[:-1]), last=items[-1])


def upper_first(text: str) -> str:
    """A sentence's first letter; the rest stays as it is written."""
    return text[:1].upper() + text[1:]


# In an SMS: few signs, and only those of kit/gsm.py


def sms_day(day: date) -> str:
    """`12/08`: the only month in words that would double the price of an SMS is août."""
    return f"{day.day:02}/{day.month:02}"


def sms_time(clock: time | datetime) -> str:
    """`14h30`, `14h`; English as elsewhere."""
    if LANGUAGE.get() == "fr":
        return f"{clock.hour}h" + (f"{clock.minute:02}" if clock.minute else "")
    return time_words(clock)
