"""A real PostgreSQL and a real Valkey, as child processes, on a machine that has neither running.

Each lives in a folder of DATA, listens on a Unix socket only, is shared by every process that starts it on the same
DATA, and ends with the last of them, `kill -9` included. Nothing here is asynchronous, and nothing needs root.
"""

from kit.embedded import postgres, valkey
from kit.embedded.account import EngineUnavailable
from kit.embedded.lifetime import stop_using
from kit.embedded.postgres import start_postgres
from kit.embedded.valkey import start_valkey

__all__ = ["EngineUnavailable", "describe", "start_postgres", "start_valkey", "stop_using"]


def describe() -> list[str]:
    """One line an engine: its version, where its binaries come from, the account it runs as; or why there is none."""
    lines = []
    for engine in (postgres, valkey):
        try:
            lines.append(engine.describe())
        except EngineUnavailable as unavailable:
            lines.append(str(unavailable))
    return lines
