"""The questions of the merchandiser's list."""

from datetime import timedelta

import pytest
from factories import both, build, product
from sqlalchemy import select

from kit.languages import Translated
from stores import listing
from stores.catalogue import Product, Variant
from stores.listing import Sort, View, Wish
from stores.stock import StoreStock


@pytest.fixture
async def world(session, clock):
    return await build(session, now=clock(), staffed=False)


async def refs(session, wish: Wish, *, sort: Sort = Sort.NAME, language: str = "fr", limit: int = 50) -> list[str]:
    found = await listing.page(session, wish, sort=sort, language=language, limit=limit, offset=0)
    return [line.ref for line in found.lines]


async def article(session, ref: str) -> Product:
    return await session.scalar(select(Product).where(Product.ref == ref))


async def test_every_word_that_is_typed_counts_in_one_language(session, world):
    assert await refs(session, Wish(words="lampe oscar")) == ["LUM-0001"]
    assert await refs(session, Wish(words="oscar lamp")) == ["LUM-0001"]
    assert await refs(session, Wish(words="lampe berthe")) == []
    assert await refs(session, Wish(words="canapes")) == ["MEU-0001"]
    assert await refs(session, Wish(words="de")) == []
    assert await refs(session, Wish(words="le canapé")) == ["MEU-0001"]


@pytest.mark.parametrize("words", ["' or 1=1 --", ":*&|!", "\\", "%_", "(", "lampe:*", "''", "\u0000"[:0]])
async def test_signs_mean_nothing(session, world, words):
    assert len(await refs(session, Wish(words=words))) in (0, 1, 3)


async def test_the_beginning_of_a_code_finds_its_article_and_a_star_does_not(session, world):
    assert await refs(session, Wish(words="LUM-00")) == ["LUM-0013", "LUM-0001"]
    assert await refs(session, Wish(words="LUM_00")) == []
    assert await refs(session, Wish(words="MEU-0001")) == ["MEU-0001"]


async def test_a_variant_that_is_hidden_is_found_but_has_no_stock(session, world):
    world.shade.hidden = True
    await session.flush()
    assert await refs(session, Wish(words=world.shade.sku)) == ["LUM-0013"]
    assert await refs(session, Wish(view=View.NO_STOCK)) == ["LUM-0013"]


async def test_what_is_promised_to_the_last_unit_is_in_stock_nowhere(session, world):
    row = await session.get(StoreStock, (world.rivoli.id, world.shade.id))
    row.reserved = row.book
    await session.flush()
    found = await listing.page(session, Wish(), sort=Sort.NAME, language="fr", limit=50, offset=0)
    assert {line.ref: len(line.stores) for line in found.lines} == {"LUM-0001": 2, "LUM-0013": 0, "MEU-0001": 1}
    assert await refs(session, Wish(view=View.NO_STOCK)) == ["LUM-0013"]


async def test_what_is_shown_by_appointment_is_there_though_nobody_can_reserve_it(session, world):
    row = await session.get(StoreStock, (world.rivoli.id, world.sofa.id))
    row.unsellable = row.book
    await session.flush()
    assert await refs(session, Wish(view=View.NO_STOCK)) == []
    row.unsellable = row.book = 0
    await session.flush()
    assert await refs(session, Wish(view=View.NO_STOCK)) == ["MEU-0001"]


async def test_english_that_is_marked_as_a_draft_is_missing(session, world):
    lamp, shade = await article(session, "LUM-0001"), await article(session, "LUM-0013")
    lamp.drafts = ["en"]
    shade.story = Translated(fr="En lin.")
    (await article(session, "MEU-0001")).story = Translated()  # nothing to translate
    await session.flush()
    assert await refs(session, Wish(view=View.NO_ENGLISH)) == ["LUM-0013", "LUM-0001"]


async def test_wishes_narrow_each_other(session, world):
    (await article(session, "LUM-0001")).brand = "Maison Claire"
    (await article(session, "LUM-0013")).state = "draft"
    await session.flush()
    assert await refs(session, Wish(brand="Maison Claire")) == ["LUM-0001"]
    assert await refs(session, Wish(brand="Maison Claire", state="draft")) == []
    assert await refs(session, Wish(category_ids=frozenset({world.lamps.id}), view=View.DRAFTS)) == ["LUM-0013"]
    assert await refs(session, Wish(category_ids=frozenset({world.lighting.id}))) == []


async def test_orders(session, world, clock):
    for number, ref in enumerate(("MEU-0001", "LUM-0001", "LUM-0013")):
        found = await article(session, ref)
        found.updated_at, found.brand = clock() + timedelta(minutes=number), "ÀÉZ"[number]
    await session.flush()
    assert await refs(session, Wish(), sort=Sort.LATEST) == ["LUM-0013", "LUM-0001", "MEU-0001"]
    assert await refs(session, Wish(), sort=Sort.OLDEST) == ["MEU-0001", "LUM-0001", "LUM-0013"]
    assert await refs(session, Wish(), sort=Sort.BRAND) == ["MEU-0001", "LUM-0001", "LUM-0013"]
    assert await refs(session, Wish(), sort=Sort.NAME) == ["LUM-0013", "MEU-0001", "LUM-0001"]
    assert await refs(session, Wish(), sort=Sort.NAME, language="en") == ["MEU-0001", "LUM-0013", "LUM-0001"]


async def test_a_list_says_how_many_there_are_and_whether_it_goes_on(session, world, clock, monkeypatch):
    session.add_all(
        product(
            world.lamps, f"BOL-{n}", both(f"Bol {n}", f"Bowl {n}"), Variant(sku=f"BOL-{n}", options=[], price_minor=1),
            now=clock(),
        )
        for n in range(5)
    )  # fmt: skip
    await session.flush()

    async def page(limit: int, offset: int) -> tuple[int, int, bool]:
        found = await listing.page(session, Wish(), sort=Sort.NAME, language="fr", limit=limit, offset=offset)
        return len(found.lines), found.count, found.more

    assert await page(3, 0) == (3, 8, True)
    assert await page(4, 4) == (4, 8, False)
    assert await page(8, 0) == (8, 8, False)
    assert await page(3, 9) == (0, 8, False)
    monkeypatch.setattr(listing, "CAP", 4)
    assert await page(3, 0) == (3, 5, True)  # more than four


async def test_chosen_articles_come_once_each_oldest_first(session, world):
    ids = await listing.ids_of_refs(session, ["MEU-0001", "LUM-0001", "nothing", "LUM-0001"])
    lamp, sofa = await article(session, "LUM-0001"), await article(session, "MEU-0001")
    assert sorted(ids) == sorted([lamp.id, sofa.id]) == list(ids)
    assert await listing.ids(session, Wish(), limit=2) == (await listing.ids(session, Wish(), limit=9))[:2]
