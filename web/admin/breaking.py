"""What a change of a diary would break: said before it is saved, with who could take it over, and agreed to by name.

Nothing is moved or told here. The change is made in a savepoint and held against the appointments to come; unless who
asks has seen exactly the appointments that no longer fit, the savepoint is undone and they are listed.
"""

import hashlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from booking.appointments import conflicts, questions
from booking.appointments.conflicts import Conflict
from booking.appointments.states import AHEAD
from booking.appointments.tables import Appointment
from kit import languages
from kit.codes import show_code
from kit.languages import gettext
from web import views
from web.appointment_words import cause_words, when_words
from web.staff import frame

WITH_WAYS_OUT = 20
"""Beyond so many, appointments are named without who could take them over: each takes a look at a fortnight."""
FAR = timedelta(days=800)
"""Beyond the longest horizon of a service."""


@dataclass(frozen=True)
class Row:
    """One appointment that would no longer fit."""

    when: str
    service: str
    store: str
    who: str
    """Empty where it is another store's."""
    url: str
    why: str
    colleagues: str


@dataclass(frozen=True)
class Broken:
    """What would no longer fit. `agreed` is what the form sends when who asks has seen it."""

    rows: Sequence[Row]
    agreed: str
    hidden: dict[str, str] = field(default_factory=dict)
    """What the form has to send again besides, where it is no form that people fill in."""


class Breaks(Exception):
    """Somebody has to look at this before it is saved."""

    def __init__(self, broken: Broken) -> None:
        super().__init__(f"{len(broken.rows)} appointments")
        self.broken = broken


async def of_advisor(session: AsyncSession, advisor_id: int, *, now: datetime) -> list[Appointment]:
    """What she has still to keep, in any store."""
    found = await questions.of_advisor(session, advisor_id, now, now + FAR)
    return [one for one in found if one.status in AHEAD]


async def tried(
    request: Request,
    session: AsyncSession,
    ahead: Sequence[Appointment],
    change: Callable[[], Awaitable[None]],
    *,
    agreed: str,
) -> int:
    """Make the change, and count the appointments of `ahead` that it breaks. Raises `Breaks`, and has changed
    nothing, as long as they are not those that were agreed to."""
    now: datetime = request.state.now
    before = {conflict.appointment.id: set(conflict.causes) for conflict in await _found(session, ahead, now=now)}
    async with session.begin_nested():
        await change()
        broken = [
            conflict
            for conflict in await _found(session, ahead, now=now)
            if set(conflict.causes) - before.get(conflict.appointment.id, set())
        ]
        mark = _mark(broken)
        if broken and mark != agreed:
            raise Breaks(Broken([await _row(request, session, *one) for one in enumerate(broken)], mark))
    return len(broken)


async def _found(session: AsyncSession, ahead: Sequence[Appointment], *, now: datetime) -> list[Conflict]:
    by_store: dict[int, list[Appointment]] = {}
    for one in ahead:
        by_store.setdefault(one.store_id, []).append(one)
    found = [
        conflict
        for ones in by_store.values()
        for conflict in await conflicts.among(session, ones[0].store, ones, now=now, proposals=False)
    ]
    return sorted(found, key=lambda conflict: (conflict.appointment.starts_at, conflict.appointment.id))


def _mark(broken: Iterable[Conflict]) -> str:
    said = " ".join(f"{one.appointment.code}:{','.join(sorted(one.causes))}" for one in broken)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


async def _row(request: Request, session: AsyncSession, number: int, conflict: Conflict) -> Row:
    one, now = conflict.appointment, request.state.now
    if number < WITH_WAYS_OUT:
        conflict = await conflicts.propose(session, one.store, conflict, now=now)
    ours = frame.actor_of(request).sees(one.store_id)
    return Row(
        when=languages.upper_first(when_words(one.starts_at, one.store.timezone, now)),
        service=one.service.name.text(),
        store=one.store.name,
        who=frame.short_name(one.first_name, one.last_name) if ours else "",
        url=views.address(request, "staff_appointment", code=show_code(one.code)) if ours else "",
        why=" ".join(cause_words(cause) for cause in conflict.causes),
        colleagues=_colleagues(conflict, known=number < WITH_WAYS_OUT),
    )


def _colleagues(conflict: Conflict, *, known: bool) -> str:
    """Who could take it over at the same time."""
    if not known:
        return ""
    names = [colleague.name for colleague in conflict.colleagues]
    if not names:
        return gettext("Nobody else is free then.")
    return gettext("Could take it over: %(names)s.", names=languages.list_words(names))
