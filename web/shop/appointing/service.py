"""The first step: what for."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kit.languages import gettext
from stores import advisors, catalogue
from stores.advisors import Advisor
from stores.catalogue import Category, Variant
from stores.services import Service
from web import views
from web.routing import ANYONE, Routes
from web.shop.appointing import steps
from web.shop.appointing.steps import Chosen

routes = Routes()


@routes.get("/{language:language}/appointments/new", allow=ANYONE, name="book_service")
async def show(request: Request, session: AsyncSession) -> Response:
    """The services by need; what fits the article she comes from stands first.

    From an article whose department has one service, that one is chosen, and shown as such on the steps after.
    """
    chosen = steps.read(request)
    variants = await _variants(session, chosen)
    departments = _departments(request, variants)
    advisor = steps.advisor_of(request, chosen)
    knows = await _knows(session, advisor) if advisor else None
    all_of_them: Sequence[Service] = request.app.state.house.services
    able = [one for one in all_of_them if knows is None or one.required <= knows]
    here = [one for one in able if chosen.store is None or one.at(chosen.store.id)]
    nothing_here = not here
    offered = here or able
    fitting = [one for one in offered if one.category_id in departments]
    if len(fitting) == 1 and chosen.service is None and not nothing_here:
        return RedirectResponse(steps.onward(request, chosen.but(service=fitting[0])), 303)
    first = [one for one in offered if one.category_id in departments or one.category_id is None] if departments else []
    others = [one for one in offered if one not in first]
    kept = chosen.but(store=None, advisor="") if nothing_here else chosen
    context = {
        "articles": [views.name_of(variant) for variant in variants],
        "fitting": _by_need(request, kept, first),
        "needs": _by_need(request, kept, others),
        "store": chosen.store.name if chosen.store and not nothing_here else None,
        "every_url": steps.address(request, "book_service", chosen.but(store=None)) if chosen.store else None,
        "closed_store": chosen.store.name if chosen.store and nothing_here else None,
        "chosen": chosen.service.slug if chosen.service else "",
        "with_advisor": advisor.name if advisor and not nothing_here else None,
    }
    return steps.render(request, "book_service", kept, context)


async def _variants(session: AsyncSession, chosen: Chosen) -> list[Variant]:
    """The articles that she comes from."""
    if not chosen.articles:
        return []
    found = await catalogue.find_variants(session, [sku for sku, _ in chosen.articles])
    return [found[sku] for sku, _ in chosen.articles if sku in found]


def _departments(request: Request, variants: Iterable[Variant]) -> set[int]:
    house = request.app.state.house
    found: list[Category | None] = [house.category(variant.product.category_id) for variant in variants]
    return {house.department_of(category).id for category in found if category}


async def _knows(session: AsyncSession, advisor: Advisor) -> set[int]:
    """The skills of the advisor she asked for."""
    return {one.skill_id for one in (await advisors.get(session, advisor.id)).skills}


def _by_need(request: Request, chosen: Chosen, offered: Iterable[Service]) -> list[dict[str, Any]]:
    """Services of the same need stand together, in the order of the house."""
    needs: dict[str, list[dict[str, Any]]] = {}
    for service in offered:
        needs.setdefault(service.need.text() or service.name.text(), []).append(_shown(request, chosen, service))
    return [{"need": need, "services": shown} for need, shown in needs.items()]


def _shown(request: Request, chosen: Chosen, service: Service) -> dict[str, Any]:
    """The choice keeps the store and the advisor as long as they still fit."""
    next_step = chosen.but(service=service, start=None)
    return {
        "slug": service.slug,
        "name": service.name.text(),
        "lang": service.name.language(),
        "about": service.about.text(),
        "facts": gettext("%(length)s, free, in store", length=steps.length_words(service)),
        "bring": service.bring.text(),
        "approval": service.needs_approval,
        "url": steps.onward(request, next_step),
    }
