"""Rows that are added before anything is saved: a variant, all combinations of options, an image, an article.

Each is a button of the form, so that it works without a script: the same page comes back with one more row.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product as combinations

from sqlalchemy.ext.asyncio import AsyncSession

from booking.customers import clean_line
from kit.languages import LANGUAGES, gettext
from stores import editing, media
from stores.catalogue import Product
from stores.media import Medium
from stores.slugs import slug_of
from web.admin.typed import Form
from web.merch.article.fields import MOST, MOST_VARIANTS, OPTIONS, blank_variant, number_of, rows_of
from web.merch.article.merging import next_key

MOST_FOUND = 12
"""Images on offer at once."""
Value = tuple[str, str]
"""Of an option, in French and in English."""


@dataclass(frozen=True)
class Found:
    """What was looked for in the form."""

    media: Sequence[Medium] | None = None
    articles: Sequence[Product] | None = None


async def add(session: AsyncSession, form: Form, product: Product | None) -> Found:
    """Do what the pressed button says; a button that nobody has is none."""
    what, _, which = form["do"].partition(":")
    if what in SIMPLE:
        SIMPLE[what](form)
    elif what == "media":
        ids = [number_of(key) for key in rows_of(form, "pictures") if key.startswith("m")]
        ids += [one.medium_id for one in product.pictures if one.medium_id] if product else []
        seen = await media.browse(session, clean_line(form["media_words"]), limit=MOST_FOUND + len(ids))
        return Found(media=[one.medium for one in seen if one.medium.id not in ids][:MOST_FOUND])
    elif what == "find":
        words = clean_line(form["article_words"])
        return Found(articles=await editing.articles_like(session, words, but=product.id if product else None)
                     if words else [])  # fmt: skip
    elif what in ("hang", "pair") and which.isascii() and which.isdigit() and len(which) < 10:
        _append(form, "pictures" if what == "hang" else "pairings", f"{'m' if what == 'hang' else 'g'}{which}")
    return Found()


def _append(form: Form, kind: str, key: str) -> None:
    keys = rows_of(form, kind)
    if key in keys or len(keys) >= MOST[kind]:
        return
    form.values[kind] = " ".join([*keys, key])
    form.values[f"{key}-position"] = str(len(keys) + 1)
    form.values[f"{key}-new"] = "1"


def _row(form: Form) -> None:
    keys = rows_of(form, "variants")
    if len(keys) < MOST_VARIANTS:
        key = next_key(form)
        form.values["variants"] = " ".join([*keys, key])
        form.values |= blank_variant(key, len(keys) + 1)


def _combine(form: Form) -> None:
    """One variant for each combination of the values named, and of those that are there; none is made twice."""
    keys = [
        key for key in rows_of(form, "variants") if key.startswith("v") or form[f"{key}-sku"] or form[f"{key}-price"]
    ]
    lists = []
    for place in OPTIONS:
        values = [*_standing(form, keys, place), *_named(form, place)]
        if values:
            lists.append((place, list(dict.fromkeys(values))))
            if not any(form[f"option{place}_{code}"].strip() for code in LANGUAGES):
                words = gettext("Option %(number)d: say what it is, such as Finish.", number=place)
                form.wrong(f"option{place}_fr", words)
    wanted = list(combinations(*(values for _, values in lists))) if lists else []
    there = {tuple(_value(form, key, place) for place, _ in lists) for key in keys}
    missing = [chosen for chosen in wanted if chosen not in there]
    if len(keys) + len(missing) > MOST_VARIANTS:
        words = gettext(
            "That would be %(num)d variants; %(limit)d at most.", num=len(keys) + len(missing), limit=MOST_VARIANTS
        )
        form.wrong("variants", words)
    if form.errors or not missing:
        return
    first = next((key for key in keys if form[f"{key}-price"]), "")
    skus = {form[f"{key}-sku"] for key in keys}
    form.values["variants"] = " ".join(keys)
    for chosen in missing:
        _row(form)
        key = rows_of(form, "variants")[-1]
        for (place, _), (french, english) in zip(lists, chosen, strict=True):
            form.values |= {f"{key}-o{place}_fr": french, f"{key}-o{place}_en": english}
        form.values |= {f"{key}-sku": _sku(form, chosen, skus), f"{key}-price": form[f"{first}-price"] if first else ""}
    for place, _ in lists:
        for code in LANGUAGES:
            form.values[f"option{place}_make_{code}"] = ""


def _named(form: Form, place: int) -> list[Value]:
    """`Laiton, Nickel` beside `Brass, Nickel`: the same places belong together."""
    french, english = (
        [clean_line(part)[:60] for part in form[f"option{place}_make_{code}"].split(",") if part.strip()]
        for code in LANGUAGES
    )
    return [(word, english[number] if number < len(english) else "") for number, word in enumerate(french)][:60]


def _standing(form: Form, keys: Sequence[str], place: int) -> list[Value]:
    return [value for key in keys if any(value := _value(form, key, place))]


def _value(form: Form, key: str, place: int) -> Value:
    return form[f"{key}-o{place}_fr"].strip(), form[f"{key}-o{place}_en"].strip()


def _sku(form: Form, values: Sequence[Value], taken: set[str]) -> str:
    """`LUM-0001-LAI`, from the reference and the beginnings of the values."""
    stem = form["ref"].strip() or slug_of(form["name_fr"]).upper()[:20].strip("-") or "SKU"
    wanted = "-".join([stem, *(slug_of(french or english).replace("-", "")[:3].upper() for french, english in values)])
    sku = next(one for n in range(1, len(taken) + 2) if (one := wanted if n == 1 else f"{wanted}-{n}") not in taken)
    taken.add(sku)
    return sku


SIMPLE: dict[str, Callable[[Form], None]] = {"row": _row, "combine": _combine}
