import csv
from dataclasses import replace
from pathlib import Path

import pytest

from services.traits.breeds import BREEDS
from services.traits.classifier import TraitsClassifier
from services.traits.evaluate import MODEL_FOLDER
from services.traits.training.photos import Photo
from services.traits.write_breeds import chosen, write_breeds
from shared.geometry import Box
from shared.training.dataset import Split
from tests.conftest import PORTRAITS


def photo(name: str, split: Split = Split.VALIDATION, breed: int = 0) -> Photo:
    return Photo(f"{name}.jpg", PORTRAITS / f"{name}.jpg", 4 / 3, split, breed=breed)


def test_a_split_is_chosen_and_all_photos_of_some_breeds() -> None:
    photos = [photo("a"), photo("b", Split.TRAIN), photo("c", Split.TRAIN, breed=1)]
    assert [p.file for p in chosen(photos, Split.VALIDATION, [BREEDS[1].synset])] == ["a.jpg", "c.jpg"]


def test_each_row_holds_the_probabilities_of_all_breeds(tmp_path: Path) -> None:
    photos = [photo("tan_pricked"), replace(photo("brown_curly"), head=Box(0.3, 0.2, 0.7, 0.7))]
    classifier = TraitsClassifier(MODEL_FOLDER)
    write_breeds(classifier, photos, tmp_path / "breeds.csv")
    with (tmp_path / "breeds.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [row.pop("file") for row in rows] == ["tan_pricked.jpg", "brown_curly.jpg"]
    for row in rows:
        assert list(row) == [breed.id for breed in BREEDS]
        assert sum(float(value) for value in row.values()) == pytest.approx(1.0, abs=1e-2)
