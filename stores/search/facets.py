"""How many articles each choice of a filter would leave: counted without the filter's own choice, in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, func, literal, select, true, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from stores.catalogue import Product
from stores.search.found import CAP, plan_anew
from stores.search.wishes import Wish, at_store, conditions, facets


@dataclass(frozen=True)
class Counts:
    """`total` fulfils the whole wish. With words, nothing is counted beyond `CAP`: `total` is then CAP + 1."""

    total: int = 0
    departments: dict[int, int] = field(default_factory=dict)
    """By id of the category in which an article is."""
    brands: dict[str, int] = field(default_factory=dict)
    """The most first; what has no brand is not named."""
    attributes: dict[str, dict[str, int]] = field(default_factory=dict)
    """By code of the attribute and of the choice."""
    available: int | None = None
    """What the store of `here` can keep or show; None when no store was named."""

    @property
    def is_capped(self) -> bool:
        return self.total > CAP


async def count(session: AsyncSession, wish: Wish, codes: Sequence[str] = (), *, here: int | None = None) -> Counts:
    """Count the articles of the wish by department, brand and the attributes of `codes`, in one statement.

    `here` is the store of whom is asking, chosen as a filter or not.
    """
    if wish.words:
        await plan_anew(session)
    chosen = facets(wish)
    flags: dict[str, ColumnElement[bool]] = dict(chosen)
    if here is not None:
        flags["available"] = at_store(here)
    named = {name: flag.label(f"f{place}") for place, (name, flag) in enumerate(flags.items())}
    hit = select(Product.brand, Product.category_id, *([Product.attributes] if codes else []), *named.values())
    hit = hit.where(*conditions(wish))
    base = (hit.limit(CAP + 1) if wish.words else hit).cte("hit").prefix_with("materialized")

    def but(name: str) -> ColumnElement[bool]:
        """Every chosen facet save this one."""
        return and_(true(), *(base.c[label.key] for other, label in named.items() if other in chosen and other != name))

    def of(name: str, value: ColumnElement[Any], *where: ColumnElement[bool]) -> Any:
        query = select(literal(name).label("facet"), value.label("value"), func.count().label("n"))
        return query.select_from(base).where(but(name), *where).group_by(value)

    everything = select(literal("total").label("facet"), literal("").label("value"), func.count().label("n"))
    parts = [
        everything.select_from(base).where(but("")),
        of("brand", base.c.brand, base.c.brand != ""),
        of("department", cast(base.c.category_id, String)),
    ]
    for code in codes:
        value = base.c.attributes[code].astext
        parts.append(of(f"attribute:{code}", value, value.is_not(None)))
    if here is not None:
        there = select(literal("available").label("facet"), literal("").label("value"), func.count().label("n"))
        parts.append(there.select_from(base).where(but("available"), base.c[named["available"].key]))
    counted: dict[str, dict[str, int]] = {}
    for facet, said, n in await session.execute(union_all(*parts)):
        counted.setdefault(facet, {})[said] = n
    brands = sorted(counted.get("brand", {}).items(), key=lambda one: (-one[1], one[0]))
    return Counts(
        total=counted["total"][""],
        departments={int(key): n for key, n in counted.get("department", {}).items()},
        brands=dict(brands),
        attributes={code: counted.get(f"attribute:{code}", {}) for code in codes},
        available=counted["available"][""] if here is not None else None,
    )
