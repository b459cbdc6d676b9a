"""Words among 100,000 articles: common, rare, absent and mistyped ones, in either language, in the database alone.

A small chain is copied until it is large: each article ten times, under a name of its own now and then, so that words
are as common and as rare as in a real house.
"""

import statistics
import time
from typing import Any

import sqlalchemy as sa
from rich.table import Table

from kit.db import Database
from stores import search
from stores.search import Wish

ARTICLES = 100_000
TIMES = 15
WORDS = {
    "fr": {
        "common in names": ("lampe", "chaise", "maison"),
        "common in stories": ("pièces", "jour", "main"),
        "two words": ("chaise chêne", "lampe laiton"),
        "rare": ("quatrefeuille", "zibeline"),
        "absent": ("xylophone", "trampoline"),
        "a code": ("LUM-000123",),
    },
    "en": {
        "common in names": ("lamp", "chair", "oak"),
        "common in stories": ("years", "hand", "pieces"),
        "two words": ("oak chair", "brass lamp"),
        "rare": ("quatrefeuille", "zibeline"),
        "absent": ("xylophone", "trampoline"),
        "a code": ("LUM-000123",),
    },
}
MISTYPED = {"fr": ("chaize", "lampadère", "quatrefeuile"), "en": ("chiar", "lamqs", "quatrefeuile")}
COPY = """
insert into product (ref, slug_fr, slug_en, name, brand, story, facts, made_in, category_id, state, by_appointment,
    max_per_reservation, published_at, updated_at)
select ref || '-' || n, slug_fr || '-' || n, slug_en || '-' || n,
    case when p.id % 4999 = n then '{"fr": "Zibeline quatrefeuille", "en": "Zibeline quatrefeuille"}'::jsonb
        else name end,
    brand, story, facts, made_in, category_id, state, by_appointment, max_per_reservation,
    published_at - n * interval '37 minutes', updated_at
from product p, generate_series(1, :times) n where p.id in (select id from product order by id limit :base)
"""


async def make_many(database: Database) -> None:
    """Fill the house up to `ARTICLES`."""
    async with database.work() as session:
        await session.execute(sa.text("set local statement_timeout = '600s'"))
        there = await session.scalar(sa.text("select count(*) from product")) or 1
        await session.execute(sa.text(COPY), {"times": ARTICLES // there, "base": there})
        await search.learn(session)
    async with database.engine.connect() as connection:
        await (await connection.execution_options(isolation_level="AUTOCOMMIT")).execute(sa.text("vacuum analyze"))


class Stopwatch:
    """Milliseconds that statements of an engine take, from being sent to their answer."""

    def __init__(self, database: Database) -> None:
        self.spent = 0.0
        engine = database.engine.sync_engine
        sa.event.listen(engine, "before_cursor_execute", self.begin)
        sa.event.listen(engine, "after_cursor_execute", self.end)

    def begin(self, *_: Any) -> None:
        self.began = time.perf_counter()

    def end(self, *_: Any) -> None:
        self.spent += (time.perf_counter() - self.began) * 1000


async def bench_search(database: Database, table: Table) -> None:
    """Medians over the words of a kind, each searched with its filters counted, as the page does."""
    await make_many(database)
    watch = Stopwatch(database)
    for language, kinds in WORDS.items():
        for kind, words in kinds.items():
            took = [await _search(database, watch, word, language) for _ in range(TIMES) for word in words]
            _row(table, f"search of 100,000, {language}, {kind}", took, 15)
        slips = [await _put_right(database, watch, word, language) for _ in range(TIMES) for word in MISTYPED[language]]
        _row(table, f"search of 100,000, {language}, a typo put right", slips, 40)


def _row(table: Table, what: str, took: list[float], limit: float) -> None:
    p50, p95 = statistics.median(took), statistics.quantiles(took, n=20)[-1]
    table.add_row(
        what, f"{limit:.0f} ms, p50 in the database", f"{p50:.1f} ms", f"p95 {p95:.1f} ms", f"{limit / p50:.1f}"
    )


async def _search(database: Database, watch: Stopwatch, word: str, language: str) -> float:
    watch.spent = 0
    async with database.work(readonly=True) as session:
        wish = Wish(words=word, language=language)
        counts = await search.count(session, wish, ["material"])
        await search.search(session, wish, limit=24, total=counts.total)
    return watch.spent


async def _put_right(database: Database, watch: Stopwatch, word: str, language: str) -> float:
    """The search that finds nothing, the words that were meant, and the search for those."""
    watch.spent = 0
    async with database.work(readonly=True) as session:
        await search.search(session, Wish(words=word, language=language), limit=24)
        better = await search.put_right(session, word, language)
        if better:
            await search.search(session, Wish(words=better, language=language), limit=24)
    return watch.spent
