"""Bulk edits: what becomes of a price, and that applying or undoing twice is as once."""

import pytest
from factories import build
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from stores.catalogue import Product, Variant
from stores.exchange import batches, edits
from stores.exchange.batches.stepping import context_of
from stores.exchange.edits import Ending, Field, Wanted, Way, new_price


def asked(by: int | str, ending: Ending = Ending.ANY, *, way: Way = Way.PERCENT) -> dict[str, object]:
    return {"way": way, "by": by, "ending": ending, "cross": False}


@pytest.mark.parametrize(
    ("minor", "value", "currency", "after"),
    [
        (12900, asked("-10"), "EUR", 11610),
        (12900, asked("-10", Ending.WHOLE), "EUR", 11600),
        (12900, asked("-10", Ending.NINETY), "EUR", 11590),
        (12950, asked("-10", Ending.NINETY), "EUR", 11690),
        (12900, asked("2.5"), "EUR", 13223),  # 13222.5: half a cent up
        (1, asked("-50"), "EUR", 1),
        (1, asked("-60"), "EUR", 0),
        (40, asked("-10", Ending.WHOLE), "EUR", 0),
        (12900, asked(9950, way=Way.AMOUNT), "EUR", 9950),
        (12900, asked(9950, Ending.NINETY, way=Way.AMOUNT), "EUR", 9990),
        (12900, asked("-10", Ending.NINETY), "JPY", 11610),
    ],
)
def test_a_price_becomes(minor, value, currency, after):
    assert new_price(minor, value, currency) == after


@given(
    minor=st.integers(0, 10**8),
    percent=st.decimals(-99, 500, places=2, allow_nan=False),
    ending=st.sampled_from(Ending),
)
def test_an_ending_is_kept_and_moves_a_price_by_half_a_unit_at_most(minor, percent, ending):
    exact = minor * (100 + percent) / 100
    after = new_price(minor, asked(str(percent), ending), "EUR")
    assert abs(after - exact) <= (50 if ending != Ending.ANY else 0.5)
    assert ending == Ending.ANY or after % 100 == (90 if ending == Ending.NINETY else 0)


@pytest.fixture
async def world(session, clock):
    return await build(session, now=clock(), staffed=False)


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(Field.PRICE, asked("-10") | {"cross": True}),
        Wanted(Field.STATE, "withdrawn"),
        Wanted(Field.BRAND, "Autre"),
        Wanted(Field.ATTRIBUTE, {"code": "material", "value": "oak"}),
        Wanted(Field.UNPUBLISH_AT, "2027-01-10T19:00:00+00:00"),
    ],
    ids=lambda wanted: str(wanted.field),
)
async def test_applied_or_undone_twice_is_as_once(session, world, clock, wanted):
    async def stands() -> list[object]:
        columns = (Product.state, Product.brand, Product.attributes, Product.unpublish_at, Variant.price_minor,
                   Variant.was_minor)  # fmt: skip
        query = select(*columns).join(Variant, Variant.product_id == Product.id).order_by(Variant.id)
        return [tuple(row) for row in await session.execute(query)]

    before = await stands()
    ids = (await session.scalars(select(Product.id).order_by(Product.id))).all()
    batch = await edits.prepare(session, wanted, ids, by="Paul", now=clock())
    assert batch.counts == {"updated": 3} and await stands() == before
    rows = (await session.scalars(select(batches.BatchRow).order_by(batches.BatchRow.line))).all()
    context = context_of(batch, now=clock())
    assert await edits.SUBJECT.apply(session, rows, context=context) == {"updated": 3}
    after = await stands()
    assert all(old != new for old, new in zip(before, after, strict=True))
    assert await edits.SUBJECT.apply(session, rows, context=context) == {"updated": 3}
    assert await stands() == after
    for _ in range(2):
        assert await edits.SUBJECT.undo(session, rows, context=context) == {"undone": 3}
        assert await stands() == before
