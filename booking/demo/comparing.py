"""What the articles of the demo can be compared by: the material that their facts name first."""

import re
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from kit.db import table_of
from stores.attributes import Attribute, Kind
from stores.catalogue import Product

MATERIALS = (
    ("leather", "Cuir", "Leather", r"cuir|veau|agneau|chevreau"),
    ("wool", "Laine", "Wool", r"laine|mérinos|cachemire|flanelle"),
    ("linen", "Lin", "Linen", r"\blin\b"),
    ("cotton", "Coton", "Cotton", r"coton|percale|popeline"),
    ("brass", "Laiton", "Brass", r"laiton"),
    ("steel", "Acier", "Steel", r"acier|inox|tôle"),
    ("iron", "Fonte", "Cast iron", r"fonte"),
    ("glass", "Verre", "Glass", r"verre|cristal|opaline"),
    ("ceramic", "Céramique", "Ceramic", r"grès|porcelaine|faïence|céramique"),
    ("oak", "Chêne", "Oak", r"chêne"),
    ("wood", "Autres bois", "Other woods", r"hêtre|frêne|noyer|bois|charme|tilleul|érable|pin\b"),
    ("paper", "Papier", "Paper", r"papier|carton"),
)
"""Code, words in both languages, and how the facts name it; the first that is named counts."""


async def build(session: AsyncSession) -> None:
    """One attribute, a filter of every list, and its value for each article whose facts say it."""
    await session.execute(
        insert(Attribute).values(
            code="material",
            kind=Kind.CHOICE,
            label={"fr": "Matière", "en": "Material"},
            facet=True,
            choices=[{"code": code, "label": {"fr": fr, "en": en}, "colour": ""} for code, fr, en, _ in MATERIALS],
        )
    )
    rows = table_of(Product)
    for key, facts, name in (await session.execute(select(rows.c.id, rows.c.facts, rows.c.name))).all():
        if material := material_of(facts, name):
            await session.execute(update(rows).where(rows.c.id == key).values(attributes={"material": material}))


def material_of(facts: dict[str, Any], name: dict[str, str]) -> str:
    """The code of what it is made of; empty where neither facts nor name say."""
    said = [value for _, value in facts.get("fr", [])] + [name.get("fr", "")]
    found = [
        (place, match.start(), code)
        for place, text in enumerate(said)
        for code, _, _, pattern in MATERIALS
        if (match := re.search(pattern, text, re.IGNORECASE))
    ]
    return min(found)[2] if found else ""
