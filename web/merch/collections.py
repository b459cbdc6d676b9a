"""Collections: articles that belong together for a while."""

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from web.routing import Routes, staff
from web.staff import frame

routes = Routes(refuse=frame.refuse)


@routes.get("/{language:language}/merch/collections", allow=staff("catalogue.edit"), name="merch_collections")
async def show(request: Request, session: AsyncSession) -> Response:
    return frame.render(
        request, "merch/stub.html", {"tab": "merch_collections"}, title="Collections", current="merch_articles"
    )
