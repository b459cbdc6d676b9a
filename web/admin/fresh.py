"""Changes that ask for a second factor of the last ten minutes, where one is used at all (not in the demo)."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from stores.staff import SignedIn
from web import pages, views


def is_stale(request: Request) -> bool:
    """Whether who asks has an authenticator and has not shown a code of it lately."""
    found: SignedIn = request.state.signed_in
    return found.account.has_totp and not request.state.actor.is_fresh(request.state.now)


def code_url(request: Request, back: str) -> str:
    """The page of the second factor, which comes back to `back`."""
    return f"{views.address(request, 'staff_second_factor')}?{urlencode({'next': back})}"


def second_factor_first(request: Request, back: str) -> Response | None:
    """On to the page of the second factor; None where nothing more is asked. What was typed is typed again, so the
    pages say beforehand that a code will be asked for."""
    return pages.go(request, code_url(request, back)) if is_stale(request) else None
