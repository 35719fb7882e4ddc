"""Colours between sRGB, CIELAB and hex, against published values."""

import cv2
import numpy as np
import pytest

from shared.colour_space import (
    difference,
    hex_to_lab,
    hex_to_rgb,
    lab_to_hex,
    lab_to_rgb,
    rgb_to_hex,
    rgb_to_lab,
)

# D65 values of the sRGB primaries as given by Lindbloom's calculator.
PUBLISHED = {
    "#ff0000": (53.24, 80.09, 67.20),
    "#00ff00": (87.73, -86.18, 83.18),
    "#0000ff": (32.30, 79.19, -107.86),
    "#ffffff": (100.0, 0.0, 0.0),
    "#000000": (0.0, 0.0, 0.0),
    "#808080": (53.59, 0.0, 0.0),
}


@pytest.mark.parametrize(("text", "lab"), PUBLISHED.items())
def test_published_values(text: str, lab: tuple[float, float, float]) -> None:
    assert hex_to_lab(text) == pytest.approx(lab, abs=0.05)


@pytest.mark.parametrize("text", [*PUBLISHED, "#c68642", "#22201f", "#e9e5df", "#010203"])
def test_hex_to_lab_and_back(text: str) -> None:
    assert lab_to_hex(hex_to_lab(text)) == text


def test_every_grey_is_neutral() -> None:
    greys = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    lab = rgb_to_lab(greys)
    assert np.abs(lab[:, 1:]).max() < 1e-9
    assert (np.diff(lab[:, 0]) > 0).all()


def test_every_colour_of_a_grid_survives_the_round_trip() -> None:
    steps = np.arange(0, 256, 15, dtype=np.uint8)
    rgb = np.stack(np.meshgrid(steps, steps, steps), axis=-1)
    assert (lab_to_rgb(rgb_to_lab(rgb)) == rgb).all()


def test_agrees_with_opencv() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)
    theirs = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    assert difference(rgb_to_lab(rgb), theirs).max() < 0.5


def test_colours_outside_srgb_are_clipped() -> None:
    assert lab_to_hex((50, 200, 200))[1:3] == "ff"
    assert lab_to_hex((150, 0, 0)) == "#ffffff"
    assert lab_to_hex((-10, 0, 0)) == "#000000"


@pytest.mark.parametrize("shape", [(3,), (5, 3), (4, 5, 3), (0, 3)])
def test_shapes_are_kept(shape: tuple[int, ...]) -> None:
    lab = rgb_to_lab(np.zeros(shape, np.uint8))
    assert lab.shape == shape
    assert lab_to_rgb(lab).shape == shape


@pytest.mark.parametrize(
    "wrong", [np.zeros((4, 4), np.uint8), np.zeros((2, 3), np.float32), np.zeros((2, 4), np.uint8)]
)
def test_what_is_not_rgb_is_refused(wrong: np.ndarray) -> None:
    with pytest.raises(ValueError, match="not uint8 RGB"):
        rgb_to_lab(wrong)


@pytest.mark.parametrize("wrong", ["", "ffffff", "#fff", "#ggffff", "#ffffff0", " #ffffff", "#ffffff\n"])
def test_what_is_not_hex_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="not a colour"):
        hex_to_rgb(wrong)


def test_hex_is_lower_case_and_either_case_is_read() -> None:
    assert rgb_to_hex((255, 171, 0)) == "#ffab00"
    assert hex_to_rgb("#FFab00") == (255, 171, 0)


def test_difference_is_the_distance_in_lab() -> None:
    assert difference((50, 3, 0), (50, 0, 4)) == pytest.approx(5)
    assert difference(np.zeros((4, 1, 3)), np.ones((1, 5, 3))).shape == (4, 5)
