"""What the people of the portraits wear: a bust in the first cloth, an inner garment or an apron in the second."""

from __future__ import annotations

from collections.abc import Callable

from booking.demo.pictures.sheet import BRASS, Sheet, band
from booking.demo.pictures.tones import Ramp, ramp

AXIS = 400

_BUST = "M0 540 L62 536 C84 572 150 584 214 610 C276 640 300 710 308 800 L0 800"


def _bust(s: Sheet, c: Ramp) -> None:
    s.path(band(_BUST, AXIS, -1, 1), c.base)
    s.path(band(_BUST, AXIS, 0.5, 1), c.shade)
    s.path(
        "M338 536C316 572 250 584 186 610C124 640 100 710 92 800H130C140 720 160 660 214 634C270 612 320 600 344 566Z",
        c.lit,
    )
    s.line("M196 800C200 750 206 720 212 700M604 800C600 750 594 720 588 700", c.deep, 3, 'opacity=".6"')


def _skin(s: Sheet, d: str) -> None:
    """The neck that a neckline leaves bare, with its shadow."""
    s.path(d, s.c.base)
    s.begin(clip=d)
    s.path("M340 472C366 520 440 526 460 482V560Q452 600 424 620C440 576 424 546 340 514Z", s.c.shade)
    s.end()


def crew(s: Sheet, c: Ramp, _: Ramp) -> None:
    _bust(s, c)
    _skin(s, "M340 480V550Q352 592 400 594T460 550V480Z")
    s.line("M338 544Q348 604 400 606T462 544", c.base, 18)
    s.line("M334 552Q346 616 400 618T466 552", c.deep, 3)
    s.line("M352 580l-6 14M376 594l-4 16M400 597v17M424 594l4 16M448 580l6 14", c.shade, 3)


def roll_neck(s: Sheet, c: Ramp, _: Ramp) -> None:
    _bust(s, c)
    s.path("M334 500Q400 528 466 500L474 572Q400 616 326 572Z", c.base)
    s.path("M424 520Q450 516 466 500L474 572Q452 590 424 596Z", c.shade)
    s.path("M334 500Q400 528 466 500L467 514Q400 542 333 514Z", c.lit)
    s.line("M350 524L346 578M376 532L374 592M402 534V596M428 532L430 592M452 524L456 576", c.shade, 3)
    s.line("M326 572Q400 616 474 572", c.deep, 3)


def wrap(s: Sheet, c: Ramp, _: Ramp) -> None:
    _bust(s, c)
    _skin(s, "M340 480V548L398 668L460 548V480Z")
    s.path("M338 532C330 572 360 620 430 720L400 740C340 660 306 600 316 548Z", c.lit)
    s.path("M462 532C470 580 430 640 372 740L420 760C470 680 500 600 484 548Z", c.shade)
    s.line("M462 536C466 584 432 636 376 730", c.deep, 3)


def boat(s: Sheet, c: Ramp, _: Ramp) -> None:
    _bust(s, c)
    _skin(s, "M340 480V536C320 560 280 572 244 588C330 632 470 632 556 588C520 572 480 560 460 536V480Z")
    s.line("M372 590Q392 600 400 596M428 590Q408 600 400 596", s.c.deep, 3, 'opacity=".55"')
    s.line("M242 588C330 634 470 634 558 588", c.lit, 8)
    s.line("M240 596C330 643 470 643 560 596", c.deep, 3)


def _collar(s: Sheet, c: Ramp) -> None:
    s.path("M340 516L318 548L364 620L402 572Z", c.lit)
    s.path("M460 516L482 548L438 620L398 572Z", c.base)
    s.line("M318 548L364 620L400 574L438 620L482 548", c.deep, 3)


def overshirt(s: Sheet, c: Ramp, inner: Ramp) -> None:
    _bust(s, c)
    s.path("M340 520L400 800H450L466 520Z", inner.base)
    s.path("M420 560L466 520L450 800H424Z", inner.shade)
    _skin(s, "M340 480V548Q352 584 400 586T460 548V480Z")
    s.line("M342 546Q352 596 400 598T458 546", inner.shade, 8)
    s.path("M338 524L296 556L340 650L386 800H330C320 720 316 640 300 590Z", c.lit)
    s.path("M462 524L504 556L462 650L436 800H490C494 720 486 640 500 590Z", c.deep)
    s.path("M338 522L300 554L346 632L372 596Z", c.base)
    s.path("M462 522L500 554L456 632L430 596Z", c.shade)
    s.line("M300 554L346 632L372 596M500 554L456 632L430 596", c.deep, 3)
    s.path("M520 690H580V760H520Z", c.deep, 'opacity=".5"')


def linen(s: Sheet, c: Ramp, _: Ramp) -> None:
    _bust(s, c)
    _skin(s, "M342 500V548L400 640L460 548V480Z")
    s.path("M340 518L314 546L352 628L398 642Z", c.lit)
    s.path("M460 518L486 546L448 628L402 642Z", c.shade)
    s.line("M314 546L352 628L399 642M486 546L448 628L401 642V800", c.deep, 3)
    for y in (690, 752):
        s.ellipse(392, y, 6, 6, c.deep)


def apron(s: Sheet, c: Ramp, inner: Ramp) -> None:
    _bust(s, inner)
    s.path("M398 560L404 800H396Z", inner.shade)
    _skin(s, "M340 480V546L400 574L460 546V480Z")
    _collar(s, inner)
    s.path("M290 650H510L540 800H260Z", c.base)
    s.path("M450 650H510L540 800H462Z", c.shade)
    s.path("M290 650H322L304 800H260Z", c.lit)
    for x, y in ((302, 576), (498, 576)):
        turn = 1 if x < AXIS else -1
        s.line(f"M{x - 2 * turn} {y}L{x + 6 * turn} 660", c.base if turn > 0 else c.shade, 20, ends="butt")
        s.ellipse(x + 6 * turn, 668, 8, 8, BRASS)
    s.line("M286 668H514", c.deep, 2.5, 'stroke-dasharray="9 8"')
    s.path("M356 730H444V800H356Z", c.shade)
    s.line("M356 730H444", c.deep, 3)


def blazer(s: Sheet, c: Ramp, inner: Ramp) -> None:
    _bust(s, c)
    s.path("M340 524L400 760L460 524Z", inner.base)
    s.path("M420 560L460 524L406 750Z", inner.shade)
    _skin(s, "M340 480V550Q352 588 400 590T460 550V480Z")
    s.path("M338 520L288 566L308 640L292 656L398 800H408C384 700 348 610 350 560Z", c.lit)
    s.path("M462 520L512 566L492 640L508 656L402 800H394C416 700 452 610 450 560Z", c.deep)
    s.line("M288 566L308 640L292 656L396 800M512 566L492 640L508 656L404 800", c.deep, 3)


def cardigan(s: Sheet, c: Ramp, inner: Ramp) -> None:
    _bust(s, c)
    s.path("M340 524L400 730L460 524Z", inner.base)
    s.path("M424 560L460 524L404 720Z", inner.shade)
    _skin(s, "M340 480V546Q352 580 400 582T460 546V480Z")
    s.line("M342 546Q352 592 400 594T458 546", inner.shade, 5)
    s.line("M330 536C336 610 372 690 398 734V800", c.lit, 22, ends="butt")
    s.line("M470 536C464 610 430 690 404 734V800", c.deep, 22, ends="butt")
    for y in (752, 790):
        s.ellipse(404, y, 8, 8, inner.shade)


def waistcoat(s: Sheet, c: Ramp, inner: Ramp) -> None:
    _bust(s, inner)
    _skin(s, "M340 480V546L400 574L460 546V480Z")
    _collar(s, inner)
    s.path("M306 566L330 556L398 740V800H240C262 720 290 640 306 566Z", c.lit)
    s.path("M494 566L470 556L402 740V800H560C538 720 510 640 494 566Z", c.shade)
    s.line("M330 556L398 740M470 556L402 740", c.deep, 3)
    s.line("M398 740V800", c.deep, 3)
    tape = ramp("#E3C25B")
    s.line("M322 538C300 600 292 680 300 800", tape.base, 20, ends="butt")
    s.line("M478 538C500 600 508 680 500 800", tape.shade, 20, ends="butt")
    s.line("M316 560l-16 -4M306 600l-10 -2M303 640l-14 0M301 680l-10 0M302 720l-14 0M303 760l-10 0", tape.deep, 3)
    s.line("M490 580l10 -3M497 620l14 -2M499 660l10 0M500 700l14 0M499 740l10 0", tape.deep, 3)


WEAR: dict[str, Callable[[Sheet, Ramp, Ramp], None]] = {
    "crew": crew,
    "roll_neck": roll_neck,
    "wrap": wrap,
    "boat": boat,
    "overshirt": overshirt,
    "linen": linen,
    "apron": apron,
    "blazer": blazer,
    "cardigan": cardigan,
    "waistcoat": waistcoat,
}
