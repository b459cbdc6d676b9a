"""What these pages call things: kinds of spaces, languages that advisors speak, lengths of time, absences."""

from datetime import datetime, time, timedelta
from functools import lru_cache

from kit import languages
from kit.languages import gettext, ngettext, pgettext
from stores.places import Store
from stores.schedules import TimeOff

SPOKEN = (
    "fr", "en", "es", "it", "de", "pt", "nl", "ar", "ber", "ro", "pl", "ru", "uk", "tr", "el", "he", "fa", "hi", "ta",
    "zh", "ja", "ko", "vi", "br", "co", "eu", "oc", "gsw", "rcf", "fsl",
)  # fmt: skip
"""Offered in this order; an advisor may speak others, which then stay."""


def space_words(kind: str) -> str:
    """A kind of space; one that we do not know is called by its code."""
    known = {
        "table": pgettext("space", "table"),
        "fitting_room": pgettext("space", "fitting room"),
        "kitchen_corner": pgettext("space", "kitchen corner"),
    }
    return known.get(kind, kind.replace("_", " "))


@lru_cache(maxsize=512)
def _language(code: str, spoken: str) -> str:
    return str(languages.LOCALES[spoken].languages.get(code, code))


def spoken_words(code: str) -> str:
    """A language, in the language of the page: `italien`, `Italian`."""
    return _language(code, languages.language())


def long_words(minutes: int) -> str:
    """A length of time, in days where it is whole days."""
    days, rest = divmod(minutes, 24 * 60)
    if days and not rest:
        return ngettext("%(num)d day", "%(num)d days", days, num=days)
    return languages.duration_words(minutes)


def lead_words(minutes: int) -> str:
    """How soon it may be booked."""
    if not minutes:
        return pgettext("limit", "until it begins")
    return gettext("at least %(length)s ahead", length=long_words(minutes))


def cut_off_words(minutes: int) -> str:
    """Until when the shopper may change it herself."""
    if not minutes:
        return pgettext("limit", "until it begins")
    return gettext("until %(length)s before", length=long_words(minutes))


def absence_span(off: TimeOff, store: Store, now: datetime) -> str:
    """`lundi 30 novembre`, `du lundi 30 novembre au mercredi 2 décembre`, `lundi 30 novembre, de 9 h à 12 h`."""
    first, last = store.local(off.starts_at), store.local(off.ends_at)
    today = store.local(now).date()
    whole = first.time() == time() and last.time() == time()
    last_day = (last - timedelta(minutes=1)).date()
    if first.date() == last_day:
        day = languages.day_words(first.date(), today)
        return day if whole else f"{day}, {languages.hours_range_words(first, last)}"
    begin, end = languages.day_words(first.date(), today), languages.day_words(last_day, today)
    if not whole:
        begin, end = f"{begin}, {languages.time_words(first)},", f"{end}, {languages.time_words(last)}"
    return pgettext("days", "from %(first)s to %(last)s", first=begin, last=end)
