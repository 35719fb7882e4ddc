"""Grown noses: the same from the same seed, different from each other, photographed in many ways."""

from functools import cache

import cv2
import numpy as np
import pytest

from services.noseprint.alignment import align
from services.noseprint.synthesis.individual import HEIGHT, WIDTH, Individual, grow_individual
from services.noseprint.synthesis.photographs import NosePhoto, take_photo


@cache
def nose(number: int) -> Individual:
    return grow_individual(3, number)


def photo(number: int, view: int, hardness: float = 1.0) -> NosePhoto:
    return take_photo(nose(number), 3, number, view, hardness)


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


def test_the_same_seed_grows_the_same_nose():
    again = grow_individual(3, 0)
    assert np.array_equal(again.relief, nose(0).relief)
    assert np.array_equal(again.colour, nose(0).colour)


def test_individuals_have_patterns_of_their_own():
    inside = (nose(0).inside > 20) & (nose(1).inside > 20)
    # Without the nose's bulge, which they share.
    fine = [nose(n).relief[..., 0] - cv2.GaussianBlur(nose(n).relief[..., 0], (0, 0), 8) for n in range(2)]
    assert abs(correlation(fine[0][inside], fine[1][inside])) < 0.25


def test_maps_are_of_the_canvas_and_within_their_ranges():
    grown = nose(2)
    assert grown.relief.shape == (HEIGHT, WIDTH, 3)
    assert np.isfinite(grown.relief).all()
    assert 0 <= grown.relief[..., 2].min() <= grown.relief[..., 2].max() <= 1
    assert 0 <= grown.colour.min() <= grown.colour.max() <= 1
    assert 0.3 < (grown.inside > 0).mean() < 0.8


def test_the_same_photo_twice_and_another_view():
    first, again, other = photo(0, 0), photo(0, 0), photo(0, 1)
    assert np.array_equal(first.image, again.image)
    assert first.box == again.box
    assert first.image.shape != other.image.shape or not np.array_equal(first.image, other.image)


@pytest.mark.parametrize("view", range(6))
def test_the_box_frames_the_nose(view: int):
    taken = photo(view % 2, view)
    assert taken.image.dtype == np.uint8
    assert taken.image.shape[2] == 3
    assert 0.35 < taken.box.area < 0.95
    width = (taken.box.x_max - taken.box.x_min) * taken.image.shape[1]
    assert 60 < width < 300


def test_the_pattern_survives_the_way_through_the_camera():
    """Aligned, two easy photos of one nose are more alike than photos of two noses."""
    views = [
        [cv2.GaussianBlur(align(p.image, p.box).pixels[40:120, 50:174], (0, 0), 1.5) for p in photos]
        for photos in ([photo(number, view, 0.0) for view in range(2)] for number in range(3))
    ]
    same = [correlation(*pair) for pair in views]
    different = [correlation(views[a][0], views[b][1]) for a in range(3) for b in range(3) if a != b]
    assert min(same) > max(different)


def test_harder_photos_stray_farther():
    def likeness(hardness: float) -> float:
        crops = [align(p.image, p.box).pixels for p in (photo(1, view, hardness) for view in range(4))]
        return float(np.mean([correlation(crops[0], crop) for crop in crops[1:]]))

    assert likeness(0.0) > likeness(1.0)
