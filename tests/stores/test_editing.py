"""Making and changing an article, below any page."""

from typing import Any

import pytest
from factories import World, both, build

from kit.errors import Invalid, NotFound
from kit.languages import Translated
from stores import articles, catalogue, editing, slugs
from stores.catalogue import Product, State
from stores.editing import PairingRow, VariantRow


@pytest.fixture
async def world(session, clock) -> World:
    return await build(session, now=clock(), staffed=False)


@pytest.fixture
async def oscar(session, world) -> Product:
    return await editing.take(session, "LUM-0001")


def row(key: str = "n1", **over: Any) -> VariantRow:
    values: dict[str, Any] = {
        "id": None, "sku": "LUM-0001-NIC", "gtin": None, "options": [], "price_minor": 9900, "was_minor": None,
        "weight_grams": None, "position": 1, "hidden": False,
    }  # fmt: skip
    return VariantRow(key=key, **{**values, **over})


def values(world: World, **over: Any) -> dict[str, Any]:
    return {"name": both("Lampe Œuf", "Egg lamp"), "slug_fr": "", "slug_en": "", "category_id": world.lamps.id,
            "story": Translated(), "facts": {}, **over}  # fmt: skip


async def test_a_reference_is_made_of_the_name_with_a_number_where_it_is_taken(session, world, clock):
    assert await editing.free_ref(session, "Lampe Œuf à poser") == "LAMPE-OEUF-A-POSER"
    await editing.create(session, "LAMPE-OEUF", values(world), now=clock())
    assert await editing.free_ref(session, "Lampe œuf") == "LAMPE-OEUF-2"
    assert await editing.free_ref(session, "★") == "ARTICLE"


async def test_a_reference_is_taken_whatever_its_letters(session, world, clock):
    with pytest.raises(Invalid) as refused:
        await editing.create(session, "lum-0001", values(world), now=clock())
    assert refused.value.errors[0].field == "ref"


async def test_a_new_article_takes_an_address_that_somebody_left(session, world, oscar, clock):
    await editing.save(session, oscar, {"slug_fr": "oscar"}, now=clock())
    made = await editing.create(session, "EGG", values(world, slug_fr="lampe-oscar"), now=clock())
    assert made.slug_fr == "lampe-oscar"
    assert await slugs.follow(session, "product", "lampe-oscar") is None


async def test_an_address_in_the_other_language_is_taken_too(session, world, oscar, clock):
    with pytest.raises(Invalid):
        await editing.save(session, oscar, {"slug_en": "abat-jour-lin"}, now=clock())


async def test_an_article_without_letters_in_its_name_has_an_address(session, world, oscar, clock):
    await editing.save(session, oscar, {"name": both("★", "★"), "slug_fr": "", "slug_en": ""}, now=clock())
    assert (oscar.slug_fr, oscar.slug_en) == ("lum-0001", "lum-0001")


async def test_first_shown_decides_what_is_new(oscar, clock):
    first = oscar.published_at
    editing.move(oscar, State.WITHDRAWN, now=clock())
    clock.forward(days=3)
    editing.move(oscar, State.PUBLISHED, now=clock())
    assert (oscar.state, oscar.published_at) == ("published", first)


async def test_a_date_that_is_done_with_goes(oscar, clock):
    oscar.publish_at = oscar.unpublish_at = clock()
    editing.move(oscar, State.PUBLISHED, now=clock())
    assert (oscar.publish_at, oscar.unpublish_at) == (None, clock())
    editing.move(oscar, State.WITHDRAWN, now=clock())
    assert oscar.unpublish_at is None


async def test_the_same_barcode_with_another_zero_is_the_same(session, oscar, clock):
    with pytest.raises(Invalid) as refused:
        await editing.save_variants(session, oscar, [row(gtin="03001234567892")], now=clock())
    assert [error.field for error in refused.value.errors] == ["n1-gtin"]
    short = row(gtin="96385074", sku="A")
    await editing.save_variants(session, oscar, [short], now=clock())
    fresh = await editing.take(session, "LUM-0001")
    with pytest.raises(Invalid):
        await editing.save_variants(session, fresh, [row(gtin="0000096385074", sku="B")], now=clock())


async def test_rows_that_nobody_names_stay(session, oscar, clock):
    await editing.save_variants(session, oscar, [row()], now=clock())
    fresh = await editing.take(session, "LUM-0001")
    assert {one.sku for one in fresh.variants} == {"LUM-0001-LAI", "LUM-0001-NIC"}


async def test_what_stock_names_is_hidden_and_its_code_stays_taken(session, world, oscar, clock):
    (lamp,) = oscar.variants
    gone = row("v1", id=lamp.id, sku=lamp.sku, removed=True)
    kept = await editing.save_variants(session, oscar, [gone], now=clock())
    assert kept.hidden == ["LUM-0001-LAI"] and lamp.hidden
    assert await catalogue.find_variants(session, ["LUM-0001-LAI"]) == {}
    with pytest.raises(Invalid):
        await editing.save_variants(session, oscar, [row(sku="LUM-0001-LAI")], now=clock())


async def test_a_code_that_was_freed_can_be_given_in_the_same_breath(session, oscar, clock):
    await editing.save_variants(session, oscar, [row()], now=clock())
    fresh = await editing.take(session, "LUM-0001")
    nickel = next(one for one in fresh.variants if one.sku == "LUM-0001-NIC")
    rows = [row("v2", id=nickel.id, removed=True), row("n1", price_minor=4200)]
    await editing.save_variants(session, fresh, rows, now=clock())
    fresh = await editing.take(session, "LUM-0001")
    assert {(one.sku, one.price_minor) for one in fresh.variants} == {("LUM-0001-LAI", 12900), ("LUM-0001-NIC", 4200)}


async def test_what_goes_with_it_comes_before_its_neighbours_and_is_named_once(session, world, oscar, clock):
    reason = both("Elle l’adoucit.", "It softens it.")
    rows = [PairingRow("g1", world.shade.product_id, reason, 3), PairingRow("g2", oscar.id, reason, 1),
            PairingRow("g3", 999_999, reason, 2)]  # fmt: skip
    await editing.save_pairings(session, oscar, rows)
    _, _, beside = await articles.show(session, "lampe-oscar")
    assert [(one.article.ref, one.reason) for one in beside] == [("LUM-0013", reason), ("MEU-0001", None)]


async def test_nobody_is_found_by_a_reference_that_is_none(session, world):
    with pytest.raises(NotFound):
        await editing.find(session, "NOBODY")
    with pytest.raises(NotFound):
        await editing.id_of(session, "NOBODY")


async def test_articles_are_found_by_name_reference_and_sku(session, world):
    assert [one.ref for one in await editing.articles_like(session, "LUM-0013-30", but=None)] == ["LUM-0013"]
    assert [one.ref for one in await editing.articles_like(session, "sofa", but=None)] == ["MEU-0001"]
    assert [one.ref for one in await editing.articles_like(session, "_", but=None)] == []
