"""What staff do, by a program of theirs: the same functions as behind their pages, in the stores of their key."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking.reservations import answering, asking, questions
from booking.reservations.answering import Found, Substitute
from booking.reservations.states import Reason
from booking.reservations.tables import Line, Reservation
from kit import codes
from kit.errors import FieldError, Invalid, NotFound
from kit.languages import lazy
from stores import catalogue, places
from stores.catalogue import Variant
from stores.stock import OutOfStock
from web.api import answers, bodies
from web.api.calls import Calls, about
from web.api.replies import VERSION, cursor_after, once, read_cursor, read_json, reply
from web.api.reservations import fields, name_elsewhere, unknown_sku
from web.routing import key

calls = Calls()

ALL = f"{VERSION}/staff/reservations"
ONE = f"{ALL}/{{code}}"
REFUSALS = ((404, "not_found"), (409, "moved_on"), (422, "invalid"), (422, "idempotency_key_reused"))


class DoesNotAddUp(Invalid):
    """Every unit that is held was taken or goes back; nothing else did."""

    code = "does_not_add_up"
    msgid = lazy("What was bought and what was returned must add up to what is held.")


@calls.get(ALL, allow=key("reservation.read"), name="api_staff_reservations")
@about(
    lazy("Reservations of the key’s stores, newest first"),
    answers.StaffReservationList,
    more=lazy("`status` may be repeated."),
    query=bodies.StaffQuery,
    refusals=((404, "not_found"), (422, "cursor")),
    opened_by="key",
)
async def reservations(request: Request, session: AsyncSession) -> Response:
    asked = bodies.query(bodies.StaffQuery, request)
    before = read_cursor(asked.cursor, int)
    seen = request.state.actor.store_ids
    if asked.store:
        store = await places.find(session, asked.store, store_ids=seen)
        seen = frozenset({store.id})
    elif seen is None:
        seen = frozenset(store.id for store in request.app.state.house.stores.values())
    found = await questions.page(
        session,
        seen,
        statuses=[str(status) for status in asked.status],
        before_id=before[0] if before else None,
        limit=asked.limit + 1,
    )
    page = found[: asked.limit]
    more = cursor_after(page[-1].id) if len(found) > len(page) else None
    return reply(answers.StaffReservationList(items=[_answer(one) for one in page], next=more))


@calls.post(f"{ONE}/answer", allow=key("reservation.answer"), name="api_answer")
@about(
    lazy("Say what was found"),
    answers.StaffReservation,
    more=lazy(
        "By SKU; a line that is not named was found whole. All found confirms, some or a substitute proposes, nothing "
        "declines. What is missing needs a `reason`, which corrects the stock."
    ),
    body=bodies.AnswerBody,
    refusals=(*REFUSALS, (409, "out_of_stock")),
    opened_by="key",
)
async def answer(request: Request, session: AsyncSession) -> Response:
    found, sent = await _found(request, session), await read_json(request)
    body = bodies.check(bodies.AnswerBody, sent)

    async def act() -> None:
        said, offered = await _said(session, found, body)
        by, now = request.state.actor.by, request.state.now
        try:
            await answering.answer(session, found, said, by=by, now=now)
        except OutOfStock as out:
            name_elsewhere(request, out, found.store, offered)
            raise
        except Invalid as refused:
            raise _by_sku(refused, found, body.lines) from None

    return await _once(request, session, found, sent, act)


@calls.post(f"{ONE}/readiness", allow=key("reservation.prepare"), name="api_readiness")
@about(
    lazy("It is at the desk"),
    answers.StaffReservation,
    body=bodies.ReadinessBody,
    refusals=REFUSALS,
    opened_by="key",
)
async def readiness(request: Request, session: AsyncSession) -> Response:
    found, sent = await _found(request, session), await read_json(request)
    body = bodies.check(bodies.ReadinessBody, sent)

    async def act() -> None:
        place = " ".join((body.place or "").split())
        await answering.make_ready(session, found, place=place, by=request.state.actor.by, now=request.state.now)

    return await _once(request, session, found, sent, act)


@calls.post(f"{ONE}/collection", allow=key("reservation.hand_over"), name="api_collection")
@about(
    lazy("The shopper came: what she took and what she left"),
    answers.StaffReservation,
    body=bodies.CollectionBody,
    refusals=(*REFUSALS, (422, "does_not_add_up")),
    opened_by="key",
)
async def collection(request: Request, session: AsyncSession) -> Response:
    found, sent = await _found(request, session), await read_json(request)
    body = bodies.check(bodies.CollectionBody, sent)

    async def act() -> None:
        bought = _bought(found, body)
        await answering.collect(session, found, bought, by=request.state.actor.by, now=request.state.now)

    return await _once(request, session, found, sent, act)


@calls.post(f"{ONE}/decline", allow=key("reservation.answer"), name="api_decline")
@about(
    lazy("None of it is there"),
    answers.StaffReservation,
    body=bodies.DeclineBody,
    refusals=REFUSALS,
    opened_by="key",
)
async def decline(request: Request, session: AsyncSession) -> Response:
    found, sent = await _found(request, session), await read_json(request)
    body = bodies.check(bodies.DeclineBody, sent)

    async def act() -> None:
        reason = Reason(body.reason)
        await answering.decline(session, found, reason=reason, by=request.state.actor.by, now=request.state.now)

    return await _once(request, session, found, sent, act)


async def _found(request: Request, session: AsyncSession) -> Reservation:
    code = codes.read_code(request.path_params["code"])
    if code is None:
        raise NotFound()
    return await questions.find(session, code, store_ids=request.state.actor.store_ids)


async def _once(
    request: Request,
    session: AsyncSession,
    reservation: Reservation,
    sent: dict[str, Any],
    act: Callable[[], Awaitable[None]],
) -> Response:
    async def acted() -> tuple[int, answers.StaffReservation]:
        await act()
        return 200, _answer(reservation)

    async def fill(again: dict[str, Any]) -> None:
        again |= _person(reservation)

    return await once(request, session, sent=sent, act=acted, hidden=("customer", "note"), fill=fill)


def _answer(reservation: Reservation) -> answers.StaffReservation:
    return answers.StaffReservation(
        **fields(reservation),
        origin=reservation.origin,
        verified=reservation.verified,
        place=reservation.place,
        reason=reservation.reason,
        **_person(reservation),
    )


def _person(reservation: Reservation) -> dict[str, Any]:
    """Who comes for it; nobody any more once her details were erased."""
    if reservation.erased_at is not None:
        return {"customer": None, "note": None}
    customer = answers.Customer(
        first_name=reservation.first_name,
        last_name=reservation.last_name,
        email=reservation.email,
        phone=reservation.phone,
        language=reservation.language,
        contact=reservation.contact,
    )
    return {"customer": customer.model_dump(), "note": reservation.note}


# Lines by SKU


def _held(reservation: Reservation, sku: str) -> list[Line]:
    return [line for line in reservation.lines if line.holding and line.variant.sku == sku]


def _named(reservation: Reservation, skus: Iterable[str]) -> list[FieldError]:
    """Errors for what is not held by this reservation, or named twice."""
    errors, before = [], set[str]()
    for number, sku in enumerate(skus):
        if not _held(reservation, sku):
            msgid = lazy("This reservation holds no article with this SKU.")
            errors.append(FieldError(f"lines.{number}.sku", "not_in_reservation", msgid))
        elif sku in before:
            errors.append(FieldError(f"lines.{number}.sku", "named_twice", lazy("Name each SKU once.")))
        before.add(sku)
    return errors


def _spread(units: int, lines: list[Line]) -> dict[int, int]:
    """Units of one SKU over the lines that hold it, by line id; what is too much stays on the last one."""
    spread = {}
    for line in lines:
        spread[line.id] = min(units, line.held)
        units -= spread[line.id]
    spread[lines[-1].id] += units
    return spread


async def _said(
    session: AsyncSession, reservation: Reservation, body: bodies.AnswerBody
) -> tuple[dict[int, Found], list[Variant]]:
    """What was found by line id, and the articles offered instead; raises `Invalid`."""
    if not any(line.holding for line in reservation.lines):
        return {}, []  # where it stands says the rest
    errors = _named(reservation, [line.sku for line in body.lines])
    substitutes = [line.substitute.sku for line in body.lines if line.substitute]
    variants = await catalogue.find_variants(session, substitutes)
    said: dict[int, Found] = {}
    for number, line in enumerate(body.lines):
        held = _held(reservation, line.sku)
        if not held:
            continue
        short = line.found < sum(one.held for one in held)
        substitute = None
        if line.substitute:
            substitute, wrong = _offer(line.substitute, variants, needed=short)
            errors += [
                FieldError(f"lines.{number}.substitute.{error.field}", error.code, error.msgid, error.params)
                for error in wrong
            ]
        reason = Reason(line.reason) if line.reason else None
        spread = _spread(line.found, held)
        # one offer is enough, on the first line that is short
        offered_on = next((one.id for one in held if spread[one.id] < one.held), None)
        for one in held:
            offered = substitute if one.id == offered_on else None
            said[one.id] = Found(spread[one.id], reason if spread[one.id] < one.held else None, offered)
    if errors:
        raise Invalid(errors=errors)
    return said, list(variants.values())


def _offer(
    offered: bodies.Offered, variants: dict[str, Variant], *, needed: bool
) -> tuple[Substitute | None, list[FieldError]]:
    variant = variants.get(offered.sku)
    if variant is None:
        return None, [unknown_sku("sku")]
    if not needed:
        return None, [FieldError("sku", "not_needed", lazy("Nothing of this line is missing."))]
    try:
        asking.check_lines([(variant, offered.quantity)])
    except Invalid as refused:
        field = "quantity" if refused.code == "quantity" else "sku"
        return None, [FieldError(field, refused.code, refused.msgid, refused.params)]
    return Substitute(variant, offered.quantity), []


def _by_sku(refused: Invalid, reservation: Reservation, lines: list[bodies.AnsweredLine]) -> Invalid:
    """The same refusal with fields as they were sent: `found-17` is `lines.0.found`."""
    numbers = {str(one.id): n for n, line in enumerate(lines) for one in _held(reservation, line.sku)}
    errors = []
    for error in refused.errors:
        name, _, line_id = error.field.partition("-")
        field = f"lines.{numbers[line_id]}.{name}" if line_id in numbers else name
        errors.append(FieldError(field, error.code, error.msgid, error.params))
    return Invalid(errors=errors)


def _bought(reservation: Reservation, body: bodies.CollectionBody) -> dict[int, int]:
    """Units that were taken, by line id; raises `DoesNotAddUp`."""
    holding = [line for line in reservation.lines if line.holding]
    if not holding:
        return {}  # where it stands says the rest
    if errors := _named(reservation, [line.sku for line in body.lines]):
        raise Invalid(errors=errors)
    bought: dict[int, int] = {}
    for number, line in enumerate(body.lines):
        held = _held(reservation, line.sku)
        if line.bought + line.returned != sum(one.held for one in held):
            raise DoesNotAddUp(field=f"lines.{number}")
        bought |= _spread(line.bought, held)
    if any(line.held and line.id not in bought for line in holding):
        raise DoesNotAddUp(field="lines")
    return bought
