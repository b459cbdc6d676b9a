"""D2, services: what can be booked, what it takes, who can give it, in both languages side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking import journal, submissions
from booking.appointments import questions
from booking.appointments.tables import Appointment
from booking.submissions import KeyReused
from kit import codes, languages
from kit.errors import Invalid
from kit.languages import gettext, ngettext
from stores import advisors, services, spaces
from stores.services import Service
from stores.slugs import slug_of
from web import pages, views
from web.admin import breaking, changed, service_form
from web.admin.breaking import Breaks, Broken
from web.admin.service_form import CUT_OFFS, LEADS, QUESTIONS, Said, skill_levels
from web.admin.typed import Form, typed_form
from web.admin.words import cut_off_words, lead_words, space_words
from web.routing import Routes, staff
from web.staff import frame
from web.words import language_words

routes = Routes(refuse=frame.refuse)

PATH = "/{language:language}/admin/services"
NEW = "new"
SCOPE = "service"


@dataclass(frozen=True)
class Row:
    """A service in the list."""

    url: str
    name: str
    need: str
    length: str
    around: str
    """Preparation and wrap-up, where there is any."""
    stores: str
    who: str
    """Empty when nobody can give it."""
    missing: str
    """The languages in which something is missing."""
    active: bool


@routes.get(PATH, allow=staff("store.edit"), name="admin_services")
async def listed(request: Request, session: AsyncSession) -> Response:
    stores = frame.own_stores(request)
    people = await advisors.working_in(session, frozenset(store.id for store in stores))
    today = frame.wall_clock(request).date()
    rows = []
    for one in await services.every(session):
        giving = [store for store in stores if one.at(store.id)]
        able = [person.name for person in people if all(person.knows(skill, today) for skill in one.required)]
        around = [minutes for minutes in (one.preparation, one.wrap_up) if minutes]
        rows.append(
            Row(
                url=views.address(request, "admin_service", slug=one.slug),
                name=one.name.text(),
                need=one.need.text(),
                length=languages.duration_words(one.duration),
                around=ngettext("%(num)d minute around it", "%(num)d minutes around it", sum(around), num=sum(around))
                if around
                else "",
                stores=gettext("all")
                if len(giving) == len(stores)
                else languages.list_words([store.name for store in giving]),
                who=languages.list_words(able),
                missing=languages.list_words([language_words(code) for code in service_form.missing_in(one)]),
                active=one.active,
            )
        )
    return frame.render(
        request, "admin/services.html", {"rows": rows}, title=gettext("Services"), current="admin_services"
    )


@routes.get(PATH + "/{slug}", allow=staff("store.edit"), name="admin_service")
async def show(request: Request, session: AsyncSession) -> Response:
    service = await _service(request, session)
    stores, skills = frame.own_stores(request), await advisors.skills(session)
    values = service_form.values_of(service, stores, skills)
    return await _page(request, session, service, Form(values), marks=changed.marks_of(values))


@routes.post(PATH + "/{slug}", allow=staff("store.edit"))
async def save(request: Request, session: AsyncSession) -> Response:
    """Save what the form says, unless someone else saved meanwhile, or a skill newly required breaks appointments."""
    form = await typed_form(request)
    slug = request.path_params["slug"]
    service = None if slug == NEW else await services.take(session, slug)
    stores, skills = frame.own_stores(request), await advisors.skills(session)
    theirs = service_form.values_of(service, stores, skills)
    marks = changed.marks_of(theirs)
    if service and (found := changed.since(form["marks"] or marks, theirs, form)):
        return await _page(request, session, service, form, marks=marks, found=found, status=409)
    broken = 0
    try:
        said = service_form.read(form, stores, skills, [one.id for one in request.app.state.house.departments])
        if service is None:
            return await _add(request, session, form, said)
        broken = await _change(request, session, service, said, agreed=form["agreed"])
    except (Invalid, KeyReused) as refused:
        form.take(refused if isinstance(refused, Invalid) else Invalid(refused.code, refused.msgid), "name_fr")
        return await _page(request, session, service, form, marks=form["marks"], status=422)
    except Breaks as breaks:
        session.expunge_all()
        service = await _service(request, session)
        return await _page(request, session, service, form, marks=marks, broken=breaks.broken, status=409)
    request.app.state.house.forget()
    if broken:
        return pages.to(request, "staff_conflicts")
    return pages.go(request, views.address(request, "admin_service", {"notice": "saved"}, slug=service.slug))


async def _service(request: Request, session: AsyncSession) -> Service | None:
    slug: str = request.path_params["slug"]
    return None if slug == NEW else await services.find(session, slug, active=False)


async def _change(request: Request, session: AsyncSession, service: Service, said: Said, *, agreed: str) -> int:
    """Returns how many appointments no longer fit."""
    now = request.state.now
    asks_more = {skill for skill, required in said.skills.items() if required} - service.required
    ahead: list[Appointment] = []
    if asks_more:
        stores = frozenset(store.id for store in request.app.state.house.stores.values())
        ahead = [one for one in await questions.ahead(session, stores, now=now) if one.service_id == service.id]

    async def act() -> None:
        await _write(session, service, said)

    broken = await breaking.tried(request, session, ahead, act, agreed=agreed)
    await journal.record(session, "service", service.id, "changed", by=request.state.actor.by, now=now)
    return broken


async def _add(request: Request, session: AsyncSession, form: Form, said: Said) -> Response:
    """The same form sent twice is one service."""
    now = request.state.now
    key = form["key"] if codes.is_token(form["key"]) else codes.new_token()
    body = {name: value for name, value in form.values.items() if name != "key"}
    done = await submissions.begin(session, scope=SCOPE, key=key, body=body, now=now)
    if done is None:
        slug = await _free_slug(session, slug_of(said.values["name"].text("fr")))
        service = await services.add(session, Service(slug=slug, **said.values))
        await _write(session, service, said)
        await journal.record(session, "service", service.id, "added", by=request.state.actor.by, now=now)
        await submissions.answer(session, scope=SCOPE, key=key, answer={"slug": slug})
    else:
        slug = done.answer["slug"]
    request.app.state.house.forget()
    return pages.go(request, views.address(request, "admin_service", {"notice": "saved"}, slug=slug))


async def _free_slug(session: AsyncSession, wanted: str) -> str:
    """`new` is the address of the empty form."""
    wanted = wanted[:60] or "service"
    taken = {one.slug for one in await services.every(session)} | {NEW}
    return next(
        slug
        for number in range(1, len(taken) + 2)
        if (slug := f"{wanted}-{number}" if number > 1 else wanted) not in taken
    )


async def _write(session: AsyncSession, service: Service, said: Said) -> None:
    await services.save(session, service, **said.values)
    await services.set_skills(session, service, said.skills)
    for store_id, active, place, sms in said.stores:
        await services.set_store(session, service, store_id, active=active, meeting_point=place, meeting_sms=sms)


async def _page(
    request: Request,
    session: AsyncSession,
    service: Service | None,
    form: Form,
    *,
    marks: str,
    found: Sequence[changed.Change] = (),
    broken: Broken | None = None,
    status: int = 200,
) -> Response:
    stores, skills = frame.own_stores(request), await advisors.skills(session)
    categories = {str(one.id): one.name.text() for one in request.app.state.house.departments}
    names = service_form.labels(stores, skills)
    kinds = {*await spaces.kinds(session), form["space_kind"]} - {""}
    context: dict[str, Any] = {
        "form": form,
        "slug": service.slug if service else NEW,
        "is_new": service is None,
        "key": form["key"] or codes.new_token(),
        "marks": marks,
        "broken": broken,
        "changes": [
            (
                names[one.name],
                service_form.shown(one.name, one.theirs, categories),
                None if one.mine is None else service_form.shown(one.name, one.mine, categories),
            )
            for one in found
            if one.name in names
        ],
        "categories": categories,
        "kinds": {kind: languages.upper_first(space_words(kind)) for kind in sorted(kinds)},
        "leads": _choices(LEADS, form["lead_minutes"], lead_words),
        "moves": _choices(CUT_OFFS, form["move_minutes"], cut_off_words),
        "cancels": _choices(CUT_OFFS, form["cancel_minutes"], cut_off_words),
        "questions": range(QUESTIONS),
        "skills": [(skill.id, skill.name.text()) for skill in skills],
        "levels": skill_levels(),
        "stores": [(store.id, store.name) for store in stores],
    }
    title = service.name.text() if service else gettext("New service")
    return frame.render(request, "admin/service.html", context, title=title, current="admin_services", status=status)


def _choices(known: Sequence[int], now: str, words: Any) -> list[tuple[str, str]]:
    """Lengths on offer, and the one that stands where it is another."""
    more = {int(now)} if now.isascii() and now.isdigit() and len(now) < 6 else set()
    return [(str(minutes), languages.upper_first(words(minutes))) for minutes in sorted({*known, *more})]
