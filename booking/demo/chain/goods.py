"""The products of a chain, as they are before they have ids."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import NamedTuple

from booking.demo import aurore
from booking.demo.chain.families import CLOTHES, COLOURS, DEPARTMENTS, SECOND, SHOES, Family
from booking.demo.chain.words import BRANDS, GIVEN, Words, story
from booking.demo.letters import slug
from booking.demo.pictures import draw

VARIANTS_OF_A_PRODUCT = (3, 2, 4)


class Part(NamedTuple):
    """A family in its department, and the category in which its products are shown."""

    code: str
    family: Family
    category_id: int


class Form(NamedTuple):
    """A variant that is not in the database yet."""

    sku: str
    options: str
    price_minor: int
    picture: tuple[str, str] | None
    """Path and alternative text of its picture; None where it shares the first one's."""


@dataclass(frozen=True)
class Good:
    """A product that is not in the database yet."""

    code: str
    number: int
    ref: str
    slugs: Words
    name: Words
    brand: str
    story: Words
    facts: str
    category_id: int
    age_days: int
    forms: tuple[Form, ...]


def parts(categories: Mapping[str, Mapping[str, int]]) -> tuple[Part, ...]:
    """Each family in the category in which the house of the demo shows the same motif."""
    shown = {
        (department["code"], product["motif"]): product["child"]
        for department in aurore.departments()
        for product in department["products"]
    }
    return tuple(
        Part(code, family, categories[code][shown[code, family.motif]])
        for code, department in DEPARTMENTS.items()
        for family in department.families
    )


def good(seed: int, number: int, parts: Sequence[Part], media_dir: Path) -> Good:
    """The product of that number in the chain of that seed; its pictures into `media_dir`."""
    rng = Random(f"{seed}: product {number}")
    code, family, category_id = parts[number % len(parts)]
    material, given = rng.choice(DEPARTMENTS[code].materials), rng.choice(GIVEN)
    name = Words(f"{family.name.fr} {given} {material.fr}", f"{given} {material.en} {family.name.en}")
    ref = f"{code}-{number + 1:06}"
    count = VARIANTS_OF_A_PRODUCT[number % len(VARIANTS_OF_A_PRODUCT)]
    return Good(
        code=code,
        number=number,
        ref=ref,
        slugs=Words(f"{slug(name.fr)}-{number + 1}", f"{slug(name.en)}-{number + 1}"),
        name=name,
        brand=rng.choice(BRANDS),
        story=story(rng),
        facts=_facts(material, rng.randint(120, 4_800)),
        category_id=category_id,
        age_days=rng.randint(1, 700),
        forms=tuple(_forms(rng, family, name, ref, count, media_dir)),
    )


def _facts(material: Words, grams: int) -> str:
    made = Words(material.fr.removeprefix("en ").capitalize(), material.en.capitalize())
    facts = {
        "fr": [["Matière", made.fr], ["Poids", f"{grams} g"]],
        "en": [["Material", made.en], ["Weight", f"{grams} g"]],
    }
    return json.dumps(facts, ensure_ascii=False)


def _forms(rng: Random, family: Family, name: Words, ref: str, count: int, media_dir: Path) -> Iterator[Form]:
    """Its variants: several sizes of one colour, dearer as they grow, or several colours at one price."""
    euros = rng.randint(*family.euros)
    colours = rng.sample(COLOURS, 1 if family.sizes else count)
    smallest = rng.randint(0, max(len(family.sizes) - count, 0))
    for number in range(count):
        colour, tint = colours[0 if family.sizes else number]
        if family.sizes:
            option, value = Words("Taille", "Size"), family.sizes[smallest + number]
            price = euros + (0 if family.sizes in (CLOTHES, SHOES) else number * euros * 12 // 100)
        else:
            option, value, price = Words("Couleur", "Colour"), colour, euros
        alt = Words(f"{name.fr}, {colour.fr.lower()}", f"{name.en}, {colour.en.lower()}").dump()
        yield Form(
            sku=f"{ref}-{number + 1}",
            options=json.dumps([{"name": option._asdict(), "value": value._asdict()}], ensure_ascii=False),
            price_minor=price * 100 - 10,
            picture=None if family.sizes and number else (_picture(family.motif, tint, media_dir), alt),
        )


@cache
def _picture(motif: str, tint: str, media_dir: Path) -> str:
    """One file for all articles of that motif and colour."""
    return aurore.keep_picture(media_dir, "p", draw(motif, colour=tint, second=SECOND))
