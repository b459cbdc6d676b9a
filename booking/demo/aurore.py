"""The house of the demo, Aurore: read from its files and put into an empty database, with a week behind it.

Everything is invented and repeatable: the same `now` makes the same house. Rows go in by few large statements, because
somebody waits for the first page.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from booking.demo import collections, comparing, diaries, towns, week
from booking.demo.pictures import PORTRAITS, draw, portrait, scene
from booking.demo.pictures.sheet import HEIGHT, WIDTH
from booking.demo.shelves import Article, put_stock, shelf
from stores import media
from stores.catalogue import Category, Picture, Product, State, Variant
from stores.hours import CLOSED, public_holidays
from stores.places import Store, StoreException
from stores.staff import Account, AccountStore, passwords

DATA = Path(__file__).parent / "data"
PASSWORD = "aurore"
HOLIDAYS_FOR = timedelta(days=366)
STAFF_SINCE = timedelta(days=200)
NEVER_OPEN = frozenset({(1, 1), (5, 1), (12, 25)})
"""Month and day of the holidays on which no store of the house opens; for the others its own file decides."""


async def is_empty(session: AsyncSession) -> bool:
    """Whether there is neither store nor product yet."""
    store = await session.scalar(select(Store.id).limit(1))
    return store is None and await session.scalar(select(Product.id).limit(1)) is None


async def build(
    session: AsyncSession, *, media_dir: Path, secret: bytes, now: datetime, password: str = PASSWORD
) -> None:
    """The whole house into an empty database; pictures into `media_dir`. All accounts have the same `password`."""
    house = _read(DATA / "stores.json")
    stores = await put_stores(session, [_store_row(store, media_dir) for store in house["stores"]], now=now)
    await _put_exceptions(session, stores, house["stores"])
    await towns.load(session)
    categories = await put_departments(session, media_dir)
    articles = await _put_products(session, categories, media_dir, now=now)
    await comparing.build(session)
    await media.adopt(session, now=now)
    await collections.build(session, now=now)
    keep_scene(media_dir, "hero")
    await put_stock(session, stores, articles, now=now)
    people: list[tuple[dict[str, Any], list[int]]] = [
        (_account_row(person), [store.id])
        for store, told in zip(stores, house["stores"], strict=True)
        for person in told["staff"]
    ]
    people += [(_account_row(person), []) for person in house["house_staff"]]
    await put_staff(session, people, password=password, now=now)
    photos = {name: keep_picture(media_dir, "people", portrait(name), name) for name in PORTRAITS}
    await diaries.build(session, stores, photos=photos, now=now)
    await week.build(session, week.Cast(*(store.slug for store in stores)), secret=secret, now=now)


def hero_path(media_dir: Path) -> str:
    """Path below /media/ of the home page's large picture; empty when it was never drawn."""
    drawn = sorted((media_dir / "scenes").glob("hero-*.svg"), key=lambda file: file.stat().st_mtime_ns)
    return f"scenes/{drawn[-1].name}" if drawn else ""


@cache
def _read(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


@cache
def departments() -> tuple[Mapping[str, Any], ...]:
    """The departments in the order of the house, each with its parts and its products, as their files say."""
    order = ("furniture", "lighting", "linen", "kitchen", "fashion", "bags", "games", "hardware")
    return tuple(_read(DATA / "catalogue" / f"{name}.json") for name in order)


# Pictures


def keep_picture(media_dir: Path, folder: str, svg: str, name: str = "") -> str:
    """Write a drawing under a name that follows from its content; returns the path below /media/."""
    digest = hashlib.sha256(svg.encode()).hexdigest()[:16]
    path = f"{folder}/{name}-{digest}.svg" if name else f"{folder}/{digest}.svg"
    file = media_dir / path
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(svg, encoding="utf-8")
    return path


def keep_scene(media_dir: Path, name: str) -> str:
    """Draw a department, a store or the home page's large picture."""
    return keep_picture(media_dir, "scenes", scene(name), name)


def _picture_row(
    product_id: int, variant_id: int | None, path: str, alt: Mapping[str, str], position: int
) -> dict[str, Any]:
    return {
        "product_id": product_id,
        "variant_id": variant_id,
        "path": path,
        "alt": alt,
        "width": WIDTH,
        "height": HEIGHT,
        "position": position,
    }


# Stores


def _store_row(told: Mapping[str, Any], media_dir: Path) -> dict[str, Any]:
    same = (
        "slug", "name", "sms_name", "group", "language", "latitude", "longitude", "email", "timezone", "region",
        "stock_authority", "entrance", "desk", "desk_sms", "about", "directions", "floors", "services",
    )  # fmt: skip
    return {
        **{name: told[name] for name in same},
        **told["address"],
        **told["promises"],
        "phone": told["phone"].replace(" ", ""),
        "hours_osm": told["hours"],
        "opens_on": _day(told["opens_on"]),
        "closes_on": _day(told["closes_on"]),
        "scene": keep_scene(media_dir, told["scene"]),
    }


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


async def put_stores(session: AsyncSession, rows: Sequence[Mapping[str, Any]], *, now: datetime) -> Sequence[Store]:
    """Write stores, closed on the holidays on which none opens; returns them in order."""
    stores = (await session.scalars(insert(Store).returning(Store, sort_by_parameter_order=True), rows)).all()
    closed = [
        {"store_id": store.id, "day": day, "hours": CLOSED, "reason": reason}
        for store in stores
        for day, reason in _closed_days(store.region, now.astimezone(ZoneInfo(store.timezone)).date()).items()
    ]
    await session.execute(insert(StoreException), closed)
    return stores


@cache
def _closed_days(region: str, first: date) -> dict[date, dict[str, str]]:
    holidays = public_holidays(region, first, first + HOLIDAYS_FOR)
    return {day: name for day, name in holidays.items() if (day.month, day.day) in NEVER_OPEN}


async def _put_exceptions(session: AsyncSession, stores: Sequence[Store], told: Sequence[Mapping[str, Any]]) -> None:
    """The special days that each store tells of itself; they win over the holidays."""
    known = {(row.store_id, row.day): row for row in await session.scalars(select(StoreException))}
    new = []
    for store, said in zip(stores, told, strict=True):
        for exception in said["exceptions"]:
            day = date.fromisoformat(exception["day"])
            if row := known.get((store.id, day)):
                row.hours, row.reason = exception["hours"], exception["reason"]
            else:
                new.append({**exception, "store_id": store.id, "day": day})
    await session.execute(insert(StoreException), new)
    await session.flush()


# Catalogue


async def put_departments(session: AsyncSession, media_dir: Path) -> dict[str, dict[str, int]]:
    """Departments and their parts, unless they are there; ids of the parts by code of department and key."""
    known = await _category_ids(session)
    if not known:
        tops = [
            {**_category_row(told, place), "code": told["code"], "scene": keep_scene(media_dir, told["scene"])}
            for place, told in enumerate(departments())
        ]
        await session.execute(insert(Category), tops)
        await session.execute(update(Category).values(department_id=Category.id))
        known = await _category_ids(session)
        parts = []
        for told in departments():
            above = known[told["slug"]["fr"]]
            for place, part in enumerate(told["children"]):
                parts.append({**_category_row(part, place), "parent_id": above, "department_id": above})
        await session.execute(insert(Category), parts)
        known = await _category_ids(session)
    return {
        told["code"]: {part["key"]: known[part["slug"]["fr"]] for part in told["children"]} for told in departments()
    }


async def _category_ids(session: AsyncSession) -> dict[str, int]:
    found = await session.execute(select(Category.slug_fr, Category.id))
    return {row.slug_fr: row.id for row in found}


def _category_row(told: Mapping[str, Any], position: int) -> dict[str, Any]:
    return {
        "slug_fr": told["slug"]["fr"],
        "slug_en": told["slug"]["en"],
        "name": told["name"],
        "intro": told["intro"],
        "position": position,
    }


async def _put_products(
    session: AsyncSession, categories: Mapping[str, Mapping[str, int]], media_dir: Path, *, now: datetime
) -> Sequence[Article]:
    rng = Random("aurore: catalogue")
    told = [(department["code"], product) for department in departments() for product in department["products"]]
    rows = [
        {
            **{name: product[name] for name in _SAME},
            "slug_fr": product["slug"]["fr"],
            "slug_en": product["slug"]["en"],
            "category_id": categories[code][product["child"]],
            "state": State.PUBLISHED,
            "published_at": now - timedelta(days=rng.randint(3, 400), minutes=rng.randint(0, 600)),
            "updated_at": now - timedelta(hours=rng.randint(2, 60 * 24)),
        }
        for code, product in told
    ]
    ids = (await session.scalars(insert(Product).returning(Product.id, sort_by_parameter_order=True), rows)).all()
    variants = [
        {
            **{name: variant[name] for name in ("sku", "gtin", "options", "price_minor")},
            "product_id": product_id,
            "position": position,
        }
        for product_id, (_, product) in zip(ids, told, strict=True)
        for position, variant in enumerate(product["variants"])
    ]
    query = insert(Variant).returning(Variant.id, sort_by_parameter_order=True)
    by_sku = dict(zip((row["sku"] for row in variants), await session.scalars(query, variants), strict=True))
    pictures = [
        row
        for product_id, (_, product) in zip(ids, told, strict=True)
        for row in _pictures(product_id, product, by_sku, media_dir)
    ]
    # with its nulls: those of a variant and those of the product go in together, not one by one
    await session.execute(insert(Picture).execution_options(render_nulls=True), pictures)
    return [
        Article(
            id=by_sku[variant["sku"]],
            sku=variant["sku"],
            price_minor=variant["price_minor"],
            department=code,
            shelf=shelf(code, int(product["ref"][-4:]), position),
            by_appointment=product["by_appointment"],
            first=position == 0,
        )
        for code, product in told
        for position, variant in enumerate(product["variants"])
    ]


_SAME = ("ref", "name", "brand", "story", "facts", "made_in", "by_appointment", "max_per_reservation")


def _pictures(
    product_id: int, product: Mapping[str, Any], by_sku: Mapping[str, int], media_dir: Path
) -> Iterable[dict[str, Any]]:
    """One from the front for each colour, then a detail, then one that shows the size."""
    fronts: dict[tuple[str, str], Mapping[str, Any]] = {}
    for variant in product["variants"]:
        fronts.setdefault((variant["colour"], variant["second"]), variant)
    tells = _option_of_colour(product["variants"], fronts.values())
    for position, ((colour, second), variant) in enumerate(fronts.items()):
        path = keep_picture(media_dir, "p", draw(product["motif"], colour=colour, second=second))
        value = variant["options"][tells]["value"] if tells is not None else None
        alt = {
            language: f"{name}, {_in_sentence(value[language])}" if value else name
            for language, name in product["name"].items()
        }
        yield _picture_row(product_id, by_sku[variant["sku"]], path, alt, position)
    colour, second = next(iter(fronts))
    for position, (view, said) in enumerate(_VIEWS.items(), start=len(fronts)):
        path = keep_picture(media_dir, "p", draw(product["motif"], colour=colour, second=second, view=view))
        alt = {language: f"{name}, {said[language]}" for language, name in product["name"].items()}
        yield _picture_row(product_id, None, path, alt, position)


_VIEWS = {
    "detail": {"fr": "vue de près", "en": "close up"},
    "scale": {"fr": "vue à l’échelle", "en": "shown to scale"},
}


def _option_of_colour(variants: Sequence[Mapping[str, Any]], fronts: Iterable[Mapping[str, Any]]) -> int | None:
    """The option that changes when the colour does: finish, cloth, wood, or the colour itself; None without one."""
    shown = list(fronts)
    for number, option in enumerate(variants[0]["options"]):
        values = {front["options"][number]["value"]["fr"] for front in shown}
        if len(values) == len(shown) and (len(shown) > 1 or option["name"]["fr"] == "Couleur"):
            return number
    return None


def _in_sentence(value: str) -> str:
    """`Bleu de Prusse` as it stands after a comma."""
    return value if re.match(r"[A-ZÀ-Ý]{2}", value) else value[:1].lower() + value[1:]


# Staff


def _account_row(person: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "email": person["email"],
        "first_name": person["first_name"],
        "last_name": person["name"].removeprefix(person["first_name"]).strip(),
        "role": person["role"],
        "language": person["language"],
    }


async def put_staff(
    session: AsyncSession, people: Sequence[tuple[Mapping[str, Any], Sequence[int]]], *, password: str, now: datetime
) -> None:
    """Accounts and the stores of each. The password is hashed once: to do so for everyone would take seconds."""
    password_hash = await passwords.hashed(password)
    rows = [{**row, "password_hash": password_hash, "created_at": now - STAFF_SINCE} for row, _ in people]
    ids = (await session.scalars(insert(Account).returning(Account.id, sort_by_parameter_order=True), rows)).all()
    works = [
        {"account_id": account_id, "store_id": store_id}
        for account_id, (_, store_ids) in zip(ids, people, strict=True)
        for store_id in store_ids
    ]
    await session.execute(insert(AccountStore), works)
