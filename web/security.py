"""What stands before every page: where a request may come from, what a browser may do, how often someone may ask."""

import asyncio
import math
import re
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass

from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kit import clock, languages, log
from kit.errors import TooMany
from web.effects import PATIENCE, PAUSE

logger = log.get(__name__)

CSP = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "manifest-src 'self'",
    )
)
HEADERS = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(self), geolocation=(self), microphone=()",
    "x-frame-options": "DENY",
}
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class SecurityHeaders:
    """Puts `HEADERS` on every answer, errors and files included; HSTS where the site is served over https."""

    def __init__(self, app: ASGIApp, secure: bool) -> None:
        self.app = app
        self.headers = dict(HEADERS)
        if secure:
            self.headers["strict-transport-security"] = "max-age=31536000; includeSubDomains"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)


class SameOriginOnly:
    """Refuses what another site makes a browser send, by the rules of Go's net/http.CrossOriginProtection.

    A browser says by `Sec-Fetch-Site`, or at least by `Origin`, where a request comes from; who says neither is no
    browser, and has no cookies that it did not mean to send. The API reads no cookies and is left alone.
    """

    def __init__(self, app: ASGIApp, exempt: str = "/api/") -> None:
        self.app, self.exempt = app, exempt

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in SAFE or self.may_pass(scope):
            await self.app(scope, receive, send)
        else:
            refusal = PlainTextResponse("cross-origin request refused", 403)
            refusal.headers["vary"] = "Sec-Fetch-Site, Origin"
            await refusal(scope, receive, send)

    def may_pass(self, scope: Scope) -> bool:
        if scope["path"].startswith(self.exempt):
            return True
        headers = Headers(scope=scope)
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        if site is not None:
            return site in ("same-origin", "none")
        return origin is None or origin.partition("://")[2].lower() == headers.get("host", "").lower()


class SmallBodies:
    """Refuses a body of more than `largest` bytes before, or while, it is read; at the addresses of `larger`, of more
    than is said there. The API says it in its own way."""

    def __init__(
        self, app: ASGIApp, largest: int, larger: Mapping[re.Pattern[str], int] | None = None, exempt: str = "/api/"
    ) -> None:
        self.app, self.largest, self.larger, self.exempt = app, largest, larger or {}, exempt

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        measured = scope["type"] == "http" and not scope["path"].startswith(self.exempt)
        await self.app(scope, self._measured(scope, receive) if measured else receive, send)

    def _measured(self, scope: Scope, receive: Receive) -> Receive:
        announced = Headers(scope=scope).get("content-length", "")
        named = (size for address, size in self.larger.items() if address.match(scope["path"]))
        left = next(named, self.largest)
        too_long = announced.isdecimal() and int(announced[:20]) > left

        async def measured() -> Message:
            nonlocal left
            if too_long:
                raise HTTPException(413)
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise HTTPException(413)
            return message

        return measured


class Language:
    """The first part of the address decides the language; elsewhere the cookie, then `Accept-Language`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        first = scope["path"].split("/", 2)[1]
        chosen = first if first in languages.LANGUAGES else negotiated(Request(scope))

        async def with_language(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("content-language", chosen)
            await send(message)

        with languages.speaking(chosen):
            await self.app(scope, receive, with_language)


def negotiated(request: Request) -> str:
    """The language of someone whose address does not say it."""
    kept = request.cookies.get("vitrine-language")
    return kept if kept in languages.LANGUAGES else languages.negotiate(request.headers.get("accept-language", ""))


@dataclass(frozen=True)
class Limit:
    """At most `times` within `seconds`."""

    name: str
    times: int
    seconds: int


RESERVE_BY_ADDRESS = Limit("reserve", 20, 3600)
BOOK_BY_ADDRESS = Limit("book", 20, 3600)
HOLD_BY_ADDRESS = Limit("hold", 60, 900)
KEEP_BY_ADDRESS = Limit("keep", 200, 3600)
FIND_BY_ADDRESS = Limit("find", 5, 900)
FIND_BY_CODE = Limit("find-code", 5, 900)
SIGN_IN_BY_ADDRESS = Limit("sign-in", 30, 900)
SIGN_IN_BY_ACCOUNT = Limit("sign-in-account", 10, 900)
RESET_BY_ACCOUNT = Limit("reset", 5, 3600)
API_BY_ADDRESS = Limit("api", 300, 60)
API_BY_KEY = Limit("api-key", 600, 60)

# A sorted set of moments for each key: forget those that are too old, count, add. One call, so nobody slips through.
SLIDE = """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1] - ARGV[2])
local n = redis.call('ZCARD', KEYS[1])
if n >= tonumber(ARGV[3]) then return {0, redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]} end
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {1, ARGV[1]}
"""


class Limits:
    """Sliding windows in Redis, shared by all processes; when it is away, in this process, never open, never shut."""

    MOST_KEYS = 10_000

    def __init__(self, redis: Redis, *, on: bool) -> None:
        self.redis, self.on = redis, on
        self.slide = redis.register_script(SLIDE)
        self.here: OrderedDict[str, deque[float]] = OrderedDict()
        self.count = 0
        self.silent_until = 0.0

    async def check(self, limit: Limit, key: str) -> None:
        """Count one more for `key`, or raise `TooMany` with the seconds to wait."""
        if not self.on:
            return
        now = clock.wall_ms()
        self.count += 1
        name = f"limit:{limit.name}:{key}"
        member = f"{now}:{id(self)}:{self.count}"
        there = await self._check_there([name], [now, limit.seconds * 1000, limit.times, member])
        passed, oldest = there or self._check_here(name, limit, now)
        if not passed:
            wait = max(1, math.ceil((oldest + limit.seconds * 1000 - now) / 1000))
            raise TooMany(retry_after=wait)

    async def _check_there(self, keys: list[str], args: list[int | str]) -> tuple[int, float] | None:
        """None when Redis does not answer at once; it is then left alone for a moment, and nobody waits for it."""
        if clock.monotonic() < self.silent_until:
            return None
        try:
            async with asyncio.timeout(PATIENCE):
                passed, oldest = await self.slide(keys=keys, args=args)
        except (RedisError, OSError, TimeoutError) as error:
            self.silent_until = clock.monotonic() + PAUSE
            logger.warning("redis did not answer, counting in this process", error=repr(error))
            return None
        return passed, float(oldest)

    def _check_here(self, name: str, limit: Limit, now: float) -> tuple[bool, float]:
        moments = self.here.setdefault(name, deque())
        self.here.move_to_end(name)
        while len(self.here) > self.MOST_KEYS:
            self.here.popitem(last=False)
        while moments and moments[0] <= now - limit.seconds * 1000:
            moments.popleft()
        if len(moments) >= limit.times:
            return False, moments[0]
        moments.append(now)
        return True, now


def address_of(request: Request) -> str:
    """Who asks, as the trusted proxy or the socket says."""
    return request.client.host if request.client else "unknown"
