"""Appointments as the shopper's program makes and changes them; each is opened by its own token."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking import journal, links
from booking.appointments import asking, questions
from booking.appointments.asking import Brief
from booking.appointments.moves import SUBJECT
from booking.appointments.placing import SlotTaken
from booking.appointments.tables import Appointment
from kit import codes
from kit.errors import FieldError, Invalid, NotFound
from kit.languages import lazy
from stores import advisors, catalogue, places, services
from stores.catalogue import Variant
from stores.places import Store
from stores.staff import Scope
from web.api import answers, bodies
from web.api.calls import Calls, about
from web.api.replies import VERSION, once, read_json, reply
from web.api.reservations import customer_of, renamed, subject_id, unknown_sku
from web.api.stores import at
from web.routing import ANYONE
from web.security import RESERVE_BY_ADDRESS, address_of

calls = Calls()

ONE = f"{VERSION}/appointments/{{code}}"
TOKEN_REFUSALS = ((401, "token_needed"), (404, "not_found"), (410, "gone"))
CHANGE_REFUSALS = (*TOKEN_REFUSALS, (409, "moved_on"), (409, "too_late"), (422, "idempotency_key_reused"))
ANY = "any"


@calls.post(f"{VERSION}/appointments", allow=ANYONE, name="api_book")
@about(
    lazy("Book an advisor"),
    answers.NewAppointment,
    status=201,
    more=lazy(
        "Without `advisor` whoever is free receives her. Articles in `items` that are there are held until the "
        "appointment ends. `token` opens this appointment alone."
    ),
    body=bodies.AppointmentBody,
    refusals=(
        (404, "not_found"),
        (409, "slot_taken"),
        (422, "invalid"),
        (422, "not_offered"),
        (422, "idempotency_key_reused"),
        (429, "too_many_live"),
    ),
)
async def book(request: Request, session: AsyncSession) -> Response:
    sent = await read_json(request)
    body = bodies.check(bodies.AppointmentBody, sent)

    async def act() -> tuple[int, answers.NewAppointment]:
        return 201, await _book(request, session, body)

    async def fill(again: dict[str, Any]) -> None:
        first = await questions.find(session, codes.read_code(again["code"]) or "", store_ids=None)
        link = await links.to_show_again(session, SUBJECT, first.id)
        again["token"] = link.token(request.app.state.settings.secret)
        again["manage_url"] = _manage_url(request, first, again["token"])

    return await once(request, session, sent=sent, act=act, hidden=("token", "manage_url"), fill=fill)


async def _book(request: Request, session: AsyncSession, body: bodies.AppointmentBody) -> answers.NewAppointment:
    actor = request.state.actor
    trusted = Scope.RESERVE in actor.scopes
    if not trusted:
        await request.app.state.limits.check(RESERVE_BY_ADDRESS, address_of(request))
    store = await places.find(session, body.store, store_ids=actor.store_ids if actor.kind == "key" else None)
    service = await services.find(session, body.service)
    brief, customer = await _read(session, store, service, body)
    try:
        made = await asking.book(
            session,
            store,
            service,
            body.start,
            customer,
            brief,
            secret=request.app.state.settings.secret,
            now=request.state.now,
            advisor_id=await _advisor_id(session, store, body.advisor),
            origin="api",
            by=actor.by if trusted else journal.SHOPPER,
            limited=not trusted,
        )
    except SlotTaken as taken:
        name_nearest(taken, store)
        raise
    return answers.NewAppointment(
        **fields(made.appointment, request),
        manage_url=_manage_url(request, made.appointment, made.token),
        token=made.token,
    )


async def _read(
    session: AsyncSession, store: Store, service: services.Service, body: bodies.AppointmentBody
) -> tuple[Brief, Any]:
    """What she tells and who she is; raises `Invalid` with everything that needs correcting."""
    errors: list[FieldError] = []
    variants = await catalogue.find_variants(session, [item.sku for item in body.items]) if body.items else {}
    items: list[tuple[Variant, int]] = []
    for number, item in enumerate(body.items):
        if variant := variants.get(item.sku):
            items.append((variant, item.quantity))
        else:
            errors.append(unknown_sku(f"items.{number}.sku"))
    brief = Brief(
        party=body.party,
        answers=dict(body.answers),
        access=body.access or "",
        remind_soon=body.remind_soon,
        items=items,
    )
    try:
        asking.check_brief(service, brief)
    except Invalid as refused:
        errors += [_of_answer(error) for error in refused.errors]
    customer = None
    try:
        customer = customer_of(store, body)
    except Invalid as refused:
        errors += [renamed(error) for error in refused.errors]
    if errors:
        raise Invalid(errors=errors)
    return brief, customer


def _of_answer(error: FieldError) -> FieldError:
    """Answers stand in `answers` by their key."""
    key = error.field.removeprefix("answer_")
    return FieldError(f"answers.{key}", error.code, error.msgid, error.params) if key != error.field else error


async def _advisor_id(session: AsyncSession, store: Store, slug: str | None) -> int | None:
    """The advisor named, who must work there; None for whoever is free."""
    if not slug or slug == ANY:
        return None
    try:
        return (await advisors.find(session, slug, store_ids=frozenset([store.id]))).id
    except NotFound:
        msgid = lazy("No advisor of this store is called so.")
        raise Invalid(errors=[FieldError("advisor", "unknown_advisor", msgid)]) from None


def name_nearest(taken: SlotTaken, store: Store) -> None:
    """Have the refusal name the free starts around it, by the store's clock."""
    taken.details["nearest"] = [
        {
            "start": store.local(near.start).isoformat(),
            "end": store.local(near.end).isoformat(),
            "advisor": near.slug,
            "advisor_name": near.advisor,
        }
        for near in taken.nearest
    ]


@calls.get(ONE, allow=ANYONE, name="api_appointment")
@about(lazy("Where an appointment stands"), answers.Appointment, refusals=TOKEN_REFUSALS, opened_by="token")
async def appointment(request: Request, session: AsyncSession) -> Response:
    return reply(answers.Appointment(**fields(await opened(request, session), request)))


@calls.post(f"{ONE}/reschedule", allow=ANYONE, name="api_reschedule")
@about(
    lazy("Move it to another start; the old one is kept unless the new one is free"),
    answers.Appointment,
    body=bodies.RescheduleBody,
    refusals=(*CHANGE_REFUSALS, (409, "slot_taken"), (422, "invalid"), (422, "not_offered")),
    opened_by="token",
)
async def reschedule(request: Request, session: AsyncSession) -> Response:
    found = await opened(request, session)
    sent = await read_json(request)
    body = bodies.check(bodies.RescheduleBody, sent)

    async def act() -> tuple[int, answers.Appointment]:
        store = found.store
        named = asking.ANYONE if body.advisor == ANY else await _advisor_id(session, store, body.advisor)
        try:
            await asking.reschedule(session, found, body.start, advisor_id=named, now=request.state.now)
        except SlotTaken as taken:
            name_nearest(taken, store)
            raise
        return 200, answers.Appointment(**fields(await questions.again(session, found), request))

    return await once(request, session, sent=sent, act=act)


@calls.post(f"{ONE}/cancel", allow=ANYONE, name="api_cancel_appointment")
@about(
    lazy("Cancel: the time is free for somebody else"),
    answers.Appointment,
    body=bodies.NothingBody,
    refusals=CHANGE_REFUSALS,
    opened_by="token",
)
async def cancel(request: Request, session: AsyncSession) -> Response:
    found = await opened(request, session)
    sent = await read_json(request)

    async def act() -> tuple[int, answers.Appointment]:
        await asking.cancel(session, found, now=request.state.now)
        return 200, answers.Appointment(**fields(found, request))

    return await once(request, session, sent=sent, act=act)


async def opened(request: Request, session: AsyncSession) -> Appointment:
    """The appointment named in the address, if the token sent is its own; raises as for a reservation."""
    found = await questions.get(session, await subject_id(request, session, SUBJECT))
    if found.code != codes.read_code(request.path_params["code"]):
        raise NotFound()
    links.check_alive(found.ended_at, request.state.now)
    return found


def _manage_url(request: Request, appointment: Appointment, token: str) -> str:
    return f"{request.app.state.settings.base_url}/{appointment.language}/my/{token}"


def fields(appointment: Appointment, request: Request) -> dict[str, Any]:
    """What everybody who may see it sees of an appointment; nothing of the person."""
    store, now = appointment.store, request.state.now
    given = next((one for one in appointment.service.stores if one.store_id == store.id), None)
    return {
        "code": codes.show_code(appointment.code),
        "status": appointment.status,
        "store": store.slug,
        "service": appointment.service.slug,
        "start": at(store, appointment.starts_at),
        "end": at(store, appointment.ends_at),
        "advisor": appointment.advisor.slug if appointment.advisor else None,
        "advisor_name": appointment.advisor.name if appointment.advisor else None,
        "version": appointment.version,
        "language": appointment.language,
        "party": appointment.party,
        "meeting_point": (given.meeting_point.text() if given else "") or store.desk.text(),
        "move_until": at(store, asking.move_until(appointment)),
        "cancel_until": at(store, asking.cancel_until(appointment)),
        "movable": asking.may_move(appointment, now),
        "cancellable": asking.may_cancel(appointment, now),
        "ended_at": at(store, appointment.ended_at),
        "items": [
            answers.BroughtItem(
                sku=item.variant.sku,
                name=item.variant.product.name.text(),
                quantity=item.quantity,
                kept=item.held > 0,
                price=answers.Money.of(item.price),
            )
            for item in appointment.items
            if item.added_by == "shopper"
        ],
    }
