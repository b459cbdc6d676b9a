"""The figures of the house: what was asked for, answered, kept, collected and bought, and what is wrong at present.

Each figure is a count or a share with what it was counted over, reckoned in SQL from the rows themselves and the
journal; what each means exactly stands beside it in `booking.figures.counts`. Days are days of each store's calendar.
"""

from booking.figures.asking import by_day, counts, truth
from booking.figures.counts import Counts, Day, Share, Spread, Truth
from booking.figures.periods import LONGEST, Period
from booking.figures.troubles import Troubles, troubles

__all__ = [
    "LONGEST", "Counts", "Day", "Period", "Share", "Spread", "Troubles", "Truth", "by_day", "counts", "troubles",
    "truth",
]  # fmt: skip
