"""How a letter leaves: mail by SMTP, SMS and the store's own channel by Apprise. Nothing here knows what it says.

No lock is held and no transaction is open while something is sent. Whatever reaches a header passes `header_text`:
a name such as `=?UTF-8?Q?Claire=0D=0ABcc:=20…?=` became a real header of its own in several releases of Python's
mail library (CVE-2024-6923), so `self_check` tries such names on the library at hand before anything is sent.
"""

import asyncio
import re
import unicodedata
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parseaddr
from typing import Final
from urllib.parse import quote, unquote, urlsplit

import aiosmtplib
import apprise
from email_validator import EmailNotValidError, validate_email

from booking.letters import Letter
from booking.messages import Channel
from kit.settings import Settings

ANSWERS_WITHIN: Final = 20.0
"""Seconds that a server has for each step."""
SENT_WITHIN: Final = 60.0
"""Seconds for the whole of one letter: less than `messages.LEASE`, so that no other worker sends it meanwhile."""
LONGEST_HEADER: Final = 80

HEADERS: Final = frozenset(
    {
        "From",
        "Reply-To",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "X-Entity-Ref-ID",
        "MIME-Version",
        "Content-Type",
    }
)
"""Every header that a mail of ours may have."""


class Refusal(Exception):
    """It will not be taken, however often it is tried."""


class NotNow(Exception):
    """It was not taken this time."""


class Unsure(Exception):
    """It may have left or not. An SMS costs money and is not sent again: somebody should look."""


class UnsafeMail(SystemExit):
    """The mail library lets a name become a header: nothing may be sent. Exit status 70 (EX_SOFTWARE)."""

    def __init__(self, line: str) -> None:
        self.line = line
        super().__init__(70)

    def __str__(self) -> str:
        return self.line


# A mail and its headers


def header_text(text: str, limit: int = LONGEST_HEADER) -> str:
    """What people typed, made fit for a header: NFC, one line, no sign that controls, nothing that gets decoded."""
    text = unicodedata.normalize("NFC", text)
    text = "".join(" " if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp") else sign for sign in text)
    text = re.sub(r"=(?=\?)|\?(?==)", r"\g<0> ", text)
    return " ".join(text.split())[:limit].rstrip()


def one_address(typed: str) -> str:
    """Exactly one bare address, or `Refusal`."""
    try:
        return validate_email(typed, check_deliverability=False, globally_deliverable=False).normalized
    except EmailNotValidError as refused:
        raise Refusal(f"not a mail address: {refused}") from None


def mail(letter: Letter, message_id: uuid.UUID, *, settings: Settings, now: datetime) -> EmailMessage:
    """The letter as RFC 5322: plain words, HTML, and perhaps an invitation, both as a part that mail programs offer to
    enter into the calendar and as a file. Raises `Refusal` for an address that is none."""
    made = EmailMessage(policy=policy.SMTP)
    sender = parseaddr(settings.mail_from)[1]
    made["From"] = Address(header_text(letter.sender), addr_spec=sender)
    if letter.reply_to:
        made["Reply-To"] = Address(addr_spec=one_address(letter.reply_to))
    made["To"] = Address(addr_spec=one_address(letter.to))
    made["Subject"] = header_text(letter.subject, 78)
    made["Date"] = now
    made["Message-ID"] = f"<{message_id}@{settings.host}>"
    made["Auto-Submitted"] = "auto-generated"
    if letter.ref:
        made["X-Entity-Ref-ID"] = header_text(letter.ref)
    made.set_content(letter.text, charset="utf-8", cte="quoted-printable")
    if letter.html:
        made.add_alternative(letter.html, subtype="html", charset="utf-8", cte="quoted-printable")
    if letter.calendar:
        entry = letter.calendar.decode()
        made.add_alternative(entry, subtype="calendar", charset="utf-8", cte="base64", params={"method": letter.method})
        made.add_attachment(letter.calendar, maintype="application", subtype="ics", filename=letter.attachment)
    return made


_ATTACKS: Final = (
    "=?UTF-8?Q?Claire=0D=0ABcc:=20evil@attack.example?=",
    "=?utf-8?b?Q2xhaXJlDQpCY2M6IGV2aWxAYXR0YWNrLmV4YW1wbGU=?=",
    "Claire\r\nBcc: evil@attack.example\r\n\r\nbody",
    "Claire\x85Bcc: evil@attack.example\u2028Cc: evil@attack.example",
    '"Claire" <evil@attack.example>, Nadia',
    "Claire\x00\x0b\x0c\x1c\x1d\x1e\u2029To: evil@attack.example",
    "==?? =?=?UTF-8?Q?=0ABcc:_evil@attack.example?=?=",
    "=?UTF-8?Q?" + "é" * 60 + "=0D=0ABcc:=20evil@attack.example?=",
    "=?UTF-8?Q?Claire=0D=0A=0D=0A<script>?=",
    "\ud800Claire\r\n Bcc: evil@attack.example",
    "Claire " * 40 + "\r\nBcc: evil@attack.example",
    "",
)
"""What somebody may call herself, hoping to write a header of our mail."""


_SEVERAL: Final = ("a@shop.example, b@attack.example", "a@shop.example\r\nBcc: b@attack.example", "A <a@shop.example>")


def self_check(settings: Settings, names: Iterable[str] = _ATTACKS) -> None:
    """Build mails from hostile names and read them back. Raises `UnsafeMail`, so that a worker does not even start."""
    to, desk, then = "claire@shop.example", "desk@shop.example", datetime(2026, 1, 1, tzinfo=UTC)
    plain = Letter(to=to, channel=Channel.EMAIL, language="fr", template="", subject="", text="Bonjour", reply_to=desk)
    for name in names:
        letter = replace(plain, subject=name, sender=name, ref=name, html="<p>Bonjour</p>")
        invitation = replace(letter, calendar=name.encode(errors="ignore") or b"-", method="REQUEST")
        for one in (letter, invitation):
            built = mail(one, uuid.UUID(int=0), settings=settings, now=then).as_bytes()
            today, before = (
                BytesParser(policy=reading).parsebytes(built) for reading in (policy.default, policy.compat32)
            )
            for read in (today, before):
                if not set(read.keys()) <= HEADERS or len(read.keys()) != len(set(read.keys())):
                    raise UnsafeMail(f"the mail library makes headers of names: {sorted(read.keys())}")
            if [address.addr_spec for address in today["To"].addresses] != [to]:
                raise UnsafeMail("the mail library makes recipients of names")
    for several in _SEVERAL:
        with suppress(Refusal):
            mail(replace(plain, to=several), uuid.UUID(int=0), settings=settings, now=then)
            raise UnsafeMail("several recipients pass as one address")


# Sending


class Channels:
    """The ways out of one worker. The SMTP connection is kept from one letter to the next, until `close`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._server: aiosmtplib.SMTP | None = None
        self._in_use = asyncio.Lock()

    def keeps(self, letter: Letter) -> bool:
        """Whether it goes to the demo's own mailbox: nothing is set up to carry it further."""
        way = self._settings.sms_url if letter.channel == Channel.SMS else self._settings.smtp_url
        return self._settings.demo and not way

    async def send(self, letter: Letter, message_id: uuid.UUID, *, now: datetime) -> None:
        """Hand it over. Raises `Refusal`, `Unsure` or `NotNow`; without any of these, somebody else has it now."""
        match letter.channel:
            case Channel.EMAIL:
                await self._mail(letter, message_id, now=now)
            case Channel.SMS:
                await self._text(letter)
            case Channel.NOTIFY:
                try:
                    await _notify(letter.to, title=letter.subject, body=letter.text)
                except Unsure as unsure:  # told twice is better than not told
                    raise NotNow(str(unsure)) from unsure

    async def greet(self) -> str:
        """Whether the mail server answers, in words for `vitrine doctor`; raises what it meets."""
        if not self._settings.smtp_url:
            return "kept in the demo's own mailbox"
        async with asyncio.timeout(ANSWERS_WITHIN), self._in_use:
            await self._connected()
            await self._hang_up()
        return f"{urlsplit(self._settings.smtp_url).hostname} answers"

    async def close(self) -> None:
        async with self._in_use:
            await self._hang_up()

    async def _mail(self, letter: Letter, message_id: uuid.UUID, *, now: datetime) -> None:
        made = mail(letter, message_id, settings=self._settings, now=now)
        try:
            async with asyncio.timeout(SENT_WITHIN), self._in_use:
                await self._hand_over(made, to=one_address(letter.to))
        except TimeoutError as late:
            raise NotNow("the mail server did not answer in time") from late

    async def _hand_over(self, made: EmailMessage, *, to: str) -> None:
        try:
            server = await self._connected()
            await server.send_message(made, sender=parseaddr(self._settings.mail_from)[1], recipients=[to])
        except BaseException as failure:
            await self._hang_up()
            if isinstance(failure, aiosmtplib.SMTPException | OSError | ValueError):
                raise _meaning(failure) from failure
            raise

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._server is None or not self._server.is_connected:
            url = urlsplit(self._settings.smtp_url)
            self._server = aiosmtplib.SMTP(
                hostname=url.hostname or "localhost",
                port=url.port,
                username=unquote(url.username) if url.username else None,
                password=unquote(url.password) if url.password else None,
                use_tls=url.scheme == "smtps",
                timeout=ANSWERS_WITHIN,
                local_hostname=self._settings.host,
            )
            await self._server.connect()
        return self._server

    async def _hang_up(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            try:
                await asyncio.wait_for(server.quit(), 2)
            except (aiosmtplib.SMTPException, OSError):
                server.close()

    async def _text(self, letter: Letter) -> None:
        if not self._settings.sms_url:
            raise Refusal("no way to send SMS is set up")
        await _notify(self._settings.sms_url.replace("{to}", quote(letter.to, safe="")), title="", body=letter.text)


def _meaning(failure: Exception) -> Refusal | NotNow:
    """What a mail server's answer means for this letter. What is wrong with our own account passes, in time."""
    if isinstance(failure, aiosmtplib.SMTPRecipientsRefused):
        return _meaning(failure.recipients[0])
    if isinstance(failure, aiosmtplib.SMTPNotSupported):
        return Refusal("the mail server cannot write to such an address")
    said = str(failure).replace("\n", " ")
    ours = aiosmtplib.SMTPAuthenticationError | aiosmtplib.SMTPConnectResponseError | aiosmtplib.SMTPSenderRefused
    if isinstance(failure, aiosmtplib.SMTPResponseException) and not isinstance(failure, ours):
        said = f"{failure.code} {failure.message}".replace("\n", " ")
        return Refusal(said) if failure.code >= 500 else NotNow(said)
    return NotNow(f"{type(failure).__name__}: {said}")


async def _notify(url: str, *, title: str, body: str) -> None:
    """One message by Apprise, which waits a little longer than we do: so we know who gave up. Raises as `send` does."""
    way = apprise.Apprise.instantiate(url, suppress_exceptions=True)
    if not isinstance(way, apprise.NotifyBase):
        raise Refusal("Apprise cannot read this address")
    way.socket_connect_timeout = ANSWERS_WITHIN / 2
    way.socket_read_timeout = ANSWERS_WITHIN + 5
    carrier = apprise.Apprise()
    carrier.add(way)
    try:
        async with asyncio.timeout(ANSWERS_WITHIN):
            sent = await carrier.async_notify(body=body, title=title, body_format=apprise.NotifyFormat.TEXT)
    except TimeoutError as late:
        raise Unsure("the provider did not answer in time: it may have been sent") from late
    if not sent:
        raise NotNow("the provider did not take it")
