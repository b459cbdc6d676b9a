"""The figures of the house: five on top, all others below, and what is wrong now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking import figures
from booking.figures import LONGEST, Day, Period, Troubles, Truth
from kit import languages
from kit.codes import show_code
from kit.errors import NotFound
from kit.languages import gettext, ngettext
from stores.places import Store
from web import views
from web.admin.typed import read_day
from web.house import House
from web.merch import figure_words
from web.routing import Routes, staff
from web.staff import frame

routes = Routes(refuse=frame.refuse)

USUAL = 28
LENGTHS = (7, USUAL, 90)
"""Days up to today."""
ROWS = 12
"""Departments and stores named one by one."""
FINDINGS = 20


@dataclass(frozen=True)
class Trouble:
    """Something that is wrong, and where to begin; `url` is empty for whoever may not go there."""

    words: str
    url: str
    begin: str


@routes.get("/{language:language}/merch", allow=staff("figures.read"), name="merch_figures")
async def show(request: Request, session: AsyncSession) -> Response:
    """Eight statements, whatever the period."""
    now: datetime = request.state.now
    stores = _stores(request)
    today = max((store.local(now).date() for store in stores), default=now.date())
    period, wrong = _period(request, today)
    counts, before = await figures.counts(session, stores, period, now=now)
    days = await figures.by_day(session, stores, period, now=now)
    truth = await figures.truth(session, stores, period)
    troubles = await figures.troubles(session, [store.id for store in stores], now=now)
    zone = stores[0].timezone if stores else "Europe/Paris"
    named = request.query_params.get("store", "")
    length = period.days if period.last == today and period.days in LENGTHS else 0
    context = {
        "tab": "merch_figures",
        "period": period,
        "length": length,
        "period_words": _period_words(period, today),
        "before_words": _period_words(period.before, today),
        "wrong": wrong,
        "today": today,
        "lengths": [(_here(request, named, days=days), _length_words(days), days == length) for days in LENGTHS],
        "choices": frame.own_stores(request),
        "named": named,
        "of_stores": stores[0].name if len(stores) == 1 else "",
        "address": views.address(request, "merch_figures"),
        "head": figure_words.head(
            counts, before, _moment(counts.next_answer, zone, now), _moment(counts.next_end, zone, now)
        ),
        "groups": figure_words.rest(counts, before),
        "compared": bool(before.requests or before.appointments),
        "truth": _truth(request, truth),
        "troubles": _troubles(request, troubles, stores),
        "night": _night(request, troubles, stores, now),
        "nothing": not (counts.requests or before.requests or counts.appointments or before.appointments),
        "requests_chart": _requests_chart(days, period, today),
        "in_time_chart": _in_time_chart(days, period, today),
    }
    return frame.render(request, "merch/figures.html", context, title=gettext("Figures"), current="merch_figures")


# Which stores, which days


def _stores(request: Request) -> Sequence[Store]:
    """The store of the address, or those of the list that one looks at. Another's store raises `NotFound`."""
    own = frame.own_stores(request)
    if named := request.query_params.get("store", ""):
        found = [store for store in own if store.slug == named]
        if not found:
            raise NotFound()
        return found
    return [store for store in own if store.id in frame.scope(request)]


def _period(request: Request, today: date) -> tuple[Period, str]:
    """The days of the address, and what is wrong with those that were typed."""
    query = request.query_params
    days = query.get("days", "")
    usual = Period(today - timedelta(days=USUAL - 1), today)
    if days.isdigit() and days.isascii() and int(days[:4]) in LENGTHS:
        return Period(today - timedelta(days=int(days[:4]) - 1), today), ""
    if not query.get("from") and not query.get("to"):
        return usual, ""
    first, last = read_day(query.get("from", "")), read_day(query.get("to", ""))
    if first is None or last is None:
        return usual, gettext("Write both days such as 24/12/2026.")
    if last < first:
        return usual, gettext("The last day comes before the first.")
    if (last - first).days >= LONGEST:
        return usual, gettext("At most %(days)d days at a time.", days=LONGEST)
    return Period(first, last), ""


def _here(request: Request, store: str, **query: Any) -> str:
    return views.address(request, "merch_figures", {**query, **({"store": store} if store else {})})


def _length_words(days: int) -> str:
    return ngettext("%(num)d day", "%(num)d days", days, num=days)


def _period_words(period: Period, today: date) -> str:
    first, last = languages.day_words(period.first, today), languages.day_words(period.last, today)
    if period.days == 1:
        return first
    return gettext("%(first)s to %(last)s", first=first, last=last)


def _moment(moment: datetime | None, zone: str, now: datetime) -> str:
    return languages.moment_words(moment, zone, now) if moment else ""


# Charts, each with the table of its numbers


def _requests_chart(days: Sequence[Day], period: Period, today: date) -> list[dict[str, Any]]:
    """Requests of each day; of each week where there are more than forty."""
    if period.days > 40:
        return [
            {"label": languages.sms_day(week), "words": _week_words(week, today), "value": requests}
            for week, (requests, _, _) in _weeks(days, period).items()
        ]
    known = {one.day: one.requests for one in days}
    every = [period.first + timedelta(days=n) for n in range(period.days)]
    return [
        {"label": languages.sms_day(day), "words": languages.day_words(day, today), "value": known.get(day, 0)}
        for day in every
    ]


def _in_time_chart(days: Sequence[Day], period: Period, today: date) -> list[dict[str, Any]]:
    """Per cent answered in time in each week; a week without a deadline has no number."""
    found = []
    for week, (_, due, in_time) in _weeks(days, period).items():
        share = figures.Share(in_time, due)
        words = _week_words(week, today)
        found.append({"label": languages.sms_day(week), "words": words, "value": share.percent, "of": due})
    return found


def _weeks(days: Sequence[Day], period: Period) -> dict[date, tuple[int, int, int]]:
    """By the Monday of each week: requests, those due, those answered in time."""
    monday = period.first - timedelta(days=period.first.weekday())
    found = {}
    while monday <= period.last:
        ours = [one for one in days if monday <= one.day < monday + timedelta(days=7)]
        found[monday] = (
            sum(one.requests for one in ours),
            sum(one.due for one in ours),
            sum(one.in_time for one in ours),
        )
        monday += timedelta(days=7)
    return found


def _week_words(monday: date, today: date) -> str:
    return gettext("week of %(day)s", day=languages.day_words(monday, today))


def _truth(request: Request, found: Sequence[Truth]) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Stock truth by store and by department: (name, per cent, of how many)."""
    house: House = request.app.state.house
    stores, departments = [], []
    for one in found:
        share = figure_words.percent_words(one.share)
        over = ngettext(
            "%(num)s line looked for",
            "%(num)s lines looked for",
            one.share.of,
            num=languages.number_words(one.share.of),
        )
        if one.store_id is not None and (store := house.store_by_id(one.store_id)):
            stores.append((store.name, share, over))
        elif one.category_id is not None and (category := house.category(one.category_id)):
            departments.append((category.name.text(), share, over))
    tables = [(gettext("By store"), stores[:ROWS]), (gettext("By department"), departments[:ROWS])]
    return [(name, rows) for name, rows in tables if len(rows) > 1 or (rows and name == tables[1][0])]


# What is wrong


def _troubles(request: Request, found: Troubles, stores: Sequence[Store]) -> list[Trouble]:
    """Each with the worst of it; what nobody here may see to is not named, messages excepted."""
    may = request.state.actor.may
    said: list[Trouble] = []

    def add(count: int, words: str, begin: str, url: str) -> None:
        if count:
            said.append(Trouble(words, url, begin))

    number = languages.number_words
    add(
        found.dead,
        ngettext(
            "%(num)s message could not be delivered",
            "%(num)s messages could not be delivered",
            found.dead,
            num=number(found.dead),
        ),
        gettext("Open the oldest"),
        views.address(request, f"staff_{found.dead_subject}", code=show_code(found.dead_code))
        if found.dead_code and found.dead_subject and may("reservation.read")
        else "",
    )
    add(
        found.shortfalls,
        ngettext(
            "%(num)s article is promised more often than it is there",
            "%(num)s articles are promised more often than they are there",
            found.shortfalls,
            num=number(found.shortfalls),
        ),
        gettext("Open the worst"),
        views.address(request, "merch_stock_cell", slug=found.short_store, id=str(found.short_variant))
        if found.short_store and may("stock.correct")
        else "",
    )
    names = {store.slug: store.name for store in stores}
    silent = len(found.silent)
    add(
        silent,
        gettext(
            "The tills of %(stores)s have said nothing for too long",
            stores=languages.list_words([names[slug] for slug in found.silent[:5]]),
        ),
        gettext("Look at the stock"),
        views.address(request, "merch_stock", {"first": found.silent[0]}) if silent and may("stock.correct") else "",
    )
    if may("catalogue.import"):
        add(
            found.refused,
            ngettext(
                "%(num)s imported file has refused rows or waits",
                "%(num)s imported files have refused rows or wait",
                found.refused,
                num=number(found.refused),
            ),
            gettext("Open the imports"),
            views.address(request, "merch_imports"),
        )
    if may("catalogue.edit"):
        add(
            found.unpictured,
            ngettext(
                "%(num)s article on the site has no picture",
                "%(num)s articles on the site have no picture",
                found.unpictured,
                num=number(found.unpictured),
            ),
            gettext("Open them"),
            views.address(request, "merch_articles", {"view": "no-picture", "state": "published"}),
        )
    return said


def _night(request: Request, found: Troubles, stores: Sequence[Store], now: datetime) -> dict[str, Any] | None:
    """The report of the last night, in words, as far as it is about these stores."""
    if found.night is None:
        return None
    ids, slugs = {store.id: store for store in stores}, {store.slug: store for store in stores}
    whole = request.state.actor.store_ids is None
    findings = []
    for one in found.findings:
        named = one.get("store")
        store = ids.get(named) or slugs.get(named)
        if store or (whole and named is None):
            findings.append(_finding(request, one, store))
    zone = stores[0].timezone if stores else "Europe/Paris"
    return {
        "when": languages.moment_words(found.night, zone, now),
        "count": len(findings),
        "findings": findings[:FINDINGS],
        "more": max(len(findings) - FINDINGS, 0),
    }


def _finding(request: Request, one: dict[str, Any], store: Store | None) -> tuple[str, str]:
    """A line of it, and where it leads."""
    name = store.name if store else ""
    url = ""
    if store and "variant" in one and request.state.actor.may("stock.correct"):
        url = views.address(request, "merch_stock_cell", slug=store.slug, id=str(one["variant"]))
    match one["kind"]:
        case "drift":
            words = gettext(
                "%(store)s: the movements of an article say %(said)s, its row %(row)s",
                store=name,
                said=one["movements"],
                row=one["row"],
            )
        case "shortfall":
            words = gettext("%(store)s: %(num)s promised that are not there", store=name, num=one["missing"])
        case "silent_feed":
            words = gettext("%(store)s: the till has said nothing", store=name)
        case "acceptance":
            words = gettext(
                "%(store)s: only %(rate)s of 100 articles looked for were found", store=name, rate=one["per_cent"]
            )
        case _:
            words = str(one.get("what", one["kind"]))
    return words, url
