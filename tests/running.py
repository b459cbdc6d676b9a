"""A running demo for tests that need real processes: site, worker and engines, in a folder of their own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx2 as httpx

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


class Demo:
    """`vitrine demo` as a child process."""

    def __init__(self, data: Path | None = None, **environ: str) -> None:
        # not below pytest's own folders: root makes those for root alone, and PostgreSQL runs as someone else
        self.data = data or Path(tempfile.mkdtemp(prefix="vitrine-demo-"))
        self.data.chmod(0o755)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = self.data.parent / f"{self.data.name}.log"
        self.environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("VITRINE_")},
            **environ,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Demo":
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "web.cli", "demo", "--port", str(self.port), "--data", str(self.data)],
                cwd=ROOT,
                env=self.environ,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"the demo ended:\n{self.log.read_text()[-3000:]}")
            try:
                if httpx.get(f"{self.url}/fr/", timeout=5).status_code == 200:
                    return self
            except httpx.HTTPError:
                time.sleep(0.1)
        raise RuntimeError(f"the demo did not answer:\n{self.log.read_text()[-3000:]}")

    def stop(self) -> float:
        """SIGTERM, as a supervisor sends it; how long it took to end, in seconds."""
        assert self.process
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        return time.monotonic() - began

    def clean(self) -> None:
        if self.process and self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.data, ignore_errors=True)
        self.log.unlink(missing_ok=True)

    def processes(self) -> list[str]:
        """Command lines of everything that still runs on this demo's folder or port."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                environ = (entry / "environ").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if words and (str(self.data) in words or f"VITRINE_DATA_DIR={self.data}" in environ):
                found.append(f"{entry.name}: {words.strip()}")
        return found

    def get(self, path: str, **kwargs: object) -> httpx.Response:
        return httpx.get(self.url + path, timeout=20, **kwargs)  # type: ignore[arg-type]

    def mails(self, *, to: str = "", template: str = "") -> list[dict[str, object]]:
        found = self.get("/demo/mail.json").json()
        return [
            mail for mail in found if (not to or mail["to"] == to) and (not template or mail["template"] == template)
        ]

    def wait_for_mail(self, *, to: str, template: str, seconds: float = 15) -> dict[str, object]:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if found := self.mails(to=to, template=template):
                return found[0]
            time.sleep(0.2)
        raise AssertionError(
            f"no {template} to {to}; there are {[(m['to'], m['template']) for m in self.mails()][:20]}"
        )

    def move_clock(self, seconds: int) -> None:
        httpx.post(f"{self.url}/demo/clock", json={"offset_seconds": seconds}, timeout=10).raise_for_status()
