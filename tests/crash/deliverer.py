"""A worker that delivers and may be killed. Started once; each line on its input is one life, in a process of its own.

Run as `python -m tests.crash.deliverer`: a line is JSON, the answers are the process id and then how it ended.
"""

import asyncio
import json
import os
import signal
import sys
from datetime import datetime
from typing import Any

from booking.channels import Channels
from booking.letters import writing
from kit.db import Database, make_engine
from kit.languages import speaking
from kit.settings import Settings
from web.delivery import deliver


async def live(life: dict[str, Any]) -> None:
    """Deliver what is due; die when the named point is reached for the n-th time."""
    left = life["after"]

    def crash(point: str) -> None:
        nonlocal left
        if point == life["crash_at"]:
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    settings = Settings(base_url="http://vitrine.test", secret_key=life["secret"], smtp_url=life["smtp_url"])
    engine = make_engine(life["database_url"], pool_size=2)
    now = datetime.fromisoformat(life["now"])
    await deliver(Database(engine), Channels(settings), settings, lambda: now, crash=crash, limit=life["limit"])
    await engine.dispose()


def warm_up() -> None:
    """Compile what every life needs before the first is born."""
    with speaking("fr"):
        facts = dict.fromkeys(("first_name", "code", "store", "link", "by", "phone"), "x")
        writing.as_html(writing.write("find", "fr", facts), house="Aurore")


def main() -> None:
    warm_up()
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
