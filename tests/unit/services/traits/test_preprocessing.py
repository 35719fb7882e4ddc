"""Frames and views: geometry that training and serving share."""

import numpy as np
import pytest

from services.traits.preprocessing import (
    FILL,
    HEAD_MARGIN,
    Frame,
    Role,
    centre_frame,
    cut,
    render,
    scaled_down,
    square_around,
    views_of,
    whole_frame,
)
from shared.geometry import Box, RgbImage

HEAD = Box(0.4, 0.3, 0.6, 0.6)


def ramp(height: int, width: int) -> RgbImage:
    """Red grows to the right, green downwards."""
    image = np.zeros((height, width, 3), np.uint8)
    image[..., 0] = np.linspace(0, 255, width)[None].round()
    image[..., 1] = np.linspace(0, 255, height)[:, None].round()
    return image


@pytest.mark.parametrize("aspect", [0.5, 1.0, 4 / 3, 2.0])
def test_squares_are_square_in_true_geometry(aspect: float) -> None:
    for frame in (centre_frame(aspect), square_around(HEAD, HEAD_MARGIN, aspect)):
        assert frame.width * aspect == pytest.approx(frame.height)


def test_the_margin_counts_from_the_longer_side() -> None:
    upright = square_around(Box(0.4, 0.2, 0.5, 0.6), 1.5, aspect=1.0)
    assert upright.height == pytest.approx(0.6)
    assert (upright.x, upright.y) == (pytest.approx(0.45), pytest.approx(0.4))


def test_a_bust_is_no_larger_than_the_photo_but_never_smaller_than_the_head() -> None:
    large = Box(0.1, 0.1, 0.9, 0.9)
    assert square_around(large, 2.6, aspect=1.0).width == pytest.approx(0.8 * HEAD_MARGIN)
    assert square_around(Box(0.3, 0.3, 0.7, 0.7), 2.6, aspect=1.0).width == pytest.approx(1.0)
    assert square_around(Box(0.4, 0.4, 0.6, 0.6), 2.6, aspect=1.0).width == pytest.approx(0.52)


def test_the_whole_is_squeezed_until_it_would_be_too_much() -> None:
    assert whole_frame(1.5) == Frame(0.5, 0.5, 1.0, 1.0)
    assert whole_frame(1 / 1.5) == Frame(0.5, 0.5, 1.0, 1.0)
    assert whole_frame(3.5).height == pytest.approx(2.0)
    assert whole_frame(1 / 3.5).width == pytest.approx(2.0)


def test_frames_move_inside_where_they_fit() -> None:
    assert Frame(0.05, 0.95, 0.4, 0.4).kept_inside() == Frame(0.2, 0.8, 0.4, 0.4)
    assert Frame(0.1, 0.1, 1.5, 0.5).kept_inside() == Frame(0.5, 0.25, 1.5, 0.5)


def test_moving_is_measured_in_sizes_of_the_frame() -> None:
    moved = Frame(0.5, 0.5, 0.2, 0.4).moved(0.5, -0.25, 2.0)
    assert (moved.x, moved.y) == (pytest.approx(0.6), pytest.approx(0.4))
    assert (moved.width, moved.height) == (pytest.approx(0.4), pytest.approx(0.8))


def test_views_depend_on_whether_the_head_is_known() -> None:
    boxed, blind = views_of(1.5, HEAD), views_of(1.5, None)
    assert [view.role for view in boxed] == [Role.WHOLE, Role.WHOLE, Role.HEAD, Role.BUST]
    assert not any(view.mirrored for view in boxed)
    assert {view.role for view in blind} == {Role.WHOLE}
    assert [view.mirrored for view in blind] == [False, True, False, True]


@pytest.mark.parametrize("shape", [(300, 400), (97, 53), (1, 1), (2, 900), (1024, 768)])
@pytest.mark.parametrize("head", [None, HEAD, Box(0.0, 0.0, 1.0, 1.0), Box(0.99, 0.99, 1.0, 1.0)])
def test_every_view_has_the_size_asked_for(shape: tuple[int, int], head: Box | None) -> None:
    pixels, roles = render(ramp(*shape), views_of(shape[1] / shape[0], head), 64)
    assert pixels.shape == (4, 64, 64, 3)
    assert pixels.dtype == np.uint8
    assert roles.sum(1).tolist() == [1.0] * 4


def test_mirrored_views_are_mirrored() -> None:
    pixels, _ = render(ramp(60, 80), views_of(4 / 3, None), 32)
    assert (pixels[1] == pixels[0][:, ::-1]).all()
    assert (pixels[3] == pixels[2][:, ::-1]).all()
    assert (pixels[1] != pixels[0]).any()


@pytest.mark.parametrize("factor", [1, 2, 4])
def test_a_cut_shows_the_same_place_at_any_resolution(factor: int) -> None:
    view = cut(ramp(120 * factor, 160 * factor), Frame(0.5, 0.25, 0.5, 0.5), 40)
    shades = view.astype(int)
    assert shades[20, 20, 0] == pytest.approx(128, abs=4)
    assert shades[20, 0, 0] == pytest.approx(64, abs=4)
    assert shades[20, 39, 0] == pytest.approx(191, abs=4)
    assert shades[0, 20, 1] == pytest.approx(0, abs=4)
    assert shades[39, 20, 1] == pytest.approx(127, abs=4)


def test_beyond_the_photo_is_grey_and_the_photo_keeps_its_place() -> None:
    white = np.full((100, 100, 3), 255, np.uint8)
    view = cut(white, Frame(0.5, 0.5, 2.0, 2.0), 80)
    assert (view[:20] == FILL).all()
    assert (view[60:] == FILL).all()
    assert (view[:, :20] == FILL).all()
    assert (view[20:60, 20:60] == 255).all()


def test_a_frame_wholly_outside_is_all_grey() -> None:
    assert (cut(ramp(50, 50), Frame(3.0, 3.0, 0.5, 0.5), 16) == FILL).all()


def test_a_squeezed_copy_gives_the_view_of_the_original() -> None:
    original = ramp(150, 300)
    squeezed = original[:, ::2]
    frame = square_around(Box(0.4, 0.3, 0.6, 0.7), 1.2, aspect=2.0)
    difference = cut(original, frame, 32).astype(int) - cut(squeezed, frame, 32)
    assert np.abs(difference).max() <= 6


@pytest.mark.parametrize(
    ("shape", "expected"), [((768, 1024), (384, 512)), ((1024, 3), (512, 2)), ((400, 500), (400, 500))]
)
def test_large_photos_are_scaled_down_first(shape: tuple[int, int], expected: tuple[int, int]) -> None:
    assert scaled_down(ramp(*shape)).shape == (*expected, 3)
