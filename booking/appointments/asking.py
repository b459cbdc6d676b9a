"""What a shopper does: book an advisor, move it, cancel it. Staff who book for her come by the same way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from booking import blocks, diaries, journal, links
from booking.appointments import keeping, questions, telling
from booking.appointments.moves import SUBJECT, change, move, must_be, record
from booking.appointments.placing import NotOffered, Place, win
from booking.appointments.states import AHEAD, OPEN, Status
from booking.appointments.tables import Appointment, Check
from booking.availability import NOTHING, Own, Preference, Question
from booking.blocks import Kind, SlotHold
from booking.customers import Customer
from kit import codes
from kit.errors import FieldError, Invalid, Refused, TooMany
from kit.languages import lazy
from stores import stock
from stores.catalogue import Variant
from stores.places import Store
from stores.services import Service

LIVE_PER_CONTACT = 3
"""Appointments that one contact may have ahead in one store."""
LONGEST_ANSWER = 500
MOST_ITEMS = 10


@dataclass(frozen=True)
class Booked:
    """A new appointment, with the token of the link for whoever asked."""

    appointment: Appointment
    token: str


@dataclass(frozen=True)
class Brief:
    """What she tells beforehand, besides who she is. `answers` by the keys of the service's questions."""

    party: int = 1
    answers: Mapping[str, str] | None = None
    access: str = ""
    remind_soon: bool = False
    history: bool = False
    items: Sequence[tuple[Variant, int]] = ()
    """Articles that she brings in mind; those that are there are held until the appointment ends."""


class TooLate(Refused):
    """The service's cut-off has passed: the store can still help."""

    status = 409
    code = "too_late"
    msgid = lazy("It is too late to change this online. Please call the store.")


class NotAhead(Invalid):
    """Staff may set rules aside, but not the time that has passed."""

    code = "in_the_past"
    msgid = lazy("This time has already passed.")

    def __init__(self) -> None:
        super().__init__(field="start")


async def book(
    session: AsyncSession,
    store: Store,
    service: Service,
    start: datetime,
    customer: Customer,
    brief: Brief,
    *,
    secret: bytes,
    now: datetime,
    advisor_id: int | None = None,
    hold: SlotHold | None = None,
    origin: str = "web",
    by: str = journal.SHOPPER,
    limited: bool = True,
    rules: bool = True,
    holds_articles: bool = True,
    speaking: str = "",
) -> Booked:
    """Book `service` at `start`. Raises `Invalid`, `SlotTaken`, `NotOffered`, `TooMany`.

    Staff who book for her ask without the `rules` that are meant for shoppers, but not for a time that has passed.
    With a `hold` of this start, whoever it names comes first, whether its ten minutes are over or not. `speaking` is
    a language that the advisor must speak. Articles that are not there are kept on the list all the same: the advisor
    looks for something else. The diaries are locked first, the stock rows last.
    """
    check_brief(service, brief)
    if start < now:
        raise (NotOffered if rules else NotAhead)()
    if limited:
        await _check_live(session, store, customer, now=now)
    same = hold if hold is not None and hold.starts_at == start and hold.service_id == service.id else None
    own = Own(hold_id=hold.id) if hold is not None else NOTHING
    question = Question(
        start, start, now, party=brief.party, advisor_id=advisor_id, language=speaking, own=own, rules=rules
    )
    preference = Preference(
        requested=advisor_id,
        kept=same.advisor_id if same else None,
        last=await questions.last_advisor(session, store, customer),
        language=customer.language,
    )
    values = _values(store, service, customer, brief, origin=origin, now=now)
    values["requested"] = advisor_id is not None
    made: list[int] = []

    async def write(place: Place) -> bool:
        if hold is not None:
            await blocks.drop_holds(session, [hold.id])
        return await _insert(session, {**values, **_placed(place)}, place, made, now=now)

    also_lock = [hold.advisor_id, *([hold.space_id] if hold.space_id else [])] if hold is not None else []
    await win(session, store, service, start, question, preference, also_lock=also_lock, write=write)
    return await _booked(session, made[0], service, brief, secret=secret, by=by, now=now, holds_articles=holds_articles)


async def book_anyway(
    session: AsyncSession,
    store: Store,
    service: Service,
    start: datetime,
    customer: Customer,
    brief: Brief,
    *,
    advisor_id: int,
    space_id: int | None = None,
    reason: str,
    secret: bytes,
    now: datetime,
    origin: str,
    by: str,
    status: Status = Status.CONFIRMED,
) -> Booked:
    """Staff know better than the rules: outside hours, shifts, lead time or grid, for a reason that is kept.

    Never over somebody else: raises `Overlaps` when advisor or space is taken. Also how a walk-in begins, `arrived`.
    """
    check_brief(service, brief, complete=origin != "walk_in")
    if start < now and origin != "walk_in":
        raise NotAhead()
    values = _values(store, service, customer, brief, origin=origin, now=now)
    values |= {"status": status, "override": reason.strip()[:200], "requested": False}
    if status == Status.ARRIVED:
        values["arrived_at"] = now
    place = Place(advisor_id, space_id, start, start + service.length, service.preparation, service.wrap_up)
    if origin == "walk_in":  # she is here: nothing is prepared before
        place = Place(advisor_id, space_id, start, start + service.length, 0, service.wrap_up)
    await diaries.lock(session, [span.resource_id for span in place.spans()])
    made: list[int] = []
    async with session.begin_nested():
        if not await _insert(session, {**values, **_placed(place)}, place, made, now=now):
            raise Overlaps()
    return await _booked(session, made[0], service, brief, secret=secret, by=by, now=now)


class Overlaps(Refused):
    """Advisor or space has something else then: the one thing that nobody may set aside."""

    status = 409
    code = "overlaps"
    msgid = lazy("The advisor or the space is taken at this time.")


def check_brief(service: Service, brief: Brief, *, complete: bool = True) -> None:
    """Raises `Invalid` for what needs correcting, beside its field: `party`, `answer_<key>`, `items`.

    Not `complete`: nobody who stands in the store is kept waiting by a question.
    """
    errors = []
    if not 1 <= brief.party <= service.max_party:
        msgid = lazy("We can receive between 1 and %(n)d people for this appointment.")
        errors.append(FieldError("party", "party", msgid, {"n": service.max_party}))
    answers = brief.answers or {}
    for question in service.questions:
        if complete and question.get("required") and not answers.get(question["key"], "").strip():
            errors.append(FieldError(f"answer_{question['key']}", "missing", lazy("Answer in a few words")))
    if any(len(text) > LONGEST_ANSWER for text in (*answers.values(), brief.access)):
        msgid = lazy("Keep each answer under %(n)d signs")
        errors.append(FieldError("answers", "too_long", msgid, {"n": LONGEST_ANSWER}))
    if len(brief.items) > MOST_ITEMS:
        msgid = lazy("Bring at most %(n)d articles")
        errors.append(FieldError("items", "items", msgid, {"n": MOST_ITEMS}))
    demand = stock.demand_of((variant.id, quantity) for variant, quantity in brief.items)
    for variant, quantity in brief.items:
        if quantity < 1 or demand[variant.id] > variant.product.max_per_reservation:
            msgid = lazy("Between 1 and %(n)d of this article can be reserved at a time.")
            errors.append(FieldError("items", "quantity", msgid, {"n": variant.product.max_per_reservation}))
    if errors:
        raise Invalid(errors=errors)


async def _check_live(session: AsyncSession, store: Store, customer: Customer, *, now: datetime) -> None:
    live = await session.scalar(
        select(func.count())
        .select_from(Appointment)
        .where(
            Appointment.store_id == store.id,
            Appointment.status.in_(AHEAD),
            Appointment.starts_at > now,
            same_contact(customer),
        )
    )
    if (live or 0) >= LIVE_PER_CONTACT:
        msgid = lazy("You already have %(n)d appointments ahead in this store. Cancel or move one of them.")
        raise TooMany("too_many_live", msgid, {"n": LIVE_PER_CONTACT}, retry_after=3600)


def same_contact(customer: Customer) -> Any:
    """Appointments made with one of her addresses."""
    ways = []
    if customer.email:
        ways.append(Appointment.email == customer.email)
    if customer.phone:
        ways.append(Appointment.phone == customer.phone)
    return or_(*ways)


def _values(
    store: Store, service: Service, customer: Customer, brief: Brief, *, origin: str, now: datetime
) -> dict[str, Any]:
    known = {question["key"] for question in service.questions}
    return {
        "store_id": store.id,
        "service_id": service.id,
        "status": Status.REQUESTED if service.needs_approval and origin in ("web", "api") else Status.CONFIRMED,
        "version": 1,
        "language": customer.language,
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "email": customer.email,
        "phone": customer.phone,
        "contact": customer.contact,
        "note": customer.note,
        "access": brief.access.strip(),
        "answers": {key: text.strip() for key, text in (brief.answers or {}).items() if key in known and text.strip()},
        "party": brief.party,
        "remind_soon": brief.remind_soon,
        "history": brief.history,
        "origin": origin,
        "booked_at": now,
    }


def _placed(place: Place) -> dict[str, Any]:
    return {
        "advisor_id": place.advisor_id,
        "space_id": place.space_id,
        "starts_at": place.start,
        "ends_at": place.end,
        "preparation": place.preparation,
        "wrap_up": place.wrap_up,
    }


async def _insert(
    session: AsyncSession, values: dict[str, Any], place: Place, made: list[int], *, now: datetime
) -> bool:
    """The row and its blocks; False when the constraint knows of somebody else."""
    appointment_id = await session.scalar(
        insert(Appointment).values(code=codes.new_code(), **values).returning(Appointment.id)
    )
    assert appointment_id is not None
    made[:] = [appointment_id]
    return await blocks.take(session, place.spans(), kind=Kind.APPOINTMENT, owner_id=appointment_id, now=now)


async def _booked(
    session: AsyncSession,
    appointment_id: int,
    service: Service,
    brief: Brief,
    *,
    secret: bytes,
    by: str,
    now: datetime,
    holds_articles: bool = True,
) -> Booked:
    token = await links.create(session, SUBJECT, appointment_id, secret=secret, now=now)
    if service.checklist:
        rows = [
            {"appointment_id": appointment_id, "position": place, "words": words, "done_by": ""}
            for place, words in enumerate(service.checklist)
        ]
        await session.execute(insert(Check), rows)
    appointment = await questions.get(session, appointment_id)
    await record(session, appointment, str(appointment.status), by=by, now=now)
    await telling.booked(session, appointment, by=by, now=now)
    await keeping.bring(session, appointment, brief.items, by=by, now=now, hold=holds_articles)
    return Booked(appointment, token)


# Moving and cancelling


def may_move(appointment: Appointment, now: datetime) -> bool:
    """Whether the shopper may still move it herself."""
    return appointment.status in AHEAD and now < move_until(appointment)


def may_cancel(appointment: Appointment, now: datetime) -> bool:
    """Whether the shopper may still cancel it herself."""
    return appointment.status in AHEAD and now < cancel_until(appointment)


def move_until(appointment: Appointment) -> datetime:
    """The service's cut-off for this appointment, as an instant; the service must be loaded."""
    return appointment.starts_at - timedelta(minutes=appointment.service.move_minutes)


def cancel_until(appointment: Appointment) -> datetime:
    return appointment.starts_at - timedelta(minutes=appointment.service.cancel_minutes)


def own_of(appointment: Appointment) -> Own:
    """What an appointment that moves does not let stand in its own way."""
    return Own(blocks=tuple((span.resource_id, span.start, span.end) for span in appointment.spans()))


ANYONE = 0
"""For `advisor_id` of a move: whoever is free, the present advisor first."""


async def reschedule(
    session: AsyncSession,
    appointment: Appointment,
    start: datetime,
    *,
    advisor_id: int | None = None,
    by: str = journal.SHOPPER,
    now: datetime,
    reason: str = "",
) -> None:
    """Move it to another start: the same row, its old time kept unless the new one is won.

    The advisor stays; another is named, or `ANYONE`. Also how a colleague takes it over at the same time. Where it is
    there already, as when the same is sent twice, nothing changes and nobody is told. Raises `MovedOn`, `TooLate` for
    a shopper after the cut-off, `SlotTaken`, `NotOffered`.
    """
    must_be(appointment, *AHEAD)
    shopper = by == journal.SHOPPER
    if shopper and not may_move(appointment, now):
        raise TooLate()
    if start < now:
        raise (NotOffered if shopper else NotAhead)()
    store, service = appointment.store, appointment.service
    wanted = appointment.advisor_id if advisor_id is None else advisor_id or None
    question = Question(
        start, start, now, party=appointment.party, advisor_id=wanted, own=own_of(appointment), rules=shopper
    )
    preference = Preference(requested=wanted, kept=appointment.advisor_id, language=appointment.language)
    before = _snapshot(appointment)

    async def write(place: Place) -> bool:
        if place.spans() == appointment.spans() and appointment.forgiven_at is None:
            return True
        values = _rewritten(appointment, place, requested=shopper and bool(advisor_id), override="")
        return await _rewrite(session, appointment, place, values, now=now)

    also_lock = [span.resource_id for span in appointment.spans()]
    version = appointment.version
    await win(session, store, service, start, question, preference, also_lock=also_lock, write=write)
    if appointment.version != version:
        await _moved(session, appointment, before, by=by, now=now, reason=reason)


async def move_anyway(
    session: AsyncSession,
    appointment: Appointment,
    start: datetime,
    *,
    advisor_id: int,
    space_id: int | None = None,
    minutes: int = 0,
    reason: str,
    by: str,
    now: datetime,
) -> None:
    """Staff set the rules aside, for a reason that is kept; never over somebody else (`Overlaps`).

    `minutes` gives it another length: an advisor who goes on for a quarter of an hour.
    """
    must_be(appointment, *OPEN)
    if start < now and start != appointment.starts_at:
        raise NotAhead()
    length = timedelta(minutes=minutes) if minutes else appointment.ends_at - appointment.starts_at
    place = Place(advisor_id, space_id, start, start + length, appointment.preparation, appointment.wrap_up)
    before = _snapshot(appointment)
    override = reason.strip()[:200] or appointment.override
    values = _rewritten(appointment, place, requested=False, override=override)
    await diaries.lock(session, [s.resource_id for s in (*place.spans(), *appointment.spans())])
    async with session.begin_nested():
        if not await _rewrite(session, appointment, place, values, now=now):
            raise Overlaps()
    await _moved(session, appointment, before, by=by, now=now, reason=reason)


@dataclass(frozen=True)
class _Former:
    """Where it stood before it moved."""

    starts_at: datetime
    ends_at: datetime
    advisor_id: int | None
    requested: bool

    def detail(self) -> dict[str, Any]:
        return {
            "starts_at": self.starts_at.isoformat(),
            "advisor_id": self.advisor_id,
            "ends_at": self.ends_at.isoformat(),
        }


def _snapshot(appointment: Appointment) -> _Former:
    return _Former(appointment.starts_at, appointment.ends_at, appointment.advisor_id, appointment.requested)


def _rewritten(appointment: Appointment, place: Place, *, requested: bool, override: str) -> dict[str, Any]:
    """`requested`: whether another advisor, if it is another, is the one she asked for."""
    values: dict[str, Any] = {**_placed(place), "version": appointment.version + 1, "override": override}
    if place.advisor_id != appointment.advisor_id:
        values["requested"] = requested
    return values


async def _rewrite(
    session: AsyncSession, appointment: Appointment, place: Place, values: dict[str, Any], *, now: datetime
) -> bool:
    """Its old blocks go, the new ones come, and its row with them; False, and the caller rolls back, where the
    constraint says no. Its version tells whether somebody else changed it meanwhile: then `MovedOn` undoes it too."""
    await blocks.release(session, Kind.APPOINTMENT, appointment.id)
    if not await blocks.take(session, place.spans(), kind=Kind.APPOINTMENT, owner_id=appointment.id, now=now):
        return False
    await change(session, appointment, values)
    return True


async def _moved(
    session: AsyncSession, appointment: Appointment, former: _Former, *, by: str, now: datetime, reason: str
) -> None:
    """It has moved: keep that it did, look for its articles again, and tell who has to know."""
    appointment = await questions.again(session, appointment)
    other_time = (appointment.starts_at, appointment.ends_at) != (former.starts_at, former.ends_at)
    other_advisor = appointment.advisor_id != former.advisor_id
    detail = former.detail()
    await record(session, appointment, "moved", by=by, now=now, before=appointment.status, reason=reason, detail=detail)
    started = appointment.status not in AHEAD
    if started:
        return
    if other_time:
        await keeping.look_again(session, appointment, by=by, now=now)
    await telling.moved(
        session,
        appointment,
        by=by,
        now=now,
        shopper_too=other_time or (other_advisor and former.requested),
        former_advisor_id=former.advisor_id if other_advisor else None,
        was=former.starts_at.isoformat(),
    )


async def cancel(
    session: AsyncSession,
    appointment: Appointment,
    *,
    by: str = journal.SHOPPER,
    now: datetime,
    reason: str = "",
) -> None:
    """It will not be. By the shopper until the cut-off, by staff with a reason; what waited for her goes back.

    Raises `MovedOn`, `TooLate`, `Invalid` without a reason of the store's.
    """
    must_be(appointment, *AHEAD)
    shopper = by == journal.SHOPPER
    if shopper and not may_cancel(appointment, now):
        raise TooLate()
    if not shopper and not reason.strip():
        raise Invalid("missing", lazy("Say why, in a few words"), field="reason")
    await diaries.lock(session, [span.resource_id for span in appointment.spans()])
    await move(session, appointment, Status.CANCELLED, by=by, now=now, reason=reason.strip()[:200])
    await blocks.release(session, Kind.APPOINTMENT, appointment.id)
    await keeping.give_back(session, appointment, by=by, now=now)
    await telling.cancelled(session, appointment, by=by, now=now)
