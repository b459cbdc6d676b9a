"""Accounts of staff: invited, signed in by password, forgotten passwords, rights changed, disabled.

Nothing here writes the journal, which belongs to booking: `web/` does, with what these functions return.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, exists, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or_skip
from sqlalchemy.ext.asyncio import AsyncSession

from kit.codes import new_token, token_hash
from kit.errors import Gone, Invalid, NotFound, Refused
from kit.languages import DEFAULT, lazy
from stores.staff import passwords
from stores.staff.rights import Role, stores_seen
from stores.staff.sessions import end_all_sessions
from stores.staff.tables import Account, AccountStore, PasswordReset

RESET_WITHIN = timedelta(hours=1)
INVITED_FOR = timedelta(days=7)


class WrongCredentials(Refused):
    """Unknown, wrong, disabled or locked: the answer is the same for all four."""

    status = 401
    code = "wrong_credentials"
    msgid = lazy("These details do not open an account. Check them, or try again in a few minutes.")


class Rights(NamedTuple):
    """What someone was allowed before a change, for the journal."""

    role: str
    store_ids: frozenset[int]


async def add_account(
    session: AsyncSession,
    email: str,
    role: Role,
    *,
    first_name: str = "",
    last_name: str = "",
    store_ids: Collection[int] = (),
    language: str = DEFAULT,
    password: str | None = None,
    now: datetime,
) -> tuple[Account, str]:
    """A new account and its password, to be shown once. Raises `Invalid` for an address that is none, or is taken.

    A `password` given is the demo's own and is not checked; otherwise one of 128 bits is drawn.
    """
    shown = password or new_token()
    account = await _insert(
        session,
        email,
        role,
        first_name=first_name,
        last_name=last_name,
        store_ids=store_ids,
        language=language,
        password_hash=await passwords.hashed(shown),
        now=now,
    )
    return account, shown


async def invite(
    session: AsyncSession,
    email: str,
    role: Role,
    *,
    first_name: str,
    last_name: str,
    store_ids: Collection[int],
    language: str,
    now: datetime,
) -> tuple[Account, str]:
    """A new account that nobody can sign in to yet, and the token of a link, good for seven days, behind which its
    owner chooses a password. Raises `Invalid` for an address that is none, or is taken."""
    account = await _insert(
        session,
        email,
        role,
        first_name=first_name,
        last_name=last_name,
        store_ids=store_ids,
        language=language,
        password_hash="",
        now=now,
    )
    return account, await _new_link(session, account.id, now + INVITED_FOR)


async def invite_again(session: AsyncSession, account: Account, *, now: datetime) -> str:
    """Another link for who has not chosen a password yet; the one before is worthless. Raises `Refused`."""
    if not account.is_invited or account.disabled_at is not None:
        raise Refused("not_invited", lazy("This person has chosen a password already."))
    return await _new_link(session, account.id, now + INVITED_FOR)


async def _insert(
    session: AsyncSession,
    email: str,
    role: Role,
    *,
    first_name: str,
    last_name: str,
    store_ids: Collection[int],
    language: str,
    password_hash: str,
    now: datetime,
) -> Account:
    address = normal_email(email)
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", address):
        raise Invalid("email", lazy("Enter an e-mail address, such as name@example.com."), field="email")
    account: Account | None = await session.scalar(
        insert_or_skip(Account)
        .values(
            email=address,
            first_name=first_name,
            last_name=last_name,
            role=Role(role),
            language=language,
            password_hash=password_hash,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=[Account.email])
        .returning(Account)
    )
    if account is None:
        raise Invalid("email_taken", lazy("Someone already has an account with this address."), field="email")
    await _assign(session, account.id, store_ids)
    return account


async def check_password(session: AsyncSession, email: str, password: str, *, now: datetime) -> Account:
    """The account that this opens, or `WrongCredentials` after the same work for everybody.

    How often it may be tried is the caller's business: per account and per address, in two separate counts.
    """
    account = await session.scalar(select(Account).where(Account.email == normal_email(email)))
    right = await passwords.matches(password, account.password_hash if account else "")
    if account is None or not right or account.disabled_at is not None or account.is_locked(now):
        raise WrongCredentials()
    if passwords.is_outdated(account.password_hash):
        await _set_password(session, account.id, password)
    return account


async def change_password(
    session: AsyncSession,
    account: Account,
    *,
    old: str,
    new: str,
    keep: bytes | None = None,
    house: Iterable[str] = (),
    minimum: int = passwords.MINIMUM,
) -> None:
    """Choose another password; every session ends but the one whose hash is `keep`, links to a reset too.

    Raises `Invalid` for a wrong old password (the caller counts the tries, as for signing in) or a poor new one.
    """
    if not await passwords.matches(old, account.password_hash):
        raise Invalid("wrong_password", lazy("This is not your current password."), field="old_password")
    passwords.check(new, words=_words_of(account, house), minimum=minimum)
    await _set_password(session, account.id, new)
    await _forget_resets(session, account.id)
    await end_all_sessions(session, account.id, keep=keep)


async def ask_reset(session: AsyncSession, email: str, *, now: datetime) -> str | None:
    """A token for a mailed link, good for an hour; None for an address without a live account.

    The caller answers the same either way. A link sent before is worthless from now on.
    """
    account_id = await session.scalar(
        select(Account.id).where(Account.email == normal_email(email), Account.disabled_at.is_(None))
    )
    if account_id is None:
        return None
    return await _new_link(session, account_id, now + RESET_WITHIN)


async def _new_link(session: AsyncSession, account_id: int, until: datetime) -> str:
    await _forget_resets(session, account_id)
    token = new_token()
    await session.execute(
        insert(PasswordReset).values(token_hash=token_hash(token), account_id=account_id, expires_at=until)
    )
    return token


async def reset_password(
    session: AsyncSession,
    token: str,
    new: str,
    *,
    house: Iterable[str] = (),
    minimum: int = passwords.MINIMUM,
    now: datetime,
) -> Account:
    """Choose a password by a mailed link, which works once; raises `Gone` for any other, `Invalid` for a poor one.

    Ends all sessions and signs nobody in. The second factor, its failures and its lock stay as they are.
    """
    account_id = await session.scalar(
        update(PasswordReset)
        .where(PasswordReset.token_hash == token_hash(token))
        .where(PasswordReset.used_at.is_(None), PasswordReset.expires_at > now)
        .values(used_at=now)
        .returning(PasswordReset.account_id)
        .execution_options(synchronize_session=False)
    )
    account = await session.get(Account, account_id) if account_id else None
    if account is None or account.disabled_at is not None:
        raise Gone("reset_gone", lazy("This link has expired or was already used. Ask for another one."))
    passwords.check(new, words=_words_of(account, house), minimum=minimum)
    await _set_password(session, account.id, new)
    await end_all_sessions(session, account.id)
    return account


async def change_rights(
    session: AsyncSession, account: Account, *, role: Role, store_ids: Collection[int], by_account_id: int | None
) -> Rights:
    """Another role or other stores, from the next request on; returns what was before.

    A change of role ends the sessions. Nobody changes their own rights, and one admin always remains: the admins'
    rows are locked, so that the last two cannot demote each other at once; one who was only invited does not count.
    `by_account_id` is None on the command line.
    """
    _refuse_oneself(account, by_account_id)
    if role != Role.ADMIN:
        await _refuse_last_admin(session, account)
    before = Rights(account.role, await assigned_stores(session, account.id))
    await session.execute(update(Account).where(Account.id == account.id).values(role=str(Role(role))))
    await session.execute(delete(AccountStore).where(AccountStore.account_id == account.id))
    await _assign(session, account.id, store_ids)
    if role != before.role:
        await end_all_sessions(session, account.id)
    return before


async def disable(session: AsyncSession, account: Account, *, by_account_id: int | None, now: datetime) -> None:
    """They no longer work here: signed out everywhere, and no way back in. Not oneself, nor the last admin."""
    _refuse_oneself(account, by_account_id)
    await _refuse_last_admin(session, account)
    await session.execute(update(Account).where(Account.id == account.id).values(disabled_at=now))
    await _forget_resets(session, account.id)
    await end_all_sessions(session, account.id)


async def enable(session: AsyncSession, account: Account) -> None:
    """They work here again, with the password and the authenticator they had."""
    await session.execute(update(Account).where(Account.id == account.id).values(disabled_at=None))


async def find_account(session: AsyncSession, account_id: int) -> Account:
    """Raises `NotFound`."""
    account = await session.get(Account, account_id)
    if account is None:
        raise NotFound()
    return account


async def everyone(session: AsyncSession) -> Sequence[tuple[Account, frozenset[int] | None]]:
    """All accounts by name, disabled ones last, each with the stores it sees (None: all)."""
    accounts = await session.scalars(
        select(Account).order_by(Account.disabled_at.is_not(None), Account.last_name, Account.first_name, Account.id)
    )
    assigned: dict[int, set[int]] = {}
    for account_id, store_id in await session.execute(select(AccountStore.account_id, AccountStore.store_id)):
        assigned.setdefault(account_id, set()).add(store_id)
    return [(account, stores_seen(account.role, frozenset(assigned.get(account.id, ())))) for account in accounts]


async def working_at(session: AsyncSession, store_ids: Collection[int], *, role: Role) -> Sequence[Account]:
    """Who has this role in one of these stores, to be told something; each once."""
    here = exists().where(AccountStore.account_id == Account.id, AccountStore.store_id.in_(list(store_ids)))
    query = select(Account).where(Account.role == role, Account.disabled_at.is_(None), here).order_by(Account.id)
    return (await session.scalars(query)).all()


async def assigned_stores(session: AsyncSession, account_id: int) -> frozenset[int]:
    """The stores in someone's list, which for head office may be empty and then means all."""
    query = select(AccountStore.store_id).where(AccountStore.account_id == account_id)
    return frozenset(await session.scalars(query))


def normal_email(email: str) -> str:
    """As it is stored: lower case, without what PostgreSQL cannot keep."""
    return email.strip().lower().replace("\0", "").encode(errors="ignore").decode()


def _words_of(account: Account, house: Iterable[str]) -> list[str]:
    return [*house, account.first_name, account.last_name, *re.split(r"[@.+_-]", account.email)]


def _refuse_oneself(account: Account, by_account_id: int | None) -> None:
    if account.id == by_account_id:
        raise Refused("own_rights", lazy("You cannot change your own access. Ask another administrator."))


async def _refuse_last_admin(session: AsyncSession, account: Account) -> None:
    admins = await session.scalars(
        select(Account.id)
        .where(Account.role == Role.ADMIN, Account.disabled_at.is_(None), Account.password_hash != "")
        .order_by(Account.id)
        .with_for_update()
    )
    if admins.all() == [account.id]:
        raise Refused("last_admin", lazy("This is the last administrator. Name another one first."))


async def _assign(session: AsyncSession, account_id: int, store_ids: Collection[int]) -> None:
    rows = [{"account_id": account_id, "store_id": store_id} for store_id in sorted(set(store_ids))]
    if rows:
        await session.execute(insert(AccountStore), rows)


async def _set_password(session: AsyncSession, account_id: int, password: str) -> None:
    password_hash = await passwords.hashed(password)
    await session.execute(update(Account).where(Account.id == account_id).values(password_hash=password_hash))


async def _forget_resets(session: AsyncSession, account_id: int) -> None:
    await session.execute(
        delete(PasswordReset).where(PasswordReset.account_id == account_id).execution_options(synchronize_session=False)
    )
