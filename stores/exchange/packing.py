"""What goes into one cell of our own files: numbers and moments as programs write them, lists, facts.

`writing` packs, whoever reads one of our files unpacks; each pair gives back what it was given.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from kit.money import Money

_PIECE: Final = re.compile(r"\\[\\|:;/]|[^\\|:;/]+|.", re.DOTALL)
_MARKED: Final = re.compile(r"\\([\\|:;/])")


def listed(texts: Iterable[str]) -> str:
    """`one | two | three`; a bar or a backslash of a text is marked with a backslash before it."""
    return " | ".join(marked(text, "|") for text in texts)


def unlisted(cell: str) -> list[str]:
    """The texts of `listed`, without the spaces around them; none for an empty cell."""
    return [unmarked(part) for part in parted(cell, "|")] if cell.strip() else []


def told(facts: Iterable[Sequence[object]]) -> str:
    """`Height: 42 cm | Weight: 3 kg`; a colon of a label is marked like a bar."""
    return " | ".join(f"{marked(str(label), '|:')}: {marked(str(value), '|')}" for label, value in facts)


def untold(cell: str) -> list[tuple[str, ...]]:
    """(label, value) of each fact; what has no colon comes alone, for the caller to refuse."""
    facts = []
    for part in parted(cell, "|") if cell.strip() else ():
        label, *value = parted(part, ":")
        facts.append((unmarked(label), *([unmarked(":".join(value))] if value else [])))
    return facts


def truth(value: bool) -> str:
    return "true" if value else "false"


def number(value: int | None) -> str:
    return "" if value is None else str(value)


def amount(minor: int | None, currency: str) -> str:
    return "" if minor is None else Money(minor, currency).amount


def moment(value: datetime | None) -> str:
    return "" if value is None else value.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def marked(text: str, signs: str) -> str:
    """With a backslash before each of these signs and before backslashes."""
    return "".join(f"\\{sign}" if sign == "\\" or sign in signs else sign for sign in text)


def unmarked(text: str) -> str:
    """`marked` taken back, without the spaces around it."""
    return _MARKED.sub(r"\1", text).strip()


def parted(cell: str, sign: str) -> Iterator[str]:
    """The pieces between the unmarked ones of this sign, their own marks left in."""
    piece = ""
    for found in _PIECE.finditer(cell):
        if found[0] == sign:
            yield piece
            piece = ""
        else:
            piece += found[0]
    yield piece
