"""Clothes, laid flat, and what goes with them."""

from __future__ import annotations

from collections.abc import Callable

from booking.demo.pictures.sheet import BRASS, CHARCOAL, LINEN, Sheet, band


def coat(s: Sheet) -> None:
    button = s.accent("#3A2F26")
    body = "M0 150 L60 140 Q130 160 160 196 C170 400 176 640 206 880 C120 900 60 900 0 900"
    s.cast(band(body, 400, -1, 1))
    s.path("M296 168Q230 186 210 250C186 400 164 560 154 690L224 706C240 560 260 420 276 330Z", s.c.lit)
    s.path("M504 168Q570 186 590 250C614 400 636 560 646 690L576 706C560 560 540 420 524 330Z", s.c.deep)
    s.path("M154 690L224 706L228 668L158 654Z", s.c.base)
    s.path("M646 690L576 706L572 668L642 654Z", s.c.shade)
    s.halves(400, body, s.c, 0.12)
    s.path("M400 150H452L470 146L440 300L424 340V898L420 900V330Z", s.c.deep)
    s.path("M340 146C350 120 450 120 460 146L424 190H376Z", s.second("#8A4B32").shade)
    s.path("M340 140L324 152L318 220L296 236L340 290L420 400L424 330C390 270 356 200 352 150Z", s.c.lit)
    s.path("M460 140L476 152L484 220L506 236L462 290L424 350L420 320C430 270 450 200 450 150Z", s.c.base)
    s.line("M420 400V898", s.c.deep, 3)
    for y in (440, 540, 640):
        for x in (350, 454):
            s.ellipse(x, y, 13, 13, button.base)
            s.ellipse(x - 3, y - 3, 6, 6, button.lit)
    s.path("M262 600L330 616L328 640L260 624Z", s.c.shade)
    s.path("M538 600L474 616L476 640L540 624Z", s.c.deep)


def shirt(s: Sheet) -> None:
    button = s.accent("#F6F2EA")
    body = "M0 210 L66 190 Q140 210 176 236 C170 400 166 640 172 800 Q90 850 0 850"
    s.cast(band(body, 400, -1, 1))
    s.path("M278 206Q206 226 190 270L116 640L196 664L240 420Z", s.c.lit)
    s.path("M522 206Q594 226 610 270L684 640L604 664L560 420Z", s.c.deep)
    s.path("M122 612L116 640L112 690L190 704L202 634Z", s.c.base)
    s.path("M678 612L684 640L688 690L610 704L598 634Z", s.c.shade)
    s.halves(400, body, s.c, 0.1)
    s.path("M334 190Q400 160 466 190L420 250H380Z", s.c.deep)
    s.path("M384 240H416V850H384Z", s.c.base)
    s.line("M384 260V850M416 260V850", s.c.deep, 2)
    s.path("M330 176L400 250L356 310L306 216Z", s.c.lit)
    s.path("M470 176L400 250L444 310L494 216Z", s.c.base)
    s.line("M306 216L356 310L400 250L444 310L494 216", s.c.deep, 2)
    for y in (290, 390, 490, 590, 690, 790):
        s.ellipse(400, y, 8, 8, button.shade)
        s.ellipse(399, y - 1, 6, 6, button.lit)
    s.path("M446 390H530V470L488 494L446 470Z", s.c.base)
    s.line("M446 410H530M446 390V470L488 494L530 470V390", s.c.deep, 2)
    s.line("M232 300C240 420 236 560 240 640M566 300C560 420 564 560 560 640", s.c.deep, 2, 'opacity=".5"')


def dress(s: Sheet) -> None:
    belt = s.accent("#8A5A3C")
    skirt = "M0 470 L84 470 C120 620 190 760 218 870 C140 910 60 912 0 912"
    top = "M0 256 C38 256 58 220 60 140 L88 140 C92 220 110 250 124 290 C112 350 92 420 86 480 L0 480"
    s.cast(band(skirt, 400, -1, 1))
    s.halves(400, skirt, s.c, 0.1)
    s.path("M350 490C320 640 260 780 240 893L200 880C220 760 290 610 322 490Z", s.c.lit)
    s.path("M388 490C380 640 350 800 340 907L372 910C392 780 396 640 396 490Z", s.c.shade)
    s.path("M440 490C460 640 520 780 540 893L510 900C490 780 436 640 424 490Z", s.c.deep)
    s.halves(400, top, s.c, 0.1)
    s.path("M312 140H340L350 230Q376 270 400 274V300C340 300 300 270 290 270L276 290C300 240 310 190 312 140Z", s.c.lit)
    s.line("M340 142C342 220 362 256 400 256S458 220 460 142", s.c.deep, 3)
    s.rect(313, 462, 174, 30, belt.base, 4)
    s.rect(412, 462, 75, 30, belt.shade, 4)
    s.rect(384, 458, 36, 38, "none", 4, f'stroke="{BRASS}" stroke-width="6"')


def trousers(s: Sheet) -> None:
    s.cast("M286 140H514C530 340 560 620 566 880H440L404 420L360 880H234C240 620 270 340 286 140Z")
    s.path("M286 140H420L404 420L360 884Q296 896 234 880C240 620 270 340 286 140Z", s.c.base)
    s.path("M514 140H390L404 420L440 884Q504 896 566 880C560 620 530 340 514 140Z", s.c.shade)
    s.path("M290 200C276 400 250 640 240 880L270 886C280 640 300 400 330 200Z", s.c.lit)
    s.line("M322 210C316 460 306 680 300 888M478 210C486 460 496 680 502 888", s.c.deep, 3)
    s.path("M284 140H516L518 184H281Z", s.c.base)
    s.path("M420 140H516L518 184H420Z", s.c.shade)
    s.line("M281 184H518M408 184V330Q406 372 396 380", s.c.deep, 2.5)
    s.line("M284 240L330 190M516 240L470 190", s.c.deep, 3)
    for x in (312, 378, 440, 488):
        s.rect(x, 134, 12, 56, s.c.deep if x > 420 else s.c.shade)
    s.ellipse(408, 162, 9, 9, s.accent(BRASS).base)


def jumper(s: Sheet) -> None:
    body = "M0 270 L76 250 Q150 264 180 300 C176 460 172 640 176 770 C120 784 60 786 0 786"
    s.cast(band(body, 400, -1, 1))
    s.path("M276 258Q196 280 176 340L110 690L196 714L244 470Z", s.c.lit)
    s.path("M524 258Q604 280 624 340L690 690L604 714L556 470Z", s.c.deep)
    s.halves(400, body, s.c, 0.16)
    s.path("M110 680L196 704L186 762L100 742Z", s.c.base)
    s.path("M690 680L604 704L614 762L700 742Z", s.c.shade)
    s.path("M224 764C300 784 500 784 576 764L570 826C500 842 300 842 230 826Z", s.c.base)
    s.path("M430 782C500 780 550 772 576 764L570 826C530 836 470 838 430 838Z", s.c.shade)
    s.path("M316 252C320 196 480 196 484 252C470 300 330 300 316 252Z", s.c.base)
    s.ellipse(400, 240, 62, 22, s.c.deep)
    s.line("M246 776" + "v54m18 -54" * 18, s.c.deep, 2, 'opacity=".55"')
    for x in (300, 356, 444, 500):
        s.line(f"M{x - 14} 330" + "q14 16 28 0m-28 26" * 16, s.c.deep if x > 420 else s.c.shade, 4)
    for x in range(340, 470, 15):
        s.line(f"M{x} 266l{(400 - x) // 12} 20", s.c.deep, 2, 'opacity=".5"')


def scarf(s: Sheet) -> None:
    bands = s.second(LINEN)
    s.cast("M240 260C300 180 500 180 560 260C600 340 520 420 470 440V820H330V440C260 420 200 340 240 260Z")
    s.path("M430 380L560 400L610 800L480 830Z", s.c.shade)
    s.path("M520 392L560 400L610 800L566 810Z", s.c.deep)
    s.path("M300 400L440 390L430 850L270 840Z", s.c.base)
    s.path("M300 400L340 397L318 843L270 840Z", s.c.lit)
    s.path("M226 300C220 170 580 170 574 300C560 400 480 450 400 450S240 400 226 300Z", s.c.base)
    s.path("M460 214C540 224 576 260 574 300C560 400 480 450 400 450C480 400 500 300 460 214Z", s.c.shade)
    s.path("M270 290C300 220 500 220 530 290C500 340 300 340 270 290Z", s.c.deep)
    s.path("M250 330C300 400 440 410 550 340C520 430 300 470 250 330Z", s.c.lit, 'opacity=".5"')
    for y in (690, 726, 762):
        s.line(f"M{282 - (y - 690) // 12} {y}L434 {y + 8}", bands.base, 14)
        s.line(f"M{482} {y - 6}L{598 + (y - 690) // 10} {y - 26}", bands.shade, 14)
    for i in range(9):
        s.line(f"M{276 + i * 19} {844 + i}v44", s.c.base, 7)
        if i < 7:
            s.line(f"M{486 + i * 19} {826 - i * 4}l4 44", s.c.shade, 7)


def hat(s: Sheet) -> None:
    ribbon = s.second(CHARCOAL)
    s.shadow(410, 690, 270, 40)
    s.ellipse(400, 640, 320, 76, s.c.shade)
    s.path("M80 636A320 70 0 0 1 720 636C640 690 520 700 400 700S160 690 80 636Z", s.c.base)
    s.path("M80 636A320 70 0 0 1 260 574C240 620 250 670 280 692C190 684 120 668 80 636Z", s.c.lit)
    s.path(
        "M220 620C220 470 240 370 290 350C330 336 360 366 400 366S480 330 520 350C570 374 580 480 580 620C520 660 280 660 220 620Z",
        s.c.base,
    )
    s.path(
        "M480 348Q500 342 520 350C570 374 580 480 580 620C560 636 520 644 470 648C510 560 520 440 480 348Z", s.c.shade
    )
    s.path("M250 600C250 480 264 400 296 372C316 362 330 370 320 400C300 460 296 540 300 620Z", s.c.lit)
    s.path("M330 356C370 380 440 382 480 350C470 420 350 430 330 356Z", s.c.shade)
    s.path("M218 560C280 596 520 596 582 560C584 584 582 606 580 622C520 660 280 660 220 622Z", ribbon.base)
    s.path("M470 584C520 580 560 572 582 560C584 584 582 606 580 622C560 636 520 644 470 648Z", ribbon.shade)
    s.path("M560 566L604 590L596 640L560 630L520 646L524 580Z", ribbon.lit)


def shoes(s: Sheet) -> None:
    sole = s.second("#6B4A33")
    for dx, dy in ((90, -110), (0, 0)):
        s.begin(f"translate({dx} {dy})")
        s.shadow(370, 744, 270, 28)
        s.path("M120 716H640Q656 716 654 738L650 752H340L300 744V760H116Z", sole.deep)
        s.path("M116 716H262V760H122Z", sole.deep)
        s.path(
            "M118 716C106 640 128 560 150 520C210 540 270 530 300 500C340 560 400 590 470 610C570 630 650 640 656 722C500 736 260 730 118 716Z",
            s.c.base,
        )
        s.path("M470 610C570 630 650 640 656 722C600 728 540 730 480 730C520 700 510 640 470 610Z", s.c.shade)
        s.path("M118 716C106 640 128 560 150 520L190 530C168 590 160 650 170 720Z", s.c.lit)
        s.path("M150 520C210 540 270 530 300 500L318 530C280 566 200 566 150 520Z", s.c.deep)
        s.path("M300 500C340 560 400 590 470 610C460 650 440 660 410 650C350 630 310 590 290 552Z", s.c.shade)
        s.line("M290 552C310 620 330 680 330 726M470 610C462 670 440 700 430 730", s.c.deep, 3)
        for x, y in ((326, 560), (362, 588), (398, 608)):
            s.line(f"M{x} {y}l-20 40", s.accent(LINEN).base, 7)
        s.path("M112 708C280 722 520 730 658 716V734C520 746 280 740 114 726Z", sole.base)
        s.end()


def boots(s: Sheet) -> None:
    sole = s.second("#6B4A33")
    for dx, dy in ((130, -66), (0, 0)):
        s.begin(f"translate({dx} {dy})")
        s.shadow(340, 826, 210, 26)
        s.path("M172 800H540V826H300V812L288 834H172Z", sole.deep)
        s.path(
            "M190 250C260 268 330 268 380 250C376 400 372 520 390 600C440 650 540 660 542 790C420 804 280 804 174 796C170 640 196 440 190 250Z",
            s.c.base,
        )
        s.path(
            "M330 262L380 250C376 400 372 520 390 600C440 650 540 660 542 790C500 796 460 798 420 800C450 720 380 690 350 640C320 560 330 420 330 262Z",
            s.c.shade,
        )
        s.path("M190 250L226 258C230 440 206 640 212 799L174 796C170 640 196 440 190 250Z", s.c.lit)
        s.ellipse(285, 252, 95, 16, s.c.deep)
        s.path("M262 470C290 440 326 450 334 480C330 560 300 600 270 600C256 560 254 510 262 470Z", s.c.deep)
        s.line("M280 470V590M304 462V584", s.c.shade, 3)
        s.path("M172 790C300 806 440 806 544 788V808C440 822 300 820 172 808Z", sole.base)
        s.line("M254 250C250 210 290 210 286 250", s.c.deep, 8)
        s.end()


def gloves(s: Sheet) -> None:
    cuff = s.second(s.c.shade)
    outline = (
        "M300 820C296 740 280 690 276 620C250 590 216 560 190 510C170 476 206 450 234 480L296 548C290 460 276 360 270 300C266 256 316 250 322 296"
        "L340 440C340 360 336 280 338 236C342 194 390 196 392 238L398 436C404 360 412 290 420 252C428 216 470 224 466 264L452 450"
        "C464 400 478 350 490 324C504 294 542 308 532 346C512 430 508 560 486 640C478 700 480 760 484 820Z"
    )
    for transform, front in (
        ("translate(150 -20) rotate(14 400 600)", False),
        ("translate(-40 30) rotate(-6 400 600)", True),
    ):
        s.begin(transform)
        s.cast(outline, 12)
        s.path(outline, s.c.base if front else s.c.shade)
        s.begin(clip=outline)
        s.path("M440 200C430 500 440 700 420 840H560V200Z", s.c.shade if front else s.c.deep)
        s.path("M180 440L300 560C320 660 322 740 322 830H290L270 620Z", s.c.lit if front else s.c.base)
        s.end()
        s.line("M350 470L356 600M402 466V600M448 474L440 600", s.c.deep, 3)
        s.path("M292 740H488L492 850Q390 866 288 850Z", cuff.base)
        s.path("M436 740H488L492 850Q464 856 436 858Z", cuff.shade)
        s.line("M294 760Q390 772 486 760", s.c.deep, 2.5)
        s.end()


MOTIFS: dict[str, Callable[[Sheet], None]] = {
    "coat": coat,
    "shirt": shirt,
    "dress": dress,
    "trousers": trousers,
    "jumper": jumper,
    "scarf": scarf,
    "hat": hat,
    "shoes": shoes,
    "boots": boots,
    "gloves": gloves,
}
