"""Bulk edits: one field of many articles at once, looked at first, applied in pieces, undone for a day.

A bulk edit is a batch like a file is, whose rows are made from the articles that somebody chose. Each row
keeps the values before and after; it is applied, and undone, only where the article still is as it was left: what
somebody else has changed since stays as she left it and is named in the report.

`wanted` is what is asked, `looking` what it would do, `subject` does it, `standing` reads and writes the articles.
"""

from stores.exchange.cells import DEAREST
from stores.exchange.edits.looking import MOST, Shown, begin, look, prepare, rows
from stores.exchange.edits.standing import moment
from stores.exchange.edits.subject import AT_ONCE, SUBJECT
from stores.exchange.edits.wanted import Ending, Field, Wanted, Way, new_price

__all__ = [
    "AT_ONCE", "DEAREST", "MOST", "SUBJECT", "Ending", "Field", "Shown", "Wanted", "Way", "begin", "look", "moment",
    "new_price", "prepare", "rows",
]  # fmt: skip
