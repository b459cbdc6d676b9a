"""How a message is written: from one text file a language to plain words, a page, an SMS.

The first two lines of `templates/messages/<template>/<language>.txt` are the subject and the preview, then come
paragraphs, lists (`- …`) and ways to act (`[words](address)`), one a line. The HTML is made of the same file, so no
sentence is written twice; `<language>.sms.txt` is the SMS. What people typed takes its place inside a line and can
begin nothing: neither a list, nor a link, nor another line.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from typing import Any, Final

import css_inline
import jinja2
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from markupsafe import Markup

from kit import languages, templates
from kit.gsm import gsm_plain
from kit.languages import french_typography

LONGEST_SMS_LINK: Final = 46
"""With a link of so many signs each SMS stays within one part: 21 for VITRINE_SHORT_URL, then `/r/` and the token."""


@dataclass(frozen=True)
class Piece:
    """A paragraph, a list, or one way to act; `lines` are what it says."""

    kind: str
    lines: tuple[str, ...]
    url: str = ""


@dataclass(frozen=True)
class Written:
    """A template with everything in its place."""

    subject: str
    preview: str
    pieces: tuple[Piece, ...] = field(default=())

    @property
    def links(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(piece.url for piece in self.pieces if piece.url))


_ACTION = re.compile(r"\[(?P<words>[^\[\]]+)\]\((?P<url>[^()\s]+)\)")
_SET_ASIDE: Final = dict(zip(map(ord, "[]()-"), "\ue000\ue001\ue002\ue003\ue004", strict=True))
_PUT_BACK: Final = {ord(aside): chr(sign) for sign, aside in _SET_ASIDE.items()}


def _value(value: object) -> str:
    """A value on its way into a text: one line, and none of the signs that give a text its form until it is read."""
    text = "".join(" " if unicodedata.category(sign) in ("Cc", "Cf", "Co", "Zl", "Zp") else sign for sign in str(value))
    return text.translate(_SET_ASIDE)


def read_written(text: str) -> Written:
    """The parts of a rendered template."""
    lines = [line.strip(" ") for line in text.splitlines()]
    subject, preview = (_plain(line.partition(":")[2]) for line in lines[:2])
    pieces: list[Piece] = []
    for kind, grouped in groupby(lines[2:], key=_kind_of):
        group = list(grouped)
        if kind == "paragraph":
            pieces.append(Piece(kind, tuple(_plain(line) for line in group)))
        elif kind == "list":
            pieces.append(Piece(kind, tuple(_plain(line[2:]) for line in group)))
        elif kind == "action":
            found = (_ACTION.fullmatch(line) for line in group)
            pieces += [Piece(kind, (_plain(action["words"]),), _plain(action["url"])) for action in found if action]
    return Written(subject, preview, tuple(pieces))


def _kind_of(line: str) -> str:
    if not line:
        return ""
    if line.startswith("- "):
        return "list"
    return "action" if _ACTION.fullmatch(line) else "paragraph"


def _plain(text: str) -> str:
    return text.translate(_PUT_BACK).strip()


_ONLY_TAGS: Final = re.compile(r"^[ \t]*(?:\{%(?:(?!%\}).)*%\}[ \t]*)+\n", re.MULTILINE)


class _Lines(Extension):
    """A line that has nothing but tags is no line of the text; any other line ends where it ends."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return _ONLY_TAGS.sub(lambda line: line[0].strip(), source)


class _FrenchTypography(Extension):
    """The words of a template are printed as French is; what takes a place in them stays as it was typed."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        for token in stream:
            yield Token(token.lineno, token.type, french_typography(token.value)) if token.type == "data" else token


@cache
def _texts(language: str) -> jinja2.Environment:
    env = templates.environment(autoescape=False)
    env.trim_blocks = env.lstrip_blocks = False
    env.finalize = _value
    env.filters["upper_first"] = languages.upper_first
    env.add_extension(_Lines)
    if language == "fr":
        env.add_extension(_FrenchTypography)
    return env


@cache
def _pages() -> jinja2.Environment:
    return templates.environment()


@cache
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)


def write(template: str, language: str, facts: dict[str, Any]) -> Written:
    """The template with these facts. The language must be the one that is spoken."""
    return read_written(_texts(language).get_template(f"messages/{template}/{language}.txt").render(facts))


def write_sms(template: str, language: str, facts: dict[str, Any]) -> str:
    """Its short form, in signs that an SMS can carry."""
    text = _texts(language).get_template(f"messages/{template}/{language}.sms.txt").render(facts)
    return gsm_plain(" ".join(_plain(text).split()))


def as_text(written: Written) -> str:
    """The plain part of a mail, complete on its own."""
    colon = french_typography(" :") if languages.language() == "fr" else ":"
    parts = []
    for piece in written.pieces:
        if piece.kind == "list":
            parts.append("\n".join(f"- {line}" for line in piece.lines))
        elif piece.kind == "action":
            parts.append(f"{piece.lines[0]}{colon}\n{piece.url}")
        else:
            parts.append("\n".join(piece.lines))
    return "\n\n".join(parts) + "\n"


def as_html(written: Written, *, house: str) -> str:
    """The same in one column, with its styles inside: no picture, nothing from elsewhere."""
    page = _pages().get_template("messages/_layout.html").render(written=written, house=house, breaks=_breaks)
    return _inliner().inline(page)


def _breaks(lines: Sequence[str]) -> Markup:
    return Markup("<br>").join(lines)


def as_note(written: Written) -> str:
    """Two lines for a channel of the store: what is promised, and where to go. Nothing of the shopper's."""
    return "\n".join([written.preview, *written.links[:1]])
