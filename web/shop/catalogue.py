"""The departments, and each of them narrowed to a handful."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kit import languages
from kit.errors import NotFound
from kit.languages import gettext, ngettext
from kit.money import Money
from stores import search
from stores.articles import Article
from stores.catalogue import Category
from stores.places import Store
from stores.search import Sort, Wish
from web import pages, views
from web.routing import ANYONE, Routes

routes = Routes()

PAGE = 24
MOST_BRANDS = 12
CURRENCY = "EUR"
FURTHEST_PAGE = 500


@dataclass(frozen=True)
class Asked:
    """What the address asks of a list, and says of it."""

    wish: Wish
    sort: Sort
    page: int
    low: str
    high: str
    available: bool

    @property
    def is_narrowed(self) -> bool:
        return bool(self.available or self.wish.brands or self.low or self.high)


@routes.get("/{language:language}/catalogue", allow=ANYONE, name="catalogue")
async def catalogue(request: Request, session: AsyncSession) -> Response:
    """The contents of the house; and everything in one grid when the address asks for an order or a page."""
    house = request.app.state.house
    departments = [
        {
            "name": one.name.text(),
            "url": views.category_url(request, one),
            "children": [(child.name.text(), views.category_url(request, child)) for child in house.children(one)],
        }
        for one in house.departments
    ]
    asked = read(request.query_params, frozenset(), pages.store_of(request))
    listed: dict[str, Any] = {"results": None, "filters": None}
    if {"sort", "page", "available", "brand", "low", "high"} & set(request.query_params):
        listed = await browse(request, session, asked)
    page = views.page(
        request,
        gettext("The departments"),
        {language: f"/{language}/catalogue" for language in languages.LANGUAGES},
        robots="noindex, follow" if listed["results"] else "",
    )
    context = {"departments": departments, **listed}
    return pages.render(request, "shop/catalogue.html", context, page=page, fragment="shop/_grid.html")


@routes.get("/{language:language}/c/{slug}", allow=ANYONE, name="category")
async def category(request: Request, session: AsyncSession) -> Response:
    house, language = request.app.state.house, languages.language()
    slug = request.path_params["slug"]
    here: Category | None = next((one for one in house.categories if slug in (one.slug_fr, one.slug_en)), None)
    if here is None:
        raise NotFound()
    if here.slug(language) != slug:
        return RedirectResponse(views.address(request, "category", request.query_params, slug=here.slug(language)), 301)
    within = frozenset({here.id, *(child.id for child in house.children(here))})
    asked = read(request.query_params, within, pages.store_of(request))
    listed = await browse(request, session, asked)
    trail = views.crumbs(request, here)
    context = {
        "category": {
            "name": here.name.text(),
            "sentence": here.intro.text(),
            "path": trail[:-1],
            "children": [(child.name.text(), views.category_url(request, child)) for child in house.children(here)],
        },
        "graph": pages.graph([views.trail(request, trail)]),
        **listed,
    }
    page = views.page(
        request,
        here.name.text(),
        {code: f"/{code}/c/{here.slug(code)}" for code in languages.LANGUAGES},
        description=here.intro.text(),
        robots="noindex, follow" if asked.is_narrowed else "",
        query=f"?page={asked.page}" if asked.page > 1 and not asked.is_narrowed else "",
    )
    return pages.render(request, "shop/category.html", context, page=page, fragment="shop/_grid.html")


def read(query: QueryParams, category_ids: frozenset[int], store: Store | None) -> Asked:
    """The wish that stands in an address; what cannot be read is not wished."""
    available = query.get("available") == "1" and store is not None
    low, high = _amount(query.get("low", "")), _amount(query.get("high", ""))
    brands = frozenset(brand for brand in query.getlist("brand")[:MOST_BRANDS] if brand)
    sort = query.get("sort", "")
    page = query.get("page", "")
    return Asked(
        wish=Wish(
            category_ids=category_ids,
            brands=brands,
            low=low.minor if low else None,
            high=high.minor if high else None,
            store_id=store.id if available and store else None,
        ),
        sort=Sort(sort) if sort in tuple(Sort) else Sort.NEW,
        page=min(max(int(page), 1), FURTHEST_PAGE) if page.isascii() and page.isdigit() and len(page) < 6 else 1,
        low=query.get("low", "").strip() if low else "",
        high=query.get("high", "").strip() if high else "",
        available=available,
    )


def _amount(typed: str) -> Money | None:
    try:
        amount = Money.from_amount(typed.strip()[:20], CURRENCY)
    except ValueError:
        return None
    return amount if 0 <= amount.minor < 10**9 else None


async def browse(request: Request, session: AsyncSession, asked: Asked) -> dict[str, Any]:
    """`results` and `filters` for the templates, in four statements; what does not exist any more is a 404."""
    store = pages.store_of(request)
    found = await search.browse(
        session,
        asked.wish,
        language=languages.language(),
        sort=asked.sort,
        limit=PAGE,
        offset=(asked.page - 1) * PAGE,
    )
    brands = await search.brands(session, asked.wish)
    count = sum(n for brand, n in brands.items() if not asked.wish.brands or brand in asked.wish.brands)
    if not found and asked.page > 1:
        raise NotFound()
    emptied = None if found else await _emptied_by(session, asked, brands)
    results = results_of(request, found, count, asked.page, sort=asked.sort, store=store)
    results["applied"] = _applied(request, asked, store)
    results["clear_url"] = _here(request, {"sort": asked.sort}) if len(results["applied"]) > 1 else None
    results["emptied_by"] = next((one for one in _applied_named(request, asked, store) if one["name"] == emptied), None)
    return {"results": results, "filters": _filters(request, asked, brands, store)}


async def _emptied_by(session: AsyncSession, asked: Asked, brands: Mapping[str, int]) -> str:
    """The one filter whose removal gives articles again; asks the database only for an empty list."""
    wish = asked.wish
    if wish.brands and brands:
        return "brand"
    if asked.available and await search.is_any(session, replace(wish, store_id=None)):
        return "available"
    return "price" if wish.low is not None or wish.high is not None else ""


SORTS = (
    (Sort.NEW, languages.lazy("Newest first")),
    (Sort.PRICE_UP, languages.lazy("Price, low to high")),
    (Sort.PRICE_DOWN, languages.lazy("Price, high to low")),
    (Sort.NAME, languages.lazy("Name")),
)


def results_of(
    request: Request,
    found: Sequence[Article],
    count: int,
    page: int,
    *,
    sort: Sort | None,
    store: Store | None,
    per_page: int = PAGE,
) -> dict[str, Any]:
    """What a grid shows; without `sort` its order cannot be chosen."""
    last = -(-count // per_page)
    return {
        "count": count,
        "count_words": count_words(count),
        "cards": [views.card(request, article, store) for article in found],
        "applied": [],
        "clear_url": None,
        "sorts": [(str(value), str(words), value == sort) for value, words in SORTS] if sort else [],
        "action": request.url.path,
        "hidden": [(name, value) for name, value in request.query_params.multi_items() if name not in ("sort", "page")],
        "previous_url": _turned(request, page - 1) if page > 1 else None,
        "next_url": _turned(request, page + 1) if page < last else None,
        "page_words": gettext("page %(page)d of %(last)d", page=page, last=last) if last > 1 else None,
        "emptied_by": None,
    }


def count_words(count: int) -> str:
    if not count:
        return gettext("No item")
    if count > search.CAP:
        return gettext("more than %(count)s items", count=languages.number_words(search.CAP))
    return ngettext("%(num)d item", "%(num)d items", count, num=count)


def _turned(request: Request, page: int) -> str:
    query = [(name, value) for name, value in request.query_params.multi_items() if name != "page" and value]
    return _path(request, [*query, ("page", str(page))] if page > 1 else query)


def _here(request: Request, query: Mapping[str, str]) -> str:
    """This list with nothing but this query, and the store that stood in the address."""
    kept = {"store": request.query_params["store"]} if "store" in request.query_params else {}
    return _path(request, [*((n, v) for n, v in query.items() if v != Sort.NEW), *kept.items()])


def _path(request: Request, query: Sequence[tuple[str, str]]) -> str:
    return f"{request.url.path}?{urlencode(query)}" if query else request.url.path


def _without(request: Request, *names: str, value: str = "") -> str:
    query = [
        (name, given)
        for name, given in request.query_params.multi_items()
        if given and name != "page" and not (name in names and (not value or given == value))
    ]
    return _path(request, query)


def _applied_named(request: Request, asked: Asked, store: Store | None) -> list[dict[str, str]]:
    applied = []
    if asked.available and store:
        label = gettext("Available at %(store)s", store=store.name)
        applied.append({"name": "available", "label": label, "url": _without(request, "available")})
    for brand in sorted(asked.wish.brands):
        applied.append({"name": "brand", "label": brand, "url": _without(request, "brand", value=brand)})
    if asked.low or asked.high:
        applied.append({"name": "price", "label": _price_words(asked.wish), "url": _without(request, "low", "high")})
    return applied


def _price_words(wish: Wish) -> str:
    low, high = (
        None if minor is None else languages.price_words(Money(minor, CURRENCY)) for minor in (wish.low, wish.high)
    )
    if low and high:
        return gettext("%(low)s to %(high)s", low=low, high=high)
    return gettext("from %(low)s", low=low) if low else gettext("up to %(high)s", high=high)


def _applied(request: Request, asked: Asked, store: Store | None) -> list[tuple[str, str]]:
    return [(one["label"], one["url"]) for one in _applied_named(request, asked, store)]


def _filters(request: Request, asked: Asked, brands: Mapping[str, int], store: Store | None) -> dict[str, Any]:
    named = [brand for brand in brands if brand]
    shown = [*named[:MOST_BRANDS], *(brand for brand in sorted(asked.wish.brands) if brand not in named[:MOST_BRANDS])]
    choices = [(brand, brand, brands.get(brand, 0), brand in asked.wish.brands) for brand in shown]
    return {
        "action": request.url.path,
        "available_here": asked.available if store else None,
        "hidden": [(name, request.query_params[name]) for name in ("sort", "store") if name in request.query_params],
        "facets": [{"name": "brand", "label": gettext("Brand"), "choices": choices}] if len(choices) > 1 else [],
        "price": {"low": asked.low or None, "high": asked.high or None},
    }
