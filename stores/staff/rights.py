"""Who may do what: four roles, the verbs of each, and the one who is asking. Nothing here reads a database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, get_args

from stores.staff.tables import Account, ApiKey, StaffSession

FRESH = timedelta(minutes=10)
"""What cannot be taken back asks for a second factor that was given no longer ago."""


class Role(StrEnum):
    ADVISOR = "advisor"
    MANAGER = "manager"
    MERCHANDISER = "merchandiser"
    ADMIN = "admin"


class Scope(StrEnum):
    """What an API key was given for."""

    STOCK = "stock"
    READ = "read"
    RESERVE = "reserve"
    STAFF = "staff"


Verb = Literal[
    "reservation.read",
    "reservation.answer",
    "reservation.prepare",
    "reservation.hand_over",
    "appointment.read",
    "appointment.manage",
    "event.manage",
    "customer.read",
    "customer.export",
    "customer.erase",
    "message.read",
    "message.send",
    "stock.read",
    "stock.correct",
    "stock.feed",
    "catalogue.edit",
    "catalogue.import",
    "figures.read",
    "store.edit",
    "schedule.edit",
    "template.edit",
    "account.manage",
    "key.manage",
    "journal.read",
]
VERBS: frozenset[str] = frozenset(get_args(Verb))

_ADVISOR: frozenset[Verb] = frozenset(
    {
        "reservation.read",
        "reservation.answer",
        "reservation.prepare",
        "reservation.hand_over",
        "appointment.read",
        "appointment.manage",
        "customer.read",
        "message.read",
        "message.send",
        "stock.read",
        "stock.correct",
    }
)
_LEADS: frozenset[Verb] = frozenset({"event.manage", "figures.read", "schedule.edit", "journal.read"})
_MERCHANDISER: frozenset[Verb] = frozenset(
    {"stock.read", "stock.correct", "catalogue.edit", "catalogue.import", "event.manage", "figures.read"}
)
_KEEPS_THE_HOUSE: frozenset[Verb] = frozenset({"store.edit", "template.edit", "account.manage", "key.manage"})

MAY: Mapping[str, frozenset[Verb]] = {
    Role.ADVISOR: _ADVISOR,
    # whoever knows the shopper exports and erases; head office does not
    Role.MANAGER: _ADVISOR | _LEADS | {"customer.export", "customer.erase"},
    Role.MERCHANDISER: _MERCHANDISER,
    Role.ADMIN: _ADVISOR | _LEADS | _MERCHANDISER | _KEEPS_THE_HOUSE,
}
"""By role. What is not listed is refused."""

SCOPE_MAY: Mapping[str, frozenset[Verb]] = {
    Scope.STOCK: frozenset({"stock.feed"}),
    Scope.READ: frozenset({"stock.read"}),
    Scope.RESERVE: frozenset(),  # anyone may ask for a reservation; this key only has limits of its own
    Scope.STAFF: frozenset({"reservation.read", "reservation.answer", "reservation.prepare", "reservation.hand_over"}),
}

NEEDS_FRESH: frozenset[Verb] = frozenset({"customer.export", "customer.erase", "account.manage", "key.manage"})
"""A change under one of these verbs asks for a second factor of the last ten minutes."""


@dataclass(frozen=True)
class Principal:
    """Who is asking, read from the database for each request: a change of rights counts from the next one on."""

    kind: Literal["staff", "key", "shopper", "anonymous"] = "anonymous"
    account_id: int | None = None
    key_id: int | None = None
    name: str = ""
    """First and last name, or `key:<name>`."""
    first_name: str = ""
    email: str = ""
    role: str = ""
    language: str = ""
    store_ids: frozenset[int] | None = frozenset()
    """None: every store."""
    scopes: frozenset[str] = frozenset()
    two_factor: bool = False
    """Staff: the second factor was given, or this installation (the demo) does not ask for one."""
    second_factor_at: datetime | None = None

    @property
    def by(self) -> str:
        """As the journal names this one."""
        return self.first_name if self.kind == "staff" else self.name or self.kind

    def may(self, verb: Verb) -> bool:
        """Denied unless listed; staff who have not given their second factor may nothing yet."""
        if self.kind == "staff":
            return self.two_factor and verb in MAY.get(self.role, frozenset())
        if self.kind == "key":
            return any(verb in SCOPE_MAY.get(scope, frozenset()) for scope in self.scopes)
        return False

    def sees(self, store_id: int) -> bool:
        return self.store_ids is None or store_id in self.store_ids

    def is_fresh(self, now: datetime) -> bool:
        """Whether the second factor is recent enough for what cannot be taken back."""
        return self.second_factor_at is not None and now - self.second_factor_at <= FRESH


ANONYMOUS = Principal()
SHOPPER = Principal(kind="shopper")
"""The holder of a private link; which booking it opens is the link's business."""


def stores_seen(role: str, assigned: frozenset[int]) -> frozenset[int] | None:
    """The stores that someone sees; head office without a list sees all, a store's people without one see none."""
    return None if not assigned and role in (Role.MERCHANDISER, Role.ADMIN) else assigned


def principal_of(
    current: StaffSession, account: Account, store_ids: frozenset[int] | None, *, code_required: bool = True
) -> Principal:
    """The person behind a session. `code_required=False`, in the demo, lets accounts without an authenticator work."""
    given = current.second_factor_at is not None
    return Principal(
        kind="staff",
        account_id=account.id,
        name=account.name,
        first_name=account.first_name,
        email=account.email,
        role=account.role,
        language=account.language,
        store_ids=store_ids,
        two_factor=given or not (code_required or account.has_totp),
        second_factor_at=current.second_factor_at,
    )


def principal_of_key(key: ApiKey) -> Principal:
    """The program behind an API key."""
    return Principal(
        kind="key",
        key_id=key.id,
        name=f"key:{key.name}",
        store_ids=None if key.store_ids is None else frozenset(key.store_ids),
        scopes=frozenset(key.scopes),
    )
