"""What people are told: Léa in French and English, staff in theirs; and what is not sent any more."""

import html
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from booking import letters, messages
from booking.letters import Dropped, Letter, Unreachable, compose
from booking.messages import Channel, Message, State
from booking.reservations.states import LineStatus, Status
from booking.reservations.tables import Line, Reservation
from kit.codes import show_code
from kit.gsm import ONE_MESSAGE, gsm_length
from kit.languages import french_typography
from kit.settings import Settings
from kit.templates import ROOT
from stores.catalogue import Variant
from stores.places import StoreException
from stores.staff import Account
from stores.stock import StoreStock
from tests.booking.told import HOLD_UNTIL, NOW, a_message, open_store, queued, reserved, shelve

FOR_SHOPPERS = [
    *("received", "confirmed", "proposed", "ready", "reminder", "expired", "declined", "unanswered"),
    *("cancelled", "extended", "corrected", "verify", "find"),
]
BY_MAIL_ONLY = {"verify", "find"}
FOR_STAFF = ["staff_request", "staff_amber", "staff_missed", "staff_late"]
LANGUAGES = ["fr", "en"]
FRENCH_MOBILE = "+33612345678"
FORBIDDEN = re.compile(
    r"panier|command(?:e|er)\b|veuillez|invalide|soumettre|basket|checkout|\border\b|oups|!", re.IGNORECASE
)

Told = Callable[..., Awaitable[Letter | Dropped]]


@pytest.fixture
async def lea(session: AsyncSession, settings: Settings) -> Reservation:
    """A lamp and two shades at Aurore Rivoli, looked after by Nadia."""
    store = await open_store(session)
    lamp = await shelve(session, store, "Lampe Oscar", "Oscar lamp", option="Laiton")
    shade = await shelve(session, store, "Abat-jour lin", "Linen shade", option="30 cm", price=3900)
    lines = [{"variant": lamp, "quantity": 1}, {"variant": shade, "quantity": 2}]
    return await reserved(session, store, lines, secret=settings.secret, status=Status.CONFIRMED, answered_by="Nadia")


@pytest.fixture
async def offered(session: AsyncSession, settings: Settings) -> Reservation:
    """The lamp was found, the shades were not, and Nadia offers wider ones."""
    store = await open_store(session)
    lamp = await shelve(session, store, "Lampe Oscar", "Oscar lamp")
    shade = await shelve(session, store, "Abat-jour lin", "Linen shade", option="30 cm", price=3500)
    wider = await shelve(session, store, "Abat-jour lin", "Linen shade", option="35 cm", price=3900)
    found = {"variant": lamp, "quantity": 1, "found": 1, "status": LineStatus.FOUND}
    gone = {"variant": shade, "quantity": 2, "found": 0, "status": LineStatus.SUBSTITUTED}
    made = await reserved(
        session, store, [found, gone], secret=settings.secret, status=Status.PROPOSED, answered_by="Nadia"
    )
    missing = await session.scalar(select(Line.id).where(Line.reservation_id == made.id, Line.found == 0))
    session.add(
        Line(reservation_id=made.id, variant_id=wider.id, quantity=2, held=2, price_minor=3900, replaces_id=missing)
    )
    await session.flush()
    session.expunge_all()
    return made


@pytest.fixture
def told(session: AsyncSession, settings: Settings) -> Told:
    """What somebody would receive now."""

    async def compose_it(template: str, subject_id: int, *, now: datetime = NOW, **values: Any) -> Letter | Dropped:
        with_sms = replace(settings, short_url="https://vtrn.example")
        return await compose(session, a_message(template, subject_id, **values), settings=with_sms, now=now)

    return compose_it


class Page(HTMLParser):
    """What a reader of the HTML part finds."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def every(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


# What Léa is told


async def test_lea_is_told_in_french_that_her_request_arrived(lea, told):
    letter = await told("received", lea.id)
    assert letter.to == "lea@exemple.example"
    assert letter.subject == f"Votre demande {show_code(lea.code)} est enregistrée"
    assert "Bonjour Léa," in letter.text
    assert "enregistrée chez Aurore Rivoli" in letter.text
    assert "vous répond aujourd’hui avant 12\u00a0h." in letter.text
    assert "- Lampe Oscar, Laiton (1)\n- Abat-jour lin, 30 cm (2)" in letter.text
    assert "inutile de vous déplacer avant notre réponse" in letter.text


async def test_lea_is_told_in_english_that_her_request_arrived(lea, told):
    letter = await told("received", lea.id, language="en")
    assert letter.subject == f"We have received your request {show_code(lea.code)}"
    assert "will answer today by noon." in letter.text
    assert "- Oscar lamp, Laiton (1)" in letter.text
    assert letter.links[0].startswith("http://vitrine.test/en/my/")


async def test_a_confirmation_is_signed_by_who_answered_and_says_when_it_will_be_ready(lea, told):
    letter = await told("confirmed", lea.id)
    assert "vos 3 articles sont réservés à votre nom" in letter.text
    assert "au plus tard aujourd’hui à 15\u00a0h" in letter.text
    assert letter.text.endswith("Nadia, Aurore Rivoli, 01\u00a023\u00a045\u00a067\u00a089\n")


@pytest.mark.parametrize("by", ["", "key:Caisse 4", "vitrine"])
async def test_what_no_person_answered_is_signed_by_the_team(by, lea, told, session):
    await session.execute(update(Reservation).where(Reservation.id == lea.id).values(answered_by=by))
    assert "L’équipe, Aurore Rivoli, 01" in (await told("confirmed", lea.id)).text


async def test_an_offer_says_what_is_kept_what_is_missing_and_what_is_offered_at_what_price(offered, told):
    letter = await told("proposed", offered.id)
    assert "Nous avons mis de côté\u202f:\n\n- Lampe Oscar (1)" in letter.text
    assert "Nous ne pouvons pas vous garder\u202f:\n\n- Abat-jour lin, 30 cm (2)" in letter.text
    assert "Nadia vous propose\u202f:\n\n- Abat-jour lin, 35 cm, 39,00\u00a0€ (2)" in letter.text
    assert "avant demain, 11\u00a0h, nous gardons ce qui est mis de côté" in letter.text


async def test_an_offer_with_nothing_found_ends_the_reservation_when_she_says_nothing(offered, told, session):
    await session.execute(update(Line).where(Line.reservation_id == offered.id, Line.found == 1).values(found=0))
    await session.execute(update(Line).where(Line.found == 0).values(status=LineStatus.MISSING))
    letter = await told("proposed", offered.id, language="en")
    assert letter.subject == "A suggestion from Aurore Rivoli"
    assert "the reservation ends" in letter.text


async def test_an_accepted_offer_is_confirmed_with_what_waits_and_nothing_else(offered, told, session):
    await session.execute(update(Line).where(Line.replaces_id.is_not(None)).values(accepted=True))
    letter = await told("confirmed", offered.id)
    assert "vos 3 articles" in letter.text
    assert "35 cm (2)" in letter.text
    assert "30 cm" not in letter.text


async def test_ready_says_where_until_when_and_the_hours_of_each_day_with_the_special_ones(lea, told, session):
    session.add(StoreException(store_id=lea.store_id, day=NOW.date() + timedelta(days=1), hours="off", reason={}))
    await session.flush()
    letter = await told("ready", lea.id)
    assert "Ils vous attendent jusqu’au vendredi 4 décembre, 20\u00a0h." in letter.text
    assert "Accueil réservations, entrée rue de Rivoli, 52 rue de Rivoli, 75004 Paris" in letter.text
    assert "Ouvert aujourd’hui jusqu’à 20\u00a0h" in letter.text
    assert "- jeudi 3 décembre\u202f: fermé" in letter.text
    assert "- vendredi 4 décembre\u202f: de 10\u00a0h à 20\u00a0h" in letter.text
    assert "samedi" not in letter.text


async def test_the_hours_of_a_far_store_are_its_own(session, settings, told):
    store = await open_store(session, name="Aurore Saint-Denis", timezone="Indian/Reunion", phone="+262262123456")
    lamp = await shelve(session, store, "Lampe", "Lamp")
    made = await reserved(session, store, [{"variant": lamp, "quantity": 1}], secret=settings.secret)
    assert "aujourd’hui avant 15\u00a0h" in (await told("received", made.id)).text


async def test_a_reminder_on_the_last_day_offers_another_day_while_she_has_one(lea, told, session):
    morning = HOLD_UNTIL.replace(hour=9)
    letter = await told("reminder", lea.id, now=morning)
    assert letter.subject == "Vos articles vous attendent jusqu’à ce soir, 20\u00a0h"
    assert "prolongez jusqu’à demain, 20\u00a0h" in letter.text
    await session.execute(update(Reservation).where(Reservation.id == lea.id).values(extended=1))
    letter = await told("reminder", lea.id, now=morning, language="en")
    assert letter.subject == "Your items are kept until 8 pm tonight"
    assert "xtend" not in letter.text


async def test_the_end_of_a_hold_is_neutral_and_an_apology_where_we_failed(lea, told):
    plain = await told("expired", lea.id, payload={"apology": False})
    sorry = await told("expired", lea.id, payload={"apology": True})
    assert "en rayon" in plain.text
    assert "excuse" not in plain.text
    assert "nous ne l’avons pas préparée à temps" in sorry.text
    assert "en rayon" not in sorry.text


async def test_what_is_declined_is_named_where_it_is_the_nearest_store_first(session, lea, told):
    query = select(Variant).join(Line, Line.variant_id == Variant.id).where(Line.reservation_id == lea.id)
    lamp = (await session.scalars(query.order_by(Line.id))).first()
    lyon = await open_store(session, name="Aurore Lyon", slug="lyon-it-is", latitude=45.76, longitude=4.83)
    kleber = await open_store(session, name="Aurore Kléber", slug="kleber", latitude=48.58, longitude=7.75)
    session.add_all(
        StoreStock(store_id=store.id, variant_id=lamp.id, book=units) for store, units in ((kleber, 2), (lyon, 2))
    )
    await session.flush()
    letter = await told("declined", lea.id, language="en")
    assert "Oscar lamp, Aurore Lyon:\nhttp://vitrine.test/en/p/item-" in letter.text
    assert f"store=lyon-it-is&sku={lamp.sku}" in letter.text
    assert "Linen shade, Aurore" not in letter.text


async def test_nothing_is_named_elsewhere_when_no_store_has_it(lea, told):
    letter = await told("declined", lea.id)
    assert "ailleurs" not in letter.text


@pytest.mark.parametrize("template", ["declined", "unanswered"])
async def test_nobody_apologises_twice(template, lea, told):
    for payload in ({}, {"apology": True}):
        french = (await told(template, lea.id, payload=payload)).text
        english = (await told(template, lea.id, payload=payload, language="en")).text
        assert len(re.findall(r"excuser|désolés", french)) == 1
        assert english.count("sorry") == 1


async def test_a_cancellation_says_whose_it_was(lea, told, session):
    hers = await told("cancelled", lea.id, payload={"by_shopper": True})
    ours = await told("cancelled", lea.id, payload={"by_shopper": False})
    await session.execute(update(Reservation).where(Reservation.id == lea.id).values(reason="proposal_declined"))
    lapsed = await told("cancelled", lea.id, payload={"by_shopper": False})
    assert "à votre demande" in hers.text
    assert "Aurore Rivoli a annulé" in ours.text
    assert "Sans réponse de votre part" in lapsed.text


async def test_one_article_is_spoken_of_in_the_singular(session, settings, told):
    store = await open_store(session)
    lamp = await shelve(session, store, "Lampe", "Lamp")
    made = await reserved(session, store, [{"variant": lamp, "quantity": 1}], secret=settings.secret)
    for template in set(FOR_SHOPPERS) - {"proposed"}:
        assert "vos articles" not in (await told(template, made.id)).text.lower(), template
        assert "your items" not in (await told(template, made.id, language="en")).text.lower(), template


# What every message keeps to


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", FOR_SHOPPERS + FOR_STAFF)
async def test_every_message_is_whole_in_text_and_in_html(template, language, lea, offered, told):
    subject = offered if template == "proposed" else lea
    recipient = "store" if template in FOR_STAFF else "shopper"
    letter = await told(template, subject.id, language=language, recipient=recipient)
    assert 0 < len(letter.subject) <= 78
    assert "\n" not in letter.subject
    assert letter.sender == "Aurore Rivoli"
    assert letter.reply_to == "rivoli@aurore.example"
    assert not FORBIDDEN.search(re.sub(r"https?://\S+", "", letter.subject + letter.text))
    assert "[" not in letter.text
    assert "{" not in letter.text

    page = Page(letter.html)
    assert len(letter.html.encode()) <= 60_000
    assert page.every("html") == [{"lang": language}]
    assert len(page.every("h1")) == 1
    assert not page.every("img")
    assert not page.every("script")
    assert not re.search(r"url\(|@import", letter.html)
    assert [link["href"] for link in page.every("a")] == list(letter.links)
    words = " ".join(" ".join(page.words).split())
    for line in letter.text.splitlines():
        said = " ".join(line.removeprefix("- ").removesuffix("\u202f:").removesuffix(":").split())
        assert said in words, said


@pytest.mark.parametrize("template", FOR_SHOPPERS + FOR_STAFF)
async def test_french_is_printed_as_french(template, lea, offered, told):
    subject = offered if template == "proposed" else lea
    letter = await told(template, subject.id, recipient="store" if template in FOR_STAFF else "shopper")
    assert french_typography(letter.text) == letter.text
    assert french_typography(letter.subject) == letter.subject


@pytest.mark.parametrize("template", FOR_SHOPPERS + FOR_STAFF)
async def test_both_languages_carry_the_same_facts(template, lea, offered, told):
    subject = offered if template == "proposed" else lea
    recipient = "store" if template in FOR_STAFF else "shopper"
    french, english = [await told(template, subject.id, language=each, recipient=recipient) for each in LANGUAGES]
    assert [link.replace("/fr/", "/en/").replace("article-", "item-") for link in french.links] == list(english.links)
    assert french.text.count("\n- ") == english.text.count("\n- ")
    assert [len(re.findall(r"\b\d", letter.subject)) > 0 for letter in (french, english)] in ([True] * 2, [False] * 2)


def test_each_template_stands_there_in_both_languages():
    folders = {path.name for path in (ROOT / "messages").iterdir() if path.is_dir() and not path.name.startswith("_")}
    assert set(FOR_SHOPPERS + FOR_STAFF) < folders
    for folder in (name for name in folders if not name.startswith("appointment_")):  # test_appointment_letters.py
        names = {path.name for path in (ROOT / "messages" / folder).iterdir()}
        wanted = {"fr.txt", "en.txt"}
        if folder in FOR_SHOPPERS and folder not in BY_MAIL_ONLY:
            wanted |= {"fr.sms.txt", "en.sms.txt"}
        assert names == wanted, folder


def test_every_template_that_is_queued_exists():
    code = "\n".join(path.read_text() for path in (Path(ROOT).parent / "booking" / "reservations").glob("*.py"))
    named = set(re.findall(r'"((?:staff_\w+)|(?:' + "|".join(FOR_SHOPPERS) + r'))",', code))
    assert {"received", "ready", "staff_request", "staff_late"} <= named
    assert all((ROOT / "messages" / name / "fr.txt").exists() for name in named)


# SMS

WORST = {
    "sms_name": "Saint-Barthélemy",
    "desk_sms": "Caisse 12 étage2",
    "first": "François",
    "article": "Crêpière à fond épais",
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", sorted(set(FOR_SHOPPERS) - BY_MAIL_ONLY))
async def test_an_sms_stays_one_sms_in_the_worst_case(template, language, session, settings):
    assert len(WORST["sms_name"]) == len(WORST["desk_sms"]) == 16
    store = await open_store(session, sms_name=WORST["sms_name"], desk_sms=WORST["desk_sms"])
    pan = await shelve(session, store, WORST["article"], WORST["article"])
    late = datetime(2026, 12, 31, 11, 59, tzinfo=UTC)  # 12:59 in Paris: `12.59 pm`, `12h59`
    base = "https://" + "a" * (letters.LONGEST_SMS_LINK - len("https:///r/") - 22)
    texting = replace(settings, short_url=base)
    for found in (0, 1):
        lines = [{"variant": pan, "quantity": 2, "found": found}]
        if template != "proposed":
            lines[0]["found"] = None
        made = await reserved(
            session,
            store,
            lines,
            secret=settings.secret,
            first_name=WORST["first"],
            phone=FRENCH_MOBILE,
            answer_by=late,
            hold_until=late,
            ready_by=late,
            status=Status.READY,
            answered_by=WORST["first"],
            extended=found,
        )
        for payload in ({}, {"apology": True}, {"by_shopper": True}):
            asked = a_message(template, made.id, channel=Channel.SMS, language=language, payload=payload)
            letter = await compose(session, asked, settings=texting, now=NOW)
            assert letter.channel == Channel.SMS
            assert letter.to == FRENCH_MOBILE
            assert WORST["first"] not in letter.text
            assert WORST["article"] not in letter.text
            assert len(letter.links[0]) == letters.LONGEST_SMS_LINK
            assert letter.links[0] in letter.text
            length = gsm_length(letter.text)
            assert length is not None, letter.text
            assert length <= ONE_MESSAGE, (length, letter.text)


async def test_an_sms_that_may_not_be_sent_goes_by_mail(lea, told, session, settings):
    for phone in ("+33123456789", "+8613912345678", ""):
        await session.execute(update(Reservation).where(Reservation.id == lea.id).values(phone=phone))
        letter = await told("ready", lea.id, channel=Channel.SMS)
        assert (letter.channel, letter.to) == (Channel.EMAIL, "lea@exemple.example")


async def test_who_can_be_reached_by_nothing_is_left_to_staff(lea, told, session):
    values = {"phone": "+8613912345678", "email": ""}
    await session.execute(update(Reservation).where(Reservation.id == lea.id).values(**values))
    with pytest.raises(Unreachable):
        await told("ready", lea.id, channel=Channel.SMS)


async def test_one_number_gets_six_sms_a_day(lea, told, session):
    await session.execute(update(Reservation).where(Reservation.id == lea.id).values(phone=FRENCH_MOBILE))
    for _ in range(letters.TEXTS_PER_DAY):
        assert (await told("ready", lea.id, channel=Channel.SMS)).channel == Channel.SMS
        await queued(session, "ready", lea.id, channel=Channel.SMS)
        (message,) = await messages.claim(session, now=NOW)
        await messages.settle(session, message, now=NOW)
    assert (await told("ready", lea.id, channel=Channel.SMS)).channel == Channel.EMAIL
    tomorrow = NOW + timedelta(days=1, minutes=1)
    assert (await told("ready", lea.id, channel=Channel.SMS, now=tomorrow)).channel == Channel.SMS


# Hostile words

HOSTILE = [
    "[Gagnez](https://evil.example)",
    "Léa\n\n[Gagnez](https://evil.example)",
    "Léa\n- un\n- deux",
    "- Léa",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "Léa\u2028[x](https://evil.example)",
    "\ue000x\ue001\ue002https://evil.example\ue003",
    "{{ 7 * 7 }}",
    "=?UTF-8?Q?=0D=0ABcc:=20evil@evil.example?=",
]


@pytest.mark.parametrize("name", HOSTILE)
async def test_what_people_typed_begins_nothing(name, session, settings, told):
    store = await open_store(session)
    lamp = await shelve(session, store, name, name)
    lines = [{"variant": lamp, "quantity": 1}]
    made = await reserved(session, store, lines, secret=settings.secret, first_name=name, answered_by=name, note=name)
    plain = await reserved(session, store, [{"variant": lamp, "quantity": 1}], secret=settings.secret)
    for template, recipient in (("received", "shopper"), ("declined", "shopper"), ("staff_request", "store")):
        letter = await told(template, made.id, recipient=recipient)
        other = await told(template, plain.id, recipient=recipient)
        assert len(letter.links) == len(other.links)
        assert all(link.startswith("http://vitrine.test/") for link in letter.links)
        page, expected = Page(letter.html), Page(other.html)
        assert [tag for tag, _ in page.tags if tag in ("li", "a", "h1", "ul")] == [
            tag for tag, _ in expected.tags if tag in ("li", "a", "h1", "ul")
        ]
        assert not page.every("script")
        assert not page.every("img")
        assert "49" not in letter.text.replace("49,00", "").split("Bonjour", 1)[-1][:40]


async def test_the_name_stays_as_she_typed_it(lea, told, session):
    await session.execute(update(Reservation).where(Reservation.id == lea.id).values(first_name="D'Arcy : [é]-x"))
    letter = await told("received", lea.id)
    assert "Bonjour D'Arcy : [é]-x," in letter.text
    assert "D'Arcy : [é]-x" in html.unescape(letter.html)


# Staff


async def test_staff_hear_of_a_request_with_what_to_fetch_and_nothing_of_who_asks(lea, told):
    letter = await told("staff_request", lea.id, recipient="store")
    assert letter.to == "rivoli@aurore.example"
    assert re.search(r"- 1 × Lampe Oscar, Laiton, SKU-\d+, 3ᵉ étage", letter.text)
    assert "aujourd’hui avant 12\u00a0h" in letter.text
    assert letter.links == (f"http://vitrine.test/fr/staff/reservations/{show_code(lea.code)}",)
    assert not any(word in letter.text for word in ("Léa", "Moreau", "lea@", "612345678"))


async def test_the_channel_of_the_store_gets_two_plain_lines(lea, told, session):
    store = await open_store(session, staff_notify_url="json://127.0.0.1:9/", email="other@aurore.example")
    await session.execute(update(Reservation).where(Reservation.id == lea.id).values(store_id=store.id))
    letter = await told("staff_late", lea.id, recipient="store-notify", channel=Channel.NOTIFY)
    assert letter.to == "json://127.0.0.1:9/"
    assert letter.html == ""
    assert letter.text.splitlines() == ["Confirmée, pas encore à l’accueil.", letter.links[0]]


async def test_a_channel_that_was_taken_away_drops_its_message(lea, told):
    dropped = await told("staff_late", lea.id, recipient="store-notify", channel=Channel.NOTIFY)
    assert isinstance(dropped, Dropped)


async def test_tomorrow_is_told_to_the_store(lea, told):
    payload = {
        **{"requested": 2, "confirmed": 0, "ready": 5},
        "lines": [{"code": lea.code, "units": 1, "place": "B12"}, {"code": lea.code, "units": 3}],
    }
    letter = await told("staff_tomorrow", lea.store_id, subject="store", recipient="store", payload=payload)
    assert letter.subject == "Demain chez Aurore Rivoli"
    assert "- Prêtes\u202f: 5" in letter.text
    assert f"- {show_code(lea.code)}, 1 article, B12\n- {show_code(lea.code)}, 3 articles" in letter.text


async def test_after_saturday_the_next_day_to_prepare_is_monday(lea, told):
    saturday = datetime(2026, 12, 5, 18, 30, tzinfo=UTC)
    values = {"subject": "store", "recipient": "store", "payload": {"ready": 1}, "language": "en", "now": saturday}
    assert (await told("staff_tomorrow", lea.store_id, **values)).subject == "Monday 7 December at Aurore Rivoli"


async def hire(session: AsyncSession, **values: Any) -> Account:
    account = Account(
        **{"email": "ines@aurore.example", "first_name": "Inès", "last_name": "Roy", "role": "manager", **values},
        language="fr",
        created_at=NOW,
    )
    session.add(account)
    await session.flush()
    return account


async def test_a_manager_is_told_at_her_own_address(lea, told, session):
    ines = await hire(session)
    letter = await told("staff_missed", lea.id, recipient=f"account:{ines.id}", language="en")
    assert letter.to == "ines@aurore.example"
    assert letter.subject.startswith("Answer overdue: ")


async def test_a_manager_who_left_is_not_told(lea, told, session):
    ines = await hire(session, disabled_at=NOW)
    assert isinstance(await told("staff_missed", lea.id, recipient=f"account:{ines.id}"), Dropped)


async def test_a_new_password_is_chosen_behind_a_mailed_link(told, session):
    ines = await hire(session)
    values = {"subject": "account", "recipient": f"account:{ines.id}", "payload": {"path": "/fr/staff/reset/abc"}}
    letter = await told("password_reset", ines.id, **values)
    assert letter.links == ("http://vitrine.test/fr/staff/reset/abc",)
    assert letter.sender == "Aurore"
    assert letter.reply_to == ""


async def test_a_locked_account_says_for_how_long(told, session):
    ines = await hire(session, locked_until=NOW + timedelta(minutes=14, seconds=20))
    values = {"subject": "account", "recipient": f"account:{ines.id}", "payload": {"path": "/fr/staff/login"}}
    assert "pendant 15 minutes" in (await told("account_locked", ines.id, **values)).text.replace("\u00a0", " ")


async def test_a_link_to_a_new_password_is_forgotten_once_it_was_sent(session):
    ines = await hire(session)
    await queued(
        session,
        "password_reset",
        ines.id,
        subject="account",
        recipient=f"account:{ines.id}",
        payload={"path": "/fr/staff/reset/abc", "kept": 1},
    )
    (message,) = await messages.claim(session, now=NOW)
    await messages.settle(session, message, now=NOW)
    assert await session.scalar(select(Message.payload)) == {"kept": 1}


# What is not sent any more


async def test_ready_is_not_sent_after_a_cancel_that_came_between_claim_and_reading(lea, settings, session):
    await session.execute(update(Reservation).where(Reservation.id == lea.id).values(status=Status.READY))
    await queued(session, "ready", lea.id, only_if=[Status.READY])
    (message,) = await messages.claim(session, now=NOW)
    await session.execute(update(Reservation).where(Reservation.id == lea.id).values(status=Status.CANCELLED))
    assert await compose(session, message, settings=settings, now=NOW) == Dropped("the reservation is cancelled")


async def test_a_reminder_two_hours_late_is_dropped_and_one_in_time_is_not(lea, told):
    first = {"reminder": True, "first_due_at": NOW}
    assert isinstance(await told("reminder", lea.id, now=NOW + timedelta(hours=2), **first), Letter)
    late = await told("reminder", lea.id, now=NOW + timedelta(hours=2, seconds=1), **first)
    assert late == Dropped("too late for a reminder")


async def test_who_was_erased_is_not_written_to(lea, told, session):
    erased = {"first_name": "", "email": "", "phone": "", "erased_at": NOW}
    await session.execute(update(Reservation).where(Reservation.id == lea.id).values(**erased))
    assert await told("expired", lea.id) == Dropped("name and contact were erased")


# The outbox


async def test_the_same_news_to_the_same_person_is_one_message(session, lea):
    for _ in range(2):
        await messages.queue(
            session,
            "ready",
            subject="reservation",
            subject_id=lea.id,
            version=4,
            recipient="shopper",
            channel=Channel.EMAIL,
            language="fr",
            store_id=lea.store_id,
            due_at=NOW,
            now=NOW,
        )
    assert len((await session.scalars(select(Message))).all()) == 1


async def test_waits_grow_from_half_a_minute_to_six_hours_and_end_after_a_day(session, lea):
    await queued(session, "ready", lea.id, store_id=lea.store_id)
    now, waits = NOW, []
    while True:
        (message,) = await messages.claim(session, now=now)
        await messages.put_off(session, message, reason="451 later", now=now)
        session.expunge_all()
        after = await session.scalar(select(Message))
        session.expunge_all()
        if after.state == State.DEAD:
            break
        waits.append(after.due_at - now)
        now = after.due_at
    assert waits[:4] == [timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert max(waits) <= timedelta(hours=6)
    assert timedelta(hours=12) < now - NOW <= timedelta(hours=24)
    assert [dead.id for dead in await messages.undelivered(session, frozenset({lea.store_id}))] == [after.id]


async def test_news_goes_before_reminders_and_the_oldest_first(session, lea):
    hour = timedelta(hours=1)
    await queued(session, "reminder", lea.id, due_at=NOW - 3 * hour, reminder=True)
    await queued(session, "ready", lea.id, due_at=NOW - hour)
    await queued(session, "confirmed", lea.id, due_at=NOW - 2 * hour)
    await queued(session, "expired", lea.id, due_at=NOW + hour)
    claimed = await messages.claim(session, now=NOW)
    assert [message.template for message in claimed] == ["confirmed", "ready", "reminder"]


async def test_a_worker_that_was_taken_over_changes_nothing_any_more(session, lea):
    await queued(session, "ready", lea.id)
    (first,) = await messages.claim(session, now=NOW)
    session.expunge_all()
    later = NOW + messages.LEASE + timedelta(seconds=1)
    (second,) = await messages.claim(session, now=later)
    assert not await messages.begin(session, first, now=later)
    await messages.put_off(session, first, reason="slow", now=later)
    assert await messages.begin(session, second, now=later)
    await messages.settle(session, second, now=later)
    session.expunge_all()
    assert (await session.scalar(select(Message))).state == State.SENT


async def test_only_an_attempt_that_was_begun_is_said_to_be_taken_over(session, lea):
    await queued(session, "ready", lea.id)
    after = timedelta(minutes=5)
    reasons = []
    for attempt in range(4):
        now = NOW + attempt * after
        (message,) = await messages.claim(session, now=now)
        session.expunge_all()
        reasons.append(message.reason)
        if attempt == 1:
            await messages.begin(session, message, now=now)
    assert reasons == ["", "", messages.TAKEN_OVER, messages.TAKEN_OVER]
