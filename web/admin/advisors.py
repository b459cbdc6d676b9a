"""D3, advisors: who receives in these stores, what each knows and speaks, and from when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking import journal, submissions
from booking.submissions import KeyReused
from kit import codes, languages
from kit.errors import Invalid
from kit.languages import gettext
from stores import advisors, schedules
from stores.advisors import Advisor
from stores.hours import instant_of
from stores.places import Store
from stores.schedules import Shift, TimeOff
from stores.slugs import slug_of
from web import views
from web.admin import breaking, changed, fortnight, person
from web.admin.breaking import Breaks
from web.admin.person import NEW, Sheet
from web.admin.typed import Form, typed_form
from web.admin.words import absence_span, spoken_words
from web.appointment_words import absence_words
from web.routing import Routes, staff
from web.staff import frame
from web.views import Picture

routes = Routes(refuse=frame.refuse)

PATH = "/{language:language}/admin/advisors"
SCOPE = "advisor"
LOOK_AHEAD = timedelta(days=180)
"""How far the list looks for the next absence."""


@dataclass(frozen=True)
class Row:
    """An advisor in the list."""

    url: str
    picture: Picture | None
    name: str
    title: str
    stores: str
    skills: str
    languages: str
    week: str
    absence: str
    bookable: bool


@routes.get(PATH, allow=staff("schedule.edit"), name="admin_advisors")
async def listed(request: Request, session: AsyncSession) -> Response:
    now: datetime = request.state.now
    people = await advisors.working_in(session, frame.scope(request))
    here = frame.wall_clock(request)
    monday = here.date() - timedelta(days=here.weekday())
    zone = str(here.tzinfo)
    first, last = instant_of(monday, 0, zone), instant_of(monday + timedelta(days=7), 0, zone)
    ids = [person.id for person in people]
    shifts = await schedules.shifts_between(session, ids, first, now + LOOK_AHEAD)
    away = await schedules.time_off_between(session, ids, first, now + LOOK_AHEAD)
    stores = {store.id: store for store in request.app.state.house.stores.values()}
    rows = [_row(request, one, shifts, away, stores, first, last) for one in people]
    return frame.render(request, "admin/advisors.html", {"rows": rows}, title=gettext("Team"), current="admin_advisors")


def _row(
    request: Request,
    one: Advisor,
    shifts: Sequence[Shift],
    away: Sequence[TimeOff],
    stores: Mapping[int, Store],
    first: datetime,
    last: datetime,
) -> Row:
    now: datetime = request.state.now
    home = stores[one.resource.store_id]
    today = home.local(now).date()
    where = {home.id: None, **{shift.store_id: None for shift in shifts if shift.advisor_id == one.id}}
    minutes = fortnight.week_minutes(shifts, away, one.id, first, last)
    next_off = next((off for off in away if off.advisor_id == one.id and off.ends_at > now), None)
    return Row(
        url=views.address(request, "admin_advisor", slug=one.slug),
        picture=views.scene(one.photo, one.name),
        name=one.name,
        title=one.title.text(),
        stores=languages.list_words([stores[store_id].name for store_id in where if store_id in stores]),
        skills=languages.list_words([had.skill.name.text() for had in one.skills if had.on(today)]),
        languages=languages.list_words([spoken_words(code) for code in one.languages]),
        week=languages.duration_words(minutes) if minutes else gettext("none"),
        absence=f"{absence_words(next_off.kind)}, {absence_span(next_off, home, now)}" if next_off else "",
        bookable=one.bookable,
    )


@routes.get(PATH + "/{slug}", allow=staff("schedule.edit"), name="admin_advisor")
async def show(request: Request, session: AsyncSession) -> Response:
    advisor = await person.found(request, session)
    return await person.page(request, session, advisor, Sheet())


@routes.post(PATH + "/{slug}", allow=staff("schedule.edit"))
async def save(request: Request, session: AsyncSession) -> Response:
    """Who she is and what she knows. A skill that she loses under appointments is agreed to first."""
    form = await typed_form(request)
    if request.path_params["slug"] == NEW:
        return await _add(request, session, form)
    now = request.state.now
    advisor = await advisors.take(session, request.path_params["slug"], store_ids=request.state.actor.store_ids)
    theirs = await person.values(request, session, advisor)
    marks = changed.marks_of(theirs)
    if found := changed.since(form["marks"] or marks, theirs, form):
        return await person.page(request, session, advisor, Sheet("person", form, changes=found), status=409)
    try:
        said = await person.read(request, session, form, advisor)

        async def act() -> None:
            await advisors.save(session, advisor, **said.values)
            await advisors.set_skills(session, advisor, said.skills)

        ahead = await breaking.of_advisor(session, advisor.id, now=now)
        broken = await breaking.tried(request, session, ahead, act, agreed=form["agreed"])
    except Invalid as invalid:
        form.take(invalid, "name")
        return await person.page(request, session, advisor, Sheet("person", form, marks=form["marks"]), status=422)
    except Breaks as breaks:
        return await person.listed_first(request, session, Sheet("person", form, broken=breaks.broken))
    await journal.record(session, "advisor", advisor.id, "changed", by=request.state.actor.by, now=now)
    request.app.state.house.forget()
    return person.saved(request, advisor.slug, broken)


async def _add(request: Request, session: AsyncSession, form: Form) -> Response:
    """The same form sent twice is one advisor."""
    now = request.state.now
    key = form["key"] if codes.is_token(form["key"]) else codes.new_token()
    try:
        said = await person.read(request, session, form, None)
        body = {name: value for name, value in form.values.items() if name != "key"}
        done = await submissions.begin(session, scope=SCOPE, key=key, body=body, now=now)
    except (Invalid, KeyReused) as refused:
        form.take(refused if isinstance(refused, Invalid) else Invalid(refused.code, refused.msgid), "name")
        return await person.page(request, session, None, Sheet("person", form), status=422)
    if done is not None:
        return person.saved(request, done.answer["slug"], 0)
    slug = await _free_slug(session, slug_of(said.values["name"]))
    made = Advisor(slug=slug, photo="", **said.values)
    made.skills = []
    await advisors.add(session, made, store_id=said.store_id)
    await advisors.set_skills(session, made, said.skills)
    await journal.record(
        session, "advisor", made.id, "added", by=request.state.actor.by, now=now, store_id=said.store_id
    )
    await submissions.answer(session, scope=SCOPE, key=key, answer={"slug": slug})
    request.app.state.house.forget()
    return person.saved(request, slug, 0)


async def _free_slug(session: AsyncSession, wanted: str) -> str:
    """`new` is the address of the empty form."""
    wanted = wanted[:40] or "advisor"
    taken = {*await advisors.slugs(session, wanted), NEW}
    return next(
        slug
        for number in range(1, len(taken) + 2)
        if (slug := f"{wanted}-{number}" if number > 1 else wanted) not in taken
    )
