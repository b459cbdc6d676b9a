"""The merchandiser's room: articles, images, collections, stock, files that come in, figures."""

from starlette.routing import BaseRoute

from web.merch import article, articles, attributes, bulk, bulk_edit, collections, figures, imports, media, stock
from web.routing import Allow

MODULES = (figures, articles, bulk, bulk_edit, article, attributes, media, collections, stock, imports)

ALLOWED: dict[tuple[str, str], Allow] = {
    call: allow for module in MODULES for call, allow in module.routes.allowed.items()
}
"""Who may call what, for the matrix of permissions."""


def routes() -> list[BaseRoute]:
    return [route for module in MODULES for route in module.routes.all]
