"""Chromium opens every page on which people's texts show, all of them payloads: nothing runs, nothing is asked for."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future

import pytest
import sqlalchemy as sa
import uvicorn
from abuse import addresses
from abuse.hostile import Hostile, hostile_world, settings_of
from conftest import _create
from people import DESK
from playwright.sync_api import BrowserContext, Dialog
from running import free_port

from kit.db import make_engine
from web.app import connect_redis
from web.migrating import migrate

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore:.*imghdr:DeprecationWarning"),  # read by a plugin of Apprise
]

REPORTS = """document.addEventListener("securitypolicyviolation", (event) =>
    console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`))"""
SCROLLS = (
    "scrollTo(0, document.body.scrollHeight); for (const one of document.querySelectorAll('details')) one.open = true"
)


class Served:
    """The hostile world behind a port, in a thread with a loop of its own: Playwright has that of this one."""

    def __init__(self, postgres: str, redis: str, folder) -> None:
        self.postgres, self.redis, self.folder = sa.make_url(postgres), redis, folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.ready: Future[Hostile] = Future()
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        name = "vitrine_stored_text"
        admin, own = (
            self.postgres.set(database=one).render_as_string(hide_password=False) for one in ("postgres", name)
        )
        try:
            asyncio.run(_create(admin, name))
            migrate(own)
            asyncio.run(self._serve(own))
        except BaseException as why:
            if self.ready.done():
                raise
            self.ready.set_exception(why)

    async def _serve(self, url: str) -> None:
        engine, redis = make_engine(url, pool_size=20), connect_redis(self.redis)
        try:
            async with hostile_world(settings_of(url, self.redis, self.folder), engine, redis) as one:
                config = uvicorn.Config(one.app, port=self.port, lifespan="off", log_level="error")
                config.timeout_graceful_shutdown = 1
                self.server = uvicorn.Server(config)
                asyncio.get_running_loop().call_later(0.5, self.ready.set_result, one)
                await self.server.serve()
        finally:
            await redis.aclose()
            await redis.connection_pool.disconnect()
            await engine.dispose()

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(20)


@pytest.fixture(scope="module")
def served(engines, redis_url, tmp_path_factory) -> Iterator[Served]:
    postgres, _ = engines
    served = Served(postgres, redis_url, tmp_path_factory.mktemp("stored"))
    served.thread.start()
    served.ready.result(100)
    yield served
    served.stop()


class Watch:
    """What a browser does and says while it stands on a page."""

    def __init__(self, context: BrowserContext) -> None:
        self.where = ""
        self.asked: list[str] = []
        self.wrong: list[str] = []
        context.add_init_script(REPORTS)
        context.on("request", lambda request: self.asked.append(request.url))
        context.on("dialog", self._dialog)
        context.on("console", lambda said: "policy" in said.text.lower() and self._note(said.text))
        context.on("weberror", lambda error: self._note(str(error.error)))

    def _dialog(self, dialog: Dialog) -> None:
        self._note("a dialog")
        dialog.dismiss()

    def _note(self, what: str) -> None:
        self.wrong.append(f"{self.where}: {what}")

    def stolen(self) -> list[str]:
        return [url for url in self.asked if "stolen" in url.partition("?")[0]]


def test_nothing_that_people_typed_runs_or_asks_for_anything(served, browser):
    one = served.ready.result()
    once = {(who, path.partition("?")[0]): path for who, path in reversed(addresses.opened(one)) if ".ics" not in path}
    seen = 0
    for who, client in one.people.items():
        context = browser.new_context(viewport=DESK, locale="fr-FR")
        context.add_cookies([{"name": key, "value": value, "url": served.url} for key, value in client.cookies.items()])
        watch, page = Watch(context), context.new_page()
        for path in [path for (opener, _), path in once.items() if opener == who]:
            watch.where = path
            answer = page.goto(served.url + path, wait_until="load")
            assert answer is not None
            assert answer.status == 200, path
            page.evaluate(SCROLLS)
            page.keyboard.press("Tab")
            seen += 1
        page.wait_for_timeout(500)
        assert not watch.wrong, "\n".join(watch.wrong)
        assert watch.stolen() == []
        assert [url for url in watch.asked if not url.startswith((served.url, "data:", "blob:"))] == []
        context.close()
    assert seen > 60


def test_the_browser_would_have_said_so(served, browser):
    context = browser.new_context(viewport=DESK)
    watch, page = Watch(context), context.new_page()
    page.goto(f"{served.url}/fr/stores", wait_until="load")
    page.evaluate(
        "document.querySelector('main').innerHTML = '<img src=/stolen?p onerror=alert(1)><i hx-get=/stolen?q></i>'"
    )
    page.wait_for_timeout(300)
    assert any("script-src" in one for one in watch.wrong)
    assert watch.stolen() != []
    context.close()
