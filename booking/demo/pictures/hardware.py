"""Tools, paint and what goes with them."""

from __future__ import annotations

from collections.abc import Callable

from booking.demo.pictures.sheet import CHARCOAL, OAK, STEEL, Sheet
from booking.demo.pictures.tones import ramp


def hammer(s: Sheet) -> None:
    wood, steel = s.second(OAK), s.accent(STEEL)
    head = "M250 170H470Q560 170 600 250L570 262Q520 230 470 240H430V270H360V240H330L326 262H250Z"
    s.begin("rotate(24 400 500)")
    s.cast(head + "M372 240H426L440 880H362Z", 16)
    s.turned(399, "M0 240 L27 240 C24 400 26 460 30 560 L0 560", wood, 0.2)
    s.turned(399, "M0 540 L30 540 C44 660 40 780 44 860 C40 884 20 888 0 888", s.c, 0.2)
    s.line("M358 600H438M357 630H440M356 660H441", s.c.deep, 3)
    s.path(head, steel.base)
    s.path(
        "M250 222H330L326 262H250ZM360 240H430V270H360ZM330 222H430Q540 210 600 250L570 262Q520 230 470 240H330Z",
        steel.shade,
    )
    s.path("M250 170H470Q510 170 540 190H250Z", steel.lit)
    s.path("M250 160H290V272H250Q236 272 236 258V174Q236 160 250 160Z", steel.deep)
    s.path("M250 160H266V272H250Q236 272 236 258V174Q236 160 250 160Z", steel.shade)
    s.end()


def screwdriver(s: Sheet) -> None:
    steel = s.accent(STEEL)
    s.begin("rotate(32 400 500)")
    s.cast("M340 120H460V480H412V890H388V480H340Z", 16)
    s.turned(400, "M0 470 L13 470 L13 850 L22 884 L18 910 L0 910", steel, 0.1)
    s.turned(400, "M0 110 C60 110 78 150 74 210 C70 280 60 330 62 400 C62 450 40 470 26 480 L0 482", s.c, 0.3)
    s.line("M356 160C348 260 352 360 362 420M386 150V440M418 150V440M446 160C452 260 448 360 440 420", s.c.deep, 4)
    s.path("M338 404C370 420 430 420 462 404L460 434C430 450 370 450 342 434Z", s.second("#E9E2D3").base)
    s.path("M424 416Q450 412 462 404L460 434Q446 442 424 445Z", s.second("#E9E2D3").shade)
    s.end()


def drill(s: Sheet) -> None:
    dark, steel = s.second(CHARCOAL), s.accent(STEEL)
    s.shadow(320, 826, 170, 26)
    s.path("M60 392H160V408H60L44 400Z", steel.base)
    s.path("M60 400H160V408H60L44 400Z", steel.deep)
    s.path("M150 370L230 346V454L150 430Z", dark.base)
    s.path("M150 404L230 400V454L150 430Z", dark.shade)
    s.line("M168 366V434M186 360V440M206 354V446", dark.deep, 3)
    s.path(
        "M230 320Q230 300 260 300H560Q640 300 650 360V420Q650 480 580 490H500L470 560C450 640 440 680 452 740H320C330 640 350 560 330 490H260Q230 490 230 470Z",
        s.c.base,
    )
    s.path(
        "M230 420H650Q650 480 580 490H500L470 560C450 640 440 680 452 740H410C400 640 420 540 440 490H260Q230 490 230 470Z",
        s.c.shade,
    )
    s.path("M236 312Q240 300 260 300H560Q600 300 624 320H300Q260 322 234 340Z", s.c.lit)
    s.rect(300, 356, 250, 22, dark.base, 8)
    for x in (580, 600, 620):
        s.line(f"M{x} 350V410", s.c.deep, 6)
    s.path("M316 500C310 540 320 560 300 580L326 600C346 570 350 530 346 500Z", dark.base)
    s.path("M372 540C366 620 362 680 366 736L400 738C396 660 404 600 414 540Z", dark.base)
    s.path("M290 740H480Q500 740 500 760V806Q500 826 480 826H270Q250 826 250 806V780Q250 740 290 740Z", dark.base)
    s.path("M420 740H480Q500 740 500 760V806Q500 826 480 826H420Z", dark.shade)
    s.rect(280, 772, 90, 12, s.c.base, 5)


def pliers(s: Sheet) -> None:
    steel = s.accent(STEEL)
    s.begin("rotate(14 400 500)")
    right = "M400 420L440 470C500 540 520 680 500 850Q490 884 462 870Q450 860 454 840C466 700 440 600 380 520Z"
    left = "M400 420L360 470C300 540 280 680 300 850Q310 884 338 870Q350 860 346 840C334 700 360 600 420 520Z"
    s.cast(left + right + "M380 130L340 300L350 430H450L460 300L420 130Z", 16)
    s.path("M404 140Q420 140 424 160L462 320Q470 400 430 450L370 520L340 470L400 400Z", steel.shade)
    s.path("M396 140Q380 140 376 160L338 320Q330 400 370 450L430 520L460 470L400 400Z", steel.base)
    s.path("M396 140V330L372 420Q340 380 348 320Z", steel.lit)
    s.line("M400 150V330", steel.deep, 4)
    s.line("".join(f"M386 {y}h28" for y in range(170, 300, 18)), steel.deep, 3)
    s.path(right.replace("M400 420L440 470", "M424 500L452 486").replace("380 520Z", "424 500Z"), s.c.shade)
    s.path(left.replace("M400 420L360 470", "M376 500L348 486").replace("420 520Z", "376 500Z"), s.c.base)
    s.line("M346 510C310 580 300 700 312 840", s.c.lit, 10)
    s.ellipse(400, 436, 32, 32, steel.deep)
    s.ellipse(397, 433, 25, 25, steel.lit)
    s.line("M382 444L412 422", steel.deep, 5)
    s.end()


def toolbox(s: Sheet) -> None:
    metal, wood = s.accent(STEEL), s.second(OAK)
    s.shadow(410, 786, 280, 34)
    s.line("M250 440V350H550V440", metal.shade, 16)
    s.line("M262 346H538", wood.base, 32)
    s.line("M262 338H538", wood.lit, 8)
    s.path("M110 480L150 430H610L560 480Z", s.c.lit)
    s.path("M560 480L610 430H690L700 740L560 786Z", s.c.shade)
    s.path("M560 480L610 430L690 430L640 480Z", s.c.base)
    s.path("M560 480L640 480L690 430L700 740L560 786Z", s.c.shade)
    s.rect(110, 480, 450, 306, s.c.base)
    s.rect(110, 480, 60, 306, s.c.lit)
    s.path("M110 480H560L690 430V470L560 540H110Z", s.c.shade)
    s.path("M110 480H560V540H110Z", s.c.lit)
    s.path("M560 480L690 430L692 484L560 540Z", s.c.deep)
    s.line("M110 542H560L694 486", s.c.deep, 4)
    for x in (190, 440):
        s.rect(x, 510, 44, 74, metal.base, 5)
        s.rect(x + 26, 510, 18, 74, metal.shade, 5)
        s.rect(x + 10, 548, 24, 14, metal.deep, 3)
    s.rect(266, 620, 140, 70, s.c.shade, 8)
    s.line("M284 642H388M284 666H360", s.c.lit, 5)


def paint(s: Sheet) -> None:
    tin = s.second("#C9C8C2")
    s.shadow(400, 822, 200)
    s.line("M208 470C150 190 650 190 592 470", tin.deep, 7)
    s.turned(400, "M0 420 L200 420 L200 770 C200 812 110 836 0 836", tin)
    label = "M0 500 L200 484 L200 712 C170 742 90 758 0 758"
    s.turned(400, label, s.c)
    s.ellipse(400, 420, 206, 54, tin.lit)
    s.ellipse(400, 424, 186, 44, tin.deep)
    s.ellipse(400, 430, 178, 38, s.c.base)
    s.path("M222 430A178 38 0 0 0 480 464C400 460 300 440 270 406A178 38 0 0 0 222 430Z", s.c.lit)
    s.path("M196 420A206 54 0 0 0 604 420L594 424A190 46 0 0 1 206 424Z", tin.lit)
    s.path(
        "M262 448C300 462 340 468 378 470C380 530 384 600 366 604C346 604 354 540 338 538C322 538 330 580 312 580C296 580 304 500 262 474Z",
        s.c.lit,
    )
    s.path("M340 640H460Q468 640 468 650V690H332V650Q332 640 340 640Z", ramp("#F6F1E6").base)
    s.line("M352 660H448M370 676H430", s.c.shade, 4)


def brush(s: Sheet) -> None:
    wood, metal = s.second(OAK), s.accent("#C2A36B")
    s.begin("rotate(28 400 500)")
    s.cast("M300 560H500L480 860H320ZM370 110H430V480H370Z", 16)
    s.turned(400, "M0 110 C40 110 44 150 34 220 C24 300 26 360 60 410 C86 440 96 460 96 490 L0 490", wood, 0.25)
    s.ellipse(400, 150, 13, 16, "#F3EFE8")
    s.path("M300 560H500C506 660 500 740 480 850Q400 880 330 830C304 740 296 660 300 560Z", ramp("#D9C39A").base)
    s.path("M440 560H500C506 660 500 740 480 850Q450 862 420 862C446 760 450 660 440 560Z", ramp("#D9C39A").shade)
    s.path(
        "M301 690Q350 660 400 694T502 680C500 750 494 790 480 850Q400 880 330 830C312 780 304 740 301 690Z", s.c.base
    )
    s.path("M448 690Q480 690 502 680C500 750 494 790 480 850Q450 862 420 862C438 800 446 750 448 690Z", s.c.shade)
    s.line("M330 720Q336 780 352 830M372 720Q376 780 386 846M412 730Q412 790 412 856", s.c.lit, 4)
    s.rect(296, 470, 208, 100, metal.base, 6)
    s.rect(430, 470, 74, 100, metal.shade, 6)
    s.rect(310, 470, 34, 100, metal.lit)
    s.line("M298 490H502M298 550H502", metal.deep, 3)
    s.end()


def tape(s: Sheet) -> None:
    steel, dark = s.second("#E4C65A"), s.accent(CHARCOAL)
    s.shadow(400, 770, 240, 36)
    s.path("M520 744H740V772H520Z", steel.base)
    s.path("M730 736H748V800H730Z", ramp(STEEL).deep)
    s.line("".join(f"M{x} 744v{16 if x % 40 else 24}" for x in range(600, 730, 20)), "#3A3733", 2.5)
    s.path(
        "M180 430C180 350 250 320 340 320H420C530 320 580 400 580 500V740Q580 780 540 780H220Q180 780 180 740Z",
        s.c.base,
    )
    s.path("M470 326C546 350 580 420 580 500V740Q580 780 540 780H450C500 640 510 460 470 326Z", s.c.shade)
    s.path("M180 430C180 360 236 330 300 322C250 400 226 620 240 780H220Q180 780 180 740Z", s.c.lit)
    s.ellipse(376, 556, 136, 136, s.c.deep)
    s.ellipse(372, 552, 130, 130, dark.base)
    s.ellipse(372, 552, 92, 92, s.c.base)
    s.path("M372 460A92 92 0 0 1 372 644C420 610 420 500 372 460Z", s.c.shade)
    s.path("M372 460A92 92 0 0 0 282 570C290 510 320 480 372 460Z", s.c.lit)
    s.path("M560 440H610Q620 440 620 452V480Q620 492 608 492H574Z", dark.base)
    s.path("M180 720H580V740Q580 780 540 780H220Q180 780 180 740Z", dark.base)
    s.path("M460 720H580V740Q580 780 540 780H450Z", dark.shade)


def saw(s: Sheet) -> None:
    steel = s.accent(STEEL)
    teeth = "".join(f"L{470 - i * 20 + 10} 652L{470 - i * 20} 636" for i in range(19))
    blade = f"M500 420L500 636L480 636{teeth}L90 636L92 566Z"
    s.begin("rotate(-24 400 500)")
    s.cast("M90 566L500 420V640H90Z", 16)
    s.path(blade, steel.base)
    s.path("M92 566L500 420V470L92 590Z", steel.lit)
    s.path("M300 492L500 420V636H330C350 600 340 540 300 492Z", steel.shade, 'opacity=".7"')
    hole = "M570 480C556 520 560 570 580 596C610 610 650 590 656 560C664 520 640 480 620 470C600 464 580 466 570 480Z"
    grip = "M480 400C520 380 600 380 650 400C720 430 740 520 716 590C690 660 620 670 560 650L490 660C470 640 500 600 486 560C470 510 460 440 480 400Z"
    s.path(grip + hole, s.c.shade, 'fill-rule="evenodd" transform="translate(5 8)"')
    s.path(grip + hole, s.c.base, 'fill-rule="evenodd"')
    s.path(
        "M650 400C720 430 740 520 716 590C690 660 620 670 560 650C640 640 690 600 690 520C690 460 680 420 650 400Z",
        s.c.shade,
    )
    s.line("M492 410C530 396 600 396 640 410", s.c.lit, 8)
    for x, y in ((512, 450), (520, 610)):
        s.ellipse(x, y, 11, 11, s.second("#C2A36B").base)
    s.end()


def ladder(s: Sheet) -> None:
    step = s.second(s.c.base)
    s.shadow(420, 880, 210, 30)
    s.path("M432 130H460L640 850H612Z", s.c.deep)
    s.path("M500 150H520L690 800H668Z", s.c.deep)
    for i in range(1, 5):
        y = 150 + i * 150
        s.line(f"M{436 + i * 37} {y + 20}L{502 + i * 38} {y - 6}", s.c.deep, 8)
    s.path("M250 140H280L180 880H146Z", s.c.base)
    s.path("M268 140H280L180 880H166Z", s.c.shade)
    for i in range(5):
        y = 250 + i * 124
        left, right = 262 - i * 17, 452 + i * 20
        s.path(f"M{left} {y}L{left + 22} {y - 20}H{right - 12}L{right} {y}Z", step.lit)
        s.rect(left, y, right - left, 18, step.base)
        s.rect(left, y + 14, right - left, 6, step.deep)
    s.path("M404 140H434L556 880H522Z", s.c.base)
    s.path("M422 140H434L556 880H543Z", s.c.shade)
    s.path("M232 146L262 108H520L460 146Z", step.lit)
    s.path("M232 146H460V172H232Z", step.base)
    s.path("M460 146L520 108V132L460 172Z", step.shade)
    for x in (146, 522):
        s.rect(x - 3, 868, 40, 16, CHARCOAL, 4)


MOTIFS: dict[str, Callable[[Sheet], None]] = {
    "hammer": hammer,
    "screwdriver": screwdriver,
    "drill": drill,
    "pliers": pliers,
    "toolbox": toolbox,
    "paint": paint,
    "brush": brush,
    "tape": tape,
    "saw": saw,
    "ladder": ladder,
}
