"""Asking a store to keep articles: one page, its promises said before it is sent, and nothing typed is ever lost."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from booking import customers, promises, submissions
from booking.reservations import asking
from booking.reservations.asking import MOST_LINES, StoreClosed
from booking.submissions import KeyReused
from kit import codes, languages
from kit.errors import Invalid, NotFound, TooMany
from kit.languages import gettext, ngettext
from stores import articles, catalogue, places
from stores.catalogue import Variant
from stores.hours import NeverOpens
from stores.places import Store
from stores.stock import OutOfStock
from web import pages, views
from web.pages import Page
from web.routing import ANYONE, Routes
from web.security import RESERVE_BY_ADDRESS, address_of
from web.shop import sending, standing
from web.shop.sending import SCOPE, CustomerForm

routes = Routes()

MOST_CHOICES = 3


@dataclass(frozen=True)
class Asked:
    """What is to be kept, and where."""

    store: Store
    lines: Sequence[tuple[Variant, int]]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """As it stands in an address or a form."""
        return [pair for v, n in self.lines for pair in (("sku", v.sku), ("quantity", str(n)))]


@dataclass(frozen=True)
class Refusal:
    """Why it could not be done, and what can be done instead: (words, what the button sends)."""

    words: str
    choices: Sequence[tuple[str, str]] = ()
    missing: frozenset[str] = frozenset()
    """SKUs that are not there."""
    link: tuple[str, str] | None = None


@routes.get("/{language:language}/reserve", allow=ANYONE, name="reserve")
async def show(request: Request, session: AsyncSession) -> Response:
    """The form. Without a store the choice of one comes first, without an article the catalogue."""
    query = request.query_params
    lines = await _lines(session, query.getlist("sku"), query.getlist("quantity"), forgiving=True)
    if not lines:
        return RedirectResponse(views.address(request, "catalogue"), 303)
    store = pages.store_of(request)
    pairs = [pair for v, n in lines for pair in (("sku", v.sku), ("quantity", str(n)))]
    if store is None:
        return RedirectResponse(_choose_url(request, lines, pairs), 303)
    if lines[0][0].product.by_appointment:
        return RedirectResponse(
            views.address(request, "product", slug=lines[0][0].product.slug(languages.language())), 303
        )
    return await _page(request, session, CustomerForm(), Asked(store, lines), key=codes.new_token())


@routes.post("/{language:language}/reserve", allow=ANYONE)
async def send(request: Request, session: AsyncSession) -> Response:
    """Ask the store. The same form sent twice is one reservation; a refusal gives the form back as it was."""
    async with request.form(max_fields=60, max_files=0) as data:
        form = CustomerForm(data)
        asked = await _asked(session, data)
        given = str(data.get("key", ""))
        key = given if codes.is_token(given) else codes.new_token()
        switch, started = str(data.get("switch", "")), str(data.get("started", ""))
    if switch:
        return await _page(request, session, form, await _switched(session, asked, switch), key=codes.new_token())
    try:
        await request.app.state.limits.check(RESERVE_BY_ADDRESS, address_of(request))
        return await _reserve(request, session, form, asked, key=key, started=started)
    except Invalid as invalid:
        form.take(invalid)
        return await _page(request, session, form, asked, key=key, status=422)
    except StoreClosed as closed:
        refusal = Refusal(closed.sentence, await _other_stores(request, session, asked))
        return await _page(request, session, form, asked, key=key, refusal=refusal, status=422)
    except OutOfStock as short:
        refusal = await _refusal(request, session, asked, short)
        return await _page(request, session, form, asked, key=key, refusal=refusal, status=409)
    except KeyReused as reused:
        first = await submissions.look_up(session, scope=SCOPE, key=key) or {}
        link = (gettext("See the request already sent"), first["url"]) if "url" in first else None
        refusal = Refusal(reused.sentence, link=link)
        return await _page(request, session, form, asked, key=codes.new_token(), refusal=refusal, status=422)
    except TooMany as many:
        phone = customers.show_phone(asked.store.phone, languages.language())
        call = gettext("You can also call the store: %(phone)s.", phone=phone)
        response = await _page(
            request, session, form, asked, key=key, refusal=Refusal(f"{many.sentence} {call}"), status=429
        )
        response.headers["retry-after"] = str(many.retry_after)
        return response


async def _reserve(
    request: Request, session: AsyncSession, form: CustomerForm, asked: Asked, *, key: str, started: str
) -> Response:
    now: datetime = request.state.now
    limited = request.app.state.limits.on
    body = {
        "store": asked.store.slug,
        "lines": [[variant.sku, quantity] for variant, quantity in asked.lines],
        "who": form.who,
    }
    if answered := await submissions.begin(session, scope=SCOPE, key=key, body=body, now=now):
        return _sent(request, answered.answer)
    suspect = sending.is_suspect(request, form, started)
    made = await asking.reserve(
        session,
        asked.store,
        asked.lines,
        form.customer(region=asked.store.country),
        secret=request.app.state.settings.secret,
        now=now,
        suspect=suspect,
        limited=limited,
    )
    code = made.reservation.code
    answer = {"reservation": made.reservation.id, "url": views.address(request, "sent", code=code)}
    await submissions.answer(session, scope=SCOPE, key=key, answer=answer)
    return _sent(request, answer)


def _sent(request: Request, answer: dict[str, Any]) -> Response:
    """On to the page that says so, which this browser may now open."""
    return sending.opened(request, pages.go(request, answer["url"]), answer)


@routes.get("/{language:language}/receipts/{key}", allow=ANYONE, name="receipt")
async def receipt(request: Request, session: AsyncSession) -> Response:
    """Whether the request with this key arrived, for a page whose connection was cut: its address, or 404."""
    key = request.path_params["key"]
    answer = await submissions.look_up(session, scope=SCOPE, key=key) if codes.is_token(key) else None
    if not answer or "url" not in answer:
        return JSONResponse({"arrived": False}, 404, headers={"cache-control": "no-store"})
    return sending.opened(request, JSONResponse({"url": answer["url"]}), answer)


# What was asked for


async def _asked(session: AsyncSession, data: FormData) -> Asked:
    skus = [str(sku) for sku in data.getlist("sku")]
    lines = await _lines(session, skus, [str(n) for n in data.getlist("quantity")], forgiving=False)
    if not lines:
        raise NotFound()
    return Asked(await places.find(session, str(data.get("store", ""))), lines)


async def _lines(
    session: AsyncSession, skus: Sequence[str], quantities: Sequence[str], *, forgiving: bool
) -> list[tuple[Variant, int]]:
    """Each SKU once, with its quantity; `NotFound` for one that is not offered. `forgiving` mends quantities."""
    wanted: dict[str, int] = {}
    for place, sku in enumerate(skus[: MOST_LINES + 1]):
        typed = quantities[place] if place < len(quantities) else "1"
        number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 5 else 0
        wanted[sku] = wanted.get(sku, 0) + (max(number, 1) if forgiving else number)
    found = await catalogue.find_variants(session, list(wanted)) if wanted else {}
    if set(found) != set(wanted):
        raise NotFound()
    if forgiving:
        wanted = {sku: min(n, found[sku].product.max_per_reservation) for sku, n in wanted.items()}
    return [(found[sku], quantity) for sku, quantity in wanted.items()]


async def _switched(session: AsyncSession, asked: Asked, switch: str) -> Asked:
    """The same with another store, another variant, one unit, or without an article, as a button asked."""
    kind, _, what = switch.partition(":")
    if kind == "store":
        return replace(asked, store=await places.find(session, what))
    if kind == "drop":
        return replace(asked, lines=[line for line in asked.lines if line[0].sku != what] or asked.lines)
    if kind == "one":
        return replace(asked, lines=[(v, 1 if v.sku == what else n) for v, n in asked.lines])
    if kind == "variant":
        old, _, new = what.partition(">")
        found = await catalogue.find_variants(session, [new])
        if new in found:
            lines = [(found[new] if v.sku == old else v, n) for v, n in asked.lines]
            return replace(asked, lines=list({v.sku: (v, n) for v, n in lines}.values()))
    return asked


async def _refusal(request: Request, session: AsyncSession, asked: Asked, short: OutOfStock) -> Refusal:
    """Someone was faster: the lines that are not there, and every way on that keeps the form."""
    missing_ids = {wanted.variant_id for wanted in short.missing}
    missing = [(v, n) for v, n in asked.lines if v.id in missing_ids]
    choices = await _other_stores(request, session, asked)
    for variant, quantity in missing:
        found = await articles.of_ids(session, [variant.product_id])
        for choice in found[0].choices if found else ():
            cell = choice.cells.get(asked.store.id)
            if cell is None or cell.available < 1:
                continue
            if choice.id == variant.id and quantity > 1:
                choices.append(
                    (gettext("Reserve only one: %(name)s", name=views.name_of(variant)), f"one:{variant.sku}")
                )
            elif choice.id != variant.id and cell.available >= quantity:
                words = gettext("Take it in: %(options)s", options=choice.label)
                choices.append((words, f"variant:{variant.sku}>{choice.sku}"))
        if len(asked.lines) > 1:
            choices.append(
                (gettext("Reserve the rest, without %(name)s", name=views.name_of(variant)), f"drop:{variant.sku}")
            )
    return Refusal(short.sentence, choices, frozenset(variant.sku for variant, _ in missing))


async def _other_stores(request: Request, session: AsyncSession, asked: Asked) -> list[tuple[str, str]]:
    """The nearest open stores that have every article, as buttons of the form."""
    now = request.state.now
    found = await articles.of_ids(session, list({variant.product_id for variant, _ in asked.lines}))
    cells = {choice.id: choice.cells for article in found for choice in article.choices}

    def has_all(store: Store) -> bool:
        have = (cells.get(variant.id, {}).get(store.id) for variant, _ in asked.lines)
        wanted = (quantity for _, quantity in asked.lines)
        return all(cell is not None and cell.available >= n for cell, n in zip(have, wanted, strict=True))

    here = asked.store
    others = [
        (here.km_to(store.latitude, store.longitude), store)
        for store in request.app.state.house.stores.values()
        if store.id != here.id and views.in_season(store, now) and has_all(store)
    ]
    return [
        (
            gettext("Reserve at %(store)s, %(km)s away", store=store.name, km=languages.distance_words(km)),
            f"store:{store.slug}",
        )
        for km, store in sorted(others, key=lambda other: other[0])[:MOST_CHOICES]
    ]


async def _page(
    request: Request,
    session: AsyncSession,
    form: CustomerForm,
    asked: Asked,
    *,
    key: str,
    refusal: Refusal | None = None,
    status: int = 200,
) -> Response:
    now, store = request.state.now, asked.store
    promised = _promised(store, now)
    if promised is None and refusal is None:
        refusal = Refusal(StoreClosed().sentence, await _other_stores(request, session, asked))
    missing = refusal.missing if refusal else frozenset()
    days = request.app.state.settings.erase_after_days
    context = {
        "form": form,
        "key": key,
        "started": sending.started(request),
        "receipt_url": views.address(request, "receipt", key=key),
        "lines": [
            standing.article(
                variant,
                quantity,
                variant.price,
                gone=variant.sku in missing,
                status_words=gettext("Not enough of it at %(store)s any more", store=store.name)
                if variant.sku in missing
                else None,
            )
            for variant, quantity in asked.lines
        ],
        "store": views.shop(store, now),
        "change_store_url": _choose_url(request, asked.lines, asked.pairs),
        "answer_words": promised[0] if promised else None,
        "hold_words": promised[1] if promised else None,
        "privacy_words": ngettext(
            "We keep these details for %(num)d day after your reservation ends, then erase them.",
            "We keep these details for %(num)d days after your reservation ends, then erase them.",
            days,
            num=days,
        ),
        "hidden_lines": [*asked.pairs, ("store", store.slug)],
        "refused": refusal,
    }
    page = Page(title=gettext("Reserve in store"), robots="noindex")
    headers = {"cache-control": "no-store"}
    return pages.render(request, "shop/reserve.html", context, page=page, status=status, headers=headers)


def _promised(store: Store, now: datetime) -> tuple[str, str] | None:
    """By when the store answers and until when it keeps things, in words; None when it does not open again."""
    try:
        promised = promises.promise(store, now)
    except NeverOpens:
        return None
    zone = store.timezone
    return (
        gettext("Answer %(before)s", before=languages.before_words(promised.answer_by, zone, now)),
        gettext("Items kept %(until)s", until=languages.kept_until_words(promised.hold_until, zone, now)),
    )


def _choose_url(request: Request, lines: Sequence[tuple[Variant, int]], pairs: Sequence[tuple[str, str]]) -> str:
    """The choice of a store, and back to this form with the same articles."""
    variant = lines[0][0]
    back = f"{views.address(request, 'reserve')}?{urlencode(pairs)}"
    query = {"product": variant.product.slug(languages.language()), "sku": variant.sku, "next": back}
    return views.address(request, "stores", query)
