"""Files that are brought in, in five steps: file, columns, check, import, report."""

from web.merch.imports import bringing, naming, steps
from web.merch.imports.shown import routes

__all__ = ["bringing", "naming", "routes", "steps"]
