"""What people do: one step of a story each, by the use-cases of the house."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from booking import tasks
from booking.demo.week.cast import Week
from booking.reservations import answering, asking, questions, timers
from booking.reservations.asking import Asked
from booking.reservations.tables import Reservation
from stores import stock
from stores.catalogue import Variant
from stores.places import Store
from stores.stock import StoreStock


async def ask(
    week: Week,
    store: Store,
    at: datetime,
    *,
    units: Sequence[int] = (1,),
    contact: str = "email",
    note: bool = False,
    verified: bool = False,
    trusted: bool = False,
    **more: object,
) -> Reservation:
    """Someone asks for as many different articles as `units` has numbers; with `verified`, she confirms by mail."""
    wanted = [(await article(week, store, number, trusted=trusted), number) for number in units]
    lines = list({variant.id: (variant, number) for variant, number in wanted}.values())
    person = week.someone(contact=contact, note=note)
    asked: Asked = await asking.reserve(
        week.session,
        store,
        lines,
        person,
        secret=week.secret,
        now=at,
        **more,  # type: ignore[arg-type]
    )
    reservation = await questions.get(week.session, asked.reservation.id)
    if verified:
        await asking.verify(week.session, reservation, now=at + timedelta(minutes=1))
    return reservation


async def article(week: Week, store: Store, units: int, *, trusted: bool = False, besides: int = 0) -> Variant:
    """Something that may be reserved and of which `store` has enough; `trusted`: cheap, plenty, seen and fed lately."""
    spare = units + 3 if trusted else units
    shelves = [
        shelf
        for shelf in week.shelves[store.slug]
        if shelf.available >= spare
        and shelf.at_most >= units
        and shelf.product_id != besides
        and (shelf.trusted or not trusted)
    ]
    week.rng.shuffle(shelves)
    for shelf in shelves:
        # what this shelf had when the week began may be promised by now
        query = (
            select(Variant)
            .join(StoreStock, StoreStock.variant_id == Variant.id)
            .where(Variant.id == shelf.variant_id, StoreStock.store_id == store.id, StoreStock.available >= spare)
            .options(joinedload(Variant.product))
        )
        if variant := await week.session.scalar(query):
            return variant
    raise stock.OutOfStock([])


async def settle(week: Week, reservation: Reservation, at: datetime) -> None:
    """The worker's tick at that moment, for this reservation."""
    await timers.settle(week.session, reservation.id, now=at)


async def confirm(week: Week, reservation: Reservation, at: datetime) -> str:
    """A colleague takes it on, finds everything and says so; returns who."""
    by = week.advisor(reservation.store)
    await answering.claim(week.session, reservation, by=by, now=at - timedelta(minutes=3))
    await answering.answer(week.session, reservation, {}, by=by, now=at)
    return by


async def ready(week: Week, reservation: Reservation, at: datetime, by: str) -> None:
    await answering.make_ready(week.session, reservation, place=week.place(), by=by, now=at)


async def collect(week: Week, reservation: Reservation, at: datetime, *, leave: int = 0) -> None:
    """She comes and takes what is there, but for `leave` units of the last article; the till tells where it counts."""
    store, by = reservation.store, week.advisor(reservation.store)
    lines = [line for line in reservation.lines if line.holding]
    bought = {line.id: line.held - (leave if line is lines[-1] else 0) for line in lines}
    await answering.collect(week.session, reservation, bought, by=by, now=at)
    if store.stock_authority != "feed":
        return
    for line in lines:
        if bought[line.id]:
            await stock.correct(
                week.session,
                store.id,
                line.variant_id,
                kind=stock.Kind.SALE,
                book=-bought[line.id],
                reason="",
                source="feed:caisse",
                source_event_id=f"{reservation.code}:{line.id}",
                by="",
                now=at + timedelta(minutes=2),
            )


async def tidy(week: Week, reservation: Reservation, at: datetime) -> None:
    """What had to be put back, or called about, is done."""
    open_tasks = await tasks.open_in(week.session, frozenset({reservation.store_id}))
    for task in open_tasks:
        if task.reservation_id == reservation.id:
            await tasks.finish(week.session, task, by=week.advisor(reservation.store), now=at)
