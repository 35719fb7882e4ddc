"""dlib's detector behind the same interface."""

import sys

import numpy as np
import pytest

from services.facecolor.dlib_detection import DlibHeadDetector
from services.facecolor.evaluate_detector import FOUND_IOU, confident_tasks, spread
from services.facecolor.training.detector.labels import best_match, read_photos
from shared.training.dataset import Split, data_folder

WEIGHTS = data_folder() / "pretrained" / "dogHeadDetector.dat"
needs_weights = pytest.mark.skipif(not WEIGHTS.is_file(), reason="dogHeadDetector.dat is not there")


def test_missing_file_is_named(tmp_path) -> None:
    with pytest.raises(FileNotFoundError, match=r"dogs\.dat"):
        DlibHeadDetector(tmp_path / "dogs.dat")


@pytest.mark.parametrize("upsampling", [-1, 3])
def test_upsampling_out_of_range_is_refused(tmp_path, upsampling: int) -> None:
    with pytest.raises(ValueError, match="upsampling"):
        DlibHeadDetector(tmp_path / "dogs.dat", upsampling=upsampling)


def test_absent_library_is_explained(tmp_path, monkeypatch) -> None:
    file = tmp_path / "dogs.dat"
    file.write_bytes(b"anything")
    monkeypatch.setitem(sys.modules, "dlib", None)
    with pytest.raises(RuntimeError, match=r"pawtrait\[dlib\]"):
        DlibHeadDetector(file)


def test_a_file_of_another_kind_is_refused(tmp_path) -> None:
    pytest.importorskip("dlib")
    file = tmp_path / "dogs.dat"
    file.write_bytes(b"not a network")
    with pytest.raises(RuntimeError, match=r"dogs\.dat"):
        DlibHeadDetector(file)


@needs_weights
def test_it_finds_what_it_was_the_teacher_of() -> None:
    pytest.importorskip("dlib")
    data = data_folder()
    detector = DlibHeadDetector(WEIGHTS)
    tasks = spread(confident_tasks(data, read_photos(data / "stanford_dogs.csv"), Split.VALIDATION), 3)
    for task in tasks:
        heads = detector.detect(task.picture())
        assert best_match(task.truth[0], (head.box for head in heads)) >= FOUND_IOU


@needs_weights
def test_a_blank_picture_holds_no_dog() -> None:
    pytest.importorskip("dlib")
    assert DlibHeadDetector(WEIGHTS).detect(np.full((120, 160, 3), 200, np.uint8)) == []
