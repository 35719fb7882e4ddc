"""The picture of the evidence: both noses, their matched points in the same colours, and how many."""

import io

import numpy as np
import pytest
from PIL import Image

from services.noseprint.alignment import AlignedNose, align
from services.noseprint.evidence import draw_evidence
from services.noseprint.local_features import LocalMatch, extract, match
from tests.unit.services.noseprint.nose_pictures import made_nose


def opened(png: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def colourful(picture: np.ndarray) -> np.ndarray:
    return np.ptp(picture, axis=2) > 60


def both_noses() -> tuple[AlignedNose, AlignedNose]:
    first, second = (align(photo.image, photo.box) for photo in (made_nose(0, 0), made_nose(0, 1)))
    return first, second


def test_points_are_drawn_where_they_are_on_both_sides() -> None:
    first, second = both_noses()
    place = np.array([[50.0, 40.0]], np.float32)
    drawn = opened(draw_evidence(first, second, LocalMatch(1, 0.1, place, place + 60)))
    assert drawn.shape[1] == pytest.approx(900, abs=4)
    marks = colourful(drawn)
    enlarged = (drawn.shape[1] - 2 * 16 - 35) / 2 / 224
    left = (16 + 50.5 * enlarged, 16 + 40.5 * enlarged)
    right = (16 + 35 + (224 + 110.5) * enlarged, 16 + 100.5 * enlarged)
    for x, y in (left, right):
        around = marks[round(y) - 9 : round(y) + 10, round(x) - 9 : round(x) + 10]
        assert around.sum() > 20
    # A line leads from one to the other.
    middle = round((left[0] + right[0]) / 2)
    assert marks[:, middle].any()


def test_the_colour_of_a_point_is_the_same_in_both_noses() -> None:
    first, second = both_noses()
    place = np.array([[60.0, 90.0], [160.0, 90.0]], np.float32)
    drawn = opened(draw_evidence(first, second, LocalMatch(2, 0.2, place, place)))
    half = drawn.shape[1] // 2

    def colours(part: np.ndarray) -> set[tuple[int, ...]]:
        marked = part[colourful(part)]
        values, counts = np.unique(marked, axis=0, return_counts=True)
        return {tuple(int(channel) for channel in values[index]) for index in np.argsort(-counts)[:2]}

    assert colours(drawn[:, :half]) == colours(drawn[:, half:])


def test_a_real_match_is_drawn_with_its_points() -> None:
    first, second = both_noses()
    found = match(extract(first), extract(second))
    none = LocalMatch(0, 0.0, np.zeros((0, 2), np.float32), np.zeros((0, 2), np.float32))
    with_points, without = (opened(draw_evidence(first, second, each)) for each in (found, none))
    assert found.inliers > 10
    assert colourful(without).sum() == 0
    assert colourful(with_points).sum() > 50 * found.inliers


def test_many_points_do_not_hide_the_noses() -> None:
    first, second = both_noses()
    random = np.random.default_rng(0)
    points = random.uniform(20, 170, (250, 2)).astype(np.float32)
    drawn = opened(draw_evidence(first, second, LocalMatch(250, 0.9, points, points)))
    assert colourful(drawn).mean() < 0.5
