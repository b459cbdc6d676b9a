"""What staff answer a shopper: who takes the request, what was found of it, what is offered instead."""

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking.reservations import answering
from booking.reservations.answering import Found, Substitute
from booking.reservations.states import Reason, Status
from booking.reservations.tables import Reservation
from kit.codes import show_code
from kit.errors import FieldError, Invalid
from kit.languages import lazy
from stores import catalogue
from web import pages
from web.routing import Routes, staff
from web.staff import frame
from web.staff.reservation import ONE, Act, do, read
from web.staff.typed import Typed, bag_place, typed_in, units

routes = Routes(refuse=frame.refuse)


@routes.post(ONE + "/claim", allow=staff("reservation.answer"), name="staff_claim")
async def claim(request: Request, session: AsyncSession) -> Response:
    one = await read(request, session)
    typed = await typed_in(request)
    if one.ended_at is None:
        await answering.claim(session, one, by=request.state.actor.by, now=request.state.now)
    if typed.get("back") == "board":
        return pages.to(request, "staff_board")
    return pages.to(request, "staff_reservation", code=show_code(one.code))


@routes.post(ONE + "/answer", allow=staff("reservation.answer"), name="staff_answer")
async def answer(request: Request, session: AsyncSession) -> Response:
    typed = await typed_in(request)
    return await do(request, session, answer_typed(request, session, typed), typed=typed, notice="answered")


def answer_typed(request: Request, session: AsyncSession, typed: Typed) -> Act:
    """The answer that the form gives; ready at once when all of it is already at the desk."""
    by, now = request.state.actor.by, request.state.now

    async def act(one: Reservation) -> None:
        said = await _said_of(session, one, typed)
        whole = all(said[line.id].units == line.held for line in one.lines if line.holding)
        if whole and one.status == Status.REQUESTED and typed.get("at_desk"):
            await answering.make_ready(session, one, place=bag_place(typed.get("place", "")), by=by, now=now)
        else:
            await answering.answer(session, one, said, by=by, now=now)

    return act


async def _said_of(session: AsyncSession, one: Reservation, typed: Typed) -> dict[int, Found]:
    """What was said of each article; raises `Invalid` for all that is still to be said."""
    errors: list[FieldError] = []
    said: dict[int, Found] = {}
    wanted = [typed.get(f"instead-{line.id}", "") for line in one.lines]
    variants = await catalogue.find_variants(session, [sku for sku in wanted if sku])
    for line in one.lines:
        if not line.holding:
            continue
        choice = typed.get(f"answer-{line.id}", "")
        if choice not in ("found", "partly", "missing"):
            errors.append(FieldError(f"answer-{line.id}", "required", lazy("Say whether it is there.")))
            continue
        if choice == "found":
            said[line.id] = Found(line.held)
            continue
        there = units(typed.get(f"found-{line.id}", ""), 0) if choice == "partly" else 0
        if choice == "partly" and not 0 < there < line.held:
            msgid = lazy("Between 1 and %(n)d can be found in part.")
            errors.append(FieldError(f"found-{line.id}", "found", msgid, {"n": line.held - 1}))
        reason = typed.get(f"reason-{line.id}", "")
        if reason not in tuple(Reason):
            errors.append(FieldError(f"reason-{line.id}", "reason", lazy("Say why it is missing.")))
            continue
        substitute = None
        if sku := typed.get(f"instead-{line.id}", ""):
            variant = variants.get(sku)
            units_instead = units(typed.get(f"instead-units-{line.id}", ""), line.held - there)
            if variant is None or variant.product.by_appointment or not 0 < units_instead <= line.quantity:
                msgid = lazy("This cannot be offered. Choose another article.")
                errors.append(FieldError(f"instead-{line.id}", "instead", msgid))
                continue
            substitute = Substitute(variant, units_instead)
        said[line.id] = Found(there, Reason(reason), substitute)
    if errors:
        raise Invalid(errors=errors)
    return said


@routes.post(ONE + "/decline", allow=staff("reservation.answer"), name="staff_decline")
async def decline(request: Request, session: AsyncSession) -> Response:
    typed = await typed_in(request)
    by, now = request.state.actor.by, request.state.now

    async def act(one: Reservation) -> None:
        if typed.get("reason") not in tuple(Reason):
            raise Invalid("reason", lazy("Say why it is missing."), field="decline-reason")
        await answering.decline(session, one, reason=Reason(typed["reason"]), by=by, now=now)

    return await do(request, session, act, typed=typed, notice="answered")
