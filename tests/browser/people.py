"""A demo with real processes, and people with browsers of their own in front of it."""

import re
from pathlib import Path

import axe_playwright_python
from playwright.sync_api import BrowserContext, Page
from running import Demo

PHONE = {"width": 360, "height": 800}
DESK = {"width": 1280, "height": 900}
TABLET = {"width": 768, "height": 1024}
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()


class Visitor:
    """Someone with a browser. Remembers what the console said and where requests went."""

    def __init__(self, context: BrowserContext, demo: Demo, javascript: bool) -> None:
        self.context, self.demo, self.javascript = context, demo, javascript
        self.complaints: list[str] = []
        self.strangers: list[str] = []
        self.page: Page = context.new_page()
        self.page.set_default_timeout(10_000)
        self.page.on("console", lambda said: said.type == "error" and self.complaints.append(said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        context.on("request", self._see)

    def _see(self, request) -> None:
        if not request.url.startswith((self.demo.url, "data:", "about:", "blob:")):
            self.strangers.append(request.url)

    def goes(self, path: str) -> "Visitor":
        response = self.page.goto(path if path.startswith("http") else self.demo.url + path)
        assert response
        assert response.status < 400, f"{path}: {response.status}"
        return self

    def presses(self, name: str | re.Pattern[str], *, role: str = "button", exact: bool = False) -> "Visitor":
        self.page.get_by_role(role, name=name, exact=exact).first.click()  # type: ignore[arg-type]
        self.page.wait_for_load_state()
        return self

    def fills(self, **fields: str) -> "Visitor":
        for name, value in fields.items():
            self.page.locator(f"[name={name}]").fill(value)
        return self

    def sees(self, words: str | re.Pattern[str]) -> "Visitor":
        self.page.get_by_text(words).first.wait_for()
        return self

    def is_content(self) -> None:
        """Nothing was complained of in the console, nothing was asked of another origin."""
        assert self.complaints == []
        assert self.strangers == []

    def finds_no_barrier(self) -> None:
        """axe finds nothing on the page as it stands."""
        self.page.evaluate("scrollTo(0, 0)")  # the head that comes back on the way up covers what is below it
        self.page.wait_for_timeout(400)
        self.page.evaluate(AXE + ";0")
        tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
        found = self.page.evaluate(f"axe.run(document, {{runOnly: {tags}}})")
        barriers = [
            f"{one['id']}: {one['help']} {[node['html'][:120] for node in one['nodes'][:3]]}"
            for one in found["violations"]
        ]
        assert barriers == [], f"{self.page.url}\n" + "\n".join(barriers)

    def finds_no_barrier_if_it_can(self) -> None:
        """The same where JavaScript runs: axe is a script."""
        if self.javascript:
            self.finds_no_barrier()

    def scrolls_one_way_only(self) -> None:
        if not self.javascript:
            return
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{self.page.url} is {wide} px too wide"
