"""Views of labelled pictures: what counts as whole, as cut, and as neither."""

import numpy as np
import pytest

from services.facetype.face import Part
from services.facetype.part_detection import Kind
from services.facetype.training.coco import LabelledPart
from services.facetype.training.parts_views import (
    Source,
    View,
    boxes_in_view,
    cropped_through,
    photo_as_it_is,
    side_by_side,
    towards_face,
    visible,
    without_face,
)
from shared.geometry import Box

FACE = Box(0.4, 0.3, 0.6, 0.7)
SIZE = (200, 100)


def source(face: Box = FACE) -> Source:
    """A picture of 200 × 100 px whose face is brighter than the rest."""
    image = np.full((100, 200, 3), 40, np.uint8)
    left, top, right, bottom = face.pixels(200, 100)
    image[top:bottom, left:right] = 220
    middle = (face.y_min + face.y_max) / 2
    return Source(
        image,
        (
            LabelledPart("any", Part.WHOLE, face),
            LabelledPart("any", Part.T_ZONE, Box(face.x_min, face.y_min, face.x_max, middle)),
            LabelledPart("any", Part.LOWER, Box(face.x_min, middle, face.x_max, face.y_max)),
        ),
    )


def moved(across: float, down: float) -> np.ndarray:
    """The picture moved by so many pixels."""
    return np.array([[1.0, 0.0, across], [0.0, 1.0, down]])


def test_a_face_in_view_is_whole() -> None:
    boxes = boxes_in_view(source(), moved(0, 0), SIZE)
    assert boxes is not None
    assert [kind for kind, _ in boxes] == [Kind.WHOLE, Kind.T_ZONE, Kind.LOWER]


def test_a_face_half_out_is_cut_and_its_hidden_part_no_label() -> None:
    # The face ends at 70 px: moved down by 50, its lower half and a little more are out.
    boxes = boxes_in_view(source(), moved(0, 50), SIZE)
    assert boxes is not None
    assert [kind for kind, _ in boxes] == [Kind.CUT, Kind.T_ZONE]


def test_a_face_barely_touched_is_neither() -> None:
    assert boxes_in_view(source(), moved(0, 33), SIZE) is None


def test_a_face_out_of_view_is_none() -> None:
    assert boxes_in_view(source(), moved(0, 90), SIZE) == ()


def test_shares_in_view() -> None:
    box, share = visible((-50.0, 0.0, 50.0, 100.0), (100, 100))
    assert share == pytest.approx(0.5)
    assert box == Box(0.0, 0.0, 0.5, 1.0)


def test_draws_give_what_they_promise() -> None:
    random = np.random.default_rng(0)
    cut = [towards_face(source(), 96, random, cut=True) for _ in range(120)]
    near = [towards_face(source(), 96, random, cut=False) for _ in range(120)]
    kinds = [kind for view in cut if view is not None for kind, _ in view.boxes]
    assert kinds.count(Kind.CUT) > 10
    assert Kind.WHOLE not in kinds
    kinds = [kind for view in near if view is not None for kind, _ in view.boxes]
    assert kinds.count(Kind.WHOLE) > 10
    assert Kind.CUT not in kinds


def test_labels_lie_where_the_face_is() -> None:
    random = np.random.default_rng(1)
    views = [towards_face(source(), 128, random, cut=False) for _ in range(40)]
    seen = 0
    for view in (view for view in views if view is not None):
        box = next(box for kind, box in view.boxes if kind is Kind.WHOLE)
        left, top, right, bottom = box.pixels(view.image.shape[1], view.image.shape[0])
        middle = view.image[(top + bottom) // 2, (left + right) // 2]
        assert middle.min() > 150
        seen += 1
    assert seen > 5


def test_a_photo_as_it_is_keeps_its_face() -> None:
    view = photo_as_it_is(source(), 100, np.random.default_rng(0))
    assert view is not None
    assert view.image.shape == (50, 100, 3)
    assert view.boxes[0][1].iou(FACE) > 0.9


def test_windows_without_a_face_show_none() -> None:
    random = np.random.default_rng(0)
    views = [without_face(source(Box(0.02, 0.1, 0.12, 0.4)), 64, random) for _ in range(30)]
    found = [view for view in views if view is not None]
    assert found
    assert all(not view.boxes for view in found)


def test_two_views_side_by_side() -> None:
    one = View(np.zeros((100, 100, 3), np.uint8), ((Kind.WHOLE, Box(0.0, 0.0, 0.5, 1.0)),))
    other = View(np.zeros((50, 50, 3), np.uint8), ((Kind.CUT, Box(0.5, 0.0, 1.0, 1.0)),))
    joined = side_by_side([one, other])
    assert joined.image.shape == (100, 200, 3)
    assert joined.boxes == (
        (Kind.WHOLE, Box(0.0, 0.0, 0.25, 1.0)),
        (Kind.CUT, Box(0.75, 0.0, 1.0, 1.0)),
    )


def test_faces_at_the_edge_may_be_cut_already() -> None:
    assert source().surely_whole
    assert not source(Box(0.0, 0.3, 0.2, 0.7)).surely_whole


def test_a_photo_cropped_through_its_face_shows_it_cut_at_its_size() -> None:
    random = np.random.default_rng(2)
    views = [view for view in (cropped_through(source(), 100, random) for _ in range(60)) if view]
    kinds = [kind for view in views for kind, _ in view.boxes]
    assert kinds.count(Kind.CUT) > 30
    assert Kind.WHOLE not in kinds
    for view in views:
        box = next(box for kind, box in view.boxes if kind is Kind.CUT)
        edges = (box.x_min, box.y_min, 1 - box.x_max, 1 - box.y_max)
        assert min(edges) < 0.01, "cut by the edge of the view"
