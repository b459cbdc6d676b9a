"""Spaces of a store: tables, fitting rooms, corners, which a service may ask for besides an advisor."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking import journal, submissions
from booking.appointments import questions
from booking.submissions import KeyReused
from kit import codes, languages
from kit.errors import Invalid, NotFound
from kit.languages import gettext, pgettext
from stores import services, spaces
from stores.places import Store
from stores.slugs import slug_of
from stores.spaces import Space
from web import pages, views
from web.admin import breaking, changed
from web.admin.breaking import Breaks, Broken
from web.admin.typed import Form, of_pair, tick, typed_form
from web.admin.words import space_words
from web.routing import Routes, staff
from web.staff import frame
from web.staff.typed import row_id

routes = Routes(refuse=frame.refuse)

PATH = "/{language:language}/admin/spaces"
SCOPE = "space"
KINDS = ("table", "fitting_room", "kitchen_corner")
OTHER = "other"


@dataclass(frozen=True)
class Row:
    """A space in the list."""

    id: int
    name: str
    kind: str
    floor: str
    capacity: int
    step_free: bool
    active: bool
    services: str
    """What takes place there."""


@routes.get(PATH, allow=staff("schedule.edit"), name="admin_spaces")
async def show(request: Request, session: AsyncSession) -> Response:
    """All spaces of my stores, and the form of one of them (`?space=`) or of a new one."""
    query = request.query_params
    if "space" not in query:
        return await _page(request, session, None, Form(_values(None)))
    space = await _found(request, session, query["space"])
    values = _values(space)
    return await _page(request, session, space, Form(values), marks=changed.marks_of(values))


@routes.post(PATH, allow=staff("schedule.edit"))
async def save(request: Request, session: AsyncSession) -> Response:
    """Add a space, or change one. Appointments in one that is no longer used are agreed to first."""
    form = await typed_form(request)
    if not form["id"]:
        return await _add(request, session, form)
    space = await spaces.take(session, _id(form["id"]), store_ids=request.state.actor.store_ids)
    space_id, now = space.id, request.state.now
    theirs = _values(space)
    marks = changed.marks_of(theirs)
    if found := changed.since(form["marks"] or marks, theirs, form):
        return await _page(request, session, space, form, marks=marks, found=found, status=409)
    try:
        values = _read(form, _store(request, space.resource.store_id), await spaces.kinds(session))

        async def act() -> None:
            await spaces.save(session, space, **values)

        stores = frozenset([space.resource.store_id])
        ahead = [one for one in await questions.ahead(session, stores, now=now) if one.space_id == space_id]
        broken = await breaking.tried(request, session, ahead, act, agreed=form["agreed"])
    except Invalid as invalid:
        form.take(invalid, "name_fr")
        return await _page(request, session, space, form, marks=form["marks"], status=422)
    except Breaks as breaks:
        session.expunge_all()
        space = await _found(request, session, str(space_id))
        return await _page(request, session, space, form, marks=marks, broken=breaks.broken, status=409)
    await _journal(request, session, space, "changed")
    return _saved(request, broken)


async def _add(request: Request, session: AsyncSession, form: Form) -> Response:
    """The same form sent twice is one space."""
    own = {store.slug: store for store in frame.own_stores(request)}
    key = form["key"] if codes.is_token(form["key"]) else codes.new_token()
    if form["store"] not in own:
        raise NotFound()
    try:
        store = own[form["store"]]
        values = _read(form, store, await spaces.kinds(session))
        body = {name: value for name, value in form.values.items() if name != "key"}
        if await submissions.begin(session, scope=SCOPE, key=key, body=body, now=request.state.now):
            return _saved(request, 0)
    except (Invalid, KeyReused) as refused:
        form.take(refused if isinstance(refused, Invalid) else Invalid(refused.code, refused.msgid), "name_fr")
        return await _page(request, session, None, form, status=422)
    space = await spaces.add(session, Space(**values), store_id=store.id)
    await submissions.answer(session, scope=SCOPE, key=key, answer={"id": space.id})
    await _journal(request, session, space, "added")
    return _saved(request, 0)


def _saved(request: Request, broken: int) -> Response:
    return pages.to(request, "staff_conflicts") if broken else pages.to(request, "admin_spaces", notice="saved")


def _id(text: str) -> int:
    found = row_id(text)
    if found is None:
        raise NotFound()
    return found


async def _found(request: Request, session: AsyncSession, text: str) -> Space:
    return await spaces.find(session, _id(text), store_ids=request.state.actor.store_ids)


def _store(request: Request, store_id: int) -> Store:
    store: Store = request.app.state.house.store_by_id(store_id)
    return store


def _values(space: Space | None) -> dict[str, str]:
    return {
        "kind": space.kind if space else "",
        "other-kind": "",
        **of_pair("name", space.name if space else {}),
        "floor": "" if space is None or space.floor is None else str(space.floor),
        **of_pair("way", space.way if space else {}),
        "step_free": tick(space.step_free if space else True),
        "capacity": str(space.capacity if space else 4),
        "active": tick(space.active if space else True),
    }


def _read(form: Form, store: Store, kinds: Sequence[str]) -> dict[str, Any]:
    """What the form says. Raises `Invalid`, with what is wrong beside each field."""
    label = gettext("Kind")
    if form["kind"] == OTHER:
        kind = slug_of(form.line("other-kind", 40)).replace("-", "_")
        if not re.search(r"[a-z]", kind):
            form.wrong("other-kind", gettext("%(field)s: write what it is, in a word or two.", field=label))
    else:
        kind = form.choice("kind", label, {*KINDS, *kinds})
    floors = {str(floor["level"]) for floor in store.floors}
    floor = form["floor"] if form["floor"] in floors else ""
    values = {
        "kind": kind,
        "name": form.pair("name", gettext("Name"), limit=60, needed=True),
        "floor": int(floor) if floor else None,
        "way": form.pair("way", gettext("How to find it"), limit=120),
        "step_free": form.ticked("step_free"),
        "capacity": form.number("capacity", gettext("Visitors"), 1, 99),
        "active": form.ticked("active"),
    }
    form.check()
    return values


async def _journal(request: Request, session: AsyncSession, space: Space, event: str) -> None:
    by, now = request.state.actor.by, request.state.now
    await journal.record(session, "space", space.id, event, by=by, now=now, store_id=space.resource.store_id)


def _floors(store: Store) -> dict[str, str]:
    return {str(floor["level"]): languages.Translated.from_json(floor["name"]).text() for floor in store.floors}


async def _page(
    request: Request,
    session: AsyncSession,
    space: Space | None,
    form: Form,
    *,
    marks: str = "",
    found: Sequence[changed.Change] = (),
    broken: Broken | None = None,
    status: int = 200,
) -> Response:
    stores = [store for store in frame.own_stores(request) if store.id in frame.scope(request)]
    offered = await services.every(session)
    sections = []
    for store in stores:
        floors = _floors(store)
        rows = [
            Row(
                id=one.id,
                name=one.name.text(),
                kind=languages.upper_first(space_words(one.kind)),
                floor=floors.get(str(one.floor), ""),
                capacity=one.capacity,
                step_free=one.step_free,
                active=one.active,
                services=languages.list_words(
                    [s.name.text() for s in offered if s.active and s.space_kind == one.kind and s.at(store.id)]
                ),
            )
            for one in await spaces.of_store(session, store.id)
        ]
        sections.append((store.slug, store.name, rows))
    home = _store(request, space.resource.store_id) if space else None
    kinds = [kind for kind in dict.fromkeys((*KINDS, *await spaces.kinds(session))) if kind]
    named = {store.slug for store in stores}
    store_slug = home.slug if home else form["store"] or request.query_params.get("store", "")
    floors = _floors(home) if home else {key: words for store in stores for key, words in _floors(store).items()}
    return frame.render(
        request,
        "admin/spaces.html",
        {
            "sections": sections,
            "form": form,
            "space": space,
            "home": home.name if home else "",
            "marks": marks,
            "key": form["key"] or codes.new_token(),
            "broken": broken,
            "changes": _changes(found, floors),
            "kinds": {kind: languages.upper_first(space_words(kind)) for kind in kinds},
            "floors": dict(sorted(floors.items(), key=lambda one: int(one[0]))),
            "store_slug": store_slug if store_slug in named else "",
            "address": views.address(request, "admin_spaces"),
        },
        title=gettext("Spaces"),
        current="admin_advisors",
        status=status,
    )


def _changes(found: Sequence[changed.Change], floors: dict[str, str]) -> list[tuple[str, str, str | None]]:
    """What somebody else changed: (field, theirs, mine)."""
    known = {"kind": gettext("Kind"), "name": gettext("Name"), "floor": gettext("Floor"),
             "way": gettext("How to find it"), "step_free": gettext("Without steps"),
             "capacity": gettext("Visitors"), "active": gettext("In use")}  # fmt: skip

    def shown(name: str, value: str) -> str:
        if name in ("step_free", "active"):
            return gettext("yes") if value else gettext("no")
        if name == "kind":
            return space_words(value)
        return floors.get(value, value) if name == "floor" else value or pgettext("value", "nothing")

    return [
        (
            known.get(one.name.removesuffix("_fr").removesuffix("_en"), one.name),
            shown(one.name, one.theirs),
            None if one.mine is None else shown(one.name, one.mine),
        )
        for one in found
    ]
