"""T3, the pick list: what has to be brought to the desk, in the order of one walk, to tick on the way or on paper."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking.reservations import answering, questions
from booking.reservations.states import LineStatus, Reason, Status
from booking.reservations.tables import Line, Reservation
from kit import languages
from kit.codes import show_code
from kit.errors import Refused
from kit.languages import gettext
from stores import stock
from stores.stock import StoreStock
from web import pages, views
from web.house import House
from web.routing import Routes, staff
from web.staff import frame
from web.staff.typed import bag_place, by_id, row_id, typed_in, units
from web.views import Picture
from web.words import reason_choices

routes = Routes(refuse=frame.refuse)

PATH = "/{language:language}/staff/picking"


@dataclass(frozen=True)
class Pick:
    """One article to fetch."""

    id: int
    code: str
    who: str
    name: str
    options: str
    picture: Picture | None
    sku: str
    ean_end: str
    quantity: int
    shelf: str
    ticked: bool
    reason: str
    due: str
    late: bool


@dataclass(frozen=True)
class Shelf:
    """The articles of one department on one floor, along its shelves."""

    department: str
    picks: Sequence[Pick]


@dataclass(frozen=True)
class Floor:
    words: str
    shelves: Sequence[Shelf]


@dataclass(frozen=True)
class Bag:
    """One reservation of the list: where its articles are put once they are all there."""

    id: int
    code: str
    who: str
    units: int
    place: str
    store: str


@routes.get(PATH, allow=staff("reservation.prepare"), name="staff_picking")
async def pick_list(request: Request, session: AsyncSession) -> Response:
    """The ticks of bags that were not complete come back in the address."""
    waiting = await _waiting(request, session)
    query = request.query_params
    ticked = {key for one in query.getlist("ticked") if (key := row_id(one)) is not None}
    floors = await _floors(request, session, waiting, ticked)
    count = sum(len(shelf.picks) for floor in floors for shelf in floor.shelves)
    return frame.render(
        request,
        "staff/picking.html",
        {
            "floors": floors,
            "bags": [_bag(one) for one in waiting],
            "count": count,
            "reasons": reason_choices(),
            "many_stores": len(frame.scope(request)) > 1,
            "made_ready": units(query.get("ready", ""), 0),
            "moved": units(query.get("moved", ""), 0),
            "incomplete": units(query.get("open", ""), 0),
            "to_answer": [
                (show_code(one.code), one.first_name, _answer_url(request, one, query.getlist("missing")))
                for one in waiting
                if any(str(line.id) in _ids(query.getlist("missing")) for line in one.lines)
            ],
            "today": languages.moment_words(
                request.state.now, (frame.chosen_store(request) or waiting[0].store).timezone, request.state.now
            )
            if waiting
            else "",
        },
        title=gettext("Prepare"),
        current="staff_picking",
    )


def _ids(missing: Sequence[str]) -> set[str]:
    return {one.partition(":")[0] for one in missing}


async def _waiting(request: Request, session: AsyncSession) -> list[Reservation]:
    """Those that were confirmed and those that nobody has answered yet: both are found by the same walk."""
    found = await questions.open_in(session, frame.scope(request), Status.REQUESTED, Status.CONFIRMED)
    return [one for one in found if _to_fetch(one)]


def _to_fetch(one: Reservation) -> list[Line]:
    return [line for line in one.lines if line.holding and line.held and line.status != LineStatus.SET_ASIDE]


async def _floors(
    request: Request, session: AsyncSession, waiting: Sequence[Reservation], ticked: set[int]
) -> list[Floor]:
    house: House = request.app.state.house
    cells: dict[tuple[int, int], StoreStock] = {}
    for store_id in {one.store_id for one in waiting}:
        wanted = {line.variant_id for one in waiting if one.store_id == store_id for line in one.lines}
        cells |= {(store_id, key): cell for key, cell in (await stock.cells(session, store_id, wanted)).items()}
    walk: dict[tuple[str, int, str], dict[str, list[Pick]]] = {}
    for one in waiting:
        for line in _to_fetch(one):
            cell = cells.get((one.store_id, line.variant_id))
            code = frame.department_code(house, line.variant)
            words = frame.floor_words(one.store, cell.floor if cell else None, code)
            category = house.category(line.variant.product.category_id)
            department = house.department_of(category).name.text() if category else ""
            store = "" if frame.chosen_store(request) else one.store.name
            level = cell.floor if cell and cell.floor is not None else 0
            floor = walk.setdefault((store, level, words), {})
            floor.setdefault(department, []).append(_pick(one, line, cell, ticked, request))
    return [
        Floor(
            " · ".join(part for part in (store, words) if part),
            [
                Shelf(department, sorted(picks, key=lambda pick: (pick.shelf, pick.name, pick.code)))
                for department, picks in sorted(departments.items())
            ],
        )
        for (store, _, words), departments in sorted(walk.items())
    ]


def _pick(one: Reservation, line: Line, cell: StoreStock | None, ticked: set[int], request: Request) -> Pick:
    now = request.state.now
    due = one.answer_by if one.status == Status.REQUESTED else one.ready_by
    return Pick(
        id=line.id,
        code=show_code(one.code),
        who=frame.short_name(one.first_name, one.last_name),
        name=line.variant.product.name.text(),
        options=line.variant.label,
        picture=frame.picture_of(line.variant),
        sku=line.variant.sku,
        ean_end=(line.variant.gtin or "")[-4:],
        quantity=line.held,
        shelf=cell.shelf if cell else "",
        ticked=line.id in ticked,
        reason="",
        due=languages.before_words(due, one.store.timezone, now) if due else "",
        late=due is not None and due <= now,
    )


def _bag(one: Reservation) -> Bag:
    return Bag(
        id=one.id,
        code=show_code(one.code),
        who=frame.short_name(one.first_name, one.last_name),
        units=sum(line.held for line in _to_fetch(one)),
        place=one.place,
        store=one.store.name,
    )


@routes.post(PATH, allow=staff("reservation.prepare"), name="staff_picked")
async def picked(request: Request, session: AsyncSession) -> Response:
    """Every bag whose articles were all found is ready, and its shopper told.

    Where something is missing nothing is sent from here: staff see what the shopper will read, and may offer something
    else, on the reservation's own page. What a colleague did meanwhile is left as it is.
    """
    typed = await typed_in(request)
    fields = list(typed.items())
    found = set(by_id(fields, "found"))
    reasons = {line_id: why for line_id, why in by_id(fields, "why").items() if why in tuple(Reason)}
    listed = set(by_id(fields, "listed"))
    places = by_id(fields, "place")
    by, now = request.state.actor.by, request.state.now
    made_ready, incomplete, missing = 0, 0, []
    ticked: list[int] = []
    waiting = await _waiting(request, session)
    moved = len(set(by_id(fields, "bag")) - {one.id for one in waiting})
    for one in waiting:
        lines = {line.id for line in _to_fetch(one)}
        if not lines & (found | reasons.keys()):
            continue
        if lines & reasons.keys():
            missing += [f"{line.id}:{reasons[line.id]}" for line in _to_fetch(one) if line.id in reasons]
            ticked += sorted(lines & found)
        elif lines <= found and lines <= listed:
            try:
                async with session.begin_nested():
                    place = bag_place(places.get(one.id, ""))
                    await answering.make_ready(session, one, place=place, by=by, now=now)
                made_ready += 1
            except Refused:
                moved += 1
        else:
            incomplete += 1
            ticked += sorted(lines & found)
    said = {"ready": made_ready, "moved": moved, "open": incomplete}
    query = [(name, str(count)) for name, count in said.items() if count]
    query += [("ticked", str(line_id)) for line_id in ticked] + [("missing", one) for one in missing]
    return pages.go(request, views.address(request, "staff_picking", query))


def _answer_url(request: Request, one: Reservation, missing: Sequence[str]) -> str:
    """The reservation's page with what was found on the walk already said."""
    reasons = dict(entry.partition(":")[::2] for entry in missing)
    fields = []
    for line in _to_fetch(one):
        why = reasons.get(str(line.id), "")
        fields.append((f"answer-{line.id}", "missing" if why else "found"))
        if why:
            fields += [(f"reason-{line.id}", why), (f"search-{line.id}", "1")]
    return views.address(request, "staff_reservation", fields, code=show_code(one.code))
