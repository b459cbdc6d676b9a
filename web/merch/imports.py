"""Files that are brought in: file, columns, check, apply, report."""

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from web.routing import Routes, staff
from web.staff import frame

routes = Routes(refuse=frame.refuse)


@routes.get("/{language:language}/merch/imports", allow=staff("catalogue.import"), name="merch_imports")
async def show(request: Request, session: AsyncSession) -> Response:
    return frame.render(request, "merch/stub.html", {"tab": "merch_imports"}, title="Imports", current="merch_articles")
