"""API v1: the names of docs and programs, JSON in and out, refusals as problem details (RFC 9457)."""

from starlette.routing import BaseRoute

from web.api import appointments, availability, openapi, products, reservations, slots, staff, stock, stores
from web.api.calls import About
from web.api.replies import problem
from web.routing import Allow

__all__ = ["ALLOWED", "DESCRIBED", "problem", "routes"]

_CALLS = (
    stores.calls, products.calls, availability.calls, reservations.calls, slots.calls, appointments.calls, staff.calls,
    stock.calls, openapi.calls,
)  # fmt: skip

ALLOWED: dict[tuple[str, str], Allow] = {call: allow for calls in _CALLS for call, allow in calls.allowed.items()}
"""Who may make each call, by (method, path)."""
DESCRIBED: dict[tuple[str, str], About] = {call: said for calls in _CALLS for call, said in calls.described.items()}
"""What is said of each call, by (method, path)."""

openapi.describe(DESCRIBED, ALLOWED)


def routes() -> list[BaseRoute]:
    return [route for calls in _CALLS for route in calls.all]
