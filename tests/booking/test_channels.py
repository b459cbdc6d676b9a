"""How letters leave: what a mail is made of, what a server's answer means, and what never becomes a header."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Event, Thread
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import select, update

from booking import channels as ways
from booking import mailbox, messages
from booking.channels import HEADERS, Channels, NotNow, Refusal, UnsafeMail, Unsure, header_text, mail, self_check
from booking.letters import Letter
from booking.messages import Channel, Message, State
from booking.reservations.states import Status
from booking.reservations.tables import Reservation
from kit.settings import Settings
from tests.booking.told import NOW, open_store, queued, reserved, shelve
from web.delivery import deliver

pytestmark = pytest.mark.filterwarnings("ignore:.*imghdr:DeprecationWarning")  # read by a plugin of Apprise

SOME_ID = uuid.UUID("6f1c2b1e-8f5c-4d52-9d6a-3a4c2f1f0e11")
LETTER = Letter(
    to="lea@exemple.example",
    channel=Channel.EMAIL,
    language="fr",
    template="ready",
    subject="Vos articles vous attendent",
    text="Bonjour Léa,\n\nÀ présenter\u202f: le code K7QM-4T2X.\n",
    html="<!doctype html><html lang=fr><body><h1>Vos articles</h1><p>Bonjour Léa</p></body></html>",
    links=("http://vitrine.test/fr/my/x",),
    sender="Aurore Presqu’île",
    reply_to="lyon@aurore.example",
    ref="K7QM-4T2X",
)
PLAIN = Settings(
    base_url="https://vitrine.example", secret_key="x" * 32, mail_from="Vitrine <boutique@vitrine.example>"
)


class Sink:
    """A mail server that keeps what it takes, and answers as it is told."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.answer_rcpt = "250 OK"
        self.answer_data = "250 OK"
        self.hang = 0.0
        self.meanwhile: Callable[[], Awaitable[None]] | None = None
        self.connections = 0
        self.url = ""

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]) -> Any:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.answer_rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer_rcpt

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        await asyncio.sleep(self.hang)
        if self.meanwhile:
            await self.meanwhile()
        if self.answer_data == "reset":
            server.transport.abort()
            return "250 too late"
        if self.answer_data.startswith("250"):
            self.taken.append(message_from_bytes(envelope.content, policy=policy.default))
            self.envelopes.append((envelope.mail_from, envelope.rcpt_tos))
        return self.answer_data


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    """Listens on `url`."""
    sink = Sink()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(sink, hostname="sink", loop=loop), "127.0.0.1", 0)
    sink.url = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield sink
    server.close()
    await server.wait_closed()


@pytest.fixture
async def post(sink: Sink) -> AsyncIterator[Channels]:
    channels = Channels(replace(PLAIN, smtp_url=sink.url))
    yield channels
    await channels.close()


# What a mail is made of


async def test_a_mail_arrives_with_both_parts_and_exactly_our_headers(sink, post):
    await post.send(LETTER, SOME_ID, now=NOW)
    (read,) = sink.taken
    assert set(read.keys()) - {"X-Peer", "X-MailFrom", "X-RcptTo"} == HEADERS
    assert read["From"] == "Aurore Presqu’île <boutique@vitrine.example>"
    assert read["Reply-To"] == "lyon@aurore.example"
    assert read["To"] == "lea@exemple.example"
    assert read["Subject"] == LETTER.subject
    assert read["Date"].datetime == NOW
    assert read["Message-ID"] == f"<{SOME_ID}@vitrine.example>"
    assert read["Auto-Submitted"] == "auto-generated"
    assert read["X-Entity-Ref-ID"] == "K7QM-4T2X"
    assert read.get_content_type() == "multipart/alternative"
    parts = list(read.iter_parts())
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    assert {part["Content-Transfer-Encoding"] for part in parts} == {"quoted-printable"}
    assert parts[0].get_content().replace("\r\n", "\n") == LETTER.text
    assert parts[1].get_content().strip() == LETTER.html
    assert sink.envelopes == [("boutique@vitrine.example", ["lea@exemple.example"])]


async def test_one_connection_carries_several_mails(sink, post):
    for number in range(3):
        await post.send(LETTER, uuid.UUID(int=number), now=NOW)
    assert len({read["Message-ID"] for read in sink.taken}) == 3
    assert sink.connections == 1


async def test_a_refused_address_does_not_cost_the_next_mail(sink, post):
    sink.answer_rcpt = "550 no such person"
    with pytest.raises(Refusal):
        await post.send(LETTER, SOME_ID, now=NOW)
    sink.answer_rcpt = "250 OK"
    await post.send(LETTER, SOME_ID, now=NOW)
    assert len(sink.taken) == 1


def test_a_mail_to_an_account_names_no_booking_and_no_mailbox():
    made = mail(replace(LETTER, reply_to="", ref=""), SOME_ID, settings=PLAIN, now=NOW)
    assert HEADERS - set(made.keys()) == {"Reply-To", "X-Entity-Ref-ID"}


def test_no_line_of_a_mail_is_longer_than_smtp_allows():
    long = replace(LETTER, text="é" * 5000, html=f"<p>{'é' * 5000}</p>", subject="é" * 78, sender="é" * 200)
    assert max(len(line) for line in mail(long, SOME_ID, settings=PLAIN, now=NOW).as_bytes().split(b"\r\n")) <= 78


# What a server's answer means


@pytest.mark.parametrize(
    ("answers", "meaning"),
    [
        ({"answer_rcpt": "550 5.1.1 no such person"}, Refusal),
        ({"answer_rcpt": "450 4.2.1 try later"}, NotNow),
        ({"answer_data": "554 5.7.1 not this content"}, Refusal),
        ({"answer_data": "451 4.3.0 try later"}, NotNow),
        ({"answer_data": "421 4.3.2 closing"}, NotNow),
        ({"answer_data": "reset"}, NotNow),
    ],
)
async def test_a_final_answer_is_final_and_a_temporary_one_is_not(answers, meaning, sink, post):
    for name, value in answers.items():
        setattr(sink, name, value)
    with pytest.raises(meaning):
        await post.send(LETTER, SOME_ID, now=NOW)


async def test_a_server_that_is_away_is_asked_again_later():
    with pytest.raises(NotNow):
        await Channels(replace(PLAIN, smtp_url="smtp://127.0.0.1:9")).send(LETTER, SOME_ID, now=NOW)


async def test_a_server_that_hangs_is_left(sink, post, monkeypatch):
    monkeypatch.setattr(ways, "ANSWERS_WITHIN", 0.2)
    sink.hang = 1.0
    with pytest.raises(NotNow):
        await post.send(LETTER, SOME_ID, now=NOW)


async def test_a_wrong_password_of_ours_is_no_refusal_of_the_shopper(sink):
    account = Channels(replace(PLAIN, smtp_url=sink.url.replace("//", "//user:secret@")))
    with pytest.raises(NotNow):
        await account.send(LETTER, SOME_ID, now=NOW)


@pytest.mark.parametrize("to", ["", "lea", "a@b.example, c@d.example", "lea@b.example\r\nBcc: c@d.example"])
async def test_what_is_no_address_is_refused_before_anything_is_sent(to, post, sink):
    with pytest.raises(Refusal):
        await post.send(replace(LETTER, to=to), SOME_ID, now=NOW)
    assert sink.connections == 0


# What never becomes a header


def test_the_mail_library_at_hand_passes_the_check():
    self_check(PLAIN)


def test_the_check_finds_a_library_that_decodes_names_into_headers(monkeypatch):
    def careless(text: str, limit: int = 80) -> str:
        return " ".join(text.replace("\ud800", "").split())

    class Careless(EmailMessage):
        def __setitem__(self, name: str, value: Any) -> None:
            if name == "Subject" and "Bcc" in value:
                super().__setitem__("Bcc", "evil@attack.example")
            super().__setitem__(name, value)

    monkeypatch.setattr(ways, "header_text", careless)
    monkeypatch.setattr(ways, "EmailMessage", Careless)
    with pytest.raises(UnsafeMail) as failed:
        self_check(PLAIN)
    assert failed.value.code == 70


def test_the_check_fails_without_our_guard_on_a_name_with_a_line_break(monkeypatch):
    monkeypatch.setattr(ways, "header_text", lambda text, limit=80: text)
    with pytest.raises((UnsafeMail, ValueError)):
        self_check(PLAIN)


@examples(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["=?", "?=", "UTF-8", "?Q?", "?B?", "=0D=0A", "\r", "\n", "\x85", "\u2028", "Bcc: a@b.example", "é", ","]
        )
        | st.text(max_size=4),
        max_size=12,
    ).map("".join)
)
def test_no_name_whatever_becomes_a_header(name):
    self_check(PLAIN, [name])
    line = header_text(name)
    assert len(line) <= 80
    assert "=?" not in line
    assert "?=" not in line
    assert header_text(line) == line


# SMS and the store's channel


class Provider(HTTPServer):
    """What Apprise speaks to, in a thread: it keeps what it gets and answers as it is told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.got: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.status = 200
        self.awake = Event()
        self.awake.set()
        self.url = f"json://127.0.0.1:{self.server_port}"
        Thread(target=self.serve_forever, daemon=True).start()


class Answer(BaseHTTPRequestHandler):
    server: Provider

    def do_POST(self) -> None:
        self.server.paths.append(self.path)
        self.server.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.server.awake.wait(1)
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Silent."""


@pytest.fixture
def provider() -> Any:
    provider = Provider()
    yield provider
    provider.awake.set()
    provider.shutdown()
    provider.server_close()


SMS = replace(LETTER, channel=Channel.SMS, to="+33612345678", subject="", text="Aurore Lyon : c'est prepare.", html="")


async def test_an_sms_goes_to_the_number_by_apprise(provider):
    await Channels(replace(PLAIN, sms_url=provider.url + "/send/{to}")).send(SMS, SOME_ID, now=NOW)
    assert provider.paths == ["/send/+33612345678"]
    assert provider.got[0]["message"] == SMS.text
    assert provider.got[0]["title"] == ""


async def test_the_channel_of_a_store_is_told_with_a_title(provider):
    note = replace(
        LETTER, channel=Channel.NOTIFY, to=provider.url, subject="Nouvelle demande", text="A\nhttp://x", html=""
    )
    await Channels(PLAIN).send(note, SOME_ID, now=NOW)
    assert provider.got[0]["title"] == "Nouvelle demande"


async def test_a_provider_that_fails_is_asked_again_and_one_that_is_silent_is_not(provider, monkeypatch):
    texting = Channels(replace(PLAIN, sms_url=provider.url))
    provider.status = 503
    with pytest.raises(NotNow):
        await texting.send(SMS, SOME_ID, now=NOW)
    monkeypatch.setattr(ways, "ANSWERS_WITHIN", 0.3)
    provider.awake.clear()
    with pytest.raises(Unsure):
        await texting.send(SMS, SOME_ID, now=NOW)
    with pytest.raises(NotNow):  # staff may well be told twice
        await texting.send(replace(SMS, channel=Channel.NOTIFY, to=provider.url), SOME_ID, now=NOW)


@pytest.mark.parametrize("url", ["", "nothing", "unknown://x"])
async def test_without_a_way_an_sms_is_refused(url):
    with pytest.raises(Refusal):
        await Channels(replace(PLAIN, sms_url=url)).send(SMS, SOME_ID, now=NOW)


# Delivering what waits


@pytest.fixture
async def waiting(database, settings) -> Callable[..., Any]:
    """Puts a message about a reservation of Léa's into the outbox; returns the reservation's id."""

    async def put(template: str = "ready", *, status: Status = Status.READY, **more: Any) -> int:
        async with database.work() as session:
            store = await open_store(session)
            lamp = await shelve(session, store, "Lampe", "Lamp")
            lines = [{"variant": lamp, "quantity": 1}]
            made = await reserved(session, store, lines, secret=settings.secret, status=status, phone="+33612345678")
            await queued(session, template, made.id, store_id=store.id, only_if=[status], **more)
            return made.id

    return put


async def outbox(database) -> list[Message]:
    async with database.work(readonly=True) as session:
        return list(await session.scalars(select(Message).order_by(Message.created_at, Message.version)))


@pytest.fixture
def real(settings, sink) -> Settings:
    return replace(settings, smtp_url=sink.url)


async def test_what_is_due_leaves_once(waiting, database, real, clock, sink):
    clock.to(NOW)
    await waiting()
    channels = Channels(real)
    assert await deliver(database, channels, real, clock) == 1
    assert await deliver(database, channels, real, clock) == 0
    (message,) = await outbox(database)
    assert (message.state, message.sent_at, message.lease_until) == (State.SENT, NOW, None)
    assert [read["Message-ID"] for read in sink.taken] == [f"<{message.id}@vitrine.test>"]


async def test_the_demo_keeps_everything_in_its_own_mailbox(waiting, database, settings, clock):
    clock.to(NOW)
    await waiting()
    await waiting(channel=Channel.SMS)
    assert await deliver(database, Channels(settings), settings, clock) == 2
    async with database.work(readonly=True) as session:
        kept = await mailbox.newest(session)
    assert {mail.channel for mail in kept} == {"email", "sms"}
    assert {mail.to for mail in kept} == {"lea@exemple.example", "+33612345678"}
    assert all(mail.links and mail.links[0] in mail.text for mail in kept)
    assert {message.state for message in await outbox(database)} == {State.SENT}


async def test_ready_after_a_cancel_is_dropped_with_its_reason(waiting, database, real, clock, sink):
    clock.to(NOW)
    made = await waiting()
    async with database.work() as session:
        await session.execute(update(Reservation).where(Reservation.id == made).values(status=Status.CANCELLED))
    await deliver(database, Channels(real), real, clock)
    (message,) = await outbox(database)
    assert (message.state, message.reason) == (State.DROPPED, "the reservation is cancelled")
    assert sink.connections == 0


async def test_after_three_days_of_standstill_reminders_are_dropped_and_news_goes_oldest_first(
    waiting, database, real, clock, sink
):
    clock.to(NOW + timedelta(days=3))
    await waiting("reminder", reminder=True)
    await waiting("ready", due_at=NOW + timedelta(hours=2))
    await waiting("confirmed", due_at=NOW + timedelta(hours=1))
    assert await deliver(database, Channels(real), real, clock) == 3
    assert {message.template: message.state for message in await outbox(database)} == {
        "reminder": State.DROPPED,
        "ready": State.SENT,
        "confirmed": State.SENT,
    }
    assert [read["Subject"] for read in sink.taken] == [
        "Votre article est réservé chez Aurore Rivoli",
        "Votre article vous attend",
    ]


async def test_a_refused_address_is_on_the_staffs_list_at_once(waiting, database, real, clock, sink):
    clock.to(NOW)
    sink.answer_rcpt = "550 5.1.1 no such person"
    await waiting()
    await deliver(database, Channels(real), real, clock)
    (message,) = await outbox(database)
    assert message.state == State.DEAD
    assert "no such person" in message.reason


async def test_a_busy_server_is_asked_again_until_a_day_has_passed(waiting, database, real, clock, sink):
    clock.to(NOW)
    sink.answer_rcpt = "451 4.3.0 later"
    await waiting()
    channels = Channels(real)
    while (message := (await outbox(database))[0]).state == State.PENDING:
        clock.to(message.due_at)
        assert await deliver(database, channels, real, clock) == 1
    assert message.state == State.DEAD
    assert clock() - NOW <= timedelta(hours=24)
    sink.answer_rcpt = "250 OK"
    async with database.work() as session:
        await messages.resend(session, message, now=clock())
    await deliver(database, channels, real, clock)
    assert len(sink.taken) == 1


async def test_one_message_that_cannot_be_made_does_not_stop_the_next(waiting, database, real, clock, sink):
    clock.to(NOW)
    await waiting("no_such_template")
    await waiting()
    assert await deliver(database, Channels(real), real, clock) == 2
    assert [message.state for message in await outbox(database)] == [State.PENDING, State.SENT]


async def test_an_sms_that_may_have_left_is_looked_at_by_a_person(waiting, database, real, clock, provider):
    texting = replace(real, sms_url=provider.url)
    clock.to(NOW)
    await waiting(channel=Channel.SMS)
    async with database.work() as session:
        (message,) = await messages.claim(session, now=NOW)
        await messages.begin(session, message, now=NOW)
    clock.forward(minutes=5)
    assert await deliver(database, Channels(texting), texting, clock) == 1
    (message,) = await outbox(database)
    assert message.state == State.DEAD
    assert "may have been sent" in message.reason
    assert provider.got == []


async def test_two_workers_and_a_slow_server_send_nothing_twice(waiting, database, real, clock, sink):
    """Each mail takes 40 s: when the third is on its way, the leases of the first claim are over."""
    clock.to(NOW)
    for _ in range(6):
        await waiting()
    first, second = Channels(real), Channels(real)

    async def meanwhile() -> None:
        clock.forward(seconds=40)
        if len(sink.taken) == 2:
            sink.meanwhile = None
            assert await deliver(database, second, real, clock) == 3

    sink.meanwhile = meanwhile
    await deliver(database, first, real, clock)
    identifiers = [read["Message-ID"] for read in sink.taken]
    assert len(identifiers) == len(set(identifiers)) == 6
    assert {message.state for message in await outbox(database)} == {State.SENT}


def test_the_date_is_the_clock_s():
    made = mail(LETTER, SOME_ID, settings=PLAIN, now=datetime(2026, 12, 2, 10, 0, tzinfo=UTC))
    assert made["Date"] == "Wed, 02 Dec 2026 10:00:00 +0000"
