"""Noses in their standard form: upright, of one size, evenly lit, the same pixels for the same nose."""

import cv2
import numpy as np
import pytest

from services.noseprint.alignment import (
    ALIGNED_HEIGHT,
    ALIGNED_WIDTH,
    align,
    align_cropped,
    cut_out,
    evenly_lit,
    reflections,
    unturned,
)
from services.noseprint.nostrils import find_nostrils
from shared.geometry import Box
from tests.unit.services.noseprint.nose_pictures import made_nose, turned


def likeness(a: np.ndarray, b: np.ndarray) -> float:
    """Correlation of the middles of two pictures, slightly blurred."""
    first, second = (
        cv2.GaussianBlur(picture, (0, 0), 2)[40:-40, 40:-40].astype(np.float32).ravel() for picture in (a, b)
    )
    return float(np.corrcoef(first, second)[0, 1])


def test_an_aligned_nose_has_its_fixed_shape_whatever_the_photo() -> None:
    photo = made_nose(0, 0)
    for image in (photo.image, cv2.resize(photo.image, None, fx=4, fy=4), photo.image[::2, ::2]):
        nose = align(np.ascontiguousarray(image), photo.box)
        assert nose.pixels.shape == (ALIGNED_HEIGHT, ALIGNED_WIDTH)
        assert nose.pixels.dtype == np.uint8
        assert nose.pixels.std() > 15, "not flat"


def test_aligning_is_deterministic() -> None:
    photo = made_nose(1, 0)
    first, second = align(photo.image, photo.box), align(photo.image.copy(), photo.box)
    assert np.array_equal(first.pixels, second.pixels)
    assert first.angle == second.angle


@pytest.mark.parametrize("degrees", [-20.0, -8.0, 8.0, 20.0])
def test_a_turned_nose_comes_out_upright_on_the_same_pixels(degrees: float) -> None:
    worked = 0
    for number in range(4):
        photo = made_nose(number, 0)
        straight = align(photo.image, photo.box)
        image, box = turned(photo.image, photo.box, degrees)
        nose = align(image, box)
        # Turning the content anticlockwise asks for as many degrees back.
        right_turn = abs((nose.angle - straight.angle) + degrees) < 6
        worked += bool(nose.turned and right_turn and likeness(straight.pixels, nose.pixels) > 0.6)
    assert worked >= 3


def test_size_in_the_photo_does_not_matter() -> None:
    photo = made_nose(2, 0)
    large = cv2.resize(photo.image, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    assert likeness(align(photo.image, photo.box).pixels, align(large, photo.box).pixels) > 0.95


def test_light_does_not_matter_much() -> None:
    photo = made_nose(3, 0)
    darker = (photo.image * 0.5).astype(np.uint8)
    assert likeness(align(photo.image, photo.box).pixels, align(darker, photo.box).pixels) > 0.9


def test_the_proportions_of_the_nose_are_kept() -> None:
    image = np.full((400, 400, 3), 120, np.uint8)
    cv2.rectangle(image, (100, 150), (299, 249), (20, 20, 20), -1)
    nose = align(image, Box(0.25, 0.375, 0.75, 0.625))
    dark = nose.pixels < 90
    height, width = np.ptp(np.nonzero(dark[:, 112])[0]), np.ptp(np.nonzero(dark[96])[0])
    assert width / height == pytest.approx(2.0, rel=0.1)


def test_what_lies_beyond_the_photo_is_not_valid() -> None:
    photo = made_nose(4, 0)
    at_edge = align(photo.image, Box(0.0, 0.2, 0.5, 0.8))
    assert at_edge.valid is not None
    assert not at_edge.valid[:, :8].any()
    assert at_edge.valid[96, 112]


def test_a_reflection_is_painted_over_and_marked() -> None:
    photo = made_nose(5, 0)
    image = photo.image.copy()
    height, width = image.shape[:2]
    cv2.circle(image, (width // 2, height // 3), 8, (255, 255, 255), -1)
    clean, wet = align(photo.image, photo.box), align(image, photo.box)
    assert wet.valid is not None
    assert 0.001 < (~wet.valid).mean() < 0.1
    # Around the reflection nothing changes by much.
    assert likeness(clean.pixels, wet.pixels) > 0.8


def test_reflections_are_bright_against_their_surroundings() -> None:
    grey = np.full((192, 224), 80, np.uint8)
    grey[90:96, 100:110] = 255
    assert reflections(grey)[92, 105]
    assert not reflections(grey)[150, 150]
    assert not reflections(np.full((192, 224), 250, np.uint8)).any(), "a bright wall is no reflection"


def test_a_gradient_of_light_is_taken_out() -> None:
    columns = np.linspace(40, 220, 224)
    even = evenly_lit(np.tile(columns, (192, 1)).astype(np.uint8))
    assert np.ptp(even[:, 40:-40].astype(int)) < 25


@pytest.mark.parametrize("angle", [0.0, 10.0, -25.0])
def test_the_box_around_a_turned_ellipse_gives_the_ellipse_back(angle: float) -> None:
    width, height = 200.0, 150.0
    radians = np.radians(angle)
    box = np.array(
        [
            np.hypot(width * np.cos(radians), height * np.sin(radians)),
            np.hypot(width * np.sin(radians), height * np.cos(radians)),
        ]
    )
    assert unturned(box, angle) == pytest.approx([width, height], rel=0.01)


def test_nostrils_are_found_where_they_are() -> None:
    picture = np.full((192, 192), 90, np.uint8)
    for x, y in ((66, 104), (126, 112)):
        cv2.ellipse(picture, (x, y), (12, 9), 0, 0, 360, 15, -1)
    found = find_nostrils(cv2.GaussianBlur(picture, (0, 0), 2), (96, 96), 128)
    assert found is not None
    assert found.left == pytest.approx((66, 104), abs=3)
    assert found.right == pytest.approx((126, 112), abs=3)
    assert found.angle == pytest.approx(7.6, abs=3)


@pytest.mark.parametrize("grey", [0, 90, 255])
def test_where_there_are_no_nostrils_none_are_found_and_nothing_is_turned(grey: int) -> None:
    flat = np.full((300, 300, 3), grey, np.uint8)
    assert find_nostrils(flat[..., 0], (150, 150), 128) is None
    nose = align(flat, Box(0.2, 0.2, 0.8, 0.8))
    assert not nose.turned
    assert nose.angle == 0


def test_a_picture_of_just_a_nose_is_taken_whole() -> None:
    photo = made_nose(6, 0)
    left, top, right, bottom = photo.box.pixels(photo.image.shape[1], photo.image.shape[0])
    cropped = np.ascontiguousarray(photo.image[top:bottom, left:right])
    assert likeness(align(photo.image, photo.box).pixels, align_cropped(cropped).pixels) > 0.8


@pytest.mark.parametrize("shape", [(1, 1, 3), (5, 900, 3), (900, 3, 3)])
def test_odd_pictures_do_no_harm(shape: tuple[int, int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    assert align_cropped(noise).pixels.shape == (ALIGNED_HEIGHT, ALIGNED_WIDTH)


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="not an RGB picture"):
        align_cropped(np.zeros((10, 10), np.uint8))


def test_cutting_out_keeps_the_middle_in_the_middle() -> None:
    image = np.zeros((400, 600, 3), np.uint8)
    cv2.circle(image, (420, 130), 6, (255, 255, 255), -1)
    for scale in (0.3, 1.0, 2.5):
        part = cut_out(image, np.array([420.0, 130.0]), scale, 30.0, (101, 101), cv2.BORDER_CONSTANT)
        rows, columns = np.nonzero(part[..., 0] > 127)
        assert (columns.mean(), rows.mean()) == pytest.approx((50.5, 50.5), abs=1.2)
