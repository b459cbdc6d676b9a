"""The day in a store: the board and its rings, the pick list, the tasks."""

import asyncio
import re

import pytest
from factories import PASSWORD, lea, reserved
from reading import text_of

from booking import tasks
from booking.reservations import answering, questions, timers
from booking.reservations.tables import Reservation
from kit.codes import show_code
from stores import staff
from stores.stock import StoreStock
from web import live

BOARD, PICKING, TASKS = "/en/staff", "/en/staff/picking", "/en/staff/tasks"
FRAGMENT = {"hx-request": "true"}


@pytest.fixture
async def asked(world, database, clock) -> Reservation:
    async with database.work() as session:
        return await reserved(session, world, now=clock(), lines=[(world.lamp, 2), (world.shade, 1)])


async def now_of(database, one: Reservation) -> Reservation:
    async with database.work(readonly=True) as session:
        return await questions.get(session, one.id)


async def ready(database, one: Reservation, clock, place="R-12") -> None:
    async with database.work() as session:
        await answering.make_ready(session, await questions.get(session, one.id), place=place, by="Inès", now=clock())


def rows_of(page: str) -> list[str]:
    """The rows of the list, as read, in their order."""
    return [text_of(row) for row in re.findall(r'<li class="row.*?</li>', page, re.DOTALL)]


def numbers_of(page: str) -> dict[str, int]:
    found = re.findall(r"<dt><a[^>]*>([^<]+)</a></dt><dd>(\d+)</dd>", page)
    return {words: int(count) for words, count in found}


# The board


async def test_an_empty_board_says_that_all_is_done_and_until_when_the_store_is_open(colleague):
    page = text_of((await (await colleague("ines")).get(BOARD)).text)
    assert "All done." in page
    assert "Aurore Rivoli, open until 8 pm" in page


async def test_a_new_request_is_on_the_board_its_fragment_and_its_tab(asked, colleague):
    ines = await colleague("ines")
    page = (await ines.get(BOARD)).text
    [row] = rows_of(page)
    assert "1 pm" in row
    assert "Answer: 3 articles" in row
    assert "new" in row
    assert "Léa M. (French)" in row
    assert "Ground floor" in row
    assert "Martin" not in row
    assert numbers_of(page) == {"to confirm": 1, "to prepare": 0, "ready": 0, "to put back": 0}
    fragment = await ines.get(BOARD, headers=FRAGMENT)
    assert "<main" not in fragment.text
    assert rows_of(fragment.text) == [row]
    assert 'hx-sse:connect="/en/staff/events"' in page
    assert "hx-sse.min.js" in page
    assert "<title>(1) Today" in fragment.text
    assert "HX-Request" in fragment.headers["vary"]
    assert fragment.headers["cache-control"] == "no-store"


async def test_overdue_comes_first_and_is_said_in_words(asked, world, colleague, database, clock):
    clock.forward(minutes=40)
    async with database.work() as session:
        await reserved(session, world, now=clock(), customer=lea(first_name="Hugo", email="hugo@exemple.fr"))
    ines = await colleague("ines")
    first, second = rows_of((await ines.get(BOARD)).text)
    assert "urgent" in first
    clock.forward(minutes=25)
    first, second = rows_of((await ines.get(BOARD)).text)
    assert "Léa" in first
    assert "late by 5 minutes" in first
    assert "late" not in second


async def test_taking_it_shows_who_has_it_and_a_colleague_may_take_over(asked, colleague, database):
    ines, helene = await colleague("ines"), await colleague("helene")
    claim = f"/en/staff/reservations/{show_code(asked.code)}/claim"
    assert (await ines.post(claim, data={"back": "board"})).headers["location"] == "/en/staff"
    assert "taken by you" in rows_of((await ines.get(BOARD)).text)[0]
    [row] = rows_of((await helene.get(BOARD)).text)
    assert "taken by Inès" in row
    assert "Take over" in row
    await helene.post(claim)
    assert "taken by Hélène" in rows_of((await ines.get(BOARD)).text)[0]


async def test_marc_of_kleber_sees_none_of_it(asked, colleague):
    marc = await colleague("marc")
    page = (await marc.get(BOARD)).text
    assert rows_of(page) == []
    assert numbers_of(page)["to confirm"] == 0


async def test_who_works_for_several_stores_chooses_one_and_keeps_it(asked, world, colleague, database, clock):
    async with database.work() as session:
        here = await reserved(session, world, now=clock(), store=world.kleber, customer=lea(email="k@exemple.fr"))
    solene = await colleague("solene")
    both = rows_of((await solene.get(BOARD)).text)
    assert len(both) == 2
    assert any("Aurore Kleber" in row for row in both)
    await solene.post("/en/staff/store", data={"store": "kleber", "next": "/en/staff"})
    assert [show_code(here.code) in row or "Answer" in row for row in rows_of((await solene.get(BOARD)).text)] == [True]
    marc = await colleague("marc")
    await marc.post("/en/staff/store", data={"store": "rivoli"})
    assert len(rows_of((await marc.get(BOARD)).text)) == 1
    assert "Kleber" in (await marc.get(BOARD)).text


async def test_someone_without_a_store_sees_an_empty_room(colleague, database, clock, world):
    async with database.work() as session:
        await staff.add_account(
            session, "new@aurore.example", "advisor", first_name="Neuf", password=PASSWORD, now=clock()
        )
    new = await colleague("new")
    for path in (BOARD, PICKING, TASKS, "/en/staff/reservations", "/en/staff/handover", "/en/staff/account"):
        assert (await new.get(path)).status_code == 200, path


# Rings


async def test_the_stream_is_for_staff_and_holds_no_transaction_open(app, asked, colleague, lea, engine, redis, world):
    assert (await lea.get("/en/staff/events")).status_code == 401
    ines = await colleague("ines")
    rings: list[str] = []
    heard = asyncio.Event()

    async def listen() -> None:
        sent = False

        async def receive() -> dict[str, object]:
            nonlocal sent
            if sent:
                await asyncio.Event().wait()
            sent = True
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict[str, object]) -> None:
            if message["type"] == "http.response.body":
                rings.append(bytes(message["body"]).decode())
                heard.set()

        cookie = f"vitrine-staff={ines.cookies['vitrine-staff']}".encode()
        await app(
            {
                "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
                "path": "/en/staff/events", "raw_path": b"/en/staff/events", "query_string": b"", "root_path": "",
                "headers": [(b"host", b"vitrine.test"), (b"cookie", cookie)],
                "client": ("127.0.0.1", 1), "server": ("vitrine.test", 80), "state": {},
            },
            receive, send,
        )  # fmt: skip

    listening = asyncio.create_task(listen())
    try:
        await asyncio.wait_for(heard.wait(), 5)
        assert "event: open" in "".join(rings)
        assert engine.pool.checkedout() == 0
        heard.clear()
        await live.ring(redis, str(world.kleber.id))
        await live.ring(redis, str(world.rivoli.id))
        await asyncio.wait_for(heard.wait(), 5)
        assert "".join(rings).count("event: ring") == 1
    finally:
        listening.cancel()


# The pick list


async def test_the_pick_list_goes_by_floor_and_shelf_with_the_last_four_digits(asked, world, colleague, database):
    async with database.work() as session:
        cell = await session.get_one(StoreStock, (world.rivoli.id, world.shade.id))
        cell.shelf = "L-02-1"
    page = text_of((await (await colleague("ines")).get(PICKING)).text)
    assert "Ground floor" in page
    assert page.index("L-02-1") < page.index("L-12-3")
    assert "…7892" in page.replace("… ", "…")


async def test_a_complete_bag_becomes_ready_and_an_incomplete_one_keeps_its_ticks(
    asked, world, colleague, database, clock
):
    async with database.work() as session:
        other = await reserved(session, world, now=clock(), customer=lea(first_name="Hugo", email="h@exemple.fr"))
    ines = await colleague("ines")
    lamps, shade = asked.lines
    mine = {f"listed-{line.id}": "1" for one in (asked, other) for line in one.lines}
    form = {
        **mine, f"bag-{asked.id}": "1", f"bag-{other.id}": "1",
        f"found-{lamps.id}": "1", f"found-{other.lines[0].id}": "1", f"place-{other.id}": "R-3",
    }  # fmt: skip
    done = await ines.post(PICKING, data=form)
    assert done.status_code == 303
    ready_one, open_one = await now_of(database, other), await now_of(database, asked)
    assert (ready_one.status, ready_one.place, open_one.status) == ("ready", "R-3", "requested")
    page = (await ines.get(done.headers["location"])).text
    assert "1 bag is ready" in page
    assert "1 bag is not complete" in page
    assert re.search(rf'name="found-{lamps.id}" value="1" checked', page)
    assert not re.search(rf'name="found-{shade.id}" value="1" checked', page)
    again = await ines.post(PICKING, data=form)
    assert "moved=1" in again.headers["location"]


async def test_what_was_not_on_the_shelf_leads_to_the_answer_and_sends_nothing_by_itself(asked, colleague, database):
    ines = await colleague("ines")
    lamps, shade = asked.lines
    form = {f"listed-{lamps.id}": "1", f"listed-{shade.id}": "1", f"found-{lamps.id}": "1", f"why-{shade.id}": "sold"}
    done = await ines.post(PICKING, data=form)
    assert (await now_of(database, asked)).status == "requested"
    page = (await ines.get(done.headers["location"])).text
    link = re.search(r'href="(/en/staff/reservations/[^"]+answer-[^"]+)"', page)[1].replace("&amp;", "&")
    answer = (await ines.get(link)).text
    assert re.search(rf'name="answer-{lamps.id}" value="found" checked', answer)
    assert re.search(rf'name="answer-{shade.id}" value="missing" checked', answer)
    assert re.search(r'<option value="sold" selected>', answer)


async def test_marc_cannot_tick_what_rivoli_prepares(asked, colleague, database):
    marc = await colleague("marc")
    form = {f"listed-{line.id}": "1" for line in asked.lines} | {f"found-{line.id}": "1" for line in asked.lines}
    await marc.post(PICKING, data=form)
    assert (await now_of(database, asked)).status == "requested"


async def test_an_article_that_was_added_after_the_list_was_printed_is_not_ticked_unseen(asked, colleague, database):
    ines = await colleague("ines")
    lamps, shade = asked.lines
    form = {f"listed-{lamps.id}": "1", f"found-{lamps.id}": "1", f"found-{shade.id}": "1"}
    await ines.post(PICKING, data=form)
    assert (await now_of(database, asked)).status == "requested"


# Tasks


async def test_what_expired_goes_back_to_its_shelf_and_is_ticked_once(asked, world, colleague, database, clock):
    await ready(database, asked, clock)
    clock.forward(days=3)
    async with database.work() as session:
        await timers.settle(session, asked.id, now=clock())
    ines, marc = await colleague("ines"), await colleague("marc")
    page = (await ines.get(TASKS)).text
    rows = rows_of(page)
    assert len(rows) == 2
    assert "from R-12 to Ground floor · L-12-3" in rows[0] + rows[1]
    assert numbers_of((await ines.get(BOARD)).text)["to put back"] == 2
    assert "Put back 3 articles" in rows_of((await ines.get(BOARD)).text)[0]
    [task_id, _] = re.findall(r"/tasks/(\d+)/done", page)
    assert (await marc.post(f"/en/staff/tasks/{task_id}/done")).status_code == 404
    for _ in range(2):
        assert (await ines.post(f"/en/staff/tasks/{task_id}/done")).status_code == 303
    assert len(rows_of((await ines.get(TASKS)).text)) == 1
    async with database.work(readonly=True) as session:
        done = await tasks.find(session, int(task_id), store_ids=frozenset([world.rivoli.id]))
    assert done.done_by == "Inès"


@pytest.mark.parametrize("number", ["0", "999999", "99999999999999", "-1", "x", "1' or 1=1"])
async def test_no_such_task_is_a_404(colleague, number):
    ines = await colleague("ines")
    assert (await ines.post(f"/en/staff/tasks/{number}/done")).status_code == 404
