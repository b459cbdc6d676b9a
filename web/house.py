"""The house as every page needs it: stores, departments, services and advisors, read once every few seconds.

They change a few times a day and stand on each page; reading them each time would be most of what a page asks the
database. Whoever changes something (reserves, answers) reads the store again inside its own transaction.
"""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from kit import clock
from stores import advisors, catalogue, places, services
from stores.advisors import Advisor
from stores.catalogue import Category
from stores.places import Store
from stores.services import Service


class House:
    """Stores by slug and categories by id, at most `fresh_for` seconds old. Read them, never change them."""

    def __init__(self, name: str, fresh_for: float = 5.0) -> None:
        self.name = name
        self.fresh_for = fresh_for
        self.stores: dict[str, Store] = {}
        self.categories: Sequence[Category] = ()
        self.services: Sequence[Service] = ()
        self.advisors: dict[str, Advisor] = {}
        """Whom shoppers may choose, by slug; without their skills."""
        self._read_at = float("-inf")

    async def look(self, session: AsyncSession) -> None:
        """Read again what is older than that."""
        if clock.monotonic() - self._read_at < self.fresh_for:
            return
        stores = await places.every(session)
        categories = await catalogue.categories(session)
        offered = await services.offered(session)
        bookable = await advisors.bookable(session)
        for loaded in (*stores, *categories, *offered, *bookable):  # another request may be reading its own
            session.expunge(loaded)
        self.stores = {store.slug: store for store in stores}
        self.categories, self.services = categories, offered
        self.advisors = {advisor.slug: advisor for advisor in bookable}
        self._read_at = clock.monotonic()

    def forget(self) -> None:
        """Something was changed here: look again at the next request."""
        self._read_at = float("-inf")

    @property
    def departments(self) -> list[Category]:
        return [category for category in self.categories if category.parent_id is None]

    def category(self, category_id: int) -> Category | None:
        return next((category for category in self.categories if category.id == category_id), None)

    def children(self, category: Category) -> list[Category]:
        return [child for child in self.categories if child.parent_id == category.id]

    def department_of(self, category: Category) -> Category:
        return self.category(category.department_id or category.id) or category

    @property
    def main_store(self) -> Store | None:
        """The one that speaks for the house where none was chosen: open all year, the first that was there."""
        stores = sorted(self.stores.values(), key=lambda store: (store.opens_on is not None, store.id))
        return stores[0] if stores else None

    def store_by_id(self, store_id: int) -> Store | None:
        return next((store for store in self.stores.values() if store.id == store_id), None)
