"""Appointments as calendars read them: the invitation of a shopper, and the private calendar of an advisor or a store.

Pure functions, in the language that is spoken. Times are UTC and need no VTIMEZONE; an appointment is one entry for its
whole life, which a higher SEQUENCE moves and a CANCEL takes away. What leaves the house names nobody but the advisor;
a private calendar has a first name and an initial, and neither mail nor telephone.
"""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

from icalendar import Alarm, Calendar, Event, vCalAddress, vDuration, vText

from booking.appointments.states import Status
from booking.appointments.tables import Appointment
from kit import codes, languages
from kit.languages import gettext

Method = Literal["REQUEST", "CANCEL", "PUBLISH"]
PRODUCT: Final = "-//Vitrine//Appointments//EN"
OFF = frozenset({Status.CANCELLED, Status.DECLINED})
LOOK_AGAIN: Final = timedelta(minutes=15)
"""How often a calendar that follows a feed is asked to read it again."""


def uid(appointment: Appointment, host: str) -> str:
    """The name of its entry in every calendar, for ever."""
    return f"{appointment.uid}@{host}"


def invitation(
    appointment: Appointment,
    *,
    method: Method,
    organizer: str,
    host: str,
    now: datetime,
    url: str = "",
) -> bytes:
    """One appointment for the shopper's calendar, in the language spoken; its relations must be loaded.

    `REQUEST` and `CANCEL` go by mail: `organizer` is the bare address in From, the shopper's is the attendee, whose
    answer nobody reads, so she has accepted. `PUBLISH` is the file to download, with a reminder the day before.
    `url` is her private link. `host` is the site's, for the UID.
    """
    diary = _calendar(method)
    event = _event(appointment, host)
    event.add("dtstamp", now)
    event.add("summary", _text(title(appointment)))
    event.add("location", _text(place(appointment)))
    event.add("description", _text(_told_to_her(appointment, url)))
    if url:
        event.add("url", url)
    sender = vCalAddress(f"mailto:{organizer}")
    sender.params["CN"] = vText(_parameter(appointment.store.name))
    event.add("organizer", sender)
    if method == "CANCEL":
        event["status"] = vText("CANCELLED")
    if method == "PUBLISH":
        if appointment.status not in OFF:
            event.add_component(_alarm(appointment))
    elif appointment.email:
        event.add("attendee", _attendee(appointment.email), encode=False)
    diary.add_component(event)
    return _written(diary)


def feed(
    appointments: Sequence[Appointment],
    *,
    name: str,
    host: str,
    changed: Mapping[int, datetime] | None = None,
    link: Callable[[Appointment], str] | None = None,
    of_store: bool = False,
) -> bytes:
    """A private calendar called `name`, in the language spoken: one entry for each, the cancelled ones as cancelled.

    The entry is the time itself; when preparing begins and wrapping up ends stands in its words. `changed` says by id
    when an appointment last changed (`journal.latest`), `link` where staff read more, after signing in. The calendar
    `of_store` names the advisor of each. The same rows give the same bytes, whenever they are asked for.
    """
    diary = _calendar("")
    diary.add("name", _text(name))
    diary.add("x-wr-calname", _text(name))
    diary.add("refresh-interval", vDuration(LOOK_AGAIN), parameters={"value": "DURATION"})
    diary.add("x-published-ttl", "PT15M")
    for appointment in appointments:
        event = _event(appointment, host)
        moment = (changed or {}).get(appointment.id) or last_change(appointment)
        event.add("dtstamp", moment)  # without a METHOD it says when the entry was last revised
        event.add("last-modified", moment)
        event.add("summary", _text(_headline(appointment, of_store=of_store)))
        event.add("location", _text(_where(appointment)))
        event.add("description", _text(_told_to_staff(appointment)))
        event.add("class", "PRIVATE")
        if link is not None:
            event.add("url", link(appointment))
        diary.add_component(event)
    return _written(diary)


def last_change(appointment: Appointment) -> datetime:
    """The latest moment that its row knows; a move is known to the journal only."""
    a = appointment
    known = (a.booked_at, a.prepared_at, a.arrived_at, a.started_at, a.ended_at, a.forgiven_at)
    return max(moment for moment in known if moment is not None)


# What both are made of


def _calendar(method: str) -> Calendar:
    diary = Calendar()
    diary.add("prodid", PRODUCT)
    diary.add("version", "2.0")
    diary.add("calscale", "GREGORIAN")
    if method:
        diary.add("method", method)
    return diary


def _event(appointment: Appointment, host: str) -> Event:
    a = appointment
    event = Event()
    event.add("uid", uid(a, host))
    event.add("sequence", a.version)
    event.add("created", a.booked_at)
    event.add("dtstart", a.starts_at)
    event.add("dtend", a.ends_at)
    event.add("status", _status(a))
    event.add("transp", "TRANSPARENT" if a.status in OFF else "OPAQUE")
    return event


def _status(appointment: Appointment) -> str:
    if appointment.status in OFF:
        return "CANCELLED"
    return "TENTATIVE" if appointment.status == Status.REQUESTED else "CONFIRMED"


def _written(diary: Calendar) -> bytes:
    """Lines of at most 75 bytes that end with CRLF, as RFC 5545 wants them."""
    return bytes(diary.to_ical())


# For the shopper


def title(appointment: Appointment) -> str:
    """`Rendez-vous avec Nadia, Aurore Rivoli`"""
    store = appointment.store.name
    if appointment.advisor is None:
        return gettext("Appointment, %(store)s", store=store)
    return gettext("Appointment with %(advisor)s, %(store)s", advisor=appointment.advisor.name, store=store)


def place(appointment: Appointment) -> str:
    """`Aurore Rivoli, 3ᵉ étage, Atelier lumière, 52 rue de Rivoli, 75004 Paris`"""
    store = appointment.store
    parts = (store.name, meeting_point(appointment), store.street, f"{store.postcode} {store.city}")
    return ", ".join(part for part in parts if part)


def meeting_point(appointment: Appointment) -> str:
    """Where in the store they meet; the desk where the service names nothing."""
    here = next((one for one in appointment.service.stores if one.store_id == appointment.store_id), None)
    return (here.meeting_point.text() if here else "") or appointment.store.desk.text()


def _told_to_her(appointment: Appointment, url: str) -> str:
    a = appointment
    lines = [a.service.name.text(), gettext("Code: %(code)s", code=codes.show_code(a.code))]
    if bring := a.service.bring.text():
        lines.append(gettext("To bring, if you have it: %(things)s", things=bring))
    if url and a.status not in OFF:
        lines.append(gettext("Move or cancel it, at no cost: %(url)s", url=url))
    return "\n".join(lines)


def _alarm(appointment: Appointment) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", timedelta(days=-1))
    alarm.add("description", _text(title(appointment)))
    return alarm


def _attendee(email: str) -> vCalAddress:
    attendee = vCalAddress(f"mailto:{email}")
    given = {"ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED", "RSVP": "FALSE"}
    attendee.params.update({name: vText(value) for name, value in given.items()})
    return attendee


# For staff


def _headline(appointment: Appointment, *, of_store: bool) -> str:
    """`Léa M., Choisir un luminaire`; in the calendar of a store `Nadia : Léa M., Choisir un luminaire`."""
    a = appointment
    words = ", ".join(part for part in (_initialled(a), a.service.name.text()) if part)
    if of_store:
        advisor = a.advisor.name if a.advisor is not None else gettext("nobody yet")
        words = gettext("%(advisor)s: %(what)s", advisor=advisor, what=words)
    if a.status in OFF:
        return gettext("Cancelled: %(what)s", what=words)
    return gettext("To be confirmed: %(what)s", what=words) if a.status == Status.REQUESTED else words


def _initialled(appointment: Appointment) -> str:
    """`Léa M.`; empty once the name is erased."""
    initial = appointment.last_name[:1].upper()
    return f"{appointment.first_name} {initial}." if initial else appointment.first_name


def _where(appointment: Appointment) -> str:
    space = appointment.space.name.text() if appointment.space is not None else ""
    return ", ".join(part for part in (appointment.store.name, space or meeting_point(appointment)) if part)


def _told_to_staff(appointment: Appointment) -> str:
    """When preparing begins and wrapping up ends, by the store's clock, and what to have in mind."""
    a = appointment
    lines = []
    if a.preparation:
        begins = a.store.local(a.starts_at - timedelta(minutes=a.preparation))
        lines.append(gettext("Preparation from %(time)s", time=languages.time_words(begins)))
    if a.wrap_up:
        ends = a.store.local(a.ends_at + timedelta(minutes=a.wrap_up))
        lines.append(gettext("Wrap-up until %(time)s", time=languages.time_words(ends)))
    if a.party > 1:
        lines.append(gettext("%(num)s people", num=a.party))
    if a.language != languages.language():
        spoken = {"fr": gettext("Conversation in French"), "en": gettext("Conversation in English")}
        lines.append(spoken[a.language])
    done, wanted = a.prepared
    if wanted:
        lines.append(gettext("Prepared: %(done)d of %(wanted)d", done=done, wanted=wanted))
    lines.append(gettext("Code: %(code)s", code=codes.show_code(a.code)))
    return "\n".join(lines)


# Signs


def _text(words: str) -> vText:
    """What people typed, without the signs that control: only ends of lines stay. Escaping is the library's."""
    return vText("".join(sign if sign == "\n" else _tame(sign) for sign in words.replace("\r\n", "\n")))


def _parameter(words: str) -> str:
    """Inside a parameter not even a quotation mark can be written."""
    return " ".join("".join("’" if sign == '"' else _tame(sign) for sign in words).split())


def _tame(sign: str) -> str:
    return " " if unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") else sign
