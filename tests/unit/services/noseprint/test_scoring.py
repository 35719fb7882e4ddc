"""Joining scores, fusing prints, and thresholds that rise with the register."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.noseprint.scoring import MatchScorer, Tail, logit_of, sigmoid

MODEL = Path("services/noseprint/model")
SCORES = st.floats(0, 1)


@pytest.fixture(scope="module")
def scorer() -> MatchScorer:
    return MatchScorer(MODEL)


def test_the_shipped_parameters_are_of_the_shipped_embedder(scorer: MatchScorer):
    from services.noseprint.embedding import Embedder

    assert scorer.embedder_version == Embedder(MODEL).version


@given(cosine=st.floats(-1, 0.9), local=st.floats(0, 0.9), more=st.floats(0.01, 0.1))
def test_the_probability_rises_with_both_scores(cosine: float, local: float, more: float):
    scorer = MatchScorer(MODEL)
    assert scorer.probability(cosine + more, local) >= scorer.probability(cosine, local)
    assert scorer.probability(cosine, local + more) >= scorer.probability(cosine, local)
    assert 0 < scorer.probability(cosine, local) < 1


@given(
    st.lists(st.floats(0.001, 0.999), min_size=1, max_size=5), st.integers(0, 4), st.floats(0.0001, 0.0009)
)
def test_a_dogs_score_rises_with_each_print(probabilities: list[float], place: int, more: float):
    scorer = MatchScorer(MODEL)
    better = list(probabilities)
    better[place % len(better)] += more
    assert scorer.dog_score(better) >= scorer.dog_score(probabilities)


def test_one_print_is_taken_as_it_is(scorer: MatchScorer):
    assert scorer.dog_score([0.83]) == pytest.approx(0.83)


def test_a_dog_without_prints_is_refused(scorer: MatchScorer):
    with pytest.raises(ValueError, match="without prints"):
        scorer.dog_score([])


def test_thresholds_rise_with_the_register_and_registration_is_stricter(scorer: MatchScorer):
    sizes = [0, 1, 10, 1_000, 100_000, 10_000_000]
    identify = [scorer.threshold_identify(size) for size in sizes]
    register = [scorer.threshold_register(size) for size in sizes]
    assert identify == sorted(identify)
    assert identify[3] > identify[2]
    assert all(stricter >= usual for stricter, usual in zip(register, identify, strict=True))
    assert register[3] > identify[3]
    assert scorer.threshold_verify() <= identify[1] < 1
    assert register[-1] < 1


def test_a_perfect_match_passes_in_a_register_of_a_million(scorer: MatchScorer):
    assert scorer.dog_score([scorer.probability(0.95, 0.95)] * 5) > scorer.threshold_register(1_000_000)


def test_a_tail_gives_the_score_that_so_many_exceed():
    scores = np.random.default_rng(0).exponential(2.0, 2_000_000)
    tail = Tail(level=float(np.quantile(scores, 0.99)), share=0.01, scale=2.0, shape=0.0)
    for rate in (1e-3, 1e-5):
        assert (scores > tail.threshold(rate)).mean() == pytest.approx(rate, rel=0.4)
    assert tail.threshold(0.5) == tail.level
    assert Tail(0.0, 0.01, 2.0, 1e-9).threshold(1e-5) == pytest.approx(
        Tail(0.0, 0.01, 2.0, 0.0).threshold(1e-5)
    )


def test_heavier_tails_ask_for_more():
    assert Tail(0, 0.01, 1, 0.3).threshold(1e-6) > Tail(0, 0.01, 1, 0.0).threshold(1e-6)


def test_logits_and_probabilities_are_inverse():
    for logit in (-29.0, -3.0, 0.0, 5.0, 29.0):
        assert logit_of(sigmoid(logit)) == pytest.approx(logit, rel=1e-2)
    assert logit_of(0.0) == -30
    assert logit_of(1.0) == 30


def test_a_folder_without_parameters_is_refused(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        MatchScorer(tmp_path)
    json.loads((MODEL / "scoring.json").read_text())
