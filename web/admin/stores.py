"""D1, stores: where they are, what they promise, who counts, floor by floor. Their hours have a page of their own."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking import journal, submissions
from booking.customers import clean_line
from booking.submissions import KeyReused
from kit import codes, languages
from kit.errors import Invalid
from kit.languages import gettext, pgettext
from stores import opening, places
from stores.catalogue import Category
from stores.places import Store
from stores.slugs import slug_of
from stores.stock import asking as stock
from web import pages, views
from web.admin import changed, store_form, store_week
from web.admin.store_form import authority_words
from web.admin.typed import Form, typed_form
from web.house import House
from web.routing import Routes, staff
from web.staff import frame
from web.words import language_words

routes = Routes(refuse=frame.refuse)

PATH = "/{language:language}/admin/stores"
ONE = PATH + "/{slug}"
NEW = "new"
SCOPE = "store"


@dataclass(frozen=True)
class Row:
    """A store in the list."""

    url: str
    hours_url: str
    name: str
    city: str
    open: bool
    open_words: str
    promises: str
    authority: str
    fed_at: datetime | None
    fed: str
    late: bool
    """Its feed is later than it should be."""


@routes.get(PATH, allow=staff("store.edit"), name="admin_stores")
async def listed(request: Request, session: AsyncSession) -> Response:
    """All my stores, or those whose name, town, postcode or group has what was typed (`?q=`)."""
    typed = clean_line(request.query_params.get("q", ""))[:60]
    own = frame.own_stores(request)
    found = [store for store in own if _plain(typed) in _plain(_words_of(store))]
    fed = await stock.last_fed(session, frozenset(store.id for store in found if store.stock_authority == "feed"))
    return frame.render(
        request,
        "admin/stores.html",
        {"tab": "admin_stores", "rows": [_row(request, one, fed.get(one.id)) for one in found], "q": typed,
         "all": len(own)},
        title=gettext("Stores"),
        current="admin_stores",
    )  # fmt: skip


def _words_of(store: Store) -> str:
    return " ".join((store.name, store.city, store.postcode, store.slug, store.group))


def _plain(text: str) -> str:
    """Without accents or case."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(sign))


def _row(request: Request, store: Store, fed_at: datetime | None) -> Row:
    now = request.state.now
    late = fed_at is None or (now - fed_at).total_seconds() > store.feed_minutes * 60
    days = languages.ngettext("kept one open day", "kept %(num)d open days", store.hold_days, num=store.hold_days)
    answer = languages.duration_words(store.answer_minutes)
    return Row(
        url=views.address(request, "admin_store", slug=store.slug),
        hours_url=views.address(request, "admin_store_hours", slug=store.slug),
        name=store.name,
        city=store.city,
        open=store.hours.open_at(now) is not None,
        open_words=languages.upper_first(pages.open_words(store, now)),
        promises=gettext("answer within %(length)s, %(days)s", length=answer, days=days),
        authority=languages.upper_first(authority_words(store.stock_authority)),
        fed_at=fed_at,
        fed=languages.ago_words(fed_at, now) if fed_at else pgettext("feed", "never"),
        late=late and store.stock_authority == "feed",
    )


@routes.get(ONE, allow=staff("store.edit"), name="admin_store")
async def show(request: Request, session: AsyncSession) -> Response:
    """One store, or the empty form (`new`)."""
    store = await _found(request, session)
    departments = _house(request).departments
    values = store_form.values_of(store, departments)
    if store is None:
        values |= store_week.values_of(None)
    return _page(request, store, Form(values), marks=changed.marks_of(values))


@routes.post(ONE, allow=staff("store.edit"))
async def save(request: Request, session: AsyncSession) -> Response:
    """Save what the form says, unless someone else saved meanwhile."""
    form = await typed_form(request)
    slug, departments = request.path_params["slug"], _house(request).departments
    if slug == NEW:
        return await _add(request, session, form)
    store = await opening.take(session, slug, store_ids=request.state.actor.store_ids)
    theirs = store_form.values_of(store, departments)
    marks = changed.marks_of(theirs)
    if found := changed.since(form["marks"] or marks, theirs, form):
        return _page(request, store, form, marks=marks, found=found, status=409)
    try:
        said = store_form.read(form, departments)
    except Invalid as invalid:
        form.take(invalid, "name")
        return _page(request, store, form, marks=form["marks"], status=422)
    await places.save(session, store, **said)
    differences = store_form.differences(theirs, store_form.values_of(store, departments))
    if differences:
        await _journal(request, session, store, "changed", {"changes": differences})
    _house(request).forget()
    return _saved(request, slug)


async def _add(request: Request, session: AsyncSession, form: Form) -> Response:
    """The same form sent twice is one store."""
    now, departments = request.state.now, _house(request).departments
    key = form["key"] if codes.is_token(form["key"]) else codes.new_token()
    try:
        said: dict[str, Any] = {}
        try:
            said |= store_form.read(form, departments)
        except Invalid as invalid:
            form.take(invalid, "name")
        said |= store_week.read(form, form["marks"])
        form.check()
        body = {name: value for name, value in form.values.items() if name != "key"}
        if done := await submissions.begin(session, scope=SCOPE, key=key, body=body, now=now):
            return _saved(request, done.answer["slug"], hours=True)
    except (Invalid, KeyReused) as refused:
        form.take(refused if isinstance(refused, Invalid) else Invalid(refused.code, refused.msgid), "name")
        return _page(request, None, form, marks=form["marks"], status=422)
    store = await places.add(session, Store(slug=await _free_slug(session, said["name"]), **said))
    await submissions.answer(session, scope=SCOPE, key=key, answer={"slug": store.slug})
    await _journal(request, session, store, "added", {})
    _house(request).forget()
    return _saved(request, store.slug, hours=True)


async def _free_slug(session: AsyncSession, name: str) -> str:
    """`new` is the address of the empty form."""
    wanted = slug_of(name)[:60] or "store"
    taken = {store.slug for store in await places.every(session)} | {NEW}
    return next(
        slug
        for number in range(1, len(taken) + 2)
        if (slug := f"{wanted}-{number}" if number > 1 else wanted) not in taken
    )


def _saved(request: Request, slug: str, *, hours: bool = False) -> Response:
    name = "admin_store_hours" if hours else "admin_store"
    return pages.go(request, views.address(request, name, {"notice": "saved"}, slug=slug))


async def _found(request: Request, session: AsyncSession) -> Store | None:
    slug: str = request.path_params["slug"]
    return None if slug == NEW else await places.find(session, slug, store_ids=request.state.actor.store_ids)


async def _journal(request: Request, session: AsyncSession, store: Store, event: str, detail: dict[str, Any]) -> None:
    by, now = request.state.actor.by, request.state.now
    await journal.record(session, "store", store.id, event, by=by, now=now, store_id=store.id, detail=detail)


def _house(request: Request) -> House:
    house: House = request.app.state.house
    return house


def _page(
    request: Request,
    store: Store | None,
    form: Form,
    *,
    marks: str,
    found: Sequence[changed.Change] = (),
    status: int = 200,
) -> Response:
    departments: list[Category] = [one for one in _house(request).departments if one.code]
    today = request.state.now.astimezone(store.zone if store else _house(request).zone).date()
    context: dict[str, Any] = {
        "tab": "admin_stores",
        "form": form,
        "slug": store.slug if store else NEW,
        "is_new": store is None,
        "key": form["key"] or codes.new_token(),
        "marks": marks,
        "changes": [
            (
                store_form.label_of(one.name, departments),
                store_form.shown(one.name, one.theirs),
                None if one.mine is None else store_form.shown(one.name, one.mine),
            )
            for one in found
        ],
        "names": store_form.labels(),
        "spoken": [(code, language_words(code)) for code in languages.LANGUAGES],
        "authorities": [(one, languages.upper_first(authority_words(one))) for one in store_form.AUTHORITIES],
        "floor_lines": store_form.floor_lines(form),
        "departments": [(one.code, one.name.text()) for one in departments],
        "nowhere": store_form.missing_departments(store, departments) if store else "",
        **(store_week.context(form, today) if store is None else {}),
    }
    title = store.name if store else gettext("New store")
    return frame.render(request, "admin/store.html", context, title=title, current="admin_stores", status=status)
