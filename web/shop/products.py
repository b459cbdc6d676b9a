"""One article: what it is, where it can be seen, and the way to reserve it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kit import languages
from kit.languages import Translated, gettext
from stores import articles
from stores.articles import Article, Choice
from stores.catalogue import Product, State
from stores.places import Store
from web import pages, views
from web.routing import ANYONE, Routes
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
    row, article, near = await articles.show(session, slug)
    if article.slug(language) != slug:
        return RedirectResponse(views.product_url(request, article, **request.query_params), 301)
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
    similar = [views.card(request, one, store) for one in near]
    department = request.app.state.house.department_of(category) if category else None
    sku = chosen.sku if chosen else ""
    pictures = [views.picture(one) for one in _pictures(article, chosen)]
    context = {
        "product": {
            "ref": row.ref,
            "name": row.name.text(),
            "lang": row.name.language(),
            "brand": row.brand,
            "price": chosen.price if chosen and not gone else None,
            "was": None,
            "story": paragraphs(row.story),
            "facts": _facts(row),
            "category": {"path": trail} if trail else None,
            "pictures": pictures,
            "floor": _floor(request, store, row) if store else None,
            "options": _options(request, article, chosen, store) if chosen and not gone else [],
            "variant": chosen,
            "availability": said,
            "max_per_reservation": row.max_per_reservation,
            "similar": similar[:GONE_SHOWS] if gone else similar,
            "gone": gone,
            "by_appointment": row.by_appointment,
        },
        "advice": None if gone else await advisor.advice(request, session, department, store, sku),
        "store": store.slug if store else None,
        "stores_url": _stores_url(request, article, chosen),
        "graph": pages.graph([_json_ld(request, row, article, store), views.trail(request, trail)]) if not gone else "",
    }
    page = views.page(
        request,
        row.name.text(),
        {code: f"/{code}/p/{article.slug(code)}" for code in languages.LANGUAGES},
        description=_description(row.story.text()),
        image=pictures[0].src if pictures else "",
        robots="noindex" if gone else "",
    )
    return pages.render(request, "shop/product.html", context, page=page, status=410 if gone else 200)


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


def paragraphs(story: Translated) -> list[str]:
    return [part.strip() for part in story.text().split("\n\n") if part.strip()]


def _description(text: str) -> str:
    """The beginning of the story, cut between two words."""
    flat = " ".join(text.split())
    if len(flat) <= LONGEST_DESCRIPTION:
        return flat
    return flat[:LONGEST_DESCRIPTION].rsplit(" ", 1)[0].rstrip(" ,;:.") + "…"


def _facts(product: Product) -> list[tuple[str, str]]:
    told = product.facts.get(languages.language()) or product.facts.get(languages.DEFAULT) or []
    facts = [(str(label), str(value)) for label, value in told]
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


def _json_ld(request: Request, row: Product, article: Article, store: Store | None) -> dict[str, Any]:
    """A Product, or a ProductGroup of its variants: offers are in stores only, and none is sold here."""
    url = request.app.state.settings.base_url + views.product_url(request, article)
    base = request.app.state.settings.base_url
    common = {
        "name": row.name.text(),
        "description": " ".join(row.story.text().split()),
        "image": [base + views.picture(one).src for one in article.pictures],
        "inLanguage": languages.language(),
        **({"brand": {"@type": "Brand", "name": row.brand}} if row.brand else {}),
    }
    things = [_product_ld(request, article, choice, url, store) for choice in article.choices]
    if len(things) == 1:
        return {**common, **things[0], "@id": f"{url}#p"}
    return {"@type": "ProductGroup", "@id": f"{url}#p", "productGroupID": row.ref, **common, "hasVariant": things}


def _product_ld(request: Request, article: Article, choice: Choice, url: str, store: Store | None) -> dict[str, Any]:
    stores = request.app.state.house.stores.values()
    now = request.state.now
    have = [
        one
        for one in stores
        if views.status_at(one, [choice.cells.get(one.id)], by_appointment=article.by_appointment, now=now)
        != views.UNAVAILABLE
    ]
    base = request.app.state.settings.base_url
    where = [
        {"@type": "DepartmentStore", "@id": f"{base}{views.address(request, 'store', slug=one.slug)}#s",
         "branchCode": one.slug}
        for one in have
        if store is None or one.id == store.id
    ]  # fmt: skip
    name = ", ".join(part for part in (article.name.text(), choice.label) if part)
    return {
        "@type": "Product",
        "name": name,
        "sku": choice.sku,
        **({f"gtin{len(choice.gtin)}": choice.gtin} if choice.gtin and len(choice.gtin) in (8, 12, 13, 14) else {}),
        "offers": {
            "@type": "Offer",
            "url": f"{url}?sku={choice.sku}",
            "price": choice.price.amount,
            "priceCurrency": choice.price.currency,
            "availability": f"https://schema.org/{'InStoreOnly' if have else 'OutOfStock'}",
            "itemCondition": "https://schema.org/NewCondition",
            **({"availableAtOrFrom": where} if where else {}),
        },
    }
