"""Games, books and stationery."""

from __future__ import annotations

from collections.abc import Callable

from booking.demo.pictures.sheet import BRASS, LINEN, OAK, Sheet, num
from booking.demo.pictures.tones import Ramp, ramp


def notebook(s: Sheet) -> None:
    elastic = s.second("#1F3D36")
    s.begin("rotate(-10 400 500)")
    d = "M190 190H590Q620 190 620 220V790Q620 820 590 820H190Z"
    s.cast(d, 18)
    s.path(d, s.c.deep, 'transform="translate(14 14)"')
    s.path("M196 200H606Q626 200 626 226V800Q626 824 604 824H200Z", ramp(LINEN).base)
    s.line("M210 826H604Q626 824 626 800V236", ramp(LINEN).deep, 3)
    s.path(d, s.c.base)
    s.path("M470 190H590Q620 190 620 220V790Q620 820 590 820H440C490 640 500 400 470 190Z", s.c.shade)
    s.rect(190, 190, 66, 630, s.c.lit)
    s.line("M258 190V820", s.c.deep, 3)
    s.rect(540, 186, 22, 638, elastic.base)
    s.rect(552, 186, 10, 638, elastic.shade)
    s.rect(320, 320, 170, 110, ramp("#F6F1E6").base, 3)
    s.line("M344 362H466M344 390H430", s.c.shade, 5)
    s.path("M330 820H352V890L341 876L330 890Z", s.accent("#A5452C").base)
    s.end()


def pen(s: Sheet) -> None:
    gold = s.accent(BRASS)
    s.begin("rotate(36 400 500)")
    s.cast("M362 90H438V700L410 900H390L362 700Z", 14)
    s.path("M372 730H428C432 800 416 860 400 908C384 860 368 800 372 730Z", gold.base)
    s.path("M404 730H428C432 800 416 860 400 908Z", gold.shade)
    s.line("M400 800V896", gold.deep, 3)
    s.ellipse(400, 796, 6, 6, gold.deep)
    s.turned(400, "M0 640 L34 640 L28 740 L0 742", s.second("#2E2B26"), 0.2)
    s.turned(400, "M0 130 L36 130 L42 420 L38 650 L0 652", s.c, 0.2)
    s.turned(400, "M0 100 C26 100 34 116 36 140 L44 420 L0 422", s.c, 0.2)
    s.rect(355, 406, 90, 26, gold.base, 4)
    s.rect(412, 406, 33, 26, gold.shade, 4)
    s.rect(363, 636, 74, 12, gold.base, 3)
    s.path("M428 130H450Q458 130 458 140V340L448 364L438 340V152H428Z", gold.lit)
    s.line("M458 150V340L448 364", gold.deep, 3)
    s.end()


def puzzle(s: Sheet) -> None:
    piece = "M0 0H70C50 -50 130 -50 110 0H180V70C230 50 230 130 180 110V180H110C130 130 50 130 70 180H0V110C50 130 50 50 0 70Z"
    tones = (s.c, s.second("#D8B25A"), s.accent("#2B5876"), ramp("#E9E2D3"))
    for x, y, turn, tone in (
        (220, 330, 0, tones[0]),
        (400, 330, 90, tones[1]),
        (220, 510, 270, tones[2]),
        (432, 548, 14, tones[3]),
    ):
        s.begin(f"translate({x} {y}) rotate({turn} 90 90)")
        shift = {0: (9, 12), 90: (12, -9), 270: (-12, 9), 14: (20, 24)}[turn]
        s.path(piece, "#3B2F22", f'opacity=".25" transform="translate({shift[0]} {shift[1]})"')
        s.path(piece, tone.base)
        s.path(
            "M110 0H180V70C230 50 230 130 180 110V180H110C150 120 150 60 110 0Z"
            if turn in (0, 14)
            else "M0 0H30V180H0V110C50 130 50 50 0 70Z",
            tone.shade if turn in (0, 14) else tone.lit,
        )
        s.end()


def teddy(s: Sheet) -> None:
    pale, bow = s.second(LINEN), s.accent("#A5452C")
    s.shadow(400, 836, 210)
    for x, tone in ((292, s.c.base), (508, s.c.shade)):
        s.ellipse(x, 236, 62, 62, tone)
        s.ellipse(x, 242, 34, 36, pale.shade)
    s.path("M270 520C190 540 150 640 176 690C200 730 260 690 300 620Z", s.c.lit)
    s.path("M530 520C610 540 650 640 624 690C600 730 540 690 500 620Z", s.c.deep)
    s.path(
        "M400 470C520 470 560 580 560 670C560 780 500 826 400 826S240 780 240 670C240 580 280 470 400 470Z", s.c.base
    )
    s.path("M470 484C530 510 560 590 560 670C560 770 512 816 430 825C510 740 520 590 470 484Z", s.c.shade)
    s.ellipse(396, 680, 96, 108, pale.base)
    s.path("M440 584C500 620 510 740 430 782C460 720 464 650 440 584Z", pale.shade)
    for x, tone in ((272, s.c.base), (528, s.c.shade)):
        s.ellipse(x, 776, 82, 70, tone)
        s.ellipse(x - 2, 780, 46, 40, pale.base if x < 400 else pale.shade)
    s.ellipse(400, 356, 166, 146, s.c.base)
    s.path("M470 224C550 260 566 300 566 356C566 440 500 500 420 501C500 440 520 320 470 224Z", s.c.shade)
    s.path("M300 240C250 280 234 320 234 356C236 400 256 440 290 466C264 390 268 310 300 240Z", s.c.lit)
    s.ellipse(398, 406, 76, 60, pale.base)
    s.path("M430 352C480 370 486 440 430 461C450 430 450 390 430 352Z", pale.shade)
    s.path("M370 376C380 364 418 364 428 376C426 400 406 410 399 410S372 400 370 376Z", "#2E241C")
    s.line("M399 410V430M399 430Q380 446 366 434M399 430Q418 446 432 434", "#2E241C", 4)
    for x in (330, 468):
        s.ellipse(x, 338, 14, 16, "#2E241C")
        s.ellipse(x - 4, 332, 5, 5, "#FFFFFF")
    s.path("M400 512L316 480V552ZM400 512L484 480V552Z", bow.base)
    s.path("M400 512L484 480V552Z", bow.shade)
    s.ellipse(400, 514, 20, 20, bow.lit)


def train(s: Sheet) -> None:
    red, wheel = s.second("#C9A14B"), s.accent(OAK)
    s.shadow(400, 796, 310, 30)
    s.path("M100 650H700V716H100Z", wheel.shade)
    s.path("M100 650H700V672H100Z", wheel.lit)
    s.path("M100 400H320V650H100Z", s.c.base)
    s.path("M270 400H320V650H270Z", s.c.shade)
    s.path("M100 400H136V650H100Z", s.c.lit)
    s.rect(150, 446, 116, 96, "#F3EFE8")
    s.path("M150 446H266V462H166V542H150Z", s.c.deep)
    s.path("M72 366H350L338 404H84Z", red.base)
    s.path("M280 366H350L338 404H280Z", red.shade)
    s.path("M320 470H610Q650 470 650 520V600Q650 650 610 650H320Z", s.c.base)
    s.path("M320 580H650V600Q650 650 610 650H320Z", s.c.shade)
    s.path("M320 470H610Q630 470 640 484H320Z", s.c.lit)
    for x in (400, 500, 600):
        s.rect(x, 470, 14, 180, red.base)
        s.rect(x, 580, 14, 70, red.shade)
    s.turned(556, "M0 310 L56 310 L30 370 L30 472 L0 476", red)
    s.ellipse(556, 310, 56, 12, red.deep)
    s.turned(426, "M0 426 C30 426 34 450 34 474 L0 478", red)
    for x, y, r in ((196, 716, 80), (420, 736, 60), (590, 736, 60)):
        s.ellipse(x, y, r, r, wheel.deep)
        s.ellipse(x - 4, y - 3, r - 5, r - 5, wheel.base)
        s.ellipse(x - 4, y - 3, r * 0.68, r * 0.68, s.c.base)
        s.path(
            f"M{x - 4} {num(y - 3 - r * 0.68)}A{num(r * 0.68)} {num(r * 0.68)} 0 0 1 {x - 4} {num(y - 3 + r * 0.68)}Z",
            s.c.shade,
        )
        s.ellipse(x - 4, y - 3, 14, 14, wheel.lit)
    s.ellipse(560, 230, 40, 30, "#E3DBCC")
    s.ellipse(620, 180, 54, 40, "#E8E1D4")


def kite(s: Sheet) -> None:
    other, tail = s.second("#E3C06A"), s.accent("#A5452C")
    d = "M430 110L640 360L380 700L210 300Z"
    s.cast(d, 30)
    s.path("M430 110L400 356L210 300Z", s.c.lit)
    s.path("M430 110L640 360L400 356Z", other.base)
    s.path("M210 300L400 356L380 700Z", other.lit)
    s.path("M640 360L400 356L380 700Z", s.c.shade)
    s.line("M430 110L380 700M210 300L640 360", ramp(OAK).shade, 6)
    s.line("M380 700C420 760 300 790 340 840S440 860 430 930", s.c.deep, 4)
    for x, y, turn, tone in ((378, 750, 30, tail), (326, 812, -30, ramp("#2B5876")), (410, 856, 20, tail)):
        s.begin(f"translate({x} {y}) rotate({turn})")
        s.path("M0 0L-40 -22V22Z", tone.base)
        s.path("M0 0L40 -22V22Z", tone.shade)
        s.end()
    s.line("M402 356C560 520 600 700 720 900", s.c.deep, 2)


def paintbox(s: Sheet) -> None:
    hues = (
        "#A5452C",
        "#D8823C",
        "#E0B84C",
        "#6F8A4E",
        "#1F6B5E",
        "#2B5876",
        "#5B4A7A",
        "#8A4A5E",
        "#6B4A33",
        "#2E2B26",
    )
    s.shadow(400, 770, 280, 36)
    s.path("M120 470L160 250Q164 232 182 232H618Q636 232 640 250L680 470Z", s.c.shade)
    s.path("M144 460L180 262H620L656 460Z", "#F6F1E6")
    s.path("M144 460L180 262H206L176 460Z", "#E2DACB")
    for x, y, hue in ((280, 350, "#A5452C"), (400, 330, "#2B5876"), (510, 370, "#E0B84C")):
        s.path(
            f"M{x - 50} {y}C{x - 50} {y - 50} {x + 40} {y - 40} {x + 50} {y}S{x - 40} {y + 60} {x - 50} {y}Z",
            ramp(hue).lit,
            'opacity=".8"',
        )
    s.path("M110 474H690L716 730Q718 770 680 770H120Q82 770 84 730Z", s.c.base)
    s.path("M600 474H690L716 730Q718 770 680 770H620C632 660 624 560 600 474Z", s.c.shade)
    s.path("M84 720L82 738Q84 770 120 770H680Q716 768 716 738L714 720Z", s.c.deep)
    s.line("M110 474H690", s.c.lit, 8)
    for i, hue in enumerate(hues):
        col, row, tone = i % 5, i // 5, ramp(hue)
        x, y = 176 + col * 112 - row * 2 * (2 - col) * -1, 540 + row * 100
        s.ellipse(x, y, 46, 32, s.c.deep)
        s.ellipse(x, y + 3, 41, 27, tone.base)
        s.path(f"M{x - 41} {y + 3}A41 27 0 0 1 {x + 10} {y - 23}Q{x - 26} {y - 10} {x - 41} {y + 3}Z", tone.lit)
    s.begin("rotate(-16 400 600)")
    s.line("M190 690L500 690", ramp(OAK).base, 16)
    s.line("M500 690H560", s.accent(BRASS).base, 18)
    s.path("M562 680Q610 676 640 692Q606 706 562 700Z", "#2E2B26")
    s.end()


def globe(s: Sheet) -> None:
    brass, land = s.accent(BRASS), s.second("#D9C08A")
    s.shadow(400, 840, 160)
    s.turned(400, "M0 770 L40 776 C60 800 130 800 136 824 C136 842 60 850 0 850", brass)
    s.turned(400, "M0 690 L16 690 L20 780 L0 782", brass)
    s.line("M496 194A246 246 0 0 1 304 646", brass.shade, 20)
    s.line("M494 190A246 246 0 0 1 304 642", brass.lit, 5)
    ball = "M178 420a222 222 0 0 0 444 0a222 222 0 0 0 -444 0Z"
    s.ellipse(400, 420, 222, 222, s.c.base)
    s.begin(clip=ball)
    s.path(
        "M250 230C300 190 400 220 380 270C370 310 320 300 310 340C300 380 340 390 360 420C400 450 390 520 350 580C320 620 300 540 290 490C280 440 230 430 220 380C216 320 220 260 250 230Z",
        land.base,
    )
    s.path(
        "M440 250C480 210 580 240 600 290C620 340 560 350 560 400C570 460 540 540 510 560C470 560 480 480 460 440C420 430 420 380 450 360C470 330 420 290 440 250Z",
        land.base,
    )
    s.path("M500 150C640 240 660 560 440 660H700V150Z", s.c.deep, 'opacity=".45"')
    s.path(
        "M170 420C170 260 280 190 380 190C280 250 240 360 260 520C270 580 300 620 320 650C200 620 170 520 170 420Z",
        "#FFFFFF",
        'opacity=".14"',
    )
    s.line(
        "M190 340Q400 420 610 340M186 460Q400 550 614 460M400 198Q300 420 400 642M400 198Q520 420 400 642",
        s.c.lit,
        1.5,
        'opacity=".6"',
    )
    s.end()
    s.ellipse(492, 204, 13, 13, brass.lit)
    s.ellipse(318, 640, 13, 13, brass.deep)


def book(s: Sheet) -> None:
    pages, mark = ramp("#F3EBDA"), s.accent(BRASS)
    s.shadow(410, 800, 270, 34)
    stack: tuple[tuple[int, int, int, int, Ramp], ...] = (
        (130, 690, 500, 100, s.second("#2B5876")),
        (170, 596, 460, 94, ramp("#C79A4B")),
    )
    for x, y, w, h, tone in stack:
        s.path(f"M{x} {y}H{x + w}L{x + w + 40} {y - 24}H{x + 50}Z", tone.lit)
        s.rect(x, y, w, h, tone.base, 8)
        s.rect(x, y, 40, h, tone.lit, 8)
        s.path(f"M{x + w - 4} {y + 8}L{x + w + 36} {y - 16}V{y + h - 32}L{x + w - 4} {y + h - 8}Z", pages.shade)
        s.rect(x + 80, y + 14, 6, h - 28, mark.base)
        s.rect(x + w - 90, y + 14, 6, h - 28, mark.base)
    s.begin("rotate(-5 400 440)")
    s.path("M250 200H540V590H250Z", s.c.base)
    s.path("M540 200L580 180V566L540 590Z", pages.shade)
    s.line("M550 200V580M560 194V574M570 188V570", pages.deep, 1.5)
    s.path("M250 200L290 180H580L540 200Z", pages.base)
    s.path("M430 200H540V590H400C440 460 446 320 430 200Z", s.c.shade)
    s.path("M250 200H286V590H250Z", s.c.lit)
    s.rect(310, 240, 196, 310, "none", 0, f'stroke="{mark.base}" stroke-width="4"')
    s.ellipse(408, 350, 52, 52, mark.base)
    s.path("M408 298A52 52 0 0 1 408 402C430 380 430 320 408 298Z", mark.shade)
    s.line("M352 450H464M376 478H440", mark.base, 5)
    s.end()


def chess(s: Sheet) -> None:
    pale = s.second("#E3CFA6")
    s.shadow(410, 820, 290, 34)
    board = ((100, 700), (500, 620), (720, 720), (310, 826))
    s.poly([(100, 700), (310, 826), (310, 856), (100, 728)], s.c.base)
    s.poly([(310, 826), (720, 720), (720, 748), (310, 856)], s.c.shade)
    s.poly(board, s.c.lit)
    (ax, ay), (bx, by), (_, _), (dx, dy) = board
    for i in range(6):
        for j in range(4):
            if (i + j) % 2:
                continue
            corner = [
                (ax + (bx - ax) * u / 6 + (dx - ax) * v / 4, ay + (by - ay) * u / 6 + (dy - ay) * v / 4)
                for u, v in ((i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1))
            ]
            s.poly(corner, pale.base)
    s.turned(
        540,
        "M0 470 C40 470 52 500 44 530 L26 548 L36 556 L30 568 C30 620 40 650 66 676 L74 700 C70 716 30 722 0 722",
        pale,
    )
    s.turned(
        350,
        "M0 166 L12 166 L12 190 L32 190 L32 210 L12 210 L12 236 C60 240 84 270 76 310 L50 372 L66 384 L50 400 C50 520 60 640 108 700 L116 744 C110 772 50 780 0 780",
        s.c,
    )
    s.line("M300 376H400M262 716C290 736 410 736 438 716", s.c.deep, 4)


MOTIFS: dict[str, Callable[[Sheet], None]] = {
    "notebook": notebook,
    "pen": pen,
    "puzzle": puzzle,
    "teddy": teddy,
    "train": train,
    "kite": kite,
    "paintbox": paintbox,
    "globe": globe,
    "book": book,
    "chess": chess,
}
