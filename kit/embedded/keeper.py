"""The keeper of one embedded server: starts it, waits for its last user to go, and stops it.

A script of its own, run as `python -IS keeper.py JOB` with nothing but the standard library. It belongs to no session
and no terminal, so that neither Ctrl-C nor a `kill -9` of the processes that use the server reaches it: the kernel
gives it their lock, and it does its work. Killed itself, it leaves a server that the next start gives a new keeper.
"""

import fcntl
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

OBEDIENCE_SECONDS = 20
"""How long a server may take to stop before the next, less polite signal."""
ADOPTION_SECONDS = 30
"""How long a server without a keeper may neither answer nor end."""


def main(job: dict[str, Any]) -> None:
    folder = Path(job["folder"])
    keeper = _open(folder / "keeper.lock")
    if not _take(keeper):
        return _say("taken")
    users, server = _open(folder / "users.lock"), _open(folder / "server.lock")
    pid = _start(job, server) if _take(server) else _adopt(job, server)
    os.close(server)
    if pid:
        threading.Thread(target=_stop_after_last_user, args=(job, users, pid), daemon=True).start()
        fcntl.flock(_open(folder / "server.lock"), fcntl.LOCK_EX)  # ours when the server and all its children are gone
    if _take(users):
        with suppress(OSError):
            Path(job["socket"]).parent.rmdir()  # only a temporary one is ever empty
    _say("ended")
    os.close(keeper)  # before the users' lock, which may be ours alone: the next keeper finds the place free
    os._exit(0)


def _start(job: dict[str, Any], server_lock: int) -> int | None:
    """Start the server; it and its children inherit `server_lock`. None, and a word in the log, if that is refused."""
    for path in map(Path, job["stale"]):
        path.unlink(missing_ok=True)
    with _fresh(Path(job["log"])) as log:
        try:
            child = subprocess.Popen(
                job["command"],
                cwd=job["home"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[server_lock],
                start_new_session=True,
                **job["drop"],
            )
        except OSError as error:
            log.write(f"{error}\n".encode())
            return None
    child.returncode = 0  # never waited for: it stays ours, and so does its number, until we leave
    return child.pid


def _adopt(job: dict[str, Any], server_lock: int) -> int | None:
    """The server that a killed keeper left behind; or a new one, once what is left of the old has gone."""
    deadline = time.monotonic() + ADOPTION_SECONDS
    while time.monotonic() < deadline:
        if _take(server_lock):
            return _start(job, server_lock)
        with suppress(OSError):
            return _pid_behind(job["socket"])
        time.sleep(0.02)
    return None


def _pid_behind(path: str) -> int:
    """Who listens on the Unix socket at `path`: the kernel knows, and no file with a stale number is believed."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        client.connect(path)
        if sys.platform == "darwin":
            return int.from_bytes(client.getsockopt(0, 2, 4), sys.byteorder)  # SOL_LOCAL, LOCAL_PEERPID
        pid: int = struct.unpack("3i", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
        return pid


def _stop_after_last_user(job: dict[str, Any], users: int, pid: int) -> None:
    fcntl.flock(users, fcntl.LOCK_EX)
    for number in job["stop_signals"]:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        time.sleep(OBEDIENCE_SECONDS)


def _fresh(log: Path) -> Any:
    """An empty log; the one before it is kept once."""
    with suppress(FileNotFoundError):
        log.replace(log.with_name(f"{log.name}.1"))
    return os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb")


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)


def _take(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _say(word: str) -> None:
    """To the process that started us, if it still listens."""
    with suppress(OSError):
        os.write(1, f"{word}\n".encode())


def _stay() -> None:
    """A signal to every process of a service stops the users: then it is for us to stop the server."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)


if __name__ == "__main__":
    if os.fork() == 0:
        _stay()
        main(json.loads(sys.argv[1]))
