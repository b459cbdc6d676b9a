"""What is wrong with a row of a file, or with the whole of it, in words that say where and what to do."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Final, Self

from babel.support import LazyProxy

from kit.errors import Refused
from kit.languages import gettext, lazy, number_words
from stores import completeness

SHOWN: Final = 80
"""Signs of a cell that a sentence quotes."""


@dataclass(frozen=True)
class Problem:
    """One cell that cannot be taken as it stands; with `warning`, one that is taken otherwise than it was meant.

    `column` is ours, or a header cell of the file where no column of ours is meant; empty: the whole row.
    `params` fill the sentence of `code`; `suggestion` among them is offered after it.
    """

    column: str
    value: str
    code: str
    params: dict[str, Any] = field(default_factory=dict)
    warning: bool = False

    @property
    def sentence(self) -> str:
        """In the language spoken now."""
        msgid = SENTENCES.get(self.code, SENTENCES["not_usable"])
        said = str(msgid) % _Params({"column": self.column, "value": clipped(self.value), **_written(self.params)})
        if not self.column:  # it is the whole row's
            said = re.sub(r"^\s*:\s*", "", said)
            said = said[:1].upper() + said[1:]
        if suggestion := self.params.get("suggestion"):
            return f"{said} {gettext('Did you mean “%(suggestion)s”?', suggestion=suggestion)}"
        return said

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        return cls(**value)


def _written(params: Mapping[str, Any]) -> dict[str, Any]:
    """Sizes as numbers are written in the language spoken; lines keep their digits, as editors show them."""
    return {
        name: number_words(value) if name in ("limit", "count", "of") and isinstance(value, int) else value
        for name, value in params.items()
    }


class _Params(dict[str, Any]):
    """A sentence whose facts are not all known is still said: a report must never fail on the way to its reader."""

    def __missing__(self, key: str) -> str:
        return "…"


EDITED_SINCE: Final = Problem("", "", "edited_since", warning=True).as_json()
"""Said of a row that could not be undone."""


def clipped(value: str) -> str:
    """The beginning of a cell on one line, as sentences quote it."""
    line = " ".join(value[: SHOWN * 2].split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…"


def nearest(value: str, known: Iterable[str]) -> str:
    """The word that was probably meant; empty when none is near."""
    return _nearest(value, tuple(known)) if len(value) <= SHOWN else ""


@lru_cache(maxsize=1024)  # one wrong word mostly stands on thousands of rows
def _nearest(value: str, known: tuple[str, ...]) -> str:
    words = {word.casefold(): word for word in known}
    found = get_close_matches(value.casefold(), words, n=1, cutoff=0.7)
    return words[found[0]] if found else ""


def suggesting(value: str, known: Iterable[str]) -> dict[str, str]:
    """`params` with the word that was probably meant, if there is one."""
    meant = nearest(value, known)
    return {"suggestion": meant} if meant else {}


class Unreadable(Refused):
    """The file cannot be used, and nothing was changed. Its code is one of `WHY`."""

    status = 422

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code, WHY[code], params)

    @property
    def sentence(self) -> str:
        return str(self.msgid) % _written(self.params)

    @classmethod
    def from_json(cls, code: str, params: Mapping[str, Any]) -> Self:
        return cls(code, **params)


SENTENCES: Final[dict[str, LazyProxy]] = {
    # the row
    "row_shorter": lazy(
        "This row has %(count)s cells, the header has %(of)s. A separator or a quotation mark is probably missing."
    ),
    "row_longer": lazy(
        "This row has %(count)s cells, the header has %(of)s. "
        "Put quotation marks around a cell that holds the separator."
    ),
    "row_too_long": lazy("A cell of this row holds more than %(limit)s signs."),
    "stray_quote": lazy(
        "“%(value)s”: a quotation mark inside a cell is written twice, and this row has one that is not."
    ),
    "stray_quotes": lazy(
        "A quotation mark opens on line %(line)s and closes on line %(last)s in the middle of a cell: the rows between "
        "cannot be told apart. Inside a cell it is written twice."
    ),
    "cell_too_long": lazy("%(column)s: a cell holds at most %(limit)s signs, this one has %(count)s."),
    "missing": lazy("%(column)s: this cell is empty, and the row cannot be placed without it."),
    "needed": lazy("%(column)s: a new entry needs it."),
    "repeated": lazy("%(column)s: “%(value)s” already stands on line %(line)s. One row for each."),
    # one cell
    "not_usable": lazy("%(column)s: “%(value)s” cannot be used here."),
    "control_sign": lazy("%(column)s: “%(value)s” holds a sign that cannot be shown. Type the cell again."),
    "line_break": lazy("%(column)s: “%(value)s” goes over several lines, one is wanted."),
    "too_long": lazy("%(column)s: at most %(limit)s signs, “%(value)s” has %(count)s."),
    "scientific": lazy(
        "%(column)s: “%(value)s” was shortened by a spreadsheet and its digits are lost. "
        "Format the column as text in the spreadsheet and export again."
    ),
    "not_an_amount": lazy("%(column)s: “%(value)s” is not a price. Write 1299.00 or 1 299,00."),
    "ambiguous_amount": lazy("%(column)s: “%(value)s” can be read in two ways. Write it with its decimals, 1299.00."),
    "other_currency": lazy("%(column)s: “%(value)s” is not in %(currency)s."),
    "other_currency_needed": lazy("%(column)s: say it in %(value)s too, or leave the currency as it is."),
    "not_whole": lazy("%(column)s: “%(value)s” is not a whole number."),
    "not_a_number": lazy("%(column)s: “%(value)s” is not a number. Write 12.5 or 12,5."),
    "out_of_range": lazy("%(column)s: “%(value)s” must be between %(least)s and %(most)s."),
    "not_yes_or_no": lazy("%(column)s: “%(value)s” is neither yes nor no. Write yes or no."),
    "not_a_gtin": lazy("%(column)s: “%(value)s” is no barcode: it has 8, 12, 13 or 14 digits."),
    "check_digit": lazy("%(column)s: the last digit of “%(value)s” does not match the others. A digit was mistyped."),
    "not_a_code": lazy("%(column)s: “%(value)s” is no reference: one line of at most %(limit)s signs is wanted."),
    "not_a_moment": lazy("%(column)s: “%(value)s” is not a day and hour. Write 2026-11-24 09:30."),
    "not_a_day": lazy("%(column)s: “%(value)s” is not a day. Write 2026-11-24 or 24/11/2026."),
    "not_a_choice": lazy("%(column)s: “%(value)s” is not one of %(choices)s."),
    "not_a_slug": lazy("%(column)s: “%(value)s” cannot be an address. Use small letters, digits and hyphens."),
    # what other formats say
    "sale_dated": lazy("%(column)s: the reduced price “%(value)s” holds for some days only, so it was left out."),
    "other_unit": lazy("%(column)s: “%(value)s” is not a weight. Write 1.2 kg or 350 g."),
    # bulk edits
    "changed_since": lazy("%(column)s: somebody has changed it since, so it was left as it is."),
    "edited_since": lazy("Somebody has changed it since: it was left as it is."),
    "gone": lazy("It is no longer here."),
    "shown_already": lazy("Shoppers see it already."),
    "withdrawn_before": lazy("It would be withdrawn before it is shown."),
    "no_variant": lazy("It has no variant that is shown."),
    "price_too_low": lazy("Its price would be zero or less."),
    "price_too_high": lazy("Its price would be higher than any price here."),
    **{f"unready_{reason}": sentence for reason, sentence in completeness.SENTENCES.items()},
    # articles
    "not_a_fact": lazy("%(column)s: “%(value)s” is no fact. Write “Height: 42 cm | Weight: 3 kg”."),
    "too_many": lazy("%(column)s: at most %(limit)s are taken, there are %(count)s."),
    "not_erasable": lazy("%(column)s cannot be erased."),
    "gtin_taken": lazy("%(column)s: “%(value)s” is the barcode of %(sku)s."),
    "other_article": lazy("%(column)s: “%(value)s” belongs to the article %(ref)s."),
    "ref_kept": lazy("%(column)s: “%(value)s” is not known here; the article keeps its own, %(ref)s."),
    "sku_kept": lazy("%(column)s: found by its barcode, it keeps its own, %(sku)s; “%(value)s” was not taken."),
    "slug_taken": lazy("%(column)s: the address “%(value)s” belongs to the article %(ref)s."),
    "begins_rejected": lazy("%(column)s: the row that begins this article, line %(line)s, was rejected."),
    "differs": lazy("%(column)s: line %(line)s says something else of the same article, and that was taken."),
    "unknown_category": lazy("%(column)s: no category is called “%(value)s”."),
    "unknown_attribute": lazy("%(column)s: there is no such attribute."),
    "unknown_picture": lazy(
        "%(column)s: there is no image “%(value)s”. Add it under Images, then import this row again."
    ),
    "not_fetched": lazy("%(column)s: “%(value)s” is an address elsewhere. Add that image under Images."),
    "unpublished_name": lazy("%(column)s: not shown yet, the article has no name in French."),
    "unpublished_category": lazy("%(column)s: not shown yet, the article has no category."),
    "unpublished_pictures": lazy("%(column)s: not shown yet, a picture has no description in French."),
    "unpublished_variants": lazy("%(column)s: not shown yet, no variant has a price and is offered."),
    "still_reserved": lazy("%(column)s: %(count)s of “%(value)s” are reserved. They are handed over, then it is gone."),
    "changed_meanwhile": lazy("%(column)s: somebody changed “%(value)s” after the check. Import this row again."),
    # stores
    "outside_your_stores": lazy("%(column)s: “%(value)s” is not one of your stores."),
    "hours_syntax": lazy("%(column)s: “%(value)s” cannot be read. Write Mo-Sa 10:00-19:30; Su off."),
    "hours_holidays": lazy("%(column)s: “%(value)s” names public holidays. Write them as days under exceptions."),
    "hours_sun": lazy("%(column)s: “%(value)s” follows the sun. Write hours of the clock."),
    "hours_comment": lazy("%(column)s: “%(value)s” has a comment without days or hours beside it."),
    "hours_never": lazy("%(column)s: with “%(value)s” the store would never open."),
    "not_a_special_day": lazy("%(column)s: “%(value)s” is not a day of its own. Write 2026-12-24 10:00-18:00, or off."),
    "not_a_timezone": lazy("%(column)s: “%(value)s” is not a time zone. Write Europe/Paris."),
    "not_a_region": lazy("%(column)s: the public holidays of “%(value)s” are not known. Write FR, or FR-974."),
    "not_a_country": lazy("%(column)s: “%(value)s” is not a country. Write its two letters, FR."),
    "not_a_phone": lazy("%(column)s: “%(value)s” is not a telephone number. Write +33 1 99 00 12 34."),
    "not_an_email": lazy("%(column)s: “%(value)s” is not an email address."),
    "not_for_sms": lazy("%(column)s: “%(value)s” does not fit into a text message: at most %(limit)s plain signs."),
    "not_floors": lazy("%(column)s: “%(value)s” is not a list of floors as an export writes it."),
    "unknown_department": lazy("%(column)s: there is no department with the code “%(value)s”."),
    # stock
    "unknown_store": lazy("%(column)s: no store is called “%(value)s”."),
    "unknown_barcode": lazy("%(column)s: no article has the barcode “%(value)s”."),
    "stale": lazy("%(column)s: “%(value)s” was counted before the last count, of %(counted_at)s."),
    "in_the_future": lazy("%(column)s: “%(value)s” has not come yet."),
    "same_file": lazy("This very file was imported already, on %(day)s."),
    # pairings
    "unknown_article": lazy("%(column)s: no article has the reference or the SKU “%(value)s”."),
    "itself": lazy("%(column)s: “%(value)s” cannot be suggested beside itself."),
}  # fmt: skip
"""By code. Whoever reads a row may add its own; every one names its column, its value and what to do."""

WHY: Final[dict[str, LazyProxy]] = {
    "empty_file": lazy("This file is empty."),
    "too_large": lazy("This file is larger than %(limit)s MB. Split it in two."),
    "too_many_rows": lazy("This file has more than %(limit)s rows. Split it in two."),
    "too_many_columns": lazy("This file has more than %(limit)s columns. Leave out those that are not imported."),
    "spreadsheet": lazy(
        "This is a workbook of a spreadsheet. Open it, choose “Save as”, then “CSV UTF-8”, and import that file."
    ),
    "archive": lazy("This is a compressed archive. Unpack it and import the CSV file inside."),
    "pdf": lazy("This is a PDF. Ask for the same list as CSV."),
    "picture": lazy("This is a picture. Pictures are added under Images."),
    "html": lazy("This is a web page, not a list. Download the file again, and check that you are signed in there."),
    "json": lazy("This is JSON. Save the list as CSV."),
    "binary": lazy("Line %(line)s holds signs that no text has. Save the file as CSV UTF-8 and import it again."),
    "damaged": lazy(
        "The file is written in UTF-8, but line %(line)s is damaged: it was cut or mixed with another encoding. "
        "Export it again."
    ),
    "encoding": lazy("The accents of line %(line)s cannot be read. Save the file as CSV UTF-8 and import it again."),
    "line_too_long": lazy("Line %(line)s is too long for a row. The file has no line breaks, or is no list."),
    "quote_never_closed": lazy(
        "The quotation mark that opens on line %(line)s is never closed. Close it and try again."
    ),
    "unnamed_columns": lazy("The first row has no names of columns. Add a row of names above the others."),
    "repeated_column": lazy("Two columns are called “%(column)s”. Rename one, or delete it."),
    "xml_malformed": lazy("The XML is not well formed at line %(line)s. Ask for the file again."),
    "xml_entities": lazy(
        "This XML declares types or entities of its own (line %(line)s), which is not accepted. Ask for a plain feed."
    ),
    "xml_too_deep": lazy("The XML is nested too deeply at line %(line)s."),
    "not_a_feed": lazy("This XML is not a product feed: it begins with “%(root)s”. RSS 2.0 and Atom feeds are read."),
}  # fmt: skip
"""Why a file cannot be used, by code."""
