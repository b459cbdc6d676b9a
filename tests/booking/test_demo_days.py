"""The demo begins on any day and at any hour, and what it shows is whole."""

from collections import Counter
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from booking import invariants
from booking.appointments import conflicts
from booking.appointments import questions as visits
from booking.appointments.states import Status
from booking.appointments.tables import Appointment
from booking.demo import aurore
from stores import places


@pytest.mark.parametrize("now", [datetime(2026, 12, 25, 12, tzinfo=UTC), datetime(2027, 3, 28, 22, 30, tzinfo=UTC)])
async def test_the_agenda_is_whole_on_a_day_on_which_nobody_opens_and_on_the_night_the_clocks_change(
    session, tmp_path, now
):
    await aurore.build(session, media_dir=tmp_path, secret=b"a secret of the test suite, long enough", now=now)
    assert await invariants.broken(session) == []
    states = Counter(await session.scalars(sa.select(Appointment.status)))
    assert states[Status.CONFIRMED] >= 10
    assert states[Status.COMPLETED] >= 8
    assert states[Status.NO_SHOW]
    assert states[Status.REQUESTED]
    rivoli = await places.find(session, "rivoli")
    assert await conflicts.of_store(session, rivoli, now=now)
    assert await visits.to_settle(session, frozenset({rivoli.id}), now=now)
