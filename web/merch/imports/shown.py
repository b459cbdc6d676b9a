"""What every step of an import knows: who may see which, where one stands, and its words."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, Final

from babel.support import LazyProxy
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from kit import languages
from kit.errors import NotFound
from kit.languages import gettext, lazy, ngettext
from stores.exchange import batches
from stores.exchange.batches import Batch, State
from stores.exchange.batches import Subject as About
from stores.exchange.subjects import WRITTEN, Action
from stores.staff import Principal
from web import pages, views
from web.merch.bulk_fields import zone_of
from web.routing import Routes, staff
from web.staff import frame
from web.staff.typed import row_id

routes = Routes(refuse=frame.refuse)

PATH: Final = "/{language:language}/merch/imports"
IMPORTS: Final = staff("catalogue.import")


class Step(IntEnum):
    """Each has an address."""

    FILE = 1
    COLUMNS = 2
    CHECK = 3
    IMPORT = 4
    REPORT = 5


ROUTES: Final = {
    Step.FILE: "merch_import_new",
    Step.COLUMNS: "merch_import_columns",
    Step.CHECK: "merch_import_check",
    Step.IMPORT: "merch_import_application",
    Step.REPORT: "merch_import_report",
}
TITLES: Final[dict[Step, LazyProxy]] = {
    Step.FILE: lazy("Choose a file"),
    Step.COLUMNS: lazy("Name its columns"),
    Step.CHECK: lazy("Look at what would change"),
    Step.IMPORT: lazy("Import"),
    Step.REPORT: lazy("Report"),
}
SUBJECTS: Final[dict[str, LazyProxy]] = {
    About.PRODUCTS: lazy("Articles"),
    About.STOCK: lazy("Stock"),
    About.PAIRINGS: lazy("Goes with"),
    About.STORES: lazy("Stores"),
}
FORMATS: Final[dict[str, LazyProxy]] = {
    "vitrine": lazy("our own columns"),
    "shopify": lazy("Shopify's columns"),
    "google": lazy("Google's columns"),
}
STATES: Final[dict[str, tuple[str, LazyProxy]]] = {
    State.UPLOADED: ("warn", lazy("columns to be named")),
    State.CHECKING: ("info", lazy("being checked")),
    State.CHECKED: ("warn", lazy("waits for your yes")),
    State.QUARANTINED: ("err", lazy("in quarantine")),
    State.APPLYING: ("info", lazy("being imported")),
    State.APPLIED: ("ok", lazy("imported")),
    State.UNDOING: ("info", lazy("being undone")),
    State.UNDONE: ("", lazy("undone")),
    State.CANCELLED: ("", lazy("given up")),
    State.FAILED: ("err", lazy("cannot be read")),
}
"""(mark, words)."""


def subjects_of(actor: Principal) -> list[str]:
    """What she may bring: stores only who may also edit them by hand."""
    return [subject for subject in SUBJECTS if subject != About.STORES or actor.may("store.edit")]


def may_see(actor: Principal, batch: Batch) -> bool:
    """Head office sees all; who has stores sees what was brought for no others than hers."""
    if batch.subject == About.EDIT or batch.subject not in subjects_of(actor):
        return False
    return actor.store_ids is None or (batch.store_ids is not None and actor.store_ids >= set(batch.store_ids))


async def found(request: Request, session: AsyncSession) -> Batch:
    """The batch of the address. Raises `NotFound`, also for those of other stores."""
    number = row_id(request.path_params["id"])
    batch = await batches.find(session, number) if number is not None else None
    if batch is None or not may_see(request.state.actor, batch):
        raise NotFound()
    return batch


def step_of(batch: Batch) -> Step:
    """Where it waits for somebody, or for the worker."""
    match batch.state:
        case State.UPLOADED:
            return Step.COLUMNS
        case State.CHECKING | State.CHECKED | State.QUARANTINED:
            return Step.CHECK
        case State.APPLYING | State.UNDOING:
            return Step.IMPORT
    return Step.REPORT


def url_of(request: Request, batch: Batch, step: Step, query: Mapping[str, str] | None = None) -> str:
    return views.address(request, ROUTES[step], query, id=batch.id)


def to_its_step(request: Request, batch: Batch) -> Response:
    return pages.to(request, ROUTES[step_of(batch)], id=batch.id)


def render(
    request: Request,
    batch: Batch,
    step: Step,
    name: str,
    context: Mapping[str, Any],
    *,
    fragment: str = "",
    status: int = 200,
) -> Response:
    """A step of this import: what it is about is told on top of each."""
    title = _undoing_title(batch) if step is Step.IMPORT else str(TITLES[step])
    return frame.render(
        request,
        name,
        {
            "tab": "merch_imports",
            "batch": batch,
            "step": step,
            "steps": len(Step),
            "facts": facts(batch),
            "url": {each.name.lower(): url_of(request, batch, each) for each in Step if each is not Step.FILE},
            **context,
        },
        title=title,
        current="merch_articles",
        fragment=fragment,
        status=status,
    )


def _undoing_title(batch: Batch) -> str:
    return gettext("Undo the import") if batch.state == State.UNDOING else str(TITLES[Step.IMPORT])


def facts(batch: Batch) -> list[str]:
    """What it is about, who wrote it, how large it is."""
    rows = ngettext("one row", "%(number)s rows", batch.rows, number=languages.number_words(batch.rows))
    known = [SUBJECTS.get(batch.subject), FORMATS.get(batch.format)]
    return [*(str(words) for words in known if words), rows, size_words(batch.size)]


def size_words(size: int) -> str:
    if size < 1_000_000:
        return gettext("%(size)s kB", size=languages.number_words(max(round(size / 1000), 1)))
    return gettext("%(size)s MB", size=languages.number_words(round(size / 1_000_000)))


def when(request: Request, moment: Any) -> str:
    return languages.moment_words(moment, zone_of(request.app.state.house), request.state.now)


def counts_words(batch: Batch) -> str:
    """What it did or would do, on one line; empty until it was checked."""
    counts = batch.counts
    if batch.state in (State.UPLOADED, State.CHECKING, State.CANCELLED, State.FAILED):
        return ""
    undone = counts.get("undone", 0)
    if batch.state == State.UNDONE:
        parts = [ngettext("one undone", "%(number)s undone", undone, number=_written(undone))]
    else:
        parts = [_number_words(name, counts[name]) for name in Action if counts.get(name, 0)]
    if left := counts.get("left", 0):
        parts.append(ngettext("one left as it is", "%(number)s left as they are", left, number=_written(left)))
    return ", ".join(parts)


def _written(number: int) -> str:
    return languages.number_words(number)


def _number_words(name: str, number: int) -> str:
    said = _written(number)
    match name:
        case Action.CREATED:
            return ngettext("one new", "%(number)s new", number, number=said)
        case Action.UPDATED:
            return ngettext("one changed", "%(number)s changed", number, number=said)
        case Action.UNCHANGED:
            return ngettext("one unchanged", "%(number)s unchanged", number, number=said)
        case Action.HIDDEN:
            return ngettext("one absent", "%(number)s absent", number, number=said)
    return ngettext("one refused", "%(number)s refused", number, number=said)


def to_write(batch: Batch) -> int:
    """Rows that importing has something to do with: a count that was right says how fresh it is."""
    names = [*WRITTEN, *([Action.UNCHANGED] if batch.subject == About.STOCK else [])]
    return sum(batch.counts.get(name, 0) for name in names)


def absent_words(subject: str) -> str:
    """What becomes of what a whole file does not name."""
    match subject:
        case About.PRODUCTS:
            return gettext("What the file does not name is hidden from shoppers.")
        case About.STOCK:
            return gettext("In the stores that the file names, an article that it does not name counts as none.")
        case About.PAIRINGS:
            return gettext("A suggestion that the file does not name is taken away.")
    return ""


def brake_words(batch: Batch) -> str:
    """Why a number has to be typed."""
    numbers = {name: _written(batch.brake[name]) for name in ("count", "of")}
    match batch.brake["reason"]:
        case "prices":
            return gettext("%(count)s prices would change, of %(of)s that shoppers see.", **numbers)
        case "vanish":
            return gettext("%(count)s articles would no longer be found, of %(of)s that shoppers see.", **numbers)
    return gettext("%(count)s articles would count as none, of %(of)s that the stores have.", **numbers)
