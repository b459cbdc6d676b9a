"""Ten minutes in which a start is kept while a form is filled in. One a browser; a new one replaces the old."""

from datetime import datetime, timedelta

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from booking import blocks
from booking.appointments.placing import Place, win
from booking.availability import Own, Preference, Question
from booking.blocks import Kind, SlotHold
from kit.db import table_of
from stores.places import Store
from stores.services import Service

LASTS = timedelta(minutes=10)


async def hold(
    session: AsyncSession,
    store: Store,
    service: Service,
    start: datetime,
    *,
    browser: bytes,
    advisor_id: int | None = None,
    party: int = 1,
    language: str = "",
    speaking: str = "",
    now: datetime,
) -> SlotHold:
    """Keep this start for ten minutes, instead of what this browser kept before. Raises `SlotTaken`, `NotOffered`.

    `language` is preferred of whoever receives her, `speaking` is required.

    Two presses of one browser come one after the other: its number is locked before any diary is.
    """
    await session.execute(select(func.pg_advisory_xact_lock(int.from_bytes(browser[:8], signed=True))))
    former = await blocks.hold_of(session, browser)
    own = Own(hold_id=former.id if former else None)
    question = Question(start, start, now, party=party, advisor_id=advisor_id, language=speaking, own=own)
    made: list[int] = []

    async def write(place: Place) -> bool:
        if former is not None:
            await blocks.drop_holds(session, [former.id])
        hold_id = await session.scalar(
            insert(table_of(SlotHold))
            .values(
                browser=browser,
                store_id=store.id,
                service_id=service.id,
                advisor_id=place.advisor_id,
                space_id=place.space_id,
                requested=advisor_id is not None,
                starts_at=start,
                expires_at=now + LASTS,
            )
            .returning(SlotHold.id)
        )
        assert hold_id is not None
        made[:] = [hold_id]
        return await blocks.take(session, place.spans(), kind=Kind.HOLD, owner_id=hold_id, now=now)

    preference = Preference(requested=advisor_id, kept=former.advisor_id if former else None, language=language)
    also_lock = [former.advisor_id, *([former.space_id] if former.space_id else [])] if former else []
    await win(session, store, service, start, question, preference, also_lock=also_lock, write=write)
    kept = await session.get(SlotHold, made[0], populate_existing=True)
    assert kept is not None
    return kept


async def kept(session: AsyncSession, browser: bytes, *, now: datetime) -> SlotHold | None:
    """What this browser keeps now; None when its ten minutes are over."""
    found = await blocks.hold_of(session, browser)
    return found if found is not None and found.expires_at > now else None
