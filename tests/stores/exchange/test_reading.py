"""Files as people bring them: read as they were meant, or refused in words, and never more than a piece in memory."""

import csv
import io
import resource
import zipfile

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kit.languages import speaking
from stores.exchange import limits
from stores.exchange.problems import WHY, Unreadable
from stores.exchange.reading import Dialect, rows, sniff

ACCENTS = "référence;désignation;prix\r\n00123;Théière « Œuvre »;12,90\r\n"


def read(data):
    file = io.BytesIO(data)
    dialect = sniff(file)
    return dialect, [(row.line, row.cells) for row in rows(file, dialect)]


def refused(data):
    with pytest.raises(Unreadable) as refusal:
        read(data)
    return refusal.value.code, refusal.value.params


# As it was meant


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_accents_are_read_whatever_wrote_them(encoding):
    dialect, found = read(ACCENTS.encode(encoding))
    assert dialect.columns == ["référence", "désignation", "prix"]
    assert found == [(2, ["00123", "Théière « Œuvre »", "12,90"])]
    assert dialect == Dialect.from_json(dialect.as_json())


@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_read_in_either_order_of_its_bytes(order):
    assert read(("\ufeff" + ACCENTS).encode(order))[1] == [(2, ["00123", "Théière « Œuvre »", "12,90"])]


def test_one_accent_after_many_plain_pieces_decides_the_encoding():
    plain = "sku;name\n" + "A1;lamp\n" * (limits.PIECE // 7)
    dialect, found = read((plain + "A2;théière\n").encode("cp1252"))
    assert dialect.encoding == "cp1252"
    assert found[-1] == (limits.PIECE // 7 + 2, ["A2", "théière"])
    dialect, found = read((plain + "A2;théière\n").encode())
    assert (dialect.encoding, found[-1][1]) == ("utf-8", ["A2", "théière"])


@pytest.mark.parametrize("shift", range(4))
def test_a_sign_cut_by_the_end_of_a_piece_is_whole_again(shift):
    text = "sku;name\n" + "x" * shift + "é;è\n" * limits.PIECE
    assert read(text[: limits.PIECE].encode())[1][-2][1][1] == "è"


@pytest.mark.parametrize("sign", list(";,\t|"))
def test_the_separator_is_told_from_the_header_and_its_rows(sign):
    header, row = ["sku", "name, in full", "price"], ["1", "a, b; c", "12,90"]
    text = io.StringIO()
    csv.writer(text, delimiter=sign).writerows([header, row])
    assert read(text.getvalue().encode())[1] == [(2, row)]


def test_a_comma_in_each_price_is_not_taken_for_the_separator():
    dialect, found = read(b"sku;price, EUR\n1;12,90\n2;4,50\n")
    assert (dialect.delimiter, found[1]) == (";", (3, ["2", "4,50"]))


def test_one_column_needs_no_separator():
    assert read(b"sku\nA-1\nA-2\n")[1] == [(2, ["A-1"]), (3, ["A-2"])]


def test_the_line_by_which_excel_tells_its_separator_is_no_row():
    assert read(b"sep=|\nsku|name\n1|a\n") == (Dialect("utf-8", "|", ["sku", "name"]), [(3, ["1", "a"])])


def test_lines_may_end_in_three_ways_in_one_file():
    data = b'sku,name\r\n1,a\r2,"b\r\nb"\n3,c\r\r\n4,d'
    assert read(data)[1] == [(2, ["1", "a"]), (3, ["2", "b\r\nb"]), (5, ["3", "c"]), (7, ["4", "d"])]


def test_an_end_of_line_that_is_cut_by_a_piece_is_one():
    head = b"sku,name\r\n"
    filler = b"1," + b"a" * (limits.PIECE - len(head) - 3) + b"\r"  # the piece ends here, the next begins with \n
    data = head + filler + b"\n2,b\r\n"
    assert len(head + filler) == limits.PIECE
    assert [line for line, _ in read(data)[1]] == [2, 3]


def test_rows_with_nothing_in_them_are_left_out_and_still_counted_as_lines():
    assert read(b"\n;;\nsku;name;\n;;\n1;a;\n  ; ;\n2;b\n")[1] == [(5, ["1", "a", ""]), (7, ["2", "b"])]


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)
CP1252 = st.text(st.characters(codec="cp1252", exclude_characters="\0ÂÃâ"), max_size=30)
"""Without the signs that begin an accent of UTF-8: `Ã©` is taken for a damaged file, rightly."""
HEADERS = st.lists(st.text("abcdefghijklmnopqrstuvwxyz é_:", min_size=1).map(lambda name: f"c{name}c"), min_size=2,
                   max_size=6, unique_by=lambda name: " ".join(name.split()).casefold())  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(
    data=st.data(),
    header=HEADERS,
    sign=st.sampled_from(";,\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    end=st.sampled_from(["\r\n", "\n"]),
)
def test_whatever_was_written_is_read_back_with_the_line_it_stands_on(data, header, sign, encoding, end):
    width = len(header)
    words = CP1252 if encoding == "cp1252" else WORDS
    row = st.lists(words, min_size=width, max_size=width).filter(lambda cells: any(map(str.strip, cells)))
    table = data.draw(st.lists(row, max_size=6))
    text = io.StringIO()
    quoting = csv.QUOTE_ALL if end == "\n" else csv.QUOTE_MINIMAL  # csv does not quote a lone \r before 3.13
    writer = csv.writer(text, delimiter=sign, lineterminator=end, quoting=quoting)
    lines = []
    for cells in [header, *table]:
        lines.append(len(io.StringIO(text.getvalue(), newline="").readlines()) + 1)
        writer.writerow(cells)
    written = text.getvalue().encode(encoding)
    assume(encoding != "cp1252" or written.isascii() or not is_utf8(written))
    dialect, found = read(written)
    assert dialect.columns == [" ".join(name.split()) for name in header]
    assert found == list(zip(lines[1:], table, strict=True))


def is_utf8(data):
    try:
        return bool(data.decode())
    except UnicodeDecodeError:
        return False


# What is torn


def test_a_quotation_mark_inside_a_cell_costs_its_row_alone():
    file = io.BytesIO(b'sku,name\n1,"5" tall"\n2,b\n3,6" tall\n')
    found = list(rows(file, sniff(file)))
    assert [(row.line, row.fault and row.fault.code) for row in found] == [(2, "stray_quote"), (3, None), (4, None)]
    assert found[2].cells == ["3", '6" tall']


def test_rows_swallowed_by_a_quotation_mark_are_all_given_back_with_the_line_where_it_opened():
    file = io.BytesIO(b'sku,name\n1,a\n2,"b\n3,c\n4,"d"\n5,e\n')
    found = list(rows(file, sniff(file)))
    assert [(row.line, row.cells) for row in found] == [
        (2, ["1", "a"]), (3, ["2", "b"]), (4, ["3", "c"]), (5, ["4", "d"]), (6, ["5", "e"]),
    ]  # fmt: skip
    assert [row.fault.params for row in found[1:4]] == [{"line": 3, "last": 5}] * 3
    assert "line 3 and closes on line 5" in said(found[1].fault)


def test_a_cell_that_no_spreadsheet_would_hold_is_named():
    file = io.BytesIO(b"sku,story\n1," + b"a" * (limits.CELL + 1) + b"\n2," + b"b" * limits.CELL + b"\n")
    found = list(rows(file, sniff(file)))
    assert found[0].fault.column == "story" and "at most 32,768 signs" in said(found[0].fault)
    assert found[1].fault is None
    file = io.BytesIO(b"sku,story\n1," + b"a" * 200_000 + b"\n2,b\n")
    assert [row.fault and row.fault.code for row in rows(file, sniff(file))] == ["row_too_long", None]


def said(problem):
    with speaking("en"):
        return problem.sentence


# What is no list


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"\xef\xbb\xbf\r\n \r\n", "empty_file"),
        (b"\xff\xfe", "empty_file"),
        (b"%PDF-1.7 ...", "pdf"),
        (b"\xff\xd8\xff\xe0 jfif", "picture"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "spreadsheet"),
        (b"\x1f\x8b\x08\x00", "archive"),
        (b"<!DOCTYPE html>\n<html><body>Sign in", "html"),
        (b'{"products": []}', "json"),
        (b'[{"sku": "1"}]', "json"),
        (b"3017620422003;12,90\n3017620422003;12,90\n", "unnamed_columns"),
        (b"sku;Name;name\n1;a;b\n", "repeated_column"),
        (b"sku,name\n1,\0a\n", "binary"),
        ("sku,name\n1,é\n2,".encode() + b"\xe9\n", "damaged"),
        ("sku,name\n1,é".encode()[:-1], "cp1252"),
        (b"sku,name\n1,\x81\n", "encoding"),
        (",".join(f"c{number}" for number in range(201)).encode(), "too_many_columns"),
    ],
)
def test_what_is_no_list_is_refused_in_words(data, code):
    if code == "cp1252":  # one byte alone may be a sign of CP1252
        assert read(data)[0].encoding == code
        return
    assert refused(data)[0] == code


@pytest.mark.parametrize(("inside", "code"), [("xl/workbook.xml", "spreadsheet"), ("products.csv", "archive")])
def test_a_workbook_is_told_from_an_archive(inside, code):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(inside, "x" * 100)
    assert refused(data.getvalue())[0] == code


def test_the_line_of_what_cannot_be_read_is_said():
    assert refused(b"sku,name\n1,a\n2,b\0\n") == ("binary", {"line": 3})
    assert refused("sku,name\n1,é\n2,".encode() + b"\xe9\n") == ("damaged", {"line": 3})
    assert refused(b"sku,name\n1,a\n2,\x8d\n") == ("encoding", {"line": 3})
    assert refused(b'sku,name\n1,a\n2,"first\nsecond",3\n4,"') == ("quote_never_closed", {"line": 5})
    with speaking("fr"):
        assert all(str(sentence) for sentence in WHY.values())


class Endless(io.RawIOBase):
    """A file of so many bytes that stands nowhere: its head, then the same over and over."""

    def __init__(self, size, head=b"", again=b"a"):
        self.size, self.head, self.again, self.at = size, head, again * (limits.PIECE // len(again)), 0

    def seek(self, place, whence=0):
        self.at = place
        return place

    def read(self, size=-1):
        assert size > 0, "the whole file was asked for at once"
        piece = self.head if self.at == 0 and self.head else self.again[: min(size, self.size - self.at)]
        self.at += len(piece)
        return piece


@pytest.fixture
def flat_memory():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


@pytest.mark.usefixtures("flat_memory")
@pytest.mark.parametrize("head", [b"", b"sku,name\n1,", b'sku,name\n1,"'])
def test_a_line_of_a_gigabyte_is_refused(head):
    file = Endless(1_000_000_000, head)
    with pytest.raises(Unreadable) as refusal:
        sniff(file)
    assert refusal.value.code == "too_large"
    assert file.at <= limits.FILE_BYTES + limits.PIECE


@pytest.mark.usefixtures("flat_memory")
@pytest.mark.parametrize(
    ("head", "again", "code"),
    [
        (b"1,", b"a", "line_too_long"),
        (b'1,"', b"a", "line_too_long"),
        (b'1,"', b"3,c\n", "quote_never_closed"),
    ],
)
def test_what_never_ends_is_found_before_much_of_it_is_read(head, again, code):
    file = Endless(limits.FILE_BYTES, b"sku,name\n" + head, again)
    with pytest.raises(Unreadable) as refusal:
        list(rows(file, Dialect("utf-8", ",", ["sku", "name"])))
    assert (refusal.value.code, refusal.value.params) == (code, {"line": 2})
    assert file.at < 2 * limits.LINE


def test_a_million_columns_are_refused():
    assert refused(b"a," * 1_000_000)[0] in ("line_too_long", "too_many_columns")
    file = io.BytesIO(b"sku,name\n" + b"a," * 900_000 + b"\n")
    found = list(rows(file, sniff(file)))
    assert len(found[0].cells) == limits.COLUMNS + 1


def test_the_row_after_the_last_that_is_allowed_is_refused(monkeypatch):
    monkeypatch.setattr(limits, "ROWS", 3)
    assert len(read(b"sku\n1\n2\n3\n")[1]) == 3
    assert refused(b"sku\n1\n2\n3\n4\n") == ("too_many_rows", {"limit": 3})
    with speaking("en"):
        assert Unreadable("too_many_rows", limit=200_000).sentence.startswith("This file has more than 200,000 rows.")


# XML

FEED = """<?xml version="1.0" encoding="{encoding}"?>
<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0"><channel><title>Aurore</title>
<item><g:id>001</g:id><title>of RSS</title><g:title>Théière</g:title>
  <g:additional_image_link>https://a/1.jpg</g:additional_image_link>
  <g:additional_image_link>https://a/2.jpg</g:additional_image_link></item>
<item><g:id>002</g:id><g:shipping><g:country>FR</g:country></g:shipping></item>
</channel></rss>"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252"])
def test_a_feed_is_read_as_rows(encoding):
    dialect, found = read(FEED.format(encoding=encoding).encode(encoding))
    assert dialect == Dialect("", "", ["id", "title", "additional_image_link", "shipping"])
    assert found == [
        (3, ["001", "Théière", "https://a/1.jpg,https://a/2.jpg", ""]),
        (6, ["002", "", "", "FR"]),
    ]


def test_an_atom_feed_is_read_as_rows():
    data = (
        b'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0"><title>x</title>\n'
        b'<entry><g:id>1</g:id><title>Lamp</title><link href="https://a/lamp"/><summary>s</summary></entry></feed>'
    )
    dialect, found = read(data)
    assert found == [(2, ["1", "Lamp", "https://a/lamp", "s"])]
    assert dialect.columns == ["id", "title", "link", "summary"]


LAUGHS = '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;">]><rss>&b;</rss>'


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (LAUGHS, "xml_entities"),
        ('<!DOCTYPE rss SYSTEM "file:///etc/passwd"><rss/>', "xml_entities"),
        ("<rss><channel><item><a>1</a></channel></rss>", "xml_malformed"),
        ("<rss><channel>", "xml_malformed"),
        ("<Workbook><Row/></Workbook>", "not_a_feed"),
        ("<rss>" + "<a>" * 20 + "</a>" * 20 + "</rss>", "xml_too_deep"),
        ("<rss><item>" + "".join(f"<a{n}/>" for n in range(300)) + "</item></rss>", "too_many_columns"),
        ("<rss><item><a>&nbsp;</a></item></rss>", "xml_malformed"),
        ('<?xml version="1.0" encoding="klingon"?><rss/>', "xml_malformed"),
    ],
)
def test_xml_that_is_no_plain_feed_is_refused(data, code):
    assert refused(data.encode())[0] == code


def test_a_text_of_a_feed_is_cut_where_a_cell_ends():
    file = io.BytesIO(b"<rss><item><id>1</id><b>" + b"x" * 500_000 + b"</b></item></rss>")
    row = next(rows(file, sniff(file)))
    assert (row.fault.column, row.fault.code) == ("b", "cell_too_long")


@pytest.mark.usefixtures("flat_memory")
@pytest.mark.parametrize(
    ("head", "again"),
    [
        (b"<rss><item><id a='", b"x"),
        (b"<rss><!--", b"x"),
        (b"<rss><item>", b"<a/>"),
        (b"<rss><item>", b"<a>x</a>"),
    ],
)
def test_an_article_or_a_tag_that_never_ends_is_refused(head, again):
    file = Endless(limits.FILE_BYTES, head, again)
    with pytest.raises(Unreadable) as refusal:
        sniff(file)
    assert refusal.value.code == "line_too_long"
    assert file.at < 3 * limits.LINE
