"""How many of what is where: variants by stores, and the history of each cell."""

from web.merch.stock import cell, changes
from web.merch.stock.grid import routes

__all__ = ["cell", "changes", "routes"]
