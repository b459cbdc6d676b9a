"""Rows under the names of our columns."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import itemgetter

from stores.exchange.cells import trimmed, unescaped
from stores.exchange.problems import Problem
from stores.exchange.reading import Dialect, Row


@dataclass(slots=True)
class Record:
    """What one row says."""

    line: int
    """Where it begins in the file."""
    cells: dict[str, str]
    """By our columns; a column that is not in the file is not here."""
    raw: list[str]
    """As they stand in the file, for the file that is tried again."""
    problems: list[Problem] = field(default_factory=list)

    @property
    def is_rejected(self) -> bool:
        return any(not problem.warning for problem in self.problems)


def mapped(rows: Iterable[Row], dialect: Dialect, mapping: Mapping[str, str]) -> Iterator[Record]:
    """Each row by the names that the mapping gives its cells. Of two cells with one name the first is taken."""
    places: dict[str, int] = {}
    for place, header in enumerate(dialect.columns):
        if header and (column := mapping.get(header)):
            places.setdefault(column, place)
    names = tuple(places)
    width = len(dialect.columns)
    pick = itemgetter(*places.values(), width)  # the last one, which nobody wants, makes it always a tuple
    for row in rows:
        cells, problems = row.cells, []
        if row.fault:
            yield Record(row.line, {}, cells, [row.fault])
            continue
        if len(cells) != width:
            if fault := _misfit(cells, width):
                problems.append(fault)
            cells = (cells + [""] * width)[:width]
        picked = pick([*cells, ""])
        joined = "\0".join(picked)
        if "\0'" in joined or joined[0:1] == "'":
            picked = tuple(map(unescaped, picked))
        if joined.isascii():
            yield Record(row.line, dict(zip(names, map(str.strip, picked), strict=False)), row.cells, problems)
        else:
            yield Record(row.line, dict(zip(names, map(trimmed, picked), strict=False)), row.cells, problems)


def _misfit(cells: list[str], width: int) -> Problem | None:
    """Whether a row that is not as wide as the header says something there, or lacks something."""
    if len(cells) < width:
        return Problem("", "", "row_shorter", {"count": len(cells), "of": width})
    if any(map(str.strip, cells[width:])):
        return Problem("", "", "row_longer", {"count": len(cells), "of": width})
    return None
