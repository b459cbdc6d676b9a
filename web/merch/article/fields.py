"""The fields of an article: what stands in them, how they are called, and which of them have words in two languages.

Variants, pictures and pairings are rows. A row has a key, `v12` for what is there, `n1` for what is new, `m3` for an
image of the library; the fields `variants`, `pictures` and `pairings` list the keys in their order.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from kit import languages
from kit.languages import LANGUAGES, Translated, gettext
from kit.money import Money
from stores.attributes import Attribute, Kind
from stores.catalogue import Product, Variant
from stores.pairings import Pairing
from web.admin.typed import Form, of_pair, tick

LIMITS = {"name": 200, "slug": 120, "story": 20_000, "care": 20_000, "facts": 10_000, "seo_title": 200,
          "seo_description": 500, "brand": 80, "google_category": 300, "reason": 300}  # fmt: skip
"""Signs."""
TEXTS = ("name", "story", "care", "seo_title", "seo_description")
FACING = ("name", "slug", "story", "care", "facts", "seo_title", "seo_description")
"""Fields that stand in French and in English, side by side."""
COUNTED = ("name", "story", "facts", "care", "seo_title", "seo_description")
TICKS = ("by_appointment", "try_in_store", "listed", "draft_fr", "draft_en")
OPTIONS = (1, 2, 3)
MOST_VARIANTS = 250
"""Rows that one form shows and makes."""
MOST_PICTURES = 60
MOST_PAIRINGS = 30
VARIANT = ("sku", "gtin", "o1_fr", "o1_en", "o2_fr", "o2_en", "o3_fr", "o3_en", "price", "was", "weight", "position",
           "hidden")  # fmt: skip
PICTURE = ("variant", "position")
PAIRING = ("reason_fr", "reason_en", "position")
ROWS = {"variants": re.compile(r"[vn]\d{1,9}"), "pictures": re.compile(r"[pm]\d{1,9}"),
        "pairings": re.compile(r"g\d{1,9}")}  # fmt: skip
MOST = {"variants": MOST_VARIANTS, "pictures": MOST_PICTURES, "pairings": MOST_PAIRINGS}


def rows_of(form: Form, name: str) -> list[str]:
    """The keys of these rows, in their order."""
    keys = dict.fromkeys(key for key in form[name].split() if ROWS[name].fullmatch(key))
    return list(keys)[: MOST[name]]


def number_of(key: str) -> int:
    return int(key[1:])


def values_of(
    product: Product | None, attributes: Iterable[Attribute], pairings: Sequence[Pairing], zone: str
) -> dict[str, str]:
    """What the fields of this article say; None is one that does not exist yet. Dates by the clock of `zone`."""
    values: dict[str, str] = {}
    for name in TEXTS:
        values |= of_pair(name, getattr(product, name) if product else {})
    for code in LANGUAGES:
        values[f"slug_{code}"] = product.slug(code) if product else ""
        values[f"facts_{code}"] = facts_text(product.facts.get(code)) if product else ""
        values[f"draft_{code}"] = tick(product is not None and code in product.drafts)
    values |= {
        "ref": product.ref if product else "",
        "brand": product.brand if product else "",
        "category": str(product.category_id) if product else "",
        "made_in": product.made_in if product else "",
        "google_category": product.google_category if product else "",
        "by_appointment": tick(product is not None and product.by_appointment),
        "try_in_store": tick(product is not None and product.try_in_store),
        "listed": tick(product is None or product.listed),
        "max_per_reservation": str(product.max_per_reservation) if product else "3",
        "state": str(product.state) if product else "draft",
        "publish_at": moment_text(product.publish_at if product else None, zone),
        "unpublish_at": moment_text(product.unpublish_at if product else None, zone),
    }
    for attribute in attributes:
        values |= _attribute(attribute, product.attributes.get(attribute.code) if product else None)
    variants = product.variants[:MOST_VARIANTS] if product else []
    pictures = product.pictures[:MOST_PICTURES] if product else []
    values |= _options(variants)
    values["variants"] = " ".join(f"v{variant.id}" for variant in variants) or "n1"
    for variant in variants:
        values |= _variant(variant)
    values["pictures"] = " ".join(f"p{picture.id}" for picture in pictures)
    for picture in pictures:
        values[f"p{picture.id}-variant"] = f"v{picture.variant_id}" if picture.variant_id else ""
        values[f"p{picture.id}-position"] = str(picture.position)
    values["pairings"] = " ".join(f"g{pairing.other_id}" for pairing in pairings)
    for pairing in pairings:
        values |= of_pair(f"g{pairing.other_id}-reason", pairing.reason)
        values[f"g{pairing.other_id}-position"] = str(pairing.position)
    if not variants:
        values |= blank_variant("n1", 1)
    return values


def _attribute(attribute: Attribute, value: Any) -> dict[str, str]:
    name = f"attr-{attribute.code}"
    if attribute.kind == Kind.TEXT:
        return of_pair(name, Translated.from_json(value) if isinstance(value, Mapping | str) else {})
    if attribute.kind == Kind.NUMBER:
        return {name: decimal_text(f"{value}") if isinstance(value, int | float) else ""}
    return {name: value if isinstance(value, str) else ""}


def _options(variants: Sequence[Variant]) -> dict[str, str]:
    """The names of the options, from the variant that has the most."""
    fullest = max((variant.options for variant in variants), key=len, default=[])
    values: dict[str, str] = {}
    for place in OPTIONS:
        name = fullest[place - 1]["name"] if len(fullest) >= place else {}
        values |= of_pair(f"option{place}", Translated.from_json(name))
    return values


def _variant(variant: Variant) -> dict[str, str]:
    key = f"v{variant.id}"
    values = {
        f"{key}-sku": variant.sku,
        f"{key}-gtin": variant.gtin or "",
        f"{key}-price": amount_text(variant.price_minor, variant.currency),
        f"{key}-was": amount_text(variant.was_minor, variant.currency),
        f"{key}-weight": "" if variant.weight_grams is None else str(variant.weight_grams),
        f"{key}-position": str(variant.position),
        f"{key}-hidden": tick(variant.hidden),
    }
    for place in OPTIONS:
        value = variant.options[place - 1]["value"] if len(variant.options) >= place else {}
        values |= of_pair(f"{key}-o{place}", Translated.from_json(value))
    return values


def blank_variant(key: str, position: int) -> dict[str, str]:
    return {f"{key}-{name}": "" for name in VARIANT} | {f"{key}-position": str(position)}


# Texts of a field


def facts_text(facts: Any) -> str:
    """One fact a line: `Hauteur : 42 cm`."""
    colon = " : " if languages.language() == "fr" else ": "
    return "\n".join(f"{label}{colon}{value}" for label, value in facts or [])


def amount_text(minor: int | None, currency: str) -> str:
    return "" if minor is None else decimal_text(Money(minor, currency).amount)


def decimal_text(number: str) -> str:
    """With the comma or the point that the reader's language has."""
    return number.replace(".", ",") if languages.language() == "fr" else number


def moment_text(moment: datetime | None, zone: str) -> str:
    """As a field for a day and an hour holds it."""
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M") if moment else ""


def canonical(values: Mapping[str, str]) -> dict[str, str]:
    """The same texts, alike in both languages, so that a draft typed in one can be held against the other."""
    same = {}
    for name, text in values.items():
        if name.startswith("facts_"):
            same[name] = re.sub(r"\s*:\s*", ": ", text)
        elif name.endswith(("-price", "-was")) or re.fullmatch(r"attr-[a-z0-9_]+", name):
            same[name] = re.sub(r"(?<=\d),(?=\d)", ".", text)
        else:
            same[name] = text
    return same


# Words


@dataclass(frozen=True)
class Column:
    """How far the words of one language are."""

    code: str
    said: int
    of: int
    draft: bool


def columns_of(form: Form) -> list[Column]:
    """For each language how many of the texts it has: those that either has, a name and a story in any case."""
    wanted = [
        name for name in COUNTED if name in ("name", "story") or any(form[f"{name}_{code}"] for code in LANGUAGES)
    ]
    return [
        Column(
            code,
            sum(bool(form[f"{name}_{code}"].strip()) for name in wanted),
            len(wanted),
            form.ticked(f"draft_{code}"),
        )
        for code in LANGUAGES
    ]


def state_words() -> dict[str, str]:
    """States of an article, as one word of the room."""
    return {
        "draft": gettext("draft"),
        "ready": gettext("ready to publish"),
        "published": gettext("published"),
        "withdrawn": gettext("withdrawn"),
    }


def labels(form: Form, attributes: Iterable[Attribute]) -> dict[str, str]:
    """What each field is called where it is not seen: in a list of errors or of differences."""
    french, english = gettext("in French"), gettext("in English")
    facing = {
        "name": gettext("Name"),
        "slug": gettext("Address"),
        "story": gettext("Story"),
        "care": gettext("Care"),
        "facts": gettext("Facts"),
        "seo_title": gettext("Title for search engines"),
        "seo_description": gettext("Description for search engines"),
        **{f"option{place}": gettext("Option %(number)d", number=place) for place in OPTIONS},
        **{f"attr-{one.code}": one.label.text() for one in attributes if one.kind == Kind.TEXT},
    }
    known = {
        "ref": gettext("Reference"),
        "brand": gettext("Brand"),
        "category": gettext("Category"),
        "made_in": gettext("Made in"),
        "google_category": gettext("Google category"),
        "by_appointment": gettext("By appointment only"),
        "try_in_store": gettext("Worth trying in store"),
        "listed": gettext("In lists and search"),
        "max_per_reservation": gettext("At most in one reservation"),
        "state": gettext("State"),
        "publish_at": gettext("Publish on"),
        "unpublish_at": gettext("Withdraw on"),
        "draft_fr": gettext("French is a draft"),
        "draft_en": gettext("English is a draft"),
        **{f"attr-{one.code}": one.label.text() for one in attributes if one.kind != Kind.TEXT},
    }
    for name, words in facing.items():
        known |= {f"{name}_fr": f"{words}, {french}", f"{name}_en": f"{words}, {english}"}
    return known | _row_labels(form)


def _row_labels(form: Form) -> dict[str, str]:
    parts = {
        "sku": gettext("SKU"),
        "gtin": gettext("Barcode"),
        "price": gettext("Price"),
        "was": gettext("Price before"),
        "weight": gettext("Weight in grams"),
        "position": gettext("Order"),
        "hidden": gettext("Hidden"),
        "variant": gettext("Variant shown"),
        "reason_fr": gettext("Reason in French"),
        "reason_en": gettext("Reason in English"),
        **{f"o{place}_fr": gettext("Option %(number)d in French", number=place) for place in OPTIONS},
        **{f"o{place}_en": gettext("Option %(number)d in English", number=place) for place in OPTIONS},
    }
    named: dict[str, str] = {}
    for kind, fields in (("variants", VARIANT), ("pictures", PICTURE), ("pairings", PAIRING)):
        for place, key in enumerate(rows_of(form, kind), 1):
            if kind == "variants":
                row = form[f"{key}-sku"] or gettext("Variant %(number)d", number=place)
            elif kind == "pictures":
                row = gettext("Picture %(number)d", number=place)
            else:
                row = gettext("Goes with, %(number)d", number=place)
            named |= {f"{key}-{part}": f"{row}, {parts[part]}" for part in fields}
    return named
