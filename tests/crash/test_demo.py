"""The demo as a stranger runs it: starts, survives, ends, and leaves nothing running."""

import os
import signal
import time

import pytest
from running import Demo

pytestmark = pytest.mark.crash


@pytest.fixture(scope="module")
def demo():
    demo = Demo().start()
    yield demo
    demo.clean()


def test_the_first_page_and_the_staffs_door_answer(demo):
    assert "Aurore" in demo.get("/fr/").text
    assert demo.get("/", follow_redirects=False).status_code == 303
    assert demo.get("/fr/staff/login").status_code == 200
    assert demo.get("/readyz").json() == {"ready": True, "missing": {}}


def test_a_worker_that_was_killed_is_back_and_works(demo):
    def worker():
        return next((line for line in demo.processes() if line.endswith("web.cli worker")), None)

    before = worker()
    os.kill(int(before.split(":")[0]), signal.SIGKILL)
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline and (worker() in (None, before)):
        time.sleep(0.2)
    assert worker() not in (None, before)


def test_sigterm_ends_every_process_and_the_data_stays(demo):
    seconds = demo.stop()
    assert seconds < 10
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and demo.processes():
        time.sleep(0.1)
    assert demo.processes() == []
    demo.start()
    assert "Aurore" in demo.get("/fr/").text
