"""Products, as the catalogue shows them: only what is published, only variants that are offered."""

from typing import Any

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload
from starlette.requests import Request
from starlette.responses import Response

from kit import languages
from kit.errors import Gone, NotFound
from kit.languages import Translated, lazy
from stores import catalogue
from stores.catalogue import Product, State, Variant
from stores.stock import StoreStock
from web.api import answers, bodies
from web.api.calls import Calls, about
from web.api.replies import VERSION, catalogue_reply, cursor_after, read_cursor
from web.api.stores import known_store
from web.routing import ANYONE

calls = Calls()

DICTIONARIES = {"fr": "french", "en": "english"}


@calls.get(f"{VERSION}/products", allow=ANYONE, name="api_products")
@about(
    lazy("Products of the catalogue"),
    answers.ProductList,
    more=lazy(
        "`query` searches in the language asked. `category` is a slug, with all that is below it. `store` leaves what "
        "that store has, `available=true` what can be reserved now, there or in any store."
    ),
    query=bodies.ProductsQuery,
    refusals=((404, "not_found"), (422, "cursor")),
)
async def products(request: Request, session: AsyncSession) -> Response:
    asked = bodies.query(bodies.ProductsQuery, request)
    after = read_cursor(asked.cursor, int)
    wanted = [Product.state == State.PUBLISHED, *_filters(request, asked)]
    if after:
        wanted.append(Product.id > after[0])
    query = select(Product).where(*wanted).order_by(Product.id).limit(asked.limit + 1).options(*_loaded())
    found = (await session.scalars(query)).all()
    page = found[: asked.limit]
    more = cursor_after(page[-1].id) if len(found) > len(page) else None
    items = [answers.Product(**_fields(request, product)) for product in page]
    return catalogue_reply(request, answers.ProductList(items=items, next=more))


@calls.get(f"{VERSION}/products/{{ref}}", allow=ANYONE, name="api_product")
@about(
    lazy("One product, by its stable reference"),
    answers.ProductInFull,
    refusals=((404, "not_found"), (410, "gone")),
)
async def product(request: Request, session: AsyncSession) -> Response:
    ref = request.path_params["ref"].replace("\x00", "")
    found = await session.scalar(select(Product).where(Product.ref == ref).options(*_loaded()))
    if found is None or found.state in (State.DRAFT, State.READY):
        raise NotFound()
    if found.state == State.WITHDRAWN:
        raise Gone()
    facts: list[Any] = found.facts.get(languages.language()) or next(iter(found.facts.values()), [])
    said = answers.ProductInFull(
        **_fields(request, found),
        story=found.story.text(),
        facts=[answers.Fact(name=name, value=value) for name, value in facts],
        made_in=found.made_in,
    )
    return catalogue_reply(request, said)


def _loaded() -> tuple[Any, ...]:
    return selectinload(Product.variants), selectinload(Product.pictures)


def _filters(request: Request, asked: bodies.ProductsQuery) -> list[ColumnElement[bool]]:
    """What the parameters ask for; raises `NotFound` for a category or a store that there is not."""
    wanted: list[ColumnElement[bool]] = []
    if asked.query.strip():
        spoken = languages.language()
        words = Product.words_en if spoken == "en" else Product.words_fr
        searched = func.websearch_to_tsquery(DICTIONARIES[spoken], func.vitrine_unaccent(asked.query))
        wanted.append(words.op("@@")(searched))
    if asked.category:
        wanted.append(Product.category_id.in_(_below(request.app.state.house.categories, asked.category)))
    if asked.store or asked.available:
        there = [Variant.product_id == Product.id, ~Variant.hidden, StoreStock.variant_id == Variant.id]
        if asked.store:
            there.append(StoreStock.store_id == known_store(request, asked.store).id)
        there.append(StoreStock.available > 0 if asked.available else StoreStock.book > 0)
        wanted.append(exists().where(*there))
    if asked.available:
        wanted.append(~Product.by_appointment)
    return wanted


def _below(categories: list[catalogue.Category], slug: str) -> set[int]:
    """The category of that slug, in either language, and all that are under it."""
    found = {category.id for category in categories if slug in (category.slug_fr, category.slug_en)}
    if not found:
        raise NotFound()
    while True:
        more = {category.id for category in categories if category.parent_id in found} - found
        if not more:
            return found
        found |= more


def _fields(request: Request, product: Product) -> dict[str, Any]:
    spoken, base = languages.language(), request.app.state.settings.base_url
    category = request.app.state.house.category(product.category_id)
    skus = {variant.id: variant.sku for variant in product.variants}
    return {
        "ref": product.ref,
        "slug": product.slug(spoken),
        "name": product.name.text(),
        "brand": product.brand,
        "url": f"{base}/{spoken}/p/{product.slug(spoken)}",
        "category": answers.Category(slug=category.slug(spoken), name=category.name.text()) if category else None,
        "by_appointment": product.by_appointment,
        "max_per_reservation": product.max_per_reservation,
        "updated_at": product.updated_at,
        "pictures": [
            answers.Picture(
                url=f"{base}/media/{picture.path}",
                alt=picture.alt.text(),
                width=picture.width,
                height=picture.height,
                sku=skus.get(picture.variant_id or 0),
            )
            for picture in product.pictures
        ],
        "variants": [
            answers.Variant(
                sku=variant.sku,
                gtin=variant.gtin,
                options=[
                    answers.Option(name=Translated(option["name"]).text(), value=Translated(option["value"]).text())
                    for option in variant.options
                ],
                price=answers.Money.of(variant.price),
            )
            for variant in product.variants
            if not variant.hidden
        ],
    }
