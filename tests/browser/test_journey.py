"""The whole way, as a stranger walks it: she reserves a lamp, the store answers, she is reminded, she comes."""

import re
import time
from datetime import datetime, timedelta

import pytest
from people import DESK, PHONE, TABLET

pytestmark = pytest.mark.browser

FIRST_NAME = "Léa"
LAMP = {"fr": "Lampe Oscar", "en": "Oscar lamp"}
SLOWER_THAN_A_ROBOT = 3_200
"""Milliseconds: a form that comes back faster is asked to confirm by mail."""
ANSWERS = {"fr": ("enregistrée", "attendent", "attendent jusqu"), "en": ("received", "waiting", "kept until")}


def reserve(lea, language: str, email: str) -> str:
    """From the department to the code, choosing a store on the way; returns the code as it is shown."""
    page = lea.goes(f"/{language}/c/{'luminaires' if language == 'fr' else 'lighting'}").page
    page.get_by_role("link", name=re.compile(f"^{LAMP[language]}")).first.click()
    page.wait_for_url("**/p/**")
    page.locator("a.button[data-main-action]").first.click()
    page.wait_for_url("**/stores**")
    page.locator("form", has=page.locator("input[name=store][value=rivoli]")).locator("button").first.click()
    page.wait_for_url("**/p/**")
    page.locator("form.take button").click()
    page.wait_for_url("**/reserve**")
    lea.fills(first_name=FIRST_NAME, last_name="Martin", email=email)
    lea.finds_no_barrier_if_it_can()
    page.wait_for_timeout(SLOWER_THAN_A_ROBOT)
    page.locator("form#reserve p.actions button.button").click()
    page.wait_for_url("**/my/reservations/**")
    return page.locator("p.code.large").inner_text().strip()


def sign_in(staff, language: str, email: str = "ines.belkacem@aurore.example") -> None:
    staff.goes(f"/{language}/staff/login").fills(email=email, password="aurore")
    staff.page.locator("form button.button.wide").click()
    staff.page.wait_for_url(re.compile(rf"/{language}/staff/?(\?.*)?$"))


@pytest.mark.parametrize("javascript", [True, False], ids=["with-js", "without-js"])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_lamp_is_reserved_found_announced_reminded_and_handed_over(visitor, demo, language, javascript):
    email = f"lea.{language}.{int(javascript)}@exemple.fr"
    lea = visitor(language, PHONE, javascript)
    ines = visitor(language, TABLET, javascript)
    sign_in(ines, language)

    code = reserve(lea, language, email)
    received = demo.wait_for_mail(to=email, template="received")
    assert code in received["subject"] + received["text"]
    assert received["language"] == language

    if javascript:  # the board rings by itself
        row_of(ines, code).wait_for(timeout=25_000)
    else:
        ines.goes(f"/{language}/staff")
        row_of(ines, code).wait_for()
    ines.goes(f"/{language}/staff/reservations/{code}")
    ines.scrolls_one_way_only()
    ines.page.locator("input[name=at_desk]").check(force=True)
    for found in ines.page.locator("input[type=radio][value=found]").all():
        found.check(force=True)
    ines.page.locator("form#answer button[data-main-action]").first.click()
    ines.page.wait_for_load_state()
    ready = demo.wait_for_mail(to=email, template="ready")
    assert code in ready["text"]

    lea.goes(ready["links"][0])
    assert "/my/reservations/" in lea.page.url, "the token left the address"
    assert lea.page.locator("p.code.large").inner_text().strip() == code
    lea.scrolls_one_way_only()

    live_the_last_morning(demo, ready["links"][0], code, email)

    sign_in(ines, language)
    ines.goes(f"/{language}/staff/handover").fills(code=code.lower().replace("-", " "))
    ines.page.locator("form.code-form button").first.click()
    ines.page.wait_for_load_state()
    ines.sees(re.compile("Martin"))
    ines.page.locator("form[action$=collect] button.button").first.click()
    ines.page.wait_for_load_state()
    lea.goes(ready["links"][0])
    assert lea.page.locator("form[action*=extend]").count() == 0

    lea.is_content()
    ines.is_content()
    told = [mail["template"] for mail in reversed(demo.mails(to=email))]
    assert told[0] == "received"
    assert told[-2:] == ["ready", "reminder"]


def row_of(staff, code: str):
    """The line of the board that leads to this reservation."""
    return staff.page.locator(f"#board a[href*='{code}'], #board a[href*='{code.replace('-', '')}']").first


def live_the_last_morning(demo, link: str, code: str, email: str) -> None:
    """Move the clock to the morning on which the hold ends, hour by hour, until the reminder is there."""
    token = link.rsplit("/", 1)[1]
    stands = demo.get(f"/api/v1/reservations/{code}", headers={"Authorization": f"Bearer {token}"}).json()
    morning = datetime.fromisoformat(stands["hold_until"]).replace(hour=10, minute=2)
    now = demo.get("/demo.json").json()
    real = datetime.fromisoformat(now["now"]) - timedelta(seconds=now["offset_seconds"])
    for hour in range(4):
        demo.move_clock(int((morning + timedelta(hours=hour) - real).total_seconds()))
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            if demo.mails(to=email, template="reminder"):
                return
            time.sleep(0.2)
    raise AssertionError("nobody was reminded")


def test_she_changes_her_mind_and_cancels_by_the_link(visitor, demo):
    email = "lea.cancels@exemple.fr"
    lea = visitor("fr", PHONE)
    reserve(lea, "fr", email)
    link = demo.wait_for_mail(to=email, template="received")["links"][0]
    again = visitor("fr", DESK).goes(link)
    again.page.locator("a[href$=cancel]").first.click()
    again.page.wait_for_load_state()
    again.finds_no_barrier_if_it_can()
    again.page.locator("main form button").first.click()
    again.page.wait_for_load_state()
    assert demo.wait_for_mail(to=email, template="cancelled")
    again.is_content()


def test_the_form_comes_back_filled_and_the_focus_on_what_is_wrong(visitor):
    lea = visitor("fr", PHONE).goes("/fr/reserve?sku=LUM-0001-LAI&store=rivoli")
    lea.fills(first_name="Léa", last_name="", email="lea@")
    lea.page.locator("form#reserve p.actions button.button").click()
    lea.page.locator("#error-summary").wait_for()
    assert lea.page.evaluate("document.activeElement.id") == "error-summary"
    assert lea.page.title().startswith("Erreur")
    assert lea.page.locator("[name=first_name]").input_value() == "Léa"
    assert lea.page.locator("[name=email]").input_value() == "lea@"
    lea.finds_no_barrier()


def test_the_keyboard_is_enough_to_reserve(visitor, demo):
    """Nothing but Tab, arrows, Enter and typing."""
    email = "clavier@exemple.fr"
    page = visitor("en", DESK).goes("/en/reserve?sku=LUM-0001-LAI&store=rivoli").page

    def tab_to(name: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.name || document.activeElement.className") == name:
                return
        raise AssertionError(f"Tab never reaches {name}")

    tab_to("first_name")
    page.keyboard.type("Claire")
    tab_to("last_name")
    page.keyboard.type("Durand")
    tab_to("email")
    page.keyboard.type(email)
    page.wait_for_timeout(SLOWER_THAN_A_ROBOT)
    tab_to("button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/my/reservations/**")
    assert demo.wait_for_mail(to=email, template="received")["language"] == "en"
