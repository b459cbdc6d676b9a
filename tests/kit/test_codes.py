import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.codes import (
    BASE58,
    CROCKFORD,
    is_token,
    key_prefix,
    link_token,
    new_api_key,
    new_code,
    new_token,
    read_code,
    same,
    show_code,
    spell_code,
    token_hash,
)

codes = st.text(CROCKFORD, min_size=8, max_size=8)


def test_a_code_is_shown_in_two_halves_and_spelled_for_a_voice() -> None:
    assert show_code("K7QM4T2X") == "K7QM-4T2X"
    assert spell_code("K7QM4T2X") == "K 7 Q M, 4 T 2 X"


@pytest.mark.parametrize(
    "typed",
    ["K7QM-4T2X", "k7qm4t2x", " k7qm 4t2x ", "K7QM–4T2X", "K7QM\u20114T2X", "K 7 Q M - 4 T 2 X", "Ｋ７ＱＭ４Ｔ２Ｘ"],
)
def test_a_code_is_read_however_it_is_typed(typed: str) -> None:
    assert read_code(typed) == "K7QM4T2X"


def test_letters_that_look_like_digits_are_read_as_digits() -> None:
    assert read_code("oOiI-lL22") == "00111122"


@pytest.mark.parametrize(
    "typed", ["", "K7QM", "K7QM-4T2X9", "K7QM-4T2U", "K7QM-4T2é", "K7QM-4Tß", "K7QM/4T2X", "K" * 10**6]
)
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    assert read_code(typed) is None


@given(codes)
def test_a_code_survives_being_shown_and_typed(code: str) -> None:
    assert read_code(show_code(code)) == code
    assert read_code(show_code(code).lower()) == code
    assert read_code(spell_code(code).replace(",", " ")) == code


@given(st.text())
def test_whatever_is_typed_gives_a_code_or_nothing(typed: str) -> None:
    code = read_code(typed)
    assert code is None or (len(code) == 8 and set(code) <= set(CROCKFORD))


def test_new_codes_use_every_sign() -> None:
    drawn = [new_code() for _ in range(500)]
    assert {len(code) for code in drawn} == {8}
    assert set("".join(drawn)) == set(CROCKFORD)


def test_a_hundred_thousand_tokens_have_one_width_and_never_repeat() -> None:
    tokens = [new_token() for _ in range(50_000)] + [link_token(b"secret", n, 1) for n in range(50_000)]
    assert len(set(tokens)) == 100_000
    assert {len(token) for token in tokens} == {22}
    assert set("".join(tokens)) == set(BASE58)


def test_a_private_link_can_be_made_again_and_depends_on_all_it_is_made_of() -> None:
    token = link_token(b"secret", 12, 1)
    assert token == link_token(b"secret", 12, 1)
    others = {link_token(b"other", 12, 1), link_token(b"secret", 13, 1), link_token(b"secret", 12, 2)}
    assert token not in others and len(others) == 3
    assert link_token(b"secret", 1, 21) != link_token(b"secret", 12, 1)


def test_only_what_has_the_shape_of_a_token_is_looked_up() -> None:
    assert is_token(new_token())
    assert not is_token("")
    assert not is_token(new_token()[:-1])
    assert not is_token("0" * 22)


def test_a_token_is_stored_as_its_hash() -> None:
    assert token_hash("abc") == hashlib.sha256(b"abc").digest()
    assert token_hash("é\ud800")  # what a forged address may hold does not break it
    assert same(token_hash("abc"), token_hash("abc"))
    assert not same(token_hash("abc"), token_hash("abd"))


def test_a_key_shows_a_prefix_and_is_found_by_it() -> None:
    key = new_api_key()
    assert key.shown.startswith("vtr_") and key.shown.startswith(key.prefix)
    assert len(key.shown) - len(key.prefix) == 22
    assert key.hash == token_hash(key.shown)
    assert key_prefix(key.shown) == key.prefix
    assert new_api_key().prefix != key.prefix


@pytest.mark.parametrize("typed", ["", "vtr_", "vtr_abc", "abc", "8rp7ubF62BrdvvRkBBtiGi", "vtr_" + "0" * 30])
def test_what_cannot_be_a_key_has_no_prefix(typed: str) -> None:
    assert key_prefix(typed) is None
