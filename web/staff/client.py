"""T7, the file of a client: how to reach her, what she booked here, what was noted; to give out or to erase."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking import clients
from booking.appointments.tables import Appointment
from booking.clients import Client, StillOpen
from booking.customers import show_phone
from kit import languages
from kit.codes import read_code, show_code
from kit.errors import NotFound
from kit.languages import gettext
from stores.staff import SignedIn
from web import appointment_words, pages, views, words
from web.routing import Routes, staff
from web.staff import frame, sheet
from web.staff.sheet import Past

routes = Routes(refuse=frame.refuse)

CLIENT = "/{language:language}/staff/clients/{code}"


@dataclass(frozen=True)
class Line:
    """One booking of hers."""

    at: datetime
    when: str
    name: str
    """Of the route that shows it."""
    code: str
    what: str
    what_lang: str
    store: str
    state: str
    tone: str
    open: bool


@routes.get(CLIENT, allow=staff("customer.read"), name="staff_client")
async def client_page(request: Request, session: AsyncSession) -> Response:
    return _show(request, await _read(request, session))


async def _read(request: Request, session: AsyncSession) -> Client:
    """Whose booking this is, seen by one's own stores; anything else is `NotFound`."""
    code = read_code(request.path_params["code"])
    if code is None:
        raise NotFound()
    return await clients.find(session, code, store_ids=frame.actor_of(request).store_ids)


def _show(request: Request, client: Client, *, refused: str = "", status: int = 200) -> Response:
    now: datetime = request.state.now
    first, actor = client.first, frame.actor_of(request)
    name = f"{first.first_name} {first.last_name}".strip()
    days = request.app.state.settings.erase_after_days
    erase_at = client.erase_at(days)
    lines = sorted((_line(one, now) for one in client.bookings), key=lambda line: line.at, reverse=True)
    return frame.render(
        request,
        "staff/client.html",
        {
            "client": client,
            "code": show_code(first.code),
            "name": name,
            "reads": words.language_words(first.language),
            "contact": words.contact_words(first.contact) if first.email or first.phone else "",
            "phone": show_phone(first.phone, languages.language()) if first.phone else "",
            "lines": lines,
            "many_stores": len(frame.own_stores(request)) > 1,
            "past": _past(client, now),
            "notes": [(note, languages.day_words(one.store.local(note.at).date(), one.store.local(now).date()))
                      for one, note in clients.notes_of(client)] if client.history else [],
            "erase_words": languages.day_words(first.store.local(erase_at).date(), first.store.local(now).date())
            if erase_at else "",
            "days": days,
            "may_export": actor.may("customer.export"),
            "may_erase": actor.may("customer.erase"),
            "new_url": _new_url(request, client),
            "refused": refused,
        },
        title=name or gettext("Client"),
        current="staff_agenda",
        status=status,
    )  # fmt: skip


def _line(one: clients.Booking, now: datetime) -> Line:
    store = one.store
    if isinstance(one, Appointment):
        at, route, what = one.starts_at, "staff_appointment", one.service.name.text()
        lang, tone = one.service.name.language(), appointment_words.TONES[one.status]
        state = appointment_words.status_words(one.status)
    else:
        at, route, tone = one.requested_at, "staff_reservation", words.TONES[one.status]
        state, lang = words.status_words(one.status), languages.language()
        what = languages.list_words([views.name_of(line.variant) for line in one.lines if line.replaces_id is None])
    return Line(
        at=at,
        when=languages.day_words(store.local(at).date(), store.local(now).date()),
        name=route,
        code=show_code(one.code),
        what=what,
        what_lang=lang,
        store=store.name,
        state=state,
        tone=tone,
        open=not one.ended,
    )


def _past(client: Client, now: datetime) -> Sequence[Past]:
    """What came of her visits, where she allows it to be looked at."""
    if not client.history:
        return []
    return [sheet.visit_past(one, now) for one in client.appointments if one.ended and one.outcome]


def _new_url(request: Request, client: Client) -> str:
    first = client.first
    query = {"store": first.store.slug, "code": show_code(first.code)}
    return views.address(request, "staff_new_appointment", query)


# Given out, or erased: both need a second factor of the last ten minutes, where one is used at all


@routes.post(CLIENT + "/export", allow=staff("customer.export"), name="staff_client_export")
async def export(request: Request, session: AsyncSession) -> Response:
    """Everything that is kept of her, as a file for her."""
    client = await _read(request, session)
    if elsewhere := _second_factor_first(request):
        return elsewhere
    data = await clients.export(session, client, by=frame.actor_of(request).by, now=request.state.now)
    word = gettext("client")
    name = f"{word}-{show_code(client.first.code)}.json"
    return Response(
        json.dumps(data, ensure_ascii=False, indent=2),
        media_type="application/json",
        headers={**frame.NO_STORE, "content-disposition": f'attachment; filename="{name}"'},
    )


@routes.post(CLIENT + "/erase", allow=staff("customer.erase"), name="staff_client_erase")
async def erase(request: Request, session: AsyncSession) -> Response:
    """Name, contact, answers and notes, of every booking that is seen here; refused while one is open."""
    client = await _read(request, session)
    if elsewhere := _second_factor_first(request):
        return elsewhere
    try:
        async with session.begin_nested():
            await clients.erase(session, client, by=frame.actor_of(request).by, now=request.state.now)
    except StillOpen as refused:
        session.expunge_all()
        return _show(request, await _read(request, session), refused=refused.sentence, status=refused.status)
    return pages.to(request, "staff_client", notice="done", code=show_code(client.first.code))


def _second_factor_first(request: Request) -> Response | None:
    """The page of the second factor, which comes back here; None where it was given, or is not used (the demo)."""
    found: SignedIn = request.state.signed_in
    if not found.account.has_totp or request.state.actor.is_fresh(request.state.now):
        return None
    back = views.address(request, "staff_client", code=request.path_params["code"])
    return pages.go(request, f"{views.address(request, 'staff_second_factor')}?{urlencode({'next': back})}")
