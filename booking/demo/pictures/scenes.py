"""Scenes: the shop window at dusk and a still life for each department; the façades come from their own module."""

from __future__ import annotations

from collections.abc import Callable

from booking.demo.pictures import bags, fashion, furniture, games, hardware, kitchen, lighting, linen
from booking.demo.pictures.facades import FACADES
from booking.demo.pictures.sheet import BRASS, HEIGHT, WIDTH, Box, Sheet, num
from booking.demo.pictures.sizes import SIZES
from booking.demo.pictures.tones import INK, Ramp, ramp

GREEN, TERRACOTTA, BLUE, CREAM, BLACK = "#1F3D36", "#A5452C", "#2B5876", "#E9E2D3", "#2E2B26"


def hero() -> str:
    """A shop window in Paris at dusk, the house lit from inside, somebody walking past."""
    s = Sheet(INK)
    s.rect(0, 0, 1600, 880, "#39443F")
    s.path("M0 0H1600V96H0Z", "#4B5550")
    s.path("M0 96H1600V112H0Z", "#2A3430")
    s.path("".join(f"M{x} 0h3v96h-3Z" for x in range(250, 1600, 290)), "#39443F")
    front = ramp("#1C3A34")
    s.rect(60, 112, 1480, 760, front.base)
    s.rect(40, 112, 1520, 86, front.lit)
    s.rect(40, 184, 1520, 14, front.deep)
    s.path("M636 144H964V166H636Z", BRASS, 'opacity=".85"')
    _window(s)
    _door(s)
    for x in (70, 404, 1476):
        s.rect(x, 198, 54, 674, front.lit)
        s.rect(x + 34, 198, 20, 674, front.shade)
        s.rect(x + 12, 232, 16, 560, front.base)
        s.rect(x - 6, 198, 66, 24, front.base)
        s.rect(x - 8, 832, 70, 40, front.deep)
    s.ellipse(431, 330, 150, 150, s.glow("#FFDF9A", 0.55))
    s.path("M414 304H448L442 356H420Z", "#FFE9B0")
    s.path("M408 304L431 280L454 304ZM418 356H444V364H418Z", BLACK)
    s.rect(458, 792, 1018, 80, front.base)
    for x in (480, 820, 1156):
        s.rect(x, 808, 300, 46, front.shade)
    s.rect(0, 872, 1600, 128, s.fade("#5B5A5C", "#2C3136"))
    s.path("M458 872H1476L1600 1000H300Z", s.fade("#E7B56A", "#5A5148"), 'opacity=".55"')
    s.path("M0 944H1600V952H0Z", "#2B3033")
    _passer_by(s, 236, 948)
    return s.svg("#39443F", Box(0, 0, 1600, 1000), 1600, 1000)


def _window(s: Sheet) -> None:
    s.rect(458, 214, 1018, 578, s.fade("#F9E3B4", "#E2A75E"))
    s.path("M458 690H1476V792H458Z", "#B9773F")
    s.path("M1040 430A150 150 0 0 1 1340 430V690H1040Z", "#EDBF7C", 'opacity=".8"')
    _put(s, lighting.pendant, GREEN, 1110, 400, 176, second=CREAM)
    _put(s, lighting.floor_lamp, BLACK, 600, 742, 410, second="#F3E3BE")
    _put(s, furniture.armchair, TERRACOTTA, 790, 760, 250)
    _pedestal(s, 1090, 752)
    s.line("M1330 380V744M1290 750H1370", BLACK, 8)
    s.ellipse(1330, 374, 10, 10, BRASS)
    _put(s, fashion.coat, BLUE, 1330, 676, 286)
    for d in ("M458 214H640L458 560Z", "M900 214H1010L620 792H510Z"):
        s.path(d, "#FFFFFF", 'opacity=".07"')
    s.path("M458 214H1476V224H468V792H458Z", INK, 'opacity=".5"')
    s.rect(964, 214, 6, 578, "#1C3A34")


def _pedestal(s: Sheet, x: int, y: int) -> None:
    """A round table with a vase and two books."""
    s.begin(f"translate({x} {y})")
    s.shadow(0, 0, 70)
    s.path("M-8 -130H8V-26Q12 -8 54 0Q0 8 -54 0Q-12 -8 -8 -26Z", "#5F3823")
    s.path("M-100 -142H100V-134Q90 -114 0 -114T-100 -134Z", "#6B4029")
    s.ellipse(0, -142, 100, 18, "#8F5F43")
    s.path("M34 -206Q26 -250 4 -284Q34 -252 36 -222Q40 -262 60 -300Q46 -250 38 -206Z", "#66754F")
    for dx, dy in ((4, -284), (58, -300), (48, -262)):
        s.ellipse(dx, dy, 10, 22, "#7F8B63")
    s.path("M22 -212H46C46 -196 68 -186 66 -164Q62 -138 34 -138T2 -164C0 -186 22 -196 22 -212Z", BLUE)
    s.path("M-74 -156H2V-142H-74Z", TERRACOTTA)
    s.path("M-66 -168H-2V-156H-66Z", CREAM)
    s.end()


def _door(s: Sheet) -> None:
    leaf = ramp("#24463E")
    s.rect(130, 214, 268, 658, leaf.deep)
    s.rect(150, 300, 228, 572, leaf.base)
    s.rect(150, 222, 228, 66, s.fade("#F0CE90", "#DDA862"))
    s.rect(178, 330, 172, 360, s.fade("#EFCB8B", "#A9713F"))
    s.path("M178 330H300L178 560Z", "#FFFFFF", 'opacity=".1"')
    s.rect(178, 716, 172, 120, leaf.shade)
    s.line("M364 540V620", BRASS, 8)


def _passer_by(s: Sheet, x: int, y: int) -> None:
    """A woman in a coat and a hat with a bag, against the light."""
    dark = "#14201E"
    s.begin(f"translate({x} {y}) scale(1.4)")
    s.ellipse(-50, 2, 120, 14, "#0E1413", 'opacity=".45"')
    s.path("M-30 -8L-20 -110H2L-6 -14L16 -4V2H-28ZM26 -110L44 -60L70 -14L86 -12L84 -4H56L20 -66L4 -110Z", dark)
    s.path(
        "M-10 -300C20 -306 40 -296 48 -270C58 -200 66 -150 76 -96C40 -80 -20 -80 -52 -96C-40 -160 -44 -220 -34 -270Q-28 -294 -10 -300Z",
        "#1D2C2A",
    )
    s.path(
        "M20 -300C40 -296 46 -284 50 -262C58 -200 66 -150 76 -96C62 -90 48 -87 34 -85C40 -160 44 -240 20 -300Z",
        "#8C6A42",
        'opacity=".75"',
    )
    s.path("M-30 -266L-48 -170L-14 -150L-6 -170L-26 -180L-12 -250Z", dark)
    s.path("M-34 -160H24L34 -100H-40Z", TERRACOTTA)
    s.line("M-22 -160C-18 -186 8 -186 12 -160", "#6B2C1C", 5)
    s.path("M0 -350H32L35 -330L40 -322L35 -318L34 -308Q30 -302 22 -304V-294H2Z", "#A9754F")
    s.path("M-14 -346H14C10 -330 8 -318 10 -304C0 -296 -14 -300 -16 -316Z", "#2A1F19")
    s.path("M-26 -342C-10 -352 40 -352 58 -340C40 -334 -8 -334 -26 -342Z", dark)
    s.path("M-8 -344C-8 -376 34 -376 34 -344Z", dark)
    s.path("M-16 -306C0 -292 30 -292 36 -302L40 -286C20 -274 -10 -278 -22 -290Z", "#C79A4B")
    s.end()


def _put(
    s: Sheet,
    paint: Callable[[Sheet], None],
    colour: str,
    x: float,
    floor: float,
    tall: float,
    second: str | None = None,
    accent: str | None = None,
) -> None:
    """Stand an object on `floor` with its middle at `x`, drawn `tall` high."""
    box = SIZES[paint.__name__.replace("_", "-")].box
    zoom = tall / (box.bottom - box.top)
    other = s.guest(colour, second, accent)
    paint(other)
    middle = (box.left + box.right) / 2
    s.place(other, f"translate({num(x - middle * zoom)} {num(floor - box.bottom * zoom)}) scale({zoom:.3f})")


def _stage(s: Sheet, wall: str, table: str, edge: float = 720) -> None:
    """A wall lit from a window on the left, and a table."""
    tones = ramp(wall)
    s.rect(0, 0, WIDTH, edge, tones.base)
    s.path(f"M0 60L430 {num(edge - 330)}V{num(edge)}H0Z", tones.lit, 'opacity=".55"')
    s.path(f"M560 0H800V{num(edge)}H690Z", tones.shade, 'opacity=".35"')
    top = ramp(table)
    s.rect(0, edge, WIDTH, HEIGHT - edge, top.base)
    s.path(f"M0 {num(edge)}H800V{num(edge + 10)}H0Z", top.lit)
    s.path(f"M0 {num(edge + 10)}H520L380 1000H0Z", top.lit, 'opacity=".35"')


def _arch(s: Sheet, x: float, top: float, wide: float, floor: float, colour: str) -> None:
    """A niche in the wall with the shade of its left edge."""
    tones, r = ramp(colour), wide / 2
    s.path(
        f"M{num(x)} {num(floor)}V{num(top + r)}A{num(r)} {num(r)} 0 0 1 {num(x + wide)} {num(top + r)}V{num(floor)}Z",
        tones.base,
    )
    s.path(
        f"M{num(x)} {num(floor)}V{num(top + r)}A{num(r)} {num(r)} 0 0 1 {num(x + r)} {num(top)}"
        f"A{num(r * 1.1)} {num(r * 1.15)} 0 0 0 {num(x + 46)} {num(top + r + 40)}V{num(floor)}Z",
        tones.shade,
    )


def _plinth(s: Sheet, x: float, y: float, wide: float, tall: float, tones: Ramp) -> None:
    """A block to stand things on: its front starts at `x`, its top is at `y`."""
    side, up = wide * 0.2, 26
    s.shadow(x + wide * 0.62, y + tall, wide * 0.62, 24)
    s.path(
        f"M{num(x + wide)} {num(y + up)}L{num(x + wide + side)} {num(y)}V{num(y + tall - up)}L{num(x + wide)} {num(y + tall)}Z",
        tones.shade,
    )
    s.path(
        f"M{num(x)} {num(y + up)}L{num(x + side)} {num(y)}H{num(x + wide + side)}L{num(x + wide)} {num(y + up)}Z",
        tones.lit,
    )
    s.rect(x, y + up, wide, tall - up, tones.base)


def _finish(s: Sheet) -> str:
    return s.svg("#F3EFE8", Box(0, 0, WIDTH, HEIGHT), WIDTH, HEIGHT)


def dept_lighting() -> str:
    s = Sheet(INK)
    _stage(s, "#31504A", "#B58A5C", 760)
    s.ellipse(250, 330, 330, 330, s.glow("#FFE3A0", 0.4))
    s.ellipse(600, 380, 250, 260, s.glow("#FFE3A0", 0.35))
    _put(s, lighting.pendant, "#C79A4B", 560, 430, 400, accent=BRASS)
    _plinth(s, 110, 700, 250, 180, ramp("#D9C3A0"))
    _put(s, lighting.table_lamp, TERRACOTTA, 260, 722, 470, second="#F3E6C8")
    _put(s, lighting.candle, CREAM, 640, 880, 250)
    return _finish(s)


def dept_furniture() -> str:
    s = Sheet(INK)
    _stage(s, "#D9C7AE", "#A97B52", 720)
    _arch(s, 90, 120, 320, 720, "#C9A98A")
    _put(s, linen.frame, BRASS, 610, 430, 270)
    _put(s, lighting.floor_lamp, BLACK, 180, 810, 640, second="#F3E6C8")
    _put(s, furniture.armchair, GREEN, 440, 880, 470)
    _put(s, furniture.stool, "#D9B98A", 690, 920, 200)
    return _finish(s)


def dept_kitchen() -> str:
    s = Sheet(INK)
    _stage(s, "#C9D2CC", "#E3D5BD", 690)
    tiles = Sheet(INK)
    tiles.rect(0, 0, 100, 100, "none", 0, 'stroke="#F3EFE8" stroke-width="3" opacity=".6"')
    s.rect(0, 0, 800, 690, s.tile(0, -10, 100, 100, tiles))
    _put(s, kitchen.board, "#B98B5E", 190, 740, 520)
    _put(s, kitchen.carafe, "#9FB8B4", 600, 780, 430)
    _put(s, kitchen.casserole, TERRACOTTA, 380, 850, 320)
    _put(s, kitchen.bowl, BLUE, 650, 910, 170)
    return _finish(s)


def dept_linen() -> str:
    s = Sheet(INK)
    _stage(s, "#E3D3C0", "#C9B497", 700)
    _arch(s, 430, 90, 300, 700, "#CBB091")
    _plinth(s, 440, 640, 240, 200, ramp("#EFE6D6"))
    _put(s, linen.vase, TERRACOTTA, 580, 664, 520)
    _put(s, linen.basket, "#B98B5E", 250, 800, 300, second=CREAM)
    _put(s, linen.cushion, BLUE, 350, 920, 250, second=CREAM)
    _put(s, linen.sheets, "#8FA392", 610, 930, 180, accent=TERRACOTTA)
    return _finish(s)


def dept_fashion() -> str:
    s = Sheet(INK)
    _stage(s, "#C7A591", "#8E5F4A", 780)
    s.line("M90 150H710", BRASS, 12)
    s.line("M90 147H710", "#E2C896", 3)
    s.line("M270 150V190M540 150V176L494 190M540 176L586 190", BLACK, 6)
    _put(s, fashion.coat, "#C29A62", 270, 690, 510)
    _put(s, fashion.dress, GREEN, 540, 700, 520)
    _put(s, fashion.boots, BLACK, 220, 930, 270, second="#5B3A26")
    _put(s, fashion.hat, "#E3D3B4", 570, 930, 170)
    return _finish(s)


def dept_bags() -> str:
    s = Sheet(INK)
    _stage(s, "#8FA5A8", "#D8C6A8", 700)
    s.ellipse(420, 380, 290, 290, "#E8D9BC", 'opacity=".75"')
    _put(s, bags.suitcase, "#C79A4B", 350, 830, 410)
    _put(s, bags.handbag, TERRACOTTA, 590, 910, 330)
    _put(s, bags.umbrella, GREEN, 300, 480, 380)
    _put(s, bags.sunglasses, BLACK, 240, 930, 110)
    return _finish(s)


def dept_hardware() -> str:
    s = Sheet(INK)
    _stage(s, "#D9CDB8", "#8A6B4E", 730)
    _put(s, hardware.ladder, "#C99B62", 250, 850, 690)
    s.path("M450 130H760V560H450Z", "#2B5876", 'opacity=".18"')
    s.line("M530 150V180M680 150V180", BLACK, 6)
    _put(s, hardware.hammer, GREEN, 525, 470, 300)
    _put(s, hardware.saw, TERRACOTTA, 650, 540, 200)
    _put(s, hardware.paint, BLUE, 620, 880, 330)
    _put(s, hardware.brush, "#A5452C", 430, 940, 190)
    return _finish(s)


def dept_games() -> str:
    s = Sheet(INK)
    _stage(s, "#E6CFA0", "#B98B5E", 720)
    s.ellipse(590, 250, 130, 130, "#F2E3BE")
    _put(s, games.kite, TERRACOTTA, 260, 480, 420, second="#F3E6C8")
    _plinth(s, 430, 640, 260, 220, ramp("#6E8B7E"))
    _put(s, games.globe, BLUE, 570, 664, 390)
    _put(s, games.teddy, "#A9744A", 250, 880, 410)
    _put(s, games.train, GREEN, 560, 940, 200)
    return _finish(s)


SCENES: dict[str, Callable[[], str]] = {
    "hero": hero,
    "dept-lighting": dept_lighting,
    "dept-furniture": dept_furniture,
    "dept-kitchen": dept_kitchen,
    "dept-linen": dept_linen,
    "dept-fashion": dept_fashion,
    "dept-bags": dept_bags,
    "dept-hardware": dept_hardware,
    "dept-games": dept_games,
    **FACADES,
}
