"""What Léa and the advisors are told about an appointment, in both languages, by mail, by SMS and in the calendar."""

import re
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from factories import advise, advisor, booked, build, lea, reserved
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from icalendar import Calendar
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from booking import letters, messages
from booking.appointments import asking, questions, receiving
from booking.appointments.states import ItemState, Outcome, Status
from booking.appointments.tables import Appointment
from booking.channels import HEADERS, mail
from booking.letters import Dropped, Letter, Unreachable, compose
from booking.messages import Channel, Message, State
from kit.codes import show_code
from kit.gsm import ONE_MESSAGE, gsm_folded, gsm_length
from kit.languages import french_typography
from kit.settings import Settings
from kit.templates import ROOT
from stores import catalogue, schedules, staff
from stores.places import Store
from stores.services import Service, ServiceStore
from tests.booking.told import a_message

NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
"""Tuesday 24 November 2026, noon in Paris."""
THURSDAY = datetime(2026, 11, 26, 13, 30, tzinfo=UTC)
"""14 h 30 in Paris."""
FRENCH_MOBILE = "+33639980123"
NB = "\u00a0"

FOR_SHOPPERS = [
    *("appointment_confirmed", "appointment_requested", "appointment_declined", "appointment_moved"),
    *("appointment_cancelled", "appointment_store_cancelled", "appointment_reminder", "appointment_soon"),
    *("appointment_summary", "appointment_word", "find"),
]
TEXTED = sorted(set(FOR_SHOPPERS) - {"appointment_summary", "find"})
FOR_STAFF = ["staff_appointment", "staff_appointment_moved", "staff_appointment_cancelled", "staff_approval"]
WAS = (THURSDAY - timedelta(days=1)).isoformat()
PAYLOADS: dict[str, list[dict[str, Any]]] = {
    "appointment_moved": [{"was": WAS, "by_shopper": True}, {"was": WAS}, {}],
    "appointment_word": [
        {"word": "late", "by": "Nadia"},
        {"word": "late", "text": "Je finis avec une cliente, dix minutes tout au plus.", "by": "Nadia"},
        {"word": "bring", "by": "Nadia"},
        {"word": "free", "text": "La suspension Hêtre est arrivée, à bientôt. " * 6, "by": "Nadia"},
    ],
    "staff_appointment_moved": [
        {"was": WAS, "by_shopper": True},
        {"was": WAS, "given_away": True},
        {"taken_over": True},
    ],
    "staff_appointment_cancelled": [{"by_shopper": True}, {}],
    "staff_approval": [{}, {"waited": True}],
}
CASES = [(name, payload) for name in FOR_SHOPPERS + FOR_STAFF for payload in PAYLOADS.get(name, [{}])]
NAMES = [f"{name}-{number}" for number, (name, _) in enumerate(CASES)]
LANGUAGES = ["fr", "en"]
FORBIDDEN = re.compile(
    r"panier|command(?:e|er)\b|veuillez|invalide|soumettre|basket|checkout|\border\b|oups|!|session|créneau",
    re.IGNORECASE,
)

Told = Callable[..., Awaitable[Letter | Dropped]]


@pytest.fixture
async def world(session):
    return await build(session, now=NOON)


@pytest.fixture
async def desk(session, world):
    return await advise(session, world, now=NOON)


@pytest.fixture
async def hers(session, world, desk) -> Appointment:
    """Léa sees Nadia on Thursday at 14 h 30, and has a lamp in mind."""
    lamp = (await catalogue.find_variants(session, [world.lamp.sku]))[world.lamp.sku]
    brief = asking.Brief(items=[(lamp, 2)], party=2)
    made = await booked(session, world, desk, THURSDAY, now=NOON, advisor=desk.nadia, brief=brief)
    session.expunge_all()
    return made


@pytest.fixture
def told(session: AsyncSession, settings: Settings) -> Told:
    """What somebody would receive now."""

    async def compose_it(template: str, subject_id: int, *, now: datetime = NOON, **values: Any) -> Letter | Dropped:
        session.expunge_all()
        here = replace(settings, short_url="https://vtrn.example")
        message = a_message(template, subject_id, **{"subject": "appointment", "created_at": now, **values})
        return await compose(session, message, settings=here, now=now)

    return compose_it


async def change(session: AsyncSession, one: Appointment, **values: Any) -> None:
    await session.execute(update(Appointment).where(Appointment.id == one.id).values(**values))
    session.expunge_all()


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace(NB, " ")


# What Léa is told


async def test_a_confirmation_says_when_with_whom_where_and_what_to_bring(hers, told):
    letter = await told("appointment_confirmed", hers.id)
    assert letter.subject == f"Rendez-vous jeudi 26 novembre à 14{NB}h{NB}30"
    text = plain(letter.text)
    assert "Votre rendez-vous est confirmé : Choisir un luminaire." in text
    assert "Quand : jeudi 26 novembre, de 14 h 30 à 15 h 15\nAvec : Nadia, conseil luminaires\n" in text
    assert "Où : Aurore Rivoli, 3ᵉ étage, Atelier lumière, 52 rue de Rivoli, 75004 Paris" in text
    assert "À apporter, si vous l’avez : une photo et les dimensions de la pièce" in text
    assert "- Lampe Oscar, Laiton (2)" in text
    assert "Gratuit, sans obligation d’achat. Nadia a reçu votre sélection." in text
    assert "Vous pouvez le déplacer ou l’annuler jusqu’à l’heure du rendez-vous." in text
    assert "Paris)" not in text, "whoever reads French in Paris knows the hour"
    assert letter.links[0].startswith("http://vitrine.test/fr/my/")


async def test_an_english_reader_is_told_whose_clock_it_is(hers, told):
    letter = await told("appointment_confirmed", hers.id, language="en")
    assert letter.subject == "Appointment on Thursday 26 November, 2.30 pm"
    assert "When: Thursday 26 November, 2.30 to 3.15 pm (Paris time)" in letter.text
    assert "With: Nadia, lighting advisor" in letter.text
    assert "You can move or cancel it at any time before it starts." in letter.text


async def test_a_store_far_away_names_its_own_clock_in_french_too(session, hers, told):
    await session.execute(update(Store).where(Store.id == hers.store_id).values(timezone="Indian/Reunion"))
    letter = await told("appointment_confirmed", hers.id)
    assert "de 17 h 30 à 18 h 15 (heure de La Réunion)" in plain(letter.text)


async def test_the_hour_that_comes_twice_is_told_apart(session, hers, told):
    for start, offset in (
        (datetime(2027, 10, 31, 0, 30, tzinfo=UTC), "+02:00"),
        (datetime(2027, 10, 31, 1, 30, tzinfo=UTC), "+01:00"),
    ):
        await change(session, hers, starts_at=start, ends_at=start + timedelta(minutes=15))
        letter = await told("appointment_confirmed", hers.id)
        assert f"de 2 h 30 à 2 h 45 (heure de Paris, UTC{offset})" in plain(letter.text)


@pytest.mark.parametrize(
    ("move", "cancel", "fr", "en"),
    [
        (0, 0, "le déplacer ou l’annuler jusqu’à l’heure du rendez-vous.", "at any time before it starts."),
        (120, 120, "le déplacer ou l’annuler jusqu’à 12 h 30 le jour même.", "cancel it until 12.30 pm that day."),
        (
            *(1440, 1440),
            "l’annuler jusqu’à la veille, mercredi 25 novembre à 14 h 30.",
            "until the day before, Wednesday 25 November at 2.30 pm.",
        ),
        (
            0,
            120,
            "le déplacer jusqu’à l’heure du rendez-vous, et l’annuler jusqu’à 12 h 30 le",
            "and cancel it until 12.30",
        ),
        (9999, 0, "l’annuler jusqu’à l’heure du rendez-vous. Pour le déplacer, appelez", "To move it, call us: +33"),
        (0, 9999, "le déplacer jusqu’à l’heure du rendez-vous. Pour l’annuler, appelez", "To cancel it, call us: +33"),
        (
            9999,
            9999,
            "Pour le déplacer ou l’annuler, appelez-nous : 01 99 00 12 34.",
            "To move or cancel it, call us: +33",
        ),
        (
            *(46 * 60, 46 * 60),
            "l’annuler jusqu’au mardi 24 novembre à 16 h 30.",
            "until Tuesday 24 November at 4.30 pm.",
        ),
    ],
)
async def test_the_cut_off_is_named_as_it_is(move, cancel, fr, en, session, hers, told):
    await session.execute(update(Service).values(move_minutes=move, cancel_minutes=cancel))
    assert fr in plain((await told("appointment_confirmed", hers.id)).text)
    assert en in plain((await told("appointment_confirmed", hers.id, language="en")).text)


async def test_without_an_advisor_or_a_meeting_point_the_letter_still_says_where(session, hers, told):
    await change(session, hers, advisor_id=None)
    await session.execute(update(ServiceStore).values(meeting_point={}, meeting_sms=""))
    letter = await told("appointment_confirmed", hers.id)
    assert "Avec" not in letter.text
    assert "Où : Aurore Rivoli, Accueil réservations, rez-de-chaussée, 52" in plain(letter.text)
    await change(session, hers, phone=FRENCH_MOBILE)
    assert ", accueil RDC. " in (await told("appointment_confirmed", hers.id, channel=Channel.SMS)).text


async def test_a_request_says_when_the_answer_comes_and_that_it_is_no_confirmation(hers, told):
    text = plain((await told("appointment_requested", hers.id)).text)
    assert "vous répond aujourd’hui avant 13 h" in text
    assert "Ce n’est pas encore une confirmation" in text


async def test_a_move_says_whose_it_was_and_both_times(hers, told):
    hers_ = await told("appointment_moved", hers.id, payload={"was": WAS, "by_shopper": True})
    ours = await told("appointment_moved", hers.id, payload={"was": WAS})
    for letter in (hers_, ours):
        assert plain(letter.subject) == "Nouvel horaire : jeudi 26 novembre à 14 h 30"
        assert "Ancien horaire : mercredi 25 novembre à 14 h 30" in plain(letter.text)
    assert "comme vous l’avez demandé" in hers_.text
    assert "Aurore Rivoli a déplacé votre rendez-vous" in ours.text


async def test_where_only_the_advisor_changed_no_former_time_is_named(hers, told):
    for payload in ({}, {"was": THURSDAY.isoformat()}):
        letter = await told("appointment_moved", hers.id, payload=payload)
        assert "Ancien horaire" not in letter.text
        assert "Nadia vous recevra" in letter.text


async def test_a_visit_is_summed_up_without_what_came_of_it(session, world, desk, hers, told):
    one = await questions.get(session, hers.id)
    shade = (await catalogue.find_variants(session, [world.shade.sku]))[world.shade.sku]
    await receiving.begin(session, one, by="Nadia", now=THURSDAY)
    from booking.appointments import keeping

    await keeping.bring(session, one, [(shade, 1)], by="Nadia", now=THURSDAY, added_by="Nadia")
    lamp = next(item for item in one.items if item.variant_id == world.lamp.id)
    other = next(item for item in one.items if item.variant_id == shade.id)
    lamp.state, other.state = ItemState.LIKED, ItemState.SHOWN
    await receiving.complete(
        session, one, outcome=Outcome.NOTHING, reason="trop cher", summary=True, by="Nadia", now=THURSDAY
    )
    letter = await told("appointment_summary", hers.id, now=THURSDAY + timedelta(hours=1))
    text = plain(letter.text)
    assert "Vous étiez avec Nadia." in text
    assert (
        text.index("Ce qui vous a plu :") < text.index("Lampe Oscar, Laiton (2) :") < text.index("Vous avez vu aussi :")
    )
    assert letter.links == (
        "http://vitrine.test/fr/p/lampe-oscar?sku=LUM-0001-LAI",
        "http://vitrine.test/fr/p/abat-jour-lin?sku=LUM-0013-30",
    )
    assert "trop cher" not in text and "€" not in text


# Other starts


async def test_what_the_store_cancels_names_three_other_starts_each_with_its_page(session, world, desk, hers, told):
    one = await questions.get(session, hers.id)
    await asking.cancel(session, one, by="Hélène", reason="l'atelier est fermé", now=NOON)
    letter = await told("appointment_store_cancelled", hers.id)
    assert "La raison : l'atelier est fermé" in plain(letter.text)
    starts = [link for link in letter.links if "/new/details?" in link]
    assert [link.partition("start=")[2].partition("&")[0] for link in starts] == [
        "2026-11-26T12:30Z",
        "2026-11-26T13:00Z",
        "2026-11-26T14:00Z",
    ], "the nearest, and never the one that was just cancelled"
    assert all(
        "advisor=nadia" in link and "party=2" in link and "sku=LUM-0001-LAI&quantity=2" in link for link in starts
    )
    assert "Jeudi 26 novembre à 14 h" in plain(letter.text)
    assert any("/new/time?" in link for link in letter.links)


async def test_when_her_advisor_is_away_the_others_are_named(session, world, desk, hers, told):
    week = timedelta(days=10)
    await schedules.add_time_off(session, desk.nadia.id, NOON, NOON + week, kind="ill", by="Hélène", now=NOON)
    one = await questions.get(session, hers.id)
    await asking.cancel(session, one, by="Hélène", reason="Nadia est absente", now=NOON)
    letter = await told("appointment_store_cancelled", hers.id, language="en")
    starts = [link for link in letter.links if "/new/details?" in link]
    assert len(starts) == 3
    assert all("advisor=any" in link for link in starts)
    assert "with Karim" in letter.text


async def test_other_starts_keep_to_the_rules_for_shoppers(session, world, desk, hers, told):
    await session.execute(update(Service).values(lead_minutes=60 * 24 * 3))
    await change(session, hers, status=Status.DECLINED, reason="complet")
    letter = await told("appointment_declined", hers.id)
    starts = [link.partition("start=")[2][:10] for link in letter.links if "/new/details?" in link]
    assert starts and min(starts) >= "2026-11-27"


async def test_where_nothing_is_free_a_way_to_look_further_stays(session, desk, hers, told):
    await session.execute(update(Service).values(active=False))
    letter = await told("appointment_store_cancelled", hers.id)
    assert "D’autres moments sont libres" not in letter.text
    assert len(letter.links) == 1 and "/new/time?" in letter.links[0]


# What every message keeps to


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("template", "payload"), CASES, ids=NAMES)
async def test_every_message_is_whole_in_text_and_in_html(template, payload, language, session, hers, told):
    await change(session, hers, note="Un mot", reason="l’atelier est fermé")
    recipient = "store" if template in FOR_STAFF else "shopper"
    letter = await told(template, hers.id, language=language, recipient=recipient, payload=payload)
    assert 0 < len(letter.subject) <= 78 and "\n" not in letter.subject
    assert letter.sender == "Aurore Rivoli" and letter.reply_to == "rivoli@aurore.example"
    assert letter.ref == show_code(hers.code)
    said = re.sub(r"https?://\S+", "", letter.subject + letter.text)
    assert not FORBIDDEN.search(said.replace("D’autres moments", ""))
    assert not re.search(r"[\[\]{}]|None|\n\n\n", letter.text)
    assert f'lang="{language}"' in letter.html and len(letter.html.encode()) <= 60_000
    assert not re.search(r"<img|<script|url\(|@import", letter.html)
    if language == "fr":
        assert french_typography(letter.text) == letter.text
        assert french_typography(letter.subject) == letter.subject


@pytest.mark.parametrize(("template", "payload"), CASES, ids=NAMES)
async def test_both_languages_carry_the_same_facts(template, payload, session, hers, told):
    await change(session, hers, note="Un mot", reason="l’atelier est fermé")
    recipient = "store" if template in FOR_STAFF else "shopper"
    french, english = [
        await told(template, hers.id, language=each, recipient=recipient, payload=payload) for each in LANGUAGES
    ]
    same = {"/fr/": "/en/", "lampe-oscar": "oscar-lamp"}
    links = list(french.links)
    for there, here in same.items():
        links = [link.replace(there, here) for link in links]
    assert links == list(english.links)
    for sign in ("\n- ", "\n\n"):
        assert french.text.count(sign) == english.text.count(sign), sign
    for fact in ("Aurore Rivoli", "Nadia", "Un mot", "l’atelier est fermé", show_code(hers.code)):
        assert (fact in french.text) == (fact in english.text), fact
    assert ("14 h 30" in plain(french.text + french.subject)) == ("2.30" in english.text + english.subject)
    assert (french.method, bool(french.calendar)) == (english.method, bool(english.calendar))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("template", "payload"), CASES, ids=NAMES)
async def test_a_subject_fits_into_fifty_five_signs(template, payload, language, session, world, desk, hers, told):
    """Wednesday 30 September is the longest day; reminders say `demain`."""
    far = datetime(2026, 9, 30, 12, 30, tzinfo=UTC)
    now = far - timedelta(days=1 if "reminder" in template else 3, hours=0)
    if template in ("appointment_soon", "appointment_summary"):
        now = far - timedelta(hours=2)
    jean = await advisor(session, world, "Jean-Baptiste", [], ["fr"])
    await change(session, hers, starts_at=far, ends_at=far + timedelta(minutes=45), advisor_id=jean.id)
    await session.execute(update(Store).where(Store.id == hers.store_id).values(name="Aurore Presqu’île"))
    moved = {**payload, "was": (far - timedelta(days=7)).isoformat()} if "was" in payload else payload
    recipient = "store" if template in FOR_STAFF else "shopper"
    letter = await told(template, hers.id, language=language, recipient=recipient, payload=moved, now=now)
    assert len(letter.subject) <= 55, (len(letter.subject), letter.subject)


def test_each_template_stands_there_in_both_languages():
    for name in (*FOR_SHOPPERS, *FOR_STAFF, "staff_my_day"):
        name = "appointment_find" if name == "find" else name
        names = {path.name for path in (ROOT / "messages" / name).iterdir()}
        wanted = {"fr.txt", "en.txt"} | ({"fr.sms.txt", "en.sms.txt"} if name in TEXTED else set())
        assert names == wanted, name


def test_every_template_that_appointments_queue_exists():
    telling = (ROOT.parent / "booking" / "appointments" / "telling.py").read_text()
    named = set(re.findall(r'"((?:staff_)?appointment_?\w*|staff_approval)"', telling)) - {"appointment"}
    assert {"appointment_confirmed", "appointment_word", "staff_approval"} <= named
    assert all((ROOT / "messages" / name / "fr.txt").exists() for name in named)


# SMS

WORST_CASES = [(name, payload) for name, payload in CASES if name in TEXTED]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("template", "payload"), WORST_CASES, ids=[f"{n}-{i}" for i, (n, _) in enumerate(WORST_CASES)])
async def test_an_sms_stays_one_sms_in_the_worst_case(template, payload, language, session, hers, settings):
    late = datetime(2026, 12, 31, 11, 59, tzinfo=UTC)  # 12:59 in Paris: `12.59 pm`, `12h59`
    await change(
        session,
        hers,
        starts_at=late,
        ends_at=late + timedelta(minutes=45),
        first_name="François",
        phone=FRENCH_MOBILE,
    )
    await session.execute(update(Store).values(sms_name="Saint-Barthélemy", desk_sms="Caisse 12 étage2"))
    await session.execute(update(ServiceStore).values(meeting_sms="Étage 12 caisse2"))
    base = "https://" + "a" * (letters.LONGEST_SMS_LINK - len("https:///r/") - 22)
    texts = [payload.get("text", ""), "", "€[]~|^ œuvre " * 25, "m" * 300]
    for text in texts if template == "appointment_word" else [""]:
        if not text and payload.get("word") == "free":
            continue
        message = a_message(
            template,
            hers.id,
            subject="appointment",
            created_at=NOON,
            channel=Channel.SMS,
            language=language,
            payload={**payload, "text": text} if text or "text" in payload else payload,
        )
        session.expunge_all()
        letter = await compose(session, message, settings=replace(settings, short_url=base), now=NOON)
        assert (letter.channel, letter.to, letter.calendar) == (Channel.SMS, FRENCH_MOBILE, b"")
        assert "François" not in letter.text and "Oscar" not in letter.text and "Nadia" not in letter.text
        assert letter.text.endswith(letter.links[0]) and len(letter.links[0]) == letters.LONGEST_SMS_LINK
        length = gsm_length(letter.text)
        assert length is not None, letter.text
        assert length <= ONE_MESSAGE, (length, letter.text)


async def test_a_word_of_the_advisor_is_in_the_sms_as_far_as_it_fits(session, hers, told):
    await change(session, hers, phone=FRENCH_MOBILE)
    values: dict[str, Any] = {
        "channel": Channel.SMS,
        "payload": {"word": "free", "text": "L’abat-jour crème est prêt : 40 cm…"},
    }
    letter = await told("appointment_word", hers.id, **values)
    assert "rendez-vous du 26/11 : L'abat-jour crème est pret : 40 cm... https" in letter.text


@given(text=st.text(max_size=400), limit=st.integers(10, 120))
@examples(max_examples=300, deadline=None)
def test_whatever_is_typed_fits_an_sms_once_folded(text, limit):
    folded = gsm_folded(text, limit)
    length = gsm_length(folded)
    assert length is not None and length <= limit
    assert folded == folded.strip() and "\n" not in folded


async def test_one_number_gets_six_sms_a_day_whatever_they_are_about(session, world, hers, told):
    await change(session, hers, phone=FRENCH_MOBILE)
    held = await reserved(session, world, now=NOON, customer=lea(phone=FRENCH_MOBILE))
    subjects = [("appointment", hers.id), ("reservation", held.id)] * 3
    for version, (subject, subject_id) in enumerate(subjects):
        assert (await told("appointment_reminder", hers.id, channel=Channel.SMS)).channel == Channel.SMS
        session.add(
            a_message(
                *("ready", subject_id),
                subject=subject,
                version=version,
                channel=Channel.SMS,
                state=State.SENT,
                sent_at=NOON - timedelta(hours=version),
            )
        )
        await session.flush()
    assert (await told("appointment_reminder", hers.id, channel=Channel.SMS)).channel == Channel.EMAIL
    later = NOON + timedelta(hours=20)
    assert (await told("appointment_reminder", hers.id, channel=Channel.SMS, now=later)).channel == Channel.SMS


async def test_who_can_be_reached_by_nothing_is_left_to_staff(session, hers, told):
    await change(session, hers, email="", phone="+8613912345678")
    with pytest.raises(Unreachable):
        await told("appointment_confirmed", hers.id, channel=Channel.SMS)


# Hostile words


@pytest.mark.parametrize(
    "name",
    [
        "[Gagnez](https://evil.example)",
        "Léa\n\n[Gagnez](https://evil.example)",
        "- Léa",
        "<script>alert(1)</script>",
        "{{ 7 * 7 }}",
        "=?UTF-8?Q?=0D=0ABcc:=20evil@evil.example?=",
        "Léa\r\nATTENDEE:mailto:evil@evil.example",
    ],
)
async def test_what_people_typed_begins_nothing(name, session, desk, hers, told, settings):
    before = await told("appointment_confirmed", hers.id)
    await change(session, hers, first_name=name, note=name, reason=name)
    for template, recipient, payload in (
        ("appointment_confirmed", "shopper", {}),
        ("appointment_store_cancelled", "shopper", {}),
        ("appointment_word", "shopper", {"word": "free", "text": name, "by": name}),
        ("staff_appointment", "store", {}),
    ):
        letter = await told(template, hers.id, recipient=recipient, payload=payload)
        assert all(link.startswith("http://vitrine.test/") for link in letter.links)
        assert "<script" not in letter.html
    letter = await told("appointment_confirmed", hers.id)
    assert letter.links == before.links
    read = by_mail(letter, settings)
    assert set(read.keys()) <= HEADERS
    assert "evil@" not in str(Calendar.from_ical(letter.calendar).walk("VEVENT")[0].get("attendee"))


# Staff


async def test_her_advisor_reads_who_comes_and_why_but_no_address_of_hers(session, hers, told):
    await change(session, hers, note="Pour un plafond de 4 m", phone=FRENCH_MOBILE)
    for template in FOR_STAFF:
        letter = await told(template, hers.id, recipient="store")
        said = letter.subject + letter.text
        assert "Léa M." in letter.text and "Léa" not in letter.subject
        assert not any(word in said for word in ("Martin", "lea@", "639980123"))
        assert letter.links == (f"http://vitrine.test/fr/staff/appointments/{show_code(hers.code)}",)
        assert not letter.calendar


async def test_who_gave_it_away_reads_the_time_that_was_hers(hers, told):
    payload = {"was": WAS, "given_away": True}
    letter = await told("staff_appointment_moved", hers.id, recipient="store", payload=payload)
    assert plain(letter.subject) == "Plus à vous : mercredi 25 novembre à 14 h 30"
    assert "il est confié à Nadia" in letter.text
    assert "Lampe" not in letter.text


async def test_an_advisor_who_left_is_not_written_to(session, world, hers, told):
    ines = world.accounts["ines"]
    recipient = f"account:{ines.id}"
    assert (await told("staff_appointment", hers.id, recipient=recipient)).to == "ines@aurore.example"
    await session.execute(update(staff.Account).where(staff.Account.id == ines.id).values(disabled_at=NOON))
    assert isinstance(await told("staff_appointment", hers.id, recipient=recipient), Dropped)


# What is not sent any more


async def test_what_has_changed_or_passed_since_is_not_sent(session, hers, told):
    then = {"starts_at": hers.starts_at.isoformat()}
    assert isinstance(await told("appointment_reminder", hers.id, payload=then, only_if="confirmed"), Letter)
    assert await told("appointment_reminder", hers.id, only_if="requested") == Dropped("the appointment is confirmed")
    for template in ("appointment_confirmed", "appointment_moved", "appointment_reminder", "appointment_soon"):
        assert await told(template, hers.id, now=THURSDAY) == Dropped("its time has passed")
    assert isinstance(await told("appointment_cancelled", hers.id, now=THURSDAY), Letter)
    await change(session, hers, starts_at=hers.starts_at + timedelta(minutes=5))
    assert await told("appointment_reminder", hers.id, payload=then) == Dropped("about a time that has changed")


async def test_a_reminder_two_hours_late_is_dropped(hers, told):
    due = {"reminder": True, "first_due_at": NOON}
    assert isinstance(await told("appointment_reminder", hers.id, now=NOON + timedelta(hours=2), **due), Letter)
    late = await told("appointment_reminder", hers.id, now=NOON + timedelta(hours=2, seconds=1), **due)
    assert late == Dropped("too late for a reminder")


async def test_who_was_erased_is_not_written_to_and_the_advisors_words_go_too(session, hers, told):
    one = await questions.get(session, hers.id)
    from booking.appointments import telling

    await telling.say(session, one, "free", text="Votre lampe est là", by="Nadia", now=NOON)
    await asking.cancel(session, one, now=NOON)
    assert await questions.erase_old(session, days=90, now=NOON + timedelta(days=91)) == 1
    assert await told("appointment_cancelled", hers.id) == Dropped("name and contact were erased")
    payloads = await session.scalars(select(Message.payload).where(Message.template == "appointment_word"))
    assert [payload.get("text") for payload in payloads] == [None]


# In her calendar


def by_mail(letter: Letter, settings: Settings) -> EmailMessage:
    """The mail as her program reads it."""
    sent = mail(letter, uuid.UUID(int=7), settings=settings, now=NOON).as_bytes()
    assert max(len(line) for line in sent.split(b"\r\n")) <= 78
    read = message_from_bytes(sent, policy=policy.default)
    assert isinstance(read, EmailMessage)
    return read


def event_of(calendar: bytes) -> Any:
    (event,) = Calendar.from_ical(calendar).walk("VEVENT")
    return event


async def test_a_confirmation_carries_its_entry_as_a_part_and_as_a_file(hers, told, settings):
    letter = await told("appointment_confirmed", hers.id)
    read = by_mail(letter, settings)
    assert set(read.keys()) == HEADERS
    assert read.get_content_type() == "multipart/mixed"
    alternatives, file = read.iter_parts()
    assert alternatives.get_content_type() == "multipart/alternative"
    text, page, entry = alternatives.iter_parts()
    assert [part.get_content_type() for part in (text, page, entry)] == ["text/plain", "text/html", "text/calendar"]
    assert text.get_content().replace("\r\n", "\n") == letter.text
    assert page.get_content().replace("\r\n", "\n").strip() == letter.html.strip()
    assert entry["Content-Type"].params["method"] == "REQUEST"
    assert entry["Content-Type"].params["charset"] == "utf-8"
    assert entry["Content-Disposition"] is None
    assert (file.get_content_type(), file.get_filename()) == ("application/ics", "rendez-vous.ics")
    assert file.is_attachment()
    assert file.get_content() == letter.calendar == entry.get_content().encode()
    event = event_of(letter.calendar)
    assert event["organizer"] == "mailto:boutique@vitrine.example" == f"mailto:{read['From'].addresses[0].addr_spec}"
    assert event["attendee"] == "mailto:lea@exemple.fr"
    assert event.start == THURSDAY and event.end == THURSDAY + timedelta(minutes=45)
    assert letter.links[0] in event["url"]
    english = await told("appointment_confirmed", hers.id, language="en")
    assert english.attachment == "appointment.ics"


async def test_a_move_and_a_cancellation_follow_the_same_entry(session, world, desk, settings):
    """REQUEST, REQUEST, CANCEL: one UID, each SEQUENCE higher than the one before."""
    one = await booked(session, world, desk, THURSDAY, now=NOON)
    read: list[tuple[str, Any]] = []
    for step in ("", "move", "cancel"):
        if step == "move":
            await asking.reschedule(session, one, THURSDAY + timedelta(days=1), now=NOON)
        if step == "cancel":
            await asking.cancel(session, await questions.get(session, one.id), now=NOON)
        for message in await messages.claim(session, now=NOON):
            if message.recipient == "shopper":
                letter = await compose(session, message, settings=settings, now=NOON)
                assert isinstance(letter, Letter)
                read.append((letter.method, event_of(letter.calendar)))
            await messages.settle(session, message, now=NOON)
        session.expunge_all()
        one = await questions.get(session, one.id)
    assert [method for method, _ in read] == ["REQUEST", "REQUEST", "CANCEL"]
    assert len({str(event["uid"]) for _, event in read}) == 1
    sequences = [int(event["sequence"]) for _, event in read]
    assert sequences == sorted(set(sequences))
    assert [str(event["status"]) for _, event in read] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert read[1][1].start == THURSDAY + timedelta(days=1)


@pytest.mark.parametrize("template", ["appointment_cancelled", "appointment_store_cancelled", "appointment_declined"])
async def test_nothing_is_taken_back_that_was_never_put_into_her_calendar(template, session, hers, told):
    assert (await told(template, hers.id)).calendar == b""
    sent = update(Message).where(Message.subject_id == hers.id, Message.template == "appointment_confirmed")
    await session.execute(sent.values(state=State.SENT, sent_at=NOON))
    letter = await told(template, hers.id)
    assert letter.method == "CANCEL" and event_of(letter.calendar)["status"] == "CANCELLED"


@pytest.mark.parametrize("template", ["appointment_requested", "appointment_reminder", "appointment_soon", "find"])
async def test_other_letters_touch_no_calendar(template, hers, told):
    letter = await told(template, hers.id)
    assert (letter.calendar, letter.method, letter.attachment) == (b"", "", "")


# Who hears of it


async def test_a_request_that_nobody_answers_is_told_to_the_managers_once(session, world, desk, settings):
    """Asked at 19:30: half an hour today and half an hour tomorrow morning make the hour of Rivoli."""
    evening = NOON + timedelta(hours=7, minutes=30)
    one = await booked(session, world, desk, datetime(2026, 11, 27, 13, tzinfo=UTC), now=evening, service=desk.kitchen)
    assert one.status == Status.REQUESTED
    query = select(Message).where(Message.template == "staff_approval").order_by(Message.due_at)
    first, late = (await session.scalars(query)).all()
    helene = world.accounts["helene"]
    assert (first.recipient, first.due_at) == ("store", evening), "Karim has no account"
    assert (late.recipient, late.due_at) == (f"account:{helene.id}", datetime(2026, 11, 25, 9, 30, tzinfo=UTC))
    letter = await compose(session, late, settings=settings, now=late.due_at)
    assert letter.to == "helene@aurore.example" and letter.subject.startswith("Sans réponse")
    await receiving.approve(session, one, by="Karim", now=evening)
    session.expunge_all()
    assert {message.state for message in (await session.scalars(query)).all()} == {State.DROPPED}


async def test_a_manager_who_is_the_advisor_hears_both_times(session, world, desk):
    helene = world.accounts["helene"]
    desk.karim.account_id = helene.id
    await session.flush()
    await booked(session, world, desk, datetime(2026, 11, 27, 13, tzinfo=UTC), now=NOON, service=desk.kitchen)
    query = select(Message.recipient).where(Message.template == "staff_approval").order_by(Message.due_at)
    assert (await session.scalars(query)).all() == [f"account:{helene.id}"] * 2


async def test_moved_twice_before_anything_left_the_letter_names_the_time_she_knew(session, world, desk):
    one = await booked(session, world, desk, THURSDAY, now=NOON)
    for hours in (1, 2):
        await asking.reschedule(session, one, THURSDAY + timedelta(hours=hours), now=NOON)
        session.expunge_all()
        one = await questions.get(session, one.id)
    query = select(Message).where(Message.template == "appointment_moved", Message.state == State.PENDING)
    (message,) = (await session.scalars(query)).all()
    assert message.payload["was"] == THURSDAY.isoformat()


async def test_a_colleague_who_takes_over_and_the_one_who_gave_away_both_hear(session, world, desk):
    kim = await staff.add_account(
        session, "kim@aurore.example", "advisor", first_name="Kim", store_ids=[world.rivoli.id], language="en",
        password="lampes et abat-jour du soir", now=NOON,
    )  # fmt: skip
    desk.karim.account_id = kim[0].id
    await session.flush()
    one = await booked(session, world, desk, THURSDAY, now=NOON, advisor=desk.nadia)
    await asking.reschedule(session, one, THURSDAY, advisor_id=desk.karim.id, by="Hélène", now=NOON)
    query = select(Message).where(Message.template == "staff_appointment_moved", Message.state == State.PENDING)
    heard = {row.recipient: (row.language, row.payload) for row in await session.scalars(query)}
    ines = world.accounts["ines"]
    assert heard[f"account:{kim[0].id}"] == ("en", {"was": THURSDAY.isoformat(), "taken_over": True})
    assert heard[f"account:{ines.id}"][1]["given_away"]


async def test_who_wants_a_call_gets_no_call_for_a_request_that_is_yet_to_be_answered(session, world, desk):
    from booking.tasks import Task

    by_phone = lea(email="", phone=FRENCH_MOBILE, contact="phone")
    start = datetime(2026, 11, 27, 13, tzinfo=UTC)
    one = await booked(session, world, desk, start, now=NOON, service=desk.kitchen, customer=by_phone)
    assert (await session.scalars(select(Task))).all() == []
    await receiving.approve(session, one, by="Karim", now=NOON)
    assert [task.about for task in await session.scalars(select(Task))] == ["appointment_confirmed"]
