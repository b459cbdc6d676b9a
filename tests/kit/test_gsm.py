import pytest

from kit.gsm import BASIC, EXTENDED, gsm_length, gsm_plain
from kit.languages import french_typography


def test_the_alphabet_has_the_128_signs_of_gsm_03_38_less_the_escape() -> None:
    assert len(BASIC) == 127
    assert len(EXTENDED) == 10
    assert not BASIC & EXTENDED


@pytest.mark.parametrize(
    ("text", "length"), [("", 0), ("Réservation à présenter", 23), ("39 €", 5), ("[ok]", 6), ("É Ç é è ù ì ò à", 15)]
)
def test_a_message_is_measured_as_it_is_billed(text: str, length: int) -> None:
    assert gsm_length(text) == length


@pytest.mark.parametrize(
    "word", ["prêt", "reçu", "côté", "août", "œuvre", "l’article", "…", "–", "«", "À", "14\u00a0h"]
)
def test_words_that_would_double_the_price_are_found(word: str) -> None:
    assert gsm_length(f"Bonjour {word}") is None


def test_printed_signs_become_plain_ones() -> None:
    text = gsm_plain(french_typography("Besoin de plus de temps ? Jusqu'au 12/08..."))
    assert text == "Besoin de plus de temps ? Jusqu'au 12/08..."
    assert gsm_length(text) == len(text)
