"""The HTTP process: what it is made of, and in which order a request passes through it."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from arq.connections import ArqRedis
from redis.asyncio import ConnectionPool
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kit.clock import Clock
from kit.db import Database, make_engine
from kit.errors import Gone, NotFound, Refused
from kit.languages import lazy
from kit.settings import Settings
from web import admin, api, calendars, demo, effects, health, merch, outside, pages, security, shop, staff
from web.house import House
from web.live import Bells
from web.routing import Malformed, refusal_of

LARGEST_BODY = 64 * 1024
"""Bytes of a form; a larger one is 413 before it is read."""
LARGEST_UPLOADS = {
    re.compile(r"/(fr|en)/merch/imports"): 260 * 1024 * 1024,
    re.compile(r"/(fr|en)/merch/media"): 80 * 1024 * 1024,
    re.compile(r"/(fr|en)/merch/(articles|stock|collections)"): 1024 * 1024,
}
"""Of the addresses to which files and long forms are sent, the first that matches the beginning."""


def connect_redis(url: str) -> ArqRedis:
    """Redis with a bound on how long anything may take."""
    pool = ConnectionPool.from_url(url, socket_timeout=5, socket_connect_timeout=2, health_check_interval=30)
    return ArqRedis(pool_or_conn=pool, job_serializer=effects.dumps, job_deserializer=effects.loads)


def create_app(
    settings: Settings,
    *,
    clock: Clock | None = None,
    database: Database | None = None,
    redis: ArqRedis | None = None,
    house: House | None = None,
) -> Starlette:
    """The whole site for these settings, whose addresses of the database and of Redis must be filled in."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.bells.start()
        yield
        await app.state.bells.stop()
        if database is None:
            await app.state.database.engine.dispose()
        if redis is None:
            await app.state.redis.aclose(close_connection_pool=True)

    own_redis = redis if redis is not None else connect_redis(settings.redis_url)
    app = Starlette(
        routes=_routes(settings),
        lifespan=lifespan,
        middleware=[
            Middleware(security.SecurityHeaders, secure=settings.secure),
            Middleware(security.Language),
            Middleware(security.SameOriginOnly),
            Middleware(security.SmallBodies, largest=LARGEST_BODY, larger=LARGEST_UPLOADS),
            Middleware(GZipMiddleware, minimum_size=1024, compresslevel=6),
            Middleware(Faults),
        ],
        exception_handlers={HTTPException: _http_error, Refused: _refused},
    )
    app.router.redirect_slashes = False
    app.state.settings = settings
    app.state.clock = clock or make_clock(settings)
    app.state.redis = own_redis
    app.state.database = database or Database(make_engine(settings.database_url), effects.performer(own_redis))
    app.state.limits = security.Limits(own_redis, on=settings.limits == "on")
    app.state.bells = Bells(own_redis)
    app.state.house = house or House(settings.house_name)
    app.state.templates = pages.make_environment(app)
    return app


def make_clock(settings: Settings) -> Clock:
    """The program's clock; in the demo the one that web and worker share."""
    shared = settings.data_dir / "clock-offset" if settings.demo else None
    return Clock(settings.clock_offset, shared)


class Kept(StaticFiles):
    """Files whose name or query changes with their content."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response


class Media(Kept):
    """Pictures. An SVG opened on its own may neither run nor load anything."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["content-security-policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
        return response


def _routes(settings: Settings) -> list[BaseRoute]:
    settings.media_dir.mkdir(parents=True, exist_ok=True)
    return [
        Route("/", front_door, name="front_door"),
        *health.routes,
        Mount("/static", Kept(directory=pages.STATIC), name="static"),
        Mount("/media", Media(directory=settings.media_dir), name="media"),
        *(demo.routes.all if settings.demo else []),
        *shop.routes(),  # first, because each route is asked in turn
        *api.routes(),
        *staff.routes(),
        *admin.routes(),
        *merch.routes(),
        *calendars.routes.all,
        *outside.routes.all,
    ]


async def front_door(request: Request) -> Response:
    """To the language of the visitor; a 303, so that nobody keeps it."""
    language = security.negotiated(request)
    response = RedirectResponse(f"/{language}/", 303)
    response.headers["vary"] = "Cookie, Accept-Language"
    return response


class TooLarge(Refused):
    status = 413
    code = "too_large"
    msgid = lazy("This is too long to be received.")


class NotAllowed(Refused):
    status = 405
    code = "method_not_allowed"
    msgid = lazy("This page cannot be called like this.")


HTTP_ERRORS: dict[int, type[Refused]] = {404: NotFound, 405: NotAllowed, 410: Gone, 413: TooLarge}


async def _http_error(request: Request, error: Exception) -> Response:
    """What Starlette refuses by itself, in our words."""
    assert isinstance(error, HTTPException)
    refused = HTTP_ERRORS.get(error.status_code, Malformed)()
    response = await _refused(request, refused)
    for name, value in (error.headers or {}).items():
        response.headers[name] = value
    return response


class Faults:
    """Answers when a route fails that is none of `Routes`, as those for operations: in words, with a reference."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except Exception as error:
            if begun or scope["type"] != "http":
                raise
            request = Request(scope, receive)
            response = await _refused(request, refusal_of(error, request))
            await response(scope, receive, send)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    request.state.now = request.app.state.clock()
    refuse = api.problem if request.url.path.startswith("/api/") else pages.refusal
    return refuse(request, error)
