"""Lighting: lamps, shades, candles."""

from __future__ import annotations

from collections.abc import Callable

from booking.demo.pictures.sheet import CHARCOAL, LINEN, Sheet, band
from booking.demo.pictures.tones import Ramp, ramp

GLOW, FLAME, INK_WICK = "#FFE9B0", "#F2B84B", "#3A2A1C"


def table_lamp(s: Sheet) -> None:
    shade, metal = s.second(LINEN), s.accent()
    s.shadow(400, 822, 130)
    s.turned(400, "M0 790 L92 790 L92 808 C92 826 50 832 0 832", metal)
    s.turned(400, "M0 560 L26 560 C30 590 128 612 128 692 C128 748 84 776 74 792 C50 800 20 802 0 802", s.c)
    s.turned(400, "M0 500 L13 500 L13 566 L0 568", metal)
    _drum(s, 400, 190, 112, 500, 196, 22, shade)
    s.line("M458 508V596", metal.deep)
    s.ellipse(458, 602, 6, 8, metal.base)


def floor_lamp(s: Sheet) -> None:
    shade = s.second(LINEN)
    s.shadow(400, 868, 120)
    s.turned(400, "M0 846 L98 852 L98 862 C98 878 50 884 0 884", s.c)
    s.turned(400, "M0 300 L8 300 L8 830 C12 846 30 850 40 856 L0 858", s.c)
    s.turned(400, "M0 566 L13 570 L13 590 L0 594", s.c)
    _drum(s, 400, 110, 92, 330, 152, 18, shade)
    s.line("M446 336V424", s.c.deep)
    s.ellipse(446, 430, 6, 8, s.c.base)


def pendant(s: Sheet) -> None:
    metal = s.accent()
    s.line("M400 0V330", CHARCOAL, 4)
    s.turned(400, "M0 318 L20 318 L26 376 L0 380", metal)
    s.ellipse(400, 640, 252, 80, s.glow(GLOW, 0.9))
    s.turned(400, "M0 366 L44 366 C60 420 214 440 236 610 C200 634 90 644 0 644", s.c)
    s.ellipse(400, 610, 236, 34, s.c.deep)
    s.ellipse(400, 614, 222, 28, GLOW)
    s.path("M352 622A48 44 0 0 0 448 622A48 13 0 0 0 352 622Z", "#FFF8E2")


def desk_lamp(s: Sheet) -> None:
    metal = s.accent()
    s.shadow(356, 826, 130)
    s.turned(350, "M0 786 L116 794 L116 812 C116 832 60 838 0 838", s.c)
    s.ellipse(350, 794, 116, 20, s.c.lit)
    s.line("M350 790L262 520L476 312", metal.shade, 15)
    s.line("M346 790L258 520L472 312", metal.base, 8)
    s.ellipse(262, 520, 20, 20, s.c.base)
    s.ellipse(262, 520, 8, 8, metal.lit)
    s.begin("translate(478 312) rotate(-38)")
    s.turned(0, "M0 -60 L26 -60 C34 -48 34 -30 36 -16 C70 6 112 66 122 140 C80 160 40 162 0 162", s.c)
    s.ellipse(0, 140, 122, 27, s.c.deep)
    s.ellipse(0, 143, 110, 22, GLOW)
    s.end()


def wall_lamp(s: Sheet) -> None:
    glass, metal = s.second("#F4E6C2"), s.c
    plate = "M330 400H430V740Q430 790 380 790Q330 790 330 740Z"
    s.cast("M330 450Q330 400 380 400Q430 400 430 450V740Q430 790 380 790Q330 790 330 740Z", 20)
    s.path(plate.replace("M330 400H430", "M330 450Q330 400 380 400Q430 400 430 450"), metal.base)
    s.path("M392 401Q430 408 430 450V740Q430 786 392 789Z", metal.shade)
    s.line("M380 690C380 760 520 770 520 640V600", metal.shade, 18)
    s.line("M377 690C377 756 515 766 515 640V600", metal.lit, 5)
    s.ellipse(380, 684, 26, 26, metal.deep)
    s.ellipse(377, 682, 19, 19, metal.lit)
    s.turned(520, "M0 560 L36 560 L52 596 C52 610 20 616 0 616", metal)
    s.ellipse(520, 440, 210, 220, s.glow(GLOW, 0.55))
    s.turned(520, "M0 290 L84 290 C112 380 104 500 44 572 C30 580 10 580 0 580", glass)
    s.ellipse(520, 290, 84, 15, "#FFF8E2")


def lantern(s: Sheet) -> None:
    s.shadow(400, 838, 160)
    s.line("M316 330C316 130 484 130 484 330", s.c.deep, 12)
    s.line("M314 330C314 128 480 126 482 300", s.c.lit, 4)
    s.rect(262, 402, 276, 400, GLOW)
    s.rect(400, 402, 138, 400, "#F6DB9A")
    s.ellipse(400, 600, 150, 200, s.glow("#FFFBEA", 0.9))
    s.turned(400, "M0 630 L62 630 L62 796 L0 806", ramp("#F1E8D6"))
    s.ellipse(400, 630, 62, 12, "#FBF6EA")
    _flame(s, 400, 624, 1)
    s.path("M246 402H554L490 312H310Z", s.c.base)
    s.path("M420 312H490L554 402H432Z", s.c.shade)
    s.rect(240, 396, 320, 22, s.c.lit)
    s.rect(430, 396, 130, 22, s.c.base)
    for x, fill in ((250, s.c.base), (396, s.c.shade), (530, s.c.shade)):
        s.rect(x, 416, 8 if x == 396 else 20, 384, fill)
    s.rect(236, 796, 328, 40, s.c.base)
    s.rect(430, 796, 134, 40, s.c.shade)


def bulb(s: Sheet) -> None:
    glass = s.second("#F6DFA6")
    s.shadow(420, 812, 130)
    s.ellipse(400, 470, 330, 330, s.glow(GLOW, 0.9))
    s.turned(400, "M0 250 C120 250 190 340 190 438 C190 540 96 590 88 672 C60 684 20 686 0 686", glass)
    s.line("M372 676L340 480L372 520L400 470L428 520L460 480L428 676", s.accent("#A5652C").base, 4)
    s.path("M252 420C258 350 300 304 348 292C300 334 282 380 280 440Z", "#FFFBEA")
    s.turned(400, "M0 662 L92 662 L92 690 L84 694 L92 706 L92 722 L84 728 L90 740 L88 760 L50 796 L0 800", s.c)
    for y in (694, 728, 760):
        s.line(f"M310 {y}Q400 {y + 24} 490 {y}", s.c.deep, 2)


def shade(s: Sheet) -> None:
    s.shadow(400, 770, 240)
    _drum(s, 400, 330, 150, 740, 262, 34, s.c)
    s.line("M138 722C150 758 300 776 400 776S650 758 662 722", s.accent().base, 7)
    s.line("M252 342C262 360 330 366 400 366S538 360 548 342", s.accent().base, 5)
    for x in range(-4, 5):
        s.line(f"M{400 + x * 33} {366 - abs(x) * 3}L{400 + x * 58} {774 - x * x * 2}", s.c.deep, 1.5, 'opacity=".35"')


def candle(s: Sheet) -> None:
    glass, wax = s.c, ramp("#F3EAD8")
    s.shadow(400, 824, 170)
    s.ellipse(400, 330, 240, 260, s.glow(GLOW, 0.75))
    s.turned(400, "M0 470 L150 470 L150 792 C150 822 90 836 0 836", glass)
    s.ellipse(400, 470, 150, 34, glass.deep)
    s.ellipse(400, 478, 140, 28, wax.base)
    s.ellipse(392, 476, 90, 17, "#FFF6DC")
    s.line("M400 478V426", INK_WICK, 5)
    _flame(s, 400, 436, 1.5)
    s.path(band("M0 596 L92 590 L92 716 L0 722", 400, -1, 1), s.second("#F6F1E6").base)
    s.line("M340 640Q400 650 460 640M352 666Q400 674 448 666", s.accent().base, 3)


def string_lights(s: Sheet) -> None:
    for top, sag, phase in ((170, 110, 0.0), (500, 120, 0.07)):
        s.line(f"M70 {top}Q400 {top + 2 * sag} 730 {top - 20}", s.c.deep, 5)
        for i in range(5):
            t = 0.1 + i * 0.19 + phase
            _drop(s, round(70 + 660 * t), round(top - 20 * t * t + 4 * sag * t * (1 - t)))


def _drop(s: Sheet, x: int, y: int) -> None:
    s.begin(f"translate({x} {y})")
    s.ellipse(0, 100, 88, 88, s.glow(GLOW, 0.9))
    s.path("M-15 0H15V46H-15Z", s.c.base)
    s.path("M4 0H15V46H4Z", s.c.shade)
    s.path("M-14 46H14C20 66 42 78 42 106A42 42 0 0 1 -42 106C-42 78 -20 66 -14 46Z", "#FBDD94")
    s.path("M4 46H14C20 66 42 78 42 106A42 42 0 0 1 8 147C26 120 18 80 4 46Z", "#EDC169")
    s.ellipse(-16, 98, 8, 18, "#FFF8E2")
    s.end()


def _drum(s: Sheet, cx: int, y: int, r: int, bottom: int, wide: int, sag: int, tones: Ramp) -> None:
    """A lampshade: `r` wide at the top, `wide` at the bottom edge which sags by `sag`."""
    s.turned(
        cx,
        f"M0 {y} L{r} {y} L{wide} {bottom - sag} C{wide} {bottom} {wide * 0.5} {bottom + sag} 0 {bottom + sag}",
        tones,
    )
    s.ellipse(cx, y, r, sag * 0.62, tones.deep)
    s.ellipse(cx, y + sag * 0.16, r - 7, sag * 0.42, GLOW)


def _flame(s: Sheet, x: int, y: int, size: float) -> None:
    s.begin(f"translate({x} {y}) scale({size})")
    s.path("M0 0C-34 -6 -30 -50 0 -104C30 -50 34 -6 0 0Z", FLAME)
    s.path("M0 -4C-18 -8 -16 -34 0 -66C16 -34 18 -8 0 -4Z", "#FFF3CC")
    s.end()


MOTIFS: dict[str, Callable[[Sheet], None]] = {
    "table-lamp": table_lamp,
    "floor-lamp": floor_lamp,
    "pendant": pendant,
    "desk-lamp": desk_lamp,
    "wall-lamp": wall_lamp,
    "lantern": lantern,
    "bulb": bulb,
    "shade": shade,
    "candle": candle,
    "string-lights": string_lights,
}
