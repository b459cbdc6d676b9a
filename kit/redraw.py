"""Opens one picture that somebody sent and draws it anew, in a process that may fall over: started by `kit.images`.

The file is standard input, the folder to draw into the first argument; the answer is one JSON object on standard
output: what was drawn, or why nothing was. It knows nothing of this program, so that it starts quickly and small.
"""

import json
import os
import sys
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

MOST_PIXELS = 40_000_000
LONGEST_SIDE = 12_000
WIDTHS = (400, 800, 1600)
"""The widest is also the most that is shown: no side is longer than it."""
KEPT_SIDE = 3200
"""No side of the copy that is kept for larger screens to come; a WebP of 40 megapixels does not fit in `MEMORY`."""
MEMORY = 512 * 1024 * 1024
SECONDS = 20
"""Of work; how long that takes depends on who else works."""
QUALITY = 82
KEPT_QUALITY = 90
ORIENTATION = 0x0112
TURNS = {
    2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE",
    6: "ROTATE_270", 7: "TRANSVERSE", 8: "ROTATE_90",
}  # fmt: skip
"""How a camera was held, as EXIF numbers it, and what turns its picture upright."""
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF")


class Refused(Exception):
    """Why a picture is not taken: a code, and facts for the sentence."""

    def __init__(self, code: str, **facts: int) -> None:
        super().__init__(code)
        self.answer = {"refused": code, **facts}


def limit() -> None:
    """Take no more memory, time and disk than a picture needs; only Linux keeps all of it."""
    if sys.platform != "linux":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024 * 1024,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def draw(source: BinaryIO, folder: Path) -> dict[str, Any]:
    """`kept.webp`, and one file for each of `WIDTHS` that the picture fills, the last at its own width."""
    from PIL import AvifImagePlugin, Image

    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = None  # the header is read first, so that the refusal can say how large it is
    weigh(*(webp_size(source) or Image.open(source, formats=FORMATS).size))
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    source.seek(0)
    kept: Image.Image = Image.open(source, formats=FORMATS)
    if getattr(kept, "n_frames", 1) > 1:
        raise Refused("moving")
    kept.draft(None, (KEPT_SIDE, KEPT_SIDE))  # a JPEG is decoded no larger than needed
    kept.load()
    profile, orientation = kept.info.get("icc_profile"), kept.getexif().get(ORIENTATION, 1)
    if kept.mode in ("P", "PA", "1", "I;16", "I", "F", "LA"):
        kept = plain(kept)
    kept.thumbnail((KEPT_SIDE, KEPT_SIDE), Image.Resampling.LANCZOS)  # in place: two of the largest do not fit
    kept = in_srgb(kept, profile)
    if turn := TURNS.get(orientation):
        kept = kept.transpose(Image.Transpose[turn])
    kept.info = {}
    kept.save(folder / "kept.webp", "WEBP", quality=KEPT_QUALITY, method=2, exif=b"", icc_profile=b"", xmp=b"")
    shown = kept.copy()
    shown.thumbnail((WIDTHS[-1], WIDTHS[-1]), Image.Resampling.LANCZOS)
    widths = sorted({*(width for width in WIDTHS if width < shown.width), shown.width})
    for width in widths:
        one = shown.copy()
        one.thumbnail((width, shown.height), Image.Resampling.LANCZOS)
        one.save(folder / f"{width}.webp", "WEBP", quality=QUALITY, method=4, exif=b"", icc_profile=b"", xmp=b"")
    return {"width": shown.width, "height": shown.height, "widths": widths}


def weigh(width: int, height: int) -> None:
    if width < 1 or height < 1:
        raise Refused("broken")
    if max(width, height) > LONGEST_SIDE:
        raise Refused("too_long", width=width, height=height)
    if width * height > MOST_PIXELS:
        raise Refused("too_large", width=width, height=height)


def webp_size(source: BinaryIO) -> tuple[int, int] | None:
    """The size in the header of a WebP, whose canvas Pillow makes before it can be asked; refuses one that moves."""
    head = source.read(30)
    source.seek(0)
    if head[:4] != b"RIFF" or head[8:12] != b"WEBP" or len(head) < 30:
        return None
    match head[12:16]:
        case b"VP8X":
            if head[20] & 2:
                raise Refused("moving")
            return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
        case b"VP8L":
            bits = int.from_bytes(head[21:25], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            return int.from_bytes(head[26:28], "little") & 0x3FFF, int.from_bytes(head[28:30], "little") & 0x3FFF
    raise Refused("broken")


def plain(sent: Any) -> Any:
    """A palette, bits or deep greys as the colours that WebP knows."""
    from PIL import Image

    if sent.mode in ("I;16", "I", "F"):
        deep = sent.convert("I").point(lambda value: value / 257)
        return deep.convert("L").convert("RGB")
    clear = "transparency" in sent.info or sent.mode in ("PA", "LA")
    made: Image.Image = sent.convert("RGBA" if clear else "RGB")
    return made


def in_srgb(image: Any, profile: bytes | None) -> Any:
    """The colours as every screen shows them; inks and profiles are left behind."""
    from PIL import ImageCms

    clear = image.mode in ("RGBA", "LA", "RGBa") or "A" in image.getbands()
    wanted = "RGBA" if clear else "RGB"
    if profile and image.mode in ("RGB", "RGBA", "CMYK", "L"):
        with suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
            import io

            own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            return ImageCms.profileToProfile(image, own, ImageCms.createProfile("sRGB"), outputMode=wanted)
    return image if image.mode == wanted else image.convert(wanted)


def main() -> None:
    limit()
    try:
        answer = draw(os.fdopen(0, "rb"), Path(sys.argv[1]))
    except Refused as refused:
        answer = refused.answer
    except Exception as fault:  # whatever a file can do to a decoder, it is the file's fault
        answer = {"refused": "broken", "fault": repr(fault)[:200]}
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
