"""The hand-over: the right bag to the right person, once; and what the desk says when it cannot be."""

import asyncio

import pytest
from factories import lea, reserved
from reading import text_of

from booking import tasks
from booking.reservations import answering, asking, questions, timers
from booking.reservations.tables import Reservation
from kit.codes import show_code
from stores.stock import StoreStock

DESK = "/en/staff/handover"


@pytest.fixture
async def waiting(world, database, clock) -> Reservation:
    """Two lamps and a shade wait for Léa in bag R-12."""
    async with database.work() as session:
        one = await reserved(session, world, now=clock(), lines=[(world.lamp, 2), (world.shade, 1)])
        await answering.make_ready(session, one, place="R-12", by="Inès", now=clock())
        return one


async def now_of(database, one: Reservation) -> Reservation:
    async with database.work(readonly=True) as session:
        return await questions.get(session, one.id)


async def stock_of(database, world, variant) -> StoreStock:
    async with database.work(readonly=True) as session:
        return await session.get_one(StoreStock, (world.rivoli.id, variant.id))


async def give(client, one, *units, stands="ready", **more):
    bought = {f"bought-{line.id}": str(n) for line, n in zip(one.lines, units, strict=True)}
    form = {"stands": stands, **bought, **more}
    return await client.post(f"/en/staff/reservations/{show_code(one.code)}/collect", data=form)


@pytest.mark.parametrize(
    "form", ["{code}", "{lower}", " {shown} ", "http://vitrine.test/fr/staff/reservations/{shown}", "{spaced}"]
)
async def test_the_code_is_found_however_it_is_typed_or_scanned(waiting, colleague, form):
    code = waiting.code
    typed = form.format(code=code, lower=code.lower(), shown=show_code(code), spaced=" ".join(code))
    page = text_of((await (await colleague("ines")).get(DESK, params={"code": typed})).text)
    assert "Léa Martin" in page
    assert "R-12" in page
    assert "Lampe Oscar" in page or "Oscar lamp" in page


async def test_what_is_taken_leaves_the_books_and_what_is_left_goes_back(waiting, world, colleague, database):
    ines = await colleague("ines")
    done = await give(ines, waiting, 1, 1)
    assert done.status_code == 303
    page = text_of((await ines.get(done.headers["location"])).text)
    assert "Handed over at noon by Inès" in page
    assert "1 taken of 2" in page
    lamp, shade = await stock_of(database, world, world.lamp), await stock_of(database, world, world.shade)
    assert (lamp.book, lamp.reserved, shade.book, shade.reserved) == (4, 0, 1, 0)
    async with database.work(readonly=True) as session:
        [back] = await tasks.open_in(session, frozenset([world.rivoli.id]), tasks.Kind.PUT_BACK)
    assert back.quantity == 1


async def test_the_same_bag_is_given_once_and_the_second_desk_is_told_when_and_by_whom(waiting, colleague, clock):
    ines, helene = await colleague("ines"), await colleague("helene")
    answers = await asyncio.gather(give(ines, waiting, 2, 1), give(helene, waiting, 2, 1))
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    first = "Inès" if answers[0].status_code == 303 else "Hélène"
    refused = text_of(next(answer for answer in answers if answer.status_code == 409).text)
    assert f"Handed over at noon by {first}" in refused
    clock.forward(days=1)
    later = text_of((await (await colleague("ines")).get(DESK, params={"code": waiting.code})).text)
    assert f"yesterday at noon by {first}" in later


async def test_another_stores_code_is_said_to_be_another_stores_and_nothing_more(waiting, colleague, database):
    marc = await colleague("marc")
    answer = await marc.get(DESK, params={"code": waiting.code})
    page = text_of(answer.text)
    assert answer.status_code == 404
    assert "kept by another store: Aurore Rivoli" in page
    for secret in ("Martin", "Léa", "R-12", "Lampe", "lamp"):
        assert secret not in page
    assert (await give(marc, waiting, 2, 1)).status_code == 404
    assert (await now_of(database, waiting)).status == "ready"


async def test_an_unknown_code_and_what_is_no_code_are_told_apart(colleague):
    ines = await colleague("ines")
    unknown = await ines.get(DESK, params={"code": "0000-0000"})
    assert unknown.status_code == 404
    assert "No reservation has the code 0000-0000" in text_of(unknown.text)
    for typed in ("hello", "K7QM", "http://evil.example/reservations/", "\0", "🏮" * 50):
        answer = await ines.get(DESK, params={"code": typed})
        assert answer.status_code == 422
        assert "This is not a code" in text_of(answer.text)


async def test_a_cancelled_one_is_said_to_be_cancelled_and_is_not_given(waiting, colleague, database, clock):
    async with database.work() as session:
        await asking.cancel(session, await questions.get(session, waiting.id), now=clock())
    ines = await colleague("ines")
    page = (await ines.get(DESK, params={"code": waiting.code})).text
    assert "Cancelled." in text_of(page)
    assert "/collect" not in page
    assert (await give(ines, waiting, 2, 1)).status_code == 409
    assert (await give(ines, waiting, 2, 1, stands="cancelled")).status_code == 409


async def expired(database, one, clock):
    clock.to((await now_of(database, one)).hold_until)
    clock.forward(minutes=1)
    async with database.work() as session:
        await timers.settle(session, one.id, now=clock())


async def test_expired_but_still_here_is_given_all_the_same_with_a_reason(waiting, world, colleague, database, clock):
    await expired(database, waiting, clock)
    ines = await colleague("ines")
    page = text_of((await ines.get(DESK, params={"code": waiting.code})).text)
    assert "The hold has ended." in page
    assert "Hand over all the same" in page
    without = await give(ines, waiting, 2, 1, stands="expired")
    assert without.status_code == 422
    assert (await now_of(database, waiting)).status == "expired"
    assert (await give(ines, waiting, 2, 1, stands="expired", reason="came a little late")).status_code == 303
    after = await now_of(database, waiting)
    assert [line.bought for line in after.lines] == [2, 1]
    lamp = await stock_of(database, world, world.lamp)
    assert (lamp.book, lamp.reserved) == (3, 0)
    async with database.work(readonly=True) as session:
        assert not await tasks.open_in(session, frozenset([world.rivoli.id]), tasks.Kind.PUT_BACK)
    history = text_of((await ines.get(f"/en/staff/reservations/{show_code(waiting.code)}")).text)
    assert "Held again at the desk: came a little late" in history


async def test_what_was_promised_to_someone_else_meanwhile_is_not_given(waiting, world, colleague, database, clock):
    await expired(database, waiting, clock)
    async with database.work() as session:
        await reserved(session, world, now=clock(), lines=[(world.shade, 2)], customer=lea(email="hugo@exemple.fr"))
    ines = await colleague("ines")
    answer = await give(ines, waiting, 2, 1, stands="expired", reason="late")
    assert answer.status_code == 409
    assert (await now_of(database, waiting)).status == "expired"
    assert (await stock_of(database, world, world.lamp)).reserved == 0


@pytest.mark.parametrize("units", ["3", "-1", "x", "1.5", "9999999999"])
async def test_no_more_is_given_than_is_in_the_bag(waiting, colleague, database, units):
    ines = await colleague("ines")
    assert (await give(ines, waiting, units, 1)).status_code == 422
    assert (await now_of(database, waiting)).status == "ready"


async def test_a_manager_undoes_it_within_a_quarter_of_an_hour_and_an_advisor_does_not(
    waiting, world, colleague, database, clock
):
    ines, helene = await colleague("ines"), await colleague("helene")
    await give(ines, waiting, 2, 1)
    undo = f"/en/staff/reservations/{show_code(waiting.code)}/undo"
    assert "/undo" not in (await ines.get(DESK, params={"code": waiting.code})).text
    assert (await ines.post(undo)).status_code == 403
    assert "/undo" in (await helene.get(DESK, params={"code": waiting.code})).text
    assert (await helene.post(undo)).status_code == 303
    assert (await now_of(database, waiting)).status == "ready"
    assert (await stock_of(database, world, world.lamp)).reserved == 2
    await give(ines, waiting, 2, 1)
    clock.forward(minutes=16)
    assert "/undo" not in (await helene.get(DESK, params={"code": waiting.code})).text
    assert (await helene.post(undo)).status_code == 409


async def test_the_desk_lists_what_waits_by_first_name_and_initial(waiting, colleague):
    page = text_of((await (await colleague("ines")).get(DESK)).text)
    assert "Léa M." in page
    assert "R-12" in page
    assert "Martin" not in page


async def test_who_comes_before_it_was_answered_is_sent_to_the_reservation(world, colleague, database, clock):
    async with database.work() as session:
        one = await reserved(session, world, now=clock())
    ines = await colleague("ines")
    page = (await ines.get(DESK, params={"code": one.code})).text
    assert "Nobody has answered this request yet" in text_of(page)
    assert "/collect" not in page
    assert (await give(ines, one, 1, stands="requested")).status_code == 409
