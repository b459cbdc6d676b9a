"""A message to a shopper that could not be delivered: trying it again."""

import uuid

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking import messages
from booking.messages import Message
from kit.errors import NotFound
from web import pages
from web.routing import Routes, staff
from web.staff import frame

routes = Routes(refuse=frame.refuse)


@routes.post("/{language:language}/staff/messages/{id}/resend", allow=staff("message.send"), name="staff_resend")
async def resend(request: Request, session: AsyncSession) -> Response:
    """Try a message again that could not be delivered; of one's own stores."""
    try:
        message_id = uuid.UUID(request.path_params["id"])
    except ValueError:
        raise NotFound() from None
    message = await session.get(Message, message_id)
    if message is None or message.store_id is None or not request.state.actor.sees(message.store_id):
        raise NotFound()
    await messages.resend(session, message, now=request.state.now)
    return pages.to(request, "staff_board", notice="resent")
