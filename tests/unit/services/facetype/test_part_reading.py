"""The reader that ships, on painted dogs."""

from pathlib import Path

import cv2
import numpy as np
import pytest

import services.facetype
from services.facetype.catalogue import Catalogue, load_catalogue
from services.facetype.face import Part
from services.facetype.part_reading import PartReader
from shared.geometry import Box, RgbImage
from tests.conftest import PORTRAITS
from tests.unit.services.facetype.catalogue.catalogues import written

DOGS = Path(services.facetype.__file__).parent / "catalogues" / "dogs"
BOXES = {Part.WHOLE: Box(0.3, 0.2, 0.7, 0.7), Part.LOWER: Box(0.4, 0.45, 0.6, 0.7)}


@pytest.fixture(scope="module")
def dogs() -> Catalogue:
    return load_catalogue(DOGS)


@pytest.fixture(scope="module")
def reader(dogs: Catalogue) -> PartReader:
    return PartReader(dogs.types_model, dogs)


@pytest.fixture(scope="module")
def portrait() -> RgbImage:
    return np.asarray(cv2.imread(str(PORTRAITS / "tan_pricked.jpg"), cv2.IMREAD_COLOR_RGB), np.uint8)


def test_each_part_has_a_logit_for_each_of_its_labels(
    reader: PartReader, dogs: Catalogue, portrait: RgbImage
) -> None:
    found = reader.read(portrait, dict.fromkeys(Part, Box(0.3, 0.2, 0.7, 0.7)))
    for part in Part:
        assert found.labels[part].shape == (len(dogs.labels(part)),)
        assert np.isfinite(found.labels[part]).all()
        assert np.isfinite(found.face[part])


def test_parts_that_were_not_found_are_left_out(reader: PartReader, portrait: RgbImage) -> None:
    found = reader.read(portrait, BOXES)
    assert list(found.labels) == [Part.WHOLE, Part.LOWER]
    assert set(found.face) == set(BOXES)


def test_a_part_is_read_alike_whatever_is_read_beside_it(reader: PartReader, portrait: RgbImage) -> None:
    together = reader.read(portrait, BOXES).labels[Part.LOWER]
    alone = reader.read(portrait, {Part.LOWER: BOXES[Part.LOWER]}).labels[Part.LOWER]
    assert together == pytest.approx(alone, abs=1e-3)


@pytest.mark.parametrize(
    "image", [np.zeros((10, 10), np.uint8), np.zeros((10, 10, 3), np.float32), np.zeros((0, 10, 3), np.uint8)]
)
def test_what_is_no_picture_is_refused(reader: PartReader, image: np.ndarray) -> None:
    with pytest.raises(ValueError, match="not an RGB picture"):
        reader.read(image, BOXES)


def test_without_a_part_there_is_nothing_to_read(reader: PartReader, portrait: RgbImage) -> None:
    with pytest.raises(ValueError, match="no part"):
        reader.read(portrait, {})


def test_a_model_serves_only_the_labels_it_was_trained_for(dogs: Catalogue, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="other labels than those of shapes-1"):
        PartReader(dogs.types_model, load_catalogue(written(tmp_path)))


def test_a_missing_model_is_named(dogs: Catalogue, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        PartReader(tmp_path / "types.onnx", dogs)
