"""The alphabet of an SMS (GSM 03.38). One sign outside it, and the message costs double."""

import unicodedata
from typing import Final

BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED: Final = frozenset("\f^{}\\[~]|€")  # each is sent as two signs
ONE_MESSAGE: Final = 160

_PLAIN: Final = str.maketrans(
    {"’": "'", "\u202f": " ", "\u00a0": " ", "…": "...", "«": '"', "»": '"', "–": "-", "‑": "-"}
)


def gsm_length(text: str) -> int | None:
    """In signs as they are billed; None where a sign is outside the alphabet."""
    length = 0
    for sign in text:
        if sign in BASIC:
            length += 1
        elif sign in EXTENDED:
            length += 2
        else:
            return None
    return length


def gsm_plain(text: str) -> str:
    """Typographic spaces, apostrophes, quotes and dashes as an SMS can carry them. Letters stay: ê is still outside."""
    return text.translate(_PLAIN)


def gsm_folded(text: str, limit: int) -> str:
    """What somebody typed, so that an SMS carries it: ê as e, œ as oe, no sign that costs two; cut between words."""
    text = gsm_plain(text.translate(_LIGATURES))
    folded = " ".join("".join(sign if sign in BASIC else _bare(sign) for sign in text).split())
    if len(folded) <= limit:
        return folded
    cut = folded[: limit - 3]
    return (cut.rpartition(" ")[0] or cut).rstrip(" ,;:.") + "..."


_LIGATURES: Final = str.maketrans({"œ": "oe", "Œ": "OE", "€": "EUR", "ç": "c", "[": "(", "]": ")", "{": "(", "}": ")"})


def _bare(sign: str) -> str:
    base = unicodedata.normalize("NFD", sign)[0]
    return base if base in BASIC else " " if sign.isspace() else ""
