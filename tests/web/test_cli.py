"""The command `vitrine`, run as people run it: a process, its output, its exit code."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from factories import build

from stores import staff

ROOT = Path(__file__).resolve().parents[2]
SECRET = "a secret of the test suite, long enough"


@pytest.fixture
async def vitrine(database, database_url, redis_url, tmp_path):
    """Runs the command against the test's database."""

    async def run(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        given = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "VITRINE_DATABASE_URL": database_url,
            "VITRINE_REDIS_URL": redis_url,
            "VITRINE_SECRET_KEY": SECRET,
            "VITRINE_SMTP_URL": "smtp://127.0.0.1:9",
            "VITRINE_DATA_DIR": str(tmp_path / "data"),
            **environ,
        }
        return await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "web.cli", *words],
            cwd=ROOT,
            env={name: value for name, value in given.items() if value},
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


async def test_a_new_colleague_gets_a_password_alone_on_its_line(vitrine, database, clock):
    async with database.work() as session:
        await build(session, now=clock(), staffed=False)
    done = await vitrine("user", "add", "nadia@aurore.example", "--role", "advisor", "--store", "rivoli")
    assert done.returncode == 0, done.stderr
    password = done.stdout.strip()
    assert "\n" not in password
    async with database.work() as session:
        account = await staff.check_password(session, "nadia@aurore.example", password, now=clock())
        assert (account.role, account.first_name) == ("advisor", "Nadia")
        assert len(await staff.assigned_stores(session, account.id)) == 1


async def test_a_key_is_printed_once_and_opens_what_it_says(vitrine, database, clock):
    async with database.work() as session:
        world = await build(session, now=clock(), staffed=False)
    done = await vitrine("key", "add", "till", "--scope", "staff", "--scope", "read", "--store", "rivoli")
    shown = done.stdout.strip()
    assert shown.startswith("vtr_")
    async with database.work() as session:
        key = await staff.find_key(session, shown, now=clock())
        assert key is not None
        assert (sorted(key.scopes), key.store_ids) == (["read", "staff"], [world.rivoli.id])


async def test_a_store_that_does_not_exist_makes_no_account(vitrine, database):
    done = await vitrine("user", "add", "nadia@aurore.example", "--role", "advisor", "--store", "nowhere")
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    async with database.work() as session:
        assert await staff.everyone(session) == []


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"VITRINE_SECRET_KEY": ""}, "VITRINE_SECRET_KEY"),
        ({"VITRINE_SECRET_KEY": "short"}, "VITRINE_SECRET_KEY"),
        ({"VITRINE_LIMITS": "off"}, "VITRINE_LIMITS"),
        ({"VITRINE_CLOCK_OFFSET": "60"}, "VITRINE_CLOCK_OFFSET"),
        ({"VITRINE_CLOCK_OFFSET": "an hour"}, "VITRINE_CLOCK_OFFSET"),
        ({"VITRINE_BASE_URL": "vitrine.test"}, "VITRINE_BASE_URL"),
        ({"VITRINE_SMTP_URL": ""}, "VITRINE_SMTP_URL"),
        ({"VITRINE_DATABASE_URL": "postgresql://x"}, "VITRINE_DATABASE_URL"),
        ({"VITRINE_LOG_FORMAT": "xml"}, "VITRINE_LOG_FORMAT"),
    ],
)
async def test_a_wrong_setting_is_one_line_that_names_it(vitrine, environ, named):
    done = await vitrine("migrate", **environ)
    lines = done.stdout.strip().splitlines()
    assert done.returncode == 78
    assert len(lines) == 1
    assert named in lines[0]
    assert "Traceback" not in done.stderr


async def test_the_doctor_says_what_is_used_and_what_is_wrong(vitrine):
    done = await vitrine("doctor")
    lines = done.stdout.splitlines()
    assert any(line.startswith("right") and "database: PostgreSQL" in line for line in lines)
    assert any(line.startswith("right") and "queue:" in line for line in lines)
    assert any(line.startswith("wrong") and "mail:" in line for line in lines)  # nobody listens on port 9
    assert any("messages fr: whole" in line for line in lines)
    assert done.returncode == 1


async def test_seed_refuses_a_database_that_has_something_in_it(vitrine, database, clock):
    async with database.work() as session:
        await build(session, now=clock(), staffed=False)
    done = await vitrine("seed")
    assert done.returncode == 1
    assert "already" in done.stdout
