from pathlib import Path

import cv2
import numpy as np
import pytest

from services.facetype.catalogue import Catalogue, load_catalogue
from services.facetype.face import Part
from services.facetype.labelling.geometry import parts_of
from services.facetype.training.coco import IMAGES, CocoPicture, LabelledPart, write_coco
from services.facetype.training.reader_data import left_out_of, random_place, read_data, read_false_faces
from services.facetype.training.reader_samples import read_samples
from shared.geometry import Box
from shared.training.dataset import Split, split_of
from tests.unit.services.facetype.catalogue.catalogues import written

WHOLE, LOWER = Box(0.1, 0.1, 0.5, 0.9), Box(0.2, 0.5, 0.4, 0.9)


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return load_catalogue(written(tmp_path / "shapes"))


def names(split: Split, count: int, prefix: str = "photo") -> list[str]:
    candidates = (f"{prefix}_{number}" for number in range(1000))
    return [name for name in candidates if split_of(name) is split][:count]


def write_set(folder: Path, pictures: dict[str, tuple[LabelledPart, ...]]) -> Path:
    (folder / IMAGES).mkdir(parents=True)
    entries = []
    for name, parts in pictures.items():
        path = folder / IMAGES / f"{name}.png"
        cv2.imwrite(str(path), np.full((60, 80, 3), 90, np.uint8))
        entries.append(CocoPicture(path, 80, 60, parts))
    write_coco(folder, entries)
    return folder


def face(type_id: str, number: int = 0) -> tuple[LabelledPart, ...]:
    return (
        LabelledPart(type_id, Part.WHOLE, WHOLE, number),
        LabelledPart(type_id, Part.LOWER, LOWER, number),
    )


def test_a_type_stands_for_the_label_that_files_it(tmp_path: Path, catalogue: Catalogue) -> None:
    folder = write_set(tmp_path / "coco", {"a": face("square_smile")})
    (sample,), empty = read_samples(folder, catalogue)
    assert sample.labels == {Part.WHOLE: "square_smile", Part.LOWER: "round_smile_or_square_smile"}
    assert sample.boxes[Part.LOWER].iou(LOWER) > 0.98
    assert not empty


def test_each_face_of_a_picture_is_a_sample(tmp_path: Path, catalogue: Catalogue) -> None:
    folder = write_set(tmp_path / "coco", {"a": face("frown", 0) + face("round_smile", 1), "b": ()})
    samples, empty = read_samples(folder, catalogue)
    assert [sample.labels[Part.WHOLE] for sample in samples] == ["frown", "round_smile"]
    assert [path.stem for path in empty] == ["b"]


def test_an_unknown_label_is_named_with_its_picture(tmp_path: Path, catalogue: Catalogue) -> None:
    folder = write_set(tmp_path / "coco", {"a": face("grin")})
    with pytest.raises(ValueError, match=r"a\.png: shapes-1 knows no grin of whole, but round_smile"):
        read_samples(folder, catalogue)


def test_validation_photos_and_held_out_breeds_are_not_trained_on(
    tmp_path: Path, catalogue: Catalogue
) -> None:
    train, dev, validation = (names(split, 3) for split in Split)
    held_out = names(Split.TRAIN, 2, "n01")
    pictures = dict.fromkeys([*train, *dev, *validation, *held_out], face("frown"))
    folder = write_set(tmp_path / "coco", pictures)
    samples, _ = read_samples(folder, catalogue, ["n01_"])
    assert not {sample.path.stem for sample in samples} & set(held_out)
    data = read_data(folder, catalogue)
    assert {sample.path.stem for sample in data.train if sample.is_face} == {*train, *held_out}
    assert {sample.path.stem for sample in data.dev if sample.is_face} == set(dev)


def test_the_built_in_table_says_which_breeds_are_left_out() -> None:
    import services.facetype

    dogs = load_catalogue(Path(services.facetype.__file__).parent / "catalogues" / "dogs")
    left_out = left_out_of(dogs)
    assert len(left_out) == 20
    assert "n02096585_" in left_out  # Boston terrier


def test_a_catalogue_without_breeds_leaves_nothing_out(catalogue: Catalogue) -> None:
    assert left_out_of(catalogue) == []


def test_pictures_without_a_face_show_what_a_detector_took_for_one(
    tmp_path: Path, catalogue: Catalogue
) -> None:
    (shown, other), (unseen,) = names(Split.TRAIN, 2), names(Split.VALIDATION, 1)
    folder = write_set(tmp_path / "coco", {shown: face("frown"), other: (), unseen: ()})
    boxes = tmp_path / "false.csv"
    boxes.write_text(f"file,x_min,y_min,x_max,y_max\n{other}.webp,0.25,0.25,0.75,0.75\n")
    data = read_data(folder, catalogue, boxes)
    places = [sample for sample in data.train if not sample.is_face and sample.path.stem == other]
    assert len(places) == 3
    assert places[0].boxes == parts_of(Box(0.25, 0.25, 0.75, 0.75))
    assert not any(sample.path.stem == unseen for sample in (*data.train, *data.dev))


def test_a_set_without_faces_is_refused(tmp_path: Path, catalogue: Catalogue) -> None:
    folder = write_set(tmp_path / "coco", {names(Split.TRAIN, 1)[0]: ()})
    with pytest.raises(ValueError, match="no face to train on"):
        read_data(folder, catalogue)


@pytest.mark.parametrize("text", ["file,x_min\na,0.1\n", "file,x_min,y_min,x_max,y_max\na,0.5,0.5,0.1,0.9\n"])
def test_a_file_of_boxes_that_holds_none_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "boxes.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"needs the columns|not a box"):
        read_false_faces(path)


@pytest.mark.parametrize("aspect", [0.3, 1.0, 4.0])
def test_random_places_are_squares_inside_the_picture(aspect: float) -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        place = random_place(rng, aspect)
        wide, high = (place.x_max - place.x_min) * aspect, place.y_max - place.y_min
        assert wide == pytest.approx(high, rel=1e-6)
