"""What the store does: takes a request on, says what it found, brings it to the desk, hands it over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from booking import messages, promises, tasks
from booking.reservations import telling
from booking.reservations.asking import check_lines
from booking.reservations.keeping import PUT_BACK_WITHIN, give_back, put_back_task
from booking.reservations.moves import amend, move, move_line, must_be
from booking.reservations.states import Contact, LineStatus, MovedOn, Reason, Status
from booking.reservations.tables import Line, Reservation
from kit.errors import Invalid, Refused
from kit.languages import lazy
from stores import stock
from stores.catalogue import Variant
from stores.places import Store

UNDO_WITHIN = timedelta(minutes=15)
"""A hand-over made by mistake can be undone so long, by a manager."""


@dataclass(frozen=True)
class Substitute:
    """Another article, offered in place of one that is missing."""

    variant: Variant
    quantity: int


@dataclass(frozen=True)
class Found:
    """What staff found of one line: so many units, a reason when some are missing, perhaps something instead."""

    units: int
    reason: Reason | None = None
    substitute: Substitute | None = None


class TooLateToUndo(Refused):
    status = 409
    code = "too_late_to_undo"
    msgid = lazy("A hand-over can be undone within 15 minutes only.")


async def claim(session: AsyncSession, reservation: Reservation, *, by: str, now: datetime) -> None:
    """Take it on. A colleague may take it over; nobody is ever blocked."""
    if reservation.claimed_by != by:
        await amend(session, reservation, claimed_by=by, claimed_at=now)


async def answer(
    session: AsyncSession, reservation: Reservation, answers: Mapping[int, Found], *, by: str, now: datetime
) -> None:
    """Say what was found, by line id; a line that is not named was found whole.

    All found confirms it, some or another article offered proposes, nothing declines. After a confirmation the same
    answer is a broken promise. What is missing corrects the stock by its reason.
    """
    # not proposed: only the shopper, or time, answers an offer
    must_be(reservation, Status.REQUESTED, Status.CONFIRMED, Status.READY)
    lines = [line for line in reservation.lines if line.holding]
    said = {line.id: _what_matters(line, answers.get(line.id)) for line in lines}
    _check_answers(lines, said)
    to = _outcome(lines, said)
    broken = reservation.status in (Status.CONFIRMED, Status.READY)
    if broken and to == Status.CONFIRMED:
        raise MovedOn(Status(reservation.status))
    assert reservation.hold_until is not None
    await move(
        session,
        reservation,
        to,
        by=by,
        now=now,
        reason=next((str(found.reason) for found in said.values() if found.reason), "")
        if to == Status.DECLINED
        else "",
        detail={"lines": [{"line": line.id, "found": said[line.id].units} for line in lines]},
        answered_at=reservation.answered_at or now,
        answered_by=by,
        alarm="",
        broken_promise=reservation.broken_promise or broken,
        ready_by=promises.ready_by(reservation.store, now) if to == Status.CONFIRMED else None,
        proposal_until=promises.proposal_until(reservation.store, now) if to == Status.PROPOSED else None,
        hold_until=promises.hold_once_confirmed(reservation.store, reservation.hold_until, now)
        if to == Status.CONFIRMED
        else reservation.hold_until,
    )
    offered = [found.substitute.variant.id for found in said.values() if found.substitute]
    await stock.lock(session, reservation.store_id, [*(line.variant_id for line in lines), *offered])
    for line in lines:
        await _settle_line(session, reservation, line, said[line.id], by=by, now=now)
    await _offer(session, reservation, lines, said, by=by, now=now)
    await _tell_outcome(session, reservation, to, broken=broken, now=now)


def _what_matters(line: Line, found: Found | None) -> Found:
    """A line that was found whole needs neither a reason nor anything in its place."""
    return Found(line.held) if found is None or found.units == line.held else found


def _check_answers(lines: Sequence[Line], said: Mapping[int, Found]) -> None:
    for line in lines:
        found = said[line.id]
        if not 0 <= found.units <= line.held:
            msgid = lazy("Between 0 and %(n)d of this article can be found.")
            raise Invalid("found", msgid, {"n": line.held}, field=f"found-{line.id}")
        if found.units < line.held and found.reason is None:
            raise Invalid("reason", lazy("Say why it is missing."), field=f"reason-{line.id}")
        if found.substitute:
            check_lines([(found.substitute.variant, found.substitute.quantity)])


def _outcome(lines: Sequence[Line], said: Mapping[int, Found]) -> Status:
    if all(said[line.id].units == line.held for line in lines):
        return Status.CONFIRMED
    if any(said[line.id].units or said[line.id].substitute for line in lines):
        return Status.PROPOSED
    return Status.DECLINED


async def _settle_line(
    session: AsyncSession, reservation: Reservation, line: Line, found: Found, *, by: str, now: datetime
) -> None:
    """Keep what was found of a line, release the rest, and correct the stock by the reason."""
    missing = line.held - found.units
    if found.units:
        to = LineStatus.SET_ASIDE if line.status == LineStatus.SET_ASIDE else LineStatus.FOUND
    else:
        to = LineStatus.SUBSTITUTED if found.substitute else LineStatus.MISSING
    reason = str(found.reason or "") if missing else ""
    await move_line(session, reservation, line, to, found=found.units, held=found.units, reason=reason)
    if found.units:
        await stock.saw(session, reservation.store_id, [line.variant_id], now=now)
    if missing > 0 and found.reason:
        event = f"{reservation.code}:{reservation.version}:missing:{line.id}"
        demand = {line.variant_id: missing}
        await stock.release(session, reservation.store_id, demand, source_event_id=event, by=by, now=now)
        await correct_missing(
            session, reservation.store, line.variant_id, missing, found.reason, source_event_id=event, by=by, now=now
        )
        await _check_shortfall(session, reservation, line, now=now)


async def correct_missing(
    session: AsyncSession,
    store: Store,
    variant_id: int,
    units: int,
    reason: Reason,
    *,
    source_event_id: str,
    by: str,
    now: datetime,
) -> None:
    """The books said it was there and it is not: make them say the truth.

    Where the till owns the count it reports the sale itself; here it only makes the stock doubtful until then.
    """
    by_till = reason == Reason.SOLD and store.stock_authority == "feed"
    book, unsellable, kind = {
        Reason.NOT_FOUND: (-units, 0, stock.Kind.COUNT),
        Reason.SOLD: (0 if by_till else -units, 0, stock.Kind.SALE),
        Reason.DAMAGED: (0, units, stock.Kind.DAMAGE),
        Reason.DISPLAY_ONLY: (0, units, stock.Kind.DISPLAY_ON),
        Reason.RESERVED_ELSEWHERE: (0, 0, stock.Kind.COUNT),
    }[reason]
    await stock.correct(
        session,
        store.id,
        variant_id,
        kind=kind,
        book=book,
        unsellable=unsellable,
        reason=reason,
        not_found=reason == Reason.NOT_FOUND or by_till,
        source_event_id=source_event_id,
        by=by,
        now=now,
    )


async def _check_shortfall(session: AsyncSession, reservation: Reservation, line: Line, *, now: datetime) -> None:
    """More is promised to others than is left: somebody has to look, nobody is cancelled by a machine."""
    cell = (await stock.cells(session, reservation.store_id, [line.variant_id])).get(line.variant_id)
    if cell is not None and cell.available < 0:
        await tasks.add(
            session,
            tasks.Kind.CHECK,
            store_id=reservation.store_id,
            variant_id=line.variant_id,
            reservation_id=reservation.id,
            line_id=line.id,
            version=reservation.version,
            quantity=-cell.available,
            due_at=now,
            now=now,
        )


async def _offer(
    session: AsyncSession,
    reservation: Reservation,
    lines: Sequence[Line],
    said: Mapping[int, Found],
    *,
    by: str,
    now: datetime,
) -> None:
    """Hold what is offered instead, so that a yes cannot be disappointed. Raises `OutOfStock`."""
    for line in lines:
        substitute = said[line.id].substitute
        if substitute is None:
            continue
        offered = Line(
            reservation_id=reservation.id,
            variant_id=substitute.variant.id,
            quantity=substitute.quantity,
            held=substitute.quantity,
            status=LineStatus.HELD,
            replaces_id=line.id,
            price_minor=substitute.variant.price_minor,
            currency=substitute.variant.currency,
        )
        offered.variant = substitute.variant
        reservation.lines.append(offered)
        await session.flush()
        event = f"{reservation.code}:{reservation.version}:offer:{offered.id}"
        demand = {offered.variant_id: offered.quantity}
        await stock.hold(session, reservation.store_id, demand, source_event_id=event, by=by, now=now)


async def _tell_outcome(
    session: AsyncSession, reservation: Reservation, to: Status, *, broken: bool, now: datetime
) -> None:
    templates = {Status.CONFIRMED: "confirmed", Status.PROPOSED: "proposed", Status.DECLINED: "declined"}
    await telling.tell_shopper(session, reservation, templates[to], now=now, only_if=[to], payload={"apology": broken})
    if broken:
        await messages.withdraw(session, telling.SUBJECT, reservation.id, templates=["reminder", "ready"])
        await recover(session, reservation, now=now)


async def recover(session: AsyncSession, reservation: Reservation, *, now: datetime) -> None:
    """A promise was broken: a manager calls or writes within one open day."""
    due = promises.next_open_day_end(reservation.store, now)
    await tasks.add(
        session,
        tasks.Kind.RECOVER,
        store_id=reservation.store_id,
        reservation_id=reservation.id,
        version=reservation.version,
        due_at=due,
        now=now,
    )


async def decline(session: AsyncSession, reservation: Reservation, *, reason: Reason, by: str, now: datetime) -> None:
    """None of it is there, for one and the same reason."""
    nothing = {line.id: Found(0, reason) for line in reservation.lines if line.holding}
    await answer(session, reservation, nothing, by=by, now=now)


async def make_ready(
    session: AsyncSession, reservation: Reservation, *, place: str = "", by: str, now: datetime
) -> None:
    """It is at the desk: tell the shopper now, and again on the last morning. The hold may grow, never shrink."""
    must_be(reservation, Status.REQUESTED, Status.CONFIRMED)
    store = reservation.store
    assert reservation.hold_until is not None
    until = promises.hold_once_ready(store, reservation.hold_until, now)
    first_answer = reservation.answered_at is None
    await move(
        session,
        reservation,
        Status.READY,
        by=by,
        now=now,
        ready_at=now,
        hold_until=until,
        place=place or reservation.place,
        answered_at=reservation.answered_at or now,
        answered_by=by,
        alarm="",
    )
    for line in reservation.lines:
        if line.holding and line.accepted is not False:
            found = line.quantity if line.found is None else line.found
            await move_line(session, reservation, line, LineStatus.SET_ASIDE, found=found)
    seen = [line.variant_id for line in reservation.lines if line.status == LineStatus.SET_ASIDE]
    if first_answer:
        await stock.saw(session, reservation.store_id, seen, now=now)
    await telling.tell_shopper(session, reservation, "ready", now=now, only_if=[Status.READY])
    await telling.remind(session, reservation, at=promises.remind_at(store, until), now=now)


async def unready(session: AsyncSession, reservation: Reservation, *, by: str, now: datetime) -> None:
    """Put aside by mistake. If the shopper was told already, she is told that it is not so."""
    must_be(reservation, Status.READY)
    told = await session.scalar(
        select(messages.Message.id).where(
            messages.Message.subject == telling.SUBJECT,
            messages.Message.subject_id == reservation.id,
            messages.Message.template == "ready",
            messages.Message.state.in_([messages.State.SENT, messages.State.SENDING]),
        )
    )
    await move(
        session,
        reservation,
        Status.CONFIRMED,
        by=by,
        now=now,
        ready_at=None,
        ready_by=promises.ready_by(reservation.store, now),
    )
    for line in reservation.lines:
        if line.status == LineStatus.SET_ASIDE:
            await move_line(session, reservation, line, LineStatus.FOUND)
    await messages.withdraw(session, telling.SUBJECT, reservation.id, templates=["ready", "reminder"])
    if told or reservation.contact == Contact.PHONE:
        await telling.tell_shopper(session, reservation, "corrected", now=now, only_if=[Status.CONFIRMED])


async def collect(
    session: AsyncSession, reservation: Reservation, bought: Mapping[int, int], *, by: str, now: datetime
) -> None:
    """The shopper came: by line id, how many units she takes; what is not named or not taken goes back."""
    lines = [line for line in reservation.lines if line.holding]
    for line in lines:
        if not 0 <= bought.get(line.id, 0) <= line.held:
            msgid = lazy("Between 0 and %(n)d of this article can be taken.")
            raise Invalid("bought", msgid, {"n": line.held}, field=f"bought-{line.id}")
    await move(session, reservation, Status.COLLECTED, by=by, now=now, detail={"bought": dict(bought)})
    event = f"{reservation.code}:{reservation.version}"
    takes = stock.demand_of((line.variant_id, bought.get(line.id, 0)) for line in lines if bought.get(line.id, 0))
    leaves = stock.demand_of(
        (line.variant_id, line.held - bought.get(line.id, 0)) for line in lines if line.held > bought.get(line.id, 0)
    )
    await stock.lock(session, reservation.store_id, [line.variant_id for line in lines])
    await stock.hand_over(
        session,
        reservation.store_id,
        takes,
        leaves_book=reservation.store.stock_authority == "vitrine",
        source_event_id=f"{event}:taken",
        by=by,
        now=now,
    )
    await stock.release(session, reservation.store_id, leaves, source_event_id=f"{event}:left", by=by, now=now)
    for line in lines:
        took = bought.get(line.id, 0)
        left = line.held - took
        to = LineStatus.BOUGHT if took else LineStatus.NOT_BOUGHT
        await move_line(session, reservation, line, to, bought=took, held=0)
        if left:
            await tasks.add(
                session,
                tasks.Kind.PUT_BACK,
                store_id=reservation.store_id,
                reservation_id=reservation.id,
                line_id=line.id,
                variant_id=line.variant_id,
                version=reservation.version,
                quantity=left,
                due_at=now + PUT_BACK_WITHIN,
                now=now,
            )
    await messages.withdraw(session, telling.SUBJECT, reservation.id, templates=["ready", "reminder"])
    await tasks.withdraw(session, tasks.Kind.CALL, reservation_id=reservation.id, now=now)


async def undo_collection(session: AsyncSession, reservation: Reservation, *, by: str, now: datetime) -> None:
    """It was not she, or not this bag: everything is as before, by movements that reverse.

    Raises `TooLateToUndo`, or `OutOfStock` when what she had left was promised to someone else meanwhile.
    """
    must_be(reservation, Status.COLLECTED)
    if reservation.ended_at is None or now - reservation.ended_at > UNDO_WITHIN:
        raise TooLateToUndo()
    await move(session, reservation, Status.READY, by=by, now=now)
    await stock.lock(session, reservation.store_id, [line.variant_id for line in reservation.lines])
    for line in reservation.lines:
        if line.status in (LineStatus.BOUGHT, LineStatus.NOT_BOUGHT):
            took = line.bought or 0
            units = line.found if line.found is not None else line.quantity
            await stock.take_back(
                session,
                reservation.store_id,
                line.variant_id,
                reserved=units,
                book=took if reservation.store.stock_authority == "vitrine" else 0,
                source_event_id=f"{reservation.code}:{reservation.version}:undo:{line.id}",
                by=by,
                now=now,
            )
            await move_line(session, reservation, line, LineStatus.SET_ASIDE, held=units, bought=None)
    await tasks.withdraw(session, tasks.Kind.PUT_BACK, reservation_id=reservation.id, now=now)


async def restore(session: AsyncSession, reservation: Reservation, *, reason: str, by: str, now: datetime) -> None:
    """She is at the desk after the end of the hold and it is still there: held again until today's closing.

    Raises `OutOfStock` when it was promised to someone else meanwhile.
    """
    must_be(reservation, Status.EXPIRED)
    until = reservation.store.hours.closes_at(now) or now + timedelta(hours=1)
    aside = [line for line in reservation.lines if line.status == LineStatus.RELEASED and line.accepted is not False]
    await move(session, reservation, Status.READY, by=by, now=now, reason=reason, hold_until=until)
    for line in aside:
        units = line.quantity if line.found is None else line.found
        await move_line(session, reservation, line, LineStatus.SET_ASIDE, held=units)
    demand = stock.demand_of((line.variant_id, line.held) for line in aside)
    event = f"{reservation.code}:{reservation.version}:again"
    await stock.hold(session, reservation.store_id, demand, source_event_id=event, by=by, now=now)
    await tasks.withdraw(session, tasks.Kind.PUT_BACK, reservation_id=reservation.id, now=now)


async def turn_away(session: AsyncSession, reservation: Reservation, *, by: str, now: datetime) -> None:
    """Staff cancel what nobody means: a joke, a robot. Nothing is sent."""
    await move(session, reservation, Status.CANCELLED, by=by, now=now, reason="unwanted")
    await put_back_task(session, reservation, now=now)
    await give_back(session, reservation, by=by, now=now)
    await tasks.withdraw(session, tasks.Kind.CALL, reservation_id=reservation.id, now=now)
