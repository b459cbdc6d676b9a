"""Keys of programs."""

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from web.routing import Routes, staff
from web.staff import frame

routes = Routes(refuse=frame.refuse)


@routes.get("/{language:language}/admin/keys", allow=staff("key.manage"), name="admin_keys")
async def show(request: Request, session: AsyncSession) -> Response:
    return frame.render(request, "merch/stub.html", {"tab": "admin_keys"}, title="Keys", current="admin_stores")
