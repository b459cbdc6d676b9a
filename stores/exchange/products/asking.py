"""What a row says by itself: each cell as what its column holds."""

from dataclasses import dataclass, field
from typing import Any, Final

from kit.languages import LANGUAGES
from stores import gtin as gtins
from stores.exchange import cells
from stores.exchange.cells import Wrong
from stores.exchange.columns import ATTRIBUTE
from stores.exchange.formats import Record
from stores.exchange.problems import Problem, suggesting
from stores.exchange.products.fields import AMOUNTS, MOMENTS, PRODUCT, VARIANT
from stores.exchange.products.standing import House, category_of
from stores.exchange.subjects import Context

CODES: Final = ("ref", "sku")


@dataclass(slots=True)
class Asked:
    """What one row says, before anybody looked what is there."""

    record: Record
    ref: str = ""
    sku: str = ""
    gtin: str = ""
    product: dict[str, Any] = field(default_factory=dict)
    variant: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    slugs: dict[str, str] = field(default_factory=dict)

    @property
    def is_rejected(self) -> bool:
        return any(not problem.warning for problem in self.problems)

    def wrong(self, column: str, code: str, *, value: str | None = None, warning: bool = False, **params: Any) -> None:
        said = self.record.cells.get(column, "") if value is None else value
        self.problems.append(Problem(column, said[:500], code, params, warning))


def ask(record: Record, found: House, context: Context, memo: dict[str, dict[str, Any]]) -> Asked:
    """Each cell as what its column holds. `memo` is of the chunk: rows of one article say most things again."""
    asked = Asked(record, problems=list(record.problems))
    given, of_product, of_variant = record.cells, asked.product, asked.variant
    currency = given.get("currency", "").upper() or context.currency
    for column, cell in given.items():
        if not cell:
            continue
        other = currency != context.currency and column in AMOUNTS
        known = memo.get(f"{column} {currency}" if other else column)
        if known is None:
            known = memo[f"{column} {currency}" if other else column] = {}
        value = known.get(cell, known)  # which is never a value of its own
        if value is known:
            try:
                value = known[cell] = _value(column, cell, found, currency)
            except Wrong as wrong:
                asked.problems.append(wrong.at(column))
                continue
        if column in VARIANT:
            of_variant[column] = value
        elif column in CODES:
            setattr(asked, column, value)
        else:
            of_product[column] = value
    if number := of_variant.get("gtin"):
        asked.gtin = gtins.padded(number)
    for language in LANGUAGES:
        if slug := of_product.get(f"slug:{language}"):
            asked.slugs[language] = slug
        if (alts := f"picture_alts:{language}") in of_product:  # to be put after the pictures they are counted along
            of_product[alts] = of_product.pop(alts)
    return asked


def _value(column: str, cell: str, found: House, currency: str) -> Any:
    if column in CODES:
        return cells.code(cell)
    known = PRODUCT.get(column) or VARIANT.get(column) or found.fields.get(column)
    if known is None:
        codes = {name.removeprefix(ATTRIBUTE).partition(":")[0] for name in found.fields}
        raise Wrong("unknown_attribute", cell, suggesting(column.removeprefix(ATTRIBUTE).partition(":")[0], codes))
    if cells.is_erased(cell):
        if not known.erasable:
            raise Wrong("not_erasable", cell)
        return None
    if column == "category":
        if slug := category_of(found, cell):
            return slug
        raise Wrong("unknown_category", cell, suggesting(cell, found.words))
    if column in AMOUNTS:
        return cells.amount(cell, currency)
    return cells.moment(cell, found.zone).isoformat() if column in MOMENTS else known.read(cell)
