"""How big things are: where each drawing lies on its sheet, how tall the thing is, what to show beside it."""

from __future__ import annotations

from typing import NamedTuple

from booking.demo.pictures.sheet import Box


class Size(NamedTuple):
    """`box`: the drawing on the sheet, without its shadow. `tall`: its height in centimetres. `beside`: the measure."""

    box: Box
    tall: float
    beside: str


SIZES: dict[str, Size] = {
    "table-lamp": Size(Box(204, 176, 596, 832), 55, "chair"),
    "floor-lamp": Size(Box(248, 99, 552, 884), 160, "figure"),
    "pendant": Size(Box(164, 0, 636, 666), 42, "chair"),
    "desk-lamp": Size(Box(234, 190, 677, 838), 52, "chair"),
    "wall-lamp": Size(Box(330, 275, 619, 790), 36, "chair"),
    "lantern": Size(Box(236, 174, 564, 836), 34, "chair"),
    "bulb": Size(Box(210, 250, 590, 800), 12, "hand"),
    "shade": Size(Box(138, 309, 662, 776), 30, "chair"),
    "candle": Size(Box(250, 280, 550, 836), 12, "hand"),
    "string-lights": Size(Box(70, 150, 730, 761), 40, "chair"),
    "armchair": Size(Box(170, 219, 624, 810), 88, "chair"),
    "sofa": Size(Box(98, 329, 734, 773), 84, "chair"),
    "chair": Size(Box(232, 158, 599, 828), 86, "figure"),
    "stool": Size(Box(204, 346, 596, 826), 46, "chair"),
    "coffee-table": Size(Box(88, 255, 722, 790), 62, "chair"),
    "bookcase": Size(Box(196, 132, 612, 869), 190, "figure"),
    "bedside": Size(Box(196, 295, 622, 808), 58, "chair"),
    "desk": Size(Box(78, 273, 736, 822), 100, "chair"),
    "mirror": Size(Box(186, 130, 626, 846), 150, "figure"),
    "bench": Size(Box(85, 377, 719, 763), 52, "chair"),
    "pan": Size(Box(80, 433, 736, 718), 20, "hand"),
    "casserole": Size(Box(108, 330, 692, 784), 24, "hand"),
    "teapot": Size(Box(78, 352, 688, 784), 20, "hand"),
    "cup": Size(Box(128, 420, 670, 802), 11, "hand"),
    "plate": Size(Box(130, 270, 670, 810), 26, "hand"),
    "glass": Size(Box(252, 150, 548, 852), 22, "hand"),
    "knife": Size(Box(233, 124, 588, 894), 34, "hand"),
    "carafe": Size(Box(232, 172, 568, 828), 27, "hand"),
    "bowl": Size(Box(132, 406, 668, 770), 10, "hand"),
    "board": Size(Box(181, 125, 628, 871), 44, "hand"),
    "cushion": Size(Box(103, 264, 699, 816), 45, "chair"),
    "throw": Size(Box(166, 424, 636, 790), 24, "hand"),
    "towel": Size(Box(120, 230, 680, 804), 90, "chair"),
    "vase": Size(Box(243, 39, 557, 846), 52, "chair"),
    "frame": Size(Box(190, 190, 610, 810), 70, "chair"),
    "basket": Size(Box(162, 376, 638, 801), 38, "chair"),
    "rug": Size(Box(64, 320, 746, 846), 110, "chair"),
    "sheets": Size(Box(150, 337, 650, 790), 22, "hand"),
    "clock": Size(Box(140, 220, 660, 740), 32, "chair"),
    "curtain": Size(Box(62, 128, 738, 886), 240, "figure"),
    "coat": Size(Box(154, 127, 646, 900), 110, "figure"),
    "shirt": Size(Box(112, 175, 688, 850), 76, "figure"),
    "dress": Size(Box(182, 140, 618, 912), 108, "figure"),
    "trousers": Size(Box(234, 134, 566, 889), 104, "figure"),
    "jumper": Size(Box(100, 210, 700, 838), 68, "figure"),
    "scarf": Size(Box(226, 203, 610, 896), 90, "figure"),
    "hat": Size(Box(80, 344, 720, 716), 14, "hand"),
    "shoes": Size(Box(112, 390, 748, 760), 18, "hand"),
    "boots": Size(Box(172, 154, 674, 834), 30, "hand"),
    "gloves": Size(Box(104, 180, 750, 890), 25, "hand"),
    "handbag": Size(Box(136, 263, 664, 800), 32, "hand"),
    "backpack": Size(Box(196, 149, 604, 840), 46, "chair"),
    "wallet": Size(Box(110, 286, 692, 745), 10, "hand"),
    "belt": Size(Box(144, 390, 656, 750), 10, "hand"),
    "umbrella": Size(Box(70, 110, 730, 890), 90, "chair"),
    "suitcase": Size(Box(120, 296, 690, 810), 44, "chair"),
    "watch": Size(Box(235, 120, 590, 880), 24, "hand"),
    "sunglasses": Size(Box(80, 350, 720, 644), 6, "hand"),
    "tote": Size(Box(170, 188, 630, 846), 62, "figure"),
    "ring": Size(Box(222, 150, 575, 786), 3.4, "hand"),
    "hammer": Size(Box(200, 126, 690, 870), 32, "hand"),
    "screwdriver": Size(Box(170, 150, 660, 860), 22, "hand"),
    "drill": Size(Box(44, 300, 650, 826), 22, "hand"),
    "pliers": Size(Box(205, 125, 592, 889), 18, "hand"),
    "toolbox": Size(Box(110, 338, 700, 786), 32, "hand"),
    "paint": Size(Box(194, 260, 606, 836), 22, "hand"),
    "brush": Size(Box(160, 140, 620, 830), 24, "hand"),
    "tape": Size(Box(180, 320, 748, 800), 8, "hand"),
    "saw": Size(Box(90, 300, 750, 740), 46, "hand"),
    "ladder": Size(Box(143, 108, 690, 884), 150, "figure"),
    "notebook": Size(Box(139, 150, 690, 860), 22, "hand"),
    "pen": Size(Box(140, 160, 660, 830), 14, "hand"),
    "puzzle": Size(Box(183, 293, 696, 784), 9, "hand"),
    "teddy": Size(Box(168, 174, 632, 846), 36, "hand"),
    "train": Size(Box(72, 140, 700, 796), 16, "hand"),
    "kite": Size(Box(210, 110, 720, 930), 140, "figure"),
    "paintbox": Size(Box(82, 232, 716, 770), 16, "hand"),
    "globe": Size(Box(178, 190, 632, 850), 36, "hand"),
    "book": Size(Box(130, 165, 670, 790), 26, "hand"),
    "chess": Size(Box(100, 166, 720, 856), 14, "hand"),
}
