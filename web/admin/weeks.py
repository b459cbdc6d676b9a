"""When an advisor works: her week in each store, one day more or less, and her absences.

What would leave appointments without her is listed first, and saved once who asks has agreed to it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking import journal
from kit import languages
from kit.errors import Invalid, NotFound
from kit.languages import gettext, pgettext
from stores import advisors, schedules
from stores.advisors import Advisor
from stores.hours import instant_of
from stores.places import Store
from stores.schedules import Absence
from web.admin import advisors as team
from web.admin import breaking, person
from web.admin.breaking import Breaks
from web.admin.person import SPANS, Sheet, weekday_words
from web.admin.typed import DAY, Form, read_day, typed_form
from web.routing import Routes, staff
from web.staff import frame
from web.staff.typed import row_id

routes = Routes(refuse=frame.refuse)

ONE = team.PATH + "/{slug}"
NIGHT = 6 * 60
"""An end until then, before its beginning, is meant on the day after."""
FAR = timedelta(days=800)


@routes.post(ONE + "/week", allow=staff("schedule.edit"), name="admin_week")
async def week(request: Request, session: AsyncSession) -> Response:
    """The hours of a week in one store, from a day on."""
    advisor, form = await _taken(request, session), await typed_form(request)
    store, now = _own_store(request, form["store"]), request.state.now

    async def act() -> None:
        spans = _week(form)
        first = _not_before(form, "from", gettext("From which day"), store.local(now).date())
        form.check()
        assert first is not None
        await schedules.set_week(session, advisor.id, store, spans, valid_from=first, now=now)
        await _nowhere_else(request, session, advisor, store, form, "from")

    return await _change(request, session, advisor, Sheet("week", form), act, "from", "week", store)


def _week(form: Form) -> list[tuple[int, int, int]]:
    """(weekday, beginning, end) of every line of the grid that says something."""
    spans = []
    for weekday, name in enumerate(weekday_words()):
        hers: list[tuple[int, int]] = []
        for number in range(SPANS):
            field = f"d{weekday}-{number}"
            span = _span(form, f"{field}-from", f"{field}-to", name)
            if span and any(begins < span[1] and span[0] < ends for begins, ends in hers):
                form.wrong(f"{field}-from", gettext("%(field)s: the two times overlap.", field=name))
            elif span:
                hers.append(span)
        spans += [(weekday, *span) for span in sorted(hers)]
    return spans


def _span(form: Form, first: str, last: str, label: str) -> tuple[int, int] | None:
    """Two times of one day; the second may be of the night after."""
    begins, ends = form.time(first, label), form.time(last, label)
    if begins is None and ends is None:
        return None
    if begins is None or ends is None:
        missing = first if begins is None else last
        form.wrong(missing, gettext("%(field)s: write both a beginning and an end.", field=label))
        return None
    if ends <= begins and ends <= NIGHT:
        ends += DAY
    if begins >= DAY or ends <= begins:
        form.wrong(last, gettext("%(field)s: the end must come after the beginning.", field=label))
        return None
    return begins, ends


def _not_before(form: Form, name: str, label: str, today: date) -> date | None:
    day = form.day(name, label)
    if day and day < today:
        form.wrong(name, gettext("%(field)s: choose today or a later day.", field=label))
    if day and day > today + FAR:
        form.wrong(name, gettext("%(field)s: this day is too far away.", field=label))
    return day


@routes.post(ONE + "/shifts", allow=staff("schedule.edit"), name="admin_shift")
async def shift(request: Request, session: AsyncSession) -> Response:
    """One span more, on one day."""
    advisor, form = await _taken(request, session), await typed_form(request)
    store, now = _own_store(request, form["shift-store"]), request.state.now

    async def act() -> None:
        day = _not_before(form, "shift-day", gettext("Day"), store.local(now).date())
        span = _span(form, "shift-from", "shift-to", gettext("Hours"))
        if span is None:
            form.wrong("shift-from", gettext("%(field)s: write both a beginning and an end.", field=gettext("Hours")))
        form.check()
        assert day is not None and span is not None
        begins, ends = (instant_of(day, minute, store.timezone) for minute in span)
        hers = await schedules.shifts_between(session, [advisor.id], begins, ends)
        if any(one.store_id == store.id and one.starts_at <= begins and ends <= one.ends_at for one in hers):
            return  # she is there already; sent twice, most likely
        await schedules.add_shift(session, advisor.id, store, begins, ends)
        await _nowhere_else(request, session, advisor, store, form, "shift-from")

    return await _change(request, session, advisor, Sheet("shift", form), act, "shift-day", "shift_added", store)


@routes.post(ONE + "/days", allow=staff("schedule.edit"), name="admin_day")
async def day(request: Request, session: AsyncSession) -> Response:
    """Take one day out of her week in a store, or give it back."""
    advisor, form = await _taken(request, session), await typed_form(request)
    store, when = _own_store(request, form["store"]), read_day(form["day"])
    if when is None:
        raise NotFound()
    out = form["out"] == "1"

    async def act() -> None:
        if out:
            await schedules.cancel_day(session, advisor.id, store.id, when)
        else:
            await schedules.restore_day(session, advisor.id, store.id, when)
            await _nowhere_else(request, session, advisor, store, form, "day")

    event = "day_taken_out" if out else "day_given_back"
    return await _change(request, session, advisor, Sheet("day", form), act, "day", event, store)


@routes.post(ONE + "/absences", allow=staff("schedule.edit"), name="admin_absence")
async def absence(request: Request, session: AsyncSession) -> Response:
    """She is away: whole days, or from one hour to another, by the clock of her own store."""
    advisor, form = await _taken(request, session), await typed_form(request)
    home, now = person.home_of(request, advisor), request.state.now

    async def act() -> None:
        begins, ends = _absence(form, home)
        kind = form.choice("off-kind", gettext("Why"), [str(kind) for kind in Absence])
        if begins and ends and ends <= now:
            form.wrong("off-last", gettext("%(field)s: this is over already.", field=pgettext("day", "To")))
        form.check()
        assert begins and ends
        known = await schedules.time_off_between(session, [advisor.id], begins, ends)
        if any((one.starts_at, one.ends_at, one.kind) == (begins, ends, kind) for one in known):
            return  # sent twice
        by = request.state.actor.by
        await schedules.add_time_off(session, advisor.id, begins, ends, kind=Absence(kind), by=by, now=now)

    return await _change(request, session, advisor, Sheet("absence", form), act, "off-first", "absence_added", home)


def _absence(form: Form, home: Store) -> tuple[datetime | None, datetime | None]:
    """Without an hour, from the midnight before the first day to the one after the last."""
    first, last = (
        form.day("off-first", pgettext("day", "From")),
        form.day("off-last", pgettext("day", "To"), needed=False),
    )
    begins, ends = (
        form.time("off-first-time", pgettext("day", "From")),
        form.time("off-last-time", pgettext("day", "To")),
    )
    last = last or first
    if first is None or last is None:
        return None, None
    start = instant_of(first, begins or 0, home.timezone)
    end = instant_of(last, DAY if ends is None else ends, home.timezone)
    if end <= start:
        form.wrong(
            "off-last", gettext("%(field)s: the end must come after the beginning.", field=pgettext("day", "To"))
        )
    elif end - start > FAR:
        form.wrong("off-last", gettext("%(field)s: this day is too far away.", field=pgettext("day", "To")))
    return start, end


@routes.post(ONE + "/absences/{id}/remove", allow=staff("schedule.edit"), name="admin_absence_remove")
async def remove(request: Request, session: AsyncSession) -> Response:
    """She is there after all; what it had broken fits again by itself."""
    advisor, off_id = await _taken(request, session), row_id(request.path_params["id"])
    if off_id is None:
        raise NotFound()
    off = await schedules.find_time_off(session, off_id, advisor_id=advisor.id)
    await schedules.remove_time_off(session, off)
    await _journal(request, session, advisor, "absence_removed", person.home_of(request, advisor))
    return person.saved(request, advisor.slug, 0)


# What they share


async def _taken(request: Request, session: AsyncSession) -> Advisor:
    return await advisors.take(session, request.path_params["slug"], store_ids=request.state.actor.store_ids)


def _own_store(request: Request, slug: str) -> Store:
    """One of my stores, or `NotFound`."""
    store = next((one for one in frame.own_stores(request) if one.slug == slug), None)
    if store is None:
        raise NotFound()
    return store


async def _nowhere_else(
    request: Request, session: AsyncSession, advisor: Advisor, store: Store, form: Form, name: str
) -> None:
    """Nobody is in two stores at once."""
    crossed = await schedules.clash(session, advisor.id, store.id, since=request.state.now)
    if crossed is None:
        return
    other: Store = request.app.state.house.store_by_id(crossed.store_id)
    hours = languages.hours_range_words(other.local(crossed.starts_at), other.local(crossed.ends_at))
    words = gettext(
        "On %(day)s %(name)s already works at %(store)s, %(hours)s.",
        day=languages.day_words(crossed.day, store.local(request.state.now).date()),
        name=advisor.name, store=other.name, hours=hours,
    )  # fmt: skip
    form.wrong(name, words)
    form.check()


async def _change(
    request: Request,
    session: AsyncSession,
    advisor: Advisor,
    sheet: Sheet,
    act: Callable[[], Awaitable[None]],
    field: str,
    event: str,
    store: Store,
) -> Response:
    """Make the change; what is wrong with it, or what it would break, gives the page back with everything typed."""
    assert sheet.form is not None
    slug = advisor.slug
    ahead = await breaking.of_advisor(session, advisor.id, now=request.state.now)
    try:
        broken = await breaking.tried(request, session, ahead, act, agreed=sheet.form["agreed"])
    except Invalid as invalid:
        sheet.form.take(invalid, field)
        session.expunge_all()
        return await person.page(request, session, await person.found(request, session), sheet, status=422)
    except Breaks as breaks:
        return await person.listed_first(request, session, replace(sheet, broken=breaks.broken))
    await _journal(request, session, advisor, event, store)
    return person.saved(request, slug, broken, store=store.slug if sheet.part == "week" else "")


async def _journal(request: Request, session: AsyncSession, advisor: Advisor, event: str, store: Store) -> None:
    by, now = request.state.actor.by, request.state.now
    await journal.record(session, "advisor", advisor.id, event, by=by, now=now, store_id=store.id)
