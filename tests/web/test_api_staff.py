"""A program of the staff answers, prepares, hands over and lists; what each scope opens, and in which stores."""

import pytest
from callers import RESERVATIONS, STAFF, caller, fields_of, new_key, problem_of, sku, wish

from booking import invariants
from stores import stock

LAMP, SHADE, SOFA = "LUM-0001-LAI", "LUM-0013-30", "MEU-0001"


@pytest.fixture
async def till(app, world, database, clock):
    """A program of Rivoli's staff."""
    async with caller(app, await new_key(database, clock, "staff", stores=[world.rivoli])) as client:
        yield client


@pytest.fixture
async def shop(app, world):
    async with caller(app) as client:
        yield client


async def made_by(client, *lines, store="rivoli", **over):
    response = await client.post(RESERVATIONS, json=wish(store, lines=list(lines) or [sku(LAMP)], **over))
    assert response.status_code == 201, response.text
    return response.json()


async def units(database, store, variant):
    """(book, reserved, unsellable)"""
    async with database.work(readonly=True) as session:
        assert await invariants.broken(session) == []
        cell = (await stock.cells(session, store.id, [variant.id]))[variant.id]
        return cell.book, cell.reserved, cell.unsellable


async def test_from_request_to_hand_over(shop, till, world, database):
    made = await made_by(shop, sku(LAMP, 2), sku(SHADE))
    address = f"{STAFF}/{made['code'].lower()}"
    said = (await till.post(f"{address}/answer", json={"lines": [{"sku": LAMP, "found": 2}]})).json()
    assert said["status"] == "confirmed"
    assert said["customer"]["first_name"] == "Léa"
    said = (await till.post(f"{address}/readiness", json={"place": " B 4 "})).json()
    assert (said["status"], said["place"]) == ("ready", "B 4")
    assert said["ready_at"] == "2026-11-24T12:00:00+01:00"
    lines = [{"sku": LAMP, "bought": 1, "returned": 1}, {"sku": SHADE, "bought": 0, "returned": 1}]
    said = (await till.post(f"{address}/collection", json={"lines": lines})).json()
    assert said["status"] == "collected"
    assert [(line["status"], line["bought"]) for line in said["lines"]] == [("bought", 1), ("not_bought", 0)]
    assert await units(database, world.rivoli, world.lamp) == (4, 0, 0)
    assert await units(database, world.rivoli, world.shade) == (2, 0, 0)


async def test_ready_needs_no_body(shop, till):
    made = await made_by(shop)
    assert (await till.post(f"{STAFF}/{made['code']}/readiness")).json()["status"] == "ready"


async def test_a_reason_corrects_the_stock_when_none_is_there(shop, till, world, database):
    made = await made_by(shop)
    said = (await till.post(f"{STAFF}/{made['code']}/decline", json={"reason": "sold"})).json()
    assert (said["status"], said["reason"]) == ("declined", "sold")
    assert [(line["status"], line["reason"]) for line in said["lines"]] == [("missing", "sold")]
    assert await units(database, world.rivoli, world.lamp) == (4, 0, 0)
    refused = await till.post(f"{STAFF}/{made['code']}/decline", json={"reason": "sold"})
    assert problem_of(refused, 409, "moved_on")["reservation_status"] == "declined"
    assert await units(database, world.rivoli, world.lamp) == (4, 0, 0)


@pytest.mark.parametrize(
    ("line", "field", "code"),
    [
        ({"sku": "NO-SUCH", "found": 1}, "lines.0.sku", "not_in_reservation"),
        ({"sku": LAMP, "found": 3}, "lines.0.found", "found"),
        ({"sku": LAMP, "found": 1}, "lines.0.reason", "reason"),
        ({"sku": LAMP, "found": 1, "reason": "lost"}, "lines.0.reason", "unknown_value"),
        ({"sku": LAMP, "found": -1}, "lines.0.found", "too_small"),
        ({"sku": LAMP, "found": True}, "lines.0.found", "whole_number"),
        ({"sku": LAMP, "found": 2, "substitute": sku(SHADE)}, "lines.0.substitute.sku", "not_needed"),
        ({"sku": LAMP, "found": 0, "reason": "sold", "substitute": sku("X")}, "lines.0.substitute.sku", "unknown_sku"),
        (
            {"sku": LAMP, "found": 0, "reason": "sold", "substitute": sku(SOFA)},
            "lines.0.substitute.sku",
            "by_appointment",
        ),
        (
            {"sku": LAMP, "found": 0, "reason": "sold", "substitute": sku(SHADE, 9)},
            "lines.0.substitute.quantity",
            "quantity",
        ),
    ],
)
async def test_an_answer_that_makes_no_sense_changes_nothing(shop, till, world, database, line, field, code):
    made = await made_by(shop, sku(LAMP, 2))
    refused = await till.post(f"{STAFF}/{made['code']}/answer", json={"lines": [line]})
    assert fields_of(problem_of(refused, 422, "invalid")) == {field: code}
    assert await units(database, world.rivoli, world.lamp) == (5, 2, 0)


async def test_a_line_named_twice_is_refused(shop, till):
    made = await made_by(shop, sku(LAMP, 2))
    line = {"sku": LAMP, "found": 2}
    refused = await till.post(f"{STAFF}/{made['code']}/answer", json={"lines": [line, line]})
    assert fields_of(problem_of(refused, 422, "invalid")) == {"lines.1.sku": "named_twice"}


async def test_a_substitute_that_is_not_there_is_refused_and_named(shop, till, world, database):
    made = await made_by(shop)
    line = {"sku": LAMP, "found": 0, "reason": "damaged", "substitute": sku(SHADE, 3)}
    said = problem_of(await till.post(f"{STAFF}/{made['code']}/answer", json={"lines": [line]}), 409, "out_of_stock")
    assert said["lines"] == [{"sku": SHADE, "requested": 3, "elsewhere": []}]
    assert await units(database, world.rivoli, world.lamp) == (5, 1, 0)


async def test_staff_cannot_answer_their_own_offer(shop, till, world, database):
    made = await made_by(shop, sku(LAMP, 2))
    line = {"sku": LAMP, "found": 1, "reason": "damaged"}
    address = f"{STAFF}/{made['code']}/answer"
    assert (await till.post(address, json={"lines": [line]})).json()["status"] == "proposed"
    said = problem_of(await till.post(address, json={"lines": []}), 409, "moved_on")
    assert said["reservation_status"] == "proposed"


async def test_a_broken_promise_never_holds_more_than_was_found(shop, till, world, database):
    made = await made_by(shop, sku(LAMP, 2), sku(SHADE))
    address = f"{STAFF}/{made['code']}/answer"
    await till.post(address, json={"lines": [{"sku": LAMP, "found": 1, "reason": "not_found"}]})
    token = {"authorization": f"Bearer {made['token']}"}
    await shop.post(f"{RESERVATIONS}/{made['code']}/proposal", json={"accept": True}, headers=token)
    said = await till.post(address, json={"lines": [{"sku": SHADE, "found": 0, "reason": "damaged"}]})
    assert said.json()["status"] == "proposed"
    assert await units(database, world.rivoli, world.lamp) == (4, 1, 0)
    assert await units(database, world.rivoli, world.shade) == (2, 0, 1)


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([{"sku": LAMP, "bought": 1, "returned": 0}], "does_not_add_up"),
        ([{"sku": LAMP, "bought": 2, "returned": 1}], "does_not_add_up"),
        ([], "does_not_add_up"),
        ([{"sku": SHADE, "bought": 1, "returned": 0}], "invalid"),
        ([{"sku": LAMP, "bought": 2}], "invalid"),
    ],
)
async def test_what_was_bought_and_returned_adds_up(shop, till, world, database, lines, code):
    made = await made_by(shop, sku(LAMP, 2))
    await till.post(f"{STAFF}/{made['code']}/readiness")
    problem_of(await till.post(f"{STAFF}/{made['code']}/collection", json={"lines": lines}), 422, code)
    assert await units(database, world.rivoli, world.lamp) == (5, 2, 0)


async def test_what_is_not_confirmed_cannot_be_collected(shop, till):
    made = await made_by(shop)
    lines = [{"sku": LAMP, "bought": 1, "returned": 0}]
    refused = await till.post(f"{STAFF}/{made['code']}/collection", json={"lines": lines})
    assert problem_of(refused, 409, "moved_on")["reservation_status"] == "requested"


async def test_the_list_comes_newest_first_and_page_by_page(shop, till, app, world, database, clock):
    async with caller(app, await new_key(database, clock, "reserve")) as program:
        codes = [(await made_by(program))["code"] for _ in range(5)]
        await made_by(program, store="kleber")
    await till.post(f"{STAFF}/{codes[1]}/decline", json={"reason": "sold"})
    seen, cursor, pages = [], "", 0
    while cursor is not None:
        page = (await till.get(STAFF, params={"limit": 2, "cursor": cursor})).json()
        seen += [item["code"] for item in page["items"]]
        cursor, pages = page["next"], pages + 1
    assert (seen, pages) == (codes[::-1], 3)
    declined = (await till.get(STAFF, params={"status": "declined", "store": "rivoli"})).json()
    assert ([item["code"] for item in declined["items"]], declined["next"]) == ([codes[1]], None)
    both = (await till.get(f"{STAFF}?status=declined&status=requested")).json()
    assert len(both["items"]) == 5
    assert fields_of(problem_of(await till.get(f"{STAFF}?status=lost"), 422, "invalid")) == {
        "status.0": "unknown_value"
    }
    problem_of(await till.get(f"{STAFF}?cursor=bm90IG91cnM"), 422, "invalid")
    problem_of(await till.get(f"{STAFF}?store=kleber"), 404, "not_found")
    problem_of(await till.get(f"{STAFF}?store=atlantis"), 404, "not_found")
    async with caller(app, await new_key(database, clock, "staff")) as head_office:
        assert len((await head_office.get(STAFF, params={"limit": 100})).json()["items"]) == 6


CALLS = [
    ("answer", {"lines": []}),
    ("readiness", {}),
    ("collection", {"lines": [{"sku": LAMP, "bought": 1, "returned": 0}]}),
    ("decline", {"reason": "sold"}),
]


@pytest.mark.parametrize(("call", "body"), CALLS)
async def test_another_stores_reservation_does_not_exist(shop, app, world, database, clock, call, body):
    made = await made_by(shop)
    async with caller(app, await new_key(database, clock, "staff", stores=[world.kleber])) as kleber:
        problem_of(await kleber.post(f"{STAFF}/{made['code']}/{call}", json=body), 404, "not_found")
        assert (await kleber.get(STAFF)).json() == {"items": [], "next": None}
    assert await units(database, world.rivoli, world.lamp) == (5, 1, 0)


@pytest.mark.parametrize(("call", "body"), [*CALLS, ("", None)])
@pytest.mark.parametrize("scope", ["stock", "read", "reserve", "", "token"])
async def test_the_staff_calls_need_the_scope_staff(shop, app, world, database, clock, call, body, scope):
    made = await made_by(shop)
    secret = made["token"] if scope == "token" else await new_key(database, clock, scope) if scope else ""
    async with caller(app, secret) as program:
        if call:
            refused = await program.post(f"{STAFF}/{made['code']}/{call}", json=body)
        else:
            refused = await program.get(STAFF)
    if scope in ("", "token"):
        problem_of(refused, 401, "wrong_key")
        assert refused.headers["www-authenticate"].startswith("Bearer")
    else:
        problem_of(refused, 403, "forbidden")
    assert await units(database, world.rivoli, world.lamp) == (5, 1, 0)


async def test_the_same_hand_over_sent_twice_is_one(shop, till, world, database):
    made = await made_by(shop)
    await till.post(f"{STAFF}/{made['code']}/readiness")
    body = {"lines": [{"sku": LAMP, "bought": 1, "returned": 0}]}
    headers = {"idempotency-key": "till-7"}
    first = await till.post(f"{STAFF}/{made['code']}/collection", json=body, headers=headers)
    again = await till.post(f"{STAFF}/{made['code']}/collection", json=body, headers=headers)
    assert (again.status_code, again.content) == (200, first.content)
    assert await units(database, world.rivoli, world.lamp) == (4, 0, 0)


async def test_what_is_not_there_yet_is_not_found(till):
    for method, path in (
        ("GET", "events"),
        ("POST", "waitlist"),
    ):
        problem_of(await till.request(method, f"/api/v1/{path}"), 404, "not_found")
