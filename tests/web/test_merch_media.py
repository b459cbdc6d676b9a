"""The library of images: what Paul sends, says of it, points at, and may take away."""

import io
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from booking.journal import Entry
from stores.catalogue import Picture, Product
from stores.media import Medium

MEDIA = "/fr/merch/media"


def photo(width: int = 900, height: int = 600, kind: str = "JPEG", red: int = 200, **options) -> bytes:
    image = Image.new("RGB", (width, height), (red, 30, 30))
    image.paste((30, 30, 200), (width // 2, 0, width, height))
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def file(name: str, content: bytes):
    return ("files", (name, content, "application/octet-stream"))


@pytest.fixture
def stored(settings):
    """Names of all files that are kept."""

    def names() -> list[str]:
        root = settings.media_dir
        return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() or ".in" in path.name)

    return names


async def media_of(database) -> list[Medium]:
    async with database.work(readonly=True) as session:
        return list(await session.scalars(select(Medium).order_by(Medium.id)))


async def events_of(database, subject: str) -> list[str]:
    async with database.work(readonly=True) as session:
        return list(await session.scalars(select(Entry.event).where(Entry.subject == subject).order_by(Entry.id)))


async def test_paul_sends_a_photograph_and_says_what_it_shows(world, colleague, database, stored, lea):
    paul = await colleague("paul")
    sent = await paul.post(MEDIA, files=[file("Été à la mer.jpg", photo(2000, 1000))])
    assert sent.status_code == 303
    [medium] = await media_of(database)
    assert sent.headers["location"] == f"/fr/merch/media/{medium.id}?notice=saved"
    page = await paul.get(sent.headers["location"])
    assert page.status_code == 200
    assert "Été" not in page.text
    assert not any("mer" in name for name in stored())
    picture = await lea.get(f"/media/{medium.path}")
    assert (picture.headers["content-type"], picture.headers["x-content-type-options"]) == ("image/webp", "nosniff")
    assert await events_of(database, "medium") == ["added"]

    said = {"alt_fr": "La mer", "alt_en": "The sea", "focal_x": "20", "focal_y": "80", "credit": "© P. Durand"}
    saved = await paul.post(f"{MEDIA}/{medium.id}", data=said)
    assert saved.status_code == 303
    page = (await paul.get(f"{MEDIA}/{medium.id}")).text
    assert page.count('class="fx-20 fy-80"') == 3
    assert 'cx="320" cy="640"' in page
    assert await events_of(database, "medium") == ["added", "changed"]


async def test_several_files_at_once_and_the_same_one_twice(world, colleague, database, stored):
    paul = await colleague("paul")
    files = [file("a.jpg", photo()), file("b.png", photo(kind="PNG", red=90)), file("copy of a.jpg", photo())]
    assert (await paul.post(MEDIA, files=files)).status_code == 303
    before = stored()
    assert len(await media_of(database)) == 2
    assert (await paul.post(MEDIA, files=files)).status_code == 303
    assert (len(await media_of(database)), stored()) == (2, before)


async def test_the_same_picture_with_another_memory_of_where_it_was_taken_is_the_same_image(world, colleague, database):
    paul = await colleague("paul")
    exif = Image.Exif()
    exif[0x010F] = "Camera"
    for content in (photo(), photo(exif=exif.tobytes())):
        assert (await paul.post(MEDIA, files=[file("a.jpg", content)])).status_code == 303
    assert len(await media_of(database)) == 1


@pytest.mark.parametrize(
    ("name", "content", "status", "words"),
    [
        ("dessin.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", 415, "JPEG, PNG"),
        ("a.gif", b"GIF89a" + bytes(99), 415, "JPEG, PNG"),
        ("shell.php", photo(), 415, ".jpg, .png"),
        ("cut.jpg", photo()[:900], 422, "cannot be read"),
        ("wide.png", photo(12_001, 2, "PNG"), 422, "Image too large: 12,001 × 2 pixels"),
        ("heavy.jpg", b"\xff\xd8\xff" + bytes(15 * 2**20), 422, "File too heavy: 15 MB"),
    ],
    ids=["svg", "gif", "php", "truncated", "too wide", "too heavy"],
)
async def test_what_cannot_be_taken_is_said_and_leaves_nothing(
    world, colleague, database, stored, name, content, status, words
):
    paul = await colleague("paul")
    answer = await paul.post("/en/merch/media", files=[file(name, content)])
    assert answer.status_code == status
    assert words in answer.text
    assert name in answer.text
    assert (await media_of(database), stored()) == ([], [])
    assert await events_of(database, "medium") == []


async def test_the_good_files_are_kept_when_another_is_refused(world, colleague, database, stored):
    paul = await colleague("paul")
    files = [file("good.jpg", photo()), file("<img src=x>.gif", b"GIF89a" + bytes(99))]
    answer = await paul.post("/en/merch/media", files=files)
    assert answer.status_code == 422
    assert "One file could not be taken" in answer.text and "The other image is in the library." in answer.text
    assert "<img src=x>" not in answer.text
    assert len(await media_of(database)) == 1
    assert len(stored()) == 4


async def test_nothing_chosen_is_said(world, colleague):
    paul = await colleague("paul")
    answer = await paul.post("/en/merch/media", files=[("files", ("", b"", "application/octet-stream"))])
    assert answer.status_code == 422
    assert "Choose at least one image." in answer.text


async def test_an_image_sent_for_an_article_hangs_on_it_once(world, colleague, database, lea):
    paul = await colleague("paul")
    assert "Lampe Oscar" in (await paul.get(f"{MEDIA}?for=LUM-0001")).text
    for _ in range(2):
        sent = await paul.post(f"{MEDIA}?for=LUM-0001", files=[file("a.jpg", photo())])
        assert sent.headers["location"].startswith("/fr/merch/articles/LUM-0001")
    [medium] = await media_of(database)
    async with database.work(readonly=True) as session:
        [picture] = await session.scalars(select(Picture).where(Picture.medium_id == medium.id))
        assert (picture.path, picture.width, picture.position) == (medium.path, 900, 0)
    assert await events_of(database, "product") == ["picture_added"]
    page = (await lea.get("/fr/p/lampe-oscar")).text
    assert medium.path in page and " 400w, " in page
    assert (await paul.get(f"{MEDIA}?for=NOPE")).status_code == 404


async def test_what_is_said_of_an_image_is_said_wherever_it_hangs(world, colleague, database, lea):
    paul = await colleague("paul")
    await paul.post(f"{MEDIA}?for=LUM-0001", files=[file("a.jpg", photo())])
    [medium] = await media_of(database)
    said = {"alt_fr": "Sur un bureau", "alt_en": "", "focal_x": "0", "focal_y": "100", "credit": "P. Durand"}
    await paul.post(f"{MEDIA}/{medium.id}", data=said)
    page = (await lea.get("/fr/p/lampe-oscar")).text
    assert 'alt="Sur un bureau"' in page
    assert "fx-0 fy-100" in page
    assert "fx-0 fy-100" in (await lea.get("/fr/c/lampes-a-poser")).text
    await paul.post(f"{MEDIA}/{medium.id}", data={**said, "decorative": "1"})
    async with database.work(readonly=True) as session:
        [picture] = await session.scalars(select(Picture))
        assert (picture.alt, picture.credit) == ({}, "P. Durand")


async def test_the_library_is_searched_and_narrowed(world, colleague, database):
    paul = await colleague("paul")
    for number, name in enumerate(("a.jpg", "b.jpg")):
        await paul.post(MEDIA, files=[file(name, photo(red=90 + 60 * number))])
    first, second = await media_of(database)
    said = {"alt_fr": "Un fauteuil près de la fenêtre", "focal_x": "50", "focal_y": "50", "credit": "Zoé"}
    await paul.post(f"{MEDIA}/{first.id}", data=said)
    await paul.post(f"{MEDIA}?for=LUM-0001", files=[file("b.jpg", photo(red=150))])

    async def found(query: str) -> set[int]:
        page = await paul.get(f"{MEDIA}?{query}")
        assert page.status_code == 200
        return {one.id for one in (first, second) if f'/merch/media/{one.id}"' in page.text}

    assert await found("") == {first.id, second.id}
    assert await found("q=FENETRE+fauteuil") == {first.id}
    assert await found("q=zoe") == {first.id}
    assert await found("q=%25") == {first.id, second.id}
    assert await found("view=silent") == {second.id}
    assert await found("view=unused") == {first.id}
    assert await found("view=unused&q=table") == set()
    assert (await paul.get(f"{MEDIA}?page=2")).status_code == 200


async def test_an_image_in_use_stays_and_names_where_it_hangs(world, colleague, database, stored):
    paul = await colleague("paul")
    await paul.post(f"{MEDIA}?for=LUM-0001", files=[file("a.jpg", photo())])
    [medium] = await media_of(database)
    page = (await paul.get(f"{MEDIA}/{medium.id}")).text
    assert "/fr/merch/articles/LUM-0001" in page
    assert "removal" not in page
    before = stored()
    refused = await paul.post(f"{MEDIA}/{medium.id}/removal")
    assert refused.status_code == 409
    assert (len(await media_of(database)), stored()) == (1, before)


async def test_an_image_that_nothing_shows_is_deleted_with_its_files(world, colleague, database, stored):
    paul = await colleague("paul")
    await paul.post(MEDIA, files=[file("a.jpg", photo())])
    [medium] = await media_of(database)
    gone = await paul.post(f"{MEDIA}/{medium.id}/removal")
    assert gone.status_code == 303
    assert (await media_of(database), stored()) == ([], [])
    assert await events_of(database, "medium") == ["added", "removed"]
    assert (await paul.get(f"{MEDIA}/{medium.id}")).status_code == 404
    assert (await paul.post(f"{MEDIA}/{medium.id}/removal")).status_code == 404


async def test_two_people_who_describe_the_same_image_lose_nothing(world, colleague, database):
    paul, solene = await colleague("paul"), await colleague("solene")
    await paul.post(MEDIA, files=[file("a.jpg", photo())])
    [medium] = await media_of(database)
    marks = (await paul.get(f"/en/merch/media/{medium.id}")).text.partition('name="marks" value="')[2].partition('"')[0]
    hers = {"alt_fr": "Une lampe", "focal_x": "50", "focal_y": "50", "credit": "", "marks": marks}
    assert (await solene.post(f"{MEDIA}/{medium.id}", data=hers)).status_code == 303
    his = {"alt_fr": "La lampe Oscar", "focal_x": "10", "focal_y": "50", "credit": "", "marks": marks}
    conflict = await paul.post(f"/en/merch/media/{medium.id}", data=his)
    assert conflict.status_code == 409
    assert "Une lampe" in conflict.text and "La lampe Oscar" in conflict.text
    [same] = await media_of(database)
    assert (same.alt.text(), same.focal_x) == ("Une lampe", 50)


@pytest.mark.parametrize("field", ["focal_x", "focal_y"])
@pytest.mark.parametrize("typed", ["101", "-1", "middle", ""])
async def test_a_point_outside_the_image_is_refused_beside_its_field(world, colleague, database, field, typed):
    paul = await colleague("paul")
    await paul.post(MEDIA, files=[file("a.jpg", photo())])
    [medium] = await media_of(database)
    said = {"alt_fr": "Une lampe", "focal_x": "50", "focal_y": "50", field: typed}
    answer = await paul.post(f"/en/merch/media/{medium.id}", data=said)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text and "Une lampe" in answer.text


async def test_what_is_written_of_an_image_is_text_everywhere(world, colleague, database, lea):
    paul = await colleague("paul")
    await paul.post(f"{MEDIA}?for=LUM-0001", files=[file("a.jpg", photo())])
    [medium] = await media_of(database)
    bad = '"><script>alert(1)</script>'
    said = {"alt_fr": bad, "alt_en": bad, "focal_x": "50", "focal_y": "50", "credit": bad}
    await paul.post(f"{MEDIA}/{medium.id}", data=said)
    for client, path in ((paul, MEDIA), (paul, f"{MEDIA}/{medium.id}"), (lea, "/fr/p/lampe-oscar")):
        assert "<script>alert" not in (await client.get(path)).text


async def test_ines_has_no_business_here(world, colleague):
    ines = await colleague("ines")
    assert (await ines.get(MEDIA)).status_code == 403
    assert (await ines.post(MEDIA, files=[file("a.jpg", photo())])).status_code == 403


async def test_a_very_large_sending_is_refused_before_it_is_read(world, colleague, database):
    paul = await colleague("paul")
    announced = {"content-length": str(81 * 2**20), "content-type": "multipart/form-data; boundary=x"}
    answer = await paul.post(MEDIA, content=b"--x", headers=announced)
    assert answer.status_code == 413


async def test_this_process_does_not_grow_with_what_is_sent(world, colleague, database):
    """Twenty megapixels are 60 MB when open; they are open elsewhere."""
    paul = await colleague("paul")
    content = photo(5000, 4000, "PNG")
    await paul.post(MEDIA, files=[file("first.jpg", photo())])
    before = _resident()
    for red in (10, 20, 30):
        assert (
            await paul.post(MEDIA, files=[file("a.png", content), file("b.jpg", photo(red=red))])
        ).status_code == 303
    assert _resident() - before < 30_000_000


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


async def test_an_article_that_shows_it_was_changed_when_it_was_hung(world, colleague, database, clock):
    paul = await colleague("paul")
    clock.forward(hours=2)
    await paul.post(f"{MEDIA}?for=LUM-0001", files=[file("a.jpg", photo())])
    async with database.work(readonly=True) as session:
        assert await session.scalar(select(Product.updated_at).where(Product.ref == "LUM-0001")) == clock()
