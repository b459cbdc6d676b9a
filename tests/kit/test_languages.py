import json
import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.languages import (
    CATALOGUES,
    LANGUAGES,
    Translated,
    ago_words,
    before_words,
    catalogue,
    day_name,
    day_words,
    distance_words,
    duration_words,
    faults,
    french_typography,
    gettext,
    hours_range_words,
    kept_until_words,
    language,
    lazy,
    list_words,
    moment_words,
    negotiate,
    ngettext,
    number_words,
    price_words,
    sms_day,
    sms_time,
    speaking,
    time_words,
    until_words,
    upper_first,
    zone_words,
)
from kit.money import Money

NARROW, NO_BREAK = "\u202f", "\u00a0"
PARIS, REUNION = "Europe/Paris", "Indian/Reunion"
MONDAY = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)  # 10 h in Paris


def paris(day: int, hour: int, minute: int = 0, month: int = 12) -> datetime:
    """Winter time."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC) - timedelta(hours=1)


def both(words: object, *arguments: object) -> tuple[str, str]:
    """French and English, with no-break spaces made plain: they have a test of their own."""
    said = []
    for spoken in ("fr", "en"):
        with speaking(spoken):
            said.append(words(*arguments).replace(NO_BREAK, " "))  # type: ignore[operator]
    return said[0], said[1]


# Which language


def test_french_is_spoken_unless_said_otherwise() -> None:
    assert language() == "fr"
    with speaking("en"):
        assert language() == "en"
        with speaking("fr"):
            assert gettext("tomorrow") == "demain"
        assert gettext("tomorrow") == "tomorrow"
    assert language() == "fr"


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError), speaking("de"):
        pass
    assert language() == "fr"


@pytest.mark.parametrize(
    ("header", "spoken"),
    [
        ("", "fr"),
        ("en", "en"),
        ("en-GB,en;q=0.9,fr;q=0.8", "en"),
        ("fr-CA, en;q=0.9", "fr"),
        ("fr;q=0.3, en;q=0.7", "en"),
        ("de, en;q=0.5", "en"),
        ("de", "fr"),
        ("*", "fr"),
        ("en;q=0", "fr"),
        ("en;q=abc", "fr"),
        ("EN", "en"),
        ("en;q=1.5", "fr"),
        (",;,q=,;;", "fr"),
        ("x" * 10_000, "fr"),
    ],
)
def test_the_browser_s_wish_decides_at_the_door(header: str, spoken: str) -> None:
    assert negotiate(header) == spoken


# Sentences


def test_every_french_sentence_is_there_with_the_same_facts() -> None:
    assert faults("fr") == []
    assert faults("en") == []


def test_no_french_sentence_needs_a_typographer() -> None:
    entries = catalogue("fr")._catalog  # type: ignore[attr-defined]
    sentences = [text for msgid, text in entries.items() if msgid and text]
    assert len(sentences) > 20
    for sentence in sentences:
        prose = re.sub(r"<[^<>]*>", "", sentence)
        assert french_typography(sentence) == sentence
        assert not re.search(r" [;:!?»]|« |\.\.\.|'", prose), sentence


def test_the_catalogue_stands_beside_the_code() -> None:
    assert (CATALOGUES / "fr" / "LC_MESSAGES" / "messages.po").is_file()


def test_values_take_their_places_and_without_any_the_places_stay() -> None:
    with speaking("fr"):
        assert gettext("today by %(time)s", time="11 h") == "aujourd’hui avant 11 h"
        assert gettext("today by %(time)s") == "aujourd’hui avant %(time)s"
        assert gettext("") == ""
        assert gettext("Not in the catalogue") == "Not in the catalogue"


def test_french_says_zero_in_the_singular_and_english_in_the_plural() -> None:
    assert both(ngettext, "%(num)d minute", "%(num)d minutes", 0) == ("%(num)d minute", "%(num)d minutes")
    assert both(ngettext, "%(num)d minute", "%(num)d minutes", 1) == ("%(num)d minute", "%(num)d minute")
    assert both(ngettext, "%(num)d minute", "%(num)d minutes", 2) == ("%(num)d minutes", "%(num)d minutes")


def test_a_label_made_at_the_start_is_said_in_the_language_of_each_request() -> None:
    label = lazy("tomorrow")
    promise = lazy("today by %(time)s", time="11 h")
    with speaking("fr"):
        assert str(label) == "demain" and str(promise) == "aujourd’hui avant 11 h"
    with speaking("en"):
        assert str(label) == "tomorrow" and str(promise) == "today by 11 h"


# Typography. In these tables ~ stands for U+202F.


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("Besoin de plus de temps ?", "Besoin de plus de temps~?"),
        ("Besoin de plus de temps?", "Besoin de plus de temps~?"),
        ("Erreur : l'adresse", "Erreur~: l’adresse"),
        ("« Ma sélection »", "«~Ma sélection~»"),
        ("«Ma sélection»", "«~Ma sélection~»"),
        ("Le rayon\u00a0; l'étage", "Le rayon~; l’étage"),
        ("Vraiment ?!", "Vraiment~?!"),
        ("Un instant...", "Un instant…"),
        ("Aujourd'hui", "Aujourd’hui"),
        ("d'%(name)s", "d’%(name)s"),
        ("l'<b>atelier</b> ?", "l’<b>atelier</b>~?"),
        ("%(code)s : %(state)s", "%(code)s~: %(state)s"),
        ("%(code)s: %(state)s", "%(code)s~: %(state)s"),
        ("%(hour)s:%(minute)s", "%(hour)s:%(minute)s"),
        ("Ouvert de 10:00 à 14:30", "Ouvert de 10:00 à 14:30"),
        ("Voir https://exemple.fr/?q=a ; ou non", "Voir https://exemple.fr/?q=a~; ou non"),
        ("Écrire à mailto:a@b.fr", "Écrire à mailto:a@b.fr"),
        ("Conseils &amp; services ; atelier", "Conseils &amp; services~; atelier"),
        ("Prix&nbsp;: 3&nbsp;€", "Prix~: 3&nbsp;€"),
        ("<a href=\"/x?a=1;b : c\" title='l'un'>Où ?</a>", "<a href=\"/x?a=1;b : c\" title='l'un'>Où~?</a>"),
        ("<style>a { color : red }</style>Où ?", "<style>a { color : red }</style>Où~?"),
        ("<p>Où : <b>%(place)s</b>?</p>", "<p>Où~: <b>%(place)s</b>~?</p>"),
        ("Il dit : « Où ? »", "Il dit~: «~Où~?~»"),
        ("(vraiment ?)", "(vraiment~?)"),
        ("{name} : 100 %% ?", "{name}~: 100 %%~?"),
        ("rock'n'roll", "rock’n’roll"),
        ("Une ligne\nPuis : l'autre", "Une ligne\nPuis~: l’autre"),
    ],
)
def test_french_is_printed_as_a_printer_would(typed: str, printed: str) -> None:
    assert french_typography(typed) == printed.replace("~", NARROW)


pieces = st.lists(
    st.sampled_from(
        (
            *" \n;:!?»«'.…’aéL0%<>/&(){}\"",
            *(NARROW, NO_BREAK, "...", "%(name)s", "%%", "{x}", "&nbsp;", "&amp;", "14:30", "https://a.fr/?b"),
            *("<b>", "</b>", "<i title='a : b'>", "<code>", "</code>"),
        )
    ),
    max_size=14,
).map("".join)


@given(pieces | st.text())
def test_typography_twice_is_typography_once(text: str) -> None:
    once = french_typography(text)
    assert french_typography(once) == once


@given(st.text(alphabet=" ;:!?»«'.’…abéL0" + NO_BREAK))
def test_no_plain_space_stands_before_a_sign_of_two_parts(text: str) -> None:
    printed = french_typography(text)
    assert not re.search(r"[ \u00a0][;:!?»]|«[^\u202f]|\.\.\.|[a-zé]'[a-zé]", printed)


@given(pieces)
def test_placeholders_are_never_touched(text: str) -> None:
    assert french_typography(text).count("%(name)s") == text.count("%(name)s")


# Texts in two languages


def test_a_text_answers_in_the_language_spoken_or_in_the_one_there_is() -> None:
    lamp = Translated(fr="Lampe Oscar", en="Oscar lamp")
    half = Translated({"fr": "Abat-jour", "en": "  "})
    assert both(lamp.text) == ("Lampe Oscar", "Oscar lamp")
    assert both(half.text) == ("Abat-jour", "Abat-jour")
    with speaking("en"):
        assert f"{lamp}" == "Oscar lamp" and lamp.text("fr") == "Lampe Oscar"
        assert (lamp.language(), half.language(), Translated().language()) == ("en", "fr", "en")
    assert Translated(en="Only English").text("fr") == "Only English"
    assert (lamp.missing(), half.missing(), Translated().missing()) == ([], ["en"], ["fr", "en"])
    assert Translated().text() == "" and not Translated()


def test_a_text_goes_to_json_and_comes_back() -> None:
    lamp = Translated(fr="Lampe Oscar", en="Oscar lamp")
    assert Translated.from_json(json.loads(json.dumps(lamp))) == lamp
    assert Translated.from_json(None) == Translated()
    assert Translated.from_json("Lampe") == Translated(fr="Lampe")
    assert lamp.saying("en", "Lamp") == {"fr": "Lampe Oscar", "en": "Lamp"}
    assert lamp["en"] == "Oscar lamp"


@pytest.mark.parametrize(("value", "error"), [({"de": "x"}, ValueError), ({"fr": 3}, TypeError), (["fr"], TypeError)])
def test_what_is_no_text_in_two_languages_is_refused(value: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        Translated.from_json(value)


# Days and hours


@pytest.mark.parametrize(
    ("day", "french", "english"),
    [
        (date(2026, 12, 1), "mardi 1ᵉʳ décembre", "Tuesday 1 December"),
        (date(2026, 12, 2), "mercredi 2 décembre", "Wednesday 2 December"),
        (date(2027, 8, 21), "samedi 21 août", "Saturday 21 August"),
        (date(2026, 1, 1), "jeudi 1ᵉʳ janvier", "Thursday 1 January"),
        (date(2027, 11, 11), "jeudi 11 novembre 2027", "Thursday 11 November 2027"),
        (date(2025, 12, 1), "lundi 1ᵉʳ décembre 2025", "Monday 1 December 2025"),
    ],
)
def test_a_day_is_written_with_its_name_and_the_year_only_when_far(day: date, french: str, english: str) -> None:
    assert both(day_words, day, date(2026, 11, 24)) == (french, english)


def test_near_days_have_names() -> None:
    today = date(2026, 11, 30)
    days = [today + timedelta(days=n) for n in (-1, 0, 1, 2)]
    with speaking("fr"):
        assert [day_name(day, today) for day in days] == ["hier", "aujourd’hui", "demain", "mercredi 2 décembre"]
    with speaking("en"):
        assert [day_name(day, today) for day in days] == ["yesterday", "today", "tomorrow", "Wednesday 2 December"]


@pytest.mark.parametrize(
    ("clock", "french", "english", "sms"),
    [
        (time(14, 30), "14 h 30", "2.30 pm", "14h30"),
        (time(14), "14 h", "2 pm", "14h"),
        (time(9, 5), "9 h 05", "9.05 am", "9h05"),
        (time(12), "12 h", "noon", "12h"),
        (time(12, 15), "12 h 15", "12.15 pm", "12h15"),
        (time(0), "minuit", "midnight", "0h"),
        (time(0, 30), "0 h 30", "12.30 am", "0h30"),
    ],
)
def test_an_hour_is_written_as_it_is_said(clock: time, french: str, english: str, sms: str) -> None:
    assert both(time_words, clock) == (french, english)
    assert both(time_words, datetime.combine(date(2026, 12, 1), clock)) == (french, english)
    assert both(sms_time, clock) == (sms, english)
    assert len(sms) <= 5 and len(english) <= 8


def test_french_hours_and_durations_do_not_break_at_the_end_of_a_line() -> None:
    with speaking("fr"):
        assert time_words(time(14, 30)) == f"14{NO_BREAK}h{NO_BREAK}30"
        assert duration_words(90) == f"1{NO_BREAK}h{NO_BREAK}30"
        assert duration_words(45) == f"45{NO_BREAK}minutes"
        assert distance_words(1.2) == f"1,2{NO_BREAK}km"


@pytest.mark.parametrize(
    ("start", "end", "french", "english"),
    [
        (time(14, 30), time(15, 15), "de 14 h 30 à 15 h 15", "2.30 to 3.15 pm"),
        (time(10), time(20), "de 10 h à 20 h", "10 am to 8 pm"),
        (time(11), time(12), "de 11 h à 12 h", "11 am to noon"),
        (time(12), time(14), "de 12 h à 14 h", "noon to 2 pm"),
        (time(19), time(0), "de 19 h à minuit", "7 pm to midnight"),
    ],
)
def test_hours_from_and_to(start: time, end: time, french: str, english: str) -> None:
    assert both(hours_range_words, start, end) == (french, english)


@pytest.mark.parametrize(
    ("when", "french", "english"),
    [
        (paris(30, 16, 30, 11), "aujourd’hui à 16 h 30", "today at 4.30 pm"),
        (paris(1, 11), "demain à 11 h", "tomorrow at 11 am"),
        (paris(29, 18, 0, 11), "hier à 18 h", "yesterday at 6 pm"),
        (paris(4, 20), "vendredi 4 décembre à 20 h", "Friday 4 December at 8 pm"),
    ],
)
def test_a_moment(when: datetime, french: str, english: str) -> None:
    assert both(moment_words, when, PARIS, MONDAY) == (french, english)


@pytest.mark.parametrize(
    ("when", "french", "english"),
    [
        (paris(30, 16, 30, 11), "aujourd’hui avant 16 h 30", "today by 4.30 pm"),
        (paris(1, 11), "demain avant 11 h", "tomorrow by 11 am"),
        (paris(7, 10, 55), "lundi 7 décembre avant 10 h 55", "by 10.55 am on Monday 7 December"),
    ],
)
def test_a_promise_is_a_day_and_an_hour(when: datetime, french: str, english: str) -> None:
    assert both(before_words, when, PARIS, MONDAY) == (french, english)


@pytest.mark.parametrize(
    ("when", "french", "english"),
    [
        (paris(30, 20, 0, 11), "jusqu’à ce soir, 20 h", "until 8 pm tonight"),
        (paris(30, 18, 0, 11), "jusqu’à aujourd’hui, 18 h", "until 6 pm today"),
        (paris(1, 20), "jusqu’à demain, 20 h", "until 8 pm tomorrow"),
        (paris(4, 20), "jusqu’au vendredi 4 décembre, 20 h", "until Friday 4 December, 8 pm"),
        (paris(1, 0), "jusqu’à ce soir, minuit", "until midnight tonight"),
        (paris(5, 0), "jusqu’au vendredi 4 décembre, minuit", "until Friday 4 December, midnight"),
    ],
)
def test_an_end_with_and_without_its_preposition(when: datetime, french: str, english: str) -> None:
    assert both(kept_until_words, when, PARIS, MONDAY) == (french, english)
    bare = (re.sub("^jusqu’(à|au) ", "", french), english.removeprefix("until "))
    assert both(until_words, when, PARIS, MONDAY) == bare


def test_words_for_a_moment_follow_the_store_s_clock() -> None:
    when = datetime(2026, 11, 30, 22, 30, tzinfo=UTC)
    assert both(moment_words, when, PARIS, MONDAY) == ("aujourd’hui à 23 h 30", "today at 11.30 pm")
    assert both(moment_words, when, REUNION, MONDAY) == ("demain à 2 h 30", "tomorrow at 2.30 am")
    summer = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
    assert both(moment_words, summer, PARIS, summer) == ("aujourd’hui à 14 h", "today at 2 pm")


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError):
        moment_words(datetime(2026, 12, 1, 10), PARIS, MONDAY)


def test_a_zone_is_named_by_its_place() -> None:
    assert both(zone_words, PARIS) == ("heure de Paris", "Paris time")
    assert both(zone_words, "Europe/Athens") == ("heure d’Athènes", "Athens time")


@pytest.mark.parametrize(
    ("apart", "french", "english"),
    [
        (timedelta(seconds=-20), "à l’instant", "just now"),
        (timedelta(minutes=-1), "il y a 1 minute", "1 minute ago"),
        (timedelta(minutes=-59, seconds=-50), "il y a 59 minutes", "59 minutes ago"),
        (timedelta(minutes=-119), "il y a 1 heure", "1 hour ago"),
        (timedelta(hours=-23), "il y a 23 heures", "23 hours ago"),
        (timedelta(days=-3, hours=-2), "il y a 3 jours", "3 days ago"),
        (timedelta(minutes=20), "dans 20 minutes", "in 20 minutes"),
    ],
)
def test_how_long_ago(apart: timedelta, french: str, english: str) -> None:
    assert both(ago_words, MONDAY + apart, MONDAY) == (french, english)


@pytest.mark.parametrize(
    ("minutes", "french", "english"),
    [
        (0, "0 minute", "0 minutes"),
        (1, "1 minute", "1 minute"),
        (45, "45 minutes", "45 minutes"),
        (60, "1 heure", "1 hour"),
        (90, "1 h 30", "1 hour 30 minutes"),
        (120, "2 heures", "2 hours"),
        (125, "2 h 05", "2 hours 5 minutes"),
    ],
)
def test_how_long_it_takes(minutes: int, french: str, english: str) -> None:
    assert both(duration_words, minutes) == (french, english)


def test_a_day_in_an_sms_has_no_word_that_doubles_its_price() -> None:
    assert both(sms_day, date(2026, 8, 12)) == ("12/08", "12/08")


# Numbers and lists


def test_prices_and_numbers() -> None:
    assert both(price_words, Money(129900, "EUR")) == (f"1{NARROW}299,00 €", "€1,299.00")
    assert both(price_words, Money(500, "JPY"))[1] == "JP¥500"
    assert both(number_words, 1299) == (f"1{NARROW}299", "1,299")
    assert both(number_words, Decimal("0.5")) == ("0,5", "0.5")
    with speaking("fr"):
        assert price_words(Money(129900, "EUR")) == f"1{NARROW}299,00{NO_BREAK}€"


@pytest.mark.parametrize(
    ("km", "french", "english"),
    [
        (0, "0 m", "0 m"),
        (0.853, "850 m", "850 m"),
        (0.996, "1 km", "1 km"),
        (1.2, "1,2 km", "1.2 km"),
        (2.0, "2 km", "2 km"),
        (9.96, "10 km", "10 km"),
        (20.4, "20 km", "20 km"),
        (9350.2, f"9{NARROW}350 km", "9,350 km"),
    ],
)
def test_distances(km: float, french: str, english: str) -> None:
    assert both(distance_words, km) == (french, english)


def test_lists() -> None:
    assert both(list_words, []) == ("", "")
    assert both(list_words, ["a"]) == ("a", "a")
    assert both(list_words, ["a", "b"]) == ("a et b", "a and b")
    assert both(list_words, ["100 %", Translated(fr="deux", en="two"), 3]) == ("100 %, deux et 3", "100 %, two and 3")


def test_a_sentence_begins_with_a_capital_and_keeps_the_others() -> None:
    assert upper_first("demain, avec Nadia") == "Demain, avec Nadia"
    assert upper_first("") == ""


def test_both_languages_are_there() -> None:
    assert LANGUAGES == ("fr", "en")
    for spoken in LANGUAGES:
        assert catalogue(spoken) is catalogue(spoken)
