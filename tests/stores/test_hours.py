"""Promises counted in open time: expectations written by hand from the calendar, then properties over many zones."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opening_hours import OpeningHours

from stores.hours import (
    BadHours,
    DayHours,
    Hours,
    NeverOpens,
    Span,
    UnknownRegion,
    check_day_hours,
    check_hours,
    public_holidays,
)

PARIS = ZoneInfo("Europe/Paris")
EVERY_DAY = Hours("Mo-Su 10:00-20:00", "Europe/Paris")
NOT_SUNDAY = Hours("Mo-Sa 10:00-20:00", "Europe/Paris", {date(2026, 11, 11): "off"})
STRASBOURG = Hours("Mo-Sa 10:00-19:00", "Europe/Paris", {date(2026, 12, 25): "off", date(2026, 12, 26): "off"})
SAINT_DENIS = Hours("Mo-Sa 09:00-18:30", "Indian/Reunion")
LUNCH = Hours("Mo-Sa 10:00-12:00,14:00-18:00", "Europe/Paris")
NIGHT = Hours("Mo-Sa 22:00-02:00", "Europe/Paris")
BIARRITZ = Hours("Mo-Su 10:00-20:00", "Europe/Paris", opens_on=date(2026, 6, 1), closes_on=date(2026, 9, 30))


def paris(day: str, clock: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=PARIS)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# The answer: so many open minutes


def test_a_request_five_minutes_before_closing_is_due_fifty_five_minutes_after_the_next_opening() -> None:
    assert EVERY_DAY.add_open_minutes(paris("2026-11-17", "19:55"), 60) == paris("2026-11-18", "10:55")


def test_a_request_at_closing_on_saturday_starts_to_count_on_monday() -> None:
    assert NOT_SUNDAY.add_open_minutes(paris("2026-11-14", "20:00"), 60) == paris("2026-11-16", "11:00")


def test_an_answer_may_be_due_at_the_very_minute_of_closing() -> None:
    assert EVERY_DAY.add_open_minutes(paris("2026-11-17", "19:00"), 60) == paris("2026-11-17", "20:00")


def test_the_lunch_break_does_not_count() -> None:
    assert LUNCH.add_open_minutes(paris("2026-11-17", "11:45"), 60) == paris("2026-11-17", "14:45")
    assert LUNCH.open_minutes_between(paris("2026-11-17", "11:45"), paris("2026-11-17", "14:45")) == 60


def test_nothing_to_wait_for_is_due_at_once_even_when_closed() -> None:
    asked = paris("2026-11-17", "23:00")
    assert EVERY_DAY.add_open_minutes(asked, 0) == asked


def test_open_minutes_run_over_the_repeated_hour_of_autumn() -> None:
    all_night = Hours("24/7", "Europe/Paris")
    assert all_night.add_open_minutes(paris("2026-10-25", "02:30"), 60) == utc("2026-10-25T01:30")


def test_a_zoned_instant_counts_real_minutes_not_those_of_the_wall_clock() -> None:
    all_night = Hours("24/7", "Europe/Paris")
    assert all_night.open_minutes_between(paris("2026-10-25", "00:00"), paris("2026-10-26", "00:00")) == 25 * 60
    assert all_night.open_minutes_between(paris("2027-03-28", "00:00"), paris("2027-03-29", "00:00")) == 23 * 60


def test_no_open_minutes_pass_backwards() -> None:
    assert EVERY_DAY.open_minutes_between(paris("2026-11-17", "15:00"), paris("2026-11-17", "11:00")) == 0
    with pytest.raises(ValueError, match="forwards"):
        EVERY_DAY.add_open_minutes(paris("2026-11-17", "15:00"), -1)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        EVERY_DAY.open_at(datetime(2026, 11, 17, 15))


# The hold: closing of the second open day


def test_a_hold_of_two_open_days_over_the_change_of_clocks_ends_at_eight_on_the_wall() -> None:
    asked = paris("2026-10-24", "15:00")
    assert EVERY_DAY.closing_of_open_day(asked, 2) == utc("2026-10-26T19:00")
    assert EVERY_DAY.closing_of_open_day(paris("2026-10-23", "15:00"), 1) == utc("2026-10-24T18:00")


def test_a_closed_sunday_is_not_a_day_of_the_hold() -> None:
    assert NOT_SUNDAY.closing_of_open_day(paris("2026-10-24", "15:00"), 2) == utc("2026-10-27T19:00")


def test_the_eleventh_of_november_closed_is_not_a_day_of_the_hold() -> None:
    assert NOT_SUNDAY.closing_of_open_day(paris("2026-11-10", "12:00"), 2) == utc("2026-11-13T19:00")


def test_in_strasbourg_a_hold_of_christmas_eve_passes_both_holidays_and_the_sunday() -> None:
    assert STRASBOURG.closing_of_open_day(paris("2026-12-24", "11:00"), 2) == utc("2026-12-29T18:00")


def test_in_la_reunion_the_day_of_the_request_is_the_one_of_the_island() -> None:
    # Friday 18 December 21:30 in London is Saturday 01:30 in Saint-Denis: days of the hold are Monday and Tuesday.
    assert SAINT_DENIS.closing_of_open_day(utc("2026-12-18T21:30"), 2) == utc("2026-12-22T14:30")
    assert SAINT_DENIS.closing_of_open_day(utc("2026-12-18T19:30"), 2) == utc("2026-12-21T14:30")


def test_the_day_of_the_request_never_counts_even_before_opening() -> None:
    assert EVERY_DAY.closing_of_open_day(paris("2026-11-17", "08:00"), 1) == paris("2026-11-18", "20:00")
    assert EVERY_DAY.closing_of_open_day(date(2026, 11, 17), 1) == paris("2026-11-18", "20:00")


def test_a_hold_ends_at_the_last_closing_of_a_day_with_a_lunch_break() -> None:
    assert LUNCH.closing_of_open_day(paris("2026-11-17", "11:00"), 1) == paris("2026-11-18", "18:00")


def test_the_hold_of_a_shorter_day_ends_when_that_day_closes() -> None:
    eve = Hours("Mo-Sa 10:00-20:00", "Europe/Paris", {date(2026, 12, 24): "10:00-18:00"})
    assert eve.closing_of_open_day(paris("2026-12-23", "11:00"), 1) == paris("2026-12-24", "18:00")


def test_open_days_are_counted_from_one() -> None:
    with pytest.raises(ValueError, match="one"):
        EVERY_DAY.closing_of_open_day(date(2026, 11, 17), 0)


def test_an_extension_leads_to_the_closing_of_the_next_open_day() -> None:
    assert NOT_SUNDAY.closing_of_next_open_day(paris("2026-10-24", "20:00")) == utc("2026-10-26T19:00")


def test_an_extension_of_a_hold_that_ends_at_midnight_or_later_is_one_day_not_two() -> None:
    until_midnight = Hours("Mo-Su 10:00-24:00", "Europe/Paris")
    assert until_midnight.closing_of_next_open_day(paris("2026-11-18", "00:00")) == paris("2026-11-19", "00:00")
    assert NIGHT.closing_of_next_open_day(paris("2026-11-18", "02:00")) == paris("2026-11-19", "02:00")


# The reminder of the last day


@pytest.mark.parametrize(
    ("osm", "until", "reminded"),
    [
        ("Mo-Su 10:00-20:00", paris("2026-11-18", "20:00"), paris("2026-11-18", "10:00")),
        ("Mo-Su 08:00-20:00", paris("2026-11-18", "20:00"), paris("2026-11-18", "09:00")),
        ("Mo-Su 06:00-09:00", paris("2026-11-18", "09:00"), paris("2026-11-18", "06:00")),
        ("Mo-Su 10:00-24:00", paris("2026-11-19", "00:00"), paris("2026-11-18", "10:00")),
        ("Mo-Su 22:00-02:00", paris("2026-11-19", "02:00"), paris("2026-11-18", "22:00")),
        ("24/7", paris("2026-11-19", "00:00"), paris("2026-11-18", "09:00")),
    ],
)
def test_the_reminder_leaves_at_opening_of_the_last_day_but_not_before_nine(
    osm: str, until: datetime, reminded: datetime
) -> None:
    assert Hours(osm, "Europe/Paris").last_morning(until) == reminded


def test_the_reminder_of_a_day_closed_since_leaves_at_nine() -> None:
    assert NOT_SUNDAY.last_morning(paris("2026-11-11", "20:00")) == paris("2026-11-11", "09:00")


def test_the_reminder_never_leaves_after_the_hold() -> None:
    late = Hours("Mo-Su 15:00-20:00", "Europe/Paris")
    assert late.last_morning(paris("2026-11-18", "12:00")) == paris("2026-11-18", "12:00")


# Seasons


def test_a_seasonal_store_opens_again_on_its_first_day_and_never_after_its_last() -> None:
    assert BIARRITZ.next_opening(paris("2026-02-01", "12:00")) == Span(utc("2026-06-01T08:00"), utc("2026-06-01T18:00"))
    assert BIARRITZ.closing_of_open_day(paris("2026-09-28", "12:00"), 2) == utc("2026-09-30T18:00")
    assert BIARRITZ.next_opening(paris("2026-09-30", "12:00")) is None
    with pytest.raises(NeverOpens):
        BIARRITZ.closing_of_open_day(paris("2026-09-29", "12:00"), 2)
    with pytest.raises(NeverOpens):
        BIARRITZ.add_open_minutes(paris("2026-09-30", "19:30"), 60)
    assert BIARRITZ.closes_at(paris("2026-09-30", "19:30")) == paris("2026-09-30", "20:00")


def test_a_store_closed_day_after_day_never_opens() -> None:
    closed = Hours(
        "Mo 10:00-18:00", "Europe/Paris", {date(2026, 11, 16) + timedelta(weeks=w): "off" for w in range(60)}
    )
    with pytest.raises(NeverOpens):
        closed.add_open_minutes(paris("2026-11-12", "12:00"), 1)


# Open now


def test_a_store_is_open_from_opening_to_just_before_closing() -> None:
    day = Span(utc("2026-11-17T09:00"), utc("2026-11-17T19:00"))
    assert EVERY_DAY.open_at(paris("2026-11-17", "10:00")) == day
    assert EVERY_DAY.open_at(paris("2026-11-17", "19:59")) == day
    assert EVERY_DAY.open_at(paris("2026-11-17", "09:59")) is None
    assert EVERY_DAY.open_at(paris("2026-11-17", "20:00")) is None
    assert EVERY_DAY.closes_at(paris("2026-11-17", "12:00")) == day.end
    assert EVERY_DAY.closes_at(paris("2026-11-17", "21:00")) is None


def test_the_next_opening_is_not_the_one_under_way() -> None:
    assert LUNCH.next_opening(paris("2026-11-17", "11:00")) == Span(utc("2026-11-17T13:00"), utc("2026-11-17T17:00"))
    assert NOT_SUNDAY.next_opening(paris("2026-11-10", "21:00")) == Span(
        utc("2026-11-12T09:00"), utc("2026-11-12T19:00")
    )


def test_a_store_that_never_closes_has_no_closing_time() -> None:
    always = Hours("24/7", "Europe/Paris")
    assert always.closes_at(paris("2026-11-17", "12:00")) is None
    assert always.open_at(paris("2026-11-18", "00:00")) is not None


def test_a_store_open_round_the_clock_on_weekdays_closes_on_friday_at_midnight() -> None:
    assert Hours("Mo-Fr 00:00-24:00", "Europe/Paris").closes_at(paris("2026-11-17", "12:00")) == paris(
        "2026-11-21", "00:00"
    )


# Nights


def test_an_opening_past_midnight_belongs_to_its_evening() -> None:
    tuesday = Span(paris("2026-11-17", "22:00"), paris("2026-11-18", "02:00"))
    assert NIGHT.day_spans(date(2026, 11, 17)) == (tuesday,)
    assert NIGHT.open_at(paris("2026-11-18", "01:59")) == tuesday
    assert NIGHT.day_spans(date(2026, 11, 15)) == ()  # a Sunday, though Saturday's opening lasts until two
    assert NIGHT.open_at(paris("2026-11-15", "01:00")) is not None


def test_a_closed_day_keeps_the_night_before_and_loses_its_own() -> None:
    closed = Hours(NIGHT.osm, NIGHT.timezone, {date(2026, 11, 18): "off"})
    assert closed.open_at(paris("2026-11-18", "01:00")) is not None
    assert closed.open_at(paris("2026-11-18", "23:00")) is None
    assert closed.open_at(paris("2026-11-19", "01:00")) is None
    assert closed.open_at(paris("2026-11-19", "22:30")) is not None


def test_an_exceptional_night_that_runs_into_the_next_opening_is_not_counted_twice() -> None:
    late = Hours("Mo-Su 08:00-20:00", "Europe/Paris", {date(2026, 11, 17): "20:00-09:00"})
    assert late.spans(date(2026, 11, 17), date(2026, 11, 18)) == [
        Span(paris("2026-11-17", "20:00"), paris("2026-11-18", "09:00")),
        Span(paris("2026-11-18", "09:00"), paris("2026-11-18", "20:00")),
    ]


def test_a_night_over_the_change_of_clocks_is_an_hour_longer_or_shorter() -> None:
    night = Hours("Mo-Su 22:00-05:00", "Europe/Paris")
    assert night.day_spans(date(2026, 10, 24)) == (Span(utc("2026-10-24T20:00"), utc("2026-10-25T04:00")),)
    assert night.day_spans(date(2027, 3, 27)) == (Span(utc("2027-03-27T21:00"), utc("2027-03-28T03:00")),)


def test_a_morning_after_a_whole_day_or_that_lasts_past_noon_is_an_opening_of_its_own() -> None:
    whole = Hours("Mo 00:00-24:00; Tu 00:00-06:00", "Europe/Paris")
    assert whole.day_spans(date(2026, 11, 17)) == (Span(paris("2026-11-17", "00:00"), paris("2026-11-17", "06:00")),)
    long = Hours("Mo 10:00-24:00; Tu 00:00-18:00", "Europe/Paris")
    assert long.day_spans(date(2026, 11, 17)) == (Span(paris("2026-11-17", "00:00"), paris("2026-11-17", "18:00")),)


# The wall clock


def test_opening_stays_at_ten_on_the_twenty_eighth_of_march() -> None:
    assert EVERY_DAY.spans(date(2027, 3, 27), date(2027, 3, 28)) == [
        Span(utc("2027-03-27T09:00"), utc("2027-03-27T19:00")),
        Span(utc("2027-03-28T08:00"), utc("2027-03-28T18:00")),
    ]


def test_a_day_of_24_hours_lasts_25_or_23_when_the_clocks_change() -> None:
    always = Hours("24/7", "Europe/Paris")
    assert always.day_spans(date(2026, 10, 25)) == (Span(utc("2026-10-24T22:00"), utc("2026-10-25T23:00")),)
    assert always.day_spans(date(2027, 3, 28)) == (Span(utc("2027-03-27T23:00"), utc("2027-03-28T22:00")),)


def test_a_closing_that_the_night_repeats_is_its_first_passing() -> None:
    late = Hours("Mo-Su 22:00-02:30", "Europe/Paris")
    assert late.day_spans(date(2026, 10, 24))[0].end == utc("2026-10-25T00:30")


def test_a_time_that_the_night_skips_is_the_instant_of_the_change() -> None:
    late = Hours("Mo-Su 22:00-02:30", "Europe/Paris")
    assert late.day_spans(date(2027, 3, 27))[0].end == utc("2027-03-28T01:00")
    skipped = Hours("Mo-Su 02:10-02:50", "Europe/Paris")
    assert skipped.day_spans(date(2027, 3, 28)) == ()
    assert skipped.next_opening(paris("2027-03-28", "00:00")) == Span(utc("2027-03-29T00:10"), utc("2027-03-29T00:50"))


def test_where_the_clocks_change_at_midnight_the_day_begins_at_one() -> None:
    havana = Hours("24/7", "America/Havana")
    assert havana.day_spans(date(2026, 3, 8)) == (Span(utc("2026-03-08T05:00"), utc("2026-03-09T04:00")),)


# What a store page shows


def test_a_week_shows_times_of_the_wall_and_marks_the_exceptional_day() -> None:
    store = Hours("Mo-Sa 10:00-12:00,14:00-18:00", "Europe/Paris", {date(2026, 11, 11): "14:00-17:00"})
    week = store.week(date(2026, 11, 9))
    usual = ((time(10), time(12)), (time(14), time(18)))
    assert week == [
        DayHours(date(2026, 11, 9), usual, False),
        DayHours(date(2026, 11, 10), usual, False),
        DayHours(date(2026, 11, 11), ((time(14), time(17)),), True),
        DayHours(date(2026, 11, 12), usual, False),
        DayHours(date(2026, 11, 13), usual, False),
        DayHours(date(2026, 11, 14), usual, False),
        DayHours(date(2026, 11, 15), (), False),
    ]


def test_a_week_beyond_the_season_shows_closed_days_even_where_one_was_exceptional() -> None:
    store = Hours(
        BIARRITZ.osm, BIARRITZ.timezone, {date(2026, 10, 2): "10:00-12:00"}, BIARRITZ.opens_on, BIARRITZ.closes_on
    )
    assert [len(line.times) for line in store.week(date(2026, 9, 29))] == [1, 1, 0, 0, 0, 0, 0]


def test_exceptional_days_of_the_month_come_in_order_and_within_the_season() -> None:
    store = Hours(
        "Mo-Su 10:00-20:00",
        "Europe/Paris",
        dict.fromkeys((date(2026, 8, 15), date(2026, 7, 14), date(2026, 8, 14), date(2026, 5, 25)), "off"),
        opens_on=date(2026, 6, 1),
    )
    assert [line.day for line in store.exceptional(date(2026, 7, 16))] == [date(2026, 8, 14)]
    assert [line.day for line in store.exceptional(date(2026, 7, 14), 33)] == [
        date(2026, 7, 14),
        date(2026, 8, 14),
        date(2026, 8, 15),
    ]
    assert store.exceptional(date(2026, 5, 20)) == []


def test_hours_are_a_value_that_nothing_changes_from_outside() -> None:
    days = {date(2026, 11, 11): "off"}
    store = Hours("Mo-Sa 10:00-20:00", "Europe/Paris", days)
    twin = Hours("Mo-Sa 10:00-20:00", "Europe/Paris", dict(days))
    days.clear()
    assert store == twin and hash(store) == hash(twin)
    assert store != Hours("Mo-Sa 10:00-20:00", "Europe/Paris")
    assert store.day_spans(date(2026, 11, 11)) == ()


# What may be typed


@pytest.mark.parametrize(
    ("osm", "reason"),
    [
        ("", "syntax"),
        ("Lu-Sam 10:00-21:00", "syntax"),
        ("Mo-Fr 10:00-18:00; PH off", "holidays"),
        ("Mo-Fr 10:00-18:00; SH 10:00-12:00", "holidays"),
        ("sunrise-sunset", "sun"),
        ('"sur rendez-vous"', "comment"),
        ("off", "never"),
        ("Mo-Su 10:00-18:00; Mo-Su off", "never"),
    ],
)
def test_hours_that_we_cannot_keep_are_refused_with_their_reason(osm: str, reason: str) -> None:
    with pytest.raises(BadHours) as refused:
        check_hours(osm)
    assert refused.value.reason == reason
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    "osm",
    [
        "24/7",
        "Mo-Fr 10:00-19:00; Sa 10:00-20:00; Su off",
        "Jun-Sep Mo-Su 10:00-20:00",
        'Mo-Sa 10:00-19:00 "PH: ask the store"',
        "Mo-Sa 22:00-02:00",
    ],
)
def test_hours_of_the_map_are_accepted(osm: str) -> None:
    check_hours(osm)


@pytest.mark.parametrize("times", ["off", "10:00-18:00", "10:00-12:00,14:00-18:00", "10:00-12:00, 14:00-24:00"])
def test_an_exceptional_day_is_closed_or_has_its_times(times: str) -> None:
    check_day_hours(times)


@pytest.mark.parametrize("times", ["", "closed today", "10:00", "25:00-26:00", "10:75-12:00", "Mo 10:00-18:00"])
def test_other_words_for_an_exceptional_day_are_refused(times: str) -> None:
    with pytest.raises(BadHours):
        check_day_hours(times)


# Public holidays


def test_strasbourg_keeps_good_friday_and_saint_stephen_and_paris_does_not() -> None:
    year = date(2026, 1, 1), date(2026, 12, 31)
    alsace, paris_days = public_holidays("FR-6AE", *year), public_holidays("FR", *year)
    assert set(alsace) - set(paris_days) == {date(2026, 4, 3), date(2026, 12, 26)}
    assert alsace[date(2026, 4, 3)] == {"fr": "Vendredi saint", "en": "Good Friday"}
    assert alsace[date(2026, 12, 26)] == {"fr": "Saint-Étienne", "en": "Saint Stephen’s Day"}
    assert len(paris_days) == 11


def test_la_reunion_keeps_the_twentieth_of_december() -> None:
    found = public_holidays("FR-974", date(2026, 12, 1), date(2026, 12, 31))
    assert found == {
        date(2026, 12, 20): {"fr": "Abolition de l’esclavage", "en": "Abolition of Slavery"},
        date(2026, 12, 25): {"fr": "Noël", "en": "Christmas Day"},
    }


def test_holidays_are_found_over_the_turn_of_the_year_and_named_in_british_english() -> None:
    assert list(public_holidays("FR", date(2026, 12, 1), date(2027, 1, 31))) == [date(2026, 12, 25), date(2027, 1, 1)]
    assert public_holidays("FR", date(2026, 5, 1), date(2026, 5, 1))[date(2026, 5, 1)] == {
        "fr": "Fête du Travail",
        "en": "Labour Day",
    }


def test_the_names_do_not_follow_the_language_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "th")
    assert public_holidays("FR", date(2026, 7, 14), date(2026, 7, 14)) == {
        date(2026, 7, 14): {"fr": "Fête nationale", "en": "National Day"}
    }


@pytest.mark.parametrize("region", ["XX", "FR-ZZZ", ""])
def test_a_region_that_nobody_knows_is_refused(region: str) -> None:
    with pytest.raises(UnknownRegion):
        public_holidays(region, date(2026, 1, 1), date(2026, 12, 31))


# Properties

ZONES = [
    "Europe/Paris",
    "Indian/Reunion",
    "America/New_York",
    "America/Havana",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Auckland",
]
WEEKS = [
    "Mo-Su 10:00-20:00",
    "Mo-Sa 10:00-12:00,14:00-18:00",
    "Mo-Fr 10:00-19:00; Sa 10:00-22:00; Su 11:00-19:00",
    "Mo-Su 22:00-02:30",
    "Tu-Sa 20:00-05:00",
    "Mo-Su 10:00-24:00",
    "Mo-Fr 00:00-24:00",
    "24/7",
    "We 15:00-17:00",
]
CHANGES = [
    date(2026, 3, 8),
    date(2026, 4, 5),
    date(2026, 9, 27),
    date(2026, 10, 25),
    date(2026, 11, 1),
    date(2027, 3, 28),
]

near_changes = st.builds(
    lambda change, minutes: datetime(change.year, change.month, change.day, tzinfo=UTC) + timedelta(minutes=minutes),
    st.sampled_from(CHANGES),
    st.integers(-4 * 1440, 4 * 1440),
)
exceptional_days = st.dictionaries(
    st.builds(lambda change, days: change + timedelta(days=days), st.sampled_from(CHANGES), st.integers(-4, 4)),
    st.sampled_from(["off", "10:00-18:00", "10:00-12:00,14:00-18:00", "21:00-03:00", "00:00-24:00"]),
    max_size=6,
)
stores = st.builds(Hours, st.sampled_from(WEEKS), st.sampled_from(ZONES), exceptional_days)


@given(stores, near_changes, st.integers(1, 3000))
@settings(max_examples=300, deadline=None)
def test_added_open_minutes_are_found_again_between(store: Hours, start: datetime, minutes: int) -> None:
    due = store.add_open_minutes(start, minutes)
    assert store.open_minutes_between(start, due) == minutes
    assert store.open_minutes_between(start, due - timedelta(minutes=1)) < minutes


@given(stores, near_changes, st.integers(1, 10))
@settings(max_examples=200, deadline=None)
def test_spans_are_sorted_and_disjoint(store: Hours, around: datetime, days: int) -> None:
    day = around.date()
    spans = store.spans(day, day + timedelta(days=days))
    assert all(span.start < span.end for span in spans)
    assert all(first.end <= second.start for first, second in pairwise(spans))


@given(st.sampled_from(ZONES), st.dates(date(2026, 1, 1), date(2028, 12, 31)))
@settings(max_examples=200, deadline=None)
def test_ten_to_eight_is_ten_to_eight_on_every_day_of_every_zone(zone: str, day: date) -> None:
    (span,) = Hours("Mo-Su 10:00-20:00", zone).day_spans(day)
    assert span.start.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == datetime.combine(day, time(10))
    assert span.end.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == datetime.combine(day, time(20))


@given(st.sampled_from(WEEKS), st.sampled_from(["Europe/Paris", "Indian/Reunion", "America/New_York"]), near_changes)
@settings(max_examples=300, deadline=None)
def test_open_now_agrees_with_the_library_on_the_local_wall(osm: str, zone: str, now: datetime) -> None:
    wall = now.astimezone(ZoneInfo(zone))
    if wall.utcoffset() != (wall + timedelta(hours=3)).utcoffset() or wall.fold:
        return  # the repeated hour is ours to settle: first passing
    expected = OpeningHours(osm, auto_country=False, auto_timezone=False).is_open(wall.replace(tzinfo=None))
    assert (Hours(osm, zone).open_at(now) is not None) == expected


@given(stores, near_changes)
@settings(max_examples=200, deadline=None)
def test_open_now_next_opening_and_closing_tell_one_story(store: Hours, now: datetime) -> None:
    current, closing, upcoming = store.open_at(now), store.closes_at(now), store.next_opening(now)
    assert upcoming is None or upcoming.start > now
    if current is None:
        assert closing is None
        assert upcoming is not None and store.open_minutes_between(now, upcoming.start) == 0
    elif closing is not None:
        assert closing >= current.end and store.open_at(closing) is None


@given(stores, near_changes, st.integers(1, 7))
@settings(max_examples=200, deadline=None)
def test_a_hold_holds_exactly_so_many_open_days(store: Hours, asked: datetime, n: int) -> None:
    until = store.closing_of_open_day(asked, n)
    after = store.local_day(asked) + timedelta(days=1)
    days = [day for ahead in range(60) if store.day_spans(day := after + timedelta(days=ahead))]
    assert store.day_spans(days[n - 1])[-1].end == until
    assert store.last_morning(until) < until < store.closing_of_next_open_day(until)
