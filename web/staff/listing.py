"""The list of reservations: by state, by name or by code, the newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking.customers import clean_line
from booking.reservations import questions
from booking.reservations.states import Status
from booking.reservations.tables import Reservation
from kit import languages
from kit.codes import read_code, show_code
from kit.errors import NotFound
from kit.languages import gettext
from web import views
from web.routing import Routes, staff
from web.staff import frame
from web.staff.typed import row_id
from web.words import TONES, status_words

routes = Routes(refuse=frame.refuse)

PATH = "/{language:language}/staff/reservations"
MOST_LISTED = 50
FILTERS = (
    Status.REQUESTED, Status.PROPOSED, Status.CONFIRMED, Status.READY, Status.COLLECTED, Status.EXPIRED,
    Status.CANCELLED, Status.DECLINED, Status.UNANSWERED, Status.UNVERIFIED,
)  # fmt: skip


@dataclass(frozen=True)
class Listed:
    code: str
    name: str
    articles: str
    state: str
    tone: str
    at: datetime
    asked: str
    until: str
    place: str
    store: str


@routes.get(PATH, allow=staff("reservation.read"), name="staff_reservations")
async def reservation_list(request: Request, session: AsyncSession) -> Response:
    query = request.query_params
    state, typed = query.get("state", ""), clean_line(query.get("q", ""))[:80]
    state = state if state in FILTERS else ""
    stores = frame.scope(request)
    found: Sequence[Reservation] = []
    code = read_code(typed) if typed else None
    if code:
        try:
            found = [await questions.find(session, code, store_ids=stores)]
        except NotFound:
            code = None
    if not code:
        found = await questions.page(
            session,
            stores,
            statuses=[state] if state else (),
            named=typed,
            before_id=row_id(query.get("before", "")),
            limit=MOST_LISTED + 1,
        )
    shown = found[:MOST_LISTED]
    return frame.render(
        request,
        "staff/reservations.html",
        {
            "listed": [_listed(request, one) for one in shown],
            "states": [(str(status), languages.upper_first(status_words(status))) for status in FILTERS],
            "state": state,
            "q": typed,
            "more": shown[-1].id if len(found) > MOST_LISTED else 0,
            "many_stores": len(stores) > 1,
        },
        title=gettext("Reservations"),
        current="staff_reservations",
        fragment="staff/_listed.html",
    )


def _listed(request: Request, one: Reservation) -> Listed:
    now, zone = request.state.now, one.store.timezone
    until = ""
    if one.status == Status.READY and one.hold_until:
        until = languages.until_words(one.hold_until, zone, now)
    elif one.ended_at is None and one.answer_by and one.status == Status.REQUESTED:
        until = languages.before_words(one.answer_by, zone, now)
    names = [views.name_of(line.variant) for line in one.lines if line.accepted is not False]
    more = languages.ngettext("and %(num)d more", "and %(num)d more", len(names) - 1, num=len(names) - 1)
    return Listed(
        code=show_code(one.code),
        name=f"{one.first_name} {one.last_name}".strip() or "–",
        articles=names[0] + (f", {more}" if len(names) > 1 else ""),
        state=status_words(one.status),
        tone=TONES[one.status],
        at=one.requested_at,
        asked=languages.moment_words(one.requested_at, zone, now),
        until=until,
        place=one.place,
        store=one.store.name,
    )
