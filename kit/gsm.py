"""The alphabet of an SMS (GSM 03.38). One sign outside it, and the message costs double."""

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
