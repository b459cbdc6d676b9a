"""T5, the visit itself: yes or no to a request, arrival, beginning, what came of it, and who did not come."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking.appointments import asking, questions, receiving
from booking.appointments.asking import Overlaps
from booking.appointments.moves import must_be
from booking.appointments.states import OPEN, Outcome
from booking.appointments.tables import Appointment, Item
from booking.customers import clean_line, read_email, read_phone
from kit import languages
from kit.errors import FieldError, Invalid, Refused
from kit.languages import lazy
from kit.money import Money
from stores.hours import instant_of
from stores.places import Store
from stores.stock import OutOfStock
from web import views
from web.routing import Routes
from web.staff import frame, sheet
from web.staff.appointment import ONE, Act, do
from web.staff.frame import LEADS
from web.staff.preparing import MANAGE
from web.staff.typed import Typed, row_id, typed_in

routes = Routes(refuse=frame.refuse)

QUARTER = 15
TEN = 600
"""Minutes after midnight: when a promise is due on a day on which the store stays closed."""

Step = Callable[..., Awaitable[None]]


def _plain(request: Request, session: AsyncSession, step: Step, **more: Any) -> Act:
    """A step of the appointment that needs nothing typed."""
    by, now = request.state.actor.by, request.state.now

    async def act(one: Appointment) -> None:
        await step(session, one, by=by, now=now, **more)

    return act


# Before


@routes.post(ONE + "/approve", allow=MANAGE, name="staff_approve")
async def approve(request: Request, session: AsyncSession) -> Response:
    typed = await typed_in(request)
    return await do(request, session, _plain(request, session, receiving.approve), typed=typed, acting="approve")


@routes.post(ONE + "/decline", allow=MANAGE, name="staff_decline_appointment")
async def decline(request: Request, session: AsyncSession) -> Response:
    """The letter proposes other times."""
    typed = await typed_in(request)
    act = _plain(request, session, receiving.decline, reason=clean_line(typed.get("reason", "")))
    return await do(request, session, act, typed=typed, acting="decline")


@routes.post(ONE + "/cancel", allow=MANAGE, name="staff_cancel_appointment")
async def cancel(request: Request, session: AsyncSession) -> Response:
    typed = await typed_in(request)
    act = _plain(request, session, asking.cancel, reason=clean_line(typed.get("reason", "")))
    return await do(request, session, act, typed=typed, acting="cancel")


@routes.post(ONE + "/prepared", allow=MANAGE, name="staff_prepared")
async def prepared(request: Request, session: AsyncSession) -> Response:
    """Everything is ready for her; or, with `ready=0`, not after all."""
    typed = await typed_in(request)
    act = _plain(request, session, receiving.prepared, ready=typed.get("ready", "1") == "1")
    return await do(request, session, act, typed=typed, acting="prepared")


# During


@routes.post(ONE + "/arrive", allow=MANAGE, name="staff_arrive")
async def arrive(request: Request, session: AsyncSession) -> Response:
    typed = await typed_in(request)
    return await do(request, session, _plain(request, session, receiving.arrive), typed=typed, acting="arrive")


@routes.post(ONE + "/not-arrived", allow=MANAGE, name="staff_not_arrived")
async def not_arrived(request: Request, session: AsyncSession) -> Response:
    """It was somebody else."""
    typed = await typed_in(request)
    return await do(request, session, _plain(request, session, receiving.not_arrived), typed=typed, acting="arrive")


@routes.post(ONE + "/begin", allow=MANAGE, name="staff_begin")
async def begin(request: Request, session: AsyncSession) -> Response:
    typed = await typed_in(request)
    return await do(request, session, _plain(request, session, receiving.begin), typed=typed, acting="begin")


class NextOne(Refused):
    """Fifteen minutes more would run into whoever comes next."""

    status = 409
    code = "overlaps"


@routes.post(ONE + "/extend", allow=MANAGE, name="staff_extend_appointment")
async def extend(request: Request, session: AsyncSession) -> Response:
    """A quarter of an hour more; where that does not fit, who is next and when."""
    typed = await typed_in(request)
    by, now = request.state.actor.by, request.state.now

    async def act(one: Appointment) -> None:
        must_be(one, *sheet.IN_VISIT)
        if one.advisor_id is None:
            raise Overlaps()
        minutes = int((one.ends_at - one.starts_at).total_seconds()) // 60 + QUARTER
        try:
            await asking.move_anyway(
                session,
                one,
                one.starts_at,
                advisor_id=one.advisor_id,
                space_id=one.space_id,
                minutes=minutes,
                reason="",
                by=by,
                now=now,
            )
        except Overlaps as taken:
            raise await _next_one(request, session, one) or taken from None

    return await do(request, session, act, typed=typed, acting="extend")


async def _next_one(request: Request, session: AsyncSession, one: Appointment) -> NextOne | None:
    """Who stands in the way, if it is a person; a name only where the colleague may know it."""
    assert one.advisor_id is not None and one.advisor is not None
    until = one.ends_at + timedelta(minutes=QUARTER + one.wrap_up)
    later = await questions.of_advisor(session, one.advisor_id, one.ends_at, until + timedelta(hours=4))
    follows = next((each for each in later if each.status in OPEN and each.starts_at >= one.ends_at), None)
    if follows is None or follows.starts_at - timedelta(minutes=follows.preparation) >= until:
        return None
    at = languages.time_words(one.store.local(follows.starts_at))
    if not frame.actor_of(request).sees(follows.store_id):
        msgid = lazy("%(advisor)s is expected elsewhere at %(time)s: 15 minutes more do not fit.")
        return NextOne("overlaps", msgid, {"advisor": one.advisor.name, "time": at})
    msgid = lazy("%(name)s comes to %(advisor)s at %(time)s (%(service)s): 15 minutes more do not fit.")
    who = frame.short_name(follows.first_name, follows.last_name)
    said = {"name": who, "advisor": one.advisor.name, "time": at, "service": follows.service.name.text()}
    return NextOne("overlaps", msgid, said)


# After


@routes.post(ONE + "/complete", allow=MANAGE, name="staff_complete")
async def complete(request: Request, session: AsyncSession) -> Response:
    """What came of it. What she wants kept becomes a reservation in the same step."""
    typed = await typed_in(request)
    by, now = request.state.actor.by, request.state.now

    async def act(one: Appointment) -> None:
        what = read_outcome(one, typed)
        if what.outcome == Outcome.RESERVED:
            await _reserve(request, session, one, what)
        await receiving.complete(
            session,
            one,
            outcome=what.outcome,
            reason=what.reason,
            amount=what.amount,
            follow_up=what.follow_up,
            follow_up_at=what.follow_up_at,
            summary=typed.get("summary") == "1" and bool(one.email),
            by=by,
            now=now,
        )

    return await do(request, session, act, typed=typed, acting="complete")


async def _reserve(request: Request, session: AsyncSession, one: Appointment, what: "OutcomeTyped") -> None:
    """A no of the reservation is said beside the articles of the form."""
    by, now, secret = request.state.actor.by, request.state.now, request.app.state.settings.secret
    if what.email or what.phone:
        await receiving.note_address(session, one, email=what.email, phone=what.phone, by=by, now=now)
    try:
        await receiving.reserve_liked(session, one, what.items, secret=secret, by=by, now=now)
    except OutOfStock as short:
        wanted = {missing.variant_id for missing in short.missing}
        names = languages.list_words([views.name_of(i.variant) for i in what.items if i.variant_id in wanted])
        msgid = lazy("Not enough is left here of: %(names)s")
        raise Invalid("out_of_stock", msgid, {"names": names}, field="items") from None
    except Invalid as invalid:
        raise Invalid(invalid.code, invalid.msgid, invalid.params, field="items") from None


class OutcomeTyped:
    """The form of the outcome, read; every field that needs correcting is said at once."""

    def __init__(self, one: Appointment, typed: Typed) -> None:
        self.errors: list[FieldError] = []
        self.outcome = self._outcome(typed.get("outcome", ""))
        self.reason = clean_line(typed.get("reason", "")) if self.outcome == Outcome.NOTHING else ""
        self.amount = self._amount(one, typed.get("amount", "")) if self.outcome == Outcome.BOUGHT else None
        self.items: list[Item] = []
        self.email = self.phone = ""
        if self.outcome == Outcome.RESERVED:
            self._reserved(one, typed)
        if self.outcome == Outcome.NOTHING and not self.reason:
            self._wrong("reason", lazy("Say why, in a few words"))
        self.follow_up = clean_line(typed.get("follow_up", ""))
        self.follow_up_at = self._day(one.store, typed.get("follow_up_at", ""))
        if self.follow_up_at is not None and not self.follow_up:
            self._wrong("follow_up", lazy("Write what was promised"))
        if self.follow_up and self.follow_up_at is None and not self._is_wrong("follow_up_at"):
            self._wrong("follow_up_at", lazy("Choose a day that is still to come"))

    def _wrong(self, field: str, msgid: Any) -> None:
        self.errors.append(FieldError(field, "malformed", msgid))

    def _is_wrong(self, field: str) -> bool:
        return any(error.field == field for error in self.errors)

    def _outcome(self, text: str) -> Outcome:
        try:
            return Outcome(text)
        except ValueError:
            self._wrong("outcome", lazy("Say what came of the visit"))
            return Outcome.THINKING

    def _amount(self, one: Appointment, text: str) -> Money | None:
        if not text.strip():
            return None
        try:
            amount = Money.from_amount(text.strip(), sheet.currency_of(one))
        except ValueError:
            amount = None
        if amount is None or not 0 <= amount.minor <= receiving.LARGEST_AMOUNT:
            self._wrong("amount", lazy("Enter an amount such as 129.00"))
            return None
        return amount

    def _day(self, store: Store, text: str) -> datetime | None:
        """The opening of that day: a promise is due when the store can keep it."""
        if not text.strip():
            return None
        try:
            day = date.fromisoformat(text.strip())
            spans = store.hours.day_spans(day)
            return spans[0].start if spans else instant_of(day, TEN, store.timezone)
        except (ValueError, OverflowError):
            self._wrong("follow_up_at", lazy("Choose a day that is still to come"))
            return None

    def _reserved(self, one: Appointment, typed: Typed) -> None:
        chosen = {row_id(name.removeprefix("item-")) for name in typed if name.startswith("item-")}
        self.items = [item for item in one.items if item.id in chosen]
        if not self.items:
            self._wrong("items", lazy("Choose the articles to keep"))
        if one.email or one.phone:
            return
        try:
            self.email = read_email(typed["email"].strip()) if typed.get("email", "").strip() else ""
        except ValueError:
            self._wrong("email", lazy("Enter a full email address, for example name@example.com"))
        try:
            self.phone = read_phone(typed["phone"], one.store.country) if typed.get("phone", "").strip() else ""
        except ValueError:
            msgid = lazy("Enter a full phone number, for example 06 39 98 01 23 or +44 7700 900123")
            self._wrong("phone", msgid)
        if not (self.email or self.phone or self._is_wrong("email") or self._is_wrong("phone")):
            self._wrong("email", lazy("Enter an email address or a phone number"))


def read_outcome(one: Appointment, typed: Typed) -> OutcomeTyped:
    """Raises `Invalid` with everything that needs correcting."""
    what = OutcomeTyped(one, typed)
    if what.errors:
        raise Invalid(errors=what.errors)
    return what


@routes.post(ONE + "/no-show", allow=MANAGE, name="staff_no_show")
async def no_show(request: Request, session: AsyncSession) -> Response:
    typed = await typed_in(request)
    return await do(request, session, _plain(request, session, receiving.no_show), typed=typed, acting="no-show")


@routes.post(ONE + "/forgive", allow=MANAGE, name="staff_forgive")
async def forgive(request: Request, session: AsyncSession) -> Response:
    """Within a day: she came late after all, or had called."""
    typed = await typed_in(request)
    return await do(request, session, _plain(request, session, receiving.forgive), typed=typed, acting="forgive")


@routes.post(ONE + "/correct", allow=LEADS, name="staff_correct")
async def correct(request: Request, session: AsyncSession) -> Response:
    """A manager turns what was settled wrongly: came or did not come."""
    typed = await typed_in(request)
    act = _plain(request, session, receiving.correct, reason=clean_line(typed.get("reason", "")))
    return await do(request, session, act, typed=typed, acting="correct")
