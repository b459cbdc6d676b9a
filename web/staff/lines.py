"""The articles of one reservation, as its page shows them: where each is, who else has it, what could replace it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from booking.customers import show_phone
from booking.reservations import substitutes
from booking.reservations.states import Status
from booking.reservations.tables import Line, Reservation
from kit import languages
from kit.money import Money
from stores import stock
from stores.places import Store
from stores.stock import StoreStock
from web import views
from web.house import House
from web.staff import frame
from web.staff.typed import Typed, units
from web.views import Picture
from web.words import line_words, reason_words


@dataclass(frozen=True)
class Elsewhere:
    """Another store that could help, and its number."""

    store: str
    available: int
    phone: str


@dataclass(frozen=True)
class Offer:
    """An article that could be offered instead."""

    sku: str
    name: str
    picture: Picture | None
    price: Money
    available: int
    chosen: bool


@dataclass(frozen=True)
class LineView:
    id: int
    name: str
    lang: str
    picture: Picture | None
    sku: str
    ean: str
    ean_end: str
    """The last four digits, by which two boxes are told apart."""
    floor: str
    shelf: str
    price: Money
    quantity: int
    held: int
    state: str
    why: str
    stock: StoreStock | None
    elsewhere: Sequence[Elsewhere]
    is_offer: bool
    accepted: bool | None
    ask: bool
    """Whether staff say here what they found."""
    choice: str = ""
    found: int = 0
    reason: str = ""
    query: str = ""
    searched: bool = False
    offers: Sequence[Offer] = ()
    offer_units: int = 1
    errors: Mapping[str, str] = field(default_factory=dict)


async def line_view(
    request: Request,
    session: AsyncSession,
    one: Reservation,
    line: Line,
    typed: Typed,
    errors: Mapping[str, str],
    *,
    asks: bool,
) -> LineView:
    house: House = request.app.state.house
    variant = line.variant
    rows = {row.store_id: row for row in await stock.rows_of(session, [variant.id])}
    here = rows.get(one.store_id)
    ean = variant.gtin or ""
    asked = asks and line.holding
    query = typed.get(f"q-{line.id}", "").strip()
    searched = asked and (f"search-{line.id}" in typed or bool(query) or bool(typed.get(f"instead-{line.id}")))
    chosen = typed.get(f"instead-{line.id}", "")
    offers = await _offers(session, one.store_id, line, query, chosen) if searched else []
    return LineView(
        id=line.id,
        name=views.name_of(variant),
        lang=variant.product.name.language(),
        picture=frame.picture_of(variant),
        sku=variant.sku,
        ean=ean[:-4],
        ean_end=ean[-4:],
        floor=frame.floor_words(one.store, here.floor if here else None, frame.department_code(house, variant)),
        shelf=here.shelf if here else "",
        price=line.price,
        quantity=line.quantity,
        held=line.held,
        state=line_words(line.status),
        why=reason_words(line.reason),
        stock=here,
        elsewhere=_elsewhere(house, one.store, rows),
        is_offer=line.replaces_id is not None,
        accepted=line.accepted,
        ask=asked,
        choice=typed.get(f"answer-{line.id}", "found" if one.status != Status.REQUESTED else ""),
        found=units(typed.get(f"found-{line.id}", ""), max(1, line.held - 1)),
        reason=typed.get(f"reason-{line.id}", ""),
        query=query,
        searched=searched,
        offers=offers,
        offer_units=units(typed.get(f"instead-units-{line.id}", ""), line.held),
        errors={name: errors[f"{name}-{line.id}"] for name in ("answer", "found", "reason", "instead")
                if f"{name}-{line.id}" in errors},
    )  # fmt: skip


def _elsewhere(house: House, store: Store, rows: Mapping[int, StoreStock]) -> list[Elsewhere]:
    """Stores that have it, the nearest first."""
    others = [other for other in house.stores.values() if other.id in rows and other.id != store.id]
    others.sort(key=lambda other: store.km_to(other.latitude, other.longitude))
    return [
        Elsewhere(other.name, rows[other.id].available, show_phone(other.phone, languages.language()))
        for other in others
        if rows[other.id].available > 0
    ]


async def _offers(session: AsyncSession, store_id: int, line: Line, query: str, chosen: str) -> list[Offer]:
    found = list(await substitutes.look_for(session, store_id, line.variant, query))
    if chosen and chosen not in {one.variant.sku for one in found}:
        # what was picked before stays to be seen beside what another search brings
        found = [*await substitutes.look_for(session, store_id, line.variant, chosen), *found]
    return [
        Offer(
            sku=one.variant.sku,
            name=views.name_of(one.variant),
            picture=frame.picture_of(one.variant),
            price=one.variant.price,
            available=one.available,
            chosen=one.variant.sku == chosen,
        )
        for one in found
    ]
