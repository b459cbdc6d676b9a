"""Forms as a browser would send them: what stands in the fields of a page."""

import html
import re

_TAGS = re.compile(r"<input\b[^>]*>|<select\b.*?</select>|<textarea\b.*?</textarea>", re.DOTALL)


def filled(page: str, form_id: str) -> dict[str, str]:
    """The fields of the form with this id: hidden, typed, chosen and ticked ones."""
    form = re.search(rf'<form[^>]*\bid="{form_id}".*?</form>', page, re.DOTALL)
    assert form, f"no form {form_id}"
    found: dict[str, str] = {}
    for tag in _TAGS.findall(form[0]):
        name = re.search(r'\bname="([^"]+)"', tag)
        if name is None:
            continue
        value = re.search(r'\bvalue="([^"]*)"', tag)
        if tag.startswith("<textarea"):
            inner = re.search(r">(.*)</textarea>", tag, re.DOTALL)
            found[name[1]] = html.unescape(inner[1]).removeprefix("\n")
        elif tag.startswith("<select"):
            options = re.findall(r'<option value="([^"]*)"( selected)?', tag)
            found[name[1]] = html.unescape(next((text for text, on in options if on), options[0][0]))
        elif 'type="checkbox"' not in tag and 'type="radio"' not in tag:
            found[name[1]] = html.unescape(value[1]) if value else ""
        elif " checked" in tag:
            found[name[1]] = html.unescape(value[1]) if value else "on"
    return found


def error_of(page: str, name: str) -> str:
    """What is said beside this field; empty when nothing is wrong with it."""
    at = rf'id="{re.escape(name)}-error"'
    found = re.search(rf"<p[^>]*{at}>(.*?)</p>|<span[^>]*{at}>(.*?)</span>", page, re.DOTALL)
    plain = re.sub(r"<[^>]+>", " ", found[1] or found[2]) if found else ""
    return " ".join(html.unescape(plain).split()).removeprefix("Error: ")
