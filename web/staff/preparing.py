"""What is tapped on the sheet: articles, the checklist, suggestions, notes, and a word to the shopper."""

import re
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking import letters, submissions
from booking.appointments import preparing, telling
from booking.appointments.moves import SUBJECT, must_be
from booking.appointments.states import AHEAD, ItemState
from booking.appointments.tables import Appointment
from booking.customers import show_phone
from booking.letters import Letter, Unreachable
from booking.messages import Message
from kit import codes, languages
from kit.errors import Invalid, NotFound, Refused
from kit.languages import lazy
from web import pages, views
from web.routing import Routes, staff
from web.staff import frame
from web.staff.appointment import ARTICLES, CHECKS, ONE, do, read, show
from web.staff.preview import PRIVATE
from web.staff.reservation import Said
from web.staff.typed import Typed, row_id, typed_in
from web.words import language_words

routes = Routes(refuse=frame.refuse)

MANAGE: Final = staff("appointment.manage")
SIGN: Final = re.compile(r"[^\S\n]+")


def id_of(request: Request) -> int:
    """The row that the address names."""
    found = row_id(request.path_params["id"])
    if found is None:
        raise NotFound()
    return found


# Articles


@routes.post(ONE + "/items", allow=MANAGE, name="staff_add_item")
async def add_item(request: Request, session: AsyncSession) -> Response:
    """By its code, typed or scanned; or with one tap in place of one that is missing, which is then taken off."""
    typed = await typed_in(request)
    by, now = request.state.actor.by, request.state.now

    async def act(one: Appointment) -> None:
        variant = await preparing.scanned(session, typed.get("sku", ""))
        await preparing.add_item(session, one, variant, by=by, now=now)
        if (instead := row_id(typed.get("instead", ""))) is not None:
            await preparing.set_item(session, one, instead, ItemState.DROPPED, by=by, now=now)

    return await do(request, session, act, typed=typed, acting="add", part=ARTICLES)


@routes.post(ONE + "/items/{id}", allow=MANAGE, name="staff_item")
async def item(request: Request, session: AsyncSession) -> Response:
    """Fetched, missing, shown, liked, not for her, off the list: one tap."""
    typed, item_id = await typed_in(request), id_of(request)
    by, now = request.state.actor.by, request.state.now

    async def act(one: Appointment) -> None:
        try:
            to = ItemState(typed.get("state", ""))
        except ValueError:
            raise Invalid("state", lazy("This article cannot be marked so.")) from None
        await preparing.set_item(session, one, item_id, to, by=by, now=now)

    return await do(request, session, act, typed=typed, acting="item", part=ARTICLES)


@routes.post(ONE + "/suggest", allow=MANAGE, name="staff_suggest")
async def suggest(request: Request, session: AsyncSession) -> Response:
    """What goes with her articles and is here, each with its reason, to be taken up or dropped."""
    by, now = request.state.actor.by, request.state.now
    found = 0

    async def act(one: Appointment) -> None:
        nonlocal found
        found = await preparing.suggest(session, one, by=by, now=now)

    answer = await do(request, session, act, typed={}, acting="suggest", part=ARTICLES)
    if answer.status_code >= 400 or found:
        return answer
    if pages.is_fragment(request):
        return await show(request, session, await read(request, session), part=ARTICLES, nothing_goes=True)
    url = views.address(request, "staff_appointment", {"suggested": "0"}, code=request.path_params["code"])
    return pages.go(request, f"{url}#{ARTICLES}")


@routes.post(ONE + "/checks/{id}", allow=MANAGE, name="staff_check")
async def check(request: Request, session: AsyncSession) -> Response:
    typed, check_id = await typed_in(request), id_of(request)
    by, now = request.state.actor.by, request.state.now

    async def act(one: Appointment) -> None:
        await preparing.tick(session, one, check_id, done=typed.get("done") == "1", by=by, now=now)

    return await do(request, session, act, typed=typed, acting="check", part=CHECKS)


# Notes


@routes.post(ONE + "/notes", allow=MANAGE, name="staff_note")
async def note(request: Request, session: AsyncSession) -> Response:
    """For every colleague, or for oneself. The same form pressed twice writes one note."""
    typed = await typed_in(request)
    actor, now = frame.actor_of(request), request.state.now

    async def act(one: Appointment) -> None:
        text = _lines(typed.get("text", ""))
        if await _sent_before(request, session, one, typed, {"note": text}):
            return
        private = typed.get("private") == "1"
        await preparing.write_note(
            session, one, text, private=private, account_id=actor.account_id, by=actor.by, now=now
        )

    return await do(request, session, act, typed=typed, acting="note")


def _lines(text: str) -> str:
    """As browsers send it, with one sign for the end of a line."""
    return SIGN.sub(" ", text.replace("\r\n", "\n").replace("\0", "")).strip()


async def _sent_before(
    request: Request, session: AsyncSession, one: Appointment, typed: Typed, body: dict[str, str]
) -> bool:
    """Whether this form was taken already: its key says so."""
    key = typed.get("key", "")
    if not codes.is_token(key):
        return False
    scope = f"staff:{frame.actor_of(request).account_id}"
    sent = {"appointment": one.id, **body}
    if await submissions.begin(session, scope=scope, key=key, body=sent, now=request.state.now):
        return True
    await submissions.answer(session, scope=scope, key=key, answer={"code": one.code})
    return False


# A word to the shopper


@routes.post(ONE + "/message", allow=staff("message.send"), name="staff_message")
async def message(request: Request, session: AsyncSession) -> Response:
    typed = await typed_in(request)

    async def act(one: Appointment) -> None:
        if await _sent_before(request, session, one, typed, {"word": typed.get("word", ""), "text": _text(typed)}):
            return
        await _say(request, session, one, typed)

    return await do(request, session, act, typed=typed, acting="say", notice="done")


@routes.post(ONE + "/message/preview", allow=staff("message.send"), name="staff_preview_message")
async def preview(request: Request, session: AsyncSession) -> Response:
    """What she would read if this were sent, in her language: it is written, read, and taken back."""
    typed = await typed_in(request)
    one = await read(request, session)
    said: Said | None = None
    refused: Refused | None = None
    effects = dict(session.info.get("after_commit", {}))
    tried = await session.begin_nested()
    try:
        await _say(request, session, one, typed)
        said = await _what_is_said(request, session, one)
    except Refused as no:
        refused = no
    finally:
        await tried.rollback()
        session.expunge_all()
        session.info["after_commit"] = effects
    one = await read(request, session)
    if pages.is_fragment(request):
        return frame.render(request, "staff/_said.html", {"said": said, "name": one.first_name}, title="")
    errors = {f"say-{error.field}": error.sentence for error in getattr(refused, "errors", ())}
    return await show(
        request,
        session,
        one,
        typed=typed,
        acting="say",
        errors=errors,
        refused=refused,
        said=said,
        status=refused.status if refused else 200,
    )


def _text(typed: Typed) -> str:
    return _lines(typed.get("text", ""))


async def _say(request: Request, session: AsyncSession, one: Appointment, typed: Typed) -> None:
    must_be(one, *AHEAD)
    word, text = typed.get("word", ""), _text(typed)
    if word not in telling.WORDS:
        raise Invalid("missing", lazy("Choose what it is about."), field="word")
    if word == "free" and not text:
        raise Invalid("missing", lazy("Write a few words"), field="text")
    if len(text) > telling.LONGEST_WORD:
        raise Invalid("too_long", lazy("Keep it under %(n)d signs"), {"n": telling.LONGEST_WORD}, field="text")
    await telling.say(session, one, word, text=text, by=request.state.actor.by, now=request.state.now)


async def _what_is_said(request: Request, session: AsyncSession, one: Appointment) -> Said:
    """Read from the outbox, as the worker would."""
    reads = language_words(one.language)
    phone = show_phone(one.phone, languages.language()) if one.phone else ""
    await session.flush()
    query = select(Message).where(
        Message.subject == SUBJECT, Message.subject_id == one.id, Message.template == "appointment_word"
    )
    sent = await session.scalar(query.order_by(Message.version.desc()).limit(1))
    nothing = Said("nothing", phone, "", "", one.language, reads)
    if sent is None:
        return nothing
    try:
        letter = await letters.compose(session, sent, settings=request.app.state.settings, now=request.state.now)
    except Unreachable:
        return nothing
    if not isinstance(letter, Letter):
        return nothing
    text = PRIVATE.sub(r"\1…", letter.text)
    return Said(str(letter.channel), letter.to, letter.subject, text, letter.language, reads)
