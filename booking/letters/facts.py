"""What a message may say: names, days, hours and addresses, in the language that is spoken and the store's zone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from booking import customers, journal, promises
from booking.reservations import asking
from booking.reservations.tables import Line, Reservation
from kit import codes, languages
from kit.settings import Settings
from stores.hours import NeverOpens
from stores.places import Store


def reservation_facts(
    reservation: Reservation,
    *,
    settings: Settings,
    language: str,
    token: str,
    payload: dict[str, Any],
    others: Mapping[int, Sequence[Store]],
    now: datetime,
) -> dict[str, Any]:
    """What a message about a reservation may say, in the language that is spoken.

    `others`: by variant, the other stores that have it, the nearest first.
    """
    store, code = reservation.store, codes.show_code(reservation.code)
    asked = [line for line in reservation.lines if line.replaces_id is None]
    offered = [line for line in reservation.lines if line.replaces_id is not None]
    kept = [line for line in reservation.lines if line.kept and (line.replaces_id is None or line.accepted)]
    units = sum(line.kept for line in kept)
    short = [(line, line.quantity - line.kept) for line in asked if line.kept < line.quantity]
    return {
        **store_facts(store, settings=settings, language=language, now=now),
        "first_name": reservation.first_name,
        "code": code,
        "by": signed(reservation.answered_by),
        "one": (units or sum(line.quantity for line in asked)) == 1,
        "units": units,
        "articles": [_article(line, line.quantity) for line in asked],
        "kept": [_article(line, line.kept) for line in kept],
        "missing": [_article(line, units) for line, units in short],
        "offers": [_offer(line) for line in offered if line.accepted is None],
        "elsewhere": _elsewhere([line for line, _ in short] or asked, others, settings=settings, language=language),
        "picks": [_pick(line, store) for line in kept],
        "note": reservation.note,
        "claimed_by": reservation.claimed_by,
        "answer_by": reservation.answer_by,
        "gives_up_at": reservation.unanswered_at,
        "ready_by": reservation.ready_by,
        "proposal_until": reservation.proposal_until,
        "hold_until": reservation.hold_until,
        "verify_by": reservation.verify_by,
        "extend_to": _extend_to(reservation),
        "apology": payload.get("apology", False),
        "by_shopper": payload.get("by_shopper", False),
        "lapsed": reservation.reason == "proposal_declined",
        "link": f"{settings.base_url}/{language}/my/{token}",
        "short_link": f"{settings.short_url or settings.base_url}/r/{token}",
        "staff_link": f"{settings.base_url}/{language}/staff/reservations/{code}",
        "hours": _hours(store, reservation.hold_until, now=now),
    }


def store_facts(store: Store, *, settings: Settings, language: str, now: datetime) -> dict[str, Any]:
    zone = store.timezone
    address = f"{store.street}, {store.postcode} {store.city}"
    return {
        "house": settings.house_name,
        "store": store.name,
        "phone": customers.show_phone(store.phone, language),
        "sms_store": store.sms_name,
        "sms_desk": store.desk_sms,
        "where": ", ".join(part for part in (store.name, store.desk.text(), store.entrance.text(), address) if part),
        "closes": store.hours.closes_at(now),
        "opens": None if store.hours.open_at(now) else _opens(store, now),
        "staff_link": f"{settings.base_url}/{language}/staff/",
        "before": lambda when: languages.before_words(when, zone, now),
        "until": lambda when: languages.until_words(when, zone, now),
        "kept_until": lambda when: languages.kept_until_words(when, zone, now),
        "moment": lambda when: languages.moment_words(when, zone, now),
        "clock": lambda when: languages.time_words(store.local(when)),
        "sms_day": lambda when: languages.sms_day(store.local(when).date()),
        "sms_time": lambda when: languages.sms_time(store.local(when)),
    }


def signed(answered_by: str) -> str:
    """The first name that signs; a program signs for the team."""
    return "" if answered_by.startswith("key:") or answered_by in (journal.SHOPPER, journal.SYSTEM) else answered_by


@dataclass(frozen=True)
class Elsewhere:
    """The page that says which stores have an article."""

    name: str
    url: str


def _name(line: Line) -> str:
    return ", ".join(part for part in (line.variant.product.name.text(), line.variant.label) if part)


def _article(line: Line, units: int) -> str:
    return f"{_name(line)} ({units})"


def _offer(line: Line) -> str:
    each = f"{_name(line)}, {languages.price_words(line.price)}"
    return each if line.quantity == 1 else f"{each} ({line.quantity})"


def _pick(line: Line, store: Store) -> str:
    """For who fetches it: how many of what, on which floor."""
    product = line.variant.product
    floor = store.floor_of(product.category.code or "")
    place = languages.Translated.from_json(floor["name"]).text() if floor else ""
    return ", ".join(part for part in (f"{line.kept} × {_name(line)}", line.variant.sku, place) if part)


def _elsewhere(
    lines: Sequence[Line], others: Mapping[int, Sequence[Store]], *, settings: Settings, language: str
) -> list[Elsewhere]:
    """Where else each missing article is: its page in the nearest store that has it; nothing where none has."""
    found = []
    for line in lines:
        product = line.variant.product
        for store in others.get(line.variant_id, ())[:1]:
            query = urlencode({"store": store.slug, "sku": line.variant.sku})
            url = f"{settings.base_url}/{language}/p/{product.slug(language)}?{query}"
            found.append(Elsewhere(f"{product.name.text()}, {store.name}", url))
    return found


def _extend_to(reservation: Reservation) -> datetime | None:
    """Until when the shopper may extend it, if she still may."""
    if not asking.may_extend(reservation) or reservation.hold_until is None:
        return None
    try:
        return promises.extension(reservation.store, reservation.hold_until)
    except NeverOpens:
        return None


def _opens(store: Store, now: datetime) -> datetime | None:
    opening = store.hours.next_opening(now)
    return opening.start if opening else None


@dataclass(frozen=True)
class DayOpen:
    """The hours of one day in words; no `times` when it is closed."""

    day: str
    times: str


def _hours(store: Store, until: datetime | None, *, now: datetime) -> list[DayOpen]:
    """The hours of each day on which it waits, special days included; a week at most."""
    if until is None:
        return []
    today, last = store.local(now).date(), store.local(until - timedelta(seconds=1)).date()
    return [
        DayOpen(
            languages.day_words(line.day, today),
            languages.list_words([languages.hours_range_words(opens, closes) for opens, closes in line.times]),
        )
        for line in store.hours.week(today)
        if line.day <= last
    ]


def day_facts(payload: dict[str, Any], *, day: date, store: Store, now: datetime) -> dict[str, Any]:
    """The day that a list is about, and what waits for it: `{"requested", "proposed", "confirmed", "ready"}`, and
    perhaps `lines` of what ends that day, `[{"code", "units", "place"}]`."""
    return {
        "day": languages.day_name(day, store.local(now).date()),
        "counts": {name: payload.get(name, 0) for name in ("requested", "proposed", "confirmed", "ready")},
        "lines": [
            {"code": codes.show_code(line["code"]), "units": line["units"], "place": line.get("place", "")}
            for line in payload.get("lines", [])
        ],
    }
