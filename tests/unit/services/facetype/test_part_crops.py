import numpy as np
import pytest

from services.facetype.face import Part
from services.facetype.part_crops import FILL, MARGINS, crop_part, margins_entry, margins_of
from shared.geometry import Box, RgbImage


def picture(width: int, height: int) -> RgbImage:
    """Red rises to the right, green to the bottom."""
    columns = np.linspace(0, 250, width)[None, :, None]
    rows = np.linspace(0, 250, height)[:, None, None]
    red, green = np.broadcast_to(columns, (height, width, 1)), np.broadcast_to(rows, (height, width, 1))
    return np.concatenate([red, green, np.zeros((height, width, 1))], 2).astype(np.uint8)


@pytest.mark.parametrize("part", list(Part))
@pytest.mark.parametrize("size", [(300, 200), (90, 400), (7, 5)])
def test_a_crop_is_a_square_of_the_size_asked_for(part: Part, size: tuple[int, int]) -> None:
    for box in (Box(0.2, 0.3, 0.6, 0.7), Box(0.0, 0.0, 1.0, 1.0), Box(0.98, 0.97, 1.0, 1.0)):
        crop = crop_part(picture(*size), part, box, 48)
        assert crop.shape == (48, 48, 3)
        assert crop.dtype == np.uint8


def test_the_whole_face_is_seen_with_room_around_it() -> None:
    crop = crop_part(picture(400, 400), Part.WHOLE, Box(0.4, 0.4, 0.6, 0.6), 60)
    # 1.8 times the box: from 0.32 to 0.68 of the picture.
    assert crop[30, 0, 0] == pytest.approx(0.32 * 250, abs=4)
    assert crop[30, -1, 0] == pytest.approx(0.68 * 250, abs=4)


def test_of_other_parts_nothing_beside_them_is_seen() -> None:
    crop = crop_part(picture(400, 400), Part.T_ZONE, Box(0.3, 0.4, 0.7, 0.5), 80)
    # Four times as wide as high: grey above and below.
    assert (crop[:28] == FILL).all()
    assert (crop[-28:] == FILL).all()
    assert crop[40, 0, 0] == pytest.approx(0.28 * 250, abs=4)
    assert crop[40, -1, 0] == pytest.approx(0.72 * 250, abs=4)


def test_proportions_are_kept() -> None:
    image = picture(400, 400)
    image[150:250, 150:250] = 255
    crop = crop_part(image, Part.LOWER, Box(0.25, 0.375, 0.75, 0.625), 110)
    white = (crop == 255).all(2)
    assert abs(white.any(1).sum() - white.any(0).sum()) <= 2


def test_what_leaves_the_photo_is_grey() -> None:
    crop = crop_part(picture(400, 400), Part.WHOLE, Box(0.0, 0.4, 0.2, 0.6), 60)
    # The square of 1.8 times the box begins 0.08 of the picture, 13 of 60 columns, left of the picture.
    assert (crop[:, :12] == FILL).all()
    assert not (crop[:, 15:] == FILL).all(2).any()
    assert crop[30, 16, 0] < 10


def test_a_network_is_shown_the_room_that_it_was_trained_with() -> None:
    assert margins_of({}) == MARGINS
    assert margins_of(margins_entry()) == MARGINS
    earlier = margins_of({"margins": '{"whole": 1.5, "t_zone": 1.1, "lower": 1.0}'})
    assert earlier[Part.WHOLE] == 1.5
    crop = crop_part(picture(400, 400), Part.WHOLE, Box(0.4, 0.4, 0.6, 0.6), 60, earlier)
    assert crop[30, 0, 0] == pytest.approx(0.35 * 250, abs=4)


@pytest.mark.parametrize(
    "entry", ['{"whole": 1.5}', "[1, 2, 3]", '{"whole": "a", "t_zone": 1, "lower": 1}', "{"]
)
def test_margins_that_say_too_little_are_refused(entry: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (json's own words, or ours)
        margins_of({"margins": entry})
