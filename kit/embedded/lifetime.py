"""How long an embedded server lives: from its first user to its last.

Four files of an engine's folder say it, by locks that the kernel gives back when a process dies, however it dies:

- `start.lock`: held by the one process that is starting, in turn;
- `users.lock`: shared by every process that uses the server;
- `keeper.lock`: held by the server's keeper, see `keeper.py`;
- `server.lock`: inherited by the server and its children. Whoever gets it knows that none of them is left.
"""

import fcntl
import json
import os
import re
import select
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from kit.embedded.account import Account, EngineUnavailable

PATIENCE_SECONDS = 120
"""How long a start may take, recovery after a crash and waiting for one's turn included."""
SOCKET_FOLDER_BYTES = 80
"""A socket's whole path has at most 107 bytes (103 on macOS)."""
KEEPER = Path(__file__).with_name("keeper.py")

_used: dict[Path, int] = {}
"""Engine's folder → the open `users.lock` that says: this process still uses the server."""


@dataclass(frozen=True)
class Server:
    """What it takes to start a server, and to know that it has started."""

    name: str
    folder: Path
    """Where its locks are."""
    home: Path
    """Where it works: `folder`, unless its account cannot enter that."""
    command: list[str]
    socket: Path
    account: Account
    answers: Callable[[], bool]
    stop_signals: tuple[int, ...]
    """Sent one after the other, each with time to be obeyed."""
    stale: tuple[Path, ...] = ()
    """What a server that was killed leaves behind, and what would keep the next one from starting."""

    @property
    def log(self) -> Path:
        return self.home / "server.log"


@contextmanager
def turn(folder: Path) -> Iterator[int]:
    """Be one more user of the server in `folder` (made if missing), and the only one to start it meanwhile.

    Gives the descriptor that holds the turn. What the system refuses inside becomes `EngineUnavailable`; who has
    failed is no user.
    """
    if unfit := re.search(r"[\x00-\x1f\x7f]", str(folder)):
        raise EngineUnavailable(f"{str(folder)!r} cannot hold a database: {unfit[0]!r} is in its name")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        gate = _open(folder / "start.lock")
        try:
            _wait_for(gate, fcntl.LOCK_EX, f"another process has been starting a server in {folder}")
            with _use(folder):
                yield gate
        finally:
            os.close(gate)
    except OSError as error:
        reason = f"{error.filename or folder}: {error.strerror or error}"
        raise EngineUnavailable(f"{reason} (choose another folder, or run as another account)") from error


@contextmanager
def _use(folder: Path) -> Iterator[None]:
    """Use the server from now on, until `stop_using`; or not at all, if this fails."""
    users = _open(folder / "users.lock")
    if folder in _used:
        # unless DATA has been deleted and made anew since
        if os.path.samestat(os.fstat(_used[folder]), os.fstat(users)):
            os.close(users)
            yield
            return
        os.close(_used.pop(folder))
    try:
        # after the last user its keeper holds it alone, while the server stops
        _wait_for(users, fcntl.LOCK_SH, f"a server in {folder} has been stopping")
        yield
    except BaseException:
        os.close(users)
        raise
    _used[folder] = users


def ensure_running(server: Server) -> None:
    """See to it that the server answers and has a keeper; called in one's `turn`.

    Raises `EngineUnavailable` with the last words of the server's log when it will not start.
    """
    if server.answers():
        if _has_no_keeper(server.folder):
            _launch_keeper(server).close()
        return
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (outcome := _start(server, deadline)) != "answers":
        if outcome == "ended":
            raise EngineUnavailable(f"{server.name} did not start: {_last_words(server.log)}")
        if time.monotonic() > deadline:
            raise EngineUnavailable(f"{server.name} has not answered for {PATIENCE_SECONDS} s, see {server.log}")


def stop_using(data_dir: Path) -> None:
    """Let go of the servers of `data_dir`; the last process that does, or that ends, ends them."""
    data_dir = data_dir.expanduser().resolve()
    for folder in [folder for folder in _used if folder.parent == data_dir]:
        os.close(_used.pop(folder))


def socket_folder(home: Path, account: Account) -> Path:
    """A folder for a socket, of `account` alone: `home`, unless its path is too long or would be quoted in a URL.

    The other one is temporary, and named in `home/sockets-in` for all who look for it.
    """
    if _fits(home):
        return home
    note = home / "sockets-in"
    if note.exists() and is_private(folder := Path(note.read_text().strip()), account):
        return folder
    for parent in (Path(tempfile.gettempdir()), Path("/tmp")):
        if _fits(parent / "vitrine-12345678") and account.can_enter(parent):
            folder = Path(tempfile.mkdtemp(prefix="vitrine-", dir=parent))
            account.take(folder)
            write_anew(note, f"{folder}\n")
            return folder
    raise EngineUnavailable(f"no folder for sockets: set TMPDIR to a shorter path than {tempfile.gettempdir()}")


def is_private(folder: Path, account: Account) -> bool:
    """Whether `folder` is a real one, of `account`, that nobody else can enter: others may write where it lies."""
    with suppress(OSError):
        found = folder.lstat()
        return stat.S_ISDIR(found.st_mode) and found.st_uid == account.uid and not stat.S_IMODE(found.st_mode) & 0o077
    return False


def write_anew(note: Path, text: str) -> None:
    """Write `note`, which another account may have replaced by a link."""
    note.unlink(missing_ok=True)
    with note.open("x") as file:
        file.write(text)


def listens(path: Path) -> bool:
    """Whether a server, ready or not, listens on the socket at `path`."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        return client.connect_ex(str(path)) == 0


def _fits(folder: Path) -> bool:
    return len(os.fsencode(folder)) <= SOCKET_FOLDER_BYTES and bool(re.fullmatch(r"[A-Za-z0-9/._-]+", str(folder)))


def _start(server: Server, deadline: float) -> str:
    """How one try went: `answers`, `ended` (the server did not stay), `late`, or `taken` (it has another keeper)."""
    with _launch_keeper(server) as keeper:
        while time.monotonic() < deadline:
            if server.answers():
                return "answers"
            if select.select([keeper], [], [], 0.01)[0]:
                time.sleep(0.02)  # a keeper that says so has not quite left yet
                return keeper.readline().decode().strip() or "taken"
    return "late"


def _launch_keeper(server: Server) -> IO[bytes]:
    """Start a keeper that outlives this process. What it has to say, if anything, can be read from the pipe."""
    job = {
        "folder": str(server.folder),
        "home": str(server.home),
        "command": server.command,
        "socket": str(server.socket),
        "log": str(server.log),
        "drop": server.account.drop,
        "stop_signals": server.stop_signals,
        "stale": [str(path) for path in server.stale],
    }
    launcher = subprocess.Popen(
        [sys.executable, "-IS", str(KEEPER), json.dumps(job)],
        cwd="/",
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    launcher.wait()
    assert launcher.stdout is not None
    return launcher.stdout


def _has_no_keeper(folder: Path) -> bool:
    lock = _open(folder / "keeper.lock")
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False
    finally:
        os.close(lock)


def _last_words(log: Path) -> str:
    """The reason that a log ends with, on one line."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    said = [line.strip() for line in lines if line.strip()][-30:]
    reasons = [line for line in said if "FATAL" in line or "rror" in line] or said
    return f"{reasons[-1]} (see {log})" if reasons else f"it left no word in {log}"


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)


def _wait_for(lock: int, kind: int, otherwise: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(lock, kind | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise EngineUnavailable(f"{otherwise} for {PATIENCE_SECONDS} s") from None
            time.sleep(0.02)
