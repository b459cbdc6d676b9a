"""A worker that imports and may be killed. Started once; each line on its input is one life, in a process of its own.

Run as `python -m tests.crash.importer`: a line is JSON, the answers are the process id and then how it ended.
"""

import asyncio
import json
import os
import signal
import sys
from datetime import datetime
from typing import Any

import booking.tables  # noqa: F401 – every table is known, as in the worker
from kit.db import Database, make_engine
from stores.exchange.batches import stepping
from web import exchanging


async def live(life: dict[str, Any]) -> None:
    """Go on with what waits; die when the named point is reached for the n-th time."""
    left = life["after"]

    def crash(point: str) -> None:
        nonlocal left
        if point == life["crash_at"]:
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    stepping.CHUNK = exchanging.CHUNK = life["chunk"]  # type: ignore[misc]
    engine = make_engine(life["database_url"], pool_size=2)
    now = datetime.fromisoformat(life["now"])
    await exchanging.run(Database(engine), lambda: now, crash=crash)
    await engine.dispose()


def main() -> None:
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            asyncio.run(live(json.loads(line)))
            os._exit(0)
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
