"""Stock in words: why somebody changed a number, what moved it, who said so, and how far it is to be believed."""

from kit import languages
from kit.languages import gettext, lazy, pgettext
from stores.places import Store
from stores.stock import Confidence, Kind, StockMovement, StoreStock
from web import words

OTHER = "other"
REASONS = {
    "recount": lazy("Counted again"),
    "delivery": lazy("Delivery not booked"),
    "found": lazy("Found again"),
    "missing": lazy("Missing"),
    "broken": lazy("Broken or spoilt"),
    "mistake": lazy("Entered wrongly"),
    OTHER: lazy("Another reason"),
}
"""Why a person changes a number; `other` is said in her own words."""
MOST_SIGNS = 120
"""Of those words."""


def told_reason(code: str, note: str) -> str:
    """As a movement keeps it: `recount`, `recount: behind the till`."""
    return f"{code}: {note}" if note else code


def reason_words(told: str) -> str:
    """A reason that was chosen here, one that an answer to a shopper gave, or what somebody wrote."""
    code, _, note = told.partition(": ")
    if code not in REASONS:
        return words.reason_words(told) or told
    if code == OTHER and note:
        return note
    return f"{REASONS[code]}, {note}" if note else str(REASONS[code])


def kind_words(kind: str) -> str:
    known = {
        Kind.RECEIPT: gettext("Delivery"),
        Kind.SALE: pgettext("movement", "Sale"),
        Kind.RETURN: pgettext("movement", "Return"),
        Kind.COUNT: pgettext("movement", "Count"),
        Kind.TRANSFER_IN: gettext("From another store"),
        Kind.TRANSFER_OUT: gettext("To another store"),
        Kind.DAMAGE: pgettext("movement", "Damaged"),
        Kind.DISPLAY_ON: gettext("Put on show"),
        Kind.DISPLAY_OFF: gettext("Taken off show"),
        Kind.HOLD: pgettext("movement", "Kept for a shopper"),
        Kind.RELEASE: pgettext("movement", "No longer kept"),
        Kind.HANDOVER: pgettext("movement", "Handed over"),
        Kind.SNAPSHOT: gettext("Count in a file"),
    }
    return known.get(Kind(kind), kind) if kind in tuple(Kind) else kind


def source_words(source: str) -> str:
    """Who says so: what we do ourselves, or the name that a till or a file gave itself."""
    known = {
        "staff": gettext("by hand"),
        "reservation": gettext("reservations and appointments"),
        "seed": gettext("opening stock"),
        "import": gettext("a file"),
    }
    head, _, name = source.partition(":")
    return known.get(source) or (f"{known[head]}, {name}" if head in known and name else name or source)


def by_words(movement: StockMovement) -> str:
    return words.who_words(movement.by) if movement.by else ""


# How far it is to be believed


def level_words(level: str) -> str:
    return {
        Confidence.HIGH: pgettext("confidence", "sure"),
        Confidence.MEDIUM: pgettext("confidence", "to check"),
        Confidence.LOW: pgettext("confidence", "doubtful"),
    }[Confidence(level)]


def signal_words(signal: str, level: str, cell: StoreStock, store: Store) -> str:
    """One of the reasons of `stores.stock.confidence`, as a sentence."""
    if signal == "seen" and cell.seen_at is None:
        return gettext("Nobody is known to have had it in her hands.")
    if signal == "fed" and cell.fed_at is None:
        return gettext("The till has never said how many there are.")
    if signal == "accepted" and store.acceptance is None:
        return gettext("How often this store finds what it looks for is not known yet.")
    return _sentences(str(store.acceptance))[signal, level]


def _sentences(acceptance: str) -> dict[tuple[str, str], str]:
    rate = languages.number_words(int(acceptance)) if acceptance.isdigit() else ""
    return {
        ("spare", "high"): gettext("Something is left beyond what is promised."),
        ("spare", "medium"): gettext("Nothing is left beyond what is promised."),
        ("spare", "low"): gettext("More is promised than is there."),
        ("not_found", "high"): gettext("Nobody has looked for it in vain for 30 days."),
        ("not_found", "medium"): gettext("Somebody looked for it in vain less than 30 days ago."),
        ("not_found", "low"): gettext("Somebody looked for it in vain less than 7 days ago."),
        ("seen", "high"): gettext("Somebody had it in her hands less than 30 days ago."),
        ("seen", "medium"): gettext("Nobody has had it in her hands for 30 days."),
        ("seen", "low"): gettext("Nobody has had it in her hands for 90 days."),
        ("accepted", "high"): gettext("This store finds %(rate)s of 100 articles that it looks for.", rate=rate),
        ("accepted", "medium"): gettext("This store finds only %(rate)s of 100 articles that it looks for.", rate=rate),
        ("accepted", "low"): gettext("This store finds only %(rate)s of 100 articles that it looks for.", rate=rate),
        ("fed", "high"): gettext("The till has spoken when it was to."),
        ("fed", "medium"): gettext("The till is late."),
        ("fed", "low"): gettext("The till has said nothing for three times as long as it may."),
    }
