"""What somebody types finds what she means, in either language, and every filter says how many it would leave."""

from datetime import timedelta

import pytest
from factories import both, build, product, put
from sqlalchemy import update

from stores import articles, search
from stores.attributes import Attribute
from stores.catalogue import Product, Variant
from stores.search import Sort, Wish


@pytest.fixture
async def house(session, clock):
    """The three articles of the tests, and a few with accents, plurals and common words."""
    now = clock()
    world = await build(session, now=now, staffed=False)
    session.add(
        Attribute(
            code="wood",
            kind="choice",
            label=both("Bois", "Wood"),
            facet=True,
            choices=[{"code": "oak", "label": both("Chêne", "Oak")}, {"code": "ash", "label": both("Frêne", "Ash")}],
        )
    )
    for ref, name, brand, wood, price in (
        ("BRI-1", both("Clé à molette", "Adjustable spanner"), "Forges", "oak", 2500),
        ("MEU-2", both("Canapé Anatole", "Anatole sofa"), "Brazac", "oak", 90000),
        ("MEU-3", both("Fauteuil Œuf", "Egg armchair"), "Brazac", "ash", 45000),
        ("LIN-1", both("Plaid en laine", "Wool throw"), "Senuc", "", 5900),
    ):
        variant = Variant(sku=f"{ref}-A", gtin=None, options=[], price_minor=price)
        one = product(world.lamps, ref, name, variant, now=now, brand=brand, slug_fr=ref.lower(), slug_en=ref.lower())
        one.attributes = {"wood": wood} if wood else {}
        session.add(one)
        await session.flush()
        await put(session, world.rivoli if ref != "LIN-1" else world.kleber, variant, 3, now=now)
    return world


async def names(session, typed: str, language: str = "fr", **over) -> list[str]:
    ids, _ = await search.search(session, Wish(words=typed, language=language, **over), limit=24)
    return [article.name[language] for article in await articles.of_ids(session, ids)]


@pytest.mark.parametrize(
    ("typed", "language", "name"),
    [
        ("cle a molette", "fr", "Clé à molette"),
        ("clé à molette", "fr", "Clé à molette"),
        ("CLÉS À MOLETTE", "fr", "Clé à molette"),
        ("plaids", "fr", "Plaid en laine"),
        ("fauteuil oeuf", "fr", "Fauteuil Œuf"),
        ("plai", "fr", "Plaid en laine"),
        ("de la laine", "fr", "Plaid en laine"),
        ("spanners", "en", "Adjustable spanner"),
        ("throws wool", "en", "Wool throw"),
        ("senuc", "en", "Wool throw"),
    ],
)
async def test_words_are_found_with_or_without_accents_plurals_and_their_end(session, house, typed, language, name):
    assert await names(session, typed, language) == [name]


async def test_canapes_without_its_accent_finds_both_sofas(session, house):
    assert set(await names(session, "canapes")) == {"Canapé Anatole", "Canapé Berthe"}


async def test_what_bears_the_word_in_its_name_comes_before_what_only_tells_of_it(session, house):
    await session.execute(
        update(Product).where(Product.ref == "BRI-1").values(story=both("Range bien sous un fauteuil.", "Small."))
    )
    assert await names(session, "fauteuil") == ["Fauteuil Œuf", "Clé à molette"]


async def test_words_of_very_many_articles_still_give_those_that_bear_them_in_their_name_first(
    session, house, clock, monkeypatch
):
    monkeypatch.setattr("stores.search.found.CAP", 2)
    newer = clock() + timedelta(days=1)
    for ref in ("BRI-1", "LIN-1"):
        told = both("À poser sur un canapé.", "Small.")
        await session.execute(update(Product).where(Product.ref == ref).values(story=told, published_at=newer))
    ids, count = await search.search(session, Wish(words="canape", language="fr"), limit=24)
    assert {one.name["fr"] for one in await articles.of_ids(session, ids)} == {"Canapé Anatole", "Canapé Berthe"}
    assert count == 3, "counted no further than one more than may be shown"
    monkeypatch.setattr("stores.search.found.CAP", 3)
    ids, _ = await search.search(session, Wish(words="canape", language="fr"), limit=1, offset=2)
    [third] = await articles.of_ids(session, ids)
    assert third.ref in ("BRI-1", "LIN-1")


async def test_a_sku_a_gtin_and_a_reference_find_their_article_alone(session, house):
    for typed in ("lum-0001-lai", "LUM-0001-LAI", "3001234567892", "03001234567892", "3 001234 567892", "LUM-0001"):
        assert await names(session, typed) == ["Lampe Oscar"], typed
    await session.execute(update(Variant).where(Variant.sku == "LUM-0001-LAI").values(hidden=True))
    assert await names(session, "3001234567892") == []


async def test_what_is_not_listed_is_found_by_nobody(session, house):
    await session.execute(update(Product).where(Product.ref == "LIN-1").values(listed=False))
    assert await names(session, "plaid") == []
    assert await search.browse(session, Wish(brands=frozenset({"Senuc"})), language="fr", limit=9) == []


async def test_a_slip_of_the_finger_is_put_right_by_the_words_of_the_house(session, house):
    await search.learn(session)
    assert await search.put_right(session, "fautueil", "fr") == "fauteuil"
    assert await search.put_right(session, "clé à mollette", "fr") == "cle a molette"
    assert await search.put_right(session, "spaner", "en") == "spanner"
    assert await search.put_right(session, "xylophone", "fr") is None
    assert await search.put_right(session, "fauteuil", "fr") is None
    await session.execute(update(Product).where(Product.ref == "MEU-3").values(state="withdrawn"))
    await search.learn(session)
    assert await search.put_right(session, "fautueil", "fr") is None


async def test_each_filter_is_counted_without_its_own_choice(session, house):
    wish = Wish(brands=frozenset({"Brazac"}), attributes=frozenset({("wood", "oak")}))
    counts = await search.count(session, wish, ["wood"], here=house.rivoli.id)
    assert counts.total == 1
    assert counts.brands == {"Brazac": 1, "Forges": 1}
    assert counts.attributes == {"wood": {"oak": 1, "ash": 1}}
    assert counts.available == 1
    [found] = await search.browse(session, wish, language="fr", limit=24)
    assert found.name["fr"] == "Canapé Anatole"


async def test_without_a_choice_everything_is_counted(session, house):
    counts = await search.count(session, Wish(), ["wood"])
    assert (counts.total, counts.available) == (7, None)
    assert counts.brands == {"Maison Lavergne": 3, "Brazac": 2, "Forges": 1, "Senuc": 1}
    assert (await search.count(session, Wish(words="canape", language="fr"))).total == 2


async def test_counts_respect_the_store_and_the_words(session, house):
    everywhere = await search.count(session, Wish(words="laine", language="fr"), here=house.rivoli.id)
    assert (everywhere.total, everywhere.available) == (1, 0)
    here = await search.count(session, Wish(store_id=house.rivoli.id), here=house.rivoli.id)
    assert "Senuc" not in here.brands
    assert here.total == here.available == 6
    assert sum(here.departments.values()) == 6


async def test_filters_and_an_order_may_be_asked_of_words_too(session, house):
    wish = Wish(words="canape", language="fr")
    ids, count = await search.search(session, wish, sort=Sort.PRICE_UP, limit=24)
    assert [one.ref for one in await articles.of_ids(session, ids)] == ["MEU-2", "MEU-0001"]
    assert count == 2
    assert await names(session, "canape", brands=frozenset({"Brazac"})) == ["Canapé Anatole"]
    assert await names(session, "canape", low=100000) == ["Canapé Berthe"]


async def test_a_list_may_be_what_is_new(session, house, clock):
    await session.execute(
        update(Product).where(Product.ref == "LIN-1").values(published_at=clock() + timedelta(days=2))
    )
    [new] = await search.browse(session, Wish(since=clock() + timedelta(days=1)), language="fr", limit=9)
    assert new.ref == "LIN-1"


async def test_nothing_typed_and_words_that_mean_nothing_find_nothing(session, house):
    for typed in ("", "   ", "…", "de la", "'; drop table product --", "zz:* & !b", "\\"):
        assert await names(session, typed) == [], typed
