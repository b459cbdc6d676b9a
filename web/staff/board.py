"""T1, today: what has to be done now in a store, in one list by due time; it rings and looks again by itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession
from sse_starlette.sse import EventSourceResponse
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from booking import messages, tasks
from booking.appointments import questions as appointments
from booking.appointments.tables import Appointment
from booking.customers import show_phone
from booking.messages import Message
from booking.reservations import questions
from booking.reservations.states import Status
from booking.reservations.tables import Reservation
from booking.tasks import Task
from kit import languages
from kit.codes import show_code
from kit.languages import gettext, ngettext
from stores import stock
from stores.places import Store
from web import access, pages, views
from web.house import House
from web.routing import Allow, Routes, staff
from web.staff import day_board, frame
from web.staff.day_board import Figure
from web.words import TONES, language_words, news_words, status_words, task_words

routes = Routes(refuse=frame.refuse)

SUBJECTS = ("reservation", "appointment")
"""What an undelivered message may be about to stand in the list."""
CALL_WITHIN = timedelta(minutes=15)
"""A call, or a look at the shelf, is due at once; it is late after so long."""


@dataclass(frozen=True)
class Row:
    """One thing to do, or to keep in mind, as the list shows it."""

    id: str
    due: datetime | None
    due_words: str
    """The hour, with the day when it is not today."""
    age: str
    """In words: how late it is, or since when it waits."""
    late: bool
    soon: bool
    """More than half of its time has passed."""
    what: str
    url: str
    who: str
    place: str
    state: str = ""
    tone: str = "plain"
    new: bool = False
    taken_by: str = ""
    mine: bool = False
    claim: str = ""
    """Code of the reservation to take."""
    done: int = 0
    """Id of the task to tick."""
    resend: str = ""
    """Id of the message to send again."""
    phone: str = ""
    phone_words: str = ""


@routes.get("/{language:language}/staff", allow=staff("reservation.read"), name="staff_board")
async def board(request: Request, session: AsyncSession) -> Response:
    stores = frame.scope(request)
    now: datetime = request.state.now
    waiting = await questions.open_in(session, stores, Status.REQUESTED, Status.PROPOSED, Status.CONFIRMED)
    to_do = await tasks.open_in(session, stores)
    unsent = await messages.undelivered(session, stores)
    places = await _places(request, session, waiting)
    rows = [_reservation_row(request, one, places.get(one.id, ""), now) for one in waiting]
    rows += [_task_row(request, one, now) for one in to_do if one.kind != tasks.Kind.PUT_BACK]
    rows += list(_put_back_rows(request, to_do, now))
    rows += [await _message_row(request, session, one, now) for one in unsent if one.subject in SUBJECTS]
    rows.sort(key=lambda row: (not row.late, row.due or now, row.id))
    counts = await questions.counts(session, stores)
    visits = await day_board.of_today(request, session, stores)
    asked = counts.get(Status.REQUESTED, 0)
    title = gettext("Today")
    today = frame.wall_clock(request).date()
    return frame.render(
        request,
        "staff/board.html",
        {
            "figures": [*_figures(request, counts, to_do, rows), *visits.figures],
            "visits": visits,
            "rows": rows,
            "next_words": _next_words(request),
            "as_fragment": pages.is_fragment(request),
            "today": languages.upper_first(languages.day_words(today, today)),
        },
        title=f"({asked}) {title}" if asked else title,
        current="staff_board",
        fragment="staff/_board.html",
    )


def _figures(request: Request, counts: dict[str, int], to_do: Sequence[Task], rows: Sequence[Row]) -> list[Figure]:
    def listed(status: Status) -> str:
        return views.address(request, "staff_reservations", {"state": status})

    put_back = sum(task.kind == tasks.Kind.PUT_BACK for task in to_do)
    now = request.state.now
    late_back = any(task.kind == tasks.Kind.PUT_BACK and task.due_at <= now for task in to_do)
    late = any(row.late and row.claim for row in rows)
    return [
        Figure(gettext("to confirm"), counts.get(Status.REQUESTED, 0), listed(Status.REQUESTED), late),
        Figure(gettext("to prepare"), counts.get(Status.CONFIRMED, 0), views.address(request, "staff_picking")),
        Figure(gettext("ready"), counts.get(Status.READY, 0), listed(Status.READY)),
        Figure(gettext("to put back"), put_back, views.address(request, "staff_tasks"), late_back),
    ]


async def _places(request: Request, session: AsyncSession, waiting: Sequence[Reservation]) -> dict[int, str]:
    """The floors on which the articles of each reservation are, by reservation."""
    house: House = request.app.state.house
    by_store: dict[int, set[int]] = {}
    for one in waiting:
        by_store.setdefault(one.store_id, set()).update(line.variant_id for line in one.lines)
    cells = {store_id: await stock.cells(session, store_id, wanted) for store_id, wanted in by_store.items()}
    found = {}
    for one in waiting:
        floors: dict[str, None] = {}
        for line in one.lines:
            cell = cells[one.store_id].get(line.variant_id)
            department = frame.department_code(house, line.variant)
            floors[frame.floor_words(one.store, cell.floor if cell else None, department)] = None
        found[one.id] = languages.list_words([words for words in floors if words])
    return found


def _reservation_row(request: Request, one: Reservation, place: str, now: datetime) -> Row:
    store, status = one.store, Status(one.status)
    units = sum(line.kept for line in one.lines) or sum(line.quantity for line in one.lines)
    articles = ngettext("%(num)d article", "%(num)d articles", units, num=units)
    due = {Status.REQUESTED: one.answer_by, Status.PROPOSED: one.proposal_until, Status.CONFIRMED: one.ready_by}[status]
    what = {
        Status.REQUESTED: gettext("Answer: %(articles)s", articles=articles),
        Status.PROPOSED: gettext("Waiting for the shopper’s choice: %(articles)s", articles=articles),
        Status.CONFIRMED: gettext("Bring to the desk: %(articles)s", articles=articles),
    }[status]
    ours = status != Status.PROPOSED
    late = ours and due is not None and due <= now
    soon = not late and (one.alarm != "" or (status == Status.REQUESTED and bool(one.amber_at and one.amber_at <= now)))
    by = request.state.actor.by
    return Row(
        id=f"r-{one.code}",
        due=due,
        due_words=frame.due_words(due, store, now),
        age=_age_words(due, one.requested_at, late=late, now=now),
        late=late,
        soon=ours and soon,
        what=what,
        url=views.address(request, "staff_reservation", code=show_code(one.code)),
        who=_who(one),
        place=_place_words(request, store, place),
        state=status_words(status),
        tone="err" if late else TONES[status],
        new=status == Status.REQUESTED and not one.claimed_by and not soon and not late,
        taken_by=one.claimed_by,
        mine=one.claimed_by == by,
        claim=show_code(one.code) if ours else "",
    )


def _who(one: Reservation | Appointment) -> str:
    """`Léa M.`, and the language she reads when it is not that of the page."""
    name = frame.short_name(one.first_name, one.last_name)
    return name if one.language == languages.language() else f"{name} ({language_words(one.language)})"


def _place_words(request: Request, store: Store, place: str) -> str:
    """The floor; with the store's name for who looks at several."""
    return place if frame.chosen_store(request) else " · ".join(part for part in (store.name, place) if part)


def _age_words(due: datetime | None, since: datetime, *, late: bool, now: datetime) -> str:
    if late and due is not None:
        minutes = max(1, int((now - due).total_seconds()) // 60)
        if minutes < 24 * 60:
            return gettext("late by %(time)s", time=languages.duration_words(minutes))
        days = minutes // (24 * 60)
        return ngettext("late by %(num)d day", "late by %(num)d days", days, num=days)
    return languages.ago_words(since, now)


def _task_row(request: Request, task: Task, now: datetime) -> Row:
    house: House = request.app.state.house
    store = house.store_by_id(task.store_id)
    assert store is not None
    one = task.reservation or task.appointment
    page = "staff_appointment" if task.appointment else "staff_reservation"
    at_once = task.kind in (tasks.Kind.CALL, tasks.Kind.CHECK)
    late = task.due_at + (CALL_WITHIN if at_once else timedelta()) <= now
    article = views.name_of(task.variant) if task.variant else ""
    about = task.note or (news_words(task.about) if task.about else article)
    words = task_words(task.kind)
    return Row(
        id=f"t-{task.id}",
        due=task.due_at,
        due_words=frame.due_words(task.due_at, store, now),
        age=_age_words(task.due_at, task.created_at, late=late, now=now),
        late=late,
        soon=False,
        what=gettext("%(what)s: %(about)s", what=words, about=about) if about else words,
        url=views.address(request, page, code=show_code(one.code)) if one else views.address(request, "staff_tasks"),
        who=_who(one) if one else "",
        place=_place_words(request, store, ""),
        done=task.id,
        phone=one.phone if one and task.kind in (tasks.Kind.CALL, tasks.Kind.RECOVER, tasks.Kind.FOLLOW_UP) else "",
        phone_words=show_phone(one.phone, languages.language()) if one and one.phone else "",
    )


def _put_back_rows(request: Request, to_do: Sequence[Task], now: datetime) -> Iterator[Row]:
    """All that goes back to the shelves of one store is one walk, so one row."""
    house: House = request.app.state.house
    by_store: dict[int, list[Task]] = {}
    for task in to_do:
        if task.kind == tasks.Kind.PUT_BACK:
            by_store.setdefault(task.store_id, []).append(task)
    for store_id, back in by_store.items():
        store = house.store_by_id(store_id)
        assert store is not None
        units, due = sum(task.quantity for task in back), min(task.due_at for task in back)
        late = due <= now
        yield Row(
            id=f"b-{store_id}",
            due=due,
            due_words=frame.due_words(due, store, now),
            age=_age_words(due, min(task.created_at for task in back), late=late, now=now),
            late=late,
            soon=False,
            what=ngettext("Put back %(num)d article", "Put back %(num)d articles", units, num=units),
            url=views.address(request, "staff_tasks"),
            who="",
            place=_place_words(request, store, ""),
        )


async def _message_row(request: Request, session: AsyncSession, message: Message, now: datetime) -> Row:
    of_visit = message.subject == SUBJECTS[1]
    one = await (appointments.get if of_visit else questions.get)(session, message.subject_id)
    page = "staff_appointment" if of_visit else "staff_reservation"
    return Row(
        id=f"m-{message.id}",
        due=message.first_due_at,
        due_words=frame.due_words(message.first_due_at, one.store, now),
        age=languages.ago_words(message.first_due_at, now),
        late=True,
        soon=False,
        what=gettext("Not delivered: %(news)s", news=news_words(message.template)),
        url=views.address(request, page, code=show_code(one.code)),
        who=_who(one),
        place=_place_words(request, one.store, ""),
        resend=str(message.id),
        phone=one.phone,
        phone_words=show_phone(one.phone, languages.language()) if one.phone else "",
    )


def _next_words(request: Request) -> str:
    """What an empty list says next: until when the store is open, or when it opens."""
    store = frame.chosen_store(request)
    return f"{store.name}, {pages.open_words(store, request.state.now)}." if store else ""


@routes.post("/{language:language}/staff/store", allow=frame.AT_WORK, name="staff_choose_store")
async def choose_store(request: Request, session: AsyncSession) -> Response:
    """Look at one store, or at all of one's own."""
    form = await request.form()
    slug = str(form.get("store", ""))
    back = pages.local_path(str(form.get("next", "")), views.address(request, "staff_board"))
    response = pages.go(request, back)
    if slug in {store.slug for store in frame.own_stores(request)}:
        access.set_cookie(request, response, frame.STORE_COOKIE, slug)
    else:
        access.drop_cookie(request, response, frame.STORE_COOKIE)
    return response


# Rings

EVENTS = "/{language:language}/staff/events"
MAY_LISTEN: Allow = staff("reservation.read")


async def events(request: Request) -> Response:
    """A stream of rings. Who listens is read in a short transaction of its own; none is open while it streams."""
    app = request.app.state
    request.state.now = app.clock()
    async with app.database.work(readonly=True) as session:
        await access.recognise(request, session)
        if not MAY_LISTEN.may(request.state.actor):
            return Response(status_code=401)
        await app.house.look(session)
        stores = frame.scope(request)
    return EventSourceResponse(app.bells.listen([str(store_id) for store_id in stores]), headers=frame.NO_STORE)


routes.all.append(Route(EVENTS, events, methods=["GET"], name="staff_events"))
routes.allowed["GET", EVENTS] = MAY_LISTEN
