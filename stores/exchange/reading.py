"""Rows of a file that somebody brought, whatever program wrote it: encoding, separator, quotation marks, or XML.

`sniff` reads the file once and says how it is written, `rows` reads it again. Neither holds more than a piece of it,
one row and one line, however the file is made; what cannot be a list is refused by `Unreadable`, in words.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, BinaryIO, Final, Self

from stores.exchange import limits, markup
from stores.exchange.cells import trimmed
from stores.exchange.problems import Problem, Unreadable, clipped

DELIMITERS: Final = ";,\t|"
HEAD: Final = 1 << 16
"""Signs that the separator is told from."""
SAMPLE: Final = 20
"""Rows that it is told from."""

_MARKS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_NO_TEXT: Final = (
    (b"PK\x03\x04", "archive"), (b"PK\x05\x06", "archive"), (b"\xd0\xcf\x11\xe0", "spreadsheet"), (b"%PDF", "pdf"),
    (b"\xff\xd8\xff", "picture"), (b"\x89PNG", "picture"), (b"GIF8", "picture"), (b"RIFF", "picture"),
    (b"\x1f\x8b", "archive"), (b"7z\xbc\xaf", "archive"), (b"Rar!", "archive"), (b"BZh", "archive"),
)  # fmt: skip
_UNKNOWN: Final = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
"""Bytes that CP1252 gives no sign to."""
_MANGLED: Final = re.compile(rb"[\xc2\xc3][\x80-\xbf]|\xe2\x80[\x80-\xbf]")
"""Accents and quotation marks in UTF-8. As CP1252 they would be `Ã©`, which nobody writes."""
_SEPARATOR: Final = re.compile(r"\s*sep=([;,\t|])\s*", re.IGNORECASE)
"""A first line by which Excel tells itself."""


@dataclass(frozen=True)
class Dialect:
    """How a file is written."""

    encoding: str
    """A codec of Python; of XML the file says itself, and this is empty."""
    delimiter: str
    """`,`, `;`, a tab or `|`; empty for XML."""
    columns: list[str]
    """The header, trimmed; of XML, the names of the elements that articles have, in their first order."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        return cls(**value)


@dataclass(slots=True)
class Row:
    """One row below the header, its cells as they stand in the file."""

    line: int
    """Where it begins, the first line of the file being 1."""
    cells: list[str]
    fault: Problem | None = None
    """Why its cells cannot be told apart, or not be kept."""


def sniff(file: BinaryIO) -> Dialect:
    """How it is written. Reads the whole file once; raises `Unreadable`."""
    file.seek(0)
    head = file.read(limits.PIECE)
    _must_be_text(head)
    if markup.looks_like_it(head):
        return Dialect("", "", markup.columns(_pieces(head, file)))
    encoding = _encoding(head, file)
    columns, delimiter = _header(codecs.getincrementaldecoder(encoding)().decode(head)[:HEAD])
    return Dialect(encoding, delimiter, columns)


def rows(file: BinaryIO, dialect: Dialect) -> Iterator[Row]:
    """The rows below the header; those with nothing in them are left out.

    Raises `Unreadable` where the file turns out to be none, also after many rows.
    """
    file.seek(0)
    pieces = _pieces(file.read(limits.PIECE), file)
    found = _rows(pieces, dialect) if dialect.delimiter else _items(pieces, dialect.columns)
    yield from islice(found, limits.ROWS)
    if next(found, None):
        raise Unreadable("too_many_rows", limit=limits.ROWS)


# What it is


def _must_be_text(head: bytes) -> None:
    if not head.removeprefix(codecs.BOM_UTF8).strip() or head in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        raise Unreadable("empty_file")
    for magic, kind in _NO_TEXT:
        if head.startswith(magic):
            is_workbook = re.search(rb"xl/|\[Content_Types\]|opendocument\.spreadsheet", head)
            raise Unreadable("spreadsheet" if kind == "archive" and is_workbook else kind)
    begins = head[:512].removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if begins.startswith((b"<!doctype html", b"<html")):
        raise Unreadable("html")
    if re.match(rb"[{\[]\s*[\"{\[]", begins):
        raise Unreadable("json")


def _encoding(head: bytes, file: BinaryIO) -> str:
    """UTF-8 where every byte of the file is, CP1252 where not: an accent far down decides as well as one at the top."""
    marked = next((encoding for mark, encoding in _MARKS if head.startswith(mark)), "")
    decoder = codecs.getincrementaldecoder(marked or "utf-8")()
    line = 1
    bad = unknown = 0
    mangled = False
    for piece in _pieces(head, file):
        if marked != "utf-16" and b"\0" in piece:
            raise Unreadable("binary", line=line + piece.count(b"\n", 0, piece.index(b"\0")))
        if not bad:
            try:
                decoder.decode(piece)
            except UnicodeDecodeError as error:
                bad = line + error.object.count(b"\n", 0, error.start)
        if not marked and not piece.isascii():
            mangled = mangled or bool(_MANGLED.search(piece))
            if not unknown and (found := _UNKNOWN.search(piece)):
                unknown = line + piece.count(b"\n", 0, found.start())
        line += piece.count(b"\n")
    if not bad and decoder.getstate()[0]:  # it ends within a sign
        bad = line
    if bad and (marked or mangled):
        raise Unreadable("damaged", line=bad)
    if bad and unknown:
        raise Unreadable("encoding", line=unknown)
    return "cp1252" if bad else marked or "utf-8"


def _pieces(head: bytes, file: BinaryIO) -> Iterator[bytes]:
    """The file from its beginning. Raises `Unreadable` when it is larger than a file may be."""
    size, piece = 0, head
    while piece:
        size += len(piece)
        if size > limits.FILE_BYTES:
            raise Unreadable("too_large", limit=limits.FILE_BYTES // 1_000_000)
        yield piece
        piece = file.read(limits.PIECE)


def _header(head: str) -> tuple[list[str], str]:
    """The names of the columns, and what separates them: what makes rows as wide as the header, and the header wide."""
    lines = io.StringIO(head, newline="").readlines()
    if len(lines) == 1 and len(head) == HEAD:
        raise Unreadable("line_too_long", line=1)
    if told := _SEPARATOR.fullmatch(lines[0]):
        lines.pop(0)
    best: tuple[float, int] = (-1, 0)
    header, delimiter = [""], ","
    for sign in told[1] if told else DELIMITERS:
        table = [cells for cells in islice(csv.reader(lines, delimiter=sign), SAMPLE) if any(map(str.strip, cells))]
        if not table:
            continue
        width = len(table[0])
        alike = sum(len(cells) == width for cells in table) / len(table)
        if best < (score := (alike if width > 1 else 0, width)):
            best, header, delimiter = score, table[0], sign
    return _names(header), delimiter


def _names(header: list[str]) -> list[str]:
    columns = [" ".join(trimmed(cell).split()) for cell in header]
    while columns and not columns[-1]:
        columns.pop()
    if not any(sign.isalpha() for cell in columns for sign in cell):
        raise Unreadable("unnamed_columns")
    if len(columns) > limits.COLUMNS:
        raise Unreadable("too_many_columns", limit=limits.COLUMNS)
    seen: set[str] = set()
    for cell in filter(None, columns):
        if cell.casefold() in seen:
            raise Unreadable("repeated_column", column=clipped(cell))
        seen.add(cell.casefold())
    return columns


# Its rows


def _items(pieces: Iterator[bytes], columns: list[str]) -> Iterator[Row]:
    for line, cells in markup.items(pieces):
        row = [cells.get(column, "") for column in columns]
        yield Row(line, row, _oversize(row, columns))


def _rows(pieces: Iterator[bytes], dialect: Dialect) -> Iterator[Row]:
    lines = _Lines(pieces, dialect.encoding)
    reader = csv.reader(iter(lines), delimiter=dialect.delimiter, strict=True)
    is_header = True
    while True:
        lines.row.clear()
        first = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield from _torn(lines, dialect.delimiter, first, str(error))
            continue
        if not any(map(str.strip, cells)) or (first == 1 and _SEPARATOR.fullmatch(lines.row[0])):
            continue
        if is_header:
            is_header = False
            continue
        is_long = len(lines.row) > 1 or len(lines.row[0]) > limits.CELL
        fault = _oversize(cells, dialect.columns) if is_long else None
        yield Row(first, cells[: limits.COLUMNS + 1], fault)


def _torn(lines: "_Lines", delimiter: str, first: int, error: str) -> Iterator[Row]:
    """What is left of rows whose quotation marks make no sense: each line by itself, so that none is lost."""
    opened = first + _last_opening(lines.row, delimiter)
    if lines.ended or (len(lines.row) > 1 and "field limit" in error):
        raise Unreadable("quote_never_closed", line=opened)
    for line, text in enumerate(lines.row, start=first):
        written = text.rstrip("\r\n")
        if "field limit" in error:
            yield Row(line, [written], Problem("", clipped(written), "row_too_long", {"limit": limits.CELL}))
            continue
        if len(lines.row) == 1:
            fault = Problem("", clipped(written), "stray_quote")
        else:
            fault = Problem("", clipped(written), "stray_quotes", {"line": opened, "last": lines.number})
        yield Row(line, next(csv.reader([written], delimiter=delimiter), []), fault)


def _last_opening(row: list[str], delimiter: str) -> int:
    """How many lines below its first the cell begins that swallowed the rest of the row."""
    opened, before = 0, delimiter
    inside = False
    for place, line in enumerate(row):
        for sign in line:
            if sign == '"' and (inside or before in (delimiter, "\n", "\r")):
                opened = opened if inside else place
                inside = not inside
            before = sign
    return opened


def _oversize(cells: list[str], columns: list[str]) -> Problem | None:
    for place, cell in enumerate(cells):
        if len(cell) > limits.CELL:
            column = columns[place] if place < len(columns) else ""
            return Problem(column, clipped(cell), "cell_too_long", {"limit": limits.CELL, "count": len(cell)})
    return None


class _Lines:
    """The lines of a file, each with its end: \\n, \\r\\n or \\r, also mixed. Remembers those of the row being read."""

    def __init__(self, pieces: Iterator[bytes], encoding: str) -> None:
        self.pieces = pieces
        self.decoder = codecs.getincrementaldecoder(encoding)()
        self.number = 0
        self.row: list[str] = []
        self.ended = False

    def __iter__(self) -> Iterator[str]:
        rest = ""
        for piece in self.pieces:
            try:
                text = rest + self.decoder.decode(piece)
            except UnicodeDecodeError:
                raise Unreadable("damaged", line=self.number + 1) from None
            if "\0" in text:
                raise Unreadable("binary", line=self.number + 1 + text.count("\n", 0, text.index("\0")))
            lines = io.StringIO(text, newline="").readlines()
            rest = "" if not lines or lines[-1].endswith("\n") else lines.pop()  # \r may be half of \r\n
            if len(rest) > limits.LINE:
                raise Unreadable("line_too_long", line=self.number + len(lines) + 1)
            for line in lines:
                self.number += 1
                self.row.append(line)
                yield line
        if rest:
            self.number += 1
            self.row.append(rest)
            yield rest
        self.ended = True
