"""Pictures that people send: recognised by their first bytes, opened and drawn anew in a process of their own.

What is kept is never what was sent: WebP in sRGB, turned the right way up, without the place and the camera that
photographs carry, under a name that follows from its content. Knows nothing of what a picture shows.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from kit import languages, log
from kit.errors import Invalid
from kit.languages import lazy
from kit.redraw import LONGEST_SIDE, MOST_PIXELS, WIDTHS

logger = log.get(__name__)

LARGEST = 15 * 1024 * 1024
"""Bytes of one file."""
ENDINGS = (".jpg", ".jpeg", ".jfif", ".png", ".webp", ".avif")
FOLDER = "m"
KIND = "image/webp"
_REDRAW = Path(__file__).with_name("redraw.py")
PATIENCE = 60
"""Seconds after which a child that does not answer is ended: on a busy machine its work takes longer than it costs."""
_AT_ONCE = threading.BoundedSemaphore(2)
"""Each may take half a gigabyte."""


class Unfit(Invalid):
    """A file that is not taken, and why."""

    code = "image_unfit"
    msgid = lazy("This picture cannot be read: it is incomplete or damaged.")


class NotAnImage(Unfit):
    status = 415
    code = "image_kind"
    msgid = lazy("This is not a picture we can take: send a JPEG, PNG, WebP or AVIF.")


class BadName(NotAnImage):
    code = "image_name"
    msgid = lazy("The name of this file is not that of a picture: it should end in .jpg, .png, .webp or .avif.")


class TooHeavy(Unfit):
    code = "image_heavy"
    msgid = lazy("File too heavy: %(size)s MB, at most %(most)d MB.")


class TooLarge(Unfit):
    code = "image_large"
    msgid = lazy("Image too large: %(width)s × %(height)s pixels, at most %(most)d megapixels.")


class TooLong(Unfit):
    code = "image_long"
    msgid = lazy("Image too large: %(width)s × %(height)s pixels, at most %(most)s on a side.")


class Moving(Unfit):
    code = "image_moving"
    msgid = lazy("This picture moves. Nothing moves by itself here: send a still one.")


@dataclass(frozen=True)
class Drawn:
    """A picture that was drawn anew. `path` is below /media/: the widest that is shown, of `width` by `height`."""

    path: str
    width: int
    height: int
    size: int


def digest_of(file: BinaryIO) -> str:
    """SHA-256 of what was sent, in hex."""
    file.seek(0)
    digest = hashlib.sha256()
    while part := file.read(1024 * 1024):
        digest.update(part)
    return digest.hexdigest()


def check(name: str, file: BinaryIO) -> None:
    """What can be said of a file without opening it. Raises `Unfit`."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if size > LARGEST:
        said = languages.number_words(round(Decimal(size) / 1024 / 1024, 1))
        raise TooHeavy(params={"size": said, "most": LARGEST // 1024 // 1024})
    if not is_image(file.read(32)):
        raise NotAnImage()
    if not name.lower().endswith(ENDINGS):
        raise BadName()


def is_image(head: bytes) -> bool:
    """Whether these first bytes are those of a JPEG, PNG, WebP or AVIF. SVG can hold scripts, and GIF moves."""
    return (
        head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"))
        or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")
        or (head[4:8] == b"ftyp" and head[8:12] in (b"avif", b"mif1"))
    )


def redraw(file: BinaryIO, media_dir: Path) -> Drawn:
    """Draw it anew into `media_dir`, in a child process of half a gigabyte and twenty seconds of work.

    `file` is one on the disk. Takes a while: call it from a thread. Raises `Unfit`, and then nothing is left behind.
    """
    media_dir.mkdir(parents=True, exist_ok=True)
    file.seek(0)
    with _AT_ONCE, tempfile.TemporaryDirectory(prefix=".incoming-", dir=media_dir) as folder:
        os.lseek(file.fileno(), 0, os.SEEK_SET)  # the child shares the place, and this side may have read ahead
        answer = _ask(file, folder)
        if "refused" in answer:
            raise _refusal(answer)
        return _put(Path(folder), answer, media_dir)


def _ask(file: BinaryIO, folder: str) -> dict[str, Any]:
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(_REDRAW), folder],
            stdin=file,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
            env={"PATH": os.environ.get("PATH", ""), "MALLOC_ARENA_MAX": "1", "OMP_NUM_THREADS": "1"},
        )
        answer: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):  # it was stopped, or fell over
        return {"refused": "broken", "fault": "no answer"}
    return answer


def _refusal(answer: dict[str, Any]) -> Unfit:
    size: dict[str, object] = {
        side: languages.number_words(answer[side]) for side in ("width", "height") if side in answer
    }
    match answer["refused"]:
        case "too_long":
            return TooLong(params={**size, "most": languages.number_words(LONGEST_SIDE)})
        case "too_large":
            return TooLarge(params={**size, "most": MOST_PIXELS // 1_000_000})
        case "moving":
            return Moving()
    logger.info("a picture could not be read", fault=answer.get("fault", ""))
    return Unfit()


def _put(folder: Path, answer: dict[str, Any], media_dir: Path) -> Drawn:
    """Move what was drawn to where it is served from; the one that is named goes last."""
    width = int(answer["width"])
    shown = folder / f"{width}.webp"
    name = hashlib.sha256(shown.read_bytes()).hexdigest()[:24]
    size = shown.stat().st_size
    (media_dir / FOLDER).mkdir(exist_ok=True)
    for drawn in ("kept", *map(str, answer["widths"])):
        (folder / f"{drawn}.webp").chmod(0o644)
        os.replace(folder / f"{drawn}.webp", media_dir / FOLDER / f"{name}-{drawn}.webp")
    return Drawn(f"{FOLDER}/{name}-{width}.webp", width, int(answer["height"]), size)


def sizes(path: str, width: int) -> list[tuple[int, str]]:
    """The widths that were drawn of it, the smallest first, each with its path; one for what was not drawn here."""
    if not path.startswith(f"{FOLDER}/") or not path.endswith(f"-{width}.webp"):
        return [(width, path)]
    stem = path.removesuffix(f"-{width}.webp")
    return [*((one, f"{stem}-{one}.webp") for one in WIDTHS if one < width), (width, path)]


def remove(media_dir: Path, path: str) -> None:
    """Delete the files of a picture: all that were drawn of it."""
    name = PurePosixPath(path)
    folder = media_dir / name.parent
    stem = name.name.rsplit("-", 1)[0] if path.startswith(f"{FOLDER}/") else ""
    for file in folder.glob(f"{stem}-*.webp") if stem else [folder / name.name]:
        file.unlink(missing_ok=True)
