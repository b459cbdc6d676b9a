"""The three views of a motif: in front, a detail, and to scale beside something everybody knows."""

from __future__ import annotations

from collections.abc import Callable

from booking.demo.pictures.sheet import HEIGHT, WIDTH, Box, Sheet, num
from booking.demo.pictures.sizes import SIZES, Size
from booking.demo.pictures.tones import GROUND

NEUTRAL, MEASURE = "#DDD3C2", "#8C8476"
BESIDE_TALL = {"hand": 19.0, "chair": 86.0, "figure": 172.0}
BESIDE_WIDE = {"hand": 12.0, "chair": 46.0, "figure": 52.0}
# Where the most telling part of a drawing lies and how wide to look at it, when the middle of the drawing will not do.
CLOSE: dict[str, tuple[float, float, float]] = {
    "table-lamp": (400, 560, 330),
    "pendant": (420, 540, 430),
    "wall-lamp": (450, 600, 330),
    "lantern": (400, 620, 330),
    "bulb": (400, 640, 340),
    "floor-lamp": (420, 330, 360),
    "armchair": (330, 520, 420),
    "desk": (560, 500, 400),
    "coffee-table": (480, 480, 400),
    "bench": (290, 560, 380),
    "mirror": (300, 330, 330),
    "knife": (370, 590, 260),
    "pan": (470, 560, 400),
    "plate": (280, 400, 300),
    "carafe": (400, 560, 380),
    "bowl": (290, 560, 400),
    "cushion": (250, 400, 340),
    "throw": (360, 600, 330),
    "towel": (420, 700, 330),
    "frame": (330, 360, 330),
    "basket": (270, 530, 300),
    "curtain": (280, 260, 320),
    "trousers": (400, 300, 330),
    "scarf": (420, 740, 360),
    "boots": (350, 640, 460),
    "gloves": (360, 700, 330),
    "hat": (480, 560, 360),
    "handbag": (400, 560, 380),
    "backpack": (400, 500, 340),
    "wallet": (540, 520, 300),
    "belt": (330, 660, 330),
    "sunglasses": (300, 500, 330),
    "tote": (440, 480, 380),
    "hammer": (480, 270, 360),
    "screwdriver": (500, 330, 330),
    "tape": (560, 660, 340),
    "saw": (580, 420, 360),
    "paint": (340, 520, 340),
    "brush": (390, 600, 360),
    "train": (480, 560, 400),
    "notebook": (470, 340, 360),
    "pen": (290, 690, 300),
    "chess": (360, 420, 420),
    "globe": (330, 380, 360),
}

Painter = Callable[[Sheet], None]


def front(name: str, paint: Painter, sheet: Sheet) -> str:
    """The whole object."""
    paint(sheet)
    return sheet.svg(GROUND, Box(0, 0, WIDTH, HEIGHT), WIDTH, HEIGHT)


def detail(name: str, paint: Painter, sheet: Sheet) -> str:
    """The same drawing seen from near, with the grain of the paper."""
    box = SIZES[name].box
    x, y, wide = CLOSE.get(
        name,
        (
            box.left + 0.42 * (box.right - box.left),
            box.top + 0.36 * (box.bottom - box.top),
            max(250.0, 0.55 * max(box.right - box.left, 0.8 * (box.bottom - box.top))),
        ),
    )
    tall = wide * HEIGHT / WIDTH
    view = Box(x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2)
    paint(sheet)
    sheet.grain(view)
    return sheet.svg(GROUND, view, WIDTH, HEIGHT)


def scale(name: str, paint: Painter, sheet: Sheet) -> str:
    """The object beside a hand, a chair or a person, with lines to measure it."""
    size = SIZES[name]
    box = size.box
    wide, tall = box.right - box.left, box.bottom - box.top
    per_cm = _units_per_cm(size)
    zoom = size.tall * per_cm / tall
    beside_wide = BESIDE_WIDE[size.beside] * per_cm
    left = (WIDTH - wide * zoom - beside_wide - 70) / 2 + 14
    floor = 480 + 0.5 * per_cm * max(size.tall, BESIDE_TALL[size.beside])
    right, top = left + wide * zoom, floor - size.tall * per_cm
    _beside(sheet, size.beside, right + 70, floor, per_cm)
    sheet.begin(f"translate({num(left - box.left * zoom)} {num(floor - box.bottom * zoom)}) scale({zoom:.3f})")
    paint(sheet)
    sheet.end()
    _measure(sheet, Box(left, top, right, floor))
    return sheet.svg(GROUND, Box(0, 0, WIDTH, HEIGHT), WIDTH, HEIGHT)


def _units_per_cm(size: Size) -> float:
    box = size.box
    wide = size.tall * (box.right - box.left) / (box.bottom - box.top)
    return min(600 / max(size.tall, BESIDE_TALL[size.beside]), 560 / (wide + BESIDE_WIDE[size.beside]))


def _measure(sheet: Sheet, box: Box) -> None:
    """A height line on the left and a width line below, with ticks and no figures."""
    left, top, right, floor = box
    x, y = left - 36, floor + 56
    lines = f"M{num(x)} {num(top)}V{num(floor)}M{num(left)} {num(y)}H{num(right)}"
    ends = (
        f"M{num(x - 9)} {num(top)}h18M{num(x - 9)} {num(floor)}h18"
        f"M{num(left)} {num(y - 9)}v18M{num(right)} {num(y - 9)}v18"
    )
    heights = "".join(f"M{num(x - 4)} {num(top + (floor - top) * i / 10)}h8" for i in range(1, 10))
    widths = "".join(f"M{num(left + (right - left) * i / 10)} {num(y - 4)}v8" for i in range(1, 10))
    sheet.line(lines + ends, MEASURE, 2)
    sheet.line(heights + widths, MEASURE, 1.5)


def _beside(sheet: Sheet, what: str, left: float, floor: float, per_cm: float) -> None:
    sheet.begin(f"translate({num(left)} {num(floor)}) scale({per_cm:.3f})")
    {"hand": _hand, "chair": _chair, "figure": _figure}[what](sheet)
    sheet.end()


def _hand(sheet: Sheet) -> None:
    """An open hand, 19 cm from the wrist to the tip of the middle finger; units are centimetres, up is negative."""
    sheet.path(
        "M3.6 0C3.5-2 3.3-3.4 2.9-4.6C1.9-5.8.9-7.3.2-9C-.2-10 .8-10.7 1.6-10L3.5-8.2C3.3-10.6 2.9-13.8 2.8-15.6"
        "C2.8-16.7 4.1-16.8 4.3-15.7L4.9-11.6C4.9-14 4.8-16.6 4.9-18C5-19.2 6.5-19.2 6.6-18L6.8-11.7"
        "C7-14 7.3-16 7.6-17.2C7.9-18.2 9.1-17.9 9-16.8L8.6-11.2C8.9-12.6 9.3-14 9.7-14.8C10.2-15.6 11.2-15.1 10.9-14"
        "C10.3-11.6 10.2-7.8 9.5-5.4C9.2-3.6 9.2-1.8 9.3 0Z",
        NEUTRAL,
    )


def _chair(sheet: Sheet) -> None:
    """A plain chair 86 cm tall, seen from the side."""
    sheet.path("M6-86H10.5L12-46H42Q45-46 45-43.5T42-41H41L44 0H40L36.5-41H13L9.5 0H5.500L8-42Z", NEUTRAL)


def _figure(sheet: Sheet) -> None:
    """A standing person, 172 cm."""
    sheet.ellipse(26, -160, 9, 12, NEUTRAL)
    sheet.path(
        "M22-150H30L31-144Q44-142 46-132L50-84Q50-78 46-78L44-82L40-118L39-88L41-8L46-1V0H32L29-80H24L20 0H7V-1L12-8L13-88"
        "L12-118L8-82L6-78Q2-78 2-84L6-132Q8-142 21-144Z",
        NEUTRAL,
    )
