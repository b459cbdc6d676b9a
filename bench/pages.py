"""A category page of 10,000 articles and one of its articles, against the bare page of the same size and rows.

The bare page is Starlette, Jinja2 and one asyncpg query: it reads the same articles with their variants, pictures and
stock, says a price and a word of availability for each, and is filled up with plain text to the size of ours.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import jinja2
import sqlalchemy as sa
from rich.table import Table
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route

from kit import languages
from kit.money import Money

PRODUCTS = 10_000
STORES = 20
Work = Callable[[], Awaitable[Any]]

BARE = """<!doctype html><html lang="fr"><head><title>{{ title }}</title></head><body>{{ frame }}<ul>
{% for card in cards %}<li><article class="card">
<div class="picture">{% for picture in card.pictures %}<img src="/media/{{ picture[0] }}" alt=""
 width="{{ picture[2] }}" height="{{ picture[3] }}" loading="lazy" decoding="async">{% endfor %}</div>
<p class="eyebrow">{{ card.brand }}</p>
<h3><a href="/fr/p/{{ card.slug }}">{{ card.name }}</a></h3>
<p class="price">{{ _("from %(price)s", price=card.price|price) }}</p>
<p class="avail"><span>{{ card.words }}</span></p>
</article></li>
{% endfor %}</ul></body></html>"""

ROWS = """select p.slug_fr, p.name->>'fr' as name, p.brand,
    (select json_agg(json_build_array(v.id, v.sku, v.gtin, v.options, v.price_minor, v.currency)
        order by v.position, v.id) from variant v where v.product_id = p.id and not v.hidden) as variants,
    (select json_agg(json_build_array(i.path, i.alt, i.width, i.height, i.variant_id) order by i.position, i.id)
        from picture i where i.product_id = p.id) as pictures,
    (select json_agg(json_build_array(s.variant_id, s.store_id, s.book, s.available,
        extract(epoch from s.seen_at)::int)) from store_stock s join variant v on v.id = s.variant_id
        where v.product_id = p.id) as cells
    from product p where p.state = 'published' and p.listed and {where}"""
CATEGORY = ROWS.format(where="p.category_id = $1 order by p.published_at desc, p.id desc limit 24")
PRODUCT = ROWS.format(
    where="""p.id in (select $1::int union all (select o.id from product o where o.state = 'published' and o.listed
        and o.category_id = (select category_id from product where id = $1) and o.id <> $1
        order by o.published_at desc, o.id desc limit 6))"""
)


def bare_page(pool: asyncpg.Pool, sql: str, argument: Any, store_id: int, size: int) -> Starlette:
    """The same rows by one query, shown by one template, of so many characters."""
    env = jinja2.Environment(autoescape=True, extensions=["jinja2.ext.i18n"], auto_reload=False)
    env.install_gettext_callables(languages.gettext, languages.ngettext, newstyle=True)  # type: ignore[attr-defined]
    env.filters["price"] = languages.price_words
    template = env.from_string(BARE)
    frame = ""

    def shown(row: asyncpg.Record) -> dict[str, Any]:
        variants, pictures, cells = (json.loads(row[name] or "[]") for name in ("variants", "pictures", "cells"))
        here = sum(cell[3] for cell in cells if cell[1] == store_id)
        return {
            "slug": row["slug_fr"],
            "name": row["name"],
            "brand": row["brand"],
            "price": Money(min(variant[4] for variant in variants), "EUR"),
            "pictures": pictures[:2],
            "words": languages.gettext("To be confirmed by the store")
            if here > 0
            else languages.gettext("Currently unavailable"),
        }

    async def page(request: Request) -> HTMLResponse:
        with languages.speaking("fr"):
            rows = await pool.fetch(sql, argument)
            return HTMLResponse(template.render(title="bench", frame=frame, cards=[shown(row) for row in rows]))

    app = Starlette(routes=[Route("/", page)])
    app.state.fill = lambda missing: _fill(missing)

    def _fill(missing: int) -> None:
        nonlocal frame
        frame = "x" * max(0, missing)

    return app


async def hello(request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


async def one_big_category(database: Any) -> dict[str, Any]:
    """Every article of the chain into one category; what the benches call it."""
    async with database.work() as session:
        await session.execute(sa.text("set local statement_timeout = '120s'"))
        category = (
            await session.execute(
                sa.text("select id, slug_fr from category where parent_id is not null order by id limit 1")
            )
        ).one()
        await session.execute(sa.text("update product set category_id = :id"), {"id": category.id})
        store = (await session.execute(sa.text("select id, slug from store order by id limit 1"))).one()
        article = (
            await session.execute(
                sa.text("select id, slug_fr from product where state = 'published' order by id limit 1")
            )
        ).one()
    async with database.engine.connect() as connection:
        await (await connection.execution_options(isolation_level="AUTOCOMMIT")).execute(sa.text("vacuum analyze"))
    return {"category": category, "store": store, "article": article}


async def statements_of(database: Any, call: Work) -> int:
    """How many statements one page sends."""
    sent: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        sent.append(statement)

    sa.event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    await call()
    sa.event.remove(database.engine.sync_engine, "before_cursor_execute", note)
    return len(sent)


async def bench_pages(
    app: Starlette,
    database: Any,
    pool: asyncpg.Pool,
    table: Table,
    *,
    caller: Callable[[Starlette, str], Work],
    compare: Callable[..., Awaitable[tuple[float, float, float]]],
    size_of: Callable[[Starlette, str], Awaitable[int]],
) -> None:
    """Both pages in French with a chosen store: counts of the filters are remembered, as they are for most visitors."""
    named = await one_big_category(database)
    category, store, article = named["category"], named["store"], named["article"]
    bare = caller(Starlette(routes=[Route("/", hello)]), "/")
    for name, path, sql, argument in (
        (f"category page, {PRODUCTS} articles", f"/fr/c/{category.slug_fr}?store={store.slug}", CATEGORY, category.id),
        ("product page", f"/fr/p/{article.slug_fr}?store={store.slug}", PRODUCT, article.id),
    ):
        limit = bare_page(pool, sql, argument, store.id, 0)
        size = await size_of(app, path)
        limit.state.fill(size - await size_of(limit, "/"))
        count = await statements_of(database, caller(app, path))
        ours, bare_sql, ratio = await compare(caller(app, path), caller(limit, "/"))
        what = f"{name}, {size / 1000:.0f} kB, {count} statements"
        table.add_row(what, "Starlette + Jinja2 + one query", f"{ours:.0f}/s", f"{bare_sql:.0f}/s", f"{ratio:.2f}")
        ours, plain, ratio = await compare(caller(app, path), bare)
        table.add_row(name, "bare Starlette, hello", f"{ours:.0f}/s", f"{plain:.0f}/s", f"{ratio:.3f}")
