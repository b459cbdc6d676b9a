"""What managers and administrators set up: services, advisors and their weeks, spaces, stores, accounts, keys."""

from starlette.routing import BaseRoute

from web.admin import advisors, keys, log, services, spaces, store_hours, stores, users, weeks
from web.routing import Allow

MODULES = (services, advisors, weeks, spaces, stores, store_hours, users, keys, log)

ALLOWED: dict[tuple[str, str], Allow] = {
    call: allow for module in MODULES for call, allow in module.routes.allowed.items()
}
"""Who may call what, for the matrix of permissions."""


def routes() -> list[BaseRoute]:
    return [route for module in MODULES for route in module.routes.all]
