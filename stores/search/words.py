"""Words that people type, as a query: stems of both languages, the beginning of the last one, codes of articles."""

import re
import unicodedata
from typing import Any

from sqlalchemy import ColumnElement, case, func, literal, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from stores.articles import SHOWN
from stores.catalogue import Product, Variant

MOST_WORDS = 8
GTIN_LENGTHS = (8, 12, 13, 14)


def fold(text: str) -> str:
    """Lower case without accents, hyphens and apostrophes as spaces: for comparing what people type with names."""
    plain = unicodedata.normalize("NFKD", text.lower().replace("œ", "oe").replace("æ", "ae"))
    return " ".join(re.findall(r"\w+", "".join(sign for sign in plain if not unicodedata.combining(sign))))


def typed_words(text: str) -> list[str]:
    """The words of it that count, at most `MOST_WORDS`."""
    return re.findall(r"\w+", text)[:MOST_WORDS]


def has_words(text: str, language: str, *, names: bool = False) -> ColumnElement[bool]:
    """Whether an article means all of these words; with `names`, in its name and brand alone."""
    column = getattr(Product, f"{'names' if names else 'words'}_{'en' if language == 'en' else 'fr'}")
    found: ColumnElement[bool] = column.bool_op("@@")(meant(text, language))
    return found


def rank(text: str, language: str, names: Any) -> ColumnElement[Any]:
    """How well a name says these words; 0 for one that does not."""
    return func.ts_rank(names, meant(text, language))


def meant(text: str, language: str) -> ColumnElement[Any]:
    """A tsquery in which every word counts: stemmed, or as it is (brands are kept as they are).

    The last word may be the beginning of one, for those who are still typing. A word that the dictionary ignores
    ("de", "the") asks for nothing.
    """
    typed = typed_words(text)
    dictionary: ColumnElement[Any] = literal_column("'english'" if language == "en" else "'french'")
    nothing: ColumnElement[Any] = literal_column("''::tsquery")
    query = nothing
    for place, word in enumerate(typed):
        plain = func.vitrine_unaccent(literal(word))
        stemmed = func.plainto_tsquery(dictionary, plain)
        whole = stemmed.op("||")(func.plainto_tsquery(literal_column("'simple'"), plain))
        if place == len(typed) - 1 and len(word) > 1:
            begun = func.to_tsquery(literal_column("'simple'"), func.quote_literal(plain).op("||")(literal(":*")))
            whole = whole.op("||")(begun)
        asked = case((func.numnode(stemmed) == 0, nothing), else_=whole)
        query = asked if place == 0 else query.op("&&")(asked)
    return query


async def by_code(session: AsyncSession, text: str) -> list[int]:
    """The product whose SKU, GTIN or reference was typed whole; asks the database only for what can be one.

    A SKU in any case; a GTIN with or without its leading zeros.
    """
    typed = text.strip()
    if not re.fullmatch(r"[\w./ -]{4,50}", typed) or not any(sign.isdigit() for sign in typed):
        return []
    codes = {typed, typed.upper(), typed.lower()}
    digits = re.sub(r"[ .-]", "", typed)
    ways: ColumnElement[bool] = Variant.sku.in_(codes)
    if digits.isascii() and digits.isdigit() and 7 <= len(digits) <= 14:
        bare = digits.lstrip("0")
        ways = ways | Variant.gtin.in_([bare.zfill(n) for n in GTIN_LENGTHS if n >= len(bare)])
    by_variant = select(Variant.product_id).where(~Variant.hidden, ways)
    found = await session.scalars(select(Product.id).where(SHOWN, Product.id.in_(by_variant)))
    by_ref = await session.scalars(select(Product.id).where(SHOWN, Product.ref.in_(codes)))
    return list(dict.fromkeys([*found, *by_ref]))
