"""The cases that the gate is measured on are what they say."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from services.facetype.evaluate_gate import outcomes, parts_found
from services.facetype.evaluation.gate_cases import (
    CUT_AWAY,
    Case,
    cut_cases,
    cut_through,
    face_of,
    near_cases,
    side_by_side_cases,
    small_cases,
)
from services.facetype.face import DetectedPart, Outcome, Part
from services.facetype.part_detection import FoundFace
from services.facetype.training.coco import CocoPicture, LabelledPart
from shared.geometry import Box, RgbImage

FACE = Box(0.3, 0.2, 0.7, 0.8)


def bright_face() -> RgbImage:
    """A picture of 100 × 200 px, black but for the face."""
    image = np.zeros((100, 200, 3), np.uint8)
    image[20:80, 60:140] = 255
    return image


@pytest.mark.parametrize("side", range(4))
def test_a_crop_takes_away_the_share_it_says(side: int) -> None:
    left_over = cut_through(bright_face(), FACE, 0.25, side)
    assert (left_over == 255).sum() == pytest.approx(0.75 * 3 * 60 * 80, rel=0.02)
    edge = (left_over[:, 0], left_over[0], left_over[:, -1], left_over[-1])[side]
    assert edge.max() == 255, "the face reaches the edge that was made"


@pytest.fixture
def picture(tmp_path: Path) -> CocoPicture:
    path = tmp_path / "face.png"
    cv2.imwrite(str(path), cv2.resize(bright_face(), (500, 250), interpolation=cv2.INTER_NEAREST))
    return CocoPicture(path, 500, 250, (LabelledPart("any", Part.WHOLE, FACE),))


def test_crops_of_a_photo_cut_its_face_and_repeat(picture: CocoPicture) -> None:
    whole = 3 * 150 * 200
    cases = cut_cases([picture], seed=0, crops=8)
    shares = [(case.picture() == 255).sum() / whole for case in cases]
    assert min(shares) >= 1 - CUT_AWAY[1] - 0.02
    assert max(shares) <= 1 - CUT_AWAY[0] + 0.02
    again = cut_cases([picture], seed=0, crops=8)
    assert [case.name for case in again] == [case.name for case in cases]


def test_near_crops_keep_the_whole_face(picture: CocoPicture) -> None:
    (case,) = near_cases([picture], seed=3)
    crop = case.picture()
    assert (crop == 255).sum() == 3 * 150 * 200
    assert crop.size < 500 * 250 * 3


def test_faces_near_the_edge_or_several_make_no_cases(picture: CocoPicture) -> None:
    edge = CocoPicture(picture.path, 500, 250, (LabelledPart("any", Part.WHOLE, Box(0, 0.2, 0.5, 0.8)),))
    two = CocoPicture(picture.path, 500, 250, picture.parts * 2)
    assert face_of(picture) == FACE
    assert face_of(edge) is None
    assert cut_cases([edge, two], seed=0) == []


def test_photos_side_by_side_and_small() -> None:
    cases = [
        Case("a", bright_face),
        Case("b", lambda: np.zeros((50, 50, 3), np.uint8)),
        Case("c", bright_face),
    ]
    (joined,) = side_by_side_cases(cases)
    assert joined.picture().shape == (50, 150, 3)
    assert small_cases(cases, 20)[0].picture().shape == (10, 20, 3)


def test_outcomes_are_counted_and_parts_ranked() -> None:
    cases = [Case("a", bright_face), Case("b", lambda: np.zeros((50, 50, 3), np.uint8))]
    counts = outcomes(lambda image: Outcome.OK if image.max() else Outcome.NO_FACE, cases)
    assert counts == {Outcome.OK: 1, Outcome.NO_FACE: 1}
    faces = [
        FoundFace(FACE, 0.5, 0.0, {Part.LOWER: DetectedPart(Part.LOWER, FACE, confidence)})
        for confidence in (0.3, 0.8)
    ]
    assert [box.confidence for box in parts_found(faces, Part.LOWER)] == [0.8, 0.3]
    assert parts_found(faces, Part.T_ZONE) == ()
