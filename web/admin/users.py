"""Who works here, where, and what they may do."""

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from web.routing import Routes, staff
from web.staff import frame

routes = Routes(refuse=frame.refuse)


@routes.get("/{language:language}/admin/users", allow=staff("account.manage"), name="admin_users")
async def show(request: Request, session: AsyncSession) -> Response:
    return frame.render(request, "merch/stub.html", {"tab": "admin_users"}, title="Accounts", current="admin_stores")
