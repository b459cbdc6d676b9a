"""What the shelves of the house hold, in such a way that everything a shelf can say is said somewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from stores.places import Store
from stores.stock import Kind, StockMovement, StoreStock

SOURCE = "seed"
"""Of the movements that are there before anybody has done anything."""
LETTERS = {
    "BRI": "B", "CUI": "C", "JEU": "J", "LIN": "T", "LUM": "L", "MAR": "S", "MEU": "H", "MOD": "M",
}  # fmt: skip
"""The letter with which the shelves of a department begin, on every floor of every store."""


class Truth(StrEnum):
    """What a shelf can say."""

    PLENTY = "plenty"
    FEW = "few"
    LAST = "last one"
    DISPLAY = "display piece"
    SOLD_OUT = "none here any more"
    NEVER = "never had"


CHANCES = {Truth.PLENTY: 38, Truth.FEW: 25, Truth.LAST: 13, Truth.DISPLAY: 5, Truth.SOLD_OUT: 10, Truth.NEVER: 9}
SEASONAL = {Truth.PLENTY: 8, Truth.FEW: 22, Truth.LAST: 12, Truth.DISPLAY: 3, Truth.SOLD_OUT: 5, Truth.NEVER: 50}
ON_SHOW = {Truth.DISPLAY: 65, Truth.NEVER: 35}
"""Chances, in hundredths, of a store that is there all year, of one that comes for a season, and of an article that
is chosen with an advisor."""
NOWHERE = 0.035
"""How often the whole house has none of a variant."""

JUST_NOW = timedelta(minutes=25)
SHOWN: dict[str, tuple[Truth, ...]] = {
    "LUM-0001-LAI": (Truth.PLENTY, Truth.PLENTY, Truth.FEW, Truth.FEW, Truth.LAST),
    "LUM-0001-NIC": (Truth.LAST, Truth.FEW, Truth.SOLD_OUT, Truth.FEW, Truth.NEVER),
    "LUM-0001-NOI": (Truth.DISPLAY, Truth.PLENTY, Truth.FEW, Truth.NEVER, Truth.NEVER),
    "LUM-0001-CUI": (Truth.SOLD_OUT, Truth.FEW, Truth.NEVER, Truth.NEVER, Truth.SOLD_OUT),
    "LUM-0002-PRU": (Truth.SOLD_OUT, Truth.SOLD_OUT, Truth.SOLD_OUT, Truth.NEVER, Truth.NEVER),
}
"""Two lamps whose finishes show all five truths, in the order of the stores: whoever shows the demo can rely on it."""


@dataclass(frozen=True)
class Article:
    """A variant that is in the database, with what the stock needs to know of it."""

    id: int
    sku: str
    price_minor: int
    department: str
    shelf: str
    by_appointment: bool
    first: bool
    """Of its product."""


def shelf(department: str, aisle: int, position: int) -> str:
    """`L-12-3`: department, aisle, place; `position` counts from zero."""
    return f"{LETTERS[department]}-{aisle}-{position + 1}"


async def put_stock(
    session: AsyncSession, stores: Sequence[Store], articles: Sequence[Article], *, now: datetime
) -> None:
    """Stock of every article in every store, on the floor of its department, with the movements that explain it."""
    rng = Random("aurore: stock")
    rows: list[dict[str, Any]] = []
    movements: list[dict[str, Any]] = []
    for article in articles:
        nowhere = not article.first and rng.random() < NOWHERE
        for number, store in enumerate(stores):
            truth = _truth(rng, article, store, nowhere)
            if article.sku in SHOWN:
                truth = SHOWN[article.sku][number]
            if truth is Truth.NEVER:
                continue
            row, moved = _shelf_rows(rng, store, article.id, truth, article.price_minor, now=now)
            if article.sku in SHOWN:  # counted just now: what it says is said without a doubt
                row |= {"fed_at": now - JUST_NOW, "seen_at": now - JUST_NOW}
            floor = store.floor_of(article.department)
            rows.append({**row, "floor": floor["level"] if floor else None, "shelf": article.shelf})
            movements += moved
    await session.execute(insert(StoreStock), rows)
    await session.execute(insert(StockMovement), movements)


def _truth(rng: Random, article: Article, store: Store, nowhere: bool) -> Truth:
    if article.by_appointment:
        chances = ON_SHOW
    else:
        chances = SEASONAL if store.opens_on else CHANCES
    truth = rng.choices(list(chances), list(chances.values()))[0]
    if nowhere:
        return Truth.NEVER if truth is Truth.NEVER else Truth.SOLD_OUT
    return truth


def _shelf_rows(
    rng: Random, store: Store, variant_id: int, truth: Truth, price_minor: int, *, now: datetime
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The row of stock that says `truth`, without its place, and the movements that add up to it."""
    dear = price_minor >= 20_000
    book = {
        Truth.PLENTY: rng.randint(4, 7) if dear else rng.randint(6, 24),
        Truth.FEW: rng.randint(2, 3),
        Truth.LAST: 1,
    }.get(truth, 0)
    shown = int(truth is Truth.DISPLAY or (truth is Truth.PLENTY and rng.random() < 0.15))
    seen = now - _age(rng, (0.3, 12), (13, 40), (45, 110))
    # before the week that is played on top of it
    received = min(seen, now - timedelta(days=8)) - timedelta(days=rng.uniform(0, 50))
    sold = rng.randint(1, 5) if truth is Truth.SOLD_OUT else rng.randint(0, 4)
    row = {
        "store_id": store.id,
        "variant_id": variant_id,
        "book": book + shown,
        "unsellable": shown,
        "safety": store.safety,
        "fed_at": now - _age(rng, (0.05, 0.6), (1.5, 2.8), (5, 9)),
        "seen_at": seen,
    }
    changes = [(Kind.RECEIPT, book + shown + sold, 0, 0.0)]
    if shown:
        changes.append((Kind.DISPLAY_ON, 0, 1, 0.05))
    if sold:
        changes.append((Kind.SALE, -sold, 0, 0.9))
    movements = [
        {
            "store_id": store.id,
            "variant_id": variant_id,
            "kind": kind,
            "book": units,
            "unsellable": off_sale,
            "source": SOURCE,
            "source_event_id": f"{store.id}:{variant_id}:{kind}",
            "occurred_at": received + (now - timedelta(days=7.5) - received) * share,
        }
        for kind, units, off_sale, share in changes
    ]
    return row, movements


def _age(rng: Random, *days: tuple[float, float]) -> timedelta:
    """Mostly recent, sometimes a while ago, now and then long ago: each a span of days."""
    return timedelta(days=rng.uniform(*rng.choices(days, (82, 12, 6))[0]))
