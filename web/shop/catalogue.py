"""The departments, and each of them narrowed to a handful."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kit import languages
from kit.errors import NotFound
from kit.languages import gettext, ngettext
from kit.money import Money
from stores import articles, search, slugs
from stores.articles import Article
from stores.attributes import Attribute
from stores.catalogue import Category
from stores.places import Store
from stores.search import Counts, Sort, Wish
from web import pages, views
from web.house import House
from web.routing import ANYONE, Routes
from web.shop import structured

routes = Routes()

PAGE = 24
MOST_BRANDS = 12
MOST_CHOICES = 24
ATTRIBUTE = "a."
"""Before the code of an attribute, where an address names one of its choices: `a.material=oak`."""
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
        wish = self.wish
        return bool(self.available or wish.departments or wish.brands or wish.attributes or self.low or self.high)


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
    asked = read(request, frozenset())
    listed: dict[str, Any] = {"results": None, "filters": None}
    if {"sort", "page"} & set(request.query_params) or asked.is_narrowed:
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
        here = house.category(await slugs.follow(session, "category", slug) or 0)
    if here is None:
        raise NotFound()
    if here.slug(language) != slug:
        return RedirectResponse(views.address(request, "category", request.query_params, slug=here.slug(language)), 301)
    within = frozenset({here.id, *(child.id for child in house.children(here))})
    asked = read(request, within)
    listed = await browse(request, session, asked)
    trail = views.crumbs(request, here)
    context = {
        "category": {
            "name": here.name.text(),
            "sentence": here.intro.text(),
            "path": trail[:-1],
            "children": [(child.name.text(), views.category_url(request, child)) for child in house.children(here)],
        },
        "graph": structured.graph([structured.trail(request, trail)]),
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


def read(request: Request, category_ids: frozenset[int], words: str = "") -> Asked:
    """The wish that stands in an address; what cannot be read is not wished."""
    query, store, house = request.query_params, pages.store_of(request), request.app.state.house
    available = query.get("available") == "1" and store is not None
    low, high = _amount(query.get("low", "")), _amount(query.get("high", ""))
    named = set(query.getlist("department")[:MOST_CHOICES])
    departments = [one for one in house.departments if words and one.slug(languages.language()) in named]
    sort = query.get("sort", "")
    first = Sort.BEST if words else Sort.NEW
    page = query.get("page", "")
    return Asked(
        wish=Wish(
            category_ids=category_ids,
            departments=frozenset(
                one.id for department in departments for one in (department, *house.children(department))
            ),
            brands=frozenset(brand for brand in query.getlist("brand")[:MOST_BRANDS] if brand),
            attributes=frozenset(
                (one.code, value)
                for one in house.facets
                for value in query.getlist(ATTRIBUTE + one.code)[:MOST_CHOICES]
                if value
            ),
            low=low.minor if low else None,
            high=high.minor if high else None,
            store_id=store.id if available and store else None,
            words=words,
            language=languages.language(),
        ),
        sort=Sort(sort) if sort in tuple(Sort) and (words or sort != Sort.BEST) else first,
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
    """`results` and `filters` for the templates: two statements, and a third where the counts are not known.

    What does not exist any more is a 404.
    """
    store = pages.store_of(request)
    offset = (asked.page - 1) * PAGE
    counts = await request.app.state.house.count(session, asked.wish, store.id if store else None)
    if asked.wish.words:
        ids, total = await search.search(
            session, asked.wish, sort=asked.sort, limit=PAGE, offset=offset, total=counts.total
        )
        found = await articles.of_ids(session, ids)
    else:
        total = counts.total
        found = await search.browse(
            session, asked.wish, language=languages.language(), sort=asked.sort, limit=PAGE, offset=offset
        )
    if not found and asked.page > 1:
        raise NotFound()
    results = results_of(request, found, total, asked.page, sort=asked.sort, store=store, per_page=PAGE)
    applied = _applied(request, asked, store)
    results["applied"] = [(one["label"], one["url"]) for one in applied]
    results["clear_url"] = _here(request, {"sort": asked.sort}) if len(applied) > 1 else None
    results["emptied_by"] = None if found else await _emptied_by(session, asked, applied)
    return {"results": results, "filters": _filters(request, asked, counts, store)}


async def _emptied_by(
    session: AsyncSession, asked: Asked, applied: Sequence[Mapping[str, str]]
) -> Mapping[str, str] | None:
    """The one filter whose removal gives articles again; asks the database only for an empty list."""
    for one in applied:
        if await search.is_any(session, _without_filter(asked.wish, one)):
            return one
    return None


def _without_filter(wish: Wish, applied: Mapping[str, str]) -> Wish:
    match applied["name"]:
        case "available":
            return replace(wish, store_id=None)
        case "brand":
            return replace(wish, brands=frozenset())
        case "department":
            return replace(wish, departments=frozenset())
        case "price":
            return replace(wish, low=None, high=None)
    code = applied["name"].removeprefix(ATTRIBUTE)
    return replace(wish, attributes=frozenset(pair for pair in wish.attributes if pair[0] != code))


SORTS = (
    (Sort.BEST, languages.lazy("Best match")),
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
        "sorts": [
            (str(value), str(words), value == sort)
            for value, words in SORTS
            if value != Sort.BEST or request.query_params.get("q")
        ]
        if sort
        else [],
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
    kept = {name: request.query_params[name] for name in ("q", "store") if name in request.query_params}
    return _path(request, [*((n, v) for n, v in query.items() if v not in (Sort.NEW, Sort.BEST)), *kept.items()])


def _path(request: Request, query: Sequence[tuple[str, str]]) -> str:
    return f"{request.url.path}?{urlencode(query)}" if query else request.url.path


def _without(request: Request, *names: str, value: str = "") -> str:
    query = [
        (name, given)
        for name, given in request.query_params.multi_items()
        if given and name != "page" and not (name in names and (not value or given == value))
    ]
    return _path(request, query)


def _applied(request: Request, asked: Asked, store: Store | None) -> list[dict[str, str]]:
    """Each filter that is applied, in words, and the address without it."""
    house, applied = request.app.state.house, []
    if asked.available and store:
        label = gettext("Available at %(store)s", store=store.name)
        applied.append({"name": "available", "label": label, "url": _without(request, "available")})
    for one in house.departments:
        if one.id in asked.wish.departments:
            url = _without(request, "department", value=one.slug(languages.language()))
            applied.append({"name": "department", "label": one.name.text(), "url": url})
    for brand in sorted(asked.wish.brands):
        applied.append({"name": "brand", "label": brand, "url": _without(request, "brand", value=brand)})
    for one in house.facets:
        for value in asked.wish.choices(one.code):
            name = ATTRIBUTE + one.code
            label = one.words(value) or value
            applied.append({"name": name, "label": label, "url": _without(request, name, value=value)})
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


def _filters(request: Request, asked: Asked, counts: Counts, store: Store | None) -> dict[str, Any]:
    """The filters of a list. Where a search counts no further, choices are named without their number."""
    house = request.app.state.house
    kept = [(name, request.query_params[name]) for name in ("q", "sort", "store") if name in request.query_params]
    facets = [
        _facet("department", gettext("Department"), _departments(house, asked, counts), counts)
        if asked.wish.words
        else None,
        _facet("brand", gettext("Brand"), _brands(asked, counts), counts),
        *(_facet(ATTRIBUTE + one.code, one.label.text(), _choices(one, asked, counts), counts) for one in house.facets),
    ]
    return {
        "action": request.url.path,
        "available_here": asked.available if store else None,
        "available_count": None if counts.is_capped else counts.available,
        "hidden": kept,
        "facets": [facet for facet in facets if facet],
        "price": {"low": asked.low or None, "high": asked.high or None},
    }


Chosen = tuple[str, str, int, bool]
"""A choice of a filter: its value in the address, its words, how many articles, whether it is chosen."""


def _facet(name: str, label: str, choices: Sequence[Chosen], counts: Counts) -> dict[str, Any] | None:
    """A filter that would narrow anything; one choice that is not chosen does not."""
    if len(choices) < 2 and not any(chosen for *_, chosen in choices):
        return None
    shown = [(value, words, None if counts.is_capped else n, chosen) for value, words, n, chosen in choices]
    return {"name": name, "label": label, "choices": shown}


def _departments(house: House, asked: Asked, counts: Counts) -> list[Chosen]:
    found: list[Chosen] = []
    for one in house.departments:
        n = sum(counts.departments.get(part.id, 0) for part in (one, *house.children(one)))
        if n or one.id in asked.wish.departments:
            found.append((one.slug(languages.language()), one.name.text(), n, one.id in asked.wish.departments))
    return found


def _brands(asked: Asked, counts: Counts) -> list[Chosen]:
    first = list(counts.brands)[:MOST_BRANDS]
    shown = [*first, *(brand for brand in sorted(asked.wish.brands) if brand not in first)]
    return [(brand, brand, counts.brands.get(brand, 0), brand in asked.wish.brands) for brand in shown]


def _choices(one: Attribute, asked: Asked, counts: Counts) -> list[Chosen]:
    chosen, there = asked.wish.choices(one.code), counts.attributes.get(one.code, {})
    return [
        (code, one.words(code), there.get(code, 0), code in chosen)
        for code in (str(choice["code"]) for choice in one.choices)
        if there.get(code) or code in chosen
    ]
