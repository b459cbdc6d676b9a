"""One's own account: who one is here, the password, the second factor, and where one is signed in."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from wtforms import PasswordField, validators

from booking import journal
from kit import languages
from kit.errors import Invalid, NotFound
from kit.languages import gettext, lazy
from stores import staff
from stores.staff import SignedIn
from web import access, pages
from web.forms import LocalizedForm
from web.routing import Routes
from web.security import SIGN_IN_BY_ACCOUNT
from web.staff import frame
from web.staff.frame import AT_WORK
from web.staff.signing_in import house_words, raw_id_of
from web.words import language_words, role_words

routes = Routes(refuse=frame.refuse)


class ChangePasswordForm(LocalizedForm):
    old_password = PasswordField(
        lazy("Current password"), [validators.InputRequired()], render_kw={"autocomplete": "current-password"}
    )
    password = PasswordField(
        lazy("New password"), [validators.InputRequired()], render_kw={"autocomplete": "new-password", "minlength": 15}
    )


@dataclass(frozen=True)
class Browser:
    """A browser in which this person is signed in."""

    key: str
    agent: str
    network: str
    seen_at: datetime
    seen: str
    this_one: bool


@routes.get("/{language:language}/staff/account", allow=AT_WORK, name="staff_account")
async def account_page(request: Request, session: AsyncSession) -> Response:
    found: SignedIn = request.state.signed_in
    account, now = found.account, request.state.now
    browsers = [
        Browser(
            key=one.id_hash.hex(),
            agent=_agent_words(one.agent),
            network=one.address,
            seen_at=one.seen_at,
            seen=languages.ago_words(one.seen_at, now),
            this_one=one.id_hash == found.current.id_hash,
        )
        for one in await staff.sessions_of(session, account.id, now=now)
    ]
    return frame.render(
        request,
        "staff/account.html",
        {
            "account": account,
            "role": role_words(account.role),
            "reads": language_words(account.language),
            "follows": frame.actor_of(request).may("appointment.read"),
            "stores": [store.name for store in frame.own_stores(request)],
            "all_stores": found.store_ids is None,
            "codes_left": await staff.recovery_codes_left(session, account.id) if account.has_totp else 0,
            "browsers": browsers,
        },
        title=gettext("My account"),
        current="staff_account",
    )


def _agent_words(agent: str) -> str:
    """The browser and the machine, as far as a person cares."""
    browser = next((name for sign, name in _BROWSERS if sign in agent), gettext("a browser"))
    machine = next((name for sign, name in _MACHINES if sign in agent), "")
    return f"{browser}, {machine}" if machine else browser


_BROWSERS = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_MACHINES = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "Mac"),
             ("Linux", "Linux"))  # fmt: skip


@routes.get("/{language:language}/staff/password", allow=AT_WORK, name="staff_password")
async def password_page(request: Request, session: AsyncSession) -> Response:
    return _password(request, ChangePasswordForm())


def _password(request: Request, form: ChangePasswordForm, *, status: int = 200) -> Response:
    return frame.render(
        request,
        "staff/password.html",
        {"form": form},
        title=gettext("Change my password"),
        current="staff_account",
        status=status,
    )


@routes.post("/{language:language}/staff/password", allow=AT_WORK)
async def change_password(request: Request, session: AsyncSession) -> Response:
    form = ChangePasswordForm(await request.form())
    if not form.validate():
        return _password(request, form, status=422)
    found: SignedIn = request.state.signed_in
    await request.app.state.limits.check(SIGN_IN_BY_ACCOUNT, found.account.email)
    try:
        await staff.change_password(
            session,
            found.account,
            old=form.old_password.data or "",
            new=form.password.data or "",
            keep=found.current.id_hash,
            house=house_words(request),
        )
    except Invalid as invalid:
        form.take(invalid)
        return _password(request, form, status=422)
    now = request.state.now
    await journal.record(session, "account", found.account.id, "password_changed", by=found.account.first_name, now=now)
    raw_id = await staff.rotate_session(session, raw_id_of(request), now=now)
    response = pages.to(request, "staff_account", notice="password_changed")
    access.set_cookie(request, response, access.STAFF_COOKIE, raw_id)
    return response


@routes.post("/{language:language}/staff/sessions/end", allow=AT_WORK, name="staff_end_sessions")
async def end_sessions(request: Request, session: AsyncSession) -> Response:
    """One of the list by its key, or all the others without one."""
    found: SignedIn = request.state.signed_in
    key = str((await request.form()).get("key", ""))
    if not key:
        await staff.end_all_sessions(session, found.account.id, keep=found.current.id_hash)
        return pages.to(request, "staff_account", notice="saved")
    try:
        await staff.end_one_session(session, found.account.id, bytes.fromhex(key))
    except ValueError:
        raise NotFound() from None
    return pages.to(request, "staff_account", notice="saved")
