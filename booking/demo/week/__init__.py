"""The week before today, lived once more: people ask, staff answer, time runs out, by the use-cases themselves.

Every story is a generator that says when it goes on, and does the next thing when the week has come to that moment.
Nothing happens after `now`: a story whose next moment lies ahead is left where it stands.

`people` reserve, `cast` is the stores where they do, `steps` is what they and staff do, `stories` is what comes of it,
`programme` says which story begins where and when; `visits` and `agenda` are the same for appointments; `play` tells
them all at once.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from booking.demo.week.agenda import agenda
from booking.demo.week.cast import Cast, gather
from booking.demo.week.play import Play
from booking.demo.week.programme import programme

__all__ = ["Cast", "build"]


async def build(session: AsyncSession, cast: Cast, *, secret: bytes, now: datetime) -> None:
    """Live the seven days before `now` in these stores, with the appointments made for the weeks after it."""
    week = await gather(session, cast, secret=secret, now=now)
    await Play(week).run([*programme(week, cast), *await agenda(week, cast)])
