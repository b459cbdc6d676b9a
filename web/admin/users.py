"""D4, accounts: who works here, where, what they may do; by invitation, and never without an administrator.

A change asks for a second factor of the last ten minutes. Nobody changes her own access; an administrator who sees
some stores only manages the people of those stores.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking import journal, messages, submissions
from booking.submissions import KeyReused
from kit import codes, languages
from kit.errors import Invalid, NotFound, Refused
from kit.languages import gettext, pgettext
from stores import staff as people
from stores.staff import Account, Role
from stores.staff.rights import stores_seen
from web import pages, views
from web.admin import changed, fresh
from web.admin.typed import Form, tick, typed_form
from web.routing import Routes, staff
from web.staff import frame
from web.staff.frame import actor_of
from web.staff.typed import row_id
from web.words import language_words, role_words

routes = Routes(refuse=frame.refuse)

PATH = "/{language:language}/admin/users"
ONE = PATH + "/{id}"
SCOPE = "invitation"
ROLES = (Role.ADVISOR, Role.MANAGER, Role.MERCHANDISER, Role.ADMIN)
HEAD_OFFICE = (Role.MERCHANDISER, Role.ADMIN)
"""Without a store of their own they see all."""

Seen = frozenset[int] | None
"""The stores that somebody sees; None: all."""


@dataclass(frozen=True)
class Row:
    """Somebody in the list."""

    url: str
    name: str
    email: str
    role: str
    stores: str
    seen_at: datetime | None
    seen: str
    totp: bool
    state: str
    tone: str


@routes.get(PATH, allow=staff("account.manage"), name="admin_users")
async def listed(request: Request, session: AsyncSession) -> Response:
    """Everybody whom who asks may manage, and the form of an invitation."""
    return await _list(request, session, Form(_values(request, None, frozenset())))


@routes.post(PATH, allow=staff("account.manage"))
async def invite(request: Request, session: AsyncSession) -> Response:
    """Invite somebody: the link comes by mail and lasts seven days. The same form sent twice is one invitation."""
    if elsewhere := fresh.second_factor_first(request, views.address(request, "admin_users")):
        return elsewhere
    form, now = await typed_form(request), request.state.now
    key = form["key"] if codes.is_token(form["key"]) else codes.new_token()
    try:
        said = _read(request, form)
        body = {name: value for name, value in form.values.items() if name != "key"}
        if await submissions.begin(session, scope=SCOPE, key=key, body=body, now=now):
            return pages.to(request, "admin_users", notice="saved")
        async with session.begin_nested():
            account, token = await people.invite(session, form.line("email", 254), now=now, **said)
    except (Invalid, KeyReused) as refused:
        form.take(refused if isinstance(refused, Invalid) else Invalid(refused.code, refused.msgid), "email")
        return await _list(request, session, form, status=422)
    await _mail(request, session, account, token)
    await submissions.answer(session, scope=SCOPE, key=key, answer={"id": account.id})
    after = _rights_words(request, said["role"], frozenset(said["store_ids"]))
    await _journal(request, session, account, "invited", after=after)
    return pages.to(request, "admin_users", notice="saved")


@routes.get(ONE, allow=staff("account.manage"), name="admin_user")
async def show(request: Request, session: AsyncSession) -> Response:
    account, assigned = await _found(request, session)
    values = _values(request, account, assigned)
    return await _page(request, session, account, Form(values), marks=changed.marks_of(values))


@routes.post(ONE, allow=staff("account.manage"))
async def save(request: Request, session: AsyncSession) -> Response:
    """Another role, other stores: from the next request on."""
    account, assigned = await _found(request, session)
    if elsewhere := _code_first(request, account):
        return elsewhere
    form = await typed_form(request)
    theirs = _values(request, account, assigned)
    marks = changed.marks_of(theirs)
    if found := changed.since(form["marks"] or marks, theirs, form):
        return await _page(request, session, account, form, marks=marks, found=found, status=409)
    try:
        said = _read(request, form)
        # the stores that who asks does not see stay as they are
        kept = frozenset(assigned) - {store.id for store in frame.own_stores(request)}
        store_ids = frozenset(said["store_ids"]) | kept
        async with session.begin_nested():
            before = await people.change_rights(
                session, account, role=said["role"], store_ids=store_ids, by_account_id=actor_of(request).account_id
            )
    except Refused as refused:
        form.take(refused if isinstance(refused, Invalid) else Invalid(refused.code, refused.msgid), "role")
        return await _page(request, session, account, form, marks=form["marks"], status=refused.status)
    await _journal(
        request,
        session,
        account,
        "rights",
        before=_rights_words(request, before.role, before.store_ids),
        after=_rights_words(request, said["role"], store_ids),
    )
    return _back(request, account)


@routes.post(ONE + "/disable", allow=staff("account.manage"), name="admin_user_disable")
async def disable(request: Request, session: AsyncSession) -> Response:
    """She no longer works here: out at the next request."""
    account, _ = await _found(request, session)
    if elsewhere := _code_first(request, account):
        return elsewhere
    now = request.state.now
    try:
        async with session.begin_nested():
            await people.disable(session, account, by_account_id=actor_of(request).account_id, now=now)
    except Refused as refused:
        return await _refused(request, session, account, refused)
    await _journal(request, session, account, "disabled")
    return _back(request, account)


@routes.post(ONE + "/enable", allow=staff("account.manage"), name="admin_user_enable")
async def enable(request: Request, session: AsyncSession) -> Response:
    account, _ = await _found(request, session)
    if elsewhere := _code_first(request, account):
        return elsewhere
    await people.enable(session, account)
    await _journal(request, session, account, "enabled")
    return _back(request, account)


@routes.post(ONE + "/sessions", allow=staff("account.manage"), name="admin_user_sessions")
async def end_sessions(request: Request, session: AsyncSession) -> Response:
    """Sign her out everywhere, for instance where a telephone was lost."""
    account, _ = await _found(request, session)
    if elsewhere := _code_first(request, account):
        return elsewhere
    if account.id == actor_of(request).account_id:
        return pages.to(request, "staff_account")
    await people.end_all_sessions(session, account.id)
    await _journal(request, session, account, "sessions_ended")
    return _back(request, account)


@routes.post(ONE + "/second-factor", allow=staff("account.manage"), name="admin_user_second_factor")
async def forget_second_factor(request: Request, session: AsyncSession) -> Response:
    """Her authenticator is lost: she sets up another at her next sign-in."""
    account, _ = await _found(request, session)
    if elsewhere := _code_first(request, account):
        return elsewhere
    if account.id == actor_of(request).account_id:
        return pages.to(request, "staff_account")
    await people.forget_totp(session, account)
    await _journal(request, session, account, "totp_forgotten")
    return _back(request, account)


@routes.post(ONE + "/invitation", allow=staff("account.manage"), name="admin_user_invitation")
async def invite_again(request: Request, session: AsyncSession) -> Response:
    """Another link, because the first has run out or was lost."""
    account, _ = await _found(request, session)
    if elsewhere := _code_first(request, account):
        return elsewhere
    try:
        token = await people.invite_again(session, account, now=request.state.now)
    except Refused as refused:
        return await _refused(request, session, account, refused)
    await _mail(request, session, account, token)
    await _journal(request, session, account, "invited_again")
    return _back(request, account)


def _back(request: Request, account: Account) -> Response:
    return pages.go(request, views.address(request, "admin_user", {"notice": "saved"}, id=account.id))


def _code_first(request: Request, account: Account) -> Response | None:
    return fresh.second_factor_first(request, views.address(request, "admin_user", id=account.id))


async def _refused(request: Request, session: AsyncSession, account: Account, refused: Refused) -> Response:
    """What cannot be done, on the page where it was asked for."""
    _, assigned = await _found(request, session)
    values = _values(request, account, assigned)
    form = Form(values)
    form.take(Invalid(refused.code, refused.msgid), "role")
    return await _page(request, session, account, form, marks=changed.marks_of(values), status=refused.status)


async def _found(request: Request, session: AsyncSession) -> tuple[Account, frozenset[int]]:
    """The account of the address and the stores in its list. Raises `NotFound`, also for people of other stores."""
    number = row_id(request.path_params["id"])
    if number is None:
        raise NotFound()
    account = await people.find_account(session, number)
    assigned = await people.assigned_stores(session, account.id)
    if not _manages(request, stores_seen(account.role, assigned)):
        raise NotFound()
    return account, assigned


def _manages(request: Request, seen: Seen) -> bool:
    own = actor_of(request).store_ids
    return own is None or (seen is not None and bool(seen) and seen <= own)


async def _mail(request: Request, session: AsyncSession, account: Account, token: str) -> None:
    path = str(request.app.url_path_for("staff_reset", language=account.language, token=token))
    await messages.queue(
        session,
        "account_invited",
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


async def _journal(
    request: Request, session: AsyncSession, account: Account, event: str, *, before: str = "", after: str = ""
) -> None:
    by, now = actor_of(request).by, request.state.now
    await journal.record(session, "account", account.id, event, by=by, now=now, before=before, after=after)


def _rights_words(request: Request, role: str, store_ids: frozenset[int]) -> str:
    """`manager: rivoli, kleber`, as the journal keeps it."""
    slugs = sorted(store.slug for store in request.app.state.house.stores.values() if store.id in store_ids)
    return f"{role}: {', '.join(slugs)}" if slugs else str(role)


# The form


def _values(request: Request, account: Account | None, assigned: frozenset[int]) -> dict[str, str]:
    values = {"role": account.role if account else Role.ADVISOR.value}
    if account is None:
        values |= {"email": "", "first_name": "", "last_name": "", "language": languages.language()}
    return {**values, **{f"at-{store.id}": tick(store.id in assigned) for store in frame.own_stores(request)}}


def _read(request: Request, form: Form) -> dict[str, Any]:
    """What the form says. Raises `Invalid`, with what is wrong beside each field."""
    own = frame.own_stores(request)
    role = form.choice("role", gettext("Role"), [role.value for role in ROLES])
    store_ids = frozenset(store.id for store in own if form.ticked(f"at-{store.id}"))
    sees_all = actor_of(request).store_ids is None
    if not store_ids and not (role in HEAD_OFFICE and sees_all):
        words = gettext("Stores: choose at least one.")
        if role in HEAD_OFFICE:
            words = gettext("Stores: choose at least one. Only who sees all stores can give all of them.")
        form.wrong("stores", words)
    said: dict[str, Any] = {"role": Role(role) if role in tuple(Role) else Role.ADVISOR, "store_ids": store_ids}
    if "email" in form.values:
        said["first_name"], said["last_name"] = form.line("first_name", 60), form.line("last_name", 60)
        if not said["first_name"]:
            form.wrong("first_name", gettext("First name: write what colleagues call this person."))
        said["language"] = form.choice("language", gettext("Language"), languages.LANGUAGES)
    form.check()
    return said


# The pages


async def _list(request: Request, session: AsyncSession, form: Form, *, status: int = 200) -> Response:
    everyone = [one for one in await people.everyone(session) if _manages(request, one[1])]
    context = {
        "tab": "admin_users",
        "rows": [_row(request, account, seen) for account, seen in everyone],
        "form": form,
        "key": form["key"] or codes.new_token(),
        **_choices(request),
        "code_url": _code_url(request, views.address(request, "admin_users")),
    }
    title = gettext("Accounts")
    return frame.render(request, "admin/users.html", context, title=title, current="admin_stores", status=status)


def _row(request: Request, account: Account, seen: Seen) -> Row:
    now = request.state.now
    state, tone = _state(account, now)
    return Row(
        url=views.address(request, "admin_user", id=account.id),
        name=account.name or account.email,
        email=account.email,
        role=languages.upper_first(role_words(account.role)),
        stores=_stores_words(request, seen),
        seen_at=account.last_seen_at,
        seen=languages.ago_words(account.last_seen_at, now) if account.last_seen_at else pgettext("seen", "never"),
        totp=account.has_totp,
        state=state,
        tone=tone,
    )


def _state(account: Account, now: datetime) -> tuple[str, str]:
    if account.disabled_at is not None:
        return pgettext("account", "disabled"), ""
    if account.is_invited:
        return pgettext("account", "invited"), "info"
    if account.is_locked(now):
        return pgettext("account", "locked"), "err"
    return pgettext("account", "works here"), "ok"


def _stores_words(request: Request, seen: Seen) -> str:
    if seen is None:
        return gettext("all stores")
    names = [store.name for store in request.app.state.house.stores.values() if store.id in seen]
    if len(names) > 3:
        more = len(names) - 2
        rest = languages.ngettext("%(num)d other", "%(num)d others", more, num=more)
        return languages.list_words([*names[:2], rest])
    return languages.list_words(names)


def _choices(request: Request) -> dict[str, Any]:
    return {
        "roles": [(role.value, languages.upper_first(role_words(role))) for role in ROLES],
        "spoken": [(code, language_words(code)) for code in languages.LANGUAGES],
        "stores": frame.own_stores(request),
        "sees_all": actor_of(request).store_ids is None,
    }


def _code_url(request: Request, back: str) -> str:
    return fresh.code_url(request, back) if fresh.is_stale(request) else ""


async def _page(
    request: Request,
    session: AsyncSession,
    account: Account,
    form: Form,
    *,
    marks: str,
    found: Sequence[changed.Change] = (),
    status: int = 200,
) -> Response:
    now = request.state.now
    state, tone = _state(account, now)
    names = {f"at-{store.id}": store.name for store in request.app.state.house.stores.values()}

    def shown(name: str, value: str) -> str:
        if name == "role":
            return role_words(value)
        return gettext("yes") if value else gettext("no")

    context = {
        "tab": "admin_users",
        "account": account,
        "state": state,
        "tone": tone,
        "seen": languages.ago_words(account.last_seen_at, now) if account.last_seen_at else pgettext("seen", "never"),
        "open_in": len(await people.sessions_of(session, account.id, now=now)),
        "reads": language_words(account.language),
        "form": form,
        "marks": marks,
        "changes": [
            (
                names.get(one.name, gettext("Role")),
                shown(one.name, one.theirs),
                None if one.mine is None else shown(one.name, one.mine),
            )
            for one in found
        ],
        "oneself": account.id == actor_of(request).account_id,
        **_choices(request),
        "code_url": _code_url(request, views.address(request, "admin_user", id=account.id)),
    }
    title = account.name or account.email
    return frame.render(request, "admin/user.html", context, title=title, current="admin_stores", status=status)
