"""Codes that people read out, tokens that open a private link, keys of the API.

A code identifies and never authorises. A token authorises and is stored only as its hash.
"""

import hashlib
import hmac
import re
import secrets
import unicodedata
from datetime import datetime
from typing import Final, NamedTuple

CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # no I, L, O, U
BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"  # no 0, O, I, l
CODE_SIGNS: Final = 8
TOKEN_SIGNS: Final = 22  # 58**22 is the first power beyond 2**128
KEY_PREFIX: Final = "vtr_"

_READ: Final = {sign: sign for sign in CROCKFORD} | {"O": "0", "I": "1", "L": "1"}
_READ_ANY_CASE: Final = _READ | {sign.lower(): read for sign, read in _READ.items()}
_BETWEEN: Final = re.compile(r"[\s\u2010-\u2015\u2212_.-]+")  # spaces, dashes, and what a phone makes of them


# Codes


def new_code() -> str:
    """As it is stored: eight signs, no dash."""
    return "".join(secrets.choice(CROCKFORD) for _ in range(CODE_SIGNS))


def show_code(code: str) -> str:
    """`K7QM-4T2X`"""
    return f"{code[:4]}-{code[4:]}"


def read_code(text: str) -> str | None:
    """The code that someone typed, as it is stored; None for what cannot be one. O is read as 0, I and L as 1."""
    signs = [_READ_ANY_CASE.get(sign) for sign in _BETWEEN.sub("", unicodedata.normalize("NFKC", text[:100]))]
    known = [sign for sign in signs if sign is not None]
    return "".join(known) if len(known) == len(signs) == CODE_SIGNS else None


def spell_code(code: str) -> str:
    """`K 7 Q M, 4 T 2 X`, for a voice."""
    return f"{' '.join(code[:4])}, {' '.join(code[4:])}"


# Tokens


def new_token() -> str:
    """128 random bits as 22 signs that no one confuses and no phone cuts off."""
    return _base58(secrets.token_bytes(16))


def link_token(secret: bytes, link_id: int, version: int) -> str:
    """The token of a private link: 128 bits that can be made again for the next message, and by nobody else.

    A higher version makes the links sent before worthless.
    """
    return _base58(hmac.digest(secret, f"link {link_id} version {version}".encode(), "sha256")[:16])


def is_token(text: str) -> bool:
    """Whether it has the shape of a token; what has not need not be looked up."""
    return len(text) == TOKEN_SIGNS and all(sign in BASE58 for sign in text)


def token_hash(token: str) -> bytes:
    """SHA-256. A token has 128 bits, so neither salt nor stretching is wanted."""
    return hashlib.sha256(token.encode(errors="backslashreplace")).digest()


def same(one: bytes, other: bytes) -> bool:
    """In constant time."""
    return hmac.compare_digest(one, other)


def _base58(octets: bytes) -> str:
    number, signs = int.from_bytes(octets), []
    for _ in range(TOKEN_SIGNS):
        number, rest = divmod(number, 58)
        signs.append(BASE58[rest])
    return "".join(reversed(signs))


# Keys of the API


class NewKey(NamedTuple):
    shown: str  # once, to the person who asked for it
    prefix: str  # what a list of keys shows, and what a key is looked up by
    hash: bytes


def new_api_key() -> NewKey:
    """`vtr_`, eight signs that may be seen, and a token."""
    prefix = KEY_PREFIX + "".join(secrets.choice(BASE58) for _ in range(8))
    shown = prefix + new_token()
    return NewKey(shown, prefix, token_hash(shown))


def key_prefix(shown: str) -> str | None:
    """The part of a key to look it up by; None for what cannot be a key."""
    signs = shown.removeprefix(KEY_PREFIX)
    if signs == shown or len(signs) != 8 + TOKEN_SIGNS or not all(sign in BASE58 for sign in signs):
        return None
    return shown[: len(KEY_PREFIX) + 8]


def seal(secret: bytes, text: str, *, until: datetime) -> str:
    """`text` for a cookie, readable by anyone and changeable by nobody, worth nothing after `until`."""
    body = f"{int(until.timestamp())}.{text}"
    return f"{body}.{_seal_of(secret, body)}"


def unseal(secret: bytes, sealed: str, *, now: datetime) -> str | None:
    """What was sealed, or None when it was changed, cut or has run out."""
    body, _, sign = sealed.rpartition(".")
    until, _, text = body.partition(".")
    if not until.isdigit() or not hmac.compare_digest(sign, _seal_of(secret, body)):
        return None
    return text if int(until) > now.timestamp() else None


def _seal_of(secret: bytes, body: str) -> str:
    return hmac.new(secret, b"seal:" + body.encode(), hashlib.sha256).hexdigest()
