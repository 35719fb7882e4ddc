"""Macro-F1 and calibration error against values worked out by hand and by scikit-learn's definition."""

import numpy as np
import pytest

from services.facecolor.colour_measures import calibration_error, chance_calibration_error, macro_f1


def test_perfect_answers() -> None:
    labels = np.array([0, 1, 2, 2])
    assert macro_f1(labels, labels) == 1.0


def test_a_class_that_is_never_found_counts_as_much_as_a_common_one() -> None:
    labels = np.array([0] * 9 + [1])
    assert macro_f1(labels, np.zeros(10, int)) == pytest.approx((2 * 9 / 19 + 0) / 2)


def test_an_answer_that_is_no_label_lowers_the_class_it_misses() -> None:
    assert macro_f1(np.array([0, 0]), np.array([0, 5])) == pytest.approx(2 / 3)


def test_calibration_of_an_oracle_and_of_a_braggart() -> None:
    right = np.array([True] * 80 + [False] * 20)
    assert calibration_error(np.full(100, 0.8), right, bins=1) == pytest.approx(0)
    assert calibration_error(np.full(100, 1.0), right, bins=1) == pytest.approx(0.2)


def test_errors_of_opposite_sign_do_not_cancel_between_bins() -> None:
    probabilities = np.array([0.2] * 50 + [0.9] * 50)
    right = np.array([True] * 50 + [False] * 50)
    assert calibration_error(probabilities, right, bins=2) == pytest.approx((0.8 + 0.9) / 2)


def test_drawn_at_their_own_probability_answers_are_calibrated() -> None:
    rng = np.random.default_rng(0)
    probabilities = rng.uniform(0.2, 1, 20_000)
    right = rng.uniform(size=20_000) < probabilities
    assert calibration_error(probabilities, right) < 0.015
    assert calibration_error(np.sqrt(probabilities), right) > 0.1


def test_few_answers_look_miscalibrated_by_chance() -> None:
    probabilities = np.random.default_rng(1).uniform(0.3, 1, 20_000)
    assert chance_calibration_error(probabilities, draws=20) < 0.015
    assert 0.03 < chance_calibration_error(probabilities[:300]) < 0.1
