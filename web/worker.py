"""The worker: what is due is found in PostgreSQL every two seconds; arq only makes it prompter.

Nothing that matters lives in Redis, and nothing runs inside arq: a job is a bell that wakes a loop of this process,
which would have looked by itself a moment later. So nothing is lost with Redis, and nothing is cancelled with arq.
"""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from arq.connections import ArqRedis
from arq.worker import Worker
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from booking import blocks, channels, messages, reconciliation, selections, submissions
from booking.appointments import questions as appointments
from booking.appointments import receiving
from booking.letters import agenda
from booking.messages import Channel
from booking.reservations import questions, timers
from booking.reservations.states import Status
from booking.reservations.telling import when_open
from kit import log
from kit.db import Database, make_engine
from kit.errors import Refused
from kit.settings import Settings
from stores import catalogue, deliveries, drafts, places, schedules, search, staff
from stores.exchange import batches
from stores.places import Store
from web import effects, exchanging, outside
from web.app import connect_redis, make_clock
from web.delivery import deliver as deliver_due

logger = log.get(__name__)

EVERY = 2
"""Seconds between two looks at what is due."""
TOMORROW_TOLD_BEFORE_CLOSING = timedelta(minutes=60)
NIGHT = timedelta(hours=2, minutes=10)
"""After midnight, UTC: when the nightly work begins."""
NIGHT_LOOKS = 60
"""Seconds between two looks at whether tonight's work is done."""
WORDS_LOOKS = 60
"""Seconds between two looks at whether articles were changed."""
OUTSIDE_LOOKS = 300
"""Seconds between two looks at whether a feed is getting old."""
STOPS_WITHIN = 8
"""Seconds that what is being sent has to end."""


class Office:
    """What the jobs need: the database, the channels, the clock."""

    def __init__(self, settings: Settings, redis: ArqRedis) -> None:
        self.settings = settings
        self.clock = make_clock(settings)
        self.database = Database(make_engine(settings.database_url), effects.performer(redis))
        self.channels = channels.Channels(settings)
        self.redis = redis
        self.learnt_at: datetime | None = None

    async def close(self) -> None:
        await self.database.engine.dispose()
        await self.redis.aclose(close_connection_pool=True)


async def deliver(office: Office, *, stopping: Callable[[], bool] = lambda: False) -> int:
    """Send what is due until nothing is; several workers share it."""
    total = 0
    while not stopping():
        taken = await deliver_due(office.database, office.channels, office.settings, office.clock, stopping=stopping)
        if not taken:
            break
        total += taken
    return total


async def tick(office: Office) -> None:
    """Everything that time does: deadlines, ends of holds, tomorrow's lists. One reservation, one transaction."""
    now = office.clock()
    try:
        async with office.database.work() as session:
            await blocks.sweep(session, now=now)
    except Exception:
        logger.exception("holds were not swept, the next tick tries again")
    try:
        async with office.database.work() as session:
            await catalogue.publish_due(session, now=now)
    except Exception:
        logger.exception("articles were not published, the next tick tries again")
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


async def exchange(office: Office, *, stopping: Callable[[], bool] = lambda: False) -> None:
    """Go on with every batch that waits, or whose worker has died."""
    while not stopping():
        if await exchanging.run(office.database, office.clock, stopping=stopping) is None:
            return


async def tell_tomorrow(office: Office, *, now: datetime) -> None:
    """In the last hour of the day each store is told what waits for tomorrow; once a day, and only if there is any."""
    async with office.database.work(readonly=True) as session:
        stores = await places.every(session)
    for store in stores:
        try:
            closes = store.hours.closes_at(now)
            if closes is not None and closes - now <= TOMORROW_TOLD_BEFORE_CLOSING:
                await _tell_tomorrow(office, store, now=now)
        except Exception:  # the others are told all the same
            logger.exception("tomorrow was not told, the next tick tries again", store=store.slug)


async def _tell_tomorrow(office: Office, store: Store, *, now: datetime) -> None:
    """The store hears of everything, each advisor who signs in of her own appointments."""
    here = frozenset([store.id])
    today, day = store.local(now).date(), agenda.next_day(store, now)
    async with office.database.work() as session:
        if await messages.was_queued(session, "staff_tomorrow", "store", store.id, version=today.toordinal()):
            return
        waiting = await questions.counts(session, here)
        coming = await agenda.of_days(session, store, today + timedelta(days=1), day)
        for account in await agenda.readers(session, coming):
            recipient = (f"account:{account.id}", Channel.EMAIL, account.language)
            await _list(session, "staff_my_day", store, recipient, payload={"day": day.isoformat()}, now=now)
        if not waiting and not coming and not await appointments.to_settle(session, here, now=now):
            return
        payload = {
            "day": day.isoformat(),
            "requested": waiting.get(Status.REQUESTED, 0),
            "confirmed": waiting.get(Status.CONFIRMED, 0),
            "ready": waiting.get(Status.READY, 0),
            "proposed": waiting.get(Status.PROPOSED, 0),
        }
        recipients = [("store", Channel.EMAIL, store.language)]
        if store.staff_notify_url:
            recipients.append(("store-notify", Channel.NOTIFY, store.language))
        for recipient in recipients:
            await _list(session, "staff_tomorrow", store, recipient, payload=payload, now=now)


async def _list(
    session: AsyncSession,
    template: str,
    store: Store,
    recipient: tuple[str, Channel, str],
    *,
    payload: dict[str, Any],
    now: datetime,
) -> None:
    """One a day for each: (who, by which way, in which language)."""
    who, channel, language = recipient
    await messages.queue(
        session,
        template,
        subject="store",
        subject_id=store.id,
        version=store.local(now).date().toordinal(),
        recipient=who,
        channel=channel,
        language=language,
        store_id=store.id,
        due_at=when_open(store, now),
        now=now,
        payload=payload,
    )


async def night(office: Office) -> None:
    """Once a night, also when it was slept through: hold the numbers against each other, erase what is to be erased."""
    now = office.clock()
    async with office.database.work() as session:
        await session.execute(text("set local statement_timeout = '10min'"))
        day = (now - NIGHT).date()
        if not await reconciliation.begin_night(session, day=day, now=now):
            return
        findings = await reconciliation.reconcile(session, day=day, now=now)
    async with office.database.work() as session:
        await receiving.give_back_left_over(session, now=now)
    async with office.database.work() as session:
        erased = await questions.erase_old(session, days=office.settings.erase_after_days, now=now)
        erased += await appointments.erase_old(session, days=office.settings.erase_after_days, now=now)
        await selections.forget(session, now=now)
        await submissions.forget(session, now=now)
        await drafts.forget(session, now=now)
        await staff.forget(session, now=now)
    async with office.database.work() as session:  # millions of rows: what people are owed does not wait for them
        await session.execute(text("set local statement_timeout = '10min'"))
        await deliveries.forget(session, now=now)
        await batches.forget(session, now=now)
    logger.info("night", findings=len(findings), erased=erased, shifts=await make_shifts(office, now=now))


async def learn_words(office: Office) -> None:
    """Let the search know the words of the catalogue, when that has changed since it was last read."""
    now = office.clock()
    async with office.database.work() as session:
        if office.learnt_at is None or await search.changed_since(session, office.learnt_at):
            await search.learn(session)
    office.learnt_at = now


async def print_again(office: Office) -> None:
    """Make the feeds and sitemaps that somebody reads, before they are old."""
    await outside.keep_fresh(office.database, office.settings, now=office.clock())


async def make_shifts(office: Office, *, now: datetime) -> int:
    """The weekly hours of every store, as shifts of the day that is now the last of the 13 weeks."""
    made = 0
    async with office.database.work(readonly=True) as session:
        stores = await places.every(session)
    for store in stores:
        try:
            async with office.database.work() as session:
                made += await schedules.generate(session, [store], now=now)
        except Exception:  # the others have their shifts all the same; this one gets them tomorrow night
            logger.exception("shifts were not made", store=store.slug)
    return made


# The loops, and the bell that wakes them


class Bell:
    """Wakes one loop; the end of the process wakes it too."""

    def __init__(self) -> None:
        self.rung = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.rung.wait(), seconds)
        self.rung.clear()


async def _repeat(work: Callable[[], Awaitable[object]], bell: Bell, stopping: asyncio.Event, *, every: float) -> None:
    """Do it, wait for the bell or `every` seconds, do it again. What goes wrong is tried again the next time."""
    while not stopping.is_set():
        try:
            await work()
        except Exception as error:
            logger.warning("tried again in a moment", error=repr(error))
        await bell.wait(every)


async def _deliver(ctx: dict[str, Any]) -> None:
    ctx["deliver"].rung.set()


async def _tick(ctx: dict[str, Any]) -> None:
    ctx["tick"].rung.set()


async def _exchange(ctx: dict[str, Any]) -> None:
    ctx["exchange"].rung.set()


_deliver.__qualname__, _tick.__qualname__, _exchange.__qualname__ = "deliver", "tick", "exchange"


def _bell_ringer(settings: Settings, bells: dict[str, Bell]) -> Worker:
    """arq with everything off that it does badly (docs/decisions/0008): no retries, no results, no pickle, no cron."""
    return Worker(
        functions=[_deliver, _tick, _exchange],
        redis_pool=connect_redis(settings.redis_url),
        ctx=dict(bells),
        timezone=UTC,
        job_timeout=5,
        poll_delay=0.1,
        keep_result=0,
        max_tries=1,
        retry_jobs=False,
        job_serializer=effects.dumps,
        job_deserializer=effects.loads,
        health_check_interval=10,
        health_check_key=f"arq:health:{socket.gethostname()}:{os.getpid()}",
        expires_extra_ms=120_000,
        handle_signals=False,
        log_results=False,
    )


async def _answer_bells(settings: Settings, bells: dict[str, Bell], stopping: asyncio.Event) -> None:
    """Listen to the queue; when it goes away, begin anew once it is back. The loops look by themselves meanwhile."""
    while not stopping.is_set():
        ringer = _bell_ringer(settings, bells)
        task, stop = asyncio.create_task(ringer.async_run()), asyncio.create_task(stopping.wait())
        await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
        for one in (task, stop):
            one.cancel()
        ended = await asyncio.gather(task, stop, return_exceptions=True)
        if not stopping.is_set():
            logger.warning("the queue is away, looking without it", error=repr(ended[0]))
        with contextlib.suppress(Exception):
            await ringer.pool.aclose(close_connection_pool=True)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), 1)


async def run(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT, whatever happens to Redis or PostgreSQL meanwhile."""
    channels.self_check(settings)
    office = Office(settings, connect_redis(settings.redis_url))
    stopping = asyncio.Event()
    bells = {"deliver": Bell(), "tick": Bell(), "night": Bell(), "words": Bell(), "outside": Bell(), "exchange": Bell()}

    def stop() -> None:
        stopping.set()
        for bell in bells.values():
            bell.rung.set()

    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop)
    logger.info("worker is there")
    loops = [
        asyncio.create_task(work)
        for work in (
            _repeat(lambda: deliver(office, stopping=stopping.is_set), bells["deliver"], stopping, every=EVERY),
            _repeat(lambda: tick(office), bells["tick"], stopping, every=EVERY),
            _repeat(lambda: exchange(office, stopping=stopping.is_set), bells["exchange"], stopping, every=EVERY),
            _repeat(lambda: night(office), bells["night"], stopping, every=NIGHT_LOOKS),
            _repeat(lambda: learn_words(office), bells["words"], stopping, every=WORDS_LOOKS),
            _repeat(lambda: print_again(office), bells["outside"], stopping, every=OUTSIDE_LOOKS),
            _answer_bells(settings, bells, stopping),
        )
    ]
    await stopping.wait()
    _, late = await asyncio.wait(loops, timeout=STOPS_WITHIN)
    for one in late:  # a mail server that hangs: the lease lets another worker take over
        one.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    await office.close()
