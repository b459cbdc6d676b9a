"""The corpus where nobody stands between: the reader of pages, long texts, cells."""

import pytest
from abuse.corpus import FORMULAS, HTMX, MARKUP, PAYLOADS, POLYGLOT
from abuse.markup import faults

from kit import rich
from stores.exchange.cells import escaped, unescaped

HARMLESS_RAW = {
    "&lt;img src=x onerror=alert(1)&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "＜script＞alert(1)＜/script＞",
    "<!--<script>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "` onmouseover=alert(1) x=`",
}
"""Text already, or opening nothing in the places below."""


@pytest.mark.parametrize("payload", [one for one in (*MARKUP, *HTMX, POLYGLOT) if one not in HARMLESS_RAW])
def test_a_page_that_let_a_payload_through_would_be_noticed(payload):
    places = ("<p>%s</p>", '<input value="%s">', "<input value='%s'>", "<select><option>%s</select>")
    assert any(faults(place % payload) for place in places), payload


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_payload_survives_a_long_text(payload):
    for text in (payload, f"x {payload} y", f"- {payload}", f"### {payload}", f"**{payload}**", f"[a]({payload})"):
        assert faults(str(rich.html(text))) == [], text
        assert "\n" not in rich.plain(text)
        assert faults(str(rich.html(rich.from_html(text)))) == [], text


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_cell_is_guarded_once_and_comes_back_as_it_was(payload):
    cell = escaped(payload)
    assert not cell.startswith(tuple("=+-@\t\r\n\0＝＋－＠"))
    assert unescaped(cell) == payload
    assert unescaped(escaped(cell)) == cell


def test_every_formula_begins_as_spreadsheets_read_one():
    assert all(one.lstrip("'")[0] in "=+-@\t\r＝＋－＠" for one in FORMULAS)
