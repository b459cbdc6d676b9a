"""How many of what is where, variants by stores."""

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from web.routing import Routes, staff
from web.staff import frame

routes = Routes(refuse=frame.refuse)


@routes.get("/{language:language}/merch/stock", allow=staff("stock.correct"), name="merch_stock")
async def show(request: Request, session: AsyncSession) -> Response:
    return frame.render(request, "merch/stub.html", {"tab": "merch_stock"}, title="Stock", current="merch_stock")
