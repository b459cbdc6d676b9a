"""Global Trade Item Numbers: 8, 12, 13 or 14 digits kept as text, because leading zeros mean something (GS1)."""

import re

LENGTHS = frozenset({8, 12, 13, 14})
IN_STORE = re.compile(r"0?(02|04|2)\d+")
"""GTIN-13 that begin with 020-029, 040-049 or 200-299 are numbers of one shop, which mean nothing elsewhere (GS1
General Specifications, restricted circulation numbers)."""


def is_gtin(text: str) -> bool:
    """Whether it has one of the lengths and the right check digit."""
    return text.isascii() and text.isdigit() and len(text) in LENGTHS and check_digit(text[:-1]) == text[-1]


def check_digit(body: str) -> str:
    """The last digit for these: weights 3 and 1 in turn from the right, up to the next ten."""
    digits = [int(digit) for digit in body]
    return str(-(3 * sum(digits[::-2]) + sum(digits[-2::-2])) % 10)


def padded(text: str) -> str:
    """As GTIN-14, by which two ways to write the same number are compared."""
    return text.zfill(14)


def is_in_store(text: str) -> bool:
    """Whether it is a shop's own number: kept and found at the till, never given to anybody else."""
    thirteen = padded(text)[1:]
    return len(text) > 8 and IN_STORE.fullmatch(thirteen) is not None and thirteen[:2] != "00"
