"""The account that an embedded server runs as: one's own, except that PostgreSQL refuses to be root."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


class EngineUnavailable(RuntimeError):
    """There is no server to be had here; the message is one line that says what a person can do."""


@dataclass(frozen=True)
class Account:
    """An existing account of this machine."""

    uid: int
    gid: int
    name: str

    @property
    def is_another(self) -> bool:
        return self.uid != os.geteuid()

    @property
    def drop(self) -> dict[str, object]:
        """Arguments of `subprocess.Popen` that make the child this account, without the groups of root."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.is_another else {}

    def run(self, command: Sequence[str | Path], *, keep: Sequence[int] = ()) -> subprocess.CompletedProcess[str]:
        """Run `command` to its end as this account; `keep` are descriptors that it inherits. Raises `OSError`."""
        return subprocess.run(  # type: ignore[call-overload, no-any-return]
            [str(word) for word in command],
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            pass_fds=tuple(keep),
            **self.drop,
        )

    def can_enter(self, folder: Path) -> bool:
        if not self.is_another:
            return os.access(folder, os.X_OK)
        return self.run(["/bin/sh", "-c", 'cd -- "$0"', folder]).returncode == 0

    def can_run(self, program: Path) -> bool:
        try:
            return self.run([program, "--version"]).returncode == 0
        except OSError:
            return False

    def take(self, folder: Path) -> None:
        """Become the owner of `folder` and of all that lies in it, also where root has copied it from elsewhere."""
        if folder.stat().st_uid == self.uid:
            return
        if os.geteuid():
            raise EngineUnavailable(
                f"{folder} belongs to another account: choose another folder, or run as that account"
            )
        for parent, folders, files in os.walk(folder):
            for name in folders + files:
                os.chown(Path(parent, name), self.uid, self.gid, follow_symlinks=False)
        os.chown(folder, self.uid, self.gid, follow_symlinks=False)


def own() -> Account:
    uid = os.geteuid()
    return Account(uid, os.getegid(), _name(uid) or str(uid))


def never_root() -> Account:
    """One's own account; for root `VITRINE_PG_USER`, else `postgres`, else `nobody`."""
    if os.geteuid():
        if not _name(os.geteuid()):
            raise EngineUnavailable(f"PostgreSQL wants an account for user id {os.geteuid()}: add it to /etc/passwd")
        return own()
    for name in _candidates():
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        if found.pw_uid:
            return _checked(Account(found.pw_uid, found.pw_gid, name))
    raise EngineUnavailable("PostgreSQL refuses to run as root: set VITRINE_PG_USER to an account that exists")


def _name(uid: int) -> str | None:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return None


def _candidates() -> list[str]:
    chosen = os.environ.get("VITRINE_PG_USER")
    return [chosen] if chosen else ["postgres", "nobody"]


def _checked(account: Account) -> Account:
    """`account`, if this process may become it: in a container without capabilities root may not."""
    try:
        account.run([shutil.which("true") or "/bin/true"])
    except OSError:
        raise EngineUnavailable(
            f"PostgreSQL refuses to run as root, and this process may not become {account.name}: "
            "run as an ordinary user, or set VITRINE_DATABASE_URL"
        ) from None
    return account
