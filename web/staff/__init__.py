"""What staff see: the back room of the stores."""

from starlette.routing import BaseRoute

from web.routing import Allow
from web.staff import (
    account,
    agenda,
    answers,
    appointment,
    arranging,
    board,
    changes,
    client,
    conflicts,
    handover,
    listing,
    messages,
    picking,
    preparing,
    preview,
    reservation,
    signing_in,
    tasks,
    visit,
)

MODULES = (
    signing_in, account, board, reservation, answers, preview, changes, messages, listing, picking, handover, tasks,
    agenda, arranging, conflicts, appointment, preparing, visit, client,
)  # fmt: skip

ALLOWED: dict[tuple[str, str], Allow] = {
    call: allow for module in MODULES for call, allow in module.routes.allowed.items()
}
"""Who may call what, for the matrix of permissions."""


def routes() -> list[BaseRoute]:
    return [route for module in MODULES for route in module.routes.all]
