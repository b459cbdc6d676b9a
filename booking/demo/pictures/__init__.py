"""Pictures of the demo house: every object, every scene and every face is drawn here, as SVG, in one style.

`draw` gives an object on a 4:5 sheet, `scene` a shop window, a department or a façade, `portrait` an advisor. The same
arguments give the same text, to the byte.
"""

from __future__ import annotations

from booking.demo.pictures import (
    bags,
    fashion,
    furniture,
    games,
    hardware,
    kitchen,
    lighting,
    linen,
    portraits,
    scenes,
    views,
)
from booking.demo.pictures.sheet import Sheet

_DEPARTMENTS = (lighting, furniture, kitchen, linen, fashion, bags, hardware, games)
_PAINTERS = {name: paint for department in _DEPARTMENTS for name, paint in department.MOTIFS.items()}
_VIEWS = {"front": views.front, "detail": views.detail, "scale": views.scale}

MOTIFS: tuple[str, ...] = tuple(_PAINTERS)
VIEWS: tuple[str, ...] = tuple(_VIEWS)
SCENES: tuple[str, ...] = tuple(scenes.SCENES)
PORTRAITS: tuple[str, ...] = tuple(portraits.SITTERS)


def draw(motif: str, *, colour: str, second: str | None = None, accent: str | None = None, view: str = "front") -> str:
    """The picture of `motif` in `colour` (#RRGGBB) as a standalone SVG, 800 × 1000.

    `second` and `accent` colour the other parts (a lampshade, a buckle); without them each motif has its own.
    Raises KeyError for an unknown motif or view, ValueError for a colour that is not #RRGGBB.
    """
    if motif not in _PAINTERS:
        raise KeyError(f"no motif {motif!r}; there are {', '.join(MOTIFS)}")
    if view not in _VIEWS:
        raise KeyError(f"no view {view!r}; there are {', '.join(VIEWS)}")
    return _VIEWS[view](motif, _PAINTERS[motif], Sheet(colour, second, accent))


def scene(name: str) -> str:
    """The scene `name` as a standalone SVG: `hero` 1600 × 1000, departments 800 × 1000, façades 1200 × 800.

    Raises KeyError for an unknown scene.
    """
    if name not in scenes.SCENES:
        raise KeyError(f"no scene {name!r}; there are {', '.join(SCENES)}")
    return scenes.SCENES[name]()


def portrait(name: str) -> str:
    """The advisor of that slug as a standalone SVG, 800 × 800. Raises KeyError for someone who never sat for one."""
    return portraits.portrait(name)
