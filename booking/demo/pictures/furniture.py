"""Furniture, drawn in the slanted projection of the sheet."""

from __future__ import annotations

from collections.abc import Callable

from booking.demo.pictures.sheet import BRASS, LINEN, OAK, Point, Room, Sheet, band, num
from booking.demo.pictures.tones import Ramp, ramp


def armchair(s: Sheet) -> None:
    wood, room = s.second(OAK), Room(s, 152, 760)
    room.shadow(400, 290)
    _feet(room, 400, 290, 70, wood)
    room.box(20, 215, 90, 360, 60, 380, s.c, 28)
    room.box(10, 20, 90, 56, 240, 160, s.c, 24)
    room.box(76, 20, 80, 250, 230, 50, ramp(s.c.shade), 14)
    room.box(82, 4, 150, 236, 214, 40, s.c, 18)
    room.box(334, 20, 90, 56, 240, 160, s.c, 24)


def sofa(s: Sheet) -> None:
    wood, cushion, room = s.second(OAK), s.accent("#D8C3A0"), Room(s, 80, 690)
    room.shadow(620, 240)
    _feet(room, 620, 240, 52, wood)
    room.box(20, 184, 62, 580, 44, 240, s.c, 22)
    room.box(12, 16, 62, 44, 190, 130, s.c, 20)
    room.box(60, 16, 62, 500, 190, 36, ramp(s.c.shade), 12)
    room.box(72, 2, 114, 226, 178, 32, s.c, 14)
    room.box(322, 2, 114, 226, 178, 32, s.c, 14)
    x, y = room.at(120, 130, 190)
    s.begin(f"translate({x:.0f} {y:.0f}) rotate(-8)")
    s.path("M-52 -56Q0 -46 56 -60Q48 0 60 54Q0 44 -54 58Q-46 0 -52 -56Z", cushion.base)
    s.path("M20 -54Q40 -56 56 -60Q48 0 60 54Q44 50 26 51Q34 0 20 -54Z", cushion.shade)
    s.end()
    room.box(564, 16, 62, 44, 190, 130, s.c, 20)


def chair(s: Sheet) -> None:
    seat, room = s.second("#D9BE93"), Room(s, 232, 786)
    room.shadow(280, 250)
    for x, y in ((0, 226), (258, 226)):
        room.box(x, y, 0, 24, 24, 560, s.c)
    for z, h in ((330, 26), (410, 26), (490, 74)):
        room.box(14, 232, z, 254, 14, h, s.c, 3 if h == 74 else 0)
    room.box(6, 12, 110, 14, 230, 16, s.c)
    room.box(10, 130, 130, 262, 14, 16, s.c)
    room.box(0, 0, 0, 24, 24, 270, s.c)
    room.box(258, 12, 110, 14, 230, 16, s.c)
    room.box(258, 0, 0, 24, 24, 270, s.c)
    room.box(0, 0, 262, 282, 250, 16, s.c, 5)
    room.box(6, 4, 282, 270, 236, 8, seat, 8)


def stool(s: Sheet) -> None:
    s.shadow(400, 826, 170)
    for x, far in ((352, 330), (448, 470)):
        s.path(f"M{x - 14} 440H{x + 14}L{far + 10} 786H{far - 10}Z", s.c.deep)
    s.line("M306 694Q400 718 494 694", s.c.deep, 13)
    s.path("M292 440H330L262 826H236Z", s.c.base)
    s.path("M316 440H330L262 826H252Z", s.c.shade)
    s.path("M470 440H508L564 826H538Z", s.c.shade)
    s.path("M494 440H508L564 826H555Z", s.c.deep)
    s.turned(400, "M0 400 L196 400 L196 432 C196 470 90 486 0 486", s.c)
    s.ellipse(400, 400, 196, 54, s.c.lit)
    s.ellipse(400, 396, 172, 45, s.second(s.c.base).base)
    s.line("M250 390Q330 366 470 372M262 410Q380 392 548 404M300 424Q420 412 520 424", s.second(s.c.base).shade, 2)


def coffee_table(s: Sheet) -> None:
    book, room = s.second("#2B5876"), Room(s, 88, 716)
    room.shadow(560, 270)
    for left, back in ((24, 220), (500, 220), (24, 20), (500, 20)):
        room.box(left, back, 0, 26, 26, 200, s.c)
    room.box(30, 30, 66, 490, 200, 12, s.c)
    room.box(0, 0, 200, 560, 270, 26, s.c, 4)
    room.box(110, 70, 232, 150, 110, 20, ramp("#E9E0CD"), 1)
    room.box(118, 76, 254, 138, 100, 18, book, 1)
    x, y = place = room.at(400, 130, 232)
    _stand(s, place, "M0 -96 L20 -96 C22 -70 56 -60 56 -30 C56 0 30 8 0 8", s.accent("#A5452C"))
    s.line(f"M{x:.0f} {y - 92:.0f}q-10 -70 -46 -106m46 106q6 -70 40 -128", "#6F7A55", 3)
    for dx, dy, turn in ((-46, -204, -40), (-16, -160, -70), (40, -226, 30), (18, -170, 70)):
        s.ellipse(0, 0, 11, 26, "#7F8B63", f'transform="translate({x + dx:.0f} {y + dy:.0f}) rotate({turn})"')


def bookcase(s: Sheet) -> None:
    room = Room(s, 196, 812)
    w, h, d, t = 380, 640, 150, 16
    room.shadow(w, d)
    room.box(0, 0, 0, w, d, h, s.c)
    hues = ("#A5452C", "#E9E0CD", "#2B5876", "#1F3D36", "#C79A4B", "#6E4B3A")
    cell = (h - 5 * t - 24) / 4
    for row in range(4):
        z = 24 + t + row * (cell + t)
        room.front(t, z, w - 2 * t, cell, s.c.deep)
        at = room.at
        s.poly([at(t, 0, z), at(w - t, 0, z), at(w - t, 100, z), at(t + 40, 100, z)], s.c.shade)
        s.poly([at(t, 0, z), at(t, 0, z + cell), at(t + 26, 60, z + cell), at(t + 26, 60, z)], s.c.base)
        x = 40.0 if row % 2 else 150.0
        for book in range(6 - row % 2):
            thick, tall = 18 + (book * 7 + row * 5) % 13, cell * (0.62 + ((book * 5 + row * 3) % 4) * 0.09)
            tone = ramp(hues[(book * 2 + row) % 6])
            room.front(x, z, thick, tall, tone.base, 20)
            x += thick + 2
    place = room.at(300, 20, 24 + t + cell + t)
    _stand(s, place, "M0 -84 L14 -84 C14 -66 36 -56 36 -30 C36 -8 26 0 0 0", s.second("#E9E0CD"))
    place = room.at(90, 20, 24 + t + 2 * (cell + t))
    _stand(s, place, "M0 -50 L46 -50 C44 -16 24 0 0 0", s.accent())
    for z in range(5):
        room.front(0, 24 + z * (cell + t), w, t, s.c.base)
    room.front(0, 24, t, h - 24, s.c.lit)
    room.front(w - t, 24, t, h - 24, s.c.base)
    room.front(0, 0, w, 24, s.c.shade)
    room.front(0, h - t, w, t, s.c.lit)


def bedside(s: Sheet) -> None:
    brass, room = s.accent(BRASS), Room(s, 196, 760)
    room.shadow(350, 240)
    for left, back in ((318, 208), (10, 208), (10, 10), (318, 10)):
        room.box(left, back, 0, 20, 20, 150, s.c)
    room.box(0, 0, 150, 350, 240, 250, s.c, 4)
    room.front(14, 290, 322, 94, s.c.lit)
    room.front(14, 164, 322, 110, s.c.deep)
    at = room.at
    s.poly([at(14, 0, 164), at(336, 0, 164), at(336, 160, 164), at(84, 160, 164)], s.c.shade)
    room.box(70, 20, 166, 150, 90, 18, s.second("#2B5876"))
    room.box(80, 22, 186, 134, 84, 16, ramp(LINEN))
    x, y = at(175, 0, 337)
    s.ellipse(x, y, 12, 12, brass.shade)
    s.ellipse(x - 2, y - 2, 9, 9, brass.lit)


def desk(s: Sheet) -> None:
    brass, room = s.accent(BRASS), Room(s, 78, 740)
    room.shadow(590, 260)
    for left, back in ((20, 222), (546, 222)):
        room.box(left, back, 0, 24, 24, 330, s.c)
    room.box(380, 10, 190, 200, 230, 140, s.c)
    room.box(24, 200, 250, 360, 14, 80, s.c)
    for left in (20, 546):
        room.box(left, 14, 0, 24, 24, 330, s.c)
    room.front(392, 268, 150, 54, s.c.lit, 10)
    room.front(392, 202, 150, 54, s.c.lit, 10)
    for z in (295, 229):
        x, y = room.at(467, 10, z)
        s.ellipse(x, y, 9, 9, brass.base)
    room.box(0, 0, 330, 590, 260, 22, s.c, 4)
    room.box(60, 90, 354, 170, 110, 14, s.second("#2B5876"))
    room.box(70, 96, 369, 158, 100, 10, ramp(LINEN))
    x, y = place = room.at(470, 130, 352)
    _stand(s, place, "M0 -70 L32 -70 L32 -4 C32 6 14 10 0 10", ramp("#A5452C"))
    s.line(
        f"M{x - 8:.0f} {y - 66:.0f}l-16 -74M{x + 6:.0f} {y - 66:.0f}l10 -84M{x + 16:.0f} {y - 66:.0f}l30 -60",
        s.c.deep,
        6,
    )


def mirror(s: Sheet) -> None:
    s.shadow(410, 850, 180, 24)
    arch = "M0 130 C150 130 214 240 214 370 L214 846 L0 846"
    s.halves(412, arch, ramp(s.c.shade), 0)
    s.halves(400, arch, s.c, 0.4)
    glass = "M0 152 C132 152 192 250 192 372 L192 824 L0 824"
    from_here = "M208 372C208 250 268 152 400 152S592 250 592 372V824H208Z"
    pane = s.second("#CBD5D3")
    s.path(band(glass, 400, -1, 1), pane.base)
    s.begin(clip=from_here)
    s.path("M180 640L560 120H660L180 780Z", pane.lit)
    s.path("M240 860L660 290V350L290 860Z", pane.lit)
    s.path("M208 372C208 250 268 152 400 152V164C276 164 222 256 222 372V824H208Z", pane.deep, 'opacity=".5"')
    s.end()
    s.line("M190 840V372C190 250 262 140 400 133", s.c.lit, 4)


def bench(s: Sheet) -> None:
    seat, room = s.second("#D9BE93"), Room(s, 74, 680)
    room.shadow(610, 220)
    for x, y in ((30, 176), (556, 176), (30, 16), (556, 16)):
        room.box(x, y, 0, 24, 24, 190, s.c)
    room.box(38, 100, 60, 530, 16, 18, s.c)
    room.box(10, 4, 180, 590, 204, 26, s.c, 3)
    room.box(10, 4, 214, 590, 204, 34, seat, 14)
    for x in (158, 305, 452):
        a, b, c = room.at(x, -12, 214), room.at(x, 0, 256), room.at(x, 206, 260)
        s.line(f"M{a[0]:.0f} {a[1]:.0f}L{b[0]:.0f} {b[1]:.0f}L{c[0]:.0f} {c[1]:.0f}", seat.shade, 3)


def _stand(s: Sheet, place: Point, half: str, tones: Ramp) -> None:
    """A turned object on a piece of furniture; `half` is drawn from its foot."""
    s.begin(f"translate({num(place[0])} {num(place[1])})")
    s.turned(0, half, tones)
    s.end()


def _feet(room: Room, w: float, d: float, h: float, tones: Ramp) -> None:
    for x, y in ((26, d - 40), (w - 40, d - 40), (26, 24), (w - 40, 24)):
        room.box(x, y, 0, 18, 18, h + 30, tones)


MOTIFS: dict[str, Callable[[Sheet], None]] = {
    "armchair": armchair,
    "sofa": sofa,
    "chair": chair,
    "stool": stool,
    "coffee-table": coffee_table,
    "bookcase": bookcase,
    "bedside": bedside,
    "desk": desk,
    "mirror": mirror,
    "bench": bench,
}
