"""My selection: kept by this browser for 30 days, shown to others by a link that can be taken back.

The number of articles stands in a cookie of its own, so that the head of every page can say it without asking the
database; the page itself counts anew.
"""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from booking import selections
from booking.selections import KEPT, LONGEST_NOTE, Selection, SelectionItem
from kit import languages
from kit.errors import Invalid, NotFound
from kit.languages import gettext, lazy, ngettext
from stores import articles, catalogue
from stores.catalogue import State
from stores.places import Store
from web import access, pages, views
from web.pages import Page
from web.routing import ANYONE, Routes
from web.security import KEEP_BY_ADDRESS, address_of
from web.shop import standing

routes = Routes()

COOKIE, COUNT = "vitrine-selection", pages.SELECTION_COUNT
PRIVATE = {"cache-control": "no-store", "referrer-policy": "no-referrer", "x-robots-tag": "noindex"}


def token_of(request: Request) -> str:
    """The number of this browser's selection; empty when it has none."""
    return request.cookies.get(access.cookie_name(request, COOKIE), "")


async def of(request: Request, session: AsyncSession) -> Selection | None:
    """The selection of this browser."""
    return await selections.of_browser(session, token_of(request), now=request.state.now)


@routes.get("/{language:language}/selection", allow=ANYONE, name="selection")
async def show(request: Request, session: AsyncSession) -> Response:
    return await _page(request, session, await of(request, session))


async def _page(
    request: Request,
    session: AsyncSession,
    mine: Selection | None,
    *,
    warning: str = "",
    note: str = "",
    status: int = 200,
) -> Response:
    store = pages.store_of(request)
    lines = await lines_of(request, session, mine, store)
    there = [line for line in lines if not line["gone"]]
    reservable = [line for line in there if not line["by_appointment"]]
    dropped = request.query_params.get("dropped", "")
    store_query = [("store", store.slug)] if store else []
    pairs = [pair for one in reservable for pair in (("sku", one["sku"]), ("quantity", str(one["quantity"])))]
    context: dict[str, Any] = {
        "lines": lines,
        "store": views.shop(store, request.state.now) if store else None,
        "stores_url": views.address(request, "stores", {"next": views.address(request, "selection")}),
        "reserve_url": views.address(request, "reserve", [*pairs, *store_query]) if reservable else None,
        "reserve_words": ngettext(
            "Reserve this article", "Reserve these %(num)d articles", len(reservable), num=len(reservable)
        ),
        "advisor_url": views.address(request, "book_service", [("selection", "1"), *store_query]) if there else None,
        "note": note or (mine.note if mine else ""),
        "longest_note": LONGEST_NOTE,
        "share_url": _share_url(request, mine) if mine and mine.shared else None,
        "dropped": dropped if dropped and all(line["sku"] != dropped for line in lines) else "",
        "days": KEPT.days,
    }
    if warning:
        context["notices"] = [("warn", warning)]
    page = Page(title=gettext("My selection"), robots="noindex")
    response = pages.render(request, "shop/selection.html", context, page=page, status=status, headers=PRIVATE)
    if mine is not None:
        _keep_cookies(request, response, token_of(request), len(mine.items))
    return response


async def lines_of(
    request: Request, session: AsyncSession, mine: Selection | None, store: Store | None
) -> list[dict[str, Any]]:
    """Its articles as a list of goods, each with what the store can say of it; what was withdrawn stays, softly."""
    if mine is None or not mine.items:
        return []
    found = await articles.of_ids(session, list({item.variant.product_id for item in mine.items}))
    by_variant = {choice.id: (article, choice) for article in found for choice in article.choices}
    return [_line(request, item, by_variant.get(item.variant_id), store) for item in mine.items]


def _line(request: Request, item: SelectionItem, found: Any, store: Store | None) -> dict[str, Any]:
    variant = item.variant
    product = variant.product
    gone = found is None or variant.hidden or product.state != State.PUBLISHED
    line = standing.article(
        variant,
        item.quantity,
        None if gone else variant.price,
        gone=gone,
        status_words=gettext("No longer in our collection") if gone else None,
        sku=variant.sku,
        by_appointment=product.by_appointment,
        most=product.max_per_reservation,
        url=None,
        availability=None,
    )
    if not gone:
        article, choice = found
        line["url"] = views.product_url(request, article, sku=variant.sku)
        line["availability"] = views.availability(request, article, [choice], store, sku=variant.sku)
    return line


@routes.post("/{language:language}/selection", allow=ANYONE, name="keep_article")
async def keep(request: Request, session: AsyncSession) -> Response:
    """Put an article on it, or change how many; then back to where it was pressed."""
    async with request.form(max_fields=10, max_files=0) as data:
        sku, typed, then = str(data.get("sku", "")), str(data.get("quantity", "1")), str(data.get("next", ""))
    await request.app.state.limits.check(KEEP_BY_ADDRESS, address_of(request))
    variant = (await catalogue.find_variants(session, [sku])).get(sku)
    if variant is None:
        raise NotFound()
    now, token = request.state.now, token_of(request)
    mine = await of(request, session)
    if mine is None:
        store = pages.store_of(request)
        mine, token = await selections.begin(session, store_id=store.id if store else None, now=now)
    quantity = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 4 else 1
    try:
        await selections.put(session, mine, variant, quantity, now=now)
    except Invalid as full:
        return await _page(request, session, mine, warning=full.sentence, status=422)
    count = await selections.count(session, token)
    here = views.address(request, "selection")
    back = pages.local_path(then, here)
    notice = "" if back == here else f"{'&' if '?' in back else '?'}notice=kept"
    response = pages.go(request, back + notice)
    _keep_cookies(request, response, token, count)
    return response


@routes.post("/{language:language}/selection/drop", allow=ANYONE, name="drop_article")
async def drop(request: Request, session: AsyncSession) -> Response:
    """Take an article off; the page offers to put it back."""
    data = await _form(request)
    sku = str(data.get("sku", ""))
    mine = await of(request, session)
    item = next((item for item in mine.items if item.variant.sku == sku), None) if mine else None
    if mine is None or item is None:
        return pages.to(request, "selection")
    await selections.drop(session, mine, item.variant_id, now=request.state.now)
    response = pages.go(request, views.address(request, "selection", {"dropped": sku}))
    _keep_cookies(request, response, token_of(request), len(mine.items) - 1)
    return response


@routes.post("/{language:language}/selection/note", allow=ANYONE, name="note_selection")
async def note(request: Request, session: AsyncSession) -> Response:
    """For whom, for which room: her own words, which go with it to the store."""
    text = str((await _form(request)).get("note", "")).strip()
    mine = await _mine(request, session)
    if len(text) > LONGEST_NOTE:
        warning = gettext("Keep it under %(n)d signs", n=LONGEST_NOTE)
        return await _page(request, session, mine, warning=warning, note=text, status=422)
    mine.note, mine.changed_at = text, request.state.now
    return pages.to(request, "selection", notice="saved")


@routes.post("/{language:language}/selection/share", allow=ANYONE, name="share_selection")
async def share(request: Request, session: AsyncSession) -> Response:
    """An address that shows it to others, who can change nothing."""
    mine = await _mine(request, session)
    store = pages.store_of(request)
    mine.store_id = store.id if store else mine.store_id
    await selections.share(session, mine, secret=request.app.state.settings.secret)
    return pages.to(request, "selection")


@routes.post("/{language:language}/selection/unshare", allow=ANYONE, name="unshare_selection")
async def unshare(request: Request, session: AsyncSession) -> Response:
    """The address given out opens nothing any more."""
    await selections.unshare(session, await _mine(request, session))
    return pages.to(request, "selection", notice="unshared")


@routes.get("/{language:language}/selection/shared/{token}", allow=ANYONE, name="shared_selection")
async def shared(request: Request, session: AsyncSession) -> Response:
    """What somebody showed: articles and where they are; neither her note nor who she is."""
    theirs = await selections.shared(session, request.path_params["token"], now=request.state.now)
    house = request.app.state.house
    store = house.store_by_id(theirs.store_id) if theirs.store_id else pages.store_of(request)
    context = {
        "lines": await lines_of(request, session, theirs, store),
        "store": views.shop(store, request.state.now) if store else None,
    }
    page = Page(title=gettext("A selection"), robots="noindex")
    return pages.render(request, "shop/selection_shared.html", context, page=page, headers=PRIVATE)


async def _form(request: Request) -> FormData:
    async with request.form(max_fields=10, max_files=0) as data:
        return data


async def _mine(request: Request, session: AsyncSession) -> Selection:
    mine = await of(request, session)
    if mine is None:
        raise Invalid("empty", lazy("Your selection is empty."))
    return mine


def _share_url(request: Request, mine: Selection) -> str:
    token = selections.share_token(mine, request.app.state.settings.secret)
    path = views.address(request, "shared_selection", token=token, language=languages.language())
    return f"{request.app.state.settings.base_url}{path}"


def _keep_cookies(request: Request, response: Response, token: str, count: int) -> None:
    age = int(KEPT.total_seconds())
    access.set_cookie(request, response, COOKIE, token, max_age=age)
    access.set_cookie(request, response, COUNT, str(count), max_age=age, httponly=False)
