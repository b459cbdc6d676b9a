"""The figures in words: what each is called, what it means, what it came to, and what it came to before."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from booking.figures import Counts, Share, Spread
from kit import languages
from kit.languages import gettext, ngettext


@dataclass(frozen=True)
class Figure:
    """`value` is empty where there is nothing to count yet; `empty` says from when there will be."""

    key: str
    name: str
    value: str
    over: str
    """What it was counted over, and what is not in it."""
    before: str
    meaning: str
    empty: str = ""


Of = Callable[[Counts], Share]


def percent_words(share: Share) -> str:
    number = "" if share.percent is None else languages.number_words(share.percent)
    return gettext("%(number)s%%", number=number) if number else ""


def minutes_words(minutes: float | None) -> str:
    if minutes is None:
        return ""
    return languages.duration_words(round(minutes)) if minutes >= 0.5 else gettext("less than a minute")


def _round(minutes: float | None) -> int | None:
    return None if minutes is None else round(minutes)


def than_before(now: float | None, before: float | None, said: str) -> str:
    """How it compares with the period before, in words."""
    if now is None or before is None:
        return ""
    if now == before:
        return gettext("as before: %(before)s", before=said)
    if now > before:
        return gettext("more than before: %(before)s", before=said)
    return gettext("less than before: %(before)s", before=said)


def _tenth(number: float) -> Decimal:
    return Decimal(round(number * 10)).scaleb(-1)


def _and(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def _n(count: int) -> str:
    return languages.number_words(count)


def _if(count: int, words: str) -> str:
    """Nothing is not said."""
    return words if count else ""


def share(
    key: str, name: str, now: Counts, before: Counts, of: Of, meaning: str, aside: str = "", empty: str = ""
) -> Figure:
    here, there = of(now), of(before)
    part, whole = languages.number_words(here.part), languages.number_words(here.of)
    over = gettext("%(part)s of %(whole)s", part=part, whole=whole) if here.of else ""
    return Figure(
        key,
        name,
        percent_words(here),
        _and(over, aside),
        than_before(here.percent, there.percent, percent_words(there)),
        meaning,
        empty or gettext("nothing to count yet"),
    )


def number(key: str, name: str, now: int, before: int, meaning: str, aside: str = "") -> Figure:
    said = languages.number_words(before)
    return Figure(key, name, languages.number_words(now), aside, than_before(now, before, said), meaning)


def spread(
    key: str, name: str, now: Spread, before: Spread, meaning: str, aside: str = "", of_most: bool = False
) -> Figure:
    """Half of them, or nine of ten, took so long at most."""
    here, there = (one.most if of_most else one.half for one in (now, before))
    said = minutes_words(here)
    if said and not of_most:
        most = gettext("nine of ten within %(time)s", time=minutes_words(now.most))
        aside = _and(most, aside)
    counted = gettext("n = %(count)s", count=_n(now.n)).replace(" ", languages.NO_BREAK) if now.n else ""
    compared = than_before(_round(here), _round(there), minutes_words(there))
    return Figure(
        key,
        name,
        said,
        _and(aside, counted),
        compared,
        meaning,
        gettext("nothing to count yet"),
    )


def head(now: Counts, before: Counts, next_answer: str, next_end: str) -> list[Figure]:
    """The five on top; `next_answer` and `next_end` say when something will be there to count."""
    ends = (
        gettext("from %(when)s on, when the next hold ends", when=next_end)
        if next_end
        else gettext("from the first hold that ends")
    )
    return [
        number(
            "requests",
            gettext("Requests"),
            now.requests,
            before.requests,
            gettext(
                "Reservations that were asked for in the period. A request whose address was never confirmed is none."
            ),
            _and(
                _if(
                    now.waiting,
                    ngettext(
                        "%(num)s waits for an answer", "%(num)s wait for an answer", now.waiting, num=_n(now.waiting)
                    ),
                ),
                _if(
                    now.unanswered,
                    ngettext(
                        "%(num)s was never answered",
                        "%(num)s were never answered",
                        now.unanswered,
                        num=_n(now.unanswered),
                    ),
                ),
            ),
        ),
        share(
            "in-time",
            gettext("Answered in time"),
            now,
            before,
            lambda one: one.answered_in_time,
            gettext(
                "Requests answered by the time that was promised, of all whose time ran out in the period. What "
                "is confirmed by Vitrine itself is counted apart."
            ),
            _and(
                _if(
                    now.by_worker,
                    ngettext(
                        "%(num)s confirmed by Vitrine itself",
                        "%(num)s confirmed by Vitrine itself",
                        now.by_worker,
                        num=_n(now.by_worker),
                    ),
                ),
                _if(
                    now.due_withdrawn,
                    ngettext(
                        "%(num)s of them withdrawn before that time",
                        "%(num)s of them withdrawn before that time",
                        now.due_withdrawn,
                        num=_n(now.due_withdrawn),
                    ),
                ),
            ),
            gettext("from %(when)s on, when the next request is to be answered", when=next_answer)
            if next_answer
            else gettext("from the first request on"),
        ),
        share(
            "collected",
            gettext("Collected"),
            now,
            before,
            lambda one: one.collection,
            gettext(
                "Reservations that were collected, of those that were ready in the period and whose time to "
                "collect has ended: collected, not collected, or cancelled once ready."
            ),
            _if(
                now.still_held,
                ngettext("%(num)s still kept", "%(num)s still kept", now.still_held, num=_n(now.still_held)),
            ),
            ends,
        ),
        number(
            "appointments",
            gettext("Appointments"),
            now.appointments,
            before.appointments,
            gettext("Appointments that begin in the period and were neither declined nor cancelled."),
            _and(
                _if(
                    now.stayed_away,
                    ngettext(
                        "%(num)s visitor did not come",
                        "%(num)s visitors did not come",
                        now.stayed_away,
                        num=_n(now.stayed_away),
                    ),
                ),
                _if(
                    now.visits_ahead,
                    ngettext(
                        "%(num)s to come or to settle",
                        "%(num)s to come or to settle",
                        now.visits_ahead,
                        num=_n(now.visits_ahead),
                    ),
                ),
            ),
        ),
        share(
            "no-show",
            gettext("Not collected"),
            now,
            before,
            lambda one: one.no_show,
            gettext(
                "Reservations that were ready and never collected, of those collected or not; cancelled ones are "
                "left out."
            ),
            "",
            ends,
        ),
    ]


def rest(now: Counts, before: Counts) -> Sequence[tuple[str, list[Figure]]]:
    """All others, by what they are about."""
    return [
        (gettext("Answers"), _answers(now, before)),
        (gettext("What was there"), _found(now, before)),
        (gettext("Visits and purchases"), _visits(now, before)),
    ]


def _answers(now: Counts, before: Counts) -> list[Figure]:
    unanswered = _if(
        now.unanswered,
        ngettext(
            "%(num)s never answered, counted as late",
            "%(num)s never answered, counted as late",
            now.unanswered,
            num=_n(now.unanswered),
        ),
    )
    each = "" if now.messages_each is None else languages.number_words(_tenth(now.messages_each))
    each_before = "" if before.messages_each is None else languages.number_words(_tenth(before.messages_each))
    return [
        spread(
            "confirmation",
            gettext("Time to the answer"),
            now.confirmation,
            before.confirmation,
            gettext(
                "Open minutes of the store from the request to its first answer; half of the answers took no longer."
            ),
            unanswered,
        ),
        spread(
            "confirmation-clock",
            gettext("Time to the answer, by the clock"),
            now.confirmation_by_the_clock,
            before.confirmation_by_the_clock,
            gettext("The same with nights and closed days: what the shopper waits."),
        ),
        spread(
            "ready",
            gettext("Time until it is ready"),
            now.readiness,
            before.readiness,
            gettext("Open minutes of the store from the request until the bag is behind the desk."),
        ),
        share(
            "offers",
            gettext("Offers taken"),
            now,
            before,
            lambda one: one.offers_taken,
            gettext(
                "Another article, offered in place of one that was missing, and accepted. An offer that nobody "
                "answers is refused."
            ),
            _if(
                now.offers_open,
                ngettext(
                    "%(num)s not answered yet", "%(num)s not answered yet", now.offers_open, num=_n(now.offers_open)
                ),
            ),
        ),
        Figure(
            "messages",
            gettext("Messages for each request"),
            each,
            _if(
                now.messages,
                ngettext("%(num)s message sent", "%(num)s messages sent", now.messages, num=_n(now.messages)),
            ),
            than_before(now.messages_each, before.messages_each, each_before),
            gettext("Messages that left for the shopper, divided by the requests of the period."),
            gettext("nothing to count yet"),
        ),
    ]


def _found(now: Counts, before: Counts) -> list[Figure]:
    return [
        share(
            "acceptance",
            gettext("Articles found"),
            now,
            before,
            lambda one: one.acceptance,
            gettext("Units found at the first answer, of the units asked for, where a person has answered."),
        ),
        share(
            "full",
            gettext("Found whole"),
            now,
            before,
            lambda one: one.full_acceptance,
            gettext("Requests of which every unit was found, of those that a person has answered."),
        ),
        share(
            "picked",
            gettext("Set aside"),
            now,
            before,
            lambda one: one.picked,
            gettext("Units put behind the desk, or handed straight over, of the units confirmed."),
            _if(
                now.pending_units,
                ngettext(
                    "%(num)s unit still being prepared",
                    "%(num)s units still being prepared",
                    now.pending_units,
                    num=_n(now.pending_units),
                ),
            ),
        ),
        share(
            "broken",
            gettext("Broken promises"),
            now,
            before,
            lambda one: one.broken,
            gettext("Units that were confirmed and then were not there, of the units confirmed."),
        ),
        share(
            "truth",
            gettext("Stock that tells the truth"),
            now,
            before,
            lambda one: one.stock_truth,
            gettext(
                "Lines of requests that were looked for, less those that could not be found, "
                "of all that were looked for."
            ),
        ),
    ]


def _visits(now: Counts, before: Counts) -> list[Figure]:
    still_open = _if(
        now.still_open,
        ngettext("%(num)s not ended yet", "%(num)s not ended yet", now.still_open, num=_n(now.still_open)),
    )
    return [
        share(
            "conversion",
            gettext("Visits with a purchase"),
            now,
            before,
            lambda one: one.conversion,
            gettext("Reservations collected of which at least one unit was bought, of those collected."),
        ),
        share(
            "units",
            gettext("Units bought"),
            now,
            before,
            lambda one: one.unit_conversion,
            gettext("Units bought, of the units shown at the desk."),
        ),
        share(
            "yield",
            gettext("Requests that led to a purchase"),
            now,
            before,
            lambda one: one.yielded,
            gettext("Reservations with a purchase, of all requests of the period."),
            still_open,
        ),
        spread(
            "put-back",
            gettext("Time back to the shelf"),
            now.putting_back,
            before.putting_back,
            gettext(
                "Open minutes of the store from the end of a hold, or a cancellation, until the article is on its "
                "shelf again; nine of ten took no longer."
            ),
            _if(
                now.put_back_open,
                ngettext(
                    "%(num)s not put back yet", "%(num)s not put back yet", now.put_back_open, num=_n(now.put_back_open)
                ),
            ),
            of_most=True,
        ),
        share(
            "missed",
            gettext("Appointments missed"),
            now,
            before,
            lambda one: one.visits_missed,
            gettext("Appointments whose visitor did not come, of those that took place or should have."),
        ),
    ]
