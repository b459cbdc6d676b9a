"""Towns of France with their postcode, so that the store picker understands where somebody lives.

Coordinates are of the town's centre, to about two kilometres: enough to say which store is nearer.
"""

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from stores.places import Town

FILE = Path(__file__).parent / "data" / "towns.json"


class Known(NamedTuple):
    name: str
    postcode: str
    latitude: float
    longitude: float


@cache
def known() -> tuple[Known, ...]:
    """The towns of the file, large cities with several of their postcodes."""
    return tuple(Known(*row) for row in json.loads(FILE.read_text(encoding="utf-8")))


async def load(session: AsyncSession) -> None:
    """Put them into the database, if none is there."""
    if await session.scalar(select(Town.id).limit(1)) is not None:
        return
    await session.execute(insert(Town), [{**town._asdict(), "key": ""} for town in known()])
    # by the database's own hand, so that the key is what `stores.places.locate` compares it with
    key = func.lower(func.vitrine_unaccent(func.replace(Town.name, "-", " ")))
    await session.execute(update(Town).values(key=key).execution_options(synchronize_session=False))
