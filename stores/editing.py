"""Making and changing an article: its words, its addresses, its variants, its pictures, and what it goes with.

What is asked for comes as rows, each with the `key` under which a form knows it: what is wrong with a row is said
beside `<key>-<field>`. Rows that nobody names stay as they are, so that two people may work on one article.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from kit.db import table_of
from kit.errors import FieldError, Invalid, NotFound
from kit.languages import LANGUAGES, Translated, lazy
from stores import completeness, gtin, prices, slugs
from stores.catalogue import Picture, Product, State, Variant
from stores.completeness import Reason
from stores.media import Medium
from stores.pairings import Pairing

KIND = "product"
"""Of its old addresses and of what somebody has typed and not saved."""
MOST_FOUND = 12
"""Articles on offer at once."""


@dataclass(frozen=True)
class VariantRow:
    """A variant as it is to be. Prices in minor units; `id` None: a new one."""

    key: str
    id: int | None
    sku: str
    gtin: str | None
    options: list[Any]
    price_minor: int
    was_minor: int | None
    weight_grams: int | None
    position: int
    hidden: bool
    removed: bool = False


@dataclass(frozen=True)
class PictureRow:
    """A picture as it is to hang: one that hangs already (`id`), or an image of the library (`medium_id`)."""

    key: str
    id: int | None
    medium_id: int | None
    variant_key: str
    """The row of the variant that it shows; empty for the article itself."""
    position: int
    removed: bool = False


@dataclass(frozen=True)
class PairingRow:
    """What goes with the article, and why."""

    key: str
    other_id: int
    reason: Translated
    position: int
    removed: bool = False


@dataclass
class Kept:
    """What became of the variants: ids by key, and those that were hidden because something still names them."""

    ids: dict[str, int] = field(default_factory=dict)
    hidden: list[str] = field(default_factory=list)
    """SKUs."""


async def find(session: AsyncSession, ref: str) -> Product:
    """The article with its variants and pictures, whatever its state. Raises `NotFound`."""
    return await _read(session, ref)


async def take(session: AsyncSession, ref: str) -> Product:
    """The same, read anew and locked until the end of the transaction: one person saves at a time."""
    return await _read(session, ref, lock=True)


async def _read(session: AsyncSession, ref: str, *, lock: bool = False) -> Product:
    query = select(Product).where(Product.ref == ref)
    query = query.options(selectinload(Product.variants), selectinload(Product.pictures))
    if lock:
        query = query.with_for_update(of=Product)
    product = await session.scalar(query.execution_options(populate_existing=True))
    if product is None:
        raise NotFound()
    return product


async def id_of(session: AsyncSession, ref: str) -> int:
    """Raises `NotFound`."""
    found = await session.scalar(select(Product.id).where(Product.ref == ref))
    if found is None:
        raise NotFound()
    return found


async def create(session: AsyncSession, ref: str, values: Mapping[str, Any], *, now: datetime) -> Product:
    """A new article, a draft without variants. Raises `Invalid` where its reference or an address is somebody's."""
    if await session.scalar(select(Product.id).where(func.lower(Product.ref) == ref.lower())):
        raise Invalid("ref_taken", lazy("Another article has this reference."), field="ref")
    own = {name: value for name, value in values.items() if name not in ("slug_fr", "slug_en")}
    product = Product(ref=ref, state=State.DRAFT, updated_at=now, variants=[], pictures=[], **own)
    wanted = {language: values[f"slug_{language}"] for language in LANGUAGES}
    for language in LANGUAGES:
        slug = await _free(session, wanted[language], None, _proposals(product, language))
        setattr(product, f"slug_{language}", slug)
    session.add(product)
    await _flush(session, "ref")
    for language in LANGUAGES:
        await slugs.take(session, KIND, language, product.slug(language))
    return product


async def free_ref(session: AsyncSession, name: str) -> str:
    """A reference made of a name, with a number where another article has it: `LAMPE-OSCAR-2`."""
    stem = slugs.slug_of(name).upper()[:40].strip("-") or "ARTICLE"
    taken = set(await session.scalars(select(Product.ref).where(Product.ref.startswith(stem, autoescape=True))))
    return next(ref for n in range(1, len(taken) + 2) if (ref := stem if n == 1 else f"{stem}-{n}") not in taken)


async def save(session: AsyncSession, product: Product, values: Mapping[str, Any], *, now: datetime) -> None:
    """Change what `values` names. An address that is left leads on to the new one; an empty one is made of the name.

    Raises `Invalid` for an address that another article has.
    """
    for name, value in values.items():
        if not name.startswith("slug_"):
            setattr(product, name, value)
    for language in LANGUAGES:
        if f"slug_{language}" in values:
            await _move(session, product, language, values[f"slug_{language}"])
    product.updated_at = now
    await _flush(session, "slug_fr")


async def _move(session: AsyncSession, product: Product, language: str, wanted: str) -> None:
    left = product.slug(language)
    slug = await _free(session, wanted, product.id, _proposals(product, language), field=f"slug_{language}")
    if slug == left:
        return
    await slugs.leave(session, KIND, language, left, product.id)
    await slugs.take(session, KIND, language, slug)
    setattr(product, f"slug_{language}", slug)


def _proposals(product: Product, language: str) -> str:
    return slugs.slug_of(product.name.text(language))[:120].strip("-") or slugs.slug_of(product.ref) or "article"


async def _free(session: AsyncSession, wanted: str, product_id: int | None, stem: str, *, field: str = "") -> str:
    """The address wanted; where none is, one made of `stem` that no other article has in either language."""
    begins = wanted or stem
    has = or_(Product.slug_fr.startswith(begins, autoescape=True), Product.slug_en.startswith(begins, autoescape=True))
    query = select(Product.slug_fr, Product.slug_en).where(has)
    if product_id is not None:
        query = query.where(Product.id != product_id)
    taken = {slug for row in await session.execute(query) for slug in row}
    if not wanted:
        return next(slug for n in range(1, len(taken) + 2) if (slug := stem if n == 1 else f"{stem}-{n}") not in taken)
    if wanted in taken:
        raise Invalid("slug_taken", lazy("Another article has this address: %(slug)s."), {"slug": wanted}, field=field)
    return wanted


def move(product: Product, state: State, *, now: datetime) -> None:
    """Show it, take it away, or put it back among the drafts; the first showing decides what is new."""
    product.state = state
    if state == State.PUBLISHED:
        product.published_at = product.published_at or now
        product.publish_at = None
    elif state == State.WITHDRAWN:
        product.unpublish_at = None


async def reasons(session: AsyncSession, product: Product) -> list[Reason]:
    """Why shoppers may not see it; its variants and pictures have to be loaded."""
    decorative = await completeness.decorative(session, [product.id]) if product.id else frozenset()
    return completeness.publishable(product, decorative=decorative)


async def save_variants(session: AsyncSession, product: Product, rows: Sequence[VariantRow], *, now: datetime) -> Kept:
    """Change, add and remove variants. One that is to go is hidden when stock or a reservation still names it.

    Raises `Invalid` where a SKU or a barcode is another variant's, naming the article that has it.
    """
    by_id = {variant.id: variant for variant in product.variants}
    kept = Kept()
    gone = [by_id[row.id] for row in rows if row.removed and row.id in by_id]
    for variant in gone:
        if not await _delete(session, variant):
            variant.hidden = True
            kept.hidden.append(variant.sku)
    staying = [row for row in rows if not row.removed]
    await _check_codes(session, product, staying)
    await _step_aside(session, [(by_id[row.id], row) for row in staying if row.id in by_id])
    made: list[tuple[str, Variant]] = []
    currency = product.variants[0].currency if product.variants else "EUR"
    for row in staying:
        variant = by_id[row.id] if row.id in by_id else Variant(product_id=product.id, currency=currency)
        session.add(variant)
        for name in ("sku", "gtin", "options", "price_minor", "was_minor", "weight_grams", "position", "hidden"):
            setattr(variant, name, getattr(row, name))
        made.append((row.key, variant))
    await _flush(session, f"{staying[0].key}-sku" if staying else "variants")
    kept.ids = {key: variant.id for key, variant in made}
    await prices.keep(session, list(kept.ids.values()), now=now)
    return kept


async def _delete(session: AsyncSession, variant: Variant) -> bool:
    """Whether nothing named it, so that it could go. Its prices and pictures go with it."""
    try:
        async with session.begin_nested():
            rows = table_of(Variant)
            await session.execute(delete(rows).where(rows.c.id == variant.id))
    except IntegrityError:
        return False
    return True


async def _check_codes(session: AsyncSession, product: Product, rows: Sequence[VariantRow]) -> None:
    errors: list[FieldError] = []
    named = {row.id for row in rows if row.id is not None}
    for name in ("sku", "gtin"):
        codes = Counter(_same(name, getattr(row, name)) for row in rows if getattr(row, name))
        twice = [row for row in rows if codes[_same(name, getattr(row, name) or "")] > 1]
        said = lazy("%(code)s stands here twice.")
        errors += [FieldError(f"{row.key}-{name}", "twice", said, {"code": getattr(row, name)}) for row in twice[1:]]
    wanted = {spelling for row in rows if row.gtin for spelling in _spellings(row.gtin)}
    query = (
        select(Variant.id, Variant.sku, Variant.gtin, Product.name, Product.ref)
        .join(Product, Product.id == Variant.product_id)
        .where(or_(Variant.sku.in_([row.sku for row in rows]), Variant.gtin.in_(wanted)), Variant.id.not_in(named))
    )
    for theirs in await session.execute(query):
        article = f"{theirs.name.text()} ({theirs.ref})"
        for row in rows:
            for name, code in (("sku", theirs.sku), ("gtin", theirs.gtin)):
                if code and _same(name, getattr(row, name) or "") == _same(name, code):
                    words = lazy("%(code)s is a variant of another article: %(article)s.")
                    if theirs.ref == product.ref:
                        words = lazy("%(code)s is another variant of this article.")
                    found = {"code": code, "article": article}
                    errors.append(FieldError(f"{row.key}-{name}", "taken", words, found))
    if errors:
        raise Invalid(errors=errors)


def _same(name: str, code: str) -> str:
    return gtin.padded(code) if name == "gtin" and code else code


def _spellings(code: str) -> list[str]:
    """The same number with more and with fewer zeros before it."""
    bare = code.lstrip("0")
    return [bare.zfill(length) for length in gtin.LENGTHS if len(bare) <= length]


async def _step_aside(session: AsyncSession, pairs: Sequence[tuple[Variant, VariantRow]]) -> None:
    """Two variants may change SKUs with each other, which their uniqueness would refuse half way."""
    wanted = {row.sku for _, row in pairs}
    moving = [variant.id for variant, row in pairs if variant.sku != row.sku and variant.sku in wanted]
    if moving:
        rows = table_of(Variant)
        await session.execute(update(rows).where(rows.c.id.in_(moving)).values(sku=func.concat("~", rows.c.id)))


async def save_pictures(
    session: AsyncSession, product: Product, rows: Sequence[PictureRow], variant_ids: Mapping[str, int]
) -> None:
    """Hang, move and take down pictures; `variant_ids` are those of the rows of variants, by key."""
    by_id = {picture.id: picture for picture in product.pictures}
    media = {one.id: one for one in await _media(session, [row.medium_id for row in rows if row.medium_id])}
    for row in rows:
        picture = by_id.get(row.id) if row.id is not None else None
        if row.removed:
            if picture is not None:
                product.pictures.remove(picture)
            continue
        if picture is None:
            if row.medium_id not in media:
                continue  # the image was deleted meanwhile
            picture = hung(media[row.medium_id])
            product.pictures.append(picture)
        picture.position = row.position
        picture.variant_id = variant_ids.get(row.variant_key)
    await session.flush()


def hung(medium: Medium) -> Picture:
    """An image as a picture, with a copy of what its page needs."""
    return Picture(
        medium_id=medium.id,
        path=medium.path,
        alt=Translated() if medium.decorative else medium.alt,
        focal_x=medium.focal_x,
        focal_y=medium.focal_y,
        width=medium.width,
        height=medium.height,
        credit=medium.credit,
    )


async def _media(session: AsyncSession, ids: Sequence[int]) -> Sequence[Medium]:
    return (await session.scalars(select(Medium).where(Medium.id.in_(ids)))).all() if ids else []


async def save_pairings(session: AsyncSession, product: Product, rows: Sequence[PairingRow]) -> None:
    """Say what goes with it, and no longer."""
    pairs = table_of(Pairing)
    gone = [row.other_id for row in rows if row.removed]
    if gone:
        await session.execute(delete(pairs).where(pairs.c.product_id == product.id, pairs.c.other_id.in_(gone)))
    known = set(await session.scalars(select(Product.id).where(Product.id.in_([row.other_id for row in rows]))))
    for row in rows:
        if row.removed or row.other_id == product.id or row.other_id not in known:
            continue
        values = {"reason": row.reason, "position": row.position}
        pair = insert(pairs).values(product_id=product.id, other_id=row.other_id, **values)
        await session.execute(pair.on_conflict_do_update(index_elements=["product_id", "other_id"], set_=values))


# What is on offer


async def pairings_of(session: AsyncSession, product: Product) -> Sequence[Pairing]:
    """What goes with it, whatever its state, with the other article."""
    query = select(Pairing).where(Pairing.product_id == product.id).order_by(Pairing.position, Pairing.other_id)
    return (await session.scalars(query.options(selectinload(Pairing.other)))).all()


async def products_named(session: AsyncSession, ids: Sequence[int]) -> dict[int, Product]:
    """Articles by id, for rows that name them."""
    if not ids:
        return {}
    return {one.id: one for one in await session.scalars(select(Product).where(Product.id.in_(ids)))}


async def articles_like(session: AsyncSession, words: str, *, but: int | None) -> Sequence[Product]:
    """Articles by reference or SKU, or whose name holds these words, the exact ones first."""
    like = f"%{_escaped(words)}%"
    by_sku = select(Variant.product_id).where(func.lower(Variant.sku) == words.lower())
    exact = or_(func.lower(Product.ref) == words.lower(), Product.id.in_(by_sku))
    query = select(Product).where(
        or_(exact, *(Product.name.expression[code].astext.ilike(like) for code in LANGUAGES)), Product.id != (but or 0)
    )
    return (await session.scalars(query.order_by(exact.desc(), Product.ref).limit(MOST_FOUND))).all()


async def media_named(session: AsyncSession, ids: Sequence[int]) -> dict[int, Medium]:
    """Images by id, for pictures that hang or are to hang."""
    return {one.id: one for one in await _media(session, ids)}


async def brands(session: AsyncSession) -> Sequence[str]:
    """The brands of the house, by name."""
    query = select(Product.brand).where(Product.brand != "").distinct().order_by(Product.brand).limit(500)
    return (await session.scalars(query)).all()


def _escaped(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


async def _flush(session: AsyncSession, field: str) -> None:
    """Somebody else took a reference, an address or a SKU in the same second: the database says so."""
    try:
        async with session.begin_nested():
            await session.flush()
    except IntegrityError:
        raise Invalid("taken", lazy("Somebody else has just taken this code or address."), field=field) from None
