"""A file is brought, looked at, imported and taken back, in a browser and with a worker that runs."""

import re

import pytest
from people import DESK, PHONE

pytestmark = pytest.mark.browser

ADMIN = "solene.aubry@aurore.example"
FILE = (
    "sku;Marque;Prix;note\n"
    'LUM-0001-LAI;Maison <script>alert(1)</script>;;"=HYPERLINK(""http://x.example"")"\n'
    "LUM-0001-NOI;;cher;<img src=x onerror=alert(1)>\n"
)


@pytest.mark.parametrize(("language", "size", "javascript"), [("fr", DESK, True), ("en", PHONE, False)])
def test_a_file_goes_through_its_five_steps_and_back(visitor, language, size, javascript):
    paul = visitor(language, size, javascript)
    paul.goes(f"/{language}/staff/login").fills(email=ADMIN, password="aurore")
    paul.page.locator("form button.button.wide").click()
    paul.page.wait_for_url(re.compile(rf"/{language}/staff/?(\?.*)?$"))
    page = paul.goes(f"/{language}/merch/imports/new").page
    paul.finds_no_barrier_if_it_can()
    name = f"{language}.csv"
    page.locator("#file").set_input_files({"name": name, "mimeType": "text/csv", "buffer": FILE.encode()})
    page.locator("#import-file button.button").click()
    page.wait_for_url("**/columns")
    paul.finds_no_barrier_if_it_can()
    page.locator(".import-columns .actions button").first.click()
    page.wait_for_url("**/check")
    page.locator(".import-numbers").wait_for(timeout=40_000)
    paul.finds_no_barrier_if_it_can()
    page.locator(".import-yes button.button").first.click()
    page.wait_for_url("**/report", timeout=40_000)
    assert page.locator(".import-numbers dd").all_inner_texts() == ["0", "1", "0", "1"]
    paul.finds_no_barrier_if_it_can()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth") if javascript else True
    page.locator("form[action$=undoing] button").click()
    page.wait_for_url("**/report", timeout=40_000)
    page.locator(".notice.info").wait_for(timeout=40_000)
    paul.goes(f"/{language}/merch/imports")
    assert page.get_by_role("link", name=name).count() == 1
    paul.finds_no_barrier_if_it_can()
    paul.is_content()
