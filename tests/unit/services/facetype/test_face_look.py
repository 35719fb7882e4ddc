"""The second look that ships: whole painted faces against the same faces cut."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from services.facetype.face_look import MODEL_FILE, FaceLooks
from services.facetype.labelling.autolabel import DOGS
from shared.geometry import Box, RgbImage

PORTRAITS = Path(__file__).resolve().parents[3] / "portraits"


@pytest.fixture(scope="module")
def looks() -> FaceLooks:
    return FaceLooks(DOGS / MODEL_FILE)


def portraits() -> list[tuple[RgbImage, Box]]:
    """The painted portraits with the boxes of their heads."""
    entries = yaml.safe_load((PORTRAITS / "portraits.yaml").read_text())
    found = []
    for entry in entries:
        image = cv2.imread(str(PORTRAITS / entry["file"]), cv2.IMREAD_COLOR_RGB)
        assert image is not None
        found.append((np.asarray(image, np.uint8), Box(**entry["head_box"])))
    return found


def test_halves_look_more_cut_than_whole_faces(looks: FaceLooks) -> None:
    for image, head in portraits():
        left, top, right, bottom = head.pixels(image.shape[1], image.shape[0])
        half = np.ascontiguousarray(image[(top + bottom) // 2 :])
        rest = bottom - (top + bottom) // 2
        box = Box(left / image.shape[1], 0.0, right / image.shape[1], rest / half.shape[0])
        (whole,), (cut,) = looks.look(image, [head]), looks.look(half, [box])
        assert cut.cut > whole.cut + 2


def test_a_missing_model_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        FaceLooks(tmp_path / MODEL_FILE)
