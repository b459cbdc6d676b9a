"""What is done once a transaction is safe: ring the store's screens, wake the worker. Best effort, always quick."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from arq.connections import ArqRedis
from redis.exceptions import RedisError

from kit import clock, log
from kit.db import Effect
from web import live

logger = log.get(__name__)

PATIENCE = 0.5
"""Seconds that a request waits for Redis."""
PAUSE = 5.0
"""Seconds for which Redis is left alone after it did not answer."""


def dumps(job: dict[str, Any]) -> bytes:
    """Jobs are JSON: whoever can write to Redis must not be able to run code here, as pickle would let him."""
    return json.dumps(job, default=repr).encode()


def loads(job: bytes) -> dict[str, Any]:
    return dict(json.loads(job))


JOBS = {"messages": "deliver", "reservations": "tick", "exchange": "exchange"}


def performer(redis: ArqRedis) -> Callable[[Effect], Awaitable[None]]:
    """A function that does effects; when Redis is away it does nothing, and the worker's next tick finds the rows."""
    silent_until = 0.0

    async def perform(effect: Effect) -> None:
        nonlocal silent_until
        if clock.monotonic() < silent_until:
            return
        try:
            async with asyncio.timeout(PATIENCE):
                if effect[0] == "ring":
                    await live.ring(redis, effect[1])
                else:
                    # the same wake-up asked for twice within a second is one; arq forgets the id after the job
                    bucket = clock.wall_ms() // 1000
                    await redis.enqueue_job(JOBS[effect[0]], _job_id=f"{effect[0]}:{bucket}", _expires=60)
        except (RedisError, OSError, TimeoutError) as error:
            silent_until = clock.monotonic() + PAUSE
            logger.warning("redis did not answer, left to the next tick", effect=effect, error=repr(error))

    return perform
