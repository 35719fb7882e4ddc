"""Pictures on their way to the services."""

import io

import numpy as np
import pytest
from PIL import Image

from shared.pictures import decode_picture, encode_jpeg
from tests.unit.shared.picture_files import photo, scene


def test_what_is_encoded_decodes_to_nearly_the_same() -> None:
    picture = photo(640, 480)
    again = decode_picture(encode_jpeg(picture), max_side=640)
    assert again.shape == picture.shape
    assert np.abs(again.astype(int) - picture.astype(int)).mean() < 3


def test_channels_keep_their_order_and_colours_their_place() -> None:
    again = decode_picture(encode_jpeg(scene()), max_side=96).astype(int)
    # Colour is kept at half resolution, so only a strip beside the border between two colours may bleed.
    inner = np.r_[2:28, 36:62][:, None], np.r_[2:44, 52:94]
    assert np.abs(again - scene())[inner].max() < 40
    assert Image.open(io.BytesIO(encode_jpeg(scene()))).layer[0][1:3] == (2, 2)


def test_the_same_picture_gives_the_same_bytes() -> None:
    assert encode_jpeg(photo(300, 200)) == encode_jpeg(photo(300, 200).copy())


def test_lower_quality_is_smaller() -> None:
    assert len(encode_jpeg(photo(300, 200), quality=50)) < len(encode_jpeg(photo(300, 200), quality=95))


def test_arrays_that_are_not_contiguous_are_taken() -> None:
    assert encode_jpeg(photo(300, 200)[:, ::-1]) == encode_jpeg(
        np.ascontiguousarray(photo(300, 200)[:, ::-1])
    )


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((1, 70_000, 3), np.uint8),
    ],
    ids=lambda array: f"{array.shape}{array.dtype}",
)
def test_arrays_that_are_no_pictures_are_refused(wrong: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"picture|pixels"):
        encode_jpeg(wrong)
