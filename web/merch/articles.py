"""The list of articles: find and fix, one or many at once. Its address is its state: a view is kept as a bookmark."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from booking.customers import clean_line
from kit import languages
from kit.errors import NotFound
from kit.languages import gettext, lazy, ngettext, pgettext
from stores import attributes, listing
from stores.catalogue import State
from stores.completeness import Part
from stores.exchange import writing
from stores.listing import Found, Line, Sort, View, Wish
from web import views
from web.house import House
from web.merch import bulk_fields
from web.merch.article import fields, shown
from web.routing import Routes, staff
from web.staff import frame

routes = Routes(refuse=frame.refuse)

PAGE = 50
FURTHEST_PAGE = 2000
LONGEST = 120
"""Signs of what is searched for."""

VIEWS = {
    View.ALL: lazy("All articles"),
    View.NO_PICTURE: lazy("Without a picture"),
    View.NO_ENGLISH: lazy("No English"),
    View.NO_STOCK: lazy("No stock"),
    View.DRAFTS: lazy("Drafts"),
    View.SCHEDULED: lazy("To be published"),
    View.WITHDRAWN: lazy("Withdrawn"),
}
EMPTY = {
    View.ALL: lazy("No article matches this."),
    View.NO_PICTURE: lazy("Every article has a picture."),
    View.NO_ENGLISH: lazy("Every article can be read in English."),
    View.NO_STOCK: lazy("Every article is in stock somewhere."),
    View.DRAFTS: lazy("No draft is waiting."),
    View.SCHEDULED: lazy("No article waits for its day."),
    View.WITHDRAWN: lazy("No article was withdrawn."),
}
COLUMNS = (
    ("name", lazy("Article"), Sort.NAME, Sort.NAME_DOWN),
    ("brand", lazy("Brand"), Sort.BRAND, Sort.BRAND_DOWN),
    ("updated", lazy("Changed"), Sort.LATEST, Sort.OLDEST),
)
"""Columns that can be sorted, each by what its heading asks for first and then."""
ASCENDING = (Sort.NAME, Sort.BRAND, Sort.OLDEST)


@dataclass(frozen=True)
class Asked:
    """What an address asks of the list."""

    wish: Wish
    category: int | None
    sort: Sort
    page: int

    def query(self, **other: Any) -> dict[str, str]:
        """The address of the same list, or of one that differs in this; it says only what is not usual."""
        said = {
            "view": self.wish.view,
            "q": self.wish.words,
            "category": self.category or "",
            "brand": self.wish.brand,
            "state": self.wish.state,
            "sort": self.sort,
            **other,
        }
        usual = {"view": View.ALL, "sort": Sort.LATEST, "page": 1}
        return {name: str(value) for name, value in said.items() if value != "" and value != usual.get(name)}

    @property
    def is_narrowed(self) -> bool:
        """Beyond its view."""
        return bool(self.wish.words or self.category or self.wish.brand or self.wish.state)


def read(query: QueryParams, house: House) -> Asked:
    """What stands in an address; what cannot be read is not asked."""
    view, sort, state, page = (query.get(name, "") for name in ("view", "sort", "state", "page"))
    chosen = query.get("category", "")
    category = house.category(int(chosen)) if chosen.isascii() and chosen.isdigit() and len(chosen) < 9 else None
    within = frozenset([category.id, *(one.id for one in house.children(category))]) if category else frozenset[int]()
    return Asked(
        wish=Wish(
            view=View(view) if view in tuple(View) else View.ALL,
            words=clean_line(query.get("q", ""))[:LONGEST],
            category_ids=within,
            brand=clean_line(query.get("brand", ""))[:LONGEST],
            state=state if state in tuple(State) else "",
        ),
        category=category.id if category else None,
        sort=Sort(sort) if sort in tuple(Sort) else Sort.LATEST,
        page=min(max(int(page), 1), FURTHEST_PAGE) if page.isascii() and page.isdigit() and len(page) < 6 else 1,
    )


@routes.get("/{language:language}/merch/articles", allow=staff("catalogue.edit"), name="merch_articles")
async def show(request: Request, session: AsyncSession) -> Response:
    """A page of the list, in four statements whatever its size."""
    asked = read(request.query_params, request.app.state.house)
    found = await listing.page(
        session,
        asked.wish,
        sort=asked.sort,
        language=languages.language(),
        limit=PAGE,
        offset=(asked.page - 1) * PAGE,
    )
    if not found.lines and asked.page > 1:
        raise NotFound()
    is_empty = not found.lines and not asked.is_narrowed and asked.wish.view is View.ALL
    context = {
        "tab": "merch_articles",
        "asked": asked,
        "is_empty": is_empty,
        "views": [
            (_here(request, asked, view=view), str(words), view is asked.wish.view) for view, words in VIEWS.items()
        ],
        "categories": shown.categories(request.app.state.house),
        "states": fields.state_words(),
        "columns": [_column(request, asked, *column) for column in COLUMNS],
        "lines": [_line(request, line) for line in found.lines],
        "count_words": count_words(found.count),
        "all_words": all_words(found.count),
        "all_url": views.address(request, "merch_bulk", {"all": "1", **asked.query()}),
        "some_url": views.address(request, "merch_bulk"),
        "export_url": views.address(request, "merch_articles_csv", asked.query()),
        "fields": bulk_fields.labels(await attributes.every(session)),
        "empty_words": EMPTY.get(asked.wish.view, EMPTY[View.ALL]) if not asked.is_narrowed else EMPTY[View.ALL],
        "chosen": list(asked.query(sort="").items()),
        "hidden": [(name, value) for name, value in asked.query().items() if name in ("view", "sort", "brand")],
        "clear_url": _here(request, asked, q="", category="", brand="", state="") if asked.is_narrowed else None,
        **_pages(request, asked, found),
    }
    return frame.render(
        request,
        "merch/articles.html",
        context,
        title=gettext("Articles"),
        current="merch_articles",
        fragment="merch/_articles.html",
    )


@routes.get("/{language:language}/merch/articles.csv", allow=staff("catalogue.edit"), name="merch_articles_csv")
async def export(request: Request, session: AsyncSession) -> Response:
    """The whole list as the file that an import takes back, read piece by piece while it is sent."""
    asked = read(request.query_params, request.app.state.house)
    head = await writing.head(session, "products")
    now, database = request.state.now, request.app.state.database
    where = listing.conditions(asked.wish)

    async def pieces() -> AsyncIterator[bytes]:
        yield writing.BOM + writing.encoded([head])
        after: writing.Key | None = ()
        while after is not None:
            async with database.work(readonly=True) as own:
                page = await writing.products(own, after, now=now, where=where)
            yield writing.encoded(page.rows)
            after = page.next

    name = f"articles-{frame.wall_clock(request):%Y-%m-%d}.csv"
    headers = {**frame.NO_STORE, "content-disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(pieces(), media_type="text/csv; charset=utf-8", headers=headers)


# What the page shows


def _here(request: Request, asked: Asked, **other: Any) -> str:
    return views.address(request, "merch_articles", asked.query(**other))


def _column(request: Request, asked: Asked, name: str, words: Any, first: Sort, then: Sort) -> dict[str, str]:
    """A heading: its words, its address, and how the list is sorted by it (`aria-sort`), empty when it is not."""
    wanted = then if asked.sort is first else first
    direction = "ascending" if asked.sort in ASCENDING else "descending"
    return {
        "name": name,
        "words": str(words),
        "url": _here(request, asked, sort=wanted),
        "sort": direction if asked.sort in (first, then) else "",
    }


def _line(request: Request, line: Line) -> dict[str, Any]:
    house: House = request.app.state.house
    category = house.category(line.category_id)
    store = house.main_store
    zone, now = store.timezone if store else "UTC", request.state.now
    return {
        "ref": line.ref,
        "name": line.name.text() or line.ref,
        "lang": line.name.language(),
        "url": views.address(request, "merch_article", ref=line.ref),
        "brand": line.brand,
        "brand_url": views.address(request, "merch_articles", {"brand": line.brand}) if line.brand else "",
        "category": category.name.text() if category else "",
        "picture": views.picture(line.picture) if line.picture else None,
        "state": line.state,
        "state_words": fields.state_words()[line.state],
        "state_kind": KINDS[State(line.state)],
        "more": _more(line, zone, now),
        "languages": [_completeness(line, language) for language in languages.LANGUAGES],
        "stores": len(line.stores),
        "changed": languages.ago_words(line.updated_at, now),
        "changed_at": languages.moment_words(line.updated_at, zone, now),
        "publishable": line.state in (State.DRAFT, State.READY) and not line.unready,
    }


KINDS = {State.DRAFT: "plain", State.READY: "info", State.PUBLISHED: "ok", State.WITHDRAWN: "warn"}
"""The mark that goes with the words of a state."""
PARTS = {
    Part.NAME: lazy("name"),
    Part.STORY: lazy("story"),
    Part.FACTS: lazy("facts"),
    Part.OPTIONS: lazy("options"),
    Part.PICTURES: lazy("descriptions of pictures"),
}


def _more(line: Line, zone: str, now: Any) -> str:
    """What else decides whether shoppers see it."""
    said = []
    if line.publish_at and line.state != State.PUBLISHED:
        said.append(gettext("shown from %(when)s", when=languages.moment_words(line.publish_at, zone, now)))
    if line.unpublish_at and line.state == State.PUBLISHED:
        said.append(gettext("until %(when)s", when=languages.moment_words(line.unpublish_at, zone, now)))
    if not line.listed:
        said.append(gettext("not in lists"))
    return ", ".join(said)


def _completeness(line: Line, language: str) -> dict[str, Any]:
    """How much of it has words in a language, and what has not."""
    lacks = line.lacks(language)
    done = len(Part) - len(lacks)
    draft = language in line.drafts
    words = gettext("%(done)d of %(all)d", done=done, all=len(Part))
    missing = languages.list_words([str(PARTS[part]) for part in lacks])
    return {
        "code": language.upper(),
        "language": gettext("French") if language == "fr" else gettext("English"),
        "done": done,
        "all": len(Part),
        "words": f"{words}, {pgettext('language', 'draft')}" if draft else words,
        "missing": gettext("missing: %(parts)s", parts=missing) if missing else gettext("complete"),
        "is_complete": not lacks and not draft,
    }


def count_words(count: int) -> str:
    if not count:
        return gettext("No article")
    if count > listing.CAP:
        return gettext("more than %(count)s articles", count=languages.number_words(listing.CAP))
    return ngettext("%(count)s article", "%(count)s articles", count, count=languages.number_words(count))


def all_words(count: int) -> str:
    """For the button that changes every article of the list, not only those of this page."""
    if count > listing.CAP:
        return gettext("For all found, more than %(count)s", count=languages.number_words(listing.CAP))
    return ngettext(
        "For the one article found", "For all %(count)s articles found", count, count=languages.number_words(count)
    )


def _pages(request: Request, asked: Asked, found: Found) -> dict[str, Any]:
    """Where the list goes on; of one that is not counted to its end the last page is not known."""
    page, last = asked.page, -(-found.count // PAGE)
    here = languages.number_words(page)
    if found.count > listing.CAP:
        words = gettext("page %(page)s", page=here)
    else:
        words = gettext("page %(page)s of %(last)s", page=here, last=languages.number_words(last))
    return {
        "page_words": words if last > 1 else "",
        "previous_url": _here(request, asked, page=page - 1) if page > 1 else None,
        "next_url": _here(request, asked, page=page + 1) if found.more else None,
    }
