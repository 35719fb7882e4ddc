"""From a photo to a nose print, with the models that ship."""

import itertools

import cv2
import numpy as np
import pytest

from services.noseprint.embedding import EMBEDDING_SIZE
from services.noseprint.evaluate_detector import MODEL_FOLDER, negatives
from services.noseprint.nose_reader import NoseReader
from services.noseprint.training.detector_backdrops import keyboard, tyre, wall
from shared.errors import PawtraitError, Reason
from shared.geometry import RgbImage
from shared.inference_pool import Stopwatch
from shared.training.dataset import Split, data_folder

NOSE_PHOTOS = data_folder() / "nose_photos"
needs_photos = pytest.mark.skipif(not NOSE_PHOTOS.is_dir(), reason="the photos are not there (PAWTRAIT_DATA)")


@pytest.fixture(scope="module")
def reader() -> NoseReader:
    return NoseReader(MODEL_FOLDER)


@pytest.fixture(scope="module")
def usable(reader: NoseReader) -> list[RgbImage]:
    """The first usable photo of each dog of the sample."""
    found = []
    for folder in sorted(NOSE_PHOTOS.iterdir()):
        photos = (
            np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)) for path in sorted(folder.iterdir())
        )
        first = next((photo for photo in photos if reader.check(photo).usable), None)
        if first is not None:
            found.append(first)
    return found


@needs_photos
def test_most_dogs_of_the_sample_have_a_usable_photo(usable: list[RgbImage]) -> None:
    assert len(usable) >= 7


@needs_photos
def test_a_print_is_whole_and_the_same_every_time(reader: NoseReader, usable: list[RgbImage]) -> None:
    watch = Stopwatch()
    first, second = reader.read(usable[0], watch), reader.read(usable[0].copy())
    assert first.embedding.shape == (EMBEDDING_SIZE,)
    assert np.linalg.norm(first.embedding) == pytest.approx(1.0, abs=1e-4)
    assert np.array_equal(first.embedding, second.embedding)
    assert np.array_equal(first.features.descriptors, second.features.descriptors)
    assert first.model_version == reader.version
    assert [name for name, _ in watch.stages] == ["detect", "quality", "align", "embed", "features"]


@needs_photos
def test_a_blurred_nose_is_refused_as_blurred(reader: NoseReader, usable: list[RgbImage]) -> None:
    reasons = []
    for photo in usable:
        blurred = np.asarray(cv2.GaussianBlur(photo, (0, 0), 0.03 * photo.shape[1]), np.uint8)
        with pytest.raises(PawtraitError) as caught:
            reader.read(blurred)
        reasons.append(caught.value.reason)
    assert reasons.count(Reason.PHOTO_TOO_BLURRY) >= len(reasons) - 1


@needs_photos
def test_a_nose_of_forty_pixels_is_refused(reader: NoseReader, usable: list[RgbImage]) -> None:
    for photo in usable[:4]:
        nose = reader.check(photo).nose
        assert nose is not None
        scale = 40 / ((nose.box.x_max - nose.box.x_min) * photo.shape[1])
        small = np.asarray(
            cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8
        )
        with pytest.raises(PawtraitError) as caught:
            reader.read(small)
        assert caught.value.reason in (Reason.NOSE_TOO_SMALL, Reason.NO_NOSE_FOUND)


@needs_photos
def test_two_noses_side_by_side_are_several(reader: NoseReader, usable: list[RgbImage]) -> None:
    found = 0
    for left, right in itertools.pairwise(usable):
        both = [cv2.resize(photo, (480, 480), interpolation=cv2.INTER_AREA) for photo in (left, right)]
        found += Reason.SEVERAL_NOSES in reader.check(np.ascontiguousarray(np.hstack(both))).reasons
    # The grey dog's nose, which is only found with room around it, is not found beside another.
    assert found >= 0.5 * (len(usable) - 2)


@needs_photos
def test_a_nose_cut_by_the_edge_is_refused(reader: NoseReader, usable: list[RgbImage]) -> None:
    refused = 0
    for photo in usable:
        nose = reader.check(photo).nose
        assert nose is not None
        middle = round((nose.box.x_min + nose.box.x_max) / 2 * photo.shape[1])
        refused += not reader.check(np.ascontiguousarray(photo[:, :middle])).usable
    assert refused >= len(usable) - 1


@needs_photos
def test_no_cat_and_no_thing_of_those_held_back_passes(reader: NoseReader) -> None:
    pictures = [
        cv2.resize(image, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
        for kind in ("cats", "objects")
        for image, _ in negatives(data_folder(), kind, Split.VALIDATION)
    ]
    assert len(pictures) > 150
    assert not [image.shape for image in pictures if reader.check(np.asarray(image, np.uint8)).usable]


def test_what_is_no_nose_is_refused(reader: NoseReader) -> None:
    random = np.random.default_rng(3)
    for make in (keyboard, tyre, wall):
        with pytest.raises(PawtraitError) as caught:
            reader.read(make(random))
        assert caught.value.reason in (Reason.NO_NOSE_FOUND, Reason.PHOTO_TOO_BLURRY)
        assert ":" in caught.value.message, "what is wrong, and what to do"


@pytest.mark.parametrize(
    ("grey", "reason"),
    [(0, Reason.PHOTO_TOO_DARK), (255, Reason.PHOTO_TOO_BRIGHT), (128, Reason.NO_NOSE_FOUND)],
)
def test_a_blank_picture_is_refused_for_what_it_is(reader: NoseReader, grey: int, reason: Reason) -> None:
    checked = reader.check(np.full((600, 800, 3), grey, np.uint8))
    assert checked.nose is None
    assert checked.quality is None
    assert checked.reasons[0] is reason
    assert not checked.usable


def test_reading_refuses_what_is_no_picture(reader: NoseReader) -> None:
    with pytest.raises(ValueError, match="not an RGB picture"):
        reader.check(np.zeros((20, 20), np.uint8))
