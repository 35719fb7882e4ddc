"""Calibration finds the numbers that made answers were spoilt with."""

from pathlib import Path

import numpy as np
import pytest

from services.traits.training.calibration import best_threshold, calibrate
from services.traits.training.photos import Photo
from shared.figures import calibration_error, softmax
from shared.training.calibration import platt, temperature
from shared.training.dataset import Split


def drawn(count: int, classes: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Honest logits: labels are drawn from their own softmax."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (count, classes)).astype(np.float32)
    labels = np.array([rng.choice(classes, p=row) for row in softmax(logits)])
    return logits, labels


@pytest.mark.parametrize("factor", [0.4, 1.0, 2.5])
def test_temperature_undoes_a_scale(factor: float) -> None:
    logits, labels = drawn(4000, 5, seed=1)
    found = temperature(logits * np.float32(factor), labels)
    assert found == pytest.approx(factor, rel=0.1)


def test_temperature_lowers_the_error_of_calibration() -> None:
    logits, labels = drawn(4000, 5, seed=2)
    loud = logits * np.float32(3)
    before = calibration_error(softmax(loud), labels)
    after = calibration_error(softmax(loud / temperature(loud, labels)), labels)
    assert before > 0.1
    assert after < 0.03


@pytest.mark.parametrize("offset", [-30.0, 0.0, 30.0])
def test_platt_finds_the_middle_between_dogs_and_others(offset: float) -> None:
    rng = np.random.default_rng(3)
    logits = np.concatenate([rng.normal(6, 1, 900), rng.normal(2, 1, 100)]).astype(np.float32)
    scale, shift = platt(logits + np.float32(offset), np.arange(1000) < 900)
    assert scale > 0
    assert -shift / scale == pytest.approx(4.0 + offset, abs=0.3)


def test_the_threshold_lies_in_the_middle_of_the_gap() -> None:
    dogs, others = np.array([0.8, 0.9, 0.95]), np.array([0.1, 0.2, 0.4])
    assert best_threshold(dogs, others) == pytest.approx(0.6, abs=0.02)
    assert best_threshold(np.array([0.3, *[0.9] * 99]), others) == pytest.approx(0.65, abs=0.02)


def test_platt_stays_finite_when_a_threshold_separates_perfectly() -> None:
    logits = np.array([-3.0, -2.0, 2.0, 3.0] * 20, np.float32)
    scale, shift = platt(logits, logits > 0)
    assert 0 < scale < 20
    assert abs(shift) < 5


def test_photos_without_a_label_do_not_count(tmp_path: Path) -> None:
    logits, labels = drawn(600, 3, seed=4)
    photos = [
        Photo("a.webp", tmp_path / "a.webp", 1.0, Split.DEV, breed=0 if row % 2 else -1, fur=int(labels[row]))
        for row in range(600)
    ]
    unlabelled = [Photo("b.webp", tmp_path / "b.webp", 1.0, Split.DEV, breed=0)] * 600
    rng = np.random.default_rng(5)
    answers = {
        "breed": rng.normal(0, 1, (1200, 120)).astype(np.float32),
        "ear": drawn(1200, 2, seed=6)[0],
        "fur": np.concatenate([logits * 2, rng.normal(0, 50, (600, 3)).astype(np.float32)]),
        "pattern": drawn(1200, 6, seed=7)[0],
        "dog": rng.normal(0, 1, (1200, 1)).astype(np.float32),
    }
    labelled_everything = [*photos, *unlabelled]
    with pytest.raises(ValueError, match="ear"):
        calibrate(answers, labelled_everything)
    labelled_everything[0] = Photo("c.webp", tmp_path / "c.webp", 1.0, Split.DEV, 0, 1, int(labels[0]), 2)
    found = calibrate(answers, labelled_everything)
    temperatures = found["temperatures"]
    assert isinstance(temperatures, dict)
    assert temperatures["fur"] == pytest.approx(2.0, rel=0.15)
