"""Rings: "look again" for the screens of one store. No business data in the stream; the page fetches its fragment.

One connection to Redis serves all screens of this process. When Redis is away the screens keep polling, and ring
again once it is back.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator

from redis.asyncio import Redis
from redis.exceptions import RedisError

from kit import clock, log

logger = log.get(__name__)

CHANNEL = "vitrine:ring:%d:"
"""With the number of the Redis database, which keeps keys apart but not channels."""
LONGEST = 600
"""Seconds after which a stream ends and the browser opens another: nothing stays connected for ever."""


async def ring(redis: Redis, store_id: str) -> None:
    """Tell every screen of the store to look again."""
    await redis.publish(channel_of(redis) + store_id, "")


def channel_of(redis: Redis) -> str:
    """What the channels of this house begin with, where several share a server."""
    return CHANNEL % int(redis.connection_pool.connection_kwargs.get("db") or 0)


class Bells:
    """The screens that listen in this process, by store."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.screens: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self.closing = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._listen())

    async def stop(self) -> None:
        self.closing = True
        self._wake(None)
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _listen(self) -> None:
        channel = channel_of(self.redis)
        while True:
            try:
                async with self.redis.pubsub() as subscription:
                    await subscription.psubscribe(channel + "*")
                    self._wake(None)  # whatever rang while nobody listened
                    while True:
                        message = await subscription.get_message(ignore_subscribe_messages=True, timeout=3)
                        if message:
                            self._wake(message["channel"].decode().removeprefix(channel))
            except (RedisError, OSError) as error:
                logger.warning("no bells while redis is away", error=repr(error))
                await asyncio.sleep(1)

    def _wake(self, store_id: str | None) -> None:
        stores = [store_id] if store_id is not None else list(self.screens)
        for one in stores:
            for bell in self.screens.get(one, ()):
                bell.set()

    async def listen(self, store_ids: list[str]) -> AsyncIterator[dict[str, str]]:
        """Events for one screen: `ring` when something happened in one of these stores."""
        bell, ends_at = asyncio.Event(), clock.monotonic() + LONGEST
        for store_id in store_ids:
            self.screens[store_id].add(bell)
        try:
            yield {"event": "open", "data": ""}
            while not self.closing:
                async with asyncio.timeout(ends_at - clock.monotonic()):
                    await bell.wait()
                bell.clear()
                if not self.closing:
                    yield {"event": "ring", "data": ""}
        except TimeoutError:
            return
        finally:
            for store_id in store_ids:
                self.screens[store_id].discard(bell)
