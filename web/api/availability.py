"""What can be had where: one of four words for the public, a number only for those who were given a key to it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from kit.languages import lazy
from stores import catalogue, stock
from stores.places import Place, Store, nearest
from stores.stock import StoreStock
from web.api import answers, bodies
from web.api.calls import Calls, about
from web.api.replies import FRESH, PRIVATE, VERSION, catalogue_reply
from web.api.stores import at, known_store
from web.routing import ANYONE

calls = Calls()


@calls.get(f"{VERSION}/availability", allow=ANYONE, name="api_availability")
@about(
    lazy("Whether articles can be reserved, by article and store"),
    answers.AvailabilityList,
    more=lazy(
        "One item for each SKU and store; `sku` and `store` may be repeated. A SKU that is not offered has no item. "
        "Quantities are not public: a key with scope `read` also gets `reservable`, in its stores."
    ),
    query=bodies.AvailabilityQuery,
    refusals=((404, "not_found"), (422, "invalid")),
)
async def availability(request: Request, session: AsyncSession) -> Response:
    asked = bodies.query(bodies.AvailabilityQuery, request)
    everywhere = sorted(request.app.state.house.stores.values(), key=lambda store: store.name)
    stores: list[Store] = [known_store(request, slug) for slug in dict.fromkeys(asked.store)] or everywhere
    variants = await catalogue.find_variants(session, asked.sku)
    rows = await stock.rows_of(session, [variant.id for variant in variants.values()])
    cells = {(row.variant_id, row.store_id): row for row in rows}
    reads = request.state.actor.may("stock.read")
    items = []
    for sku in dict.fromkeys(asked.sku):
        if variant := variants.get(sku):
            for store in stores:
                cell = cells.get((variant.id, store.id))
                item = availability_answer(variant, store, cell, now=request.state.now)
                if reads and request.state.actor.sees(store.id):
                    item.reservable = 0 if variant.product.by_appointment else max(0, cell.available if cell else 0)
                items.append(item)
    cache = PRIVATE if reads else FRESH
    return catalogue_reply(request, answers.AvailabilityList(items=items, next=None), cache)


def availability_answer(
    variant: catalogue.Variant, store: Store, cell: StoreStock | None, *, now: datetime
) -> answers.Availability:
    status = stock.public_status(cell, store, by_appointment=variant.product.by_appointment, now=now)
    return answers.Availability(
        sku=variant.sku, store=store.slug, status=status, checked_at=at(store, stock.checked_at(cell))
    )


async def missing_lines(
    request: Request, session: AsyncSession, missing: Sequence[stock.Wanted], slug: str, skus: Mapping[int, str]
) -> list[answers.MissingLine]:
    """What is not there, and the stores that have as much of it, the nearest to the store of that slug first.

    `skus` by variant id.
    """
    here = known_store(request, slug)
    others = nearest(
        [other for other in request.app.state.house.stores.values() if other.slug != slug],
        Place(here.name, here.latitude, here.longitude),
    )
    variants = await catalogue.find_variants(session, list(skus.values()))
    rows = await stock.rows_of(session, [wanted.variant_id for wanted in missing])
    cells = {(row.variant_id, row.store_id): row for row in rows}
    lines = []
    for wanted in missing:
        variant = variants.get(skus[wanted.variant_id])
        elsewhere = []
        for other, _ in others:
            if variant is None:
                break
            cell = cells.get((wanted.variant_id, other.id))
            said = availability_answer(variant, other, cell, now=request.state.now)
            if said.status in ("available", "to_confirm") and cell and cell.available >= wanted.requested:
                elsewhere.append(answers.Elsewhere(store=other.slug, status=said.status))
        lines.append(answers.MissingLine(sku=skus[wanted.variant_id], requested=wanted.requested, elsewhere=elsewhere))
    return lines
