"""Cells are text: what they hold is read as it was meant, or named with its column, its value and what to do."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.languages import speaking
from stores import gtin as gtins
from stores.exchange import cells
from stores.exchange.cells import Wrong
from stores.exchange.problems import SENTENCES, Problem, suggesting

PARIS = ZoneInfo("Europe/Paris")


def refused(read, *given):
    with pytest.raises(Wrong) as refusal:
        read(*given)
    return refusal.value.code


@pytest.mark.parametrize(
    "read", [cells.code, cells.gtin, cells.whole, cells.number, lambda cell: cells.amount(cell, "EUR")]
)
@pytest.mark.parametrize("cell", ["3,01762E+12", "3.01E+12", "1E+05"])
def test_digits_that_a_spreadsheet_shortened_are_refused_everywhere(read, cell):
    with pytest.raises(Wrong) as refusal:
        read(cell)
    problem = refusal.value.at("gtin")
    assert problem.code == "scientific"
    with speaking("en"):
        assert f"gtin: “{cell}”" in problem.sentence
        assert "Format the column as text in the spreadsheet and export again." in problem.sentence


def test_a_reference_may_look_like_a_number_and_stays_as_it_was_typed():
    for cell in ("00123", "45E12", "1e5", "LUM-0001/B", "été 12", "0"):
        assert cells.code(cell) == cell
    assert cells.code('="00123"') == cells.code("'00123") == "00123"
    assert refused(cells.code, "a" * 65) == refused(cells.code, "a\nb") == "not_a_code"


# Barcodes


@pytest.mark.parametrize("cell", ["3017620422003", "03017620422003", "2012345678903", "96385074", "012345678905"])
def test_barcodes_keep_their_digits(cell):
    assert gtins.is_gtin(cell)
    assert cells.gtin(cell) == cells.gtin(f'="{cell}"') == cells.gtin(f"{cell[:1]} {cell[1:6]} {cell[6:]}") == cell


def test_two_ways_to_write_a_barcode_are_one_when_padded():
    assert gtins.padded(cells.gtin("3017620422003")) == gtins.padded(cells.gtin("03017620422003"))


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("3017620422004", "check_digit"), ("301762042200", "check_digit"), ("30176204220", "not_a_gtin"),
        ("301762042200X", "not_a_gtin"), ("٣٠١٧٦٢٠٤٢٢٠٠٣", "not_a_gtin"), ("3017620422003.0", "not_a_gtin"),
    ],
)  # fmt: skip
def test_what_is_no_barcode_is_refused(cell, code):
    assert refused(cells.gtin, cell) == code


# Amounts and numbers


@pytest.mark.parametrize(
    ("cell", "minor"),
    [
        ("12", 1200), ("12,9", 1290), ("12.90", 1290), ("0", 0), ("0,05", 5), ("1299,00", 129900), ("1 299,00", 129900),
        ("1\u202f299,00\u00a0€", 129900), ("1 234 567,89", 123456789), ("1.299,00", 129900), ("1,299.00", 129900),
        ("€12.90", 1290), ("12.90 EUR", 1290), ("1'299.00", 129900), ("12,", 1200),
    ],
)  # fmt: skip
def test_amounts_are_read_as_people_write_them(cell, minor):
    assert cells.amount(cell, "EUR") == minor


def test_the_currency_says_how_many_decimals_there_are():
    assert cells.amount("1299", "JPY") == 1299
    assert refused(cells.amount, "12.90", "JPY") == "not_an_amount"


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("1,299", "ambiguous_amount"), ("1.299", "ambiguous_amount"), ("12.905", "ambiguous_amount"),
        ("-5", "not_an_amount"), ("douze", "not_an_amount"), ("12,9,0", "not_an_amount"),
        ("12.90 USD", "other_currency"),
        ("$12", "other_currency"), ("3017620422003", "out_of_range"), ("10 000 000,01", "out_of_range"),
        ("1.000.000.000,00", "out_of_range"), ("12 90", "not_an_amount"),
        ("NaN", "not_an_amount"), ("١٢", "not_an_amount"),
    ],
)  # fmt: skip
def test_what_is_no_amount_or_could_be_two_is_refused(cell, code):
    assert refused(cells.amount, cell, "EUR") == code


@given(st.integers(0, cells.DEAREST))
def test_an_amount_written_with_either_sign_and_with_groups_is_the_same(minor):
    whole, cents = divmod(minor, 100)
    for written in (f"{whole}.{cents:02}", f"{whole},{cents:02}", f"{whole:,}.{cents:02}".replace(",", " ")):
        if whole < 10**12:
            assert cells.amount(written, "EUR") == minor


def test_whole_numbers_and_their_bounds():
    assert [cells.whole(cell) for cell in ("0", "007", "12.0", "1 200", "12,00")] == [0, 7, 12, 1200, 12]
    assert cells.whole("-3", least=-5) == -3
    for cell in ("1,5", "12,000", "1.200", "douze", "", "--1", "1²"):
        assert refused(cells.whole, cell) == "not_whole"
    assert refused(cells.whole, "-1") == refused(cells.whole, "100", 1, 99) == "out_of_range"


def test_numbers_have_either_sign():
    assert [cells.number(cell) for cell in ("12,5", "12.5", "-3", "4,0", "1 200,25")] == [12.5, 12.5, -3, 4, 1200.25]
    assert isinstance(cells.number("4,0"), int)
    assert refused(cells.number, "4 cm") == "not_a_number"
    assert refused(cells.number, "4", 5) == "out_of_range"


# Words


def test_blanks_that_nobody_typed_on_purpose_go_and_the_others_stay():
    assert cells.trimmed("\u00a0\u202f\ufeff Théière\u2009rouge \u200b\u3000") == "Théière\u2009rouge"
    assert cells.trimmed("e\u0301te\u0301") == "été"
    assert cells.trimmed("\t a  b \r\n") == "a  b"


def test_words_keep_their_lines_and_lose_nothing_else():
    assert cells.text("un\r\ndeux\rtrois\u2028quatre\x0bcinq") == "un\ndeux\ntrois\nquatre\ncinq"
    assert cells.text("<b>c'est</b> 50 % — œuvre 🏺\tà voir") == "<b>c'est</b> 50 % — œuvre 🏺\tà voir"
    for cell in ("a\x00b", "a\x1bb", "a\ufffdb", "a\x9fb"):
        assert refused(cells.text, cell) == "control_sign"
    assert refused(cells.line, "a\nb") == "line_break"
    assert refused(cells.line, "a" * 256) == "too_long"


@given(st.text(max_size=20) | st.text("'=+-@\t\r\n＝＋－＠ a", max_size=6))
def test_what_was_written_harmless_is_read_as_it_was(cell):
    written = cells.escaped(cell)
    assert cells.unescaped(written) == cell
    assert written[:1] not in tuple("=+-@\t\r\n＝＋－＠\0")


def test_an_apostrophe_that_was_typed_stays():
    for cell in ("'a", "'", "''", "l'été", "-Anne", "'=x", "''=x"):
        assert cells.unescaped(cells.escaped(cell)) == cell
    assert cells.unescaped("'90s") == "'90s"
    assert cells.unescaped("'-Anne") == "-Anne"


def test_yes_and_no_in_both_languages():
    assert all(cells.truth(cell) for cell in ("yes", "Oui", "TRUE", "vrai", "1", "x"))
    assert not any(cells.truth(cell) for cell in ("no", "Non", "FALSE", "faux", "0"))
    assert refused(cells.truth, "peut-être") == "not_yes_or_no"


def test_a_choice_that_is_nearly_right_is_suggested():
    assert cells.choice("Published", ["draft", "published"]) == "published"
    assert cells.choice("Laiton", {"laiton": "brass"}) == "brass"
    with pytest.raises(Wrong) as refusal:
        cells.choice("publised", ["draft", "published"])
    with speaking("en"):
        assert refusal.value.at("state").sentence == (
            "state: “publised” is not one of draft, published. Did you mean “published”?"
        )


def test_addresses():
    assert cells.slug("lampe-oscar-2") == "lampe-oscar-2"
    for cell in ("Lampe", "lampe oscar", "-lampe", "lampe--oscar", "été", "a" * 121, "../x"):
        assert refused(cells.slug, cell) == "not_a_slug"


def test_only_the_two_words_erase():
    assert cells.is_erased("__EMPTY__") and cells.is_erased("__VIDE__")
    assert not any(map(cells.is_erased, ("", "__empty__", "VIDE", "null")))


# Days


def test_days_and_moments_have_their_zone():
    assert cells.day("2026-11-24") == cells.day("24/11/2026") == cells.day("24.11.2026") == date(2026, 11, 24)
    noon = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
    for cell in ("2026-11-24T11:00:00Z", "2026-11-24 12:00+01:00", "2026-11-24T12:00:00.000+0100", "24/11/2026 12:00",
                 "2026-11-24 12h00"):  # fmt: skip
        assert cells.moment(cell, PARIS) == noon
    assert cells.moment("2026-07-01", PARIS) == datetime(2026, 6, 30, 22, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "cell", ["31/02/2026", "2026-13-01", "11/24/2026", "demain", "26-11-24", "2026-W48-2", "45620"]
)
def test_what_is_no_day_is_refused(cell):
    assert refused(cells.day, cell) == "not_a_day"
    assert refused(cells.moment, cell) == refused(cells.moment, "2026-11-24 25:00") == "not_a_moment"


# Problems


def test_a_problem_survives_being_kept():
    problem = Problem("price", "12,9,0", "not_an_amount", suggesting("12,9,0", ["12,90"]), warning=True)
    assert Problem.from_json(problem.as_json()) == problem


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_sentence_can_be_said_even_of_a_problem_without_its_facts(language):
    with speaking(language):
        for code in SENTENCES:
            assert Problem("price", "100 % x\ny", code).sentence
        assert "price" in Problem("price", "x", "a code of tomorrow").sentence


def test_a_problem_of_the_whole_row_names_no_column():
    with speaking("en"):
        assert Problem("", "A-1", "repeated", {"line": 3}).sentence.startswith("“A-1” already stands on line 3.")
        assert Problem("", "", "changed_since").sentence.startswith("Somebody has changed it since")


def test_a_long_cell_is_quoted_by_its_beginning():
    with speaking("en"):
        sentence = Problem("price", "x" * 5000, "not_an_amount").sentence
    assert "x" * 79 + "…" in sentence and len(sentence) < 200
