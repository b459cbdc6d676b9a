"""What articles are compared by: Paul adds a colour and a width, and nobody loses a choice that articles name."""

import pytest
from filling import error_of, filled
from reading import text_of
from sqlalchemy import select

from booking.journal import Entry
from kit.languages import Translated
from stores import attributes, editing
from stores.attributes import Attribute

PAGE = "/en/merch/attributes"
BRASS = {"code": "brass", "label": {"fr": "Laiton", "en": "Brass"}, "colour": "#B08D57"}
BLACK = {"code": "black", "label": {"fr": "Noir", "en": "Black"}, "colour": "#111111"}


@pytest.fixture
async def paul(world, colleague):
    return await colleague("paul")


@pytest.fixture
async def colour(database, world):
    async with database.work() as session:
        one = Attribute(
            code="colour", kind="colour", label=Translated(fr="Couleur", en="Colour"), choices=[BRASS, BLACK]
        )
        session.add(one)
        (await editing.find(session, "LUM-0001")).attributes = {"colour": "brass"}
        await session.flush()
        return one.id


async def form_of(client, url: str = PAGE) -> dict[str, str]:
    page = await client.get(url)
    assert page.status_code == 200, text_of(page.text)
    return filled(page.text, "attribute")


async def known(database) -> list[Attribute]:
    async with database.work(readonly=True) as session:
        return list(await attributes.every(session))


async def test_paul_keeps_them_and_ines_does_not(paul, colleague):
    ines = await colleague("ines")
    assert "No attribute yet." in text_of((await paul.get(PAGE)).text)
    assert (await ines.get(PAGE)).status_code == 403
    assert (await ines.post(PAGE, data={"label_fr": "x"})).status_code == 403


async def test_a_width_is_added_once_and_journaled(paul, database):
    form = await form_of(paul) | {"label_fr": "Largeur", "label_en": "Width", "kind": "number", "unit": "cm"}
    for _ in range(2):
        assert (await paul.post(PAGE, data=form)).status_code == 303
    (width,) = await known(database)
    assert (width.code, width.kind, width.unit, width.facet) == ("largeur", "number", "cm", False)
    async with database.work(readonly=True) as session:
        (entry,) = (await session.scalars(select(Entry).where(Entry.subject == "attribute"))).all()
    assert (entry.event, entry.by, entry.after) == ("added", "Paul", "largeur")
    said = text_of((await paul.get(PAGE)).text)
    assert "Width largeur a number with a unit (cm)" in said


async def test_a_colour_has_choices_with_words_and_a_swatch(paul, database):
    form = await form_of(paul) | {"label_fr": "Couleur", "label_en": "Colour", "kind": "colour", "code": "colour",
                                  "facet": "1", "choice1-label_fr": "Laiton", "choice1-label_en": "Brass",
                                  "choice1-colour": "#b08d57"}  # fmt: skip
    assert (await paul.post(PAGE, data=form)).status_code == 303
    (one,) = await known(database)
    assert one.facet and one.choices == [BRASS]
    page = (await paul.get(PAGE)).text
    assert 'fill="#B08D57"' in page and "style=" not in page


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("label_en", "", "write it in both languages"),
        ("code", "Lamp Width", "small letters, digits and underscores"),
        ("code", "colour", "Another attribute has this code."),
        ("choice1-colour", "red; background:url(x)", "#RRGGBB"),
        ("choice1-label_en", "", "write it in both languages"),
        ("kind", "secret", "choose one of the list"),
    ],
)
async def test_what_is_wrong_is_said_beside_the_field(paul, colour, field, typed, said):
    form = await form_of(paul) | {"label_fr": "Teinte", "label_en": "Shade", "kind": "colour",
                                  "choice1-label_fr": "Or", "choice1-label_en": "Gold"}  # fmt: skip
    answer = await paul.post(PAGE, data=form | {field: typed})
    assert answer.status_code == 422
    assert said in error_of(answer.text, field)
    assert filled(answer.text, "attribute")["choice1-label_fr"] == "Or"


async def test_choices_without_one_are_none(paul):
    form = await form_of(paul) | {"label_fr": "Pièce", "label_en": "Room", "kind": "choice"}
    answer = await paul.post(PAGE, data=form)
    assert answer.status_code == 422 and "one at least" in error_of(answer.text, "choices")


async def test_code_and_kind_stay_and_the_words_change(paul, database, colour, lea):
    url = f"{PAGE}?attribute={colour}"
    form = await form_of(paul, url)
    sent = form | {"label_en": "Shade", "kind": "text", "code": "other", "choice1-label_en": "Polished brass"}
    assert (await paul.post(PAGE, data=sent)).status_code == 303
    (one,) = await known(database)
    assert (one.code, one.kind, one.label["en"]) == ("colour", "colour", "Shade")
    assert one.choices[0] == {**BRASS, "label": {"fr": "Laiton", "en": "Polished brass"}}
    assert "Shade Polished brass" in text_of((await lea.get("/en/p/oscar-lamp")).text)
    assert (await paul.get(f"{PAGE}?attribute=999999")).status_code == 404
    assert (await paul.post(PAGE, data=form | {"id": "999999"})).status_code == 404


async def test_a_choice_that_articles_name_cannot_go_and_another_can(paul, database, colour):
    url = f"{PAGE}?attribute={colour}"
    gone = {"choice1-label_fr": "", "choice1-label_en": ""}
    answer = await paul.post(PAGE, data=await form_of(paul, url) | gone)
    assert answer.status_code == 422
    assert "Articles still say Brass." in error_of(answer.text, "choices")
    other = {"choice2-label_fr": "", "choice2-label_en": ""}
    assert (await paul.post(PAGE, data=await form_of(paul, url) | other)).status_code == 303
    assert [choice["code"] for choice in (await known(database))[0].choices] == ["brass"]


async def test_more_rows_come_without_losing_what_was_typed(paul, colour):
    url = f"{PAGE}?attribute={colour}"
    form = await form_of(paul, url) | {"label_en": "Half"}
    more = await paul.post(url, data=form | {"do": "rows"})
    again = filled(more.text, "attribute")
    assert again["label_en"] == "Half" and int(again["rows"]) == int(form["rows"]) + 3


async def test_two_people_are_shown_what_differs(paul, colleague, colour, database):
    solene = await colleague("solene")
    url = f"{PAGE}?attribute={colour}"
    mine, hers = await form_of(paul, url), await form_of(solene, url)
    assert (await solene.post(PAGE, data=hers | {"label_en": "Hers"})).status_code == 303
    answer = await paul.post(PAGE, data=mine | {"label_en": "Mine"})
    assert answer.status_code == 409
    assert "Hers" in text_of(answer.text) and filled(answer.text, "attribute")["label_en"] == "Mine"
    assert (await known(database))[0].label["en"] == "Hers"
