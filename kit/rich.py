"""Long texts with six formats: bold, italic, list, link, heading, line break. Kept as they were typed, in CommonMark.

What is stored is text, never HTML: `html` renders it and lets nh3 take away whatever is not on its list, each time it
is shown. HTML that a file brings becomes such text once, by `from_html`.
"""

import re
from functools import lru_cache
from html import unescape
from html.parser import HTMLParser

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "h3", "a"}
ATTRIBUTES = {"a": {"href"}}
_HREF = re.compile(r"https://|/(?![/\\])")

_RULES = MarkdownIt("zero", {"breaks": True, "html": False}).enable(
    ["heading", "list", "emphasis", "link", "newline", "escape"]
)


@lru_cache(maxsize=4096)
def html(text: str) -> Markup:
    """The text as HTML of at most p, br, strong, em, ul, ol, li, h3 and links to https or to this site."""
    return Markup(_clean(_as_h3(_RULES.render(text))))  # noqa: S704


def plain(text: str) -> str:
    """Its words alone, on one line: for search engines, feeds and previews."""
    words = nh3.clean(re.sub(r"</(p|li|h3)>|<br ?/?>", " ", str(html(text))), tags=set())
    return " ".join(unescape(words).split())


def from_html(source: str) -> str:
    """The same text without its markup, formats that are known kept: what a file of another system brings."""
    reader = _Reader()
    reader.feed(nh3.clean(source, tags=TAGS | {"div", "b", "i", "h1", "h2", "h4"}, attributes=ATTRIBUTES))
    reader.close()
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]*\n[ \t]*", "\n", "".join(reader.parts))).strip()


def _as_h3(source: str) -> str:
    return re.sub(r"<(/?)h[1-6]>", r"<\1h3>", source)


def _clean(source: str) -> str:
    return nh3.clean(
        source,
        tags=TAGS,
        attributes=ATTRIBUTES,
        attribute_filter=lambda tag, name, value: value if _HREF.match(value) else None,
        url_schemes={"https"},
        link_rel="noopener",
    )


class _Reader(HTMLParser):
    """Writes text for what it reads."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.link = ""
        self.numbers: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("p", "div", "ul", "ol"):
            self.parts.append("\n\n")
        if tag in ("ul", "ol"):
            self.numbers.append(1 if tag == "ol" else 0)
        elif tag == "br":
            self.parts.append("\n")
        elif tag in ("h1", "h2", "h3", "h4"):
            self.parts.append("\n\n### ")
        elif tag == "li":
            number = self.numbers[-1] if self.numbers else 0
            self.parts.append(f"\n{number}. " if number else "\n- ")
            if number:
                self.numbers[-1] += 1
        elif tag in ("strong", "b"):
            self.parts.append("**")
        elif tag in ("em", "i"):
            self.parts.append("*")
        elif tag == "a":
            self.link = dict(attrs).get("href") or ""
            self.parts.append("[" if self.link else "")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("p", "div", "ul", "ol", "h1", "h2", "h3", "h4"):
            self.parts.append("\n\n")
        if tag in ("ul", "ol") and self.numbers:
            self.numbers.pop()
        elif tag in ("strong", "b"):
            self.parts.append("**")
        elif tag in ("em", "i"):
            self.parts.append("*")
        elif tag == "a":
            self.parts.append(f"]({self.link})" if self.link else "")
            self.link = ""

    def handle_data(self, data: str) -> None:
        self.parts.append(re.sub(r"\s+", " ", data))
