"""The people of the house, each a bust on coloured paper: quiet faces, light from the left, their own hair and clothes.

Lengths are in units of an 800 × 800 sheet. A head stands on the axis x = 400, eyes at 326, chin at 474.
"""

from __future__ import annotations

from dataclasses import dataclass

from booking.demo.pictures.clothes import AXIS, WEAR
from booking.demo.pictures.hair import HAIR
from booking.demo.pictures.sheet import BRASS, Box, Sheet, band, num
from booking.demo.pictures.tones import INK, Ramp, mix, ramp

SIZE = 800
FRAME = Box(94, 62, 706, 674)
SHIRT, DENIM = "#F1ECE2", "#4A6076"


@dataclass(frozen=True)
class Sitter:
    """How somebody looks. `hair` and `wears` name what those two modules draw; `jaw` is 1 for a middling one."""

    skin: str
    hair: str
    hair_colour: str
    wears: str
    cloth: str
    paper: str
    second: str = SHIRT
    beard: str = ""
    glasses: str = ""
    earrings: str = ""
    lips: str = "#A4473F"
    jaw: float = 1.0
    tilt: float = 0.0
    age: float = 0.0
    """From 0 to 1: how far the lines of a face that has laughed show."""


SITTERS: dict[str, Sitter] = {
    "ines": Sitter("#D8A680", "long_curls", "#2F2521", "roll_neck", "#1F3D36", "#E7D9C3", earrings=BRASS, tilt=-2),
    "nadia": Sitter("#E3B594", "chignon", "#3B2A22", "wrap", "#8C3B2A", "#DDE0D6", lips="#B04A45", tilt=2, age=0.4),
    "thomas": Sitter(
        "#EDBB94", "side_part", "#8A6240", "waistcoat", "#3D4A57", "#E6DCCB", beard="stubble", lips="#A9685A", jaw=1.05
    ),
    "awa": Sitter("#7A4B34", "cropped_curls", "#211B19", "crew", "#C79A4B", "#E9DFD0", earrings="#C79A4B", lips="#7E2F33"),
    "karim": Sitter(
        "#B98059", "short", "#241D1A", "apron", DENIM, "#E4E1D8", beard="short", lips="#8F5146", jaw=1.08, tilt=1
    ),
    "lucile": Sitter("#F3C4A0", "fringe_bob", "#A5613A", "blazer", "#2E3B4E", "#E8DDD2", second="#E9D9C8", tilt=-1),
    "bastien": Sitter(
        "#8A5638", "high_top", "#1F1A18", "overshirt", "#7C8B5C", "#E7E0D2", glasses="#2B2622", lips="#7A4038", jaw=1.04
    ),
    "helene": Sitter("#EEBF9B", "grey_crop", "#B9B4AC", "blazer", "#2A2A2C", "#DFE2DF", earrings="#D9D5CC", age=1, tilt=1),
    "camille": Sitter(
        "#F0C19C", "waves", "#6B4630", "crew", "#5E7C86", "#E9E0CF", glasses="#6B4A33", lips="#AF5A50", tilt=-2
    ),
    "yanis": Sitter(
        "#C9946C", "curly_top", "#2A211D", "overshirt", "#A5683B", "#E1E0D6", beard="stubble", lips="#94584A", tilt=2
    ),
    "margaux": Sitter("#F4C9A9", "low_bun", "#D9B57A", "wrap", "#2E2B26", "#E6D6C8", earrings="#E6E0D4", lips="#B2423F"),
    "lena": Sitter("#F3C29D", "braid", "#C59A5B", "cardigan", "#7A2F3A", "#DEE1DA", lips="#B5605A", tilt=1),
    "mathieu": Sitter(
        "#E8B28A", "receding", "#7B7068", "apron", "#5B6B4E", "#E8E0D1", beard="full", lips="#9E6154", jaw=1.12, age=0.7
    ),
    "marie-anais": Sitter(
        "#A56D4A", "curly_up", "#2B201B", "boat", "#E2C9A0", "#DCE3DD", earrings=BRASS, lips="#933C3D", tilt=-2
    ),
    "loic": Sitter("#B67C55", "waves_short", "#1E1A19", "linen", "#9FB2B0", "#E9DDC9", beard="goatee", jaw=1.06, lips="#8A4C42"),
    "priya": Sitter("#9C6644", "long_straight", "#1C1816", "boat", "#A23B54", "#E5E0D5", earrings=BRASS, lips="#8A3540", tilt=2),
    "maialen": Sitter("#E6B087", "pixie", "#2B2320", "roll_neck", "#B0462F", "#E3E2DA", lips="#A84A44", age=0.3, tilt=-1),
    "oscar": Sitter(
        "#F2BF9B", "swept", "#B5602F", "crew", "#24405C", "#E9E1D3", beard="full", lips="#B0685A", jaw=1.05, age=0.3, tilt=-2
    ),
}  # fmt: skip


def portrait(name: str) -> str:
    """The portrait of that advisor as a standalone SVG, square. Raises KeyError for someone who never sat for one."""
    sitter = SITTERS[name]
    s = Sheet(sitter.skin)
    hair = ramp(sitter.hair_colour)
    back, front = HAIR[sitter.hair]
    s.ellipse(330, 300, 430, 430, s.glow("#FFFDF6", 0.75))
    s.ellipse(560, 560, 300, 330, s.glow(mix(sitter.paper, INK, 0.35), 0.35))
    turn = f"translate(0 24) rotate({num(sitter.tilt)} 400 560)"
    s.begin(turn)
    back(s, hair)
    s.end()
    _neck(s)
    WEAR[sitter.wears](s, ramp(sitter.cloth), ramp(sitter.second))
    s.begin(turn)
    _head(s, sitter, hair)
    front(s, hair)
    _jewels(s, sitter)
    s.end()
    return s.svg(sitter.paper, FRAME, SIZE, SIZE)


# The face


def _neck(s: Sheet) -> None:
    s.path("M340 420V540Q350 590 400 600Q450 590 460 540V420Z", s.c.base)
    s.path("M340 472C366 520 440 526 460 482V540Q454 574 426 592C438 570 424 540 340 512Z", s.c.shade)


def _head(s: Sheet, sitter: Sitter, hair: Ramp) -> None:
    jaw = sitter.jaw
    for x, tone, inside in ((296, s.c.base, s.c.shade), (504, s.c.shade, s.c.deep)):
        s.ellipse(x, 334, 17, 31, tone)
        s.ellipse(x + (3 if x < AXIS else -3), 338, 7, 17, inside, 'opacity=".6"')
    j = num(84 * jaw)
    face = f"M0 168 C74 168 106 222 106 300 C106 352 {num(103 * jaw)} 384 {j} 418 C{num(66 * jaw)} 452 34 474 0 474"
    s.path(band(face, AXIS, -1, 1), s.c.base)
    s.path(band(face, AXIS, 0.66, 1), s.c.shade, 'opacity=".75"')
    s.ellipse(352, 258, 46, 40, s.glow(s.c.lit, 0.9))
    blush = mix(s.c.base, "#C2513F", 0.55)
    for x in (336, 462):
        s.ellipse(x, 382, 34, 26, s.glow(blush, 0.3))
    if sitter.beard:
        _beard(s, sitter, hair, band(face, AXIS, -1, 1))
    _nose(s)
    for x, side in ((355, 1), (445, -1)):
        _eye(s, x, side, hair, sitter)
    _mouth(s, sitter)
    if sitter.age:
        faint = f'opacity="{num(0.5 * sitter.age)}"'
        s.line("M348 372Q334 392 338 412M452 372Q466 392 462 412", s.c.deep, 3, faint)
        s.line("M322 334L312 340M478 334L488 340M370 240Q400 234 430 240", s.c.deep, 2.5, faint)
    if sitter.glasses:
        _glasses(s, sitter.glasses)


def _nose(s: Sheet) -> None:
    s.path("M406 316C410 346 422 362 424 374Q422 388 402 389Q412 360 406 316Z", s.c.shade)
    s.line("M384 384Q391 392 400 389Q411 392 418 384", s.c.deep, 4)
    s.ellipse(396, 366, 9, 15, s.glow(s.c.lit, 0.9))


def _eye(s: Sheet, x: float, side: int, hair: Ramp, sitter: Sitter) -> None:
    """`side` is 1 for the eye on the left of the picture."""
    dark = mix(s.c.deep, INK, 0.82)
    s.path(f"M{x - 22} 328Q{x - 6} 308 {x + 22} 326Q{x + 4} 340 {x - 22} 328Z" if side > 0 else
           f"M{x + 22} 328Q{x + 6} 308 {x - 22} 326Q{x - 4} 340 {x + 22} 328Z",
           mix(s.c.lit, "#FFFFFF", 0.72))  # fmt: skip
    s.ellipse(x, 325, 10, 10.5, mix(hair.deep, "#3A2A1E", 0.5))
    s.ellipse(x, 325, 5, 5.5, INK)
    s.ellipse(x - 3, 321, 2.6, 2.6, "#FFFFFF")
    lid = f"M{x - 24 * side} 329Q{x - 7 * side} 306 {x + 23 * side} 325"
    s.line(lid, dark, 5.5)
    s.line(f"M{x - 20 * side} 314Q{x - 4 * side} 299 {x + 20 * side} 312", s.c.shade, 3, 'opacity=".8"')
    brow = mix(hair.deep, INK, 0.25)
    s.path(
        f"M{x - 30 * side} 295Q{x - 6 * side} 274 {x + 26 * side} 287Q{x + 29 * side} 292 {x + 25 * side} 296"
        f"Q{x - 4 * side} 286 {x - 30 * side} 295Z",
        brow,
    )


def _mouth(s: Sheet, sitter: Sitter) -> None:
    lips = ramp(mix(s.c.base, sitter.lips, 0.62))
    s.path("M366 419Q386 409 393 410Q400 414 407 410Q414 409 434 419Q416 424 400 424T366 419Z", lips.shade)
    s.path("M368 420Q400 424 432 420Q418 442 400 442T368 420Z", lips.base)
    s.line("M363 417Q382 425 400 424T437 417", mix(lips.deep, INK, 0.3), 3)
    s.path("M382 450Q400 458 418 450Q402 464 382 450Z", s.c.shade, 'opacity=".7"')


def _beard(s: Sheet, sitter: Sitter, hair: Ramp, face: str) -> None:
    j = sitter.jaw
    low = 486 if sitter.beard == "full" else 478
    chin = (
        f"M0 404 C30 392 46 398 56 404 C78 396 92 372 102 336 C108 372 {num(106 * j)} 396 {num(90 * j)} 424 "
        f"C{num(70 * j)} {low - 22} 36 {low} 0 {low}"
    )
    if sitter.beard == "goatee":
        s.path("M358 402Q380 392 400 400Q420 392 442 402Q452 450 432 470Q400 484 368 470Q348 450 358 402Z", hair.base)
        s.path("M412 398Q428 394 442 402Q452 450 432 470L410 478Q430 440 412 398Z", hair.shade)
        return
    whole = band(chin, AXIS, -1, 1)
    light = sitter.beard == "stubble"
    s.begin(clip=face if light else "")
    s.begin(clip=whole, opacity=0.26 if light else 1)
    s.rect(280, 320, 240, 180, hair.base)
    s.path("M470 320C466 400 450 450 420 500H530V320Z", hair.shade)
    s.end()
    s.end()


def _glasses(s: Sheet, colour: str) -> None:
    for x in (353, 447):
        s.rect(x - 39, 296, 78, 62, "#FFFFFF", 28, 'opacity=".16"')
        s.rect(x - 39, 296, 78, 62, "none", 28, f'stroke="{colour}" stroke-width="6"')
    s.line("M392 318Q400 311 408 318", colour, 6)
    s.line("M314 320L298 316M486 320L502 316", colour, 6)


def _jewels(s: Sheet, sitter: Sitter) -> None:
    if not sitter.earrings:
        return
    metal = ramp(sitter.earrings)
    for x, tone in ((294, metal.lit), (506, metal.base)):
        s.ellipse(x, 376, 9, 9, metal.deep)
        s.ellipse(x - 1, 374, 8, 8, tone)
