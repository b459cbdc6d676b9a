"""Who may call what: a table written by hand, held against the routes that are really there, and tried out."""

from datetime import timedelta

import pytest
from callers import caller, new_key
from factories import PASSWORD, advise, booked, both, reserved
from sqlalchemy import select, update
from starlette.routing import Mount, Route

from booking import tasks
from booking.appointments.asking import Brief
from booking.messages import Message, State
from booking.tasks import Task
from kit.codes import show_code
from stores import catalogue, schedules, staff
from stores.collections import Collection
from stores.exchange.batches import Batch
from stores.media import Medium
from web import admin, api, calendars, demo, merch, outside, shop
from web import staff as room
from web.app import create_app

L = "/{language:language}"
TABLE = f"""
everybody
    GET /
    GET /healthz
    GET /readyz
    GET /metrics
    MOUNT /static
    MOUNT /media
anyone
    GET /robots.txt
    GET /r/{{token}}
    GET {L}/
    GET {L}/catalogue
    GET {L}/c/{{slug}}
    GET {L}/p/{{slug}}
    GET {L}/search
    GET {L}/stores
    POST {L}/stores
    GET {L}/stores/{{slug}}
    GET {L}/reserve
    POST {L}/reserve
    GET {L}/receipts/{{key}}
    GET {L}/my/{{token}}
    GET {L}/my/reservations/{{code}}
    GET {L}/my/reservations/{{code}}/sent
    GET {L}/my/reservations/{{code}}/hold.ics
    GET {L}/my/reservations/{{code}}/cancel
    POST {L}/my/reservations/{{code}}/cancel
    POST {L}/my/reservations/{{code}}/extend
    POST {L}/my/reservations/{{code}}/verify
    POST {L}/my/reservations/{{code}}/proposal
    GET {L}/find
    POST {L}/find
    GET {L}/privacy
    GET {L}/accessibility
    POST {L}/theme
    GET {L}/staff/login
    POST {L}/staff/login
    POST {L}/staff/logout
    GET {L}/staff/password/forgotten
    POST {L}/staff/password/forgotten
    GET {L}/staff/password/reset/{{token}}
    POST {L}/staff/password/reset/{{token}}
    GET /api/v1/stores
    GET /api/v1/stores/{{store}}
    GET /api/v1/products
    GET /api/v1/products/{{ref}}
    GET /api/v1/availability
    POST /api/v1/reservations
    GET /api/v1/reservations/{{code}}
    POST /api/v1/reservations/{{code}}/cancel
    POST /api/v1/reservations/{{code}}/extend
    POST /api/v1/reservations/{{code}}/proposal
    GET /api/v1/openapi.json
    GET /api/v1/docs
    GET /demo
    GET /demo.json
    GET /demo/mail
    GET /demo/mail.json
    POST /demo/clock
    GET {L}/selection
    POST {L}/selection
    POST {L}/selection/drop
    POST {L}/selection/note
    POST {L}/selection/share
    POST {L}/selection/unshare
    GET {L}/selection/shared/{{token}}
    GET {L}/appointments/new
    GET {L}/appointments/new/store
    GET {L}/appointments/new/advisor
    GET {L}/appointments/new/time
    POST {L}/appointments/new/time
    GET {L}/appointments/new/details
    POST {L}/appointments/new/details
    GET {L}/my/appointments/{{code}}
    GET {L}/my/appointments/{{code}}/sent
    GET {L}/my/appointments/{{code}}/appointment.ics
    GET {L}/my/appointments/{{code}}/move
    POST {L}/my/appointments/{{code}}/move
    GET {L}/my/appointments/{{code}}/cancel
    POST {L}/my/appointments/{{code}}/cancel
    GET /calendar/{{secret}}.ics
    GET /api/v1/services
    GET /api/v1/slots
    POST /api/v1/appointments
    GET /api/v1/appointments/{{code}}
    POST /api/v1/appointments/{{code}}/reschedule
    POST /api/v1/appointments/{{code}}/cancel
    GET {L}/collections/{{slug}}
    GET /sitemap.xml
    GET /sitemaps/{{name}}
    GET /feeds/products.xml
    GET /feeds/local-inventory.xml
    GET {L}/search/suggestions
signed in
    GET {L}/staff/second-factor
    POST {L}/staff/second-factor
    GET {L}/staff/totp
    POST {L}/staff/totp
    POST {L}/staff/totp/confirm
    POST {L}/staff/recovery-codes
staff
    GET {L}/staff/account
    GET {L}/staff/password
    POST {L}/staff/password
    POST {L}/staff/sessions/end
    POST {L}/staff/store
staff: reservation.read
    GET {L}/staff
    GET {L}/staff/events
    GET {L}/staff/reservations
    GET {L}/staff/reservations/{{code}}
    GET {L}/staff/tasks
staff: reservation.answer
    POST {L}/staff/reservations/{{code}}/claim
    POST {L}/staff/reservations/{{code}}/answer
    POST {L}/staff/reservations/{{code}}/preview
    POST {L}/staff/reservations/{{code}}/decline
    POST {L}/staff/reservations/{{code}}/extend
    POST {L}/staff/reservations/{{code}}/proposal
    POST {L}/staff/reservations/{{code}}/cancel
    POST {L}/staff/reservations/{{code}}/unwanted
staff: reservation.prepare
    POST {L}/staff/reservations/{{code}}/ready
    POST {L}/staff/reservations/{{code}}/unready
    GET {L}/staff/picking
    POST {L}/staff/picking
    POST {L}/staff/tasks/{{id}}/done
staff: reservation.hand_over
    GET {L}/staff/handover
    POST {L}/staff/reservations/{{code}}/collect
staff: leads
    POST {L}/staff/reservations/{{code}}/undo
    POST {L}/staff/appointments/{{code}}/correct
staff: message.send
    POST {L}/staff/messages/{{id}}/resend
    POST {L}/staff/appointments/{{code}}/message
    POST {L}/staff/appointments/{{code}}/message/preview
staff: appointment.read
    GET {L}/staff/agenda
    GET {L}/staff/conflicts
    GET {L}/staff/settle
    GET {L}/staff/appointments/{{code}}
    GET {L}/staff/calendars
    POST {L}/staff/calendars
staff: appointment.manage
    GET {L}/staff/agenda/walk-in
    POST {L}/staff/agenda/walk-in
    GET {L}/staff/agenda/new
    POST {L}/staff/agenda/new
    GET {L}/staff/appointments/{{code}}/move
    POST {L}/staff/appointments/{{code}}/move
    POST {L}/staff/conflicts
    POST {L}/staff/conflicts/{{code}}/cancel
    POST {L}/staff/appointments/{{code}}/items
    POST {L}/staff/appointments/{{code}}/items/{{id}}
    POST {L}/staff/appointments/{{code}}/suggest
    POST {L}/staff/appointments/{{code}}/checks/{{id}}
    POST {L}/staff/appointments/{{code}}/notes
    POST {L}/staff/appointments/{{code}}/approve
    POST {L}/staff/appointments/{{code}}/decline
    POST {L}/staff/appointments/{{code}}/cancel
    POST {L}/staff/appointments/{{code}}/prepared
    POST {L}/staff/appointments/{{code}}/arrive
    POST {L}/staff/appointments/{{code}}/not-arrived
    POST {L}/staff/appointments/{{code}}/begin
    POST {L}/staff/appointments/{{code}}/extend
    POST {L}/staff/appointments/{{code}}/complete
    POST {L}/staff/appointments/{{code}}/no-show
    POST {L}/staff/appointments/{{code}}/forgive
staff: customer.read
    GET {L}/staff/clients/{{code}}
staff: customer.export
    POST {L}/staff/clients/{{code}}/export
staff: customer.erase
    POST {L}/staff/clients/{{code}}/erase
staff: store.edit
    GET {L}/admin/services
    GET {L}/admin/services/{{slug}}
    POST {L}/admin/services/{{slug}}
    GET {L}/admin/stores
    GET {L}/admin/stores/{{slug}}
    POST {L}/admin/stores/{{slug}}
    GET {L}/admin/stores/{{slug}}/hours
    POST {L}/admin/stores/{{slug}}/hours
    POST {L}/admin/stores/{{slug}}/days
    POST {L}/admin/stores/{{slug}}/holidays
    POST {L}/admin/stores/{{slug}}/days/{{day}}/remove
staff: account.manage
    GET {L}/admin/users
    POST {L}/admin/users
    GET {L}/admin/users/{{id}}
    POST {L}/admin/users/{{id}}
    POST {L}/admin/users/{{id}}/disable
    POST {L}/admin/users/{{id}}/enable
    POST {L}/admin/users/{{id}}/sessions
    POST {L}/admin/users/{{id}}/second-factor
    POST {L}/admin/users/{{id}}/invitation
staff: key.manage
    GET {L}/admin/keys
    POST {L}/admin/keys
    POST {L}/admin/keys/{{id}}/rotate
    POST {L}/admin/keys/{{id}}/revoke
staff: journal.read
    GET {L}/admin/journal
    GET {L}/admin/journal/export
staff: figures.read
    GET {L}/merch
staff: stock.correct
    GET {L}/merch/stock
    POST {L}/merch/stock
    GET {L}/merch/stock.csv
    GET {L}/merch/stock/stores/{{slug}}/variants/{{id}}
    POST {L}/merch/stock/stores/{{slug}}/variants/{{id}}
staff: catalogue.import
    GET {L}/merch/imports
    GET {L}/merch/imports/new
    POST {L}/merch/imports/new
    GET {L}/merch/imports/samples/{{sample}}
    GET {L}/merch/imports/{{id}}
    GET {L}/merch/imports/{{id}}/columns
    POST {L}/merch/imports/{{id}}/columns
    GET {L}/merch/imports/{{id}}/check
    GET {L}/merch/imports/{{id}}/application
    POST {L}/merch/imports/{{id}}/application
    POST {L}/merch/imports/{{id}}/cancellation
    POST {L}/merch/imports/{{id}}/undoing
    GET {L}/merch/imports/{{id}}/report
    GET {L}/merch/imports/{{id}}/rejected.csv
staff: catalogue.edit
    GET {L}/merch/articles
    GET {L}/merch/articles/{{ref}}
    GET {L}/merch/attributes
    GET {L}/merch/media
    GET {L}/merch/collections
    POST {L}/merch/articles/{{ref}}
    POST {L}/merch/articles/{{ref}}/draft
    POST {L}/merch/articles/{{ref}}/preview
    POST {L}/merch/attributes
    GET {L}/merch/articles.csv
    GET {L}/merch/bulk
    POST {L}/merch/bulk
    GET {L}/merch/bulk/{{id}}
    POST {L}/merch/bulk/{{id}}/application
    POST {L}/merch/bulk/{{id}}/cancellation
    POST {L}/merch/bulk/{{id}}/undoing
    POST {L}/merch/media
    GET {L}/merch/media/{{id}}
    POST {L}/merch/media/{{id}}
    POST {L}/merch/media/{{id}}/removal
    GET {L}/merch/collections/{{id}}
    POST {L}/merch/collections/{{id}}
    POST {L}/merch/collections/{{id}}/removal
staff: schedule.edit
    GET {L}/admin/advisors
    GET {L}/admin/advisors/{{slug}}
    POST {L}/admin/advisors/{{slug}}
    POST {L}/admin/advisors/{{slug}}/week
    POST {L}/admin/advisors/{{slug}}/shifts
    POST {L}/admin/advisors/{{slug}}/days
    POST {L}/admin/advisors/{{slug}}/absences
    POST {L}/admin/advisors/{{slug}}/absences/{{id}}/remove
    GET {L}/admin/spaces
    POST {L}/admin/spaces
key: reservation.read
    GET /api/v1/staff/reservations
key: reservation.answer
    POST /api/v1/staff/reservations/{{code}}/answer
    POST /api/v1/staff/reservations/{{code}}/decline
key: reservation.prepare
    POST /api/v1/staff/reservations/{{code}}/readiness
key: reservation.hand_over
    POST /api/v1/staff/reservations/{{code}}/collection
key: stock.feed
    PUT /api/v1/stock
    POST /api/v1/stock/movements
"""
"""Above each block who may call what stands in it. A new route needs a line here before it can be merged."""

MATRIX: dict[tuple[str, str], str] = {}
for _line in TABLE.strip().splitlines():
    if not _line.startswith(" "):
        _who = _line
    else:
        _method, _path = _line.split()
        assert (_method, _path) not in MATRIX, f"{_line.strip()} stands there twice"
        MATRIX[_method, _path] = _who

STAFF = {call: who for call, who in MATRIX.items() if who == "signed in" or who.startswith("staff")}
KEYS = {call: who for call, who in MATRIX.items() if who.startswith("key")}
STREAM = ("GET", f"{L}/staff/events")
"""It does not end, so nobody who may listen is sent there; test_live.py listens."""
ENDS_HER_SESSION = ("POST", f"{L}/staff/sessions/end")


def mounted(app) -> set[tuple[str, str]]:
    """What the site really answers. A HEAD goes where its GET goes."""
    found = set()
    for route in app.routes:
        if isinstance(route, Mount):
            found.add(("MOUNT", route.path))
        else:
            assert isinstance(route, Route)
            assert route.methods, route.path
            found |= {(method, route.path) for method in route.methods - {"HEAD"}}
    return found


# The table


def test_every_route_stands_in_the_table_and_every_line_of_the_table_is_a_route(settings):
    there = mounted(create_app(settings))
    assert sorted(there - set(MATRIX)) == [], "these may be called by nobody knows whom"
    assert sorted(set(MATRIX) - there) == [], "these do not exist"


def test_each_route_lets_in_whom_the_table_names():
    rooms = (
        shop.ALLOWED,
        room.ALLOWED,
        admin.ALLOWED,
        merch.ALLOWED,
        outside.routes.allowed,
        calendars.routes.allowed,
        api.ALLOWED,
        demo.routes.allowed,
    )
    allowed = {call: allow for one in rooms for call, allow in one.items()}
    named = {call: allow.name for call, allow in allowed.items()}
    assert named == {call: who for call, who in MATRIX.items() if who != "everybody"}


def test_what_changes_something_in_the_back_room_is_never_for_anyone():
    for_anyone = {path for (method, path), who in MATRIX.items() if who == "anyone" and method == "POST"}
    doors = {f"{L}/staff/{door}" for door in ("login", "logout", "password/forgotten", "password/reset/{token}")}
    assert {path for path in for_anyone if path.startswith(f"{L}/staff")} == doors


def test_a_route_without_a_line_would_be_found(settings):
    app = create_app(settings)
    app.router.routes.append(Route("/fr/staff/secret", lambda request: None, methods=["GET"]))
    assert mounted(app) - set(MATRIX) == {("GET", "/fr/staff/secret")}


# The table, tried out


@pytest.fixture
async def at_rivoli(world, database, clock) -> dict[str, str]:
    """Rivoli has a reservation, an appointment, a task and a message that could not be sent: values of addresses."""
    async with database.work() as session:
        one = await reserved(session, world, now=clock())
        desk = await advise(session, world, now=clock())
        lamp = (await catalogue.find_variants(session, [world.lamp.sku]))[world.lamp.sku]
        start = clock() + timedelta(days=1, hours=2, minutes=30)
        visit = await booked(session, world, desk, start, now=clock(), brief=Brief(items=[(lamp, 1)]))
        off = await schedules.add_time_off(
            session, desk.nadia.id, start, start + timedelta(days=1), kind="leave", by="Hélène", now=clock()
        )
        await tasks.add(
            session, tasks.Kind.CHECK, store_id=world.rivoli.id, variant_id=world.lamp.id, due_at=clock(), now=clock()
        )
        await session.execute(update(Message).values(state=State.DEAD))
        task = await session.scalar(select(Task.id))
        message = await session.scalar(select(Message.id).where(Message.subject == "reservation"))
        at = {"created_at": clock(), "updated_at": clock()}
        evening = Collection(slug_fr="", slug_en="", title=both("Le soir"), intro=both("…"), state="published", **at)
        image = Medium(digest="0" * 64, path="m/none-100.webp", kind="image/webp", width=100, height=100, size=1,
                       alt=both("Rien"), created_at=clock())  # fmt: skip
        edit = Batch(subject="edit", state="checked", name="brand", options={"field": "brand", "value": "X"},
                     created_at=clock(), changed_at=clock())  # fmt: skip
        file = Batch(subject="products", name="a.csv", store_ids=[], mapping={"sku": "sku"}, format="vitrine",
                     dialect={"encoding": "utf-8", "delimiter": ",", "columns": ["sku"]},
                     created_at=clock(), changed_at=clock())  # fmt: skip
        session.add_all([evening, image, edit, file])
        await session.flush()
        evening.slug_fr = evening.slug_en = str(evening.id)
        await staff.add_key(session, "till", ["stock"], None, now=clock())
        till = (await staff.every_key(session))[0].id
    return {
        "reservations": show_code(one.code),
        "appointments": show_code(visit.code),
        "clients": show_code(visit.code),
        "conflicts": show_code(visit.code),
        "tasks": str(task),
        "messages": str(message),
        "items": str(visit.items[0].id),
        "checks": str(visit.checks[0].id),
        "absences": str(off.id),
        "services": "choisir-un-luminaire",
        "advisors": desk.nadia.slug,
        "articles": "LUM-0001",
        "stores": "rivoli",
        "days": "2026-12-24",
        "users": str(world.accounts["ines"].id),
        "keys": str(till),
        "collections": str(evening.id),
        "media": str(image.id),
        "bulk": str(edit.id),
        "imports": str(file.id),
        "samples": "products-fr.csv",
        "variants": str(world.lamp.id),
        "sitemaps": "stores-fr.xml",
    }


def address(path: str, values: dict[str, str]) -> str:
    """What stands in braces is the thing that the part before it names."""
    parts = path.replace(L, "/fr").split("/")
    return "/".join(
        values[before] if part.startswith("{") else part for before, part in zip(["", *parts], parts, strict=False)
    )


def may_not(role: str) -> set[tuple[str, str]]:
    """The calls whose verb is not this role's."""
    may = staff.MAY[role]
    verbs = {call: who.partition(": ")[2] for call, who in STAFF.items()}
    return {
        call
        for call, verb in verbs.items()
        if verb and verb not in may and not (verb == "leads" and role in (staff.Role.MANAGER, staff.Role.ADMIN))
    }


SENT = {
    "store": "rivoli",
    "shift-store": "rivoli",
    "day": "2026-12-01",
    "service": "choisir-un-luminaire",
    "whose": "rivoli",
}
"""What names a store, a day or a service in a form; nothing else is filled in."""


def sent(method: str, path: str) -> dict[str, str] | None:
    """The form of a POST: a cell of the stock says besides which of its numbers is meant."""
    return (SENT if "variants" not in path else {"sheet": "count"}) if method == "POST" else None


STORES_OWN_CALENDAR = ("POST", f"{L}/staff/calendars")
"""Her own is an advisor's; that of a store takes who makes its schedules."""


async def statuses(client, calls, values) -> dict[tuple[str, str], int]:
    got = {}
    for method, path in calls:
        answer = await client.request(method, address(path, values), data=sent(method, path))
        got[method, path] = answer.status_code
    return got


async def test_nobody_gets_into_the_back_room_without_signing_in(at_rivoli, lea):
    for (method, path), who in STAFF.items():
        answer = await lea.request(method, address(path, at_rivoli))
        if method == "GET" and (method, path) != STREAM:
            assert answer.status_code == 303, path
            assert answer.headers["location"].startswith("/fr/staff/"), path
            assert "Martin" not in answer.text
        else:
            assert answer.status_code == 401, (path, who)


async def try_everything(client, values) -> dict[tuple[str, str], int]:
    """What is refused of all that one can be asked for in the back room."""
    got = await statuses(client, [call for call in STAFF if call not in (STREAM, ENDS_HER_SESSION)], values)
    return {call: status for call, status in got.items() if status in (401, 403, 404) or status >= 500}


async def test_ines_of_rivoli_may_do_what_an_advisor_does(at_rivoli, colleague):
    refused = await try_everything(await colleague("ines"), at_rivoli)
    assert refused == dict.fromkeys({*may_not(staff.Role.ADVISOR), STORES_OWN_CALENDAR}, 403)
    assert ("POST", f"{L}/staff/reservations/{{code}}/undo") in refused
    assert ("POST", f"{L}/admin/advisors/{{slug}}/absences") in refused


async def test_helene_who_leads_rivoli_may_do_that_too(at_rivoli, colleague):
    refused = await try_everything(await colleague("helene"), at_rivoli)
    assert refused == dict.fromkeys(may_not(staff.Role.MANAGER), 403)
    assert {path.removeprefix(L).split("/")[1] for _, path in refused} <= {"admin", "merch"}


async def test_solene_who_keeps_the_house_may_do_everything_but_what_belongs_to_a_manager(at_rivoli, colleague):
    refused = await try_everything(await colleague("solene"), at_rivoli)
    assert refused == dict.fromkeys(may_not(staff.Role.ADMIN), 403)


async def test_marc_of_kleber_meets_nothing_of_rivoli(at_rivoli, colleague, database):
    marc = await colleague("marc")
    objects = [call for call in STAFF if "{" in call[1].replace(L, "")]
    assert len(objects) >= 40
    forbidden = may_not(staff.Role.ADVISOR)
    got = await statuses(marc, objects, at_rivoli)
    assert got == {call: 403 if call in forbidden else 404 for call in objects}
    for method, path in STAFF:
        if method == "GET" and (method, path) != STREAM:
            page = (await marc.get(address(path, at_rivoli))).text
            assert "Martin" not in page, path
            for noun in ("reservations", "appointments"):
                assert at_rivoli[noun] not in page.replace(address(path, at_rivoli).removeprefix("/fr"), ""), path
    async with database.work(readonly=True) as session:
        assert await session.scalar(select(Task.done_at)) is None
        assert set(await session.scalars(select(Message.state))) == {State.DEAD}


async def test_a_merchandiser_is_refused_wherever_the_verb_is_not_hers(at_rivoli, colleague):
    paul = await colleague("paul")
    may = staff.MAY[staff.Role.MERCHANDISER]
    for (method, path), who in STAFF.items():
        if (method, path) in (STREAM, ENDS_HER_SESSION):
            continue
        status = (await paul.request(method, address(path, at_rivoli), data=sent(method, path))).status_code
        _, _, verb = who.partition(": ")
        if verb and verb not in may:
            assert status == 403, (method, path)
        else:
            assert status not in (401, 403, 404) and status < 500, (method, path)
    assert (await paul.get("/fr/staff/events")).status_code in (401, 403)


async def test_a_program_needs_a_key_with_the_scope_and_the_store(at_rivoli, app, world, database, clock):
    body = {"lines": [], "reason": "sold"}
    elsewhere = await new_key(database, clock, "staff", stores=[world.kleber])
    for secret, status in (
        ("", 401),
        (await new_key(database, clock, "stock", "read", "reserve"), 403),
        (elsewhere, 404),
    ):
        async with caller(app, secret) as program:
            for (method, path), who in KEYS.items():
                if (status == 404 and "{code}" not in path) or (status == 403 and who == "key: stock.feed"):
                    continue
                answer = await program.request(method, address(path, at_rivoli), json=body)
                assert answer.status_code == status, (method, path, answer.text)
    async with caller(app, elsewhere) as program:
        assert (await program.get("/api/v1/staff/reservations")).json()["items"] == []


async def test_a_session_of_the_back_room_opens_nothing_of_the_api(at_rivoli, colleague):
    ines = await colleague("ines")
    for method, path in KEYS:
        answer = await ines.request(method, address(path, at_rivoli), json={"reason": "sold"})
        assert answer.status_code == 401, path


async def test_a_merchandiser_of_kleber_meets_no_stock_and_no_file_of_rivoli(
    at_rivoli, colleague, world, database, clock
):
    async with database.work() as session:
        await staff.add_account(
            session, "zoe@aurore.example", "merchandiser", first_name="Zoé", password=PASSWORD,
            store_ids=[world.kleber.id], now=clock(),
        )  # fmt: skip
        await session.execute(
            update(Batch).where(Batch.subject == "products").values(subject="stock", store_ids=[world.rivoli.id])
        )
    zoe = await colleague("zoe")
    of_a_store = [call for call in STAFF if "/merch/stock/stores/" in call[1] or "/merch/imports/{id}" in call[1]]
    assert len(of_a_store) >= 8
    got = {
        (method, path): (await zoe.request(method, address(path, at_rivoli), data=sent(method, path))).status_code
        for method, path in of_a_store
    }
    assert got == dict.fromkeys(of_a_store, 404)
    grid = (await zoe.get("/fr/merch/stock")).text
    assert "Kleber" in grid
    assert "Rivoli" not in grid
