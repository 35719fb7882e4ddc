"""Figures of merit on small made answers, checked by hand."""

import numpy as np
import pytest

from shared.figures import calibration_error, macro_f1, softmax, top_k


def test_softmax_is_stable_and_sums_to_one() -> None:
    probabilities = softmax(np.array([[1000.0, 1000.0], [-5.0, 5.0]], np.float32))
    assert probabilities[0].tolist() == [0.5, 0.5]
    assert probabilities.sum(1) == pytest.approx([1.0, 1.0])
    assert probabilities[1, 1] == pytest.approx(1 / (1 + np.exp(-10)))


def test_top_k_counts_labels_among_the_best() -> None:
    scores = np.array([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]])
    labels = np.array([1, 0])
    assert top_k(scores, labels, 1) == 0.0
    assert top_k(scores, labels, 2) == 0.5
    assert top_k(scores, labels, 3) == 1.0


def test_macro_f1_gives_rare_classes_the_same_say() -> None:
    labels = np.array([0] * 9 + [1])
    predicted = np.zeros(10, int)
    assert macro_f1(predicted, labels) == pytest.approx((18 / 19 + 0) / 2)
    assert macro_f1(labels, labels) == 1.0


def test_calibration_error_is_the_gap_between_saying_and_being_right() -> None:
    sure = np.tile([0.8, 0.2], (10, 1))
    labels = np.array([0] * 8 + [1] * 2)
    assert calibration_error(sure, labels) == pytest.approx(0.0, abs=1e-9)
    assert calibration_error(sure, np.zeros(10, int)) == pytest.approx(0.2)
    assert calibration_error(sure, np.ones(10, int)) == pytest.approx(0.8)


def test_gaps_in_opposite_directions_do_not_cancel() -> None:
    probabilities = np.array([[0.95, 0.05]] * 10 + [[0.55, 0.45]] * 10)
    labels = np.array([0] * 5 + [1] * 5 + [0] * 10)
    assert calibration_error(probabilities, labels) == pytest.approx((0.45 + 0.45) / 2)
