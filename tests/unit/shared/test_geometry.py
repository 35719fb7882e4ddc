"""Boxes."""

import math

import pytest

from shared.geometry import Box


@pytest.mark.parametrize(
    "edges",
    [
        (-0.1, 0, 1, 1),
        (0, 0, 1.0001, 1),
        (0.5, 0, 0.5, 1),
        (0, 0.7, 1, 0.3),
        (math.nan, 0, 1, 1),
        (0, 0, math.nan, 1),
        (0, 0, math.inf, 1),
    ],
)
def test_what_is_no_box_within_the_picture_is_refused(edges: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="not a box within the picture"):
        Box(*edges)


def test_area_is_the_share_of_the_picture() -> None:
    assert Box(0.25, 0.5, 0.75, 1.0).area == pytest.approx(0.25)
    assert Box(0, 0, 1, 1).area == 1


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (Box(0.2, 0.2, 0.6, 0.6), 1.0),
        (Box(0.4, 0.2, 0.8, 0.6), 1 / 3),
        (Box(0.3, 0.3, 0.5, 0.5), 0.25),
        (Box(0.6, 0.2, 0.8, 0.6), 0.0),
        (Box(0.7, 0.7, 0.9, 0.9), 0.0),
    ],
    ids=["same", "half over", "inside", "touching", "apart"],
)
def test_iou(other: Box, expected: float) -> None:
    box = Box(0.2, 0.2, 0.6, 0.6)
    assert box.iou(other) == pytest.approx(expected)
    assert other.iou(box) == pytest.approx(expected)


def test_pixels_of_a_picture() -> None:
    assert Box(0.25, 0.1, 0.75, 0.9).pixels(200, 100) == (50, 10, 150, 90)
    assert Box(0, 0, 1, 1).pixels(37, 11) == (0, 0, 37, 11)


@pytest.mark.parametrize(
    "box", [Box(0, 0, 1e-6, 1e-6), Box(0.999999, 0.999999, 1, 1), Box(0.5, 0, 0.5001, 1)]
)
@pytest.mark.parametrize("size", [(1, 1), (3, 2), (1024, 768)])
def test_pixels_hold_at_least_one_and_stay_inside(box: Box, size: tuple[int, int]) -> None:
    left, top, right, bottom = box.pixels(*size)
    assert 0 <= left < right <= size[0]
    assert 0 <= top < bottom <= size[1]
