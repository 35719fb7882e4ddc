"""Parts of a face from boxes of head and nose."""

import pytest

from services.facetype.face import Part
from services.facetype.labelling.fit_geometry import mirrored
from services.facetype.labelling.geometry import (
    USUAL_NOSE,
    USUAL_NOSE_SIZE,
    edges_in_head,
    edges_in_picture,
    nose_in,
    parts_of,
)
from shared.geometry import Box

HEAD = Box(0.3, 0.2, 0.7, 0.6)


def nose_at(x: float, y: float, grown: float = 1.0) -> Box:
    """A nose with its centre at a place of the head, in coordinates of the head."""
    half = USUAL_NOSE_SIZE[0] * grown / 2, USUAL_NOSE_SIZE[1] * grown / 2
    box = edges_in_picture(HEAD, (x - half[0], y - half[1], x + half[0], y + half[1]))
    assert box is not None
    return box


def test_eyes_lie_above_the_muzzle_and_both_in_the_face() -> None:
    for nose in (None, nose_at(*USUAL_NOSE)):
        parts = parts_of(HEAD, nose)
        assert set(parts) == set(Part)
        assert parts[Part.T_ZONE].y_max < parts[Part.LOWER].y_max
        assert parts[Part.T_ZONE].y_min < parts[Part.LOWER].y_min
        for part in (Part.T_ZONE, Part.LOWER):
            assert parts[part].iou(parts[Part.WHOLE]) > 0.1
            assert parts[Part.WHOLE].x_min <= parts[part].x_min + 0.02


def test_a_lower_nose_lengthens_the_bridge_and_moves_the_muzzle() -> None:
    high, low = parts_of(HEAD, nose_at(0.5, 0.6)), parts_of(HEAD, nose_at(0.5, 0.8))
    assert low[Part.T_ZONE].y_max > high[Part.T_ZONE].y_max + 0.03
    assert low[Part.LOWER].y_min > high[Part.LOWER].y_min + 0.03


def test_a_nose_aside_takes_the_muzzle_along() -> None:
    left, right = parts_of(HEAD, nose_at(0.3, 0.7)), parts_of(HEAD, nose_at(0.7, 0.7))
    assert right[Part.LOWER].x_min > left[Part.LOWER].x_min + 0.03


def test_the_mirror_image_has_the_mirrored_parts() -> None:
    nose = nose_at(0.62, 0.7)
    parts, others = parts_of(HEAD, nose), parts_of(mirrored(HEAD), mirrored(nose))
    for part in Part:
        assert mirrored(others[part]).iou(parts[part]) > 0.98, part


def test_parts_stay_in_the_picture() -> None:
    parts = parts_of(Box(0.0, 0.5, 0.4, 1.0), None)
    assert parts[Part.LOWER].y_max == 1.0
    assert all(part.x_min >= 0 for part in parts.values())


def test_an_impossible_nose_leaves_the_usual_place() -> None:
    small = Box(0.4, 0.4, 0.5, 0.5)
    parts = parts_of(small, Box(0.0, 0.0, 1.0, 0.05))
    assert parts[Part.T_ZONE].area > 0


def test_the_largest_nose_within_the_head_is_its_nose() -> None:
    inside, smaller, outside = nose_at(0.5, 0.7), nose_at(0.5, 0.7, grown=0.5), Box(0.8, 0.8, 0.99, 0.99)
    assert nose_in(HEAD, [smaller, outside, inside]) == inside
    assert nose_in(HEAD, [outside]) is None


def test_coordinates_of_the_head_and_back() -> None:
    box = Box(0.35, 0.3, 0.6, 0.55)
    back = edges_in_picture(HEAD, edges_in_head(HEAD, box))
    assert back is not None
    assert back.iou(box) == pytest.approx(1.0)
    assert edges_in_picture(HEAD, (-5.0, 0.0, -4.0, 1.0)) is None
