"""The page of one advisor: who she is, when she works, when she is away. Each part is a form of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from kit import codes, languages
from kit.languages import gettext, pgettext
from stores import advisors, schedules
from stores import staff as people
from stores.advisors import Advisor, Skill
from stores.places import Store
from stores.schedules import Absence, ShiftPattern
from web import pages, views
from web.admin import breaking, changed, fortnight
from web.admin.breaking import Broken
from web.admin.typed import Form, of_pair, show_time, tick
from web.admin.words import SPOKEN, absence_span, spoken_words
from web.appointment_words import absence_words
from web.staff import frame

NEW = "new"
SPOKEN_AT_MOST = 5
SPANS = 2
"""So many spans of work on one day of the week."""


@dataclass
class Sheet:
    """What a form that came back brings to the page: which part it is, as typed, and what has to be seen first."""

    part: str = ""
    """`person`, `week`, `shift`, `absence` or `day`."""
    form: Form | None = None
    broken: Broken | None = None
    changes: Sequence[changed.Change] = ()
    marks: str = ""

    def of(self, part: str, values: dict[str, str]) -> Form:
        """The form of a part: as it was typed, or as it stands."""
        return self.form if self.part == part and self.form else Form(values)


@dataclass(frozen=True)
class Said:
    """An advisor as the form says it."""

    values: dict[str, Any]
    skills: Sequence[tuple[Skill, date | None, date | None]]
    store_id: int


async def found(request: Request, session: AsyncSession) -> Advisor | None:
    """Who the address names, in one's own stores; None for the empty form."""
    slug: str = request.path_params["slug"]
    return None if slug == NEW else await advisors.find(session, slug, store_ids=request.state.actor.store_ids)


def home_of(request: Request, advisor: Advisor) -> Store:
    """The store in which her diary is kept."""
    store: Store = request.app.state.house.store_by_id(advisor.resource.store_id)
    return store


def saved(request: Request, slug: str, broken: int, *, store: str = "") -> Response:
    """On to what has to be settled now, or back to her page."""
    if broken:
        return pages.to(request, "staff_conflicts")
    query = {"notice": "saved", **({"store": store} if store else {})}
    return pages.go(request, views.address(request, "admin_advisor", query, slug=slug))


async def listed_first(request: Request, session: AsyncSession, sheet: Sheet) -> Response:
    """The change was undone: the page as it stands, with what it would break and the form as it was typed."""
    session.expunge_all()
    return await page(request, session, await found(request, session), sheet, status=409)


# Who she is


async def values(request: Request, session: AsyncSession, advisor: Advisor | None) -> dict[str, str]:
    """What stands in the fields."""
    skills = await advisors.skills(session)
    has = {one.skill_id: one for one in advisor.skills} if advisor else {}
    spoken = list(advisor.languages) if advisor else [languages.DEFAULT]
    own = frame.own_stores(request)
    filled = {
        "name": advisor.name if advisor else "",
        **of_pair("title", advisor.title if advisor else {}),
        **of_pair("bio", advisor.bio if advisor else {}),
        "category": str(advisor.category_id or "") if advisor else "",
        "account": str(advisor.account_id or "") if advisor else "",
        "bookable": tick(advisor.bookable if advisor else True),
        "daily_max": str(advisor.daily_max if advisor else 0),
    }
    if advisor is None:
        filled["home"] = str((frame.chosen_store(request) or own[0]).id) if own else ""
    for number in range(max(SPOKEN_AT_MOST, len(spoken))):
        filled[f"language-{number}"] = spoken[number] if number < len(spoken) else ""
    for skill in skills:
        one = has.get(skill.id)
        filled[f"skill-{skill.id}"] = tick(one is not None)
        filled[f"skill-{skill.id}-from"] = _iso(one.valid_from if one else None)
        filled[f"skill-{skill.id}-until"] = _iso(one.valid_until if one else None)
    return filled


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


async def read(request: Request, session: AsyncSession, form: Form, advisor: Advisor | None) -> Said:
    """What the form says. Raises `Invalid`, with what is wrong beside each field."""
    name = form.line("name", 40)
    if not name:
        form.wrong("name", gettext("First name: write what shoppers call this person."))
    category = form.choice("category", gettext("Department"), ["", *_categories(request)])
    account = form.choice("account", gettext("Account"), ["", *await accounts(request, session, advisor)])
    kept = advisor.languages if advisor else []
    typed = [form[f"language-{number}"] for number in range(max(SPOKEN_AT_MOST, len(kept)))]
    spoken = list(dict.fromkeys(code for code in typed if code in {*SPOKEN, *kept}))
    if not spoken:
        form.wrong("language-0", gettext("Languages: choose at least one."))
    store_id = advisor.resource.store_id if advisor else 0
    if advisor is None:
        homes = {str(store.id): store.id for store in frame.own_stores(request)}
        store_id = homes.get(form.choice("home", gettext("Store"), homes), 0)
    said = Said(
        {
            "name": name,
            "title": form.pair("title", gettext("Job title"), limit=80, needed=True),
            "bio": form.pair("bio", gettext("In a few sentences"), limit=800, lines=True),
            "category_id": int(category) if category.isdigit() else None,
            "account_id": int(account) if account.isdigit() else None,
            "languages": spoken,
            "bookable": form.ticked("bookable"),
            "daily_max": form.number("daily_max", gettext("Appointments a day"), 0, 50),
        },
        [_skill(form, skill) for skill in await advisors.skills(session) if form.ticked(f"skill-{skill.id}")],
        store_id,
    )
    form.check()
    return said


def _skill(form: Form, skill: Skill) -> tuple[Skill, date | None, date | None]:
    first = form.day(f"skill-{skill.id}-from", skill.name.text(), needed=False)
    last = form.day(f"skill-{skill.id}-until", skill.name.text(), needed=False)
    if first and last and last < first:
        words = gettext("%(field)s: the last day must not come before the first one.", field=skill.name.text())
        form.wrong(f"skill-{skill.id}-until", words)
    return skill, first, last


def _categories(request: Request) -> dict[str, str]:
    return {str(one.id): one.name.text() for one in request.app.state.house.departments}


async def accounts(request: Request, session: AsyncSession, advisor: Advisor | None) -> dict[str, str]:
    """The accounts that may be hers: of people who receive in one of my stores and are nobody else's."""
    stores = [store.id for store in frame.own_stores(request)]
    taken = await advisors.accounts(session) - {advisor.account_id if advisor else None}
    roles = (people.Role.ADVISOR, people.Role.MANAGER)
    offered = [one for role in roles for one in await people.working_at(session, stores, role=role)]
    found = {str(one.id): one.name for one in offered if one.id not in taken}
    if advisor and advisor.account_id and str(advisor.account_id) not in found:
        found[str(advisor.account_id)] = (await people.find_account(session, advisor.account_id)).name
    return found


# When she works


def weeks_of(patterns: Sequence[ShiftPattern], store: Store, day: date) -> dict[str, str]:
    """The fields of the weekly grid: the hours that count in this store from that day on."""
    fields = {}
    standing = [p for p in patterns if p.store_id == store.id and _counts(p, day)]
    for weekday in range(7):
        hers = [pattern for pattern in standing if pattern.weekday == weekday]
        for number in range(SPANS):
            span = hers[number] if number < len(hers) else None
            fields[f"d{weekday}-{number}-from"] = show_time(span.begins) if span else ""
            fields[f"d{weekday}-{number}-to"] = show_time(span.ends) if span else ""
    return fields


def _counts(pattern: ShiftPattern, day: date) -> bool:
    return (pattern.valid_from is None or pattern.valid_from <= day) and (
        pattern.valid_until is None or pattern.valid_until >= day
    )


def first_day(patterns: Sequence[ShiftPattern], store: Store, now: datetime) -> date:
    """From when a new week is proposed: next Monday, or today where she has none yet."""
    today = store.local(now).date()
    has_one = any(
        one.store_id == store.id and (one.valid_until is None or one.valid_until >= today) for one in patterns
    )
    return today + timedelta(days=7 - today.weekday()) if has_one else today


def planned(patterns: Sequence[ShiftPattern], stores: dict[int, Store], now: datetime) -> list[str]:
    """The weeks that are still to begin, in a line each."""
    found: dict[tuple[date, int], list[ShiftPattern]] = {}
    for one in patterns:
        store = stores.get(one.store_id)
        if store and one.valid_from and one.valid_from > store.local(now).date():
            found.setdefault((one.valid_from, one.store_id), []).append(one)
    lines = []
    for (first, store_id), ones in sorted(found.items()):
        store = stores[store_id]
        words = languages.day_words(first, store.local(now).date())
        lines.append(gettext("%(store)s: another week from %(day)s, %(hours)s.", store=store.name, day=words,
                             hours=languages.duration_words(sum(one.ends - one.begins for one in ones))))  # fmt: skip
    return lines


def weekday_words() -> list[str]:
    names = languages.LOCALES[languages.language()].days["format"]["wide"]
    return [languages.upper_first(str(names[day])) for day in range(7)]


# The page


async def page(
    request: Request, session: AsyncSession, advisor: Advisor | None, sheet: Sheet, *, status: int = 200
) -> Response:
    """Everything about one advisor; only the first part of someone who is not there yet."""
    stands = await values(request, session, advisor)
    skills = await advisors.skills(session)
    spoken = [code for name, code in stands.items() if name.startswith("language-") and code not in ("", *SPOKEN)]
    context: dict[str, Any] = {
        "slug": advisor.slug if advisor else NEW,
        "advisor": advisor,
        "form": sheet.form,
        "part": sheet.part,
        "broken": sheet.broken,
        "person": sheet.of("person", stands),
        "marks": sheet.marks or changed.marks_of(stands),
        "key": (sheet.form["key"] if sheet.form else "") or codes.new_token(),
        "changes": _changes(sheet.changes, skills, _categories(request)),
        "categories": _categories(request),
        "accounts": await accounts(request, session, advisor),
        "spoken": {code: spoken_words(code) for code in (*SPOKEN, *spoken)},
        "slots": sum(name.startswith("language-") for name in stands),
        "skills": [(skill.id, skill.name.text()) for skill in skills],
        "homes": {str(store.id): store.name for store in frame.own_stores(request)} if advisor is None else {},
    }
    if advisor:
        context |= await _times(request, session, advisor, sheet)
    title = advisor.name if advisor else gettext("New advisor")
    return frame.render(request, "admin/advisor.html", context, title=title, current="admin_advisors", status=status)


def _changes(
    changes: Sequence[changed.Change], skills: Sequence[Skill], categories: dict[str, str]
) -> list[tuple[str, str, str | None]]:
    """What somebody else changed: (field, theirs, mine)."""
    known = {"name": gettext("First name"), "title": gettext("Job title"), "bio": gettext("In a few sentences"),
             "category": gettext("Department"), "account": gettext("Account"), "language": gettext("Languages"),
             "bookable": gettext("Shown to shoppers"), "daily_max": gettext("Appointments a day"),
             **{f"skill-{skill.id}": skill.name.text() for skill in skills}}  # fmt: skip

    def label(name: str) -> str:
        base = name.removesuffix("_fr").removesuffix("_en")
        base = base if base in known else base.rpartition("-")[0]
        return known.get(base, known.get(base.rpartition("-")[0], name))

    def shown(name: str, value: str) -> str:
        if name == "bookable" or (name.startswith("skill-") and name.count("-") == 1):
            return gettext("yes") if value else gettext("no")
        if name.startswith("language-") and value:
            return spoken_words(value)
        return categories.get(value, value) if name == "category" else value or pgettext("value", "nothing")

    return [
        (label(one.name), shown(one.name, one.theirs), None if one.mine is None else shown(one.name, one.mine))
        for one in changes
    ]


async def _times(request: Request, session: AsyncSession, advisor: Advisor, sheet: Sheet) -> dict[str, Any]:
    """The next days, the absences to come, and the weekly grid of one of my stores."""
    now: datetime = request.state.now
    stores = {store.id: store for store in request.app.state.house.stores.values()}
    own = frame.own_stores(request)
    home = home_of(request, advisor)
    named = (sheet.form["store"] if sheet.form and sheet.part == "week" else "") or request.query_params.get(
        "store", ""
    )
    store = next((one for one in own if one.slug == named), home if home in own else own[0])
    patterns = await schedules.patterns_of(session, advisor.id)
    first = first_day(patterns, store, now)
    ahead = await breaking.of_advisor(session, advisor.id, now=now)
    away = await schedules.time_off_between(session, [advisor.id], now, now + breaking.FAR)
    hours = {line.day.weekday(): views.times_words(line.times) for line in store.hours.week(first)}
    today = home.local(now).date()
    return {
        "picture": views.scene(advisor.photo, advisor.name),
        "days": await fortnight.of_advisor(
            session, advisor.id, home, stores, ahead, ours=frozenset(one.id for one in own), now=now
        ),
        "absences": [
            (off.id, languages.upper_first(absence_words(off.kind)), absence_span(off, home, now)) for off in away
        ],
        "kinds": {str(kind): languages.upper_first(absence_words(kind)) for kind in Absence},
        "week": sheet.of("week", {**weeks_of(patterns, store, first), "from": first.isoformat()}),
        "weekdays": list(enumerate(weekday_words())),
        "open": [hours.get(weekday, "") for weekday in range(7)],
        "store": store,
        "own": own,
        "planned": planned(patterns, stores, now),
        "shift": sheet.of("shift", {"shift-store": store.slug}),
        "absence": sheet.of("absence", {}),
        "today": today.isoformat(),
        "zone": languages.zone_words(home.timezone) if len({one.timezone for one in own}) > 1 else "",
    }
