"""Noses that an earlier detector labels: only those on which three looks agree, of training photos only."""

import csv
from pathlib import Path

import numpy as np
import pytest

from services.noseprint.detection import NoseDetector
from services.noseprint.evaluate_detector import MODEL_FOLDER
from services.noseprint.training.detector_found import (
    COLUMNS,
    DOUBTFUL,
    agreed_nose,
    found_photos,
    unlabelled_rows,
)
from shared.geometry import RgbImage
from shared.training.dataset import Split, data_folder, photo_key, split_of
from tests.unit.services.noseprint.nose_pictures import made_nose

needs_photos = pytest.mark.skipif(
    not (data_folder() / "stanford_dogs.csv").is_file(), reason="the photos are not there (PAWTRAIT_DATA)"
)


@pytest.fixture(scope="module")
def detector() -> NoseDetector:
    return NoseDetector(MODEL_FOLDER, threshold=DOUBTFUL)


def test_a_clear_nose_is_labelled_where_it_is(detector: NoseDetector) -> None:
    labelled = [(made_nose(number, 0), number) for number in range(6)]
    boxes = [(agreed_nose(detector, photo.image), photo.box) for photo, _ in labelled]
    found = [(box, truth) for box, truth in boxes if box is not None]
    assert len(found) >= 3
    assert all(box.iou(truth) > 0.5 for box, truth in found)


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_nothing_is_labelled_where_nothing_is(detector: NoseDetector, grey: int) -> None:
    image: RgbImage = np.full((240, 320, 3), grey, np.uint8)
    assert agreed_nose(detector, image) is None


@needs_photos
def test_only_training_photos_without_a_box_given_by_hand_are_labelled() -> None:
    data = data_folder()
    with (data / "nose_boxes" / "boxes.csv").open(newline="") as lines:
        by_hand = {photo_key(row["file"]) for row in csv.DictReader(lines)}
    rows = list(unlabelled_rows(data))
    assert len(rows) > 5_000
    assert {split_of(row["file"]) for row in rows} == {Split.TRAIN}
    assert not by_hand & {photo_key(row["file"]) for row in rows}


@needs_photos
def test_what_was_written_is_read_with_its_photo(tmp_path: Path) -> None:
    row = next(unlabelled_rows(data_folder()))
    file = tmp_path / "found.csv"
    file.write_text(",".join(COLUMNS) + f"\n{row['file']},0.25,0.5,0.5,0.75\n")
    (picture,) = found_photos(data_folder(), file)
    assert (picture.name, picture.natural, picture.split) == (row["file"], True, Split.TRAIN)
    assert (picture.noses[0].x_min, picture.noses[0].y_max) == (0.25, 0.75)
    height, width = picture.image.shape[:2]
    assert width / height == pytest.approx(int(row["orig_w"]) / int(row["orig_h"]), rel=0.02)
