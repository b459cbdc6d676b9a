"""How many there are, from tills and back offices: counts as they are, sales and deliveries as differences.

Each event is applied once, however often and by however many it is sent. What is short afterwards becomes a task of the
store.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking import journal, tasks
from booking.reservations import questions
from booking.reservations.questions import Sold
from kit import codes, log
from kit.errors import FieldError, Invalid
from kit.languages import lazy
from stores import catalogue, deliveries, stock
from stores.deliveries import EventConflict
from stores.places import Store
from stores.stock import Kind, Level, Move
from web.api import answers, bodies
from web.api.calls import Calls, about
from web.api.replies import VERSION, once, problem, read_json, reply
from web.routing import keep, key

logger = log.get(__name__)
calls = Calls()

LARGEST_BODY = 4 * 1024 * 1024
"""Bytes: ten thousand lines, with room for long codes and spaces."""
AHEAD = timedelta(minutes=5)
"""How far the clock of a till may be ahead of ours."""
KINDS: Mapping[str, Kind] = {
    "sale": Kind.SALE,
    "delivery": Kind.RECEIPT,
    "return": Kind.RETURN,
    "damage": Kind.DAMAGE,
    "transfer_in": Kind.TRANSFER_IN,
    "transfer_out": Kind.TRANSFER_OUT,
    "correction": Kind.COUNT,
}
GOES, COMES = frozenset({"sale", "damage", "transfer_out"}), frozenset({"delivery", "return", "transfer_in"})
SIGN = ("sign", lazy("A sale, damage or a transfer out takes away; a delivery, a return or a transfer in adds."))
NOT_YET = ("in_the_future", lazy("This moment has not come yet. Set the clock that said it."))


@calls.put(f"{VERSION}/stock", allow=key("stock.feed"), name="api_stock")
@about(
    lazy("Say how many were there at a moment"),
    answers.StockTaken,
    more=lazy(
        "At most 10,000 levels a call. The same `event_id` of the same `source` gives the first answer again. What has "
        "moved since `counted_at` is added; a level that was counted later is skipped as `stale`. Without `source` it "
        "is the name of the key."
    ),
    body=bodies.StockBody,
    refusals=((409, "event_conflict"), (422, "invalid")),
    opened_by="key",
    scope="stock",
)
async def counts(request: Request, session: AsyncSession) -> Response:
    sent = await read_json(request, LARGEST_BODY)
    body = bodies.check(bodies.StockBody, sent)
    if body.counted_at > request.state.now + AHEAD:
        raise Invalid(errors=[FieldError("counted_at", *NOT_YET)])

    async def take(source: str, event: str) -> answers.StockTaken:
        found, unknown = await _articles(request, session, body.levels)
        counted_at = min(body.counted_at, request.state.now)
        levels: dict[tuple[int, int], Level] = {}
        twice = []
        for number, (store, variant_id) in found.items():
            cell = store.id, variant_id
            if cell in levels:
                twice.append(number)
            else:
                levels[cell] = Level(number, *cell, body.levels[number]["on_hand"], counted_at)
        fed = await stock.count(session, levels.values(), source=source, event_id=event, by=request.state.actor.by)
        await tasks.check_shortfalls(session, fed.short, now=request.state.now)
        skipped = [_skipped(body.levels, twice, "named_twice"), _skipped(body.levels, fed.late, "stale")]
        return answers.StockTaken(applied=fed.applied, changed=fed.changed, skipped=[*chain(*skipped)], unknown=unknown)

    return await _delivered(request, session, body, sent, take, answers.StockTaken)


@calls.post(f"{VERSION}/stock/movements", allow=key("stock.feed"), name="api_stock_movements")
@about(
    lazy("Say what came and went"),
    answers.MovementsTaken,
    more=lazy(
        "At most 10,000 movements a call; `occurred_at` is now where it is left out. A movement of before the last "
        "count of its article is kept and changes nothing, because that count knows of it. A sale may name the "
        "`reservation` it was for: where Vitrine counts, the hand-over takes those units off, and not the sale."
    ),
    body=bodies.MovementsBody,
    refusals=((409, "event_conflict"), (422, "invalid")),
    opened_by="key",
    scope="stock",
)
async def movements(request: Request, session: AsyncSession) -> Response:
    sent = await read_json(request, LARGEST_BODY)
    body = bodies.check(bodies.MovementsBody, sent)
    now: datetime = request.state.now
    _check_movements(body.movements, now)

    async def take(source: str, event: str) -> answers.MovementsTaken:
        found, unknown = await _articles(request, session, body.movements)
        sold = await _sold(session, body.movements, found)
        moves = []
        for number, (store, variant_id) in found.items():
            said = body.movements[number]
            match = sold.get(number)
            moves.append(
                Move(
                    number,
                    store.id,
                    variant_id,
                    said["delta"],
                    KINDS[said["reason"]],
                    min(said.get("occurred_at") or now, now),
                    handed_over=match is not None and store.stock_authority == "vitrine",
                    reason=match.code if match else "",
                )
            )
        fed = await stock.move(session, moves, source=source, event_id=event, by=request.state.actor.by)
        await tasks.check_shortfalls(session, fed.short, now=now)
        for number, match in sold.items():
            await _note_sale(request, session, match, body.movements[number])
        return answers.MovementsTaken(
            applied=fed.applied,
            changed=fed.changed,
            skipped=_skipped(body.movements, fed.late, "stale"),
            unknown=unknown,
            matched=sorted({codes.show_code(match.code) for match in sold.values()}),
            unmatched=[
                answers.Unmatched(reservation=code, sku=body.movements[number]["sku"])
                for number in found
                if number not in sold and (code := body.movements[number].get("reservation"))
            ],
        )

    return await _delivered(request, session, body, sent, take, answers.MovementsTaken)


async def _delivered(
    request: Request,
    session: AsyncSession,
    body: bodies.StockBody | bodies.MovementsBody,
    sent: Mapping[str, Any],
    take: Callable[[str, str], Awaitable[answers.StockTaken]],
    model: type[answers.StockTaken],
) -> Response:
    """Take this event, or give the answer that it was given first; `take` is told its source and its name there."""
    actor, now = request.state.actor, request.state.now
    source = body.source or actor.name.removeprefix("key:")
    digest = deliveries.digest_of(f"{request.method} {request.url.path}", sent)
    try:
        teller = deliveries.teller(source, actor.store_ids)
        delivery_id, answered = await deliveries.begin(session, teller, body.event_id, digest, now=now)
    except EventConflict as refused:
        said = {"source": source, "event_id": body.event_id}
        logger.warning("an event of stock was sent again with other contents", key=actor.name, **said)
        await journal.record(
            session, "delivery", refused.delivery_id, "conflict", by=actor.by, now=now, reason=refused.code, detail=said
        )
        return keep(request, problem(request, refused))
    if answered is not None:
        return reply(model.model_validate(answered))

    async def act() -> tuple[int, answers.StockTaken]:
        taken = await take(f"feed:{source}", f"{body.event_id}:{delivery_id}")
        await deliveries.answer(session, delivery_id, taken.model_dump())
        return 200, taken

    return await once(request, session, sent=sent, act=act)


# What it is about

Lines = Sequence[bodies.StockLevel] | Sequence[bodies.StockMove]


async def _articles(
    request: Request, session: AsyncSession, lines: Lines
) -> tuple[dict[int, tuple[Store, int]], list[answers.NotKnown]]:
    """By the number of its line, store and variant; and the lines whose store or SKU this key does not know."""
    actor, house = request.state.actor, request.app.state.house
    stores = {slug: store for slug, store in house.stores.items() if actor.sees(store.id)}
    variants = await catalogue.ids_of_skus(session, {line["sku"] for line in lines})
    found, unknown = {}, []
    for number, line in enumerate(lines):
        store, variant_id = stores.get(line["store"]), variants.get(line["sku"])
        if store is not None and variant_id is not None:
            found[number] = store, variant_id
        else:
            reason: Literal["unknown_store", "unknown_sku"] = "unknown_store" if store is None else "unknown_sku"
            unknown.append(answers.NotKnown(store=line["store"], sku=line["sku"], reason=reason))
    return found, unknown


def _skipped(lines: Lines, numbers: Iterable[int], reason: Literal["stale", "named_twice"]) -> list[answers.NotTaken]:
    named = (lines[number] for number in numbers)
    return [answers.NotTaken(store=line["store"], sku=line["sku"], reason=reason) for line in named]


def _check_movements(lines: Sequence[bodies.StockMove], now: datetime) -> None:
    """A sale that adds is a sign that was forgotten, and would put on the shelf what has just left."""
    errors = []
    for number, line in enumerate(lines):
        delta, reason = line["delta"], line["reason"]
        if not delta or (reason in GOES and delta > 0) or (reason in COMES and delta < 0):
            errors.append(FieldError(f"movements.{number}.delta", *SIGN))
        if (at := line.get("occurred_at")) and at > now + AHEAD:
            errors.append(FieldError(f"movements.{number}.occurred_at", *NOT_YET))
    if errors:
        raise Invalid(errors=errors[: bodies.MOST_ERRORS])


# Reservations that were sold at a till


async def _sold(
    session: AsyncSession, lines: Sequence[bodies.StockMove], found: Mapping[int, tuple[Store, int]]
) -> dict[int, Sold]:
    """By the number of its movement, the reservation that has, or had, as many of that article in that store."""
    named = {
        number: code
        for number in found
        if lines[number]["reason"] == "sale" and (code := codes.read_code(lines[number].get("reservation") or ""))
    }
    reserved = await questions.sold(session, set(named.values()))
    matched = {}
    for number, code in named.items():
        store, variant_id = found[number]
        match = reserved.get((code, store.id, variant_id))
        if match and match.units >= -lines[number]["delta"]:
            matched[number] = match
    return matched


async def _note_sale(request: Request, session: AsyncSession, match: Sold, line: bodies.StockMove) -> None:
    await journal.record(
        session,
        "reservation",
        match.reservation_id,
        "sold_at_till",
        by=request.state.actor.by,
        now=request.state.now,
        store_id=match.store_id,
        detail={"sku": line["sku"], "quantity": -line["delta"]},
    )
