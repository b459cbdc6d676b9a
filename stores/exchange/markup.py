"""Product feeds in XML: RSS 2.0 and Atom with Google's namespace, read as rows.

A piece at a time, by expat. Declarations of types and entities are refused where they begin, so nothing grows while it
is read and nothing is fetched; how deep and how long elements may be is limited.
"""

import codecs
from collections import deque
from collections.abc import Iterator
from typing import Final
from xml.parsers import expat

from stores.exchange import limits
from stores.exchange.problems import Unreadable

ELEMENT: Final = 16
"""Signs that an element counts for besides its text."""

_GOOGLE: Final = "http://base.google.com/"
_ROOTS: Final = frozenset({"rss", "feed", "channel", "RDF"})
_ITEMS: Final = frozenset({"item", "entry"})


def looks_like_it(head: bytes) -> bool:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        head = head[2:].replace(b"\0", b"")
    return head.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"<")


def columns(pieces: Iterator[bytes]) -> list[str]:
    """The names of all that its articles say, in the order in which they are first said."""
    names: dict[str, None] = {}
    for _, item in items(pieces):
        names.update(dict.fromkeys(item))
        if len(names) > limits.COLUMNS:
            raise Unreadable("too_many_columns", limit=limits.COLUMNS)
    return list(names)


def items(pieces: Iterator[bytes]) -> Iterator[tuple[int, dict[str, str]]]:
    """Each article: the line where it begins, and its texts by the name of their element without a prefix."""
    feed = _Feed()
    for piece in pieces:
        feed.read(piece)
        while feed.items:
            yield feed.items.popleft()
    feed.read(b"", is_last=True)


class _Feed:
    """What expat calls while it reads."""

    def __init__(self) -> None:
        self.items: deque[tuple[int, dict[str, str]]] = deque()
        self.depth = 0
        self.line = 0
        self.item: dict[str, list[str]] | None = None
        self.size = 0
        self.fed = 0
        self.of_google: set[str] = set()
        self.inside = 0  # depth of the article's own element
        self.parts: list[str] = []
        self.length = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.data
        self.parser.StartDoctypeDeclHandler = self.declared
        self.parser.EntityDeclHandler = self.declared

    def read(self, piece: bytes, *, is_last: bool = False) -> None:
        try:
            self.parser.Parse(piece, is_last)
        except (expat.ExpatError, LookupError, ValueError):  # the last two: an encoding that is not known
            raise Unreadable("xml_malformed", line=self.parser.CurrentLineNumber) from None
        self.fed += len(piece)
        if self.fed - self.parser.CurrentByteIndex > limits.LINE:  # a tag or a comment that does not end
            raise Unreadable("line_too_long", line=self.parser.CurrentLineNumber)

    def declared(self, *_: object) -> None:
        raise Unreadable("xml_entities", line=self.parser.CurrentLineNumber)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(" ")[2]
        self.depth += 1
        if self.depth == 1 and local not in _ROOTS:
            raise Unreadable("not_a_feed", root=local[:80])
        if self.depth > limits.DEPTH:
            raise Unreadable("xml_too_deep", line=self.parser.CurrentLineNumber)
        if self.item is None:
            if local in _ITEMS:
                self.item, self.inside, self.line = {}, self.depth, self.parser.CurrentLineNumber
                self.of_google, self.size = set(), 0
        elif self.depth == self.inside + 1:
            self.parts, self.length = [], 0
            if local == "link" and "href" in attributes and attributes.get("rel", "alternate") == "alternate":
                self.data(attributes["href"])

    def data(self, text: str) -> None:
        if self.item is not None and self.depth > self.inside and self.length <= limits.CELL:
            self.parts.append(text)
            self.length += len(text)

    def end(self, name: str) -> None:
        self.depth -= 1
        if self.item is None:
            return
        if self.depth == self.inside:
            self.say(name)
        elif self.depth < self.inside:
            self.items.append((self.line, {name: ",".join(texts) for name, texts in self.item.items()}))
            self.item = None

    def say(self, name: str) -> None:
        """One text of the article. Of `title` and `g:title` Google's is meant; said again, it is one more of a list."""
        assert self.item is not None
        namespace, _, local = name.rpartition(" ")
        text = "".join(self.parts)[: limits.CELL + 1]
        self.size += len(text) + ELEMENT
        if self.size > limits.LINE:
            raise Unreadable("line_too_long", line=self.line)
        is_googles = namespace.startswith(_GOOGLE)
        if is_googles and local not in self.of_google:
            self.of_google.add(local)
            self.item[local] = [text]
        elif is_googles or local not in self.of_google:
            self.item.setdefault(local, []).append(text)
        if len(self.item) > limits.COLUMNS:
            raise Unreadable("too_many_columns", limit=limits.COLUMNS)
