"""What an article lacks: in each language, and before shoppers may see it."""

import pytest
from factories import both, build
from sqlalchemy import select

from kit.languages import Translated
from stores import completeness
from stores.catalogue import Picture, Product, Variant
from stores.completeness import Part, Reason
from stores.media import Medium

OAK = {"name": {"fr": "Bois", "en": "Wood"}, "value": {"fr": "Chêne", "en": "Oak"}}
FRENCH_ONLY = {"name": {"fr": "Bois"}, "value": {"fr": "Chêne"}}


def article(**over) -> Product:
    values = {
        "name": both("Chaise", "Chair"),
        "story": both("Une chaise.", "A chair."),
        "facts": {"fr": [["Hauteur", "80 cm"]], "en": [["Height", "80 cm"]]},
        "category_id": 1,
        "variants": [Variant(sku="A", options=[OAK], price_minor=100, hidden=False)],
        "pictures": [Picture(path="a.webp", alt=both("Une chaise", "A chair"), medium_id=7)],
    }
    return Product(**{**values, **over})


def variant(**over) -> Variant:
    return Variant(**{"sku": "A", "options": [], "price_minor": 100, "hidden": False, **over})


def test_an_article_that_has_everything_lacks_nothing():
    assert completeness.publishable(article()) == []
    assert completeness.lacking(article(), "fr") == completeness.lacking(article(), "en") == []


@pytest.mark.parametrize(
    ("over", "why"),
    [
        ({"name": Translated(en="Chair")}, [Reason.NAME]),
        ({"category_id": None}, [Reason.CATEGORY]),
        ({"pictures": [Picture(alt=Translated(en="A chair"), medium_id=7)]}, [Reason.PICTURES]),
        ({"pictures": [Picture(alt=Translated(), medium_id=None)]}, [Reason.PICTURES]),
        ({"variants": []}, [Reason.VARIANTS]),
        ({"variants": [variant(hidden=True)]}, [Reason.VARIANTS]),
        ({"variants": [variant(price_minor=0)]}, [Reason.VARIANTS]),
        ({"variants": [variant(hidden=True), variant(sku="B")]}, []),
        ({"pictures": []}, []),
        ({"name": Translated(fr="Chaise"), "story": Translated()}, []),
        ({"name": Translated(), "variants": []}, [Reason.NAME, Reason.VARIANTS]),
    ],
)
def test_what_keeps_an_article_from_being_shown(over, why):
    assert completeness.publishable(article(**over)) == why
    assert all(str(completeness.SENTENCES[reason]) for reason in why)


def test_a_picture_that_only_decorates_needs_no_words():
    bare = article(pictures=[Picture(alt=Translated(), medium_id=7)])
    assert completeness.publishable(bare, decorative={7}) == []
    assert completeness.lacking(bare, "fr", decorative={7}) == []
    assert completeness.publishable(bare, decorative={8}) == [Reason.PICTURES]


@pytest.mark.parametrize(
    ("over", "lacks"),
    [
        ({"name": Translated(fr="Chaise")}, [Part.NAME]),
        ({"story": Translated(fr="Une chaise.")}, [Part.STORY]),
        ({"facts": {"fr": [["Hauteur", "80 cm"]], "en": []}}, [Part.FACTS]),
        ({"variants": [variant(options=[FRENCH_ONLY])]}, [Part.OPTIONS]),
        ({"variants": [variant(options=[FRENCH_ONLY], hidden=True)]}, []),
        ({"variants": [variant()]}, []),
        ({"pictures": [Picture(alt=Translated(fr="Une chaise"), medium_id=7)]}, [Part.PICTURES]),
        ({"pictures": []}, []),
    ],
)
def test_what_english_lacks_french_may_have(over, lacks):
    assert completeness.lacking(article(**over), "en") == lacks
    assert completeness.lacking(article(**over), "fr") == []


async def test_the_database_is_asked_the_same_rule(session, clock):
    world = await build(session, now=clock(), staffed=False)
    found = {product.ref: product for product in await session.scalars(select(Product))}
    lamp, shade, sofa = found["LUM-0001"], found["LUM-0013"], found["MEU-0001"]
    shade.name = Translated(en="Linen shade")
    world.sofa.hidden = True
    plain, bare = (
        Medium(digest=name, path=f"{name}.webp", kind="image/webp", width=1, height=1, size=1, alt=Translated(),
               decorative=name == "plain", created_at=clock())
        for name in ("plain", "bare")
    )  # fmt: skip
    session.add_all([plain, bare])
    await session.flush()
    for product, medium in ((lamp, plain), (shade, bare)):
        session.add(
            Picture(product_id=product.id, medium_id=medium.id, path=medium.path, alt=Translated(), width=1, height=1)
        )
    await session.flush()
    assert await completeness.unready(session, [lamp.id, shade.id, sofa.id]) == {
        lamp.id: [],
        shade.id: [Reason.NAME, Reason.PICTURES],
        sofa.id: [Reason.VARIANTS],
    }
    assert await completeness.decorative(session, [lamp.id, shade.id]) == {plain.id}
