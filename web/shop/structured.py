"""What pages say to search engines in JSON-LD (schema.org): one `@graph` a page.

Nothing is sold online: an offer is `InStoreOnly`, names the stores that have it by their code, and never how many.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import quote

from markupsafe import Markup
from starlette.requests import Request

from kit import rich
from kit.languages import Translated
from stores.articles import Article, Choice
from stores.catalogue import Product
from stores.exchange.google import known_gtin
from stores.hours import Hours
from stores.places import Store
from web import views

SPECIAL_DAYS = 30
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

Thing = dict[str, Any]


def graph(things: Sequence[Mapping[str, Any]]) -> Markup:
    """As it stands in its script element, which no text in it can end."""
    text = json.dumps({"@context": "https://schema.org", "@graph": list(things)}, ensure_ascii=False)
    safe = text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return Markup(safe)  # noqa: S704


def trail(request: Request, steps: Iterable[tuple[str, str]]) -> Thing:
    """The way to a page: (name, path) of what stands above it, and of itself."""
    base = request.app.state.settings.base_url
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": place, "name": name, "item": base + quote(url, safe="/?=&%")}
            for place, (name, url) in enumerate(steps, start=1)
        ],
    }


# An article


def article(request: Request, row: Product, shown: Article, store: Store | None) -> Thing:
    """A Product, or a ProductGroup of its variants; with a store chosen, what it has and asks."""
    base = request.app.state.settings.base_url
    url = base + quote(views.product_url(request, shown))
    name, story = row.readable(row.name), row.readable(row.story)
    common: Thing = {
        "@id": f"{url}#p",
        "url": url,
        "name": name.text(),
        "inLanguage": name.language(),
        **_unless_empty(
            description=rich.plain(story.text()),
            image=[f"{base}/media/{one.path}" for one in shown.pictures],
            brand={"@type": "Brand", "name": row.brand} if row.brand else {},
        ),
    }
    things = [_variant(request, name, shown, choice, url, store) for choice in shown.choices]
    if len(things) == 1:
        return {**common, **things[0], "name": common["name"]}
    group = {"@type": "ProductGroup", **common, "productGroupID": row.ref}
    return {**group, "hasVariant": things} if things else group


def _variant(
    request: Request, name: Translated, shown: Article, choice: Choice, url: str, store: Store | None
) -> Thing:
    own = [one for one in shown.pictures if one.variant_id == choice.id]
    base = request.app.state.settings.base_url
    number = known_gtin(choice.gtin)
    return {
        "@type": "Product",
        "name": ", ".join(part for part in (name.text(), choice.label) if part),
        "sku": choice.sku,
        **({f"gtin{len(number)}": number} if number else {}),
        **_unless_empty(image=[f"{base}/media/{one.path}" for one in own]),
        "offers": _offer(request, shown, choice, f"{url}?sku={quote(choice.sku, safe='')}", store),
    }


def _offer(request: Request, shown: Article, choice: Choice, url: str, store: Store | None) -> Thing:
    """Where it can be had, of all stores or of the chosen one. Its price is that of the page."""
    now = request.state.now
    have = [
        one
        for one in request.app.state.house.stores.values()
        if store is None or one.id == store.id
        if views.status_at(one, [choice.cells.get(one.id)], by_appointment=shown.by_appointment, now=now)
        != views.UNAVAILABLE
    ]
    price = choice.price_in(store.id if store else None)
    return {
        "@type": "Offer",
        "url": url,
        "price": price.amount,
        "priceCurrency": price.currency,
        "availability": f"https://schema.org/{'InStoreOnly' if have else 'OutOfStock'}",
        "itemCondition": "https://schema.org/NewCondition",
        **_unless_empty(
            availableAtOrFrom=[
                {"@type": "DepartmentStore", "@id": f"{_store_url(request, one)}#s", "branchCode": one.slug}
                for one in have
            ]
        ),
    }


# A store


def place(request: Request, store: Store, today: date) -> Thing:
    """A store with its usual week, and the days of the next month that have hours of their own."""
    base = request.app.state.settings.base_url
    url = _store_url(request, store)
    monday = today - timedelta(days=today.weekday())
    return {
        "@type": "DepartmentStore",
        "@id": f"{url}#s",
        "name": store.name,
        "url": url,
        "branchCode": store.slug,
        **_unless_empty(
            image=f"{base}/media/{store.scene}" if store.scene else "",
            telephone=store.phone,
            description=store.about.text(),
        ),
        "address": {
            "@type": "PostalAddress",
            "streetAddress": store.street,
            "postalCode": store.postcode,
            "addressLocality": store.city,
            "addressCountry": store.country,
        },
        "geo": {"@type": "GeoCoordinates", "latitude": store.latitude, "longitude": store.longitude},
        "openingHoursSpecification": [
            {
                "@type": "OpeningHoursSpecification",
                "dayOfWeek": DAYS[line.day.weekday()],
                "opens": f"{opens:%H:%M}",
                "closes": f"{closes:%H:%M}",
            }
            for line in Hours(store.hours_osm, store.timezone).week(monday)
            for opens, closes in line.times
        ],
        **_unless_empty(
            specialOpeningHoursSpecification=[
                special
                for line in store.hours.exceptional(today, SPECIAL_DAYS)
                for special in _special(line.day, [(f"{a:%H:%M}", f"{b:%H:%M}") for a, b in line.times])
            ]
        ),
    }


def _special(day: date, times: Sequence[tuple[str, str]]) -> list[Thing]:
    """A day that is not as usual; a closed one is said as Google reads it, from midnight to midnight."""
    return [
        {
            "@type": "OpeningHoursSpecification",
            "validFrom": day.isoformat(),
            "validThrough": day.isoformat(),
            "opens": opens,
            "closes": closes,
        }
        for opens, closes in times or [("00:00", "00:00")]
    ]


def _store_url(request: Request, store: Store) -> str:
    base: str = request.app.state.settings.base_url
    return base + quote(views.address(request, "store", slug=store.slug))


def _unless_empty(**values: Any) -> Thing:
    return {name: value for name, value in values.items() if value}
