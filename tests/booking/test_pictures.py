"""The pictures of the demo house: standalone, small, the same every time."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from booking.demo.pictures import MOTIFS, SCENES, VIEWS, draw, scene
from booking.demo.pictures.tones import GROUND, darken, difference, lighten, mix, ramp

COLOURS = ("#B08D57", "#1F3D36", "#A5452C", "#2E2B26", "#E9E2D3", "#2B5876", "#FFFFFF", "#000000")
FAMILIES = {
    "lighting": "table-lamp floor-lamp pendant desk-lamp wall-lamp lantern bulb shade candle string-lights",
    "furniture": "armchair sofa chair stool coffee-table bookcase bedside desk mirror bench",
    "kitchen": "pan casserole teapot cup plate glass knife carafe bowl board",
    "linen": "cushion throw towel vase frame basket rug sheets clock curtain",
    "fashion": "coat shirt dress trousers jumper scarf hat shoes boots gloves",
    "bags": "handbag backpack wallet belt umbrella suitcase watch sunglasses tote ring",
    "hardware": "hammer screwdriver drill pliers toolbox paint brush tape saw ladder",
    "games": "notebook pen puzzle teddy train kite paintbox globe book chess",
}
SVG = "{http://www.w3.org/2000/svg}"
ALLOWED = {
    "svg",
    "g",
    "defs",
    "path",
    "rect",
    "ellipse",
    "clipPath",
    "filter",
    "feGaussianBlur",
    "feTurbulence",
    "feColorMatrix",
    "linearGradient",
    "radialGradient",
    "stop",
    "pattern",
}


def check_standalone(text: str, limit: int) -> ElementTree.Element:
    """Well-formed, small, nothing but shapes, every id once, every reference answered in the file."""
    assert len(text.encode()) <= limit
    root = ElementTree.fromstring(text)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= ALLOWED
    attributes = [(name, value) for element in root.iter() for name, value in element.attrib.items()]
    assert not [name for name, _ in attributes if name in ("style", "class") or "href" in name or name.startswith("on")]
    ids = [value for name, value in attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert set(re.findall(r"url\(#(\w+)\)", text)) <= set(ids)
    assert "nan" not in text and not re.search(r"\d\.\d{4,}", text), "numbers are rounded"
    return root


def test_every_department_has_its_ten_motifs() -> None:
    assert tuple(name for names in FAMILIES.values() for name in names.split()) == MOTIFS


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("motif", MOTIFS)
def test_every_picture_is_small_and_stands_alone(motif: str, view: str) -> None:
    for colour in COLOURS:
        root = check_standalone(draw(motif, colour=colour, view=view), 6_000)
        left, top, wide, tall = map(float, root.attrib["viewBox"].split())
        assert wide / tall == pytest.approx(0.8, abs=0.01)
        ground = root.find(f"{SVG}rect")
        assert ground is not None and ground.attrib["fill"] == GROUND
        assert (float(ground.attrib["x"]), float(ground.attrib["y"])) == (left, top)


@pytest.mark.parametrize("motif", MOTIFS)
def test_the_colour_asked_for_is_the_colour_painted(motif: str) -> None:
    green, terracotta = draw(motif, colour="#1F3D36"), draw(motif, colour="#A5452C")
    assert green != terracotta
    assert any(tone in green for tone in ramp("#1F3D36"))


@pytest.mark.parametrize("motif", MOTIFS)
def test_the_three_views_differ(motif: str) -> None:
    assert len({draw(motif, colour="#2B5876", view=view) for view in VIEWS}) == 3


def test_the_second_colour_is_that_of_the_shade_of_a_lamp() -> None:
    assert ramp("#5B4A7A").base in draw("table-lamp", colour="#1F3D36", second="#5B4A7A")
    assert ramp("#5B4A7A").base not in draw("table-lamp", colour="#1F3D36")


def test_the_gilding_of_a_book_shows_on_a_book_bound_in_the_colour_of_gilding() -> None:
    gilding = ramp("#B08D57").base
    assert gilding in draw("book", colour="#1F3D36")
    gilt_on_gilt = draw("book", colour="#B08D57", accent="#B08D57")
    assert draw("book", colour="#B08D57").count(gilding) < gilt_on_gilt.count(gilding)


def test_pictures_are_the_same_every_time() -> None:
    for motif in MOTIFS:
        assert draw(motif, colour="#A5452C", view="scale") == draw(motif, colour="#A5452C", view="scale")
    for name in SCENES:
        assert scene(name) == scene(name)


@pytest.mark.parametrize("name", SCENES)
def test_every_scene_is_small_and_stands_alone(name: str) -> None:
    root = check_standalone(scene(name), 14_000)
    size = "0 0 1600 1000" if name == "hero" else "0 0 800 1000" if name.startswith("dept-") else "0 0 1200 800"
    assert root.attrib["viewBox"] == size


def test_there_is_a_window_a_scene_for_each_department_and_five_facades() -> None:
    assert (
        "hero",
        *(f"dept-{name}" for name in FAMILIES),
        "store-rivoli",
        "store-presquile",
        "store-kleber",
        "store-saint-denis",
        "store-biarritz",
    ) == SCENES


def test_an_unknown_motif_a_view_or_a_scene_is_named_in_the_refusal() -> None:
    with pytest.raises(KeyError, match="no motif 'piano'"):
        draw("piano", colour="#A5452C")
    with pytest.raises(KeyError, match="no view 'back'"):
        draw("chair", colour="#A5452C", view="back")
    with pytest.raises(KeyError, match="no scene 'moon'"):
        scene("moon")
    with pytest.raises(ValueError, match="#RRGGBB"):
        draw("chair", colour="red")


@pytest.mark.parametrize("colour", COLOURS)
def test_light_comes_from_the_left_whatever_the_colour(colour: str) -> None:
    def level(tone: str) -> float:
        return difference(tone, "#000000")

    lit, base, shade, deep = ramp(colour)
    assert level(lit) > level(base) >= level(shade) >= level(deep)
    assert difference(shade, GROUND) > 0.04, "the shaded side of a pale object stands out on the ground"


def test_mixing_goes_from_one_colour_to_the_other() -> None:
    assert mix("#A5452C", "#2B5876", 0) == "#A5452C"
    assert mix("#A5452C", "#2B5876", 1) == "#2B5876"
    assert lighten("#A5452C", 1) == "#FFFFFF"
    assert darken("#A5452C", 1) == "#1B1A17"
