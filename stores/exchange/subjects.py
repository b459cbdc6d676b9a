"""What a batch can be about, and what each of these must know: what a record asks for, how it is written, what undoes
it. `batches` carries the rows, the subjects know what they mean.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

if TYPE_CHECKING:
    from stores.exchange.formats import Record
    from stores.exchange.problems import Problem


class Action(StrEnum):
    """What becomes of a row. Those of a file are one of the first four; `hidden` is what a full file does not name."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"
    HIDDEN = "hidden"


WRITTEN = (Action.CREATED, Action.UPDATED, Action.HIDDEN)
"""What applying has something to do with."""


@dataclass
class Context:
    """In which batch a row stands, and for whom."""

    batch_id: int
    now: datetime
    by: str
    store_ids: frozenset[int] | None = None
    """Whose stock may be changed; None: every store."""
    language: str = "fr"
    """Of a file whose columns do not say their language."""
    currency: str = "EUR"
    options: Mapping[str, Any] = field(default_factory=dict)
    memory: dict[str, Any] = field(default_factory=dict)
    """What a subject keeps from one chunk to the next of the same run; a run that goes on elsewhere begins with an
    empty one and is shown the rows before it (`Subject.remember`)."""
    shortfalls: list[tuple[int, int, int]] = field(default_factory=list)
    """(store, variant, units missing): filled by what is applied, made into tasks of the stores by who runs it."""

    @property
    def is_full(self) -> bool:
        """The file names everything that there is."""
        return self.options.get("mode") == "full"

    def adds(self, column: str) -> bool:
        """Whether this column adds to what is there instead of replacing it."""
        return column in self.options.get("add", ())


@dataclass
class Checked:
    """What a row would do."""

    line: int
    key: str
    """What it is about, for people and to find the same thing twice: a SKU, `store sku`, a slug."""
    action: Action
    data: dict[str, Any] = field(default_factory=dict)
    """What is to be written, by our columns; what begins with `_` is not shown to people. `matched_by` says how an
    article was found: `sku`, `gtin`, `ref`, `slug`."""
    before: dict[str, Any] | None = None
    """What stands there now, for the columns that would change."""
    problems: list["Problem"] = field(default_factory=list)
    raw: list[str] | None = None
    """The cells of the file; kept of a rejected row only."""


class Row(Protocol):
    """A `BatchRow`, or its columns by these names: what `apply` and `undo` are given, and may change. Whoever changes
    `action`, `before` or `problems` of one has it written back by `batches`."""

    id: int
    line: int
    key: str
    action: str
    data: dict[str, Any]
    before: dict[str, Any] | None
    problems: list[Any]


@dataclass(frozen=True)
class Brake:
    """Something so unlikely that somebody has to type its number before it is done."""

    reason: str
    """`prices`, `vanish`, `would_wipe`."""
    count: int
    of: int
    quarantine: bool = False
    """Rather a broken file than a wish: it waits in quarantine."""
    detail: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"reason": self.reason, "count": self.count, "of": self.of, **self.detail}


class Subject(Protocol):
    """What rows are about. Every statement is for a whole chunk; `apply` and `undo` are called inside one transaction
    for each chunk, may be called again with the same rows, and then change nothing more."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Of its files, in their order."""

    def group(self, records: Iterator["Record"]) -> Iterator[list["Record"]]:
        """Rows that must stay in one chunk, in the order of the file. `each_alone` where there are none."""

    def remember(self, records: "Sequence[Record]", *, context: Context) -> None:
        """These were checked by an earlier run of the same check: keep what `check` would have kept of them."""

    async def check(self, session: AsyncSession, records: "Sequence[Record]", *, context: Context) -> list[Checked]:
        """What the rows of one chunk would do; nothing is written. One for each, in their order."""

    async def absent(self, session: AsyncSession, *, context: Context, after: str, limit: int) -> list[Checked]:
        """Of a full file that was read to its end: up to `limit` things that exist and that no row of the batch names,
        in the order of their keys, after this key; their lines are given by `batches`."""

    async def brake(self, session: AsyncSession, *, context: Context) -> Brake | None:
        """Whether what was checked is too unlikely to be done without a second look."""

    async def apply(self, session: AsyncSession, rows: Sequence[Row], *, context: Context) -> Counter[str]:
        """Write these rows; how many of them became what (`Action`). Reads again what it locks."""

    async def undo(self, session: AsyncSession, rows: Sequence[Row], *, context: Context) -> Counter[str]:
        """Write back what stood there, the last row first: how many were `undone`, and how many `left` because
        somebody has changed them since."""

    def shown(self, column: str, value: Any, *, context: Context) -> str:
        """A value of `data` or `before` in the words of people."""


def each_alone(records: "Iterable[Record]") -> "Iterator[list[Record]]":
    """For subjects whose rows know nothing of each other."""
    for record in records:
        yield [record]
