"""X4: Paul looks at the stock of three stores, Inès counts what stands on her floor, and nobody loses a number."""

import csv
import html
import io
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from factories import both, product, put, reserved
from reading import fields, text_of
from sqlalchemy import func, select

from booking.journal import Entry
from kit.codes import show_code
from stores import places
from stores.catalogue import Variant
from stores.stock import StockMovement, StoreStock

GRID = "/fr/merch/stock"


@pytest.fixture
async def paul(colleague):
    return await colleague("paul")


@pytest.fixture
async def ines(colleague):
    return await colleague("ines")


def name(variant, store) -> str:
    return f"c-{variant.id}-{store.id}"


def filled(page: str) -> dict[str, str]:
    """The form of the grid as it stands."""
    form = page[page.index('<form class="stock-form"') :]
    (action,) = re.findall(r'<form class="stock-form"[^>]*action="([^"]*)"', page)
    return {**fields(form, action), "reason": "recount"}


def columns(page: str) -> list[str]:
    head = page.split("<thead>")[1].split("</thead>")[0]
    return [text_of(cell) for cell in re.findall(r'<th scope="col"[^>]*>(.*?)</th>', head)[1:]]


def rows(page: str) -> list[str]:
    return re.findall(r'<span class="sku">([^<]*)</span>', page)


async def cell(database, store, variant) -> StoreStock | None:
    async with database.work(readonly=True) as session:
        return await session.get(StoreStock, (store.id, variant.id))


async def movements(database, store, variant) -> list[StockMovement]:
    async with database.work(readonly=True) as session:
        query = select(StockMovement).where(StockMovement.store_id == store.id, StockMovement.variant_id == variant.id)
        return list(await session.scalars(query.order_by(StockMovement.id)))


# What is seen


async def test_each_cell_says_how_many_are_there_promised_and_left_how_old_that_is_and_how_sure(
    paul, world, database, clock
):
    async with database.work() as session:
        await reserved(session, world, now=clock(), lines=[(world.lamp, 2)])
    page = (await paul.get("/en/merch/stock")).text
    (lamp,) = [line for line in re.findall(r"<tr>.*?</tr>", page, re.DOTALL) if world.lamp.sku in line]
    at_kleber, at_lyon, at_rivoli = re.findall(r'<td class="cell.*?</td>', lamp, re.DOTALL)
    assert f'name="{name(world.lamp, world.rivoli)}" value="5"' in at_rivoli
    assert "2 promised · 3 available" in text_of(at_rivoli)
    assert "1 hour ago" in text_of(at_rivoli)
    assert "sure" in text_of(at_rivoli)
    assert f'name="{name(world.lamp, world.kleber)}" value="1"' in at_kleber
    assert f'name="{name(world.lamp, world.lyon)}" value=""' in at_lyon
    assert "never had it" in text_of(at_lyon)


async def test_ines_sees_her_store_and_paul_all_of_them(ines, paul):
    assert columns((await ines.get(GRID)).text) == ["Aurore Rivoli"]
    assert columns((await paul.get(GRID)).text) == ["Aurore Kleber", "Aurore Lyon", "Aurore Rivoli"]


async def test_ticked_stores_stand_in_the_address_and_the_store_one_looks_at_comes_first(paul):
    page = (await paul.get(GRID, params={"stores": ["lyon", "kleber"]})).text
    assert columns(page) == ["Aurore Lyon", "Aurore Kleber"]
    assert 'name="stores" value="lyon" checked' in page
    assert 'name="stores" value="rivoli">' in page
    assert columns((await paul.get(GRID, params={"first": "rivoli"})).text)[0] == "Aurore Rivoli"
    await paul.post("/fr/staff/store", data={"store": "lyon"})
    assert columns((await paul.get(GRID)).text) == ["Aurore Lyon", "Aurore Kleber", "Aurore Rivoli"]
    sheet = re.search(r'href="([^"]*sheet=safety[^"]*)"', (await paul.get(GRID, params={"stores": ["lyon"]})).text)
    assert "stores=lyon" in html.unescape(sheet[1])


async def test_eight_of_many_stores_are_shown_until_some_are_chosen(paul, database, clock):
    from factories import store

    async with database.work() as session:
        session.add_all([store(f"ville-{n:02}") for n in range(12)])
    assert len(columns((await paul.get(GRID)).text)) == 8


async def test_anothers_store_is_not_there(ines, world):
    assert (await ines.get(GRID, params={"stores": "kleber"})).status_code == 404
    assert (await ines.get(GRID, params={"first": "kleber"})).status_code == 404
    assert (await ines.get(f"{GRID}/stores/kleber/variants/{world.lamp.id}")).status_code == 404
    typed = {"was": f"{world.lamp.id}-{world.kleber.id}=1", name(world.lamp, world.kleber): "9", "reason": "recount"}
    assert (await ines.post(GRID, data=typed)).status_code == 404
    aimed = {"sheet": "count", "was": "1", "count": "9", "reason": "recount"}
    assert (await ines.post(f"{GRID}/stores/kleber/variants/{world.lamp.id}", data=aimed)).status_code == 404


async def test_it_is_found_by_name_sku_barcode_brand_category_and_article(paul, world):
    async def found(**params) -> list[str]:
        return rows((await paul.get(GRID, params=params)).text)

    assert await found() == ["LUM-0001-LAI", "LUM-0013-30", "MEU-0001"]
    assert await found(q="oscar") == ["LUM-0001-LAI"]
    assert await found(q="lum-0013-30") == ["LUM-0013-30"]
    assert await found(q="3 001234 567892") == ["LUM-0001-LAI"]
    assert await found(brand="Maison Lavergne") == await found()
    assert await found(brand="Autre") == []
    assert await found(category=str(world.lighting.id)) == await found()
    assert await found(product="MEU-0001") == ["MEU-0001"]


async def test_the_very_code_that_was_typed_comes_before_its_sisters(paul, world, database, clock):
    async with database.work() as session:
        sizes = [Variant(sku=f"LUM-0500-{n}", options=[], price_minor=900, position=n) for n in range(3)]
        session.add(product(world.lamps, "LUM-0500", both("Douille", "Socket"), *sizes, now=clock()))
    found = rows((await paul.get(GRID, params={"q": "LUM-0500-2"})).text)
    assert found[0] == "LUM-0500-2"


async def test_pages_go_on_and_take_the_same_few_statements(paul, world, database, clock):
    async def statements(**params) -> int:
        seen: list[str] = []
        listen = ("before_cursor_execute", lambda conn, cursor, statement, *rest: seen.append(statement))
        sa.event.listen(database.engine.sync_engine, *listen)
        try:
            assert (await paul.get(GRID, params=params)).status_code == 200
        finally:
            sa.event.remove(database.engine.sync_engine, *listen)
        return len([one for one in seen if "store_stock" in one or " variant" in one or " product" in one])

    few = await statements()
    async with database.work() as session:
        many = [
            product(
                world.lamps, f"ZZZ-{n:03}", both(f"Bougie {n}", f"Candle {n}"),
                Variant(sku=f"ZZZ-{n:03}-1", options=[], price_minor=500), now=clock(),
            )
            for n in range(30)
        ]  # fmt: skip
        session.add_all(many)
        await session.flush()
        for one in many:
            await put(session, world.rivoli, one.variants[0], 3, now=clock())
    assert few == 2
    assert await statements() == 3  # counted too, because the page is not the last
    first = (await paul.get(GRID)).text
    assert len(rows(first)) == 25
    assert "page 1 sur 2" in text_of(first) or "page 1 of 2" in text_of(first)
    assert len(rows((await paul.get(GRID, params={"page": "2"})).text)) == 8
    assert (await paul.get(GRID, params={"page": "3"})).status_code == 404


# Counting


async def test_ines_counts_two_cells_says_why_and_both_are_written_down(ines, world, database, clock):
    form = filled((await ines.get(GRID)).text)
    form |= {name(world.lamp, world.rivoli): "7", name(world.shade, world.rivoli): "1", "note": "derrière la caisse"}
    clock.forward(minutes=3)
    answer = await ines.post(GRID, data=form)
    assert answer.status_code == 303, text_of(answer.text)
    assert (await cell(database, world.rivoli, world.lamp)).book == 7
    assert (await cell(database, world.rivoli, world.shade)).book == 1
    last = (await movements(database, world.rivoli, world.lamp))[-1]
    assert (last.kind, last.book, last.by, last.reason) == ("count", 2, "Inès", "recount: derrière la caisse")
    assert last.occurred_at == clock()
    assert len(await movements(database, world.rivoli, world.sofa)) == 1  # nobody touched it
    async with database.work(readonly=True) as session:
        entries = list(await session.scalars(select(Entry).where(Entry.subject == "stock").order_by(Entry.id)))
    assert [(one.event, one.before, one.after, one.by) for one in entries] == [
        ("counted", "5", "7", "Inès"),
        ("counted", "2", "1", "Inès"),
    ]


async def test_a_count_needs_a_reason_and_another_reason_needs_words(ines, world, database):
    form = filled((await ines.get(GRID)).text) | {name(world.lamp, world.rivoli): "7", "reason": ""}
    answer = await ines.post(GRID, data=form)
    assert answer.status_code == 422
    assert f'name="{name(world.lamp, world.rivoli)}" value="7"' in answer.text
    assert (await ines.post(GRID, data=form | {"reason": "other"})).status_code == 422
    assert (await cell(database, world.rivoli, world.lamp)).book == 5
    assert (await ines.post(GRID, data=form | {"reason": "other", "note": "vol"})).status_code == 303


@pytest.mark.parametrize("typed", ["", "cinq", "-1", "3,5", "12345678901", "5e3"])
async def test_what_nobody_counts_is_refused_beside_its_cell_and_nothing_is_applied(ines, world, database, typed):
    form = filled((await ines.get(GRID)).text)
    form |= {name(world.lamp, world.rivoli): typed, name(world.shade, world.rivoli): "1"}
    answer = await ines.post(GRID, data=form)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert f'name="{name(world.shade, world.rivoli)}" value="1"' in answer.text
    assert (await cell(database, world.rivoli, world.shade)).book == 2


async def test_a_till_that_sold_more_than_there_were_stands_in_nobodys_way(ines, world, database):
    async with database.work() as session:
        where = (StoreStock.store_id == world.rivoli.id) & (StoreStock.variant_id == world.lamp.id)
        await session.execute(sa.update(StoreStock).where(where).values(book=-2))
    form = filled((await ines.get(GRID)).text)
    assert form[name(world.lamp, world.rivoli)] == "-2"
    assert (await ines.post(GRID, data=form | {name(world.shade, world.rivoli): "1"})).status_code == 303
    assert (await cell(database, world.rivoli, world.lamp)).book == -2


async def test_an_unchanged_grid_says_so(ines):
    answer = await ines.post(GRID, data=filled((await ines.get(GRID)).text))
    assert answer.status_code == 422
    assert "error-summary" in answer.text


async def test_fewer_than_are_promised_is_refused_with_the_bookings_and_nothing_else_is_applied(
    ines, paul, world, database, clock
):
    async with database.work() as session:
        one = await reserved(session, world, now=clock(), lines=[(world.lamp, 3)])
    form = filled((await ines.get(GRID)).text)
    form |= {name(world.lamp, world.rivoli): "2", name(world.shade, world.rivoli): "9"}
    answer = await ines.post(GRID, data=form)
    assert answer.status_code == 409
    assert f'/fr/staff/reservations/{show_code(one.code)}"' in answer.text
    assert f'name="{name(world.lamp, world.rivoli)}" value="2"' in answer.text
    assert f'name="{name(world.shade, world.rivoli)}" value="9"' in answer.text
    assert (await cell(database, world.rivoli, world.shade)).book == 2
    assert len(await movements(database, world.rivoli, world.shade)) == 1
    # head office does not read reservations: the code is named, and leads nowhere
    form = filled((await paul.get(GRID)).text) | {name(world.lamp, world.rivoli): "2"}
    answer = await paul.post(GRID, data=form)
    assert answer.status_code == 409
    assert show_code(one.code) in text_of(answer.text)
    assert "/staff/reservations/" not in answer.text
    # three are enough
    assert (await paul.post(GRID, data=form | {name(world.lamp, world.rivoli): "3"})).status_code == 303


async def test_two_who_count_the_same_cell_see_both_numbers_and_decide(ines, paul, world, database):
    hers, his = filled((await ines.get(GRID)).text), filled((await paul.get(GRID)).text)
    assert (await paul.post(GRID, data=his | {name(world.lamp, world.rivoli): "4"})).status_code == 303
    answer = await ines.post(
        GRID, data=hers | {name(world.lamp, world.rivoli): "6", name(world.shade, world.rivoli): "1"}
    )
    assert answer.status_code == 409
    assert "4" in text_of(re.search(rf'id="{name(world.lamp, world.rivoli)}-error">(.*?)</span>', answer.text)[1])
    assert (await cell(database, world.rivoli, world.lamp)).book == 4
    assert (await cell(database, world.rivoli, world.shade)).book == 2
    again = filled(answer.text)
    assert again[name(world.lamp, world.rivoli)] == "6"
    assert (await ines.post(GRID, data=again)).status_code == 303
    assert (await cell(database, world.rivoli, world.lamp)).book == 6
    assert (await cell(database, world.rivoli, world.shade)).book == 1


async def test_what_a_colleague_changed_in_a_cell_that_i_left_alone_stays_hers(ines, paul, world, database):
    his = filled((await paul.get(GRID)).text)
    hers = filled((await ines.get(GRID)).text) | {name(world.lamp, world.rivoli): "4"}
    assert (await ines.post(GRID, data=hers)).status_code == 303
    assert (await paul.post(GRID, data=his | {name(world.shade, world.rivoli): "3"})).status_code == 303
    assert (await cell(database, world.rivoli, world.lamp)).book == 4
    assert (await cell(database, world.rivoli, world.shade)).book == 3


async def test_the_same_form_twice_is_one_count(ines, world, database):
    form = filled((await ines.get(GRID)).text) | {name(world.lamp, world.rivoli): "7"}
    assert (await ines.post(GRID, data=form)).status_code == 303
    assert (await ines.post(GRID, data=form)).status_code == 303
    assert len(await movements(database, world.rivoli, world.lamp)) == 2
    other = form | {name(world.lamp, world.rivoli): "8"}
    assert (await ines.post(GRID, data=other)).status_code == 422
    assert (await cell(database, world.rivoli, world.lamp)).book == 7


async def test_a_first_count_where_the_store_never_had_it_begins_its_history(paul, world, database):
    form = filled((await paul.get(GRID)).text) | {name(world.lamp, world.lyon): "3", "reason": "delivery"}
    assert (await paul.post(GRID, data=form)).status_code == 303
    assert (await cell(database, world.lyon, world.lamp)).book == 3


async def test_where_the_till_counts_the_grid_says_so_and_still_takes_a_count(ines, world, database):
    async with database.work() as session:
        (await places.find(session, "rivoli")).stock_authority = "feed"
    page = (await ines.get("/en/merch/stock")).text
    assert "the till counts" in text_of(page)
    form = filled(page) | {name(world.lamp, world.rivoli): "7"}
    assert (await ines.post("/en/merch/stock", data=form)).status_code == 303
    assert (await cell(database, world.rivoli, world.lamp)).book == 7


# Kept back, on show, the store's own price


async def test_safety_is_set_for_one_cell_or_for_a_whole_row(paul, world, database):
    page = (await paul.get(GRID, params={"sheet": "safety"})).text
    form = filled(page) | {f"row-{world.lamp.id}": "1", name(world.lamp, world.kleber): "0"}
    form[name(world.shade, world.rivoli)] = "2"
    answer = await paul.post(GRID + "?sheet=safety", data=form)
    assert answer.status_code == 303, text_of(answer.text)
    assert (await cell(database, world.rivoli, world.lamp)).safety == 1
    assert (await cell(database, world.kleber, world.lamp)).safety == 1
    assert (await cell(database, world.rivoli, world.shade)).safety == 2
    assert (await cell(database, world.rivoli, world.sofa)).safety == 0
    assert (await cell(database, world.rivoli, world.shade)).available == 0


async def test_one_unit_goes_on_show_and_comes_back(ines, world, database):
    page = (await ines.get(GRID, params={"sheet": "show"})).text
    form = filled(page) | {name(world.lamp, world.rivoli): "1"}
    assert (await ines.post(GRID + "?sheet=show", data=form)).status_code == 303
    lamp = await cell(database, world.rivoli, world.lamp)
    assert (lamp.on_show, lamp.unsellable, lamp.available) == (True, 1, 4)
    form = filled((await ines.get(GRID, params={"sheet": "show"})).text)
    assert form.pop(name(world.lamp, world.rivoli)) == "1"
    assert (await ines.post(GRID + "?sheet=show", data=form)).status_code == 303
    assert (await cell(database, world.rivoli, world.lamp)).unsellable == 0


async def test_paul_gives_a_store_its_own_price_and_ines_does_not(paul, ines, world, database):
    form = filled((await paul.get(GRID, params={"sheet": "price"})).text) | {name(world.lamp, world.kleber): "119,50"}
    assert (await paul.post(GRID + "?sheet=price", data=form)).status_code == 303
    assert (await cell(database, world.kleber, world.lamp)).price_minor == 11950
    page = (await paul.get(GRID, params={"sheet": "price"})).text
    assert f'name="{name(world.lamp, world.kleber)}" value="119,50"' in page
    form = filled(page) | {name(world.lamp, world.kleber): ""}
    assert (await paul.post(GRID + "?sheet=price", data=form)).status_code == 303
    assert (await cell(database, world.kleber, world.lamp)).price_minor is None
    assert "sheet=price" not in (await ines.get(GRID)).text
    aimed = {"sheet": "price", "was": "", "price": "1,00"}
    address = f"{GRID}/stores/rivoli/variants/{world.lamp.id}"
    assert (await ines.post(address, data=aimed)).status_code == 404
    assert (await cell(database, world.rivoli, world.lamp)).price_minor is None


# One cell


async def test_the_history_of_a_cell_adds_up_to_its_row(ines, world, database, clock):
    async with database.work() as session:
        await reserved(session, world, now=clock(), lines=[(world.lamp, 2)])
    clock.forward(hours=1)
    form = filled((await ines.get(GRID)).text) | {name(world.lamp, world.rivoli): "9", "reason": "delivery"}
    await ines.post(GRID, data=form)
    page = (await ines.get(f"/en/merch/stock/stores/rivoli/variants/{world.lamp.id}")).text
    table = page.split('class="dense stacked movements"')[1].split("</table>")[0]
    lines = [text_of(line) for line in re.findall(r"<tr><th scope=\"row\">.*?</tr>", table, re.DOTALL)]
    assert len(lines) == 3
    count, hold, receipt = lines
    assert "today" in count.lower() or "24 November" in count
    assert "1 pm" in count  # the store's clock
    assert "Inès" in count
    assert "Delivery not booked" in count
    assert "+4" in count
    assert "9" in count
    assert "+2" in hold
    assert "+5" in receipt
    row = await cell(database, world.rivoli, world.lamp)
    told = await movements(database, world.rivoli, world.lamp)
    assert (row.book, row.reserved) == (sum(one.book for one in told), sum(one.reserved for one in told)) == (9, 2)
    then = re.findall(r"<strong>(-?\d+)</strong>", table)
    assert then == ["9", "5", "5"]


async def test_a_long_history_goes_on_by_its_key(ines, world, database, clock):
    async with database.work() as session:
        for n in range(60):
            session.add(
                StockMovement(
                    store_id=world.rivoli.id, variant_id=world.lamp.id, kind="count", book=(-1) ** n,
                    source="staff", source_event_id=f"n{n}", by="Inès", occurred_at=clock(),
                )
            )  # fmt: skip
    page = (await ines.get(f"{GRID}/stores/rivoli/variants/{world.lamp.id}")).text
    table = page.split("movements")[1].split("</table>")[0]
    assert re.findall(r"<strong>(-?\d+)</strong>", table)[:3] == ["5", "6", "5"]
    (earlier,) = re.findall(r'href="([^"]*before=[^"#]*)#history"', page)
    page = (await ines.get(html.unescape(earlier))).text
    table = page.split("movements")[1].split("</table>")[0]
    then = re.findall(r"<strong>(-?\d+)</strong>", table)
    assert len(then) == 11  # ten counts and the delivery
    assert then[-1] == "5"


async def test_the_reasons_of_confidence_stand_on_the_page_of_the_cell(ines, world, database, clock):
    page = text_of((await ines.get(f"/en/merch/stock/stores/rivoli/variants/{world.lamp.id}")).text)
    assert "Something is left beyond what is promised." in page
    assert "Somebody had it in her hands less than 30 days ago." in page
    async with database.work() as session:
        await session.execute(sa.update(StoreStock).values(seen_at=clock() - timedelta(days=40)))
    page = text_of((await ines.get(f"/en/merch/stock/stores/rivoli/variants/{world.lamp.id}")).text)
    assert "Nobody has had it in her hands for 30 days." in page


async def test_counting_the_same_number_again_is_worth_knowing(ines, world, database, clock):
    address = f"{GRID}/stores/rivoli/variants/{world.lamp.id}"
    page = (await ines.get(address)).text
    key = re.search(r'name="key" value="([^"]+)"', page)[1]
    form = {"sheet": "count", "was": "5", "count": "5", "reason": "recount", "key": key}
    clock.forward(hours=2)
    assert (await ines.post(address, data=form)).status_code == 303
    row = await cell(database, world.rivoli, world.lamp)
    assert row.counted_at == clock()
    assert len(await movements(database, world.rivoli, world.lamp)) == 2


async def test_one_cell_too_shows_both_numbers_and_the_bookings(ines, world, database, clock):
    async with database.work() as session:
        one = await reserved(session, world, now=clock(), lines=[(world.lamp, 3)])
    address = f"/en/merch/stock/stores/rivoli/variants/{world.lamp.id}"
    assert show_code(one.code) in (await ines.get(address)).text
    form = {"sheet": "count", "was": "4", "count": "6", "reason": "recount"}
    answer = await ines.post(address, data=form)
    assert answer.status_code == 409
    assert "It is 5 now" in text_of(answer.text)
    assert 'name="count" value="6"' in answer.text
    answer = await ines.post(address, data=form | {"was": "5", "count": "2"})
    assert answer.status_code == 409
    assert (await cell(database, world.rivoli, world.lamp)).book == 5


# A file


async def test_what_is_found_leaves_as_a_file_for_the_stores_shown_with_guarded_cells(paul, world, database, clock):
    async with database.work() as session:
        odd = Variant(sku="=1+1", options=[], price_minor=900)
        session.add(product(world.lamps, "LUM-0600", both("Prise", "Plug"), odd, now=clock()))
        await session.flush()
        await put(session, world.kleber, odd, 2, now=clock())
        assert await session.scalar(select(func.count()).select_from(StoreStock)) == 5
    answer = await paul.get(GRID + ".csv", params={"stores": "kleber"})
    assert answer.status_code == 200
    lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(one["store"], one["sku"], one["on_hand"]) for one in lines] == [
        ("kleber", "LUM-0001-LAI", "1"),
        ("kleber", "'=1+1", "2"),
    ]
    assert (await paul.get(GRID + ".csv", params={"q": "oscar", "stores": "rivoli"})).text.count("\r\n") == 2
