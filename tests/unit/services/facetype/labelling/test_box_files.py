"""Files of boxes, and the boxes and views that were made by hand."""

from collections import Counter
from pathlib import Path

import pytest

from services.facetype.evaluation.gate_cases import FaceView, read_views
from services.facetype.face import Part
from services.facetype.labelling.box_files import boxes_only, clipped, read_boxes
from services.facetype.labelling.hand_boxes import boxed_faces, read_hand_boxes
from shared.geometry import Box
from shared.training.dataset import Split, split_of


def test_boxes_are_read_surest_first_and_clipped(tmp_path: Path) -> None:
    path = tmp_path / "boxes.csv"
    path.write_text(
        "file,x_min,y_min,x_max,y_max,confidence\n"
        "a.webp,0.1,0.1,0.2,0.2,0.5\na.webp,0.5,0.5,1.2,0.9,0.9\nb.webp,,,,,\nc.webp,0.1,0.1,0.2,0.2,0.1\n"
    )
    found = read_boxes(path, least_confidence=0.3)
    assert [entry.confidence for entry in found["a.webp"]] == [0.9, 0.5]
    assert found["a.webp"][0].box == Box(0.5, 0.5, 1.0, 0.9)
    assert boxes_only(found)["b.webp"] == []
    assert found["c.webp"] == []


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "boxes.csv"
    path.write_text("file,left\na,1\n")
    with pytest.raises(ValueError, match="no column x_max, x_min"):
        read_boxes(path)


def test_a_box_beside_the_picture_is_none() -> None:
    assert clipped(1.1, 0.0, 1.5, 1.0) is None


def test_the_hand_drawn_faces_are_complete() -> None:
    faces = read_hand_boxes()
    assert len(faces) >= 100
    for file, parts in faces.items():
        assert set(parts) == set(Part), file
        assert parts[Part.T_ZONE].y_min < parts[Part.LOWER].y_max, file
    splits = Counter(split_of(file) for file in faces)
    assert splits[Split.VALIDATION] >= 50
    assert splits[Split.TRAIN] + splits[Split.DEV] >= 50


def test_the_views_judged_by_eye_are_complete() -> None:
    views = read_views()
    assert len({entry.file for entry in views}) == len(views)
    validation = Counter(entry.view for entry in views if entry.split is Split.VALIDATION)
    assert validation.total() >= 300
    assert all(validation[view] >= 30 for view in FaceView)


def test_a_hand_drawn_face_gets_the_head_over_it(tmp_path: Path) -> None:
    file, parts = next(iter(read_hand_boxes().items()))
    whole = parts[Part.WHOLE]
    heads = tmp_path / "heads.csv"
    edges = f"{whole.x_min},{whole.y_min},{whole.x_max},{whole.y_max}"
    heads.write_text(f"file,x_min,y_min,x_max,y_max,confidence\n{file},{edges},0.9\n")
    (face,) = boxed_faces(heads, None, set(Split))
    assert face.head.iou(whole) == pytest.approx(1.0)
    assert face.nose is None
