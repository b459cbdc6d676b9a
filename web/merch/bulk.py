"""One field of many articles: which articles, which field, and what it is to become. `bulk_edit` goes on from there."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from kit import languages
from kit.errors import Invalid
from kit.languages import gettext, lazy
from stores import attributes, listing
from stores.exchange import edits
from web import pages, views
from web.admin.typed import Form
from web.house import House
from web.merch import articles, bulk_fields
from web.merch.bulk_fields import ATTRIBUTE
from web.routing import Routes, staff
from web.staff import frame

routes = Routes(refuse=frame.refuse)

PATH = "/{language:language}/merch/bulk"


class TooMany(Invalid):
    code = "too_many_articles"
    msgid = lazy("More than %(count)s articles match. Narrow the list first.")


class NoneChosen(Invalid):
    code = "no_article_chosen"
    msgid = lazy("No article is ticked. Tick some in the list, or choose all that match.")


@dataclass(frozen=True)
class Chosen:
    """Which articles: those that were ticked, or all that the list in the address shows."""

    refs: Sequence[str]
    asked: articles.Asked | None

    def hidden(self) -> list[tuple[str, str]]:
        """As hidden fields of a form."""
        if self.asked is not None:
            return [("all", "1"), *self.asked.query(sort="").items()]
        return [("ref", ref) for ref in self.refs]


async def _ids(session: AsyncSession, chosen: Chosen) -> Sequence[int]:
    """Raises `NoneChosen`, `TooMany`."""
    if chosen.asked is not None:
        ids = await listing.ids(session, chosen.asked.wish, limit=edits.MOST + 1)
    else:
        ids = await listing.ids_of_refs(session, chosen.refs)
    if not ids:
        raise NoneChosen()
    if len(ids) > edits.MOST:
        raise TooMany(params={"count": languages.number_words(edits.MOST)})
    return ids


def _chosen(query: QueryParams, house: House) -> Chosen:
    if query.get("all") == "1":
        return Chosen((), articles.read(query, house))
    return Chosen(list(dict.fromkeys(query.getlist("ref")))[: articles.PAGE * 4], None)


# Choosing what to change


@routes.get(PATH, allow=staff("catalogue.edit"), name="merch_bulk")
async def show(request: Request, session: AsyncSession) -> Response:
    """The form of the field that the address names, or the choice of one."""
    query = request.query_params
    chosen = _chosen(query, request.app.state.house)
    return await _form(request, session, chosen, Form({"field": query.get("field", "")}))


@routes.post(PATH, allow=staff("catalogue.edit"))
async def prepare(request: Request, session: AsyncSession) -> Response:
    """What it would change, kept until somebody says yes. Of very many, the worker finds out."""
    async with request.form(max_fields=600, max_files=0) as data:
        typed = QueryParams([(name, value) for name, value in data.multi_items() if isinstance(value, str)])
    form = Form(dict(typed))
    house: House = request.app.state.house
    chosen = _chosen(typed, house)
    try:
        wanted = bulk_fields.read(form, await attributes.every(session), house, now=request.state.now)
        ids = await _ids(session, chosen)
        by, now = request.state.actor.by, request.state.now
        if chosen.asked is not None and len(ids) > edits.AT_ONCE:
            batch = await edits.begin(session, wanted, chosen.asked.wish, count=len(ids), by=by, now=now)
        else:
            batch = await edits.prepare(session, wanted, ids, by=by, now=now)
    except Invalid as invalid:
        form.take(invalid, "value")
        return await _form(request, session, chosen, form, status=422)
    return pages.to(request, "merch_bulk_edit", id=batch.id)


async def _form(request: Request, session: AsyncSession, chosen: Chosen, form: Form, *, status: int = 200) -> Response:
    offered = await attributes.every(session)
    labels = bulk_fields.labels(offered)
    field = form["field"] if form["field"] in labels else ""
    own = next((one for one in offered if f"{ATTRIBUTE}{one.code}" == field), None)
    refused = ""
    try:
        count = len(await _ids(session, chosen))
    except Invalid as invalid:
        count, refused = 0, invalid.sentence
    house: House = request.app.state.house
    context = {
        "tab": "merch_articles",
        "form": form,
        "field": field,
        "label": labels.get(field, ""),
        "labels": labels,
        "kind": own.kind if own else "",
        "unit": own.unit if own else "",
        "choices": bulk_fields.choices_of(field, own, house),
        "zone": languages.zone_words(bulk_fields.zone_of(house)),
        "count": count,
        "count_words": articles.count_words(count),
        "refused": refused,
        "hidden": chosen.hidden(),
        "back_url": views.address(request, "merch_articles", chosen.asked.query() if chosen.asked else None),
        "address": views.address(request, "merch_bulk"),
    }
    return frame.render(
        request,
        "merch/bulk.html",
        context,
        title=gettext("Change several articles"),
        current="merch_articles",
        status=422 if refused else status,
    )
