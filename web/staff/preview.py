"""What the shopper would read or hear if the answer on the page were sent."""

import re

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking import letters, tasks
from booking.customers import show_phone
from booking.letters import Dropped, Letter, Unreachable
from booking.messages import Message
from booking.reservations.tables import Reservation
from booking.tasks import Task
from kit import languages
from kit.errors import Invalid, Refused
from web import pages
from web.routing import Routes, staff
from web.staff import frame
from web.staff.answers import answer_typed
from web.staff.changes import make_ready_typed
from web.staff.reservation import ONE, Said, read, sentences_of, show
from web.staff.typed import typed_in
from web.words import language_words, news_words

routes = Routes(refuse=frame.refuse)

PRIVATE = re.compile(r"(/(?:my|r)/)[1-9A-HJ-NP-Za-km-z]{22}")
"""The token of a private link: it is the shopper's, and staff do not see it."""


@routes.post(ONE + "/preview", allow=staff("reservation.answer"), name="staff_preview")
async def preview(request: Request, session: AsyncSession) -> Response:
    """What the shopper would read if this answer were sent: it is given, read, and taken back."""
    typed = await typed_in(request)
    one = await read(request, session)
    meant = make_ready_typed if typed.get("step") == "ready" else answer_typed
    act = meant(request, session, typed)
    said: Said | None = None
    errors: dict[str, str] = {}
    effects = dict(session.info.get("after_commit", {}))
    tried = await session.begin_nested()
    try:
        await act(one)
        said = await _what_is_said(request, session, one)
    except Invalid as invalid:
        errors = sentences_of(invalid)
    except Refused:
        pass  # the answer itself will say so
    finally:
        await tried.rollback()
        session.expunge_all()
        session.info["after_commit"] = effects
    one = await read(request, session)
    if pages.is_fragment(request):
        return frame.render(request, "staff/_said.html", {"said": said, "name": one.first_name}, title="")
    return await show(request, session, one, typed=typed, errors=errors, said=said, status=422 if errors else 200)


async def _what_is_said(request: Request, session: AsyncSession, one: Reservation) -> Said:
    """Read from the outbox and from the list of tasks, as the worker would."""
    reservation_id, version, language = one.id, one.version, one.language
    phone = show_phone(one.phone, languages.language()) if one.phone else ""
    await session.flush()
    session.expunge_all()
    message = await session.scalar(
        select(Message).where(
            Message.subject == "reservation",
            Message.subject_id == reservation_id,
            Message.version == version,
            Message.recipient == "shopper",
            ~Message.reminder,
        )
    )
    reads = language_words(language)
    if message is None:
        call = await session.scalar(
            select(Task).where(
                Task.reservation_id == reservation_id, Task.version == version, Task.kind == tasks.Kind.CALL
            )
        )
        return Said("call" if call else "nothing", phone, "", news_words(call.about) if call else "", language, reads)
    try:
        letter = await letters.compose(session, message, settings=request.app.state.settings, now=request.state.now)
    except Unreachable:
        return Said("nothing", phone, "", "", language, reads)
    if isinstance(letter, Dropped):
        return Said("nothing", "", "", "", language, reads)
    assert isinstance(letter, Letter)
    text = PRIVATE.sub(r"\1…", letter.text)
    return Said(str(letter.channel), letter.to, letter.subject, text, letter.language, reads)
