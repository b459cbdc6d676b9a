"""Reservations as the shopper's program makes and changes them; each is opened by its own token."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking import customers, journal, links
from booking.customers import Customer
from booking.reservations import asking, questions, telling
from booking.reservations.tables import Line, Reservation
from kit import codes, languages
from kit.errors import FieldError, Invalid, NotFound, Refused
from kit.languages import lazy
from stores import catalogue, places
from stores.catalogue import Variant
from stores.places import Store
from stores.staff import Scope
from stores.stock import OutOfStock
from web.access import bearer
from web.api import answers, bodies
from web.api.availability import missing_lines
from web.api.calls import Calls, about
from web.api.replies import VERSION, once, read_json, reply
from web.api.stores import at
from web.routing import ANYONE
from web.security import RESERVE_BY_ADDRESS, address_of

calls = Calls()

ONE = f"{VERSION}/reservations/{{code}}"
TOKEN_REFUSALS = ((401, "token_needed"), (404, "not_found"), (410, "gone"))
CHANGE_REFUSALS = (*TOKEN_REFUSALS, (409, "moved_on"), (422, "idempotency_key_reused"))


class TokenNeeded(Refused):
    """A key, of whatever scope, opens no shopper's reservation."""

    status = 401
    code = "token_needed"
    msgid = lazy("This call needs the token of the booking.")


class WantedFromNotOffered(Invalid):
    code = "wanted_from_not_offered"
    msgid = lazy("Articles cannot be reserved for a later day yet.")


@calls.post(f"{VERSION}/reservations", allow=ANYONE, name="api_reserve")
@about(
    lazy("Ask a store to keep articles"),
    answers.NewReservation,
    status=201,
    more=lazy(
        "Every line is held, or nothing is. The store answers by `answer_by`; `token` opens this reservation alone. A "
        "reservation that is `unverified` holds nothing until the shopper confirms it by the link we send."
    ),
    body=bodies.ReservationBody,
    refusals=(
        (404, "not_found"),
        (409, "out_of_stock"),
        (422, "invalid"),
        (422, "wanted_from_not_offered"),
        (422, "store_closed"),
        (422, "idempotency_key_reused"),
        (429, "too_many_live"),
    ),
)
async def reserve(request: Request, session: AsyncSession) -> Response:
    sent = await read_json(request)
    if sent.get("wanted_from") is not None:
        raise WantedFromNotOffered(field="wanted_from")
    body = bodies.check(bodies.ReservationBody, sent)

    async def act() -> tuple[int, answers.NewReservation]:
        return 201, await _reserve(request, session, body)

    async def fill(again: dict[str, Any]) -> None:
        first = await questions.find(session, codes.read_code(again["code"]) or "", store_ids=None)
        link = await links.to_show_again(session, telling.SUBJECT, first.id)
        again["token"] = link.token(request.app.state.settings.secret)
        again["manage_url"] = manage_url(request, first, again["token"])

    return await once(request, session, sent=sent, act=act, hidden=("token", "manage_url"), fill=fill)


async def _reserve(request: Request, session: AsyncSession, body: bodies.ReservationBody) -> answers.NewReservation:
    actor = request.state.actor
    trusted = Scope.RESERVE in actor.scopes
    if not trusted:
        await request.app.state.limits.check(RESERVE_BY_ADDRESS, address_of(request))
    seen = actor.store_ids if actor.kind == "key" else None
    store = await places.find(session, body.store, store_ids=seen)
    lines, customer = await _read(session, store, body)
    try:
        asked = await asking.reserve(
            session,
            store,
            lines,
            customer,
            secret=request.app.state.settings.secret,
            now=request.state.now,
            origin="api",
            by=actor.by if trusted else journal.SHOPPER,
            limited=not trusted,
        )
    except OutOfStock as out:
        name_elsewhere(request, out, store, [variant for variant, _ in lines])
        raise
    return answers.NewReservation(
        **fields(asked.reservation),
        manage_url=manage_url(request, asked.reservation, asked.token),
        token=asked.token,
    )


async def _read(
    session: AsyncSession, store: Store, body: bodies.ReservationBody
) -> tuple[list[tuple[Variant, int]], Customer]:
    """Articles and person as the use-case takes them; raises `Invalid` with everything that needs correcting.

    The same SKU on two lines is one line, so that everybody can speak of lines by their SKU.
    """
    errors: list[FieldError] = []
    variants = await catalogue.find_variants(session, [line.sku for line in body.lines])
    taken: dict[int, tuple[Variant, int]] = {}
    for number, line in enumerate(body.lines):
        variant = variants.get(line.sku)
        if variant is None:
            errors.append(unknown_sku(f"lines.{number}.sku"))
            continue
        units = line.quantity + (taken[variant.id][1] if variant.id in taken else 0)
        try:
            asking.check_lines([(variant, units)])
            taken[variant.id] = variant, units
        except Invalid as refused:
            field = "quantity" if refused.code == "quantity" else "sku"
            errors.append(FieldError(f"lines.{number}.{field}", refused.code, refused.msgid, refused.params))
    try:
        customer = customer_of(store, body)
    except Invalid as refused:
        errors += [renamed(error) for error in refused.errors]
    if errors:
        raise Invalid(errors=errors)
    return list(taken.values()), customer


def customer_of(store: Store, body: bodies.ReservationBody | bodies.AppointmentBody) -> Customer:
    """Who asks; raises `Invalid` for what needs correcting."""
    person = body.customer
    return customers.customer(
        first_name=person.first_name,
        last_name=person.last_name,
        email=person.email or "",
        phone=person.phone or "",
        language=person.language or languages.language(),
        contact=body.contact or "",
        note=body.note or "",
        region=store.country,
    )


def renamed(error: FieldError) -> FieldError:
    """A person's fields stand in `customer`, her note beside it."""
    field = error.field if error.field == "note" else f"customer.{error.field}"
    return FieldError(field, error.code, error.msgid, error.params)


def unknown_sku(field: str) -> FieldError:
    return FieldError(field, "unknown_sku", lazy("No article that can be reserved has this SKU."))


def name_elsewhere(request: Request, out: OutOfStock, store: Store, variants: Sequence[Variant]) -> None:
    """Have the refusal name its lines and the stores where they are.

    Once its transaction is over: whoever waited for the row of the last unit in vain holds its lock until then, and
    those behind her wait for that.
    """
    slug, skus = store.slug, {variant.id: variant.sku for variant in variants}  # the rows end with the transaction

    async def described(session: AsyncSession) -> Refused:
        lines = await missing_lines(request, session, out.missing, slug, skus)
        out.details["lines"] = [line.model_dump(mode="json") for line in lines]
        return out

    request.state.described = described


@calls.get(ONE, allow=ANYONE, name="api_reservation")
@about(lazy("Where a reservation stands"), answers.Reservation, refusals=TOKEN_REFUSALS, opened_by="token")
async def reservation(request: Request, session: AsyncSession) -> Response:
    return reply(answers.Reservation(**fields(await opened(request, session))))


@calls.post(f"{ONE}/cancel", allow=ANYONE, name="api_cancel")
@about(
    lazy("Cancel: everything goes back on display"),
    answers.Reservation,
    body=bodies.NothingBody,
    refusals=CHANGE_REFUSALS,
    opened_by="token",
)
async def cancel(request: Request, session: AsyncSession) -> Response:
    found = await opened(request, session)
    sent = await read_json(request)

    async def act() -> tuple[int, answers.Reservation]:
        await asking.cancel(session, found, now=request.state.now)
        return 200, answers.Reservation(**fields(found))

    return await once(request, session, sent=sent, act=act)


@calls.post(f"{ONE}/extend", allow=ANYONE, name="api_extend")
@about(
    lazy("Keep the articles one open day more, once"),
    answers.Reservation,
    body=bodies.NothingBody,
    refusals=(*CHANGE_REFUSALS, (409, "not_extendable")),
    opened_by="token",
)
async def extend(request: Request, session: AsyncSession) -> Response:
    found = await opened(request, session)
    sent = await read_json(request)

    async def act() -> tuple[int, answers.Reservation]:
        await asking.extend(session, found, now=request.state.now)
        return 200, answers.Reservation(**fields(found))

    return await once(request, session, sent=sent, act=act)


@calls.post(f"{ONE}/proposal", allow=ANYONE, name="api_proposal")
@about(
    lazy("Answer what the store offers instead"),
    answers.Reservation,
    body=bodies.ProposalBody,
    refusals=(*CHANGE_REFUSALS, (422, "invalid")),
    opened_by="token",
)
async def proposal(request: Request, session: AsyncSession) -> Response:
    found = await opened(request, session)
    sent = await read_json(request)
    body = bodies.check(bodies.ProposalBody, sent)

    async def act() -> tuple[int, answers.Reservation]:
        await asking.settle_proposal(session, found, accept=body.accept, now=request.state.now)
        return 200, answers.Reservation(**fields(found))

    return await once(request, session, sent=sent, act=act)


async def opened(request: Request, session: AsyncSession) -> Reservation:
    """The reservation named in the address, if the token sent is its own.

    Raises `TokenNeeded` without one, `NotFound` for the token of another, `Gone` 30 days after its end.
    """
    found = await questions.get(session, await subject_id(request, session, telling.SUBJECT))
    if found.code != codes.read_code(request.path_params["code"]):
        raise NotFound()
    links.check_alive(found.ended_at, request.state.now)
    return found


async def subject_id(request: Request, session: AsyncSession, subject: str) -> int:
    """The booking of this kind that the token sent opens. Raises `TokenNeeded` or `NotFound`."""
    token = bearer(request)
    if not token or request.state.actor.kind == "key":
        raise TokenNeeded()
    if codes.read_code(request.path_params["code"]) is None or not codes.is_token(token):
        raise NotFound()
    link = await links.open_link(session, token)
    if link.subject != subject:
        raise NotFound()
    return link.subject_id


def manage_url(request: Request, reservation: Reservation, token: str) -> str:
    return f"{request.app.state.settings.base_url}/{reservation.language}/my/{token}"


def fields(reservation: Reservation) -> dict[str, Any]:
    """What everybody who may see it sees of a reservation; nothing of the person."""
    store = reservation.store
    skus = {line.id: line.variant.sku for line in reservation.lines if line.id}
    return {
        "code": codes.show_code(reservation.code),
        "status": reservation.status,
        "answer_by": at(store, reservation.answer_by),
        "hold_until": at(store, reservation.hold_until),
        "store": store.slug,
        "language": reservation.language,
        "requested_at": at(store, reservation.requested_at),
        "proposal_until": at(store, reservation.proposal_until),
        "ready_at": at(store, reservation.ready_at),
        "ended_at": at(store, reservation.ended_at),
        "extendable": asking.may_extend(reservation),
        "lines": [_line(line, skus) for line in reservation.lines],
    }


def _line(line: Line, skus: dict[int, str]) -> answers.Line:
    return answers.Line(
        sku=line.variant.sku,
        name=line.variant.product.name.text(),
        quantity=line.quantity,
        status=line.status,
        found=line.found,
        bought=line.bought,
        reason=line.reason or None,
        replaces=skus.get(line.replaces_id or 0),
        accepted=line.accepted,
        price=answers.Money.of(line.price),
    )
