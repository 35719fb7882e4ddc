"""A COCO folder made of a few drawn pictures with known heads."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from services.facetype.catalogue.breed_table import read_breed_table
from services.facetype.catalogue.loading import load_catalogue
from services.facetype.face import Part
from services.facetype.labelling.autolabel import DOGS, autolabel, known_heads, painted_over
from services.facetype.training.coco import read_coco
from shared.box_detection import PADDING
from shared.geometry import Box


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two photos, the second with a further dog whose head nobody found, and a thing."""
    folder = tmp_path / "data"
    breed = read_breed_table(load_catalogue(DOGS)).breeds[0]
    photos = folder / "stanford_dogs_224" / f"{breed.synset}-Some_breed"
    photos.mkdir(parents=True)
    rows = ["file,synset,breed,orig_w,orig_h,body_boxes_xywh"]
    for number, bodies in enumerate(('"20,20,200,250"', '"20,20,200,250;260,40,120,200"')):
        name = f"{breed.synset}_{number}.webp"
        cv2.imwrite(str(photos / name), np.full((224, 224, 3), 200, np.uint8))
        rows.append(f"{name},{breed.synset},Some_breed,400,300,{bodies}")
    (folder / "stanford_dogs.csv").write_text("\n".join(rows) + "\n")
    (folder / "head_boxes.csv").write_text(
        "file,x_min,y_min,x_max,y_max,confidence\n"
        + "".join(f"{breed.synset}_{number}.webp,0.1,0.1,0.4,0.5,0.9\n" for number in range(2))
    )
    things = folder / "negatives" / "objects"
    things.mkdir(parents=True)
    cv2.imwrite(str(things / "thing.webp"), np.full((80, 120, 3), 99, np.uint8))
    return folder


def test_parts_get_the_labels_that_they_can_show(data: Path, tmp_path: Path) -> None:
    catalogue = load_catalogue(DOGS)
    kind = read_breed_table(catalogue).breeds[0].type
    counts = autolabel(tmp_path / "out", data, catalogue, None, None)
    assert counts["pictures"] == 3
    pictures = read_coco(tmp_path / "out")
    first, second, thing = pictures
    assert thing.parts == ()
    assert (first.width, first.height) == (500, 375), "unsqueezed"
    labels = {part.part: part.label for part in first.parts}
    assert labels == {part: catalogue.label_of(part, kind) for part in Part}
    assert labels[Part.WHOLE] == kind
    hidden = cv2.imread(str(second.path))
    assert hidden is not None
    assert abs(int(hidden[150, 400, 0]) - PADDING) < 6, "a dog without a known head is painted over"
    assert abs(int(hidden[100, 100, 0]) - 200) < 6, "the known one is not"


def test_a_limit_is_kept_and_repeatable(data: Path, tmp_path: Path) -> None:
    for out in ("one", "two"):
        autolabel(tmp_path / out, data, load_catalogue(DOGS), None, None, limit=1, negatives=False)
    names = [[entry.path.name for entry in read_coco(tmp_path / out)] for out in ("one", "two")]
    assert names[0] == names[1]
    assert len(names[0]) == 1


def test_without_heads_it_says_so(data: Path, tmp_path: Path) -> None:
    (data / "head_boxes.csv").unlink()
    with pytest.raises(ValueError, match="head boxes"):
        autolabel(tmp_path / "out", data, load_catalogue(DOGS), None, None)


def test_a_sure_detector_goes_before_the_teacher(data: Path, tmp_path: Path) -> None:
    name = next(iter(known_heads(data, None)))
    better, unsure = tmp_path / "better.csv", tmp_path / "unsure.csv"
    header = "file,x_min,y_min,x_max,y_max,confidence\n"
    better.write_text(f"{header}{name},0.5,0.5,0.9,0.9,0.95\n")
    unsure.write_text(f"{header}{name},0.5,0.5,0.9,0.9,0.1\n")
    assert known_heads(data, better)[name] == [Box(0.5, 0.5, 0.9, 0.9)]
    assert known_heads(data, unsure)[name] == [Box(0.1, 0.1, 0.4, 0.5)]


def test_known_faces_show_through_what_is_hidden() -> None:
    picture = np.full((100, 100, 3), 10, np.uint8)
    result = painted_over(picture, [Box(0.0, 0.0, 0.5, 1.0)], [Box(0.0, 0.0, 0.2, 0.2)])
    assert result[50, 30, 0] == PADDING
    assert result[10, 10, 0] == 10
    assert picture[50, 30, 0] == 10
