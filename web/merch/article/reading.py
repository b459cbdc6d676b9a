"""What a form says of an article, and what is wrong with it, beside each field.

Only what was changed is read: a text that came in by a file years ago is not refused because somebody corrects a price.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from booking.customers import clean_line, clean_text
from kit import languages
from kit.languages import LANGUAGES, Translated, gettext
from kit.money import Money
from stores import gtin
from stores.attributes import Attribute, Kind
from stores.catalogue import Product, State
from stores.editing import PairingRow, PictureRow, VariantRow
from stores.hours import instant_of
from web.admin.typed import Form
from web.merch.article import fields
from web.merch.article.fields import FACING, LIMITS, OPTIONS, PAIRING, PICTURE, VARIANT, number_of, rows_of

MOST_FACTS = 60
MOST_MINOR = 10_000_000_00
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,49}")
_SHORTENED = re.compile(r"\d[.,]?\d*[eE]\+?\d+")
_MOMENTS = ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M")


@dataclass
class Said:
    """What is to be changed: columns of the product, rows, and the state, each only where it was touched."""

    values: dict[str, Any] = field(default_factory=dict)
    variants: list[VariantRow] = field(default_factory=list)
    pictures: list[PictureRow] = field(default_factory=list)
    pairings: list[PairingRow] = field(default_factory=list)
    state: State | None = None


@dataclass(frozen=True)
class Asked:
    """What the fields are held against."""

    form: Form
    touched: Collection[str]
    attributes: Sequence[Attribute]
    category_ids: Collection[int]
    territories: Mapping[str, str]
    zone: str
    now: datetime
    currency: str = "EUR"

    def touches(self, *names: str) -> bool:
        return any(name in self.touched for name in names)


def read(asked: Asked, product: Product | None) -> Said:
    """Raises `Invalid`, with what is wrong beside each field."""
    said = Said()
    _words(asked, product, said)
    _details(asked, product, said)
    _attributes(asked, product, said)
    _publication(asked, product, said)
    _variants(asked, said)
    _pictures(asked, said)
    _pairings(asked, said)
    asked.form.check()
    return said


def read_ref(form: Form) -> str:
    """The reference of a new article; empty where one is to be made of its name."""
    ref = clean_line(form["ref"])
    if ref and (not _REF.fullmatch(ref) or ref.lower() == "new"):
        form.wrong("ref", gettext("Reference: letters, digits, dots and hyphens, 50 at most."))
    return ref


def _limited(form: Form, name: str, text: str, limit: int, label: str) -> str:
    if len(text) > limit:
        words = gettext(
            "%(field)s: %(limit)s signs at most, there are %(num)s.",
            field=label,
            limit=languages.number_words(limit),
            num=languages.number_words(len(text)),
        )
        form.wrong(name, words)
    return text


def _words(asked: Asked, product: Product | None, said: Said) -> None:
    form = asked.form
    known = fields.labels(form, asked.attributes)
    for name in FACING:
        ends = [f"{name}_{code}" for code in LANGUAGES]
        if product is not None and not asked.touches(*ends):
            continue
        if name == "slug":
            for end in ends:
                if product is None or end in asked.touched:
                    said.values[end] = _slug(form, end, known[end])
        elif name == "facts":
            said.values[name] = {
                **(product.facts if product else {}),
                **{
                    code: _facts(form, end, known[end])
                    for code, end in zip(LANGUAGES, ends, strict=True)
                    if product is None or end in asked.touched
                },
            }
        else:
            clean = clean_text if name in ("story", "care") else clean_line
            texts = {code: clean(form[end]) for code, end in zip(LANGUAGES, ends, strict=True)}
            for code, end in zip(LANGUAGES, ends, strict=True):
                _limited(form, end, texts[code], LIMITS[name], known[end])
            said.values[name] = Translated(texts)
    if "name" in said.values and not said.values["name"]:
        form.wrong("name_fr", gettext("Name: write it in French or in English."))
    if product is None or asked.touches("draft_fr", "draft_en"):
        said.values["drafts"] = [code for code in LANGUAGES if form.ticked(f"draft_{code}")]


def _slug(form: Form, name: str, label: str) -> str:
    """Empty: one is made of the name."""
    text = clean_line(form[name]).strip("/")
    if text and not _SLUG.fullmatch(text):
        form.wrong(name, gettext("%(field)s: small letters, digits and hyphens, such as lampe-oscar.", field=label))
    return _limited(form, name, text, LIMITS["slug"], label)


def _facts(form: Form, name: str, label: str) -> list[list[str]]:
    _limited(form, name, form[name], LIMITS["facts"], label)
    facts = []
    for number, raw in enumerate(form[name].splitlines(), 1):
        line = clean_line(raw)
        if not line:
            continue
        fact, colon, value = (part.strip() for part in line.partition(":"))
        if not (fact and colon and value):
            words = gettext(
                "%(field)s: line %(number)d has no colon. Write it as “Height: 42 cm”.", field=label, number=number
            )
            form.wrong(name, words)
            continue
        facts.append([fact, value])
    if len(facts) > MOST_FACTS:
        form.wrong(name, gettext("%(field)s: %(limit)d lines at most.", field=label, limit=MOST_FACTS))
    return facts


def _details(asked: Asked, product: Product | None, said: Said) -> None:
    form = asked.form
    for name, label in (("brand", gettext("Brand")), ("google_category", gettext("Google category"))):
        if product is None or name in asked.touched:
            said.values[name] = _limited(form, name, clean_line(form[name]), LIMITS[name], label)
    if product is None or "category" in asked.touched:
        number = int(form["category"]) if form["category"].isascii() and form["category"].isdigit() else 0
        if number not in asked.category_ids:
            form.wrong("category", gettext("%(field)s: choose one of the list.", field=gettext("Category")))
        said.values["category_id"] = number
    if product is None or "made_in" in asked.touched:
        if form["made_in"] and form["made_in"] not in asked.territories:
            form.wrong("made_in", gettext("%(field)s: choose one of the list.", field=gettext("Made in")))
        said.values["made_in"] = form["made_in"]
    if product is None or "max_per_reservation" in asked.touched:
        most = form.number("max_per_reservation", gettext("At most in one reservation"), 1, 99)
        said.values["max_per_reservation"] = most
    for name in ("by_appointment", "try_in_store", "listed"):
        if product is None or name in asked.touched:
            said.values[name] = form.ticked(name)


def _attributes(asked: Asked, product: Product | None, said: Said) -> None:
    form = asked.form
    values = dict(product.attributes) if product else {}
    for one in asked.attributes:
        name = f"attr-{one.code}"
        if not asked.touches(name, *(f"{name}_{code}" for code in LANGUAGES)):
            continue
        value = attribute_value(form, one, name)
        if value is None:
            values.pop(one.code, None)
        else:
            values[one.code] = value
        said.values["attributes"] = values


def attribute_value(form: Form, one: Attribute, name: str) -> Any:
    """As `stores.attributes.Kind` keeps it; None for nothing."""
    label = one.label.text()
    if one.kind == Kind.TEXT:
        texts = {code: clean_line(form[f"{name}_{code}"]) for code in LANGUAGES}
        for code, text in texts.items():
            _limited(form, f"{name}_{code}", text, 300, label)
        return dict(Translated(texts)) or None
    text = clean_line(form[name])
    if not text:
        return None
    if one.kind == Kind.NUMBER:
        plain = re.sub(r"\s", "", text).removesuffix(one.unit).replace(",", ".")
        if not re.fullmatch(r"-?\d{1,9}(\.\d{1,4})?", plain):
            form.wrong(name, gettext("%(field)s: write a number such as 42 or 42.5.", field=label))
            return None
        number = float(plain)
        return int(number) if number.is_integer() else number
    if text not in {choice["code"] for choice in one.choices}:
        form.wrong(name, gettext("%(field)s: choose one of the list.", field=label))
    return text


def _publication(asked: Asked, product: Product | None, said: Said) -> None:
    form = asked.form
    states = fields.state_words()
    if asked.touches("state") and form.choice("state", gettext("State"), states) in states:
        said.state = State(form["state"])
    for name, label in (("publish_at", gettext("Publish on")), ("unpublish_at", gettext("Withdraw on"))):
        if product is None or name in asked.touched:
            said.values[name] = moment_value(form, name, label, asked.zone)
            moment = said.values[name]
            if moment is not None and moment <= asked.now:
                form.wrong(name, gettext("%(field)s: this has already passed.", field=label))
    first = said.values.get("publish_at", product.publish_at if product else None)
    last = said.values.get("unpublish_at", product.unpublish_at if product else None)
    if first and last and last <= first and asked.touches("publish_at", "unpublish_at"):
        form.wrong("unpublish_at", gettext("Withdraw on: it has to come after the publication."))
    if first and form["state"] == State.PUBLISHED and asked.touches("publish_at", "state"):
        form.wrong("publish_at", gettext("It is published already: leave this date empty, or choose another state."))


def moment_value(form: Form, name: str, label: str, zone: str) -> datetime | None:
    """An instant, of what was written by the clock of `zone`."""
    text = clean_line(form[name])
    if not text:
        return None
    for pattern in _MOMENTS:
        try:
            here = datetime.strptime(text, pattern)  # noqa: DTZ007 – the zone is given below
        except ValueError:
            continue
        if here.year < 2100:
            return instant_of(here.date(), here.hour * 60 + here.minute, zone)
    form.wrong(name, gettext("%(field)s: write a day and an hour such as 24/12/2026 09:00.", field=label))
    return None


# Rows


def _variants(asked: Asked, said: Said) -> None:
    form, keys = asked.form, rows_of(asked.form, "variants")
    names = []
    for place in OPTIONS:
        name = Translated({code: clean_line(form[f"option{place}_{code}"])[:60] for code in LANGUAGES})
        if not name and any(form[f"{key}-o{place}_{code}"].strip() for key in keys for code in LANGUAGES):
            form.wrong(f"option{place}_fr", gettext("Option %(number)d: say what it is, such as Finish.", number=place))
        names.append(name)
    renamed = asked.touches(*(f"option{place}_{code}" for place in OPTIONS for code in LANGUAGES))
    labels = fields.labels(form, asked.attributes)
    shown: dict[str, str] = {}
    for place, key in enumerate(keys, 1):
        if _is_blank(form, key):
            continue
        removed = form.ticked(f"{key}-remove")
        own = removed or renamed or key.startswith("n") or asked.touches(*(f"{key}-{part}" for part in VARIANT))
        row = _variant(asked, key, place, names, labels, check=own and not removed)
        if own and not (removed and row.id is None):
            said.variants.append(row)
        if removed or row.hidden:
            continue
        same = repr([option["value"] for option in row.options])
        if same in shown and own:
            words = gettext("%(row)s has the same options as %(other)s.", row=row.sku, other=shown[same])
            form.wrong(f"{key}-o1_fr" if names[0] else f"{key}-sku", words)
        shown.setdefault(same, row.sku)


def _is_blank(form: Form, key: str) -> bool:
    """A new row in which nobody wrote anything."""
    return key.startswith("n") and not any(form[f"{key}-{part}"].strip() for part in VARIANT if part != "position")


def _variant(
    asked: Asked, key: str, place: int, names: Sequence[Translated], labels: Mapping[str, str], *, check: bool
) -> VariantRow:
    form = asked.form
    quiet = form if check else Form(form.values)  # what was not changed is not held against anybody
    options = []
    for number, name in enumerate(names, 1):
        if not name:
            continue
        value = Translated({code: clean_line(form[f"{key}-o{number}_{code}"])[:60] for code in LANGUAGES})
        if not value:
            words = gettext("%(field)s: write a value.", field=labels[f"{key}-o{number}_fr"])
            quiet.wrong(f"{key}-o{number}_fr", words)
        options.append({"name": dict(name), "value": dict(value)})
    sku = clean_line(form[f"{key}-sku"])
    if not sku:
        quiet.wrong(f"{key}-sku", gettext("%(field)s: every variant needs one.", field=labels[f"{key}-sku"]))
    _limited(quiet, f"{key}-sku", sku, 64, labels[f"{key}-sku"])
    price = _amount(quiet, f"{key}-price", labels, asked.currency, needed=True) or 0
    was = _amount(quiet, f"{key}-was", labels, asked.currency)
    if was is not None and was <= price:
        quiet.wrong(f"{key}-was", gettext("%(field)s: it has to be above the price.", field=labels[f"{key}-was"]))
    return VariantRow(
        key=key,
        id=number_of(key) if key.startswith("v") else None,
        sku=sku,
        gtin=_gtin(quiet, f"{key}-gtin", labels),
        options=options,
        price_minor=price,
        was_minor=was,
        weight_grams=_whole(quiet, f"{key}-weight", labels, 10_000_000),
        position=_place(quiet, f"{key}-position", labels, place),
        hidden=form.ticked(f"{key}-hidden"),
        removed=form.ticked(f"{key}-remove"),
    )


def _amount(form: Form, name: str, labels: Mapping[str, str], currency: str, *, needed: bool = False) -> int | None:
    text = clean_line(form[name])
    if not text and not needed:
        return None
    try:
        minor = Money.from_amount(text, currency).minor
    except ValueError:
        minor = -1
    if not 0 <= minor <= MOST_MINOR:
        form.wrong(name, gettext("%(field)s: write an amount such as 129.00.", field=labels[name]))
        return None
    return minor


def _gtin(form: Form, name: str, labels: Mapping[str, str]) -> str | None:
    text = re.sub(r"[\s-]", "", form[name])
    if not text:
        return None
    label = labels[name]
    if _SHORTENED.fullmatch(text) and not text.isdigit():
        form.wrong(
            name, gettext("%(field)s: a spreadsheet has shortened it. Copy the digits from the label.", field=label)
        )
    elif not (text.isascii() and text.isdigit()) or len(text) not in gtin.LENGTHS:
        form.wrong(name, gettext("%(field)s: it has 8, 12, 13 or 14 digits.", field=label))
    elif not gtin.is_gtin(text):
        right = text[:-1] + gtin.check_digit(text[:-1])
        words = gettext(
            "%(field)s: the last digit does not fit. With these digits it would be %(code)s.", field=label, code=right
        )
        form.wrong(name, words)
    else:
        return text
    return None


def _whole(form: Form, name: str, labels: Mapping[str, str], most: int) -> int | None:
    text = re.sub(r"\s", "", form[name])
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 9 or int(text) > most:
        form.wrong(name, gettext("%(field)s: write a whole number.", field=labels[name]))
        return None
    return int(text)


def _place(form: Form, name: str, labels: Mapping[str, str], otherwise: int) -> int:
    found = _whole(form, name, labels, 9999)
    return otherwise if found is None else found


def _pictures(asked: Asked, said: Said) -> None:
    form, labels = asked.form, fields.labels(asked.form, asked.attributes)
    variants = set(rows_of(form, "variants"))
    for place, key in enumerate(rows_of(form, "pictures"), 1):
        removed = form.ticked(f"{key}-remove")
        new = key.startswith("m")
        if not (removed or new or asked.touches(*(f"{key}-{part}" for part in PICTURE))) or (removed and new):
            continue
        shown = form[f"{key}-variant"]
        said.pictures.append(
            PictureRow(
                key=key,
                id=None if new else number_of(key),
                medium_id=number_of(key) if new else None,
                variant_key=shown if shown in variants else "",
                position=_place(form, f"{key}-position", labels, place),
                removed=removed,
            )
        )


def _pairings(asked: Asked, said: Said) -> None:
    form, labels = asked.form, fields.labels(asked.form, asked.attributes)
    for place, key in enumerate(rows_of(form, "pairings"), 1):
        removed = form.ticked(f"{key}-remove")
        if not (removed or form.ticked(f"{key}-new") or asked.touches(*(f"{key}-{part}" for part in PAIRING))):
            continue
        texts = {code: clean_line(form[f"{key}-reason_{code}"]) for code in LANGUAGES}
        for code, text in texts.items():
            _limited(form, f"{key}-reason_{code}", text, LIMITS["reason"], labels[f"{key}-reason_{code}"])
        said.pairings.append(
            PairingRow(
                key=key,
                other_id=number_of(key),
                reason=Translated(texts),
                position=_place(form, f"{key}-position", labels, place),
                removed=removed,
            )
        )
