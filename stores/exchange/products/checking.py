"""What the rows of a chunk would do. Nothing is written here."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.db import table_of
from kit.languages import Translated
from stores.catalogue import State
from stores.completeness import Outline, decorative, publishable
from stores.exchange import cells
from stores.exchange.batches.asking import first_lines
from stores.exchange.cells import Wrong
from stores.exchange.formats import Record
from stores.exchange.problems import Problem
from stores.exchange.products import standing as standings
from stores.exchange.products.asking import Asked, ask
from stores.exchange.products.fields import ALTS, AMOUNTS, PRODUCT, VARIANT, Entry, Field, same, settle_options
from stores.exchange.products.standing import House, Named, Standing, blank, blank_variant, said_of
from stores.exchange.subjects import Action, Checked, Context
from stores.stock import StoreStock

NEEDED: Final = ("name:fr", "category")
"""What a new article cannot do without."""
FACTS: Final = ("facts:fr", "facts:en")
OF_PICTURES: Final = ("pictures", *ALTS, "state")
"""Columns that nobody can weigh without knowing what hangs."""


@dataclass(slots=True)
class Article:
    """An article that rows of this chunk are about: as it stands, or as it would begin."""

    entry: Entry
    is_new: bool
    asked: dict[str, tuple[Any, int]] = field(default_factory=dict)
    """What was taken from which line."""
    rows: dict[int, Asked] = field(default_factory=dict)
    """Those that were taken, by line."""
    rejected: int = 0
    """The line of a row that should have begun it."""
    begun: bool = False
    """It is there, or a row before this one makes it."""


async def check(session: AsyncSession, records: Sequence[Record], context: Context) -> list[Checked]:
    found = await standings.house(session, context)
    memo: dict[str, dict[str, Any]] = {}
    rows = [ask(record, found, context, memo) for record in records]
    there = await standings.read(session, _named(rows), found)
    chunk = _Chunk(there, found, context)
    pairs = [(row, *chunk.variant_of(row)) for row in rows]
    keys = {row.sku for row in rows} | {variant["sku"] for _, variant, _ in pairs if variant}
    chunk.seen = await first_lines(session, context.batch_id, [key for key in keys if key])
    for row, variant, by in pairs:
        chunk.weigh(row, variant, by)
    await _warn_of_reserved(session, chunk)
    asking = [article for article in chunk.articles.values() if chunk.is_published_by(article)]
    hung = [article.entry["id"] for article in asking if not article.is_new]
    decorates = await decorative(session, hung) if hung else frozenset()
    for article in asking:
        chunk.publish(article, decorates)
    return [chunk.checked[row.record.line] for row in rows]


async def _warn_of_reserved(session: AsyncSession, chunk: "_Chunk") -> None:
    """What is hidden while people wait for it."""
    hidden = {row.data["_variant"]: row for row in chunk.checked.values() if row.data.get("hidden") and row.before}
    if not hidden:
        return
    stock = table_of(StoreStock)
    sums = select(stock.c.variant_id, func.sum(stock.c.reserved)).where(stock.c.variant_id.in_(hidden))
    for variant_id, reserved in await session.execute(sums.group_by(stock.c.variant_id)):
        if reserved:
            checked = hidden[variant_id]
            checked.problems.append(Problem("sku", checked.key, "still_reserved", {"count": int(reserved)}, True))


def _named(rows: Sequence[Asked]) -> Named:
    named = Named()
    for row in rows:
        named.skus.add(row.sku)
        named.gtins.add(row.gtin)
        named.refs.add(row.ref or row.sku)
        for language, slug in row.slugs.items():
            named.slugs[language].add(slug)
        named.paths.update(row.product.get("pictures") or ())
        named.pictures = named.pictures or any(column in row.product for column in OF_PICTURES)
    for names in (named.skus, named.gtins, named.refs):
        names.discard("")
    return named


def remember(records: Sequence[Record], context: Context) -> None:
    """What `_Chunk` keeps of the rows before: their barcodes, and the articles that may have begun with them."""
    for record in records:
        if cell := record.cells.get("gtin"):
            with suppress(Wrong):
                _keep(context, "gtins", int(cells.gtin(cell)), record.line)
        if ref := record.cells.get("ref"):
            _keep(context, "refs", ref, record.line)


def _keep(context: Context, kind: str, name: Any, line: int) -> None:
    context.memory.setdefault(kind, {}).setdefault(name, line)


class _Chunk:
    """The rows of one transaction, looked at beside what is there and beside each other."""

    def __init__(self, there: Standing, found: House, context: Context) -> None:
        self.there, self.found, self.context = there, found, context
        self.seen: dict[str, int] = {}
        """Lines of SKUs that came before."""
        self.articles: dict[tuple[str, Any], Article] = {}
        self.aliases: dict[str, Entry] = {}
        """Articles by a ref that is not known here, of which another row names a variant that is."""
        self.checked: dict[int, Checked] = {}

    def _before(self, kind: str, name: Any) -> int | None:
        """The line on which this came first."""
        line: int | None = self.context.memory.get(kind, {}).get(name)
        return line

    def variant_of(self, row: Asked) -> tuple[Entry | None, str]:
        """The variant that it is about, and by what it was found."""
        variant, by = self.there.by_sku.get(row.sku), "sku"
        if variant is None:
            variant, by = self.there.by_gtin.get(row.gtin), "gtin"
        if variant and row.ref and row.ref not in self.there.by_ref:
            self.aliases.setdefault(row.ref, self.there.products[variant["product_id"]])
        return (variant, by) if variant else (None, "")

    def _product_of(self, row: Asked) -> tuple[Entry | None, str]:
        ref = row.ref or row.sku
        if product := self.there.by_ref.get(ref) or self.aliases.get(ref):
            return product, "ref"
        if self._before("refs", ref) is None:
            for language, slug in row.slugs.items():
                if product := self.there.by_slug.get((language, slug)):
                    return product, "slug"
        return None, ""

    # One row

    def weigh(self, row: Asked, variant: Entry | None, by: str) -> None:
        """What it would do, for itself and for its article. What is wrong with it is found before anything is put."""
        line = row.record.line
        product = self.there.products[variant["product_id"]] if variant else None
        if product is None:
            product, by = self._product_of(row)
        article = self._article(product, row)
        checked = Checked(line, variant["sku"] if variant else row.sku or row.ref, Action.UNCHANGED)
        if not row.record.is_rejected:  # of such a row not all cells are known
            self._place(row, variant, by, article)
            self._place_slugs(row, article)
            self._look_at_begin(row, article)
            self._look_at_pictures(row, article)
        changed = None if row.is_rejected else self._weigh_variant(row, variant, article, checked)
        checked.problems = row.problems
        self.checked[line] = checked
        if row.gtin:
            _keep(self.context, "gtins", int(row.gtin), line)
        for sku in filter(None, {row.sku, checked.key}):
            self.seen.setdefault(sku, line)
        if row.is_rejected:
            article.rejected = article.rejected or line
            checked.action, checked.data, checked.before, checked.raw = Action.REJECTED, {}, None, row.record.raw
            return
        if variant is not None and changed is not None:
            variant.update(changed)
        elif changed is not None:
            article.entry["variants"].append(changed)
        self._weigh_product(row, article, checked)
        article.rows[line] = row
        checked.data |= {"_of": article.entry["ref"], "_product": article.entry.get("id")}
        if variant is not None:
            checked.data["_variant"] = variant["id"]
        if by:
            checked.data["matched_by"] = by

    def _article(self, product: Entry | None, row: Asked) -> Article:
        ref = row.ref or row.sku or next(iter(row.slugs.values()), "")
        key: tuple[str, Any] = ("id", product["id"]) if product else ("ref", ref or row.record.line)
        if key not in self.articles:
            begun = product is not None or self._before("refs", ref) is not None
            self.articles[key] = Article(product or blank(ref), is_new=not product, begun=begun)
        return self.articles[key]

    def _place(self, row: Asked, variant: Entry | None, by: str, article: Article) -> None:
        """Whether it is about what it seems to be about."""
        there, ref = self.there, article.entry["ref"]
        for sku in filter(None, (row.sku, variant["sku"] if variant else "")):
            if sku in self.seen:
                row.wrong("sku", "repeated", value=sku, line=self.seen[sku])
                return
        if row.gtin and (line := self._before("gtins", int(row.gtin))) is not None:
            row.wrong("gtin", "repeated", line=line)
        owner = there.by_gtin.get(row.gtin)
        if by == "sku" and variant and owner and owner["id"] != variant["id"]:
            row.wrong("gtin", "gtin_taken", sku=owner["sku"])
        if variant and row.ref and row.ref != ref:
            if row.ref in there.by_ref:
                row.wrong(by, "other_article", ref=ref)
            else:
                row.wrong("ref", "ref_kept", ref=ref, warning=True)
        if by == "gtin" and variant and row.sku and row.sku != variant["sku"]:
            row.wrong("sku", "sku_kept", sku=variant["sku"], warning=True)
        if not variant and not row.sku and (row.variant.keys() - {"currency"} or not (row.ref or row.slugs)):
            row.wrong("sku", "missing", value="")

    def _place_slugs(self, row: Asked, article: Article) -> None:
        """An address belongs to one article."""
        for language, slug in row.slugs.items():
            owner = self.there.by_slug.get((language, slug))
            if owner is article.entry:
                continue
            if owner:
                row.wrong(f"slug:{language}", "slug_taken", ref=owner["ref"])
            elif (line := self._before(f"slugs:{language}", slug)) is None:
                _keep(self.context, f"slugs:{language}", slug, row.record.line)
            elif article.asked.get(f"slug:{language}", ("", 0))[0] != slug:
                row.wrong(f"slug:{language}", "repeated", line=line)

    def _look_at_begin(self, row: Asked, article: Article) -> None:
        """A new article needs a name and a place."""
        if article.begun:
            return
        missing = [column for column in NEEDED if not row.product.get(column)]
        if missing and article.rejected:
            row.wrong("ref", "begins_rejected", line=article.rejected)
            return
        wrong = {problem.column for problem in row.problems}
        for column in missing:
            if column not in wrong:
                row.wrong(column, "needed", value="")

    def _look_at_pictures(self, row: Asked, article: Article) -> None:
        """Those that are here are to hang; others are said."""
        value = row.product.get("pictures")
        if not value:
            return
        hung, here = [picture["path"] for picture in article.entry["pictures"]], []
        for path in value:
            if "://" in path:
                row.wrong("pictures", "not_fetched", value=path, warning=True)
            elif path in hung or path in self.there.media:
                here.append(path)
            else:
                row.wrong("pictures", "unknown_picture", value=path)
        if not here:
            del row.product["pictures"]
        else:
            added = [*hung, *(path for path in here if path not in hung)]
            row.product["pictures"] = added if self.context.adds("pictures") else here

    def _weigh_variant(self, row: Asked, variant: Entry | None, article: Article, checked: Checked) -> Entry | None:
        """The variant as it would be; None where the row has none."""
        if not row.sku and variant is None:
            return None
        if variant is None:
            entry = blank_variant(row.sku, self.context.currency)
            checked.action = Action.CREATED
            checked.data["sku"] = row.sku
            if row.variant.get("price") is None:
                row.wrong("price", "needed", value="")
        else:
            own = [{part: {**said} for part, said in option.items()} for option in variant["options"]]
            entry = {**variant, "options": own}
            self._read_amounts_again(row, variant["currency"])
            self._look_at_currency(row, variant)
        for column, value in row.variant.items():
            _weigh(column, value, VARIANT[column], entry, checked)
        for column in settle_options(entry):
            row.wrong(column, "needed", value="")
        return entry

    def _look_at_currency(self, row: Asked, variant: Entry) -> None:
        """129.00 € are not ¥12,900: in another currency each amount is said anew."""
        if row.variant.get("currency", variant["currency"]) != variant["currency"]:
            for column in AMOUNTS:
                if VARIANT[column].stands(variant) is not None and column not in row.variant:
                    row.wrong(column, "other_currency_needed", value=row.variant["currency"])

    def _read_amounts_again(self, row: Asked, currency: str) -> None:
        """Where the row has no currency, an amount is in that of the variant."""
        if currency == self.context.currency or row.record.cells.get("currency"):
            return
        for column in AMOUNTS:
            if row.variant.get(column) is not None:
                try:
                    row.variant[column] = cells.amount(row.record.cells[column], currency)
                except Wrong as wrong:
                    row.problems.append(wrong.at(column))

    def _weigh_product(self, row: Asked, article: Article, checked: Checked) -> None:
        """What it says of its article, unless a row before it has said that."""
        created = checked.action == Action.CREATED
        if not article.begun:
            created, article.begun = True, True
            checked.action, checked.data["_new"] = Action.CREATED, True
            _keep(self.context, "refs", article.entry["ref"], row.record.line)
        of_article = Checked(checked.line, "", Action.CREATED if article.is_new else Action.UNCHANGED)
        for column, said in row.product.items():
            if column in article.asked:
                if article.asked[column][0] != said:
                    row.wrong(column, "differs", line=article.asked[column][1], warning=True)
                continue
            article.asked[column] = said, row.record.line
            value, known = said, PRODUCT.get(column) or self.found.fields[column]
            if said and column in FACTS and self.context.adds("facts"):
                value = _merged(known.stands(article.entry) or [], said)
            _weigh(column, value, known, article.entry, of_article)
        checked.data |= of_article.data
        if of_article.before:
            checked.before = {**(checked.before or {}), **of_article.before}
        if not created and (checked.before or of_article.data):
            checked.action = Action.UPDATED

    # The whole article

    def is_published_by(self, article: Article) -> bool:
        """Whether rows of this chunk ask for it to be shown."""
        wanted, line = article.asked.get("state", ("", 0))
        return wanted == State.PUBLISHED and "state" in self.checked[line].data

    def publish(self, article: Article, decorates: Collection[int]) -> None:
        """It is shown if it may be; otherwise the row that asks for it says why not."""
        line = article.asked["state"][1]
        row, checked = article.rows[line], self.checked[line]
        reasons = publishable(self._outline(article.entry), decorative=decorates)
        for reason in reasons:
            row.wrong("state", f"unpublished_{reason}", warning=True)
        if reasons:
            article.entry["state"] = (checked.before or {}).pop("state", str(State.DRAFT))
            del checked.data["state"]
            if checked.action == Action.UPDATED and not checked.before:
                checked.action, checked.before = Action.UNCHANGED, None

    def _outline(self, entry: Entry) -> Outline:
        return Outline(
            name=Translated(entry["name"]),
            story=Translated(entry["story"]),
            facts=entry["facts"],
            category_id=self.found.ids.get(entry["category"]),
            variants=[SimpleNamespace(**variant) for variant in entry["variants"]],
            pictures=[
                SimpleNamespace(**said_of(picture, self.there))
                for picture in entry["pictures"]
                if not self.there.media.get(picture["path"], {}).get("decorative")
            ],
        )


def _weigh(column: str, value: Any, known: Field, entry: Entry, checked: Checked) -> None:
    """Put a value that differs from what stands there."""
    stood = known.stands(entry)
    if same(column, stood, value):
        return
    checked.data[column] = value
    if checked.action != Action.CREATED:
        checked.action = Action.UPDATED
        checked.before = {**(checked.before or {}), column: stood}
    known.put(entry, value)


def _merged(stood: Sequence[Sequence[str]], added: Sequence[Sequence[str]]) -> list[list[str]]:
    """Facts by their label: new ones at the end."""
    facts: dict[str, str] = {}
    for label, value in (*stood, *added):
        facts[label] = value
    return [[label, value] for label, value in facts.items()]
