"""Pages as a reader sees them."""

import html
import re


def text_of(page: str) -> str:
    """The words of a page's main part, one plain space between any two."""
    plain = re.sub(r"<[^>]+>", " ", page.split("<main", 1)[-1])
    return " ".join(html.unescape(plain).replace("\u202f", " ").replace("\u00a0", " ").split())


def fields(page: str, action: str) -> dict[str, str]:
    """What the form with this action would send as it stands, pressed at its first button."""
    (form,) = re.findall(rf'<form[^>]*action="{re.escape(action)}"[^>]*>(.*?)</form>', page, re.DOTALL)
    found = {}
    for tag in re.findall(r"<input[^>]*>", form):
        if name := re.search(r'\bname="([^"]+)"', tag):
            value = re.search(r'\bvalue="([^"]*)"', tag)
            if 'type="checkbox"' not in tag or " checked" in tag:
                found[name[1]] = html.unescape(value[1]) if value else ""
    for name, inner in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        options = re.findall(r'<option value="([^"]*)"( selected)?', inner)
        found[name] = next((value for value, chosen in options if chosen), options[0][0] if options else "")
    for name, inner in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        found[name] = html.unescape(inner)
    return found
