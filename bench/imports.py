"""One file of 50,000 articles: rows a second from the upload to the last commit, and what it costs in memory."""

import asyncio
import csv
import io
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from booking.demo import aurore
from kit import embedded, log
from kit.clock import Clock
from kit.db import Database, make_engine
from stores.exchange import batches
from stores.exchange.batches import Batch, State
from stores.gtin import check_digit
from web import exchanging
from web.migrating import migrate

PRODUCTS = 50_000
VARIANTS = 3
HEADER = (
    "ref", "name:fr", "name:en", "brand", "category", "state", "story:fr", "story:en", "facts:fr", "facts:en",
    "care:fr", "care:en", "made_in", "max_per_reservation", "sku", "gtin", "option1_name:fr", "option1_name:en",
    "option1:fr", "option1:en", "price", "was_price", "weight_grams", "position", "hidden",
)  # fmt: skip
STORY = {
    "fr": "Une pièce pensée pour durer, dessinée à Paris et fabriquée à la main par un atelier familial du Jura. "
    "Elle se marie avec le bois clair et le laiton, et trouve sa place dans une entrée comme dans une chambre.",
    "en": "A piece made to last, drawn in Paris and built by hand in a family workshop of the Jura. "
    "It goes with pale wood and brass, and is at home in a hallway as in a bedroom.",
}
COLOURS = (("Laiton", "Brass"), ("Noir", "Black"), ("Lin", "Linen"))


def lines(products: int, categories: list[str], *, cents: int = 0) -> Iterator[tuple[object, ...]]:
    """The rows of such a file; what belongs to the article is repeated on each of its rows."""
    yield HEADER
    for number in range(products):
        ref = f"IMP-{number:06}"
        of_product = (
            ref, f"Lampe {number} du Jura", f"Lamp {number} of the Jura", f"Maison {number % 97}",
            categories[number % len(categories)], "published", STORY["fr"], STORY["en"],
            f"Hauteur: {number % 60 + 10} cm | Matière: Laiton", f"Height: {number % 60 + 10} cm | Material: Brass",
            "Dépoussiérer avec un chiffon doux.", "Dust with a soft cloth.", "FR", "3",
        )  # fmt: skip
        for place in range(VARIANTS):
            body = f"30{number * VARIANTS + place:010}"
            colour = COLOURS[place]
            price = 1900 + number % 500 * 10 + place * 100 + cents
            yield (
                *of_product, f"{ref}-{place}", body + check_digit(body), "Couleur", "Colour", *colour,
                f"{price / 100:.2f}", "", str(800 + place), str(place), "no",
            )  # fmt: skip


def sheet(products: int, categories: list[str], *, cents: int = 0) -> Iterator[bytes]:
    """The file, in pieces as they are uploaded."""
    held, piece = io.StringIO(), bytearray()
    writer = csv.writer(held)
    for line in lines(products, categories, cents=cents):
        writer.writerow(line)
        if held.tell() > 1 << 16:
            piece += held.getvalue().encode()
            held.seek(0)
            held.truncate()
            while len(piece) >= batches.PART_BYTES:
                yield bytes(piece[: batches.PART_BYTES])
                del piece[: batches.PART_BYTES]
    yield bytes(piece) + held.getvalue().encode()


def resident() -> int:
    """Bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


async def upload(database: Database, clock: Clock, products: int, categories: list[str], *, cents: int = 0) -> int:
    async with database.work() as session:
        batch = await batches.open_batch(
            session, "products", "bench.csv", by="bench", store_ids=None, options={}, now=clock()
        )
    for number, piece in enumerate(sheet(products, categories, cents=cents)):
        async with database.work() as session:
            await batches.add_part(session, await batches.find(session, batch.id), number, piece)
    async with database.work() as session:
        found = await batches.find(session, batch.id)
        await batches.begin(session, found, now=clock())
        await batches.set_mapping(session, found, found.mapping, {}, now=clock())
    return batch.id


async def timed(database: Database, clock: Clock, batch_id: int, most: list[int]) -> float:
    def look(_: Batch) -> None:
        most[0] = max(most[0], resident())

    began = time.perf_counter()
    await exchanging.run(database, clock, batch_id, progress=look)
    return time.perf_counter() - began


async def bring(
    database: Database, clock: Clock, products: int, categories: list[str], *, cents: int = 0
) -> tuple[float, float, int, dict[str, int]]:
    """(seconds of the check, seconds of applying, bytes that were held more, counts)."""
    batch_id = await upload(database, clock, products, categories, cents=cents)
    before = resident()
    most = [before]
    checked = await timed(database, clock, batch_id, most)
    async with database.work() as session:
        batch = await batches.find(session, batch_id)
        await batches.confirm(session, batch, str(batch.brake.get("count", "")), by="bench", now=clock())
    applied = await timed(database, clock, batch_id, most)
    async with database.work(readonly=True) as session:
        batch = await batches.find(session, batch_id)
    assert batch.state == State.APPLIED, batch.state
    return checked, applied, most[0] - before, batch.counts


async def bench_imports(database: Database, table: Table, clock: Clock, *, products: int = PRODUCTS) -> None:
    """The same articles new, unchanged, and with other prices."""
    async with database.work(readonly=True) as session:
        categories = list(await session.scalars(text("select slug_fr from category where parent_id is not null")))
    for what, cents in (("new", 0), ("unchanged", 0), ("other prices", 1)):
        checked, applied, held, counts = await bring(database, clock, products, categories, cents=cents)
        rows = products * VARIANTS
        table.add_row(
            f"{rows:,} rows, {what}",
            f"check {checked:.1f} s, apply {applied:.1f} s, memory +{held / 1e6:.0f} MB",
            f"{rows / (checked + applied):,.0f} rows/s",
            "2,000 rows/s",
            ", ".join(f"{count} {name}" for name, count in counts.items() if count),
        )


async def main(folder: Path, url: str, products: int) -> None:
    database, clock = Database(make_engine(url, pool_size=4)), Clock()
    async with database.work() as session:
        await aurore.put_departments(session, folder / "media")
    table = Table("what", "how", "ours", "to reach", "counts")
    await bench_imports(database, table, clock, products=products)
    Console(width=140).print(table)
    await database.engine.dispose()


if __name__ == "__main__":
    log.set_up()
    folder = Path(tempfile.mkdtemp(prefix="vitrine-bench-"))
    folder.chmod(0o755)
    try:
        url = embedded.start_postgres(folder)
        migrate(url)
        asyncio.run(main(folder, url, int(sys.argv[1]) if len(sys.argv) > 1 else PRODUCTS))
    finally:
        embedded.stop_using(folder)
        shutil.rmtree(folder, ignore_errors=True)
