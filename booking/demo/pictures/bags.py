"""Leather goods, umbrellas, watches and jewels."""

from __future__ import annotations

from collections.abc import Callable

from booking.demo.pictures.sheet import BRASS, CHARCOAL, OAK, Sheet
from booking.demo.pictures.tones import ramp


def handbag(s: Sheet) -> None:
    metal = s.accent(BRASS)
    s.shadow(400, 796, 250, 34)
    s.line("M290 470C280 200 520 200 510 470", s.c.deep, 22)
    s.line("M286 470C276 194 512 194 506 470", s.c.base, 12)
    s.path(
        "M206 440H594C612 440 620 452 624 470L664 760Q668 800 630 800H170Q132 800 136 760L176 470C180 452 188 440 206 440Z",
        s.c.base,
    )
    s.path("M540 440H594C612 440 620 452 624 470L664 760Q668 800 630 800H560C580 680 570 540 540 440Z", s.c.shade)
    s.path("M206 440H236C204 540 186 680 190 800H170Q132 800 136 760L176 470C180 452 188 440 206 440Z", s.c.lit)
    s.path("M188 450H612L566 600Q556 636 516 644L400 660L284 644Q244 636 234 600Z", s.c.deep, 'opacity=".55"')
    s.path("M190 436H610L564 590Q554 624 514 632L400 646L286 632Q246 624 236 590Z", s.c.base)
    s.path("M190 436H252L290 592Q298 622 340 638L286 632Q246 624 236 590Z", s.c.lit)
    s.path("M540 436H610L564 590Q554 624 514 632L440 641Q500 620 510 590Z", s.c.shade)
    s.line(
        "M214 452L254 582Q262 606 292 612L400 626L508 612Q538 606 546 582L588 452",
        s.c.deep,
        2,
        'stroke-dasharray="9 8"',
    )
    s.rect(370, 590, 60, 74, metal.base, 8)
    s.rect(404, 590, 26, 74, metal.shade, 8)
    s.rect(388, 612, 24, 30, metal.deep, 6)
    for x in (290, 510):
        s.ellipse(x, 466, 22, 22, metal.shade)
        s.ellipse(x - 2, 464, 14, 14, metal.lit)


def backpack(s: Sheet) -> None:
    strap, metal = s.second("#8A5A3C"), s.accent(BRASS)
    s.shadow(400, 844, 200)
    s.line("M350 206C350 130 450 130 450 206", strap.shade, 20)
    s.path("M222 330C222 220 300 190 400 190S578 220 578 330V780Q578 840 520 840H280Q222 840 222 780Z", s.c.base)
    s.path("M480 200C550 220 578 260 578 330V780Q578 840 520 840H470C500 640 500 400 480 200Z", s.c.shade)
    s.path("M222 330C222 270 250 230 290 210C264 320 250 620 262 838C236 830 222 810 222 780Z", s.c.lit)
    s.path("M196 560H236V780H214Q196 780 196 760Z", s.c.lit)
    s.path("M564 560H604V760Q604 780 586 780H564Z", s.c.deep)
    s.path("M256 556H544V770Q544 800 514 800H286Q256 800 256 770Z", s.c.deep)
    s.path("M262 550H538V762Q538 792 508 792H292Q262 792 262 762Z", s.c.base)
    s.path("M470 550H538V762Q538 792 508 792H470Z", s.c.shade)
    s.line("M274 600H526", s.c.deep, 3)
    s.path(
        "M214 340C214 214 300 184 400 184S586 214 586 340V430Q586 480 540 490L400 510L260 490Q214 480 214 430Z",
        s.c.base,
    )
    s.path("M490 194C556 214 586 260 586 340V430Q586 480 540 490L470 500C510 400 510 290 490 194Z", s.c.shade)
    s.path("M214 340C214 260 250 222 296 202C264 290 250 400 270 492L260 490Q214 480 214 430Z", s.c.lit)
    for x in (308, 468):
        s.rect(x, 380, 26, 210, strap.base, 4)
        s.rect(x + 15, 380, 11, 210, strap.shade, 4)
        s.rect(x - 5, 520, 36, 32, "none", 4, f'stroke="{metal.base}" stroke-width="6"')


def wallet(s: Sheet) -> None:
    metal = s.accent(BRASS)
    d = "M160 360H640Q664 360 664 384V676Q664 700 640 700H160Q136 700 136 676V384Q136 360 160 360Z"
    s.begin("rotate(-8 400 530)")
    s.cast(d, 18)
    s.path(d, s.c.shade, 'transform="translate(6 10)"')
    s.rect(420, 340, 190, 120, ramp("#E9E2D3").base, 8)
    s.rect(450, 322, 150, 120, ramp("#2B5876").base, 8)
    s.path(d, s.c.base)
    s.path("M540 360H640Q664 360 664 384V676Q664 700 640 700H500C540 600 550 460 540 360Z", s.c.shade)
    s.path("M160 360H220C190 470 186 600 206 700H160Q136 700 136 676V384Q136 360 160 360Z", s.c.lit)
    s.line("M156 376H644V684H156Z", s.c.deep, 2, 'stroke-dasharray="10 9"')
    s.path("M664 480H560Q520 480 520 530T560 580H664Z", s.c.deep)
    s.path("M664 474H560Q520 474 520 524T560 574H664Z", s.c.base)
    s.ellipse(566, 524, 20, 20, metal.shade)
    s.ellipse(563, 521, 15, 15, metal.lit)
    s.end()


def belt(s: Sheet) -> None:
    metal = s.accent(BRASS)
    s.shadow(400, 740, 240, 50)
    s.ellipse(400, 600, 256, 130, s.c.deep)
    s.path("M144 520V600A256 130 0 0 0 656 600V520A256 130 0 0 1 144 520Z", s.c.base)
    s.path("M500 640Q650 610 656 520V600C650 690 580 716 500 726Z", s.c.shade)
    s.path("M144 520V600Q150 660 220 696V614Q150 580 144 520Z", s.c.lit)
    s.ellipse(400, 520, 256, 130, s.c.shade)
    s.ellipse(400, 520, 246, 122, s.c.deep)
    s.ellipse(400, 596, 236, 116, "#E6DFD2")
    s.path("M154 520A246 122 0 0 1 646 520V560C600 480 500 470 400 470S200 480 154 560Z", s.c.shade)
    s.path("M144 520V600A256 130 0 0 0 656 600V520A256 130 0 0 1 144 520Z", s.c.base)
    s.path("M500 640Q650 610 656 520V600C650 690 580 716 500 726Z", s.c.shade)
    s.path("M144 520V600Q150 660 220 696V614Q150 580 144 520Z", s.c.lit)
    s.path("M260 640L270 720Q420 750 620 660L636 610L600 596Q430 670 260 640Z", s.c.base)
    s.path("M500 652Q560 632 600 596L636 610L620 660Q560 690 500 708Z", s.c.shade)
    for x, y in ((470, 686), (510, 676), (550, 660)):
        s.ellipse(x, y, 7, 8, s.c.deep)
    s.path("M236 620L352 640L348 750L232 728ZM256 642L252 712L330 728L334 656Z", metal.base, 'fill-rule="evenodd"')
    s.path("M334 656L352 640L348 750L330 728Z", metal.deep)
    s.line("M250 676L340 692", metal.lit, 8)
    s.path("M386 650H412L408 744H382Z", s.c.deep)


def umbrella(s: Sheet) -> None:
    wood = s.second(OAK)
    s.shadow(330, 872, 120, 20)
    s.begin("rotate(12 400 500)")
    s.line("M400 170V420", CHARCOAL, 8)
    s.line("M400 400V800C400 880 300 880 300 806", wood.shade, 24)
    s.line("M396 400V800C396 872 304 872 296 806", wood.lit, 6)
    s.path(
        "M400 190C560 190 680 300 710 480C670 440 610 440 570 484C520 440 450 440 400 484C350 440 280 440 230 484C190 440 130 440 90 480C120 300 240 190 400 190Z",
        s.c.base,
    )
    s.path("M400 190C560 190 680 300 710 480C670 440 610 440 570 484C550 360 490 250 400 190Z", s.c.deep)
    s.path("M400 190C490 250 550 360 570 484C520 440 450 440 400 484Z", s.c.shade)
    s.path("M400 190C240 190 120 300 90 480C130 440 190 440 230 484C250 360 310 250 400 190Z", s.c.lit)
    s.line("M400 190C310 250 250 360 230 484M400 190V484M400 190C490 250 550 360 570 484", s.c.deep, 2)
    s.path("M394 130H406L409 196H391Z", wood.base)
    s.end()


def suitcase(s: Sheet) -> None:
    strap, metal = s.second("#7A4B30"), s.accent(BRASS)
    s.shadow(410, 812, 270, 34)
    s.line("M330 372V330Q330 300 360 300H440Q470 300 470 330V372", strap.shade, 22)
    s.line("M326 366V328Q326 296 358 296H440", strap.lit, 6)
    s.path("M120 410Q120 370 160 370H610V810H160Q120 810 120 770Z", s.c.base)
    s.path("M610 370L650 350Q690 350 690 390V760Q690 790 660 796L610 810Z", s.c.shade)
    s.path("M160 370L200 350H650L610 370Z", s.c.lit)
    s.path("M120 410Q120 370 160 370H200C170 500 170 680 190 810H160Q120 810 120 770Z", s.c.lit)
    s.line("M120 560H610L690 540", s.c.deep, 4)
    for x in (226, 474):
        s.rect(x, 370, 44, 440, strap.base)
        s.rect(x + 28, 370, 16, 440, strap.shade)
        s.path(f"M{x} 370L{x + 40} 350H{x + 84}L{x + 44} 370Z", strap.lit)
        s.rect(x - 6, 540, 56, 44, "none", 4, f'stroke="{metal.base}" stroke-width="8"')
    for d in ("M120 450V410Q120 370 160 370H200Q190 440 120 450Z", "M120 730V770Q120 810 160 810H200Q190 740 120 730Z"):
        s.path(d, strap.base)
    for d in ("M610 440Q550 430 530 370H610Z", "M610 740Q550 750 530 810H610Z"):
        s.path(d, strap.shade)
    s.rect(344, 548, 54, 30, metal.base, 4)
    s.rect(374, 548, 24, 30, metal.shade, 4)


def watch(s: Sheet) -> None:
    strap, dial = s.second("#7A4B30"), ramp("#F8F3E6")
    s.cast("M330 120H470L490 380V600L470 880H330L310 600V380Z", 16)
    for d, right in (
        ("M340 120H460L490 360H310Z", "M420 120H460L490 360H430Z"),
        ("M310 600H490L456 860Q400 900 344 860Z", "M430 600H490L456 860Q440 876 420 880Z"),
    ):
        s.path(d, strap.base)
        s.path(right, strap.shade)
    s.line("M352 132L326 350M448 132L474 350M326 620L356 850M474 620L444 850", strap.lit, 2, 'stroke-dasharray="10 8"')
    for y in (720, 764, 808):
        s.ellipse(400, y, 8, 9, strap.deep)
    s.path(
        "M296 370L320 320H352L340 380ZM504 370L480 320H448L460 380ZM296 590L320 640H352L340 580ZM504 590L480 640H448L460 580Z",
        s.c.shade,
    )
    s.rect(556, 458, 34, 46, s.c.shade, 6)
    s.ellipse(400, 480, 164, 164, s.c.base)
    s.path("M400 316A164 164 0 0 1 400 644C500 600 530 560 530 480S500 350 400 316Z", s.c.shade)
    s.path("M400 316A164 164 0 0 0 240 520C256 400 310 350 400 316Z", s.c.lit)
    s.ellipse(400, 480, 136, 136, s.c.deep)
    s.ellipse(401, 482, 132, 132, dial.base)
    s.path("M400 350A132 132 0 0 0 272 510C286 420 330 370 420 358Z", dial.shade, 'opacity=".7"')
    for hour in range(12):
        s.rect(-3, -120, 6, 10 if hour % 3 else 26, s.c.deep, 0, f'transform="translate(401 482) rotate({hour * 30})"')
    s.line("M401 482L346 432", CHARCOAL, 9)
    s.line("M401 482L452 392", CHARCOAL, 6)
    s.line("M401 482L394 586", "#A5452C", 2.5)
    s.ellipse(401, 482, 9, 9, s.c.base)


def sunglasses(s: Sheet) -> None:
    lens = s.second("#4B4A45")
    s.shadow(400, 660, 290, 30)
    s.line("M130 450C180 380 230 360 300 350", s.c.deep, 14)
    s.line("M670 450C690 390 680 364 640 350", s.c.deep, 14)
    for x, tone in ((0, s.c.base), (296, s.c.shade)):
        s.begin(f"translate({x} 0)")
        s.path("M106 440C180 410 310 414 374 440C390 540 340 640 244 644C150 648 110 560 106 440Z", tone)
        s.path("M130 462C196 438 296 442 350 462C358 540 318 618 244 620C170 624 134 550 130 462Z", lens.base)
        s.path("M130 462C160 450 190 446 220 446L160 580C142 548 132 506 130 462Z", lens.lit)
        s.path("M350 462C358 540 318 618 244 620C300 590 320 530 322 453Z", lens.shade)
        s.end()
    s.line("M368 470Q400 440 432 470", s.c.base, 18)
    s.line("M110 444C180 414 306 416 368 440", s.c.lit, 5)
    s.line("M408 444C478 414 604 416 664 440", s.c.base, 5)
    s.path("M106 436L80 430L84 470L110 480ZM694 436L720 430L716 470L690 480Z", s.c.deep)
    for x in (122, 678):
        s.ellipse(x, 452, 6, 4, s.accent(BRASS).lit)


def tote(s: Sheet) -> None:
    handle, mark = s.second(s.c.shade), s.accent("#E0B84C")
    s.shadow(400, 846, 210)
    s.line("M320 420C310 110 490 110 480 420", handle.deep, 20)
    s.path("M196 396H604L630 800Q632 846 590 846H210Q168 846 170 800Z", s.c.base)
    s.path("M520 396H604L630 800Q632 846 590 846H500C530 700 530 540 520 396Z", s.c.shade)
    s.path("M196 396H250C224 540 216 700 226 846H210Q168 846 170 800Z", s.c.lit)
    s.path("M196 396H604L606 430H194Z", s.c.shade)
    s.path("M520 396H604L606 430H522Z", s.c.deep)
    s.line("M312 470C300 150 500 150 488 470", handle.base, 20)
    for x in (312, 488):
        s.rect(x - 14, 420, 28, 70, handle.base, 3)
        s.line(f"M{x - 8} 428L{x + 8} 482M{x + 8} 428L{x - 8} 482", handle.deep, 2)
    s.path("M280 690A120 120 0 0 1 520 690Z", mark.base)
    s.path("M400 570A120 120 0 0 1 520 690H430Q440 620 400 570Z", mark.shade)
    s.line("M250 710H550M280 734H520M320 758H480", mark.base, 8)
    s.line("M400 540V510M292 582L270 560M508 582L530 560", mark.base, 8)


def ring(s: Sheet) -> None:
    stone = s.second("#CFE0E4")
    s.shadow(400, 796, 170, 26)
    s.ellipse(400, 600, 172, 186, "none", f'stroke="{s.c.deep}" stroke-width="44"')
    s.ellipse(394, 597, 172, 186, "none", f'stroke="{s.c.base}" stroke-width="34"')
    s.line("M500 748A172 186 0 0 0 500 446", s.c.shade, 34)
    s.line("M236 660A172 186 0 0 1 290 466", s.c.lit, 14)
    s.path("M318 420L350 340H450L482 420L440 446H360Z", s.c.shade)
    s.path("M300 300L346 240H454L500 300L400 426Z", stone.base)
    s.path("M300 300L346 240L360 300L400 426Z", stone.lit)
    s.path("M346 240H454L440 300H360Z", "#FFFFFF")
    s.path("M454 240L500 300H440Z", stone.base)
    s.path("M440 300H500L400 426Z", stone.deep)
    s.path("M360 300H440L400 426Z", stone.shade)
    s.path("M306 300L322 294L362 400L350 420ZM494 300L478 294L438 400L450 420Z", s.c.base)
    s.line("M250 200V150M225 175H275M560 190V160M545 175H575", s.c.base, 4)


MOTIFS: dict[str, Callable[[Sheet], None]] = {
    "handbag": handbag,
    "backpack": backpack,
    "wallet": wallet,
    "belt": belt,
    "umbrella": umbrella,
    "suitcase": suitcase,
    "watch": watch,
    "sunglasses": sunglasses,
    "tote": tote,
    "ring": ring,
}
