"""The square around a head."""

import numpy as np
import pytest

from services.facecolor.colour_crop import BORDER, head_square
from shared.geometry import Box


def gradient(height: int, width: int) -> np.ndarray:
    """Red grows to the right and green downwards, 0…255."""
    image = np.zeros((height, width, 3), np.uint8)
    image[..., 0] = np.linspace(0, 255, width)[None]
    image[..., 1] = np.linspace(0, 255, height)[:, None]
    return image


def test_the_head_is_in_the_middle_of_the_square() -> None:
    square = head_square(gradient(400, 400), Box(0.4, 0.2, 0.6, 0.4), 100)
    red, green, _ = square[48:52, 48:52].reshape(-1, 3).mean(axis=0)
    assert red == pytest.approx(0.5 * 255, abs=4)
    assert green == pytest.approx(0.3 * 255, abs=4)


def test_the_margin_decides_how_much_is_seen() -> None:
    square = head_square(gradient(400, 400), Box(0.4, 0.4, 0.6, 0.6), 100, margin=2.0)
    assert int(square[50, -1, 0]) - int(square[50, 0, 0]) == pytest.approx(0.4 * 255, abs=5)


def test_wide_boxes_are_not_squeezed() -> None:
    image = np.zeros((200, 400, 3), np.uint8)
    image[80:120, 180:220] = 255  # a square in the middle
    square = head_square(image, Box(0.3, 0.4, 0.7, 0.6), 128, margin=1.0)
    white = square[..., 0] > 127
    assert white.any(axis=0).sum() == pytest.approx(white.any(axis=1).sum(), abs=2)


@pytest.mark.parametrize(
    ("box", "grey"),
    [
        (Box(0.0, 0.4, 0.2, 0.6), (slice(40, 60), slice(0, 5))),
        (Box(0.8, 0.4, 1.0, 0.6), (slice(40, 60), slice(-5, None))),
        (Box(0.4, 0.0, 0.6, 0.2), (slice(0, 5), slice(40, 60))),
        (Box(0.4, 0.8, 0.6, 1.0), (slice(-5, None), slice(40, 60))),
    ],
)
def test_beyond_the_border_is_grey(box: Box, grey: tuple[slice, slice]) -> None:
    square = head_square(np.full((300, 300, 3), 250, np.uint8), box, 100, margin=1.6)
    assert (square[grey] == BORDER).all()
    assert (square[48:52, 48:52] == 250).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1), (2, 3), (1024, 768)])
@pytest.mark.parametrize(
    "box", [Box(0, 0, 1, 1), Box(0, 0, 0.001, 0.001), Box(0.999, 0.999, 1, 1), Box(0.3, 0.1, 0.31, 0.9)]
)
def test_any_picture_and_box_give_a_square_that_shows_some_of_it(shape: tuple[int, int], box: Box) -> None:
    square = head_square(np.full((*shape, 3), 251, np.uint8), box, 64)
    assert square.shape == (64, 64, 3)
    assert square.dtype == np.uint8
    assert (square == 251).any()
