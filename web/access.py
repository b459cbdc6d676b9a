"""Who is asking: staff by a session, programs by a key, the holder of a private link by a short sealed cookie."""

from datetime import datetime, timedelta
from urllib.parse import quote

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from booking.links import Link
from kit import codes, languages
from kit.errors import Forbidden, NotFound, Refused
from kit.languages import lazy
from stores import staff
from stores.staff import ANONYMOUS
from web.security import API_BY_ADDRESS, API_BY_KEY, SAFE, address_of

LINK_LASTS = timedelta(minutes=30)
"""How long the clean address of a booking opens after its private link did."""
STAFF_COOKIE, LINK_COOKIE = "vitrine-staff", "vitrine-my"


class WrongKey(Refused):
    status = 401
    code = "wrong_key"
    msgid = lazy("This call needs an API key that is known and still valid.")


class SignedOut(Refused):
    status = 401
    code = "signed_out"
    msgid = lazy("Your session has ended. Sign in again.")


async def recognise(request: Request, session: AsyncSession) -> None:
    """Put who asks into `request.state.actor`; reads the database only for those who show something."""
    request.state.actor = ANONYMOUS
    request.state.signed_in = None
    if request.url.path.startswith("/api/"):
        await _recognise_key(request, session)
        return
    raw_id = request.cookies.get(cookie_name(request, STAFF_COOKIE))
    if raw_id:
        found = await staff.session_of(session, raw_id, now=request.state.now)
        if found:
            code_required = not request.app.state.settings.demo
            request.state.signed_in = found
            request.state.actor = staff.principal_of(
                found.current, found.account, found.store_ids, code_required=code_required
            )
            if request.method == "POST":
                await staff.touch(session, found.current, now=request.state.now)


async def _recognise_key(request: Request, session: AsyncSession) -> None:
    limits = request.app.state.limits
    shown = bearer(request)
    if shown.startswith(codes.KEY_PREFIX):
        key = await staff.find_key(session, shown, now=request.state.now)
        if key is None:
            raise WrongKey()
        await limits.check(API_BY_KEY, str(key.id))
        request.state.actor = staff.principal_of_key(key)
        if request.method not in SAFE:
            await staff.touch_key(session, key, now=request.state.now)
        elif key.is_unseen(request.state.now):  # the request itself may only read
            async with request.app.state.database.work() as own:
                await staff.touch_key(own, key, now=request.state.now)
    else:
        await limits.check(API_BY_ADDRESS, address_of(request))


def bearer(request: Request) -> str:
    """What stands behind `Authorization: Bearer`; empty when there is nothing."""
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    return value.strip() if kind.lower() == "bearer" else ""


def turn_away(request: Request, allowed: str) -> Response:
    """What someone sees who may not: the sign-in, a word that her role does not do this, or a program's 401 or 403."""
    actor = request.state.actor
    if request.url.path.startswith("/api/"):
        raise Forbidden() if actor.kind == "key" else WrongKey()
    if actor.kind == "staff" and actor.two_factor:
        raise Forbidden()
    step = "staff_second_factor" if actor.kind == "staff" else "staff_login"
    if request.method != "GET":
        raise SignedOut()
    back = quote(request.url.path)
    url = request.app.url_path_for(step, language=languages.language())
    answer = RedirectResponse(f"{url}?next={back}", 303)
    if request.headers.get("hx-request"):
        answer = RedirectResponse(url, 204)
        answer.headers["hx-redirect"] = f"{url}?next={back}"
    return answer


# Cookies


def cookie_name(request: Request, name: str) -> str:
    """With the `__Host-` prefix where the site is served over https: no other host and no plain http can set it."""
    return f"__Host-{name}" if request.app.state.settings.secure else name


def set_cookie(
    request: Request, response: Response, name: str, value: str, *, max_age: int | None = None, httponly: bool = True
) -> None:
    response.set_cookie(
        cookie_name(request, name) if httponly else name,
        value,
        max_age=max_age,
        path="/",
        secure=request.app.state.settings.secure,
        httponly=httponly,
        samesite="lax",
    )


def drop_cookie(request: Request, response: Response, name: str) -> None:
    response.delete_cookie(
        cookie_name(request, name), path="/", secure=request.app.state.settings.secure, httponly=True, samesite="lax"
    )


# Private links


def remember_link(request: Request, response: Response, link: Link) -> None:
    """Change the token for half an hour at the clean address, beside the links opened before."""
    opened = {**_opened(request), (link.subject, link.subject_id): link.mailed or _mailed(request, link)}
    text = ",".join(f"{subject}:{subject_id}:{int(mailed)}" for (subject, subject_id), mailed in [*opened.items()][-8:])
    now: datetime = request.state.now
    sealed = codes.seal(request.app.state.settings.secret, text, until=now + LINK_LASTS)
    set_cookie(request, response, LINK_COOKIE, sealed, max_age=int(LINK_LASTS.total_seconds()))


def check_link(request: Request, subject: str, subject_id: int) -> bool:
    """Whether the link that opened this booking was the mailed one; raises `NotFound` when none did."""
    opened = _opened(request)
    if (subject, subject_id) not in opened:
        raise NotFound()
    return opened[subject, subject_id]


def opened_ids(request: Request, subject: str) -> list[int]:
    """The bookings of this kind that links opened in this browser, the last one first."""
    return [subject_id for kind, subject_id in reversed(_opened(request)) if kind == subject]


def _opened(request: Request) -> dict[tuple[str, int], bool]:
    sealed = request.cookies.get(cookie_name(request, LINK_COOKIE), "")
    text = codes.unseal(request.app.state.settings.secret, sealed, now=request.state.now)
    parts = [part.split(":") for part in text.split(",")] if text else []
    return {(subject, int(subject_id)): mailed == "1" for subject, subject_id, mailed in parts}


def _mailed(request: Request, link: Link) -> bool:
    return _opened(request).get((link.subject, link.subject_id), False)
