"""Every page: no barrier that axe finds, no error in the console, no other origin, no scrolling sideways."""

import pytest
from people import DESK, PHONE
from test_journey import sign_in

pytestmark = pytest.mark.browser

SHOP = {
    "fr": (
        "/fr/",
        "/fr/catalogue",
        "/fr/c/luminaires?store=rivoli",
        "/fr/p/lampe-oscar?store=rivoli",
        "/fr/search?q=lampe",
        "/fr/search?q=xyzzy",
        "/fr/stores",
        "/fr/stores/rivoli",
        "/fr/reserve?sku=LUM-0001-LAI&store=rivoli",
        "/fr/find",
        "/fr/privacy",
        "/fr/accessibility",
        "/fr/staff/login",
    ),
    "en": (
        "/en/",
        "/en/catalogue",
        "/en/c/lighting?store=kleber",
        "/en/p/oscar-lamp?store=kleber",
        "/en/search?q=lamp",
        "/en/stores?near=Lyon",
        "/en/stores/saint-denis",
        "/en/find",
        "/en/privacy",
        "/en/accessibility",
    ),
}
STAFF = ("staff", "staff/reservations", "staff/picking", "staff/handover", "staff/tasks", "staff/account")


@pytest.mark.parametrize(("language", "scheme"), [("fr", "light"), ("en", "dark")])
def test_shop_pages_are_for_everyone(visitor, language, scheme):
    lea = visitor(language, PHONE, color_scheme=scheme)
    for path in SHOP[language]:
        lea.goes(path)
        lea.finds_no_barrier()
        lea.scrolls_one_way_only()
    lea.is_content()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_staff_pages_are_for_everyone(visitor, language):
    for size in (PHONE, DESK):
        ines = visitor(language, size, color_scheme="dark" if size is DESK else "light")
        sign_in(ines, language)
        for path in STAFF:
            ines.goes(f"/{language}/{path}")
            ines.finds_no_barrier()
            ines.scrolls_one_way_only()
        ines.is_content()


def test_a_page_that_is_not_there_helps_on(visitor):
    lea = visitor("fr", PHONE)
    response = lea.page.goto(lea.demo.url + "/fr/p/nothing-of-the-kind")
    assert response.status == 404
    lea.finds_no_barrier()
    assert lea.page.locator("main input[type=search]").count() == 1


def test_nothing_opens_by_itself(visitor):
    """No dialog, no banner, no sound: the page after five seconds is the page that came."""
    lea = visitor("fr", DESK).goes("/fr/")
    before = lea.page.locator("body").inner_text()
    lea.page.wait_for_timeout(5000)
    assert lea.page.locator("body").inner_text() == before
    assert lea.page.locator("dialog[open], [role=alertdialog]").count() == 0
    assert lea.context.cookies() == []


def test_pages_are_light(visitor, demo):
    """What a phone receives, compressed: HTML 25 kB, CSS 18 kB, scripts 30 kB, fonts 90 kB, strangers 0."""
    lea = visitor("fr", PHONE)
    weights: dict[str, int] = {}

    def weigh(response) -> None:
        kind = response.request.resource_type
        weights[kind] = weights.get(kind, 0) + response.request.sizes()["responseBodySize"]

    lea.page.on("requestfinished", lambda request: weigh(request.response()))
    lea.goes("/fr/c/luminaires?store=rivoli")
    lea.page.wait_for_load_state("networkidle")
    assert weights["document"] <= 25_000
    assert weights["stylesheet"] <= 18_000
    assert weights["script"] <= 30_000
    assert weights.get("font", 0) <= 90_000
