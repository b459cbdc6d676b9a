"""Two people at one article: what each changed, field by field, so that nothing of either is lost.

A form carries a mark of each value that it was filled with. When it comes back, what only the colleague changed is
taken over, what both changed waits for a choice, and rows that one of them added or removed are put side by side too.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from web.admin.typed import Form
from web.merch.article.fields import ROWS, canonical, rows_of

MINE, THEIRS = "mine", "theirs"


@dataclass(frozen=True)
class Difference:
    """What a colleague has changed meanwhile. `mine` None: only she did, and it is taken over. With `gone` she has
    removed the row of which `name` is the key."""

    name: str
    theirs: str
    mine: str | None
    mark: str
    gone: bool = False


def marks_of(values: Mapping[str, str]) -> str:
    """`name:mark` of every field, for one hidden field."""
    return " ".join(f"{name}:{_mark(text)}" for name, text in sorted(canonical(values).items()) if name not in ROWS)


def _mark(text: str) -> str:
    return hashlib.sha256("\n".join(line.rstrip() for line in text.strip().splitlines()).encode()).hexdigest()[:8]


def merge(form: Form, theirs: Mapping[str, str]) -> list[Difference]:
    """Bring the form up to what stands now; what is left to choose, and what was taken over."""
    was = dict(pair.rsplit(":", 1) for pair in form["marks"].split() if ":" in pair)
    found = _gone(form, theirs, was)
    mine, now = canonical(form.values), canonical(theirs)
    for name, text in theirs.items():
        mark, own = _mark(now[name]), _mark(mine.get(name, ""))
        if name in ROWS or name not in was or mark in (was[name], own) or not _is_there(form, name):
            continue
        choice = form[f"take-{name}"]
        if own == was[name] or choice == f"{THEIRS}-{mark}":
            form.values[name] = text
            if own == was[name]:
                found.append(Difference(name, text, None, mark))
        elif choice != f"{MINE}-{mark}":
            found.append(Difference(name, text, form[name], mark))
    _added(form, theirs, was)
    return found


def _is_there(form: Form, name: str) -> bool:
    """Whether the form has this field; rows may have left it."""
    key = name.split("-", 1)[0]
    kind = next((kind for kind, pattern in ROWS.items() if "-" in name and pattern.fullmatch(key)), None)
    return kind is None or key in rows_of(form, kind)


def _gone(form: Form, theirs: Mapping[str, str], was: Mapping[str, str]) -> list[Difference]:
    """Rows that she has removed: they leave the form, unless they were changed in it and are wanted as new ones."""
    found = []
    for kind in ROWS:
        there, mine = set(theirs[kind].split()), rows_of(form, kind)
        kept = []
        for key in mine:
            named = [name for name in was if name.startswith(f"{key}-")]
            if key in there or not named:
                kept.append(key)
                continue
            own = canonical({name: form[name] for name in named})
            changed = kind != "pictures" and any(_mark(own[name]) != was[name] for name in named)
            choice = form[f"take-{key}"]
            if not changed or choice == THEIRS:
                continue
            if choice == MINE:
                kept.append(_anew(form, kind, key))
                continue
            kept.append(key)
            found.append(Difference(key, "", form[f"{key}-sku"] or form[f"{key}-reason_fr"], "", gone=True))
        form.values[kind] = " ".join(kept)
    return found


def _anew(form: Form, kind: str, key: str) -> str:
    """A variant that was removed comes back as a new one; what goes with an article is named by that one anyway."""
    if kind != "variants":
        return key
    new = next_key(form)
    for name in [name for name in form.values if name.startswith(f"{key}-")]:
        form.values[new + name.removeprefix(key)] = form[name]
    return new


def next_key(form: Form) -> str:
    """For one more new variant."""
    taken = {key for key in form["variants"].split() if key.startswith("n")}
    return next(key for n in range(1, len(taken) + 2) if (key := f"n{n}") not in taken)


def _added(form: Form, theirs: Mapping[str, str], was: Mapping[str, str]) -> None:
    """Rows that she has added appear in the form as she saved them."""
    for kind in ROWS:
        mine = rows_of(form, kind)
        for key in theirs[kind].split():
            known = any(name.startswith(f"{key}-") for name in was)
            if key not in mine and not known:
                mine.append(key)
                form.values |= {name: text for name, text in theirs.items() if name.startswith(f"{key}-")}
        form.values[kind] = " ".join(mine)


def touched(form: Form, theirs: Mapping[str, str]) -> set[str]:
    """The fields that say something else than what stands."""
    mine, now = canonical(form.values), canonical(theirs)
    return {
        name
        for name, text in mine.items()
        if name not in ROWS and _mark(text) != _mark(now.get(name, "")) and not name.startswith("take-")
    }
