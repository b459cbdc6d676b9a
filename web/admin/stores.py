"""Stores: where they are, when they are open, what they promise."""

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from web.routing import Routes, staff
from web.staff import frame

routes = Routes(refuse=frame.refuse)


@routes.get("/{language:language}/admin/stores", allow=staff("store.edit"), name="admin_stores")
async def show(request: Request, session: AsyncSession) -> Response:
    return frame.render(request, "merch/stub.html", {"tab": "admin_stores"}, title="Stores", current="admin_stores")
