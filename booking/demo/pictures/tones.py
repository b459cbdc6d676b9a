"""Colour maths of the pictures: every object is painted in four tones of one colour.

Computed in OKLab (Björn Ottosson, 2020), where equal steps of lightness look equal whatever the hue.
"""

from __future__ import annotations

import math
from typing import NamedTuple

GROUND = "#F3EFE8"
INK = "#1B1A17"


class Ramp(NamedTuple):
    """Four tones of one colour, from the lit left face to the line of shadow."""

    lit: str
    base: str
    shade: str
    deep: str


def ramp(colour: str) -> Ramp:
    """The tones of an object; pale colours are taken down, and black up, so that their form shows."""
    level = max(_oklab(colour)[0], 0.24)
    if level >= 0.94:
        levels = (0.995, 0.968, 0.895, 0.77)
    elif level > 0.82:
        levels = (level, level - 0.03, level - 0.115, level - 0.25)
    else:
        levels = (level + 0.05 + 0.07 * (1 - level), level, level - 0.06 - 0.05 * level, level - 0.13 - 0.1 * level)
    lit, base, shade, deep = levels
    return Ramp(_at(colour, lit, warmth=0.004), _at(colour, base), _at(colour, shade, warmth=-0.003), _at(colour, deep))


def lighten(colour: str, amount: float) -> str:
    """`amount` between 0 (the same colour) and 1 (white)."""
    return mix(colour, "#FFFFFF", amount)


def darken(colour: str, amount: float) -> str:
    """`amount` between 0 (the same colour) and 1 (the ink of the house)."""
    return mix(colour, INK, amount)


def mix(first: str, other: str, amount: float) -> str:
    """`amount` of `other` in `first`, between 0 and 1."""
    one, two = _oklab(first), _oklab(other)
    return _hex(
        (
            one[0] + (two[0] - one[0]) * amount,
            one[1] + (two[1] - one[1]) * amount,
            one[2] + (two[2] - one[2]) * amount,
        )
    )


def difference(first: str, other: str) -> float:
    """How far apart two colours look; below 0.1 one cannot be told on the other."""
    return math.dist(_oklab(first), _oklab(other))


def _at(colour: str, level: float, warmth: float = 0.0) -> str:
    """The colour at another lightness; shadows lose some of its strength, as gouache does."""
    full, a, b = _oklab(colour)
    strength = 1.0 if level >= full else 0.25 + 0.75 * max(level, 0.0) / full
    return _hex((level, a * strength, b * strength + warmth))


def _oklab(colour: str) -> tuple[float, float, float]:
    if len(colour) != 7 or colour[0] != "#":
        raise ValueError(f"a colour is written #RRGGBB, not {colour!r}")
    r, g, b = (_linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    long = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3)
    medium = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3)
    short = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def _hex(lab: tuple[float, float, float]) -> str:
    level, a, b = lab
    long = (level + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (level - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (level - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short
    return "#" + "".join(f"{round(255 * _gamma(min(max(c, 0.0), 1.0))):02X}" for c in (red, green, blue))


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def _gamma(channel: float) -> float:
    return channel * 12.92 if channel <= 0.0031308 else float(1.055 * channel ** (1 / 2.4) - 0.055)
