"""What words find, the best first, as quickly for a word of half the house as for one that nobody uses.

Ranking costs as much as there are matches, so at most `CAP` are ranked. Words that more articles bear are answered by
the newest of those that have them in their name, then by the newest of the others: both are read off an index in
order and end with the page.
"""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import CTE, Select, and_, func, not_, select
from sqlalchemy.ext.asyncio import AsyncSession

from stores.catalogue import Product
from stores.search.wishes import Sort, Wish, conditions, facets, order
from stores.search.words import by_code, has_words, rank, typed_words

CAP = 1000
"""A search counts no further: "more than 1,000"."""


async def search(
    session: AsyncSession,
    wish: Wish,
    *,
    sort: Sort = Sort.BEST,
    limit: int,
    offset: int = 0,
    total: int | None = None,
) -> tuple[Sequence[int], int]:
    """Products that the words of the wish mean, and how many there are, counted to one more than `CAP`.

    A SKU, a GTIN or a reference that is typed whole finds its article alone. `total` is what the facets have counted
    already, for whoever has asked for them.
    """
    if not typed_words(wish.words):
        return [], 0
    if exact := await by_code(session, wish.words):
        return exact[offset : offset + limit], len(exact)
    await plan_anew(session)
    asked = and_(*conditions(wish), *facets(wish).values())
    if total is None:
        some = select(Product.id).where(asked).limit(CAP + 1).subquery()
        total = await session.scalar(select(func.count()).select_from(some)) or 0
    if not total:
        return [], 0
    if sort == Sort.BEST and total > CAP:
        return await _newest(session, wish, limit, offset), total
    names = Product.names_en if wish.language == "en" else Product.names_fr
    newest = (Product.published_at.desc(), Product.id.desc())
    best = (rank(wish.words, wish.language, names).desc(), *newest)
    page = select(Product.id).where(asked).order_by(*(best if sort == Sort.BEST else order(sort, wish.language)))
    return (await session.scalars(page.limit(limit).offset(offset))).all(), total


async def plan_anew(session: AsyncSession) -> None:
    """Have each word planned for itself, and found by its index: what is right for a rare one is wrong for a common
    one, and the beginning of a word is expected to be more common than it is."""
    if not session.info.get("planned_anew"):
        wanted = (("plan_cache_mode", "force_custom_plan"), ("enable_seqscan", "off"))
        await session.execute(select(*(func.set_config(name, value, True) for name, value in wanted)))
        session.info["planned_anew"] = True


async def _newest(session: AsyncSession, wish: Wish, limit: int, offset: int) -> list[int]:
    """Of very many: the newest that bear the words in their name, then the newest that mean them; `CAP` in all."""
    limit = max(0, min(limit, CAP - offset))
    newest = (Product.published_at.desc(), Product.id.desc())
    named = has_words(wish.words, wish.language, names=True)
    # a name that bears the words means them: asking for both would make the planner expect next to nothing
    first = select(Product.id).where(*conditions(replace(wish, words="")), *facets(wish).values(), named)
    some = _some(first)
    page = select(some.c.id, func.count().over()).order_by(some.c.published_at.desc(), some.c.id.desc())
    rows = (await session.execute(page.limit(limit).offset(offset))).all()
    before = rows[0][1] if rows else await session.scalar(select(func.count()).select_from(some)) or 0
    if before == CAP:  # one in a hundred or more: a short walk
        return list(await session.scalars(first.order_by(*newest).limit(limit).offset(offset)))
    ids = [row[0] for row in rows]
    if len(ids) == limit:
        return ids
    others = select(Product.id).where(*conditions(wish), *facets(wish).values(), not_(named))
    if before > CAP // 2:  # so few may be left that to walk to them would be to walk through the house
        few = _some(others)
        rest = select(few.c.id).order_by(few.c.published_at.desc(), few.c.id.desc())
    else:
        rest = others.order_by(*newest)
    return [*ids, *await session.scalars(rest.limit(limit - len(ids)).offset(max(0, offset - before)))]


def _some(query: Select[int]) -> CTE:
    """At most `CAP` of them, found before they are put in order."""
    return query.add_columns(Product.published_at).limit(CAP).cte().prefix_with("materialized")
