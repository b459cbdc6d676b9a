"""Léa types a word or two: she finds the lamp, the person, the hours, and never an empty page."""

import re
from html import unescape

import pytest
from factories import advise, both, product, put
from reading import text_of
from sqlalchemy import update

from stores import search
from stores.attributes import Attribute
from stores.catalogue import Product, Variant
from stores.places import Store


@pytest.fixture
async def shelves(world, database, clock):
    """Two sofas and an armchair besides, oak or ash; a store that alters clothes; an advisor for lighting."""
    async with database.work() as session:
        choices = [{"code": "oak", "label": both("Chêne", "Oak")}, {"code": "ash", "label": both("Frêne", "Ash")}]
        session.add(
            Attribute(code="wood", kind="choice", label=both("Bois", "Wood"), facet=True, choices=choices, position=1)
        )
        for ref, name, brand, wood, price in (
            ("MEU-2", both("Canapé Anatole", "Anatole sofa"), "Brazac", "oak", 90000),
            ("MEU-3", both("Fauteuil Œuf", "Egg armchair"), "Brazac", "ash", 45000),
            ("MEU-4", both("Canapé Célestin", "Célestin sofa"), "Senuc", "ash", 70000),
        ):
            variant = Variant(sku=f"{ref}-A", options=[], price_minor=price)
            lamps = await session.merge(world.lamps)
            one = product(lamps, ref, name, variant, now=clock(), brand=brand, slug_fr=ref.lower(), slug_en=ref.lower())
            one.attributes = {"wood": wood}
            session.add(one)
            await session.flush()
            if ref != "MEU-4":
                await put(session, world.rivoli, variant, 3, now=clock())
        alter = [{"fr": "Retouches", "en": "Alterations"}]
        await session.execute(update(Store).where(Store.slug == "rivoli").values(services=alter))
        await advise(session, world, now=clock())
        await search.learn(session)
    return world


async def page(lea, address: str) -> str:
    answer = await lea.get(address)
    assert answer.status_code == 200, answer.text
    return answer.text


def part(html: str, start: str, end: str) -> str:
    """The words between these two pieces of a page; empty where it has no such part."""
    _, found, rest = html.partition(start)
    begun = "" if start.endswith(">") else "<x "
    return text_of(begun + rest.partition(end)[0]) if found else ""


def cards(html: str) -> list[str]:
    return [text_of(one) for one in re.findall(r"<h3[^>]*>(.*?)</h3>", html, re.DOTALL)]


async def test_a_word_without_its_accent_finds_both_sofas(lea, shelves):
    assert set(cards(await page(lea, "/fr/search?q=canapes"))) == {"Canapé Anatole", "Canapé Célestin", "Canapé Berthe"}


async def test_what_is_found_can_be_narrowed_and_each_choice_says_how_many_it_leaves(lea, shelves):
    html = await page(lea, "/fr/search?q=canape&store=rivoli")
    filters = part(html, 'id="filters"', "</form>")
    assert "Bois" in filters
    assert "Chêne (1)" in filters
    assert "Frêne (1)" in filters
    assert "Disponible dans mon magasin (2)" in filters
    narrowed = await page(lea, "/fr/search?q=canape&a.wood=ash")
    assert cards(narrowed) == ["Canapé Célestin"]
    assert "Frêne" in part(narrowed, '<ul class="applied"', "</ul>")


async def test_an_empty_list_says_which_filter_empties_it(lea, shelves):
    html = await page(lea, "/fr/search?q=canape&a.wood=ash&available=1&store=rivoli")
    assert cards(html) == []
    assert "Disponible chez Aurore Rivoli" in part(html, '<div class="empty">', "</div>")
    (link,) = re.findall(r'<div class="empty">.*?<a class="button line" href="([^"]+)"', html, re.DOTALL)
    assert "available" not in link
    assert "a.wood=ash" in link
    assert cards(await page(lea, unescape(link))) == ["Canapé Célestin"]


async def test_a_mistyped_word_is_put_right_and_said(lea, shelves):
    html = await page(lea, "/fr/search?q=fautueil")
    assert cards(html) == ["Fauteuil Œuf"]
    said = part(html, '<p class="lead">', "</p>")
    assert "fautueil" in said
    assert "fauteuil" in said


async def test_hours_alterations_and_appointments_are_not_articles(lea, shelves):
    hours = await page(lea, "/fr/search?q=horaires&store=rivoli")
    assert "Aurore Rivoli" in part(hours, '<ul class="answers">', "</ul>")
    alterations = await page(lea, "/fr/search?q=retouche")
    assert "Retouches" in part(alterations, '<ul class="answers">', "</ul>")
    assert '<a href="/fr/stores/rivoli">Retouches</a>' in alterations
    visit = await page(lea, "/fr/search?q=rendez-vous")
    assert re.search(r'<ul class="answers">.*?href="/fr/appointments/new"', visit, re.DOTALL)
    in_english = await page(lea, "/en/search?q=alterations")
    assert "Alterations" in part(in_english, '<ul class="answers">', "</ul>")


async def test_nothing_found_still_leads_somewhere(lea, shelves):
    html = await page(lea, "/fr/search?q=xylophone")
    empty = html[html.index('<div class="empty"') :]
    assert "xylophone" in part(html, '<div class="empty"', "</div>")
    for address in ("/fr/c/luminaires", "/fr/stores", "/fr/appointments/new"):
        assert f'href="{address}"' in empty


async def test_suggestions_come_by_kind(lea, shelves):
    html = await page(lea, "/fr/search/suggestions?q=lum")
    assert "Luminaires" in part(html, 'aria-label="Rayons">', "</section>")
    assert "Choisir un luminaire" in part(html, 'aria-label="Services">', "</section>")
    assert "Aurore Rivoli" in part(
        await page(lea, "/fr/search/suggestions?q=riv"), 'aria-label="Magasins">', "</section>"
    )
    found = await lea.get("/fr/search/suggestions?q=cana", headers={"hx-request": "true"})
    assert "<html" not in found.text
    assert 'href="/fr/p/meu-2"' in found.text
    assert "href" not in (await lea.get("/fr/search/suggestions?q=c", headers={"hx-request": "true"})).text


async def test_what_was_typed_is_shown_as_text(lea, shelves):
    for address in ("/fr/search", "/fr/search/suggestions"):
        assert "<img src=x" not in (await lea.get(address, params={"q": "<img src=x onerror=alert(1)>"})).text


async def test_pages_of_a_search_have_addresses_that_stay(lea, shelves, monkeypatch):
    monkeypatch.setattr("web.shop.catalogue.PAGE", 2)
    first = await page(lea, "/fr/search?q=canape")
    (following,) = re.findall(r'rel="next" href="([^"]+)"', first)
    assert unescape(following) == "/fr/search?q=canape&page=2"
    second = cards(await page(lea, unescape(following)))
    assert len(second) == 1
    assert not set(second) & set(cards(first))
    assert (await lea.get("/fr/search?q=canape&page=9")).status_code == 404


async def test_an_attribute_nobody_filters_by_is_not_a_filter(lea, shelves, database, app):
    async with database.work() as session:
        await session.execute(update(Attribute).values(facet=False))
        await session.execute(update(Product).where(Product.ref == "MEU-4").values(listed=False))
    app.state.house.forget()
    html = await page(lea, "/fr/search?q=canape")
    assert "Frêne" not in part(html, 'id="filters"', "</form>")
    assert "Canapé Célestin" not in cards(html)
    assert (await lea.get("/fr/p/meu-4")).status_code == 200
