"""The hours of a week as a form: a grid for people, OpenStreetMap's words for experts, and the season.

Whichever of grid and words was changed wins. Words that say more than a grid can leave it empty, with a note.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from typing import Any
from zoneinfo import available_timezones

from babel.dates import get_day_names

from kit import languages
from kit.languages import Translated, gettext, pgettext
from stores import opening
from stores.hours import MIDNIGHT, BadHours, DayHours, Hours, UnknownRegion, check_hours, public_holidays
from stores.opening import MOST_SPANS, Grid
from stores.places import Store
from web import views
from web.admin import changed
from web.admin.typed import Form, read_time, show_time

NIGHT = 6 * 60
"""An end until then, before its beginning, is meant on the day after."""
AHEAD = 14
"""Days that the preview shows."""
NEW_STORE = "Mo-Sa 10:00-19:00"
REGIONS = (
    "FR", "FR-57", "FR-6AE", "FR-971", "FR-972", "FR-973", "FR-974", "FR-976", "BE", "LU", "CH", "MC", "DE", "ES", "IT",
    "NL", "PT", "AT", "IE", "GB",
)  # fmt: skip
"""Offered in this order; a store may have another, which then stays."""


@dataclass(frozen=True)
class Line:
    """A day as shoppers read it."""

    day: date
    words: str
    hours: str
    exceptional: bool
    why: str


def reason_words(bad: BadHours) -> str:
    """Why hours cannot be kept, in the language of the page."""
    return {
        "syntax": gettext("These hours cannot be read, or run into each other."),
        "holidays": gettext("Public and school holidays are entered as exceptional days, not in the weekly hours."),
        "sun": gettext("Hours are given by the clock, not by the sun."),
        "comment": gettext("Each comment needs its days or times beside it."),
        "never": gettext("With these hours the store never opens."),
    }[bad.reason]


def region_words(region: str) -> str:
    """Whose public holidays."""
    known = {
        "FR": gettext("France"),
        "FR-57": gettext("Moselle"),
        "FR-6AE": gettext("Alsace"),
        "FR-971": gettext("Guadeloupe"),
        "FR-972": gettext("Martinique"),
        "FR-973": gettext("French Guiana"),
        "FR-974": gettext("La Réunion"),
        "FR-976": gettext("Mayotte"),
    }
    locale = languages.LOCALES[languages.language()]
    return known.get(region) or locale.territories.get(region.partition("-")[0], region)


def weekdays() -> list[str]:
    names = get_day_names("wide", locale=languages.LOCALES[languages.language()])
    return [languages.upper_first(names[number]) for number in range(7)]


@cache
def zones() -> frozenset[str]:
    return frozenset(available_timezones())


# What stands in the form


def values_of(store: Store | None) -> dict[str, str]:
    """What stands in the fields."""
    osm = store.hours_osm if store else NEW_STORE
    return {
        **grid_values(opening.grid_of(osm)),
        "osm": osm,
        "opens_on": store.opens_on.isoformat() if store and store.opens_on else "",
        "closes_on": store.closes_on.isoformat() if store and store.closes_on else "",
        "timezone": store.timezone if store else "Europe/Paris",
        "region": store.region if store else "FR",
    }


def grid_values(grid: Grid | None) -> dict[str, str]:
    """The fields of the grid; all empty for hours that it cannot say."""
    values = {}
    for day in range(7):
        spans = grid[day] if grid else []
        for span in range(MOST_SPANS):
            opens, closes = spans[span] if span < len(spans) else (None, None)
            values[f"d{day}-{span}-from"] = "" if opens is None else show_time(opens)
            values[f"d{day}-{span}-to"] = "" if closes is None else show_time(closes)
    return values


def label_of(name: str) -> str:
    """What a field is called."""
    if name[:1] == "d" and name[1:2].isdigit():
        end = pgettext("hour", "From") if name.endswith("-from") else pgettext("hour", "To")
        return f"{weekdays()[int(name[1])]}, {end.lower()}"
    return {
        "osm": gettext("Hours in OpenStreetMap’s words"),
        "opens_on": gettext("First day of the season"),
        "closes_on": gettext("Last day of the season"),
        "timezone": gettext("Time zone"),
        "region": gettext("Public holidays of"),
    }.get(name, name)


# What the form says


def read(form: Form, marks: str) -> dict[str, Any]:
    """Columns of the store. Raises `Invalid`, with what is wrong beside each field."""
    first = form.day("opens_on", label_of("opens_on"), needed=False)
    last = form.day("closes_on", label_of("closes_on"), needed=False)
    if first and last and last < first:
        form.wrong("closes_on", gettext("The season ends before it begins."))
    zone, region = form["timezone"].strip(), form["region"].strip()
    if zone not in zones():
        form.wrong("timezone", gettext("Time zone: write its name, such as Europe/Paris."))
    try:
        public_holidays(region, date(2026, 1, 1), date(2026, 1, 1))
    except (UnknownRegion, ValueError):
        form.wrong("region", gettext("Public holidays: choose one of the list."))
    osm = _osm(form, marks)
    form.check()
    return {"hours_osm": osm, "opens_on": first, "closes_on": last, "timezone": zone, "region": region}


def _osm(form: Form, marks: str) -> str:
    touched = changed.touched(marks, form)
    by_grid, by_words = any(name.startswith("d") for name in touched), "osm" in touched
    osm = form.line("osm", 500)
    if by_grid:
        grid = read_grid(form)
        if grid is None:
            return osm
        try:
            drawn = opening.osm_of(grid)
        except BadHours as bad:
            form.wrong("d0-0-from", reason_words(bad))
            return osm
        if by_words and opening.grid_of(osm) != grid:
            words = gettext("The grid and these words were both changed and do not say the same: change one of them.")
            form.wrong("osm", words)
        return drawn
    try:
        check_hours(osm)
    except BadHours as bad:
        form.wrong("osm", reason_words(bad))
    return osm


def read_grid(form: Form) -> Grid | None:
    """The week of the grid; None where something in it is wrong, which stands beside its field then."""
    grid, whole = [], True
    for day, name in enumerate(weekdays()):
        spans = read_spans(form, f"d{day}", name)
        whole = whole and spans is not None
        grid.append(spans or [])
    return grid if whole else None


def read_spans(form: Form, prefix: str, label: str) -> list[tuple[int, int]] | None:
    """The openings of one day, in order; None where one is wrong."""
    spans, right = [], True
    for number in range(MOST_SPANS):
        first, last = f"{prefix}-{number}-from", f"{prefix}-{number}-to"
        if not form[first].strip() and not form[last].strip():
            continue
        opens, closes = read_time(form[first]), read_time(form[last])
        if opens is None or closes is None or opens == MIDNIGHT:
            form.wrong(
                first if opens in (None, MIDNIGHT) else last,
                gettext("%(field)s: write times such as 9:30 and 18:00.", field=label),
            )
            right = False
            continue
        if closes <= opens:
            if closes > NIGHT:
                form.wrong(last, gettext("%(field)s: it closes before it opens.", field=label))
                right = False
                continue
            closes += MIDNIGHT
        spans.append((opens, closes))
    spans.sort()
    for (_, closes), (opens, _) in pairwise(spans):
        if opens <= closes:
            form.wrong(f"{prefix}-0-from", gettext("%(field)s: these times run into each other.", field=label))
            right = False
    return spans if right else None


# What shoppers will read


def context(form: Form, today: date) -> dict[str, Any]:
    """What templates with the grid are given."""
    regions = dict.fromkeys((*REGIONS, form["region"]))
    return {
        "weekdays": list(enumerate(weekdays())),
        "spans": range(MOST_SPANS),
        "regions": [(region, region_words(region)) for region in regions if region],
        "beyond_grid": bool(form["osm"])
        and not any(form[f"d{day}-{span}-from"] for day in range(7) for span in range(MOST_SPANS)),
        "today": today.isoformat(),
    }


def ahead(hours: Hours, reasons: Mapping[date, Translated], today: date) -> Sequence[Line]:
    """A fortnight from today on, as the page of the store says it."""
    days: list[DayHours] = [*hours.week(today), *hours.week(today + timedelta(days=7))]
    return [
        Line(
            day=one.day,
            words=languages.upper_first(languages.day_words(one.day, today)),
            hours=views.times_words(one.times),
            exceptional=one.exceptional,
            why=reasons[one.day].text() if one.exceptional and one.day in reasons else "",
        )
        for one in days[:AHEAD]
    ]
