"""What is no word is refused, and signs that nobody sees get nowhere."""

import pytest
from abuse.hostile import sheet
from abuse.markup import faults


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("choice1-colour", "url(//evil.example)"),
        ("choice1-colour", "#fff;background:url(/stolen)"),
        ("code", "<script>"),
        ("position", "=1+1"),
    ],
)
async def test_what_is_no_word_of_an_attribute_is_refused(colleague, name, value):
    paul = await colleague("paul")
    sent = {"label_fr": "Tissu", "label_en": "Fabric", "kind": "colour", "rows": "1", "position": "1"}
    sent |= {"choice1-label_fr": "Lin", "choice1-label_en": "Linen", "choice1-colour": "#c8b28a", name: value}
    answer = await paul.post("/fr/merch/attributes", data={**sent, "do": "save"})
    assert answer.status_code == 422
    assert faults(answer.text) == []


@pytest.mark.parametrize(
    ("name", "type_", "content"),
    [
        ("a.svg", "image/svg+xml", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
        ("a.png", "image/png", b"<html><script>alert(1)</script></html>"),
        ("<img src=x onerror=alert(1)>.png", "image/png", b"GIF89a/*\x00*/=1;alert(1)"),
    ],
)
async def test_a_file_that_is_no_image_is_refused_with_its_name_as_text(colleague, settings, name, type_, content):
    paul = await colleague("paul")
    answer = await paul.post("/fr/merch/media", files={"files": (name, content, type_)})
    assert answer.status_code in (415, 422)
    assert faults(answer.text) == []
    assert not [path for path in settings.data_dir.rglob("*") if path.is_file() and "media" in path.parts]


async def test_signs_that_nobody_sees_do_not_get_into_a_name(lea, world, colleague):
    who = {"first_name": "Lé\x00a\x1b[31m\u202e", "last_name": "Martin\r\nBcc: x@evil.example", "note": "a\x00b"}
    sent = {"sku": "LUM-0001-LAI", "quantity": "1", "store": "rivoli", "email": "lea@exemple.fr", "contact": "email"}
    sent |= who
    answer = await lea.post("/fr/reserve", data=sent)
    assert answer.status_code == 303
    page = (await lea.get(answer.headers["location"])).text
    assert not {"\x00", "\x1b", "\u202e"} & set(page)
    board = (await (await colleague("ines")).get("/fr/staff/reservations")).text
    assert not {"\x00", "\x1b", "\u202e"} & set(board)


async def test_a_file_with_control_signs_is_refused_and_not_broken(colleague, world):
    paul = await colleague("paul")
    file = sheet([{"sku": "HOS-9", "ref": "HOS-9", "name:fr": "a\x00b\x1b"}])
    answer = await paul.post(
        "/fr/merch/imports/new", data={"subject": "products"}, files={"file": ("a.csv", file, "text/csv")}
    )
    assert answer.status_code in (303, 422)


@pytest.mark.parametrize(
    "header", ["x\r\nSet-Cookie: a=b", "//evil.example", "https://evil.example/", "/\\evil.example"]
)
async def test_a_way_back_leads_to_this_site_and_adds_no_header(lea, world, header):
    answer = await lea.post("/fr/theme", data={"theme": "dark", "next": header})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/fr/")
    assert "a=b" not in str(answer.headers.get_list("set-cookie"))
