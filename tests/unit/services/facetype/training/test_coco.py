"""COCO folders: written, read again, and refused when they are something else."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from services.facetype.face import Part
from services.facetype.training.coco import (
    FILE,
    IMAGES,
    CocoPicture,
    LabelledPart,
    category_of,
    read_category,
    read_coco,
    write_coco,
)
from shared.geometry import Box


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures, one of them without a face."""
    (tmp_path / IMAGES).mkdir()
    pictures = []
    for name, parts in (
        ("b.jpg", ()),
        (
            "a.jpg",
            (
                LabelledPart("square", Part.WHOLE, Box(0.1, 0.2, 0.5, 0.8), 0),
                LabelledPart("square_or_disc", Part.LOWER, Box(0.2, 0.5, 0.4, 0.8), 0),
                LabelledPart("square", Part.WHOLE, Box(0.6, 0.2, 0.9, 0.8), 1),
            ),
        ),
    ):
        cv2.imwrite(str(tmp_path / IMAGES / name), np.zeros((50, 100, 3), np.uint8))
        pictures.append(CocoPicture(tmp_path / IMAGES / name, 100, 50, parts))
    write_coco(tmp_path, pictures)
    return tmp_path


def test_what_is_written_is_read_again(folder: Path) -> None:
    first, second = read_coco(folder)
    assert second.parts == ()
    assert [(part.label, part.part, part.face) for part in first.parts] == [
        ("square", Part.WHOLE, 0),
        ("square_or_disc", Part.LOWER, 0),
        ("square", Part.WHOLE, 1),
    ]
    assert first.parts[0].box.iou(Box(0.1, 0.2, 0.5, 0.8)) == pytest.approx(1.0)
    names = {entry["name"] for entry in json.loads((folder / FILE).read_text())["categories"]}
    assert names == {"square/whole", "square_or_disc/lower"}


def test_categories() -> None:
    assert read_category(category_of("flat_faced", Part.T_ZONE)) == ("flat_faced", Part.T_ZONE)
    for wrong in ("whole", "/whole", "flat_faced/ears", "flat_faced"):
        with pytest.raises(ValueError, match="<label>/<part>"):
            read_category(wrong)


def test_a_missing_picture_is_said(folder: Path) -> None:
    (folder / IMAGES / "b.jpg").unlink()
    with pytest.raises(ValueError, match=r"b\.jpg"):
        read_coco(folder)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"categories": [{"id": 1}], "images": []}'])
def test_what_is_not_coco_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(ValueError, match="not a COCO file"):
        read_coco(tmp_path)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds no"):
        read_coco(tmp_path)
