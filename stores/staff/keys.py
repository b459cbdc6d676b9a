"""API keys: given to a program for some scopes and stores, for a year at most, and taken back."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import set_committed_value

from kit.codes import key_prefix, new_api_key, token_hash
from kit.errors import Invalid, NotFound
from kit.languages import lazy
from stores.staff.rights import Scope
from stores.staff.tables import ApiKey

LIFETIME = timedelta(days=365)


async def add_key(
    session: AsyncSession,
    name: str,
    scopes: Collection[str],
    store_ids: Collection[int] | None,
    *,
    lasts: timedelta = LIFETIME,
    now: datetime,
) -> str:
    """A new key, to be shown once; `store_ids` None is every store. Raises `Invalid` for no scope or an unknown one.

    To replace a key, make the next one, put it in place, and only then revoke the last.
    """
    if not scopes or not set(scopes) <= set(Scope):
        raise Invalid("scopes", lazy("Choose what this key is for."), field="scopes")
    key = new_api_key()
    await session.execute(
        insert(ApiKey).values(
            name=name,
            prefix=key.prefix,
            key_hash=key.hash,
            scopes=sorted(str(scope) for scope in set(scopes)),
            store_ids=None if store_ids is None else sorted(set(store_ids)),
            created_at=now,
            expires_at=now + min(lasts, LIFETIME),
        )
    )
    return key.shown


async def find_key(session: AsyncSession, shown: str, *, now: datetime) -> ApiKey | None:
    """The live key behind what was shown; None for any other. Found by its hash: no secret is compared sign by sign."""
    if key_prefix(shown) is None:
        return None
    key = await session.scalar(select(ApiKey).where(ApiKey.key_hash == token_hash(shown)))
    return key if key is not None and key.is_live(now) else None


async def touch_key(session: AsyncSession, key: ApiKey, *, now: datetime) -> None:
    """It was used; written once a minute at most, and only from a transaction that may write. Who finds that another
    call is writing it does not wait for that call's end."""
    if key.is_unseen(now):
        free = select(ApiKey.id).where(ApiKey.id == key.id).with_for_update(skip_locked=True)
        used = update(ApiKey).where(ApiKey.id.in_(free.scalar_subquery())).values(last_used_at=now)
        await session.execute(used.execution_options(synchronize_session=False))
        set_committed_value(key, "last_used_at", now)


async def revoke_key(session: AsyncSession, key_id: int, *, now: datetime) -> ApiKey:
    """It opens nothing from now on; a second time changes nothing. Raises `NotFound`."""
    key = await get_key(session, key_id)
    await session.execute(update(ApiKey).where(ApiKey.id == key_id, ApiKey.revoked_at.is_(None)).values(revoked_at=now))
    return key


async def get_key(session: AsyncSession, key_id: int) -> ApiKey:
    """Raises `NotFound`."""
    key = await session.get(ApiKey, key_id)
    if key is None:
        raise NotFound()
    return key


async def every_key(session: AsyncSession) -> Sequence[ApiKey]:
    """All keys, the newest first; revoked and expired ones too."""
    return (await session.scalars(select(ApiKey).order_by(ApiKey.id.desc()))).all()
