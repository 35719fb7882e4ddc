"""Reading the data folder."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from services.traits.training.photos import Photo, read_dogs, read_image, read_negatives
from shared.geometry import Box
from shared.training.dataset import Split, split_of
from tests.unit.services.traits.made_data import MADE_BREEDS, make_data


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_data(tmp_path_factory.mktemp("data"), {Split.TRAIN: 2, Split.VALIDATION: 1})


@pytest.fixture(scope="module")
def dogs(data: Path) -> list[Photo]:
    return read_dogs(data)


def test_every_photo_comes_once_with_its_split(dogs: list[Photo]) -> None:
    assert len({photo.file for photo in dogs}) == len(dogs) == 9
    assert all(photo.split == split_of(photo.file) for photo in dogs)
    assert {photo.breed for photo in dogs} == {0, 40, 90}


def test_labels_become_indices_and_x_is_unknown(dogs: list[Photo]) -> None:
    labelled = [photo for photo in dogs if photo.fur >= 0 and photo.split == Split.TRAIN]
    assert [(photo.ear, photo.fur, photo.pattern) for photo in labelled] == [(0, 1, 2), (1, 1, 2), (-1, 1, 2)]
    assert sum(photo.fur < 0 for photo in dogs) == 3


def test_doubtful_head_boxes_are_left_out(dogs: list[Photo]) -> None:
    boxes = {photo.head for photo in dogs}
    assert boxes == {None, Box(0.27, 0.17, 0.73, 0.63)}


def test_another_detectors_boxes_replace_the_teachers(data: Path, tmp_path: Path, dogs: list[Photo]) -> None:
    other = tmp_path / "boxes.csv"
    other.write_text(f"file,x_min,y_min,x_max,y_max,confidence\n{dogs[0].file},-0.1,0.2,0.5,1.4,0.9\n")
    replaced = {photo.file: photo.head for photo in read_dogs(data, other)}
    assert replaced[dogs[0].file] == Box(0.0, 0.2, 0.5, 1.0)
    assert all(head is None for file, head in replaced.items() if file != dogs[0].file)


def test_bodies_are_fractions_larger_first(dogs: list[Photo]) -> None:
    assert dogs[0].bodies == (Box(0.2, 0.2, 0.8, 280 / 300), Box(0.0, 0.0, 0.075, 0.1))
    assert dogs[0].aspect == pytest.approx(4 / 3)


def test_larger_copies_belong_to_the_photo_of_the_same_name(dogs: list[Photo]) -> None:
    assert all(photo.sharp is None or photo.sharp.name == photo.file for photo in dogs)
    assert sum(photo.sharp is not None for photo in dogs) == 6


def test_negatives_have_no_breed(data: Path) -> None:
    negatives = read_negatives(data)
    assert len(negatives) == 6
    assert {photo.breed for photo in negatives} == {-1}
    assert {photo.path.parent.name for photo in negatives} == {"cats", "objects"}
    assert negatives[0].aspect == pytest.approx(4 / 3)


def test_pictures_come_as_rgb(tmp_path: Path) -> None:
    picture = np.zeros((4, 6, 3), np.uint8)
    picture[..., 2] = 200
    cv2.imwrite(str(tmp_path / "red.png"), picture)
    assert read_image(tmp_path / "red.png")[0, 0].tolist() == [200, 0, 0]


def test_what_is_no_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.webp").write_text("no picture")
    with pytest.raises(ValueError, match=r"not a picture: .*text\.webp"):
        read_image(tmp_path / "text.webp")


def test_the_breeds_made_are_those_of_the_table(dogs: list[Photo]) -> None:
    assert [breed.synset for breed in MADE_BREEDS] == sorted({photo.file.split("_")[0] for photo in dogs})
