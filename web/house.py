"""The house as every page needs it: stores, departments, services and advisors, read once every few seconds.

They change a few times a day and stand on each page; reading them each time would be most of what a page asks the
database. Whoever changes something (reserves, answers) reads the store again inside its own transaction.
"""

from collections import OrderedDict
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from kit import clock
from stores import advisors, attributes, catalogue, places, search, services
from stores.advisors import Advisor
from stores.attributes import Attribute
from stores.catalogue import Category
from stores.places import Store
from stores.services import Service

COUNTS_KEPT = 256
"""Lists whose counts are remembered: those that many look at."""


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
        self.attributes: Sequence[Attribute] = ()
        self._counts: OrderedDict[tuple[search.Wish, int | None], tuple[float, search.Counts]] = OrderedDict()
        self._by_id: dict[int, Store] = {}
        self._near: dict[int, dict[int, float]] = {}
        self._read_at = float("-inf")

    async def look(self, session: AsyncSession) -> None:
        """Read again what is older than that."""
        if clock.monotonic() - self._read_at < self.fresh_for:
            return
        stores = await places.every(session)
        categories = await catalogue.categories(session)
        offered = await services.offered(session)
        bookable = await advisors.bookable(session)
        compared = await attributes.every(session)
        for loaded in (*stores, *categories, *offered, *bookable, *compared):  # another request may be reading its own
            session.expunge(loaded)
        self.stores = {store.slug: store for store in stores}
        self._by_id = {store.id: store for store in stores}
        self._near.clear()
        self.categories, self.services, self.attributes = categories, offered, compared
        self.advisors = {advisor.slug: advisor for advisor in bookable}
        self._read_at = clock.monotonic()

    async def count(self, session: AsyncSession, wish: search.Wish, here: int | None) -> search.Counts:
        """How many articles each filter of this list would leave, at most `fresh_for` seconds old: to count ten
        thousand of them takes longer than all the rest of a page."""
        known = self._counts.get((wish, here))
        if known and clock.monotonic() - known[0] < self.fresh_for:
            return known[1]
        counted = await search.count(session, wish, [one.code for one in self.facets], here=here)
        self._counts[wish, here] = clock.monotonic(), counted
        self._counts.move_to_end((wish, here))
        while len(self._counts) > COUNTS_KEPT:
            self._counts.popitem(last=False)
        return counted

    @property
    def facets(self) -> list[Attribute]:
        """The attributes that lists can be narrowed by."""
        return [one for one in self.attributes if one.facet and one.kind in ("choice", "colour")]

    def forget(self) -> None:
        """Something was changed here: look again at the next request."""
        self._read_at = float("-inf")
        self._counts.clear()

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

    @property
    def zone(self) -> ZoneInfo:
        """The clock of what belongs to no store: that of the main one."""
        return self.main_store.zone if self.main_store else ZoneInfo("Europe/Paris")

    def store_by_id(self, store_id: int) -> Store | None:
        return self._by_id.get(store_id)

    def distances(self, store: Store) -> dict[int, float]:
        """How far every other store is from this one, in km by id, the nearest first."""
        if store.id not in self._near:
            far = {
                one.id: store.km_to(one.latitude, one.longitude) for one in self._by_id.values() if one.id != store.id
            }
            self._near[store.id] = dict(sorted(far.items(), key=lambda one: one[1]))
        return self._near[store.id]
