"""Léa books an advisor from the metro: on a phone, by the keyboard alone, with and without JavaScript, fr and en."""

import re

import pytest
from people import PHONE

pytestmark = pytest.mark.browser

LIGHT = {"fr": "Choisir un luminaire", "en": "Choose a light"}
MOST_TABS = 160


def is_focused(element) -> bool:
    return element.count() > 0 and element.first.evaluate("one => one === document.activeElement")


def tabs_to(visitor, element) -> None:
    """Press Tab until the element has the focus; whoever cannot get there that way cannot get there at all."""
    for _ in range(MOST_TABS):
        if is_focused(element):
            return
        visitor.page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {element} on {visitor.page.url}")


def presses(visitor, element, key: str = "Enter") -> None:
    """Reach it by the keyboard, press, and look at the page that comes."""
    tabs_to(visitor, element)
    visitor.page.keyboard.press(key)


def arrives(visitor, address: str) -> None:
    """A new page begins at its beginning: nothing has stolen the focus, and the first stop is the skip link."""
    visitor.page.wait_for_url(address)
    visitor.page.wait_for_load_state()
    assert visitor.page.evaluate("document.activeElement === document.body"), visitor.page.url
    visitor.finds_no_barrier_if_it_can()
    visitor.scrolls_one_way_only()
    visitor.page.evaluate("scrollTo(0, 0)")


def types(visitor, name: str, text: str) -> None:
    tabs_to(visitor, visitor.page.locator(f"[name={name}]"))
    visitor.page.keyboard.type(text)


def chooses_a_start(visitor, nth: int) -> str:
    """A radio of the list by Space and arrows, then the button that appears with it; returns the chosen value."""
    page = visitor.page
    radios = page.locator("input[type=radio][name=start]")
    radios.nth(nth).wait_for()
    tabs_to(visitor, radios.first)
    page.keyboard.press("Space")
    for _ in range(nth):
        page.keyboard.press("ArrowDown")
    chosen = page.locator("input[name=start]:checked")
    value = chosen.get_attribute("value")
    button = page.locator(".start:has(input:checked) button")
    assert re.search(r"\d", button.inner_text()), "its name says what it chooses"
    page.keyboard.press("Tab")
    presses(visitor, button)
    assert value
    return value


def books(lea, language: str, email: str, nth: int) -> str:
    """The five steps; returns the code."""
    page = lea.goes(f"/{language}/appointments/new").page
    presses(lea, page.get_by_role("link", name=re.compile(f"{LIGHT[language]}$")).first)
    arrives(lea, "**/appointments/new/store**")
    presses(lea, page.get_by_role("link", name=re.compile("Aurore Rivoli$")).first)
    arrives(lea, "**/appointments/new/advisor**")
    tabs_to(lea, page.locator("input[name=advisor]:checked"))
    presses(lea, page.locator("main form p.actions button"))
    arrives(lea, "**/appointments/new/time**")
    chooses_a_start(lea, nth)
    arrives(lea, "**/appointments/new/details**")
    presses(lea, page.locator("form#book p.actions button"))
    page.locator("#error-summary").wait_for()
    page.wait_for_function("document.activeElement.id === 'error-summary'")
    lea.finds_no_barrier_if_it_can()
    assert all("422" in said for said in lea.complaints), lea.complaints
    lea.complaints.clear()
    types(lea, "first_name", "Léa")
    types(lea, "last_name", "Martin")
    types(lea, "email", email)
    for question in page.locator("form#book [name^=answer_]").all():
        tabs_to(lea, question)
        page.keyboard.type("30 m²")
    presses(lea, page.locator("form#book p.actions button"))
    page.wait_for_url("**/my/appointments/**/sent**")
    lea.finds_no_barrier_if_it_can()
    lea.scrolls_one_way_only()
    return page.locator("p.code.large").inner_text().strip()


@pytest.mark.parametrize(
    ("language", "javascript"),
    [("fr", True), ("fr", False), ("en", False)],
    ids=["fr-with-js", "fr-without-js", "en-without-js"],
)
def test_an_advisor_is_booked_moved_and_cancelled_by_the_keyboard(visitor, demo, language, javascript):
    email = f"lea.books.{language}.{int(javascript)}@exemple.fr"
    lea = visitor(language, PHONE, javascript)
    nth = 2 * (language == "en") + javascript
    code = books(lea, language, email, nth)
    told = demo.wait_for_mail(to=email, template="appointment_confirmed")
    assert told["language"] == language
    page = lea.page

    lea.goes(told["links"][0])
    arrives(lea, "**/my/appointments/**")
    assert code in page.locator("main").inner_text()
    presses(lea, page.locator("main a[href$='/move']").first)
    arrives(lea, "**/move**")
    chooses_a_start(lea, 4 + nth)
    page.wait_for_url(re.compile(r"/my/appointments/[^/]+(\?.*)?$"))
    lea.finds_no_barrier_if_it_can()
    assert demo.wait_for_mail(to=email, template="appointment_moved")["subject"] != told["subject"]

    presses(lea, page.locator("main a[href$='/cancel']").first)
    arrives(lea, "**/cancel**")
    presses(lea, page.locator("main form[method=post] button").first)
    page.wait_for_url(re.compile(r"/my/appointments/[^/]+(\?.*)?$"))
    lea.finds_no_barrier_if_it_can()
    assert demo.wait_for_mail(to=email, template="appointment_cancelled")
    assert page.locator("main a[href$='/move']").count() == 0
    lea.is_content()


def test_who_comes_second_keeps_her_form_and_is_shown_the_nearest(visitor, demo):
    """Two look at the same start of the same advisor; the second is told before and after she filled in the form."""
    lea, mia = visitor("fr", PHONE), visitor("fr", PHONE)
    for one in (lea, mia):
        one.goes("/fr/appointments/new/time?service=choisir-un-luminaire&store=rivoli&advisor=any")
        href = one.page.locator("main").inner_text()
        assert href
    people = lea.goes("/fr/appointments/new/advisor?service=choisir-un-luminaire&store=rivoli").page
    slug = people.locator("input[name=advisor]:not([value=any])").first.get_attribute("value")
    times = f"/fr/appointments/new/time?service=choisir-un-luminaire&store=rivoli&advisor={slug}"
    lea.goes(times)
    mia.goes(times)
    lea.page.locator("ul.soonest button").first.click()
    lea.page.wait_for_url("**/details**")
    mia.page.locator("ul.soonest button").first.click()
    mia.page.locator("#error-summary").wait_for()
    assert mia.page.evaluate("document.activeElement.id") == "error-summary"
    assert re.search(r"vient d’être pris", mia.page.locator("#error-summary").inner_text())
    mia.finds_no_barrier()


def test_a_device_with_another_clock_is_told_whose_clock_it_is(visitor):
    """At home nothing is said; in New York the page names Paris, and says what time it will be there."""
    for zone, told in (("Europe/Paris", False), ("America/New_York", True)):
        lea = visitor("fr", PHONE, timezone_id=zone)
        lea.goes("/fr/appointments/new/time?service=choisir-un-luminaire&store=rivoli&advisor=any")
        lea.page.locator("ul.soonest button").first.click()
        lea.page.wait_for_url("**/details**")
        note = lea.page.locator("#zone")
        assert note.is_visible() is told, zone
        if told:
            assert re.search(r"heure de Paris.*Il sera \d+\sh(\s\d\d)? chez vous", note.inner_text())


def test_times_far_away_are_those_of_the_store(visitor):
    """Saint-Denis is three hours ahead of her telephone in winter: the page names whose clock it is."""
    lea = visitor("fr", PHONE).goes("/fr/appointments/new?store=saint-denis")
    link = lea.page.locator("a[href*='service=']").first.get_attribute("href")
    service = re.search(r"service=([\w-]+)", link or "")
    assert service
    lea.goes(f"/fr/appointments/new/time?service={service[1]}&store=saint-denis&advisor=any")
    lea.sees(re.compile("heure de La Réunion", re.IGNORECASE))
    iso = lea.page.locator("time[datetime*='T']").first.get_attribute("datetime")
    assert iso
    assert iso.endswith("+04:00")
