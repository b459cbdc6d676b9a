"""What a message says. Read when it is sent, so that it says what is true then, in the language of who receives it.

A template is one text file a language, `templates/messages/<template>/<language>.txt`: its first two lines are the
subject and the preview, then come paragraphs, lists (`- …`) and ways to act (`[words](address)`), one a line. The
HTML is made of the same file, so no sentence is written twice; `<language>.sms.txt` is the SMS. What people typed
takes its place inside a line and can begin nothing: neither a list, nor a link, nor another line.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cache
from itertools import groupby
from typing import Any, Final

import css_inline
import jinja2
import phonenumbers
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from markupsafe import Markup
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from booking import customers, journal, links, promises
from booking.messages import TOO_LATE_AFTER, Channel, Message, State
from booking.reservations import asking, questions
from booking.reservations.states import LineStatus
from booking.reservations.tables import Line, Reservation
from kit import codes, languages, templates
from kit.gsm import gsm_plain
from kit.languages import french_typography, speaking
from kit.settings import Settings
from stores.hours import NeverOpens
from stores.places import Store
from stores.staff import Account

LONGEST_SUBJECT: Final = 78
LONGEST_SMS_LINK: Final = 46
"""With a link of so many signs each SMS stays within one part: 21 for VITRINE_SHORT_URL, then `/r/` and the token."""
TEXTS_PER_DAY: Final = 6
"""SMS that one number gets within 24 hours; what comes after goes by mail."""
FRENCH_NUMBERS: Final = frozenset({"FR", "GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF", "NC", "PF", "WF"})
NEIGHBOURS: Final = frozenset(
    {"MC", "AD", "BE", "NL", "LU", "DE", "CH", "LI", "AT", "IT", "ES", "PT", "GB", "IE", "JE"}
)
TEXTED: Final = FRENCH_NUMBERS | NEIGHBOURS
"""Countries whose numbers get an SMS: France and its neighbours. Elsewhere the price invites fraud (trust.md A8)."""


@dataclass(frozen=True)
class Letter:
    """One message, ready to leave. `html` is empty where the channel carries plain words only."""

    to: str
    channel: Channel
    language: str
    template: str
    subject: str
    text: str
    html: str = ""
    links: tuple[str, ...] = ()
    sender: str = ""
    """The name it comes from: the store's, or the house's."""
    reply_to: str = ""
    """The mailbox that someone reads; empty for what nobody should answer."""
    ref: str = ""
    """The code of the booking it is about."""


@dataclass(frozen=True)
class Dropped:
    """It must not be sent any more."""

    reason: str


class Unreachable(Exception):  # noqa: N818 – an answer, not an error
    """Nothing that we know of her can receive it: somebody should call."""


# The form of a text


@dataclass(frozen=True)
class Piece:
    """A paragraph, a list, or one way to act; `lines` are what it says."""

    kind: str
    lines: tuple[str, ...]
    url: str = ""


@dataclass(frozen=True)
class Written:
    """A template with everything in its place."""

    subject: str
    preview: str
    pieces: tuple[Piece, ...] = field(default=())

    @property
    def links(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(piece.url for piece in self.pieces if piece.url))


_ACTION = re.compile(r"\[(?P<words>[^\[\]]+)\]\((?P<url>[^()\s]+)\)")
_SET_ASIDE: Final = dict(zip(map(ord, "[]()-"), "\ue000\ue001\ue002\ue003\ue004", strict=True))
_PUT_BACK: Final = {ord(aside): chr(sign) for sign, aside in _SET_ASIDE.items()}


def _value(value: object) -> str:
    """A value on its way into a text: one line, and none of the signs that give a text its form until it is read."""
    text = "".join(" " if unicodedata.category(sign) in ("Cc", "Cf", "Co", "Zl", "Zp") else sign for sign in str(value))
    return text.translate(_SET_ASIDE)


def read_written(text: str) -> Written:
    """The parts of a rendered template."""
    lines = [line.strip(" ") for line in text.splitlines()]
    subject, preview = (_plain(line.partition(":")[2]) for line in lines[:2])
    pieces: list[Piece] = []
    for kind, grouped in groupby(lines[2:], key=_kind_of):
        group = list(grouped)
        if kind == "paragraph":
            pieces.append(Piece(kind, tuple(_plain(line) for line in group)))
        elif kind == "list":
            pieces.append(Piece(kind, tuple(_plain(line[2:]) for line in group)))
        elif kind == "action":
            found = (_ACTION.fullmatch(line) for line in group)
            pieces += [Piece(kind, (_plain(action["words"]),), _plain(action["url"])) for action in found if action]
    return Written(subject, preview, tuple(pieces))


def _kind_of(line: str) -> str:
    if not line:
        return ""
    if line.startswith("- "):
        return "list"
    return "action" if _ACTION.fullmatch(line) else "paragraph"


def _plain(text: str) -> str:
    return text.translate(_PUT_BACK).strip()


_ONLY_TAGS: Final = re.compile(r"^[ \t]*(?:\{%(?:(?!%\}).)*%\}[ \t]*)+\n", re.MULTILINE)


class _Lines(Extension):
    """A line that has nothing but tags is no line of the text; any other line ends where it ends."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return _ONLY_TAGS.sub(lambda line: line[0].strip(), source)


class _FrenchTypography(Extension):
    """The words of a template are printed as French is; what takes a place in them stays as it was typed."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        for token in stream:
            yield Token(token.lineno, token.type, french_typography(token.value)) if token.type == "data" else token


@cache
def _texts(language: str) -> jinja2.Environment:
    env = templates.environment(autoescape=False)
    env.trim_blocks = env.lstrip_blocks = False
    env.finalize = _value
    env.filters["upper_first"] = languages.upper_first
    env.add_extension(_Lines)
    if language == "fr":
        env.add_extension(_FrenchTypography)
    return env


@cache
def _pages() -> jinja2.Environment:
    return templates.environment()


@cache
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)


def write(template: str, language: str, facts: dict[str, Any]) -> Written:
    """The template with these facts. The language must be the one that is spoken."""
    return read_written(_texts(language).get_template(f"messages/{template}/{language}.txt").render(facts))


def write_sms(template: str, language: str, facts: dict[str, Any]) -> str:
    """Its short form, in signs that an SMS can carry."""
    text = _texts(language).get_template(f"messages/{template}/{language}.sms.txt").render(facts)
    return gsm_plain(" ".join(_plain(text).split()))


def as_text(written: Written) -> str:
    """The plain part of a mail, complete on its own."""
    colon = french_typography(" :") if languages.language() == "fr" else ":"
    parts = []
    for piece in written.pieces:
        if piece.kind == "list":
            parts.append("\n".join(f"- {line}" for line in piece.lines))
        elif piece.kind == "action":
            parts.append(f"{piece.lines[0]}{colon}\n{piece.url}")
        else:
            parts.append("\n".join(piece.lines))
    return "\n\n".join(parts) + "\n"


def as_html(written: Written, *, house: str) -> str:
    """The same in one column, with its styles inside: no picture, nothing from elsewhere."""
    page = _pages().get_template("messages/_layout.html").render(written=written, house=house, breaks=_breaks)
    return _inliner().inline(page)


def _breaks(lines: Sequence[str]) -> Markup:
    return Markup("<br>").join(lines)


def as_note(written: Written) -> str:
    """Two lines for a channel of the store: what is promised, and where to go. Nothing of the shopper's."""
    return "\n".join([written.preview, *written.links[:1]])


# Composing


async def compose(session: AsyncSession, message: Message, *, settings: Settings, now: datetime) -> Letter | Dropped:
    """The letter as it stands now, or why none is sent any more. Raises `Unreachable`."""
    if message.reminder and now - message.first_due_at > TOO_LATE_AFTER:
        return Dropped("too late for a reminder")
    match message.subject:
        case "reservation":
            return await _about_reservation(session, message, settings=settings, now=now)
        case "store":
            return await _about_store(session, message, settings=settings, now=now)
        case "account":
            return await _about_account(session, message, settings=settings, now=now)
        case other:
            return Dropped(f"nothing is known about the subject {other!r}")


async def _about_reservation(
    session: AsyncSession, message: Message, *, settings: Settings, now: datetime
) -> Letter | Dropped:
    reservation = await questions.get(session, message.subject_id)
    if message.only_if and reservation.status not in message.only_if.split(","):
        return Dropped(f"the reservation is {reservation.status}")
    if reservation.erased_at is not None:
        return Dropped("name and contact were erased")
    store = reservation.store
    if message.recipient == "shopper":
        channel = await _channel(session, message, reservation, settings=settings, now=now)
        to = reservation.phone if channel == Channel.SMS else reservation.email
        token = (await links.to_mail(session, "reservation", reservation.id)).token(settings.secret)
    else:
        channel, token = Channel(message.channel), ""
        to = await _staff_address(session, message, store)
        if not to:
            return Dropped("nobody is there to receive it")
    with speaking(message.language):
        facts = reservation_facts(
            reservation, settings=settings, language=message.language, token=token, payload=message.payload, now=now
        )
        return _letter(message, channel, to, facts, store=store, ref=facts["code"], settings=settings)


async def _channel(
    session: AsyncSession, message: Message, reservation: Reservation, *, settings: Settings, now: datetime
) -> Channel:
    """By SMS where that was asked for and may be; by mail otherwise. Raises `Unreachable`."""
    if message.channel == Channel.SMS and await _may_text(session, reservation.phone, settings=settings, now=now):
        return Channel.SMS
    if reservation.email:
        return Channel.EMAIL
    raise Unreachable("no SMS may be sent to this number, and there is no mail address")


async def _may_text(session: AsyncSession, phone: str, *, settings: Settings, now: datetime) -> bool:
    if not phone or not (settings.sms_url or settings.demo) or not customers.is_mobile(phone):
        return False
    if phonenumbers.region_code_for_number(phonenumbers.parse(phone)) not in TEXTED:
        return False
    sent = await session.scalar(
        select(func.count())
        .select_from(Message)
        .join(Reservation, Reservation.id == Message.subject_id)
        .where(
            Message.subject == "reservation",
            Message.recipient == "shopper",
            Message.channel == Channel.SMS,
            Message.state == State.SENT,
            Message.sent_at > now - timedelta(days=1),
            Reservation.phone == phone,
        )
    )
    return (sent or 0) < TEXTS_PER_DAY


async def _staff_address(session: AsyncSession, message: Message, store: Store) -> str:
    """Where it goes: the store's mailbox, its channel, or the mailbox of one account. Empty: nowhere any more."""
    match message.recipient.partition(":"):
        case ("store", _, _):
            return store.email
        case ("store-notify", _, _):
            return store.staff_notify_url
        case ("account", _, account_id):
            account = await session.get(Account, int(account_id))
            return account.email if account and account.disabled_at is None else ""
    raise ValueError(f"nobody is called {message.recipient!r}")


async def _about_store(
    session: AsyncSession, message: Message, *, settings: Settings, now: datetime
) -> Letter | Dropped:
    query = select(Store).where(Store.id == message.subject_id).options(selectinload(Store.exceptions))
    store = await session.scalar(query)
    to = await _staff_address(session, message, store) if store else ""
    if not store or not to:
        return Dropped("nobody is there to receive it")
    with speaking(message.language):
        facts = {
            **_store_facts(store, settings=settings, language=message.language, now=now),
            **_day_facts(message.payload, now=store.local(now)),
        }
        return _letter(message, Channel(message.channel), to, facts, store=store, settings=settings)


async def _about_account(
    session: AsyncSession, message: Message, *, settings: Settings, now: datetime
) -> Letter | Dropped:
    account = await session.get(Account, message.subject_id)
    if account is None or account.disabled_at is not None:
        return Dropped("the account is closed")
    path = message.payload.get("path")
    if not path:
        return Dropped("its link is gone")
    with speaking(message.language):
        facts = {
            "first_name": account.first_name,
            "house": settings.house_name,
            "link": settings.base_url + path,
            "wait": _wait(account, now),
        }
        return _letter(message, Channel.EMAIL, account.email, facts, store=None, settings=settings)


def _wait(account: Account, now: datetime) -> str:
    if not account.is_locked(now) or account.locked_until is None:
        return ""
    minutes = -(-(account.locked_until - now) // timedelta(minutes=1))
    return languages.duration_words(minutes)


def _letter(
    message: Message,
    channel: Channel,
    to: str,
    facts: dict[str, Any],
    *,
    store: Store | None,
    settings: Settings,
    ref: str = "",
) -> Letter:
    written = write(message.template, message.language, facts)
    letter = Letter(
        to=to,
        channel=channel,
        language=message.language,
        template=message.template,
        subject=written.subject[:LONGEST_SUBJECT],
        text="",
        links=written.links,
        sender=store.name if store else settings.house_name,
        reply_to=store.email if store else "",
        ref=ref,
    )
    if channel == Channel.SMS:
        text = write_sms(message.template, message.language, facts)
        return replace(letter, subject="", text=text, links=(facts["short_link"],))
    if channel == Channel.NOTIFY:
        return replace(letter, text=as_note(written))
    return replace(letter, text=as_text(written), html=as_html(written, house=settings.house_name))


# Facts


def reservation_facts(
    reservation: Reservation,
    *,
    settings: Settings,
    language: str,
    token: str,
    payload: dict[str, Any],
    now: datetime,
) -> dict[str, Any]:
    """What a message about a reservation may say, in the language that is spoken."""
    store, code = reservation.store, codes.show_code(reservation.code)
    asked = [line for line in reservation.lines if line.replaces_id is None]
    offered = [line for line in reservation.lines if line.replaces_id is not None]
    kept = [line for line in reservation.lines if line.kept and (line.replaces_id is None or line.accepted)]
    units = sum(line.kept for line in kept)
    short = [(line, line.quantity - line.kept) for line in asked if line.kept < line.quantity]
    return {
        **_store_facts(store, settings=settings, language=language, now=now),
        "first_name": reservation.first_name,
        "code": code,
        "by": _signed(reservation.answered_by),
        "one": (units or sum(line.quantity for line in asked)) == 1,
        "units": units,
        "articles": [_article(line, line.quantity) for line in asked],
        "kept": [_article(line, line.kept) for line in kept],
        "missing": [_article(line, units) for line, units in short],
        "offers": [_offer(line) for line in offered if line.accepted is None],
        "elsewhere": _elsewhere([line for line, _ in short] or asked, settings=settings, language=language),
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


def _store_facts(store: Store, *, settings: Settings, language: str, now: datetime) -> dict[str, Any]:
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


def _signed(answered_by: str) -> str:
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


def _elsewhere(lines: Sequence[Line], *, settings: Settings, language: str) -> list[Elsewhere]:
    pages = {line.variant.product_id: line.variant.product for line in lines if line.status != LineStatus.BOUGHT}
    return [
        Elsewhere(product.name.text(), f"{settings.base_url}/{language}/p/{product.slug(language)}")
        for product in pages.values()
    ]


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


def _day_facts(payload: dict[str, Any], *, now: datetime) -> dict[str, Any]:
    """Tomorrow in one store: `{"day", "counts": {…}, "lines": [{"code", "units", "place"}]}`, the day as ISO 8601."""
    return {
        "day": languages.day_name(date.fromisoformat(payload["day"]), now.date()),
        "counts": {name: payload["counts"].get(name, 0) for name in ("requested", "confirmed", "ready", "ending")},
        "lines": [
            {"code": codes.show_code(line["code"]), "units": line["units"], "place": line.get("place", "")}
            for line in payload.get("lines", [])
        ],
    }
