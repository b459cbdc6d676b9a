"""Collections: Paul puts one together by hand or by a rule, publishes it, and Léa sees it where it belongs."""

import io
import re
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from factories import both, product
from PIL import Image
from sqlalchemy import event, select

from booking.journal import Entry
from stores.attributes import Attribute
from stores.catalogue import Variant
from stores.collections import Collection

NEW = "/en/merch/collections/new"
SOIR = {
    "title_fr": "Le soir", "title_en": "The evening", "intro_fr": "Trois lampes.", "intro_en": "Three lamps.",
    "how": "hand", "refs": "LUM-0013\nLUM-0001-LAI",
}  # fmt: skip


@pytest.fixture
async def paul(colleague):
    return await colleague("paul")


async def only(database) -> Collection:
    async with database.work(readonly=True) as session:
        return (await session.scalars(select(Collection))).one()


async def events(database) -> list[str]:
    query = select(Entry.event).where(Entry.subject == "collection").order_by(Entry.id)
    async with database.work(readonly=True) as session:
        return list(await session.scalars(query))


def field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*? value="([^"]*)"', page)
    assert found, name
    return found[1]


def typed(page: str) -> dict[str, str]:
    """What stands in the form, as a browser would send it back."""
    form = page.partition('<form class="set-up collection-form"')[2].partition("</form>")[0]
    values = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name = re.search(r'name="([^"]+)"', tag)[1]
        if "checked" in tag or not re.search(r'type="(radio|checkbox)"', tag):
            values[name] = re.search(r' value="([^"]*)"', tag)[1]
    for name, text in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>([^<]*)', form):
        values[name] = text
    return values


async def put(client, **over) -> int:
    """A published collection of two articles; returns its id."""
    answer = await client.post(NEW, data={**SOIR, "do": "publish", **over})
    assert answer.status_code == 303, answer.text
    return int(re.search(r"collections/(\d+)", answer.headers["location"])[1])


async def test_paul_puts_a_collection_together_and_lea_sees_it(world, paul, lea, database):
    assert "There is none yet" in (await paul.get("/en/merch/collections")).text
    key = await put(paul, do="save")
    assert (await lea.get("/fr/collections/le-soir")).status_code == 404
    page = (await paul.get(f"/en/merch/collections/{key}")).text
    assert "preview=1" in page and 'value="publish"' in page
    saved = await paul.post(f"/en/merch/collections/{key}", data={**typed(page), "do": "publish"})
    assert saved.status_code == 303
    shown = await lea.get("/fr/collections/le-soir")
    assert shown.status_code == 200
    text = shown.text
    assert "Le soir" in text and "Trois lampes." in text
    assert text.index("Abat-jour lin") < text.index("Lampe Oscar")
    assert '<link rel="canonical" href="http://vitrine.test/fr/collections/le-soir">' in text
    assert 'hreflang="en" href="http://vitrine.test/en/collections/the-evening"' in text
    assert "BreadcrumbList" in text
    english = (await lea.get("/en/collections/the-evening")).text
    assert "The evening" in english and "Oscar lamp" in english
    assert (await lea.get("/en/collections/le-soir?store=rivoli")).headers["location"] == (
        "/en/collections/the-evening?store=rivoli"
    )
    assert "Le soir" in (await paul.get("/fr/merch/collections")).text
    assert await events(database) == ["added", "published"]


async def test_only_those_who_make_it_see_a_preview(world, paul, lea, colleague):
    await put(paul, do="save")
    preview = await paul.get("/fr/collections/le-soir?preview=1")
    assert preview.status_code == 200
    assert 'name="robots" content="noindex"' in preview.text
    ines = await colleague("ines")
    for client in (lea, ines):
        assert (await client.get("/fr/collections/le-soir?preview=1")).status_code == 404


async def test_its_dates_decide_by_the_clock_of_the_main_store(world, paul, lea, database, clock):
    await put(paul, starts_day="2026-11-26", starts_time="9:00", ends_day="2026-11-30")
    made = await only(database)
    assert made.starts_at == datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
    assert made.ends_at == datetime(2026, 11, 30, 23, 0, tzinfo=UTC)
    assert "shown from" in (await paul.get("/en/merch/collections")).text
    assert (await lea.get("/fr/collections/le-soir")).status_code == 404
    clock.to(made.starts_at)
    assert (await lea.get("/fr/collections/le-soir")).status_code == 200
    clock.to(made.ends_at)
    assert (await lea.get("/fr/collections/le-soir")).status_code == 410


async def test_an_old_address_leads_to_the_new_one(world, paul, lea):
    key = await put(paul)
    form = typed((await paul.get(f"/en/merch/collections/{key}")).text)
    await paul.post(f"/en/merch/collections/{key}", data={**form, "slug_fr": "Une soirée"})
    moved = await lea.get("/fr/collections/le-soir?page=1")
    assert (moved.status_code, moved.headers["location"]) == (301, "/fr/collections/une-soiree?page=1")
    assert (await lea.get("/fr/collections/une-soiree")).status_code == 200
    form = typed((await paul.get(f"/en/merch/collections/{key}")).text)
    await paul.post(f"/en/merch/collections/{key}", data={**form, "do": "withdraw"})
    assert (await lea.get("/fr/collections/le-soir")).status_code == 404


async def test_the_order_is_that_of_the_numbers_and_rows_can_be_taken_out(world, paul, lea, database):
    key = await put(paul)
    form = typed((await paul.get(f"/en/merch/collections/{key}")).text)
    assert (form["place-LUM-0013"], form["place-LUM-0001"]) == ("10", "20")
    await paul.post(f"/en/merch/collections/{key}", data={**form, "place-LUM-0013": "25"})
    page = (await lea.get("/en/collections/the-evening")).text
    assert page.index("Oscar lamp") < page.index("Linen shade")
    form = typed((await paul.get(f"/en/merch/collections/{key}")).text)
    await paul.post(f"/en/merch/collections/{key}", data={**form, "drop-LUM-0013": "1", "refs": "meu-0001"})
    page = (await lea.get("/en/collections/the-evening")).text
    assert "Linen shade" not in page and "Berthe sofa" in page
    assert await events(database) == ["added", "changed", "changed"]


async def test_looking_for_articles_saves_nothing_and_loses_nothing(world, paul, database):
    look = {**SOIR, "title_fr": "Pas encore", "article_words": "canapé", "look": "articles"}
    page = await paul.post(NEW, data=look)
    assert page.status_code == 200
    assert 'name="add-MEU-0001"' in page.text and "Pas encore" in page.text
    form = typed(page.text)
    assert form["items"] == "LUM-0013 LUM-0001"
    async with database.work(readonly=True) as session:
        assert not list(await session.scalars(select(Collection)))
    await paul.post(NEW, data={**form, "add-MEU-0001": "1", "do": "publish"})
    async with database.work(readonly=True) as session:
        made = (await session.scalars(select(Collection))).one()
    page = (await paul.get(f"/en/merch/collections/{made.id}")).text
    assert typed(page)["items"] == "LUM-0013 LUM-0001 MEU-0001"


async def test_a_rule_is_kept_and_said_as_a_sentence(world, paul, lea, database):
    async with database.work() as session:
        session.add(
            Attribute(
                code="material", kind="choice", label=both("Matière", "Material"),
                choices=[{"code": "brass", "label": {"fr": "laiton", "en": "brass"}},
                         {"code": "oak", "label": {"fr": "chêne", "en": "oak"}}],
            )
        )  # fmt: skip
    lamps = world.lamps.id
    rule = {
        "how": "rule", f"category-{lamps}": "1", "brands": "Maison Lavergne", "low": "35", "high": "129,00",
        "new_days": "30", "words": "table", "attribute-material-brass": "1", "attribute-material-oak": "1",
    }  # fmt: skip
    key = await put(paul, **rule)
    assert (await only(database)).rule == {
        "categories": [lamps], "brands": ["Maison Lavergne"], "attributes": {"material": ["brass", "oak"]},
        "low": 3500, "high": 12900, "new_days": 30, "words": "table",
    }  # fmt: skip
    sentence = (
        "Table lamps; brand: Maison Lavergne; Material: brass or oak; €35.00 to €129.00; "
        "shown for less than 30 days; with the words “table”"
    )
    assert sentence in (await paul.get("/en/merch/collections")).text
    page = (await paul.get(f"/en/merch/collections/{key}")).text
    assert sentence in page
    form = typed(page)
    assert form[f"category-{lamps}"] == form["attribute-material-oak"] == "1" and form["low"] == "35"
    assert "There is nothing here for now." in (await lea.get("/en/collections/the-evening")).text
    kept = {name: value for name, value in form.items() if not name.startswith("attribute-")}
    await paul.post(f"/en/merch/collections/{key}", data=kept)
    text = (await lea.get("/en/collections/the-evening")).text
    assert "Oscar lamp" in text and "Linen shade" in text and "Berthe sofa" not in text


@pytest.mark.parametrize(
    ("over", "name", "words"),
    [
        ({"title_en": ""}, "title_en", "write it in both languages"),
        ({"refs": ""}, "refs", "Choose at least one article"),
        ({"refs": "LUM-0001 NOPE-9"}, "refs", "No article is called NOPE-9."),
        ({"how": "rule"}, "words", "Say at least one thing"),
        ({"how": "rule", "brands": "Nobody"}, "brands", "No article is of the brand Nobody."),
        ({"how": "rule", "low": "cheap"}, "low", "Write a price"),
        ({"how": "rule", "low": "30", "high": "20"}, "high", "below the lowest"),
        ({"how": "rule", "new_days": "0"}, "new_days", "1 to 999"),
        ({"starts_day": "2026-12-02", "ends_day": "2026-12-01"}, "ends_day", "It would end before it begins."),
        ({"starts_time": "9:00"}, "starts_day", "write a day"),
        ({"slug_fr": "!!!"}, "slug_fr", "letters and figures"),
        ({"medium": "999999"}, "medium", "no longer in the library"),
    ],
)
async def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(world, paul, database, over, name, words):
    answer = await paul.post(NEW, data={**SOIR, "do": "publish", **over})
    assert answer.status_code == 422
    assert words in answer.text
    assert f'id="{name}-error"' in answer.text and f'href="#{name}"' in answer.text
    assert "Le soir" in answer.text
    async with database.work(readonly=True) as session:
        assert not list(await session.scalars(select(Collection)))


async def test_an_address_that_is_taken_is_said_beside_it(world, paul):
    await put(paul)
    answer = await paul.post(NEW, data={**SOIR, "do": "publish"})
    assert answer.status_code == 422
    assert answer.text.count("Another collection has this address.") >= 2
    other = await put(paul, slug_fr="autre", slug_en="other")
    form = typed((await paul.get(f"/en/merch/collections/{other}")).text)
    answer = await paul.post(f"/en/merch/collections/{other}", data={**form, "slug_fr": "le-soir", "intro_fr": "Gardé"})
    assert answer.status_code == 422
    assert "Gardé" in answer.text


async def test_the_same_form_sent_twice_is_one_collection(world, paul, database):
    form = {**SOIR, "do": "publish", "key": field((await paul.get(NEW)).text, "key")}
    first, second = [await paul.post(NEW, data=form) for _ in range(2)]
    assert first.headers["location"] == second.headers["location"]
    await only(database)


async def test_a_refused_publication_leaves_a_draft_that_says_so(world, paul, database):
    refused = await paul.post(NEW, data={**SOIR, "title_en": "", "do": "publish"})
    assert refused.status_code == 422
    form = typed(refused.text)
    assert form["state"] == "draft" and "Save the draft" in refused.text and "Make it a draft" not in refused.text
    assert (await paul.post(NEW, data={**form, "title_en": "The evening", "do": "save"})).status_code == 303
    assert (await only(database)).state == "draft"


async def test_two_people_who_change_it_lose_nothing(world, paul, colleague, database):
    key = await put(paul)
    address = f"/en/merch/collections/{key}"
    solene = await colleague("solene")
    his, hers = typed((await paul.get(address)).text), typed((await solene.get(address)).text)
    assert (
        await solene.post(address, data={**hers, "intro_fr": "Deux lampes.", "refs": "MEU-0001"})
    ).status_code == 303
    conflict = await paul.post(address, data={**his, "title_fr": "La nuit"})
    assert conflict.status_code == 409
    assert "Deux lampes." in conflict.text and "La nuit" in conflict.text
    again = await paul.post(address, data=typed(conflict.text))
    assert again.status_code == 303
    made = await only(database)
    assert (made.title["fr"], made.intro["fr"]) == ("La nuit", "Deux lampes.")
    assert typed((await paul.get(address)).text)["items"] == "LUM-0013 LUM-0001 MEU-0001"


async def test_a_store_that_could_show_too_few_is_named(world, paul, database, clock):
    key = await put(paul)
    page = (await paul.get(f"/en/merch/collections/{key}")).text
    assert "3 stores could show fewer than four of its articles" in page
    assert "Aurore Lyon (0), Aurore Kleber (1), Aurore Rivoli (2)" in page


async def test_the_home_page_shows_six_of_it_and_closes_without_it(world, paul, lea, database, clock):
    async with database.work() as session:
        for number in range(7):
            variant = Variant(sku=f"LUM-05{number}", options=[], price_minor=900)
            name = both(f"Bougie {number}", f"Candle {number}")
            session.add(product(world.lamps, f"LUM-05{number}", name, variant, now=clock() - timedelta(days=99)))
    refs = "\n".join(f"LUM-05{number}" for number in range(7))
    assert "Le soir" not in (await lea.get("/fr/")).text
    key = await put(paul, refs=refs, on_home="1")
    home = (await lea.get("/fr/")).text
    moment = home.partition('aria-labelledby="moment-title"')[2].partition("</section>")[0]
    assert "Le soir" in moment and "/fr/collections/le-soir" in moment
    assert [f"Bougie {number}" in moment for number in range(7)] == [True] * 6 + [False]
    form = typed((await paul.get(f"/en/merch/collections/{key}")).text)
    await paul.post(f"/en/merch/collections/{key}", data={**form, "do": "withdraw"})
    home = (await lea.get("/fr/")).text
    assert "Le soir" not in home and 'aria-labelledby="moment-title"' in home


async def test_a_collection_shows_an_image_of_the_library(world, paul, lea, database):
    out = io.BytesIO()
    Image.new("RGB", (900, 1200), (90, 80, 70)).save(out, "JPEG")
    sent = await paul.post("/en/merch/media", files=[("files", ("a.jpg", out.getvalue(), "image/jpeg"))])
    medium = int(re.search(r"media/(\d+)", sent.headers["location"])[1])
    await put(paul, medium=str(medium))
    page = (await lea.get("/fr/collections/le-soir")).text
    assert re.search(r"/media/m/[0-9a-f]+-900\.webp", page)
    image = (await paul.get(f"/en/merch/media/{medium}")).text
    assert "/en/merch/collections/" in image and "The evening" in image
    assert (await paul.post(f"/en/merch/media/{medium}/removal")).status_code == 409


async def test_only_a_draft_can_be_deleted(world, paul, lea, database):
    key = await put(paul)
    assert (await paul.post(f"/en/merch/collections/{key}/removal")).status_code == 409
    form = typed((await paul.get(f"/en/merch/collections/{key}")).text)
    await paul.post(f"/en/merch/collections/{key}", data={**form, "do": "withdraw"})
    assert (await paul.post(f"/en/merch/collections/{key}/removal")).status_code == 303
    assert (await paul.get(f"/en/merch/collections/{key}")).status_code == 404
    assert await events(database) == ["added", "withdrawn", "removed"]


async def test_what_is_written_in_it_is_text(world, paul, lea):
    bad = '"><script>alert(1)</script><b hx-get=/x>'
    key = await put(paul, title_fr=bad, title_en=bad, intro_fr=bad, slug_fr="x", slug_en="x")
    for client, path in (
        (paul, "/en/merch/collections"), (paul, f"/en/merch/collections/{key}"), (lea, "/fr/collections/x"),
    ):  # fmt: skip
        text = (await client.get(path)).text
        assert "<script>alert" not in text and "<b hx-get" not in text


async def test_pages_follow_and_end(world, paul, lea, database, clock):
    async with database.work() as session:
        for number in range(30):
            variant = Variant(sku=f"LUM-06{number:02}", options=[], price_minor=900)
            name = both(f"Bougie {number}", f"Candle {number}")
            session.add(product(world.lighting, f"LUM-06{number:02}", name, variant, now=clock()))
    await put(paul, how="rule", **{f"category-{world.lighting.id}": "1"})
    first = (await lea.get("/fr/collections/le-soir")).text
    assert 'href="/fr/collections/le-soir?page=2"' in first
    second = (await lea.get("/fr/collections/le-soir?page=2")).text
    assert '<link rel="canonical" href="http://vitrine.test/fr/collections/le-soir?page=2">' in second
    assert second.count('<article class="card">') == 9
    assert (await lea.get("/fr/collections/le-soir?page=3")).status_code == 404


@contextmanager
def counted(database):
    """Collects the statements that are sent meanwhile."""
    sent: list[str] = []

    def note(connection, cursor, statement, *_: object) -> None:
        sent.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)


@pytest.mark.parametrize("how", ["hand", "rule"])
async def test_its_page_is_at_most_four_statements(world, paul, lea, app, database, how):
    await put(paul, how=how, **{f"category-{world.lighting.id}": "1"})
    app.state.house.fresh_for = 60
    await lea.get("/fr/")
    with counted(database) as sent:
        assert (await lea.get("/fr/collections/le-soir")).status_code == 200
    assert len(sent) <= 4, sent


async def test_ines_has_no_business_here(world, colleague):
    ines = await colleague("ines")
    for path in ("/fr/merch/collections", "/fr/merch/collections/new"):
        assert (await ines.get(path)).status_code == 403
    assert (await ines.post("/fr/merch/collections/new", data=SOIR)).status_code == 403
    assert (await ines.post("/fr/merch/collections/1/removal")).status_code == 403
