"""X2, below the words: variants with their codes and prices, pictures of the library, what goes with what."""

import pytest
from factories import both, reserved
from filling import error_of, filled
from reading import text_of
from sqlalchemy import select

from stores import editing
from stores.catalogue import Picture, Variant
from stores.media import Medium
from stores.pairings import Pairing
from stores.prices import PriceChange
from stores.stock import StoreStock

OSCAR = "/en/merch/articles/LUM-0001"
OTHER_GTIN = "3001234567915"


@pytest.fixture
async def paul(world, colleague):
    return await colleague("paul")


async def form_of(client, url: str = OSCAR) -> dict[str, str]:
    page = await client.get(url)
    assert page.status_code == 200, text_of(page.text)
    return filled(page.text, "article")


async def saved(client, form: dict[str, str], url: str = OSCAR):
    answer = await client.post(url, data=form)
    assert answer.status_code == 303, text_of(answer.text)
    return answer


async def pressed(client, form: dict[str, str], do: str, url: str = OSCAR) -> dict[str, str]:
    """Another button than the one that saves."""
    answer = await client.post(url, data=form | {"do": do})
    assert answer.status_code == 200, text_of(answer.text)
    return filled(answer.text, "article")


async def variants(database, ref: str = "LUM-0001") -> list[Variant]:
    async with database.work(readonly=True) as session:
        return (await editing.find(session, ref)).variants


def key_of(form: dict[str, str]) -> str:
    return form["variants"].split()[0]


# Codes and prices


async def test_a_variant_is_changed_and_its_price_is_written_down(paul, database, clock):
    form = await form_of(paul)
    key = key_of(form)
    await saved(paul, form | {f"{key}-price": "99,00", f"{key}-was": "129", f"{key}-weight": "2400"})
    (lamp,) = await variants(database)
    assert (lamp.price_minor, lamp.was_minor, lamp.weight_grams) == (9900, 12900, 2400)
    async with database.work(readonly=True) as session:
        assert [one.price_minor for one in await session.scalars(select(PriceChange).order_by(PriceChange.id))] == [
            9900
        ]


async def test_the_price_before_is_crossed_out_only_as_far_as_the_law_allows(world, colleague, lea, clock):
    for price, days in (("130", 1), ("110", 20), ("99", 5)):
        paul = await colleague("paul")
        form = await form_of(paul)
        key = key_of(form)
        await saved(paul, form | {f"{key}-price": price})
        clock.forward(days=days)
    paul = await colleague("paul")
    assert "lowest price" not in text_of((await lea.get("/en/p/oscar-lamp")).text)
    await saved(paul, await form_of(paul) | {f"{key}-was": "129"})
    page = text_of((await lea.get("/en/p/oscar-lamp")).text)
    assert "€99.00" in page and "lowest price of the last 30 days: €110.00" in page


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("gtin", "3001234567893", "With these digits it would be 3001234567892."),
        ("gtin", "12345", "it has 8, 12, 13 or 14 digits."),
        ("gtin", "3,00123E+12", "a spreadsheet has shortened it."),
        ("price", "a lot", "write an amount such as 129.00."),
        ("price", "", "write an amount such as 129.00."),
        ("price", "-5", "write an amount such as 129.00."),
        ("was", "100", "it has to be above the price."),
        ("weight", "2.4 kg", "write a whole number."),
        ("sku", "", "every variant needs one."),
        ("o1_fr", "", "write a value."),
    ],
)
async def test_what_is_wrong_with_a_variant_is_said_beside_its_field(paul, database, field, typed, said):
    form = await form_of(paul)
    name = f"{key_of(form)}-{field}"
    other = {f"{key_of(form)}-o1_en": ""} if field == "o1_fr" else {}
    answer = await paul.post(OSCAR, data=form | {name: typed} | other)
    assert answer.status_code == 422
    assert said in error_of(answer.text, name)
    assert filled(answer.text, "article")[name] == typed
    assert (await variants(database))[0].sku == "LUM-0001-LAI"


async def test_a_number_of_the_house_is_kept_and_said_to_stay_inside(paul, database):
    form = await form_of(paul)
    await saved(paul, form | {f"{key_of(form)}-gtin": "2 000000 000015"})
    assert (await variants(database))[0].gtin == "2000000000015"
    assert "a number of the house: kept, never sent out" in text_of((await paul.get(OSCAR)).text)


async def test_a_code_of_another_article_is_refused_by_its_name(paul):
    form = await form_of(paul)
    key = key_of(form)
    answer = await paul.post(OSCAR, data=form | {f"{key}-sku": "LUM-0013-30", f"{key}-gtin": "03001234567908"})
    assert answer.status_code == 422
    assert "LUM-0013-30 is a variant of another article: Linen shade (LUM-0013)." in error_of(answer.text, f"{key}-sku")
    assert "Linen shade (LUM-0013)" in error_of(answer.text, f"{key}-gtin")


async def test_two_rows_cannot_have_one_code_but_may_exchange_theirs(paul, database):
    form = await pressed(paul, await form_of(paul), "row")
    first, new = form["variants"].split()
    form |= {f"{new}-sku": "LUM-0001-LAI", f"{new}-price": "99", f"{new}-o1_fr": "Nickel"}
    answer = await paul.post(OSCAR, data=form)
    assert "is another variant of this article" in error_of(answer.text, f"{new}-sku")
    await saved(paul, form | {f"{new}-sku": "LUM-0001-NIC"})
    form = await form_of(paul)
    first, second = form["variants"].split()
    await saved(paul, form | {f"{first}-sku": form[f"{second}-sku"], f"{second}-sku": form[f"{first}-sku"]})
    assert {one.label: one.sku for one in await variants(database)} == {
        "Laiton": "LUM-0001-NIC",
        "Nickel": "LUM-0001-LAI",
    }


async def test_two_variants_with_the_same_options_are_refused(paul):
    form = await pressed(paul, await form_of(paul), "row")
    _, new = form["variants"].split()
    same = {f"{new}-sku": "X", f"{new}-price": "9", f"{new}-o1_fr": "Laiton", f"{new}-o1_en": "Brass"}
    answer = await paul.post(OSCAR, data=form | same)
    assert "the same options as LUM-0001-LAI" in error_of(answer.text, f"{new}-o1_fr")


# Rows


async def test_a_row_is_added_without_a_script_and_without_losing_what_was_typed(paul, database):
    form = await pressed(paul, await form_of(paul) | {"story_en": "Half a sentence"}, "row")
    assert form["story_en"] == "Half a sentence" and len(form["variants"].split()) == 2
    assert len(await variants(database)) == 1
    await saved(paul, form)  # the empty row is no variant
    assert len(await variants(database)) == 1


async def test_combinations_fill_the_grid_and_leave_what_is_there(paul, database):
    form = await form_of(paul) | {
        "option1_make_fr": "Nickel, Laiton", "option1_make_en": "Nickel, Brass",
        "option2_fr": "Taille", "option2_en": "Size", "option2_make_fr": "30 cm, 40 cm",
        "option2_make_en": "30 cm, 40 cm",
    }  # fmt: skip
    key = key_of(form)
    form |= {f"{key}-o2_fr": "30 cm", f"{key}-o2_en": "30 cm"}
    form = await pressed(paul, form, "combine")
    assert len(form["variants"].split()) == 4
    again = await pressed(paul, form, "combine")
    assert again["variants"] == form["variants"]
    await saved(paul, form)
    made = await variants(database)
    assert {one.label for one in made} == {"Laiton, 30 cm", "Laiton, 40 cm", "Nickel, 30 cm", "Nickel, 40 cm"}
    assert {one.price_minor for one in made} == {12900}
    assert len({one.sku for one in made}) == 4
    assert made[0].options[1] == {"name": {"fr": "Taille", "en": "Size"}, "value": {"fr": "30 cm", "en": "30 cm"}}


async def test_too_many_combinations_are_refused_in_words(paul):
    many = ", ".join(f"v{n}" for n in range(40))
    form = await form_of(paul) | {"option1_make_fr": many, "option2_fr": "T", "option2_make_fr": many}
    answer = await paul.post(OSCAR, data=form | {"do": "combine"})
    assert "250 at most" in text_of(answer.text)
    assert len(filled(answer.text, "article")["variants"].split()) == 1


async def test_a_variant_with_stock_is_hidden_and_one_that_nothing_names_goes(paul, database):
    form = await pressed(paul, await form_of(paul), "row")
    _, new = form["variants"].split()
    await saved(paul, form | {f"{new}-sku": "LUM-0001-NIC", f"{new}-price": "99", f"{new}-o1_fr": "Nickel"})
    form = await form_of(paul)
    first, second = form["variants"].split()
    answer = await saved(paul, form | {f"{second}-remove": "1"})
    assert answer.headers["location"].endswith("notice=saved")
    assert [one.sku for one in await variants(database)] == ["LUM-0001-LAI"]
    blocked = await paul.post(OSCAR, data=await form_of(paul) | {f"{first}-remove": "1"})
    assert "no variant with a price" in error_of(blocked.text, "variants")
    answer = await saved(paul, await form_of(paul) | {f"{first}-remove": "1", "state": "draft"})
    assert "is hidden, not removed" in text_of((await paul.get(answer.headers["location"])).text)
    (lamp,) = await variants(database)
    assert lamp.hidden


async def test_a_reserved_variant_is_never_deleted(paul, database, world, clock):
    async with database.work() as session:
        await reserved(session, world, now=clock())
    form = await form_of(paul)
    await saved(paul, form | {f"{key_of(form)}-remove": "1", "state": "withdrawn"})
    assert [one.hidden for one in await variants(database)] == [True]


async def test_rows_of_two_people_stay(paul, colleague, database):
    solene = await colleague("solene")
    mine = await pressed(paul, await form_of(paul), "row")
    hers = await pressed(solene, await form_of(solene), "row")
    new = mine["variants"].split()[1]
    await saved(solene, hers | {f"{new}-sku": "HERS", f"{new}-price": "9", f"{new}-o1_fr": "Rouge"})
    await saved(paul, mine | {f"{new}-sku": "MINE", f"{new}-price": "8", f"{new}-o1_fr": "Bleu"})
    assert {one.sku for one in await variants(database)} == {"LUM-0001-LAI", "HERS", "MINE"}


async def test_a_row_that_a_colleague_removed_while_it_was_changed_can_be_brought_back(paul, colleague, database):
    solene = await colleague("solene")
    form = await pressed(paul, await form_of(paul), "row")
    new = form["variants"].split()[1]
    await saved(paul, form | {f"{new}-sku": "SECOND", f"{new}-price": "9", f"{new}-o1_fr": "Rouge"})
    mine, hers = await form_of(paul), await form_of(solene)
    second = mine["variants"].split()[1]
    await saved(solene, hers | {f"{second}-remove": "1"})
    changed = mine | {f"{second}-price": "12"}
    asked = await paul.post(OSCAR, data=changed)
    assert asked.status_code == 409 and "SECOND" in text_of(asked.text) and "removed" in text_of(asked.text)
    form = filled(asked.text, "article")
    await saved(paul, form | {f"take-{second}": "theirs"})
    assert [one.sku for one in await variants(database)] == ["LUM-0001-LAI"]
    await saved(paul, form | {f"take-{second}": "mine"})
    assert {(one.sku, one.price_minor) for one in await variants(database)} == {
        ("LUM-0001-LAI", 12900),
        ("SECOND", 1200),
    }


async def test_the_price_of_a_variant_that_both_changed_is_chosen(paul, colleague, database):
    solene = await colleague("solene")
    mine, hers = await form_of(paul), await form_of(solene)
    price = f"{key_of(mine)}-price"
    await saved(solene, hers | {price: "119"})
    asked = await paul.post(OSCAR, data=mine | {price: "109"})
    assert asked.status_code == 409
    said = text_of(asked.text)
    assert "LUM-0001-LAI, Price" in said and "119.00" in said and "109" in said


# Pictures


@pytest.fixture
async def images(database, clock):
    async with database.work() as session:
        made = [
            Medium(digest=f"d{n}", path=f"m{n}.webp", kind="image/webp", width=400, height=500, size=1,
                   alt=both("Une lampe", "A lamp") if n else {}, credit="Studio Nord", created_at=clock())
            for n in range(3)
        ]  # fmt: skip
        session.add_all(made)
        await session.flush()
        return [one.id for one in made]


async def pictures(database) -> list[Picture]:
    async with database.work(readonly=True) as session:
        return (await editing.find(session, "LUM-0001")).pictures


async def test_images_of_the_library_are_hung_ordered_and_taken_down(paul, database, images):
    asked = await paul.post(OSCAR, data=await form_of(paul) | {"do": "media", "media_words": "studio lampe"})
    assert asked.text.count('value="hang:') == 2
    form = filled(asked.text, "article")
    for one in images[1:]:
        form = await pressed(paul, form, f"hang:{one}")
    form |= {f"m{images[1]}-variant": key_of(form), f"m{images[1]}-position": "9"}
    await saved(paul, form)
    first, second = await pictures(database)
    lamp = (await variants(database))[0]
    assert (first.medium_id, second.medium_id, second.variant_id) == (images[2], images[1], lamp.id)
    assert second.alt == {"fr": "Une lampe", "en": "A lamp"} and second.credit == "Studio Nord"
    form = await form_of(paul)
    await saved(paul, form | {f"p{first.id}-remove": "1", f"p{second.id}-variant": ""})
    (left,) = await pictures(database)
    assert (left.medium_id, left.variant_id) == (images[1], None)


async def test_an_image_without_words_keeps_the_article_from_being_published(paul, database, images):
    form = await pressed(paul, await form_of(paul), f"hang:{images[0]}")
    answer = await paul.post(OSCAR, data=form)
    assert answer.status_code == 422
    assert "no description in French" in error_of(answer.text, "pictures")
    assert "not described in French" in text_of(answer.text)
    await saved(paul, form | {"state": "draft"})


# Goes with


async def test_what_goes_with_it_is_found_by_name_reference_or_sku_and_shown_with_the_reason(
    paul, lea, database, world
):
    for words in ("linen", "abat", "LUM-0013", "lum-0013-30"):
        asked = await paul.post(OSCAR, data=await form_of(paul) | {"do": "find", "article_words": words})
        assert asked.text.count('value="pair:') == 1, words
    none = await paul.post(OSCAR, data=await form_of(paul) | {"do": "find", "article_words": "%"})
    assert "No article is called that." in text_of(none.text)
    form = await pressed(paul, filled(asked.text, "article"), f"pair:{world.shade.product_id}")
    key = f"g{world.shade.product_id}"
    await saved(paul, form | {f"{key}-reason_fr": "Le lin adoucit.", f"{key}-reason_en": "Linen softens it."})
    page = text_of((await lea.get("/en/p/oscar-lamp")).text)
    assert "Goes with" in page and "Linen shade" in page and "Linen softens it." in page
    form = await form_of(paul)
    await saved(paul, form | {f"{key}-reason_en": "It softens the light."})
    async with database.work(readonly=True) as session:
        assert (await session.scalar(select(Pairing))).reason["en"] == "It softens the light."
    await saved(paul, await form_of(paul) | {f"{key}-remove": "1"})
    assert "Goes with" not in text_of((await lea.get("/en/p/oscar-lamp")).text)


async def test_an_article_does_not_go_with_itself(paul, database, world):
    form = await pressed(paul, await form_of(paul), f"pair:{world.lamp.product_id}")
    await saved(paul, form)
    async with database.work(readonly=True) as session:
        assert await session.scalar(select(Pairing)) is None


# What shoppers see of it


async def test_the_price_and_the_display_of_the_chosen_store(lea, database, world):
    async with database.work() as session:
        row = await session.get(StoreStock, (world.rivoli.id, world.lamp.id))
        row.price_minor, row.on_show = 11900, True
        lamp = await session.get(Variant, world.lamp.id)
        lamp.lowest_minor = 14900
    here = text_of((await lea.get("/en/p/oscar-lamp?store=rivoli")).text)
    assert "€119.00 price at Aurore Rivoli" in here and "On show in this store." in here
    assert "lowest price" not in here
    there = text_of((await lea.get("/en/p/oscar-lamp?store=kleber")).text)
    assert "€129.00" in there and "price at" not in there and "On show" not in there
    assert "lowest price of the last 30 days: €149.00" in there


async def test_story_and_care_are_read_with_their_formats(paul, lea):
    form = await form_of(paul)
    await saved(paul, form | {"story_en": "**Light**\n\n- one\n- two", "care_en": "Dust it.", "try_in_store": "1"})
    page = (await lea.get("/en/p/oscar-lamp")).text
    assert '<p class="lead"><strong>Light</strong></p>' in page and "<li>one</li>" in page
    assert "Care Dust it." in text_of(page) and "Worth trying in store." in text_of(page)
