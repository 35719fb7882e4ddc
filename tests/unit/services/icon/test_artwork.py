"""The built-in artwork: whole, unclipped, and different wherever a part shows."""

import itertools
import re
import xml.etree.ElementTree as ET

import cv2
import numpy as np
import pytest

from services.icon.artwork.layers import layers
from services.icon.packs.loading import BUILT_IN, built_in_pack
from shared.colour_space import difference, hex_to_lab
from shared.vocabulary import Colour, Ear, Fur, HeadShape, Pattern
from tests.unit.services.icon.helpers import SHAPES, changed, pixels, spec

PAIRS = [(Colour.BLACK, Colour.TAN), (Colour.WHITE, Colour.BLACK), (Colour.GRAY, Colour.CREAM)]


@pytest.mark.parametrize(("head", "ear", "fur"), SHAPES)
@pytest.mark.parametrize("pattern", Pattern)
def test_every_combination_is_whole(head: HeadShape, ear: Ear, fur: Fur, pattern: Pattern) -> None:
    """Nothing reaches the border of the canvas, and there is no hole in the disc."""
    for beard, (first, second) in itertools.product((False, True), PAIRS):
        alpha = pixels(spec(ear, fur, pattern, first, second, head, beard))[..., 3]
        border = np.concatenate([alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]])
        assert border.max() == 0, "the drawing is cut off by the canvas"
        y, x = np.mgrid[: alpha.shape[0], : alpha.shape[1]] + 0.5
        inside = np.hypot(x - 64, y - 64) < 61
        assert alpha[inside].min() == 255, "there is a gap in the drawing"


@pytest.mark.parametrize(("head", "ear", "fur"), SHAPES)
def test_the_dog_stays_within_its_disc(head: HeadShape, ear: Ear, fur: Fur) -> None:
    """Where the disc ends, only the shoulders touch it: heads and ears are never cut by its edge."""
    for beard in (False, True):
        drawn = pixels(spec(ear, fur, primary=Colour.BLACK, head=head, beard=beard), 256)
        y, x = np.mgrid[:256, :256] + 0.5
        ring = (np.abs(np.hypot(x - 128, y - 128) - 122.5) < 1) & (y < 190)
        backdrop = np.array([0xFF, 0xD0, 0x7A])
        assert np.abs(drawn[ring][:, :3] - backdrop).max() <= 3


@pytest.mark.parametrize(("head", "ear", "fur"), SHAPES)
def test_the_head_has_no_gap_to_the_backdrop(head: HeadShape, ear: Ear, fur: Fur) -> None:
    """No island of backdrop shows through the dog: the backdrop within the disc is open to its rim."""
    for beard in (False, True):
        drawn = pixels(spec(ear, fur, primary=Colour.WHITE, head=head, beard=beard), 256)
        backdrop = np.abs(drawn[..., :3] - np.array([0x8C, 0xC8, 0xE8])).max(axis=2) <= 4
        _, regions, stats, centres = cv2.connectedComponentsWithStats(backdrop.astype(np.uint8))
        rim = {
            int(regions[128 - int(122 * np.sin(a)), 128 + int(122 * np.cos(a))])
            for a in np.linspace(0.2, 2.9, 60)
        }
        islands = [
            (stats[i, cv2.CC_STAT_AREA], centres[i])
            for i in range(1, len(stats))
            if i not in rim and stats[i, cv2.CC_STAT_AREA] > 2 and np.hypot(*(centres[i] - 128)) < 118
        ]
        # Between a dropped ear, the head and the shoulder the backdrop may show, as it does beside a neck.
        assert all(centre[1] > 170 for _, centre in islands), islands


@pytest.mark.parametrize(("head", "ear", "fur"), SHAPES)
def test_each_choice_shows(head: HeadShape, ear: Ear, fur: Fur) -> None:
    """Changing one part changes the picture by a margin, in light and in dark colours, even at 64 px."""
    for first, second in PAIRS:
        base = spec(ear, fur, Pattern.BLAZE, first, second, head)
        others = [
            spec(ear, fur, pattern, first, second, head)
            for pattern in Pattern
            if pattern is not Pattern.BLAZE
        ]
        others += [spec(ear, coat, Pattern.BLAZE, first, second, head) for coat in Fur if coat is not fur]
        others += [
            spec(ear, fur, Pattern.BLAZE, first, second, shape) for shape in HeadShape if shape is not head
        ]
        others += [spec(e, fur, Pattern.BLAZE, first, second, head) for e in Ear if e is not ear]
        others += [spec(ear, fur, Pattern.BLAZE, first, second, head, beard=True)]
        for other in others:
            assert changed(base, other, 64) > 0.012, other


@pytest.mark.parametrize(("first", "second"), list(itertools.combinations(Colour, 2)))
def test_colours_are_told_apart(first: Colour, second: Colour) -> None:
    palette = built_in_pack().parts().colours
    assert difference(hex_to_lab(palette[first]), hex_to_lab(palette[second])) > 10
    assert changed(spec(primary=first), spec(primary=second)) > 0.2
    for pattern in Pattern:
        if pattern is not Pattern.NONE:
            assert changed(spec(pattern=pattern, primary=first, secondary=second), spec(primary=first)) > 0.01


@pytest.mark.parametrize("pattern", Pattern)
def test_what_cannot_show_changes_nothing(pattern: Pattern) -> None:
    plain = pixels(spec(primary=Colour.RED, secondary=Colour.RED))
    assert np.array_equal(pixels(spec(pattern=pattern, primary=Colour.RED, secondary=Colour.RED)), plain)
    assert np.array_equal(pixels(spec(primary=Colour.RED, secondary=Colour.BLACK)), plain)


@pytest.mark.parametrize("colour", Colour)
def test_every_coat_stands_out_from_its_backdrop(colour: Colour) -> None:
    drawn = built_in_pack().compose(spec(primary=colour)).svg
    backdrop = re.search(r'<circle[^>]*fill="(#[0-9a-f]{6})"', drawn)
    assert backdrop is not None
    assert difference(hex_to_lab(backdrop[1]), hex_to_lab(built_in_pack().parts().colours[colour])) > 25


@pytest.mark.parametrize("colour", Colour)
def test_shading_keeps_its_order(colour: Colour) -> None:
    """The muzzle is lighter than the coat, folds are darker and lines darkest, for black and for white."""
    tones = built_in_pack()._manifest.palettes[colour]
    light, base, shade, line = (hex_to_lab(tones[tone])[0] for tone in ("light", "base", "shade", "line"))
    assert light > base > shade > line
    assert base - line > 12


class TestDocument:
    @pytest.mark.parametrize(("head", "ear", "fur"), SHAPES)
    def test_is_a_plain_drawing(self, head: HeadShape, ear: Ear, fur: Fur) -> None:
        for pattern, beard in itertools.product(Pattern, (False, True)):
            svg = built_in_pack().compose(spec(ear, fur, pattern, head=head, beard=beard)).svg
            root = ET.fromstring(svg)  # noqa: S314 - our own document
            assert root.attrib["viewBox"] == "0 0 512 512"
            ids = [node.attrib["id"] for node in root.iter() if "id" in node.attrib]
            assert len(ids) == len(set(ids))
            used = set(re.findall(r"url\(#([^)]+)\)", svg))
            assert used <= set(ids), "a clip or gradient is used and not defined"
            assert "$" not in svg
            assert {node.tag.split("}")[1] for node in root.iter()} <= {
                "svg", "g", "defs", "clipPath", "path", "circle", "ellipse", "linearGradient", "stop",
            }  # fmt: skip

    def test_ids_differ_between_icons(self) -> None:
        first, second = (built_in_pack().compose(spec(primary=c)).svg for c in (Colour.RED, Colour.TAN))
        ids = [set(re.findall(r'id="([^"]+)"', svg)) for svg in (first, second)]
        assert ids[0]
        assert not ids[0] & ids[1]


def test_the_layer_files_are_what_the_drawing_writes() -> None:
    drawn = layers()
    kept = {file.relative_to(BUILT_IN).as_posix(): file.read_text() for file in BUILT_IN.rglob("*.svg")}
    assert kept == {name: content + "\n" for name, content in drawn.items()}
