"""Long files that are made now and then, kept below the data directory, and read often.

One is made in the folder under another name and then renamed: whoever reads meanwhile has the whole of the one before.
Its time of change is the moment for which it was made, by the program's clock.
"""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from kit.settings import Settings
from web.routing import Busy

FRESH: Final = timedelta(hours=1)
"""Read for so long as it is."""
READABLE: Final = timedelta(hours=6)
"""Older than fresh it is still read, while the next one is made; older than this it is made first."""

A_MOMENT: Final = timedelta(seconds=1)
"""What the time of a file is kept less precisely than ours."""

Recipe = Callable[[AsyncSession, str, Settings, datetime], AsyncIterator[bytes]]
"""The pieces of the file of that name."""

_BUSY: set[Path] = set()
"""What this process is making."""


def folder(settings: Settings) -> Path:
    return settings.data_dir / "outside"


def age(path: Path, now: datetime) -> timedelta:
    """How long ago it was made; very long for one that was never, or that comes from the future of a moved clock."""
    try:
        made = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:
        return timedelta.max
    return now - made if made <= now + A_MOMENT else timedelta.max


def made(settings: Settings) -> list[Path]:
    return sorted(folder(settings).glob("*.xml"))


async def answer(request: Request, session: AsyncSession, name: str, recipe: Recipe) -> Response:
    """The file, or 304 to who has it; one that is missing is made before, one that is not fresh is made after."""
    app, now = request.app.state, request.state.now
    path = folder(app.settings) / name
    old = age(path, now)
    if old > READABLE:
        if path in _BUSY:
            raise Busy(details={"retry_after": 30})
        await make(path, recipe(session, name, app.settings, now), now=now)
    files = StaticFiles(directory=path.parent, check_dir=False)
    response = files.file_response(path, path.stat(), request.scope)
    response.headers["cache-control"] = f"public, max-age={int(FRESH.total_seconds())}"
    response.headers["content-type"] = "application/xml"
    if FRESH < old <= READABLE and path not in _BUSY:
        response.background = BackgroundTask(_again, app, name, path, recipe, now)
    return response


async def _again(app: object, name: str, path: Path, recipe: Recipe, now: datetime) -> None:
    async with app.database.work(readonly=True) as session:  # type: ignore[attr-defined]
        await make(path, recipe(session, name, app.settings, now), now=now)  # type: ignore[attr-defined]


async def make(path: Path, pieces: AsyncIterator[bytes], *, now: datetime) -> None:
    """Write it whole, then put it in its place."""
    _BUSY.add(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    number, draft = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(number, "wb") as file:
            async for piece in pieces:
                await asyncio.to_thread(file.write, piece)
        os.chmod(draft, 0o644)
        os.utime(draft, (now.timestamp(), now.timestamp()))
        os.replace(draft, path)
    finally:
        _BUSY.discard(path)
        with suppress(FileNotFoundError):
            os.unlink(draft)
