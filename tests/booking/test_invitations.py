"""What calendars are sent, read back by a parser that is not the one that wrote it, and held against the rows."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import vobject
from factories import advise, booked, both, build, lea
from sqlalchemy import update

from booking import journal
from booking.appointments import asking, questions, receiving
from booking.appointments.asking import Brief
from booking.appointments.states import Status
from booking.appointments.tables import Appointment
from booking.invitations import feed, invitation, last_change
from kit import codes
from kit.languages import speaking
from stores.places import Store

NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
WEDNESDAY = datetime(2026, 11, 25, 13, 30, tzinfo=UTC)
"""14 h 30 in Paris."""
FROM = "boutique@aurore.example"
HOST = "aurore.example"
LINK = "https://aurore.example/fr/my/5KgXr1bQz8mVwYh3TnPdCa"


@pytest.fixture
async def world(session):
    return await build(session, now=NOON)


@pytest.fixture
async def desk(session, world):
    return await advise(session, world, now=NOON)


@pytest.fixture
async def hers(session, world, desk) -> Appointment:
    return await booked(session, world, desk, WEDNESDAY, now=NOON, advisor=desk.nadia)


def well_formed(file: bytes) -> bytes:
    """RFC 5545, 3.1: every line ends with CRLF and has at most 75 bytes, no sign is cut in two, nothing is bare."""
    assert file.endswith(b"END:VCALENDAR\r\n")
    for line in file.split(b"\r\n")[:-1]:
        assert len(line) <= 75, line
        assert b"\n" not in line and b"\r" not in line
        assert line, "an empty line"
        line.decode()
        assert not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", line), line
    unfolded = re.sub(rb"\r\n[ \t]", b"", file).decode()
    for line in unfolded.split("\r\n")[:-1]:
        assert re.match(r"[A-Z-]+(;[A-Z-]+=(\"[^\"]*\"|[^\";:,]*))*:", line), line
    assert "VTIMEZONE" not in unfolded and "TZID" not in unfolded
    return file


def read(file: bytes) -> vobject.base.Component:
    return vobject.readOne(well_formed(file).decode())


def sent(
    appointment: Appointment, method: str = "REQUEST", *, now: datetime = NOON, url: str = LINK, spoken: str = "fr"
):
    with speaking(spoken):
        return read(invitation(appointment, method=method, organizer=FROM, host=HOST, now=now, url=url))


def agrees(calendar, appointment: Appointment, *, method: str, status: str) -> None:
    """Field by field, with the row as it stands now."""
    event = calendar.vevent
    assert calendar.version.value == "2.0" and calendar.method.value == method
    assert event.uid.value == f"{appointment.uid}@{HOST}"
    assert int(event.sequence.value) == appointment.version
    assert event.dtstart.value == appointment.starts_at and event.dtend.value == appointment.ends_at
    assert event.dtstart.value.utcoffset() == timedelta(0)
    assert event.created.value == appointment.booked_at
    assert event.status.value == status
    assert event.organizer.value == f"mailto:{FROM}" and event.organizer.params["CN"] == [appointment.store.name]
    assert event.attendee.value == f"mailto:{appointment.email}"
    assert event.attendee.params["PARTSTAT"] == ["ACCEPTED"] and event.attendee.params["RSVP"] == ["FALSE"]


async def test_an_invitation_its_update_and_its_cancellation_agree_with_the_row(session, desk, hers):
    first = sent(hers)
    agrees(first, hers, method="REQUEST", status="CONFIRMED")
    assert first.vevent.summary.value == "Rendez-vous avec Nadia, Aurore Rivoli"
    assert first.vevent.location.value == "Aurore Rivoli, 3ᵉ étage, Atelier lumière, 52 rue de Rivoli, 75004 Paris"
    assert first.vevent.url.value == LINK
    uid, before = first.vevent.uid.value, int(first.vevent.sequence.value)

    await asking.reschedule(session, hers, WEDNESDAY + timedelta(days=1), advisor_id=desk.karim.id, now=NOON)
    moved = await questions.again(session, hers)
    update_of = sent(moved, now=NOON + timedelta(hours=1))
    agrees(update_of, moved, method="REQUEST", status="CONFIRMED")
    assert update_of.vevent.summary.value == "Rendez-vous avec Karim, Aurore Rivoli"
    assert update_of.vevent.dtstamp.value == NOON + timedelta(hours=1)

    await asking.cancel(session, moved, now=NOON)
    cancelled = await questions.again(session, moved)
    last = sent(cancelled, "CANCEL")
    agrees(last, cancelled, method="CANCEL", status="CANCELLED")
    assert {uid} == {one.vevent.uid.value for one in (first, update_of, last)}
    assert before < int(update_of.vevent.sequence.value) < int(last.vevent.sequence.value)


async def test_the_file_to_download_reminds_the_day_before_and_names_nobody_but_the_advisor(session, hers):
    with speaking("fr"):
        file = invitation(hers, method="PUBLISH", organizer=FROM, host=HOST, now=NOON, url=LINK)
    calendar = read(file)

    assert calendar.vevent.valarm.trigger.value == timedelta(days=-1)
    assert calendar.vevent.valarm.action.value == "DISPLAY"
    assert "ATTENDEE" not in file.decode()
    for private in ("Léa", "Martin", "lea@"):
        assert private not in file.decode()
    assert codes.show_code(hers.code) in calendar.vevent.description.value
    assert "une photo et les dimensions de la pièce" in calendar.vevent.description.value


async def test_a_mailed_invitation_leaves_reminding_to_our_own_messages(session, hers):
    assert not hasattr(sent(hers).vevent, "valarm")


async def test_in_english_it_speaks_english(session, hers):
    event = sent(hers, spoken="en").vevent
    assert event.summary.value == "Appointment with Nadia, Aurore Rivoli"
    assert event.location.value.startswith("Aurore Rivoli, 3rd floor, Atelier lumière, ")
    assert "a photo and the size of the room" in event.description.value


async def test_without_a_link_it_has_none(session, hers):
    event = sent(hers, url="").vevent
    assert not hasattr(event, "url")
    assert "http" not in event.description.value


async def test_what_the_store_has_yet_to_confirm_is_tentative(session, world, desk):
    asked = await booked(session, world, desk, datetime(2026, 11, 26, 14, tzinfo=UTC), now=NOON, service=desk.kitchen)
    agrees(sent(asked), asked, method="REQUEST", status="TENTATIVE")
    await receiving.approve(session, asked, by="Karim", now=NOON)
    agrees(sent(asked), asked, method="REQUEST", status="CONFIRMED")


@pytest.mark.parametrize(
    ("zone", "local"),
    [("Europe/Paris", datetime(2027, 4, 1, 10)), ("Indian/Reunion", datetime(2027, 4, 1, 10)),
     ("America/Martinique", datetime(2027, 4, 1, 10)), ("Europe/Paris", datetime(2027, 10, 31, 2, 30, fold=1)),
     ("Europe/Paris", datetime(2027, 3, 28, 3))],
)  # fmt: skip
async def test_what_was_booked_in_march_for_april_is_still_at_ten_there(session, hers, zone, local):
    """The clocks change in between, or on the very day: the calendar's own clock shows the hour of the store's."""
    march = datetime(2027, 3, 2, 9, tzinfo=UTC)
    start = local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    values = {"starts_at": start, "ends_at": start + timedelta(minutes=45), "booked_at": march}
    await session.execute(update(Appointment).values(**values))
    await session.execute(update(Store).where(Store.slug == "rivoli").values(timezone=zone))
    there = await questions.again(session, hers)

    event = sent(there, now=march).vevent
    shown = event.dtstart.value.astimezone(ZoneInfo(zone))
    assert (shown.replace(tzinfo=None), shown.fold) == (local.replace(fold=0), local.fold)
    assert event.dtend.value - event.dtstart.value == timedelta(minutes=45)


NAMES = [
    "Dupont, fils; & Cie \\ associés: « Lumière »",
    "Première ligne\nSeconde ligne",
    "Première ligne\r\nDTSTART:19700101T000000Z\r\nATTENDEE:mailto:evil@attack.example",
    "Nadia 💡👩‍👩‍👧‍👦🇫🇷 Ångström",
    "é" * 200,
    "💡" * 200,
    "Deux cents signes, dont quelques-uns comptent double; " * 3 + "fin",
    '"Nadia"; CN="x":mailto:evil@attack.example',
    "avec un\x00 zéro\x07 et une\u2028 séparation\x85.",
    "",
]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
async def test_whatever_people_call_themselves_and_things(session, hers, name):
    """Every text of the entry comes back as it was typed, signs that control excepted, and adds no line of its own."""
    hers.advisor.name, hers.store.name, hers.store.street = name, name, name
    hers.service.bring, hers.service.name = both(name), both(name)
    for method in ("REQUEST", "CANCEL", "PUBLISH"):
        calendar = sent(hers, method)
        (event,) = calendar.vevent_list
        tame = re.sub("[\x00\x07\u2028\x85]", " ", name.replace("\r\n", "\n"))
        assert tame in event.summary.value
        assert tame in event.location.value
        assert tame in event.description.value
        assert event.dtstart.value == WEDNESDAY
        assert [line.value for line in event.contents.get("attendee", [])] == (
            [] if method == "PUBLISH" else ["mailto:lea@exemple.fr"]
        )
    with speaking("fr"):
        shared = read(feed([hers], name=name, host=HOST, of_store=True))
    (event,) = shared.vevent_list
    assert shared.contents["x-wr-calname"][0].value == re.sub("[\x00\x07\u2028\x85]", " ", name.replace("\r\n", "\n"))
    assert re.sub("[\x00\x07\u2028\x85]", " ", name.replace("\r\n", "\n")) in event.summary.value


# The private calendar of an advisor or a store


def shared(*appointments: Appointment, spoken: str = "fr", **over):
    with speaking(spoken):
        return feed(list(appointments), **{"name": "Nadia, Aurore", "host": HOST, **over})


async def test_a_feed_has_one_entry_for_each_and_tells_how_often_to_look(session, world, desk, hers):
    other = await booked(
        session,
        world,
        desk,
        WEDNESDAY + timedelta(hours=3),
        now=NOON,
        customer=lea(first_name="Ömer", last_name="Çelik", email="omer@exemple.fr", language="en"),
        brief=Brief(party=3),
    )
    raw = shared(hers, other, link=lambda one: f"https://aurore.example/fr/staff/appointments/{one.code}")
    calendar = read(raw)

    assert calendar.contents["x-wr-calname"][0].value == "Nadia, Aurore"
    assert b"\r\nREFRESH-INTERVAL;VALUE=DURATION:PT15M\r\n" in raw
    assert b"\r\nX-PUBLISHED-TTL:PT15M\r\n" in raw
    first, second = calendar.vevent_list
    for event, row in ((first, hers), (second, other)):
        assert event.uid.value == f"{row.uid}@{HOST}"
        assert (event.dtstart.value, event.dtend.value) == (row.starts_at, row.ends_at)
        assert int(event.sequence.value) == row.version
        assert event.status.value == "CONFIRMED"
        assert event.contents["last-modified"][0].value == last_change(row) == event.dtstamp.value
        assert event.url.value.endswith(row.code)
    assert first.summary.value == "Léa M., Choisir un luminaire"
    assert "Préparation à partir de 14 h 20" in first.description.value.replace("\u00a0", " ")
    assert "Rangement jusqu’à 15 h 20" in first.description.value.replace("\u00a0", " ")
    assert second.summary.value == "Ömer Ç., Choisir un luminaire"
    assert "3 personnes" in second.description.value
    assert "anglais" in second.description.value


async def test_a_feed_has_no_address_no_number_and_no_last_name(session, world, desk):
    made = await booked(
        session, world, desk, WEDNESDAY, now=NOON, customer=lea(phone="+33639980123", note="Digicode 4512"),
        brief=Brief(answers={"room": "le séjour"}, access="fauteuil roulant"),
    )  # fmt: skip
    text = re.sub(r"\r\n[ \t]", "", shared(made, of_store=True).decode())
    for private in (
        "Martin",
        "lea@",
        "0639",
        "3399",
        "39980123",
        "Digicode",
        "séjour",
        "fauteuil",
        "ATTENDEE",
        "ORGANIZER",
    ):
        assert private not in text


async def test_the_calendar_of_a_store_names_the_advisor(session, hers):
    (event,) = read(shared(hers, of_store=True)).vevent_list
    assert event.summary.value.replace("\u202f", " ") == "Nadia : Léa M., Choisir un luminaire"


async def test_what_was_cancelled_stays_in_a_feed_as_cancelled(session, hers):
    await asking.cancel(session, hers, now=NOON)
    (event,) = read(shared(hers)).vevent_list
    assert (event.status.value, event.transp.value) == ("CANCELLED", "TRANSPARENT")
    assert event.summary.value.startswith("Annulé")


async def test_a_move_changes_the_moment_that_the_journal_knows(session, hers):
    later = NOON + timedelta(hours=2)
    await asking.reschedule(session, hers, WEDNESDAY + timedelta(hours=1), now=later)
    moved = await questions.again(session, hers)
    changed = await journal.latest(session, "appointment", [hers.id])
    (event,) = read(shared(moved, changed=changed)).vevent_list
    assert event.contents["last-modified"][0].value == later
    assert int(event.sequence.value) == 2


async def test_the_same_rows_are_the_same_bytes_and_none_are_a_calendar_all_the_same(session, hers):
    assert shared(hers) == shared(hers)
    empty = well_formed(shared())
    assert b"VEVENT" not in empty and b"X-WR-CALNAME" in empty


async def test_whose_name_was_erased_leaves_only_what_it_was(session, hers):
    values = {"first_name": "", "last_name": "", "email": "", "status": Status.COMPLETED, "erased_at": NOON}
    await session.execute(update(Appointment).values(**values))
    (event,) = read(shared(await questions.again(session, hers))).vevent_list
    assert event.summary.value == "Choisir un luminaire"


async def test_nobody_named_yet(session, hers):
    await session.execute(update(Appointment).values(advisor_id=None))
    bare = await questions.again(session, hers)
    assert sent(bare).vevent.summary.value == "Rendez-vous, Aurore Rivoli"
    (event,) = read(shared(bare, of_store=True)).vevent_list
    assert "Léa M." in event.summary.value
