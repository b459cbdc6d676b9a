"""The second factor: a code of six digits from an authenticator (RFC 6238), or one of ten recovery codes.

A wrong try must be counted, and a refusal raised would roll its count back with the rest. So these functions raise
nothing for a wrong code: they answer with an `Outcome`, the caller lets the transaction commit and then refuses.
"""

import hmac
import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from pyotp import TOTP, random_base32
from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from kit.codes import new_code, read_code, show_code, token_hash
from kit.errors import Forbidden, Invalid
from kit.languages import lazy
from stores.staff.rights import FRESH
from stores.staff.sessions import end_all_sessions
from stores.staff.tables import Account, RecoveryCode, StaffSession

TRIES = 10
LOCK = timedelta(minutes=15)
LONGEST_LOCK = timedelta(days=1)
"""Ten wrong codes lock for 15 minutes, the next ten for twice as long, up to a day: patience does not pay either."""
RECOVERY_CODES = 10


class Outcome(StrEnum):
    PASSED = "passed"
    WRONG = "wrong"
    LOCKED = "locked"  # all sessions are ended; a new password login is needed once the lock is over


class NewTotp(NamedTuple):
    """What an authenticator is told: the secret to type, and the same as an address to scan."""

    secret: str
    uri: str


class SecondFactorNeeded(Forbidden):
    """The password alone, or a code given too long ago, does not allow this."""

    code = "second_factor_needed"
    msgid = lazy("Enter a code from your authenticator to continue.")


async def begin_totp(
    session: AsyncSession, account: Account, *, current: StaffSession, issuer: str, now: datetime
) -> NewTotp:
    """A secret for a new authenticator; the one in use, if any, works until the new one has shown a code.

    Raises `SecondFactorNeeded` unless an account that has one gave it within the last ten minutes: a stolen password
    must not be enough to bring an authenticator of one's own.
    """
    _needs_fresh(account, current, now)
    secret = random_base32()
    await _change(session, account.id, totp_pending=secret)
    return NewTotp(secret, TOTP(secret).provisioning_uri(name=account.email, issuer_name=issuer))


async def confirm_totp(
    session: AsyncSession, account: Account, code: str, *, current: StaffSession, now: datetime
) -> list[str]:
    """The new authenticator shows its first code: returns ten recovery codes, to be shown once.

    The caller then rotates the session with `second_factor=True`. Raises `Invalid` for a wrong code.
    """
    _needs_fresh(account, current, now)
    pending = await session.scalar(select(Account.totp_pending).where(Account.id == account.id).with_for_update())
    step = _step_of(pending or "", code, now)
    if step is None:
        raise Invalid("wrong_code", lazy("This code is not right. Check the time on your phone."), field="code")
    await _change(
        session,
        account.id,
        totp_secret=pending,
        totp_pending="",
        totp_confirmed_at=now,
        totp_last_step=step,
        totp_failures=0,
        locked_until=None,
    )
    return await new_recovery_codes(session, account.id)


async def check_totp(session: AsyncSession, account: Account, code: str, *, now: datetime) -> Outcome:
    """A code of this half minute or of its neighbours, once: of two requests with the same code one passes."""
    secret = await session.scalar(select(Account.totp_secret).where(Account.id == account.id))
    step = _step_of(secret or "", code, now)
    if step is not None:
        unused = or_(Account.totp_last_step.is_(None), Account.totp_last_step < step)
        # takes the row's lock and decides; whoever sends the same code waits for it, and finds the step used
        passed = await session.scalar(
            update(Account)
            .where(Account.id == account.id, _unlocked(now), unused)
            .values(totp_last_step=step, totp_failures=0, locked_until=None)
            .returning(Account)
            .execution_options(synchronize_session=False, populate_existing=True)
        )
        if passed is not None:
            return Outcome.PASSED
    return await _failed(session, account.id, now=now)


async def use_recovery_code(session: AsyncSession, account: Account, typed: str, *, now: datetime) -> Outcome:
    """One of the ten codes instead, each once; wrong ones count with the authenticator's."""
    code = _read_recovery_code(typed)
    open_account = select(Account.id).where(Account.id == account.id, _unlocked(now)).with_for_update()
    if code is not None and await session.scalar(open_account) is not None:
        used = await session.scalar(
            update(RecoveryCode)
            .where(RecoveryCode.account_id == account.id, RecoveryCode.code_hash == token_hash(code))
            .where(RecoveryCode.used_at.is_(None))
            .values(used_at=now)
            .returning(RecoveryCode.code_hash)
            .execution_options(synchronize_session=False)
        )
        if used is not None:
            await _change(session, account.id, totp_failures=0, locked_until=None)
            return Outcome.PASSED
    return await _failed(session, account.id, now=now)


async def new_recovery_codes(session: AsyncSession, account_id: int) -> list[str]:
    """Ten codes of 80 bits, `XXXX-XXXX-XXXX-XXXX`, to be shown once; those given out before are worthless."""
    await session.execute(
        delete(RecoveryCode).where(RecoveryCode.account_id == account_id).execution_options(synchronize_session=False)
    )
    halves = [(new_code(), new_code()) for _ in range(RECOVERY_CODES)]
    await session.execute(
        insert(RecoveryCode),
        [{"account_id": account_id, "code_hash": token_hash(first + second)} for first, second in halves],
    )
    return [f"{show_code(first)}-{show_code(second)}" for first, second in halves]


async def recovery_codes_left(session: AsyncSession, account_id: int) -> int:
    return (
        await session.scalar(
            select(func.count()).where(RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None))
        )
        or 0
    )


async def forget_totp(session: AsyncSession, account: Account) -> None:
    """An admin, face to face with the person, takes a lost authenticator away: signed out, a new one to be set up."""
    await _change(
        session,
        account.id,
        totp_secret="",
        totp_pending="",
        totp_confirmed_at=None,
        totp_last_step=None,
        totp_failures=0,
        locked_until=None,
    )
    await session.execute(
        delete(RecoveryCode).where(RecoveryCode.account_id == account.id).execution_options(synchronize_session=False)
    )
    await end_all_sessions(session, account.id)


def _needs_fresh(account: Account, current: StaffSession, now: datetime) -> None:
    given = current.second_factor_at
    if account.has_totp and (given is None or now - given > FRESH):
        raise SecondFactorNeeded()


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """The half minute, this one or a neighbour, whose code this is."""
    digits = re.sub(r"\s", "", code)
    if not secret or not re.fullmatch(r"[0-9]{6}", digits):
        return None
    totp = TOTP(secret)
    this = totp.timecode(now)
    return next(
        (step for step in (this, this - 1, this + 1) if hmac.compare_digest(totp.generate_otp(step), digits)), None
    )


def _read_recovery_code(typed: str) -> str | None:
    """Typed in any case, with or without dashes; None for what cannot be one."""
    signs = "".join(sign for sign in typed[:60] if sign.isalnum())
    first, second = read_code(signs[:8]), read_code(signs[8:])
    return first + second if first and second else None


def _unlocked(now: datetime) -> Any:
    return or_(Account.locked_until.is_(None), Account.locked_until <= now)


async def _failed(session: AsyncSession, account_id: int, *, now: datetime) -> Outcome:
    """Count it; each tenth in a row locks the account and ends its sessions. What is locked is not counted."""
    account = await session.scalar(
        update(Account)
        .where(Account.id == account_id, _unlocked(now))
        .values(totp_failures=Account.totp_failures + 1)
        .returning(Account)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    if account is None:
        return Outcome.LOCKED
    if account.totp_failures % TRIES:
        return Outcome.WRONG
    times = account.totp_failures // TRIES
    await _change(session, account_id, locked_until=now + min(LOCK * 2 ** min(times - 1, 10), LONGEST_LOCK))
    await end_all_sessions(session, account_id)
    return Outcome.LOCKED


async def _change(session: AsyncSession, account_id: int, **values: Any) -> None:
    await session.execute(
        update(Account)
        .where(Account.id == account_id)
        .values(**values)
        .returning(Account)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
