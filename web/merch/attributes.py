"""What articles are compared by."""

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from web.routing import Routes, staff
from web.staff import frame

routes = Routes(refuse=frame.refuse)


@routes.get("/{language:language}/merch/attributes", allow=staff("catalogue.edit"), name="merch_attributes")
async def show(request: Request, session: AsyncSession) -> Response:
    return frame.render(
        request, "merch/stub.html", {"tab": "merch_attributes"}, title="Attributes", current="merch_articles"
    )
