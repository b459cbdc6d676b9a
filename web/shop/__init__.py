"""What shoppers see. One module per noun; none of its pages asks for an account."""

from starlette.routing import BaseRoute

from web.routing import Allow
from web.shop import about, catalogue, collections, home, products, reservations, reserving, search, selecting, stores
from web.shop.appointing import advisor, details, mine, moving, service, store, time

MODULES = (
    home, catalogue, collections, products, search, stores, selecting, reserving, reservations, about,
    service, store, advisor, time, details, mine, moving,
)  # fmt: skip

ALLOWED: dict[tuple[str, str], Allow] = {
    route: allow for module in MODULES for route, allow in module.routes.allowed.items()
}
"""Who may call each of these routes, for the matrix of permissions."""


def routes() -> list[BaseRoute]:
    return [route for module in MODULES for route in module.routes.all]
