"""`vitrine import`: what the terminal says of a file, the file to try again, and the exit code."""

import asyncio
import csv
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from factories import World, build
from rich.console import Console
from rich.progress import Progress
from sqlalchemy import func, select

from booking.journal import Entry
from kit.languages import speaking
from stores.exchange.batches import BatchPart, BatchRow
from tests.stores.exchange.bringing import article, sheet, variant
from web.importing import Bringing, Format, Subject

ROOT = Path(__file__).resolve().parents[2]
OPTIONS = {"mode": "partial", "add": [], "columns_in": "fr"}


@pytest.fixture
async def world(database, clock) -> World:
    async with database.work() as session:
        return await build(session, now=clock(), staffed=False)


@pytest.fixture
def bring(database_url, clock, tmp_path):
    """Brings a file; (exit code, what was said)."""

    async def run(content: bytes, *, dry_run: bool = False, confirm: str = "", **options) -> tuple[int, str]:
        file, said = tmp_path / "articles.csv", io.StringIO()
        file.write_bytes(content)
        with speaking("en"), Progress(console=Console(file=io.StringIO())) as bar:
            bringing = Bringing(clock, database_url, bar, Console(file=said, width=200))
            given = {**OPTIONS, **options}
            code = await bringing.bring(file, Subject.PRODUCTS, Format.AUTO, given, dry_run=dry_run, confirm=confirm)
        return code, said.getvalue()

    return run


async def test_a_file_that_is_taken_whole(bring, database, world, tmp_path):
    code, said = await bring(sheet(("sku", "brand"), ("LUM-0001-LAI", "Nouvelle"), ("LUM-0013-30", "Maison Lavergne")))
    assert (code, said) == (0, "0 created, 1 updated, 1 unchanged, 0 rejected\n")
    assert (await article(database, "LUM-0001")).brand == "Nouvelle"
    assert not (tmp_path / "rejected.csv").exists()
    async with database.work(readonly=True) as session:
        events = list(await session.scalars(select(Entry.event).where(Entry.subject == "batch").order_by(Entry.id)))
    assert events == ["uploaded", "checked", "confirmed", "applied"]


async def test_rejected_rows_are_told_and_kept_to_be_tried_again(bring, world, tmp_path):
    file = sheet(("sku", "Prix", "note"), ("LUM-0001-LAI", "cher", "=1+1"), ("LUM-0013-30", "36,50", ""), delimiter=";")
    code, said = await bring(file)
    assert code == 1
    told, again, numbers = said.splitlines()
    assert told == "line 2  price  cher  price: “cher” is not a price. Write 1299.00 or 1 299,00."
    assert again == f"To correct and bring again: {tmp_path / 'rejected.csv'}"
    assert numbers == "0 created, 1 updated, 0 unchanged, 1 rejected"
    kept = (tmp_path / "rejected.csv").read_bytes()
    assert kept.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(kept.decode("utf-8-sig")), delimiter=";"))
    assert rows[0] == ["sku", "Prix", "note", "line", "error"]
    assert rows[1][:4] == ["LUM-0001-LAI", "cher", "'=1+1", "2"]

    code, said = await bring(kept.replace(b"cher", b"99"))
    assert (code, said) == (0, "0 created, 1 updated, 0 unchanged, 0 rejected\n")


async def test_a_dry_run_says_the_same_and_changes_nothing(bring, database, world):
    file = sheet(("sku", "price"), ("LUM-0001-LAI", "99"), ("LUM-0013-30", "cher"))
    code, said = await bring(file, dry_run=True)
    assert code == 1 and said.endswith("0 created, 1 updated, 0 unchanged, 1 rejected\n")
    assert (await variant(database, "LUM-0001-LAI")).price_minor == 12900
    async with database.work(readonly=True) as session:
        left = [await session.scalar(select(func.count()).select_from(table)) for table in (BatchRow, BatchPart)]
    assert left == [0, 0]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "This file is empty."),
        (b"PK\x03\x04xl/workbook.xml", "workbook"),
        (sheet(("foo", "bar"), ("1", "2")), "No column is sku."),
    ],
)
async def test_a_file_that_cannot_be_used_says_why_and_changes_nothing(content, why, bring, database, world):
    code, said = await bring(content)
    assert code == 2 and why in said
    async with database.work(readonly=True) as session:
        assert await session.scalar(select(func.count()).select_from(BatchPart)) == 0


async def test_what_is_unlikely_asks_for_its_number(bring, database, world):
    file = sheet(("sku",), ("LUM-0013-30",))
    code, said = await bring(file, mode="full")
    assert (code, said) == (2, "Type 2 to go on: this many would change.\n")
    assert not (await variant(database, "LUM-0001-LAI")).hidden
    code, said = await bring(file, mode="full", confirm="2")
    assert (code, said) == (0, "0 created, 0 updated, 1 unchanged, 0 rejected, 2 hidden\n")
    assert (await variant(database, "LUM-0001-LAI")).hidden


async def test_the_command_itself(world, database, database_url, redis_url, tmp_path):
    """As people run it: a process, in French where LANG is French."""
    (tmp_path / "articles.csv").write_bytes(sheet(("sku", "price"), ("LUM-0001-LAI", "99"), ("LUM-0013-30", "cher")))
    given = {
        "PATH": os.environ["PATH"], "HOME": str(tmp_path), "VITRINE_DATABASE_URL": database_url, "LANG": "fr_FR.UTF-8",
        "VITRINE_REDIS_URL": redis_url, "VITRINE_SECRET_KEY": "x" * 32, "VITRINE_SMTP_URL": "smtp://127.0.0.1:9",
        "VITRINE_DATA_DIR": str(tmp_path / "data"),
    }  # fmt: skip
    command = [sys.executable, "-m", "web.cli", "import", "products", str(tmp_path / "articles.csv")]
    done = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, env=given, capture_output=True, timeout=60)
    assert done.returncode == 1, done.stderr
    assert "cher" in done.stdout.decode()
    assert (await variant(database, "LUM-0001-LAI")).price_minor == 9900
    assert (tmp_path / "rejected.csv").exists()
