"""D5, keys of programs: given for some scopes and stores, shown once, followed by another before they are taken back.

A change asks for a second factor of the last ten minutes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking import journal, submissions
from booking.submissions import KeyReused
from kit import codes, languages
from kit.errors import Invalid, NotFound, Refused
from kit.languages import gettext, lazy, pgettext
from stores import staff as people
from stores.staff import ApiKey, Scope
from web import pages, views
from web.admin import fresh
from web.admin.typed import Form, typed_form
from web.routing import Routes, staff
from web.staff import frame
from web.staff.frame import actor_of
from web.staff.typed import row_id

routes = Routes(refuse=frame.refuse)

PATH = "/{language:language}/admin/keys"
SUBMITTED = "new-key"
LASTS = (30, 90, 180, 365)
"""Days that a key may be given for."""
SOON = timedelta(days=30)
"""So long before its end a key is marked."""


@dataclass(frozen=True)
class Row:
    """A key in the list."""

    id: int
    name: str
    prefix: str
    scopes: str
    stores: str
    used_at: datetime | None
    used: str
    until: datetime
    expires: str
    state: str
    tone: str
    live: bool
    replaced: bool
    """A newer key of the same name is there: this one waits to be revoked."""


def scope_words(scope: str) -> str:
    """What a key lets a program do."""
    return {
        Scope.STOCK: gettext("send counts and movements of stock"),
        Scope.READ: gettext("read the stock"),
        Scope.RESERVE: gettext("ask for reservations"),
        Scope.STAFF: gettext("answer, prepare and hand over"),
    }[Scope(scope)]


@routes.get(PATH, allow=staff("key.manage"), name="admin_keys")
async def listed(request: Request, session: AsyncSession) -> Response:
    return await _page(request, session, Form({"lasts": "365"}))


@routes.post(PATH, allow=staff("key.manage"))
async def create(request: Request, session: AsyncSession) -> Response:
    """A new key. It stands on the page that answers and nowhere else: the same form sent again does not show it."""
    if elsewhere := fresh.second_factor_first(request, views.address(request, "admin_keys")):
        return elsewhere
    form, now = await typed_form(request), request.state.now
    once = form["key"] if codes.is_token(form["key"]) else codes.new_token()
    try:
        name, scopes, store_ids, lasts = _read(request, form)
        body = {field: value for field, value in form.values.items() if field != "key"}
        if await submissions.begin(session, scope=SUBMITTED, key=once, body=body, now=now):
            raise Invalid("made", lazy("This key was made already and was shown once. If it is lost, replace it."))
        shown = await people.add_key(session, name, scopes, store_ids, lasts=lasts, now=now)
    except (Invalid, KeyReused) as refused:
        form.take(refused if isinstance(refused, Invalid) else Invalid(refused.code, refused.msgid), "name")
        return await _page(request, session, form, status=422)
    key = await _made(session, shown, now)
    await submissions.answer(session, scope=SUBMITTED, key=once, answer={"id": key.id})
    await _journal(request, session, key, "added")
    return await _page(request, session, Form({"lasts": "365"}), shown=shown, made=key)


@routes.post(PATH + "/{id}/rotate", allow=staff("key.manage"), name="admin_key_rotate")
async def rotate(request: Request, session: AsyncSession) -> Response:
    """The next key of the same name, scopes and stores; the present one works on until it is revoked."""
    key = await _found(request, session)
    if elsewhere := fresh.second_factor_first(request, views.address(request, "admin_keys")):
        return elsewhere
    now = request.state.now
    if not key.is_live(now):
        raise Refused("key_ended", lazy("This key has ended. Make a new one."))
    lasts = key.expires_at - key.created_at
    shown = await people.add_key(session, key.name, key.scopes, key.store_ids, lasts=lasts, now=now)
    made = await _made(session, shown, now)
    await _journal(request, session, made, "rotated", before=key.prefix)
    return await _page(request, session, Form({"lasts": "365"}), shown=shown, made=made, follows=key)


@routes.post(PATH + "/{id}/revoke", allow=staff("key.manage"), name="admin_key_revoke")
async def revoke(request: Request, session: AsyncSession) -> Response:
    """It opens nothing from now on."""
    key = await _found(request, session)
    if elsewhere := fresh.second_factor_first(request, views.address(request, "admin_keys")):
        return elsewhere
    if key.revoked_at is None:
        await people.revoke_key(session, key.id, now=request.state.now)
        await _journal(request, session, key, "revoked")
    return pages.to(request, "admin_keys", notice="saved")


async def _made(session: AsyncSession, shown: str, now: datetime) -> ApiKey:
    key = await people.find_key(session, shown, now=now)
    assert key is not None
    return key


async def _found(request: Request, session: AsyncSession) -> ApiKey:
    """Raises `NotFound`, also for a key of stores that who asks does not see."""
    number = row_id(request.path_params["id"])
    if number is None:
        raise NotFound()
    key = await people.get_key(session, number)
    if not _manages(request, key):
        raise NotFound()
    return key


def _manages(request: Request, key: ApiKey) -> bool:
    own = actor_of(request).store_ids
    return own is None or (key.store_ids is not None and frozenset(key.store_ids) <= own)


async def _journal(request: Request, session: AsyncSession, key: ApiKey, event: str, *, before: str = "") -> None:
    """By the beginning that may be seen; the key itself is written down nowhere."""
    by, now = actor_of(request).by, request.state.now
    detail = {"name": key.name, "scopes": key.scopes, "stores": key.store_ids}
    await journal.record(session, "key", key.id, event, by=by, now=now, before=before, after=key.prefix, detail=detail)


def _read(request: Request, form: Form) -> tuple[str, list[str], frozenset[int] | None, timedelta]:
    """Name, scopes, stores (None: all) and how long. Raises `Invalid`, with what is wrong beside each field."""
    name = form.line("name", 60)
    if not name:
        form.wrong("name", gettext("Name: write which program will use it, such as “Tills of Lyon”."))
    scopes = [scope.value for scope in Scope if form.ticked(f"scope-{scope.value}")]
    if not scopes:
        form.wrong("scopes", gettext("Choose what this key is for."))
    store_ids = frozenset(store.id for store in frame.own_stores(request) if form.ticked(f"at-{store.id}"))
    if not store_ids and actor_of(request).store_ids is not None:
        form.wrong("stores", gettext("Stores: choose at least one."))
    lasts = form.choice("lasts", gettext("Good for"), [str(days) for days in LASTS])
    form.check()
    return name, scopes, store_ids or None, timedelta(days=int(lasts))


def _row(request: Request, key: ApiKey, newest: dict[str, int]) -> Row:
    now = request.state.now
    zone = request.app.state.house.zone
    live = key.is_live(now)
    replaced = live and newest.get(key.name, key.id) > key.id
    if key.revoked_at is not None:
        state, tone = pgettext("key", "revoked"), ""
    elif not live:
        state, tone = pgettext("key", "expired"), ""
    elif replaced:
        state, tone = gettext("replaced, to be revoked"), "warn"
    elif key.expires_at - now < SOON:
        state, tone = gettext("ends soon"), "warn"
    else:
        state, tone = pgettext("key", "works"), "ok"
    names = [store.name for store in frame.own_stores(request) if key.store_ids and store.id in key.store_ids]
    return Row(
        id=key.id,
        name=key.name,
        prefix=key.prefix,
        scopes=languages.list_words([scope_words(scope) for scope in key.scopes]),
        stores=gettext("all stores") if key.store_ids is None else languages.list_words(names),
        used_at=key.last_used_at,
        used=languages.ago_words(key.last_used_at, now) if key.last_used_at else pgettext("key", "never"),
        until=key.expires_at,
        expires=languages.day_words(key.expires_at.astimezone(zone).date(), now.astimezone(zone).date()),
        state=state,
        tone=tone,
        live=live,
        replaced=replaced,
    )


async def _page(
    request: Request,
    session: AsyncSession,
    form: Form,
    *,
    shown: str = "",
    made: ApiKey | None = None,
    follows: ApiKey | None = None,
    status: int = 200,
) -> Response:
    now = request.state.now
    keys: Sequence[ApiKey] = [key for key in await people.every_key(session) if _manages(request, key)]
    newest: dict[str, int] = {}
    for key in keys:
        if key.is_live(now):
            newest[key.name] = max(newest.get(key.name, 0), key.id)
    rows = [_row(request, key, newest) for key in keys]
    url = views.address(request, "admin_keys")
    context = {
        "tab": "admin_keys",
        "live": [row for row in rows if row.live],
        "ended": [row for row in rows if not row.live],
        "form": form,
        "key": codes.new_token(),
        "scopes": [(scope.value, languages.upper_first(scope_words(scope))) for scope in Scope],
        "lasts": [(str(days), languages.ngettext("%(num)d day", "%(num)d days", days, num=days)) for days in LASTS],
        "stores": frame.own_stores(request),
        "sees_all": actor_of(request).store_ids is None,
        "shown": shown,
        "made": made.name if made else "",
        "follows": follows.prefix if follows else "",
        "code_url": fresh.code_url(request, url) if fresh.is_stale(request) else "",
    }
    title = gettext("API keys")
    return frame.render(request, "admin/keys.html", context, title=title, current="admin_stores", status=status)
