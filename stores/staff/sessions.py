"""Sessions of staff: opened by a password, raised by a second factor, ended by hand, by time or by new rights."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import NamedTuple

from sqlalchemy import ARRAY, Integer, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from kit.codes import token_hash
from kit.errors import Refused
from kit.languages import lazy
from stores.staff.rights import stores_seen
from stores.staff.tables import Account, AccountStore, PasswordReset, StaffSession

LIFETIME = timedelta(hours=12)
"""From the password on, whatever happens in between: one shift."""
IDLE = timedelta(hours=12)
HALF_OPEN = timedelta(minutes=30)
"""A password alone, where a second factor is still to come."""
SEEN_EVERY = timedelta(minutes=1)


class SignedOut(Refused):
    """Nobody is signed in here any more."""

    status = 401
    code = "signed_out"
    msgid = lazy("Your session has ended. Sign in again.")


class SignedIn(NamedTuple):
    """A live session, whose it is, and the stores that person sees (None: all)."""

    current: StaffSession
    account: Account
    store_ids: frozenset[int] | None


async def start_session(
    session: AsyncSession, account: Account, *, address: str = "", agent: str = "", now: datetime
) -> str:
    """Sign in by password; returns the id for the cookie. Whatever id the browser had before is worth nothing."""
    raw_id = _new_id()
    if not account.has_totp:
        account.last_seen_at = now
    await session.execute(
        insert(StaffSession).values(
            id_hash=token_hash(raw_id),
            account_id=account.id,
            created_at=now,
            seen_at=now,
            expires_at=now + (HALF_OPEN if account.has_totp else LIFETIME),
            address=network_of(address),
            agent=agent.replace("\0", "")[:120],
        )
    )
    return raw_id


async def session_of(session: AsyncSession, raw_id: str, *, now: datetime) -> SignedIn | None:
    """Who holds this id, in one query that changes nothing; None once it has ended or the account is disabled."""
    assigned = (
        select(func.array_agg(AccountStore.store_id, type_=ARRAY(Integer)))
        .where(AccountStore.account_id == StaffSession.account_id)
        .scalar_subquery()
    )
    query = (
        select(StaffSession, Account, assigned)
        .join(Account, Account.id == StaffSession.account_id)
        .where(StaffSession.id_hash == token_hash(raw_id), Account.disabled_at.is_(None))
        .where(StaffSession.expires_at > now, StaffSession.seen_at > now - IDLE)
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        return None
    current, account, store_ids = row
    return SignedIn(current, account, stores_seen(account.role, frozenset(store_ids or ())))


async def touch(session: AsyncSession, current: StaffSession, *, now: datetime) -> None:
    """They are still here; written once a minute at most, and only from a transaction that may write."""
    if now - current.seen_at < SEEN_EVERY:
        return
    await session.execute(update(StaffSession).where(StaffSession.id_hash == current.id_hash).values(seen_at=now))
    await session.execute(update(Account).where(Account.id == current.account_id).values(last_seen_at=now))


async def rotate_session(session: AsyncSession, raw_id: str, *, second_factor: bool = False, now: datetime) -> str:
    """Another id for the same session; the old one is worthless at once. Raises `SignedOut` if it has ended.

    With `second_factor`, it was given just now: the session lasts until twelve hours after the password.
    """
    new_id = _new_id()
    raised = {"second_factor_at": now, "expires_at": StaffSession.created_at + LIFETIME} if second_factor else {}
    found = await session.scalar(
        update(StaffSession)
        .where(StaffSession.id_hash == token_hash(raw_id), StaffSession.expires_at > now)
        .values(id_hash=token_hash(new_id), seen_at=now, **raised)
        .returning(StaffSession.account_id)
        .execution_options(synchronize_session=False)
    )
    if found is None:
        raise SignedOut()
    return new_id


async def end_session(session: AsyncSession, raw_id: str) -> None:
    """Sign out of this browser."""
    await session.execute(
        delete(StaffSession)
        .where(StaffSession.id_hash == token_hash(raw_id))
        .execution_options(synchronize_session=False)
    )


async def end_one_session(session: AsyncSession, account_id: int, id_hash: bytes) -> None:
    """End one session of this account from the list of them; that of another account stays."""
    await session.execute(
        delete(StaffSession)
        .where(StaffSession.account_id == account_id, StaffSession.id_hash == id_hash)
        .execution_options(synchronize_session=False)
    )


async def end_all_sessions(session: AsyncSession, account_id: int, *, keep: bytes | None = None) -> None:
    """Sign out everywhere, but for the session whose hash is `keep`."""
    ended = delete(StaffSession).where(StaffSession.account_id == account_id)
    if keep is not None:
        ended = ended.where(StaffSession.id_hash != keep)
    await session.execute(ended.execution_options(synchronize_session=False))


async def sessions_of(session: AsyncSession, account_id: int, *, now: datetime) -> Sequence[StaffSession]:
    """Where someone is signed in, the last seen first."""
    query = (
        select(StaffSession)
        .where(StaffSession.account_id == account_id, StaffSession.expires_at > now, StaffSession.seen_at > now - IDLE)
        .order_by(StaffSession.seen_at.desc(), StaffSession.id_hash)
    )
    return (await session.scalars(query)).all()


async def forget(session: AsyncSession, *, now: datetime) -> None:
    """Delete sessions and links to a new password that time has ended."""
    for table in (StaffSession, PasswordReset):
        await session.execute(delete(table).where(table.expires_at <= now).execution_options(synchronize_session=False))


def network_of(address: str) -> str:
    """The network of an address: `203.0.113.0/24`, /48 for IPv6; empty for what is no address."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    return str(ip_network((ip, 24 if ip.version == 4 else 48), strict=False))


def _new_id() -> str:
    return secrets.token_urlsafe(32)
