"""How the API answers: JSON, problem details (RFC 9457), what a cache may keep, and the first answer once more."""

import base64
import hashlib
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking import submissions
from booking.appointments.states import MovedOn as AppointmentMovedOn
from booking.reservations.states import MovedOn
from kit.errors import FieldError, Invalid, Refused, TooMany
from kit.languages import lazy
from web.security import address_of

VERSION = "/api/v1"
PUBLIC = "public, max-age=60"
"""For what changes a few times a day."""
FRESH = "no-cache"
"""For what may change with the next request: kept, but asked for again each time."""
PRIVATE = "private, no-cache"
LONGEST_KEY = 200
LARGEST_BODY = 64 * 1024
"""Bytes; the rest of a longer one is not read."""
RETRY_AFTER = 30
"""Seconds after which to try again what is down."""

TITLES: Mapping[int, Any] = {
    400: lazy("This request cannot be read"),
    401: lazy("A key or a token is missing"),
    403: lazy("This key may not do this"),
    404: lazy("Not found"),
    405: lazy("This call does not exist"),
    409: lazy("This is not possible now"),
    410: lazy("No longer there"),
    413: lazy("Too long"),
    415: lazy("Not JSON"),
    422: lazy("Some details need correcting"),
    429: lazy("Too many requests"),
    500: lazy("A fault on our side"),
    503: lazy("Not answering at the moment"),
}


class Unreadable(Refused):
    """No JSON, or JSON that nobody writes on purpose."""

    status = 400
    code = "malformed"
    msgid = lazy("The body must be a JSON object in UTF-8.")


class NotJson(Refused):
    """Also keeps forms of other sites away, which can send anything but this type."""

    status = 415
    code = "not_json"
    msgid = lazy("Send the body as application/json.")


class TooLong(Refused):
    status = 413
    code = "too_large"
    msgid = lazy("This is too long to be received.")


def problem(request: Request, refused: Refused) -> Response:
    """A refusal as problem details; its details stand beside them."""
    titled = TITLES.get(refused.status, TITLES[409])
    said: dict[str, Any] = {
        "type": f"{request.app.state.settings.base_url}{VERSION}/docs#{refused.code}",
        "title": str(titled),
        "status": refused.status,
        "detail": refused.sentence,
        "code": refused.code,
    }
    if isinstance(refused, Invalid) and refused.errors:
        said["errors"] = [
            {"field": error.field, "code": error.code, "message": error.sentence} for error in refused.errors
        ]
    if isinstance(refused, MovedOn):
        said["reservation_status"] = refused.status_now
    if isinstance(refused, AppointmentMovedOn):
        said["appointment_status"] = refused.status_now
    said |= {name: value for name, value in refused.details.items() if name not in said}
    response = _json(said, refused.status, "application/problem+json")
    response.headers["cache-control"] = "no-store"
    if isinstance(refused, TooMany):
        response.headers["retry-after"] = str(refused.retry_after)
    elif refused.status == 503:
        response.headers["retry-after"] = str(RETRY_AFTER)
    if refused.status == 401:
        error = ', error="invalid_token"' if request.headers.get("authorization") else ""
        response.headers["www-authenticate"] = f'Bearer realm="vitrine"{error}'
    return response


def reply(said: BaseModel | Mapping[str, Any], status: int = 200) -> Response:
    """What concerns one person: nobody between us keeps it."""
    response = _json(_plain(said), status)
    response.headers["cache-control"] = "no-store"
    return response


def catalogue_reply(request: Request, said: BaseModel, cache: str = PUBLIC) -> Response:
    """What may be kept, with its ETag; 304 to who has it already."""
    response = _json(_plain(said), 200)
    tag = f'W/"{hashlib.sha256(response.body).hexdigest()[:27]}"'  # weak: the same whether compressed or not
    known = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
    if known & {tag.removeprefix("W/"), "*"}:
        response = Response(status_code=304)
    response.headers.update({"etag": tag, "cache-control": cache})
    response.headers.add_vary_header("Accept-Language, Cookie, Authorization")
    return response


def _plain(said: BaseModel | Mapping[str, Any]) -> Mapping[str, Any]:
    return said.model_dump(mode="json", exclude_unset=True) if isinstance(said, BaseModel) else said


def _json(said: Mapping[str, Any], status: int, media_type: str = "application/json") -> Response:
    body = json.dumps(said, ensure_ascii=False, separators=(",", ":"), default=str)
    return Response(body, status, media_type=media_type)


# The body of a request


async def read_json(request: Request, largest: int = LARGEST_BODY) -> dict[str, Any]:
    """The object that was sent; nothing at all is an empty one. Raises `Unreadable`, `NotJson` or `TooLong`."""
    body = await _read(request, largest)
    if not body.strip():
        return {}
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise NotJson()
    try:
        said = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Unreadable() from None
    if not isinstance(said, dict):
        raise Unreadable()
    # only an escape can hide what no text may have; looking at each sign of ten thousand lines costs more than they do
    if b"\\u" in body and not all(_is_text(text) for text in _texts(said)):
        raise Unreadable()
    return said


async def _read(request: Request, largest: int) -> bytes:
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length[:20]) > largest:
        raise TooLong()
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > largest:
            raise TooLong()
    return bytes(body)


def _texts(said: Any) -> Iterator[str]:
    """Every text in it, names of fields included; by a list, because depth is the sender's choice."""
    left = [said]
    while left:
        match left.pop():
            case str(text):
                yield text
            case list(parts):
                left.extend(parts)
            case dict(fields):
                left.extend((*fields, *fields.values()))


def _is_text(text: str) -> bool:
    """NUL and half a pair of surrogates can be written in JSON, but nowhere else."""
    return not any(sign == "\x00" or "\ud800" <= sign <= "\udfff" for sign in text)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


# The first answer once more


async def once(
    request: Request,
    session: AsyncSession,
    *,
    sent: Mapping[str, Any],
    act: Callable[[], Awaitable[tuple[int, BaseModel]]],
    hidden: tuple[str, ...] = (),
    fill: Callable[[dict[str, Any]], Awaitable[None]] | None = None,
) -> Response:
    """Do `act` once for each Idempotency-Key of this caller, and answer with its (status, answer) each time.

    A refusal is not kept: it changed nothing, and the same request may be answered otherwise later. Fields that are
    `hidden` (tokens, contacts) are not kept either; `fill` writes them into the answer that is given again.
    """
    key = request.headers.get("idempotency-key", "")
    if not key:
        status, said = await act()
        return reply(said, status)
    if len(key) > LONGEST_KEY or not key.isprintable():
        raise Invalid(
            "idempotency_key_malformed",
            lazy("An idempotency key has at most %(n)d printable signs."),
            {"n": LONGEST_KEY},
            field="Idempotency-Key",
        )
    scope = _scope(request)
    body = {"call": f"{request.method} {request.url.path}", "body": sent}
    answered = await submissions.begin(session, scope=scope, key=key, body=body, now=request.state.now)
    if answered is not None:
        again: dict[str, Any] = json.loads(answered.answer["json"])
        if fill is not None:
            await fill(again)
        return reply(again, answered.answer["status"])
    status, said = await act()
    fields = _plain(said)
    kept = {name: None if name in hidden else value for name, value in fields.items()}
    # as text, because JSONB would put the fields into another order
    await submissions.answer(session, scope=scope, key=key, answer={"status": status, "json": json.dumps(kept)})
    return reply(fields, status)


def _scope(request: Request) -> str:
    """Whose key it is: two callers may use the same word."""
    actor = request.state.actor
    return f"api:key:{actor.key_id}" if actor.kind == "key" else f"api:{address_of(request)}"


# Pages of a list


def cursor_after(*place: str | int) -> str:
    """Where the next page begins, in a form that nobody should take apart."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def read_cursor(cursor: str, *kinds: type) -> list[Any] | None:
    """The place that a cursor names, None for the beginning; raises `Invalid` for one that we did not make."""
    if not cursor:
        return None
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError):
        place = None
    fits = isinstance(place, list) and [type(part) for part in place] == list(kinds)
    if not fits or any(isinstance(part, int) and not 0 <= part < 2**31 for part in place):
        msgid = lazy("This cursor is not one of ours. Begin again without it.")
        raise Invalid(errors=[FieldError("cursor", "cursor", msgid)])
    return place  # type: ignore[no-any-return]
