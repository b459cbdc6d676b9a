"""A call of the API: its route, who may make it, and what its description says.

    calls = Calls()

    @calls.get("/api/v1/stores", allow=ANYONE, name="api_stores")
    @about(lazy("All stores, by name"), answers.StoreList, query=bodies.Page)
    async def stores(request: Request, session: AsyncSession) -> Response: ...

The description stands beside the handler, so that OpenAPI and the program cannot disagree.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from babel.support import LazyProxy
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from booking import journal
from kit import codes, log
from kit.errors import Refused
from kit.languages import lazy
from stores import staff
from stores.stock import OutOfStock
from web.api.replies import problem
from web.routing import Allow, Handler, Routes

logger = log.get(__name__)


@dataclass(frozen=True)
class About:
    """What a reader of the description is told."""

    summary: LazyProxy
    answer: type[BaseModel] | None
    """None: a page."""
    status: int = 200
    more: LazyProxy | str = ""
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    refusals: tuple[tuple[int, str], ...] = ()
    """(status, code) beyond those that every call may give."""
    opened_by: Literal["anyone", "token", "key"] = "anyone"
    scope: str = "staff"
    """Of the key."""


def about(summary: LazyProxy, answer: type[BaseModel] | None, **more: Any) -> Callable[[Handler], Handler]:
    def decorate(handler: Handler) -> Handler:
        handler.about = About(summary, answer, **more)  # type: ignore[attr-defined]
        return handler

    return decorate


class Calls(Routes):
    """Routes that refuse by problem details, are described, and take no key in their address."""

    def __init__(self) -> None:
        super().__init__(refuse=problem)
        self.described: dict[tuple[str, str], About] = {}

    def _add(self, method: str, path: str, allow: Allow, name: str) -> Callable[[Handler], Handler]:
        add = super()._add(method, path, allow, name)

        def decorate(handler: Handler) -> Handler:
            self.described[method, path] = handler.about  # type: ignore[attr-defined]
            add(handler)
            made = self.all.pop()
            checked = _header_only(_described(made.endpoint))
            self.all.append(Route(path, checked, methods=[method], name=made.name))
            return handler

        return decorate


Endpoint = Callable[[Request], Awaitable[Response]]


def _described(endpoint: Endpoint) -> Endpoint:
    """A refusal may need to read more than its own transaction should wait for: `request.state.described`."""

    async def answered(request: Request) -> Response:
        response = await endpoint(request)
        described = getattr(request.state, "described", None)
        if described is None or response.status_code != OutOfStock.status:
            return response
        try:
            async with request.app.state.database.work(readonly=True) as session:
                return problem(request, await described(session))
        except (DBAPIError, PoolTimeout, OSError):
            return response  # the refusal itself is true without them

    return answered


# A key belongs into a header: addresses stand in logs, histories and other sites' statistics


class KeyInAddress(Refused):
    """Whoever can read a log has it by now, so it opens nothing any more."""

    status = 400
    code = "key_in_address"
    msgid = lazy("An API key never stands in an address. This one has been revoked: send the next one as a header.")


def _header_only(endpoint: Endpoint) -> Endpoint:
    async def checked(request: Request) -> Response:
        shown = [value for _, value in request.query_params.multi_items() if value.startswith(codes.KEY_PREFIX)]
        if not shown:
            return await endpoint(request)
        for key in shown:
            await _revoke(request, key)
        return problem(request, KeyInAddress())

    return checked


async def _revoke(request: Request, shown: str) -> None:
    now = request.app.state.clock()
    async with request.app.state.database.work() as session:
        key = await staff.find_key(session, shown, now=now)
        if key is not None:
            await staff.revoke_key(session, key.id, now=now)
            await journal.record(
                session, "key", key.id, "revoked", by=journal.SYSTEM, now=now, reason=KeyInAddress.code
            )
            logger.warning("an API key was sent in an address and is revoked", prefix=key.prefix, name=key.name)
