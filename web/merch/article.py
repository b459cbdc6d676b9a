"""One article, in French and in English side by side."""

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from web.routing import Routes, staff
from web.staff import frame

routes = Routes(refuse=frame.refuse)


@routes.get("/{language:language}/merch/articles/{ref}", allow=staff("catalogue.edit"), name="merch_article")
async def show(request: Request, session: AsyncSession) -> Response:
    return frame.render(request, "merch/stub.html", {"tab": "merch_article"}, title="Article", current="merch_articles")
