"""Collections: articles that belong together for a while, chosen by hand or by a rule, and where they are too few."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking import journal, submissions
from booking.submissions import KeyReused
from kit import codes
from kit.errors import Invalid, NotFound
from kit.languages import gettext, pgettext
from stores import attributes, collections, media
from stores.catalogue import State
from stores.collections import FEW, Collection
from web import pages, views
from web.admin import changed
from web.admin.typed import Form, typed_form
from web.merch import media as library
from web.merch.collection_form import Lists, changes, read, rule_words, shown_words, values_of
from web.routing import Routes, staff
from web.staff import frame
from web.staff.typed import row_id

routes = Routes(refuse=frame.refuse)

PATH = "/{language:language}/merch/collections"
SCOPE = "collection"
NEW = "new"
IMAGES = 12
FOUND = 12
MOST_NAMED = 6
"""Stores that a warning names."""
LOOK = "look"
"""The button that looks for articles and images, and saves nothing."""


@routes.get(PATH, allow=staff("catalogue.edit"), name="merch_collections")
async def show(request: Request, session: AsyncSession) -> Response:
    now = request.state.now
    known = await _lists(request, session)
    rows = [
        {
            "title": one.title.text(),
            "url": views.address(request, "merch_collection", id=one.id),
            "picture": views.picture(one.medium) if one.medium else None,
            "how": gettext("By hand") if one.rule is None else rule_words(one.rule, known),
            "state": shown_words(one, now, known.zone),
            "kind": "ok" if one.is_shown(now) else "",
            "on_home": one.on_home,
        }
        for one in await collections.every(session)
    ]
    return frame.render(
        request,
        "merch/collections.html",
        {"tab": "merch_collections", "rows": rows, "new_url": views.address(request, "merch_collection", id=NEW)},
        title=gettext("Collections"),
        current="merch_articles",
    )


@routes.get(f"{PATH}/{{id}}", allow=staff("catalogue.edit"), name="merch_collection")
async def edit(request: Request, session: AsyncSession) -> Response:
    known = await _lists(request, session)
    collection = await _found(request, session)
    values = values_of(collection, known)
    return await _page(request, session, known, collection, Form(values), marks=changed.marks_of(values))


@routes.post(f"{PATH}/{{id}}", allow=staff("catalogue.edit"))
async def save(request: Request, session: AsyncSession) -> Response:
    """Save it, or look for articles and images to put into it. The same new one sent twice is one."""
    known = await _lists(request, session)
    form = await typed_form(request)
    collection = await _found(request, session, lock=True)
    if form[LOOK]:
        form.values["items"] = " ".join(await _refs(session, form))
        return await _page(request, session, known, collection, form, marks=form["marks"], looked=True)
    theirs = values_of(collection, known)
    form.values["items"] = " ".join(await _refs(session, form))
    marks = changed.marks_of(theirs)
    if collection and (found := changed.since(form["marks"] or marks, theirs, form)):
        return await _page(request, session, known, collection, form, marks=marks, found=found, status=409)
    try:
        values, items = await read(session, form, known)
        if collection is None:
            return await _add(request, session, form, values, items)
        await _change(request, session, collection, form, theirs, values, items)
    except (Invalid, KeyReused) as refused:
        form.take(refused if isinstance(refused, Invalid) else Invalid(refused.code, refused.msgid), "title_fr")
        session.expunge_all()
        shown = await _found(request, session)
        return await _page(request, session, known, shown, form, marks=form["marks"], status=422)
    return pages.to(request, "merch_collection", notice="saved", id=collection.id)


async def _add(
    request: Request, session: AsyncSession, form: Form, values: Mapping[str, Any], items: Sequence[int]
) -> Response:
    now, by = request.state.now, request.state.actor.by
    key = form["key"] if codes.is_token(form["key"]) else codes.new_token()
    body = {name: value for name, value in form.values.items() if name != "key"}
    if first := await submissions.begin(session, scope=SCOPE, key=key, body=body, now=now):
        return pages.to(request, "merch_collection", notice="saved", id=first.answer["id"])
    collection = await collections.add(session, Collection(**values, created_at=now, updated_at=now), items)
    await submissions.answer(session, scope=SCOPE, key=key, answer={"id": collection.id})
    await journal.record(session, "collection", collection.id, "added", by=by, now=now, after=collection.state)
    return pages.to(request, "merch_collection", notice="saved", id=collection.id)


async def _change(
    request: Request,
    session: AsyncSession,
    collection: Collection,
    form: Form,
    theirs: Mapping[str, str],
    values: Mapping[str, Any],
    items: Sequence[int],
) -> None:
    now, by, was = request.state.now, request.state.actor.by, collection.state
    fields = sorted(name for name, value in theirs.items() if " ".join(form[name].split()) != " ".join(value.split()))
    if not fields:
        return
    await collections.save(session, collection, items, now=now, **values)
    event = {"published": "published", "draft": "withdrawn"}[collection.state] if was != collection.state else "changed"
    detail = {"fields": fields}
    await journal.record(
        session, "collection", collection.id, event, by=by, now=now, before=was, after=collection.state, detail=detail
    )


@routes.post(f"{PATH}/{{id}}/removal", allow=staff("catalogue.edit"), name="merch_collection_removal")
async def remove(request: Request, session: AsyncSession) -> Response:
    """Delete one that shoppers do not see."""
    collection = await _found(request, session, lock=True)
    if collection is None:
        raise NotFound()
    if collection.state == "published":
        raise collections.StillPublished()
    title = collection.title.text()
    await collections.remove(session, collection)
    by, now = request.state.actor.by, request.state.now
    await journal.record(session, "collection", collection.id, "removed", by=by, now=now, before=title)
    return pages.to(request, "merch_collections", notice="done")


async def _found(request: Request, session: AsyncSession, *, lock: bool = False) -> Collection | None:
    """The one in the address; None for one that is being made. Raises `NotFound`."""
    typed = request.path_params["id"]
    if typed == NEW:
        return None
    found = row_id(typed)
    if found is None:
        raise NotFound()
    return await collections.find(session, found, lock=lock)


async def _lists(request: Request, session: AsyncSession) -> Lists:
    """What a rule can name."""
    house = request.app.state.house
    return Lists(house, [one for one in await attributes.every(session) if one.choices])


async def _refs(session: AsyncSession, form: Form) -> list[str]:
    """References of the articles by hand, in the order that the numbers say: those of the rows that are not taken out,
    then those that were ticked among what was found, then those that were typed."""
    rows = []
    for place, ref in enumerate(form["items"].split()):
        number = form[f"place-{ref}"].strip()
        rows.append((int(number) if number.isascii() and number.isdigit() and len(number) < 7 else 10**7, place, ref))
    refs = [ref for _, _, ref in sorted(rows) if not form[f"drop-{ref}"]]
    refs += [name.removeprefix("add-") for name, value in form.values.items() if name.startswith("add-") and value]
    typed = [line.upper() for line in form["refs"][:4000].replace(",", " ").replace(";", " ").split()]
    found = await collections.products_by_code(session, typed) if typed else {}
    refs += [found[code].ref for code in typed if code in found]
    unknown = [code for code in typed if code not in found]
    if unknown:
        form.wrong("refs", gettext("No article is called %(code)s.", code=unknown[0][:40]))
    form.values["refs"] = "\n".join(unknown)
    return list(dict.fromkeys(refs))


async def _page(
    request: Request,
    session: AsyncSession,
    known: Lists,
    collection: Collection | None,
    form: Form,
    *,
    marks: str,
    found: Sequence[changed.Change] = (),
    looked: bool = False,
    status: int = 200,
) -> Response:
    now = request.state.now
    refs = form["items"].split()
    by_ref = await collections.products_by_code(session, refs) if refs else {}
    items = [
        {"ref": ref, "name": by_ref[ref].name.text(), "state": by_ref[ref].state == State.PUBLISHED,
         "url": views.address(request, "merch_article", ref=ref), "place": place * 10}
        for place, ref in enumerate(refs, start=1) if ref in by_ref
    ]  # fmt: skip
    current = row_id(form["medium"])
    seen = await media.browse(session, form.line("image_words", 80), limit=IMAGES)
    images = [one.medium for one in seen if one.medium.id != current]
    if current is not None:
        images.insert(0, await media.find(session, current))
    shown = collection is not None and collection.is_shown(now)
    return frame.render(
        request,
        "merch/collection.html",
        {
            "tab": "merch_collections",
            "collection": collection,
            "form": form,
            "marks": marks,
            "key": form["key"] or codes.new_token(),
            "changes": changes(found, known),
            "looked": looked,
            "items": items,
            "offered": await _offered(session, form, refs) if looked else [],
            "images": [
                {"id": one.id, "picture": views.picture(one), "name": library.name_of(one)} for one in images[:IMAGES]
            ],
            "departments": known.departments(),
            "attributes": known.attributes,
            "rule": rule_words(collection.rule, known) if collection and collection.rule is not None else "",
            "short": await _short(request, session, collection) if collection and status == 200 else None,
            "state": shown_words(collection, now, known.zone) if collection else pgettext("collection", "draft"),
            "is_shown": shown,
            "preview_url": _preview(request, collection) if collection else "",
            "zone_name": known.main_store.name if known.main_store else "",
            "address": views.address(request, "merch_collection", id=collection.id if collection else NEW),
        },
        title=collection.title.text() if collection else gettext("New collection"),
        current="merch_articles",
        status=status,
    )


def _preview(request: Request, collection: Collection) -> str:
    slug = collection.slug(request.path_params["language"])
    query = None if collection.is_shown(request.state.now) else {"preview": "1"}
    return views.address(request, "collection", query, slug=slug)


async def _offered(session: AsyncSession, form: Form, refs: Sequence[str]) -> list[dict[str, Any]]:
    """Published articles that the words find and that are not in it yet."""
    words = form.line("article_words", 80)
    if not words:
        return []
    return [
        {"ref": one.ref, "name": one.name.text(), "brand": one.brand}
        for one in await collections.look_for(session, words, limit=FOUND + len(refs))
        if one.ref not in refs
    ][:FOUND]


async def _short(request: Request, session: AsyncSession, collection: Collection) -> dict[str, Any] | None:
    """The stores that could show fewer than four of its articles, the poorest first; None when there are none."""
    counts = await collections.by_store(session, collection.id, collection.rule, now=request.state.now)
    stores = request.app.state.house.stores.values()
    poor = sorted((counts.get(one.id, 0), one.name) for one in stores if counts.get(one.id, 0) < FEW)
    if not poor:
        return None
    return {"count": len(poor), "stores": [(name, n) for n, name in poor[:MOST_NAMED]], "more": len(poor) - MOST_NAMED}
