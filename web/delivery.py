"""Sending what waits in the outbox: claim some, read what each says now, send it, settle. The worker calls it."""

from collections.abc import Callable
from datetime import datetime

from booking import letters, mailbox, messages
from booking.channels import Channels, NotNow, Refusal, Unsure
from booking.letters import Dropped, Letter, Unreachable
from booking.messages import Channel, Message
from kit import log
from kit.db import Database
from kit.settings import Settings

logger = log.get(__name__)

Crash = Callable[[str], None]
"""Called where a worker may die: K7 claimed, K10 taken by the server, K11 settled. A test ends the process there."""


def _nothing(point: str) -> None:
    """No crash is wanted."""


async def deliver(
    database: Database,
    channels: Channels,
    settings: Settings,
    clock: Callable[[], datetime],
    *,
    crash: Crash = _nothing,
    stopping: Callable[[], bool] = lambda: False,
    limit: int = 20,
) -> int:
    """Send what is due, up to `limit` messages; says how many were taken on, so that the caller knows to come again.

    No transaction is open while something is sent. Each lease is begun anew when its turn comes, so that a server that
    hangs on the first message does not let another worker send those behind it as well. Once `stopping`, what has not
    begun is put back for another worker.
    """
    async with database.work() as session:
        claimed = await messages.claim(session, now=clock(), limit=limit)
    waiting = list(claimed)
    try:
        while waiting and not stopping():
            message = waiting.pop(0)
            crash("K7")
            await _deliver_one(message, database, channels, settings, clock, crash=crash)
    finally:
        await channels.close()
    if waiting:
        async with database.work() as session:
            await messages.put_back(session, waiting)
    return len(claimed)


async def _deliver_one(
    message: Message,
    database: Database,
    channels: Channels,
    settings: Settings,
    clock: Callable[[], datetime],
    *,
    crash: Crash,
) -> None:
    """Nothing that goes wrong with one message may stop the ones behind it."""
    now = clock()
    try:
        async with database.work() as session:
            if not await messages.begin(session, message, now=now):
                return
            letter = await letters.compose(session, message, settings=settings, now=now)
        if isinstance(letter, Dropped):
            async with database.work() as session:
                await messages.drop(session, message, reason=letter.reason)
            logger.info("message dropped", message=str(message.id), template=message.template, reason=letter.reason)
        elif channels.keeps(letter):
            async with database.work() as session:
                await mailbox.keep(session, letter, message.id, now=now)
                await messages.settle(session, message, now=now)
        else:
            await _send(message, letter, channels, clock)
            crash("K10")
            async with database.work() as session:
                await messages.settle(session, message, now=clock())
            crash("K11")
    except (Refusal, Unsure, Unreachable) as final:
        await _put_off(message, database, str(final), now=clock(), final=True)
    except NotNow as later:
        await _put_off(message, database, str(later), now=clock(), final=False)
    except Exception as fault:
        logger.exception("message not sent", message=str(message.id), template=message.template)
        await _put_off(message, database, f"{type(fault).__name__}", now=clock(), final=False)


async def _send(message: Message, letter: Letter, channels: Channels, clock: Callable[[], datetime]) -> None:
    """A mail that may have left is sent again under the same id; an SMS has none, so somebody looks first."""
    if letter.channel == Channel.SMS and message.reason == messages.TAKEN_OVER:
        raise Unsure("the worker stopped while sending: it may have been sent")
    await channels.send(letter, message.id, now=clock())


async def _put_off(message: Message, database: Database, reason: str, *, now: datetime, final: bool) -> None:
    async with database.work() as session:
        await messages.put_off(session, message, reason=reason, now=now, final=final)
    logger.warning("message not sent", message=str(message.id), template=message.template, reason=reason, final=final)
