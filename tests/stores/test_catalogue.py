"""The catalogue: only what is published is shown, by the address of its language; what was withdrawn is gone."""

import pytest
from factories import both, build, product
from sqlalchemy.exc import IntegrityError

from kit.errors import Gone, NotFound
from kit.languages import Translated, speaking
from kit.money import Money
from stores import articles, catalogue
from stores.catalogue import Category, Product, State, Variant


@pytest.fixture
async def world(session, clock):
    return await build(session, now=clock(), staffed=False)


async def shelve(session, world, clock, ref, **over):
    variant = Variant(sku=f"{ref}-1", options=[], price_minor=4900)
    made = product(world.lamps, ref, both(f"Lampe {ref}", f"Lamp {ref}"), variant, now=clock(), **over)
    session.add(made)
    await session.flush()
    return made


async def test_an_article_is_found_by_the_address_of_its_language(session, world):
    for slug, language in (("lampe-oscar", "fr"), ("oscar-lamp", "en")):
        found = await catalogue.find_product(session, slug, language)
        assert (found.ref, found.slug(language)) == ("LUM-0001", slug)
        assert found.variants[0].sku == "LUM-0001-LAI"
    with pytest.raises(NotFound):
        await catalogue.find_product(session, "oscar-lamp", "fr")


async def test_one_address_may_be_of_two_articles_in_two_languages(session, world, clock):
    await shelve(session, world, clock, "A", slug_fr="console", slug_en="console-table")
    await shelve(session, world, clock, "B", slug_fr="console-mixte", slug_en="console")
    for language, ref in (("fr", "A"), ("en", "B"), ("fr", "A")):
        with speaking(language):
            found, _, _ = await articles.show(session, "console")
            assert found.ref == ref


@pytest.mark.parametrize(
    ("state", "answer"), [(State.DRAFT, NotFound), (State.READY, NotFound), (State.WITHDRAWN, Gone)]
)
async def test_what_is_not_published_is_not_shown(state, answer, session, world, clock):
    await shelve(session, world, clock, "LUM-9", state=state)
    with pytest.raises(answer):
        await catalogue.find_product(session, "lampe-lum-9", "fr")
    assert await catalogue.find_variants(session, ["LUM-9-1"]) == {}


async def test_a_hidden_variant_is_offered_no_more(session, world):
    skus = ["LUM-0001-LAI", "LUM-0013-30", "unknown", "lum-0001-lai"]
    assert set(await catalogue.find_variants(session, skus)) == {"LUM-0001-LAI", "LUM-0013-30"}
    world.lamp.hidden = True
    await session.flush()
    assert set(await catalogue.find_variants(session, skus)) == {"LUM-0013-30"}
    assert await catalogue.find_variants(session, []) == {}


async def test_departments_come_first_each_level_in_the_order_of_the_house(session, world):
    first = Category(code="MOD", slug_fr="mode", slug_en="fashion", name=both("Mode"), intro=both(""), position=-1)
    last = Category(
        parent_id=world.lighting.id, slug_fr="lampadaires", slug_en="floor", name=both("L"), intro=both(""), position=-1
    )
    session.add_all([first, last])
    await session.flush()
    assert [one.slug_fr for one in await catalogue.categories(session)] == [
        "mode",
        "luminaires",
        "lampadaires",
        "lampes-a-poser",
    ]


async def test_a_variant_says_its_price_and_its_options_in_the_language_spoken(session, world):
    lamp = (await catalogue.find_variants(session, ["LUM-0001-LAI"]))["LUM-0001-LAI"]
    assert lamp.price == Money(12900, "EUR")
    with speaking("fr"):
        assert lamp.label == "Laiton"
    with speaking("en"):
        assert lamp.label == "Brass"
    lamp.options = [*lamp.options, {"name": {}, "value": {"fr": "30 cm", "en": "30 cm"}}]
    with speaking("fr"):
        assert lamp.label == "Laiton, 30 cm"
    assert Variant(sku="X", options=[], price_minor=1).label == ""


@pytest.mark.parametrize(
    "wrong",
    [{"max_per_reservation": 0}, {"max_per_reservation": 100}, {"state": "sold"}, {"slug_fr": "lampe-oscar"}],
)
async def test_an_article_that_makes_no_sense_is_refused(wrong, session, world, clock):
    trial = await session.begin_nested()
    with pytest.raises(IntegrityError):
        await shelve(session, world, clock, "LUM-9", **wrong)
    await trial.rollback()


async def test_two_articles_never_share_a_code_and_none_costs_less_than_nothing(session, world, clock):
    for sku, price in (("LUM-0001-LAI", 1), ("LUM-9", -1)):
        trial = await session.begin_nested()
        session.add(Variant(product_id=world.lamp.product_id, sku=sku, options=[], price_minor=price))
        with pytest.raises(IntegrityError):
            await session.flush()
        await trial.rollback()


async def test_a_name_is_kept_in_both_languages(session, world):
    found = await session.get(Product, world.lamp.product_id)
    await session.refresh(found)
    assert found.name == Translated(fr="Lampe Oscar", en="Oscar lamp")
