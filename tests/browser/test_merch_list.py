"""The list of articles by keyboard, and without a script."""

import pytest
from people import DESK, PHONE, TABLET
from test_journey import sign_in

pytestmark = pytest.mark.browser


def test_solene_walks_through_the_list_by_its_keys(visitor):
    solene = visitor("en", DESK)
    sign_in(solene, "en", "solene.aubry@aurore.example")
    solene.goes("/en/merch/articles?sort=name")
    page = solene.page
    names = page.locator(".articles th[scope=row] a")
    for key in "jjx":
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.textContent") == names.nth(1).text_content()
    page.keyboard.press("k")
    page.keyboard.press("x")
    solene.sees("2 ticked")
    assert page.locator(".articles input[name=ref]:checked").count() == 2

    page.keyboard.press("?")
    assert page.locator("#keys").get_attribute("open") is not None
    page.keyboard.press("/")
    page.keyboard.type("jxjx")  # in a field these are letters
    assert page.locator("#q").input_value() == "jxjx"
    assert page.locator(".articles input[name=ref]:checked").count() in (0, 2)

    solene.goes("/en/merch/articles?sort=name")
    page.get_by_text("Keys for this list").click()
    page.get_by_label("Use these keys").uncheck()
    page.locator("h1").click()
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.closest('.articles')") is None
    page.get_by_label("Use these keys").check()
    page.locator("h1").click()
    page.keyboard.press("j")
    first = names.first.get_attribute("href")
    page.keyboard.press("e")
    page.wait_for_url(f"**{first}")
    solene.is_content()


@pytest.mark.parametrize("javascript", [True, False])
def test_many_are_changed_and_taken_back_with_or_without_a_script(visitor, javascript):
    solene = visitor("en", DESK, javascript)
    sign_in(solene, "en", "solene.aubry@aurore.example")
    solene.goes("/en/merch/articles?q=LUM-000&sort=name")
    solene.page.get_by_role("checkbox", name="Tick").locator("visible=true").last.check()
    solene.page.locator("#field").select_option("try_in_store")
    solene.presses("For the ticked articles")
    solene.sees("1 article")
    solene.page.locator("[name=value]").select_option("1")
    solene.presses("Look at the changes").sees("One article would change.")
    solene.finds_no_barrier_if_it_can()
    solene.presses("Apply one change").sees("One article is changed.")
    solene.presses("Undo").sees("One article is as it was before.")


@pytest.mark.parametrize(("language", "scheme", "size"), [("fr", "light", PHONE), ("en", "dark", DESK)])
def test_the_pages_of_the_list_are_for_everyone(visitor, language, scheme, size):
    solene = visitor(language, size, color_scheme=scheme)
    sign_in(solene, language, "solene.aubry@aurore.example")
    for path in ("articles?view=no-stock", "articles?q=xyzzy", "bulk?ref=LUM-0001", "bulk?ref=LUM-0001&field=price"):
        solene.goes(f"/{language}/merch/{path}")
        solene.finds_no_barrier()
        solene.scrolls_one_way_only()
    solene.is_content()


def test_on_a_tablet_the_list_is_cards_that_fit(visitor):
    solene = visitor("fr", TABLET)
    sign_in(solene, "fr", "solene.aubry@aurore.example")
    solene.goes("/fr/merch/articles?q=LUM-00")
    solene.scrolls_one_way_only()
    assert solene.page.locator(".articles input[name=ref]").first.is_hidden()
