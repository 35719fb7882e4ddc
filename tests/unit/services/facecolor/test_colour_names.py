"""The learned names: how they are decided, and what the shipped network says."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from services.facecolor.colour_names import COLOURS, MODEL_FILE, ColourNamer, decide
from shared.geometry import Box
from shared.vocabulary import Colour
from tests.conftest import Portrait

MODEL_FOLDER = Path(__file__).parents[4] / "services" / "facecolor" / "model"


def spread(count: int, **values: float) -> np.ndarray:
    """A distribution with some values given (``c3=0.5``), the rest spread evenly."""
    given = {int(name[1:]): value for name, value in values.items()}
    rest = (1 - sum(given.values())) / (count - len(given))
    return np.array([given.get(index, rest) for index in range(count)], np.float32)


def test_the_likeliest_names_are_chosen() -> None:
    names = decide(spread(7, c1=0.7), spread(8, c0=0.6))
    assert (names.primary, names.secondary) == (Colour.WHITE, Colour.BLACK)
    assert names.primary_probability == pytest.approx(0.7)


def test_none_is_the_last_of_the_secondary() -> None:
    names = decide(spread(7, c5=0.9), spread(8, c7=0.8))
    assert names.primary is COLOURS[5]
    assert names.secondary is None
    assert names.secondary_probability > 0.8


def test_the_secondary_is_never_the_primary() -> None:
    names = decide(spread(7, c2=0.9), spread(8, c2=0.7, c4=0.2))
    assert names.secondary is COLOURS[4]
    assert names.secondary_probability == pytest.approx(0.2 / 0.3, abs=1e-3)


def test_a_secondary_that_is_surely_the_primary_means_none() -> None:
    one_hot = np.eye(8, dtype=np.float32)[3]
    names = decide(spread(7, c3=0.99), one_hot)
    assert names.secondary is None
    assert names.secondary_probability == pytest.approx(1.0)


@pytest.fixture(scope="module")
def namer() -> ColourNamer:
    return ColourNamer(MODEL_FOLDER)


def face(colour: tuple[int, int, int]) -> np.ndarray:
    image = np.full((240, 240, 3), (90, 120, 80), np.uint8)
    cv2.ellipse(image, (120, 120), (60, 66), 0, 0, 360, colour, -1)
    for x in (98, 142):
        cv2.circle(image, (x, 105), 7, (15, 12, 10), -1)
    cv2.ellipse(image, (120, 145), (12, 9), 0, 0, 360, (12, 12, 12), -1)
    return cv2.GaussianBlur(image, (0, 0), 1.5)


HEAD = Box(0.25, 0.22, 0.75, 0.78)


def test_what_the_network_says_of_itself(namer: ColourNamer) -> None:
    assert namer.name == "colour-head"
    assert namer.version


def test_probabilities_are_probabilities(namer: ColourNamer) -> None:
    names = namer.name_colours(face((230, 228, 224)), HEAD)
    assert sum(names.primary_distribution) == pytest.approx(1, abs=1e-5)
    assert names.primary_probability == max(names.primary_distribution)
    assert 0 <= names.secondary_probability <= 1


def test_drawn_white_and_black_faces_are_told_apart(namer: ColourNamer) -> None:
    white = namer.name_colours(face((235, 233, 228)), HEAD).primary_distribution
    black = namer.name_colours(face((30, 28, 27)), HEAD).primary_distribution
    at_white, at_black = COLOURS.index(Colour.WHITE), COLOURS.index(Colour.BLACK)
    assert white[at_white] > black[at_white]
    assert black[at_black] > white[at_black]


def test_the_same_picture_gives_the_same_answer(namer: ColourNamer) -> None:
    image = face((180, 120, 60))
    assert len({namer.name_colours(image, HEAD) for _ in range(4)}) == 1
    assert ColourNamer(MODEL_FOLDER / MODEL_FILE).name_colours(image, HEAD) == namer.name_colours(image, HEAD)


def test_a_larger_copy_of_a_picture_gets_the_same_name(namer: ColourNamer) -> None:
    image = face((235, 233, 228))
    large = cv2.resize(image, (1000, 1000), interpolation=cv2.INTER_CUBIC)
    one, other = namer.name_colours(image, HEAD), namer.name_colours(large, HEAD)
    assert one.primary is other.primary
    assert one.primary_probability == pytest.approx(other.primary_probability, abs=0.1)


def test_portraits_get_one_of_their_two_colours(namer: ColourNamer, portraits: list[Portrait]) -> None:
    """Painted portraits are no photos: only that the weights see colour at all is asked of them."""
    hits = 0
    for portrait in portraits:
        image = cv2.imread(str(portrait.path), cv2.IMREAD_COLOR_RGB)
        box = portrait.truth["head_box"]
        edges = [box[key] for key in ("x_min", "y_min", "x_max", "y_max")] if isinstance(box, dict) else box
        names = namer.name_colours(np.asarray(image, np.uint8), Box(*edges))  # type: ignore[misc]
        hits += names.primary in {portrait.truth["primary"], portrait.truth["secondary"]}
    assert hits >= len(portraits) - 1


def test_a_missing_model_is_named() -> None:
    with pytest.raises(FileNotFoundError, match=r"colour_head\.onnx"):
        ColourNamer(Path("nowhere") / MODEL_FILE)
