"""The images of the house: sent, described, pointed at, and taken away when nothing shows them."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.background import BackgroundTask
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from booking import journal
from booking.customers import clean_line
from kit import images, languages
from kit.errors import Invalid, NotFound
from kit.languages import gettext, pgettext
from stores import collections, media
from stores.catalogue import Product
from stores.media import Medium, Seen, View
from web import pages, views
from web.admin import changed
from web.admin.typed import Form, of_pair, tick, typed_form
from web.routing import Routes, keep, staff
from web.staff import frame
from web.staff.typed import row_id

routes = Routes(refuse=frame.refuse)

PATH = "/{language:language}/merch/media"
PAGE = 48
FURTHEST_PAGE = 2000
AT_ONCE = 20
"""Files of one sending."""
MOST_NAMED = 50
"""Articles that an image is said to hang on."""
CROPS = (("4-5", "4:5"), ("1-1", "1:1"), ("16-9", "16:9"))


@routes.get(PATH, allow=staff("catalogue.edit"), name="merch_media")
async def library(request: Request, session: AsyncSession) -> Response:
    """All images, by description, credit and what is missing of them; `?for=` is the article that waits for one."""
    return await _library(request, session)


@routes.post(PATH, allow=staff("catalogue.edit"))
async def upload(request: Request, session: AsyncSession) -> Response:
    """Take what was sent, file by file: those that cannot be taken are named, with the reason; the others are kept."""
    # a slow line and the drawing take longer than a transaction may usually wait
    await session.execute(text("set local idle_in_transaction_session_timeout = '10min'"))
    product = await _waiting(session, request.query_params.get("for", ""))
    refused: list[tuple[str, Invalid]] = []
    taken: list[Medium] = []
    async with request.form(max_files=AT_ONCE, max_fields=10) as data:
        files = [file for file in data.getlist("files") if isinstance(file, UploadFile) and file.filename]
        for file in files:
            try:
                taken.append(await _take(request, session, file))
            except images.Unfit as unfit:
                refused.append((clean_line(file.filename or "")[:80], unfit))
    if product is not None:
        for medium in taken:
            if await media.hang(session, medium, product.id, now=request.state.now):
                detail = {"medium": medium.id}
                await _journal(request, session, "product", product.id, "picture_added", detail=detail)
    if not refused and taken:
        if product is not None:
            to = views.address(request, "merch_article", {"notice": "saved"}, ref=product.ref)
            return RedirectResponse(f"{to}#pictures", 303)
        if len(taken) == 1 and not taken[0].is_described:
            return pages.to(request, "merch_medium", notice="saved", id=taken[0].id)
        return pages.to(request, "merch_media", notice="saved")
    said = [(name, unfit.sentence) for name, unfit in refused]
    if not files:
        said = [("", gettext("Choose at least one image."))]
    status = refused[0][1].status if refused and not taken else 422
    page = await _library(request, session, refused=said, taken=len(taken), status=status)
    return keep(request, page) if taken else page


async def _take(request: Request, session: AsyncSession, file: UploadFile) -> Medium:
    """One file: the image that it is already, or a new one. Raises `Unfit`."""
    await asyncio.to_thread(file.file.rollover)  # type: ignore[attr-defined]  # the child reads it from the disk
    images.check(file.filename or "", file.file)
    digest = await asyncio.to_thread(images.digest_of, file.file)
    if known := await media.of_digest(session, digest):
        return known
    drawn = await asyncio.to_thread(images.redraw, file.file, _folder(request))
    by = request.state.actor.by
    medium, new = await media.add(session, drawn, digest=digest, by=by, now=request.state.now)
    if new:
        await _journal(request, session, "medium", medium.id, "added", after=medium.path)
    return medium


async def _waiting(session: AsyncSession, ref: str) -> Product | None:
    """The article that `?for=` names; raises `NotFound` for one that there is not."""
    if not ref:
        return None
    found: Product | None = await session.scalar(select(Product).where(Product.ref == ref))
    if found is None:
        raise NotFound()
    return found


async def _library(
    request: Request,
    session: AsyncSession,
    *,
    refused: Sequence[tuple[str, str]] = (),
    taken: int = 0,
    status: int = 200,
) -> Response:
    query = request.query_params
    words = clean_line(query.get("q", ""))[:80]
    view = View(query["view"]) if query.get("view") in tuple(View) else View.ALL
    typed = query.get("page", "")
    page = min(max(int(typed), 1), FURTHEST_PAGE) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 1
    product = await _waiting(session, query.get("for", ""))
    found = await media.browse(session, words, view, limit=PAGE + 1, offset=(page - 1) * PAGE)
    kept = {name: value for name, value in (("q", words), ("view", view.value), ("for", query.get("for", ""))) if value}

    def at(**over: str) -> str:
        return views.address(request, "merch_media", {k: v for k, v in {**kept, **over}.items() if v})

    return frame.render(
        request,
        "merch/media.html",
        {
            "tab": "merch_media",
            "images": [_tile(request, seen) for seen in found[:PAGE]],
            "count": await media.count(session, words, view),
            "q": words,
            "view": view.value,
            "views": [
                (gettext("All"), at(view="", page=""), view is View.ALL),
                (gettext("Without a description"), at(view=View.SILENT, page=""), view is View.SILENT),
                (gettext("Unused"), at(view=View.UNUSED, page=""), view is View.UNUSED),
            ],
            "previous_url": at(page=str(page - 1) if page > 2 else "") if page > 1 else None,
            "next_url": at(page=str(page + 1)) if len(found) > PAGE else None,
            "waiting": (product.ref, product.name.text()) if product else None,
            "action": views.address(request, "merch_media", {"for": product.ref} if product else None),
            "address": views.address(request, "merch_media"),
            "refused": refused,
            "taken": taken,
            "most_mb": images.LARGEST // 1024 // 1024,
            "most_files": AT_ONCE,
        },
        title=gettext("Images"),
        current="merch_articles",
        status=status,
    )


def _tile(request: Request, seen: Seen) -> dict[str, Any]:
    """An image in the grid, with what is to be said of it."""
    medium = seen.medium
    return {
        "url": views.address(request, "merch_medium", id=medium.id),
        "picture": views.picture(medium),
        "name": name_of(medium),
        "described": medium.is_described,
        "uses": seen.uses,
    }


def name_of(medium: Medium) -> str:
    """How a list names an image, which has no name of its own."""
    return medium.alt.text() or medium.credit or gettext("Image %(number)d", number=medium.id)


# One image


@routes.get(f"{PATH}/{{id}}", allow=staff("catalogue.edit"), name="merch_medium")
async def show(request: Request, session: AsyncSession) -> Response:
    medium = await media.find(session, _id(request))
    values = _values(medium)
    return await _page(request, session, medium, Form(values), marks=changed.marks_of(values))


@routes.post(f"{PATH}/{{id}}", allow=staff("catalogue.edit"))
async def save(request: Request, session: AsyncSession) -> Response:
    """Say what it shows; wherever it hangs says the same from then on."""
    form = await typed_form(request)
    medium = await media.take(session, _id(request))
    theirs = _values(medium)
    marks = changed.marks_of(theirs)
    if found := changed.since(form["marks"] or marks, theirs, form):
        return await _page(request, session, medium, form, marks=marks, found=found, status=409)
    said = {
        "alt": form.pair("alt", gettext("Description"), limit=300),
        "decorative": form.ticked("decorative"),
        "focal_x": form.number("focal_x", gettext("From the left"), 0, 100),
        "focal_y": form.number("focal_y", gettext("From the top"), 0, 100),
        "credit": form.line("credit", 200),
    }
    try:
        form.check()
    except Invalid:
        return await _page(request, session, medium, form, marks=form["marks"], status=422)
    changed_fields = sorted(name for name, value in said.items() if getattr(medium, name) != value)
    if changed_fields:
        await media.save(session, medium, **said)
        await _journal(request, session, "medium", medium.id, "changed", detail={"fields": changed_fields})
    return pages.to(request, "merch_medium", notice="saved", id=medium.id)


@routes.post(f"{PATH}/{{id}}/removal", allow=staff("catalogue.edit"), name="merch_medium_removal")
async def remove(request: Request, session: AsyncSession) -> Response:
    """Delete an image that hangs nowhere; its files go once that is sure."""
    medium = await media.take(session, _id(request))
    path = medium.path
    await media.remove(session, medium)
    await _journal(request, session, "medium", medium.id, "removed", before=path)
    response = pages.to(request, "merch_media", notice="done")
    response.background = BackgroundTask(images.remove, _folder(request), path)
    return response


def _id(request: Request) -> int:
    found = row_id(request.path_params["id"])
    if found is None:
        raise NotFound()
    return found


def _folder(request: Request) -> Path:
    folder: Path = request.app.state.settings.media_dir
    return folder


def _values(medium: Medium) -> dict[str, str]:
    return {
        **of_pair("alt", medium.alt),
        "decorative": tick(medium.decorative),
        "focal_x": str(medium.focal_x),
        "focal_y": str(medium.focal_y),
        "credit": medium.credit,
    }


async def _page(
    request: Request,
    session: AsyncSession,
    medium: Medium,
    form: Form,
    *,
    marks: str,
    found: Sequence[changed.Change] = (),
    status: int = 200,
) -> Response:
    articles = await media.articles_with(session, medium.id, limit=MOST_NAMED)
    shown = await collections.with_medium(session, medium.id)
    used = [(name.text(), views.address(request, "merch_article", ref=ref)) for ref, name in articles]
    used += [(one.title.text(), views.address(request, "merch_collection", id=one.id)) for one in shown]
    x, y = (_percent(form[name]) for name in ("focal_x", "focal_y"))
    return frame.render(
        request,
        "merch/medium.html",
        {
            "tab": "merch_media",
            "medium": medium,
            "name": name_of(medium),
            "picture": views.picture(medium),
            "sizes": [
                {"width": width, "height": round(medium.height * width / medium.width)}
                for width, _ in images.sizes(medium.path, medium.width)
            ],
            "point": {"x": round(medium.width * x / 100), "y": round(medium.height * y / 100),
                      "r": round(max(medium.width, medium.height) / 60)},
            "focus": views.focus_class(x, y),
            "crops": CROPS,
            "used": used,
            "form": form,
            "marks": marks,
            "changes": _changes(found),
            "address": views.address(request, "merch_medium", id=medium.id),
            "sent_words": languages.moment_words(medium.created_at, _zone(request), request.state.now),
        },
        title=name_of(medium),
        current="merch_articles",
        status=status,
    )  # fmt: skip


def _percent(typed: str) -> int:
    number = 50
    with suppress(ValueError):
        number = int(typed)
    return min(max(number, 0), 100)


def _zone(request: Request) -> str:
    store = request.app.state.house.main_store
    return store.timezone if store else "Europe/Paris"


def _changes(found: Sequence[changed.Change]) -> list[tuple[str, str, str | None]]:
    """What somebody else changed: (field, theirs, mine)."""
    known = {"alt_fr": gettext("Description, in French"), "alt_en": gettext("Description, in English"),
             "decorative": gettext("Decorative"), "focal_x": gettext("From the left"),
             "focal_y": gettext("From the top"), "credit": gettext("Credit")}  # fmt: skip

    def shown(name: str, value: str) -> str:
        if name == "decorative":
            return gettext("yes") if value else gettext("no")
        return value or pgettext("value", "nothing")

    return [
        (
            known.get(one.name, one.name),
            shown(one.name, one.theirs),
            None if one.mine is None else shown(one.name, one.mine),
        )
        for one in found
    ]


async def _journal(
    request: Request, session: AsyncSession, subject: str, subject_id: int, event: str, **said: Any
) -> None:
    await journal.record(session, subject, subject_id, event, by=request.state.actor.by, now=request.state.now, **said)
