"""Measuring a palette on drawn faces whose colours are known."""

import cv2
import numpy as np
import pytest

from services.facecolor.palette import MAX_COLOURS, fur_samples, measure_palette
from shared.colour_space import difference, hex_to_lab, hex_to_rgb
from shared.geometry import Box, RgbImage

WHOLE = Box(0.0, 0.0, 1.0, 1.0)
FACE = Box(0.25, 0.25, 0.75, 0.75)
GRASS = "#3fae2a"


def face(fur: str, patch: str | None = None, background: str = GRASS, noise: int = 6) -> RgbImage:
    """A 200 px picture: background, round head in :data:`FACE`, right half patched, eyes and nose."""
    image = np.full((200, 200, 3), hex_to_rgb(background), np.uint8)
    cv2.circle(image, (100, 100), 52, hex_to_rgb(fur), -1)
    if patch is not None:
        cv2.ellipse(image, (100, 100), (52, 52), 0, -90, 90, hex_to_rgb(patch), -1)
    for x in (82, 118):
        cv2.circle(image, (x, 88), 4, (20, 15, 12), -1)
    cv2.ellipse(image, (100, 118), (7, 5), 0, 0, 360, (15, 15, 15), -1)
    grain = np.random.default_rng(3).normal(0, noise, image.shape)
    return np.clip(image + grain, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("fur", ["#f0ede6", "#8a8f94", "#4a2f1d", "#a3502a", "#c9a36a", "#e8d9b8", "#23201f"])
def test_one_colour_is_found_and_leads(fur: str) -> None:
    palette = measure_palette(face(fur), FACE)
    assert difference(palette[0].lab, hex_to_lab(fur)) < 4
    assert palette[0].share > 0.85


@pytest.mark.parametrize(
    ("fur", "patch"), [("#f0ede6", "#23201f"), ("#f0ede6", "#a3502a"), ("#23201f", "#c9a36a")]
)
def test_two_halves_are_two_colours_of_like_share(fur: str, patch: str) -> None:
    palette = measure_palette(face(fur, patch), FACE)
    for wanted in (fur, patch):
        nearest = min(palette, key=lambda colour: float(difference(colour.lab, hex_to_lab(wanted))))
        assert difference(nearest.lab, hex_to_lab(wanted)) < 6
        assert 0.35 < nearest.share < 0.6


@pytest.mark.parametrize("background", [GRASS, "#2255dd", "#ffffff", "#000000", "#b08050"])
def test_the_background_is_not_fur(background: str) -> None:
    palette = measure_palette(face("#8a6a50", background=background), FACE)
    strangers = [
        colour
        for colour in palette
        if difference(colour.lab, hex_to_lab(background)) < 8
        and difference(hex_to_lab(background), hex_to_lab("#8a6a50")) > 20
    ]
    assert strangers == []


def test_grass_that_fills_a_third_of_the_box_is_left_out() -> None:
    image = face("#e8d9b8")
    image[:, 115:] = hex_to_rgb(GRASS)
    assert all(difference(colour.lab, hex_to_lab(GRASS)) > 30 for colour in measure_palette(image, FACE))


def test_a_tongue_is_left_out() -> None:
    image = face("#c9a36a")
    cv2.ellipse(image, (100, 132), (12, 14), 0, 0, 360, (225, 110, 130), -1)
    assert all(difference(colour.lab, hex_to_lab("#e16e82")) > 20 for colour in measure_palette(image, FACE))


def test_a_dyed_dog_still_gets_a_palette() -> None:
    palette = measure_palette(face("#e0559a"), FACE)
    assert difference(palette[0].lab, hex_to_lab("#e0559a")) < 6


def test_the_middle_counts_more_than_the_rim() -> None:
    image = np.full((200, 200, 3), hex_to_rgb("#f0ede6"), np.uint8)
    cv2.rectangle(image, (65, 65), (134, 134), hex_to_rgb("#23201f"), -1)  # 12 % of the box
    samples = fur_samples(image, WHOLE)
    dark = float((samples[:, 0] < 50).mean())
    ellipse_only = 70 * 70 / (np.pi * 100 * 100)
    assert dark > 1.2 * ellipse_only


@pytest.mark.parametrize("seed", range(8))
def test_shares_sum_to_one_and_fall(seed: int) -> None:
    rng = np.random.default_rng(seed)
    image = cv2.resize(rng.integers(0, 256, (6, 6, 3), np.uint8), (150, 150), interpolation=cv2.INTER_NEAREST)
    palette = measure_palette(image, WHOLE)
    shares = [colour.share for colour in palette]
    assert 1 <= len(palette) <= MAX_COLOURS
    assert sum(shares) == pytest.approx(1)
    assert shares == sorted(shares, reverse=True)
    for colour in palette:
        assert -1e-9 <= colour.lab[0] <= 100 + 1e-9
        assert all(abs(channel) <= 128 for channel in colour.lab[1:])


def test_the_same_picture_gives_the_same_palette_whatever_came_before() -> None:
    image = face("#f0ede6", "#a3502a", noise=25)
    first = measure_palette(image, FACE)
    cv2.setRNGSeed(99)
    measure_palette(face("#23201f"), FACE)
    assert measure_palette(image, FACE) == first


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (2, 2), (3, 1000), (64, 64)])
def test_pictures_of_any_size(size: tuple[int, int]) -> None:
    image = np.full((*size, 3), (200, 163, 106), np.uint8)
    (only,) = measure_palette(image, WHOLE)
    assert difference(only.lab, hex_to_lab("#c8a36a")) < 1
    assert only.share == pytest.approx(1)


@pytest.mark.parametrize(
    "box",
    [
        Box(0, 0, 0.001, 0.001),
        Box(0.999, 0.999, 1, 1),
        Box(0.5, 0, 0.5001, 1),
        Box(0, 0.7, 1, 1),
        Box(0.9, 0.2, 1, 0.9),
    ],
)
def test_boxes_on_the_border_and_tiny_ones(box: Box) -> None:
    palette = measure_palette(face("#c9a36a"), box)
    assert sum(colour.share for colour in palette) == pytest.approx(1)


@pytest.mark.parametrize("level", [0, 1, 128, 254, 255])
def test_grey_pictures_are_neutral(level: int) -> None:
    (only,) = measure_palette(np.full((50, 50, 3), level, np.uint8), FACE)
    assert only.lab[1] == pytest.approx(0, abs=1e-6)
    assert only.lab[2] == pytest.approx(0, abs=1e-6)


def test_the_palette_hardly_depends_on_the_resolution() -> None:
    small = face("#f0ede6", "#a3502a", noise=0)
    large = cv2.resize(small, (1000, 1000), interpolation=cv2.INTER_LANCZOS4)
    for one, other in zip(measure_palette(small, FACE)[:2], measure_palette(large, FACE)[:2], strict=True):
        assert difference(one.lab, other.lab) < 3
        assert abs(one.share - other.share) < 0.05
