"""The template environment that pages and messages share: strict, escaped, and speaking the current language."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import jinja2
from jinja2.bccache import Bucket
from markupsafe import Markup

from kit import codes, languages
from kit.money import Money

ROOT = Path(__file__).resolve().parent.parent / "templates"


class _Compiled(jinja2.BytecodeCache):
    """What was compiled once in this process; its source is compared each time, so a changed file is compiled anew."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if kept := self._kept.get(bucket.key):
            bucket.bytecode_from_string(kept)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


_PAGES = _Compiled()
"""Only for environments that compile alike: those that escape, and that nobody extends."""


def environment(root: Path = ROOT, *, autoescape: bool = True) -> jinja2.Environment:
    """An undefined name is an error, not an empty string. Rendering is synchronous: load everything before."""
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(root),
        autoescape=autoescape,  # noqa: S701 – off for plain text only
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        auto_reload=False,  # looking at each file each time it is included is a fifth of a page
        extensions=["jinja2.ext.i18n"],
        bytecode_cache=_PAGES if autoescape else None,
    )
    env.install_gettext_callables(  # type: ignore[attr-defined]
        languages.gettext,
        languages.ngettext,
        newstyle=True,
        pgettext=languages.pgettext,
        npgettext=languages.npgettext,
    )
    if autoescape:  # as Jinja's own, which look for their function each time they are called
        env.globals.update(
            _=_escaped(languages.gettext),
            gettext=_escaped(languages.gettext),
            ngettext=_escaped(languages.ngettext),
            pgettext=_escaped(languages.pgettext),
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


def _escaped(say: Callable[..., str]) -> Callable[..., Markup]:
    """A translation as markup: its own signs are ours, what takes a place in it is escaped."""

    def said(*words: Any, **values: object) -> Markup:
        text = Markup(say(*words))  # noqa: S704 – from the catalogue
        if len(words) == 3:
            values.setdefault("num", words[-1])
        return text % values if values or "%" in text else text

    return said


def _price(money: Money) -> str:
    return languages.price_words(money)


def _day(day: date | datetime, today: date) -> str:
    return languages.day_words(day.date() if isinstance(day, datetime) else day, today)
