"""The one place that reads the time. Everything else is handed `now`, an aware UTC datetime."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path


class Clock:
    """Now, in UTC, moved by a number of seconds.

    In the demo the offset lives in a file that the web server and the worker share, so that a visitor can live in
    tomorrow without a restart. Elsewhere there is no file and the offset stays what it was at the start.
    """

    def __init__(self, offset_seconds: int = 0, shared: Path | None = None) -> None:
        self._offset = timedelta(seconds=offset_seconds)
        self._shared = shared
        self._read_at_ns = -1
        if shared and not shared.exists():
            self.move(offset_seconds)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.offset

    @property
    def offset(self) -> timedelta:
        if self._shared:
            changed_ns = self._shared.stat().st_mtime_ns
            if changed_ns != self._read_at_ns:
                self._offset = timedelta(seconds=int(self._shared.read_text() or 0))
                self._read_at_ns = changed_ns
        return self._offset

    def move(self, offset_seconds: int) -> None:
        """Live `offset_seconds` from the real time, in every process that shares the file."""
        self._offset = timedelta(seconds=offset_seconds)
        if self._shared:
            draft = self._shared.with_suffix(".new")
            draft.write_text(str(offset_seconds))
            draft.replace(self._shared)


def monotonic() -> float:
    """Seconds for measuring how long something took; never a time of day."""
    return time.monotonic()


def wall_ms() -> int:
    """Milliseconds since 1970 by the machine's own clock: for limits that machines share, never for promises."""
    return time.time_ns() // 1_000_000
