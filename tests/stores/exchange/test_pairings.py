"""Pairings as files bring them: by reference or SKU, with a reason, taken away by erasing it, and taken back."""

import pytest
from factories import World, both, build
from sqlalchemy import select

from stores.catalogue import Product
from stores.pairings import Pairing
from tests.stores.exchange.bringing import apply, bring, check, codes, differences, sheet, undo

HEAD = ("product", "other", "reason:fr", "reason:en", "position")


@pytest.fixture
async def world(database, clock) -> World:
    """The lamp goes with its shade."""
    async with database.work() as session:
        made = await build(session, now=clock(), staffed=False)
        lamp, shade = await _ids(session, "LUM-0001", "LUM-0013")
        session.add(Pairing(product_id=lamp, other_id=shade, reason=both("La taille juste.", "The right size.")))
    return made


async def _ids(session, *refs: str) -> list[int]:
    by_ref = {row.ref: row.id for row in await session.scalars(select(Product).where(Product.ref.in_(refs)))}
    return [by_ref[ref] for ref in refs]


async def pairs(database) -> dict[tuple[str, str], tuple[dict, int]]:
    async with database.work(readonly=True) as session:
        names = {row.id: row.ref for row in await session.scalars(select(Product))}
        return {
            (names[one.product_id], names[one.other_id]): (dict(one.reason), one.position)
            for one in await session.scalars(select(Pairing))
        }


async def test_articles_are_named_by_their_reference_or_by_a_sku(database, clock, world):
    file = sheet(
        HEAD, ("MEU-0001", "LUM-0001-LAI", "Lire le soir", "", "2"), ("LUM-0013-30", "LUM-0001", "Avec", "", "")
    )
    batch = await bring(database, clock, file, subject="pairings")

    assert (batch.state, batch.counts["created"]) == ("applied", 2)
    found = await pairs(database)
    assert found["MEU-0001", "LUM-0001"] == ({"fr": "Lire le soir"}, 2)
    assert found["LUM-0013", "LUM-0001"] == ({"fr": "Avec"}, 0)
    assert len(found) == 3


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (("LUM-0001", "RIEN-1", "Oui", "", ""), ("other", "unknown_article")),
        (("", "LUM-0001", "Oui", "", ""), ("product", "missing")),
        (("LUM-0001", "LUM-0001-LAI", "Oui", "", ""), ("other", "itself")),
        (("MEU-0001", "LUM-0001", "", "", ""), ("reason:fr", "needed")),
        (("LUM-0001", "LUM-0013", "Oui", "", "-1"), ("position", "out_of_range")),
        (("LUM-0001", "LUM-0013", "x" * 301, "", ""), ("reason:fr", "too_long")),
    ],
)
async def test_what_cannot_be_is_refused(database, clock, world, row, problem):
    batch = await check(database, clock, sheet(HEAD, row), subject="pairings")

    [said] = await differences(database, batch)
    assert (said.action, codes(said)) == ("rejected", [problem])


async def test_a_pair_named_twice_is_taken_once(database, clock, world):
    file = sheet(HEAD, ("LUM-0001", "MEU-0001", "Un", "", ""), ("LUM-0001-LAI", "MEU-0001", "Deux", "", ""))
    batch = await check(database, clock, file, subject="pairings")

    first, second = await differences(database, batch)
    assert (first.action, second.action) == ("created", "rejected")
    assert codes(second) == [("other", "repeated")]


async def test_what_is_absent_or_empty_is_left_alone(database, clock, world):
    batch = await check(
        database, clock, sheet(HEAD, ("LUM-0001", "LUM-0013", "", "The right one.", "")), subject="pairings"
    )
    [row] = await differences(database, batch)
    assert row.changes == [("reason:en", "The right size.", "The right one.")]

    await apply(database, clock, batch)
    assert (await pairs(database))["LUM-0001", "LUM-0013"][0] == {"fr": "La taille juste.", "en": "The right one."}


async def test_erasing_the_reason_takes_the_pairing_away_and_undoing_brings_it_back(database, clock, world):
    file = sheet(HEAD[:4], ("LUM-0001", "LUM-0013", "__EMPTY__", "__VIDE__"))
    batch = await bring(database, clock, file, subject="pairings")
    assert await pairs(database) == {}

    await undo(database, clock, batch)
    assert await pairs(database) == {("LUM-0001", "LUM-0013"): ({"fr": "La taille juste.", "en": "The right size."}, 0)}


async def test_erasing_it_in_one_language_keeps_the_pairing(database, clock, world):
    await bring(database, clock, sheet(HEAD[:4], ("LUM-0001", "LUM-0013", "", "__EMPTY__")), subject="pairings")

    assert (await pairs(database))["LUM-0001", "LUM-0013"][0] == {"fr": "La taille juste."}


async def test_a_full_file_takes_away_what_it_does_not_name(database, clock, world):
    file = sheet(HEAD, ("LUM-0013", "MEU-0001", "Avec", "With", "1"))
    batch = await bring(database, clock, file, subject="pairings", mode="full")

    assert (batch.counts["created"], batch.counts["hidden"]) == (1, 1)
    assert set(await pairs(database)) == {("LUM-0013", "MEU-0001")}
    await undo(database, clock, batch)
    assert set(await pairs(database)) == {("LUM-0001", "LUM-0013")}


async def test_a_pairing_that_somebody_was_faster_to_make_is_hers(database, clock, world):
    late = await check(database, clock, sheet(HEAD, ("MEU-0001", "LUM-0001", "Lire", "", "")), subject="pairings")
    await bring(database, clock, sheet(HEAD, ("MEU-0001", "LUM-0001", "Le soir", "", "4")), subject="pairings")
    late = await apply(database, clock, late)
    assert (late.counts["created"], late.counts["updated"]) == (0, 1)
    await undo(database, clock, late)
    assert (await pairs(database))["MEU-0001", "LUM-0001"] == ({"fr": "Le soir"}, 4)


async def test_undoing_leaves_what_somebody_changed_since(database, clock, world):
    batch = await bring(
        database, clock, sheet(HEAD, ("LUM-0001", "LUM-0013", "Mieux", "Better", "4")), subject="pairings"
    )
    async with database.work() as session:
        lamp, shade = await _ids(session, "LUM-0001", "LUM-0013")
        (await session.get(Pairing, (lamp, shade))).reason = both("À la main", "By hand")
    batch = await undo(database, clock, batch)

    assert (batch.counts["left"], batch.counts.get("undone", 0)) == (1, 0)
    assert (await pairs(database))["LUM-0001", "LUM-0013"][0]["fr"] == "À la main"
