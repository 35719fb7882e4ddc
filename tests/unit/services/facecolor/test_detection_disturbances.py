"""Disturbed photos keep track of where the head is."""

import numpy as np
import pytest

from services.facecolor.disturbances import DISTURBANCES, close, cut, squeezed, turned
from shared.geometry import Box, RgbImage

HEAD = Box(0.5, 0.2, 0.7, 0.4)


@pytest.fixture
def picture() -> RgbImage:
    """Dark, with a bright head."""
    image = np.full((300, 300, 3), 20, np.uint8)
    image[60:120, 150:210] = 240
    return image


@pytest.mark.parametrize("name", sorted(DISTURBANCES))
def test_the_box_stays_on_the_head(picture: RgbImage, name: str) -> None:
    original = picture.copy()
    image, box = DISTURBANCES[name](picture, HEAD)
    assert image.dtype == np.uint8
    assert image.shape[2] == 3
    height, width = image.shape[:2]
    left, top, right, bottom = box.pixels(width, height)
    middle = image[(top + bottom) // 2, (left + right) // 2]
    assert middle.min() > 70, "bright inside the box"
    assert np.array_equal(picture, original), "the photo given is left alone"


def test_turning_keeps_the_size_of_the_head(picture: RgbImage) -> None:
    _, box = turned(picture, HEAD)
    assert box.iou(HEAD) > 0.95


def test_squeezing_keeps_the_fractions(picture: RgbImage) -> None:
    image, box = squeezed(picture, HEAD)
    assert image.shape == (300, 210, 3)
    assert box.iou(HEAD) > 0.95


def test_cutting_leaves_two_thirds_at_the_edge(picture: RgbImage) -> None:
    image, box = cut(picture, HEAD)
    assert box.x_min == pytest.approx(0.0, abs=1e-6)
    assert (box.x_max - box.x_min) * image.shape[1] == pytest.approx(40, abs=1.5)


def test_close_up_is_filled_by_the_head(picture: RgbImage) -> None:
    image, box = close(picture, HEAD)
    assert image.shape == (72, 72, 3)
    assert box.area == pytest.approx((60 / 72) ** 2, abs=0.03)
