"""The letter itself: what leaves, or why nothing does."""

from dataclasses import dataclass, replace
from typing import Any, Final

from booking.letters import writing
from booking.messages import Channel, Message
from kit.settings import Settings
from stores.places import Store

LONGEST_SUBJECT: Final = 78


@dataclass(frozen=True)
class Letter:
    """One message, ready to leave. `html` is empty where the channel carries plain words only."""

    to: str
    channel: Channel
    language: str
    template: str
    subject: str
    text: str
    html: str = ""
    links: tuple[str, ...] = ()
    sender: str = ""
    """The name it comes from: the store's, or the house's."""
    reply_to: str = ""
    """The mailbox that someone reads; empty for what nobody should answer."""
    ref: str = ""
    """The code of the booking it is about."""
    calendar: bytes = b""
    """An invitation (iCalendar) that goes with it, or takes one back; empty where there is none."""
    method: str = ""
    """Of the invitation: `REQUEST` or `CANCEL`."""

    @property
    def attachment(self) -> str:
        """The name of the invitation as a file; empty where there is none."""
        return _FILES[self.language] if self.calendar else ""


_FILES: Final = {"fr": "rendez-vous.ics", "en": "appointment.ics"}


@dataclass(frozen=True)
class Dropped:
    """It must not be sent any more."""

    reason: str


class Unreachable(Exception):
    """Nothing that we know of her can receive it: somebody should call."""


def put_together(
    message: Message,
    channel: Channel,
    to: str,
    facts: dict[str, Any],
    *,
    store: Store | None,
    settings: Settings,
    ref: str = "",
    template: str = "",
) -> Letter:
    """The words of the message's template (or of another) with these facts, in the form that its channel carries."""
    template = template or message.template
    written = writing.write(template, message.language, facts)
    letter = Letter(
        to=to,
        channel=channel,
        language=message.language,
        template=message.template,
        subject=written.subject[:LONGEST_SUBJECT],
        text="",
        links=written.links,
        sender=store.name if store else settings.house_name,
        reply_to=store.email if store else "",
        ref=ref,
    )
    if channel == Channel.SMS:
        text = writing.write_sms(template, message.language, facts)
        return replace(letter, subject="", text=text, links=(facts["short_link"],))
    if channel == Channel.NOTIFY:
        return replace(letter, text=writing.as_note(written))
    return replace(letter, text=writing.as_text(written), html=writing.as_html(written, house=settings.house_name))
