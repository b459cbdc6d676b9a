"""Collections: which articles a rule means, in which order they stand, and which address leads where."""

from datetime import timedelta

import pytest
from factories import both, build, product, put

from kit.errors import Gone, Invalid, NotFound
from stores import collections
from stores.catalogue import Variant
from stores.collections import Collection


@pytest.fixture
async def world(session, clock):
    return await build(session, now=clock(), staffed=False)


def made(slug: str = "le-soir", slug_en: str = "the-evening", clock=None, **over) -> Collection:
    values = {
        "slug_fr": slug, "slug_en": slug_en, "title": both("Le soir", "The evening"), "intro": both("", ""),
        "rule": None, "state": "published", "created_at": clock(), "updated_at": clock(),
    }  # fmt: skip
    return Collection(**{**values, **over})


async def refs(session, collection: Collection, clock, **page) -> list[str]:
    found, _ = await collections.articles(session, collection, now=clock(), **{"limit": 24, **page})
    return [article.ref for article in found]


async def test_by_hand_the_articles_stand_in_their_order_and_only_published_ones(session, world, clock):
    ids = [variant.product_id for variant in (world.shade, world.sofa, world.lamp)]
    collection = await collections.add(session, made(clock=clock), [*ids, ids[0]])
    assert await refs(session, collection, clock) == ["LUM-0013", "MEU-0001", "LUM-0001"]
    assert await refs(session, collection, clock, limit=1, offset=1) == ["MEU-0001"]
    await collections.save(session, collection, ids[::-1], now=clock())
    assert await refs(session, collection, clock) == ["LUM-0001", "MEU-0001", "LUM-0013"]
    world.sofa.product.state = "withdrawn"
    world.lamp.product.listed = False
    await session.flush()
    assert await refs(session, collection, clock) == ["LUM-0013"]


async def test_the_same_article_stands_in_two_collections_at_its_own_places(session, world, clock):
    lamp, shade = world.lamp.product_id, world.shade.product_id
    first = await collections.add(session, made(clock=clock), [lamp, shade])
    second = await collections.add(session, made("autre", "other", clock=clock), [shade, lamp])
    assert await refs(session, first, clock) == ["LUM-0001", "LUM-0013"]
    assert await refs(session, second, clock) == ["LUM-0013", "LUM-0001"]


@pytest.mark.parametrize(
    ("rule", "meant"),
    [
        ({"brands": ["Maison Lavergne"]}, {"LUM-0001", "LUM-0013", "MEU-0001", "LUM-0099"}),
        ({"brands": ["Nobody"]}, set()),
        ({"categories": "department"}, {"LUM-0001", "LUM-0013", "MEU-0001", "LUM-0099"}),
        ({"categories": "part"}, {"LUM-0001", "LUM-0013", "MEU-0001"}),
        ({"low": 3500, "high": 12900}, {"LUM-0001", "LUM-0013"}),
        ({"low": 3501, "high": 12899}, set()),
        ({"high": 3499}, {"LUM-0099"}),
        ({"new_days": 10}, {"LUM-0001", "LUM-0013", "MEU-0001"}),
        ({"words": "abat-jour"}, {"LUM-0013"}),
        ({"words": "ABAT jours"}, {"LUM-0013"}),
        ({"words": "linen shades"}, {"LUM-0013"}),
        ({"attributes": {"material": ["brass", "oak"]}}, {"LUM-0001", "LUM-0099"}),
        ({"attributes": {"material": ["brass"], "colour": ["red"]}}, {"LUM-0001"}),
        ({"attributes": {"material": ["oak"], "colour": ["red"]}}, set()),
        ({"categories": "part", "words": "lampe", "high": 20000}, {"LUM-0001"}),
    ],
)
async def test_a_rule_means_all_that_it_says(session, world, clock, rule, meant):
    now = clock()
    old = product(
        world.lighting, "LUM-0099", both("Bougie", "Candle"), Variant(sku="LUM-0099", options=[], price_minor=900),
        now=now - timedelta(days=11), story=both("Elle fond.", "It melts."), attributes={"material": "oak"},
    )  # fmt: skip
    session.add(old)
    world.lamp.product.attributes = {"material": "brass", "colour": "red"}
    await session.flush()
    ids = {"department": [world.lighting.id], "part": [world.lamps.id]}
    said = {**rule, **({"categories": ids[rule["categories"]]} if "categories" in rule else {})}
    collection = await collections.add(session, made(clock=clock, rule=said), [])
    assert set(await refs(session, collection, clock)) == meant
    found, count = await collections.articles(session, collection, now=now, limit=1)
    assert (len(found), count) == (min(1, len(meant)), len(meant))


async def test_a_rule_shows_the_newest_first_and_hides_what_is_hidden(session, world, clock):
    world.lamp.product.published_at = clock() + timedelta(minutes=1)
    world.shade.product.published_at = clock() - timedelta(days=1)
    collection = await collections.add(session, made(clock=clock, rule={"categories": [world.lamps.id]}), [])
    await session.flush()
    assert await refs(session, collection, clock) == ["LUM-0001", "MEU-0001", "LUM-0013"]
    cheap = Variant(sku="LUM-0001-X", options=[], price_minor=100, hidden=True, product_id=world.lamp.product_id)
    session.add(cheap)
    collection.rule = {"high": 200}
    await session.flush()
    assert await refs(session, collection, clock) == []


async def test_how_many_of_its_articles_each_store_could_show(session, world, clock):
    ids = [variant.product_id for variant in (world.lamp, world.shade, world.sofa)]
    collection = await collections.add(session, made(clock=clock), ids)

    async def counted() -> dict[int, int]:
        return await collections.by_store(session, collection.id, collection.rule, now=clock())

    assert await counted() == {world.rivoli.id: 3, world.kleber.id: 1}
    await put(session, world.lyon, world.shade, 2, now=clock(), unsellable=2)
    assert world.lyon.id not in await counted()


async def test_an_address_that_is_left_leads_on_until_another_takes_it(session, world, clock):
    now = clock()
    first = await collections.add(session, made(clock=clock), [])
    await collections.save(session, first, [], now=now, slug_fr="la-nuit")
    assert (await collections.of_address(session, "le-soir", now=now)).id == first.id
    assert (await collections.of_address(session, "la-nuit", now=now)).id == first.id
    await collections.save(session, first, [], now=now, slug_fr="le-soir")
    assert (await collections.of_address(session, "la-nuit", now=now)).id == first.id
    second = await collections.add(session, made("la-nuit", "night", clock=clock), [])
    assert (await collections.of_address(session, "la-nuit", now=now)).id == second.id
    await collections.remove(session, first)
    with pytest.raises(NotFound):
        await collections.of_address(session, "le-soir", now=now)


async def test_an_address_that_is_taken_is_refused_in_either_language(session, world, clock):
    await collections.add(session, made(clock=clock), [])
    for slugs, field in (
        (("le-soir", "x"), "slug_fr"),
        (("x", "the-evening"), "slug_en"),
        (("the-evening", "x"), "slug_fr"),
    ):
        with pytest.raises(Invalid) as refused:
            await collections.add(session, made(*slugs, clock=clock), [])
        assert [error.field for error in refused.value.errors] == [field]
    other = await collections.add(session, made("autre", "other", clock=clock), [])
    with pytest.raises(Invalid):
        await collections.save(session, other, [], now=clock(), slug_en="le-soir")
    assert (await collections.of_address(session, "other", now=clock())).id == other.id


@pytest.mark.parametrize(
    ("over", "raised"),
    [
        ({}, None),
        ({"state": "draft"}, NotFound),
        ({"starts_at": 1}, NotFound),
        ({"starts_at": 0}, None),
        ({"ends_at": 1}, None),
        ({"ends_at": 0}, Gone),
        ({"state": "draft", "ends_at": 0}, NotFound),
    ],
)
async def test_it_is_shown_between_its_dates(session, world, clock, over, raised):
    now = clock()
    dates = {name: now + timedelta(hours=value) for name, value in over.items() if name != "state"}
    one = await collections.add(session, made(clock=clock, on_home=True, **{**over, **dates}), [])
    listed = [shown.id for shown in await collections.shown(session, now=now)]
    home = await collections.of_home(session, now=now)
    assert (await collections.of_address(session, "le-soir", now=now, preview=True)).id == one.id
    if raised is None:
        assert (await collections.of_address(session, "le-soir", now=now)).id == one.id
        assert listed == [one.id] and home.id == one.id
    else:
        with pytest.raises(raised):
            await collections.of_address(session, "le-soir", now=now)
        assert listed == [] and home is None


async def test_the_home_page_shows_the_one_that_began_last(session, world, clock):
    now = clock()
    old = await collections.add(session, made(clock=clock, on_home=True, starts_at=now - timedelta(days=9)), [])
    assert (await collections.of_home(session, now=now)).id == old.id
    new = await collections.add(
        session, made("neuf", "new", clock=clock, on_home=True, starts_at=now - timedelta(days=1)), []
    )
    await collections.add(session, made("caché", "hidden", clock=clock, starts_at=now), [])
    assert (await collections.of_home(session, now=now)).id == new.id


async def test_articles_are_found_by_what_people_type(session, world):
    found = await collections.products_by_code(session, ["LUM-0001", "LUM-0013-30", "NOPE"])
    assert {code: one.ref for code, one in found.items()} == {"LUM-0001": "LUM-0001", "LUM-0013-30": "LUM-0013"}
    assert [one.ref for one in await collections.look_for(session, "canapé", limit=5)] == ["MEU-0001"]
    assert await collections.known_brands(session, ["Maison Lavergne", "Nobody"]) == {"Maison Lavergne"}
