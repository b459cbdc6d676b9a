"""The worker: what is due is found in PostgreSQL every few seconds; arq only makes it prompter.

Nothing that matters lives in Redis. A job is "look now"; a cron says it every two seconds anyway, and when Redis is
away the supervisor below says it itself. So jobs are never retried, never deferred, and their results are not kept.
"""

import asyncio
import contextlib
import os
import signal
import socket
from datetime import UTC, datetime, timedelta
from typing import Any

from arq import cron
from arq.connections import ArqRedis
from arq.worker import Worker
from redis.exceptions import RedisError

from booking import channels, messages, reconciliation, submissions
from booking.messages import Channel
from booking.reservations import questions, timers
from booking.reservations.states import Status
from booking.reservations.telling import when_open
from kit import log
from kit.db import Database, make_engine
from kit.errors import Refused
from kit.settings import Settings
from stores import places, staff
from web import effects
from web.app import connect_redis, make_clock
from web.delivery import deliver as deliver_due

logger = log.get(__name__)

EVERY = 2
"""Seconds between two looks at what is due."""
TOMORROW_TOLD_BEFORE_CLOSING = timedelta(minutes=60)
NIGHT = 2
"""The hour, UTC, of the nightly work."""


class Office:
    """What the jobs need: the database, the channels, the clock."""

    def __init__(self, settings: Settings, redis: ArqRedis) -> None:
        self.settings = settings
        self.clock = make_clock(settings)
        self.database = Database(make_engine(settings.database_url), effects.performer(redis))
        self.channels = channels.Channels(settings)
        self.redis = redis

    async def close(self) -> None:
        await self.database.engine.dispose()
        await self.redis.aclose(close_connection_pool=True)


async def deliver(office: Office) -> int:
    """Send what is due until nothing is; several workers share it."""
    total = 0
    while sent := await deliver_due(office.database, office.channels, office.settings, office.clock):
        total += sent
    return total


async def tick(office: Office) -> None:
    """Everything that time does: deadlines, ends of holds, tomorrow's lists. One reservation, one transaction."""
    now = office.clock()
    async with office.database.work(readonly=True) as session:
        due = await timers.due(session, now=now)
    for reservation_id in due:
        try:
            async with office.database.work() as session:
                await timers.settle(session, reservation_id, now=now)
        except Refused as faster:  # a person did something else with it in the same instant
            logger.info("left to whoever was faster", reservation=reservation_id, refused=str(faster))
        except Exception:
            logger.exception("a timer failed, the next tick tries again", reservation=reservation_id)
    await tell_tomorrow(office, now=now)


async def tell_tomorrow(office: Office, *, now: datetime) -> None:
    """In the last hour of the day each store is told what waits for tomorrow; once a day, and only if there is any."""
    async with office.database.work(readonly=True) as session:
        stores = await places.every(session)
    for store in stores:
        closes = store.hours.closes_at(now)
        if closes is None or closes - now > TOMORROW_TOLD_BEFORE_CLOSING:
            continue
        async with office.database.work() as session:
            waiting = await questions.counts(session, frozenset([store.id]))
            if not waiting:
                continue
            recipients = [("store", Channel.EMAIL)]
            if store.staff_notify_url:
                recipients.append(("store-notify", Channel.NOTIFY))
            for recipient, channel in recipients:
                await messages.queue(
                    session,
                    "staff_tomorrow",
                    subject="store",
                    subject_id=store.id,
                    version=store.local(now).date().toordinal(),
                    recipient=recipient,
                    channel=channel,
                    language=store.language,
                    store_id=store.id,
                    due_at=when_open(store, now),
                    now=now,
                    payload={
                        "requested": waiting.get(Status.REQUESTED, 0),
                        "confirmed": waiting.get(Status.CONFIRMED, 0),
                        "ready": waiting.get(Status.READY, 0),
                        "proposed": waiting.get(Status.PROPOSED, 0),
                    },
                )


async def night(office: Office) -> None:
    """Once a night: hold the numbers against each other, erase contacts whose time has come, forget old keys."""
    now = office.clock()
    async with office.database.work() as session:
        findings = await reconciliation.reconcile(session, now=now)
    async with office.database.work() as session:
        erased = await questions.erase_old(session, days=office.settings.erase_after_days, now=now)
        await submissions.forget(session, now=now)
        await staff.forget(session, now=now)
    logger.info("night", findings=len(findings), erased=erased)


# arq


async def _deliver(ctx: dict[str, Any]) -> None:
    await deliver(ctx["office"])


async def _tick(ctx: dict[str, Any]) -> None:
    await tick(ctx["office"])


async def _sweep(ctx: dict[str, Any]) -> None:
    await tick(ctx["office"])
    await deliver(ctx["office"])


async def _night(ctx: dict[str, Any]) -> None:
    await night(ctx["office"])


_deliver.__qualname__, _tick.__qualname__ = "deliver", "tick"


def make_worker(settings: Settings, office: Office) -> Worker:
    """arq with everything off that it does badly (see docs/decisions/0008): no retries, no results, no pickle."""
    return Worker(
        functions=[_deliver, _tick],
        cron_jobs=[
            cron(_sweep, second=set(range(0, 60, EVERY)), run_at_startup=True, unique=True, timeout=55),
            cron(_night, hour=NIGHT, minute=10, unique=True, timeout=600),
        ],
        redis_pool=connect_redis(settings.redis_url),
        ctx={"office": office},
        timezone=UTC,
        job_timeout=55,
        max_jobs=4,
        poll_delay=0.2,
        keep_result=0,
        max_tries=1,
        retry_jobs=False,
        job_completion_wait=8,
        job_serializer=effects.dumps,
        job_deserializer=effects.loads,
        health_check_interval=10,
        health_check_key=f"arq:health:{socket.gethostname()}:{os.getpid()}",
        expires_extra_ms=120_000,
        handle_signals=False,
        log_results=False,
    )


async def run(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT, whatever happens to Redis or PostgreSQL meanwhile."""
    office = Office(settings, connect_redis(settings.redis_url))
    channels.self_check(settings)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopping.set)
    logger.info("worker is there")
    while not stopping.is_set():
        worker = make_worker(settings, office)
        task = asyncio.create_task(worker.async_run())
        stopped = asyncio.create_task(stopping.wait())
        await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if stopping.is_set():
            await _end(worker, task)
            break
        logger.warning("the queue is away, working without it", error=repr(task.exception()))
        with contextlib.suppress(Exception):
            await worker.close()
        await _without_queue(office, stopping)
    await office.close()


async def _end(worker: Worker, task: asyncio.Task[None]) -> None:
    """Take no more jobs, let those that run finish, and go."""
    worker.allow_pick_jobs = False
    running = list(worker.tasks.values())
    if running:
        await asyncio.wait(running, timeout=8)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError, Exception):
        await task
    with contextlib.suppress(RedisError, OSError):
        await worker.close()


async def _without_queue(office: Office, stopping: asyncio.Event) -> None:
    """Look at what is due every two seconds until Redis answers again."""
    while not stopping.is_set():
        try:
            await tick(office)
            await deliver(office)
        except Exception as error:
            logger.warning("a look at what is due failed", error=repr(error))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), EVERY)
        try:
            async with asyncio.timeout(1):
                await office.redis.ping()
            return
        except (RedisError, OSError, TimeoutError):
            continue
