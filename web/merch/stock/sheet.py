"""What a cell of the grid is filled with: one number at a time, as a spreadsheet has it.

A value is kept in one plain form whatever was typed (`12`, `129.00`, `1` for yes, nothing for none): it is held
against what stood there when the page was made.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncSession

from kit.languages import gettext, lazy
from kit.money import Money
from stores import stock
from stores.levels import Row
from stores.stock import MOST_UNITS, StoreStock
from web.merch.article.fields import decimal_text

MOST_MINOR = 100_000_000
"""A price beyond a million is a barcode in the wrong field."""


class Sheet(StrEnum):
    """As it stands in an address."""

    COUNT = "count"
    SAFETY = "safety"
    SHOW = "show"
    PRICE = "price"


NAMES = {
    Sheet.COUNT: lazy("On hand"),
    Sheet.SAFETY: lazy("Kept back"),
    Sheet.SHOW: lazy("On show"),
    Sheet.PRICE: lazy("Price of the store"),
}
HINTS = {
    Sheet.COUNT: lazy("How many are really there. The movement says who counted, when and why."),
    Sheet.SAFETY: lazy("Units that are never promised to shoppers."),
    Sheet.SHOW: lazy("One unit stands on the floor to be looked at; it cannot be reserved."),
    Sheet.PRICE: lazy("Where it is not the price of the house. An empty cell: the price of the house."),
}
EVENTS = {Sheet.COUNT: "counted", Sheet.SAFETY: "kept_back", Sheet.SHOW: "on_show", Sheet.PRICE: "store_price"}
"""What the journal calls a change."""


def standing(sheet: Sheet, cell: StoreStock | None, row: Row) -> str:
    """The value that is there now; empty where the store never had the article."""
    if cell is None:
        return ""
    match sheet:
        case Sheet.COUNT:
            return str(cell.book)
        case Sheet.SAFETY:
            return str(cell.safety)
        case Sheet.SHOW:
            return "1" if cell.on_show else ""
        case Sheet.PRICE:
            return "" if cell.price_minor is None else Money(cell.price_minor, row.price.currency).amount


def shown(sheet: Sheet, value: str) -> str:
    """The value as people here write it."""
    return decimal_text(value) if sheet is Sheet.PRICE else value


def read(sheet: Sheet, typed: str, row: Row) -> str:
    """What was typed, in the plain form; raises `ValueError` with a sentence for what cannot be that."""
    text = "".join(typed.split())
    if sheet is Sheet.SHOW:
        return "1" if text else ""
    if sheet is Sheet.PRICE:
        return _amount(text, row.price.currency) if text else ""
    if not text:
        return ""
    if not (text.isascii() and text.isdigit() and len(text) < 9) or int(text) > MOST_UNITS:
        raise ValueError(gettext("Write a whole number from 0 to %(most)d.", most=MOST_UNITS))
    return str(int(text))


def _amount(text: str, currency: str) -> str:
    try:
        price = Money.from_amount(text, currency)
    except ValueError:
        price = Money(0, currency)
    if not 0 < price.minor <= MOST_MINOR:
        raise ValueError(gettext("Write an amount such as 129.00, or nothing."))
    return price.amount


async def write(
    session: AsyncSession,
    sheet: Sheet,
    store_id: int,
    row: Row,
    value: str,
    *,
    reason: str,
    by: str,
    now: datetime,
    event_id: str = "",
) -> StoreStock:
    """Put the value there, as the use-case of its sheet does. Raises what that raises."""
    match sheet:
        case Sheet.COUNT:
            return await stock.count_cell(
                session, store_id, row.id, int(value), reason=reason, by=by, now=now, event_id=event_id
            )
        case Sheet.SAFETY:
            return await stock.set_safety(session, store_id, row.id, int(value))
        case Sheet.SHOW:
            return await stock.set_on_show(session, store_id, row.id, value == "1", by=by, now=now, event_id=event_id)
        case Sheet.PRICE:
            minor = Money.from_amount(value, row.price.currency).minor if value else None
            return await stock.set_price(session, store_id, row.id, minor)


def offered(may: Callable[[str], bool]) -> Mapping[Sheet, str]:
    """The sheets for somebody; what an article costs is not decided on the floor."""
    return {sheet: str(words) for sheet, words in NAMES.items() if sheet is not Sheet.PRICE or may("catalogue.edit")}
