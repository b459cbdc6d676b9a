"""What is made ready before a visit: the list of things to do, articles, notes, suggestions with their reason."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.attributes import set_committed_value

from booking.appointments import keeping
from booking.appointments.moves import must_be, record
from booking.appointments.states import OPEN, ItemState, MovedOn, Status
from booking.appointments.tables import Appointment, Check, Item, Note
from kit.errors import Invalid, NotFound
from kit.languages import lazy
from stores import pairings, stock
from stores.catalogue import Product, State, Variant
from stores.stock import StoreStock

LONGEST_NOTE = 500
MOST_SUGGESTIONS = 4
MOST_ITEMS = 20
SHORTEST_GTIN = 6
"""Significant digits of a code at the till."""


def item_of(appointment: Appointment, item_id: int) -> Item:
    """The article of this appointment, or `NotFound`."""
    item = next((item for item in appointment.items if item.id == item_id), None)
    if item is None:
        raise NotFound()
    return item


async def tick(
    session: AsyncSession, appointment: Appointment, check_id: int, *, done: bool, by: str, now: datetime
) -> None:
    """A thing of the checklist is done, or not after all. Ticked twice, it keeps the first name."""
    must_be(appointment, *OPEN)
    check = next((check for check in appointment.checks if check.id == check_id), None)
    if check is None:
        raise NotFound()
    changed = await session.execute(
        update(Check)
        .where(Check.id == check.id, Check.done_at.is_(None) if done else Check.done_at.is_not(None))
        .values(done_at=now if done else None, done_by=by if done else "")
        .returning(Check.id)
    )
    if changed.first() is not None:
        event = "check_done" if done else "check_undone"
        await record(session, appointment, event, by=by, now=now, detail={"check": check.id})


STEPS: dict[ItemState, frozenset[ItemState]] = {
    ItemState.SUGGESTED: frozenset({ItemState.TO_FETCH, ItemState.DROPPED}),
    # in a visit one tap says it all: who likes what nobody had ticked has seen it
    ItemState.TO_FETCH: frozenset(
        {ItemState.READY, ItemState.MISSING, ItemState.SHOWN, ItemState.LIKED, ItemState.REFUSED, ItemState.DROPPED}
    ),
    ItemState.READY: frozenset(
        {ItemState.TO_FETCH, ItemState.MISSING, ItemState.SHOWN, ItemState.LIKED, ItemState.REFUSED, ItemState.DROPPED}
    ),
    ItemState.MISSING: frozenset({ItemState.TO_FETCH, ItemState.READY, ItemState.DROPPED}),
    ItemState.SHOWN: frozenset({ItemState.LIKED, ItemState.REFUSED, ItemState.READY}),
    ItemState.LIKED: frozenset({ItemState.REFUSED, ItemState.SHOWN}),
    ItemState.REFUSED: frozenset({ItemState.LIKED, ItemState.SHOWN}),
    ItemState.DROPPED: frozenset({ItemState.TO_FETCH}),
}


async def set_item(
    session: AsyncSession, appointment: Appointment, item_id: int, to: ItemState, *, by: str, now: datetime
) -> None:
    """An article is fetched, missing, shown, liked, refused or taken off; a suggestion is taken up or dropped.

    What is taken up is held if it is there; what is taken off, missing or refused is given back.
    """
    must_be(appointment, *OPEN)
    item = item_of(appointment, item_id)
    before = await _state_now(session, appointment, item)
    if before == to:
        return
    if to not in STEPS[before]:
        raise Invalid("state", lazy("This article cannot be marked so."))
    item.state = to
    if to in (ItemState.DROPPED, ItemState.MISSING, ItemState.REFUSED):
        await keeping.give_back(session, appointment, by=by, now=now, items=[item])
    elif to in (ItemState.TO_FETCH, ItemState.READY):
        await keeping.keep(session, appointment, item, by=by, now=now)
    if to == ItemState.READY:
        item.state = to  # it is in a colleague's hands, whatever the books say
    await session.flush()
    await record(session, appointment, f"item_{to}", by=by, now=now, before=before, detail={"item": item.id})


async def _state_now(session: AsyncSession, appointment: Appointment, item: Item) -> ItemState:
    """The article as it stands, with its appointment locked: two colleagues tap one after the other."""
    await _lock_open(session, appointment)
    row = (await session.execute(select(Item.state, Item.held).where(Item.id == item.id))).one()
    set_committed_value(item, "state", row.state)
    set_committed_value(item, "held", row.held)
    return ItemState(row.state)


async def _lock_open(session: AsyncSession, appointment: Appointment) -> None:
    """Nobody ends it while its articles change: what is held for it is given back when it ends."""
    query = select(Appointment.status).where(Appointment.id == appointment.id).with_for_update(key_share=True)
    status = await session.scalar(query)
    if status not in OPEN:
        raise MovedOn(Status(status or appointment.status))


async def add_item(
    session: AsyncSession, appointment: Appointment, variant: Variant, *, by: str, now: datetime
) -> None:
    """A colleague puts an article on the list, by its code or in place of one that is missing."""
    must_be(appointment, *OPEN)
    await _lock_open(session, appointment)
    if len(appointment.items) >= MOST_ITEMS:
        raise Invalid("items", lazy("Bring at most %(n)d articles"), {"n": MOST_ITEMS}, field="sku")
    same = next((item for item in appointment.items if item.variant_id == variant.id), None)
    if same is not None and same.state not in (ItemState.DROPPED, ItemState.SUGGESTED):
        raise Invalid("items", lazy("This article is on the list already."), field="sku")
    if same is not None:
        await set_item(session, appointment, same.id, ItemState.TO_FETCH, by=by, now=now)
        return
    await keeping.bring(session, appointment, [(variant, 1)], by=by, now=now, added_by=by)
    await record(session, appointment, "item_added", by=by, now=now, detail={"sku": variant.sku})


async def scanned(session: AsyncSession, typed: str) -> Variant:
    """The article of an SKU, or of the code at the till, as typed or scanned; raises `Invalid` for none."""
    code = "".join(typed.split()).upper().replace("\0", "")
    digits = code.lstrip("0") if code.isascii() and code.isdigit() else ""
    ways = [func.upper(Variant.sku) == code]
    if len(digits) >= SHORTEST_GTIN:
        ways.append(func.ltrim(Variant.gtin, "0") == digits)
    query = (
        select(Variant)
        .join(Variant.product)
        .where(or_(*ways), ~Variant.hidden, Product.state == State.PUBLISHED)
        .order_by(Variant.id)
        .limit(1)
        .options(selectinload(Variant.product).selectinload(Product.pictures))
    )
    variant = await session.scalar(query) if code else None
    if variant is None:
        raise Invalid("unknown", lazy("No article has this code."), field="sku")
    return variant


async def suggest(session: AsyncSession, appointment: Appointment, *, by: str, now: datetime) -> int:
    """What goes with her articles and is here, by the pairings of the catalogue, to take up or drop: how many.

    Suggested once: what was dropped is not suggested again.
    """
    must_be(appointment, *OPEN)
    await _lock_open(session, appointment)
    chosen = [item for item in appointment.items if item.state not in (ItemState.SUGGESTED, ItemState.DROPPED)]
    known = {item.variant.product_id for item in appointment.items}
    found = await pairings.of_products(session, sorted({item.variant.product_id for item in chosen}))
    new = [pairing for pairing in found if pairing.other_id not in known]
    forms = {variant.id for pairing in new for variant in pairing.other.variants if not variant.hidden}
    cells = await stock.cells(session, appointment.store_id, forms)
    here = [(pairing, variant) for pairing in new if (variant := _form_here(pairing, cells)) is not None]
    for pairing, variant in here[:MOST_SUGGESTIONS]:
        item = Item(
            appointment_id=appointment.id,
            variant_id=variant.id,
            quantity=1,
            held=0,
            state=ItemState.SUGGESTED,
            added_by=by,
            why=pairing.reason,
            price_minor=variant.price_minor,
            currency=variant.currency,
        )
        item.variant = variant
        appointment.items.append(item)
    await session.flush()
    return len(here[:MOST_SUGGESTIONS])


def _form_here(pairing: pairings.Pairing, cells: Mapping[int, StoreStock]) -> Variant | None:
    """The first of its forms that this store has, on show or free."""
    shown = pairing.other.by_appointment
    return next(
        (
            variant
            for variant in pairing.other.variants
            if not variant.hidden
            and (cell := cells.get(variant.id)) is not None
            and (cell.book if shown else cell.available) > 0
        ),
        None,
    )


async def write_note(
    session: AsyncSession,
    appointment: Appointment,
    text: str,
    *,
    private: bool,
    account_id: int | None,
    by: str,
    now: datetime,
) -> None:
    """A note for colleagues, or for oneself. The shopper may read it on request."""
    text = text.strip()
    if not text:
        raise Invalid("missing", lazy("Write a few words"), field="text")
    if len(text) > LONGEST_NOTE:
        raise Invalid("too_long", lazy("Keep it under %(n)d signs"), {"n": LONGEST_NOTE}, field="text")
    note = Note(appointment_id=appointment.id, text=text, private=private, account_id=account_id, by=by, at=now)
    appointment.notes.append(note)
    await session.flush()
    await record(session, appointment, "note", by=by, now=now)


def notes_for(appointment: Appointment, account_id: int | None) -> list[Note]:
    """The notes that this colleague may read: everyone's shared ones, and her own."""
    return [note for note in appointment.notes if not note.private or note.account_id == account_id]
