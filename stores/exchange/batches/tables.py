"""A batch: many changes that somebody asked for at once, by a file or by hand. Looked at first, applied in pieces,
undone.

    uploaded → checking → checked → applying → applied → undoing → undone
                   ↓          ↓ ↑       ↓
                failed   cancelled  undoing

Each step is committed piece by piece with a cursor, so that a worker that is killed is followed by one that goes on
where it stopped; a batch is worked on by whoever holds its lease. What a row was before is kept with the row, which is
what undoes it.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kit.db import Base


class State(StrEnum):
    UPLOADED = "uploaded"  # waits for its columns to be named
    CHECKING = "checking"
    CHECKED = "checked"  # waits for somebody to say yes
    QUARANTINED = "quarantined"  # checked, and so unlikely that only a person may say yes
    APPLYING = "applying"
    APPLIED = "applied"
    UNDOING = "undoing"
    UNDONE = "undone"
    CANCELLED = "cancelled"
    FAILED = "failed"  # the file cannot be used, and nothing was changed


TRANSITIONS: dict[State, frozenset[State]] = {
    State.UPLOADED: frozenset({State.CHECKING, State.CANCELLED, State.FAILED}),
    State.CHECKING: frozenset({State.CHECKED, State.QUARANTINED, State.CANCELLED, State.FAILED}),
    State.CHECKED: frozenset({State.CHECKING, State.APPLYING, State.CANCELLED}),
    State.QUARANTINED: frozenset({State.CHECKING, State.APPLYING, State.CANCELLED}),
    State.APPLYING: frozenset({State.APPLIED, State.UNDOING}),
    State.APPLIED: frozenset({State.UNDOING}),
    State.UNDOING: frozenset({State.UNDONE}),
    State.UNDONE: frozenset(),
    State.CANCELLED: frozenset(),
    State.FAILED: frozenset(),
}
WORKED_ON = (State.CHECKING, State.APPLYING, State.UNDOING)
"""What the worker goes on with."""


class Subject(StrEnum):
    """What a batch changes."""

    PRODUCTS = "products"
    STOCK = "stock"
    STORES = "stores"
    PAIRINGS = "pairings"
    EDIT = "edit"  # one field of many articles, chosen in the list


class Batch(Base):
    """One file, or one bulk edit, on its way."""

    __tablename__ = "batch"
    __table_args__ = (
        Index("ix_batch_worked_on", "state", postgresql_where="state in ('checking', 'applying', 'undoing')"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str]
    state: Mapped[str] = mapped_column(default=State.UPLOADED)
    name: Mapped[str] = mapped_column(default="")
    """Of the file, for people; of a bulk edit, its field."""
    digest: Mapped[str] = mapped_column(default="")
    """SHA-256 of the file, in hex."""
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    format: Mapped[str] = mapped_column(default="auto")
    """`vitrine`, `shopify`, `google`; `auto` until it is known."""
    dialect: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """How the file is written: {"encoding", "delimiter", "columns": [header cell, …]}."""
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Our column by header cell; a header cell that is absent is not read."""
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """{"mode": "full" or "partial", "add": ["pictures", "facts": these add to what is there], "columns_in": the
    language of columns that do not say theirs, "language": of its messages, …}."""
    store_ids: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True))
    """The stores whose stock who asked may change; empty: every store."""
    rows: Mapped[int] = mapped_column(default=0)
    """Rows of the file, its header left out, known once it was read."""
    cursor: Mapped[int] = mapped_column(default=0)
    """The last line whose work in the present state is committed."""
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """{"created", "updated", "unchanged", "rejected", "hidden", …}: of the check, then of what was applied."""
    brake: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Why a number has to be typed before it is applied: {"reason", "count", "of"}; empty: nothing unlikely."""
    error: Mapped[str] = mapped_column(default="")
    """Code of why the file cannot be used."""
    error_params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    by: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]
    """Somebody works on it; free for others after that."""
    lease: Mapped[int] = mapped_column(BigInteger, default=0)
    """Rises with each who takes it: who was given up cannot write any more."""


class BatchPart(Base):
    """A piece of the file of a batch, so that any worker on any machine can read it. Deleted when it is not needed."""

    __tablename__ = "batch_part"

    batch_id: Mapped[int] = mapped_column(ForeignKey("batch.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    data: Mapped[bytes]


class BatchRow(Base):
    """What one row of a file, or one article of a bulk edit, asks for."""

    __tablename__ = "batch_row"
    __table_args__ = (
        Index("ix_batch_row_line", "batch_id", "line", unique=True),
        Index("ix_batch_row_action", "batch_id", "action", "line"),
        Index("ix_batch_row_key", "batch_id", "key"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batch.id", ondelete="CASCADE"))
    line: Mapped[int]
    """Where the row begins in the file, the header being line 1; of a bulk edit, its place."""
    key: Mapped[str]
    """What it is about: a SKU, `store sku`, a slug."""
    action: Mapped[str]
    """`created`, `updated`, `unchanged`, `hidden`, `rejected`."""
    data: Mapped[dict[str, Any]]
    """What is to be written, by our columns."""
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """What stood there, shown as the difference and written back by undoing; empty: nothing stood there."""
    problems: Mapped[list[Any]] = mapped_column(default=list)
    """[{"column", "value", "code", "params"}, …] of a rejected row, and warnings of the others."""
    raw: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True))
    """The cells of a rejected row as they stood in the file, for the file that is tried again."""
