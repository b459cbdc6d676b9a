"""What a message about an appointment may say, in the language that is spoken and by the store's clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from booking.appointments import asking
from booking.appointments.keeping import WANTED
from booking.appointments.placing import Near
from booking.appointments.states import ItemState
from booking.appointments.tables import Appointment, Item
from booking.invitations import meeting_point
from booking.letters.facts import Elsewhere, signed, store_facts
from kit import codes, languages
from kit.gsm import gsm_folded
from kit.settings import Settings
from stores.hours import NeverOpens
from stores.places import Store

HOME: Final = "Europe/Paris"
"""Whose clock French readers need not be told."""


@dataclass(frozen=True)
class Limit:
    """Until when she may do something herself, as the parts of a sentence."""

    at: datetime
    passed: bool
    day: str
    time: str
    at_start: bool
    same_day: bool
    """Of the appointment; `eve`: the day before."""
    eve: bool


def appointment_facts(
    appointment: Appointment,
    *,
    settings: Settings,
    language: str,
    token: str,
    payload: dict[str, Any],
    asked_at: datetime,
    starts: Sequence[Near],
    now: datetime,
) -> dict[str, Any]:
    """`asked_at`: when the message was written, from which an answer is promised. `starts`: other times, free now."""
    one, store, service, advisor = appointment, appointment.store, appointment.service, appointment.advisor
    code, here, today = codes.show_code(one.code), store.local(one.starts_at), store.local(now).date()
    items = [item for item in one.items if item.state in WANTED]
    book = Book(one, settings.base_url, language)
    was = _was(one, payload.get("was"), today)
    return {
        **store_facts(store, settings=settings, language=language, now=now),
        "first_name": one.first_name,
        "client": " ".join(part for part in (one.first_name, f"{one.last_name[:1]}." if one.last_name else "") if part),
        "code": code,
        "by": signed(payload.get("by", "")),
        "service": service.name.text(),
        "advisor": advisor.name if advisor else "",
        "title": advisor.title.text() if advisor else "",
        "day": languages.day_words(here.date(), today),
        "day_name": languages.day_name(here.date(), today),
        "time": languages.time_words(here),
        "hours": languages.hours_range_words(here, store.local(one.ends_at)),
        "zone": zone_named(here, store.timezone),
        "place": ", ".join(part for part in (store.name, meeting_point(one)) if part),
        "address": f"{store.street}, {store.postcode} {store.city}",
        "sms_place": _sms_place(one),
        "starts_at": one.starts_at,
        "party": one.party,
        "speaks": one.language,
        "bring": service.bring.text(),
        "kept": [_article(item) for item in items if item.held],
        "articles": [_article(item) for item in items],
        "move_until": _limit(one, asking.move_until(one), now),
        "cancel_until": _limit(one, asking.cancel_until(one), now),
        "answer_by": _answer_by(store, asked_at),
        "was": was,
        "former_day": was.day if was else languages.day_words(here.date(), today),
        "former_time": was.time if was else languages.time_words(here),
        "by_shopper": payload.get("by_shopper", False),
        "reason": one.reason,
        "ended": one.ended,
        "starts": [book.at(near, today) for near in starts],
        "again": book.url("time"),
        "liked": [_link(item, settings, language) for item in one.items if item.state == ItemState.LIKED],
        "shown": [_link(item, settings, language) for item in one.items if item.state == ItemState.SHOWN],
        "word": payload.get("word", ""),
        "text": payload.get("text", ""),
        "sms_text": lambda limit: gsm_folded(payload.get("text", ""), limit),
        "given_away": payload.get("given_away", False),
        "taken_over": payload.get("taken_over", False),
        "waited": payload.get("waited", False),
        "note": one.note,
        "link": f"{settings.base_url}/{language}/my/{token}",
        "short_link": f"{settings.short_url or settings.base_url}/r/{token}",
        "staff_link": f"{settings.base_url}/{language}/staff/appointments/{code}",
    }


def zone_named(here: datetime, zone: str) -> str:
    """Whose clock it is, wherever that is not plain; with the offset in the hour that comes twice in autumn."""
    twice = here.replace(fold=0).utcoffset() != here.replace(fold=1).utcoffset()
    if zone == HOME and languages.language() == "fr" and not twice:
        return ""
    words = languages.zone_words(zone)
    return f"{words}, UTC{here.isoformat()[-6:]}" if twice else words


def _sms_place(one: Appointment) -> str:
    here = one.service.at(one.store_id)
    return (here.meeting_sms if here else "") or one.store.desk_sms


def _article(item: Item) -> str:
    named = ", ".join(part for part in (item.variant.product.name.text(), item.variant.label) if part)
    return named if item.quantity == 1 else f"{named} ({item.quantity})"


def _link(item: Item, settings: Settings, language: str) -> Elsewhere:
    slug = item.variant.product.slug(language)
    url = f"{settings.base_url}/{language}/p/{slug}?{urlencode({'sku': item.variant.sku})}"
    return Elsewhere(_article(item), url)


def _limit(one: Appointment, until: datetime, now: datetime) -> Limit:
    here, start = one.store.local(until), one.store.local(one.starts_at)
    return Limit(
        at=until,
        passed=until <= now,
        day=languages.day_words(here.date(), one.store.local(now).date()),
        time=languages.time_words(here),
        at_start=until == one.starts_at,
        same_day=here.date() == start.date(),
        eve=here.date() == start.date() - timedelta(days=1),
    )


def _answer_by(store: Store, asked_at: datetime) -> datetime | None:
    try:
        return store.hours.add_open_minutes(asked_at, store.answer_minutes)
    except NeverOpens:
        return None


@dataclass(frozen=True)
class Was:
    """The time that no longer counts."""

    day: str
    time: str


def _was(one: Appointment, former: str | None, today: date) -> Was | None:
    """None where the time is the same: then it is another advisor who receives her."""
    if not former or (moment := datetime.fromisoformat(former)) == one.starts_at:
        return None
    here = one.store.local(moment)
    return Was(languages.day_words(here.date(), today), languages.time_words(here))


@dataclass(frozen=True)
class Start:
    """A time that is free, and the page on which it is booked."""

    words: str
    url: str


@dataclass(frozen=True)
class Book:
    """Ways into booking the same again: service, store, party, and the articles she had in mind."""

    appointment: Appointment
    base_url: str
    language: str

    def at(self, near: Near, today: date) -> Start:
        one = self.appointment
        here = one.store.local(near.start)
        day, time = languages.day_words(here.date(), today), languages.time_words(here)
        words = languages.gettext("%(day)s at %(time)s", day=languages.upper_first(day), time=time)
        named = languages.gettext("%(when)s, with %(advisor)s", when=words, advisor=near.advisor)
        advisor = near.slug if one.requested and near.advisor_id == one.advisor_id else "any"
        return Start(named, self.url("details", advisor=advisor, start=f"{near.start:%Y-%m-%dT%H:%MZ}"))

    def url(self, step: str, *, advisor: str = "any", start: str = "") -> str:
        one = self.appointment
        query = [("service", one.service.slug), ("store", one.store.slug), ("advisor", advisor)]
        query += [("party", str(one.party))] if one.party > 1 else []
        query += [("start", start)] if start else []
        for item in one.items:
            if item.added_by == "shopper" and item.state in WANTED:
                query += [("sku", item.variant.sku), ("quantity", str(item.quantity))]
        return f"{self.base_url}/{self.language}/appointments/new/{step}?{urlencode(query, safe=':')}"
