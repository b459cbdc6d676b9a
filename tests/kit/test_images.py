"""Pictures that people send: what is drawn of them, and what is refused without harm."""

import io
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from kit import images
from kit.languages import speaking


@pytest.fixture
def media(tmp_path: Path) -> Path:
    return tmp_path / "media"


def sent(tmp_path: Path, content: bytes):
    file = tmp_path / "sent"
    file.write_bytes(content)
    return file.open("rb")


def encoded(image: Image.Image, kind: str = "JPEG", **options) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def scene(width: int = 300, height: int = 200, mode: str = "RGB") -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", (width, height), (200, 30, 30))
    image.paste((30, 30, 200), (width // 2, 0, width, height))
    return image.convert(mode)


def png_bomb(width: int, height: int) -> bytes:
    """A PNG that says it is this large, in a few kilobytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(min(height * (width // 8 + 1), 4_000_000)), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def left_behind(media: Path) -> list[str]:
    return sorted(str(path.relative_to(media)) for path in media.rglob("*") if path.is_file() or "." in path.name)


def opened(media: Path, path: str) -> Image.Image:
    with Image.open(media / path) as image:
        image.load()
        return image


def resident() -> int:
    """Bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_a_picture_is_drawn_anew_at_its_widths_under_the_name_of_its_content(tmp_path, media, kind):
    with sent(tmp_path, encoded(scene(2400, 1200), kind)) as file:
        images.check("Sac à main.JPG", file)
        drawn = images.redraw(file, media)
    assert (drawn.width, drawn.height) == (1600, 800)
    assert [width for width, _ in images.sizes(drawn.path, drawn.width)] == [400, 800, 1600]
    for width, path in images.sizes(drawn.path, drawn.width):
        image = opened(media, path)
        assert (image.format, image.size) == ("WEBP", (width, width // 2))
    assert opened(media, drawn.path.replace("-1600", "-kept")).size == (2400, 1200)
    assert drawn.size == (media / drawn.path).stat().st_size
    assert len(left_behind(media)) == 4
    assert not any("Sac" in name for name in left_behind(media))


def test_the_same_picture_twice_has_one_name(tmp_path, media):
    for _ in range(2):
        with sent(tmp_path, encoded(scene())) as file:
            drawn = images.redraw(file, media)
    assert drawn.width == 300
    assert left_behind(media) == sorted([drawn.path, drawn.path.replace("-300", "-kept")])


def test_where_and_how_a_photograph_was_taken_is_left_behind_and_it_stands_upright(tmp_path, media):
    exif = Image.Exif()
    exif[0x0112] = 6  # held on its side: what is left belongs on top
    exif[0x010F] = "Camera of Lea"
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 24.0), 3: "E", 4: (2.0, 21.0, 7.0)})
    content = encoded(scene(), exif=exif.tobytes(), comment=b"secret comment")
    assert b"Camera of Lea" in content
    with sent(tmp_path, content) as file:
        drawn = images.redraw(file, media)
    image = opened(media, drawn.path)
    assert image.size == (200, 300)
    assert image.getpixel((100, 20))[0] > 150 and image.getpixel((100, 280))[2] > 150
    assert not image.getexif() and "exif" not in image.info
    for path in left_behind(media):
        stored = (media / path).read_bytes()
        assert b"Camera" not in stored and b"secret" not in stored and b"EXIF" not in stored


def test_inks_become_colours_of_the_screen(tmp_path, media):
    with sent(tmp_path, encoded(scene(mode="CMYK"))) as file:
        drawn = images.redraw(file, media)
    image = opened(media, drawn.path)
    assert image.mode == "RGB"
    red, blue = image.getpixel((20, 100)), image.getpixel((280, 100))
    assert red[0] > 150 > red[2] and blue[2] > 150 > blue[0]


def test_a_profile_is_applied_and_not_kept(tmp_path, media):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    with sent(tmp_path, encoded(scene(), icc_profile=profile)) as file:
        drawn = images.redraw(file, media)
    assert "icc_profile" not in opened(media, drawn.path).info


@pytest.mark.parametrize(("mode", "clear"), [("P", False), ("RGBA", True), ("LA", True), ("L", False), ("1", False)])
def test_every_mode_of_a_png_is_taken(tmp_path, media, mode, clear):
    with sent(tmp_path, encoded(scene(mode=mode), "PNG")) as file:
        drawn = images.redraw(file, media)
    image = opened(media, drawn.path)
    assert image.size == (300, 200)
    assert image.mode in ("RGB", "RGBA")


def test_deep_greys_keep_their_light(tmp_path, media):
    with sent(tmp_path, encoded(Image.new("I;16", (40, 40), 32768), "PNG")) as file:
        drawn = images.redraw(file, media)
    assert abs(opened(media, drawn.path).convert("L").getpixel((20, 20)) - 128) < 4


GIF = encoded(Image.new("P", (10, 10)), "GIF")
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def gifar() -> bytes:
    out = io.BytesIO(GIF)
    out.seek(0, 2)
    with zipfile.ZipFile(out, "a") as jar:
        jar.writestr("Evil.class", b"\xca\xfe\xba\xbe")
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("drawing.svg", SVG, "image_kind"),
        ("drawing.png", SVG, "image_kind"),
        ("dance.gif", GIF, "image_kind"),
        ("gifar.jpg", gifar(), "image_kind"),
        ("empty.jpg", b"", "image_kind"),
        ("shell.php", encoded(scene()), "image_name"),
        ("photo.jpg.php", encoded(scene()), "image_name"),
        ("heavy.jpg", b"\xff\xd8\xff" + bytes(images.LARGEST), "image_heavy"),
    ],
)
def test_what_is_refused_before_it_is_opened(tmp_path, name, content, code):
    with sent(tmp_path, content) as file, pytest.raises(images.Unfit) as refused:
        images.check(name, file)
    assert refused.value.code == code
    assert refused.value.status in (415, 422)


def animated(frames: int) -> bytes:
    several = [Image.new("RGB", (16, 16), (number % 256, 0, 0)) for number in range(frames)]
    return encoded(several[0], "WEBP", save_all=True, append_images=several[1:], duration=10)


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (png_bomb(30_000, 30_000), "image_long", "Image too large: 30,000 × 30,000 pixels, at most 12,000 on a side."),
        (png_bomb(12_000, 9_000), "image_large", "Image too large: 12,000 × 9,000 pixels, at most 40 megapixels."),
        (png_bomb(1, 60_000), "image_long", "Image too large: 1 × 60,000 pixels, at most 12,000 on a side."),
        (png_bomb(11_000, 3_600), "image_unfit", ""),
        (encoded(scene(900, 900))[:3000], "image_unfit", ""),
        (b"\xff\xd8\xff" + bytes(4000), "image_unfit", ""),
        (b"\x89PNG\r\n\x1a\n" + bytes(400), "image_unfit", ""),
        (b"\0\0\0\x20ftypavif" + bytes(4000), "image_unfit", ""),
        (animated(600), "image_moving", ""),
        (encoded(Image.new("L", (9, 9)), "PNG", save_all=True, append_images=[Image.new("L", (9, 9), 9)]),
         "image_moving", ""),
        (b"RIFF\x20\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\0\0\0\0", "image_long", ""),
    ],
    ids=["30000x30000", "108 megapixels", "1x60000", "cut bomb", "truncated", "hollow jpeg", "hollow png",
         "hollow avif", "600 frames", "moving png", "canvas of 2^24"],
)  # fmt: skip
def test_a_bomb_is_refused_in_words_and_leaves_nothing(tmp_path, media, content, code, words):
    assert len(content) < 1_000_000
    before = resident()
    with speaking("en"), sent(tmp_path, content) as file:
        with pytest.raises(images.Unfit) as refused:
            images.redraw(file, media)
        assert words in refused.value.sentence
    assert refused.value.code == code
    assert left_behind(media) == []
    assert resident() - before < 8_000_000


def test_what_hangs_on_behind_a_picture_is_not_kept(tmp_path, media):
    with sent(tmp_path, encoded(scene()) + gifar()) as file:
        images.redraw(file, media)
    assert not any(b"Evil" in (media / path).read_bytes() for path in left_behind(media))


def test_the_largest_that_is_taken_is_opened_elsewhere(tmp_path, media):
    """39 megapixels are 150 MB when they are open; this process does not feel them."""
    content = encoded(Image.new("RGBA", (7200, 5400), (9, 80, 120, 200)), "PNG")
    before = resident()
    with sent(tmp_path, content) as file:
        drawn = images.redraw(file, media)
    assert (drawn.width, drawn.height) == (1600, 1200)
    assert resident() - before < 8_000_000


def test_one_that_takes_for_ever_is_given_up(tmp_path, media, monkeypatch):
    monkeypatch.setattr(images, "PATIENCE", 0.01)
    with sent(tmp_path, encoded(scene())) as file, pytest.raises(images.Unfit):
        images.redraw(file, media)
    assert left_behind(media) == []


def test_what_was_not_drawn_here_has_one_size(media):
    assert images.sizes("p/0123456789abcdef.svg", 1200) == [(1200, "p/0123456789abcdef.svg")]


def test_removing_a_picture_removes_all_that_was_drawn_of_it_and_nothing_else(tmp_path, media):
    drawn = []
    for width in (300, 900):
        with sent(tmp_path, encoded(scene(width))) as file:
            drawn.append(images.redraw(file, media))
    images.remove(media, drawn[1].path)
    assert left_behind(media) == sorted([drawn[0].path, drawn[0].path.replace("-300", "-kept")])
