"""Tills and back offices tell how many there are: each event once, late ones known as late, shortfalls as tasks."""

import json
from collections import Counter
from datetime import timedelta

import pytest
from callers import RESERVATIONS, STAFF, caller, fields_of, new_key, problem_of, sku, wish
from sqlalchemy import func, select, update

from booking import invariants
from booking.journal import Entry
from booking.tasks import Kind, Task
from kit.codes import read_code
from stores import deliveries, stock
from stores.places import Store
from stores.stock import StockMovement

STOCK, MOVEMENTS = "/api/v1/stock", "/api/v1/stock/movements"
LAMP, SHADE, SOFA = "LUM-0001-LAI", "LUM-0013-30", "MEU-0001"


@pytest.fixture
async def till(app, world, database, clock):
    """The back office of the whole house; an hour has passed since its articles came."""
    clock.forward(hours=1)
    async with caller(app, await new_key(database, clock, "stock"), **{"accept-language": "en"}) as client:
        yield client


@pytest.fixture
async def shop(app, world):
    async with caller(app) as client:
        yield client


def level(units, article=LAMP, store="rivoli"):
    return {"store": store, "sku": article, "on_hand": units}


def moved(delta, reason="sale", article=LAMP, store="rivoli", **more):
    return {"store": store, "sku": article, "delta": delta, "reason": reason, **more}


@pytest.fixture
def counts(clock):
    """A call of counts, made `ago` before now."""

    def of(*levels, event="e1", ago=timedelta(), **more):
        counted_at = (clock() - ago).isoformat()
        return {"event_id": event, "source": "erp", "counted_at": counted_at, "levels": list(levels), **more}

    return of


def movements(*moves, event="m1", **more):
    return {"event_id": event, "source": "erp", "movements": list(moves), **more}


@pytest.fixture
def look(database, world):
    """(book, reserved, available) in the database, after checking that everything adds up."""

    async def at(store=None, variant=None):
        store, variant = store or world.rivoli, variant or world.lamp
        async with database.work(readonly=True) as session:
            assert await invariants.broken(session) == []
            cell = (await stock.cells(session, store.id, [variant.id]))[variant.id]
            return cell.book, cell.reserved, cell.available

    return at


async def told(client, method, path, body, status=200):
    response = await client.request(method, path, json=body)
    assert response.status_code == status, response.text
    return response.json()


async def put(client, body):
    return await told(client, "PUT", STOCK, body)


async def post(client, body):
    return await told(client, "POST", MOVEMENTS, body)


async def written(database, table):
    async with database.work(readonly=True) as session:
        return await session.scalar(select(func.count()).select_from(table))


# Counts


async def test_counts_become_the_stock(till, look, world, counts):
    said = await put(till, counts(level(3), level(9, SHADE), level(5, LAMP, "kleber"), level(1, SOFA)))
    assert said == {"applied": 4, "changed": 3, "skipped": [], "unknown": []}
    assert await look() == (3, 0, 3)
    assert await look(variant=world.shade) == (9, 0, 9)
    assert await look(store=world.kleber) == (5, 0, 5)


async def test_what_is_not_known_is_named_and_the_rest_is_taken(till, look, counts):
    said = await put(till, counts(level(3), level(1, "NO-SUCH"), level(1, LAMP, "atlantis"), level(4)))
    assert (said["applied"], said["changed"]) == (1, 1)
    assert said["unknown"] == [
        {"store": "rivoli", "sku": "NO-SUCH", "reason": "unknown_sku"},
        {"store": "atlantis", "sku": LAMP, "reason": "unknown_store"},
    ]
    assert said["skipped"] == [{"store": "rivoli", "sku": LAMP, "reason": "named_twice"}]
    assert await look() == (3, 0, 3)


async def test_a_key_of_one_store_knows_no_other(app, world, database, clock, counts, look):
    async with caller(app, await new_key(database, clock, "stock", stores=[world.kleber])) as kleber:
        said = await put(kleber, counts(level(3), level(7, LAMP, "kleber")))
        assert said["unknown"] == [{"store": "rivoli", "sku": LAMP, "reason": "unknown_store"}]
        clock.forward(minutes=1)
        said = await post(kleber, movements(moved(-1), moved(-1, store="kleber")))
        assert [one["reason"] for one in said["unknown"]] == ["unknown_store"]
    assert (await look())[0] == 5
    assert (await look(store=world.kleber))[0] == 6


async def test_the_same_event_again_gets_the_first_answer_and_changes_nothing(till, look, database, counts, clock):
    body = counts(level(3), level(1, "NO-SUCH"))
    first = await till.put(STOCK, json=body)
    before = await written(database, StockMovement)
    clock.forward(hours=1)
    again = await till.put(STOCK, content=json.dumps(dict(reversed(body.items()))), headers=AS_JSON)
    assert (again.status_code, again.json()) == (200, first.json())
    assert await written(database, StockMovement) == before
    assert (await look())[0] == 3


AS_JSON = {"content-type": "application/json"}


async def test_the_same_event_with_another_body_is_a_conflict_and_is_written_down(till, look, database, counts):
    await put(till, counts(level(3)))
    refused = problem_of(await till.put(STOCK, json=counts(level(4))), 409, "event_conflict")
    assert "already been sent" in refused["detail"]
    problem_of(await till.post(MOVEMENTS, json=movements(moved(-1), event="e1")), 409, "event_conflict")
    assert (await look())[0] == 3
    async with database.work(readonly=True) as session:
        entries = (await session.scalars(select(Entry).where(Entry.subject == "delivery"))).all()
    assert [(one.event, one.by, one.detail) for one in entries] == [
        ("conflict", "key:till", {"source": "erp", "event_id": "e1"})
    ] * 2


async def test_the_tills_of_two_stores_may_bear_the_same_name_and_number(app, world, database, clock, counts):
    for store, units in ((world.rivoli, 4), (world.kleber, 2)):
        async with caller(app, await new_key(database, clock, "stock", stores=[store])) as till:
            answer = await till.put(STOCK, json=counts(level(units, store=store.slug), source="till"))
            assert answer.json()["applied"] == 1, answer.text
    async with caller(app, await new_key(database, clock, "stock", stores=[world.kleber])) as next_key:
        again = await next_key.put(STOCK, json=counts(level(2, store="kleber"), source="till"))
        assert again.json() == answer.json(), "the next key of the same store goes on where the last one stopped"


async def test_two_sources_may_use_the_same_word_and_the_keys_name_is_one(till, look, counts, database):
    await put(till, counts(level(3), source="erp"))
    await put(till, counts(level(4), source="pos"))
    nameless = counts(level(6))
    del nameless["source"]
    await put(till, nameless)
    problem_of(await till.put(STOCK, json=counts(level(7), source="till")), 409, "event_conflict")
    assert (await look())[0] == 6
    async with database.work(readonly=True) as session:
        sources = set(await session.scalars(select(StockMovement.source).where(StockMovement.kind == "snapshot")))
    assert sources == {"feed:erp", "feed:pos", "feed:till"}


async def test_a_count_that_was_overtaken_is_skipped_and_said(till, look, counts, world):
    await put(till, counts(level(3)))
    said = await put(till, counts(level(8), level(8, SHADE), event="e2", ago=timedelta(minutes=10)))
    assert (said["applied"], said["skipped"]) == (1, [{"store": "rivoli", "sku": LAMP, "reason": "stale"}])
    assert (await look())[0] == 3
    assert (await look(variant=world.shade))[0] == 8


async def test_what_was_handed_over_after_a_count_is_not_counted_back(till, shop, app, look, database, counts, clock):
    counted = counts(level(5))
    clock.forward(minutes=2)
    made = (await shop.post(RESERVATIONS, json=wish())).json()
    async with caller(app, await new_key(database, clock, "staff")) as staff:
        await staff.post(f"{STAFF}/{made['code']}/readiness")
        taken = {"lines": [{"sku": LAMP, "bought": 1, "returned": 0}]}
        assert (await staff.post(f"{STAFF}/{made['code']}/collection", json=taken)).status_code == 200
    assert (await look())[0] == 4
    await put(till, counted)
    assert await look() == (4, 0, 4)


async def test_more_promised_than_counted_is_a_task_of_the_store_once(till, shop, look, database, world, counts):
    """A case of the field: the feed says one while two are reserved."""
    await shop.post(RESERVATIONS, json=wish(lines=[sku(LAMP, 2)]))
    await put(till, counts(level(1)))
    assert await look() == (1, 2, -1)
    await put(till, counts(level(1), event="e2"))
    await post(till, movements(moved(-1)))
    async with database.work(readonly=True) as session:
        (task,) = (await session.scalars(select(Task).where(Task.kind == Kind.CHECK))).all()
    assert (task.store_id, task.variant_id, task.quantity) == (world.rivoli.id, world.lamp.id, 1)
    problem_of(await shop.post(RESERVATIONS, json=wish()), 409, "out_of_stock")


async def test_a_clock_that_is_a_little_ahead_is_forgiven_and_no_more(till, look, counts, clock):
    await put(till, counts(level(3), ago=-timedelta(minutes=4)))
    await put(till, counts(level(4), event="e2"))
    assert (await look())[0] == 4
    refused = problem_of(await till.put(STOCK, json=counts(level(9), ago=-timedelta(minutes=6))), 422, "invalid")
    assert fields_of(refused) == {"counted_at": "in_the_future"}
    late = (clock() + timedelta(minutes=6)).isoformat()
    refused = problem_of(await till.post(MOVEMENTS, json=movements(moved(-1, occurred_at=late))), 422, "invalid")
    assert fields_of(refused) == {"movements.0.occurred_at": "in_the_future"}


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"levels": [level(1), level(-1)]}, "levels.1.on_hand", "too_small"),
        ({"levels": [level(1), level(2_000_000)]}, "levels.1.on_hand", "too_large"),
        ({"levels": [level("3")]}, "levels.0.on_hand", "whole_number"),
        ({"levels": [level(True)]}, "levels.0.on_hand", "whole_number"),
        ({"levels": [level(1.5)]}, "levels.0.on_hand", "whole_number"),
        ({"levels": [{"store": "rivoli", "on_hand": 1}]}, "levels.0.sku", "required"),
        ({"levels": [level(1, "")]}, "levels.0.sku", "required"),
        ({"levels": ["rivoli"]}, "levels.0", "object"),
        ({"levels": {}}, "levels", "list"),
        ({"levels": [level(1)] * 10_001}, "levels", "too_many"),
        ({"event_id": ""}, "event_id", "required"),
        ({"event_id": "x" * 201}, "event_id", "too_long"),
        ({"source": ""}, "source", "required"),
        ({"counted_at": "2026-11-24T12:00:00"}, "counted_at", "moment"),
        ({"counted_at": "yesterday"}, "counted_at", "moment"),
        ({"counted_at": None}, "counted_at", "moment"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_taken(till, look, database, counts, change, field, code):
    refused = problem_of(await till.put(STOCK, json=counts(level(9)) | change), 422, "invalid")
    assert fields_of(refused) == {field: code}
    assert (await look())[0] == 5
    assert await written(database, deliveries.Delivery) == 0


async def test_of_ten_thousand_wrong_lines_the_first_hundred_are_named(till, counts):
    refused = problem_of(await till.put(STOCK, json=counts(*[level(-1)] * 10_000)), 422, "invalid")
    assert len(refused["errors"]) == 100


async def test_ten_thousand_levels_are_one_call_and_five_megabytes_none(till, look, counts):
    many = [level(n, f"NO-SUCH-{n:06}") for n in range(9_999)]
    said = await put(till, counts(level(4), *many))
    assert (said["applied"], len(said["unknown"])) == (1, 9_999)
    assert (await look())[0] == 4
    problem_of(await till.put(STOCK, json=counts(level(1), event="e2", note="n" * 5_000_000)), 413, "too_large")


async def test_an_idempotency_key_works_as_everywhere(till, look):
    for _ in range(2):
        said = await till.post(MOVEMENTS, json=movements(moved(-1)), headers={"idempotency-key": "k1"})
        assert said.json()["applied"] == 1
    other = movements(moved(-2), event="m2")
    refused = await till.post(MOVEMENTS, json=other, headers={"idempotency-key": "k1"})
    problem_of(refused, 422, "idempotency_key_reused")
    assert (await look())[0] == 4


# Movements


async def test_sales_and_deliveries_are_differences(till, look, world):
    said = await post(till, movements(moved(-2), moved(6, "delivery"), moved(-1, article=SHADE), moved(1, "return")))
    assert said == {"applied": 4, "changed": 4, "skipped": [], "unknown": [], "matched": [], "unmatched": []}
    assert (await look())[0] == 10
    assert (await look(variant=world.shade))[0] == 1


async def test_the_same_movements_again_are_the_same(till, look):
    first = await post(till, movements(moved(-2)))
    assert await post(till, movements(moved(-2))) == first
    problem_of(await till.post(MOVEMENTS, json=movements(moved(-3))), 409, "event_conflict")
    assert (await look())[0] == 3


async def test_a_sale_that_comes_after_the_count_that_knows_of_it_moves_nothing(till, look, counts, clock, database):
    sold_at = clock()
    clock.forward(minutes=5)
    await put(till, counts(level(3)))
    said = await post(till, movements(moved(-1, occurred_at=sold_at.isoformat())))
    assert (said["applied"], said["changed"]) == (1, 0)
    assert said["skipped"] == [{"store": "rivoli", "sku": LAMP, "reason": "stale"}]
    assert (await look())[0] == 3
    async with database.work(readonly=True) as session:
        last = (await session.scalars(select(StockMovement).order_by(StockMovement.id.desc()).limit(1))).one()
    assert (last.kind, last.book, last.reason, last.occurred_at) == ("sale", 0, stock.LATE, sold_at)


async def test_movements_that_came_first_are_added_to_a_count_of_before_them(till, look, counts, clock):
    counted = counts(level(10))
    clock.forward(minutes=5)
    await post(till, movements(moved(-2)))
    await put(till, counted)
    assert (await look())[0] == 8


@pytest.mark.parametrize(
    ("line", "field", "code"),
    [
        (moved(1), "movements.0.delta", "sign"),
        (moved(1, "damage"), "movements.0.delta", "sign"),
        (moved(1, "transfer_out"), "movements.0.delta", "sign"),
        (moved(-1, "delivery"), "movements.0.delta", "sign"),
        (moved(-1, "return"), "movements.0.delta", "sign"),
        (moved(0, "correction"), "movements.0.delta", "sign"),
        (moved(-1, "stolen"), "movements.0.reason", "unknown_value"),
        (moved(-9_000_000), "movements.0.delta", "too_small"),
        (moved("-1"), "movements.0.delta", "whole_number"),
        (moved(-1, occurred_at="noon"), "movements.0.occurred_at", "moment"),
        ({"store": "rivoli", "sku": LAMP, "delta": -1}, "movements.0.reason", "required"),
    ],
)
async def test_a_movement_that_makes_no_sense_is_refused(till, look, line, field, code):
    refused = problem_of(await till.post(MOVEMENTS, json=movements(line)), 422, "invalid")
    assert fields_of(refused) == {field: code}
    assert (await look())[0] == 5


# The unit that was just handed over


@pytest.fixture
async def handed_over(app, shop, database, clock, world):
    """One lamp, reserved at Rivoli and taken, its code."""

    async def by(authority):
        async with database.work() as session:
            await session.execute(update(Store).values(stock_authority=authority))
        made = (await shop.post(RESERVATIONS, json=wish())).json()
        async with caller(app, await new_key(database, clock, "staff")) as staff:
            await staff.post(f"{STAFF}/{made['code']}/readiness")
            taken = {"lines": [{"sku": LAMP, "bought": 1, "returned": 0}]}
            assert (await staff.post(f"{STAFF}/{made['code']}/collection", json=taken)).status_code == 200
        return made["code"]

    return by


@pytest.mark.parametrize(("authority", "after_hand_over"), [("feed", 5), ("vitrine", 4)])
async def test_the_sale_of_what_was_handed_over_is_one_decrement(
    till, handed_over, look, database, authority, after_hand_over
):
    code = await handed_over(authority)
    assert await look() == (after_hand_over, 0, after_hand_over)
    said = await post(till, movements(moved(-1, reservation=code.lower())))
    assert (said["matched"], said["unmatched"]) == ([code], [])
    assert await look() == (4, 0, 4)
    async with database.work(readonly=True) as session:
        entry = await session.scalar(select(Entry).where(Entry.event == "sold_at_till"))
        last = (await session.scalars(select(StockMovement).order_by(StockMovement.id.desc()).limit(1))).one()
    assert (entry.subject, entry.detail) == ("reservation", {"sku": LAMP, "quantity": 1})
    assert last.reason == read_code(code)


@pytest.mark.parametrize(
    "line",
    [
        moved(-1, article=SHADE),
        moved(-1, store="kleber"),
        moved(-2),
        moved(1, "return"),
    ],
)
async def test_a_code_that_holds_no_such_article_is_named_and_the_movement_counts(till, handed_over, look, line):
    code = await handed_over("vitrine")
    said = await post(till, movements({**line, "reservation": code}))
    assert (said["matched"], said["changed"]) == ([], 1)
    assert said["unmatched"] == [{"reservation": code, "sku": line["sku"]}]
    await look()


# Who may


@pytest.mark.parametrize("scope", ["staff", "read", "reserve", ""])
@pytest.mark.parametrize("method", ["PUT", "POST"])
async def test_only_a_key_of_scope_stock_tells_how_many_there_are(app, database, clock, look, counts, scope, method):
    secret = await new_key(database, clock, scope) if scope else ""
    async with caller(app, secret) as program:
        body = counts(level(3)) if method == "PUT" else movements(moved(-1))
        refused = await program.request(method, STOCK if method == "PUT" else MOVEMENTS, json=body)
    problem_of(refused, *((403, "forbidden") if scope else (401, "wrong_key")))
    assert (await look())[0] == 5


async def test_the_description_says_which_scope_each_call_needs(shop):
    paths = (await shop.get("/api/v1/openapi.json")).json()["paths"]
    scopes = Counter(call["x-scope"] for path in paths.values() for call in path.values() if "x-scope" in call)
    assert scopes == {"staff": 5, "stock": 2}
    page = (await shop.get("/api/v1/docs", headers={"accept-language": "en"})).text
    assert page.count("With a key of scope <code>stock</code>, in its stores") == 2


async def test_calls_are_forgotten_after_three_months_and_movements_are_not(till, database, clock, look):
    await post(till, movements(moved(-1)))
    clock.forward(days=91)
    async with database.work() as session:
        await deliveries.forget(session, now=clock())
    assert await written(database, deliveries.Delivery) == 0
    assert (await look())[0] == 4
