"""A request is one transaction and says who may make it.

    @routes.get("/{language:language}/staff", allow=staff("reservation.read"))
    async def board(request: Request, session: AsyncSession) -> Response: ...

A GET runs in a read-only transaction. A response below 400 commits, anything else undoes; the response leaves after
the commit. What a handler refuses by raising `Refused` is shown as a page, a fragment or problem details.
"""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kit import languages, log
from kit.errors import Refused
from kit.languages import lazy
from stores.staff import Principal, Verb
from stores.staff.sessions import network_of
from web import access, pages
from web.security import address_of

logger = log.get(__name__)

RETRY_AFTER = 30
"""Seconds after which to try again what is down."""

Handler = Callable[[Request, AsyncSession], Awaitable[Response]]


class LanguageConvertor(Convertor[str]):
    regex = "|".join(languages.LANGUAGES)

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("language", LanguageConvertor())


@dataclass(frozen=True)
class Allow:
    """Who may call a route. `name` is what the matrix of permissions calls it."""

    name: str
    may: Callable[[Principal], bool]


ANYONE = Allow("anyone", lambda actor: True)
"""Shoppers need no account; private links are checked by the pages that they open."""
SIGNED_IN = Allow("signed in", lambda actor: actor.kind == "staff")
"""Also between the password and the second factor."""


def staff(verb: Verb) -> Allow:
    """People who work here and may do this; other stores' things are a 404 further down."""
    return Allow(f"staff: {verb}", lambda actor: actor.kind == "staff" and actor.may(verb))


def key(verb: Verb) -> Allow:
    """Programs whose key may do this."""
    return Allow(f"key: {verb}", lambda actor: actor.kind == "key" and actor.may(verb))


class Busy(Refused):
    """The database is away or everyone waits for the same row: nothing was lost, try again."""

    status = 503
    code = "busy"
    msgid = lazy("The service is not answering at the moment. Nothing has been lost. Try again in a minute.")


class Broken(Refused):
    """A fault of ours; `reference` finds it in the log."""

    status = 500
    code = "internal"
    msgid = lazy("Something went wrong on our side. What you entered is safe. Reference: %(reference)s.")


class Malformed(Refused):
    status = 400
    code = "malformed"
    msgid = lazy("This request cannot be read.")


class _Undo(Exception):
    def __init__(self, response: Response) -> None:
        self.response = response


class Routes:
    """A list of routes, filled by decorators, each with its method, its address and who may call it."""

    def __init__(self, refuse: Callable[[Request, Refused], Response] = pages.refusal) -> None:
        self.all: list[Route] = []
        self.allowed: dict[tuple[str, str], Allow] = {}
        self.refuse = refuse

    def get(self, path: str, *, allow: Allow, name: str = "") -> Callable[[Handler], Handler]:
        return self._add("GET", path, allow, name)

    def post(self, path: str, *, allow: Allow, name: str = "") -> Callable[[Handler], Handler]:
        return self._add("POST", path, allow, name)

    def put(self, path: str, *, allow: Allow, name: str = "") -> Callable[[Handler], Handler]:
        return self._add("PUT", path, allow, name)

    def _add(self, method: str, path: str, allow: Allow, name: str) -> Callable[[Handler], Handler]:
        def decorate(handler: Handler) -> Handler:
            endpoint = self._endpoint(handler, allow, readonly=method == "GET")
            self.all.append(Route(path, endpoint, methods=[method], name=name or handler.__name__))
            self.allowed[method, path] = allow
            return handler

        return decorate

    def _endpoint(self, handler: Handler, allow: Allow, *, readonly: bool) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            app = request.app.state
            request.state.now = app.clock()
            try:
                async with app.database.work(readonly=readonly) as session:
                    session.info["origin"] = network_of(address_of(request))
                    await access.recognise(request, session)
                    if not allow.may(request.state.actor):
                        return access.turn_away(request, allow.name)
                    await app.house.look(session)
                    response = await handler(request, session)
                    if response.status_code >= 400 and not getattr(request.state, "keep", False):
                        raise _Undo(response)
                return response
            except _Undo as undone:
                return undone.response
            except Refused as refused:
                return self.refuse(request, refused)
            except HTTPException:  # a form that cannot be read, said by the app
                raise
            except Exception as error:
                return self.refuse(request, refusal_of(error, request))
            finally:
                await request.close()

        return endpoint


def refusal_of(error: Exception, request: Request) -> Refused:
    """What is said of a fault that is being handled: try again in a minute, or a reference that stands in the log."""
    if isinstance(error, DBAPIError | PoolTimeout | OSError) and is_passing(error):
        logger.warning("the database did not answer", error=repr(error))
        return Busy(details={"retry_after": RETRY_AFTER})
    if isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == NOT_A_TEXT:
        return Malformed()
    reference = secrets.token_hex(3).upper()
    logger.exception("request failed", reference=reference, path=request.url.path)
    return Broken(params={"reference": reference})


NOT_A_TEXT = "22021"
"""SQLSTATE of a text with a zero byte, which PostgreSQL keeps nowhere and people do not type."""
PASSING = frozenset({"55P03", "57014", "57P01", "57P02", "57P03", "40P01", "40001", "53300", "08006", "08003", "08001"})
"""SQLSTATEs of a database that is restarting, overrun, or made someone wait too long for a row."""


def is_passing(error: BaseException) -> bool:
    """Whether the same request may well succeed in a minute."""
    if not isinstance(error, DBAPIError):
        return not isinstance(error, LookupError)  # a missing template is an OSError too, and will not pass
    state = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or state in PASSING or state is None


def keep(request: Request, response: Response) -> Response:
    """Commit although the answer refuses: a counter of wrong passwords must outlive them."""
    request.state.keep = True
    return response
