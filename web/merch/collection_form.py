"""The form of a collection: what stands in its fields, what it makes of them, and its rule as a sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from kit import languages
from kit.errors import NotFound
from kit.languages import LANGUAGES, Translated, gettext, ngettext, pgettext
from kit.money import Money
from stores import collections, media
from stores.attributes import Attribute
from stores.collections import Collection
from stores.places import Store
from stores.slugs import slug_of
from web.admin import changed
from web.admin.typed import Form, of_pair, show_time, tick
from web.house import House
from web.staff.typed import row_id

HAND, RULE = "hand", "rule"
CURRENCY = "EUR"
MOST_ITEMS = 500
MOST_BRANDS = 40
LONGEST_SLUG = 80


@dataclass(frozen=True)
class Lists:
    """What a rule can name: the categories of the house, and attributes with a list of values."""

    house: House
    attributes: Sequence[Attribute]

    @property
    def main_store(self) -> Store | None:
        return self.house.main_store

    @property
    def zone(self) -> ZoneInfo:
        """The clock by which a collection begins and ends: that of the main store."""
        return self.main_store.zone if self.main_store else ZoneInfo("Europe/Paris")

    def departments(self) -> list[tuple[int, str, list[tuple[int, str]]]]:
        return [
            (one.id, one.name.text(), [(child.id, child.name.text()) for child in self.house.children(one)])
            for one in self.house.departments
        ]

    def category_name(self, category_id: int) -> str:
        found = self.house.category(category_id)
        return found.name.text() if found else "–"


# What stands in the fields


def values_of(collection: Collection | None, known: Lists) -> dict[str, str]:
    """What stands in the fields; a new one is chosen by hand, and a draft."""
    rule: Mapping[str, Any] = (collection.rule or {}) if collection else {}
    ids, chosen = rule.get("categories", []), rule.get("attributes", {})
    return {
        **of_pair("title", collection.title if collection else {}),
        "slug_fr": collection.slug_fr if collection else "",
        "slug_en": collection.slug_en if collection else "",
        **of_pair("intro", collection.intro if collection else {}),
        "medium": str(collection.medium_id or "") if collection else "",
        "how": RULE if collection and collection.rule is not None else HAND,
        "items": " ".join(item.product.ref for item in collection.items) if collection else "",
        **{f"category-{one.id}": tick(one.id in ids) for one in known.house.categories},
        "brands": "\n".join(rule.get("brands", [])),
        **{
            f"attribute-{one.code}-{choice['code']}": tick(choice["code"] in chosen.get(one.code, []))
            for one in known.attributes
            for choice in one.choices
        },
        "low": _typed(rule.get("low")),
        "high": _typed(rule.get("high")),
        "new_days": str(rule.get("new_days") or ""),
        "words": rule.get("words", ""),
        **_moment("starts", collection.starts_at if collection else None, known.zone),
        **_moment("ends", collection.ends_at if collection else None, known.zone),
        "on_home": tick(bool(collection and collection.on_home)),
        "state": collection.state if collection else "draft",
    }


def _typed(minor: int | None) -> str:
    return "" if minor is None else Money(minor, CURRENCY).amount.replace(".", ",").removesuffix(",00")


def _moment(name: str, when: datetime | None, zone: ZoneInfo) -> dict[str, str]:
    here = when.astimezone(zone) if when else None
    return {
        f"{name}_day": here.date().isoformat() if here else "",
        f"{name}_time": show_time(here.hour * 60 + here.minute) if here else "",
    }


# What it makes of them


async def read(session: AsyncSession, form: Form, known: Lists) -> tuple[dict[str, Any], list[int]]:
    """The values of the collection, and its articles by hand. Raises `Invalid`, what is wrong beside each field."""
    if form["do"] in ("publish", "withdraw"):
        form.values["state"] = "published" if form["do"] == "publish" else "draft"
    title = form.pair("title", gettext("Title"), limit=120, needed=True)
    values: dict[str, Any] = {
        "title": title,
        "intro": form.pair("intro", gettext("Introduction"), limit=600, lines=True),
        **{f"slug_{code}": _slug(form, code, title) for code in LANGUAGES},
        "medium_id": await _medium(session, form),
        "rule": None,
        "state": "published" if form["state"] == "published" else "draft",
        "starts_at": _instant(form, "starts", gettext("Shown from"), known.zone, ends=False),
        "ends_at": _instant(form, "ends", gettext("Shown until"), known.zone, ends=True),
        "on_home": form.ticked("on_home"),
    }
    if values["starts_at"] and values["ends_at"] and values["ends_at"] <= values["starts_at"]:
        form.wrong("ends_day", gettext("It would end before it begins."))
    items: list[int] = []
    if form["how"] == RULE:
        values["rule"] = await _rule(session, form, known)
        if not values["rule"]:
            form.wrong("words", gettext("Say at least one thing that its articles have in common."))
    else:
        items = await _items(session, form)
        if not items and values["state"] == "published":
            form.wrong("refs", gettext("Choose at least one article before you publish it."))
    form.check()
    return values, items


def _slug(form: Form, language: str, title: Translated) -> str:
    """The address that was typed, else the title's."""
    name = f"slug_{language}"
    slug = slug_of(form.line(name, 200) or title.get(language, ""))[:LONGEST_SLUG].strip("-")
    if title.get(language) and not slug:
        form.wrong(name, gettext("Write an address of letters and figures, such as evening-light."))
    form.values[name] = slug
    return slug


async def _medium(session: AsyncSession, form: Form) -> int | None:
    found = row_id(form["medium"])
    if found is None:
        return None
    try:
        return (await media.find(session, found)).id
    except NotFound:
        form.values["medium"] = ""
        form.wrong("medium", gettext("This image is no longer in the library."))
        return None


async def _items(session: AsyncSession, form: Form) -> list[int]:
    refs = form["items"].split()
    if len(refs) > MOST_ITEMS:
        form.wrong("refs", gettext("A collection by hand has at most %(most)d articles.", most=MOST_ITEMS))
        return []
    found = await collections.products_by_code(session, refs) if refs else {}
    return [found[ref].id for ref in refs if ref in found]


async def _rule(session: AsyncSession, form: Form, known: Lists) -> dict[str, Any]:
    rule: dict[str, Any] = {"categories": [one.id for one in known.house.categories if form[f"category-{one.id}"]]}
    brands = list(dict.fromkeys(form.lines("brands")))[:MOST_BRANDS]
    strange = set(brands) - await collections.known_brands(session, brands) if brands else set()
    if strange:
        form.wrong("brands", gettext("No article is of the brand %(brand)s.", brand=sorted(strange)[0][:60]))
    rule["brands"] = brands
    rule["attributes"] = {
        one.code: values
        for one in known.attributes
        if (values := [c["code"] for c in one.choices if form[f"attribute-{one.code}-{c['code']}"]])
    }
    rule["low"], rule["high"] = (_price(form, name) for name in ("low", "high"))
    if rule["low"] is not None and rule["high"] is not None and rule["high"] < rule["low"]:
        form.wrong("high", gettext("The highest price is below the lowest."))
    if form["new_days"].strip():
        rule["new_days"] = form.number("new_days", gettext("New for"), 1, 999)
    rule["words"] = form.line("words", 120)
    return {name: value for name, value in rule.items() if value not in (None, "", [], {})}


def _price(form: Form, name: str) -> int | None:
    typed = form[name].strip()
    if not typed:
        return None
    try:
        minor = Money.from_amount(typed[:20], CURRENCY).minor
    except ValueError:
        minor = -1
    if not 0 <= minor < 10**9:
        form.wrong(name, gettext("Write a price such as 49.90."))
        return None
    return minor


def _instant(form: Form, name: str, label: str, zone: ZoneInfo, *, ends: bool) -> datetime | None:
    """A day and an hour by the main store's clock, in UTC; without an hour, the beginning or the end of the day."""
    day: date | None = form.day(f"{name}_day", label, needed=bool(form[f"{name}_time"].strip()))
    minute = form.time(f"{name}_time", label)
    if day is None:
        return None
    wall = datetime.combine(day, time()) + (timedelta(minutes=minute) if minute is not None else timedelta(days=ends))
    return wall.replace(tzinfo=zone).astimezone(UTC)


# In words


def shown_words(collection: Collection, now: datetime, zone: ZoneInfo) -> str:
    """Whether shoppers see it: `draft`, `published`, `shown from Friday 4 December at 9 am`, `ended`."""
    if collection.state != "published":
        return pgettext("collection", "draft")
    if collection.has_ended(now):
        return pgettext("collection", "ended")
    if not collection.is_shown(now) and collection.starts_at:
        return gettext("shown from %(when)s", when=languages.moment_words(collection.starts_at, zone.key, now))
    return pgettext("collection", "published")


def rule_words(rule: Mapping[str, Any], known: Lists) -> str:
    """A rule as a merchandiser would say it: `Lighting or Linen; brand: Maison Lavergne; up to €100.00`."""
    said = []
    if ids := rule.get("categories"):
        said.append(_or([known.category_name(one) for one in ids]))
    if brands := rule.get("brands"):
        said.append(gettext("brand: %(names)s", names=_or(brands)))
    for one in known.attributes:
        if values := rule.get("attributes", {}).get(one.code):
            names = _or([one.words(value) for value in values])
            said.append(gettext("%(property)s: %(values)s", property=one.label.text(), values=names))
    low, high = (
        None if rule.get(name) is None else languages.price_words(Money(rule[name], CURRENCY))
        for name in ("low", "high")
    )
    if low and high:
        said.append(gettext("%(low)s to %(high)s", low=low, high=high))
    elif low or high:
        said.append(gettext("from %(low)s", low=low) if low else gettext("up to %(high)s", high=high))
    if days := rule.get("new_days"):
        said.append(ngettext("shown since yesterday", "shown for less than %(num)d days", days, num=days))
    if words := rule.get("words"):
        said.append(gettext("with the words “%(words)s”", words=words))
    return "; ".join(said) if languages.language() == "en" else "\N{NARROW NO-BREAK SPACE}; ".join(said)


def _or(items: Sequence[str]) -> str:
    """`a, b or c`."""
    if len(items) < 2:
        return "".join(items)
    return gettext("%(others)s or %(last)s", others=", ".join(items[:-1]), last=items[-1])


def changes(found: Sequence[changed.Change], known: Lists) -> list[tuple[str, str, str | None]]:
    """What somebody else changed: (field, theirs, mine)."""
    labels = {
        "title_fr": gettext("Title, in French"), "title_en": gettext("Title, in English"),
        "slug_fr": gettext("Address, in French"), "slug_en": gettext("Address, in English"),
        "intro_fr": gettext("Introduction, in French"), "intro_en": gettext("Introduction, in English"),
        "medium": gettext("Picture"), "how": gettext("How it is chosen"), "items": gettext("Articles"),
        "brands": gettext("Brands"), "low": gettext("Price from"), "high": gettext("Price to"),
        "new_days": gettext("New for"), "words": gettext("Words"), "starts_day": gettext("Shown from"),
        "starts_time": gettext("Shown from"), "ends_day": gettext("Shown until"), "ends_time": gettext("Shown until"),
        "on_home": gettext("On the home page"), "state": gettext("State"),
    }  # fmt: skip
    labels |= {f"category-{one.id}": one.name.text() for one in known.house.categories}
    labels |= {
        f"attribute-{one.code}-{choice['code']}": f"{one.label.text()}, {one.words(choice['code'])}"
        for one in known.attributes
        for choice in one.choices
    }
    ways = {HAND: gettext("By hand"), RULE: gettext("By a rule")}
    states = {"draft": pgettext("collection", "draft"), "published": pgettext("collection", "published")}

    def shown(name: str, value: str) -> str:
        if name == "on_home" or name.startswith(("category-", "attribute-")):
            return gettext("yes") if value else gettext("no")
        return {"how": ways, "state": states}.get(name, {}).get(value, value) or pgettext("value", "nothing")

    return [
        (labels.get(one.name, one.name), shown(one.name, one.theirs),
         None if one.mine is None else shown(one.name, one.mine))
        for one in found
    ]  # fmt: skip
