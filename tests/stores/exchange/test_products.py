"""Articles as files bring them: what a row is about, what it changes, and what it leaves alone."""

import pytest
from factories import World, both, build, put, reserved
from sqlalchemy import select

from kit.languages import Translated
from stores import slugs
from stores.attributes import Attribute
from stores.catalogue import Product, Variant
from stores.exchange import batches
from stores.media import Medium
from stores.prices import PriceChange
from tests.stores.exchange.bringing import apply, article, bring, check, codes, differences, rows, sheet, undo, variant


@pytest.fixture
async def world(database, clock) -> World:
    async with database.work() as session:
        return await build(session, now=clock(), staffed=False)


NEW = ("ref", "name:fr", "name:en", "category", "sku", "price", "state")


async def test_a_new_article_comes_with_its_variants(database, clock, world):
    file = sheet(
        (*NEW, "option1_name:fr", "option1_name:en", "option1:fr", "option1:en", "gtin", "weight_grams"),
        ("LIN-1", "Plaid lin", "Linen throw", "table-lamps", "LIN-1-B", "49,90", "published", "Couleur", "Colour",
         "Bleu", "Blue", "3017620422003", "850"),
        ("LIN-1", "", "", "", "LIN-1-R", "59,90", "", "Couleur", "Colour", "Rouge", "Red", "", ""),
    )  # fmt: skip
    batch = await bring(database, clock, file)

    assert batch.state == "applied"
    assert (batch.rows, batch.counts["created"], batch.counts["rejected"]) == (2, 2, 0)
    plaid = await article(database, "LIN-1")
    assert (plaid.name["fr"], plaid.name["en"], plaid.slug_fr, plaid.slug_en) == (
        "Plaid lin", "Linen throw", "plaid-lin", "linen-throw",
    )  # fmt: skip
    assert (plaid.state, plaid.published_at, plaid.category.slug_fr) == ("published", clock(), "lampes-a-poser")
    blue, red = plaid.variants
    assert (blue.sku, blue.price_minor, blue.gtin, blue.weight_grams) == ("LIN-1-B", 4990, "3017620422003", 850)
    assert (red.sku, red.price_minor, red.position) == ("LIN-1-R", 5990, 1)
    assert red.options == [{"name": {"fr": "Couleur", "en": "Colour"}, "value": {"fr": "Rouge", "en": "Red"}}]


async def test_what_is_absent_or_empty_is_left_alone_and_erased_is_erased(database, clock, world):
    file = sheet(("sku", "name:fr", "name:en", "brand", "gtin"), ("LUM-0001-LAI", "Lampe Oscar 2", "", "__VIDE__", ""))
    batch = await bring(database, clock, file)

    assert batch.counts["updated"] == 1
    lamp = await article(database, "LUM-0001")
    assert (lamp.name, lamp.brand) == ({"fr": "Lampe Oscar 2", "en": "Oscar lamp"}, "")
    assert lamp.variants[0].gtin == "3001234567892" and lamp.story["fr"].startswith("Elle éclaire")
    [row] = await differences(database, batch)
    assert sorted(row.changes) == [
        ("brand", "Maison Lavergne", ""),
        ("name:fr", "Lampe Oscar", "Lampe Oscar 2"),
    ]
    assert row.matched_by == "sku"


async def test_a_barcode_finds_its_article_however_many_zeros_stand_before_it(database, clock, world):
    """What a programme that knows no SKU of ours calls it is said, and changes nothing."""
    file = sheet(("sku", "gtin", "price"), ("WHATEVER-7", "03001234567892", "99.00"))
    batch = await check(database, clock, file)
    [row] = await differences(database, batch)
    assert (row.key, row.action, row.matched_by) == ("LUM-0001-LAI", "updated", "gtin")
    assert codes(row) == [("sku", "sku_kept")] and row.changes == [("price", "129.00", "99.00")]

    await apply(database, clock, batch, str(batch.brake.get("count", "")))
    lamp = await variant(database, "LUM-0001-LAI")
    assert (lamp.price_minor, lamp.gtin) == (9900, "3001234567892")


async def test_a_barcode_of_another_article_is_refused_with_its_sku(database, clock, world):
    file = sheet(
        ("sku", "gtin"),
        ("LUM-0013-30", "3001234567892"),
        ("MEU-0001", "3017620422003"),
        ("NEW-1", "3017620422003"),
    )
    batch = await check(database, clock, file)
    shade, sofa, new = await differences(database, batch)
    assert (shade.action, codes(shade), shade.problems[0].params) == (
        "rejected", [("gtin", "gtin_taken")], {"sku": "LUM-0001-LAI"},
    )  # fmt: skip
    assert sofa.action == "updated"
    assert ("gtin", "repeated") in codes(new) and new.problems[0].params == {"line": 3}


async def test_the_second_row_of_a_sku_is_rejected_with_the_line_of_the_first(database, clock, world):
    """Also when other chunks lie between them."""
    others = [(f"X-{number}", f"X-{number}", f"Article {number}", "table-lamps", "1.00") for number in range(1200)]
    file = sheet(
        ("ref", "sku", "name:fr", "category", "price"),
        ("", "LUM-0001-LAI", "Lampe A", "", "10"),
        ("", "LUM-0001-LAI", "Lampe B", "", "11"),
        *others,
        ("", "LUM-0001-LAI", "Lampe C", "", "12"),
        ("X-7", "X-7", "", "", "13"),
    )
    batch = await check(database, clock, file)
    rejected = await differences(database, batch, "rejected")
    assert [(row.line, codes(row), row.problems[0].params) for row in rejected] == [
        (3, [("sku", "repeated")], {"line": 2}),
        (1204, [("sku", "repeated")], {"line": 2}),
        (1205, [("sku", "repeated")], {"line": 11}),
    ]
    assert sum(batch.counts.values()) == batch.rows == 1204


async def test_a_row_names_its_article_by_ref_then_by_address(database, clock, world):
    file = sheet(
        ("ref", "slug:fr", "sku", "price", "option1_name:fr", "option1:fr"),
        ("LUM-0001", "", "LUM-0001-NOI", "139", "Finition", "Noir"),
        ("", "abat-jour-lin", "LUM-0013-40", "45", "Taille", "40"),
    )
    batch = await bring(database, clock, file)
    by_ref, by_slug = await differences(database, batch)
    assert (by_ref.action, by_ref.matched_by) == ("created", "ref")
    assert (by_slug.action, by_slug.matched_by) == ("created", "slug")
    assert [one.sku for one in (await article(database, "LUM-0001")).variants] == ["LUM-0001-LAI", "LUM-0001-NOI"]
    assert [one.sku for one in (await article(database, "LUM-0013")).variants] == ["LUM-0013-30", "LUM-0013-40"]


async def test_a_foreign_ref_is_said_and_another_articles_ref_is_refused(database, clock, world):
    file = sheet(("ref", "sku", "price"), ("their-77", "LUM-0001-LAI", "120"), ("MEU-0001", "LUM-0013-30", "30"))
    batch = await check(database, clock, file)
    kept, refused = await differences(database, batch)
    assert (kept.action, codes(kept)) == ("updated", [("ref", "ref_kept")])
    assert (refused.action, codes(refused)) == ("rejected", [("sku", "other_article")])
    assert refused.problems[0].params == {"ref": "LUM-0013"}


@pytest.mark.parametrize(
    "said", ["table-lamps", "lampes-a-poser", "Lampes à poser", "luminaires > LAMPES A POSER", "Lighting>Table lamps"]
)
async def test_a_category_is_known_by_many_names(said, database, clock, world):
    file = sheet(("ref", "name:fr", "category"), ("NEU-1", "Neuf", said))
    batch = await bring(database, clock, file)
    assert batch.counts["created"] == 1
    assert (await article(database, "NEU-1")).category.slug_fr == "lampes-a-poser"


async def test_an_unknown_category_is_rejected_with_the_nearest(database, clock, world):
    file = sheet(("ref", "name:fr", "category"), ("NEU-1", "Neuf", "Lampes a possé"))
    batch = await check(database, clock, file)
    [row] = await differences(database, batch)
    assert codes(row) == [("category", "unknown_category")]
    assert row.problems[0].params["suggestion"] in ("lampes a poser", "lampes-a-poser")


async def test_a_new_article_needs_a_name_a_category_and_a_price(database, clock, world):
    file = sheet(
        ("ref", "name:fr", "category", "sku", "price"),
        ("A", "", "table-lamps", "A-1", "10"),
        ("A", "Nom", "", "A-2", "10"),
        ("A", "", "", "A-3", "10"),
        ("B", "Nom", "table-lamps", "B-1", ""),
        ("C", "Nom", "table-lamps", "", "12"),
    )
    batch = await check(database, clock, file)
    found = [codes(row) for row in await differences(database, batch)]
    assert found == [
        [("name:fr", "needed")],
        [("ref", "begins_rejected")],
        [("ref", "begins_rejected")],
        [("price", "needed")],
        [("sku", "missing")],
    ]


async def test_a_new_article_without_a_ref_has_that_of_its_sku(database, clock, world):
    await bring(database, clock, sheet(("sku", "name:fr", "category", "price"), ("Z-1", "Zèbre", "table-lamps", "9")))
    assert (await article(database, "Z-1")).slug_fr == "zebre"


async def test_the_same_name_gets_another_address(database, clock, world):
    file = sheet(
        ("ref", "name:fr", "category"), ("D-1", "Lampe Oscar", "table-lamps"), ("D-2", "Lampe Oscar", "table-lamps")
    )
    await bring(database, clock, file)
    assert (await article(database, "D-1")).slug_fr == "lampe-oscar-d-1"
    assert (await article(database, "D-2")).slug_fr == "lampe-oscar-d-2"


async def test_an_address_that_is_changed_leads_on_and_one_that_is_taken_is_refused(database, clock, world):
    file = sheet(("sku", "slug:fr", "slug:en"), ("LUM-0001-LAI", "oscar", ""), ("LUM-0013-30", "", "berthe-sofa"))
    batch = await bring(database, clock, file)
    async with database.work() as session:
        assert await slugs.follow(session, "product", "lampe-oscar") == (await article(database, "LUM-0001")).id
    [taken] = await differences(database, batch, "rejected")
    assert codes(taken) == [("slug:en", "slug_taken")] and taken.problems[0].params == {"ref": "MEU-0001"}
    assert (await article(database, "LUM-0001")).slug_fr == "oscar"

    await undo(database, clock, batch)
    assert (await article(database, "LUM-0001")).slug_fr == "lampe-oscar"
    async with database.work() as session:
        assert await slugs.follow(session, "product", "lampe-oscar") is None


async def test_attributes_are_read_as_their_kind(database, clock, world):
    choices = [{"code": "oak", "label": {"fr": "Chêne", "en": "Oak"}, "colour": ""}]
    async with database.work() as session:
        session.add_all(
            [
                Attribute(code="width", kind="number", label=both("Largeur"), unit="cm"),
                Attribute(code="wood", kind="choice", label=both("Bois"), choices=choices),
                Attribute(code="finish", kind="text", label=both("Finition")),
            ]
        )
    file = sheet(
        ("sku", "attribute:width", "attribute:wood", "attribute:finish:fr", "attribute:widht"),
        ("LUM-0001-LAI", "42,5 cm", "Chêne", "Ciré", ""),
        ("LUM-0013-30", "large", "", "", ""),
        ("MEU-0001", "", "", "", "12"),
    )
    batch = await bring(database, clock, file)
    assert (await article(database, "LUM-0001")).attributes == {"width": 42.5, "wood": "oak", "finish": {"fr": "Ciré"}}
    wrong, unknown = await differences(database, batch, "rejected")
    assert codes(wrong) == [("attribute:width", "not_a_number")]
    assert codes(unknown) == [("attribute:widht", "unknown_attribute")]
    assert unknown.problems[0].params == {"suggestion": "width"}


async def test_facts_replace_or_add(database, clock, world):
    header = ("sku", "facts:fr")
    await bring(database, clock, sheet(header, ("LUM-0001-LAI", "Matière: Laiton | Poids: 2 kg")))
    assert (await article(database, "LUM-0001")).facts["fr"] == [["Matière", "Laiton"], ["Poids", "2 kg"]]
    await bring(database, clock, sheet(header, ("LUM-0001-LAI", "Poids: 3 kg | Hauteur: 42 cm")), add=["facts"])
    assert (await article(database, "LUM-0001")).facts["fr"] == [
        ["Matière", "Laiton"], ["Poids", "3 kg"], ["Hauteur", "42 cm"],
    ]  # fmt: skip
    assert (await article(database, "LUM-0001")).facts["en"] == [["Height", "42 cm"]]


@pytest.fixture
async def media(database, clock) -> None:
    async with database.work() as session:
        session.add_all(
            Medium(
                digest=name, path=f"{name}.webp", kind="image/webp", width=800, height=1000, size=9, focal_x=30,
                alt=both(f"Photo {name}"), created_at=clock(),
            )
            for name in ("a", "b", "c")
        )  # fmt: skip


async def paths(database) -> list[tuple[str, str]]:
    return [(one.path, one.alt.get("fr", "")) for one in (await article(database, "LUM-0001")).pictures]


async def test_pictures_replace_or_add_and_bring_their_words(database, clock, world, media):
    header = ("sku", "pictures", "picture_alts:fr")
    first = await bring(database, clock, sheet(header, ("LUM-0001-LAI", "a.webp /media/b.webp", "De face")))
    assert await paths(database) == [("a.webp", "De face"), ("b.webp", "Photo b")]
    assert (await article(database, "LUM-0001")).pictures[0].focal_x == 30

    await bring(database, clock, sheet(header[:2], ("LUM-0001-LAI", "c.webp")), add=["pictures"])
    assert [path for path, _ in await paths(database)] == ["a.webp", "b.webp", "c.webp"]
    second = await bring(database, clock, sheet(header[:2], ("LUM-0001-LAI", "c.webp a.webp")))
    assert await paths(database) == [("c.webp", "Photo c"), ("a.webp", "De face")]

    await undo(database, clock, second)
    assert await paths(database) == [("a.webp", "De face"), ("b.webp", "Photo b"), ("c.webp", "Photo c")]
    assert (await undo(database, clock, first)).counts["left"] == 1


async def test_one_picture_may_hang_twice_with_other_words(database, clock, world, media):
    """Two colours of one article may look the same."""
    file = sheet(("sku", "pictures", "picture_alts:fr"), ("LUM-0001-LAI", "a.webp b.webp a.webp", "Une | Deux | Trois"))
    await bring(database, clock, file)
    assert await paths(database) == [("a.webp", "Une"), ("b.webp", "Deux"), ("a.webp", "Trois")]
    assert (await check(database, clock, file)).counts["unchanged"] == 1


async def test_a_picture_that_is_not_here_is_said(database, clock, world, media):
    file = sheet(
        ("sku", "pictures", "brand"),
        ("LUM-0001-LAI", "https://elsewhere.example/a.jpg", "Neuve"),
        ("LUM-0013-30", "z.webp", "Neuve"),
    )
    batch = await check(database, clock, file)
    elsewhere, unknown = await differences(database, batch)
    assert (elsewhere.action, codes(elsewhere)) == ("updated", [("pictures", "not_fetched")])
    assert (unknown.action, codes(unknown)) == ("rejected", [("pictures", "unknown_picture")])


async def test_an_article_is_shown_only_when_it_may_be(database, clock, world, media):
    async with database.work() as session:
        medium = await session.scalar(select(Medium).where(Medium.path == "a.webp"))
        medium.alt = both("")
    file = sheet(
        (*NEW, "pictures", "picture_alts:fr"),
        ("P-1", "Sans mots", "", "table-lamps", "P-1", "10", "published", "a.webp", ""),
        ("P-2", "Décrite", "", "table-lamps", "P-2", "10", "published", "a.webp", "Une lampe"),
        ("P-3", "Sans variante", "", "table-lamps", "", "", "published", "", ""),
    )
    batch = await bring(database, clock, file)
    assert [codes(row) for row in await differences(database, batch)] == [
        [("state", "unpublished_pictures")], [], [("state", "unpublished_variants")],
    ]  # fmt: skip
    assert [(await article(database, ref)).state for ref in ("P-1", "P-2", "P-3")] == ["draft", "published", "draft"]


async def test_a_currency_is_not_changed_without_its_amounts(database, clock, world):
    file = sheet(("sku", "currency", "price"), ("LUM-0001-LAI", "JPY", ""), ("LUM-0013-30", "JPY", "5800"))
    batch = await bring(database, clock, file)
    lamp, shade = await differences(database, batch)
    assert (lamp.action, codes(lamp), shade.action) == ("rejected", [("price", "other_currency_needed")], "updated")
    lamp, shade = await variant(database, "LUM-0001-LAI"), await variant(database, "LUM-0013-30")
    assert (lamp.price_minor, lamp.currency, shade.price_minor, shade.currency) == (12900, "EUR", 5800, "JPY")


async def test_an_article_that_no_address_can_be_made_of_has_one_that_can_be_imported_again(database, clock, world):
    await bring(database, clock, sheet(NEW, ("日本", "日本", "", "table-lamps", "日本-1", "10", "draft")))
    made = await article(database, "日本")
    assert made.slug_fr == f"article-{made.id}"


async def test_prices_that_change_are_kept(database, clock, world):
    await bring(database, clock, sheet(("sku", "price"), ("LUM-0001-LAI", "129")))
    await bring(database, clock, sheet(("sku", "price", "was_price"), ("LUM-0001-LAI", "99", "129,00")))
    clock.forward(days=3)
    lamp = await variant(database, "LUM-0001-LAI")
    async with database.work() as session:
        kept = list(await session.scalars(select(PriceChange.price_minor).where(PriceChange.variant_id == lamp.id)))
    assert (lamp.price_minor, lamp.was_minor, kept) == (9900, 12900, [9900])


async def test_what_a_file_says_twice_of_an_article_is_taken_once(database, clock, world):
    file = sheet(
        (*NEW, "brand"),
        ("T-1", "Table", "Table", "table-lamps", "T-1-A", "10", "", "Une"),
        ("T-1", "Table", "Table", "table-lamps", "T-1-B", "10", "", "Autre"),
    )
    batch = await bring(database, clock, file)
    assert (await article(database, "T-1")).brand == "Une"
    assert [codes(row) for row in await differences(database, batch)] == [[], [("brand", "differs")]]


async def test_bringing_the_same_file_again_changes_nothing(database, clock, world):
    file = sheet(
        (*NEW, "facts:fr", "drafts", "publish_at", "hidden"),
        ("S-1", "Siège", "Seat", "table-lamps", "S-1-A", "10", "", "Poids: 2 kg", "en", "2026-12-24 10:00", "no"),
        ("S-1", "", "", "", "S-1-B", "12", "", "", "", "", "yes"),
    )
    await bring(database, clock, file)
    again = await check(database, clock, file)
    assert again.counts == {"created": 0, "updated": 0, "unchanged": 2, "rejected": 0, "hidden": 0}


# A full file


async def test_a_full_file_hides_what_it_does_not_name(database, clock, world):
    async with database.work() as session:
        await reserved(session, world, now=clock())
    batch = await check(database, clock, sheet(("sku", "price"), ("LUM-0013-30", "35")), mode="full")
    assert batch.counts == {"created": 0, "updated": 0, "unchanged": 1, "rejected": 0, "hidden": 2}
    assert batch.rows == 1
    lamp, sofa = await differences(database, batch, "hidden")
    assert (lamp.key, codes(lamp), lamp.problems[0].params) == (
        "LUM-0001-LAI",
        [("sku", "still_reserved")],
        {"count": 1},
    )
    assert (sofa.key, codes(sofa)) == ("MEU-0001", [])

    assert batch.brake == {"reason": "vanish", "count": 2, "of": 3}
    with pytest.raises(batches.WrongNumber):
        await apply(database, clock, batch)
    batch = await apply(database, clock, batch, " 2 ")
    assert (await variant(database, "LUM-0001-LAI")).hidden
    assert (await article(database, "LUM-0001")).state == "withdrawn"
    assert (await article(database, "LUM-0013")).state == "published"

    await undo(database, clock, batch)
    assert not (await variant(database, "LUM-0001-LAI")).hidden
    assert (await article(database, "LUM-0001")).state == "published"


async def test_an_article_of_which_a_variant_stays_is_not_withdrawn(database, clock, world):
    await bring(database, clock, sheet(("ref", "sku", "price"), ("LUM-0001", "LUM-0001-Z", "139")))
    batch = await bring(database, clock, sheet(("sku",), ("LUM-0001-Z",), ("LUM-0013-30",), ("MEU-0001",)), mode="full")
    assert batch.counts["hidden"] == 1
    assert (await article(database, "LUM-0001")).state == "published"
    assert (await variant(database, "LUM-0001-LAI")).hidden


async def test_many_changed_prices_ask_for_their_number(database, clock, world):
    made = [(f"M-{n}", f"M-{n}", f"Objet {n}", "table-lamps", "10") for n in range(40)]
    header = ("ref", "sku", "name:fr", "category", "price")
    await bring(database, clock, sheet(header, *made))
    few = await check(database, clock, sheet(("sku", "price"), *((f"M-{n}", "11") for n in range(8))))
    assert few.brake == {}
    many = await check(database, clock, sheet(("sku", "price"), *((f"M-{n}", "11") for n in range(12))))
    assert many.brake == {"reason": "prices", "count": 12, "of": 43}


# Taking it back


async def test_what_was_created_is_deleted_or_hidden_where_something_names_it(database, clock, world):
    file = sheet(
        NEW,
        ("U-1", "Un", "", "table-lamps", "U-1-A", "10", "published"),
        ("U-1", "", "", "", "U-1-B", "10", ""),
        ("U-2", "Deux", "", "table-lamps", "U-2-A", "10", "published"),
    )
    batch = await bring(database, clock, file)
    async with database.work() as session:
        one = await session.scalar(select(Variant).where(Variant.sku == "U-1-B"))
        await put(session, world.rivoli, one, 3, now=clock())
    batch = await undo(database, clock, batch)

    assert (batch.state, batch.counts["undone"], batch.counts["left"]) == ("undone", 3, 0)
    first = await article(database, "U-1")
    assert [(one.sku, one.hidden) for one in first.variants] == [("U-1-B", True)] and first.state == "withdrawn"
    async with database.work() as session:
        assert await session.scalar(select(Product).where(Product.ref == "U-2")) is None


async def test_a_new_article_on_which_somebody_has_worked_is_not_deleted(database, clock, world):
    """Her texts stay; the article is no longer offered."""
    file = sheet(NEW, ("U-1", "Un", "", "table-lamps", "U-1-A", "10", "published"))
    batch = await bring(database, clock, file)
    clock.forward(minutes=5)
    async with database.work() as session:
        one = (await session.scalars(select(Product).where(Product.ref == "U-1"))).one()
        one.story, one.updated_at = Translated(fr="Tourné à la main."), clock()
    await undo(database, clock, batch)

    one = await article(database, "U-1")
    assert (one.story["fr"], one.state) == ("Tourné à la main.", "withdrawn")
    assert [variant.hidden for variant in one.variants] == [True]


async def test_an_article_that_somebody_was_faster_to_create_is_hers(database, clock, world):
    """Also where both brought the very same file: taking one back leaves what the other made."""
    file = sheet(NEW, ("U-1", "Un", "", "table-lamps", "U-1-A", "10", "published"))
    dearer = sheet(NEW, ("U-1", "Un", "", "table-lamps", "U-1-A", "12", "published"))
    same, other = await check(database, clock, file), await check(database, clock, dearer)
    await bring(database, clock, file)
    same, other = await apply(database, clock, same), await apply(database, clock, other)
    assert [(one.counts["created"], one.counts["updated"]) for one in (same, other)] == [(0, 0), (0, 1)]
    for late in (other, same):
        await undo(database, clock, late)
        assert (await variant(database, "U-1-A")).price_minor == 1000


async def test_what_somebody_has_changed_since_is_left_and_said(database, clock, world):
    file = sheet(("sku", "price", "brand"), ("LUM-0001-LAI", "99", "Autre"), ("LUM-0013-30", "20", ""))
    batch = await bring(database, clock, file)
    async with database.work() as session:
        lamp = await session.scalar(select(Variant).where(Variant.sku == "LUM-0001-LAI"))
        lamp.price_minor = 8800
    batch = await undo(database, clock, batch)

    assert (batch.counts["undone"], batch.counts["left"]) == (1, 1)
    assert (await variant(database, "LUM-0001-LAI")).price_minor == 8800
    assert (await article(database, "LUM-0001")).brand == "Maison Lavergne"
    assert (await variant(database, "LUM-0013-30")).price_minor == 3500
    left, _ = await rows(database, batch)
    assert [(one["column"], one["code"]) for one in left.problems] == [("price", "changed_since")]


async def test_what_changed_between_check_and_apply_is_what_is_taken_back(database, clock, world):
    batch = await check(database, clock, sheet(("sku", "price"), ("LUM-0001-LAI", "99")))
    async with database.work() as session:
        lamp = await session.scalar(select(Variant).where(Variant.sku == "LUM-0001-LAI"))
        lamp.price_minor = 11100
    batch = await apply(database, clock, batch)
    assert (await variant(database, "LUM-0001-LAI")).price_minor == 9900
    await undo(database, clock, batch)
    assert (await variant(database, "LUM-0001-LAI")).price_minor == 11100


async def test_an_address_that_was_taken_meanwhile_rejects_its_row_alone(database, clock, world):
    file = sheet(("sku", "slug:fr"), ("LUM-0001-LAI", "oscar"), ("LUM-0013-30", "lin"))
    batch = await check(database, clock, file)
    async with database.work() as session:
        sofa = await session.scalar(select(Product).where(Product.ref == "MEU-0001"))
        sofa.slug_fr = "oscar"
    batch = await apply(database, clock, batch)
    assert (batch.counts["updated"], batch.counts["rejected"]) == (1, 1)
    assert (await article(database, "LUM-0013")).slug_fr == "lin"
    [row] = await differences(database, batch, "rejected")
    assert codes(row) == [("slug:fr", "slug_taken")]
    async with database.work(readonly=True) as session:
        again = [row async for row in batches.rejected_rows(session, batch)]
    assert again[1][:2] == ["LUM-0001-LAI", "oscar"]  # its cells are there to be tried again


async def test_a_variant_that_is_hidden_while_somebody_waits_for_it_is_said(database, clock, world):
    async with database.work() as session:
        await reserved(session, world, now=clock(), lines=[(world.lamp, 2)])
    batch = await check(database, clock, sheet(("sku", "hidden"), ("LUM-0001-LAI", "oui"), ("LUM-0013-30", "oui")))
    lamp, shade = await differences(database, batch)
    assert (codes(lamp), lamp.problems[0].params) == ([("sku", "still_reserved")], {"count": 2})
    assert codes(shade) == [] and batch.brake["reason"] == "vanish"


async def test_a_day_and_hour_are_those_of_the_house(database, clock, world):
    await bring(database, clock, sheet(("sku", "publish_at"), ("LUM-0001-LAI", "2026-12-24 10:00")))
    assert (await article(database, "LUM-0001")).publish_at.isoformat() == "2026-12-24T09:00:00+00:00"


async def test_a_row_that_cannot_be_told_apart_is_rejected_alone(database, clock, world):
    file = b"sku,price,brand\r\nLUM-0001-LAI,99\r\nLUM-0013-30,36,Neuve\r\n"
    batch = await check(database, clock, file)
    assert [(row.action, codes(row)) for row in await differences(database, batch)] == [
        ("rejected", [("", "row_shorter")]), ("updated", []),
    ]  # fmt: skip
