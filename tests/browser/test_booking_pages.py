"""Every page of a booking and of the agenda: no barrier that axe finds, no complaint, no scrolling sideways."""

import pytest
from people import DESK, PHONE
from test_journey import sign_in

pytestmark = pytest.mark.browser

PAGES = (
    "appointments/new",
    "appointments/new?store=rivoli",
    "appointments/new/store?service=choisir-un-luminaire",
    "appointments/new/advisor?service=choisir-un-luminaire&store=rivoli",
    "appointments/new/time?service=choisir-un-luminaire&store=rivoli&advisor=any",
    "appointments/new/time?service=choisir-un-luminaire&store=rivoli&advisor=any&week=2027-11-01",
    "selection",
)
ROOM = (
    "staff",
    "staff/agenda",
    "staff/agenda?view=week",
    "staff/agenda/new",
    "staff/agenda/walk-in",
    "staff/conflicts",
    "staff/settle",
    "staff/calendars",
    "admin/advisors",
    "admin/spaces",
)


@pytest.mark.parametrize(("language", "scheme"), [("fr", "light"), ("en", "dark")])
def test_pages_of_a_booking_are_for_everyone(visitor, language, scheme):
    lea = visitor(language, PHONE, color_scheme=scheme)
    for path in PAGES:
        lea.goes(f"/{language}/{path}")
        lea.finds_no_barrier()
        lea.scrolls_one_way_only()
    lea.is_content()


@pytest.mark.parametrize(("language", "size"), [("fr", PHONE), ("en", DESK)], ids=["fr-phone", "en-desk"])
def test_pages_of_the_agenda_are_for_everyone(visitor, demo, language, size):
    manager = next(one for one in demo.get("/demo.json").json()["accounts"] if one["role"] == "manager")
    helene = visitor(language, size, color_scheme="dark" if size is DESK else "light")
    sign_in(helene, language, manager["email"])
    for path in ROOM:
        helene.goes(f"/{language}/{path}")
        helene.finds_no_barrier()
        helene.scrolls_one_way_only()
    helene.goes(f"/{language}/staff/agenda")
    sheets = helene.page.locator("a[href*='/staff/appointments/']")
    if sheets.count():
        helene.goes(sheets.first.get_attribute("href"))
        helene.finds_no_barrier()
        helene.scrolls_one_way_only()
    helene.goes(f"/{language}/admin/advisors")
    helene.goes(helene.page.locator("main a[href*='/admin/advisors/']").first.get_attribute("href"))
    helene.finds_no_barrier()
    helene.scrolls_one_way_only()
    helene.is_content()
