"""Reservations as a file: one row for each line, with what a list of the store's staff says, and nobody's name."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from booking.reservations.tables import Line, Reservation
from kit.codes import show_code
from kit.db import table_of
from stores.catalogue import Variant
from stores.exchange.packing import amount, moment, number
from stores.exchange.writing import Key, Page
from stores.places import Store

LINES = 2000

MOMENTS: Final = ("requested_at", "answer_by", "answered_at", "ready_at", "hold_until", "ended_at")
COLUMNS: Final = (
    "code", "store", "status", *MOMENTS, "reason", "sku", "quantity", "line_status", "found", "bought", "line_reason",
    "price", "currency",
)  # fmt: skip


async def page(session: AsyncSession, after: Key, *, store_ids: Sequence[int] | None = None) -> Page:
    """The next lines, oldest first, of these stores or of all."""
    reservations, lines = table_of(Reservation).c, table_of(Line).c
    query = (
        select(
            lines.id,
            reservations.code,
            table_of(Store).c.slug,
            reservations.status,
            *(reservations[name] for name in MOMENTS),
            reservations.reason,
            table_of(Variant).c.sku,
            lines.quantity,
            lines.status.label("line_status"),
            lines.found,
            lines.bought,
            lines.reason.label("line_reason"),
            lines.price_minor,
            lines.currency,
        )
        .join(reservations.id.table, reservations.id == lines.reservation_id)
        .join(table_of(Store), table_of(Store).c.id == reservations.store_id)
        .join(table_of(Variant), table_of(Variant).c.id == lines.variant_id)
        .where(lines.id > (after[0] if after else 0))
        .order_by(lines.id)
        .limit(LINES)
    )
    if store_ids is not None:
        query = query.where(reservations.store_id.in_(store_ids))
    found = (await session.execute(query)).all()
    rows = [
        [
            show_code(row.code),
            row.slug,
            row.status,
            *(moment(getattr(row, name)) for name in MOMENTS),
            row.reason,
            row.sku,
            str(row.quantity),
            row.line_status,
            number(row.found),
            number(row.bought),
            row.line_reason,
            amount(row.price_minor, row.currency),
            row.currency,
        ]
        for row in found
    ]
    return Page(rows, (found[-1].id,) if len(found) == LINES else None)
