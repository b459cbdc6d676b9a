"""X7: Paul and Solène look at the whole house, Hélène at Rivoli; each figure says what it means and over what."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from factories import lea, reserved
from reading import text_of
from sqlalchemy import update

from booking.messages import Message, State
from booking.reconciliation import Report
from booking.reservations import answering, questions, timers
from kit.codes import show_code
from stores.stock import StoreStock

PAGE = "/en/merch"
MINUTES = timedelta(minutes=1)


@pytest.fixture
async def helene(colleague):
    return await colleague("helene")


@pytest.fixture
async def paul(colleague):
    return await colleague("paul")


@pytest.fixture
async def history(database, world, clock):
    """Three requests at Rivoli, one at Kléber: two answered after 10 minutes, one after 90, one never."""
    async with database.work() as session:
        await session.execute(update(StoreStock).values(book=20))
        for n, (shop, minutes) in enumerate(
            ((world.rivoli, 10), (world.rivoli, 90), (world.rivoli, None), (world.kleber, 10))
        ):
            customer = lea(email=f"{n}@exemple.fr")
            one = await reserved(session, world, now=clock(), store=shop, customer=customer)
            if minutes is None:
                await timers.settle(session, one.id, now=clock() + 121 * MINUTES)
            else:
                await answering.answer(session, one, {}, by="Inès", now=clock() + minutes * MINUTES)
    clock.forward(hours=4)


def figure(page: str, key: str) -> str:
    """What stands in one figure, its meaning included."""
    return text_of(re.search(rf'<li class="figure" id="figure-{key}">(.*?)</li>', page, re.DOTALL)[1])


async def test_five_figures_stand_on_top_each_with_what_it_means_one_click_away(helene, history):
    page = (await helene.get(PAGE)).text
    top = page.split('<ul class="five"')[1].split("</ul>")[0]
    assert re.findall(r"<h3>(.*?)</h3>", top) == [
        "Requests", "Answered in time", "Collected", "Appointments", "Not collected",
    ]  # fmt: skip
    assert top.count("<details><summary>") == 5
    assert figure(page, "requests").startswith("Requests 3 1 was never answered")
    assert figure(page, "in-time").startswith("Answered in time 33% 1 of 3")
    assert "from the first hold that ends" in figure(page, "collected")


async def test_the_others_stand_below_each_with_its_meaning(helene, history):
    page = (await helene.get(PAGE)).text
    assert page.count('<li class="figure"') == page.count("What it means") == 20
    assert "50 minutes" in figure(page, "confirmation")  # between 10 and 90
    assert "1 never answered, counted as late" in figure(page, "confirmation")
    assert figure(page, "acceptance").startswith("Articles found 100% 2 of 2")


async def test_a_manager_sees_her_store_and_head_office_all_or_one(helene, paul, history):
    assert figure((await helene.get(PAGE)).text, "requests").startswith("Requests 3")
    assert figure((await paul.get(PAGE)).text, "requests").startswith("Requests 4")
    assert figure((await paul.get(PAGE, params={"store": "kleber"})).text, "requests").startswith("Requests 1")
    assert (await helene.get(PAGE, params={"store": "kleber"})).status_code == 404
    await paul.post("/en/staff/store", data={"store": "kleber"})
    assert figure((await paul.get(PAGE)).text, "requests").startswith("Requests 1")


async def test_an_advisor_has_no_figures(colleague):
    assert (await (await colleague("ines")).get(PAGE)).status_code == 403


async def test_a_period_is_chosen_and_compared_with_the_one_before_in_words(colleague, history, clock):
    clock.forward(days=7)
    helene = await colleague("helene")
    page = (await helene.get(PAGE, params={"days": "7"})).text
    assert "less than before: 3" in figure(page, "requests")
    assert "nothing to count yet" in figure(page, "acceptance") or "from" in figure(page, "in-time")
    page = (await helene.get(PAGE, params={"from": "2026-11-24", "to": "2026-11-24"})).text
    assert figure(page, "requests").startswith("Requests 3")
    assert "more than before: 0" in figure(page, "requests")
    page = (await helene.get(PAGE, params={"from": "2026-11-25", "to": "2026-11-26"})).text
    assert figure(page, "requests").startswith("Requests 0")


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2026-11-26", "2026-11-25", "The last day comes before the first."),
        ("2024-01-01", "2026-11-24", "At most 366 days at a time."),
        ("yesterday", "2026-11-24", "Write both days such as 24/12/2026."),
        ("2026-11-24", "", "Write both days such as 24/12/2026."),
    ],
)
async def test_days_that_cannot_be_are_said(helene, first, last, said):
    answer = await helene.get(PAGE, params={"from": first, "to": last})
    assert answer.status_code == 200
    assert said in text_of(answer.text)


async def test_without_anything_to_count_it_says_from_when_there_will_be(helene, world, database, clock):
    page = (await helene.get(PAGE)).text
    assert "The figures begin with the first request." in text_of(page)
    assert "from the first request on" in figure(page, "in-time")
    async with database.work() as session:
        one = await reserved(session, world, now=clock())
        await answering.make_ready(session, one, by="Inès", now=clock())
    page = (await helene.get(PAGE)).text
    assert "when the next hold ends" in figure(page, "collected")
    assert "26 November" in figure(page, "collected") or "Thursday" in figure(page, "collected")


async def test_charts_have_their_numbers_in_a_table_and_no_script_or_style(helene, history):
    page = (await helene.get(PAGE, params={"days": "7"})).text
    charts = page.split('class="charts"')[1].split("<section")[0]
    assert charts.count("<svg") == charts.count("<table") == 2
    assert charts.count('<rect class="bar"') == 7 + 1  # a week without a deadline has no bar
    assert "<script" not in charts
    assert "style=" not in charts
    days = re.findall(r'<th scope="row">[^<]*</th><td class="n">(\d+)</td></tr>', charts)
    assert days == ["0", "0", "0", "0", "0", "0", "3"]
    assert re.search(r'<td class="n">33</td><td class="n">3</td>', charts)


async def test_long_periods_are_drawn_by_weeks(helene, history):
    charts = (await helene.get(PAGE, params={"days": "90"})).text.split('class="charts"')[1]
    assert "Requests per week" in charts
    assert charts.split("</figure>")[0].count('<rect class="bar"') == 14


async def test_stock_truth_is_told_by_department(paul, history):
    page = text_of((await paul.get(PAGE)).text)
    assert "Lighting 100% 3 lines looked for" in page
    assert "Aurore Rivoli 100% 2 lines looked for" in page


# What is wrong now


async def test_nothing_is_wrong(helene, world):
    assert "Nothing is wrong at present." in text_of((await helene.get(PAGE)).text)


async def test_what_is_wrong_leads_to_the_worst_of_it_for_whoever_may_see_to_it(helene, paul, world, database, clock):
    async with database.work() as session:
        one = await reserved(session, world, now=clock())
        code = show_code((await questions.get(session, one.id)).code)
        await session.execute(update(Message).values(state=State.DEAD))
        await session.execute(update(StoreStock).values(book=0))
        await session.execute(sa.text("update store set stock_authority = 'feed', feed_minutes = 5"))
        found = [
            {"kind": "drift", "store": world.rivoli.id, "variant": world.lamp.id, "row": 5, "movements": 4},
            {"kind": "silent_feed", "store": "kleber"},
            {"kind": "rule", "what": "the holds are the lines"},
        ]
        session.add(Report(day=clock().date(), at=clock(), findings=found))
    page = (await helene.get(PAGE)).text
    wrong = page.split('id="wrong-now"')[1].split("</section>")[0]
    assert f'href="/en/staff/reservations/{code}"' in wrong
    assert f'href="/en/merch/stock/stores/rivoli/variants/{world.lamp.id}"' in wrong
    assert "The tills of Aurore Rivoli have said nothing" in text_of(wrong)
    assert "picture" not in wrong  # not hers to mend
    assert "found one thing" in text_of(wrong)
    assert "kleber" not in wrong.lower()
    wrong = (await paul.get(PAGE)).text.split('id="wrong-now"')[1].split("</section>")[0]
    assert "/staff/reservations/" not in wrong  # head office does not read bookings
    assert "3 articles on the site have no picture" in text_of(wrong)
    assert "view=no-picture" in wrong
    assert "found 3 things" in text_of(wrong)
    assert "the holds are the lines" in text_of(wrong)


async def test_the_whole_page_takes_few_statements(paul, history, database, app):
    seen: list[str] = []
    listen = ("before_cursor_execute", lambda conn, cursor, statement, *rest: seen.append(statement))
    app.state.house.fresh_for = 60
    await paul.get(PAGE)
    sa.event.listen(database.engine.sync_engine, *listen)
    try:
        assert (await paul.get(PAGE, params={"days": "90"})).status_code == 200
    finally:
        sa.event.remove(database.engine.sync_engine, *listen)
    assert 6 <= len(seen) <= 12, seen
