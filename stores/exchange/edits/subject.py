"""What `stores.exchange.batches` needs to know of a bulk edit: how its rows are applied, and undone."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from stores import completeness
from stores.exchange.edits.looking import brake_of, look_on
from stores.exchange.edits.standing import as_is, locked, values_of, will_show, write
from stores.exchange.edits.wanted import Wanted
from stores.exchange.formats import Record
from stores.exchange.problems import Problem
from stores.exchange.subjects import Action, Brake, Checked, Context, Row, each_alone
from stores.listing import Wish

AT_ONCE = 500
"""Articles that are looked at, or changed, while somebody waits; more are the worker's."""


class Edits:
    """What `stores.exchange.batches` needs to know of a bulk edit."""

    columns: tuple[str, ...] = ()

    def group(self, records: Iterator[Record]) -> Iterator[list[Record]]:
        return each_alone(records)

    def remember(self, records: Sequence[Record], *, context: Context) -> None:
        """Nothing: there are no records."""

    async def check(self, session: AsyncSession, records: Sequence[Record], *, context: Context) -> list[Checked]:
        return []

    async def absent(self, session: AsyncSession, *, context: Context, after: str, limit: int) -> list[Checked]:
        """The next articles of the list that was chosen (`begin`)."""
        wanted, wish = Wanted.from_json(context.options), Wish.from_json(context.options["wish"])
        return await look_on(session, wanted, wish, after=after, limit=limit, now=context.now)

    async def brake(self, session: AsyncSession, *, context: Context) -> Brake | None:
        return await brake_of(session, context.batch_id, Wanted.from_json(context.options))

    async def apply(self, session: AsyncSession, rows: Sequence[Row], *, context: Context) -> Counter[str]:
        """What somebody has changed since the preview, or what may no longer be shown, is left and said."""
        wanted = Wanted.from_json(context.options)
        articles, variants = await locked(session, rows, prices=wanted.prices)
        unready = await completeness.unready(session, articles) if wanted.shows else {}
        counts: Counter[str] = Counter()
        changes = []
        for row in rows:
            article = articles.get(row.data["_id"])
            after = values_of(row.data)
            if article is None:
                _reject(row, Problem("", "", "gone"))
            elif (standing := as_is(after, article, variants.get(article.id, ()))) == after:
                pass  # an earlier run got as far as this
            elif standing != row.before:
                _reject(row, Problem("", "", "edited_since"))
            elif will_show(after) and unready[article.id]:
                _reject(row, *(Problem("state", "", f"unready_{reason}") for reason in unready[article.id]))
            else:
                changes.append((article, after))
            counts[row.action] += 1
        await write(session, changes, now=context.now)
        return counts

    async def undo(self, session: AsyncSession, rows: Sequence[Row], *, context: Context) -> Counter[str]:
        """The exact values before, where what was applied still stands."""
        articles, variants = await locked(session, rows, prices=Wanted.from_json(context.options).prices)
        counts: Counter[str] = Counter()
        changes = []
        for row in rows:
            article = articles.get(row.data["_id"])
            before = row.before or {}
            after = values_of(row.data)
            standing = as_is(after, article, variants.get(article.id, ())) if article else None
            if standing == after and article:
                changes.append((article, before))
            elif standing != before:
                row.problems = [*row.problems, Problem("", "", "edited_since").as_json()]
                counts["left"] += 1
                continue
            counts["undone"] += 1
        await write(session, changes, now=context.now)
        return counts

    def shown(self, column: str, value: Any, *, context: Context) -> str:
        """Plainly: the page of bulk edits knows the words (`web.merch.bulk`)."""
        return "" if value is None else str(value)


def _reject(row: Row, *problems: Problem) -> None:
    row.action = Action.REJECTED
    row.problems = [*row.problems, *(problem.as_json() for problem in problems)]


SUBJECT = Edits()
