"""Which Chromium the browser tests drive: one on PATH, else Playwright's own, else the system's package when root.

`python -m tests.browsers` makes sure that there is one, and says in one loud line when there cannot be.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-features=OptimizationHints,MediaRouter,Translate",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]


def find() -> str | None:
    """The path of a Chromium, or None."""
    on_path = next((found for name in NAMES if (found := shutil.which(name))), None)
    return on_path or _playwrights_own()


def _playwrights_own() -> str | None:
    """Where `playwright install chromium` puts it; nothing is started to find out."""
    home = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    names = ("chrome-headless-shell", "headless_shell", "chrome")
    found = [path for name in names for path in sorted(home.glob(f"chromium*/*/{name}"), reverse=True)]
    return str(found[0]) if found else None


def provide() -> str | None:
    """Find one, or try to get one."""
    if found := find():
        return found
    attempts = [[sys.executable, "-m", "playwright", "install", "chromium-headless-shell"]]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        os.environ.update(quiet)
        attempts += [
            ["apt-get", "update", "-qq"],
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium-headless-shell"],
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
        ]
    for attempt in attempts:
        try:
            subprocess.run(attempt, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300, check=False)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if found := find():
            return found
    return None


if __name__ == "__main__":
    if provide() is None:
        print("\n*** NO BROWSER: the browser tests cannot run here. Install Chromium. ***\n")
        sys.exit(1 if os.environ.get("CI") == "true" else 0)
