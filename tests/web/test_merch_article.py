"""X2: Paul merchandises Aurore. He writes an article in French and in English, and never loses a word of it."""

import re
from datetime import UTC, datetime

import pytest
from factories import PASSWORD, both
from filling import error_of, filled
from reading import text_of
from sqlalchemy import select

from booking.journal import Entry
from kit.languages import Translated
from stores import editing, slugs, staff
from stores.attributes import Attribute
from stores.catalogue import Picture, Product
from stores.drafts import Draft

OSCAR, OSCAR_FR = "/en/merch/articles/LUM-0001", "/fr/merch/articles/LUM-0001"
NEW = "/en/merch/articles/new"


@pytest.fixture
async def paul(world, colleague):
    return await colleague("paul")


@pytest.fixture
async def aude(world, database, clock, colleague):
    """She merchandises too, in another room."""
    async with database.work() as session:
        await staff.add_account(
            session, "aude@aurore.example", "merchandiser", first_name="Aude", last_name="Test", store_ids=[],
            password=PASSWORD, now=clock(),
        )  # fmt: skip
    return await colleague("aude")


async def form_of(client, url: str = OSCAR) -> dict[str, str]:
    page = await client.get(url)
    assert page.status_code == 200, text_of(page.text)
    return filled(page.text, "article")


async def saved(client, form: dict[str, str], url: str = OSCAR) -> None:
    answer = await client.post(url, data=form)
    assert answer.status_code == 303, text_of(answer.text)


async def article(database, ref: str = "LUM-0001") -> Product:
    async with database.work(readonly=True) as session:
        return await editing.find(session, ref)


async def entries(database, event: str) -> list[Entry]:
    async with database.work(readonly=True) as session:
        return [
            one for one in await session.scalars(select(Entry).where(Entry.subject == "product")) if one.event == event
        ]


# Who


async def test_paul_edits_articles_and_ines_does_not(paul, colleague):
    ines = await colleague("ines")
    assert (await paul.get(OSCAR)).status_code == 200
    assert (await paul.get("/en/merch/articles/NOBODY")).status_code == 404
    for path in (OSCAR, NEW):
        assert (await ines.get(path)).status_code == 403
        assert (await ines.post(path, data={"name_fr": "x"})).status_code == 403
    assert (await ines.post(f"{OSCAR}/draft", data={})).status_code == 403
    assert (await ines.post(f"{OSCAR}/preview?field=story_fr", data={})).status_code == 403


# Saving


async def test_the_page_opens_with_what_stands_and_saves_it_unchanged_without_a_trace(paul, database):
    before = await article(database)
    form = await form_of(paul)
    assert form["name_fr"] == "Lampe Oscar" and form["name_en"] == "Oscar lamp"
    assert form["facts_en"] == "Height: 42 cm"
    await saved(paul, form)
    after = await article(database)
    assert after.updated_at == before.updated_at
    assert await entries(database, "changed") == []


async def test_words_facts_and_details_are_saved_and_journaled(paul, database, clock):
    clock.forward(minutes=5)
    form = await form_of(paul)
    form |= {"story_en": "It **lights** the table.", "care_fr": "- Essuyer", "made_in": "PT", "try_in_store": "1",
             "max_per_reservation": "2", "seo_title_en": "Oscar, a lamp", "draft_en": "1"}  # fmt: skip
    form["facts_fr"] = "Hauteur : 42 cm\nPoids : 2 kg"
    form.pop("listed")
    await saved(paul, form)
    oscar = await article(database)
    assert oscar.story == {"fr": "Elle éclaire la table sans éblouir.", "en": "It **lights** the table."}
    assert oscar.facts["fr"] == [["Hauteur", "42 cm"], ["Poids", "2 kg"]]
    assert oscar.facts["en"] == [["Height", "42 cm"]]
    assert (oscar.made_in, oscar.try_in_store, oscar.listed, oscar.drafts) == ("PT", True, False, ["en"])
    assert oscar.max_per_reservation == 2 and oscar.updated_at == clock()
    (entry,) = await entries(database, "changed")
    assert entry.by == "Paul"
    assert entry.detail["fields"]["made_in"] == ["", "PT"]
    assert entry.detail["fields"]["care_fr"] == ["", "- Essuyer"]
    assert "name_fr" not in entry.detail["fields"]


async def test_what_is_too_long_or_makes_no_sense_is_said_beside_the_field_and_nothing_is_lost(paul, database):
    form = await form_of(paul)
    wrong = {"name_en": "x" * 201, "facts_en": "Height 42 cm", "slug_fr": "Lampe Oscar!", "category": "0",
             "max_per_reservation": "many", "publish_at": "next week", "story_fr": "Je reste."}  # fmt: skip
    answer = await paul.post(OSCAR, data=form | wrong)
    assert answer.status_code == 422
    assert "There are 6 problems" in text_of(answer.text)
    assert "<title>Error:" in answer.text
    assert error_of(answer.text, "name_en") == "Name, in English: 200 signs at most, there are 201."
    assert "has no colon" in error_of(answer.text, "facts_en")
    assert "small letters" in error_of(answer.text, "slug_fr")
    assert error_of(answer.text, "category") and error_of(answer.text, "publish_at")
    again = filled(answer.text, "article")
    assert again["story_fr"] == "Je reste." and again["facts_en"] == "Height 42 cm"
    assert (await article(database)).story["fr"] == "Elle éclaire la table sans éblouir."


async def test_stored_scripts_are_shown_as_text(paul):
    form = await form_of(paul)
    evil = '<img src=x onerror=alert(1)><b hx-get="/x">'
    await saved(paul, form | {"name_en": evil, "story_en": evil, "brand": evil, "facts_en": f"{evil}: {evil}"})
    page = (await paul.get(OSCAR)).text
    assert "<img src=x" not in page and "<b hx-get" not in page
    assert filled(page, "article")["name_en"] == evil
    shop = (await paul.get("/en/p/oscar-lamp")).text
    assert "<img src=x" not in shop and "<b hx-get" not in shop


async def test_the_preview_knows_six_formats_and_nothing_else(paul):
    story = (
        "### Why\n**bold** *it* [here](https://a.example)\n- one\n\n<script>1</script> [no](javascript:1) <i hx-get=/x>"
    )
    answer = await paul.post(f"{OSCAR}/preview?field=story_fr", data={"story_fr": story})
    assert answer.status_code == 200
    for tag in ("<h3>", "<strong>bold</strong>", "<em>it</em>", '<a href="https://a.example"', "<li>"):
        assert tag in answer.text
    assert "<script" not in answer.text and "<i hx-get" not in answer.text
    assert 'href="javascript' not in answer.text
    assert 'id="story_fr-preview"' in answer.text and "<html" not in answer.text
    assert (await paul.post(f"{OSCAR}/preview?field=name_fr", data={})).status_code == 422


async def test_how_far_each_language_is(paul):
    form = await form_of(paul)
    await saved(paul, form | {"care_fr": "Essuyer.", "draft_en": "1"})
    said = text_of((await paul.get(OSCAR)).text)
    assert "Français 4 of 4 texts" in said
    assert "English 3 of 4 texts, draft" in said
    assert "Care , in English missing" in said


# Addresses


async def test_an_address_that_is_changed_keeps_leading_here(paul, database):
    form = await form_of(paul)
    await saved(paul, form | {"slug_fr": "lampe-oscar-laiton"})
    assert (await article(database)).slug_fr == "lampe-oscar-laiton"
    async with database.work(readonly=True) as session:
        assert await slugs.follow(session, "product", "lampe-oscar") == (await article(database)).id
    assert "keeps leading here" in text_of((await paul.get(OSCAR)).text)
    await saved(paul, (await form_of(paul)) | {"slug_fr": "lampe-oscar"})
    async with database.work(readonly=True) as session:
        assert await slugs.follow(session, "product", "lampe-oscar") is None


async def test_an_address_of_another_article_is_refused_in_either_language(paul):
    form = await form_of(paul)
    for slug in ("abat-jour-lin", "linen-shade"):
        answer = await paul.post(OSCAR, data=form | {"slug_fr": slug})
        assert answer.status_code == 422
        assert error_of(answer.text, "slug_fr") == f"Another article has this address: {slug}."


async def test_an_empty_address_is_made_of_the_name(paul, database):
    form = await form_of(paul)
    await saved(paul, form | {"slug_fr": "", "name_fr": "Abat-jour lin"})
    assert (await article(database)).slug_fr == "abat-jour-lin-2"


# New


async def test_a_new_article_is_a_draft_with_a_reference_and_addresses_of_its_own(paul, database, world):
    form = await form_of(paul, NEW)
    form |= {"name_fr": "Lampe Œuf à poser", "category": str(world.lamps.id), "n1-sku": "LUM-0099", "n1-price": "49.00"}
    answer = await paul.post(NEW, data=form)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/en/merch/articles/LAMPE-OEUF-A-POSER?notice=saved")
    made = await article(database, "LAMPE-OEUF-A-POSER")
    assert (made.state, made.slug_fr, made.slug_en) == ("draft", "lampe-oeuf-a-poser", "lampe-oeuf-a-poser")
    assert [(one.sku, one.price_minor) for one in made.variants] == [("LUM-0099", 4900)]
    twice = await paul.post(NEW, data=form)
    assert twice.headers["location"] == answer.headers["location"]
    assert len(await entries(database, "added")) == 1


async def test_a_new_article_needs_a_name_and_a_category_and_a_reference_of_its_own(paul):
    form = await form_of(paul, NEW)
    answer = await paul.post(NEW, data=form | {"ref": "lum-0001", "name_fr": "", "n1-sku": "X"})
    assert answer.status_code == 422
    assert error_of(answer.text, "name_fr") and error_of(answer.text, "category") and error_of(answer.text, "n1-price")


async def test_a_reference_that_is_taken_is_said(paul, world):
    form = await form_of(paul, NEW) | {"ref": "LUM-0001", "name_fr": "Autre", "category": str(world.lamps.id)}
    answer = await paul.post(NEW, data=form)
    assert answer.status_code == 422
    assert error_of(answer.text, "ref") == "Another article has this reference."


# Publishing


async def test_what_cannot_be_shown_yet_is_not_published(paul, database, world):
    form = await form_of(paul, NEW) | {"name_en": "Egg lamp", "category": str(world.lamps.id), "ref": "EGG"}
    answer = await paul.post(NEW, data=form | {"state": "published"})
    assert answer.status_code == 422
    assert error_of(answer.text, "name_fr") == "It has no name in French."
    assert "no variant with a price" in error_of(answer.text, "variants")
    await saved(paul, form | {"state": "ready"}, NEW)
    page = await paul.get("/en/merch/articles/EGG")
    assert "It has no name in French." in text_of(page.text)
    whole = filled(page.text, "article") | {
        "state": "published",
        "name_fr": "Lampe œuf",
        "n1-sku": "EGG-1",
        "n1-price": "49",
    }
    await saved(paul, whole, "/en/merch/articles/EGG")
    egg = await article(database, "EGG")
    assert egg.state == "published" and egg.published_at is not None
    assert 'href="/en/p/egg-lamp"' in (await paul.get("/en/merch/articles/EGG")).text
    assert (await paul.get("/en/p/egg-lamp")).status_code == 200


async def test_a_date_of_publication_asks_for_the_same(paul, database, world):
    form = await form_of(paul, NEW) | {"name_en": "Egg", "category": str(world.lamps.id), "ref": "EGG"}
    answer = await paul.post(NEW, data=form | {"publish_at": "2026-12-01T09:00"})
    assert answer.status_code == 422 and error_of(answer.text, "name_fr")


async def test_dates_are_the_clock_of_the_house(paul, database, clock):
    form = await form_of(paul)
    assert "Paris time" in text_of((await paul.get(OSCAR)).text)
    await saved(paul, form | {"unpublish_at": "24/12/2026 18:30"})
    oscar = await article(database)
    assert oscar.unpublish_at == datetime(2026, 12, 24, 17, 30, tzinfo=UTC)
    assert (await form_of(paul))["unpublish_at"] == "2026-12-24T18:30"
    answer = await paul.post(OSCAR, data=(await form_of(paul)) | {"publish_at": "2026-11-01T09:00"})
    assert "already passed" in error_of(answer.text, "publish_at")


async def test_withdrawing_takes_it_off_the_site(paul, database):
    await saved(paul, (await form_of(paul)) | {"state": "withdrawn"})
    assert (await paul.get("/en/p/oscar-lamp")).status_code == 410
    (entry,) = await entries(database, "changed")
    assert (entry.before, entry.after) == ("published", "withdrawn")


async def test_an_article_that_was_shown_with_a_fault_can_still_be_corrected(paul, database):
    async with database.work() as session:
        oscar = await editing.find(session, "LUM-0001")
        session.add(Picture(product_id=oscar.id, path="p.webp", alt=Translated(), width=4, height=5))
    await saved(paul, (await form_of(paul)) | {"brand": "Lavergne"})
    assert (await article(database)).brand == "Lavergne"


# Two people


async def test_two_people_who_change_different_fields_both_keep_theirs(paul, aude, database):
    mine, hers = await form_of(paul), await form_of(aude, OSCAR_FR)
    await saved(aude, hers | {"story_fr": "Aude a écrit ceci.", "v_": ""}, OSCAR_FR)
    answer = await paul.post(OSCAR, data=mine | {"name_en": "Oscar table lamp"})
    assert answer.status_code == 303 and "notice=saved_together" in answer.headers["location"]
    oscar = await article(database)
    assert (oscar.story["fr"], oscar.name["en"]) == ("Aude a écrit ceci.", "Oscar table lamp")
    assert "colleague" in text_of((await paul.get(answer.headers["location"])).text)


async def test_two_people_who_change_the_same_field_choose(paul, aude, database):
    mine, hers = await form_of(paul), await form_of(aude)
    await saved(aude, hers | {"name_en": "Aude’s lamp", "brand": "Aude"})
    asked = await paul.post(OSCAR, data=mine | {"name_en": "Paul’s lamp", "brand": "Paul", "story_en": "Mine."})
    assert asked.status_code == 409
    said = text_of(asked.text)
    assert "Aude has changed this article in the meantime" in said
    assert "Aude’s lamp" in said and "Paul’s lamp" in said
    form = filled(asked.text, "article")
    assert form["name_en"] == "Paul’s lamp" and form["story_en"] == "Mine."
    undecided = await paul.post(OSCAR, data=form)
    assert undecided.status_code == 409
    assert (await article(database)).brand == "Aude"
    choices = dict(_choices(asked.text))
    await saved(
        paul, form | {"take-name_en": choices["take-name_en", "theirs"], "take-brand": choices["take-brand", "mine"]}
    )
    oscar = await article(database)
    assert (oscar.name["en"], oscar.brand, oscar.story["en"]) == ("Aude’s lamp", "Paul", "Mine.")


def _choices(page: str):
    for name, value in re.findall(r'type="radio" name="(take-[^"]+)" value="([^"]+)"', page):
        yield (name, value.partition("-")[0]), value


async def test_a_choice_is_about_what_was_seen(paul, aude, database):
    mine = await form_of(paul)
    await saved(aude, (await form_of(aude)) | {"brand": "First"})
    asked = await paul.post(OSCAR, data=mine | {"brand": "Paul"})
    choices = dict(_choices(asked.text))
    await saved(aude, (await form_of(aude)) | {"brand": "Second"})
    again = await paul.post(OSCAR, data=filled(asked.text, "article") | {"take-brand": choices["take-brand", "mine"]})
    assert again.status_code == 409 and "Second" in text_of(again.text)
    assert (await article(database)).brand == "Second"


async def test_french_and_english_pages_of_one_article_do_not_differ_by_their_commas(paul, aude):
    french = await form_of(paul, OSCAR_FR)
    key = french["variants"].split()[0]
    assert french[f"{key}-price"] == "129,00" and (await form_of(paul))[f"{key}-price"] == "129.00"
    await saved(aude, (await form_of(aude)) | {"brand": "Aude"})
    answer = await paul.post(OSCAR, data=french | {"story_en": "Mine."})
    assert answer.status_code == 303, text_of(answer.text)


# Drafts


async def test_what_is_typed_is_kept_offered_resumed_and_dropped_on_saving(paul, aude, database, clock):
    form = await form_of(paul)
    kept = await paul.post(f"{OSCAR}/draft", data=form | {"story_en": "Not finished", "try_in_store": "1"})
    assert kept.status_code == 200 and kept.text == "Draft kept at noon"
    assert (await article(database)).story["en"] != "Not finished"
    assert "You had begun" not in text_of((await aude.get(OSCAR)).text)
    page = await paul.get(OSCAR)
    assert "You had begun to change this article: kept today at noon" in text_of(page.text)
    assert filled(page.text, "article")["story_en"] != "Not finished"
    resumed = await form_of(paul, f"{OSCAR}?draft=1")
    assert (resumed["story_en"], resumed["try_in_store"]) == ("Not finished", "1")
    await saved(paul, resumed)
    assert (await article(database)).story["en"] == "Not finished"
    assert "You had begun" not in text_of((await paul.get(OSCAR)).text)
    async with database.work(readonly=True) as session:
        assert (await session.scalars(select(Draft))).all() == []


async def test_a_draft_that_says_nothing_new_is_not_offered_and_one_can_be_forgotten(paul):
    form = await form_of(paul)
    await paul.post(f"{OSCAR}/draft", data=form)
    assert "You had begun" not in text_of((await paul.get(OSCAR)).text)
    await paul.post(f"{OSCAR}/draft", data=form | {"brand": "X"})
    assert "You had begun" in text_of((await paul.get(OSCAR)).text)
    answer = await paul.post(f"{OSCAR}/draft", data={"forget": "1"})
    assert answer.status_code == 303
    assert "You had begun" not in text_of((await paul.get(OSCAR)).text)


async def test_a_resumed_draft_meets_what_was_saved_meanwhile(paul, aude):
    form = await form_of(paul)
    await paul.post(f"{OSCAR}/draft", data=form | {"brand": "Paul"})
    await saved(aude, (await form_of(aude)) | {"brand": "Aude"})
    resumed = await form_of(paul, f"{OSCAR}?draft=1")
    assert (await paul.post(OSCAR, data=resumed)).status_code == 409


async def test_a_draft_of_a_new_article_waits_too(paul):
    form = await form_of(paul, NEW)
    await paul.post(f"{NEW}/draft", data=form | {"name_fr": "Lampe œuf"})
    assert (await form_of(paul, f"{NEW}?draft=1"))["name_fr"] == "Lampe œuf"


# Attributes


async def test_each_kind_of_attribute_is_typed(paul, database):
    brass = {"code": "brass", "label": {"fr": "Laiton", "en": "Brass"}, "colour": "#B08D57"}
    hall = {"code": "hall", "label": {"fr": "Entrée", "en": "Hall"}, "colour": ""}
    async with database.work() as session:
        session.add_all(
            [
                Attribute(code="width", kind="number", label=both("Largeur", "Width"), unit="cm", position=1),
                Attribute(code="finish", kind="text", label=both("Finition", "Finish"), position=2),
                Attribute(code="colour", kind="colour", label=both("Couleur", "Colour"), choices=[brass], position=3),
                Attribute(code="room", kind="choice", label=both("Pièce", "Room"), choices=[hall], position=4),
            ]
        )
    form = await form_of(paul)
    wrong = await paul.post(OSCAR, data=form | {"attr-width": "wide", "attr-room": "moon"})
    assert wrong.status_code == 422
    assert "such as 42" in error_of(wrong.text, "attr-width") and error_of(wrong.text, "attr-room")
    good = {"attr-width": "42,5 cm", "attr-finish_fr": "Mat", "attr-colour": "brass", "attr-room": "hall"}
    await saved(paul, form | good)
    oscar = await article(database)
    assert oscar.attributes == {"width": 42.5, "finish": {"fr": "Mat"}, "colour": "brass", "room": "hall"}
    page = (await paul.get(OSCAR)).text
    assert 'fill="#B08D57"' in page and "style=" not in page
    assert filled(page, "article")["attr-width"] == "42.5"
    shop = text_of((await paul.get("/en/p/oscar-lamp")).text)
    assert "Width 42.5 cm" in shop and "Colour Brass" in shop and "Finish Mat" in shop
    await saved(paul, (await form_of(paul)) | {"attr-width": "", "attr-colour": ""})
    assert (await article(database)).attributes == {"finish": {"fr": "Mat"}, "room": "hall"}
