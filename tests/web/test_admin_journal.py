"""D6: what happened, for who may read it; nobody changes it, and shoppers stand there by their code."""

import csv
import io
import re
from datetime import timedelta

import pytest
from factories import PASSWORD, reserved
from filling import filled
from reading import text_of
from sqlalchemy import func, select

from booking import journal
from booking.journal import Entry
from booking.reservations import asking
from kit.codes import show_code
from web import admin
from web.admin import log

JOURNAL, EXPORT = "/en/admin/journal", "/en/admin/journal/export"


@pytest.fixture
async def solene(world, colleague):
    return await colleague("solene")


@pytest.fixture
async def helene(world, colleague):
    return await colleague("helene")


@pytest.fixture
async def lea_reserved(world, database, clock):
    async with database.work() as session:
        return await reserved(session, world, now=clock())


async def write(database, clock, *, subject="space", event="changed", number=1, store=None, by="Solène", **over):
    async with database.work() as session:
        store_id = store.id if store else None
        await journal.record(session, subject, number, event, by=by, now=clock(), store_id=store_id, **over)


async def sign_in(client, name: str) -> None:
    """Again, the session having ended."""
    await client.post("/fr/staff/login", data={"email": f"{name}@aurore.example", "password": PASSWORD})


def numbers(page: str) -> list[int]:
    """The lines of the page, from top to bottom."""
    return [int(found) for found in re.findall(r'<tr id="e-(\d+)">', page)]


def rows_of(answer) -> list[dict[str, str]]:
    text = answer.content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter=";" if text.startswith("Quand") else ","))


async def test_an_entry_says_who_what_when_from_where_and_what_became_of_it(
    solene, database, world, clock, lea_reserved
):
    async with database.work() as session:
        session.info["origin"] = "203.0.113.0/24"
        await asking.cancel(session, lea_reserved, by="Inès", reason="sold", now=clock())
    words = text_of((await solene.get(JOURNAL)).text)
    code = show_code(lea_reserved.code)
    assert f"noon Inès Cancelled already sold Reservation · {code} Aurore Rivoli received → became cancelled" in words
    assert "203.0.113.0/24" in words
    assert "Réservation" in (await solene.get("/fr/admin/journal")).text
    assert "Léa" not in words and "Martin" not in words and "exemple.fr" not in words


async def test_an_event_that_nobody_named_is_shown_as_it_is(solene, database, world, clock):
    await write(database, clock, event="levitated", subject="teapot")
    assert "levitated" in (page := text_of((await solene.get(JOURNAL)).text)) and "teapot · 1" in page


async def test_the_hour_is_that_of_the_store(solene, database, world, clock):
    async with database.work() as session:
        lyon = await session.get(type(world.lyon), world.lyon.id)
        lyon.timezone = "Indian/Reunion"
    await write(database, clock, store=world.lyon)
    assert '<time datetime="2026-11-24T15:00:00+04:00">3 pm</time>' in (await solene.get(JOURNAL)).text


async def test_a_manager_reads_her_store_and_an_advisor_nothing(helene, colleague, database, world, clock):
    await write(database, clock, store=world.rivoli, reason="ours")
    await write(database, clock, store=world.kleber, reason="theirs")
    await write(database, clock, subject="account", reason="of the house")
    for query in ("", "?store=kleber", "?q=theirs", "?q=house", "?by=solène", "?subject=account"):
        for path in (JOURNAL, EXPORT):
            page = (await helene.get(path + query)).text
            assert "theirs" not in page.replace('value="theirs"', "").replace("q=theirs", ""), (path, query)
            assert "of the house" not in page, (path, query)
    assert "ours" in (await helene.get(JOURNAL)).text
    for name in ("ines", "paul"):
        assert (await (await colleague(name)).get(JOURNAL)).status_code == 403
        assert (await (await colleague(name)).get(EXPORT)).status_code == 403


async def test_it_is_filtered_by_subject_person_store_days_and_words(solene, database, world, clock, lea_reserved):
    await write(database, clock, store=world.kleber, by="Marc", number=7, before="Éteint", after="Allumé")
    await write(database, clock, event="disabled", subject="account", number=world.accounts["ines"].id)
    clock.forward(days=2)
    await write(database, clock, store=world.rivoli, by="key:Caisses", subject="stock", number=9)
    await sign_in(solene, "solene")

    async def about(**query: str) -> set[str]:
        page = (await solene.get(JOURNAL, params=query)).text
        return {found.strip() for found in re.findall(r'<td data-label="About"><span>(\w+) ·', page)}

    assert await about() - {"Account"} == {"Space", "Stock", "Reservation"}
    assert await about(subject="account") == {"Account"}
    assert await about(by="marc") == {"Space"} and await about(by="the shopper") == {"Reservation"}
    assert await about(by="caisses") == {"Stock"}
    assert await about(store="kleber") == {"Space"}
    assert await about(first="2026-11-25") - {"Account"} == {"Stock"}
    assert await about(last="2026-11-24") == {"Space", "Account", "Reservation"}
    assert await about(q="allume") == {"Space"}
    assert await about(q="Disabled") == {"Account"}
    assert await about(q=show_code(lea_reserved.code)) == {"Reservation"}
    assert await about(q="nothing at all") == set()
    clock.forward(days=100)
    await sign_in(solene, "solene")
    assert await about(q="allume") == set() and await about(q="allume", first="2026-11-01") == {"Space"}


async def test_pages_stay_in_place_while_new_lines_arrive(solene, database, world, clock, monkeypatch):
    monkeypatch.setattr(log, "ON_A_PAGE", 3)
    for number in range(7):
        await write(database, clock, number=number)
    first = (await solene.get(JOURNAL, params={"subject": "space"})).text
    more = re.search(r'href="([^"]+before=\d+)"', first)[1].replace("&amp;", "&")
    for number in range(5):
        await write(database, clock, number=100 + number)
    second = (await solene.get(more)).text
    more = re.search(r'href="([^"]+before=\d+)"', second)[1].replace("&amp;", "&")
    third = (await solene.get(more)).text
    seen = [*numbers(first), *numbers(second), *numbers(third)]
    assert seen == sorted(seen, reverse=True) and len(set(seen)) == 7
    assert "before=" not in third.partition("<main")[2].replace("Back to the newest", "")


async def test_the_export_has_every_line_and_no_formula(solene, database, world, clock, monkeypatch):
    monkeypatch.setattr(log, "IN_A_PIECE", 2)
    for number in range(5):
        await write(database, clock, number=number, reason="=1+1" if number else '@"quoted", said\nshe')
    answer = await solene.get(EXPORT, params={"subject": "space"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert (
        answer.headers["content-disposition"].startswith("attachment") and answer.headers["cache-control"] == "no-store"
    )
    rows = rows_of(answer)
    assert [row["Which one"] for row in rows] == ["4", "3", "2", "1", "0"]
    assert [row["Why"] for row in rows] == ["'=1+1"] * 4 + ['\'@"quoted", said\nshe']
    french = rows_of(await solene.get("/fr/admin/journal/export", params={"subject": "space"}))
    assert len(french) == 5


async def test_every_field_that_changed_is_a_row_of_its_own(solene, database, world, clock):
    await write(
        database, clock, subject="store", number=world.rivoli.id, store=world.rivoli,
        detail={"changes": {"city": ["Paris", "Lutèce"], "auto_confirm": ["", "1"]}},
    )  # fmt: skip
    assert "Town Paris → became Lutèce Confirms by itself no → became yes" in text_of((await solene.get(JOURNAL)).text)
    rows = rows_of(await solene.get(EXPORT, params={"subject": "store"}))
    assert [(row["What"], row["Before"], row["After"]) for row in rows] == [
        ("Changed: Town", "Paris", "Lutèce"), ("Changed: Confirms by itself", "no", "yes"),
    ]  # fmt: skip


async def test_nothing_here_changes_the_journal(solene, database, world, clock):
    await write(database, clock)
    assert {method for (method, path) in admin.ALLOWED if "/journal" in path} == {"GET"}
    async with database.work(readonly=True) as session:
        before = await session.scalar(select(func.count()).select_from(Entry))
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert (await solene.request(method, JOURNAL)).status_code == 405
    await solene.get(EXPORT)
    async with database.work(readonly=True) as session:
        assert await session.scalar(select(func.count()).select_from(Entry)) == before


async def test_an_odd_query_is_answered(solene, world):
    for query in (
        "before=x",
        "before=-1",
        "before=99999999999999999999",
        "first=yesterday&last=0",
        "q=%00%27%25_",
        "store=9",
    ):
        assert (await solene.get(f"{JOURNAL}?{query}")).status_code == 200, query
    assert timedelta(days=90) < log.SEARCHED


async def test_an_article_says_each_field_that_changed(solene, colleague, database, world):
    paul = await colleague("paul")
    form = filled((await paul.get("/en/merch/articles/LUM-0001")).text, "article")
    key = form["variants"].split()[0]
    form |= {"brand": "Lumo", f"{key}-price": "12.50", "state": "withdrawn"}
    sent = await paul.post("/en/merch/articles/LUM-0001", data=form)
    assert sent.status_code == 303
    words = text_of((await solene.get(JOURNAL, params={"subject": "product"})).text)
    assert "Brand" in words and "became Lumo" in words and "Price" in words and "became 12.50" in words
    assert "published → became withdrawn" in words
