"""A collection: what it is, in a sentence and a picture, and its articles."""

import re
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kit import languages
from kit.errors import NotFound
from kit.languages import gettext
from stores import collections
from stores.collections import Collection
from web import pages, views
from web.routing import ANYONE, Routes
from web.shop import catalogue, structured

routes = Routes()


@routes.get("/{language:language}/collections/{slug}", allow=ANYONE, name="collection")
async def show(request: Request, session: AsyncSession) -> Response:
    """Its page, in four statements; before it is shown, to merchandisers who ask for a preview alone."""
    language, slug, now = languages.language(), request.path_params["slug"], request.state.now
    preview = request.query_params.get("preview") == "1" and request.state.actor.may("catalogue.edit")
    collection = await collections.of_address(session, slug, now=now, preview=preview)
    if collection.slug(language) != slug:
        return RedirectResponse(
            views.address(request, "collection", request.query_params, slug=collection.slug(language)), 301
        )
    page = _page(request.query_params.get("page", ""))
    found, count = await collections.articles(
        session, collection, now=now, limit=catalogue.PAGE, offset=(page - 1) * catalogue.PAGE
    )
    if not found and page > 1:
        raise NotFound()
    store = pages.store_of(request)
    title, intro = collection.title.text(), collection.intro.text()
    medium = collection.medium
    trail = [(title, url_of(request, collection))]
    context: dict[str, Any] = {
        "collection": {
            "title": title,
            "lang": collection.title.language(),
            "intro": intro,
            "picture": views.picture(medium) if medium else None,
            "preview": not collection.is_shown(now),
        },
        "results": catalogue.results_of(request, found, count, page, sort=None, store=store),
        "graph": structured.graph([structured.trail(request, trail)]),
    }
    about = views.page(
        request,
        title if page == 1 else gettext("%(title)s, page %(page)d", title=title, page=page),
        {code: f"/{code}/collections/{collection.slug(code)}" for code in languages.LANGUAGES},
        description=" ".join(intro.split()),
        image=f"/media/{medium.path}" if medium else "",
        robots="" if collection.is_shown(now) else "noindex",
        query=f"?page={page}" if page > 1 else "",
    )
    return pages.render(request, "shop/collection.html", context, page=about, fragment="shop/_grid.html")


def _page(typed: str) -> int:
    return min(max(int(typed), 1), catalogue.FURTHEST_PAGE) if re.fullmatch("[0-9]{1,5}", typed) else 1


def url_of(request: Request, collection: Collection) -> str:
    return views.address(request, "collection", slug=collection.slug(languages.language()))
