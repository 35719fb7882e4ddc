"""Looking more than once: where it looks, and what it is worth on photos."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.noseprint.detection import MODEL_FILE, NoseDetector
from services.noseprint.evaluate_detector import MODEL_FOLDER
from services.noseprint.looks import Looks, mirrored, placed_back, square_around, with_room, without_room
from services.noseprint.training.detector_labels import labelled_copies
from shared.box_detection import OnnxBoxDetector
from shared.geometry import Box, RgbImage
from shared.training.dataset import Split, data_folder
from shared.training.pictures import load_upright

needs_photos = pytest.mark.skipif(
    not (data_folder() / "nose_boxes").is_dir(), reason="the photos are not there (PAWTRAIT_DATA)"
)
sides = st.integers(1, 400)
edges = st.floats(0, 0.9)
shares = st.floats(0.01, 1)


def blank(width: int, height: int) -> RgbImage:
    return np.zeros((height, width, 3), np.uint8)


@given(sides, sides, edges, edges, shares, shares, st.floats(1, 10))
def test_the_square_lies_in_the_picture_and_shows_the_nose(
    width: int, height: int, x: float, y: float, across: float, high: float, widths: float
) -> None:
    image = blank(width, height)
    box = Box(x, y, x + (1 - x) * across, y + (1 - y) * high)
    left, top, right, bottom = square_around(image, box, widths)
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height
    middle = (box.x_min + box.x_max) / 2 * width, (box.y_min + box.y_max) / 2 * height
    assert left - 1 <= middle[0] <= right + 1
    assert top - 1 <= middle[1] <= bottom + 1


def test_a_nose_in_the_middle_is_seen_with_its_surroundings() -> None:
    assert square_around(blank(400, 300), Box(0.45, 0.45, 0.55, 0.55), 4.0) == (120, 70, 280, 230)


def test_a_box_of_the_part_is_placed_where_it_lies_in_the_picture() -> None:
    box = placed_back(Box(0.25, 0.5, 0.75, 1.0), (100, 50, 200, 150), blank(400, 200))
    assert box == Box(125 / 400, 100 / 200, 175 / 400, 150 / 200)


def test_twice_mirrored_is_as_before() -> None:
    box = Box(0.25, 0.125, 0.5, 0.75)
    assert mirrored(box) == Box(0.5, 0.125, 0.75, 0.75)
    assert mirrored(mirrored(box)) == box


@given(sides, sides, st.floats(0, 0.5), st.integers(64, 320))
def test_room_lies_evenly_around_the_picture(width: int, height: int, share: float, long_side: int) -> None:
    seen, room = with_room(blank(width, height), share, long_side)
    inner = seen.shape[1] - 2 * room, seen.shape[0] - 2 * room
    assert min(inner) >= 1
    assert max(inner) <= max(width, height)
    assert max(seen.shape[:2]) <= long_side + 2
    assert room == round(share * max(inner))


def test_the_room_goes_on_as_the_edge_does() -> None:
    image = np.zeros((100, 200, 3), np.uint8)
    image[:, :100] = 200
    seen, room = with_room(image, 0.25, 300)
    assert (room, seen.shape) == (50, (200, 300, 3))
    assert (seen[:, :50] == 200).all()
    assert (seen[:50, -50:] == 0).all()


def test_a_box_loses_the_room_and_what_lies_in_it() -> None:
    seen = blank(300, 200)
    assert without_room(Box(0.5, 0.5, 0.75, 0.75), seen, 50) == Box(0.5, 0.5, 0.875, 1.0)
    assert without_room(Box(0.0, 0.0, 0.5, 0.5), seen, 50) == Box(0.0, 0.0, 0.5, 0.5)
    assert without_room(Box(0.0, 0.0, 0.1, 1.0), seen, 50) is None


@needs_photos
def test_noses_that_fill_the_frame_are_found_with_room_around_them() -> None:
    detector = NoseDetector(MODEL_FOLDER, threshold=0.5)
    # A grey nose in grey fur, which reaches to the edges of most of its photos.
    photos = sorted((data_folder() / "nose_photos").glob("*5909876/*"))
    assert len(photos) == 5
    for path in photos:
        assert detector.detect(load_upright(path, None, 960)), path.name


def test_a_file_that_says_nothing_of_room_gets_none() -> None:
    told = {
        "look_afar_side": "160",
        "look_afar_below": "0.3",
        "look_near_side": "160",
        "look_near_widths": "4",
        "look_near_most": "2",
        "look_near_enough": "0.15",
    }
    assert Looks.told_by({}) is None
    assert Looks.told_by(told) == Looks(160, 0.3, 160, 4.0, 2, 0.15, 0.0, 0.0)
    more = {**told, "look_room": "0.25", "look_room_least": "0.6"}
    assert Looks.told_by(more) == Looks(160, 0.3, 160, 4.0, 2, 0.15, 0.25, 0.6)


@needs_photos
def test_boxes_lie_better_seen_from_near_as_well() -> None:
    twice = NoseDetector(MODEL_FOLDER, threshold=0.3)
    once = OnnxBoxDetector(MODEL_FOLDER / MODEL_FILE, threshold=0.3)
    gains = []
    for picture in labelled_copies(data_folder(), {Split.DEV}):
        (first, *more), (nose, *others) = once.find(picture.image) or [None], picture.noses
        second = twice.detect(picture.image)
        if first is not None and not more and not others and len(second) == 1:
            gains.append(second[0].box.iou(nose) - first.box.iou(nose))
    assert len(gains) > 30
    assert np.mean(gains) > 0
