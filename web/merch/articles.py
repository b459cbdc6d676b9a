"""The list of articles: find and fix, one or many at once."""

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from web.routing import Routes, staff
from web.staff import frame

routes = Routes(refuse=frame.refuse)


@routes.get("/{language:language}/merch/articles", allow=staff("catalogue.edit"), name="merch_articles")
async def show(request: Request, session: AsyncSession) -> Response:
    return frame.render(
        request, "merch/stub.html", {"tab": "merch_articles"}, title="Articles", current="merch_articles"
    )
