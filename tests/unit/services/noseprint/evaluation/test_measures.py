"""Figures of merit against hand-made and library answers."""

import numpy as np
import pytest

from services.noseprint.evaluation.measures import (
    area_under_curve,
    equal_error_rate,
    threshold_at,
    true_accept_rate,
)

RNG = np.random.default_rng(0)
SAME = np.r_[np.ones(3000, bool), np.zeros(30_000, bool)]
SCORES = np.r_[RNG.normal(2, 1, 3000), RNG.normal(0, 1, 30_000)]


def test_the_area_is_that_of_scikit_learn_with_ties():
    metrics = pytest.importorskip("sklearn.metrics")
    for scores in (SCORES, SCORES.round(1)):
        assert area_under_curve(scores, SAME) == pytest.approx(metrics.roc_auc_score(SAME, scores))


def test_two_normals_have_the_rates_of_theory():
    assert equal_error_rate(SCORES, SAME) == pytest.approx(0.1587, abs=0.01)
    assert true_accept_rate(SCORES, SAME, 0.01) == pytest.approx(0.372, abs=0.03)


def test_separated_and_reversed_scores():
    scores, same = np.array([0.9, 0.8, 0.2, 0.1]), np.array([True, True, False, False])
    assert area_under_curve(scores, same) == 1
    assert equal_error_rate(scores, same) == 0
    assert true_accept_rate(scores, same, 0.01) == 1
    assert area_under_curve(-scores, same) == 0
    assert true_accept_rate(-scores, same, 0.01) == 0


def test_constant_scores_accept_nobody():
    scores, same = np.zeros(10), np.arange(10) < 5
    assert area_under_curve(scores, same) == 0.5
    assert true_accept_rate(scores, same, 0.01) == 0


def test_one_kind_only_has_no_figures():
    scores, same = np.arange(3.0), np.ones(3, bool)
    assert np.isnan(area_under_curve(scores, same))
    assert np.isnan(equal_error_rate(scores, same))
    assert np.isnan(true_accept_rate(scores, same, 0.1))


@pytest.mark.parametrize("rate", [0.001, 0.01, 0.1])
def test_a_threshold_lets_no_more_through_than_asked(rate: float):
    impostors = RNG.normal(size=5000)
    passed = (impostors > threshold_at(impostors, rate)).mean()
    assert rate - 0.001 <= passed <= rate
