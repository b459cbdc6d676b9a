"""One article: what it is, where it can be seen, and the way to reserve it."""

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kit import languages, rich
from kit.errors import NotFound
from kit.languages import Translated, gettext
from stores import articles, catalogue, slugs
from stores.articles import Article, Choice
from stores.attributes import Attribute
from stores.catalogue import Product, State
from stores.places import Store
from web import pages, views
from web.pages import Page
from web.routing import ANYONE, Routes
from web.shop import structured
from web.shop.appointing import advisor

routes = Routes()

LONGEST_DESCRIPTION = 155
GONE_SHOWS = 3


@routes.get("/{language:language}/p/{slug}", allow=ANYONE, name="product")
async def product(request: Request, session: AsyncSession) -> Response:
    """The page of an article: four statements, one more for the diaries where an advisor may be named.

    One that was withdrawn answers 410 with what comes closest.
    """
    language, slug = languages.language(), request.path_params["slug"]
    try:
        row, article, beside = await articles.show(session, slug)
    except NotFound:
        return await _moved(request, session, slug)
    if article.slug(language) != slug:
        return _at(request, article.slug(language))
    store = pages.store_of(request)
    gone = row.state == State.WITHDRAWN
    chosen = _chosen(request, article, store)
    said = (
        views.Availability(views.UNAVAILABLE, gettext("Currently unavailable"))
        if gone or chosen is None
        else views.availability(request, article, [chosen], store, sku=chosen.sku)
    )
    category = request.app.state.house.category(row.category_id)
    trail = views.crumbs(request, category) if category else []
    goes = [(views.card(request, one.article, store), one.reason) for one in beside if one.reason is not None]
    similar = [views.card(request, one.article, store) for one in beside if one.reason is None]
    department = request.app.state.house.department_of(category) if category else None
    sku = chosen.sku if chosen else ""
    pictures = [views.picture(one) for one in _pictures(article, chosen)]
    context = {
        "product": {
            "ref": row.ref,
            "name": row.readable(row.name).text(),
            "lang": row.readable(row.name).language(),
            "brand": row.brand,
            **_prices(chosen if not gone else None, store),
            "story": _rich(row.readable(row.story).text(), lead=True),
            "story_lang": row.readable(row.story).language(),
            "care": _rich(row.readable(row.care).text()),
            "care_lang": row.readable(row.care).language(),
            "facts": _facts(row, request.app.state.house.attributes),
            "facts_lang": languages.language() if row.facts.get(languages.language()) else languages.DEFAULT,
            "category": {"path": trail} if trail else None,
            "pictures": pictures,
            "floor": _floor(request, store, row) if store else None,
            "on_show": store is not None and chosen is not None and _on_show(chosen, store),
            "try_in_store": row.try_in_store,
            "options": _options(request, article, chosen, store) if chosen and not gone else [],
            "variant": chosen,
            "availability": said,
            "max_per_reservation": row.max_per_reservation,
            "goes": [] if gone else goes,
            "similar": similar[:GONE_SHOWS] if gone else similar,
            "gone": gone,
            "by_appointment": row.by_appointment,
        },
        "advice": None if gone else await advisor.advice(request, session, department, store, sku),
        "store": store.slug if store else None,
        "stores_url": _stores_url(request, article, chosen),
        "graph": ""
        if gone
        else structured.graph([structured.article(request, row, article, store), structured.trail(request, trail)]),
    }
    page = _head(request, row, article, pictures[0].src if pictures else "")
    return pages.render(request, "shop/product.html", context, page=page, status=410 if gone else 200)


async def _moved(request: Request, session: AsyncSession, slug: str) -> Response:
    """To what had this address before. Raises `NotFound` where nothing had, or where it is shown no more."""
    product_id = await slugs.follow(session, "product", slug)
    found = await session.get(Product, product_id) if product_id else None
    if found is None or found.state not in (State.PUBLISHED, State.WITHDRAWN):
        raise NotFound()
    return _at(request, found.slug(languages.language()))


def _at(request: Request, slug: str) -> Response:
    """The same question at the address that counts, for good."""
    return RedirectResponse(views.address(request, "product", request.query_params.multi_items(), slug=slug), 301)


def _head(request: Request, row: Product, article: Article, image: str) -> Page:
    """What the page says of itself. Where this language is missing or a draft, it leads search engines to the other."""
    name, story = row.readable(row.name), row.readable(row.story)
    told = row.readable(row.seo_description).get(languages.language()) or rich.plain(story.text())
    page = views.page(
        request,
        row.readable(row.seo_title).get(languages.language()) or name.text(),
        {code: f"/{code}/p/{article.slug(code)}" for code in languages.LANGUAGES},
        description=_description(told),
        image=image,
        robots="noindex" if row.state == State.WITHDRAWN else "",
    )
    page.spoken = catalogue.spoken(row.name, row.story, row.drafts)
    if languages.language() not in page.spoken:
        page.canonical, page.robots = page.alternates[page.spoken[0]], page.robots or "noindex, follow"
    elif not row.listed:
        page.robots = page.robots or "noindex, follow"
    return page


def _chosen(request: Request, article: Article, store: Store | None) -> Choice | None:
    """The variant that the address names, else the first of which the store can say the best."""
    named = request.query_params.get("sku", "")
    for choice in article.choices:
        if choice.sku == named:
            return choice
    if store is None or not article.choices:
        return next(iter(article.choices), None)
    now = request.state.now
    rank = (views.AVAILABLE, views.TO_CONFIRM, views.BY_APPOINTMENT, views.UNAVAILABLE)

    def of(choice: Choice) -> int:
        cell = choice.cells.get(store.id)
        return rank.index(views.status_at(store, [cell], by_appointment=article.by_appointment, now=now))

    return min(article.choices, key=of)


def _pictures(article: Article, chosen: Choice | None) -> Sequence[Any]:
    """Those of the chosen variant first, then those of the article, then those of the other variants."""
    if chosen is None:
        return article.pictures

    def of(picture: Any) -> int:
        return 0 if picture.variant_id == chosen.id else 1 if picture.variant_id is None else 2

    return article.pictures if not any(of(one) == 0 for one in article.pictures) else sorted(article.pictures, key=of)


def _prices(chosen: Choice | None, store: Store | None) -> dict[str, Any]:
    """What it costs in the chosen store. A price that is the store's own is never crossed out."""
    if chosen is None:
        return {"price": None, "was": None, "price_at": ""}
    price = chosen.price_in(store.id if store else None)
    own = store is not None and price != chosen.price
    return {"price": price, "was": None if own else chosen.was, "price_at": store.name if store and own else ""}


def _on_show(chosen: Choice, store: Store) -> bool:
    cell = chosen.cells.get(store.id)
    return cell is not None and cell.on_show


def _rich(text: str, *, lead: bool = False) -> Markup:
    """A long text as HTML; the first paragraph of a story leads into it."""
    html = rich.html(text)
    return html.replace(Markup("<p>"), Markup('<p class="lead">'), 1) if lead else html


def _description(text: str) -> str:
    """The beginning of the story, cut between two words."""
    flat = " ".join(text.split())
    if len(flat) <= LONGEST_DESCRIPTION:
        return flat
    return flat[:LONGEST_DESCRIPTION].rsplit(" ", 1)[0].rstrip(" ,;:.") + "…"


def _facts(product: Product, attributes: Sequence[Attribute]) -> list[tuple[str, str]]:
    """What can be measured, as it was written; then what articles are compared by."""
    told = product.facts.get(languages.language()) or product.facts.get(languages.DEFAULT) or []
    facts = [(str(label), str(value)) for label, value in told]
    compared = ((one.label.text(), one.words(product.attributes.get(one.code))) for one in attributes)
    facts += [(label, words) for label, words in compared if words]
    if product.made_in:
        territory = languages.LOCALES[languages.language()].territories.get(product.made_in, product.made_in)
        facts.append((gettext("Made in"), territory))
    return facts


def _floor(request: Request, store: Store, product: Product) -> str | None:
    """`3ᵉ étage, Luminaires`: where it stands in that store."""
    house = request.app.state.house
    category = house.category(product.category_id)
    department = house.department_of(category) if category else None
    floor = store.floor_of(department.code) if department and department.code else None
    if department is None or floor is None:
        return None
    return f"{Translated(floor['name']).text()}, {department.name.text()}"


def _options(request: Request, article: Article, chosen: Choice, store: Store | None) -> list[dict[str, Any]]:
    """Each option with its values; a value leads to the variant that has it and keeps the other values if it can."""
    shown = []
    for place, option in enumerate(chosen.options):
        values = []
        seen = set()
        for choice in article.choices:
            if place >= len(choice.options):
                continue
            label = Translated(choice.options[place]["value"]).text()
            if label in seen:
                continue
            seen.add(label)
            to = _nearest_choice(article.choices, chosen, place, choice.options[place]["value"])
            values.append(_value(request, article, to, label, to.id == chosen.id, store))
        shown.append({"name": Translated(option["name"]).text(), "values": values})
    return shown


def _nearest_choice(choices: Sequence[Choice], chosen: Choice, place: int, value: Any) -> Choice:
    fitting = [one for one in choices if place < len(one.options) and one.options[place]["value"] == value]

    def same(one: Choice) -> int:
        return sum(mine["value"] == its["value"] for mine, its in zip(chosen.options, one.options, strict=False))

    return max(fitting, key=same)


def _value(
    request: Request, article: Article, choice: Choice, label: str, selected: bool, store: Store | None
) -> dict[str, Any]:
    said = views.availability(request, article, [choice], store, sku=choice.sku)
    away = store is not None and said.status in (views.ELSEWHERE, views.UNAVAILABLE)
    line = None
    if away:
        line = said.elsewhere[0].store if said.elsewhere else gettext("unavailable")
    query = {"sku": choice.sku} | ({"store": store.slug} if store and "store" in request.query_params else {})
    return {
        "label": label,
        "url": views.product_url(request, article, **query),
        "selected": selected,
        "line": line,
        "away": away,
    }


def _stores_url(request: Request, article: Article, chosen: Choice | None) -> str:
    query = {"product": article.slug(languages.language())} | ({"sku": chosen.sku} if chosen else {})
    return views.address(request, "stores", query)
