"""What has to be done by hand or by voice: put back, call, make good, check; and ticking it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking import tasks
from booking.appointments.tables import Appointment
from booking.customers import show_phone
from booking.reservations.tables import Reservation
from booking.tasks import Kind, Task
from kit import languages
from kit.codes import show_code
from kit.errors import NotFound
from kit.languages import gettext
from stores import stock
from stores.stock import StoreStock
from web import pages, views
from web.house import House
from web.routing import Routes, staff
from web.staff import frame
from web.staff.typed import row_id
from web.words import language_words, news_words, task_words

routes = Routes(refuse=frame.refuse)


@dataclass(frozen=True)
class ToDo:
    id: int
    due: datetime
    due_words: str
    late: bool
    what: str
    sku: str
    quantity: int
    to: str
    """Where it belongs, or where it waits."""
    code: str
    url: str
    """The page of the booking that it is about."""
    who: str
    phone: str
    phone_words: str
    store: str


@dataclass(frozen=True)
class Section:
    kind: str
    words: str
    to_do: Sequence[ToDo]


@routes.get("/{language:language}/staff/tasks", allow=staff("reservation.read"), name="staff_tasks")
async def task_list(request: Request, session: AsyncSession) -> Response:
    stores = frame.scope(request)
    found = await tasks.open_in(session, stores)
    cells = await _cells(session, found)
    sections = [
        Section(kind, task_words(kind), [_to_do(request, task, cells) for task in found if task.kind == kind])
        for kind in (Kind.PUT_BACK, Kind.CALL, Kind.FOLLOW_UP, Kind.CHECK, Kind.RECOVER)
    ]
    return frame.render(
        request,
        "staff/tasks.html",
        {"sections": [one for one in sections if one.to_do], "many_stores": len(stores) > 1},
        title=gettext("Tasks"),
        current="staff_tasks",
    )


async def _cells(session: AsyncSession, found: Sequence[Task]) -> dict[tuple[int, int], StoreStock]:
    rows = await stock.rows_of(session, {task.variant_id for task in found if task.variant_id})
    return {(row.store_id, row.variant_id): row for row in rows}


def _to_do(request: Request, task: Task, cells: dict[tuple[int, int], StoreStock]) -> ToDo:
    house: House = request.app.state.house
    now, store, variant = request.state.now, house.store_by_id(task.store_id), task.variant
    one, code = _booking(task), ""
    assert store is not None
    cell = cells.get((task.store_id, task.variant_id or 0))
    if one is not None:
        code = show_code(one.code)
    page = "staff_appointment" if isinstance(one, Appointment) else "staff_reservation"
    return ToDo(
        id=task.id,
        due=task.due_at,
        due_words=frame.due_words(task.due_at, store, now),
        late=task.due_at <= now and task.kind not in (Kind.CALL, Kind.CHECK),
        what=task.note or (views.name_of(variant) if variant else news_words(task.about) if task.about else ""),
        sku=variant.sku if variant else "",
        quantity=task.quantity,
        to=_where(request, task, cell),
        code=code,
        url=views.address(request, page, code=code) if code else "",
        who=_who(task),
        phone=one.phone if one and task.kind in (Kind.CALL, Kind.FOLLOW_UP, Kind.RECOVER) else "",
        phone_words=show_phone(one.phone, languages.language()) if one and one.phone else "",
        store=store.name,
    )


def _booking(task: Task) -> Reservation | Appointment | None:
    return task.reservation or task.appointment


def _where(request: Request, task: Task, cell: StoreStock | None) -> str:
    """For a walk: from the bag's place to the floor and the shelf. For a check: what the books say."""
    house: House = request.app.state.house
    store = house.store_by_id(task.store_id)
    if task.variant is None or store is None:
        return ""
    code = frame.department_code(house, task.variant)
    floor = frame.floor_words(store, cell.floor if cell else None, code)
    shelf = " · ".join(part for part in (floor, cell.shelf if cell else "") if part)
    if task.kind == Kind.CHECK and cell is not None:
        counted = {"book": cell.book, "reserved": cell.reserved}
        return gettext("%(place)s: %(book)d in the books, %(reserved)d promised", place=shelf, **counted)
    bag = task.reservation.place if task.reservation else ""
    return gettext("from %(bag)s to %(shelf)s", bag=bag, shelf=shelf) if bag and shelf else shelf


def _who(task: Task) -> str:
    one = _booking(task)
    if one is None:
        return ""
    name = f"{one.first_name} {one.last_name}".strip() or "–"
    if task.kind in (Kind.PUT_BACK, Kind.CHECK):
        return frame.short_name(one.first_name, one.last_name)
    return name if one.language == languages.language() else f"{name} ({language_words(one.language)})"


@routes.post("/{language:language}/staff/tasks/{id}/done", allow=staff("reservation.prepare"), name="staff_task_done")
async def done(request: Request, session: AsyncSession) -> Response:
    """Ticked; a colleague who was faster is no error."""
    task_id = row_id(request.path_params["id"])
    if task_id is None:
        raise NotFound()
    own = frozenset(store.id for store in frame.own_stores(request))
    task = await tasks.find(session, task_id, store_ids=own)
    await tasks.finish(session, task, by=request.state.actor.by, now=request.state.now)
    back = str((await request.form()).get("back", ""))
    return pages.to(request, "staff_board" if back == "board" else "staff_tasks", notice="done")
