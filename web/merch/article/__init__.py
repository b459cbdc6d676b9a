"""One article, in French and in English side by side."""

from web.merch.article.page import routes

__all__ = ["routes"]
