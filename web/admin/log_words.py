"""The journal in words: what an entry is about, what happened, and who did it. What is not known is shown as it is."""

from collections.abc import Mapping
from typing import Any

from kit import languages
from kit.languages import gettext, pgettext
from stores.staff import Role
from web import appointment_words, words
from web.admin import store_form, store_week
from web.admin.typed import Form
from web.merch.article import fields
from web.merch.stock import words as stock_words

SUBJECTS = (
    "reservation", "appointment", "product", "stock", "batch", "collection", "medium", "attribute", "store", "service",
    "advisor", "space", "account", "key", "calendar",
)  # fmt: skip
"""Offered as a filter, in this order."""
BOOKED = (
    *words.TONES, *appointment_words.TONES, "verified", "extended", "postponed", "exported", "erased", "left_to_staff",
    "alarm_amber", "alarm_manager", "alarm_group", "moved", "prepared", "unprepared", "check_done", "check_undone",
    "item_added", "note", "given_back", "reserved", "reachable", "said_late", "said_bring", "said_free",
)  # fmt: skip
"""Events of reservations and appointments."""


def subject_words(subject: str) -> str:
    known = {
        "reservation": gettext("Reservation"),
        "appointment": gettext("Appointment"),
        "product": gettext("Article"),
        "stock": gettext("Stock"),
        "batch": gettext("Import"),
        "collection": gettext("Collection"),
        "medium": gettext("Image"),
        "attribute": gettext("Attribute"),
        "store": gettext("Store"),
        "service": gettext("Service"),
        "advisor": gettext("Advisor"),
        "space": gettext("Space"),
        "account": gettext("Account"),
        "key": gettext("API key"),
        "calendar": gettext("Calendar"),
    }
    return known.get(subject, subject)


def _known() -> dict[str, str]:
    """Events that the pages of reservations and appointments do not say."""
    return {
        "added": pgettext("event", "Added"),
        "changed": pgettext("event", "Changed"),
        "removed": pgettext("event", "Removed"),
        "published": gettext("Published"),
        "withdrawn": pgettext("event", "Withdrawn"),
        "picture_added": gettext("Picture added"),
        "hours": gettext("Hours of the week changed"),
        "day_set": gettext("Exceptional day"),
        "day_removed": gettext("Exceptional day taken back"),
        "signed_in": gettext("Signed in"),
        "locked": gettext("Locked after wrong codes"),
        "invited": gettext("Invited"),
        "invited_again": gettext("Invited again"),
        "rights": gettext("Role or stores changed"),
        "disabled": gettext("Disabled"),
        "enabled": gettext("Enabled again"),
        "sessions_ended": gettext("Signed out everywhere"),
        "totp_set": gettext("Authenticator set up"),
        "totp_forgotten": gettext("Authenticator taken away"),
        "recovery_codes": gettext("New recovery codes"),
        "recovery_code_used": gettext("Recovery code used"),
        "password_changed": gettext("Password changed"),
        "password_reset": gettext("Password chosen by a mailed link"),
        "rotated": gettext("Replaced by a new key"),
        "revoked": gettext("Revoked"),
        "counted": pgettext("event", "Counted"),
        "kept_back": gettext("Units kept back"),
        "on_show": pgettext("event", "On show"),
        "store_price": gettext("Price of the store"),
        "uploaded": gettext("File received"),
        "checking": gettext("Columns named, being checked"),
        "checked": gettext("Checked, waits for a yes"),
        "quarantined": gettext("Held back for a person to look"),
        "confirmed": gettext("Agreed to"),
        "applying": gettext("Being applied"),
        "applied": gettext("Applied"),
        "undoing": gettext("Being undone"),
        "undone": pgettext("event", "Undone"),
        "cancelled": pgettext("event", "Cancelled"),
        "failed": gettext("The file could not be used"),
    }


def event_words(subject: str, event: str) -> str:
    """What happened; an event that nobody named is shown as it is."""
    if subject == "appointment":
        return appointment_words.event_words(event)
    if subject == "reservation":
        return words.event_words(event)
    return _known().get(event, event)


def events_called(typed: str) -> list[str]:
    """Events whose words have this in them, in the language of the page: people search what they read."""
    wanted = typed.casefold()
    plain = [event for event, said in _known().items() if wanted in said.casefold()]
    booked = [
        event
        for event in BOOKED
        if wanted in words.event_words(event).casefold() or wanted in appointment_words.event_words(event).casefold()
    ]
    return [*plain, *booked]


def who_words(by: str) -> str:
    """Who did it; the command line is nobody's name."""
    return gettext("the command line") if by == "command" else words.who_words(by)


def value_words(subject: str, event: str, value: str) -> str:
    """What stood there, or stands there now."""
    if not value:
        return ""
    if subject == "reservation":
        return words.status_words(value) if value in words.TONES else value
    if subject == "appointment":
        return appointment_words.status_words(value) if value in appointment_words.TONES else value
    if subject == "account":
        role, _, stores = value.partition(": ")
        if role in tuple(Role):
            return words.role_words(role) + (f" ({stores})" if stores else "")
    if subject == "product":
        return fields.state_words().get(value, value)
    if subject == "collection":
        return {"draft": pgettext("collection", "draft"), "published": pgettext("collection", "published")}.get(
            value, value
        )
    if subject == "store" and value == "off":
        return gettext("closed")
    return value


def reason_words(subject: str, reason: str) -> str:
    """Why, where a reason was given; what people typed stays as it was typed."""
    if subject == "stock" and reason:
        return stock_words.reason_words(reason)
    return words.end_words(reason) if subject == "reservation" else reason


def change_words(subject: str, detail: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Fields that changed: (field, before, after)."""
    changes = detail.get("changes") or detail.get("fields")
    if not isinstance(changes, dict):
        return []
    found = []
    for name, pair in changes.items():
        if not isinstance(pair, list) or len(pair) != 2:
            continue
        before, after = (str(value) for value in pair)
        label = name
        if subject == "store":
            label = store_form.label_of(name, ())
            label = store_week.label_of(name) if label == name else label
            before, after = store_form.shown(name, before), store_form.shown(name, after)
        elif subject == "product":
            label, before, after = _of_article(name, before, after)
        found.append((languages.upper_first(label), before, after))
    return found


def _of_article(name: str, before: str, after: str) -> tuple[str, str, str]:
    """A field of an article; that of a row is called as its column, because the row may be gone."""
    key, dash, _ = name.partition("-")
    kind = next((kind for kind, pattern in fields.ROWS.items() if dash and pattern.fullmatch(key)), "")
    label = fields.labels(Form({kind: key} if kind else {}), ()).get(name, name)
    label = label.partition(", ")[2] if kind else label
    if name in fields.TICKS or name.endswith(("-hidden", "-remove")):
        before, after = (gettext("yes") if value else gettext("no") for value in (before, after))
    elif name == "state":
        before, after = (fields.state_words().get(value, value) for value in (before, after))
    return label or name, before or "–", after or "–"
