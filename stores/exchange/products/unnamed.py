"""What a full file does not name."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from stores.catalogue import State
from stores.exchange.problems import Problem
from stores.exchange.subjects import Action, Checked, Context


async def absent(session: AsyncSession, context: Context, *, after: str, limit: int) -> list[Checked]:
    """Variants that are offered and that no row names: to be hidden, and their article withdrawn with the last."""
    found = await session.execute(
        text(
            """
            with unnamed as (
                select variant.* from variant
                where not hidden and sku > :after and not exists (
                    select from batch_row where batch_id = :batch_id and batch_row.key = variant.sku)
                order by sku limit :limit
            )
            select unnamed.id, unnamed.sku, product.id as product_id, product.ref, product.state,
                (select coalesce(sum(reserved), 0) from store_stock where variant_id = unnamed.id) as reserved,
                not exists (
                    select from variant as other
                    where other.product_id = product.id and not other.hidden and other.id <> unnamed.id
                        and (other.sku > unnamed.sku or exists (
                            select from batch_row where batch_id = :batch_id and batch_row.key = other.sku))
                ) as is_last
            from unnamed join product on product.id = unnamed.product_id order by unnamed.sku
            """
        ),
        {"after": after, "batch_id": context.batch_id, "limit": limit},
    )
    rows = []
    for row in found:
        checked = Checked(
            0, row.sku, Action.HIDDEN, {"hidden": True, "_of": row.ref, "_product": row.product_id, "_variant": row.id},
            {"hidden": False},
        )  # fmt: skip
        if row.is_last and row.state == State.PUBLISHED:
            checked.data["state"], checked.before = str(State.WITHDRAWN), {"hidden": False, "state": row.state}
        if row.reserved:
            checked.problems.append(Problem("sku", row.sku, "still_reserved", {"count": int(row.reserved)}, True))
        rows.append(checked)
    return rows
