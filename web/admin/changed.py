"""Two people who change the same thing: what each changed, so that nobody overwrites what she has not seen.

A form carries a short mark of each value it was filled with. When it comes back, what stands now is held against the
marks: what only the other one changed is taken over, what both changed is shown side by side, and nothing is lost.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from web.admin.typed import Form


def marks_of(values: Mapping[str, str]) -> str:
    """`name:mark` of every field, for one hidden field."""
    return " ".join(f"{name}:{_mark(value)}" for name, value in sorted(values.items()))


def _mark(value: str) -> str:
    return hashlib.sha256(" ".join(value.split()).encode()).hexdigest()[:8]


def touched(marks: str, mine: Form) -> set[str]:
    """The fields that are no longer as they were filled."""
    was = dict(pair.rsplit(":", 1) for pair in marks.split() if ":" in pair)
    return {name for name, mark in was.items() if _mark(mine[name]) != mark}


@dataclass(frozen=True)
class Change:
    """A field that somebody else has changed meanwhile. `mine` is None when only she did."""

    name: str
    theirs: str
    mine: str | None


def since(marks: str, theirs: Mapping[str, str], mine: Form) -> list[Change]:
    """What was changed by somebody else since the form was filled; `mine` takes over what it had not touched."""
    was = dict(pair.rsplit(":", 1) for pair in marks.split() if ":" in pair)
    found = []
    for name, now in theirs.items():
        if name not in was or was[name] == _mark(now) or _mark(mine[name]) == _mark(now):
            continue
        if _mark(mine[name]) == was[name]:
            mine.values[name] = now
            found.append(Change(name, now, None))
        else:
            found.append(Change(name, now, mine[name]))
    return found
