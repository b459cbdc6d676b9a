"""A page as its elements, its forms and its words, read as a browser would; and what must never be among them."""

import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urlsplit

TEXTS: Final = {"text", "search", ""}
_FORBIDDEN: Final = {
    "iframe", "object", "embed", "base", "math", "applet", "marquee", "style", "video",
    "audio", "source", "frame", "frameset", "portal", "hx-partial", "foreignobject", "animate", "set",
}  # fmt: skip
_OUR_HTMX: Final = {
    "hx-get", "hx-post", "hx-ignore", "hx-include", "hx-push-url", "hx-select", "hx-sse:connect",
    "hx-status:5xx:inherited", "hx-swap", "hx-sync", "hx-target", "hx-trigger",
}  # fmt: skip
"""What templates of ours use."""
_ADDRESSES: Final = {"href", "src", "action", "formaction", "poster", "data", "xlink:href", "ping", "srcdoc"}
_SCHEMES: Final = {"", "http", "https", "mailto", "tel", "webcal", "data"}


@dataclass
class Control:
    """A field of a form with what stands in it; of a choice the first that is chosen, or the first."""

    tag: str
    type: str
    name: str
    value: str
    limit: int
    on: bool = False
    options: list[str] = field(default_factory=list)

    @property
    def is_text(self) -> bool:
        return self.tag == "textarea" or (self.tag == "input" and self.type in TEXTS)


@dataclass
class Form:
    id: str
    action: str
    method: str
    controls: list[Control] = field(default_factory=list)

    def values(self) -> dict[str, str | list[str]]:
        """As a browser sends it when it is submitted by no button."""
        sent: dict[str, str | list[str]] = {}
        for one in self.controls:
            if one.tag in ("button", "") or one.type in ("submit", "button", "file"):
                continue
            if one.type in ("checkbox", "radio") and not one.on:
                continue
            before = sent.get(one.name)
            if before is None:
                sent[one.name] = one.value
            else:
                sent[one.name] = [*(before if isinstance(before, list) else [before]), one.value]
        return sent


class Page(HTMLParser):
    """The elements with their attributes, the forms, and every word that a reader or an editor sees."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.forms: list[Form] = []
        self.said: list[str] = []
        self.scripts: list[str] = []
        self._forms: dict[str, Form] = {}
        self._form: Form | None = None
        self._area: Control | None = None
        self._select: Control | None = None
        self._script: dict[str, str] | None = None
        self._loose: list[tuple[str, Control]] = []
        self.feed(source)
        self.close()
        for id_, control in self._loose:
            if id_ in self._forms:
                self._forms[id_].controls.append(control)

    @property
    def text(self) -> str:
        return " ".join(self.said)

    def form(self, action: str = "", **holding: str) -> Form:
        """The one with this action, or with a control of that name."""
        for one in self.forms:
            names = {control.name for control in one.controls}
            if one.method == "post" and (not action or one.action.endswith(action)) and set(holding.values()) <= names:
                return one
        raise AssertionError(f"no form {action} {holding} among {[(one.id, one.action) for one in self.forms]}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.elements.append((tag, given))
        self.said += [given[name] for name in ("value", "alt", "title", "content", "aria-label") if name in given]
        if tag == "form":
            self._form = Form(given.get("id", ""), given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._form)
            self._forms[self._form.id] = self._form
        elif tag == "script":
            self._script = given
        elif tag in ("input", "select", "textarea", "button"):
            self._control(tag, given)
        elif tag == "option" and self._select is not None:
            value = given.get("value", "")
            self._select.options.append(value)
            if "selected" in given or len(self._select.options) == 1:
                self._select.value = value

    def _control(self, tag: str, given: dict[str, str]) -> None:
        type_ = given.get("type", "").lower()
        value = given.get("value", "on" if type_ in ("checkbox", "radio") else "")
        limit = int(given.get("maxlength") or 0)
        one = Control(tag, type_, given.get("name", ""), value, limit, "checked" in given)
        if tag == "textarea":
            self._area = one
        elif tag == "select":
            self._select = one
        if not one.name:
            return
        if "form" in given:
            self._loose.append((given["form"], one))
        elif self._form is not None:
            self._form.controls.append(one)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "textarea" and self._area is not None:
            self._area.value = self._area.value.removeprefix("\n")
            self._area = None
        elif tag == "select":
            self._select = None
        elif tag == "script":
            self._script = None

    def handle_data(self, data: str) -> None:
        if self._script is not None:
            self.scripts.append(data)
            return
        if self._area is not None:
            self._area.value += data
        self.said.append(data)


def faults(source: str, *, is_mail: bool = False) -> list[str]:
    """What stands in a page that only a payload can have put there, as sentences. Mails carry their styles inline."""
    page = Page(source)
    found = []
    for tag, attributes in page.elements:
        if not re.fullmatch(r"[a-z][a-z0-9-]*", tag):
            found.append(f"<{tag}> is no element")
        if is_mail and (tag == "style" or attributes.get("http-equiv") == "Content-Type"):
            continue
        if is_mail and attributes.get("style"):
            attributes = {name: value for name, value in attributes.items() if name != "style"}
        if tag in _FORBIDDEN or (tag == "template" and not attributes.get("id")):
            found.append(f"<{tag}> stands in the page")
        if tag == "script" and not _is_our_script(attributes):
            found.append(f"a script that is none of ours: {attributes}")
        if tag == "meta" and "http-equiv" in attributes:
            found.append(f"<meta http-equiv>: {attributes}")
        if tag in ("link", "img") and not attributes.get("href", attributes.get("src", "")).startswith(
            ("/static/", "/media/", "data:image/", "http://vitrine.test/")
        ):
            found.append(f"<{tag}> of something else: {attributes}")
        for name, value in attributes.items():
            found += [f"<{tag} {name}={value!r}>" for _ in [0] if _is_foreign(tag, name, value)]
    for script in page.scripts:
        found += _faults_of_json(script)
    return found


def _is_our_script(attributes: dict[str, str]) -> bool:
    if attributes.get("type") == "application/ld+json":
        return "src" not in attributes
    return attributes.get("src", "").startswith("/static/") and set(attributes) <= {"src", "defer", "type"}


def _is_foreign(tag: str, name: str, value: str) -> bool:
    if name.startswith(("on", "data-hx", "sse-", "x-")) or name in ("style", "srcdoc", "ping"):
        return True
    if re.search(r"[^a-z0-9:._-]", name):
        return True
    if name.startswith("hx-"):
        return name not in _OUR_HTMX or urlsplit(value).path.startswith("/stolen")
    if name in _ADDRESSES:
        parts = urlsplit(value)
        if parts.scheme == "data":
            return not value.startswith("data:image/png;base64,")
        return parts.scheme not in _SCHEMES or ("stolen" in parts.path and tag != "a")  # a link asks nothing by itself
    return False


def _faults_of_json(script: str) -> list[str]:
    """A script element of ours holds JSON-LD; it is read as JSON, and cannot end its element."""
    if not script.strip():
        return []
    try:
        json.loads(script)
    except ValueError as wrong:
        return [f"JSON-LD that is none: {wrong}"]
    return ["JSON-LD that holds markup"] if "<" in script else []
