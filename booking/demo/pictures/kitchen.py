"""Kitchen and table."""

from __future__ import annotations

from collections.abc import Callable

from booking.demo.pictures.sheet import BRASS, OAK, STEEL, Sheet


def pan(s: Sheet) -> None:
    handle, inside = s.second(OAK), s.accent("#55524D")
    s.shadow(330, 700, 230, 46)
    s.line("M506 540L736 440", handle.shade, 34)
    s.line("M520 528L734 434", handle.base, 22)
    s.line("M470 556L548 522", STEEL, 26)
    s.ellipse(728, 438, 6, 5, handle.deep)
    s.turned(320, "M0 560 L236 560 C236 640 196 700 150 706 C90 716 40 718 0 718", s.c)
    s.ellipse(320, 560, 240, 84, s.c.lit)
    s.ellipse(320, 562, 226, 75, inside.shade)
    s.path("M104 580A226 75 0 0 0 536 580C500 630 420 640 320 640S140 630 104 580Z", inside.base)
    s.ellipse(290, 606, 96, 20, inside.lit, 'opacity=".5"')


def casserole(s: Sheet) -> None:
    knob = s.accent(BRASS)
    s.shadow(400, 776, 250)
    for x, turn in ((146, 1), (654, -1)):
        s.line(
            f"M{x + 26 * turn} 548C{x - 60 * turn} 536 {x - 60 * turn} 620 {x + 30 * turn} 606",
            s.c.base if turn > 0 else s.c.deep,
            24,
        )
    s.turned(400, "M0 500 L240 500 L240 700 C240 760 190 784 0 784", s.c)
    s.path("M160 500H640V520C600 548 500 556 400 556S200 548 160 520Z", s.c.deep, 'opacity=".55"')
    s.turned(400, "M0 396 C130 396 226 430 252 492 C252 516 150 536 0 536", s.c)
    s.ellipse(312, 436, 62, 12, s.c.lit, 'transform="rotate(-14 312 436)"')
    s.turned(400, "M0 386 L20 386 L24 404 L0 408", knob)
    s.turned(400, "M0 330 C44 330 52 352 50 364 C48 384 30 390 0 390", knob)


def teapot(s: Sheet) -> None:
    knob = s.accent(BRASS)
    s.shadow(400, 772, 200)
    s.line("M566 520C720 470 740 690 560 690", s.c.deep, 30)
    s.line("M566 516C712 470 730 684 560 686", s.c.shade, 18)
    s.path("M260 560C190 560 190 470 110 440L84 470C140 530 130 660 290 700Z", s.c.base)
    s.path("M110 440L84 470L78 456L98 432Z", s.c.deep)
    s.path("M120 462C178 520 166 590 270 620L262 600C196 572 190 496 128 452Z", s.c.lit)
    s.turned(400, "M0 430 C110 430 204 500 204 610 C204 710 140 760 110 772 C70 784 30 784 0 784", s.c)
    s.ellipse(400, 448, 104, 24, s.c.deep)
    s.turned(400, "M0 396 C60 396 98 420 104 440 C100 460 50 468 0 468", s.c)
    s.turned(400, "M0 352 C26 352 34 370 28 384 C24 398 14 402 0 402", knob)


def cup(s: Sheet) -> None:
    drink = s.accent("#5B3A26")
    s.shadow(400, 776, 250, 40)
    s.ellipse(400, 740, 270, 62, s.c.shade)
    s.ellipse(396, 732, 268, 60, s.c.base)
    s.ellipse(400, 738, 170, 34, s.c.shade)
    s.line("M560 524C690 500 680 650 530 648", s.c.deep, 26)
    s.line("M560 520C682 500 672 646 530 644", s.c.shade, 15)
    s.turned(400, "M0 470 L180 470 C180 600 140 700 96 730 C70 746 30 748 0 748", s.c)
    s.ellipse(400, 470, 180, 46, s.c.lit)
    s.ellipse(400, 474, 168, 40, s.c.deep)
    s.path("M236 484A168 40 0 0 0 564 484A170 34 0 0 0 236 484Z", drink.base)
    s.line("M370 400C330 350 410 330 372 270M440 410C400 360 480 340 440 280", "#CFC5B4", 5, 'opacity=".8"')


def plate(s: Sheet) -> None:
    rim = s.accent(s.c.shade)
    s.cast("M140 540a260 260 0 0 0 520 0a260 260 0 0 0 -520 0Z", 16)
    s.ellipse(400, 540, 270, 270, s.c.shade)
    s.ellipse(394, 534, 264, 264, s.c.base)
    s.path("M394 270A264 264 0 0 0 170 674A300 300 0 0 1 500 292A264 264 0 0 0 394 270Z", s.c.lit)
    s.ellipse(396, 536, 246, 246, "none", f'stroke="{rim.base}" stroke-width="7"')
    s.ellipse(396, 536, 174, 174, s.c.shade)
    s.ellipse(402, 544, 168, 168, s.c.base)
    s.path("M402 712A168 168 0 0 0 548 460A210 210 0 0 1 330 696A168 168 0 0 0 402 712Z", s.c.lit)


def glass(s: Sheet) -> None:
    wine = s.accent("#7B2432")
    s.shadow(400, 838, 116)
    s.ellipse(400, 826, 120, 26, s.c.shade, 'opacity=".85"')
    s.ellipse(396, 820, 114, 22, s.c.lit, 'opacity=".9"')
    s.turned(400, "M0 560 L18 560 C8 620 8 740 16 800 L40 818 L0 824", s.c)
    bowl = "M0 170 L124 170 C160 330 150 500 30 570 C20 576 8 578 0 578"
    s.begin(opacity=0.72)
    s.turned(400, bowl, s.c)
    s.end()
    s.path("M252 380C250 470 296 540 372 568Q400 580 428 568C504 540 550 470 548 380Z", wine.base)
    s.path("M452 376L548 380C544 470 500 540 430 566C470 520 456 440 452 376Z", wine.shade)
    s.ellipse(400, 380, 148, 26, wine.lit)
    s.ellipse(400, 170, 124, 20, s.c.lit, f'fill-opacity=".45" stroke="{s.c.shade}" stroke-width="3"')
    s.path("M296 210C280 300 280 400 312 470C300 400 300 300 314 212Z", "#FFFFFF", 'opacity=".7"')


def knife(s: Sheet) -> None:
    handle, steel = s.c, s.second(STEEL)
    s.begin("rotate(18 400 500)")
    blade = "M356 120C430 220 476 380 474 590L356 612Z"
    grip = "M360 640H424C418 720 424 800 436 856Q438 890 404 890H372Q348 890 352 862C360 800 362 720 360 640Z"
    s.cast("M356 120C430 220 476 380 474 590L424 620L436 856Q438 890 404 890H372Q348 890 352 862Z", 16)
    s.path(blade, steel.base)
    s.path("M356 120C430 220 476 380 474 590L440 596C440 400 410 240 356 120Z", steel.lit)
    s.path("M356 120L366 140V610L356 612Z", steel.shade)
    s.path("M356 600L474 586V592Q440 606 426 650H360Z", steel.shade)
    s.path(grip, handle.base)
    s.path("M404 640H424C418 720 424 800 436 856Q438 890 404 890C410 800 400 720 404 640Z", handle.shade)
    for y in (690, 760, 830):
        s.ellipse(388, y, 8, 8, s.accent(BRASS).lit)
    s.end()


def carafe(s: Sheet) -> None:
    s.shadow(400, 826, 160)
    half = "M0 190 L86 190 C70 260 60 330 62 400 C66 500 168 540 168 680 C168 780 130 822 0 828"
    s.begin(opacity=0.7)
    s.turned(400, half, s.c)
    s.end()
    s.begin(opacity=0.75)
    s.turned(400, "M0 560 L134 560 C154 596 160 640 160 680 C160 772 126 812 0 816", s.second("#9FC0C4"))
    s.end()
    s.ellipse(400, 560, 134, 24, s.second("#9FC0C4").lit)
    s.ellipse(400, 190, 86, 18, s.c.lit, f'fill-opacity=".5" stroke="{s.c.shade}" stroke-width="4"')
    s.path(
        "M350 230C342 320 346 400 336 440C300 500 262 560 256 660C272 580 330 520 350 470C364 420 360 320 364 230Z",
        "#FFFFFF",
        'opacity=".65"',
    )


def bowl(s: Sheet) -> None:
    inside = s.second(s.c.shade)
    s.shadow(400, 752, 220)
    s.turned(400, "M0 720 L96 720 L104 756 C80 768 40 770 0 770", s.c)
    s.turned(400, "M0 490 L268 490 C262 620 180 728 90 738 C60 742 30 742 0 742", s.c)
    s.ellipse(400, 490, 268, 84, s.c.lit)
    s.ellipse(400, 493, 254, 75, inside.base)
    s.path("M146 493A254 75 0 0 1 654 493C600 450 500 440 400 440S200 450 146 493Z", inside.shade)
    s.path("M654 493A254 75 0 0 1 470 565C560 540 600 510 600 450C634 460 654 474 654 493Z", inside.lit)
    s.line("M150 556C250 630 550 630 650 556", s.accent(s.c.lit).base, 5)


def board(s: Sheet) -> None:
    outline = "M250 330Q250 290 290 290H350Q368 290 368 270V190Q368 150 400 150T432 190V270Q432 290 450 290H510Q550 290 550 330V800Q550 840 510 840H290Q250 840 250 800Z"
    s.begin("rotate(-12 400 500)")
    s.cast(outline, 16)
    s.path(outline, s.c.shade, 'transform="translate(9 7)"')
    s.path(outline, s.c.base)
    s.begin(clip=outline)
    for x in (270, 330, 392, 440, 500):
        s.line(f"M{x} 140C{x + 26} 340 {x - 24} 560 {x + 10} 850", s.c.shade, 3 if x % 20 else 2)
    s.path("M250 290H278V840H250Z", s.c.lit, 'opacity=".8"')
    s.end()
    s.ellipse(400, 206, 15, 15, "#F3EFE8")
    s.line("M388 214A15 15 0 0 1 402 192", s.c.deep, 4)
    s.end()


MOTIFS: dict[str, Callable[[Sheet], None]] = {
    "pan": pan,
    "casserole": casserole,
    "teapot": teapot,
    "cup": cup,
    "plate": plate,
    "glass": glass,
    "knife": knife,
    "carafe": carafe,
    "bowl": bowl,
    "board": board,
}
