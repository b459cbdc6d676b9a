"""D6, the journal: who did what, when, from where, what stood there before and after. Nothing here changes it.

Who leads a store reads what happened there; what belongs to no store (accounts, keys) is read by who sees them all.
Shoppers stand here by the code of their booking, never by name.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from operator import attrgetter
from urllib.parse import urlencode

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from booking import journal
from booking.appointments.tables import Appointment
from booking.customers import clean_line
from booking.journal import Entry, Search
from booking.reservations.tables import Reservation
from kit import languages
from kit.codes import read_code, show_code
from kit.languages import gettext
from stores.catalogue import Product, Variant
from stores.collections import Collection
from stores.exchange import writing
from stores.hours import instant_of
from stores.places import Store
from stores.staff import Account, ApiKey
from web import views
from web.admin import log_words
from web.admin.typed import read_day
from web.house import House
from web.routing import Routes, staff
from web.staff import frame
from web.staff.frame import actor_of
from web.staff.typed import row_id

routes = Routes(refuse=frame.refuse)

PATH = "/{language:language}/admin/journal"
ON_A_PAGE = 100
IN_A_PIECE = 1000
"""Lines of the export that are read at once."""
SEARCHED = timedelta(days=92)
"""Words are looked for so far back where no first day is named: the journal is never emptied."""


@dataclass(frozen=True)
class Asked:
    """The filter as it was typed."""

    q: str
    subject: str
    by: str
    store: str
    first: str
    last: str

    def query(self) -> dict[str, str]:
        """What of it is not empty, for an address."""
        return {name: value for name, value in vars(self).items() if value}


@dataclass(frozen=True)
class Line:
    """An entry as it is read."""

    id: int
    at: datetime
    day: str
    time: str
    who: str
    origin: str
    subject: str
    about: str
    """Which one: a code, a name; its number where neither is known."""
    url: str
    store: str
    event: str
    before: str
    after: str
    changes: Sequence[tuple[str, str, str]]
    reason: str


@routes.get(PATH, allow=staff("journal.read"), name="admin_journal")
async def show(request: Request, session: AsyncSession) -> Response:
    """The newest first; `before` goes on from a line, so that new ones shift nothing."""
    asked = _asked(request)
    search = await _search(request, session, asked)
    before = row_id(request.query_params.get("before", ""))
    entries = await journal.page(session, search, before_id=before, limit=ON_A_PAGE + 1)
    shown = entries[:ON_A_PAGE]
    lines = await _lines(request, session, shown)
    more = {**asked.query(), "before": str(shown[-1].id)} if len(entries) > ON_A_PAGE else None
    stores = frame.own_stores(request)
    context = {
        "tab": "admin_journal",
        "days": [(day, list(of_day)) for day, of_day in groupby(lines, attrgetter("day"))],
        "asked": asked,
        "subjects": [(subject, log_words.subject_words(subject)) for subject in log_words.SUBJECTS],
        "stores": [(store.slug, store.name) for store in stores],
        "recent": bool(asked.q) and search.first is not None and not asked.first,
        "more_url": views.address(request, "admin_journal", more) if more else "",
        "newest_url": views.address(request, "admin_journal", asked.query()) if before else "",
        "export_url": f"{views.address(request, 'admin_journal_export')}?{urlencode(asked.query())}",
    }
    title = gettext("Journal")
    return frame.render(request, "admin/journal.html", context, title=title, current="admin_stores")


@routes.get(PATH + "/export", allow=staff("journal.read"), name="admin_journal_export")
async def export(request: Request, session: AsyncSession) -> Response:
    """What the filter finds, as a file; read and sent piece by piece, from the lines that are there now."""
    search = await _search(request, session, _asked(request))
    newest = await journal.page(session, search, limit=1)
    language, name = languages.language(), gettext("journal")
    today = request.state.now.astimezone(request.app.state.house.zone).date()
    return StreamingResponse(
        _pieces(request, search, newest[0].id if newest else 0, language),
        media_type="text/csv; charset=utf-8",
        headers={**frame.NO_STORE, "content-disposition": f'attachment; filename="{name}-{today.isoformat()}.csv"'},
    )


async def _pieces(request: Request, search: Search, newest: int, language: str) -> AsyncIterator[bytes]:
    """Each piece in a transaction of its own: who reads slowly keeps none open."""
    delimiter = ";" if language == "fr" else ","
    with languages.speaking(language):
        head = (
            gettext("When"), gettext("Who"), gettext("From where"), gettext("Store"), gettext("About"),
            gettext("Which one"), gettext("What"), gettext("Before"), gettext("After"), gettext("Why"),
        )  # fmt: skip
    yield writing.BOM + writing.encoded([head], delimiter=delimiter)
    before = newest + 1
    while True:
        async with request.app.state.database.work(readonly=True) as session:
            entries = await journal.page(session, search, before_id=before, limit=IN_A_PIECE)
            with languages.speaking(language):
                lines = await _lines(request, session, entries)
                rows = [row for line in lines for row in _rows(line)]
        if not entries:
            return
        yield writing.encoded(rows, delimiter=delimiter)
        before = entries[-1].id


def _rows(line: Line) -> list[list[str]]:
    """A row for the event, or one for each field that changed."""
    start = [line.at.isoformat(timespec="seconds"), line.who, line.origin, line.store, line.subject, line.about]
    what = [(f"{line.event}: {field}", before, after) for field, before, after in line.changes]
    if line.before or line.after or not what:
        what.insert(0, (line.event, line.before, line.after))
    return [[*start, *one, line.reason] for one in what]


# What is asked


def _asked(request: Request) -> Asked:
    query = request.query_params
    named = {store.slug for store in frame.own_stores(request)}
    days = {name: read_day(query.get(name, "")) for name in ("first", "last")}
    return Asked(
        q=clean_line(query.get("q", ""))[:80],
        subject=query.get("subject", "") if query.get("subject", "") in log_words.SUBJECTS else "",
        by=clean_line(query.get("by", ""))[:60],
        store=query.get("store", "") if query.get("store", "") in named else "",
        first=days["first"].isoformat() if days["first"] else "",
        last=days["last"].isoformat() if days["last"] else "",
    )


async def _search(request: Request, session: AsyncSession, asked: Asked) -> Search:
    """As the database is asked. A code of a booking is looked for as that, anything else as words."""
    house: House = request.app.state.house
    now: datetime = request.state.now
    store = house.stores.get(asked.store)
    zone = store.timezone if store else str(house.zone)
    first = instant_of(date.fromisoformat(asked.first), 0, zone) if asked.first else None
    last = instant_of(date.fromisoformat(asked.last) + timedelta(days=1), 0, zone) if asked.last else None
    subject, subject_id, words = asked.subject, None, asked.q
    if words and (found := await _booking(session, words)):
        (subject, subject_id), words = found, ""
    if words and first is None:
        first = (last or now) - SEARCHED
    return Search(
        store_ids=frozenset([store.id]) if store else actor_of(request).store_ids,
        subject=subject,
        subject_id=subject_id,
        by=_actor(asked.by),
        first=first,
        last=last,
        words=words,
        events=log_words.events_called(words) if words else (),
    )


async def _booking(session: AsyncSession, typed: str) -> tuple[str, int] | None:
    code = read_code(typed)
    if code is None:
        return None
    for subject, table in (("reservation", Reservation), ("appointment", Appointment)):
        if (found := await session.scalar(select(table.id).where(table.code == code))) is not None:
            return subject, found
    return None


def _actor(typed: str) -> str:
    """The word that is kept for who was typed as the page says it."""
    for by in (journal.SHOPPER, journal.SYSTEM, "command"):
        if typed and typed.casefold() in log_words.who_words(by).casefold():
            return by
    return typed


# What is read


async def _lines(request: Request, session: AsyncSession, entries: Sequence[Entry]) -> list[Line]:
    house: House = request.app.state.house
    now: datetime = request.state.now
    named = await _named(request, session, entries)
    lines = []
    for entry in entries:
        store = house.store_by_id(entry.store_id) if entry.store_id is not None else None
        zone = store.zone if store else house.zone
        at = entry.at.astimezone(zone)
        about, url = named.get((entry.subject, entry.subject_id), (str(entry.subject_id), ""))
        if day := read_day(str(entry.detail.get("day", ""))):
            about = f"{about}, {languages.day_words(day, at.date())}"
        lines.append(
            Line(
                id=entry.id,
                at=at,
                day=languages.upper_first(languages.day_name(at.date(), now.astimezone(zone).date())),
                time=languages.time_words(at),
                who=log_words.who_words(entry.by),
                origin=entry.origin,
                subject=log_words.subject_words(entry.subject),
                about=about,
                url=url,
                store=store.name if store else "",
                event=log_words.event_words(entry.subject, entry.event),
                before=log_words.value_words(entry.subject, entry.event, entry.before),
                after=log_words.value_words(entry.subject, entry.event, entry.after),
                changes=log_words.change_words(entry.subject, entry.detail),
                reason=log_words.reason_words(entry.subject, entry.reason),
            )
        )
    return lines


async def _named(
    request: Request, session: AsyncSession, entries: Sequence[Entry]
) -> dict[tuple[str, int], tuple[str, str]]:
    """What entries are about, by name or code, with its page where who asks may open it: a query for each kind."""
    ids: dict[str, set[int]] = {}
    for entry in entries:
        ids.setdefault(entry.subject, set()).add(entry.subject_id)
    named: dict[tuple[str, int], tuple[str, str]] = {}
    for subject, table, page in (
        ("reservation", Reservation, "staff_reservation"),
        ("appointment", Appointment, "staff_appointment"),
    ):
        if subject in ids:
            for number, code in await session.execute(select(table.id, table.code).where(table.id.in_(ids[subject]))):
                named[subject, number] = (show_code(code), views.address(request, page, code=show_code(code)))
    if "product" in ids:
        may = actor_of(request).may("catalogue.edit")
        products = select(Product.id, Product.ref, Product.name).where(Product.id.in_(ids["product"]))
        for number, ref, title in await session.execute(products):
            url = views.address(request, "merch_article", ref=ref) if may else ""
            named["product", number] = (title.text() or ref, url)
    if "stock" in ids:
        variants = (
            select(Variant.id, Variant.sku, Product.name).join(Variant.product).where(Variant.id.in_(ids["stock"]))
        )
        for number, sku, title in await session.execute(variants):
            named["stock", number] = (f"{title.text()}, {sku}", "")
    if "collection" in ids:
        titles = select(Collection.id, Collection.title).where(Collection.id.in_(ids["collection"]))
        may = actor_of(request).may("catalogue.edit")
        for number, title in await session.execute(titles):
            named["collection", number] = (
                title.text(), views.address(request, "merch_collection", id=number) if may else "",
            )  # fmt: skip
    if "account" in ids:
        accounts = select(Account.id, Account.first_name, Account.last_name).where(Account.id.in_(ids["account"]))
        for number, first, last in await session.execute(accounts):
            url = views.address(request, "admin_user", id=number) if actor_of(request).may("account.manage") else ""
            named["account", number] = (f"{first} {last}".strip() or str(number), url)
    if "key" in ids:
        for number, name in await session.execute(select(ApiKey.id, ApiKey.name).where(ApiKey.id.in_(ids["key"]))):
            named["key", number] = (name, "")
    stores: list[Store] = list(request.app.state.house.stores.values())
    for store in stores:
        named["store", store.id] = (
            store.name,
            views.address(request, "admin_store", slug=store.slug) if actor_of(request).may("store.edit") else "",
        )
    return named
