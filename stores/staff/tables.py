"""Accounts of staff, their sessions and second factors, and the keys of programs. Secrets are kept as hashes.

The one exception is the shared secret of an authenticator, which must be known to check a code: it stands in its own
column as it is, is loaded only when asked for, and is never printed. Sealing it with a cipher of our own making
would look safer than it is; the disk and the backups are what has to be encrypted.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kit.db import Base

USED_EVERY = timedelta(minutes=1)


class Account(Base):
    """Someone who works here."""

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint("role in ('advisor', 'manager', 'merchandiser', 'admin')", name="role"),
        CheckConstraint("email = lower(email)", name="email"),
        CheckConstraint("totp_failures >= 0", name="totp_failures"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    """In lower case."""
    first_name: Mapped[str]
    last_name: Mapped[str]
    role: Mapped[str]
    language: Mapped[str] = mapped_column(default="fr")
    password_hash: Mapped[str] = mapped_column(default="")
    """Argon2id with its parameters; empty: nobody can sign in with a password."""

    totp_secret: Mapped[str] = mapped_column(default="", deferred=True, deferred_raiseload=True)
    """Base32. Loaded by `second_factor` alone."""
    totp_pending: Mapped[str] = mapped_column(default="", deferred=True, deferred_raiseload=True)
    """The secret of an authenticator that has not shown its first code yet; the old one works until then."""
    totp_confirmed_at: Mapped[datetime | None]
    totp_last_step: Mapped[int | None]
    """The last half minute (since 1970) whose code was used; no code counts twice."""
    totp_failures: Mapped[int] = mapped_column(default=0)
    """Wrong second factors since the last right one."""
    locked_until: Mapped[datetime | None]

    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime | None]

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def has_totp(self) -> bool:
        return self.totp_confirmed_at is not None

    @property
    def is_invited(self) -> bool:
        """No password was chosen yet, so nobody can sign in."""
        return self.password_hash == ""

    def is_locked(self, now: datetime) -> bool:
        return self.locked_until is not None and now < self.locked_until

    def __repr__(self) -> str:
        return f"<Account {self.id}>"


class AccountStore(Base):
    """A store where someone works. Merchandisers and admins without any work for all of them."""

    __tablename__ = "account_store"
    __table_args__ = (Index("ix_account_store_store", "store_id"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    store_id: Mapped[int] = mapped_column(ForeignKey("store.id", ondelete="CASCADE"), primary_key=True)


class StaffSession(Base):
    """One browser in which someone is signed in. The cookie holds 256 random bits, the row only their SHA-256."""

    __tablename__ = "staff_session"

    id_hash: Mapped[bytes] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    """To the minute."""
    expires_at: Mapped[datetime] = mapped_column(index=True)
    second_factor_at: Mapped[datetime | None]
    """When the second factor was last given; empty: the password alone."""
    address: Mapped[str] = mapped_column(default="")
    """The network it was opened from, never the whole address: /24, or /48 of IPv6."""
    agent: Mapped[str] = mapped_column(default="")


class RecoveryCode(Base):
    """One of the ten codes that stand in for a lost authenticator, each once."""

    __tablename__ = "recovery_code"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(primary_key=True)
    used_at: Mapped[datetime | None]


class PasswordReset(Base):
    """A mailed link that lets someone choose a new password, once, within the hour."""

    __tablename__ = "password_reset"

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


class ApiKey(Base):
    """What a program shows to be let in. The key itself is shown once and kept as its SHA-256."""

    __tablename__ = "api_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    """Not unique: the next key of a till is made before the last one is revoked."""
    prefix: Mapped[str]
    """The beginning of the key, which may be seen."""
    key_hash: Mapped[bytes] = mapped_column(unique=True)
    scopes: Mapped[list[Any]]
    """Some of `stock`, `read`, `reserve`, `staff`."""
    store_ids: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True))
    """Empty: every store."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    """To the minute."""
    revoked_at: Mapped[datetime | None]

    def is_live(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.expires_at

    def is_unseen(self, now: datetime) -> bool:
        """Whether its use is to be written down again: once a minute at most."""
        return self.last_used_at is None or now - self.last_used_at >= USED_EVERY
