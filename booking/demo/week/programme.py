"""Who does what where, most of it in the store where the demo begins."""

from datetime import timedelta

from booking.demo.week import stories
from booking.demo.week.cast import Cast, Week
from booking.demo.week.stories import Story
from booking.reservations.states import Reason


def programme(week: Week, cast: Cast) -> list[Story]:
    """Every story of the week, none of them begun."""
    main, quick, till, far, season = (
        week.stores[slug] for slug in (cast.main, cast.quick, cast.till, cast.far, cast.season)
    )
    minute = timedelta(minutes=1)
    return [
        # waiting for an answer, from the newest to the one that everybody has been told of
        stories.waits(week, main, lambda: week.now - 4 * minute, note=True),
        stories.waits(week, main, lambda: week.now - 9 * minute, units=(1, 1), contact="sms", verified=True),
        stories.waits(week, main, lambda: week.ago(main, 16), claimed=True, note=True),
        stories.waits(week, main, lambda: week.ago(main, 36), units=(2,)),
        stories.waits(week, main, lambda: week.ago(main, 78), contact="phone"),
        stories.waits(week, till, lambda: week.ago(till, 12), note=True),
        stories.waits(week, far, lambda: week.ago(far, 21)),
        stories.waits(week, season, lambda: week.ago(season, 9)),
        stories.waits(week, quick, lambda: week.ago(quick, 6)),
        # the mailed link that nobody, or somebody, pressed
        stories.unverified(week, main, lambda: week.now - 3 * minute),
        stories.unverified(week, quick, lambda: week.open_days_ago(quick, 3)),
        stories.verified_later(week, main, lambda: week.open_days_ago(main, 4, 3)),
        # an offer: waiting for the shopper, taken, partly taken, refused, forgotten
        stories.proposed(week, main, lambda: week.ago(main, 95), units=(1, 1), says=None),
        stories.proposed(week, quick, lambda: week.ago(quick, 70), says=None, suspect_stock=Reason.DAMAGED),
        stories.proposed(week, main, lambda: week.open_days_ago(main, 3, 4), units=(1, 1), says=True),
        stories.proposed(week, till, lambda: week.open_days_ago(till, 2, 3), units=(1, 1), says=False),
        stories.proposed(week, main, lambda: week.open_days_ago(main, 6, 2), says=False),
        stories.proposed(week, far, lambda: week.open_days_ago(far, 5, 2), says=None),
        stories.proposed(week, main, lambda: week.open_days_ago(main, 5, 1), units=(2, 1), says=None, partly=True),
        # confirmed: on its way to the desk, late, by a machine, told by telephone
        stories.confirmed(week, main, lambda: week.ago(main, 55)),
        stories.confirmed(week, main, lambda: week.ago(main, 66), units=(1, 2), contact="sms", verified=True),
        stories.confirmed(week, main, lambda: week.ago(main, 330), note=True),
        stories.confirmed(week, far, lambda: week.ago(far, 80), contact="phone"),
        stories.confirmed(week, season, lambda: week.ago(season, 75)),
        stories.confirmed_by_machine(week, quick, lambda: week.ago(quick, 130)),
        stories.confirmed_by_machine(week, quick, lambda: week.open_days_ago(quick, 2, 1), ready=True),
        # at the desk: today, since yesterday, on the last day, once more
        stories.waiting_at_desk(week, main, lambda: week.ago(main, 200)),
        stories.waiting_at_desk(week, main, lambda: week.open_days_ago(main, 1, 5), units=(1, 1)),
        stories.waiting_at_desk(week, main, lambda: week.open_days_ago(main, 1, 6), contact="sms", verified=True),
        stories.waiting_at_desk(week, main, lambda: week.open_days_ago(main, 2, 2), note=True),
        stories.waiting_at_desk(week, main, lambda: week.open_days_ago(main, 2, 6), extended=True),
        stories.waiting_at_desk(week, quick, lambda: week.open_days_ago(quick, 1, 3), contact="phone"),
        stories.waiting_at_desk(week, till, lambda: week.open_days_ago(till, 1, 4), units=(2,)),
        stories.waiting_at_desk(week, far, lambda: week.open_days_ago(far, 1, 2)),
        stories.waiting_at_desk(week, season, lambda: week.ago(season, 150)),
        stories.put_aside_by_mistake(week, main, lambda: week.open_days_ago(main, 1, 1)),
        # they came
        stories.collected(week, main, lambda: week.open_days_ago(main, 6, 1), units=(1, 1)),
        stories.collected(week, main, lambda: week.open_days_ago(main, 5, 3), contact="sms", verified=True),
        stories.collected(week, main, lambda: week.open_days_ago(main, 4, 2), units=(2,), leave=1),
        stories.collected(week, main, lambda: week.open_days_ago(main, 3, 1), contact="phone"),
        stories.collected(week, main, lambda: week.open_days_ago(main, 2, 1), units=(1, 1), leave=1, tidied=False),
        stories.collected(week, main, lambda: week.open_days_ago(main, 1, 0.5), by_staff=True),
        stories.collected(week, quick, lambda: week.open_days_ago(quick, 4, 1)),
        stories.collected(week, quick, lambda: week.open_days_ago(quick, 2, 2), units=(1, 1)),
        stories.collected(week, till, lambda: week.open_days_ago(till, 3, 1), units=(1, 2)),
        stories.collected(week, till, lambda: week.open_days_ago(till, 5, 4)),
        stories.collected(week, far, lambda: week.open_days_ago(far, 4, 2), units=(1, 1)),
        stories.collected(week, far, lambda: week.open_days_ago(far, 2, 3), contact="sms", verified=True),
        stories.collected(week, season, lambda: week.open_days_ago(season, 3, 1)),
        stories.came_early(week, main, lambda: week.open_days_ago(main, 4, 5)),
        stories.came_early(week, quick, lambda: week.open_days_ago(quick, 3, 4), by_machine=True),
        stories.handed_over_twice(week, main, lambda: week.open_days_ago(main, 3, 6)),
        # it was not to be
        stories.declined(week, main, lambda: week.open_days_ago(main, 4, 1), Reason.SOLD),
        stories.declined(week, far, lambda: week.open_days_ago(far, 3, 4), Reason.DISPLAY_ONLY),
        stories.declined(week, till, lambda: week.open_days_ago(till, 4, 2), Reason.NOT_FOUND),
        stories.unanswered(week, main, lambda: week.open_days_ago(main, 5, 7)),
        stories.unanswered(week, far, lambda: week.open_days_ago(far, 2, 5), made_good=False),
        stories.cancelled(week, main, lambda: week.open_days_ago(main, 5, 2)),
        stories.cancelled(week, main, lambda: week.open_days_ago(main, 1, 4), at_desk=True),
        stories.cancelled(week, quick, lambda: week.open_days_ago(quick, 5, 2), at_desk=True, tidied=True),
        stories.turned_away(week, main, lambda: week.open_days_ago(main, 6, 5)),
        stories.waiting_at_desk(week, main, lambda: week.open_days_ago(main, 6, 3)),
        stories.waiting_at_desk(week, till, lambda: week.open_days_ago(till, 5, 1)),
        stories.confirmed(week, far, lambda: week.open_days_ago(far, 5, 1)),
        stories.came_late(week, main, lambda: week.open_days_ago(main, 6, 4)),
        stories.broken_promise(week, main, lambda: week.open_days_ago(main, 2, 4), Reason.DAMAGED),
        stories.broken_promise(week, quick, lambda: week.open_days_ago(quick, 3, 2), Reason.SOLD, instead=True),
    ]
