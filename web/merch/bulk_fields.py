"""The fields that can be changed of many articles at once: what they are called, and what a form says of them."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from booking.customers import clean_line
from kit.languages import Translated, gettext, lazy
from kit.money import Money
from stores.attributes import Attribute
from stores.catalogue import State
from stores.exchange.edits import DEAREST, Ending, Field, Wanted, Way
from web.admin.typed import Form
from web.house import House
from web.merch.article import shown
from web.merch.article.reading import attribute_value, moment_value

CURRENCY = "EUR"
ATTRIBUTE = "attribute:"
"""Before the code of an attribute, where a field is named."""

FIELDS = {
    Field.STATE: lazy("State"),
    Field.PUBLISH_AT: lazy("Publish on"),
    Field.UNPUBLISH_AT: lazy("Withdraw on"),
    Field.PRICE: lazy("Price"),
    Field.CROSSED: lazy("Crossed-out price"),
    Field.CATEGORY: lazy("Category"),
    Field.BRAND: lazy("Brand"),
    Field.BY_APPOINTMENT: lazy("By appointment only"),
    Field.TRY_IN_STORE: lazy("To try in store"),
    Field.LISTED: lazy("Shown in lists"),
    Field.MAX_PER_RESERVATION: lazy("At most per reservation"),
    Field.ENGLISH_DRAFT: lazy("English"),
}
FLAGS = frozenset({Field.BY_APPOINTMENT, Field.TRY_IN_STORE, Field.LISTED})


def labels(offered: Sequence[Attribute]) -> dict[str, str]:
    own = {f"{ATTRIBUTE}{one.code}": one.label.text() or one.code for one in offered}
    return {str(field): str(words) for field, words in FIELDS.items()} | own


def choices_of(field: str, own: Attribute | None, house: House) -> list[tuple[str, str]]:
    """What can be chosen as the value of a field, if it is not typed."""
    if own is not None:
        return [(one["code"], Translated.from_json(one["label"]).text()) for one in own.choices]
    match field:
        case Field.STATE:
            return [
                (State.PUBLISHED, gettext("Publish")),
                (State.READY, gettext("Mark as ready to publish")),
                (State.DRAFT, gettext("Put back among the drafts")),
                (State.WITHDRAWN, gettext("Withdraw")),
            ]
        case Field.CATEGORY:
            return shown.categories(house)
        case Field.ENGLISH_DRAFT:
            return [("", gettext("To be read by shoppers")), ("1", gettext("A draft: French is read in its place"))]
        case _ if field in FLAGS:
            return [("1", gettext("Yes")), ("", gettext("No"))]
    return []


def zone_of(house: House) -> str:
    """Days and hours are those of the main store."""
    store = house.main_store
    return store.timezone if store else "UTC"


def read(form: Form, offered: Sequence[Attribute], house: House, *, now: datetime) -> Wanted:
    """What the form asks for. Raises `Invalid`, with what is wrong beside each field."""
    known = labels(offered)
    name = form.choice("field", gettext("What to change"), known)
    label = known.get(name, "")
    choices = dict(choices_of(name, None, house))
    value: Any = None
    if name.startswith(ATTRIBUTE):
        own = next((one for one in offered if f"{ATTRIBUTE}{one.code}" == name), None)
        value = {"code": own.code, "value": attribute_value(form, own, "value")} if own else None
        name = str(Field.ATTRIBUTE)
    elif name in (Field.PUBLISH_AT, Field.UNPUBLISH_AT):
        moment = moment_value(form, "value", label, zone_of(house))
        if moment is not None and moment <= now:
            form.wrong("value", gettext("%(field)s: this has already passed.", field=label))
        value = moment.astimezone(UTC).isoformat() if moment else None
    elif name == Field.PRICE:
        value = _price(form)
    elif name == Field.BRAND:
        value = form.line("value", 80)
    elif name == Field.MAX_PER_RESERVATION:
        value = form.number("value", label, 1, 99)
    elif choices:
        value = form.choice("value", label, choices)
        value = int(value or 0) if name == Field.CATEGORY else value if name == Field.STATE else bool(value)
    form.check()
    return Wanted(Field(name), value)


def _price(form: Form) -> dict[str, Any]:
    way = form.choice("way", gettext("How"), tuple(Way))
    ending = form.choice("ending", gettext("Ending"), tuple(Ending))
    text = clean_line(form["value"])
    by: Any = 0
    if way == Way.PERCENT:
        by = _percent(text)
        if by is None:
            form.wrong("value", gettext("Write a percentage such as -10 or 2.5."))
    else:
        try:
            by = Money.from_amount(text, CURRENCY).minor
        except ValueError:
            by = 0
        if not 0 < by <= DEAREST:
            form.wrong("value", gettext("%(field)s: write an amount such as 129.00.", field=gettext("Price")))
    return {"way": way, "by": by, "ending": ending, "cross": form.ticked("cross")}


def _percent(text: str) -> str | None:
    """`-10`, `+2,5 %`: more than -100 and at most 1000, with at most two decimals; None for anything else."""
    plain = re.sub(r"[\s%]", "", text).replace(",", ".").replace("\N{MINUS SIGN}", "-")
    if not re.fullmatch(r"[+-]?\d{1,4}(\.\d{1,2})?", plain):
        return None
    try:
        number = Decimal(plain)
    except InvalidOperation:
        return None
    return str(number) if -100 < number <= 1000 and number else None
