"""Household linen and decoration."""

from __future__ import annotations

from collections.abc import Callable

from booking.demo.pictures.sheet import BRASS, LINEN, Sheet
from booking.demo.pictures.tones import ramp


def cushion(s: Sheet) -> None:
    outline = "M140 300Q400 350 660 290Q610 540 670 780Q400 730 132 790Q190 540 140 300Z"
    piping = s.second(LINEN)
    s.shadow(410, 776, 250, 34)
    s.path(outline, s.c.base)
    s.begin(clip=outline)
    s.path("M560 280C500 480 520 640 580 800H700V280Z", s.c.shade)
    s.path("M130 290C260 330 330 420 330 540C330 660 250 740 130 800Z", s.c.lit, 'opacity=".6"')
    for x in range(200, 660, 84):
        s.line(f"M{x} 290Q{x - 14 + (x - 400) // 9} 540 {x} 800", piping.base, 7, 'opacity=".85"')
    s.end()
    s.line(outline, s.c.shade, 5)
    for x, y, dx, dy in ((140, 300, -22, -20), (660, 290, 22, -20), (670, 780, 22, 20), (132, 790, -22, 20)):
        s.line(f"M{x} {y}l{dx} {dy}M{x} {y}l{dx // 2} {dy * 1.3:.0f}M{x} {y}l{dx * 1.3:.0f} {dy // 2}", piping.shade, 5)


def throw(s: Sheet) -> None:
    bands = s.second(LINEN)
    s.shadow(400, 806, 240)
    for i, y in enumerate((700, 610, 520, 430)):
        d = f"M190 {y}H600Q636 {y} 636 {y + 45}T600 {y + 90}H190Q166 {y + 90} 166 {y + 45}T190 {y}Z"
        s.path(d, s.c.base)
        s.path(f"M540 {y}H600Q636 {y} 636 {y + 45}T600 {y + 90}H540Z", s.c.shade)
        s.path(f"M190 {y}H600L610 {y + 14}H178Z", s.c.lit)
        s.line(f"M184 {y + 90}H604", s.c.deep, 3, 'opacity=".6"')
        if i < 3:
            s.line(f"M628 {y + 20}q-22 25 0 50", s.c.deep, 3)
    s.path("M230 424H400L420 640Q322 656 236 640Z", s.c.lit)
    s.path("M360 424H400L420 640L378 647Z", s.c.base)
    for y in (590, 614):
        s.line(f"M235 {y}Q322 {y + 14} {y * 0.01 + 408:.0f} {y}", bands.base, 10)
    for x in range(242, 420, 16):
        s.line(f"M{x} {646 if 270 < x < 390 else 640}l{(x - 330) // 30} 40", bands.base, 5)


def towel(s: Sheet) -> None:
    rail, bands = s.accent(BRASS), s.second(LINEN)
    back = "M250 250H600V690H250Z"
    s.cast("M250 250H600V790H250Z", 18)
    s.line("M140 250H660", rail.shade, 20)
    s.line("M140 246H660", rail.lit, 6)
    for x in (140, 660):
        s.ellipse(x, 250, 20, 20, rail.shade)
        s.ellipse(x - 3, 247, 15, 15, rail.lit)
    s.path(back, s.c.shade)
    s.path("M236 262Q236 230 266 230H556Q572 230 572 262V782H236Z", s.c.base)
    s.path("M500 230H556Q572 230 572 262V782H500C516 620 484 400 500 230Z", s.c.shade)
    s.path("M236 262Q236 230 266 230H300C286 420 320 600 296 782H236Z", s.c.lit)
    s.line("M400 250C390 430 414 620 400 780", s.c.shade, 3, 'opacity=".7"')
    for y, h in ((660, 12), (684, 28), (724, 12)):
        s.rect(236, y, 336, h, bands.base)
        s.rect(503, y, 69, h, bands.shade)
    s.line("".join(f"M{x} 784v20" for x in range(242, 500, 14)), s.c.base, 6)
    s.line("".join(f"M{x} 784v20" for x in range(508, 572, 14)), s.c.shade, 6)


def vase(s: Sheet) -> None:
    leaf = ramp("#77835B")
    s.shadow(400, 836, 140)
    s.line(
        "M400 420C392 320 330 260 300 150M404 420C410 300 470 250 500 110M400 420C400 330 398 270 404 200",
        leaf.shade,
        5,
    )
    for x, y, turn in (
        (318, 196, -24),
        (346, 268, -62),
        (300, 140, -10),
        (330, 300, 30),
        (404, 190, 0),
        (382, 262, -40),
        (424, 262, 44),
        (486, 162, 26),
        (452, 238, 66),
        (504, 104, 12),
        (440, 300, -12),
    ):
        s.begin(f"translate({x} {y}) rotate({turn})")
        s.path("M0 34C-34 10 -28 -34 0 -62C28 -34 34 10 0 34Z", leaf.base if turn < 0 else leaf.shade)
        s.path("M-1 30L0 -48L2 30Z", leaf.deep)
        s.end()
    s.turned(
        400,
        "M0 400 L62 400 C50 440 50 470 62 500 C140 540 164 610 156 680 C148 760 100 800 84 836 C60 844 20 846 0 846",
        s.c,
    )
    s.ellipse(400, 400, 62, 14, s.c.deep)
    s.line("M264 600C300 628 500 628 536 600", s.second(s.c.lit).base, 5)
    s.line("M250 636C300 664 500 664 550 636", s.second(s.c.lit).base, 5)


def frame(s: Sheet) -> None:
    d = "M190 190H610V810H190Z"
    s.cast(d, 20)
    s.path(d, s.c.base)
    s.path("M190 190H610L582 218H218V782L190 810Z", s.c.lit)
    s.path("M610 190V810H582V218Z", s.c.shade)
    s.path("M190 810L218 782H582L610 810Z", s.c.deep)
    s.rect(218, 218, 364, 564, "#FBF8F1")
    s.path("M218 218H582V230H230V782H218Z", "#DDD5C6")
    sky = s.second("#E7C9A0")
    s.rect(282, 300, 236, 400, sky.base)
    s.ellipse(440, 410, 46, 46, s.accent("#C8553D").base)
    s.path("M282 540C340 470 400 500 440 530S500 560 518 540V700H282Z", ramp("#6E8B8A").base)
    s.path("M282 600C340 560 420 590 518 630V700H282Z", ramp("#35524F").base)
    s.path("M282 660C360 620 440 650 518 660V700H282Z", ramp("#24383A").base)
    s.path("M582 218L400 400V230H582Z", "#FFFFFF", 'opacity=".12"')


def basket(s: Sheet) -> None:
    cloth = s.second(LINEN)
    s.shadow(400, 806, 210)
    for x, turn in ((196, 1), (604, -1)):
        s.line(
            f"M{x} 470C{x - 60 * turn} 370 {x + 70 * turn} 370 {x + 46 * turn} 460",
            s.c.deep if turn < 0 else s.c.shade,
            20,
        )
    s.ellipse(400, 470, 238, 60, s.c.deep)
    s.path("M180 470C220 380 300 420 350 390S470 400 520 380S610 420 622 470C560 520 240 520 180 470Z", cloth.base)
    s.path(
        "M470 396Q500 380 520 380C570 380 610 420 622 470C590 500 540 508 480 508C520 470 500 430 470 396Z", cloth.shade
    )
    body = "M162 470C168 590 184 700 210 778C240 808 560 808 590 778C616 700 632 590 638 470C600 520 200 520 162 470Z"
    s.path(body, s.c.base)
    s.begin(clip=body)
    rows = [(150 + row % 2 * 29, 510 + row * 36) for row in range(9)]
    s.line("".join(f"M{x} {y}" + "q22 14 44 0m14 0" * 3 for x, y in rows), s.c.lit, 8)
    s.line("".join(f"M{x + 174} {y}" + "q22 14 44 0m14 0" * 6 for x, y in rows), s.c.shade, 8)
    s.path("M520 460C516 600 500 720 470 830H660V460Z", s.c.deep, 'opacity=".4"')
    s.end()
    s.line("M162 470C200 520 600 520 638 470", s.c.lit, 16)
    s.line("M500 506C580 500 624 488 638 470", s.c.shade, 16)


def rug(s: Sheet) -> None:
    edge, mark = s.second(LINEN), s.accent("#C79A4B")
    outline = "M90 500L560 330L720 620L240 830Z"
    s.cast(outline, 8)
    s.path(outline, s.c.base)
    s.path("M90 500L84 512L232 846L240 830Z", s.c.deep)
    s.path("M240 830L232 846L716 634L720 620Z", s.c.deep)
    s.path("M144 512L548 366L668 606L256 786Z", edge.base)
    s.path("M160 516L542 378L652 600L262 770Z", s.c.shade)
    for i in range(3):
        cx, cy = 292 + i * 110, 622 - i * 44
        s.path(f"M{cx - 62} {cy - 38}L{cx + 22} {cy - 88}L{cx + 66} {cy + 34}L{cx - 18} {cy + 84}Z", mark.base)
        s.path(f"M{cx - 36} {cy - 24}L{cx + 14} {cy - 54}L{cx + 42} {cy + 22}L{cx - 8} {cy + 52}Z", s.c.base)
        s.path(f"M{cx - 14} {cy - 8}L{cx + 8} {cy - 24}L{cx + 20} {cy + 6}L{cx - 2} {cy + 22}Z", edge.base)
    fringe = "l-26 10m35.4 10.6" * 17
    s.line("M90 500" + fringe, edge.shade, 4)
    s.line("M560 330" + "l26 -10m-16 28.1" * 17, edge.shade, 4)


def sheets(s: Sheet) -> None:
    ribbon = s.accent("#A5452C")
    s.shadow(400, 794, 250)
    tones = (s.c, s.second("#F4EFE4"), s.c)
    for i, y in enumerate((650, 508, 396)):
        tone, h, inset = tones[i], (140, 140, 110)[i], (0, 0, 34)[i]
        x, w = 150 + inset, 500 - 2 * inset
        s.rect(x, y, w, h, tone.base, 26)
        s.path(
            f"M{x + w - 130} {y}H{x + w - 26}Q{x + w} {y} {x + w} {y + 26}V{y + h - 26}Q{x + w} {y + h} {x + w - 26} {y + h}H{x + w - 130}Z",
            tone.shade,
        )
        s.path(f"M{x + 26} {y}H{x + w - 26}Q{x + w} {y} {x + w} {y + 18}H{x}Q{x} {y} {x + 26} {y}Z", tone.lit)
        for k in range(1, h // 34 + 1):
            s.line(
                f"M{x + 4} {y + k * 34}Q{x + w / 2:.0f} {y + k * 34 + 5} {x + w - 30} {y + k * 34}",
                tone.deep,
                2.5,
                'opacity=".7"',
            )
    s.path("M366 396H420V790H366Z", ribbon.base)
    s.path("M402 396H420V790H402Z", ribbon.shade)
    s.path("M393 396C330 310 260 330 280 380C296 410 350 404 393 396Z", ribbon.base)
    s.path("M393 396C456 310 526 330 506 380C490 410 436 404 393 396Z", ribbon.shade)
    s.path("M393 396L340 470L366 474L400 404ZM393 396L440 474L464 462L400 396Z", ribbon.deep)
    s.ellipse(393, 394, 20, 16, ribbon.lit)


def clock(s: Sheet) -> None:
    face, hand = s.second("#F8F3E6"), s.accent("#2E2B26")
    s.cast("M140 480a260 260 0 0 0 520 0a260 260 0 0 0 -520 0Z", 18)
    s.ellipse(400, 480, 260, 260, s.c.base)
    s.path("M400 220A260 260 0 0 1 400 740C560 680 600 620 600 480S540 260 400 220Z", s.c.shade)
    s.path("M400 220A260 260 0 0 0 150 550C170 360 260 260 400 220Z", s.c.lit)
    s.ellipse(400, 480, 222, 222, s.c.deep)
    s.ellipse(403, 484, 217, 217, face.base)
    s.path("M400 264A217 217 0 0 0 190 530C200 380 290 290 420 276Z", face.shade, 'opacity=".6"')
    for hour in range(12):
        s.begin(f"translate(402 482) rotate({hour * 30})")
        s.rect(-4 if hour % 3 else -6, -200, 8 if hour % 3 else 12, 26 if hour % 3 else 44, hand.base)
        s.end()
    s.line("M402 482L310 390", hand.base, 13)
    s.line("M402 482L470 320", hand.base, 8)
    s.line("M402 482L390 640", "#A5452C", 4)
    s.ellipse(402, 482, 15, 15, s.c.base)


def curtain(s: Sheet) -> None:
    rail = s.accent(BRASS)
    s.shadow(400, 884, 250, 26)
    s.line("M90 150H710", rail.shade, 16)
    s.line("M90 146H710", rail.lit, 5)
    for x in (84, 716):
        s.ellipse(x, 150, 22, 22, rail.base)
    folds = 6
    for side in (0, 1):
        for i in range(folds):
            x = 130 + i * 44 if not side else 670 - i * 44
            turn = 1 if not side else -1
            top, bottom = x, x + turn * (i - 1) * 3 - turn * 10
            fill = (s.c.lit, s.c.base, s.c.shade)[i % 3] if not side else (s.c.deep, s.c.shade, s.c.base)[i % 3]
            s.path(
                f"M{top} 162C{top + turn * 8} 400 {bottom - turn * 10} 640 {bottom} 880Q{bottom + turn * 24} 892 {bottom + turn * 50} 880C{top + turn * 40} 640 {top + turn * 54} 400 {top + turn * 44} 162Z",
                fill,
            )
            s.ellipse(top + turn * 22, 152, 13, 17, "none", f'stroke="{rail.deep}" stroke-width="5"')


MOTIFS: dict[str, Callable[[Sheet], None]] = {
    "cushion": cushion,
    "throw": throw,
    "towel": towel,
    "vase": vase,
    "frame": frame,
    "basket": basket,
    "rug": rug,
    "sheets": sheets,
    "clock": clock,
    "curtain": curtain,
}
