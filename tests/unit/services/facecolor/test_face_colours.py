"""The whole reading: shapes of the answer, bad input, light."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from services.facecolor.face_colours import FaceColourReader, FaceColours
from shared.colour_space import difference, hex_to_lab
from shared.geometry import Box
from shared.vocabulary import Colour
from tests.conftest import Portrait

MODEL_FOLDER = Path(__file__).parents[4] / "services" / "facecolor" / "model"
HEAD = Box(0.25, 0.25, 0.75, 0.75)


@pytest.fixture(scope="module")
def reader() -> FaceColourReader:
    return FaceColourReader(MODEL_FOLDER)


def check(colours: FaceColours) -> None:
    swatches = [colours.primary, *colours.palette, *([colours.secondary] if colours.secondary else [])]
    for swatch in swatches:
        assert isinstance(swatch.name, Colour)
        assert 0 <= swatch.share <= 1 + 1e-9
        assert difference(hex_to_lab(swatch.hex), swatch.lab) < 25, "hex and Lab say different colours"
    assert 1 <= len(colours.palette) <= 5
    assert sum(swatch.share for swatch in colours.palette) == pytest.approx(1)
    assert colours.secondary is None or colours.secondary.name is not colours.primary.name


@pytest.mark.parametrize("shape", [(1, 1), (1, 200), (200, 1), (3, 3), (224, 224), (768, 1024)])
@pytest.mark.parametrize("seed", range(2))
def test_any_picture_is_read(reader: FaceColourReader, shape: tuple[int, int], seed: int) -> None:
    image = np.random.default_rng(seed).integers(0, 256, (*shape, 3), np.uint8)
    check(reader.read(image, HEAD))


@pytest.mark.parametrize(
    "box", [Box(0, 0, 1, 1), Box(0, 0, 0.002, 0.002), Box(0.99, 0.99, 1, 1), Box(0, 0.5, 1, 0.501)]
)
def test_any_box_is_read(reader: FaceColourReader, box: Box) -> None:
    image = np.random.default_rng(5).integers(0, 256, (300, 200, 3), np.uint8)
    check(reader.read(image, box))


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((10, 10), np.uint8),
        np.zeros((10, 10, 4), np.uint8),
        np.zeros((10, 10, 3), np.float32),
        np.zeros((0, 10, 3), np.uint8),
    ],
)
def test_what_is_no_rgb_picture_is_refused(reader: FaceColourReader, wrong: np.ndarray) -> None:
    with pytest.raises(ValueError, match="not an RGB picture"):
        reader.read(wrong, HEAD)


def test_reading_twice_gives_the_same(reader: FaceColourReader) -> None:
    image = np.random.default_rng(1).integers(0, 256, (120, 160, 3), np.uint8)
    assert reader.read(image, HEAD) == reader.read(image, HEAD)


def test_the_input_is_left_as_it_was(reader: FaceColourReader) -> None:
    image = np.random.default_rng(2).integers(0, 256, (120, 160, 3), np.uint8)
    before = image.copy()
    reader.read(image, HEAD)
    assert (image == before).all()


def test_grey_pictures_have_colourless_palettes(reader: FaceColourReader) -> None:
    grey = np.random.default_rng(3).integers(0, 256, (100, 100, 1), np.uint8).repeat(3, axis=2)
    colours = reader.read(cv2.GaussianBlur(grey, (0, 0), 6), HEAD)
    check(colours)
    for swatch in colours.palette:
        assert abs(swatch.lab[1]) < 1
        assert abs(swatch.lab[2]) < 1


@pytest.mark.parametrize("gains", [(0.86, 0.97, 1.12), (1.1, 1.0, 0.82)])
def test_light_does_not_turn_a_white_dog_blue_or_yellow(
    reader: FaceColourReader, portraits: list[Portrait], gains: tuple[float, float, float]
) -> None:
    portrait = next(portrait for portrait in portraits if portrait.path.stem == "white_terrier")
    image = np.asarray(cv2.imread(str(portrait.path), cv2.IMREAD_COLOR_RGB), np.float32)
    box = portrait.truth["head_box"]
    edges = [box[key] for key in ("x_min", "y_min", "x_max", "y_max")] if isinstance(box, dict) else box
    lit = np.clip(image * gains, 0, 255).astype(np.uint8)
    colours = reader.read(lit, Box(*edges))  # type: ignore[misc]
    check(colours)
    assert colours.primary.name in {Colour.WHITE, Colour.CREAM, Colour.GRAY}
    assert np.hypot(*colours.primary.lab[1:]) < 30
