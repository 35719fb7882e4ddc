"""The nose detector that ships: what it finds, what it leaves alone, and that its answer is well-formed."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from services.noseprint.detection import MODEL_FILE, Nose, NoseDetector
from services.noseprint.evaluate_detector import (
    MODEL_FOLDER,
    Outcome,
    near_views,
    negatives,
    outcomes,
    recall_at,
)
from services.noseprint.training.detector_backdrops import keyboard, texture, two_holes, tyre, wall
from services.noseprint.training.detector_labels import labelled_copies
from shared.geometry import Box, RgbImage
from shared.training.dataset import Split, data_folder

needs_photos = pytest.mark.skipif(
    not (data_folder() / "nose_boxes").is_dir(), reason="the photos are not there (PAWTRAIT_DATA)"
)


@pytest.fixture(scope="module")
def detector() -> NoseDetector:
    return NoseDetector(MODEL_FOLDER)


def noise(height: int, width: int) -> RgbImage:
    return np.random.default_rng(height * 10_007 + width).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_a_missing_model_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=MODEL_FILE):
        NoseDetector(tmp_path)


@pytest.mark.parametrize("size", [(480, 640), (1, 1), (1, 2000), (37, 5), (1500, 2000)])
def test_any_picture_gets_an_answer(detector: NoseDetector, size: tuple[int, int]) -> None:
    for found in detector.detect(noise(*size)):
        assert detector.threshold <= found.confidence <= 1


@pytest.mark.parametrize("image", [np.zeros((5, 5), np.uint8), np.zeros((5, 5, 3), np.float32)])
def test_what_is_no_picture_is_refused(detector: NoseDetector, image: RgbImage) -> None:
    with pytest.raises(ValueError, match="not an RGB picture"):
        detector.detect(image)


@pytest.mark.parametrize("make", [wall, keyboard, tyre, two_holes, texture])
def test_things_with_dark_holes_are_no_noses(detector: NoseDetector, make) -> None:  # type: ignore[no-untyped-def]
    random = np.random.default_rng(11)
    wrong = sum(bool(detector.detect(make(random))) for _ in range(25))
    assert wrong <= 1


def test_black_and_white_pictures_have_no_nose(detector: NoseDetector) -> None:
    for grey in (0, 128, 255):
        assert detector.detect(np.full((480, 640, 3), grey, np.uint8)) == []


@needs_photos
def test_close_noses_of_unseen_photos_are_found(detector: NoseDetector) -> None:
    copies = labelled_copies(data_folder(), {Split.VALIDATION})[::4]
    large = [(image, noses) for image, noses in near_views(copies) if max(nose.area for nose in noses) > 0.03]
    assert len(large) > 15
    found, total = recall_at(outcomes(detector, large), detector.threshold)
    assert found / total > 0.75


@needs_photos
def test_the_same_photo_gives_the_same_answer_and_the_most_prominent_nose_first(
    detector: NoseDetector,
) -> None:
    eager = NoseDetector(MODEL_FOLDER, threshold=0.05)
    for copy in labelled_copies(data_folder(), {Split.VALIDATION})[:20]:
        noses = eager.detect(copy.image)
        assert noses == eager.detect(copy.image.copy())
        weight = [nose.confidence * nose.box.area for nose in noses]
        assert weight == sorted(weight, reverse=True)


@needs_photos
def test_few_cats_and_things_have_a_nose(detector: NoseDetector) -> None:
    pictures = [
        picture
        for kind in ("cats", "objects")
        for picture in negatives(data_folder(), kind, Split.VALIDATION)[::3]
    ]
    wrong = sum(bool(detector.detect(image)) for image, _ in pictures)
    # Cats have noses, too; what lets none of them through is the quality gate.
    assert wrong / len(pictures) < 0.22


@needs_photos
def test_the_size_of_a_photo_does_not_matter(detector: NoseDetector) -> None:
    agreeing = total = 0
    for image, _ in near_views(labelled_copies(data_folder(), {Split.VALIDATION})[::8]):
        large = np.asarray(cv2.resize(image, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC), np.uint8)
        small, big = detector.detect(image), detector.detect(large)
        if small and big:
            total += 1
            agreeing += small[0].box.iou(big[0].box) > 0.7
    assert total >= 5
    assert agreeing / total > 0.9


def outcome(found: list[tuple[float, float]], truth: list[float]) -> Outcome:
    """Boxes at places along the top edge: (place, confidence) found, places true."""

    def box(place: float) -> Box:
        return Box(place, 0.0, place + 0.1, 0.1)

    ranked = sorted(found, key=lambda item: -item[1])
    return Outcome(
        tuple(Nose(box(place), confidence) for place, confidence in ranked),
        tuple(box(place) for place in truth),
    )


def test_recall_counts_only_sure_boxes() -> None:
    result = outcome([(0.1, 0.9), (0.5, 0.3)], [0.1, 0.5])
    assert recall_at([result], 0.5) == (1, 2)
    assert recall_at([result], 0.2) == (2, 2)
