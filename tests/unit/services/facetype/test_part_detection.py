"""Boxes of all classes become faces with their parts; the detector that ships finds faces."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from services.facetype.face import Part
from services.facetype.labelling.autolabel import DOGS
from services.facetype.part_detection import Kind, PartDetector, faces_of, same_face
from shared.box_detection import FoundBox
from shared.geometry import Box, RgbImage

PORTRAITS = Path(__file__).resolve().parents[3] / "portraits"
FACE = Box(0.2, 0.2, 0.6, 0.7)
EYES, MUZZLE = Box(0.25, 0.3, 0.55, 0.45), Box(0.3, 0.45, 0.5, 0.7)
FAR = Box(0.7, 0.2, 0.95, 0.5)


def test_parts_go_to_the_face_they_lie_in() -> None:
    faces = faces_of(
        [
            FoundBox(MUZZLE, 0.8, Kind.LOWER),
            FoundBox(FACE, 0.9, Kind.WHOLE),
            FoundBox(EYES, 0.7, Kind.T_ZONE),
            FoundBox(FAR, 0.6, Kind.WHOLE),
            FoundBox(Box(0.72, 0.35, 0.9, 0.5), 0.5, Kind.LOWER),
        ]
    )
    assert [face.box for face in faces] == [FACE, FAR]
    assert {part: found.box for part, found in faces[0].parts.items()} == {
        Part.WHOLE: FACE,
        Part.T_ZONE: EYES,
        Part.LOWER: MUZZLE,
    }
    assert set(faces[1].parts) == {Part.WHOLE, Part.LOWER}


def test_one_face_seen_as_whole_and_as_cut_is_one_face() -> None:
    seen = Box(0.22, 0.2, 0.6, 0.66)
    (face,) = faces_of([FoundBox(FACE, 0.6, Kind.WHOLE), FoundBox(seen, 0.8, Kind.CUT)])
    assert (face.whole, face.cut) == (0.6, 0.8)
    assert face.box == seen, "the surer box"
    assert face.confidence == 0.8


def test_parts_alone_are_no_face() -> None:
    assert faces_of([FoundBox(EYES, 0.9, Kind.T_ZONE), FoundBox(MUZZLE, 0.9, Kind.LOWER)]) == []


def test_the_surest_of_two_muzzles_in_a_face_is_its_muzzle() -> None:
    other = Box(0.25, 0.5, 0.5, 0.7)
    (face,) = faces_of(
        [
            FoundBox(FACE, 0.9, Kind.WHOLE),
            FoundBox(other, 0.3, Kind.LOWER),
            FoundBox(MUZZLE, 0.8, Kind.LOWER),
        ]
    )
    assert face.parts[Part.LOWER].box == MUZZLE


def test_boxes_of_one_face() -> None:
    assert same_face(FACE, MUZZLE)
    assert not same_face(FACE, FAR)
    assert not same_face(FACE, Box(0.5, 0.2, 0.9, 0.7))


def test_a_missing_model_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        PartDetector(tmp_path)


@pytest.fixture(scope="module")
def detector() -> PartDetector:
    return PartDetector(DOGS)


def portraits() -> list[tuple[str, Box]]:
    """The painted portraits with the boxes of their heads."""
    entries = yaml.safe_load((PORTRAITS / "portraits.yaml").read_text())
    return [(entry["file"], Box(**entry["head_box"])) for entry in entries]


def read(name: str) -> RgbImage:
    picture = cv2.imread(str(PORTRAITS / name), cv2.IMREAD_COLOR_RGB)
    assert picture is not None
    return np.asarray(picture, np.uint8)


@pytest.mark.parametrize(("name", "head"), portraits(), ids=lambda value: str(value).split(".")[0][:24])
def test_painted_faces_are_found_with_their_parts(detector: PartDetector, name: str, head: Box) -> None:
    faces = detector.faces(read(name))
    assert faces
    face = faces[0]
    assert face.confidence > 0.5
    assert face.box.iou(head) > 0.4
    assert set(face.parts) == set(Part)
    assert face.parts[Part.T_ZONE].box.y_min < face.parts[Part.LOWER].box.y_min


def test_the_same_picture_gives_the_same_answer(detector: PartDetector) -> None:
    image = read(portraits()[0][0])
    assert detector.faces(image) == detector.faces(image)
    flat = detector.detect(image)
    assert flat[0].part is Part.WHOLE


def test_plain_pictures_have_no_face(detector: PartDetector) -> None:
    for shade in (0, 128, 255):
        faces = detector.faces(np.full((240, 320, 3), shade, np.uint8))
        assert all(face.confidence < 0.5 for face in faces)


def test_what_is_no_picture_is_refused(detector: PartDetector) -> None:
    with pytest.raises(ValueError, match="not an RGB picture"):
        detector.faces(np.zeros((10, 10), np.uint8))
