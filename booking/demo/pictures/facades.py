"""The façades of the five stores, 3:2: Paris, Lyon, Strasbourg, Saint-Denis de La Réunion, Biarritz."""

from __future__ import annotations

from collections.abc import Callable

from booking.demo.pictures.sheet import BRASS, Box, Sheet, num
from booking.demo.pictures.tones import INK, Ramp, ramp

WIDE, TALL = 1200, 800
PANE, WARM = "#5F7480", "#F2CF8E"


def rivoli() -> str:
    """Paris: a Haussmann corner with its dome, zinc roofs and running balconies."""
    s, stone, zinc = Sheet(INK), ramp("#E6D8BF"), ramp("#7D8C96")
    _sky(s, "#BFD3DB", "#F4E4CC")
    s.path("M0 470H120V640H0ZM1080 430H1200V640H1080Z", "#D9CDB9")
    s.path("M0 470L20 420H120V470ZM1080 430V380H1180L1200 430Z", "#9DA9AE")
    s.rect(110, 250, 420, 440, stone.base)
    s.rect(670, 250, 420, 440, stone.shade)
    s.path("M110 250L150 160H530V250Z", zinc.base)
    s.path("M670 250V160H1050L1090 250Z", zinc.shade)
    s.rect(150, 152, 380, 10, zinc.deep)
    s.rect(670, 152, 380, 10, zinc.deep)
    for x in (190, 300, 410, 730, 840, 950):
        _dormer(s, x, 176, stone if x < 600 else ramp(stone.shade), zinc)
    for x, tone in ((146, stone.shade), (486, stone.shade), (700, stone.deep), (1020, stone.deep)):
        s.rect(x, 112, 34, 44, tone)
        s.line(f"M{x + 8} 112v-14m16 14v-14", "#A5452C", 6)
    for x, side in ((110, stone), (670, ramp(stone.shade))):
        s.rect(x, 262, 420, 312, s.tile(x, 262, 84, 104, _french_window(side)))
        for y in (352, 560):
            _balcony(s, x - 4, y, 428)
        s.rect(x - 8, 242, 436, 16, side.lit)
        s.rect(x - 4, 256, 428, 5, side.deep)
    s.rect(510, 230, 180, 460, stone.lit)
    s.rect(640, 230, 50, 460, stone.base)
    s.rect(546, 272, 108, 286, s.tile(546, 262, 108, 104, _french_window(stone, 108)))
    for y in (352, 560):
        _balcony(s, 520, y, 160)
    s.rect(498, 220, 204, 18, stone.base)
    s.path("M516 220C510 130 550 70 600 56C650 70 690 130 684 220Z", zinc.base)
    s.path("M620 62C660 84 690 140 684 220H640C644 150 640 100 620 62Z", zinc.shade)
    s.path("M540 220C540 150 560 100 588 70C570 120 562 170 564 220Z", zinc.lit)
    s.ellipse(600, 160, 24, 28, stone.lit)
    s.ellipse(600, 160, 16, 20, PANE)
    s.path("M588 58L600 14L612 58Z", zinc.deep)
    _shopfronts(s, 110, 590, 980, "#1F3D36")
    _pavement(s, "#CFC5B5", "#B5AB9B")
    _tree(s, 70, 714, 190, "#6F8A5E")
    _tree(s, 1140, 714, 210, "#64805A")
    _walkers(s, ((330, 742), (860, 752)))
    return _done(s)


def presquile() -> str:
    """Lyon: ochre and rose houses on the quay, shutters, Fourvière above."""
    s = Sheet(INK)
    _sky(s, "#C5D7DC", "#F6E3CB")
    s.path("M0 210C80 140 240 110 380 190S760 330 900 280S1100 250 1200 300V560H0Z", "#8FA587")
    s.path("M0 400C200 300 400 330 620 380S1000 340 1200 380V560H0Z", "#7A9377")
    s.path("M140 170V84H152V52H172V84H228V52H248V84H260V170Z", "#EFE7D8")
    s.path("M220 170V84H228V52H248V84H260V170Z", "#D8CEBC")
    s.path("M148 54L162 30L176 54ZM224 54L238 30L252 54ZM172 86L200 64L228 86Z", "#B9AD98")
    s.path("M186 170V126A14 14 0 0 1 214 126V170Z", "#B9AD98")
    houses = (
        (60, 250, 210, "#D8A66A"),
        (270, 210, 200, "#E3B9A0"),
        (470, 170, 270, "#E6C58A"),
        (740, 220, 190, "#CF8F6C"),
        (930, 260, 210, "#E2CDA4"),
    )
    for x, top, wide, colour in houses:
        tones, roof = ramp(colour), ramp("#B5613F")
        s.rect(x, top, wide, 690 - top, tones.base)
        s.rect(x + wide - 26, top, 26, 690 - top, tones.shade)
        s.path(f"M{x - 8} {top}L{x + 16} {top - 40}H{x + wide - 16}L{x + wide + 8} {top}Z", roof.base)
        s.path(f"M{x + wide - 60} {top - 40}H{x + wide - 16}L{x + wide + 8} {top}H{x + wide - 40}Z", roof.shade)
        s.rect(x + 40, top - 70, 26, 44, tones.shade)
        n = wide // 64
        step = wide / n
        rows = (580 - top) // 96
        s.rect(
            x,
            top + 14,
            wide,
            rows * 96,
            s.tile(x, top + 14, step, 96, _shuttered(tones, step, "#7F9696" if x != 270 else "#8A6A52")),
        )
        s.rect(x, top, wide, 8, tones.lit)
    _shopfronts(s, 470, 596, 270, "#2B5876")
    for x in (60, 270, 740, 930):
        wide = {60: 210, 270: 200, 740: 190, 930: 210}[x]
        for k in (0, 1):
            cx = x + wide * (0.28 + 0.44 * k)
            s.path(f"M{num(cx - 32)} 690V640A32 32 0 0 1 {num(cx + 32)} 640V690Z", "#4F5A5C")
            s.path(f"M{num(cx - 24)} 690V642A24 24 0 0 1 {num(cx + 24)} 642V690Z", WARM, 'opacity=".75"')
    s.rect(0, 690, 1200, 22, "#CDBFA9")
    s.rect(0, 712, 1200, 18, "#A89A86")
    s.rect(0, 730, 1200, 70, s.fade("#7FA0A3", "#5E8489"))
    s.line("M80 752H260M340 770H520M600 748H700M760 776H980M1020 756H1130", "#A9C2C0", 4, 'opacity=".8"')
    _tree(s, 30, 704, 170, "#6F8A5E")
    _tree(s, 1170, 704, 190, "#64805A")
    _walkers(s, ((430, 704), (800, 706)))
    return _done(s)


def kleber() -> str:
    """Strasbourg: pink sandstone, a steep roof with rows of dormers, a timbered neighbour, the spire behind."""
    s, stone, roof = Sheet(INK), ramp("#D9A48E"), ramp("#9C5440")
    _sky(s, "#C3D0D8", "#F3E2D0")
    s.path("M928 420V190L944 120L958 20L972 120L988 190V420Z", "#C9A092")
    s.path("M958 20L972 120L988 190V420H958Z", "#B58A7D")
    s.line("M936 240H980M936 300H980M944 180H972", "#A87B6E", 4)
    s.path("M0 460L90 360L180 460V690H0Z", "#E6D3B8")
    s.rect(210, 400, 560, 290, stone.base)
    s.path("M190 404L320 110H660L790 404Z", roof.base)
    s.path("M560 110H660L790 404H640Z", roof.shade)
    s.path("M190 404L320 110H356L250 404Z", roof.lit, 'opacity=".6"')
    for y, count in ((176, 4), (254, 5), (330, 6)):
        half = 130 + (y - 110) * 0.36
        for i in range(count):
            x = 490 + (i - (count - 1) / 2) * (2 * half / count)
            s.path(f"M{num(x - 22)} {y + 34}V{y + 6}L{num(x)} {y - 14}L{num(x + 22)} {y + 6}V{y + 34}Z", roof.deep)
            s.rect(x - 13, y + 8, 26, 26, WARM if (i + y) % 3 else PANE)
    s.rect(196, 396, 590, 18, stone.lit)
    s.rect(210, 424, 560, 160, s.tile(210, 424, 80, 80, _stone_window(stone)))
    s.rect(720, 414, 50, 276, stone.shade, more='opacity=".55"')
    s.line("M216 500H770M216 580H770", "#B5402F", 9, 'stroke-dasharray="3 14"')
    s.line("M216 504H770M216 584H770", "#5E7A4C", 6, 'stroke-dasharray="26 8"')
    _timbered(s, 780, 330, 260)
    _timbered(s, 30, 420, 180)
    s.path("M1040 440H1200V690H1040Z", "#E2C9A6")
    s.path("M1030 444L1090 330H1200V444Z", roof.shade)
    for x in (1070, 1140):
        s.rect(x, 480, 36, 54, PANE)
        s.rect(x, 580, 36, 54, PANE)
    _shopfronts(s, 210, 600, 560, "#1F3D36")
    _pavement(s, "#CDBFAE", "#B3A595")
    _tree(s, 1120, 716, 170, "#6F8A5E")
    _walkers(s, ((150, 742), (870, 748)))
    return _done(s)


def saint_denis() -> str:
    """La Réunion: a creole house with its veranda, lace under the eaves, palms and the mountain."""
    s, wall, roof, blue = Sheet(INK), ramp("#F6F0E2"), ramp("#B5573C"), ramp("#5F93A6")
    _sky(s, "#8FC4CF", "#F6E6C8")
    s.ellipse(980, 150, 60, 60, "#FBEFC9")
    s.path("M0 420C120 300 220 330 330 220C420 160 500 260 640 230S860 120 980 240S1120 300 1200 280V640H0Z", "#7FA396")
    s.path("M0 500C160 400 320 420 520 380S900 400 1200 380V660H0Z", "#5F8A72")
    _palm(s, 150, 700, 430)
    _palm(s, 1090, 700, 470)
    s.path("M250 330L350 190H850L950 330Z", roof.base)
    s.path("M720 190H850L950 330H800Z", roof.shade)
    s.line("".join(f"M{380 + i * 40} 192L{310 + i * 53} 328" for i in range(12)), roof.deep, 2, 'opacity=".5"')
    s.path("M540 236L600 170L660 236V270H540Z", wall.base)
    s.path("M526 240L600 160L674 240L660 246L600 182L540 246Z", roof.lit)
    s.rect(580, 214, 40, 44, blue.base)
    s.rect(290, 330, 620, 110, wall.base)
    s.rect(800, 330, 110, 110, wall.shade)
    for x in range(330, 860, 96):
        s.rect(x, 346, 46, 84, PANE)
        s.rect(x - 22, 346, 22, 84, blue.base)
        s.rect(x + 46, 346, 22, 84, blue.shade)
    s.path("M170 490L260 420H940L1030 490Z", roof.lit)
    s.path("M820 420H940L1030 490H870Z", roof.base)
    s.rect(250, 490, 700, 190, wall.shade)
    for x in (300, 430, 690, 820):
        s.rect(x, 530, 80, 150, "#5B6E70")
        s.rect(x + 8, 538, 64, 142, WARM)
        s.rect(x - 26, 530, 26, 150, blue.base)
        s.rect(x + 80, 530, 26, 150, blue.shade)
    s.rect(556, 516, 88, 164, blue.deep)
    s.rect(566, 526, 68, 154, WARM)
    lace = Sheet(INK)
    lace.path("M0 0H28V10A14 16 0 0 1 0 10Z", wall.lit)
    lace.ellipse(14, 10, 4, 4, wall.deep)
    s.rect(176, 490, 848, 28, s.tile(176, 490, 28, 40, lace))
    rail = Sheet(INK)
    rail.path("M0 0H24V6H0ZM0 46H24V54H0ZM3 6H9V46H3ZM15 6H21V46H15Z", wall.lit)
    for x in (196, 664):
        s.rect(x, 626, 340, 54, s.tile(x, 626, 24, 60, rail))
    for x in (190, 340, 500, 680, 840, 992):
        s.rect(x, 512, 18, 172, wall.lit)
        s.rect(x + 11, 512, 7, 172, wall.shade)
    s.rect(170, 680, 860, 18, "#CDBBA0")
    s.path("M520 698H680L720 724H480Z", "#DCCBB0")
    s.path("M0 698H480L440 800H0ZM720 698H1200V800H760Z", "#6F9264")
    s.path("M480 724L430 800H770L720 724Z", "#E3D3B6")
    for x, y in ((80, 730), (250, 724), (420, 728), (800, 730), (960, 726), (1130, 740)):
        s.ellipse(x, y, 50, 26, "#4E7A57")
        s.line(f"M{x - 24} {y - 10}h1m20 -8h1m22 12h1", "#C8553D", 12)
    _walkers(s, ((620, 772),))
    return _done(s)


def biarritz() -> str:
    """Biarritz: a Basque house, white with oxblood timber, above the ocean."""
    s, wall, red, roof = Sheet(INK), ramp("#F8F3E8"), ramp("#8E2F2A"), ramp("#BD6A47")
    _sky(s, "#B7D3DC", "#FBE7CB")
    s.rect(0, 400, 1200, 240, s.fade("#7FB0B8", "#4F8B9A"))
    s.line("M40 440H180M860 430H1010M1040 470H1180M20 500H130M900 520H1080", "#CFE3E0", 4, 'opacity=".8"')
    s.path("M1010 400V250H1040V400Z", "#F3EDE0")
    s.path("M1026 400V250H1040V400ZM1004 250H1046V242H1004Z", "#CFC6B6")
    s.path("M1012 242H1038V214H1012Z", WARM)
    s.path("M1006 216L1025 196L1044 216Z", "#5B6A70")
    s.path("M940 404C980 376 1060 370 1200 390V420C1100 410 1000 416 940 404Z", "#8C9B82")
    s.path("M0 590C60 540 120 560 170 600L200 660H0ZM980 640C1040 570 1120 560 1200 580V690H980Z", "#9A8B78")
    s.path("M60 560C100 548 140 570 170 600L200 660H120ZM1100 566C1140 562 1180 572 1200 580V690H1120Z", "#7E705F")
    s.path("M0 650C300 610 900 610 1200 650V800H0Z", "#8FA873")
    s.path("M250 690V372L600 196L960 410V690Z", wall.base)
    s.path("M800 306L960 400V690H800Z", wall.shade)
    s.path("M200 392L600 180L1010 430L1000 452L600 214L212 416Z", roof.base)
    s.path("M600 180L1010 430L1000 452L600 214Z", roof.shade)
    s.path("M700 190V140H750V270L700 238Z", wall.shade)
    s.rect(694, 132, 62, 14, roof.base)
    for d in ("M292 400H908", "M262 530H948"):
        s.line(d, red.base, 16)
    s.line(
        "M600 226V400M500 280V400M700 282V400M400 334V400M800 340V400M330 400V530M440 400V530M540 400V530M660 400V530M760 400V530M870 400V530",
        red.base,
        12,
    )
    s.line("M500 400L560 300M700 400L640 300M330 530L400 410M870 530L800 410", red.shade, 9)
    for x in (460, 564, 684):
        s.rect(x, 428, 72, 84, PANE)
        s.rect(x + 34, 428, 4, 84, wall.lit)
        s.rect(x - 4, 428, 20, 84, red.base)
        s.rect(x + 56, 428, 20, 84, red.shade)
    s.rect(560, 316, 80, 60, PANE)
    s.line("M600 316V376", wall.lit, 4)
    s.line("M452 520H544M556 520H644M676 520H764", "#C8553D", 9, 'stroke-dasharray="3 12"')
    _shopfronts(s, 300, 566, 600, "#8E2F2A", 124)
    s.path("M0 690H1200V716H0Z", "#E0D3BC")
    s.rect(0, 716, 1200, 84, "#CDBFA8")
    s.line("M0 700H1200", "#F3EDE0", 5)
    s.line("".join(f"M{x} 690v28" for x in range(20, 1200, 46) if not 240 < x < 960), "#F3EDE0", 6)
    _tamarisk(s, 130, 700)
    _tamarisk(s, 1080, 704)
    _walkers(s, ((230, 762), (930, 770)))
    return _done(s)


def _sky(s: Sheet, top: str, low: str) -> None:
    s.rect(0, 0, WIDE, TALL, s.fade(top, low))
    s.path(
        "M90 120C130 90 190 96 210 118C250 104 290 118 300 140H60Q70 124 90 120ZM880 90C920 64 970 74 990 94C1020 86 1050 96 1060 114H850Q860 94 880 90Z",
        "#FFFFFF",
        'opacity=".35"',
    )


def _french_window(tone: Ramp, wide: int = 84) -> Sheet:
    """One bay of a Paris storey, 104 high."""
    tile, x = Sheet(INK), wide / 2
    tile.rect(x - 24, 12, 48, 80, tone.lit)
    tile.rect(x - 17, 20, 34, 72, PANE)
    tile.path(f"M{num(x - 17)} 20H{num(x + 4)}L{num(x - 17)} 62Z", "#8DA0A8")
    tile.rect(x - 1.5, 20, 3, 72, tone.lit)
    tile.rect(x - 28, 6, 56, 7, tone.shade)
    tile.rect(0, 100, wide, 3, tone.deep)
    return tile


def _stone_window(tone: Ramp) -> Sheet:
    tile = Sheet(INK)
    tile.rect(16, 10, 48, 66, tone.lit)
    tile.rect(22, 17, 36, 56, PANE)
    tile.path("M22 17H44L22 56Z", "#8DA0A8")
    tile.rect(38, 17, 4, 56, tone.lit)
    tile.rect(22, 36, 36, 3, tone.lit)
    return tile


def _shuttered(tone: Ramp, wide: float, shutter: str) -> Sheet:
    """One bay of a Lyon house, 96 high."""
    tile, x, wood = Sheet(INK), wide / 2, ramp(shutter)
    tile.rect(x - 13, 14, 26, 66, PANE)
    tile.rect(x - 1, 14, 2, 66, tone.lit)
    tile.rect(x - 26, 12, 13, 70, wood.base)
    tile.rect(x + 13, 12, 13, 70, wood.shade)
    tile.rect(x - 28, 82, 56, 4, tone.shade)
    tile.rect(x - 14, 8, 28, 6, tone.lit)
    return tile


def _balcony(s: Sheet, x: float, y: float, wide: float) -> None:
    s.rect(x, y + 14, wide, 6, "#B9AA90")
    s.line(f"M{num(x)} {num(y - 10)}H{num(x + wide)}M{num(x)} {num(y + 12)}H{num(x + wide)}", "#2E3433", 3)
    s.line(f"M{num(x + 4)} {num(y + 1)}H{num(x + wide)}", "#2E3433", 20, 'stroke-dasharray="2.5 7"', "butt")


def _dormer(s: Sheet, x: int, y: int, stone: Ramp, zinc: Ramp) -> None:
    s.path(f"M{x} {y + 74}V{y + 14}Q{x + 30} {y - 18} {x + 60} {y + 14}V{y + 74}Z", stone.lit)
    s.rect(x + 14, y + 18, 32, 52, PANE)
    s.path(f"M{x + 14} {y + 18}H{x + 34}L{x + 14} {y + 50}Z", "#8DA0A8")
    s.path(
        f"M{x - 5} {y + 16}Q{x + 30} {y - 26} {x + 65} {y + 16}L{x + 58} {y + 18}Q{x + 30} {y - 10} {x + 2} {y + 18}Z",
        zinc.deep,
    )


def _shopfronts(s: Sheet, x: float, y: float, wide: float, colour: str, tall: float = 100) -> None:
    """The windows of the house on the street, lit, under their awnings."""
    tones = ramp(colour)
    s.rect(x, y, wide, tall, tones.base)
    s.rect(x, y, wide, 14, tones.deep)
    s.rect(x + wide / 2 - 60, y + 4, 120, 6, BRASS)
    count = max(3, round(wide / 110)) | 1
    step = wide / count
    for i in range(count):
        left = x + i * step + 8
        s.rect(left, y + 20, step - 16, tall - (20 if i == count // 2 else 34), WARM)
        s.path(f"M{num(left)} {num(y + 20)}H{num(left + 30)}L{num(left)} {num(y + 62)}Z", "#FFFFFF", 'opacity=".35"')
        if i != count // 2:
            s.path(
                f"M{num(left)} {num(y + 16)}H{num(left + step - 16)}L{num(left + step - 8)} {num(y + 42)}H{num(left - 8)}Z",
                tones.lit,
            )
            s.path(
                f"M{num(left + step / 2)} {num(y + 16)}H{num(left + step - 16)}L{num(left + step - 8)} {num(y + 42)}H{num(left + step / 2)}Z",
                tones.base,
            )
        else:
            s.rect(left + step / 2 - 11, y + 20, 6, tall - 20, tones.base)


def _timbered(s: Sheet, x: float, top: float, wide: float) -> None:
    """A half-timbered house with its gable."""
    plaster, wood, peak = ramp("#F1E4CA"), "#6B4632", top - wide * 0.55
    mid = x + wide / 2
    s.path(f"M{num(x)} 690V{num(top)}L{num(mid)} {num(peak)}L{num(x + wide)} {num(top)}V690Z", plaster.base)
    s.path(
        f"M{num(mid + wide * 0.25)} {num(top - wide * 0.27)}L{num(x + wide)} {num(top)}V690H{num(mid + wide * 0.25)}Z",
        plaster.shade,
    )
    lines = "".join(f"M{num(x + 4)} {num(v)}H{num(x + wide - 4)}" for v in range(round(top), 680, 90))
    posts = "".join(f"M{num(x + wide * k)} {num(top)}V690" for k in (0.02, 0.34, 0.66, 0.98))
    braces = f"M{num(x)} {num(top + 90)}L{num(x + wide * 0.34)} {num(top)}M{num(x + wide * 0.66)} {num(top)}L{num(x + wide)} {num(top + 90)}"
    s.line(f"{lines}{posts}{braces}M{num(mid)} {num(peak + 20)}V{num(top)}", wood, 8)
    for v in range(round(top) + 18, 600, 90):
        s.rect(mid - 24, v, 48, 56, PANE)
        s.rect(mid - 2, v, 4, 56, plaster.lit)
        s.line(f"M{num(mid - 24)} {v + 62}h50", "#B5402F", 9, 'stroke-dasharray="3 11"')
    s.line(f"M{num(x - 14)} {num(top + 10)}L{num(mid)} {num(peak)}L{num(x + wide + 14)} {num(top + 10)}", "#8E4A38", 18)
    s.rect(mid - 30, 624, 60, 66, "#4F3A2C")
    s.rect(mid - 22, 632, 44, 58, WARM)


def _pavement(s: Sheet, light: str, dark: str) -> None:
    s.rect(0, 690, WIDE, 110, light)
    s.path("M0 690H1200V700H0Z", "#FFFFFF", 'opacity=".35"')
    s.rect(0, 762, WIDE, 38, dark)


def _tree(s: Sheet, x: float, foot: float, tall: float, colour: str) -> None:
    tones, r = ramp(colour), tall * 0.3
    s.shadow(x, foot, r * 0.8, 10)
    s.line(f"M{num(x)} {num(foot)}V{num(foot - tall * 0.5)}", "#6B4F3A", 9)
    top = foot - tall * 0.68
    s.ellipse(x, top, r, r * 1.15, tones.base)
    s.ellipse(x + r * 0.3, top + r * 0.2, r * 0.7, r * 0.9, tones.shade)
    s.ellipse(x - r * 0.35, top - r * 0.3, r * 0.45, r * 0.5, tones.lit)


def _palm(s: Sheet, x: float, foot: float, tall: float) -> None:
    top = foot - tall
    s.path(
        f"M{num(x - 10)} {num(foot)}C{num(x - 4)} {num(foot - tall * 0.5)} {num(x + 14)} {num(foot - tall * 0.7)} {num(x + 8)} {num(top)}H{num(x + 20)}C{num(x + 28)} {num(foot - tall * 0.7)} {num(x + 12)} {num(foot - tall * 0.5)} {num(x + 12)} {num(foot)}Z",
        "#8A6B4E",
    )
    for turn, tone in (
        (-170, "#3F6B4A"),
        (-20, "#3F6B4A"),
        (-140, "#4E7F57"),
        (-45, "#4E7F57"),
        (-110, "#5F9464"),
        (-75, "#5F9464"),
        (170, "#4E7F57"),
        (8, "#35603F"),
    ):
        s.path(
            "M0 0C50 -44 120 -30 160 40C110 6 60 10 0 8Z",
            tone,
            f'transform="translate({num(x + 14)} {num(top)}) rotate({turn + 30})"',
        )


def _tamarisk(s: Sheet, x: float, foot: float) -> None:
    s.line(
        f"M{num(x)} {num(foot)}C{num(x + 10)} {num(foot - 60)} {num(x - 24)} {num(foot - 80)} {num(x - 10)} {num(foot - 130)}",
        "#6B5240",
        13,
    )
    for dx, dy, rx, tone in ((-50, -140, 62, "#7E9A72"), (40, -150, 60, "#6B8863"), (-6, -176, 66, "#8DA880")):
        s.ellipse(x + dx, foot + dy, rx, rx * 0.55, tone)


def _walkers(s: Sheet, where: tuple[tuple[float, float], ...]) -> None:
    """People passing, as dark little marks."""
    for i, (x, y) in enumerate(where):
        coat = ("#2E3B45", "#7B3A2C")[i % 2]
        s.begin(f"translate({num(x)} {num(y)})")
        s.ellipse(10, 0, 24, 5, "#3B2F22", 'opacity=".3"')
        s.path("M-7 0L-3 -24H3L1 0ZM3 -24H9L13 0H7Z", "#25221F")
        s.path("M-8 -62Q3 -70 13 -62L17 -20H-12Z", coat)
        s.ellipse(3, -74, 7.5, 9, "#C79A7B")
        s.path("M-6 -76Q3 -92 12 -76Z", "#25221F")
        s.end()


def _done(s: Sheet) -> str:
    return s.svg("#F3EFE8", Box(0, 0, WIDE, TALL), WIDE, TALL)


FACADES: dict[str, Callable[[], str]] = {
    "store-rivoli": rivoli,
    "store-presquile": presquile,
    "store-kleber": kleber,
    "store-saint-denis": saint_denis,
    "store-biarritz": biarritz,
}
