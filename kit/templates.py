"""The template environment that pages and messages share: strict, escaped, and speaking the current language."""

from datetime import date, datetime
from pathlib import Path

import jinja2

from kit import codes, languages
from kit.money import Money

ROOT = Path(__file__).resolve().parent.parent / "templates"


def environment(root: Path = ROOT, *, autoescape: bool = True) -> jinja2.Environment:
    """An undefined name is an error, not an empty string. Rendering is synchronous: load everything before."""
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(root),
        autoescape=autoescape,  # noqa: S701 – off for plain text only
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n"],
    )
    env.install_gettext_callables(  # type: ignore[attr-defined]
        languages.gettext,
        languages.ngettext,
        newstyle=True,
        pgettext=languages.pgettext,
        npgettext=languages.npgettext,
    )
    env.globals.update(language=languages.language)
    env.filters.update(
        price=_price,
        code=codes.show_code,
        spell=codes.spell_code,
        km=languages.distance_words,
        time=languages.time_words,
        day=_day,
        list_words=languages.list_words,
        number=languages.number_words,
    )
    return env


def _price(money: Money) -> str:
    return languages.price_words(money)


def _day(day: date | datetime, today: date) -> str:
    return languages.day_words(day.date() if isinstance(day, datetime) else day, today)
