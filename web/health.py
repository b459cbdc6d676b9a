"""Alive, ready, and how much of what: for those who run the site."""

import asyncio
import hmac

from alembic.script import ScriptDirectory
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy import func, select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from booking.messages import Message, State
from booking.reservations.tables import Reservation
from booking.tasks import Task
from kit import log
from web.access import bearer
from web.migrating import alembic_config

logger = log.get(__name__)
LOCAL = ("127.0.0.1", "::1")


async def healthz(request: Request) -> Response:
    """This process lives."""
    return PlainTextResponse("ok")


async def readyz(request: Request) -> Response:
    """The database, the queue and the migrations are there; 503 and what is not, otherwise."""
    missing = {name: why for name, why in (await asyncio.gather(_database(request), _queue(request))) if why}
    return JSONResponse({"ready": not missing, "missing": missing}, 503 if missing else 200)


async def _database(request: Request) -> tuple[str, str]:
    try:
        async with asyncio.timeout(3), request.app.state.database.work(readonly=True) as session:
            at = await session.scalar(text("select version_num from alembic_version"))
        head = ScriptDirectory.from_config(alembic_config()).get_current_head()
        return "migrations", "" if at == head else f"at {at}, the program needs {head}"
    except ProgrammingError:
        return "migrations", "not begun"
    except Exception as error:
        return "database", type(error).__name__


async def _queue(request: Request) -> tuple[str, str]:
    try:
        async with asyncio.timeout(2):
            await request.app.state.redis.ping()
        return "queue", ""
    except Exception as error:
        return "queue", type(error).__name__


async def metrics(request: Request) -> Response:
    """Counts for Prometheus; for this machine, or for who sends the token."""
    token = request.app.state.settings.metrics_token
    sent = bearer(request)
    local = request.client is not None and request.client.host in LOCAL
    if not (hmac.compare_digest(sent.encode(), token.encode()) if token else local):
        return PlainTextResponse("not allowed", 403)
    async with request.app.state.database.work(readonly=True) as session:
        registry = await _count(session, request)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


async def _count(session: AsyncSession, request: Request) -> CollectorRegistry:
    registry = CollectorRegistry()
    reservations = Gauge("vitrine_reservations", "Reservations by state", ["status"], registry=registry)
    for status, count in await session.execute(select(Reservation.status, func.count()).group_by(Reservation.status)):
        reservations.labels(status).set(count)
    sent = Gauge("vitrine_messages", "Messages by state", ["state"], registry=registry)
    for state, count in await session.execute(select(Message.state, func.count()).group_by(Message.state)):
        sent.labels(state).set(count)
    oldest = await session.scalar(select(func.min(Message.due_at)).where(Message.state == State.PENDING))
    waiting = (request.app.state.clock() - oldest).total_seconds() if oldest else 0
    Gauge("vitrine_oldest_message_seconds", "How long the oldest due message has waited", registry=registry).set(
        max(0, waiting)
    )
    open_tasks = await session.scalar(select(func.count()).select_from(Task).where(Task.done_at.is_(None)))
    Gauge("vitrine_open_tasks", "Tasks that staff have not done yet", registry=registry).set(open_tasks or 0)
    pool = request.app.state.database.engine.pool
    Gauge("vitrine_database_connections", "Connections in use by this process", registry=registry).set(
        pool.checkedout()
    )
    return registry


routes = [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]
