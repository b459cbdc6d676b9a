"""Passwords: what may be one, and how it is kept (Argon2id with the parameters of OWASP's minimum)."""

import asyncio
import secrets
import unicodedata
from collections.abc import Iterable
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kit.errors import Invalid
from kit.languages import lazy

MINIMUM = 15
MAXIMUM = 128
"""Signs. Any sign counts as one, and none is asked for."""

OWN_SIGNS = 8
DIFFERENT_SIGNS = 5
"""What is left of a password without the words everybody tries first."""

TRIED_FIRST = (
    "vitrine", "magasin", "boutique", "vendeur", "conseiller", "caisse", "store", "shop", "manager", "admin",
    "password", "passw0rd", "motdepasse", "secret", "welcome", "bienvenue", "bonjour", "soleil", "doudou", "chouchou",
    "iloveyou", "jetaime", "letmein", "dragon", "monkey", "football", "marseille", "paris", "azertyuiop", "azerty",
    "qwertyuiop", "qwerty", "qsdfghjklm", "asdfghjkl", "wxcvbn", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz", "abcdef",
    "abc", "1234567890", "0123456789", "9876543210", "123456", "12345", "1234", "123",
)  # fmt: skip

HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)


def check(password: str, *, words: Iterable[str] = (), minimum: int = MINIMUM) -> None:
    """Raises `Invalid` for a password that is too short, too long, or made of `words` and those tried first.

    `words`: the house's name, and what the person is called.
    """
    length = len(_normal(password))
    if length < minimum:
        raise Invalid(
            "password_too_short",
            lazy(
                "Choose a password of at least %(minimum)d characters, for example four words that do not go together."
            ),
            {"minimum": minimum},
            field="password",
        )
    if length > MAXIMUM:
        raise Invalid(
            "password_too_long",
            lazy("Choose a password of at most %(maximum)d characters."),
            {"maximum": MAXIMUM},
            field="password",
        )
    own = _without_words(password, words)
    if len(own) < min(OWN_SIGNS, minimum) or len(set(own)) < min(DIFFERENT_SIGNS, minimum):
        raise Invalid("password_common", lazy("This password is easy to guess. Choose another one."), field="password")


def _without_words(password: str, words: Iterable[str]) -> str:
    """Letters and digits that remain once the words that everybody tries are taken out, the longest first."""
    rest = _plain(password)
    tried = {plain for word in (*TRIED_FIRST, *words) if len(plain := _plain(word)) >= 3}
    for word in sorted(tried, key=len, reverse=True):
        rest = rest.replace(word, "")
    return rest


def _plain(text: str) -> str:
    """Letters and digits alone, without accents or case."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", text.casefold()) if sign.isalnum())


def _normal(password: str) -> str:
    """The same signs from every keyboard; cut just beyond the maximum, so that nobody makes us hash a novel."""
    return unicodedata.normalize("NFC", password[: 4 * MAXIMUM])[: MAXIMUM + 1]


def _octets(password: str) -> bytes:
    return _normal(password).encode(errors="backslashreplace")


async def hashed(password: str) -> str:
    """Takes some 20 ms of a processor, in a thread of its own: the library lets the others run meanwhile."""
    return await asyncio.to_thread(HASHER.hash, _octets(password))


async def matches(password: str, password_hash: str) -> bool:
    """Whether it is the password. Without a hash the same work is done against nobody's, and the answer is no."""
    return await asyncio.to_thread(_verify, password, password_hash)


def _verify(password: str, password_hash: str) -> bool:
    nobody = _nobody()  # asked for either way, so that the first stranger does not wait longer than the first colleague
    try:
        return HASHER.verify(password_hash or nobody, _octets(password)) and bool(password_hash)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    return HASHER.hash(secrets.token_bytes(32))


def is_outdated(password_hash: str) -> bool:
    """Made with other parameters than today's."""
    return HASHER.check_needs_rehash(password_hash)
