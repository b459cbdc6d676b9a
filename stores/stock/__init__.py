"""Stock: one row per store and variant that the guard reads, and the movements that explain it, written together.

Both stand because each alone fails: a ledger alone oversells, a counter alone drifts. Rows are always locked in the
order (store, variant), after the demand was summed, so that two people who want the same two things cannot deadlock.

`tables` are the rows, `holding` what is promised to shoppers, `counting` what a person says, `feeding` what tills and
files say, thousands at a time, `asking` what is read, `believing` how far it is true.
"""

from stores.stock.asking import Told, cells, drift, history, last_fed, rows_of, shortfalls, stores_with
from stores.stock.believing import (
    POOR_ACCEPTANCE,
    Confidence,
    PublicStatus,
    believed,
    checked_at,
    confidence,
    public_status,
)
from stores.stock.counting import (
    MOST_UNITS,
    BelowPromised,
    correct,
    count_cell,
    saw,
    set_on_show,
    set_place,
    set_price,
    set_safety,
)
from stores.stock.feeding import LATE, Fed, Level, Move, Short, count, move
from stores.stock.holding import (
    OutOfStock,
    Wanted,
    demand_of,
    hand_over,
    hold,
    lock,
    release,
    take_back,
)
from stores.stock.tables import Demand, Kind, StockMovement, StoreStock

__all__ = [
    "LATE", "MOST_UNITS", "POOR_ACCEPTANCE", "BelowPromised", "Confidence", "Demand", "Fed", "Kind", "Level",
    "Move", "OutOfStock", "PublicStatus", "Short", "StockMovement", "StoreStock", "Told", "Wanted", "believed", "cells",
    "checked_at", "confidence", "correct", "count", "count_cell", "demand_of", "drift", "hand_over", "history", "hold",
    "last_fed", "lock", "move", "public_status", "release", "rows_of", "saw", "set_on_show",
    "set_place", "set_price", "set_safety", "shortfalls", "stores_with", "take_back",
]  # fmt: skip
