"""Pages as a reader sees them."""

import html
import re


def text_of(page: str) -> str:
    """The words of a page's main part, one plain space between any two."""
    plain = re.sub(r"<[^>]+>", " ", page.split("<main", 1)[-1])
    return " ".join(html.unescape(plain).replace("\u202f", " ").replace("\u00a0", " ").split())
