"""Things that staff have to do with their hands or their voice, because a promise made or ended them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column, relationship, selectinload

from booking.appointments.tables import Appointment
from booking.reservations.tables import Line, Reservation
from kit.db import Base, after_commit
from kit.errors import NotFound
from stores.catalogue import Variant


class Kind(StrEnum):
    PUT_BACK = "put_back"  # take the bag from behind the desk back to its shelf
    CALL = "call"  # the shopper asked to be told by telephone
    RECOVER = "recover"  # we broke a promise: a manager calls within one open day
    CHECK = "check"  # more is promised than the books have: look
    FOLLOW_UP = "follow_up"  # something promised to a shopper at the end of her appointment


class Task(Base):
    """One thing to do, in one store, by a moment."""

    __tablename__ = "task"
    __table_args__ = (
        UniqueConstraint(
            "store_id",
            "kind",
            "reservation_id",
            "line_id",
            "variant_id",
            "appointment_id",
            "version",
            name="uq_task_cause",
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_task_open", "store_id", "kind", "due_at", postgresql_where="done_at is null"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    store_id: Mapped[int] = mapped_column(ForeignKey("store.id"))
    kind: Mapped[str]
    reservation_id: Mapped[int | None] = mapped_column(ForeignKey("reservation.id"))
    line_id: Mapped[int | None] = mapped_column(ForeignKey("reservation_line.id"))
    variant_id: Mapped[int | None] = mapped_column(ForeignKey("variant.id"))
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    version: Mapped[int] = mapped_column(default=0)
    """Of the booking, so that the same cause makes one task."""
    quantity: Mapped[int] = mapped_column(default=0)
    about: Mapped[str] = mapped_column(default="")
    """For a call: the template of the message that it stands for."""
    note: Mapped[str] = mapped_column(default="")
    """For a follow-up: what was promised; for a call: the words that the shopper is to be told."""
    due_at: Mapped[datetime]
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    done_by: Mapped[str] = mapped_column(default="")

    reservation: Mapped[Reservation | None] = relationship(lazy="raise")
    line: Mapped[Line | None] = relationship(lazy="raise")
    variant: Mapped[Variant | None] = relationship(lazy="raise")
    appointment: Mapped[Appointment | None] = relationship(lazy="raise")


async def add(
    session: AsyncSession,
    kind: Kind,
    *,
    store_id: int,
    due_at: datetime,
    now: datetime,
    reservation_id: int | None = None,
    line_id: int | None = None,
    variant_id: int | None = None,
    appointment_id: int | None = None,
    version: int = 0,
    quantity: int = 0,
    about: str = "",
    note: str = "",
) -> None:
    """Put it on the store's list; the same cause twice is one task."""
    await session.execute(
        insert(Task)
        .values(
            kind=kind,
            store_id=store_id,
            reservation_id=reservation_id,
            line_id=line_id,
            variant_id=variant_id,
            appointment_id=appointment_id,
            version=version,
            quantity=quantity,
            about=about,
            note=note,
            due_at=due_at,
            created_at=now,
        )
        .on_conflict_do_nothing()
    )
    after_commit(session, "ring", str(store_id))


async def check_shortfalls(session: AsyncSession, short: Iterable[tuple[int, int, int]], *, now: datetime) -> None:
    """(store, variant, units missing): somebody looks and counts, unless a colleague is asked to already."""
    missing = {(store_id, variant_id): units for store_id, variant_id, units in short}
    if not missing:
        return
    store_ids, variant_ids = {store for store, _ in missing}, {variant for _, variant in missing}
    asked = select(Task.store_id, Task.variant_id).where(
        Task.kind == Kind.CHECK, Task.done_at.is_(None), Task.store_id.in_(store_ids), Task.variant_id.in_(variant_ids)
    )
    asked_for = {(store, variant) for store, variant in await session.execute(asked)}
    new = [
        {
            "kind": Kind.CHECK,
            "store_id": store_id,
            "variant_id": variant_id,
            "version": int(now.timestamp()),
            "quantity": units,
            "due_at": now,
            "created_at": now,
        }
        for (store_id, variant_id), units in sorted(missing.items())
        if (store_id, variant_id) not in asked_for
    ]
    if new:
        await session.execute(insert(Task).on_conflict_do_nothing(), new)
    for store_id in {one["store_id"] for one in new}:
        after_commit(session, "ring", str(store_id))


async def find(session: AsyncSession, task_id: int, *, store_ids: frozenset[int]) -> Task:
    """The task, or `NotFound` when it is another store's."""
    task = await session.scalar(select(Task).where(Task.id == task_id, Task.store_id.in_(store_ids)))
    if task is None:
        raise NotFound()
    return task


async def finish(session: AsyncSession, task: Task, *, by: str, now: datetime) -> bool:
    """It is done. False when a colleague was faster."""
    done = await session.execute(
        update(Task)
        .where(Task.id == task.id, Task.done_at.is_(None))
        .values(done_at=now, done_by=by)
        .returning(Task.id)
        .execution_options(synchronize_session=False)
    )
    after_commit(session, "ring", str(task.store_id))
    return done.first() is not None


async def withdraw(
    session: AsyncSession,
    kind: Kind,
    *,
    reservation_id: int | None = None,
    appointment_id: int | None = None,
    now: datetime,
) -> None:
    """The cause is gone: nobody has to do it any more for this booking."""
    booking = Task.reservation_id == reservation_id if reservation_id else Task.appointment_id == appointment_id
    await session.execute(
        update(Task)
        .where(Task.kind == kind, booking, Task.done_at.is_(None))
        .values(done_at=now, done_by="")
        .execution_options(synchronize_session=False)
    )


async def forget(session: AsyncSession, appointment_ids: Sequence[int], *, now: datetime) -> None:
    """Name and contact of these appointments are erased: nobody can be called, and what was promised is forgotten."""
    await session.execute(
        update(Task)
        .where(Task.appointment_id.in_(appointment_ids))
        .values(note="", done_at=func.coalesce(Task.done_at, now))
        .execution_options(synchronize_session=False)
    )


async def open_in(session: AsyncSession, store_ids: frozenset[int], *kinds: Kind) -> Sequence[Task]:
    """What is still to be done in these stores, most urgent first, with all that the list shows."""
    query = (
        select(Task)
        .where(Task.store_id.in_(store_ids), Task.done_at.is_(None), Task.kind.in_(kinds or tuple(Kind)))
        .order_by(Task.due_at, Task.id)
        .options(
            selectinload(Task.reservation),
            selectinload(Task.line),
            selectinload(Task.appointment),
            selectinload(Task.variant).selectinload(Variant.product),
        )
    )
    return (await session.scalars(query)).all()
