"""How large a file of somebody else may be. Kept before it is read and while it is read."""

from typing import Final

FILE_BYTES: Final = 250_000_000
ROWS: Final = 200_000
COLUMNS: Final = 200
CELL: Final = 32_768
"""Signs of one cell; no spreadsheet holds more."""
LINE: Final = 2_000_000
"""Signs of one line of the file, of which a row may have several."""
DEPTH: Final = 12
"""Of elements in XML; a feed has five or six."""
PIECE: Final = 1 << 18
"""Bytes that are read at once."""
