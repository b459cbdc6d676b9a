"""Léa keeps articles in mind, compares them, shows them to her sister, and brings them to the store."""

import re
from datetime import timedelta

import pytest
from reading import text_of as words_of
from sqlalchemy import func, select

from booking import selections
from booking.selections import Selection

HERE = "/fr/selection"


def text_of(answer):
    return words_of(answer.text)


LAMP, SHADE, SOFA = "LUM-0001-LAI", "LUM-0013-30", "MEU-0001"


@pytest.fixture(autouse=True)
async def shop(world):
    return world


async def keeps(lea, sku, **over):
    answer = await lea.post(HERE, data={"sku": sku, **over})
    assert answer.status_code == 303, answer.text
    return answer


async def test_an_article_is_kept_from_its_page_and_the_head_of_the_page_counts_it(lea):
    answer = await keeps(lea, LAMP, next="/fr/p/lampe-oscar?store=rivoli")
    assert answer.headers["location"] == "/fr/p/lampe-oscar?store=rivoli&notice=kept"
    page = await lea.get(answer.headers["location"])
    assert "C’est dans votre sélection." in text_of(page)
    assert '<span class="n">1</span>' in page.text


async def test_the_page_says_what_the_store_has_and_leads_to_a_reservation_or_an_advisor(lea):
    await lea.post("/fr/stores", data={"store": "rivoli"})
    for sku in (LAMP, SHADE, SOFA):
        await keeps(lea, sku)
    answer = await lea.get(HERE)
    page = text_of(answer)
    assert "Disponible chez Aurore Rivoli" in page
    assert "Réserver ces 2 articles" in page, "the sofa is chosen with an advisor"
    assert f"/fr/reserve?sku={LAMP}&amp;quantity=1&amp;sku={SHADE}&amp;quantity=1&amp;store=rivoli" in answer.text
    assert "/fr/appointments/new?selection=1&amp;store=rivoli" in answer.text
    assert answer.headers["cache-control"] == "no-store"


async def test_how_many_is_changed_and_never_beyond_what_may_be_reserved(lea):
    await keeps(lea, LAMP, quantity="2")
    assert re.search(r"<option selected>2</option>", (await lea.get(HERE)).text)
    await keeps(lea, LAMP, quantity="99")
    assert re.search(r"<option selected>3</option>", (await lea.get(HERE)).text)
    await keeps(lea, LAMP, quantity="beaucoup")
    assert re.search(r"<option selected>1</option>", (await lea.get(HERE)).text)


async def test_what_is_taken_off_can_be_put_back(lea):
    await keeps(lea, LAMP)
    answer = await lea.post(f"{HERE}/drop", data={"sku": LAMP})
    page = await lea.get(answer.headers["location"])
    assert "L’article n’est plus dans votre sélection." in text_of(page)
    assert "Votre sélection est vide." in text_of(page)
    assert f'name="sku" value="{LAMP}"' in page.text
    await keeps(lea, LAMP)
    assert "Lampe Oscar" in text_of(await lea.get(HERE))


async def test_what_was_withdrawn_stays_softly_and_blocks_nothing(lea, database, world):
    await keeps(lea, LAMP)
    await keeps(lea, SHADE)
    async with database.work() as session:
        variant = await session.get(type(world.lamp), world.lamp.id)
        variant.hidden = True
    page = text_of(await lea.get(HERE))
    assert "Retiré de la vente" in page
    assert "Réserver cet article" in page


async def test_her_note_is_kept_and_a_long_one_comes_back(lea):
    await keeps(lea, LAMP)
    await lea.post(f"{HERE}/note", data={"note": "Pour le salon de <b>Maman</b>"})
    assert "Pour le salon de &lt;b&gt;Maman&lt;/b&gt;" in (await lea.get(HERE)).text
    answer = await lea.post(f"{HERE}/note", data={"note": "a" * 501})
    assert answer.status_code == 422
    assert "a" * 501 in answer.text


async def test_her_sister_sees_it_by_an_address_that_can_be_taken_back(lea, app, browser_of):
    await lea.post("/fr/stores", data={"store": "rivoli"})
    await keeps(lea, LAMP)
    await lea.post(f"{HERE}/note", data={"note": "surprise"})
    await lea.post(f"{HERE}/share", data={})
    address = re.search(r'href="http://vitrine.test(/fr/selection/shared/\w+)"', (await lea.get(HERE)).text)[1]
    async with browser_of(app) as sister:
        page = await sister.get(address)
        assert "Lampe Oscar" in text_of(page)
        assert "surprise" not in page.text
        assert "/selection/drop" not in page.text
        assert page.headers["x-robots-tag"] == "noindex"
        assert "Votre sélection est vide." in text_of(await sister.get(HERE)), "hers is her own"
        await lea.post(f"{HERE}/unshare", data={})
        assert (await sister.get(address)).status_code == 404
        await lea.post(f"{HERE}/share", data={})
        assert (await sister.get(address)).status_code == 404, "a new address, not the old one again"


async def test_it_is_forgotten_after_thirty_days(lea, database, clock):
    await keeps(lea, LAMP)
    clock.forward(days=29)
    assert "Lampe Oscar" in text_of(await lea.get(HERE))
    clock.forward(days=2)
    assert "Votre sélection est vide." in text_of(await lea.get(HERE))
    async with database.work() as session:
        await selections.forget(session, now=clock())
        assert await session.scalar(select(func.count()).select_from(Selection)) == 0


async def test_looking_keeps_nothing(lea, database):
    await lea.get(HERE)
    assert (await lea.post(f"{HERE}/note", data={"note": "x"})).status_code == 422
    assert (await lea.post(HERE, data={"sku": "RIEN"})).status_code == 404
    assert (await lea.get(f"{HERE}/shared/{'1' * 22}")).status_code == 404
    async with database.work() as session:
        assert await session.scalar(select(func.count()).select_from(Selection)) == 0


async def test_a_full_selection_says_so_and_loses_nothing(lea, monkeypatch):
    monkeypatch.setattr(selections, "MOST_ITEMS", 1)
    await keeps(lea, LAMP)
    answer = await lea.post(HERE, data={"sku": SHADE})
    assert answer.status_code == 422
    assert "Une sélection contient au plus 1 article" in text_of(answer)
    assert "Lampe Oscar" in text_of(answer)
    assert timedelta(days=30) == selections.KEPT
