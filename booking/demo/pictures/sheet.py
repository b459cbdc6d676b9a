"""The sheet a picture is painted on, and the few gestures of the house style.

Flat tones, light from the left, one soft shadow. Lengths are in units of an 800 × 1000 sheet, y downwards.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from booking.demo.pictures.tones import GROUND, INK, Ramp, difference, mix, ramp

WIDTH, HEIGHT = 800, 1000
LINEN, OAK, BRASS, STEEL, CHARCOAL = "#E9E0CD", "#B98B5E", "#B08D57", "#AEB1B2", "#3A3733"

Point = tuple[float, float]
_TOKEN = re.compile(r"[MLCQ]|-?\d*\.?\d+")
_REACH = {"M": 1, "L": 1, "Q": 2, "C": 3}


class Box(NamedTuple):
    """A rectangle of the sheet: left, top, right, bottom."""

    left: float
    top: float
    right: float
    bottom: float


class Sheet:
    """One picture under way: parts are laid in order, the last one on top."""

    def __init__(self, colour: str, second: str | None = None, accent: str | None = None) -> None:
        self.c = ramp(colour)
        self._colour, self._second, self._accent = colour, second, accent
        self._parts: list[str] = []
        self._defs: list[str] = []
        self._known: dict[str, str] = {}

    def second(self, otherwise: str) -> Ramp:
        """The tones of the second part: the colour asked for, or else `otherwise`."""
        return ramp(self._second or otherwise)

    def accent(self, otherwise: str = BRASS) -> Ramp:
        """The tones of the small parts: the colour asked for, or else `otherwise`, darker where it would be lost."""
        if self._accent or otherwise in (self.c.lit, self.c.shade):
            return ramp(self._accent or otherwise)
        lost = difference(otherwise, self._colour) < 0.1 and difference(otherwise, GROUND) > 0.15
        return ramp(mix(otherwise, INK, 0.45) if lost else otherwise)

    # shapes

    def path(self, d: str, fill: str, more: str = "") -> None:
        self._parts.append(f'<path d="{d}" fill="{fill}"{_more(more)}/>')

    def line(self, d: str, colour: str, width: float = 2, more: str = "", ends: str = "round") -> None:
        """A drawn stroke, with round ends unless said otherwise."""
        cut = "" if ends == "round" else f' stroke-linecap="{ends}"'
        self._parts.append(
            f'<path d="{d}" fill="none" stroke="{colour}" stroke-width="{num(width)}"{cut}{_more(more)}/>'
        )

    def ellipse(self, cx: float, cy: float, rx: float, ry: float, fill: str, more: str = "") -> None:
        self._parts.append(
            f'<ellipse cx="{num(cx)}" cy="{num(cy)}" rx="{num(rx)}" ry="{num(ry)}" fill="{fill}"{_more(more)}/>'
        )

    def rect(self, x: float, y: float, w: float, h: float, fill: str, round_: float = 0, more: str = "") -> None:
        corner = f' rx="{num(round_)}"' if round_ else ""
        self._parts.append(
            f'<rect x="{num(x)}" y="{num(y)}" width="{num(w)}" height="{num(h)}"{corner} fill="{fill}"{_more(more)}/>'
        )

    def poly(self, points: Sequence[Point], fill: str, soft: float = 0) -> None:
        """A polygon; `soft` rounds its corners outwards."""
        d = "M" + "L".join(f"{num(x)} {num(y)}" for x, y in points) + "Z"
        edge = f'stroke="{fill}" stroke-width="{num(2 * soft)}"' if soft else ""
        self.path(d, fill, edge)

    # gestures

    def turned(self, cx: float, half: str, tones: Ramp, dark: float = 0.36) -> None:
        """A body of revolution from its right half, x measured from the axis: body, shadow on the right, gleam."""
        self.path(band(half, cx, -1, 1), tones.base)
        self.path(band(half, cx, dark, 1), tones.shade)
        self.path(band(half, cx, -0.8, -0.56), tones.lit)

    def halves(self, cx: float, half: str, tones: Ramp, dark: float = 0.0) -> None:
        """A symmetrical shape from its right half: lit on the left, darker from `dark` to the right."""
        self.path(band(half, cx, -1, 1), tones.base)
        self.path(band(half, cx, dark, 1), tones.shade)

    def shadow(self, cx: float, y: float, rx: float, ry: float = 0) -> None:
        """The soft shadow an object of half-width `rx` throws on the ground, a little to the right."""
        name = self._gradient()
        deep = ry or max(16, rx * 0.15)
        self.ellipse(cx + rx * 0.16, y, rx * 1.28, deep * 1.35, f"url(#{name})")

    def cast(self, d: str, far: float = 14) -> None:
        """The soft shadow of a thing lying flat or hanging close to the wall."""
        if "b" not in self._known:
            self._known["b"] = "b"
            self._defs.append(
                '<filter id="b" x="-20%" y="-20%" width="140%" height="140%">'
                '<feGaussianBlur stdDeviation="12"/></filter>'
            )
        self.path(d, INK, f'opacity=".22" filter="url(#b)" transform="translate({num(far)} {num(far + 4)})"')

    def begin(self, transform: str = "", clip: str = "", opacity: float = 1) -> None:
        """Open a group: moved, cut to the outline `clip`, or faint. To be closed with `end`."""
        made = f' transform="{transform}"' if transform else ""
        if clip:
            name = f"c{len(self._defs)}"
            self._defs.append(f'<clipPath id="{name}"><path d="{clip}"/></clipPath>')
            made += f' clip-path="url(#{name})"'
        if opacity < 1:
            made += f' opacity="{num(opacity)}"'
        self._parts.append(f"<g{made}>")

    def end(self) -> None:
        self._parts.append("</g>")

    def guest(self, colour: str, second: str | None, accent: str | None) -> Sheet:
        """A sheet for another picture to be laid on this one; the two share their definitions."""
        other = Sheet(colour, second, accent)
        other._defs, other._known = self._defs, self._known
        return other

    def place(self, guest: Sheet, transform: str) -> None:
        """Lay the picture of a guest on this one."""
        self._parts += [f'<g transform="{transform}">', *guest._parts, "</g>"]

    def fade(self, top: str, bottom: str, stops: str = "") -> str:
        """A vertical gradient between two colours, as a fill."""
        name = f"f{len(self._defs)}"
        self._defs.append(
            f'<linearGradient id="{name}" x1="0" y1="0" x2="0" y2="1"><stop stop-color="{top}"/>{stops}'
            f'<stop offset="1" stop-color="{bottom}"/></linearGradient>'
        )
        return f"url(#{name})"

    def glow(self, colour: str, strength: float = 0.8) -> str:
        """A halo of light from its middle outwards, as a fill."""
        key = f"{colour} {strength}"
        if key in self._known:
            return f"url(#{self._known[key]})"
        name = self._known[key] = f"g{len(self._defs)}"
        self._defs.append(
            f'<radialGradient id="{name}"><stop stop-color="{colour}" stop-opacity="{num(strength)}"/>'
            f'<stop offset="1" stop-color="{colour}" stop-opacity="0"/></radialGradient>'
        )
        return f"url(#{name})"

    def grain(self, view: Box) -> None:
        """The grain of printed paper over the part shown."""
        self._defs.append(
            '<filter id="n" x="0" y="0" width="1" height="1"><feTurbulence type="fractalNoise" '
            'baseFrequency=".7" numOctaves="2" seed="7"/><feColorMatrix values="0 0 0 0 .12  0 0 0 0 .1  0 0 0 0 .08  '
            '0 0 0 1.5 -.72"/></filter>'
        )
        wide, tall = view.right - view.left, view.bottom - view.top
        self.rect(view.left, view.top, wide, tall, INK, more='opacity=".3" filter="url(#n)"')

    def tile(self, x: float, y: float, w: float, h: float, motif: Sheet) -> str:
        """A pattern that repeats `motif`, drawn from its own origin, every `w` × `h` from `x`, `y`, as a fill."""
        name = f"p{len(self._defs)}"
        self._defs.append(
            f'<pattern id="{name}" patternUnits="userSpaceOnUse" x="{num(x)}" y="{num(y)}" width="{num(w)}" '
            f'height="{num(h)}">{"".join(motif._parts)}</pattern>'
        )
        return f"url(#{name})"

    def _gradient(self) -> str:
        if "s" not in self._known:
            self._known["s"] = "s"
            self._defs.append(
                '<radialGradient id="s"><stop stop-color="#3B2F22" stop-opacity=".5"/>'
                '<stop offset=".45" stop-color="#3B2F22" stop-opacity=".26"/>'
                '<stop offset="1" stop-color="#3B2F22" stop-opacity="0"/></radialGradient>'
            )
        return self._known["s"]

    # the result

    def svg(self, ground: str, view: Box, width: int, height: int) -> str:
        """The standalone picture: `view` is the part of the sheet to show."""
        x, y, w, h = view.left, view.top, view.right - view.left, view.bottom - view.top
        defs = f"<defs>{''.join(self._defs)}</defs>" if self._defs else ""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{num(x)} {num(y)} {num(w)} {num(h)}" '
            f'width="{width}" height="{height}" stroke-linecap="round" stroke-linejoin="round">{defs}'
            f'<rect x="{num(x)}" y="{num(y)}" width="{num(w)}" height="{num(h)}" fill="{ground}"/>'
            f"{''.join(self._parts)}</svg>\n"
        )


class Room:
    """Slanted projection of furniture: fronts face lower left into the light, right sides are in the shade."""

    def __init__(self, sheet: Sheet, x: float, y: float, soft: float = 0) -> None:
        """`x`, `y`: where the near left foot stands. `soft`: rounding of the edges."""
        self.sheet, self.x, self.y, self.soft = sheet, x, y, soft

    def at(self, x: float, y: float, z: float) -> Point:
        """Point `x` along the front, `y` into the depth, `z` above the floor."""
        return self.x + 0.93 * x + 0.42 * y, self.y + 0.15 * x - 0.27 * y - z

    def box(self, x: float, y: float, z: float, w: float, d: float, h: float, tones: Ramp, soft: float = -1) -> None:
        """A box `w` wide, `d` deep, `h` high."""
        edge = self.soft if soft < 0 else soft
        at, poly = self.at, self.sheet.poly
        x1, y1, z1 = x + w, y + d, z + h
        poly([at(x1, y, z), at(x1, y1, z), at(x1, y1, z1), at(x1, y, z1)], tones.shade, edge)
        poly([at(x, y, z), at(x1, y, z), at(x1, y, z1), at(x, y, z1)], tones.base, edge)
        poly([at(x, y, z1), at(x1, y, z1), at(x1, y1, z1), at(x, y1, z1)], tones.lit, edge)

    def front(self, x: float, z: float, w: float, h: float, fill: str, y: float = 0, soft: float = 0) -> None:
        """A panel on the plane of the front, or `y` behind it."""
        at = self.at
        self.sheet.poly([at(x, y, z), at(x + w, y, z), at(x + w, y, z + h), at(x, y, z + h)], fill, soft)

    def shadow(self, w: float, d: float) -> None:
        """The shadow of a footprint `w` × `d`."""
        x, y = self.at(w / 2, d / 2, 0)
        self.sheet.shadow(x - 0.05 * w, y + 6, 0.4 * w + 0.18 * d, 0.06 * w + 0.1 * d + 12)


def band(half: str, cx: float, left: float, right: float) -> str:
    """The outline between the half path stretched by `left` and by `right` around the axis `cx`."""
    steps = _steps(half)
    there = [steps[0][1][-1], *(p for _, points in steps[1:] for p in points)]
    out = "M" + _pair(there[0], cx, right)
    for command, points in steps[1:]:
        out += command + " ".join(_pair(p, cx, right) for p in points)
    back = list(reversed(there))
    out += "L" + _pair(back[0], cx, left)
    used = 1
    for command, points in reversed(steps[1:]):
        out += command + " ".join(_pair(p, cx, left) for p in back[used : used + len(points)])
        used += len(points)
    return out + "Z"


def num(value: float) -> str:
    """A number as short as it can be: one decimal, none above 20."""
    text = f"{value:.0f}" if abs(value) >= 20 else f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _pair(point: Point, cx: float, stretch: float) -> str:
    return f"{num(cx + point[0] * stretch)} {num(point[1])}"


def _steps(d: str) -> list[tuple[str, list[Point]]]:
    """The commands M, L, Q and C of an absolute path with their points."""
    tokens = _TOKEN.findall(d)
    steps: list[tuple[str, list[Point]]] = []
    command, at = "M", 0
    while at < len(tokens):
        if tokens[at] in _REACH:
            command, at = tokens[at], at + 1
        reach = 2 * _REACH[command]
        values = [float(t) for t in tokens[at : at + reach]]
        steps.append((command, list(zip(values[::2], values[1::2], strict=True))))
        at += reach
        command = "L" if command == "M" else command
    return steps


def _more(attributes: str) -> str:
    return f" {attributes}" if attributes else ""
