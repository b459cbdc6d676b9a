"""A change of many articles on its way: what it would do, done, taken back for a day."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from kit import languages
from kit.errors import NotFound, Refused
from kit.languages import gettext, lazy, pgettext
from kit.money import Money
from stores import attributes
from stores.attributes import Attribute
from stores.exchange import batches, edits
from stores.exchange.batches import UNDO_WITHIN, Batch, WrongNumber
from stores.exchange.batches import State as Stage
from stores.exchange.batches import Subject as About
from stores.exchange.batches.life import MovedOn
from stores.exchange.edits import AT_ONCE, Ending, Field, Wanted, Way
from stores.exchange.problems import Problem
from stores.exchange.subjects import Action
from web import exchanging, pages, views
from web.admin.typed import Form
from web.house import House
from web.merch.article import fields
from web.merch.bulk_fields import ATTRIBUTE, CURRENCY, FIELDS, zone_of
from web.routing import Routes, staff
from web.staff import frame
from web.staff.typed import row_id

routes = Routes(refuse=frame.refuse)

PATH = "/{language:language}/merch/bulk/{id}"
SHOWN = 50
"""Changes that a page shows."""


class TooLate(Refused):
    code = "too_late_to_undo"
    msgid = lazy("A change can be undone for 24 hours. Change the articles again instead.")


@routes.get(PATH, allow=staff("catalogue.edit"), name="merch_bulk_edit")
async def look(request: Request, session: AsyncSession) -> Response:
    return await _page(request, session, await _found(request, session), Form({}))


@routes.post(PATH + "/application", allow=staff("catalogue.edit"), name="merch_bulk_apply")
async def apply(request: Request, session: AsyncSession) -> Response:
    """At once where it is few; else the worker does it, and the page says how far it is."""
    async with request.form(max_fields=10, max_files=0) as data:
        form = Form({"typed": str(data.get("typed", ""))[:20]})
    batch = await _found(request, session)
    changes = batch.counts.get(Action.UPDATED, 0)
    by, now = request.state.actor.by, request.state.now
    try:
        await batches.confirm(session, batch, form["typed"], by=by, now=now)
    except WrongNumber as wrong:
        form.take(wrong, "typed")
        return await _page(request, session, batch, form, status=422)
    except MovedOn:
        return await _page(request, session, batch, form, moved_on=True, status=409)
    await _go_on(request, session, batch, changes)
    return pages.to(request, "merch_bulk_edit", id=batch.id)


@routes.post(PATH + "/cancellation", allow=staff("catalogue.edit"), name="merch_bulk_cancel")
async def cancel(request: Request, session: AsyncSession) -> Response:
    """Leave everything as it is; what the worker has changed already is written back."""
    batch = await _found(request, session)
    began = batch.state == Stage.APPLYING
    try:
        await batches.cancel(session, batch, now=request.state.now)
    except MovedOn:
        return await _page(request, session, batch, Form({}), moved_on=True, status=409)
    if not began:
        return pages.to(request, "merch_articles", notice="left")
    await exchanging.record(session, batch, batch.state, by=request.state.actor.by, now=request.state.now)
    return pages.to(request, "merch_bulk_edit", id=batch.id)


@routes.post(PATH + "/undoing", allow=staff("catalogue.edit"), name="merch_bulk_undo")
async def undo(request: Request, session: AsyncSession) -> Response:
    """The values before, except where somebody has changed an article since."""
    batch = await _found(request, session)
    if batch.applied_at and request.state.now - batch.applied_at > UNDO_WITHIN:
        raise TooLate()
    changes = batch.counts.get(Action.UPDATED, 0)
    try:
        await batches.undo(session, batch, now=request.state.now)
    except MovedOn:
        return await _page(request, session, batch, Form({}), moved_on=True, status=409)
    await _go_on(request, session, batch, changes)
    return pages.to(request, "merch_bulk_edit", id=batch.id)


async def _found(request: Request, session: AsyncSession) -> Batch:
    number = row_id(request.path_params["id"])
    batch = await batches.find(session, number) if number is not None else None
    if batch is None or batch.subject != About.EDIT:
        raise NotFound()
    return batch


async def _go_on(request: Request, session: AsyncSession, batch: Batch, changes: int) -> None:
    """Do what is few in the transaction of this request; the worker does the rest. Either is in the journal."""
    by, now = request.state.actor.by, request.state.now
    if changes <= AT_ONCE:
        if (taken := await batches.claim(session, batch.id, now=now)) is None:
            raise MovedOn()
        while await batches.step(session, *taken, now=now):
            pass
        await session.refresh(batch)
    await exchanging.record(session, batch, batch.state, by=by, now=now)


# What the page shows


async def _page(
    request: Request, session: AsyncSession, batch: Batch, form: Form, *, moved_on: bool = False, status: int = 200
) -> Response:
    now = request.state.now
    if moved_on:
        await session.refresh(batch)
    offered = {one.code: one for one in await attributes.every(session)}
    words = _Words(request, offered)
    changed = await edits.rows(session, batch, action=Action.UPDATED, limit=SHOWN)
    refused = await edits.rows(session, batch, action=Action.REJECTED, limit=SHOWN)
    left = await edits.rows(session, batch, action=Action.UPDATED, left=True, limit=SHOWN)
    counts = {name: batch.counts.get(name, 0) for name in ("updated", "unchanged", "rejected", "undone", "left")}
    until = batch.applied_at + UNDO_WITHIN if batch.applied_at else None
    wanted = Wanted.from_json(batch.options)
    progress = batches.progress(batch, now=now)
    context = {
        "tab": "merch_articles",
        "form": form,
        "batch": batch,
        "moved_on": moved_on,
        "asked": words.asked(wanted),
        "counts": counts,
        "numbers": {name: languages.number_words(count) for name, count in counts.items()},
        "brake": batch.brake,
        "brake_words": _brake_words(batch) if batch.brake else "",
        "columns": list(dict.fromkeys(words.column(c) for row in changed for c in row.data if not c.startswith("_"))),
        "changed": [_row(request, words, row) for row in changed],
        "refused": [_row(request, words, row) for row in refused],
        "left": [_row(request, words, row) for row in left],
        "progress": progress,
        "far": {"done": languages.number_words(progress.done), "all": languages.number_words(progress.total)},
        "undo_until": languages.moment_words(until, zone_of(request.app.state.house), now)
        if until and until > now
        else "",
        "by": batch.by,
        "when": languages.moment_words(batch.changed_at, zone_of(request.app.state.house), now),
    }
    return frame.render(
        request,
        "merch/bulk_edit.html",
        context,
        title=gettext("Change several articles"),
        current="merch_articles",
        fragment="merch/_bulk_edit.html",
        status=status,
    )


def _brake_words(batch: Batch) -> str:
    numbers = {name: languages.number_words(batch.brake[name]) for name in ("count", "of")}
    if batch.brake["reason"] == "vanish":
        return gettext("%(count)s of the %(of)s articles that shoppers see would no longer be found.", **numbers)
    return gettext("The prices of %(count)s articles would change, of %(of)s that shoppers see.", **numbers)


def _row(request: Request, words: "_Words", row: edits.Shown) -> dict[str, Any]:
    return {
        "ref": row.key,
        "name": row.name.text() if row.name else row.key,
        "lang": row.name.language() if row.name else "",
        "url": views.address(request, "merch_article", ref=row.key) if row.name else "",
        "changes": [
            (words.column(column), words.value(column, (row.before or {}).get(column)), words.value(column, value))
            for column, value in row.data.items()
            if not column.startswith("_")
        ],
        "reasons": [Problem.from_json(problem).sentence for problem in row.problems],
    }


class _Words:
    """Fields and values of articles, as people say them."""

    def __init__(self, request: Request, offered: Mapping[str, Attribute]) -> None:
        self.house: House = request.app.state.house
        self.zone, self.now = zone_of(request.app.state.house), request.state.now
        self.offered = offered

    def asked(self, wanted: Wanted) -> tuple[str, str]:
        """(field, what becomes of it), for the head of the page."""
        if wanted.field is Field.ATTRIBUTE:
            column = f"{ATTRIBUTE}{wanted.value['code']}"
            return self.column(column), self.value(column, wanted.value["value"])
        label = str(FIELDS[wanted.field])
        if wanted.field is Field.PRICE:
            return label, self._price(wanted.value)
        if wanted.field is Field.ENGLISH_DRAFT:
            return label, self.value("drafts", ["en"] if wanted.value else [])
        return label, self.value(str(wanted.field), wanted.value)

    def _price(self, value: Mapping[str, Any]) -> str:
        if value["way"] == Way.AMOUNT:
            said = languages.price_words(Money(value["by"], CURRENCY))
        else:
            number = languages.number_words(abs(Decimal(value["by"])))
            sign = "\N{MINUS SIGN}" if value["by"].startswith("-") else "+"
            said = gettext("%(number)s%%", number=f"{sign}{number}")
        ending = {Ending.WHOLE: gettext("rounded to whole amounts"), Ending.NINETY: gettext("ending in 90")}
        more = [
            ending.get(Ending(value["ending"]), ""),
            gettext("the price before crossed out") if value["cross"] else "",
        ]
        return ", ".join([said, *filter(None, more)])

    def column(self, column: str) -> str:
        if column.startswith(ATTRIBUTE):
            own = self.offered.get(column.removeprefix(ATTRIBUTE))
            return own.label.text() if own else column.removeprefix(ATTRIBUTE)
        return str(FIELDS[Field.ENGLISH_DRAFT if column == "drafts" else Field(column)])

    def value(self, column: str, value: Any) -> str:
        nothing = pgettext("value", "nothing")
        if column.startswith(ATTRIBUTE):
            own = self.offered.get(column.removeprefix(ATTRIBUTE))
            return (own.words(value) if own and value is not None else "") or nothing
        if column in ("price", "was"):
            return self._amounts(value) or nothing
        if column == "drafts":
            return gettext("draft") if "en" in value else gettext("to be read")
        if value is None or value == "":
            return nothing
        match column:
            case "state":
                return fields.state_words()[value]
            case "publish_at" | "unpublish_at":
                return languages.moment_words(edits.moment(value), self.zone, self.now)
            case "category_id":
                category = self.house.category(value)
                return category.name.text() if category else nothing
        if isinstance(value, bool):
            return gettext("yes") if value else gettext("no")
        return str(value)

    def _amounts(self, value: Mapping[str, int | None] | None) -> str:
        """The least and the most of the prices of its variants."""
        amounts = sorted(minor for minor in (value or {}).values() if minor is not None)
        said = dict.fromkeys(languages.price_words(Money(minor, CURRENCY)) for minor in (*amounts[:1], *amounts[-1:]))
        return " – ".join(said)
