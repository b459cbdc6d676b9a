"""A demo with real processes, and people with browsers of their own in front of it."""

from collections.abc import Callable, Iterator

import pytest
from browsers import ARGUMENTS, find
from people import PHONE, Visitor
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from running import Demo


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    demo = Demo(VITRINE_LIMITS="off").start()
    yield demo
    demo.clean()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visitor(browser: Browser, demo: Demo) -> Iterator[Callable[..., Visitor]]:
    """A new browser: `visitor(language="fr", size=PHONE, javascript=True)`."""
    opened: list[BrowserContext] = []

    def open_one(language: str = "fr", size: dict[str, int] = PHONE, javascript: bool = True, **more) -> Visitor:
        context = browser.new_context(
            viewport=size,
            locale="fr-FR" if language == "fr" else "en-GB",
            java_script_enabled=javascript,
            **{"timezone_id": "Europe/Paris", **more},
        )
        opened.append(context)
        return Visitor(context, demo, javascript)

    yield open_one
    for context in opened:
        context.close()
