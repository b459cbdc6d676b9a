from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.languages import price_words, speaking
from kit.money import Money


@pytest.mark.parametrize(
    ("typed", "minor"),
    [
        ("1299", 129900),
        ("1299.00", 129900),
        ("1299,5", 129950),
        ("1 299,00", 129900),
        ("1\u202f299,00\u00a0€", 129900),
        ("€1,299.00", 129900),
        ("1.299,00 EUR", 129900),
        ("1,299,000", 129900000),
        ("1'299.00", 129900),
        ("0,05", 5),
        ("0.5", 50),
        ("-3,20", -320),
    ],
)
def test_an_amount_is_read_as_people_write_it(typed: str, minor: int) -> None:
    assert Money.from_amount(typed, "EUR") == Money(minor, "EUR")


@pytest.mark.parametrize(
    "typed",
    ["", "€", "abc", "1,299", "1.299", "12.345", "1,2,3", "12 €€ 4", "1e3", "NaN", "0.001", "1,29,900.00", "١٢"],
)
def test_what_is_no_amount_or_reads_two_ways_is_refused(typed: str) -> None:
    with pytest.raises(ValueError):
        Money.from_amount(typed, "EUR")


def test_a_float_is_never_money() -> None:
    with pytest.raises(TypeError):
        Money.from_amount(12.5, "EUR")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Money(12.5, "EUR")  # type: ignore[arg-type]


def test_each_currency_has_its_own_decimals() -> None:
    assert Money.from_amount("1299", "JPY") == Money(1299, "JPY")
    assert Money(1299, "JPY").amount == "1299"
    assert Money.from_amount("1.250", "KWD") == Money(1250, "KWD")
    assert Money.from_amount(Decimal("12.5"), "EUR").amount == "12.50"
    with pytest.raises(ValueError):
        Money.from_amount("12.5", "JPY")


def test_what_cannot_be_a_currency_is_refused() -> None:
    with pytest.raises(ValueError):
        Money(100, "eur")


def test_money_adds_up_in_one_currency_only() -> None:
    assert Money(1000, "EUR") + 3 * Money(250, "EUR") == Money(1750, "EUR")
    with pytest.raises(ValueError):
        Money(1000, "EUR") + Money(1000, "GBP")


def test_the_api_gets_a_plain_amount() -> None:
    assert Money(129900, "EUR").as_json() == {"amount": "1299.00", "currency": "EUR"}
    assert str(Money(-5, "EUR")) == "-0.05 EUR"


@given(st.integers(-(10**12), 10**12), st.sampled_from(["EUR", "GBP", "CHF", "JPY", "KWD"]))
def test_an_amount_survives_being_written_and_read(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    assert Money.from_amount(money.amount, currency) == money


@given(st.integers(0, 10**11), st.sampled_from(["fr", "en"]))
def test_a_price_shown_to_people_can_be_typed_back(minor: int, language: str) -> None:
    money = Money(minor, "EUR")
    with speaking(language):
        assert Money.from_amount(price_words(money), "EUR") == money
