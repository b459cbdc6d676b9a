"""D1, the hours of a store: its week, its season, and days with hours of their own.

What shoppers will read stands beside the form before anything is saved. Bookings that a change would touch are listed
first and agreed to; what was promised in open time then moves, later and never earlier.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking import journal
from booking.appointments import conflicts
from booking.reservations import postponing
from booking.reservations.postponing import Postponed
from kit import languages
from kit.codes import show_code
from kit.errors import Invalid, NotFound
from kit.languages import Translated, gettext
from stores import opening, places
from stores.hours import CLOSED, BadHours, Hours, check_day_hours
from stores.places import Store
from web import pages, views
from web.admin import breaking, changed, store_week
from web.admin import stores as list_of_stores
from web.admin.breaking import Breaks, Broken
from web.admin.typed import Form, of_pair, read_day, tick, typed_form
from web.routing import Routes, staff
from web.staff import frame
from web.words import language_words

routes = Routes(refuse=frame.refuse)

ONE = list_of_stores.ONE
FAR = timedelta(days=800)
"""Days of their own are entered for two years at most."""
MOST_NAMED = 50


@dataclass(frozen=True)
class Kept:
    """A reservation whose articles will be kept until another day than was said."""

    who: str
    code: str
    url: str
    was: str
    will: str


@dataclass(frozen=True)
class Held:
    """All of them. `agreed` is what the form sends when who asks has seen it."""

    rows: Sequence[Kept]
    count: int
    agreed: str


@dataclass
class Sheet:
    """What a form that came back brings to the page: which part it is, as typed, and what has to be seen first."""

    part: str = ""
    """`week`, `day`, `holidays` or `remove`."""
    form: Form | None = None
    broken: Broken | None = None
    held: Held | None = None
    changes: Sequence[changed.Change] = ()
    marks: str = ""
    preview: Hours | None = None
    """The hours as the form has them."""
    remove: str = ""
    """The day that is about to be taken back, in ISO."""

    def of(self, part: str, values: dict[str, str]) -> Form:
        """The form of a part: as it was typed, or as it stands."""
        return self.form if self.part == part and self.form else Form(values)


@dataclass(frozen=True)
class Special:
    """An exceptional day in the list."""

    iso: str
    words: str
    hours: str
    why: str
    missing: str
    """The languages in which the reason is missing."""


@dataclass(frozen=True)
class Holiday:
    """A public holiday that is on offer, or entered already."""

    iso: str
    words: str
    name: str
    stands: str
    """The hours that the day has of its own; empty: none yet."""


@dataclass
class _Plan:
    """A change of hours: what they will be, how they are written, and what the journal says."""

    after: Hours
    act: Callable[[], Awaitable[None]]
    entries: list[dict[str, Any]] = field(default_factory=list)


@routes.get(ONE + "/hours", allow=staff("store.edit"), name="admin_store_hours")
async def show(request: Request, session: AsyncSession) -> Response:
    """The week, and the exceptional days; one of them in its form (`?day=2026-12-24`)."""
    return _page(request, await _found(request, session), Sheet())


async def _found(request: Request, session: AsyncSession) -> Store:
    return await places.find(session, request.path_params["slug"], store_ids=request.state.actor.store_ids)


async def _taken(request: Request, session: AsyncSession) -> Store:
    return await opening.take(session, request.path_params["slug"], store_ids=request.state.actor.store_ids)


@routes.post(ONE + "/hours", allow=staff("store.edit"))
async def save_week(request: Request, session: AsyncSession) -> Response:
    """Save the week and the season; with `do=preview`, only look at what shoppers will read."""
    form = await typed_form(request)
    preview = form.values.pop("do", "") == "preview"
    store = await _taken(request, session)
    theirs = store_week.values_of(store)
    marks = changed.marks_of(theirs)
    sheet = Sheet("week", form, marks=form["marks"] or marks)
    if found := changed.since(form["marks"] or marks, theirs, form):
        sheet.changes, sheet.marks = found, marks
        return _page(request, store, sheet, status=409)
    try:
        said = store_week.read(form, form["marks"] or marks)
    except Invalid as invalid:
        form.take(invalid, "osm")
        return _page(request, store, sheet, status=422)
    sheet.preview = replace(
        store.hours,
        osm=said["hours_osm"],
        timezone=said["timezone"],
        opens_on=said["opens_on"],
        closes_on=said["closes_on"],
    )
    if preview:
        return _page(request, store, sheet)
    names = [name for name in ("opens_on", "closes_on", "timezone", "region") if theirs[name] != str(said[name] or "")]
    entry = {
        "event": "hours",
        "before": theirs["osm"],
        "after": said["hours_osm"],
        "detail": {"changes": {name: [theirs[name], str(said[name] or "")] for name in names}} if names else {},
    }

    async def act() -> None:
        await places.save(session, store, **said)

    changes = bool(names) or theirs["osm"] != said["hours_osm"]
    return await _changed(request, session, store, sheet, _Plan(sheet.preview, act, [entry] if changes else []))


@routes.post(ONE + "/days", allow=staff("store.edit"), name="admin_store_days")
async def save_day(request: Request, session: AsyncSession) -> Response:
    """Give one day hours of its own, or change those it has."""
    form = await typed_form(request)
    store = await _taken(request, session)
    sheet = Sheet("day", form)
    try:
        day, hours, reason = _read_day(form, store.local(request.state.now).date())
    except Invalid as invalid:
        form.take(invalid, "day")
        return _page(request, store, sheet, status=422)
    return await _changed(request, session, store, sheet, _set(session, store, {day: (hours, reason)}))


@routes.post(ONE + "/holidays", allow=staff("store.edit"), name="admin_store_holidays")
async def save_holidays(request: Request, session: AsyncSession) -> Response:
    """Close on the public holidays that are ticked."""
    form = await typed_form(request)
    store = await _taken(request, session)
    offered = opening.holidays_ahead(store, store.local(request.state.now).date())
    entered = {one.day for one in store.exceptions}
    ticked = {
        day: (CLOSED, name)
        for day, name in offered.items()
        if form.ticked(f"holiday-{day.isoformat()}") and day not in entered
    }
    sheet = Sheet("holidays", form)
    if not ticked:
        form.wrong("holidays", gettext("Tick the days on which the store is closed."))
        return _page(request, store, sheet, status=422)
    return await _changed(request, session, store, sheet, _set(session, store, ticked))


@routes.post(ONE + "/days/{day}/remove", allow=staff("store.edit"), name="admin_store_day_remove")
async def remove_day(request: Request, session: AsyncSession) -> Response:
    """Back to the hours of the week."""
    form = await typed_form(request)
    store = await _taken(request, session)
    day = read_day(request.path_params["day"])
    if day is None:
        raise NotFound()
    known = next((one for one in store.exceptions if one.day == day), None)
    if known is None:  # somebody was faster, and it is as she wants it
        return _saved(request, store, 0)
    after = replace(store.hours, exceptions={one.day: one.hours for one in store.exceptions if one.day != day})

    async def act() -> None:
        await opening.remove_day(session, store, day)

    entry = {"event": "day_removed", "before": known.hours, "detail": {"day": day.isoformat()}}
    sheet = Sheet("remove", form, remove=day.isoformat())
    return await _changed(request, session, store, sheet, _Plan(after, act, [entry]))


def _set(session: AsyncSession, store: Store, days: Mapping[date, tuple[str, Translated]]) -> _Plan:
    """These days get hours of their own."""
    own = {one.day: one.hours for one in store.exceptions}
    after = replace(store.hours, exceptions={**own, **{day: hours for day, (hours, _) in days.items()}})

    async def act() -> None:
        for day, (hours, reason) in days.items():
            await opening.set_day(session, store, day, hours, reason)

    entries: list[dict[str, Any]] = [
        {
            "event": "day_set",
            "before": own.get(day, ""),
            "after": hours,
            "reason": reason.text("fr"),
            "detail": {"day": day.isoformat()},
        }
        for day, (hours, reason) in days.items()
    ]
    return _Plan(after, act, entries)


async def _changed(request: Request, session: AsyncSession, store: Store, sheet: Sheet, plan: _Plan) -> Response:
    """Make the change, or list first what it touches. `sheet.form` carries what was agreed to."""
    assert sheet.form is not None
    form, now, before = sheet.form, request.state.now, store.hours
    ahead = await conflicts.newly_shut(session, store.id, before, plan.after, now=now)
    moved = await postponing.plan(session, store, before, plan.after, now=now)
    held = _held(store, moved, plan.after, now, request)
    sheet.held = held if held.rows else None
    try:
        async with session.begin_nested():
            broken = await breaking.tried(request, session, ahead, plan.act, agreed=form["agreed"])
            if held.rows and form["kept"] != held.agreed:
                raise Breaks(Broken([], ""))
    except Breaks as breaks:
        sheet.broken = breaks.broken if breaks.broken.rows else None
        session.expunge_all()
        return _page(request, await _found(request, session), sheet, status=409)
    by = request.state.actor.by
    await postponing.postpone(session, store, moved, by=by, now=now)
    for entry in plan.entries:
        await journal.record(session, "store", store.id, by=by, now=now, store_id=store.id, **entry)
    request.app.state.house.forget()
    return _saved(request, store, broken)


def _saved(request: Request, store: Store, broken: int) -> Response:
    if broken:
        return pages.go(request, views.address(request, "staff_conflicts", {"store": store.slug}))
    return pages.go(request, views.address(request, "admin_store_hours", {"notice": "saved"}, slug=store.slug))


def _held(store: Store, moved: Sequence[Postponed], after: Hours, now: datetime, request: Request) -> Held:
    """Reservations that end on another day than was said, or while the doors are shut."""
    touched = [one for one in moved if one.unkept or one.other_day(after)]
    said = " ".join(f"{one.reservation.code}:{one.values.get('hold_until', '')}" for one in touched)
    rows = []
    for one in touched[:MOST_NAMED]:
        reservation, until = one.reservation, one.values.get("hold_until")
        assert reservation.hold_until is not None
        rows.append(
            Kept(
                who=frame.short_name(reservation.first_name, reservation.last_name),
                code=show_code(reservation.code),
                url=views.address(request, "staff_reservation", code=show_code(reservation.code)),
                was=languages.kept_until_words(reservation.hold_until, store.timezone, now),
                will=languages.kept_until_words(until, store.timezone, now) if until else "",
            )
        )
    return Held(rows, len(touched), hashlib.sha256(said.encode()).hexdigest()[:16])


# The form of one day


def _read_day(form: Form, today: date) -> tuple[date, str, Translated]:
    """The day, its hours and why. Raises `Invalid`, with what is wrong beside each field."""
    day = form.day("day", gettext("Day"))
    if day is not None and not today <= day <= today + FAR:
        form.wrong("day", gettext("Day: choose one from today on, within two years."))
    hours = CLOSED
    if form.ticked("closed"):
        if any(form[f"day-{number}-from"].strip() for number in range(opening.MOST_SPANS)):
            form.wrong("closed", gettext("Closed all day, or open at these hours: choose one of the two."))
    else:
        spans = store_week.read_spans(form, "day", gettext("Hours"))
        if spans == []:
            form.wrong("day-0-from", gettext("Hours: write when it opens and closes, or tick that it is closed."))
        hours = opening.times_of(spans or [])
    reason = form.pair("reason", gettext("Why"), limit=80, needed=True)
    form.check()
    assert day is not None
    try:
        check_day_hours(hours)
    except BadHours as bad:
        raise Invalid("hours", store_week.reason_words(bad), field="day-0-from") from None
    return day, hours, reason


def _day_values(store: Store, wanted: str) -> dict[str, str]:
    """The form of a day: of one that has its own hours, or of a new one."""
    known = next((one for one in store.exceptions if one.day.isoformat() == wanted), None)
    values = {"day": wanted if read_day(wanted) else "", "closed": tick(known is None or known.hours == CLOSED)}
    spans = []
    if known and known.hours != CLOSED:
        own = Hours("24/7", "UTC", {known.day: known.hours})
        spans = [(f"{start:%H:%M}", f"{end:%H:%M}") for start, end in own.day_spans(known.day)]
    for number in range(opening.MOST_SPANS):
        opens, closes = spans[number] if number < len(spans) else ("", "")
        values[f"day-{number}-from"], values[f"day-{number}-to"] = opens, closes
    return {**values, **of_pair("reason", known.reason if known else {})}


# The page


def _page(request: Request, store: Store, sheet: Sheet, *, status: int = 200) -> Response:
    now = request.state.now
    today = store.local(now).date()
    stands = store_week.values_of(store)
    form = sheet.of("week", stands)
    day_form = sheet.of("day", _day_values(store, request.query_params.get("day", "")))
    entered = {one.day: one for one in store.exceptions}
    reasons = {day: one.reason for day, one in entered.items()}
    hours = sheet.preview or store.hours
    context: dict[str, Any] = {
        "tab": "admin_stores",
        "slug": store.slug,
        "store": store.name,
        "form": form,
        "marks": sheet.marks or changed.marks_of(stands),
        "changes": [(store_week.label_of(one.name), one.theirs, one.mine) for one in sheet.changes],
        "part": sheet.part,
        "broken": sheet.broken,
        "held": sheet.held,
        "previewed": sheet.preview is not None,
        "kept_as": hours.osm,
        "ahead": store_week.ahead(hours, reasons, today),
        "day_form": day_form,
        "day_known": day_form["day"] in {day.isoformat() for day in entered},
        "special": [_special(store, day, today) for day in sorted(entered) if day >= today],
        "holidays_form": sheet.of("holidays", {}),
        "holidays": [
            Holiday(
                iso=day.isoformat(),
                words=languages.upper_first(languages.day_words(day, today)),
                name=name.text(),
                stands=_hours_words(store, day, today) if day in entered else "",
            )
            for day, name in opening.holidays_ahead(store, today).items()
        ],
        "region_name": store_week.region_words(store.region),
        "remove": sheet.remove,
        "remove_words": _day_words(sheet.remove, today),
        **store_week.context(form, today),
    }
    title = gettext("Hours of %(store)s", store=store.name)
    return frame.render(request, "admin/store_hours.html", context, title=title, current="admin_stores", status=status)


def _day_words(iso: str, today: date) -> str:
    day = read_day(iso) if iso else None
    return languages.day_words(day, today) if day else ""


def _special(store: Store, day: date, today: date) -> Special:
    reason = next(one.reason for one in store.exceptions if one.day == day)
    return Special(
        iso=day.isoformat(),
        words=languages.upper_first(languages.day_words(day, today)),
        hours=_hours_words(store, day, today),
        why=reason.text(),
        missing=languages.list_words([language_words(code) for code in reason.missing()]),
    )


def _hours_words(store: Store, day: date, today: date) -> str:
    """The hours of an exceptional day; out of season too, where the store page would not name it."""
    own = Hours("24/7", store.timezone, {one.day: one.hours for one in store.exceptions})
    return views.times_words(own.week(day)[0].times)
