"""The classifier with the shipped weights, on made and on real pictures."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from services.traits.breeds import BREEDS
from services.traits.classifier import TraitsClassifier
from services.traits.evaluate import MODEL_FOLDER, blanks
from services.traits.training.photos import Photo, load_upright_photo, read_dogs, read_negatives
from shared.geometry import Box, RgbImage
from shared.training.dataset import Split, data_folder
from shared.vocabulary import Ear, Fur, Pattern

needs_photos = pytest.mark.skipif(
    not (data_folder() / "stanford_dogs.csv").is_file(), reason="the photos are not there (PAWTRAIT_DATA)"
)
HEAD = Box(0.3, 0.2, 0.7, 0.6)


@pytest.fixture(scope="module")
def classifier() -> TraitsClassifier:
    return TraitsClassifier(MODEL_FOLDER, threads=1)


@pytest.fixture(scope="module")
def dogs() -> list[Photo]:
    """Some validation photos with a head box and hand labels."""
    photos = read_dogs(data_folder())
    chosen = [p for p in photos if p.split == Split.VALIDATION and p.head is not None and p.ear >= 0]
    return chosen[::6]


def noise(height: int, width: int) -> RgbImage:
    return np.random.default_rng(height * width).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("head", [None, HEAD])
def test_answers_are_well_formed(classifier: TraitsClassifier, head: Box | None) -> None:
    traits = classifier.classify(noise(300, 400), head)
    probabilities = [breed.probability for breed in traits.breeds]
    assert len(traits.breeds) == 5
    assert probabilities == sorted(probabilities, reverse=True)
    assert 0 < sum(probabilities) <= 1 + 1e-9
    assert 1 / 2 <= traits.ear.probability <= 1
    assert 1 / 3 <= traits.fur.probability <= 1
    assert 1 / 6 <= traits.pattern.probability <= 1
    assert isinstance(traits.ear.value, Ear)
    assert isinstance(traits.fur.value, Fur)
    assert isinstance(traits.pattern.value, Pattern)
    assert traits.is_dog == (traits.dog_probability >= classifier.dog_threshold)


def test_head_and_beard_are_those_of_the_likeliest_breed(classifier: TraitsClassifier) -> None:
    traits = classifier.classify(noise(200, 200), HEAD)
    breed = next(breed for breed in BREEDS if breed.id == traits.breeds[0].id)
    assert (traits.head, traits.beard, traits.breeds[0].name) == (breed.head, breed.beard, breed.name)


@pytest.mark.parametrize("head", [None, HEAD])
def test_the_same_photo_gets_the_same_answer(classifier: TraitsClassifier, head: Box | None) -> None:
    image = noise(240, 320)
    assert classifier.classify(image, head) == classifier.classify(image.copy(), head)


def test_threads_do_not_mix_answers(classifier: TraitsClassifier) -> None:
    images = [noise(120 + 20 * number, 160) for number in range(6)]
    alone = [classifier.classify(image, HEAD) for image in images]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda image: classifier.classify(image, HEAD), images * 2))
    assert together == alone * 2


@pytest.mark.parametrize("shape", [(1, 1), (2, 700), (700, 2), (1024, 1024)])
def test_any_size_is_read(classifier: TraitsClassifier, shape: tuple[int, int]) -> None:
    assert 0 <= classifier.classify(noise(*shape), None).dog_probability <= 1


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((10, 10), np.uint8),
        np.zeros((10, 10, 4), np.uint8),
        np.zeros((0, 10, 3), np.uint8),
        np.zeros((10, 10, 3), np.float32),
    ],
)
def test_what_is_no_rgb_picture_is_refused(classifier: TraitsClassifier, image: RgbImage) -> None:
    with pytest.raises(ValueError, match="not an RGB picture"):
        classifier.classify(image, None)


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"traits\.onnx"):
        TraitsClassifier(tmp_path)


def test_walls_and_noise_are_no_dogs(classifier: TraitsClassifier) -> None:
    taken = [picture.shape for picture in blanks() if classifier.classify(picture, None).is_dog]
    assert taken == []


def test_the_model_is_small_and_tells_its_version() -> None:
    assert (MODEL_FOLDER / "traits.onnx").stat().st_size < 12_000_000
    assert TraitsClassifier(MODEL_FOLDER).version.startswith("2-")


@needs_photos
def test_dogs_are_read_well(classifier: TraitsClassifier, dogs: list[Photo]) -> None:
    """A guard against broken weights, not a measurement: `make evaluate` measures."""
    right = {"dog": 0, "breed": 0, "ear": 0, "fur": 0}
    for photo in dogs:
        traits = classifier.classify(load_upright_photo(photo), photo.head)
        right["dog"] += traits.is_dog
        right["breed"] += traits.breeds[0].id == BREEDS[photo.breed].id
        right["ear"] += traits.ear.value == list(Ear)[photo.ear]
        right["fur"] += traits.fur.value == list(Fur)[photo.fur]
    assert len(dogs) >= 30
    assert right["dog"] >= 0.95 * len(dogs)
    assert right["breed"] >= 0.7 * len(dogs)
    assert right["ear"] >= 0.88 * len(dogs)
    assert right["fur"] >= 0.85 * len(dogs)


@needs_photos
def test_without_a_head_box_the_dog_is_still_read(classifier: TraitsClassifier, dogs: list[Photo]) -> None:
    found = [classifier.classify(load_upright_photo(photo), None) for photo in dogs]
    named = sum(traits.breeds[0].id == BREEDS[p.breed].id for traits, p in zip(found, dogs, strict=True))
    assert sum(traits.is_dog for traits in found) >= 0.95 * len(dogs)
    assert named >= 0.65 * len(dogs)


@needs_photos
def test_cats_and_things_are_refused(classifier: TraitsClassifier) -> None:
    photos = [photo for photo in read_negatives(data_folder()) if photo.split == Split.VALIDATION][::3]
    taken = [photo.file for photo in photos if classifier.classify(load_upright_photo(photo), None).is_dog]
    assert len(photos) >= 40
    assert len(taken) <= 0.08 * len(photos), taken


@needs_photos
def test_a_box_that_is_a_little_off_changes_little(classifier: TraitsClassifier, dogs: list[Photo]) -> None:
    same = 0
    for photo in dogs[:20]:
        box = photo.head
        assert box is not None
        dx, dy = 0.08 * (box.x_max - box.x_min), 0.08 * (box.y_max - box.y_min)
        moved = Box(max(box.x_min - dx, 0), max(box.y_min - dy, 0), box.x_max - dx, box.y_max - dy)
        image = load_upright_photo(photo)
        same += classifier.classify(image, box).ear.value == classifier.classify(image, moved).ear.value
    assert same >= 18
