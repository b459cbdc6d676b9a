"""What staff change of a reservation once it is answered: ready or not, a day longer, the offer settled, the end."""

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking.customers import clean_line
from booking.reservations import answering, asking
from booking.reservations.tables import Reservation
from kit.errors import Invalid
from kit.languages import lazy
from web.routing import Routes, staff
from web.staff import frame
from web.staff.reservation import ONE, Act, do
from web.staff.typed import Typed, bag_place, typed_in

routes = Routes(refuse=frame.refuse)


@routes.post(ONE + "/ready", allow=staff("reservation.prepare"), name="staff_ready")
async def ready(request: Request, session: AsyncSession) -> Response:
    typed = await typed_in(request)
    return await do(request, session, make_ready_typed(request, session, typed), typed=typed, notice="ready")


def make_ready_typed(request: Request, session: AsyncSession, typed: Typed) -> Act:
    """The bag is at the desk, in the place that the form names."""
    by, now = request.state.actor.by, request.state.now

    async def act(one: Reservation) -> None:
        await answering.make_ready(session, one, place=bag_place(typed.get("place", "")), by=by, now=now)

    return act


@routes.post(ONE + "/unready", allow=staff("reservation.prepare"), name="staff_unready")
async def unready(request: Request, session: AsyncSession) -> Response:
    by, now = request.state.actor.by, request.state.now

    async def act(one: Reservation) -> None:
        await answering.unready(session, one, by=by, now=now)

    return await do(request, session, act, typed=await typed_in(request))


@routes.post(ONE + "/extend", allow=staff("reservation.answer"), name="staff_extend")
async def extend(request: Request, session: AsyncSession) -> Response:
    by, now = request.state.actor.by, request.state.now

    async def act(one: Reservation) -> None:
        await asking.extend(session, one, by=by, now=now)

    return await do(request, session, act, typed=await typed_in(request), notice="extended")


@routes.post(ONE + "/proposal", allow=staff("reservation.answer"), name="staff_proposal")
async def proposal(request: Request, session: AsyncSession) -> Response:
    """The shopper said by telephone, or at the desk, what she wants."""
    typed = await typed_in(request)
    by, now = request.state.actor.by, request.state.now

    async def act(one: Reservation) -> None:
        await asking.settle_proposal(session, one, accept=typed.get("accept") == "yes", by=by, now=now)

    return await do(request, session, act, typed=typed)


@routes.post(ONE + "/cancel", allow=staff("reservation.answer"), name="staff_cancel")
async def cancel(request: Request, session: AsyncSession) -> Response:
    typed = await typed_in(request)
    by, now = request.state.actor.by, request.state.now

    async def act(one: Reservation) -> None:
        reason = clean_line(typed.get("reason", ""))[:200]
        if not reason:
            raise Invalid("reason", lazy("Say why, for your colleagues."), field="cancel-reason")
        await asking.cancel(session, one, by=by, reason=reason, now=now)

    return await do(request, session, act, typed=typed)


@routes.post(ONE + "/unwanted", allow=staff("reservation.answer"), name="staff_unwanted")
async def unwanted(request: Request, session: AsyncSession) -> Response:
    """A joke or a robot: given back at once, nobody is told."""
    by, now = request.state.actor.by, request.state.now

    async def act(one: Reservation) -> None:
        await answering.turn_away(session, one, by=by, now=now)

    return await do(request, session, act, typed=await typed_in(request))
