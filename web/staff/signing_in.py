"""Signing in and out: a password, then a second factor; a forgotten password; an authenticator to set up.

A new session id is drawn after each step, and the one before is worthless. Wrong second factors are counted in the
database, so their refusal commits (`keep`).
"""

import re
from datetime import timedelta
from io import BytesIO
from urllib.parse import urlencode

import segno
from markupsafe import Markup
from pyotp import TOTP
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from wtforms import EmailField, HiddenField, PasswordField, StringField, validators

from booking import journal, messages
from kit import codes, languages
from kit.errors import Invalid, TooMany
from kit.languages import gettext, lazy
from stores import staff
from stores.staff import NewTotp, Outcome, SignedIn
from web import access, pages
from web.forms import LocalizedForm
from web.routing import ANYONE, SIGNED_IN, Routes, keep
from web.security import RESET_BY_ACCOUNT, SIGN_IN_BY_ACCOUNT, SIGN_IN_BY_ADDRESS, address_of
from web.staff import frame

routes = Routes(refuse=frame.refuse)

SECRET_SHOWN_FOR = timedelta(minutes=30)
"""How long the page with the secret of a new authenticator may be open."""
NO_REFERRER = {"referrer-policy": "no-referrer"}
"""For pages whose address opens something."""


class SignInForm(LocalizedForm):
    email = EmailField(
        lazy("Email address"), [validators.InputRequired()], render_kw={"autocomplete": "username", "autofocus": True}
    )
    password = PasswordField(
        lazy("Password"), [validators.InputRequired()], render_kw={"autocomplete": "current-password"}
    )


class CodeForm(LocalizedForm):
    code = StringField(
        lazy("Code"),
        [validators.InputRequired()],
        render_kw={"autocomplete": "one-time-code", "autocapitalize": "characters", "autofocus": True},
    )


class ForgottenForm(LocalizedForm):
    email = EmailField(
        lazy("Email address"), [validators.InputRequired()], render_kw={"autocomplete": "username", "autofocus": True}
    )


class ResetForm(LocalizedForm):
    password = PasswordField(
        lazy("New password"),
        [validators.InputRequired()],
        render_kw={"autocomplete": "new-password", "minlength": 15, "autofocus": True},
    )


class ConfirmTotpForm(LocalizedForm):
    code = StringField(
        lazy("Code shown by the authenticator"),
        [validators.InputRequired()],
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True},
    )
    sealed = HiddenField()


# Where one goes


def start(request: Request, found: SignedIn) -> str:
    """The first page of someone's day, once she has given every factor asked for."""
    may = staff.MAY[found.account.role]
    name = (
        "staff_board" if "reservation.read" in may else "merch_articles" if "catalogue.edit" in may else "staff_account"
    )
    return str(request.app.url_path_for(name, language=languages.language()))


def next_of(request: Request) -> str:
    """The page that sent someone here; empty for none, or for one of another site."""
    return pages.local_path(request.query_params.get("next", ""), "")


def step_url(request: Request, name: str) -> str:
    """Another step of signing in, which remembers where one wanted to go."""
    url = str(request.app.url_path_for(name, language=languages.language()))
    wanted = next_of(request)
    return f"{url}?{urlencode({'next': wanted})}" if wanted else url


def after_factor(request: Request, found: SignedIn) -> str:
    """Where someone goes who has just given whatever was asked of her."""
    settings = request.app.state.settings
    if not found.account.has_totp and not settings.demo:
        return step_url(request, "staff_totp")
    return next_of(request) or start(request, found)


def raw_id_of(request: Request) -> str:
    return request.cookies.get(access.cookie_name(request, access.STAFF_COOKIE), "")


# Signing in


@routes.get("/{language:language}/staff/login", allow=ANYONE, name="staff_login")
async def login_page(request: Request, session: AsyncSession) -> Response:
    found: SignedIn | None = request.state.signed_in
    if found and request.state.actor.two_factor:
        return pages.go(request, after_factor(request, found))
    return _login(request, SignInForm())


def _login(request: Request, form: SignInForm, *, status: int = 200, retry_after: int = 0) -> Response:
    return frame.render(
        request,
        "staff/login.html",
        {"form": form, "action": step_url(request, "staff_login")},
        title=gettext("Staff sign-in"),
        status=status,
        headers={"retry-after": str(retry_after)} if retry_after else {},
    )


@routes.post("/{language:language}/staff/login", allow=ANYONE)
async def login(request: Request, session: AsyncSession) -> Response:
    form = SignInForm(await request.form())
    if not form.validate():
        return _login(request, form, status=422)
    now, limits = request.state.now, request.app.state.limits
    email, password = form.email.data or "", form.password.data or ""
    try:
        await limits.check(SIGN_IN_BY_ADDRESS, address_of(request))
        await limits.check(SIGN_IN_BY_ACCOUNT, staff.normal_email(email))
        account = await staff.check_password(session, email, password, now=now)
    except TooMany as refused:
        form.form_errors.append(refused.sentence)
        return _login(request, form, status=429, retry_after=refused.retry_after)
    except staff.WrongCredentials as refused:
        form.form_errors.append(refused.sentence)
        return _login(request, form, status=401)
    if old := raw_id_of(request):
        await staff.end_session(session, old)
    raw_id = await staff.start_session(
        session, account, address=address_of(request), agent=request.headers.get("user-agent", ""), now=now
    )
    await journal.record(session, "account", account.id, "signed_in", by=account.first_name, now=now)
    found = await staff.session_of(session, raw_id, now=now)
    assert found is not None
    to = step_url(request, "staff_second_factor") if account.has_totp else after_factor(request, found)
    response = pages.go(request, to)
    access.set_cookie(request, response, access.STAFF_COOKIE, raw_id)
    return response


# The second factor


@routes.get("/{language:language}/staff/second-factor", allow=SIGNED_IN, name="staff_second_factor")
async def second_factor_page(request: Request, session: AsyncSession) -> Response:
    if not request.state.signed_in.account.has_totp:
        return pages.go(request, after_factor(request, request.state.signed_in))
    return _second_factor(request, CodeForm())


def _second_factor(request: Request, form: CodeForm, *, status: int = 200) -> Response:
    return frame.render(
        request,
        "staff/second_factor.html",
        {"form": form, "action": step_url(request, "staff_second_factor")},
        title=gettext("Second step"),
        status=status,
    )


@routes.post("/{language:language}/staff/second-factor", allow=SIGNED_IN)
async def second_factor(request: Request, session: AsyncSession) -> Response:
    form = CodeForm(await request.form())
    if not form.validate():
        return _second_factor(request, form, status=422)
    now, account = request.state.now, request.state.signed_in.account
    typed = form.code.data or ""
    by_app = re.fullmatch(r"\d{6}", re.sub(r"\s", "", typed)) is not None
    check = staff.check_totp if by_app else staff.use_recovery_code
    outcome = await check(session, account, typed, now=now)
    if outcome == Outcome.LOCKED:
        return await _locked(request, session, account)
    if outcome == Outcome.WRONG:
        form.code.errors = [gettext("This code is not right, or was already used. Wait for the next one.")]
        return keep(request, _second_factor(request, form, status=401))
    if not by_app:
        await journal.record(session, "account", account.id, "recovery_code_used", by=account.first_name, now=now)
    raw_id = await staff.rotate_session(session, raw_id_of(request), second_factor=True, now=now)
    response = pages.go(request, after_factor(request, request.state.signed_in))
    access.set_cookie(request, response, access.STAFF_COOKIE, raw_id)
    return response


async def _locked(request: Request, session: AsyncSession, account: staff.Account) -> Response:
    """Every session has ended. Its owner is told by mail, once for each lock."""
    now = request.state.now
    until = account.locked_until or now
    forgotten = str(request.app.url_path_for("staff_forgotten", language=account.language))
    await messages.queue(
        session,
        "account_locked",
        subject="account",
        subject_id=account.id,
        version=int(until.timestamp()) // 60,
        recipient=f"account:{account.id}",
        channel=messages.Channel.EMAIL,
        language=account.language,
        store_id=None,
        due_at=now,
        now=now,
        payload={"path": forgotten},
    )
    await journal.record(session, "account", account.id, "locked", by=account.first_name, now=now)
    form = SignInForm(email=account.email)
    wait = languages.duration_words(max(1, -(-int((until - now).total_seconds()) // 60)))
    form.form_errors.append(
        gettext("Too many wrong codes. You are signed out, and can sign in again in %(wait)s.", wait=wait)
    )
    request.state.actor = staff.ANONYMOUS
    response = keep(request, _login(request, form, status=401))
    access.drop_cookie(request, response, access.STAFF_COOKIE)
    return response


@routes.post("/{language:language}/staff/logout", allow=ANYONE, name="staff_logout")
async def logout(request: Request, session: AsyncSession) -> Response:
    if raw_id := raw_id_of(request):
        await staff.end_session(session, raw_id)
    response = pages.to(request, "staff_login", notice="signed_out")
    access.drop_cookie(request, response, access.STAFF_COOKIE)
    return response


# A forgotten password


@routes.get("/{language:language}/staff/password/forgotten", allow=ANYONE, name="staff_forgotten")
async def forgotten_page(request: Request, session: AsyncSession) -> Response:
    return _forgotten(request, ForgottenForm())


def _forgotten(request: Request, form: ForgottenForm, *, sent: bool = False, status: int = 200) -> Response:
    return frame.render(
        request,
        "staff/forgotten.html",
        {"form": form, "sent": sent},
        title=gettext("Forgotten password"),
        status=status,
    )


@routes.post("/{language:language}/staff/password/forgotten", allow=ANYONE)
async def forgotten(request: Request, session: AsyncSession) -> Response:
    """The same answer for everybody: whether an address has an account is nobody's business."""
    form = ForgottenForm(await request.form())
    if not form.validate():
        return _forgotten(request, form, status=422)
    now, email = request.state.now, staff.normal_email(form.email.data or "")
    try:
        await request.app.state.limits.check(SIGN_IN_BY_ADDRESS, address_of(request))
        await request.app.state.limits.check(RESET_BY_ACCOUNT, email)
    except TooMany as refused:
        form.form_errors.append(refused.sentence)
        return _forgotten(request, form, status=429)
    token = await staff.ask_reset(session, email, now=now)
    if token:
        await _mail_reset(request, session, token, email)
    return _forgotten(request, form, sent=True)


async def _mail_reset(request: Request, session: AsyncSession, token: str, email: str) -> None:
    account = (await session.scalars(select(staff.Account).where(staff.Account.email == email))).one()
    path = str(request.app.url_path_for("staff_reset", language=account.language, token=token))
    await messages.queue(
        session,
        "password_reset",
        subject="account",
        subject_id=account.id,
        # each link is news of its own
        version=int.from_bytes(codes.token_hash(token)[:4]) >> 1,
        recipient=f"account:{account.id}",
        channel=messages.Channel.EMAIL,
        language=account.language,
        store_id=None,
        due_at=request.state.now,
        now=request.state.now,
        payload={"path": path},
    )


@routes.get("/{language:language}/staff/password/reset/{token}", allow=ANYONE, name="staff_reset")
async def reset_page(request: Request, session: AsyncSession) -> Response:
    return _reset(request, ResetForm())


def _reset(request: Request, form: ResetForm, *, status: int = 200) -> Response:
    return frame.render(
        request,
        "staff/reset.html",
        {"form": form},
        title=gettext("Choose a new password"),
        status=status,
        headers=NO_REFERRER,
    )


@routes.post("/{language:language}/staff/password/reset/{token}", allow=ANYONE)
async def reset(request: Request, session: AsyncSession) -> Response:
    form = ResetForm(await request.form())
    if not form.validate():
        return _reset(request, form, status=422)
    now = request.state.now
    await request.app.state.limits.check(SIGN_IN_BY_ADDRESS, address_of(request))
    try:
        account = await staff.reset_password(
            session, request.path_params["token"], form.password.data or "", house=house_words(request), now=now
        )
    except Invalid as invalid:
        form.take(invalid)
        return _reset(request, form, status=422)
    await journal.record(session, "account", account.id, "password_reset", by=account.first_name, now=now)
    return pages.to(request, "staff_login", notice="password_changed")


def house_words(request: Request) -> list[str]:
    """Words that a password here must not be made of."""
    house = request.app.state.house
    stores = house.stores.values()
    return [house.name, *(store.name for store in stores), *(store.city for store in stores)]


# Setting an authenticator up


@routes.get("/{language:language}/staff/totp", allow=SIGNED_IN, name="staff_totp")
async def totp_page(request: Request, session: AsyncSession) -> Response:
    found: SignedIn = request.state.signed_in
    if found.account.has_totp and not request.state.actor.is_fresh(request.state.now):
        return pages.go(request, _second_factor_first(request, "staff_totp"))
    return frame.render(
        request,
        "staff/totp.html",
        {"has_totp": found.account.has_totp, "required": not request.app.state.settings.demo},
        title=gettext("Your authenticator"),
    )


def _second_factor_first(request: Request, back_to: str) -> str:
    """The page of the second factor, which comes back here."""
    url, back = (
        str(request.app.url_path_for(name, language=languages.language())) for name in ("staff_second_factor", back_to)
    )
    return f"{url}?{urlencode({'next': back})}"


@routes.post("/{language:language}/staff/totp", allow=SIGNED_IN)
async def begin_totp(request: Request, session: AsyncSession) -> Response:
    found: SignedIn = request.state.signed_in
    new = await staff.begin_totp(
        session, found.account, current=found.current, issuer=request.app.state.house.name, now=request.state.now
    )
    sealed = codes.seal(
        request.app.state.settings.secret,
        f"totp:{found.account.id}:{new.secret}",
        until=request.state.now + SECRET_SHOWN_FOR,
    )
    return _new_totp(request, new, ConfirmTotpForm(sealed=sealed))


def _new_totp(request: Request, new: NewTotp, form: ConfirmTotpForm, *, status: int = 200) -> Response:
    secret = " ".join(re.findall(".{1,4}", new.secret))
    return frame.render(
        request,
        "staff/totp_new.html",
        {"form": form, "secret": secret, "qr": qr_svg(new.uri)},
        title=gettext("Your authenticator"),
        status=status,
    )


def qr_svg(text: str) -> Markup:
    """A QR code as an SVG element, black on white."""
    out = BytesIO()
    segno.make(text, error="m", micro=False).save(
        out, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=2, light="#fff", nl=False
    )
    return Markup(out.getvalue().decode())  # noqa: S704 – drawn by segno, holds numbers only


@routes.post("/{language:language}/staff/totp/confirm", allow=SIGNED_IN, name="staff_totp_confirm")
async def confirm_totp(request: Request, session: AsyncSession) -> Response:
    form = ConfirmTotpForm(await request.form())
    found: SignedIn = request.state.signed_in
    account, now = found.account, request.state.now
    settings = request.app.state.settings
    shown = (codes.unseal(settings.secret, form.sealed.data or "", now=now) or "").split(":")
    if len(shown) != 3 or shown[:2] != ["totp", str(account.id)]:
        return pages.to(request, "staff_totp")
    try:
        if not form.validate():
            raise Invalid("code", lazy("Enter the six digits that your authenticator shows."), field="code")
        recovery = await staff.confirm_totp(session, account, form.code.data or "", current=found.current, now=now)
    except Invalid as invalid:
        form.code.errors = []
        form.take(invalid)
        uri = TOTP(shown[2]).provisioning_uri(name=account.email, issuer_name=request.app.state.house.name)
        new = NewTotp(shown[2], uri)
        return _new_totp(request, new, form, status=422)
    await journal.record(session, "account", account.id, "totp_set", by=account.first_name, now=now)
    raw_id = await staff.rotate_session(session, raw_id_of(request), second_factor=True, now=now)
    response = recovery_codes_page(request, recovery)
    access.set_cookie(request, response, access.STAFF_COOKIE, raw_id)
    return response


def recovery_codes_page(request: Request, recovery: list[str]) -> Response:
    """Shown once; to be printed or copied by hand."""
    return frame.render(
        request,
        "staff/recovery_codes.html",
        {"codes": recovery, "onward": start(request, request.state.signed_in)},
        title=gettext("Your recovery codes"),
    )


@routes.post("/{language:language}/staff/recovery-codes", allow=SIGNED_IN, name="staff_recovery_codes")
async def new_recovery_codes(request: Request, session: AsyncSession) -> Response:
    """Ten others, for someone whose list is lost or used up."""
    found: SignedIn = request.state.signed_in
    if not found.account.has_totp:
        return pages.to(request, "staff_totp")
    if not request.state.actor.is_fresh(request.state.now):
        return pages.go(request, _second_factor_first(request, "staff_account"))
    recovery = await staff.new_recovery_codes(session, found.account.id)
    await journal.record(
        session, "account", found.account.id, "recovery_codes", by=found.account.first_name, now=request.state.now
    )
    return recovery_codes_page(request, recovery)
