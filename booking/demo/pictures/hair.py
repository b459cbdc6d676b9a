"""The hair of the portraits: what lies behind the shoulders, and what lies on the head."""

from __future__ import annotations

from collections.abc import Callable

from booking.demo.pictures.sheet import Sheet, num
from booking.demo.pictures.tones import Ramp, mix

Paint = Callable[[Sheet, Ramp], None]


def _nothing(s: Sheet, h: Ramp) -> None:
    pass


def _curls(s: Sheet, tone: str, points: str, r: float) -> None:
    for pair in points.split():
        x, y = map(float, pair.split(","))
        s.ellipse(x, y, r, r, tone)


def _gleams(s: Sheet, tone: str, points: str, r: float) -> None:
    """The light on curls, as short arcs."""
    for pair in points.split():
        x, y = map(float, pair.split(","))
        s.line(f"M{num(x - r)} {num(y)}q{num(r)} {num(-1.3 * r)} {num(2 * r)} 0", tone, 4, 'opacity=".6"')


def _cap(s: Sheet, h: Ramp, top: float, side: float, brow: str) -> None:
    """A cap of hair over the skull: `top` its height, `side` where it ends beside the face, `brow` its front edge."""
    s.path(
        f"M288 {num(side)}C276 {num(top + 60)} 318 {num(top)} 400 {num(top)}S524 {num(top + 60)} 512 {num(side)}{brow}Z",
        h.base,
    )
    s.path(
        f"M512 {num(side)}C522 {num(top + 70)} 488 {num(top + 4)} 424 {num(top + 1)}C470 {num(top + 40)} 492 {num(top + 84)} 496 {num(side)}Z",
        h.shade,
    )


def _long_curls_back(s: Sheet, h: Ramp) -> None:
    s.path(
        "M400 130C270 130 232 230 240 330C200 400 206 520 240 600C300 650 500 650 560 600C594 520 600 400 560 330C568 230 530 130 400 130Z",
        h.shade,
    )
    _curls(s, h.shade, "236,380 216,450 214,520 236,580 290,610 564,380 584,450 586,520 564,580 510,610", 46)
    _curls(s, h.base, "246,340 228,400 226,470 240,540 270,590", 34)
    _gleams(s, h.deep, "540,420 556,500 530,570", 30)


def _long_curls(s: Sheet, h: Ramp) -> None:
    s.path(
        "M292 330C276 200 320 138 408 138C500 138 526 216 508 330C498 290 484 250 432 200C400 250 310 250 292 330Z",
        h.base,
    )
    s.path("M432 200C484 250 498 290 508 330C526 226 504 150 430 140C456 160 470 200 432 200Z", h.shade)
    _curls(s, h.base, "290,300 280,350 286,400 300,228 340,172 390,150", 30)
    _gleams(s, h.lit, "268,372 284,256 330,178", 17)
    _curls(s, h.shade, "512,300 520,350 514,400 496,222", 29)
    _curls(s, h.base, "450,160 490,196", 28)


def _chignon_back(s: Sheet, h: Ramp) -> None:
    s.ellipse(424, 130, 66, 56, h.shade)
    s.ellipse(414, 124, 56, 46, h.base)
    s.line("M372 124Q412 88 456 120M380 140Q420 110 462 142", h.shade, 4)


def _chignon(s: Sheet, h: Ramp) -> None:
    _cap(s, h, 142, 324, "C506 262 470 222 424 204C372 214 304 244 288 324")
    s.line("M310 250C330 200 370 172 420 166M300 286C320 230 364 196 424 188", h.lit, 4, 'opacity=".7"')
    s.line("M500 262C490 220 468 192 430 176", h.deep, 4)


def _side_part(s: Sheet, h: Ramp) -> None:
    s.path(
        "M292 320C280 260 286 190 330 160C390 120 500 130 514 220C520 260 514 300 508 322C502 280 496 256 476 236C420 240 360 226 336 212C312 240 302 270 298 322Z",
        h.base,
    )
    s.path(
        "M336 212C330 180 400 150 470 176C506 190 516 240 510 300C500 270 494 252 476 236C420 240 360 226 336 212Z",
        h.lit,
    )
    s.path("M470 176C512 196 518 250 508 322C502 280 496 256 476 236C484 214 482 192 470 176Z", h.shade)
    s.line("M350 206C400 190 440 194 482 216M368 184C410 172 450 178 486 200", h.base, 4)


def _cropped_curls(s: Sheet, h: Ramp) -> None:
    s.path(
        "M290 316C276 190 330 136 400 136S524 190 510 316C502 270 490 240 470 222C430 208 370 208 330 222C310 240 298 270 290 316Z",
        h.base,
    )
    _curls(s, h.base, "298,250 312,204 340,168 380,148 424,148 462,168 490,204 502,250", 26)
    _curls(s, h.shade, "470,180 494,220 504,262 440,156", 20)
    _gleams(s, h.lit, "322,206 344,178 312,236 376,160 360,196 398,178", 9)
    _gleams(s, h.deep, "452,196 474,222 424,184 440,212", 8)


def _short(s: Sheet, h: Ramp) -> None:
    _cap(s, h, 146, 322, "C504 282 500 250 484 226C440 212 360 212 316 226C300 250 296 282 288 322")
    s.path("M316 226C340 170 420 156 484 226C440 212 360 212 316 226Z", h.shade)
    s.line("M326 196Q352 168 392 164", h.lit, 6, 'opacity=".7"')


def _fringe_bob_back(s: Sheet, h: Ramp) -> None:
    s.path(
        "M400 132C286 132 262 230 264 320C264 400 256 440 262 470C300 494 500 494 538 470C544 440 536 400 536 320C538 230 514 132 400 132Z",
        h.shade,
    )


def _fringe_bob(s: Sheet, h: Ramp) -> None:
    s.path(
        "M400 132C286 132 260 230 264 320C264 400 252 440 260 474C284 488 310 484 322 470C306 420 300 360 306 282H494C500 360 494 420 478 470C490 484 516 488 540 474C548 440 536 400 536 320C540 230 514 132 400 132Z",
        h.base,
    )
    s.path(
        "M494 282C500 360 494 420 478 470C490 484 516 488 540 474C548 440 536 400 536 320C538 240 520 150 430 134C490 170 494 230 494 282Z",
        h.shade,
    )
    s.path("M306 282C306 220 340 170 400 160C460 170 494 220 494 282Q400 262 306 282Z", h.base)
    s.line(
        "M346 270C350 226 366 196 392 172M398 266C396 226 398 196 404 172M452 268C448 228 436 198 416 172M322 274C326 232 344 200 372 180",
        h.shade,
        4,
    )
    s.line("M278 430C270 380 274 300 284 250C292 210 312 180 340 162", h.lit, 7, 'opacity=".7"')


def _high_top(s: Sheet, h: Ramp) -> None:
    s.path(
        "M294 310C288 280 292 250 304 226L300 170Q302 122 352 112Q400 102 450 112Q500 122 502 170L496 226C508 250 512 280 506 310C498 282 496 252 486 232C440 214 360 214 314 232C304 252 302 282 294 310Z",
        h.base,
    )
    s.path(
        "M450 112Q500 122 502 170L496 226C508 250 512 280 506 310C498 282 496 252 486 232C480 190 476 140 450 112Z",
        h.shade,
    )
    _gleams(s, h.lit, "324,146 344,132 322,176 352,158 336,200 372,134 376,170 364,196", 6)
    _gleams(s, h.deep, "430,140 452,162 436,186 466,196 410,160", 6)


def _grey_crop(s: Sheet, h: Ramp) -> None:
    s.path(
        "M284 344C262 240 296 140 400 136C506 134 536 230 514 344C508 350 500 346 498 336C504 290 492 250 462 214C410 262 330 262 304 300C304 322 302 340 284 344Z",
        h.base,
    )
    s.path(
        "M514 344C508 350 500 346 498 336C504 290 492 250 462 214C466 190 450 160 430 140C520 150 532 244 514 344Z",
        h.shade,
    )
    s.line("M300 282C310 230 350 200 400 180M288 300C290 230 330 180 390 160M330 254C370 236 420 224 456 206", h.lit, 5)


def _waves_back(s: Sheet, h: Ramp) -> None:
    s.path(
        "M400 132C280 132 262 230 262 320C262 400 232 440 246 520C262 560 320 560 330 530H470C480 560 538 560 554 520C568 440 538 400 538 320C538 230 520 132 400 132Z",
        h.shade,
    )


def _waves(s: Sheet, h: Ramp) -> None:
    s.path(
        "M384 148C300 146 258 220 262 320C264 400 234 440 246 520C260 552 306 556 320 528C288 470 316 430 298 380C292 310 310 240 384 186Z",
        h.base,
    )
    s.path(
        "M384 148C470 128 540 190 538 320C538 400 568 440 554 520C540 552 494 556 480 528C512 470 486 430 502 380C508 300 480 216 384 186Z",
        h.shade,
    )
    s.path(
        "M384 148C340 150 300 190 292 300C310 246 340 210 384 186C440 200 486 240 500 300C500 200 450 140 384 148Z",
        h.base,
    )
    s.line("M276 500C270 450 292 420 282 370C276 300 290 230 340 180", h.lit, 6, 'opacity=".8"')
    s.line("M526 500C530 450 510 420 520 370C526 300 510 230 460 184", h.deep, 5, 'opacity=".6"')


def _curly_top(s: Sheet, h: Ramp) -> None:
    s.rect(330, 170, 140, 60, h.base, 20)
    s.path(
        "M292 312C290 270 296 240 310 220L490 220C504 240 510 270 508 312C500 286 496 262 488 244C440 226 360 226 312 244C304 262 300 286 292 312Z",
        h.shade,
    )
    _curls(s, h.base, "320,214 326,176 360,150 400,142 440,150 474,176 482,214 356,206 400,200 444,206", 31)
    _curls(s, h.shade, "474,190 488,222 450,170 450,214", 20)
    _gleams(s, h.lit, "330,180 356,158 350,200 392,152", 10)


def _low_bun_back(s: Sheet, h: Ramp) -> None:
    s.ellipse(404, 470, 96, 58, h.shade)
    s.ellipse(398, 466, 92, 50, h.base)


def _low_bun(s: Sheet, h: Ramp) -> None:
    s.path(
        "M288 340C272 210 316 140 400 140S528 210 512 340C506 346 500 340 500 330C500 270 470 224 400 196C330 224 300 270 300 330C300 340 294 346 288 340Z",
        h.base,
    )
    s.path(
        "M400 140C490 140 528 210 512 340C506 346 500 340 500 330C500 270 470 224 400 196C424 180 420 156 400 140Z",
        h.shade,
    )
    s.line("M296 300C300 240 340 200 392 176M292 270C306 214 344 176 390 160", h.lit, 5)


def _braid_back(s: Sheet, h: Ramp) -> None:
    s.path("M400 132C300 132 276 220 282 330L518 330C524 220 500 132 400 132Z", h.shade)


def _braid(s: Sheet, h: Ramp) -> None:
    _low_bun(s, h)
    s.path("M286 330C276 370 288 420 300 452L326 440C310 410 300 372 302 336Z", h.base)
    y = 446.0
    for number in range(7):
        wide = 34 - 2.2 * number
        s.ellipse(
            306 - 2 * number,
            y,
            wide * 0.62,
            26,
            h.base if number % 2 else h.lit,
            f'transform="rotate(-24 306 {num(y)})"',
        )
        s.ellipse(318 - 2 * number, y + 14, wide * 0.56, 24, h.shade, f'transform="rotate(28 318 {num(y)})"')
        y += 30
    s.rect(286, y - 8, 24, 12, "#7A2F3A", 5)


def _receding(s: Sheet, h: Ramp) -> None:
    s.path("M290 336C280 290 284 236 306 208C318 196 326 206 318 226C308 256 306 300 300 336Z", h.base)
    s.path("M510 336C520 290 516 236 494 208C482 196 474 206 482 226C492 256 494 300 500 336Z", h.shade)
    s.path(
        "M306 214C330 164 372 152 400 152S470 164 494 214C470 186 440 172 400 172S330 186 306 214Z",
        mix(h.base, s.c.base, 0.35),
    )


def _curly_up_back(s: Sheet, h: Ramp) -> None:
    _curls(s, h.shade, "340,140 380,104 430,98 476,128 500,170 410,140", 52)
    _curls(s, h.base, "330,150 360,112 408,96 450,116", 42)
    _gleams(s, h.lit, "326,140 352,108 392,92", 12)


def _curly_up(s: Sheet, h: Ramp) -> None:
    _cap(s, h, 150, 316, "C500 262 468 226 420 214C360 214 306 244 288 316")
    _curls(s, h.base, "300,262 320,222 352,192 396,178 440,188", 24)
    _curls(s, h.shade, "474,212 496,252 502,290", 22)
    _gleams(s, h.lit, "312,228 340,196 378,178", 9)
    s.line("M296 318Q284 350 298 374", h.base, 6)


def _waves_short(s: Sheet, h: Ramp) -> None:
    s.path(
        "M290 324C268 210 310 134 404 136C500 134 530 214 510 324C504 286 498 262 486 244C470 262 450 238 430 246C404 256 388 232 362 246C340 258 322 240 312 254C302 276 298 300 290 324Z",
        h.base,
    )
    s.path("M510 324C504 286 498 262 486 244C480 200 470 160 430 138C512 146 528 224 510 324Z", h.shade)
    s.line("M318 216C336 190 362 214 382 188S430 186 450 168M330 184C350 164 370 180 396 158", h.lit, 5, 'opacity=".8"')


def _long_straight_back(s: Sheet, h: Ramp) -> None:
    s.path(
        "M400 130C280 130 262 230 262 330C262 430 246 540 240 650L560 650C554 540 538 430 538 330C538 230 520 130 400 130Z",
        h.shade,
    )


def _long_straight(s: Sheet, h: Ramp) -> None:
    s.path(
        "M400 138C296 138 262 230 264 330C262 440 248 540 240 650L318 650C300 540 290 440 298 350C300 280 330 222 400 190Z",
        h.base,
    )
    s.path(
        "M400 138C504 138 538 230 536 330C538 440 552 540 560 650L482 650C500 540 510 440 502 350C500 280 470 222 400 190Z",
        h.shade,
    )
    s.line("M276 620C272 500 276 400 282 320C286 250 316 200 366 172", h.lit, 8, 'opacity=".8"')
    s.line("M526 620C528 500 522 400 518 320C514 250 484 200 434 172", h.deep, 6, 'opacity=".7"')


def _pixie(s: Sheet, h: Ramp) -> None:
    s.path(
        "M288 356C268 240 292 136 404 134C516 136 530 240 512 356C504 352 500 332 502 310C500 270 486 244 460 226C440 262 360 282 316 268C306 290 300 330 288 356Z",
        h.base,
    )
    s.path(
        "M512 356C504 352 500 332 502 310C500 270 486 244 460 226C462 190 450 156 424 136C518 146 530 250 512 356Z",
        h.shade,
    )
    s.line(
        "M322 258C370 258 420 236 448 206M316 236C352 232 400 210 424 178M312 212C340 204 372 186 392 160",
        h.lit,
        5,
        'opacity=".7"',
    )


def _swept(s: Sheet, h: Ramp) -> None:
    s.path(
        "M292 326C276 240 290 160 372 138C450 120 524 160 514 250C512 290 510 306 506 326C502 290 500 262 484 240C470 214 440 206 400 208C360 208 330 216 314 240C302 262 298 296 292 326Z",
        h.base,
    )
    s.path(
        "M314 240C310 190 360 150 430 146C480 150 510 190 506 260C500 252 494 250 484 240C470 214 440 206 400 208C360 208 330 216 314 240Z",
        h.lit,
    )
    s.path("M460 150C512 170 520 240 506 326C502 290 500 262 484 240C486 204 478 174 460 150Z", h.shade)
    s.line("M330 216C350 180 400 164 450 172M350 208C376 184 420 180 462 194", h.base, 4)


HAIR: dict[str, tuple[Paint, Paint]] = {
    "long_curls": (_long_curls_back, _long_curls),
    "chignon": (_chignon_back, _chignon),
    "side_part": (_nothing, _side_part),
    "cropped_curls": (_nothing, _cropped_curls),
    "short": (_nothing, _short),
    "fringe_bob": (_fringe_bob_back, _fringe_bob),
    "high_top": (_nothing, _high_top),
    "grey_crop": (_nothing, _grey_crop),
    "waves": (_waves_back, _waves),
    "curly_top": (_nothing, _curly_top),
    "low_bun": (_low_bun_back, _low_bun),
    "braid": (_braid_back, _braid),
    "receding": (_nothing, _receding),
    "curly_up": (_curly_up_back, _curly_up),
    "waves_short": (_nothing, _waves_short),
    "long_straight": (_long_straight_back, _long_straight),
    "pixie": (_nothing, _pixie),
    "swept": (_nothing, _swept),
}
