"""The template environment that pages and messages share: strict, escaped, and speaking the current language."""

from datetime import date, datetime
from pathlib import Path

import jinja2
from jinja2.bccache import Bucket

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
